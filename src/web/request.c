/* request.c - what a handler asks its request; see cantil/web.h. */
#include "web/request.h"

#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "base/try.h"

void cni_request_init(cn_request *req, cni_web *web)
{
	/* everything before the two errors, which follow one another at the end */
	memset(req, 0, offsetof(cn_request, reply) + offsetof(cn_reply, error));
	cni_error_clear(&req->reply.error);
	cni_error_clear(&req->session_error);
	req->web = web;
	req->reply.req = req;
	req->reply.file = -1;
}

/* A connection that once had a large body or reply does not keep that memory. */
static void reset_buffer(cni_buffer *buffer)
{
	enum { KEEP = 64 * 1024 };

	buffer->limit = 0;
	if (buffer->cap > KEEP)
		cni_buffer_done(buffer);
	else
		cni_buffer_clear(buffer);
}

void cni_request_reset(cn_request *req)
{
	cni_buffer body = req->body, out = req->reply.body;
	cni_arena arena = req->arena;
	cni_web *web = req->web;

	cni_json_free(req);
	if (req->reply.file >= 0)
		close(req->reply.file);
	reset_buffer(&body);
	reset_buffer(&out);
	cni_arena_reset(&arena);
	cni_request_init(req, web);
	req->arena = arena;
	req->body = body;
	req->reply.body = out;
}

void cni_request_done(cn_request *req)
{
	cni_request_reset(req);
	cni_buffer_done(&req->body);
	cni_buffer_done(&req->reply.body);
	cni_arena_done(&req->arena);
}

const char *cn_request_method(const cn_request *req) { return req->method; }

const char *cn_request_path(const cn_request *req) { return req->path; }

const char *cn_request_target(const cn_request *req) { return req->target; }

const char *cn_request_client(const cn_request *req) { return req->client; }

void *cn_request_data(const cn_request *req) { return req->web->data; }

bool cni_request_is(const cn_request *req, const char *content_type)
{
	const char *sent = cn_request_header(req, "Content-Type");
	size_t size = strlen(content_type);

	if (!sent || cni_ncasecmp(sent, content_type, size) != 0)
		return false;
	sent += size;
	return sent[strspn(sent, " \t")] == '\0' || sent[strspn(sent, " \t")] == ';';
}

bool cn_request_wants_json(const cn_request *req)
{
	const char *accept = cn_request_header(req, "Accept");
	const char *json = accept ? strstr(accept, "json") : NULL;
	const char *html = accept ? strstr(accept, "text/html") : NULL;

	if (json && html)
		return json < html;
	if (json || html)
		return json != NULL;
	return cni_request_is(req, "application/json");
}

const char *cn_request_param(const cn_request *req, const char *name)
{
	const cni_route *route = req->match.route;

	for (size_t i = 0; route && i < route->param_count; i++) {
		if (strcmp(route->params[i], name) == 0)
			return req->match.values[i];
	}
	return NULL;
}

int64_t cn_request_param_int(const cn_request *req, const char *name)
{
	int64_t value = 0;

	return cni_parse_int(cn_request_param(req, name), &value) ? value : 0;
}

static cn_null_int64 as_int(const char *text)
{
	int64_t value;

	return cni_parse_int(text, &value) ? (cn_null_int64){true, value} : (cn_null_int64){0};
}

static cn_null_double as_double(const char *text)
{
	double value;

	return cni_parse_double(text, &value) ? (cn_null_double){true, value} : (cn_null_double){0};
}

const char *cn_request_query(const cn_request *req, const char *name)
{
	return cni_pairs_get(&req->query, name, 0);
}

const char *cn_request_query_at(const cn_request *req, const char *name, size_t index)
{
	return cni_pairs_get(&req->query, name, index);
}

cn_null_int64 cn_request_query_int(const cn_request *req, const char *name)
{
	return as_int(cn_request_query(req, name));
}

cn_null_double cn_request_query_double(const cn_request *req, const char *name)
{
	return as_double(cn_request_query(req, name));
}

int64_t cn_request_page(const cn_request *req)
{
	cn_null_int64 page = cn_request_query_int(req, "page");

	return page.set && page.value > 0 ? page.value : 1;
}

const char *cn_request_header(const cn_request *req, const char *name)
{
	return cni_header_find(req->headers, req->header_count, name);
}

const char *cn_request_cookie(const cn_request *req, const char *name)
{
	return cni_pairs_get(&req->cookies, name, 0);
}

const char *cn_request_body(const cn_request *req, size_t *ret_size)
{
	if (ret_size)
		*ret_size = req->body.size;
	return cni_buffer_text(&req->body);
}

const char *cn_request_form(const cn_request *req, const char *name)
{
	return cni_pairs_get(&req->form, name, 0);
}

const char *cn_request_form_at(const cn_request *req, const char *name, size_t index)
{
	return cni_pairs_get(&req->form, name, index);
}

cn_null_int64 cn_request_form_int(const cn_request *req, const char *name)
{
	return as_int(cn_request_form(req, name));
}

cn_null_double cn_request_form_double(const cn_request *req, const char *name)
{
	return as_double(cn_request_form(req, name));
}

void *cn_request_alloc(cn_request *req, size_t size_bytes)
{
	return cni_alloc(&req->arena, size_bytes);
}

char *cn_request_printf(cn_request *req, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	char *text = cni_vprintf(&req->arena, fmt, ap);
	va_end(ap);
	return text;
}

const char *cn_request_url_encode(cn_request *req, const char *text)
{
	CLEANUP(cni_buffer_done) cni_buffer out = {0};

	cni_url_encode(&out, text ? text : "");
	return cni_buffer_dup(&out, &req->arena);
}
