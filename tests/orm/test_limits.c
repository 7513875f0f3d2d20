/* test_limits.c - values that want to break something, and more rows than memory should hold. */
#include "orm/store.h"

#include <math.h>
#include <sys/resource.h>

#include <cantil/cantil.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define MEMORY_COUNTS 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define MEMORY_COUNTS 0
#endif
#endif
#ifndef MEMORY_COUNTS
#define MEMORY_COUNTS 1
#endif

typedef struct Thing {
	int64_t id;
	const char *text;
	cn_blob blob;
	int64_t whole;
	double real;
	char few[5];
} Thing;
CN_MODEL(Thing, "thing",
	CN_COLUMN(Thing, id, .primary_key = true),
	CN_COLUMN(Thing, text),
	CN_COLUMN(Thing, blob),
	CN_COLUMN(Thing, whole),
	CN_COLUMN(Thing, real),
	CN_COLUMN(Thing, few));

typedef struct fixture {
	char folder[64], uri[128];
	cn_db *db;
	cn_session *s;
} fixture;

static int setup(void **state)
{
	fixture *f = calloc(1, sizeof *f);
	cn_error err;

	snprintf(f->folder, sizeof f->folder, "/tmp/cantil-limits-XXXXXX");
	assert_non_null(mkdtemp(f->folder));
	snprintf(f->uri, sizeof f->uri, "sqlite:///%s/l.db", f->folder);
	assert_ok(cn_db_open(f->uri, &(cn_db_options){.models = CN_MODELS(Thing), .create = true},
			  &f->db, &err),
		&err);
	assert_ok(cn_db_create_all(f->db, &err), &err);
	f->s = cn_session_open(f->db);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	fixture *f = *state;
	char path[200];

	cn_session_close(f->s);
	cn_db_close(f->db);
	for (int i = 0; i < 3; i++) {
		snprintf(path, sizeof path, "%s/l.db%s", f->folder,
			i == 0   ? ""
			: i == 1 ? "-wal"
				 : "-shm");
		unlink(path);
	}
	rmdir(f->folder);
	free(f);
	return 0;
}

static void as_they_went_in(void **state)
{
	fixture *f = *state;
	cn_session *s = f->s;
	static const char bytes[] = {0, 1, (char)0xff, 0, '\'', '"', 0};
	static const Thing rows[] = {
		{.text = "'; DROP TABLE thing; --",
			.blob = {bytes, sizeof bytes},
			.whole = INT64_MAX,
			.few = "'\"`]"},
		{.text = "\"\\%_?1:a$b@c[x]`",
			.blob = {"", 0},
			.whole = INT64_MIN,
			.real = HUGE_VAL},
		{.text = "", .whole = -1, .real = -HUGE_VAL, .few = "\xf0\x9f\x98\x80"},
		{.text = "\xf4\x8f\xbf\xbf\xc2\x80\x7f\x01\n\r\t", .real = 5e-324},
		{.text = NULL, .real = 1.7976931348623157e308},
		{.text = "1e5", .real = -0.1},
		{.text = "9223372036854775808", .real = 9007199254740993.0},
	};
	enum { COUNT = sizeof rows / sizeof *rows };

	for (int i = 0; i < COUNT; i++)
		(void)cn_session_new(s, &Thing_model, &rows[i]);
	assert_int_equal(cn_commit(s), CN_OK);
	cn_clear(s);
	Thing **back = cn_list(s, Thing, .order_by = "id");
	assert_int_equal(cn_len(back), COUNT);
	for (int i = 0; i < COUNT; i++) {
		const Thing *a = &rows[i], *b = back[i];
		assert_true(!a->text == !b->text && (!a->text || !strcmp(a->text, b->text)));
		assert_true(!a->blob.data == !b->blob.data && a->blob.size == b->blob.size);
		assert_true(!a->blob.size || !memcmp(a->blob.data, b->blob.data, a->blob.size));
		assert_true(a->whole == b->whole && a->real == b->real && !strcmp(a->few, b->few));
		/* and by the value, which is only ever bound */
		if (a->text)
			assert_int_equal(cn_find(s, Thing, "text = ?", a->text)->id, b->id);
	}
}

static void refused(void **state)
{
	fixture *f = *state;
	cn_session *s = f->s;
	static const struct {
		Thing row;
		const char *words;
	} cases[] = {
		{{.text = "\xff\xfe"}, "not UTF-8"},
		{{.text = "half \xe2\x82"}, "not UTF-8"},
		{{.text = "surrogate \xed\xa0\x80"}, "not UTF-8"},
		{{.text = "overlong \xc0\xaf"}, "not UTF-8"},
		{{.text = "eight are plain \x80 behind"}, "not UTF-8"},
		{{.real = (double)NAN}, "not a number"},
		{{.few = {'a', 'b', 'c', 'd', 'e'}}, "without its NUL"},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		(void)cn_session_new(s, &Thing_model, &cases[i].row);
		assert_int_equal(cn_commit(s), CN_EARG);
		assert_failed(s, CN_EARG, cases[i].words);
		cn_rollback(s);
		assert_int_equal(cn_insert_many(s, Thing, &cases[i].row, 1), 0);
		assert_failed(s, CN_EARG, cases[i].words);
		cn_rollback(s);
	}
	(void)cn_find(s, Thing, "text = ?", "\xff");
	assert_failed(s, CN_EARG, "not UTF-8");
	cn_rollback(s);
	(void)cn_find(s, Thing, "whole = ?", UINT64_MAX);
	assert_failed(s, CN_EARG, "beyond 2^63-1");
	cn_rollback(s);
	/* what others have put there */
	cn_execute(s,
		"insert into thing (text, whole, real, few) values (cast(x'610062' as text), 1, 1, 'a')");
	(void)cn_list(s, Thing);
	assert_failed(s, CN_ESCHEMA, "NUL inside");
	cn_rollback(s);
	cn_execute(s, "insert into thing (whole, real, few) values (1, 1, 'too long')");
	(void)cn_list(s, Thing, .read_only = true);
	assert_failed(s, CN_ESCHEMA, "does not fit char[5]");
	cn_rollback(s);
	assert_int_equal(cn_count(s, Thing), 0);
}

static long peak_kb(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_maxrss;
}

static void a_million_rows(void **state)
{
	fixture *f = *state;
	cn_session *s = f->s;
	int64_t sum = 0, bytes = 0;

	cn_execute(s,
		"with recursive n(i) as (select 1 union all select i + 1 from n where i < 1000000) "
		"insert into thing (id, text, whole, real, few) "
		"select i, 'the text of row number ' || i, i * 2, i / 2.0, '' from n");
	assert_int_equal(cn_commit(s), CN_OK);
	long before = peak_kb();
	cn_each (s, Thing, t, cn_where("id > ?", 0)) {
		sum += t->whole;
		bytes += (int64_t)strlen(t->text);
	}
	assert_clean(s);
	assert_true(sum == INT64_C(1000001000000) && bytes == 28888896);
	/* in parts, with rows of the session: cn_clear gives back what a part took */
	for (int64_t last = 0, done = 0; done < 100000; done += 1000) {
		Thing **part = cn_list(
			s, Thing, cn_where("id > ?", last), .order_by = "id", .limit = 1000);
		assert_int_equal(cn_len(part), 1000);
		last = part[999]->id;
		cn_clear(s);
	}
	if (MEMORY_COUNTS && peak_kb() - before > 20000)
		fail_msg("%ld KB more", peak_kb() - before);
}

static void a_large_text(void **state)
{
	fixture *f = *state;
	cn_session *s = f->s;
	enum { SIZE = 100 * 1000 * 1000 };
	char *text = malloc(SIZE + 1);

	assert_non_null(text);
	memset(text, 'x', SIZE);
	text[SIZE] = '\0';
	text[SIZE / 2] = 'y';
	(void)cn_new(s, Thing, .text = text, .id = 1);
	assert_int_equal(cn_commit(s), CN_OK);
	cn_clear(s);
	Thing *t = cn_get(s, Thing, 1);
	assert_non_null(t);
	assert_string_equal(t->text, text);
	t->text = "short";
	assert_int_equal(cn_commit(s), CN_OK);
	free(text);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(as_they_went_in), T(refused), T(a_million_rows), T(a_large_text)};

	return RUN(tests);
}
