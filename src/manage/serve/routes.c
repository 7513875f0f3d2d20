/* routes.c - `routes`: method, path, handler. */
#include <string.h>

#include "base/json.h"
#include "base/try.h"
#include "manage/serve/serve.h"

static void as_json(cni_web *web, cni_buffer *out)
{
	cni_json json = {.out = out, .pretty = true};

	cni_json_array(&json, NULL);
	for (const cni_route *route = web->router.first; route; route = route->listed) {
		cni_json_object(&json, NULL);
		cni_json_text(&json, "methods", cni_methods_text(&web->arena, route->methods));
		cni_json_text(&json, "path", route->path);
		cni_json_text(&json, "handler", route->name);
		cni_json_end(&json);
	}
	cni_json_end(&json);
	cni_buffer_putc(out, '\n');
}

int cni_routes(cn_call *call, cn_error *err)
{
	cni_web *web = cni_web_of(cn_call_app(call));
	CLEANUP(cni_buffer_done) cni_buffer out = {0};
	size_t methods = 0, path = 0;

	if (!web)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	if (cn_call_json(call)) {
		as_json(web, &out);
		cn_write(call, cni_buffer_text(&out), out.size);
		return CN_OK;
	}
	for (const cni_route *route = web->router.first; route; route = route->listed) {
		const char *text = cni_methods_text(&web->arena, route->methods);
		if (!text)
			return cn_fail(err, CN_ENOMEM, "out of memory");
		methods = strlen(text) > methods ? strlen(text) : methods;
		path = strlen(route->path) > path ? strlen(route->path) : path;
	}
	for (const cni_route *route = web->router.first; route; route = route->listed)
		cn_print(call, "%-*s  %-*s  %s", (int)methods,
			cni_methods_text(&web->arena, route->methods), (int)path, route->path,
			route->name);
	return CN_OK;
}
