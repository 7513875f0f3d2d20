/* migrator_stamp.c - writing where a database is, without running anything. */
#include <string.h>

#include "base/try.h"
#include "migrate/change/drift.h"
#include "migrate/migrator/migrator.h"
#include "migrate/revision/replaced.h"

typedef struct stamp_job {
	cn_migrator *migrator;
	cni_arena arena;
	cni_folder folder;
	cni_target *targets;
	size_t target_count;
	bool purge;
	bool *wanted; /* what is applied afterwards */
} stamp_job;

static cn_status read_targets(stamp_job *job, const char *const *names, cn_error *err)
{
	for (; *names; names++) {
		cni_target target;
		TRY(cni_folder_target(&job->folder, &job->arena, *names, &target, err));
		if (target.steps)
			return cn_fail(err, CN_EARG,
				"\"%.80s\" counts from where the database is: name the revision",
				*names);
		if (!CNI_PUSH(&job->arena, job->targets, job->target_count, target))
			return cn_fail(err, CN_ENOMEM, "out of memory");
	}
	return CN_OK;
}

static cn_status forget_behind(
	stamp_job *job, const cni_revision *to, const bool *branch, cn_error *err)
{
	const bool *behind = cni_route_behind(&job->folder, &job->arena, to, branch);
	if (!behind)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	for (size_t i = 0; i < job->folder.revision_count; i++)
		job->wanted[i] &= !behind[i];
	return CN_OK;
}

/* Each target moves its own branch; what stands beside it stays. */
static cn_status find_wanted(stamp_job *job, const bool *applied, cn_error *err)
{
	job->wanted = cni_memdup(&job->arena, applied, job->folder.revision_count + 1);
	if (!job->wanted)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	for (size_t t = 0; t < job->target_count; t++) {
		const cni_target *target = &job->targets[t];
		if (!target->count)
			TRY(forget_behind(job, NULL, target->branch, err));
		for (size_t i = 0; i < target->count; i++)
			TRY(forget_behind(job, target->list[i], NULL, err));
	}
	for (size_t t = 0; t < job->target_count; t++)
		for (size_t i = 0; i < job->targets[t].count; i++)
			job->wanted[job->targets[t].list[i] - job->folder.revisions] = true;
	cni_folder_close_up(&job->folder, job->wanted);
	return CN_OK;
}

static cn_status explain_unknown(cn_status status, cn_error *err)
{
	if (status == CN_ESCHEMA)
		cn_error_hint(err,
			"its file is missing (version control has it); or \"db stamp --purge REVISION\" "
			"forgets what the version table says and begins anew");
	return status;
}

static cn_status change_rows(
	const stamp_job *job, cni_conn *conn, const bool *applied, cn_error *err)
{
	const cni_folder *folder = &job->folder;
	for (size_t i = folder->revision_count; i-- > 0;)
		if (applied[i] && !job->wanted[i])
			TRY(cni_version_remove(conn, folder->revisions[i].id, err));
	for (size_t i = 0; i < folder->revision_count; i++)
		if (job->wanted[i] && !applied[i])
			TRY(cni_version_add(
				conn, &folder->revisions[i], -1, job->migrator->tag, err));
	return CN_OK;
}

static cn_status write_rows(stamp_job *job, cni_conn *conn, cn_error *err)
{
	cni_version version;
	bool *applied;
	TRY(cni_version_create(conn, err));
	TRY(cni_unfinished_end(conn, err)); /* whoever stamps knows better */
	if (job->purge)
		TRY(cni_version_purge(conn, err));
	TRY(cni_version_settle(conn, &job->folder, &job->arena, &version, err));
	cn_status status = cni_applied_set(&job->folder, &version, &job->arena, &applied, err);
	if (status < 0)
		return explain_unknown(status, err);
	TRY(find_wanted(job, applied, err));
	return change_rows(job, conn, applied, err);
}

/* Says so when the database does not look as if those revisions had been run: it is stamped all the
 * same. Within the transaction, so that nothing can fail after it. */
static cn_status compare(stamp_job *job, cni_conn *conn, cn_error *err)
{
	CLEANUP(cni_buffer_done) cni_buffer lines = {.limit = 800};
	cni_schema *recorded, *actual;
	cn_error why;
	cn_status status = cni_folder_replay_set(&job->folder, &job->migrator->home, job->wanted,
		&job->arena, &recorded, NULL, &why);
	if (status == CN_ENOMEM)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	if (status < 0) {
		cni_migrator_notice(job->migrator,
			"whether the database is what this revision makes could not be tried: %s",
			why.message);
		return CN_OK;
	}
	TRY(cni_conn_inspect_like(conn, recorded, &job->arena, &actual, err));
	if (cni_drift_tables(&lines, recorded, actual))
		cni_migrator_notice(job->migrator,
			"the database is not what this revision makes: %s",
			cni_buffer_text(&lines));
	return CN_OK;
}

static cn_status stamp(stamp_job *job, cni_conn *conn, cn_error *err)
{
	/* what was said to be written must survive a power loss: tests/fault */
	TRY(cni_conn_set(conn, CNI_SETTING_DURABLE, 1, err));
	TRY(cni_conn_begin(conn, CNI_TX_WRITE, err));
	cn_status status = write_rows(job, conn, err);
	if (status >= 0)
		status = compare(job, conn, err);
	if (status >= 0)
		status = cni_conn_commit(conn, err);
	if (status < 0)
		cni_conn_rollback(conn);
	return status;
}

static cn_status run(stamp_job *job, const char *const *revisions, cn_error *err)
{
	cni_conn *conn = NULL;
	TRY(cni_migrator_folder(job->migrator, &job->arena, &job->folder, err));
	TRY(read_targets(job, revisions, err));
	TRY(cni_migrator_open(job->migrator, CNI_OPEN_WRITE, false, &conn, err));
	cn_status status = stamp(job, conn, err);
	cni_migrator_close(job->migrator, &conn);
	return status;
}

cn_status cn_migrator_stamp_all(
	cn_migrator *migrator, const char *const *revisions, bool purge, cn_error *err)
{
	static const char *const head[] = {"head", NULL};
	stamp_job job = {.migrator = migrator, .purge = purge};
	cni_migrator_begin(migrator);
	cn_status status = run(&job, revisions ? revisions : head, err);
	cni_arena_done(&job.arena);
	return status;
}

cn_status cn_migrator_stamp(cn_migrator *migrator, const char *revision, cn_error *err)
{
	const char *const one[] = {revision ? revision : "head", NULL};
	return cn_migrator_stamp_all(migrator, one, false, err);
}
