/* texts.c - see texts.h. */
#include "base/texts.h"

enum { PIECE = 32 * 1024 };

char *cni_texts_more(cni_texts *texts, size_t size, size_t align)
{
	(void)align;           /* an arena's memory is aligned for anything */
	if (size >= PIECE / 4) /* has its own room; the piece in use stays in use */
		return cni_alloc_bare(texts->arena, size);
	char *piece = cni_alloc_bare(texts->arena, PIECE);
	if (!piece)
		return NULL;
	texts->at = piece + size;
	texts->end = piece + PIECE;
	return piece;
}
