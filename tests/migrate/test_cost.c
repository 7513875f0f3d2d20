/* test_cost.c - what a plan is said to do and to take. */
#include "project.h"

#include "base/text.h"
#include "base/try.h"
#include "migrate/migrator/cost.h"
#include "migrate/revision/statement.h"

/* A table of a million rows and 100 MB, with two indexes of 20 MB, beside a small one. */
static cni_table_size tables[] = {
	{.name = "item",
		.rows = 1000000,
		.table_bytes = 100000000,
		.index_bytes = 40000000,
		.index_count = 2},
	{.name = "small", .rows = 3, .counted = true, .table_bytes = 4096},
};

static const cni_sizes wal = {.tables = tables,
	.table_count = 2,
	.database_bytes = 140000000,
	.cache_bytes = 2000000,
	.journal = "wal",
	.readers_go_on = true};
static const cni_sizes rollback = {.tables = tables,
	.table_count = 2,
	.database_bytes = 140000000,
	.cache_bytes = 2000000,
	.journal = "delete"};

typedef struct costed {
	cni_arena arena;
	cni_coster coster;
} costed;

static cn_cost_revision cost(costed *c, const char *up, const char *down)
{
	CLEANUP(cni_buffer_done) cni_buffer text = {0};
	cni_revision revision;
	cn_cost_revision ret;
	cn_error err;
	cni_buffer_printf(&text, "-- cantil: revision r\n-- upgrade sqlite\n%s\n", up);
	if (down)
		cni_buffer_printf(&text, "-- downgrade sqlite\n%s\n", down);
	const char *copy = cni_buffer_dup(&text, &c->arena);
	assert_ok(
		cni_revision_parse(&c->arena, "r.sql", copy, strlen(copy), &revision, &err), &err);
	assert_ok(cni_cost_plan(&c->coster, &revision.sections[0].upgrade,
			  down ? &revision.sections[0].downgrade : NULL, &ret, &err),
		&err);
	return ret;
}

static void begin(costed *c, const cni_sizes *sizes)
{
	cn_error err;
	assert_ok(cni_coster_init(&c->coster, &c->arena, sizes, &err), &err);
}

#define REBUILD                                                                      \
	"-- table item is written anew\n"                                            \
	"CREATE TABLE \"cantil_new_item\" (id INTEGER PRIMARY KEY, a NOT NULL);\n"   \
	"INSERT OR ABORT INTO \"cantil_new_item\" (id, a) SELECT id, a FROM item;\n" \
	"DROP TABLE \"item\";\nPRAGMA legacy_alter_table = ON;\n"                    \
	"ALTER TABLE \"cantil_new_item\" RENAME TO \"item\";\n"                      \
	"PRAGMA legacy_alter_table = OFF;\n"                                         \
	"-- index comes back\nCREATE INDEX i ON item (a);\n"

static void rebuild(void **state)
{
	(void)state;
	costed c = {0};
	begin(&c, &wal);
	cn_cost_revision r = cost(&c, REBUILD, "-- warning: data cannot come back: item.b\n");
	assert_int_equal(r.step_count, 2);
	assert_string_equal(r.steps[0].method, "rebuild");
	assert_string_equal(r.steps[0].table, "item");
	assert_string_equal(r.steps[0].reason, "table item is written anew");
	assert_int_equal(r.steps[0].rows, 1000000);
	assert_false(r.steps[0].counted);
	assert_int_equal(r.written_bytes, 140000000); /* its indexes are counted once */
	assert_true(r.needed_bytes > 2 * r.written_bytes);
	assert_true(r.duration_ms > 1000 && r.duration_ms < 20000);
	assert_false(r.readers_wait);
	assert_true(r.undoable);
	assert_int_equal(r.loss_count, 1);
	assert_string_equal(r.losses[0], "data cannot come back: item.b");
	cni_arena_done(&c.arena);
}

static void locks(void **state)
{
	(void)state;
	costed c = {0};
	begin(&c, &rollback);
	cn_cost_revision large = cost(&c, REBUILD, NULL);
	assert_true(large.readers_wait); /* more than fits into memory */
	assert_false(large.undoable);
	cn_cost_revision little = cost(&c, "ALTER TABLE small ADD COLUMN x;", NULL);
	assert_false(little.readers_wait);
	assert_int_equal(little.needed_bytes, 0);
	cni_arena_done(&c.arena);
}

/* The second revision finds the tables as the first one leaves them. */
static void follows_tables(void **state)
{
	(void)state;
	costed c = {0};
	begin(&c, &wal);
	cost(&c, "ALTER TABLE item RENAME TO thing;\nCREATE TABLE fresh (a);\nDROP TABLE small;",
		NULL);
	cn_cost_revision r = cost(&c,
		"CREATE INDEX i ON thing (a);\nUPDATE fresh SET a = 1;\nUPDATE \"main\".thing SET a = 1;\n"
		"ALTER TABLE small DROP COLUMN b;",
		NULL);
	assert_int_equal(r.step_count, 4);
	assert_string_equal(r.steps[0].method, "create index");
	assert_int_equal(r.steps[0].rows, 1000000);
	assert_int_equal(r.steps[0].written_bytes, 20000000); /* as large as the others */
	assert_int_equal(r.steps[1].rows, 0);
	assert_int_equal(r.steps[1].written_bytes, 0);
	assert_string_equal(r.steps[2].method, "rows");
	assert_string_equal(r.steps[2].table, "thing");
	assert_int_equal(r.steps[2].written_bytes, 100000000);
	assert_int_equal(r.steps[3].rows, -1); /* there is no such table any more */
	cni_arena_done(&c.arena);
}

static void statements(void **state)
{
	(void)state;
	static const struct {
		const char *sql, *method, *table, *from, *to;
	} cases[] = {
		{"CREATE TABLE IF NOT EXISTS a (x)", "create table", "a", "", ""},
		{"create unique index if not exists i on \"b c\" (x)", "create index", "b c", "",
			""},
		{"CREATE VIRTUAL TABLE f USING fts5(a)", "create virtual table", "f", "", ""},
		{"ALTER TABLE main.a RENAME TO b", "rename table", "a", "", "b"},
		{"ALTER TABLE a RENAME x TO y", "rename column", "a", "x", "y"},
		{"ALTER TABLE a RENAME COLUMN \"to\" TO [y z]", "rename column", "a", "to", "y z"},
		{"ALTER TABLE a RENAME COLUMN TO y", "rename column", "a", "COLUMN", "y"},
		{"ALTER TABLE a ADD COLUMN rename", "add column", "a", "", ""},
		{"DROP VIEW IF EXISTS v", "drop view", "v", "", ""},
		{"REPLACE INTO t VALUES (1)", "rows", "t", "", ""},
		{"INSERT OR IGNORE INTO t VALUES (1)", "rows", "t", "", ""},
		{"WITH x AS (SELECT 1) DELETE FROM t", "rows", "t", "", ""},
		{"UPDATE sqlite_schema SET sql = ''", "stored text", "sqlite_schema", "", ""},
		{"UPDATE main.sqlite_schema SET sql = 'x' WHERE type = 'table' AND name = 'it''em'",
			"stored text", "it'em", "", ""},
		{"SELECT 1", "query", "", "", ""},
		{"PRAGMA foreign_keys", "setting", "", "", ""},
		/* what ends too early is looked at like any other */
		{"ALTER", "other", "", "", ""},
		{"ALTER TABLE", "other", "", "", ""},
		{"ALTER TABLE a RENAME", "rename column", "a", "", ""},
		{"DROP TABLE IF", "drop table", "", "", ""},
		{"CREATE", "other", "", "", ""},
		{"CREATE INDEX", "create index", "", "", ""},
		{"INSERT OR", "rows", "OR", "", ""},
		{"", "query", "", "", ""},
	};
	CLEANUP(cni_arena_done) cni_arena arena = {0};
	for (size_t i = 0; i < CNI_COUNT(cases); i++) {
		cni_statement s;
		cn_error err;
		assert_ok(cni_statement_read(&arena, cases[i].sql, &s, &err), &err);
		assert_string_equal(s.method, cases[i].method);
		if (!cni_starts(cases[i].method, "other"))
			assert_string_equal(s.table, cases[i].table);
		assert_string_equal(s.from, cases[i].from);
		assert_string_equal(s.to, cases[i].to);
	}
}

static void live_database(void **state)
{
	project *p = *state;
	cn_cost cost;
	cn_error err;
	want(p, "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT)");
	make(p, "r1", NULL);
	assert_ok(cn_migrator_cost(p->migrator, NULL, false, &cost, &err), &err);
	assert_false(cost.exists);
	assert_int_equal(cost.count, 1);
	assert_int_equal(file_count(p), 1);
	upgrade(p);
	sql(p, "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)"
	       " INSERT INTO t (a) SELECT printf('%060d', i) FROM n; DELETE FROM t WHERE id % 2");
	want(p, "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT NOT NULL)");
	make(p, "r2", NULL);
	assert_ok(cn_migrator_cost(p->migrator, NULL, true, &cost, &err), &err);
	assert_int_equal(cost.count, 1);
	assert_true(cost.exact);
	assert_int_equal(cost.list[0].steps[0].rows, 10000);
	assert_true(cost.list[0].steps[0].counted);
	assert_in_range(cost.written_bytes, 600000, cost.database_bytes);
	assert_string_equal(cost.journal, "wal");
	assert_true(cost.free_bytes > 0);
	/* more rows than are counted: the distance of the rowids, until ANALYZE knows better */
	sql(p, "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)"
	       " INSERT INTO t (a) SELECT printf('%060d', i) FROM n");
	assert_ok(cn_migrator_cost(p->migrator, NULL, false, &cost, &err), &err);
	assert_false(cost.exact);
	assert_int_equal(cost.list[0].steps[0].rows, 21999);
	sql(p, "ANALYZE");
	assert_ok(cn_migrator_cost(p->migrator, NULL, false, &cost, &err), &err);
	assert_in_range(cost.list[0].steps[0].rows, 11000, 21999);
}

static void differences(void **state)
{
	project *p = *state;
	cn_differences found;
	const char *script;
	cn_error err;
	want(p, "CREATE TABLE t (a, b); CREATE INDEX i ON t (a)");
	make(p, "r1", NULL);
	assert_int_equal(cn_migrator_differences(p->migrator, &found, &err), CN_ENOTFOUND);
	upgrade(p);
	assert_ok(cn_migrator_differences(p->migrator, &found, &err), &err);
	assert_int_equal(found.line_count, 0);
	sql(p, "DROP INDEX i; ALTER TABLE t ADD COLUMN c; CREATE TABLE more (x);"
	       " INSERT INTO more VALUES (1);"
	       " CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)");
	assert_ok(cn_migrator_differences(p->migrator, &found, &err), &err);
	assert_int_equal(found.line_count, 3);
	assert_string_equal(found.lines[0], "~ table t: add column c");
	assert_string_equal(found.lines[1], "- index i on t");
	assert_string_equal(found.lines[2], "+ table more");
	assert_int_equal(
		cn_migrator_differences_script(p->migrator, NULL, &script, &err), CN_EDECISION);
	assert_ok(cn_migrator_differences_script(
			  p->migrator, "allow-drop more\nallow-drop t.c", &script, &err),
		&err);
	const char *semi = strstr(script, "BEGIN");
	assert_non_null(semi);
	sql(p, semi);
	assert_ok(cn_migrator_differences(p->migrator, &found, &err), &err);
	assert_int_equal(found.line_count, 0);
	assert_int_equal(number(p, "SELECT count(*) FROM alembic_version"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rebuild),
		cmocka_unit_test(locks),
		cmocka_unit_test(follows_tables),
		cmocka_unit_test(statements),
		cmocka_unit_test_setup_teardown(live_database, project_setup, project_teardown),
		cmocka_unit_test_setup_teardown(differences, project_setup, project_teardown),
	};
	return RUN(tests);
}
