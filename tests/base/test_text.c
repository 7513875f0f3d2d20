/* test_text.c - folding, cutting and guessing of text. */
#include "tap.h"

#include "base/text.h"

static void cuts_whole_characters(void **state)
{
	(void)state;
	assert_int_equal(cni_utf8_cut("ab", 2), 2);
	assert_int_equal(cni_utf8_cut("a\xC3\xBC", 3), 3); /* a ü */
	assert_int_equal(cni_utf8_cut("a\xC3\xBC", 2), 1);
	assert_int_equal(cni_utf8_cut("\xF0\x9F\x99\x82", 3), 0);
}

static void knows_utf8(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		bool valid;
	} rows[] = {
		{"plain", true},
		{"Z\xC3\xBCrich", true},
		{"\xF0\x9F\x99\x82", true},
		{"\xC0\x80", false},
		{"\xED\xA0\x80", false},
		{"\xE2\x82", false},
		{"\xFF", false},
		{"\xF4\x90\x80\x80", false},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		assert_int_equal(cni_utf8_valid(rows[i].text, strlen(rows[i].text)), rows[i].valid);
}

static void guesses_what_was_meant(void **state)
{
	(void)state;
	static const char *const words[] = {"upgrade", "downgrade", "history", NULL};
	assert_string_equal(cni_nearest("upgrad", words), "upgrade");
	assert_string_equal(cni_nearest("histroy", words), "history");
	assert_null(cni_nearest("seed", words));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cuts_whole_characters),
		cmocka_unit_test(knows_utf8),
		cmocka_unit_test(guesses_what_was_meant),
	};
	return RUN(tests);
}
