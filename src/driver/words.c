/* words.c - the words of an engine that is known by its name only, or not at all. */
#include "driver/words.h"

#include "base/text.h"

const cni_words *cni_words_of(const char *engine)
{
	const cni_driver *driver = cni_driver_find(engine);

	return driver ? driver->words : NULL;
}

bool cni_engine_table(const char *name)
{
	return cni_ncasecmp(name, "sqlite_", 7) == 0 || cni_ncasecmp(name, "pg_", 3) == 0;
}

bool cni_catalog_table(const char *name)
{
	return cni_same(name, "sqlite_schema") || cni_same(name, "sqlite_master");
}
