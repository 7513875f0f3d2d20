/*
 * rename.h - a schema as it reads after renames that hold all at once.
 *
 * First the renames are resolved against both schemas (who is meant, is it there, do two contradict
 * each other), then the objects are copied with the new names wherever SQLite's ALTER TABLE RENAME
 * would put them. Only normal forms are made of the copies: they are never run.
 */
#ifndef CNI_SCHEMA_RENAME_H
#define CNI_SCHEMA_RENAME_H

#include "schema/diff.h"

typedef struct cni_renaming { /* one entry for each object of `schema` */
	const cni_schema *schema;
	const char **tables;   /* the new name of a table; NULL: it keeps its name */
	const char ***columns; /* NULL: none; else for each column its new name, or NULL */
	bool any;
} cni_renaming;

bool cni_is_ignored(const cni_diff_options *options, const char *table);

cn_status cni_renaming_make(cni_arena *arena, const cni_schema *from, const cni_schema *to,
	const cni_diff_options *options, cni_renaming *ret, cn_error *err) CN_MUST_CHECK;

/* The objects after the renames, `normal` made anew, in the order of the schema; NULL when out of
 * memory. */
cni_object *cni_renaming_apply(cni_arena *arena, const cni_renaming *renaming);

/* ---- rename_sql.c: the same in a piece of SQL; NULL gives NULL ---- */

/* An expression in which only the columns of one table can be named: CHECK, AS, WHERE of an index.
 */
const char *cni_rename_expr(
	cni_arena *arena, const cni_renaming *renaming, size_t table, const char *sql);

/* A view's SELECT or a trigger's body (`own`: the table that NEW and OLD are rows of; -1: none). */
const char *cni_rename_body(
	cni_arena *arena, const cni_renaming *renaming, long own, const char *sql);

#endif
