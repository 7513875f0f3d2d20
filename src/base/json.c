/* json.c - see json.h. */
#include "base/json.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

static void escaped(cni_buffer *out, const char *text, size_t size)
{
	const char *from = text, *end = text + size;

	cni_buffer_putc(out, '"');
	for (const char *p = text; p < end; p++) {
		unsigned char c = (unsigned char)*p;
		if (c >= 0x20 && c != '"' && c != '\\')
			continue;
		cni_buffer_add(out, from, (size_t)(p - from));
		from = p + 1;
		switch (c) {
		case '"': cni_buffer_puts(out, "\\\""); break;
		case '\\': cni_buffer_puts(out, "\\\\"); break;
		case '\n': cni_buffer_puts(out, "\\n"); break;
		case '\r': cni_buffer_puts(out, "\\r"); break;
		case '\t': cni_buffer_puts(out, "\\t"); break;
		default: cni_buffer_printf(out, "\\u%04x", c);
		}
	}
	cni_buffer_add(out, from, (size_t)(end - from));
	cni_buffer_putc(out, '"');
}

/* How many bytes the character at p takes, 0 if it is not UTF-8. */
static size_t character(const char *p, size_t size)
{
	for (size_t n = 1; n <= 4 && n <= size; n++)
		if (cni_utf8_valid(p, n))
			return n;
	return 0;
}

/* The rare text with bytes that are not UTF-8: it is mended in a copy, character by character. */
static void mended(cni_buffer *out, const char *text, size_t size)
{
	cni_buffer clean = {0};

	while (size) {
		size_t n = character(text, size);
		if (n)
			cni_buffer_add(&clean, text, n);
		else
			cni_buffer_puts(&clean, "\xEF\xBF\xBD");
		text += n ? n : 1;
		size -= n ? n : 1;
	}
	escaped(out, cni_buffer_text(&clean), clean.size);
	out->failed |= clean.failed;
	cni_buffer_done(&clean);
}

static void text(cni_buffer *out, const char *value, size_t size)
{
	if (cni_utf8_valid(value, size))
		escaped(out, value, size);
	else
		mended(out, value, size);
}

static void line(cni_json *json)
{
	if (!json->pretty)
		return;
	cni_buffer_putc(json->out, '\n');
	for (unsigned i = 0; i < json->depth; i++)
		cni_buffer_puts(json->out, "  ");
}

/* Whatever stands before a value: the comma, the line, the name. */
static void before(cni_json *json, const char *name)
{
	if (json->depth) {
		unsigned level = json->depth - 1;
		assert(json->array[level] == !name);
		if (json->filled[level])
			cni_buffer_putc(json->out, ',');
		json->filled[level] = true;
		line(json);
	}
	if (name) {
		text(json->out, name, strlen(name));
		cni_buffer_puts(json->out, json->pretty ? ": " : ":");
	}
}

static void open(cni_json *json, const char *name, bool array)
{
	before(json, name);
	assert(json->depth < CNI_JSON_DEPTH);
	cni_buffer_putc(json->out, array ? '[' : '{');
	json->array[json->depth] = array;
	json->filled[json->depth] = false;
	json->depth++;
}

void cni_json_object(cni_json *json, const char *name) { open(json, name, false); }

void cni_json_array(cni_json *json, const char *name) { open(json, name, true); }

void cni_json_end(cni_json *json)
{
	assert(json->depth > 0);
	json->depth--;
	if (json->filled[json->depth])
		line(json);
	cni_buffer_putc(json->out, json->array[json->depth] ? ']' : '}');
}

void cni_json_text_size(cni_json *json, const char *name, const char *value, size_t size)
{
	before(json, name);
	text(json->out, value, size);
}

void cni_json_text(cni_json *json, const char *name, const char *value)
{
	if (value)
		cni_json_text_size(json, name, value, strlen(value));
	else
		cni_json_null(json, name);
}

void cni_json_int(cni_json *json, const char *name, int64_t value)
{
	before(json, name);
	cni_buffer_printf(json->out, "%" PRId64, value);
}

void cni_json_double(cni_json *json, const char *name, double value)
{
	char digits[32];

	if (!isfinite(value)) {
		cni_json_null(json, name);
		return;
	}
	before(json, name);
	/* the shortest of the precisions that reads back as the same number */
	for (int precision = 15; precision <= 17; precision++) {
		snprintf(digits, sizeof digits, "%.*g", precision, value);
		if (strtod(digits, NULL) == value)
			break;
	}
	cni_buffer_puts(json->out, digits);
	if (!strpbrk(digits, ".e"))
		cni_buffer_puts(json->out, ".0"); /* a reader sees that it was no integer */
}

void cni_json_bool(cni_json *json, const char *name, bool value)
{
	before(json, name);
	cni_buffer_puts(json->out, value ? "true" : "false");
}

void cni_json_null(cni_json *json, const char *name)
{
	before(json, name);
	cni_buffer_puts(json->out, "null");
}
