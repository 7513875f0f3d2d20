/* bulk.c - many rows without objects: inserted from an array, updated and deleted by a condition.
 */
#include <stdint.h>
#include <string.h>

#include "base/try.h"
#include "orm/flush_impl.h"

typedef struct cni_bulk {
	cn_session *s;
	cni_feed feed;
	const cni_layout *layout;
	bool *given; /* of the rows of one statement: those that leave the same to the database */
	const void **rows; /* of one statement */
	size_t most;
	char *copies; /* rows with their defaults set; NULL: the program's are taken as they are */
} cni_bulk;

static void find_given(const cni_layout *layout, const void *row, bool *given)
{
	memset(given, true, layout->field_count);
	for (size_t i = 0; i < layout->fillable_count; i++)
		given[layout->fillable[i]] = !cni_is_filled(layout, layout->fillable[i], row);
}

static bool same_given(const cni_layout *layout, const void *row, const bool *given)
{
	for (size_t i = 0; i < layout->fillable_count; i++) {
		if (given[layout->fillable[i]] == cni_is_filled(layout, layout->fillable[i], row))
			return false;
	}
	return true;
}

static cn_status row_failed(cni_bulk *b, size_t row)
{
	return cn_error_wrap(&b->s->error, "\"%s\", row %zu", b->layout->name, row + 1);
}

/* The row that was refused is found by inserting them one by one. */
static cn_status insert_singly(cni_bulk *b, size_t count, size_t from)
{
	for (size_t k = 0; k < count; k++) {
		if (cni_feed_insert(&b->feed, b->layout, b->given, b->rows + k, 1) < 0)
			return row_failed(b, from + k);
	}
	return CN_OK;
}

static cn_status insert(cni_bulk *b, size_t count, size_t from)
{
	cn_status status = cni_feed_insert(&b->feed, b->layout, b->given, b->rows, count);

	if (status == CN_OK)
		return CN_OK;
	if (b->feed.failed != SIZE_MAX)
		return row_failed(b, from + b->feed.failed);
	if (count == 1)
		return row_failed(b, from);
	if (status != CN_ECONSTRAINT || !cni_feed_again(&b->feed))
		return cn_error_wrap(&b->s->error, "\"%s\", rows %zu to %zu", b->layout->name,
			from + 1, from + count);
	b->s->error = (cn_error){0};
	return insert_singly(b, count, from);
}

/* The rows from `rows` on that go into one statement. */
static cn_status take_part(cni_bulk *b, const char *rows, size_t left, size_t *ret)
{
	const cni_layout *layout = b->layout;
	size_t size = layout->model->size, count = left < b->most ? left : b->most;

	if (b->copies) {
		memcpy(b->copies, rows, count * size);
		rows = b->copies;
		for (size_t k = 0; k < count; k++)
			TRY(cni_session_defaults(b->s, layout, b->copies + k * size));
	}
	find_given(layout, rows, b->given);
	b->rows[0] = rows;
	for (*ret = 1; *ret < count && same_given(layout, rows + *ret * size, b->given); ++*ret)
		b->rows[*ret] = rows + *ret * size;
	return CN_OK;
}

static cn_status insert_all(cni_bulk *b, const char *rows, size_t count)
{
	const cni_layout *layout = b->layout;
	cni_arena *arena = &b->s->scratch;
	size_t size = layout->model->size;

	TRY(cni_session_writer(b->s, &b->feed.conn));
	b->most = cni_feed_most(&b->feed, layout->field_count);
	b->given = cni_alloc(arena, layout->field_count);
	b->rows = cni_alloc(arena, b->most * sizeof *b->rows);
	if (layout->has_defaults)
		b->copies = cni_alloc(arena, b->most * size);
	if (!b->given || !b->rows || (layout->has_defaults && !b->copies))
		return cni_session_oom(b->s);
	for (size_t at = 0, part; at < count; at += part) {
		TRY(take_part(b, rows + at * size, count - at, &part));
		TRY(insert(b, part, at));
	}
	return CN_OK;
}

int64_t cn_session_insert_many(cn_session *s, const cn_model *model, const void *rows, size_t count)
{
	s = cni_session_for(s, model);
	const cni_layout *layout = cni_session_writable(s, model);

	if (!layout || !count || !cni_session_ready(s))
		return 0;
	cni_arena_reset(&s->scratch);
	cni_bulk b = {.s = s, .layout = layout, .feed.s = s};
	cn_status status = insert_all(&b, rows, count);
	cni_feed_done(&b.feed);
	s->epoch++;
	return status < 0 ? 0 : (int64_t)count;
}

/* ---- by a condition ---- */

static cn_status run(cn_session *s, const cni_layout *layout, const cni_buffer *sql,
	const cn_value *args, size_t count, int64_t *ret)
{
	CLEANUP(cni_stmt_releasep) cni_stmt *stmt = NULL;
	cni_conn *conn;

	if (sql->failed)
		return cni_session_oom(s);
	TRY(cni_session_writer(s, &conn));
	TRY(cni_session_prepare(s, conn, sql->data, layout, &stmt));
	TRY(cni_session_bind(s, stmt, sql->data, args, count));
	TRY(cni_stmt_run(stmt, &s->error));
	*ret = cni_conn_changes(conn);
	s->epoch++;
	return CN_OK;
}

static bool is_text(const cn_value *value) { return value->type == CN_TYPE_TEXT && value->size; }

int64_t cn_session_update_where(
	cn_session *s, const cn_model *model, size_t count, const cn_value *args)
{
	CLEANUP(cni_buffer_done) cni_buffer sql = {0};
	int64_t changes = 0;

	s = cni_session_for(s, model);
	const cni_layout *layout = cni_session_writable(s, model);
	if (!layout || !cni_session_ready(s))
		return 0;
	if (count < 2 || !is_text(&args[0]) || !is_text(&args[1])) {
		cn_error_set(&s->error, CN_EARG,
			"cn_update_where wants what is set and a condition, both as text");
		cn_error_hint(&s->error, "for all rows the condition is \"true\"");
		return 0;
	}
	cni_arena_reset(&s->scratch);
	/* each on lines of its own: a comment at its end swallows nothing */
	cni_buffer_printf(&sql, "UPDATE %s SET %s\n", layout->quoted, (const char *)args[0].as.p);
	for (size_t i = 0; i < layout->field_count; i++) {
		const cni_field *field = &layout->fields[i];
		if (field->column->on_update_sql)
			cni_buffer_printf(
				&sql, ", %s = (%s\n)", field->quoted, field->column->on_update_sql);
		if (field->column->version)
			cni_buffer_printf(&sql, ", %s = %s + 1", field->quoted, field->quoted);
	}
	cni_buffer_printf(&sql, " WHERE (%s\n)", (const char *)args[1].as.p);
	return run(s, layout, &sql, args + 2, count - 2, &changes) < 0 ? 0 : changes;
}

int64_t cn_session_delete_where(
	cn_session *s, const cn_model *model, size_t count, const cn_value *args)
{
	CLEANUP(cni_buffer_done) cni_buffer sql = {0};
	int64_t changes = 0;

	s = cni_session_for(s, model);
	const cni_layout *layout = cni_session_writable(s, model);
	if (!layout || !cni_session_ready(s))
		return 0;
	if (!count || !is_text(&args[0])) {
		cn_error_set(&s->error, CN_EARG, "cn_delete_where wants a condition");
		cn_error_hint(&s->error, "for all rows it is \"true\"");
		return 0;
	}
	cni_arena_reset(&s->scratch);
	cni_buffer_printf(
		&sql, "DELETE FROM %s WHERE (%s\n)", layout->quoted, (const char *)args[0].as.p);
	return run(s, layout, &sql, args + 1, count - 1, &changes) < 0 ? 0 : changes;
}
