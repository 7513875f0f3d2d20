/* test_parse.c - a CREATE statement becomes the right data, to the byte. */
#include "tap.h"

#include "sql/ddl.h"

static cni_arena arena;

static cni_ddl parse(const char *sql)
{
	cni_ddl ddl = {0};
	cn_error err = {0};

	if (cni_ddl_parse(&arena, sql, strlen(sql), &ddl, &err) < 0)
		fail_msg("%s: %s | %s", sql, err.message, err.detail);
	return ddl;
}

static cni_ddl_table table(const char *sql)
{
	cni_ddl ddl = parse(sql);

	assert_int_equal(ddl.kind, CNI_DDL_TABLE);
	return ddl.table;
}

static void assert_same(const char *got, const char *want)
{
	if (!got || !want)
		assert_ptr_equal(got, want);
	else
		assert_string_equal(got, want);
}

static int done(void **state)
{
	(void)state;
	cni_arena_done(&arena);
	return 0;
}

static void reads_types(void **state)
{
	static const struct {
		const char *sql, *type;
	} rows[] = {
		{"a", NULL},
		{"a INTEGER", "INTEGER"},
		{"a unsigned \n\t big int", "unsigned big int"},
		{"a VARCHAR(10)", "VARCHAR(10)"},
		{"a DECIMAL ( 10 ,+2 )", "DECIMAL ( 10 ,+2 )"},
		{"a \"my type\" [x]", "\"my type\" [x]"},
		{"a [Integer]", "INTEGER"},
		{"a 'any'", "ANY"},
		{"a `blob` x", "`blob` x"},
		/* SQLite finds an affinity in a comment, too */
		{"a VAR/* an int, \"so\" */CHAR", "VAR /*INT*/ CHAR"},
		{"a BIG/* one */THING", "BIG THING"},
		{"a TEXT /* int */", "TEXT"},
		{"a 'text'", "TEXT"},
		{"a int/* 4 */NOT NULL", "int"},
		{"a long/**/int", "long int"},
		{"a INT GENERATED ALWAYS AS (1)", "INT"},
		{"a GENERATED ALWAYS AS (1)", NULL},
		{"a generated", "generated"},
		{"a int always", "int always"},
		{"a int            always", "int"},
		{"a key desc view", "key desc view"},
		{"a N(1e3)", "N(1e3)"},
		{"a INT GENERATED ALWAYS(5) NOT NULL", "INT GENERATED ALWAYS(5)"},
		{"a VARCHAR(5) GENERATED ALWAYS AS (1)", "VARCHAR(5)"},
		{"a CONSTRAINT x", NULL},
	};
	char sql[200];

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		snprintf(sql, sizeof sql, "CREATE TABLE t(%s)", rows[i].sql);
		assert_same(table(sql).columns[0].type, rows[i].type);
	}
}

static void reads_defaults(void **state)
{
	static const struct {
		const char *sql, *text;
		bool is_expression;
	} rows[] = {
		{"DEFAULT 5", "5", false},
		{"DEFAULT - /* minus */ 5.5", "- /* minus */ 5.5", false},
		{"DEFAULT +0x1F", "+0x1F", false},
		{"DEFAULT 'it''s'", "'it''s'", false},
		{"DEFAULT x'00'", "x'00'", false},
		{"DEFAULT bare", "bare", false},
		{"DEFAULT \"a b\"", "\"a b\"", false},
		{"DEFAULT TRUE", "TRUE", false},
		{"DEFAULT NULL", "NULL", false},
		{"DEFAULT - NULL", "- NULL", false},
		{"DEFAULT CURRENT_TIMESTAMP", "CURRENT_TIMESTAMP", false},
		{"DEFAULT -CURRENT_DATE", "-CURRENT_DATE", false},
		{"DEFAULT ( 1 + (2) )", "1 + (2)", true},
		{"DEFAULT (CURRENT_TIME) NOT NULL", "CURRENT_TIME", true},
		{"DEFAULT key NOT NULL", "key", false},
		{"DEFAULT 1 DEFAULT (2)", "2", true},
		{"DEFAULT (2) DEFAULT 1", "1", false},
		{"DEFAULT((a)-- )\n)", "(a)", true},
	};
	char sql[200];

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		snprintf(sql, sizeof sql, "CREATE TABLE t(a TEXT %s, b)", rows[i].sql);
		cni_ddl_column column = table(sql).columns[0];
		assert_same(column.default_sql, rows[i].text);
		assert_int_equal(column.default_is_expression, rows[i].is_expression);
		assert_same(column.type, "TEXT");
	}
}

static void reads_column_properties(void **state)
{
	(void)state;
	cni_ddl_table t = table(
		"CREATE TABLE t(\n"
		" a TEXT COLLATE \"my coll\" CONSTRAINT nn NOT NULL ON CONFLICT IGNORE NULL ON CONFLICT FAIL,\n"
		" b INT AS (a || 'x') STORED NOT NULL,\n"
		" c GENERATED ALWAYS AS ((b)),\n"
		" d NOT NULL GENERATED ALWAYS AS (1) VIRTUAL CONSTRAINT unused)");
	assert_int_equal(t.column_count, 4);
	assert_same(t.columns[0].collate, "my coll");
	assert_true(t.columns[0].not_null);
	assert_same(t.columns[0].not_null_name, "nn");
	assert_int_equal(t.columns[0].not_null_conflict, CNI_CONFLICT_IGNORE);
	assert_same(t.columns[1].generated_sql, "a || 'x'");
	assert_true(t.columns[1].generated_stored && t.columns[1].not_null);
	assert_null(t.columns[1].not_null_name);
	assert_same(t.columns[2].generated_sql, "(b)");
	assert_false(t.columns[2].generated_stored);
	assert_null(t.columns[2].type);
	assert_same(t.columns[3].generated_sql, "1");
	assert_int_equal(t.constraint_count, 0);
}

static void reads_constraints_at_columns(void **state)
{
	(void)state;
	cni_ddl_table t = table(
		"CREATE TABLE t(a INTEGER CONSTRAINT pk PRIMARY KEY DESC ON CONFLICT REPLACE AUTOINCREMENT"
		" UNIQUE ON CONFLICT ROLLBACK, b CHECK (b > ')') REFERENCES 'p' ON UPDATE SET NULL MATCH FULL ON DELETE CASCADE"
		" NOT DEFERRABLE INITIALLY DEFERRED CONSTRAINT f REFERENCES q(x, y COLLATE z DESC) ON INSERT RESTRICT"
		" DEFERRABLE INITIALLY DEFERRED, c DEFERRABLE)");
	assert_int_equal(t.constraint_count, 5);
	const cni_ddl_constraint *c = t.constraints;
	assert_int_equal(c[0].kind, CNI_PRIMARY_KEY);
	assert_same(c[0].name, "pk");
	assert_true(c[0].at_column && c[0].autoincrement && c[0].parts[0].desc);
	assert_int_equal(c[0].conflict, CNI_CONFLICT_REPLACE);
	assert_same(c[0].parts[0].name, "a");
	assert_int_equal(c[1].kind, CNI_UNIQUE);
	assert_null(c[1].name);
	assert_int_equal(c[1].conflict, CNI_CONFLICT_ROLLBACK);
	assert_int_equal(c[2].kind, CNI_CHECK);
	assert_int_equal(c[2].column, 1);
	assert_same(c[2].check_sql, "b > ')'");
	assert_int_equal(c[3].kind, CNI_FOREIGN_KEY);
	assert_same(c[3].parent, "p");
	assert_same(c[3].match, "FULL");
	assert_int_equal(c[3].on_update, CNI_SET_NULL);
	assert_int_equal(c[3].on_delete, CNI_CASCADE);
	assert_int_equal(c[3].parent_column_count, 0);
	assert_false(c[3].deferrable || c[3].initially_deferred);
	assert_same(c[4].name, "f");
	assert_int_equal(c[4].parent_column_count, 2);
	assert_same(c[4].parent_columns[1], "y");
	/* DEFERRABLE of column c speaks of the last foreign key, and takes INITIALLY DEFERRED back
	 */
	assert_true(c[4].deferrable && !c[4].initially_deferred);
}

static void reads_a_comma_before_the_options(void **state)
{
	(void)state;
	cni_ddl_table t = table("CREATE TABLE t(a PRIMARY KEY), WITHOUT ROWID");
	cni_ddl ddl;
	cn_error err;
	assert_true(t.without_rowid && !t.strict);
	assert_int_equal(cni_ddl_parse(&arena, "CREATE TABLE t(a),", 18, &ddl, &err), CN_ESQL);
}

static void reads_constraints_of_tables(void **state)
{
	(void)state;
	cni_ddl_table t = table(
		"CREATE TABLE t(a, b, PRIMARY KEY(a COLLATE nocase DESC, \"b\" ASC AUTOINCREMENT) ON CONFLICT FAIL"
		" CONSTRAINT u UNIQUE(b) CHECK(a) ON CONFLICT REPLACE, CONSTRAINT x CONSTRAINT y FOREIGN KEY(a, [b]) REFERENCES"
		" t(b, a) ON DELETE NO ACTION ON UPDATE RESTRICT DEFERRABLE INITIALLY IMMEDIATE, CONSTRAINT z) WITHOUT ROWID, strict;");
	assert_int_equal(t.constraint_count, 4);
	const cni_ddl_constraint *c = t.constraints;
	assert_false(c[0].at_column || c[1].at_column || c[2].at_column || c[3].at_column);
	assert_true(c[0].autoincrement);
	assert_int_equal(c[0].conflict, CNI_CONFLICT_FAIL);
	assert_int_equal(c[0].part_count, 2);
	assert_same(c[0].parts[0].collate, "nocase");
	assert_true(c[0].parts[0].desc && !c[0].parts[1].desc);
	assert_same(c[0].parts[1].name, "b");
	assert_same(c[1].name, "u");
	assert_same(c[2].check_sql, "a");
	assert_same(c[3].name, "y");
	assert_int_equal(c[3].part_count, 2);
	assert_same(c[3].parts[1].name, "b");
	assert_int_equal(c[3].on_update, CNI_RESTRICT);
	assert_true(c[3].deferrable && !c[3].initially_deferred);
	assert_true(t.without_rowid && t.strict);
}

static void reads_names(void **state)
{
	static const struct {
		const char *sql, *name;
	} rows[] = {
		{"CREATE TABLE plain(a)", "plain"},
		{"create table \"a\"\"b\"(a)", "a\"b"},
		{"CREATE TABLE main.[x y](a)", "x y"},
		{"CREATE TABLE \"main\" . 'str'(a)", "str"},
		{"CREATE TABLE IF NOT EXISTS `b`(a)", "b"},
		{"CREATE TABLE desc(a)", "desc"},
		{"CREATE TABLE left(a)", "left"},
		{"CREATE TABLE temp.temp(a)", "temp"},
		{"CREATE TEMPORARY TABLE Z\xC3\xBCrich$(a)", "Z\xC3\xBCrich$"},
		{"CREATE TABLE t AS SELECT 1", "t"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		assert_same(table(rows[i].sql).name, rows[i].name);
	assert_same(table("CREATE TABLE t(\"a b\", 'c', [d], `e`, desc, left, indexed, rowid)")
			    .columns[0]
			    .name,
		"a b");
	assert_int_equal(table("CREATE TABLE t(\"a b\", 'c', [d], `e`, desc, left, indexed, rowid)")
				 .column_count,
		8);
	assert_true(table("CREATE TABLE IF NOT EXISTS t(a)").if_not_exists);
	assert_true(table("CREATE TEMP TABLE t(a)").temporary);
	assert_same(table("CREATE TABLE t AS SELECT (1) -- one\n;").as_select_sql, "SELECT (1)");
}

static void knows_where_things_stand(void **state)
{
	static const char sql[] =
		"/* x */ CREATE TABLE main . \"a t\" -- y\n ( a INT DEFAULT (1) -- z\n, 'b c' , d NOT NULL /**/)";
	static const char *const columns[] = {"a INT DEFAULT (1)", "'b c'", "d NOT NULL"};

	(void)state;
	cni_ddl_table t = table(sql);
	assert_memory_equal(sql + t.name_start, "\"a t\"", t.name_size);
	assert_int_equal(t.name_size, 5);
	assert_int_equal(t.body_start, strchr(sql, '(') - sql);
	assert_int_equal(t.column_count, 3);
	for (size_t i = 0; i < t.column_count; i++) {
		assert_int_equal(t.columns[i].text_size, strlen(columns[i]));
		assert_memory_equal(sql + t.columns[i].text_start, columns[i], strlen(columns[i]));
	}
}

static void keeps_comments_of_people(void **state)
{
	(void)state;
	cni_ddl_table t = table(
		"-- a header of the file\n\n-- people\n-- of the town\nCREATE TABLE person (\n"
		"  -- who it is\n  id INTEGER PRIMARY KEY, -- the key\n"
		"  name TEXT -- as in the passport\n    NOT NULL, /* never empty */\n"
		"  /* in\n   metres */ height REAL, /* kilograms */ weight REAL\n"
		"  , age INT -- years\n  -- mood TEXT\n)");
	assert_same(t.comment, "people\nof the town");
	assert_same(t.columns[0].comment, "who it is\nthe key");
	assert_same(t.columns[1].comment, "as in the passport\nnever empty");
	assert_same(t.columns[2].comment, "in\nmetres");
	assert_same(t.columns[3].comment, "kilograms");
	assert_same(t.columns[4].comment, "years");
	t = table(
		"-- before\nCREATE TABLE t ( -- inside\n a, -- the a\n -- of the key\n PRIMARY KEY (a))");
	assert_same(t.comment, "inside");
	assert_same(t.columns[0].comment, "the a");
	t = table("CREATE TABLE t(a, b)");
	assert_null(t.comment);
	assert_null(t.columns[0].comment);
}

static void reads_indexes(void **state)
{
	(void)state;
	cni_ddl ddl = parse(
		"CREATE UNIQUE INDEX IF NOT EXISTS main.i ON [t u](a, \"b\" COLLATE nocase DESC, ((c)),"
		" (d COLLATE rtrim) ASC, lower(e) COLLATE desc, f || 'x' COLLATE y, (g) + (h), desc, 'i', 5) WHERE (a) > 0 AND b");
	const cni_ddl_part *p = ddl.index.parts;
	assert_int_equal(ddl.kind, CNI_DDL_INDEX);
	assert_true(ddl.index.unique && ddl.index.if_not_exists);
	assert_same(ddl.index.name, "i");
	assert_same(ddl.index.table, "t u");
	assert_same(ddl.index.where_sql, "(a) > 0 AND b");
	static const struct {
		const char *expr, *name, *collate;
		bool desc;
	} rows[] = {
		{"a", "a", NULL, false},
		{"\"b\"", "b", "nocase", true},
		{"c", "c", NULL, false},
		{"d", "d", "rtrim", false},
		{"lower(e)", NULL, "desc", false},
		{"f || 'x'", NULL, "y", false},
		{"(g) + (h)", NULL, NULL, false},
		{"desc", "desc", NULL, false},
		{"'i'", "i", NULL, false},
		{"5", NULL, NULL, false},
	};
	assert_int_equal(ddl.index.part_count, sizeof rows / sizeof *rows);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		assert_same(p[i].expr_sql, rows[i].expr);
		assert_same(p[i].name, rows[i].name);
		assert_same(p[i].collate, rows[i].collate);
		assert_int_equal(p[i].desc, rows[i].desc);
	}
	ddl = parse("CREATE INDEX i ON t(a DESC NULLS LAST, nulls first, b nulls first)");
	assert_int_equal(ddl.index.parts[0].nulls, 2);
	assert_true(ddl.index.parts[0].desc);
	assert_int_equal(ddl.index.parts[1].nulls, 0);
	assert_int_equal(ddl.index.parts[2].nulls, 1);
	assert_same(ddl.index.parts[2].name, "b");
}

static void reads_other_objects(void **state)
{
	(void)state;
	cni_ddl ddl = parse(
		"CREATE TEMP VIEW IF NOT EXISTS v(a, \"b c\") AS SELECT (1), ';' -- end\n ; ");
	assert_int_equal(ddl.kind, CNI_DDL_VIEW);
	assert_true(ddl.view.temporary);
	assert_int_equal(ddl.view.column_count, 2);
	assert_same(ddl.view.columns[1], "b c");
	assert_same(ddl.view.select_sql, "SELECT (1), ';'");
	ddl = parse(
		"CREATE TRIGGER before BEFORE UPDATE OF a, \"b\" ON main.t FOR EACH ROW WHEN new.begin > (1)"
		" BEGIN SELECT CASE 1 WHEN 1 THEN 2 END; INSERT INTO t(end) VALUES(1) ; /* x */ END -- done");
	assert_int_equal(ddl.kind, CNI_DDL_TRIGGER);
	assert_same(ddl.trigger.name, "before");
	assert_same(ddl.trigger.table, "t");
	assert_same(ddl.trigger.head_sql, "BEFORE UPDATE OF a, \"b\"");
	assert_same(ddl.trigger.body_sql,
		"FOR EACH ROW WHEN new.begin > (1) BEGIN SELECT CASE 1 WHEN 1 THEN 2 END;"
		" INSERT INTO t(end) VALUES(1) ; /* x */ END");
	ddl = parse("CREATE TRIGGER x INSTEAD OF DELETE ON v BEGIN SELECT 1; END;");
	assert_same(ddl.trigger.head_sql, "INSTEAD OF DELETE");
	ddl = parse(
		"CREATE VIRTUAL TABLE IF NOT EXISTS main.f USING fts5(a, b UNINDEXED, , tokenize = 'porter (x', p(q, r));");
	assert_int_equal(ddl.kind, CNI_DDL_VIRTUAL);
	assert_same(ddl.virtual_table.name, "f");
	assert_same(ddl.virtual_table.module, "fts5");
	assert_int_equal(ddl.virtual_table.argument_count, 4);
	assert_same(ddl.virtual_table.arguments[1], "b UNINDEXED");
	assert_same(ddl.virtual_table.arguments[3], "p(q, r)");
	assert_int_equal(
		parse("CREATE VIRTUAL TABLE f USING dbstat").virtual_table.argument_count, 0);
	assert_int_equal(parse("CREATE VIRTUAL TABLE f USING m()").virtual_table.argument_count, 0);
	assert_int_equal(parse("INSERT INTO t VALUES(1); rest").kind, CNI_DDL_OTHER);
	assert_int_equal(parse(" -- nothing").kind, CNI_DDL_OTHER);
}

static void says_where_it_is_wrong(void **state)
{
	static const struct {
		const char *sql, *message, *detail;
	} rows[] = {
		{"CREATE TABLE t(a,)", "near \")\"", "line 1, column 18"},
		{"CREATE TABLE t(\n  a INT\n  b-)", "near \"-\"", "line 3, column 4"},
		{"CREATE TABLE t(a", "ends too early", "line 1, column 17"},
		{"CREATE TABLE t(a DEFAULT)", "near \")\"", "column 25"},
		{"CREATE TABLE t(a CHECK())", "near \")\"", "column 24"},
		{"CREATE TABLE t(a CHECK (1;))", "near \";\"", "column 26"},
		{"CREATE TABLE t(a 'open)", "unrecognized token", "column 18"},
		{"CREATE TABLE t(a) x", "near \"x\"", "column 19"},
		{"CREATE TABLE t(a); b", "near \"b\"", "column 20"},
		{"CREATE TABLE t(PRIMARY KEY(a))", "near \"PRIMARY\"", ""},
		{"CREATE TABLE t(a, UNIQUE(a), b)", "near \"b\"", ""},
		{"CREATE TABLE select(a)", "near \"select\"", ""},
		{"CREATE TABLE t(a, order)", "near \"order\"", ""},
		{"CREATE TABLE t(a VARCHAR(max))", "near \"max\"", ""},
		{"CREATE TABLE t(a (5))", "near \"(\"", ""},
		{"CREATE TABLE t(a) WITHOUT oid", "near \"oid\"", ""},
		{"CREATE TABLE t(a) STRICT,", "too early", ""},
		{"CREATE TABLE t()", "near \")\"", ""},
		{"CREATE TABLE t(a DEFAULT -x)", "near \"x\"", ""},
		{"CREATE TABLE t(a ON CONFLICT FAIL)", "near \"ON\"", ""},
		{"CREATE TABLE t(a UNIQUE ON CONFLICT no)", "near \"no\"", ""},
		{"CREATE TABLE t(a REFERENCES p ON DELETE drop)", "near \"drop\"", ""},
		{"CREATE TABLE t", "too early", ""},
		{"CREATE TABLE if not (a)", "near \"(\"", ""},
		{"CREATE UNIQUE TABLE t(a)", "near \"TABLE\"", ""},
		{"CREATE TEMP INDEX i ON t(a)", "near \"INDEX\"", ""},
		{"CREATE INDEX i ON t()", "near \")\"", ""},
		{"CREATE INDEX i ON t(a) WHERE", "too early", ""},
		{"CREATE INDEX i ON main.t(a)", "near \".\"", ""},
		{"CREATE VIEW v", "too early", ""},
		{"CREATE VIEW v AS", "too early", ""},
		{"CREATE VIEW v AS (SELECT 1", "too early", ""},
		{"CREATE TRIGGER t AFTER INSERT ON a BEGIN SELECT 1; ", "too early", ""},
		{"CREATE TRIGGER t AFTER INSERT ON a BEGIN SELECT 1 END;", "too early", ""},
		{"CREATE TRIGGER t ON a BEGIN SELECT 1; END", "near \"ON\"", ""},
		{"CREATE TRIGGER t DELETE ON a BEGIN SELECT 1; END x", "near \"x\"", ""},
		{"CREATE VIRTUAL TABLE f USING m(a", "too early", ""},
		{"CREATE DATABASE x", "near \"DATABASE\"", ""},
		{"CREATE TABLE t(a, CONSTRAINT x)) ", "near \")\"", ""},
		{"CREATE TABLE t(a, CONSTRAINT x y)", "near \"y\"", ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		cni_ddl ddl = {.kind = CNI_DDL_VIEW};
		cn_error err = {0};
		if (cni_ddl_parse(&arena, rows[i].sql, strlen(rows[i].sql), &ddl, &err) != CN_ESQL)
			fail_msg("accepted: %s", rows[i].sql);
		if (!strstr(err.message, rows[i].message) || !strstr(err.detail, rows[i].detail))
			fail_msg("%s: %s | %s", rows[i].sql, err.message, err.detail);
		assert_int_equal(err.status, CN_ESQL);
		assert_int_equal(ddl.kind, CNI_DDL_VIEW); /* the output is set on success only */
		assert_int_equal(
			cni_ddl_parse(&arena, rows[i].sql, strlen(rows[i].sql), &ddl, NULL),
			CN_ESQL);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(reads_types, done),
		cmocka_unit_test_teardown(reads_defaults, done),
		cmocka_unit_test_teardown(reads_column_properties, done),
		cmocka_unit_test_teardown(reads_constraints_at_columns, done),
		cmocka_unit_test_teardown(reads_a_comma_before_the_options, done),
		cmocka_unit_test_teardown(reads_constraints_of_tables, done),
		cmocka_unit_test_teardown(reads_names, done),
		cmocka_unit_test_teardown(knows_where_things_stand, done),
		cmocka_unit_test_teardown(keeps_comments_of_people, done),
		cmocka_unit_test_teardown(reads_indexes, done),
		cmocka_unit_test_teardown(reads_other_objects, done),
		cmocka_unit_test_teardown(says_where_it_is_wrong, done),
	};
	return RUN(tests);
}
