/* migrator_new.c - see migrator_new.h. */
#include "migrate/migrator/migrator_new.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/text.h"
#include "base/try.h"

enum { ID_DIGITS = 12 };

static cn_status no_memory(cn_error *err) { return cn_fail(err, CN_ENOMEM, "out of memory"); }

static cn_status choose_id(const cni_folder *folder, cni_arena *arena, const char *wanted,
	const char **ret, cn_error *err)
{
	const char *id = wanted;
	char random[ID_DIGITS + 1];
	if (!id) {
		do
			cni_random_hex(random, ID_DIGITS);
		while (cni_folder_get(folder, random));
		id = random;
	} else if (!cni_revision_id_valid(id)) {
		cn_error_set(err, CN_EARG, "\"%.80s\" is no revision id", id);
		cn_error_hint(
			err, "up to %d letters, digits, \"_\" and \"-\"", CNI_REVISION_ID_MAX);
		return CN_EARG;
	} else if (cni_folder_get(folder, id)) {
		return cn_fail(err, CN_ECONFLICT, "there is a revision \"%s\" already", id);
	} else if (cni_folder_label(folder, id)) {
		return cn_fail(err, CN_ECONFLICT, "\"%s\" is a branch's label already", id);
	}
	*ret = cni_strdup(arena, id);
	return *ret ? CN_OK : no_memory(err);
}

static cn_status choose_label(const cni_folder *folder, cni_arena *arena, const char *label,
	cni_revision *revision, cn_error *err)
{
	if (!label)
		return CN_OK;
	if (!cni_label_valid(label)) {
		cn_error_set(err, CN_EARG, "\"%.80s\" cannot be a branch's label", label);
		cn_error_hint(err,
			"up to %d letters, digits and \"_\", a letter first; no word that "
			"has a meaning (head, base)",
			CNI_REVISION_ID_MAX);
		return CN_EARG;
	}
	const cni_revision *there = cni_folder_label(folder, label);
	if (there)
		return cn_fail(err, CN_ECONFLICT,
			"there is a branch \"%s\" already: revision \"%s\" begins it", label,
			there->id);
	if (cni_folder_get(folder, label) || cni_equal(label, revision->id))
		return cn_fail(err, CN_ECONFLICT, "\"%s\" is the id of a revision", label);
	const char *copy = cni_strdup(arena, label);
	/* a list of pointers is meant: NOLINTNEXTLINE(bugprone-sizeof-expression) */
	return copy && CNI_PUSH(arena, revision->labels, revision->label_count, copy)
		       ? CN_OK
		       : no_memory(err);
}

cn_status cni_revision_begin(const cni_folder *folder, cni_arena *arena,
	const cni_new_revision *wanted, cni_revision *ret, cn_error *err)
{
	char now[CNI_TIME_TEXT];
	cni_time_text(cni_clock_us(), false, now);
	cni_revision revision = {
		.message = cni_strdup(arena, wanted->message ? wanted->message : ""),
		.created = cni_strdup(arena, now),
		.parents = wanted->parents,
		.parent_count = wanted->parent_count,
		.depends = wanted->depends,
		.depend_count = wanted->depend_count,
	};
	if (!revision.message || !revision.created)
		return no_memory(err);
	TRY(choose_id(folder, arena, wanted->id, &revision.id, err));
	TRY(choose_label(folder, arena, wanted->branch_label, &revision, err));
	*ret = revision;
	return CN_OK;
}

cn_status cni_revision_place(const cni_folder *folder, cni_arena *arena,
	const cni_revision *revision, const char **ret_path, cn_error *err)
{
	const char *versions = cni_path_join(arena, folder->path, "versions");
	const char *name = cni_revision_file_name(arena, revision);
	const char *path = versions && name ? cni_path_join(arena, versions, name) : NULL;
	if (!path)
		return no_memory(err);
	*ret_path = path;
	return CN_OK;
}

static cn_status fail_followed(
	const cni_folder *folder, const cni_revision *revision, cn_error *err)
{
	CLEANUP(cni_buffer_done) cni_buffer heads = {.limit = 1000};
	for (size_t i = 0; i < folder->revision_count; i++)
		if (folder->revisions[i].head)
			cni_buffer_printf(
				&heads, "%s%s", heads.size ? ", " : "", folder->revisions[i].id);
	cn_error_set(err, CN_ESCHEMA, "revision \"%s\" is no head: another one follows it",
		revision->id);
	cn_error_detail(err, "heads: %s", cni_buffer_text(&heads));
	cn_error_hint(err, "--splice begins a branch there all the same");
	return CN_ESCHEMA;
}

cn_status cni_parents_find(const cni_folder *folder, cni_arena *arena, const char *name,
	bool splice, const char ***ret, size_t *ret_count, cn_error *err)
{
	const cni_revision *parent;
	const char **list = NULL;
	size_t count = 0;
	TRY(name ? cni_folder_find(folder, name, &parent, err)
		 : cni_folder_head(folder, &parent, err));
	if (parent && !parent->head && !splice)
		return fail_followed(folder, parent, err);
	/* a list of pointers is meant: NOLINTNEXTLINE(bugprone-sizeof-expression) */
	if (parent && !CNI_PUSH(arena, list, count, parent->id))
		return no_memory(err);
	*ret = list;
	*ret_count = count;
	return CN_OK;
}
