/*
 * cost.h - what a plan does, statement by statement, and what that takes.
 *
 * Pure: sizes come from the driver (cni_conn_sizes), statements from a revision's file or a plan.
 * What the statements do to tables is followed, so that the second revision finds the tables as the
 * first one leaves them.
 */
#ifndef CNI_MIGRATE_COST_H
#define CNI_MIGRATE_COST_H

#include <cantil/operations.h>

#include "migrate/revision/revision.h"

typedef struct cni_cost_table {
	const char *name;
	int64_t rows; /* -1: not known */
	bool counted;
	int64_t table_bytes, index_bytes;
	size_t index_count;
} cni_cost_table;

typedef struct cni_coster {
	cni_arena *arena;
	const cni_sizes *sizes;
	cni_cost_table *tables; /* as they are after what was added so far */
	size_t table_count;
	cn_cost_step *steps; /* of the plan that is being added */
	size_t step_count;
} cni_coster;

/* The tables as `sizes` has them; a database that is not there yet: {0}. */
cn_status cni_coster_init(
	cni_coster *coster, cni_arena *arena, const cni_sizes *sizes, cn_error *err) CN_MUST_CHECK;
/* One transaction's steps, behind those that were added before. `down` (may be NULL): the way back,
 * whose warnings say what it cannot bring back. */
cn_status cni_cost_plan(cni_coster *coster, const cni_plan *plan, const cni_plan *down,
	cn_cost_revision *ret, cn_error *err) CN_MUST_CHECK;

/* "about 3 s", for people. */
const char *cni_cost_duration(cni_arena *arena, int64_t duration_ms);
/* "12.3 MB" */
const char *cni_cost_bytes(cni_arena *arena, int64_t bytes);

#endif
