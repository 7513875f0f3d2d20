/* ddl_copy.c - a table or an index with all its texts in another arena. */
#include "base/try.h"
#include "sql/ddl.h"

static void copy_texts(cni_arena *arena, const char **const *fields, size_t count)
{
	for (size_t i = 0; i < count; i++)
		*fields[i] = cni_strdup(arena, *fields[i]);
}

static cni_ddl_part *copy_parts(cni_arena *arena, const cni_ddl_part *parts, size_t count)
{
	cni_ddl_part *copy = cni_memdup(arena, parts, count * sizeof *copy);

	for (size_t i = 0; copy && i < count; i++) {
		const char **const fields[] = {&copy[i].expr_sql, &copy[i].name, &copy[i].collate};
		copy_texts(arena, fields, CNI_COUNT(fields));
	}
	return copy;
}

static void copy_column(cni_arena *arena, cni_ddl_column *c)
{
	const char **const fields[] = {&c->name, &c->type, &c->not_null_name, &c->default_sql,
		&c->collate, &c->generated_sql, &c->identity_sql, &c->comment, &c->renamed_from};

	copy_texts(arena, fields, CNI_COUNT(fields));
}

static void copy_constraint(cni_arena *arena, cni_ddl_constraint *c)
{
	const char **const fields[] = {&c->name, &c->check_sql, &c->rest_sql, &c->parent,
		&c->parent_schema, &c->match, &c->set_columns_sql};

	copy_texts(arena, fields, CNI_COUNT(fields));
	c->parts = copy_parts(arena, c->parts, c->part_count);
	const char **columns =
		cni_memdup(arena, c->parent_columns, c->parent_column_count * sizeof *columns);
	for (size_t i = 0; columns && i < c->parent_column_count; i++)
		columns[i] = cni_strdup(arena, columns[i]);
	c->parent_columns = columns;
}

static void copy_table(cni_arena *arena, cni_ddl_table *t)
{
	const char **const fields[] = {&t->name, &t->rest_sql, &t->partition_of, &t->bound_sql,
		&t->as_select_sql, &t->comment, &t->renamed_from};

	copy_texts(arena, fields, CNI_COUNT(fields));
	t->columns = cni_memdup(arena, t->columns, t->column_count * sizeof *t->columns);
	for (size_t i = 0; t->columns && i < t->column_count; i++)
		copy_column(arena, &t->columns[i]);
	t->constraints =
		cni_memdup(arena, t->constraints, t->constraint_count * sizeof *t->constraints);
	for (size_t i = 0; t->constraints && i < t->constraint_count; i++)
		copy_constraint(arena, &t->constraints[i]);
}

static void copy_index(cni_arena *arena, cni_ddl_index *i)
{
	const char **const fields[] = {&i->name, &i->table, &i->where_sql, &i->definition_sql};

	copy_texts(arena, fields, CNI_COUNT(fields));
	i->parts = copy_parts(arena, i->parts, i->part_count);
}

bool cni_ddl_copy(cni_arena *arena, const cni_ddl *ddl, cni_ddl *ret)
{
	cni_ddl copy = *ddl;

	if (ddl->kind != CNI_DDL_TABLE && ddl->kind != CNI_DDL_INDEX)
		return false;
	copy.notes = cni_memdup(arena, ddl->notes, ddl->note_count * sizeof *copy.notes);
	for (size_t i = 0; copy.notes && i < copy.note_count; i++) {
		cni_ddl_note *note = &copy.notes[i];
		const char **const fields[] = {&note->column, &note->sql, &note->undo_sql};
		copy_texts(arena, fields, CNI_COUNT(fields));
	}
	if (copy.kind == CNI_DDL_TABLE)
		copy_table(arena, &copy.table);
	else
		copy_index(arena, &copy.index);
	*ret = copy;
	return !arena->failed;
}
