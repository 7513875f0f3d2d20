/* apply.c - see apply.h. */
#include "migrate/change/apply.h"

#include "base/file.h"
#include "base/try.h"
#include "migrate/change/execute.h"
#include "migrate/change/proof.h"

enum { MAX_TRIES = 5 };

struct attempt {
	cni_conn *conn;
	cni_conn *data;         /* whose rows are looked at: conn, or a copy of it */
	int64_t version;        /* of the database's content when it was looked at */
	const cni_schema *from; /* what it held then */
	bool stale;             /* somebody else has written since */
	bool confirmed;
	bool written; /* the target is as its script says it */
	const cni_schema *target;
	const cni_apply_options *options;
};

static cn_status schema_differs(cni_conn *conn, const cni_schema *seen, bool *ret, cn_error *err)
{
	CLEANUP(cni_arena_done) cni_arena arena = {0};
	cni_schema *now;
	TRY(cni_conn_inspect(conn, &arena, &now, err));
	*ret = !cni_schema_equal(now, seen);
	return CN_OK;
}

static cn_status check_unchanged(cni_conn *conn, bool *ret_skip, void *ctx, cn_error *err)
{
	struct attempt *attempt = ctx;
	int64_t version;
	(void)ret_skip;
	TRY(cni_conn_content_version(conn, &version, err));
	attempt->stale = version != attempt->version;
	/* a server's number also moves by what is never committed, such as our own scratches; rows
	 * are guarded there by the locks of the steps */
	if (attempt->stale && conn->home)
		TRY(schema_differs(conn, attempt->from, &attempt->stale, err));
	if (attempt->stale)
		return cn_fail(
			err, CN_ECONFLICT, "the database was changed by another process meanwhile");
	return CN_OK;
}

static void pass_progress(const char *what, int64_t done, int64_t total, void *ctx)
{
	const struct attempt *attempt = ctx;
	attempt->options->progress(what, done, total, attempt->options->ctx);
}

/* The change set without open questions, asking as long as somebody answers. */
static cn_status make_set(struct attempt *attempt, const cni_schema *from, const cni_schema *target,
	cni_answers *answers, cni_arena *arena, cni_change_set *ret, cn_error *err)
{
	const cni_apply_options *options = attempt->options;
	const cni_change_input input = {.from = from,
		.to = target,
		.answers = answers,
		.data = attempt->data,
		.up_only = true,
		.runs_next = !options->dry_run,
		.edit_from = options->edit_from < 0 ? 0
			     : options->edit_from   ? options->edit_from
						    : CNI_EDIT_FROM};
	for (;;) {
		TRY(cni_change_make(arena, &input, ret, err));
		if (!ret->question_count)
			return CN_OK;
		cn_status status = cni_change_ask(ret, err);
		size_t known = answers->count;
		if (!options->ask)
			return status;
		TRY(options->ask(ret, answers, options->ctx, err));
		if (answers->count == known) /* asked again, it would say the same */
			return cni_change_ask(ret, err);
	}
}

static cn_status describe(
	const char *engine, cni_arena *arena, cni_apply_report *report, cn_error *err)
{
	CLEANUP(cni_buffer_done) cni_buffer text = {0};
	cni_diff_describe(&text, &report->set.diff);
	report->summary = cni_buffer_dup(&text, arena);
	cni_buffer_clear(&text);
	if (report->set.up.step_count)
		cni_plan_write(&text, engine, &report->set.up);
	report->script = cni_buffer_dup(&text, arena);
	return report->summary && report->script ? CN_OK : cn_fail(err, CN_ENOMEM, "out of memory");
}

static cn_status look(
	struct attempt *attempt, cni_arena *arena, const cni_schema **ret, cn_error *err)
{
	const cni_apply_options *options = attempt->options;
	cni_schema *now;
	TRY(cni_conn_content_version(attempt->conn, &attempt->version, err));
	*ret = options->seen;
	if (options->seen && options->seen_version == attempt->version)
		return CN_OK;
	TRY(cni_conn_inspect(attempt->conn, arena, &now, err));
	*ret = now;
	return CN_OK;
}

/* From now on the target is what the engine makes of it. */
static cn_status understand(struct attempt *attempt, cn_error *err)
{
	cni_schema *target;
	TRY(attempt->options->normalise(attempt->options->normalise_ctx, &target, err));
	attempt->target = target;
	attempt->written = false;
	return CN_OK;
}

static cn_status try_once(struct attempt *attempt, cni_answers *answers, cni_arena *arena,
	cni_apply_report *ret, cn_error *err)
{
	const cni_apply_options *options = attempt->options;
	cni_apply_report report = {0};
	const cni_schema *from;
	attempt->stale = false;
	TRY(look(attempt, arena, &from, err));
	attempt->from = from;
	if (attempt->written && from->object_count)
		TRY(understand(attempt, err));
	TRY(make_set(attempt, from, attempt->target, answers, arena, &report.set, err));
	TRY(describe(from->engine, arena, &report, err));
	report.changed = report.set.up.step_count > 0;
	if (report.changed && options->confirm && !attempt->confirmed && !options->dry_run)
		TRY(options->confirm(&report.set, report.script, options->ctx, err));
	attempt->confirmed = true;
	if (report.changed && !options->dry_run) {
		const cni_execution execution = {.plan = &report.set.up,
			.expect = report.set.up.result,
			.locked = check_unchanged,
			.progress = options->progress ? pass_progress : NULL,
			.ctx = attempt};
		TRY(cni_execute(attempt->conn, &execution, err));
	}
	*ret = report;
	return CN_OK;
}

/* Looking at the rows takes temporary tables, which a connection for reading cannot have: a dry run
 * looks at a copy. Of a database too large for that the caller opens the file itself for writing.
 */
static cn_status copy_data(struct attempt *attempt, cni_conn **ret, cn_error *err)
{
	const char *path = attempt->conn->path;
	if (!attempt->options->dry_run || !attempt->conn->driver->snapshot ||
		(path && cni_file_size(path) > CNI_PROOF_MAX_BYTES))
		return CN_OK;
	TRY(cni_conn_snapshot(attempt->conn, ret, err));
	attempt->data = *ret;
	return CN_OK;
}

/* Can it be the script that failed? Then building it for itself tells what is wrong with it, and in
 * which line. */
static bool may_be_the_script(cn_status status)
{
	switch (status) {
	case CN_OK:
	case CN_ENOMEM:
	case CN_ECANCELED:
	case CN_EDECISION:
	case CN_ECONFLICT:
	case CN_EIO: return false;
	default: return true;
	}
}

cn_status cni_apply_schema(cni_conn *conn, const cni_schema *target, cni_answers *answers,
	const cni_apply_options *options, cni_arena *arena, cni_apply_report *ret, cn_error *err)
{
	CLEANUP(cni_conn_closep) cni_conn *copy = NULL;
	struct attempt attempt = {.conn = conn,
		.data = conn,
		.options = options,
		.target = target,
		.written = options->normalise != NULL};
	cn_status status = CN_OK;
	TRY(copy_data(&attempt, &copy, err));
	for (int i = 0; i < MAX_TRIES; i++) {
		status = try_once(&attempt, answers, arena, ret, err);
		if (attempt.written && may_be_the_script(status)) {
			TRY(understand(&attempt, err));
			status = try_once(&attempt, answers, arena, ret, err);
		}
		if (status != CN_ECONFLICT || !attempt.stale)
			break;
	}
	return status;
}

struct script {
	cni_conn *conn;
	const char *name, *text;
	const cni_schema *seen;
	cni_arena *arena;
};

static cn_status normalise(void *ctx, cni_schema **ret, cn_error *err)
{
	const struct script *script = ctx;
	const cni_uri here = {.engine = script->conn->driver->name};
	const cni_uri *home = script->conn->home ? script->conn->home : &here;
	if (cni_normalise_sql_at(home, script->text, script->seen, script->arena, ret, err) < 0)
		return cn_error_wrap(err, "%s", script->name);
	return CN_OK;
}

cn_status cni_apply(cni_conn *conn, const char *target_name, const char *target,
	cni_answers *answers, const cni_apply_options *options, cni_arena *arena,
	cni_apply_report *ret, cn_error *err)
{
	cni_apply_options looked = *options;
	cni_schema *seen, *schema = NULL;
	TRY(cni_conn_content_version(conn, &looked.seen_version, err));
	TRY(cni_conn_inspect(conn, arena, &seen, err));
	looked.seen = seen;
	struct script script = {conn, target_name, target, seen, arena};
	if (!seen->object_count && !options->dry_run && !options->confirm)
		TRY(cni_schema_written(conn->driver->name, target, arena, &schema, err));
	looked.normalise = schema ? normalise : NULL;
	looked.normalise_ctx = &script;
	if (!schema)
		TRY(normalise(&script, &schema, err));
	return cni_apply_schema(conn, schema, answers, &looked, arena, ret, err);
}
