/*
 * app.h - the web half of an app: routes, hooks, limits; and the way from a request to its reply.
 *
 * Invariants: everything but the database's lazy opening is done by one thread before the first
 * request; after that a cni_web is only read.
 */
#ifndef CNI_WEB_APP_H
#define CNI_WEB_APP_H

#include <pthread.h>

#include <cantil/app.h>
#include <cantil/web.h>

#include "base/arena.h"
#include "web/route.h"

typedef struct cni_hook {
	int status; /* of an error handler; 0: any */
	cn_handler *handler;
	struct cni_hook *next;
} cni_hook;

typedef struct cni_static_folder { /* a static folder */
	const char *given;         /* as the program said it */
	const char *path;          /* absolute; NULL until the first request */
	struct cni_static_folder *next;
} cni_static_folder;

typedef struct cni_web {
	cn_app *app;
	cni_arena arena;
	cni_router router;
	cni_hook *before, *after, *errors;
	cni_static_folder *folders;
	cn_web_limits limits; /* every field set */
	void *data;
	const char *root; /* the project's; set by cni_web_prepare */
	cn_error failed;  /* the first thing that was set up wrongly; status 0: none */

	/* set by whoever serves, before the first request */
	bool debug;         /* error pages tell details; HTML gets `inject` */
	const char *inject; /* put before </body> of every HTML page; NULL: nothing */
	void (*log)(
		const char *line, void *ctx); /* one line a failed request; NULL: nobody reads it */
	void *log_ctx;

	pthread_mutex_t lock; /* of db */
	cn_db *db;            /* opened by the first request that wants a session */
} cni_web;

/* The app's web half, made (and the commands added) on the first call. NULL: out of memory, and the
 * app knows. */
cni_web *cni_web_of(cn_app *app);

/* One that belongs to nobody yet: for a server beside the app's own. */
cni_web *cni_web_new(cn_app *app);
void cni_web_free(void *data); /* NULL is allowed */
void cni_web_route(
	cni_web *web, const char *methods, const char *path, cn_handler *handler, const char *name);

/* Before the first request, by one thread: finds the root and the static folders. CN_OK again if it
 * was done; the error of setting up, if there was one. */
cn_status cni_web_prepare(cni_web *web, cn_error *err) CN_MUST_CHECK;

/* The app's database, opened on the first call that succeeds: it may be made while a server runs.
 */
cn_status cni_web_db(cni_web *web, cn_db **ret, cn_error *err) CN_MUST_CHECK;

/* Routing, hooks, handler, error pages: fills the request's reply. Never fails; a failure is an
 * error page. */
void cni_dispatch(cn_request *req);

/* The commands that the web layer brings: src/manage/serve/commands.c */
extern const cn_command_desc cni_serve_commands[];

#endif
