/* target.c - the schema that an app's database should have, whoever states it. */
#include "base/file.h"
#include "base/try.h"
#include "driver/driver.h"
#include "manage/app.h"
#include "manage/bind.h"
#include "orm/model_schema.h"

enum { SCHEMA_BYTES = 16 * 1024 * 1024 };

cn_status cni_app_declared(cn_app *app, const cni_uri *home, const cni_schema *known,
	cni_arena *arena, cni_schema **ret, cn_error *err)
{
	const cni_project *project;
	size_t size;
	char *text;

	TRY(cni_app_project(app, &project, err));
	const cni_uri usual = {.engine = cni_driver_default()->name};
	if (!home)
		home = project->uri_source ? &project->uri : &usual;
	if (project->schema) {
		TRY(cni_file_read(arena, project->schema, SCHEMA_BYTES, &text, &size, err));
		if (cni_normalise_sql_at(home, text, known, arena, ret, err) < 0)
			return cn_error_wrap(err, "%s", project->schema);
		return CN_OK;
	}
	TRY(cni_bind_check(app, err));
	if (!cn_app_models(app)[0]) {
		(void)cn_fail(
			err, CN_ENOTFOUND, "which schema? there are no models and no schema file");
		cn_error_hint(err,
			"give the app .models, or write \"schema = schema.sql\" under [cantil] in %s/cantil.ini",
			project->root);
		return CN_ENOTFOUND;
	}
	TRY(cni_models_schema(arena, cn_app_models(app), home->engine, ret, err));
	(*ret)->home = cni_uri_copy(arena, home);
	if (!(*ret)->home)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	return known ? cni_schema_keep_unsaid(*ret, known, ret, err) : CN_OK;
}

cn_status cni_app_target(cn_app *app, cni_arena *arena, cni_schema **ret, cn_error *err)
{
	cni_schema *declared;

	TRY(cni_app_declared(app, NULL, NULL, arena, &declared, err));
	return cni_normalise(declared, arena, ret, err);
}
