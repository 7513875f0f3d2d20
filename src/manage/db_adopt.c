/*
 * db_adopt.c - `db adopt`, and what `cantil adopt FILE` is made of: an existing database, and the
 * files around it.
 *
 * The database is done first, its last step being the row in the version table; then the files that
 * are missing. Nothing that exists is overwritten, so the same command finishes what was killed.
 */
#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "base/try.h"
#include "driver/driver.h"
#include "manage/call.h"
#include "manage/db_migrator.h"
#include "manage/db_operations.h"
#include "migrate/migrator/operations.h"

#define OTHER_FOLDER "cantil_migrations" /* where "migrations" is another tool's */

typedef struct adoption {
	cn_call *call;
	cni_arena *arena;
	const cni_project *project;
	cni_uri uri;
	const char *open; /* the database, as it is opened */
	const char *folder, *schema_path, *models_path;
	bool models;        /* of the program: they are the schema wanted */
	const char **wrote; /* paths */
	size_t wrote_count;
} adoption;

static cn_status no_memory(cn_error *err) { return cn_fail(err, CN_ENOMEM, "out of memory"); }

/* ---- where ---- */

/* A project that is there already is another database's, or this one's. */
static cn_status find_database(adoption *a, const char *text, cn_error *err)
{
	const cni_project *project = a->project;
	if (!text) {
		TRY(cni_project_need_uri(project, err));
		a->uri = project->uri;
		a->open = project->uri_open;
		return CN_OK;
	}
	const char *here = cni_path_current(a->arena);
	if (!here)
		return cn_fail(err, CN_EIO, "cannot tell the working folder");
	if (cni_uri_parse(a->arena, text, here, &a->uri, err) < 0)
		return cn_usage_mark(a->call, err);
	a->open = a->uri.text;
	bool stated = project->ini && cni_project_setting(project, "cantil", "database");
	if (!stated || !cni_same(project->uri_source, "cantil.ini") ||
		cni_equal(project->uri.path, a->uri.path))
		return CN_OK;
	cn_error_set(err, CN_ECONFLICT, "\"%s\" is of another database", project->ini);
	cn_error_detail(err, "it names %s", project->uri.text);
	cn_error_hint(err, "say where the project of this one is: --root FOLDER");
	return CN_ECONFLICT;
}

static bool listed(const char *const *names, const char *name)
{
	for (; *names; names++)
		if (cni_file_is_of(name, *names))
			return true;
	return false;
}

/* Does the folder hold what we have not put there? Alembic, too, calls its folder "migrations". */
static bool is_foreign(cni_arena *arena, const char *folder)
{
	static const char *const ours[] = {"versions", "README.md", CNI_FOLDER_SETTINGS,
		"revision.sql", "revisions.sha256", "squashed", NULL};
	const char **names;
	size_t count;
	cn_error ignored;
	const char *settings = cni_path_join(arena, folder, CNI_FOLDER_SETTINGS);
	if (!settings || cni_file_exists(settings) || !cni_dir_exists(folder) ||
		cni_dir_list(arena, folder, &names, &count, &ignored) < 0)
		return false;
	for (size_t i = 0; i < count; i++)
		if (names[i][0] != '.' && !listed(ours, names[i]))
			return true;
	return false;
}

static cn_status find_paths(adoption *a, cn_error *err)
{
	const cni_project *project = a->project;
	const char *typed = cn_call_text(a->call, "directory");
	const char *here = cni_path_current(a->arena);
	a->folder = typed && here ? cni_path_absolute(a->arena, typed, here) : project->migrations;
	if (!typed && !cni_project_setting(project, "cantil", "migrations") &&
		!a->call->app->desc.migrations && is_foreign(a->arena, a->folder)) {
		a->folder = cni_path_join(a->arena, project->root, OTHER_FOLDER);
		if (a->folder)
			cn_note(a->call, "%s is another tool's: the revisions go into %s",
				project->migrations, a->folder);
	}
	a->models = cn_app_models(a->call->app)[0] != NULL;
	a->schema_path = project->schema ? project->schema
					 : cni_path_join(a->arena, project->root, "schema.sql");
	a->models_path = cni_path_join(a->arena, project->root, "models.c");
	return a->folder && a->schema_path && a->models_path ? CN_OK : no_memory(err);
}

/* ---- the files ---- */

static cn_status put_file(adoption *a, const char *path, const cni_buffer *text, cn_error *err)
{
	if (text->failed)
		return no_memory(err);
	TRY(cni_file_write(path, cni_buffer_text(text), text->size, true, err));
	/* a list of pointers is meant: NOLINTNEXTLINE(bugprone-sizeof-expression) */
	return CNI_PUSH(a->arena, a->wrote, a->wrote_count, path) ? CN_OK : no_memory(err);
}

/* The path as cantil.ini has it: from the root where it is below. */
static const char *from_root(const adoption *a, const char *path)
{
	size_t size = strlen(a->project->root);
	bool below = cni_starts(path, a->project->root) && path[size] == '/';
	return below ? path + size + 1 : path;
}

/* The URI with a relative path: as many parts as the root has are left out. */
static const char *uri_from_root(const adoption *a)
{
	static const char scheme[] = "sqlite:///";
	const char *path = a->uri.path, *text = a->uri.text;
	if (!path || from_root(a, path) == path || !cni_starts(text, scheme))
		return text;
	const char *at = text + sizeof scheme - 1;
	for (const char *c = a->project->root; *c; c++)
		if (*c == '/')
			at = strchr(at, '/') + 1;
	at = strchr(at, '/') + 1;
	return cni_printf(a->arena, "%s%s", scheme, at);
}

static cn_status write_schema(adoption *a, const cn_adopted *adopted, cn_error *err)
{
	CLEANUP(cni_buffer_done) cni_buffer text = {0};
	if (a->models)
		return CN_OK;
	if (cni_file_exists(a->schema_path)) {
		cn_detail(a->call, "%s is there already: it stays", a->schema_path);
		return CN_OK;
	}
	cni_buffer_puts(&text, adopted->schema_sql);
	return put_file(a, a->schema_path, &text, err);
}

static cn_status write_models(adoption *a, const cn_adopted *adopted, cn_error *err)
{
	CLEANUP(cni_buffer_done) cni_buffer text = {0};
	cni_schema *schema;
	if (!cni_equal(cn_call_text(a->call, "format"), "c") || a->models ||
		cni_file_exists(a->models_path))
		return CN_OK;
	TRY(cni_normalise_sql_at(&a->uri, adopted->schema_sql, NULL, a->arena, &schema, err));
	cni_schema_write_c(&text, schema);
	return put_file(a, a->models_path, &text, err);
}

/* An ini that is there stays; what it lacks is told. */
static cn_status write_ini(adoption *a, cn_error *err)
{
	CLEANUP(cni_buffer_done) cni_buffer text = {0};
	const cni_project *project = a->project;
	const char *path = cni_path_join(a->arena, project->root, "cantil.ini");
	const char *uri = uri_from_root(a);
	if (!path || !uri)
		return no_memory(err);
	if (a->models || a->call->app->desc.database_uri)
		return CN_OK;
	if (!project->ini) {
		cni_buffer_printf(&text, "[cantil]\ndatabase = %s\nschema = %s\nmigrations = %s\n",
			uri, from_root(a, a->schema_path), from_root(a, a->folder));
		return put_file(a, path, &text, err);
	}
	if (!cni_project_setting(project, "cantil", "database"))
		cn_warn(a->call, "%s names no database: add \"database = %s\"", path, uri);
	if (!project->schema)
		cn_warn(a->call, "%s names no schema: add \"schema = %s\"", path,
			from_root(a, a->schema_path));
	if (strcmp(a->folder, project->migrations) != 0)
		cn_warn(a->call, "%s means other migrations: add \"migrations = %s\"", path,
			from_root(a, a->folder));
	return CN_OK;
}

/* ---- what is told ---- */

static cn_status print_json(const adoption *a, const cn_adopted *adopted, cn_error *err)
{
	CLEANUP(cni_buffer_done) cni_buffer out = {0};
	cni_json json = {.out = &out, .pretty = true};
	cni_json_object(&json, NULL);
	cni_json_text(&json, "database", a->uri.path ? a->uri.path : a->uri.text);
	cni_json_bool(&json, "already", adopted->already);
	cni_json_int(&json, "tables", (int64_t)adopted->table_count);
	cni_json_int(&json, "views", (int64_t)adopted->view_count);
	cni_json_text(&json, "revision", adopted->revision);
	cni_json_text(&json, "path", adopted->path);
	cni_json_array(&json, "found");
	for (size_t i = 0; i < adopted->tool_count; i++) {
		cni_json_object(&json, NULL);
		cni_json_text(&json, "tool", adopted->tools[i].tool);
		cni_json_text(&json, "table", adopted->tools[i].table);
		cni_json_text(&json, "at", adopted->tools[i].at);
		cni_json_end(&json);
	}
	cni_json_end(&json);
	cni_json_array(&json, "wrote");
	for (size_t i = 0; i < a->wrote_count; i++)
		cni_json_text(&json, NULL, a->wrote[i]);
	cni_json_end(&json);
	cni_json_end(&json);
	if (out.failed)
		return no_memory(err);
	cn_print(a->call, "%s", cni_buffer_text(&out));
	return CN_OK;
}

static void print_adopted(const adoption *a, const cn_adopted *adopted, const char *file)
{
	char views[40] = "";
	if (adopted->view_count)
		snprintf(views, sizeof views, ", %zu view%s", adopted->view_count,
			adopted->view_count == 1 ? "" : "s");
	cn_note(a->call, "%s (%zu table%s%s) is at revision %s: %s", file, adopted->table_count,
		adopted->table_count == 1 ? "" : "s", views, adopted->revision, adopted->path);
}

static void print_text(const adoption *a, const cn_adopted *adopted)
{
	cn_call *call = a->call;
	for (size_t i = 0; i < adopted->tool_count; i++) {
		const cn_adopted_tool *tool = &adopted->tools[i];
		if (tool->table)
			cn_note(call,
				"found %s's table %s (%s): it is left alone, outside the schema",
				tool->tool, tool->table, tool->at ? tool->at : "empty");
		else
			cn_note(call, "found %s = %s: it is left alone; a new database will have 0",
				tool->tool, tool->at);
	}
	for (size_t i = 0; i < a->wrote_count; i++)
		cn_note(call, "wrote %s", a->wrote[i]);
	const char *file = a->uri.path ? a->uri.path : a->uri.text;
	if (adopted->already)
		cn_note(call, "%s was looked after already%s%s", file,
			adopted->revision ? ", at revision " : "",
			adopted->revision ? adopted->revision : "");
	else if (adopted->revision)
		print_adopted(a, adopted, file);
	else
		cn_note(call, "%s is empty: its first revision comes from \"db migrate\"", file);
	cn_note(call, "next: change %s, then %s db migrate -m \"what changed\"",
		a->models ? "the models" : from_root(a, a->schema_path), cni_call_program(call));
}

/* ---- the commands ---- */

static void notice(const char *line, void *ctx) { cn_warn(ctx, "%s", line); }

cn_status cni_adopt(cn_call *call, const char *database, cn_error *err)
{
	CLEANUP(cni_migrator_freep) cn_migrator *migrator = NULL;
	adoption a = {.call = call, .arena = cni_call_arena(call)};
	cn_adopted adopted;
	const cn_adopt_desc desc = {.message = cn_call_text(call, "message"),
		.revision_id = cn_call_text(call, "rev-id")};
	TRY(cni_call_project(call, &a.project, err));
	TRY(find_database(&a, database, err));
	TRY(find_paths(&a, err));
	TRY(cn_migrator_new(&(cn_migrator_desc){.database_uri = a.open,
				    .folder = a.folder,
				    .root = a.project->root,
				    .program = cni_call_program(call),
				    .notice = notice,
				    .ctx = call},
		&migrator, err));
	TRY(cn_migrator_adopt(migrator, &desc, &adopted, err));
	TRY(write_schema(&a, &adopted, err));
	TRY(write_models(&a, &adopted, err));
	TRY(write_ini(&a, err));
	if (cn_call_json(call))
		return print_json(&a, &adopted, err);
	print_text(&a, &adopted);
	return CN_OK;
}

int cni_db_adopt(cn_call *call, cn_error *err) { return cni_adopt(call, NULL, err); }
