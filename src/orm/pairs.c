/* pairs.c - the new pairs of one flush: both ends' lists may ask for the same row between. */
#include <stdint.h>

#include "base/try.h"
#include "orm/flush_impl.h"

enum { PAIRS_MIN = 64 };

static size_t place(const cni_pairs *pairs, const cni_pair_of *pair)
{
	uint64_t h = (uint64_t)(uintptr_t)pair->first * UINT64_C(0x9E3779B97F4A7C15);

	h = (h ^ (uint64_t)(uintptr_t)pair->second) * UINT64_C(0xC2B2AE3D27D4EB4F);
	h = (h ^ (uint64_t)(uintptr_t)pair->between) * UINT64_C(0x9E3779B97F4A7C15);
	return (size_t)(h >> 32) & (pairs->cap - 1);
}

static bool is_pair(const cni_pair_of *a, const cni_pair_of *b)
{
	return a->between == b->between && a->first == b->first && a->second == b->second &&
	       a->field == b->field;
}

/* The pair's slot, or the empty one where it belongs. */
static cni_pair_of *find(const cni_pairs *pairs, const cni_pair_of *pair)
{
	size_t i = place(pairs, pair);

	while (pairs->slots[i].first && !is_pair(&pairs->slots[i], pair))
		i = (i + 1) & (pairs->cap - 1);
	return &pairs->slots[i];
}

static bool grow(cni_pairs *pairs, cni_arena *arena)
{
	cni_pairs grown = {.cap = pairs->cap ? pairs->cap * 2 : PAIRS_MIN, .count = pairs->count};

	grown.slots = cni_alloc(arena, grown.cap * sizeof *grown.slots);
	if (!grown.slots)
		return false;
	for (size_t i = 0; i < pairs->cap; i++) {
		if (pairs->slots[i].first)
			*find(&grown, &pairs->slots[i]) = pairs->slots[i];
	}
	*pairs = grown;
	return true;
}

cn_status cni_pair_note(cni_flush *flush, const cni_link *link, const cni_entry *owner,
	const cni_entry *target, bool *ret_new)
{
	cni_pairs *pairs = &flush->pairs;
	bool forward = link->near->target_fields[0] < link->far->fields[0];
	/* the same pair looks the same from both ends; `field` keeps apart two relations that use
	 * different columns of one table between */
	cni_pair_of pair = {.between = link->near->target,
		.first = forward ? owner : target,
		.second = forward ? target : owner,
		.field = forward ? link->near->target_fields[0] : link->far->fields[0]};

	if (2 * pairs->count >= pairs->cap && !grow(pairs, &flush->s->scratch))
		return cni_session_oom(flush->s);
	cni_pair_of *slot = find(pairs, &pair);
	*ret_new = !slot->first;
	if (!slot->first) {
		*slot = pair;
		pairs->count++;
	}
	return CN_OK;
}
