/* uri.c - see uri.h. */
#include "base/uri.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "base/file.h"
#include "base/text.h"
#include "base/try.h"

enum { URI_MAX = 4096 };

static const char *const schemes[] = {"sqlite", "postgresql", "postgres", NULL};

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = cni_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* %41 becomes A. A NUL cannot stand in a path, a name or a password. */
static cn_status decode(
	cni_arena *arena, const char *text, size_t size, const char **ret, cn_error *err)
{
	char *out = cni_alloc(arena, size + 1);
	size_t used = 0;

	if (!out)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	for (size_t i = 0; i < size; i++) {
		if (text[i] != '%') {
			out[used++] = text[i];
			continue;
		}
		int high = i + 1 < size ? hex(text[i + 1]) : -1,
		    low = i + 2 < size ? hex(text[i + 2]) : -1;
		if (high < 0 || low < 0 || high + low == 0) {
			cn_error_set(err, CN_EARG, "broken escape in the database URI: \"%.*s\"",
				(int)(size - i < 3 ? size - i : 3), text + i);
			cn_error_hint(err, "write a percent sign as %%25");
			return CN_EARG;
		}
		out[used++] = (char)(high * 16 + low);
		i += 2;
	}
	out[used] = '\0';
	*ret = out;
	return CN_OK;
}

/* The part from *at up to one of `stops` (or the end), decoded; NULL when empty. *at moves to the
 * stop. */
static cn_status part(
	cni_arena *arena, const char **at, const char *stops, const char **ret, cn_error *err)
{
	size_t n = strcspn(*at, stops);

	*ret = NULL;
	if (n)
		TRY(decode(arena, *at, n, ret, err));
	*at += n;
	return CN_OK;
}

static cn_status parse_options(cni_arena *arena, const char *at, cni_uri *uri, cn_error *err)
{
	while (*at) {
		cni_uri_option option;
		TRY(part(arena, &at, "=&", &option.name, err));
		option.value = "";
		if (*at == '=') {
			at++;
			TRY(part(arena, &at, "&", &option.value, err));
		}
		at += *at == '&';
		if (!option.name)
			continue;
		if (!option.value)
			option.value = "";
		if (!CNI_PUSH(arena, uri->options, uri->option_count, option))
			return cn_fail(err, CN_ENOMEM, "out of memory");
	}
	return CN_OK;
}

static cn_status parse_sqlite(
	cni_arena *arena, const char *at, const char *root, cni_uri *uri, cn_error *err)
{
	const char *path;

	if (*at != '/' && *at && *at != '?') {
		cn_error_set(err, CN_EARG, "a sqlite URI has no host: \"sqlite://%s\"", at);
		cn_error_hint(err,
			"three slashes and a relative path, sqlite:///%s, or four and an absolute one",
			at);
		return CN_EARG;
	}
	bool names_a_file = *at == '/';
	at += names_a_file;
	TRY(part(arena, &at, "?", &path, err));
	if (names_a_file && !path) {
		cn_error_set(err, CN_EARG, "the database URI names no file");
		cn_error_hint(
			err, "write sqlite:///file.db, or sqlite:// for a database in memory");
		return CN_EARG;
	}
	uri->memory = !path || strcmp(path, ":memory:") == 0;
	if (!uri->memory)
		uri->path = cni_path_absolute(arena, path, root);
	return parse_options(arena, at + (*at == '?'), uri, err);
}

/* "h1:1,h2:2" is the hosts "h1,h2" with the ports "1,2"; a host without a port has an empty one. */
static cn_status parse_hosts(cni_arena *arena, const char **at, cni_uri *uri, cn_error *err)
{
	CLEANUP(cni_buffer_done) cni_buffer hosts = {0}, ports = {0};
	bool any_port = false;

	for (;;) {
		const char *host = NULL, *port = NULL;
		if (**at == '[') { /* an IPv6 address has colons of its own */
			++*at;
			TRY(part(arena, at, "]", &host, err));
			*at += **at == ']';
		} else {
			TRY(part(arena, at, ":,/?", &host, err));
		}
		if (**at == ':') {
			++*at;
			TRY(part(arena, at, ",/?", &port, err));
		}
		any_port |= port != NULL;
		cni_buffer_puts(&hosts, host ? host : "");
		cni_buffer_puts(&ports, port ? port : "");
		if (**at != ',')
			break;
		++*at;
		cni_buffer_putc(&hosts, ',');
		cni_buffer_putc(&ports, ',');
	}
	if (hosts.size)
		uri->host = cni_buffer_dup(&hosts, arena);
	if (any_port)
		uri->port = cni_buffer_dup(&ports, arena);
	return hosts.failed || ports.failed || arena->failed
		       ? cn_fail(err, CN_ENOMEM, "out of memory")
		       : CN_OK;
}

static cn_status parse_server(cni_arena *arena, const char *at, cni_uri *uri, cn_error *err)
{
	const char *authority_end = at + strcspn(at, "/?");
	const char *user_end = NULL;

	for (const char *p = at; p < authority_end; p++)
		if (*p == '@')
			user_end = p;
	if (user_end) {
		TRY(part(arena, &at, ":@", &uri->user, err));
		if (*at == ':') {
			at++;
			TRY(decode(arena, at, (size_t)(user_end - at), &uri->password, err));
		}
		at = user_end + 1;
	}
	TRY(parse_hosts(arena, &at, uri, err));
	if (*at == '/') {
		at++;
		TRY(part(arena, &at, "?", &uri->database, err));
	}
	return parse_options(arena, at + (*at == '?'), uri, err);
}

static void encode(cni_buffer *out, const char *text, const char *also)
{
	for (; text && *text; text++) {
		unsigned char c = (unsigned char)*text;
		if (c <= ' ' || c >= 0x7F || strchr("%?#", c) || strchr(also, c))
			cni_buffer_printf(out, "%%%02X", c);
		else
			cni_buffer_putc(out, (char)c);
	}
}

/* password, sslpassword */
static bool is_secret(const char *option)
{
	size_t size = strlen(option);

	return size >= 8 && cni_same(option + size - 8, "password");
}

/* Host by host, each with its port. */
static void write_hosts(cni_buffer *out, const cni_uri *uri)
{
	const char *host = uri->host ? uri->host : "", *port = uri->port ? uri->port : "";

	for (;;) {
		size_t host_size = strcspn(host, ","), port_size = strcspn(port, ",");
		char one[256];
		snprintf(one, sizeof one, "%.*s", (int)host_size, host);
		if (strchr(one, ':')) {
			cni_buffer_printf(out, "[%s]", one);
		} else {
			encode(out, one, "/@");
		}
		if (port_size)
			cni_buffer_printf(out, ":%.*s", (int)port_size, port);
		host += host_size;
		port += port_size;
		if (!*host && !*port)
			break;
		cni_buffer_putc(out, ',');
		host += *host == ',';
		port += *port == ',';
	}
}

/* The normal form that messages show. A password never appears in it. */
static cn_status write_text(cni_arena *arena, cni_uri *uri, cn_error *err)
{
	CLEANUP(cni_buffer_done) cni_buffer out = {0};

	cni_buffer_printf(&out, "%s://", uri->engine);
	if (uri->path) {
		cni_buffer_putc(&out, '/');
		encode(&out, uri->path, "");
	}
	if (uri->user) {
		encode(&out, uri->user, ":@/");
		cni_buffer_puts(&out, uri->password ? ":***@" : "@");
	}
	write_hosts(&out, uri);
	if (uri->database) {
		cni_buffer_putc(&out, '/');
		encode(&out, uri->database, "");
	}
	for (size_t i = 0; i < uri->option_count; i++) {
		cni_buffer_putc(&out, i ? '&' : '?');
		encode(&out, uri->options[i].name, "=&");
		cni_buffer_putc(&out, '=');
		encode(&out, is_secret(uri->options[i].name) ? "***" : uri->options[i].value, "&");
	}
	uri->text = cni_buffer_dup(&out, arena);
	return uri->text ? CN_OK : cn_fail(err, CN_ENOMEM, "out of memory");
}

/* The length of "scheme" in "scheme:…", 0 if the text is a plain path. */
static size_t scheme_size(const char *text)
{
	size_t n = 0;

	while (isalnum((unsigned char)text[n]) || strchr("+-.", text[n] ? text[n] : ' '))
		n++;
	return n > 1 && strncmp(text + n, "://", 3) == 0 ? n : 0;
}

static cn_status unknown_scheme(const char *text, size_t n, cn_error *err)
{
	char word[32];
	size_t size = n < sizeof word - 1 ? n : sizeof word - 1;

	memcpy(word, text, size);
	word[size] = '\0';
	const char *near = cni_nearest(word, schemes);
	cn_error_set(err, CN_EARG, "unknown database engine \"%.*s\"", (int)n, text);
	if (near)
		cn_error_hint(err, "did you mean %s://%s?", near, text + n + 3);
	else
		cn_error_hint(err, "write sqlite:///file.db or a plain path");
	return CN_EARG;
}

cn_status cni_uri_parse(
	cni_arena *arena, const char *text, const char *root, cni_uri *ret, cn_error *err)
{
	cni_uri uri = {0};
	size_t n = scheme_size(text);

	if (strlen(text) > URI_MAX)
		return cn_fail(err, CN_EARG, "the database URI is longer than %d bytes", URI_MAX);
	if (!*text) {
		cn_error_set(err, CN_EARG, "the database URI is empty");
		cn_error_hint(err, "write sqlite:///file.db or a plain path");
		return CN_EARG;
	}
	if (n == 0 && strncmp(text, "sqlite:", 7) == 0) {
		cn_error_set(err, CN_EARG, "\"%s\" is no database URI", text);
		cn_error_hint(err,
			"write sqlite:///file.db (relative), sqlite:////folder/file.db (absolute) or a plain path");
		return CN_EARG;
	}
	if (n == 0) {
		uri.engine = "sqlite";
		uri.memory = strcmp(text, ":memory:") == 0;
		uri.path = uri.memory ? NULL : cni_path_absolute(arena, text, root);
	} else if (n == 6 && strncmp(text, "sqlite", n) == 0) {
		uri.engine = "sqlite";
		TRY(parse_sqlite(arena, text + n + 3, root, &uri, err));
	} else if ((n == 10 && strncmp(text, "postgresql", n) == 0) ||
		   (n == 8 && strncmp(text, "postgres", n) == 0)) {
		uri.engine = "postgresql";
		TRY(parse_server(arena, text + n + 3, &uri, err));
	} else {
		return unknown_scheme(text, n, err);
	}
	if (arena->failed)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	TRY(write_text(arena, &uri, err));
	*ret = uri;
	return CN_OK;
}

const char *cni_uri_get(const cni_uri *uri, const char *name)
{
	for (size_t i = 0; i < uri->option_count; i++)
		if (cni_same(uri->options[i].name, name))
			return uri->options[i].value;
	return NULL;
}

const cni_uri *cni_uri_copy(cni_arena *arena, const cni_uri *uri)
{
	cni_uri *copy = cni_memdup(arena, uri, sizeof *uri);
	cni_uri_option *options =
		cni_memdup(arena, uri->options, uri->option_count * sizeof *options);

	if (!copy || (uri->option_count && !options))
		return NULL;
	const char **const texts[] = {&copy->engine, &copy->path, &copy->user, &copy->password,
		&copy->host, &copy->port, &copy->database, &copy->text};
	for (size_t i = 0; i < CNI_COUNT(texts); i++)
		*texts[i] = cni_strdup(arena, *texts[i]);
	for (size_t i = 0; i < uri->option_count; i++)
		options[i] = (cni_uri_option){
			cni_strdup(arena, options[i].name), cni_strdup(arena, options[i].value)};
	copy->options = options;
	return arena->failed ? NULL : copy;
}
