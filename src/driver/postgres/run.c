/* run.c - stepping statements, scripts, transactions. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "base/try.h"
#include "driver/postgres/postgres.h"

/* Statements that define: what was described before may not hold any more. */
static bool defines(const char *tag)
{
	static const char *const words[] = {
		"CREATE", "ALTER", "DROP", "DISCARD", "DO", "CALL", "SET", "RESET"};

	for (size_t i = 0; i < CNI_COUNT(words); i++)
		if (cni_starts(tag, words[i]))
			return true;
	return false;
}

void cni_pg_count(pg_conn *conn, PGresult *result)
{
	const char *rows = PQcmdTuples(result);

	conn->changes = *rows ? strtoll(rows, NULL, 10) : 0;
	/* what is undone may have defined something */
	bool undone = cni_starts(PQcmdStatus(result), "ROLLBACK") && conn->ddl != conn->ddl_before;
	if (undone || defines(PQcmdStatus(result)))
		conn->ddl++;
}

cn_status cni_pg_send(pg_stmt *stmt, cn_error *err)
{
	pg_conn *conn = cni_pg_of(stmt->base.conn);

	for (size_t i = 0; i < stmt->param_count; i++) {
		stmt->values[i] = stmt->params[i].data;
		stmt->sizes[i] = stmt->params[i].size;
		stmt->formats[i] = stmt->params[i].binary;
	}
	if (!PQsendQueryPrepared(conn->pq, stmt->name, (int)stmt->param_count, stmt->values,
		    stmt->sizes, stmt->formats, stmt->binary))
		return cni_pg_fail(conn, NULL, NULL, err);
	return CN_OK;
}

static cn_status start(pg_stmt *stmt, cn_error *err)
{
	pg_conn *conn = cni_pg_of(stmt->base.conn);

	TRY(cni_pg_free_wire(conn, err));
	TRY(cni_pg_alive(conn, err));
	TRY(cni_pg_prepared(stmt, err));
	stmt->began_us = conn->trace ? cni_clock_mono_us() : 0;
	cni_pg_running(conn, stmt->sql);
	TRY(cni_pg_send(stmt, err));
	PQsetSingleRowMode(conn->pq);
	conn->active = stmt;
	return CN_OK;
}

void cni_pg_drain(pg_conn *conn)
{
	cn_error ignored;
	PGresult *result = NULL;

	while (cni_pg_result(conn, &result, &ignored) == CN_OK && result)
		PQclear(result);
	conn->active = NULL;
	cni_pg_ran(conn);
}

/* The server has another idea of the statement than when it was prepared. */
static bool is_stale(const PGresult *result)
{
	const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
	const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);

	if (!state)
		return false;
	return strcmp(state, "26000") == 0 ||
	       (strcmp(state, "0A000") == 0 && message && PQntuples(result) == 0 &&
		       strcmp(PQresultErrorField(result, PG_DIAG_SOURCE_FUNCTION)
				       ? PQresultErrorField(result, PG_DIAG_SOURCE_FUNCTION)
				       : "",
			       "RevalidateCachedQuery") == 0);
}

static cn_status failed(pg_stmt *stmt, const PGresult *result, bool *ret_again, cn_error *err)
{
	pg_conn *conn = cni_pg_of(stmt->base.conn);
	bool stale = is_stale(result), alone = !conn->in_tx;
	cn_status status =
		cni_pg_fail(conn, result, &(pg_place){stmt->wire, strlen(stmt->wire), 0}, err);

	cni_pg_drain(conn);
	if (!stale)
		return status;
	stmt->session = 0; /* made again before it runs again */
	if (alone && !stmt->again) {
		stmt->again = *ret_again = true;
		return CN_OK;
	}
	if (err)
		err->status = CN_ECONFLICT;
	cn_error_hint(err, "the schema has changed meanwhile: run the transaction again");
	return CN_ECONFLICT;
}

/* From the wire. */
static int next(pg_stmt *stmt, cn_error *err)
{
	pg_conn *conn = cni_pg_of(stmt->base.conn);

	for (;;) {
		PGresult *result;
		cn_status status = cni_pg_result(conn, &result, err);
		if (status != CN_OK) {
			conn->active = NULL;
			return status;
		}
		if (!result)
			break;
		ExecStatusType kind = PQresultStatus(result);
		if (kind == PGRES_SINGLE_TUPLE) {
			stmt->result = result;
			conn->rows++;
			return CNI_ROW;
		}
		bool again = false;
		if (kind == PGRES_COPY_IN || kind == PGRES_COPY_OUT)
			cni_pg_refuse_copy(conn, result);
		else if (kind == PGRES_FATAL_ERROR || kind == PGRES_BAD_RESPONSE)
			status = failed(stmt, result, &again, err);
		else
			cni_pg_count(conn, result);
		PQclear(result);
		if (status == CN_OK && again)
			status = start(stmt, err);
		if (status != CN_OK)
			return status;
	}
	conn->active = NULL;
	cni_pg_ran(conn);
	return CNI_DONE;
}

int cni_pg_step(cni_stmt *base, cn_error *err)
{
	pg_stmt *stmt = cni_pg_stmt_of(base);
	int got = CN_OK;

	if (stmt->ended)
		return CNI_DONE;
	if (!stmt->started) {
		stmt->started = true;
		stmt->again = false;
		got = start(stmt, err);
	}
	PQclear(stmt->result);
	stmt->result = NULL;
	if (got == CN_OK)
		got = stmt->spool ? cni_pg_spool_next(stmt, err) : next(stmt, err);
	if (got == CNI_ROW)
		return CNI_ROW;
	stmt->ended = true;
	cni_pg_told(stmt, stmt->began_us);
	return got;
}

void cni_pg_reset(cni_stmt *base)
{
	pg_stmt *stmt = cni_pg_stmt_of(base);
	pg_conn *conn = cni_pg_of(base->conn);

	if (conn->active == stmt)
		cni_pg_drain(conn);
	PQclear(stmt->result);
	stmt->result = NULL;
	cni_pg_spool_free(stmt->spool);
	stmt->spool = NULL;
	stmt->started = stmt->ended = false;
}

static cn_status each(cni_stmt *stmt, cn_value *row, cni_row_fn fn, void *ctx, cn_error *err)
{
	size_t count = cni_pg_columns(stmt);

	for (;;) {
		int got = cni_pg_step(stmt, err);
		if (got != CNI_ROW)
			return (cn_status)got;
		TRY(cni_pg_row(stmt, row, count, err));
		int wish = fn(row, count, ctx, err);
		if (wish)
			return wish < 0 ? (cn_status)wish : CN_OK;
	}
}

cn_status cni_pg_each(cni_stmt *base, cni_row_fn fn, void *ctx, cn_error *err)
{
	cn_value few[64], *row = few;

	cni_pg_reset(base);
	if (cni_pg_columns(base) > CNI_COUNT(few)) {
		row = calloc(cni_pg_columns(base), sizeof *row);
		if (!row)
			return cn_fail(err, CN_ENOMEM, "out of memory");
	}
	cn_status status = each(base, row, fn, ctx, err);
	cni_pg_reset(base);
	if (row != few)
		free(row);
	return status;
}

/* ---- scripts ---- */

static cn_status exec_one(pg_conn *conn, const char *sql, const pg_place *place, cn_error *err)
{
	int64_t began_us = conn->trace ? cni_clock_mono_us() : 0;
	cn_status status = CN_OK;

	TRY(cni_pg_free_wire(conn, err));
	TRY(cni_pg_alive(conn, err));
	cni_pg_running(conn, sql);
	if (!PQsendQuery(conn->pq, sql))
		return cni_pg_fail(conn, NULL, NULL, err);
	PQsetSingleRowMode(conn->pq); /* rows are dropped; nothing should gather them first */
	for (;;) {
		CLEANUP(cni_pg_clearp) PGresult *result = NULL;
		cn_error later; /* the first failure is the one that tells */
		cn_status got = cni_pg_result(conn, &result, status == CN_OK ? err : &later);
		if (got != CN_OK && status == CN_OK)
			status = got;
		if (got != CN_OK || !result)
			break;
		ExecStatusType kind = PQresultStatus(result);
		if (kind == PGRES_COPY_IN || kind == PGRES_COPY_OUT)
			cni_pg_refuse_copy(conn, result);
		else if (kind == PGRES_FATAL_ERROR && status == CN_OK)
			status = cni_pg_fail(conn, result, place, err);
		else if (kind == PGRES_COMMAND_OK || kind == PGRES_TUPLES_OK)
			cni_pg_count(conn, result);
	}
	cni_pg_ran(conn);
	if (conn->trace)
		conn->trace(sql, cni_clock_mono_us() - began_us, conn->trace_ctx);
	return status;
}

static unsigned lines(const char *from, const char *to)
{
	unsigned n = 0;

	for (; from < to; from++)
		n += *from == '\n';
	return n;
}

cn_status cni_pg_exec(cni_conn *base, const char *script, size_t size, cn_error *err)
{
	CLEANUP(cni_buffer_done) cni_buffer one = {0};
	const char *at = script, *end = script + size, *counted = script, *sql;
	pg_place place = {.line = 1};

	const char *nul = memchr(script, '\0', size);
	if (nul)
		return cn_fail(err, CN_EARG, "the SQL text has a NUL byte in it, at %zu of %zu",
			(size_t)(nul - script), size);
	while (cni_pg_split(&at, end, &sql, &place.size)) {
		place.line += lines(counted, sql);
		counted = sql;
		cni_buffer_clear(&one);
		cni_buffer_add(&one, sql, place.size);
		if (one.failed)
			return cn_fail(err, CN_ENOMEM, "out of memory");
		place.sql = one.data;
		TRY(exec_one(cni_pg_of(base), one.data, &place, err));
	}
	return CN_OK;
}

void cni_pg_trace(
	cni_conn *base, void (*fn)(const char *sql, int64_t duration_us, void *ctx), void *ctx)
{
	pg_conn *conn = cni_pg_of(base);

	conn->trace = fn;
	conn->trace_ctx = ctx;
}

/* ---- transactions ---- */

static cn_status run(pg_conn *conn, const char *sql, cn_error *err)
{
	return exec_one(conn, sql, &(pg_place){sql, strlen(sql), 0}, err);
}

cn_status cni_pg_begin(cni_conn *base, cni_transaction kind, cn_error *err)
{
	pg_conn *conn = cni_pg_of(base);

	if (conn->in_tx)
		return cn_fail(err, CN_EARG, "a transaction is open already");
	conn->ddl_before = conn->ddl;
	if (kind == CNI_TX_WRITE)
		return run(conn, "BEGIN", err);
	/* one state of the database for the whole of it, as the contract's readers expect */
	return run(conn,
		conn->isolation ? "BEGIN READ ONLY"
				: "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
		err);
}

/* COMMIT of a transaction that has failed is a ROLLBACK, and no error: PostgreSQL only says so. */
cn_status cni_pg_commit(cni_conn *base, cn_error *err)
{
	pg_conn *conn = cni_pg_of(base);

	if (!conn->in_tx)
		return cn_fail(err, CN_EARG, "no transaction is open");
	if (PQtransactionStatus(conn->pq) == PQTRANS_INERROR) {
		cn_error_set(err, CN_ECONFLICT,
			"a statement of the transaction has failed; it cannot be committed");
		cn_error_hint(err, "roll it back");
		return CN_ECONFLICT;
	}
	conn->committing = true;
	cn_status status = run(conn, "COMMIT", err);
	conn->committing = false;
	if (status == CN_OK || PQstatus(conn->pq) != CONNECTION_OK)
		conn->in_tx = false;
	return status;
}

void cni_pg_rollback(cni_conn *base)
{
	pg_conn *conn = cni_pg_of(base);
	cn_error ignored;

	for (size_t i = 0; i < CNI_PG_BUCKETS; i++)
		for (pg_stmt *stmt = conn->buckets[i]; stmt; stmt = stmt->chain)
			if (stmt->taken && stmt->started && !stmt->ended) {
				cni_pg_reset(&stmt->base);
				stmt->started = stmt->ended = true;
			}
	if (conn->in_tx && PQstatus(conn->pq) == CONNECTION_OK)
		(void)!run(conn, "ROLLBACK", &ignored);
	conn->in_tx = false; /* a connection that is lost has none */
}

bool cni_pg_in_transaction(const cni_conn *base) { return cni_pg_of_const(base)->in_tx; }

int64_t cni_pg_changes(const cni_conn *base) { return cni_pg_of_const(base)->changes; }

int64_t cni_pg_last_id(const cni_conn *base) { return cni_pg_of_const(base)->last_id; }
