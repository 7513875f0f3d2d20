/* What the server answers becomes a status that says what to do next, with all that it told. */
#include "postgres_test.h"

static void assert_fails(fixture *f, const char *sql, cn_status wanted, const char *state)
{
	memset(&f->err, 0, sizeof f->err);
	cn_status status = cni_conn_exec(f->conn, sql, &f->err);
	if (status != wanted || strcmp(f->err.sqlstate, state) != 0)
		fail_msg("%s: %d %s %s", sql, status, f->err.sqlstate, f->err.message);
}

static void test_statuses(void **state)
{
	fixture *f = *state;
	exec(f, f->conn,
		"CREATE TABLE t(id int PRIMARY KEY, n int NOT NULL CONSTRAINT small CHECK (n < 10)); "
		"CREATE TABLE u(t int CONSTRAINT to_t REFERENCES t); INSERT INTO t VALUES (1, 1)");
	assert_fails(f, "INSERT INTO t VALUES (1, 2)", CN_ECONSTRAINT, "23505");
	assert_contains(f->err.detail, "constraint \"t_pkey\"");
	assert_contains(f->err.detail, "Key (id)=(1)");
	assert_contains(f->err.detail, "table \"t\"");
	assert_fails(f, "INSERT INTO t VALUES (2, NULL)", CN_ECONSTRAINT, "23502");
	assert_contains(f->err.detail, "column \"n\"");
	assert_fails(f, "INSERT INTO t VALUES (2, 11)", CN_ECONSTRAINT, "23514");
	assert_contains(f->err.detail, "constraint \"small\"");
	assert_fails(f, "INSERT INTO u VALUES (9)", CN_ECONSTRAINT, "23503");
	assert_contains(f->err.detail, "constraint \"to_t\"");
	assert_fails(f, "SELECT 1/0", CN_ESQL, "22012");
	assert_fails(f, "SELECT * FROM nowhere", CN_ESQL, "42P01");
	assert_fails(f, "SET default_transaction_read_only = on; INSERT INTO t VALUES (3, 3)",
		CN_EIO, "25006");
}

static void test_the_place_of_an_error(void **state)
{
	fixture *f = *state;
	assert_fails(f, "SELECT 1;\n\nSELECT 'ä' AS x,\n  nam FROM pg_class", CN_ESQL, "42703");
	assert_contains(f->err.detail, "line 4, column 3: ");
	assert_contains(f->err.detail, "SELECT 'ä' AS x, nam FROM pg_class");
	cni_stmt *stmt;
	memset(&f->err, 0, sizeof f->err);
	assert_int_equal(
		cni_conn_prepare(f->conn, "SELECT ?::int +\n nam", &stmt, &f->err), CN_ESQL);
	assert_contains(f->err.detail, "line 2, column 2");
}

static void test_the_servers_hint_is_kept(void **state)
{
	fixture *f = *state;
	exec(f, f->conn, "CREATE TABLE t(name text)");
	assert_fails(f, "SELECT nam FROM t", CN_ESQL, "42703");
	assert_contains(f->err.hint, "t.name");
}

static void test_no_statement_or_two(void **state)
{
	fixture *f = *state;
	cni_stmt *stmt;
	assert_int_equal(cni_conn_prepare(f->conn, " -- nothing\n;", &stmt, &f->err), CN_EARG);
	assert_int_equal(cni_conn_prepare(f->conn, "SELECT 1; SELECT 2", &stmt, &f->err), CN_EARG);
	assert_contains(f->err.message, "more than one");
	assert_int_equal(cni_conn_prepare_size(f->conn, "SELECT\0 1", 9, &stmt, &f->err), CN_EARG);
	assert_contains(f->err.message, "NUL");
	assert_ok(
		cni_conn_prepare(f->conn, "SELECT 1; -- and that is all", &stmt, &f->err), &f->err);
	cni_stmt_release(stmt);
}

static void test_a_lock_is_not_waited_for_forever(void **state)
{
	fixture *f = *state;
	cni_conn *other = open_at(f, uri_with(f, f->name, "lock_timeout_ms=50"));
	exec(f, f->conn, "CREATE TABLE t(id int)");
	assert_ok(cni_conn_begin(f->conn, CNI_TX_WRITE, &f->err), &f->err);
	exec(f, f->conn, "LOCK TABLE t");
	assert_int_equal(cni_conn_exec(other, "SELECT * FROM t", &f->err), CN_ECONFLICT);
	assert_string_equal(f->err.sqlstate, "55P03");
	assert_contains(f->err.hint, "lock_timeout_ms");
	cni_conn_rollback(f->conn);
	exec(f, other, "SELECT * FROM t");
	cni_conn_close(other);
}

static void test_a_statement_has_its_time(void **state)
{
	fixture *f = *state;
	cni_conn *other = open_at(f, uri_with(f, f->name, "statement_timeout_ms=50"));
	assert_int_equal(cni_conn_exec(other, "SELECT pg_sleep(60)", &f->err), CN_ECANCELED);
	assert_string_equal(f->err.sqlstate, "57014");
	assert_int_equal(int_of(f, other, "SELECT 7"), 7);
	cni_conn_close(other);
}

static void test_serialization_failures_are_conflicts(void **state)
{
	fixture *f = *state;
	const char *uri = uri_with(f, f->name, "isolation=serializable");
	cni_conn *a = open_at(f, uri), *b = open_at(f, uri);
	exec(f, a, "CREATE TABLE t(n int); INSERT INTO t VALUES (1)");
	assert_ok(cni_conn_begin(a, CNI_TX_WRITE, &f->err), &f->err);
	assert_ok(cni_conn_begin(b, CNI_TX_WRITE, &f->err), &f->err);
	assert_int_equal(int_of(f, a, "SELECT sum(n) FROM t"), 1);
	assert_int_equal(int_of(f, b, "SELECT sum(n) FROM t"), 1);
	exec(f, a, "INSERT INTO t SELECT sum(n) FROM t");
	exec(f, b, "INSERT INTO t SELECT sum(n) FROM t");
	assert_ok(cni_conn_commit(a, &f->err), &f->err);
	assert_int_equal(cni_conn_commit(b, &f->err), CN_ECONFLICT);
	assert_string_equal(f->err.sqlstate, "40001");
	assert_contains(f->err.hint, "retried"); /* the server's own word */
	cni_conn_rollback(b);
	assert_int_equal(int_of(f, a, "SELECT count(*) FROM t"), 2);
	cni_conn_close(a);
	cni_conn_close(b);
}

static void test_after_a_failure_only_rollback_helps(void **state)
{
	fixture *f = *state;
	exec(f, f->conn, "CREATE TABLE t(id int)");
	assert_ok(cni_conn_begin(f->conn, CNI_TX_WRITE, &f->err), &f->err);
	exec(f, f->conn, "INSERT INTO t VALUES (1)");
	assert_fails(f, "SELECT * FROM nowhere", CN_ESQL, "42P01");
	assert_fails(f, "SELECT 1", CN_ECONFLICT, "25P02");
	assert_int_equal(cni_conn_commit(f->conn, &f->err), CN_ECONFLICT);
	assert_true(cni_conn_in_transaction(f->conn));
	cni_conn_rollback(f->conn);
	assert_false(cni_conn_in_transaction(f->conn));
	assert_int_equal(int_of(f, f->conn, "SELECT count(*) FROM t"), 0);
}

/* A commit that fails (a deferred constraint) leaves no transaction and no row. */
static void test_a_commit_can_fail(void **state)
{
	fixture *f = *state;
	exec(f, f->conn,
		"CREATE TABLE t(id int PRIMARY KEY, up int REFERENCES t DEFERRABLE INITIALLY DEFERRED)");
	assert_ok(cni_conn_begin(f->conn, CNI_TX_WRITE, &f->err), &f->err);
	exec(f, f->conn, "INSERT INTO t VALUES (1, 2)");
	assert_int_equal(cni_conn_commit(f->conn, &f->err), CN_ECONSTRAINT);
	assert_string_equal(f->err.sqlstate, "23503");
	cni_conn_rollback(f->conn);
	assert_int_equal(int_of(f, f->conn, "SELECT count(*) FROM t"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_statuses),
		TEST(test_the_place_of_an_error),
		TEST(test_the_servers_hint_is_kept),
		TEST(test_no_statement_or_two),
		TEST(test_a_lock_is_not_waited_for_forever),
		TEST(test_a_statement_has_its_time),
		TEST(test_serialization_failures_are_conflicts),
		TEST(test_after_a_failure_only_rollback_helps),
		TEST(test_a_commit_can_fail),
	};
	return RUN(tests);
}
