/* feed.c - see feed.h. */
#include "orm/feed.h"

#include <stdint.h>
#include <string.h>

#include "base/try.h"

/* From memory a larger number gains nothing, and those of a refused one are inserted once more, one
 * by one. Parameters cost time when the statement is compiled. */
enum { ROWS_MEMORY = 500, ROWS_BOUND = 100, PARAMETERS = 30000, ROWS_COPIED = 8192 };
enum { PARTIAL_MIN = 100 }; /* rows, from which on it is worth asking cni_conn_partial_insert */

typedef struct cni_feed_rows {
	cni_rows rows; /* first: the engine knows only this */
	cni_feed *feed;
} cni_feed_rows;

/* ---- the statement ---- */

static size_t list_columns(
	cni_buffer *sql, const char *verb, const cni_layout *layout, const bool *given)
{
	size_t columns = 0;

	cni_buffer_printf(sql, "%s INTO %s", verb, layout->quoted);
	for (size_t i = 0; i < layout->field_count; i++) {
		if (given[i])
			cni_buffer_printf(
				sql, "%s%s", columns++ ? ", " : " (", layout->fields[i].quoted);
	}
	return columns;
}

void cni_insert_sql(cni_buffer *sql, const cni_layout *layout, const bool *given, size_t rows)
{
	size_t columns = list_columns(sql, "INSERT", layout, given);

	if (!columns) {
		cni_buffer_puts(sql, " DEFAULT VALUES");
		return;
	}
	cni_buffer_puts(sql, ") VALUES ");
	for (size_t row = 0; row < rows; row++) {
		for (size_t i = 0; i < columns; i++)
			cni_buffer_puts(sql, i ? ", ?" : row ? ", (?" : "(?");
		cni_buffer_putc(sql, ')');
	}
}

static void memory_sql(cni_buffer *sql, const char *verb, const cni_layout *layout,
	const bool *given, const char *table)
{
	size_t columns = list_columns(sql, verb, layout, given);

	cni_buffer_puts(sql, ") SELECT ");
	for (size_t i = 0; i < columns; i++)
		cni_buffer_printf(sql, "%sc%zu", i ? ", " : "", i);
	cni_buffer_printf(sql, " FROM %s(?)", table);
}

static const char *memory_table(const cni_feed *feed, size_t columns)
{
	return columns && columns <= CNI_ROWS_COLUMNS ? cni_conn_rows_table(feed->conn) : NULL;
}

size_t cni_feed_most(const cni_feed *feed, size_t columns)
{
	if (memory_table(feed, columns))
		return ROWS_MEMORY;
	if (!columns) /* DEFAULT VALUES is one row */
		return 1;
	if (cni_conn_can(feed->conn)->copies_rows)
		return ROWS_COPIED;
	size_t most = PARAMETERS / columns;
	return most > ROWS_BOUND ? ROWS_BOUND : most ? most : 1;
}

cni_cell_kind cni_feed_kind(const cni_field *field)
{
	if (field->column->enum_names)
		return CNI_CELL_ASK;
	return field->storage == CN_STORE_I64      ? CNI_CELL_INT64
	       : field->storage == CN_STORE_DOUBLE ? CNI_CELL_DOUBLE
						   : CNI_CELL_ASK;
}

static cn_status describe(cni_feed *feed, const cni_layout *layout, const bool *given)
{
	cni_arena *arena = &feed->s->scratch;

	feed->given = cni_memdup(arena, given, layout->field_count);
	feed->fields = cni_alloc(arena, layout->field_count * sizeof *feed->fields);
	feed->columns = cni_alloc(arena, layout->field_count * sizeof *feed->columns);
	if (!feed->given || !feed->fields || !feed->columns)
		return cni_session_oom(feed->s);
	feed->column_count = 0;
	for (size_t i = 0; i < layout->field_count; i++) {
		if (!given[i])
			continue;
		feed->columns[feed->column_count] = (cni_rows_column){
			cni_feed_kind(&layout->fields[i]), layout->fields[i].offset};
		feed->fields[feed->column_count++] = i;
	}
	return CN_OK;
}

static cn_status aim(cni_feed *feed, const cni_layout *layout, const bool *given, size_t count)
{
	CLEANUP(cni_buffer_done) cni_buffer sql = {0};
	const char *verb = "INSERT";

	if (feed->stmt && feed->layout == layout &&
		(!feed->row_count || feed->row_count == count) &&
		!memcmp(feed->given, given, layout->field_count))
		return CN_OK;
	cni_feed_done(feed);
	TRY(describe(feed, layout, given));
	const char *table = memory_table(feed, feed->column_count);
	if (table && count >= PARTIAL_MIN)
		TRY(cni_conn_partial_insert(
			feed->conn, layout->model->table, &verb, &feed->s->error));
	if (table && count > 1)
		memory_sql(&sql, verb, layout, given, table);
	else
		cni_insert_sql(&sql, layout, given, count);
	if (sql.failed)
		return cni_session_oom(feed->s);
	TRY(cni_session_prepare(feed->s, feed->conn, sql.data, layout, &feed->stmt));
	feed->layout = layout;
	feed->partial = strcmp(verb, "INSERT") != 0;
	feed->row_count = table && count > 1 ? 0 : count;
	return CN_OK;
}

void cni_feed_done(cni_feed *feed)
{
	cni_stmt_release(feed->stmt);
	feed->stmt = NULL;
}

/* ---- rows ---- */

cn_status cni_feed_bind(cn_session *s, cni_stmt *stmt, const cni_layout *layout, const bool *given,
	const void *row, size_t *at)
{
	for (size_t i = 0; i < layout->field_count; i++) {
		cn_value value;
		if (!given[i])
			continue;
		TRY(cni_encode(layout->fields[i].column, row, &value, &s->error));
		TRY(cni_stmt_bind(stmt, (*at)++, value, &s->error));
	}
	return CN_OK;
}

static cn_status bind_all(cni_feed *feed, const void *const *rows, size_t count)
{
	size_t at = 1;

	for (size_t k = 0; k < count; k++) {
		cn_status status =
			cni_feed_bind(feed->s, feed->stmt, feed->layout, feed->given, rows[k], &at);
		if (status < 0) {
			feed->failed = k;
			return status;
		}
	}
	return CN_OK;
}

static cn_status value_of(
	const cni_rows *rows, size_t row, size_t column, cn_value *ret, cn_error *err)
{
	cni_feed *feed = ((const cni_feed_rows *)(const void *)rows)->feed;
	const cni_field *field = &feed->layout->fields[feed->fields[column]];

	feed->failed = row; /* until it is known to be good */
	TRY(cni_encode(field->column, rows->rows[row], ret, err));
	feed->failed = SIZE_MAX;
	return CN_OK;
}

static cn_status run_from_memory(cni_feed *feed, const void *const *rows, size_t count)
{
	cn_error refusal = {0}, *err = &feed->s->error;
	cni_feed_rows source = {{.rows = rows,
					.count = count,
					.columns = feed->columns,
					.column_count = feed->column_count,
					.value = value_of,
					.err = &refusal},
		feed};

	TRY(cni_stmt_bind_rows(feed->stmt, 1, &source.rows, err));
	cn_status status = cni_stmt_run(feed->stmt, err);
	if (refusal.status < 0) { /* what the engine says of it is that there was an error */
		*err = refusal;
		status = refusal.status;
	}
	return status;
}

cn_status cni_feed_insert(cni_feed *feed, const cni_layout *layout, const bool *given,
	const void *const *rows, size_t count)
{
	if (count >= CNI_FEED_COPY_MIN && cni_conn_can(feed->conn)->copies_rows)
		return cni_feed_copy(feed, layout, given, rows, count);
	feed->failed = SIZE_MAX;
	TRY(aim(feed, layout, given, count));
	if (!feed->row_count) {
		cn_status status = run_from_memory(feed, rows, count);
		int64_t before = cni_conn_changes(feed->conn);
		if (status == CN_ECONSTRAINT && feed->partial && before > 0)
			feed->failed = (size_t)before;
		return status;
	}
	TRY(bind_all(feed, rows, count));
	return cni_stmt_run(feed->stmt, &feed->s->error);
}

bool cni_feed_again(const cni_feed *feed)
{
	return cni_conn_can(feed->conn)->failed_goes_on && cni_conn_in_transaction(feed->conn) &&
	       !cni_conn_changes(feed->conn);
}
