/*
 * plan.h - the planner's state while it plays a change through in an empty scratch schema.
 *
 * Every step is run there at once; what the scratch then holds, inspected, is what the next steps
 * are chosen by. PostgreSQL alters everything in place, and refuses what something else depends on:
 * then that goes first and comes back last (ADR 0048).
 *
 * Invariants: steps hold whatever rows there are; none says CASCADE, so nothing goes that no step
 * names.
 */
#ifndef CNI_DRIVER_POSTGRES_PLAN_H
#define CNI_DRIVER_POSTGRES_PLAN_H

#include "driver/plan.h"
#include "driver/postgres/postgres.h"

typedef struct pg_planner {
	const cni_plan_request *request;
	cni_arena *arena;
	cni_conn *scratch;
	const cni_schema *now; /* what the scratch held when it was last looked at … */
	size_t looked_at;      /* … after so many steps */
	cni_plan plan;
	const cni_object **remade; /* dropped and created: they get their grants back */
	size_t remade_count;
} pg_planner;

/* Runs a statement in the scratch and adds it to the plan; both texts are printed. `comment` may be
 * NULL: it belongs to the step before. */
cn_status cni_pg_plan_run(pg_planner *p, const char *comment, cn_error *err, const char *fmt, ...)
	CN_PRINTF(4, 5) CN_MUST_CHECK;
/* The same; *ret_refused: the server refused it, nothing was added, *why tells. */
cn_status cni_pg_plan_try(pg_planner *p, const char *comment, const char *sql, bool *ret_refused,
	cn_error *why, cn_error *err) CN_MUST_CHECK;
/* Would the server run it? Nothing stays. */
cn_status cni_pg_plan_would(pg_planner *p, const char *sql, bool *ret_taken, cn_error *why,
	cn_error *err) CN_MUST_CHECK;
/* A text as a literal, in the arena; "''" when out of memory. */
const char *cni_pg_plan_text(pg_planner *p, const char *text);
cn_status cni_pg_plan_look(pg_planner *p, cn_error *err) CN_MUST_CHECK;
/* A name quoted, in the arena; "" when out of memory (the arena has failed then). */
const char *cni_pg_plan_name(pg_planner *p, const char *name);
bool cni_pg_plan_ignores(const pg_planner *p, const cni_object *object);
/* "table t: what", one line. */
const char *cni_pg_plan_says(pg_planner *p, const cni_object *object, const char *what);
/* Drops an object of the scratch, and before it the views that stand on it. */
cn_status cni_pg_plan_drop(
	pg_planner *p, const cni_object *object, const char *why, cn_error *err) CN_MUST_CHECK;
/* Drops the views that read a table's column (NULL: anything of it), and what stands on them; they
 * come back at the end. */
cn_status cni_pg_plan_drop_readers(
	pg_planner *p, const char *table, const char *column, cn_error *err) CN_MUST_CHECK;
const cni_copy *cni_pg_plan_copy(const pg_planner *p, const char *table);

/* plan_rename.c: tables, columns, then constraints, indexes and sequences that differ in their
 * names only. */
cn_status cni_pg_plan_renames(pg_planner *p, cn_error *err) CN_MUST_CHECK;
cn_status cni_pg_plan_rename_parts(pg_planner *p, cn_error *err) CN_MUST_CHECK;
/* plan_table.c: what of the tables goes; then one table made as it shall be, but for its foreign
 * keys; then those. */
cn_status cni_pg_plan_drop_constraints(pg_planner *p, cn_error *err) CN_MUST_CHECK;
cn_status cni_pg_plan_table(
	pg_planner *p, const cni_object *now, const cni_object *to, cn_error *err) CN_MUST_CHECK;
cn_status cni_pg_plan_late(pg_planner *p, cn_error *err) CN_MUST_CHECK;
/* plan_column.c: identities that go; the types of a table's columns; then one column that stays; a
 * new one. */
cn_status cni_pg_plan_drop_identities(
	pg_planner *p, const cni_object *now, cn_error *err) CN_MUST_CHECK;
cn_status cni_pg_plan_types(
	pg_planner *p, const cni_object *now, const cni_object *to, cn_error *err) CN_MUST_CHECK;
cn_status cni_pg_plan_column(pg_planner *p, const cni_object *to, const cni_ddl_column *now,
	size_t column, const cni_copy *copy, cn_error *err) CN_MUST_CHECK;
cn_status cni_pg_plan_add_column(pg_planner *p, const cni_object *to, size_t column,
	const cni_copy *copy, cn_error *err) CN_MUST_CHECK;
/* plan_object.c: an object that is no table and changes. */
cn_status cni_pg_plan_change(
	pg_planner *p, const cni_object *now, const cni_object *to, cn_error *err) CN_MUST_CHECK;

#endif
