/* reply.c - starting a reply, headers, cookies, redirects; see cantil/web.h. */
#include "web/request.h"

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "base/try.h"

void cni_reply_start(cn_reply *reply, cni_reply_kind kind, int status, const char *content_type)
{
	if (reply->file >= 0)
		close(reply->file);
	reply->file = -1;
	cni_buffer_clear(&reply->body);
	reply->kind = kind;
	reply->status = status;
	reply->content_type = content_type;
	reply->html = content_type && cni_starts(content_type, "text/html");
	reply->json_open = false;
	cni_error_clear(&reply->error);
	reply->secret = false;
	if (status < 100 || status > 599)
		cni_reply_break(
			reply, CN_EARG, "a handler answered with a status that HTTP does not have");
}

void cni_reply_break(cn_reply *reply, cn_status status, const char *why)
{
	if (!reply->broken)
		cn_error_set(&reply->error, status, "%s", why);
	reply->broken = true;
}

int cn_reply_get_status(const cn_reply *reply) { return reply->broken ? 500 : reply->status; }

void cn_reply_status(cn_reply *reply, int status)
{
	if (reply->kind == CNI_REPLY_NONE)
		cni_reply_start(reply, CNI_REPLY_BODY, status, NULL);
	else
		reply->status = status;
}

void cn_reply_text(cn_reply *reply, int status, const char *fmt, ...)
{
	va_list ap;

	cni_reply_start(reply, CNI_REPLY_BODY, status, "text/plain; charset=utf-8");
	va_start(ap, fmt);
	cni_html_vprintf(reply, false, fmt, ap);
	va_end(ap);
}

void cn_reply_html(cn_reply *reply, int status, const char *fmt, ...)
{
	va_list ap;

	cni_reply_start(reply, CNI_REPLY_BODY, status, "text/html; charset=utf-8");
	va_start(ap, fmt);
	cni_html_vprintf(reply, true, fmt, ap);
	va_end(ap);
}

void cn_reply_print(cn_reply *reply, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	cni_html_vprintf(reply, reply->html, fmt, ap);
	va_end(ap);
}

void cn_reply_raw(cn_reply *reply, const char *text)
{
	if (text)
		cni_buffer_puts(&reply->body, text);
}

void cn_reply_bytes(
	cn_reply *reply, int status, const char *content_type, const void *data, size_t size_bytes)
{
	char *type = cni_strdup(&reply->req->arena, content_type);

	cni_reply_start(reply, CNI_REPLY_BODY, status, type);
	if (type && type[strcspn(type, "\r\n")])
		cni_reply_break(reply, CN_EARG, "a content type holds a line end");
	cni_buffer_add(&reply->body, data, size_bytes);
}

static void start_error(cn_reply *reply, int status)
{
	cni_reply_start(reply, CNI_REPLY_ERROR, status, NULL);
	if (status < 400)
		reply->status = 500;
}

void cn_reply_error(cn_reply *reply, int status, const char *fmt, ...)
{
	va_list ap;

	start_error(reply, status);
	va_start(ap, fmt);
	char *text = cni_vprintf(&reply->req->arena, fmt, ap);
	va_end(ap);
	if (text && *text)
		cn_error_set(&reply->error, CN_EARG, "%s", text);
}

void cn_reply_fail(cn_reply *reply, const cn_error *err)
{
	cn_error copy = *err; /* it may be the reply's own */

	start_error(reply, cni_status_of(copy.status));
	reply->error = copy;
	reply->secret = true;
}

static bool has_control(const char *text)
{
	for (; *text; text++) {
		if ((unsigned char)*text < 0x20 || *text == 0x7F)
			return true;
	}
	return false;
}

/* `again`: beside one of the same name, as Set-Cookie needs it. */
static void add_header(cn_reply *reply, const char *name, const char *value, bool again)
{
	cni_arena *arena = &reply->req->arena;

	if (!*name || name[strcspn(name, " :\t")] || has_control(name) || has_control(value)) {
		cni_reply_break(reply, CN_EARG,
			"a handler set a header with a character that a header cannot hold");
		return;
	}
	cni_header header = {
		cni_strdup(arena, name), cni_strdup(arena, value), strlen(name), strlen(value)};
	for (size_t i = 0; !again && i < reply->header_count; i++) {
		if (cni_casecmp(reply->headers[i].name, name) == 0) {
			reply->headers[i] = header;
			return;
		}
	}
	if (!CNI_PUSH(arena, reply->headers, reply->header_count, header))
		reply->header_count = 0; /* the arena remembers; dispatch answers 500 */
}

void cn_reply_header(cn_reply *reply, const char *name, const char *value)
{
	static const char *const framing[] = {
		"Content-Length", "Transfer-Encoding", "Connection", "Date"};

	for (size_t i = 0; i < CNI_COUNT(framing); i++) {
		if (cni_casecmp(name, framing[i]) == 0) {
			cni_reply_break(
				reply, CN_EARG, "a handler set a header that is the server's");
			return;
		}
	}
	if (cni_casecmp(name, "Content-Type") == 0 && !has_control(value)) {
		reply->content_type = cni_strdup(&reply->req->arena, value);
		return;
	}
	add_header(reply, name, value, false);
}

void cn_reply_redirect(cn_reply *reply, int status, const char *location)
{
	cni_reply_start(reply, CNI_REPLY_BODY, status ? status : 302, NULL);
	add_header(reply, "Location", location, false);
}

static bool is_cookie_text(const char *text)
{
	return !text[strcspn(text, "\" ,;\\")] && !has_control(text);
}

void cn_reply_cookie(cn_reply *reply, const cn_cookie *cookie)
{
	CLEANUP(cni_buffer_done) cni_buffer text = {0};
	const char *value = cookie->value ? cookie->value : "",
		   *path = cookie->path ? cookie->path : "/";

	if (!cookie->name || !*cookie->name || !is_cookie_text(cookie->name) ||
		strchr(cookie->name, '=') || !is_cookie_text(value) || !is_cookie_text(path)) {
		cni_reply_break(reply, CN_EARG,
			"a handler set a cookie with a character that a cookie cannot hold");
		return;
	}
	cni_buffer_printf(&text, "%s=%s; Path=%s", cookie->name, value, path);
	if (cookie->max_age_s)
		cni_buffer_printf(
			&text, "; Max-Age=%" PRId64, cookie->max_age_s < 0 ? 0 : cookie->max_age_s);
	if (cookie->secure)
		cni_buffer_puts(&text, "; Secure");
	if (!cookie->script_may_read)
		cni_buffer_puts(&text, "; HttpOnly");
	cni_buffer_puts(&text, cookie->cross_site ? "; SameSite=None" : "; SameSite=Lax");
	add_header(reply, "Set-Cookie", cni_buffer_text(&text), true);
}
