/*
 * fuzz_request.c - any bytes as a request: "METHOD TARGET", header lines, a blank line, a body.
 * Whatever is asked, an answer comes; nothing of what was sent becomes markup; what is written as
 * JSON is JSON; a path that a handler gets never leads upwards; and the guard lets through only
 * what reads in one way.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include <cantil/cantil.h>
#include <cantil/web.h>

#include "base/text.h"
#include "web/guard.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { LINES_MAX = 16, INPUT_MAX = 1 << 14 };

static void must(int holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "fuzz_request: %s\n", what);
	abort();
}

static void as_html(cn_request *req, cn_reply *reply)
{
	cn_reply_html(reply, 200, "%s %s %s", cn_request_target(req), cn_request_path(req),
		cn_request_param(req, "name"));
	cn_reply_print(reply, "%s %s %s %s", cn_request_query(req, "q"), cn_request_form(req, "q"),
		cn_request_cookie(req, "q"),
		cn_request_json_text(
			req, cn_request_query(req, "p") ? cn_request_query(req, "p") : "q"));
	must(cn_reply_get_status(reply) == 200, "a reply that broke");
}

static void as_json(cn_request *req, cn_reply *reply)
{
	cn_json *json = cn_reply_json_begin(reply, 200);

	cn_json_object(json, NULL);
	cn_json_text(json, "rest", cn_request_param(req, "rest"));
	cn_json_int(json, "id", cn_request_param_int(req, "id"));
	cn_json_text(json, "q", cn_request_query(req, "q"));
	cn_json_double(json, "d", cn_request_query_double(req, "d").value);
	cn_json_int(json, "page", cn_request_page(req));
	cn_json_int(json, "count", (int64_t)cn_request_json_count(req, ""));
	const char *rest = cn_request_param(req, "rest");
	for (const char *at = rest; at && *at; at += strcspn(at, "/"), at += *at == '/')
		must(!(at[0] == '.' && at[1] == '.' && (at[2] == '/' || !at[2])),
			"a path that leads upwards");
	must(!rest || rest[0] != '/', "a rest that is an absolute path");
	must(cn_request_page(req) >= 1, "a page before the first");
}

static cn_app *app(void)
{
	static cn_app *made;

	if (made)
		return made;
	made = cn_app_new(&(cn_app_desc){.name = "fuzz"});
	cn_route(made, "GET POST", "/h/<name>", as_html);
	cn_route(made, "GET POST", "/j/<int:id>", as_json);
	cn_route(made, "GET POST PUT", "/f/<path:rest>", as_json);
	cn_get_route(made, "/h/<int:number>/x/", as_html);
	cn_get_route(made, "/", as_html);
	return made;
}

static void check_answer(const cn_response *res)
{
	const char *type = cn_response_header(res, "Content-Type");
	size_t size;
	const char *body = cn_response_body(res, &size);
	int status = cn_response_status(res);

	must(status == 200 || status == 204 || status == 308 || (status >= 400 && status < 500),
		"an unexpected status");
	if (status == 200 && type && strncmp(type, "text/html", 9) == 0)
		must(!strpbrk(body, "<>\"'"), "markup from outside");
	if (type && strcmp(type, "application/json") == 0 && size) {
		json_t *json = json_loadb(body, size, JSON_REJECT_DUPLICATES, NULL);
		must(json != NULL, "JSON that is none");
		json_decref(json);
	}
	const char *to = cn_response_header(res, "Location");
	must(!to || (to[0] == '/' && to[1] != '/'), "a redirect to another host");
}

static void check_guard(const char *method, const char *target, char *const *lines, size_t count)
{
	cni_header headers[LINES_MAX];
	size_t n = 0, lengths = 0;
	cn_error err = {0};

	for (size_t i = 0; i < count; i++) {
		char *colon = strchr(lines[i], ':');
		if (!colon)
			continue;
		*colon = '\0';
		headers[n++] = (cni_header){
			lines[i], colon + 1, (size_t)(colon - lines[i]), strlen(colon + 1)};
	}
	static const char *const hosts[] = {"localhost:5000", NULL};
	cni_guard_input input = {.method = method,
		.target = target,
		.version = "HTTP/1.1",
		.headers = headers,
		.count = n,
		.header_bytes = 4096,
		.body_bytes = 1000,
		.hosts = hosts};
	int status = cni_guard_check(&input, &err);
	must((status == 0) == (err.message[0] == '\0'), "a refusal without a reason");
	if (status)
		return;
	for (size_t i = 0; i < n; i++) {
		lengths += cni_casecmp(headers[i].name, "Content-Length") == 0;
		lengths += cni_casecmp(headers[i].name, "Transfer-Encoding") == 0;
		must(!strpbrk(headers[i].name, " \t\r\n"), "a header's name with a blank");
	}
	must(lengths <= 1 && target[0] == '/', "a request that reads in two ways");
	must(cni_casecmp(cni_header_find(headers, n, "Host"), "localhost:5000") == 0,
		"another host");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text, *lines[LINES_MAX + 1] = {NULL}, *at, *body = NULL;
	size_t count = 0;

	if (size > INPUT_MAX || !(text = malloc(size + 1)))
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	char *method = text, *target = strchr(text, ' ');
	at = strchr(text, '\n');
	if (target && (!at || target < at)) {
		*target++ = '\0';
		while (at && count < LINES_MAX) {
			*at++ = '\0';
			if (*at == '\n') {
				body = at + 1;
				break;
			}
			lines[count++] = at;
			at = strchr(at, '\n');
		}
		cn_test_request_desc desc = {.method = method,
			.target = target,
			.headers = (const char *const *)lines,
			.body = body,
			.body_size = body ? size - (size_t)(body - text) : 0};
		cn_response *res = cn_test_request(app(), &desc);
		if (res)
			check_answer(res);
		cn_response_free(res);
		check_guard(method, target, lines, count);
	}
	free(text);
	return 0;
}
