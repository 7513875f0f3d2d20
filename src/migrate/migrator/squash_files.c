/* squash_files.c - see squash.h for the order and why. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "base/try.h"
#include "migrate/migrator/squash.h"
#include "migrate/migrator/sums.h"
#include "migrate/revision/replaced.h"

#define PART ".part" /* of an archive that is being made */

static cn_status no_memory(cn_error *err) { return cn_fail(err, CN_ENOMEM, "out of memory"); }

static cn_status archive_path(
	cni_squash *squash, const char *id, const char *suffix, const char **ret, cn_error *err)
{
	*ret = cni_printf(
		squash->arena, "%s/" CNI_SQUASHED_FOLDER "/%s%s", squash->folder.path, id, suffix);
	return *ret ? CN_OK : no_memory(err);
}

/* ---- the archive ---- */

static cn_status copy_into(cni_squash *squash, const char *from, const char *folder, cn_error *err)
{
	const char *to = cni_path_join(squash->arena, folder, cni_path_name(from));
	return to ? cni_file_copy(from, to, err) : no_memory(err);
}

/* A migrations folder of its own, that ends with the last of the run. */
static cn_status make_archive(cni_squash *squash, const char *path, cn_error *err)
{
	const cni_folder *folder = &squash->folder;
	const char *versions = cni_path_join(squash->arena, path, "versions");
	const char *settings = cni_path_join(squash->arena, folder->path, CNI_FOLDER_SETTINGS);
	if (!versions || !settings)
		return no_memory(err);
	TRY(cni_dir_make(versions, err));
	if (cni_file_exists(settings))
		TRY(copy_into(squash, settings, path, err));
	for (size_t i = 0; i < folder->revision_count; i++)
		if (squash->after_set[i])
			TRY(copy_into(squash, folder->revisions[i].path, versions, err));
	return cni_dir_sync(path, err);
}

/* A folder of ours: files, and one folder of files. */
static void remove_archive(cni_arena *arena, const char *path)
{
	const char *versions = cni_path_join(arena, path, "versions");
	const char *const folders[] = {versions, path};
	for (size_t f = 0; versions && f < CNI_COUNT(folders); f++) {
		const char **names;
		size_t count;
		cn_error ignored;
		if (cni_dir_list(arena, folders[f], &names, &count, &ignored) < 0)
			continue;
		for (size_t i = 0; i < count; i++) {
			const char *file = cni_path_join(arena, folders[f], names[i]);
			if (file)
				unlink(file);
		}
		rmdir(folders[f]);
	}
}

static cn_status put_archive(cni_squash *squash, const char **ret, cn_error *err)
{
	const char *part, *path, *folder;
	TRY(archive_path(squash, squash->revision.id, PART, &part, err));
	TRY(archive_path(squash, squash->revision.id, "", &path, err));
	TRY(archive_path(squash, "", "", &folder, err));
	if (cni_dir_exists(path)) {
		cn_error_set(err, CN_ECONFLICT, "there is a folder \"%s\" already", path);
		cn_error_hint(err, "it holds what was squashed into a revision of that id; choose "
				   "another one with --rev-id");
		return CN_ECONFLICT;
	}
	cn_status status = make_archive(squash, part, err);
	if (status >= 0 && rename(part, path) != 0)
		status = cn_fail(err, CN_EIO, "cannot rename \"%s\": %s", part, strerror(errno));
	if (status < 0) {
		remove_archive(squash->arena, part);
		return status;
	}
	TRY(cni_dir_sync(folder, err));
	*ret = path;
	return CN_OK;
}

/* ---- the old files ---- */

/* Does an archive hold this file? Only then it may go. */
static bool is_archived(cni_squash *squash, const char *path)
{
	const char *name = cni_path_name(path), *folder;
	const char **archives;
	size_t count;
	cn_error ignored;
	if (archive_path(squash, "", "", &folder, &ignored) < 0 || !cni_dir_exists(folder) ||
		cni_dir_list(squash->arena, folder, &archives, &count, &ignored) < 0)
		return false;
	for (size_t i = 0; i < count; i++) {
		const char *file =
			cni_printf(squash->arena, "%s/%s/versions/%s", folder, archives[i], name);
		if (file && !cni_ends(archives[i], PART) && cni_file_exists(file))
			return true;
	}
	return false;
}

/* Their lines of checksums first: a line without a file would be told, a file that is replaced
 * needs none. */
static cn_status remove_old(
	cni_squash *squash, const char *const *paths, size_t count, cn_error *err)
{
	cni_sums sums;
	TRY(cni_sums_read(squash->arena, squash->folder.path, &sums, err));
	for (size_t i = 0; i < count; i++)
		cni_sums_remove(&sums, paths[i]);
	if (sums.exists)
		TRY(cni_sums_write(&sums, err));
	for (size_t i = 0; i < count; i++)
		if (unlink(paths[i]) != 0 && errno != ENOENT)
			return cn_fail(
				err, CN_EIO, "cannot remove \"%s\": %s", paths[i], strerror(errno));
	return CN_OK;
}

static bool is_part_of(const cni_folder *folder, const char *path)
{
	for (size_t i = 0; i < folder->revision_count; i++)
		if (strcmp(folder->revisions[i].path, path) == 0)
			return true;
	return false;
}

static cn_status find_left(cni_squash *squash, const char *path, bool *ret, cn_error *err)
{
	char *text;
	size_t size;
	cni_revision revision;
	*ret = false;
	TRY(cni_file_read(squash->arena, path, CNI_REVISION_MAX_BYTES, &text, &size, err));
	TRY(cni_revision_parse(squash->arena, path, text, size, &revision, err));
	*ret = cni_folder_replacement(&squash->folder, revision.id, NULL) != NULL &&
	       is_archived(squash, path);
	return CN_OK;
}

static cn_status sweep_parts(cni_squash *squash, cn_error *err)
{
	const char *folder;
	const char **names;
	size_t count;
	TRY(archive_path(squash, "", "", &folder, err));
	if (!cni_dir_exists(folder))
		return CN_OK;
	TRY(cni_dir_list(squash->arena, folder, &names, &count, err));
	for (size_t i = 0; i < count; i++) {
		const char *path = cni_path_join(squash->arena, folder, names[i]);
		if (path && cni_ends(names[i], PART))
			remove_archive(squash->arena, path);
	}
	return CN_OK;
}

cn_status cni_squash_sweep(cni_squash *squash, cn_error *err)
{
	const char *versions = cni_path_join(squash->arena, squash->folder.path, "versions");
	const char **names, **left = NULL;
	size_t count, left_count = 0;
	if (!versions)
		return no_memory(err);
	TRY(sweep_parts(squash, err));
	TRY(cni_dir_list(squash->arena, versions, &names, &count, err));
	for (size_t i = 0; i < count; i++) {
		const char *path = cni_path_join(squash->arena, versions, names[i]);
		bool gone;
		if (!path)
			return no_memory(err);
		if (names[i][0] == '.' || !cni_ends(names[i], ".sql") ||
			is_part_of(&squash->folder, path))
			continue;
		TRY(find_left(squash, path, &gone, err));
		/* a list of pointers is meant: NOLINTNEXTLINE(bugprone-sizeof-expression) */
		if (gone && !CNI_PUSH(squash->arena, left, left_count, path))
			return no_memory(err);
	}
	if (!left_count)
		return CN_OK;
	cni_migrator_notice(squash->migrator,
		"%zu file%s an earlier squash was to remove: done now; they lie in %s/" CNI_SQUASHED_FOLDER,
		left_count, left_count == 1 ? " that" : "s that", squash->folder.path);
	return remove_old(squash, left, left_count, err);
}

cn_status cni_squash_write(cni_squash *squash, const char **ret_archive, cn_error *err)
{
	const char **paths = cni_alloc(squash->arena, squash->run_count * sizeof *paths);
	if (!paths)
		return no_memory(err);
	for (size_t i = 0; i < squash->run_count; i++)
		paths[i] = squash->run[i]->path;
	TRY(put_archive(squash, ret_archive, err));
	cn_status status = cni_migrator_put_file(squash->migrator, &squash->folder, squash->path,
		squash->text, squash->revision.checksum, err);
	if (status < 0) {
		remove_archive(squash->arena, *ret_archive);
		return status;
	}
	return remove_old(squash, paths, squash->run_count, err);
}
