/* apply.c - `cantil apply DB TARGET`: make a database like a target, without losing a row. */
#include "migrate/change/apply.h"

#include "base/file.h"
#include "base/try.h"
#include "manage/call.h"
#include "manage/db_operations.h"
#include "manage/decide.h"
#include "migrate/change/proof.h"
#include "tool/source.h"
#include "tool/tool.h"

/* Shows what would be done and asks whether it shall. */
static cn_status confirm(const cni_change_set *set, const char *script, void *ctx, cn_error *err)
{
	cn_call *call = ctx;
	CLEANUP(cni_buffer_done) cni_buffer summary = {0};
	bool yes;

	(void)script;
	if (!cn_call_flag(call, "yes")) {
		cni_diff_describe(&summary, &set->diff);
		cn_write(call, cni_buffer_text(&summary), summary.size);
	}
	for (size_t i = 0; i < set->up.warning_count; i++)
		cn_warn(call, "%s", set->up.warnings[i]);
	if (cn_call_flag(call, "yes"))
		return CN_OK;
	cn_status status = cn_ask_yes(call, "make these changes?", true, &yes, err);
	if (status == CN_EDECISION)
		cn_error_hint(err, "add --yes to make the changes, or --sql to see the script");
	TRY(status);
	return yes ? CN_OK : cn_fail(err, CN_ECANCELED, "stopped; nothing was changed");
}

static cn_status open_database(cn_call *call, cni_arena *arena, cni_conn **ret, cn_error *err)
{
	cni_source source;
	bool dry = cn_call_flag(call, "sql") || cn_call_flag(call, "dry-run");

	TRY(cni_source_find(arena, cn_call_text(call, "database"), &source, err));
	if (source.kind != CNI_SOURCE_DATABASE) {
		cn_error_set(err, CN_EARG, "\"%s\" is no database", source.text);
		cn_error_hint(err,
			"the database comes first, then the target: cantil apply app.db schema.sql");
		return CN_EARG;
	}
	bool large = source.uri.path && cni_file_size(source.uri.path) > CNI_PROOF_MAX_BYTES;
	cni_open_options options = {
		.mode = dry && !large ? CNI_OPEN_READ : CNI_OPEN_WRITE, .foreign = true};
	return cni_conn_open(&source.uri, &options, ret, err);
}

static void write_json(cn_call *call, const cni_apply_report *report)
{
	CLEANUP(cni_buffer_done) cni_buffer out = {0};

	cni_diff_json(&out, &report->set.diff);
	cn_write(call, cni_buffer_text(&out), out.size);
}

static void report_apply(cn_call *call, const cni_apply_report *report)
{
	bool script_only = cn_call_flag(call, "sql");

	if (cn_call_json(call))
		write_json(call, report);
	else if (script_only && !report->changed)
		cn_print(call, "-- nothing to do: the database is like the target already\n");
	else if (!report->changed)
		cn_note(call, "nothing to do: the database is like the target already");
	else if (script_only)
		cn_print(call, "%s", report->script);
	else
		cn_note(call, "%s%s", report->summary,
			cn_call_flag(call, "dry-run") ? "nothing was changed (dry run)" : "done");
}

static cn_status understand(void *ctx, cni_schema **ret, cn_error *err)
{
	cn_call *call = ctx;
	cni_arena *arena = cni_call_arena(call);
	cni_source target;

	TRY(cni_source_find(arena, cn_call_text(call, "target"), &target, err));
	return cni_source_schema(&target, NULL, arena, ret, NULL, err);
}

/* What the database holds now, and the schema it shall have. Where nobody is asked before it is
 * made, a script for an empty database is understood by making it. */
static cn_status look_at_both(cn_call *call, cni_conn *conn, cni_apply_options *options,
	cni_schema **ret_wanted, cn_error *err)
{
	cni_arena *arena = cni_call_arena(call);
	CLEANUP(cni_buffer_done) cni_buffer notes = {0};
	cni_source target;
	cni_schema *seen;

	TRY(cni_source_find(arena, cn_call_text(call, "target"), &target, err));
	TRY(cni_conn_content_version(conn, &options->seen_version, err));
	TRY(cni_conn_inspect(conn, arena, &seen, err));
	options->seen = seen;
	*ret_wanted = NULL;
	if (!seen->object_count && !options->dry_run && cn_call_flag(call, "yes"))
		TRY(cni_source_written(&target, seen->engine, arena, ret_wanted, err));
	options->normalise = *ret_wanted ? understand : NULL;
	options->normalise_ctx = call;
	if (*ret_wanted)
		return CN_OK;
	TRY(cni_source_schema(&target, seen, arena, ret_wanted, &notes, err));
	cni_source_warn(call, &target, &notes);
	return CN_OK;
}

static cn_status change(cn_call *call, cni_conn *conn, const cni_schema *wanted,
	cni_apply_options *options, cni_answers *answers, cn_error *err)
{
	bool dry = cn_call_flag(call, "dry-run") && !cn_call_flag(call, "sql");
	cni_apply_report report;

	cni_call_hold(call);
	cni_call_watch(call, conn);
	cn_status status = cni_apply_schema(
		conn, wanted, answers, options, cni_call_arena(call), &report, err);
	cni_call_forget(call, conn);
	if (status >= 0)
		report_apply(call, &report);
	if (status >= 0 && dry && report.changed && !cn_call_json(call))
		status = cni_print_cost(call, conn, &report.set.up, err);
	else if (status == CN_ECANCELED && cn_call_interrupted(call))
		cn_error_hint(err, "everything was rolled back; nothing was changed");
	return status;
}

static int apply(cn_call *call, cn_error *err)
{
	cni_arena *arena = cni_call_arena(call);
	CLEANUP(cni_conn_closep) cni_conn *conn = NULL;
	cni_answers answers = {.arena = arena};
	cni_apply_options options = {.confirm = confirm, .ask = cni_call_ask, .ctx = call};
	cni_schema *wanted;

	options.edit_from = cn_call_int(call, "edit-from");
	options.dry_run = cn_call_flag(call, "sql") || cn_call_flag(call, "dry-run");
	TRY(cni_call_answers(call, &answers, err));
	TRY(open_database(call, arena, &conn, err));
	TRY(look_at_both(call, conn, &options, &wanted, err));
	cn_status status = change(call, conn, wanted, &options, &answers, err);
	if (status != CN_EDECISION && !cn_call_json(call) && !cn_call_flag(call, "sql"))
		cni_call_tell_answers(call, &answers);
	return status;
}

static const cn_option apply_options[] = {
	CN_ARG("database", "the database to change", .complete = CN_COMPLETE_FILE),
	CN_ARG("target",
		"what it shall be like: a .sql file, a database, a designer's .xml, a migrations folder",
		.complete = CN_COMPLETE_FILE),
	CN_OPT_FLAG(
		'y', "yes", "do not ask before the change (missing decisions are still missing)"),
	CN_OPT_FLAG(0, "sql", "print the script that would run, and change nothing"),
	CN_OPT_FLAG('n', "dry-run", "plan and prove it, and change nothing"),
	CN_OPT_INT(0, "edit-from", "ROWS",
		"a table of so many rows keeps them where it is enough to edit its stored text (100000; -1: none)",
		.min = -1, .max = INT64_MAX),
	CNI_DECISION_OPTIONS,
	{0},
};

const cn_command_desc cni_tool_apply = {
	.name = "apply",
	.help = "make a database like a target schema, keeping its rows",
	.description =
		"Plans the change, proves it on a copy, asks, and makes it in one transaction: after an error, a\n"
		"kill or a full disk the database is as it was. Renames and losses are never guessed: they are\n"
		"asked, or told by the decisions; without one the command ends with 3 and says what to write.",
	.example =
		"cantil apply app.db schema.sql\n"
		"cantil apply app.db schema.sql --rename \"column client phone telephone\" --yes\n"
		"cantil apply app.db schema.sql --sql > change.sql",
	.options = apply_options,
	.run = apply,
	.json = true,
};
