/* ddl_index.c - CREATE INDEX, and the parts of an index or a key: `expr [COLLATE x] [ASC | DESC]`.
 */
#include "sql/ddl_parser.h"

/* How a piece of SQL ends: its last tokens, the very last first. */
struct tail {
	cni_token token[3];
	const char *end[3]; /* where the text before that token ends */
	size_t count;       /* of all its tokens */
};

static struct tail tail_of(cni_span span)
{
	struct tail tail = {0};
	const char *last_end = span.start;
	cni_lexer lexer;

	cni_lexer_init(&lexer, span.start, (size_t)(span.end - span.start));
	for (cni_token token; (token = cni_lexer_next_solid(&lexer)).kind != CNI_TOKEN_END;) {
		for (size_t i = CNI_COUNT(tail.token) - 1; i > 0; i--) {
			tail.token[i] = tail.token[i - 1];
			tail.end[i] = tail.end[i - 1];
		}
		tail.token[0] = token;
		tail.end[0] = last_end;
		last_end = token.text + token.size;
		tail.count++;
	}
	return tail;
}

/* Takes NULLS FIRST, ASC and DESC off the end. An expression is left in any case: these words alone
 * are names, and a collation may be called so, too. */
static void take_order(cni_span *span, cni_ddl_part *part)
{
	struct tail tail = tail_of(*span);

	if (tail.count > 2 && cni_token_is(&tail.token[1], "nulls") &&
		(cni_token_is(&tail.token[0], "first") || cni_token_is(&tail.token[0], "last"))) {
		part->nulls = cni_token_is(&tail.token[0], "first") ? 1 : 2;
		span->end = tail.end[1];
		tail = tail_of(*span);
	}
	if (tail.count > 1 && !cni_token_is(&tail.token[1], "collate") &&
		(cni_token_is(&tail.token[0], "asc") || cni_token_is(&tail.token[0], "desc"))) {
		part->desc = cni_token_is(&tail.token[0], "desc");
		span->end = tail.end[0];
	}
}

static bool take_collate(cni_parser *parser, cni_span *span, cni_ddl_part *part)
{
	struct tail tail = tail_of(*span);

	if (tail.count < 3 || !cni_token_is(&tail.token[1], "collate"))
		return false;
	part->collate = cni_token_name(parser->arena, &tail.token[0]);
	span->end = tail.end[1];
	return true;
}

static cni_span strip(cni_span span)
{
	size_t size = (size_t)(span.end - span.start);

	cni_sql_strip_parens(&span.start, &size);
	span.end = span.start + size;
	return span;
}

static bool is_plain_name(cni_span span, cni_token *ret_name)
{
	struct tail tail = tail_of(span);
	const cni_token *token = &tail.token[0];

	*ret_name = *token;
	if (tail.count != 1)
		return false;
	if (token->kind == CNI_TOKEN_WORD)
		return cni_sql_word_class(token->text, token->size) != CNI_WORD_RESERVED;
	return token->kind == CNI_TOKEN_QUOTED || token->kind == CNI_TOKEN_STRING;
}

/* `((a COLLATE x)) DESC` is the column a to SQLite: parentheses hide neither name nor collation. */
static cni_ddl_part read_part(cni_parser *parser, cni_span span)
{
	cni_ddl_part part = {0};
	cni_token name;

	take_order(&span, &part);
	cni_span inside;
	if (take_collate(parser, &span, &part)) {
		inside = strip(span);
	} else {
		inside = strip(span);
		if (take_collate(parser, &inside, &part)) {
			span = inside;
			inside = strip(inside);
		}
	}
	if (is_plain_name(inside, &name)) {
		part.name = cni_token_name(parser->arena, &name);
		span = inside;
	}
	part.expr_sql = cni_parser_text(parser, span);
	return part;
}

cn_status cni_parse_parts(
	cni_parser *parser, cni_ddl_part **ret_parts, size_t *ret_count, bool *ret_autoincrement)
{
	cni_ddl_part *parts = NULL;
	size_t count = 0;

	TRY(cni_parser_expect_op(parser, "("));
	do {
		cni_span span = {.start = parser->token.text, .end = parser->token.text};
		while (!cni_parser_is_op(parser, ",") && !cni_parser_is_op(parser, ")") &&
			!cni_parser_is(parser, "autoincrement")) {
			TRY(cni_parser_skip(parser));
			span.end = parser->last_end;
		}
		if (span.end == span.start)
			return cni_parser_syntax(parser);
		if (count >= CNI_DDL_COLUMNS_MAX)
			return cn_fail(
				parser->err, CN_ESQL, "too many columns in a key or an index");
		cni_ddl_part part = read_part(parser, span);
		if (!CNI_PUSH(parser->arena, parts, count, part))
			return cn_fail(parser->err, CN_ENOMEM, "out of memory");
	} while (cni_parser_accept_op(parser, ","));
	if (ret_autoincrement)
		*ret_autoincrement = cni_parser_accept(parser, "autoincrement");
	TRY(cni_parser_expect_op(parser, ")"));
	*ret_parts = parts;
	*ret_count = count;
	return CN_OK;
}

cn_status cni_parse_index(cni_parser *parser, cni_ddl_index *index)
{
	index->if_not_exists = cni_parser_if_not_exists(parser);
	TRY(cni_parser_object_name(parser, &index->name, NULL));
	TRY(cni_parser_expect(parser, "on"));
	TRY(cni_parser_name(parser, &index->table));
	TRY(cni_parse_parts(parser, &index->parts, &index->part_count, NULL));
	return cni_parser_accept(parser, "where") ? cni_parser_rest(parser, &index->where_sql)
						  : CN_OK;
}
