/*
 * literal.h - bytes as a C string literal.
 *
 * Of the C library alone: the build's own program that embeds the templates is compiled for the
 * machine that builds, without the rest of Cantil.
 */
#ifndef CNI_TOOL_LITERAL_H
#define CNI_TOOL_LITERAL_H

#include <stdio.h>

/* Writes "…" with a piece for each line of the text, each on a line of its own that begins with
 * `indent`; nothing behind the last quote. What the compiler makes of it is `size` bytes and a NUL.
 */
void cni_literal_write(FILE *out, const char *indent, const char *text, size_t size);

#endif
