/* test_migrator_renames.c - what a model's renamed_from means, and for how long. */
#include "tap.h"

#include "base/text.h"
#include "base/try.h"
#include "migrate/migrator/migrator.h"
#include "sql/lexer.h"

static cni_schema *schema(cni_arena *arena, const char *script)
{
	cni_schema *schema = cni_schema_new(arena, "sqlite");
	const char *at = script, *end = script + strlen(script), *statement;
	size_t size;
	cn_error err;
	while (cni_sql_split(&at, end, &statement, &size))
		assert_ok(cni_schema_add_sql(schema, statement, size, &err), &err);
	return schema;
}

/* "table=old" or "table.column=old" */
static void say(cni_schema *schema, cni_arena *arena, const char *what)
{
	const char *equals = strchr(what, '='), *dot = memchr(what, '.', (size_t)(equals - what));
	const char *table = cni_strndup(arena, what, (size_t)((dot ? dot : equals) - what));
	for (size_t i = 0; i < schema->object_count; i++) {
		cni_ddl_table *t = &schema->objects[i].ddl.table;
		if (!cni_same(schema->objects[i].name, table))
			continue;
		if (!dot) {
			t->renamed_from = equals + 1;
			return;
		}
		long column = cni_table_column(
			t, cni_strndup(arena, dot + 1, (size_t)(equals - dot - 1)));
		assert_true(column >= 0);
		t->columns[column].renamed_from = equals + 1;
		return;
	}
	fail_msg("no table %s", table);
}

static void check(
	const char *before, const char *after, const char *const *said, const char *expect)
{
	CLEANUP(cni_arena_done) cni_arena arena = {0};
	CLEANUP(cni_buffer_done) cni_buffer out = {0};
	cni_answers answers = {.arena = &arena};
	cn_error err;
	cni_schema *from = schema(&arena, before), *to = schema(&arena, after);
	for (; *said; said++)
		say(to, &arena, *said);
	assert_ok(cni_model_renames(to, from, &answers, &err), &err);
	for (size_t i = 0; i < answers.count; i++) {
		cni_answer_write(&out, &answers.list[i]);
		cni_buffer_puts(&out, ";");
	}
	assert_string_equal(cni_buffer_text(&out), expect);
}

#define SAID(...) ((const char *const[]){__VA_ARGS__, NULL})

static void columns(void **state)
{
	(void)state;
	check("CREATE TABLE t (a, b)", "CREATE TABLE t (a, c)", SAID("t.c=b"),
		"rename column t b c;");
	/* made long ago */
	check("CREATE TABLE t (a, c)", "CREATE TABLE t (a, c)", SAID("t.c=b"), "");
	/* never was there */
	check("CREATE TABLE t (a)", "CREATE TABLE t (a, c)", SAID("t.c=b"), "");
	/* both are there: a new column b beside the renamed one, some revisions later */
	check("CREATE TABLE t (b, c)", "CREATE TABLE t (b, c)", SAID("t.c=b"), "");
	/* b again, in the same revision */
	check("CREATE TABLE t (b)", "CREATE TABLE t (b, c)", SAID("t.c=b"), "rename column t b c;");
}

static void chains(void **state)
{
	(void)state;
	check("CREATE TABLE t (a, b)", "CREATE TABLE t (b, c)", SAID("t.b=a", "t.c=b"),
		"rename column t b c;rename column t a b;");
	check("CREATE TABLE t (a, b, c)", "CREATE TABLE t (b, c, d)",
		SAID("t.b=a", "t.c=b", "t.d=c"),
		"rename column t c d;rename column t b c;rename column t a b;");
	/* half of it was made already */
	check("CREATE TABLE t (a, c)", "CREATE TABLE t (b, c)", SAID("t.b=a", "t.c=b"),
		"rename column t a b;");
	/* a swap cannot be told from one that was made already: a person must say it */
	check("CREATE TABLE t (a, b)", "CREATE TABLE t (a, b)", SAID("t.a=b", "t.b=a"), "");
}

static void tables(void **state)
{
	(void)state;
	check("CREATE TABLE old (a, b)", "CREATE TABLE new (a, c)", SAID("new=old", "new.c=b"),
		"rename table old new;rename column new b c;");
	check("CREATE TABLE new (a, b)", "CREATE TABLE new (a, b)", SAID("new=old"), "");
	check("CREATE TABLE x (a); CREATE TABLE y (b)", "CREATE TABLE y (a); CREATE TABLE z (b)",
		SAID("y=x", "z=y"), "rename table y z;rename table x y;");
	check("CREATE TABLE \"a b\" (i)", "CREATE TABLE t (i)", SAID("t=a b"),
		"rename table \"a b\" t;");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(columns),
		cmocka_unit_test(chains),
		cmocka_unit_test(tables),
	};
	return RUN(tests);
}
