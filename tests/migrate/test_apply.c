/* test_apply.c - cni_apply as a whole: asking, dry runs, other writers, nothing to do. */
#include "tap.h"

#include <sqlite3.h>
#include <unistd.h>

#include "base/file.h"
#include "base/hash.h"
#include "base/try.h"
#include "migrate/change/apply.h"

static char path[300];

static const char start_sql[] =
	"CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT);"
	"CREATE TABLE u (id INTEGER PRIMARY KEY, old TEXT);"
	"INSERT INTO t VALUES (1, 'x'), (2, 'y'); INSERT INTO u VALUES (1, 'kept');";
static const char target_sql[] = "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT NOT NULL);"
				 "CREATE TABLE u (id INTEGER PRIMARY KEY, new TEXT);";

/* Another program, with SQLite itself. */
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

static cni_conn *start(cni_arena *arena, const char *sql)
{
	cni_conn *conn;
	cni_uri uri;
	cn_error err;
	unlink(path);
	elsewhere(sql);
	assert_ok(cni_uri_parse(arena, path, "/", &uri, &err), &err);
	assert_ok(cni_conn_open(&uri, &(cni_open_options){.mode = CNI_OPEN_WRITE, .foreign = true},
			  &conn, &err),
		&err);
	return conn;
}

static void hash_file(char out[65])
{
	CLEANUP(cni_arena_done) cni_arena arena = {0};
	char *data;
	size_t size;
	cn_error err;
	assert_ok(cni_file_read(&arena, path, 1 << 24, &data, &size, &err), &err);
	cni_sha256_text(data, size, out);
}

static int64_t number(cni_conn *conn, const char *sql)
{
	int64_t value = -1;
	cn_error err;
	assert_ok(cni_conn_int(conn, sql, &value, &err), &err);
	return value;
}

struct person { /* who is asked, and what happens meanwhile */
	const char *says;
	const char *meanwhile;
	int asked, confirmed;
	cn_status verdict;
};

static cn_status answer(const cni_change_set *set, cni_answers *answers, void *ctx, cn_error *err)
{
	struct person *person = ctx;
	assert_true(set->question_count > 0);
	assert_int_equal(set->up.step_count, 0);
	person->asked++;
	return person->says ? cni_answers_add_line(answers, person->says, "the keyboard", err)
			    : CN_OK;
}

static cn_status confirm(const cni_change_set *set, const char *script, void *ctx, cn_error *err)
{
	struct person *person = ctx;
	assert_true(set->up.step_count > 0);
	assert_true(set->tried_on_data);
	assert_non_null(strstr(script, "COMMIT;"));
	person->confirmed++;
	if (person->meanwhile)
		elsewhere(person->meanwhile);
	return person->verdict < 0 ? cn_fail(err, person->verdict, "no") : CN_OK;
}

static cn_status apply(cni_conn *conn, const char *target, struct person *person, bool dry_run,
	cni_apply_report *ret, cni_arena *arena, cn_error *err)
{
	cni_answers answers = {.arena = arena};
	const cni_apply_options options = {
		.dry_run = dry_run, .ask = answer, .confirm = confirm, .ctx = person};
	return cni_apply(conn, "target.sql", target, &answers, &options, arena, ret, err);
}

static void asks_until_it_knows(void **state)
{
	(void)state;
	CLEANUP(cni_arena_done) cni_arena arena = {0};
	CLEANUP(cni_conn_closep) cni_conn *conn = start(&arena, start_sql);
	struct person person = {.says = "rename column u old new"};
	cni_apply_report report;
	cn_error err;
	assert_ok(apply(conn, target_sql, &person, false, &report, &arena, &err), &err);
	assert_true(report.changed);
	assert_int_equal(person.asked, 1);
	assert_int_equal(person.confirmed, 1);
	assert_int_equal(number(conn, "SELECT count(*) FROM u WHERE new = 'kept'"), 1);
}

static void gives_up_without_an_answer(void **state)
{
	(void)state;
	CLEANUP(cni_arena_done) cni_arena arena = {0};
	CLEANUP(cni_conn_closep) cni_conn *conn = start(&arena, start_sql);
	struct person person = {0};
	cni_apply_report report;
	cn_error err;
	char before[65], after[65];
	hash_file(before);
	assert_int_equal(
		apply(conn, target_sql, &person, false, &report, &arena, &err), CN_EDECISION);
	hash_file(after);
	assert_string_equal(before, after);
	assert_int_equal(person.asked, 1);
	assert_non_null(strstr(err.hint, "rename column u old new"));
	assert_non_null(strstr(err.hint, "allow-drop u.old"));
}

static void writes_nothing_when_told_not_to(void **state)
{
	(void)state;
	static const struct {
		bool dry_run;
		cn_status verdict;
	} rows[] = {{true, CN_OK}, {false, CN_ECANCELED}};
	for (size_t i = 0; i < CNI_COUNT(rows); i++) {
		CLEANUP(cni_arena_done) cni_arena arena = {0};
		CLEANUP(cni_conn_closep) cni_conn *conn = start(&arena, start_sql);
		struct person person = {.says = "allow-drop u.old", .verdict = rows[i].verdict};
		cni_apply_report report;
		cn_error err;
		char before[65], after[65];
		hash_file(before);
		assert_int_equal(
			apply(conn, target_sql, &person, rows[i].dry_run, &report, &arena, &err),
			rows[i].verdict);
		hash_file(after);
		assert_string_equal(before, after);
		assert_int_equal(person.confirmed, !rows[i].dry_run);
	}
}

/* A key is looked at through a temporary table, which such a connection cannot have. */
static void plans_without_the_right_to_write(void **state)
{
	(void)state;
	CLEANUP(cni_arena_done) cni_arena arena = {0};
	CLEANUP(cni_conn_closep) cni_conn *conn = NULL;
	struct person person = {0};
	cni_apply_report report;
	cni_uri uri;
	cn_error err;
	char before[65], after[65];
	cni_conn_close(start(&arena, start_sql));
	hash_file(before);
	assert_ok(cni_uri_parse(&arena, path, "/", &uri, &err), &err);
	assert_ok(cni_conn_open(&uri, &(cni_open_options){.mode = CNI_OPEN_READ, .foreign = true},
			  &conn, &err),
		&err);
	assert_ok(apply(conn,
			  "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT UNIQUE);"
			  "CREATE TABLE u (id INTEGER PRIMARY KEY, old TEXT);",
			  &person, true, &report, &arena, &err),
		&err);
	assert_non_null(strstr(report.script, "UNIQUE"));
	assert_true(report.set.tried_on_data);
	hash_file(after);
	assert_string_equal(before, after);
}

static void does_nothing_when_there_is_nothing(void **state)
{
	(void)state;
	CLEANUP(cni_arena_done) cni_arena arena = {0};
	CLEANUP(cni_conn_closep) cni_conn *conn = start(&arena, start_sql);
	struct person person = {0};
	cni_apply_report report;
	cn_error err;
	int64_t cookie = number(conn, "PRAGMA schema_version");
	assert_ok(
		apply(conn,
			"create table t(id integer primary key, a text); CREATE TABLE [u] (id INTEGER PRIMARY KEY, old TEXT)",
			&person, false, &report, &arena, &err),
		&err);
	assert_false(report.changed);
	assert_int_equal(person.confirmed, 0);
	assert_int_equal(number(conn, "PRAGMA schema_version"), cookie);
}

/* What was looked at is not what is there any more when the lock is taken. */
static void looks_again_when_somebody_wrote(void **state)
{
	(void)state;
	static const struct {
		const char *meanwhile;
		cn_status status;
		const char *check;
	} rows[] = {
		{"INSERT INTO t VALUES (3, 'z')", CN_OK,
			"SELECT count(*) = 3 AND min(a) = 'x' FROM t"},
		{"INSERT INTO t VALUES (3, NULL)", CN_EDECISION, "SELECT count(*) = 3 FROM t"},
		{"ALTER TABLE t ADD COLUMN b TEXT; UPDATE t SET b = 'mine'", CN_EDECISION,
			"SELECT count(*) = 2 FROM t WHERE b = 'mine'"},
		{"DROP TABLE t", CN_OK, "SELECT count(*) = 0 FROM t"},
	};
	for (size_t i = 0; i < CNI_COUNT(rows); i++) {
		CLEANUP(cni_arena_done) cni_arena arena = {0};
		CLEANUP(cni_conn_closep) cni_conn *conn = start(&arena, start_sql);
		struct person person = {
			.says = "rename column u old new", .meanwhile = rows[i].meanwhile};
		cni_apply_report report;
		cn_error err = {0};
		cn_status status = apply(conn, target_sql, &person, false, &report, &arena, &err);
		if (status != rows[i].status)
			fail_msg("%s: %d %s | %s", rows[i].meanwhile, status, err.message,
				err.detail);
		assert_int_equal(person.confirmed, 1);
		assert_int_equal(number(conn, rows[i].check), 1);
	}
}

static void waits_for_a_writer(void **state)
{
	(void)state;
	CLEANUP(cni_arena_done) cni_arena arena = {0};
	CLEANUP(cni_conn_closep) cni_conn *conn = start(&arena, start_sql);
	struct person person = {.says = "allow-drop u.old"};
	cni_apply_report report;
	cn_error err = {0};
	sqlite3 *writer;
	char before[65], after[65];
	assert_ok(cni_conn_set(conn, CNI_SETTING_BUSY_TIMEOUT_MS, 20, &err), &err);
	assert_int_equal(sqlite3_open(path, &writer), SQLITE_OK);
	assert_int_equal(sqlite3_exec(writer, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
	hash_file(before);
	assert_int_equal(
		apply(conn, target_sql, &person, false, &report, &arena, &err), CN_ECONFLICT);
	hash_file(after);
	assert_string_equal(before, after);
	sqlite3_close(writer);
	assert_ok(apply(conn, target_sql, &person, false, &report, &arena, &err), &err);
}

static void refuses_a_broken_target(void **state)
{
	(void)state;
	static const struct {
		const char *target, *says;
	} rows[] = {
		{"CREATE TABLE t (id INTEGER,, a TEXT)", "syntax"},
		{"CREATE TABLE t (id INTEGER); CREATE TABLE t (id TEXT)", "already exists"},
		{"CREATE INDEX i ON nowhere (a)", "nowhere"},
	};
	for (size_t i = 0; i < CNI_COUNT(rows); i++) {
		CLEANUP(cni_arena_done) cni_arena arena = {0};
		CLEANUP(cni_conn_closep) cni_conn *conn = start(&arena, start_sql);
		struct person person = {0};
		cni_apply_report report;
		cn_error err = {0};
		assert_true(apply(conn, rows[i].target, &person, false, &report, &arena, &err) < 0);
		if (!strstr(err.message, rows[i].says) || !strstr(err.message, "target.sql"))
			fail_msg("%s: %s | %s", rows[i].target, err.message, err.detail);
	}
}

/* SQLite accepts a foreign key whose parent has no unique key for it, and then every write fails.
 */
static void warns_of_keys_that_do_not_fit(void **state)
{
	(void)state;
	static const struct {
		const char *start, *target;
		size_t warnings;
	} cases[] = {
		{"CREATE TABLE p (a UNIQUE); CREATE TABLE c (a REFERENCES p (a))",
			"CREATE TABLE p (a); CREATE TABLE c (a REFERENCES p (a))", 1},
		{"CREATE TABLE p (a UNIQUE); CREATE TABLE c (a REFERENCES p (a))",
			"CREATE TABLE p (a); CREATE UNIQUE INDEX i ON p (a);"
			"CREATE TABLE c (a REFERENCES p (a))",
			0},
		{"CREATE TABLE p (a UNIQUE); CREATE TABLE c (a REFERENCES p (a))",
			"CREATE TABLE p (a); CREATE UNIQUE INDEX i ON p (a) WHERE a > 0;"
			"CREATE TABLE c (a REFERENCES p (a))",
			1},
		{"CREATE TABLE p (a UNIQUE); CREATE TABLE c (a REFERENCES p (a))",
			"CREATE TABLE p (a UNIQUE COLLATE NOCASE, b); CREATE TABLE c (a REFERENCES p (a))",
			0},
		{"CREATE TABLE p (a); CREATE TABLE c (a)",
			"CREATE TABLE p (a, b, PRIMARY KEY (a, b)); CREATE TABLE c (a REFERENCES p)",
			1},
		{"CREATE TABLE p (a); CREATE TABLE c (a REFERENCES p (a))",
			"CREATE TABLE p (a, b); CREATE TABLE c (a REFERENCES p (a))", 0},
		{"CREATE TABLE c (a)", "CREATE TABLE c (a REFERENCES later (a))", 0},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		CLEANUP(cni_arena_done) cni_arena arena = {0};
		CLEANUP(cni_conn_closep) cni_conn *conn = start(&arena, cases[i].start);
		struct person person = {0};
		cni_apply_report report;
		cn_error err;
		assert_ok(
			apply(conn, cases[i].target, &person, false, &report, &arena, &err), &err);
		assert_int_equal(report.set.up.warning_count, cases[i].warnings);
		if (cases[i].warnings)
			assert_non_null(strstr(report.set.up.warnings[0], "no unique key"));
	}
}

static int make_path(void **state)
{
	(void)state;
	char folder[256];
	snprintf(folder, sizeof folder, "%s/cantil-apply-XXXXXX",
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
		cmocka_unit_test(asks_until_it_knows),
		cmocka_unit_test(gives_up_without_an_answer),
		cmocka_unit_test(writes_nothing_when_told_not_to),
		cmocka_unit_test(plans_without_the_right_to_write),
		cmocka_unit_test(does_nothing_when_there_is_nothing),
		cmocka_unit_test(looks_again_when_somebody_wrote),
		cmocka_unit_test(waits_for_a_writer),
		cmocka_unit_test(refuses_a_broken_target),
		cmocka_unit_test(warns_of_keys_that_do_not_fit),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, make_path, remove_path);
}
