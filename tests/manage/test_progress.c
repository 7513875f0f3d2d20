/* test_progress.c - the line that tells how far something is, on terminals of any width. */
#include "tap.h"

#include <string.h>

#include "base/try.h"
#include "manage/progress.h"

static const char *line_of(cni_buffer *out, const cni_progress_at *at, size_t columns)
{
	cni_buffer_clear(out);
	cni_progress_line(out, at, columns);
	return cni_buffer_text(out);
}

static const cni_progress_at copying = {.what = "copying product",
	.unit = "rows",
	.done = 1234000,
	.total = 5000000,
	.elapsed_us = 3000000,
	.done_before = 4000};

static void has_rows_rate_and_time(void **state)
{
	CLEANUP(cni_buffer_done) cni_buffer out = {0};
	(void)state;
	assert_string_equal(line_of(&out, &copying, 110),
		"copying product [======>                     ]  1 234 000 of 5 000 000 rows   24 %"
		"  410 000 rows/s  10 s left");
}

static void gives_up_what_has_no_room(void **state)
{
	CLEANUP(cni_buffer_done) cni_buffer out = {0};
	(void)state;
	const char *line = line_of(&out, &copying, 80);
	assert_null(strstr(line, "rows/s") ? strstr(line, "[") : NULL);
	assert_non_null(strstr(line, "1 234 000 of 5 000 000 rows"));
	line = line_of(&out, &copying, 30);
	assert_non_null(strstr(line, "24 %"));
	assert_null(strstr(line, "rows"));
	for (size_t columns = 10; columns < 200; columns++)
		assert_true(strlen(line_of(&out, &copying, columns)) < columns);
}

static void says_nothing_that_it_does_not_know(void **state)
{
	CLEANUP(cni_buffer_done) cni_buffer out = {0};
	cni_progress_at at = {
		.what = "indexing t", .unit = "rows", .total = 3000, .elapsed_us = 2000000};
	(void)state;
	assert_string_equal(line_of(&out, &at, 80), "indexing t  3 000 rows  2 s so far");
	at = (cni_progress_at){.what = "checking", .unit = "", .elapsed_us = 200000};
	assert_string_equal(line_of(&out, &at, 80), "checking");
	/* more than there should be: the estimate was wrong */
	at = (cni_progress_at){
		.what = "reading t", .unit = "rows", .done = 11, .total = 10, .elapsed_us = 1000};
	assert_string_equal(line_of(&out, &at, 80), "reading t  11 rows");
	/* minutes and hours */
	at = (cni_progress_at){.what = "w", .unit = "", .elapsed_us = INT64_C(7800) * 1000000};
	assert_string_equal(line_of(&out, &at, 80), "w  2 h 10 min so far");
	at.elapsed_us = INT64_C(200) * 1000000;
	assert_string_equal(line_of(&out, &at, 80), "w  3 min 20 s so far");
}

/* A table may be called anything. */
static void names_do_not_move_the_cursor(void **state)
{
	CLEANUP(cni_buffer_done) cni_buffer out = {0};
	cni_progress_at at = {.what = "copying a\x1b[2Jb\r\nc\x7f"
				      "ünï",
		.unit = "",
		.elapsed_us = 1};
	(void)state;
	assert_string_equal(line_of(&out, &at, 80), "copying a?[2Jb??c?ünï");
	at.what = "copying 日本語の表";
	assert_string_equal(line_of(&out, &at, 15), "copying 日本語");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(has_rows_rate_and_time),
		cmocka_unit_test(gives_up_what_has_no_room),
		cmocka_unit_test(says_nothing_that_it_does_not_know),
		cmocka_unit_test(names_do_not_move_the_cursor),
	};
	return RUN(tests);
}
