/* test_reply.c - what handlers answer, through the test client: HTML, JSON, headers, errors, files.
 */
#include "tap.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cantil/cantil.h>
#include <cantil/web.h>

static char folder[] = "/tmp/cantil-web-XXXXXX";

static cn_app *app_with(const char *path, cn_handler *handler)
{
	cn_app *app = cn_app_new(&(cn_app_desc){.name = "test"});

	cn_route(app, "GET POST", path, handler);
	return app;
}

/* Calls GET /x on an app of this one handler; the caller frees both. */
static cn_response *call(cn_app **ret_app, cn_handler *handler)
{
	*ret_app = app_with("/x", handler);
	cn_response *res = cn_test_get(*ret_app, "/x");
	assert_non_null(res);
	return res;
}

static void expect(cn_handler *handler, int status, const char *type, const char *body)
{
	cn_app *app;
	cn_response *res = call(&app, handler);

	assert_string_equal(cn_response_body(res, NULL), body);
	assert_int_equal(cn_response_status(res), status);
	assert_string_equal(cn_response_header(res, "content-type"), type);
	assert_string_equal(cn_response_header(res, "X-Content-Type-Options"), "nosniff");
	cn_response_free(res);
	cn_app_free(app);
}

/* The answer is a 500 and says `why` in its log. */
static void expect_broken(cn_handler *handler)
{
	cn_app *app;
	cn_response *res = call(&app, handler);

	assert_int_equal(cn_response_status(res), 500);
	assert_null(strstr(cn_response_body(res, NULL), "secret"));
	cn_response_free(res);
	cn_app_free(app);
}

#define HOSTILE "<script>\"a\" & 'b'</script>"

static void html(cn_request *req, cn_reply *reply)
{
	const char *none = cn_request_query(req, "none");

	cn_reply_html(reply, 201, "<p title=\"%s\">%s</p>", HOSTILE, "\xC3\xBC");
	cn_reply_print(reply, "%d%%|%5d|%-5d|%05ld|%+lld|%zu|%hhd|%hd|%x|%.2f|%5.1f|%g|", 1, 2, 3,
		4L, 5LL, (size_t)6, (signed char)7, (short)8, 255u, 1.005, 2.25, 0.5);
	cn_reply_print(reply, "%c|%.2s|%5s|%-5s|%*s|%.*s|%s|", '<', "a&bc", "<", "b", 3, "c", 1,
		"xyz", none);
	cn_reply_raw(reply, "<br>");
}

static void html_is_escaped(void **state)
{
	(void)state;
	expect(html, 201, "text/html; charset=utf-8",
		"<p title=\"&lt;script&gt;&quot;a&quot; &amp; &#39;b&#39;&lt;/script&gt;\">\xC3\xBC</p>"
		"1%|    2|3    |00004|+5|6|7|8|ff|1.00|  2.2|0.5|"
		"&lt;|a&amp;|    &lt;|b    |  c|x||<br>");
}

static void text(cn_request *req, cn_reply *reply)
{
	(void)req;
	cn_reply_text(reply, 200, "%s & %s", "<a>", "b");
}

static void json(cn_request *req, cn_reply *reply)
{
	(void)req;
	cn_json *j = cn_reply_json_begin(reply, 200);
	cn_json_object(j, NULL);
	cn_json_int(j, "i", INT64_MIN);
	cn_json_double(j, "d", 0.1);
	cn_json_text(j, "t", "a\"\n\x01</script>");
	cn_json_text(j, "n", NULL);
	cn_json_value(j, "blob", cn_bytes((cn_blob){"abcd", 4}));
	cn_json_value(j, "time", cn_timestamp((cn_time){1000000}));
	cn_json_value(j, "day", cn_day((cn_date){365}));
	cn_json_array(j, "list");
	cn_json_bool(j, NULL, true);
	cn_json_null(j, NULL); /* what is open is closed by the end of the handler */
}

static void plain_kinds(void **state)
{
	(void)state;
	expect(text, 200, "text/plain; charset=utf-8", "<a> & b");
	expect(json, 200, "application/json",
		"{\"i\":-9223372036854775808,\"d\":0.1,\"t\":\"a\\\"\\n\\u0001</script>\",\"n\":null,\"blob\":\"YWJjZA==\","
		"\"time\":\"1970-01-01T00:00:01Z\",\"day\":\"1971-01-01\",\"list\":[true,null]}");
}

static void name_in_array(cn_request *req, cn_reply *reply)
{
	(void)req;
	cn_json *j = cn_reply_json_begin(reply, 200);
	cn_json_array(j, NULL);
	cn_json_text(j, "name", "secret");
}
static void no_name_in_object(cn_request *req, cn_reply *reply)
{
	(void)req;
	cn_json *j = cn_reply_json_begin(reply, 200);
	cn_json_object(j, NULL);
	cn_json_text(j, NULL, "secret");
}
static void two_tops(cn_request *req, cn_reply *reply)
{
	(void)req;
	cn_json *j = cn_reply_json_begin(reply, 200);
	cn_json_int(j, NULL, 1);
	cn_json_int(j, NULL, 2);
}
static void end_of_nothing(cn_request *req, cn_reply *reply)
{
	(void)req;
	cn_json_end(cn_reply_json_begin(reply, 200));
}
static void too_deep(cn_request *req, cn_reply *reply)
{
	(void)req;
	cn_json *j = cn_reply_json_begin(reply, 200);
	for (int i = 0; i < 40; i++)
		cn_json_array(j, NULL);
}
static void split_header(cn_request *req, cn_reply *reply)
{
	(void)req;
	cn_reply_text(reply, 200, "secret");
	cn_reply_header(reply, "X-A", "b\r\nSet-Cookie: c=d");
}
static void split_redirect(cn_request *req, cn_reply *reply)
{
	(void)req;
	cn_reply_redirect(reply, 0, "/a\r\nX: y");
}
static void own_length(cn_request *req, cn_reply *reply)
{
	(void)req;
	cn_reply_text(reply, 200, "secret");
	cn_reply_header(reply, "content-length", "3");
}
static void bad_cookie(cn_request *req, cn_reply *reply)
{
	(void)req;
	cn_reply_text(reply, 200, "secret");
	cn_reply_cookie(reply, &(cn_cookie){.name = "a", .value = "b; Domain=evil"});
}
static void no_status(cn_request *req, cn_reply *reply)
{
	(void)req;
	cn_reply_text(reply, 42, "secret");
}
static void split_type(cn_request *req, cn_reply *reply)
{
	(void)req;
	cn_reply_bytes(reply, 200, "text/plain\r\nX: y", "secret", 6);
}

static void mistakes_are_a_500(void **state)
{
	(void)state;
	cn_handler *const handlers[] = {name_in_array, no_name_in_object, two_tops, end_of_nothing,
		too_deep, split_header, split_redirect, own_length, bad_cookie, no_status,
		split_type};

	for (size_t i = 0; i < sizeof handlers / sizeof *handlers; i++)
		expect_broken(handlers[i]);
}

static void many_headers(cn_request *req, cn_reply *reply)
{
	(void)req;
	cn_reply_text(reply, 200, "x");
	cn_reply_header(reply, "X-A", "1");
	cn_reply_header(reply, "x-a", "2");
	cn_reply_cookie(reply, &(cn_cookie){.name = "sid", .value = "abc", .max_age_s = 60});
	cn_reply_cookie(reply,
		&(cn_cookie){
			.name = "old", .max_age_s = -1, .secure = true, .script_may_read = true});
}

static void headers_and_cookies(void **state)
{
	(void)state;
	cn_app *app;
	cn_response *res = call(&app, many_headers);

	assert_string_equal(cn_response_header(res, "X-A"), "2");
	assert_string_equal(cn_response_header(res, "Set-Cookie"),
		"sid=abc; Path=/; Max-Age=60; HttpOnly; SameSite=Lax");
	cn_response_free(res);
	cn_app_free(app);
}

static void nothing(cn_request *req, cn_reply *reply)
{
	(void)req;
	(void)reply;
}

static void errors_by_accept(void **state)
{
	(void)state;
	static const char *const as_json[] = {"Accept: application/json, text/html;q=0.5", NULL};
	cn_app *app = app_with("/x", nothing);
	cn_response *res = cn_test_get(app, "/x");

	assert_int_equal(cn_response_status(res), 204);
	cn_response_free(res);
	res = cn_test_get(app, "/<b>");
	assert_int_equal(cn_response_status(res), 404);
	assert_string_equal(cn_response_header(res, "Content-Type"), "text/html; charset=utf-8");
	assert_null(strstr(cn_response_body(res, NULL), "<b>"));
	cn_response_free(res);
	res = cn_test_request(app, &(cn_test_request_desc){.target = "/y", .headers = as_json});
	assert_string_equal(cn_response_body(res, NULL),
		"{\"error\":{\"status\":404,\"message\":\"there is nothing at /y\"}}");
	cn_response_free(res);
	res = cn_test_request(app,
		&(cn_test_request_desc){.method = "DELETE", .target = "/x", .headers = as_json});
	assert_int_equal(cn_response_status(res), 405);
	assert_string_equal(cn_response_header(res, "Allow"), "GET, HEAD, POST, OPTIONS");
	cn_response_free(res);
	res = cn_test_request(app, &(cn_test_request_desc){.method = "OPTIONS", .target = "/x"});
	assert_int_equal(cn_response_status(res), 204);
	assert_string_equal(cn_response_header(res, "Allow"), "GET, HEAD, POST, OPTIONS");
	cn_response_free(res);
	res = cn_test_get(app, "/x/?a=1");
	assert_int_equal(cn_response_status(res), 308);
	assert_string_equal(cn_response_header(res, "Location"), "/x?a=1");
	cn_response_free(res);
	cn_app_free(app);
}

/* ---- hooks ---- */

static void stop_guests(cn_request *req, cn_reply *reply)
{
	if (!cn_request_cookie(req, "user"))
		cn_reply_redirect(reply, 303, "/login");
}
static void mark(cn_request *req, cn_reply *reply)
{
	(void)req;
	cn_reply_header(reply, "X-Status", cn_reply_get_status(reply) == 200 ? "good" : "bad");
}
static void own_404(cn_request *req, cn_reply *reply)
{
	cn_reply_text(reply, 200, "no %s", cn_request_path(req));
}

static void hooks_run_around(void **state)
{
	(void)state;
	static const char *const user[] = {"Cookie: a=b; user=eva", NULL};
	cn_app *app = app_with("/x", text);

	cn_before(app, stop_guests);
	cn_after(app, mark);
	cn_error_handler(app, 404, own_404);
	cn_response *res = cn_test_get(app, "/x");
	assert_int_equal(cn_response_status(res), 303);
	assert_string_equal(cn_response_header(res, "X-Status"), "bad");
	cn_response_free(res);
	res = cn_test_request(app, &(cn_test_request_desc){.target = "/x", .headers = user});
	assert_int_equal(cn_response_status(res), 200);
	assert_string_equal(cn_response_header(res, "X-Status"), "good");
	cn_response_free(res);
	res = cn_test_get(app, "/none");
	assert_int_equal(cn_response_status(res), 404);
	assert_string_equal(cn_response_body(res, NULL), "no /none");
	cn_response_free(res);
	cn_app_free(app);
}

static void wrong_tables_are_told(void **state)
{
	(void)state;
	cn_app *app = app_with("/a/<int:id>", text);

	cn_get_route(app, "/a/<int:key>", html);
	cn_response *res = cn_test_get(app, "/a/1");
	assert_int_equal(cn_response_status(res), 500);
	assert_non_null(strstr(cn_response_body(res, NULL), "can never be reached"));
	cn_response_free(res);
	char name[] = "test", routes[] = "routes", *argv[] = {name, routes, NULL};
	assert_int_equal(cn_app_run(app, 2, argv), 1);
	cn_app_free(app);
}

/* ---- files ---- */

static void write_file(const char *name, const char *content)
{
	char path[256];

	snprintf(path, sizeof path, "%s/%s", folder, name);
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	fputs(content, file);
	fclose(file);
}

static int status_of(cn_app *app, const char *target)
{
	cn_response *res = cn_test_get(app, target);
	int status = cn_response_status(res);

	cn_response_free(res);
	return status;
}

static void static_stays_inside(void **state)
{
	(void)state;
	char path[300], etag[100];
	static const char *const not_there[] = {"/static/", "/static/..", "/static/../secret.txt",
		"/static/..%2fsecret.txt", "/static/%2e%2e/secret.txt", "/static/.hidden",
		"/static/sub/.hidden", "/static/sub", "/static/link", "/static/out/secret.txt",
		"/static/pipe", "/static//etc/passwd", "/static/%2fetc%2fpasswd", "/static/a.css/",
		"/static/a.css/x", "/static/./a.css", "/static/sub//b.txt", "/static/sub%2fb.txt"};

	snprintf(path, sizeof path, "%s/public", folder);
	assert_int_equal(mkdir(path, 0700), 0);
	snprintf(path, sizeof path, "%s/public/sub", folder);
	assert_int_equal(mkdir(path, 0700), 0);
	write_file("secret.txt", "secret");
	write_file("public/a.css", "p{}");
	write_file("public/.hidden", "secret");
	write_file("public/sub/b.txt", "b");
	write_file("public/sub/.hidden", "secret");
	snprintf(path, sizeof path, "%s/public/link", folder);
	assert_int_equal(symlink("../secret.txt", path), 0);
	snprintf(path, sizeof path, "%s/public/out", folder);
	assert_int_equal(symlink("..", path), 0);
	snprintf(path, sizeof path, "%s/public/pipe", folder);
	assert_int_equal(mkfifo(path, 0600), 0);
	setenv("CANTIL_ROOT", folder, 1);
	cn_app *app = app_with("/x", text);
	cn_static(app, "/static", "public");
	for (size_t i = 0; i < sizeof not_there / sizeof *not_there; i++) {
		int status = status_of(app, not_there[i]);
		if (status != 404)
			fail_msg("%s: %d", not_there[i], status);
	}
	assert_int_equal(status_of(app, "/static/sub/b.txt"), 200);
	cn_response *res = cn_test_get(app, "/static/a.css");
	assert_int_equal(cn_response_status(res), 200);
	assert_string_equal(cn_response_header(res, "Content-Type"), "text/css; charset=utf-8");
	assert_string_equal(cn_response_body(res, NULL), "p{}");
	snprintf(etag, sizeof etag, "If-None-Match: \"x\", W/%s", cn_response_header(res, "ETag"));
	cn_response_free(res);
	res = cn_test_request(app, &(cn_test_request_desc){.target = "/static/a.css",
					   .headers = (const char *const[]){etag, NULL}});
	assert_int_equal(cn_response_status(res), 304);
	cn_response_free(res);
	write_file("public/a.css", "p{color:red}");
	res = cn_test_request(app, &(cn_test_request_desc){.target = "/static/a.css",
					   .headers = (const char *const[]){etag, NULL}});
	assert_int_equal(cn_response_status(res), 200);
	cn_response_free(res);
	cn_app_free(app);
	unsetenv("CANTIL_ROOT");
}

static int make_folder(void **state)
{
	(void)state;
	return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
	static const char *const names[] = {"secret.txt", "public/a.css", "public/.hidden",
		"public/sub/b.txt", "public/sub/.hidden", "public/link", "public/out",
		"public/pipe", "public/sub", "public", ""};
	char path[300];

	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		snprintf(path, sizeof path, "%s/%s", folder, names[i]);
		remove(path);
	}
	return access(folder, F_OK) == 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(html_is_escaped),
		cmocka_unit_test(plain_kinds),
		cmocka_unit_test(mistakes_are_a_500),
		cmocka_unit_test(headers_and_cookies),
		cmocka_unit_test(errors_by_accept),
		cmocka_unit_test(hooks_run_around),
		cmocka_unit_test(wrong_tables_are_told),
		cmocka_unit_test(static_stays_inside),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
