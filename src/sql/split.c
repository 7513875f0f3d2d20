/*
 * split.c - a script as statements.
 *
 * Inside a trigger's body every command ends in `;`, so the END that closes the trigger is the one
 * that follows a `;` directly: CASE … END never does, and columns called "end" do not either.
 * Counting BEGIN and END instead would be fooled by both.
 */
#include "sql/lexer.h"

/* Where the reader is in a statement. */
typedef enum place {
	AT_START,     /* nothing solid yet */
	AFTER_CREATE, /* CREATE, CREATE TEMP */
	IN_OTHER,     /* any statement but a trigger: it ends at the next `;` */
	IN_HEAD,      /* CREATE TRIGGER … */
	IN_BODY,      /* … BEGIN … */
	AFTER_SEMI,   /* … ; */
	AT_END,       /* … ; END */
} place;

static place step(place now, const cni_token *token)
{
	switch (now) {
	case AT_START: return cni_token_is(token, "create") ? AFTER_CREATE : IN_OTHER;
	case AFTER_CREATE:
		if (cni_token_is(token, "temp") || cni_token_is(token, "temporary"))
			return AFTER_CREATE;
		return cni_token_is(token, "trigger") ? IN_HEAD : IN_OTHER;
	case IN_HEAD: return cni_token_is(token, "begin") ? IN_BODY : IN_HEAD;
	case AFTER_SEMI:
		if (cni_token_is(token, "end"))
			return AT_END;
		return cni_token_is_op(token, ";") ? AFTER_SEMI : IN_BODY;
	case IN_BODY: return cni_token_is_op(token, ";") ? AFTER_SEMI : IN_BODY;
	case IN_OTHER:
	case AT_END: break;
	}
	return now;
}

/* Where a semicolon ends nothing: between parentheses (CREATE RULE … DO (a; b)), and in a routine's
 * BEGIN ATOMIC … END, in which CASE … END nests. */
typedef struct nest {
	size_t words; /* seen so far, up to 5 */
	bool create, routine;
	size_t parens, blocks;
} nesting;

static void nest_step(nesting *now, const cni_token *token)
{
	if (cni_token_is_op(token, "("))
		now->parens++;
	else if (cni_token_is_op(token, ")"))
		now->parens -= now->parens > 0;
	if (token->kind != CNI_TOKEN_WORD)
		return;
	if (now->words == 0)
		now->create = cni_token_is(token, "create");
	else if (now->create && now->words < 4) /* CREATE OR REPLACE FUNCTION */
		now->routine |= cni_token_is(token, "function") || cni_token_is(token, "procedure");
	now->words += now->words < 5;
	if (!now->routine)
		return;
	if (cni_token_is(token, "begin") || (now->blocks && cni_token_is(token, "case")))
		now->blocks++;
	else if (now->blocks && cni_token_is(token, "end"))
		now->blocks--;
}

static bool in_body(place now) { return now == IN_BODY || now == AFTER_SEMI; }

bool cni_sql_split(const char **at, const char *end, const char **ret_statement, size_t *ret_size)
{
	return cni_sql_split_in(CNI_DIALECT_SQLITE, at, end, ret_statement, ret_size);
}

bool cni_sql_split_in(cni_dialect dialect, const char **at, const char *end,
	const char **ret_statement, size_t *ret_size)
{
	bool triggers = dialect == CNI_DIALECT_SQLITE;
	nesting nest = {0};
	const char *start = NULL, *last = NULL; /* the statement; the end of its last solid token */
	place now = AT_START;
	cni_lexer lexer;

	cni_lexer_init_in(&lexer, dialect, *at, (size_t)(end - *at));
	for (;;) {
		cni_token token = cni_lexer_next(&lexer);
		if (token.kind == CNI_TOKEN_END)
			break;
		if (token.kind == CNI_TOKEN_SPACE)
			continue;
		if (!start)
			start = token.text;
		if (token.kind == CNI_TOKEN_COMMENT)
			continue;
		bool semicolon = cni_token_is_op(&token, ";");
		if (semicolon && now == AT_START) {
			start = NULL; /* nothing but comments before it */
			continue;
		}
		last = token.text + token.size;
		if (semicolon && !in_body(now) && !nest.parens && !nest.blocks)
			break;
		now = triggers ? step(now, &token) : IN_OTHER;
		if (!triggers)
			nest_step(&nest, &token);
	}
	*at = lexer.at;
	if (!last)
		return false;
	*ret_statement = start;
	*ret_size = (size_t)(last - start);
	return true;
}
