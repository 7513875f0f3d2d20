/*
 * drift.h - where a live database is not what its revisions say.
 *
 * A revision was proved against what the revisions before it make. On a database that somebody has
 * changed by hand it could take away what it does not know: a column, an index, a trigger that a
 * rebuild of their table does not bring back. So that is looked for before, and again afterwards.
 */
#ifndef CNI_MIGRATE_DRIFT_H
#define CNI_MIGRATE_DRIFT_H

#include "migrate/change/change.h"

/* Lines about tables that the revisions make and the database lacks, or has otherwise. Returns how
 * many. */
size_t cni_drift_tables(cni_buffer *out, const cni_schema *recorded, const cni_schema *actual);

/* Lines about objects that the database had beyond its revisions, on tables that are still there,
 * and that are gone after `plan` was run. Returns how many. */
size_t cni_drift_lost(cni_buffer *out, const cni_schema *recorded, const cni_schema *actual,
	const cni_schema *after, const cni_plan *plan);

#endif
