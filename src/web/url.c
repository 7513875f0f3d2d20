/* url.c - see url.h. */
#include "web/url.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/try.h"

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = cni_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Decodes into `out` (as long as the text); false for a broken escape when `strict`. */
static bool decode(
	const char *text, size_t size, bool form, bool strict, char *out, size_t *ret_size)
{
	size_t n = 0;

	for (size_t i = 0; i < size; i++) {
		int high = -1, low = -1;
		if (text[i] == '%' && size - i > 2) {
			high = hex(text[i + 1]);
			low = hex(text[i + 2]);
		}
		if (high >= 0 && low >= 0) {
			out[n++] = (char)(high << 4 | low);
			i += 2;
		} else if (text[i] == '%' && strict) {
			return false;
		} else {
			out[n++] = form && text[i] == '+' ? ' ' : text[i];
		}
	}
	*ret_size = n;
	return true;
}

static cn_status check_text(const char *text, size_t size, const char *what, cn_error *err)
{
	if (memchr(text, '\0', size))
		return cn_fail(err, CN_EARG, "%s holds a NUL character", what);
	if (!cni_utf8_valid(text, size))
		return cn_fail(err, CN_EARG, "%s is not UTF-8", what);
	return CN_OK;
}

cn_status cni_url_decode(cni_arena *arena, const char *text, size_t size, char **ret, cn_error *err)
{
	char *out = cni_alloc(arena, size + 1);
	size_t n;

	if (!out)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	if (!decode(text, size, false, true, out, &n))
		return cn_fail(err, CN_EARG, "the path has a broken percent escape");
	TRY(check_text(out, n, "the path", err));
	out[n] = '\0';
	*ret = out;
	return CN_OK;
}

static cn_status decode_field(
	cni_arena *arena, const char *text, size_t size, const char **ret, cn_error *err)
{
	char *out = cni_alloc(arena, size + 1);
	size_t n;

	if (!out)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	decode(text, size, true, false, out, &n);
	TRY(check_text(out, n, "a field of the query or form", err));
	out[n] = '\0';
	*ret = out;
	return CN_OK;
}

static cn_status add_pair(cni_arena *arena, cni_pairs *pairs, cni_pair pair, cn_error *err)
{
	if (pairs->count >= CNI_PAIRS_MAX)
		return cn_fail(err, CN_EARG, "more than %d fields", CNI_PAIRS_MAX);
	if (!CNI_PUSH(arena, pairs->list, pairs->count, pair))
		return cn_fail(err, CN_ENOMEM, "out of memory");
	return CN_OK;
}

cn_status cni_url_pairs(
	cni_arena *arena, const char *text, size_t size, cni_pairs *ret, cn_error *err)
{
	cni_pairs pairs = {0};
	const char *end = text + size;

	while (text < end) {
		const char *stop = memchr(text, '&', (size_t)(end - text));
		if (!stop)
			stop = end;
		const char *equals = memchr(text, '=', (size_t)(stop - text));
		const char *name_end = equals ? equals : stop;
		if (stop > text) {
			cni_pair pair = {.value = ""};
			TRY(decode_field(arena, text, (size_t)(name_end - text), &pair.name, err));
			if (equals)
				TRY(decode_field(arena, equals + 1, (size_t)(stop - equals - 1),
					&pair.value, err));
			TRY(add_pair(arena, &pairs, pair, err));
		}
		text = stop + 1;
	}
	*ret = pairs;
	return CN_OK;
}

/* Cuts blanks and tabs from both ends. */
static void trim(const char **text, size_t *size)
{
	while (*size && (**text == ' ' || **text == '\t')) {
		(*text)++;
		(*size)--;
	}
	while (*size && ((*text)[*size - 1] == ' ' || (*text)[*size - 1] == '\t'))
		(*size)--;
}

cn_status cni_cookie_pairs(cni_arena *arena, const char *text, cni_pairs *ret, cn_error *err)
{
	cni_pairs pairs = *ret;

	while (*text) {
		size_t size = strcspn(text, ";");
		const char *next = text + size + (text[size] == ';');
		const char *equals = memchr(text, '=', size);
		if (equals) {
			const char *name = text, *value = equals + 1;
			size_t name_size = (size_t)(equals - text),
			       value_size = size - name_size - 1;
			trim(&name, &name_size);
			trim(&value, &value_size);
			if (value_size >= 2 && value[0] == '"' && value[value_size - 1] == '"') {
				value++;
				value_size -= 2;
			}
			TRY(check_text(value, value_size, "a cookie", err));
			cni_pair pair = {cni_strndup(arena, name, name_size),
				cni_strndup(arena, value, value_size)};
			if (!pair.name || !pair.value)
				return cn_fail(err, CN_ENOMEM, "out of memory");
			TRY(add_pair(arena, &pairs, pair, err));
		}
		text = next;
	}
	*ret = pairs;
	return CN_OK;
}

const char *cni_pairs_get(const cni_pairs *pairs, const char *name, size_t index)
{
	for (size_t i = 0; name && i < pairs->count; i++) {
		if (strcmp(pairs->list[i].name, name) == 0 && index-- == 0)
			return pairs->list[i].value;
	}
	return NULL;
}

void cni_url_encode(cni_buffer *out, const char *text)
{
	static const char digits[] = "0123456789ABCDEF";

	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;
		if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
			strchr("-._~", c)) {
			cni_buffer_putc(out, (char)c);
		} else {
			char escape[3] = {'%', digits[c >> 4], digits[c & 15]};
			cni_buffer_add(out, escape, sizeof escape);
		}
	}
}

bool cni_parse_int(const char *text, int64_t *ret)
{
	char *end;

	/* strtoll would take white space before the number */
	if (!text || !(*text == '-' || (*text >= '0' && *text <= '9')))
		return false;
	errno = 0;
	long long value = strtoll(text, &end, 10);
	if (errno || *end || end == text)
		return false;
	*ret = value;
	return true;
}

bool cni_parse_double(const char *text, double *ret)
{
	char *end;

	/* decimal only: strtod also knows hexadecimal, "inf" and "nan" */
	if (!text || !*text || text[strspn(text, "0123456789+-.eE")])
		return false;
	errno = 0;
	double value = strtod(text, &end);
	if (*end || end == text || !isfinite(value))
		return false;
	*ret = value;
	return true;
}
