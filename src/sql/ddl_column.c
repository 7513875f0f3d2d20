/* ddl_column.c - a column definition: name, type, and what is said of its values. */
#include <string.h>

#include "base/text.h"
#include "sql/ddl_parser.h"

static bool is_type_word(const cni_token *token)
{
	if (token->kind == CNI_TOKEN_WORD)
		return cni_sql_word_class(token->text, token->size) <= CNI_WORD_FALLBACK;
	return token->kind == CNI_TOKEN_QUOTED || token->kind == CNI_TOKEN_STRING;
}

static cn_status pass_number(cni_parser *parser)
{
	if (!cni_parser_accept_op(parser, "+"))
		cni_parser_accept_op(parser, "-");
	if (parser->token.kind != CNI_TOKEN_NUMBER)
		return cni_parser_syntax(parser);
	cni_parser_next(parser);
	return CN_OK;
}

static bool ends_with(cni_span text, const char *word)
{
	size_t size = strlen(word);

	return (size_t)(text.end - text.start) >= size &&
	       cni_ncasecmp(text.end - size, word, size) == 0;
}

static void take_word(cni_span *text, const char *word)
{
	if (!ends_with(*text, word))
		return;
	text->end -= strlen(word);
	while (text->end > text->start && strchr(" \t\n\v\f\r", text->end[-1]))
		text->end--;
}

/*
 * GENERATED ALWAYS are words like others where a type stands, so SQLite reads them as part of the
 * type and then takes them off the end of its text, if that is long enough to hold them both.
 */
static void take_generated_always(cni_span *type)
{
	if (type->end - type->start < (ptrdiff_t)strlen("generated always") ||
		!ends_with(*type, "always"))
		return;
	take_word(type, "always");
	take_word(type, "generated");
}

/* SQLite looks for these in the text of a type to find its affinity, and finds them in comments. */
static void keep_affinity(cni_buffer *out, const cni_token *comment)
{
	static const char *const words[] = {
		"INT", "CHAR", "CLOB", "TEXT", "BLOB", "REAL", "FLOA", "DOUB"};

	for (size_t at = 0; at < comment->size; at++)
		for (size_t i = 0; i < CNI_COUNT(words); i++) {
			size_t size = strlen(words[i]);
			if (comment->size - at >= size &&
				cni_ncasecmp(comment->text + at, words[i], size) == 0)
				cni_buffer_printf(out, " /*%s*/", words[i]);
		}
}

/* SQLite takes the quotes off a type that is one quoted word: "INTEGER" PRIMARY KEY is the rowid,
 * and [BLOB] is what a STRICT table takes. NULL: it is none of its own types in quotes. */
static const char *standard_type(const char *text)
{
	static const char *const types[] = {"ANY", "BLOB", "INT", "INTEGER", "REAL", "TEXT"};
	size_t size = strlen(text);

	if (size < 3 || !strchr("\"'`[", *text))
		return NULL;
	for (size_t i = 0; i < CNI_COUNT(types); i++)
		if (strlen(types[i]) == size - 2 && cni_ncasecmp(text + 1, types[i], size - 2) == 0)
			return types[i];
	return NULL;
}

/* The text with one blank wherever there is any space or comment; of a comment that speaks of an
 * affinity, the word. */
static const char *folded(cni_parser *parser, cni_span text)
{
	CLEANUP(cni_buffer_done) cni_buffer out = {0};
	const char *last_end = text.start;
	cni_lexer lexer;

	cni_lexer_init_in(
		&lexer, parser->lexer.dialect, text.start, (size_t)(text.end - text.start));
	for (cni_token token; (token = cni_lexer_next(&lexer)).kind != CNI_TOKEN_END;) {
		if (token.kind == CNI_TOKEN_COMMENT && lexer.dialect == CNI_DIALECT_SQLITE)
			keep_affinity(&out, &token);
		if (token.kind == CNI_TOKEN_SPACE || token.kind == CNI_TOKEN_COMMENT)
			continue;
		if (token.text != last_end)
			cni_buffer_putc(&out, ' ');
		cni_buffer_add(&out, token.text, token.size);
		last_end = token.text + token.size;
	}
	if (out.failed)
		parser->arena->failed = true;
	const char *standard = standard_type(cni_buffer_text(&out));
	if (standard && lexer.dialect == CNI_DIALECT_SQLITE)
		return standard;
	return out.size ? cni_buffer_dup(&out, parser->arena) : NULL;
}

/* Any run of words, and then perhaps `(10)` or `(10, 2)`. */
static cn_status parse_type(cni_parser *parser, const char **ret_type)
{
	cni_span type = {.start = parser->token.text, .end = parser->token.text};

	while (is_type_word(&parser->token)) {
		cni_parser_next(parser);
		type.end = parser->last_end;
	}
	if (type.end > type.start && cni_parser_accept_op(parser, "(")) {
		TRY(pass_number(parser));
		if (cni_parser_accept_op(parser, ","))
			TRY(pass_number(parser));
		TRY(cni_parser_expect_op(parser, ")"));
		type.end = parser->last_end;
	} else {
		take_generated_always(&type);
	}
	*ret_type = folded(parser, type);
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
