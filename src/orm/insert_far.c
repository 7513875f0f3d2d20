/*
 * insert_far.c - new rows for an engine on the other side of a wire, where a round trip costs more
 * than a row: few rows go as one batch of INSERT … RETURNING, many are copied into the table.
 *
 * Keys that such a batch would read back are reserved before they are copied: what fills the column
 * in is asked for all of them at once, so nobody else gets them.
 */
#include <string.h>

#include "base/try.h"
#include "orm/flush_impl.h"

enum {
	COPY_MIN = 64
}; /* below, a batch is as fast: it is one round trip, copying is two or three */

typedef struct far_rows {
	cni_flush *flush;
	const cni_layout *layout;
	const bool *given, *filled;
	cni_entry *const *entries;
	const void *const *rows; /* the entries' */
	size_t count;
} far_rows;

/* ---- a batch ---- */

static cn_status bind_run(cni_stmt *stmt, size_t at, void *ctx, cn_error *err)
{
	far_rows *rows = ctx;
	cn_session *s = rows->flush->s;
	size_t index = 1;

	(void)err; /* it is the session's */
	if (cni_feed_bind(s, stmt, rows->layout, rows->given, rows->rows[at], &index) < 0)
		return cn_error_wrap(&s->error, "model \"%s\"", rows->layout->name);
	return CN_OK;
}

static cn_status take_run(cni_stmt *stmt, size_t at, int64_t changes, void *ctx, cn_error *err)
{
	far_rows *rows = ctx;

	(void)changes;
	(void)err;
	return cni_returning_take(rows->flush, stmt, rows->entries[at], rows->filled);
}

static cn_status insert_batch(far_rows *rows, bool returning)
{
	CLEANUP(cni_buffer_done) cni_buffer sql = {0};
	CLEANUP(cni_stmt_releasep) cni_stmt *stmt = NULL;
	cn_session *s = rows->flush->s;
	cni_batch batch = {.count = rows->count,
		.bind = bind_run,
		.done = returning ? take_run : NULL,
		.ctx = rows};

	cni_insert_sql(&sql, rows->layout, rows->given, 1);
	if (returning)
		cni_returning_sql(&sql, rows->layout, rows->filled);
	if (sql.failed)
		return cni_session_oom(s);
	TRY(cni_session_prepare(s, rows->flush->conn, sql.data, rows->layout, &stmt));
	if (cni_stmt_batch(stmt, &batch, &s->error) < 0)
		return cn_error_wrap(&s->error, "inserting a \"%s\"", rows->layout->name);
	return CN_OK;
}

/* ---- copying ---- */

static cn_status copy(far_rows *rows)
{
	cn_session *s = rows->flush->s;

	if (cni_feed_copy(&rows->flush->feed, rows->layout, rows->given, rows->rows, rows->count) <
		0)
		return cn_error_wrap(
			&s->error, "inserting %zu \"%s\"", rows->count, rows->layout->name);
	return CN_OK;
}

/* NULL: back to 0. A member may be too small for what the database counts to. */
static cn_status set_numbers(const far_rows *rows, const int64_t *numbers, cn_error *err)
{
	const cn_column *column = rows->layout->fields[rows->layout->row_number].column;

	for (size_t i = 0; i < rows->count; i++) {
		cn_value value = cn_int(numbers ? numbers[i] : 0);
		if (cni_decode(column, cni_row(rows->entries[i]), &value, NULL, err) < 0)
			return cn_error_wrap(err, "the key of a new \"%s\"", rows->layout->name);
	}
	return CN_OK;
}

/* *ret_done false: nothing fills the column in that could be asked. */
static cn_status copy_numbered(far_rows *rows, bool *ret_done)
{
	cn_session *s = rows->flush->s;
	const cni_layout *layout = rows->layout;
	const cni_field *number = &layout->fields[layout->row_number];
	int64_t *numbers = cni_alloc(&s->scratch, rows->count * sizeof *numbers);
	bool *given = cni_memdup(&s->scratch, rows->given, layout->field_count);
	far_rows numbered = *rows;

	if (!numbers || !given)
		return cni_session_oom(s);
	cn_status status = cni_conn_reserve_keys(rows->flush->conn, cni_layout_table(layout),
		number->name, rows->count, numbers, &s->error);
	if (status == CN_ENOTFOUND) {
		s->error = (cn_error){0};
		return CN_OK;
	}
	TRY(status);
	*ret_done = true;
	given[layout->row_number] = true;
	numbered.given = given;
	status = set_numbers(rows, numbers, &s->error);
	if (status == CN_OK)
		status = copy(&numbered);
	if (status < 0)
		(void)!set_numbers(rows, NULL, NULL);
	return status;
}

static size_t count_set(const bool *list, size_t count)
{
	size_t set = 0;

	for (size_t i = 0; i < count; i++)
		set += list[i];
	return set;
}

cn_status cni_insert_far(cni_flush *flush, const cni_layout *layout, const bool *given,
	const bool *filled, cni_entry *const *entries, const void *const *rows, size_t count)
{
	far_rows far = {.flush = flush,
		.layout = layout,
		.given = given,
		.filled = filled,
		.entries = entries,
		.rows = rows,
		.count = count};
	size_t filled_count = count_set(filled, layout->field_count);
	bool numbered = filled_count == 1 && layout->row_number >= 0 && filled[layout->row_number];
	bool copied = count >= CNI_FEED_COPY_MIN, done = false;

	if (copied && !filled_count)
		return copy(&far);
	if (copied && numbered && cni_conn_can(flush->conn)->reserves_keys)
		TRY(copy_numbered(&far, &done));
	return done ? CN_OK : insert_batch(&far, filled_count > 0);
}
