/* replay.c - what the revisions make, found out by running them in an empty scratch database. */
#include <string.h>

#include "base/try.h"
#include "migrate/change/execute.h"
#include "migrate/revision/revision.h"
#include "migrate/run/stepwise.h"
#include "sql/lexer.h"

enum { CREATED_ABOVE = 300 }; /* objects; fewer are run in no time */

static cn_status execute(cni_conn *conn, const cni_revision *revision, bool down, bool schema_only,
	const cni_schema *expect, cn_error *err)
{
	const char *engine = conn->driver->name;
	const cni_section *section = cni_revision_section(revision, engine);
	if (!section) {
		cn_error_set(err, CN_EUNSUPPORTED, "revision \"%s\" has no section for %s",
			revision->id, engine);
		cn_error_detail(err, "%s", revision->path);
		cn_error_hint(
			err, "add a line \"-- upgrade %s\" with its statements, or none", engine);
		return CN_EUNSUPPORTED;
	}
	if (down && !section->has_downgrade) {
		cn_error_set(
			err, CN_EUNSUPPORTED, "revision \"%s\" cannot be undone", revision->id);
		cn_error_detail(
			err, "%s has no section \"-- downgrade %s\"", revision->path, engine);
		return CN_EUNSUPPORTED;
	}
	cni_execution execution = {.plan = down ? &section->downgrade : &section->upgrade,
		.revision = revision,
		.down = down,
		.rehearsal = true,
		.schema_only = schema_only,
		.expect = expect};
	cn_status status =
		execution.plan->no_transaction
			? cni_stepwise_rehearse(conn, revision, execution.plan, down, expect, err)
			: cni_execute(conn, &execution, err);
	if (status < 0)
		return cn_error_wrap(
			err, "%s of revision \"%s\"", down ? "downgrade" : "upgrade", revision->id);
	return CN_OK;
}

cn_status cni_revision_execute(cni_conn *conn, const cni_revision *revision, bool down,
	const cni_schema *expect, cn_error *err)
{
	return execute(conn, revision, down, false, expect, err);
}

/* Is it CREATE statements and nothing else, and many? Then `script` is all of them. */
static bool is_created(
	const cni_folder *folder, const char *engine, const cni_order *order, cni_buffer *script)
{
	size_t count = 0;
	for (size_t i = 0; i < order->count; i++) {
		const cni_section *section =
			cni_revision_section(&folder->revisions[order->list[i]], engine);
		for (size_t j = 0; section && j < section->upgrade.step_count; j++, count++) {
			const char *sql = section->upgrade.steps[j].sql;
			cni_lexer lexer;
			cni_lexer_init(&lexer, sql ? sql : "", sql ? strlen(sql) : 0);
			cni_token first = cni_lexer_next_solid(&lexer);
			if (!cni_token_is(&first, "CREATE"))
				return false;
			cni_buffer_puts(script, sql);
			cni_buffer_puts(script, "\n;\n");
		}
		if (!section)
			return false;
	}
	return count > CREATED_ABOVE;
}

/* Of many objects that are just created, only the schema is wanted: normalising finds it without
 * building all of them in one database, which takes n * n. *ret stays NULL when there is more to
 * it, or something is wrong: then the revisions are run, which tells what. */
static cn_status replay_created(const cni_folder *folder, const cni_uri *home,
	const cni_order *order, cni_arena *arena, cni_schema **ret, cn_error *err)
{
	CLEANUP(cni_buffer_done) cni_buffer script = {0};
	cn_error why;
	*ret = NULL;
	bool created = is_created(folder, home->engine, order, &script);
	if (script.failed)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	if (created &&
		cni_normalise_sql_at(home, cni_buffer_text(&script), NULL, arena, ret, &why) < 0)
		*ret = NULL;
	return CN_OK;
}

static cn_status all_of(const cni_folder *folder, cni_arena *arena, cni_order *ret, cn_error *err)
{
	size_t count = folder->revision_count;
	cni_order order = {.list = cni_alloc(arena, (count + 1) * sizeof(size_t)), .count = count};
	if (!order.list)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	for (size_t i = 0; i < count; i++)
		order.list[i] = i;
	*ret = order;
	return CN_OK;
}

cn_status cni_folder_written(const cni_folder *folder, const char *engine, cni_arena *arena,
	cni_schema **ret, cn_error *err)
{
	CLEANUP(cni_arena_done) cni_arena scratch = {0};
	CLEANUP(cni_buffer_done) cni_buffer script = {0};
	cni_order order;
	*ret = NULL;
	TRY(all_of(folder, &scratch, &order, err));
	bool created = is_created(folder, engine, &order, &script);
	if (script.failed)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	return created ? cni_schema_written(engine, cni_buffer_text(&script), arena, ret, err)
		       : CN_OK;
}

cn_status cni_folder_replay_on(
	cni_conn *conn, const cni_folder *folder, const cni_order *order, cn_error *err)
{
	for (size_t i = 0; i < order->count; i++) {
		const cni_revision *revision = &folder->revisions[order->list[i]];
		cn_status status = execute(conn, revision, false, true, NULL, err);
		if (status >= 0)
			continue;
		if (err && !*err->hint)
			cn_error_hint(err,
				"it fails in an empty scratch database too; the file is %s",
				revision->path);
		return status;
	}
	return CN_OK;
}

cn_status cni_folder_replay_order(const cni_folder *folder, const cni_uri *home,
	const cni_order *order, cni_arena *arena, cni_schema **ret, cni_conn **ret_conn,
	cn_error *err)
{
	CLEANUP(cni_conn_closep) cni_conn *conn = NULL;
	if (ret && !ret_conn) {
		TRY(replay_created(folder, home, order, arena, ret, err));
		if (*ret)
			return CN_OK;
	}
	TRY(cni_conn_scratch_at(home, &conn, err));
	TRY(cni_conn_set(
		conn, CNI_SETTING_GUARD, 0, err)); /* the revisions are the project's own */
	TRY(cni_folder_replay_on(conn, folder, order, err));
	if (ret)
		TRY(cni_conn_inspect(conn, arena, ret, err));
	if (ret_conn) {
		*ret_conn = conn;
		conn = NULL;
	}
	return CN_OK;
}

cn_status cni_folder_replay_all(const cni_folder *folder, const cni_uri *home, cni_arena *arena,
	cni_schema **ret, cni_conn **ret_conn, cn_error *err)
{
	CLEANUP(cni_arena_done) cni_arena scratch = {0};
	cni_order order;
	TRY(all_of(folder, &scratch, &order, err));
	TRY(replay_created(folder, home, &order, arena, ret, err));
	return *ret ? CN_OK
		    : cni_folder_replay_order(folder, home, &order, arena, ret, ret_conn, err);
}

cn_status cni_folder_replay_set(const cni_folder *folder, const cni_uri *home, const bool *set,
	cni_arena *arena, cni_schema **ret, cni_conn **ret_conn, cn_error *err)
{
	CLEANUP(cni_arena_done) cni_arena scratch = {0};
	cni_order order = {
		.list = cni_alloc(&scratch, (folder->revision_count + 1) * sizeof(size_t))};
	if (!order.list)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	for (size_t i = 0; i < folder->revision_count; i++)
		if (set[i])
			order.list[order.count++] = i;
	return cni_folder_replay_order(folder, home, &order, arena, ret, ret_conn, err);
}

cn_status cni_folder_replay(const cni_folder *folder, const cni_uri *home,
	const cni_revision *until, cni_arena *arena, cni_schema **ret, cn_error *err)
{
	CLEANUP(cni_arena_done) cni_arena scratch = {0};
	bool *set = cni_folder_ancestors(folder, &scratch, until);
	if (!set)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	for (size_t i = 0; !until && i < folder->revision_count; i++)
		set[i] = true;
	return cni_folder_replay_set(folder, home, set, arena, ret, NULL, err);
}
