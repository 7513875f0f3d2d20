/* normal.c - the spelling in which two pieces of SQL are compared. */
#include <stdint.h>
#include <string.h>

#include "base/text.h"
#include "base/try.h"
#include "sql/lexer.h"

/*
 * How many pairs of parentheses enclose the whole text: as many as open it, as close it, and as the
 * depth never falls below in between. One pass, however deep.
 */
static size_t enclosing(const char *sql, size_t size, size_t *ret_token_count)
{
	size_t opening = 0, closing = 0; /* the runs at the start and, so far, at the end */
	size_t depth = 0, lowest = SIZE_MAX, count = 0;
	bool balanced = true;
	cni_lexer lexer;

	cni_lexer_init(&lexer, sql, size);
	for (cni_token token; (token = cni_lexer_next_solid(&lexer)).kind != CNI_TOKEN_END;
		count++) {
		if (cni_token_is_op(&token, ")")) {
			if (depth)
				depth--;
			else
				balanced = false;
			closing++;
		} else {
			if (closing && depth < lowest)
				lowest = depth;
			closing = 0;
		}
		if (cni_token_is_op(&token, "(")) {
			opening += opening == count;
			depth++;
		}
	}
	*ret_token_count = count;
	size_t pairs = opening < closing ? opening : closing;
	return depth || !balanced ? 0 : pairs < lowest ? pairs : lowest;
}

void cni_sql_strip_parens(const char **sql, size_t *size)
{
	size_t count, pairs = enclosing(*sql, *size, &count);
	const char *start = NULL, *end = *sql;
	cni_lexer lexer;

	cni_lexer_init(&lexer, *sql, *size);
	for (size_t i = 0; i < count - pairs; i++) {
		cni_token token = cni_lexer_next_solid(&lexer);
		if (i < pairs)
			continue;
		if (!start)
			start = token.text;
		end = token.text + token.size;
	}
	*sql = start ? start : end;
	*size = (size_t)(end - *sql);
}

static void add_lower(cni_buffer *out, const char *text, size_t size)
{
	cni_buffer_add(out, text, size);
	if (out->failed)
		return;
	for (char *p = out->data + out->size - size; size > 0; size--, p++)
		*p = cni_lower(*p);
}

/* A quoted name as a bare one where that means the same. */
static void add_quoted(cni_buffer *out, const cni_token *token)
{
	CLEANUP(cni_arena_done) cni_arena arena = {0};
	const char *name = cni_token_name(&arena, token);

	if (!name) {
		out->failed = true;
		return;
	}
	size_t start = out->size;
	cni_quote_name_if(out, name);
	if (out->failed)
		return;
	for (char *p = out->data + start; *p; p++)
		*p = cni_lower(*p);
}

static void add_token(cni_buffer *out, const cni_token *token)
{
	switch (token->kind) {
	case CNI_TOKEN_WORD:
	case CNI_TOKEN_NUMBER:
	case CNI_TOKEN_BLOB: add_lower(out, token->text, token->size); return;
	case CNI_TOKEN_QUOTED: add_quoted(out, token); return;
	default: break;
	}
	if (cni_token_is_op(token, "=="))
		cni_buffer_putc(out, '=');
	else if (cni_token_is_op(token, "<>"))
		cni_buffer_puts(out, "!=");
	else
		cni_buffer_add(out, token->text, token->size);
}

char *cni_sql_normal(cni_arena *arena, const char *sql, size_t size, bool strip_parens)
{
	CLEANUP(cni_buffer_done) cni_buffer out = {0};
	cni_lexer lexer;

	size = strnlen(sql, size);
	if (strip_parens)
		cni_sql_strip_parens(&sql, &size);
	cni_lexer_init(&lexer, sql, size);
	for (cni_token token; (token = cni_lexer_next_solid(&lexer)).kind != CNI_TOKEN_END;) {
		if (out.size)
			cni_buffer_putc(&out, ' ');
		add_token(&out, &token);
	}
	return cni_buffer_dup(&out, arena);
}
