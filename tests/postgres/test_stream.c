/* Many rows: read one by one in bounded memory, also when others are run in between; cancelled. */
#include <pthread.h>
#include <sys/resource.h>

#include "base/clock.h"
#include "postgres_test.h"

static long peak_kb(void)
{
	struct rusage usage;
	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_maxrss;
}

struct sum {
	fixture *f;
	int64_t rows, bytes;
	int64_t every; /* another statement is run for each so-manieth row; 0: none */
};

static int add_row(const cn_value *row, size_t count, void *ctx, cn_error *err)
{
	struct sum *sum = ctx;
	(void)count;
	sum->rows++;
	sum->bytes += (int64_t)row[1].size;
	if (sum->every && sum->rows % sum->every == 0) {
		int64_t one;
		return cni_conn_int(sum->f->conn, "SELECT 1", &one, err);
	}
	return 0;
}

#define MILLION "SELECT i, repeat('x', 100) FROM generate_series(1, 1000000) AS i"

static void test_a_million_rows_take_no_memory(void **state)
{
	fixture *f = *state;
	struct sum sum = {.f = f};
	long before = peak_kb();
	cni_stmt *stmt = prepare(f, MILLION);
	assert_ok(cni_stmt_each(stmt, add_row, &sum, &f->err), &f->err);
	cni_stmt_release(stmt);
	assert_int_equal(sum.rows, 1000000);
	assert_int_equal(sum.bytes, 100000000);
	/* a sanitizer's own memory is not what is measured */
	if (!getenv("ASAN_OPTIONS"))
		assert_in_range(peak_kb() - before, 0, 4096);
}

/* What cannot stay on the wire lies in a file that has no name. */
static void test_nor_when_others_are_run_in_between(void **state)
{
	fixture *f = *state;
	struct sum sum = {.f = f, .every = 100000};
	long before = peak_kb();
	cni_stmt *stmt = prepare(f, MILLION);
	assert_ok(cni_stmt_each(stmt, add_row, &sum, &f->err), &f->err);
	cni_stmt_release(stmt);
	assert_int_equal(sum.rows, 1000000);
	assert_int_equal(sum.bytes, 100000000);
	if (!getenv("ASAN_OPTIONS"))
		assert_in_range(peak_kb() - before, 0, 16384);
}

/* Every value comes back from memory and from the file as it was. */
static void test_what_is_put_by_is_exact(void **state)
{
	fixture *f = *state;
	cni_stmt *stmt = prepare(f,
		"SELECT i, CASE WHEN i % 3 = 0 THEN NULL ELSE repeat(chr(65 + i % 26), i % 2000) END, "
		"i / 4.0::float8, decode(repeat('00ff', i % 50), 'hex') FROM generate_series(0, 9999) AS i");
	cn_error ignored;
	for (int64_t i = 0; i < 10000; i++) {
		if (cni_stmt_step(stmt, &f->err) != CNI_ROW)
			fail_msg("row %d: %s", (int)i, f->err.message);
		if (i == 5)
			exec(f, f->conn, "SELECT 1");
		assert_int_equal(cni_stmt_int(stmt, 0), i);
		cn_value text = cni_stmt_value(stmt, 1), bytes = cni_stmt_value(stmt, 3);
		if (i % 3 == 0) {
			assert_int_equal(text.type, CN_TYPE_NULL);
		} else {
			assert_int_equal(text.size, i % 2000);
			const char *p = text.as.p;
			assert_true(
				!text.size || (p[0] == 'A' + i % 26 && p[text.size - 1] == p[0]));
		}
		assert_true(cni_stmt_double(stmt, 2) == (double)i / 4);
		assert_int_equal(bytes.size, i % 50 * 2);
	}
	assert_int_equal(cni_stmt_step(stmt, &ignored), CNI_DONE);
	cni_stmt_release(stmt);
}

/* The failure that ends a result comes to who reads it, not to who runs the next statement. */
static void test_a_failure_in_what_is_put_by(void **state)
{
	fixture *f = *state;
	cni_stmt *stmt = prepare(f, "SELECT 1 / (500 - i) FROM generate_series(1, 1000) AS i");
	assert_int_equal(cni_stmt_step(stmt, &f->err), CNI_ROW);
	assert_int_equal(int_of(f, f->conn, "SELECT 3"), 3);
	int got, rows = 1;
	while ((got = cni_stmt_step(stmt, &f->err)) == CNI_ROW)
		rows++;
	assert_int_equal(got, CN_ESQL);
	assert_string_equal(f->err.sqlstate, "22012");
	assert_int_equal(rows, 499);
	cni_stmt_release(stmt);
}

static int stop_at_ten(const cn_value *row, size_t count, void *ctx, cn_error *err)
{
	(void)row;
	(void)count;
	int *rows = ctx;
	if (++*rows == 10)
		return 1;
	return *rows > 10 ? cn_fail(err, CN_EARG, "went on") : 0;
}

static int refuse(const cn_value *row, size_t count, void *ctx, cn_error *err)
{
	(void)row;
	(void)count;
	(void)ctx;
	return cn_fail(err, CN_ESCHEMA, "not this one");
}

static void test_a_row_function_can_stop(void **state)
{
	fixture *f = *state;
	int rows = 0;
	cni_stmt *stmt = prepare(f, "SELECT generate_series(1, 100000)");
	assert_ok(cni_stmt_each(stmt, stop_at_ten, &rows, &f->err), &f->err);
	assert_int_equal(rows, 10);
	assert_int_equal(cni_stmt_each(stmt, refuse, NULL, &f->err), CN_ESCHEMA);
	assert_string_equal(f->err.message, "not this one");
	cni_stmt_release(stmt);
	assert_int_equal(int_of(f, f->conn, "SELECT 1"), 1);
}

struct interrupter {
	cni_conn *conn, *admin;
};

/* When the server says that the statement runs. */
static void *interrupt_when_it_runs(void *ctx)
{
	struct interrupter *it = ctx;
	cn_error err;
	int64_t running = 0;
	while (!running)
		if (cni_conn_int(it->admin,
			    "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE "
			    "'%pg_sleep(55)%' AND pid <> pg_backend_pid()",
			    &running, &err) < 0)
			break;
	cni_conn_interrupt(it->conn);
	return NULL;
}

static void test_an_interrupt_ends_it(void **state)
{
	fixture *f = *state;
	struct interrupter it = {f->conn, f->admin};
	pthread_t thread;
	int64_t began = cni_clock_mono_us();
	cni_stmt *stmt = prepare(f, "SELECT pg_sleep(55)::text");
	assert_int_equal(pthread_create(&thread, NULL, interrupt_when_it_runs, &it), 0);
	assert_int_equal(cni_stmt_run(stmt, &f->err), CN_ECANCELED);
	pthread_join(thread, NULL);
	assert_in_range(cni_clock_mono_us() - began, 0, 50000000);
	assert_string_equal(f->err.sqlstate, "57014");
	cni_stmt_release(stmt);
	assert_int_equal(int_of(f, f->conn, "SELECT 1"), 1);
	/* one that comes when nothing runs is forgotten */
	cni_conn_interrupt(f->conn);
	assert_int_equal(int_of(f, f->conn, "SELECT 2"), 2);
}

struct looker {
	int calls, end_at;
	char sql[64];
	int64_t rows;
};

static bool look(const cni_pulse *pulse, void *ctx)
{
	struct looker *l = ctx;
	l->calls++;
	snprintf(l->sql, sizeof l->sql, "%s", pulse->sql ? pulse->sql : "");
	if (pulse->done > l->rows)
		l->rows = pulse->done;
	return l->calls != l->end_at;
}

static void test_who_looks_on_is_told_and_can_end_it(void **state)
{
	fixture *f = *state;
	struct looker l = {.end_at = 3};
	cni_conn_watch(f->conn, look, &l);
	assert_int_equal(cni_conn_exec(f->conn, "SELECT pg_sleep(55)", &f->err), CN_ECANCELED);
	assert_int_equal(l.calls, 3);
	assert_string_equal(l.sql, "SELECT pg_sleep(55)");
	/* also while rows keep coming */
	l = (struct looker){.end_at = 2};
	struct sum sum = {.f = f};
	cni_stmt *stmt = prepare(f, "SELECT generate_series(1, 100000000), 'x'");
	assert_int_equal(cni_stmt_each(stmt, add_row, &sum, &f->err), CN_ECANCELED);
	assert_true(l.rows > 0 && sum.rows >= l.rows);
	cni_stmt_release(stmt);
	/* before a transaction begins */
	l = (struct looker){.end_at = 1};
	assert_int_equal(cni_conn_begin(f->conn, CNI_TX_WRITE, &f->err), CN_ECANCELED);
	cni_conn_watch(f->conn, NULL, NULL);
	assert_int_equal(int_of(f, f->conn, "SELECT 1"), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_a_million_rows_take_no_memory),
		TEST(test_nor_when_others_are_run_in_between),
		TEST(test_what_is_put_by_is_exact),
		TEST(test_a_failure_in_what_is_put_by),
		TEST(test_a_row_function_can_stop),
		TEST(test_an_interrupt_ends_it),
		TEST(test_who_looks_on_is_told_and_can_end_it),
	};
	return RUN(tests);
}
