/* ddl_constraint.c - PRIMARY KEY, UNIQUE, CHECK and FOREIGN KEY, at a column and at the table. */
#include "sql/ddl_parser.h"

cn_status cni_parse_conflict(cni_parser *parser, cni_conflict *ret_conflict)
{
	static const struct {
		const char *word;
		cni_conflict conflict;
	} rows[] = {
		{"abort", CNI_CONFLICT_NONE},
		{"rollback", CNI_CONFLICT_ROLLBACK},
		{"fail", CNI_CONFLICT_FAIL},
		{"ignore", CNI_CONFLICT_IGNORE},
		{"replace", CNI_CONFLICT_REPLACE},
	};

	*ret_conflict = CNI_CONFLICT_NONE;
	if (!cni_parser_accept(parser, "on"))
		return CN_OK;
	TRY(cni_parser_expect(parser, "conflict"));
	for (size_t i = 0; i < CNI_COUNT(rows); i++) {
		if (cni_parser_accept(parser, rows[i].word)) {
			*ret_conflict = rows[i].conflict;
			return CN_OK;
		}
	}
	return cni_parser_syntax(parser);
}

static cn_status push(cni_parser *parser, cni_ddl_table *table, cni_ddl_constraint constraint)
{
	if (table->constraint_count >= CNI_DDL_CONSTRAINTS_MAX)
		return cn_fail(parser->err, CN_ESQL, "too many constraints");
	if (!CNI_PUSH(parser->arena, table->constraints, table->constraint_count, constraint))
		return cn_fail(parser->err, CN_ENOMEM, "out of memory");
	if (constraint.kind == CNI_FOREIGN_KEY)
		parser->foreign_key = table->constraint_count;
	return CN_OK;
}

/* The key of a constraint that is said at a column: that column. */
static cn_status own_part(
	cni_parser *parser, const cni_ddl_table *table, cni_ddl_constraint *constraint)
{
	const cni_ddl_column *column = &table->columns[table->column_count - 1];
	cni_ddl_part *part = cni_alloc(parser->arena, sizeof *part);

	if (!part)
		return cn_fail(parser->err, CN_ENOMEM, "out of memory");
	part->name = part->expr_sql = column->name;
	constraint->parts = part;
	constraint->part_count = 1;
	return CN_OK;
}

static cn_status parse_action(cni_parser *parser, cni_action *ret_action)
{
	if (cni_parser_accept(parser, "set")) {
		*ret_action = cni_parser_is(parser, "null") ? CNI_SET_NULL : CNI_SET_DEFAULT;
		return cni_parser_accept(parser, "null") ? CN_OK
							 : cni_parser_expect(parser, "default");
	}
	if (cni_parser_accept(parser, "cascade"))
		*ret_action = CNI_CASCADE;
	else if (cni_parser_accept(parser, "restrict"))
		*ret_action = CNI_RESTRICT;
	else {
		*ret_action = CNI_NO_ACTION;
		TRY(cni_parser_expect(parser, "no"));
		return cni_parser_expect(parser, "action");
	}
	return CN_OK;
}

/* Behind REFERENCES: the parent, its columns, MATCH and the actions in any order. */
static cn_status parse_references(cni_parser *parser, cni_ddl_constraint *constraint)
{
	cni_action ignored;

	TRY(cni_parser_name(parser, &constraint->parent));
	if (cni_parser_is_op(parser, "("))
		TRY(cni_parser_name_list(
			parser, &constraint->parent_columns, &constraint->parent_column_count));
	for (;;) {
		if (cni_parser_accept(parser, "match")) {
			TRY(cni_parser_name(parser, &constraint->match));
		} else if (cni_parser_accept(parser, "on")) {
			if (cni_parser_accept(parser, "delete"))
				TRY(parse_action(parser, &constraint->on_delete));
			else if (cni_parser_accept(parser, "update"))
				TRY(parse_action(parser, &constraint->on_update));
			else if (cni_parser_accept(
					 parser, "insert")) /* SQLite knows it and ignores it */
				TRY(parse_action(parser, &ignored));
			else
				return cni_parser_syntax(parser);
		} else {
			return CN_OK;
		}
	}
}

static bool at_deferrable(const cni_parser *parser)
{
	cni_token ahead = cni_parser_peek(parser);

	return cni_parser_is(parser, "deferrable") ||
	       (cni_parser_is(parser, "not") && cni_token_is(&ahead, "deferrable"));
}

/* [NOT] DEFERRABLE [INITIALLY …] */
static cn_status parse_deferrable(cni_parser *parser, cni_ddl_constraint *constraint)
{
	bool deferrable = !cni_parser_accept(parser, "not"), deferred = false;

	TRY(cni_parser_expect(parser, "deferrable"));
	if (cni_parser_accept(parser, "initially")) {
		deferred = cni_parser_accept(parser, "deferred");
		if (!deferred)
			TRY(cni_parser_expect(parser, "immediate"));
	}
	constraint->deferrable = deferrable;
	constraint->initially_deferred = deferrable && deferred;
	return CN_OK;
}

static cn_status parse_check(cni_parser *parser, cni_ddl_constraint *constraint)
{
	cni_span expr;

	TRY(cni_parser_parens(parser, &expr));
	constraint->check_sql = cni_parser_text(parser, expr);
	/* SQLite reads a conflict clause here and does nothing with it */
	return cni_parse_conflict(parser, &(cni_conflict){0});
}

static cn_status parse_own_key(
	cni_parser *parser, cni_ddl_table *table, cni_ddl_constraint *constraint)
{
	TRY(own_part(parser, table, constraint));
	if (constraint->kind == CNI_PRIMARY_KEY && !cni_parser_accept(parser, "asc"))
		constraint->parts->desc = cni_parser_accept(parser, "desc");
	TRY(cni_parse_conflict(parser, &constraint->conflict));
	if (constraint->kind == CNI_PRIMARY_KEY)
		constraint->autoincrement = cni_parser_accept(parser, "autoincrement");
	return CN_OK;
}

cn_status cni_parse_column_constraint(
	cni_parser *parser, cni_ddl_table *table, const char *name, bool *ret_found)
{
	cni_ddl_constraint constraint = {
		.name = name, .at_column = true, .column = table->column_count - 1};

	*ret_found = true;
	if (at_deferrable(
		    parser)) { /* belongs to the table's last foreign key, wherever that stands */
		cni_ddl_constraint none;
		return parse_deferrable(parser,
			parser->foreign_key ? &table->constraints[parser->foreign_key - 1] : &none);
	}
	if (cni_parser_accept(parser, "primary")) {
		constraint.kind = CNI_PRIMARY_KEY;
		TRY(cni_parser_expect(parser, "key"));
		TRY(parse_own_key(parser, table, &constraint));
	} else if (cni_parser_accept(parser, "unique")) {
		constraint.kind = CNI_UNIQUE;
		TRY(parse_own_key(parser, table, &constraint));
	} else if (cni_parser_accept(parser, "check")) {
		constraint.kind = CNI_CHECK;
		TRY(parse_check(parser, &constraint));
	} else if (cni_parser_accept(parser, "references")) {
		constraint.kind = CNI_FOREIGN_KEY;
		TRY(own_part(parser, table, &constraint));
		TRY(parse_references(parser, &constraint));
	} else {
		*ret_found = false;
		return CN_OK;
	}
	return push(parser, table, constraint);
}

static cn_status parse_foreign_key(cni_parser *parser, cni_ddl_constraint *constraint)
{
	const char **names;
	size_t count;

	TRY(cni_parser_expect(parser, "key"));
	TRY(cni_parser_name_list(parser, &names, &count));
	constraint->parts = cni_alloc(parser->arena, count * sizeof *constraint->parts);
	if (!constraint->parts)
		return cn_fail(parser->err, CN_ENOMEM, "out of memory");
	for (size_t i = 0; i < count; i++)
		constraint->parts[i].name = constraint->parts[i].expr_sql = names[i];
	constraint->part_count = count;
	TRY(cni_parser_expect(parser, "references"));
	TRY(parse_references(parser, constraint));
	return at_deferrable(parser) ? parse_deferrable(parser, constraint) : CN_OK;
}

static cn_status parse_key(cni_parser *parser, cni_ddl_constraint *constraint)
{
	bool *autoincrement =
		constraint->kind == CNI_PRIMARY_KEY ? &constraint->autoincrement : NULL;

	TRY(cni_parse_parts(parser, &constraint->parts, &constraint->part_count, autoincrement));
	return cni_parse_conflict(parser, &constraint->conflict);
}

cn_status cni_parse_table_constraint(cni_parser *parser, cni_ddl_table *table, bool *ret_found)
{
	cni_ddl_constraint constraint = {0};

	*ret_found = true;
	while (cni_parser_accept(parser, "constraint")) {
		TRY(cni_parser_name(parser, &constraint.name));
		if (cni_parser_is_op(parser, ",") || cni_parser_is_op(parser, ")"))
			return CN_OK; /* a name and nothing to name */
	}
	if (cni_parser_accept(parser, "primary")) {
		constraint.kind = CNI_PRIMARY_KEY;
		TRY(cni_parser_expect(parser, "key"));
		TRY(parse_key(parser, &constraint));
	} else if (cni_parser_accept(parser, "unique")) {
		constraint.kind = CNI_UNIQUE;
		TRY(parse_key(parser, &constraint));
	} else if (cni_parser_accept(parser, "check")) {
		constraint.kind = CNI_CHECK;
		TRY(parse_check(parser, &constraint));
	} else if (cni_parser_accept(parser, "foreign")) {
		constraint.kind = CNI_FOREIGN_KEY;
		TRY(parse_foreign_key(parser, &constraint));
	} else {
		*ret_found = false;
		return constraint.name ? cni_parser_syntax(parser) : CN_OK;
	}
	return push(parser, table, constraint);
}
