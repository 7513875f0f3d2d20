/* running.h - one revision while it runs on a database: what runner.c and stepwise.c share. */
#ifndef CNI_MIGRATE_RUNNING_H
#define CNI_MIGRATE_RUNNING_H

#include "migrate/run/runner.h"

typedef struct cni_running {
	const cni_run *run;
	const cni_plan *plan;
	cni_arena arena;          /* of this run */
	const cni_schema *actual; /* the database under the lock, before; NULL: not compared */
	cni_unfinished resumes;   /* what an earlier run has left; revision NULL: nothing */
	int64_t started_us;
	bool skipped; /* another process has done it */
} cni_running;

/* Under the write lock, before anything is written: may it run, and is the database what it should
 * be? Fits cni_execution.locked. */
cn_status cni_running_locked(
	cni_conn *conn, bool *ret_skip, void *ctx, cn_error *err) CN_MUST_CHECK;
/* Compares what came of it, and writes the version row. Fits cni_execution.finish. */
cn_status cni_running_finish(cni_conn *conn, void *ctx, cn_error *err) CN_MUST_CHECK;
void cni_running_report(const char *what, int64_t done, int64_t total, void *ctx);
bool cni_running_canceled(void *ctx);

#endif
