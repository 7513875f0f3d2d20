/*
 * plan_table.c - one table, by ALTER TABLE ADD COLUMN and DROP COLUMN where that gives the very
 * same table.
 *
 * Whether it does is not reasoned out but tried, in a savepoint of the scratch database: only what
 * depends on rows (SQLite refuses some additions as soon as there are any) has to be known
 * beforehand.
 */
#include "driver/sqlite/plan.h"

#include <string.h>

#include "base/text.h"
#include "base/try.h"
#include "sql/lexer.h"

enum { MAX_DROPS = 2 }; /* each DROP COLUMN writes all rows: beyond this a rebuild costs less */

/* A default that ADD COLUMN takes whatever rows there are: one literal, with a sign perhaps. TRUE
 * and FALSE it would put into the rows as numbers, also where the column holds text. */
bool cni_plan_literal(cni_arena *arena, const char *sql, cni_affinity affinity)
{
	size_t count = 0;
	const cni_token *token = cni_tokens(arena, sql, strlen(sql), &count);
	if (!token || !count)
		return false;
	if (cni_token_is_op(token, "-") || cni_token_is_op(token, "+")) {
		token++;
		count--;
	}
	if (count != 1)
		return false;
	switch (token->kind) {
	case CNI_TOKEN_STRING:
	case CNI_TOKEN_BLOB:
	case CNI_TOKEN_NUMBER: return true;
	case CNI_TOKEN_QUOTED: return token->text[0] == '"';
	case CNI_TOKEN_WORD:
		return cni_token_is(token, "null") ||
		       (affinity != CNI_AFF_TEXT &&
			       (cni_token_is(token, "true") || cni_token_is(token, "false")));
	default: return false;
	}
}

static bool has_check_at(const cni_ddl_table *table, size_t column)
{
	for (size_t i = 0; i < table->constraint_count; i++)
		if (table->constraints[i].kind == CNI_CHECK && table->constraints[i].at_column &&
			table->constraints[i].column == column)
			return true;
	return false;
}

static bool has_key_at(const cni_ddl_table *table, size_t column)
{
	for (size_t i = 0; i < table->constraint_count; i++) {
		const cni_ddl_constraint *key = &table->constraints[i];
		if (key->kind != CNI_PRIMARY_KEY && key->kind != CNI_UNIQUE)
			continue;
		for (size_t j = 0; j < key->part_count; j++)
			if (cni_same(key->parts[j].name, table->columns[column].name))
				return true;
	}
	return false;
}

static bool can_add(const cni_planner *planner, const cni_ddl_table *table, size_t column)
{
	const cni_ddl_column *is = &table->columns[column];
	bool has_default = is->default_sql && cni_column_has_default(is);
	if (!is->text_size || has_key_at(table, column) || is->generated_stored)
		return false;
	if (is->not_null && !has_default && !is->generated_sql)
		return false;
	/* SQLite 3.40's check of the added column sees NULLs that are not there (see verify.c) */
	if (table->without_rowid &&
		(table->strict || is->generated_sql || has_check_at(table, column)))
		return false;
	return !has_default || cni_plan_literal(planner->arena, is->default_sql,
				       cni_column_affinity(table, column));
}

typedef struct outline { /* of the way by ALTER */
	const char **drops;
	size_t drop_count;
	size_t kept; /* columns that stay; those of `to` after them are new */
} outline;

/* The surviving columns stand first, in the old order, unchanged; all that is new can be added. */
static bool find_outline(
	cni_planner *planner, const cni_copy *copy, const cni_ddl_table *now, outline *ret)
{
	const cni_ddl_table *to = &copy->to->ddl.table;
	outline way = {0};
	size_t at = 0;
	for (size_t i = 0; i < now->column_count; i++) {
		long target = cni_table_column(to, now->columns[i].name);
		if (target >= 0 && copy->columns[target].from >= 0) {
			if ((size_t)target != at || copy->columns[target].cast ||
				copy->columns[target].fill ||
				!cni_column_equal(&now->columns[i], &to->columns[target]))
				return false;
			at++;
		} else if (!CNI_PUSH(planner->arena, way.drops, way.drop_count,
				   now->columns[i].name)) {
			return false;
		}
	}
	for (size_t i = at; i < to->column_count; i++)
		if (copy->columns[i].from >= 0 || copy->columns[i].fill || !can_add(planner, to, i))
			return false;
	way.kept = at;
	*ret = way;
	return at > 0 && way.drop_count <= MAX_DROPS && !copy->from_rowid;
}

static cn_status alter(
	cni_planner *planner, const cni_copy *copy, const outline *way, cn_error *err)
{
	cni_arena *arena = planner->arena;
	const cni_ddl_table *to = &copy->to->ddl.table;
	const char *table = cni_quoted(arena, copy->to->name);
	for (size_t i = 0; i < way->drop_count; i++) {
		const char *column = cni_quoted(arena, way->drops[i]);
		const char *comment = cni_printf(
			arena, "table %s: column %s goes", copy->to->name, way->drops[i]);
		if (!table || !column || !comment)
			return cn_fail(err, CN_ENOMEM, "out of memory");
		TRY(cni_planner_runf(
			planner, comment, err, "ALTER TABLE %s DROP COLUMN %s", table, column));
	}
	for (size_t i = way->kept; i < to->column_count; i++) {
		const cni_ddl_column *column = &to->columns[i];
		const char *text =
			cni_strndup(arena, copy->to->sql + column->text_start, column->text_size);
		const char *comment = cni_printf(
			arena, "table %s: column %s is new", copy->to->name, column->name);
		if (!table || !text || !comment)
			return cn_fail(err, CN_ENOMEM, "out of memory");
		TRY(cni_planner_runf(
			planner, comment, err, "ALTER TABLE %s ADD COLUMN %s", table, text));
	}
	return CN_OK;
}

/* DROP COLUMN writes all rows anew: they are compared afterwards as after a rebuild. */
static cn_status keep_rows(cni_planner *planner, const cni_copy *copy, cn_error *err)
{
	const cni_ddl_table *from = &copy->from->ddl.table, *to = &copy->to->ddl.table;
	cni_keep keep = {.from_table = copy->from->name, .to_table = copy->to->name};
	size_t count = 0;
	const char *old_rowid = cni_rowid_word(from), *new_rowid = cni_rowid_word(to);
	long alias = cni_table_rowid_alias(to);
	bool same_rowid = alias < 0 || copy->from_rowid ||
			  (copy->columns[alias].from >= 0 &&
				  copy->columns[alias].from == cni_table_rowid_alias(from));
	/* a column that is the rowid says it already */
	if (old_rowid && new_rowid && same_rowid && (alias < 0 || copy->from_rowid)) {
		if (!CNI_PUSH(planner->arena, keep.from_columns, keep.column_count, old_rowid) ||
			!CNI_PUSH(planner->arena, keep.to_columns, count, new_rowid))
			return cn_fail(err, CN_ENOMEM, "out of memory");
	}
	for (size_t i = 0; i < to->column_count; i++) {
		if (!cni_copy_keeps(copy, i))
			continue;
		const char *old = from->columns[copy->columns[i].from].name;
		if (!CNI_PUSH(planner->arena, keep.from_columns, keep.column_count, old) ||
			!CNI_PUSH(planner->arena, keep.to_columns, count, to->columns[i].name))
			return cn_fail(err, CN_ENOMEM, "out of memory");
	}
	if (!CNI_PUSH(planner->arena, planner->plan.keeps, planner->plan.keep_count, keep))
		return cn_fail(err, CN_ENOMEM, "out of memory");
	return CN_OK;
}

static cn_status count_views_and_triggers(cni_planner *planner, int64_t *ret, cn_error *err)
{
	return cni_conn_int(planner->scratch,
		"SELECT count(*) FROM sqlite_schema WHERE type IN ('view', 'trigger')", ret, err);
}

/* *ret_done: the table is now what it shall be. */
static cn_status try_alter(cni_planner *planner, const cni_copy *copy, const cni_object *now,
	bool *ret_done, cn_error *err)
{
	outline way;
	*ret_done = false;
	if (planner->level >= CNI_LEVEL_REBUILD ||
		!find_outline(planner, copy, &now->ddl.table, &way))
		return CN_OK;
	size_t steps = planner->plan.step_count;
	int64_t dependent = 0;
	cn_error why;
	TRY(cni_conn_exec(planner->scratch, "SAVEPOINT cantil_alter", err));
	cn_status status = alter(planner, copy, &way, &why);
	const cni_object *after = NULL;
	if (status == CN_OK)
		status = cni_planner_object(planner, "table", copy->to->name, &after, &why);
	if (status == CN_OK && after && cni_object_equal(after, copy->to)) {
		*ret_done = true;
		if (way.drop_count)
			TRY(keep_rows(planner, copy, err));
		return cni_conn_exec(planner->scratch, "RELEASE cantil_alter", err);
	}
	if (status == CN_ENOMEM || status == CN_ECANCELED) { /* it says nothing about the way */
		if (err)
			*err = why;
		return status;
	}
	planner->plan.step_count = steps;
	TRY(cni_conn_exec(planner->scratch, "ROLLBACK TO cantil_alter; RELEASE cantil_alter", err));
	if (status < 0 && planner->level == CNI_LEVEL_CHEAP)
		TRY(count_views_and_triggers(planner, &dependent, err));
	if (dependent) {
		if (err)
			*err = why;
		return status; /* one of them may be what SQLite stumbled over */
	}
	return CN_OK;
}

cn_status cni_plan_table(
	cni_planner *planner, const cni_copy *copy, const cni_object *now, cn_error *err)
{
	bool done;
	TRY(try_alter(planner, copy, now, &done, err));
	if (!done)
		TRY(cni_plan_edit(planner, copy, now, &done, err));
	if (done)
		return CN_OK;
	TRY(cni_plan_rebuild(planner, copy, now, err));
	return keep_rows(planner, copy, err);
}
