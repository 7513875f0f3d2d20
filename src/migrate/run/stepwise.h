/*
 * stepwise.h - a revision that cannot be one transaction, step by step.
 *
 * A section with `-- no-transaction` holds what SQLite refuses in a transaction (VACUUM, changing
 * the journal mode or the page size) or what somebody wants to commit in pieces. What is promised:
 *
 *   - One process at a time: a lock beside the database's file (its name and "-migrate") is held
 *     from the first step to the last, and goes with the process.
 *   - A table beside the version table says which steps are done. A statement that can be in a
 *     transaction is in one with its record, checked like any revision: it is done exactly once.
 *     VACUUM and PRAGMA are recorded before and after; what was killed between is run again.
 *   - A run that was killed, or that failed, is gone on with by the next one, from the step that is
 *     not done. PRAGMAs that are done are run again first, because some hold for their connection
 *     only. While a revision is unfinished, nothing else is run on the database.
 *   - The version row and the end of the record are one transaction, after the schema was compared
 *     and the settings were read back.
 *
 * What is not: between two steps other programs may read and write; after a failure the steps that
 * are done stay.
 */
#ifndef CNI_MIGRATE_STEPWISE_H
#define CNI_MIGRATE_STEPWISE_H

#include "base/lock.h"
#include "migrate/migrator/migrator.h"
#include "migrate/run/running.h"

/* Waits for its turn; nothing is locked for a database in memory. Before the connection is opened:
 * whoever waits with one would keep the other from leaving WAL mode. */
cn_status cni_stepwise_lock(cn_migrator *migrator, cni_lock *lock, cn_error *err) CN_MUST_CHECK;

/* Runs it on a database that counts: what cni_run_revision does for other revisions. */
cn_status cni_stepwise_run(cni_conn *conn, cni_running *state, cn_error *err) CN_MUST_CHECK;

/* Runs it where nothing is recorded: in a scratch database. */
cn_status cni_stepwise_rehearse(cni_conn *conn, const cni_revision *revision, const cni_plan *plan,
	bool down, const cni_schema *expect, cn_error *err) CN_MUST_CHECK;

/* Fills the error that says what is done of the unfinished revision, and what to do. */
cn_status cni_stepwise_fail(const cni_version *version, cn_error *err);

#endif
