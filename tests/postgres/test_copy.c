/* Many rows at once: copied into a table, a statement run in a batch, keys reserved. */
#include "postgres_test.h"

struct feed {
	size_t at, count;
	cn_value (*row)[12];
	size_t columns;
};

static int next_row(cn_value *row, void *ctx, cn_error *err)
{
	struct feed *feed = ctx;
	(void)err;
	if (feed->at == feed->count)
		return CNI_DONE;
	memcpy(row, feed->row[feed->at++], feed->columns * sizeof *row);
	return CNI_ROW;
}

/* Every type that is known goes in binary; a column more, and all goes as text. */
static void copy_all_types(fixture *f, const char *extra_column)
{
	static const char *const columns[] = {
		"a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "extra"};
	cn_value rows[3][12] = {
		{cn_int(1), cn_text("tab\tnew\nline\\back\r"), cn_double(0.5), cn_bool(true),
			cn_text("-12.50"), cn_timestamp((cn_time){1}), cn_day((cn_date){1}),
			cn_time_of_day((cn_clock){1000000}),
			cn_text("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"), cn_text("{\"a\":1}"),
			cn_bytes((cn_blob){"\0\xff", 2}), cn_text("{1,2}")},
		{cn_int(-5), cn_text(""), cn_int(3), cn_int(0),
			cn_int(10000000000), /* as integers */
			cn_text("2026-11-22 07:15:00.25"), cn_text("2026-11-22"),
			cn_text("01:02:03"), cn_text("{A0EEBC999C0B4EF8BB6D6BB9BD380A11}"),
			cn_text("[]"), cn_bytes((cn_blob){"", 0}), cn_null(NULL)},
	};
	for (size_t i = 0; i < 12; i++)
		rows[2][i] = i ? cn_null(NULL) : cn_int(7);
	exec(f, f->conn,
		cni_printf(&f->arena,
			"DROP TABLE IF EXISTS t; CREATE TABLE t(a int, b text, c float8, d bool, e numeric, "
			"f timestamptz, g date, h time, i uuid, j jsonb, k bytea, extra %s)",
			extra_column));
	struct feed feed = {.count = 3, .row = rows, .columns = 12};
	if (!strcmp(extra_column, "text"))
		rows[0][11] = cn_text("{1,2}");
	cni_copy_rows copy = {.table = "t",
		.columns = columns,
		.column_count = 12,
		.next = next_row,
		.ctx = &feed};
	assert_ok(cni_conn_copy_rows(f->conn, &copy, &f->err), &f->err);
	assert_int_equal(copy.count, 3);
	assert_string_equal(
		text_of(f, f->conn,
			"SELECT string_agg(concat_ws('|', a, b, c, d, e, f, g, h, i, j, "
			"encode(k, 'hex'), extra), '#' ORDER BY a) FROM t"),
		"-5||3|f|10000000000|2026-11-22 07:15:00.25+00|2026-11-22|01:02:03|"
		"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11|[]|#"
		"1|tab\tnew\nline\\back\r|0.5|t|-12.50|1970-01-01 00:00:00.000001+00|1970-01-02|"
		"00:00:01|a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11|{\"a\": 1}|00ff|{1,2}#7");
}

static void test_copies_every_type(void **state)
{
	copy_all_types(*state, "text");
	copy_all_types(*state, "int[]");
}

static void test_numbers_are_exact(void **state)
{
	static const char *const numbers[] = {"0", "0.0", "-0.000", "1", "10000", "9999.9999",
		"0.0001", "0.00010", "123456789012345678901234567890.123456789", "-1e10", "1.5e-7",
		"100000000", "0.00000001", "NaN", "Infinity", "-Infinity", "12345",
		"1.000100000000"};
	static const char *const columns[] = {"n", "said"};
	fixture *f = *state;
	cn_value rows[20][12];
	size_t count = sizeof numbers / sizeof *numbers;
	for (size_t i = 0; i < count; i++) {
		rows[i][0] = cn_text(numbers[i]);
		rows[i][1] = cn_text(numbers[i]);
	}
	exec(f, f->conn, "CREATE TABLE t(n numeric, said text)");
	struct feed feed = {.count = count, .row = rows, .columns = 2};
	cni_copy_rows copy = {.table = "t",
		.columns = columns,
		.column_count = 2,
		.next = next_row,
		.ctx = &feed};
	assert_ok(cni_conn_copy_rows(f->conn, &copy, &f->err), &f->err);
	/* the server's own reading of the same text, its scale too */
	const char *wrong = text_of(f, f->conn,
		"SELECT coalesce(string_agg(said || ' became ' || n::text, ', '), '') FROM t "
		"WHERE n::text <> said::numeric::text");
	assert_string_equal(wrong, "");
}

static int fail_in_the_middle(cn_value *row, void *ctx, cn_error *err)
{
	int *left = ctx;
	if (--*left == 0)
		return cn_fail(err, CN_EIO, "the source is gone");
	row[0] = cn_int(*left);
	return CNI_ROW;
}

static void test_all_rows_or_none(void **state)
{
	static const char *const columns[] = {"id"};
	fixture *f = *state;
	int left = 1000;
	exec(f, f->conn, "CREATE TABLE t(id int PRIMARY KEY)");
	cni_copy_rows copy = {.table = "t",
		.columns = columns,
		.column_count = 1,
		.next = fail_in_the_middle,
		.ctx = &left};
	assert_int_equal(cni_conn_copy_rows(f->conn, &copy, &f->err), CN_EIO);
	assert_string_equal(f->err.message, "the source is gone");
	assert_int_equal(int_of(f, f->conn, "SELECT count(*) FROM t"), 0);

	cn_value rows[3][12] = {{cn_int(1)}, {cn_int(2)}, {cn_int(1)}};
	struct feed feed = {.count = 3, .row = rows, .columns = 1};
	copy.next = next_row;
	copy.ctx = &feed;
	assert_int_equal(cni_conn_copy_rows(f->conn, &copy, &f->err), CN_ECONSTRAINT);
	assert_contains(f->err.detail, "line 3");
	assert_int_equal(int_of(f, f->conn, "SELECT count(*) FROM t"), 0);

	rows[2][0] = cn_text("x");
	feed.at = 0;
	assert_int_equal(cni_conn_copy_rows(f->conn, &copy, &f->err), CN_EARG);
	assert_contains(f->err.detail, "row 3");
	copy.table = "nowhere";
	assert_int_equal(cni_conn_copy_rows(f->conn, &copy, &f->err), CN_ESQL);
	assert_int_equal(int_of(f, f->conn, "SELECT 1"), 1);
}

static int count_up(cn_value *row, void *ctx, cn_error *err)
{
	static const char text[] =
		"a text that is long enough to fill what lies between two programs";
	int64_t *left = ctx;
	(void)err;
	row[0] = cn_int(*left);
	row[1] = cn_text(text);
	return (*left)-- > 0 ? CNI_ROW : CNI_DONE;
}

/* The server takes its time (it has an index to keep): what libpq could not send at once must not
 * be left lying when the last row has come. */
static void test_many_large_copies(void **state)
{
	static const char *const columns[] = {"id", "name"};
	fixture *f = *state;
	exec(f, f->conn, "CREATE TABLE t(id int, name text); CREATE INDEX ON t(name, id)");
	for (int i = 0; i < 20; i++) {
		int64_t left = 3000 + i * 100;
		cni_copy_rows copy = {.table = "t",
			.columns = columns,
			.column_count = 2,
			.next = count_up,
			.ctx = &left};
		assert_ok(cni_conn_copy_rows(f->conn, &copy, &f->err), &f->err);
		assert_int_equal(copy.count, 3000 + i * 100);
	}
	assert_int_equal(int_of(f, f->conn, "SELECT count(*) FROM t"), 79000);
}

struct runs {
	int64_t changes, keys;
	size_t bad; /* this run fails */
};

static cn_status bind_run(cni_stmt *stmt, size_t at, void *ctx, cn_error *err)
{
	const struct runs *runs = ctx;
	cn_status status =
		cni_stmt_bind(stmt, 1, cn_int(at == runs->bad ? 0 : (int64_t)at + 1), err);
	return status < 0 ? status : cni_stmt_bind(stmt, 2, cn_text("some text to send"), err);
}

static cn_status ran(cni_stmt *stmt, size_t at, int64_t changes, void *ctx, cn_error *err)
{
	struct runs *runs = ctx;
	(void)err;
	assert_int_equal(cni_stmt_int(stmt, 0), at + 1);
	runs->keys += cni_stmt_int(stmt, 0);
	runs->changes += changes;
	return CN_OK;
}

static void test_a_batch_runs_in_a_pipeline(void **state)
{
	fixture *f = *state;
	struct runs runs = {.bad = SIZE_MAX};
	exec(f, f->conn, "CREATE TABLE t(id int PRIMARY KEY, name text)");
	cni_stmt *stmt = prepare(f, "INSERT INTO t VALUES (?, ?) RETURNING id");
	cni_batch batch = {.count = 5001, .bind = bind_run, .done = ran, .ctx = &runs};
	assert_ok(cni_stmt_batch(stmt, &batch, &f->err), &f->err);
	assert_int_equal(runs.changes, 5001);
	assert_int_equal(runs.keys, 5001 * 5002 / 2);
	assert_int_equal(int_of(f, f->conn, "SELECT count(*) FROM t"), 5001);

	/* the statement is as good as before; a failure tells which run it was */
	exec(f, f->conn, "TRUNCATE t; INSERT INTO t VALUES (0, 'in the way')");
	runs = (struct runs){.bad = 700};
	assert_ok(cni_conn_begin(f->conn, CNI_TX_WRITE, &f->err), &f->err);
	assert_int_equal(cni_stmt_batch(stmt, &batch, &f->err), CN_ECONSTRAINT);
	assert_int_equal(batch.failed, 700);
	assert_int_equal(runs.changes, 700);
	cni_conn_rollback(f->conn);
	assert_int_equal(int_of(f, f->conn, "SELECT count(*) FROM t"), 1);
	cni_stmt_release(stmt);
}

static cn_status bind_badly(cni_stmt *stmt, size_t at, void *ctx, cn_error *err)
{
	(void)ctx;
	return cni_stmt_bind(stmt, 1, at == 3 ? cn_text("no number") : cn_int((int64_t)at), err);
}

static cn_status bind_out_of_range(cni_stmt *stmt, size_t at, void *ctx, cn_error *err)
{
	(void)ctx;
	return cni_stmt_bind(stmt, 1, cn_int(at == 3 ? INT64_MAX : (int64_t)at), err);
}

static void test_a_batch_ends_with_the_first_failure(void **state)
{
	fixture *f = *state;
	exec(f, f->conn, "CREATE TABLE t(id int)");
	cni_stmt *stmt = prepare(f, "INSERT INTO t VALUES (?)");
	cni_batch batch = {.count = 10, .bind = bind_badly};
	assert_int_equal(cni_stmt_batch(stmt, &batch, &f->err), CN_ESQL);
	assert_int_equal(batch.failed, 3);
	batch.bind = bind_out_of_range;
	assert_int_equal(cni_stmt_batch(stmt, &batch, &f->err), CN_EARG);
	assert_int_equal(batch.failed, 3);
	assert_contains(f->err.message, "does not fit");
	assert_int_equal(int_of(f, f->conn, "SELECT 5"), 5);
	cni_stmt_release(stmt);
}

/* Rows that are large in both directions must not leave both sides waiting for each other. */
static cn_status bind_large(cni_stmt *stmt, size_t at, void *ctx, cn_error *err)
{
	(void)at;
	return cni_stmt_bind(stmt, 1, cn_text(ctx), err);
}

static void test_a_batch_of_large_rows(void **state)
{
	fixture *f = *state;
	size_t size = 200000;
	char *text = cni_alloc(&f->arena, size + 1);
	memset(text, 'x', size);
	cni_stmt *stmt = prepare(f, "SELECT CAST(? AS text)");
	cni_batch batch = {.count = 600, .bind = bind_large, .ctx = text};
	assert_ok(cni_stmt_batch(stmt, &batch, &f->err), &f->err);
	cni_stmt_release(stmt);
}

static void test_keys_are_reserved(void **state)
{
	fixture *f = *state;
	int64_t keys[1000];
	exec(f, f->conn,
		"CREATE TABLE \"My T\"(id bigint GENERATED BY DEFAULT AS IDENTITY, n int, s serial)");
	assert_true(cni_conn_can(f->conn)->reserves_keys);
	assert_ok(cni_conn_reserve_keys(f->conn, "My T", "id", 1000, keys, &f->err), &f->err);
	for (int i = 0; i < 1000; i++)
		assert_int_equal(keys[i], i + 1);
	exec(f, f->conn, "INSERT INTO \"My T\"(n) VALUES (1)");
	assert_int_equal(int_of(f, f->conn, "SELECT id FROM \"My T\""), 1001);
	assert_ok(cni_conn_reserve_keys(f->conn, "My T", "s", 1, keys, &f->err), &f->err);
	assert_int_equal(
		cni_conn_reserve_keys(f->conn, "My T", "n", 2, keys, &f->err), CN_ENOTFOUND);
	assert_contains(f->err.hint, "IDENTITY");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_copies_every_type),
		TEST(test_numbers_are_exact),
		TEST(test_all_rows_or_none),
		TEST(test_many_large_copies),
		TEST(test_a_batch_runs_in_a_pipeline),
		TEST(test_a_batch_ends_with_the_first_failure),
		TEST(test_a_batch_of_large_rows),
		TEST(test_keys_are_reserved),
	};
	return RUN(tests);
}
