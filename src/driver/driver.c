/* driver.c - the wrappers that check and dispatch; which engines there are is in engines.c. */
#include "driver/driver.h"

#include <stdarg.h>
#include <string.h>

#include "base/buffer.h"
#include "base/text.h"
#include "base/try.h"
#include "schema/known.h"

bool cni_own_table(const char *name)
{
	return cni_same(name, CNI_VERSION_TABLE) || cni_same(name, CNI_STEP_TABLE);
}

void cni_conn_close(cni_conn *conn)
{
	if (conn)
		conn->driver->close(conn);
}

void cni_conn_closep(cni_conn **conn) { cni_conn_close(*conn); }

/* ---- statements ---- */

cn_status cni_conn_prepare(cni_conn *conn, const char *sql, cni_stmt **ret, cn_error *err)
{
	return cni_conn_prepare_size(conn, sql, sql ? strlen(sql) : 0, ret, err);
}

cn_status cni_conn_prepare_size(
	cni_conn *conn, const char *sql, size_t size, cni_stmt **ret, cn_error *err)
{
	if (!conn || !sql || !ret)
		return cn_fail(err, CN_EARG, "cni_conn_prepare: no connection, or no text");
	return conn->driver->prepare(conn, sql, size, ret, err);
}

void cni_stmt_release(cni_stmt *stmt)
{
	if (stmt)
		stmt->conn->driver->release(stmt);
}

void cni_stmt_releasep(cni_stmt **stmt) { cni_stmt_release(*stmt); }

size_t cni_stmt_parameters(const cni_stmt *stmt)
{
	return stmt->conn->driver->parameter_count(stmt);
}

cn_status cni_stmt_bind(cni_stmt *stmt, size_t index, cn_value value, cn_error *err)
{
	return stmt->conn->driver->bind(stmt, index, &value, err);
}

const char *cni_conn_rows_table(const cni_conn *conn)
{
	return conn->driver->rows_table ? conn->driver->rows_table(conn) : NULL;
}

cn_status cni_conn_partial_insert(
	cni_conn *conn, const char *table, const char **ret, cn_error *err)
{
	*ret = "INSERT";
	return conn->driver->partial_insert ? conn->driver->partial_insert(conn, table, ret, err)
					    : CN_OK;
}

cn_status cni_stmt_bind_rows(cni_stmt *stmt, size_t index, const cni_rows *rows, cn_error *err)
{
	return stmt->conn->driver->bind_rows(stmt, index, rows, err);
}

cn_status cni_stmt_bind_all(cni_stmt *stmt, const cn_value *values, size_t count, cn_error *err)
{
	for (size_t i = 0; i < count; i++)
		TRY(stmt->conn->driver->bind(stmt, i + 1, &values[i], err));
	return CN_OK;
}

int cni_stmt_step(cni_stmt *stmt, cn_error *err) { return stmt->conn->driver->step(stmt, err); }

cn_status cni_stmt_run(cni_stmt *stmt, cn_error *err)
{
	int got;

	do
		got = stmt->conn->driver->step(stmt, err);
	while (got == CNI_ROW);
	stmt->conn->driver->reset(stmt);
	return (cn_status)got;
}

void cni_stmt_reset(cni_stmt *stmt) { stmt->conn->driver->reset(stmt); }

size_t cni_stmt_columns(const cni_stmt *stmt) { return stmt->conn->driver->column_count(stmt); }

const char *cni_stmt_name(const cni_stmt *stmt, size_t index)
{
	return stmt->conn->driver->column_name(stmt, index);
}

cn_value cni_stmt_value(cni_stmt *stmt, size_t index)
{
	return stmt->conn->driver->column(stmt, index);
}

int64_t cni_stmt_int(cni_stmt *stmt, size_t index)
{
	cn_value v = cni_stmt_value(stmt, index);

	if (v.type == CN_TYPE_DOUBLE)
		/* the bounds as doubles; what does not fit would be undefined */
		return v.as.d >= -9223372036854775808.0 && v.as.d < 9223372036854775808.0
			       ? (int64_t)v.as.d
		       : v.as.d > 0 ? INT64_MAX
				    : INT64_MIN;
	return v.type == CN_TYPE_INT64 ? v.as.i : 0;
}

double cni_stmt_double(cni_stmt *stmt, size_t index)
{
	cn_value v = cni_stmt_value(stmt, index);

	return v.type == CN_TYPE_DOUBLE ? v.as.d : v.type == CN_TYPE_INT64 ? (double)v.as.i : 0;
}

const char *cni_stmt_text(cni_stmt *stmt, size_t index)
{
	return stmt->conn->driver->text(stmt, index);
}

cn_status cni_stmt_row(cni_stmt *stmt, cn_value *row, size_t count, cn_error *err)
{
	return stmt->conn->driver->row(stmt, row, count, err);
}

cn_status cni_conn_lookup(cni_conn *conn, const cni_lookup *what, cni_stmt **ret, cn_error *err)
{
	*ret = NULL;
	return conn->driver->lookup ? conn->driver->lookup(conn, what, ret, err) : CN_OK;
}

int cni_stmt_look(cni_stmt *stmt, int64_t key, cn_error *err)
{
	return stmt->conn->driver->look(stmt, key, err);
}

cn_status cni_stmt_each(cni_stmt *stmt, cni_row_fn fn, void *ctx, cn_error *err)
{
	return stmt->conn->driver->each(stmt, fn, ctx, err);
}

static cn_status run_of_batch(cni_stmt *stmt, cni_batch *batch, size_t at, cn_error *err)
{
	const cni_driver *driver = stmt->conn->driver;

	batch->failed = at;
	TRY(batch->bind(stmt, at, batch->ctx, err));
	int got = driver->step(stmt, err);
	if (got < 0)
		return (cn_status)got;
	if (batch->done) {
		int64_t changes = got == CNI_ROW ? 1 : driver->changes(stmt->conn);
		TRY(batch->done(stmt, at, changes, batch->ctx, err));
	}
	while (got == CNI_ROW)
		got = driver->step(stmt, err);
	return (cn_status)got;
}

cn_status cni_stmt_batch(cni_stmt *stmt, cni_batch *batch, cn_error *err)
{
	cn_status status = CN_OK;

	if (stmt->conn->driver->batch)
		return stmt->conn->driver->batch(stmt, batch, err);
	for (size_t at = 0; at < batch->count && status == CN_OK; at++)
		status = run_of_batch(stmt, batch, at, err);
	stmt->conn->driver->reset(stmt);
	return status;
}

/* ---- running SQL ---- */

void cni_conn_trace(
	cni_conn *conn, void (*fn)(const char *sql, int64_t duration_us, void *ctx), void *ctx)
{
	conn->driver->trace(conn, fn, ctx);
}

cn_status cni_conn_exec(cni_conn *conn, const char *script, cn_error *err)
{
	return cni_conn_exec_size(conn, script, script ? strlen(script) : 0, err);
}

cn_status cni_conn_exec_size(cni_conn *conn, const char *script, size_t size, cn_error *err)
{
	if (!conn || !script)
		return cn_fail(err, CN_EARG, "cni_conn_exec: no connection, or no text");
	return conn->driver->exec(conn, script, size, err);
}

cn_status cni_conn_execf(cni_conn *conn, cn_error *err, const char *fmt, ...)
{
	CLEANUP(cni_arena_done) cni_arena arena = {0};
	va_list ap;

	va_start(ap, fmt);
	const char *sql = cni_vprintf(&arena, fmt, ap);
	va_end(ap);
	if (!sql)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	return cni_conn_exec(conn, sql, err);
}

cn_status cni_conn_run(
	cni_conn *conn, const char *sql, const cn_value *values, size_t count, cn_error *err)
{
	CLEANUP(cni_stmt_releasep) cni_stmt *stmt = NULL;

	TRY(cni_conn_prepare(conn, sql, &stmt, err));
	TRY(cni_stmt_bind_all(stmt, values, count, err));
	return cni_stmt_run(stmt, err);
}

cn_status cni_conn_begin(cni_conn *conn, cni_transaction kind, cn_error *err)
{
	if (conn->watch && !conn->watch(&(cni_pulse){.sql = "BEGIN"}, conn->watch_ctx))
		return cn_fail(err, CN_ECANCELED, "interrupted");
	return conn->driver->begin(conn, kind, err);
}

cn_status cni_conn_commit(cni_conn *conn, cn_error *err) { return conn->driver->commit(conn, err); }

void cni_conn_rollback(cni_conn *conn) { conn->driver->rollback(conn); }

bool cni_conn_in_transaction(const cni_conn *conn) { return conn->driver->in_transaction(conn); }

int64_t cni_conn_changes(const cni_conn *conn) { return conn->driver->changes(conn); }

int64_t cni_conn_last_id(const cni_conn *conn) { return conn->driver->last_id(conn); }

const cni_capabilities *cni_conn_can(const cni_conn *conn)
{
	return conn->driver->capabilities(conn);
}

static cn_status cannot(const cni_conn *conn, const char *what, cn_error *err)
{
	return cn_fail(err, CN_EUNSUPPORTED, "%s cannot %s", conn->uri, what);
}

cn_status cni_conn_copy_rows(cni_conn *conn, cni_copy_rows *copy, cn_error *err)
{
	if (!conn->driver->copy_rows)
		return cannot(conn, "copy rows", err);
	return conn->driver->copy_rows(conn, copy, err);
}

cn_status cni_conn_reserve_keys(cni_conn *conn, const char *table, const char *column, size_t count,
	int64_t *ret, cn_error *err)
{
	if (!conn->driver->reserve_keys)
		return cannot(conn, "reserve keys", err);
	return conn->driver->reserve_keys(conn, table, column, count, ret, err);
}

void cni_conn_interrupt(cni_conn *conn) { conn->driver->interrupt(conn); }

void cni_conn_watch(cni_conn *conn, cni_pulse_fn fn, void *ctx)
{
	conn->watch = fn;
	conn->watch_ctx = ctx;
	if (conn->driver->watch)
		conn->driver->watch(conn);
}

cn_status cni_conn_content_version(cni_conn *conn, int64_t *ret, cn_error *err)
{
	return conn->driver->content_version(conn, ret, err);
}

cn_status cni_conn_set(cni_conn *conn, cni_setting setting, int64_t value, cn_error *err)
{
	return conn->driver->set(conn, setting, value, err);
}

cn_status cni_conn_get(cni_conn *conn, cni_setting setting, int64_t *ret, cn_error *err)
{
	return conn->driver->get(conn, setting, ret, err);
}

static cn_status first_row(cni_conn *conn, const char *sql, cni_stmt **ret, cn_error *err)
{
	cni_stmt *stmt = NULL;

	TRY(cni_conn_prepare(conn, sql, &stmt, err));
	int got = cni_stmt_step(stmt, err);
	if (got == CNI_ROW) {
		*ret = stmt;
		return CN_OK;
	}
	cni_stmt_release(stmt);
	if (got < 0)
		return (cn_status)got;
	cn_error_set(err, CN_ENOTFOUND, "no such row");
	cn_error_detail(err, "%.500s", sql);
	return CN_ENOTFOUND;
}

cn_status cni_conn_int(cni_conn *conn, const char *sql, int64_t *ret, cn_error *err)
{
	cni_stmt *stmt = NULL;

	TRY(first_row(conn, sql, &stmt, err));
	*ret = cni_stmt_int(stmt, 0);
	cni_stmt_release(stmt);
	return CN_OK;
}

cn_status cni_conn_text(
	cni_conn *conn, cni_arena *arena, const char *sql, const char **ret, cn_error *err)
{
	cni_stmt *stmt = NULL;

	TRY(first_row(conn, sql, &stmt, err));
	bool is_null = cni_stmt_value(stmt, 0).type == CN_TYPE_NULL;
	const char *copy =
		cni_strdup(arena, cni_stmt_text(stmt, 0)); /* of a number: needs memory */
	cni_stmt_release(stmt);
	if (!copy && !is_null)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	*ret = copy;
	return CN_OK;
}

/* ---- schemas ---- */

cn_status cni_conn_inspect(cni_conn *conn, cni_arena *arena, cni_schema **ret, cn_error *err)
{
	return cni_conn_inspect_like(conn, NULL, arena, ret, err);
}

cn_status cni_conn_inspect_like(
	cni_conn *conn, const cni_schema *known, cni_arena *arena, cni_schema **ret, cn_error *err)
{
	CLEANUP(cni_arena_done) cni_arena texts = {0};
	cni_schema *schema = cni_schema_new(arena, conn->driver->name);

	if (!schema || (conn->home && !(schema->home = cni_uri_copy(arena, conn->home))) ||
		(known && !(schema->known = cni_known_new(&texts, known))))
		return cn_fail(err, CN_ENOMEM, "out of memory");
	TRY(conn->driver->inspect(conn, schema, err));
	schema->known = NULL;
	*ret = schema;
	return CN_OK;
}

cn_status cni_conn_snapshot(cni_conn *conn, cni_conn **ret, cn_error *err)
{
	if (!conn->driver->snapshot)
		return cn_fail(
			err, CN_EUNSUPPORTED, "%s makes no private copies", conn->driver->name);
	return conn->driver->snapshot(conn, ret, err);
}

cn_status cni_conn_backup(cni_conn *conn, const char *path, cn_error *err)
{
	if (!path || !*path)
		return cn_fail(err, CN_EARG, "cni_conn_backup: no path");
	return conn->driver->backup(conn, path, err);
}

cn_status cni_conn_sizes(
	cni_conn *conn, bool exact, cni_arena *arena, cni_sizes *ret, cn_error *err)
{
	if (!conn->driver->sizes)
		return cn_fail(err, CN_EUNSUPPORTED, "%s does not tell how large its tables are",
			conn->driver->name);
	return conn->driver->sizes(conn, exact, arena, ret, err);
}
