/* scratch.c - an empty private database, and building a schema in it from a script. */
#include <string.h>

#include "base/text.h"
#include "base/try.h"
#include "driver/sqlite/sqlite.h"
#include "sql/lexer.h"

/* 512 MB: a stranger's CREATE TABLE … AS must end somewhere */
#define MAX_PAGES "PRAGMA main.max_page_count=131072"

enum {
	SCRATCH_LENGTH = 64 << 20, /* of one text or blob */
	SCRATCH_SQL_LENGTH = 64 << 20,
	SCRATCH_PATTERN = 100,
};

cn_status cni_sqlite_scratch(const cni_uri *home, cni_conn **ret, cn_error *err)
{
	(void)home; /* it is in memory */
	cni_sqlite *conn = NULL;
	cn_status status;

	TRY(cni_sqlite_open_private(":memory:", "sqlite://", &conn, err));
	conn->scratch = true;
	sqlite3_limit(conn->db, SQLITE_LIMIT_LENGTH, SCRATCH_LENGTH);
	sqlite3_limit(conn->db, SQLITE_LIMIT_SQL_LENGTH, SCRATCH_SQL_LENGTH);
	/* one comparison with a pattern of many % takes longer than any clock is looked at */
	sqlite3_limit(conn->db, SQLITE_LIMIT_LIKE_PATTERN_LENGTH, SCRATCH_PATTERN);
	sqlite3_db_config(conn->db, SQLITE_DBCONFIG_ENABLE_FKEY, 0, NULL);
	status = cni_sqlite_pragma(conn, MAX_PAGES, NULL, 0, err);
	if (status == CN_OK)
		status = cni_sqlite_stand_in_collations(conn, err);
	if (status != CN_OK) {
		cni_sqlite_close(&conn->base);
		return status;
	}
	cni_sqlite_guard(conn, true);
	*ret = &conn->base;
	return CN_OK;
}

/* Statements that move rows, or nothing at all. */
static bool only_rows(const cni_token *first)
{
	static const char *const words[] = {"INSERT", "REPLACE", "UPDATE", "DELETE", "SELECT",
		"WITH", "VALUES", "EXPLAIN", "VACUUM", "REINDEX"};

	for (size_t i = 0; i < CNI_COUNT(words); i++)
		if (cni_token_is(first, words[i]))
			return true;
	return false;
}

/* The sqlite3 shell dumps a virtual table as a row that is written into sqlite_schema. The
 * statement is in its last string. NULL: it is not that. */
static const char *dumped_virtual_table(cni_arena *arena, const char *sql, size_t size)
{
	size_t count = 0;
	cni_token *tokens = cni_tokens(arena, sql, size, &count);

	if (!tokens || count < 4 || !cni_token_is(&tokens[0], "INSERT") ||
		!(cni_token_is(&tokens[2], "sqlite_schema") ||
			cni_token_is(&tokens[2], "sqlite_master")))
		return NULL;
	while (count > 0 && tokens[count - 1].kind != CNI_TOKEN_STRING)
		count--;
	const char *text = count ? cni_token_name(arena, &tokens[count - 1]) : NULL;
	return text && cni_ncasecmp(text, "CREATE VIRTUAL TABLE", 20) == 0 ? text : NULL;
}

/* A dump makes and fills the tables in which virtual tables keep their data; they are there
 * already. */
static bool is_about_shadows(const cn_error *failure)
{
	return cni_starts(failure->message, "object name reserved for internal use") ||
	       cni_ends(failure->message, "may not be modified");
}

static cn_status build_one(cni_sqlite *conn, const cni_sqlite_place *place, cn_error *err)
{
	CLEANUP(cni_arena_done) cni_arena arena = {0};
	cni_sqlite_place run = *place;
	cn_error failure = {0};
	cni_lexer lexer;
	const char *tail;

	cni_lexer_init(&lexer, place->sql, place->size);
	cni_token first = cni_lexer_next_solid(&lexer);
	bool check_only = only_rows(&first);
	if (cni_token_is(&first, "INSERT")) {
		const char *text = NULL;
		if (place->size < SCRATCH_SQL_LENGTH / 64)
			text = dumped_virtual_table(&arena, place->sql, place->size);
		if (text) {
			run = (cni_sqlite_place){text, strlen(text), place->line};
			check_only = false;
		}
	}
	cn_status status = cni_sqlite_run_text(conn, &run, check_only, &tail, &failure);
	if (status != CN_OK && is_about_shadows(&failure))
		return CN_OK;
	if (status != CN_OK && err)
		*err = failure;
	return status;
}

cn_status cni_sqlite_build(cni_conn *base, const char *script, size_t size, cn_error *err)
{
	cni_sqlite *conn = cni_sqlite_of(base);
	const char *at = script, *counted = script, *statement;
	cni_sqlite_place place = {.line = 1};

	TRY(cni_sqlite_check_text(conn, script, size, err));
	cni_sqlite_started(conn);
	conn->building = true;
	cn_status status = CN_OK;
	while (status == CN_OK && cni_sql_split(&at, script + size, &statement, &place.size)) {
		place.line += cni_sqlite_line(counted, statement) - 1;
		counted = place.sql = statement;
		status = build_one(conn, &place, err);
	}
	conn->building = false;
	return status;
}
