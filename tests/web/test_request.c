/* test_request.c - what handlers are told: parameters, query, forms, JSON, and the limits of each.
 */
#include "tap.h"

#include <cantil/cantil.h>
#include <cantil/web.h>

static void echo_json(cn_request *req, cn_reply *reply)
{
	cn_null_int64 i = cn_request_json_int(req, "a.i");
	cn_null_double d = cn_request_json_double(req, "a.i");
	cn_null_bool b = cn_request_json_bool(req, "list[1]");
	const char *t = cn_request_json_text(req, "list[2].deep[0]");

	cn_reply_text(reply, 200, "%d %lld %d %.1f %d%d %s %zu %d", i.set, (long long)i.value,
		d.set, d.value, b.set, b.value, t ? t : "-", cn_request_json_count(req, "list"),
		cn_request_json_kind(req, cn_request_query(req, "k")));
}

static void echo_form(cn_request *req, cn_reply *reply)
{
	cn_null_int64 n = cn_request_form_int(req, "n");
	cn_null_double d = cn_request_form_double(req, "n");

	cn_reply_text(reply, 200, "%s|%s|%d %lld %.1f", cn_request_form(req, "a"),
		cn_request_form_at(req, "a", 1), n.set, (long long)n.value, d.value);
}

static void echo_all(cn_request *req, cn_reply *reply)
{
	size_t size;
	const char *body = cn_request_body(req, &size);

	cn_reply_text(reply, 200, "%s %s %s %lld %s q=%s p=%lld body=%zu:%s url=%s",
		cn_request_method(req), cn_request_path(req), cn_request_target(req),
		(long long)cn_request_param_int(req, "id"),
		cn_request_param(req, "none") ? "?" : "-", cn_request_query(req, "q"),
		(long long)cn_request_page(req), size, body,
		cn_request_url_encode(req, "a b/\xC3\xBC"));
}

static cn_app *app;

static int make_app(void **state)
{
	(void)state;
	app = cn_app_new(&(cn_app_desc){.name = "test"});
	cn_post_route(app, "/json", echo_json);
	cn_post_route(app, "/form", echo_form);
	cn_route(app, "GET POST", "/all/<int:id>/<name>", echo_all);
	return 0;
}

static int free_app(void **state)
{
	(void)state;
	cn_app_free(app);
	return 0;
}

static void expect(const cn_test_request_desc *desc, int status, const char *part)
{
	cn_response *res = cn_test_request(app, desc);

	if (cn_response_status(res) != status || !strstr(cn_response_body(res, NULL), part))
		fail_msg("%s %.60s: %d %s", desc->target, desc->json ? desc->json : "",
			cn_response_status(res), cn_response_body(res, NULL));
	cn_response_free(res);
}

static void tells_everything(void **state)
{
	(void)state;
	expect(&(cn_test_request_desc){.target = "/all/7/a%20b?q=1%2B1&page=3"}, 200,
		"GET /all/7/a b /all/7/a%20b?q=1%2B1&page=3 7 - q=1+1 p=3 body=0: url=a%20b%2F%C3%BC");
	expect(&(cn_test_request_desc){.target = "/all/7/x?page=-3",
		       .body = "a\0b",
		       .body_size = 3,
		       .content_type = "x/y"},
		200, "POST /all/7/x /all/7/x?page=-3 7 - q= p=1 body=3:a");
	expect(&(cn_test_request_desc){.target = "/all/7/x?q=%00"}, 400, "NUL");
	expect(&(cn_test_request_desc){.target = "/all/7/%c3%28"}, 400, "not UTF-8");
}

static void reads_json(void **state)
{
	(void)state;
	static const struct {
		const char *json;
		int status;
		const char *part;
	} rows[] = {
		{"{\"a\":{\"i\":42},\"list\":[1,true,{\"deep\":[\"x\"]}]}", 200,
			"1 42 1 42.0 11 x 3 0"},
		{"{\"a\":{\"i\":1.5},\"list\":{}}", 200, "0 0 1 1.5 00 - 0"},
		{"{\"a\":{\"i\":9223372036854775807}}", 200, "1 9223372036854775807"},
		{"{\"a\":{\"i\":9223372036854775808}}", 400, "line 1"},
		{"{\"a\":{\"i\":\"7\"}}", 200, "0 0 0"},
		{"{\"a\":null}", 200, "0 0 0"},
		{"[]", 200, "0 0 0"},
		{"\"text\"", 200, "0 0 0"},
		{"{\"a\":1,\"a\":2}", 400, "duplicate"},
		{"{\"a\":1", 400, "line 1"},
		{"{\"a\":1} x", 400, "end of file expected"},
		{"", 400, "line 1"},
		{"{'a':1}", 400, "line 1"},
		{"{\"a\":\"\xff\"}", 400, "line 1"},
		{"{\"a\":\"\xC0\x80\"}", 400, "line 1"},
		{"{\"a\":\"\\u0000\"}", 400, "line 1"},
		{"{\"a\":\"\\ud800\"}", 400, "line 1"},
		{"{\"a\":NaN}", 400, "line 1"},
		{"{\"a\":1e999}", 400, "line 1"},
		{"{\"a\":\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\"}", 200, "0 0 0"},
		{"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]", 200, "0 0 0"},
		{"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]", 400,
			"deeper than 32"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		expect(&(cn_test_request_desc){.target = "/json?k=none", .json = rows[i].json},
			rows[i].status, rows[i].part);
	/* what is not said to be JSON is not read as JSON */
	expect(&(cn_test_request_desc){.target = "/json?k=a",
		       .body = "{\"a\":{\"i\":1}}",
		       .content_type = "text/plain"},
		200, "0 0 0 0.0 00 - 0 0");
	expect(&(cn_test_request_desc){.target = "/json?k=a",
		       .body = "{\"a\":{\"i\":1}}",
		       .content_type = "application/json; charset=utf-8"},
		200, "1 1 1");
}

static void json_kinds(void **state)
{
	(void)state;
	static const char json[] =
		"{\"n\":null,\"b\":false,\"i\":1,\"d\":1.0,\"t\":\"\",\"l\":[[2]],\"o\":{\"x.y\":1}}";
	static const struct {
		const char *path;
		cn_json_kind kind;
	} rows[] = {
		{"n", CN_JSON_NULL},
		{"b", CN_JSON_BOOL},
		{"i", CN_JSON_INT},
		{"d", CN_JSON_DOUBLE},
		{"t", CN_JSON_TEXT},
		{"l", CN_JSON_ARRAY},
		{"l%5B0%5D", CN_JSON_ARRAY},
		{"l%5B0%5D%5B0%5D", CN_JSON_INT},
		{"o", CN_JSON_OBJECT},
		{"", CN_JSON_OBJECT},
		{"x", CN_JSON_ABSENT},
		{"l%5B1%5D", CN_JSON_ABSENT},
		{"l%5B", CN_JSON_ABSENT},
		{"l%5B-1%5D", CN_JSON_ABSENT},
		{"l%5B99999999999999999999%5D", CN_JSON_ABSENT},
		{"o.x.y", CN_JSON_ABSENT},
		{".", CN_JSON_ABSENT},
		{"i.", CN_JSON_ABSENT},
		{"i%5B0%5D", CN_JSON_ABSENT},
		{"..", CN_JSON_ABSENT},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char target[80], part[16];
		snprintf(target, sizeof target, "/json?k=%s", rows[i].path);
		snprintf(part, sizeof part, " 0 %d", rows[i].kind);
		expect(&(cn_test_request_desc){.target = target, .json = json}, 200, part);
	}
}

static void reads_forms(void **state)
{
	(void)state;
	expect(&(cn_test_request_desc){.target = "/form", .form = "a=x+y&a=%3Cb%3E&n=12"}, 200,
		"x y|<b>|1 12 12.0");
	expect(&(cn_test_request_desc){.target = "/form", .form = "n=1.5"}, 200, "||0 0 1.5");
	expect(&(cn_test_request_desc){.target = "/form", .form = "a=%ff"}, 400, "UTF-8");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_everything),
		cmocka_unit_test(reads_json),
		cmocka_unit_test(json_kinds),
		cmocka_unit_test(reads_forms),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, make_app, free_app);
}
