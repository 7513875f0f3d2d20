/* query.c - reading: conditions, lists, single rows, numbers. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/try.h"
#include "orm/load_impl.h"
#include "orm/rowlist.h"

enum { SINK_COLUMNS = 100, PAGE_USUAL = 20, LIST_MIN = 16 };

static const cn_query no_query;

/* ---- statements ---- */

/* The name in "no such column: t.pric", "column t.pric does not exist", "column "pric" does …". */
static const char *missing_column(cn_session *s, const char *message)
{
	const char *at = strstr(message, "column");

	if (!at)
		return "";
	at += strlen("column");
	at += strspn(at, ": \"");
	size_t size = strcspn(at, "\" ");
	for (size_t i = 0; i < size; i++) /* without its table's name */
		if (at[i] == '.') {
			at += i + 1;
			size -= i + 1;
			i = 0;
		}
	const char *name = cni_strndup(&s->scratch, at, size);
	return name ? name : "";
}

/* A column that is not there is answered with the name that was meant. It is found when a statement
 * is prepared, or, when the table was changed since, when it is run. */
static void explain(cn_session *s, const cni_layout *layout)
{
	cn_error *err = &s->error;

	if (err->status != CN_ESQL)
		return;
	if (!strcmp(err->sqlstate, "42703") && layout) {
		const char *name = missing_column(s, err->message);
		if (!err->hint[0])
			cni_hint_column(layout, name, &s->scratch, err);
		for (size_t i = 0; i < layout->field_count; i++) {
			if (cni_same(layout->fields[i].name, name))
				cn_error_hint(err,
					"the model has it, the database does not: is a migration "
					"missing (db upgrade)?");
		}
	} else if (!strcmp(err->sqlstate, "42P01") && !err->hint[0]) {
		cn_error_hint(err, "is a migration missing (db upgrade)?");
	}
}

cn_status cni_session_prepare(
	cn_session *s, cni_conn *conn, const char *sql, const cni_layout *layout, cni_stmt **ret)
{
	cn_status status = cni_conn_prepare(conn, sql, ret, &s->error);

	if (status < 0)
		explain(s, layout);
	return status;
}

void cni_session_explain(cn_session *s, const cni_layout *layout) { explain(s, layout); }

cn_status cni_session_bind(
	cn_session *s, cni_stmt *stmt, const char *text, const cn_value *args, size_t count)
{
	size_t wanted = cni_stmt_parameters(stmt);

	if (wanted != count) {
		cn_error_set(&s->error, CN_EARG, "%zu argument%s for %zu \"?\"", count,
			count == 1 ? "" : "s", wanted);
		cn_error_detail(&s->error, "%.1000s", text);
		return CN_EARG;
	}
	for (size_t i = 0; i < count; i++) {
		if (args[i].type == CN_TYPE_NONE)
			return cn_fail(&s->error, CN_EARG,
				"argument %zu is an unsigned integer beyond 2^63-1, which no database holds",
				i + 1);
		if (args[i].type == CN_TYPE_TEXT && !cni_utf8_valid(args[i].as.p, args[i].size))
			return cn_fail(&s->error, CN_EARG,
				"argument %zu is a text that is not UTF-8", i + 1);
		if (cni_stmt_bind(stmt, i + 1, args[i], &s->error) < 0)
			return s->error.status;
	}
	return CN_OK;
}

cn_status cni_query_check(cn_session *s, const cn_query *query)
{
	const cn_condition *where = &query->where;

	if (where->count && (where->args[0].type != CN_TYPE_TEXT || !where->args[0].size))
		return cn_fail(&s->error, CN_EARG, "a condition has no text");
	return CN_OK;
}

static void add_where(cni_buffer *sql, const cn_query *query)
{
	/* a line of its own, so that a comment at its end does not swallow the parenthesis */
	if (query->where.count)
		cni_buffer_printf(sql, " WHERE (%s\n)", (const char *)query->where.args[0].as.p);
}

void cni_query_select(
	cni_buffer *sql, const cni_layout *layout, const cn_query *query, bool ordered_by_key)
{
	cni_buffer_printf(sql, "SELECT %s%s FROM %s", query->distinct ? "DISTINCT " : "",
		layout->columns_sql, layout->quoted);
	add_where(sql, query);
	if (query->order_by) {
		cni_buffer_printf(sql, " ORDER BY %s", query->order_by);
	} else if (ordered_by_key && layout->key_count) {
		for (size_t i = 0; i < layout->key_count; i++)
			cni_buffer_printf(sql, "%s%s", i ? ", " : " ORDER BY ",
				layout->fields[layout->key[i]].quoted);
	}
	if (query->limit || query->offset) {
		if (query->limit)
			cni_buffer_printf(sql, " LIMIT %zu", query->limit);
		else
			cni_buffer_printf(sql, " LIMIT %" PRId64, INT64_MAX);
		if (query->offset)
			cni_buffer_printf(sql, " OFFSET %zu", query->offset);
	}
}

/* All rows within one step of the engine, where that is possible: it saves a third of a long list.
 */
static void list_sql(cni_buffer *sql, const cni_layout *layout, const cn_query *query)
{
	bool sink = layout->field_count <= SINK_COLUMNS && !query->limit && !query->offset;
	bool plain = !query->order_by && !query->distinct;

	if (!sink) {
		cni_query_select(sql, layout, query, false);
	} else if (plain) {
		cni_buffer_printf(sql, "SELECT " CNI_ROW_FUNCTION "(%s) FROM %s",
			layout->columns_sql, layout->quoted);
		add_where(sql, query);
	} else {
		cni_buffer_printf(
			sql, "SELECT " CNI_ROW_FUNCTION "(%s) FROM (", layout->columns_sql);
		cni_query_select(sql, layout, query, false);
		cni_buffer_puts(sql, ") AS cantil_rows"); /* some engines want a name */
	}
}

/* Condition and order, each with its NUL. */
static size_t key_parts(const cn_query *query, const char *parts[2])
{
	parts[0] = query->where.count ? query->where.args[0].as.p : "";
	parts[1] = query->order_by ? query->order_by : "";
	return strlen(parts[0]) + strlen(parts[1]) + 2;
}

static bool is_last_list(const cn_session *s, const cni_layout *layout, const cn_query *query)
{
	const char *parts[2], *key = s->last_list.key.data;

	return s->last_list.layout == layout && s->last_list.limit == query->limit &&
	       s->last_list.offset == query->offset && s->last_list.distinct == query->distinct &&
	       key_parts(query, parts) == s->last_list.key.size && !strcmp(key, parts[0]) &&
	       !strcmp(key + strlen(key) + 1, parts[1]);
}

/* The text of a list, written anew only if it is not that of the last one. */
static const cni_buffer *list_text(cn_session *s, const cni_layout *layout, const cn_query *query)
{
	const char *parts[2];

	if (is_last_list(s, layout, query))
		return &s->last_list.sql;
	s->last_list.layout = NULL;
	cni_buffer_clear(&s->last_list.key);
	cni_buffer_clear(&s->last_list.sql);
	(void)key_parts(query, parts);
	for (size_t i = 0; i < CNI_COUNT(parts); i++)
		cni_buffer_add(&s->last_list.key, parts[i], strlen(parts[i]) + 1);
	list_sql(&s->last_list.sql, layout, query);
	if (s->last_list.key.failed || s->last_list.sql.failed) {
		cni_buffer_done(&s->last_list.key);
		cni_buffer_done(&s->last_list.sql);
		return NULL;
	}
	s->last_list.layout = layout;
	s->last_list.limit = query->limit;
	s->last_list.offset = query->offset;
	s->last_list.distinct = query->distinct;
	return &s->last_list.sql;
}

/* Prepares and binds a query's statement. */
static cn_status start(cn_session *s, const cni_layout *layout, const cn_query *query,
	const cni_buffer *sql, cni_stmt **ret)
{
	CLEANUP(cni_stmt_releasep) cni_stmt *stmt = NULL;
	size_t count = query->where.count;
	cni_conn *conn;

	if (!sql || sql->failed)
		return cni_session_oom(s);
	TRY(cni_session_reader(s, &conn));
	TRY(cni_session_prepare(s, conn, sql->data, layout, &stmt));
	TRY(cni_session_bind(
		s, stmt, sql->data, count ? query->where.args + 1 : NULL, count ? count - 1 : 0));
	*ret = stmt;
	stmt = NULL;
	return CN_OK;
}

/* ---- lists ---- */

typedef struct cni_taker {
	cn_session *s;
	const cni_layout *layout;
	bool read_only;
	bool joined; /* by `joins` */
	cni_joins joins;
	bool noded; /* relations will be loaded: `nodes`, else `rows` is enough */
	cni_rowlist rows;
	cni_node *nodes; /* from malloc */
	size_t count, cap;
} cni_taker;

static void taker_done(cni_taker *taker)
{
	cni_rowlist_done(&taker->rows);
	free(taker->nodes);
}

static bool add_node(cni_taker *taker, cni_node node)
{
	if (taker->count == taker->cap) {
		size_t cap = taker->cap ? taker->cap * 2 : LIST_MIN;
		cni_node *nodes = realloc(taker->nodes, cap * sizeof *nodes);
		if (!nodes)
			return false;
		taker->nodes = nodes;
		taker->cap = cap;
	}
	taker->nodes[taker->count++] = node;
	return true;
}

static int take_row(const cni_tuple *values, void *ctx, cn_error *err)
{
	cni_taker *taker = ctx;
	cni_node node = {0};

	(void)err; /* it is the session's */
	if (taker->read_only) {
		TRY(cni_session_read(taker->s, taker->layout, values, 0, &node.row));
	} else {
		TRY(cni_session_take(taker->s, taker->layout, values, 0, &node.entry));
		node.row = cni_row(node.entry);
	}
	if (taker->joined)
		TRY(cni_joins_take(taker->s, &taker->joins, values, taker->layout->field_count,
			&node, taker->read_only));
	bool added = taker->noded ? add_node(taker, node) : cni_rowlist_add(&taker->rows, node.row);
	return added ? 0 : cni_session_oom(taker->s);
}

static cn_status take_rows(
	cn_session *s, const cni_layout *layout, const cn_query *query, cni_taker *taker)
{
	CLEANUP(cni_buffer_done) cni_buffer sql = {0};
	CLEANUP(cni_stmt_releasep) cni_stmt *stmt = NULL;

	const cni_buffer *text = &sql;

	if (query->join) {
		TRY(cni_joins_parse(s, layout, query->join, &taker->joins));
		cni_joins_sql(&sql, layout, query, &taker->joins);
		taker->joined = true;
	} else {
		text = list_text(s, layout, query);
	}
	TRY(start(s, layout, query, text, &stmt));
	/* a table's rows have different numbers, so none of a query's is known when none was */
	if (!query->join && layout->int_key && layout->row_number >= 0 && !s->counts[layout->rank])
		s->fresh = layout;
	cn_status status = cni_stmt_tuples(stmt, take_row, taker, &s->error);
	s->fresh = NULL;
	if (status < 0)
		explain(s, layout);
	return status;
}

static cn_status take_list(
	cn_session *s, const cni_layout *layout, const cn_query *query, void ***ret)
{
	CLEANUP(taker_done)
	cni_taker taker = {.s = s,
		.layout = layout,
		.read_only = query->read_only,
		.noded = query->load != NULL};

	TRY(cni_query_check(s, query));
	TRY(take_rows(s, layout, query, &taker));
	if (query->load)
		TRY(cni_session_load_path(
			s, layout, taker.nodes, taker.count, query->load, query->read_only));
	for (size_t i = 0; i < taker.count; i++) {
		if (!cni_rowlist_add(&taker.rows, taker.nodes[i].row))
			return cni_session_oom(s);
	}
	void **list = cni_rowlist_make(&taker.rows, &s->rows);
	if (!list)
		return cni_session_oom(s);
	*ret = list;
	return CN_OK;
}

const cni_layout *cni_session_begin(cn_session *s, const cn_model *model)
{
	if (!cni_session_ready(s))
		return NULL;
	cni_arena_reset(&s->scratch);
	const cni_layout *layout = cni_session_layout(s, model);
	if (layout && model->kind == CN_MODEL_ROW) {
		cn_error_set(&s->error, CN_EARG, "model \"%s\" has no table: it is for cn_sql",
			layout->name);
		return NULL;
	}
	return layout;
}

void **cn_session_list(cn_session *s, const cn_model *model, const cn_query *query)
{
	s = cni_session_for(s, model);
	const cni_layout *layout = cni_session_begin(s, model);
	void **list = s->nothing;

	s->nothing[0] = NULL;
	if (layout && take_list(s, layout, query ? query : &no_query, &list) < 0)
		return s->nothing;
	return list;
}

void *cn_session_find(cn_session *s, const cn_model *model, const cn_query *query)
{
	cn_query first = query ? *query : no_query;

	first.limit = 1;
	return cn_session_list(s, model, &first)[0];
}

static void *find_one(cn_session *s, const cn_model *model, const cn_query *query, bool needed)
{
	cn_query two = query ? *query : no_query;

	s = cni_session_for(s, model);
	two.limit = 2;
	void **rows = cn_session_list(s, model, &two);
	if (cni_session_failed(s))
		return NULL;
	if (rows[0] ? !rows[1] : !needed)
		return rows[0];
	cn_error_set(&s->error, rows[0] ? CN_EARG : CN_ENOTFOUND,
		"%s \"%s\" for a condition that should find one", rows[0] ? "more than one" : "no",
		model->type_name);
	if (two.where.count)
		cn_error_detail(&s->error, "%.1000s", (const char *)two.where.args[0].as.p);
	return NULL;
}

void *cn_session_one(cn_session *s, const cn_model *model, const cn_query *query)
{
	return find_one(s, model, query, true);
}

void *cn_session_one_or_none(cn_session *s, const cn_model *model, const cn_query *query)
{
	return find_one(s, model, query, false);
}

/* ---- numbers ---- */

/* One integer; 0 when there is no row. */
static cn_status read_int(cn_session *s, const cni_layout *layout, const cn_query *query,
	const cni_buffer *sql, int64_t *ret)
{
	CLEANUP(cni_stmt_releasep) cni_stmt *stmt = NULL;

	TRY(start(s, layout, query, sql, &stmt));
	int step = cni_stmt_step(stmt, &s->error);
	if (step < 0)
		return (cn_status)step;
	*ret = step == CNI_ROW ? cni_stmt_int(stmt, 0) : 0;
	return CN_OK;
}

static int64_t number(cn_session *s, const cn_model *model, const cn_query *query, bool exists)
{
	CLEANUP(cni_buffer_done) cni_buffer sql = {0};
	int64_t result = 0;

	s = cni_session_for(s, model);
	const cni_layout *layout = cni_session_begin(s, model);
	if (!query)
		query = &no_query;
	if (!layout || cni_query_check(s, query) < 0)
		return 0;
	if (query->distinct)
		cni_buffer_printf(&sql, "SELECT %s FROM (SELECT DISTINCT %s FROM %s",
			exists ? "1" : "count(*)", layout->columns_sql, layout->quoted);
	else
		cni_buffer_printf(
			&sql, "SELECT %s FROM %s", exists ? "1" : "count(*)", layout->quoted);
	add_where(&sql, query);
	cni_buffer_printf(
		&sql, "%s%s", query->distinct ? ") AS cantil_rows" : "", exists ? " LIMIT 1" : "");
	return read_int(s, layout, query, &sql, &result) < 0 ? 0 : result;
}

int64_t cn_session_count(cn_session *s, const cn_model *model, const cn_query *query)
{
	return number(s, model, query, false);
}

bool cn_session_exists(cn_session *s, const cn_model *model, const cn_query *query)
{
	return number(s, model, query, true) != 0;
}

cn_page cn_session_paginate(
	cn_session *s, const cn_model *model, size_t page, const cn_query *query)
{
	s = cni_session_for(s, model);
	cn_query part = query ? *query : no_query;
	cn_page result = {.model = model,
		.items = s->nothing,
		.page = page ? page : 1,
		.pages = 1,
		.per_page = part.limit ? part.limit : PAGE_USUAL};
	CLEANUP(cni_buffer_done) cni_buffer order = {0};

	s->nothing[0] = NULL;
	result.total = cn_session_count(s, model, &part);
	const cni_layout *layout = cni_session_begin(s, model);
	if (!layout)
		return result;
	if (result.total > 0)
		result.pages = ((size_t)result.total + result.per_page - 1) / result.per_page;
	result.has_previous = result.page > 1;
	result.has_next = result.page < result.pages;
	part.limit = result.per_page;
	if (__builtin_mul_overflow(result.page - 1, result.per_page, &part.offset) ||
		part.offset > INT64_MAX)
		return result; /* there is no such page */
	for (size_t i = 0; !part.order_by && i < layout->key_count; i++)
		cni_buffer_printf(
			&order, "%s%s", i ? ", " : "", layout->fields[layout->key[i]].quoted);
	if (order.failed) {
		(void)cni_session_oom(s);
		return result;
	}
	if (order.size)
		part.order_by = order.data;
	result.items = cn_session_list(s, model, &part);
	return result;
}
