/*
 * test_branches.c - branches, merges, stamps, scripts, checksums and templates in a project with a
 * database.
 */
#include "project.h"

#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "base/try.h"
#include "migrate/migrator/migrator.h"
#include "migrate/migrator/sums.h"

#define PRODUCT "CREATE TABLE product (id INTEGER PRIMARY KEY, name TEXT"
static const char v1[] = PRODUCT ");";
static const char with_price[] = PRODUCT ", price REAL);";
static const char with_both[] = PRODUCT ", price REAL, stock INTEGER);";

static const char *read_text(project *p, const char *name)
{
	char *data;
	size_t size;
	cn_error err;
	const char *path = cni_path_join(&p->arena, p->root, name);
	assert_ok(cni_file_read(&p->arena, path, 1 << 20, &data, &size, &err), &err);
	return data;
}

static void write_text(project *p, const char *name, const char *data)
{
	cn_error err;
	const char *path = cni_path_join(&p->arena, p->root, name);
	assert_ok(cni_file_write(path, data, strlen(data), false, &err), &err);
}

#define SUMS "migrations/revisions.sha256"

static const char *make_on(project *p, const char *id, const char *head, bool splice)
{
	cn_made made;
	cn_error err;
	const cn_make_desc desc = {
		.message = "a change", .revision_id = id, .head = head, .splice = splice};
	assert_ok(cn_migrator_make(p->migrator, &desc, &made, &err), &err);
	return made.path ? cni_strdup(&p->arena, made.path) : NULL;
}

/* The revisions that the database is at, sorted as the table has them: "a b". */
static const char *current_all(project *p)
{
	CLEANUP(cni_buffer_done) cni_buffer out = {0};
	cn_migration_state state;
	cn_error err;
	assert_ok(cn_migrator_state(p->migrator, &state, &err), &err);
	for (size_t i = 0; i < state.count; i++)
		if (state.list[i].current)
			cni_buffer_printf(&out, "%s%s", out.size ? " " : "", state.list[i].id);
	return cni_buffer_dup(&out, &p->arena);
}

/* r1, and after it two branches that both extend the same table. */
static void fork_project(project *p)
{
	want(p, v1);
	make(p, "r1", NULL);
	want(p, with_price);
	make(p, "a1", NULL);
	want(p, with_both);
	make_on(p, "b1", "r1", true);
}

/* ---- making ---- */

static void a_new_revision_says_where_it_stands(void **state)
{
	project *p = *state;
	cn_made made;
	cn_error err;
	fork_project(p);
	cn_make_desc desc = {.empty = true, .revision_id = "c1"};
	assert_int_equal(cn_migrator_make(p->migrator, &desc, &made, &err), CN_ESCHEMA);
	assert_non_null(strstr(err.message, "2 heads"));
	assert_non_null(strstr(err.hint, "db merge heads"));
	desc.head = "r1";
	assert_int_equal(cn_migrator_make(p->migrator, &desc, &made, &err), CN_ESCHEMA);
	assert_non_null(strstr(err.hint, "--splice"));
	desc.head = "nosuch";
	assert_int_equal(cn_migrator_make(p->migrator, &desc, &made, &err), CN_ENOTFOUND);
	static const char *const needs[] = {"b1", NULL};
	desc = (cn_make_desc){.empty = true,
		.revision_id = "t1",
		.head = "base",
		.branch_label = "tools",
		.depends_on = needs};
	assert_ok(cn_migrator_make(p->migrator, &desc, &made, &err), &err);
	assert_non_null(strstr(made.text, "-- parents:\n"));
	assert_non_null(strstr(made.text, "-- labels: tools\n"));
	assert_non_null(strstr(made.text, "-- depends: b1\n"));
	desc = (cn_make_desc){.empty = true, .head = "tools@head", .branch_label = "tools"};
	assert_int_equal(cn_migrator_make(p->migrator, &desc, &made, &err), CN_ECONFLICT);
	desc.branch_label = "a1";
	assert_int_equal(cn_migrator_make(p->migrator, &desc, &made, &err), CN_ECONFLICT);
	desc.branch_label = "a-1";
	assert_int_equal(cn_migrator_make(p->migrator, &desc, &made, &err), CN_EARG);
	desc = (cn_make_desc){.empty = true, .head = "a1", .revision_id = "tools"};
	assert_int_equal(cn_migrator_make(p->migrator, &desc, &made, &err), CN_ECONFLICT);
	/* t1 runs what it depends on first */
	assert_ok(cn_migrator_upgrade(p->migrator, "tools@head", NULL, &err), &err);
	assert_string_equal(current_all(p), "b1 t1");
}

static void a_branch_must_hold_without_the_others(void **state)
{
	project *p = *state;
	cn_made made;
	cn_error err;
	want(p, v1);
	make(p, "r1", NULL);
	want(p, PRODUCT "); CREATE TABLE shop (id INTEGER PRIMARY KEY);");
	make(p, "s1", NULL);
	want(p, PRODUCT "); CREATE TABLE shop (id INTEGER PRIMARY KEY, name TEXT);");
	size_t files = file_count(p);
	cn_make_desc desc = {.revision_id = "x1", .head = "r1", .splice = true};
	assert_int_equal(cn_migrator_make(p->migrator, &desc, &made, &err), CN_ESQL);
	assert_non_null(strstr(err.message, "without the other branches"));
	assert_non_null(strstr(err.hint, "--depends-on"));
	assert_int_equal(file_count(p), files);
	static const char *const needs[] = {"s1", NULL};
	desc.depends_on = needs;
	assert_ok(cn_migrator_make(p->migrator, &desc, &made, &err), &err);
	assert_ok(cn_migrator_upgrade(p->migrator, "x1", NULL, &err), &err);
	assert_int_equal(number(p, "SELECT count(*) FROM pragma_table_info('shop')"), 2);
}

/* ---- merging ---- */

static void a_merge_joins_the_heads(void **state)
{
	project *p = *state;
	cn_made made;
	cn_error err;
	fork_project(p);
	/* two databases would differ in the order of their columns: that is told, and no matter */
	assert_ok(
		cn_migrator_merge(p->migrator, &(cn_merge_desc){.revision_id = "m1"}, &made, &err),
		&err);
	assert_non_null(strstr(made.text, "-- parents: a1 b1\n"));
	assert_non_null(strstr(made.text, "-- message: merge a1 and b1\n"));
	assert_non_null(strstr(cni_buffer_text(&p->notices), "order of columns"));
	assert_ok(cn_migrator_upgrade(p->migrator, "b1", NULL, &err), &err); /* the other way */
	upgrade(p);
	assert_string_equal(current_all(p), "m1");
	assert_string_equal(text(p, "SELECT group_concat(name) FROM pragma_table_info('product')"),
		"id,name,stock,price");
	assert_ok(cn_migrator_verify(p->migrator, &err), &err);
	/* what follows is made against the order of the folder, and runs on this one */
	want(p, PRODUCT " NOT NULL, price REAL, stock INTEGER CHECK (stock >= 0));");
	sql(p, "INSERT INTO product (name, stock, price) VALUES ('tea', 7, 1.5)");
	make(p, "n1", NULL);
	upgrade(p);
	assert_string_equal(text(p, "SELECT name || stock || price FROM product"), "tea71.5");
	assert_ok(cn_migrator_downgrade(p->migrator, "r1", NULL, &err), &err);
	assert_string_equal(current_all(p), "r1");
	assert_string_equal(text(p, "SELECT name FROM product"), "tea");
}

static void a_conflict_is_named_and_nothing_written(void **state)
{
	project *p = *state;
	cn_made made;
	cn_error err;
	static const struct {
		const char *one, *other, *says;
	} cases[] = {
		{"ALTER TABLE t ADD COLUMN x;", "ALTER TABLE t ADD COLUMN x;",
			"duplicate column name: x"},
		{"ALTER TABLE t RENAME COLUMN a TO b;", "ALTER TABLE t RENAME COLUMN a TO c;",
			"no such column"},
		{"DROP TABLE t;", "ALTER TABLE t ADD COLUMN x;", "no such table: t"},
		{"DROP VIEW IF EXISTS v; CREATE VIEW v AS SELECT 1;",
			"DROP VIEW IF EXISTS v; CREATE VIEW v AS SELECT 2;", "view v"},
	};
	write_revision(p, "r1", "", "CREATE TABLE t (a);", "DROP TABLE t;");
	for (size_t i = 0; i < CNI_COUNT(cases); i++) {
		write_revision(p, "a1", "r1", cases[i].one, "");
		write_revision(p, "b1", "r1", cases[i].other, "");
		size_t files = file_count(p);
		cn_status status = cn_migrator_merge(p->migrator, &(cn_merge_desc){0}, &made, &err);
		assert_true(status < 0);
		if (!strstr(err.message, "cannot be merged") ||
			(!strstr(err.message, cases[i].says) && !strstr(err.detail, cases[i].says)))
			fail_msg("case %zu: %s | %s", i, err.message, err.detail);
		assert_non_null(strstr(err.message, "\"a1\""));
		assert_non_null(strstr(err.message, "\"b1\""));
		assert_int_equal(file_count(p), files);
	}
}

static void what_cannot_be_merged(void **state)
{
	project *p = *state;
	cn_made made;
	cn_error err;
	static const char *const one[] = {"a1", "a1", NULL}, *const line[] = {"r1", "a1", NULL},
				 *const base[] = {"base", "a1", NULL},
				 *const steps[] = {"+1", NULL};
	static const char *const *const lists[] = {one, line, base, steps};
	fork_project(p);
	for (size_t i = 0; i < CNI_COUNT(lists); i++) {
		cn_merge_desc desc = {.revisions = lists[i]};
		assert_int_equal(cn_migrator_merge(p->migrator, &desc, &made, &err), CN_EARG);
	}
	cn_merge_desc desc = {.revision_id = "m1", .dry_run = true};
	size_t files = file_count(p);
	assert_ok(cn_migrator_merge(p->migrator, &desc, &made, &err), &err);
	assert_null(made.path);
	assert_int_equal(file_count(p), files);
}

/* ---- stamps and tags ---- */

static void stamps_move_their_own_branch(void **state)
{
	project *p = *state;
	cn_error err;
	static const char *const both[] = {"a1", "t1", NULL}, *const base[] = {"base", NULL};
	write_revision(p, "r1", "", "CREATE TABLE t (a);", "DROP TABLE t;");
	write_revision(p, "a1", "r1", "", "");
	write_revision(p, "b1", "r1", "", "");
	write_revision(p, "t1", "", "", "");
	sql(p, "CREATE TABLE t (a)");
	assert_ok(cn_migrator_stamp_all(p->migrator, both, false, &err), &err);
	assert_string_equal(current_all(p), "t1 a1");
	assert_ok(cn_migrator_stamp(p->migrator, "b1", &err), &err); /* a1 stays */
	assert_string_equal(current_all(p), "t1 a1 b1");
	assert_ok(cn_migrator_stamp(p->migrator, "r1", &err), &err);
	assert_string_equal(current_all(p), "r1 t1");
	assert_ok(cn_migrator_stamp(p->migrator, "t1@base", &err), &err);
	assert_string_equal(current_all(p), "r1");
	assert_ok(cn_migrator_stamp(p->migrator, "heads", &err), &err);
	assert_string_equal(current_all(p), "t1 a1 b1");
	assert_int_equal(cn_migrator_stamp(p->migrator, "head", &err), CN_ESCHEMA);
	assert_int_equal(cn_migrator_stamp(p->migrator, "+1", &err), CN_EARG);
	sql(p, "UPDATE cantil_version SET revision = 'gone' WHERE revision = 'a1'");
	assert_int_equal(cn_migrator_stamp(p->migrator, "r1", &err), CN_ESCHEMA);
	assert_non_null(strstr(err.hint, "--purge"));
	assert_ok(cn_migrator_stamp_all(p->migrator, both, true, &err), &err);
	assert_string_equal(current_all(p), "t1 a1");
	assert_ok(cn_migrator_stamp_all(p->migrator, base, true, &err), &err);
	assert_string_equal(current_all(p), "");
}

static const char old_table[] =
	"CREATE TABLE cantil_version (number INTEGER PRIMARY KEY, revision TEXT NOT NULL UNIQUE,"
	" applied_at TEXT NOT NULL, duration_us INTEGER, checksum TEXT NOT NULL, tool TEXT NOT NULL,"
	" database_id TEXT);"
	"INSERT INTO cantil_version VALUES (1, 'base', '2026-01-01T00:00:00Z', NULL, '', '0', 'abc'),"
	" (2, 'r1', '2026-01-02T00:00:00Z', 7, 'old', '0', NULL);";

static void old_version_tables_get_the_tag(void **state)
{
	project *p = *state;
	cn_migration_state seen;
	const char *script;
	cn_error err;
	write_revision(p, "r1", "", "CREATE TABLE t (a);", "DROP TABLE t;");
	write_revision(p, "r2", "r1", "CREATE TABLE u (a);", "DROP TABLE u;");
	write_revision(p, "r3", "r2", "CREATE TABLE w (a);", "DROP TABLE w;");
	sql(p, "CREATE TABLE t (a)");
	sql(p, old_table);
	assert_ok(cn_migrator_state(p->migrator, &seen, &err), &err);
	assert_string_equal(seen.database_id, "abc");
	assert_null(seen.list[0].tag);
	assert_ok(cn_migrator_upgrade(p->migrator, "r2", NULL, &err), &err);
	assert_int_equal(number(p, "SELECT count(*) FROM pragma_table_info('cantil_version')"), 7);
	assert_ok(cn_migrator_set_tag(p->migrator, "it's 2.0", &err), &err);
	assert_ok(cn_migrator_script(p->migrator, false, NULL, &script, &err), &err);
	assert_non_null(strstr(script, "ADD COLUMN tag"));
	upgrade(p);
	assert_ok(cn_migrator_state(p->migrator, &seen, &err), &err);
	assert_null(seen.list[1].tag);
	assert_string_equal(seen.list[2].tag, "it's 2.0");
	assert_ok(cn_migrator_set_tag(p->migrator, NULL, &err), &err);
	assert_ok(cn_migrator_script(p->migrator, false, "base:head", &script, &err), &err);
	assert_null(strstr(script, "ADD COLUMN tag"));
	char large[300];
	memset(large, 'x', sizeof large - 1);
	large[sizeof large - 1] = '\0';
	assert_int_equal(cn_migrator_set_tag(p->migrator, large, &err), CN_EARG);
	assert_int_equal(cn_migrator_set_tag(p->migrator, "\xff", &err), CN_EARG);
}

/* ---- scripts ---- */

static const char features_1[] =
	"CREATE TABLE author (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT, born TEXT);"
	"CREATE TABLE book (id INTEGER PRIMARY KEY, author INTEGER REFERENCES author (id) ON DELETE CASCADE,"
	" title TEXT COLLATE NOCASE);"
	"CREATE INDEX book_title ON book (title) WHERE title <> '';"
	"CREATE VIRTUAL TABLE found USING fts5 (title, content='book', content_rowid='id');"
	"CREATE TRIGGER book_added AFTER INSERT ON book BEGIN"
	" INSERT INTO found (rowid, title) VALUES (new.id, new.title); END;"
	"CREATE VIEW by_author AS SELECT name, title FROM author JOIN book ON author.id = book.author;";
static const char features_2[] =
	"CREATE TABLE author (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL CHECK (name <> ''), born INTEGER);"
	"CREATE TABLE book (id INTEGER PRIMARY KEY, author INTEGER REFERENCES author (id) ON DELETE CASCADE,"
	" title TEXT COLLATE NOCASE, pages INTEGER);"
	"CREATE INDEX book_title ON book (title) WHERE title <> '';"
	"CREATE VIRTUAL TABLE found USING fts5 (title, content='book', content_rowid='id');"
	"CREATE TRIGGER book_added AFTER INSERT ON book BEGIN"
	" INSERT INTO found (rowid, title) VALUES (new.id, new.title); END;"
	"CREATE TRIGGER book_gone AFTER DELETE ON book BEGIN"
	" INSERT INTO found (found, rowid, title) VALUES ('delete', old.id, old.title); END;"
	"CREATE VIEW by_author AS SELECT name, title, pages FROM author JOIN book ON author.id = book.author;";
static const char features_rows[] =
	"INSERT INTO author (name, born) VALUES ('Ann', '1970'), ('Bob', '1980');"
	"DELETE FROM author WHERE name = 'Bob'; INSERT INTO author (name, born) VALUES ('Cy', '1990');"
	"INSERT INTO book VALUES (5, 1, 'Tea and milk'), (9, 3, 'A walk');";

static void shell(project *p, const char *db, const char *script)
{
	write_text(p, "script.sql", script);
	const char *command =
		cni_printf(&p->arena, "cd '%s' && sqlite3 '%s' < script.sql", p->root, db);
	if (system(command) != 0)
		fail_msg("the script fails: %s", script);
}

/* Schema, rows and versions as text, but for times and random ids. */
static const char *dump(project *p, const char *db)
{
	const char *command = cni_printf(&p->arena,
		"cd '%s' && { sqlite3 '%s' 'SELECT revision, checksum, tool, tag, number FROM cantil_version' "
		"&& sqlite3 '%s' .dump | grep -v 'INTO cantil_version'; } > dump.txt",
		p->root, db, db);
	assert_int_equal(system(command), 0);
	return read_text(p, "dump.txt");
}

static void copy_db(project *p, const char *name)
{
	cn_error err;
	const char *to = cni_path_join(&p->arena, p->root, name);
	sql(p, "PRAGMA wal_checkpoint(TRUNCATE)");
	assert_ok(cni_file_copy(p->db, to, &err), &err);
}

static void the_shell_ends_where_the_upgrade_ends(void **state)
{
	project *p = *state;
	const char *up, *down;
	cn_error err;
	want(p, features_1);
	make(p, "r1", NULL);
	upgrade(p);
	shell(p, "app.db", features_rows); /* whose triggers write into a virtual table */
	want(p, features_2);
	make(p, "r2", "allow-cast author.born\n");
	copy_db(p, "copy.db");
	assert_ok(cn_migrator_set_tag(p->migrator, "2.0", &err), &err);
	assert_ok(cn_migrator_script(p->migrator, false, NULL, &up, &err), &err);
	up = cni_strdup(&p->arena, up);
	upgrade(p);
	shell(p, "copy.db", up);
	assert_string_equal(dump(p, "copy.db"), dump(p, "app.db"));
	assert_int_equal(number(p, "SELECT count(*) FROM found WHERE found MATCH 'milk'"), 1);
	assert_ok(cn_migrator_script(p->migrator, true, NULL, &down, &err), &err);
	down = cni_strdup(&p->arena, down);
	assert_ok(cn_migrator_downgrade(p->migrator, NULL, NULL, &err), &err);
	shell(p, "copy.db", down);
	assert_string_equal(dump(p, "copy.db"), dump(p, "app.db"));
}

/* From nothing to the end and back, without any database; what it makes is what an upgrade makes.
 */
static void ranges_need_no_database(void **state)
{
	project *p = *state;
	cn_migrator *offline;
	const char *script;
	cn_error err;
	fork_project(p);
	assert_ok(cn_migrator_new(&(cn_migrator_desc){.root = p->root}, &offline, &err), &err);
	assert_ok(cn_migrator_script(offline, false, "base:heads", &script, &err), &err);
	script = cni_strdup(&p->arena, script);
	shell(p, "offline.db", script);
	assert_ok(cn_migrator_upgrade(p->migrator, "heads", NULL, &err), &err);
	assert_string_equal(dump(p, "offline.db"), dump(p, "app.db"));
	assert_ok(cn_migrator_script(offline, true, "heads:r1", &script, &err), &err);
	script = cni_strdup(&p->arena, script);
	shell(p, "offline.db", script);
	assert_ok(cn_migrator_downgrade(p->migrator, "r1", NULL, &err), &err);
	assert_string_equal(dump(p, "offline.db"), dump(p, "app.db"));
	assert_ok(cn_migrator_script(offline, false, "a1:b1", &script, &err), &err);
	assert_non_null(strstr(script, "upgrade to b1"));
	assert_null(strstr(script, "upgrade to r1"));
	assert_ok(cn_migrator_script(offline, false, ":a1", &script, &err), &err);
	assert_non_null(strstr(script, "upgrade to r1"));
	assert_ok(cn_migrator_script(offline, true, "a1:", &script, &err), &err);
	assert_non_null(strstr(script, "downgrade from r1"));
	assert_int_equal(cn_migrator_script(offline, false, "+1:a1", &script, &err), CN_EARG);
	assert_int_equal(cn_migrator_script(offline, true, "r1:a1", &script, &err), CN_EARG);
	assert_int_equal(cn_migrator_script(offline, false, "a1:zz", &script, &err), CN_ENOTFOUND);
	assert_true(cn_migrator_script(offline, true, NULL, &script, &err) < 0);
	cn_migrator_free(offline);
}

static void what_a_script_can_say(void **state)
{
	project *p = *state;
	const char *script;
	cn_error err;
	write_revision(
		p, "r1", "", "-- no-transaction\nCREATE TABLE t (a);\nVACUUM;", "DROP TABLE t;");
	assert_ok(cn_migrator_script(p->migrator, false, ":r1", &script, &err), &err);
	script = cni_strdup(&p->arena, script);
	shell(p, "offline.db", script); /* VACUUM in a transaction would fail */
	assert_non_null(strstr(dump(p, "offline.db"), "r1|"));
	write_revision(p, "r2", "r1", "-- call: move_rows", "");
	assert_int_equal(
		cn_migrator_script(p->migrator, false, "r1:r2", &script, &err), CN_EUNSUPPORTED);
	assert_non_null(strstr(err.message, "calls the C function \"move_rows\""));
}

/* ---- history ---- */

static void a_range_is_a_part_of_the_history(void **state)
{
	project *p = *state;
	cn_migration_state seen;
	cn_error err;
	static const struct {
		const char *range, *has;
		cn_status status;
	} cases[] = {
		{"r1:a2", "r1 a1 a2", CN_OK},
		{":a1", "r1 a1", CN_OK},
		{"base:a1", "r1 a1", CN_OK},
		{"a1:", "a1 a2 m1", CN_OK},
		{"current:", "a2 m1", CN_OK},
		{":current", "r1 a1 a2", CN_OK},
		{"-1:current", "a1 a2", CN_OK},
		{"-9:current", "r1 a1 a2", CN_OK},
		{"b1:+1", "b1 m1", CN_OK},
		{"b1:+9", "b1 m1", CN_OK},
		{"b1:a2", "", CN_OK},
		{"a1:base", "", CN_OK},
		{":", "r1 a1 b1 a2 m1", CN_OK},
		{"b1", "r1 b1 m1", CN_OK},
		{"shop", "r1 a1 a2 m1", CN_OK},
		{"-2:", "", CN_EARG}, /* from a merge back: which way? */
		{"a1:-1", "", CN_EARG},
		{"+1:a1", "", CN_EARG},
		{"base:+1", "", CN_EARG},
		{"+1", "", CN_EARG},
		{"nosuch:", "", CN_ENOTFOUND},
	};
	write_revision(p, "r1", "", "CREATE TABLE t (a);", "DROP TABLE t;");
	write_revision(p, "a1", "r1\n-- labels: shop", "", "");
	write_revision(p, "a2", "a1", "", "");
	write_revision(p, "b1", "r1", "", "");
	write_revision(p, "m1", "a2 b1", "", "");
	assert_int_equal(cn_migrator_history(p->migrator, "current:", &seen, &err), CN_ENOTFOUND);
	assert_ok(cn_migrator_upgrade(p->migrator, "a2", NULL, &err), &err);
	for (size_t i = 0; i < CNI_COUNT(cases); i++) {
		CLEANUP(cni_buffer_done) cni_buffer out = {0};
		cn_status status = cn_migrator_history(p->migrator, cases[i].range, &seen, &err);
		if (status != cases[i].status)
			fail_msg("%s: %d %s", cases[i].range, status, err.message);
		for (size_t k = 0; status == CN_OK && k < seen.count; k++)
			cni_buffer_printf(&out, "%s%s", k ? " " : "", seen.list[k].id);
		if (status == CN_OK && strcmp(cni_buffer_text(&out), cases[i].has) != 0)
			fail_msg("%s: %s", cases[i].range, cni_buffer_text(&out));
	}
	assert_ok(cn_migrator_history(p->migrator, "a1:a1", &seen, &err), &err);
	assert_int_equal(seen.list[0].label_count, 1);
	assert_string_equal(seen.list[0].children[0], "a2");
	assert_int_equal(seen.head_count, 1); /* the rest is as without a range */
}

/* ---- checksums ---- */

static void the_checksums_are_sha256sums(void **state)
{
	project *p = *state;
	cn_error err;
	fork_project(p);
	const char *command = cni_printf(&p->arena,
		"cd '%s/migrations' && sha256sum --quiet --strict -c revisions.sha256 && "
		"sort -c -k 2 revisions.sha256 && test $(wc -l < revisions.sha256) -eq 3",
		p->root);
	assert_int_equal(system(command), 0);
	assert_ok(cn_migrator_verify(p->migrator, &err), &err);
	assert_string_equal(cni_buffer_text(&p->notices), "");
}

static void what_was_left_half_done_is_told_and_mended(void **state)
{
	project *p = *state;
	cn_error err;
	want(p, v1);
	make(p, "r1", NULL);
	const char *before = read_text(p, SUMS);
	want(p, with_price);
	make(p, "r2", NULL);
	const char *after = read_text(p, SUMS);
	write_text(p, SUMS, before); /* killed between the two files */
	assert_ok(cn_migrator_verify(p->migrator, &err), &err);
	assert_non_null(strstr(cni_buffer_text(&p->notices), "has no line in revisions.sha256"));
	assert_ok(cn_migrator_accept(p->migrator, NULL, false, NULL, &err), &err);
	assert_string_equal(read_text(p, SUMS), after);
	write_text(p, SUMS, before);
	cni_buffer_clear(&p->notices);
	want(p, with_both);
	make(p, "r3", NULL); /* the next one that writes mends it, too */
	assert_non_null(
		strstr(cni_buffer_text(&p->notices), "had no line in revisions.sha256: added"));
	assert_non_null(strstr(read_text(p, SUMS), "_r2_"));
	assert_non_null(strstr(read_text(p, SUMS), "_r3_"));
	assert_int_equal(unlink(cni_path_join(&p->arena, p->root, SUMS)), 0);
	assert_ok(cn_migrator_verify(p->migrator, &err), &err); /* as in a folder of old */
	assert_ok(cn_migrator_accept(p->migrator, NULL, false, NULL, &err), &err);
	assert_non_null(strstr(read_text(p, SUMS), "_r1_"));
}

static const char *path_of(project *p, const char *id)
{
	const cni_revision *revision;
	cn_error err;
	assert_ok(cni_migrator_find(p->migrator, id, &revision, &err), &err);
	return cni_strdup(&p->arena, revision->path);
}

static void append(project *p, const char *path, const char *more)
{
	write_text(p, path, cni_printf(&p->arena, "%s%s", read_text(p, path), more));
}

static void an_edit_is_found_and_taken(void **state)
{
	project *p = *state;
	size_t count;
	cn_error err;
	fork_project(p);
	const char *path = path_of(p, "b1"), *good = read_text(p, path);
	append(p, path, "-- a remark\n");
	assert_int_equal(cn_migrator_check(p->migrator, &err), CN_ESCHEMA);
	assert_non_null(strstr(err.detail, "was edited since it was made"));
	assert_non_null(strstr(err.hint, "./app db edit --accept"));
	assert_int_equal(cn_migrator_verify(p->migrator, &err), CN_ESCHEMA);
	assert_ok(cn_migrator_accept(p->migrator, NULL, false, &count, &err), &err);
	assert_int_equal(count, 1);
	assert_ok(cn_migrator_verify(p->migrator, &err), &err);
	assert_int_equal(cn_migrator_check(p->migrator, &err), CN_ESCHEMA); /* two heads */
	assert_non_null(strstr(err.message, "2 heads"));
	/* one that does not hold is not taken */
	const char *sums = read_text(p, SUMS);
	append(p, path, "ALTER TABLE nosuch ADD COLUMN x;\n");
	assert_true(cn_migrator_accept(p->migrator, "b1", false, NULL, &err) < 0);
	assert_non_null(strstr(err.detail, path));
	assert_string_equal(read_text(p, SUMS), sums);
	write_text(p, path, "nonsense");
	assert_int_equal(cn_migrator_accept(p->migrator, "b1", false, NULL, &err), CN_EARG);
	assert_string_equal(read_text(p, SUMS), sums);
	write_text(p, path, good);
	assert_ok(cn_migrator_accept(p->migrator, "b1", false, &count, &err), &err);
	assert_int_equal(count, 1);
}

static void an_applied_file_is_history(void **state)
{
	project *p = *state;
	size_t count;
	cn_error err;
	want(p, v1);
	make(p, "r1", NULL);
	upgrade(p);
	append(p, path_of(p, "r1"), "-- a remark\n");
	assert_int_equal(cn_migrator_verify(p->migrator, &err), CN_ESCHEMA);
	assert_non_null(strstr(err.message, "was edited after it was applied"));
	upgrade(p); /* tells, and goes on */
	assert_non_null(
		strstr(cni_buffer_text(&p->notices), "r1 was edited after it was applied on 2"));
	assert_non_null(strstr(cni_buffer_text(&p->notices), "into a new revision"));
	assert_int_equal(cn_migrator_accept(p->migrator, "r1", false, NULL, &err), CN_ECONFLICT);
	assert_non_null(strstr(err.detail, "applied on"));
	cni_buffer_clear(&p->notices);
	assert_ok(cn_migrator_accept(p->migrator, NULL, false, &count, &err), &err);
	assert_int_equal(count, 0);
	assert_non_null(strstr(cni_buffer_text(&p->notices), "was left out"));
	assert_ok(cn_migrator_accept(p->migrator, "r1", true, &count, &err), &err);
	assert_int_equal(count, 1);
}

static void a_pending_edit_is_told_by_the_upgrade(void **state)
{
	project *p = *state;
	want(p, v1);
	make(p, "r1", NULL);
	append(p, path_of(p, "r1"), "-- a remark\n");
	upgrade(p);
	assert_non_null(strstr(cni_buffer_text(&p->notices), "r1 was edited after it was made"));
	assert_string_equal(current_all(p), "r1");
}

static void files_of_sums_that_are_none(void **state)
{
	project *p = *state;
	cn_error err;
	want(p, v1);
	make(p, "r1", NULL);
	const char *good = read_text(p, SUMS);
	static const struct {
		const char *before, *after, *says;
	} cases[] = {
		{"<<<<<<< HEAD\n", "", "the conflict is not settled"},
		{"", "=======\n", "the conflict is not settled"},
		{"", "abc  versions/x.sql\n", "revisions.sha256:2: this is no line of checksums"},
		{"0000000000000000000000000000000000000000000000000000000000000000  ", "",
			"another checksum"},
	};
	for (size_t i = 0; i < CNI_COUNT(cases); i++) {
		const char *name = strstr(good, "versions/");
		const char *broken =
			i < 3 ? cni_printf(
					&p->arena, "%s%s%s", cases[i].before, good, cases[i].after)
			      : cni_printf(&p->arena, "%s%s%s", cases[i].before, name, good);
		write_text(p, SUMS, broken);
		assert_int_equal(cn_migrator_check(p->migrator, &err), CN_ESCHEMA);
		if (!strstr(err.message, cases[i].says) || !*err.hint)
			fail_msg("case %zu: %s", i, err.message);
		assert_string_equal(read_text(p, SUMS), broken);
	}
	/* both sides of a merge had the line; a name that must be escaped */
	write_text(p, SUMS, cni_printf(&p->arena, "%s\r\n%s", good, good));
	assert_ok(cn_migrator_check(p->migrator, &err), &err);
	const char *odd = cni_path_join(&p->arena, p->versions, "od\\d.sql");
	write_text(p, odd, "-- cantil: revision odd\n-- parents: r1\n-- upgrade sqlite\n");
	assert_ok(cn_migrator_accept(p->migrator, NULL, false, NULL, &err), &err);
	assert_non_null(strstr(read_text(p, SUMS), "  versions/od\\\\d.sql\n"));
	assert_int_equal(
		system(cni_printf(&p->arena,
			"cd '%s/migrations' && sha256sum --quiet --strict -c revisions.sha256",
			p->root)),
		0);
	assert_ok(cn_migrator_check(p->migrator, &err), &err);
	assert_int_equal(unlink(odd), 0);
	assert_int_equal(cn_migrator_check(p->migrator, &err), CN_ESCHEMA);
	assert_non_null(strstr(err.detail, "is not there any more"));
}

/* ---- templates ---- */

static void templates_make_folders(void **state)
{
	project *p = *state;
	cn_migrator *other;
	cn_made made;
	cn_error err;
	bool ret;
	const cn_migrator_desc desc = {.root = p->root, .folder = "other"};
	assert_ok(cn_migrator_new(&desc, &other, &err), &err);
	assert_int_equal(cn_migrator_init_from(other, "reveiw", &ret, &err), CN_ENOTFOUND);
	assert_string_equal(err.hint, "did you mean \"review\"?");
	assert_int_equal(cn_migrator_init_from(other, "./nosuch", &ret, &err), CN_ENOTFOUND);
	assert_ok(cn_migrator_init_from(other, "review", &ret, &err), &err);
	assert_true(ret);
	cn_make_desc make_desc = {.empty = true, .revision_id = "r1", .message = "by hand"};
	assert_ok(cn_migrator_make(other, &make_desc, &made, &err), &err);
	assert_non_null(
		strstr(made.text, "-- cantil: revision r1\n-- parents:\n-- message: by hand\n"));
	assert_non_null(strstr(made.text, "-- reviewed by:\n"));
	cn_migrator_free(other);
}

static void a_folder_of_ones_own_is_a_template(void **state)
{
	project *p = *state;
	cn_migrator *other;
	cn_made made;
	cn_error err;
	bool ret;
	const char *mine = cni_path_join(&p->arena, p->root, "mine");
	const cn_migrator_desc desc = {.root = p->root, .folder = "other"};
	static const struct {
		const char *text, *says;
	} bad[] = {
		{"${header}\n${nobody}\n", "revision.sql:2: there is no placeholder \"${nobody\""},
		{"${header", "there is no placeholder \"${header\""},
		{"-- cantil: revision x\n", "does not lead to the revision"},
		{"-- upgrade sqlite\n", "this is no revision file"},
	};
	assert_ok(cn_migrator_new(&desc, &other, &err), &err);
	assert_ok(cni_dir_make(cni_path_join(&p->arena, mine, "versions"), &err), &err);
	write_text(p, "mine/RULES.txt", "be kind\n");
	for (size_t i = 0; i < CNI_COUNT(bad); i++) {
		write_text(p, "mine/revision.sql", bad[i].text);
		assert_int_equal(cn_migrator_init_from(other, mine, &ret, &err), CN_EARG);
		if (!strstr(err.message, bad[i].says))
			fail_msg("case %zu: %s", i, err.message);
		assert_false(cni_dir_exists(cni_path_join(&p->arena, p->root, "other")));
	}
	write_text(p, "mine/revision.sql",
		"${header}\n-- $$5 for ${id} after \"${parents}\": ${message}, ${created}\n"
		"-- upgrade ${engine}\n");
	assert_ok(cn_migrator_init_from(other, mine, &ret, &err), &err);
	assert_string_equal(read_text(p, "other/RULES.txt"), "be kind\n");
	assert_non_null(strstr(read_text(p, "other/migrations.ini"), "format = 1"));
	cn_make_desc make_desc = {.empty = true, .revision_id = "r1", .message = "m"};
	assert_ok(cn_migrator_make(other, &make_desc, &made, &err), &err);
	assert_non_null(strstr(made.text, "\n-- $5 for r1 after \"\": m, 2"));
	assert_non_null(strstr(made.text, "\n-- upgrade sqlite\n"));
	write_text(p, "other/revision.sql", "${header}\n${x}");
	make_desc.revision_id = "r2";
	assert_int_equal(cn_migrator_make(other, &make_desc, &made, &err), CN_EARG);
	cn_migrator_free(other);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, project_setup, project_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_new_revision_says_where_it_stands),
		TEST(a_branch_must_hold_without_the_others),
		TEST(a_merge_joins_the_heads),
		TEST(a_conflict_is_named_and_nothing_written),
		TEST(what_cannot_be_merged),
		TEST(stamps_move_their_own_branch),
		TEST(old_version_tables_get_the_tag),
		TEST(the_shell_ends_where_the_upgrade_ends),
		TEST(ranges_need_no_database),
		TEST(what_a_script_can_say),
		TEST(a_range_is_a_part_of_the_history),
		TEST(the_checksums_are_sha256sums),
		TEST(what_was_left_half_done_is_told_and_mended),
		TEST(an_edit_is_found_and_taken),
		TEST(an_applied_file_is_history),
		TEST(a_pending_edit_is_told_by_the_upgrade),
		TEST(files_of_sums_that_are_none),
		TEST(templates_make_folders),
		TEST(a_folder_of_ones_own_is_a_template),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
