/*
 * test_misfit.c - a revision that was made elsewhere meets rows that do not fit: it says which rows
 * of which table, by the names that people know, and nothing has changed.
 */
#include "project.h"

/* The second revision is made while the tables are empty; then the rows come. */
static void upgrade_fails(project *p, const char *rows, const char *message, const char *detail)
{
	cn_error err;
	sql(p, rows);
	assert_int_equal(cn_migrator_upgrade(p->migrator, NULL, NULL, &err), CN_ECONSTRAINT);
	if (!strstr(err.message, message) || !strstr(err.detail, detail))
		fail_msg("%s | %s | %s", err.message, err.detail, err.hint);
	assert_null(strstr(err.message, "cantil_new"));
	assert_null(strstr(err.detail, "cantil_new"));
	assert_non_null(strstr(err.hint, "mend or delete"));
}

static void make_two(project *p, const char *first, const char *second, const char *answers)
{
	want(p, first);
	make(p, "r1", "");
	upgrade(p);
	want(p, second);
	make(p, "r2", answers);
}

static void names_the_rows(void **state)
{
	project *p = *state;
	make_two(p, "CREATE TABLE t (id INTEGER PRIMARY KEY, n TEXT, m TEXT);",
		"CREATE TABLE t (id INTEGER PRIMARY KEY, n TEXT NOT NULL CHECK (length(n) < 5), m TEXT UNIQUE);",
		"");
	upgrade_fails(p, "INSERT INTO t VALUES (1, 'x', 'a'), (2, NULL, 'b'), (9, 'too long', 'a')",
		"NOT NULL constraint failed: t.n", "rows of t that do not fit: id 2; id 9");
	upgrade_fails(p, "UPDATE t SET n = 'y' WHERE id = 2", "CHECK constraint failed",
		"rows of t that do not fit: id 9");
	upgrade_fails(p, "UPDATE t SET n = 'y'", "UNIQUE constraint failed: t.m",
		"rows of t that do not fit: id 9");
	sql(p, "UPDATE t SET m = id");
	upgrade(p);
}

static void names_the_rows_by_any_key(void **state)
{
	project *p = *state;
	make_two(p,
		"CREATE TABLE \"a b\" (x TEXT, y INT, z, PRIMARY KEY (y, x)) WITHOUT ROWID;"
		"CREATE TABLE hidden (rowid TEXT, v TEXT);",
		"CREATE TABLE \"c d\" (x TEXT, y INT, z NOT NULL, PRIMARY KEY (y, x)) WITHOUT ROWID;"
		"CREATE TABLE hidden (rowid TEXT, v INTEGER) STRICT;",
		"rename table \"a b\" \"c d\"\nallow-cast hidden.v\n");
	upgrade_fails(p,
		"INSERT INTO \"a b\" VALUES ('it''s', 7, NULL), ('b', 7, 1), ('d', 1, NULL),"
		" ('e', 1, NULL), ('f', 1, NULL)",
		"NOT NULL constraint failed",
		"rows of c d that do not fit: y 1, x 'd'; y 1, x 'e'; y 1, x 'f'");
	sql(p, "DELETE FROM \"a b\" WHERE z IS NULL");
	upgrade(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(names_the_rows, project_setup, project_teardown),
		cmocka_unit_test_setup_teardown(
			names_the_rows_by_any_key, project_setup, project_teardown),
	};
	return RUN(tests);
}
