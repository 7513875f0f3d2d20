/*
 * json.h - writing JSON, streaming, into a buffer. (Reading is jansson's, in web/ only.)
 *
 * Commas and nesting are its business; misuse is an assertion. Text that is not UTF-8 is written
 * with U+FFFD in place of the bad bytes; doubles round-trip; NaN and infinities become null.
 *
 *     cni_json json = {.out = &buffer, .pretty = true};
 *     cni_json_object(&json, NULL);
 *     cni_json_text(&json, "name", name);
 *     cni_json_end(&json);
 */
#ifndef CNI_BASE_JSON_H
#define CNI_BASE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"

enum { CNI_JSON_DEPTH = 32 };

typedef struct cni_json {
	cni_buffer *out;
	bool pretty; /* indented by two blanks, for people */
	unsigned depth;
	bool array[CNI_JSON_DEPTH], filled[CNI_JSON_DEPTH];
} cni_json;

/* `name` is the member's name inside an object, NULL inside an array or at the top. */
void cni_json_object(cni_json *json, const char *name);
void cni_json_array(cni_json *json, const char *name);
void cni_json_end(cni_json *json); /* of the innermost object or array */
void cni_json_text(cni_json *json, const char *name, const char *value); /* NULL: null */
void cni_json_text_size(cni_json *json, const char *name, const char *value, size_t size);
void cni_json_int(cni_json *json, const char *name, int64_t value);
void cni_json_double(cni_json *json, const char *name, double value);
void cni_json_bool(cni_json *json, const char *name, bool value);
void cni_json_null(cni_json *json, const char *name);

#endif
