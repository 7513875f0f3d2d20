/* identity.c - from a primary key to the one row that has it. */
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "orm/session_impl.h"

enum { IDENTITY_MIN = 64, NEIGHBOURS = 8 };

static uint64_t mix(uint64_t x)
{
	x ^= x >> 32;
	x *= UINT64_C(0xd6e8feb86659fd93);
	x ^= x >> 32;
	x *= UINT64_C(0xd6e8feb86659fd93);
	return x ^ x >> 32;
}

/* 0 is an empty place. */
static uint32_t fold(uint64_t hash)
{
	uint32_t folded = (uint32_t)(hash ^ hash >> 32);

	return folded ? folded : 1;
}

/* Keys that follow each other, as they mostly do, stand side by side: eight of them share a line of
 * the cache. */
uint32_t cni_int_hash(const cni_layout *layout, int64_t key)
{
	uint64_t block = (uint64_t)key / NEIGHBOURS;
	uint64_t seed = (uint64_t)layout->rank * UINT64_C(0x9e3779b97f4a7c15);
	uint32_t hash = (uint32_t)mix(block + seed) ^ (uint32_t)((uint64_t)key % NEIGHBOURS);

	return hash ? hash : 1;
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

uint32_t cni_key_hash(const cni_layout *layout, const void *row)
{
	if (layout->int_key)
		return cni_int_hash(layout, cni_int_key(layout, row));
	return fold(cni_fields_hash(layout, layout->key, layout->key_count, row) + layout->rank);
}

static uint32_t row_hash(const void *row) { return fold(mix((uint64_t)(uintptr_t)row)); }

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

static bool is_bytes(const cn_value *value)
{
	return value->type == CN_TYPE_TEXT || value->type == CN_TYPE_BLOB;
}

/* Numbers of two kinds; before texts, which are before blobs. */
static int compare_kinds(const cn_value *a, const cn_value *b)
{
	if (is_bytes(a) || is_bytes(b)) {
		int x = is_bytes(a) ? 1 + (a->type == CN_TYPE_BLOB) : 0;
		int y = is_bytes(b) ? 1 + (b->type == CN_TYPE_BLOB) : 0;
		return x - y;
	}
	double x = a->type == CN_TYPE_DOUBLE ? a->as.d : (double)a->as.i;
	double y = b->type == CN_TYPE_DOUBLE ? b->as.d : (double)b->as.i;
	return (x > y) - (x < y);
}

static int compare_values(const cn_value *a, const cn_value *b)
{
	if (a->type != b->type) /* of a cn_value column */
		return compare_kinds(a, b);
	if (a->type == CN_TYPE_TEXT || a->type == CN_TYPE_BLOB) {
		size_t size = a->size < b->size ? a->size : b->size;
		int order = size ? memcmp(a->as.p, b->as.p, size) : 0;
		return order ? order : (a->size > b->size) - (a->size < b->size);
	}
	if (a->type == CN_TYPE_DOUBLE)
		return (a->as.d > b->as.d) - (a->as.d < b->as.d);
	if (a->type == CN_TYPE_BOOL)
		return a->as.b - b->as.b;
	return (a->as.i > b->as.i) - (a->as.i < b->as.i);
}

int cni_fields_compare(
	const cni_layout *layout, const size_t *fields, size_t count, const void *a, const void *b)
{
	for (size_t i = 0; i < count; i++) {
		cn_value x = cn_column_get(layout->fields[fields[i]].column, a);
		cn_value y = cn_column_get(layout->fields[fields[i]].column, b);
		if (x.type == CN_TYPE_NULL || y.type == CN_TYPE_NULL)
			return (x.type != CN_TYPE_NULL) - (y.type != CN_TYPE_NULL);
		int order = compare_values(&x, &y);
		if (order)
			return order;
	}
	return 0;
}

bool cni_fields_null(const cni_layout *layout, const size_t *fields, size_t count, const void *row)
{
	for (size_t i = 0; i < count; i++) {
		if (cn_column_get(layout->fields[fields[i]].column, row).type == CN_TYPE_NULL)
			return true;
	}
	return false;
}

/* ---- the map: open addressing, linear probing, never more than half full ---- */

/* The key of an entry is that of its old copy: the program may have overwritten the member. Rows
 * that are not inserted yet stand under their address and have no key. */
static bool has_key(const cni_entry *entry, const cni_layout *layout, const void *row)
{
	if (entry->layout != layout || entry->state == CNI_NEW)
		return false;
	return cni_fields_equal(
		layout, layout->key, row, layout, layout->key, cni_old(entry), layout->key_count);
}

cni_entry *cni_identity_key(
	const cni_identity *map, const cni_layout *layout, const void *row, uint32_t hash)
{
	if (!map->cap)
		return NULL;
	if (layout->int_key)
		return cni_identity_int(map, layout, cni_int_key(layout, row), hash);
	for (size_t i = hash & (map->cap - 1); map->hashes[i]; i = (i + 1) & (map->cap - 1)) {
		if (map->hashes[i] == hash && has_key(map->slots[i], layout, row))
			return map->slots[i];
	}
	return NULL;
}

cni_entry *cni_identity_int(
	const cni_identity *map, const cni_layout *layout, int64_t key, uint32_t hash)
{
	if (!map->cap)
		return NULL;
	size_t i = hash & (map->cap - 1);
	for (; map->hashes[i]; i = (i + 1) & (map->cap - 1)) {
		if (map->hashes[i] != hash)
			continue;
		cni_entry *entry = map->slots[i];
		if (entry->layout == layout && entry->state != CNI_NEW &&
			cni_int_key(layout, cni_old(entry)) == key)
			return entry;
	}
	__builtin_prefetch(&map->slots[i], 1); /* who is not found will soon be added */
	return NULL;
}

cni_entry *cni_identity_row(const cni_identity *map, const void *row)
{
	uint32_t hash = row_hash(row);

	if (!map->cap)
		return NULL;
	for (size_t i = hash & (map->cap - 1); map->hashes[i]; i = (i + 1) & (map->cap - 1)) {
		if (map->hashes[i] == hash && cni_row(map->slots[i]) == row)
			return map->slots[i];
	}
	return NULL;
}

static void put(cni_identity *map, cni_entry *entry, uint32_t hash)
{
	size_t i = hash & (map->cap - 1);

	while (map->hashes[i])
		i = (i + 1) & (map->cap - 1);
	map->hashes[i] = hash;
	map->slots[i] = entry;
}

bool cni_identity_reserve(cni_identity *map, size_t more)
{
	cni_identity grown = {.cap = map->cap ? map->cap : IDENTITY_MIN, .count = map->count};

	while (map->count + more > grown.cap / 2)
		grown.cap *= 2;
	if (grown.cap == map->cap)
		return true;
	size_t size = grown.cap * (sizeof *grown.hashes + sizeof(*grown.slots));
	grown.hashes = calloc(1, size);
	if (!grown.hashes)
		return false;
	cni_use_large_pages(grown.hashes, size);
	grown.slots = (cni_entry **)(void *)(grown.hashes + grown.cap);
	for (size_t i = 0; i < map->cap; i++) {
		if (map->hashes[i])
			put(&grown, map->slots[i], map->hashes[i]);
	}
	free(map->hashes);
	*map = grown;
	return true;
}

bool cni_identity_add(cni_identity *map, cni_entry *entry, uint32_t hash)
{
	if (!cni_identity_reserve(map, 1))
		return false;
	entry->hash = hash;
	entry->mapped = true;
	put(map, entry, hash);
	map->count++;
	return true;
}

bool cni_identity_add_row(cni_identity *map, cni_entry *entry)
{
	return cni_identity_add(map, entry, row_hash(cni_row(entry)));
}

/* Closes the gap, so that a probe may stop at the first empty slot. */
void cni_identity_remove(cni_identity *map, cni_entry *entry)
{
	size_t mask = map->cap - 1, gap = entry->hash & mask;

	if (!entry->mapped)
		return;
	while (map->slots[gap] != entry)
		gap = (gap + 1) & mask;
	for (size_t i = (gap + 1) & mask; map->hashes[i]; i = (i + 1) & mask) {
		size_t home = map->hashes[i] & mask;
		if (((i - home) & mask) < ((i - gap) & mask))
			continue; /* it would stand before its home */
		map->hashes[gap] = map->hashes[i];
		map->slots[gap] = map->slots[i];
		gap = i;
	}
	map->hashes[gap] = 0;
	map->slots[gap] = NULL;
	map->count--;
	entry->mapped = false;
}

void cni_identity_done(cni_identity *map)
{
	free(map->hashes);
	*map = (cni_identity){0};
}
