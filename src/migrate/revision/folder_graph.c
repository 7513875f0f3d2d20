/* folder_graph.c - what comes before and after a revision, and what its branch is called. */
#include <string.h>

#include "base/try.h"
#include "migrate/revision/revision.h"

void cni_folder_close_up(const cni_folder *folder, bool *set)
{
	for (size_t i = folder->revision_count; i-- > 0;) /* what needs before what is needed */
		for (size_t n = 0; set[i] && n < folder->revisions[i].need_count; n++)
			set[folder->revisions[i].need_at[n]] = true;
}

void cni_folder_close_down(const cni_folder *folder, bool *set)
{
	for (size_t i = 0; i < folder->revision_count; i++)
		for (size_t n = 0; !set[i] && n < folder->revisions[i].need_count; n++)
			set[i] = set[folder->revisions[i].need_at[n]];
}

bool *cni_folder_ancestors(const cni_folder *folder, cni_arena *arena, const cni_revision *revision)
{
	bool *set = cni_alloc(arena, folder->revision_count + 1);
	if (!set || !revision)
		return set;
	set[revision - folder->revisions] = true;
	cni_folder_close_up(folder, set);
	return set;
}

bool *cni_folder_descendants(
	const cni_folder *folder, cni_arena *arena, const cni_revision *revision)
{
	bool *set = cni_alloc(arena, folder->revision_count + 1);
	if (!set)
		return NULL;
	set[revision - folder->revisions] = true;
	cni_folder_close_down(folder, set);
	return set;
}

bool *cni_folder_lineage(const cni_folder *folder, cni_arena *arena, const cni_revision *revision)
{
	size_t count = folder->revision_count;
	bool *before = cni_alloc(arena, count + 1), *after = cni_alloc(arena, count + 1);
	if (!before || !after)
		return NULL;
	before[revision - folder->revisions] = after[revision - folder->revisions] = true;
	for (size_t i = count; i-- > 0;)
		for (size_t p = 0; before[i] && p < folder->revisions[i].parent_count; p++)
			before[folder->revisions[i].parent_at[p]] = true;
	for (size_t i = 0; i < count; i++)
		for (size_t p = 0; !after[i] && p < folder->revisions[i].parent_count; p++)
			after[i] = after[folder->revisions[i].parent_at[p]];
	for (size_t i = 0; i < count; i++)
		after[i] |= before[i];
	return after;
}

bool cni_folder_children(const cni_folder *folder, cni_arena *arena, cni_children *ret)
{
	size_t count = folder->revision_count, edges = 0;
	for (size_t i = 0; i < count; i++)
		edges += folder->revisions[i].parent_count;
	cni_children children = {.first = cni_alloc(arena, (count + 2) * sizeof(size_t)),
		.list = cni_alloc(arena, (edges + 1) * sizeof(size_t))};
	if (!children.first || !children.list)
		return false;
	for (size_t i = 0; i < count; i++)
		for (size_t p = 0; p < folder->revisions[i].parent_count; p++)
			children.first[folder->revisions[i].parent_at[p] + 1]++;
	for (size_t i = 1; i <= count; i++)
		children.first[i] += children.first[i - 1];
	/* filled from the back, so that first[] ends where each list starts, in ascending order */
	for (size_t i = count; i-- > 0;)
		for (size_t p = 0; p < folder->revisions[i].parent_count; p++)
			children.list[--children.first[folder->revisions[i].parent_at[p] + 1]] = i;
	memmove(children.first, children.first + 1, count * sizeof *children.first);
	children.first[count] = edges;
	*ret = children;
	return true;
}

bool *cni_folder_labelled(const cni_folder *folder, cni_arena *arena, size_t label)
{
	CLEANUP(cni_arena_done) cni_arena scratch = {0};
	bool *set = cni_alloc(arena, folder->revision_count + 1);
	size_t at = folder->labels[label].at;
	cni_children children;
	if (!set || !cni_folder_children(folder, &scratch, &children))
		return NULL;
	set[at] = true;
	for (size_t i = at + 1; i < folder->revision_count; i++)
		for (size_t p = 0; !set[i] && p < folder->revisions[i].parent_count; p++)
			set[i] = set[folder->revisions[i].parent_at[p]];
	/* and back to where the branch begins, or where others flow into it */
	while (folder->revisions[at].parent_count == 1 &&
		children.first[at + 1] - children.first[at] <= 1) {
		at = folder->revisions[at].parent_at[0];
		if (folder->revisions[at].parent_count > 1 ||
			children.first[at + 1] - children.first[at] > 1)
			break;
		set[at] = true;
	}
	return set;
}
