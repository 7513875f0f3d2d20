/* guard.c - see guard.h. The rules are RFC 9110's and 9112's, read strictly. */
#include "web/guard.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

/* Characters of a token: what a method and a header's name are made of. */
static bool is_token(const char *text, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		char c = cni_lower(text[i]);
		if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
			    (c && strchr("!#$%&'*+-.^_`|~", c))))
			return false;
	}
	return size > 0;
}

static bool has_control(const char *text, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		unsigned char c = (unsigned char)text[i];
		if ((c < 0x20 && c != '\t') || c == 0x7F)
			return true;
	}
	return false;
}

const char *cni_header_find(const cni_header *headers, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++) {
		if (cni_casecmp(headers[i].name, name) == 0)
			return headers[i].value;
	}
	return NULL;
}

static size_t count_of(const cni_guard_input *in, const char *name)
{
	size_t n = 0;

	for (size_t i = 0; i < in->count; i++)
		n += cni_casecmp(in->headers[i].name, name) == 0;
	return n;
}

static int refuse(cn_error *err, int status, const char *why)
{
	cn_error_set(err, CN_EARG, "%s", why);
	return status;
}

static int check_shape(const cni_guard_input *in, cn_error *err)
{
	size_t bytes = strlen(in->target) + strlen(in->method);

	if (!is_token(in->method, strlen(in->method)))
		return refuse(err, 400, "the method is malformed");
	for (const char *c = in->target; *c; c++) {
		if ((unsigned char)*c <= 0x20 || (unsigned char)*c >= 0x7F)
			return refuse(
				err, 400, "the target holds a character that must be escaped");
	}
	if (in->target[0] != '/')
		return refuse(err, 400, "the target must begin with a slash");
	if (strcmp(in->version, "HTTP/1.1") != 0 && strcmp(in->version, "HTTP/1.0") != 0)
		return refuse(err, 505, "only HTTP/1.0 and HTTP/1.1 are spoken here");
	for (size_t i = 0; i < in->count; i++) {
		const cni_header *h = &in->headers[i];
		bytes += h->name_size + h->value_size + 4;
		if (!is_token(h->name, h->name_size))
			return refuse(err, 400, "a header's name is malformed");
		if (has_control(h->value, h->value_size))
			return refuse(err, 400, "a header holds a control character");
	}
	if (bytes > in->header_bytes)
		return refuse(err, 431, "the headers are too large");
	return 0;
}

/* A body's length must be said once, in one way, in digits. */
static int check_framing(const cni_guard_input *in, cn_error *err)
{
	size_t lengths = count_of(in, "Content-Length"),
	       codings = count_of(in, "Transfer-Encoding");

	if (lengths > 1 || codings > 1 || (lengths && codings))
		return refuse(err, 400, "the length of the body is said more than once");
	if (codings) {
		const char *coding = cni_header_find(in->headers, in->count, "Transfer-Encoding");
		if (cni_casecmp(coding, "chunked") != 0)
			return refuse(
				err, 501, "the only transfer coding that is known is chunked");
		if (strcmp(in->version, "HTTP/1.1") != 0)
			return refuse(err, 400, "HTTP/1.0 has no transfer codings");
	}
	if (!lengths)
		return 0;
	const char *text = cni_header_find(in->headers, in->count, "Content-Length");
	if (!*text || text[strspn(text, "0123456789")])
		return refuse(err, 400, "Content-Length is no number");
	/* 18 digits fit in 64 bits; more than that is over every limit */
	if (strlen(text) > 18 || strtoull(text, NULL, 10) > in->body_bytes)
		return refuse(err, 413, "the body is too large");
	return 0;
}

/* "name", "name:port", "1.2.3.4:port", "[::1]:port": splits off the port; false when it is none of
 * them. */
static bool split_host(const char *host, char *out, size_t cap, const char **ret_port)
{
	bool literal = host[0] == '[';
	size_t size = literal ? strcspn(host, "]") + 1 : strcspn(host, ":");

	*ret_port = "";
	if (strlen(host) > 255 || size >= cap || size == 0 || size > strlen(host))
		return false;
	if (host[size] == ':')
		*ret_port = host + size + 1;
	else if (host[size])
		return false;
	if ((*ret_port)[strspn(*ret_port, "0123456789")] || strlen(*ret_port) > 5)
		return false;
	for (size_t i = 0; i < size; i++) {
		char c = cni_lower(host[i]);
		if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
			    (c && strchr(literal ? "[]:." : "-._", c))))
			return false;
	}
	/* an address stands inside its brackets */
	size_t from = literal ? 1 : 0, length = size - 2 * from;
	memcpy(out, host + from, length);
	out[length] = '\0';
	return length > 0;
}

static bool is_ip(const char *host)
{
	struct in6_addr address;

	return inet_pton(AF_INET, host, &address) == 1 || inet_pton(AF_INET6, host, &address) == 1;
}

static int check_host(const cni_guard_input *in, cn_error *err)
{
	const char *host = cni_header_find(in->headers, in->count, "Host"), *port;
	char name[256];

	if (count_of(in, "Host") > 1)
		return refuse(err, 400, "there is more than one Host header");
	if (!host) /* HTTP/1.0 need not send one; where a list is kept, everybody must */
		return in->hosts || strcmp(in->version, "HTTP/1.1") == 0
			       ? refuse(err, 400, "there is no Host header")
			       : 0;
	if (!split_host(host, name, sizeof name, &port))
		return refuse(err, 400, "the Host header is malformed");
	if (!in->hosts)
		return 0;
	for (size_t i = 0; in->hosts[i]; i++) {
		if (cni_casecmp(in->hosts[i], host) == 0)
			return 0;
	}
	if (in->any_ip_port && is_ip(name) &&
		strtoul(*port ? port : "80", NULL, 10) == in->any_ip_port)
		return 0;
	refuse(err, 400, "this server does not answer to that Host");
	cn_error_hint(err, "debug mode answers to the address that it printed only");
	return 400;
}

int cni_guard_check(const cni_guard_input *in, cn_error *err)
{
	int status = check_shape(in, err);

	if (!status)
		status = check_framing(in, err);
	return status ? status : check_host(in, err);
}
