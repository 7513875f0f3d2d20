/*
 * arena.h - memory that dies together.
 *
 * {0} is an empty arena. Memory comes zeroed and aligned for anything. An arena remembers that it
 * ran out, so a builder may check `failed` once at its end. Not thread-safe.
 *
 *     CLEANUP(cni_arena_done) cni_arena arena = {0};
 *     char *name = cni_printf(&arena, "%s_new", table);
 */
#ifndef CNI_BASE_ARENA_H
#define CNI_BASE_ARENA_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include <cantil/error.h>

typedef struct cni_arena {
	struct cni_arena_block *head;
	size_t size_bytes; /* taken from the system, for bounds and reports */
	bool failed;       /* an allocation failed since the arena was made */
} cni_arena;

/* NULL when out of memory (or when the arena failed before). */
void *cni_alloc(cni_arena *arena, size_t size);
/* The same, but not zeroed: for what is written at once, and is much. */
void *cni_alloc_bare(cni_arena *arena, size_t size);
char *cni_strdup(cni_arena *arena, const char *text);               /* NULL gives NULL */
char *cni_strndup(cni_arena *arena, const char *text, size_t size); /* adds the NUL */
void *cni_memdup(cni_arena *arena, const void *data, size_t size);
char *cni_printf(cni_arena *arena, const char *fmt, ...) CN_PRINTF(2, 3);
char *cni_vprintf(cni_arena *arena, const char *fmt, va_list ap) CN_PRINTF(2, 0);

/* Gives everything back; the arena is empty and usable again. */
void cni_arena_done(cni_arena *arena);

/* Forgets everything, keeps one block (of at most 8 MiB): for a loop that fills it anew each time.
 */
void cni_arena_reset(cni_arena *arena);

/* Asks for large pages behind a large piece of memory that nobody has touched yet: they make the
 * first touch much cheaper. Only a wish. */
void cni_use_large_pages(void *data, size_t size);

/* Room for one more element in a list that lives in the arena: doubles it at powers of two.
 * Returns the (moved) list, NULL when out of memory. Use CNI_PUSH. */
void *cni_grow(cni_arena *arena, void *list, size_t count, size_t element_size);

/* Appends to `list` with its `count` beside it; yields false when out of memory.
 *     if (!CNI_PUSH(arena, names, name_count, name)) … */
#define CNI_PUSH(arena, list, count, item)                             \
	(((list) = cni_grow((arena), (list), (count), sizeof *(list))) \
			? ((list)[(count)++] = (item), true)           \
			: false)

#endif
