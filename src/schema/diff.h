/*
 * diff.h - what leads from one schema to another, as data.
 *
 * Both schemas must be normalised. Renames are not guessed here: those that are decided come in,
 * those that look likely go out as `maybe` (a dropped and an added thing of the same shape).
 */
#ifndef CNI_SCHEMA_DIFF_H
#define CNI_SCHEMA_DIFF_H

#include "schema/schema.h"

typedef struct cni_rename { /* all renames hold at once; names of columns' tables are the NEW table names */
	const char *table;      /* NULL: the table itself is renamed */
	const char *from, *to;
} cni_rename;

typedef enum cni_change_kind {
	CNI_CREATE = 1,      /* object `to` is new */
	CNI_DROP,            /* object `from` is gone */
	CNI_RENAME_TABLE,
	CNI_ALTER,           /* a table or virtual table: the same one, changed (see columns and flags); an index,
	                        view or trigger: drop and create */
} cni_change_kind;

typedef enum cni_column_change_kind {
	CNI_COLUMN_ADD = 1, CNI_COLUMN_DROP, CNI_COLUMN_RENAME, CNI_COLUMN_ALTER,
} cni_column_change_kind;

typedef struct cni_column_change {
	cni_column_change_kind kind;
	long from, to;       /* indexes into the tables' columns; -1: not there */
	bool type, affinity, not_null, default_value, collate, generated; /* ALTER: what differs */
} cni_column_change;

typedef struct cni_change {
	cni_change_kind kind;
	const cni_object *from, *to;
	cni_column_change *columns; /* of an altered table */
	size_t column_count;
	bool order;          /* the surviving columns stand in another order */
	bool constraints;    /* keys, unique, check or foreign keys differ */
	bool options;        /* STRICT, WITHOUT ROWID, AUTOINCREMENT differ */
} cni_change;

typedef struct cni_maybe_rename {
	const char *table;   /* NULL: tables; else the NEW name of the table of the columns */
	const char *from, *to;
	int likeness;        /* 0-100: how alike they are; the likeliest first */
} cni_maybe_rename;

typedef struct cni_diff {
	cni_change *changes;
	size_t change_count;
	cni_maybe_rename *maybe;
	size_t maybe_count;
} cni_diff;

typedef struct cni_diff_options {
	const cni_rename *renames;
	size_t rename_count;
	const char *const *ignore_tables; /* with their indexes and triggers; NULL-terminated, may be NULL */
} cni_diff_options;

/* CN_EARG, naming it, when a rename speaks of a table or column that is not there. */
cn_status cni_diff_make(cni_arena *arena, const cni_schema *from, const cni_schema *to,
	const cni_diff_options *options, cni_diff *ret, cn_error *err) CN_MUST_CHECK;

/* One line a change, for people: "~ table product: add column price, column name NOT NULL". Source: diff_text.c */
void cni_diff_describe(cni_buffer *out, const cni_diff *diff);
void cni_diff_json(cni_buffer *out, const cni_diff *diff);

#endif
