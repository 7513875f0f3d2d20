/*
 * diff.h - what leads from one schema to another, as data.
 *
 * Both schemas must be normalised. Renames are not guessed here: those that are decided come in,
 * those that look likely go out as `maybe` (a dropped and an added thing of the same shape).
 */
#ifndef CNI_SCHEMA_DIFF_H
#define CNI_SCHEMA_DIFF_H

#include "schema/schema.h"

typedef struct cni_rename { /* all renames hold at once; names of columns' tables are the NEW table
			       names */
	const char *table;  /* NULL: the table itself is renamed */
	const char *from, *to;
} cni_rename;

typedef enum cni_change_kind {
	CNI_CREATE = 1,   /* object `to` is new */
	CNI_DROP,         /* object `from` is gone */
	CNI_RENAME_TABLE, /* only the name; what else differs is a CNI_ALTER of the same two
			     objects, after it */
	CNI_ALTER, /* a table or virtual table: the same one, changed (see columns and flags); an
		      index, view or trigger: drop and create */
} cni_change_kind;

typedef enum cni_column_change_kind {
	CNI_COLUMN_ADD = 1,
	CNI_COLUMN_DROP,
	CNI_COLUMN_RENAME, /* only the name; what else differs is a CNI_COLUMN_ALTER of the same
			      two, after it */
	CNI_COLUMN_ALTER,
} cni_column_change_kind;

typedef struct cni_column_change {
	cni_column_change_kind kind;
	long from, to; /* indexes into the tables' columns; -1: not there */
	bool type, affinity, not_null, default_value, collate, generated; /* ALTER: what differs */
} cni_column_change;

typedef struct cni_change {
	cni_change_kind kind;
	const cni_object *from, *to;
	cni_column_change *columns; /* of an altered table */
	size_t column_count;
	bool order; /* the surviving columns stand in another order, or a new one stands before one
		       of them: appending the new columns at the end does not give the order wanted
		     */
	bool constraints; /* keys, unique, check or foreign keys differ (AUTOINCREMENT apart): these
			     are the ones that are gone, and the new ones; those of dropped and new
			     columns too */
	const cni_ddl_constraint **gone, **added; /* of from's and to's own lists */
	size_t gone_count, added_count;
	bool options; /* STRICT, WITHOUT ROWID, AUTOINCREMENT differ; of other engines: what stands
			 behind the columns */
	bool notes;   /* comments, grants and the like differ (cni_ddl_note) */
} cni_change;

/* Two dropped and added columns of one table that hold the same affinity are always reported. */
typedef struct cni_maybe_rename {
	const char *table; /* NULL: tables; else the NEW name of the table of the columns */
	const char *from, *to;
	int likeness; /* 0-100: how alike they are; the likeliest first */
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
	const char *const
		*ignore_tables; /* with their indexes and triggers; NULL-terminated, may be NULL */
} cni_diff_options;

/*
 * Objects are paired by kind and name after the renames. What depends on a renamed table or column
 * (foreign keys, indexes, views, triggers) is compared as it reads after the rename, as SQLite's
 * own ALTER TABLE RENAME leaves it; where a bare word in a view or trigger could mean two things,
 * it is left alone, and the object is then reported as changed: drop and create is never wrong.
 * (rename.c)
 *
 * `ignore_tables` are not there, on both sides: neither are their indexes and triggers.
 * Changes: what is in `from`, in its order (renamed, altered, dropped), then what is new, in `to`'s
 * order.
 *
 * CN_EARG, naming it, when a rename speaks of a table or column that is not there, or two renames
 * contradict each other; CN_ENOMEM. Source: diff.c, diff_table.c, diff_maybe.c, rename.c
 */
cn_status cni_diff_make(cni_arena *arena, const cni_schema *from, const cni_schema *to,
	const cni_diff_options *options, cni_diff *ret, cn_error *err) CN_MUST_CHECK;

/* One line a change, for people: "~ table product: add column price, column name NOT NULL". Source:
 * diff_text.c */
void cni_diff_describe(cni_buffer *out, const cni_diff *diff);
void cni_diff_json(cni_buffer *out, const cni_diff *diff);

#endif
