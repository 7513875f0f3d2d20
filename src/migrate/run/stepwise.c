/* stepwise.c - see stepwise.h. */
#include "migrate/run/stepwise.h"

#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/text.h"
#include "base/try.h"
#include "driver/words.h"
#include "migrate/change/execute.h"
#include "migrate/revision/data_step.h"

enum { PAUSE_MS = 20 };

static cn_status place(
	const cni_revision *revision, const cni_step *step, cn_status status, cn_error *err)
{
	if (status >= 0)
		return CN_OK;
	cni_error_more(err, "%s:%u", revision->path, step->line);
	return status;
}

/* ---- rehearsal ---- */

static cn_status rehearse_outside(cni_conn *conn, const cni_step *step, cn_error *err)
{
	return conn->driver->words->builds_outside
		       ? conn->driver->build(conn, step->sql, strlen(step->sql), err)
		       : cni_conn_exec(conn, step->sql, err);
}

cn_status cni_stepwise_rehearse(cni_conn *conn, const cni_revision *revision, const cni_plan *plan,
	bool down, const cni_schema *expect, cn_error *err)
{
	for (size_t i = 0; i < plan->step_count; i++) {
		cni_step *step = &plan->steps[i];
		const cni_plan one = {.steps = step, .step_count = 1};
		cni_execution execution = {
			.plan = &one, .revision = revision, .down = down, .rehearsal = true};
		TRY(step->outside ? place(revision, step, rehearse_outside(conn, step, err), err)
				  : cni_execute(conn, &execution, err));
	}
	const cni_plan none = {0};
	return cni_execute(
		conn, &(cni_execution){.plan = &none, .rehearsal = true, .expect = expect}, err);
}

/* ---- what is done ---- */

cn_status cni_stepwise_fail(const cni_version *version, cn_error *err)
{
	const cni_unfinished *left = &version->unfinished;
	const char *way = left->down ? "downgrade" : "upgrade";
	cn_error_set(
		err, CN_ESCHEMA, "the %s of revision \"%s\" is not finished", way, left->revision);
	cn_error_detail(err, "begun %s; steps done: %zu of %zu%s", left->started_at, left->done,
		left->count, left->started ? "; the next one was begun" : "");
	cn_error_hint(err,
		"\"db %s %s\" goes on with it; if it was brought to an end by hand, \"db stamp\" says "
		"where the database is",
		way, left->revision);
	return CN_ESCHEMA;
}

/* The text that the earlier run had must be the one that goes on. */
static cn_status check_same_text(const cni_running *state, cn_error *err)
{
	const cni_unfinished *left = &state->resumes;
	const cni_revision *revision = state->run->revision;
	if (strcmp(left->checksum, revision->checksum) == 0 &&
		left->count == state->plan->step_count)
		return CN_OK;
	cn_error_set(err, CN_ESCHEMA,
		"revision \"%s\" was edited while it was unfinished: %zu of %zu steps of the old text "
		"are done",
		revision->id, left->done, left->count);
	cn_error_hint(err,
		"put the old text back; or bring it to an end by hand, and say so with \"db stamp\"");
	return CN_ESCHEMA;
}

static cn_status begin_locked(cni_conn *conn, cni_running *state, cn_error *err)
{
	TRY(cni_running_locked(conn, &state->skipped, state, err));
	if (state->skipped)
		return CN_OK;
	if (state->resumes.revision)
		return check_same_text(state, err);
	return cni_unfinished_begin(
		conn, state->run->revision, state->run->down, state->plan->step_count, err);
}

static cn_status finish_locked(cni_conn *conn, cni_running *state, cn_error *err)
{
	TRY(cni_running_finish(conn, state, err));
	return cni_unfinished_end(conn, err);
}

static cn_status in_transaction(cni_conn *conn, cni_running *state,
	cn_status (*fn)(cni_conn *conn, cni_running *state, cn_error *err), cn_error *err)
{
	const cni_words *words = conn->driver->words;
	TRY(cni_conn_begin(conn, CNI_TX_WRITE, err));
	cn_status status =
		words->hold_migrations ? words->hold_migrations(conn, false, err) : CN_OK;
	if (status >= 0)
		status = fn(conn, state, err);
	if (status >= 0)
		status = cni_conn_commit(conn, err);
	if (status < 0)
		cni_conn_rollback(conn);
	return status;
}

/* ---- one step ---- */

typedef struct stepping {
	cni_running *state;
	size_t number; /* from 1 */
} stepping;

static cn_status note_done(cni_conn *conn, void *ctx, cn_error *err)
{
	const stepping *step = ctx;
	return cni_unfinished_note(conn, step->number, true, err);
}

static bool step_canceled(void *ctx) { return cni_running_canceled(((stepping *)ctx)->state); }

static void step_report(const char *what, int64_t done, int64_t total, void *ctx)
{
	const stepping *step = ctx;
	(void)total;
	cni_running_report(what, (int64_t)step->number - 1 + done,
		(int64_t)step->state->plan->step_count, step->state);
}

/* In one transaction with its record. */
static cn_status run_inside(
	cni_conn *conn, cni_running *state, const cni_step *step, size_t number, cn_error *err)
{
	stepping ctx = {.state = state, .number = number};
	cni_step copy = *step;
	const cni_plan one = {.steps = &copy, .step_count = 1};
	const cni_execution execution = {.plan = &one,
		.revision = state->run->revision,
		.down = state->run->down,
		.finish = note_done,
		.progress = step_report,
		.canceled = step_canceled,
		.ctx = &ctx};
	return cni_execute(conn, &execution, err);
}

/* Some statements need the database alone, and do not wait until it is. */
static cn_status run_alone(cni_conn *conn, cni_running *state, const cni_step *step, cn_error *err)
{
	int64_t until_us =
		cni_clock_mono_us() + (int64_t)state->run->lock_timeout_ms * INT64_C(1000);
	for (;;) {
		cn_status status = cni_conn_exec(conn, step->sql, err);
		if (status != CN_ECONFLICT || cni_clock_mono_us() >= until_us)
			return place(state->run->revision, step, status, err);
		if (cni_running_canceled(state))
			return cn_fail(err, CN_ECANCELED, "interrupted");
		struct timespec pause = {.tv_nsec = PAUSE_MS * 1000000L};
		(void)nanosleep(&pause, NULL);
	}
}

/* Records stand in transactions of their own. */
static cn_status run_outside(
	cni_conn *conn, cni_running *state, const cni_step *step, size_t number, cn_error *err)
{
	if (cni_running_canceled(state))
		return cn_fail(err, CN_ECANCELED, "interrupted");
	cni_running_report(step->comment ? step->comment : "", (int64_t)number - 1,
		(int64_t)state->plan->step_count, state);
	TRY(cni_unfinished_note(conn, number, false, err));
	TRY(run_alone(conn, state, step, err));
	return cni_unfinished_note(conn, number, true, err);
}

/* What a connection of an earlier run had set is gone with it; what it had begun may stand half
 * done, or be done and only not be noted. */
static cn_status set_again(cni_conn *conn, cni_running *state, cn_error *err)
{
	const cni_words *words = conn->driver->words;
	cni_unfinished *left = &state->resumes;
	bool done = false;
	for (size_t i = 0; words->step_sets && i < left->done; i++)
		if (words->step_sets(&state->plan->steps[i]))
			TRY(run_alone(conn, state, &state->plan->steps[i], err));
	if (words->step_again && left->started && left->done < state->plan->step_count)
		TRY(words->step_again(conn, &state->plan->steps[left->done], &done, err));
	if (done)
		TRY(cni_unfinished_note(conn, ++left->done, true, err));
	return CN_OK;
}

static cn_status run_steps(cni_conn *conn, cni_running *state, cn_error *err)
{
	const cni_plan *plan = state->plan;
	TRY(in_transaction(conn, state, begin_locked, err));
	if (state->skipped)
		return CN_OK;
	if (state->resumes.revision)
		TRY(set_again(conn, state, err));
	for (size_t i = state->resumes.done; i < plan->step_count; i++) {
		const cni_step *step = &plan->steps[i];
		TRY(step->outside ? run_outside(conn, state, step, i + 1, err)
				  : run_inside(conn, state, step, i + 1, err));
	}
	if (conn->driver->words->steps_done)
		TRY(conn->driver->words->steps_done(conn, plan, err));
	return in_transaction(conn, state, finish_locked, err);
}

cn_status cni_stepwise_run(cni_conn *conn, cni_running *state, cn_error *err)
{
	const cni_words *words = conn->driver->words;
	int64_t durable;
	TRY(cni_conn_get(conn, CNI_SETTING_DURABLE, &durable, err));
	TRY(cni_conn_set(conn, CNI_SETTING_DURABLE, 1, err));
	if (words->hold_migrations)
		TRY(words->hold_migrations(conn, true, err));
	cn_status status = run_steps(conn, state, err);
	/* a connection that is gone holds nothing any more */
	if (words->release_migrations)
		(void)!words->release_migrations(conn, NULL);
	/* a connection that stays more careful than it was is no failure of what is done */
	(void)!cni_conn_set(conn, CNI_SETTING_DURABLE, durable, NULL);
	return status;
}

cn_status cni_stepwise_lock(cn_migrator *migrator, cni_lock *lock, cn_error *err)
{
	const cni_host *host = migrator->host;
	if (!migrator->uri.path || migrator->borrowed)
		return CN_OK;
	const char *path = cni_printf(&migrator->arena, "%s-migrate", migrator->uri.path);
	if (!path)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	return cni_lock_take(
		lock, path, migrator->desc.lock_timeout_ms, host->canceled, host->ctx, err);
}
