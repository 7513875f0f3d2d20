/* names.c - see names.h. */
#include "schema/names.h"

#include <stdint.h>

#include "base/text.h"

enum { SLOTS_MIN = 64 };

/* FNV-1a over the folded letters: names are short, and folding them first would need room. */
static size_t name_hash(cni_ddl_kind kind, const char *name)
{
	uint64_t hash = 0xcbf29ce484222325u ^ (uint64_t)kind;

	for (; *name; name++)
		hash = (hash ^ (unsigned char)cni_lower(*name)) * 0x100000001b3u;
	return (size_t)(hash ^ hash >> 32);
}

static bool is_named(const cni_object *object, cni_ddl_kind kind, const char *name)
{
	return object->ddl.kind == kind && cni_same(object->name, name);
}

static void put(cni_names *names, const cni_object *objects, size_t position)
{
	const cni_object *object = &objects[position];
	size_t slot = name_hash(object->ddl.kind, object->name) & (names->slot_count - 1);

	while (names->slots[slot])
		slot = (slot + 1) & (names->slot_count - 1);
	names->slots[slot] = position + 1;
}

static bool make_room(cni_names *names, const cni_object *objects, size_t count)
{
	size_t want = names->slot_count ? names->slot_count : SLOTS_MIN;

	while (want < count * 2)
		want *= 2;
	if (want == names->slot_count)
		return true;
	size_t *slots = cni_alloc(names->arena, want * sizeof *slots);
	if (!slots)
		return false;
	names->slots = slots;
	names->slot_count = want;
	for (size_t i = 0; i < names->count; i++)
		put(names, objects, i);
	return true;
}

bool cni_names_cover(cni_names *names, const cni_object *objects, size_t count)
{
	if (!make_room(names, objects, count))
		return false;
	for (; names->count < count; names->count++)
		put(names, objects, names->count);
	return true;
}

long cni_names_find(const cni_names *names, const cni_object *objects, size_t count,
	cni_ddl_kind kind, const char *name)
{
	size_t covered = names && names->count <= count ? names->count : 0;

	if (covered) {
		size_t slot = name_hash(kind, name) & (names->slot_count - 1);
		for (; names->slots[slot]; slot = (slot + 1) & (names->slot_count - 1)) {
			size_t position = names->slots[slot] - 1;
			if (position < count && is_named(&objects[position], kind, name))
				return (long)position;
		}
	}
	for (size_t i = covered; i < count; i++)
		if (is_named(&objects[i], kind, name))
			return (long)i;
	return -1;
}
