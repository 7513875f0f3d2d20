/* buffer.c - see buffer.h. */
#include "base/buffer.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Makes room for `more` bytes and the NUL. */
static bool reserve(cni_buffer *buffer, size_t more)
{
	if (buffer->failed)
		return false;
	if (more > SIZE_MAX / 4 || buffer->size > SIZE_MAX / 4 ||
		(buffer->limit && more > buffer->limit - buffer->size)) {
		buffer->failed = true;
		return false;
	}
	size_t need = buffer->size + more + 1;
	if (need <= buffer->cap)
		return true;
	size_t cap = buffer->cap ? buffer->cap * 2 : 256;
	while (cap < need)
		cap *= 2;
	char *data = realloc(buffer->data, cap);
	if (!data) {
		buffer->failed = true;
		return false;
	}
	buffer->data = data;
	buffer->cap = cap;
	return true;
}

void cni_buffer_add(cni_buffer *buffer, const void *data, size_t size)
{
	if (!reserve(buffer, size))
		return;
	if (size)
		memcpy(buffer->data + buffer->size, data, size);
	buffer->size += size;
	buffer->data[buffer->size] = '\0';
}

void cni_buffer_puts(cni_buffer *buffer, const char *text)
{
	cni_buffer_add(buffer, text, strlen(text));
}

void cni_buffer_putc(cni_buffer *buffer, char c) { cni_buffer_add(buffer, &c, 1); }

void cni_buffer_printf(cni_buffer *buffer, const char *fmt, ...)
{
	va_list ap, again;

	va_start(ap, fmt);
	va_copy(again, ap);
	int n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0)
		buffer->failed = true;
	else if (reserve(buffer, (size_t)n)) {
		vsnprintf(buffer->data + buffer->size, (size_t)n + 1, fmt, again);
		buffer->size += (size_t)n;
	}
	va_end(again);
}

const char *cni_buffer_text(const cni_buffer *buffer) { return buffer->data ? buffer->data : ""; }

char *cni_buffer_dup(const cni_buffer *buffer, cni_arena *arena)
{
	return buffer->failed ? NULL : cni_strndup(arena, cni_buffer_text(buffer), buffer->size);
}

void cni_buffer_clear(cni_buffer *buffer)
{
	buffer->size = 0;
	buffer->failed = false;
	if (buffer->data)
		buffer->data[0] = '\0';
}

void cni_buffer_done(cni_buffer *buffer)
{
	free(buffer->data);
	*buffer = (cni_buffer){.limit = buffer->limit};
}
