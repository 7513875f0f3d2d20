/* runner.c - what surrounds a revision's statements when they run on a live database. */
#include "migrate/run/runner.h"

#include <string.h>

#include "base/clock.h"
#include "base/try.h"
#include "migrate/change/cheaper.h"
#include "migrate/change/drift.h"
#include "migrate/change/execute.h"
#include "migrate/revision/data_step.h"
#include "migrate/revision/replaced.h"
#include "migrate/revision/version.h"
#include "migrate/run/running.h"
#include "migrate/run/stepwise.h"

/* Does the version table, read under the lock, allow it? *ret_skip: it is done already. */
static cn_status check_version(
	const cni_running *state, const cni_version *version, bool *ret_skip, cn_error *err)
{
	const cni_run *run = state->run;
	const cni_revision *revision = run->revision;
	bool applied = cni_version_find(version, revision->id) != NULL;
	if (applied != run->down) {
		*ret_skip = true;
		return CN_OK;
	}
	for (size_t i = 0; !run->down && i < revision->parent_count + revision->depend_count; i++) {
		const char *needed = i < revision->parent_count
					     ? revision->parents[i]
					     : revision->depends[i - revision->parent_count];
		if (!cni_version_find(version, needed)) {
			cn_error_set(err, CN_ECONFLICT,
				"the database no longer has revision \"%s\"", needed);
			cn_error_detail(err, "another process has changed it in the meantime");
			cn_error_hint(err, "look at \"db current\", then try again");
			return CN_ECONFLICT;
		}
	}
	for (size_t i = 0; run->down && i < run->folder->revision_count; i++) {
		const cni_revision *child = &run->folder->revisions[i];
		for (size_t n = 0; n < child->need_count; n++) {
			if (strcmp(run->folder->revisions[child->need_at[n]].id, revision->id) ==
					0 &&
				cni_version_find(version, child->id)) {
				cn_error_set(err, CN_ECONFLICT,
					"revision \"%s\", which needs it, has been applied",
					child->id);
				cn_error_detail(err,
					"another process has changed the database in the meantime");
				cn_error_hint(err, "look at \"db current\", then try again");
				return CN_ECONFLICT;
			}
		}
	}
	*ret_skip = false;
	return CN_OK;
}

static cn_status check_before(cni_running *state, cni_conn *conn, cn_error *err)
{
	cni_schema *actual;
	CLEANUP(cni_buffer_done) cni_buffer lines = {.limit = 1800};
	TRY(cni_conn_inspect_like(conn, state->run->before, &state->arena, &actual, err));
	state->actual = actual;
	if (!cni_drift_tables(&lines, state->run->before, actual))
		return CN_OK;
	cn_error_set(err, CN_ESCHEMA,
		"the database is not what its revisions make: somebody has changed it by hand");
	cn_error_detail(err, "%s", cni_buffer_text(&lines));
	cn_error_hint(err,
		"\"db verify\" shows the differences; bring the tables back to what the revisions make, or go on with "
		"--allow-drift");
	return CN_ESCHEMA;
}

/* Only the revision that was left unfinished may go on. */
static cn_status check_unfinished(cni_running *state, const cni_version *version, cn_error *err)
{
	const cni_unfinished *left = &version->unfinished;
	if (!left->revision || state->skipped)
		return CN_OK;
	if (!state->plan->no_transaction || left->down != state->run->down ||
		strcmp(left->revision, state->run->revision->id) != 0)
		return cni_stepwise_fail(version, err);
	state->resumes = *left;
	return CN_OK;
}

cn_status cni_running_locked(cni_conn *conn, bool *ret_skip, void *ctx, cn_error *err)
{
	cni_running *state = ctx;
	const cni_run *run = state->run;
	cni_version version;
	TRY(cni_version_read(conn, &state->arena, &version, err));
	(void)cni_version_resolve(run->folder, &version);
	TRY(check_version(state, &version, &state->skipped, err));
	TRY(check_unfinished(state, &version, err));
	if (!state->skipped && run->before && !state->resumes.revision)
		TRY(check_before(state, conn, err));
	if (!state->skipped && run->starts && !state->resumes.revision)
		TRY(run->starts(conn, &version, run->starts_ctx, err));
	TRY(cni_version_settle(conn, run->folder, &state->arena, &version, err));
	state->started_us = cni_clock_mono_us(); /* not the time spent waiting for the lock */
	*ret_skip = state->skipped;
	return CN_OK;
}

static cn_status check_after(cni_running *state, cni_conn *conn, cn_error *err)
{
	cni_schema *after;
	CLEANUP(cni_buffer_done) cni_buffer lines = {.limit = 1800};
	TRY(cni_conn_inspect_like(conn, state->run->after, &state->arena, &after, err));
	if (cni_drift_tables(&lines, state->run->after, after)) {
		cn_error_set(err, CN_ESCHEMA,
			"it does not lead to what the revisions make in an empty database");
		cn_error_detail(err, "%s", cni_buffer_text(&lines));
		cn_error_hint(err,
			"a revision must make the same tables from the same tables, whatever rows are in them; mend "
			"the file, or go on with --allow-drift");
		return CN_ESCHEMA;
	}
	if (state->actual &&
		cni_drift_lost(&lines, state->run->before, state->actual, after, state->plan)) {
		cn_error_set(err, CN_ESCHEMA,
			"it would take away what was added to the database by hand");
		cn_error_detail(err, "%s", cni_buffer_text(&lines));
		cn_error_hint(err,
			"add it to the models and make a revision, or let it go with --allow-drift");
		return CN_ESCHEMA;
	}
	return CN_OK;
}

cn_status cni_running_finish(cni_conn *conn, void *ctx, cn_error *err)
{
	cni_running *state = ctx;
	const cni_run *run = state->run;
	if (run->after && (state->actual || state->resumes.revision))
		TRY(check_after(state, conn, err));
	if (run->down)
		return cni_version_remove(conn, run->revision->id, err);
	TRY(cni_version_create(conn, err));
	return cni_version_add(
		conn, run->revision, cni_clock_mono_us() - state->started_us, run->tag, err);
}

void cni_running_report(const char *what, int64_t done, int64_t total, void *ctx)
{
	const cni_running *state = ctx;
	if (state->run->progress)
		state->run->progress(what, done, total, state->run->ctx);
}

bool cni_running_canceled(void *ctx)
{
	const cni_running *state = ctx;
	const cni_host *host = state->run->revision->host;
	return host && host->canceled && host->canceled(host->ctx);
}

/* The file's plan, or a cheaper one that leads to the same. */
static cn_status choose_plan(cni_running *state, cni_conn *conn, cn_error *err)
{
	const cni_run *run = state->run;
	if (!run->before || !run->after || run->edit_from < 0)
		return CN_OK;
	return cni_plan_cheaper(conn, run->before, run->after, state->plan,
		run->edit_from ? run->edit_from : CNI_EDIT_FROM, &state->arena, &state->plan, err);
}

static cn_status execute(cni_running *state, cni_conn *conn, cn_error *err)
{
	if (state->plan->no_transaction)
		return cni_stepwise_run(conn, state, err);
	TRY(choose_plan(state, conn, err));
	const cni_execution execution = {.plan = state->plan,
		.revision = state->run->revision,
		.down = state->run->down,
		.locked = cni_running_locked,
		.finish = cni_running_finish,
		.progress = cni_running_report,
		.canceled = cni_running_canceled,
		.ctx = state};
	return cni_execute(conn, &execution, err);
}

cn_status cni_run_revision(cni_conn *conn, const cni_run *run, bool *ret_done, cn_error *err)
{
	const cni_revision *revision = run->revision;
	const cni_section *section = cni_revision_section(revision, conn->driver->name);
	if (!section || (run->down && !section->has_downgrade)) {
		cn_error_set(err, CN_EUNSUPPORTED, "revision \"%s\" %s", revision->id,
			section ? "cannot be undone" : "has no section for this engine");
		cn_error_detail(err, "%s has no line \"-- %s %s\"", revision->path,
			run->down ? "downgrade" : "upgrade", conn->driver->name);
		return CN_EUNSUPPORTED;
	}
	cni_running state = {
		.run = run, .plan = run->down ? &section->downgrade : &section->upgrade};
	TRY(cni_revision_ready(revision, conn->driver->name, run->down, err));
	cn_status status = execute(&state, conn, err);
	cni_arena_done(&state.arena);
	if (status < 0)
		return cn_error_wrap(err, "%s %s%s%s%s", run->down ? "downgrade of" : "upgrade to",
			revision->id, *revision->message ? " (" : "", revision->message,
			*revision->message ? ")" : "");
	*ret_done = !state.skipped;
	return CN_OK;
}
