/*
 * statement.c - the statement cache.
 *
 * As the SQLite driver's: all statements of a connection hang in buckets by the hash of their text,
 * idle ones also in a list by age. Each has a prepared statement of its own on the server, made and
 * described when it is first taken. It is made again when the connection has been made again, and
 * looked at again when something that defines has run on the connection.
 */
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/try.h"
#include "driver/postgres/postgres.h"

static pg_stmt **bucket_of(pg_conn *conn, uint64_t hash)
{
	return &conn->buckets[hash & (CNI_PG_BUCKETS - 1)];
}

static void leave_idle(pg_conn *conn, pg_stmt *stmt)
{
	*(stmt->newer ? &stmt->newer->older : &conn->newest) = stmt->older;
	*(stmt->older ? &stmt->older->newer : &conn->oldest) = stmt->newer;
	stmt->newer = stmt->older = NULL;
	conn->idle_count--;
}

static void join_idle(pg_conn *conn, pg_stmt *stmt)
{
	stmt->newer = NULL;
	stmt->older = conn->newest;
	*(conn->newest ? &conn->newest->newer : &conn->oldest) = stmt;
	conn->newest = stmt;
	conn->idle_count++;
}

static void free_parameters(pg_param *params, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(params[i].copy);
	free(params);
}

static void free_description(pg_stmt *stmt)
{
	if (stmt->params)
		free_parameters(stmt->params, stmt->param_count);
	for (size_t i = 0; i < stmt->column_count; i++)
		cni_buffer_done(&stmt->texts[i]);
	free(stmt->texts);
	PQclear(stmt->description);
	free(stmt->column_types);
	free(stmt->cells);
	free(stmt->param_types);
	free(stmt->values);
	free(stmt->sizes);
	free(stmt->formats);
	stmt->texts = NULL;
	stmt->description = NULL;
	stmt->column_types = stmt->param_types = NULL;
	stmt->cells = NULL;
	stmt->params = NULL;
	stmt->values = NULL;
	stmt->sizes = stmt->formats = NULL;
	stmt->param_count = stmt->column_count = 0;
}

static void free_statement(pg_stmt *stmt)
{
	PQclear(stmt->result);
	cni_pg_spool_free(stmt->spool);
	free_description(stmt);
	free(stmt->wire);
	free(stmt);
}

/* What the server is to forget is said to it before the next thing is prepared. */
static void bury(pg_stmt *stmt)
{
	pg_conn *conn = cni_pg_of(stmt->base.conn);

	if (stmt->name[0] && stmt->session == conn->session)
		cni_buffer_printf(&conn->dead, "DEALLOCATE %s;", stmt->name);
	stmt->name[0] = '\0';
}

static void destroy(pg_conn *conn, pg_stmt *stmt)
{
	pg_stmt **at = bucket_of(conn, stmt->hash);

	while (*at != stmt)
		at = &(*at)->chain;
	*at = stmt->chain;
	bury(stmt);
	free_statement(stmt);
}

static pg_stmt *find_idle(pg_conn *conn, uint64_t hash, const char *sql, size_t size)
{
	pg_stmt *stmt = *bucket_of(conn, hash);

	while (stmt && (stmt->taken || stmt->hash != hash || stmt->size != size ||
			       memcmp(stmt->sql, sql, size) != 0))
		stmt = stmt->chain;
	return stmt;
}

/* ---- on the server ---- */

/* A failed transaction refuses even this, and would keep the list growing all the same. */
static cn_status bury_dead(pg_conn *conn, cn_error *err)
{
	if (!conn->dead.size || PQtransactionStatus(conn->pq) == PQTRANS_INERROR)
		return CN_OK;
	cn_status status = cni_pg_query(conn, conn->dead.data, NULL, err);
	cni_buffer_clear(&conn->dead);
	return status;
}

/* Prepares and describes in one round trip. */
static cn_status ask(
	pg_conn *conn, const pg_stmt *stmt, const char *name, PGresult **ret_about, cn_error *err)
{
	const pg_place place = {stmt->wire, strlen(stmt->wire), 0};
	cn_status status = CN_OK;

	if (!PQsendPrepare(conn->pq, name, stmt->wire, 0, NULL) ||
		!PQsendDescribePrepared(conn->pq, name))
		return cni_pg_fail(conn, NULL, NULL, err);
	TRY(cni_pg_pipeline_sync(conn, err));
	for (bool made = false;;) {
		CLEANUP(cni_pg_clearp) PGresult *result = NULL;
		TRY(cni_pg_pipeline_next(conn, &result, err));
		ExecStatusType kind = PQresultStatus(result);
		if (kind == PGRES_PIPELINE_SYNC)
			return status;
		if (kind == PGRES_FATAL_ERROR && status == CN_OK)
			status = cni_pg_fail(conn, result, &place, err);
		if (kind == PGRES_COMMAND_OK && made) {
			*ret_about = result;
			result = NULL;
		}
		made = true;
	}
}

static cn_status no_memory(cn_error *err) { return cn_fail(err, CN_ENOMEM, "out of memory"); }

static cn_status room_for_columns(pg_stmt *stmt, const PGresult *about, cn_error *err)
{
	size_t count = (size_t)PQnfields(about);

	stmt->returns_rows = count > 0;
	stmt->binary = true;
	stmt->column_count = 0;
	stmt->column_types = calloc(count + 1, sizeof *stmt->column_types);
	stmt->texts = calloc(count + 1, sizeof *stmt->texts);
	stmt->cells = calloc(count + 1, sizeof *stmt->cells);
	if (!stmt->column_types || !stmt->texts || !stmt->cells)
		return no_memory(err);
	stmt->column_count = count;
	for (size_t i = 0; i < count; i++) {
		stmt->column_types[i] = PQftype(about, (int)i);
		if (!cni_pg_binary_known(stmt->column_types[i]))
			stmt->binary = false;
	}
	return CN_OK;
}

static cn_status room_for_parameters(pg_stmt *stmt, const PGresult *about, cn_error *err)
{
	size_t count = (size_t)PQnparams(about);

	stmt->param_types = calloc(count + 1, sizeof *stmt->param_types);
	stmt->params = calloc(count + 1, sizeof *stmt->params);
	stmt->values = calloc(count + 1, sizeof *stmt->values);
	stmt->sizes = calloc(count + 1, sizeof *stmt->sizes);
	stmt->formats = calloc(count + 1, sizeof *stmt->formats);
	if (!stmt->param_types || !stmt->params || !stmt->values || !stmt->sizes || !stmt->formats)
		return no_memory(err);
	stmt->param_count = count;
	for (size_t i = 0; i < count; i++) {
		stmt->param_types[i] = PQparamtype(about, (int)i);
		stmt->params[i].value.type = CN_TYPE_NULL;
	}
	return CN_OK;
}

/* What was bound before the server was asked again is bound again: types may have changed. */
static cn_status describe(pg_stmt *stmt, PGresult *about, cn_error *err)
{
	pg_param *old = stmt->params;
	size_t old_count = stmt->param_count;
	cn_status status;

	stmt->params = NULL;
	free_description(stmt);
	stmt->description = about; /* its names of columns stay in use */
	status = room_for_columns(stmt, about, err);
	if (status == CN_OK)
		status = room_for_parameters(stmt, about, err);
	for (size_t i = 0; i < stmt->param_count && i < old_count && status == CN_OK; i++)
		if (old[i].value.type != CN_TYPE_NULL)
			status = cni_pg_encode(
				&stmt->params[i], stmt->param_types[i], i + 1, &old[i].value, err);
	if (old)
		free_parameters(old, old_count);
	return status;
}

cn_status cni_pg_prepared(pg_stmt *stmt, cn_error *err)
{
	pg_conn *conn = cni_pg_of(stmt->base.conn);
	PGresult *about = NULL;

	if (stmt->name[0] && stmt->session == conn->session && stmt->ddl == conn->ddl)
		return CN_OK;
	TRY(cni_pg_free_wire(conn, err));
	bury(stmt);
	TRY(bury_dead(conn, err));
	char name[sizeof stmt->name];
	snprintf(name, sizeof name, "cn%llu", (unsigned long long)++conn->prepare_count);
	cni_pg_running(conn, stmt->sql);
	TRY(cni_pg_pipeline_begin(conn, err));
	cn_status status = ask(conn, stmt, name, &about, err);
	cni_pg_pipeline_end(conn);
	if (status == CN_OK && !about)
		status = cn_fail(err, CN_ECONNECT, "the server did not describe the statement");
	if (status != CN_OK) {
		PQclear(about);
		return status;
	}
	memcpy(stmt->name, name, sizeof name);
	stmt->session = conn->session;
	stmt->ddl = conn->ddl;
	return describe(stmt, about, err);
}

/* ---- the cache ---- */

static cn_status check_text(const char *sql, size_t size, cn_error *err)
{
	const char *at = sql, *one, *other, *nul = memchr(sql, '\0', size);
	size_t n;

	if (size > INT32_MAX)
		return cn_fail(err, CN_EARG, "the SQL text is too long (%zu bytes)", size);
	if (nul)
		return cn_fail(err, CN_EARG, "the SQL text has a NUL byte in it, at %zu of %zu",
			(size_t)(nul - sql), size);
	if (!cni_pg_split(&at, sql + size, &one, &n))
		return cn_fail(err, CN_EARG, "the text holds no SQL statement");
	if (cni_pg_split(&at, sql + size, &other, &n)) {
		cn_error_set(err, CN_EARG, "the text holds more than one SQL statement");
		cn_error_detail(err, "after the first: %.80s", other);
		return CN_EARG;
	}
	return CN_OK;
}

static cn_status new_statement(
	pg_conn *conn, const char *sql, size_t size, pg_stmt **ret, cn_error *err)
{
	CLEANUP(cni_buffer_done) cni_buffer wire = {0};
	pg_stmt *stmt;

	TRY(check_text(sql, size, err));
	TRY(cni_pg_placeholders(sql, size, &wire, err));
	stmt = calloc(1, sizeof *stmt + size + 1);
	if (!stmt)
		return no_memory(err);
	memcpy(stmt->sql, sql, size);
	stmt->base.conn = &conn->base;
	stmt->size = size;
	stmt->wire = wire.data;
	wire = (cni_buffer){0};
	*ret = stmt;
	return CN_OK;
}

cn_status cni_pg_prepare(
	cni_conn *base, const char *sql, size_t size, cni_stmt **ret, cn_error *err)
{
	pg_conn *conn = cni_pg_of(base);
	uint64_t hash = cni_hash64(sql, size, 0);

	TRY(cni_pg_alive(conn, err));
	pg_stmt *stmt = find_idle(conn, hash, sql, size);
	if (stmt) {
		/* on failure it stays where it is: the next to take it may have more luck */
		TRY(cni_pg_prepared(stmt, err));
		leave_idle(conn, stmt);
	} else {
		TRY(new_statement(conn, sql, size, &stmt, err));
		cn_status status = cni_pg_prepared(stmt, err);
		if (status != CN_OK) {
			bury(stmt);
			free_statement(stmt);
			return status;
		}
		stmt->hash = hash;
		stmt->chain = *bucket_of(conn, hash);
		*bucket_of(conn, hash) = stmt;
	}
	stmt->taken = true;
	*ret = &stmt->base;
	return CN_OK;
}

void cni_pg_release(cni_stmt *base)
{
	pg_stmt *stmt = cni_pg_stmt_of(base);
	pg_conn *conn = cni_pg_of(base->conn);

	cni_pg_reset(base);
	for (size_t i = 0; i < stmt->param_count; i++) { /* they are borrowed */
		stmt->params[i].value.type = CN_TYPE_NULL;
		stmt->params[i].data = NULL;
	}
	stmt->taken = false;
	join_idle(conn, stmt);
	if (conn->idle_count > CNI_PG_CACHED) {
		pg_stmt *oldest = conn->oldest;

		leave_idle(conn, oldest);
		destroy(conn, oldest);
	}
}

void cni_pg_forget_all(pg_conn *conn)
{
	for (size_t i = 0; i < CNI_PG_BUCKETS; i++) {
		pg_stmt *next, *stmt = conn->buckets[i];

		conn->buckets[i] = NULL;
		for (; stmt; stmt = next) {
			next = stmt->chain;
			free_statement(stmt);
		}
	}
	conn->newest = conn->oldest = NULL;
	conn->idle_count = 0;
}

size_t cni_pg_parameters(const cni_stmt *stmt) { return cni_pg_stmt_of_const(stmt)->param_count; }

size_t cni_pg_columns(const cni_stmt *stmt) { return cni_pg_stmt_of_const(stmt)->column_count; }

const char *cni_pg_name(const cni_stmt *stmt, size_t index)
{
	const pg_stmt *s = cni_pg_stmt_of_const(stmt);

	return index < s->column_count ? PQfname(s->description, (int)index) : NULL;
}
