/*
 * c_name.c - names of C for names of SQL, which may hold anything. See write_c.h.
 *
 * A name that C and C++ can have stays as it is, in its letters. Accents are taken off, what is no
 * letter becomes `_`, keywords get a `_` behind them, and a name that is taken a number.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/try.h"
#include "schema/kept.h"
#include "schema/write_c.h"

/* Keywords of C and C++, and words that headers or compilers define as macros. Sorted. */
static const char *const reserved[] = {
	"BUFSIZ",
	"DIR",
	"EOF",
	"FALSE",
	"FILE",
	"I",
	"NULL",
	"TRUE",
	"alignas",
	"alignof",
	"and",
	"and_eq",
	"asm",
	"assert",
	"auto",
	"bitand",
	"bitor",
	"bool",
	"break",
	"case",
	"catch",
	"char",
	"class",
	"compl",
	"complex",
	"concept",
	"const",
	"const_cast",
	"consteval",
	"constexpr",
	"constinit",
	"continue",
	"co_await",
	"co_return",
	"co_yield",
	"decltype",
	"default",
	"delete",
	"do",
	"double",
	"dynamic_cast",
	"else",
	"enum",
	"errno",
	"explicit",
	"export",
	"extern",
	"false",
	"float",
	"for",
	"friend",
	"goto",
	"i386",
	"if",
	"imaginary",
	"inline",
	"int",
	"linux",
	"long",
	"mutable",
	"namespace",
	"new",
	"noexcept",
	"noreturn",
	"not",
	"not_eq",
	"nullptr",
	"offsetof",
	"operator",
	"or",
	"or_eq",
	"private",
	"protected",
	"public",
	"register",
	"reinterpret_cast",
	"requires",
	"restrict",
	"return",
	"short",
	"signed",
	"sizeof",
	"static",
	"static_assert",
	"static_cast",
	"stderr",
	"stdin",
	"stdout",
	"struct",
	"switch",
	"template",
	"this",
	"thread_local",
	"throw",
	"true",
	"try",
	"typedef",
	"typeid",
	"typename",
	"typeof",
	"union",
	"unix",
	"unsigned",
	"using",
	"va_arg",
	"va_copy",
	"va_end",
	"va_start",
	"virtual",
	"void",
	"volatile",
	"wchar_t",
	"while",
	"xor",
	"xor_eq",
};

static bool is_reserved(const char *name)
{
	for (size_t i = 0; i < CNI_COUNT(reserved); i++)
		if (strcmp(reserved[i], name) == 0)
			return true;
	/* the compiler's, the standard's, ours */
	return (name[0] == '_' && (name[1] == '_' || (name[1] >= 'A' && name[1] <= 'Z'))) ||
	       cni_starts(name, "CN_") || cni_starts(name, "cn_") || cni_starts(name, "cni_");
}

bool cni_c_names_has(const cni_c_names *names, const char *name)
{
	for (size_t i = 0; i < names->count; i++)
		if (strcmp(names->list[i], name) == 0)
			return true;
	return false;
}

bool cni_c_names_add(cni_arena *arena, cni_c_names *names, const char *name)
{
	return CNI_PUSH(arena, names->list, names->count, name);
}

static bool is_digit(char c) { return c >= '0' && c <= '9'; }
static bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
static bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
static char upper(char c) { return is_lower(c) ? (char)(c - ('a' - 'A')) : c; }

/* The letters of U+00C0 … U+017F without their accents, a blank where there is none. */
static char plain_letter(unsigned point)
{
	static const char letters[] =
		"AAAAAAACEEEEIIIIDNOOOOO OUUUUY saaaaaaaceeeeiiiidnooooo ouuuuy y"
		"AaAaAaCcCcCcCcDdDdEeEeEeEeEeGgGgGgGgHhHhIiIiIiIiIiIiJjKkkLlLlLlLlLlNnNnNnnNn"
		"OoOoOoOoRrRrRrSsSsSsSsTtTtTtUuUuUuUuUuUuWwYyYZzZzZzs";

	return point >= 0xC0 && point - 0xC0 < sizeof letters - 1 ? letters[point - 0xC0] : ' ';
}

/* Letters, digits and `_` only; never empty, never a digit in front. NULL gives NULL. */
static char *sanitised(cni_arena *arena, const char *name)
{
	CLEANUP(cni_buffer_done) cni_buffer out = {0};
	const unsigned char *p = (const unsigned char *)name;

	if (!name)
		return NULL;
	if (is_digit(*name))
		cni_buffer_putc(&out, '_');
	while (*p) {
		unsigned c = *p++;
		if ((c & 0xE0) == 0xC0 && (*p & 0xC0) == 0x80) {
			c = (c & 0x1F) << 6 | (*p++ & 0x3F);
			char letter = plain_letter(c);
			cni_buffer_putc(&out, letter == ' ' ? '_' : letter);
			continue;
		}
		bool fine = c == '_' || is_digit((char)c) || is_lower(cni_lower((char)c));
		if (c < 0x80 ||
			(c & 0xC0) != 0x80) /* the other bytes of a character make no more of it */
			cni_buffer_putc(&out, fine ? (char)c : '_');
	}
	const char *text = cni_buffer_text(&out);
	if (!out.failed && strspn(text, "_") == out.size)
		return cni_strdup(arena, "unnamed");
	return cni_buffer_keep(&out, arena);
}

static const char *take(cni_arena *arena, cni_c_names *names, const char *wanted)
{
	const char *name = wanted;

	if (name && is_reserved(name))
		name = wanted = name[0] == '_' || cni_ncasecmp(name, "cn", 2) == 0
					? cni_printf(arena, "x%s", name)
					: cni_printf(arena, "%s_", name);
	for (unsigned n = 2; name && cni_c_names_has(names, name); n++)
		name = cni_printf(arena, "%s_%u", wanted, n);
	return name && cni_c_names_add(arena, names, name) ? name : NULL;
}

const char *cni_c_member(cni_arena *arena, cni_c_names *names, const char *sql_name)
{
	return take(arena, names, sanitised(arena, sql_name));
}

const char *cni_c_type_name(cni_arena *arena, cni_c_names *names, const char *sql_name)
{
	char *name = sanitised(arena, sql_name);

	if (!name)
		return NULL;
	if (!is_upper(*name)) { /* order_item: OrderItem */
		char *to = name;
		bool start = true;
		for (const char *p = name; *p; p++) {
			if (*p == '_' && (!p[1] || !is_digit(p[1]) || to == name)) {
				start = true;
				continue;
			}
			*to++ = start ? upper(*p) : *p;
			start = false;
		}
		*to = '\0';
		if (is_digit(*name) || !*name)
			name = cni_printf(arena, "T%s", name);
	}
	return take(arena, names, name);
}

const char *cni_c_relation(cni_arena *arena, const char *column)
{
	size_t size = strlen(column), start = 0;

	if (cni_ncasecmp(column, "id_", 3) == 0 && size > 3)
		start = 3;
	else if (size > 3 && cni_casecmp(column + size - 3, "_id") == 0)
		size -= 3;
	else if (size > 2 && strcmp(column + size - 2, "Id") == 0 && is_lower(column[size - 3]))
		size -= 2;
	else
		return NULL;
	char *name = sanitised(arena, cni_strndup(arena, column + start, size - start));
	if (name)
		*name = cni_lower(*name);
	return name && !is_reserved(name) ? name : NULL;
}

const char *cni_c_lower_name(cni_arena *arena, const char *name)
{
	char *word = sanitised(arena, name);

	if (word)
		*word = cni_lower(*word);
	return word;
}

const char *cni_c_plural(cni_arena *arena, const char *name)
{
	const char *word = cni_c_lower_name(arena, name);
	size_t size = word ? strlen(word) : 0;

	if (!size)
		return word;
	char last = cni_lower(word[size - 1]), before = size > 1 ? cni_lower(word[size - 2]) : 'a';
	if (last == 's' && before != 's')
		return word; /* it is one already: orders */
	if (last == 'y' && !strchr("aeiou", before))
		return cni_printf(arena, "%.*sies", (int)(size - 1), word);
	bool hissing = last == 's' || last == 'x' || last == 'z' ||
		       (last == 'h' && (before == 'c' || before == 's'));
	return cni_printf(arena, "%s%s", word, hissing ? "es" : "s");
}

void cni_c_string(cni_buffer *out, const char *text, const char *indent)
{
	cni_buffer_putc(out, '"');
	for (const char *p = text; *p; p++) {
		unsigned char c = (unsigned char)*p;
		switch (c) {
		case '"': cni_buffer_puts(out, "\\\""); break;
		case '\\': cni_buffer_puts(out, "\\\\"); break;
		case '\t': cni_buffer_puts(out, "\\t"); break;
		case '\r': cni_buffer_puts(out, "\\r"); break;
		case '\n':
			cni_buffer_puts(out, "\\n");
			if (p[1])
				cni_buffer_printf(out, "\"\n%s\"", indent);
			break;
		case '?':
			/* "??=" would be a trigraph to a strict compiler */
			cni_buffer_puts(out, p[1] == '?' ? "?\"\"" : "?");
			break;
		default:
			if (c < ' ' || c == 127)
				cni_buffer_printf(out, "\\%03o", c);
			else
				cni_buffer_putc(out, *p);
		}
	}
	cni_buffer_putc(out, '"');
}
