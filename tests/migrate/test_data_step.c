/*
 * test_data_step.c - C functions, arguments, rows changed on purpose, and steps outside of a
 * transaction, on databases that have rows.
 */
#include "project.h"

#include "base/file.h"
#include "base/try.h"
#include "migrate/migrator/migrator.h"

typedef struct calls { /* what the functions saw */
	int real, rehearsed, downgrades;
	bool fail, commits, changes_schema, ends_early;
	const char *day;
	char seen[200];
} calls;

static int convert(const cn_value *row, size_t count, void *ctx, cn_error *err)
{
	cn_step *step = ctx;
	assert_int_equal(count, 2);
	const cn_value values[] = {cn_int(row[1].as.i * 2), row[0]};
	TRY(cn_step_run(step, "UPDATE t SET twice = ?1 WHERE id = ?2", values, 2, err));
	assert_int_equal(cn_step_changes(step), 1);
	return ((calls *)cn_step_context(step))->ends_early ? CN_STEP_STOP : CN_OK;
}

static cn_status twice(cn_step *step, cn_error *err)
{
	calls *c = cn_step_context(step);
	int64_t rows;
	assert_string_equal(cn_step_name(step), "twice");
	assert_string_equal(cn_step_revision(step), "b");
	assert_false(cn_step_downgrade(step));
	c->real += !cn_step_rehearsal(step);
	c->rehearsed += cn_step_rehearsal(step);
	TRY(cn_step_int(step, "SELECT count(*) FROM t", NULL, 0, &rows, err));
	if (cn_step_rehearsal(step))
		assert_int_equal(rows, 0);
	if (c->day && !cn_step_rehearsal(step)) {
		const char *day;
		TRY(cn_step_need(step, "day", &day, err));
		assert_string_equal(day, c->day);
		assert_null(cn_step_argument(step, "other"));
	}
	if (c->commits)
		return cn_step_run(step, "/* x */ COMMIT", NULL, 0, err);
	if (c->changes_schema)
		return cn_step_run(step, "DROP TABLE t", NULL, 0, err);
	TRY(cn_step_each(step, "SELECT id, n FROM t", NULL, 0, convert, step, err));
	if (c->fail && !cn_step_rehearsal(step))
		return cn_fail(err, CN_EIO, "the sensor is broken");
	return CN_OK;
}

static cn_status back(cn_step *step, cn_error *err)
{
	calls *c = cn_step_context(step);
	c->downgrades += !cn_step_rehearsal(step);
	assert_true(cn_step_downgrade(step));
	const cn_value one = cn_int(1);
	return cn_step_run(step, "UPDATE t SET n = n + ?1", &one, 1, err);
}

/* The project's migrator again, with functions and arguments. */
static void with(project *p, const cn_data_migration *functions, const char *const *arguments)
{
	cn_error err;
	cn_migrator_free(p->migrator);
	p->migrator = NULL;
	assert_ok(cn_migrator_new(&(cn_migrator_desc){.database_uri = p->uri,
					  .root = p->root,
					  .program = "./app",
					  .data_steps = functions,
					  .arguments = arguments,
					  .lock_timeout_ms = 5000},
			  &p->migrator, &err),
		&err);
}

static void first_revision(project *p)
{
	write_revision(p, "a", "", "CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER NOT NULL);",
		"DROP TABLE t;");
	upgrade(p);
	sql(p, "INSERT INTO t (n) VALUES (1), (20), (300)");
}

static void says(const cn_error *err, const char *text)
{
	if (!strstr(err->message, text) && !strstr(err->detail, text) && !strstr(err->hint, text))
		fail_msg("%s | %s | %s\ndoes not say \"%s\"", err->message, err->detail, err->hint,
			text);
}

static void refuses(project *p, cn_status status, const char *text)
{
	cn_error err;
	assert_int_equal(cn_migrator_upgrade(p->migrator, NULL, NULL, &err), status);
	says(&err, text);
}

static const char up_b[] = "ALTER TABLE t ADD COLUMN twice INTEGER;\n-- call: twice\n"
			   "CREATE INDEX t_twice ON t (twice);";
static const char down_b[] =
	"-- call: twice\nDROP INDEX t_twice;\nALTER TABLE t DROP COLUMN twice;";

static void a_function_runs_inside_its_revision(void **state)
{
	project *p = *state;
	calls c = {0};
	const cn_data_migration functions[] = {
		{"b", "twice", twice, back, &c}, {"b", "other", NULL, NULL, NULL}, {0}};
	cn_error err;
	first_revision(p);
	write_revision(p, "b", "a", up_b, down_b);
	with(p, functions, NULL);
	upgrade(p);
	assert_int_equal(c.real, 1);
	assert_int_equal(c.rehearsed, 1);
	assert_int_equal(number(p, "SELECT sum(twice) FROM t"), 642);
	assert_ok(cn_migrator_verify(p->migrator, &err), &err);
	assert_int_equal(number(p, "SELECT sum(n) FROM t"), 321); /* verify worked on copies */
	assert_ok(cn_migrator_downgrade(p->migrator, NULL, NULL, &err), &err);
	assert_true(c.downgrades >= 1);
	assert_int_equal(number(p, "SELECT sum(n) FROM t"), 324);
	assert_string_equal(current(p), "a");
}

static void a_function_that_fails_leaves_the_old_state(void **state)
{
	project *p = *state;
	calls c = {.fail = true};
	const cn_data_migration functions[] = {{"b", "twice", twice, back, &c}, {0}};
	first_revision(p);
	write_revision(p, "b", "a", up_b, down_b);
	with(p, functions, NULL);
	refuses(p, CN_EIO, "the sensor is broken");
	refuses(p, CN_EIO, "b.sql:7");
	assert_string_equal(current(p), "a");
	assert_int_equal(number(p, "SELECT count(*) FROM pragma_table_info('t')"), 2);
	c = (calls){.commits = true};
	refuses(p, CN_EARG, "it cannot run \"COMMIT\"");
	c = (calls){.changes_schema = true};
	refuses(p, CN_EARG, "it cannot run \"DROP\"");
	assert_string_equal(current(p), "a");
	c = (calls){.ends_early = true};
	upgrade(p);
	assert_int_equal(number(p, "SELECT count(twice) FROM t"), 1);
}

/* `cantil` has no functions of a project: it can look at the revisions, but not run this one. */
static void a_program_without_the_function_refuses(void **state)
{
	project *p = *state;
	calls c = {0};
	const cn_data_migration functions[] = {{"b", "twice", twice, NULL, &c}, {0}};
	cn_error err;
	const char *script;
	first_revision(p);
	write_revision(p, "b", "a", up_b, down_b);
	const char *before = file_sum(p);
	refuses(p, CN_EUNSUPPORTED, "calls the C function \"twice\"");
	refuses(p, CN_EUNSUPPORTED, "./app db upgrade");
	assert_string_equal(file_sum(p), before);
	assert_int_equal(
		cn_migrator_script(p->migrator, false, NULL, &script, &err), CN_EUNSUPPORTED);
	with(p, functions, NULL);
	upgrade(p);
	assert_int_equal(cn_migrator_downgrade(p->migrator, NULL, NULL, &err), CN_EUNSUPPORTED);
	says(&err, "its downgrade");
	/* what is applied is replayed without it: the next revision can be made */
	want(p, "CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER NOT NULL, twice INTEGER);"
		"CREATE INDEX t_twice ON t (twice); CREATE TABLE u (a);");
	make(p, "c", NULL);
	upgrade(p);
	assert_string_equal(current(p), "c");
}

static void arguments_are_bound(void **state)
{
	project *p = *state;
	calls c = {.day = "it's \"a\" day; DROP TABLE t"};
	const cn_data_migration functions[] = {{"b", "twice", twice, NULL, &c}, {0}};
	char day[100];
	snprintf(day, sizeof day, "day=%s", c.day);
	const char *const arguments[] = {day, "empty=", "n=40", NULL};
	const char *script;
	cn_error err;
	first_revision(p);
	write_revision(p, "b", "a",
		"ALTER TABLE t ADD COLUMN day TEXT;\nALTER TABLE t ADD COLUMN twice INTEGER;\n"
		"-- call: twice\n"
		"UPDATE t SET day = :x_day || :x_empty, n = n + :x_n WHERE :x_day IS NOT NULL;",
		NULL);
	with(p, functions, (const char *const[]){day, NULL});
	const char *before = file_sum(p);
	refuses(p, CN_EARG, "needs the argument \"empty\"");
	refuses(p, CN_EARG, "-x empty=VALUE");
	assert_string_equal(file_sum(p), before);
	with(p, functions, arguments);
	upgrade(p);
	assert_string_equal(text(p, "SELECT min(day) FROM t"), c.day);
	assert_int_equal(number(p, "SELECT sum(n) FROM t"), 321 + 120);
	/* replayed without them */
	with(p, NULL, NULL);
	assert_ok(cn_migrator_verify(p->migrator, &err), &err);
	write_revision(p, "c", "b", "UPDATE t SET day = :x_day;", "UPDATE t SET day = 'x';");
	with(p, NULL, (const char *const[]){day, NULL});
	assert_ok(cn_migrator_script(p->migrator, false, NULL, &script, &err), &err);
	assert_non_null(strstr(script, "SET day = 'it''s \"a\" day; DROP TABLE t';"));
}

static void refuses_arguments_that_are_none(void **state)
{
	static const char *const bad[] = {"", "a", "=b", "a b=c", "a-b=c", "\xC3\xBC=1", "a=\xFF"};
	project *p = *state;
	cn_error err;
	cn_migrator *migrator;
	for (size_t i = 0; i < CNI_COUNT(bad); i++) {
		const char *const list[] = {bad[i], NULL};
		assert_int_equal(
			cn_migrator_new(&(cn_migrator_desc){.root = p->root, .arguments = list},
				&migrator, &err),
			CN_EARG);
	}
	const char *const twice_given[] = {"a=1", "b=1", "a=2", NULL};
	assert_int_equal(
		cn_migrator_new(&(cn_migrator_desc){.root = p->root, .arguments = twice_given},
			&migrator, &err),
		CN_EARG);
	says(&err, "given already");
}

/* A rebuild that keeps its rows, with statements of a person before and behind it. */
static void rows_changed_on_purpose(void **state)
{
	project *p = *state;
	cn_error err;
	first_revision(p);
	want(p, "CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER NOT NULL UNIQUE CHECK (n > 0))");
	make(p, "b", NULL);
	const char **names;
	size_t count;
	char *data;
	size_t size;
	assert_ok(cni_dir_list(&p->arena, p->versions, &names, &count, &err), &err);
	const char *path = cni_path_join(&p->arena, p->versions, names[0]);
	for (size_t i = 0; i < count; i++)
		if (strstr(names[i], "_b_"))
			path = cni_path_join(&p->arena, p->versions, names[i]);
	assert_ok(cni_file_read(&p->arena, path, 1 << 20, &data, &size, &err), &err);
	const char *down = strstr(data, "-- downgrade");
	const char *first = strstr(data, "CREATE TABLE");
	assert_true(first && down && first < down);
	const char *put = "UPDATE t SET n = n + 1;\n", *mark = "-- data: on purpose\n";
	for (int marked = 0; marked < 2; marked++) {
		const char *edited =
			cni_printf(&p->arena, "%.*s%s%s%.*s%s%s%s", (int)(first - data), data,
				marked ? mark : "", "DELETE FROM t WHERE n = 1;\n",
				(int)(down - first), first, marked ? mark : "", put, down);
		assert_ok(cni_file_write(path, edited, strlen(edited), false, &err), &err);
		if (marked)
			upgrade(p);
		else
			refuses(p, CN_ESCHEMA, "\"-- data: why\"");
		assert_int_equal(number(p, "SELECT sum(n) FROM t"), marked ? 322 : 321);
	}
	assert_ok(cn_migrator_downgrade(p->migrator, NULL, NULL, &err), &err);
	assert_int_equal(number(p, "SELECT sum(n) FROM t"), 322);
}

/* ---- outside of a transaction ---- */

static const char settings[] = "-- no-transaction\nPRAGMA journal_mode = DELETE;\n"
			       "PRAGMA page_size = 8192;\nPRAGMA auto_vacuum = full;\n"
			       "UPDATE t SET n = n + 1;\nVACUUM;\nUPDATE t SET n = n + 1;\n"
			       "PRAGMA journal_mode = WAL;";

static void runs_step_by_step(void **state)
{
	project *p = *state;
	cn_error err;
	const char *script;
	first_revision(p);
	write_revision(p, "b", "a", settings, "SELECT 1;");
	upgrade(p);
	assert_string_equal(current(p), "b");
	assert_int_equal(number(p, "PRAGMA page_size"), 8192);
	assert_int_equal(number(p, "PRAGMA auto_vacuum"), 1);
	assert_string_equal(text(p, "PRAGMA journal_mode"), "wal");
	assert_int_equal(number(p, "SELECT sum(n) FROM t"), 321 + 6);
	assert_int_equal(
		number(p, "SELECT count(*) FROM sqlite_schema WHERE name = 'cantil_step'"), 0);
	assert_false(cni_file_exists(cni_printf(&p->arena, "%s-migrate", p->db)));
	assert_ok(cn_migrator_verify(p->migrator, &err), &err);
	assert_ok(cn_migrator_downgrade(p->migrator, NULL, NULL, &err), &err);
	assert_ok(cn_migrator_script(p->migrator, false, NULL, &script, &err), &err);
	const char *begin = strstr(script, "BEGIN"), *vacuum = strstr(script, "VACUUM");
	assert_true(vacuum && begin && vacuum < begin);
}

/* A step that fails leaves those before it done, and says so; the next run goes on behind them. */
static void goes_on_where_it_stopped(void **state)
{
	project *p = *state;
	cn_error err;
	cn_migration_state now;
	first_revision(p);
	sql(p, "INSERT INTO t VALUES (1000, -7)");
	write_revision(p, "b", "a",
		"-- no-transaction\nPRAGMA journal_mode = DELETE;\nPRAGMA page_size = 8192;\n"
		"UPDATE t SET n = n + 1;\n"
		"INSERT INTO t SELECT 5, 1 FROM t WHERE n = -6;\n"
		"INSERT INTO t SELECT 5, 1 FROM t WHERE n = -6;\nVACUUM;",
		"SELECT 1;");
	write_revision(p, "c", "b", "CREATE TABLE late (a);", "DROP TABLE late;");
	refuses(p, CN_ECONSTRAINT, "steps done: 4 of 6");
	refuses(p, CN_ECONSTRAINT, "b.sql:11");
	assert_int_equal(number(p, "SELECT sum(n) FROM t"), 321 - 7 + 4 + 1);
	assert_ok(cn_migrator_state(p->migrator, &now, &err), &err);
	assert_string_equal(now.unfinished, "b");
	assert_int_equal(now.unfinished_done, 4);
	assert_int_equal(now.unfinished_steps, 6);
	/* nothing else is run meanwhile */
	assert_int_equal(cn_migrator_downgrade(p->migrator, NULL, NULL, &err), CN_ESCHEMA);
	says(&err, "the upgrade of revision \"b\" is not finished");
	sql(p, "DELETE FROM t WHERE id = 5");
	upgrade(p);
	assert_string_equal(current(p), "c");
	assert_int_equal(number(p, "PRAGMA page_size"), 8192);
	assert_int_equal(number(p, "SELECT count(*) FROM t WHERE id = 5"), 1);
	assert_int_equal(number(p, "SELECT sum(n) FROM t"), 321 - 7 + 4 + 1);
}

static void an_edit_meanwhile_is_refused(void **state)
{
	project *p = *state;
	cn_error err;
	first_revision(p);
	write_revision(p, "b", "a",
		"-- no-transaction\nUPDATE t SET n = n + 1;\nINSERT INTO t SELECT 1, n FROM t;",
		NULL);
	refuses(p, CN_ECONSTRAINT, "steps done: 1 of 2");
	write_revision(p, "b", "a", "-- no-transaction\nUPDATE t SET n = n + 9;\nSELECT 1;", NULL);
	refuses(p, CN_ESCHEMA, "was edited while it was unfinished");
	assert_int_equal(number(p, "SELECT sum(n) FROM t"), 324);
	assert_ok(cn_migrator_stamp(p->migrator, "b", &err), &err);
	upgrade(p);
	assert_string_equal(current(p), "b");
	assert_int_equal(number(p, "SELECT sum(n) FROM t"), 324);
}

/* What SQLite does not do it does not say either. */
static void a_setting_that_was_ignored_is_noticed(void **state)
{
	project *p = *state;
	first_revision(p);
	write_revision(p, "b", "a", "-- no-transaction\nPRAGMA page_size = 8192;\nVACUUM;", NULL);
	refuses(p, CN_ESCHEMA, "page_size is \"4096\" after the revision, not \"8192\"");
	assert_string_equal(current(p), "a");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, project_setup, project_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_function_runs_inside_its_revision),
		TEST(a_function_that_fails_leaves_the_old_state),
		TEST(a_program_without_the_function_refuses),
		TEST(arguments_are_bound),
		TEST(refuses_arguments_that_are_none),
		TEST(rows_changed_on_purpose),
		TEST(runs_step_by_step),
		TEST(goes_on_where_it_stopped),
		TEST(an_edit_meanwhile_is_refused),
		TEST(a_setting_that_was_ignored_is_noticed),
	};
	return RUN(tests);
}
