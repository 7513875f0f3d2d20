/*
 * rows.c - rows of the program's memory as a table: `SELECT c0, c1 FROM cantil_rows(?)`, where the
 * parameter is a cni_rows. A table-valued function; a view or a trigger cannot call it.
 *
 * A value is fetched when the statement wants it, straight from the row: nothing is bound, and the
 * statement is compiled once, whatever the number of rows.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/try.h"
#include "driver/sqlite/sqlite.h"

enum { COST = 1000 }; /* of reading it: a statement that joins it should begin with it */

typedef struct cni_rows_cursor {
	sqlite3_vtab_cursor base;
	const cni_rows *rows; /* NULL: of no rows */
	size_t at;
} cni_rows_cursor;

static cni_rows_cursor *cursor_of(sqlite3_vtab_cursor *base) { return (cni_rows_cursor *)base; }

static int declare(sqlite3 *db)
{
	CLEANUP(cni_buffer_done) cni_buffer sql = {0};

	cni_buffer_puts(&sql, "CREATE TABLE x (");
	for (int i = 0; i < CNI_ROWS_COLUMNS; i++)
		cni_buffer_printf(&sql, "c%d, ", i);
	cni_buffer_puts(&sql, "rows HIDDEN)");
	return sql.failed ? SQLITE_NOMEM : sqlite3_declare_vtab(db, sql.data);
}

static int rows_connect(sqlite3 *db, void *ctx, int count, const char *const *args,
	sqlite3_vtab **ret, char **ret_message)
{
	(void)ctx, (void)count, (void)args, (void)ret_message;
	int rc = declare(db);
	if (rc != SQLITE_OK)
		return rc;
	sqlite3_vtab_config(db, SQLITE_VTAB_DIRECTONLY);
	*ret = calloc(1, sizeof(sqlite3_vtab));
	return *ret ? SQLITE_OK : SQLITE_NOMEM;
}

static int rows_disconnect(sqlite3_vtab *table)
{
	free(table);
	return SQLITE_OK;
}

/* There is one way to read it: all of its rows, given the parameter. */
static int rows_plan(sqlite3_vtab *table, sqlite3_index_info *info)
{
	(void)table;
	for (int i = 0; i < info->nConstraint; i++) {
		if (info->aConstraint[i].iColumn != CNI_ROWS_COLUMNS ||
			info->aConstraint[i].op != SQLITE_INDEX_CONSTRAINT_EQ)
			continue;
		if (!info->aConstraint[i].usable)
			return SQLITE_CONSTRAINT;
		info->aConstraintUsage[i].argvIndex = 1;
		info->aConstraintUsage[i].omit = 1;
	}
	info->estimatedCost = COST;
	info->estimatedRows = COST;
	return SQLITE_OK;
}

static int rows_open(sqlite3_vtab *table, sqlite3_vtab_cursor **ret)
{
	(void)table;
	cni_rows_cursor *cursor = calloc(1, sizeof *cursor);
	if (!cursor)
		return SQLITE_NOMEM;
	*ret = &cursor->base;
	return SQLITE_OK;
}

static int rows_close(sqlite3_vtab_cursor *base)
{
	free(cursor_of(base));
	return SQLITE_OK;
}

/* What is no pointer of this kind has no rows: SQL from elsewhere finds an empty table. */
static int rows_filter(
	sqlite3_vtab_cursor *base, int plan, const char *name, int count, sqlite3_value **args)
{
	cni_rows_cursor *cursor = cursor_of(base);

	(void)plan, (void)name;
	cursor->rows = count ? sqlite3_value_pointer(args[0], CNI_SQLITE_ROWS) : NULL;
	cursor->at = 0;
	return SQLITE_OK;
}

static int rows_next(sqlite3_vtab_cursor *base)
{
	cursor_of(base)->at++;
	return SQLITE_OK;
}

static int rows_eof(sqlite3_vtab_cursor *base)
{
	const cni_rows_cursor *cursor = cursor_of(base);

	return !cursor->rows || cursor->at >= cursor->rows->count;
}

static int rows_id(sqlite3_vtab_cursor *base, sqlite3_int64 *ret)
{
	*ret = (sqlite3_int64)cursor_of(base)->at;
	return SQLITE_OK;
}

static cn_status yield_moment(
	sqlite3_context *context, const cn_value *value, size_t column, cn_error *err)
{
	cni_sqlite_moment_text text;

	TRY(cni_sqlite_moment(value, column + 1, &text, err));
	sqlite3_result_text(context, text.at, (int)text.size, SQLITE_TRANSIENT);
	return CN_OK;
}

static cn_status not_a_number(size_t column, cn_error *err)
{
	return cn_fail(err, CN_EARG, "parameter %zu is not a number (NaN)", column + 1);
}

/* As cni_sqlite_bind does it. */
static cn_status yield(
	sqlite3_context *context, const cn_value *value, size_t column, cn_error *err)
{
	switch (value->type) {
	case CN_TYPE_INT64: sqlite3_result_int64(context, value->as.i); break;
	case CN_TYPE_BOOL: sqlite3_result_int(context, value->as.b); break;
	case CN_TYPE_DOUBLE:
		if (isnan(value->as.d))
			return not_a_number(column, err);
		sqlite3_result_double(context, value->as.d);
		break;
	case CN_TYPE_TEXT:
		sqlite3_result_text64(
			context, value->as.p, value->size, SQLITE_STATIC, SQLITE_UTF8);
		break;
	case CN_TYPE_BLOB:
		sqlite3_result_blob64(context, value->as.p, value->size, SQLITE_STATIC);
		break;
	case CN_TYPE_TIME:
	case CN_TYPE_DATE:
	case CN_TYPE_CLOCK: return yield_moment(context, value, column, err);
	case CN_TYPE_NULL: break; /* what it is without a result */
	default:
		cn_error_set(err, CN_EARG, "parameter %zu is no value that a database can hold",
			column + 1);
		cn_error_hint(err,
			"an unsigned number above 9223372036854775807 has no place in a column");
		return CN_EARG;
	}
	return CN_OK;
}

static cn_status yield_cell(
	sqlite3_context *context, const cni_rows *rows, size_t row, size_t column)
{
	const cni_rows_column *c = &rows->columns[column];
	const void *member = (const char *)rows->rows[row] + c->offset;
	cn_value value;

	switch (c->kind) {
	case CNI_CELL_INT64: sqlite3_result_int64(context, *(const int64_t *)member); return CN_OK;
	case CNI_CELL_DOUBLE:
		if (isnan(*(const double *)member))
			return not_a_number(column, rows->err);
		sqlite3_result_double(context, *(const double *)member);
		return CN_OK;
	case CNI_CELL_ASK: break;
	}
	TRY(rows->value(rows, row, column, &value, rows->err));
	return yield(context, &value, column, rows->err);
}

static int rows_column(sqlite3_vtab_cursor *base, sqlite3_context *context, int column)
{
	const cni_rows_cursor *cursor = cursor_of(base);

	if ((size_t)column >= cursor->rows->column_count) /* NULL: it has no such column */
		return SQLITE_OK;
	if (yield_cell(context, cursor->rows, cursor->at, (size_t)column) == CN_OK)
		return SQLITE_OK;
	sqlite3_result_error(context, "a value that cannot be stored", -1);
	return SQLITE_OK;
}

static const sqlite3_module module = {
	.xConnect = rows_connect, /* without xCreate: it is there in every database */
	.xBestIndex = rows_plan,
	.xDisconnect = rows_disconnect,
	.xOpen = rows_open,
	.xClose = rows_close,
	.xFilter = rows_filter,
	.xNext = rows_next,
	.xEof = rows_eof,
	.xColumn = rows_column,
	.xRowid = rows_id,
};

cn_status cni_sqlite_rows(cni_sqlite *conn, cn_error *err)
{
	int rc = sqlite3_create_module(conn->db, CNI_SQLITE_ROWS, &module, NULL);

	return rc == SQLITE_OK ? CN_OK : cni_sqlite_fail(conn, rc, NULL, err);
}

/* Who traces wants to see values: those that come from here would not be in the text. */
const char *cni_sqlite_rows_table(const cni_conn *base)
{
	return cni_sqlite_of_const(base)->trace ? NULL : CNI_SQLITE_ROWS;
}

cn_status cni_sqlite_bind_rows(cni_stmt *base, size_t index, const cni_rows *rows, cn_error *err)
{
	cni_sqlite_stmt *stmt = cni_sqlite_stmt_of(base);
	union { /* it comes back as what it is */
		const cni_rows *rows;
		void *pointer;
	} u = {.rows = rows};

	if (stmt->started)
		cni_sqlite_reset(base);
	stmt->bound = true;
	int rc = sqlite3_bind_pointer(stmt->handle, (int)index, u.pointer, CNI_SQLITE_ROWS, NULL);
	return rc == SQLITE_OK ? CN_OK
			       : cni_sqlite_fail(cni_sqlite_of(base->conn), rc,
					 &(cni_sqlite_place){stmt->sql, stmt->size, 0}, err);
}
