/*
 * misfit.c - a table is written anew, and its rows do not fit: says it of the table that people
 * know, not of the one that is being filled, and which rows they are.
 *
 * The copy failed as one statement, and nothing of it is left. Here it is tried row by row inside a
 * savepoint, so that whatever the constraint is, the row that meets it is known by its key.
 */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "base/try.h"
#include "driver/sqlite/plan.h"
#include "sql/lexer.h"

enum { NAMED = 3, KEY_PARTS = 8, PATIENCE_US = 1000000 };

typedef struct copying { /* INSERT … INTO temporary … FROM source; ALTER … RENAME TO name */
	const char *sql, *temporary, *name;
	const char *source; /* NULL: more than one plain table is read */
} copying;

/* ---- what was tried ---- */

static const char *renamed_to(cni_arena *arena, const cni_plan *plan, const char *temporary)
{
	for (size_t i = 0; i < plan->step_count; i++) {
		size_t count;
		const char *sql = plan->steps[i].sql;
		const cni_token *token = cni_tokens(arena, sql, strlen(sql), &count);
		if (!token || count < 6 || !cni_token_is(&token[0], "alter") ||
			!cni_token_is(&token[3], "rename") || !cni_token_is(&token[4], "to"))
			continue;
		const char *from = cni_token_name(arena, &token[2]);
		if (from && cni_same(from, temporary))
			return cni_token_name(arena, &token[5]);
	}
	return NULL;
}

static bool is_copy(cni_arena *arena, const cni_plan *plan, const cni_step *step, copying *ret)
{
	size_t count;
	const cni_token *token = cni_tokens(arena, step->sql, strlen(step->sql), &count);
	if (!token || count < 8 || !cni_token_is(&token[0], "insert") ||
		!cni_token_is(&token[1], "or") || !cni_token_is(&token[3], "into"))
		return false;
	*ret = (copying){.sql = step->sql, .temporary = cni_token_name(arena, &token[4])};
	if (cni_token_is(&token[count - 2], "from"))
		ret->source = cni_token_name(arena, &token[count - 1]);
	if (ret->temporary)
		ret->name = renamed_to(arena, plan, ret->temporary);
	return ret->name != NULL;
}

/* ---- the rows ---- */

typedef struct keys { /* by which rows of the source are told apart */
	const char *parts[KEY_PARTS];
	const char *label; /* of the first one; the others are called as they are */
	size_t count;
} keys;

/* In the query's order; more than there is room for is none. */
static cn_status names_of(cni_conn *conn, cni_arena *arena, const char *query, const char *table,
	keys *ret, cn_error *err)
{
	CLEANUP(cni_stmt_releasep) cni_stmt *stmt = NULL;
	TRY(cni_conn_prepare(conn, query, &stmt, err));
	TRY(cni_stmt_bind(stmt, 1, cn_text(table), err));
	int got;
	while ((got = cni_stmt_step(stmt, err)) == CNI_ROW) {
		if (ret->count == KEY_PARTS)
			return cn_fail(err, CN_EUNSUPPORTED, "too many columns");
		ret->parts[ret->count++] = cni_strdup(arena, cni_stmt_text(stmt, 0));
	}
	ret->label = ret->count ? ret->parts[0] : NULL;
	return got < 0 ? (cn_status)got : CN_OK;
}

static cn_status find_keys(
	cni_conn *conn, cni_arena *arena, const char *table, keys *ret, cn_error *err)
{
	keys alias = {0};
	TRY(names_of(conn, arena,
		"SELECT name FROM pragma_table_info(?1) WHERE pk AND (SELECT wr FROM pragma_table_list"
		" WHERE schema = 'main' AND name = ?1 COLLATE NOCASE) ORDER BY pk",
		table, ret, err));
	if (ret->count)
		return CN_OK;
	/* a word for the rowid that no column has */
	TRY(names_of(conn, arena,
		"SELECT w FROM (SELECT 'rowid' AS w UNION ALL SELECT '_rowid_' UNION ALL SELECT 'oid')"
		" WHERE w NOT IN (SELECT lower(name) FROM pragma_table_xinfo(?1)) LIMIT 1",
		table, ret, err));
	TRY(names_of(conn, arena,
		"SELECT name FROM pragma_table_info(?1) WHERE pk AND type = 'INTEGER' COLLATE NOCASE"
		" AND (SELECT count(*) FROM pragma_table_info(?1) WHERE pk) = 1",
		table, &alias, err));
	if (alias.count)
		ret->label = alias.label;
	return CN_OK;
}

static void write_query(cni_buffer *out, const copying *copy, const keys *by)
{
	for (size_t i = 0; i < by->count; i++) {
		cni_buffer_puts(out, i ? ", " : "SELECT ");
		cni_quote_name(out, by->parts[i]);
	}
	for (size_t i = 0; i < by->count; i++) {
		cni_buffer_puts(out, ", substr(quote(");
		cni_quote_name(out, by->parts[i]);
		cni_buffer_puts(out, "), 1, 40)");
	}
	cni_buffer_puts(out, " FROM main.");
	cni_quote_name(out, copy->source);
}

static void write_one(cni_buffer *out, const copying *copy, const keys *by)
{
	cni_buffer_puts(out, copy->sql);
	for (size_t i = 0; i < by->count; i++) {
		cni_buffer_puts(out, i ? " AND " : "\nWHERE ");
		cni_quote_name(out, by->parts[i]);
		cni_buffer_printf(out, " IS ?%zu", i + 1);
	}
}

static void add_row(cni_buffer *out, const keys *by, cni_stmt *row, size_t found)
{
	cni_buffer_puts(out, found ? "; " : "");
	for (size_t i = 0; i < by->count; i++) {
		const char *value = cni_stmt_text(row, by->count + i);
		cni_buffer_puts(out, i ? ", " : "");
		cni_quote_name_if(out, i ? by->parts[i] : by->label);
		cni_buffer_printf(out, " %s", value ? value : "NULL");
	}
}

/* Tries each row by itself, until enough have failed. */
static cn_status try_rows(cni_conn *conn, const keys *by, const char *query, const char *one,
	cni_buffer *out, cn_error *err)
{
	CLEANUP(cni_stmt_releasep) cni_stmt *row = NULL;
	CLEANUP(cni_stmt_releasep) cni_stmt *insert = NULL;
	int64_t until_us = cni_clock_mono_us() + PATIENCE_US;
	size_t found = 0;
	TRY(cni_conn_prepare(conn, query, &row, err));
	TRY(cni_conn_prepare(conn, one, &insert, err));
	while (found < NAMED && cni_stmt_step(row, err) == CNI_ROW) {
		for (size_t i = 0; i < by->count; i++)
			TRY(cni_stmt_bind(insert, i + 1, cni_stmt_value(row, i), err));
		cn_status status = cni_stmt_run(insert, NULL);
		if (status == CN_ECONSTRAINT)
			add_row(out, by, row, found++);
		else if (status < 0 || cni_clock_mono_us() > until_us)
			break;
	}
	return CN_OK;
}

/* Appends "id 2; id 7", or nothing. */
static void find_rows(cni_conn *conn, cni_arena *arena, const copying *copy, cni_buffer *out)
{
	CLEANUP(cni_buffer_done) cni_buffer query = {0};
	CLEANUP(cni_buffer_done) cni_buffer one = {0};
	keys by = {0};
	if (!copy->source || find_keys(conn, arena, copy->source, &by, NULL) < 0 || !by.count)
		return;
	write_query(&query, copy, &by);
	write_one(&one, copy, &by);
	if (query.failed || one.failed || arena->failed ||
		cni_conn_exec(conn, "SAVEPOINT cantil_misfit", NULL) < 0)
		return;
	(void)!try_rows(conn, &by, cni_buffer_text(&query), cni_buffer_text(&one), out, NULL);
	/* a failure here is one of the transaction, which is rolled back by whoever began it */
	(void)!cni_conn_exec(conn, "ROLLBACK TO cantil_misfit; RELEASE cantil_misfit", NULL);
}

/* ---- what is said ---- */

static void replace(cni_buffer *out, const char *text, const char *what, const char *with)
{
	for (const char *at; (at = strstr(text, what)); text = at + strlen(what)) {
		cni_buffer_add(out, text, (size_t)(at - text));
		cni_buffer_puts(out, with);
	}
	cni_buffer_puts(out, text);
}

void cni_sqlite_step_failed(
	cni_conn *conn, const cni_plan *plan, const cni_step *step, cn_error *err)
{
	CLEANUP(cni_arena_done) cni_arena arena = {0};
	CLEANUP(cni_buffer_done) cni_buffer message = {0};
	CLEANUP(cni_buffer_done) cni_buffer rows = {0};
	copying copy;
	if (!err || err->status != CN_ECONSTRAINT || !cni_conn_in_transaction(conn) ||
		!is_copy(&arena, plan, step, &copy))
		return;
	replace(&message, err->message, copy.temporary, copy.name);
	find_rows(conn, &arena, &copy, &rows);
	if (message.failed || rows.failed)
		return;
	cn_error_set(err, CN_ECONSTRAINT, "%s", cni_buffer_text(&message));
	if (rows.size)
		cn_error_detail(
			err, "rows of %s that do not fit: %s", copy.name, cni_buffer_text(&rows));
	else
		cn_error_detail(err, "rows of %s do not fit", copy.name);
	cn_error_hint(err,
		"mend or delete these rows, and run it again; or make the revision anew on this "
		"database: it asks what rows are to have");
}
