/* test_json.c - the streaming writer. */
#include "tap.h"

#include <math.h>

#include "base/json.h"

static void writes_nested(void **state)
{
	(void)state;
	cni_buffer out = {0};
	cni_json json = {.out = &out};
	cni_json_object(&json, NULL);
	cni_json_text(&json, "na\"me", "it's \\ \n\x01 Z\xC3\xBCrich");
	cni_json_array(&json, "list");
	cni_json_int(&json, NULL, INT64_MIN);
	cni_json_double(&json, NULL, 0.1);
	cni_json_double(&json, NULL, 3);
	cni_json_double(&json, NULL, 1e300);
	cni_json_double(&json, NULL, (double)NAN);
	cni_json_end(&json);
	cni_json_object(&json, "empty");
	cni_json_end(&json);
	cni_json_bool(&json, "yes", true);
	cni_json_text(&json, "none", NULL);
	cni_json_end(&json);
	assert_string_equal(cni_buffer_text(&out),
		"{\"na\\\"me\":\"it's \\\\ \\n\\u0001 Z\xC3\xBCrich\",\"list\":[-9223372036854775808,0.1,3.0,1e+300,null],"
		"\"empty\":{},\"yes\":true,\"none\":null}");
	cni_buffer_done(&out);
}

static void mends_text_that_is_not_utf8(void **state)
{
	(void)state;
	cni_buffer out = {0};
	cni_json json = {.out = &out};
	cni_json_text_size(&json, NULL, "a\xFF\xC3\xBC\xE2\x82", 6);
	assert_string_equal(
		cni_buffer_text(&out), "\"a\xEF\xBF\xBD\xC3\xBC\xEF\xBF\xBD\xEF\xBF\xBD\"");
	cni_buffer_done(&out);
}

static void indents_for_people(void **state)
{
	(void)state;
	cni_buffer out = {0};
	cni_json json = {.out = &out, .pretty = true};
	cni_json_array(&json, NULL);
	cni_json_object(&json, NULL);
	cni_json_int(&json, "a", 1);
	cni_json_int(&json, "b", 2);
	cni_json_end(&json);
	cni_json_end(&json);
	assert_string_equal(cni_buffer_text(&out), "[\n  {\n    \"a\": 1,\n    \"b\": 2\n  }\n]");
	cni_buffer_done(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writes_nested),
		cmocka_unit_test(mends_text_that_is_not_utf8),
		cmocka_unit_test(indents_for_people),
	};
	return RUN(tests);
}
