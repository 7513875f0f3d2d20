/* clean.c - `clean`: build leftovers below the project's root. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backup/part.h"
#include "base/file.h"
#include "base/text.h"
#include "base/try.h"
#include "manage/builtin.h"
#include "manage/call.h"

enum { DEPTH = 32 };

const cn_option cni_clean_options[] = {
	CN_OPT_FLAG('n', "dry-run", "only show what would be removed"),
	{0},
};

typedef struct cleaner {
	cn_call *call;
	bool dry_run;
	int64_t files, bytes;
	cn_error *err;
} cleaner;

static bool is_leftover(const char *name)
{
	static const char *const suffixes[] = {".o", ".gcda", ".gcno"};

	for (size_t i = 0; i < CNI_COUNT(suffixes); i++)
		if (cni_ends(name, suffixes[i]))
			return true;
	return cni_part_is_dead(name);
}

static cn_status clean_file(cleaner *c, const char *path, int64_t size)
{
	if (!c->dry_run && unlink(path) < 0)
		return cn_fail(c->err, CN_EIO, "cannot remove \"%s\": %s", path, strerror(errno));
	if (c->dry_run)
		cn_print(c->call, "%s", path);
	else
		cn_detail(c->call, "removed %s", path);
	c->files++;
	c->bytes += size;
	return CN_OK;
}

static cn_status clean_folder(cleaner *c, const char *folder, unsigned depth)
{
	CLEANUP(cni_arena_done) cni_arena arena = {0};
	const char **names;
	size_t count;

	TRY(cni_dir_list(&arena, folder, &names, &count, c->err));
	for (size_t i = 0; i < count; i++) {
		const char *path = cni_path_join(&arena, folder, names[i]);
		struct stat st;
		if (!path)
			return cn_fail(c->err, CN_ENOMEM, "out of memory");
		if (names[i][0] == '.' || lstat(path, &st) < 0)
			continue;
		if (S_ISDIR(st.st_mode) && depth < DEPTH)
			TRY(clean_folder(c, path, depth + 1));
		else if (S_ISREG(st.st_mode) && is_leftover(names[i]))
			TRY(clean_file(c, path, st.st_size));
	}
	return CN_OK;
}

int cni_clean_run(cn_call *call, cn_error *err)
{
	cleaner c = {.call = call, .dry_run = cn_call_flag(call, "dry-run"), .err = err};
	const cni_project *project;

	TRY(cni_call_project(call, &project, err));
	/* an installed program's folder is no project: /usr/bin is not ours to sweep */
	if (!project->ini && !cni_dir_exists(project->migrations)) {
		(void)cn_fail(err, CN_ENOTFOUND,
			"\"%s\" is no project: it has no cantil.ini and no migrations",
			project->root);
		cn_error_hint(err, "name the project with --root FOLDER");
		return CN_ENOTFOUND;
	}
	TRY(clean_folder(&c, project->root, 0));
	cn_note(call, "%s %" PRId64 " %s (%" PRId64 " bytes) below %s",
		c.dry_run ? "would remove" : "removed", c.files, c.files == 1 ? "file" : "files",
		c.bytes, project->root);
	return CN_OK;
}
