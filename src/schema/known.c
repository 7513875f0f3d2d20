/* known.c - see known.h. */
#include "schema/known.h"

#include <string.h>

#include "base/hash.h"

struct cni_known {
	const cni_object **slots;
	size_t slot_count; /* a power of two, at least twice as many as objects */
};

static size_t slot_of(const cni_known *known, const char *sql, size_t size)
{
	size_t at = (size_t)cni_hash64(sql, size, 0) & (known->slot_count - 1);

	while (known->slots[at] &&
		(strncmp(known->slots[at]->sql, sql, size) != 0 || known->slots[at]->sql[size]))
		at = (at + 1) & (known->slot_count - 1);
	return at;
}

cni_known *cni_known_new(cni_arena *arena, const cni_schema *schema)
{
	cni_known *known = cni_alloc(arena, sizeof *known);

	if (!known)
		return NULL;
	known->slot_count = 64;
	while (known->slot_count < 2 * schema->object_count)
		known->slot_count *= 2;
	known->slots = cni_alloc(arena, known->slot_count * sizeof *known->slots);
	for (size_t i = 0; known->slots && i < schema->object_count; i++) {
		const cni_object *object = &schema->objects[i];
		known->slots[slot_of(known, object->sql, strlen(object->sql))] = object;
	}
	return known->slots ? known : NULL;
}

const cni_object *cni_known_find(const cni_known *known, const char *sql, size_t size)
{
	return known ? known->slots[slot_of(known, sql, size)] : NULL;
}
