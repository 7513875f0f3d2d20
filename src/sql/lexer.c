/*
 * lexer.c - see lexer.h. Each scan_* function gets the text from its first byte and returns how
 * many bytes the token has; all of them read every byte once.
 */
#include "sql/lexer.h"

#include <string.h>

#include "base/text.h"
#include "sql/lexer_parts.h"

cni_dialect cni_dialect_of(const char *engine)
{
	return cni_same(engine, "postgresql") ? CNI_DIALECT_POSTGRESQL : CNI_DIALECT_SQLITE;
}

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

static bool is_hex(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* A run of white space may hold a vertical tab, but not begin with one. */
static bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

static bool is_name_start(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
	       (unsigned char)c >= 0x80;
}

static bool is_name(char c) { return is_name_start(c) || is_digit(c) || c == '$'; }

/* The byte at `i`, NUL behind the end. */
static char byte_at(const char *p, size_t size, size_t i) { return i < size ? p[i] : '\0'; }

static size_t scan_space(const char *p, size_t size)
{
	size_t n = 1;

	while (n < size && is_space(p[n]))
		n++;
	return n;
}

static size_t scan_line_comment(const char *p, size_t size)
{
	const char *newline = memchr(p, '\n', size);

	return newline ? (size_t)(newline - p) : size;
}

/* An unterminated comment runs to the end. */
static size_t scan_block_comment(const char *p, size_t size)
{
	const char *star = p + 2, *end = p + size;

	while ((star = memchr(star, '*', (size_t)(end - star))) && star + 1 < end) {
		if (*++star == '/')
			return (size_t)(star + 1 - p);
	}
	return size;
}

/* 'x' "x" `x`: the quote itself is written twice inside. */
static size_t scan_quoted(const char *p, size_t size, cni_token_kind *ret_kind)
{
	const char quote = p[0];

	for (size_t n = 1; n < size; n++) {
		if (p[n] != quote)
			continue;
		if (byte_at(p, size, n + 1) != quote) {
			*ret_kind = quote == '\'' ? CNI_TOKEN_STRING : CNI_TOKEN_QUOTED;
			return n + 1;
		}
		n++;
	}
	*ret_kind = CNI_TOKEN_ILLEGAL;
	return size;
}

static size_t scan_bracketed(const char *p, size_t size, cni_token_kind *ret_kind)
{
	const char *close = memchr(p, ']', size);

	*ret_kind = close ? CNI_TOKEN_QUOTED : CNI_TOKEN_ILLEGAL;
	return close ? (size_t)(close + 1 - p) : size;
}

static size_t scan_blob(const char *p, size_t size, cni_token_kind *ret_kind)
{
	size_t n = 2;

	while (n < size && is_hex(p[n]))
		n++;
	*ret_kind = CNI_TOKEN_BLOB;
	if (byte_at(p, size, n) != '\'' || n % 2) {
		*ret_kind = CNI_TOKEN_ILLEGAL;
		while (n < size && p[n] != '\'')
			n++;
	}
	return n < size ? n + 1 : n;
}

static size_t scan_number(const char *p, size_t size, cni_token_kind *ret_kind)
{
	size_t n = 0;

	*ret_kind = CNI_TOKEN_NUMBER;
	if (p[0] == '0' && cni_lower(byte_at(p, size, 1)) == 'x' && is_hex(byte_at(p, size, 2))) {
		for (n = 3; n < size && is_hex(p[n]);)
			n++;
		return n;
	}
	while (n < size && is_digit(p[n]))
		n++;
	if (byte_at(p, size, n) == '.') {
		n++;
		while (n < size && is_digit(p[n]))
			n++;
	}
	if (cni_lower(byte_at(p, size, n)) == 'e') {
		char sign = byte_at(p, size, n + 1);
		size_t digits = n + (sign == '+' || sign == '-' ? 2 : 1);
		if (is_digit(byte_at(p, size, digits))) {
			n = digits;
			while (n < size && is_digit(p[n]))
				n++;
		}
	}
	for (; n < size && is_name(p[n]); n++)
		*ret_kind = CNI_TOKEN_ILLEGAL; /* 12ab */
	return n;
}

/* :a @a #a $a, and Tcl's $a::b(c). */
static size_t scan_variable(const char *p, size_t size, cni_token_kind *ret_kind)
{
	size_t n = 1, letters = 0;

	*ret_kind = CNI_TOKEN_VARIABLE;
	for (; n < size; n++) {
		if (is_name(p[n])) {
			letters++;
		} else if (p[n] == '(' && letters > 0) {
			do
				n++;
			while (n < size && !is_space(p[n]) && p[n] != ')');
			if (byte_at(p, size, n) == ')')
				n++;
			else
				*ret_kind = CNI_TOKEN_ILLEGAL;
			break;
		} else if (p[n] == ':' && byte_at(p, size, n + 1) == ':') {
			n++;
		} else {
			break;
		}
	}
	if (letters == 0)
		*ret_kind = CNI_TOKEN_ILLEGAL;
	return n;
}

/* The longest operator that the text begins with; 0: none. */
static size_t scan_operator(const char *p, size_t size)
{
	static const char *const longer[] = {
		"->>", "->", "||", "<<", ">>", "<=", ">=", "==", "!=", "<>", NULL};

	if (!p[0] || !strchr("()+-*/%=<>|,&~;.!", p[0]))
		return 0;
	for (size_t i = 0; longer[i] && strchr("-|<>=!", p[0]); i++) {
		size_t n = strlen(longer[i]);
		if (n <= size && memcmp(p, longer[i], n) == 0)
			return n;
	}
	return p[0] == '!' ? 0 : 1;
}

static size_t scan_name(const char *p, size_t size)
{
	size_t n = 1;

	while (n < size && is_name(p[n]))
		n++;
	return n;
}

/* Tokens that their first byte does not tell apart from an operator or a name. */
static size_t scan_special(const char *p, size_t size, cni_token_kind *ret_kind)
{
	const char next = byte_at(p, size, 1);

	if (p[0] == '-' && next == '-') {
		*ret_kind = CNI_TOKEN_COMMENT;
		return scan_line_comment(p, size);
	}
	if (p[0] == '/' && next == '*' && size > 2) {
		*ret_kind = CNI_TOKEN_COMMENT;
		return scan_block_comment(p, size);
	}
	if (p[0] == '.' && is_digit(next))
		return scan_number(p, size, ret_kind);
	if ((p[0] == 'x' || p[0] == 'X') && next == '\'')
		return scan_blob(p, size, ret_kind);
	if (size >= 3 && memcmp(p, "\xEF\xBB\xBF", 3) == 0) { /* a byte order mark */
		*ret_kind = CNI_TOKEN_SPACE;
		return 3;
	}
	return 0;
}

static size_t scan(const char *p, size_t size, cni_token_kind *ret_kind)
{
	size_t n = scan_special(p, size, ret_kind);

	if (n)
		return n;
	if (is_space(p[0]) && p[0] != '\v') {
		*ret_kind = CNI_TOKEN_SPACE;
		return scan_space(p, size);
	}
	if (is_name_start(p[0])) {
		*ret_kind = CNI_TOKEN_WORD;
		return scan_name(p, size);
	}
	if (is_digit(p[0]))
		return scan_number(p, size, ret_kind);
	switch (p[0]) {
	case '\'':
	case '"':
	case '`': return scan_quoted(p, size, ret_kind);
	case '[': return scan_bracketed(p, size, ret_kind);
	case '$':
	case '@':
	case '#':
	case ':': return scan_variable(p, size, ret_kind);
	case '?':
		*ret_kind = CNI_TOKEN_VARIABLE;
		for (n = 1; n < size && is_digit(p[n]);)
			n++;
		return n;
	default: break;
	}
	n = scan_operator(p, size);
	*ret_kind = n ? CNI_TOKEN_OPERATOR : CNI_TOKEN_ILLEGAL;
	return n ? n : 1;
}

void cni_lexer_init(cni_lexer *lexer, const char *sql, size_t size)
{
	*lexer = (cni_lexer){.at = sql, .end = sql + size};
}

void cni_lexer_init_in(cni_lexer *lexer, cni_dialect dialect, const char *sql, size_t size)
{
	*lexer = (cni_lexer){.at = sql, .end = sql + size, .dialect = dialect};
}

cni_token cni_lexer_next(cni_lexer *lexer)
{
	cni_token token = {.kind = CNI_TOKEN_END, .text = lexer->at};

	if (lexer->at < lexer->end)
		token.size = (lexer->dialect == CNI_DIALECT_SQLITE ? scan : cni_scan_postgres)(
			lexer->at, (size_t)(lexer->end - lexer->at), &token.kind);
	lexer->at += token.size;
	return token;
}

cni_token cni_lexer_next_solid(cni_lexer *lexer)
{
	cni_token token;

	do
		token = cni_lexer_next(lexer);
	while (token.kind == CNI_TOKEN_SPACE || token.kind == CNI_TOKEN_COMMENT);
	return token;
}

bool cni_token_is(const cni_token *token, const char *keyword)
{
	return token->kind == CNI_TOKEN_WORD && strlen(keyword) == token->size &&
	       cni_ncasecmp(token->text, keyword, token->size) == 0;
}

bool cni_token_is_op(const cni_token *token, const char *op)
{
	return token->kind == CNI_TOKEN_OPERATOR && strlen(op) == token->size &&
	       memcmp(token->text, op, token->size) == 0;
}

char *cni_token_name(cni_arena *arena, const cni_token *token)
{
	bool plain = token->kind != CNI_TOKEN_QUOTED && token->kind != CNI_TOKEN_STRING;
	if (plain || !strchr("'\"`[", token->text[0])) /* E'…', $$…$$: they name nothing */
		return cni_strndup(arena, token->text, token->size);
	char *name = cni_strndup(arena, token->text + 1, token->size - 2);
	if (!name || token->text[0] == '[')
		return name;
	size_t kept = 0;
	for (size_t i = 0; i < token->size - 2; i++) {
		name[kept++] = name[i];
		if (name[i] == token->text[0])
			i++; /* its twin */
	}
	name[kept] = '\0';
	return name;
}

cni_token *cni_tokens(cni_arena *arena, const char *sql, size_t size, size_t *ret_count)
{
	return cni_tokens_in(arena, CNI_DIALECT_SQLITE, sql, size, ret_count);
}

cni_token *cni_tokens_in(
	cni_arena *arena, cni_dialect dialect, const char *sql, size_t size, size_t *ret_count)
{
	cni_token *tokens = NULL, token;
	size_t count = 0;
	cni_lexer lexer;

	cni_lexer_init_in(&lexer, dialect, sql, size);
	do {
		token = cni_lexer_next_solid(&lexer);
		if (!CNI_PUSH(arena, tokens, count, token))
			return NULL;
	} while (token.kind != CNI_TOKEN_END);
	if (ret_count)
		*ret_count = count - 1;
	return tokens;
}
