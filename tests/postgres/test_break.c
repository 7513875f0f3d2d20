/* Connections that break: idle, in a statement, in a transaction, in a commit; servers that are
 * killed. Nothing is done twice, nothing half, and what can go on goes on. */
#include <signal.h>
#include <sys/wait.h>

#include "driver/pool.h"
#include "postgres_test.h"

static int64_t pid_of(fixture *f, cni_conn *conn)
{
	return int_of(f, conn, "SELECT pg_backend_pid()");
}

/* Ends when the server process is gone. */
static void terminate(fixture *f, int64_t pid)
{
	assert_ok(cni_conn_execf(
			  f->admin, &f->err, "SELECT pg_terminate_backend(%d, 10000)", (int)pid),
		&f->err);
}

static void test_an_idle_connection_is_made_again(void **state)
{
	fixture *f = *state;
	exec(f, f->conn, "CREATE TABLE t(id int)");
	cni_stmt *kept = prepare(f, "INSERT INTO t VALUES (?)");
	int64_t pid = pid_of(f, f->conn);
	terminate(f, pid);
	/* statements prepared before work as before, what is bound stays */
	assert_ok(cni_stmt_bind(kept, 1, cn_int(1), &f->err), &f->err);
	assert_ok(cni_stmt_run(kept, &f->err), &f->err);
	assert_int_equal(int_of(f, f->conn, "SELECT count(*) FROM t"), 1);
	assert_int_not_equal(pid_of(f, f->conn), pid);
	cni_stmt_release(kept);
	/* with the settings it was opened with */
	terminate(f, pid_of(f, f->conn));
	assert_string_equal(text_of(f, f->conn, "SHOW TimeZone"), "UTC");
	/* before a transaction */
	terminate(f, pid_of(f, f->conn));
	assert_ok(cni_conn_begin(f->conn, CNI_TX_WRITE, &f->err), &f->err);
	exec(f, f->conn, "INSERT INTO t VALUES (2)");
	assert_ok(cni_conn_commit(f->conn, &f->err), &f->err);
	assert_int_equal(int_of(f, f->conn, "SELECT sum(id) FROM t"), 3);
}

static void test_a_transaction_that_breaks_can_be_run_again(void **state)
{
	fixture *f = *state;
	exec(f, f->conn, "CREATE TABLE t(id int)");
	assert_ok(cni_conn_begin(f->conn, CNI_TX_WRITE, &f->err), &f->err);
	exec(f, f->conn, "INSERT INTO t VALUES (1)");
	terminate(f, pid_of(f, f->conn));
	assert_int_equal(cni_conn_exec(f->conn, "INSERT INTO t VALUES (2)", &f->err), CN_ECONFLICT);
	/* it does not go on in another session as if nothing had been */
	assert_true(cni_conn_in_transaction(f->conn));
	assert_int_equal(cni_conn_exec(f->conn, "INSERT INTO t VALUES (3)", &f->err), CN_ECONFLICT);
	assert_contains(f->err.hint, "again");
	cni_stmt *stmt;
	assert_int_equal(cni_conn_prepare(f->conn, "SELECT 1", &stmt, &f->err), CN_ECONFLICT);
	cni_conn_rollback(f->conn);
	assert_false(cni_conn_in_transaction(f->conn));
	assert_int_equal(int_of(f, f->conn, "SELECT count(*) FROM t"), 0);
}

/* The server is told to end while the statement runs: whether it has done it is not known. */
static void test_a_statement_that_breaks_is_not_run_again(void **state)
{
	fixture *f = *state;
	exec(f, f->conn, "CREATE TABLE t(id int)");
	assert_int_equal(
		cni_conn_exec(f->conn,
			"INSERT INTO t SELECT 1 FROM pg_terminate_backend(pg_backend_pid())",
			&f->err),
		CN_ECONNECT);
	assert_string_equal(f->err.sqlstate, "57P01");
	assert_int_equal(int_of(f, f->conn, "SELECT count(*) FROM t"), 0);
	/* in the middle of rows */
	cni_stmt *stmt = prepare(f,
		"SELECT CASE WHEN i = 50000 THEN pg_terminate_backend(pg_backend_pid()) END, "
		"repeat('x', 100) FROM generate_series(1, 100000) AS i");
	int got;
	while ((got = cni_stmt_step(stmt, &f->err)) == CNI_ROW)
		;
	assert_int_equal(got, CN_ECONNECT);
	assert_int_equal(cni_stmt_step(stmt, &f->err), CNI_DONE);
	cni_stmt_release(stmt);
	assert_int_equal(int_of(f, f->conn, "SELECT 1"), 1);
}

/* A trigger at the commit ends the session: the outcome is said to be unknown. */
static void test_a_commit_that_breaks(void **state)
{
	fixture *f = *state;
	exec(f, f->conn,
		"CREATE TABLE t(id int); CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS "
		"$$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); PERFORM pg_sleep(10); RETURN NULL; END $$; "
		"CREATE CONSTRAINT TRIGGER d AFTER INSERT ON t DEFERRABLE INITIALLY DEFERRED "
		"FOR EACH ROW EXECUTE FUNCTION die()");
	assert_ok(cni_conn_begin(f->conn, CNI_TX_WRITE, &f->err), &f->err);
	exec(f, f->conn, "INSERT INTO t VALUES (1)");
	assert_int_equal(cni_conn_commit(f->conn, &f->err), CN_ECONNECT);
	assert_false(cni_conn_in_transaction(f->conn));
	assert_int_equal(int_of(f, f->conn, "SELECT count(*) FROM t"), 0);
}

/* What lives on the server with the session (a lock, a temporary table) is not silently lost. */
static void test_a_pinned_connection_is_not_made_again(void **state)
{
	fixture *f = *state;
	((pg_conn *)f->conn)->pinned = true;
	terminate(f, pid_of(f, f->conn));
	assert_int_equal(cni_conn_exec(f->conn, "SELECT 1", &f->err), CN_ECONNECT);
}

struct rows {
	fixture *f;
	int at, die_at;
};

static int next_row(cn_value *row, void *ctx, cn_error *err)
{
	struct rows *rows = ctx;
	(void)err;
	if (rows->at == rows->die_at)
		terminate(rows->f,
			int_of(rows->f, rows->f->admin,
				"SELECT pid FROM pg_stat_activity WHERE query LIKE 'COPY%'"));
	row[0] = cn_int(rows->at);
	return rows->at++ < 1000000 ? CNI_ROW : CNI_DONE;
}

static void test_a_copy_that_breaks(void **state)
{
	static const char *const columns[] = {"id"};
	fixture *f = *state;
	struct rows rows = {.f = f, .die_at = 500000};
	exec(f, f->conn, "CREATE TABLE t(id int)");
	cni_copy_rows copy = {.table = "t",
		.columns = columns,
		.column_count = 1,
		.next = next_row,
		.ctx = &rows};
	assert_int_equal(cni_conn_copy_rows(f->conn, &copy, &f->err), CN_ECONNECT);
	assert_int_equal(int_of(f, f->conn, "SELECT count(*) FROM t"), 0);
}

static void test_a_pool_throws_broken_ones_away(void **state)
{
	fixture *f = *state;
	cni_uri uri;
	cni_pool *pool;
	cni_conn *first, *second;
	assert_ok(cni_uri_parse(&f->arena, f->uri, "/", &uri, &f->err), &f->err);
	assert_ok(cni_pool_new(
			  &uri, &(cni_pool_options){.open.mode = CNI_OPEN_WRITE}, &pool, &f->err),
		&f->err);
	/* several write at the same time */
	assert_ok(cni_pool_take(pool, CNI_OPEN_WRITE, &first, &f->err), &f->err);
	assert_ok(cni_pool_take(pool, CNI_OPEN_WRITE, &second, &f->err), &f->err);
	assert_ok(cni_conn_begin(first, CNI_TX_WRITE, &f->err), &f->err);
	int64_t pid = pid_of(f, first);
	terminate(f, pid);
	assert_int_equal(cni_conn_exec(first, "SELECT 1", &f->err), CN_ECONFLICT);
	cni_pool_give(pool, first);
	assert_ok(cni_pool_take(pool, CNI_OPEN_WRITE, &first, &f->err), &f->err);
	assert_int_not_equal(pid_of(f, first), pid);
	cni_pool_give(pool, first);
	cni_pool_give(pool, second);
	cni_pool_free(pool);
}

/* ---- a server of its own, killed ---- */

static int run(fixture *f, const char *verb, const char *folder)
{
	const char *script =
		cni_printf(&f->arena, "%s/tests/postgres/server.sh", getenv("CANTIL_TEST_SOURCE"));
	pid_t child = fork();
	if (!child) {
		char pid[16];
		snprintf(pid, sizeof pid, "%d", (int)getppid());
		if (!freopen("/dev/null", "w", stdout))
			_exit(2);
		execl(script, script, verb, folder, pid, (char *)NULL);
		_exit(2);
	}
	int status = 0;
	waitpid(child, &status, 0);
	return status;
}

static int postmaster_of(const char *folder)
{
	char path[128];
	int pid = 0;
	snprintf(path, sizeof path, "%s/data/postmaster.pid", folder);
	FILE *file = fopen(path, "r");
	assert_non_null(file);
	assert_int_equal(fscanf(file, "%d", &pid), 1);
	fclose(file);
	return pid;
}

static void test_a_server_that_is_killed_and_comes_back(void **state)
{
	fixture *f = *state;
	char folder[] = "/tmp/cantil-killed-XXXXXX";
	assert_non_null(mkdtemp(folder));
	assert_int_equal(run(f, "start", folder), 0);
	char path[64], port[16] = "";
	snprintf(path, sizeof path, "%s/port", folder);
	FILE *file = fopen(path, "r");
	assert_non_null(file);
	assert_int_equal(fscanf(file, "%15s", port), 1);
	fclose(file);
	cni_conn *conn =
		open_at(f, cni_printf(&f->arena, "postgresql://cantil@/postgres?host=%s&port=%s",
				   folder, port));
	/* the test server itself does not wait for its log */
	exec(f, conn,
		"SET synchronous_commit = on; CREATE TABLE t(id int); INSERT INTO t VALUES (1)");
	assert_ok(cni_conn_begin(conn, CNI_TX_WRITE, &f->err), &f->err);
	exec(f, conn, "INSERT INTO t VALUES (2)");
	kill(postmaster_of(folder), SIGKILL);
	/* its children end by themselves when they notice: the statement may still work, not the
	 * commit */
	cn_status status = CN_OK;
	for (int i = 0; i < 100000 && status == CN_OK; i++)
		status = cni_conn_exec(conn, "SELECT pg_sleep(0.01)", &f->err);
	assert_int_equal(status, CN_ECONFLICT);
	cni_conn_rollback(conn);
	assert_int_equal(cni_conn_exec(conn, "SELECT 1", &f->err), CN_ECONNECT);
	assert_int_equal(run(f, "start", folder), 0);
	assert_int_equal(int_of(f, conn, "SELECT sum(id) FROM t"), 1);
	cni_conn_close(conn);
	run(f, "stop", folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_an_idle_connection_is_made_again),
		TEST(test_a_transaction_that_breaks_can_be_run_again),
		TEST(test_a_statement_that_breaks_is_not_run_again),
		TEST(test_a_commit_that_breaks),
		TEST(test_a_pinned_connection_is_not_made_again),
		TEST(test_a_copy_that_breaks),
		TEST(test_a_pool_throws_broken_ones_away),
		TEST(test_a_server_that_is_killed_and_comes_back),
	};
	return RUN(tests);
}
