/* migrator_script.c - an upgrade or downgrade as a script for another program, and stamping without
 * running. */
#include "base/try.h"
#include "migrate/drift.h"
#include "migrate/migrator.h"

/* The revision's own steps and those of the version table, as one plan: one transaction. */
static cn_status write_revision(cni_buffer *out, cni_arena *arena, const char *engine,
	const cni_revision *revision, bool down, cn_error *err)
{
	const cni_section *section = cni_revision_section(revision, engine);
	if (!section || (down && !section->has_downgrade))
		return cn_fail(err, CN_EUNSUPPORTED, "%s: there is no section \"-- %s %s\"",
			revision->path, down ? "downgrade" : "upgrade", engine);
	const cni_plan *from = down ? &section->downgrade : &section->upgrade;
	cni_plan plan = *from;
	plan.steps = NULL;
	plan.step_count = 0;
	for (size_t i = 0; i < from->step_count; i++)
		if (!CNI_PUSH(arena, plan.steps, plan.step_count, from->steps[i]))
			return cn_fail(err, CN_ENOMEM, "out of memory");
	TRY(cni_version_script(arena, engine, &plan, revision, down, err));
	cni_buffer_printf(out, "%s-- %s %s%s%s\n", out->size ? "\n" : "",
		down ? "downgrade from" : "upgrade to", revision->id,
		*revision->message ? ": " : "", revision->message);
	cni_plan_write(out, &plan);
	return out->failed ? cn_fail(err, CN_ENOMEM, "out of memory") : CN_OK;
}

cn_status cn_migrator_script(cn_migrator *migrator, bool downgrade, const char *revision,
	const char **ret_sql, cn_error *err)
{
	CLEANUP(cni_buffer_done) cni_buffer out = {0};
	cni_route route;
	TRY(cni_migrator_route(migrator, downgrade, revision, &route, err));
	for (size_t i = 0; i < route.count; i++)
		TRY(write_revision(
			&out, &migrator->result, migrator->engine, route.list[i], downgrade, err));
	const char *sql = cni_buffer_dup(&out, &migrator->result);
	if (!sql)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	*ret_sql = sql;
	return CN_OK;
}

/* ---- stamp ---- */

static cn_status write_stamp(cni_conn *conn, const cni_folder *folder, const bool *wanted,
	cni_arena *arena, cn_error *err)
{
	cni_version version;
	TRY(cni_version_create(conn, err));
	TRY(cni_version_read(conn, arena, &version, err));
	for (size_t i = 0; i < version.count; i++) {
		const cni_revision *revision = cni_folder_get(folder, version.list[i].revision);
		if (!revision || !wanted[revision - folder->revisions])
			TRY(cni_version_remove(conn, version.list[i].revision, err));
	}
	for (size_t i = 0; i < folder->revision_count; i++)
		if (wanted[i] && !cni_version_find(&version, folder->revisions[i].id))
			TRY(cni_version_add(conn, &folder->revisions[i], -1, err));
	return CN_OK;
}

/* Says so when the database does not look as if those revisions had been run: it is stamped all the
 * same. */
static cn_status compare(cn_migrator *migrator, cni_conn *conn, const cni_folder *folder,
	const bool *wanted, cni_arena *arena, cn_error *err)
{
	CLEANUP(cni_buffer_done) cni_buffer lines = {.limit = 800};
	cni_schema *recorded, *actual;
	TRY(cni_folder_replay_set(folder, migrator->engine, wanted, arena, &recorded, NULL, err));
	TRY(cni_conn_inspect(conn, arena, &actual, err));
	if (cni_drift_tables(&lines, recorded, actual))
		cni_migrator_notice(migrator, "the database is not what this revision makes: %s",
			cni_buffer_text(&lines));
	return CN_OK;
}

static cn_status stamp(cn_migrator *migrator, cni_conn *conn, const cni_folder *folder,
	const bool *wanted, cni_arena *arena, cn_error *err)
{
	TRY(cni_conn_begin(conn, CNI_TX_WRITE, err));
	cn_status status = write_stamp(conn, folder, wanted, arena, err);
	if (status >= 0)
		status = cni_conn_commit(conn, err);
	if (status < 0) {
		cni_conn_rollback(conn);
		return status;
	}
	return compare(migrator, conn, folder, wanted, arena, err);
}

cn_status cn_migrator_stamp(cn_migrator *migrator, const char *revision, cn_error *err)
{
	CLEANUP(cni_arena_done) cni_arena arena = {0};
	cni_folder folder;
	const cni_revision *to;
	cni_conn *conn = NULL;
	cni_migrator_begin(migrator);
	TRY(cni_migrator_folder(migrator, &arena, &folder, err));
	TRY(cni_folder_find(&folder, revision ? revision : "head", &to, err));
	const bool *wanted = cni_folder_ancestors(&folder, &arena, to);
	if (!wanted)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	TRY(cni_migrator_open(migrator, CNI_OPEN_WRITE, false, &conn, err));
	cn_status status = stamp(migrator, conn, &folder, wanted, &arena, err);
	cni_migrator_close(migrator, &conn);
	return status;
}
