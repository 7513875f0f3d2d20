/*
 * test_hostile.c - values that want to break something, in by every way and out by every way: what
 * went in comes back, or is refused, with words that name the member, and nothing is written.
 */
#include "orm/store.h"

#include <math.h>

typedef struct Thing {
	int64_t id;
	const char *text;
	cn_blob blob;
	int64_t whole;
	uint64_t natural;
	double real;
	cn_null_double maybe;
	char few[5];
	cn_time at;
	cn_null_date day;
	cn_clock clock;
	cn_decimal price, large;
	cn_document note;
	cn_value any;
} Thing;
#define COLUMNS                                                                                \
	CN_COLUMN(Thing, id, .primary_key = true), CN_COLUMN(Thing, text, .length = 2000),     \
		CN_COLUMN(Thing, blob), CN_COLUMN(Thing, whole), CN_COLUMN(Thing, natural),    \
		CN_COLUMN(Thing, real), CN_COLUMN(Thing, maybe), CN_COLUMN(Thing, few),        \
		CN_COLUMN(Thing, at), CN_COLUMN(Thing, day), CN_COLUMN(Thing, clock),          \
		CN_COLUMN(Thing, price, .precision = 15, .scale = 2),                          \
		CN_COLUMN(Thing, large, .precision = 30, .scale = 10), CN_COLUMN(Thing, note), \
		CN_COLUMN(Thing, any)
CN_MODEL(Thing, "thing", COLUMNS);
typedef Thing Grouped; /* the same struct for cn_sql */
CN_ROW(Grouped, COLUMNS);

#define INF HUGE_VAL
static const char bytes[] = {0, 1, (char)0xff, 0, '\'', '"', 0};
static const char nul_inside[] = {'a', 0, 'b'};

static const Thing rows[] = {
	{.text = "'; DROP TABLE thing; --",
		.blob = {bytes, sizeof bytes},
		.whole = INT64_MAX,
		.natural = INT64_MAX,
		.few = "'\"`]",
		.at = {253402300799999999},
		.day = cn_some({2932896}),
		.price = {"9999999999999.99"},
		.large = {"99999999999999999999.9999999999"},
		.note = {"{\"a\": \"'\"}"},
		.any = {.type = CN_TYPE_BLOB, .size = sizeof bytes, .as.p = bytes}},
	{.text = "\"\\%_?1:a$b@c[x]`",
		.blob = {"", 0},
		.whole = INT64_MIN,
		.real = INF,
		.maybe = cn_some(-INF),
		.at = {-62135596800000000},
		.day = cn_some({-719162}),
		.clock = {86399999999},
		.price = {"-9999999999999.99"},
		.large = {"-0.0000000001"},
		.note = {"null"},
		.any = {.type = CN_TYPE_INT64, .as.i = INT64_MIN}},
	{.text = "",
		.whole = -1,
		.real = -INF,
		.few = "\xf0\x9f\x98\x80",
		.at = {-1},
		.price = {"0.00"},
		.note = {"\"\\u0000\""},
		.any = {.type = CN_TYPE_DOUBLE, .as.d = -0.0}},
	{.text = "\xf4\x8f\xbf\xbf\xc2\x80\x7f\x01\n\r\t",
		.real = 5e-324,
		.maybe = cn_some(0),
		.price = {"0.10"},
		.any = {.type = CN_TYPE_TEXT, .size = 3, .as.p = nul_inside}},
	{.text = NULL,
		.real = 1.7976931348623157e308,
		.day = cn_some({0}),
		.any = {.type = CN_TYPE_TEXT, .size = 0, .as.p = ""}},
	{.text = "1e5",
		.real = -0.1,
		.large = {"10000000000000000000.0000000000"},
		.any = {.type = CN_TYPE_TEXT, .size = 3, .as.p = "1e5"}},
	{.text = "9223372036854775808",
		.real = 9007199254740993.0,
		.any = {.type = CN_TYPE_DOUBLE, .as.d = INF}},
};
enum { COUNT = sizeof rows / sizeof *rows };

typedef struct fixture {
	char folder[64], uri[128];
	cn_db *db, *reflected;
	cn_session *s, *r;
} fixture;

static int setup(void **state)
{
	fixture *f = calloc(1, sizeof *f);
	cn_error err;

	snprintf(f->folder, sizeof f->folder, "/tmp/cantil-hostile-XXXXXX");
	assert_non_null(mkdtemp(f->folder));
	snprintf(f->uri, sizeof f->uri, "sqlite:///%s/h.db", f->folder);
	assert_ok(cn_db_open(f->uri, &(cn_db_options){.models = CN_MODELS(Thing), .create = true},
			  &f->db, &err),
		&err);
	assert_ok(cn_db_create_all(f->db, &err), &err);
	assert_ok(cn_db_open(f->uri, &(cn_db_options){.reflect = true}, &f->reflected, &err), &err);
	f->s = cn_session_open(f->db);
	f->r = cn_session_open(f->reflected);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	fixture *f = *state;
	char path[200];

	cn_session_close(f->s);
	cn_session_close(f->r);
	cn_db_close(f->db);
	cn_db_close(f->reflected);
	for (const char *const *end = (const char *const[]){"", "-wal", "-shm", "-journal", NULL};
		*end; end++) {
		snprintf(path, sizeof path, "%s/h.db%s", f->folder, *end);
		unlink(path);
	}
	rmdir(f->folder);
	free(f);
	return 0;
}

static bool same_value(cn_value a, cn_value b)
{
	if (a.type != b.type)
		return false;
	if (a.type == CN_TYPE_TEXT || a.type == CN_TYPE_BLOB)
		return a.size == b.size && (!a.size || !memcmp(a.as.p, b.as.p, a.size));
	if (a.type == CN_TYPE_DOUBLE)
		return a.as.d == b.as.d && !signbit(a.as.d) == !signbit(b.as.d);
	return a.type == CN_TYPE_NULL || a.as.i == b.as.i;
}

/* `back` is row number i, by way of `how`. */
static void assert_same(const char *how, int i, const Thing *back)
{
	size_t at = 0;

	if (!back)
		fail_msg("%s: row %d is not there", how, i);
	for (const cn_column *c; (c = cn_model_columns(&Thing_model, &at));) {
		cn_value a = cn_column_get(c, &rows[i]), b = cn_column_get(c, back);
		if (strcmp(c->member, "id") != 0 && !same_value(a, b))
			fail_msg("%s: row %d, member %s", how, i, c->member);
	}
}

/* ---- ways in ---- */

static void by_new(cn_session *s)
{
	for (int i = 0; i < COUNT; i++)
		(void)cn_session_new(s, &Thing_model, &rows[i]);
}

static void by_add(cn_session *s)
{
	static Thing mine[COUNT];

	memcpy(mine, rows, sizeof rows);
	for (int i = 0; i < COUNT; i++)
		cn_add(s, Thing, &mine[i]);
}

static void by_bulk(cn_session *s) { (void)cn_insert_many(s, Thing, rows, COUNT); }

static void by_merge(cn_session *s)
{
	for (int i = 0; i < COUNT; i++)
		(void)cn_merge(s, Thing, &rows[i]);
}

/* Plain rows first, then every member changed. */
static void by_update(cn_session *s)
{
	for (int i = 0; i < COUNT; i++) {
		Thing *t = cn_new(s, Thing, .text = "before", .blob = {"b", 1}, .real = 3,
			.any = cn_text("before"), .note = {"1"});
		assert_int_equal(cn_flush(s), CN_OK);
		int64_t id = t->id;
		*t = rows[i];
		t->id = id;
	}
}

/* One parameter for each column, as a program would write it. */
static void by_sql(cn_session *s)
{
	for (int i = 0; i < COUNT; i++) {
		const Thing *t = &rows[i];
		(void)cn_execute(s,
			"insert into thing (text, blob, whole, natural, real, maybe, few, at, day, clock,"
			" price, large, note, any) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
			t->text, t->blob, t->whole, t->natural, t->real, t->maybe,
			(const char *)t->few, t->at, t->day, t->clock,
			t->price.text[0] ? t->price.text : NULL,
			t->large.text[0] ? t->large.text : NULL, t->note.text, t->any);
	}
}

/* By name, through a model that was made from the database. */
static void by_name(cn_session *s)
{
	const cn_model *thing = cn_db_model(cn_session_db(s), "thing");

	for (int i = 0; i < COUNT; i++) {
		void *row = cn_row_new(s, thing);
		size_t at = 0;
		for (const cn_column *c; (c = cn_model_columns(&Thing_model, &at));)
			if (strcmp(c->member, "id") != 0)
				cn_session_set(
					s, thing, row, c->member, cn_column_get(c, &rows[i]));
	}
}

/* ---- ways out ---- */

static void out_by_all(fixture *f, const char *in)
{
	cn_session *s = f->s;
	const cn_model *thing = cn_db_model(f->reflected, "thing"), *columns;
	int n = 0;

	cn_clear(s);
	Thing **list = cn_list(s, Thing, .order_by = "id");
	Thing **plain = cn_list(s, Thing, .order_by = "id", .read_only = true);
	Grouped **grouped =
		cn_sql(s, Grouped, "select * from thing group by id, text, any order by id");
	assert_clean(s);
	assert_int_equal(cn_len(list), COUNT);
	for (int i = 0; i < COUNT; i++) {
		assert_same(in, i, list[i]);
		assert_same("plain", i, plain[i]);
		assert_same("grouped", i, grouped[i]);
		if (rows[i].text) /* found by its value, which is only ever bound */
			assert_int_equal(cn_count(s, Thing, cn_where("text = ?", rows[i].text)), 1);
	}
	cn_each (s, Thing, t, .order_by = "id")
		assert_same("each", n++, t);
	assert_int_equal(n, COUNT);
	assert_int_equal(cn_commit(s), CN_OK); /* reading is no change */

	/* by name: whatever the database holds, back into a struct */
	void **named = cn_rows(f->r, thing, .order_by = "id");
	void **anonymous = cn_query(f->r, &columns, "select * from thing order by id");
	assert_clean(f->r);
	for (int i = 0; i < COUNT; i++) {
		Thing back[2] = {{0}, {0}};
		cn_error err = {0};
		size_t at = 0;
		for (const cn_column *c; (c = cn_model_columns(&Thing_model, &at));) {
			assert_ok(cn_column_set(c, &back[0], cn_row_get(thing, named[i], c->member),
					  &err),
				&err);
			assert_ok(cn_column_set(c, &back[1],
					  cn_row_get(columns, anonymous[i], c->member), &err),
				&err);
		}
		assert_same("named", i, &back[0]);
		assert_same("anonymous", i, &back[1]);
	}
	cn_rollback(f->r);
	cn_clear(f->r);
	assert_int_equal(cn_execute(s, "delete from thing"), COUNT);
	assert_int_equal(cn_commit(s), CN_OK);
	cn_clear(s);
}

typedef void (*way)(cn_session *s);
static const struct {
	const char *name;
	way in;
} ways[] = {{"new", by_new}, {"add", by_add}, {"bulk", by_bulk}, {"merge", by_merge},
	{"update", by_update}, {"sql", by_sql}, {"name", by_name}};

static void what_goes_in_comes_out(void **state)
{
	fixture *f = *state;

	for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
		cn_session *s = ways[i].in == by_name ? f->r : f->s;
		ways[i].in(s);
		if (cn_commit(s) < 0)
			fail_msg("%s: %s", ways[i].name, cn_session_error(s)->message);
		cn_clear(s);
		out_by_all(f, ways[i].name);
	}
}

/* ---- what is refused ---- */

static const struct {
	Thing row;
	const char *words;
} bad[] = {
	{{.text = "\xff\xfe"}, "not UTF-8"},
	{{.text = "surrogate \xed\xa0\x80"}, "not UTF-8"},
	{{.text = "overlong \xc0\xaf"}, "not UTF-8"},
	{{.note = {"{\"a\": }"}}, "note"},
	{{.note = {"\xff"}}, "note"},
	{{.real = (double)NAN}, "not a number"},
	{{.maybe = cn_some((double)NAN)}, "not a number"},
	{{.few = {'a', 'b', 'c', 'd', 'e'}}, "few"},
	{{.natural = UINT64_MAX}, "natural"},
	{{.at = {INT64_MAX}}, "outside of the years"},
	{{.at = {INT64_MIN}}, "outside of the years"},
	{{.day = cn_some({INT32_MAX})}, "outside of the years"},
	{{.day = cn_some({INT32_MIN})}, "outside of the years"},
	{{.clock = {86400000000}}, "outside of 24 hours"},
	{{.clock = {-1}}, "outside of 24 hours"},
	{{.price = {"12.345"}}, "price"},
	{{.price = {"99999999999999.99"}}, "price"},
	{{.price = {"1e5"}}, "price"},
	{{.large = {"1234567890123456789012345678901"}}, "large"},
	{{.any = {.type = CN_TYPE_TEXT, .size = 2, .as.p = "\xc3\x28"}}, "any"},
	{{.any = {.type = CN_TYPE_DOUBLE, .as.d = (double)NAN}}, "not a number"},
};

static void refuse(cn_session *s, const char *how, size_t i)
{
	const cn_error *e = cn_session_error(s);

	if (e->status != CN_EARG ||
		(!strstr(e->message, bad[i].words) && !strstr(e->detail, bad[i].words)))
		fail_msg("%s, case %zu (%s): %d %s | %s", how, i, bad[i].words, e->status,
			e->message, e->detail);
	cn_rollback(s);
	if (cn_count(s, Thing) != 1)
		fail_msg("%s, case %zu: written", how, i);
}

static void what_cannot_be_held_is_refused(void **state)
{
	fixture *f = *state;
	cn_session *s = f->s;

	(void)cn_new(s, Thing, .text = "stays", .id = 1);
	assert_int_equal(cn_commit(s), CN_OK);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		Thing mine = bad[i].row;
		Thing many[2] = {{.text = "fine"}, bad[i].row};
		(void)cn_session_new(s, &Thing_model, &bad[i].row);
		(void)cn_flush(s);
		refuse(s, "new", i);
		cn_add(s, Thing, &mine);
		(void)cn_flush(s);
		refuse(s, "add", i);
		(void)cn_insert_many(s, Thing, many, 2);
		refuse(s, "bulk", i);
		Thing *stays = cn_get(s, Thing, 1);
		*stays = bad[i].row;
		stays->id = 1;
		(void)cn_flush(s);
		refuse(s, "update", i);
		(void)cn_new(s, Thing, .text = "of many");
		(void)cn_session_new(s, &Thing_model, &bad[i].row);
		(void)cn_flush(s);
		refuse(s, "of many", i);
	}
	cn_clear(s);
	assert_string_equal(cn_get(s, Thing, 1)->text, "stays");
}

/* What another program has written there, and the struct has no room for. */
static void what_c_cannot_hold(void **state)
{
	fixture *f = *state;
	cn_session *s = f->s;
	static const struct {
		const char *set, *member;
	} cases[] = {{"text = cast(x'610062' as text)", "text"}, {"whole = 'x'", "whole"},
		{"whole = 1.5", "whole"}, {"natural = -1", "natural"}, {"real = 'x'", "real"},
		{"few = 'abcde'", "few"}, {"at = 'yesterday'", "at"}, {"at = '2026-13-01'", "at"},
		{"day = '2026-02-30'", "day"}, {"clock = '25:00'", "clock"},
		{"price = 'much'", "price"}, {"whole = x'00'", "whole"}};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		cn_error err;
		char sql[200];
		snprintf(sql, sizeof sql,
			"delete from thing; insert into thing (id, whole, natural, real, few, at, clock)"
			" values (1, 0, 0, 0, '', 0, '00:00'); update thing set %s",
			cases[i].set);
		assert_ok(cn_db_exec(f->db, sql, &err), &err);
		(void)cn_list(s, Thing);
		assert_failed(s, CN_ESCHEMA, cases[i].member);
		cn_rollback(s);
		(void)cn_list(s, Thing, .read_only = true);
		assert_failed(s, CN_ESCHEMA, cases[i].member);
		cn_rollback(s);
		(void)cn_get(s, Thing, 1);
		assert_failed(s, CN_ESCHEMA, cases[i].member);
		cn_rollback(s);
		(void)cn_sql(s, Grouped, "select * from thing group by id");
		assert_failed(s, CN_ESCHEMA, cases[i].member);
		cn_rollback(s);
		cn_each (s, Thing, t)
			fail_msg("%s: %lld", cases[i].set, (long long)t->id);
		assert_failed(s, CN_ESCHEMA, cases[i].member);
		cn_rollback(s);
		/* by name it is what it is */
		const cn_model *thing = cn_db_model(f->reflected, "thing");
		assert_non_null(cn_row_by_key(f->r, thing, 1));
		assert_clean(f->r);
		cn_rollback(f->r);
		cn_clear(f->r);
	}
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {T(what_goes_in_comes_out),
		T(what_cannot_be_held_is_refused), T(what_c_cannot_hold)};

	return RUN(tests);
}
