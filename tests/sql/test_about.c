/* test_about.c - what a statement does, seen from its first words. */
#include "tap.h"

#include <stdlib.h>
#include <string.h>

#include "sql/about.h"

static void tells_act_and_table(void **state)
{
	(void)state;
	static const struct {
		const char *sql;
		cni_sql_act act;
		const char *name; /* NULL: none */
	} rows[] = {
		{"INSERT OR ABORT INTO \"cantil_new_a\" (x, y) SELECT x, (SELECT z FROM other) FROM \"a b\"",
			CNI_SQL_COPY, "a b"},
		{"insert into t values (1)", CNI_SQL_INSERT, "t"},
		{"INSERT INTO t (a) VALUES ((SELECT max(x) FROM u))", CNI_SQL_INSERT, "t"},
		{"REPLACE INTO main.t DEFAULT VALUES", CNI_SQL_INSERT, "t"},
		{"/* c */ SELECT count(*), cantil_hash(\"a\", b) FROM main . [t u]", CNI_SQL_READ,
			"t u"},
		{"SELECT (SELECT 1 FROM x) FROM y WHERE z", CNI_SQL_READ, "y"},
		{"SELECT EXISTS (SELECT 1 FROM (SELECT a AS b FROM main.\"t\") AS u WHERE b IS NULL)",
			CNI_SQL_READ, "t"},
		{"INSERT INTO n SELECT b, (SELECT c FROM d) FROM (SELECT a AS b FROM t) AS u",
			CNI_SQL_COPY, "t"},
		{"SELECT 1", CNI_SQL_OTHER, NULL},
		{"SELECT * FROM (SELECT 1)", CNI_SQL_OTHER, NULL},
		{"SELECT count(*) FROM pragma_foreign_key_check(?1)", CNI_SQL_CHECK_KEYS, NULL},
		{"PRAGMA main.quick_check", CNI_SQL_CHECK, NULL},
		{"PRAGMA integrity_check(10)", CNI_SQL_CHECK, NULL},
		{"PRAGMA foreign_keys = ON", CNI_SQL_OTHER, NULL},
		{"CREATE UNIQUE INDEX IF NOT EXISTS i ON t (lower(a))", CNI_SQL_INDEX, "t"},
		{"CREATE TABLE t (a)", CNI_SQL_OTHER, NULL},
		{"UPDATE OR IGNORE t SET a = 1", CNI_SQL_CHANGE, "t"},
		{"DELETE FROM t", CNI_SQL_CHANGE, "t"},
		{"ALTER TABLE t RENAME TO u", CNI_SQL_CHANGE, "t"},
		{"DROP TABLE IF EXISTS main.\"t\"", CNI_SQL_DROP, "t"},
		{"DROP INDEX i", CNI_SQL_OTHER, NULL},
		{"COMMIT", CNI_SQL_COMMIT, NULL},
		{"DELETE; FROM t", CNI_SQL_OTHER, NULL},
		{"", CNI_SQL_OTHER, NULL},
		{"INSERT", CNI_SQL_OTHER, NULL},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		cni_arena arena = {0};
		cni_sql_about about = cni_sql_about_of(rows[i].sql, strlen(rows[i].sql));
		const char *name = about.name.text ? cni_token_name(&arena, &about.name) : NULL;
		if (about.act != rows[i].act || (name != NULL) != (rows[i].name != NULL) ||
			(name && strcmp(name, rows[i].name) != 0))
			fail_msg("%s: act %d, name %s", rows[i].sql, (int)about.act,
				name ? name : "none");
		cni_arena_done(&arena);
	}
}

/* Every cut of a statement, in memory of exactly its size: nothing behind it is read. */
static void reads_no_further_than_its_size(void **state)
{
	static const char sql[] =
		"INSERT INTO main.\"t\" (a) SELECT (b) FROM main.[u v] WHERE 'x' < y;";
	(void)state;
	for (size_t size = 0; size < sizeof sql; size++) {
		char *copy = malloc(size ? size : 1);
		assert_non_null(copy);
		memcpy(copy, sql, size);
		cni_sql_about about = cni_sql_about_of(copy, size);
		assert_true(about.act == CNI_SQL_OTHER || about.act == CNI_SQL_INSERT ||
			    about.act == CNI_SQL_COPY);
		free(copy);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_act_and_table),
		cmocka_unit_test(reads_no_further_than_its_size),
	};
	return RUN(tests);
}
