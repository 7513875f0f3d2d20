/*
 * arena.c - see arena.h. Blocks double up to 8 MiB, so that small arenas stay small. What is not
 * touched of a block is no memory yet; large ones ask for large pages, which makes the first touch
 * much cheaper.
 */
#include "base/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { BLOCK_MIN = 1024, BLOCK_MAX = 8 << 20, PAGE_LARGE = 2 << 20 };

struct cni_arena_block {
	struct cni_arena_block *next;
	size_t used, cap;
	alignas(max_align_t) char data[];
};

void cni_use_large_pages(void *data, size_t size)
{
#ifdef MADV_HUGEPAGE
	size_t skip = -(uintptr_t)data & (PAGE_LARGE - 1); /* to the next large page */

	if (skip + PAGE_LARGE <= size) /* a wish: what it cannot have, it does without */
		(void)madvise((char *)data + skip, (size - skip) & ~(size_t)(PAGE_LARGE - 1),
			MADV_HUGEPAGE);
#else
	(void)data, (void)size;
#endif
}

static struct cni_arena_block *block_new(cni_arena *arena, size_t need)
{
	size_t cap = arena->head ? arena->head->cap * 2 : BLOCK_MIN;

	if (cap > BLOCK_MAX)
		cap = BLOCK_MAX;
	if (cap < need)
		cap = need;
	struct cni_arena_block *block = malloc(sizeof *block + cap);
	if (!block)
		return NULL;
	if (cap == BLOCK_MAX)
		cni_use_large_pages(block, cap);
	*block = (struct cni_arena_block){.next = arena->head, .cap = cap};
	arena->head = block;
	arena->size_bytes += sizeof *block + cap;
	return block;
}

void *cni_alloc(cni_arena *arena, size_t size)
{
	size_t need = (size + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
	struct cni_arena_block *block = arena->head;

	if (need < size || arena->failed || need > SIZE_MAX / 2)
		goto oom;
	if (!block || block->cap - block->used < need) {
		block = block_new(arena, need);
		if (!block)
			goto oom;
	}
	void *p = block->data + block->used;
	block->used += need;
	return memset(p, 0, need);
oom:
	arena->failed = true;
	return NULL;
}

char *cni_strndup(cni_arena *arena, const char *text, size_t size)
{
	char *copy = cni_alloc(arena, size + 1);

	if (copy && size)
		memcpy(copy, text, size);
	return copy;
}

char *cni_strdup(cni_arena *arena, const char *text)
{
	return text ? cni_strndup(arena, text, strlen(text)) : NULL;
}

void *cni_memdup(cni_arena *arena, const void *data, size_t size)
{
	void *copy = cni_alloc(arena, size);

	if (copy && size)
		memcpy(copy, data, size);
	return copy;
}

char *cni_vprintf(cni_arena *arena, const char *fmt, va_list ap)
{
	va_list again;

	va_copy(again, ap);
	int n = vsnprintf(NULL, 0, fmt, ap);
	char *text = n < 0 ? NULL : cni_alloc(arena, (size_t)n + 1);
	if (text)
		vsnprintf(text, (size_t)n + 1, fmt, again);
	va_end(again);
	return text;
}

char *cni_printf(cni_arena *arena, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	char *text = cni_vprintf(arena, fmt, ap);
	va_end(ap);
	return text;
}

void cni_arena_done(cni_arena *arena)
{
	for (struct cni_arena_block *block = arena->head, *next; block; block = next) {
		next = block->next;
		free(block);
	}
	*arena = (cni_arena){0};
}

void cni_arena_reset(cni_arena *arena)
{
	struct cni_arena_block *first = arena->head;

	if (!first) {
		arena->failed = false;
		return;
	}
	for (struct cni_arena_block *block = first->next, *next; block; block = next) {
		next = block->next;
		free(block);
	}
	first->next = NULL;
	first->used = 0;
	*arena = (cni_arena){.head = first, .size_bytes = sizeof *first + first->cap};
}

void *cni_grow(cni_arena *arena, void *list, size_t count, size_t element_size)
{
	/* full exactly when count is 0 or a power of two from 4 up */
	if (count && (count < 4 || (count & (count - 1))))
		return list;
	size_t cap = count ? count * 2 : 4;
	if (cap > SIZE_MAX / 2 / element_size) {
		arena->failed = true;
		return NULL;
	}
	void *grown = cni_alloc(arena, cap * element_size);
	if (grown && count)
		memcpy(grown, list, count * element_size);
	return grown;
}
