/* diff_parts.h - what the files of the diff share. */
#ifndef CNI_SCHEMA_DIFF_PARTS_H
#define CNI_SCHEMA_DIFF_PARTS_H

#include "schema/diff.h"

typedef struct cni_table_pair { /* two tables that are the same one, before and after */
	const cni_object *from, *to;
	const cni_ddl_table *renamed; /* `from` as it reads after the renames */
	const char *const
		*column_names; /* the new names that renames give its columns; may be NULL */
	bool notes_differ;
} cni_table_pair;

/* Fills columns and flags of an altered table; what else `ret` holds stays. false: out of memory.
 * *ret_differs: is there anything at all (a rename of a column counts)? Source: diff_table.c */
bool cni_diff_table(
	cni_arena *arena, const cni_table_pair *pair, cni_change *ret, bool *ret_differs);

/* Renames that look likely between what is dropped and what is new. Source: diff_maybe.c */
bool cni_diff_maybe(cni_arena *arena, cni_diff *diff);

#endif
