/* app.c - setting up the web half of an app; see cantil/web.h and app.h. */
#include "web/app.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cantil/session.h>

#include "base/file.h"
#include "base/try.h"
#include "web/request.h"

void cni_web_free(void *data)
{
	cni_web *web = data;

	if (!web)
		return;
	cn_db_close(web->db);
	pthread_mutex_destroy(&web->lock);
	cni_arena_done(&web->arena);
	free(web);
}

static const cn_extension extension = {
	.name = "web", .commands = cni_serve_commands, .free = cni_web_free};

static const cn_web_limits usual = {
	.body_bytes = 1 << 20,
	.header_bytes = 16 << 10,
	.connections = 1000,
	.connections_per_address = 200,
	.idle_timeout_s = 20,
	.request_deadline_s = 30,
};

cni_web *cni_web_new(cn_app *app)
{
	cni_web *web = calloc(1, sizeof *web);

	if (!web)
		return NULL;
	if (pthread_mutex_init(&web->lock, NULL) != 0) {
		free(web);
		return NULL;
	}
	web->app = app;
	web->router.arena = &web->arena;
	web->limits = usual;
	return web;
}

cni_web *cni_web_of(cn_app *app)
{
	cni_web *web = app ? cn_app_extension(app, &extension) : NULL;

	if (web || !app)
		return web;
	web = cni_web_new(app);
	if (web)
		cn_app_extend(app, &extension, web); /* takes it, also when it fails */
	else
		cn_app_fail(app, &(cn_error){.status = CN_ENOMEM, .message = "out of memory"});
	return cn_app_extension(app, &extension);
}

static void fail(cni_web *web, const cn_error *err)
{
	if (web->failed.status == CN_OK)
		web->failed = *err;
	cn_app_fail(web->app, err);
}

/* "GET POST" as bits; 0 when a word is no method. */
static unsigned parse_methods(const char *text)
{
	unsigned bits = 0;
	char word[16];

	while (*(text += strspn(text, " ,"))) {
		size_t size = strcspn(text, " ,");
		if (size >= sizeof word)
			return 0;
		memcpy(word, text, size);
		word[size] = '\0';
		if (!cni_method_bit(word))
			return 0;
		bits |= cni_method_bit(word);
		text += size;
	}
	return bits;
}

static void add_route(cni_web *web, const char *methods, const cni_route *template)
{
	cni_route route = *template;
	cn_error err = {0};

	route.methods = parse_methods(methods ? methods : "");
	if (!route.methods) {
		cn_error_set(&err, CN_EARG, "route \"%s\" (%s): \"%s\" is no list of methods",
			route.path, route.name, methods ? methods : "");
		cn_error_hint(&err, "write \"GET\" or \"GET POST\"; GET answers HEAD too");
	} else if (cni_router_add(&web->router, &route, &err) == CN_OK) {
		return;
	}
	fail(web, &err);
}

void cni_web_route(
	cni_web *web, const char *methods, const char *path, cn_handler *handler, const char *name)
{
	add_route(web, methods, &(cni_route){.path = path, .name = name, .handler = handler});
}

void cn_route_add(
	cn_app *app, const char *methods, const char *path, cn_handler *handler, const char *name)
{
	cni_web *web = cni_web_of(app);

	if (web)
		cni_web_route(web, methods, path, handler, name);
}

static const char *joined(cni_web *web, const char *prefix, const char *path)
{
	size_t size = strlen(prefix);

	while (size && prefix[size - 1] == '/')
		size--;
	return cni_printf(&web->arena, "%.*s%s", (int)size, prefix, path);
}

void cn_blueprint(cn_app *app, const char *prefix, const cn_route_entry *routes)
{
	for (cni_web *web = cni_web_of(app); web && routes->methods; routes++) {
		const char *path = joined(web, prefix, routes->path);
		if (path)
			cn_route_add(app, routes->methods, path, routes->handler, routes->name);
		else
			fail(web, &(cn_error){.status = CN_ENOMEM, .message = "out of memory"});
	}
}

void cn_static(cn_app *app, const char *prefix, const char *folder)
{
	cni_web *web = cni_web_of(app);

	if (!web)
		return;
	cni_static_folder *statics = cni_alloc(&web->arena, sizeof *statics);
	cni_route route = {.path = joined(web, prefix, "/<path:file>"),
		.handler = cni_static_handler,
		.data = statics,
		.name = cni_printf(&web->arena, "static %s", folder)};
	if (!statics || !route.path || !route.name ||
		!(statics->given = cni_strdup(&web->arena, folder))) {
		fail(web, &(cn_error){.status = CN_ENOMEM, .message = "out of memory"});
		return;
	}
	statics->next = web->folders;
	web->folders = statics;
	add_route(web, "GET", &route);
}

/* Only now: the project's root can be said on the command line, which is read after the app is set
 * up. */
cn_status cni_web_prepare(cni_web *web, cn_error *err)
{
	const char *root;

	if (web->failed.status < 0) {
		if (err)
			*err = web->failed;
		return web->failed.status;
	}
	if (web->root)
		return CN_OK;
	TRY(cn_app_root(web->app, &root, err));
	for (cni_static_folder *folder = web->folders; folder; folder = folder->next) {
		folder->path = cni_path_absolute(&web->arena, folder->given, root);
		if (!folder->path)
			return cn_fail(err, CN_ENOMEM, "out of memory");
	}
	web->root = cni_strdup(&web->arena, root);
	if (!web->root)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	return CN_OK;
}

static void add_hook(cn_app *app, size_t list, bool front, cni_hook hook)
{
	cni_web *web = cni_web_of(app);

	if (!web)
		return;
	cni_hook **at = (cni_hook **)(void *)((char *)web + list);
	cni_hook *copy = cni_memdup(&web->arena, &hook, sizeof hook);
	if (!copy) {
		fail(web, &(cn_error){.status = CN_ENOMEM, .message = "out of memory"});
		return;
	}
	while (!front && *at)
		at = &(*at)->next;
	copy->next = *at;
	*at = copy;
}

void cn_before(cn_app *app, cn_handler *hook)
{
	add_hook(app, offsetof(cni_web, before), false, (cni_hook){.handler = hook});
}

void cn_after(cn_app *app, cn_handler *hook)
{
	add_hook(app, offsetof(cni_web, after), true, (cni_hook){.handler = hook});
}

void cn_error_handler(cn_app *app, int status, cn_handler *handler)
{
	/* those for one status are asked first */
	add_hook(app, offsetof(cni_web, errors), status != 0,
		(cni_hook){.status = status, .handler = handler});
}

void cn_app_set_data(cn_app *app, void *data)
{
	cni_web *web = cni_web_of(app);

	if (web)
		web->data = data;
}

void cn_web_set_limits(cn_app *app, const cn_web_limits *limits)
{
	cni_web *web = cni_web_of(app);

	if (!web)
		return;
	cn_web_limits *l = &web->limits;
	l->body_bytes = limits->body_bytes ? limits->body_bytes : usual.body_bytes;
	l->header_bytes = limits->header_bytes ? limits->header_bytes : usual.header_bytes;
	l->connections = limits->connections ? limits->connections : usual.connections;
	l->connections_per_address = limits->connections_per_address
					     ? limits->connections_per_address
					     : usual.connections_per_address;
	l->idle_timeout_s = limits->idle_timeout_s ? limits->idle_timeout_s : usual.idle_timeout_s;
	l->request_deadline_s =
		limits->request_deadline_s ? limits->request_deadline_s : usual.request_deadline_s;
}

cn_status cni_web_db(cni_web *web, cn_db **ret, cn_error *err)
{
	cn_status status = CN_OK;

	pthread_mutex_lock(&web->lock);
	if (!web->db)
		status = cn_app_open(web->app, &web->db, err);
	*ret = web->db;
	pthread_mutex_unlock(&web->lock);
	return status;
}
