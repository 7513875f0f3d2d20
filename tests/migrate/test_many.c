/*
 * test_many.c - many objects created at once: what comes out is what SQLite alone makes of the same
 * statements, to the letter; and after a failure nothing has happened.
 */
#include "tap.h"

#include <sqlite3.h>
#include <unistd.h>

#include "base/file.h"
#include "base/try.h"
#include "migrate/change/apply.h"
#include "migrate/change/execute.h"

enum { TABLES = 260 };

static char path[300], other[300];

static void remove_files(void)
{
	static const char *const ends[] = {"", "-wal", "-shm", "-journal"};
	CLEANUP(cni_arena_done) cni_arena arena = {0};
	for (size_t i = 0; i < CNI_COUNT(ends); i++) {
		unlink(cni_printf(&arena, "%s%s", path, ends[i]));
		unlink(cni_printf(&arena, "%s%s", other, ends[i]));
	}
}

/* With SQLite itself. */
static void elsewhere(const char *file, const char *sql)
{
	sqlite3 *db;
	char *message = NULL;
	assert_int_equal(sqlite3_open(file, &db), SQLITE_OK);
	sqlite3_exec(db, "PRAGMA synchronous = OFF", NULL, NULL, NULL);
	if (sqlite3_exec(db, sql, NULL, NULL, &message) != SQLITE_OK)
		fail_msg("%.200s: %s", sql, message);
	sqlite3_close(db);
}

static cni_conn *open_file(cni_arena *arena)
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

/* One statement of the script; some of each kind of table and index. */
static const char *statement(cni_arena *arena, int i, bool index)
{
	static const char *const tables[] = {
		"CREATE TABLE t%d (id INTEGER PRIMARY KEY, p INTEGER REFERENCES t%d (id), a TEXT NOT NULL)",
		"CREATE TABLE t%d (id INTEGER PRIMARY KEY AUTOINCREMENT, p REFERENCES t%d, a UNIQUE)",
		("CREATE TABLE t%d (p INT REFERENCES t%d, a TEXT COLLATE NOCASE, PRIMARY KEY (p, a)) "
		 "WITHOUT ROWID"),
		"CREATE TABLE t%d (id INT PRIMARY KEY, p INT REFERENCES t%d, a TEXT) STRICT",
		"CREATE TABLE t%d (p /* \xC3\xA4 ' */ DEFAULT 'it''s', a AS (p || 'x'), CHECK (p <> '%d')\n)",
	};
	static const char *const indexes[] = {"CREATE INDEX i%d ON t%d (p)",
		"CREATE UNIQUE INDEX i%d ON t%d (a COLLATE NOCASE DESC)",
		"CREATE INDEX i%d ON t%d (lower(a)) WHERE p IS NOT NULL"};
	/* NOLINTNEXTLINE(clang-diagnostic-format-nonliteral) */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	return index ? cni_printf(arena, indexes[i % 3], i, i)
		     : cni_printf(arena, tables[i % 5], i, i ? i - 1 : 0);
#pragma GCC diagnostic pop
}

/* `odd` (may be NULL) comes in after so many tables. */
static const char *script(cni_arena *arena, int at, const char *odd)
{
	CLEANUP(cni_buffer_done) cni_buffer out = {0};
	for (int i = 0; i < TABLES; i++) {
		cni_buffer_printf(&out, "%s;\n", statement(arena, i, false));
		cni_buffer_printf(&out, "%s;\n", statement(arena, i, true));
		if (odd && i == at)
			cni_buffer_printf(&out, "%s;\n", odd);
	}
	cni_buffer_puts(&out, "CREATE VIEW v AS SELECT a FROM t7;\n"
			      "CREATE TRIGGER r AFTER INSERT ON t7 BEGIN DELETE FROM t8; END;\n");
	return cni_buffer_dup(&out, arena);
}

#define OBJECTS(order)                                                                  \
	"SELECT group_concat(type || name || tbl_name || coalesce(sql, '-'), char(10))" \
	" FROM (SELECT * FROM sqlite_schema ORDER BY " order ")"

/* The same objects with the same texts, in the same order or in any. Where SQLite puts their pages
 * is its business: those of rows that were moved are used again. */
static void assert_same_list(cni_arena *arena, cni_conn *conn, bool any_order)
{
	const char *sql = any_order ? OBJECTS("type, name") : OBJECTS("rowid"), *ours, *theirs;
	cni_conn *they;
	cni_uri uri;
	cn_error err;
	assert_ok(cni_uri_parse(arena, other, "/", &uri, &err), &err);
	assert_ok(
		cni_conn_open(&uri, &(cni_open_options){.mode = CNI_OPEN_READ}, &they, &err), &err);
	assert_ok(cni_conn_text(they, arena, sql, &theirs, &err), &err);
	assert_ok(cni_conn_text(conn, arena, sql, &ours, &err), &err);
	cni_conn_close(they);
	assert_true(strlen(ours) > 10000);
	size_t same = 0;
	while (ours[same] && ours[same] == theirs[same])
		same++;
	if (ours[same] || theirs[same])
		fail_msg("ours: %.200s\ntheirs: %.200s", ours + same, theirs + same);
}

static int64_t number(cni_conn *conn, const char *sql)
{
	int64_t value = -1;
	cn_error err;
	assert_ok(cni_conn_int(conn, sql, &value, &err), &err);
	return value;
}

/* The schema is whole, and nobody may write it. */
static void assert_sound(cni_arena *arena, cni_conn *conn)
{
	const char *check;
	int64_t value;
	cn_error err;
	assert_ok(cni_conn_text(conn, arena, "PRAGMA integrity_check", &check, &err), &err);
	assert_string_equal(check, "ok");
	assert_ok(cni_conn_get(conn, CNI_SETTING_DEFENSIVE, &value, &err), &err);
	assert_int_equal(value, 1);
	assert_ok(cni_conn_get(conn, CNI_SETTING_WRITABLE_SCHEMA, &value, &err), &err);
	assert_int_equal(value, 0);
	assert_true(cni_conn_exec(conn, "UPDATE sqlite_schema SET sql = ''", &err) < 0);
	assert_false(cni_conn_in_transaction(conn));
}

static cn_status apply(
	cni_conn *conn, const char *target, cni_arena *arena, cni_apply_report *ret, cn_error *err)
{
	cni_answers answers = {.arena = arena};
	return cni_apply(
		conn, "target.sql", target, &answers, &(cni_apply_options){0}, arena, ret, err);
}

static void makes_what_sqlite_makes(void **state)
{
	static const char *const settings[] = {"PRAGMA user_version = 1",
		"PRAGMA encoding = 'UTF-16'", "PRAGMA auto_vacuum = FULL; PRAGMA user_version = 1",
		"PRAGMA journal_mode = WAL"};
	(void)state;
	for (size_t i = 0; i < CNI_COUNT(settings); i++) {
		CLEANUP(cni_arena_done) cni_arena arena = {0};
		const char *target = script(&arena, 0, NULL);
		cni_apply_report report;
		cn_error err;
		remove_files();
		elsewhere(path, settings[i]);
		elsewhere(other, settings[i]);
		elsewhere(other, target);
		CLEANUP(cni_conn_closep) cni_conn *conn = open_file(&arena);
		assert_ok(apply(conn, target, &arena, &report, &err), &err);
		assert_true(report.changed);
		assert_same_list(&arena, conn, true);
		assert_sound(&arena, conn);
		assert_ok(cni_conn_exec(conn,
				  "PRAGMA foreign_keys = ON; INSERT INTO t0 VALUES (1, NULL, 'x');"
				  "INSERT INTO t1 (p, a) VALUES (1, 2)",
				  &err),
			&err);
		assert_true(cni_conn_exec(conn, "INSERT INTO t1 (p, a) VALUES (1, 2)", &err) < 0);
		assert_ok(apply(conn, target, &arena, &report, &err), &err);
		assert_false(report.changed);
	}
	remove_files();
}

/* Wherever it stands, whatever it is: the message says the line, and the file is as it was. */
static void tells_what_is_wrong(void **state)
{
	static const struct {
		const char *odd, *message;
	} rows[] = {
		{"CREATE TABLE T3 (x)", "already exists"},
		{"CREATE INDEX i5 ON t6 (p)", "already exists"},
		{"CREATE INDEX t9 ON t6 (p)", "there is already a table named t9"},
		{"CREATE TABLE odd (a, a)", "duplicate column"},
		{"CREATE INDEX odd ON t6 (nothing)", "nothing"},
		{"CREATE TABLE odd (a CHECK (b > 1))", "b"},
		{"CREATE TABLE odd (a", "syntax error"},
	};
	(void)state;
	for (size_t i = 0; i < CNI_COUNT(rows); i++) {
		CLEANUP(cni_arena_done) cni_arena arena = {0};
		const char *target = script(&arena, 220, rows[i].odd);
		cni_apply_report report;
		cn_error err;
		remove_files();
		elsewhere(path, "PRAGMA user_version = 1");
		CLEANUP(cni_conn_closep) cni_conn *conn = open_file(&arena);
		assert_true(apply(conn, target, &arena, &report, &err) < 0);
		if (!strstr(err.message, rows[i].message) && !strstr(err.detail, rows[i].message))
			fail_msg("%s: %s | %s", rows[i].odd, err.message, err.detail);
		assert_non_null(strstr(err.detail, "line 48")); /* of 574 */
		assert_int_equal(number(conn, "SELECT count(*) FROM sqlite_schema"), 0);
		assert_sound(&arena, conn);
	}
	remove_files();
}

/* Forms that SQLite keeps otherwise than they are written go the long way, to the same end. */
static void other_forms(void **state)
{
	static const char *const odd[] = {"CREATE TABLE IF NOT EXISTS t3 (other)",
		"CREATE TABLE main.odd (a)", "CREATE TABLE odd AS SELECT 1 AS a",
		"CREATE  TABLE  \"odd\"(a -- ;\n)", "CREATE VIRTUAL TABLE odd USING fts5 (a)",
		"CREATE UNIQUE INDEX IF NOT EXISTS odd ON t4 (p)", "DROP INDEX i2",
		"ALTER TABLE t3 ADD COLUMN odd INT"};
	(void)state;
	for (size_t i = 0; i < CNI_COUNT(odd); i++) {
		CLEANUP(cni_arena_done) cni_arena arena = {0};
		const char *target = script(&arena, 250, odd[i]);
		cni_apply_report report;
		cn_error err;
		remove_files();
		elsewhere(path, "PRAGMA user_version = 1");
		CLEANUP(cni_conn_closep) cni_conn *conn = open_file(&arena);
		assert_ok(apply(conn, target, &arena, &report, &err), &err);
		assert_sound(&arena, conn);
		assert_ok(apply(conn, target, &arena, &report, &err), &err);
		assert_false(report.changed);
	}
	remove_files();
}

/* ---- a plan by itself ---- */

static cni_plan plan_of(cni_arena *arena, int from, int to)
{
	cni_plan plan = {0};
	for (int i = from; i < to; i++) {
		const cni_step table = {.sql = statement(arena, i, false), .comment = "new"};
		const cni_step index = {.sql = statement(arena, i, true)};
		assert_true(CNI_PUSH(arena, plan.steps, plan.step_count, table));
		assert_true(CNI_PUSH(arena, plan.steps, plan.step_count, index));
	}
	return plan;
}

/* What was there keeps its place, few objects or many. */
static void beside_others(void **state)
{
	(void)state;
	for (int there = 10; there < TABLES; there += 110) {
		CLEANUP(cni_arena_done) cni_arena arena = {0};
		CLEANUP(cni_buffer_done) cni_buffer before = {0};
		const cni_plan plan = plan_of(&arena, there, TABLES);
		cn_error err;
		cni_buffer_puts(&before, "CREATE TABLE gone (a);\n");
		for (int i = 0; i < there; i++)
			cni_buffer_printf(&before, "%s;\n", statement(&arena, i, false));
		cni_buffer_puts(&before, "CREATE VIEW v AS SELECT a FROM t1; DROP TABLE gone;\n");
		remove_files();
		elsewhere(path, cni_buffer_text(&before));
		elsewhere(other, cni_buffer_text(&before));
		for (size_t i = 0; i < plan.step_count; i++)
			cni_buffer_printf(&before, "%s;\n", plan.steps[i].sql);
		elsewhere(other, strstr(cni_buffer_text(&before), "DROP TABLE gone;") + 16);
		CLEANUP(cni_conn_closep) cni_conn *conn = open_file(&arena);
		assert_ok(cni_execute(conn, &(cni_execution){.plan = &plan}, &err), &err);
		assert_same_list(&arena, conn, false);
		assert_sound(&arena, conn);
	}
	remove_files();
}

static bool stop_late(void *ctx) { return ++*(int *)ctx > 300; }

/* Ended in the middle, by an error or by somebody: the old state, and the next run succeeds. */
static void ended_in_the_middle(void **state)
{
	(void)state;
	CLEANUP(cni_arena_done) cni_arena arena = {0};
	CLEANUP(cni_buffer_done) cni_buffer all = {0};
	cni_plan plan = plan_of(&arena, 0, TABLES);
	cn_error err;
	int calls = 0;
	remove_files();
	elsewhere(path, "CREATE TABLE mine (a); INSERT INTO mine VALUES (1)");
	elsewhere(other, "CREATE TABLE mine (a)");
	CLEANUP(cni_conn_closep) cni_conn *conn = open_file(&arena);
	const cni_execution stopped = {.plan = &plan, .canceled = stop_late, .ctx = &calls};
	assert_int_equal(cni_execute(conn, &stopped, &err), CN_ECANCELED);
	assert_int_equal(number(conn, "SELECT count(*) FROM sqlite_schema"), 1);
	assert_sound(&arena, conn);
	const cni_step good = plan.steps[400];
	plan.steps[400].sql = "CREATE TABLE t3 (again)";
	assert_true(cni_execute(conn, &(cni_execution){.plan = &plan}, &err) < 0);
	assert_int_equal(number(conn, "SELECT count(*) FROM sqlite_schema"), 1);
	assert_int_equal(number(conn, "SELECT a FROM mine"), 1);
	assert_sound(&arena, conn);
	plan.steps[400] = good;
	assert_ok(cni_execute(conn, &(cni_execution){.plan = &plan}, &err), &err);
	for (size_t i = 0; i < plan.step_count; i++)
		cni_buffer_printf(&all, "%s;\n", plan.steps[i].sql);
	elsewhere(other, cni_buffer_text(&all));
	assert_same_list(&arena, conn, false);
	remove_files();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(makes_what_sqlite_makes),
		cmocka_unit_test(tells_what_is_wrong),
		cmocka_unit_test(other_forms),
		cmocka_unit_test(beside_others),
		cmocka_unit_test(ended_in_the_middle),
	};
	char folder[] = "/tmp/cantil-many-XXXXXX";
	if (!mkdtemp(folder))
		return 1;
	snprintf(path, sizeof path, "%s/test.db", folder);
	snprintf(other, sizeof other, "%s/other.db", folder);
	int failed = RUN(tests);
	remove_files();
	rmdir(folder);
	return failed;
}
