/*
 * texts.h - texts, blobs and rows packed into an arena one behind the other, without the gaps and
 * the zeros that cni_alloc gives: there are as many of these as values.
 *
 *     cni_texts texts = {.arena = &arena};
 *     char *name = cni_texts_copy(&texts, value, size);
 *
 * `at` and `end` are of the piece in use; both are NULL at the begin and after the arena was reset.
 */
#ifndef CNI_BASE_TEXTS_H
#define CNI_BASE_TEXTS_H

#include <stdint.h>
#include <string.h>

#include "base/arena.h"

typedef struct cni_texts {
	cni_arena *arena;
	char *at, *end;
	bool borrow; /* nothing is copied: what is given outlives its use */
} cni_texts;

/* Where there is not enough left in the piece: of the next one, or of the arena when it is large.
 * NULL when out of memory. */
char *cni_texts_more(cni_texts *texts, size_t size, size_t align);

/* Room for `size` bytes, not zeroed; NULL when out of memory. `align` is a power of two, at most
 * that of max_align_t. */
static inline void *cni_texts_room(cni_texts *texts, size_t size, size_t align)
{
	size_t skip = -(uintptr_t)texts->at & (align - 1);

	if ((size_t)(texts->end - texts->at) < skip || texts->end - texts->at - skip < size)
		return cni_texts_more(texts, size, align);
	char *room = texts->at + skip;
	texts->at = room + size;
	return room;
}

/* A copy with a NUL behind it; NULL when out of memory. */
static inline char *cni_texts_copy(cni_texts *texts, const void *data, size_t size)
{
	char *copy = cni_texts_room(texts, size + 1, 1);

	if (!copy)
		return NULL;
	if (size)
		memcpy(copy, data, size);
	copy[size] = '\0';
	return copy;
}

#endif
