/*
 * test_memory.c - the n-th allocation of whatever a migrator does fails, ours or SQLite's, once or
 * from then on: it ends with CN_ENOMEM (or does without), crashes nowhere, leaks nothing, and the
 * database is the old one or the new one, whole; a folder has no half of a revision.
 *
 * Linked with --wrap. CANTIL_TEST_ALL tries every n (failing_memory.h). CANTIL_TEST_FIRST begins
 * with that one; CANTIL_FAULT_ONLY: what has this in its name.
 */
#include "tap.h"

#include <ftw.h>
#include <sqlite3.h>
#include <unistd.h>

#include "base/file.h"
#include "base/try.h"
#include "failing_memory.h"
#include "fault_vfs.h"
#include "state.h"
#include "ways.h"

static struct {
	char folder[64], path[96];
	long first;
} test;

/* ---- what is tried ---- */

typedef struct trial {
	const char *name, *scenario; /* scenario NULL: the name is one's */
	cn_status (*run)(world *w, size_t *ret_reported, cn_error *err); /* NULL: the scenario's */
} trial;

static cn_status verify(world *w, size_t *ret_reported, cn_error *err)
{
	cn_migrator *migrator = NULL;
	(void)ret_reported;
	TRY(cn_migrator_new(
		&(cn_migrator_desc){.database_uri = w->uri_text, .embedded = &w->embedded},
		&migrator, err));
	cn_status status = cn_migrator_verify(migrator, err);
	cn_migrator_free(migrator);
	return status;
}

static cn_status look(world *w, size_t *ret_reported, cn_error *err)
{
	cn_migrator *migrator = NULL;
	cn_migration_state state;
	const char *script;
	(void)ret_reported;
	TRY(cn_migrator_new(
		&(cn_migrator_desc){.database_uri = w->uri_text, .embedded = &w->embedded},
		&migrator, err));
	cn_status status = cn_migrator_state(migrator, &state, err);
	if (status == CN_OK)
		status = cn_migrator_script(migrator, false, "head", &script, err);
	cn_migrator_free(migrator);
	return status;
}

static const trial trials[] = {
	{"rebuilt with views, trigger, full text", NULL, NULL},
	{"several tables, two swapped, pages written early", NULL, NULL},
	{"a migrator's upgrade, three revisions", NULL, NULL},
	{"a migrator's upgrade from nothing", NULL, NULL},
	{"a migrator's downgrade", NULL, NULL},
	{"a step in C", NULL, NULL},
	{"stamp", NULL, NULL},
	{"apply", NULL, NULL},
	{"step by step, with a VACUUM", NULL, NULL},
	{"definition edited by apply", NULL, NULL},
	{"verify", "a migrator's upgrade, three revisions", verify},
	{"state and script", "a migrator's upgrade, three revisions", look},
};

/* Which state the database is in; -1: none, `why` says how it differs. */
static long find_state(const world *w, cni_buffer *why)
{
	CLEANUP(cni_buffer_done) cni_buffer text = {0};
	state_read(w->path, w->scenario->queries, &text);
	for (size_t i = 0; i < w->state_count; i++)
		state_differs(w->states[i], cni_buffer_text(&text), why);
	/* a comparison that runs out of memory finds a difference: then a table is written anew
	 * that could have been altered */
	for (size_t i = 0; i < w->state_count; i++)
		if (state_alike(cni_buffer_text(&text), w->states[i]))
			return (long)i;
	return -1;
}

static void check(const world *w, long n, bool changes, cn_status status, const cn_error *err)
{
	if (sqlite3_memory_used() != 0)
		fail_msg("allocation %ld: SQLite keeps %lld bytes", n,
			(long long)sqlite3_memory_used());
	if (status != CN_OK && (status != CN_ENOMEM || !*err->message))
		fail_msg("allocation %ld: %d %s | %s", n, status, err->message, err->detail);
	CLEANUP(cni_buffer_done) cni_buffer why = {0};
	long state = find_state(w, &why);
	if (state < 0 || (!changes && state != 0))
		fail_msg("allocation %ld: neither the old database nor the new one: %s", n,
			cni_buffer_text(&why));
	if (changes && status == CN_OK && state != (long)w->state_count - 1)
		fail_msg("allocation %ld: it is not done", n);
}

/* How many allocations there are. */
static long fail_each(world *w, const trial *t, bool lasting)
{
	cn_status (*run)(world * w, size_t * ret_reported, cn_error * err) =
		t->run ? t->run : w->scenario->run;
	memory_points points = {0};
	cn_error err = {0};
	size_t reported = 0;
	fault_load(w->start);
	memory_points_begin(&points);
	cn_status status = run(w, &reported, &err);
	memory_points_end(&points);
	assert_ok(status, &err);
	for (size_t i = 0; i < points.count; i++) {
		if (points.at[i] < test.first)
			continue;
		err = (cn_error){0};
		fault_load(w->start);
		memory_fail(points.at[i], lasting);
		status = run(w, &reported, &err);
		memory_work();
		check(w, points.at[i], !t->run, status, &err);
	}
	free(points.at);
	print_message("# %s: %zu of %ld allocations\n", t->name, points.count, memory.number);
	return memory.number;
}

static void survives(void **state)
{
	const trial *t = *state;
	const scenario *s = scenarios;
	long count = 0;
	while (strcmp(s->name, t->scenario ? t->scenario : t->name) != 0)
		s++;
	for (int lasting = 0; lasting < 2; lasting++) {
		world w;
		world_make(&w, s, test.path, lasting ? "delete" : "wal");
		count = fail_each(&w, t, lasting);
		world_done(&w);
	}
	assert_true(count > 200);
}

/* ---- making a revision, in a real folder ---- */

static cn_status make(const char *root, cn_error *err)
{
	cn_migrator *migrator = NULL;
	cn_made made;
	TRY(cn_migrator_new(
		&(cn_migrator_desc){.root = root,
			.target_sql =
				"CREATE TABLE t (id INTEGER PRIMARY KEY, b TEXT NOT NULL, c TEXT);"
				"CREATE VIEW v AS SELECT b FROM t"},
		&migrator, err));
	cn_status status = cn_migrator_make(migrator,
		&(cn_make_desc){.message = "second",
			.revision_id = "r2",
			.answers = "rename column t a b\nfill t.b 'x'\n"},
		&made, err);
	cn_migrator_free(migrator);
	return status;
}

static size_t count_files(const char *folder)
{
	CLEANUP(cni_arena_done) cni_arena arena = {0};
	const char **names;
	size_t count;
	cn_error err;
	assert_ok(cni_dir_list(&arena, folder, &names, &count, &err), &err);
	return count;
}

static int remove_entry(const char *path, const struct stat *info, int kind, struct FTW *walk)
{
	(void)info, (void)kind, (void)walk;
	return remove(path);
}

static void start_folder(const char *root, const char *versions)
{
	static const char first[] = "-- cantil: revision r1\n-- upgrade sqlite\n"
				    "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT);\n"
				    "-- downgrade sqlite\nDROP TABLE t;\n";
	CLEANUP(cni_arena_done) cni_arena arena = {0};
	cn_migrator *migrator = NULL;
	cn_error err;
	nftw(cni_path_join(&arena, root, "migrations"), remove_entry, 16, FTW_DEPTH | FTW_PHYS);
	assert_ok(cn_migrator_new(&(cn_migrator_desc){.root = root}, &migrator, &err), &err);
	assert_ok(cn_migrator_init(migrator, NULL, &err), &err);
	cn_migrator_free(migrator);
	assert_ok(cni_file_write(cni_path_join(&arena, versions, "r1.sql"), first, sizeof first - 1,
			  false, &err),
		&err);
}

static void fail_making(const char *versions, long n, bool lasting)
{
	cn_error err = {0};
	size_t before = count_files(versions);
	memory_fail(n, lasting);
	cn_status status = make(test.folder, &err);
	memory_work();
	assert_int_equal(sqlite3_memory_used(), 0);
	if (status != CN_OK && (status != CN_ENOMEM || !*err.message))
		fail_msg("allocation %ld: %d %s | %s", n, status, err.message, err.detail);
	size_t files = count_files(versions);
	if (files != before + (status == CN_OK))
		fail_msg("allocation %ld: status %d, %zu files", n, status, files);
	if (status == CN_OK)
		start_folder(test.folder, versions);
}

static void makes_a_whole_file_or_none(void **state)
{
	CLEANUP(cni_arena_done) cni_arena arena = {0};
	const char *versions = cni_path_join(&arena, test.folder, "migrations/versions");
	memory_points points = {0};
	cn_error err = {0};
	(void)state;
	start_folder(test.folder, versions);
	memory_points_begin(&points);
	cn_status status = make(test.folder, &err);
	memory_points_end(&points);
	assert_ok(status, &err);
	start_folder(test.folder, versions);
	for (int lasting = 0; lasting < 2; lasting++)
		for (size_t i = 0; i < points.count; i++)
			fail_making(versions, points.at[i], lasting);
	print_message("# %zu of %ld allocations\n", points.count, memory.number);
	free(points.at);
	nftw(cni_path_join(&arena, test.folder, "migrations"), remove_entry, 16,
		FTW_DEPTH | FTW_PHYS);
}

/* ---- the program ---- */

static int start(void **state)
{
	(void)state;
	snprintf(test.folder, sizeof test.folder, "%s/cantil-memory-XXXXXX",
		access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	if (!mkdtemp(test.folder))
		return -1;
	snprintf(test.path, sizeof test.path, "%s/app.db", test.folder);
	return fault_vfs_install() ? 0 : -1;
}

static int end(void **state)
{
	(void)state;
	disk_clear(fault_disk());
	fault_vfs_remove();
	return rmdir(test.folder);
}

int main(void)
{
	struct CMUnitTest tests[CNI_COUNT(trials) + 1] = {0};
	size_t count = 0;
	for (size_t i = 0; i < CNI_COUNT(trials); i++)
		tests[count++] = (struct CMUnitTest){.name = trials[i].name,
			.test_func = survives,
			.initial_state = (void *)(uintptr_t)&trials[i]};
	tests[count++] = (struct CMUnitTest)cmocka_unit_test(makes_a_whole_file_or_none);
	const char *only = getenv("CANTIL_FAULT_ONLY"), *first = getenv("CANTIL_TEST_FIRST");
	for (size_t i = count; only && i-- > 0;)
		if (!strstr(tests[i].name, only))
			memmove(&tests[i], &tests[i + 1], (--count - i) * sizeof tests[0]);
	test.first = first ? strtol(first, NULL, 10) : 0;
	if (!memory_of_sqlite())
		return 1;
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return _cmocka_run_group_tests("memory", tests, count, start, end);
}
