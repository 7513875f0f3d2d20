/* steps.c - which statements of a revision PostgreSQL takes where, and who may run them. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/text.h"
#include "base/try.h"
#include "driver/postgres/words.h"

/* ---- what may stand in a revision ---- */

static const char *is_any(const cni_token *token, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (cni_token_is(token, words[i]))
			return words[i];
	return NULL;
}
#define IS_ANY(token, words) is_any((token), (words), CNI_COUNT(words))

static bool has_word(const cni_token *tokens, size_t count, const char *word)
{
	for (size_t i = 0; i < count; i++)
		if (cni_token_is(&tokens[i], word))
			return true;
	return false;
}

/* CREATE, DROP, ALTER, REINDEX of what PostgreSQL does in transactions of its own. */
static bool is_outside(const cni_token *tokens, size_t count)
{
	static const char *const wholes[] = {"database", "tablespace", "subscription", "system"};
	bool defines = cni_token_is(tokens, "create") || cni_token_is(tokens, "drop") ||
		       cni_token_is(tokens, "alter") || cni_token_is(tokens, "reindex");

	if (cni_token_is(tokens, "vacuum"))
		return true;
	if (!defines || count < 2)
		return false;
	if (cni_token_is(tokens, "alter") && !cni_token_is(&tokens[1], "system"))
		return cni_token_is(&tokens[1], "table") && has_word(tokens, count, "detach") &&
		       has_word(tokens, count, "concurrently");
	return IS_ANY(&tokens[1], wholes) ||
	       (has_word(tokens, count < 6 ? count : 6, "concurrently"));
}

void cni_pg_step_rule(const cni_token *tokens, size_t count, cni_step_rule *ret)
{
	static const char *const never[] = {
		"begin", "commit", "end", "rollback", "abort", "savepoint", "release", "prepare"};
	static const char *const hint_end =
		"a revision runs in one transaction; leave the statement out";
	const char *ends = IS_ANY(tokens, never);

	*ret = (cni_step_rule){.at = tokens, .hint = hint_end};
	if (ends || (count > 1 && cni_token_is(tokens, "start") &&
			    cni_token_is(&tokens[1], "transaction"))) {
		ret->place = CNI_STEP_NOWHERE;
		snprintf(ret->said, sizeof ret->said, "%s", ends ? ends : "start transaction");
	} else if (cni_token_is(tokens, "copy") && has_word(tokens, count, "stdin")) {
		ret->place = CNI_STEP_NOWHERE;
		snprintf(ret->said, sizeof ret->said, "copy … from stdin");
		ret->hint = "nobody stands there to give the rows: write INSERT statements";
	} else if (is_outside(tokens, count)) {
		ret->place = CNI_STEP_OUTSIDE;
		snprintf(ret->said, sizeof ret->said, "%.*s%s", (int)(tokens->size & 63),
			tokens->text,
			has_word(tokens, count, "concurrently") ? " … concurrently" : "");
	} else if (cni_token_is(tokens, "set")) {
		ret->place = CNI_STEP_EITHER;
	}
}

/* What SET says holds for its connection. */
bool cni_pg_step_sets(const cni_step *step)
{
	cni_lexer lexer;

	cni_lexer_init_in(&lexer, CNI_DIALECT_POSTGRESQL, step->sql, strlen(step->sql));
	cni_token first = cni_lexer_next_solid(&lexer);
	return step->outside && cni_token_is(&first, "set");
}

/* ---- a step that an earlier run had begun ---- */

/* The name behind CREATE [UNIQUE] INDEX or DROP INDEX, CONCURRENTLY, IF [NOT] EXISTS, as it is
 * written; size 0: it is none of them, or has no name. */
static cni_token index_of(const cni_token *tokens, size_t count, bool *ret_create)
{
	static const char *const skipped[] = {"concurrently", "if", "not", "exists"};
	size_t at = 1;

	*ret_create = cni_token_is(tokens, "create");
	if (!*ret_create && !cni_token_is(tokens, "drop"))
		return (cni_token){0};
	if (at < count && cni_token_is(&tokens[at], "unique"))
		at++;
	if (at >= count || !cni_token_is(&tokens[at], "index"))
		return (cni_token){0};
	for (at++; at < count && IS_ANY(&tokens[at], skipped);)
		at++;
	if (at >= count || cni_token_is(&tokens[at], "on"))
		return (cni_token){0};
	cni_token name = tokens[at];
	while (at + 2 < count && cni_token_is_op(&tokens[at + 1], ".")) /* with its schema */
		at += 2;
	name.size = (size_t)(tokens[at].text + tokens[at].size - name.text);
	return name;
}

typedef enum index_state { INDEX_NONE, INDEX_INVALID, INDEX_VALID } index_state;

static cn_status state_of(cni_conn *conn, const char *name, index_state *ret, cn_error *err)
{
	CLEANUP(cni_stmt_releasep) cni_stmt *stmt = NULL;

	TRY(cni_conn_prepare(conn,
		"SELECT i.indisvalid FROM pg_catalog.pg_index i WHERE i.indexrelid = "
		"to_regclass(?1)",
		&stmt, err));
	TRY(cni_stmt_bind(stmt, 1, cn_text(name), err));
	int step = cni_stmt_step(stmt, err);
	if (step < 0)
		return (cn_status)step;
	cn_value valid = step == CNI_ROW ? cni_stmt_value(stmt, 0) : cn_null(NULL);
	*ret = step != CNI_ROW ? INDEX_NONE : valid.as.i ? INDEX_VALID : INDEX_INVALID;
	return CN_OK;
}

/* An index that was built concurrently and did not get ready stays behind, invalid. */
cn_status cni_pg_step_again(cni_conn *conn, const cni_step *step, bool *ret_done, cn_error *err)
{
	CLEANUP(cni_arena_done) cni_arena arena = {0};
	size_t count;
	bool create;
	index_state state;
	const cni_token *tokens =
		cni_tokens_in(&arena, CNI_DIALECT_POSTGRESQL, step->sql, strlen(step->sql), &count);

	*ret_done = false;
	if (!tokens)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	cni_token name = index_of(tokens, count, &create);
	const char *text = name.size ? cni_strndup(&arena, name.text, name.size) : NULL;
	if (!text)
		return CN_OK;
	TRY(state_of(conn, text, &state, err));
	*ret_done = create ? state == INDEX_VALID : state == INDEX_NONE;
	return create && state == INDEX_INVALID
		       ? cni_conn_execf(conn, err, "DROP INDEX CONCURRENTLY IF EXISTS %s", text)
		       : CN_OK;
}

/* ---- one migrator at a time ---- */

/* "cantil", "migr": the two numbers of the lock. */
#define LOCK_KEYS "1667329641, 1835624306"

enum {
	LOOK_MS = 25,      /* how often the lock is asked for */
	DDL_LOCK_MS = 2000 /* how long a statement may wait, and others behind it */
};

static cn_status try_lock(cni_conn *conn, bool session, bool *ret, cn_error *err)
{
	int64_t got;

	TRY(cni_conn_int(conn,
		session ? "SELECT pg_try_advisory_lock(" LOCK_KEYS ")::int"
			: "SELECT pg_try_advisory_xact_lock(" LOCK_KEYS ")::int",
		&got, err));
	*ret = got != 0;
	return CN_OK;
}

/* Asking again and again lets nobody queue behind it, and can be interrupted. */
static cn_status wait_for_lock(cni_conn *conn, bool session, cn_error *err)
{
	const cni_pulse pulse = {.sql = "BEGIN", .waiting = true};
	int64_t wait_ms;
	bool got;

	TRY(cni_conn_get(conn, CNI_SETTING_BUSY_TIMEOUT_MS, &wait_ms, err));
	int64_t until_us = cni_clock_mono_us() + wait_ms * 1000;
	for (;;) {
		TRY(try_lock(conn, session, &got, err));
		if (got)
			return CN_OK;
		if (conn->watch && !conn->watch(&pulse, conn->watch_ctx))
			return cn_fail(err, CN_ECANCELED, "interrupted");
		if (cni_clock_mono_us() >= until_us)
			break;
		struct timespec pause = {.tv_nsec = LOOK_MS * 1000000L};
		(void)nanosleep(&pause, NULL);
	}
	cn_error_set(err, CN_ECONFLICT, "another program is migrating this database");
	cn_error_hint(err, "wait until it is done, then try again");
	return CN_ECONFLICT;
}

/* An engine without these locks is serializable: of two that write the version table, one has to
 * begin anew. */
cn_status cni_pg_hold_migrations(cni_conn *conn, bool session, cn_error *err)
{
	const cni_capabilities *can = conn->driver->capabilities(conn);

	if (can->advisory_locks)
		TRY(wait_for_lock(conn, session, err));
	if (session)
		return CN_OK;
	/* who waits for a table makes everybody else wait behind: give up soon, and come again */
	return cni_conn_execf(conn, err, "SET LOCAL lock_timeout = %d", DDL_LOCK_MS);
}

cn_status cni_pg_release_migrations(cni_conn *conn, cn_error *err)
{
	int64_t released;

	if (!conn->driver->capabilities(conn)->advisory_locks)
		return CN_OK;
	return cni_conn_int(conn, "SELECT pg_advisory_unlock(" LOCK_KEYS ")::int", &released, err);
}

/* Serialization failure, dead lock, lock_timeout. */
bool cni_pg_try_again(const cn_error *err)
{
	static const char *const states[] = {"40001", "40P01", "55P03"};

	for (size_t i = 0; i < CNI_COUNT(states); i++)
		if (strcmp(err->sqlstate, states[i]) == 0)
			return true;
	return false;
}
