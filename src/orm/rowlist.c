/* rowlist.c - see rowlist.h. */
#include "orm/rowlist.h"

#include <stdlib.h>
#include <string.h>

enum { STEP_MAX = 4096 }; /* further apart, two rows are not neighbours */

static cni_run *next_run(cni_rowlist *list)
{
	if (!list->more && list->run_count < CNI_RUNS_FEW)
		return &list->few[list->run_count++];
	if (list->run_count >= list->run_cap) {
		size_t cap = list->run_cap ? list->run_cap * 2 : (size_t)4 * CNI_RUNS_FEW;
		cni_run *more = realloc(list->more, cap * sizeof *more);
		if (!more)
			return NULL;
		if (!list->more)
			memcpy(more, list->few, sizeof list->few);
		list->more = more;
		list->run_cap = cap;
	}
	return &list->more[list->run_count++];
}

/* How far the row lies behind the one of a run that has no other; 0: it is no neighbour. */
static size_t step_to(const cni_run *run, const void *row)
{
	uintptr_t from = (uintptr_t)run->first, to = (uintptr_t)row;

	return run->step || to <= from || to - from > STEP_MAX ? 0 : to - from;
}

bool cni_rowlist_begin(cni_rowlist *list, void *row)
{
	cni_run *runs = list->more ? list->more : list->few;
	size_t step = list->run_count ? step_to(&runs[list->run_count - 1], row) : 0;

	if (step) {
		runs[list->run_count - 1].step = step;
		runs[list->run_count - 1].count = 2;
	} else {
		cni_run *run = next_run(list);
		if (!run)
			return false;
		*run = (cni_run){.first = row, .count = 1};
	}
	list->count++;
	return true;
}

void **cni_rowlist_make(const cni_rowlist *list, cni_arena *arena)
{
	const cni_run *runs = list->more ? list->more : list->few;
	void **rows = cni_alloc_bare(arena, (list->count + 1) * sizeof *rows), **at = rows;

	if (!rows)
		return NULL;
	for (size_t i = 0; i < list->run_count; i++) {
		for (size_t k = 0; k < runs[i].count; k++)
			*at++ = runs[i].first + k * runs[i].step;
	}
	*at = NULL;
	return rows;
}

void cni_rowlist_done(cni_rowlist *list)
{
	free(list->more);
	*list = (cni_rowlist){0};
}
