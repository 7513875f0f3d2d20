/* Values both ways, at their edges: in binary, and (beside a column of a type that is not known) as
 * text, which must say the same. */
#include <math.h>

#include "postgres_test.h"

/* What an expression yields, as text; "NULL". In binary, or beside an array. */
static const char *read_as(fixture *f, const char *expression, bool text, cn_type *ret_type)
{
	const char *sql =
		cni_printf(&f->arena, text ? "SELECT %s, ARRAY[1]" : "SELECT %s", expression);
	cni_stmt *stmt = prepare(f, sql);
	int got = cni_stmt_step(stmt, &f->err);
	if (got != CNI_ROW)
		fail_msg("%s: %s", expression, f->err.message);
	*ret_type = cni_stmt_value(stmt, 0).type;
	const char *copy = cni_strdup(&f->arena, cni_stmt_text(stmt, 0));
	cni_stmt_release(stmt);
	return copy ? copy : "NULL";
}

static void test_columns_yield(void **state)
{
	static const struct {
		const char *expression, *text;
		cn_type type;
	} cases[] = {
		{"true", "1", CN_TYPE_INT64},
		{"false", "0", CN_TYPE_INT64},
		{"(-32768)::int2", "-32768", CN_TYPE_INT64},
		{"2147483647::int4", "2147483647", CN_TYPE_INT64},
		{"(-9223372036854775808)::int8", "-9223372036854775808", CN_TYPE_INT64},
		{"4294967295::oid", "4294967295", CN_TYPE_INT64},
		{"1.5::float4", "1.5", CN_TYPE_DOUBLE},
		{"0.1::float8", "0.1", CN_TYPE_DOUBLE},
		{"1e300::float8", "1e+300", CN_TYPE_DOUBLE},
		{"3::float8", "3.0", CN_TYPE_DOUBLE},
		{"'NaN'::float8", "NaN", CN_TYPE_DOUBLE},
		{"'-Infinity'::float8", "-Infinity", CN_TYPE_DOUBLE},
		{"''::text", "", CN_TYPE_TEXT},
		{"'häß\\'::varchar", "häß\\", CN_TYPE_TEXT},
		{"'ab'::char(4)", "ab  ", CN_TYPE_TEXT},
		{"'x'::name", "x", CN_TYPE_TEXT},
		{"'x'::\"char\"", "x", CN_TYPE_TEXT},
		{"'{\"a\": 1}'::json", "{\"a\": 1}", CN_TYPE_TEXT},
		{"'{\"a\":1}'::jsonb", "{\"a\": 1}", CN_TYPE_TEXT},
		{"'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid",
			"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", CN_TYPE_TEXT},
		{"'2026-11-22 07:15:00'::timestamp", "2026-11-22 07:15:00", CN_TYPE_TEXT},
		{"'2026-11-22 07:15:00.000001+02'::timestamptz", "2026-11-22 05:15:00.000001",
			CN_TYPE_TEXT},
		{"'0001-01-01 00:00:00 BC'::timestamp", "0000-01-01 00:00:00", CN_TYPE_TEXT},
		{"'9999-12-31 23:59:59.999999'::timestamp", "9999-12-31 23:59:59.999999",
			CN_TYPE_TEXT},
		{"'12345-06-07 08:09:10'::timestamp", "12345-06-07 08:09:10", CN_TYPE_TEXT},
		{"'4713-01-01 00:00:01 BC'::timestamp", "4713-01-01 00:00:01 BC", CN_TYPE_TEXT},
		{"'0044-03-15 12:00:00 BC'::timestamp", "0044-03-15 12:00:00 BC", CN_TYPE_TEXT},
		{"'infinity'::timestamptz", "infinity", CN_TYPE_TEXT},
		{"'-infinity'::date", "-infinity", CN_TYPE_TEXT},
		{"'2024-02-29'::date", "2024-02-29", CN_TYPE_TEXT},
		{"'0001-02-03 BC'::date", "0000-02-03", CN_TYPE_TEXT},
		{"'4713-01-02 BC'::date", "4713-01-02 BC", CN_TYPE_TEXT},
		{"'5874897-12-31'::date", "5874897-12-31", CN_TYPE_TEXT},
		{"'23:59:59.5'::time", "23:59:59.500000", CN_TYPE_TEXT},
		{"'24:00:00'::time", "24:00:00", CN_TYPE_TEXT},
		{"0::numeric", "0", CN_TYPE_INT64},
		{"12345678901234567890::numeric", "12345678901234567890", CN_TYPE_TEXT},
		{"9223372036854775807::numeric", "9223372036854775807", CN_TYPE_INT64},
		{"(-12.50)::numeric", "-12.50", CN_TYPE_TEXT},
		{"0.0001::numeric", "0.0001", CN_TYPE_TEXT},
		{"0.00001::numeric", "0.00001", CN_TYPE_TEXT},
		{"10000.00010000::numeric", "10000.00010000", CN_TYPE_TEXT},
		{"1e20::numeric", "100000000000000000000", CN_TYPE_TEXT},
		{"1.000000000000000000000001::numeric", "1.000000000000000000000001", CN_TYPE_TEXT},
		{"'NaN'::numeric", "NaN", CN_TYPE_TEXT},
		{"'-Infinity'::numeric", "-Infinity", CN_TYPE_TEXT},
		{"NULL::int8", "NULL", CN_TYPE_NULL},
		{"NULL::text", "NULL", CN_TYPE_NULL},
		{"'1.2.3.4'::inet", "1.2.3.4", CN_TYPE_TEXT},
		{"ARRAY[1,2]", "{1,2}", CN_TYPE_TEXT},
	};
	fixture *f = *state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		for (int text = 0; text < 2; text++) {
			cn_type type;
			const char *got = read_as(f, cases[i].expression, text, &type);
			if (strcmp(got, cases[i].text) != 0 || type != cases[i].type)
				fail_msg("%s %s: \"%s\" of type %d", cases[i].expression,
					text ? "as text" : "in binary", got, type);
		}
	}
}

static void test_bytes_are_exact(void **state)
{
	fixture *f = *state;
	for (int text = 0; text < 2; text++) {
		cni_stmt *stmt =
			prepare(f, text ? "SELECT '\\x00ff5c27'::bytea, ''::bytea, ARRAY[1]"
					: "SELECT '\\x00ff5c27'::bytea, ''::bytea");
		assert_int_equal(cni_stmt_step(stmt, &f->err), CNI_ROW);
		cn_value v = cni_stmt_value(stmt, 0), empty = cni_stmt_value(stmt, 1);
		assert_int_equal(v.type, CN_TYPE_BLOB);
		assert_int_equal(v.size, 4);
		assert_memory_equal(v.as.p, "\0\xff\\'", 4);
		assert_int_equal(empty.type, CN_TYPE_BLOB);
		assert_int_equal(empty.size, 0);
		assert_non_null(empty.as.p);
		cni_stmt_release(stmt);
	}
}

/* Is what was bound what the server has? */
static void assert_bound(fixture *f, const char *type, cn_value value, const char *wanted)
{
	const char *sql = cni_printf(
		&f->arena, "SELECT (CAST(? AS %s) IS NOT DISTINCT FROM (%s))::int", type, wanted);
	cni_stmt *stmt = prepare(f, sql);
	cn_status status = cni_stmt_bind(stmt, 1, value, &f->err);
	int got = status < 0 ? (int)status : cni_stmt_step(stmt, &f->err);
	if (got != CNI_ROW || cni_stmt_int(stmt, 0) != 1)
		fail_msg("%s: not %s (%s)", type, wanted,
			got < 0 ? f->err.message : "another value");
	cni_stmt_release(stmt);
}

static void test_parameters_arrive(void **state)
{
	fixture *f = *state;
	assert_bound(f, "int8", cn_int(INT64_MIN), "-9223372036854775808");
	assert_bound(f, "int4", cn_int(INT32_MIN), "-2147483648");
	assert_bound(f, "int2", cn_int(32767), "32767");
	assert_bound(f, "int8", cn_double(-4), "-4");
	assert_bound(f, "bool", cn_bool(true), "true");
	assert_bound(f, "bool", cn_int(0), "false");
	assert_bound(f, "int4", cn_bool(true), "1");
	assert_bound(f, "float8", cn_double(0.1), "0.1::float8");
	assert_bound(f, "float8", cn_double(-HUGE_VAL), "'-Infinity'::float8");
	assert_bound(f, "float8", cn_double(nan("")), "'NaN'::float8");
	assert_bound(f, "float8", cn_int(INT64_C(1) << 53), "9007199254740992::float8");
	assert_bound(f, "float4", cn_double(1.5), "1.5::float4");
	assert_bound(f, "numeric", cn_int(INT64_MAX), "9223372036854775807");
	assert_bound(f, "numeric", cn_double(0.1), "0.1");
	assert_bound(f, "numeric", cn_text("-12.5000"), "-12.5");
	assert_bound(f, "text", cn_text("it's"), "'it''s'");
	assert_bound(f, "text", cn_text(""), "''");
	assert_bound(f, "text", cn_text(NULL), "NULL");
	assert_bound(f, "jsonb", cn_text("{\"a\": [1, null]}"), "'{\"a\":[1,null]}'::jsonb");
	assert_bound(f, "uuid", cn_text("A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11"),
		"'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid");
	assert_bound(f, "bytea", cn_bytes((cn_blob){"\0\xff", 2}), "'\\x00ff'::bytea");
	assert_bound(f, "bytea", cn_bytes((cn_blob){"", 0}), "''::bytea");
	assert_bound(f, "timestamptz", cn_timestamp((cn_time){0}), "'1970-01-01 00:00:00+00'");
	assert_bound(f, "timestamp", cn_timestamp((cn_time){INT64_C(253402300799999999)}),
		"'9999-12-31 23:59:59.999999'");
	assert_bound(f, "timestamp", cn_timestamp((cn_time){INT64_C(-62167219200000000)}),
		"'0001-01-01 00:00:00 BC'");
	assert_bound(f, "date", cn_day((cn_date){2932896}), "'9999-12-31'");
	assert_bound(f, "date", cn_day((cn_date){-719528}), "'0001-01-01 BC'");
	assert_bound(f, "timestamp", cn_day((cn_date){1}), "'1970-01-02 00:00:00'");
	assert_bound(
		f, "time", cn_time_of_day((cn_clock){INT64_C(86399999999)}), "'23:59:59.999999'");
	assert_bound(f, "text", cn_timestamp((cn_time){1500000}), "'1970-01-01 00:00:01.500000'");
	assert_bound(f, "int[]", cn_text("{1,2}"), "ARRAY[1,2]");
	char longer[1000];
	memset(longer, 'x', sizeof longer - 1);
	longer[sizeof longer - 1] = '\0';
	assert_bound(f, "text", cn_text(longer), "repeat('x', 999)");
	/* of an enumeration, which the driver does not know */
	exec(f, f->conn, "CREATE TYPE mood AS ENUM ('sad', 'happy')");
	assert_bound(f, "mood", cn_text("happy"), "'happy'::mood");
}

static void assert_refused(fixture *f, const char *type, cn_value value, const char *words)
{
	cni_stmt *stmt = prepare(f, cni_printf(&f->arena, "SELECT CAST(? AS %s)", type));
	cn_status status = cni_stmt_bind(stmt, 1, value, &f->err);
	if (status != CN_EARG)
		fail_msg("%s: %d %s", type, status, f->err.message);
	assert_contains(f->err.message, words);
	cni_stmt_release(stmt);
}

static void test_what_does_not_fit_is_refused(void **state)
{
	fixture *f = *state;
	assert_refused(f, "int4", cn_int(INT64_C(1) << 31), "does not fit into integer");
	assert_refused(f, "int2", cn_int(-32769), "does not fit into smallint");
	assert_refused(f, "int4", cn_double(1.5), "no whole number");
	assert_refused(f, "int8", cn_double(9223372036854775808.0), "no whole number");
	assert_refused(f, "float8", cn_int((INT64_C(1) << 53) + 1), "does not fit");
	assert_refused(f, "float4", cn_double(1e300), "does not fit into real");
	assert_refused(f, "bool", cn_int(2), "does not fit into boolean");
	assert_refused(f, "text", cn_int(1), "of type text");
	assert_refused(f, "date", cn_int(1), "of type date");
	assert_refused(f, "text", cn_bytes((cn_blob){"a", 1}), "bytes");
	assert_refused(
		f, "text", (cn_value){.type = CN_TYPE_TEXT, .size = 3, .as.p = "a\0b"}, "NUL");
	assert_refused(f, "timestamp", cn_timestamp((cn_time){INT64_MAX}), "years 0 to 9999");
	assert_refused(f, "date", cn_day((cn_date){INT32_MAX}), "years 0 to 9999");
	assert_refused(f, "time", cn_time_of_day((cn_clock){-1}), "24 hours");
	assert_refused(f, "int8", cn_uint(UINT64_MAX), "no value");
}

static void test_text_need_not_end_in_a_nul(void **state)
{
	fixture *f = *state;
	const char *all = "2026-11-22 and more that is not meant";
	cni_stmt *stmt = prepare(f, "SELECT CAST(? AS date)::text, CAST(? AS text)");
	cn_value v = {.type = CN_TYPE_TEXT, .size = 10, .as.p = all};
	assert_ok(cni_stmt_bind(stmt, 1, v, &f->err), &f->err);
	assert_ok(cni_stmt_bind(stmt, 2, v, &f->err), &f->err);
	assert_int_equal(cni_stmt_step(stmt, &f->err), CNI_ROW);
	assert_string_equal(cni_stmt_text(stmt, 0), "2026-11-22");
	assert_string_equal(cni_stmt_text(stmt, 1), "2026-11-22");
	cni_stmt_release(stmt);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_columns_yield),
		TEST(test_bytes_are_exact),
		TEST(test_parameters_arrive),
		TEST(test_what_does_not_fit_is_refused),
		TEST(test_text_need_not_end_in_a_nul),
	};
	return RUN(tests);
}
