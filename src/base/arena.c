/*
 * arena.c - see arena.h. Blocks double up to 8 MiB, so that small arenas stay small. Large blocks
 * come from the system directly: they lie on large pages, which makes the first touch much cheaper,
 * they are zeroed already, and they go back when they are given back. What is not touched of a
 * block is no memory yet.
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
	bool mapped; /* from mmap: block and data fill `cap` and the head, in whole large pages */
	bool zeroed; /* what is not used yet */
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

/* At a large page's begin: what is mapped before and behind it is given back. */
static void *map_aligned(size_t size)
{
	size_t room = size + PAGE_LARGE;
	char *data = mmap(NULL, room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (data == MAP_FAILED)
		return NULL;
	size_t before = -(uintptr_t)data & (PAGE_LARGE - 1);
	if (before)
		munmap(data, before);
	if (room - size - before)
		munmap(data + before + size, room - size - before);
	cni_use_large_pages(data + before, size);
	return data + before;
}

static struct cni_arena_block *block_take(size_t size)
{
	bool mapped = size >= PAGE_LARGE && size <= SIZE_MAX - 2 * (size_t)PAGE_LARGE;
	struct cni_arena_block *block;

	if (mapped)
		size = (size + PAGE_LARGE - 1) & ~(size_t)(PAGE_LARGE - 1);
	block = mapped ? map_aligned(size) : malloc(size);
	if (block)
		*block = (struct cni_arena_block){
			.cap = size - sizeof *block, .mapped = mapped, .zeroed = mapped};
	return block;
}

static void block_give(struct cni_arena_block *block)
{
	if (block->mapped)
		munmap(block, sizeof *block + block->cap);
	else
		free(block);
}

static struct cni_arena_block *block_new(cni_arena *arena, size_t need)
{
	size_t head = sizeof(struct cni_arena_block);
	size_t size = arena->head ? (arena->head->cap + head) * 2 : BLOCK_MIN;

	if (size > BLOCK_MAX)
		size = BLOCK_MAX;
	if (size - head < need)
		size = need + head;
	struct cni_arena_block *block = block_take(size);
	if (!block)
		return NULL;
	block->next = arena->head;
	arena->head = block;
	arena->size_bytes += head + block->cap;
	return block;
}

void *cni_alloc_bare(cni_arena *arena, size_t size)
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
	return p;
oom:
	arena->failed = true;
	return NULL;
}

void *cni_alloc(cni_arena *arena, size_t size)
{
	void *p = cni_alloc_bare(arena, size);

	return !p || arena->head->zeroed ? p : memset(p, 0, size);
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
		block_give(block);
	}
	*arena = (cni_arena){0};
}

void cni_arena_reset(cni_arena *arena)
{
	struct cni_arena_block *first = arena->head;

	if (!first || first->cap > BLOCK_MAX) { /* one that a single large piece needed goes */
		cni_arena_done(arena);
		return;
	}
	for (struct cni_arena_block *block = first->next, *next; block; block = next) {
		next = block->next;
		block_give(block);
	}
	first->next = NULL;
	first->used = 0;
	first->zeroed = false;
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
