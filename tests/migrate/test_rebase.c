/* test_rebase.c - a branch follows another head, if it holds there. */
#include "project.h"

#include "base/file.h"
#include "base/try.h"

static void make_branches(project *p)
{
	write_revision(p, "r1", "", "CREATE TABLE t (a);\nCREATE TABLE u (b);",
		"DROP TABLE u;\nDROP TABLE t;");
	write_revision(
		p, "theirs", "r1", "ALTER TABLE t ADD COLUMN x;", "ALTER TABLE t DROP COLUMN x;");
	write_revision(
		p, "mine1", "r1", "ALTER TABLE u ADD COLUMN y;", "ALTER TABLE u DROP COLUMN y;");
	write_revision(p, "mine2", "mine1", "CREATE INDEX by_y ON u (y);", "DROP INDEX by_y;");
	want(p, NULL);
}

static cn_status rebase(project *p, const char *revision, const char *onto, bool force,
	cn_rebased *ret, cn_error *err)
{
	return cn_migrator_rebase(p->migrator,
		&(cn_rebase_desc){.revision = revision, .onto = onto, .force = force}, ret, err);
}

static char *file_text(project *p, const char *id)
{
	char *data;
	size_t size;
	cn_error err;
	assert_ok(cni_file_read(&p->arena, cni_printf(&p->arena, "%s/%s.sql", p->versions, id),
			  1 << 20, &data, &size, &err),
		&err);
	return data;
}

static void moves(void **state)
{
	project *p = *state;
	cn_rebased moved;
	cn_error err;
	make_branches(p);
	const char *other = file_text(p, "mine2");
	/* the branch is meant, whichever of its revisions is named */
	assert_ok(rebase(p, "mine2", "theirs", false, &moved, &err), &err);
	assert_string_equal(moved.revision, "mine1");
	assert_int_equal(moved.count, 2);
	assert_non_null(strstr(file_text(p, "mine1"), "-- parents: theirs\n"));
	assert_non_null(strstr(file_text(p, "mine1"), "-- message: by hand\n"));
	assert_string_equal(other, file_text(p, "mine2"));
	upgrade(p);
	assert_string_equal(current(p), "mine2");
	assert_ok(cn_migrator_verify(p->migrator, &err), &err);
	/* again: nothing is left to do */
	assert_ok(rebase(p, "mine2", "theirs", false, &moved, &err), &err);
	assert_int_equal(moved.count, 0);
}

static void only_other_branch(void **state)
{
	project *p = *state;
	cn_rebased moved;
	cn_error err;
	make_branches(p);
	assert_ok(rebase(p, NULL, "mine2", false, &moved, &err), &err);
	assert_string_equal(moved.revision, "theirs");
}

static void a_base_without_parents(void **state)
{
	project *p = *state;
	cn_rebased moved;
	cn_error err;
	make_branches(p);
	const char *path = cni_printf(&p->arena, "%s/own.sql", p->versions);
	static const char own[] =
		"-- cantil: revision own\n-- upgrade sqlite\nCREATE TABLE w (a);\n"
		"-- downgrade sqlite\nDROP TABLE w;\n";
	assert_ok(cni_file_write(path, own, sizeof own - 1, true, &err), &err);
	assert_ok(rebase(p, "own", "r1", false, &moved, &err), &err);
	assert_non_null(strstr(file_text(p, "own"), "revision own\n-- parents: r1\n"));
}

static void applied(void **state)
{
	project *p = *state;
	cn_rebased moved;
	cn_error err;
	make_branches(p);
	assert_ok(cn_migrator_upgrade(p->migrator, "mine1", NULL, &err), &err);
	const char *before = file_text(p, "mine1");
	assert_int_equal(rebase(p, "mine2", "theirs", false, &moved, &err), CN_ECONFLICT);
	assert_non_null(strstr(err.hint, "--force"));
	assert_string_equal(before, file_text(p, "mine1"));
	assert_ok(rebase(p, "theirs", "mine2", false, &moved, &err), &err);
	upgrade(p);
	assert_string_equal(current(p), "theirs");
}

static void applied_and_forced(void **state)
{
	project *p = *state;
	cn_rebased moved;
	cn_error err;
	make_branches(p);
	assert_ok(cn_migrator_upgrade(p->migrator, "mine1", NULL, &err), &err);
	assert_ok(rebase(p, "mine2", "theirs", true, &moved, &err), &err);
	assert_non_null(strstr(file_text(p, "mine1"), "-- parents: theirs\n"));
}

/* It writes the table anew by the old columns: the column of the other branch would be lost. */
static void does_something_else(void **state)
{
	project *p = *state;
	cn_rebased moved;
	cn_error err;
	make_branches(p);
	write_revision(p, "anew", "r1",
		"CREATE TABLE n (a TEXT);\nINSERT INTO n (a) SELECT a FROM t;\nDROP TABLE t;\n"
		"ALTER TABLE n RENAME TO t;",
		NULL);
	assert_int_equal(rebase(p, "anew", "theirs", false, &moved, &err), CN_ESCHEMA);
	assert_non_null(strstr(err.detail, "drop column x"));
	assert_non_null(strstr(file_text(p, "anew"), "-- parents: r1\n"));
}

static void does_not_hold(void **state)
{
	project *p = *state;
	cn_rebased moved;
	cn_error err;
	make_branches(p);
	write_revision(
		p, "same", "r1", "ALTER TABLE t ADD COLUMN x;", "ALTER TABLE t DROP COLUMN x;");
	assert_int_equal(rebase(p, "same", "theirs", false, &moved, &err), CN_ESQL);
	assert_non_null(strstr(err.message, "does not hold behind \"theirs\""));
	assert_non_null(strstr(file_text(p, "same"), "-- parents: r1\n"));
}

static void refused(void **state)
{
	project *p = *state;
	cn_rebased moved;
	cn_error err;
	make_branches(p);
	assert_int_equal(rebase(p, "mine1", "mine2", false, &moved, &err), CN_EARG);
	assert_int_equal(rebase(p, "r1", "mine2", false, &moved, &err), CN_EARG);
	assert_int_equal(rebase(p, "nix", "mine2", false, &moved, &err), CN_ENOTFOUND);
	assert_int_equal(rebase(p, "mine1", "base", false, &moved, &err), CN_EARG);
	assert_int_equal(rebase(p, "mine1", NULL, false, &moved, &err), CN_EARG);
	write_revision(p, "both", "mine2 theirs", "", "");
	assert_int_equal(rebase(p, "mine2", "theirs", false, &moved, &err), CN_EARG);
	assert_non_null(strstr(err.message, "merged already"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(moves, project_setup, project_teardown),
		cmocka_unit_test_setup_teardown(only_other_branch, project_setup, project_teardown),
		cmocka_unit_test_setup_teardown(
			a_base_without_parents, project_setup, project_teardown),
		cmocka_unit_test_setup_teardown(applied, project_setup, project_teardown),
		cmocka_unit_test_setup_teardown(
			applied_and_forced, project_setup, project_teardown),
		cmocka_unit_test_setup_teardown(
			does_something_else, project_setup, project_teardown),
		cmocka_unit_test_setup_teardown(does_not_hold, project_setup, project_teardown),
		cmocka_unit_test_setup_teardown(refused, project_setup, project_teardown),
	};
	return RUN(tests);
}
