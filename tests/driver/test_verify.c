/* test_verify.c - what is asked of a table after a change: real faults are found, SQLite 3.40's
 * false alarms about WITHOUT ROWID tables are not believed. */
#include "driver_test.h"

#include <sqlite3.h>

#include "driver/sqlite/plan.h"

static cn_status verify(fixture *f, cni_conn *conn)
{
	cni_keep keep = {.from_table = "t", .to_table = "t"};
	const cni_plan plan = {.keeps = &keep, .keep_count = 1};
	void *before;
	memset(&f->err, 0, sizeof f->err);
	assert_ok(cni_sqlite_plan_before(conn, &plan, &f->arena, &before, &f->err), &f->err);
	return cni_sqlite_plan_after(conn, &plan, &f->arena, before, &f->err);
}

/* The key comes last in the text and first in the file. */
static void believes_the_table(void **state)
{
	fixture *f = *state;
	static const char *const rows[] = {
		"CREATE TABLE t (b NOT NULL, n INT, s TEXT, PRIMARY KEY (s)) WITHOUT ROWID;"
		"INSERT INTO t VALUES ('17', 5, '12'), (5, NULL, 'x')",
		"CREATE TABLE t (n BIGINT NOT NULL, d REAL, e DATETIME DEFAULT 'x', s TEXT, k INT,"
		" PRIMARY KEY (s, k)) WITHOUT ROWID;"
		"INSERT INTO t VALUES (3, 1.5, 'soon', '12', 1), (4, NULL, 7, '-7', 2)",
		"CREATE TABLE t (n INT NOT NULL, d REAL, s TEXT, b BLOB, k INTEGER, PRIMARY KEY (s, k))"
		" STRICT, WITHOUT ROWID;"
		"INSERT INTO t VALUES (3, 1.5, '12', x'00', 1), (4, NULL, '-7', NULL, 2)",
		"CREATE TABLE t (a TEXT, v AS (hex(a)), n NUMERIC NOT NULL, k TEXT, i INT,"
		" PRIMARY KEY (i, k)) WITHOUT ROWID;"
		"INSERT INTO t (a, n, k, i) VALUES ('x', 7, '12', 5), ('7', 'y', '1e3', 6)",
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		cni_conn *conn = memory_db(f);
		exec(f, conn, rows[i]);
		assert_ok(verify(f, conn), &f->err);
		cni_conn_close(conn);
	}
}

/* Our own connections do not let SQL write the schema. */
static void elsewhere(fixture *f, const char *sql)
{
	sqlite3 *db;
	assert_int_equal(sqlite3_open(path_of(f, "a.db"), &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

/* The text of the table is changed under its rows. */
static void finds_what_does_not_fit(void **state)
{
	fixture *f = *state;
	static const struct {
		const char *was, *rows, *is, *says;
	} rows[] = {
		{"(a, k PRIMARY KEY)", "(NULL, 1)", "(a NOT NULL, k PRIMARY KEY)",
			"NULL value in t.a"},
		{"(a, k PRIMARY KEY)", "(5, 1)", "(a TEXT, k PRIMARY KEY)", "NUMERIC value in t.a"},
		{"(a, k PRIMARY KEY)", "('5', 1)", "(a NUMERIC, k PRIMARY KEY)",
			"TEXT value in t.a"},
		{"(a INT, k INT PRIMARY KEY)", "('x', 1)", "(a INT, k INT PRIMARY KEY) STRICT",
			"non-INT value in t.a"},
		{"(a, k INT PRIMARY KEY)", "('x', 1)", "(a BLOB, k INT PRIMARY KEY) STRICT",
			"non-BLOB value in t.a"},
		{"(k INT PRIMARY KEY, a)", "(1, NULL)",
			"(k INT PRIMARY KEY, a NOT NULL) WITHOUT ROWID", "NULL value in t.a"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		bool without_rowid = strstr(rows[i].is, "WITHOUT ROWID");
		char sql[400];
		snprintf(sql, sizeof sql,
			"DROP TABLE IF EXISTS t; CREATE TABLE t %s%s; INSERT INTO t VALUES %s",
			rows[i].was, without_rowid ? " WITHOUT ROWID" : "", rows[i].rows);
		elsewhere(f, sql);
		cni_conn *conn = open_db(f, "a.db", CNI_OPEN_WRITE);
		assert_ok(verify(f, conn), &f->err);
		cni_conn_close(conn);
		snprintf(sql, sizeof sql,
			"PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = 'CREATE TABLE t %s'"
			" WHERE name = 't'",
			rows[i].is);
		elsewhere(f, sql);
		conn = open_db(f, "a.db", CNI_OPEN_WRITE);
		assert_int_equal(verify(f, conn), CN_ESCHEMA);
		assert_string_equal(f->err.detail, rows[i].says);
		cni_conn_close(conn);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(believes_the_table),
		TEST(finds_what_does_not_fit),
	};
	return RUN(tests);
}
