/*
 * route.h - paths to handlers.
 *
 * A tree of segments. At each level literals come before <int>, that before <name>, that before
 * <path>; the first node on that way that has the method wins, and what the others would allow is
 * remembered for 405. A node is looked at once at most, so that no path can make it search for
 * long.
 *
 * Invariants: a tree is built by one thread, then only read. Paths are matched segment by segment
 * before decoding, so that an escaped slash stays part of its segment.
 */
#ifndef CNI_WEB_ROUTE_H
#define CNI_WEB_ROUTE_H

#include <cantil/web.h>

#include "base/arena.h"

enum { CNI_SEGMENTS_MAX = 64, CNI_PARAMS_MAX = 16 };

typedef enum cni_method {
	CNI_GET = 1,
	CNI_HEAD = 2,
	CNI_POST = 4,
	CNI_PUT = 8,
	CNI_PATCH = 16,
	CNI_DELETE = 32,
	CNI_OPTIONS = 64,
} cni_method;

/* 0: not one of them. */
unsigned cni_method_bit(const char *name);
/* "GET, HEAD, POST": for Allow. */
const char *cni_methods_text(cni_arena *arena, unsigned bits);

typedef struct cni_route {
	unsigned methods;
	const char *path, *name; /* as they were given; for `routes` */
	const char *params[CNI_PARAMS_MAX];
	size_t param_count;
	cn_handler *handler;
	void *data;               /* of a route that is not the program's own (static folders) */
	struct cni_route *next;   /* at the same node */
	struct cni_route *listed; /* in the order of registration */
} cni_route;

typedef enum cni_segment_kind { CNI_LITERAL, CNI_INT, CNI_TEXT, CNI_REST } cni_segment_kind;

typedef struct cni_route_node {
	cni_segment_kind kind;
	const char *text;                    /* of a literal */
	struct cni_route_node *child, *next; /* sorted by kind */
	cni_route *routes, *slash_routes; /* that end here, without and with a slash at the end */
} cni_route_node;

typedef struct cni_router {
	cni_arena *arena;
	cni_route_node root;     /* the path "/" is root's slash_routes */
	cni_route *first, *last; /* all, by `listed` */
} cni_router;

/* CN_EARG with what is wrong: a path without a slash in front, an unknown kind, a name twice, an
 * earlier route with the same shape and method. `route` is a template: copied, its path parsed. */
cn_status cni_router_add(
	cni_router *router, const cni_route *template, cn_error *err) CN_MUST_CHECK;

typedef struct cni_match {
	const cni_route *route; /* NULL: none */
	unsigned allowed;       /* methods of all that match the path; 0: 404 */
	bool redirect;          /* it would match with the slash at the end added or taken away */
	const char *values[CNI_PARAMS_MAX]; /* of the route's params, decoded */
} cni_match;

/* `path` is what stands before "?" in the target, still escaped. CN_EARG when it cannot be decoded.
 */
cn_status cni_router_match(const cni_router *router, cni_arena *arena, unsigned method,
	const char *path, size_t size, cni_match *ret, cn_error *err) CN_MUST_CHECK;

#endif
