/* ddl_parser.c - see ddl_parser.h: tokens, names, parentheses, errors. */
#include "sql/ddl_parser.h"

#include <string.h>

void cni_parser_next(cni_parser *parser)
{
	parser->last_end = parser->token.text + parser->token.size;
	parser->token = cni_lexer_next_solid(&parser->lexer);
}

cni_token cni_parser_peek(const cni_parser *parser)
{
	cni_lexer ahead = parser->lexer;

	return cni_lexer_next_solid(&ahead);
}

bool cni_parser_is(const cni_parser *parser, const char *keyword)
{
	return cni_token_is(&parser->token, keyword);
}

bool cni_parser_is_op(const cni_parser *parser, const char *op)
{
	return cni_token_is_op(&parser->token, op);
}

bool cni_parser_accept(cni_parser *parser, const char *keyword)
{
	if (!cni_parser_is(parser, keyword))
		return false;
	cni_parser_next(parser);
	return true;
}

bool cni_parser_accept_op(cni_parser *parser, const char *op)
{
	if (!cni_parser_is_op(parser, op))
		return false;
	cni_parser_next(parser);
	return true;
}

cn_status cni_parser_expect(cni_parser *parser, const char *keyword)
{
	return cni_parser_accept(parser, keyword) ? CN_OK : cni_parser_syntax(parser);
}

cn_status cni_parser_expect_op(cni_parser *parser, const char *op)
{
	return cni_parser_accept_op(parser, op) ? CN_OK : cni_parser_syntax(parser);
}

static bool is_name(const cni_token *token)
{
	if (token->kind == CNI_TOKEN_WORD)
		return cni_sql_word_class(token->text, token->size) != CNI_WORD_RESERVED;
	return token->kind == CNI_TOKEN_QUOTED || token->kind == CNI_TOKEN_STRING;
}

cn_status cni_parser_name(cni_parser *parser, const char **ret_name)
{
	if (!is_name(&parser->token))
		return cni_parser_syntax(parser);
	*ret_name = cni_token_name(parser->arena, &parser->token);
	cni_parser_next(parser);
	return CN_OK;
}

cn_status cni_parser_object_name(cni_parser *parser, const char **ret_name, cni_token *ret_token)
{
	cni_token token = parser->token;
	const char *name = NULL;

	TRY(cni_parser_name(parser, &name));
	if (cni_parser_accept_op(parser, ".")) {
		token = parser->token;
		TRY(cni_parser_name(parser, &name));
	}
	*ret_name = name;
	if (ret_token)
		*ret_token = token;
	return CN_OK;
}

cn_status cni_parser_name_list(cni_parser *parser, const char ***ret_names, size_t *ret_count)
{
	const char **names = NULL, *name = NULL;
	size_t count = 0;

	TRY(cni_parser_expect_op(parser, "("));
	do {
		if (count >= CNI_DDL_COLUMNS_MAX)
			return cn_fail(parser->err, CN_ESQL, "too many names in a list");
		TRY(cni_parser_name(parser, &name));
		if (!CNI_PUSH(parser->arena, names, count, name))
			return cn_fail(parser->err, CN_ENOMEM, "out of memory");
		if (cni_parser_accept(parser, "collate"))
			TRY(cni_parser_name(parser, &name));
		if (!cni_parser_accept(parser, "asc"))
			cni_parser_accept(parser, "desc");
	} while (cni_parser_accept_op(parser, ","));
	TRY(cni_parser_expect_op(parser, ")"));
	*ret_names = names;
	*ret_count = count;
	return CN_OK;
}

bool cni_parser_if_not_exists(cni_parser *parser)
{
	cni_token ahead = cni_parser_peek(parser);

	if (!cni_parser_is(parser, "if") || !cni_token_is(&ahead, "not"))
		return false;
	cni_parser_next(parser);
	cni_parser_next(parser);
	return cni_parser_accept(parser, "exists");
}

cn_status cni_parser_skip(cni_parser *parser)
{
	size_t depth = 0;

	do {
		if (parser->token.kind == CNI_TOKEN_END ||
			parser->token.kind == CNI_TOKEN_ILLEGAL || cni_parser_is_op(parser, ";"))
			return cni_parser_syntax(parser);
		if (cni_parser_is_op(parser, "("))
			depth++;
		if (cni_parser_is_op(parser, ")")) {
			if (depth == 0)
				return cni_parser_syntax(parser);
			depth--;
		}
		cni_parser_next(parser);
	} while (depth);
	return CN_OK;
}

cn_status cni_parser_parens(cni_parser *parser, cni_span *ret_inside)
{
	cni_span inside;
	size_t depth = 1;

	TRY(cni_parser_expect_op(parser, "("));
	if (cni_parser_is_op(parser, ")"))
		return cni_parser_syntax(parser);
	inside.start = parser->token.text;
	for (;; cni_parser_next(parser)) {
		if (parser->token.kind == CNI_TOKEN_END ||
			parser->token.kind == CNI_TOKEN_ILLEGAL || cni_parser_is_op(parser, ";"))
			return cni_parser_syntax(parser);
		if (cni_parser_is_op(parser, "("))
			depth++;
		else if (cni_parser_is_op(parser, ")") && --depth == 0)
			break;
	}
	inside.end = parser->last_end;
	cni_parser_next(parser);
	*ret_inside = inside;
	return CN_OK;
}

cn_status cni_parser_rest(cni_parser *parser, const char **ret_text)
{
	cni_span span = {.start = parser->token.text};

	do
		TRY(cni_parser_skip(parser));
	while (parser->token.kind != CNI_TOKEN_END && !cni_parser_is_op(parser, ";"));
	span.end = parser->last_end;
	*ret_text = cni_parser_text(parser, span);
	return CN_OK;
}

char *cni_parser_text(cni_parser *parser, cni_span span)
{
	return cni_strndup(parser->arena, span.start, (size_t)(span.end - span.start));
}

size_t cni_parser_offset(const cni_parser *parser, const char *at)
{
	return (size_t)(at - parser->text);
}

cn_status cni_parser_syntax(cni_parser *parser)
{
	const cni_token *token = &parser->token;
	const char *line_start = parser->text;
	size_t line = 1;

	for (const char *p = parser->text; (p = memchr(p, '\n', (size_t)(token->text - p))); line++)
		line_start = ++p;
	if (token->kind == CNI_TOKEN_END)
		cn_error_set(parser->err, CN_ESQL, "the statement ends too early");
	else
		cn_error_set(parser->err, CN_ESQL, "%s \"%.*s\"",
			token->kind == CNI_TOKEN_ILLEGAL ? "unrecognized token"
							 : "syntax error near",
			token->size < 60 ? (int)token->size : 60, token->text);
	cn_error_detail(
		parser->err, "line %zu, column %zu", line, (size_t)(token->text - line_start) + 1);
	return CN_ESQL;
}
