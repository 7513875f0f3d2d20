/* sql.c - statements of the program's own: rows into any struct by column name, and statements
 * without rows. */
#include <string.h>

#include "base/try.h"
#include "orm/session_impl.h"

typedef struct cni_sql_taker {
	cn_session *s;
	const cni_layout *layout;
	const cn_column **columns; /* of the result, in its order */
	cni_shape shape;
	void **rows;
	size_t count;
} cni_sql_taker;

static int take_sql_row(const cni_tuple *values, void *ctx, cn_error *err)
{
	cni_sql_taker *taker = ctx;
	cn_session *s = taker->s;
	size_t size = taker->layout->model->size;
	void *row = cni_texts_room(&s->packed, size, taker->layout->align);

	if (!row || !CNI_PUSH(&s->scratch, taker->rows, taker->count, row))
		return cni_session_oom(s);
	memset(row, 0, size);
	if (cni_tuple_fill(values, 0, &taker->shape, row, &s->texts, err) < 0) {
		if (err->status == CN_EARG)
			err->status = CN_ESCHEMA;
		return cn_error_wrap(err, "reading a \"%s\"", taker->layout->name);
	}
	return 0;
}

static cn_status decode_other(const cni_shape *shape, size_t index, void *into,
	const cn_value *value, cni_texts *texts, cn_error *err)
{
	const cni_sql_taker *taker = shape->owner;

	return cni_decode(taker->columns[index], into, value, texts, err);
}

static cn_status map_columns(cn_session *s, cni_stmt *stmt, cni_sql_taker *taker)
{
	size_t count = cni_stmt_columns(stmt);

	if (!count)
		return cn_fail(&s->error, CN_EARG, "the statement yields no rows: use cn_execute");
	taker->columns = cni_alloc(&s->scratch, count * sizeof *taker->columns);
	cni_slot *slots = cni_alloc(&s->scratch, count * sizeof *slots);
	if (!taker->columns || !slots)
		return cni_session_oom(s);
	taker->shape = (cni_shape){slots, count, decode_other, taker};
	for (size_t i = 0; i < count; i++) {
		const char *name = cni_stmt_name(stmt, i);
		long field = name ? cni_layout_field(taker->layout, name) : -1;
		if (field < 0) {
			cn_error_set(&s->error, CN_EARG,
				"\"%s\" has no member for the result's column \"%s\"",
				taker->layout->name, name ? name : "?");
			cni_hint_column(taker->layout, name ? name : "", &s->scratch, &s->error);
			return CN_EARG;
		}
		taker->columns[i] = taker->layout->fields[field].column;
		slots[i] = cni_layout_slot(taker->columns[i]);
	}
	return CN_OK;
}

static cn_status take_sql(
	cn_session *s, const cni_layout *layout, size_t count, const cn_value *args, void ***ret)
{
	CLEANUP(cni_stmt_releasep) cni_stmt *stmt = NULL;
	cni_sql_taker taker = {.s = s, .layout = layout};
	cni_conn *conn;

	if (!count || args[0].type != CN_TYPE_TEXT)
		return cn_fail(&s->error, CN_EARG, "there is no SQL");
	TRY(cni_session_reader(s, &conn));
	TRY(cni_session_prepare(s, conn, args[0].as.p, NULL, &stmt));
	TRY(map_columns(s, stmt, &taker));
	TRY(cni_session_bind(s, stmt, args[0].as.p, args + 1, count - 1));
	TRY(cni_stmt_tuples(stmt, take_sql_row, &taker, &s->error));
	void **list = cni_alloc(&s->rows, (taker.count + 1) * sizeof *list);
	if (!list)
		return cni_session_oom(s);
	if (taker.count)
		memcpy(list, taker.rows, taker.count * sizeof *list);
	*ret = list;
	return CN_OK;
}

void **cn_session_sql(cn_session *s, const cn_model *model, size_t count, const cn_value *args)
{
	s = cni_session_for(s, model);
	void **list = s->nothing;

	s->nothing[0] = NULL;
	if (!cni_session_ready(s))
		return list;
	cni_arena_reset(&s->scratch);
	const cni_layout *layout = cni_session_layout(s, model);
	if (layout && take_sql(s, layout, count, args, &list) < 0)
		return s->nothing;
	return list;
}

static cn_status execute(cn_session *s, size_t count, const cn_value *args, int64_t *ret)
{
	CLEANUP(cni_stmt_releasep) cni_stmt *stmt = NULL;
	cni_conn *conn;

	if (!count || args[0].type != CN_TYPE_TEXT)
		return cn_fail(&s->error, CN_EARG, "there is no SQL");
	TRY(cni_session_writer(s, &conn));
	TRY(cni_session_prepare(s, conn, args[0].as.p, NULL, &stmt));
	TRY(cni_session_bind(s, stmt, args[0].as.p, args + 1, count - 1));
	TRY(cni_stmt_run(stmt, &s->error));
	*ret = cni_conn_changes(conn);
	s->epoch++;
	return CN_OK;
}

int64_t cn_session_execute(cn_session *s, size_t count, const cn_value *args)
{
	int64_t changes = 0;

	if (!cni_session_ready(s))
		return 0;
	cni_arena_reset(&s->scratch);
	return execute(s, count, args, &changes) < 0 ? 0 : changes;
}
