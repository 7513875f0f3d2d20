/* test_space.c - what a table that is written anew takes on the disk. */
#include "driver_test.h"

#include "driver/sqlite/plan.h"

enum { ROWS = 3000, WIDTH = 4000, SMALLEST = ROWS * WIDTH };

static void counts_the_tables_that_are_written_anew(void **state)
{
	fixture *f = *state;
	cni_conn *conn = open_db(f, "a.db", CNI_OPEN_CREATE);
	const char *big[] = {"BIG"}, *small[] = {"small"};
	const cni_plan plan = {.rebuilds = true, .rebuilt = big, .rebuilt_count = 1},
		       other = {.rebuilds = true, .rebuilt = small, .rebuilt_count = 1};

	exec(f, conn,
		"CREATE TABLE small (a); INSERT INTO small VALUES (1); CREATE TABLE big (a);"
		"WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 3000)"
		"INSERT INTO big SELECT zeroblob(4000) FROM c");
	int64_t bare = cni_sqlite_space_needed(conn, &plan);
	assert_true(bare >= SMALLEST && bare < 2 * SMALLEST);
	exec(f, conn, "CREATE INDEX big_a ON big (a)");
	assert_true(cni_sqlite_space_needed(conn, &plan) >= bare + SMALLEST);
	assert_true(cni_sqlite_space_needed(conn, &other) == 0);
	assert_ok(cni_sqlite_space(conn, &other, &f->err), &f->err);
	cni_conn_close(conn);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(counts_the_tables_that_are_written_anew),
	};
	return RUN(tests);
}
