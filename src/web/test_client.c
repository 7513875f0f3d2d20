/* test_client.c - calls an app without a socket; see cantil/web.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "web/request.h"

struct cn_response {
	int status;
	cni_arena arena;
	cni_header *headers;
	size_t header_count;
	char *body;
	size_t body_size;
};

static void add_header(cn_request *req, const char *name, size_t name_size, const char *value)
{
	cni_arena *arena = &req->arena;
	cni_header header = {cni_strndup(arena, name, name_size), cni_strdup(arena, value),
		name_size, strlen(value)};

	(void)CNI_PUSH(arena, req->headers, req->header_count, header);
}

static void fill(cn_request *req, const cn_test_request_desc *desc)
{
	const char *body = desc->json ? desc->json : desc->form ? desc->form : desc->body;
	const char *type = desc->json   ? "application/json"
			   : desc->form ? "application/x-www-form-urlencoded"
					: desc->content_type;

	req->method = desc->method ? desc->method : body ? "POST" : "GET";
	req->target = desc->target ? desc->target : "/";
	snprintf(req->client, sizeof req->client, "test");
	if (type)
		add_header(req, "Content-Type", 12, type);
	for (const char *const *line = desc->headers; line && *line; line++) {
		size_t size = strcspn(*line, ":");
		const char *value = *line + size + ((*line)[size] == ':');
		add_header(req, *line, size, value + strspn(value, " "));
	}
	if (body)
		cni_buffer_add(&req->body, body, desc->body_size ? desc->body_size : strlen(body));
}

/* A file's bytes, as a socket would have got them. */
static bool read_file(int fd, uint64_t size, cni_buffer *out)
{
	char part[16384];

	while (out->size < size) {
		ssize_t n = read(fd, part, sizeof part);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		cni_buffer_add(out, part, (size_t)n);
	}
	return true;
}

static cn_response *take(cn_request *req)
{
	cn_reply *reply = &req->reply;
	cn_response *res = calloc(1, sizeof *res);

	if (!res)
		return NULL;
	if (reply->kind == CNI_REPLY_FILE &&
		!read_file(reply->file, reply->file_size, &reply->body))
		goto oom;
	res->status = reply->status;
	res->body_size = strcmp(req->method, "HEAD") == 0 ? 0 : reply->body.size;
	res->body = cni_strndup(&res->arena, cni_buffer_text(&reply->body), res->body_size);
	if (reply->content_type) {
		cni_header type = {
			"Content-Type", cni_strdup(&res->arena, reply->content_type), 12, 0};
		(void)CNI_PUSH(&res->arena, res->headers, res->header_count, type);
	}
	for (size_t i = 0; i < reply->header_count; i++) {
		cni_header header = reply->headers[i];
		header.name = cni_strdup(&res->arena, header.name);
		header.value = cni_strdup(&res->arena, header.value);
		(void)CNI_PUSH(&res->arena, res->headers, res->header_count, header);
	}
	if (!res->arena.failed)
		return res;
oom:
	cn_response_free(res);
	return NULL;
}

cn_response *cn_test_request(cn_app *app, const cn_test_request_desc *desc)
{
	cni_web *web = cni_web_of(app);
	cn_request req;
	cn_error err;

	if (!web)
		return NULL;
	cni_request_init(&req, web);
	fill(&req, desc);
	if (cni_web_prepare(web, &err) == CN_OK) {
		cni_dispatch(&req);
	} else {
		cn_reply_fail(&req.reply, &err);
		req.reply.secret = false;
		req.reply.status = 500;
		cni_error_page(&req.reply);
	}
	cn_response *res = req.arena.failed ? NULL : take(&req);
	cni_request_done(&req);
	return res;
}

cn_response *cn_test_get(cn_app *app, const char *target)
{
	return cn_test_request(app, &(cn_test_request_desc){.target = target});
}

cn_response *cn_test_post_json(cn_app *app, const char *target, const char *json)
{
	return cn_test_request(app, &(cn_test_request_desc){.target = target, .json = json});
}

int cn_response_status(const cn_response *response) { return response ? response->status : 0; }

const char *cn_response_header(const cn_response *response, const char *name)
{
	return response ? cni_header_find(response->headers, response->header_count, name) : NULL;
}

const char *cn_response_body(const cn_response *response, size_t *ret_size)
{
	if (ret_size)
		*ret_size = response ? response->body_size : 0;
	return response ? response->body : "";
}

void cn_response_free(cn_response *response)
{
	if (!response)
		return;
	cni_arena_done(&response->arena);
	free(response);
}
