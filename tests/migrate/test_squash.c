/* test_squash.c - several revisions become one: what it does, who is at it, what is refused. */
#include "project.h"

#include <unistd.h>

#include "base/file.h"
#include "base/try.h"

/* r1 makes a table, r2 renames and fills, r3 renames again; r4 follows. Rows since r1. */
static void make_run(project *p)
{
	want(p, "CREATE TABLE a (id INTEGER PRIMARY KEY, x TEXT)");
	make(p, "r1", NULL);
	upgrade(p);
	sql(p, "INSERT INTO a VALUES (1, 'one'), (2, NULL)");
	want(p, "CREATE TABLE a (id INTEGER PRIMARY KEY, y TEXT, n INT NOT NULL)");
	make(p, "r2", "rename column a x y\nfill a.n 7");
	want(p, "CREATE TABLE b (id INTEGER PRIMARY KEY, z TEXT NOT NULL, n INT NOT NULL, w)");
	make(p, "r3", "rename table a b\nrename column b y z\nfill b.z 'none'");
	want(p, "CREATE TABLE b (id INTEGER PRIMARY KEY, z TEXT NOT NULL, n INT NOT NULL, w);"
		"CREATE INDEX by_z ON b (z)");
	make(p, "r4", NULL);
}

static cn_status squash(project *p, const char *from, const char *to, bool concatenate,
	cn_squashed *ret, cn_error *err)
{
	return cn_migrator_squash(p->migrator,
		&(cn_squash_desc){
			.from = from, .to = to, .revision_id = "s", .concatenate = concatenate},
		ret, err);
}

static void squash_ok(project *p, const char *from, const char *to, bool concatenate)
{
	cn_squashed made;
	cn_error err;
	assert_ok(squash(p, from, to, concatenate, &made, &err), &err);
	assert_string_equal(made.id, "s");
	assert_true(cni_file_exists(made.path));
	assert_true(cni_dir_exists(made.archive));
	assert_int_equal(made.tried_on_rows, !concatenate);
}

static void check_rows(project *p)
{
	assert_string_equal(text(p, "SELECT group_concat(z || n) FROM b"), "one7,none7");
	assert_string_equal(current(p), "r4");
}

static void replanned(void **state)
{
	project *p = *state;
	cn_error err;
	make_run(p);
	squash_ok(p, "r2", "r3", false);
	assert_int_equal(file_count(p), 3);
	assert_ok(cn_migrator_verify(p->migrator, &err), &err);
	upgrade(p);
	check_rows(p);
	assert_int_equal(number(p, "SELECT count(*) FROM cantil_version"), 4);
	assert_ok(cn_migrator_downgrade(p->migrator, "r1", NULL, &err), &err);
	assert_string_equal(text(p, "SELECT group_concat(x) FROM a"), "one,none");
	assert_ok(cn_migrator_check(p->migrator, &err), &err);
}

static void concatenated(void **state)
{
	project *p = *state;
	make_run(p);
	squash_ok(p, "r2", "r3", true);
	upgrade(p);
	check_rows(p);
}

/* A database that has all of them is at the new one, and its rows are rewritten by the next
 * upgrade, whether that has something to run or not. */
static void at_the_end(void **state)
{
	project *p = *state;
	size_t count;
	cn_error err;
	make_run(p);
	assert_ok(cn_migrator_upgrade(p->migrator, "r3", NULL, &err), &err);
	squash_ok(p, "r2", "r3", false);
	assert_string_equal(current(p), "s");
	assert_ok(cn_migrator_upgrade(p->migrator, "s", &count, &err), &err);
	assert_int_equal(count, 0);
	assert_string_equal(
		text(p, "SELECT group_concat(revision) FROM cantil_version"), "base,r1,s");
	upgrade(p);
	check_rows(p);
}

static void downgraded_first(void **state)
{
	project *p = *state;
	cn_error err;
	make_run(p);
	upgrade(p);
	squash_ok(p, "r2", "r3", false);
	assert_ok(cn_migrator_downgrade(p->migrator, "r1", NULL, &err), &err);
	assert_string_equal(current(p), "r1");
	upgrade(p);
	assert_string_equal(current(p), "r4");
}

/* One in the middle is told the way, and the way works. */
static void in_the_middle(void **state)
{
	project *p = *state;
	cn_error err;
	cn_migrator *old;
	make_run(p);
	assert_ok(cn_migrator_upgrade(p->migrator, "r2", NULL, &err), &err);
	squash_ok(p, "r2", "r3", false);
	const char *before = file_sum(p);
	assert_int_equal(cn_migrator_upgrade(p->migrator, NULL, NULL, &err), CN_ESCHEMA);
	assert_non_null(strstr(err.message, "only a part"));
	assert_non_null(strstr(err.hint, "squashed/s"));
	assert_string_equal(before, file_sum(p));
	const char *archive = cni_printf(&p->arena, "%s/migrations/squashed/s", p->root);
	assert_ok(cn_migrator_new(&(cn_migrator_desc){.database_uri = p->uri, .folder = archive},
			  &old, &err),
		&err);
	assert_ok(cn_migrator_upgrade(old, "r3", NULL, &err), &err);
	cn_migrator_free(old);
	upgrade(p);
	check_rows(p);
}

/* What was squashed is squashed again; a database may be called by either. */
static void twice(void **state)
{
	project *p = *state;
	cn_squashed made;
	cn_error err;
	make_run(p);
	assert_ok(cn_migrator_upgrade(p->migrator, "r3", NULL, &err), &err);
	squash_ok(p, "r2", "r3", false);
	assert_ok(cn_migrator_squash(p->migrator,
			  &(cn_squash_desc){.to = "s", .revision_id = "all"}, &made, &err),
		&err);
	assert_string_equal(current(p), "all");
	assert_int_equal(file_count(p), 2);
	upgrade(p);
	check_rows(p);
}

static void data_steps_are_not_lost(void **state)
{
	project *p = *state;
	cn_squashed made;
	cn_error err;
	write_revision(p, "r1", "", "CREATE TABLE t (a TEXT);", "DROP TABLE t;");
	write_revision(p, "r2", "r1",
		"ALTER TABLE t ADD COLUMN b TEXT;\nUPDATE t SET b = upper(a);",
		"ALTER TABLE t DROP COLUMN b;");
	write_revision(p, "r3", "r2", "CREATE TABLE u (a);", "DROP TABLE u;");
	want(p, NULL);
	assert_ok(cn_migrator_upgrade(p->migrator, "r1", NULL, &err), &err);
	sql(p, "INSERT INTO t VALUES ('x')");
	size_t files = file_count(p);
	assert_int_equal(squash(p, "r2", "r3", false, &made, &err), CN_EDECISION);
	assert_non_null(strstr(err.detail, "r2: UPDATE"));
	assert_null(strstr(err.detail, "r3"));
	assert_int_equal(file_count(p), files);
	squash_ok(p, "r2", "r3", true);
	upgrade(p);
	assert_string_equal(text(p, "SELECT b FROM t"), "X");
}

/* A rename that no answer and no ALTER says: the rows tell that planning anew would lose it. */
static void rows_tell(void **state)
{
	project *p = *state;
	cn_squashed made;
	cn_error err;
	write_revision(p, "r1", "", "CREATE TABLE t (a TEXT, n INT);", "DROP TABLE t;");
	write_revision(p, "r2", "r1",
		"CREATE TABLE new_t (b TEXT, n INT);\n"
		"INSERT INTO new_t (b, n) SELECT a, n FROM t;\nDROP TABLE t;\n"
		"ALTER TABLE new_t RENAME TO t;",
		NULL);
	write_revision(p, "r3", "r2", "CREATE TABLE u (a);", "DROP TABLE u;");
	want(p, NULL);
	assert_int_equal(squash(p, "r2", "r3", false, &made, &err), CN_ESCHEMA);
	assert_non_null(strstr(err.message, "table \"t\""));
	assert_non_null(strstr(err.hint, "--concatenate"));
	assert_int_equal(file_count(p), 3);
	squash_ok(p, "r2", "r3", true);
}

static void not_in_a_row(void **state)
{
	project *p = *state;
	cn_squashed made;
	cn_error err;
	write_revision(p, "r1", "", "CREATE TABLE t (a);", "DROP TABLE t;");
	write_revision(p, "r2", "r1", "CREATE TABLE u (a);", "DROP TABLE u;");
	write_revision(p, "r3", "r2", "CREATE TABLE v (a);", "DROP TABLE v;");
	write_revision(p, "x2", "r1", "CREATE TABLE w (a);", "DROP TABLE w;");
	want(p, NULL);
	assert_int_equal(squash(p, "r1", "r3", false, &made, &err), CN_EARG);
	assert_non_null(strstr(err.detail, "r1"));
	assert_int_equal(squash(p, "r3", "r2", false, &made, &err), CN_EARG);
	assert_non_null(strstr(err.message, "before"));
	assert_int_equal(squash(p, "r2", "r2", false, &made, &err), CN_EARG);
	assert_int_equal(squash(p, "base", "r2", false, &made, &err), CN_EARG);
	assert_int_equal(squash(p, "nix", "r2", false, &made, &err), CN_ENOTFOUND);
	assert_int_equal(file_count(p), 4);
	squash_ok(p, "r2", "r3", false);
}

static void dry_run(void **state)
{
	project *p = *state;
	cn_squashed made;
	cn_error err;
	make_run(p);
	assert_ok(
		cn_migrator_squash(p->migrator,
			&(cn_squash_desc){.from = "r2", .to = "r3", .dry_run = true}, &made, &err),
		&err);
	assert_null(made.path);
	assert_non_null(strstr(made.text, "-- replaces: r2 r3\n"));
	assert_int_equal(file_count(p), 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(replanned, project_setup, project_teardown),
		cmocka_unit_test_setup_teardown(concatenated, project_setup, project_teardown),
		cmocka_unit_test_setup_teardown(at_the_end, project_setup, project_teardown),
		cmocka_unit_test_setup_teardown(downgraded_first, project_setup, project_teardown),
		cmocka_unit_test_setup_teardown(in_the_middle, project_setup, project_teardown),
		cmocka_unit_test_setup_teardown(twice, project_setup, project_teardown),
		cmocka_unit_test_setup_teardown(
			data_steps_are_not_lost, project_setup, project_teardown),
		cmocka_unit_test_setup_teardown(rows_tell, project_setup, project_teardown),
		cmocka_unit_test_setup_teardown(not_in_a_row, project_setup, project_teardown),
		cmocka_unit_test_setup_teardown(dry_run, project_setup, project_teardown),
	};
	return RUN(tests);
}
