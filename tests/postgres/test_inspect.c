/* test_inspect.c - what is inspected can be written, built again in a scratch, and is then the
 * same; spelling never differs; nothing of a scratch is ever seen or left. */
#include "postgres_test.h"

#include "base/file.h"
#include "base/try.h"
#include "driver/plan.h"
#include "schema/diff.h"

static char *file_text(fixture *f, const char *name)
{
	const char *path =
		cni_printf(&f->arena, "%s/tests/postgres/%s", getenv("CANTIL_TEST_SOURCE"), name);
	char *text;
	size_t size;
	assert_ok(cni_file_read(&f->arena, path, 1 << 20, &text, &size, &f->err), &f->err);
	return text;
}

static cni_schema *inspect(fixture *f)
{
	cni_schema *schema = NULL;
	assert_ok(cni_conn_inspect(f->conn, &f->arena, &schema, &f->err), &f->err);
	return schema;
}

static cni_schema *normalise(fixture *f, const char *sql)
{
	cni_schema *schema = NULL;
	assert_ok(cni_normalise_sql_at(f->conn->home, sql, NULL, &f->arena, &schema, &f->err),
		&f->err);
	return schema;
}

static void assert_same(fixture *f, const cni_schema *a, const cni_schema *b)
{
	cni_diff diff;
	cni_buffer text = {0};
	if (cni_schema_equal(a, b))
		return;
	assert_ok(cni_diff_make(&f->arena, a, b, &(cni_diff_options){0}, &diff, &f->err), &f->err);
	cni_diff_describe(&text, &diff);
	for (size_t i = 0; i < a->object_count; i++) {
		const cni_object *other =
			cni_schema_find(b, a->objects[i].ddl.kind, a->objects[i].name);
		if (other && !cni_object_equal(&a->objects[i], other))
			cni_buffer_printf(
				&text, "%s\n--\n%s\n", a->objects[i].normal, other->normal);
	}
	fail_msg("%s", cni_buffer_text(&text));
}

/* Everything that there is, through the server twice. */
static void test_rich(void **state)
{
	fixture *f = *state;
	const char *script = file_text(f, "library.sql");
	cni_buffer out = {0};

	exec(f, f->conn, script);
	cni_schema *live = inspect(f);
	assert_same(f, live, normalise(f, script));
	cni_schema_write_sql(&out, live);
	cni_schema *again = normalise(f, cni_buffer_text(&out));
	assert_same(f, live, again);
	cni_schema *once_more;
	assert_ok(cni_normalise(live, &f->arena, &once_more, &f->err), &f->err);
	assert_same(f, live, once_more);
	cni_buffer_done(&out);
	/* every kind of thing was seen */
	assert_non_null(cni_schema_find(live, CNI_DDL_OPAQUE, "media"));
	assert_non_null(cni_schema_find(live, CNI_DDL_OPAQUE, "address"));
	assert_non_null(cni_schema_find(live, CNI_DDL_OPAQUE, "mail"));
	assert_non_null(cni_schema_find(live, CNI_DDL_OPAQUE, "shelf_mark"));
	assert_non_null(cni_schema_find(live, CNI_DDL_OPAQUE, "initials(name text)"));
	assert_non_null(cni_schema_find(live, CNI_DDL_OPAQUE, "own on person"));
	assert_non_null(cni_schema_find(live, CNI_DDL_OPAQUE, "keep on branch"));
	assert_non_null(cni_schema_find(live, CNI_DDL_OPAQUE, "person_both"));
	assert_non_null(cni_schema_find(live, CNI_DDL_OPAQUE, "citext"));
	assert_non_null(cni_schema_find(live, CNI_DDL_VIEW, "popular"));
	assert_non_null(cni_schema_find(live, CNI_DDL_TRIGGER, "person_late"));
	assert_non_null(cni_schema_find(live, CNI_DDL_INDEX, "popular_title"));
	const cni_object *title = cni_schema_table(live, "Title");
	assert_int_equal(title->ddl.table.column_count, 6);
	assert_string_equal(title->ddl.table.columns[5].type, "character(13)");
}

/* Two spellings of one thing. */
static void test_spellings(void **state)
{
	fixture *f = *state;
	static const char *const pairs[][2] = {
		{"CREATE TABLE t (a int8, b varchar(9), c decimal(5,2), d timestamptz, e bool, f float8)",
			"create table T (A BIGINT, b character varying(9), c numeric(5,2), "
			"d timestamp with time zone, e boolean, f double precision)"},
		{"CREATE TABLE t (a text DEFAULT 'x', b int DEFAULT (1), c timestamptz DEFAULT now())",
			"CREATE TABLE public.t (a text DEFAULT 'x'::text, b int DEFAULT 1, "
			"c timestamptz DEFAULT (now()))"},
		{"CREATE TABLE t (a text CHECK (a IN ('x', 'y')), PRIMARY KEY (a))",
			"CREATE TABLE t (a text PRIMARY KEY, "
			"CONSTRAINT t_a_check CHECK (((a = ANY (ARRAY['x'::text, 'y'::text])))))"},
		{"CREATE TABLE t (id int PRIMARY KEY, p int REFERENCES t)",
			"CREATE TABLE t (p int, id int NOT NULL); ALTER TABLE ONLY public.t ADD "
			"CONSTRAINT t_pkey PRIMARY KEY (id); ALTER TABLE t ADD CONSTRAINT t_p_fkey "
			"FOREIGN KEY (p) REFERENCES public.t(id) MATCH SIMPLE ON DELETE NO ACTION NOT "
			"DEFERRABLE"},
		{"CREATE TABLE t (id serial); CREATE INDEX CONCURRENTLY i ON t (id)",
			"CREATE SEQUENCE public.t_id_seq AS integer; CREATE TABLE t (id int DEFAULT "
			"nextval('public.t_id_seq'::regclass) NOT NULL); ALTER SEQUENCE t_id_seq OWNED BY "
			"t.id; CREATE INDEX i ON public.t USING btree (id ASC NULLS LAST)"},
		{"CREATE TABLE t (a int); CREATE VIEW v AS SELECT * FROM t WHERE a > 1",
			"SET search_path = ''; SELECT pg_catalog.set_config('search_path', '', false); "
			"CREATE TABLE public.t (a int); ALTER TABLE public.t OWNER TO nobody_at_all; "
			"CREATE VIEW public.v AS SELECT public.t.a FROM public.t WHERE (t.a > 1); "
			"GRANT SELECT ON public.v TO nobody_at_all"},
	};
	for (size_t i = 0; i < CNI_COUNT(pairs); i++)
		assert_same(f, normalise(f, pairs[i][0]), normalise(f, pairs[i][1]));
}

/* The order of columns cannot be changed there, so it is no difference; letters of names are. */
static void test_differences(void **state)
{
	fixture *f = *state;
	assert_same(f, normalise(f, "CREATE TABLE t (a int, b int)"),
		normalise(f, "CREATE TABLE t (b int, a int)"));
	static const char *const pairs[][2] = {
		{"CREATE TABLE t (a int)", "CREATE TABLE t (a bigint)"},
		{"CREATE TABLE t (a int)", "CREATE TABLE t (a int NOT NULL)"},
		{"CREATE TABLE t (a text)", "CREATE TABLE t (a text COLLATE \"C\")"},
		{"CREATE TABLE t (a int DEFAULT 1)", "CREATE TABLE t (a int DEFAULT 2)"},
		{"CREATE TABLE t (a int UNIQUE)", "CREATE TABLE t (a int); CREATE UNIQUE INDEX "
						  "t_a_key ON t (a)"},
		{"CREATE TABLE t (a int)", "CREATE TABLE t (a int); COMMENT ON COLUMN t.a IS 'x'"},
		{"CREATE TABLE t (a int GENERATED ALWAYS AS IDENTITY)",
			"CREATE TABLE t (a int GENERATED BY DEFAULT AS IDENTITY)"},
		{"CREATE TABLE t (a text CHECK (a = 'x'))",
			"CREATE TABLE t (a text CHECK (a = 'X'))"},
		{"CREATE TYPE e AS ENUM ('a', 'b')", "CREATE TYPE e AS ENUM ('b', 'a')"},
		{"CREATE TABLE t (a int)", "CREATE TABLE t (a int); ALTER TABLE t ENABLE ROW LEVEL "
					   "SECURITY"},
	};
	for (size_t i = 0; i < CNI_COUNT(pairs); i++)
		if (cni_schema_equal(normalise(f, pairs[i][0]), normalise(f, pairs[i][1])))
			fail_msg("no difference between %s and %s", pairs[i][0], pairs[i][1]);
}

/* Of a scratch nobody sees anything, and nothing stays; what is there already is not touched. */
static void test_private(void **state)
{
	fixture *f = *state;
	cni_conn *scratch = NULL;
	static const char count[] =
		"SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'cantil_scratch%'";

	exec(f, f->conn, "CREATE TABLE t (a int); INSERT INTO t VALUES (1)");
	assert_ok(cni_conn_scratch_at(f->conn->home, &scratch, &f->err), &f->err);
	assert_ok(cni_conn_exec(scratch,
			  "CREATE TABLE t (b text); CREATE TABLE public.u (c int); "
			  "INSERT INTO t VALUES ('x')",
			  &f->err),
		&f->err);
	assert_int_equal(int_of(f, scratch, "SELECT count(*) FROM t"), 1);
	assert_int_equal(int_of(f, f->conn, count), 0);
	assert_int_equal(int_of(f, f->conn, "SELECT a FROM t"), 1);
	/* a transaction in it is one of its own */
	assert_ok(cni_conn_begin(scratch, CNI_TX_WRITE, &f->err), &f->err);
	assert_int_equal(cni_conn_exec(scratch, "CREATE TABLE t (a int)", &f->err), CN_ESQL);
	cni_conn_rollback(scratch);
	assert_int_equal(int_of(f, scratch, "SELECT count(*) FROM t"), 1);
	/* killed, it leaves nothing */
	assert_ok(cni_conn_execf(f->admin, &f->err, "SELECT pg_terminate_backend(%d)",
			  PQbackendPID(cni_pg_of(scratch)->pq)),
		&f->err);
	cni_conn_close(scratch);
	assert_int_equal(int_of(f, f->conn, count), 0);
	assert_int_equal(
		int_of(f, f->conn, "SELECT count(*) FROM pg_class WHERE relname = 'u'"), 0);
}

/* A script that is not whole must not find what it lacks in the database. */
static void test_whole(void **state)
{
	fixture *f = *state;
	cni_schema *schema;

	exec(f, f->conn, "CREATE EXTENSION citext; CREATE TABLE t (a int)");
	assert_int_equal(cni_normalise_sql_at(f->conn->home, "CREATE VIEW v AS SELECT a FROM t",
				 NULL, &f->arena, &schema, &f->err),
		CN_ESQL);
	assert_contains(f->err.message, "t");
	assert_int_equal(
		cni_normalise_sql_at(f->conn->home, "CREATE TABLE u (a int);\nCREATE TABL v", NULL,
			&f->arena, &schema, &f->err),
		CN_ESQL);
	assert_contains(f->err.detail, "line 2");
	assert_ok(cni_normalise_sql_at(f->conn->home, "CREATE TABLE u (a citext)", NULL, &f->arena,
			  &schema, &f->err),
		&f->err);
	assert_string_equal(cni_schema_table(schema, "u")->ddl.table.columns[0].type, "citext");
	/* as pg_dump writes it: the table is the script's, the type the extension's */
	assert_same(f, schema, normalise(f, "CREATE TABLE public.u (a public.citext)"));
}

/* Another schema of the database, named by the search path. */
static void test_search_path(void **state)
{
	fixture *f = *state;
	exec(f, f->conn,
		"CREATE SCHEMA app; CREATE TABLE app.t (a int); CREATE TABLE public.u (b int)");
	cni_conn *app = open_at(f, uri_with(f, f->name, "options=-csearch_path%3Dapp"));
	cni_schema *schema;
	assert_ok(cni_conn_inspect(app, &f->arena, &schema, &f->err), &f->err);
	assert_int_equal(schema->object_count, 1);
	assert_string_equal(schema->objects[0].name, "t");
	cni_schema *again;
	assert_ok(cni_normalise_sql_at(schema->home, "CREATE TABLE app.t (a int)", NULL, &f->arena,
			  &again, &f->err),
		&f->err);
	assert_same(f, schema, again);
	cni_conn_close(app);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_rich),
		TEST(test_spellings),
		TEST(test_differences),
		TEST(test_private),
		TEST(test_whole),
		TEST(test_search_path),
	};
	return RUN(tests);
}
