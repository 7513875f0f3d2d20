/* db_plan.c - `db plan`: what an upgrade would do, and what that takes. */
#include <inttypes.h>

#include "base/buffer.h"
#include "base/json.h"
#include "base/text.h"
#include "base/try.h"
#include "manage/call.h"
#include "manage/db_migrator.h"
#include "manage/db_operations.h"
#include "migrate/migrator/cost.h"

/* ---- JSON ---- */

static void json_step(cni_json *json, const cn_cost_step *step)
{
	cni_json_object(json, NULL);
	cni_json_text(json, "method", step->method);
	cni_json_text(json, "table", step->table);
	cni_json_text(json, "reason", step->reason);
	if (step->rows >= 0) {
		cni_json_int(json, "rows", step->rows);
		cni_json_bool(json, "counted", step->counted);
	}
	cni_json_int(json, "written_bytes", step->written_bytes);
	cni_json_int(json, "duration_ms", step->duration_ms);
	cni_json_end(json);
}

static void json_revision(cni_json *json, const cn_cost_revision *revision)
{
	cni_json_object(json, NULL);
	cni_json_text(json, "revision", revision->id);
	cni_json_text(json, "message", revision->message);
	cni_json_text(json, "path", revision->path);
	cni_json_array(json, "steps");
	for (size_t i = 0; i < revision->step_count; i++)
		json_step(json, &revision->steps[i]);
	cni_json_end(json);
	cni_json_int(json, "written_bytes", revision->written_bytes);
	cni_json_int(json, "needed_bytes", revision->needed_bytes);
	cni_json_int(json, "duration_ms", revision->duration_ms);
	cni_json_bool(json, "readers_wait", revision->readers_wait);
	cni_json_bool(json, "undoable", revision->undoable);
	cni_json_array(json, "losses");
	for (size_t i = 0; i < revision->loss_count; i++)
		cni_json_text(json, NULL, revision->losses[i]);
	cni_json_end(json);
	cni_json_end(json);
}

static cn_status print_json(cn_call *call, const cn_cost *cost, cn_error *err)
{
	CLEANUP(cni_buffer_done) cni_buffer out = {0};
	cni_json json = {.out = &out, .pretty = true};
	cni_json_object(&json, NULL);
	cni_json_text(&json, "database", cost->database);
	cni_json_bool(&json, "exists", cost->exists);
	cni_json_int(&json, "database_bytes", cost->database_bytes);
	if (cost->free_bytes >= 0)
		cni_json_int(&json, "free_bytes", cost->free_bytes);
	cni_json_text(&json, "journal", cost->journal);
	cni_json_text(&json, "sizes_from", cost->sizes_from);
	cni_json_bool(&json, "exact", cost->exact);
	cni_json_array(&json, "revisions");
	for (size_t i = 0; i < cost->count; i++)
		json_revision(&json, &cost->list[i]);
	cni_json_end(&json);
	cni_json_int(&json, "written_bytes", cost->written_bytes);
	cni_json_int(&json, "needed_bytes", cost->needed_bytes);
	cni_json_int(&json, "duration_ms", cost->duration_ms);
	cni_json_end(&json);
	if (out.failed)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	cn_print(call, "%s", cni_buffer_text(&out));
	return CN_OK;
}

/* ---- for people ---- */

static void print_step(cn_call *call, const cn_cost_step *step)
{
	/* the indexes of a table that is written anew were counted with it */
	bool counted =
		step->rows > 0 && !step->written_bytes && cni_same(step->method, "create index");
	if (counted && !cn_call_verbose(call))
		return;
	CLEANUP(cni_buffer_done) cni_buffer line = {0};
	cni_buffer_printf(&line, "    %-14s %-20s", step->method, step->table ? step->table : "");
	if (step->rows >= 0 && step->table)
		cni_buffer_printf(&line, " %s%" PRId64 " row%s", step->counted ? "" : "about ",
			step->rows, step->rows == 1 ? "" : "s");
	if (step->written_bytes)
		cni_buffer_printf(&line, ", %s written, %s",
			cni_cost_bytes(cni_call_arena(call), step->written_bytes),
			cni_cost_duration(cni_call_arena(call), step->duration_ms));
	while (line.size && line.data[line.size - 1] == ' ')
		line.data[--line.size] = '\0';
	cn_print(call, "%s", cni_buffer_text(&line));
	if (cn_call_verbose(call) && *step->reason)
		cn_print(call, "                   (%s)", step->reason);
}

/* One transaction: its steps, whom it keeps waiting, the room it takes. */
static void print_work(cn_call *call, const cn_cost_revision *revision)
{
	cni_arena *arena = cni_call_arena(call);
	for (size_t i = 0; i < revision->step_count; i++)
		print_step(call, &revision->steps[i]);
	cn_print(call, "    locks: other writers wait %s; readers %s",
		cni_cost_duration(arena, revision->duration_ms),
		revision->readers_wait ? "wait so long, too" : "go on");
	if (revision->needed_bytes)
		cn_print(call, "    room:  %s until it is done",
			cni_cost_bytes(arena, revision->needed_bytes));
}

static void print_revision(cn_call *call, const cn_cost_revision *revision)
{
	cn_print(call, "%s%s%s%s%s", cn_color(call, CN_STYLE_YELLOW), revision->id,
		cn_color(call, CN_STYLE_NONE), *revision->message ? "  " : "", revision->message);
	print_work(call, revision);
	if (!revision->undoable)
		cn_print(call, "    cannot be undone: the file has no downgrade");
	for (size_t i = 0; i < revision->loss_count; i++)
		cn_print(call, "    undoing it: %s", revision->losses[i]);
}

cn_status cni_print_cost(cn_call *call, cni_conn *conn, const cni_plan *plan, cn_error *err)
{
	cni_sizes sizes;
	cni_coster coster;
	cn_cost_revision cost;
	if (cn_call_quiet(call))
		return CN_OK;
	TRY(cni_conn_sizes(conn, false, cni_call_arena(call), &sizes, err));
	TRY(cni_coster_init(&coster, cni_call_arena(call), &sizes, err));
	TRY(cni_cost_plan(&coster, plan, NULL, &cost, err));
	print_work(call, &cost);
	return CN_OK;
}

static void print_totals(cn_call *call, const cn_cost *cost)
{
	cni_arena *arena = cni_call_arena(call);
	cn_print(call, "%zu revision%s, %s", cost->count, cost->count == 1 ? "" : "s",
		cni_cost_duration(arena, cost->duration_ms));
	if (cost->written_bytes)
		cn_print(call, "%s written; room needed: %s%s%s",
			cni_cost_bytes(arena, cost->written_bytes),
			cni_cost_bytes(arena, cost->needed_bytes),
			cost->free_bytes >= 0 ? ", free: " : "",
			cost->free_bytes >= 0 ? cni_cost_bytes(arena, cost->free_bytes) : "");
	if (cost->free_bytes >= 0 && cost->needed_bytes > cost->free_bytes)
		cn_warn(call, "the disk is too full: %s are needed, %s are free",
			cni_cost_bytes(arena, cost->needed_bytes),
			cni_cost_bytes(arena, cost->free_bytes));
	if (!cost->exact)
		cn_note(call, "estimated from %s; --exact counts", cost->sizes_from);
}

int cni_db_plan(cn_call *call, cn_error *err)
{
	CLEANUP(cni_migrator_freep) cn_migrator *migrator = NULL;
	cn_cost cost;
	TRY(cni_call_migrator(call, true, &migrator, err));
	TRY(cn_migrator_cost(
		migrator, cn_call_text(call, "revision"), cn_call_flag(call, "exact"), &cost, err));
	if (cn_call_json(call))
		return print_json(call, &cost, err);
	if (!cost.count) {
		cn_note(call, "nothing to do: %s", cost.database);
		return CN_OK;
	}
	if (cost.exists)
		cn_print(call, "%s: %s, %s", cost.database,
			cni_cost_bytes(cni_call_arena(call), cost.database_bytes),
			cni_same(cost.journal, "wal") ? "write-ahead log" : "rollback journal");
	else
		cn_print(call, "%s: not there yet", cost.database);
	for (size_t i = 0; i < cost.count; i++)
		print_revision(call, &cost.list[i]);
	print_totals(call, &cost);
	return CN_OK;
}
