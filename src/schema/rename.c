/* rename.c - see rename.h. */
#include "schema/rename.h"

#include <string.h>

#include "base/text.h"
#include "base/try.h"
#include "schema/compare.h"
#include "schema/names.h"

typedef struct resolver {
	cni_arena *arena;
	const cni_schema *from, *to;
	const cni_diff_options *options;
	cni_renaming *renaming;
	cn_error *err;
} resolver;

bool cni_is_ignored(const cni_diff_options *options, const char *table)
{
	const char *const *ignored = options ? options->ignore_tables : NULL;

	for (; ignored && *ignored && table; ignored++)
		if (cni_same(*ignored, table))
			return true;
	return false;
}

static long find_table(const resolver *r, const cni_schema *schema, const char *name)
{
	static const cni_ddl_kind kinds[] = {CNI_DDL_TABLE, CNI_DDL_VIRTUAL};

	for (size_t i = 0; i < CNI_COUNT(kinds) && !cni_is_ignored(r->options, name); i++) {
		long at = cni_names_find(
			schema->names, schema->objects, schema->object_count, kinds[i], name);
		if (at >= 0)
			return at;
	}
	return -1;
}

static cn_status hint_nearest(const resolver *r, const char *name, const char **names, size_t count)
{
	const char **list = names;

	/* a closing NULL, as cni_nearest wants it */
	if (!CNI_PUSH(r->arena, list, count, NULL))
		return CN_EARG;
	const char *near = cni_nearest(name, list);
	if (near)
		cn_error_hint(r->err, "did you mean \"%s\"?", near);
	return CN_EARG;
}

static cn_status no_table(const resolver *r, const cni_schema *schema, const char *name)
{
	const char **names = NULL;
	size_t count = 0;

	cn_error_set(r->err, CN_EARG, "no table \"%s\"%s", name,
		schema == r->to ? " in the schema wanted" : "");
	if (cni_schema_find(schema, CNI_DDL_VIEW, name)) {
		cn_error_detail(r->err, "\"%s\" is a view", name);
		cn_error_hint(
			r->err, "views hold no rows: they are dropped and created, not renamed");
		return CN_EARG;
	}
	for (size_t i = 0; i < schema->object_count; i++) {
		const cni_object *object = &schema->objects[i];
		if (object->ddl.kind != CNI_DDL_TABLE && object->ddl.kind != CNI_DDL_VIRTUAL)
			continue;
		if (!CNI_PUSH(r->arena, names, count, object->name))
			return CN_EARG;
	}
	return hint_nearest(r, name, names, count);
}

static cn_status no_column(
	const resolver *r, const cni_ddl_table *table, const char *name, bool wanted)
{
	const char **names = NULL;
	size_t count = 0;

	cn_error_set(r->err, CN_EARG, "no column \"%s\" in table \"%s\"%s", name, table->name,
		wanted ? " of the schema wanted" : "");
	for (size_t i = 0; i < table->column_count; i++)
		if (!CNI_PUSH(r->arena, names, count, table->columns[i].name))
			return CN_EARG;
	return hint_nearest(r, name, names, count);
}

static cn_status resolve_table(const resolver *r, const cni_rename *rename)
{
	const char **tables = r->renaming->tables;
	long from = find_table(r, r->from, rename->from);

	if (from < 0)
		return no_table(r, r->from, rename->from);
	long to = find_table(r, r->to, rename->to);
	if (to < 0)
		return no_table(r, r->to, rename->to);
	if (r->from->objects[from].ddl.kind != r->to->objects[to].ddl.kind) {
		cn_error_set(r->err, CN_EARG, "table \"%s\" cannot become \"%s\"", rename->from,
			rename->to);
		cn_error_detail(r->err, "one is a virtual table, the other is not");
		return CN_EARG;
	}
	for (size_t i = 0; i < r->from->object_count; i++) {
		if (!tables[i] || (i == (size_t)from && cni_equal(tables[i], rename->to)))
			continue;
		if (i == (size_t)from)
			return cn_fail(r->err, CN_EARG,
				"table \"%s\" is renamed to both \"%s\" and \"%s\"", rename->from,
				tables[i], rename->to);
		if (cni_same(tables[i], rename->to))
			return cn_fail(r->err, CN_EARG,
				"both tables \"%s\" and \"%s\" are renamed to \"%s\"",
				r->from->objects[i].name, rename->from, rename->to);
	}
	tables[from] = cni_strdup(r->arena, r->to->objects[to].name);
	return CN_OK;
}

/* The table that has this name after the renames. */
static long before_rename(const resolver *r, const char *new_name)
{
	for (size_t i = 0; i < r->from->object_count; i++)
		if (cni_same(r->renaming->tables[i], new_name))
			return (long)i;
	long same = find_table(r, r->from, new_name);
	return same >= 0 && r->renaming->tables[same] ? -1 : same;
}

static cn_status resolve_column(const resolver *r, const cni_rename *rename)
{
	long to = find_table(r, r->to, rename->table), from = before_rename(r, rename->table);

	if (from >= 0 && to >= 0 && r->from->objects[from].ddl.kind == CNI_DDL_VIRTUAL &&
		r->to->objects[to].ddl.kind == CNI_DDL_VIRTUAL)
		return CN_OK; /* its definition is compared as a whole */
	if (to < 0 || r->to->objects[to].ddl.kind != CNI_DDL_TABLE)
		return no_table(r, r->to, rename->table);
	if (from < 0 || r->from->objects[from].ddl.kind != CNI_DDL_TABLE)
		return no_table(r, r->from, rename->table);
	const cni_ddl_table *old = &r->from->objects[from].ddl.table,
			    *new = &r->to->objects[to].ddl.table;
	long was = cni_table_column(old, rename->from), is = cni_table_column(new, rename->to);
	if (was < 0)
		return no_column(r, old, rename->from, false);
	if (is < 0)
		return no_column(r, new, rename->to, true);

	const char **columns = r->renaming->columns[from];
	if (!columns) {
		columns = cni_alloc(r->arena, (old->column_count + 1) * sizeof *columns);
		if (!columns)
			return cn_fail(r->err, CN_ENOMEM, "out of memory");
		r->renaming->columns[from] = columns;
	}
	const char *name = new->columns[is].name;
	if (columns[was] && !cni_equal(columns[was], name))
		return cn_fail(r->err, CN_EARG,
			"column \"%s\" of table \"%s\" is renamed to both \"%s\" and \"%s\"",
			rename->from, rename->table, columns[was], name);
	for (size_t i = 0; i < old->column_count; i++)
		if (columns[i] && i != (size_t)was && cni_same(columns[i], name))
			return cn_fail(r->err, CN_EARG,
				"both columns \"%s\" and \"%s\" of table \"%s\" are renamed to \"%s\"",
				old->columns[i].name, rename->from, rename->table, name);
	columns[was] = name;
	return CN_OK;
}

cn_status cni_renaming_make(cni_arena *arena, const cni_schema *from, const cni_schema *to,
	const cni_diff_options *options, cni_renaming *ret, cn_error *err)
{
	cni_renaming renaming = {
		.schema = from,
		.tables = cni_alloc(arena, (from->object_count + 1) * sizeof *renaming.tables),
		.columns = cni_alloc(arena, (from->object_count + 1) * sizeof *renaming.columns),
	};
	resolver r = {arena, from, to, options, &renaming, err};
	size_t count = options ? options->rename_count : 0;

	if (!renaming.tables || !renaming.columns)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	/* columns are said with the new names of their tables: tables first */
	for (size_t i = 0; i < count; i++)
		if (!options->renames[i].table)
			TRY(resolve_table(&r, &options->renames[i]));
	for (size_t i = 0; i < count; i++)
		if (options->renames[i].table)
			TRY(resolve_column(&r, &options->renames[i]));
	if (arena->failed)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	renaming.any = count > 0;
	*ret = renaming;
	return CN_OK;
}

/* ---- applying ---- */

static long table_at(const cni_renaming *renaming, const char *name)
{
	const cni_schema *schema = renaming->schema;

	return cni_names_find(
		schema->names, schema->objects, schema->object_count, CNI_DDL_TABLE, name);
}

static const char *table_name(const cni_renaming *renaming, const char *name)
{
	long at = table_at(renaming, name);

	return at >= 0 && renaming->tables[at] ? renaming->tables[at] : name;
}

static const char *column_name(const cni_renaming *renaming, long table, const char *name)
{
	if (table < 0 || !renaming->columns[table] || !name)
		return name;
	long at = cni_table_column(&renaming->schema->objects[table].ddl.table, name);
	return at >= 0 && renaming->columns[table][at] ? renaming->columns[table][at] : name;
}

static bool rename_parts(cni_arena *arena, const cni_renaming *renaming, long table,
	cni_ddl_part **parts, size_t count)
{
	cni_ddl_part *copy = cni_memdup(arena, *parts, count * sizeof *copy);

	if (!copy)
		return false;
	for (size_t i = 0; i < count; i++) {
		if (copy[i].name)
			copy[i].name = column_name(renaming, table, copy[i].name);
		else if (table >= 0)
			copy[i].expr_sql =
				cni_rename_expr(arena, renaming, (size_t)table, copy[i].expr_sql);
	}
	*parts = copy;
	return true;
}

static bool rename_constraint(
	cni_arena *arena, const cni_renaming *renaming, size_t at, cni_ddl_constraint *constraint)
{
	if (constraint->part_count && !rename_parts(arena, renaming, (long)at, &constraint->parts,
					      constraint->part_count))
		return false;
	constraint->check_sql = cni_rename_expr(arena, renaming, at, constraint->check_sql);
	if (constraint->kind != CNI_FOREIGN_KEY)
		return true;
	long parent = table_at(renaming, constraint->parent);
	size_t count = constraint->parent_column_count;
	const char **columns =
		cni_memdup(arena, constraint->parent_columns, count * sizeof *columns);
	if (!columns)
		return false;
	for (size_t i = 0; i < count; i++)
		columns[i] = column_name(renaming, parent, columns[i]);
	constraint->parent = table_name(renaming, constraint->parent);
	constraint->parent_columns = columns;
	return true;
}

static bool rename_table(
	cni_arena *arena, const cni_renaming *renaming, size_t at, cni_ddl_table *table)
{
	table->columns =
		cni_memdup(arena, table->columns, table->column_count * sizeof *table->columns);
	table->constraints = cni_memdup(
		arena, table->constraints, table->constraint_count * sizeof *table->constraints);
	if (!table->columns || !table->constraints)
		return false;
	for (size_t i = 0; i < table->column_count; i++) {
		cni_ddl_column *column = &table->columns[i];
		column->name = column_name(renaming, (long)at, column->name);
		column->generated_sql = cni_rename_expr(arena, renaming, at, column->generated_sql);
	}
	for (size_t i = 0; i < table->constraint_count; i++)
		if (!rename_constraint(arena, renaming, at, &table->constraints[i]))
			return false;
	if (renaming->tables[at])
		table->name = renaming->tables[at];
	if (table->partition_of)
		table->partition_of = table_name(renaming, table->partition_of);
	return true;
}

static bool rename_notes(cni_arena *arena, const cni_renaming *renaming, size_t at, cni_ddl *ddl)
{
	ddl->notes = cni_memdup(arena, ddl->notes, ddl->note_count * sizeof *ddl->notes);
	for (size_t i = 0; ddl->notes && i < ddl->note_count; i++)
		ddl->notes[i].column = column_name(renaming, (long)at, ddl->notes[i].column);
	return !arena->failed;
}

static bool rename_index(cni_arena *arena, const cni_renaming *renaming, cni_ddl_index *index)
{
	long table = table_at(renaming, index->table);

	if (!rename_parts(arena, renaming, table, &index->parts, index->part_count))
		return false;
	if (table >= 0) {
		index->where_sql =
			cni_rename_expr(arena, renaming, (size_t)table, index->where_sql);
		index->definition_sql =
			cni_rename_expr(arena, renaming, (size_t)table, index->definition_sql);
	}
	index->table = table_name(renaming, index->table);
	return true;
}

static bool rename_object(
	cni_arena *arena, const cni_renaming *renaming, size_t at, cni_object *object)
{
	cni_ddl *ddl = &object->ddl;
	long own;

	switch (ddl->kind) {
	case CNI_DDL_TABLE:
		if (!rename_table(arena, renaming, at, &ddl->table) ||
			!rename_notes(arena, renaming, at, ddl))
			return false;
		object->name = ddl->table.name;
		break;
	case CNI_DDL_INDEX:
		if (!rename_index(arena, renaming, &ddl->index))
			return false;
		object->table = ddl->index.table;
		break;
	case CNI_DDL_VIEW:
		ddl->view.select_sql = cni_rename_body(arena, renaming, -1, ddl->view.select_sql);
		break;
	case CNI_DDL_TRIGGER:
		own = table_at(renaming, ddl->trigger.table);
		if (own >= 0)
			ddl->trigger.head_sql = cni_rename_expr(
				arena, renaming, (size_t)own, ddl->trigger.head_sql);
		ddl->trigger.body_sql =
			cni_rename_body(arena, renaming, own, ddl->trigger.body_sql);
		object->table = ddl->trigger.table = table_name(renaming, ddl->trigger.table);
		break;
	case CNI_DDL_VIRTUAL:
		if (renaming->tables[at])
			object->name = ddl->virtual_table.name = renaming->tables[at];
		break;
	case CNI_DDL_OPAQUE:
		if (ddl->opaque.table)
			object->table = ddl->opaque.table = table_name(renaming, ddl->opaque.table);
		break;
	case CNI_DDL_OTHER: break;
	}
	object->normal = cni_object_normal(arena, ddl);
	return object->normal != NULL;
}

cni_object *cni_renaming_apply(cni_arena *arena, const cni_renaming *renaming)
{
	const cni_schema *schema = renaming->schema;

	if (!renaming->any)
		return schema->objects;
	cni_object *objects =
		cni_memdup(arena, schema->objects, schema->object_count * sizeof *objects);
	if (!objects)
		return NULL;
	for (size_t i = 0; i < schema->object_count; i++)
		if (!rename_object(arena, renaming, i, &objects[i]))
			return NULL;
	return objects;
}
