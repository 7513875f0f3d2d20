/* words.c - the words of an engine that is known by its name only, or not at all. */
#include "driver/words.h"

#include "base/text.h"

const cni_words *cni_words_of(const char *engine)
{
	const cni_driver *driver = cni_driver_find(engine);

	return driver ? driver->words : NULL;
}

const char *cni_table_owner(const char *name)
{
	return cni_ncasecmp(name, "sqlite_", 7) == 0 ? "SQLite" : NULL;
}

bool cni_is_setting(const cni_token *first)
{
	return cni_token_is(first, "PRAGMA") || cni_token_is(first, "SET");
}

bool cni_catalog_table(const char *name)
{
	return cni_same(name, "sqlite_schema") || cni_same(name, "sqlite_master");
}
