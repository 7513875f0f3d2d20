/* known.h - objects that were read before, found again by their very text: known.c. */
#ifndef CNI_SCHEMA_KNOWN_H
#define CNI_SCHEMA_KNOWN_H

#include "schema/schema.h"

typedef struct cni_known cni_known;

/* The objects of a schema, which must live as long; in the arena. NULL when out of memory. */
cni_known *cni_known_new(cni_arena *arena, const cni_schema *schema);
/* The object with this text, not one byte more or less; NULL: there is none, or nothing is known.
 */
const cni_object *cni_known_find(const cni_known *known, const char *sql, size_t size);

#endif
