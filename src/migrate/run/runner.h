/*
 * runner.h - one revision on a live database, whole or not at all.
 *
 * The statements, what they are checked by, and the row in the version table are one transaction
 * under the database's write lock (execute.h). What the version table says is read again under that
 * lock: of several processes that want the same, one runs the revision and the others find it done.
 */
#ifndef CNI_MIGRATE_RUNNER_H
#define CNI_MIGRATE_RUNNER_H

#include "migrate/revision/version.h"

typedef struct cni_run {
	const cni_folder *folder;
	const cni_revision *revision;
	bool down;
	const char *tag; /* for its row; NULL: none */
	/* What the revisions make before and after this one. NULL: the database is taken as it is.
	 */
	const cni_schema *before, *after;
	/* a table of at least so many rows keeps them where it is enough to edit its stored
	 * definition (cheaper.h); 0: CNI_EDIT_FROM; negative: no table */
	int64_t edit_from;
	unsigned lock_timeout_ms; /* for steps outside of a transaction */
	void (*progress)(
		const char *what, int64_t done, int64_t total, void *ctx); /* may be NULL */
	void *ctx;
	/* called under the lock, before anything is written, when the revision will be run; may be
	 * NULL */
	cn_status (*starts)(cni_conn *conn, const cni_version *version, void *ctx, cn_error *err);
	void *starts_ctx;
} cni_run;

/* *ret_done: false when another process had done it. CN_ECONFLICT when the database is at another
 * revision than this one needs; CN_ESCHEMA when it is not what its revisions make, or when
 * something would be lost that they do not know. After any error the connection must be closed and
 * the version table read again: that is the truth, not the error. */
cn_status cni_run_revision(
	cni_conn *conn, const cni_run *run, bool *ret_done, cn_error *err) CN_MUST_CHECK;

#endif
