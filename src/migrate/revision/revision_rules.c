/*
 * revision_rules.c - which statements may stand in a revision, and what their parameters are.
 *
 * In a transaction nothing may end it, and nothing may stand that the engine would refuse or
 * silently ignore there. In a section of `-- no-transaction` there is one transaction for each
 * statement, and none for those that the engine takes outside of one only. Which these are is the
 * driver's to say (driver/words.h).
 */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "base/try.h"
#include "driver/words.h"
#include "migrate/revision/data_step.h"
#include "migrate/revision/revision_words.h"
#include "sql/lexer.h"

typedef struct statement {
	const cni_token *tokens; /* ended by CNI_TOKEN_END */
	size_t count;
	const char **at; /* where a fault is */
	cn_error *err;
} statement;

static cn_status fail_rule(const statement *st, const char *at, const char *hint, const char *fmt,
	...) CN_PRINTF(4, 5);
static cn_status fail_rule(
	const statement *st, const char *at, const char *hint, const char *fmt, ...)
{
	char message[300];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(message, sizeof message, fmt, ap);
	va_end(ap);
	*st->at = at;
	cn_error_set(st->err, CN_EARG, "%s", message);
	if (hint)
		cn_error_hint(st->err, "%s", hint);
	return CN_EARG;
}

/* The word that the token is, as the list spells it; NULL: none of them. */
static const char *is_any(const cni_token *token, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (cni_token_is(token, words[i]))
			return words[i];
	return NULL;
}
#define IS_ANY(token, words) is_any((token), (words), CNI_COUNT(words))

/* What the engine says of it; without a driver for it nothing is known, and nothing is run. */
static cn_status check_place(
	const statement *st, const char *engine, bool no_transaction, cni_step *step)
{
	const cni_words *words = cni_words_of(engine);
	cni_step_rule rule;
	if (!words)
		return CN_OK;
	words->step_rule(st->tokens, st->count, &rule);
	if (rule.place == CNI_STEP_NOWHERE)
		return fail_rule(st, rule.at->text, rule.hint, "\"%s\" cannot stand in a revision",
			rule.said);
	if (rule.place == CNI_STEP_OUTSIDE && !no_transaction) {
		cn_status status =
			fail_rule(st, rule.at->text, NULL, "\"%s\" cannot stand here", rule.said);
		cn_error_hint(st->err,
			"it works outside of a transaction only: make it a revision of its own, with "
			"a line \"-- no-transaction\" below \"-- upgrade %s\"",
			engine);
		return status;
	}
	step->outside = no_transaction && rule.place != CNI_STEP_ANYWHERE;
	return CN_OK;
}

/* ---- parameters ---- */

static cn_status add_argument(
	const statement *st, cni_arena *arena, const cni_token *token, cni_step *step)
{
	static const char prefix[] = CNI_ARGUMENT_PREFIX;
	size_t skip = sizeof prefix - 1;
	if (token->size <= skip || memcmp(token->text, prefix, skip) != 0 ||
		!cni_argument_key_valid(token->text + skip, token->size - skip))
		return fail_rule(st, token->text,
			"a value comes in as :x_KEY, from \"-x KEY=VALUE\" on the command line",
			"nobody gives a value to the parameter \"%.*s\"",
			(int)(token->size < 80 ? token->size : 80), token->text);
	const char *key = cni_strndup(arena, token->text + skip, token->size - skip);
	if (!key)
		return cn_fail(st->err, CN_ENOMEM, "out of memory");
	for (size_t i = 0; i < step->argument_count; i++)
		if (strcmp(step->arguments[i], key) == 0) /* both have the same number */
			return CN_OK;
	/* a list of pointers is meant: NOLINTNEXTLINE(bugprone-sizeof-expression) */
	if (!CNI_PUSH(arena, step->arguments, step->argument_count, key))
		return cn_fail(st->err, CN_ENOMEM, "out of memory");
	return CN_OK;
}

static cn_status check_parameters(const statement *st, cni_arena *arena, cni_step *step)
{
	static const char *const moves_rows[] = {
		"select", "insert", "update", "delete", "replace", "with", "values"};
	for (size_t i = 0; i < st->count; i++) {
		if (st->tokens[i].kind != CNI_TOKEN_VARIABLE)
			continue;
		if (!IS_ANY(st->tokens, moves_rows))
			return fail_rule(st, st->tokens[i].text,
				"the schema must be the same wherever the revision runs",
				"a parameter can stand only where rows are moved");
		TRY(add_argument(st, arena, &st->tokens[i], step));
	}
	return CN_OK;
}

cn_status cni_revision_statement(cni_arena *arena, const char *engine, bool no_transaction,
	cni_step *step, const char **ret_at, cn_error *err)
{
	CLEANUP(cni_arena_done) cni_arena scratch = {0};
	statement st = {.at = ret_at, .err = err};
	size_t size = strlen(step->sql);
	st.tokens = cni_tokens_in(&scratch, cni_dialect_of(engine), step->sql, size, &st.count);
	*ret_at = step->sql;
	if (!st.tokens)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	/* for every engine: where a statement ends rests on its tokens */
	for (size_t i = 0; i < st.count; i++) {
		const cni_token *token = &st.tokens[i];
		if (token->kind == CNI_TOKEN_ILLEGAL)
			return fail_rule(&st, token->text, NULL, "this is no SQL: %.*s",
				(int)cni_utf8_cut(token->text, token->size < 40 ? token->size : 40),
				token->text);
	}
	TRY(check_place(&st, engine, no_transaction, step));
	return check_parameters(&st, arena, step);
}

/* ---- a whole section ---- */

static bool moves_rows(const cni_step *step) { return step->data || step->call; }

/* What `keep` speaks of is measured behind the data steps at the front, and compared before those
 * at the end: one between them could not be told from a loss. */
cn_status cni_revision_plan_check(const cni_plan *plan, unsigned *ret_line, cn_error *err)
{
	size_t from = 0, to = plan->step_count;
	while (from < to && moves_rows(&plan->steps[from]))
		from++;
	while (to > from && moves_rows(&plan->steps[to - 1]))
		to--;
	for (size_t i = from; plan->keep_count && i < to; i++) {
		if (!moves_rows(&plan->steps[i]))
			continue;
		*ret_line = plan->steps[i].line;
		cn_error_set(err, CN_EARG,
			"a data step stands between the statements whose rows are compared");
		cn_error_hint(err,
			"put it in front of the section's other statements, or behind them; or into a "
			"revision of its own");
		return CN_EARG;
	}
	return CN_OK;
}
