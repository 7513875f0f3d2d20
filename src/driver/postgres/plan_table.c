/* plan_table.c - one table made as it shall be, and what is late: foreign keys, comments, settings.
 * See plan.h. */
#include <string.h>

#include "base/text.h"
#include "base/try.h"
#include "driver/postgres/plan.h"
#include "schema/compare.h"
#include "sql/lexer.h"

static cn_status no_memory(cn_error *err) { return cn_fail(err, CN_ENOMEM, "out of memory"); }

static const char *text_of(pg_planner *p, const cni_ddl_constraint *constraint, bool valid)
{
	CLEANUP(cni_buffer_done) cni_buffer out = {0};
	cni_ddl_constraint copy = *constraint;

	copy.not_valid = constraint->not_valid && !valid;
	cni_ddl_write_postgres_constraint(&out, &copy);
	const char *text = cni_buffer_dup(&out, p->arena);
	p->arena->failed |= !text;
	return text ? text : "";
}

static const cni_ddl_constraint *find_constraint(const cni_object *table, const char *name)
{
	for (size_t i = 0; table && i < table->ddl.table.constraint_count; i++)
		if (strcmp(table->ddl.table.constraints[i].name, name) == 0)
			return &table->ddl.table.constraints[i];
	return NULL;
}

/* Can it stay, or be validated where it stands? */
static bool stays(pg_planner *p, const cni_object *to, const cni_ddl_constraint *constraint)
{
	const cni_ddl_constraint *other = find_constraint(to, constraint->name);

	if (!other)
		return false;
	bool validated = constraint->not_valid && !other->not_valid;
	return strcmp(text_of(p, constraint, validated), text_of(p, other, validated)) == 0;
}

static cn_status drop_constraint(
	pg_planner *p, const char *table, const char *name, const char *why, cn_error *err)
{
	return cni_pg_plan_run(p,
		cni_printf(p->arena, "table %s: constraint %s %s", table, name, why), err,
		"ALTER TABLE %s DROP CONSTRAINT %s", cni_pg_plan_name(p, table),
		cni_pg_plan_name(p, name));
}

/* Foreign keys rest on one index of their parent. */
static cn_status drop_references(
	pg_planner *p, const char *table, const char *constraint, cn_error *err)
{
	CLEANUP(cni_stmt_releasep) cni_stmt *stmt = NULL;
	const char *list[64][2];
	size_t count = 0;
	int got;

	TRY(cni_conn_prepare(p->scratch,
		"SELECT f.conrelid::regclass::text, f.conname::text, c.relname::text "
		"FROM pg_constraint k JOIN pg_constraint f ON f.conindid = k.conindid "
		"AND f.contype = 'f' JOIN pg_class c ON c.oid = f.conrelid "
		"JOIN pg_class t ON t.oid = k.conrelid WHERE t.relname = ?1 AND k.conname = ?2 "
		"AND k.contype IN ('p', 'u') AND t.relnamespace = current_schema()::regnamespace "
		"AND c.relnamespace = t.relnamespace AND f.conparentid = 0",
		&stmt, err));
	TRY(cni_stmt_bind(stmt, 1, cn_text(table), err));
	TRY(cni_stmt_bind(stmt, 2, cn_text(constraint), err));
	while ((got = cni_stmt_step(stmt, err)) == CNI_ROW && count < CNI_COUNT(list)) {
		list[count][0] = cni_strdup(p->arena, cni_stmt_text(stmt, 2));
		list[count++][1] = cni_strdup(p->arena, cni_stmt_text(stmt, 1));
	}
	if (got < 0)
		return (cn_status)got;
	if (p->arena->failed)
		return no_memory(err);
	cni_stmt_reset(stmt);
	for (size_t i = 0; i < count; i++)
		TRY(drop_constraint(p, list[i][0], list[i][1],
			"rests on a key that changes, and comes back", err));
	return CN_OK;
}

static bool has_constraint_now(pg_planner *p, const char *table, const char *name)
{
	return find_constraint(cni_schema_table(p->now, table), name) != NULL;
}

/* Foreign keys first: what they refer to may go. */
static cn_status drop_kind(pg_planner *p, const cni_object *now, bool foreign, cn_error *err)
{
	const cni_object *to = cni_schema_table(p->request->to, now->name);

	if (!to || cni_pg_plan_ignores(p, now))
		return CN_OK;
	for (size_t i = 0; i < now->ddl.table.constraint_count; i++) {
		const cni_ddl_constraint *c = &now->ddl.table.constraints[i];
		if ((c->kind == CNI_FOREIGN_KEY) != foreign || stays(p, to, c))
			continue;
		if (c->kind == CNI_PRIMARY_KEY || c->kind == CNI_UNIQUE)
			TRY(drop_references(p, now->name, c->name, err));
		bool changes = find_constraint(to, c->name) != NULL;
		TRY(drop_constraint(p, now->name, c->name, changes ? "changes" : "goes", err));
	}
	return CN_OK;
}

static cn_status drop_indexes(pg_planner *p, cn_error *err)
{
	for (size_t i = 0; i < p->now->object_count; i++) {
		const cni_object *now = &p->now->objects[i];
		if (now->ddl.kind != CNI_DDL_INDEX || cni_pg_plan_ignores(p, now))
			continue;
		const cni_object *to = cni_schema_find(p->request->to, CNI_DDL_INDEX, now->name);
		if (!to || !cni_object_equal(now, to))
			TRY(cni_pg_plan_drop(p, now, to ? "changes" : "goes", err));
	}
	return CN_OK;
}

cn_status cni_pg_plan_drop_constraints(pg_planner *p, cn_error *err)
{
	const cni_schema *now = p->now;

	for (size_t i = 0; i < now->object_count; i++)
		if (now->objects[i].ddl.kind == CNI_DDL_TABLE)
			TRY(drop_kind(p, &now->objects[i], true, err));
	TRY(drop_indexes(p, err));
	for (size_t i = 0; i < now->object_count; i++)
		if (now->objects[i].ddl.kind == CNI_DDL_TABLE)
			TRY(drop_kind(p, &now->objects[i], false, err));
	for (size_t i = 0; i < now->object_count; i++)
		if (now->objects[i].ddl.kind == CNI_DDL_TABLE &&
			!cni_pg_plan_ignores(p, &now->objects[i]))
			TRY(cni_pg_plan_drop_identities(p, &now->objects[i], err));
	return cni_pg_plan_look(p, err);
}

/* ---- columns ---- */

static const cni_ddl_column *column_of(const cni_object *table, const char *name)
{
	for (size_t i = 0; i < table->ddl.table.column_count; i++)
		if (strcmp(table->ddl.table.columns[i].name, name) == 0)
			return &table->ddl.table.columns[i];
	return NULL;
}

/* Another expression, or one where there was none, is a column of its own: its values are computed
 * anew in any case. */
static bool made_anew(const cni_ddl_column *now, const cni_ddl_column *to)
{
	if (!to->generated_sql)
		return false;
	return !cni_equal(now->generated_sql, to->generated_sql) ||
	       !cni_equal(now->type, to->type) || !cni_equal(now->collate, to->collate);
}

static bool changes_type(const cni_ddl_column *now, const cni_ddl_column *to)
{
	return !cni_equal(now->type, to->type) || !cni_equal(now->collate, to->collate);
}

static bool mentions(pg_planner *p, const char *sql, const char *name)
{
	cni_lexer lexer;

	cni_lexer_init(&lexer, sql, strlen(sql));
	for (cni_token token; (token = cni_lexer_next_solid(&lexer)).kind != CNI_TOKEN_END;) {
		bool word = token.kind == CNI_TOKEN_WORD || token.kind == CNI_TOKEN_QUOTED;
		const char *text = word ? cni_token_name(p->arena, &token) : NULL;
		if (text && strcmp(text, name) == 0)
			return true;
	}
	return false;
}

/* PostgreSQL changes no type under a generated column. */
static bool stands_in_the_way(
	pg_planner *p, const cni_object *now, const cni_object *to, const cni_ddl_column *column)
{
	for (size_t i = 0; column->generated_sql && i < now->ddl.table.column_count; i++) {
		const cni_ddl_column *is = &now->ddl.table.columns[i];
		const cni_ddl_column *other = column_of(to, is->name);
		if (other && changes_type(is, other) &&
			mentions(p, column->generated_sql, is->name))
			return true;
	}
	return false;
}

static cn_status drop_columns(
	pg_planner *p, const cni_object *now, const cni_object *to, cn_error *err)
{
	for (int pass = 0; pass < 2; pass++) /* generated ones read the others */
		for (size_t i = 0; i < now->ddl.table.column_count; i++) {
			const cni_ddl_column *is = &now->ddl.table.columns[i];
			const cni_ddl_column *other = column_of(to, is->name);
			bool again = other &&
				     (made_anew(is, other) || stands_in_the_way(p, now, to, is));
			if ((is->generated_sql != NULL) != (pass == 0) || (other && !again))
				continue;
			TRY(cni_pg_plan_drop_readers(p, now->name, is->name, err));
			TRY(cni_pg_plan_run(p,
				cni_printf(p->arena, "table %s: column %s %s", now->name, is->name,
					again ? "is computed anew" : "goes"),
				err, "ALTER TABLE %s DROP COLUMN %s",
				cni_pg_plan_name(p, now->name), cni_pg_plan_name(p, is->name)));
		}
	return CN_OK;
}

static long column_now(const pg_planner *p, const char *table, const char *name)
{
	const cni_object *now = cni_schema_table(p->now, table);
	const cni_ddl_column *column = now ? column_of(now, name) : NULL;

	return column ? (long)(column - now->ddl.table.columns) : -1;
}

static cn_status make_columns(pg_planner *p, const cni_object *to, cn_error *err)
{
	const cni_copy *copy = cni_pg_plan_copy(p, to->name);
	const cni_object *now = cni_schema_table(p->now, to->name);

	TRY(cni_pg_plan_types(p, now, to, err));
	TRY(cni_pg_plan_look(p, err));
	now = cni_schema_table(p->now, to->name);
	for (size_t i = 0; i < to->ddl.table.column_count; i++) {
		long at = column_now(p, to->name, to->ddl.table.columns[i].name);
		if (at >= 0)
			TRY(cni_pg_plan_column(p, to, &now->ddl.table.columns[at], i, copy, err));
	}
	for (int pass = 0; pass < 2; pass++) /* generated ones read the others */
		for (size_t i = 0; i < to->ddl.table.column_count; i++) {
			const cni_ddl_column *column = &to->ddl.table.columns[i];
			if ((column->generated_sql != NULL) == (pass == 1) &&
				column_now(p, to->name, column->name) < 0)
				TRY(cni_pg_plan_add_column(p, to, i, copy, err));
		}
	return CN_OK;
}

static cn_status add_constraint(
	pg_planner *p, const cni_object *to, const cni_ddl_constraint *c, cn_error *err)
{
	return cni_pg_plan_run(p,
		cni_printf(p->arena, "table %s: constraint %s is new", to->name, c->name), err,
		"ALTER TABLE %s ADD %s", cni_pg_plan_name(p, to->name), text_of(p, c, false));
}

cn_status cni_pg_plan_table(
	pg_planner *p, const cni_object *now, const cni_object *to, cn_error *err)
{
	const cni_ddl_table *a = &now->ddl.table, *b = &to->ddl.table;

	if (!cni_equal(a->rest_sql, b->rest_sql) || !cni_equal(a->partition_of, b->partition_of) ||
		!cni_equal(a->bound_sql, b->bound_sql)) {
		cn_error_set(err, CN_EUNSUPPORTED,
			"table \"%s\" cannot be partitioned otherwise where it stands", to->name);
		cn_error_hint(err, "make a new table, and move the rows by a revision of your own");
		return CN_EUNSUPPORTED;
	}
	if (!b->partition_of) { /* a partition's columns are its parent's */
		TRY(drop_columns(p, now, to, err));
		TRY(cni_pg_plan_look(p, err));
		TRY(make_columns(p, to, err));
		TRY(cni_pg_plan_look(p, err));
	}
	for (size_t i = 0; i < b->constraint_count; i++) {
		const cni_ddl_constraint *c = &b->constraints[i];
		if (c->kind != CNI_FOREIGN_KEY && !c->not_valid &&
			!has_constraint_now(p, to->name, c->name))
			TRY(add_constraint(p, to, c, err));
	}
	return CN_OK;
}

/* ---- what is late ---- */

static cn_status make_late_constraints(pg_planner *p, const cni_object *to, cn_error *err)
{
	const cni_object *now = cni_schema_table(p->now, to->name);

	for (size_t i = 0; i < to->ddl.table.constraint_count; i++) {
		const cni_ddl_constraint *c = &to->ddl.table.constraints[i];
		const cni_ddl_constraint *is = find_constraint(now, c->name);
		if (!is)
			TRY(add_constraint(p, to, c, err));
		else if (is->not_valid && !c->not_valid)
			TRY(cni_pg_plan_run(p,
				cni_printf(p->arena, "table %s: the rows are looked at for %s",
					to->name, c->name),
				err, "ALTER TABLE %s VALIDATE CONSTRAINT %s",
				cni_pg_plan_name(p, to->name), cni_pg_plan_name(p, c->name)));
	}
	return CN_OK;
}

static bool has_note(const cni_ddl *ddl, const cni_ddl_note *note)
{
	for (size_t i = 0; ddl && i < ddl->note_count; i++)
		if (strcmp(ddl->notes[i].sql, note->sql) == 0 &&
			cni_equal(ddl->notes[i].column, note->column))
			return true;
	return false;
}

static cn_status run_note(
	pg_planner *p, const cni_object *object, const cni_ddl_note *note, bool undo, cn_error *err)
{
	CLEANUP(cni_buffer_done) cni_buffer sql = {0};

	cni_ddl_write_note(&sql, &object->ddl, note, undo);
	if (sql.failed)
		return no_memory(err);
	return cni_pg_plan_run(p,
		cni_pg_plan_says(p, object, note->kept ? "gets its grants back" : "is described"),
		err, "%s", cni_buffer_text(&sql));
}

/* Of a note that says another thing about the same only the new one is run. */
static bool is_replaced(const cni_ddl *to, const cni_ddl_note *note)
{
	for (size_t i = 0; i < to->note_count; i++)
		if (strcmp(to->notes[i].undo_sql, note->undo_sql) == 0 &&
			cni_equal(to->notes[i].column, note->column))
			return true;
	return false;
}

static cn_status make_notes(pg_planner *p, const cni_object *to, cn_error *err)
{
	const cni_object *now = cni_schema_find(p->now, to->ddl.kind, to->name);

	for (size_t i = 0; now && i < now->ddl.note_count; i++) {
		const cni_ddl_note *note = &now->ddl.notes[i];
		if (!note->kept && !has_note(&to->ddl, note) && !is_replaced(&to->ddl, note))
			TRY(run_note(p, now, note, true, err));
	}
	for (size_t i = 0; i < to->ddl.note_count; i++) {
		const cni_ddl_note *note = &to->ddl.notes[i];
		if (!note->kept && !has_note(now ? &now->ddl : NULL, note))
			TRY(run_note(p, to, note, false, err));
	}
	return CN_OK;
}

static cn_status give_back(pg_planner *p, const cni_object *to, cn_error *err)
{
	const cni_object *from = cni_schema_find(p->request->from, to->ddl.kind, to->name);

	for (size_t i = 0; from && i < from->ddl.note_count; i++)
		if (from->ddl.notes[i].kept)
			TRY(run_note(p, from, &from->ddl.notes[i], false, err));
	return CN_OK;
}

cn_status cni_pg_plan_late(pg_planner *p, cn_error *err)
{
	const cni_schema *to = p->request->to;

	for (size_t i = 0; i < to->object_count; i++)
		if (to->objects[i].ddl.kind == CNI_DDL_TABLE &&
			!cni_pg_plan_ignores(p, &to->objects[i]))
			TRY(make_late_constraints(p, &to->objects[i], err));
	for (size_t i = 0; i < to->object_count; i++)
		if (!cni_pg_plan_ignores(p, &to->objects[i]))
			TRY(make_notes(p, &to->objects[i], err));
	for (size_t i = 0; i < p->remade_count; i++)
		TRY(give_back(p, p->remade[i], err));
	return CN_OK;
}
