/* ini.c - see ini.h. */
#include "manage/ini.h"

#include <string.h>

#include "base/text.h"
#include "base/try.h"

typedef struct reader {
	cni_arena *arena;
	const char *name;
	const char *section;
	cni_ini_entry *entries;
	size_t count;
	unsigned line;
	cn_error *err;
} reader;

static bool blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

/* Takes the comment and the white space around away: [*text, *end) shrinks. */
static void trim(const char **text, const char **end)
{
	const char *start = *text;

	for (const char *c = start; c < *end; c++) {
		if ((*c == ';' || *c == '#') && (c == start || blank(c[-1]))) {
			*end = c;
			break;
		}
	}
	while (*text < *end && blank(**text))
		(*text)++;
	while (*end > *text && blank((*end)[-1]))
		(*end)--;
}

static cn_status wrong(reader *r, const char *what)
{
	return cn_fail(r->err, CN_EARG, "%s:%u: %s", r->name, r->line, what);
}

static cn_status read_section(reader *r, const char *text, const char *end)
{
	const char *name = text + 1, *last = end - 1;

	if (*last != ']' || memchr(name, '[', (size_t)(end - name)))
		return wrong(r, "a section is written [name]");
	trim(&name, &last);
	if (name >= last)
		return wrong(r, "a section needs a name");
	r->section = cni_strndup(r->arena, name, (size_t)(last - name));
	return r->section ? CN_OK : cn_fail(r->err, CN_ENOMEM, "out of memory");
}

static cn_status read_entry(reader *r, const char *text, const char *end)
{
	const char *equals = memchr(text, '=', (size_t)(end - text));
	const char *key_end = equals, *value = equals ? equals + 1 : NULL;

	if (!equals) {
		(void)wrong(r, "a line is \"key = value\", \"[section]\" or a comment");
		cn_error_detail(r->err, "%.*s",
			(int)cni_utf8_cut(
				text, (size_t)(end - text) < 80 ? (size_t)(end - text) : 80),
			text);
		return CN_EARG;
	}
	if (!r->section)
		return wrong(r, "a key before the first [section]");
	trim(&text, &key_end);
	while (value < end && blank(*value))
		value++;
	if (text == key_end)
		return wrong(r, "a key needs a name");
	cni_ini_entry entry = {.section = r->section,
		.line = r->line,
		.key = cni_strndup(r->arena, text, (size_t)(key_end - text)),
		.value = cni_strndup(r->arena, value, (size_t)(end - value))};
	if (!entry.key || !entry.value)
		return cn_fail(r->err, CN_ENOMEM, "out of memory");
	for (size_t i = 0; i < r->count; i++)
		if (cni_same(r->entries[i].section, entry.section) &&
			cni_same(r->entries[i].key, entry.key))
			return cn_fail(r->err, CN_EARG,
				"%s:%u: \"%s\" was given in line %u already", r->name, r->line,
				entry.key, r->entries[i].line);
	if (!CNI_PUSH(r->arena, r->entries, r->count, entry))
		return cn_fail(r->err, CN_ENOMEM, "out of memory");
	return CN_OK;
}

static cn_status read_line(reader *r, const char *text, const char *end)
{
	trim(&text, &end);
	if (text == end)
		return CN_OK;
	return *text == '[' ? read_section(r, text, end) : read_entry(r, text, end);
}

cn_status cni_ini_parse(cni_arena *arena, const char *name, const char *text, size_t size,
	cni_ini_entry **ret_entries, size_t *ret_count, cn_error *err)
{
	reader r = {.arena = arena, .name = name, .err = err};
	const char *at = text, *end = text + size;

	if (size > CNI_INI_BYTES)
		return cn_fail(err, CN_EARG, "%s: larger than %d bytes", name, CNI_INI_BYTES);
	if (memchr(text, '\0', size) || !cni_utf8_valid(text, size))
		return cn_fail(err, CN_EARG, "%s: not a text file (UTF-8)", name);
	if (size >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0)
		at += 3;
	while (at < end) {
		const char *line_end = memchr(at, '\n', (size_t)(end - at));
		if (!line_end)
			line_end = end;
		r.line++;
		TRY(read_line(&r, at, line_end));
		at = line_end + (line_end < end);
	}
	*ret_entries = r.entries;
	*ret_count = r.count;
	return CN_OK;
}
