/*
 * adopt.c - a database that is there already becomes one that revisions look after.
 *
 * Every step finds out whether it is done, so that the same call finishes what was killed: the
 * folder, the base revision (made without looking at the rows: nothing runs it here), and at last,
 * in one transaction that compares once more, the row of the version table. Until then the
 * database is not written at all.
 */
#include <string.h>

#include "base/file.h"
#include "base/try.h"
#include "migrate/migrator/foreign.h"
#include "migrate/migrator/migrator.h"
#include "migrate/migrator/operations.h"
#include "migrate/revision/replaced.h"

typedef struct adopt_job {
	cn_migrator *migrator;
	cni_arena *arena;
	const cn_adopt_desc *desc;
	cni_conn *conn;
	cni_schema *schema; /* what is adopted: without other tools' tables */
	cni_version version;
	cni_folder folder;
	const char *script; /* the schema's */
} adopt_job;

static cn_status no_memory(cn_error *err) { return cn_fail(err, CN_ENOMEM, "out of memory"); }

/* ---- the database ---- */

static bool is_foreign(const cni_schema *all, const cni_object *object)
{
	if (cni_foreign_tool(object))
		return true;
	const cni_object *table = object->table ? cni_schema_table(all, object->table) : NULL;
	return table && cni_foreign_tool(table);
}

/* The same without other tools' tables, normalised. */
static cn_status strip(const cni_schema *all, cni_arena *arena, cni_schema **ret, cn_error *err)
{
	cni_schema *own = cni_schema_new(arena, all->engine);
	if (!own)
		return no_memory(err);
	own->home = all->home;
	for (size_t i = 0; i < all->object_count; i++)
		if (!is_foreign(all, &all->objects[i]))
			TRY(cni_schema_add_object(own, &all->objects[i], err));
	if (cni_normalise(own, arena, ret, err) < 0)
		return cn_error_wrap(err, "the database's schema cannot be made again");
	return CN_OK;
}

static cn_status find_tools(
	adopt_job *job, const cni_schema *all, cn_adopted *adopted, cn_error *err)
{
	cni_foreign *found;
	TRY(cni_foreign_find(job->conn, all, job->arena, &found, &adopted->tool_count, err));
	cn_adopted_tool *list = cni_alloc(job->arena, (adopted->tool_count + 1) * sizeof *list);
	if (!list)
		return no_memory(err);
	for (size_t i = 0; i < adopted->tool_count; i++)
		list[i] = (cn_adopted_tool){
			.tool = found[i].tool, .table = found[i].table, .at = found[i].at};
	adopted->tools = list;
	return CN_OK;
}

static cn_status read_database(adopt_job *job, cn_adopted *adopted, cn_error *err)
{
	CLEANUP(cni_buffer_done) cni_buffer out = {0};
	cni_schema *all;
	TRY(cni_migrator_open(job->migrator, CNI_OPEN_READ, true, &job->conn, err));
	TRY(cni_version_read(job->conn, job->arena, &job->version, err));
	TRY(cni_conn_inspect(job->conn, job->arena, &all, err));
	TRY(find_tools(job, all, adopted, err));
	TRY(strip(all, job->arena, &job->schema, err));
	for (size_t i = 0; i < job->schema->object_count; i++) {
		cni_ddl_kind kind = job->schema->objects[i].ddl.kind;
		adopted->table_count += kind == CNI_DDL_TABLE || kind == CNI_DDL_VIRTUAL;
		adopted->view_count += kind == CNI_DDL_VIEW;
	}
	cni_schema_write_sql(&out, job->schema);
	job->script = adopted->schema_sql = cni_buffer_dup(&out, job->arena);
	cni_migrator_close(job->migrator, &job->conn);
	return job->script ? CN_OK : no_memory(err);
}

/* ---- the folder ---- */

/* The base revision, made by a migrator that knows no database: its rows are no matter, nothing is
 * run on them. */
static cn_status make_base(adopt_job *job, cn_error *err)
{
	cn_migrator *maker;
	cn_made made;
	const cn_migrator_desc desc = {.folder = job->migrator->folder,
		.program = job->migrator->desc.program,
		.target_sql = job->script,
		.notice = job->migrator->desc.notice,
		.ctx = job->migrator->desc.ctx};
	TRY(cn_migrator_new(&desc, &maker, err));
	cn_status status = cn_migrator_make(maker,
		&(cn_make_desc){.message = job->desc->message ? job->desc->message : "adopted",
			.revision_id = job->desc->revision_id},
		&made, err);
	cn_migrator_free(maker);
	return status < 0 ? status
			  : cni_migrator_folder(job->migrator, job->arena, &job->folder, err);
}

static cn_status other_revisions(const adopt_job *job, const cni_diff *diff, cn_error *err)
{
	CLEANUP(cni_buffer_done) cni_buffer lines = {.limit = 1500};
	cni_diff_describe(&lines, diff);
	cn_error_set(err, CN_ECONFLICT,
		"the folder \"%s\" has revisions already, and they make another schema",
		job->folder.path);
	cn_error_detail(err, "%s", cni_buffer_text(&lines));
	cn_error_hint(err,
		"name another folder with -d; or say which revision the database is at: \"%s db stamp "
		"REVISION\"",
		job->migrator->desc.program);
	return CN_ECONFLICT;
}

/* What the revisions make, all of them, must be what the database has. */
static cn_status compare(adopt_job *job, const cni_schema *actual, cn_error *err)
{
	cni_schema *recorded;
	cni_diff diff;
	TRY(cni_folder_replay(
		&job->folder, &job->migrator->home, NULL, job->arena, &recorded, err));
	TRY(cni_diff_make(job->arena, actual, recorded, &(cni_diff_options){0}, &diff, err));
	return diff.change_count ? other_revisions(job, &diff, err) : CN_OK;
}

static cn_status make_folder(adopt_job *job, cn_error *err)
{
	cn_migrator *migrator = job->migrator;
	const char *settings = cni_path_join(job->arena, migrator->folder, CNI_FOLDER_SETTINGS);
	if (!settings)
		return no_memory(err);
	if (!cni_file_exists(settings)) {
		cn_migrator *maker;
		TRY(cn_migrator_new(&(cn_migrator_desc){.folder = migrator->folder}, &maker, err));
		cn_status status = cn_migrator_init(maker, NULL, err);
		cn_migrator_free(maker);
		TRY(status);
	}
	TRY(cni_migrator_folder(migrator, job->arena, &job->folder, err));
	if (!job->folder.revision_count && job->schema->object_count)
		TRY(make_base(job, err));
	return compare(job, job->schema, err);
}

/* ---- the version table ---- */

static cn_status stamp_locked(adopt_job *job, cn_error *err)
{
	cni_version version;
	cni_schema *all, *own;
	TRY(cni_version_settle(job->conn, &job->folder, job->arena, &version, err));
	TRY(cni_conn_inspect(job->conn, job->arena, &all, err));
	TRY(strip(all, job->arena, &own, err));
	if (!cni_schema_equal(own, job->schema))
		return cn_fail(err, CN_ECONFLICT,
			"the database was changed by another process meanwhile; try again");
	TRY(cni_version_create(job->conn, err));
	for (size_t i = 0; i < job->folder.revision_count; i++)
		if (!cni_version_find(&version, job->folder.revisions[i].id))
			TRY(cni_version_add(
				job->conn, &job->folder.revisions[i], -1, job->migrator->tag, err));
	return cni_conn_commit(job->conn, err);
}

/* The file keeps its journal mode and all its settings. */
static cn_status stamp(adopt_job *job, cn_error *err)
{
	TRY(cni_migrator_open(job->migrator, CNI_OPEN_WRITE, true, &job->conn, err));
	TRY(cni_conn_set(job->conn, CNI_SETTING_DURABLE, 1, err));
	TRY(cni_conn_begin(job->conn, CNI_TX_WRITE, err));
	cn_status status = stamp_locked(job, err);
	if (status < 0)
		cni_conn_rollback(job->conn);
	return status;
}

/* ---- the whole ---- */

/* It has rows in the version table: is it what the folder says, so that nothing is left to do? */
static cn_status already(adopt_job *job, bool *ret, cn_error *err)
{
	bool *applied;
	*ret = false;
	if (!job->version.count)
		return CN_OK;
	if (cni_migrator_folder(job->migrator, job->arena, &job->folder, err) < 0) {
		cn_error_wrap(err, "the database is looked after already, by other revisions");
		cn_error_hint(err, "name their folder with -d");
		return err ? err->status : CN_ECONFLICT;
	}
	(void)cni_version_resolve(&job->folder, &job->version);
	TRY(cni_applied_set(&job->folder, &job->version, job->arena, &applied, err));
	*ret = true;
	return CN_OK;
}

static cn_status adopt(adopt_job *job, cn_adopted *adopted, cn_error *err)
{
	TRY(read_database(job, adopted, err));
	TRY(already(job, &adopted->already, err));
	if (!adopted->already)
		TRY(make_folder(job, err));
	if (!adopted->already && job->folder.revision_count)
		TRY(stamp(job, err));
	for (size_t i = 0; i < job->folder.revision_count; i++) {
		adopted->revision = job->folder.revisions[i].id;
		adopted->path = job->folder.revisions[i].path;
	}
	return CN_OK;
}

cn_status cn_migrator_adopt(
	cn_migrator *migrator, const cn_adopt_desc *desc, cn_adopted *ret, cn_error *err)
{
	cni_migrator_begin(migrator);
	adopt_job job = {.migrator = migrator, .arena = &migrator->result, .desc = desc};
	cn_adopted adopted = {0};
	TRY(cni_migrator_on_disk(migrator, err));
	if (migrator->desc.database_uri && !migrator->uri.memory &&
		!cni_migrator_has_database(migrator))
		return cn_fail(err, CN_ENOTFOUND, "there is no database \"%s\" to adopt",
			migrator->uri.text);
	cn_status status = adopt(&job, &adopted, err);
	cni_migrator_close(migrator, &job.conn);
	if (status >= 0)
		*ret = adopted;
	return status;
}
