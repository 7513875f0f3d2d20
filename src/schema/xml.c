/* xml.c - see xml.h. */
#include "schema/xml.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "base/try.h"

enum { NOTES_MAX = 200, ATTRIBUTES_MAX = 64 };

typedef struct xml_reader {
	cni_arena *arena;
	cni_notes *notes;
	cn_error *err;
	const char *at, *end;
	const char *counted; /* lines are counted up to here */
	size_t line;
	size_t nodes;
	size_t depth;
	cni_xml_node *open[CNI_XML_DEPTH];
	cni_buffer text[CNI_XML_DEPTH];
	cni_xml_node *root;
} xml_reader;

void cni_note(cni_notes *notes, size_t line, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	if (!notes->out || notes->count > NOTES_MAX)
		return;
	if (notes->count++ == NOTES_MAX) {
		cni_buffer_puts(notes->out, "and more of the kind\n");
		return;
	}
	va_start(ap, fmt);
	int n = vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	if (n < 0)
		return;
	size_t size = (size_t)n < sizeof text ? (size_t)n : cni_utf8_cut(text, sizeof text - 1);
	for (size_t i = 0; i < size; i++)
		if ((unsigned char)text[i] < ' ' || text[i] == 127)
			text[i] = '?';
	cni_buffer_printf(notes->out, "line %zu: ", line);
	cni_buffer_add(notes->out, text, size);
	cni_buffer_putc(notes->out, '\n');
}

const char *cni_xml_get(const cni_xml_node *node, const char *name)
{
	for (const cni_xml_attribute *a = node->attributes; a; a = a->next)
		if (strcmp(a->name, name) == 0)
			return a->value;
	return NULL;
}

const cni_xml_node *cni_xml_find(const cni_xml_node *from, const char *name)
{
	while (from && strcmp(from->name, name) != 0)
		from = from->next;
	return from;
}

/* ---- characters ---- */

static bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

static bool is_name_start(char c)
{
	char lower = cni_lower(c);

	return (lower >= 'a' && lower <= 'z') || c == '_' || c == ':' || (unsigned char)c >= 0x80;
}

static bool is_name(char c)
{
	return is_name_start(c) || (c >= '0' && c <= '9') || c == '-' || c == '.';
}

static size_t line_now(xml_reader *r)
{
	for (; r->counted < r->at; r->counted++)
		r->line += *r->counted == '\n';
	return r->line;
}

static cn_status broken(xml_reader *r, const char *what)
{
	cn_error_set(r->err, CN_EARG, "the XML cannot be read: %s", what);
	cn_error_detail(r->err, "line %zu", line_now(r));
	return CN_EARG;
}

static bool starts(const xml_reader *r, const char *text)
{
	size_t size = strlen(text);

	return (size_t)(r->end - r->at) >= size && memcmp(r->at, text, size) == 0;
}

static void skip_space(xml_reader *r)
{
	while (r->at < r->end && is_space(*r->at))
		r->at++;
}

static cn_status skip_past(xml_reader *r, const char *text)
{
	const char *found = memmem(r->at, (size_t)(r->end - r->at), text, strlen(text));

	if (!found)
		return broken(r, "a comment, CDATA section or declaration does not end");
	r->at = found + strlen(text);
	return CN_OK;
}

static void add_code_point(cni_buffer *out, uint32_t point)
{
	if (point < 0x80) {
		cni_buffer_putc(out, (char)point);
		return;
	}
	if (point < 0x800) {
		cni_buffer_putc(out, (char)(0xC0 | point >> 6));
	} else if (point < 0x10000) {
		cni_buffer_putc(out, (char)(0xE0 | point >> 12));
		cni_buffer_putc(out, (char)(0x80 | (point >> 6 & 0x3F)));
	} else {
		cni_buffer_putc(out, (char)(0xF0 | point >> 18));
		cni_buffer_putc(out, (char)(0x80 | (point >> 12 & 0x3F)));
		cni_buffer_putc(out, (char)(0x80 | (point >> 6 & 0x3F)));
	}
	cni_buffer_putc(out, (char)(0x80 | (point & 0x3F)));
}

/* `&#233;` or `&#xE9;`; false if it is not one. */
static bool add_numbered(xml_reader *r, cni_buffer *out, const char *body, size_t size)
{
	uint32_t point = 0;
	bool hex = size > 1 && (body[1] == 'x' || body[1] == 'X');
	const char *p = body + (hex ? 2 : 1), *end = body + size;

	if (p == end)
		return false;
	for (; p < end; p++) {
		char c = cni_lower(*p);
		uint32_t digit = c >= '0' && c <= '9'          ? (uint32_t)(c - '0')
				 : hex && c >= 'a' && c <= 'f' ? (uint32_t)(c - 'a' + 10)
							       : UINT32_MAX;
		if (digit == UINT32_MAX)
			return false;
		point = point * (hex ? 16 : 10) + digit;
		if (point > 0x10FFFF)
			point = 0x110000; /* stays too large, does not wrap */
	}
	bool valid = point < 0x110000 && (point < 0xD800 || point > 0xDFFF) &&
		     (point >= 0x20 || point == '\t' || point == '\n' || point == '\r');
	if (!valid)
		cni_note(
			r->notes, line_now(r), "&%.*s; is no character: replaced", (int)size, body);
	add_code_point(out, valid ? point : 0xFFFD);
	return true;
}

/* At a `&`: the character that it stands for, or itself. */
static void add_entity(xml_reader *r, cni_buffer *out, const char *end)
{
	static const struct {
		const char *name;
		char c;
	} known[] = {
		{"amp", '&'},
		{"lt", '<'},
		{"gt", '>'},
		{"quot", '"'},
		{"apos", '\''},
	};
	const char *body = r->at + 1;
	size_t room = (size_t)(end - body) < 12 ? (size_t)(end - body) : 12;
	const char *semicolon = memchr(body, ';', room);
	size_t size = semicolon ? (size_t)(semicolon - body) : 0;
	bool done = size > 1 && body[0] == '#' && add_numbered(r, out, body, size);

	for (size_t i = 0; size && !done && i < CNI_COUNT(known); i++) {
		if (strlen(known[i].name) != size || memcmp(known[i].name, body, size) != 0)
			continue;
		cni_buffer_putc(out, known[i].c);
		done = true;
	}
	if (done) {
		r->at = semicolon + 1;
		return;
	}
	cni_note(r->notes, line_now(r),
		"a bare & is taken as it stands: it should be written &amp;");
	cni_buffer_putc(out, '&');
	r->at++;
}

/* Text up to `end`, entities resolved. */
static void add_text(xml_reader *r, cni_buffer *out, const char *end)
{
	while (r->at < end) {
		const char *mark = memchr(r->at, '&', (size_t)(end - r->at));
		const char *stop = mark ? mark : end;
		cni_buffer_add(out, r->at, (size_t)(stop - r->at));
		r->at = stop;
		if (mark)
			add_entity(r, out, end);
	}
}

/* ---- tags ---- */

static char *read_name(xml_reader *r)
{
	const char *start = r->at;

	while (r->at < r->end && is_name(*r->at))
		r->at++;
	return cni_strndup(r->arena, start, (size_t)(r->at - start));
}

static cn_status out_of_memory(xml_reader *r)
{
	return cn_fail(r->err, CN_ENOMEM, "out of memory");
}

static cn_status count_node(xml_reader *r)
{
	if (++r->nodes > CNI_XML_NODES)
		return broken(r, "more than 500,000 elements and attributes");
	return CN_OK;
}

static cn_status read_value(xml_reader *r, const char *name, const char **ret)
{
	CLEANUP(cni_buffer_done) cni_buffer value = {0};
	const char *end;

	skip_space(r);
	if (r->at == r->end || *r->at != '=') {
		cni_note(r->notes, line_now(r), "attribute %s has no value: taken as empty", name);
		*ret = "";
		return CN_OK;
	}
	r->at++;
	skip_space(r);
	if (r->at < r->end && (*r->at == '"' || *r->at == '\'')) {
		char quote = *r->at++;
		end = memchr(r->at, quote, (size_t)(r->end - r->at));
		if (!end)
			return broken(r, "an attribute's value does not end");
		add_text(r, &value, end);
		r->at = end + 1;
	} else {
		cni_note(r->notes, line_now(r), "the value of attribute %s is not quoted", name);
		for (end = r->at; end < r->end && !is_space(*end) && *end != '>' && *end != '/';
			end++)
			;
		add_text(r, &value, end);
	}
	*ret = cni_buffer_dup(&value, r->arena);
	return *ret ? CN_OK : out_of_memory(r);
}

static cn_status read_attributes(xml_reader *r, cni_xml_node *node)
{
	for (size_t count = 0;; count++) {
		if (count > ATTRIBUTES_MAX)
			return broken(r, "a tag with more than 64 attributes");
		skip_space(r);
		if (r->at == r->end)
			return broken(r, "it ends inside a tag");
		if (*r->at == '>' || *r->at == '/')
			return CN_OK;
		if (!is_name_start(*r->at)) {
			cni_note(r->notes, line_now(r), "\"%c\" inside a tag is passed over",
				*r->at);
			r->at++;
			continue;
		}
		TRY(count_node(r));
		cni_xml_attribute *attribute = cni_alloc(r->arena, sizeof *attribute);
		if (!attribute || !(attribute->name = read_name(r)))
			return out_of_memory(r);
		TRY(read_value(r, attribute->name, &attribute->value));
		if (cni_xml_get(node, attribute->name)) {
			cni_note(r->notes, line_now(r),
				"attribute %s is there twice: the first counts", attribute->name);
			continue;
		}
		attribute->next = node->attributes;
		node->attributes = attribute;
	}
}

static void link_node(xml_reader *r, cni_xml_node *node)
{
	if (!r->depth) {
		if (!r->root)
			r->root = node;
		else
			cni_note(r->notes, node->line, "<%s> after the end is passed over",
				node->name);
		return;
	}
	cni_xml_node *parent = r->open[r->depth - 1];
	if (parent->last_child)
		parent->last_child->next = node;
	else
		parent->children = node;
	parent->last_child = node;
}

static cn_status close_node(xml_reader *r)
{
	cni_buffer *text = &r->text[--r->depth];
	const char *start = cni_buffer_text(text), *end = start + text->size;

	while (start < end && is_space(*start))
		start++;
	while (end > start && is_space(end[-1]))
		end--;
	if (text->failed ||
		!(r->open[r->depth]->text = cni_strndup(r->arena, start, (size_t)(end - start))))
		return out_of_memory(r);
	return CN_OK;
}

static cn_status read_open_tag(xml_reader *r)
{
	cni_xml_node *node = cni_alloc(r->arena, sizeof *node);

	TRY(count_node(r));
	if (!node)
		return out_of_memory(r);
	node->line = line_now(r);
	node->text = "";
	r->at++;
	node->name = read_name(r);
	if (!node->name)
		return out_of_memory(r);
	TRY(read_attributes(r, node));
	link_node(r, node);
	if (*r->at == '/') {
		r->at++;
		if (r->at < r->end && *r->at == '>')
			r->at++;
		return CN_OK;
	}
	r->at++;
	if (r->depth == CNI_XML_DEPTH)
		return broken(r, "elements are nested more than 64 deep");
	r->open[r->depth] = node;
	cni_buffer_clear(&r->text[r->depth]);
	r->depth++;
	return CN_OK;
}

/* Closes what it names, and with it what was left open inside; what was never opened is passed
 * over. */
static cn_status read_close_tag(xml_reader *r)
{
	size_t line = line_now(r), level = r->depth;

	r->at += 2;
	const char *name = read_name(r);
	if (!name)
		return out_of_memory(r);
	TRY(skip_past(r, ">"));
	while (level > 0 && strcmp(r->open[level - 1]->name, name) != 0)
		level--;
	if (!level) {
		cni_note(r->notes, line, "</%s> closes nothing: passed over", name);
		return CN_OK;
	}
	while (r->depth >= level) {
		if (r->depth > level)
			cni_note(r->notes, line, "<%s> of line %zu is not closed: closed here",
				r->open[r->depth - 1]->name, r->open[r->depth - 1]->line);
		TRY(close_node(r));
	}
	return CN_OK;
}

static cn_status read_cdata(xml_reader *r)
{
	r->at += strlen("<![CDATA[");
	const char *start = r->at;
	TRY(skip_past(r, "]]>"));
	if (r->depth)
		cni_buffer_add(&r->text[r->depth - 1], start, (size_t)(r->at - start) - 3);
	return CN_OK;
}

static cn_status read_doctype(xml_reader *r)
{
	while (r->at < r->end && *r->at != '>') {
		if (*r->at == '[')
			return broken(
				r, "it defines entities or elements of its own (DOCTYPE with [ ])");
		r->at++;
	}
	return skip_past(r, ">");
}

static cn_status read_markup(xml_reader *r)
{
	if (starts(r, "<!--"))
		return skip_past(r, "-->");
	if (starts(r, "<![CDATA["))
		return read_cdata(r);
	if (starts(r, "<?"))
		return skip_past(r, "?>");
	if (starts(r, "<!"))
		return read_doctype(r);
	if (starts(r, "</"))
		return read_close_tag(r);
	if (r->at + 1 < r->end && is_name_start(r->at[1]))
		return read_open_tag(r);
	cni_note(
		r->notes, line_now(r), "a bare < is taken as it stands: it should be written &lt;");
	if (r->depth)
		cni_buffer_putc(&r->text[r->depth - 1], '<');
	r->at++;
	return CN_OK;
}

static cn_status read_all(xml_reader *r)
{
	while (r->at < r->end) {
		const char *mark = memchr(r->at, '<', (size_t)(r->end - r->at));
		const char *stop = mark ? mark : r->end;
		if (r->depth)
			add_text(r, &r->text[r->depth - 1], stop);
		r->at = stop;
		if (mark)
			TRY(read_markup(r));
	}
	if (r->depth) {
		cn_error_set(r->err, CN_EARG, "the XML stops in the middle");
		cn_error_detail(r->err, "<%s> of line %zu is not closed at the end of the file",
			r->open[r->depth - 1]->name, r->open[r->depth - 1]->line);
		cn_error_hint(r->err, "perhaps the file was not copied or saved whole");
		return CN_EARG;
	}
	if (!r->root)
		return cn_fail(r->err, CN_EARG, "the XML holds no element");
	return CN_OK;
}

/* ---- the whole ---- */

/* Old files are often ISO 8859-1, whatever they declare. */
static cn_status to_utf8(xml_reader *r, const char *xml, size_t size)
{
	CLEANUP(cni_buffer_done) cni_buffer out = {0};

	for (size_t i = 0; i < size; i++)
		add_code_point(&out, (unsigned char)xml[i]);
	r->at = cni_buffer_dup(&out, r->arena);
	if (!r->at)
		return out_of_memory(r);
	r->end = r->at + out.size;
	cni_note(r->notes, 1, "the text is not UTF-8: read as ISO 8859-1");
	return CN_OK;
}

static cn_status prepare(xml_reader *r, const char *xml, size_t size)
{
	if (size > CNI_XML_BYTES)
		return cn_fail(r->err, CN_EARG, "the XML is larger than 16 MiB");
	if (size >= 2 && (memcmp(xml, "\xFE\xFF", 2) == 0 || memcmp(xml, "\xFF\xFE", 2) == 0)) {
		cn_error_set(r->err, CN_EARG, "the XML is UTF-16");
		cn_error_hint(r->err, "save it as UTF-8");
		return CN_EARG;
	}
	if (memchr(xml, 0, size))
		return cn_fail(r->err, CN_EARG, "the XML holds a NUL byte: it is no text");
	if (size >= 3 && memcmp(xml, "\xEF\xBB\xBF", 3) == 0) {
		xml += 3;
		size -= 3;
	}
	r->at = xml;
	r->end = xml + size;
	if (!cni_utf8_valid(xml, size))
		TRY(to_utf8(r, xml, size));
	r->counted = r->at;
	r->line = 1;
	return CN_OK;
}

cn_status cni_xml_read(cni_arena *arena, const char *xml, size_t size, cni_notes *notes,
	cni_xml_node **ret_root, cn_error *err)
{
	xml_reader *r = cni_alloc(arena, sizeof *r);

	if (!r)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	*r = (xml_reader){.arena = arena, .notes = notes, .err = err};
	cn_status status = prepare(r, xml, size);
	if (status == CN_OK)
		status = read_all(r);
	for (size_t i = 0; i < CNI_XML_DEPTH; i++)
		cni_buffer_done(&r->text[i]);
	if (status == CN_OK && arena->failed)
		status = cn_fail(err, CN_ENOMEM, "out of memory");
	if (status == CN_OK)
		*ret_root = r->root;
	return status;
}
