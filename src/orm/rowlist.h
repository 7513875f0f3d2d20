/*
 * rowlist.h - the rows of a list while they are being read.
 *
 * Rows that are read together mostly lie at equal distances: then a place and a number say as much
 * as a pointer for each. The list that the program gets is made once, when its length is known.
 *
 *     CLEANUP(cni_rowlist_done) cni_rowlist rows = {0};
 *     if (!cni_rowlist_add(&rows, row))
 *             return oom;
 *     void **list = cni_rowlist_make(&rows, arena);
 */
#ifndef CNI_ORM_ROWLIST_H
#define CNI_ORM_ROWLIST_H

#include <stdint.h>

#include "base/arena.h"

enum { CNI_RUNS_FEW = 4 };

typedef struct cni_run {
	char *first;
	size_t step, count; /* step: 0 while there is but one */
} cni_run;

typedef struct cni_rowlist {
	cni_run few[CNI_RUNS_FEW];
	cni_run *more; /* from malloc: all of them, when there are more than a few */
	size_t run_count, run_cap;
	size_t count; /* of rows */
} cni_rowlist;

bool cni_rowlist_begin(cni_rowlist *list, void *row); /* another run; false: out of memory */
/* NULL-terminated; NULL: out of memory. */
void **cni_rowlist_make(const cni_rowlist *list, cni_arena *arena);
void cni_rowlist_done(cni_rowlist *list);

/* False: out of memory. */
static inline bool cni_rowlist_add(cni_rowlist *list, void *row)
{
	cni_run *runs = list->more ? list->more : list->few;
	cni_run *last = list->run_count ? &runs[list->run_count - 1] : NULL;

	if (!last || !last->step || last->first + last->step * last->count != row)
		return cni_rowlist_begin(list, row);
	last->count++;
	list->count++;
	return true;
}

#endif
