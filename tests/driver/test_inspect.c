/* test_inspect.c - reading the schema of a live database, and building one to read it
 * (normalising). */
#include "driver_test.h"

#include <time.h>

#include "base/clock.h"
#include "driver/sqlite/sqlite.h"

static cni_schema *inspect(fixture *f, cni_conn *conn)
{
	cni_schema *schema = NULL;
	assert_ok(cni_conn_inspect(conn, &f->arena, &schema, &f->err), &f->err);
	return schema;
}

/* "table a, index a_x, …" */
static const char *listing(fixture *f, const cni_schema *schema)
{
	static const char *const kinds[] = {
		"other", "table", "index", "view", "trigger", "virtual"};
	char *out = cni_strdup(&f->arena, "");
	for (size_t i = 0; i < schema->object_count; i++)
		out = cni_printf(&f->arena, "%s%s%s %s", out, i ? ", " : "",
			kinds[schema->objects[i].ddl.kind], schema->objects[i].name);
	return out;
}

static void reads_what_is_there_in_order(void **state)
{
	fixture *f = *state;
	cni_conn *conn = memory_db(f);
	assert_int_equal(inspect(f, conn)->object_count, 0);
	exec(f, conn,
		"CREATE TABLE b(id INTEGER PRIMARY KEY AUTOINCREMENT, x UNIQUE, y TEXT COLLATE NOCASE);"
		"CREATE VIEW v AS SELECT * FROM b;"
		"CREATE TABLE \"a 'b\"\"c\"(z REFERENCES b ON DELETE CASCADE, CHECK(z > 0));"
		"CREATE INDEX \"a i\" ON \"a 'b\"\"c\"(z DESC) WHERE z > 5;"
		"CREATE TRIGGER g INSTEAD OF INSERT ON v BEGIN INSERT INTO b(x) VALUES(new.x); END;"
		"CREATE TEMP TABLE hidden(t); CREATE TEMP VIEW hidden_too AS SELECT 1; ANALYZE;");
	cni_schema *schema = inspect(f, conn);
	assert_string_equal(
		listing(f, schema), "table b, view v, table a 'b\"c, index a i, trigger g");
	assert_string_equal(schema->engine, "sqlite");
	const cni_object *b = cni_schema_table(schema, "B");
	assert_non_null(b);
	assert_int_equal(b->ddl.table.column_count, 3);
	assert_string_equal(b->ddl.table.columns[2].collate, "NOCASE");
	assert_string_equal(schema->objects[4].table, "v");
	cni_conn_close(conn);
}

static void leaves_out_what_is_internal(void **state)
{
	fixture *f = *state;
	cni_conn *conn = memory_db(f);
	exec(f, conn,
		"CREATE VIRTUAL TABLE Docs USING fts5(body, tokenize = 'porter');"
		"CREATE VIRTUAL TABLE old USING fts4(body); CREATE VIRTUAL TABLE box USING rtree(id, x0, x1);"
		"CREATE TABLE docs_notes(a); CREATE TABLE sqliteish(a);"
		"CREATE TABLE cantil_version(revision); CREATE INDEX cv ON cantil_version(revision);"
		"CREATE TABLE cantil_versions(mine)");
	assert_string_equal(listing(f, inspect(f, conn)),
		"virtual Docs, virtual old, virtual box, table docs_notes, table sqliteish, table cantil_versions");
	assert_true(cni_own_table("Cantil_Version"));
	assert_false(cni_own_table("cantil_versions"));
	cni_conn_close(conn);
}

static void reads_every_encoding(void **state)
{
	fixture *f = *state;
	static const char *const encodings[] = {"UTF-8", "UTF-16le", "UTF-16be"};
	for (size_t i = 0; i < 3; i++) {
		cni_conn *conn = memory_db(f);
		assert_ok(cni_conn_execf(conn, &f->err, "PRAGMA encoding = '%s'", encodings[i]),
			&f->err);
		exec(f, conn,
			"CREATE TABLE \"stra\xC3\x9F"
			"e\"(\"\xE2\x82\xAC\" DEFAULT '\xF0\x9F\x99\x82')");
		cni_schema *schema = inspect(f, conn);
		assert_string_equal(schema->objects[0].name, "stra\xC3\x9F"
							     "e");
		assert_string_equal(
			schema->objects[0].ddl.table.columns[0].default_sql, "'\xF0\x9F\x99\x82'");
		cni_conn_close(conn);
	}
}

static void sees_one_state_while_others_write(void **state)
{
	fixture *f = *state;
	cni_conn *conn = open_db(f, "a.db", CNI_OPEN_CREATE),
		 *other = open_db(f, "a.db", CNI_OPEN_WRITE);
	exec(f, conn, "CREATE TABLE t(a)");
	assert_ok(cni_conn_begin(conn, CNI_TX_READ, &f->err), &f->err);
	assert_int_equal(inspect(f, conn)->object_count, 1);
	exec(f, other, "CREATE TABLE u(a)");
	assert_int_equal(inspect(f, conn)->object_count, 1);
	assert_true(cni_conn_in_transaction(conn)); /* the caller's own goes on */
	cni_conn_rollback(conn);
	assert_int_equal(inspect(f, conn)->object_count, 2);
	assert_false(cni_conn_in_transaction(conn));
	cni_conn_close(conn);
	cni_conn_close(other);
}

static void names_what_cannot_be_read(void **state)
{
	fixture *f = *state;
	cni_conn *conn = memory_db(f);
	exec(f, conn, "CREATE TABLE good(a); CREATE VIEW odd AS SELECT 1");
	/* SQLite does not look at a row whose text it did not load; we must */
	assert_ok(cni_conn_set(conn, CNI_SETTING_DEFENSIVE, 0, &f->err), &f->err);
	assert_ok(cni_conn_set(conn, CNI_SETTING_WRITABLE_SCHEMA, 1, &f->err), &f->err);
	exec(f, conn, "UPDATE sqlite_schema SET sql = 'CREATE VIEW odd AS' WHERE name = 'odd'");
	cni_schema *schema = NULL;
	assert_int_equal(cni_conn_inspect(conn, &f->arena, &schema, &f->err), CN_ESCHEMA);
	assert_contains(f->err.message, "view \"odd\" cannot be read");
	assert_contains(f->err.detail, "CREATE VIEW odd AS");
	assert_null(schema);
	cni_conn_close(conn);
}

static const char *normalised(fixture *f, const char *script)
{
	cni_schema *schema = NULL;
	assert_ok(cni_normalise_sql("sqlite", script, &f->arena, &schema, &f->err), &f->err);
	return listing(f, schema);
}

static void builds_scripts_of_every_kind(void **state)
{
	fixture *f = *state;
	assert_string_equal(normalised(f, ""), "");
	assert_string_equal(normalised(f, "-- only a comment"), "");
	/* what the sqlite3 shell dumps, a virtual table in it */
	assert_string_equal(
		normalised(f,
			"PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;\nCREATE TABLE t(id INTEGER PRIMARY KEY "
			"AUTOINCREMENT, a);\nINSERT INTO t VALUES(1,'it''s; here');\nPRAGMA writable_schema=ON;\n"
			"INSERT INTO sqlite_schema(type,name,tbl_name,rootpage,sql)VALUES('table','d','d',0,"
			"'CREATE VIRTUAL TABLE d USING fts5(body, tokenize=''porter'')');\n"
			"CREATE TABLE IF NOT EXISTS 'd_data'(id INTEGER PRIMARY KEY, block BLOB);\n"
			"INSERT INTO d_data VALUES(1,X'00');\nDELETE FROM sqlite_sequence;\n"
			"INSERT INTO sqlite_sequence VALUES('t',1);\nCREATE INDEX i ON t(a);\n"
			"PRAGMA writable_schema=OFF;\nCOMMIT;\n"),
		"table t, virtual d, index i");
	/* a history: only what is left counts, and rows are not needed for it */
	assert_string_equal(
		normalised(f,
			"PRAGMA journal_mode=WAL; CREATE TABLE a(x); CREATE TABLE gone(x); INSERT INTO a VALUES(1),(1);"
			"CREATE UNIQUE INDEX u ON a(x); ALTER TABLE a RENAME TO b; ALTER TABLE b ADD COLUMN y;"
			"DROP TABLE gone; CREATE TABLE c AS SELECT x, y FROM b; VACUUM; SELECT * FROM b;"
			"UPDATE b SET x = 1; WITH q AS (SELECT 1) SELECT * FROM q"),
		"table b, index u, table c");
	/* pointing at nothing, calling what only the application knows */
	assert_string_equal(
		normalised(f,
			"CREATE TABLE t(a COLLATE german CHECK(is_valid(a)), b AS (app_hash(a, 1)));"
			"CREATE INDEX i ON t(soundslike(a), b COLLATE german);"
			"CREATE VIEW v AS SELECT missing(x) FROM nowhere;"
			"CREATE TRIGGER g AFTER INSERT ON t BEGIN INSERT INTO nowhere VALUES(new.a); END"),
		"table t, index i, view v, trigger g");
}

static void tells_the_line_of_a_mistake(void **state)
{
	fixture *f = *state;
	static const struct {
		const char *script, *message, *detail;
		cn_status status;
	} rows[] = {
		{"CREATE TABLE a(x);\n\nCREATE TABLE b(y,\n  z INT NOT,\n  q);", "syntax error",
			"line 4: ", CN_ESQL},
		{"-- first\nCREATE TABLE a(x);\n-- again\nCREATE TABLE a(x);",
			"table a already exists", "line 4: ", CN_ESQL},
		{"CREATE TABLE a(x);\nINSERT INTO a VALUE(1);", "syntax error",
			"line 2: ", CN_ESQL},
		{"CREATE TABLE a(x);\nINSERT INTO b VALUES(1);", "no such table: b",
			"line 2: ", CN_ESQL},
		{"CREATE TABLE a(x", "incomplete input", "line 1: CREATE TABLE a(x", CN_ESQL},
		{"\n\nCREATE TABLE a(x) 'oops", "unrecognized token", "line 3: ", CN_ESQL},
		{"CREATE VIRTUAL TABLE a USING nomodule(x)", "no such module: nomodule", "line 1",
			CN_ESQL},
		{"hello", "syntax error", "line 1: hello", CN_ESQL},
		{"ATTACH '/tmp/cantil-evil.db' AS e", "ATTACH is not allowed here", "line 1",
			CN_EUNSUPPORTED},
		{"VACUUM INTO '/tmp/cantil-evil.db'", NULL, NULL, CN_OK}, /* looked at, not run */
		{"CREATE TABLE t AS SELECT load_extension('x')", "load_extension", "line 1",
			CN_EUNSUPPORTED},
		{"PRAGMA temp_store_directory='/tmp'", "PRAGMA temp_store_directory is not allowed",
			"line 1", CN_EUNSUPPORTED},
		{"PRAGMA hard_heap_limit=1", "PRAGMA hard_heap_limit is not allowed", "line 1",
			CN_EUNSUPPORTED},
		{"PRAGMA schema_version=7", "PRAGMA schema_version is not allowed", "line 1",
			CN_EUNSUPPORTED},
		{"CREATE TABLE t(a);\nPRAGMA writable_schema=1;\nUPDATE sqlite_schema SET sql='x'",
			NULL, NULL, CN_OK},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		cni_schema *schema = NULL;
		memset(&f->err, 0, sizeof f->err);
		assert_int_equal(
			cni_normalise_sql("sqlite", rows[i].script, &f->arena, &schema, &f->err),
			rows[i].status);
		if (rows[i].message) {
			assert_contains(f->err.message, rows[i].message);
			assert_contains(f->err.detail, rows[i].detail);
		}
	}
	assert_int_equal(access("/tmp/cantil-evil.db", F_OK), -1);
	cni_schema *schema = NULL;
	assert_int_equal(
		cni_normalise_sql("oracle", "", &f->arena, &schema, &f->err), CN_EUNSUPPORTED);
	assert_contains(f->err.message, "no driver for \"oracle\"");
}

/* The clock of the guard is what ends it: the test moves the deadline instead of waiting for it. */
static void ends_what_would_run_for_ever(void **state)
{
	fixture *f = *state;
	static const char endless[] =
		"CREATE TABLE t AS WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM c) SELECT sum(i) FROM c";
	cni_conn *conn = NULL;
	assert_ok(cni_conn_scratch("sqlite", &conn, &f->err), &f->err);
	int64_t guard = 0;
	assert_ok(cni_conn_get(conn, CNI_SETTING_GUARD, &guard, &f->err), &f->err);
	assert_int_equal(guard, 1);
	cni_sqlite_of(conn)->guard_ms = 50;
	int64_t start = cni_clock_mono_us();
	assert_int_equal(cni_conn_exec(conn, endless, &f->err), CN_ECANCELED);
	assert_contains(f->err.message, "ran longer than");
	assert_true(cni_clock_mono_us() - start < 5000000);
	/* rows without end: the memory is bounded */
	cni_sqlite_of(conn)->guard_ms = 10000;
	exec(f, conn, "PRAGMA page_size");
	cni_stmt *stmt;
	cni_sqlite_of(conn)->guard_ms = 50;
	assert_ok(
		cni_conn_prepare(conn,
			"WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM c) SELECT count(*) FROM c",
			&stmt, &f->err),
		&f->err);
	assert_int_equal(cni_stmt_step(stmt, &f->err), CN_ECANCELED);
	cni_stmt_release(stmt);
	/* many that are not too long each: the script as a whole has one deadline */
	cni_buffer script = {0};
	for (int i = 0; i < 1000; i++)
		cni_buffer_printf(&script,
			"CREATE TABLE t%d AS WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM c LIMIT 50000) SELECT sum(i) FROM c;\n",
			i);
	start = cni_clock_mono_us();
	assert_int_equal(
		conn->driver->build(conn, script.data, script.size, &f->err), CN_ECANCELED);
	assert_true(cni_clock_mono_us() - start < 5000000);
	cni_buffer_done(&script);
	/* our own SQL is not bound by it */
	assert_ok(cni_conn_set(conn, CNI_SETTING_GUARD, 0, &f->err), &f->err);
	exec(f, conn, "ATTACH ':memory:' AS m; DETACH m");
	cni_conn_close(conn);
}

static void normalises_a_schema(void **state)
{
	fixture *f = *state;
	cni_conn *conn = memory_db(f);
	exec(f, conn,
		"CREATE TABLE t(a  integer, [b] text  /* why */); CREATE INDEX i ON t(b); CREATE VIEW v AS SELECT nope();"
		"CREATE VIRTUAL TABLE d USING fts5(x)");
	cni_schema *schema = inspect(f, conn), *again = NULL;
	assert_ok(cni_normalise(schema, &f->arena, &again, &f->err), &f->err);
	assert_true(cni_schema_equal(schema, again));
	assert_string_equal(listing(f, again), "table t, index i, view v, virtual d");
	cni_conn_close(conn);
	cni_schema *bad = cni_schema_new(&f->arena, "sqlite");
	assert_ok(cni_schema_add_sql(bad, "CREATE INDEX i ON t(a)", 22, &f->err), &f->err);
	assert_int_equal(cni_normalise(bad, &f->arena, &again, &f->err), CN_ESQL);
	assert_contains(f->err.message, "index \"i\" cannot be built: no such table: main.t");
}

/* Many objects are built in several databases; nobody may see that. */
static void normalises_large_schemas_alike(void **state)
{
	fixture *f = *state;
	cni_buffer sql = {0};
	for (int i = 0; i < 300; i++) {
		cni_buffer_printf(&sql,
			"CREATE TABLE t%d(id INTEGER PRIMARY KEY, p REFERENCES t%d, n TEXT);\n", i,
			(i * 7) % 300);
		if (i % 3 == 0)
			cni_buffer_printf(&sql, "CREATE VIEW v%d AS SELECT * FROM t%d, t%d;\n", i,
				i, 299 - i);
	}
	for (int i = 299; i >= 0; i--) {
		cni_buffer_printf(&sql, "CREATE INDEX i%d ON T%d(n);\n", i, i);
		cni_buffer_printf(&sql,
			"CREATE TRIGGER g%d INSTEAD OF INSERT ON v%d BEGIN DELETE FROM t%d; END;\n",
			i, i - i % 3, (i * 11) % 300);
	}
	cni_buffer_puts(&sql, "CREATE TABLE cantil_version(a);\nCREATE TABLE last(a);\n");
	cni_conn *conn = NULL;
	assert_ok(cni_conn_scratch("sqlite", &conn, &f->err), &f->err);
	exec(f, conn, sql.data);
	cni_schema *expected = inspect(f, conn), *schema = NULL, *again = NULL;
	cni_conn_close(conn);
	assert_int_equal(expected->object_count, 300 + 100 + 600 + 1);
	assert_ok(cni_normalise_sql("sqlite", sql.data, &f->arena, &schema, &f->err), &f->err);
	assert_string_equal(listing(f, schema), listing(f, expected));
	for (size_t i = 0; i < schema->object_count; i++)
		assert_string_equal(schema->objects[i].sql, expected->objects[i].sql);
	assert_ptr_equal(
		cni_schema_table(schema, "LAST"), &schema->objects[schema->object_count - 1]);
	assert_ok(cni_normalise(expected, &f->arena, &again, &f->err), &f->err);
	assert_true(cni_schema_equal(again, expected));
	/* a mistake is found, with its line, wherever it stands */
	size_t good = sql.size;
	cni_buffer_puts(&sql, "CREATE INDEX I7 ON t8(n);\n");
	assert_int_equal(
		cni_normalise_sql("sqlite", sql.data, &f->arena, &schema, &f->err), CN_ESQL);
	assert_string_equal(f->err.message, "index I7 already exists");
	assert_contains(f->err.detail, "line 1003: ");
	sql.size = good;
	sql.data[good] = '\0';
	cni_buffer_puts(&sql, "CREATE INDEX other ON t8(nowhere);\n");
	assert_int_equal(
		cni_normalise_sql("sqlite", sql.data, &f->arena, &schema, &f->err), CN_ESQL);
	assert_contains(f->err.detail, "line 1003: ");
	sql.size = good;
	sql.data[good] = '\0';
	cni_buffer_puts(&sql,
		"CREATE VIRTUAL TABLE d USING fts5(x); CREATE TABLE x AS SELECT n, id FROM t5; DROP TABLE last;");
	assert_ok(cni_normalise_sql("sqlite", sql.data, &f->arena, &schema, &f->err), &f->err);
	assert_int_equal(schema->object_count, expected->object_count + 1);
	cni_buffer_done(&sql);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(reads_what_is_there_in_order),
		TEST(leaves_out_what_is_internal),
		TEST(reads_every_encoding),
		TEST(sees_one_state_while_others_write),
		TEST(names_what_cannot_be_read),
		TEST(builds_scripts_of_every_kind),
		TEST(tells_the_line_of_a_mistake),
		TEST(ends_what_would_run_for_ever),
		TEST(normalises_a_schema),
		TEST(normalises_large_schemas_alike),
	};
	return RUN(tests);
}
