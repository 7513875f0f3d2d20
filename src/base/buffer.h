/*
 * buffer.h - text that grows.
 *
 * {0} is an empty buffer. It remembers out-of-memory: append freely, check `failed` once. The text
 * is always NUL-terminated. With `limit` set, growing past it also fails (an input's bound).
 */
#ifndef CNI_BASE_BUFFER_H
#define CNI_BASE_BUFFER_H

#include <stdbool.h>
#include <stddef.h>

#include <cantil/error.h>

#include "base/arena.h"

typedef struct cni_buffer {
	char *data;
	size_t size, cap;
	size_t limit; /* bytes; 0: none */
	bool failed;
} cni_buffer;

void cni_buffer_add(cni_buffer *buffer, const void *data, size_t size);
void cni_buffer_puts(cni_buffer *buffer, const char *text);
void cni_buffer_putc(cni_buffer *buffer, char c);
void cni_buffer_printf(cni_buffer *buffer, const char *fmt, ...) CN_PRINTF(2, 3);

/* The text so far, "" for an empty buffer; borrowed until the next change. */
const char *cni_buffer_text(const cni_buffer *buffer);

/* A copy in the arena; NULL when the buffer or the arena ran out of memory. */
char *cni_buffer_dup(const cni_buffer *buffer, cni_arena *arena);

void cni_buffer_clear(cni_buffer *buffer); /* empties it, keeps its room */
void cni_buffer_done(cni_buffer *buffer);

#endif
