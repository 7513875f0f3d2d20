/*
 * squash_names.c - several changes' decisions as those of one.
 *
 * What a table or a column was called before the run is followed through every rename to what it is
 * called behind it. Revisions that were planned say their renames in their answers; in those that
 * were written by hand ALTER TABLE … RENAME is looked for. Should something be missed, the rows
 * tell (squash_rows.c).
 */
#include <string.h>

#include "base/text.h"
#include "base/try.h"
#include "migrate/migrator/squash.h"
#include "migrate/revision/statement.h"

typedef struct thing { /* a table, or a column, that the run began with or decided something about
			*/
	const char *table, *now_table;
	const char *column, *now_column; /* NULL: the table itself */
	const cni_answer *decided;       /* a fill or a cast; NULL: it was there before the run */
} thing;

typedef struct tracker {
	cni_squash *squash;
	thing *list;
	size_t count;
} tracker;

static cn_status track(tracker *t, thing what, cn_error *err)
{
	return CNI_PUSH(t->squash->arena, t->list, t->count, what)
		       ? CN_OK
		       : cn_fail(err, CN_ENOMEM, "out of memory");
}

static cn_status begin(tracker *t, cn_error *err)
{
	const cni_schema *before = t->squash->before;
	for (size_t i = 0; i < before->object_count; i++) {
		const cni_object *object = &before->objects[i];
		bool plain = object->ddl.kind == CNI_DDL_TABLE;
		if (!plain && object->ddl.kind != CNI_DDL_VIRTUAL)
			continue;
		TRY(track(t, (thing){.table = object->name, .now_table = object->name}, err));
		for (size_t c = 0; plain && c < object->ddl.table.column_count; c++) {
			const char *column = object->ddl.table.columns[c].name;
			TRY(track(
				t, (thing){object->name, object->name, column, column, NULL}, err));
		}
	}
	return CN_OK;
}

/* All of them hold at once; a column's table is called by its new name. */
static void rename_at_once(tracker *t, const cni_answers *answers)
{
	for (size_t i = 0; i < t->count; i++) {
		const cni_answer *answer = cni_answers_find(
			answers, CNI_ANSWER_RENAME_TABLE, t->list[i].now_table, NULL);
		if (answer)
			t->list[i].now_table = answer->value;
		if (!t->list[i].column)
			continue;
		answer = cni_answers_find(answers, CNI_ANSWER_RENAME_COLUMN, t->list[i].now_table,
			t->list[i].now_column);
		if (answer)
			t->list[i].now_column = answer->value;
	}
}

static void rename_in_turn(tracker *t, const cni_rename *rename)
{
	for (size_t i = 0; i < t->count; i++) {
		thing *what = &t->list[i];
		if (!rename->table && cni_same(what->now_table, rename->from))
			what->now_table = rename->to;
		else if (rename->table && what->column &&
			 cni_same(what->now_table, rename->table) &&
			 cni_same(what->now_column, rename->from))
			what->now_column = rename->to;
	}
}

static bool says_renames(const cni_answers *answers)
{
	for (size_t i = 0; i < answers->count; i++)
		if (answers->list[i].kind == CNI_ANSWER_RENAME_TABLE ||
			answers->list[i].kind == CNI_ANSWER_RENAME_COLUMN)
			return true;
	return false;
}

static cn_status follow(tracker *t, const cni_revision *revision, cn_error *err)
{
	cni_arena *arena = t->squash->arena;
	const cni_section *section = cni_revision_section(revision, t->squash->migrator->engine);
	cni_answers *answers = cni_alloc(arena, sizeof *answers);
	cni_rename *renames = NULL;
	size_t count = 0;
	if (!answers)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	answers->arena = arena;
	for (size_t i = 0; i < revision->answer_count; i++)
		TRY(cni_answers_add_line(answers, revision->answers[i], revision->path, err));
	if (says_renames(answers)) {
		rename_at_once(t, answers);
	} else if (section) {
		TRY(cni_steps_renames(arena, &section->upgrade, &renames, &count, err));
		for (size_t i = 0; i < count; i++)
			rename_in_turn(t, &renames[i]);
	}
	for (size_t i = 0; i < answers->count; i++) {
		const cni_answer *a = &answers->list[i];
		if (a->kind == CNI_ANSWER_FILL || a->kind == CNI_ANSWER_ALLOW_CAST)
			TRY(track(t, (thing){a->table, a->table, a->column, a->column, a}, err));
	}
	return CN_OK;
}

/* ---- what is left to say ---- */

static cn_status say(cni_squash *squash, cni_answer_kind kind, const char *table,
	const char *column, const char *value, cn_error *err)
{
	CLEANUP(cni_buffer_done) cni_buffer line = {0};
	const cni_answer answer = {.kind = kind, .table = table, .column = column, .value = value};
	if (cni_answers_find(&squash->answers, kind, table, column))
		return CN_OK; /* who runs the command has said it otherwise */
	cni_answer_write(&line, &answer);
	if (line.failed)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	return cni_answers_add_line(
		&squash->answers, cni_buffer_text(&line), "the squashed revisions", err);
}

static const thing *original(const tracker *t, const char *table, const char *column)
{
	for (size_t i = 0; i < t->count; i++)
		if (!t->list[i].decided && cni_same(t->list[i].now_table, table) &&
			cni_same(t->list[i].now_column, column))
			return &t->list[i];
	return NULL;
}

static cn_status say_one(tracker *t, const thing *what, cn_error *err)
{
	cni_squash *squash = t->squash;
	const cni_object *table = cni_schema_find(squash->after, CNI_DDL_TABLE, what->now_table);
	if (!table && !what->column)
		table = cni_schema_find(squash->after, CNI_DDL_VIRTUAL, what->now_table);
	bool there = table &&
		     (!what->column || cni_table_column(&table->ddl.table, what->now_column) >= 0);
	if (what->decided) {
		bool cast = what->decided->kind == CNI_ANSWER_ALLOW_CAST;
		if (!there || !original(t, what->now_table, cast ? what->now_column : NULL))
			return CN_OK;
		return say(squash, what->decided->kind, what->now_table, what->now_column,
			what->decided->value, err);
	}
	if (!there && what->column && !table)
		return CN_OK; /* goes with its table */
	if (!there)
		return say(squash, CNI_ANSWER_ALLOW_DROP,
			what->column ? what->now_table : what->table, what->column, NULL, err);
	if (!what->column)
		return cni_same(what->table, what->now_table)
			       ? CN_OK
			       : say(squash, CNI_ANSWER_RENAME_TABLE, what->table, NULL,
					 what->now_table, err);
	return cni_same(what->column, what->now_column)
		       ? CN_OK
		       : say(squash, CNI_ANSWER_RENAME_COLUMN, what->now_table, what->column,
				 what->now_column, err);
}

cn_status cni_squash_answers(cni_squash *squash, cn_error *err)
{
	tracker t = {.squash = squash};
	TRY(begin(&t, err));
	for (size_t i = 0; i < squash->run_count; i++)
		TRY(follow(&t, squash->run[i], err));
	for (size_t i = t.count; i-- > 0;) /* the last fill of a column counts */
		if (t.list[i].decided)
			TRY(say_one(&t, &t.list[i], err));
	for (size_t i = 0; i < t.count; i++)
		if (!t.list[i].decided)
			TRY(say_one(&t, &t.list[i], err));
	return CN_OK;
}
