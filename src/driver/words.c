/* words.c - the words of an engine that is known by its name only. */
#include "driver/words.h"

const cni_words *cni_words_of(const char *engine)
{
	const cni_driver *driver = cni_driver_find(engine);

	return driver ? driver->words : NULL;
}
