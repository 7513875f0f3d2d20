/*
 * uri.h - where a database is: `sqlite:///relative.db`, `sqlite:////absolute.db`, `sqlite://`
 * (memory), options in the query, and a plain path. What a relative path counts from is the
 * caller's to say.
 */
#ifndef CNI_BASE_URI_H
#define CNI_BASE_URI_H

#include <stdbool.h>

#include "base/arena.h"

typedef struct cni_uri_option {
	const char *name, *value;
} cni_uri_option;

typedef struct cni_uri {
	const char *engine; /* "sqlite", "postgresql" (also for postgres://) */
	const char *path;   /* a file's path, percent-decoded; NULL: in memory, or not a file */
	bool memory;
	const char *user, *password, *host, *port,
		*database; /* of a server's URI; NULL when not given */
	cni_uri_option *options;
	size_t option_count;
	const char *text; /* the whole again, in normal form, password replaced by *** */
} cni_uri;

/* Parses a URI or a plain path (anything without "scheme:"). A relative file path is made absolute
 * from `root` (an absolute folder). CN_EARG with a hint for what is no URI: unknown scheme (did you
 * mean), a host in a sqlite URI (two slashes instead of three), a broken percent escape, over 4096
 * bytes. */
cn_status cni_uri_parse(cni_arena *arena, const char *text, const char *root, cni_uri *ret,
	cn_error *err) CN_MUST_CHECK;

/* A copy that lives in the arena; NULL when out of memory. */
const cni_uri *cni_uri_copy(cni_arena *arena, const cni_uri *uri);

/* The value of an option, NULL if it is not there. */
const char *cni_uri_get(const cni_uri *uri, const char *name);

#endif
