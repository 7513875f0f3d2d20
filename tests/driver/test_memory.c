/*
 * test_memory.c - memory that SQLite asks for and does not get, at every single place: the failure
 * is told as what it is, no transaction stays open, nothing leaks, nothing half-done is left in the
 * file.
 */
#include "driver_test.h"

#include <sqlite3.h>

#include "base/try.h"

static sqlite3_mem_methods real;
static long countdown; /* of allocations until one fails; < 0: none does */
static bool for_good;  /* and all that follow */

/* what fails here is memory, not the disk: it need not wait for it */
static const char uri_text[] = "sqlite:///a.db?synchronous=off";

static bool fails(void)
{
	if (countdown < 0)
		return false;
	if (countdown > 0) {
		countdown--;
		return false;
	}
	if (!for_good)
		countdown = -1;
	return true;
}

static void *failing_malloc(int size) { return fails() ? NULL : real.xMalloc(size); }
static void *failing_realloc(void *p, int size) { return fails() ? NULL : real.xRealloc(p, size); }

static int receive(const cn_value *row, size_t count, void *ctx, cn_error *err)
{
	(void)row, (void)count, (void)err;
	++*(int *)ctx;
	return 0;
}

/* Everything that a program does with a database, up to the first failure. */
static cn_status use(cni_conn *conn, cni_arena *arena, cn_error *err)
{
	cni_schema *schema = NULL;
	cni_stmt *stmt = NULL;
	int64_t count;
	int rows = 0;
	cn_value values[] = {cn_int(1), cn_text("some text that is longer than a few bytes")};
	cn_status status = cni_conn_exec(conn,
		"CREATE TABLE IF NOT EXISTS u(b UNIQUE); CREATE VIEW IF NOT EXISTS v AS SELECT * FROM t",
		err);
	if (status == CN_OK)
		status = cni_conn_begin(conn, CNI_TX_WRITE, err);
	if (status == CN_OK)
		status = cni_conn_run(conn, "INSERT INTO t(id, a) VALUES(?, ?)", values, 2, err);
	if (status == CN_OK)
		status = cni_conn_prepare(conn,
			"SELECT cantil_row(id, a) FROM (SELECT * FROM t ORDER BY a)", &stmt, err);
	if (status == CN_OK)
		status = cni_stmt_each(stmt, receive, &rows, err);
	cni_stmt_release(stmt);
	if (status == CN_OK)
		status = cni_conn_int(conn, "SELECT cantil_hash(id, a) FROM t", &count, err);
	if (status == CN_OK)
		status = cni_conn_commit(conn, err);
	if (status == CN_OK)
		status = cni_conn_inspect(conn, arena, &schema, err);
	if (status == CN_OK)
		status = cni_normalise(schema, arena, &schema, err);
	cni_conn_rollback(conn);
	return status;
}

static cn_status whole_life(fixture *f, cn_error *err)
{
	CLEANUP(cni_arena_done) cni_arena arena = {0};
	CLEANUP(cni_conn_closep) cni_conn *conn = NULL, *copy = NULL;
	cni_uri uri = uri_of(f, uri_text);
	TRY(cni_conn_open(&uri, &(cni_open_options){.mode = CNI_OPEN_WRITE}, &conn, err));
	cn_status status = use(conn, &arena, err);
	assert_false(cni_conn_in_transaction(conn));
	if (status == CN_OK)
		status = cni_conn_snapshot(conn, &copy, err);
	return status;
}

static void tells_when_memory_is_short(void **state)
{
	fixture *f = *state;
	for (int round = 0; round < 2; round++) {
		for_good = round == 1;
		long place = 0, failed = 0;
		for (bool done = false; !done; place++) {
			countdown = -1;
			cni_conn *conn = open_db(f, uri_text, CNI_OPEN_CREATE);
			exec(f, conn,
				"DROP TABLE IF EXISTS t; DROP TABLE IF EXISTS u; DROP VIEW IF EXISTS v;"
				"CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT)");
			cni_conn_close(conn);
			assert_int_equal(sqlite3_memory_used(), 0);
			cn_error err = {0};
			countdown = place;
			cn_status status = whole_life(f, &err);
			done = countdown >= 0 &&
			       !(for_good && countdown == 0); /* it never came so far */
			countdown = -1;
			assert_int_equal(sqlite3_memory_used(), 0);
			if (status != CN_OK) {
				failed++;
				if (status != CN_ENOMEM)
					fail_msg("place %ld: %d %s | %s", place, status,
						err.message, err.detail);
				assert_int_equal(err.status, status);
				assert_string_not_equal(err.message, "");
			}
			conn = open_db(f, uri_text, CNI_OPEN_WRITE);
			int64_t rows = int_of(f, conn, "SELECT count(*) FROM t");
			assert_in_range(rows, 0, 1);
			if (done)
				assert_int_equal(rows, 1);
			cni_conn_close(conn);
		}
		assert_true(failed > 200); /* the test would not see anything otherwise */
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {TEST(tells_when_memory_is_short)};
	sqlite3_mem_methods failing;
	if (sqlite3_config(SQLITE_CONFIG_GETMALLOC, &real) != SQLITE_OK)
		return 1;
	failing = real;
	failing.xMalloc = failing_malloc;
	failing.xRealloc = failing_realloc;
	if (sqlite3_config(SQLITE_CONFIG_MALLOC, &failing) != SQLITE_OK)
		return 1;
	return RUN(tests);
}
