/*
 * test_plan.c - every elementary change of tests/both (SQLite runs them too, tests/migrate) and of
 * cases/: applied to a database; and, where it is not refused, forward and backward through the
 * plans of a revision, and by the script that --sql prints. Built and checked by libpq, not by the
 * code under test.
 */
#include "postgres_test.h"

#include "../migrate/case_file.h"
#include "base/file.h"
#include "base/try.h"
#include "driver/plan.h"
#include "migrate/change/apply.h"
#include "migrate/change/execute.h"

/* ---- the database, by libpq ---- */

typedef struct world {
	fixture *f;
	PGconn *pq;
	cni_arena arena;
} world;

static PGresult *query(world *w, const char *sql) { return PQexec(w->pq, sql); }

static bool went_well(const PGresult *result)
{
	ExecStatusType status = PQresultStatus(result);
	return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK ||
	       status == PGRES_EMPTY_QUERY;
}

static void run(world *w, const char *name, const char *sql)
{
	PGresult *result = query(w, sql);
	if (!went_well(result))
		fail_msg("%s: %s%s", name, PQerrorMessage(w->pq), sql);
	PQclear(result);
}

static void build(world *w, const case_file *file)
{
	run(w, file->name, "DROP SCHEMA public CASCADE; CREATE SCHEMA public");
	run(w, file->name, file->start);
	run(w, file->name, file->data);
}

/* All that there is, as a text: columns, constraints, indexes, rows. */
static const char *fingerprint(world *w)
{
	cni_buffer out = {0};
	PGresult *result = query(w,
		"SELECT string_agg(concat_ws(' ', c.relname, a.attname, a.atttypid::regtype, "
		"a.atttypmod, a.attnotnull), ', ' ORDER BY c.relname, a.attname) FROM pg_class c "
		"JOIN pg_attribute a ON a.attrelid = c.oid WHERE c.relnamespace = 'public'::regnamespace "
		"AND a.attnum > 0 AND NOT a.attisdropped");
	cni_buffer_puts(&out, PQgetvalue(result, 0, 0));
	PQclear(result);
	PGresult *tables = query(w,
		"SELECT format('SELECT string_agg(x.r, ''|'' ORDER BY x.r) FROM (SELECT ROW(%s)::text AS "
		"r FROM %s) x', (SELECT string_agg(quote_ident(attname), ', ' ORDER BY attname) FROM "
		"pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped), "
		"c.oid::regclass) FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND "
		"c.relkind = 'r' ORDER BY c.relname");
	for (int i = 0; i < PQntuples(tables); i++) {
		result = query(w, PQgetvalue(tables, i, 0));
		cni_buffer_printf(&out, "\n%s", went_well(result) ? PQgetvalue(result, 0, 0) : "?");
		PQclear(result);
	}
	PQclear(tables);
	const char *text = cni_buffer_dup(&out, &w->arena);
	cni_buffer_done(&out);
	return text;
}

/* ---- what must hold ---- */

/* 1|'a|b' as SELECT 1, 'a|b' */
static const char *as_select(cni_arena *arena, const char *row)
{
	cni_buffer sql = {0};
	bool quoted = false;
	cni_buffer_puts(&sql, "SELECT ");
	for (; *row; row++) {
		quoted ^= *row == '\'';
		if (*row == '|' && !quoted)
			cni_buffer_puts(&sql, ", ");
		else
			cni_buffer_putc(&sql, *row);
	}
	const char *text = cni_buffer_dup(&sql, arena);
	cni_buffer_done(&sql);
	return text;
}

static bool same_row(world *w, const PGresult *got, int row, const char *expected)
{
	PGresult *wanted = query(w, as_select(&w->arena, expected));
	bool same = PQntuples(wanted) == 1 && PQnfields(wanted) == PQnfields(got);
	for (int i = 0; same && i < PQnfields(got); i++)
		same = PQgetisnull(got, row, i) == PQgetisnull(wanted, 0, i) &&
		       strcmp(PQgetvalue(got, row, i), PQgetvalue(wanted, 0, i)) == 0;
	PQclear(wanted);
	return same;
}

static const char *check_rows(
	world *w, const char *sql, const PGresult *got, const char **rows, size_t count)
{
	bool none = count == 1 && strcmp(rows[0], "(none)") == 0;
	if (!count)
		return NULL;
	if ((size_t)PQntuples(got) != (none ? 0 : count))
		return cni_printf(&w->arena, "%s: %d rows", sql, PQntuples(got));
	for (int i = 0; i < PQntuples(got); i++)
		if (!same_row(w, got, i, rows[i]))
			return cni_printf(&w->arena, "%s: row %d is not the one expected (%s)", sql,
				i + 1, PQgetvalue(got, i, 0));
	return NULL;
}

static const char *check_statement(
	world *w, const char *sql, const char **rows, size_t count, const char *failure)
{
	PGresult *got = query(w, sql);
	bool well = went_well(got);
	const char *wrong = NULL;
	if (failure && (well || !strcasestr(PQerrorMessage(w->pq), failure)))
		wrong = cni_printf(&w->arena, "%s: must fail with \"%s\": %s", sql, failure,
			PQerrorMessage(w->pq));
	else if (!failure && !well)
		wrong = cni_printf(&w->arena, "%s: %s", sql, PQerrorMessage(w->pq));
	else if (well)
		wrong = check_rows(w, sql, got, rows, count);
	PQclear(got);
	return wrong;
}

static const char *next_line(cni_arena *arena, const char **at)
{
	size_t size = strcspn(*at, "\n");
	const char *line = cni_strndup(arena, *at, size);
	*at += size + ((*at)[size] == '\n');
	return line;
}

/* One statement a line, its rows or its failure behind it. */
static const char *check(world *w, const case_file *file)
{
	const char *at = file->expect;
	while (*at) {
		const char *sql = next_line(&w->arena, &at), **rows = NULL, *failure = NULL;
		size_t count = 0;
		for (; strncmp(at, "=> ", 3) == 0 || strncmp(at, "!! ", 3) == 0;) {
			bool is_row = *at == '=';
			const char *line = next_line(&w->arena, &at) + 3;
			if (is_row)
				assert_true(CNI_PUSH(&w->arena, rows, count, line));
			else
				failure = line;
		}
		const char *wrong = *sql ? check_statement(w, sql, rows, count, failure) : NULL;
		if (wrong)
			return wrong;
	}
	return NULL;
}

/* ---- the three ways ---- */

static const char *refused_well(
	world *w, const case_file *file, cn_status status, const cn_error *err, const char *before)
{
	if (status >= 0)
		return "was not refused";
	if (strcmp(before, fingerprint(w)) != 0)
		return "was refused, but the database has changed";
	const char *text =
		cni_printf(&w->arena, "%s\n%s\n%s", err->message, err->detail, err->hint);
	const char *missing = case_missing_word(&w->arena, file, text);
	return missing ? cni_printf(&w->arena, "the refusal does not say \"%s\": %s", missing, text)
		       : NULL;
}

static const char *apply_case(world *w, const case_file *file)
{
	cni_answers answers = {.arena = &w->arena};
	cni_apply_report report = {0};
	cn_error err = {0};
	build(w, file);
	const char *before = fingerprint(w);
	cn_status status = cni_answers_add_text(&answers, file->hints, "answers.txt", &err);
	if (status == CN_OK)
		status = cni_apply(w->f->conn, "target.sql", file->target, &answers,
			&(cni_apply_options){0}, &w->arena, &report, &err);
	if (file->refuse)
		return refused_well(w, file, status, &err, before);
	if (status < 0)
		return cni_printf(&w->arena, "%s | %s | %s", err.message, err.detail, err.hint);
	if (file->unchanged)
		return report.changed || strcmp(before, fingerprint(w)) != 0 ? "has changed" : NULL;
	const char *wrong = check(w, file);
	if (wrong)
		return wrong;
	/* renames in a ring could be made once more */
	if (!strstr(file->hints, "ignore-table"))
		answers = (cni_answers){.arena = &w->arena};
	cni_apply_report again = {0};
	status = cni_apply(w->f->conn, "target.sql", file->target, &answers,
		&(cni_apply_options){0}, &w->arena, &again, &err);
	if (status < 0)
		return cni_printf(&w->arena, "again: %s | %s", err.message, err.detail);
	return again.changed ? cni_printf(&w->arena, "again: %s", again.script) : NULL;
}

static const char *there_and_back(world *w, const case_file *file)
{
	cni_answers answers = {.arena = &w->arena};
	cni_schema *from, *to, *back;
	cni_change_set set;
	cn_error err = {0};
	cni_conn *conn = w->f->conn;
	build(w, file);
	const char *before = fingerprint(w);
	assert_ok(cni_answers_add_text(&answers, file->hints, "answers.txt", &err), &err);
	assert_ok(cni_conn_inspect(conn, &w->arena, &from, &err), &err);
	assert_ok(cni_normalise_sql_at(conn->home, file->target, from, &w->arena, &to, &err), &err);
	const cni_change_input input = {.from = from, .to = to, .answers = &answers, .data = conn};
	if (cni_change_make(&w->arena, &input, &set, &err) < 0)
		return cni_printf(&w->arena, "no plans: %s | %s", err.message, err.detail);
	const cni_execution up = {.plan = &set.up, .expect = set.up.result};
	bool ignores =
		strstr(file->hints, "ignore-table"); /* what the plan does not know of stays */
	const cni_execution down = {.plan = &set.down, .expect = ignores ? NULL : set.down.result};
	if (cni_execute(conn, &up, &err) < 0)
		return cni_printf(&w->arena, "up: %s | %s", err.message, err.detail);
	if (cni_execute(conn, &down, &err) < 0)
		return cni_printf(&w->arena, "down: %s | %s", err.message, err.detail);
	assert_ok(cni_conn_inspect(conn, &w->arena, &back, &err), &err);
	if (!cni_schema_equal(from, back))
		return "the schema is not what it was before";
	/* what was filled stays filled */
	bool same = !set.down.warning_count && !strstr(file->hints, "fill ");
	if (same && strcmp(before, fingerprint(w)) != 0)
		return cni_printf(&w->arena, "the rows are not what they were: %s\n%s", before,
			fingerprint(w));
	return NULL;
}

/* What --sql prints, run by the server itself. */
static const char *run_script(world *w, const case_file *file)
{
	cni_answers answers = {.arena = &w->arena};
	cni_apply_report report;
	cn_error err = {0};
	build(w, file);
	assert_ok(cni_answers_add_text(&answers, file->hints, "answers.txt", &err), &err);
	assert_ok(cni_apply(w->f->conn, "target.sql", file->target, &answers,
			  &(cni_apply_options){.dry_run = true}, &w->arena, &report, &err),
		&err);
	const char *script = strchr(report.script, '\n'); /* the first line is for the shell */
	PGresult *result = query(w, script ? script : "");
	const char *wrong =
		went_well(result) ? NULL : cni_printf(&w->arena, "%s", PQerrorMessage(w->pq));
	PQclear(result);
	if (wrong)
		run(w, file->name, "ROLLBACK");
	return wrong ? wrong : check(w, file);
}

static void run_folder(fixture *f, const char *folder, size_t least,
	const char *(*fn)(world *w, const case_file *file), bool with_refused)
{
	world w = {.f = f};
	cni_arena list = {0};
	size_t count, wrong = 0;
	const char *only = getenv("CANTIL_TEST_CASE");
	w.pq = PQconnectdb(f->uri);
	assert_int_equal(PQstatus(w.pq), CONNECTION_OK);
	run(&w, "start", "SET client_min_messages = error");
	case_file *files = case_files_read(
		&list, cni_path_join(&list, getenv("CANTIL_TEST_SOURCE"), folder), &count);
	assert_true(count >= least);
	for (size_t i = 0; i < count; i++) {
		if ((files[i].refuse || files[i].unchanged) && !with_refused)
			continue;
		if (only && !strstr(files[i].name, only))
			continue;
		const char *what = fn(&w, &files[i]);
		if (what)
			print_error("%s: %s\n", files[i].name, what);
		wrong += what != NULL;
		cni_arena_done(&w.arena);
	}
	PQfinish(w.pq);
	cni_arena_done(&list);
	assert_int_equal(wrong, 0);
}

static void applies_cases_of_both(void **state)
{
	run_folder(*state, "tests/both", 40, apply_case, true);
}

static void goes_there_and_back(void **state)
{
	run_folder(*state, "tests/both", 40, there_and_back, false);
}

static void applies_own_cases(void **state)
{
	run_folder(*state, "tests/postgres/cases", 20, apply_case, true);
}

static void goes_there_and_back_on_own(void **state)
{
	run_folder(*state, "tests/postgres/cases", 20, there_and_back, false);
}

static void gives_scripts(void **state)
{
	run_folder(*state, "tests/postgres/cases", 20, run_script, false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(applies_cases_of_both),
		TEST(goes_there_and_back),
		TEST(applies_own_cases),
		TEST(goes_there_and_back_on_own),
		TEST(gives_scripts),
	};
	return RUN(tests);
}
