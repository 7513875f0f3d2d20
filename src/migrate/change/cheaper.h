/*
 * cheaper.h - another plan for the same revision, where the rows that are there make one cheaper.
 *
 * A revision is written once and runs on databases of any size, so its file holds steps that are
 * right everywhere: a table that changes is written anew. Where a table is large and the engine can
 * change its definition alone (driver/plan.h, edit_from), that is run instead, provided that the
 * file says nothing else than what the planner says for this change: a file that people have
 * edited, or that moves or fills values, runs as it stands.
 */
#ifndef CNI_MIGRATE_CHEAPER_H
#define CNI_MIGRATE_CHEAPER_H

#include "driver/plan.h"

/* `before`, `after`: what the revisions make; `from`: rows from which a table is large. *ret is
 * `plan` itself when there is nothing cheaper. No transaction must be open: rows are only counted.
 * Source: src/migrate/change/cheaper.c */
cn_status cni_plan_cheaper(cni_conn *conn, const cni_schema *before, const cni_schema *after,
	const cni_plan *plan, int64_t from, cni_arena *arena, const cni_plan **ret,
	cn_error *err) CN_MUST_CHECK;

#endif
