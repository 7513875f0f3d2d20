/*
 * verify.c - what is asked of the database before and after the steps of a plan, in their
 * transaction: broken references (no more than before), the tables that were written anew,
 * statistics.
 */
#include "driver/sqlite/plan.h"

#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "base/try.h"
#include "driver/sqlite/sqlite.h"
#include "sql/lexer.h"

typedef struct state {
	cni_touched touched;
	int64_t orphans; /* rows without the parent that a foreign key names */
	cni_statistics statistics;
	bool spared; /* secure_delete was ON, and is to be again */
} state;

/* One table's broken references. A reference that does not fit its parent at all is an error to
 * SQLite, and a fault of the schema, not of the rows. */
static cn_status count_orphans_of(
	cni_conn *conn, const char *table, int64_t *total, cni_buffer *names, cn_error *err)
{
	CLEANUP(cni_stmt_releasep) cni_stmt *stmt = NULL;
	cn_error why;
	TRY(cni_conn_prepare(conn, "SELECT count(*), min(parent) FROM pragma_foreign_key_check(?1)",
		&stmt, err));
	TRY(cni_stmt_bind(stmt, 1, cn_text(table), err));
	int step = cni_stmt_step(stmt, &why);
	if (step == CN_ENOMEM || step == CN_ECANCELED || step == CN_EIO) {
		if (err)
			*err = why;
		return (cn_status)step;
	}
	int64_t count = step == CNI_ROW ? cni_stmt_int(stmt, 0) : 0;
	if (count && names) {
		const char *parent = cni_stmt_text(stmt, 1);
		cni_buffer_printf(names, "%s%" PRId64 " row%s of \"%s\" without a parent in \"%s\"",
			names->size ? "; " : "", count, count == 1 ? "" : "s", table,
			parent ? parent : "?");
	}
	*total += count;
	return CN_OK;
}

/* The tables whose references may have changed: they were touched, or what they refer to was. */
static cn_status find_children(cni_conn *conn, const cni_touched *touched, cni_arena *arena,
	const char ***ret, size_t *ret_count, cn_error *err)
{
	CLEANUP(cni_stmt_releasep) cni_stmt *stmt = NULL;
	const char **tables = NULL;
	size_t count = 0;
	TRY(cni_conn_prepare(conn,
		"SELECT s.name, f.\"table\" FROM sqlite_schema AS s, pragma_foreign_key_list(s.name) AS f"
		" WHERE s.type = 'table'",
		&stmt, err));
	int step;
	while ((step = cni_stmt_step(stmt, err)) == CNI_ROW) {
		const char *name = cni_stmt_text(stmt, 0), *parent = cni_stmt_text(stmt, 1);
		if (!name || (count && strcmp(tables[count - 1], name) == 0) ||
			cni_is_empty(touched, name) ||
			!(cni_is_touched(touched, name) ||
				(parent && cni_is_touched(touched, parent))))
			continue;
		name = cni_strdup(arena, name);
		if (!name || !CNI_PUSH(arena, tables, count, name))
			return cn_fail(err, CN_ENOMEM, "out of memory");
	}
	*ret = tables;
	*ret_count = count;
	return step < 0 ? (cn_status)step : CN_OK;
}

static cn_status count_orphans(
	cni_conn *conn, const cni_touched *touched, int64_t *ret, cni_buffer *names, cn_error *err)
{
	CLEANUP(cni_arena_done) cni_arena arena = {0};
	const char **tables;
	size_t count;
	int64_t total = 0;
	TRY(find_children(conn, touched, &arena, &tables, &count, err));
	for (size_t i = 0; i < count; i++)
		TRY(count_orphans_of(conn, tables[i], &total, names, err));
	*ret = total;
	return CN_OK;
}

/* What quick_check says of a value, and which rows would bear it out; %s: the column, quoted. */
static const struct {
	const char *what, *rows;
} alarms[] = {
	/* of a column that is NOT NULL, SQLite takes IS NULL for false without a look */
	{"NULL", "typeof(%s) = 'null'"},
	{"NUMERIC", "typeof(%s) IN ('integer', 'real')"},
	/* text that a column of numbers would have taken for one */
	{"TEXT", "typeof(%s) = 'text' AND %s = CAST(%s AS NUMERIC)"},
	{"non-INT", "typeof(%s) NOT IN ('integer', 'null')"},
	{"non-INTEGER", "typeof(%s) NOT IN ('integer', 'null')"},
	{"non-REAL", "typeof(%s) NOT IN ('real', 'null')"},
	{"non-TEXT", "typeof(%s) NOT IN ('text', 'null')"},
	{"non-BLOB", "typeof(%s) NOT IN ('blob', 'null')"},
};

/* The condition for a line such as "NULL value in t.c"; nothing for any other line. */
static void add_condition(cni_buffer *out, const char *table, const char *line)
{
	static const char middle[] = " value in ";
	CLEANUP(cni_buffer_done) cni_buffer column = {0};
	const char *name = strstr(line, middle);
	size_t size = strlen(table);
	if (!name || strncmp(name + strlen(middle), table, size) != 0 ||
		name[strlen(middle) + size] != '.')
		return;
	cni_quote_name(&column, name + strlen(middle) + size + 1);
	out->failed |= column.failed;
	for (size_t i = 0; i < CNI_COUNT(alarms); i++) {
		const char *what = alarms[i].what, *from = alarms[i].rows;
		if (strlen(what) != (size_t)(name - line) || strncmp(line, what, strlen(what)) != 0)
			continue;
		for (const char *at; (at = strstr(from, "%s")); from = at + 2) {
			cni_buffer_add(out, from, (size_t)(at - from));
			cni_buffer_puts(out, cni_buffer_text(&column));
		}
		cni_buffer_puts(out, from);
	}
}

/* SQLite 3.40 reads the wrong column of a WITHOUT ROWID table whose key columns do not come first,
 * and reports NULLs and types that are not there. The table itself knows better. */
static cn_status is_false_alarm(
	cni_conn *conn, const char *table, const char *line, bool *ret, cn_error *err)
{
	CLEANUP(cni_buffer_done) cni_buffer sql = {0};
	CLEANUP(cni_buffer_done) cni_buffer condition = {0};
	int64_t rows = 0;
	*ret = false;
	add_condition(&condition, table, line);
	if (!condition.size && !condition.failed)
		return CN_OK;
	cni_buffer_puts(&sql, "SELECT count(*) FROM main.");
	cni_quote_name(&sql, table);
	cni_buffer_printf(&sql, " WHERE %s", cni_buffer_text(&condition));
	if (sql.failed || condition.failed)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	TRY(cni_conn_int(conn, cni_buffer_text(&sql), &rows, err));
	*ret = rows == 0;
	return CN_OK;
}

/* What quick_check takes for the number of faults to look for, in all tables. */
static bool is_number(const char *name)
{
	const char *digits = name + (*name == '-' || *name == '+');
	if (*digits == '0' && (digits[1] == 'x' || digits[1] == 'X'))
		return true;
	return *digits && digits[strspn(digits, "0123456789")] == '\0';
}

/* Is the line about a value of another table? */
static bool is_of_another(const char *table, const char *line)
{
	static const char middle[] = " value in ";
	const char *name = strstr(line, middle);
	size_t size = strlen(table);
	return name && (strncmp(name + strlen(middle), table, size) != 0 ||
			       name[strlen(middle) + size] != '.');
}

static cn_status check_table(cni_conn *conn, const char *table, cn_error *err)
{
	CLEANUP(cni_arena_done) cni_arena arena = {0};
	CLEANUP(cni_stmt_releasep) cni_stmt *stmt = NULL;
	const char **lines = NULL;
	size_t count = 0;
	TRY(cni_conn_prepare(conn, "SELECT quick_check FROM pragma_quick_check(?1)", &stmt, err));
	bool all = is_number(table);
	TRY(cni_stmt_bind(stmt, 1, cn_text(all ? "1000000" : table), err));
	int step;
	while ((step = cni_stmt_step(stmt, err)) == CNI_ROW) {
		const char *line = cni_strdup(&arena, cni_stmt_text(stmt, 0));
		if (!line || !CNI_PUSH(&arena, lines, count, line))
			return cn_fail(err, CN_ENOMEM, "out of memory");
	}
	if (step < 0)
		return (cn_status)step;
	cni_stmt_reset(stmt);
	for (size_t i = 0; i < count; i++) {
		bool false_alarm;
		if (all && is_of_another(table, lines[i]))
			continue;
		TRY(is_false_alarm(conn, table, lines[i], &false_alarm, err));
		if (false_alarm || strcmp(lines[i], "ok") == 0)
			continue;
		cn_error_set(
			err, CN_ESCHEMA, "table \"%s\" does not hold what its schema says", table);
		cn_error_detail(err, "%s", lines[i]);
		return CN_ESCHEMA;
	}
	return CN_OK;
}

/* A SQLite that was built with SECURE_DELETE (Debian's is) writes zeros over every page of a table
 * that is dropped. After a rebuild that keeps every value they all stand in the new table: the
 * pages are left as they are, as a SQLite without it does. Where a value goes, or the URI asks for
 * the zeros, nothing is spared. */
static cn_status spare_zeros(cni_conn *conn, const cni_plan *plan, state *before, cn_error *err)
{
	int64_t now;
	if (!plan->keep_count || before->touched.loses || cni_sqlite_of(conn)->zeros_asked)
		return CN_OK;
	TRY(cni_conn_int(conn, "PRAGMA main.secure_delete", &now, err));
	if (now != 1)
		return CN_OK;
	before->spared = true;
	return cni_conn_exec(conn, "PRAGMA main.secure_delete = FAST", err);
}

cn_status cni_sqlite_plan_before(
	cni_conn *conn, const cni_plan *plan, cni_arena *arena, void **ret_state, cn_error *err)
{
	state *before = cni_alloc(arena, sizeof *before);
	if (!before)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	TRY(cni_sqlite_whole(conn, err));
	TRY(cni_sqlite_space(conn, plan, err));
	TRY(cni_plan_touched(conn, plan, arena, &before->touched, err));
	TRY(count_orphans(conn, &before->touched, &before->orphans, NULL, err));
	TRY(cni_statistics_read(conn, plan, arena, &before->statistics, err));
	TRY(spare_zeros(conn, plan, before, err));
	*ret_state = before;
	return CN_OK;
}

static cn_status check_orphans(cni_conn *conn, const state *before, cn_error *err)
{
	CLEANUP(cni_buffer_done) cni_buffer names = {0};
	int64_t orphans;
	TRY(count_orphans(conn, &before->touched, &orphans, &names, err));
	if (orphans <= before->orphans)
		return CN_OK;
	cn_error_set(err, CN_ECONSTRAINT,
		"foreign keys would be broken: %" PRId64 " rows without a parent, %" PRId64
		" before",
		orphans, before->orphans);
	cn_error_detail(err, "%s", cni_buffer_text(&names));
	return CN_ECONSTRAINT;
}

cn_status cni_sqlite_plan_after(
	cni_conn *conn, const cni_plan *plan, cni_arena *arena, void *ctx, cn_error *err)
{
	const state *before = ctx;
	if (before->spared)
		TRY(cni_conn_exec(conn, "PRAGMA main.secure_delete = ON", err));
	TRY(cni_statistics_restore(conn, &before->statistics, arena, err));
	TRY(check_orphans(conn, before, err));
	for (size_t i = 0; i < plan->keep_count; i++)
		TRY(check_table(conn, plan->keeps[i].to_table, err));
	for (size_t i = 0; i < plan->edited_count; i++)
		TRY(check_table(conn, plan->edited[i], err));
	return CN_OK;
}
