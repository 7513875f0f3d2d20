/*
 * compare.h - the normal forms in which the parts of two schemas are compared.
 *
 * Two things mean the same exactly when their normal forms are the same text. The rules are
 * SQLite's own where it has any: names fold ASCII case, quoting and comments do not count; ABORT,
 * MATCH SIMPLE, DEFAULT NULL and a column's COLLATE BINARY say what holds anyhow; of DEFERRABLE
 * only INITIALLY DEFERRED changes anything. What SQLite reports differently differs: INT and
 * INTEGER, REFERENCES p and p(id), an index and a UNIQUE constraint, a named constraint and an
 * unnamed one, the order of columns (but not that of constraints).
 *
 * All texts live in the arena; NULL when it ran out of memory.
 */
#ifndef CNI_SCHEMA_COMPARE_H
#define CNI_SCHEMA_COMPARE_H

#include "schema/schema.h"

char *cni_object_normal(cni_arena *arena, const cni_ddl *ddl);

typedef struct cni_column_form { /* NULL: not said. The name is not part of it */
	const char *type, *not_null, *default_value, *collate, *generated;
} cni_column_form;

cni_column_form cni_column_normal(cni_arena *arena, const cni_ddl_column *column);
bool cni_column_form_equal(const cni_column_form *a, const cni_column_form *b);

/* The AUTOINCREMENT mark is left out: it stands with the table's options (cni_table_options). */
char *cni_constraint_normal(
	cni_arena *arena, const cni_ddl_table *table, const cni_ddl_constraint *constraint);
/* "autoincrement strict without rowid", as far as they are said. */
char *cni_table_options(cni_arena *arena, const cni_ddl_table *table);

#endif
