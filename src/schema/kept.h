/*
 * kept.h - texts that are built on the way. The builders here ask their arena once, at the end,
 * whether everything was there; so a text that could not be made must fail the arena, too, or it
 * would pass for one that is not said.
 */
#ifndef CNI_SCHEMA_KEPT_H
#define CNI_SCHEMA_KEPT_H

#include "base/arena.h"
#include "base/buffer.h"

static inline char *cni_kept(cni_arena *arena, char *text)
{
	if (!text)
		arena->failed = true;
	return text;
}

static inline char *cni_buffer_keep(const cni_buffer *buffer, cni_arena *arena)
{
	return cni_kept(arena, cni_buffer_dup(buffer, arena));
}

#endif
