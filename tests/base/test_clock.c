/* test_clock.c - dates as numbers and as text, both ways. */
#include "tap.h"

#include "base/clock.h"

static void writes_and_reads(void **state)
{
	(void)state;
	static const struct {
		int64_t us;
		const char *text;
	} rows[] = {
		{0, "1970-01-01T00:00:00Z"},
		{951782400000000, "2000-02-29T00:00:00Z"},
		{-1, "1969-12-31T23:59:59.999999Z"},
		{1795331700123456, "2026-11-22T07:15:00.123456Z"},
		{253402300799000000, "9999-12-31T23:59:59Z"},
		{-62135596800000000, "0001-01-01T00:00:00Z"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char text[CNI_TIME_TEXT];
		int64_t us = 0;
		cni_time_text(rows[i].us, true, text);
		assert_string_equal(text, rows[i].text);
		assert_true(cni_time_parse(text, &us));
		assert_int_equal(us, rows[i].us);
	}
}

static void reads_what_sqlite_writes(void **state)
{
	(void)state;
	int64_t us = 0;
	assert_true(cni_time_parse("2026-11-22 07:15:00", &us));
	assert_int_equal(us, 1795331700000000);
	assert_true(cni_time_parse("2026-11-22T09:15+02:00", &us));
	assert_int_equal(us, 1795331700000000);
	assert_true(cni_time_parse("2026-11-22", &us));
	assert_int_equal(us, 1795305600000000);
}

static void refuses_what_is_no_date(void **state)
{
	(void)state;
	static const char *const rows[] = {"", "2026", "2026-13-01", "2026-02-29", "2026-1-1",
		"2026-01-01x", "2026-01-01T", "2026-01-01 24:00", "2026-01-01 10:60",
		"2026-01-01 10:00:00.", "26-01-01"};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		int64_t us;
		if (cni_time_parse(rows[i], &us))
			fail_msg("took \"%s\"", rows[i]);
	}
}

static void every_day_comes_back(void **state)
{
	(void)state;
	for (int32_t day = -720000; day < 2900000; day += 61) {
		char text[CNI_TIME_TEXT];
		int32_t again = 0;
		cni_date_text(day, text);
		if (text[0] == '-' || strlen(text) != 10)
			continue; /* before the year 0 */
		assert_true(cni_date_parse(text, &again));
		assert_int_equal(again, day);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writes_and_reads),
		cmocka_unit_test(reads_what_sqlite_writes),
		cmocka_unit_test(refuses_what_is_no_date),
		cmocka_unit_test(every_day_comes_back),
	};
	return RUN(tests);
}
