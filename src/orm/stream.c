/* stream.c - reading a table of any size with one row of memory. */
#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

#include "base/try.h"
#include "orm/session_impl.h"

/* The row follows the head, so that the loop needs no other variable. */
struct cni_stream {
	cn_session *s; /* NULL: the session is closed */
	cni_stream *next;
	const cni_layout *layout;
	cni_stmt *stmt; /* NULL: the transaction that it read in is over */
	cn_value *values;
	cni_arena arena; /* texts of the present row that had to be copied */
	alignas(max_align_t) char row[];
};

static cni_stream *stream_of(void *row)
{
	return (cni_stream *)(void *)((char *)row - offsetof(cni_stream, row));
}

static void leave(cni_stream *stream)
{
	cni_stream **at = stream->s ? &stream->s->streams : NULL;

	while (at && *at && *at != stream)
		at = &(*at)->next;
	if (at && *at)
		*at = stream->next;
}

void cn_stream_close(void *row)
{
	if (!row)
		return;
	cni_stream *stream = stream_of(row);
	leave(stream);
	cni_stmt_release(stream->stmt);
	cni_arena_done(&stream->arena);
	free(stream->values);
	free(stream);
}

void cn_stream_closep(void *row_pointer) { cn_stream_close(*(void **)row_pointer); }

void cni_streams_stop(cn_session *s)
{
	for (cni_stream *stream = s->streams; stream; stream = stream->next) {
		cni_stmt_release(stream->stmt);
		stream->stmt = NULL;
	}
}

void cni_streams_orphan(cn_session *s)
{
	for (cni_stream *stream = s->streams; stream; stream = stream->next)
		stream->s = NULL;
	s->streams = NULL;
}

/* A stream's texts are the driver's: good until the next step. What the program may write into is
 * copied. */
static cn_status read_row(cni_stream *stream, cn_error *err)
{
	cni_texts texts = {.arena = &stream->arena, .borrow = true};
	cni_tuple values = cni_stmt_here(stream->stmt);

	cni_arena_reset(&stream->arena);
	return cni_session_fill(stream->layout, &values, 0, stream->row, &texts, err);
}

static cn_status step(cni_stream *stream, bool *ret_row)
{
	cn_session *s = stream->s;

	if (cni_session_failed(s))
		return s->error.status;
	if (!stream->stmt) {
		cn_error_set(&s->error, CN_EARG,
			"the transaction that cn_each reads in was ended inside the loop");
		cn_error_hint(&s->error, "commit after the loop; cn_flush may be called in it");
		return CN_EARG;
	}
	int got = cni_stmt_step(stream->stmt, &s->error);
	if (got < 0)
		return (cn_status)got;
	*ret_row = got == CNI_ROW;
	return *ret_row ? read_row(stream, &s->error) : CN_OK;
}

void *cn_stream_next(void *row)
{
	cni_stream *stream = stream_of(row);
	bool more = false;

	if (stream->s && step(stream, &more) == CN_OK && more)
		return row;
	cn_stream_close(row);
	return NULL;
}

static cn_status prepare(cni_stream *stream, const cn_query *query)
{
	CLEANUP(cni_buffer_done) cni_buffer sql = {0};
	cn_session *s = stream->s;
	size_t count = query->where.count;
	cni_conn *conn;

	TRY(cni_query_check(s, query));
	if (query->load || query->join)
		return cn_fail(&s->error, CN_EARG,
			"cn_each loads no relations: its rows are no rows of the session");
	cni_query_select(&sql, stream->layout, query, false);
	if (sql.failed)
		return cni_session_oom(s);
	TRY(cni_session_reader(s, &conn));
	TRY(cni_session_prepare(s, conn, sql.data, stream->layout, &stream->stmt));
	/* the arguments are the caller's; the stream outlives them */
	for (size_t i = 1; i < count; i++) {
		cn_value *copy = &stream->values[stream->layout->field_count + i - 1];
		*copy = query->where.args[i];
		if (copy->type != CN_TYPE_TEXT && copy->type != CN_TYPE_BLOB)
			continue;
		copy->as.p = cni_strndup(&s->rows, query->where.args[i].as.p, copy->size);
		if (!copy->as.p)
			return cni_session_oom(s);
	}
	return cni_session_bind(s, stream->stmt, sql.data,
		stream->values + stream->layout->field_count, count ? count - 1 : 0);
}

void *cn_stream_open(cn_session *s, const cn_model *model, const cn_query *query)
{
	s = cni_session_for(s, model);
	if (!cni_session_ready(s))
		return NULL;
	const cni_layout *layout = cni_session_layout(s, model);
	if (!layout)
		return NULL;
	if (model->kind == CN_MODEL_ROW) {
		cn_error_set(&s->error, CN_EARG, "model \"%s\" has no table: it is for cn_sql",
			layout->name);
		return NULL;
	}
	cni_stream *stream = calloc(1, sizeof *stream + model->size);
	if (stream)
		stream->values =
			calloc(layout->field_count + query->where.count, sizeof *stream->values);
	if (!stream || !stream->values) {
		free(stream);
		(void)cni_session_oom(s);
		return NULL;
	}
	stream->s = s;
	stream->layout = layout;
	stream->next = s->streams;
	s->streams = stream;
	if (prepare(stream, query) < 0) {
		cn_stream_close(stream->row);
		return NULL;
	}
	return cn_stream_next(stream->row);
}
