/* relation.c - the rows as they will be after the change, without making it: a subquery, or a TEMP
 * table. */
#include <string.h>

#include "base/text.h"
#include "base/try.h"
#include "migrate/decide/decide.h"
#include "sql/lexer.h"

void cni_relation_key(const cni_copy *copy, cni_buffer *out)
{
	const cni_ddl_table *from = &copy->from->ddl.table;
	long alias = cni_table_rowid_alias(from);
	const char *rowid = cni_rowid_word(from);
	const cni_ddl_constraint *key = cni_table_primary_key(from);
	if (rowid) {
		CLEANUP(cni_buffer_done) cni_buffer label = {0};
		cni_quote_name_if(&label, alias >= 0 ? from->columns[alias].name : "rowid");
		cni_buffer_putc(&label, ' ');
		cni_quote_text(out, cni_buffer_text(&label));
		out->failed |= label.failed;
		cni_buffer_printf(out, " || %s", rowid);
		return;
	}
	cni_buffer_puts(out, "'row '");
	for (size_t i = 0; key && i < key->part_count; i++) {
		cni_buffer_puts(out, i ? " || ', ' || quote(" : " || quote(");
		cni_quote_name(
			out, key->parts[i].name ? key->parts[i].name : key->parts[i].expr_sql);
		cni_buffer_putc(out, ')');
	}
}

const char *cni_relation_key_name(const cni_copy *copy)
{
	static const char *const names[] = {"cantil_key", "cantil_key_2", "cantil_key_3"};
	for (size_t i = 0; i < CNI_COUNT(names); i++)
		if (cni_table_column(&copy->to->ddl.table, names[i]) < 0)
			return names[i];
	return "cantil_key_4";
}

/* (SELECT key AS cantil_key, rowid AS rowid, old AS new, … FROM the old table): expressions may
 * read the rowid too, unless a column has taken its name. */
static void add_old_rows(const cni_copy *copy, cni_buffer *out)
{
	const cni_ddl_table *from = &copy->from->ddl.table, *to = &copy->to->ddl.table;
	const char *rowid = cni_rowid_word(from);
	cni_buffer_puts(out, "(SELECT ");
	cni_relation_key(copy, out);
	cni_buffer_printf(out, " AS %s", cni_relation_key_name(copy));
	if (rowid && cni_table_column(to, rowid) < 0)
		cni_buffer_printf(out, ", %s AS %s", rowid, rowid);
	for (size_t i = 0; i < to->column_count; i++) {
		if (copy->columns[i].from < 0)
			continue;
		cni_buffer_puts(out, ", ");
		cni_quote_name(out, from->columns[copy->columns[i].from].name);
		cni_buffer_puts(out, " AS ");
		cni_quote_name(out, to->columns[i].name);
	}
	cni_buffer_puts(out, " FROM main.");
	cni_quote_name(out, copy->from->name);
	cni_buffer_puts(out, ")");
}

void cni_relation_old(const cni_copy *copy, cni_buffer *out)
{
	add_old_rows(copy, out);
	cni_buffer_puts(out, " AS ");
	cni_quote_name(out, copy->to->name);
}

/* Do all rows come through as they are, compared as before, with nothing new beside them? */
static bool is_identity(const cni_copy *copy)
{
	const cni_ddl_table *from = &copy->from->ddl.table, *to = &copy->to->ddl.table;
	for (size_t i = 0; i < to->column_count; i++) {
		long old = copy->columns[i].from;
		if (to->columns[i].generated_sql) {
			if (old < 0 || !cni_column_equal(&from->columns[old], &to->columns[i]))
				return false;
		} else if (!cni_copy_keeps(copy, i) || !cni_copy_same_collation(copy, i)) {
			return false;
		}
	}
	return true;
}

static void add_column(cni_buffer *out, const cni_copy *copy, size_t i)
{
	const cni_ddl_column *column = &copy->to->ddl.table.columns[i];
	cni_buffer_puts(out, ", ");
	cni_quote_name(out, column->name);
	if (column->type && !(copy->to->ddl.table.strict && cni_same(column->type, "ANY")))
		cni_buffer_printf(out, " %s", column->type);
	if (column->generated_sql) {
		cni_buffer_printf(out, " AS (%s)", column->generated_sql);
	} else if (column->default_sql) {
		cni_buffer_printf(out,
			column->default_is_expression ? " DEFAULT (%s)" : " DEFAULT %s",
			column->default_sql);
	}
	if (column->collate) {
		cni_buffer_puts(out, " COLLATE ");
		cni_quote_name(out, column->collate);
	}
}

/* The new table without any of its constraints: types convert and collations compare as they will.
 */
static cn_status make_temporary(cni_decider *decider, size_t index, cn_error *err)
{
	CLEANUP(cni_buffer_done) cni_buffer create = {0};
	CLEANUP(cni_buffer_done) cni_buffer insert = {0};
	CLEANUP(cni_buffer_done) cni_buffer values = {0};
	const cni_copy *copy = &decider->copies[index];
	const cni_ddl_table *to = &copy->to->ddl.table;
	const char *key = cni_relation_key_name(copy);
	const char *name = cni_printf(decider->arena, "cantil_preflight_%zu", index);
	if (!name)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	cni_buffer_printf(&create, "CREATE TEMP TABLE %s (%s", name, key);
	cni_buffer_printf(&insert, "INSERT INTO temp.%s (%s", name, key);
	for (size_t i = 0; i < to->column_count; i++) {
		add_column(&create, copy, i);
		if (!cni_copy_writes(copy, i))
			continue;
		cni_buffer_puts(&insert, ", ");
		cni_quote_name(&insert, to->columns[i].name);
		cni_buffer_puts(&values, ", ");
		cni_copy_value(&values, copy, i);
	}
	cni_buffer_printf(&insert, ") SELECT %s%s FROM ", key, cni_buffer_text(&values));
	add_old_rows(copy, &insert);
	cni_buffer_puts(&insert, " AS ");
	cni_quote_name(&insert, copy->to->name);
	cni_buffer_puts(&create, ")");
	if (create.failed || insert.failed || values.failed)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	TRY(cni_conn_exec(decider->input->data, cni_buffer_text(&create), err));
	decider->temporary[index] = name;
	return cni_conn_exec(decider->input->data, cni_buffer_text(&insert), err);
}

cn_status cni_relation(cni_decider *decider, size_t index, cni_buffer *out, cn_error *err)
{
	const cni_copy *copy = &decider->copies[index];
	if (is_identity(copy)) {
		cni_relation_old(copy, out);
		return CN_OK;
	}
	if (!decider->temporary[index]) {
		cn_status status = make_temporary(decider, index, err);
		if (status < 0) {
			cn_error_wrap(err,
				"table \"%s\": its rows cannot be looked at as they will be",
				copy->to->name);
			return status;
		}
	}
	cni_buffer_printf(out, "temp.%s AS ", decider->temporary[index]);
	cni_quote_name(out, copy->to->name);
	return CN_OK;
}

void cni_relation_done(cni_decider *decider)
{
	cn_error ignored; /* a table that stays is gone with the connection */
	for (size_t i = 0; decider->temporary && i < decider->copy_count; i++)
		if (decider->temporary[i] &&
			cni_conn_execf(decider->input->data, &ignored, "DROP TABLE temp.%s",
				decider->temporary[i]) < 0)
			continue;
}

long cni_relation_find(const cni_decider *decider, const char *table)
{
	for (size_t i = 0; i < decider->copy_count; i++)
		if (cni_same(decider->copies[i].to->name, table))
			return (long)i;
	return -1;
}
