/* test_schema.c - objects go in, and are found again. */
#include "make.h"

static void finds_by_kind_and_name(void **state)
{
	(void)state;
	CLEANUP(cni_arena_done) cni_arena arena = {0};
	cni_schema *schema = make_schema(&arena,
		"CREATE TABLE Client(id INTEGER PRIMARY KEY, \"Full Name\" TEXT);"
		"CREATE INDEX client ON Client(id);" /* an index may be called as its table is
							elsewhere */
		"CREATE VIEW v AS SELECT 1");

	assert_string_equal(cni_schema_table(schema, "CLIENT")->name, "Client");
	assert_int_equal(cni_schema_find(schema, CNI_DDL_INDEX, "Client")->ddl.kind, CNI_DDL_INDEX);
	assert_string_equal(cni_schema_find(schema, CNI_DDL_INDEX, "client")->table, "Client");
	assert_null(cni_schema_table(schema, "v"));
	assert_null(cni_schema_table(schema, "clients"));
	const cni_ddl_table *table = &cni_schema_table(schema, "client")->ddl.table;
	assert_int_equal(cni_table_column(table, "full name"), 1);
	assert_int_equal(cni_table_column(table, "name"), -1);
}

/* The index of names grows with the schema, and a list changed behind its back is still read
 * rightly. */
static void finds_among_many(void **state)
{
	(void)state;
	CLEANUP(cni_arena_done) cni_arena arena = {0};
	cni_schema *schema = cni_schema_new(&arena, "sqlite");
	cn_error err;

	for (int i = 0; i < 3000; i++) {
		char *sql = cni_printf(&arena, "CREATE TABLE t%d(a)", i);
		assert_ok(cni_schema_add_sql(schema, sql, strlen(sql), &err), &err);
	}
	for (int i = 0; i < 3000; i++) {
		char *name = cni_printf(&arena, "T%d", i);
		assert_ptr_equal(cni_schema_table(schema, name), &schema->objects[i]);
	}
	assert_null(cni_schema_table(schema, "t3000"));
	schema->objects[7].name = "moved";
	assert_null(cni_schema_table(schema, "t7"));
	schema->object_count--;
	assert_null(cni_schema_table(schema, "t2999"));
	assert_ptr_equal(cni_schema_table(schema, "t2998"), &schema->objects[2998]);
}

static void knows_the_rowid(void **state)
{
	(void)state;
	static const struct {
		const char *sql;
		long alias;
	} rows[] = {
		{"CREATE TABLE t(a, id INTEGER PRIMARY KEY)", 1},
		{"CREATE TABLE t(id integer, PRIMARY KEY(ID))", 0},
		{"CREATE TABLE t(id INTEGER, PRIMARY KEY(id DESC))",
			0}, /* SQLite forgets DESC here … */
		{"CREATE TABLE t(id INTEGER PRIMARY KEY DESC)", -1}, /* … and not here */
		{"CREATE TABLE t(id INT PRIMARY KEY)", -1},
		{"CREATE TABLE t(id INTEGER, b, PRIMARY KEY(id, b))", -1},
		{"CREATE TABLE t(id INTEGER PRIMARY KEY) WITHOUT ROWID", -1},
		{"CREATE TABLE t(id INTEGER)", -1},
	};

	for (size_t i = 0; i < CNI_COUNT(rows); i++) {
		CLEANUP(cni_arena_done) cni_arena arena = {0};
		cni_schema *schema = make_schema(&arena, rows[i].sql);
		if (cni_table_rowid_alias(&schema->objects[0].ddl.table) != rows[i].alias)
			fail_msg("%s", rows[i].sql);
	}
}

static void refuses_what_creates_nothing(void **state)
{
	(void)state;
	static const char *const texts[] = {
		"DROP TABLE t", "INSERT INTO t VALUES(1)", "", "CREATE TABLE", "CREATE TABLE t("};

	for (size_t i = 0; i < CNI_COUNT(texts); i++) {
		CLEANUP(cni_arena_done) cni_arena arena = {0};
		cni_schema *schema = cni_schema_new(&arena, "sqlite");
		cn_error err = {0};
		assert_int_equal(
			cni_schema_add_sql(schema, texts[i], strlen(texts[i]), &err), CN_ESQL);
		assert_string_not_equal(err.message, "");
		assert_int_equal(schema->object_count, 0);
	}
}

static void keeps_text_and_what_text_cannot_say(void **state)
{
	(void)state;
	CLEANUP(cni_arena_done) cni_arena arena = {0};
	cni_schema *first = make_schema(&arena, "CREATE TABLE t ( a int /* why */ ) ; "), *second;
	cn_error err;

	assert_string_equal(first->objects[0].sql, "CREATE TABLE t ( a int /* why */ )");
	cni_ddl ddl = first->objects[0].ddl;
	ddl.table.renamed_from = "old";
	ddl.table.columns[0].renamed_from = "b";
	second = cni_schema_new(&arena, "sqlite");
	assert_ok(cni_schema_add(second, &ddl, &err), &err);
	assert_true(cni_schema_equal(first, second));
	assert_string_equal(second->objects[0].ddl.table.renamed_from, "old");
	assert_string_equal(second->objects[0].ddl.table.columns[0].renamed_from, "b");
	assert_string_equal(second->objects[0].ddl.table.columns[0].comment, "why");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_by_kind_and_name),
		cmocka_unit_test(finds_among_many),
		cmocka_unit_test(knows_the_rowid),
		cmocka_unit_test(refuses_what_creates_nothing),
		cmocka_unit_test(keeps_text_and_what_text_cannot_say),
	};
	return RUN(tests);
}
