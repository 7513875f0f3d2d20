/* test_types.c - decimals, times of day, uuids, documents, integers with names, filled-in defaults.
 */
#include "orm/store.h"

#include "base/exact.h"

typedef enum phase { NEW, PAID, SENT } phase;

typedef struct Order {
	cn_uuid id;
	cn_decimal total, huge, loose;
	phase state;
	cn_null_int32 mood;
	cn_document note;
	cn_clock opens;
	cn_null_clock closes;
} Order;
CN_MODEL(Order, "orders",
	CN_COLUMN(Order, id, .primary_key = true, .default_fn = cn_uuid_fill),
	CN_COLUMN(Order, total, .precision = 12, .scale = 2, .not_null = true),
	CN_COLUMN(Order, huge, .precision = 30, .scale = 10),
	CN_COLUMN(Order, loose),
	CN_COLUMN(Order, state, .enum_names = CN_NAMES("new", "paid", "sent"), .default_value = CN_INT(1)),
	CN_COLUMN(Order, mood, .enum_names = CN_NAMES("bad", "good"), .check_sql = "mood <> 'ugly'"),
	CN_COLUMN(Order, note),
	CN_COLUMN(Order, opens),
	CN_COLUMN(Order, closes));

typedef struct fixture {
	cn_db *db;
	cn_session *s;
} fixture;

static int setup(void **state)
{
	fixture *f = calloc(1, sizeof *f);
	cn_error err;

	assert_ok(
		cn_db_open("sqlite://", &(cn_db_options){.models = CN_MODELS(Order)}, &f->db, &err),
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

static void values_come_back(void **state)
{
	fixture *f = *state;
	cn_session *s = f->s;
	Order *o = cn_new(s, Order, .total = {"1234567890.10"},
		.huge = {"-12345678901234567890.0123456789"}, .loose = {"0.1"}, .mood = cn_some(1),
		.note = {"{\"a\": [1, 2.5e3, \"\\u00e9\", null, true]}"},
		.opens = {((9 * 60 + 30) * 60) * INT64_C(1000000)},
		.closes = cn_some({86399999999}));
	cn_uuid id = o->id;

	assert_int_equal(strlen(id.text), 36);
	assert_int_equal(id.text[14], '4');
	assert_int_equal(o->state, PAID); /* the default */
	assert_int_equal(cn_commit(s), CN_OK);
	cn_clear(s);
	o = cn_get(s, Order, id.text);
	assert_clean(s);
	assert_non_null(o);
	assert_string_equal(o->total.text, "1234567890.10");
	assert_string_equal(o->huge.text, "-12345678901234567890.0123456789");
	assert_string_equal(o->loose.text, "0.1");
	assert_int_equal(o->state, PAID);
	assert_true(o->mood.set);
	assert_int_equal(o->mood.value, 1);
	assert_string_equal(o->note.text, "{\"a\": [1, 2.5e3, \"\\u00e9\", null, true]}");
	assert_int_equal(o->opens.us, 34200000000);
	assert_int_equal(o->closes.value.us, 86399999999);
	/* in SQL: names, numbers, text that sorts */
	assert_int_equal(cn_count(s, Order, cn_where("state = 'paid' and mood = ?", "good")), 1);
	assert_int_equal(cn_count(s, Order,
				 cn_where("total > ? and total < ?", 1234567890, "1234567890.11")),
		1);
	assert_int_equal(
		cn_count(s, Order,
			cn_where("opens = '09:30:00' and opens < ?", (cn_clock){40000000000})),
		1);
	assert_int_equal(cn_count(s, Order, cn_where("json_extract(note, '$.a[1]') = 2500")), 1);
	o->state = SENT;
	o->note.text = NULL;
	o->huge = (cn_decimal){""};
	o->mood.set = false;
	assert_int_equal(cn_commit(s), CN_OK);
	assert_int_equal(
		cn_count(s, Order,
			cn_where(
				"state = 'sent' and note is null and huge is null and mood is null")),
		1);
}

static void refused_when_written(void **state)
{
	fixture *f = *state;
	cn_session *s = f->s;
	static const struct {
		Order row;
		const char *words;
	} cases[] = {
		{{.total = {"1.005"}}, "does not fit its .scale"},
		{{.total = {"12345678901.00"}}, "13 digits, 12 are possible"},
		{{.total = {"1e5"}}, "does not fit a decimal"},
		{{.total = {"1"}, .loose = {"0.1234567890123456"}}, "17 digits, 15 are possible"},
		{{.total = {"1"}, .state = (phase)7}, "no name for the number 7"},
		{{.total = {"1"}, .note = {"{\"a\": }"}}, "does not fit JSON"},
		{{.total = {"1"}, .id = {"ABCDEF00-0000-4000-8000-000000000000"}},
			"does not fit a uuid"},
		{{.total = {"1"}, .opens = {86400000000}}, "outside of 24 hours"},
		{{.loose = {"1"}}, "NOT NULL"},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		(void)cn_session_new(s, &Order_model, &cases[i].row);
		assert_true(cn_commit(s) < 0);
		const cn_error *err = cn_session_error(s);
		if (!strstr(err->message, cases[i].words) && !strstr(err->detail, cases[i].words))
			fail_msg("%zu: %s | %s", i, err->message, err->detail);
		cn_rollback(s);
	}
	assert_int_equal(cn_count(s, Order), 0);
}

static void refused_when_read(void **state)
{
	fixture *f = *state;
	cn_session *s = f->s;
	static const char *const cases[][2] = {
		{"state = 'lost'", "does not fit its .enum_names"},
		{"total = 1.234", "its .precision and .scale"},
		{"huge = 'many'", "a decimal"},
		{"id = 'none'", "a uuid"},
		{"opens = '25:00'", "a time of day"},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char sql[200];
		(void)cn_new(s, Order, .total = {"1"});
		cn_flush(s);
		cn_clear(s);
		cn_execute(s, "pragma ignore_check_constraints = 1");
		snprintf(sql, sizeof sql, "update orders set %s", cases[i][0]);
		cn_execute(s, sql);
		assert_clean(s);
		(void)cn_list(s, Order);
		assert_failed(s, CN_ESCHEMA, cases[i][1]);
		cn_rollback(s);
	}
	/* as others store a uuid */
	(void)cn_new(s, Order, .total = {"1"});
	cn_flush(s);
	cn_clear(s);
	cn_execute(s, "update orders set id = x'000102030405060708090a0b0c0d0e0f'");
	assert_string_equal(cn_list(s, Order)[0]->id.text, "00010203-0405-0607-0809-0a0b0c0d0e0f");
}

static void decimals(void **state)
{
	static const struct {
		const char *text, *usual;
	} fine[] = {{"0", "0"}, {"-0.00", "0.00"}, {"+007.50", "7.50"}, {"0.5", "0.5"},
		{"123456789012345678901234567890", "123456789012345678901234567890"}};
	static const char *const bad[] = {"", "-", ".", "1.", ".5", "1,5", "1e3", " 1", "1 ", "nan",
		"1234567890123456789012345678901", "--1", "0x10"};
	cn_decimal d;
	int64_t units;

	(void)state;
	for (size_t i = 0; i < sizeof fine / sizeof *fine; i++) {
		assert_true(cn_decimal_parse(fine[i].text, &d));
		assert_string_equal(d.text, fine[i].usual);
	}
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_false(cn_decimal_parse(bad[i], &d));
	assert_string_equal(cn_decimal_of(-5, 2).text, "-0.05");
	assert_string_equal(cn_decimal_of(INT64_MIN, 18).text, "-9.223372036854775808");
	d = cn_decimal_of(INT64_MIN, 2);
	assert_true(cn_decimal_units(&d, 2, &units));
	assert_true(units == INT64_MIN);
	assert_false(cn_decimal_units(&d, 3, &units));
	assert_true(cn_decimal_parse("12.3400", &d) && cn_decimal_units(&d, 2, &units));
	assert_int_equal(units, 1234);
	assert_false(cn_decimal_units(&d, 1, &units)); /* a digit would be lost */
	assert_true(cn_decimal_parse("9223372036854775808", &d));
	assert_false(cn_decimal_units(&d, 0, &units));
}

static void uuids(void **state)
{
	cn_uuid a, b;
	cn_error err;

	(void)state;
	assert_true(cn_uuid_parse("{00112233-4455-6677-8899-AABBCCDDEEFF}", &a));
	assert_true(cn_uuid_parse("00112233445566778899aabbccddeeff", &b));
	assert_string_equal(a.text, b.text);
	assert_false(cn_uuid_parse("0011223344556677889-9aabbccddeeff", &b));
	assert_false(cn_uuid_parse("00112233-4455-6677-8899-aabbccddeef", &b));
	assert_false(cn_uuid_parse("00112233-4455-6677-8899-aabbccddeefff", &b));
	assert_false(cn_uuid_parse("", &b));
	assert_ok(cn_uuid_new(&a, &err), &err);
	assert_ok(cn_uuid_new(&b, &err), &err);
	assert_string_not_equal(a.text, b.text);
}

static void json(void **state)
{
	static const char *const fine[] = {"1", "-0.5e-3", "\"\"", "[]", "{}",
		" [ 1 , {\"a\":[]} ] ", "\"\\n\\u12aF\"", "null", "{\"a\":{\"b\":[[]]},\"c\":0}"};
	static const char *const bad[] = {"", " ", "01", "1.", "+1", "[1,]", "{\"a\"}", "{1:2}",
		"[1}", "\"\\x\"", "\"\t\"", "nul", "1 2", "[", "]", "\"", "{\"a\":1,}", "'a'",
		"[1 2]", "\"\\u12\""};
	char deep[500];

	(void)state;
	for (size_t i = 0; i < sizeof fine / sizeof *fine; i++)
		if (!cni_json_valid(fine[i], strlen(fine[i])))
			fail_msg("%s", fine[i]);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		if (cni_json_valid(bad[i], strlen(bad[i])))
			fail_msg("%s", bad[i]);
	memset(deep, '[', 200);
	memset(deep + 200, ']', 200);
	assert_true(cni_json_valid(deep, 400));
	memset(deep, '[', 201);
	memset(deep + 201, ']', 201);
	assert_false(cni_json_valid(deep, 402));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(values_come_back, setup, teardown),
		cmocka_unit_test_setup_teardown(refused_when_written, setup, teardown),
		cmocka_unit_test_setup_teardown(refused_when_read, setup, teardown),
		cmocka_unit_test(decimals),
		cmocka_unit_test(uuids),
		cmocka_unit_test(json),
	};
	return RUN(tests);
}
