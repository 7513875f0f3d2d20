/* reply_json.c - JSON replies: the public writer, rows from models, pages; see cantil/web.h. */
#include <string.h>

#include <cantil/session.h>

#include "base/clock.h"
#include "base/try.h"
#include "web/request.h"

enum { NESTING_MAX = 8 }; /* relations below relations */

cn_json *cn_reply_json_begin(cn_reply *reply, int status)
{
	cni_reply_start(reply, CNI_REPLY_BODY, status, "application/json");
	reply->json = (cn_json){.writer = {.out = &reply->body}, .reply = reply};
	reply->json_open = true;
	return &reply->json;
}

void cni_reply_json_finish(cn_reply *reply)
{
	cni_json *writer = &reply->json.writer;

	if (!reply->json_open)
		return;
	while (writer->depth)
		cni_json_end(writer);
	if (!reply->body.size)
		cni_json_null(writer, NULL);
	reply->json_open = false;
}

/* The writer below asserts; what a handler gets wrong must be a 500 that says so instead. */
static bool may_write(cn_json *json, const char *name, bool opens)
{
	const cni_json *w = &json->writer;
	const char *why = NULL;

	if (json->reply->broken)
		return false;
	if (!w->depth && (name || w->out->size))
		why = name ? "a JSON value outside an object has no name"
			   : "a JSON reply has one value at its top";
	else if (w->depth && w->array[w->depth - 1] && name)
		why = "a JSON value inside an array has no name";
	else if (w->depth && !w->array[w->depth - 1] && !name)
		why = "a JSON value inside an object needs a name";
	else if (opens && w->depth >= CNI_JSON_DEPTH)
		why = "a JSON reply is nested too deep";
	if (why)
		cni_reply_break(json->reply, CN_EARG, why);
	return !why;
}

void cn_json_object(cn_json *json, const char *name)
{
	if (may_write(json, name, true))
		cni_json_object(&json->writer, name);
}

void cn_json_array(cn_json *json, const char *name)
{
	if (may_write(json, name, true))
		cni_json_array(&json->writer, name);
}

void cn_json_end(cn_json *json)
{
	if (!json->writer.depth)
		cni_reply_break(
			json->reply, CN_EARG, "cn_json_end without an open object or array");
	else
		cni_json_end(&json->writer);
}

void cn_json_text(cn_json *json, const char *name, const char *value)
{
	if (may_write(json, name, false))
		cni_json_text(&json->writer, name, value);
}

void cn_json_int(cn_json *json, const char *name, int64_t value)
{
	if (may_write(json, name, false))
		cni_json_int(&json->writer, name, value);
}

void cn_json_double(cn_json *json, const char *name, double value)
{
	if (may_write(json, name, false))
		cni_json_double(&json->writer, name, value);
}

void cn_json_bool(cn_json *json, const char *name, bool value)
{
	if (may_write(json, name, false))
		cni_json_bool(&json->writer, name, value);
}

void cn_json_null(cn_json *json, const char *name)
{
	if (may_write(json, name, false))
		cni_json_null(&json->writer, name);
}

static void base64(cn_json *json, const char *name, const unsigned char *data, size_t size)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	CLEANUP(cni_buffer_done) cni_buffer text = {0};

	for (size_t i = 0; i < size; i += 3) {
		unsigned a = data[i], b = size - i > 1 ? data[i + 1] : 0,
			 c = size - i > 2 ? data[i + 2] : 0;
		char four[4] = {digits[a >> 2], digits[(a & 3) << 4 | b >> 4],
			size - i > 1 ? digits[(b & 15) << 2 | c >> 6] : '=',
			size - i > 2 ? digits[c & 63] : '='};
		cni_buffer_add(&text, four, sizeof four);
	}
	json->writer.out->failed |= text.failed;
	cni_json_text_size(&json->writer, name, cni_buffer_text(&text), text.size);
}

void cn_json_value(cn_json *json, const char *name, cn_value value)
{
	char text[CNI_TIME_TEXT];

	if (!may_write(json, name, false))
		return;
	switch (value.type) {
	case CN_TYPE_BOOL: cni_json_bool(&json->writer, name, value.as.b); break;
	case CN_TYPE_INT32:
	case CN_TYPE_INT64: cni_json_int(&json->writer, name, value.as.i); break;
	case CN_TYPE_DOUBLE: cni_json_double(&json->writer, name, value.as.d); break;
	case CN_TYPE_TEXT:
	case CN_TYPE_TEXT_ARRAY:
		cni_json_text_size(&json->writer, name, value.as.p, value.size);
		break;
	case CN_TYPE_BLOB: base64(json, name, value.as.p, value.size); break;
	case CN_TYPE_TIME:
		cni_time_text(value.as.i, true, text);
		cni_json_text(&json->writer, name, text);
		break;
	case CN_TYPE_DATE:
		cni_date_text((int32_t)value.as.i, text);
		cni_json_text(&json->writer, name, text);
		break;
	case CN_TYPE_CLOCK: /* of the first day: "1970-01-01T12:30:00Z" */
		cni_time_text(value.as.i, true, text);
		text[strcspn(text, "Z")] = '\0';
		cni_json_text(&json->writer, name, text + 11);
		break;
	case CN_TYPE_DECIMAL: /* columns' types: their values are texts */
	case CN_TYPE_UUID:
	case CN_TYPE_JSON:
	case CN_TYPE_NULL:
	case CN_TYPE_NONE: cni_json_null(&json->writer, name); break;
	}
}

/* ---- rows ---- */

typedef struct nesting { /* the rows that the one being written stands in */
	const cn_model *model;
	const void *row;
	const struct nesting *outer;
	size_t depth;
} nesting;

static const cn_model *model_named(const cn_json *json, const char *type_name)
{
	const cn_model *const *models = cn_app_models(json->reply->req->web->app);

	for (; *models; models++) {
		if (strcmp((*models)->type_name, type_name) == 0)
			return *models;
	}
	return NULL;
}

/* A producer's products do not show their producer again, nor that one's products: what leads back
 * to a model further out is left away. A model that refers to itself (a tree) is followed down to
 * new rows. */
static bool leads_back(const nesting *at, const cn_model *target, const void *row)
{
	if (at->depth >= NESTING_MAX)
		return true;
	for (const nesting *outer = at; outer; outer = outer->outer) {
		if (outer->row == row ||
			(outer != at && target != at->model && outer->model == target))
			return true;
	}
	return false;
}

static void write_row(cn_json *json, const char *name, const nesting *at);

static void write_relation(cn_json *json, const cn_relation *relation,
	const nesting *at) /* NOLINT(misc-no-recursion) */
{
	const char *member = (const char *)at->row + relation->offset;
	const void *const *list;
	const cn_model *target = model_named(json, relation->model);

	memcpy(&list, member, sizeof list);
	if (!list || !target)
		return; /* not loaded */
	if (!relation->many) {
		const void *row = list;
		if (!leads_back(at, target, row))
			write_row(
				json, relation->member, &(nesting){target, row, at, at->depth + 1});
		return;
	}
	if (leads_back(at, target, NULL))
		return;
	cni_json_array(&json->writer, relation->member);
	for (; *list; list++) {
		if (!leads_back(at, target, *list))
			write_row(json, NULL, &(nesting){target, *list, at, at->depth + 1});
	}
	cni_json_end(&json->writer);
}

static void write_row(cn_json *json, const char *name,
	const nesting *at) /* NOLINT(misc-no-recursion): NESTING_MAX */
{
	const cn_column *column;
	const cn_relation *relation;
	size_t i = 0;

	if (!may_write(json, name, true))
		return;
	cni_json_object(&json->writer, name);
	while ((column = cn_model_columns(at->model, &i)))
		cn_json_value(json, column->member, cn_column_get(column, at->row));
	i = 0;
	while (json->writer.depth + 2 < CNI_JSON_DEPTH &&
		(relation = cn_model_relations(at->model, &i)))
		write_relation(json, relation, at);
	cni_json_end(&json->writer);
}

void cn_json_row(cn_json *json, const char *name, const cn_model *model, const void *row)
{
	if (row)
		write_row(json, name, &(nesting){model, row, NULL, 0});
	else
		cn_json_null(json, name);
}

void cn_json_rows(cn_json *json, const char *name, const cn_model *model, const void *list)
{
	const void *const *rows = list;

	if (!may_write(json, name, true))
		return;
	cni_json_array(&json->writer, name);
	for (; rows && *rows; rows++)
		cn_json_row(json, NULL, model, *rows);
	cni_json_end(&json->writer);
}

void cn_reply_json_row(cn_reply *reply, int status, const cn_model *model, const void *row)
{
	cn_json_row(cn_reply_json_begin(reply, status), NULL, model, row);
}

void cn_reply_json_rows(cn_reply *reply, int status, const cn_model *model, const void *list)
{
	cn_json_rows(cn_reply_json_begin(reply, status), NULL, model, list);
}

void cn_reply_json(cn_reply *reply, int status, const cn_page *page)
{
	cn_json *json = cn_reply_json_begin(reply, status);

	cn_json_object(json, NULL);
	cn_json_rows(json, "items", page->model, page->items);
	cn_json_int(json, "total", page->total);
	cn_json_int(json, "page", (int64_t)page->page);
	cn_json_int(json, "pages", (int64_t)page->pages);
	cn_json_int(json, "per_page", (int64_t)page->per_page);
	cn_json_bool(json, "has_previous", page->has_previous);
	cn_json_bool(json, "has_next", page->has_next);
	cn_json_end(json);
}
