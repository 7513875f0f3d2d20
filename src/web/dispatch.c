/* dispatch.c - from a request to its reply: routing, body, hooks, handler, error page. No sockets
 * here. */
#include <string.h>

#include "base/text.h"
#include "base/try.h"
#include "web/request.h"

/* Path, query and cookies; whatever is wrong with them is a 400. */
static cn_status read_target(cn_request *req, cn_error *err)
{
	size_t size = strcspn(req->target, "?");
	char *path;

	for (const char *c = req->target; *c; c++) {
		if ((unsigned char)*c <= 0x20 || *c == 0x7F)
			return cn_fail(
				err, CN_EARG, "the target holds a character that must be escaped");
	}
	TRY(cni_url_decode(&req->arena, req->target, size, &path, err));
	req->path = path;
	if (req->target[size])
		TRY(cni_url_pairs(&req->arena, req->target + size + 1,
			strlen(req->target + size + 1), &req->query, err));
	for (size_t i = 0; i < req->header_count; i++) {
		if (cni_casecmp(req->headers[i].name, "Cookie") == 0)
			TRY(cni_cookie_pairs(
				&req->arena, req->headers[i].value, &req->cookies, err));
	}
	return cni_router_match(&req->web->router, &req->arena, req->method_bit, req->target, size,
		&req->match, err);
}

static cn_status read_body(cn_request *req, cn_error *err)
{
	if (cni_request_is(req, "application/json"))
		return cni_request_read_json(req, err);
	if (cni_request_is(req, "application/x-www-form-urlencoded"))
		return cni_url_pairs(
			&req->arena, cni_buffer_text(&req->body), req->body.size, &req->form, err);
	return CN_OK;
}

/* /products/ for /products, and the other way round; the query stays. */
static void redirect_slash(cn_request *req)
{
	size_t size = strcspn(req->target, "?");
	const char *query = req->target + size, *to;

	if (req->target[size - 1] == '/')
		to = cni_printf(&req->arena, "%.*s%s", (int)size - 1, req->target, query);
	else
		to = cni_printf(&req->arena, "%.*s/%s", (int)size, req->target, query);
	if (to)
		cn_reply_redirect(&req->reply, 308, to);
}

static void answer_without_route(cn_request *req)
{
	cn_reply *reply = &req->reply;
	const char *allow;

	if (!req->match.allowed) {
		if (req->match.redirect)
			redirect_slash(req);
		else
			cn_reply_error(reply, 404, "there is nothing at %s", req->path);
		return;
	}
	allow = cni_methods_text(&req->arena, req->match.allowed | CNI_OPTIONS);
	if (req->method_bit == CNI_OPTIONS)
		cn_reply_status(reply, 204);
	else
		cn_reply_error(reply, 405, "%s does not answer to %s", req->path, req->method);
	if (allow)
		cn_reply_header(reply, "Allow", allow);
}

/* Does the session's error make the reply? A handler that has told an error itself knows better;
 * but its "not there" or "no such …" may only mean that the session could not look. */
static bool error_wins(const cn_reply *reply, cn_status status)
{
	if (status >= 0)
		return false;
	if (reply->status < 400 || reply->kind == CNI_REPLY_NONE)
		return true;
	return cni_status_of(status) >= 500 && (reply->status == 404 || reply->status == 400);
}

/* The handler and what belongs to it: the hooks before, the session's end. */
static void run(cn_request *req)
{
	cn_reply *reply = &req->reply;
	cn_error err;

	cni_error_clear(&err);
	if (read_body(req, &err) < 0) {
		cn_reply_fail(reply, &err);
		reply->secret = false; /* it is about what the client sent */
		return;
	}
	for (cni_hook *hook = req->web->before; hook && reply->kind == CNI_REPLY_NONE;
		hook = hook->next)
		hook->handler(req, reply);
	if (reply->kind == CNI_REPLY_NONE)
		req->match.route->handler(req, reply);
	cni_reply_json_finish(reply);
	cni_request_end_session(req, &err);
	if (error_wins(reply, err.status)) {
		cn_reply_fail(reply, &err);
		if (req->session_error.status <
			0) /* no database is no "not found" of the client's */
			reply->status = 500;
	}
}

static void log_error(const cn_request *req)
{
	const cn_error *e = &req->reply.error;
	char line[1024];

	if (!req->web->log || (req->reply.status < 500 && !req->reply.secret))
		return;
	snprintf(line, sizeof line, "%s %s: %s%s%.300s%s%.200s", req->method, req->target,
		*e->message ? e->message : cni_status_words(req->reply.status),
		*e->detail ? " | " : "", e->detail, *e->hint ? " | " : "", e->hint);
	req->web->log(line, req->web->log_ctx);
}

static void run_error_handler(cn_request *req)
{
	int status = req->reply.status;

	for (cni_hook *hook = req->web->errors; hook; hook = hook->next) {
		if (hook->status && hook->status != status)
			continue;
		cn_error ignored;
		hook->handler(req, &req->reply);
		cni_reply_json_finish(&req->reply);
		cni_request_end_session(req, &ignored);
		if (req->reply.kind != CNI_REPLY_ERROR && req->reply.status == 200)
			req->reply.status = status; /* the page is its own, the status is not */
		return;
	}
}

/* Whatever went wrong inside a reply, and whatever memory ran out, becomes a 500. */
static void mend(cn_request *req)
{
	cn_reply *reply = &req->reply;

	if (req->arena.failed || reply->body.failed)
		cni_reply_break(reply, CN_ENOMEM, "out of memory");
	if (!reply->broken)
		return;
	cn_error why = reply->error;
	reply->broken = false;
	reply->header_count = 0;
	req->arena.failed = false;
	cn_error_detail(&why, "handler %s", req->match.route ? req->match.route->name : "none");
	cn_reply_fail(reply, &why);
	reply->status = 500;
}

/* Before </body>, or at the end of a page that has none. */
static void inject(cn_reply *reply, const char *text)
{
	cni_buffer *body = &reply->body;
	size_t at = body->size, size = strlen(text);

	for (size_t i = body->size; i-- > 0;) {
		if (body->data[i] == '<' && cni_ncasecmp(body->data + i, "</body", 6) == 0) {
			at = i;
			break;
		}
	}
	cni_buffer_add(body, text, size); /* makes the room; the tail is then moved behind it */
	if (body->failed)
		return;
	memmove(body->data + at + size, body->data + at, body->size - size - at);
	memcpy(body->data + at, text, size);
}

void cni_dispatch(cn_request *req)
{
	cn_reply *reply = &req->reply;
	cn_error err;

	req->method_bit = cni_method_bit(req->method);
	req->path = "";
	if (read_target(req, &err) < 0) {
		cn_reply_error(reply, 400, "%s", err.message);
	} else if (req->match.route) {
		run(req);
	} else {
		answer_without_route(req);
	}
	mend(req);
	if (reply->kind == CNI_REPLY_ERROR) {
		log_error(req);
		run_error_handler(req);
		mend(req);
	}
	if (reply->kind == CNI_REPLY_ERROR)
		cni_error_page(reply);
	for (cni_hook *hook = req->web->after; hook; hook = hook->next)
		hook->handler(req, reply);
	cni_reply_json_finish(reply);
	if (reply->kind == CNI_REPLY_NONE)
		reply->status = 204;
	mend(req);
	if (reply->kind == CNI_REPLY_ERROR)
		cni_error_page(reply);
	if (reply->html && reply->kind == CNI_REPLY_BODY && req->web->inject)
		inject(reply, req->web->inject);
	cn_reply_header(reply, "X-Content-Type-Options", "nosniff");
}
