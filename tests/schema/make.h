/* make.h - schemas for tests: from a script, from a file beside the tests; and snapshots to compare
 * with. */
#ifndef CANTIL_TESTS_SCHEMA_MAKE_H
#define CANTIL_TESTS_SCHEMA_MAKE_H

#include "tap.h"

#include <sqlite3.h>

#include "base/file.h"
#include "base/text.h"
#include "base/try.h"
#include "schema/schema.h"
#include "sql/lexer.h"

static inline cni_schema *make_schema(cni_arena *arena, const char *script)
{
	const char *at = script, *end = script + strlen(script), *statement;
	cni_schema *schema = cni_schema_new(arena, "sqlite");
	size_t size;
	cn_error err;

	assert_non_null(schema);
	while (cni_sql_split(&at, end, &statement, &size))
		assert_ok(cni_schema_add_sql(schema, statement, size, &err), &err);
	return schema;
}

/* A file of tests/schema. */
static inline char *read_beside(cni_arena *arena, const char *name, size_t *ret_size)
{
	const char *root = getenv("CANTIL_TEST_SOURCE");
	char *path = cni_printf(arena, "%s/tests/schema/%s", root ? root : ".", name), *data;
	cn_error err;

	assert_ok(cni_file_read(arena, path, 1 << 24, &data, ret_size, &err), &err);
	return data;
}

/* The text must be that of the file. With CANTIL_TEST_UPDATE in the environment the file is written
 * instead: look at what changed, then commit it. */
static inline void assert_snapshot(const char *name, const char *text)
{
	CLEANUP(cni_arena_done) cni_arena arena = {0};
	size_t size;
	cn_error err;

	if (getenv("CANTIL_TEST_UPDATE")) {
		char *path = cni_printf(
			&arena, "%s/tests/schema/%s", getenv("CANTIL_TEST_SOURCE"), name);
		assert_ok(cni_file_write(path, text, strlen(text), false, &err), &err);
		return;
	}
	assert_string_equal(text, read_beside(&arena, name, &size));
}

/* SQLite itself must take what comes out. */
static inline void assert_sqlite_takes(const char *script)
{
	sqlite3 *db;
	char *message = NULL;

	assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
	if (sqlite3_exec(db, script, NULL, NULL, &message) != SQLITE_OK)
		fail_msg("%s\n%s", message, script);
	sqlite3_close(db);
}

#endif
