/* test_value.c - every kind of value goes in and comes out the same, hostile ones too. */
#include "driver_test.h"

#include <math.h>

#include "base/clock.h"

/* Binds, stores, reads back; the result is borrowed from the statement, which the caller releases.
 */
static cn_value round_trip(fixture *f, cni_conn *conn, cn_value value, cni_stmt **ret)
{
	assert_ok(cni_conn_run(conn, "INSERT INTO t(a) VALUES(?)", &value, 1, &f->err), &f->err);
	assert_ok(
		cni_conn_prepare(conn, "SELECT a FROM t ORDER BY rowid DESC LIMIT 1", ret, &f->err),
		&f->err);
	assert_int_equal(cni_stmt_step(*ret, &f->err), CNI_ROW);
	return cni_stmt_value(*ret, 0);
}

static cni_conn *table(fixture *f)
{
	cni_conn *conn = memory_db(f);
	exec(f, conn, "CREATE TABLE t(a)");
	return conn;
}

static void keeps_integers_and_doubles(void **state)
{
	fixture *f = *state;
	cni_conn *conn = table(f);
	static const int64_t integers[] = {0, 1, -1, INT32_MAX, INT64_MAX, INT64_MIN, 1 << 24};
	static const double doubles[] = {0.5, -0.1, 1e308, 5e-324, 1.0, 9007199254740993.0};
	cni_stmt *stmt;
	for (size_t i = 0; i < sizeof integers / sizeof *integers; i++) {
		cn_value v = round_trip(f, conn, cn_int(integers[i]), &stmt);
		assert_int_equal(v.type, CN_TYPE_INT64);
		assert_true(v.as.i == integers[i]);
		assert_true(cni_stmt_int(stmt, 0) == integers[i]);
		cni_stmt_release(stmt);
	}
	for (size_t i = 0; i < sizeof doubles / sizeof *doubles; i++) {
		cn_value v = round_trip(f, conn, cn_double(doubles[i]), &stmt);
		assert_int_equal(v.type, CN_TYPE_DOUBLE);
		assert_memory_equal(&v.as.d, &doubles[i], sizeof(double));
		cni_stmt_release(stmt);
	}
	cn_value v = round_trip(f, conn, cn_double((double)INFINITY), &stmt);
	assert_true(v.type == CN_TYPE_DOUBLE && isinf(v.as.d));
	assert_true(cni_stmt_int(stmt, 0) == INT64_MAX);
	cni_stmt_release(stmt);
	v = round_trip(f, conn, cn_bool(true), &stmt);
	assert_true(v.type == CN_TYPE_INT64 && v.as.i == 1);
	assert_true(cni_stmt_double(stmt, 0) == 1.0);
	assert_string_equal(cni_stmt_text(stmt, 0), "1");
	cni_stmt_release(stmt);
	v = round_trip(f, conn, cn_null(NULL), &stmt);
	assert_int_equal(v.type, CN_TYPE_NULL);
	assert_int_equal(cni_stmt_int(stmt, 0), 0);
	assert_null(cni_stmt_text(stmt, 0));
	assert_int_equal(cni_stmt_value(stmt, 7).type, CN_TYPE_NULL);
	cni_stmt_release(stmt);
	cni_conn_close(conn);
}

static void keeps_hostile_text_and_blobs(void **state)
{
	fixture *f = *state;
	cni_conn *conn = table(f);
	char *longer = malloc(3000000);
	memset(longer, 'x', 3000000);
	const struct {
		const char *data;
		size_t size;
	} rows[] = {
		{"", 0},
		{"it's", 4},
		{"'); DROP TABLE t; --", 20},
		{"a\0b", 3},
		{"\0", 1},
		{"Z\xC3\xBCrich \xF0\x9F\x99\x82", 12},
		{"\xFF\xFE\x80", 3},
		{"\"quoted\"\n\r\t%s%n?1:x@y", 21},
		{longer, 3000000},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		for (int blob = 0; blob < 2; blob++) {
			cn_value value = {.type = blob ? CN_TYPE_BLOB : CN_TYPE_TEXT,
				.size = rows[i].size,
				.as.p = rows[i].data};
			cni_stmt *stmt;
			cn_value v = round_trip(f, conn, value, &stmt);
			assert_int_equal(v.type, value.type);
			assert_int_equal(v.size, rows[i].size);
			assert_non_null(v.as.p);
			assert_memory_equal(v.as.p, rows[i].data, v.size);
			cni_stmt_release(stmt);
		}
	}
	cni_stmt *stmt;
	assert_int_equal(round_trip(f, conn, cn_text(NULL), &stmt).type, CN_TYPE_NULL);
	cni_stmt_release(stmt);
	assert_int_equal(round_trip(f, conn, cn_bytes((cn_blob){0}), &stmt).type, CN_TYPE_NULL);
	cni_stmt_release(stmt);
	assert_int_equal(int_of(f, conn, "SELECT count(*) FROM t"),
		2 * (int64_t)(sizeof rows / sizeof *rows) + 2);
	free(longer);
	cni_conn_close(conn);
}

static void writes_time_as_current_timestamp_does(void **state)
{
	fixture *f = *state;
	cni_conn *conn = table(f);
	static const struct {
		int64_t us;
		const char *text;
	} times[] = {
		{0, "1970-01-01 00:00:00"},
		{1, "1970-01-01 00:00:00.000001"},
		{-1, "1969-12-31 23:59:59.999999"},
		{INT64_C(1795331700000000), "2026-11-22 07:15:00"},
		{INT64_C(-62167219200000000), "0000-01-01 00:00:00"},
		{INT64_C(253402300799999999), "9999-12-31 23:59:59.999999"},
	};
	cni_stmt *stmt;
	for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
		int64_t us;
		round_trip(f, conn, cn_timestamp((cn_time){times[i].us}), &stmt);
		assert_string_equal(cni_stmt_text(stmt, 0), times[i].text);
		assert_true(cni_time_parse(cni_stmt_text(stmt, 0), &us));
		assert_true(us == times[i].us);
		cni_stmt_release(stmt);
	}
	static const struct {
		int32_t days;
		const char *text;
	} dates[] = {
		{0, "1970-01-01"},
		{-1, "1969-12-31"},
		{20779, "2026-11-22"},
		{2932896, "9999-12-31"},
		{-719528, "0000-01-01"},
	};
	for (size_t i = 0; i < sizeof dates / sizeof *dates; i++) {
		round_trip(f, conn, cn_day((cn_date){dates[i].days}), &stmt);
		assert_string_equal(cni_stmt_text(stmt, 0), dates[i].text);
		cni_stmt_release(stmt);
	}
	/* what we write and what SQLite writes stand in one order */
	exec(f, conn, "DELETE FROM t; INSERT INTO t VALUES(CURRENT_TIMESTAMP)");
	int64_t now;
	assert_true(cni_time_parse(text_of(f, conn, "SELECT a FROM t"), &now));
	cn_value values[] = {
		cn_timestamp((cn_time){now + 1000000}), cn_timestamp((cn_time){now - 1000000})};
	assert_ok(cni_conn_run(conn, "DELETE FROM t WHERE a < ? AND a > ?", values, 2, &f->err),
		&f->err);
	assert_int_equal(cni_conn_changes(conn), 1);
	cni_conn_close(conn);
}

static void refuses_what_a_column_cannot_hold(void **state)
{
	fixture *f = *state;
	cni_conn *conn = table(f);
	cni_stmt *stmt;
	const struct {
		cn_value value;
		const char *message;
	} rows[] = {
		{{.type = CN_TYPE_NONE}, "parameter 1 is no value"},
		{cn_uint(UINT64_MAX), "parameter 1 is no value"},
		{{.type = CN_TYPE_TEXT_ARRAY}, "parameter 1 is no value"},
		{cn_double((double)NAN), "not a number"},
		{cn_timestamp((cn_time){INT64_MAX}), "outside of the years 0 to 9999"},
		{cn_timestamp((cn_time){INT64_MIN}), "outside of the years 0 to 9999"},
		{cn_day((cn_date){INT32_MAX}), "outside of the years 0 to 9999"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		assert_ok(
			cni_conn_prepare(conn, "INSERT INTO t VALUES(?)", &stmt, &f->err), &f->err);
		assert_int_equal(cni_stmt_bind(stmt, 1, rows[i].value, &f->err), CN_EARG);
		assert_contains(f->err.message, rows[i].message);
		cni_stmt_release(stmt);
	}
	assert_ok(cni_conn_prepare(conn, "INSERT INTO t VALUES(?)", &stmt, &f->err), &f->err);
	assert_int_equal(cni_stmt_parameters(stmt), 1);
	static const size_t wrong[] = {0, 2, SIZE_MAX};
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(cni_stmt_bind(stmt, wrong[i], cn_int(1), &f->err), CN_EARG);
		assert_contains(f->err.message, "the statement has no parameter");
		assert_contains(f->err.detail, "it has 1: INSERT INTO t");
	}
	cni_stmt_release(stmt);
	assert_int_equal(int_of(f, conn, "SELECT count(*) FROM t"), 0);
	cni_conn_close(conn);
}

/* A row at once gives what the columns give one by one, in a file of UTF-16 too. */
static void reads_whole_rows(void **state)
{
	fixture *f = *state;
	static const char *const encodings[] = {"UTF-8", "UTF-16le", "UTF-16be"};
	for (size_t e = 0; e < 3; e++) {
		cni_conn *conn = memory_db(f);
		cni_stmt *stmt;
		cn_value row[6];
		assert_ok(cni_conn_execf(conn, &f->err, "PRAGMA encoding = '%s'", encodings[e]),
			&f->err);
		exec(f, conn,
			"CREATE TABLE t(a, b, c, d, e); INSERT INTO t VALUES(7, 2.5, 'Z\xC3\xBCrich', x'00FF', NULL)");
		assert_ok(cni_conn_prepare(conn, "SELECT * FROM t", &stmt, &f->err), &f->err);
		assert_int_equal(cni_stmt_columns(stmt), 5);
		assert_string_equal(cni_stmt_name(stmt, 2), "c");
		assert_int_equal(cni_stmt_step(stmt, &f->err), CNI_ROW);
		assert_ok(cni_stmt_row(stmt, row, 5, &f->err), &f->err);
		assert_true(row[0].type == CN_TYPE_INT64 && row[0].as.i == 7);
		assert_true(row[1].type == CN_TYPE_DOUBLE && row[1].as.d == 2.5);
		assert_true(row[2].type == CN_TYPE_TEXT && row[2].size == 7);
		assert_string_equal(row[2].as.p, "Z\xC3\xBCrich");
		assert_true(row[3].type == CN_TYPE_BLOB && row[3].size == 2);
		assert_memory_equal(row[3].as.p, "\0\xFF", 2);
		assert_int_equal(row[4].type, CN_TYPE_NULL);
		cni_stmt_release(stmt);
		cni_conn_close(conn);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(keeps_integers_and_doubles),
		TEST(keeps_hostile_text_and_blobs),
		TEST(writes_time_as_current_timestamp_does),
		TEST(refuses_what_a_column_cannot_hold),
		TEST(reads_whole_rows),
	};
	return RUN(tests);
}
