/* test_write.c - schemas written as SQL, C, JSON and Graphviz: compared with files that were looked
 * at. */
#include "make.h"

typedef void write_fn(cni_buffer *out, const cni_schema *schema);

static void check(const char *name, const char *suffix, write_fn *fn)
{
	CLEANUP(cni_arena_done) cni_arena arena = {0};
	CLEANUP(cni_buffer_done) cni_buffer text = {0};
	size_t size;
	char *script = read_beside(&arena, cni_printf(&arena, "snapshots/%s.sql", name), &size);
	cni_schema *schema = make_schema(&arena, script);

	fn(&text, schema);
	assert_false(text.failed);
	assert_snapshot(cni_printf(&arena, "snapshots/%s%s", name, suffix), cni_buffer_text(&text));
}

static void writes_c(void **state)
{
	(void)state;
	check("everything", ".c", cni_schema_write_c);
	check("odd", ".c", cni_schema_write_c);
	check("relations", ".c", cni_schema_write_c);
}

static void writes_json(void **state)
{
	(void)state;
	check("everything", ".json", cni_schema_write_json);
}

static void writes_dot(void **state)
{
	(void)state;
	check("everything", ".dot", cni_schema_write_dot);
	check("odd", ".dot", cni_schema_write_dot);
}

/* What was read goes out as it came in, and read again it is the same schema. */
static void writes_sql_that_comes_back(void **state)
{
	(void)state;
	static const char *const names[] = {"snapshots/everything.sql", "snapshots/odd.sql"};

	for (size_t i = 0; i < CNI_COUNT(names); i++) {
		CLEANUP(cni_arena_done) cni_arena arena = {0};
		CLEANUP(cni_buffer_done) cni_buffer text = {0}, again = {0};
		size_t size;
		cni_schema *first = make_schema(&arena, read_beside(&arena, names[i], &size));
		cni_schema_write_sql(&text, first);
		assert_sqlite_takes(cni_buffer_text(&text));
		for (size_t k = 0; k < first->object_count; k++)
			assert_non_null(strstr(cni_buffer_text(&text), first->objects[k].sql));
		cni_schema *second = make_schema(&arena, cni_buffer_text(&text));
		assert_true(cni_schema_equal(first, second));
		cni_schema_write_sql(&again, second);
		assert_string_equal(cni_buffer_text(&again), cni_buffer_text(&text));
	}
}

static void orders_and_closes_statements(void **state)
{
	(void)state;
	static const struct {
		const char *in, *out;
		bool script;
	} rows[] = {
		{"CREATE VIEW v AS SELECT 1; CREATE TRIGGER g INSTEAD OF INSERT ON v BEGIN SELECT 1; END;"
		 "CREATE TABLE t(a); CREATE INDEX i ON t(a)",
			"CREATE TABLE t(a);\nCREATE INDEX i ON t(a);\nCREATE VIEW v AS SELECT 1;\n"
			"CREATE TRIGGER g INSTEAD OF INSERT ON v BEGIN SELECT 1; END;\n",
			true},
		{"CREATE TABLE t(a) -- the last word", "CREATE TABLE t(a) -- the last word\n;\n",
			false},
		{"CREATE TABLE t(a) /* never ends", "CREATE TABLE t(a) /* never ends*/;\n", false},
		{"CREATE TABLE t(a) /* ends */", "CREATE TABLE t(a) /* ends */;\n", false},
		/* a view may read what is not there, a trigger may not stand on it */
		{"CREATE VIEW v AS SELECT * FROM gone", "CREATE VIEW v AS SELECT * FROM gone;\n",
			false},
		{"CREATE TRIGGER g AFTER INSERT ON gone BEGIN\nSELECT 1; END",
			"-- left out: \"g\" stands on \"gone\", which is not in this schema\n"
			"-- CREATE TRIGGER g AFTER INSERT ON gone BEGIN\n-- SELECT 1; END\n",
			false},
		{"", "", true},
	};
	cn_error err;

	for (size_t i = 0; i < CNI_COUNT(rows); i++) {
		CLEANUP(cni_arena_done) cni_arena arena = {0};
		CLEANUP(cni_buffer_done) cni_buffer text = {0};
		cni_schema *schema = make_schema(&arena, rows[i].script ? rows[i].in : "");
		if (!rows[i].script)
			assert_ok(cni_schema_add_sql(schema, rows[i].in, strlen(rows[i].in), &err),
				&err);
		cni_schema_write_sql(&text, schema);
		assert_string_equal(cni_buffer_text(&text), rows[i].out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writes_c),
		cmocka_unit_test(writes_json),
		cmocka_unit_test(writes_dot),
		cmocka_unit_test(writes_sql_that_comes_back),
		cmocka_unit_test(orders_and_closes_statements),
	};
	return RUN(tests);
}
