/* route.c - see route.h. */
#include "web/route.h"

#include <string.h>

#include "base/buffer.h"
#include "base/text.h"
#include "base/try.h"
#include "web/url.h"

static const struct {
	const char *name;
	unsigned bit;
} methods[] = {
	{"GET", CNI_GET},
	{"HEAD", CNI_HEAD},
	{"POST", CNI_POST},
	{"PUT", CNI_PUT},
	{"PATCH", CNI_PATCH},
	{"DELETE", CNI_DELETE},
	{"OPTIONS", CNI_OPTIONS},
};

unsigned cni_method_bit(const char *name)
{
	for (size_t i = 0; i < CNI_COUNT(methods); i++) {
		if (strcmp(methods[i].name, name) == 0)
			return methods[i].bit;
	}
	return 0;
}

const char *cni_methods_text(cni_arena *arena, unsigned bits)
{
	CLEANUP(cni_buffer_done) cni_buffer text = {0};

	for (size_t i = 0; i < CNI_COUNT(methods); i++) {
		if (bits & methods[i].bit)
			cni_buffer_printf(&text, "%s%s", text.size ? ", " : "", methods[i].name);
	}
	return cni_buffer_dup(&text, arena);
}

/* ---- building ---- */

typedef struct segment {
	cni_segment_kind kind;
	const char *text; /* the literal, or the parameter's name */
	size_t size;
} segment;

static bool is_name(const char *text, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		char c = cni_lower(text[i]);
		if (!(c == '_' || (c >= 'a' && c <= 'z') || (i && c >= '0' && c <= '9')))
			return false;
	}
	return size > 0;
}

static cn_status parse_segment(
	const char *path, const char *text, size_t size, segment *ret, cn_error *err)
{
	*ret = (segment){CNI_LITERAL, text, size};
	if (text[0] != '<') {
		if (memchr(text, '<', size) || memchr(text, '>', size) || memchr(text, '%', size))
			return cn_fail(err, CN_EARG,
				"route \"%s\": a parameter must be a whole segment", path);
		return CN_OK;
	}
	if (size < 3 || text[size - 1] != '>')
		return cn_fail(
			err, CN_EARG, "route \"%s\": a parameter must be a whole segment", path);
	text++;
	size -= 2;
	const char *colon = memchr(text, ':', size);
	*ret = (segment){CNI_TEXT, text, size};
	if (colon) {
		size_t kind = (size_t)(colon - text);
		if (kind == 3 && memcmp(text, "int", 3) == 0)
			ret->kind = CNI_INT;
		else if (kind == 4 && memcmp(text, "path", 4) == 0)
			ret->kind = CNI_REST;
		else {
			cn_error_set(err, CN_EARG,
				"route \"%s\": unknown kind of parameter \"%.*s\"", path, (int)kind,
				text);
			cn_error_hint(
				err, "write <int:name>, <name> (text) or <path:name> (the rest)");
			return CN_EARG;
		}
		ret->text = colon + 1;
		ret->size = size - kind - 1;
	}
	if (!is_name(ret->text, ret->size))
		return cn_fail(err, CN_EARG, "route \"%s\": \"%.*s\" is no parameter's name", path,
			(int)ret->size, ret->text);
	return CN_OK;
}

static cni_route_node *child_for(cni_router *router, cni_route_node *parent, const segment *seg)
{
	cni_route_node **at = &parent->child;

	for (; *at && (*at)->kind <= seg->kind; at = &(*at)->next) {
		cni_route_node *node = *at;
		if (node->kind != seg->kind)
			continue;
		if (node->kind != CNI_LITERAL ||
			(strlen(node->text) == seg->size &&
				memcmp(node->text, seg->text, seg->size) == 0))
			return node;
	}
	cni_route_node *node = cni_alloc(router->arena, sizeof *node);
	if (node) {
		node->kind = seg->kind;
		node->text = cni_strndup(router->arena, seg->text, seg->size);
		node->next = *at;
		*at = node;
	}
	return node;
}

static cn_status add_param(cni_router *router, cni_route *route, const segment *seg, cn_error *err)
{
	char *name = cni_strndup(router->arena, seg->text, seg->size);

	if (!name)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	for (size_t i = 0; i < route->param_count; i++) {
		if (strcmp(route->params[i], name) == 0)
			return cn_fail(err, CN_EARG,
				"route \"%s\": parameter \"%s\" is there twice", route->path, name);
	}
	if (route->param_count == CNI_PARAMS_MAX)
		return cn_fail(err, CN_EARG, "route \"%s\": more than %d parameters", route->path,
			CNI_PARAMS_MAX);
	route->params[route->param_count++] = name;
	return CN_OK;
}

/* Walks, and makes, the way of the route's path; *ret_list is where it ends. */
static cn_status place(cni_router *router, cni_route *route, cni_route ***ret_list, cn_error *err)
{
	cni_route_node *node = &router->root;
	const char *at = route->path + 1;
	size_t depth = 0;

	while (*at) {
		size_t size = strcspn(at, "/");
		segment seg;
		if (!size)
			return cn_fail(
				err, CN_EARG, "route \"%s\" has an empty segment", route->path);
		if (++depth > CNI_SEGMENTS_MAX)
			return cn_fail(err, CN_EARG, "route \"%s\" has more than %d segments",
				route->path, CNI_SEGMENTS_MAX);
		TRY(parse_segment(route->path, at, size, &seg, err));
		if (seg.kind != CNI_LITERAL)
			TRY(add_param(router, route, &seg, err));
		if (seg.kind == CNI_REST && at[size])
			return cn_fail(err, CN_EARG,
				"route \"%s\": a <path:…> must be the last segment", route->path);
		node = child_for(router, node, &seg);
		if (!node)
			return cn_fail(err, CN_ENOMEM, "out of memory");
		at += size;
		if (strcmp(at, "/") == 0) {
			*ret_list = &node->slash_routes;
			return CN_OK;
		}
		at += *at == '/';
	}
	*ret_list = node == &router->root ? &node->slash_routes : &node->routes;
	return CN_OK;
}

cn_status cni_router_add(cni_router *router, const cni_route *template, cn_error *err)
{
	cni_route *route = cni_memdup(router->arena, template, sizeof *template), **list;

	if (!route || !(route->path = cni_strdup(router->arena, template->path)) ||
		!(route->name = cni_strdup(router->arena, template->name ? template->name : "")))
		return cn_fail(err, CN_ENOMEM, "out of memory");
	route->param_count = 0;
	if (route->path[0] != '/')
		return cn_fail(err, CN_EARG, "route \"%s\" must begin with a slash", route->path);
	if (route->methods & CNI_GET)
		route->methods |= CNI_HEAD;
	TRY(place(router, route, &list, err));
	for (cni_route *other = *list; other; other = other->next) {
		/* a HEAD of its own may stand beside a GET: only what was asked for counts */
		if (other->methods & route->methods & ~(unsigned)CNI_HEAD) {
			cn_error_set(err, CN_EARG, "route \"%s\" (%s) can never be reached",
				route->path, route->name);
			cn_error_detail(err, "\"%s\" (%s) has the same shape and method",
				other->path, other->name);
			return CN_EARG;
		}
	}
	route->next = *list;
	*list = route;
	if (router->last)
		router->last->listed = route;
	else
		router->first = route;
	router->last = route;
	return CN_OK;
}

/* ---- matching ---- */

typedef struct walk {
	const cni_router *router;
	unsigned method;
	const char *segments[CNI_SEGMENTS_MAX]; /* decoded */
	size_t count;
	bool slash; /* the path ends with a slash */
	const char *values[CNI_PARAMS_MAX];
	size_t value_count;
	cni_match *match;
} walk;

static bool take(walk *w, const cni_route *routes)
{
	for (; routes; routes = routes->next) {
		w->match->allowed |= routes->methods;
		if (!(routes->methods & w->method))
			continue;
		w->match->route = routes;
		memcpy(w->match->values, w->values, sizeof w->values);
		return true;
	}
	return false;
}

static bool finish(walk *w, const cni_route_node *node)
{
	const cni_route *here = w->slash ? node->slash_routes : node->routes;
	const cni_route *there = w->slash ? node->routes : node->slash_routes;

	if (there && !here && node != &w->router->root)
		w->match->redirect = true;
	return take(w, here);
}

static bool is_whole_number(const char *text)
{
	int64_t ignored;

	return text[0] != '-' && cni_parse_int(text, &ignored);
}

/* An escaped slash inside a segment would read as a separator once the rest is joined: "..%2F.." */
static bool is_rest(const walk *w, size_t depth)
{
	for (; depth < w->count; depth++) {
		if (strchr(w->segments[depth], '/'))
			return false;
	}
	return true;
}

static bool descend(walk *w, const cni_route_node *node,
	size_t depth) /* NOLINT(misc-no-recursion): CNI_SEGMENTS_MAX */
{
	if (depth == w->count)
		return finish(w, node);
	for (const cni_route_node *child = node->child; child; child = child->next) {
		const char *text = w->segments[depth];
		size_t kept = w->value_count;
		if (child->kind == CNI_LITERAL && strcmp(child->text, text) != 0)
			continue;
		if (child->kind == CNI_INT && !is_whole_number(text))
			continue;
		if (child->kind == CNI_REST && !is_rest(w, depth))
			continue;
		if (child->kind != CNI_LITERAL)
			w->values[w->value_count++] = text;
		if (child->kind == CNI_REST ? take(w, child->routes) : descend(w, child, depth + 1))
			return true;
		w->value_count = kept;
	}
	return false;
}

/* The value of <path:…> is the rest from its first segment: decoded segments, joined again. */
static cn_status join_rest(walk *w, cni_arena *arena, cn_error *err)
{
	const cni_route *route = w->match->route;
	size_t first = 0;
	CLEANUP(cni_buffer_done) cni_buffer rest = {0};

	if (!route || !strstr(route->path, "<path:"))
		return CN_OK;
	for (const char *at = route->path + 1; *at != '<' || strncmp(at, "<path:", 6) != 0;
		at += *at == '/') {
		at += strcspn(at, "/");
		first++;
	}
	for (size_t i = first; i < w->count; i++)
		cni_buffer_printf(&rest, "%s%s", i > first ? "/" : "", w->segments[i]);
	if (w->slash)
		cni_buffer_putc(&rest, '/');
	if (!(w->match->values[route->param_count - 1] = cni_buffer_dup(&rest, arena)))
		return cn_fail(err, CN_ENOMEM, "out of memory");
	return CN_OK;
}

cn_status cni_router_match(const cni_router *router, cni_arena *arena, unsigned method,
	const char *path, size_t size, cni_match *ret, cn_error *err)
{
	walk w = {.router = router, .method = method, .match = ret};
	const char *at = path, *end = path + size;

	*ret = (cni_match){0};
	if (!size || *at++ != '/')
		return cn_fail(err, CN_EARG, "the path must begin with a slash");
	w.slash = end[-1] == '/';
	while (at < end) {
		const char *stop = memchr(at, '/', (size_t)(end - at));
		char *text;
		stop = stop ? stop : end;
		if (w.count == CNI_SEGMENTS_MAX)
			return CN_OK; /* no route is as long: not found */
		TRY(cni_url_decode(arena, at, (size_t)(stop - at), &text, err));
		/* an empty segment, "." and ".." name nothing; programs that open files must never
		 * see them */
		if (!*text || strcmp(text, ".") == 0 || strcmp(text, "..") == 0)
			return CN_OK;
		w.segments[w.count++] = text;
		at = stop + 1;
	}
	descend(&w, &router->root, 0);
	return join_rest(&w, arena, err);
}
