/* migrator_edit.c - files that were edited: finding them, and taking them as they are. */
#include <string.h>

#include "base/file.h"
#include "base/try.h"
#include "migrate/migrator/sums.h"
#include "migrate/revision/replaced.h"

typedef struct edit_job {
	cn_migrator *migrator;
	cni_arena arena;
	cni_folder folder;
	cni_version version;
	cni_sums sums;
	bool force;
	size_t taken;
} edit_job;

/* ---- finding them ---- */

static void add_line(cni_buffer *lines, const cni_sum_finding *finding)
{
	cni_buffer_printf(lines, "%s%s %s", lines->size ? "\n" : "", finding->name,
		finding->kind == CNI_SUM_CHANGED ? "was edited since it was made"
						 : "is not there any more");
}

cn_status cni_migrator_check_files(cn_migrator *migrator, const cni_folder *folder, cn_error *err)
{
	CLEANUP(cni_arena_done) cni_arena arena = {0};
	CLEANUP(cni_buffer_done) cni_buffer lines = {.limit = 1800};
	cni_sums sums;
	cni_sum_finding *list;
	size_t count, wrong = 0;
	const char *program = migrator->desc.program;
	if (migrator->desc.embedded)
		return CN_OK;
	TRY(cni_sums_read(&arena, folder->path, &sums, err));
	TRY(cni_sums_check(&sums, folder, &arena, &list, &count, err));
	for (size_t i = 0; i < count; i++) {
		if (list[i].kind != CNI_SUM_UNLISTED) {
			add_line(&lines, &list[i]);
			wrong++;
			continue;
		}
		cni_migrator_notice(migrator,
			"%s has no line in " CNI_SUMS_FILE
			" (written by hand, or something ended before it was noted): \"%s db edit "
			"--accept\" adds it",
			list[i].name, program);
	}
	if (!wrong)
		return CN_OK;
	cn_error_set(err, CN_ESCHEMA, "%zu file%s not what " CNI_SUMS_FILE " says", wrong,
		wrong == 1 ? " is" : "s are");
	cn_error_detail(err, "%s", cni_buffer_text(&lines));
	cn_error_hint(err,
		"where it was meant: \"%s db edit --accept\" proves them and notes what they are now; "
		"otherwise take the files from version control",
		program);
	return CN_ESCHEMA;
}

/* Where there is a database, it can tell which edits came too late; that it cannot be read is
 * nobody's business here. */
static void tell_applied(cn_migrator *migrator, const cni_folder *folder, cni_arena *arena)
{
	cni_version version;
	cn_error ignored;
	if (!cni_migrator_has_database(migrator) ||
		cni_migrator_version(migrator, arena, &version, &ignored) < 0)
		return;
	(void)cni_version_resolve(folder, &version);
	(void)cni_migrator_edited(migrator, folder, &version);
}

cn_status cn_migrator_check(cn_migrator *migrator, cn_error *err)
{
	CLEANUP(cni_arena_done) cni_arena arena = {0};
	cni_folder folder;
	const cni_revision *head;
	cni_migrator_begin(migrator);
	TRY(cni_migrator_graph(migrator, &arena, &folder, err));
	tell_applied(migrator, &folder, &arena);
	TRY(cni_migrator_check_files(migrator, &folder, err));
	return cni_folder_head(&folder, &head, err);
}

/* ---- taking them ---- */

static cn_status fail_applied(const edit_job *job, const cni_revision *revision,
	const cni_applied *applied, cn_error *err)
{
	cn_error_set(err, CN_ECONFLICT,
		"revision \"%s\" is applied already: an edit comes too late", revision->id);
	cn_error_detail(err,
		"applied on %s to %s; every database that has it keeps what the old text made",
		applied->applied_at, job->migrator->uri.text);
	cn_error_hint(err,
		"take its old text from version control, and put the change into a new revision; or say "
		"--force when the edit changes nothing of what it does");
	return CN_ECONFLICT;
}

static cn_status take(edit_job *job, const cni_revision *revision, cn_error *err)
{
	const cni_sum *sum = cni_sums_find(&job->sums, revision->path);
	if (sum && strcmp(sum->sum, revision->checksum) == 0)
		return CN_OK;
	job->taken++;
	return cni_sums_put(&job->sums, revision->path, revision->checksum, err);
}

/* An applied file with a line that it does not fit any more. */
static const cni_applied *find_applied(const edit_job *job, const cni_revision *revision)
{
	const cni_applied *applied = cni_version_find(&job->version, revision->id);
	return applied && strcmp(applied->checksum, revision->checksum) != 0 ? applied : NULL;
}

static cn_status take_one(edit_job *job, const char *name, cn_error *err)
{
	const cni_revision *revision;
	TRY(cni_folder_find(&job->folder, name, &revision, err));
	if (!revision)
		return cn_fail(err, CN_EARG, "\"base\" has no file");
	const cni_applied *applied = find_applied(job, revision);
	if (applied && !job->force)
		return fail_applied(job, revision, applied, err);
	return take(job, revision, err);
}

static cn_status take_all(edit_job *job, cn_error *err)
{
	for (size_t i = 0; i < job->folder.revision_count; i++) {
		const cni_revision *revision = &job->folder.revisions[i];
		const cni_applied *applied = find_applied(job, revision);
		if (!applied || job->force)
			TRY(take(job, revision, err));
		else
			cni_migrator_notice(job->migrator,
				"%s was left out: it is applied, and was edited afterwards",
				cni_path_name(revision->path));
	}
	return CN_OK;
}

/* What the sums lack is told and mended, too; only what was asked for counts. */
static cn_status accept(edit_job *job, const char *name, cn_error *err)
{
	cn_migrator *migrator = job->migrator;
	cni_sums before;
	TRY(cni_migrator_folder(migrator, &job->arena, &job->folder, err));
	if (cni_migrator_has_database(migrator)) {
		TRY(cni_migrator_version(migrator, &job->arena, &job->version, err));
		(void)cni_version_resolve(&job->folder, &job->version);
	}
	TRY(cni_sums_read(&job->arena, job->folder.path, &before, err));
	TRY(cni_migrator_sums(migrator, &job->folder, &job->arena, &job->sums, err));
	TRY(name ? take_one(job, name, err) : take_all(job, err));
	bool same = before.exists && !job->taken && before.count == job->sums.count;
	for (size_t i = 0; same && i < before.count; i++)
		same = strcmp(before.list[i].name, job->sums.list[i].name) == 0;
	TRY(cni_migrator_prove(migrator, &job->folder, err));
	return same ? CN_OK : cni_sums_write(&job->sums, err);
}

cn_status cn_migrator_accept(
	cn_migrator *migrator, const char *revision, bool force, size_t *ret_count, cn_error *err)
{
	edit_job job = {.migrator = migrator, .force = force};
	cni_migrator_begin(migrator);
	TRY(cni_migrator_on_disk(migrator, err));
	cn_status status = accept(&job, revision, err);
	if (status >= 0 && ret_count)
		*ret_count = job.taken;
	cni_arena_done(&job.arena);
	return status;
}
