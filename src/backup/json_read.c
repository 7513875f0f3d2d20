/* json_read.c - see json_read.h. */
#include "backup/json_read.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/text.h"
#include "base/try.h"

enum { DEPTH = 32, MEMBERS = 256 }; /* members: each is compared with those before it */

typedef struct reader {
	cni_arena *arena;
	const char *start, *at, *end;
	unsigned depth;
	cn_error *err;
} reader;

static cn_status read_value(reader *r, cni_json_value *value);

static cn_status wrong(reader *r, const char *what)
{
	unsigned line = 1;

	for (const char *c = r->start; c < r->at; c++)
		line += *c == '\n';
	return cn_fail(r->err, CN_EARG, "line %u: %s", line, what);
}

static cn_status no_memory(reader *r) { return cn_fail(r->err, CN_ENOMEM, "out of memory"); }

static void space(reader *r)
{
	while (r->at < r->end && strchr(" \t\r\n", *r->at) && *r->at)
		r->at++;
}

static bool take(reader *r, char c)
{
	space(r);
	if (r->at >= r->end || *r->at != c)
		return false;
	r->at++;
	return true;
}

static int hex4(reader *r)
{
	int value = 0;

	if (r->end - r->at < 4)
		return -1;
	for (int i = 0; i < 4; i++, r->at++) {
		char c = cni_lower(*r->at);
		if (c >= '0' && c <= '9')
			value = value * 16 + (c - '0');
		else if (c >= 'a' && c <= 'f')
			value = value * 16 + (c - 'a' + 10);
		else
			return -1;
	}
	return value;
}

static void put_utf8(cni_buffer *out, unsigned point)
{
	if (point < 0x80) {
		cni_buffer_putc(out, (char)point);
		return;
	}
	unsigned more = point < 0x800 ? 1 : point < 0x10000 ? 2 : 3;
	static const unsigned char lead[] = {0, 0xC0, 0xE0, 0xF0};
	cni_buffer_putc(out, (char)(lead[more] | point >> (6 * more)));
	while (more--)
		cni_buffer_putc(out, (char)(0x80 | ((point >> (6 * more)) & 0x3F)));
}

static cn_status read_escape(reader *r, cni_buffer *out)
{
	static const char names[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";
	const char *known;
	int point, low;

	if (r->at >= r->end)
		return wrong(r, "text without its end");
	known = *r->at ? strchr(names, *r->at) : NULL;
	if (known) {
		r->at++;
		cni_buffer_putc(out, values[known - names]);
		return CN_OK;
	}
	if (*r->at++ != 'u' || (point = hex4(r)) <= 0)
		return wrong(r, "an escape that is none");
	if (point >= 0xDC00 && point <= 0xDFFF)
		return wrong(r, "half a surrogate pair");
	if (point >= 0xD800 && point <= 0xDBFF) {
		if (r->end - r->at < 6 || r->at[0] != '\\' || r->at[1] != 'u')
			return wrong(r, "half a surrogate pair");
		r->at += 2;
		low = hex4(r);
		if (low < 0xDC00 || low > 0xDFFF)
			return wrong(r, "half a surrogate pair");
		point = 0x10000 + ((point - 0xD800) << 10) + (low - 0xDC00);
	}
	put_utf8(out, (unsigned)point);
	return CN_OK;
}

/* Behind the opening quote. */
static cn_status read_text(reader *r, const char **ret, size_t *ret_size)
{
	CLEANUP(cni_buffer_done) cni_buffer out = {0};

	for (;;) {
		const char *plain = r->at;
		while (r->at < r->end && *r->at != '"' && *r->at != '\\' &&
			(unsigned char)*r->at >= 0x20)
			r->at++;
		cni_buffer_add(&out, plain, (size_t)(r->at - plain));
		if (r->at >= r->end)
			return wrong(r, "text without its end");
		if (*r->at == '"')
			break;
		if (*r->at != '\\')
			return wrong(r, "a control character in a text");
		r->at++;
		TRY(read_escape(r, &out));
	}
	r->at++;
	if (!cni_utf8_valid(cni_buffer_text(&out), out.size))
		return wrong(r, "text that is not UTF-8");
	*ret_size = out.size;
	*ret = cni_buffer_dup(&out, r->arena);
	return *ret ? CN_OK : no_memory(r);
}

static size_t digits(reader *r)
{
	const char *start = r->at;

	while (r->at < r->end && *r->at >= '0' && *r->at <= '9')
		r->at++;
	return (size_t)(r->at - start);
}

static cn_status read_number(reader *r, cni_json_value *value)
{
	const char *start = r->at;
	bool whole = true;

	r->at += *r->at == '-';
	const char *first = r->at;
	size_t count = digits(r);
	if (count == 0 || (count > 1 && *first == '0'))
		return wrong(r, "a number that is none");
	if (r->at < r->end && *r->at == '.') {
		r->at++;
		whole = false;
		if (digits(r) == 0)
			return wrong(r, "a number that is none");
	}
	if (r->at < r->end && (*r->at == 'e' || *r->at == 'E')) {
		r->at++;
		whole = false;
		if (r->at < r->end && (*r->at == '+' || *r->at == '-'))
			r->at++;
		if (digits(r) == 0)
			return wrong(r, "a number that is none");
	}
	const char *text = cni_strndup(r->arena, start, (size_t)(r->at - start));
	if (!text)
		return no_memory(r);
	errno = 0;
	value->real = strtod(text, NULL);
	value->kind = CNI_JSON_DOUBLE;
	errno = 0;
	value->number = whole ? strtoll(text, NULL, 10) : 0;
	if (whole && errno == 0)
		value->kind = CNI_JSON_INT;
	return CN_OK;
}

static cn_status read_word(
	reader *r, const char *word, cni_json_kind kind, int64_t number, cni_json_value *value)
{
	size_t size = strlen(word);

	if ((size_t)(r->end - r->at) < size || memcmp(r->at, word, size) != 0)
		return wrong(r, "a value was expected");
	r->at += size;
	value->kind = kind;
	value->number = number;
	return CN_OK;
}

static cn_status read_member_name(reader *r, const cni_json_value *object, cni_json_value *member)
{
	size_t size;

	if (object->count == MEMBERS)
		return wrong(r, "an object with too many members");
	if (!take(r, '"'))
		return wrong(r, "a member's name was expected");
	TRY(read_text(r, &member->name, &size));
	for (const cni_json_value *v = object->first; v; v = v->next)
		if (v != member && strcmp(v->name, member->name) == 0)
			return wrong(r, "two members of one name");
	return take(r, ':') ? CN_OK : wrong(r, "\":\" was expected");
}

/* Behind the opening bracket. */
static cn_status read_list(reader *r, cni_json_value *list, char close)
{
	cni_json_value **place = &list->first;

	if (++r->depth > DEPTH)
		return wrong(r, "nested too deep");
	if (take(r, close)) {
		r->depth--;
		return CN_OK;
	}
	do {
		cni_json_value *value = cni_alloc(r->arena, sizeof *value);
		if (!value)
			return no_memory(r);
		if (list->kind == CNI_JSON_OBJECT)
			TRY(read_member_name(r, list, value));
		TRY(read_value(r, value));
		*place = value;
		place = &value->next;
		list->count++;
	} while (take(r, ','));
	r->depth--;
	return take(r, close) ? CN_OK : wrong(r, "\",\" or the end of a list was expected");
}

static cn_status read_value(reader *r, cni_json_value *value)
{
	space(r);
	if (r->at >= r->end)
		return wrong(r, "a value was expected");
	switch (*r->at) {
	case '{':
		r->at++;
		value->kind = CNI_JSON_OBJECT;
		return read_list(r, value, '}');
	case '[':
		r->at++;
		value->kind = CNI_JSON_ARRAY;
		return read_list(r, value, ']');
	case '"':
		r->at++;
		value->kind = CNI_JSON_TEXT;
		return read_text(r, &value->text, &value->size);
	case 't': return read_word(r, "true", CNI_JSON_BOOL, 1, value);
	case 'f': return read_word(r, "false", CNI_JSON_BOOL, 0, value);
	case 'n': return read_word(r, "null", CNI_JSON_NULL, 0, value);
	default: return read_number(r, value);
	}
}

cn_status cni_json_read(
	cni_arena *arena, const char *text, size_t size, cni_json_value **ret, cn_error *err)
{
	reader r = {.arena = arena, .start = text, .at = text, .end = text + size, .err = err};
	cni_json_value *value = cni_alloc(arena, sizeof *value);

	if (!value)
		return no_memory(&r);
	TRY(read_value(&r, value));
	space(&r);
	if (r.at != r.end)
		return wrong(&r, "something behind the end");
	*ret = value;
	return CN_OK;
}

const cni_json_value *cni_json_member(
	const cni_json_value *object, const char *name, cni_json_kind kind)
{
	if (object->kind != CNI_JSON_OBJECT)
		return NULL;
	for (const cni_json_value *v = object->first; v; v = v->next)
		if (strcmp(v->name, name) == 0)
			return v->kind == kind ? v : NULL;
	return NULL;
}
