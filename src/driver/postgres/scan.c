/*
 * scan.c - SQL text in pieces, split where PostgreSQL splits it: as far as a statement's end and
 * a placeholder need it. It makes no tokens; what needs them reads with sql/lexer.h.
 */
#include <string.h>

#include "base/text.h"
#include "base/try.h"
#include "driver/postgres/postgres.h"

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

static bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

static bool is_name_start(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
	       (unsigned char)c >= 0x80;
}

static bool is_name(char c) { return is_name_start(c) || is_digit(c) || c == '$'; }

/* Both kinds of quotes are doubled inside; a backslash counts in E'…' only. */
static size_t scan_quoted(const char *p, size_t size, bool escapes)
{
	for (size_t n = 1; n < size; n++) {
		if (escapes && p[n] == '\\') {
			n++;
		} else if (p[n] == p[0]) {
			if (n + 1 < size && p[n + 1] == p[0])
				n++;
			else
				return n + 1;
		}
	}
	return size;
}

static size_t scan_block_comment(const char *p, size_t size)
{
	size_t depth = 0, n = 0;

	while (n + 1 < size) {
		if (p[n] == '/' && p[n + 1] == '*') {
			depth++;
			n += 2;
		} else if (p[n] == '*' && p[n + 1] == '/') {
			n += 2;
			if (--depth == 0)
				return n;
		} else {
			n++;
		}
	}
	return size;
}

/* $$…$$, $tag$…$tag$; 0: it is none (a parameter, $1). */
static size_t scan_dollar(const char *p, size_t size)
{
	size_t tag = 1;

	if (tag < size && is_digit(p[tag]))
		return 0;
	while (tag < size && p[tag] != '$' && is_name(p[tag]))
		tag++;
	if (tag >= size || p[tag] != '$')
		return 0;
	tag++; /* with both dollars */
	const char *at = memmem(p + tag, size - tag, p, tag);
	return at ? (size_t)(at - p) + tag : size;
}

static size_t scan_word(const char *p, size_t size, pg_piece *ret)
{
	size_t n = 1;

	while (n < size && is_name(p[n]))
		n++;
	*ret = PG_PIECE_WORD;
	if (n == 1 && n < size && p[n] == '\'' && strchr("eEbBxXnN", p[0])) {
		*ret = PG_PIECE_STRING;
		return n + scan_quoted(p + n, size - n, cni_lower(p[0]) == 'e');
	}
	if (n == 1 && cni_lower(p[0]) == 'u' && size > 2 && p[1] == '&' &&
		(p[2] == '\'' || p[2] == '"')) {
		*ret = p[2] == '"' ? PG_PIECE_NAME : PG_PIECE_STRING;
		return 2 + scan_quoted(p + 2, size - 2, false);
	}
	return n;
}

size_t cni_pg_piece(const char *p, size_t size, pg_piece *ret)
{
	size_t n = 1;

	*ret = PG_PIECE_OTHER;
	if (is_space(p[0])) {
		while (n < size && is_space(p[n]))
			n++;
		*ret = PG_PIECE_SPACE;
	} else if (p[0] == '-' && size > 1 && p[1] == '-') {
		while (n < size && p[n] != '\n' && p[n] != '\r')
			n++;
		*ret = PG_PIECE_COMMENT;
	} else if (p[0] == '/' && size > 1 && p[1] == '*') {
		n = scan_block_comment(p, size);
		*ret = PG_PIECE_COMMENT;
	} else if (p[0] == '\'' || p[0] == '"') {
		n = scan_quoted(p, size, false);
		*ret = p[0] == '"' ? PG_PIECE_NAME : PG_PIECE_STRING;
	} else if (p[0] == '$') {
		size_t dollar = scan_dollar(p, size);
		if (dollar)
			*ret = PG_PIECE_STRING;
		n = dollar ? dollar : 1;
	} else if (is_name_start(p[0])) {
		n = scan_word(p, size, ret);
	} else if (is_digit(p[0])) {
		while (n < size && (is_name(p[n]) || p[n] == '.'))
			n++;
		*ret = PG_PIECE_NUMBER;
	}
	return n;
}

static bool is_word(const char *p, size_t size, const char *word)
{
	return strlen(word) == size && cni_ncasecmp(p, word, size) == 0;
}

/* Where the reader of a script is in a statement. A semicolon ends nothing between parentheses
 * (CREATE RULE … DO (a; b)) and in a routine's BEGIN ATOMIC … END, where CASE … END nests. */
typedef struct split_state {
	size_t words; /* seen so far, up to 5 */
	bool create, routine;
	size_t parens, blocks;
} split_state;

static void split_word(split_state *state, const char *p, size_t size)
{
	if (state->words == 0)
		state->create = is_word(p, size, "create");
	else if (state->create && state->words < 4 &&
		 (is_word(p, size, "function") || is_word(p, size, "procedure")))
		state->routine = true;
	if (state->words < 5)
		state->words++;
	if (!state->routine)
		return;
	if (is_word(p, size, "begin") || (state->blocks > 0 && is_word(p, size, "case")))
		state->blocks++;
	else if (state->blocks > 0 && is_word(p, size, "end"))
		state->blocks--;
}

static void split_other(split_state *state, char c)
{
	if (c == '(')
		state->parens++;
	else if (c == ')' && state->parens > 0)
		state->parens--;
}

bool cni_pg_split(const char **at, const char *end, const char **ret_statement, size_t *ret_size)
{
	const char *p = *at, *start = NULL, *last = NULL;
	split_state state = {0};

	while (p < end) {
		pg_piece piece;
		size_t n = cni_pg_piece(p, (size_t)(end - p), &piece);
		bool semicolon = piece == PG_PIECE_OTHER && *p == ';';

		if (semicolon && !state.parens && !state.blocks) {
			p += n;
			if (last)
				break;
			start = NULL;
			continue;
		}
		if (!start && piece != PG_PIECE_SPACE)
			start = p;
		if (piece == PG_PIECE_WORD)
			split_word(&state, p, n);
		else if (piece == PG_PIECE_OTHER)
			split_other(&state, *p);
		p += n;
		if (piece != PG_PIECE_SPACE && piece != PG_PIECE_COMMENT)
			last = p;
	}
	*at = p;
	if (!last)
		return false;
	*ret_statement = start;
	*ret_size = (size_t)(last - start);
	return true;
}

/* ? at p: its number, and how many bytes it has. 0: too large. */
static size_t placeholder_number(const char *p, size_t size, size_t *ret_size)
{
	size_t n = 1, number = 0;

	while (n < size && is_digit(p[n]) && number <= CNI_PG_PARAMETERS)
		number = number * 10 + (size_t)(p[n++] - '0');
	*ret_size = n;
	return number <= CNI_PG_PARAMETERS ? number : 0;
}

static cn_status number_placeholders(
	const char *sql, size_t size, size_t *largest, cni_buffer *out, cn_error *err)
{
	const char *p = sql, *end = sql + size;

	while (p < end) {
		pg_piece piece;
		size_t n = cni_pg_piece(p, (size_t)(end - p), &piece);

		if (piece != PG_PIECE_OTHER || *p != '?') {
			cni_buffer_add(out, p, n);
			p += n;
			continue;
		}
		if (p + 1 < end && p[1] == '?') {
			cni_buffer_putc(out, '?');
			p += 2;
			continue;
		}
		size_t number = placeholder_number(p, (size_t)(end - p), &n);
		if (n == 1)
			number = *largest + 1;
		if (number == 0 || number > CNI_PG_PARAMETERS)
			return cn_fail(err, CN_EARG,
				"a parameter has the number %.*s; the numbers go from 1 to %d",
				(int)(n < 12 ? n : 12), p, CNI_PG_PARAMETERS);
		if (number > *largest)
			*largest = number;
		cni_buffer_printf(out, "$%zu", number);
		p += n;
	}
	return out->failed ? cn_fail(err, CN_ENOMEM, "out of memory") : CN_OK;
}

static const char *skip_blank(const char *p, const char *end)
{
	pg_piece piece = PG_PIECE_SPACE;

	while (p < end) {
		size_t n = cni_pg_piece(p, (size_t)(end - p), &piece);
		if (piece != PG_PIECE_SPACE && piece != PG_PIECE_COMMENT)
			break;
		p += n;
	}
	return p;
}

static const char *skip_word(const char *p, const char *end, const char *word)
{
	size_t n = strlen(word);
	pg_piece piece;

	if (p >= end || cni_pg_piece(p, (size_t)(end - p), &piece) != n || !is_word(p, n, word))
		return NULL;
	return skip_blank(p + n, end);
}

/* The parentheses of SELECT cantil_row( … ): where they open and close; NULL: it is not that. */
static const char *find_sink(const char *sql, const char *end, const char **ret_close)
{
	const char *open = skip_word(skip_blank(sql, end), end, "select");
	size_t depth = 0;

	open = open ? skip_word(open, end, CNI_ROW_FUNCTION) : NULL;
	if (!open || open >= end || *open != '(')
		return NULL;
	for (const char *p = open; p < end;) {
		pg_piece piece;
		size_t n = cni_pg_piece(p, (size_t)(end - p), &piece);
		if (piece == PG_PIECE_OTHER && *p == '(')
			depth++;
		if (piece == PG_PIECE_OTHER && *p == ')' && --depth == 0) {
			const char *after = skip_blank(p + 1, end);
			*ret_close = p;
			return after == end || skip_word(after, end, "from") ? open : NULL;
		}
		p += n;
	}
	return NULL;
}

cn_status cni_pg_placeholders(const char *sql, size_t size, cni_buffer *out, cn_error *err)
{
	const char *end = sql + size, *close = NULL, *open = find_sink(sql, end, &close);
	size_t largest = 0;

	if (!open)
		return number_placeholders(sql, size, &largest, out, err);
	cni_buffer_puts(out, "SELECT ");
	TRY(number_placeholders(open + 1, (size_t)(close - open - 1), &largest, out, err));
	cni_buffer_putc(out, ' ');
	return number_placeholders(close + 1, (size_t)(end - close - 1), &largest, out, err);
}
