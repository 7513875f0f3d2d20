/* test_json_read.c - JSON, strictly and within bounds. */
#include "tap.h"

#include "backup/json_read.h"
#include "base/buffer.h"

static void reads(void **state)
{
	(void)state;
	__attribute__((cleanup(cni_arena_done))) cni_arena arena = {0};
	static const char text[] =
		" {\"a\": [1, -2.5e1, true, null, {}], \"b\\u00fc\": \"x\\n\\ud83d\\ude42\\\"\", "
		"\"big\": 9223372036854775807, \"bigger\": 9223372036854775808, \"e\": []}\r\n";
	cni_json_value *root;
	cn_error err;

	assert_ok(cni_json_read(&arena, text, sizeof text - 1, &root, &err), &err);
	const cni_json_value *a = cni_json_member(root, "a", CNI_JSON_ARRAY);
	assert_non_null(a);
	assert_int_equal(a->count, 5);
	assert_int_equal(a->first->number, 1);
	assert_true(a->first->next->real == -25.0);
	assert_int_equal(a->first->next->next->kind, CNI_JSON_BOOL);
	assert_int_equal(a->first->next->next->next->kind, CNI_JSON_NULL);
	assert_int_equal(a->first->next->next->next->next->count, 0);
	assert_string_equal(
		cni_json_member(root, "b\xC3\xBC", CNI_JSON_TEXT)->text, "x\n\xF0\x9F\x99\x82\"");
	assert_int_equal(cni_json_member(root, "big", CNI_JSON_INT)->number, INT64_MAX);
	assert_non_null(cni_json_member(root, "bigger", CNI_JSON_DOUBLE));
	assert_null(cni_json_member(root, "big", CNI_JSON_TEXT));
	assert_null(cni_json_member(root, "none", CNI_JSON_INT));
}

static void refuses(void **state)
{
	(void)state;
	static const char *const rows[] = {
		"",
		" ",
		"{",
		"}",
		"[",
		"[1",
		"[1,",
		"[1,]",
		"{\"a\"}",
		"{\"a\":}",
		"{\"a\":1,}",
		"{a:1}",
		"{\"a\":1 \"b\":2}",
		"{\"a\":1,\"a\":2}",
		"nul",
		"truee",
		"01",
		"-",
		"1.",
		".5",
		"1e",
		"+1",
		"0x1",
		"NaN",
		"'a'",
		"\"a",
		"\"\\q\"",
		"\"\\u12\"",
		"\"\\u0000\"",
		"\"\\ud800\"",
		"\"\\ud800\\u0041\"",
		"\"\\udc00\"",
		"\"a\nb\"",
		"\"\xff\"",
		"1 2",
		"[] x",
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		__attribute__((cleanup(cni_arena_done))) cni_arena arena = {0};
		cni_json_value *root;
		cn_error err = {0};
		if (cni_json_read(&arena, rows[i], strlen(rows[i]), &root, &err) != CN_EARG)
			fail_msg("%s was accepted", rows[i]);
		assert_true(strncmp(err.message, "line ", 5) == 0);
	}
}

static void is_bounded(void **state)
{
	(void)state;
	__attribute__((cleanup(cni_arena_done))) cni_arena arena = {0};
	cni_buffer text = {0};
	cni_json_value *root;
	cn_error err;

	for (int i = 0; i < 100000; i++)
		cni_buffer_putc(&text, '[');
	assert_int_equal(cni_json_read(&arena, text.data, text.size, &root, &err), CN_EARG);
	assert_string_equal(err.message, "line 1: nested too deep");
	cni_buffer_clear(&text);
	cni_buffer_putc(&text, '{');
	for (int i = 0; i < 1000; i++)
		cni_buffer_printf(&text, "%s\"%d\":0", i ? "," : "", i);
	cni_buffer_putc(&text, '}');
	assert_int_equal(cni_json_read(&arena, text.data, text.size, &root, &err), CN_EARG);
	assert_string_equal(err.message, "line 1: an object with too many members");
	cni_buffer_done(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads),
		cmocka_unit_test(refuses),
		cmocka_unit_test(is_bounded),
	};
	return RUN(tests);
}
