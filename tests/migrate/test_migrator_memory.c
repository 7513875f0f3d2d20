/*
 * test_migrator_memory.c - the n-th allocation of a migrator's call fails, ours or SQLite's, once
 * or from then on: it ends with CN_ENOMEM (or does without), leaks nothing, and the folder and the
 * database are what they were. Linked with --wrap.
 */
#include "tap.h"

#include <ftw.h>
#include <sqlite3.h>
#include <unistd.h>

#include <cantil/migrate.h>

#include "base/buffer.h"
#include "base/file.h"
#include "base/try.h"
#include "failing_memory.h"

/* ---- a small project, and what it is ---- */

static char root[256];

static const char before_sql[] = "CREATE TABLE p (id INTEGER PRIMARY KEY, name TEXT);";
static const char wanted_sql[] =
	"CREATE TABLE p (id INTEGER PRIMARY KEY, name TEXT NOT NULL CHECK (name <> ''));"
	"CREATE INDEX p_name ON p (name);";

static const char *in_root(cni_arena *arena, const char *name)
{
	return cni_path_join(arena, root, name);
}

static cn_status open_migrator(const char *target, cn_migrator **ret, cn_error *err)
{
	return cn_migrator_new(
		&(cn_migrator_desc){.database_uri = "app.db", .root = root, .target_sql = target},
		ret, err);
}

static int remove_entry(const char *path, const struct stat *info, int kind, struct FTW *walk)
{
	(void)info, (void)kind, (void)walk;
	return remove(path);
}

static void remove_all(void) { nftw(root, remove_entry, 16, FTW_DEPTH | FTW_PHYS); }

static void revision(const char *id, const char *header, const char *up, const char *down)
{
	CLEANUP(cni_arena_done) cni_arena arena = {0};
	cn_error err;
	const char *path = cni_printf(&arena, "%s/migrations/versions/%s.sql", root, id);
	const char *text = cni_printf(&arena,
		"-- cantil: revision %s\n%s\n-- upgrade sqlite\n%s\n-- downgrade sqlite\n%s\n", id,
		header, up, down);
	assert_ok(cni_file_write(path, text, strlen(text), true, &err), &err);
}

/* r1 <- r2, and on a branch r1 <- b1; the database is at r2, with rows. */
static void build(bool branch)
{
	cn_migrator *migrator;
	sqlite3 *db;
	cn_error err;
	CLEANUP(cni_arena_done) cni_arena arena = {0};
	remove_all();
	assert_ok(cni_dir_make(root, &err), &err);
	assert_ok(open_migrator(before_sql, &migrator, &err), &err);
	assert_ok(cn_migrator_init(migrator, NULL, &err), &err);
	revision("r1", "-- labels: main", before_sql, "DROP TABLE p;");
	revision("r2", "-- parents: r1", "CREATE TABLE q (id INTEGER PRIMARY KEY);",
		"DROP TABLE q;");
	if (branch)
		revision("b1", "-- parents: r1\n-- depends: r2", "ALTER TABLE p ADD COLUMN more;",
			"ALTER TABLE p DROP COLUMN more;");
	assert_ok(cn_migrator_accept(migrator, NULL, false, NULL, &err), &err);
	assert_ok(cn_migrator_upgrade(migrator, "r2", NULL, &err), &err);
	cn_migrator_free(migrator);
	assert_int_equal(sqlite3_open(in_root(&arena, "app.db"), &db), SQLITE_OK);
	assert_int_equal(
		sqlite3_exec(db, "INSERT INTO p VALUES (1, 'a'), (2, 'b')", NULL, NULL, NULL),
		SQLITE_OK);
	sqlite3_close(db);
}

static int add_row(void *out, int count, char **values, char **names)
{
	(void)names;
	for (int i = 0; i < count; i++)
		cni_buffer_printf(out, "%s|", values[i] ? values[i] : "NULL");
	return 0;
}

static void add_files(cni_buffer *out, const char *folder)
{
	CLEANUP(cni_arena_done) cni_arena arena = {0};
	const char **names;
	size_t count;
	cn_error err;
	assert_ok(cni_dir_list(&arena, in_root(&arena, folder), &names, &count, &err), &err);
	for (size_t i = 0; i < count; i++) {
		char *text;
		size_t size;
		const char *path = cni_path_join(&arena, in_root(&arena, folder), names[i]);
		if (cni_dir_exists(path))
			continue;
		assert_ok(cni_file_read(&arena, path, 1 << 20, &text, &size, &err), &err);
		cni_buffer_printf(out, "%s: %s\n", names[i], text);
	}
}

/* Every file of the folder, and what is in the database. */
static void look(cni_buffer *out)
{
	static const char *const queries[] = {"SELECT sql FROM sqlite_schema ORDER BY name",
		"SELECT * FROM p", "SELECT revision FROM cantil_version ORDER BY number"};
	CLEANUP(cni_arena_done) cni_arena arena = {0};
	sqlite3 *db;
	add_files(out, "migrations");
	add_files(out, "migrations/versions");
	assert_int_equal(sqlite3_open(in_root(&arena, "app.db"), &db), SQLITE_OK);
	for (size_t i = 0; i < CNI_COUNT(queries); i++)
		assert_int_equal(sqlite3_exec(db, queries[i], add_row, out, NULL), SQLITE_OK);
	sqlite3_close(db);
	assert_false(out->failed);
}

/* ---- the calls ---- */

static cn_status do_make(cn_migrator *migrator, cn_error *err)
{
	static const char *const needs[] = {"r1", NULL};
	cn_made made;
	const cn_make_desc desc = {.message = "m",
		.answers = "fill p.name 'x'\nallow-drop q\n",
		.head = "main@head",
		.branch_label = "late",
		.depends_on = needs};
	return cn_migrator_make(migrator, &desc, &made, err);
}

static cn_status do_revision(cn_migrator *migrator, cn_error *err)
{
	cn_made made;
	return cn_migrator_make(
		migrator, &(cn_make_desc){.empty = true, .message = "m"}, &made, err);
}

static cn_status do_merge(cn_migrator *migrator, cn_error *err)
{
	cn_made made;
	return cn_migrator_merge(migrator, &(cn_merge_desc){.branch_label = "one"}, &made, err);
}

static cn_status do_upgrade(cn_migrator *migrator, cn_error *err)
{
	TRY(cn_migrator_set_tag(migrator, "1.0", err));
	return cn_migrator_upgrade(migrator, "heads", NULL, err);
}

static cn_status do_downgrade(cn_migrator *migrator, cn_error *err)
{
	return cn_migrator_downgrade(migrator, "main@-1", NULL, err);
}

static cn_status do_stamp(cn_migrator *migrator, cn_error *err)
{
	static const char *const names[] = {"b1", "main", NULL};
	return cn_migrator_stamp_all(migrator, names, true, err);
}

static cn_status do_look(cn_migrator *migrator, cn_error *err)
{
	cn_migration_state state;
	const char *script;
	TRY(cn_migrator_history(migrator, "-1:current", &state, err));
	TRY(cn_migrator_script(migrator, false, "base:heads", &script, err));
	return cn_migrator_verify(migrator, err);
}

static const struct call {
	const char *name;
	bool branch;
	const char *target;
	cn_status (*run)(cn_migrator *migrator, cn_error *err);
} calls[] = {
	{"make", false, wanted_sql, do_make},
	{"revision", false, NULL, do_revision},
	{"merge", true, NULL, do_merge},
	{"upgrade", true, NULL, do_upgrade},
	{"downgrade", false, NULL, do_downgrade},
	{"stamp", true, NULL, do_stamp},
	{"look", true, NULL, do_look},
};

static cn_status run(const struct call *call, cn_error *err)
{
	cn_migrator *migrator = NULL;
	cn_status status = open_migrator(call->target, &migrator, err);
	if (status >= 0)
		status = call->run(migrator, err);
	cn_migrator_free(migrator);
	return status;
}

static const char *first_difference(const char *before, const char *after)
{
	while (*before == *after && *after)
		before++, after++;
	return after;
}

static void fail_one(const struct call *call, long n, bool lasting, cni_buffer *before)
{
	CLEANUP(cni_buffer_done) cni_buffer after = {0};
	cn_error err = {0};
	memory_fail(n, lasting);
	cn_status status = run(call, &err);
	bool hit = memory_work();
	if (status == CN_OK) { /* SQLite can do without some of what it asks for */
		assert_true(hit);
		build(call->branch);
		return;
	}
	if (status != CN_ENOMEM || !*err.message)
		fail_msg("%s, allocation %ld: %d %s | %s", call->name, n, status, err.message,
			err.detail);
	/* without any memory nobody can ask whether the commit came in time: that is told */
	if (lasting && strstr(err.detail, "could not be read")) {
		build(call->branch);
		return;
	}
	look(&after);
	if (strcmp(cni_buffer_text(before), cni_buffer_text(&after)) != 0)
		fail_msg("%s, allocation %ld: something has changed: %s", call->name, n,
			first_difference(cni_buffer_text(before), cni_buffer_text(&after)));
}

static void fail_each(bool lasting)
{
	for (size_t i = 0; i < CNI_COUNT(calls); i++) {
		CLEANUP(cni_buffer_done) cni_buffer before = {0};
		memory_points points = {0};
		cn_error err;
		build(calls[i].branch);
		look(&before);
		memory_points_begin(&points);
		cn_status status = run(&calls[i], &err);
		memory_points_end(&points);
		assert_ok(status, &err);
		build(calls[i].branch);
		for (size_t at = 0; at < points.count; at++)
			fail_one(&calls[i], points.at[at], lasting, &before);
		print_message("# %s: %zu of %ld allocations\n", calls[i].name, points.count,
			memory.number);
		assert_true(points.count > 5 && memory.number > 20);
		free(points.at);
	}
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
	snprintf(root, sizeof root, "%s/cantil-migrator-memory-XXXXXX",
		access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	return mkdtemp(root) ? 0 : -1;
}

static int end(void **state)
{
	(void)state;
	remove_all();
	return 0;
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
