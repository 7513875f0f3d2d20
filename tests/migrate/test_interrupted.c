/*
 * test_interrupted.c - squash, rebase and adopt, killed before each of their file operations.
 *
 * The test is linked with its own rename, link, unlink, mkdir, rmdir and fsync: the n-th call ends
 * the process, as kill -9 would. Then the folder must read as before or as after, and the same
 * command must finish.
 */
#include "project.h"

#include <ftw.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "base/try.h"

static int calls_left = -1; /* -1: no end */

static void count_call(void)
{
	if (calls_left > 0 && --calls_left == 0)
		_exit(99);
}

/* The linker's names for the functions that are replaced, and for the real ones. */
int __real_rename(const char *from, const char *to);
int __real_link(const char *from, const char *to);
int __real_unlink(const char *path);
int __real_rmdir(const char *path);
int __real_mkdir(const char *path, mode_t mode);
int __real_fsync(int fd);
int __wrap_rename(const char *from, const char *to);
int __wrap_link(const char *from, const char *to);
int __wrap_unlink(const char *path);
int __wrap_rmdir(const char *path);
int __wrap_mkdir(const char *path, mode_t mode);
int __wrap_fsync(int fd);

int __wrap_rename(const char *from, const char *to)
{
	count_call();
	return __real_rename(from, to);
}

int __wrap_link(const char *from, const char *to)
{
	count_call();
	return __real_link(from, to);
}

int __wrap_unlink(const char *path)
{
	count_call();
	return __real_unlink(path);
}

int __wrap_rmdir(const char *path)
{
	count_call();
	return __real_rmdir(path);
}

int __wrap_mkdir(const char *path, mode_t mode)
{
	count_call();
	return __real_mkdir(path, mode);
}

int __wrap_fsync(int fd)
{
	count_call();
	return __real_fsync(fd);
}

typedef cn_status (*operation)(project *p, cn_error *err);

/* Runs it in a process of its own that ends before its n-th call; false: it came to its end. */
static bool run_killed(project *p, operation fn, int n)
{
	int status;
	fflush(stdout);
	pid_t child = fork();
	assert_true(child >= 0);
	if (!child) {
		cn_error err;
		calls_left = n;
		_exit(fn(p, &err) < 0 ? 1 : 0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == 99)
		return true;
	assert_int_equal(WEXITSTATUS(status), 0);
	return false;
}

enum { CALLS_MIN = 5, CALLS_MAX = 500 };

/* For every n: made anew, killed, looked at, finished, looked at. */
static void each_kill(void (*begin)(project *), operation fn, void (*between)(project *),
	void (*finished)(project *))
{
	int n = 1;
	for (bool killed = true; killed && n < CALLS_MAX; n++) {
		void *state;
		cn_error err;
		project_setup(&state);
		project *p = state;
		begin(p);
		killed = run_killed(p, fn, n);
		between(p);
		assert_ok(fn(p, &err), &err);
		finished(p);
		project_teardown(&state);
	}
	assert_in_range(n, CALLS_MIN, CALLS_MAX - 1);
}

/* A write that was killed leaves its temporary file, which nobody reads. */
static size_t revision_files(project *p)
{
	const char **names;
	size_t count, found = 0;
	cn_error err;
	assert_ok(cni_dir_list(&p->arena, p->versions, &names, &count, &err), &err);
	for (size_t i = 0; i < count; i++)
		found += cni_ends(names[i], ".sql");
	return found;
}

/* ---- squash ---- */

static void begin_squash(project *p)
{
	want(p, "CREATE TABLE a (x)");
	make(p, "r1", NULL);
	want(p, "CREATE TABLE a (x, y)");
	make(p, "r2", NULL);
	want(p, "CREATE TABLE a (x, y, z)");
	make(p, "r3", NULL);
	upgrade(p);
	sql(p, "INSERT INTO a VALUES (1, 2, 3)");
	want(p, "CREATE TABLE a (x, y, z, w)");
	make(p, "r4", NULL);
}

/* What was killed may be done already: then there is nothing left to squash, and what lies around
 * is swept by the next one. */
static cn_status squash(project *p, cn_error *err)
{
	cn_squashed made;
	cn_status status = cn_migrator_squash(p->migrator,
		&(cn_squash_desc){.from = "r1", .to = "r3", .revision_id = "s"}, &made, err);
	if (status == CN_ENOTFOUND && strstr(err->detail, "squashed into"))
		return CN_OK;
	/* the archive was complete, the revision was not there yet: another id */
	if (status == CN_ECONFLICT)
		return cn_migrator_squash(p->migrator,
			&(cn_squash_desc){.from = "r1", .to = "r3", .revision_id = "t"}, &made,
			err);
	return status;
}

static void check_readable(project *p)
{
	cn_migration_state state;
	cn_error err;
	assert_ok(cn_migrator_state(p->migrator, &state, &err), &err);
	assert_true(state.count == 4 || state.count == 2); /* as before, or as after */
	assert_int_equal(state.pending_count, 1);
	assert_int_equal(state.unknown_count, 0);
	assert_int_equal(state.head_count, 1);
	assert_ok(cn_migrator_verify(p->migrator, &err), &err);
}

static void check_squashed(project *p)
{
	cn_error err;
	check_readable(p);
	assert_int_equal(revision_files(p), 2);
	upgrade(p);
	assert_string_equal(current(p), "r4");
	assert_int_equal(number(p, "SELECT x + y + z FROM a"), 6);
	assert_ok(cn_migrator_check(p->migrator, &err), &err);
}

static void squash_killed(void **state)
{
	(void)state;
	each_kill(begin_squash, squash, check_readable, check_squashed);
}

/* ---- rebase ---- */

static void begin_rebase(project *p)
{
	want(p, "CREATE TABLE a (x)");
	make(p, "r1", NULL);
	want(p, "CREATE TABLE a (x, y)");
	make(p, "theirs", NULL);
	want(p, "CREATE TABLE a (x); CREATE TABLE b (z)");
	cn_made made;
	cn_error err;
	assert_ok(
		cn_migrator_make(p->migrator,
			&(cn_make_desc){
				.revision_id = "mine", .empty = true, .head = "r1", .splice = true},
			&made, &err),
		&err);
}

static cn_status rebase(project *p, cn_error *err)
{
	cn_rebased moved;
	return cn_migrator_rebase(
		p->migrator, &(cn_rebase_desc){.revision = "mine", .onto = "theirs"}, &moved, err);
}

static void check_branches(project *p)
{
	cn_migration_state state;
	cn_error err;
	assert_ok(cn_migrator_state(p->migrator, &state, &err), &err);
	assert_int_equal(state.count, 3);
	assert_true(state.head_count == 1 || state.head_count == 2);
}

static void check_rebased(project *p)
{
	cn_error err;
	assert_ok(cn_migrator_check(p->migrator, &err), &err);
	upgrade(p);
	assert_string_equal(current(p), "mine");
}

static void rebase_killed(void **state)
{
	(void)state;
	each_kill(begin_rebase, rebase, check_branches, check_rebased);
}

/* ---- adopt ---- */

static int remove_entry(const char *path, const struct stat *info, int kind, struct FTW *walk)
{
	(void)info, (void)kind, (void)walk;
	return remove(path);
}

static void begin_adopt(project *p)
{
	const char *folder = cni_path_join(&p->arena, p->root, "migrations");
	assert_int_equal(nftw(folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS), 0);
	sql(p, "CREATE TABLE a (x, y); CREATE INDEX i ON a (y); INSERT INTO a VALUES (1, 2);"
	       " CREATE TABLE django_migrations (id, app, name, applied)");
}

static cn_status adopt(project *p, cn_error *err)
{
	cn_adopted adopted;
	return cn_migrator_adopt(p->migrator, &(cn_adopt_desc){0}, &adopted, err);
}

static void check_rows(project *p) { assert_int_equal(number(p, "SELECT x + y FROM a"), 3); }

static void check_adopted(project *p)
{
	cn_differences found;
	cn_error err;
	check_rows(p);
	assert_int_equal(revision_files(p), 1);
	assert_ok(cn_migrator_differences(p->migrator, &found, &err), &err);
	assert_int_equal(found.line_count, 0);
	assert_ok(cn_migrator_check(p->migrator, &err), &err);
	assert_string_not_equal(current(p), "");
}

static void adopt_killed(void **state)
{
	(void)state;
	each_kill(begin_adopt, adopt, check_rows, check_adopted);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(squash_killed),
		cmocka_unit_test(rebase_killed),
		cmocka_unit_test(adopt_killed),
	};
	return RUN(tests);
}
