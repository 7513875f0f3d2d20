/* migrator_init.c - a fresh migrations folder. */
#include "base/file.h"
#include "base/try.h"
#include "migrate/migrator.h"

static const char readme[] =
	"# Migrations\n"
	"\n"
	"Each file in `versions/` is one revision: a change of the database's schema, with the way back, as SQL. They are\n"
	"written by `db migrate`, run by `db upgrade` and undone by `db downgrade`; they belong into version control.\n"
	"\n"
	"You may edit a revision as long as no database has it (add an UPDATE that moves data, for instance). Afterwards\n"
	"`db verify` runs all of them forward, backward and forward again, and says whether they still fit. A revision that a\n"
	"database has already should stay as it is: make a new one.\n";

static const char settings[] =
	"; settings of this migrations folder\n"
	"[migrations]\n"
	"format = 1                        ; of the revision files: a Cantil that does not know it leaves them alone\n";

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

cn_status cn_migrator_init(cn_migrator *migrator, bool *ret_made, cn_error *err)
{
	CLEANUP(cni_arena_done) cni_arena arena = {0};
	cni_migrator_begin(migrator);
	TRY(cni_migrator_on_disk(migrator, err));
	const char *versions = cni_path_join(&arena, migrator->folder, "versions");
	const char *readme_path = cni_path_join(&arena, migrator->folder, "README.md");
	const char *settings_path = cni_path_join(&arena, migrator->folder, CNI_FOLDER_SETTINGS);
	const char *keep = versions ? cni_path_join(&arena, versions, ".gitkeep") : NULL;
	if (!versions || !readme_path || !settings_path || !keep)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	bool made = !cni_dir_exists(versions) || !cni_file_exists(settings_path);
	if (ret_made)
		*ret_made = made;
	if (!made)
		return CN_OK;
	TRY(check_empty(migrator->folder, &arena, err));
	TRY(cni_dir_make(versions, err));
	TRY(cni_file_write(
		keep, "", 0, true, err)); /* version control does not see empty folders */
	TRY(cni_file_write(settings_path, settings, sizeof settings - 1, true, err));
	return cni_file_write(readme_path, readme, sizeof readme - 1, true, err);
}
