/*
 * plan_edit.c - a large table whose stored CREATE text is edited instead of its rows being written
 * anew, where the new text reads the very same pages: NOT NULL, CHECK, DEFAULT, and a type of the
 * same affinity.
 *
 * SQLite's documentation describes the procedure (writable_schema) and warns of it: one text that
 * SQLite cannot read again makes the whole file unreadable, one that reads other columns, keys or
 * indexes out of the same pages destroys the data. So:
 *   - everything but the four is compared, and must mean the same as before;
 *   - the edit is made in the scratch database first: SQLite must read the text, and give the same
 *     columns, keys, automatic indexes and root pages as before; at the end of the planning the
 *     whole schema must be the one wanted, as after any other plan;
 *   - the first step is a question to the rows, and to the stored text that is to be replaced,
 *     asked in the same transaction: a row that breaks the new rule, or a table that is not what it
 *     was, ends the script with an error before anything is written;
 *   - after the steps the table is looked through by quick_check (verify.c).
 *
 * A DEFAULT is what a row reads that is older than its column (ADD COLUMN writes no row). No query
 * tells how old a row is, but one that is older than the column reads the old default: where no row
 * has that value, none is older. STRICT and WITHOUT ROWID tables are left to the rebuild.
 */
#include "driver/sqlite/plan.h"

#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "base/try.h"
#include "schema/compare.h"
#include "sql/lexer.h"

typedef struct table_edit {
	cni_planner *planner;
	const cni_copy *copy;
	const cni_object *now; /* as the renames before have left it */
	cni_buffer broken;     /* the condition that no row may fulfil; empty: none is needed */
} table_edit;

/* The table without what may be edited: what is left must be the same on both sides. The types are
 * `types`'s, whose affinities are compared apart. */
static const char *fixed_part(
	cni_arena *arena, const cni_ddl_table *table, const cni_ddl_table *types)
{
	cni_ddl ddl = {.kind = CNI_DDL_TABLE, .table = *table};
	cni_ddl_table *bare = &ddl.table;
	bare->columns =
		cni_memdup(arena, table->columns, table->column_count * sizeof *bare->columns);
	bare->constraints =
		cni_alloc(arena, (table->constraint_count + 1) * sizeof *bare->constraints);
	bare->constraint_count = 0;
	if (!bare->columns || !bare->constraints)
		return NULL;
	for (size_t i = 0; i < table->column_count; i++) {
		cni_ddl_column *column = &bare->columns[i];
		column->type = types->columns[i].type;
		column->not_null = false;
		column->not_null_name = NULL;
		column->not_null_conflict = 0;
		column->default_sql = NULL;
		column->default_is_expression = false;
	}
	for (size_t i = 0; i < table->constraint_count; i++)
		if (table->constraints[i].kind != CNI_CHECK)
			bare->constraints[bare->constraint_count++] = table->constraints[i];
	return cni_object_normal(arena, &ddl);
}

static bool same_column(const table_edit *edit, size_t i)
{
	const cni_ddl_table *now = &edit->now->ddl.table, *to = &edit->copy->to->ddl.table;
	const cni_copy_column *how = &edit->copy->columns[i];
	const cni_ddl_column *is = &now->columns[i], *becomes = &to->columns[i];
	if (how->from != (long)i || how->cast || how->fill || !cni_same(is->name, becomes->name) ||
		cni_column_affinity(now, i) != cni_column_affinity(to, i))
		return false;
	/* what a generated column yields depends on its type, too */
	return !(is->generated_sql || becomes->generated_sql) || cni_column_equal(is, becomes);
}

static bool may_edit(const table_edit *edit)
{
	const cni_ddl_table *now = &edit->now->ddl.table, *to = &edit->copy->to->ddl.table;
	cni_arena *arena = edit->planner->arena;
	if (now->strict || to->strict || now->without_rowid || to->without_rowid ||
		now->column_count != to->column_count || edit->copy->from_rowid ||
		cni_table_rowid_alias(now) != cni_table_rowid_alias(to))
		return false;
	for (size_t i = 0; i < to->column_count; i++)
		if (!same_column(edit, i))
			return false;
	const char *before = fixed_part(arena, now, to), *after = fixed_part(arena, to, to);
	return before && after && strcmp(before, after) == 0;
}

/* ---- what the rows are asked ---- */

static void start_condition(table_edit *edit)
{
	cni_buffer_puts(&edit->broken, edit->broken.size ? "\n\tOR " : "");
}

/* typeof: of a column that is NOT NULL, SQLite takes IS NULL for false without a look. */
static void add_no_nulls(table_edit *edit, const cni_ddl_column *column)
{
	start_condition(edit);
	cni_buffer_puts(&edit->broken, "typeof(");
	cni_quote_name(&edit->broken, column->name);
	cni_buffer_puts(&edit->broken, ") = 'null'");
}

static bool same_default(cni_arena *arena, const cni_ddl_column *a, const cni_ddl_column *b)
{
	const char *x = cni_column_normal(arena, a).default_value,
		   *y = cni_column_normal(arena, b).default_value;
	return x && y ? strcmp(x, y) == 0 : x == y;
}

/* false: nothing that can be asked would tell whether a row is older than the column. */
static bool add_no_old_rows(table_edit *edit, size_t i)
{
	const cni_ddl_table *now = &edit->now->ddl.table;
	const cni_ddl_column *column = &now->columns[i];
	if (!column->default_sql || !cni_column_has_default(column)) {
		add_no_nulls(edit, column);
		return true;
	}
	if (!cni_plan_literal(
		    edit->planner->arena, column->default_sql, cni_column_affinity(now, i)))
		return false;
	start_condition(edit);
	cni_quote_name(&edit->broken, column->name);
	cni_buffer_printf(&edit->broken, " IS %s", column->default_sql);
	return true;
}

static bool is_old_check(cni_arena *arena, const cni_ddl_table *now, const char *normal)
{
	for (size_t i = 0; i < now->constraint_count; i++) {
		const char *sql = now->constraints[i].check_sql;
		if (now->constraints[i].kind != CNI_CHECK)
			continue;
		const char *old = cni_sql_normal(arena, sql, strlen(sql), true);
		if (old && strcmp(old, normal) == 0)
			return true;
	}
	return false;
}

static bool add_conditions(table_edit *edit)
{
	const cni_ddl_table *now = &edit->now->ddl.table, *to = &edit->copy->to->ddl.table;
	cni_arena *arena = edit->planner->arena;
	for (size_t i = 0; i < to->column_count; i++) {
		if (to->columns[i].not_null && !now->columns[i].not_null)
			add_no_nulls(edit, &to->columns[i]);
		if (!same_default(arena, &now->columns[i], &to->columns[i]) &&
			!add_no_old_rows(edit, i))
			return false;
	}
	for (size_t i = 0; i < to->constraint_count; i++) {
		const char *sql = to->constraints[i].check_sql;
		if (to->constraints[i].kind != CNI_CHECK)
			continue;
		const char *normal = cni_sql_normal(arena, sql, strlen(sql), true);
		if (normal && is_old_check(arena, now, normal))
			continue;
		start_condition(edit);
		cni_buffer_printf(&edit->broken, "NOT (%s)", sql); /* NULL is no violation */
	}
	return true;
}

/* Are there so many rows that it is worth it, and does none of them stand in the way? Rows that
 * break NOT NULL or a CHECK were found and asked about before; here it is for the defaults. */
static cn_status ask_rows(table_edit *edit, bool *ret, cn_error *err)
{
	const cni_plan_request *request = edit->planner->request;
	CLEANUP(cni_buffer_done) cni_buffer sql = {0};
	int64_t count = 0;
	cn_error why;
	*ret = false;
	cni_buffer_puts(&sql, "SELECT EXISTS (SELECT 1 FROM main.");
	cni_quote_name(&sql, edit->copy->from->name);
	cni_buffer_printf(&sql, " LIMIT 1 OFFSET %" PRId64 ")", request->edit_from - 1);
	if (sql.failed)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	TRY(cni_conn_int(request->data, cni_buffer_text(&sql), &count, err));
	if (!count)
		return CN_OK;
	if (edit->broken.size) {
		cni_buffer_clear(&sql);
		cni_buffer_puts(&sql, "SELECT EXISTS (SELECT 1 FROM ");
		/* the columns may have other names now */
		cni_buffer_puts(&sql, "(SELECT ");
		for (size_t i = 0; i < edit->now->ddl.table.column_count; i++) {
			cni_buffer_puts(&sql, i ? ", " : "");
			cni_quote_name(&sql, edit->copy->from->ddl.table.columns[i].name);
			cni_buffer_puts(&sql, " AS ");
			cni_quote_name(&sql, edit->now->ddl.table.columns[i].name);
		}
		cni_buffer_puts(&sql, " FROM main.");
		cni_quote_name(&sql, edit->copy->from->name);
		cni_buffer_puts(&sql, ") AS ");
		cni_quote_name(&sql, edit->copy->to->name);
		cni_buffer_printf(&sql, " WHERE %s)", cni_buffer_text(&edit->broken));
		if (sql.failed)
			return cn_fail(err, CN_ENOMEM, "out of memory");
		cn_status status = cni_conn_int(request->data, cni_buffer_text(&sql), &count, &why);
		if (status == CN_ENOMEM || status == CN_ECANCELED || status == CN_EIO) {
			if (err)
				*err = why;
			return status;
		}
		if (status < 0 || count)
			return CN_OK;
	}
	*ret = true;
	return CN_OK;
}

/* ---- the steps ---- */

/* A row of 1 cannot be written into this table: the script ends there. */
static cn_status guard(table_edit *edit, const char *comment, const char *aside, cn_error *err)
{
	cni_planner *planner = edit->planner;
	CLEANUP(cni_buffer_done) cni_buffer sql = {0};
	cni_buffer_puts(&sql, "CREATE TEMP TABLE ");
	cni_quote_name(&sql, aside);
	cni_buffer_puts(&sql, " (found CONSTRAINT ");
	const char *name = cni_printf(
		planner->arena, "the rows of %s fit, and it is as it was", edit->copy->to->name);
	if (!name)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	cni_quote_name(&sql, name);
	cni_buffer_puts(&sql, " CHECK (NOT found))");
	TRY(cni_planner_run_buffer(planner, comment, &sql, err));
	cni_buffer_puts(&sql, "INSERT INTO temp.");
	cni_quote_name(&sql, aside);
	cni_buffer_puts(&sql,
		"\nSELECT NOT EXISTS (SELECT 1 FROM main.sqlite_schema WHERE type = 'table' AND name = ");
	cni_quote_text(&sql, edit->now->name);
	cni_buffer_puts(&sql, "\n\tAND sql = ");
	cni_quote_text(&sql, edit->now->sql);
	cni_buffer_putc(&sql, ')');
	if (edit->broken.size) {
		cni_buffer_puts(&sql, "\nOR EXISTS (SELECT 1 FROM main.");
		cni_quote_name(&sql, edit->now->name);
		cni_buffer_printf(&sql, " WHERE %s)", cni_buffer_text(&edit->broken));
	}
	TRY(cni_planner_run_buffer(planner, NULL, &sql, err));
	cni_buffer_puts(&sql, "DROP TABLE temp.");
	cni_quote_name(&sql, aside);
	return cni_planner_run_buffer(planner, NULL, &sql, err);
}

/* The view comes and goes so that the schema's version is raised by SQLite itself: without that
 * other connections would go on with the old text. */
static cn_status write_text(table_edit *edit, const char *aside, cn_error *err)
{
	cni_planner *planner = edit->planner;
	CLEANUP(cni_buffer_done) cni_buffer sql = {0};
	const cni_object *now = edit->now, *to = edit->copy->to;
	const char *view = cni_quoted(planner->arena, aside);
	size_t name_end = now->ddl.table.name_start + now->ddl.table.name_size;
	size_t body = to->ddl.table.name_start + to->ddl.table.name_size;
	char *head =
		cni_strndup(planner->arena, now->sql, name_end); /* CREATE TABLE and the name */
	const char *text = head ? cni_printf(planner->arena, "%s%s", head, to->sql + body) : NULL;
	if (!view || !text)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	TRY(cni_planner_run(planner, NULL, "PRAGMA writable_schema = ON", err));
	cni_buffer_puts(&sql, "UPDATE main.sqlite_schema SET sql = ");
	cni_quote_text(&sql, text);
	cni_buffer_puts(&sql, "\nWHERE type = 'table' AND name = ");
	cni_quote_text(&sql, now->name);
	TRY(cni_planner_run_buffer(planner, NULL, &sql, err));
	TRY(cni_planner_runf(planner, NULL, err, "CREATE VIEW %s AS SELECT 1", view));
	TRY(cni_planner_runf(planner, NULL, err, "DROP VIEW %s", view));
	return cni_planner_run(planner, NULL, "PRAGMA writable_schema = RESET", err);
}

/* How SQLite reads the table's pages: columns, keys, indexes with their root pages. */
static cn_status read_layout(
	cni_planner *planner, const char *table, const char **ret, cn_error *err)
{
	CLEANUP(cni_stmt_releasep) cni_stmt *stmt = NULL;
	TRY(cni_conn_prepare(planner->scratch,
		"SELECT (SELECT group_concat(cid || ' ' || lower(name) || ' ' || pk || ' ' || hidden)"
		"  FROM pragma_table_xinfo(?1))"
		" || '; ' || coalesce((SELECT group_concat(l.name || ' ' || l.\"unique\" || l.origin || l.partial"
		"  || ' ' || x.seqno || ' ' || x.cid || ' ' || x.\"desc\" || ' ' || x.coll || ' ' || x.key)"
		"  FROM pragma_index_list(?1) AS l, pragma_index_xinfo(l.name) AS x), '')"
		" || '; ' || (SELECT group_concat(name || ' ' || rootpage) FROM sqlite_schema"
		"  WHERE tbl_name = ?1 COLLATE NOCASE)",
		&stmt, err));
	TRY(cni_stmt_bind(stmt, 1, cn_text(table), err));
	int step = cni_stmt_step(stmt, err);
	if (step < 0)
		return (cn_status)step;
	const char *text = step == CNI_ROW ? cni_stmt_text(stmt, 0) : NULL;
	*ret = cni_strdup(planner->arena, text ? text : "");
	return *ret ? CN_OK : cn_fail(err, CN_ENOMEM, "out of memory");
}

static cn_status play(table_edit *edit, bool *ret_same, cn_error *err)
{
	cni_planner *planner = edit->planner;
	const char *before, *after, *name = edit->now->name;
	const cni_object *is;
	const char *aside = cni_planner_free_name(planner, edit->copy->to->name);
	const char *why = cni_plan_reason(
		planner, edit->copy, edit->now, "keeps its rows, its stored text changes");
	if (!aside || !why)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	TRY(read_layout(planner, name, &before, err));
	TRY(guard(edit, why, aside, err));
	TRY(write_text(edit, aside, err));
	TRY(read_layout(planner, name, &after, err));
	TRY(cni_planner_object(planner, "table", name, &is, err));
	*ret_same =
		*before && strcmp(before, after) == 0 && is && cni_object_equal(is, edit->copy->to);
	return CN_OK;
}

static cn_status try_edit(table_edit *edit, bool *ret_done, cn_error *err)
{
	cni_planner *planner = edit->planner;
	size_t steps = planner->plan.step_count;
	bool wanted, same = false;
	cn_error why;
	TRY(ask_rows(edit, &wanted, err));
	if (!wanted)
		return CN_OK;
	TRY(cni_conn_set(planner->scratch, CNI_SETTING_DEFENSIVE, 0, err));
	TRY(cni_conn_exec(planner->scratch, "SAVEPOINT cantil_edit", err));
	cn_status status = play(edit, &same, &why);
	if (status == CN_OK && same) {
		*ret_done = true;
		planner->plan.edits_schema = true;
		if (!CNI_PUSH(planner->arena, planner->plan.edited, planner->plan.edited_count,
			    edit->copy->to->name))
			return cn_fail(err, CN_ENOMEM, "out of memory");
		return cni_conn_exec(planner->scratch, "RELEASE cantil_edit", err);
	}
	if (status == CN_ENOMEM || status == CN_ECANCELED) { /* it says nothing about the way */
		if (err)
			*err = why;
		return status;
	}
	planner->plan.step_count = steps;
	return cni_conn_exec(planner->scratch,
		"ROLLBACK TO cantil_edit; RELEASE cantil_edit; PRAGMA writable_schema = RESET",
		err);
}

cn_status cni_plan_edit(cni_planner *planner, const cni_copy *copy, const cni_object *now,
	bool *ret_done, cn_error *err)
{
	const cni_plan_request *request = planner->request;
	table_edit edit = {.planner = planner, .copy = copy, .now = now};
	cn_status status = CN_OK;
	*ret_done = false;
	if (planner->level != CNI_LEVEL_CHEAP || !request->data || request->edit_from < 1 ||
		!may_edit(&edit))
		return CN_OK;
	if (add_conditions(&edit))
		status = edit.broken.failed ? cn_fail(err, CN_ENOMEM, "out of memory")
					    : try_edit(&edit, ret_done, err);
	cni_buffer_done(&edit.broken);
	return status;
}
