/*
 * replaced.c - revisions that were squashed into one: in a folder, and in a version table.
 *
 * Those that were squashed stood one behind the other, so a database that has the last of them has
 * all of them, and is at what they became. Nothing else must know: a folder's children of the last
 * one are linked to what it became, and a version table reads as if that had been applied.
 */
#include <string.h>

#include "base/try.h"
#include "migrate/revision/replaced.h"

static bool has(const cni_replaced *list, const char *id, bool *ret_end)
{
	for (size_t i = 0; i < list->count; i++) {
		if (strcmp(list->ids[i], id) != 0)
			continue;
		*ret_end = i + 1 == list->count;
		return true;
	}
	return false;
}

/* In any of its lists; the last of one may stand within another. */
static bool replaces(const cni_revision *revision, const char *id, bool *ret_end)
{
	bool found = false, end;
	*ret_end = false;
	for (size_t i = 0; i < revision->replaced_count; i++) {
		if (!has(&revision->replaced[i], id, &end))
			continue;
		found = true;
		*ret_end |= end;
	}
	return found;
}

const cni_revision *cni_folder_replacement(const cni_folder *folder, const char *id, bool *ret_end)
{
	bool end;
	for (size_t i = 0; i < folder->revision_count; i++) {
		if (!replaces(&folder->revisions[i], id, &end))
			continue;
		if (ret_end)
			*ret_end = end;
		return &folder->revisions[i];
	}
	return NULL;
}

/* ---- the folder ---- */

static cn_status fail_circle(const cni_revision *a, const cni_revision *b, cn_error *err)
{
	cn_error_set(err, CN_ESCHEMA, "revision \"%s\" replaces \"%s\", which replaces it", a->id,
		b->id);
	cn_error_detail(err, "%s\n%s", a->path, b->path);
	cn_error_hint(err, "mend the \"replaces:\" line of one of them");
	return CN_ESCHEMA;
}

static cn_status mark(
	const cni_folder *folder, const cni_revision *revision, bool *gone, cn_error *err)
{
	bool end;
	for (size_t i = 0; i < revision->replaced_count; i++) {
		for (size_t j = 0; j < revision->replaced[i].count; j++) {
			const cni_revision *old =
				cni_folder_get(folder, revision->replaced[i].ids[j]);
			if (!old)
				continue;
			if (replaces(old, revision->id, &end) || old == revision)
				return fail_circle(revision, old, err);
			gone[old - folder->revisions] = true;
		}
	}
	return CN_OK;
}

cn_status cni_folder_drop_replaced(cni_folder *folder, cn_error *err)
{
	CLEANUP(cni_arena_done) cni_arena scratch = {0};
	bool *gone = cni_alloc(&scratch, folder->revision_count + 1);
	size_t count = 0;
	if (!gone)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	for (size_t i = 0; i < folder->revision_count; i++)
		TRY(mark(folder, &folder->revisions[i], gone, err));
	for (size_t i = 0; i < folder->revision_count; i++)
		if (!gone[i])
			folder->revisions[count++] = folder->revisions[i];
	folder->revision_count = count;
	return CN_OK;
}

/* ---- the version table ---- */

static bool has_end(const cni_version *version, const cni_revision *revision)
{
	for (size_t i = 0; i < revision->replaced_count; i++) {
		const cni_replaced *list = &revision->replaced[i];
		if (cni_version_find(version, list->ids[list->count - 1]))
			return true;
	}
	return false;
}

/* Takes the rows of what was squashed out of the list, and puts what they became in their place. */
static void replace_rows(cni_version *version, const cni_revision *revision)
{
	size_t count = 0, at = 0;
	bool end;
	cni_applied last = {0};
	for (size_t i = 0; i < version->count; i++) {
		if (replaces(revision, version->list[i].revision, &end)) {
			last = version->list[i];
			at = count;
		} else {
			version->list[count++] = version->list[i];
		}
	}
	/* at least one was taken out, so there is room */
	memmove(&version->list[at + 1], &version->list[at], (count - at) * sizeof *version->list);
	version->list[at] = (cni_applied){.revision = revision->id,
		.applied_at = last.applied_at,
		.checksum = revision->checksum,
		.tool = last.tool,
		.duration_us = -1};
	version->count = count + 1;
}

bool cni_version_resolve(const cni_folder *folder, cni_version *version)
{
	bool changed = false;
	for (size_t i = 0; i < folder->revision_count; i++) {
		const cni_revision *revision = &folder->revisions[i];
		if (!revision->replaced_count || cni_version_find(version, revision->id) ||
			!has_end(version, revision))
			continue;
		replace_rows(version, revision);
		changed = true;
	}
	return changed;
}

/* The rows of everything that `revision` was squashed from become its own. */
static cn_status rewrite(cni_conn *conn, const cni_revision *revision, cn_error *err)
{
	for (size_t i = 0; i < revision->replaced_count; i++)
		for (size_t j = 0; j < revision->replaced[i].count; j++)
			TRY(cni_version_remove(conn, revision->replaced[i].ids[j], err));
	return cni_version_add(conn, revision, -1, NULL, err);
}

cn_status cni_version_settle(
	cni_conn *conn, const cni_folder *folder, cni_arena *arena, cni_version *ret, cn_error *err)
{
	cni_version version;
	TRY(cni_version_read(conn, arena, &version, err));
	for (size_t i = 0; i < folder->revision_count; i++) {
		const cni_revision *revision = &folder->revisions[i];
		if (!revision->replaced_count || cni_version_find(&version, revision->id) ||
			!has_end(&version, revision))
			continue;
		TRY(rewrite(conn, revision, err));
		replace_rows(&version, revision);
	}
	*ret = version;
	return CN_OK;
}
