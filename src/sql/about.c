/* about.c - see about.h. */
#include "sql/about.h"

#include <string.h>

#include "base/text.h"

typedef struct reader {
	cni_lexer lexer;
	cni_token token; /* the one that is looked at; END behind the first `;` too */
	int depth;       /* of parentheses */
} reader;

static void next(reader *r)
{
	if (r->token.kind == CNI_TOKEN_END && r->token.text)
		return;
	r->token = cni_lexer_next_solid(&r->lexer);
	if (cni_token_is_op(&r->token, ";"))
		r->token.kind = CNI_TOKEN_END;
	r->depth += cni_token_is_op(&r->token, "(");
	r->depth -= cni_token_is_op(&r->token, ")");
}

static bool at_end(const reader *r) { return r->token.kind == CNI_TOKEN_END; }

/* To behind the next such word outside of parentheses; false: there is none. */
static bool seek(reader *r, const char *word)
{
	while (!at_end(r)) {
		bool found = r->depth == 0 && cni_token_is(&r->token, word);
		next(r);
		if (found)
			return true;
	}
	return false;
}

static bool is_name(const cni_token *token)
{
	return token->kind == CNI_TOKEN_WORD || token->kind == CNI_TOKEN_QUOTED ||
	       token->kind == CNI_TOKEN_STRING;
}

/* "a", or the "a" of "main.a". */
static cni_token name_here(reader *r)
{
	cni_token name = {0};
	for (const char *skip[] = {"IF", "NOT", "EXISTS", NULL}, **w = skip; *w; w++)
		if (cni_token_is(&r->token, *w))
			next(r);
	if (!is_name(&r->token))
		return name;
	name = r->token;
	next(r);
	if (!cni_token_is_op(&r->token, "."))
		return name;
	next(r);
	return is_name(&r->token) ? r->token : (cni_token){0};
}

static cni_sql_act act_of_check(const cni_token *name)
{
	static const struct {
		const char *word;
		cni_sql_act act;
	} rows[] = {
		{"foreign_key_check", CNI_SQL_CHECK_KEYS},
		{"integrity_check", CNI_SQL_CHECK},
		{"quick_check", CNI_SQL_CHECK},
		{"pragma_foreign_key_check", CNI_SQL_CHECK_KEYS},
		{"pragma_integrity_check", CNI_SQL_CHECK},
		{"pragma_quick_check", CNI_SQL_CHECK},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (cni_token_is(name, rows[i].word))
			return rows[i].act;
	return CNI_SQL_OTHER;
}

/* The name behind the first FROM of the statement itself. Where a subquery stands there, its name;
 * without any FROM, that of the first subquery. */
static cni_token source_of(reader *r)
{
	cni_token inner = {0};
	while (!at_end(r)) {
		bool from = cni_token_is(&r->token, "FROM"), own = r->depth == 0;
		next(r);
		cni_token name = from ? name_here(r) : (cni_token){0};
		if (name.text && own)
			return name;
		if (from && (own || !inner.text))
			inner = name;
	}
	return inner;
}

static cni_sql_about select_from(reader *r)
{
	cni_sql_about about = {.name = source_of(r)};
	about.act = act_of_check(&about.name);
	if (about.act)
		about.name = (cni_token){0};
	else if (about.name.text)
		about.act = CNI_SQL_READ;
	return about;
}

static cni_sql_about insert(reader *r)
{
	if (!seek(r, "INTO"))
		return (cni_sql_about){0};
	cni_sql_about about = {CNI_SQL_INSERT, name_here(r)};
	cni_sql_about source = {0};
	while (!at_end(r) && !cni_token_is(&r->token, "SELECT"))
		next(r);
	if (!at_end(r) && r->depth == 0)
		source = select_from(r);
	return source.act == CNI_SQL_READ ? (cni_sql_about){CNI_SQL_COPY, source.name} : about;
}

static cni_sql_about change(reader *r, const char *word)
{
	bool found = seek(r, word);
	if (found && cni_token_is(&r->token, "OR")) { /* UPDATE OR IGNORE t */
		next(r);
		next(r);
	}
	return found ? (cni_sql_about){CNI_SQL_CHANGE, name_here(r)} : (cni_sql_about){0};
}

static cni_sql_about create(reader *r)
{
	next(r);
	if (cni_token_is(&r->token, "UNIQUE"))
		next(r);
	if (!cni_token_is(&r->token, "INDEX") || !seek(r, "ON"))
		return (cni_sql_about){0};
	return (cni_sql_about){CNI_SQL_INDEX, name_here(r)};
}

static cni_sql_about drop(reader *r)
{
	next(r);
	if (!cni_token_is(&r->token, "TABLE"))
		return (cni_sql_about){0};
	next(r);
	return (cni_sql_about){CNI_SQL_DROP, name_here(r)};
}

cni_sql_about cni_sql_about_of(const char *sql, size_t size)
{
	reader r = {0};
	cni_lexer_init(&r.lexer, sql, size);
	next(&r);
	if (cni_token_is(&r.token, "INSERT") || cni_token_is(&r.token, "REPLACE"))
		return insert(&r);
	if (cni_token_is(&r.token, "SELECT"))
		return select_from(&r);
	if (cni_token_is(&r.token, "CREATE"))
		return create(&r);
	if (cni_token_is(&r.token, "UPDATE"))
		return change(&r, "UPDATE");
	if (cni_token_is(&r.token, "DELETE"))
		return change(&r, "FROM");
	if (cni_token_is(&r.token, "ALTER"))
		return change(&r, "TABLE");
	if (cni_token_is(&r.token, "DROP"))
		return drop(&r);
	if (cni_token_is(&r.token, "COMMIT") || cni_token_is(&r.token, "END"))
		return (cni_sql_about){.act = CNI_SQL_COMMIT};
	if (cni_token_is(&r.token, "PRAGMA")) {
		next(&r);
		cni_token name = name_here(&r);
		return (cni_sql_about){.act = act_of_check(&name)};
	}
	return (cni_sql_about){0};
}
