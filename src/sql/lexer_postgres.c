/*
 * lexer_postgres.c - the tokens of PostgreSQL: what differs from SQLite's is all that is quoted,
 * comments, which nest, and operators.
 *
 * `:x_name` is a variable here as it is there, because a revision's arguments are written so; `::`
 * is an operator, and no name follows a single `:` in PostgreSQL's own grammar but in array slices,
 * which a blank keeps apart.
 */
#include <string.h>

#include "base/text.h"
#include "sql/lexer_parts.h"

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

static bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

static bool is_name_start(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
	       (unsigned char)c >= 0x80;
}

static bool is_name(char c) { return is_name_start(c) || is_digit(c) || c == '$'; }

static char byte_at(const char *p, size_t size, size_t i) { return i < size ? p[i] : '\0'; }

static size_t scan_comment(const char *p, size_t size)
{
	size_t depth = 0, n = 0;

	if (p[0] == '-') {
		const char *newline = memchr(p, '\n', size);
		return newline ? (size_t)(newline - p) : size;
	}
	while (n + 1 < size) {
		bool opens = p[n] == '/' && p[n + 1] == '*',
		     closes = p[n] == '*' && p[n + 1] == '/';
		n += opens || closes ? 2 : 1;
		depth += opens;
		if (closes && --depth == 0)
			return n;
	}
	return size;
}

/* The quote at `n` and what it encloses; a backslash counts in E'…' only. */
static size_t scan_quoted(
	const char *p, size_t size, size_t n, bool escapes, cni_token_kind *ret_kind)
{
	const char quote = p[n++];

	*ret_kind = quote == '"' ? CNI_TOKEN_QUOTED : CNI_TOKEN_STRING;
	for (; n < size; n++) {
		if (escapes && p[n] == '\\') {
			n++;
			continue;
		}
		if (p[n] != quote)
			continue;
		if (byte_at(p, size, n + 1) != quote)
			return n + 1;
		n++;
	}
	*ret_kind = CNI_TOKEN_ILLEGAL;
	return size;
}

/* $$…$$, $tag$…$tag$; $1 is a parameter. */
static size_t scan_dollar(const char *p, size_t size, cni_token_kind *ret_kind)
{
	size_t n = 1;

	*ret_kind = CNI_TOKEN_VARIABLE;
	if (is_digit(byte_at(p, size, 1))) {
		while (n < size && is_digit(p[n]))
			n++;
		return n;
	}
	while (n < size && is_name(p[n]) && p[n] != '$')
		n++;
	if (byte_at(p, size, n) != '$') {
		*ret_kind = CNI_TOKEN_ILLEGAL;
		return 1;
	}
	n++;
	const char *close = memmem(p + n, size - n, p, n);
	*ret_kind = close ? CNI_TOKEN_STRING : CNI_TOKEN_ILLEGAL;
	return close ? (size_t)(close - p) + n : size;
}

/* A name, or a string with a letter in front: E'\n', B'01', X'ff', U&'…', U&"…". */
static size_t scan_word(const char *p, size_t size, cni_token_kind *ret_kind)
{
	const char next = byte_at(p, size, 1), third = byte_at(p, size, 2);
	const char letter = cni_lower(p[0]);
	size_t n = 1;

	if (next == '\'' && strchr("ebxn", letter))
		return scan_quoted(p, size, 1, letter == 'e', ret_kind);
	if (letter == 'u' && next == '&' && (third == '\'' || third == '"'))
		return scan_quoted(p, size, 2, false, ret_kind);
	while (n < size && is_name(p[n]))
		n++;
	*ret_kind = CNI_TOKEN_WORD;
	return n;
}

static size_t scan_number(const char *p, size_t size, cni_token_kind *ret_kind)
{
	size_t n = 0;

	*ret_kind = CNI_TOKEN_NUMBER;
	while (n < size && (is_digit(p[n]) || p[n] == '.' || p[n] == '_'))
		n++;
	if (cni_lower(byte_at(p, size, n)) == 'e') {
		char sign = byte_at(p, size, n + 1);
		size_t digits = n + (sign == '+' || sign == '-' ? 2 : 1);
		if (is_digit(byte_at(p, size, digits)))
			n = digits;
	}
	while (n < size && is_name(p[n]))
		n++;
	return n;
}

/* `-` and `/` end an operator where a comment begins. */
static size_t scan_operator(const char *p, size_t size)
{
	static const char characters[] = "+-*/<>=~!@#%^&|`?";
	size_t n = 1;

	if (p[0] == ':' && byte_at(p, size, 1) == ':')
		return 2;
	if (p[0] == ':' && byte_at(p, size, 1) == '=')
		return 2;
	if (!strchr(characters, p[0]))
		return 1;
	for (; n < size && p[n] && strchr(characters, p[n]); n++) {
		const char next = byte_at(p, size, n + 1);
		if ((p[n] == '-' && next == '-') || (p[n] == '/' && next == '*'))
			break;
	}
	/* `=-1` is two: a sign ends an operator only beside one of these */
	bool special = false;
	for (size_t i = 0; i < n; i++)
		special |= strchr("~!@#%^&|`?", p[i]) != NULL;
	while (!special && n > 1 && (p[n - 1] == '+' || p[n - 1] == '-'))
		n--;
	return n;
}

size_t cni_scan_postgres(const char *p, size_t size, cni_token_kind *ret_kind)
{
	const char next = byte_at(p, size, 1);
	size_t n = 1;

	if ((p[0] == '-' && next == '-') || (p[0] == '/' && next == '*')) {
		*ret_kind = CNI_TOKEN_COMMENT;
		return scan_comment(p, size);
	}
	if (is_space(p[0])) {
		while (n < size && is_space(p[n]))
			n++;
		*ret_kind = CNI_TOKEN_SPACE;
		return n;
	}
	if (is_name_start(p[0]))
		return scan_word(p, size, ret_kind);
	if (is_digit(p[0]) || (p[0] == '.' && is_digit(next)))
		return scan_number(p, size, ret_kind);
	if (p[0] == '\'' || p[0] == '"')
		return scan_quoted(p, size, 0, false, ret_kind);
	if (p[0] == '$')
		return scan_dollar(p, size, ret_kind);
	if (p[0] == ':' && is_name_start(next)) {
		while (n < size && is_name(p[n]))
			n++;
		*ret_kind = CNI_TOKEN_VARIABLE;
		return n;
	}
	*ret_kind = p[0] && strchr("()[],;.:+-*/<>=~!@#%^&|`?", p[0]) ? CNI_TOKEN_OPERATOR
								      : CNI_TOKEN_ILLEGAL;
	return *ret_kind == CNI_TOKEN_OPERATOR ? scan_operator(p, size) : 1;
}
