/*
 * many.c - many tables are created in a time that grows with their number, not with its square.
 *
 * After each CREATE, SQLite reads the row that it has just written to sqlite_schema, and looks
 * through the whole of it for that: of a thousand tables with an index each, two million rows, four
 * fifths of all the work. So in a long run of CREATE TABLE and CREATE INDEX the rows that are
 * written are taken out of sqlite_schema every now and then, and are all put back at the end, byte
 * for byte and in their order.
 *
 * What makes that safe:
 *   - Every object is made by its CREATE: SQLite checks it, makes its pages and writes its row. No
 * row is made or altered here, and no page of a table is touched.
 *   - It happens within the caller's transaction: others see all of it or nothing, and so does
 *     whoever reads the file after a kill. After any failure the caller rolls back.
 *   - While rows are out, SQLite goes on with the schema that it has in memory. Only the plain
 * forms are run then: nothing that rolls back to a savepoint, alters, drops, attaches, or has a
 * schema read again. If it were read all the same, the next statement that needs an older table
 * fails.
 *   - The schema may be written (defensive mode off) only while rows move, never while a statement
 * of the plan runs.
 *   - At the end what stands in sqlite_schema is compared with what was taken out, no name may be
 *     there twice, and SQLite reads the schema anew from the file: a row that it could not take is
 * an error then, before anything is committed.
 */
#include <string.h>

#include "base/text.h"
#include "base/try.h"
#include "driver/sqlite/plan.h"
#include "driver/sqlite/sqlite.h"
#include "sql/lexer.h"

enum {
	MANY = 200, /* statements in a row; fewer are run in no time */
	PILE = 64,  /* statements after which rows are taken out */
	FEW = 100,  /* rows that were there before, and stay: each of them is looked at again and
		       again */
};

typedef struct row {
	const char *texts[3],
		*sql; /* type, name, tbl_name; sql is NULL for what a constraint made */
	size_t sizes[3], sql_size;
	int64_t root;
} row;

typedef struct aside {
	cni_sqlite *conn;
	cni_arena arena;
	int64_t base; /* the highest rowid of what was there before */
	row *rows;
	size_t count, compared;
} aside;

static void aside_done(aside *out) { cni_arena_done(&out->arena); }

/* CREATE TABLE name (…, CREATE INDEX …: no TEMP, no AS SELECT. */
static bool is_plain(const cni_step *step)
{
	cni_lexer lexer;

	if (step->call || step->argument_count || !step->sql)
		return false;
	cni_lexer_init(&lexer, step->sql, strlen(step->sql));
	cni_token token = cni_lexer_next_solid(&lexer);
	if (!cni_token_is(&token, "CREATE"))
		return false;
	token = cni_lexer_next_solid(&lexer);
	if (cni_token_is(&token, "INDEX") || cni_token_is(&token, "UNIQUE"))
		return true;
	if (!cni_token_is(&token, "TABLE"))
		return false;
	for (;;) {
		token = cni_lexer_next_solid(&lexer);
		if (token.kind == CNI_TOKEN_END || cni_token_is(&token, "AS"))
			return false;
		if (cni_token_is_op(&token, "("))
			return true;
	}
}

static size_t plain_run(const cni_plan *plan, size_t from, size_t to)
{
	size_t end = from;

	while (end < to && is_plain(&plan->steps[end]))
		end++;
	return end - from;
}

/* In a database that moves pages by itself a CREATE may write other objects' rows. */
static cn_status may_take(cni_sqlite *conn, aside *out, bool *ret, cn_error *err)
{
	int64_t moves, rows;

	*ret = false;
	if (conn->guarded || !cni_sqlite_in_transaction(&conn->base))
		return CN_OK;
	TRY(cni_conn_int(&conn->base, "PRAGMA main.auto_vacuum", &moves, err));
	TRY(cni_conn_int(&conn->base, "SELECT count(*) FROM main.sqlite_schema", &rows, err));
	TRY(cni_conn_int(&conn->base, "SELECT coalesce(max(rowid), 0) FROM main.sqlite_schema",
		&out->base, err));
	*ret = moves == 0 && rows <= FEW;
	return CN_OK;
}

static cn_status not_ours(cn_error *err)
{
	return cn_fail(
		err, CN_ESCHEMA, "the database's list of objects is not what was written to it");
}

static int take_row(const cn_value *values, size_t count, void *ctx, cn_error *err)
{
	aside *out = ctx;
	row taken = {.root = values[3].as.i};

	(void)count;
	if (values[3].type != CN_TYPE_INT64)
		return not_ours(err);
	for (size_t i = 0; i < 3; i++) {
		if (values[i].type != CN_TYPE_TEXT)
			return not_ours(err);
		taken.texts[i] = cni_strndup(&out->arena, values[i].as.p, values[i].size);
		taken.sizes[i] = values[i].size;
	}
	if (values[4].type == CN_TYPE_TEXT) {
		taken.sql = cni_strndup(&out->arena, values[4].as.p, values[4].size);
		taken.sql_size = values[4].size;
	}
	if (out->arena.failed || !CNI_PUSH(&out->arena, out->rows, out->count, taken))
		return cn_fail(err, CN_ENOMEM, "out of memory");
	return 0;
}

static bool is_same(const cn_value *value, const char *text, size_t size)
{
	return text ? value->type == CN_TYPE_TEXT && value->size == size &&
			       memcmp(value->as.p, text, size) == 0
		    : value->type == CN_TYPE_NULL;
}

static int compare_row(const cn_value *values, size_t count, void *ctx, cn_error *err)
{
	aside *out = ctx;

	(void)count;
	if (out->compared >= out->count)
		return not_ours(err);
	const row *taken = &out->rows[out->compared++];
	bool same = values[3].type == CN_TYPE_INT64 && values[3].as.i == taken->root &&
		    is_same(&values[4], taken->sql, taken->sql_size);
	for (size_t i = 0; same && i < 3; i++)
		same = is_same(&values[i], taken->texts[i], taken->sizes[i]);
	return same ? 0 : not_ours(err);
}

/* The rows that were written since the run began. */
static cn_status each_row(aside *out, cni_row_fn fn, cn_error *err)
{
	CLEANUP(cni_stmt_releasep) cni_stmt *stmt = NULL;

	TRY(cni_conn_prepare(&out->conn->base,
		"SELECT type, name, tbl_name, rootpage, sql FROM main.sqlite_schema"
		" WHERE rowid > ?1 ORDER BY rowid",
		&stmt, err));
	TRY(cni_stmt_bind(stmt, 1, cn_int(out->base), err));
	return cni_stmt_each(stmt, fn, out, err);
}

static cn_status take_out(aside *out, cn_error *err)
{
	size_t before = out->count;

	TRY(each_row(out, take_row, err));
	const cn_value base = cn_int(out->base);
	TRY(cni_conn_run(&out->conn->base, "DELETE FROM main.sqlite_schema WHERE rowid > ?1", &base,
		1, err));
	return (size_t)cni_conn_changes(&out->conn->base) == out->count - before ? CN_OK
										 : not_ours(err);
}

static cn_value text(const char *text, size_t size)
{
	return text ? (cn_value){.type = CN_TYPE_TEXT, .size = size, .as = {.p = text}}
		    : cn_null(NULL);
}

static cn_status put_back(aside *out, cn_error *err)
{
	for (size_t i = 0; i < out->count; i++) {
		const row *taken = &out->rows[i];
		const cn_value values[] = {cn_int(out->base + 1 + (int64_t)i),
			text(taken->texts[0], taken->sizes[0]),
			text(taken->texts[1], taken->sizes[1]),
			text(taken->texts[2], taken->sizes[2]), cn_int(taken->root),
			text(taken->sql, taken->sql_size)};
		TRY(cni_conn_run(&out->conn->base,
			"INSERT INTO main.sqlite_schema (rowid, type, name, tbl_name, rootpage, sql)"
			" VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
			values, CNI_COUNT(values), err));
	}
	return CN_OK;
}

static cn_status move_rows(aside *out, bool back, cn_error *err)
{
	TRY(cni_sqlite_set(&out->conn->base, CNI_SETTING_DEFENSIVE, 0, err));
	TRY(cni_sqlite_set(&out->conn->base, CNI_SETTING_WRITABLE_SCHEMA, 1, err));
	TRY(take_out(out, err));
	return back ? put_back(out, err) : CN_OK;
}

/* Opens the schema for that, and closes it whatever came of it. */
static cn_status move(aside *out, bool back, cn_error *err)
{
	cni_conn *conn = &out->conn->base;
	int64_t defensive, writable;

	TRY(cni_sqlite_get(conn, CNI_SETTING_DEFENSIVE, &defensive, err));
	TRY(cni_sqlite_get(conn, CNI_SETTING_WRITABLE_SCHEMA, &writable, err));
	cn_status status = move_rows(out, back, err);
	cn_status closed = cni_sqlite_set(
		conn, CNI_SETTING_WRITABLE_SCHEMA, writable, status < 0 ? NULL : err);
	status = status < 0 ? status : closed;
	closed = cni_sqlite_set(conn, CNI_SETTING_DEFENSIVE, defensive, status < 0 ? NULL : err);
	return status < 0 ? status : closed;
}

static cn_status check(aside *out, cn_error *err)
{
	int64_t twice;

	/* what is in memory is forgotten: from here on SQLite knows what the file says */
	TRY(cni_sqlite_pragma(out->conn, "PRAGMA writable_schema=RESET", NULL, 0, err));
	TRY(each_row(out, compare_row, err));
	if (out->compared != out->count)
		return not_ours(err);
	TRY(cni_conn_int(&out->conn->base,
		"SELECT count(*) FROM (SELECT 1 FROM main.sqlite_schema"
		" GROUP BY lower(name), type = 'trigger' HAVING count(*) > 1)",
		&twice, err));
	return twice ? not_ours(err) : CN_OK;
}

static cn_status run_many(
	aside *out, size_t from, size_t to, cni_nth_fn run, void *ctx, cn_error *err)
{
	for (size_t i = from; i < to; i++) {
		TRY(run(i, ctx, err));
		if ((i - from) % PILE == PILE - 1 && i + 1 < to)
			TRY(move(out, false, err));
	}
	TRY(move(out, true, err));
	return check(out, err);
}

cn_status cni_sqlite_run_steps(cni_conn *base, const cni_plan *plan, size_t from, size_t to,
	cni_nth_fn run, void *ctx, cn_error *err)
{
	for (size_t i = from; i < to;) {
		CLEANUP(aside_done) aside out = {.conn = cni_sqlite_of(base)};
		size_t many = to - i >= MANY ? plain_run(plan, i, to) : 0;
		bool may = false;
		if (many >= MANY)
			TRY(may_take(out.conn, &out, &may, err));
		if (may)
			TRY(run_many(&out, i, i + many, run, ctx, err));
		size_t alone = may ? 0 : many ? many : 1;
		for (size_t k = i; k < i + alone; k++)
			TRY(run(k, ctx, err));
		i += may ? many : alone;
	}
	return CN_OK;
}
