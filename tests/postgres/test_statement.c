/* Statements on a real server: placeholders, the cache, interleaving, transactions, scripts. */
#include "postgres_test.h"

static void test_values_go_in_and_out(void **state)
{
	fixture *f = *state;
	exec(f, f->conn, "CREATE TABLE t(id int PRIMARY KEY, name text, score float8); ");
	cni_stmt *stmt = prepare(f, "INSERT INTO t VALUES (?, ?, ?)");
	assert_int_equal(cni_stmt_parameters(stmt), 3);
	cn_value row[] = {cn_int(1), cn_text("one"), cn_double(1.5)};
	assert_ok(cni_stmt_bind_all(stmt, row, 3, &f->err), &f->err);
	assert_ok(cni_stmt_run(stmt, &f->err), &f->err);
	assert_int_equal(cni_conn_changes(f->conn), 1);
	cni_stmt_release(stmt);

	stmt = prepare(f, "SELECT id, name, score FROM t WHERE id = ?");
	assert_string_equal(cni_stmt_name(stmt, 1), "name");
	assert_ok(cni_stmt_bind(stmt, 1, cn_int(1), &f->err), &f->err);
	assert_int_equal(cni_stmt_step(stmt, &f->err), CNI_ROW);
	assert_int_equal(cni_stmt_int(stmt, 0), 1);
	assert_string_equal(cni_stmt_text(stmt, 1), "one");
	assert_true(cni_stmt_double(stmt, 2) == 1.5);
	assert_int_equal(cni_stmt_step(stmt, &f->err), CNI_DONE);
	assert_int_equal(cni_stmt_step(stmt, &f->err), CNI_DONE);
	cni_stmt_release(stmt);
}

static int count_rows(const cn_value *row, size_t count, void *ctx, cn_error *err)
{
	(void)err;
	assert_int_equal(count, 1);
	*(int64_t *)ctx += row[0].as.i;
	return 0;
}

struct nested {
	fixture *f;
	int64_t outer, inner;
};

static int run_another(const cn_value *row, size_t count, void *ctx, cn_error *err)
{
	struct nested *n = ctx;
	(void)count;
	n->outer += row[0].as.i;
	if (row[0].as.i % 1000)
		return 0;
	cni_stmt *stmt = prepare(n->f, "SELECT generate_series(1, 10)");
	cn_status status = cni_stmt_each(stmt, count_rows, &n->inner, err);
	cni_stmt_release(stmt);
	return status;
}

static void test_a_row_function_may_run_others(void **state)
{
	fixture *f = *state;
	struct nested n = {.f = f};
	cni_stmt *stmt = prepare(f, "SELECT generate_series(1, 5000)");
	assert_ok(cni_stmt_each(stmt, run_another, &n, &f->err), &f->err);
	cni_stmt_release(stmt);
	assert_int_equal(n.outer, 5000 * 5001 / 2);
	assert_int_equal(n.inner, 5 * 55);
}

static void test_placeholders(void **state)
{
	static const struct {
		const char *sql, *wire;
	} cases[] = {
		{"SELECT ?, ?", "SELECT $1, $2"},
		{"SELECT ?2, ?1, ?", "SELECT $2, $1, $3"},
		{"SELECT '?', \"?\", E'\\'?', $$?$$, $a$ $$ ? $a$, ?",
			"SELECT '?', \"?\", E'\\'?', $$?$$, $a$ $$ ? $a$, $1"},
		{"SELECT 1 -- ?\n, ? /* ? /* ? */ ? */ + ?",
			"SELECT 1 -- ?\n, $1 /* ? /* ? */ ? */ + $2"},
		{"SELECT a ?? 'b', a ??| c, a ??& ?", "SELECT a ? 'b', a ?| c, a ?& $1"},
		{"SELECT 'it''s ?' || ?, U&'?'", "SELECT 'it''s ?' || $1, U&'?'"},
		{"SELECT x$1?, e'?'", "SELECT x$1$1, e'?'"},
		{"SELECT $1::int", "SELECT $1::int"},
		{"select cantil_row(a, f(b, ')')) from t where x = ?",
			"SELECT a, f(b, ')')  from t where x = $1"},
		{"SELECT cantil_row(a) + 1 FROM t", "SELECT cantil_row(a) + 1 FROM t"},
	};
	fixture *f = *state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		cni_buffer out = {0};
		assert_ok(cni_pg_placeholders(cases[i].sql, strlen(cases[i].sql), &out, &f->err),
			&f->err);
		assert_string_equal(cni_buffer_text(&out), cases[i].wire);
		cni_buffer_done(&out);
	}
	cni_buffer out = {0};
	assert_int_equal(cni_pg_placeholders("?65536", 6, &out, &f->err), CN_EARG);
	cni_buffer_done(&out);
}

static void test_operators_with_a_question_mark(void **state)
{
	fixture *f = *state;
	cni_stmt *stmt = prepare(f,
		"SELECT ('{\"a\":1}'::jsonb ?? ?)::int, ('{\"a\":1}'::jsonb ??| ARRAY['b'])::int");
	assert_ok(cni_stmt_bind(stmt, 1, cn_text("a"), &f->err), &f->err);
	assert_int_equal(cni_stmt_step(stmt, &f->err), CNI_ROW);
	assert_int_equal(cni_stmt_int(stmt, 0), 1);
	assert_int_equal(cni_stmt_int(stmt, 1), 0);
	cni_stmt_release(stmt);
}

static void test_scripts_are_split(void **state)
{
	fixture *f = *state;
	exec(f, f->conn,
		"CREATE FUNCTION one() RETURNS int LANGUAGE plpgsql AS $$ BEGIN RETURN 1; END; $$;\n"
		"CREATE FUNCTION two(n int) RETURNS int BEGIN ATOMIC SELECT CASE WHEN n > 0 THEN 2 ELSE 3 END; SELECT 2; END;\n"
		"CREATE TABLE t(id int); -- a comment; with a semicolon\n"
		"CREATE RULE r AS ON INSERT TO t DO ALSO (SELECT 1; SELECT 2);\n"
		"INSERT INTO t VALUES (one()), (two(1)); /* ; */ ; ;");
	assert_int_equal(int_of(f, f->conn, "SELECT sum(id) FROM t"), 3);
	/* up to the first that fails */
	assert_int_equal(
		cni_conn_exec(f->conn,
			"INSERT INTO t VALUES (10);\nINSERT INTO t VALUES ('x');\nINSERT INTO t VALUES (20)",
			&f->err),
		CN_ESQL);
	assert_contains(f->err.detail, "line 2, column");
	assert_int_equal(int_of(f, f->conn, "SELECT sum(id) FROM t"), 13);
}

static void test_copy_in_a_script_is_refused(void **state)
{
	fixture *f = *state;
	exec(f, f->conn, "CREATE TABLE t(id int); INSERT INTO t VALUES (1)");
	assert_int_not_equal(cni_conn_exec(f->conn, "COPY t FROM STDIN", &f->err), CN_OK);
	exec(f, f->conn, "COPY t TO STDOUT");
	assert_int_equal(int_of(f, f->conn, "SELECT count(*) FROM t"), 1);
	cni_stmt *stmt = prepare(f, "COPY t FROM STDIN");
	assert_true(cni_stmt_run(stmt, &f->err) < 0);
	cni_stmt_release(stmt);
	assert_int_equal(int_of(f, f->conn, "SELECT count(*) FROM t"), 1);
}

static void test_the_cache_is_bounded(void **state)
{
	fixture *f = *state;
	for (int i = 0; i < 10000; i++) {
		char sql[40];
		snprintf(sql, sizeof sql, "SELECT %d", i);
		cni_stmt *stmt = prepare(f, sql);
		assert_int_equal(cni_stmt_step(stmt, &f->err), CNI_ROW);
		assert_int_equal(cni_stmt_int(stmt, 0), i);
		cni_stmt_release(stmt);
	}
	assert_true(int_of(f, f->conn, "SELECT count(*) FROM pg_prepared_statements") <=
		    CNI_PG_CACHED + 2);
	uint64_t before = ((pg_conn *)f->conn)->prepare_count;
	cni_stmt_release(prepare(f, "SELECT 9999"));
	assert_int_equal(((pg_conn *)f->conn)->prepare_count, before);
	/* in a transaction that has failed, too */
	assert_ok(cni_conn_begin(f->conn, CNI_TX_WRITE, &f->err), &f->err);
	assert_int_equal(cni_conn_exec(f->conn, "SELECT 1/0", &f->err), CN_ESQL);
	cni_stmt *stmt = NULL;
	for (int i = 0; i < 200; i++) {
		char sql[40];
		snprintf(sql, sizeof sql, "SELECT -%d", i);
		assert_int_equal(cni_conn_prepare(f->conn, sql, &stmt, &f->err), CN_ECONFLICT);
	}
	cni_conn_rollback(f->conn);
	cni_stmt_release(prepare(f, "SELECT 9998"));
}

static void test_the_same_text_twice(void **state)
{
	fixture *f = *state;
	cni_stmt *a = prepare(f, "SELECT ?::int + generate_series(1, 3)"),
		 *b = prepare(f, "SELECT ?::int + generate_series(1, 3)");
	assert_ok(cni_stmt_bind(a, 1, cn_int(10), &f->err), &f->err);
	assert_ok(cni_stmt_bind(b, 1, cn_int(20), &f->err), &f->err);
	for (int i = 1; i <= 3; i++) { /* in turn */
		assert_int_equal(cni_stmt_step(a, &f->err), CNI_ROW);
		assert_int_equal(cni_stmt_int(a, 0), 10 + i);
		assert_int_equal(cni_stmt_step(b, &f->err), CNI_ROW);
		assert_int_equal(cni_stmt_int(b, 0), 20 + i);
	}
	assert_int_equal(cni_stmt_step(a, &f->err), CNI_DONE);
	assert_int_equal(cni_stmt_step(b, &f->err), CNI_DONE);
	/* in the middle of one, from the start again; what is bound stays */
	cni_stmt_reset(a);
	assert_int_equal(cni_stmt_step(a, &f->err), CNI_ROW);
	cni_stmt_reset(a);
	assert_int_equal(cni_stmt_step(a, &f->err), CNI_ROW);
	assert_int_equal(cni_stmt_int(a, 0), 11);
	cni_stmt_release(a);
	cni_stmt_release(b);
	/* released: nothing is bound */
	a = prepare(f, "SELECT ?::int + generate_series(1, 3)");
	assert_int_equal(cni_stmt_step(a, &f->err), CNI_ROW);
	assert_int_equal(cni_stmt_value(a, 0).type, CN_TYPE_NULL);
	cni_stmt_release(a);
}

/* The server finds out in the middle that the text means something else than it did. */
static void test_the_schema_changes_under_a_statement(void **state)
{
	fixture *f = *state;
	cni_conn *other = open_at(f, f->uri);
	exec(f, f->conn, "CREATE TABLE t(a int); INSERT INTO t VALUES (1)");
	cni_stmt *stmt = prepare(f, "SELECT * FROM t WHERE a = ?");
	assert_ok(cni_stmt_bind(stmt, 1, cn_int(1), &f->err), &f->err);
	assert_int_equal(cni_stmt_step(stmt, &f->err), CNI_ROW);
	cni_stmt_reset(stmt);
	exec(f, other,
		"ALTER TABLE t ADD COLUMN b text DEFAULT 'new'; ALTER TABLE t ALTER COLUMN a TYPE bigint");
	assert_int_equal(cni_stmt_step(stmt, &f->err), CNI_ROW);
	assert_int_equal(cni_stmt_columns(stmt), 2);
	assert_string_equal(cni_stmt_text(stmt, 1), "new");
	cni_stmt_reset(stmt);
	/* by this connection itself: known before it is run */
	assert_ok(cni_conn_begin(f->conn, CNI_TX_WRITE, &f->err), &f->err);
	exec(f, f->conn, "ALTER TABLE t DROP COLUMN b");
	assert_int_equal(cni_stmt_step(stmt, &f->err), CNI_ROW);
	assert_int_equal(cni_stmt_columns(stmt), 1);
	cni_conn_rollback(f->conn);
	cni_stmt_reset(stmt);
	assert_int_equal(cni_stmt_step(stmt, &f->err), CNI_ROW);
	assert_int_equal(cni_stmt_columns(stmt), 2);
	cni_stmt_reset(stmt);
	/* by another, in a transaction: that has to be run again, and then works */
	assert_ok(cni_conn_begin(f->conn, CNI_TX_WRITE, &f->err), &f->err);
	exec(f, other, "ALTER TABLE t DROP COLUMN b");
	assert_int_equal(cni_stmt_step(stmt, &f->err), CN_ECONFLICT);
	cni_conn_rollback(f->conn);
	cni_stmt_reset(stmt);
	assert_int_equal(cni_stmt_step(stmt, &f->err), CNI_ROW);
	assert_int_equal(cni_stmt_columns(stmt), 1);
	cni_stmt_release(stmt);
	exec(f, f->conn, "DEALLOCATE ALL");
	assert_int_equal(int_of(f, f->conn, "SELECT count(*) FROM t"), 1);
	cni_conn_close(other);
}

static void test_transactions(void **state)
{
	fixture *f = *state;
	exec(f, f->conn, "CREATE TABLE t(id int)");
	assert_ok(cni_conn_begin(f->conn, CNI_TX_WRITE, &f->err), &f->err);
	assert_int_equal(cni_conn_begin(f->conn, CNI_TX_WRITE, &f->err), CN_EARG);
	exec(f, f->conn,
		"INSERT INTO t VALUES (1); SAVEPOINT a; INSERT INTO t VALUES (2); ROLLBACK TO a; INSERT INTO t VALUES (3)");
	assert_true(cni_conn_in_transaction(f->conn));
	assert_ok(cni_conn_commit(f->conn, &f->err), &f->err);
	assert_int_equal(cni_conn_commit(f->conn, &f->err), CN_EARG);
	assert_int_equal(int_of(f, f->conn, "SELECT sum(id) FROM t"), 4);
	/* what is read stays as it was at the begin, and nothing is written */
	cni_conn *other = open_at(f, f->uri);
	assert_ok(cni_conn_begin(f->conn, CNI_TX_READ, &f->err), &f->err);
	assert_int_equal(int_of(f, f->conn, "SELECT count(*) FROM t"), 2);
	exec(f, other, "INSERT INTO t VALUES (4)");
	assert_int_equal(int_of(f, f->conn, "SELECT count(*) FROM t"), 2);
	assert_int_equal(cni_conn_exec(f->conn, "INSERT INTO t VALUES (5)", &f->err), CN_EIO);
	cni_conn_rollback(f->conn);
	assert_int_equal(int_of(f, f->conn, "SELECT count(*) FROM t"), 3);
	cni_conn_close(other);
}

static void test_what_others_have_committed_is_noticed(void **state)
{
	fixture *f = *state;
	cni_conn *other = open_at(f, f->uri);
	int64_t before, after, same;
	exec(f, f->conn, "CREATE TABLE t(id int)");
	/* begun before it is looked, and committed after */
	assert_ok(cni_conn_begin(other, CNI_TX_WRITE, &f->err), &f->err);
	exec(f, other, "INSERT INTO t VALUES (1)");
	assert_ok(cni_conn_content_version(f->conn, &before, &f->err), &f->err);
	assert_ok(cni_conn_content_version(f->conn, &same, &f->err), &f->err);
	assert_int_equal(before, same);
	assert_ok(cni_conn_commit(other, &f->err), &f->err);
	assert_ok(cni_conn_content_version(f->conn, &after, &f->err), &f->err);
	assert_int_not_equal(before, after);
	cni_conn_close(other);
}

static void test_settings(void **state)
{
	fixture *f = *state;
	int64_t value;
	assert_ok(cni_conn_set(f->conn, CNI_SETTING_BUSY_TIMEOUT_MS, 1234, &f->err), &f->err);
	assert_string_equal(text_of(f, f->conn, "SHOW lock_timeout"), "1234ms");
	assert_ok(cni_conn_get(f->conn, CNI_SETTING_FOREIGN_KEYS, &value, &f->err), &f->err);
	assert_int_equal(value, 1);
	assert_int_equal(
		cni_conn_set(f->conn, CNI_SETTING_FOREIGN_KEYS, 0, &f->err), CN_EUNSUPPORTED);
	assert_ok(cni_conn_set(f->conn, CNI_SETTING_TRIGGERS, 0, &f->err), &f->err);
	assert_ok(cni_conn_get(f->conn, CNI_SETTING_TRIGGERS, &value, &f->err), &f->err);
	assert_int_equal(value, 0);
	assert_ok(cni_conn_set(f->conn, CNI_SETTING_DURABLE, 1, &f->err), &f->err);
	assert_string_equal(text_of(f, f->conn, "SHOW synchronous_commit"), "on");
}

struct log {
	char text[400];
};

static void note(const char *sql, int64_t duration_us, void *ctx)
{
	struct log *log = ctx;
	assert_true(duration_us >= 0);
	snprintf(log->text + strlen(log->text), sizeof log->text - strlen(log->text), "%s\n", sql);
}

static void test_statements_are_traced_with_their_values(void **state)
{
	fixture *f = *state;
	struct log log = {""};
	exec(f, f->conn, "CREATE TABLE t(a int, b text, c bytea, d date)");
	cni_conn_trace(f->conn, note, &log);
	const cn_value values[] = {
		cn_int(7), cn_text("it's ?"), cn_bytes((cn_blob){"\1\xff", 2}), cn_null(NULL)};
	assert_ok(cni_conn_run(f->conn, "INSERT INTO t VALUES (?, ?, ?, ?)", values, 4, &f->err),
		&f->err);
	exec(f, f->conn, "DELETE FROM t");
	cni_conn_trace(f->conn, NULL, NULL);
	exec(f, f->conn, "SELECT 1");
	assert_string_equal(
		log.text, "INSERT INTO t VALUES (7, 'it''s ?', '\\x01ff', NULL)\nDELETE FROM t\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_values_go_in_and_out),
		TEST(test_a_row_function_may_run_others),
		TEST(test_placeholders),
		TEST(test_operators_with_a_question_mark),
		TEST(test_scripts_are_split),
		TEST(test_copy_in_a_script_is_refused),
		TEST(test_the_cache_is_bounded),
		TEST(test_the_same_text_twice),
		TEST(test_the_schema_changes_under_a_statement),
		TEST(test_transactions),
		TEST(test_what_others_have_committed_is_noticed),
		TEST(test_settings),
		TEST(test_statements_are_traced_with_their_values),
	};
	return RUN(tests);
}
