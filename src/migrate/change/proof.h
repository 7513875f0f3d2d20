/* proof.h - the way back, and trying both ways on a copy of the data. */
#ifndef CNI_MIGRATE_PROOF_H
#define CNI_MIGRATE_PROOF_H

#include "migrate/change/change.h"

enum {
	CNI_PROOF_MAX_BYTES = 256 << 20, /* a larger database is not copied to try a change on it */
	/* nor is one larger than this when the change runs right afterwards, with the same checks,
	 * and is rolled back by what would fail on the copy */
	CNI_PROOF_MAX_BYTES_RUN = 16 << 20,
};

/* back.c: the plan from `to` to `from`, asking nobody: what cannot come back is said in its
 * warnings. */
cn_status cni_plan_back(cni_arena *arena, const cni_plan_request *forth, cni_plan *ret,
	cn_error *err) CN_MUST_CHECK;

/* proof.c: runs up, and down, on a copy of the data with all checks of execute.h. That both lead to
 * the schemas they shall lead to is proved already by the planner. A failure of up is an error; one
 * of down, which may rest on rows that only people can judge, becomes a warning of it. */
cn_status cni_prove(cni_arena *arena, const cni_change_input *input, cni_change_set *set,
	cn_error *err) CN_MUST_CHECK;

#endif
