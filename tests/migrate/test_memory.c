/*
 * test_memory.c - the n-th allocation of a migration fails, ours or SQLite's, once or from then on:
 * it ends with CN_ENOMEM (or does without), crashes nowhere, leaks nothing, and the file is what it
 * was. Linked with --wrap.
 */
#include "tap.h"

#include <sqlite3.h>
#include <unistd.h>

#include "base/file.h"
#include "base/hash.h"
#include "base/try.h"
#include "failing_memory.h"
#include "migrate/change/apply.h"

static char path[300];

static const char start_sql[] =
	"CREATE TABLE p (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT, old REAL);"
	"CREATE TABLE c (id INTEGER PRIMARY KEY, p INTEGER REFERENCES p(id) ON DELETE CASCADE, gone TEXT);"
	"CREATE INDEX p_name ON p(name); CREATE VIEW v AS SELECT name FROM p;"
	"CREATE TRIGGER g AFTER INSERT ON c BEGIN UPDATE p SET name = name WHERE id = new.p; END;"
	"INSERT INTO p(name) VALUES ('1'), ('2'), (NULL); INSERT INTO c VALUES (1, 1, NULL), (2, 2, NULL); ANALYZE;";
static const char target_sql[] =
	"CREATE TABLE parent (id INTEGER PRIMARY KEY AUTOINCREMENT, num INTEGER NOT NULL CHECK (num < 99), more TEXT);"
	"CREATE TABLE c (id INTEGER PRIMARY KEY, p INTEGER REFERENCES parent(id) ON DELETE CASCADE);"
	"CREATE UNIQUE INDEX p_name ON parent(num); CREATE VIEW v AS SELECT num FROM parent;"
	"CREATE TRIGGER g AFTER INSERT ON c BEGIN UPDATE parent SET num = 5 WHERE id = new.p; END;";
static const char answers_text[] =
	"rename table p parent\nrename column parent name num\nfill parent.num 3\n";

static cn_status migrate(cn_error *err)
{
	CLEANUP(cni_arena_done) cni_arena arena = {0};
	CLEANUP(cni_conn_closep) cni_conn *conn = NULL;
	cni_answers answers = {.arena = &arena};
	cni_apply_report report;
	cni_uri uri;
	TRY(cni_uri_parse(&arena, path, "/", &uri, err));
	TRY(cni_conn_open(
		&uri, &(cni_open_options){.mode = CNI_OPEN_WRITE, .foreign = true}, &conn, err));
	TRY(cni_answers_add_text(&answers, answers_text, "answers", err));
	return cni_apply(conn, "target.sql", target_sql, &answers, &(cni_apply_options){0}, &arena,
		&report, err);
}

static void build(void)
{
	sqlite3 *db;
	unlink(path);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, start_sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
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

static void fail_each(bool lasting)
{
	char before[65], after[65];
	memory_points points = {0};
	cn_error err = {0};
	build();
	hash_file(before);
	memory_points_begin(&points);
	cn_status status = migrate(&err);
	memory_points_end(&points);
	assert_ok(status, &err);
	build();
	for (size_t i = 0; i < points.count; i++) {
		memory_fail(points.at[i], lasting);
		status = migrate(&err);
		bool hit = memory_work();
		if (status == CN_OK) {
			assert_true(hit);
			build(); /* SQLite can do without some of what it asks for */
			continue;
		}
		hash_file(after);
		if (status != CN_ENOMEM || !*err.message)
			fail_msg("allocation %ld: %d %s | %s", points.at[i], status, err.message,
				err.detail);
		if (strcmp(before, after) != 0)
			fail_msg("allocation %ld: the file has changed: %s | %s", points.at[i],
				err.message, err.detail);
	}
	print_message("# %zu of %ld allocations\n", points.count, memory.number);
	assert_true(points.count > 100 && memory.number > 1000);
	free(points.at);
}

static void survives_one_failure(void **state)
{
	(void)state;
	fail_each(false);
}

static void survives_having_no_memory(void **state)
{
	(void)state;
	fail_each(true);
}

static int start(void **state)
{
	(void)state;
	char folder[256];
	snprintf(folder, sizeof folder, "%s/cantil-memory-XXXXXX",
		access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	snprintf(path, sizeof path, "%s/test.db", mkdtemp(folder) ? folder : "");
	return *folder ? 0 : -1;
}

static int end(void **state)
{
	CLEANUP(cni_arena_done) cni_arena arena = {0};
	(void)state;
	unlink(path);
	return rmdir(cni_path_folder(&arena, path));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(survives_one_failure),
		cmocka_unit_test(survives_having_no_memory),
	};
	if (!memory_of_sqlite())
		return 1;
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, start, end);
}
