/*
 * json_read.h - reading JSON (RFC 8259) into a small tree, strictly and within bounds: no
 * dependency of the core can do it, and a manifest must be readable without the web layer.
 */
#ifndef CNI_BACKUP_JSON_READ_H
#define CNI_BACKUP_JSON_READ_H

#include <stdint.h>

#include "base/arena.h"

typedef enum cni_json_kind {
	CNI_JSON_NULL,
	CNI_JSON_BOOL,
	CNI_JSON_INT,
	CNI_JSON_DOUBLE,
	CNI_JSON_TEXT,
	CNI_JSON_ARRAY,
	CNI_JSON_OBJECT,
} cni_json_kind;

typedef struct cni_json_value cni_json_value;
struct cni_json_value {
	cni_json_kind kind;
	const char *name; /* inside an object */
	const char *text; /* NUL-terminated; may hold no NUL itself */
	size_t size;      /* of text */
	int64_t number;   /* INT, BOOL */
	double real;      /* DOUBLE, INT */
	size_t count;     /* of an array or object */
	cni_json_value *first, *next;
};

/* One document, at most 32 deep. CN_EARG with the line for what is no JSON, for a name given twice
 * in an object, text with NUL or a lone surrogate. */
cn_status cni_json_read(cni_arena *arena, const char *text, size_t size, cni_json_value **ret,
	cn_error *err) CN_MUST_CHECK;

/* A member of an object of that kind; NULL: there is none. */
const cni_json_value *cni_json_member(
	const cni_json_value *object, const char *name, cni_json_kind kind);

#endif
