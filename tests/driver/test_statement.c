/* test_statement.c - the cache, stepping, receiving rows, scripts, transactions. */
#include "driver_test.h"

#include "driver/sqlite/sqlite.h" /* how often SQLite had to compile is the engine's own secret */

static uint64_t compiled(const cni_conn *conn) { return cni_sqlite_of_const(conn)->prepare_count; }

static cni_stmt *prepare(fixture *f, cni_conn *conn, const char *sql)
{
	cni_stmt *stmt = NULL;
	assert_ok(cni_conn_prepare(conn, sql, &stmt, &f->err), &f->err);
	return stmt;
}

static cni_conn *table(fixture *f)
{
	cni_conn *conn = memory_db(f);
	exec(f, conn,
		"CREATE TABLE t(id INTEGER PRIMARY KEY, a); INSERT INTO t(a) VALUES('one'), ('two'), ('three')");
	return conn;
}

static void compiles_nothing_twice(void **state)
{
	fixture *f = *state;
	cni_conn *conn = table(f);
	uint64_t before = compiled(conn);
	for (int i = 0; i < 1000; i++) {
		char sql[64]; /* the text counts, not where it stands */
		snprintf(sql, sizeof sql, "SELECT a FROM t WHERE id = ?");
		cni_stmt *stmt = prepare(f, conn, sql);
		assert_ok(cni_stmt_bind(stmt, 1, cn_int(i % 3 + 1), &f->err), &f->err);
		assert_int_equal(cni_stmt_step(stmt, &f->err), CNI_ROW);
		cni_stmt_release(stmt);
		assert_ok(cni_conn_begin(conn, CNI_TX_WRITE, &f->err), &f->err);
		assert_ok(cni_conn_commit(conn, &f->err), &f->err);
	}
	assert_int_equal(compiled(conn) - before,
		4); /* it, BEGIN IMMEDIATE, COMMIT and, kept ready, ROLLBACK */
	/* taken twice at the same time: two statements, each with its own place */
	cni_stmt *a = prepare(f, conn, "SELECT id FROM t ORDER BY id"),
		 *b = prepare(f, conn, "SELECT id FROM t ORDER BY id");
	assert_ptr_not_equal(a, b);
	assert_int_equal(cni_stmt_step(a, &f->err), CNI_ROW);
	assert_int_equal(cni_stmt_step(a, &f->err), CNI_ROW);
	assert_int_equal(cni_stmt_step(b, &f->err), CNI_ROW);
	assert_int_equal(cni_stmt_int(a, 0), 2);
	assert_int_equal(cni_stmt_int(b, 0), 1);
	cni_stmt_release(a);
	cni_stmt_release(b);
	cni_conn_close(conn);
}

static void forgets_the_oldest_of_many(void **state)
{
	fixture *f = *state;
	cni_conn *conn = table(f);
	char sql[64];
	for (int i = 0; i < CNI_SQLITE_CACHED * 4; i++) {
		snprintf(sql, sizeof sql, "SELECT %d", i);
		assert_int_equal(int_of(f, conn, sql), i);
		assert_int_equal(int_of(f, conn, "SELECT 4711"), 4711); /* always the youngest */
	}
	assert_int_equal(cni_sqlite_of(conn)->idle_count, CNI_SQLITE_CACHED);
	uint64_t before = compiled(conn);
	int_of(f, conn, "SELECT 4711");
	int_of(f, conn, sql);
	assert_int_equal(compiled(conn), before);
	int_of(f, conn, "SELECT 0");
	assert_int_equal(compiled(conn), before + 1);
	cni_conn_close(conn);
}

static void survives_a_change_of_the_schema(void **state)
{
	fixture *f = *state;
	cni_conn *conn = table(f);
	uint64_t before = compiled(conn);
	cni_stmt *stmt = prepare(f, conn, "SELECT * FROM t ORDER BY id");
	assert_int_equal(cni_stmt_step(stmt, &f->err), CNI_ROW);
	assert_int_equal(cni_stmt_columns(stmt), 2);
	cni_stmt_release(stmt);
	exec(f, conn, "ALTER TABLE t ADD COLUMN b DEFAULT 5");
	stmt = prepare(f, conn, "SELECT * FROM t ORDER BY id");
	assert_int_equal(cni_stmt_step(stmt, &f->err), CNI_ROW);
	assert_int_equal(cni_stmt_columns(stmt), 3);
	assert_int_equal(cni_stmt_int(stmt, 2), 5);
	cni_stmt_release(stmt);
	assert_int_equal(compiled(conn) - before, 2); /* the SELECT and the ALTER */
	exec(f, conn, "DROP TABLE t");
	stmt = prepare(f, conn, "SELECT * FROM t ORDER BY id");
	assert_int_equal(cni_stmt_step(stmt, &f->err), CN_ESQL);
	assert_string_equal(f->err.message, "no such table: t");
	cni_stmt_release(stmt);
	cni_conn_close(conn);
}

static void forgets_what_was_bound(void **state)
{
	fixture *f = *state;
	cni_conn *conn = table(f);
	char *text = strdup("gone soon");
	cni_stmt *stmt = prepare(f, conn, "SELECT ?");
	assert_ok(cni_stmt_bind(stmt, 1, cn_text(text), &f->err), &f->err);
	assert_int_equal(cni_stmt_step(stmt, &f->err), CNI_ROW);
	cni_stmt_release(stmt);
	free(text); /* ASan sees it if the next one still reads it */
	stmt = prepare(f, conn, "SELECT ?");
	assert_int_equal(cni_stmt_step(stmt, &f->err), CNI_ROW);
	assert_int_equal(cni_stmt_value(stmt, 0).type, CN_TYPE_NULL);
	/* bind after a run begins it anew, and so does reset; what is bound stays */
	assert_ok(cni_stmt_bind(stmt, 1, cn_int(8), &f->err), &f->err);
	assert_int_equal(cni_stmt_step(stmt, &f->err), CNI_ROW);
	cni_stmt_reset(stmt);
	assert_int_equal(cni_stmt_step(stmt, &f->err), CNI_ROW);
	assert_int_equal(cni_stmt_int(stmt, 0), 8);
	cni_stmt_release(stmt);
	cni_conn_close(conn);
}

static void does_not_begin_again_by_itself(void **state)
{
	fixture *f = *state;
	cni_conn *conn = table(f);
	cni_stmt *stmt = prepare(f, conn, "INSERT INTO t(a) VALUES('more')");
	for (int i = 0; i < 5; i++)
		assert_int_equal(cni_stmt_step(stmt, &f->err), CNI_DONE);
	assert_int_equal(int_of(f, conn, "SELECT count(*) FROM t"), 4);
	assert_int_equal(cni_conn_last_id(conn), 4);
	cni_stmt_reset(stmt);
	assert_ok(cni_stmt_run(stmt, &f->err), &f->err);
	assert_ok(cni_stmt_run(stmt, &f->err), &f->err);
	assert_int_equal(int_of(f, conn, "SELECT count(*) FROM t"), 6);
	cni_stmt_release(stmt);
	exec(f, conn, "UPDATE t SET a = 1 WHERE id < 4");
	assert_int_equal(cni_conn_changes(conn), 3);
	cni_conn_close(conn);
}

static void takes_one_statement_only(void **state)
{
	fixture *f = *state;
	cni_conn *conn = table(f);
	cni_stmt *stmt = NULL;
	static const char *const none[] = {"", "  \n", ";", "-- nothing", "/* nor here */ ;"};
	for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
		assert_int_equal(cni_conn_prepare(conn, none[i], &stmt, &f->err), CN_EARG);
		assert_contains(f->err.message, "no SQL statement");
	}
	assert_int_equal(cni_conn_prepare(conn, "SELECT 1; SELECT 2", &stmt, &f->err), CN_EARG);
	assert_contains(f->err.message, "more than one");
	assert_contains(f->err.detail, "SELECT 2");
	assert_int_equal(cni_conn_prepare(conn, "SELECT 1; DROP", &stmt, &f->err), CN_EARG);
	assert_null(stmt);
	cni_stmt_release(prepare(f, conn, "SELECT 1; -- and a comment\n ; /* another */"));
	assert_int_equal(cni_conn_prepare(conn, NULL, &stmt, &f->err), CN_EARG);
	cni_conn_close(conn);
}

typedef struct received {
	int rows, stop_at, answer;
	int64_t sum;
	cni_conn *conn;
	fixture *f;
	size_t count;
} received;

static int receive(const cn_value *row, size_t count, void *ctx, cn_error *err)
{
	received *r = ctx;
	r->rows++;
	r->count = count;
	r->sum += row[0].type == CN_TYPE_INT64 ? row[0].as.i : 0;
	if (r->conn) { /* another statement meanwhile, which receives rows itself */
		received inner = {0};
		cni_stmt *stmt = prepare(r->f, r->conn, "SELECT cantil_row(id) FROM t");
		assert_ok(cni_stmt_each(stmt, receive, &inner, &r->f->err), &r->f->err);
		cni_stmt_release(stmt);
		assert_int_equal(inner.rows, 3);
	}
	if (r->rows == r->stop_at) {
		if (r->answer < 0)
			cn_error_set(err, (cn_status)r->answer, "the receiver's own");
		return r->answer;
	}
	return 0;
}

static void hands_rows_to_a_receiver(void **state)
{
	fixture *f = *state;
	cni_conn *conn = table(f);
	static const char *const texts[] = {"SELECT id, a FROM t ORDER BY id",
		"SELECT cantil_row(id, a) FROM (SELECT id, a FROM t ORDER BY id)"};
	for (size_t i = 0; i < 2; i++) {
		cni_stmt *stmt = prepare(f, conn, texts[i]);
		received r = {.conn = conn, .f = f};
		assert_ok(cni_stmt_each(stmt, receive, &r, &f->err), &f->err);
		assert_int_equal(r.rows, 3);
		assert_int_equal(r.sum, 6);
		assert_int_equal(r.count, 2);
		/* again: it was reset */
		r = (received){.stop_at = 2, .answer = 1};
		assert_ok(cni_stmt_each(stmt, receive, &r, &f->err), &f->err);
		assert_int_equal(r.sum, 3); /* rows 1 and 2: in order */
		r = (received){.stop_at = 1, .answer = CN_ECONFLICT};
		assert_int_equal(cni_stmt_each(stmt, receive, &r, &f->err), CN_ECONFLICT);
		assert_string_equal(f->err.message, "the receiver's own");
		assert_int_equal(r.rows, 1);
		cni_stmt_release(stmt);
	}
	/* no rows, no call */
	received r = {0};
	cni_stmt *stmt = prepare(f, conn, "SELECT cantil_row(id) FROM t WHERE id > 99");
	assert_ok(cni_stmt_each(stmt, receive, &r, &f->err), &f->err);
	assert_int_equal(r.rows, 0);
	cni_stmt_release(stmt);
	/* alone it is refused, and a view cannot use it */
	assert_int_equal(cni_conn_exec(conn, "SELECT cantil_row(id) FROM t", &f->err), CN_ESQL);
	exec(f, conn, "CREATE VIEW v AS SELECT cantil_row(id) FROM t");
	assert_int_equal(cni_conn_exec(conn, "SELECT * FROM v", &f->err), CN_ESQL);
	cni_conn_close(conn);
}

static void receives_many_columns(void **state)
{
	fixture *f = *state;
	cni_conn *conn = memory_db(f);
	char sql[4000] = "SELECT 1";
	for (int i = 1; i < 500; i++)
		snprintf(sql + strlen(sql), sizeof sql - strlen(sql), ",%d", i + 1);
	received r = {0};
	cni_stmt *stmt = prepare(f, conn, sql);
	assert_ok(cni_stmt_each(stmt, receive, &r, &f->err), &f->err);
	assert_int_equal(r.count, 500);
	cni_stmt_release(stmt);
	cni_conn_close(conn);
}

static void runs_scripts(void **state)
{
	fixture *f = *state;
	cni_conn *conn = memory_db(f);
	exec(f, conn, "");
	exec(f, conn, ";;-- nothing\n");
	exec(f, conn,
		"CREATE TABLE t(a);\nCREATE TRIGGER g AFTER INSERT ON t BEGIN\n\tUPDATE t SET a = a + 1; SELECT 1;\nEND;"
		"INSERT INTO t VALUES(1); SELECT * FROM t; /* end */");
	assert_int_equal(int_of(f, conn, "SELECT a FROM t"), 2);
	/* up to the first that fails, and where that is */
	assert_int_equal(
		cni_conn_exec(conn,
			"INSERT INTO t VALUES(5);\n\n-- why\nINSERT INTO u\n VALUES(6);\nDELETE FROM t",
			&f->err),
		CN_ESQL);
	assert_string_equal(f->err.message, "no such table: u");
	assert_contains(f->err.detail, "line 4: ");
	assert_contains(f->err.detail, "INSERT INTO u VALUES(6)");
	assert_int_equal(int_of(f, conn, "SELECT count(*) FROM t"), 2);
	assert_int_equal(cni_conn_exec(conn, "SELECT 1;\nSELECT\n\n 2 FRM t;", &f->err), CN_ESQL);
	assert_contains(f->err.message, "syntax error");
	assert_contains(f->err.detail, "line 4: ");
	assert_ok(cni_conn_execf(conn, &f->err, "DELETE FROM t WHERE a = %d", 5), &f->err);
	assert_int_equal(cni_conn_exec(conn, NULL, &f->err), CN_EARG);
	cni_conn_close(conn);
}

static void runs_transactions(void **state)
{
	fixture *f = *state;
	cni_conn *conn = table(f);
	assert_false(cni_conn_in_transaction(conn));
	assert_int_equal(cni_conn_commit(conn, &f->err), CN_EARG);
	cni_conn_rollback(conn); /* none is open: fine */
	assert_ok(cni_conn_begin(conn, CNI_TX_WRITE, &f->err), &f->err);
	assert_true(cni_conn_in_transaction(conn));
	assert_int_equal(cni_conn_begin(conn, CNI_TX_READ, &f->err), CN_EARG);
	exec(f, conn, "DELETE FROM t");
	/* a statement in the middle of its rows does not keep it open */
	exec(f, conn, "INSERT INTO t(a) VALUES(1), (2)");
	cni_stmt *stmt = prepare(f, conn, "SELECT a FROM t");
	assert_int_equal(cni_stmt_step(stmt, &f->err), CNI_ROW);
	cni_conn_rollback(conn);
	assert_false(cni_conn_in_transaction(conn));
	assert_int_equal(cni_stmt_step(stmt, &f->err), CNI_DONE);
	cni_stmt_release(stmt);
	assert_int_equal(int_of(f, conn, "SELECT count(*) FROM t"), 3);
	/* one that SQLite has rolled back by itself */
	assert_ok(cni_conn_begin(conn, CNI_TX_WRITE, &f->err), &f->err);
	assert_int_equal(cni_conn_exec(conn, "INSERT OR ROLLBACK INTO t(id) VALUES(1)", &f->err),
		CN_ECONSTRAINT);
	assert_false(cni_conn_in_transaction(conn));
	cni_conn_rollback(conn);
	/* a commit that fails leaves it open, to be mended or rolled back */
	exec(f, conn, "CREATE TABLE c(t REFERENCES t DEFERRABLE INITIALLY DEFERRED)");
	assert_ok(cni_conn_begin(conn, CNI_TX_WRITE, &f->err), &f->err);
	exec(f, conn, "INSERT INTO c VALUES(77)");
	assert_int_equal(cni_conn_commit(conn, &f->err), CN_ECONSTRAINT);
	assert_string_equal(f->err.sqlstate, "23503");
	assert_true(cni_conn_in_transaction(conn));
	exec(f, conn, "INSERT INTO t(id) VALUES(77)");
	assert_ok(cni_conn_commit(conn, &f->err), &f->err);
	cni_conn_close(conn);
}

/* SQLite takes a NUL as the end; what stands behind it must not be passed over in silence. */
static void refuses_a_nul_in_the_text(void **state)
{
	fixture *f = *state;
	cni_conn *conn = table(f);
	cni_stmt *stmt = NULL;
	static const char text[] = "DELETE FROM t;\0DROP TABLE t";
	assert_int_equal(cni_conn_exec_size(conn, text, sizeof text - 1, &f->err), CN_EARG);
	assert_contains(f->err.message, "NUL byte in it, at 14 of 27");
	assert_int_equal(
		cni_conn_prepare_size(conn, text, sizeof text - 1, &stmt, &f->err), CN_EARG);
	assert_int_equal(int_of(f, conn, "SELECT count(*) FROM t"), 3);
	/* a piece of a longer text: nothing behind it is looked at */
	assert_ok(
		cni_conn_exec_size(conn, "DELETE FROM t WHERE id = 1 OR 1", 26, &f->err), &f->err);
	assert_int_equal(int_of(f, conn, "SELECT count(*) FROM t"), 2);
	char *exact = malloc(13); /* and ASan watches the byte behind it */
	memcpy(exact, "DELETE FROM t", 13);
	assert_ok(cni_conn_exec_size(conn, exact, 13, &f->err), &f->err);
	assert_ok(cni_conn_prepare_size(conn, exact, 13, &stmt, &f->err), &f->err);
	cni_stmt_release(stmt);
	free(exact);
	assert_int_equal(int_of(f, conn, "SELECT count(*) FROM t"), 0);
	cni_conn_close(conn);
}

/* If each statement of a script cost the rest of it, this would take minutes. */
static void runs_long_scripts(void **state)
{
	fixture *f = *state;
	cni_conn *conn = table(f);
	cni_buffer script = {0};
	for (int i = 0; i < 20000; i++)
		cni_buffer_printf(&script, "INSERT INTO t(a) VALUES('%0200d');\n", i);
	cni_buffer_puts(&script, "INSERT INTO nowhere VALUES(1);");
	assert_int_equal(cni_conn_exec(conn, script.data, &f->err), CN_ESQL);
	assert_contains(f->err.detail, "line 20001: ");
	assert_int_equal(int_of(f, conn, "SELECT count(*) FROM t"), 20003);
	cni_buffer_done(&script);
	cni_conn_close(conn);
}

static void answers_with_one_value(void **state)
{
	fixture *f = *state;
	cni_conn *conn = table(f);
	int64_t i = 0;
	const char *text = "untouched";
	assert_int_equal(
		cni_conn_int(conn, "SELECT id FROM t WHERE id > 50", &i, &f->err), CN_ENOTFOUND);
	assert_contains(f->err.detail, "id > 50");
	assert_int_equal(
		cni_conn_text(conn, &f->arena, "SELECT 1 WHERE 0", &text, &f->err), CN_ENOTFOUND);
	assert_string_equal(text, "untouched");
	assert_ok(cni_conn_text(conn, &f->arena, "SELECT NULL", &text, &f->err), &f->err);
	assert_null(text);
	assert_string_equal(text_of(f, conn, "SELECT a FROM t WHERE id = 2"), "two");
	assert_int_equal(cni_conn_int(conn, "SELECT nothing", &i, &f->err), CN_ESQL);
	cni_conn_close(conn);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(compiles_nothing_twice),
		TEST(forgets_the_oldest_of_many),
		TEST(survives_a_change_of_the_schema),
		TEST(forgets_what_was_bound),
		TEST(does_not_begin_again_by_itself),
		TEST(takes_one_statement_only),
		TEST(hands_rows_to_a_receiver),
		TEST(receives_many_columns),
		TEST(runs_scripts),
		TEST(runs_transactions),
		TEST(refuses_a_nul_in_the_text),
		TEST(runs_long_scripts),
		TEST(answers_with_one_value),
	};
	return RUN(tests);
}
