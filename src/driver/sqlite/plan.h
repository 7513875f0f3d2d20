/*
 * plan.h - the planner's state while it plays a change through on an empty scratch database.
 *
 * Every step is run there at once; what the scratch database then holds is the truth that the next
 * step is chosen by. Renames, ADD COLUMN and DROP COLUMN are SQLite's own ALTER; the rest is a
 * rebuild. Where SQLite refuses (a broken view anywhere blocks every RENAME and DROP COLUMN) the
 * change is played again one level further.
 */
#ifndef CNI_DRIVER_SQLITE_PLAN_H
#define CNI_DRIVER_SQLITE_PLAN_H

#include "driver/plan.h"

typedef enum cni_plan_level {
	CNI_LEVEL_CHEAP = 0, /* views and triggers stay where they are */
	CNI_LEVEL_BARE,      /* all views and triggers go first and come back last */
	CNI_LEVEL_REBUILD,   /* and every table that differs is rebuilt */
	CNI_LEVEL_COPY,      /* and columns get their new names in the copy: SQLite's RENAME COLUMN
				fails on some sound tables */
	CNI_LEVEL_END,
} cni_plan_level;

typedef struct cni_planner {
	const cni_plan_request *request;
	cni_arena *arena;
	cni_conn *scratch;
	cni_plan_level level;
	cni_plan plan;
} cni_planner;

/* Runs a statement on the scratch database and adds it to the plan. The text is copied. */
cn_status cni_planner_run(
	cni_planner *planner, const char *comment, const char *sql, cn_error *err) CN_MUST_CHECK;
cn_status cni_planner_runf(cni_planner *planner, const char *comment, cn_error *err,
	const char *fmt, ...) CN_PRINTF(4, 5) CN_MUST_CHECK;
/* The same from a buffer, which is emptied. */
cn_status cni_planner_run_buffer(
	cni_planner *planner, const char *comment, cni_buffer *sql, cn_error *err) CN_MUST_CHECK;

/* What the scratch database holds now. */
cn_status cni_planner_inspect(
	cni_planner *planner, const cni_schema **ret, cn_error *err) CN_MUST_CHECK;
/* One object of it, read again; NULL in *ret when there is none. */
cn_status cni_planner_object(cni_planner *planner, const char *type, const char *name,
	const cni_object **ret, cn_error *err) CN_MUST_CHECK;

/* A name that stands for nothing in either schema nor in the scratch database; NULL when out of
 * memory. */
const char *cni_planner_free_name(cni_planner *planner, const char *base);

/* Does this object of `from` live on (perhaps under another name)? Tables and virtual tables. */
bool cni_planner_survives(const cni_planner *planner, const cni_object *object);
/* Does it stand on a table that is somebody else's? */
bool cni_planner_ignores(const cni_planner *planner, const cni_object *object);

/* plan_rename.c: all renames of tables, then of columns, chains and rings included. */
cn_status cni_plan_renames(cni_planner *planner, cn_error *err) CN_MUST_CHECK;

/* plan_table.c: brings one table, as it is now, to what it shall be: ALTER where that gives the
 * very same table, else a rebuild. */
cn_status cni_plan_table(cni_planner *planner, const cni_copy *copy, const cni_object *now,
	cn_error *err) CN_MUST_CHECK;

/* Is it a default that ADD COLUMN takes whatever rows there are, and that one literal says? */
bool cni_plan_literal(cni_arena *arena, const char *sql, cni_affinity affinity);

/* plan_rebuild.c */
cn_status cni_plan_rebuild(cni_planner *planner, const cni_copy *copy, const cni_object *now,
	cn_error *err) CN_MUST_CHECK;
/* One line on what happens to a table and what differs, for the comment of a step; NULL when out of
 * memory. */
const char *cni_plan_reason(
	cni_planner *planner, const cni_copy *copy, const cni_object *now, const char *what);

/* plan_edit.c: a large table whose stored text can be edited while its rows stay. *ret_done: that
 * is planned. */
cn_status cni_plan_edit(cni_planner *planner, const cni_copy *copy, const cni_object *now,
	bool *ret_done, cn_error *err) CN_MUST_CHECK;

/* plan_virtual.c: replaces a virtual table that changed, its content carried over where it has its
 * own. */
cn_status cni_plan_virtual(cni_planner *planner, const cni_object *now, const cni_object *to,
	cn_error *err) CN_MUST_CHECK;
/* Does a full text index over another table speak of values, or of rowids, that the change makes
 * others? */
bool cni_plan_index_is_stale(cni_planner *planner, const cni_object *index);
/* Fills a full text index over another table; nothing for any other virtual table. When all tables
 * stand. */
cn_status cni_plan_fill_index(
	cni_planner *planner, const cni_object *to, cn_error *err) CN_MUST_CHECK;

/* plan.c: the driver's entry. */
cn_status cni_sqlite_plan(
	const cni_plan_request *request, cni_arena *arena, cni_plan *ret, cn_error *err);

/* misfit.c: which rows a copy could not take. */
void cni_sqlite_step_failed(
	cni_conn *conn, const cni_plan *plan, const cni_step *step, cn_error *err);

/* verify.c: around the steps, inside their transaction. */
cn_status cni_sqlite_plan_before(
	cni_conn *conn, const cni_plan *plan, cni_arena *arena, void **ret_state, cn_error *err);
cn_status cni_sqlite_plan_after(
	cni_conn *conn, const cni_plan *plan, cni_arena *arena, void *ctx, cn_error *err);

/* many.c: the steps, one after the other; many CREATE statements without SQLite's n * n. */
cn_status cni_sqlite_run_steps(cni_conn *base, const cni_plan *plan, size_t from, size_t to,
	cni_nth_fn run, void *ctx, cn_error *err);

/* touch.c: which tables the steps of a plan can touch. */
typedef struct cni_made { /* a table that is younger than the plan */
	const char *name; /* as it is called in the end; "" when it is dropped again */
	bool filled;
} cni_made;
typedef struct cni_touched {
	bool all;           /* a step may write anywhere: every table counts as touched */
	bool loses;         /* values may go that stand nowhere else afterwards */
	const char **names; /* sorted */
	size_t count;
	cni_made *made; /* sorted */
	size_t made_count;
} cni_touched;
/* Before the steps run. */
cn_status cni_plan_touched(cni_conn *conn, const cni_plan *plan, cni_arena *arena, cni_touched *ret,
	cn_error *err) CN_MUST_CHECK;
bool cni_is_touched(const cni_touched *touched, const char *name);
/* Was it made by the steps, and nothing written into it? */
bool cni_is_empty(const cni_touched *touched, const char *name);

/* statistics.c: what ANALYZE wrote about the tables that are written anew. */
typedef struct cni_statistics {
	struct cni_statistic *list;
	size_t count;
} cni_statistics;
cn_status cni_statistics_read(cni_conn *conn, const cni_plan *plan, cni_arena *arena,
	cni_statistics *ret, cn_error *err) CN_MUST_CHECK;
cn_status cni_statistics_restore(cni_conn *conn, const cni_statistics *statistics, cni_arena *arena,
	cn_error *err) CN_MUST_CHECK;

/* CN_ESCHEMA, or what SQLite says, when pages of the file are damaged, as far as that is found out
 * at once. Source: whole.c */
cn_status cni_sqlite_whole(cni_conn *conn, cn_error *err) CN_MUST_CHECK;

/* space.c: is there room for a rebuild? CN_EIO, with how much is missing, if not. */
cn_status cni_sqlite_space(cni_conn *conn, const cni_plan *plan, cn_error *err) CN_MUST_CHECK;
/* The bytes that the plan takes at least beside the database, for a while; 0: not worth asking. */
int64_t cni_sqlite_space_needed(cni_conn *conn, const cni_plan *plan);

#endif
