/* plan_column.c - one column: its type, whether it may be NULL, its default, its identity. See
 * plan.h. */
#include <string.h>

#include "base/text.h"
#include "base/try.h"
#include "driver/postgres/plan.h"
#include "sql/lexer.h"

static cn_status no_memory(cn_error *err) { return cn_fail(err, CN_ENOMEM, "out of memory"); }

typedef struct place { /* what every step here speaks of */
	pg_planner *p;
	const char *table, *column; /* quoted */
	const cni_object *to;
	const cni_ddl_column *is; /* as it shall be */
} place;

static place place_of(pg_planner *p, const cni_object *to, size_t column)
{
	const cni_ddl_column *is = &to->ddl.table.columns[column];

	return (place){p, cni_pg_plan_name(p, to->name), cni_pg_plan_name(p, is->name), to, is};
}

static const char *says(const place *at, const char *what)
{
	return cni_printf(at->p->arena, "table %s: column %s %s", at->to->name, at->is->name, what);
}

static cn_status alter(const place *at, const char *what, const char *how, cn_error *err)
{
	return cni_pg_plan_run(at->p, says(at, what), err, "ALTER TABLE %s ALTER COLUMN %s %s",
		at->table, at->column, how);
}

/* ---- type ---- */

/* Triggers and policies that name the column: no type changes under them. They come back. */
static cn_status drop_users(const place *at, cn_error *err)
{
	CLEANUP(cni_stmt_releasep) cni_stmt *stmt = NULL;
	const char *list[64][2];
	size_t count = 0;
	int got;

	TRY(cni_conn_prepare(at->p->scratch,
		"SELECT DISTINCT CASE WHEN g.oid IS NULL THEN 'POLICY' ELSE 'TRIGGER' END, "
		"quote_ident(coalesce(g.tgname, o.polname)) || ' ON ' || t.relname "
		"FROM pg_depend d JOIN pg_class t ON t.oid = d.refobjid "
		"JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = d.refobjsubid "
		"LEFT JOIN pg_trigger g ON d.classid = 'pg_trigger'::regclass AND g.oid = d.objid "
		"AND NOT g.tgisinternal "
		"LEFT JOIN pg_policy o ON d.classid = 'pg_policy'::regclass AND o.oid = d.objid "
		"WHERE d.refclassid = 'pg_class'::regclass AND t.relname = ?1 AND a.attname = ?2 "
		"AND t.relnamespace = current_schema()::regnamespace "
		"AND (g.oid IS NOT NULL OR o.oid IS NOT NULL)",
		&stmt, err));
	TRY(cni_stmt_bind(stmt, 1, cn_text(at->to->name), err));
	TRY(cni_stmt_bind(stmt, 2, cn_text(at->is->name), err));
	while ((got = cni_stmt_step(stmt, err)) == CNI_ROW && count < CNI_COUNT(list)) {
		list[count][0] = cni_strdup(at->p->arena, cni_stmt_text(stmt, 0));
		list[count++][1] = cni_strdup(at->p->arena, cni_stmt_text(stmt, 1));
	}
	if (got < 0)
		return (cn_status)got;
	if (at->p->arena->failed)
		return no_memory(err);
	cni_stmt_reset(stmt);
	for (size_t i = 0; i < count; i++)
		TRY(cni_pg_plan_run(at->p, says(at, "is read by what comes back"), err,
			"DROP %s %s", list[i][0], list[i][1]));
	return CN_OK;
}

/* The file in which the rows lie: another one when all were written anew. */
static cn_status file_of(const place *at, int64_t *ret, cn_error *err)
{
	CLEANUP(cni_stmt_releasep) cni_stmt *stmt = NULL;

	TRY(cni_conn_prepare(at->p->scratch,
		"SELECT relfilenode::int8 FROM pg_class WHERE relname = ?1 "
		"AND relnamespace = current_schema()::regnamespace",
		&stmt, err));
	TRY(cni_stmt_bind(stmt, 1, cn_text(at->to->name), err));
	int got = cni_stmt_step(stmt, err);
	*ret = got == CNI_ROW ? cni_stmt_int(stmt, 0) : 0;
	return got < 0 ? (cn_status)got : CN_OK;
}

/* Tells in the step that was run last that it writes the whole table, if it did. */
static cn_status mark_rewrite(const place *at, int64_t before, cn_error *err)
{
	pg_planner *p = at->p;
	cni_step *step = &p->plan.steps[p->plan.step_count - 1];
	const cni_object *from = cni_original_table(
		p->request->from, p->request->renames, p->request->rename_count, at->to->name);
	int64_t after;

	TRY(file_of(at, &after, err));
	if (after == before || !from)
		return CN_OK;
	step->comment = cni_printf(p->arena,
		"%s; every row is written anew, and nobody reads or writes the table meanwhile",
		step->comment ? step->comment : "");
	p->plan.rebuilds = true;
	for (size_t i = 0; i < p->plan.rebuilt_count; i++)
		if (strcmp(p->plan.rebuilt[i], from->name) == 0)
			return CN_OK;
	if (!step->comment ||
		!CNI_PUSH(p->arena, p->plan.rebuilt, p->plan.rebuilt_count, from->name))
		return no_memory(err);
	return CN_OK;
}

/* One way of converting a column: 0: as the server does by itself, 1: by a cast, 2: by way of text.
 */
static const char *type_clause(const place *at, int way)
{
	CLEANUP(cni_buffer_done) cni_buffer out = {0};

	cni_buffer_printf(&out, "ALTER COLUMN %s TYPE %s", at->column, at->is->type);
	if (at->is->collate)
		cni_buffer_printf(&out, " COLLATE %s", cni_pg_plan_name(at->p, at->is->collate));
	if (way == 1)
		cni_buffer_printf(&out, " USING CAST(%s AS %s)", at->column, at->is->type);
	else if (way == 2)
		cni_buffer_printf(
			&out, " USING CAST(CAST(%s AS text) AS %s)", at->column, at->is->type);
	return cni_buffer_dup(&out, at->p->arena);
}

/* Appends the first way that the server takes. */
static cn_status find_way(const place *at, bool cast, cni_buffer *out, cn_error *err)
{
	cn_error why = {0};

	for (int way = cast; way < 3; way++) {
		const char *clause = type_clause(at, way);
		bool taken;
		if (!clause)
			return no_memory(err);
		TRY(cni_pg_plan_would(at->p,
			cni_printf(at->p->arena, "ALTER TABLE %s %s", at->table, clause), &taken,
			&why, err));
		if (!taken)
			continue;
		cni_buffer_printf(out, "%s%s", out->size ? ", " : "", clause);
		return out->failed ? no_memory(err) : CN_OK;
	}
	if (err)
		*err = why;
	return cn_error_wrap(err, "table \"%s\", column \"%s\"", at->to->name, at->is->name);
}

/* What holds a column to its type goes first: views, triggers, policies, its default. */
static cn_status free_type(const place *at, const cni_ddl_column *now, cn_error *err)
{
	if (now->default_sql)
		TRY(alter(at,
			at->is->default_sql ? "gets its default again later" : "has no default",
			"DROP DEFAULT", err));
	TRY(cni_pg_plan_drop_readers(at->p, at->to->name, at->is->name, err));
	return drop_users(at, err);
}

static bool changes_type(const cni_ddl_column *now, const cni_ddl_column *to)
{
	return !cni_equal(now->type, to->type) || !cni_equal(now->collate, to->collate);
}

static const cni_ddl_column *column_of(const cni_object *table, const char *name)
{
	for (size_t i = 0; i < table->ddl.table.column_count; i++)
		if (strcmp(table->ddl.table.columns[i].name, name) == 0)
			return &table->ddl.table.columns[i];
	return NULL;
}

/* All of a table in one statement: if it writes the rows anew, then once. */
cn_status cni_pg_plan_types(
	pg_planner *p, const cni_object *now, const cni_object *to, cn_error *err)
{
	CLEANUP(cni_buffer_done) cni_buffer clauses = {0}, what = {0};
	const cni_copy *copy = cni_pg_plan_copy(p, to->name);
	place any = {0};
	int64_t before;

	for (size_t i = 0; i < to->ddl.table.column_count; i++) {
		const place at = place_of(p, to, i);
		const cni_ddl_column *is = column_of(now, at.is->name);
		if (!is || is->generated_sql || at.is->generated_sql || !changes_type(is, at.is))
			continue;
		any = at;
		TRY(free_type(&at, is, err));
		TRY(find_way(&at, copy && copy->columns[i].cast, &clauses, err));
		cni_buffer_printf(
			&what, "%s %s becomes %s", what.size ? "," : "", at.is->name, at.is->type);
	}
	if (!any.p)
		return CN_OK;
	if (what.failed)
		return no_memory(err);
	TRY(file_of(&any, &before, err));
	TRY(cni_pg_plan_run(p,
		cni_printf(p->arena, "table %s:%s", to->name, cni_buffer_text(&what)), err,
		"ALTER TABLE %s %s", any.table, cni_buffer_text(&clauses)));
	return mark_rewrite(&any, before, err);
}

/* ---- NULL ---- */

static cn_status fill(const place *at, const char *expression, cn_error *err)
{
	return cni_pg_plan_run(at->p, says(at, "is filled where it is NULL"), err,
		"UPDATE %s SET %s = %s WHERE %s IS NULL", at->table, at->column, expression,
		at->column);
}

/* ---- identity ---- */

/* The sequence that belongs to a serial column; NULL: none. */
static const char *serial_sequence(const place *at)
{
	static const char head[] = "ALTER SEQUENCE ", tail[] = " OWNED BY ";
	const cni_object *now = cni_schema_table(at->p->now, at->to->name);

	for (size_t i = 0; now && i < now->ddl.note_count; i++) {
		const cni_ddl_note *note = &now->ddl.notes[i];
		const char *end = strstr(note->sql, tail);
		if (cni_starts(note->sql, head) && end && cni_equal(note->column, at->is->name))
			return cni_strndup(at->p->arena, note->sql + strlen(head),
				(size_t)(end - note->sql) - strlen(head));
	}
	return NULL;
}

/* The old sequence steps aside, so that the new one is called as usual, and is asked how far it has
 * counted. */
static cn_status follow_sequence(
	const place *at, const char *sequence, const char *how, cn_error *err)
{
	static const char aside[] = "cantil_old_sequence";
	pg_planner *p = at->p;
	const char *what = says(at, "goes on counting where it was");
	bool goes = !cni_schema_find(p->request->to, CNI_DDL_OPAQUE, sequence);

	TRY(cni_pg_plan_run(p, what, err, "ALTER SEQUENCE %s OWNED BY NONE", sequence));
	if (goes)
		TRY(cni_pg_plan_run(
			p, what, err, "ALTER SEQUENCE %s RENAME TO %s", sequence, aside));
	TRY(alter(at, "gets its numbers from an identity", how, err));
	TRY(cni_pg_plan_run(p, what, err,
		"SELECT setval(pg_get_serial_sequence(%s, %s), last_value, is_called) FROM %s",
		cni_pg_plan_text(p, at->table), cni_pg_plan_text(p, at->is->name),
		goes ? aside : sequence));
	return goes ? cni_pg_plan_run(p, what, err, "DROP SEQUENCE %s", aside) : CN_OK;
}

static cn_status add_identity(const place *at, const char *sequence, cn_error *err)
{
	pg_planner *p = at->p;
	const char *options = at->is->identity_sql;
	const char *how = cni_printf(p->arena, "ADD GENERATED %s AS IDENTITY%s%s%s",
		at->is->identity == CNI_IDENTITY_ALWAYS ? "ALWAYS" : "BY DEFAULT",
		options ? " (" : "", options ? options : "", options ? ")" : "");

	if (!how)
		return no_memory(err);
	if (sequence)
		return follow_sequence(at, sequence, how, err);
	TRY(alter(at, "gets its numbers from an identity", how, err));
	return cni_pg_plan_run(p, says(at, "goes on counting behind the largest"), err,
		"SELECT setval(pg_get_serial_sequence(%s, %s), max(%s)) FROM %s HAVING max(%s) > 0",
		cni_pg_plan_text(p, at->table), cni_pg_plan_text(p, at->is->name), at->column,
		at->table, at->column);
}

static cn_status change_identity(const place *at, const cni_ddl_column *now, cn_error *err)
{
	bool same = cni_equal(now->identity_sql, at->is->identity_sql);

	if (now->identity && at->is->identity && same)
		return alter(at, "is generated otherwise",
			at->is->identity == CNI_IDENTITY_ALWAYS ? "SET GENERATED ALWAYS"
								: "SET GENERATED BY DEFAULT",
			err);
	if (now->identity) /* for good, that was done before */
		TRY(alter(at, "is no identity for a moment", "DROP IDENTITY", err));
	return at->is->identity ? add_identity(at, serial_sequence(at), err) : CN_OK;
}

/* Early: the sequence of an identity holds a name that one of `to` may want. */
cn_status cni_pg_plan_drop_identities(pg_planner *p, const cni_object *now, cn_error *err)
{
	const cni_object *to = cni_schema_table(p->request->to, now->name);

	for (size_t i = 0; to && i < now->ddl.table.column_count; i++) {
		const cni_ddl_column *is = column_of(to, now->ddl.table.columns[i].name);
		if (!is || !now->ddl.table.columns[i].identity || is->identity)
			continue;
		const place at = place_of(p, to, (size_t)(is - to->ddl.table.columns));
		TRY(alter(&at, "is no identity any longer", "DROP IDENTITY", err));
	}
	return CN_OK;
}

/* A sequence that is new counts on behind the rows that are there. */
static cn_status start_sequence(const place *at, cn_error *err)
{
	static const char head[] = "nextval('", tail[] = "'::regclass)";
	pg_planner *p = at->p;
	const char *text = at->is->default_sql, *end = strstr(text, tail);

	if (!cni_starts(text, head) || !end)
		return CN_OK;
	const char *name =
		cni_strndup(p->arena, text + strlen(head), (size_t)(end - text) - strlen(head));
	if (!name)
		return no_memory(err);
	if (cni_schema_find(p->request->from, CNI_DDL_OPAQUE, name))
		return CN_OK;
	return cni_pg_plan_run(p, says(at, "goes on counting behind the largest"), err,
		"SELECT setval(%s, max(%s)) FROM %s HAVING max(%s) > 0", cni_pg_plan_text(p, name),
		at->column, at->table, at->column);
}

/* ---- the whole ---- */

cn_status cni_pg_plan_column(pg_planner *p, const cni_object *to, const cni_ddl_column *now,
	size_t column, const cni_copy *copy, cn_error *err)
{
	const place at = place_of(p, to, column);
	const cni_ddl_column *is = at.is;
	const cni_copy_column *how = copy ? &copy->columns[column] : NULL;
	bool default_differs = !cni_equal(now->default_sql, is->default_sql);
	bool identity =
		now->identity != is->identity || !cni_equal(now->identity_sql, is->identity_sql);

	if (now->generated_sql && !is->generated_sql)
		TRY(alter(
			&at, "keeps its values and is no longer computed", "DROP EXPRESSION", err));
	if (now->default_sql && !is->default_sql)
		TRY(alter(&at, "has no default", "DROP DEFAULT", err));
	if (how && how->fill && !is->generated_sql)
		TRY(fill(&at, how->fill, err));
	if (is->default_sql && default_differs) {
		const char *set = cni_printf(p->arena, "SET DEFAULT %s", is->default_sql);
		if (!set)
			return no_memory(err);
		TRY(alter(&at, "has another default", set, err));
		TRY(start_sequence(&at, err));
	}
	if (now->not_null && !is->not_null)
		TRY(alter(&at, "may be NULL", "DROP NOT NULL", err));
	if (!now->not_null && is->not_null)
		TRY(alter(&at, "must not be NULL; all rows are looked at", "SET NOT NULL", err));
	return identity ? change_identity(&at, now, err) : CN_OK;
}

cn_status cni_pg_plan_add_column(
	pg_planner *p, const cni_object *to, size_t column, const cni_copy *copy, cn_error *err)
{
	CLEANUP(cni_buffer_done) cni_buffer definition = {0};
	const place at = place_of(p, to, column);
	const cni_copy_column *how = copy ? &copy->columns[column] : NULL;
	cni_ddl_column first = *at.is;
	bool filled = how && how->fill && !first.generated_sql;
	int64_t before;

	first.not_null = first.not_null && !filled;
	cni_ddl_write_postgres_column(&definition, &first);
	if (definition.failed)
		return no_memory(err);
	TRY(file_of(&at, &before, err));
	TRY(cni_pg_plan_run(p, says(&at, "is new"), err, "ALTER TABLE %s ADD COLUMN %s", at.table,
		cni_buffer_text(&definition)));
	TRY(mark_rewrite(&at, before, err));
	if (!filled)
		return CN_OK;
	TRY(fill(&at, how->fill, err));
	return at.is->not_null ? alter(&at, "must not be NULL", "SET NOT NULL", err) : CN_OK;
}
