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

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_values_go_in_and_out),
		TEST(test_a_row_function_may_run_others),
	};
	return RUN(tests);
}
