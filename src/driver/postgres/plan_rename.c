/* plan_rename.c - names: of tables and columns as it was decided; of constraints, indexes and
 * sequences where nothing but the name differs. See plan.h. */
#include <string.h>

#include "base/text.h"
#include "base/try.h"
#include "driver/postgres/plan.h"
#include "schema/compare.h"

static cn_status no_memory(cn_error *err) { return cn_fail(err, CN_ENOMEM, "out of memory"); }

static cn_status rename_table(
	pg_planner *p, const char *from, const char *to, bool aside, cn_error *err)
{
	const char *says = cni_printf(p->arena, "table %s is renamed%s", from,
		aside ? ": aside, another takes its name" : "");

	return cni_pg_plan_run(p, says, err, "ALTER TABLE %s RENAME TO %s",
		cni_pg_plan_name(p, from), cni_pg_plan_name(p, to));
}

static cn_status rename_column(
	pg_planner *p, const char *table, const char *from, const char *to, cn_error *err)
{
	return cni_pg_plan_run(p,
		cni_printf(p->arena, "table %s: column %s is renamed", table, from), err,
		"ALTER TABLE %s RENAME COLUMN %s TO %s", cni_pg_plan_name(p, table),
		cni_pg_plan_name(p, from), cni_pg_plan_name(p, to));
}

/* Renames of one scope: those whose new name is free go first; a ring is opened by one that steps
 * aside. */
typedef struct ring {
	const char *scope; /* the table's new name; NULL: tables */
	cni_rename *list;
	size_t count;
} ring;

static bool is_taken(const ring *r, const char *name)
{
	for (size_t i = 0; i < r->count; i++)
		if (strcmp(r->list[i].from, name) == 0)
			return true;
	return false;
}

static cn_status rename_one(pg_planner *p, const ring *r, size_t at, const char *to, cn_error *err)
{
	const char *from = r->list[at].from;

	if (r->scope)
		return rename_column(p, r->scope, from, to, err);
	return rename_table(p, from, to, strcmp(to, r->list[at].to) != 0, err);
}

static cn_status rename_all(pg_planner *p, ring *r, cn_error *err)
{
	while (r->count) {
		size_t at = 0;
		while (at < r->count && is_taken(r, r->list[at].to) &&
			strcmp(r->list[at].to, r->list[at].from) != 0)
			at++;
		if (at < r->count) {
			if (strcmp(r->list[at].to, r->list[at].from) != 0)
				TRY(rename_one(p, r, at, r->list[at].to, err));
			r->list[at] = r->list[--r->count];
			continue;
		}
		const char *aside = cni_printf(p->arena, "cantil_aside_%zu", r->count);
		if (!aside)
			return no_memory(err);
		TRY(rename_one(p, r, 0, aside, err));
		r->list[0].from = aside;
	}
	return CN_OK;
}

static cn_status collect(pg_planner *p, const char *scope, ring *ret, cn_error *err)
{
	ring r = {.scope = scope};

	for (size_t i = 0; i < p->request->rename_count; i++) {
		cni_rename one = p->request->renames[i];
		bool same = scope ? one.table && strcmp(one.table, scope) == 0 : !one.table;
		if (same && !CNI_PUSH(p->arena, r.list, r.count, one))
			return no_memory(err);
	}
	*ret = r;
	return CN_OK;
}

cn_status cni_pg_plan_renames(pg_planner *p, cn_error *err)
{
	ring tables;

	TRY(collect(p, NULL, &tables, err));
	TRY(rename_all(p, &tables, err));
	for (size_t i = 0; i < p->request->copy_count; i++) {
		ring columns;
		TRY(collect(p, p->request->copies[i].to->name, &columns, err));
		TRY(rename_all(p, &columns, err));
	}
	return p->request->rename_count ? cni_pg_plan_look(p, err) : CN_OK;
}

/* ---- constraints, indexes, sequences ---- */

static const char *without_name(pg_planner *p, const cni_ddl_constraint *constraint)
{
	CLEANUP(cni_buffer_done) cni_buffer out = {0};
	cni_ddl_constraint nameless = *constraint;

	nameless.name = NULL;
	cni_ddl_write_postgres_constraint(&out, &nameless);
	const char *text = cni_buffer_dup(&out, p->arena);
	p->arena->failed |= !text;
	return text ? text : "";
}

static bool has_constraint(const cni_ddl_table *table, const char *name)
{
	for (size_t i = 0; i < table->constraint_count; i++)
		if (strcmp(table->constraints[i].name, name) == 0)
			return true;
	return false;
}

typedef struct renamed { /* a constraint */
	const char *table, *from, *to;
} renamed;

static cn_status rename_constraint(pg_planner *p, const renamed *one, cn_error *err)
{
	return cni_pg_plan_run(p,
		cni_printf(p->arena, "table %s: constraint %s is renamed", one->table, one->from),
		err, "ALTER TABLE %s RENAME CONSTRAINT %s TO %s", cni_pg_plan_name(p, one->table),
		cni_pg_plan_name(p, one->from), cni_pg_plan_name(p, one->to));
}

/* Those of one table that are alike but for the name. */
static cn_status pair_constraints(pg_planner *p, const cni_object *now, const cni_object *to,
	renamed **list, size_t *count, cn_error *err)
{
	const cni_ddl_table *a = &now->ddl.table, *b = &to->ddl.table;
	bool *taken = cni_alloc(p->arena, b->constraint_count + 1);

	if (!taken)
		return no_memory(err);
	for (size_t i = 0; i < a->constraint_count; i++) {
		if (has_constraint(b, a->constraints[i].name))
			continue;
		const char *text = without_name(p, &a->constraints[i]);
		for (size_t k = 0; k < b->constraint_count; k++) {
			const renamed one = {
				to->name, a->constraints[i].name, b->constraints[k].name};
			if (taken[k] || has_constraint(a, one.to) ||
				strcmp(text, without_name(p, &b->constraints[k])) != 0)
				continue;
			taken[k] = true;
			if (!CNI_PUSH(p->arena, *list, *count, one))
				return no_memory(err);
			break;
		}
	}
	return CN_OK;
}

/* Keys share their names with all tables and indexes: one that another gives up is free only then.
 */
static cn_status rename_constraints(pg_planner *p, renamed *list, size_t count, cn_error *err)
{
	for (size_t i = 0; i < count; i++) {
		bool taken = false;
		for (size_t k = 0; k < p->now->object_count && !taken; k++)
			taken = p->now->objects[k].ddl.kind == CNI_DDL_TABLE &&
				has_constraint(&p->now->objects[k].ddl.table, list[i].to);
		if (!taken)
			continue;
		renamed aside = list[i];
		aside.to = cni_printf(p->arena, "cantil_aside_%zu", i);
		if (!aside.to)
			return no_memory(err);
		TRY(rename_constraint(p, &aside, err));
		list[i].from = aside.to;
	}
	for (size_t i = 0; i < count; i++)
		TRY(rename_constraint(p, &list[i], err));
	return CN_OK;
}

static bool same_index(const cni_object *a, const cni_object *b)
{
	return a->ddl.index.unique == b->ddl.index.unique &&
	       strcmp(a->ddl.index.table, b->ddl.index.table) == 0 &&
	       cni_equal(a->ddl.index.definition_sql, b->ddl.index.definition_sql);
}

/* "CREATE SEQUENCE name AS integer": what stands behind the name. */
static bool same_sequence(const cni_object *a, const cni_object *b)
{
	size_t head = strlen("CREATE SEQUENCE ");

	return a->ddl.opaque.word[0] == 's' && strcmp(a->ddl.opaque.word, "sequence") == 0 &&
	       strcmp(b->ddl.opaque.word, "sequence") == 0 &&
	       strcmp(a->sql + head + strlen(a->name), b->sql + head + strlen(b->name)) == 0;
}

static bool owned_by(const cni_object *table, const cni_object *sequence)
{
	for (size_t i = 0; table && i < table->ddl.note_count; i++) {
		const char *sql = table->ddl.notes[i].sql;
		size_t n = strlen(sequence->name);
		if (cni_starts(sql, "ALTER SEQUENCE ") &&
			strncmp(sql + 15, sequence->name, n) == 0 && sql[15 + n] == ' ')
			return true;
	}
	return false;
}

/* Do both belong to one table? Else two sequences that look alike may have nothing to do with each
 * other. */
static bool same_owner(const pg_planner *p, const cni_object *a, const cni_object *b)
{
	for (size_t i = 0; i < p->now->object_count; i++) {
		const cni_object *table = &p->now->objects[i];
		if (table->ddl.kind == CNI_DDL_TABLE && owned_by(table, a))
			return owned_by(cni_schema_table(p->request->to, table->name), b);
	}
	return false;
}

static cn_status rename_object(
	pg_planner *p, const cni_object *now, const cni_object *to, cn_error *err)
{
	bool index = now->ddl.kind == CNI_DDL_INDEX;

	return cni_pg_plan_run(p, cni_pg_plan_says(p, now, "is renamed"), err,
		"ALTER %s %s RENAME TO %s", index ? "INDEX" : "SEQUENCE",
		index ? cni_pg_plan_name(p, now->name) : now->name,
		index ? cni_pg_plan_name(p, to->name) : to->name);
}

static cn_status rename_alike(pg_planner *p, cn_error *err)
{
	const cni_schema *to = p->request->to;
	bool *taken = cni_alloc(p->arena, to->object_count + 1);

	if (!taken)
		return no_memory(err);
	for (size_t i = 0; i < p->now->object_count; i++) {
		const cni_object *is = &p->now->objects[i];
		cni_ddl_kind kind = is->ddl.kind;
		if ((kind != CNI_DDL_INDEX && kind != CNI_DDL_OPAQUE) ||
			cni_pg_plan_ignores(p, is) || cni_schema_find(to, kind, is->name))
			continue;
		for (size_t k = 0; k < to->object_count; k++) {
			const cni_object *other = &to->objects[k];
			if (taken[k] || other->ddl.kind != kind ||
				cni_schema_find(p->now, kind, other->name) ||
				!(kind == CNI_DDL_INDEX ? same_index(is, other)
							: same_sequence(is, other) &&
								  same_owner(p, is, other)))
				continue;
			taken[k] = true;
			TRY(rename_object(p, is, other, err));
			break;
		}
	}
	return CN_OK;
}

cn_status cni_pg_plan_rename_parts(pg_planner *p, cn_error *err)
{
	renamed *list = NULL;
	size_t count = 0;

	for (size_t i = 0; i < p->now->object_count; i++) {
		const cni_object *now = &p->now->objects[i];
		const cni_object *to = now->ddl.kind == CNI_DDL_TABLE
					       ? cni_schema_table(p->request->to, now->name)
					       : NULL;
		if (to && !cni_pg_plan_ignores(p, now))
			TRY(pair_constraints(p, now, to, &list, &count, err));
	}
	TRY(rename_constraints(p, list, count, err));
	TRY(rename_alike(p, err));
	return cni_pg_plan_look(p, err);
}
