/* test_migrator.c - making, running, undoing and looking at revisions, with rows that must come
 * through. */
#include "project.h"

#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "base/try.h"
#include "migrate/migrator/migrator.h"

static const char v1[] =
	"CREATE TABLE product (id INTEGER PRIMARY KEY, name TEXT NOT NULL, note TEXT);"
	"CREATE INDEX ix_product_name ON product (name);";
static const char v2[] =
	"CREATE TABLE product (id INTEGER PRIMARY KEY, name TEXT NOT NULL, note TEXT, price REAL);"
	"CREATE INDEX ix_product_name ON product (name);";
static const char v3[] =
	"CREATE TABLE product (id INTEGER PRIMARY KEY, title TEXT NOT NULL COLLATE NOCASE, note TEXT,"
	" price REAL CHECK (price >= 0));"
	"CREATE TABLE shop (id INTEGER PRIMARY KEY, product_id INTEGER REFERENCES product (id));";
static const char rows[] =
	"INSERT INTO product (id, name, note) VALUES (1, 'tea', NULL), (2, 'milk', 'cold'), (7, 'x', '')";

static void start(project *p)
{
	want(p, v1);
	make(p, "r1", NULL);
	upgrade(p);
	sql(p, rows);
}

static void init_refuses_what_is_there(void **state)
{
	project *p = *state;
	cn_error err;
	bool made = true;
	const char *settings = cni_path_join(&p->arena, p->root, "migrations/" CNI_FOLDER_SETTINGS);
	assert_ok(
		cn_migrator_init(p->migrator, &made, &err), &err); /* a migrations folder is fine */
	assert_false(made);
	assert_int_equal(unlink(settings), 0); /* what is something else is not */
	assert_int_equal(cn_migrator_init(p->migrator, NULL, &err), CN_ECONFLICT);
	assert_non_null(strstr(err.detail, "versions"));
	assert_false(cni_file_exists(settings));
	assert_true(cni_file_exists(cni_path_join(&p->arena, p->root, "migrations/README.md")));
}

static void a_life_of_a_project(void **state)
{
	project *p = *state;
	cn_error err;
	size_t count;
	start(p);
	assert_string_equal(current(p), "r1");
	want(p, v2);
	make(p, "r2", NULL);
	assert_string_equal(current(p), "r1");
	assert_ok(cn_migrator_upgrade(p->migrator, "head", &count, &err), &err);
	assert_int_equal(count, 1);
	assert_ok(cn_migrator_upgrade(p->migrator, "head", &count, &err), &err);
	assert_int_equal(count, 0);
	sql(p, "UPDATE product SET price = id * 1.5");
	want(p, v3);
	make(p, "r3", "rename column product name title\n");
	upgrade(p);
	assert_int_equal(number(p, "SELECT count(*) FROM product"), 3);
	assert_string_equal(
		text(p, "SELECT group_concat(id || title || ifnull(note, '-') || price, ',') FROM product"),
		"1tea-1.5,2milkcold3.0,7x10.5");
	assert_ok(cn_migrator_downgrade(p->migrator, "-1", &count, &err), &err);
	assert_int_equal(count, 1);
	assert_string_equal(
		text(p, "SELECT group_concat(id || name || ifnull(note, '-') || price, ',') FROM product"),
		"1tea-1.5,2milkcold3.0,7x10.5");
	upgrade(p);
	assert_ok(cn_migrator_verify(p->migrator, &err), &err);
	assert_ok(cn_migrator_downgrade(p->migrator, "r1", NULL, &err), &err);
	assert_string_equal(current(p), "r1");
	assert_string_equal(
		text(p, "SELECT group_concat(id || name || ifnull(note, '-'), ',') FROM product"),
		"1tea-,2milkcold,7x");
	assert_ok(cn_migrator_downgrade(p->migrator, "base", NULL, &err), &err);
	assert_string_equal(current(p), "");
	assert_int_equal(number(p, "SELECT count(*) FROM sqlite_schema WHERE name = 'product'"), 0);
	assert_ok(cn_migrator_upgrade(p->migrator, "+2", &count, &err), &err);
	assert_int_equal(count, 2);
	assert_string_equal(current(p), "r2");
	assert_string_equal(text(p, "PRAGMA integrity_check"), "ok");
}

static void no_change_makes_no_file(void **state)
{
	project *p = *state;
	cn_made made;
	cn_error err;
	start(p);
	want(p, "-- another spelling\ncreate table PRODUCT([id] integer primary key, name text not null, note text);"
		"create index ix_product_name on product(\"name\")");
	assert_ok(cn_migrator_make(p->migrator, &(cn_make_desc){.message = "none"}, &made, &err),
		&err);
	assert_false(made.changed);
	assert_int_equal(file_count(p), 1);
}

static void a_missing_decision_changes_nothing(void **state)
{
	project *p = *state;
	cn_made made;
	cn_error err;
	start(p);
	const char *before = file_sum(p);
	want(p, "CREATE TABLE product (id INTEGER PRIMARY KEY, title TEXT NOT NULL, note TEXT);"
		"CREATE INDEX ix_product_name ON product (title);");
	assert_int_equal(
		cn_migrator_make(p->migrator, &(cn_make_desc){0}, &made, &err), CN_EDECISION);
	assert_non_null(strstr(err.hint, "rename column product name title"));
	assert_int_equal(file_count(p), 1);
	assert_string_equal(file_sum(p), before);
	make(p, "r2", "rename column product name title");
	assert_string_equal(file_sum(p), before);
	const cni_revision *revision;
	assert_ok(cni_migrator_find(p->migrator, "r2", &revision, &err), &err);
	assert_int_equal(revision->answer_count, 1);
	assert_string_equal(revision->answers[0], "rename column product name title");
}

static void a_drop_is_always_asked(void **state)
{
	project *p = *state;
	cn_made made;
	cn_error err;
	want(p, v1);
	make(p, "r1", NULL); /* no database yet: others may have rows */
	want(p, "CREATE TABLE product (id INTEGER PRIMARY KEY, name TEXT NOT NULL);"
		"CREATE INDEX ix_product_name ON product (name);");
	assert_int_equal(
		cn_migrator_make(p->migrator, &(cn_make_desc){0}, &made, &err), CN_EDECISION);
	assert_non_null(strstr(err.hint, "allow-drop product.note"));
	make(p, "r2", "allow-drop product.note");
}

static void dry_run_writes_nothing(void **state)
{
	project *p = *state;
	cn_made made;
	cn_error err;
	want(p, v1);
	assert_ok(
		cn_migrator_make(p->migrator, &(cn_make_desc){.dry_run = true}, &made, &err), &err);
	assert_non_null(strstr(made.text, "CREATE TABLE"));
	assert_non_null(strstr(made.summary, "product"));
	assert_null(made.path);
	assert_int_equal(file_count(p), 0);
	assert_false(cni_file_exists(p->db));
}

static void an_empty_revision_is_to_be_filled(void **state)
{
	project *p = *state;
	cn_made made;
	cn_error err;
	start(p);
	assert_ok(cn_migrator_make(p->migrator,
			  &(cn_make_desc){.message = "by hand", .empty = true}, &made, &err),
		&err);
	assert_int_equal(strlen(made.id), 12);
	assert_non_null(strstr(made.path, "_by_hand.sql"));
	const char *id = cni_strdup(&p->arena, made.id);
	upgrade(p);
	assert_string_equal(current(p), id);
}

static void refuses_bad_ids(void **state)
{
	project *p = *state;
	cn_made made;
	cn_error err;
	start(p);
	static const char *const bad[] = {"", "a b", "head", "../x", "-1", "a;b"};
	for (size_t i = 0; i < CNI_COUNT(bad); i++)
		assert_int_equal(
			cn_migrator_make(p->migrator,
				&(cn_make_desc){.empty = true, .revision_id = bad[i]}, &made, &err),
			CN_EARG);
	assert_int_equal(cn_migrator_make(p->migrator,
				 &(cn_make_desc){.empty = true, .revision_id = "r1"}, &made, &err),
		CN_ECONFLICT);
	assert_int_equal(file_count(p), 1);
}

static void several_heads_stop_everything(void **state)
{
	project *p = *state;
	cn_made made;
	cn_error err;
	start(p);
	write_revision(p, "r2", "r1", "CREATE TABLE a (x);", "DROP TABLE a;");
	write_revision(p, "r3", "r1", "CREATE TABLE b (x);", "DROP TABLE b;");
	assert_int_equal(cn_migrator_upgrade(p->migrator, NULL, NULL, &err), CN_ESCHEMA);
	assert_non_null(strstr(err.detail, "r2"));
	assert_non_null(strstr(err.detail, "r3"));
	assert_int_equal(
		cn_migrator_make(p->migrator, &(cn_make_desc){0}, &made, &err), CN_ESCHEMA);
	assert_string_equal(current(p), "r1");
	write_revision(p, "r4", "r2 r3", "CREATE TABLE c (x);", "DROP TABLE c;"); /* a merge */
	upgrade(p);
	assert_string_equal(current(p), "r4");
	assert_ok(cn_migrator_downgrade(p->migrator, "r1", NULL, &err), &err);
	assert_string_equal(current(p), "r1");
}

static void a_failing_revision_leaves_the_old_state(void **state)
{
	project *p = *state;
	cn_error err;
	start(p);
	/* holds in an empty database, not with these rows */
	write_revision(p, "r2", "r1", "CREATE TABLE log (x);\nINSERT INTO log VALUES (1);",
		"DROP TABLE log;");
	write_revision(p, "r3", "r2",
		"UPDATE product SET note = 'touched';\nCREATE UNIQUE INDEX u ON product (length(name) > 100);",
		"DROP INDEX u;");
	assert_int_equal(cn_migrator_upgrade(p->migrator, NULL, NULL, &err), CN_ECONSTRAINT);
	assert_non_null(strstr(err.message, "r3"));
	assert_non_null(strstr(err.detail, "at \"r2\""));
	assert_string_equal(current(p), "r2");
	assert_int_equal(number(p, "SELECT count(*) FROM product WHERE note = 'touched'"), 0);
	assert_int_equal(number(p, "SELECT count(*) FROM log"), 1);
	sql(p, "DELETE FROM product WHERE id > 1");
	upgrade(p);
	assert_string_equal(current(p), "r3");
}

static void a_broken_file_touches_nothing(void **state)
{
	project *p = *state;
	cn_error err;
	write_revision(p, "r1", "", "CREATE TABLE a (x);\nNONSENSE;", NULL);
	assert_int_equal(cn_migrator_upgrade(p->migrator, NULL, NULL, &err), CN_ESQL);
	assert_false(cni_file_exists(p->db));
}

static void edited_files_are_noticed(void **state)
{
	project *p = *state;
	cn_error err;
	start(p);
	write_revision(p, "r2", "r1", "CREATE TABLE a (x);", "DROP TABLE a;");
	upgrade(p);
	assert_string_equal(cni_buffer_text(&p->notices), "");
	write_revision(p, "r2", "r1", "CREATE TABLE a (x) ;", "DROP TABLE a;");
	upgrade(p);
	assert_non_null(strstr(
		cni_buffer_text(&p->notices), "revision r2 was edited after it was applied"));
	assert_int_equal(cn_migrator_verify(p->migrator, &err), CN_ESCHEMA);
	assert_non_null(strstr(err.message, "edited"));
}

static void changes_by_hand_are_not_overrun(void **state)
{
	project *p = *state;
	cn_error err;
	start(p);
	write_revision(p, "r2", "r1",
		"-- keep \"product\" (\"id\", \"name\", \"note\")\n"
		"CREATE TABLE product_new (id INTEGER PRIMARY KEY, name TEXT, note TEXT);\n"
		"INSERT INTO product_new SELECT id, name, note FROM product;\n"
		"DROP TABLE product;\nALTER TABLE product_new RENAME TO product;\n"
		"CREATE INDEX ix_product_name ON product (name);",
		NULL);
	sql(p, "ALTER TABLE product ADD COLUMN mine TEXT; UPDATE product SET mine = 'precious'");
	assert_int_equal(cn_migrator_upgrade(p->migrator, NULL, NULL, &err), CN_ESCHEMA);
	assert_non_null(strstr(err.detail, "table \"product\""));
	assert_int_equal(number(p, "SELECT count(*) FROM product WHERE mine = 'precious'"), 3);
	sql(p, "ALTER TABLE product DROP COLUMN mine; CREATE INDEX mine ON product (note);"
	       "CREATE TABLE other (x); CREATE TRIGGER tr AFTER INSERT ON other BEGIN SELECT 1; END");
	assert_int_equal(cn_migrator_upgrade(p->migrator, NULL, NULL, &err), CN_ESCHEMA);
	assert_non_null(strstr(err.detail, "index \"mine\" on \"product\""));
	assert_null(strstr(err.detail, "other"));
	assert_string_equal(current(p), "r1");
	cni_migrator_set_allow_drift(p->migrator, true);
	upgrade(p);
	assert_string_equal(current(p), "r2");
	assert_int_equal(
		number(p, "SELECT count(*) FROM sqlite_schema WHERE name IN ('other', 'tr')"), 2);
}

static void a_way_back_that_misses_is_refused(void **state)
{
	project *p = *state;
	cn_error err;
	start(p);
	write_revision(p, "r2", "r1", "CREATE TABLE a (x);\nCREATE TABLE b (x);", "DROP TABLE a;");
	write_revision(p, "r3", "r2", "CREATE TABLE c (x);", NULL);
	upgrade(p);
	assert_int_equal(cn_migrator_verify(p->migrator, &err), CN_ESCHEMA);
	assert_non_null(strstr(err.message, "r2"));
	assert_int_equal(cn_migrator_downgrade(p->migrator, "-1", NULL, &err), CN_EUNSUPPORTED);
	assert_non_null(strstr(err.message, "cannot be undone"));
	assert_string_equal(current(p), "r3");
	write_revision(p, "r3", "r2", "CREATE TABLE c (x);", "DROP TABLE c;");
	assert_int_equal(cn_migrator_downgrade(p->migrator, "r1", NULL, &err), CN_ESCHEMA);
	assert_non_null(strstr(err.message, "nothing was changed"));
	assert_string_equal(current(p), "r3");
}

static void unknown_and_late_revisions(void **state)
{
	project *p = *state;
	cn_error err;
	start(p);
	write_revision(p, "r2", "r1", "CREATE TABLE a (x);", "DROP TABLE a;");
	upgrade(p);
	write_revision(p, "late", "r1", "CREATE TABLE l (x);", "DROP TABLE l;");
	write_revision(p, "r2", "late", "CREATE TABLE a (x);", "DROP TABLE a;");
	assert_int_equal(cn_migrator_upgrade(p->migrator, NULL, NULL, &err), CN_ESCHEMA);
	assert_non_null(strstr(err.message, "\"late\" comes before \"r2\""));
	assert_int_equal(unlink(cni_printf(&p->arena, "%s/r2.sql", p->versions)), 0);
	assert_int_equal(cn_migrator_upgrade(p->migrator, NULL, NULL, &err), CN_ESCHEMA);
	assert_non_null(strstr(err.message, "revision \"r2\", which is not in the folder"));
	cn_migration_state seen;
	assert_ok(cn_migrator_state(p->migrator, &seen, &err), &err);
	assert_int_equal(seen.unknown_count, 1);
	assert_int_equal(cn_migrator_upgrade(p->migrator, "nosuch", NULL, &err), CN_ESCHEMA);
}

static void wrong_targets(void **state)
{
	project *p = *state;
	cn_error err;
	start(p);
	assert_int_equal(cn_migrator_upgrade(p->migrator, "nosuch", NULL, &err), CN_ENOTFOUND);
	assert_int_equal(cn_migrator_upgrade(p->migrator, "+1", NULL, &err), CN_ENOTFOUND);
	assert_int_equal(cn_migrator_upgrade(p->migrator, "-1", NULL, &err), CN_EARG);
	assert_int_equal(cn_migrator_downgrade(p->migrator, "-2", NULL, &err), CN_ENOTFOUND);
	assert_int_equal(cn_migrator_downgrade(p->migrator, "+1", NULL, &err), CN_EARG);
	assert_int_equal(
		cn_migrator_downgrade(p->migrator, "-99999999999999999999", NULL, &err), CN_EARG);
	assert_string_equal(current(p), "r1");
}

/* The script is for the sqlite3 shell; its commands (.bail on) are not SQL. */
static void run_script(project *p, const char *script)
{
	CLEANUP(cni_buffer_done) cni_buffer out = {0};
	while (*script) {
		size_t size = strcspn(script, "\n") + 1;
		if (*script != '.')
			cni_buffer_add(&out, script, size);
		script += size;
	}
	sql(p, cni_buffer_text(&out));
}

static void the_script_does_the_same(void **state)
{
	project *p = *state;
	const char *script;
	cn_error err;
	start(p);
	want(p, v3);
	make(p, "r2", "rename column product name title");
	assert_ok(cn_migrator_script(p->migrator, false, NULL, &script, &err), &err);
	run_script(p, script);
	assert_string_equal(current(p), "r2");
	assert_int_equal(
		number(p, "SELECT count(*) FROM product WHERE title IN ('tea', 'milk', 'x')"), 3);
	assert_ok(cn_migrator_verify(p->migrator, &err), &err);
	assert_ok(cn_migrator_script(p->migrator, true, "base", &script, &err), &err);
	run_script(p, script);
	assert_string_equal(current(p), "");
}

static void stamping_runs_nothing(void **state)
{
	project *p = *state;
	cn_error err;
	want(p, v1);
	make(p, "r1", NULL);
	assert_int_equal(cn_migrator_stamp(p->migrator, "head", &err), CN_ENOTFOUND);
	assert_false(cni_file_exists(p->db));
	sql(p, v1);
	sql(p, rows);
	assert_int_equal(cn_migrator_upgrade(p->migrator, NULL, NULL, &err), CN_ESQL);
	assert_string_equal(err.hint,
		"if the database had these tables before it had migrations: \"./app db stamp r1\"");
	assert_ok(cn_migrator_stamp(p->migrator, "head", &err), &err);
	assert_string_equal(cni_buffer_text(&p->notices), "");
	assert_string_equal(current(p), "r1");
	assert_int_equal(number(p, "SELECT count(*) FROM product"), 3);
	assert_ok(cn_migrator_verify(p->migrator, &err), &err);
	sql(p, "ALTER TABLE product ADD COLUMN y");
	assert_ok(cn_migrator_stamp(p->migrator, "r1", &err), &err);
	assert_non_null(strstr(cni_buffer_text(&p->notices), "not what this revision makes"));
	assert_ok(cn_migrator_stamp(p->migrator, "base", &err), &err);
	assert_string_equal(current(p), "");
}

static void drift_says_what_to_type(void **state)
{
	project *p = *state;
	cn_drift drift;
	cn_error err;
	want(p, v1);
	assert_ok(cn_migrator_drift(p->migrator, &drift, &err), &err);
	assert_true(drift.models_differ);
	assert_string_equal(
		drift.command, "./app db migrate -m \"what changed\" && ./app db upgrade");
	make(p, "r1", NULL);
	assert_ok(cn_migrator_drift(p->migrator, &drift, &err), &err);
	assert_false(drift.models_differ);
	assert_true(drift.database_behind);
	assert_string_equal(drift.command, "./app db upgrade");
	assert_false(cni_file_exists(p->db));
	upgrade(p);
	assert_ok(cn_migrator_drift(p->migrator, &drift, &err), &err);
	assert_null(drift.command);
	assert_int_equal(drift.line_count, 0);
	want(p, v2);
	assert_ok(cn_migrator_drift(p->migrator, &drift, &err), &err);
	assert_int_equal(drift.line_count, 1);
	assert_non_null(strstr(drift.lines[0], "price"));
}

static void the_state_tells_all(void **state)
{
	project *p = *state;
	cn_migration_state seen;
	cn_error err;
	assert_ok(cn_migrator_state(p->migrator, &seen, &err), &err);
	assert_false(seen.exists);
	assert_string_equal(seen.path, p->db);
	start(p);
	write_revision(p, "r2", "r1", "", "");
	assert_ok(cn_migrator_state(p->migrator, &seen, &err), &err);
	assert_true(seen.exists);
	assert_int_equal(seen.count, 2);
	assert_int_equal(seen.pending_count, 1);
	assert_string_equal(seen.heads[0], "r2");
	assert_string_equal(seen.current[0], "r1");
	assert_true(seen.list[0].applied && !seen.list[1].applied && seen.list[1].head);
	assert_true(seen.list[0].duration_us >= 0);
	assert_int_equal(strlen(seen.database_id), 32);
	const char *id = cni_strdup(&p->arena, seen.database_id);
	upgrade(p);
	assert_ok(cn_migrator_state(p->migrator, &seen, &err), &err);
	assert_string_equal(seen.database_id, id); /* for the life of the database */
}

/* The schema of many tables; one of them is said otherwise when `odd` is not NULL. */
static const char *many_tables(project *p, const char *odd)
{
	CLEANUP(cni_buffer_done) cni_buffer out = {0};
	for (int i = 0; i < 200; i++) {
		if (odd && i == 120)
			cni_buffer_printf(&out, "%s;\n", odd);
		else
			cni_buffer_printf(
				&out, "CREATE TABLE t%d (id INTEGER PRIMARY KEY, a TEXT);\n", i);
		cni_buffer_printf(&out, "CREATE INDEX i%d ON t%d (a);\n", i, i);
	}
	return cni_buffer_dup(&out, &p->arena);
}

/* What says the same in other words is no change; what says another thing is one, and what cannot
 * be is an error, among however many tables. */
static void one_of_many_tables(void **state)
{
	static const struct {
		const char *odd;
		bool differs, fails;
	} cases[] = {
		{NULL, false, false},
		{"create table \"T120\" (id integer primary key, a text /* as before */)", false,
			false},
		{"CREATE TABLE t120 (id INTEGER PRIMARY KEY, a TEXT, b)", true, false},
		{"CREATE TABLE t120 (id INTEGER PRIMARY KEY, a BLOB)", true, false},
		{"CREATE TABLE t120 (id INTEGER PRIMARY KEY, b TEXT)", true, true},
		{"CREATE TABLE t120 (a CHECK (nothing > 1))", true, true},
	};
	project *p = *state;
	cn_error err;
	cn_drift drift;
	want(p, many_tables(p, NULL));
	make(p, "many", NULL);
	upgrade(p);
	assert_int_equal(number(p, "SELECT count(*) FROM sqlite_schema WHERE name LIKE 'i%'"), 200);
	for (size_t i = 0; i < CNI_COUNT(cases); i++) {
		cn_made made;
		want(p, many_tables(p, cases[i].odd));
		cn_status status = cn_migrator_make(p->migrator,
			&(cn_make_desc){.message = "odd", .dry_run = true}, &made, &err);
		cn_status drifted = cn_migrator_drift(p->migrator, &drift, &err);
		if (cases[i].fails) {
			assert_true(status < 0 && drifted < 0);
			continue;
		}
		assert_ok(drifted, &err);
		assert_int_equal(drift.models_differ, cases[i].differs);
		assert_true(status == CN_EDECISION || made.changed == cases[i].differs);
	}
	want(p, many_tables(p, cases[2].odd));
	make(p, "odd", NULL);
	upgrade(p);
	assert_ok(cn_migrator_downgrade(p->migrator, "base", NULL, &err), &err);
	assert_int_equal(number(p, "SELECT count(*) FROM sqlite_schema WHERE name LIKE 't%'"), 0);
	upgrade(p);
	assert_int_equal(number(p, "SELECT count(*) FROM pragma_table_info('t120')"), 3);
}

#define T(name) cmocka_unit_test_setup_teardown(name, project_setup, project_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(init_refuses_what_is_there),
		T(a_life_of_a_project),
		T(no_change_makes_no_file),
		T(a_missing_decision_changes_nothing),
		T(a_drop_is_always_asked),
		T(dry_run_writes_nothing),
		T(an_empty_revision_is_to_be_filled),
		T(refuses_bad_ids),
		T(several_heads_stop_everything),
		T(a_failing_revision_leaves_the_old_state),
		T(a_broken_file_touches_nothing),
		T(edited_files_are_noticed),
		T(changes_by_hand_are_not_overrun),
		T(a_way_back_that_misses_is_refused),
		T(unknown_and_late_revisions),
		T(wrong_targets),
		T(the_script_does_the_same),
		T(stamping_runs_nothing),
		T(drift_says_what_to_type),
		T(the_state_tells_all),
		T(one_of_many_tables),
	};
	return RUN(tests);
}
