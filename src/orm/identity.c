/* identity.c - from a primary key to the one row that has it: open addressing, linear probing. */
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "orm/session_impl.h"

enum { IDENTITY_MIN = 64 };

static uint64_t mix(uint64_t x)
{
	x ^= x >> 32;
	x *= UINT64_C(0xd6e8feb86659fd93);
	x ^= x >> 32;
	x *= UINT64_C(0xd6e8feb86659fd93);
	return x ^ x >> 32;
}

static uint64_t int_hash(const cni_layout *layout, int64_t key)
{
	return mix((uint64_t)key + (uint64_t)layout->rank * UINT64_C(0x9e3779b97f4a7c15));
}

/* Most tables have one integer key. */
static bool int_key(const cni_layout *layout, const void *row, int64_t *ret)
{
	const cn_column *column = layout->fields[layout->key[0]].column;

	if (layout->key_count != 1 || column->storage != CN_STORE_I64)
		return false;
	*ret = *(const int64_t *)cni_member(column, row);
	return true;
}

uint64_t cni_fields_hash(
	const cni_layout *layout, const size_t *fields, size_t count, const void *row)
{
	uint64_t hash = 0;

	for (size_t i = 0; i < count; i++) {
		cn_value value = cn_column_get(layout->fields[fields[i]].column, row);
		if (value.type == CN_TYPE_TEXT || value.type == CN_TYPE_BLOB)
			hash = cni_hash64(value.as.p, value.size, hash + 1);
		else if (value.type == CN_TYPE_BOOL)
			hash = mix(hash * 31 + value.as.b);
		else if (value.type == CN_TYPE_NULL)
			hash = mix(hash * 31 + 7);
		else
			hash = mix(hash * 31 + (uint64_t)value.as.i);
	}
	return hash;
}

uint64_t cni_key_hash(const cni_layout *layout, const void *row)
{
	int64_t key;

	if (int_key(layout, row, &key))
		return int_hash(layout, key);
	return cni_fields_hash(layout, layout->key, layout->key_count, row) + layout->rank;
}

uint64_t cni_row_hash(const void *row) { return mix((uint64_t)(uintptr_t)row); }

static bool value_equal(const cn_value *a, const cn_value *b)
{
	if (a->type != b->type)
		return false;
	switch (a->type) {
	case CN_TYPE_NULL: return true;
	case CN_TYPE_BOOL: return a->as.b == b->as.b;
	case CN_TYPE_DOUBLE: return a->as.d == b->as.d;
	case CN_TYPE_TEXT:
	case CN_TYPE_BLOB:
		return a->size == b->size && (!a->size || !memcmp(a->as.p, b->as.p, a->size));
	default: return a->as.i == b->as.i;
	}
}

bool cni_fields_equal(const cni_layout *a, const size_t *a_fields, const void *a_row,
	const cni_layout *b, const size_t *b_fields, const void *b_row, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		cn_value x = cn_column_get(a->fields[a_fields[i]].column, a_row);
		cn_value y = cn_column_get(b->fields[b_fields[i]].column, b_row);
		if (!value_equal(&x, &y))
			return false;
	}
	return true;
}

bool cni_fields_null(const cni_layout *layout, const size_t *fields, size_t count, const void *row)
{
	for (size_t i = 0; i < count; i++) {
		if (cn_column_get(layout->fields[fields[i]].column, row).type == CN_TYPE_NULL)
			return true;
	}
	return false;
}

/* The key of an entry is that of its old copy: the program may have overwritten the member. Rows
 * that are not inserted yet stand under their address and have no key. */
static bool has_key(const cni_entry *entry, const cni_layout *layout, const void *row)
{
	int64_t a, b;

	if (entry->layout != layout || entry->state == CNI_NEW)
		return false;
	if (int_key(layout, row, &a) && int_key(layout, entry->old, &b))
		return a == b;
	return cni_fields_equal(
		layout, layout->key, row, layout, layout->key, entry->old, layout->key_count);
}

cni_entry *cni_identity_key(
	const cni_identity *map, const cni_layout *layout, const void *row, uint64_t hash)
{
	if (!map->cap)
		return NULL;
	for (size_t i = (size_t)hash & (map->cap - 1); map->slots[i];
		i = (i + 1) & (map->cap - 1)) {
		if (map->slots[i]->hash == hash && has_key(map->slots[i], layout, row))
			return map->slots[i];
	}
	return NULL;
}

cni_entry *cni_identity_int(const cni_identity *map, const cni_layout *layout, int64_t key)
{
	const cn_column *column = layout->fields[layout->key[0]].column;
	uint64_t hash = int_hash(layout, key);

	if (!map->cap)
		return NULL;
	for (size_t i = (size_t)hash & (map->cap - 1); map->slots[i];
		i = (i + 1) & (map->cap - 1)) {
		cni_entry *entry = map->slots[i];
		if (entry->hash == hash && entry->layout == layout && entry->state != CNI_NEW &&
			*(const int64_t *)cni_member(column, entry->old) == key)
			return entry;
	}
	return NULL;
}

cni_entry *cni_identity_row(const cni_identity *map, const void *row)
{
	uint64_t hash = cni_row_hash(row);

	if (!map->cap)
		return NULL;
	for (size_t i = (size_t)hash & (map->cap - 1); map->slots[i];
		i = (i + 1) & (map->cap - 1)) {
		if (map->slots[i]->hash == hash && map->slots[i]->row == row)
			return map->slots[i];
	}
	return NULL;
}

static bool grow(cni_identity *map)
{
	size_t cap = map->cap ? map->cap * 2 : IDENTITY_MIN;
	cni_entry **slots = calloc(cap, sizeof(*slots));

	if (!slots)
		return false;
	for (size_t i = 0; i < map->cap; i++) {
		cni_entry *entry = map->slots[i];
		if (!entry)
			continue;
		size_t k = (size_t)entry->hash & (cap - 1);
		while (slots[k])
			k = (k + 1) & (cap - 1);
		slots[k] = entry;
	}
	free(map->slots);
	map->slots = slots;
	map->cap = cap;
	return true;
}

bool cni_identity_add(cni_identity *map, cni_entry *entry, uint64_t hash)
{
	if (map->count >= map->cap - map->cap / 4 && !grow(map))
		return false;
	size_t i = (size_t)hash & (map->cap - 1);
	while (map->slots[i])
		i = (i + 1) & (map->cap - 1);
	entry->hash = hash;
	map->slots[i] = entry;
	map->count++;
	return true;
}

/* Closes the gap, so that a probe may stop at the first empty slot. */
void cni_identity_remove(cni_identity *map, cni_entry *entry)
{
	if (!map->cap)
		return;
	size_t mask = map->cap - 1, gap = (size_t)entry->hash & mask;

	while (map->slots[gap] && map->slots[gap] != entry)
		gap = (gap + 1) & mask;
	if (!map->slots[gap])
		return;
	for (size_t i = (gap + 1) & mask; map->slots[i]; i = (i + 1) & mask) {
		size_t home = (size_t)map->slots[i]->hash & mask;
		if (((i - home) & mask) < ((i - gap) & mask))
			continue; /* it would stand before its home */
		map->slots[gap] = map->slots[i];
		gap = i;
	}
	map->slots[gap] = NULL;
	map->count--;
}

void cni_identity_done(cni_identity *map)
{
	free(map->slots);
	*map = (cni_identity){0};
}
