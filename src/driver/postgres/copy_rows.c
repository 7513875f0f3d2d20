/*
 * copy_rows.c - COPY … FROM STDIN: rows go to the server as fast as they come.
 *
 * In binary where every column's type is known here, else as text, which says the same. All of it
 * is one statement: when a row is refused, none is written.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/try.h"
#include "driver/postgres/postgres.h"
#include "driver/postgres/wire_bytes.h"
#include "sql/lexer.h"

enum { BLOCK = 64 << 10, TYPES_MAX = 1600 /* columns of a table */ };

typedef struct copier {
	pg_conn *conn;
	cni_copy_rows *copy;
	Oid *types;
	cn_value *row;
	bool binary;
	cni_buffer out;
	cni_buffer sql;
} copier;

static cn_status no_memory(cn_error *err) { return cn_fail(err, CN_ENOMEM, "out of memory"); }

static void column_list(cni_buffer *sql, const cni_copy_rows *copy)
{
	for (size_t i = 0; i < copy->column_count; i++) {
		if (i)
			cni_buffer_puts(sql, ", ");
		cni_quote_name(sql, copy->columns[i]);
	}
}

/* What the columns are, from a statement that stays in the cache for the next time. */
static cn_status find_types(copier *c, cn_error *err)
{
	CLEANUP(cni_buffer_done) cni_buffer sql = {0};
	cni_stmt *stmt;

	cni_buffer_puts(&sql, "SELECT ");
	column_list(&sql, c->copy);
	cni_buffer_puts(&sql, " FROM ");
	cni_quote_name(&sql, c->copy->table);
	cni_buffer_puts(&sql, " LIMIT 0");
	if (sql.failed)
		return no_memory(err);
	TRY(cni_pg_prepare(&c->conn->base, sql.data, sql.size, &stmt, err));
	const pg_stmt *described = cni_pg_stmt_of(stmt);
	for (size_t i = 0; i < c->copy->column_count; i++)
		c->types[i] = described->column_types[i];
	c->binary = described->binary;
	cni_pg_release(stmt);
	return CN_OK;
}

static cn_status start(copier *c, cn_error *err)
{
	CLEANUP(cni_pg_clearp) PGresult *result = NULL;
	pg_conn *conn = c->conn;
	cni_buffer sql = {0};

	cni_buffer_puts(&sql, "COPY ");
	cni_quote_name(&sql, c->copy->table);
	cni_buffer_puts(&sql, " (");
	column_list(&sql, c->copy);
	cni_buffer_puts(&sql, c->binary ? ") FROM STDIN (FORMAT binary)" : ") FROM STDIN");
	c->sql = sql;
	if (sql.failed)
		return no_memory(err);
	TRY(cni_pg_free_wire(conn, err));
	TRY(cni_pg_alive(conn, err));
	cni_pg_running(conn, sql.data);
	if (!PQsendQuery(conn->pq, sql.data))
		return cni_pg_fail(conn, NULL, NULL, err);
	TRY(cni_pg_result(conn, &result, err));
	if (PQresultStatus(result) == PGRES_COPY_IN)
		return CN_OK;
	cn_status status = cni_pg_fail(conn, result, &(pg_place){sql.data, sql.size, 0}, err);
	cni_pg_drain(conn);
	return status;
}

static cn_status send_block(copier *c, cn_error *err)
{
	pg_conn *conn = c->conn;

	for (;;) {
		int sent = PQputCopyData(conn->pq, c->out.data, (int)c->out.size);
		if (sent > 0)
			break;
		if (sent < 0)
			return cni_pg_fail(conn, NULL, NULL, err);
		TRY(cni_pg_wait(conn, true, err));
	}
	cni_buffer_clear(&c->out);
	return CN_OK;
}

/* A backslash, and the characters that would end a value or a row. */
static void add_escaped(cni_buffer *out, const char *text, size_t size)
{
	size_t from = 0;

	for (size_t i = 0; i < size; i++) {
		const char *escaped = text[i] == '\\'   ? "\\\\"
				      : text[i] == '\n' ? "\\n"
				      : text[i] == '\r' ? "\\r"
				      : text[i] == '\t' ? "\\t"
							: NULL;
		if (!escaped)
			continue;
		cni_buffer_add(out, text + from, i - from);
		cni_buffer_puts(out, escaped);
		from = i + 1;
	}
	cni_buffer_add(out, text + from, size - from);
}

static void add_hex(cni_buffer *out, const char *bytes, size_t size)
{
	static const char digits[] = "0123456789abcdef";

	cni_buffer_puts(out, "\\\\x");
	for (size_t i = 0; i < size; i++) {
		cni_buffer_putc(out, digits[(unsigned char)bytes[i] >> 4]);
		cni_buffer_putc(out, digits[bytes[i] & 15]);
	}
}

/* The same conversions as for a parameter, into a type that the server reads as text. */
static cn_status add_text(copier *c, size_t i, cn_error *err)
{
	pg_param param = {.data = NULL};
	Oid type = c->types[i];
	bool bytes = type == CNI_PG_BYTEA;

	/* whatever is no text has its own notation; numeric is the one that any number has */
	if (!bytes && (c->row[i].type == CN_TYPE_INT64 || c->row[i].type == CN_TYPE_DOUBLE ||
			      c->row[i].type == CN_TYPE_BOOL))
		type = CNI_PG_NUMERIC;
	else if (!bytes && c->row[i].type != CN_TYPE_BLOB)
		type = CNI_PG_TEXT;
	cn_status status = cni_pg_encode(&param, type, i + 1, &c->row[i], err);
	if (status == CN_OK && !param.data)
		cni_buffer_puts(&c->out, "\\N");
	else if (status == CN_OK && bytes)
		add_hex(&c->out, param.data, (size_t)param.size);
	else if (status == CN_OK && c->types[i] == CNI_PG_BOOL)
		cni_buffer_putc(&c->out, param.data[0] == '0' ? 'f' : 't');
	else if (status == CN_OK)
		add_escaped(&c->out, param.data, (size_t)param.size);
	free(param.copy);
	return status;
}

static cn_status add_row(copier *c, cn_error *err)
{
	size_t count = c->copy->column_count;
	char fields[2];

	if (c->binary) {
		cni_pg_put16(fields, (uint16_t)count);
		cni_buffer_add(&c->out, fields, sizeof fields);
	}
	for (size_t i = 0; i < count; i++) {
		if (c->binary) {
			TRY(cni_pg_write(&c->out, c->types[i], i + 1, &c->row[i], err));
			continue;
		}
		if (i)
			cni_buffer_putc(&c->out, '\t');
		TRY(add_text(c, i, err));
	}
	if (!c->binary)
		cni_buffer_putc(&c->out, '\n');
	return c->out.failed ? no_memory(err) : CN_OK;
}

static cn_status send_rows(copier *c, cn_error *err)
{
	static const char head[] = "PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0"; /* with the last NUL: 20 */
	char tail[2];

	if (c->binary)
		cni_buffer_add(&c->out, head, 19);
	for (c->copy->count = 0;; c->copy->count++) {
		int got = c->copy->next(c->row, c->copy->ctx, err);
		if (got < 0)
			return (cn_status)got;
		if (got != CNI_ROW)
			break;
		cn_status status = add_row(c, err);
		if (status != CN_OK) {
			cni_error_more(err, "row %lld", (long long)c->copy->count + 1);
			return status;
		}
		if (c->out.size >= BLOCK)
			TRY(send_block(c, err));
	}
	if (c->binary) {
		cni_pg_put16(tail, UINT16_MAX);
		cni_buffer_add(&c->out, tail, sizeof tail);
	}
	return c->out.failed ? no_memory(err) : send_block(c, err);
}

/* `failed`: the rows are given up. */
static cn_status finish(copier *c, bool failed, cn_error *err)
{
	pg_conn *conn = c->conn;
	cn_status status = CN_OK;

	/* libpq does not change its mode while there is something to send */
	TRY(cni_pg_flush(conn, err));
	PQsetnonblocking(conn->pq, 0);
	if (PQputCopyEnd(conn->pq, failed ? "given up" : NULL) < 0)
		return cni_pg_fail(conn, NULL, NULL, err);
	for (;;) {
		CLEANUP(cni_pg_clearp) PGresult *result = NULL;
		TRY(cni_pg_result(conn, &result, err));
		if (!result)
			break;
		if (PQresultStatus(result) == PGRES_FATAL_ERROR)
			status = cni_pg_fail(conn, result, NULL, err);
		else
			cni_pg_count(conn, result);
	}
	cni_pg_ran(conn);
	return status;
}

static cn_status copy_rows(copier *c, cn_error *err)
{
	cn_error ignored;

	TRY(find_types(c, err));
	TRY(start(c, err));
	PQsetnonblocking(c->conn->pq, 1);
	cn_status status = send_rows(c, err);
	if (status == CN_OK)
		return finish(c, false, err);
	(void)!finish(c, true, &ignored);
	return status;
}

cn_status cni_pg_copy_rows(cni_conn *base, cni_copy_rows *copy, cn_error *err)
{
	pg_conn *conn = cni_pg_of(base);
	copier c = {.conn = conn, .copy = copy};

	if (!copy->column_count || copy->column_count > TYPES_MAX)
		return cn_fail(
			err, CN_EARG, "rows of %zu columns cannot be copied", copy->column_count);
	int64_t began_us = conn->trace ? cni_clock_mono_us() : 0;
	c.types = calloc(copy->column_count, sizeof *c.types);
	c.row = calloc(copy->column_count, sizeof *c.row);
	cn_status status = c.types && c.row ? CN_OK : no_memory(err);
	if (status == CN_OK)
		status = copy_rows(&c, err);
	if (conn->trace && c.sql.data)
		conn->trace(c.sql.data, cni_clock_mono_us() - began_us, conn->trace_ctx);
	cni_buffer_done(&c.sql);
	cni_buffer_done(&c.out);
	free(c.types);
	free(c.row);
	return status;
}
