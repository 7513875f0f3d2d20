/*
 * version.h - the table in which a database remembers which revisions it has.
 *
 * One row for every revision that is applied; and one, "base", made with the table: since when the
 * database is looked after, and its random id. A row is written and removed in the transaction that
 * runs the revision's statements, so the table never says what is not so.
 */
#ifndef CNI_MIGRATE_VERSION_H
#define CNI_MIGRATE_VERSION_H

#include "migrate/revision/revision.h"

typedef struct cni_applied {
	const char *revision, *applied_at, *checksum, *tool;
	const char *tag;     /* NULL: none */
	int64_t duration_us; /* -1: stamped, nothing was run */
} cni_applied;

typedef struct cni_unfinished { /* a revision without a transaction that was not brought to its end
				 */
	const char *revision;   /* NULL: there is none */
	const char *checksum, *started_at;
	bool down;
	size_t done, count; /* steps */
	bool started;       /* the step after those was begun */
} cni_unfinished;

typedef struct cni_version {
	bool exists;             /* the table is there */
	bool has_tags;           /* it has a column for tags */
	const char *database_id; /* NULL without a table */
	cni_applied *list;       /* in the order in which they were applied */
	size_t count;
	cni_unfinished unfinished;
} cni_version;

/* Reads it; a database without the table has none applied. CN_ESCHEMA when there is a table of that
 * name which is not ours. */
/* Is there a table of this name, and (column not NULL) has it that column? */
cn_status cni_version_count(cni_conn *conn, const char *table, const char *column, bool *ret,
	cn_error *err) CN_MUST_CHECK;
cn_status cni_version_read(
	cni_conn *conn, cni_arena *arena, cni_version *ret, cn_error *err) CN_MUST_CHECK;
const cni_applied *cni_version_find(
	const cni_version *version, const char *revision); /* NULL: not applied */

/* Inside a transaction. */
cn_status cni_version_create(cni_conn *conn, cn_error *err) CN_MUST_CHECK; /* fine if it is there */
/* `tag` may be NULL; a table of an older version is given the column for it. */
cn_status cni_version_add(cni_conn *conn, const cni_revision *revision, int64_t duration_us,
	const char *tag, cn_error *err) CN_MUST_CHECK;
cn_status cni_version_purge(cni_conn *conn, cn_error *err) CN_MUST_CHECK; /* all but the base row */
cn_status cni_version_remove(cni_conn *conn, const char *revision, cn_error *err) CN_MUST_CHECK;

/* The record of a revision that runs step by step: unfinished.c. */
cn_status cni_unfinished_read(
	cni_conn *conn, cni_arena *arena, cni_unfinished *ret, cn_error *err) CN_MUST_CHECK;
cn_status cni_unfinished_begin(cni_conn *conn, const cni_revision *revision, bool down,
	size_t count, cn_error *err) CN_MUST_CHECK;
/* Step `number` (from 1) is begun, or done; in a transaction or by itself. */
cn_status cni_unfinished_note(
	cni_conn *conn, size_t number, bool done, cn_error *err) CN_MUST_CHECK;
cn_status cni_unfinished_end(cni_conn *conn, cn_error *err) CN_MUST_CHECK;

/* The same as statements, appended to a plan that is printed for another program to run.
 * `add_tag`: the table is there, and has no column for the tag yet. */
cn_status cni_version_script(cni_arena *arena, const char *engine, cni_plan *plan,
	const cni_revision *revision, bool down, const char *tag, bool add_tag,
	cn_error *err) CN_MUST_CHECK;

#endif
