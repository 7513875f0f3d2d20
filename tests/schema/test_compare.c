/* test_compare.c - what means the same, and what does not. */
#include "make.h"

#include "schema/compare.h"
#include "schema/diff.h"

typedef struct pair {
	const char *a, *b;
} pair;

static bool same(const char *a, const char *b)
{
	CLEANUP(cni_arena_done) cni_arena arena = {0};
	cni_schema *x = make_schema(&arena, a), *y = make_schema(&arena, b);
	cni_diff diff;
	cn_error err;
	bool equal = cni_schema_equal(x, y);

	assert_ok(cni_diff_make(&arena, x, y, NULL, &diff, &err), &err);
	if (equal != (diff.change_count == 0))
		fail_msg("cni_schema_equal says %d, the diff has %zu changes: %s | %s", equal,
			diff.change_count, a, b);
	return equal;
}

static void spelling_is_no_difference(void **state)
{
	(void)state;
	static const pair pairs[] = {
		{"CREATE TABLE t(a)", "create table if not exists T ( A )"},
		{"CREATE TABLE t(a)", "CREATE TABLE \"t\"([A] /* c */) -- end"},
		{"CREATE TABLE t(a INTEGER)", "CREATE TABLE t(a integer)"},
		{"CREATE TABLE t(a DECIMAL(10,2))", "CREATE TABLE t(a decimal ( 10 , 2 ))"},
		{"CREATE TABLE t(a DOUBLE PRECISION)", "CREATE TABLE t(a double   precision)"},
		{"CREATE TABLE t(a PRIMARY KEY)", "CREATE TABLE t(a, PRIMARY KEY(a))"},
		{"CREATE TABLE t(a UNIQUE, b)", "CREATE TABLE t(a, b, UNIQUE(a ASC))"},
		{"CREATE TABLE t(a CONSTRAINT u UNIQUE)",
			"CREATE TABLE t(a, CONSTRAINT U UNIQUE(\"a\"))"},
		{"CREATE TABLE t(a CHECK(a > 0))", "CREATE TABLE t(a, CHECK(((A>0))))"},
		{"CREATE TABLE t(a REFERENCES p(x))",
			"CREATE TABLE t(a, FOREIGN KEY(a) REFERENCES P(X))"},
		{"CREATE TABLE t(a, b, UNIQUE(a), CHECK(b))",
			"CREATE TABLE t(a, b, CHECK(b), UNIQUE(a))"},
		{"CREATE TABLE t(a DEFAULT NULL)", "CREATE TABLE t(a)"},
		{"CREATE TABLE t(a DEFAULT (NULL))", "CREATE TABLE t(a NULL)"},
		{"CREATE TABLE t(a DEFAULT 'x')", "CREATE TABLE t(a DEFAULT \"x\")"},
		{"CREATE TABLE t(a DEFAULT 'x')", "CREATE TABLE t(a DEFAULT x)"},
		{"CREATE TABLE t(a DEFAULT 'x')", "CREATE TABLE t(a DEFAULT ('x'))"},
		{"CREATE TABLE t(a DEFAULT 5)", "CREATE TABLE t(a DEFAULT +5)"},
		{"CREATE TABLE t(a DEFAULT -5)", "CREATE TABLE t(a DEFAULT (- 5))"},
		{"CREATE TABLE t(a DEFAULT TRUE)", "CREATE TABLE t(a DEFAULT true)"},
		{"CREATE TABLE t(a DEFAULT 0X1F)", "CREATE TABLE t(a DEFAULT 0x1f)"},
		{"CREATE TABLE t(a COLLATE BINARY)", "CREATE TABLE t(a)"},
		{"CREATE TABLE t(a COLLATE NOCASE)", "CREATE TABLE t(a COLLATE \"nocase\")"},
		{"CREATE TABLE t(a NOT NULL ON CONFLICT ABORT)", "CREATE TABLE t(a NOT NULL)"},
		{"CREATE TABLE t(a UNIQUE ON CONFLICT ABORT)", "CREATE TABLE t(a UNIQUE)"},
		{"CREATE TABLE t(a REFERENCES p MATCH SIMPLE)", "CREATE TABLE t(a REFERENCES p)"},
		{"CREATE TABLE t(a REFERENCES p DEFERRABLE)", "CREATE TABLE t(a REFERENCES p)"},
		{"CREATE TABLE t(a REFERENCES p DEFERRABLE INITIALLY IMMEDIATE)",
			"CREATE TABLE t(a REFERENCES p NOT DEFERRABLE INITIALLY DEFERRED)"},
		{"CREATE TABLE t(a REFERENCES p ON DELETE NO ACTION)",
			"CREATE TABLE t(a REFERENCES p)"},
		{"CREATE TABLE t(a, b AS (a+1))",
			"CREATE TABLE t(a, b GENERATED ALWAYS AS ((a + 1)) VIRTUAL)"},
		{"CREATE TABLE t(a PRIMARY KEY) STRICT, WITHOUT ROWID",
			"CREATE TABLE t(a PRIMARY KEY) without rowid, strict"},
		{"CREATE TABLE t(a CHECK(a == 1 AND a <> 2))",
			"CREATE TABLE t(a CHECK(a = 1 AND a != 2))"},
		{"CREATE TABLE t(a); CREATE INDEX i ON t(a ASC)",
			"CREATE TABLE t(a); CREATE INDEX I ON \"t\" (\"A\")"},
		{"CREATE TABLE t(a); CREATE INDEX i ON t(a) WHERE a>1",
			"CREATE TABLE t(a); CREATE INDEX i ON t(a) WHERE (a > 1)"},
		{"CREATE TABLE t(a); CREATE INDEX i ON t(lower(a))",
			"CREATE TABLE t(a); CREATE INDEX i ON t((LOWER( a )))"},
		{"CREATE VIEW v AS SELECT 1 AS a", "CREATE VIEW IF NOT EXISTS V AS select 1 as A"},
		{"CREATE TABLE t(a); CREATE TRIGGER g AFTER INSERT ON t BEGIN SELECT 1; END",
			"CREATE TABLE t(a); CREATE TRIGGER g AFTER INSERT ON t FOR EACH ROW BEGIN SELECT 1; END"},
		{"CREATE VIRTUAL TABLE f USING fts5(a, b)",
			"CREATE VIRTUAL TABLE f using FTS5 ( a , b )"},
		/* the order in which objects were made says nothing */
		{"CREATE TABLE t(a); CREATE TABLE u(a)", "CREATE TABLE u(a); CREATE TABLE t(a)"},
	};

	for (size_t i = 0; i < CNI_COUNT(pairs); i++)
		if (!same(pairs[i].a, pairs[i].b))
			fail_msg("taken as different: %s | %s", pairs[i].a, pairs[i].b);
}

static void meaning_is_a_difference(void **state)
{
	(void)state;
	static const pair pairs[] = {
		{"CREATE TABLE t(a)", "CREATE TABLE t(b)"},
		{"CREATE TABLE t(a)", "CREATE TABLE u(a)"},
		{"CREATE TABLE t(a)", "CREATE TABLE t(a, b)"},
		{"CREATE TABLE t(a, b)", "CREATE TABLE t(b, a)"},
		{"CREATE TABLE t(a INT)", "CREATE TABLE t(a INTEGER)"},
		{"CREATE TABLE t(a)", "CREATE TABLE t(a BLOB)"},
		{"CREATE TABLE t(a VARCHAR(10))", "CREATE TABLE t(a VARCHAR(11))"},
		{"CREATE TABLE t(a NOT NULL)", "CREATE TABLE t(a)"},
		{"CREATE TABLE t(a NOT NULL)", "CREATE TABLE t(a CONSTRAINT n NOT NULL)"},
		{"CREATE TABLE t(a NOT NULL)", "CREATE TABLE t(a NOT NULL ON CONFLICT IGNORE)"},
		{"CREATE TABLE t(a DEFAULT 1)", "CREATE TABLE t(a)"},
		{"CREATE TABLE t(a DEFAULT 1)", "CREATE TABLE t(a DEFAULT '1')"},
		{"CREATE TABLE t(a DEFAULT 1)", "CREATE TABLE t(a DEFAULT TRUE)"},
		{"CREATE TABLE t(a DEFAULT 'x')", "CREATE TABLE t(a DEFAULT 'X')"},
		{"CREATE TABLE t(a DEFAULT 5)", "CREATE TABLE t(a DEFAULT 5.0)"},
		{"CREATE TABLE t(a DEFAULT 'current_timestamp')",
			"CREATE TABLE t(a DEFAULT CURRENT_TIMESTAMP)"},
		{"CREATE TABLE t(a COLLATE NOCASE)", "CREATE TABLE t(a)"},
		{"CREATE TABLE t(a, b AS (a+1))", "CREATE TABLE t(a, b AS (a+1) STORED)"},
		{"CREATE TABLE t(a, b AS (a+1))", "CREATE TABLE t(a, b AS (a+2))"},
		{"CREATE TABLE t(a, b AS (a+1))", "CREATE TABLE t(a, b)"},
		{"CREATE TABLE t(a PRIMARY KEY)", "CREATE TABLE t(a)"},
		{"CREATE TABLE t(a, b, PRIMARY KEY(a, b))",
			"CREATE TABLE t(a, b, PRIMARY KEY(b, a))"},
		{"CREATE TABLE t(a, b, PRIMARY KEY(a, b))",
			"CREATE TABLE t(a, b, PRIMARY KEY(a, b DESC))"},
		{"CREATE TABLE t(a INTEGER PRIMARY KEY)",
			"CREATE TABLE t(a INTEGER PRIMARY KEY AUTOINCREMENT)"},
		{"CREATE TABLE t(a INTEGER PRIMARY KEY)",
			"CREATE TABLE t(a INTEGER PRIMARY KEY DESC)"},
		{"CREATE TABLE t(a UNIQUE)", "CREATE TABLE t(a UNIQUE ON CONFLICT REPLACE)"},
		{"CREATE TABLE t(a UNIQUE)", "CREATE TABLE t(a CONSTRAINT u UNIQUE)"},
		{"CREATE TABLE t(a UNIQUE)", "CREATE TABLE t(a UNIQUE, UNIQUE(a))"},
		{"CREATE TABLE t(a UNIQUE)", "CREATE TABLE t(a); CREATE UNIQUE INDEX i ON t(a)"},
		{"CREATE TABLE t(a, UNIQUE(a))", "CREATE TABLE t(a, UNIQUE(a COLLATE NOCASE))"},
		{"CREATE TABLE t(a CHECK(a > 0))", "CREATE TABLE t(a CHECK(a > 1))"},
		{"CREATE TABLE t(a CHECK(a > 'x'))", "CREATE TABLE t(a CHECK(a > 'X'))"},
		{"CREATE TABLE t(a REFERENCES p)", "CREATE TABLE t(a REFERENCES p(id))"},
		{"CREATE TABLE t(a REFERENCES p)", "CREATE TABLE t(a REFERENCES q)"},
		{"CREATE TABLE t(a REFERENCES p)",
			"CREATE TABLE t(a REFERENCES p ON DELETE CASCADE)"},
		{"CREATE TABLE t(a REFERENCES p ON DELETE CASCADE)",
			"CREATE TABLE t(a REFERENCES p ON UPDATE CASCADE)"},
		{"CREATE TABLE t(a REFERENCES p)", "CREATE TABLE t(a REFERENCES p MATCH FULL)"},
		{"CREATE TABLE t(a REFERENCES p)",
			"CREATE TABLE t(a REFERENCES p DEFERRABLE INITIALLY DEFERRED)"},
		{"CREATE TABLE t(a INT)", "CREATE TABLE t(a INT) STRICT"},
		{"CREATE TABLE t(a PRIMARY KEY)", "CREATE TABLE t(a PRIMARY KEY) WITHOUT ROWID"},
		{"CREATE TABLE t(a); CREATE INDEX i ON t(a)",
			"CREATE TABLE t(a); CREATE UNIQUE INDEX i ON t(a)"},
		{"CREATE TABLE t(a); CREATE INDEX i ON t(a)",
			"CREATE TABLE t(a); CREATE INDEX i ON t(a DESC)"},
		{"CREATE TABLE t(a); CREATE INDEX i ON t(a)",
			"CREATE TABLE t(a); CREATE INDEX i ON t(a) WHERE a"},
		{"CREATE TABLE t(a); CREATE INDEX i ON t(a)",
			"CREATE TABLE t(a); CREATE INDEX i ON t(a COLLATE RTRIM)"},
		{"CREATE VIEW v AS SELECT 1", "CREATE VIEW v(a) AS SELECT 1"},
		{"CREATE VIEW v AS SELECT 'a'", "CREATE VIEW v AS SELECT 'A'"},
		{"CREATE TABLE t(a); CREATE TRIGGER g AFTER INSERT ON t BEGIN SELECT 1; END",
			"CREATE TABLE t(a); CREATE TRIGGER g BEFORE INSERT ON t BEGIN SELECT 1; END"},
		{"CREATE VIRTUAL TABLE f USING fts5(a)", "CREATE VIRTUAL TABLE f USING fts5(a, b)"},
		{"CREATE TABLE x(a)", "CREATE VIEW x AS SELECT 1 AS a"},
		/* names that look like what stands around them */
		{"CREATE TABLE t(\"a\ttype 'int'\")", "CREATE TABLE t(a INT)"},
		{"CREATE TABLE t(\"a, b\")", "CREATE TABLE t(a, b)"},
		{"CREATE TABLE t(a, b, UNIQUE(a, b))",
			"CREATE TABLE t(a, b, \"a, b\", UNIQUE(\"a, b\"))"},
	};

	for (size_t i = 0; i < CNI_COUNT(pairs); i++) {
		if (same(pairs[i].a, pairs[i].b) || same(pairs[i].b, pairs[i].a))
			fail_msg("taken as the same: %s | %s", pairs[i].a, pairs[i].b);
	}
}

static bool same_constraint(cni_arena *arena, const cni_ddl_table *table, size_t a, size_t b)
{
	return strcmp(cni_constraint_normal(arena, table, &table->constraints[a]),
		       cni_constraint_normal(arena, table, &table->constraints[b])) == 0;
}

static void columns_and_constraints_alone(void **state)
{
	(void)state;
	CLEANUP(cni_arena_done) cni_arena arena = {0};
	cni_schema *schema = make_schema(&arena,
		"CREATE TABLE t(a INT NOT NULL DEFAULT 1, b int not null default (1), c INT,"
		" UNIQUE(a), CONSTRAINT x UNIQUE(a), UNIQUE(A ASC), CHECK(a), FOREIGN KEY(a) REFERENCES t(b))");
	const cni_ddl_table *t = &schema->objects[0].ddl.table;

	assert_true(cni_column_equal(&t->columns[0], &t->columns[1])); /* names are not compared */
	assert_false(cni_column_equal(&t->columns[0], &t->columns[2]));
	assert_true(same_constraint(&arena, t, 0, 2));
	assert_false(same_constraint(&arena, t, 0, 1));
	assert_false(same_constraint(&arena, t, 0, 3));
	assert_true(same_constraint(&arena, t, 4, 4));
	assert_true(cni_column_has_default(&t->columns[0]));
	assert_false(cni_column_has_default(&t->columns[2]));
}

static void affinity_follows_the_five_rules(void **state)
{
	(void)state;
	static const struct {
		const char *type;
		cni_affinity affinity;
	} rows[] = {
		{NULL, CNI_AFF_BLOB},
		{"", CNI_AFF_BLOB},
		{"INTEGER", CNI_AFF_INTEGER},
		{"bigint", CNI_AFF_INTEGER},
		{"POINT", CNI_AFF_INTEGER},
		{"CHARINT", CNI_AFF_INTEGER},
		{"VARCHAR(10)", CNI_AFF_TEXT},
		{"CLOB", CNI_AFF_TEXT},
		{"NText", CNI_AFF_TEXT},
		{"BLOB", CNI_AFF_BLOB},
		{"REAL", CNI_AFF_REAL},
		{"float", CNI_AFF_REAL},
		{"DOUBLE PRECISION", CNI_AFF_REAL},
		{"BOOLEAN", CNI_AFF_NUMERIC},
		{"DATETIME", CNI_AFF_NUMERIC},
		{"DECIMAL(10,5)", CNI_AFF_NUMERIC},
		{"STRING", CNI_AFF_NUMERIC},
	};

	for (size_t i = 0; i < CNI_COUNT(rows); i++)
		assert_int_equal(cni_type_affinity(rows[i].type), rows[i].affinity);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(spelling_is_no_difference),
		cmocka_unit_test(meaning_is_a_difference),
		cmocka_unit_test(columns_and_constraints_alone),
		cmocka_unit_test(affinity_follows_the_five_rules),
	};
	return RUN(tests);
}
