/* test_route.c - which route a path means, and which routes cannot be. */
#include "tap.h"

#include "web/route.h"
#include "web/url.h"

static void nothing(cn_request *req, cn_reply *reply)
{
	(void)req;
	(void)reply;
}

static cn_status add(
	cni_router *router, const char *methods, const char *path, const char *name, cn_error *err)
{
	return cni_router_add(router,
		&(cni_route){.methods = cni_method_bit(methods),
			.path = path,
			.name = name,
			.handler = nothing},
		err);
}

/* "name a=1 b=2", "404", "405 GET, HEAD", "308", "400" */
static const char *match(
	const cni_router *router, cni_arena *arena, const char *method, const char *path)
{
	cni_match m;
	cn_error err;
	cni_buffer text = {0};

	if (cni_router_match(router, arena, cni_method_bit(method), path, strlen(path), &m, &err) <
		0)
		return "400";
	if (!m.route)
		return m.allowed ? cni_printf(arena, "405 %s", cni_methods_text(arena, m.allowed))
		       : m.redirect ? "308"
				    : "404";
	cni_buffer_puts(&text, m.route->name);
	for (size_t i = 0; i < m.route->param_count; i++)
		cni_buffer_printf(&text, " %s=%s", m.route->params[i], m.values[i]);
	const char *result = cni_buffer_dup(&text, arena);
	cni_buffer_done(&text);
	return result;
}

static void finds_the_most_special(void **state)
{
	(void)state;
	cni_arena arena = {0};
	cni_router r = {.arena = &arena};
	cn_error err;
	static const char *const routes[][3] = {
		{"GET", "/", "home"},
		{"GET", "/p", "list"},
		{"POST", "/p", "create"},
		{"GET", "/p/<name>", "named"},
		{"GET", "/p/<int:id>", "one"},
		{"GET", "/p/new", "new"},
		{"DELETE", "/p/<int:key>", "drop"},
		{"GET", "/p/<int:id>/parts/<part>", "part"},
		{"GET", "/files/<path:rest>", "file"},
		{"GET", "/files/index", "index"},
		{"GET", "/dir/", "dir"},
		{"GET", "/\xC3\xBC", "umlaut"},
	};
	for (size_t i = 0; i < sizeof routes / sizeof *routes; i++)
		assert_ok(add(&r, routes[i][0], routes[i][1], routes[i][2], &err), &err);
	static const char *const rows[][3] = {
		{"GET", "/", "home"},
		{"HEAD", "/p", "list"},
		{"POST", "/p", "create"},
		{"PUT", "/p", "405 GET, HEAD, POST"},
		{"GET", "/p/", "308"},
		{"GET", "/dir", "308"},
		{"GET", "/dir/", "dir"},
		{"GET", "/p/12", "one id=12"},
		{"DELETE", "/p/12", "drop key=12"},
		{"GET", "/p/new", "new"},
		{"GET", "/p/new2", "named name=new2"},
		{"GET", "/p/-1", "named name=-1"},
		{"GET", "/p/9223372036854775807", "one id=9223372036854775807"},
		{"GET", "/p/9223372036854775808", "named name=9223372036854775808"},
		{"GET", "/p/a%2Fb", "named name=a/b"},
		{"GET", "/p/a%20b", "named name=a b"},
		{"GET", "/p/%zz", "400"},
		{"GET", "/p/%00", "400"},
		{"GET", "/p/%ff", "400"},
		{"GET", "/p/%2e%2e", "404"},
		{"GET", "/p/..", "404"},
		{"GET", "/p//", "404"},
		{"GET", "//", "404"},
		{"GET", "", "400"},
		{"GET", "p", "400"},
		{"GET", "/p/7/parts/x", "part id=7 part=x"},
		{"GET", "/p/x/parts/x", "404"},
		{"GET", "/files/a/b.txt", "file rest=a/b.txt"},
		{"GET", "/files/index", "index"},
		{"GET", "/files/index/x", "file rest=index/x"},
		{"GET", "/files/a/..%2f..%2fetc", "404"},
		{"GET", "/files/a/", "file rest=a/"},
		{"GET", "/%C3%BC", "umlaut"},
		{"GET", "/P", "404"},
		{"PUT", "/p/new", "405 GET, HEAD"},
		{"PUT", "/p/5", "405 GET, HEAD, DELETE"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		assert_string_equal(match(&r, &arena, rows[i][0], rows[i][1]), rows[i][2]);
	cni_arena_done(&arena);
}

static void refuses_what_cannot_be(void **state)
{
	(void)state;
	cni_arena arena = {0};
	cni_router r = {.arena = &arena};
	cn_error err;
	static const char *const bad[][2] = {
		{"p", "must begin with a slash"},
		{"/a//b", "empty segment"},
		{"/<float:x>", "unknown kind"},
		{"/<int:a>/<int:a>", "twice"},
		{"/<path:x>/y", "last segment"},
		{"/x<int:a>", "whole segment"},
		{"/<int:>", "no parameter's name"},
		{"/<>", "whole segment"},
		{"/<1a>", "no parameter's name"},
		{"/<int:b>/edit", "never be reached"},
		{"/%41", "whole segment"},
	};
	assert_ok(add(&r, "GET", "/<int:a>/edit", "first", &err), &err);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		assert_int_equal(add(&r, "GET", bad[i][0], "second", &err), CN_EARG);
		if (!strstr(err.message, bad[i][1]))
			fail_msg("%s: %s", bad[i][0], err.message);
	}
	assert_int_equal(add(&r, "HEAD", "/<int:b>/edit", "beside", &err), CN_OK);
	cni_arena_done(&arena);
}

static void takes_long_and_deep_paths(void **state)
{
	(void)state;
	cni_arena arena = {0};
	cni_router r = {.arena = &arena};
	cn_error err;
	cni_buffer path = {0};

	for (int i = 0; i < 16; i++) {
		cni_buffer_printf(&path, "/<p%d>", i);
		assert_ok(add(&r, "GET", cni_buffer_text(&path), "deep", &err), &err);
	}
	cni_buffer_puts(&path, "/<p16>");
	assert_int_equal(add(&r, "GET", cni_buffer_text(&path), "deeper", &err), CN_EARG);
	cni_buffer_clear(&path);
	for (int i = 0; i < 5000; i++)
		cni_buffer_puts(&path, "/a");
	assert_string_equal(match(&r, &arena, "GET", cni_buffer_text(&path)), "404");
	cni_buffer_done(&path);
	cni_arena_done(&arena);
}

static void reads_queries(void **state)
{
	(void)state;
	cni_arena arena = {0};
	cn_error err;
	cni_pairs p;
	static const char text[] = "a=1&b=x+y%21&a=2&&c&=v&d=%zz&%C3%BC=%26";

	assert_ok(cni_url_pairs(&arena, text, strlen(text), &p, &err), &err);
	assert_string_equal(cni_pairs_get(&p, "a", 0), "1");
	assert_string_equal(cni_pairs_get(&p, "a", 1), "2");
	assert_null(cni_pairs_get(&p, "a", 2));
	assert_string_equal(cni_pairs_get(&p, "b", 0), "x y!");
	assert_string_equal(cni_pairs_get(&p, "c", 0), "");
	assert_string_equal(cni_pairs_get(&p, "", 0), "v");
	assert_string_equal(cni_pairs_get(&p, "d", 0), "%zz");
	assert_string_equal(cni_pairs_get(&p, "\xC3\xBC", 0), "&");
	assert_int_equal(cni_url_pairs(&arena, "a=%00", 5, &p, &err), CN_EARG);
	assert_int_equal(cni_url_pairs(&arena, "a=%ff", 5, &p, &err), CN_EARG);
	cni_buffer many = {0};
	for (int i = 0; i <= CNI_PAIRS_MAX; i++)
		cni_buffer_puts(&many, "a&");
	assert_int_equal(cni_url_pairs(&arena, many.data, many.size, &p, &err), CN_EARG);
	assert_ok(cni_url_pairs(&arena, many.data, many.size - 2, &p, &err), &err);
	cni_buffer_done(&many);
	p = (cni_pairs){0};
	assert_ok(cni_cookie_pairs(&arena, "a=1; b=\"two\";c = 3 ; broken", &p, &err), &err);
	assert_int_equal(p.count, 3);
	assert_string_equal(cni_pairs_get(&p, "b", 0), "two");
	assert_string_equal(cni_pairs_get(&p, "c", 0), "3");
	cni_arena_done(&arena);
}

static void reads_numbers(void **state)
{
	(void)state;
	int64_t i;
	double d;
	static const char *const no_int[] = {
		"", " 1", "1 ", "+1", "0x10", "1.0", "9223372036854775808", "--1", "-"};
	static const char *const no_double[] = {
		"", "nan", "inf", "0x1p3", "1,5", "1e999", " 1", "e", "."};

	for (size_t n = 0; n < sizeof no_int / sizeof *no_int; n++)
		assert_false(cni_parse_int(no_int[n], &i));
	for (size_t n = 0; n < sizeof no_double / sizeof *no_double; n++)
		assert_false(cni_parse_double(no_double[n], &d));
	assert_false(cni_parse_int(NULL, &i));
	assert_true(cni_parse_int("-9223372036854775808", &i) && i == INT64_MIN);
	assert_true(cni_parse_double("-1.5e3", &d) && d < -1499 && d > -1501);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_the_most_special),
		cmocka_unit_test(refuses_what_cannot_be),
		cmocka_unit_test(takes_long_and_deep_paths),
		cmocka_unit_test(reads_queries),
		cmocka_unit_test(reads_numbers),
	};
	return RUN(tests);
}
