/* app.c - the store put together, for main() and for tests. */
#include "models.h"
#include "store.h"

cn_app *store_new(void)
{
	cn_app *app = cn_app_new(&(cn_app_desc){
		.name = "store",
		.version = "1.0",
		.help = "producers, products, and what became of them",
		.database_uri = "sqlite:///store.db",
		.models = store_models,
		.commands = store_commands,
		.seed = store_seed,
	});

	cn_get_route(app, "/", store_index);
	cn_blueprint(app, "/api", store_api);
	cn_static(app, "/static", "static");
	return app;
}
