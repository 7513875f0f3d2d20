/* ddl_object.c - CREATE VIEW, TRIGGER and VIRTUAL TABLE: a head that is read, a rest that is kept.
 */
#include "sql/ddl_parser.h"

cn_status cni_parse_view(cni_parser *parser, cni_ddl_view *view)
{
	cni_parser_if_not_exists(parser);
	TRY(cni_parser_object_name(parser, &view->name, NULL));
	if (cni_parser_is_op(parser, "("))
		TRY(cni_parser_name_list(parser, &view->columns, &view->column_count));
	TRY(cni_parser_expect(parser, "as"));
	return cni_parser_rest(parser, &view->select_sql);
}

/* [BEFORE | AFTER | INSTEAD OF] DELETE | INSERT | UPDATE [OF a, b] */
static cn_status parse_event(cni_parser *parser)
{
	const char *column;

	if (cni_parser_accept(parser, "instead"))
		TRY(cni_parser_expect(parser, "of"));
	else if (!cni_parser_accept(parser, "before"))
		cni_parser_accept(parser, "after");
	if (cni_parser_accept(parser, "delete") || cni_parser_accept(parser, "insert"))
		return CN_OK;
	TRY(cni_parser_expect(parser, "update"));
	if (!cni_parser_accept(parser, "of"))
		return CN_OK;
	do
		TRY(cni_parser_name(parser, &column));
	while (cni_parser_accept_op(parser, ","));
	return CN_OK;
}

/* [FOR EACH ROW] [WHEN expr] BEGIN … ; END. The last END is the one behind a `;`, see split.c. */
static cn_status parse_body(cni_parser *parser, const char **ret_body)
{
	cni_span body = {.start = parser->token.text};

	if (cni_parser_accept(parser, "for")) {
		TRY(cni_parser_expect(parser, "each"));
		TRY(cni_parser_expect(parser, "row"));
	}
	if (cni_parser_accept(parser, "when"))
		TRY(cni_parser_skip(parser));
	else if (!cni_parser_is(parser, "begin"))
		return cni_parser_syntax(parser);
	while (!cni_parser_is(parser, "begin"))
		TRY(cni_parser_skip(parser));
	for (bool semicolon = false; !(semicolon && cni_parser_is(parser, "end"));) {
		if (parser->token.kind == CNI_TOKEN_END || parser->token.kind == CNI_TOKEN_ILLEGAL)
			return cni_parser_syntax(parser);
		semicolon = cni_parser_is_op(parser, ";");
		cni_parser_next(parser);
	}
	cni_parser_next(parser);
	body.end = parser->last_end;
	*ret_body = cni_parser_text(parser, body);
	return CN_OK;
}

cn_status cni_parse_trigger(cni_parser *parser, cni_ddl_trigger *trigger)
{
	cni_parser_if_not_exists(parser);
	TRY(cni_parser_object_name(parser, &trigger->name, NULL));
	cni_span head = {.start = parser->token.text};
	TRY(parse_event(parser));
	head.end = parser->last_end;
	trigger->head_sql = cni_parser_text(parser, head);
	TRY(cni_parser_expect(parser, "on"));
	TRY(cni_parser_object_name(parser, &trigger->table, NULL));
	return parse_body(parser, &trigger->body_sql);
}

/* One argument: any tokens up to a comma or the closing parenthesis. */
static cn_status pass_argument(cni_parser *parser)
{
	size_t depth = 0;

	for (;; cni_parser_next(parser)) {
		bool open = cni_parser_is_op(parser, "("), close = cni_parser_is_op(parser, ")");
		if (parser->token.kind == CNI_TOKEN_END || parser->token.kind == CNI_TOKEN_ILLEGAL)
			return cni_parser_syntax(parser);
		if (!depth && (close || cni_parser_is_op(parser, ",")))
			return CN_OK;
		depth += open;
		depth -= close;
	}
}

/* An empty argument is none, as to SQLite. */
static cn_status parse_arguments(cni_parser *parser, cni_ddl_virtual *table)
{
	do {
		const char *argument;
		cni_span span = {.start = parser->token.text};
		TRY(pass_argument(parser));
		if (parser->token.text == span.start)
			continue;
		span.end = parser->last_end;
		if (table->argument_count >= CNI_DDL_COLUMNS_MAX)
			return cn_fail(parser->err, CN_ESQL, "too many arguments of a module");
		argument = cni_parser_text(parser, span);
		if (!CNI_PUSH(parser->arena, table->arguments, table->argument_count, argument))
			return cn_fail(parser->err, CN_ENOMEM, "out of memory");
	} while (cni_parser_accept_op(parser, ","));
	return cni_parser_expect_op(parser, ")");
}

cn_status cni_parse_virtual(cni_parser *parser, cni_ddl_virtual *table)
{
	cni_parser_if_not_exists(parser);
	TRY(cni_parser_object_name(parser, &table->name, NULL));
	TRY(cni_parser_expect(parser, "using"));
	TRY(cni_parser_name(parser, &table->module));
	return cni_parser_accept_op(parser, "(") ? parse_arguments(parser, table) : CN_OK;
}
