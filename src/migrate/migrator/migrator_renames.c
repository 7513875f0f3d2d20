/*
 * migrator_renames.c - the renames that models say with renamed_from.
 *
 * A model goes on saying where a column came from long after the rename was made, so what it says
 * counts only as long as the old name is there and the new one is not: or is about to be free,
 * because its owner is renamed too (a chain).
 */
#include "base/text.h"
#include "base/try.h"
#include "migrate/migrator/migrator.h"

static cn_status add(cni_answers *answers, cni_answer_kind kind, const char *table,
	const char *column, const char *to, cn_error *err)
{
	CLEANUP(cni_buffer_done) cni_buffer line = {0};
	cni_answer answer = {.kind = kind, .table = table, .column = column, .value = to};
	char *source = cni_printf(answers->arena, "renamed_from of \"%s\"", to);
	cni_answer_write(&line, &answer);
	if (line.failed || !source)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	return cni_answers_add_line(answers, cni_buffer_text(&line), source, err);
}

/* What a table of the target was called before: a decision that is there already, or its own name.
 */
static const char *old_table_name(const cni_answers *answers, const char *name)
{
	for (size_t i = 0; i < answers->count; i++)
		if (answers->list[i].kind == CNI_ANSWER_RENAME_TABLE &&
			cni_same(answers->list[i].value, name))
			return answers->list[i].table;
	return name;
}

/* Will that name be free, because a decision renames the table that has it? */
static bool table_moves(const cni_answers *answers, const char *name)
{
	return cni_answers_find(answers, CNI_ANSWER_RENAME_TABLE, name, NULL) != NULL;
}

static bool column_moves(const cni_answers *answers, const char *table, const char *column)
{
	return cni_answers_find(answers, CNI_ANSWER_RENAME_COLUMN, table, column) != NULL;
}

static cn_status rename_tables(const cni_schema *target, const cni_schema *from,
	cni_answers *answers, bool *ret_more, cn_error *err)
{
	for (size_t i = 0; i < target->object_count; i++) {
		const cni_object *object = &target->objects[i];
		if (object->ddl.kind != CNI_DDL_TABLE || !object->ddl.table.renamed_from)
			continue;
		const char *old = object->ddl.table.renamed_from;
		if (!cni_schema_table(from, old) || table_moves(answers, old) ||
			old_table_name(answers, object->name) != object->name)
			continue;
		if (cni_schema_table(from, object->name) && !table_moves(answers, object->name))
			continue;
		TRY(add(answers, CNI_ANSWER_RENAME_TABLE, old, NULL, object->name, err));
		*ret_more = true;
	}
	return CN_OK;
}

static cn_status rename_columns(const cni_object *object, const cni_ddl_table *before,
	cni_answers *answers, bool *ret_more, cn_error *err)
{
	const cni_ddl_table *table = &object->ddl.table;
	for (size_t i = 0; i < table->column_count; i++) {
		const char *name = table->columns[i].name, *old = table->columns[i].renamed_from;
		if (!old || cni_same(old, name) || cni_table_column(before, old) < 0 ||
			column_moves(answers, object->name, old))
			continue;
		if (cni_table_column(before, name) >= 0 &&
			!column_moves(answers, object->name, name))
			continue;
		TRY(add(answers, CNI_ANSWER_RENAME_COLUMN, object->name, old, name, err));
		*ret_more = true;
	}
	return CN_OK;
}

cn_status cni_model_renames(
	const cni_schema *target, const cni_schema *from, cni_answers *answers, cn_error *err)
{
	bool more;
	do { /* each may free a name for the next; every round but the last adds one */
		more = false;
		TRY(rename_tables(target, from, answers, &more, err));
		for (size_t i = 0; i < target->object_count; i++) {
			const cni_object *object = &target->objects[i];
			if (object->ddl.kind != CNI_DDL_TABLE)
				continue;
			const cni_object *before =
				cni_schema_table(from, old_table_name(answers, object->name));
			if (before && before->ddl.kind == CNI_DDL_TABLE)
				TRY(rename_columns(
					object, &before->ddl.table, answers, &more, err));
		}
	} while (more);
	return CN_OK;
}
