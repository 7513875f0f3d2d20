/* decide_answers.c - answers become renames and permissions, and must speak of what is there. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "base/try.h"
#include "migrate/decide/decide.h"

const cni_answer *cni_decided(
	cni_decider *decider, cni_answer_kind kind, const char *table, const char *column)
{
	cni_answers *answers = decider->input->answers;
	const cni_answer *found = cni_answers_find(answers, kind, table, column);
	if (found)
		answers->list[found - answers->list].used = true;
	return found;
}

CN_PRINTF(4, 5)
static cn_status no_such(
	const cni_answer *answer, cn_error *err, const char *where, const char *fmt, ...)
{
	char what[400];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(what, sizeof what, fmt, ap);
	va_end(ap);
	CLEANUP(cni_buffer_done) cni_buffer line = {0};
	cni_answer_write(&line, answer);
	cn_error_set(err, CN_EARG, "%s: no %s in %s", answer->source, what, where);
	cn_error_detail(err, "%s", cni_buffer_text(&line));
	cn_error_hint(err,
		"names stand as the old schema has them on the left, as the new one has them on the right;"
		" a column's table is always called by its new name");
	return CN_EARG;
}

static const cni_object *any_table(const cni_schema *schema, const char *name)
{
	const cni_object *table = cni_schema_find(schema, CNI_DDL_TABLE, name);
	return table ? table : cni_schema_find(schema, CNI_DDL_VIRTUAL, name);
}

/* Its name as the schema has it; NULL: there is none. */
static const char *find_column(cni_decider *decider, const cni_object *table, const char *name)
{
	if (table && table->ddl.kind == CNI_DDL_TABLE) {
		long at = cni_table_column(&table->ddl.table, name);
		return at < 0 ? NULL : table->ddl.table.columns[at].name;
	}
	for (size_t i = 0; table && i < table->ddl.virtual_table.argument_count; i++) {
		const char *column =
			cni_virtual_column(decider->arena, &table->ddl.virtual_table, i);
		if (cni_same(column, name))
			return column;
	}
	return NULL;
}

/* A model keeps saying what it was renamed from; once that has happened it says nothing new. */
static bool is_from_model(const cni_answer *answer)
{
	return answer->source && cni_starts(answer->source, "model ");
}

static cn_status add_rename(
	cni_decider *decider, const char *table, const char *from, const char *to, cn_error *err)
{
	cni_rename rename = {.table = table, .from = from, .to = to};
	if (strcmp(from, to) == 0)
		return CN_OK;
	for (size_t i = 0; i < decider->rename_count; i++)
		if (cni_same(decider->renames[i].table, table) &&
			cni_same(decider->renames[i].to, to))
			return cn_fail(err, CN_EARG,
				"both \"%s\" and \"%s\" are to be renamed to \"%s\"",
				decider->renames[i].from, from, to);
	if (!CNI_PUSH(decider->arena, decider->renames, decider->rename_count, rename))
		return cn_fail(err, CN_ENOMEM, "out of memory");
	return CN_OK;
}

static cn_status rename_table(cni_decider *decider, cni_answer *answer, cn_error *err)
{
	const cni_schema *from = decider->input->from, *to = decider->input->to;
	const cni_object *old = any_table(from, answer->table);
	if (!old && is_from_model(answer))
		return CN_OK;
	if (!old)
		return no_such(answer, err, "the database",
			"table \"%s\" (to be renamed to \"%s\")", answer->table, answer->value);
	const cni_object *new = any_table(to, answer->value);
	if (!new)
		return no_such(answer, err, "the target",
			"table \"%s\" (\"%s\" is to be renamed to it)", answer->value,
			answer->table);
	if (new->ddl.kind != old->ddl.kind)
		return cn_fail(err, CN_EARG, "%s: \"%s\" and \"%s\" are not both ordinary tables",
			answer->source, answer->table, answer->value);
	answer->used = true;
	return add_rename(decider, NULL, old->name, new->name, err);
}

/* After the tables: the old column is looked for in the table that becomes this one. */
static cn_status rename_column(cni_decider *decider, cni_answer *answer, cn_error *err)
{
	const cni_object *to = any_table(decider->input->to, answer->table);
	if (!to)
		return no_such(answer, err, "the target",
			"table \"%s\" (column \"%s\" is to be renamed in it)", answer->table,
			answer->column);
	const cni_object *from = cni_original_table(
		decider->input->from, decider->renames, decider->rename_count, to->name);
	const char *old = find_column(decider, from, answer->column),
		   *new = find_column(decider, to, answer->value);
	if (is_from_model(answer) && !old)
		return CN_OK;
	if (!old)
		return no_such(answer, err, "the database", "column \"%s\" of table \"%s\"",
			answer->column, answer->table);
	if (!new)
		return no_such(answer, err, "the target",
			"column \"%s\" of table \"%s\" (\"%s\" is to be renamed to it)",
			answer->value, answer->table, answer->column);
	answer->used = true;
	return add_rename(decider, to->name, old, new, err);
}

cn_status cni_decide_renames(cni_decider *decider, cn_error *err)
{
	cni_answers *answers = decider->input->answers;
	size_t ignored = 0;
	for (size_t i = 0; i < answers->count; i++)
		if (answers->list[i].kind == CNI_ANSWER_RENAME_TABLE)
			TRY(rename_table(decider, &answers->list[i], err));
	for (size_t i = 0; i < answers->count; i++) {
		cni_answer *answer = &answers->list[i];
		if (answer->kind == CNI_ANSWER_RENAME_COLUMN)
			TRY(rename_column(decider, answer, err));
		if (answer->kind != CNI_ANSWER_IGNORE_TABLE)
			continue;
		answer->used = true;
		if (!CNI_PUSH(decider->arena, decider->ignore_tables, ignored, answer->table))
			return cn_fail(err, CN_ENOMEM, "out of memory");
	}
	if (!CNI_PUSH(decider->arena, decider->ignore_tables, ignored, NULL))
		return cn_fail(err, CN_ENOMEM, "out of memory");
	return CN_OK;
}

/* A column by its name in either schema, in a table by its name in either. */
static bool column_exists(cni_decider *decider, const char *table, const char *column)
{
	const cni_object *to = any_table(decider->input->to, table);
	const cni_object *from = to ? cni_original_table(decider->input->from, decider->renames,
					      decider->rename_count, to->name)
				    : any_table(decider->input->from, table);
	return find_column(decider, to, column) || find_column(decider, from, column);
}

cn_status cni_decide_check_answers(cni_decider *decider, cn_error *err)
{
	const cni_answers *answers = decider->input->answers;
	for (size_t i = 0; i < answers->count; i++) {
		const cni_answer *answer = &answers->list[i];
		if (answer->kind == CNI_ANSWER_RENAME_TABLE ||
			answer->kind == CNI_ANSWER_RENAME_COLUMN)
			continue;
		const cni_object *table = any_table(decider->input->from, answer->table);
		if (!table)
			table = any_table(decider->input->to, answer->table);
		if (!table)
			return no_such(answer, err, "the database", "table \"%s\"", answer->table);
		if (answer->column && table->ddl.kind == CNI_DDL_TABLE &&
			!column_exists(decider, answer->table, answer->column))
			return no_such(answer, err, "the database", "column \"%s\" of table \"%s\"",
				answer->column, answer->table);
	}
	return CN_OK;
}
