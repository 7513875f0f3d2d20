/* test_verify.c - what is asked of a table after a change: real faults are found, SQLite 3.40's
 * false alarms about WITHOUT ROWID tables are not believed; and which tables are asked at all. */
#include "base/try.h"
#include "driver_test.h"

#include <sqlite3.h>

#include "driver/sqlite/plan.h"

static cn_status verify_table(fixture *f, cni_conn *conn, const char *table)
{
	cni_keep keep = {.from_table = table, .to_table = table};
	const cni_plan plan = {.keeps = &keep, .keep_count = 1};
	void *before;
	memset(&f->err, 0, sizeof f->err);
	assert_ok(cni_sqlite_plan_before(conn, &plan, &f->arena, &before, &f->err), &f->err);
	return cni_sqlite_plan_after(conn, &plan, &f->arena, before, &f->err);
}

static cn_status verify(fixture *f, cni_conn *conn) { return verify_table(f, conn, "t"); }

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

/* quick_check takes such a name for a number, and looks at all tables. */
static void checks_a_table_with_a_number_for_a_name(void **state)
{
	fixture *f = *state;
	static const char *const names[] = {"1", "-7", "+3", "0x10", "007"};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		char sql[400];
		snprintf(sql, sizeof sql,
			"DROP TABLE IF EXISTS other; CREATE TABLE other (b NOT NULL, n, s, PRIMARY KEY (s))"
			" WITHOUT ROWID; INSERT INTO other VALUES ('17', NULL, '12'), (5, NULL, 'x');"
			"CREATE TABLE \"%s\" (a, k PRIMARY KEY); INSERT INTO \"%s\" VALUES (NULL, 1)",
			names[i], names[i]);
		elsewhere(f, sql);
		cni_conn *conn = open_db(f, "a.db", CNI_OPEN_WRITE);
		assert_ok(verify_table(f, conn, names[i]), &f->err);
		cni_conn_close(conn);
		snprintf(sql, sizeof sql,
			"PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql ="
			" 'CREATE TABLE \"%s\" (a NOT NULL, k PRIMARY KEY)' WHERE name = '%s'",
			names[i], names[i]);
		elsewhere(f, sql);
		conn = open_db(f, "a.db", CNI_OPEN_WRITE);
		assert_int_equal(verify_table(f, conn, names[i]), CN_ESCHEMA);
		assert_non_null(strstr(f->err.detail, "NULL value in"));
		cni_conn_close(conn);
	}
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

/* What steps can touch. */
static void reads_what_steps_touch(void **state)
{
	fixture *f = *state;
	static const struct {
		const char *steps[5];
		bool all, loses;
		const char *touched, *untouched, *empty;
	} rows[] = {
		{{"CREATE TABLE \"new_T\" (a, b)",
			 "INSERT OR ABORT INTO new_t (a, b) SELECT a, b FROM t",
			 "DROP TABLE main.t", "ALTER TABLE new_t RENAME TO t",
			 "CREATE UNIQUE INDEX i ON u (x)"},
			false, false, "t", "v", NULL},
		{{"CREATE TABLE IF NOT EXISTS w (a)", "CREATE VIEW x AS SELECT * FROM v"}, false,
			false, "w", "v", "w"},
		{{"CREATE TABLE w (a)", "INSERT INTO w SELECT a FROM t",
			 "PRAGMA legacy_alter_table = ON"},
			false, false, "w", "t", NULL},
		{{"CREATE TABLE w (a)",
			 "CREATE TRIGGER g AFTER INSERT ON w BEGIN DELETE FROM v; END",
			 "INSERT INTO w VALUES (1)"},
			true, true, "v", NULL, NULL},
		{{"DROP TABLE u"}, false, true, "u", "t", NULL},
		{{"ALTER TABLE [t] DROP COLUMN a"}, false, true, "t", "u", NULL},
		{{"ALTER TABLE t RENAME COLUMN a TO c"}, false, false, "t", "u", NULL},
		{{"INSERT INTO t VALUES (1, 2)"}, true, true, "u", NULL, NULL},
		{{"/* all */ DELETE FROM t"}, true, true, "u", NULL, NULL},
		{{"DELETE FROM sqlite_sequence WHERE name = 't'"}, false, false, NULL, "t", NULL},
		{{"UPDATE t SET a = 1"}, true, true, "u", NULL, NULL},
		{{"WITH x AS (SELECT 1) INSERT INTO t SELECT 1, 2 FROM x"}, true, true, "u", NULL,
			NULL},
	};
	cni_conn *conn = memory_db(f);
	exec(f, conn, "CREATE TABLE t (a, b); CREATE TABLE u (x); CREATE TABLE v (y)");
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const char *columns[] = {"a", "b"};
		cni_keep keep = {"t", "t", columns, columns, 2};
		cni_step steps[5] = {0};
		cni_plan plan = {.steps = steps, .keeps = &keep, .keep_count = 1};
		cni_touched touched;
		for (; plan.step_count < 5 && rows[i].steps[plan.step_count]; plan.step_count++)
			steps[plan.step_count].sql = rows[i].steps[plan.step_count];
		assert_ok(cni_plan_touched(conn, &plan, &f->arena, &touched, &f->err), &f->err);
		assert_int_equal(touched.all, rows[i].all);
		assert_int_equal(touched.loses, rows[i].loses);
		if (rows[i].touched)
			assert_true(cni_is_touched(&touched, rows[i].touched));
		if (rows[i].untouched)
			assert_false(cni_is_touched(&touched, rows[i].untouched));
		assert_int_equal(cni_is_empty(&touched, "w"), rows[i].empty != NULL);
	}
	cni_conn_close(conn);
}

/* Zeros are spared only where every value of the table that goes stands in the new one, and never
 * where the URI asks for them. */
static void spares_zeros_over_what_stays(void **state)
{
	fixture *f = *state;
	const char *columns[] = {"a", "b"};
	static const struct {
		const char *uri;
		size_t kept; /* columns, of two */
		int64_t during;
	} rows[] = {
		{"sqlite://?secure_delete=0", 1, 1},
		{"sqlite://?secure_delete=0", 2, 2}, /* FAST */
		{"sqlite://?secure_delete=on", 2, 1},
	};
	for (size_t i = 0; i < CNI_COUNT(rows); i++) {
		cni_conn *conn = open_db(f, rows[i].uri, CNI_OPEN_CREATE);
		int64_t during, after;
		void *before;
		exec(f, conn, "CREATE TABLE t (a, b); PRAGMA secure_delete = ON");
		cni_keep keep = {.from_table = "t",
			.to_table = "t",
			.from_columns = columns,
			.to_columns = columns,
			.column_count = rows[i].kept};
		cni_step step = {.sql = "DROP TABLE t"};
		const cni_plan plan = {
			.keeps = &keep, .keep_count = 1, .steps = &step, .step_count = 1};
		assert_ok(
			cni_sqlite_plan_before(conn, &plan, &f->arena, &before, &f->err), &f->err);
		assert_ok(cni_conn_int(conn, "PRAGMA secure_delete", &during, &f->err), &f->err);
		assert_int_equal(during, rows[i].during);
		assert_ok(cni_sqlite_plan_after(conn, &plan, &f->arena, before, &f->err), &f->err);
		assert_ok(cni_conn_int(conn, "PRAGMA secure_delete", &after, &f->err), &f->err);
		assert_int_equal(after, 1);
		cni_conn_close(conn);
	}
}

/* References are counted where they may have changed: of what is touched, and of its children. */
static void counts_new_orphans(void **state)
{
	fixture *f = *state;
	static const struct {
		const char *step;
		cn_status status;
	} rows[] = {
		{"DROP TABLE p", CN_ECONSTRAINT},
		{"DELETE FROM p WHERE id = 1", CN_ECONSTRAINT},
		{"DELETE FROM p WHERE id = 2", CN_OK},
		{"ALTER TABLE other RENAME TO another", CN_OK},
		{"CREATE TABLE lost (id INTEGER PRIMARY KEY)", CN_OK},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		cni_conn *conn = memory_db(f);
		void *before;
		exec(f, conn,
			"PRAGMA foreign_keys = OFF; CREATE TABLE p (id INTEGER PRIMARY KEY);"
			"INSERT INTO p VALUES (1), (2); CREATE TABLE c (p REFERENCES p, l REFERENCES lost);"
			"INSERT INTO c VALUES (1, 7), (99, NULL); CREATE TABLE other (x REFERENCES p);"
			"INSERT INTO other VALUES (5)");
		cni_step step = {.sql = rows[i].step};
		const cni_plan plan = {.steps = &step, .step_count = 1};
		assert_ok(
			cni_sqlite_plan_before(conn, &plan, &f->arena, &before, &f->err), &f->err);
		exec(f, conn, rows[i].step);
		assert_int_equal(cni_sqlite_plan_after(conn, &plan, &f->arena, before, &f->err),
			rows[i].status);
		cni_conn_close(conn);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(believes_the_table),
		TEST(checks_a_table_with_a_number_for_a_name),
		TEST(finds_what_does_not_fit),
		TEST(reads_what_steps_touch),
		TEST(spares_zeros_over_what_stays),
		TEST(counts_new_orphans),
	};
	return RUN(tests);
}
