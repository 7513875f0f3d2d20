/* keys.c - see keys.h. */
#include "orm/keys.h"

#include <stdlib.h>
#include <string.h>

enum { KEYS_MIN = 64, SPREAD = 4 /* places for each key: a table that is half full has as many */ };

static uint64_t mix(uint64_t x)
{
	x *= UINT64_C(0x9e3779b97f4a7c15);
	return x ^ x >> 32;
}

static void put(cni_keys *keys, uint32_t place)
{
	size_t at = mix((uint64_t)keys->keys[place - 1]) & keys->mask;

	while (keys->places[at])
		at = (at + 1) & keys->mask;
	keys->places[at] = place;
}

static bool rehash(cni_keys *keys, size_t size)
{
	uint32_t *places = calloc(size, sizeof *places);

	if (!places)
		return false;
	free(keys->places);
	keys->places = places;
	keys->mask = size - 1;
	keys->span = 0;
	for (size_t i = 0; i < keys->count; i++)
		put(keys, (uint32_t)i + 1);
	return true;
}

static bool grow(cni_keys *keys, size_t cap)
{
	int64_t *grown = cap > CNI_KEYS_MAX ? NULL : realloc(keys->keys, cap * sizeof *grown);

	if (!grown)
		return false;
	keys->keys = grown;
	keys->cap = cap;
	return true;
}

bool cni_keys_expect(cni_keys *keys, int64_t min, int64_t max, size_t count)
{
	uint64_t distance = (uint64_t)max - (uint64_t)min;

	if (count > CNI_KEYS_MAX || !grow(keys, count ? count : 1))
		return false;
	if (min <= max && distance < count * (uint64_t)SPREAD) {
		keys->places = calloc(distance + 1, sizeof *keys->places);
		keys->min = min;
		keys->span = keys->places ? distance + 1 : 0;
		return keys->places != NULL;
	}
	size_t size = KEYS_MIN;
	while (size / 2 < count)
		size *= 2;
	return rehash(keys, size);
}

uint32_t cni_keys_find_hashed(const cni_keys *keys, int64_t key)
{
	if (!keys->places)
		return 0;
	for (size_t at = mix((uint64_t)key) & keys->mask; keys->places[at];
		at = (at + 1) & keys->mask) {
		if (keys->keys[keys->places[at] - 1] == key)
			return keys->places[at];
	}
	return 0;
}

uint32_t cni_keys_add(cni_keys *keys, int64_t key)
{
	uint64_t distance = (uint64_t)key - (uint64_t)keys->min;
	uint32_t place = cni_keys_find(keys, key);

	if (place)
		return place;
	if (keys->count == keys->cap && !grow(keys, keys->cap ? keys->cap * 2 : KEYS_MIN))
		return 0;
	bool near = distance < keys->span;
	if (!near && (keys->span || !keys->places || keys->count >= keys->mask / 2)) {
		size_t size = keys->span || !keys->places ? KEYS_MIN : (keys->mask + 1) * 2;
		while (size / 2 <= keys->count)
			size *= 2;
		if (!rehash(keys, size))
			return 0;
	}
	keys->keys[keys->count++] = key;
	if (near)
		keys->places[distance] = (uint32_t)keys->count;
	else
		put(keys, (uint32_t)keys->count);
	return (uint32_t)keys->count;
}

void cni_keys_done(cni_keys *keys)
{
	free(keys->keys);
	free(keys->places);
	memset(keys, 0, sizeof *keys);
}
