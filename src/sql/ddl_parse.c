/* ddl_parse.c - which CREATE it is, and that nothing comes after it. */
#include <string.h>

#include "sql/ddl_parser.h"

static cn_status parse_create(cni_parser *parser, cni_ddl *ddl)
{
	bool temporary =
		cni_parser_accept(parser, "temp") || cni_parser_accept(parser, "temporary");
	bool unique = !temporary && cni_parser_accept(parser, "unique");
	bool is_virtual = !temporary && !unique && cni_parser_accept(parser, "virtual");

	if (is_virtual) {
		TRY(cni_parser_expect(parser, "table"));
		ddl->kind = CNI_DDL_VIRTUAL;
		return cni_parse_virtual(parser, &ddl->virtual_table);
	}
	if (!temporary && cni_parser_accept(parser, "index")) {
		ddl->kind = CNI_DDL_INDEX;
		ddl->index.unique = unique;
		return cni_parse_index(parser, &ddl->index);
	}
	if (!unique && cni_parser_accept(parser, "table")) {
		ddl->kind = CNI_DDL_TABLE;
		ddl->table.temporary = temporary;
		return cni_parse_table(parser, &ddl->table);
	}
	if (!unique && cni_parser_accept(parser, "view")) {
		ddl->kind = CNI_DDL_VIEW;
		ddl->view.temporary = temporary;
		return cni_parse_view(parser, &ddl->view);
	}
	if (!unique && cni_parser_accept(parser, "trigger")) {
		ddl->kind = CNI_DDL_TRIGGER;
		ddl->trigger.temporary = temporary;
		return cni_parse_trigger(parser, &ddl->trigger);
	}
	return cni_parser_syntax(parser);
}

static cn_status parse_statement(cni_parser *parser, cni_ddl *ddl)
{
	const char *nul = memchr(parser->text, '\0', (size_t)(parser->end - parser->text));

	if (nul) {
		cn_error_set(parser->err, CN_ESQL, "the statement holds a NUL byte");
		cn_error_detail(parser->err, "at byte %zu", (size_t)(nul - parser->text));
		return CN_ESQL;
	}
	cni_parser_next(parser);
	if (!cni_parser_is(parser, "create"))
		return CN_OK;
	cni_parser_head_comment(parser);
	cni_parser_next(parser);
	TRY(parse_create(parser, ddl));
	while (cni_parser_accept_op(parser, ";"))
		;
	return parser->token.kind == CNI_TOKEN_END ? CN_OK : cni_parser_syntax(parser);
}

cn_status cni_ddl_parse(cni_arena *arena, const char *sql, size_t size, cni_ddl *ret, cn_error *err)
{
	cni_parser parser = {.arena = arena,
		.err = err,
		.text = sql,
		.end = sql + size,
		.token.text = sql,
		.last_end = sql};
	cni_ddl ddl = {0};

	cni_lexer_init(&parser.lexer, sql, size);
	cn_status status = parse_statement(&parser, &ddl);
	cni_buffer_done(&parser.comment);
	TRY(status);
	if (arena->failed)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	*ret = ddl;
	return CN_OK;
}
