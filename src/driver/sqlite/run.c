/* run.c - stepping statements, scripts, transactions. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"
#include "base/try.h"
#include "driver/sqlite/sqlite.h"
#include "driver/tuple.h"
#include "sql/lexer.h"

void cni_sqlite_started(cni_sqlite *conn)
{
	atomic_store_explicit(&conn->interrupted, false, memory_order_relaxed);
	conn->denied[0] = '\0';
	if (conn->guarded && !conn->building) {
		conn->timed_out = false;
		conn->deadline_us = cni_clock_mono_us() + conn->guard_ms * INT64_C(1000);
	}
}

int cni_sqlite_step(cni_stmt *base, cn_error *err)
{
	cni_sqlite_stmt *stmt = cni_sqlite_stmt_of(base);
	cni_sqlite *conn = cni_sqlite_of(base->conn);

	if (stmt->ended) /* SQLite would begin again, and run an INSERT twice */
		return CNI_DONE;
	bool first = !stmt->started;
	if (first) {
		cni_sqlite_started(conn);
		cni_sqlite_watch_again(stmt);
		stmt->started = true;
	}
	int rc = sqlite3_step(stmt->handle);
	if (rc == SQLITE_ROW)
		return CNI_ROW;
	/* when the schema has changed, SQLite compiles it again before it begins */
	if (first && (rc == SQLITE_ERROR || rc == SQLITE_CORRUPT) && cni_sqlite_mend(conn)) {
		sqlite3_reset(stmt->handle);
		rc = sqlite3_step(stmt->handle);
		if (rc == SQLITE_ROW)
			return CNI_ROW;
	}
	stmt->ended = true;
	if (rc == SQLITE_DONE)
		return CNI_DONE;
	cn_status status =
		cni_sqlite_fail(conn, rc, &(cni_sqlite_place){stmt->sql, stmt->size, 0}, err);
	sqlite3_reset(stmt->handle); /* so that no lock is held until the caller gives it back */
	return status;
}

void cni_sqlite_reset(cni_stmt *base)
{
	cni_sqlite_stmt *stmt = cni_sqlite_stmt_of(base);

	if (stmt->started)
		sqlite3_reset(stmt->handle); /* tells again what step told: not news */
	stmt->started = stmt->ended = false;
}

static cn_status take_all(cni_stmt *stmt, cni_sqlite_sink *sink, cn_error *err)
{
	for (;;) {
		cn_error failure; /* must not hide what the callback has set */
		int got = cni_sqlite_step(stmt, &failure);

		if (sink->result) /* the callback's own wish, not the error that carried it out */
			return sink->result < 0 ? (cn_status)sink->result : CN_OK;
		if (got < 0 && err)
			*err = failure;
		if (got != CNI_ROW)
			return (cn_status)got;
		if (sink->aggregated)
			continue;
		cni_tuple row = cni_sqlite_here(stmt);
		sink->result = sink->fn(&row, sink->ctx, err);
		if (sink->result)
			return sink->result < 0 ? (cn_status)sink->result : CN_OK;
	}
}

cn_status cni_sqlite_tuples(cni_stmt *base, cni_take_fn fn, void *ctx, cn_error *err)
{
	cni_sqlite *conn = cni_sqlite_of(base->conn);
	cni_sqlite_sink sink = {.fn = fn, .ctx = ctx, .err = err}, *outer = conn->sink;

	cni_sqlite_reset(base);
	conn->sink = &sink;
	cn_status status = take_all(base, &sink, err);
	conn->sink = outer;
	cni_sqlite_reset(base);
	return status;
}

enum { EACH_MAX = 2000 }; /* SQLite's own limit of columns as Debian builds it; more is refused */

typedef struct boxing { /* for a caller that wants its values boxed */
	cni_row_fn fn;
	void *ctx;
	cn_value *values, *many; /* many: from malloc, when there is no room in `values` */
	size_t room;
} boxing;

/* A statement that was compiled anew, since a table has changed, may have more columns. */
static cn_status box_room(boxing *b, size_t count, cn_error *err)
{
	if (count <= b->room)
		return CN_OK;
	if (count > EACH_MAX)
		return cn_fail(err, CN_EARG, "more than %d columns", EACH_MAX);
	b->values = b->many = calloc(EACH_MAX, sizeof *b->values);
	b->room = b->many ? EACH_MAX : 0;
	return b->many ? CN_OK : cn_fail(err, CN_ENOMEM, "out of memory");
}

static int box(const cni_tuple *row, void *ctx, cn_error *err)
{
	boxing *b = ctx;

	TRY(box_room(b, row->count, err));
	for (size_t i = 0; i < row->count; i++) {
		b->values[i] = cni_tuple_value(row, i);
		if (b->values[i].type == CN_TYPE_NONE)
			return cn_fail(err, CN_ENOMEM, "out of memory");
	}
	return b->fn(b->values, row->count, b->ctx, err);
}

cn_status cni_sqlite_each(cni_stmt *base, cni_row_fn fn, void *ctx, cn_error *err)
{
	cn_value few[64];
	boxing b = {.fn = fn, .ctx = ctx, .values = few, .room = CNI_COUNT(few)};
	cn_status status = cni_sqlite_tuples(base, box, &b, err);

	free(b.many);
	return status;
}

/* SQLite does not tell when the log of a database that leaves WAL mode could not be removed.
 * Whoever opens the file next would read that log over everything that was written since. */
static cn_status check_log(cni_sqlite *conn, sqlite3_stmt *handle, cn_error *err)
{
	if (!conn->base.path || sqlite3_column_count(handle) != 1)
		return CN_OK;
	const char *name = sqlite3_column_name(handle, 0);
	if (!name || strcmp(name, "journal_mode") != 0)
		return CN_OK;
	CLEANUP(cni_arena_done) cni_arena arena = {0};
	const char *log = cni_printf(&arena, "%s-wal", conn->base.path);
	if (!log)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	if (access(log, F_OK) != 0)
		return CN_OK;
	const char *mode;
	TRY(cni_conn_text(&conn->base, &arena, "PRAGMA main.journal_mode", &mode, err));
	if (mode && cni_same(mode, "wal"))
		return CN_OK;
	cn_error_set(
		err, CN_EIO, "the write-ahead log of \"%s\" could not be removed", conn->base.path);
	cn_error_detail(err, "it is no longer used, and would be read over what is written next");
	cn_error_hint(err,
		"close the database and open it again: that takes the log in, and removes "
		"it; look at the folder's permissions if it stays");
	return CN_EIO;
}

static const char *end_of_statement(const cni_sqlite_place *place)
{
	const char *at = place->sql, *end = at + place->size, *statement;
	size_t size;

	return cni_sql_split(&at, end, &statement, &size) ? statement + size : end;
}

cn_status cni_sqlite_run_text(cni_sqlite *conn, const cni_sqlite_place *place, bool check_only,
	const char **ret_tail, cn_error *err)
{
	const char *tail = place->sql + place->size;
	sqlite3_stmt *handle = NULL;
	int rc = cni_sqlite_compile(conn, place->sql, place->size, &handle, &tail);

	if (rc == SQLITE_OK && handle && !check_only) {
		do
			rc = sqlite3_step(handle);
		while (rc == SQLITE_ROW);
		if (rc == SQLITE_DONE)
			rc = SQLITE_OK;
	}
	cn_status status = CN_OK;
	if (rc == SQLITE_OK && handle && !check_only)
		status = check_log(conn, handle, err);
	if (rc != SQLITE_OK) {
		cni_sqlite_place failed = *place;
		if (!handle) /* what did not compile has no tail to rely on */
			tail = end_of_statement(place);
		failed.size = (size_t)(tail - place->sql);
		status = cni_sqlite_fail(conn, rc, &failed, err);
	}
	sqlite3_finalize(handle);
	*ret_tail = tail;
	return status;
}

static cn_status exec(cni_sqlite *conn, const char *script, size_t size, cn_error *err)
{
	cni_sqlite_place place = {script, size, 1};
	const char *tail, *end = script + size;

	while (place.size) {
		TRY(cni_sqlite_run_text(conn, &place, false, &tail, err));
		if (tail <= place.sql)
			break;
		place.line += cni_sqlite_line(place.sql, tail) - 1;
		place.sql = tail;
		place.size = (size_t)(end - tail);
	}
	return CN_OK;
}

cn_status cni_sqlite_exec(cni_conn *base, const char *script, size_t size, cn_error *err)
{
	cni_sqlite *conn = cni_sqlite_of(base);

	TRY(cni_sqlite_check_text(conn, script, size, err));
	/* with a NUL at its end, or SQLite would copy all that is left of it for each statement */
	char *copy = malloc(size + 1);
	if (!copy)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	memcpy(copy, script, size);
	copy[size] = '\0';
	cn_status status = exec(conn, copy, size, err);
	free(copy);
	return status;
}

/* Through the cache: a transaction is begun and ended more often than anything else. */
static cn_status run(cni_conn *conn, const char *sql, cn_error *err)
{
	cni_stmt *stmt = NULL;

	TRY(cni_sqlite_prepare(conn, sql, strlen(sql), &stmt, err));
	int got = cni_sqlite_step(stmt, err);
	cni_sqlite_release(stmt);
	return got < 0 ? (cn_status)got : CN_OK;
}

cn_status cni_sqlite_begin(cni_conn *conn, cni_transaction kind, cn_error *err)
{
	if (cni_sqlite_in_transaction(conn))
		return cn_fail(err, CN_EARG, "a transaction is open already");
	if (!cni_sqlite_of(conn)->rollback) {
		int rc = cni_sqlite_compile(
			cni_sqlite_of(conn), "ROLLBACK", 8, &cni_sqlite_of(conn)->rollback, NULL);
		if (rc != SQLITE_OK)
			return cni_sqlite_fail(cni_sqlite_of(conn), rc, NULL, err);
	}
	return run(conn, kind == CNI_TX_WRITE ? "BEGIN IMMEDIATE" : "BEGIN", err);
}

cn_status cni_sqlite_commit(cni_conn *conn, cn_error *err)
{
	if (!cni_sqlite_in_transaction(conn))
		return cn_fail(err, CN_EARG, "no transaction is open");
	return run(conn, "COMMIT", err);
}

void cni_sqlite_rollback(cni_conn *base)
{
	cni_sqlite *conn = cni_sqlite_of(base);

	/* a statement that is still reading would keep the snapshot of the transaction alive */
	for (size_t i = 0; i < CNI_SQLITE_BUCKETS; i++)
		for (cni_sqlite_stmt *stmt = conn->buckets[i]; stmt; stmt = stmt->chain)
			if (stmt->taken && stmt->started && !stmt->ended) {
				sqlite3_reset(stmt->handle);
				stmt->ended = true;
			}
	/* an error can have rolled it back already */
	if (sqlite3_get_autocommit(conn->db))
		return;
	if (conn->rollback) {
		sqlite3_step(conn->rollback);
		sqlite3_reset(conn->rollback);
	}
	/* begun by a script; or the statement had to be compiled anew, since the schema has
	 * changed, and there was no memory for that */
	if (!sqlite3_get_autocommit(conn->db)) {
		sqlite3_db_release_memory(conn->db);
		sqlite3_exec(conn->db, "ROLLBACK", NULL, NULL, NULL);
	}
}

bool cni_sqlite_in_transaction(const cni_conn *conn)
{
	return !sqlite3_get_autocommit(cni_sqlite_of_const(conn)->db);
}

int64_t cni_sqlite_changes(const cni_conn *conn)
{
	return sqlite3_changes64(cni_sqlite_of_const(conn)->db);
}

cn_status cni_sqlite_content_version(cni_conn *conn, int64_t *ret, cn_error *err)
{
	return cni_conn_int(conn, "PRAGMA data_version", ret, err);
}

int64_t cni_sqlite_last_id(const cni_conn *conn)
{
	return sqlite3_last_insert_rowid(cni_sqlite_of_const(conn)->db);
}

static void copy_text(sqlite3_stmt *handle, char *out, size_t size)
{
	const char *text = (const char *)sqlite3_column_text(handle, 0);

	snprintf(out, size, "%s", text ? text : "");
}

cn_status cni_sqlite_pragma(
	cni_sqlite *conn, const char *sql, char *out, size_t size, cn_error *err)
{
	sqlite3_stmt *handle = NULL;
	int rc = cni_sqlite_compile(conn, sql, strlen(sql), &handle, NULL);

	if (out)
		out[0] = '\0';
	if (rc == SQLITE_OK) {
		rc = sqlite3_step(handle);
		if (rc == SQLITE_ROW && out) {
			copy_text(handle, out, size);
			/* the text of a number may need memory */
			if (sqlite3_errcode(conn->db) == SQLITE_NOMEM)
				rc = SQLITE_NOMEM;
		}
		/* to the end: journal_mode tells its answer first, and is committed after that */
		while (rc == SQLITE_ROW)
			rc = sqlite3_step(handle);
		if (rc == SQLITE_DONE)
			rc = SQLITE_OK;
	}
	cn_status status = CN_OK;
	if (rc != SQLITE_OK)
		status = cni_sqlite_fail(conn, rc, &(cni_sqlite_place){sql, strlen(sql), 0}, err);
	else if (handle)
		status = check_log(conn, handle, err);
	sqlite3_finalize(handle);
	return status;
}
