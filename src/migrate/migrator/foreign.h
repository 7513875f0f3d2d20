/*
 * foreign.h - the tables in which other migration tools keep their books.
 *
 * They are told by their names and by a column that each must have. They are no part of what Cantil
 * looks after: an adopted database's revisions do not make them, and nobody is told that they
 * drift.
 */
#ifndef CNI_MIGRATE_FOREIGN_H
#define CNI_MIGRATE_FOREIGN_H

#include "driver/driver.h"

typedef struct cni_foreign {
	const char *tool;  /* "Alembic" */
	const char *table; /* by its name in the database */
	const char *at;    /* where it stands: "1975ea83b712", "41 migrations"; NULL: not told */
} cni_foreign;

/* The tool whose table that is; NULL: nobody's that we know. */
const char *cni_foreign_tool(const cni_object *object);

/* All of them in a database, with where they stand; and a ladder of PRAGMA user_version, when the
 * number is not 0 (table: NULL). */
cn_status cni_foreign_find(cni_conn *conn, const cni_schema *schema, cni_arena *arena,
	cni_foreign **ret, size_t *ret_count, cn_error *err) CN_MUST_CHECK;

/* Those of `actual` that `recorded` (NULL: nothing) does not make: NULL-terminated, for
 * cni_diff_options. NULL when out of memory. */
const char *const *cni_foreign_tables(
	cni_arena *arena, const cni_schema *actual, const cni_schema *recorded);

#endif
