/*
 * execute.h - running a plan's or a revision's steps so that a kill, a full disk or an error at any
 * instruction leaves the old state or the new one.
 *
 * In this order: foreign keys off (read back), BEGIN IMMEDIATE, `locked` (reads the state again
 * under the lock; may say that there is nothing to do), counts and content hashes of what must be
 * kept, the steps, comparison, foreign_key_check (no more violations than before), quick_check,
 * `finish` (the version row), COMMIT, pragmas restored. Data steps at the front and at the end
 * stand outside of what is counted and compared. After any error: rollback; the connection is then
 * to be closed and the state read again.
 */
#ifndef CNI_MIGRATE_EXECUTE_H
#define CNI_MIGRATE_EXECUTE_H

#include "migrate/change/change.h"

typedef struct cni_execution {
	const cni_plan *plan;
	/* whose steps they are: for C functions, arguments and places in messages; NULL: a plan
	 * that was made, and has none of these */
	const struct cni_revision *revision;
	bool down;        /* its downgrade */
	bool rehearsal;   /* in a scratch database: what cannot be had there is left out */
	bool schema_only; /* a rehearsal from which only the schema is wanted: nothing is asked of
			     rows */
	const cni_schema *expect; /* the schema afterwards; compared when not NULL (normalised) */
	cn_status (*locked)(
		cni_conn *conn, bool *ret_skip, void *ctx, cn_error *err); /* may be NULL */
	cn_status (*finish)(cni_conn *conn, void *ctx, cn_error *err);     /* may be NULL */
	void (*progress)(
		const char *what, int64_t done, int64_t total, void *ctx); /* steps; may be NULL */
	/* asked before each step: true ends the migration with CN_ECANCELED; may be NULL. What is
	 * running is ended by cni_conn_interrupt. */
	bool (*canceled)(void *ctx);
	void *ctx;
} cni_execution;

cn_status cni_execute(cni_conn *conn, const cni_execution *execution, cn_error *err) CN_MUST_CHECK;

#endif
