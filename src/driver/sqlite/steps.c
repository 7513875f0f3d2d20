/* steps.c - which statements SQLite takes inside of a transaction, and which it only seems to. */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "base/try.h"
#include "driver/sqlite/words.h"

/* ---- what may stand in a revision ---- */

/* The word that the token is, as the list spells it; NULL: none of them. */
static const char *is_any(const cni_token *token, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (cni_token_is(token, words[i]))
			return words[i];
	return NULL;
}
#define IS_ANY(token, words) is_any((token), (words), CNI_COUNT(words))

static void vacuum_rule(const cni_token *tokens, size_t count, cni_step_rule *ret)
{
	ret->place = CNI_STEP_OUTSIDE;
	snprintf(ret->said, sizeof ret->said, "vacuum");
	for (size_t i = 0; i < count; i++) {
		if (!cni_token_is(&tokens[i], "into"))
			continue;
		*ret = (cni_step_rule){.place = CNI_STEP_NOWHERE,
			.at = &tokens[i],
			.said = "vacuum into",
			.hint = "\"db backup\" makes a copy; so does cn_migrator_desc.backup_folder"};
		return;
	}
}

static void pragma_rule(const cni_token *tokens, size_t count, cni_step_rule *ret)
{
	static const char *const outside[] = {"journal_mode", "page_size", "auto_vacuum"};
	static const char *const never[] = {"foreign_keys", "writable_schema", "locking_mode"};
	/* behind "main." */
	const cni_token *name =
		count > 3 && cni_token_is_op(&tokens[2], ".") ? &tokens[3] : &tokens[1];
	const char *alone = IS_ANY(name, outside), *no = IS_ANY(name, never);

	ret->place = alone ? CNI_STEP_OUTSIDE : no ? CNI_STEP_NOWHERE : CNI_STEP_EITHER;
	ret->at = alone ? name : tokens;
	snprintf(ret->said, sizeof ret->said, "pragma %s", alone ? alone : no ? no : "");
}

void cni_sqlite_step_rule(const cni_token *tokens, size_t count, cni_step_rule *ret)
{
	static const char *const never[] = {
		"begin", "commit", "end", "rollback", "savepoint", "release", "attach", "detach"};
	const char *ends = IS_ANY(tokens, never);

	*ret = (cni_step_rule){.at = tokens};
	if (ends) {
		ret->place = CNI_STEP_NOWHERE;
		snprintf(ret->said, sizeof ret->said, "%s", ends);
	} else if (cni_token_is(tokens, "vacuum")) {
		vacuum_rule(tokens, count, ret);
	} else if (count && cni_token_is(tokens, "pragma")) {
		pragma_rule(tokens, count, ret);
	}
	if (ret->place == CNI_STEP_NOWHERE && !ret->hint)
		ret->hint = "a revision runs in one transaction, with foreign keys off until its "
			    "end; leave the statement out";
}

/* ---- settings that SQLite ignores silently when it cannot change them ---- */

typedef struct setting {
	char name[40], value[40];
} setting;

/* `PRAGMA [main .] name = value`, or `name(value)`; false: it sets nothing that can be read back.
 */
static bool setting_of(const cni_step *step, setting *ret)
{
	static const char *const known[] = {"journal_mode", "page_size", "auto_vacuum"};
	CLEANUP(cni_arena_done) cni_arena arena = {0};
	size_t count, at = 1;
	const cni_token *tokens = cni_tokens(&arena, step->sql, strlen(step->sql), &count);

	if (!tokens || count < 4 || !cni_token_is(tokens, "pragma"))
		return false;
	if (cni_token_is_op(&tokens[2], "."))
		at = 3;
	if (at + 2 >= count ||
		!(cni_token_is_op(&tokens[at + 1], "=") || cni_token_is_op(&tokens[at + 1], "(")))
		return false;
	const char *name = cni_token_name(&arena, &tokens[at]);
	const char *value = cni_token_name(&arena, &tokens[at + 2]);
	for (size_t i = 0; name && value && i < CNI_COUNT(known); i++) {
		if (!cni_same(name, known[i]) || strlen(value) >= sizeof ret->value)
			continue;
		memcpy(ret->name, known[i], strlen(known[i]) + 1);
		memcpy(ret->value, value, strlen(value) + 1);
		return true;
	}
	return false;
}

/* As the engine says it when it is asked. */
static const char *spelled(const setting *wanted)
{
	static const char *const vacuum[] = {"none", "full", "incremental"};
	static const char *const numbers[] = {"0", "1", "2"};

	for (size_t i = 0; strcmp(wanted->name, "auto_vacuum") == 0 && i < CNI_COUNT(vacuum); i++)
		if (cni_same(wanted->value, vacuum[i]))
			return numbers[i];
	return wanted->value;
}

static cn_status check_setting(cni_conn *conn, const setting *wanted, cn_error *err)
{
	CLEANUP(cni_arena_done) cni_arena arena = {0};
	const char *is;
	const char *query = cni_printf(&arena, "PRAGMA %s", wanted->name);

	if (!query)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	TRY(cni_conn_text(conn, &arena, query, &is, err));
	if (is && cni_same(is, spelled(wanted)))
		return CN_OK;
	cn_error_set(err, CN_ESCHEMA, "%s is \"%s\" after the revision, not \"%s\"", wanted->name,
		is ? is : "", wanted->value);
	cn_error_hint(err,
		strcmp(wanted->name, "journal_mode") == 0
			? "SQLite changes it only while no other connection is open"
			: "SQLite changes it with a VACUUM behind it, and while journal_mode is DELETE");
	return CN_ESCHEMA;
}

/* The last one of each name counts. A database in memory has settings of its own. */
cn_status cni_sqlite_steps_done(cni_conn *conn, const cni_plan *plan, cn_error *err)
{
	for (size_t i = 0; conn->path && i < plan->step_count; i++) {
		setting wanted, later;
		bool last = setting_of(&plan->steps[i], &wanted);
		for (size_t j = i + 1; last && j < plan->step_count; j++)
			last = !setting_of(&plan->steps[j], &later) ||
			       strcmp(later.name, wanted.name) != 0;
		if (last)
			TRY(check_setting(conn, &wanted, err));
	}
	return CN_OK;
}

/* `page_size` waits for the VACUUM of the same connection. */
bool cni_sqlite_step_sets(const cni_step *step)
{
	cni_lexer lexer;

	cni_lexer_init(&lexer, step->sql, strlen(step->sql));
	cni_token first = cni_lexer_next_solid(&lexer);
	return step->outside && cni_token_is(&first, "pragma");
}
