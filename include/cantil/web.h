/*
 * web.h - the HTTP layer: routes, requests, replies, a test client.
 *
 * Link with pkg-config `cantil-web`. The first call of a function below that takes a cn_app gives
 * the program the commands `runserver` and `routes`.
 *
 *     static void show(cn_request *req, cn_reply *reply)
 *     {
 *             cn_session *s = cn_request_session(req);
 *             Product *p = cn_get(s, Product, cn_request_param_int(req, "id"));
 *             if (!p)
 *                     cn_reply_error(reply, 404, "there is no such product");
 *             else
 *                     cn_reply_row(reply, 200, Product, p);
 *     }
 *     …
 *     cn_get_route(app, "/products/<int:id>", show);
 *
 * Ownership: whatever a request hands out (texts, rows of its session) lives until its handler has
 * returned; whatever is given to a reply is copied. A handler runs on one of several threads; a
 * request, its reply and its session belong to that one call.
 *
 * Errors: a handler answers, it does not return a status. The session remembers its first error; if
 * the handler leaves one there and has not answered with an error itself, the reply becomes an
 * error page for it: 404 for CN_ENOTFOUND, 400 for CN_EARG, 409 for CN_ECONSTRAINT, 503 for
 * CN_ECONFLICT, else 500 (also when there is no database). A 404 or 400 that the handler has given
 * does not hide a 500 or 503 of the session's: what was not found could not be looked for. What
 * such a page tells is in the log, and in the page in debug mode only.
 *
 * Source: src/web/
 */
#ifndef CANTIL_WEB_H
#define CANTIL_WEB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cantil/error.h>
#include <cantil/types.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct cn_app cn_app;         /* app.h */
typedef struct cn_model cn_model;     /* model.h */
typedef struct cn_session cn_session; /* session.h */
typedef struct cn_page cn_page;       /* session.h */
typedef struct cn_request cn_request;
typedef struct cn_reply cn_reply;
typedef struct cn_json cn_json;

typedef void cn_handler(cn_request *req, cn_reply *reply);

/* ---- routes: src/web/app.c, route.c ----------------------------------------------------------
 *
 * A path is literal segments and parameters: <name> (text, one segment), <int:name> (a whole
 * number, 0 to INT64_MAX), <path:name> (the rest, at the end). Where several match, literal goes
 * before int before text before path. GET answers HEAD too; OPTIONS and 405 (with Allow) come by
 * themselves. A path that matches only with, or only without, a slash at its end is redirected
 * (308).
 *
 * A route that is wrong (unknown kind of parameter, a name twice) or that could never be reached
 * because an earlier one has the same shape and method is remembered and reported when the program
 * starts.
 */

#define cn_get_route(app, path, handler)   cn_route_add((app), "GET", (path), (handler), #handler)
#define cn_post_route(app, path, handler)  cn_route_add((app), "POST", (path), (handler), #handler)
#define cn_put_route(app, path, handler)   cn_route_add((app), "PUT", (path), (handler), #handler)
#define cn_patch_route(app, path, handler) cn_route_add((app), "PATCH", (path), (handler), #handler)
#define cn_delete_route(app, path, handler) \
	cn_route_add((app), "DELETE", (path), (handler), #handler)
/* methods: one or more, "GET POST" */
#define cn_route(app, methods, path, handler) \
	cn_route_add((app), (methods), (path), (handler), #handler)

/* What the macros call; `name` is what `routes` shows. All texts are copied. */
CN_API void cn_route_add(
	cn_app *app, const char *methods, const char *path, cn_handler *handler, const char *name);

/* A part of an application as a table, so that it can be mounted under any prefix:
 *     const cn_route_entry shop_routes[] = {
 *             CN_ROUTE("GET", "/", list), CN_ROUTE("POST", "/", create), {0}};
 *     cn_blueprint(app, "/shop", shop_routes); */
typedef struct cn_route_entry {
	const char *methods, *path; /* methods == NULL ends the table */
	cn_handler *handler;
	const char *name;
} cn_route_entry;
#define CN_ROUTE(methods, path, handler)               \
	{                                              \
		(methods), (path), (handler), #handler \
	}
CN_API void cn_blueprint(cn_app *app, const char *prefix, const cn_route_entry *routes);

/* Serves the files below `folder` (relative: from the project's root) under `prefix`, "/static".
 * GET and HEAD only, with ETag; names that begin with a dot are not there; no link leads out of the
 * folder. */
CN_API void cn_static(cn_app *app, const char *prefix, const char *folder);

/* Run before every handler, in the order of registration; one that answers ends the request. */
CN_API void cn_before(cn_app *app, cn_handler *hook);
/* Run after every request, in reverse order, whatever the answer is: headers can still be set. */
CN_API void cn_after(cn_app *app, cn_handler *hook);
/* Makes the page for a status (404, 405, 413, 500 …); 0: for every error without one of its own. */
CN_API void cn_error_handler(cn_app *app, int status, cn_handler *handler);

/* The application's own data, for handlers; borrowed. Several threads use it at a time. */
CN_API void cn_app_set_data(cn_app *app, void *data);

/* ---- requests: src/web/request.c ---- */

CN_API const char *cn_request_method(const cn_request *req); /* "GET" */
CN_API const char *cn_request_path(const cn_request *req);   /* decoded, without the query */
CN_API const char *cn_request_target(const cn_request *req); /* as it was sent, with the query */
CN_API const char *cn_request_client(const cn_request *req); /* the peer's address, "127.0.0.1" */
CN_API void *cn_request_data(const cn_request *req);         /* cn_app_set_data */
CN_API bool cn_request_wants_json(const cn_request *req);    /* Accept says so, or it sent JSON */

/* Parameters of the route; NULL and 0 when the route has none of that name. */
CN_API const char *cn_request_param(const cn_request *req, const char *name);
CN_API int64_t cn_request_param_int(const cn_request *req, const char *name);

/* The query string, decoded ("+" is a blank). A key can be repeated: `index` from 0 counts its
 * values. NULL: not there. The numbers are unset when it is not there or no number. */
CN_API const char *cn_request_query(const cn_request *req, const char *name);
CN_API const char *cn_request_query_at(const cn_request *req, const char *name, size_t index);
CN_API cn_null_int64 cn_request_query_int(const cn_request *req, const char *name);
CN_API cn_null_double cn_request_query_double(const cn_request *req, const char *name);

/* The page a list should show: ?page=N, from 1; 1 when it is not said or no number. */
CN_API int64_t cn_request_page(const cn_request *req);

/* A header's first value, a cookie's value; a header's name in any case. NULL: not sent. */
CN_API const char *cn_request_header(const cn_request *req, const char *name);
CN_API const char *cn_request_cookie(const cn_request *req, const char *name);

/* The body as it was sent: *ret_size bytes (ret_size may be NULL), NUL added; never NULL. */
CN_API const char *cn_request_body(const cn_request *req, size_t *ret_size);

/* Fields of a form (application/x-www-form-urlencoded), as with the query. */
CN_API const char *cn_request_form(const cn_request *req, const char *name);
CN_API const char *cn_request_form_at(const cn_request *req, const char *name, size_t index);
CN_API cn_null_int64 cn_request_form_int(const cn_request *req, const char *name);
CN_API cn_null_double cn_request_form_double(const cn_request *req, const char *name);

/* Members of a JSON body (application/json). A body that is no JSON (or deeper than 32, or with a
 * member twice, or with broken UTF-8) was answered with 400 before the handler. `path` is "name",
 * "producer.name", "items[0].price"; "" is the whole. NULL or unset: not there, null, or of another
 * type (cn_request_json_kind tells which). A whole number is a double too; 1.5 is no int. */
typedef enum cn_json_kind {
	CN_JSON_ABSENT = 0,
	CN_JSON_NULL,
	CN_JSON_BOOL,
	CN_JSON_INT,
	CN_JSON_DOUBLE,
	CN_JSON_TEXT,
	CN_JSON_ARRAY,
	CN_JSON_OBJECT,
} cn_json_kind;
CN_API cn_json_kind cn_request_json_kind(const cn_request *req, const char *path);
CN_API const char *cn_request_json_text(const cn_request *req, const char *path);
CN_API cn_null_int64 cn_request_json_int(const cn_request *req, const char *path);
CN_API cn_null_double cn_request_json_double(const cn_request *req, const char *path);
CN_API cn_null_bool cn_request_json_bool(const cn_request *req, const char *path);
/* Elements of an array, members of an object; 0: it is neither. */
CN_API size_t cn_request_json_count(const cn_request *req, const char *path);

/* The request's session, opened on the first call; never NULL. The handler commits; what it did not
 * commit is rolled back when it has returned. */
CN_API cn_session *cn_request_session(cn_request *req);

/* Memory that lives as long as the request; zeroed; NULL when there is none. */
CN_API void *cn_request_alloc(cn_request *req, size_t size_bytes);
CN_API char *cn_request_printf(cn_request *req, const char *fmt, ...) CN_PRINTF(2, 3);
/* `text` as it may stand in a URL's path segment or query value; lives as long as the request. */
CN_API const char *cn_request_url_encode(cn_request *req, const char *text);

/* ---- replies: src/web/reply*.c ----
 *
 * The last call that starts a reply wins. Without any, the answer is 204. Out-of-memory on the way
 * makes it a 500.
 */

CN_API void cn_reply_text(cn_reply *reply, int status, const char *fmt, ...) CN_PRINTF(3, 4);

/* HTML. Every %s (and %c) is ESCAPED for text and for quoted attributes: nothing that a directive
 * yields can become markup. Markup is what stands in the format itself, or goes through
 * cn_reply_raw().
 *
 *     cn_reply_html(reply, 200, "<h1>%s</h1><ul>", title);
 *     for (size_t i = 0; list[i]; i++)
 *             cn_reply_print(reply, "<li>%s: %.2f</li>", list[i]->name, list[i]->price.value);
 *     cn_reply_raw(reply, "</ul>");
 *
 * Directives: %s %c %d %i %u %x %X %o %f %e %g %% with flags, width, precision and length. A NULL
 * %s prints nothing. Do not put a value in a <script>, a style or an unquoted attribute. */
CN_API void cn_reply_html(cn_reply *reply, int status, const char *fmt, ...) CN_PRINTF(3, 4);
/* Adds to a text or HTML reply: escaped as above in HTML; as it is. */
CN_API void cn_reply_print(cn_reply *reply, const char *fmt, ...) CN_PRINTF(2, 3);
CN_API void cn_reply_raw(cn_reply *reply, const char *text);

/* JSON from models: members are the struct's, in its order, nulls as null, times as ISO 8601, blobs
 * as base64; relations that were loaded are nested. */
CN_API void cn_reply_json(cn_reply *reply, int status, const cn_page *page);
#define cn_reply_row(reply, status, T, row) cn_reply_json_row((reply), (status), &T##_model, (row))
#define cn_reply_rows(reply, status, T, list) \
	cn_reply_json_rows((reply), (status), &T##_model, (const void *)(list))
CN_API void cn_reply_json_row(cn_reply *reply, int status, const cn_model *model, const void *row);
CN_API void cn_reply_json_rows(
	cn_reply *reply, int status, const cn_model *model, const void *list);

/* JSON of the handler's own making: a writer whose text is the body. Objects and arrays that are
 * open when the handler returns are closed. `name` is NULL inside an array and at the top.
 *
 *     cn_json *json = cn_reply_json_begin(reply, 200);
 *     cn_json_object(json, NULL);
 *     cn_json_int(json, "count", n);
 *     cn_json_rows_of(json, "items", Product, list);
 *     cn_json_end(json); */
CN_API cn_json *cn_reply_json_begin(cn_reply *reply, int status);
CN_API void cn_json_object(cn_json *json, const char *name);
CN_API void cn_json_array(cn_json *json, const char *name);
CN_API void cn_json_end(cn_json *json);
CN_API void cn_json_text(cn_json *json, const char *name, const char *value); /* NULL: null */
CN_API void cn_json_int(cn_json *json, const char *name, int64_t value);
CN_API void cn_json_double(cn_json *json, const char *name, double value);
CN_API void cn_json_bool(cn_json *json, const char *name, bool value);
CN_API void cn_json_null(cn_json *json, const char *name);
CN_API void cn_json_value(cn_json *json, const char *name, cn_value value);
CN_API void cn_json_row(cn_json *json, const char *name, const cn_model *model, const void *row);
CN_API void cn_json_rows(cn_json *json, const char *name, const cn_model *model, const void *list);
#define cn_json_row_of(json, name, T, row) cn_json_row((json), (name), &T##_model, (row))
#define cn_json_rows_of(json, name, T, list) \
	cn_json_rows((json), (name), &T##_model, (const void *)(list))

/* Any bytes. */
CN_API void cn_reply_bytes(
	cn_reply *reply, int status, const char *content_type, const void *data, size_t size_bytes);

/* An error page, HTML or JSON by what the client accepts: {"error": …}. The text is shown to the
 * client; an empty one gives the status's usual words. */
CN_API void cn_reply_error(cn_reply *reply, int status, const char *fmt, ...) CN_PRINTF(3, 4);
/* The same for an error that was caught: its status decides as described at the top. */
CN_API void cn_reply_fail(cn_reply *reply, const cn_error *err);

/* 302 for 0; `location` is a path or a URL (no control characters, or it is a 500). */
CN_API void cn_reply_redirect(cn_reply *reply, int status, const char *location);
/* One file, by path (relative: from the project's root), with type and ETag; 404 when it is not
 * there. */
CN_API void cn_reply_file(cn_reply *reply, const char *path);
CN_API void cn_reply_status(cn_reply *reply, int status);
/* Sets (or replaces) a header; one with control characters is refused and makes the reply a 500. */
CN_API void cn_reply_header(cn_reply *reply, const char *name, const char *value);

typedef struct cn_cookie {
	const char *name, *value;
	const char *path;  /* NULL: "/" */
	int64_t max_age_s; /* 0: until the browser is closed; < 0: removes the cookie */
	bool secure;
	bool script_may_read; /* false: HttpOnly */
	bool cross_site;      /* false: SameSite=Lax; true: SameSite=None (needs secure) */
} cn_cookie;
CN_API void cn_reply_cookie(cn_reply *reply, const cn_cookie *cookie);

CN_API int cn_reply_get_status(const cn_reply *reply); /* 0: not answered yet */

/* ---- limits: src/web/app.c ---- */

typedef struct cn_web_limits {            /* 0: the usual */
	size_t body_bytes;                /* 1 MiB; more is answered with 413 */
	size_t header_bytes;              /* request line and headers: 16 KiB; more is 431 or 414 */
	unsigned connections;             /* in all: 1000 */
	unsigned connections_per_address; /* 200; local addresses: no such limit */
	unsigned idle_timeout_s;          /* a connection without a byte: 20 */
	unsigned request_deadline_s;      /* from the first byte to the last of a request: 30 */
} cn_web_limits;
CN_API void cn_web_set_limits(cn_app *app, const cn_web_limits *limits);

/* ---- the test client: src/web/test_client.c ----
 *
 * Calls the application without a socket: the same routing, hooks, handlers and error pages.
 *     cn_response *res = cn_test_get(app, "/products/1");
 *     assert(cn_response_status(res) == 200 && strstr(cn_response_body(res, NULL), "Tea"));
 *     cn_response_free(res);
 */
typedef struct cn_response cn_response;
typedef struct cn_test_request_desc {
	const char *method;      /* NULL: "GET", or "POST" when there is a body */
	const char *target;      /* "/products?page=2" */
	const char *json, *form; /* a body with its content type … */
	const char *body;        /* … or one of any other type */
	size_t body_size;        /* 0: strlen(body) */
	const char *content_type;
	const char *const *headers; /* "Name: value", NULL-terminated */
} cn_test_request_desc;
/* NULL when out of memory. A wrong route table answers 500 with what is wrong. */
CN_API cn_response *cn_test_request(cn_app *app, const cn_test_request_desc *desc);
CN_API cn_response *cn_test_get(cn_app *app, const char *target);
CN_API cn_response *cn_test_post_json(cn_app *app, const char *target, const char *json);
CN_API int cn_response_status(const cn_response *response);
CN_API const char *cn_response_header(const cn_response *response, const char *name); /* or NULL */
/* NUL added; ret_size may be NULL. */
CN_API const char *cn_response_body(const cn_response *response, size_t *ret_size);
CN_API void cn_response_free(cn_response *response); /* NULL is allowed */

#ifdef __cplusplus
}
#endif
#endif
