/*
 * request.h - one request and its reply, inside.
 *
 * Whoever receives requests (the server, the test client) keeps a cn_request, fills method, target,
 * headers, client and body, calls cni_dispatch(), sends the reply, and calls cni_request_reset()
 * before the next one: the memory is used again.
 */
#ifndef CNI_WEB_REQUEST_H
#define CNI_WEB_REQUEST_H

#include <cantil/web.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/json.h"
#include "web/app.h"
#include "web/guard.h"
#include "web/url.h"

typedef enum cni_reply_kind {
	CNI_REPLY_NONE = 0, /* not answered yet: 204 */
	CNI_REPLY_BODY,
	CNI_REPLY_FILE,
	CNI_REPLY_ERROR, /* a page still to be made */
} cni_reply_kind;

struct cn_json {
	cni_json writer;
	cn_reply *reply;
};

struct cn_reply {
	cn_request *req;
	cni_reply_kind kind;
	int status;
	bool html, json_open;
	const char *content_type;
	cni_buffer body;
	cni_header *headers;
	size_t header_count;
	int file; /* CNI_REPLY_FILE: open for reading; else -1 */
	uint64_t file_size;
	bool secret; /* the error is shown in debug mode only */
	bool broken; /* something that could not be done: a 500 */
	cn_json json;
	cn_error error; /* what the error page says; status 0: the usual words. Last: see
			   cni_request_init */
};

struct cn_request {
	cni_web *web;
	cni_arena arena;
	const char *method, *target; /* target: as sent */
	unsigned method_bit;
	char client[48];
	cni_header *headers;
	size_t header_count;
	cni_buffer body;

	const char *path; /* decoded */
	cni_pairs query, form, cookies;
	cni_match match;
	void *json; /* json_t; NULL: there is none */
	cn_session *session;
	cn_db *spare_db;        /* see session.c */
	cn_reply reply;         /* these two last: see cni_request_init */
	cn_error session_error; /* why there could be no session */
};

/* An error is some kilobytes of text: not one to be zeroed for each request. */
static inline void cni_error_clear(cn_error *err)
{
	err->status = CN_OK;
	err->sqlstate[0] = err->message[0] = err->detail[0] = err->hint[0] = '\0';
}

void cni_request_init(cn_request *req, cni_web *web);
void cni_request_reset(cn_request *req);
void cni_request_done(cn_request *req);

/* json_body.c: reads the body; CN_EARG with line and column. */
cn_status cni_request_read_json(cn_request *req, cn_error *err) CN_MUST_CHECK;
void cni_json_free(cn_request *req);
/* Is the body of this type ("application/json"), parameters apart? */
bool cni_request_is(const cn_request *req, const char *content_type);

/* session.c: commit is the handler's; this ends what it left open. Its first error goes to
 * *ret_error. */
void cni_request_end_session(cn_request *req, cn_error *ret_error);

/* reply.c: begins anew; false when the request is broken already. */
void cni_reply_start(cn_reply *reply, cni_reply_kind kind, int status, const char *content_type);
void cni_reply_break(cn_reply *reply, cn_status status, const char *why);
/* reply_json.c: closes what is open. */
void cni_reply_json_finish(cn_reply *reply);
/* reply_html.c: the directives of cn_reply_html. */
void cni_html_vprintf(cn_reply *reply, bool escape, const char *fmt, va_list args);
void cni_html_escape(cni_buffer *out, const char *text, size_t size);

/* error_page.c: turns CNI_REPLY_ERROR into a page, HTML or JSON. */
void cni_error_page(cn_reply *reply);
const char *cni_status_words(int status);
int cni_status_of(cn_status status);
/* A page of ours around a heading, escaped text and trusted HTML. */
void cni_page_html(cni_buffer *out, const char *title, const char *heading, const char *text,
	const char *detail, const char *hint);

/* static_file.c: answers with the file `name` below the folder, which is a text of the route's. */
void cni_static_reply(cn_request *req, cn_reply *reply, const char *folder, const char *name);
void cni_static_handler(cn_request *req, cn_reply *reply);
const char *cni_mime_type(const char *name);

#endif
