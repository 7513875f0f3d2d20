/* test_diff.c - what leads from one schema to another: each change, nothing else. */
#include "make.h"

#include "schema/diff.h"

enum { RENAMES_MAX = 8 };

typedef struct row {
	const char *from, *to;
	cni_rename renames[RENAMES_MAX];
	const char *expect; /* cni_diff_describe */
} row;

static void run(cni_arena *arena, const row *r, cni_diff *ret)
{
	cni_schema *from = make_schema(arena, r->from), *to = make_schema(arena, r->to);
	cni_diff_options options = {.renames = r->renames};
	cn_error err;

	while (options.rename_count < RENAMES_MAX && r->renames[options.rename_count].from)
		options.rename_count++;
	assert_ok(cni_diff_make(arena, from, to, &options, ret, &err), &err);
}

static void check(const row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		CLEANUP(cni_arena_done) cni_arena arena = {0};
		CLEANUP(cni_buffer_done) cni_buffer text = {0};
		cni_diff diff;
		run(&arena, &rows[i], &diff);
		cni_diff_describe(&text, &diff);
		if (strcmp(cni_buffer_text(&text), rows[i].expect) != 0)
			fail_msg("row %zu: %s | %s\n--- wanted\n%s--- found\n%s", i, rows[i].from,
				rows[i].to, rows[i].expect, cni_buffer_text(&text));
	}
}

#define T(columns) "CREATE TABLE t(id INTEGER PRIMARY KEY" columns ");"

static void finds_every_kind_of_change(void **state)
{
	(void)state;
	static const row rows[] = {
		{T(""), T(""), {{0}}, ""},
		{"", T(""), {{0}}, "+ table t\n"},
		{T(""), "", {{0}}, "- table t\n"},
		{T(""), T(", a TEXT NOT NULL DEFAULT 'x'"), {{0}},
			"~ table t: add column a TEXT NOT NULL\n"},
		{T(", a TEXT UNIQUE REFERENCES t"), T(""), {{0}}, "~ table t: drop column a\n"},
		{T(", a TEXT, b"), T(", b, a TEXT"), {{0}}, "~ table t: order of columns\n"},
		{T(", b"), T(", a TEXT, b"), {{0}},
			"~ table t: add column a TEXT, order of columns\n"},
		{T(", a TEXT"), T(", a INT NOT NULL DEFAULT 0"), {{0}},
			"~ table t: column a TEXT to INT and NOT NULL and DEFAULT 0\n"},
		{T(", a DEFAULT 0"), T(", a DEFAULT NULL"), {{0}},
			"~ table t: column a without default\n"},
		{T(", a NOT NULL"), T(", a COLLATE NOCASE"), {{0}},
			"~ table t: column a nullable and COLLATE NOCASE\n"},
		{T(", a NOT NULL"), T(", a CONSTRAINT n NOT NULL ON CONFLICT FAIL"), {{0}},
			"~ table t: column a CONSTRAINT n NOT NULL ON CONFLICT FAIL\n"},
		{T(", a"), T(", a AS (id + 1) STORED"), {{0}},
			"~ table t: column a generated AS (id + 1) STORED\n"},
		{T(", a AS (id + 1)"), T(", a"), {{0}},
			"~ table t: column a no longer generated\n"},
		{T(", a"), T(", a UNIQUE CHECK (a > 0)"), {{0}},
			"~ table t: add UNIQUE (a), add CHECK (a > 0)\n"},
		{T(", a REFERENCES t"), T(", a CONSTRAINT f REFERENCES t ON DELETE CASCADE"), {{0}},
			"~ table t: drop FOREIGN KEY (a) REFERENCES t, add f FOREIGN KEY (a) REFERENCES t ON DELETE CASCADE\n"},
		{"CREATE TABLE t(a, b, PRIMARY KEY(a, b))",
			"CREATE TABLE t(a, b, PRIMARY KEY(b, a)) WITHOUT ROWID", {{0}},
			"~ table t: drop PRIMARY KEY (a, b), add PRIMARY KEY (b, a), WITHOUT ROWID\n"},
		{"CREATE TABLE t(a INTEGER PRIMARY KEY) STRICT",
			"CREATE TABLE t(a INTEGER PRIMARY KEY AUTOINCREMENT)", {{0}},
			"~ table t: AUTOINCREMENT, no longer STRICT\n"},
		{T(", a") "CREATE INDEX i ON t(a)",
			T(", a") "CREATE UNIQUE INDEX i ON t(a); CREATE INDEX k ON t(a)", {{0}},
			"~ index i on t\n+ index k on t\n"},
		{"CREATE VIEW v AS SELECT 1", "CREATE VIEW v AS SELECT 2", {{0}}, "~ view v\n"},
		{T("") "CREATE TRIGGER g AFTER INSERT ON t BEGIN SELECT 1; END", T(""), {{0}},
			"- trigger g on t\n"},
		{"CREATE VIRTUAL TABLE f USING fts5(a)", "CREATE VIRTUAL TABLE f USING fts5(a, b)",
			{{0}}, "~ virtual table f\n"},
		{"CREATE TABLE x(a)", "CREATE VIEW x AS SELECT 1 AS a", {{0}},
			"- table x\n+ view x\n"},
		{"CREATE TABLE \"my table\"(\"a b\")", "CREATE TABLE \"my table\"(\"a b\" INT)",
			{{0}}, "~ table \"my table\": column \"a b\" no type to INT\n"},
	};

	check(rows, CNI_COUNT(rows));
}

#define CLIENT "CREATE TABLE client(id INTEGER PRIMARY KEY, fone TEXT CHECK(fone <> ''));"
#define PERSON "CREATE TABLE person(id INTEGER PRIMARY KEY, phone TEXT CHECK(phone <> ''));"

static void renames_hold_all_at_once(void **state)
{
	(void)state;
	static const row rows[] = {
		{CLIENT, PERSON, {{NULL, "client", "person"}, {"person", "fone", "phone"}},
			"~ table client: renamed to person\n~ table person: rename column fone to phone\n"},
		{CLIENT,
			"CREATE TABLE client(id INTEGER PRIMARY KEY, phone TEXT NOT NULL CHECK(phone <> ''))",
			{{"client", "FONE", "PHONE"}},
			"~ table client: rename column fone to phone, column phone NOT NULL\n"},
		/* a chain: a is b now, b is c */
		{"CREATE TABLE a(x); CREATE TABLE b(y)", "CREATE TABLE b(x); CREATE TABLE c(y)",
			{{NULL, "a", "b"}, {NULL, "b", "c"}},
			"~ table a: renamed to b\n~ table b: renamed to c\n"},
		/* two that change places, three that go round */
		{"CREATE TABLE a(x); CREATE TABLE b(y)", "CREATE TABLE a(y); CREATE TABLE b(x)",
			{{NULL, "a", "b"}, {NULL, "b", "a"}},
			"~ table a: renamed to b\n~ table b: renamed to a\n"},
		{"CREATE TABLE t(a INT, b TEXT, c REAL)", "CREATE TABLE t(b INT, c TEXT, a REAL)",
			{{"t", "a", "b"}, {"t", "b", "c"}, {"t", "c", "a"}},
			"~ table t: rename column a to b, rename column b to c, rename column c to a\n"},
		/* who holds the new name today goes, if it is not renamed itself */
		{"CREATE TABLE a(x); CREATE TABLE b(y)", "CREATE TABLE b(x)", {{NULL, "a", "b"}},
			"~ table a: renamed to b\n- table b\n"},
		{"CREATE TABLE t(a, b)", "CREATE TABLE t(b)", {{"t", "a", "b"}},
			"~ table t: rename column a to b, drop column b\n"},
		/* the old name may be used anew */
		{"CREATE TABLE a(x)", "CREATE TABLE b(x); CREATE TABLE a(z)", {{NULL, "a", "b"}},
			"~ table a: renamed to b\n+ table a\n"},
		/* letters only: nothing unless it is asked for */
		{"CREATE TABLE client(fone)", "CREATE TABLE Client(Fone)", {{0}}, ""},
		{"CREATE TABLE client(fone)", "CREATE TABLE Client(Fone)",
			{{NULL, "client", "Client"}, {"Client", "fone", "Fone"}},
			"~ table client: renamed to Client\n~ table Client: rename column fone to Fone\n"},
		/* said twice is said once; a rename to itself is none */
		{"CREATE TABLE a(x)", "CREATE TABLE b(x)", {{NULL, "a", "b"}, {NULL, "A", "b"}},
			"~ table a: renamed to b\n"},
		{"CREATE TABLE a(x)", "CREATE TABLE a(x)", {{NULL, "a", "a"}, {"a", "x", "x"}}, ""},
		{"CREATE VIRTUAL TABLE f USING fts5(a)", "CREATE VIRTUAL TABLE g USING fts5(a)",
			{{NULL, "f", "g"}}, "~ virtual table f: renamed to g\n"},
	};

	check(rows, CNI_COUNT(rows));
}

static void what_depends_follows_the_renames(void **state)
{
	(void)state;
#define RENAME \
	{NULL, "client", "person"}, { "person", "fone", "phone" }
#define RENAMED "~ table client: renamed to person\n~ table person: rename column fone to phone\n"
	static const row rows[] = {
		{CLIENT "CREATE TABLE o(c REFERENCES client(fone))",
			PERSON "CREATE TABLE o(c REFERENCES person(phone))", {RENAME}, RENAMED},
		{CLIENT "CREATE INDEX i ON client(fone, lower(fone)) WHERE fone > client.fone",
			PERSON
			"CREATE INDEX i ON person(phone, lower(phone)) WHERE phone > person.phone",
			{RENAME}, RENAMED},
		{CLIENT "CREATE VIEW v AS SELECT fone, c.fone AS fone FROM client AS c",
			PERSON "CREATE VIEW v AS SELECT phone, c.phone AS fone FROM person AS c",
			{RENAME}, RENAMED},
		{CLIENT "CREATE VIEW v AS SELECT client.fone FROM main.client JOIN other ON other.fone = client.fone",
			PERSON
			"CREATE VIEW v AS SELECT person.phone FROM main.person JOIN other ON other.fone = person.phone",
			{RENAME}, RENAMED},
		{CLIENT "CREATE TRIGGER g AFTER UPDATE OF fone ON client WHEN new.fone <> old.fone BEGIN"
			" UPDATE client SET fone = upper(new.fone) WHERE id = new.id; INSERT INTO client(fone) VALUES ('fone'); END",
			PERSON
			"CREATE TRIGGER g AFTER UPDATE OF phone ON person WHEN new.phone <> old.phone BEGIN"
			" UPDATE person SET phone = upper(new.phone) WHERE id = new.id; INSERT INTO person(phone) VALUES ('fone'); END",
			{RENAME}, RENAMED},
		/* not renamed there: a real change */
		{CLIENT "CREATE VIEW v AS SELECT fone FROM client",
			PERSON "CREATE VIEW v AS SELECT 1 AS fone FROM person", {RENAME},
			RENAMED "~ view v\n"},
		/* two tables in sight have the column: left alone, so it counts as changed */
		{CLIENT "CREATE TABLE x(fone); CREATE VIEW v AS SELECT fone FROM client, x",
			PERSON "CREATE TABLE x(fone); CREATE VIEW v AS SELECT phone FROM person, x",
			{RENAME}, RENAMED "~ view v\n"},
		/* a function and a text of that name are none */
		{CLIENT "CREATE VIEW v AS SELECT fone(1), 'fone' FROM client",
			PERSON "CREATE VIEW v AS SELECT fone(1), 'fone' FROM person", {RENAME},
			RENAMED},
		{"CREATE TABLE t(a, b AS (a + 1), c CHECK (t.a > c))",
			"CREATE TABLE t(x, b AS (x + 1), c CHECK (t.x > c))", {{"t", "a", "x"}},
			"~ table t: rename column a to x\n"},
	};

	check(rows, CNI_COUNT(rows));
}

static void names_what_is_not_there(void **state)
{
	(void)state;
	static const struct {
		const char *from, *to;
		cni_rename renames[RENAMES_MAX];
		const char *message, *hint;
	} rows[] = {
		{CLIENT, CLIENT, {{NULL, "clint", "client"}}, "no table \"clint\"",
			"did you mean \"client\"?"},
		{CLIENT, CLIENT, {{NULL, "client", "klient"}},
			"no table \"klient\" in the schema wanted", "did you mean \"client\"?"},
		{CLIENT, CLIENT, {{NULL, "zzz", "client"}}, "no table \"zzz\"", ""},
		{CLIENT, CLIENT, {{"client", "fon", "fone"}},
			"no column \"fon\" in table \"client\"", "did you mean \"fone\"?"},
		{CLIENT, CLIENT, {{"client", "fone", "phone"}},
			"no column \"phone\" in table \"client\" of the schema wanted",
			"did you mean \"fone\"?"},
		{CLIENT, CLIENT, {{"person", "fone", "phone"}},
			"no table \"person\" in the schema wanted", ""},
		/* the column's table is said by its new name */
		{CLIENT, PERSON, {{NULL, "client", "person"}, {"client", "fone", "phone"}},
			"no table \"client\" in the schema wanted", ""},
		{"CREATE VIEW v AS SELECT 1", CLIENT, {{NULL, "v", "client"}}, "no table \"v\"",
			"views hold no rows: they are dropped and created, not renamed"},
		{"CREATE TABLE a(x)", "CREATE TABLE b(x); CREATE TABLE c(x)",
			{{NULL, "a", "b"}, {NULL, "a", "c"}},
			"table \"a\" is renamed to both \"b\" and \"c\"", ""},
		{"CREATE TABLE a(x); CREATE TABLE b(x)", "CREATE TABLE c(x)",
			{{NULL, "a", "c"}, {NULL, "b", "C"}},
			"both tables \"a\" and \"b\" are renamed to \"C\"", ""},
		{"CREATE TABLE t(a, b)", "CREATE TABLE t(c, d)", {{"t", "a", "c"}, {"t", "b", "c"}},
			"both columns \"a\" and \"b\" of table \"t\" are renamed to \"c\"", ""},
		{"CREATE TABLE t(a, b)", "CREATE TABLE t(c, d)", {{"t", "a", "c"}, {"t", "a", "d"}},
			"column \"a\" of table \"t\" is renamed to both \"c\" and \"d\"", ""},
		{"CREATE TABLE t(a)", "CREATE VIRTUAL TABLE u USING fts5(a)", {{NULL, "t", "u"}},
			"table \"t\" cannot become \"u\"", ""},
	};

	for (size_t i = 0; i < CNI_COUNT(rows); i++) {
		CLEANUP(cni_arena_done) cni_arena arena = {0};
		cni_schema *from = make_schema(&arena, rows[i].from),
			   *to = make_schema(&arena, rows[i].to);
		cni_diff_options options = {.renames = rows[i].renames};
		cni_diff diff;
		cn_error err = {0};
		while (rows[i].renames[options.rename_count].from)
			options.rename_count++;
		assert_int_equal(cni_diff_make(&arena, from, to, &options, &diff, &err), CN_EARG);
		assert_string_equal(err.message, rows[i].message);
		assert_string_equal(err.hint, rows[i].hint);
	}
}

static void ignored_tables_are_not_there(void **state)
{
	(void)state;
	CLEANUP(cni_arena_done) cni_arena arena = {0};
	cni_schema *from = make_schema(&arena,
		T("") "CREATE TABLE alien(a); CREATE INDEX ai ON alien(a);"
		      "CREATE TRIGGER at AFTER INSERT ON alien BEGIN SELECT 1; END; CREATE TABLE mine(a)");
	cni_schema *to =
		make_schema(&arena, T("") "CREATE TABLE Other(a); CREATE TABLE mine(a INT)");
	const char *const ignore[] = {"ALIEN", "other", NULL};
	const cni_rename rename = {NULL, "alien", "mine"};
	cni_diff diff;
	cn_error err;

	assert_ok(cni_diff_make(&arena, from, to, &(cni_diff_options){.ignore_tables = ignore},
			  &diff, &err),
		&err);
	assert_int_equal(diff.change_count, 1);
	assert_string_equal(diff.changes[0].from->name, "mine");
	assert_int_equal(diff.maybe_count, 0);
	assert_int_equal(
		cni_diff_make(&arena, from, to,
			&(cni_diff_options){
				.ignore_tables = ignore, .renames = &rename, .rename_count = 1},
			&diff, &err),
		CN_EARG);
}

static const cni_maybe_rename *find_maybe(
	const cni_diff *diff, const char *table, const char *from, const char *to)
{
	for (size_t i = 0; i < diff->maybe_count; i++)
		if (cni_equal(diff->maybe[i].table, table) && !strcmp(diff->maybe[i].from, from) &&
			!strcmp(diff->maybe[i].to, to))
			return &diff->maybe[i];
	return NULL;
}

static void likely_renames_are_reported(void **state)
{
	(void)state;
	CLEANUP(cni_arena_done) cni_arena arena = {0};
	cni_diff diff;

	run(&arena,
		&(row){"CREATE TABLE t(id INTEGER PRIMARY KEY, phone TEXT, born INT, note TEXT, g AS (born))",
			"CREATE TABLE t(id INTEGER PRIMARY KEY, telephone TEXT, birth INT, extra TEXT, price REAL)",
			{{0}}, ""},
		&diff);
	const cni_maybe_rename *phone = find_maybe(&diff, "t", "phone", "telephone");
	assert_non_null(phone);
	assert_ptr_equal(phone, &diff.maybe[0]); /* the likeliest first */
	/* every pair of one affinity, however little alike */
	assert_non_null(find_maybe(&diff, "t", "note", "telephone"));
	assert_non_null(find_maybe(&diff, "t", "phone", "extra"));
	assert_non_null(find_maybe(&diff, "t", "born", "birth"));
	assert_null(
		find_maybe(&diff, "t", "born", "telephone")); /* another affinity, another name */
	assert_null(find_maybe(&diff, "t", "g", "birth"));    /* holds nothing of its own */
	for (size_t i = 1; i < diff.maybe_count; i++) {
		assert_true(diff.maybe[i].likeness <= diff.maybe[i - 1].likeness);
		assert_in_range(diff.maybe[i].likeness, 1, 100);
	}

	run(&arena,
		&(row){"CREATE TABLE client(id INTEGER PRIMARY KEY, name TEXT, phone TEXT); CREATE TABLE log(at, what)",
			"CREATE TABLE person(id INTEGER PRIMARY KEY, name TEXT, phone TEXT, born INT); CREATE TABLE tag(label TEXT)",
			{{0}}, ""},
		&diff);
	assert_non_null(find_maybe(&diff, NULL, "client", "person"));
	assert_null(find_maybe(&diff, NULL, "client", "tag"));
	assert_null(find_maybe(&diff, NULL, "log", "tag"));

	/* nothing to guess where it is decided, or where nothing is gone */
	run(&arena,
		&(row){"CREATE TABLE t(a TEXT)", "CREATE TABLE t(b TEXT)", {{"t", "a", "b"}}, ""},
		&diff);
	assert_int_equal(diff.maybe_count, 0);
	run(&arena, &(row){"CREATE TABLE t(a TEXT)", "CREATE TABLE t(a TEXT, b TEXT)", {{0}}, ""},
		&diff);
	assert_int_equal(diff.maybe_count, 0);
	/* in a renamed table the new name is said, as an answer must say it */
	run(&arena,
		&(row){"CREATE TABLE t(a TEXT, k)", "CREATE TABLE u(b TEXT, k)", {{NULL, "t", "u"}},
			""},
		&diff);
	assert_non_null(find_maybe(&diff, "u", "a", "b"));
}

/* Replaced whole, a schema of many tables must not be compared every one with every other. */
static void a_large_schema_is_compared(void **state)
{
	(void)state;
	CLEANUP(cni_arena_done) cni_arena arena = {0};
	cni_schema *from = cni_schema_new(&arena, "sqlite"), *to = cni_schema_new(&arena, "sqlite");
	cni_diff diff;
	cn_error err;

	for (int i = 0; i < 600; i++) {
		char *a = cni_printf(
			&arena, "CREATE TABLE t%d(id INTEGER PRIMARY KEY, a TEXT, b TEXT)", i);
		char *b = cni_printf(
			&arena, "CREATE TABLE u%d(id INTEGER PRIMARY KEY, a TEXT, b TEXT)", i);
		assert_ok(cni_schema_add_sql(from, a, strlen(a), &err), &err);
		assert_ok(cni_schema_add_sql(to, b, strlen(b), &err), &err);
	}
	assert_ok(cni_diff_make(&arena, from, to, NULL, &diff, &err), &err);
	assert_int_equal(diff.change_count, 1200);
	assert_in_range(diff.maybe_count, 600, 600 * 40);
	assert_non_null(find_maybe(&diff, NULL, "t300", "u300"));
}

static void says_it_as_json(void **state)
{
	(void)state;
	CLEANUP(cni_arena_done) cni_arena arena = {0};
	CLEANUP(cni_buffer_done) cni_buffer text = {0};
	cni_diff diff;

	run(&arena,
		&(row){CLIENT "CREATE TABLE old(a); CREATE VIEW v AS SELECT 1",
			"CREATE TABLE person(phone INT, id INTEGER PRIMARY KEY, x UNIQUE) STRICT; CREATE TABLE new(b)",
			{RENAME}, ""},
		&diff);
	cni_diff_json(&text, &diff);
	assert_snapshot("snapshots/diff.json", cni_buffer_text(&text));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_every_kind_of_change),
		cmocka_unit_test(renames_hold_all_at_once),
		cmocka_unit_test(what_depends_follows_the_renames),
		cmocka_unit_test(names_what_is_not_there),
		cmocka_unit_test(ignored_tables_are_not_there),
		cmocka_unit_test(likely_renames_are_reported),
		cmocka_unit_test(a_large_schema_is_compared),
		cmocka_unit_test(says_it_as_json),
	};
	return RUN(tests);
}
