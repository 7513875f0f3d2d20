/* migrator_verify.c - do the revisions still hold? Everything is tried on copies; nothing is
 * changed. */
#include <string.h>

#include "base/text.h"
#include "base/try.h"
#include "driver/words.h"
#include "migrate/change/drift.h"
#include "migrate/migrator/foreign.h"
#include "migrate/migrator/migrator.h"
#include "migrate/revision/replaced.h"
#include "migrate/run/runner.h"

typedef struct verify_job {
	cn_migrator *migrator;
	cni_arena arena;
	cni_folder folder;
	cni_version version;
	bool *applied;
	cni_conn *live, *copy;
} verify_job;

/* Forward, back, and forward again: the state before must come back exactly, and so must the state
 * after. */
static cn_status verify_revision(
	cn_migrator *migrator, cni_conn *conn, const cni_revision *revision, cn_error *err)
{
	CLEANUP(cni_arena_done) cni_arena arena = {0};
	cni_schema *before, *after;
	TRY(cni_conn_inspect(conn, &arena, &before, err));
	TRY(cni_revision_execute(conn, revision, false, NULL, err));
	const cni_section *section = cni_revision_section(revision, migrator->engine);
	if (!section->has_downgrade) {
		cni_migrator_notice(migrator, "revision %s cannot be undone", revision->id);
		return CN_OK;
	}
	TRY(cni_conn_inspect_like(conn, before, &arena, &after, err));
	TRY(cni_revision_execute(conn, revision, true, before, err));
	return cni_revision_execute(conn, revision, false, after, err);
}

cn_status cni_migrator_prove(cn_migrator *migrator, const cni_folder *folder, cn_error *err)
{
	CLEANUP(cni_conn_closep) cni_conn *conn = NULL;
	TRY(cni_conn_scratch_at(&migrator->home, &conn, err));
	TRY(cni_conn_set(conn, CNI_SETTING_GUARD, 0, err));
	for (size_t i = 0; i < folder->revision_count; i++) {
		const cni_revision *revision = &folder->revisions[i];
		cn_status status = verify_revision(migrator, conn, revision, err);
		if (status >= 0)
			continue;
		if (err &&
			!strstr(err->detail, revision->path)) /* with its line, if that is known */
			cni_error_more(err, "%s", revision->path);
		return status;
	}
	return CN_OK;
}

/* ---- the database ---- */

static cn_status check_edited(verify_job *job, cn_error *err)
{
	size_t edited = cni_migrator_edited(job->migrator, &job->folder, &job->version);
	if (!edited)
		return CN_OK;
	cn_error_set(err, CN_ESCHEMA, "%zu revision%s edited after %s applied to this database",
		edited, edited == 1 ? " was" : "s were", edited == 1 ? "it was" : "they were");
	cn_error_hint(err,
		"take the old text from version control and put the change into a new revision; or, when the edit "
		"changes nothing, \"db stamp base\" and \"db stamp head\" take the new text for the applied one");
	return CN_ESCHEMA;
}

static cn_status check_drift(verify_job *job, cn_error *err)
{
	cni_schema *recorded, *actual;
	cni_diff diff;
	cni_diff_options options = {0};
	CLEANUP(cni_buffer_done) cni_buffer lines = {.limit = 1800};
	cni_order order;
	TRY(cni_applied_order(&job->folder, &job->version, &job->arena, &order, err));
	TRY(cni_folder_replay_order(
		&job->folder, &job->migrator->home, &order, &job->arena, &recorded, NULL, err));
	TRY(cni_conn_inspect_like(job->live, recorded, &job->arena, &actual, err));
	options.ignore_tables = cni_foreign_tables(&job->arena, actual, recorded);
	if (!options.ignore_tables)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	TRY(cni_diff_make(&job->arena, recorded, actual, &options, &diff, err));
	if (!diff.change_count)
		return CN_OK;
	cni_diff_describe(&lines, &diff);
	bool more = false; /* than additional objects, which no revision knows and none touches */
	for (size_t i = 0; i < diff.change_count; i++)
		more |= diff.changes[i].kind != CNI_CREATE;
	if (!more) {
		cni_migrator_notice(job->migrator,
			"the database has what its revisions do not make:\n%s",
			cni_buffer_text(&lines));
		return CN_OK;
	}
	cn_error_set(err, CN_ESCHEMA,
		"the database is not what its revisions make: somebody has changed it by hand");
	cn_error_detail(err, "%s", cni_buffer_text(&lines));
	cn_error_hint(err,
		"undo the change by hand; or put it into the models, make a revision, and \"db stamp\" it");
	return CN_ESCHEMA;
}

/* ---- the real rows, on a copy ---- */

static cn_status run_on_copy(
	verify_job *job, const cni_revision *revision, bool down, cn_error *err)
{
	bool done;
	cni_run run = {.folder = &job->folder, .revision = revision, .down = down};
	if (cni_run_revision(job->copy, &run, &done, err) < 0)
		return cn_error_wrap(err, "on a copy of the database");
	return CN_OK;
}

static cn_status verify_copy(verify_job *job, cn_error *err)
{
	/* the last in the folder's order: nothing needs it */
	size_t count = job->folder.revision_count;
	const cni_revision *last = count ? &job->folder.revisions[count - 1] : NULL;
	TRY(cni_conn_snapshot(job->live, &job->copy, err));
	job->migrator->tried_on_rows = true;
	for (size_t i = 0; i < job->folder.revision_count; i++) {
		const cni_revision *revision = &job->folder.revisions[i];
		if (!job->applied[i])
			TRY(run_on_copy(job, revision, false, err));
	}
	const cni_section *section =
		last ? cni_revision_section(last, job->migrator->engine) : NULL;
	if (!section || !section->has_downgrade)
		return CN_OK;
	TRY(run_on_copy(job, last, true, err));
	return run_on_copy(job, last, false, err);
}

static cn_status open_database(verify_job *job, cn_error *err)
{
	if (!cni_migrator_has_database(job->migrator))
		return CN_OK;
	TRY(cni_migrator_open(job->migrator, CNI_OPEN_READ, true, &job->live, err));
	TRY(cni_version_read(job->live, &job->arena, &job->version, err));
	(void)cni_version_resolve(&job->folder, &job->version);
	TRY(cni_applied_set(&job->folder, &job->version, &job->arena, &job->applied, err));
	return check_edited(job, err);
}

static cn_status verify(verify_job *job, cn_error *err)
{
	TRY(cni_migrator_folder(job->migrator, &job->arena, &job->folder, err));
	TRY(open_database(job, err));
	TRY(cni_migrator_check_files(job->migrator, &job->folder, err));
	TRY(cni_migrator_prove(job->migrator, &job->folder, err));
	if (!job->live)
		return CN_OK;
	TRY(check_drift(job, err));
	if (job->live->driver->snapshot)
		return verify_copy(job, err);
	cni_migrator_notice(job->migrator,
		"the revisions were not tried on the database's own rows: %s makes no private copies",
		job->live->driver->words->title);
	return CN_OK;
}

cn_status cn_migrator_verify(cn_migrator *migrator, cn_error *err)
{
	verify_job job = {.migrator = migrator};
	cni_migrator_begin(migrator);
	migrator->tried_on_rows = false;
	cn_status status = verify(&job, err);
	cni_conn_close(job.copy);
	cni_migrator_close(migrator, &job.live);
	cni_arena_done(&job.arena);
	return status;
}
