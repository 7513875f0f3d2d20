/* bind.c - see bind.h: which databases there are, and where. */
#include "manage/bind.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/file.h"
#include "base/text.h"
#include "base/try.h"
#include "manage/call.h"
#include "manage/ini.h"
#include "orm/model_schema.h"

#define SECTION "database "

enum { NAME_MAX_SIZE = 40 };

bool cni_bind_name_valid(const char *name)
{
	static const char *const taken[] = {CNI_BIND_MAIN, "versions", "squashed", NULL};
	size_t size = strlen(name);
	if (!size || size > NAME_MAX_SIZE || *name == '-' || *name == '_')
		return false;
	for (const char *c = name; *c; c++)
		if (!isalnum((unsigned char)*c) && *c != '_' && *c != '-')
			return false;
	for (size_t i = 0; taken[i]; i++)
		if (cni_same(name, taken[i]))
			return false;
	return true;
}

static cni_bind *find(const cn_app *app, const char *name)
{
	for (cni_bind *bind = app->binds; bind; bind = bind->next)
		if (strcmp(bind->name, name) == 0)
			return bind;
	return NULL;
}

static bool take_models(cn_app *app, cni_bind *bind)
{
	const cn_model *const *routed;
	return cni_models_of(&app->arena, app->desc.models, bind->name, false, &routed, NULL) ==
		       CN_OK &&
	       cni_models_join(&app->arena, bind->desc.models, routed, &bind->models, NULL) ==
		       CN_OK;
}

static cni_bind *append(cn_app *app, const char *name)
{
	cni_bind *bind = cni_alloc(&app->arena, sizeof *bind), **at = &app->binds;
	if (!bind)
		return NULL;
	bind->name = name;
	if (!name || !take_models(app, bind))
		return NULL;
	while (*at)
		at = &(*at)->next;
	*at = bind;
	return bind;
}

static void fail_app(cn_app *app, cn_status status, const char *fmt, const char *name)
	__attribute__((format(printf, 3, 0)));
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
static void fail_app(cn_app *app, cn_status status, const char *fmt, const char *name)
{
	cn_error err;
	cn_error_set(&err, status, fmt, name);
	cn_app_fail(app, &err);
}
#pragma GCC diagnostic pop

void cn_app_database(cn_app *app, const cn_database_desc *desc)
{
	if (!app)
		return;
	const char *name = desc->name ? desc->name : "";
	size_t count = 0;
	if (!cni_bind_name_valid(name)) {
		fail_app(app, CN_EARG, "\"%.80s\" is no name for a database", name);
		return;
	}
	if (find(app, name)) {
		fail_app(app, CN_EARG, "the database \"%s\" was added twice", name);
		return;
	}
	cni_bind *bind = append(app, name);
	if (!bind) {
		fail_app(app, CN_ENOMEM, "%s", "out of memory");
		return;
	}
	bind->desc = *desc;
	if (!desc->models)
		return;
	while (desc->models[count])
		count++;
	/* like those of cn_app_desc: the list ends with the block it stands in */
	bind->desc.models =
		cni_memdup(&app->arena, desc->models, (count + 1) * sizeof *desc->models);
	if (!bind->desc.models || !take_models(app, bind))
		fail_app(app, CN_ENOMEM, "%s", "out of memory");
}

/* ---- which ---- */

cn_status cni_binds(cn_app *app, cni_bind **ret_first, cn_error *err)
{
	const cni_project *project;
	TRY(cni_app_main_project(app, &project, err));
	for (size_t i = 0; i < project->setting_count; i++) {
		const char *section = project->settings[i].section;
		if (!cni_starts(section, SECTION))
			continue;
		const char *name = section + sizeof SECTION - 1;
		name += strspn(name, " \t");
		if (!cni_bind_name_valid(name)) {
			(void)cn_fail(err, CN_EARG, "%s:%u: \"%s\" is no name for a database",
				project->ini, project->settings[i].line, name);
			cn_error_hint(err,
				"up to %d letters, digits, \"_\" and \"-\"; not \"main\", \"versions\" or "
				"\"squashed\"",
				NAME_MAX_SIZE);
			return CN_EARG;
		}
		if (!find(app, name) && !append(app, cni_strdup(&app->arena, name)))
			return cn_fail(err, CN_ENOMEM, "out of memory");
	}
	*ret_first = app->binds;
	return CN_OK;
}

cn_status cni_bind_find(cn_app *app, const char *name, cni_bind **ret, cn_error *err)
{
	enum { SHOWN = 32 };
	const char *names[SHOWN + 2] = {CNI_BIND_MAIN};
	CLEANUP(cni_buffer_done) cni_buffer known = {.limit = 1000};
	cni_bind *bind;
	size_t count = 1;
	TRY(cni_binds(app, &bind, err));
	if (strcmp(name, CNI_BIND_MAIN) == 0) {
		*ret = NULL;
		return CN_OK;
	}
	cni_buffer_puts(&known, CNI_BIND_MAIN);
	for (; bind; bind = bind->next) {
		if (strcmp(bind->name, name) == 0) {
			*ret = bind;
			return CN_OK;
		}
		if (count <= SHOWN)
			names[count++] = bind->name;
		cni_buffer_printf(&known, ", %s", bind->name);
	}
	const char *meant = cni_nearest(name, names);
	(void)cn_fail(err, CN_ENOTFOUND, "there is no database called \"%.80s\"", name);
	cn_error_detail(err, "there are: %s", cni_buffer_text(&known));
	if (strstr(name, "://") || strchr(name, '/') || strchr(name, '.'))
		cn_error_hint(err, "--database takes a name; a URI or a path is given with --db");
	else if (meant)
		cn_error_hint(err, "did you mean \"%s\"?", meant);
	else
		cn_error_hint(err,
			"a name comes from the program, or from [database NAME] in cantil.ini");
	return CN_ENOTFOUND;
}

/* ---- where ---- */

static const char *setting(const cni_project *project, const char *name, const char *key)
{
	for (size_t i = 0; i < project->setting_count; i++) {
		const cni_ini_entry *entry = &project->settings[i];
		const char *of = entry->section;
		if (!cni_starts(of, SECTION) || !cni_same(entry->key, key))
			continue;
		of += sizeof SECTION - 1;
		if (strcmp(of + strspn(of, " \t"), name) == 0)
			return entry->value;
	}
	return NULL;
}

/* CANTIL_DATABASE_URI_USERS for "users"; what no variable's name can have becomes `_`. */
static const char *environment(cni_arena *arena, const char *name)
{
	char *variable = cni_printf(arena, "CANTIL_DATABASE_URI_%s", name);
	for (char *c = variable; c && *c; c++)
		*c = isalnum((unsigned char)*c) ? (char)toupper((unsigned char)*c) : '_';
	const char *value = variable ? getenv(variable) : NULL;
	return value && *value ? value : NULL;
}

typedef struct stated { /* a URI, who states it, and what its relative path counts from */
	const char *uri, *source, *folder;
} stated;

static cn_status find_uri(cn_app *app, const cni_bind *bind, cni_project *project, cn_error *err)
{
	const char *here = cni_path_current(&app->arena);
	const stated list[] = {
		{app->call ? cni_common_text(&app->call->parsed, "db") : NULL, "--db", here},
		{environment(&app->arena, bind->name), "the environment", here},
		{setting(project, bind->name, "database"), "cantil.ini", project->root},
		{bind->desc.uri, app->desc.name, project->root},
	};
	project->uri_source = project->uri_open = NULL;
	for (size_t i = 0; i < CNI_COUNT(list); i++) {
		if (!list[i].uri)
			continue;
		if (!list[i].folder)
			return cn_fail(err, CN_EIO, "cannot tell the working folder");
		if (cni_uri_parse(&app->arena, list[i].uri, list[i].folder, &project->uri, err) < 0)
			return cn_error_wrap(err, "the database \"%s\"", bind->name);
		project->uri_source = list[i].source;
		project->uri_open = project->uri.host ? list[i].uri : project->uri.text;
		return CN_OK;
	}
	(void)cn_fail(err, CN_ENOTFOUND, "where is the database \"%s\"?", bind->name);
	cn_error_hint(err,
		"write \"database = sqlite:///%s.db\" under [database %s] in %s/cantil.ini",
		bind->name, bind->name, project->root);
	return CN_ENOTFOUND;
}

cn_status cni_bind_project(cn_app *app, cni_bind *bind, const cni_project **ret, cn_error *err)
{
	const cni_project *main_project;
	if (bind->project) {
		*ret = bind->project;
		return CN_OK;
	}
	TRY(cni_app_main_project(app, &main_project, err));
	cni_project *project = cni_memdup(&app->arena, main_project, sizeof *project);
	if (!project)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	const char *schema = setting(project, bind->name, "schema");
	const char *folder = setting(project, bind->name, "migrations");
	if (!folder)
		folder = bind->desc.migrations;
	project->schema = schema ? cni_path_absolute(&app->arena, schema, project->root) : NULL;
	project->migrations =
		folder ? cni_path_absolute(&app->arena, folder, project->root)
		       : cni_path_join(&app->arena, main_project->migrations, bind->name);
	if (!project->migrations || (schema && !project->schema))
		return cn_fail(err, CN_ENOMEM, "out of memory");
	TRY(find_uri(app, bind, project, err));
	*ret = bind->project = project;
	return CN_OK;
}

/* ---- models that say where they live ---- */

cn_status cni_bind_check(cn_app *app, cn_error *err)
{
	cni_bind *bind;
	for (const cn_model *const *model = app->desc.models; model && *model; model++) {
		const char *name = cni_model_database(*model);
		if (name && cni_bind_find(app, name, &bind, err) < 0) {
			if (err && err->status == CN_ENOTFOUND)
				err->status = CN_ESCHEMA;
			cn_error_wrap(err, "model \"%s\"", (*model)->type_name);
			return CN_ESCHEMA;
		}
	}
	return CN_OK;
}

static bool is_routed_to(const cn_app *app, const cni_bind *bind)
{
	for (const cn_model *const *model = app->desc.models; model && *model; model++) {
		const char *name = cni_model_database(*model);
		if (name && strcmp(name, bind->name) == 0)
			return true;
	}
	return false;
}

cn_status cni_bind_routed(cn_app *app, const cn_bind **ret, cn_error *err)
{
	cn_bind *list = NULL, none = {0};
	size_t count = 0;
	cni_bind *bind;
	TRY(cni_bind_check(app, err));
	TRY(cni_binds(app, &bind, err));
	for (; bind; bind = bind->next) {
		const cni_project *project;
		if (!is_routed_to(app, bind))
			continue;
		TRY(cni_bind_project(app, bind, &project, err));
		cn_bind one = {bind->name, project->uri_open, bind->desc.models};
		if (!CNI_PUSH(&app->arena, list, count, one))
			return cn_fail(err, CN_ENOMEM, "out of memory");
	}
	if (count && !CNI_PUSH(&app->arena, list, count, none))
		return cn_fail(err, CN_ENOMEM, "out of memory");
	*ret = list;
	return CN_OK;
}

/* ---- for programs ---- */

cn_status cn_app_open_database(cn_app *app, const char *name, cn_db **ret_db, cn_error *err)
{
	cni_bind *bind, *before;
	if (!app)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	TRY(cni_bind_find(app, name, &bind, err));
	before = app->bind;
	app->bind = bind;
	cn_status status = cn_app_open(app, ret_db, err);
	app->bind = before;
	return status;
}
