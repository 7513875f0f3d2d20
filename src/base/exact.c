/* exact.c - decimals and uuids as text (cantil/types.h); and whether a text is JSON. */
#include "base/exact.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

enum { DIGITS_MAX = 30, SCALE_MAX = 18, JSON_DEPTH = 200 };

/* ---- decimals ---- */

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool cni_decimal_read(const char *text, size_t size, cn_decimal *ret)
{
	cn_decimal out = {{0}};
	size_t at = 0, i = 0, digits = 0, behind = 0;
	bool minus = size && text[0] == '-', nonzero = false;

	if (size && (text[0] == '-' || text[0] == '+'))
		i++;
	if (minus)
		out.text[at++] = '-';
	while (i + 1 < size && text[i] == '0' && is_digit(text[i + 1]))
		i++;
	for (; i < size && is_digit(text[i]); i++) {
		if (++digits > DIGITS_MAX)
			return false;
		nonzero |= text[i] != '0';
		out.text[at++] = text[i];
	}
	if (!digits)
		return false;
	if (i < size && text[i] == '.') {
		out.text[at++] = text[i++];
		for (; i < size && is_digit(text[i]); i++, behind++) {
			if (++digits > DIGITS_MAX)
				return false;
			nonzero |= text[i] != '0';
			out.text[at++] = text[i];
		}
		if (!behind)
			return false;
	}
	if (i != size)
		return false;
	if (minus && !nonzero) /* there is one zero */
		memmove(out.text, out.text + 1, at);
	*ret = out;
	return true;
}

bool cn_decimal_parse(const char *text, cn_decimal *ret)
{
	return cni_decimal_read(text, strlen(text), ret);
}

cn_decimal cn_decimal_of(int64_t units, unsigned scale)
{
	uint64_t size = units < 0 ? -(uint64_t)units : (uint64_t)units, power = 1;
	cn_decimal out = {{0}};
	char text[64];

	if (scale > SCALE_MAX)
		scale = SCALE_MAX;
	for (unsigned i = 0; i < scale; i++)
		power *= 10;
	if (scale)
		snprintf(text, sizeof text, "%s%" PRIu64 ".%0*" PRIu64, units < 0 ? "-" : "",
			size / power, (int)scale, size % power);
	else
		snprintf(text, sizeof text, "%" PRId64, units);
	memcpy(out.text, text, strnlen(text, sizeof out.text - 1));
	return out;
}

size_t cni_decimal_scale(const cn_decimal *value)
{
	const char *point = strchr(value->text, '.');

	return point ? strlen(point + 1) : 0;
}

size_t cni_decimal_digits(const cn_decimal *value)
{
	size_t digits = 0;

	for (const char *at = value->text; *at; at++)
		digits += is_digit(*at);
	return digits;
}

bool cn_decimal_units(const cn_decimal *value, unsigned scale, int64_t *ret)
{
	const char *at = value->text + (*value->text == '-');
	bool minus = *value->text == '-', behind = false;
	unsigned left = scale;
	int64_t units = 0;

	for (; *at; at++) {
		if (*at == '.') {
			behind = true;
			continue;
		}
		if (behind && left == 0) {
			if (*at != '0')
				return false; /* a fraction would be lost */
			continue;
		}
		left -= behind;
		if (__builtin_mul_overflow(units, 10, &units) ||
			__builtin_sub_overflow(units, *at - '0', &units))
			return false;
	}
	for (; left; left--) {
		if (__builtin_mul_overflow(units, 10, &units))
			return false;
	}
	if (!minus && units == INT64_MIN) /* counted downwards, where there is one more */
		return false;
	*ret = minus ? units : -units;
	return true;
}

bool cni_decimal_rescale(cn_decimal *value, size_t scale)
{
	size_t have = cni_decimal_scale(value), size = strlen(value->text);

	if (have > scale) {
		for (size_t i = size - (have - scale); i < size; i++) {
			if (value->text[i] != '0')
				return false;
		}
		size -= have - scale;
		if (!scale)
			size--; /* the point */
		memset(value->text + size, 0, sizeof value->text - size);
		return true;
	}
	if (size + (scale - have) + 2 > sizeof value->text)
		return false;
	if (!have && scale)
		value->text[size++] = '.';
	memset(value->text + size, '0', scale - have);
	return true;
}

/* ---- uuids ---- */

bool cni_uuid_read(const char *text, size_t size, cn_uuid *ret)
{
	cn_uuid out = {{0}};
	size_t at = 0;

	if (size >= 2 && text[0] == '{' && text[size - 1] == '}')
		text++, size -= 2;
	for (size_t i = 0; i < size; i++) {
		char c = text[i] >= 'A' && text[i] <= 'F' ? (char)(text[i] + ('a' - 'A')) : text[i];
		bool gap = at == 8 || at == 13 || at == 18 || at == 23;
		if (gap)
			out.text[at++] = '-';
		if (gap && c == '-')
			continue;
		if ((!is_digit(c) && !(c >= 'a' && c <= 'f')) || at >= sizeof out.text - 1)
			return false;
		out.text[at++] = c;
	}
	if (at != sizeof out.text - 1)
		return false;
	*ret = out;
	return true;
}

bool cn_uuid_parse(const char *text, cn_uuid *ret)
{
	return cni_uuid_read(text, strlen(text), ret);
}

cn_status cn_uuid_new(cn_uuid *ret, cn_error *err)
{
	unsigned char bytes[16];
	char hex[33];
	ssize_t got;

	do
		got = getrandom(bytes, sizeof bytes, 0);
	while (got < 0 && errno == EINTR);
	if (got != (ssize_t)sizeof bytes)
		return cn_fail(
			err, CN_EIO, "the system has no random numbers: %s", strerror(errno));
	bytes[6] = (bytes[6] & 0x0f) | 0x40; /* version 4, */
	bytes[8] = (bytes[8] & 0x3f) | 0x80; /* of the usual variant */
	for (size_t i = 0; i < sizeof bytes; i++)
		snprintf(hex + 2 * i, 3, "%02x", bytes[i]);
	return cni_uuid_read(hex, 32, ret) ? CN_OK : cn_fail(err, CN_EARG, "no uuid could be made");
}

/* ---- JSON ---- */

static void skip_blanks(const char **at, const char *end)
{
	while (*at < end && (**at == ' ' || **at == '\t' || **at == '\n' || **at == '\r'))
		++*at;
}

static bool take_word(const char **at, const char *end, const char *word)
{
	size_t size = strlen(word);

	if ((size_t)(end - *at) < size || memcmp(*at, word, size) != 0)
		return false;
	*at += size;
	return true;
}

static bool take_digits(const char **at, const char *end)
{
	const char *from = *at;

	while (*at < end && is_digit(**at))
		++*at;
	return *at > from;
}

static bool take_number(const char **at, const char *end)
{
	if (*at < end && **at == '-')
		++*at;
	if (*at < end && **at == '0')
		++*at;
	else if (!take_digits(at, end))
		return false;
	if (*at < end && **at == '.' && (++*at, !take_digits(at, end)))
		return false;
	if (*at < end && (**at == 'e' || **at == 'E')) {
		++*at;
		if (*at < end && (**at == '+' || **at == '-'))
			++*at;
		return take_digits(at, end);
	}
	return true;
}

static bool take_string(const char **at, const char *end)
{
	if (*at >= end || *(*at)++ != '"')
		return false;
	while (*at < end) {
		char c = *(*at)++;
		if (c == '"')
			return true;
		if ((unsigned char)c < 0x20)
			return false;
		if (c != '\\')
			continue;
		if (*at >= end || !strchr("\"\\/bfnrtu", **at) || !**at)
			return false;
		if (*(*at)++ != 'u')
			continue;
		for (int i = 0; i < 4; i++, ++*at) {
			if (*at >= end || !strchr("0123456789abcdefABCDEF", **at) || !**at)
				return false;
		}
	}
	return false;
}

static bool take_scalar(const char **at, const char *end)
{
	if (*at < end && **at == '"')
		return take_string(at, end);
	return take_word(at, end, "true") || take_word(at, end, "false") ||
	       take_word(at, end, "null") || take_number(at, end);
}

/* After a value: what closes, or the comma (and the next name). */
static bool take_after(
	const char **at, const char *end, const char *open, size_t *depth, bool *more)
{
	for (*more = false; *depth; --*depth) {
		char close = open[*depth - 1] == '{' ? '}' : ']';
		skip_blanks(at, end);
		if (*at >= end)
			return false;
		char c = *(*at)++;
		if (c == close)
			continue;
		*more = true;
		return c == ',';
	}
	return true;
}

static bool take_name(const char **at, const char *end)
{
	skip_blanks(at, end);
	if (!take_string(at, end))
		return false;
	skip_blanks(at, end);
	return take_word(at, end, ":");
}

bool cni_json_valid(const char *text, size_t size)
{
	const char *at = text, *end = text + size;
	char open[JSON_DEPTH];
	size_t depth = 0;

	for (;;) {
		bool more;
		skip_blanks(&at, end);
		if (at < end && (*at == '{' || *at == '[')) {
			char kind = *at++;
			if (depth == JSON_DEPTH)
				return false;
			open[depth++] = kind;
			skip_blanks(&at, end);
			bool empty = at < end && *at == (kind == '{' ? '}' : ']');
			if (!empty) {
				if (kind == '{' && !take_name(&at, end))
					return false;
				continue;
			}
		} else if (!take_scalar(&at, end)) {
			return false;
		}
		if (!take_after(&at, end, open, &depth, &more))
			return false;
		if (!more)
			break;
		if (open[depth - 1] == '{' && !take_name(&at, end))
			return false;
	}
	skip_blanks(&at, end);
	return at == end;
}
