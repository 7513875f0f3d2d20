/* test_uri.c - where a database is. */
#include "tap.h"

#include "base/uri.h"

static void finds_the_file(void **state)
{
	(void)state;
	static const struct {
		const char *text, *path, *normal;
	} rows[] = {
		{"sqlite:///store.db", "/root/app/store.db", "sqlite:////root/app/store.db"},
		{"sqlite:////var/lib/store.db", "/var/lib/store.db", "sqlite:////var/lib/store.db"},
		{"sqlite:///../up.db", "/root/up.db", "sqlite:////root/up.db"},
		{"store.db", "/root/app/store.db", "sqlite:////root/app/store.db"},
		{"./a b/it's.db", "/root/app/a b/it's.db", "sqlite:////root/app/a%20b/it's.db"},
		{"/x/store.db", "/x/store.db", "sqlite:////x/store.db"},
		{"sqlite:///a%20b.db?mode=ro", "/root/app/a b.db",
			"sqlite:////root/app/a%20b.db?mode=ro"},
		{"sqlite://", NULL, "sqlite://"},
		{"sqlite:///:memory:", NULL, "sqlite://"},
		{":memory:", NULL, "sqlite://"},
		{"C:file.db", "/root/app/C:file.db", "sqlite:////root/app/C:file.db"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		cni_arena arena = {0};
		cni_uri uri;
		cn_error err = {0};
		assert_ok(cni_uri_parse(&arena, rows[i].text, "/root/app", &uri, &err), &err);
		assert_string_equal(uri.engine, "sqlite");
		if (rows[i].path)
			assert_string_equal(uri.path, rows[i].path);
		else
			assert_null(uri.path);
		assert_int_equal(uri.memory, !rows[i].path);
		assert_string_equal(uri.text, rows[i].normal);
		cni_arena_done(&arena);
	}
}

static void names_several_hosts(void **state)
{
	(void)state;
	static const struct {
		const char *text, *host, *port, *normal;
	} rows[] = {
		{"postgresql://a:1,b:2/x", "a,b", "1,2", "postgresql://a:1,b:2/x"},
		{"postgresql://a,b:2,[::1]:3/x", "a,b,::1", ",2,3", "postgresql://a,b:2,[::1]:3/x"},
		{"postgresql://%2Frun%2Fpg/x", "/run/pg", NULL, "postgresql://%2Frun%2Fpg/x"},
		{"postgresql:///x?host=/run/pg&sslpassword=p", NULL, NULL,
			"postgresql:///x?host=/run/pg&sslpassword=***"},
		{"postgresql://a,/x", "a,", NULL, "postgresql://a,/x"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		cni_arena arena = {0};
		cni_uri uri, again;
		cn_error err = {0};
		assert_ok(cni_uri_parse(&arena, rows[i].text, "/", &uri, &err), &err);
		if (rows[i].host)
			assert_string_equal(uri.host, rows[i].host);
		else
			assert_null(uri.host);
		if (rows[i].port)
			assert_string_equal(uri.port, rows[i].port);
		else
			assert_null(uri.port);
		assert_string_equal(uri.text, rows[i].normal);
		assert_ok(cni_uri_parse(&arena, uri.text, "/", &again, &err), &err);
		assert_string_equal(again.text, rows[i].normal);
		cni_arena_done(&arena);
	}
}

static void hides_the_password(void **state)
{
	(void)state;
	cni_arena arena = {0};
	cni_uri uri;
	cn_error err = {0};
	assert_ok(cni_uri_parse(&arena, "postgres://me:s%40fe@[::1]:5433/shop?sslmode=require", "/",
			  &uri, &err),
		&err);
	assert_string_equal(uri.engine, "postgresql");
	assert_string_equal(uri.user, "me");
	assert_string_equal(uri.password, "s@fe");
	assert_string_equal(uri.host, "::1");
	assert_string_equal(uri.port, "5433");
	assert_string_equal(uri.database, "shop");
	assert_string_equal(cni_uri_get(&uri, "sslmode"), "require");
	assert_string_equal(uri.text, "postgresql://me:***@[::1]:5433/shop?sslmode=require");
	cni_arena_done(&arena);
}

static void refuses(void **state)
{
	(void)state;
	static const struct {
		const char *text, *message, *hint;
	} rows[] = {
		{"", "empty", "plain path"},
		{"sqlite://store.db", "no host", "sqlite:///store.db"},
		{"sqlte:///store.db", "unknown database engine \"sqlte\"", "sqlite:///store.db"},
		{"mysql://localhost/x", "unknown database engine \"mysql\"", "sqlite:///file.db"},
		{"sqlite:store.db", "no database URI", "sqlite:///file.db"},
		{"sqlite:///a%2.db", "broken escape", "%25"},
		{"sqlite:///", "names no file", "sqlite://"},
		{"sqlite:///?mode=ro", "names no file", "sqlite://"},
		{"sqlite:///a%00.db", "broken escape", "%25"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		cni_arena arena = {0};
		cni_uri uri;
		cn_error err = {0};
		assert_int_equal(cni_uri_parse(&arena, rows[i].text, "/", &uri, &err), CN_EARG);
		if (!strstr(err.message, rows[i].message) || !strstr(err.hint, rows[i].hint))
			fail_msg("\"%s\": %s | %s", rows[i].text, err.message, err.hint);
		cni_arena_done(&arena);
	}
}

static void is_bounded(void **state)
{
	(void)state;
	char text[5000];
	cni_arena arena = {0};
	cni_uri uri;
	cn_error err = {0};
	memset(text, 'a', sizeof text);
	text[sizeof text - 1] = '\0';
	assert_int_equal(cni_uri_parse(&arena, text, "/", &uri, &err), CN_EARG);
	cni_arena_done(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_the_file),
		cmocka_unit_test(names_several_hosts),
		cmocka_unit_test(hides_the_password),
		cmocka_unit_test(refuses),
		cmocka_unit_test(is_bounded),
	};
	return RUN(tests);
}
