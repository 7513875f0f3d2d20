/*
 * ddl_comment.c - the comments that people write at tables and columns.
 *
 * A comment that ends a line speaks of what stands before it on that line, one on lines of its own
 * of what comes after it:
 *
 *     CREATE TABLE person (  -- the table's
 *         -- the id's
 *         id INTEGER PRIMARY KEY,
 *         name TEXT,         -- the name's
 */
#include <string.h>

#include "sql/ddl_parser.h"

static bool is_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

static void add_line(cni_buffer *out, const char *start, const char *end)
{
	while (start < end && is_blank(*start))
		start++;
	while (start < end && is_blank(end[-1]))
		end--;
	if (start == end)
		return;
	if (out->size)
		cni_buffer_putc(out, '\n');
	cni_buffer_add(out, start, (size_t)(end - start));
}

static void add_comment(cni_buffer *out, const cni_token *comment)
{
	const char *start = comment->text + 2, *end = comment->text + comment->size;

	if (comment->text[0] == '/' && end - start >= 2 && end[-2] == '*' && end[-1] == '/')
		end -= 2;
	while (start < end) {
		const char *newline = memchr(start, '\n', (size_t)(end - start));
		const char *line_end = newline ? newline : end;
		add_line(out, start, line_end);
		start = line_end + 1;
	}
}

void cni_parser_comments(cni_parser *parser, cni_gap which)
{
	const char *start = parser->last_end, *end = parser->token.text, *last_newline = end;
	bool same_line = true;
	cni_lexer lexer;

	while (last_newline > start && last_newline[-1] != '\n')
		last_newline--;
	cni_lexer_init(&lexer, start, (size_t)(end - start));
	for (cni_token token; (token = cni_lexer_next(&lexer)).kind != CNI_TOKEN_END;) {
		bool line_end = same_line && token.text + token.size <= last_newline;
		const bool wanted[] = {[CNI_GAP_LINE_END] = line_end,
			[CNI_GAP_BELOW] = !line_end,
			[CNI_GAP_SAME_LINE] = same_line,
			[CNI_GAP_ALL] = true};
		if (token.kind == CNI_TOKEN_COMMENT && wanted[which])
			add_comment(&parser->comment, &token);
		if (memchr(token.text, '\n', token.size))
			same_line = false;
	}
}

void cni_parser_head_comment(cni_parser *parser)
{
	cni_lexer lexer;

	cni_lexer_init(&lexer, parser->text, (size_t)(parser->token.text - parser->text));
	for (cni_token token; (token = cni_lexer_next(&lexer)).kind != CNI_TOKEN_END;) {
		const char *newline = memchr(token.text, '\n', token.size);
		const char *behind = token.text + token.size;
		if (token.kind == CNI_TOKEN_COMMENT)
			add_comment(&parser->comment, &token);
		else if (newline && memchr(newline + 1, '\n', (size_t)(behind - newline - 1)))
			cni_buffer_clear(&parser->comment);
	}
}

const char *cni_parser_take_comment(cni_parser *parser)
{
	const char *comment = NULL;

	if (parser->comment.failed)
		parser->arena->failed = true;
	else if (parser->comment.size)
		comment = cni_buffer_dup(&parser->comment, parser->arena);
	cni_buffer_clear(&parser->comment);
	return comment;
}
