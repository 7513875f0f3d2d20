/* migrator_init.c - a fresh migrations folder. */
#include <string.h>

#include "base/file.h"
#include "base/try.h"
#include "migrate/migrator/template.h"

/* Names what would be in the way, so that people see what they have. */
static cn_status check_empty(const char *folder, cni_arena *arena, cn_error *err)
{
	const char **names;
	size_t count;
	CLEANUP(cni_buffer_done) cni_buffer list = {.limit = 1000};
	if (!cni_dir_exists(folder)) {
		if (!cni_file_exists(folder))
			return CN_OK;
		cn_error_set(
			err, CN_ECONFLICT, "\"%s\" is there already, and is no folder", folder);
		return CN_ECONFLICT;
	}
	TRY(cni_dir_list(arena, folder, &names, &count, err));
	if (!count)
		return CN_OK;
	for (size_t i = 0; i < count; i++)
		cni_buffer_printf(&list, "%s%s", i ? ", " : "", names[i]);
	cn_error_set(
		err, CN_ECONFLICT, "the folder \"%s\" is there already, and not empty", folder);
	cn_error_detail(err, "it holds %s", list.failed ? "many files" : cni_buffer_text(&list));
	cn_error_hint(err, "go on with \"db migrate\", or name another folder with -d");
	return CN_ECONFLICT;
}

/* Is there nothing but an empty versions/? Then an init was killed before it had written the
 * settings, which come first, and is finished. */
static bool is_interrupted(const char *folder, const char *versions, cni_arena *arena)
{
	const char **names;
	size_t count;
	cn_error ignored;
	if (!cni_dir_exists(versions) ||
		cni_dir_list(arena, versions, &names, &count, &ignored) < 0)
		return false;
	for (size_t i = 0; i < count; i++)
		if (names[i][0] != '.')
			return false;
	if (cni_dir_list(arena, folder, &names, &count, &ignored) < 0)
		return false;
	for (size_t i = 0; i < count; i++)
		if (names[i][0] != '.' && strcmp(names[i], "versions") != 0 &&
			!cni_file_is_of(names[i], CNI_FOLDER_SETTINGS))
			return false;
	return true;
}

static cn_status put_files(const char *folder, const cni_template_files *files, bool settings,
	cni_arena *arena, cn_error *err)
{
	for (size_t i = 0; i < files->count; i++) {
		const cni_template_file *file = &files->list[i];
		const char *path = cni_path_join(arena, folder, file->name);
		if (!path)
			return cn_fail(err, CN_ENOMEM, "out of memory");
		if (settings == (strcmp(file->name, CNI_FOLDER_SETTINGS) == 0))
			TRY(cni_file_write(path, file->text, file->size, true, err));
	}
	return CN_OK;
}

cn_status cn_migrator_init_from(
	cn_migrator *migrator, const char *template_name, bool *ret_made, cn_error *err)
{
	CLEANUP(cni_arena_done) cni_arena arena = {0};
	cni_template_files files;
	cni_migrator_begin(migrator);
	TRY(cni_migrator_on_disk(migrator, err));
	const char *versions = cni_path_join(&arena, migrator->folder, "versions");
	const char *settings = cni_path_join(&arena, migrator->folder, CNI_FOLDER_SETTINGS);
	const char *keep = versions ? cni_path_join(&arena, versions, ".gitkeep") : NULL;
	const char *here = cni_path_current(&arena);
	if (!versions || !settings || !keep || !here)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	TRY(cni_template_read(&arena, template_name, here, &files, err));
	bool made = !cni_dir_exists(versions) || !cni_file_exists(settings);
	if (ret_made)
		*ret_made = made;
	if (!made)
		return CN_OK;
	bool again = is_interrupted(migrator->folder, versions, &arena);
	if (!again)
		TRY(check_empty(migrator->folder, &arena, err));
	TRY(cni_dir_make(versions, err));
	if (!again || !cni_file_exists(keep)) /* version control does not see empty folders */
		TRY(cni_file_write(keep, "", 0, true, err));
	TRY(put_files(migrator->folder, &files, true, &arena, err));
	return put_files(migrator->folder, &files, false, &arena, err);
}

cn_status cn_migrator_init(cn_migrator *migrator, bool *ret_made, cn_error *err)
{
	return cn_migrator_init_from(migrator, NULL, ret_made, err);
}
