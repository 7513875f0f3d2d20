/*
 * ddl_parser.h - the reader beneath the CREATE parsers: one token of look-ahead over a statement.
 *
 * Nothing recurses: whatever stands in parentheses and is kept as written is skipped by counting
 * them. An arena that ran out is found once, by cni_ddl_parse().
 */
#ifndef CNI_SQL_DDL_PARSER_H
#define CNI_SQL_DDL_PARSER_H

#include "base/try.h"
#include "sql/ddl.h"
#include "sql/lexer.h"

/* Bounds that keep a hostile text from taking memory without end. SQLite cannot be built with more
 * columns than this, and every list of columns, index parts or module arguments is bound by it. */
enum { CNI_DDL_COLUMNS_MAX = 32767, CNI_DDL_CONSTRAINTS_MAX = 100000 };

typedef struct cni_parser {
	cni_arena *arena;
	cn_error *err;
	const char *text, *end; /* the statement */
	cni_lexer lexer;        /* behind `token` */
	cni_token token;        /* the current solid token */
	const char *last_end;   /* where the one before it ended */
	cni_buffer comment;     /* what people wrote at the thing that is being read */
	size_t foreign_key;     /* index + 1 of the table's last FOREIGN KEY so far; 0: none */
} cni_parser;

/* A piece of the statement, from its first to behind its last solid token. */
typedef struct cni_span {
	const char *start, *end;
} cni_span;

/* ddl_parser.c */
void cni_parser_next(cni_parser *parser);
cni_token cni_parser_peek(const cni_parser *parser); /* the token behind the current one */
bool cni_parser_is(const cni_parser *parser, const char *keyword);
bool cni_parser_is_op(const cni_parser *parser, const char *op);
bool cni_parser_accept(cni_parser *parser, const char *keyword); /* passes it if it is there */
bool cni_parser_accept_op(cni_parser *parser, const char *op);
cn_status cni_parser_expect(cni_parser *parser, const char *keyword) CN_MUST_CHECK;
cn_status cni_parser_expect_op(cni_parser *parser, const char *op) CN_MUST_CHECK;
cn_status cni_parser_name(cni_parser *parser, const char **ret_name) CN_MUST_CHECK;
/* `[schema.]name`; ret_token: where the name itself stands, may be NULL. */
cn_status cni_parser_object_name(
	cni_parser *parser, const char **ret_name, cni_token *ret_token) CN_MUST_CHECK;
/* `(a, b)`; an order or a collation behind a name has no meaning there and is passed over. */
cn_status cni_parser_name_list(
	cni_parser *parser, const char ***ret_names, size_t *ret_count) CN_MUST_CHECK;
/* IF NOT EXISTS, if it is there. */
bool cni_parser_if_not_exists(cni_parser *parser);
/* Passes a balanced `( … )`, which must hold something; the span is what is inside. */
cn_status cni_parser_parens(cni_parser *parser, cni_span *ret_inside) CN_MUST_CHECK;
/* Passes one token, or a whole `( … )`. */
cn_status cni_parser_skip(cni_parser *parser) CN_MUST_CHECK;
/* Passes everything up to the end of the statement; there must be something. */
cn_status cni_parser_rest(cni_parser *parser, const char **ret_text) CN_MUST_CHECK;
/* `syntax error near "x"`, with line and column. */
cn_status cni_parser_syntax(cni_parser *parser);
char *cni_parser_text(cni_parser *parser, cni_span span); /* a copy */
size_t cni_parser_offset(const cni_parser *parser, const char *at);

/* Which comments of the gap before the current token are wanted. */
typedef enum cni_gap {
	CNI_GAP_LINE_END, /* that end the line on which the gap begins: they speak of what is before
			     them */
	CNI_GAP_BELOW,    /* the others: they speak of what comes after them */
	CNI_GAP_SAME_LINE, /* that begin on the line on which the gap begins */
	CNI_GAP_ALL,
} cni_gap;

/* ddl_comment.c: append the text of comments to parser->comment, a line each. */
void cni_parser_comments(cni_parser *parser, cni_gap which);
/* The comments before the first token, as far as no blank line parts them from it. */
void cni_parser_head_comment(cni_parser *parser);
/* What was gathered, NULL if nothing was; begins anew. */
const char *cni_parser_take_comment(cni_parser *parser);

/* ddl_column.c, ddl_constraint.c, ddl_table.c, ddl_index.c, ddl_object.c */
cn_status cni_parse_column(cni_parser *parser, cni_ddl_table *table) CN_MUST_CHECK;
cn_status cni_parse_column_constraint(
	cni_parser *parser, cni_ddl_table *table, const char *name, bool *ret_found) CN_MUST_CHECK;
cn_status cni_parse_table_constraint(
	cni_parser *parser, cni_ddl_table *table, bool *ret_found) CN_MUST_CHECK;
cn_status cni_parse_conflict(cni_parser *parser, cni_conflict *ret_conflict) CN_MUST_CHECK;
cn_status cni_parse_parts(cni_parser *parser, cni_ddl_part **ret_parts, size_t *ret_count,
	bool *ret_autoincrement) CN_MUST_CHECK;
cn_status cni_parse_table(cni_parser *parser, cni_ddl_table *table) CN_MUST_CHECK;
cn_status cni_parse_index(cni_parser *parser, cni_ddl_index *index) CN_MUST_CHECK;
cn_status cni_parse_view(cni_parser *parser, cni_ddl_view *view) CN_MUST_CHECK;
cn_status cni_parse_trigger(cni_parser *parser, cni_ddl_trigger *trigger) CN_MUST_CHECK;
cn_status cni_parse_virtual(cni_parser *parser, cni_ddl_virtual *table) CN_MUST_CHECK;

#endif
