/*
 * keys.h - a set of int64 keys, each with its place (1, 2, … in the order in which they came).
 *
 * Keys of a table mostly lie close together: then a place is found by the key's distance from the
 * smallest. Else by open addressing. {0} is an empty set.
 *
 *     CLEANUP(cni_keys_done) cni_keys keys = {0};
 *     if (!cni_keys_expect(&keys, smallest, largest, count))
 *             return oom;
 *     uint32_t place = cni_keys_add(&keys, 7);      // 0: out of memory
 *     int64_t key = keys.keys[place - 1];           // 7
 */
#ifndef CNI_ORM_KEYS_H
#define CNI_ORM_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct cni_keys {
	int64_t *keys;
	size_t count, cap;
	uint32_t *places; /* 0: none. By distance if span, else a table of mask + 1 */
	int64_t min;
	size_t span, mask;
} cni_keys;

enum { CNI_KEYS_MAX = 1 << 30 }; /* places */

/* Of an empty set: about so many keys will come, none of them outside. False: out of memory, or too
 * many. */
bool cni_keys_expect(cni_keys *keys, int64_t min, int64_t max, size_t count);
/* The key's place, old or new; 0: out of memory. */
uint32_t cni_keys_add(cni_keys *keys, int64_t key);
uint32_t cni_keys_find_hashed(const cni_keys *keys, int64_t key);
void cni_keys_done(cni_keys *keys);

/* 0: it is not in the set. */
static inline uint32_t cni_keys_find(const cni_keys *keys, int64_t key)
{
	uint64_t distance = (uint64_t)key - (uint64_t)keys->min;

	if (keys->span)
		return distance < keys->span ? keys->places[distance] : 0;
	return cni_keys_find_hashed(keys, key);
}

#endif
