/* test_write.c - a CREATE statement as data becomes the text that people read. */
#include "tap.h"

#include "sql/ddl.h"

static cni_arena arena;

static int done(void **state)
{
	(void)state;
	cni_arena_done(&arena);
	return 0;
}

static const char *text_of(const cni_ddl *ddl)
{
	cni_buffer out = {0};

	cni_ddl_write(&out, ddl);
	const char *text = cni_buffer_dup(&out, &arena);
	cni_buffer_done(&out);
	return text;
}

static const char *rewrite(const char *sql)
{
	cni_ddl ddl;
	cn_error err = {0};

	assert_ok(cni_ddl_parse(&arena, sql, strlen(sql), &ddl, &err), &err);
	return text_of(&ddl);
}

struct pair {
	const char *sql, *written;
};

static void assert_written(const struct pair *pairs, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const char *once = rewrite(pairs[i].sql);
		assert_string_equal(once, pairs[i].written);
		assert_string_equal(rewrite(once), once);
	}
}

static void writes_tables(void **state)
{
	static const struct pair pairs[] = {
		{"create temp table if not exists main.\"t\"('a' int  , [b c] text)",
			"CREATE TEMP TABLE IF NOT EXISTS t (\n    a int,\n    \"b c\" text\n)"},
		{"CREATE TABLE t(a, \"order\" TEXT) WITHOUT rowid, STRICT;",
			"CREATE TABLE t (\n    a,\n    \"order\" TEXT\n) STRICT, WITHOUT ROWID"},
		{"CREATE TABLE t(a) STRICT", "CREATE TABLE t (\n    a\n) STRICT"},
		{"CREATE TABLE t(a PRIMARY KEY) WITHOUT ROWID",
			"CREATE TABLE t (\n    a PRIMARY KEY\n) WITHOUT ROWID"},
		{"CREATE TABLE t AS SELECT 1 -- x", "CREATE TABLE t AS SELECT 1"},
		{"CREATE TABLE t(id INTEGER NULL PRIMARY KEY ASC AUTOINCREMENT)",
			"CREATE TABLE t (\n    id INTEGER PRIMARY KEY AUTOINCREMENT\n)"},
		{"CREATE TABLE t(a DEFAULT(1) CONSTRAINT x NOT NULL ON CONFLICT FAIL UNIQUE COLLATE nocase CHECK(a>0)\n)",
			"CREATE TABLE t (\n    a CONSTRAINT x NOT NULL ON CONFLICT FAIL DEFAULT (1) COLLATE nocase UNIQUE CHECK (a>0)\n)"},
		{"CREATE TABLE t(a AS(b+1), b INT GENERATED ALWAYS AS (1) STORED)",
			"CREATE TABLE t (\n    a GENERATED ALWAYS AS (b+1) VIRTUAL,\n    b INT GENERATED ALWAYS AS (1) STORED\n)"},
		{"CREATE TABLE t(a REFERENCES p(b)ON UPDATE CASCADE ON DELETE SET DEFAULT MATCH x DEFERRABLE INITIALLY DEFERRED)",
			"CREATE TABLE t (\n    a REFERENCES p (b) ON DELETE SET DEFAULT ON UPDATE CASCADE MATCH x"
			" DEFERRABLE INITIALLY DEFERRED\n)"},
		{"CREATE TABLE t(a,b,CONSTRAINT k PRIMARY KEY(a COLLATE x DESC,b)ON CONFLICT IGNORE CHECK(1)UNIQUE('b'),"
		 "FOREIGN KEY(a,b)REFERENCES \"p q\" NOT DEFERRABLE)",
			"CREATE TABLE t (\n    a,\n    b,\n    CONSTRAINT k PRIMARY KEY (a COLLATE x DESC, b) ON CONFLICT IGNORE,\n"
			"    CHECK (1),\n    UNIQUE (b),\n    FOREIGN KEY (a, b) REFERENCES \"p q\"\n)"},
	};

	(void)state;
	assert_written(pairs, sizeof pairs / sizeof *pairs);
}

/* An INTEGER PRIMARY KEY goes to its column, where that means the same. */
static void writes_the_rowid_at_its_column(void **state)
{
	static const struct pair pairs[] = {
		{"CREATE TABLE t(b, A integer NOT NULL, CONSTRAINT pk PRIMARY KEY(\"a\" AUTOINCREMENT) ON CONFLICT FAIL)",
			"CREATE TABLE t (\n    b,\n    A integer NOT NULL CONSTRAINT pk PRIMARY KEY ON CONFLICT FAIL AUTOINCREMENT\n)"},
		{"CREATE TABLE t(a INT, PRIMARY KEY(a))",
			"CREATE TABLE t (\n    a INT,\n    PRIMARY KEY (a)\n)"},
		{"CREATE TABLE t(a TEXT, PRIMARY KEY(a))",
			"CREATE TABLE t (\n    a TEXT,\n    PRIMARY KEY (a)\n)"},
		{"CREATE TABLE t(a INTEGER, PRIMARY KEY(a DESC))",
			"CREATE TABLE t (\n    a INTEGER,\n    PRIMARY KEY (a DESC)\n)"},
		{"CREATE TABLE t(a INTEGER PRIMARY KEY DESC)",
			"CREATE TABLE t (\n    a INTEGER PRIMARY KEY DESC\n)"},
		{"CREATE TABLE t(a INTEGER, PRIMARY KEY(a COLLATE nocase))",
			"CREATE TABLE t (\n    a INTEGER,\n    PRIMARY KEY (a COLLATE nocase)\n)"},
		{"CREATE TABLE t(a INTEGER, PRIMARY KEY(a)) WITHOUT ROWID",
			"CREATE TABLE t (\n    a INTEGER,\n    PRIMARY KEY (a)\n) WITHOUT ROWID"},
		{"CREATE TABLE t(a INTEGER, b, PRIMARY KEY(a, b))",
			"CREATE TABLE t (\n    a INTEGER,\n    b,\n    PRIMARY KEY (a, b)\n)"},
	};

	(void)state;
	assert_written(pairs, sizeof pairs / sizeof *pairs);
}

static void writes_comments(void **state)
{
	static const struct pair pairs[] = {
		{"CREATE TABLE t ( -- people\n a, /* the\n two */ b INT -- the b\n, c -- last\n, CHECK (1))",
			"CREATE TABLE t ( -- people\n    a,\n    -- the\n    -- two\n    -- the b\n    b INT,\n    c, -- last\n    CHECK (1)\n)"},
		{"-- one\n-- two\nCREATE TABLE t(a /* x */ NOT NULL -- y\n)",
			"CREATE TABLE t ( /* one\n   two */\n    -- x\n    -- y\n    a NOT NULL\n)"},
		{"-- one */\n-- two\nCREATE TABLE t(a)",
			"CREATE TABLE t ( -- one */ two\n    a\n)"},
	};

	(void)state;
	assert_written(pairs, 1);
	assert_string_equal(rewrite(pairs[1].sql), pairs[1].written);
	assert_string_equal(rewrite(pairs[2].sql), pairs[2].written);
}

static void writes_other_objects(void **state)
{
	static const struct pair pairs[] = {
		{"create unique index if not exists i on t(\"a\", b collate nocase desc, (c), lower(d) , 'e') where a>0",
			"CREATE UNIQUE INDEX IF NOT EXISTS i ON t (\"a\", b COLLATE nocase DESC, c, lower(d), e) WHERE a>0"},
		{"CREATE VIEW v(a,'b c') AS SELECT 1, 2;",
			"CREATE VIEW v (a, \"b c\") AS\nSELECT 1, 2"},
		{"CREATE TEMPORARY VIEW \"v w\" AS SELECT 1",
			"CREATE TEMP VIEW \"v w\" AS\nSELECT 1"},
		{"CREATE TRIGGER \"r\" AFTER  INSERT ON 't' BEGIN SELECT 1; END;",
			"CREATE TRIGGER r AFTER  INSERT ON t\nBEGIN SELECT 1; END"},
		{"CREATE VIRTUAL TABLE f USING fts5(a ,b, tokenize='x')",
			"CREATE VIRTUAL TABLE f USING fts5(a, b, tokenize='x')"},
		{"CREATE VIRTUAL TABLE f USING m()", "CREATE VIRTUAL TABLE f USING m"},
		{"SELECT 1", ""},
	};

	(void)state;
	assert_written(pairs, sizeof pairs / sizeof *pairs);
}

/* As a model gives it: nothing was read from text. */
static void writes_what_was_never_text(void **state)
{
	cni_ddl_column columns[] = {
		{.name = "id", .type = "INTEGER", .comment = "the key"},
		{.name = "order", .type = "TEXT", .not_null = true, .default_sql = "'it''s'"},
		{.name = "at",
			.type = "TEXT",
			.default_sql = "datetime('now')",
			.default_is_expression = true},
	};
	cni_ddl_part id = {.name = "id"},
		     both[] = {{.name = "order"}, {.name = "at", .desc = true}};
	cni_ddl_constraint constraints[] = {
		{.kind = CNI_UNIQUE, .parts = both, .part_count = 2, .name = "uq"},
		{.kind = CNI_PRIMARY_KEY, .parts = &id, .part_count = 1, .autoincrement = true},
		{.kind = CNI_CHECK, .at_column = true, .column = 1, .check_sql = "\"order\" <> ''"},
	};
	cni_ddl ddl = {.kind = CNI_DDL_TABLE,
		.table = {.name = "t",
			.columns = columns,
			.column_count = 3,
			.constraints = constraints,
			.constraint_count = 3}};

	(void)state;
	assert_string_equal(text_of(&ddl),
		"CREATE TABLE t (\n    id INTEGER PRIMARY KEY AUTOINCREMENT, -- the key\n"
		"    \"order\" TEXT NOT NULL DEFAULT 'it''s' CHECK (\"order\" <> ''),\n"
		"    at TEXT DEFAULT (datetime('now')),\n    CONSTRAINT uq UNIQUE (\"order\", at DESC)\n)");
	cni_buffer out = {0};
	cni_ddl_write_column(&out, &ddl.table, 1);
	assert_string_equal(cni_buffer_text(&out),
		"\"order\" TEXT NOT NULL DEFAULT 'it''s' CHECK (\"order\" <> '')");
	cni_buffer_done(&out);
}

static void names_actions_and_conflicts(void **state)
{
	(void)state;
	assert_string_equal(cni_action_sql(CNI_NO_ACTION), "NO ACTION");
	assert_string_equal(cni_action_sql(CNI_CASCADE), "CASCADE");
	assert_string_equal(cni_conflict_sql(CNI_CONFLICT_NONE), "ABORT");
	assert_string_equal(cni_conflict_sql(CNI_CONFLICT_REPLACE), "REPLACE");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(writes_tables, done),
		cmocka_unit_test_teardown(writes_the_rowid_at_its_column, done),
		cmocka_unit_test_teardown(writes_comments, done),
		cmocka_unit_test_teardown(writes_other_objects, done),
		cmocka_unit_test_teardown(writes_what_was_never_text, done),
		cmocka_unit_test_teardown(names_actions_and_conflicts, done),
	};
	return RUN(tests);
}
