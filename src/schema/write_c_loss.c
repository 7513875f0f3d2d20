/*
 * write_c_loss.c - what a C model cannot hold of a table, so that it is said and not silently
 * dropped. See write_c_model.h; what a model must be: src/orm/layout_check.c, src/orm/references.c.
 */
#include <string.h>

#include "base/text.h"
#include "base/try.h"
#include "schema/write_c_model.h"

enum { NAME_MAX_BYTES = 200 };

/* SQLite takes an empty name, too. */
static bool is_name(const char *name)
{
	return *name && strlen(name) <= NAME_MAX_BYTES && cni_utf8_valid(name, strlen(name));
}

bool cni_c_names_fit(const cni_ddl_table *table)
{
	for (size_t i = 0; i < table->column_count; i++)
		if (!is_name(table->columns[i].name))
			return false;
	return is_name(table->name);
}

const char *cni_c_table_reason(const cni_c_model *model)
{
	const cni_ddl_table *table = model->table;

	if (!is_name(table->name))
		return "has a name that a model cannot have";
	for (size_t i = 0; i < table->column_count; i++)
		if (!is_name(table->columns[i].name))
			return "has a column with a name that a model cannot have";
	if (!model->key)
		return "has no primary key, which the rows of a model need";
	if (model->key->part_count > CNI_C_KEY_MAX)
		return "has a primary key of more than 8 columns";
	for (size_t i = 0; i < model->key->part_count; i++) {
		long at = model->key->parts[i].name
				  ? cni_table_column(table, model->key->parts[i].name)
				  : -1;
		if (at < 0 || table->columns[at].generated_sql)
			return "has a primary key that is computed";
	}
	return NULL;
}

/* ---- foreign keys ---- */

/* C types that can be compared: 'i' whole numbers, 'b' blobs … */
static char class_of(const cni_ddl_column *column)
{
	const char *type = cni_c_type_of(column->type).type;

	return strcmp(type, "bool ") == 0 || strcmp(type, "int64_t ") == 0 ? 'i'
	       : strcmp(type, "double ") == 0                              ? 'r'
	       : strcmp(type, "const char *") == 0                         ? 't'
	       : strcmp(type, "cn_blob ") == 0                             ? 'b'
	       : strcmp(type, "cn_time ") == 0                             ? 'T'
									   : 'D';
}

/* Are the columns, in any order, those of the key? */
static bool has_parts(
	const cni_ddl_part *parts, size_t count, const char *const *columns, size_t column_count)
{
	if (count != column_count)
		return false;
	for (size_t i = 0; i < count; i++) {
		bool found = false;
		for (size_t k = 0; k < count; k++)
			found = found || (parts[i].name && cni_same(parts[i].name, columns[k]));
		if (!found)
			return false;
	}
	return true;
}

static bool is_unique(const cni_c_model *parent, const char *const *columns, size_t count)
{
	for (size_t i = 0; i < parent->table->constraint_count; i++) {
		const cni_ddl_constraint *key = &parent->table->constraints[i];
		if ((key->kind == CNI_PRIMARY_KEY || key->kind == CNI_UNIQUE) &&
			has_parts(key->parts, key->part_count, columns, count))
			return true;
	}
	for (size_t i = 0; i < parent->index_count; i++) {
		const cni_ddl_index *index = parent->indexes[i];
		if (index->unique && !index->where_sql &&
			has_parts(index->parts, index->part_count, columns, count))
			return true;
	}
	return false;
}

static bool is_key_column(const cni_c_model *model, const char *name)
{
	for (size_t i = 0; i < model->key->part_count; i++)
		if (cni_same(model->key->parts[i].name, name))
			return true;
	return false;
}

/* Does deleting a row of `from` delete rows of `to`, over any number of tables? Keys that are held
 * only. */
static bool cascades(cni_c_writer *w, cni_c_model *from, const cni_c_model *to)
{
	cni_c_model **stack = NULL;
	size_t depth = 0;

	for (size_t i = 0; i < w->schema->object_count; i++)
		w->models[i].seen = false;
	if (!CNI_PUSH(w->arena, stack, depth, from))
		return false;
	while (depth) {
		cni_c_model *at = stack[--depth];
		for (size_t i = 0; i < at->foreign_count; i++) {
			const cni_c_foreign *foreign = &at->foreign[i];
			if (foreign->reason || foreign->constraint->on_delete != CNI_CASCADE ||
				foreign->parent == at)
				continue;
			if (foreign->parent == to)
				return true;
			if (foreign->parent->seen)
				continue;
			foreign->parent->seen = true;
			if (!CNI_PUSH(w->arena, stack, depth, foreign->parent))
				return false;
		}
	}
	return false;
}

static const char *columns_reason(const cni_c_model *child, const cni_c_model *parent,
	const cni_ddl_constraint *key, const char *const *columns)
{
	for (size_t i = 0; i < key->part_count; i++) {
		long at = key->parts[i].name ? cni_table_column(child->table, key->parts[i].name)
					     : -1;
		long to = columns[i] ? cni_table_column(parent->table, columns[i]) : -1;
		if (at < 0 || to < 0)
			return "a column that it names is not there";
		const cni_ddl_column *column = &child->table->columns[at];
		bool never_null = column->not_null || child->alias == at ||
				  is_key_column(child, column->name);
		if (class_of(column) != class_of(&parent->table->columns[to]))
			return "the types of the columns differ";
		if (never_null && key->on_delete == CNI_SET_NULL)
			return "it sets to NULL what cannot be NULL";
		if (never_null && key->on_delete == CNI_SET_DEFAULT &&
			!cni_column_has_default(column))
			return "it sets to a default a column that has none";
	}
	return NULL;
}

const char *cni_c_foreign_reason(cni_c_writer *w, const cni_c_model *child,
	const cni_c_model *parent, const cni_ddl_constraint *key)
{
	const char *columns[CNI_C_KEY_MAX] = {0};
	size_t count = key->parent_column_count;

	if (!parent)
		return "there is no model of its parent";
	if (key->part_count > CNI_C_KEY_MAX)
		return "it has more than 8 columns";
	if (!count)
		count = parent->key->part_count;
	if (count != key->part_count)
		return "it has not as many columns as its parent's key";
	for (size_t i = 0; i < count; i++)
		columns[i] = key->parent_column_count ? key->parent_columns[i]
						      : parent->key->parts[i].name;
	const char *reason = columns_reason(child, parent, key, columns);
	if (!reason && !is_unique(parent, columns, count))
		reason = "what it references is not unique";
	cni_c_model *owner = &w->models[parent->object - w->schema->objects];
	if (!reason && key->on_delete == CNI_CASCADE && parent != child &&
		cascades(w, owner, child))
		reason = "it closes a circle of ON DELETE CASCADE";
	return reason;
}

/* ---- the comment ---- */

void cni_c_comment(cni_buffer *out, const char *text, const char *indent)
{
	for (; *text; text++) {
		cni_buffer_putc(out, *text);
		if (*text == '\n')
			cni_buffer_puts(out, indent);
		if ((*text == '*' && text[1] == '/') || (*text == '/' && text[1] == '*'))
			cni_buffer_putc(out, ' ');
	}
}

typedef struct losses {
	cni_c_writer *w;
	bool any;
} losses;

static void lose(losses *l, const char *what, const char *name, const char *why)
{
	cni_buffer *out = l->w->out;

	cni_buffer_puts(out, l->any ? "\n * " : "\n/* The model does not hold: ");
	l->any = true;
	cni_buffer_printf(out, "%s ", what);
	cni_c_comment(out, name ? name : "", " * ");
	if (why)
		cni_buffer_printf(out, "%s(%s)", name && *name ? " " : "", why);
}

static void lose_columns(losses *l, const cni_c_model *model)
{
	for (size_t i = 0; i < model->table->column_count; i++) {
		const cni_ddl_column *column = &model->table->columns[i];
		bool text = strcmp(cni_c_type_of(column->type).type, "const char *") == 0;
		if (column->not_null_name)
			lose(l, "the name of NOT NULL of", column->name, column->not_null_name);
		if (column->not_null_conflict)
			lose(l, "ON CONFLICT of NOT NULL of", column->name,
				cni_conflict_sql(column->not_null_conflict));
		if (column->collate && !text)
			lose(l, "the collation of", column->name, column->collate);
	}
}

static void lose_key(losses *l, const cni_c_model *model, const cni_ddl_constraint *key)
{
	const char *first = key->part_count ? key->parts[0].name : NULL;

	if (key->conflict)
		lose(l,
			key->kind == CNI_UNIQUE ? "ON CONFLICT of UNIQUE from"
						: "ON CONFLICT of the PRIMARY KEY from",
			first, cni_conflict_sql(key->conflict));
	if (key->part_count > CNI_C_KEY_MAX)
		lose(l, "UNIQUE from", first, "more than 8 columns");
	for (size_t i = 0; i < key->part_count; i++) {
		const cni_ddl_part *part = &key->parts[i];
		if (part->collate)
			lose(l, "the collation of the key's", part->name, part->collate);
		if (part->desc)
			lose(l, "the order of the key's", part->name,
				model->alias < 0 && key->at_column
					? "DESC: it keeps it from being the rowid"
					: "DESC");
	}
}

void cni_c_write_losses(cni_c_writer *w, const cni_c_model *model)
{
	losses l = {.w = w};

	lose_columns(&l, model);
	for (size_t i = 0; i < model->table->constraint_count; i++) {
		const cni_ddl_constraint *constraint = &model->table->constraints[i];
		if (constraint->kind == CNI_PRIMARY_KEY || constraint->kind == CNI_UNIQUE)
			lose_key(&l, model, constraint);
		if (constraint->kind == CNI_FOREIGN_KEY && constraint->match &&
			!cni_same(constraint->match, "SIMPLE"))
			lose(&l, "MATCH of the foreign key to", constraint->parent,
				constraint->match);
	}
	for (size_t i = 0; i < model->foreign_count; i++)
		if (model->foreign[i].reason)
			lose(&l, "the foreign key to", model->foreign[i].constraint->parent,
				model->foreign[i].reason);
	if (l.any)
		cni_buffer_puts(w->out, " */");
}
