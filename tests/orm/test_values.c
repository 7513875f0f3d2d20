/* test_values.c - every C type to the database and back, the edges of each, and what does not fit.
 */
#include "tap.h"

#include <math.h>

#include <cantil/session.h>

#include "orm/convert.h"

typedef struct All {
	int64_t id;
	int8_t i8;
	uint8_t u8;
	int16_t i16;
	uint16_t u16;
	int32_t i32;
	uint32_t u32;
	uint64_t u64;
	bool on;
	float f;
	double d;
	const char *text;
	char *chars;
	char code[6];
	cn_blob blob;
	cn_time at;
	cn_date day;
	cn_null_bool n_on;
	cn_null_int32 n_i32;
	cn_null_int64 n_i64;
	cn_null_double n_d;
	cn_null_time n_at;
	cn_null_date n_day;
	double twice;
} All;
CN_MODEL(All, "all_types",
	CN_COLUMN(All, id, .primary_key = true),
	CN_COLUMN(All, i8), CN_COLUMN(All, u8), CN_COLUMN(All, i16), CN_COLUMN(All, u16), CN_COLUMN(All, i32),
	CN_COLUMN(All, u32), CN_COLUMN(All, u64), CN_COLUMN(All, on), CN_COLUMN(All, f), CN_COLUMN(All, d),
	CN_COLUMN(All, text), CN_COLUMN(All, chars), CN_COLUMN(All, code), CN_COLUMN(All, blob), CN_COLUMN(All, at),
	CN_COLUMN(All, day), CN_COLUMN(All, n_on), CN_COLUMN(All, n_i32), CN_COLUMN(All, n_i64), CN_COLUMN(All, n_d),
	CN_COLUMN(All, n_at), CN_COLUMN(All, n_day), CN_COLUMN(All, twice, .generated_sql = "d * 2"));
/* The same table with other members, to read what does not fit. */
typedef struct Narrow {
	int64_t id;
	int8_t d;
	const char *i32;
	cn_date at;
} Narrow;
CN_ROW(Narrow, CN_COLUMN(Narrow, id), CN_COLUMN(Narrow, d), CN_COLUMN(Narrow, i32),
	CN_COLUMN(Narrow, at));

typedef struct fixture {
	cn_db *db;
	cn_session *s;
} fixture;

static int setup(void **state)
{
	fixture *f = calloc(1, sizeof *f);
	cn_error err;

	assert_ok(cn_db_open("sqlite://", &(cn_db_options){.models = CN_MODELS(All)}, &f->db, &err),
		&err);
	assert_ok(cn_db_create_all(f->db, &err), &err);
	f->s = cn_session_open(f->db);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	fixture *f = *state;

	cn_session_close(f->s);
	cn_db_close(f->db);
	free(f);
	return 0;
}

static void failed(cn_session *s, cn_status status, const char *words)
{
	const cn_error *e = cn_session_error(s);

	if (e->status != status || !strstr(e->message, words))
		fail_msg("wanted %d %s, got %d %s | %s | %s", status, words, e->status, e->message,
			e->detail, e->hint);
	cn_rollback(s);
}

static All *reread(fixture *f, int64_t id)
{
	assert_int_equal(cn_commit(f->s), CN_OK);
	cn_clear(f->s);
	All *all = cn_get(f->s, All, id);
	if (!all)
		fail_msg("%s", cn_session_error(f->s)->message);
	return all;
}

static void smallest_and_largest(void **state)
{
	fixture *f = *state;
	char chars[] = "mutable";

	(void)cn_new(f->s, All, .id = INT64_MAX, .i8 = INT8_MIN, .u8 = UINT8_MAX, .i16 = INT16_MIN,
		.u16 = UINT16_MAX, .i32 = INT32_MIN, .u32 = UINT32_MAX, .u64 = INT64_MAX,
		.on = true, .f = 1.5f, .d = -0.1,
		.text = "it's \"quoted\"; drop table all_types; \xe2\x82\xac", .chars = chars,
		.code = "12345", .blob = {"a\0b", 3}, .at = {1700000000123456}, .day = {19000},
		.n_on = cn_some(false), .n_i32 = cn_some(INT32_MAX), .n_i64 = cn_some(INT64_MIN),
		.n_d = cn_some(1e308), .n_at = cn_some({-1}), .n_day = cn_some({-1}));
	All *a = reread(f, INT64_MAX);
	assert_int_equal(a->i8, INT8_MIN);
	assert_int_equal(a->u8, UINT8_MAX);
	assert_int_equal(a->i16, INT16_MIN);
	assert_int_equal(a->u16, UINT16_MAX);
	assert_int_equal(a->i32, INT32_MIN);
	assert_int_equal(a->u32, UINT32_MAX);
	assert_true(a->u64 == INT64_MAX);
	assert_true(a->on);
	assert_true(a->f == 1.5f && a->d == -0.1 && a->twice == -0.2);
	assert_string_equal(a->text, "it's \"quoted\"; drop table all_types; \xe2\x82\xac");
	assert_string_equal(a->chars, "mutable");
	assert_string_equal(a->code, "12345");
	assert_int_equal(a->blob.size, 3);
	assert_memory_equal(a->blob.data, "a\0b", 3);
	assert_true(a->at.us == 1700000000123456);
	assert_int_equal(a->day.days, 19000);
	assert_true(a->n_on.set && !a->n_on.value);
	assert_true(a->n_i32.set && a->n_i32.value == INT32_MAX);
	assert_true(a->n_i64.set && a->n_i64.value == INT64_MIN);
	assert_true(a->n_d.set && a->n_d.value == 1e308);
	assert_true(a->n_at.set && a->n_at.value.us == -1);
	assert_true(a->n_day.set && a->n_day.value.days == -1);
}

static void nothing_is_null_where_it_can_be(void **state)
{
	fixture *f = *state;

	All *made = cn_new(f->s, All);
	assert_int_equal(cn_flush(f->s), CN_OK);
	assert_int_equal(made->id, 1);
	All *a = reread(f, 1);
	assert_null(a->text);
	assert_null(a->chars);
	assert_null(a->blob.data);
	assert_false(a->n_on.set || a->n_i32.set || a->n_i64.set || a->n_d.set || a->n_at.set ||
		     a->n_day.set);
	assert_int_equal(
		cn_count(f->s, All,
			cn_where("text is null and blob is null and n_at is null and code = ''")),
		1);
	a->blob = (cn_blob){"", 0}; /* empty is not NULL */
	a->text = "";
	a = reread(f, 1);
	assert_non_null(a->blob.data);
	assert_string_equal(a->text, "");
	assert_int_equal(cn_count(f->s, All, cn_where("length(blob) = 0 and text = ''")), 1);
}

static void times_are_what_sqlite_writes(void **state)
{
	fixture *f = *state;

	(void)cn_new(f->s, All, .at = {1700000000000000}, .day = {0},
		.n_at = cn_some({1700000000500000}));
	assert_int_equal(cn_flush(f->s), CN_OK);
	assert_int_equal(
		cn_count(f->s, All,
			cn_where(
				"at = '2023-11-14 22:13:20' and day = '1970-01-01' and "
				"n_at = '2023-11-14 22:13:20.500000' and at = datetime(1700000000, 'unixepoch')")),
		1);
	assert_int_equal(cn_count(f->s, All,
				 cn_where("at = ? and day = ?", ((cn_time){1700000000000000}),
					 ((cn_date){0}))),
		1);
	cn_execute(
		f->s, "update all_types set at = 1700000001, n_at = '2023-11-14T22:13:22+00:00'");
	All *a = reread(f, 1);
	assert_true(a->at.us == 1700000001000000); /* seconds */
	assert_true(a->n_at.value.us == 1700000002000000);
	cn_execute(f->s, "update all_types set at = 1700000001.25");
	assert_true(reread(f, 1)->at.us == 1700000001250000);
	cn_execute(f->s, "update all_types set at = 'yesterday'");
	assert_null(cn_get(f->s, All, 1));
	failed(f->s, CN_ESCHEMA,
		"reading a \"All\": member \"at\": the text \"yesterday\" does not fit a time");
	All *late = cn_new(f->s, All, .at = {INT64_MAX});
	assert_int_equal(cn_flush(f->s), CN_EARG);
	assert_non_null(late);
	failed(f->s, CN_EARG, "a time outside of the years 0 to 9999");
}

static void what_the_database_holds_and_c_does_not(void **state)
{
	fixture *f = *state;
	static const struct {
		const char *set, *words;
	} rows[] = {
		{"i8 = 128", "member \"i8\": the integer 128 does not fit an 8-bit integer"},
		{"u8 = -1", "the integer -1 does not fit an unsigned 8-bit integer"},
		{"u32 = 4294967296", "does not fit an unsigned 32-bit integer"},
		{"i32 = 'many'", "the text \"many\" does not fit a 32-bit integer"},
		{"i32 = 1.5", "the number 1.5 does not fit"},
		{"\"on\" = 2", "the integer 2 does not fit a boolean"},
		{"d = 'x'", "the text \"x\" does not fit a double"},
		{"d = 9007199254740993", NULL}, /* REAL affinity: SQLite itself rounds it */
		{"text = x'00ff'", "a blob of 2 bytes does not fit a text"},
		{"text = 'a' || char(0) || 'b'", "a text with a NUL inside"},
		{"code = '123456'", "a text of 6 bytes does not fit char[6]"},
		{"day = '2023-02-30'", "does not fit a date"},
		{"f = 1e300", "does not fit a float"},
		{"n_i32 = 2147483648", "does not fit a 32-bit integer"},
	};

	(void)cn_new(f->s, All, .text = "x");
	assert_int_equal(cn_commit(f->s), CN_OK);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char sql[200];
		cn_clear(f->s);
		snprintf(sql, sizeof sql, "update all_types set %s", rows[i].set);
		(void)cn_execute(f->s, sql);
		All *a = cn_get(f->s, All, 1);
		if (rows[i].words) {
			assert_null(a);
			failed(f->s, CN_ESCHEMA, rows[i].words);
		} else {
			assert_non_null(a);
			cn_rollback(f->s);
		}
	}
	(void)cn_sql(
		f->s, Narrow, "select id, 3.0 as d, 17 as i32, '2020-01-01' as at from all_types");
	assert_int_equal(cn_session_error(f->s)->status, CN_OK);
	Narrow *n = cn_sql(f->s, Narrow, "select id, 3.0 as d, 17 as i32 from all_types")[0];
	assert_int_equal(n->d, 3);
	assert_string_equal(n->i32, "17"); /* SQLite's columns hold anything: nothing is lost */
	(void)cn_sql(f->s, Narrow, "select null as d");
	failed(f->s, CN_ESCHEMA, "NULL does not fit a member that has no NULL");
}

static void what_c_holds_and_the_database_cannot(void **state)
{
	fixture *f = *state;
	All *a = cn_new(f->s, All, .u64 = UINT64_MAX);

	assert_int_equal(cn_flush(f->s), CN_EARG);
	failed(f->s, CN_EARG, "model \"All\": member \"u64\": an unsigned integer beyond 2^63-1");
	a = cn_new(f->s, All);
	memcpy(a->code, "123456", 6); /* no NUL */
	assert_int_equal(cn_flush(f->s), CN_EARG);
	failed(f->s, CN_EARG, "char[6] holds a text without its NUL");
	(void)cn_new(f->s, All, .d = (double)NAN);
	assert_int_equal(cn_flush(f->s), CN_EARG);
	failed(f->s, CN_EARG, "not a number");
	(void)cn_new(f->s, All, .d = (double)INFINITY);
	assert_int_equal(cn_commit(f->s), CN_OK);
	assert_true(isinf(cn_first(f->s, All)->d));
	a = cn_first(f->s, All);
	a->twice = 5;
	assert_int_equal(cn_flush(f->s), CN_EARG);
	failed(f->s, CN_EARG,
		"member \"twice\" of \"All\" 1 was changed, but its column is generated");
}

static void generated_columns_are_read_back(void **state)
{
	fixture *f = *state;
	All *a = cn_new(f->s, All, .d = 4);

	assert_int_equal(cn_flush(f->s), CN_OK);
	assert_true(a->twice == 8);
	a->d = 5;
	assert_int_equal(cn_flush(f->s), CN_OK);
	assert_true(a->twice == 10);
}

static void a_text_changed_in_place_is_seen(void **state)
{
	fixture *f = *state;
	char text[] = "before";
	All *a = cn_new(f->s, All, .chars = text);

	assert_int_equal(cn_flush(f->s), CN_OK);
	a->chars[0] = 'B';
	a = reread(f, 1);
	assert_string_equal(a->chars, "Before");
	strcpy(a->code, "xy");
	strcpy(a->chars, "aft");
	a = reread(f, 1);
	assert_string_equal(a->chars, "aft");
	assert_string_equal(a->code, "xy");
}

static void large_values(void **state)
{
	fixture *f = *state;
	enum { SIZE = 20 << 20 };
	char *large = malloc(SIZE + 1);

	memset(large, 'x', SIZE);
	large[SIZE] = '\0';
	(void)cn_new(f->s, All, .text = large, .blob = {large, SIZE});
	All *a = reread(f, 1);
	assert_string_equal(a->text, large);
	assert_int_equal(a->blob.size, SIZE);
	free(large);
}

static void any_models_columns(void **state)
{
	All all = {.id = 3, .text = "x", .n_i32 = cn_some(5)}, copy = {0};
	cn_error err = {0};
	size_t at = 0, count = 0;

	(void)state;
	for (const cn_column *c; (c = cn_model_columns(&All_model, &at)); count++) {
		cn_value value = cn_column_get(c, &all);
		if (value.type != CN_TYPE_NULL)
			assert_ok(cn_column_set(c, &copy, value, &err), &err);
		assert_true(cni_member_equal(c, &all, &copy));
	}
	assert_int_equal(count, 24);
	const cn_column *text = cn_model_column(&All_model, "TEXT");
	assert_string_equal(cn_column_name(text), "text");
	assert_int_equal(cn_column_type(text), CN_TYPE_TEXT);
	assert_true(cn_column_nullable(text));
	assert_false(cn_column_nullable(cn_model_column(&All_model, "id")));
	assert_int_equal(cn_column_type(cn_model_column(&All_model, "code")), CN_TYPE_TEXT);
	assert_int_equal(cn_column_type(cn_model_column(&All_model, "u32")), CN_TYPE_INT64);
	assert_null(cn_model_column(&All_model, "nothing"));
	assert_int_equal(cn_column_set(cn_model_column(&All_model, "i8"), &copy, cn_int(300), &err),
		CN_EARG);
	assert_int_equal(copy.i8, 0);
	assert_ok(cn_column_set(cn_model_column(&All_model, "at"), &copy,
			  cn_text("2000-01-01 00:00:01"), &err),
		&err);
	assert_true(copy.at.us == 946684801000000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		TEST(smallest_and_largest),
		TEST(nothing_is_null_where_it_can_be),
		TEST(times_are_what_sqlite_writes),
		TEST(what_the_database_holds_and_c_does_not),
		TEST(what_c_holds_and_the_database_cannot),
		TEST(generated_columns_are_read_back),
		TEST(a_text_changed_in_place_is_seen),
		TEST(large_values),
		cmocka_unit_test(any_models_columns),
	};
	return RUN(tests);
}
