/* test_runner.c - one revision on a live database: what is read again under the lock, and the
 * version table. */
#include "project.h"

#include "base/file.h"
#include "base/try.h"
#include "migrate/revision/version.h"
#include "migrate/run/runner.h"

typedef struct bench { /* three revisions, and a database */
	cni_folder folder;
	cni_conn *conn;
} bench;

static bench open_bench(project *p)
{
	bench b = {0};
	cni_uri uri;
	cn_error err;
	write_revision(p, "r1", "", "CREATE TABLE t (x);", "DROP TABLE t;");
	write_revision(
		p, "r2", "r1", "ALTER TABLE t ADD COLUMN y;", "ALTER TABLE t DROP COLUMN y;");
	write_revision(p, "r3", "r2", "INSERT INTO t VALUES (1, 2);\nCREATE TABLE t (x);",
		"DROP TABLE t;");
	assert_ok(cni_folder_read(
			  &p->arena, cni_path_folder(&p->arena, p->versions), &b.folder, &err),
		&err);
	assert_ok(cni_uri_parse(&p->arena, p->uri, p->root, &uri, &err), &err);
	assert_ok(cni_conn_open(&uri, &(cni_open_options){.mode = CNI_OPEN_CREATE}, &b.conn, &err),
		&err);
	return b;
}

static cn_status run(const bench *b, const char *id, bool down, bool *ret_done, cn_error *err)
{
	cni_run run = {
		.folder = &b->folder, .revision = cni_folder_get(&b->folder, id), .down = down};
	return cni_run_revision(b->conn, &run, ret_done, err);
}

static cni_version read_version(project *p, const bench *b)
{
	cni_version version;
	cn_error err;
	assert_ok(cni_version_read(b->conn, &p->arena, &version, &err), &err);
	return version;
}

static void the_loser_finds_it_done(void **state)
{
	project *p = *state;
	bench b = open_bench(p);
	cn_error err;
	bool done = false;
	assert_ok(run(&b, "r1", false, &done, &err), &err);
	assert_true(done);
	assert_ok(run(&b, "r1", false, &done, &err), &err);
	assert_false(done);
	assert_ok(run(&b, "r1", true, &done, &err), &err);
	assert_true(done);
	assert_ok(run(&b, "r1", true, &done, &err), &err);
	assert_false(done);
	cni_conn_close(b.conn);
}

static void a_state_that_moved_is_a_conflict(void **state)
{
	project *p = *state;
	bench b = open_bench(p);
	cn_error err;
	bool done;
	assert_int_equal(run(&b, "r2", false, &done, &err), CN_ECONFLICT);
	assert_non_null(strstr(err.message, "r1"));
	assert_int_equal(read_version(p, &b).count, 0);
	assert_ok(run(&b, "r1", false, &done, &err), &err);
	assert_ok(run(&b, "r2", false, &done, &err), &err);
	assert_int_equal(run(&b, "r1", true, &done, &err), CN_ECONFLICT);
	assert_non_null(strstr(err.message, "r2"));
	assert_int_equal(read_version(p, &b).count, 2);
	cni_conn_close(b.conn);
}

static void statements_and_row_are_one(void **state)
{
	project *p = *state;
	bench b = open_bench(p);
	cn_error err;
	bool done;
	int64_t n;
	assert_ok(run(&b, "r1", false, &done, &err), &err);
	assert_ok(run(&b, "r2", false, &done, &err), &err);
	assert_int_equal(
		run(&b, "r3", false, &done, &err), CN_ESQL); /* the second statement fails */
	assert_non_null(strstr(err.message, "upgrade to r3 (by hand)"));
	assert_ok(cni_conn_int(b.conn, "SELECT count(*) FROM t", &n, &err), &err);
	assert_int_equal(n, 0);
	cni_version version = read_version(p, &b);
	assert_int_equal(version.count, 2);
	assert_null(cni_version_find(&version, "r3"));
	cni_conn_close(b.conn);
}

static void the_version_table(void **state)
{
	project *p = *state;
	bench b = open_bench(p);
	cn_error err;
	bool done;
	cni_schema *seen;
	cni_version version = read_version(p, &b);
	assert_false(version.exists);
	assert_ok(run(&b, "r1", false, &done, &err), &err);
	version = read_version(p, &b);
	assert_true(version.exists);
	assert_int_equal(version.count, 1);
	assert_string_equal(version.list[0].checksum, cni_folder_get(&b.folder, "r1")->checksum);
	assert_true(version.list[0].duration_us >= 0);
	assert_true(strlen(version.list[0].applied_at) == 20 && *version.list[0].tool);
	assert_int_equal(strlen(version.database_id), 32);
	const char *id = version.database_id;
	assert_ok(run(&b, "r1", true, &done, &err), &err);
	version = read_version(p, &b);
	assert_int_equal(version.count, 0);
	assert_string_equal(version.database_id, id);
	assert_ok(cni_conn_inspect(b.conn, &p->arena, &seen, &err), &err);
	assert_int_equal(seen->object_count, 0); /* it is not part of the schema */
	assert_ok(cni_conn_exec(b.conn,
			  "DROP TABLE cantil_version; CREATE TABLE cantil_version (theirs)", &err),
		&err);
	assert_int_equal(cni_version_read(b.conn, &p->arena, &version, &err), CN_ESCHEMA);
	cni_conn_close(b.conn);
}

static void rows_that_go_missing_roll_back(void **state)
{
	project *p = *state;
	cn_error err;
	sql(p, "CREATE TABLE s (a, b); INSERT INTO s VALUES (1, 'x'), (2, 'y'), (3, NULL)");
	bench b = open_bench(p);
	static const char *const copies[] = {
		"INSERT INTO n SELECT a, b FROM s WHERE a > 1", /* a row is lost */
		"INSERT INTO n SELECT a, upper(b) FROM s",      /* values differ */
		"INSERT INTO n SELECT a, ifnull(b, '') FROM s", /* NULL is not '' */
	};
	for (size_t i = 0; i < CNI_COUNT(copies); i++) {
		CLEANUP(cni_arena_done) cni_arena arena = {0};
		cni_folder folder = {.arena = &arena};
		cni_revision revision;
		bool done;
		int64_t n;
		const char *text = cni_printf(&arena,
			"-- cantil: revision k\n-- upgrade sqlite\n-- keep s (a, b) as s (a, b)\n"
			"CREATE TABLE n (a, b);\n%s;\nDROP TABLE s;\nALTER TABLE n RENAME TO s;\n",
			copies[i]);
		assert_ok(cni_revision_parse(&arena, "k.sql", text, strlen(text), &revision, &err),
			&err);
		cni_run run = {.folder = &folder, .revision = &revision};
		assert_int_equal(cni_run_revision(b.conn, &run, &done, &err), CN_ESCHEMA);
		assert_non_null(strstr(err.message, "table \"s\""));
		assert_ok(cni_conn_int(
				  b.conn, "SELECT count(*) FROM s WHERE a IN (1, 2, 3)", &n, &err),
			&err);
		assert_int_equal(n, 3);
	}
	cni_conn_close(b.conn);
}

#define T(name) cmocka_unit_test_setup_teardown(name, project_setup, project_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(the_loser_finds_it_done),
		T(a_state_that_moved_is_a_conflict),
		T(statements_and_row_are_one),
		T(the_version_table),
		T(rows_that_go_missing_roll_back),
	};
	return RUN(tests);
}
