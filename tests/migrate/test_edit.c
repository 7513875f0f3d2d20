/* test_edit.c - a table that keeps its rows while its stored text changes: when that is done, when
 * it must not be, and what stands in its way. */
#include "tap.h"

#include <sqlite3.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "base/try.h"
#include "migrate/change/apply.h"
#include "migrate/change/cheaper.h"
#include "migrate/change/execute.h"

static char path[300];

static void elsewhere(const char *sql)
{
	sqlite3 *db;
	char *message = NULL;
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	sqlite3_busy_timeout(db, 1000);
	if (sqlite3_exec(db, sql, NULL, NULL, &message) != SQLITE_OK)
		fail_msg("%s: %s", sql, message);
	sqlite3_close(db);
}

static cni_conn *connect_to(cni_arena *arena)
{
	cni_conn *conn;
	cni_uri uri;
	cn_error err;
	assert_ok(cni_uri_parse(arena, path, "/", &uri, &err), &err);
	assert_ok(cni_conn_open(&uri, &(cni_open_options){.mode = CNI_OPEN_WRITE, .foreign = true},
			  &conn, &err),
		&err);
	return conn;
}

static cni_conn *start(cni_arena *arena, const char *sql)
{
	unlink(path);
	elsewhere(sql);
	return connect_to(arena);
}

static void assert_text(cni_arena *arena, cni_conn *conn, const char *sql, const char *expected)
{
	const char *text;
	cn_error err;
	assert_ok(cni_conn_text(conn, arena, sql, &text, &err), &err);
	assert_string_equal(text ? text : "NULL", expected);
}

static cn_status apply(cni_conn *conn, const char *target, const char *said, int64_t edit_from,
	cni_apply_report *ret, cni_arena *arena, cn_error *err)
{
	cni_answers answers = {.arena = arena};
	const cni_apply_options options = {.edit_from = edit_from};
	if (said)
		assert_ok(cni_answers_add_text(&answers, said, "here", err), err);
	return cni_apply(conn, "target.sql", target, &answers, &options, arena, ret, err);
}

static void assert_failed(cn_status status, cn_status expected, const cn_error *err)
{
	if (status != expected)
		fail_msg("%d instead of %d: %s", status, expected, status < 0 ? err->message : "");
}

static const char rows[] = "SELECT group_concat(quote(a) || quote(b)) FROM t";

/* What changes, with rows that allow it: each is edited, and the rows are not moved. */
static void edits_what_reads_the_same_pages(void **state)
{
	(void)state;
	static const struct {
		const char *was, *is;
	} cases[] = {
		{"a, b", "a NOT NULL, b"},
		{"a NOT NULL, b", "a, b"},
		{"a, b", "a, b, CHECK (a < 10)"},
		{"a, b CHECK (b <> 'z')", "a, b"},
		{"a INT, b VARCHAR(10) UNIQUE", "a BIGINT, b VARCHAR(99) UNIQUE"},
		{"a, b DEFAULT 'x'", "a, b DEFAULT 'y'"},
		{"a, b", "a, b DEFAULT 'y'"},
		{"a, b, PRIMARY KEY (a, b)", "a NOT NULL, b NOT NULL, PRIMARY KEY (a, b)"},
		{"a INTEGER PRIMARY KEY AUTOINCREMENT, b TEXT",
			"a INTEGER PRIMARY KEY AUTOINCREMENT, b TEXT NOT NULL DEFAULT ''"},
		{"a, b, c AS (a + 1)", "a, b NOT NULL ON CONFLICT IGNORE, c AS (a + 1)"},
		{"a REFERENCES u (id), b", "a NOT NULL REFERENCES u (id), b"},
	};
	for (size_t i = 0; i < CNI_COUNT(cases); i++) {
		CLEANUP(cni_arena_done) cni_arena arena = {0};
		cni_apply_report report;
		cn_error err = {0};
		const char *others = "CREATE TABLE u (id INTEGER PRIMARY KEY);"
				     "CREATE INDEX ia ON t (a); CREATE VIEW v AS SELECT a FROM t;"
				     "CREATE TRIGGER g AFTER INSERT ON t BEGIN SELECT 1; END;";
		CLEANUP(cni_conn_closep)
		cni_conn *conn = start(
			&arena, cni_printf(&arena,
					"CREATE TABLE t (%s); %s INSERT INTO u VALUES (1), (2);"
					"INSERT INTO t (a, b) VALUES (1, 'p'), (2, 'q');",
					cases[i].was, others));
		int64_t root, root_after, version, version_after;
		assert_ok(cni_conn_int(conn, "SELECT rootpage FROM sqlite_schema WHERE name = 't'",
				  &root, &err),
			&err);
		assert_ok(cni_conn_int(conn, "PRAGMA schema_version", &version, &err), &err);
		const char *target =
			cni_printf(&arena, "CREATE TABLE t (%s); %s", cases[i].is, others);
		assert_ok(apply(conn, target, NULL, 1, &report, &arena, &err), &err);
		assert_true(report.set.up.edits_schema);
		assert_int_equal(report.set.up.rebuilt_count, 0);
		assert_ok(cni_conn_int(conn, "SELECT rootpage FROM sqlite_schema WHERE name = 't'",
				  &root_after, &err),
			&err);
		assert_ok(cni_conn_int(conn, "PRAGMA schema_version", &version_after, &err), &err);
		assert_int_equal(root_after, root);
		assert_true(version_after > version);
		assert_text(&arena, conn, rows, "1'p',2'q'");
		assert_text(&arena, conn, "PRAGMA integrity_check", "ok");
		assert_ok(apply(conn, target, NULL, 1, &report, &arena, &err), &err);
		assert_false(report.changed);
	}
}

/* The connection is as before: nobody can write the schema through it. */
static void protects_the_schema_again(void **state)
{
	(void)state;
	CLEANUP(cni_arena_done) cni_arena arena = {0};
	CLEANUP(cni_conn_closep)
	cni_conn *conn = start(&arena, "CREATE TABLE t (a, b); INSERT INTO t VALUES (1, 2)");
	cni_apply_report report;
	cn_error err;
	assert_ok(apply(conn, "CREATE TABLE t (a NOT NULL, b)", NULL, 1, &report, &arena, &err),
		&err);
	assert_true(report.set.up.edits_schema);
	assert_failed(
		cni_conn_exec(conn,
			"PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = 'x'", &err),
		CN_ESQL, &err);
	assert_failed(
		cni_conn_exec(conn, "INSERT INTO t VALUES (NULL, 1)", &err), CN_ECONSTRAINT, &err);
}

/* The same pages would be read as something else, or a row would change its value. */
static void rebuilds_all_others(void **state)
{
	(void)state;
	static const struct {
		const char *was, *is, *said;
	} cases[] = {
		{"(a INT, b)", "(a TEXT, b)", NULL},
		{"(a INT PRIMARY KEY, b)", "(a INTEGER PRIMARY KEY, b)", NULL},
		{"(a INTEGER PRIMARY KEY, b)", "(a INT PRIMARY KEY, b)", NULL},
		{"(a INTEGER PRIMARY KEY, b)", "(a INTEGER PRIMARY KEY AUTOINCREMENT, b)", NULL},
		{"(a, b)", "(a, b UNIQUE)", NULL},
		{"(a UNIQUE, b UNIQUE)", "(b UNIQUE, a UNIQUE)", NULL},
		{"(a, b TEXT)", "(a, b TEXT COLLATE NOCASE)", NULL},
		{"(a, b)", "(b, a)", NULL},
		{"(a, b)", "(a, b REFERENCES u (id))", NULL},
		{"(a, b, c AS (a))", "(a, b, c INT AS (a))", NULL},
		{"(a, b DEFAULT 'p')", "(a, b DEFAULT 'y')", NULL}, /* a row has it */
		{"(a, b, c)", "(a, b, c DEFAULT 5)", NULL},
		{"(a, b, c)", "(a, b, c NOT NULL)", "fill t.c 7"},
		{"(a, b)", "(a ANY, b ANY) STRICT", NULL},
		{"(a INT PRIMARY KEY, b) WITHOUT ROWID",
			"(a INT PRIMARY KEY, b NOT NULL) WITHOUT ROWID", NULL},
	};
	for (size_t i = 0; i < CNI_COUNT(cases); i++) {
		CLEANUP(cni_arena_done) cni_arena arena = {0};
		cni_apply_report report;
		cn_error err = {0};
		CLEANUP(cni_conn_closep)
		cni_conn *conn = start(&arena,
			cni_printf(&arena,
				"CREATE TABLE u (id PRIMARY KEY); INSERT INTO u VALUES ('p'), ('q');"
				"CREATE TABLE t %s;"
				"INSERT INTO t (a, b) VALUES (1, 'p'), (2, 'q');",
				cases[i].was));
		const char *target = cni_printf(
			&arena, "CREATE TABLE u (id PRIMARY KEY); CREATE TABLE t %s;", cases[i].is);
		cn_status status = apply(conn, target, cases[i].said, 1, &report, &arena, &err);
		if (status < 0)
			fail_msg("%s: %s; %s", cases[i].is, err.message, err.detail);
		assert_false(report.set.up.edits_schema);
		assert_int_equal(report.set.up.edited_count, 0);
	}
}

/* A row that is older than its column reads the DEFAULT from the stored text. */
static void keeps_what_old_rows_read(void **state)
{
	(void)state;
	CLEANUP(cni_arena_done) cni_arena arena = {0};
	CLEANUP(cni_conn_closep)
	cni_conn *conn = start(&arena,
		"CREATE TABLE t (a); INSERT INTO t VALUES (1); ALTER TABLE t ADD COLUMN b DEFAULT 'old';"
		"INSERT INTO t VALUES (2, 'new')");
	cni_apply_report report;
	cn_error err;
	assert_ok(apply(conn, "CREATE TABLE t (a, b DEFAULT 'other')", NULL, 1, &report, &arena,
			  &err),
		&err);
	assert_false(report.set.up.edits_schema);
	assert_text(&arena, conn, rows, "1'old',2'new'");
}

static void rebuilds_small_tables(void **state)
{
	(void)state;
	CLEANUP(cni_arena_done) cni_arena arena = {0};
	CLEANUP(cni_conn_closep)
	cni_conn *conn =
		start(&arena, "CREATE TABLE t (a, b); INSERT INTO t VALUES (1, 2), (2, 3)");
	cni_apply_report report;
	cn_error err;
	assert_ok(apply(conn, "CREATE TABLE t (a NOT NULL, b)", NULL, 3, &report, &arena, &err),
		&err);
	assert_false(report.set.up.edits_schema);
	assert_ok(apply(conn, "CREATE TABLE t (a, b)", NULL, 0, &report, &arena, &err), &err);
	assert_false(report.set.up.edits_schema);
	assert_ok(apply(conn, "CREATE TABLE t (a, b NOT NULL)", NULL, -1, &report, &arena, &err),
		&err);
	assert_false(report.set.up.edits_schema);
}

/* A connection that was open all the time reads the new text. */
static void others_notice(void **state)
{
	(void)state;
	CLEANUP(cni_arena_done) cni_arena arena = {0};
	CLEANUP(cni_conn_closep)
	cni_conn *conn = start(&arena, "CREATE TABLE t (a, b); INSERT INTO t VALUES (1, 2)");
	CLEANUP(cni_conn_closep) cni_conn *other = connect_to(&arena);
	cni_apply_report report;
	cn_error err;
	assert_ok(cni_conn_exec(other, "INSERT INTO t VALUES (2, 3)", &err), &err);
	assert_ok(apply(conn, "CREATE TABLE t (a NOT NULL, b)", NULL, 1, &report, &arena, &err),
		&err);
	assert_true(report.set.up.edits_schema);
	assert_failed(
		cni_conn_exec(other, "INSERT INTO t VALUES (NULL, 3)", &err), CN_ECONSTRAINT, &err);
}

/* The script, run by somebody else on rows or a table that changed meanwhile, stops before it
 * writes. */
static void script_looks_before_it_writes(void **state)
{
	(void)state;
	static const char *const meanwhile[] = {
		"INSERT INTO t VALUES (NULL, 1)",
		"ALTER TABLE t ADD COLUMN c",
		"DROP TABLE t; CREATE TABLE t (b, a)",
	};
	for (size_t i = 0; i < CNI_COUNT(meanwhile); i++) {
		CLEANUP(cni_arena_done) cni_arena arena = {0};
		CLEANUP(cni_conn_closep)
		cni_conn *conn =
			start(&arena, "CREATE TABLE t (a, b); INSERT INTO t VALUES (1, 2)");
		cni_answers answers = {.arena = &arena};
		cni_apply_report report;
		cn_error err;
		const char *before, *sql = "SELECT sql FROM sqlite_schema";
		assert_ok(cni_apply(conn, "target.sql", "CREATE TABLE t (a NOT NULL, b)", &answers,
				  &(cni_apply_options){.edit_from = 1, .dry_run = true}, &arena,
				  &report, &err),
			&err);
		assert_true(report.set.up.edits_schema);
		elsewhere(meanwhile[i]);
		assert_ok(cni_conn_text(conn, &arena, sql, &before, &err), &err);
		sqlite3 *db;
		assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
		const char *script = strstr(report.script, "PRAGMA foreign_keys");
		assert_non_null(script);
		assert_int_equal(sqlite3_exec(db, script, NULL, NULL, NULL), SQLITE_CONSTRAINT);
		sqlite3_close(db);
		assert_text(&arena, conn, sql, before);
	}
}

static cni_schema *normal(cni_arena *arena, const char *sql)
{
	cni_schema *schema;
	cn_error err;
	assert_ok(cni_normalise_sql("sqlite", sql, arena, &schema, &err), &err);
	return schema;
}

/* A revision's file says the rebuild; where it says nothing else than the planner would, and the
 * table is large, its text is edited instead. */
static void a_revision_may_run_cheaper(void **state)
{
	(void)state;
	static const char was[] = "CREATE TABLE t (a, b); CREATE INDEX i ON t (a)";
	static const char is[] = "CREATE TABLE t (a NOT NULL, b); CREATE INDEX i ON t (a)";
	static const struct {
		const char *live;
		int64_t from;
		const char *step; /* what somebody has put in the place of the second step */
		bool cheaper;
	} cases[] = {
		{was, 2, NULL, true},
		{"create table [t] (\"A\", b /* here */); CREATE INDEX i ON t (a)", 2, NULL, true},
		{was, 3, NULL, false},
		{was, 2, "INSERT INTO cantil_new_t (a, b) SELECT a, b || 'x' FROM t", false},
		{"CREATE TABLE t (a, b); CREATE INDEX i ON t (b)", 2, NULL, false},
		{"CREATE TABLE t (a UNIQUE, b); CREATE INDEX i ON t (a)", 2, NULL, false},
	};
	for (size_t i = 0; i < CNI_COUNT(cases); i++) {
		CLEANUP(cni_arena_done) cni_arena arena = {0};
		CLEANUP(cni_conn_closep)
		cni_conn *conn = start(
			&arena, cni_printf(&arena, "%s; INSERT INTO t VALUES (1, 'p'), (2, 'q')",
					cases[i].live));
		cni_plan_request request = {.from = normal(&arena, was), .to = normal(&arena, is)};
		cni_plan plan;
		const cni_plan *chosen;
		cni_copy *copies;
		cn_error err;
		assert_ok(cni_copies_make(&arena, request.from, request.to, NULL, 0, NULL, &copies,
				  &request.copy_count, &err),
			&err);
		request.copies = copies;
		assert_ok(cni_plan_make("sqlite", &request, &arena, &plan, &err), &err);
		assert_int_equal(plan.rebuilt_count, 1);
		if (cases[i].step)
			plan.steps[1].sql = cases[i].step;
		assert_ok(cni_plan_cheaper(conn, request.from, request.to, &plan, cases[i].from,
				  &arena, &chosen, &err),
			&err);
		assert_int_equal(chosen != &plan, cases[i].cheaper);
		if (!cases[i].cheaper)
			continue;
		assert_true(chosen->edits_schema);
		assert_ok(cni_execute(conn, &(cni_execution){.plan = chosen, .expect = request.to},
				  &err),
			&err);
		assert_text(&arena, conn, rows, "1'p',2'q'");
	}
}

static int make_path(void **state)
{
	(void)state;
	char folder[200];
	snprintf(folder, sizeof folder, "%s/cantil-edit-XXXXXX",
		getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
	if (!mkdtemp(folder))
		return -1;
	snprintf(path, sizeof path, "%s/test.db", folder);
	return 0;
}

static int remove_path(void **state)
{
	CLEANUP(cni_arena_done) cni_arena arena = {0};
	(void)state;
	unlink(path);
	return rmdir(cni_path_folder(&arena, path));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(edits_what_reads_the_same_pages),
		cmocka_unit_test(protects_the_schema_again),
		cmocka_unit_test(rebuilds_all_others),
		cmocka_unit_test(keeps_what_old_rows_read),
		cmocka_unit_test(rebuilds_small_tables),
		cmocka_unit_test(others_notice),
		cmocka_unit_test(script_looks_before_it_writes),
		cmocka_unit_test(a_revision_may_run_cheaper),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, make_path, remove_path);
}
