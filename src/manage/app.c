/* app.c - an app is set up: its tables become a tree of commands. */
#include "manage/app.h"

#include <stdlib.h>
#include <string.h>

#include <cantil/database.h>

#include "base/try.h"
#include "manage/bind.h"
#include "manage/builtin.h"
#include "manage/call.h"
#include "manage/db.h"
#include "manage/db_operations.h"
#include "orm/model_schema.h"

void cn_app_fail(cn_app *app, const cn_error *err)
{
	if (app && app->failed.status == CN_OK)
		app->failed = *err;
}

static void no_memory(cn_app *app)
{
	cn_error err;

	cn_error_set(&err, CN_ENOMEM, "out of memory");
	cn_app_fail(app, &err);
}

cni_node *cni_node_find(const cni_node *node, const char *name)
{
	for (cni_node *n = node->first; n; n = n->next)
		if (strcmp(n->desc->name, name) == 0)
			return n;
	return NULL;
}

const char *cni_node_path(cni_arena *arena, const cni_node *node, const char *program)
{
	if (!node->parent)
		return program;
	const char *above = cni_node_path(arena, node->parent, program);
	return above ? cni_printf(arena, "%s %s", above, node->desc->name) : NULL;
}

static void append(cni_node *parent, cni_node *node)
{
	node->parent = parent;
	if (parent->last)
		parent->last->next = node;
	else
		parent->first = node;
	parent->last = node;
}

/* Makes the node of a command and those of the commands nested in it. */
static cn_status add_node(cn_app *app, cni_node *parent, const cn_command_desc *desc, bool builtin,
	unsigned depth, cn_error *err)
{
	cni_node *node = cni_node_find(parent, desc->name), *ours = NULL;

	if (depth > CNI_COMMAND_DEPTH)
		return cn_fail(err, CN_EARG, "command \"%s\": nested too deep", desc->name);
	if (node && node->builtin && !builtin && depth == 1 && desc->name[0] && !node->first &&
		strcmp(desc->name, "help") != 0)
		ours = node;
	else if (node)
		return cn_fail(err, CN_EARG, "there are two commands \"%s\"", desc->name);
	node = ours ? ours : cni_alloc(&app->arena, sizeof *node);
	if (!node)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	node->desc = desc;
	node->builtin = builtin;
	if (!ours)
		append(parent, node);
	for (const cn_command_desc *c = desc->commands; c && c->name; c++)
		TRY(add_node(app, node, c, builtin, depth + 1, err));
	return CN_OK;
}

/* Checks a user's table, nested ones too. */
static cn_status check_tables(const cn_command_desc *desc, unsigned depth, cn_error *err)
{
	TRY(cni_table_check(desc, err));
	if (depth >= CNI_COMMAND_DEPTH)
		return cn_fail(err, CN_EARG, "command \"%s\": nested too deep", desc->name);
	for (const cn_command_desc *c = desc->commands; c && c->name; c++)
		TRY(check_tables(c, depth + 1, err));
	return CN_OK;
}

static void add_checked(cn_app *app, const cn_command_desc *desc, bool builtin)
{
	cn_error err;

	if (check_tables(desc, 1, &err) < 0 || add_node(app, app->root, desc, builtin, 1, &err) < 0)
		cn_app_fail(app, &err);
}

static void add_builtins(cn_app *app)
{
	cn_error err;
	cn_status status = add_node(app, app->root, &cni_db_command, true, 1, &err);
	cni_node *db = status == CN_OK ? cni_node_find(app->root, "db") : NULL;

	for (const cn_command_desc *c = cni_db_migrate_commands; status == CN_OK && c->name; c++)
		status = add_node(app, db, c, true, 2, &err);
	for (const cn_command_desc *c = cni_db_operation_commands; status == CN_OK && c->name; c++)
		status = add_node(app, db, c, true, 2, &err);
	for (const cn_command_desc *c = cni_db_file_commands; status == CN_OK && c->name; c++)
		status = add_node(app, db, c, true, 2, &err);
	if (status == CN_OK && app->desc.seed)
		status = add_node(app, db, &cni_db_seed_command, true, 2, &err);
	for (const cn_command_desc *c = cni_builtin_commands; status == CN_OK && c->name; c++)
		status = add_node(app, app->root, c, true, 1, &err);
	if (status < 0)
		cn_app_fail(app, &err);
}

/* CN_MODELS() makes a list that ends with the block it stands in, and apps are made in functions.
 */
static void copy_models(cn_app *app)
{
	const cn_model *const *models = app->desc.models;
	size_t count = 0;

	if (!models)
		return;
	while (models[count])
		count++;
	app->desc.models = cni_memdup(&app->arena, models, (count + 1) * sizeof *models);
	if (!app->desc.models ||
		cni_models_of(&app->arena, models, CNI_BIND_MAIN, true, &app->models, NULL) < 0)
		cn_app_fail(app, &(cn_error){.status = CN_ENOMEM, .message = "out of memory"});
}

cn_app *cn_app_new(const cn_app_desc *desc)
{
	cn_app *app = calloc(1, sizeof *app);

	if (!app)
		return NULL;
	app->desc = *desc;
	if (!app->desc.name)
		app->desc.name = "app";
	if (!app->desc.version)
		app->desc.version = "0";
	app->root_desc = (cn_command_desc){.name = app->desc.name,
		.help = app->desc.help,
		.description = app->desc.description,
		.example = app->desc.example,
		.options = app->desc.options,
		.run = app->desc.run};
	app->root = cni_alloc(&app->arena, sizeof *app->root);
	if (!app->root) {
		free(app);
		return NULL;
	}
	app->root->desc = &app->root_desc;
	copy_models(app);
	add_builtins(app);
	for (const cn_command_desc *c = app->desc.commands; c && c->name; c++)
		add_checked(app, c, false);
	return app;
}

void cn_app_free(cn_app *app)
{
	if (!app)
		return;
	for (cni_extended *e = app->extensions; e; e = e->next)
		if (e->extension->free)
			e->extension->free(e->data);
	cni_arena_done(&app->arena);
	free(app);
}

void cn_command(cn_app *app, const cn_command_desc *desc)
{
	if (!app)
		return;
	cn_command_desc *kept = cni_memdup(&app->arena, desc, sizeof *desc);
	if (kept)
		add_checked(app, kept, false);
	else
		no_memory(app);
}

void cn_app_extend(cn_app *app, const cn_extension *extension, void *data)
{
	cni_extended *e = app ? cni_alloc(&app->arena, sizeof *e) : NULL;
	cn_error err;

	if (e && cn_app_extension(app, extension)) {
		cn_error_set(
			&err, CN_EARG, "the extension \"%s\" was added twice", extension->name);
		cn_app_fail(app, &err);
	} else if (e) {
		*e = (cni_extended){extension, data, app->extensions};
		app->extensions = e;
		for (const cn_command_desc *c = extension->commands; c && c->name; c++)
			add_checked(app, c, true);
		return;
	} else if (app) {
		no_memory(app);
	}
	if (extension->free)
		extension->free(data);
}

void *cn_app_extension(const cn_app *app, const cn_extension *extension)
{
	for (const cni_extended *e = app ? app->extensions : NULL; e; e = e->next)
		if (e->extension == extension)
			return e->data;
	return NULL;
}

/* ---- what it knows ---- */

const char *cn_app_name(const cn_app *app) { return app ? app->desc.name : "app"; }

void *cn_app_context(const cn_app *app) { return app ? app->desc.context : NULL; }

const cn_model *const *cn_app_models(const cn_app *app)
{
	static const cn_model *const none[] = {NULL};

	const cn_model *const *models = !app ? NULL : app->bind ? app->bind->models : app->models;

	return models ? models : none;
}

const char *cn_app_program(cn_app *app)
{
	if (app && !app->program)
		app->program = cni_program_path(&app->arena);
	return app ? app->program : NULL;
}

cn_status cni_app_project(cn_app *app, const cni_project **ret, cn_error *err)
{
	return app && app->bind ? cni_bind_project(app, app->bind, ret, err)
				: cni_app_main_project(app, ret, err);
}

cn_status cni_app_main_project(cn_app *app, const cni_project **ret, cn_error *err)
{
	if (!app)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	if (!app->project) {
		const cn_call *call = app->call;
		cni_project *project = cni_alloc(&app->arena, sizeof *project);
		cni_project_input input = {.uri = app->desc.database_uri,
			.name = app->desc.name,
			.migrations = app->desc.migrations,
			.here = app->desc.project_here};
		bool usage = false;
		if (!project)
			return cn_fail(err, CN_ENOMEM, "out of memory");
		if (call) {
			input.root_option = cni_common_text(&call->parsed, "root");
			input.db_option = cni_common_text(&call->parsed, "db");
		}
		cn_status status = cni_project_find(&app->arena, &input, project, &usage, err);
		if (status < 0) {
			if (usage)
				(void)cn_usage_mark(app->call, err);
			return status;
		}
		app->project = project;
	}
	*ret = app->project;
	return CN_OK;
}

cn_status cn_app_root(cn_app *app, const char **ret_folder, cn_error *err)
{
	const cni_project *project;

	TRY(cni_app_project(app, &project, err));
	*ret_folder = project->root;
	return CN_OK;
}

cn_status cn_app_uri(cn_app *app, const char **ret_uri, cn_error *err)
{
	const cni_project *project;

	TRY(cni_app_project(app, &project, err));
	TRY(cni_project_need_uri(project, err));
	*ret_uri = project->uri.text;
	return CN_OK;
}

cn_status cn_app_migrations(cn_app *app, const char **ret_folder, cn_error *err)
{
	const cni_project *project;

	TRY(cni_app_project(app, &project, err));
	*ret_folder = project->migrations;
	return CN_OK;
}

cn_status cn_app_setting(
	cn_app *app, const char *section, const char *key, const char **ret_value, cn_error *err)
{
	const cni_project *project;

	TRY(cni_app_project(app, &project, err));
	*ret_value = cni_project_setting(project, section, key);
	return CN_OK;
}

cn_status cn_app_open(cn_app *app, cn_db **ret_db, cn_error *err)
{
	const cni_project *project;

	TRY(cni_app_project(app, &project, err));
	TRY(cni_project_need_uri(project, err));
	cn_db_options options = {.models = cn_app_models(app), .root = project->root};
	if (app->bind) {
		options.name = app->bind->name;
	} else { /* with those that some of the app's models live in */
		TRY(cni_bind_routed(app, &options.binds, err));
		options.models = app->desc.models;
	}
	return cn_db_open(project->uri_open, &options, ret_db, err);
}
