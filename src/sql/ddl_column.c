/* ddl_column.c - a column definition: name, type, and what is said of its values. */
#include "sql/ddl_parser.h"

#include <stdint.h>

static bool is_type_word(const cni_token *token)
{
	if (token->kind == CNI_TOKEN_WORD)
		return cni_sql_word_class(token->text, token->size) <= CNI_WORD_FALLBACK;
	return token->kind == CNI_TOKEN_QUOTED || token->kind == CNI_TOKEN_STRING;
}

/* Appends the current token, a blank before it where the text has any space, and passes it. */
static void add_token(cni_parser *parser, cni_buffer *type)
{
	if (type->size && parser->last_end != parser->token.text)
		cni_buffer_putc(type, ' ');
	cni_buffer_add(type, parser->token.text, parser->token.size);
	cni_parser_next(parser);
}

static cn_status add_number(cni_parser *parser, cni_buffer *type)
{
	if (cni_parser_is_op(parser, "+") || cni_parser_is_op(parser, "-"))
		add_token(parser, type);
	if (parser->token.kind != CNI_TOKEN_NUMBER)
		return cni_parser_syntax(parser);
	add_token(parser, type);
	return CN_OK;
}

/* `(10)`, `(10, 2)` */
static cn_status add_size(cni_parser *parser, cni_buffer *type)
{
	add_token(parser, type);
	TRY(add_number(parser, type));
	if (cni_parser_is_op(parser, ",")) {
		add_token(parser, type);
		TRY(add_number(parser, type));
	}
	if (!cni_parser_is_op(parser, ")"))
		return cni_parser_syntax(parser);
	add_token(parser, type);
	return CN_OK;
}

/*
 * A type is any run of words. GENERATED ALWAYS are words like others there, so they become part of
 * it and are taken off its end, as SQLite does.
 */
static cn_status parse_type(cni_parser *parser, const char **ret_type)
{
	CLEANUP(cni_buffer_done) cni_buffer type = {0};
	size_t size = 0, before_generated = SIZE_MAX;
	bool generated = false;

	while (is_type_word(&parser->token)) {
		bool always = generated && cni_parser_is(parser, "always");
		generated = cni_parser_is(parser, "generated");
		if (generated)
			before_generated = type.size;
		add_token(parser, &type);
		size = always ? before_generated : type.size;
	}
	if (type.size && cni_parser_is_op(parser, "(")) {
		TRY(add_size(parser, &type));
		size = type.size;
	}
	if (type.failed)
		return cn_fail(parser->err, CN_ENOMEM, "out of memory");
	*ret_type = size ? cni_strndup(parser->arena, type.data, size) : NULL;
	return CN_OK;
}

/* A literal, a bare or quoted word (a text to SQLite), or nothing that could be a default. */
static bool is_default(const cni_token *token, bool is_signed)
{
	switch (token->kind) {
	case CNI_TOKEN_NUMBER:
	case CNI_TOKEN_STRING:
	case CNI_TOKEN_BLOB: return true;
	case CNI_TOKEN_QUOTED: return !is_signed;
	case CNI_TOKEN_WORD: break;
	default: return false;
	}
	if (cni_token_is(token, "null") || cni_token_is(token, "current_timestamp") ||
		cni_token_is(token, "current_date") || cni_token_is(token, "current_time"))
		return true;
	return !is_signed && cni_sql_word_class(token->text, token->size) != CNI_WORD_RESERVED;
}

static cn_status parse_default(cni_parser *parser, cni_ddl_column *column)
{
	cni_span value = {.start = parser->token.text};

	column->default_is_expression = cni_parser_is_op(parser, "(");
	if (column->default_is_expression) {
		TRY(cni_parser_parens(parser, &value));
	} else {
		bool is_signed =
			cni_parser_accept_op(parser, "-") || cni_parser_accept_op(parser, "+");
		if (!is_default(&parser->token, is_signed))
			return cni_parser_syntax(parser);
		cni_parser_next(parser);
		value.end = parser->last_end;
	}
	column->default_sql = cni_parser_text(parser, value);
	return CN_OK;
}

/* `(expr) [STORED | VIRTUAL]` */
static cn_status parse_generated(cni_parser *parser, cni_ddl_column *column)
{
	cni_span expr;

	TRY(cni_parser_parens(parser, &expr));
	column->generated_sql = cni_parser_text(parser, expr);
	column->generated_stored = cni_parser_accept(parser, "stored");
	if (!column->generated_stored)
		cni_parser_accept(parser, "virtual");
	return CN_OK;
}

static cn_status parse_not_null(cni_parser *parser, cni_ddl_column *column, const char *name)
{
	cni_parser_next(parser);
	TRY(cni_parser_expect(parser, "null"));
	column->not_null = true;
	column->not_null_name = name;
	return cni_parse_conflict(parser, &column->not_null_conflict);
}

/* What is no constraint of the table but a property of the column; said twice, the last counts. */
static cn_status parse_property(
	cni_parser *parser, cni_ddl_column *column, const char *name, bool *ret_found)
{
	cni_token ahead = cni_parser_peek(parser);
	cni_conflict ignored;

	*ret_found = true;
	if (cni_parser_is(parser, "not") && !cni_token_is(&ahead, "deferrable"))
		return parse_not_null(parser, column, name);
	if (cni_parser_accept(parser, "null")) /* says nothing */
		return cni_parse_conflict(parser, &ignored);
	if (cni_parser_accept(parser, "default"))
		return parse_default(parser, column);
	if (cni_parser_accept(parser, "collate"))
		return cni_parser_name(parser, &column->collate);
	if (cni_parser_accept(parser, "generated")) {
		TRY(cni_parser_expect(parser, "always"));
		TRY(cni_parser_expect(parser, "as"));
		return parse_generated(parser, column);
	}
	if (cni_parser_accept(parser, "as"))
		return parse_generated(parser, column);
	*ret_found = false;
	return CN_OK;
}

cn_status cni_parse_column(cni_parser *parser, cni_ddl_table *table)
{
	cni_ddl_column column = {.text_start = cni_parser_offset(parser, parser->token.text)};
	const char *constraint_name = NULL;
	bool found;

	if (table->column_count >= CNI_DDL_COLUMNS_MAX)
		return cn_fail(parser->err, CN_ESQL, "too many columns");
	TRY(cni_parser_name(parser, &column.name));
	TRY(parse_type(parser, &column.type));
	/* pushed now: its constraints say its index */
	if (!CNI_PUSH(parser->arena, table->columns, table->column_count, column))
		return cn_fail(parser->err, CN_ENOMEM, "out of memory");
	cni_ddl_column *self = &table->columns[table->column_count - 1];
	while (!cni_parser_is_op(parser, ",") && !cni_parser_is_op(parser, ")")) {
		cni_parser_comments(parser, CNI_GAP_ALL);
		if (cni_parser_accept(parser, "constraint")) {
			TRY(cni_parser_name(parser, &constraint_name));
			continue;
		}
		TRY(parse_property(parser, self, constraint_name, &found));
		if (!found)
			TRY(cni_parse_column_constraint(parser, table, constraint_name, &found));
		if (!found)
			return cni_parser_syntax(parser);
		constraint_name = NULL;
	}
	self->text_size = cni_parser_offset(parser, parser->last_end) - self->text_start;
	return CN_OK;
}
