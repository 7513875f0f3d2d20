/*
 * names.h - finding an object by kind and name without walking the schema.
 *
 * Open addressing over positions in a list of objects. It lives in an arena and only grows. A
 * position is a hint that the reader checks, so a list that somebody has edited by hand is still
 * read rightly.
 */
#ifndef CNI_SCHEMA_NAMES_H
#define CNI_SCHEMA_NAMES_H

#include "schema/schema.h"

typedef struct cni_names {
	cni_arena *arena;
	size_t *slots;     /* position + 1; 0: free */
	size_t slot_count; /* a power of two, at most half full */
	size_t count;      /* objects[0 .. count) are in it */
} cni_names;

/* Takes in objects[names->count .. count); false when out of memory. */
bool cni_names_cover(cni_names *names, const cni_object *objects, size_t count);

/* The position of the first object of that kind and name (ASCII case ignored), -1 if it is not
 * there. */
long cni_names_find(const cni_names *names, const cni_object *objects, size_t count,
	cni_ddl_kind kind, const char *name);

#endif
