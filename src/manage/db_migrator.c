/* db_migrator.c - see db_migrator.h. */
#include "manage/db_migrator.h"

#include "base/file.h"
#include "base/try.h"
#include "manage/bind.h"
#include "manage/call.h"
#include "manage/decide.h"
#include "manage/signals.h"

typedef struct bound_target { /* whose schema a migrator wants */
	cn_app *app;
	cni_bind *bind;
} bound_target;

static cn_status app_target(const cni_uri *home, const cni_schema *known, cni_arena *arena,
	cni_schema **ret, void *ctx, cn_error *err)
{
	return cni_app_declared(ctx, home, known, arena, ret, err);
}

static void call_notice(const char *line, void *ctx) { cn_warn(ctx, "%s", line); }

static bool call_canceled(void *ctx) { return cn_call_interrupted(ctx); }

static void call_watch(cni_conn *conn, bool opened, void *ctx)
{
	if (opened)
		cni_call_watch(ctx, conn);
	else
		cni_call_forget(ctx, conn);
}

static cn_status make(cn_app *app, const cn_migrator_desc *desc, cn_migrator **ret, cn_error *err)
{
	const cni_project *project;
	cn_migrator_desc full = *desc;
	TRY(cni_app_project(app, &project, err));
	full.database_uri = project->uri_source ? project->uri_open : NULL;
	full.root = project->root;
	full.engines = project->engines;
	full.data_steps = app->desc.data_steps;
	if (!full.folder) {
		full.folder = project->migrations;
		/* where it is developed the folder is the newer one */
		const cn_migrations *embedded =
			app->bind ? app->bind->desc.embedded : app->desc.embedded;
		if (embedded && !cni_dir_exists(full.folder))
			full.embedded = embedded;
	}
	TRY(cn_migrator_new(&full, ret, err));
	if (project->schema || cn_app_models(app)[0])
		cni_migrator_set_target(*ret, app_target, app);
	return CN_OK;
}

/* Its schema is asked for later, when another database may be selected. */
static cn_status bind_target(const cni_uri *home, const cni_schema *known, cni_arena *arena,
	cni_schema **ret, void *ctx, cn_error *err)
{
	bound_target *bound = ctx;
	cni_bind *before = bound->app->bind;
	bound->app->bind = bound->bind;
	cn_status status = cni_app_declared(bound->app, home, known, arena, ret, err);
	bound->app->bind = before;
	return status;
}

cn_status cn_app_database_migrator(cn_app *app, const char *name, cn_migrator **ret, cn_error *err)
{
	cni_bind *bind, *before;
	if (!app)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	TRY(cni_bind_find(app, name, &bind, err));
	bound_target *bound = cni_alloc(&app->arena, sizeof *bound);
	if (!bound)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	*bound = (bound_target){app, bind};
	before = app->bind;
	app->bind = bind;
	cn_status status = cn_app_migrator(app, ret, err);
	app->bind = before;
	if (status >= 0 && (*ret)->target)
		cni_migrator_set_target(*ret, bind_target, bound);
	return status;
}

cn_status cn_app_migrator(cn_app *app, cn_migrator **ret, cn_error *err)
{
	cn_migrator_desc desc = {.program = app ? cn_app_name(app) : NULL};
	if (app && app->call)
		desc.program = cni_call_program(app->call);
	return make(app, &desc, ret, err);
}

cn_status cni_call_migrator(cn_call *call, bool need_database, cn_migrator **ret, cn_error *err)
{
	const cni_project *project;
	cn_migrator *migrator;
	cn_migrator_desc desc = {.program = cni_call_program(call),
		.folder = cn_call_text(call, "directory"),
		.arguments = cn_call_list(call, "argument", NULL),
		.canceled = call_canceled,
		.notice = call_notice,
		.ctx = call};
	TRY(cni_call_project(call, &project, err));
	if (need_database)
		TRY(cni_project_need_uri(project, err));
	if (desc.folder) { /* typed: it counts from where the user stands */
		const char *here = cni_path_current(cni_call_arena(call));
		desc.folder =
			here ? cni_path_absolute(cni_call_arena(call), desc.folder, here) : NULL;
		if (!desc.folder)
			return cn_fail(err, CN_ENOMEM, "out of memory");
	}
	TRY(make(call->app, &desc, &migrator, err));
	cni_call_hold(call);
	cni_migrator_set_ask(migrator, cni_call_ask, call);
	cni_migrator_set_watch(migrator, call_watch, call);
	*ret = migrator;
	return CN_OK;
}

void cni_migrator_freep(cn_migrator **migrator) { cn_migrator_free(*migrator); }

void cni_print_revision(cn_call *call, const char *before, const char *id, const char *message)
{
	cn_note(call, "%s%s%s%s%s%s", before, cn_color(call, CN_STYLE_YELLOW), id,
		cn_color(call, CN_STYLE_NONE), *message ? "  " : "", message);
}
