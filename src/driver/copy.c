/* copy.c - which table and column of the new schema gets its values from which of the old, and how.
 */
#include "driver/plan.h"

#include "base/text.h"
#include "base/try.h"
#include "sql/lexer.h"

const char *cni_renamed_table(const cni_rename *renames, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (!renames[i].table && cni_same(renames[i].from, name))
			return renames[i].to;
	return name;
}

const cni_object *cni_original_table(
	const cni_schema *from, const cni_rename *renames, size_t count, const char *name)
{
	const char *old = name;
	for (size_t i = 0; i < count; i++) {
		if (renames[i].table)
			continue;
		if (cni_same(renames[i].to, name)) {
			old = renames[i].from;
			break;
		}
		if (cni_same(renames[i].from, name))
			old = NULL; /* given away, unless another rename gives it back */
	}
	if (!old)
		return NULL;
	const cni_object *table = cni_schema_find(from, CNI_DDL_TABLE, old);
	return table ? table : cni_schema_find(from, CNI_DDL_VIRTUAL, old);
}

const char *cni_original_column(
	const cni_rename *renames, size_t count, const char *table, const char *name)
{
	const char *old = name;
	for (size_t i = 0; i < count; i++) {
		if (!cni_same(renames[i].table, table))
			continue;
		if (cni_same(renames[i].to, name))
			return renames[i].from;
		if (cni_same(renames[i].from, name))
			old = NULL;
	}
	return old;
}

const char *cni_renamed_column(
	const cni_rename *renames, size_t count, const char *table, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (cni_same(renames[i].table, table) && cni_same(renames[i].from, name))
			return renames[i].to;
	return name;
}

bool cni_ignored(const char *const *ignore_tables, const char *name)
{
	for (; name && ignore_tables && *ignore_tables; ignore_tables++)
		if (cni_same(*ignore_tables, name))
			return true;
	return false;
}

static cn_status copy_make(cni_arena *arena, const cni_object *from, const cni_object *to,
	const cni_rename *renames, size_t rename_count, cni_copy *ret, cn_error *err)
{
	const cni_ddl_table *table = &to->ddl.table;
	cni_copy copy = {.from = from, .to = to};
	copy.columns = cni_alloc(arena, (table->column_count + 1) * sizeof *copy.columns);
	if (!copy.columns)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	for (size_t i = 0; i < table->column_count; i++) {
		const char *old = cni_original_column(
			renames, rename_count, to->name, table->columns[i].name);
		copy.columns[i].from = old ? cni_table_column(&from->ddl.table, old) : -1;
	}
	long alias = cni_table_rowid_alias(table);
	copy.from_rowid =
		alias >= 0 && copy.columns[alias].from < 0 && !from->ddl.table.without_rowid;
	*ret = copy;
	return CN_OK;
}

cn_status cni_copies_make(cni_arena *arena, const cni_schema *from, const cni_schema *to,
	const cni_rename *renames, size_t rename_count, const char *const *ignore_tables,
	cni_copy **ret, size_t *ret_count, cn_error *err)
{
	cni_copy *copies = NULL;
	size_t count = 0;
	for (size_t i = 0; i < to->object_count; i++) {
		const cni_object *object = &to->objects[i];
		if (object->ddl.kind != CNI_DDL_TABLE || cni_ignored(ignore_tables, object->name))
			continue;
		const cni_object *old =
			cni_original_table(from, renames, rename_count, object->name);
		if (!old || old->ddl.kind != CNI_DDL_TABLE || cni_ignored(ignore_tables, old->name))
			continue;
		cni_copy copy;
		TRY(copy_make(arena, old, object, renames, rename_count, &copy, err));
		if (!CNI_PUSH(arena, copies, count, copy))
			return cn_fail(err, CN_ENOMEM, "out of memory");
	}
	*ret = copies;
	*ret_count = count;
	return CN_OK;
}

cni_affinity cni_column_affinity(const cni_ddl_table *table, size_t column)
{
	const char *type = table->columns[column].type;
	if (table->strict && cni_same(type, "ANY"))
		return CNI_AFF_BLOB;
	return cni_type_affinity(type);
}

bool cni_copy_keeps(const cni_copy *copy, size_t column)
{
	const cni_copy_column *how = &copy->columns[column];
	const cni_ddl_table *from = &copy->from->ddl.table, *to = &copy->to->ddl.table;
	if (how->from < 0 || how->cast || how->fill || to->columns[column].generated_sql ||
		from->columns[how->from].generated_sql)
		return false;
	if (to->dialect != CNI_DIALECT_SQLITE)
		return cni_equal(from->columns[how->from].type, to->columns[column].type);
	return cni_column_affinity(from, (size_t)how->from) == cni_column_affinity(to, column);
}

static const char *collation(const cni_ddl_column *column)
{
	return column->collate ? column->collate : "BINARY";
}

bool cni_copy_same_collation(const cni_copy *copy, size_t column)
{
	long from = copy->columns[column].from;
	return from >= 0 && cni_same(collation(&copy->from->ddl.table.columns[from]),
				    collation(&copy->to->ddl.table.columns[column]));
}

long cni_copy_target(const cni_copy *copy, size_t from)
{
	for (size_t i = 0; i < copy->to->ddl.table.column_count; i++)
		if (copy->columns[i].from == (long)from)
			return (long)i;
	return -1;
}

bool cni_copy_writes(const cni_copy *copy, size_t column)
{
	const cni_copy_column *how = &copy->columns[column];
	if (copy->to->ddl.table.columns[column].generated_sql)
		return false;
	return how->from >= 0 || how->fill ||
	       (copy->from_rowid && cni_table_rowid_alias(&copy->to->ddl.table) == (long)column);
}

const char *cni_affinity_sql(cni_affinity affinity)
{
	static const char *const words[] = {
		[CNI_AFF_BLOB] = "BLOB",
		[CNI_AFF_TEXT] = "TEXT",
		[CNI_AFF_NUMERIC] = "NUMERIC",
		[CNI_AFF_INTEGER] = "INTEGER",
		[CNI_AFF_REAL] = "REAL",
	};
	return words[affinity];
}

/* Where types are strict, every value is made one of the new column's. */
static void add_cast_value(cni_buffer *out, const cni_copy *copy, size_t column)
{
	const cni_copy_column *how = &copy->columns[column];
	const cni_ddl_column *is = &copy->to->ddl.table.columns[column];
	cni_buffer_puts(out, "CAST(");
	if (how->from >= 0 && how->fill)
		cni_buffer_puts(out, "coalesce(CAST(");
	if (how->from >= 0)
		cni_quote_name(out, is->name);
	if (how->from >= 0 && how->fill)
		cni_buffer_printf(out, " AS %s), ", is->type);
	if (how->fill)
		cni_buffer_printf(out, "(%s)", how->fill);
	if (how->from >= 0 && how->fill)
		cni_buffer_putc(out, ')');
	cni_buffer_printf(out, " AS %s)", is->type);
}

void cni_copy_value(cni_buffer *out, const cni_copy *copy, size_t column)
{
	const cni_copy_column *how = &copy->columns[column];
	const cni_ddl_table *to = &copy->to->ddl.table;
	if (how->from < 0 && !how->fill) { /* only the rowid is left */
		cni_buffer_puts(out, cni_rowid_word(&copy->from->ddl.table));
		return;
	}
	CLEANUP(cni_buffer_done) cni_buffer value = {0};
	if (to->dialect != CNI_DIALECT_SQLITE) {
		add_cast_value(out, copy, column);
		return;
	}
	if (how->from >= 0) {
		if (how->cast)
			cni_buffer_puts(&value, "CAST(");
		cni_quote_name(&value, to->columns[column].name);
		if (how->cast)
			cni_buffer_printf(&value, " AS %s)",
				cni_affinity_sql(cni_column_affinity(to, column)));
	}
	if (!how->fill)
		cni_buffer_puts(out, cni_buffer_text(&value));
	else if (how->from < 0)
		cni_buffer_printf(out, "(%s)", how->fill);
	else
		cni_buffer_printf(out, "CASE WHEN %s IS NULL THEN (%s) ELSE %s END",
			cni_buffer_text(&value), how->fill, cni_buffer_text(&value));
	out->failed |= value.failed;
}

const char *cni_rowid_word(const cni_ddl_table *table)
{
	static const char *const words[] = {"rowid", "_rowid_", "oid"};
	if (table->without_rowid || table->dialect != CNI_DIALECT_SQLITE)
		return NULL;
	for (size_t i = 0; i < CNI_COUNT(words); i++)
		if (cni_table_column(table, words[i]) < 0)
			return words[i];
	return NULL;
}
