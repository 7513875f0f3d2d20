/*
 * migrator_run.c - upgrade, downgrade and stamp on the live database.
 *
 * Each revision is rehearsed in a scratch database first: that shows a broken file before anything
 * is touched, and what the database must look like afterwards.
 */
#include <string.h>

#include "base/text.h"
#include "base/try.h"
#include "driver/words.h"
#include "migrate/change/drift.h"
#include "migrate/migrator/migrator.h"
#include "migrate/revision/data_step.h"
#include "migrate/revision/replaced.h"
#include "migrate/run/runner.h"
#include "migrate/run/stepwise.h"

typedef struct scratch_run {
	cni_conn *scratch;   /* NULL: no rehearsal, the database is taken as it is */
	cni_arena arenas[2]; /* the schemas before and after take turns in them */
	size_t turn;
	cni_schema *before, *after;
} scratch_run;

typedef struct run_job { /* one upgrade or downgrade */
	cn_migrator *migrator;
	cni_arena arena;
	cni_folder folder;
	bool *applied;   /* when it began */
	cni_order order; /* the same, as they were applied */
	cni_route route;
	scratch_run rehearsal;
	cni_conn *conn;
	cni_lock lock; /* while a revision runs step by step */
	size_t done;
	bool unsettled; /* the version table names revisions that were squashed since */
} run_job;

static void job_done(run_job *job)
{
	cni_migrator_close(job->migrator, &job->conn);
	cni_lock_drop(&job->lock);
	cni_conn_close(job->rehearsal.scratch);
	cni_arena_done(&job->rehearsal.arenas[0]);
	cni_arena_done(&job->rehearsal.arenas[1]);
	cni_arena_done(&job->arena);
}

size_t cni_migrator_edited(
	cn_migrator *migrator, const cni_folder *folder, const cni_version *version)
{
	size_t count = 0;
	for (size_t i = 0; i < version->count; i++) {
		const cni_revision *revision = cni_folder_get(folder, version->list[i].revision);
		if (!revision || strcmp(revision->checksum, version->list[i].checksum) == 0)
			continue;
		count++;
		cni_migrator_notice(migrator,
			"revision %s was edited after it was applied on %s: %s; take its old text "
			"from version control, and put the change into a new revision",
			revision->id, version->list[i].applied_at, revision->path);
	}
	return count;
}

/* ---- the rehearsal ---- */

static cn_status rehearse_start(run_job *job, cn_error *err)
{
	scratch_run *rehearsal = &job->rehearsal;
	if (job->migrator->allow_drift || rehearsal->scratch)
		return CN_OK;
	return cni_folder_replay_order(&job->folder, &job->migrator->home, &job->order,
		&rehearsal->arenas[0], &rehearsal->before, &rehearsal->scratch, err);
}

static cn_status rehearse(run_job *job, const cni_revision *revision, cn_error *err)
{
	scratch_run *rehearsal = &job->rehearsal;
	if (!rehearsal->scratch)
		return CN_OK;
	cni_arena *arena = &rehearsal->arenas[1 - rehearsal->turn];
	cni_arena_done(arena);
	TRY(cni_revision_execute(rehearsal->scratch, revision, job->route.down, NULL, err));
	return cni_conn_inspect(rehearsal->scratch, arena, &rehearsal->after, err);
}

static void rehearse_next(run_job *job)
{
	scratch_run *rehearsal = &job->rehearsal;
	if (!rehearsal->scratch)
		return;
	rehearsal->turn = 1 - rehearsal->turn;
	rehearsal->before = rehearsal->after;
}

typedef struct way_back {
	cni_order stays, goes; /* of what is applied, in its order */
	bool last;             /* what goes was applied last */
	cni_schema *there;     /* what the revisions that stay make */
	cni_conn *conn;        /* in which all of them were replayed */
} way_back;

static cn_status split_order(const run_job *job, cni_arena *arena, way_back *ret, cn_error *err)
{
	size_t count = job->order.count;
	bool *undone = cni_alloc(arena, job->folder.revision_count + 1);
	way_back way = {.stays.list = cni_alloc(arena, (count + 1) * sizeof(size_t)),
		.goes.list = cni_alloc(arena, (count + 1) * sizeof(size_t)),
		.last = true};
	if (!undone || !way.stays.list || !way.goes.list)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	for (size_t i = 0; i < job->route.count; i++)
		undone[job->route.list[i] - job->folder.revisions] = true;
	for (size_t i = 0; i < count; i++) {
		size_t at = job->order.list[i];
		cni_order *part = undone[at] ? &way.goes : &way.stays;
		part->list[part->count++] = at;
		way.last &= undone[at] || !way.goes.count;
	}
	*ret = way;
	return CN_OK;
}

/* One replay gives both states, unless something that stays was applied after what goes. */
static cn_status replay_both(const run_job *job, cni_arena *arena, way_back *way, cn_error *err)
{
	const cni_folder *folder = &job->folder;
	const cni_uri *home = &job->migrator->home;
	TRY(cni_folder_replay_order(
		folder, home, &way->stays, arena, &way->there, way->last ? &way->conn : NULL, err));
	if (way->last)
		return cni_folder_replay_on(way->conn, folder, &way->goes, err);
	return cni_folder_replay_order(folder, home, &job->order, arena, NULL, &way->conn, err);
}

static cn_status go_back(const run_job *job, cni_arena *arena, way_back *way, cn_error *err)
{
	CLEANUP(cni_buffer_done) cni_buffer lines = {.limit = 1800};
	cni_schema *back;
	TRY(replay_both(job, arena, way, err));
	for (size_t i = 0; i < job->route.count; i++)
		TRY(cni_revision_execute(way->conn, job->route.list[i], true, NULL, err));
	TRY(cni_conn_inspect_like(way->conn, way->there, arena, &back, err));
	if (!cni_drift_tables(&lines, way->there, back) &&
		!cni_drift_tables(&lines, back, way->there))
		return CN_OK;
	cn_error_set(err, CN_ESCHEMA,
		"the downgrade does not lead back to what was there before; nothing was changed");
	cn_error_detail(err, "%s", cni_buffer_text(&lines));
	cn_error_hint(err, "mend the \"-- downgrade\" section of %s, or go on with --allow-drift",
		job->route.list[0]->path);
	return CN_ESCHEMA;
}

/* Forward again, and the rehearsal can begin there. When that fails, it begins with a replay. */
static void take_over(run_job *job, way_back *way)
{
	scratch_run *rehearsal = &job->rehearsal;
	cn_error ignored;
	if (!way->last || cni_folder_replay_on(way->conn, &job->folder, &way->goes, &ignored) < 0 ||
		cni_conn_inspect(way->conn, &rehearsal->arenas[0], &rehearsal->before, &ignored) <
			0)
		return;
	rehearsal->scratch = way->conn;
	way->conn = NULL;
}

/* A way back that does not end where the revisions before it do would be found only by the next
 * upgrade. */
static cn_status check_way_back(run_job *job, cn_error *err)
{
	CLEANUP(cni_arena_done) cni_arena arena = {0};
	way_back way;
	if (job->migrator->allow_drift)
		return CN_OK;
	TRY(split_order(job, &arena, &way, err));
	cn_status status = go_back(job, &arena, &way, err);
	if (status == CN_OK)
		take_over(job, &way);
	cni_conn_close(way.conn);
	return status;
}

/* ---- one revision after the other ---- */

/* An error does not mean "not applied", and no error is believed about the state: the database is
 * asked. */
static cn_status settle(run_job *job, const cni_revision *revision, cn_status status, cn_error *err)
{
	cn_migrator *migrator = job->migrator;
	cni_version version;
	cn_error reread;
	cni_migrator_close(migrator, &job->conn);
	if (cni_migrator_version(migrator, &job->arena, &version, &reread) < 0) {
		cni_error_more(
			err, "what state the database is in could not be read: %s", reread.message);
		return status;
	}
	bool applied = cni_version_find(&version, revision->id) != NULL;
	if (applied != job->route.down && status != CN_ECANCELED) {
		cni_migrator_notice(migrator,
			"revision %s is %s, although an error was reported: %s", revision->id,
			applied ? "applied" : "undone",
			err ? err->message : cn_status_name(status));
		rehearse_next(job);
		return CN_OK;
	}
	if (!version.exists && status == CN_ESQL && err && !*err->hint)
		cn_error_hint(err,
			"if the database had these tables before it had migrations: \"%s db stamp %s\"",
			migrator->desc.program, revision->id);
	if (version.unfinished.revision) {
		cni_error_more(err, "steps done: %zu of %zu; they stay, and \"%s db %s\" goes on",
			version.unfinished.done, version.unfinished.count, migrator->desc.program,
			job->route.down ? "downgrade" : "upgrade");
		return status;
	}
	const char *at = version.count ? version.list[version.count - 1].revision : "base";
	cni_error_more(err, "nothing of this revision was kept; the database is at \"%s\"", at);
	return status;
}

static cn_status starts(cni_conn *conn, const cni_version *version, void *ctx, cn_error *err)
{
	return cni_migrator_backup(ctx, conn, version, err);
}

/* A revision without a transaction is one process's from its first step to its last. */
static cn_status take_turn(run_job *job, const cni_revision *revision, cn_error *err)
{
	const cni_section *section = cni_revision_section(revision, job->migrator->engine);
	const cni_plan *plan = !section          ? NULL
			       : job->route.down ? &section->downgrade
						 : &section->upgrade;
	cni_lock_drop(&job->lock);
	if (!plan || !plan->no_transaction)
		return CN_OK;
	cni_migrator_close(job->migrator, &job->conn);
	/* a scratch database that is a transaction on the same server would be waited for by what
	 * runs concurrently; the revisions behind this one go without a rehearsal */
	const cni_words *words = cni_words_of(job->migrator->engine);
	if (words && words->builds_outside) {
		cni_conn_close(job->rehearsal.scratch);
		job->rehearsal.scratch = NULL;
	}
	return cni_stepwise_lock(job->migrator, &job->lock, err);
}

static cn_status run_one(run_job *job, const cni_revision *revision, cn_error *err)
{
	cn_migrator *migrator = job->migrator;
	bool done = false;
	TRY(rehearse(job, revision, err));
	bool rehearsed = job->rehearsal.scratch != NULL;
	TRY(take_turn(job, revision, err));
	if (!job->conn)
		TRY(cni_migrator_open(migrator, job->route.down ? CNI_OPEN_WRITE : CNI_OPEN_CREATE,
			false, &job->conn, err));
	cni_run run = {.folder = &job->folder,
		.revision = revision,
		.down = job->route.down,
		.tag = migrator->tag,
		.lock_timeout_ms = migrator->desc.lock_timeout_ms,
		.before = rehearsed ? job->rehearsal.before : NULL,
		.after = rehearsed ? job->rehearsal.after : NULL,
		.progress = migrator->desc.progress,
		.ctx = migrator->desc.ctx,
		.starts = job->done ? NULL : starts,
		.starts_ctx = migrator};
	cn_status status = cni_run_revision(job->conn, &run, &done, err);
	if (status < 0)
		return settle(job, revision, status, err);
	job->done += done;
	rehearse_next(job);
	if (migrator->ran)
		migrator->ran(revision, job->route.down, done, migrator->ran_ctx);
	return CN_OK;
}

/* A program that starts has nothing to do, as a rule: then no revision is even parsed. */
static cn_status is_current(run_job *job, const char *name, bool *ret, cn_error *err)
{
	cni_version version;
	*ret = false;
	if (!cni_same(name, "head") && !cni_same(name, "heads"))
		return CN_OK;
	TRY(cni_migrator_version(job->migrator, &job->arena, &version, err));
	*ret = cni_embedded_current(job->migrator->desc.embedded, &version);
	return CN_OK;
}

/* What was left unfinished comes first, or nothing does. */
static cn_status check_unfinished(
	const run_job *job, const cni_version *version, bool down, cn_error *err)
{
	const cni_unfinished *left = &version->unfinished;
	const cni_route *route = &job->route;
	if (!left->revision || (route->count && left->down == down &&
				       strcmp(route->list[0]->id, left->revision) == 0))
		return CN_OK;
	return cni_stepwise_fail(version, err);
}

static cn_status find_route(run_job *job, bool down, const char *name, cn_error *err)
{
	cn_migrator *migrator = job->migrator;
	cni_version version;
	if (migrator->desc.embedded && !down) {
		bool current;
		TRY(is_current(job, name, &current, err));
		if (current)
			return CN_OK;
	}
	TRY(cni_migrator_graph(migrator, &job->arena, &job->folder, err));
	TRY(cni_migrator_version(migrator, &job->arena, &version, err));
	job->unsettled = cni_version_resolve(&job->folder, &version);
	TRY(cni_applied_set(&job->folder, &version, &job->arena, &job->applied, err));
	TRY(cni_applied_order(&job->folder, &version, &job->arena, &job->order, err));
	cni_migrator_edited(migrator, &job->folder, &version);
	TRY(cni_route_find(&job->folder, job->applied, down, name, &job->arena, &job->route, err));
	TRY(check_unfinished(job, &version, down, err));
	return down ? CN_OK : cni_migrator_tell_changed(migrator, &job->folder, &job->route, err);
}

/* Nothing is to be run; the rows of what was squashed become those of what it is now all the same.
 */
static cn_status settle_squashed(run_job *job, cn_error *err)
{
	cni_version version;
	TRY(cni_migrator_open(job->migrator, CNI_OPEN_WRITE, false, &job->conn, err));
	TRY(cni_conn_set(job->conn, CNI_SETTING_DURABLE, 1, err));
	TRY(cni_conn_begin(job->conn, CNI_TX_WRITE, err));
	cn_status status = cni_version_settle(job->conn, &job->folder, &job->arena, &version, err);
	if (status >= 0)
		status = cni_conn_commit(job->conn, err);
	if (status < 0)
		cni_conn_rollback(job->conn);
	return status;
}

static cn_status run_all(run_job *job, cn_error *err)
{
	if (!job->route.count)
		return job->unsettled && !job->route.down ? settle_squashed(job, err) : CN_OK;
	TRY(cni_folder_load(&job->folder, err));
	for (size_t i = 0; i < job->route.count; i++)
		TRY(cni_revision_ready(
			job->route.list[i], job->migrator->engine, job->route.down, err));
	if (job->route.down)
		TRY(check_way_back(job, err));
	TRY(rehearse_start(job, err));
	for (size_t i = 0; i < job->route.count; i++)
		TRY(run_one(job, job->route.list[i], err));
	return CN_OK;
}

/* Only an upgrade makes one. */
static cn_status need_database(const cn_migrator *migrator, cn_error *err)
{
	if (!migrator->desc.database_uri || migrator->uri.memory ||
		cni_migrator_has_database(migrator))
		return CN_OK;
	cn_error_set(err, CN_ENOTFOUND, "there is no database \"%s\"", migrator->uri.text);
	cn_error_hint(err, "\"%s db upgrade\" makes it", migrator->desc.program);
	return CN_ENOTFOUND;
}

static cn_status run(
	cn_migrator *migrator, bool down, const char *name, size_t *ret_count, cn_error *err)
{
	run_job job = {.migrator = migrator};
	cni_migrator_begin(migrator);
	cn_status status = down ? need_database(migrator, err) : CN_OK;
	if (status >= 0)
		status = find_route(&job, down, name, err);
	if (status >= 0)
		status = run_all(&job, err);
	if (status >= 0 && ret_count)
		*ret_count = job.done;
	job_done(&job);
	return status;
}

cn_status cn_migrator_upgrade(
	cn_migrator *migrator, const char *revision, size_t *ret_count, cn_error *err)
{
	return run(migrator, false, revision ? revision : "head", ret_count, err);
}

cn_status cn_migrator_downgrade(
	cn_migrator *migrator, const char *revision, size_t *ret_count, cn_error *err)
{
	return run(migrator, true, revision ? revision : "-1", ret_count, err);
}

/* What has been run where the script will be. Both halves may be left out. */
static cn_status range_route(cn_migrator *migrator, const cni_folder *folder, const char *colon,
	const char *range, cni_route *ret, cn_error *err)
{
	cni_arena *arena = &migrator->result;
	bool down = ret->down, *applied = cni_alloc(arena, folder->revision_count + 1);
	const char *from = cni_strndup(arena, range, (size_t)(colon - range));
	cni_target start = {0};
	if (!applied || !from)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	if (*from)
		TRY(cni_folder_target(folder, arena, from, &start, err));
	if (start.steps)
		return cn_fail(err, CN_EARG,
			"\"%.80s\" counts from where the database is: name a revision before the colon",
			from);
	for (size_t i = 0; i < start.count; i++)
		applied[start.list[i] - folder->revisions] = true;
	cni_folder_close_up(folder, applied);
	const char *to = colon[1] ? colon + 1 : down ? "base" : "head";
	return cni_route_find(folder, applied, down, to, arena, ret, err);
}

cn_status cni_migrator_route(
	cn_migrator *migrator, bool down, const char *revision, cni_route *ret, cn_error *err)
{
	cni_arena *arena = &migrator->result;
	cni_folder folder;
	cni_version version = {0};
	cni_route route = {.down = down};
	bool *applied;
	const char *colon = revision ? strchr(revision, ':') : NULL;
	cni_migrator_begin(migrator);
	if (colon) {
		TRY(cni_migrator_folder(migrator, arena, &folder, err));
		*ret = route;
		return range_route(migrator, &folder, colon, revision, ret, err);
	}
	if (down)
		TRY(need_database(migrator, err));
	TRY(cni_migrator_folder(migrator, arena, &folder, err));
	TRY(cni_migrator_version(migrator, arena, &version, err));
	(void)cni_version_resolve(&folder, &version);
	TRY(cni_applied_set(&folder, &version, arena, &applied, err));
	TRY(cni_route_find(&folder, applied, down,
		revision ? revision
		: down   ? "-1"
			 : "head",
		arena, &route, err));
	route.untagged = version.exists && !version.has_tags;
	*ret = route;
	return CN_OK;
}
