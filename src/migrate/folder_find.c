/* folder_find.c - which revision a person means, and what comes before and after it. */
#include "base/text.h"
#include "base/try.h"
#include "migrate/revision.h"

size_t cni_folder_head_count(const cni_folder *folder)
{
	size_t heads = 0;
	for (size_t i = 0; i < folder->revision_count; i++)
		heads += folder->revisions[i].head;
	return heads;
}

cn_status cni_folder_head(const cni_folder *folder, const cni_revision **ret, cn_error *err)
{
	const cni_revision *head = NULL;
	size_t heads = cni_folder_head_count(folder);
	CLEANUP(cni_buffer_done) cni_buffer names = {.limit = 1500};
	for (size_t i = 0; i < folder->revision_count; i++) {
		if (!folder->revisions[i].head)
			continue;
		head = &folder->revisions[i];
		cni_buffer_printf(
			&names, "%s%s (%s)", names.size ? ", " : "", head->id, head->message);
	}
	if (heads > 1) {
		cn_error_set(err, CN_ESCHEMA,
			"there are %zu heads: two people made a revision after the same one",
			heads);
		cn_error_detail(err, "%s", cni_buffer_text(&names));
		cn_error_hint(err,
			"change the \"parents:\" line of the later file to the id of the other head, and check with "
			"\"db verify\"");
		return CN_ESCHEMA;
	}
	*ret = head;
	return CN_OK;
}

static cn_status fail_unknown(const cni_folder *folder, const char *name, cn_error *err)
{
	CLEANUP(cni_arena_done) cni_arena scratch = {0};
	const char **ids = cni_alloc(&scratch, (folder->revision_count + 3) * sizeof *ids);
	cn_error_set(err, CN_ENOTFOUND, "there is no revision \"%.80s\"", name);
	if (!ids)
		return CN_ENOTFOUND;
	for (size_t i = 0; i < folder->revision_count; i++)
		ids[i] = folder->revisions[i].id;
	ids[folder->revision_count] = "head";
	ids[folder->revision_count + 1] = "base";
	const char *near = cni_nearest(name, ids);
	if (near)
		cn_error_hint(err, "did you mean \"%s\"?", near);
	else
		cn_error_hint(err, "\"db history\" lists the revisions");
	return CN_ENOTFOUND;
}

cn_status cni_folder_find(
	const cni_folder *folder, const char *name, const cni_revision **ret, cn_error *err)
{
	if (cni_same(name, "base")) {
		*ret = NULL;
		return CN_OK;
	}
	if (cni_same(name, "head"))
		return cni_folder_head(folder, ret, err);
	const cni_revision *found = cni_folder_get(folder, name);
	size_t matches = 0;
	CLEANUP(cni_buffer_done) cni_buffer names = {.limit = 1500};
	for (size_t i = 0; !found && *name && i < folder->revision_count; i++) {
		if (!cni_starts(folder->revisions[i].id, name))
			continue;
		cni_buffer_printf(&names, "%s%s", names.size ? ", " : "", folder->revisions[i].id);
		matches++;
	}
	if (matches > 1) {
		cn_error_set(
			err, CN_EARG, "\"%.80s\" is the beginning of %zu revisions", name, matches);
		cn_error_detail(err, "%s", cni_buffer_text(&names));
		cn_error_hint(err, "write more of the id");
		return CN_EARG;
	}
	for (size_t i = 0; matches == 1 && i < folder->revision_count; i++)
		if (cni_starts(folder->revisions[i].id, name))
			found = &folder->revisions[i];
	if (!found)
		return fail_unknown(folder, name, err);
	*ret = found;
	return CN_OK;
}

bool *cni_folder_ancestors(const cni_folder *folder, cni_arena *arena, const cni_revision *revision)
{
	bool *set = cni_alloc(arena, folder->revision_count + 1);
	if (!set || !revision)
		return set;
	set[revision - folder->revisions] = true;
	for (size_t i = folder->revision_count; i-- > 0;) /* children before parents */
		for (size_t p = 0; set[i] && p < folder->revisions[i].parent_count; p++)
			set[folder->revisions[i].parent_at[p]] = true;
	return set;
}

bool *cni_folder_descendants(
	const cni_folder *folder, cni_arena *arena, const cni_revision *revision)
{
	bool *set = cni_alloc(arena, folder->revision_count + 1);
	if (!set)
		return NULL;
	set[revision - folder->revisions] = true;
	for (size_t i = 0; i < folder->revision_count; i++)
		for (size_t p = 0; p < folder->revisions[i].parent_count; p++)
			set[i] |= set[folder->revisions[i].parent_at[p]];
	return set;
}
