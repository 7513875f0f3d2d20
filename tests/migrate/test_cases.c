/*
 * test_cases.c - every elementary change of tests/cases: applied to a database file; and, where it
 * is not refused, forward and backward through the plans of a revision.
 */
#include "tap.h"

#include <sqlite3.h>
#include <unistd.h>

#include "base/file.h"
#include "base/hash.h"
#include "base/try.h"
#include "case_file.h"
#include "migrate/change/apply.h"
#include "migrate/change/execute.h"

static char folder[256];

static const char *path_of(cni_arena *arena) { return cni_path_join(arena, folder, "case.db"); }

static void remove_db(cni_arena *arena)
{
	static const char *const ends[] = {"", "-journal", "-wal", "-shm"};
	for (size_t i = 0; i < CNI_COUNT(ends); i++)
		unlink(cni_printf(arena, "%s%s", path_of(arena), ends[i]));
}

static cni_conn *open_db(cni_arena *arena)
{
	cni_conn *conn;
	cni_uri uri;
	cn_error err;
	assert_ok(cni_uri_parse(arena, path_of(arena), "/", &uri, &err), &err);
	assert_ok(cni_conn_open(&uri, &(cni_open_options){.mode = CNI_OPEN_WRITE, .foreign = true},
			  &conn, &err),
		&err);
	return conn;
}

static void hash_db(cni_arena *arena, char out[65])
{
	char *data;
	size_t size;
	cn_error err;
	assert_ok(cni_file_read(arena, path_of(arena), 1 << 26, &data, &size, &err), &err);
	cni_sha256_text(data, size, out);
}

static const char *refused_well(cni_arena *arena, const case_file *file, cn_status status,
	const cn_error *err, const char before[65])
{
	char after[65];
	hash_db(arena, after);
	if (status >= 0)
		return "was not refused";
	if (strcmp(before, after) != 0)
		return "was refused, but the file has changed";
	if (cni_file_exists(cni_printf(arena, "%s-journal", path_of(arena))))
		return "a journal was left behind";
	const char *text = cni_printf(arena, "%s\n%s\n%s", err->message, err->detail, err->hint);
	const char *missing = case_missing_word(arena, file, text);
	return missing ? cni_printf(arena, "the refusal does not say \"%s\": %s", missing, text)
		       : NULL;
}

/* What is wrong; NULL: nothing. */
static const char *apply_case(cni_arena *arena, const case_file *file)
{
	CLEANUP(cni_conn_closep) cni_conn *conn = NULL;
	cni_answers answers = {.arena = arena};
	cni_apply_report report;
	cn_error err = {0};
	char before[65];
	remove_db(arena);
	case_build(file, path_of(arena));
	hash_db(arena, before);
	conn = open_db(arena);
	cn_status status = cni_answers_add_text(&answers, file->hints, "answers.txt", &err);
	if (status == CN_OK)
		status = cni_apply(conn, "target.sql", file->target, &answers,
			&(cni_apply_options){0}, arena, &report, &err);
	cni_conn_close(conn);
	conn = NULL;
	if (file->refuse)
		return refused_well(arena, file, status, &err, before);
	if (status < 0)
		return cni_printf(arena, "%s | %s | %s", err.message, err.detail, err.hint);
	if (!file->unchanged)
		return case_check(arena, file, path_of(arena));
	char after[65];
	hash_db(arena, after);
	return report.changed || strcmp(before, after) != 0 ? "the file has changed" : NULL;
}

static bool fails_on_rows(const cni_plan *plan)
{
	for (size_t i = 0; i < plan->warning_count; i++)
		if (strncmp(plan->warnings[i], "the way back fails", 18) == 0)
			return true;
	return false;
}

static const char *there_and_back(cni_arena *arena, const case_file *file)
{
	CLEANUP(cni_conn_closep) cni_conn *conn = NULL;
	cni_answers answers = {.arena = arena};
	cni_schema *from, *to, *back;
	cni_change_set set;
	cn_error err = {0};
	remove_db(arena);
	case_build(file, path_of(arena));
	conn = open_db(arena);
	assert_ok(cni_answers_add_text(&answers, file->hints, "answers.txt", &err), &err);
	assert_ok(cni_conn_inspect(conn, arena, &from, &err), &err);
	assert_ok(cni_normalise_sql("sqlite", file->target, arena, &to, &err), &err);
	const cni_change_input input = {.from = from, .to = to, .answers = &answers, .data = conn};
	if (cni_change_make(arena, &input, &set, &err) < 0)
		return cni_printf(arena, "no plans: %s | %s", err.message, err.detail);
	if (!set.tried_on_data)
		return "the plans were not tried on the data";
	const cni_execution up = {.plan = &set.up, .expect = set.up.result};
	const cni_execution down = {.plan = &set.down, .expect = set.down.result};
	if (cni_execute(conn, &up, &err) < 0)
		return cni_printf(arena, "up: %s | %s", err.message, err.detail);
	if (fails_on_rows(&set.down))
		return NULL;
	if (cni_execute(conn, &down, &err) < 0)
		return cni_printf(arena, "down: %s | %s", err.message, err.detail);
	assert_ok(cni_conn_inspect(conn, arena, &back, &err), &err);
	return cni_schema_equal(from, back) ? NULL : "the schema is not what it was before";
}

/* What --sql prints, run by SQLite itself, gives what apply gives. */
static const char *run_script(cni_arena *arena, const case_file *file)
{
	CLEANUP(cni_conn_closep) cni_conn *conn = NULL;
	cni_answers answers = {.arena = arena};
	cni_apply_report report;
	cn_error err = {0};
	char *message = NULL;
	sqlite3 *db;
	remove_db(arena);
	case_build(file, path_of(arena));
	conn = open_db(arena);
	assert_ok(cni_answers_add_text(&answers, file->hints, "answers.txt", &err), &err);
	assert_ok(cni_apply(conn, "target.sql", file->target, &answers,
			  &(cni_apply_options){.dry_run = true}, arena, &report, &err),
		&err);
	cni_conn_close(conn);
	conn = NULL;
	/* what ANALYZE wrote is carried over by execution only: a script cannot know whether it is
	 * there */
	if (strstr(file->data, "ANALYZE"))
		return NULL;
	const char *script = strchr(report.script, '\n'); /* the first line is for the shell */
	assert_int_equal(sqlite3_open(path_of(arena), &db), SQLITE_OK);
	int rc = sqlite3_exec(db, script, NULL, NULL, &message);
	sqlite3_close(db);
	if (rc != SQLITE_OK)
		return message;
	return case_check(arena, file, path_of(arena));
}

static void run_folder(const char *cases,
	const char *(*fn)(cni_arena *arena, const case_file *file), bool with_unchanged)
{
	CLEANUP(cni_arena_done) cni_arena list = {0};
	size_t count, wrong = 0;
	case_file *files = case_files_read(
		&list, cni_path_join(&list, getenv("CANTIL_TEST_SOURCE"), cases), &count);
	assert_true(count > 40);
	for (size_t i = 0; i < count; i++) {
		CLEANUP(cni_arena_done) cni_arena arena = {0};
		if ((files[i].refuse || files[i].unchanged) && !with_unchanged)
			continue;
		const char *what = fn(&arena, &files[i]);
		if (what)
			print_error("%s: %s\n", files[i].name, what);
		wrong += what != NULL;
		remove_db(&arena);
	}
	assert_int_equal(wrong, 0);
}

/* tests/both: PostgreSQL runs them too (tests/postgres/test_plan.c). */
static void run_all(const char *(*fn)(cni_arena *arena, const case_file *file), bool with_unchanged)
{
	run_folder("tests/cases", fn, with_unchanged);
	run_folder("tests/both", fn, with_unchanged);
}

static void applies_every_case(void **state)
{
	(void)state;
	run_all(apply_case, true);
}

static void goes_there_and_back(void **state)
{
	(void)state;
	run_all(there_and_back, false);
}

static void gives_a_script(void **state)
{
	(void)state;
	run_all(run_script, false);
}

static int make_folder(void **state)
{
	(void)state;
	snprintf(folder, sizeof folder, "%s/cantil-cases-XXXXXX",
		getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
	return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
	(void)state;
	return rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(applies_every_case),
		cmocka_unit_test(goes_there_and_back),
		cmocka_unit_test(gives_a_script),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
