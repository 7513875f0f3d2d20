/* sql.c - statements of the program's own: rows into any struct by column name, and statements
 * without rows. */
#include <stdalign.h>
#include <string.h>

#include "base/text.h"
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

static cn_status want_rows(cn_session *s, const cni_stmt *stmt)
{
	return cni_stmt_columns(stmt) ? CN_OK
				      : cn_fail(&s->error, CN_EARG,
						"the statement yields no rows: use cn_execute");
}

/* The shape of taker->columns, once they are known. */
static cn_status make_shape(cni_sql_taker *taker, size_t count)
{
	cni_slot *slots = cni_alloc(&taker->s->scratch, count * sizeof *slots);

	if (!slots)
		return cni_session_oom(taker->s);
	for (size_t i = 0; i < count; i++)
		slots[i] = cni_layout_slot(taker->columns[i]);
	taker->shape = (cni_shape){slots, count, decode_other, taker};
	return CN_OK;
}

static cn_status map_columns(cn_session *s, cni_stmt *stmt, cni_sql_taker *taker)
{
	size_t count = cni_stmt_columns(stmt);

	taker->columns = cni_alloc(&s->scratch, count * sizeof *taker->columns);
	if (!taker->columns)
		return cni_session_oom(s);
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
	}
	return make_shape(taker, count);
}

/* The name of a result's column; of several that are the same, the second is "name:2". */
static const char *column_name(cn_session *s, cni_stmt *stmt, size_t column)
{
	const char *name = cni_stmt_name(stmt, column);
	size_t same = 1;

	for (size_t i = 0; name && i < column; i++) {
		const char *other = cni_stmt_name(stmt, i);
		same += other && cni_same(other, name);
	}
	if (!name)
		return NULL;
	return same > 1 ? cni_printf(&s->rows, "%s:%zu", name, same) : cni_strdup(&s->rows, name);
}

/* A model of the result: it lives as long as the rows. */
static cn_status model_of_result(
	cn_session *s, cni_stmt *stmt, const cn_model **ret_model, cni_sql_taker *taker)
{
	size_t count = cni_stmt_columns(stmt);
	cn_column *columns = cni_alloc(&s->rows, count * sizeof *columns);
	const cn_part **parts = cni_alloc(&s->rows, (count + 1) * sizeof *parts);
	cn_model *model = cni_alloc(&s->rows, sizeof *model);
	cni_layout *layout = cni_alloc(&s->rows, sizeof *layout);

	taker->columns = cni_alloc(&s->scratch, count * sizeof *taker->columns);
	if (!columns || !parts || !model || !layout || !taker->columns)
		return cni_session_oom(s);
	for (size_t i = 0; i < count; i++) {
		columns[i] = (cn_column){.part.kind = CN_PART_COLUMN,
			.member = column_name(s, stmt, i),
			.offset = i * sizeof(cn_value),
			.size = sizeof(cn_value),
			.storage = CN_STORE_VALUE};
		if (!columns[i].member)
			return cni_session_oom(s);
		parts[i] = &columns[i].part;
		taker->columns[i] = &columns[i];
	}
	*model = (cn_model){.kind = CN_MODEL_ROW,
		.type_name = "the result",
		.size = count * sizeof(cn_value),
		.parts = parts};
	*layout =
		(cni_layout){.model = model, .name = model->type_name, .align = alignof(cn_value)};
	taker->layout = layout;
	*ret_model = model;
	return make_shape(taker, count);
}

/* Into the layout's struct, or (NULL) into a model of its own. */
static cn_status take_sql(cn_session *s, const cni_layout *layout, const cn_model **ret_model,
	size_t count, const cn_value *args, void ***ret)
{
	CLEANUP(cni_stmt_releasep) cni_stmt *stmt = NULL;
	cni_sql_taker taker = {.s = s, .layout = layout};
	cni_conn *conn;

	if (!count || args[0].type != CN_TYPE_TEXT)
		return cn_fail(&s->error, CN_EARG, "there is no SQL");
	TRY(cni_session_reader(s, &conn));
	TRY(cni_session_prepare(s, conn, args[0].as.p, NULL, &stmt));
	TRY(want_rows(s, stmt));
	if (layout)
		TRY(map_columns(s, stmt, &taker));
	else
		TRY(model_of_result(s, stmt, ret_model, &taker));
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
	if (layout && take_sql(s, layout, NULL, count, args, &list) < 0)
		return s->nothing;
	return list;
}

void **cn_session_query(
	cn_session *s, const cn_model **ret_model, size_t count, const cn_value *args)
{
	static const cn_part *const no_parts[] = {NULL};
	static const cn_model nothing = {
		.kind = CN_MODEL_ROW, .type_name = "the result", .parts = no_parts};
	void **list = s->nothing;

	*ret_model = &nothing;
	s->nothing[0] = NULL;
	if (!cni_session_ready(s))
		return list;
	cni_arena_reset(&s->scratch);
	return take_sql(s, NULL, ret_model, count, args, &list) < 0 ? s->nothing : list;
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
