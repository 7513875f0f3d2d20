/* affinity.c - what SQLite makes of a declared type: the five rules of its documentation, in order.
 */
#include "schema/schema.h"

#include <string.h>

#include "base/text.h"
#include "base/try.h"

static bool has(const char *type, const char *word)
{
	size_t size = strlen(word);

	for (; *type; type++)
		if (cni_ncasecmp(type, word, size) == 0)
			return true;
	return false;
}

cni_affinity cni_type_affinity(const char *type)
{
	static const struct {
		const char *word;
		cni_affinity affinity;
	} rules[] = {
		{"INT", CNI_AFF_INTEGER},
		{"CHAR", CNI_AFF_TEXT},
		{"CLOB", CNI_AFF_TEXT},
		{"TEXT", CNI_AFF_TEXT},
		{"BLOB", CNI_AFF_BLOB},
		{"REAL", CNI_AFF_REAL},
		{"FLOA", CNI_AFF_REAL},
		{"DOUB", CNI_AFF_REAL},
	};

	if (!type || !*type)
		return CNI_AFF_BLOB;
	for (size_t i = 0; i < CNI_COUNT(rules); i++)
		if (has(type, rules[i].word))
			return rules[i].affinity;
	return CNI_AFF_NUMERIC;
}
