/*
 * url.h - a request's target and forms as text: percent escapes, pairs, paths. Pure.
 *
 * Everything that comes out is NUL-terminated UTF-8 without a NUL inside, or the call fails.
 */
#ifndef CNI_WEB_URL_H
#define CNI_WEB_URL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buffer.h"

enum { CNI_PAIRS_MAX = 1000 }; /* of one query, form or cookie header */

typedef struct cni_pair {
	const char *name, *value;
} cni_pair;

typedef struct cni_pairs {
	cni_pair *list;
	size_t count;
} cni_pairs;

/* Decodes one path segment. A broken escape, a NUL or text that is no UTF-8: CN_EARG. */
cn_status cni_url_decode(
	cni_arena *arena, const char *text, size_t size, char **ret, cn_error *err) CN_MUST_CHECK;

/* "a=1&a=2&b": names and values decoded, "+" is a blank; an escape that is none stands for itself,
 * as browsers have it. CN_EARG for a NUL, for text that is no UTF-8, for more than CNI_PAIRS_MAX
 * pairs. */
cn_status cni_url_pairs(cni_arena *arena, const char *text, size_t size, cni_pairs *ret,
	cn_error *err) CN_MUST_CHECK;

/* "a=1; b=2" of a Cookie header. Values are taken as they are, quotes around them dropped. */
cn_status cni_cookie_pairs(
	cni_arena *arena, const char *text, cni_pairs *ret, cn_error *err) CN_MUST_CHECK;

/* The value number `index` of this name; NULL: there is none. */
const char *cni_pairs_get(const cni_pairs *pairs, const char *name, size_t index);

/* Appends `text` with everything escaped that is not unreserved. */
void cni_url_encode(cni_buffer *out, const char *text);

/* A whole decimal number, nothing before or after it. */
bool cni_parse_int(const char *text, int64_t *ret);
bool cni_parse_double(const char *text, double *ret); /* finite */

#endif
