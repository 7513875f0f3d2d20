/* ddl_table.c - CREATE TABLE: the columns, then the constraints, then the options. */
#include "sql/ddl_parser.h"

static bool at_table_constraint(const cni_parser *parser)
{
	return cni_parser_is(parser, "constraint") || cni_parser_is(parser, "primary") ||
	       cni_parser_is(parser, "unique") || cni_parser_is(parser, "check") ||
	       cni_parser_is(parser, "foreign");
}

/* The columns; *ret_more: a comma stands behind the last one. */
static cn_status parse_columns(cni_parser *parser, cni_ddl_table *table, bool *ret_more)
{
	bool more = true;

	while (more && !(table->column_count && at_table_constraint(parser))) {
		cni_parser_comments(parser, CNI_GAP_BELOW);
		TRY(cni_parse_column(parser, table));
		cni_parser_comments(parser, CNI_GAP_SAME_LINE);
		more = cni_parser_accept_op(parser, ",");
		if (more)
			cni_parser_comments(parser, CNI_GAP_LINE_END);
		table->columns[table->column_count - 1].comment = cni_parser_take_comment(parser);
	}
	*ret_more = more;
	return CN_OK;
}

/* Constraints; SQLite lets the commas between them be left out, but wants one after each comma. */
static cn_status parse_constraints(cni_parser *parser, cni_ddl_table *table)
{
	bool found, wanted = true;

	for (;;) {
		TRY(cni_parse_table_constraint(parser, table, &found));
		if (!found)
			return wanted ? cni_parser_syntax(parser) : CN_OK;
		wanted = cni_parser_accept_op(parser, ",");
	}
}

static cn_status parse_option(cni_parser *parser, cni_ddl_table *table)
{
	if (cni_parser_accept(parser, "without")) {
		TRY(cni_parser_expect(parser, "rowid"));
		table->without_rowid = true;
		return CN_OK;
	}
	TRY(cni_parser_expect(parser, "strict"));
	table->strict = true;
	return CN_OK;
}

static cn_status parse_options(cni_parser *parser, cni_ddl_table *table)
{
	if (parser->token.kind == CNI_TOKEN_END || cni_parser_is_op(parser, ";"))
		return CN_OK;
	cni_parser_accept_op(parser, ","); /* SQLite's list of options may start empty */
	do
		TRY(parse_option(parser, table));
	while (cni_parser_accept_op(parser, ","));
	return CN_OK;
}

cn_status cni_parse_table(cni_parser *parser, cni_ddl_table *table)
{
	cni_token name;
	bool more;

	table->comment = cni_parser_take_comment(parser);
	table->if_not_exists = cni_parser_if_not_exists(parser);
	TRY(cni_parser_object_name(parser, &table->name, &name));
	table->name_start = cni_parser_offset(parser, name.text);
	table->name_size = name.size;
	if (cni_parser_accept(parser, "as"))
		return cni_parser_rest(parser, &table->as_select_sql);
	table->body_start = cni_parser_offset(parser, parser->token.text);
	TRY(cni_parser_expect_op(parser, "("));
	cni_parser_comments(parser, CNI_GAP_LINE_END);
	if (parser->comment.size)
		table->comment = cni_parser_take_comment(parser);
	TRY(parse_columns(parser, table, &more));
	if (more)
		TRY(parse_constraints(parser, table));
	TRY(cni_parser_expect_op(parser, ")"));
	return parse_options(parser, table);
}
