/*
 * test_memory.c - the n-th allocation of a migration fails, ours or SQLite's, once or from then on:
 * it ends with CN_ENOMEM (or does without), crashes nowhere, leaks nothing, and the file is what it
 * was. Linked with --wrap. `CANTIL_TEST_ALL` tries every n; otherwise they lie further apart the
 * more there are.
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

/* The first n at which nothing fails any more. */
static long fail_each(void)
{
	char before[65], after[65];
	bool all = getenv("CANTIL_TEST_ALL") != NULL;
	build();
	hash_file(before);
	for (long n = 0;; n += all ? 1 : 1 + n / 40) {
		cn_error err = {0};
		hit = false;
		left = n;
		cn_status status = migrate(&err);
		left = -1;
		if (status == CN_OK) {
			if (!hit)
				return n;
			build(); /* SQLite can do without some of what it asks for */
			continue;
		}
		hash_file(after);
		if (status != CN_ENOMEM || !*err.message)
			fail_msg("allocation %ld: %d %s | %s", n, status, err.message, err.detail);
		if (strcmp(before, after) != 0)
			fail_msg("allocation %ld: the file has changed", n);
	}
}

static void survives_one_failure(void **state)
{
	(void)state;
	lasting = false;
	assert_true(fail_each() > 1000);
}

static void survives_having_no_memory(void **state)
{
	(void)state;
	lasting = true;
	assert_true(fail_each() > 1000);
}

static int start(void **state)
{
	(void)state;
	char folder[256];
	snprintf(folder, sizeof folder, "%s/cantil-memory-XXXXXX",
		getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
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
	sqlite3_mem_methods failing;
	sqlite3_config(SQLITE_CONFIG_GETMALLOC, &sqlite_own);
	failing = sqlite_own;
	failing.xMalloc = sqlite_malloc;
	failing.xRealloc = sqlite_realloc;
	sqlite3_config(SQLITE_CONFIG_MALLOC, &failing);
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, start, end);
}
