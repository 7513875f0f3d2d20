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

static bool in_body(place now) { return now == IN_BODY || now == AFTER_SEMI; }

bool cni_sql_split(const char **at, const char *end, const char **ret_statement, size_t *ret_size)
{
	const char *start = NULL, *last = NULL; /* the statement; the end of its last solid token */
	place now = AT_START;
	cni_lexer lexer;

	cni_lexer_init(&lexer, *at, (size_t)(end - *at));
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
		if (semicolon && !in_body(now))
			break;
		now = step(now, &token);
	}
	*at = lexer.at;
	if (!last)
		return false;
	*ret_statement = start;
	*ret_size = (size_t)(last - start);
	return true;
}
