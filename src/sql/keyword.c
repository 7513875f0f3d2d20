/*
 * keyword.c - SQLite's keywords, and where its grammar lets one of them stand as a name.
 *
 * SQLite's parser takes most keywords as plain identifiers where no rule wants the keyword
 * ("fallback"). The names of joins and INDEXED may be names of things, not words of a type.
 */
#include "sql/lexer.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/try.h"

#define F CNI_WORD_FALLBACK
#define J CNI_WORD_JOIN
#define R CNI_WORD_RESERVED

struct keyword {
	const char *word;
	cni_word_class word_class;
};

/* clang-format off */
static const struct keyword keywords[] = { /* sorted */
	{"abort", F}, {"action", F}, {"add", R}, {"after", F}, {"all", R}, {"alter", R},
	{"always", F}, {"analyze", F}, {"and", R}, {"as", R}, {"asc", F}, {"attach", F},
	{"autoincrement", R}, {"before", F}, {"begin", F}, {"between", R}, {"by", F},
	{"cascade", F}, {"case", R}, {"cast", F}, {"check", R}, {"collate", R}, {"column", F},
	{"commit", R}, {"conflict", F}, {"constraint", R}, {"create", R}, {"cross", J},
	{"current", F}, {"current_date", F}, {"current_time", F}, {"current_timestamp", F},
	{"database", F}, {"default", R}, {"deferrable", R}, {"deferred", F}, {"delete", R},
	{"desc", F}, {"detach", F}, {"distinct", R}, {"do", F}, {"drop", R}, {"each", F},
	{"else", R}, {"end", F}, {"escape", R}, {"except", R}, {"exclude", F},
	{"exclusive", F}, {"exists", R}, {"explain", F}, {"fail", F}, {"false", F},
	{"filter", F}, {"first", F}, {"following", F}, {"for", F}, {"foreign", R}, {"from", R},
	{"full", J}, {"generated", F}, {"glob", F}, {"group", R}, {"groups", F}, {"having", R},
	{"if", F}, {"ignore", F}, {"immediate", F}, {"in", R}, {"index", R}, {"indexed", J},
	{"initially", F}, {"inner", J}, {"insert", R}, {"instead", F}, {"intersect", R},
	{"into", R}, {"is", R}, {"isnull", R}, {"join", R}, {"key", F}, {"last", F},
	{"left", J}, {"like", F}, {"limit", R}, {"match", F}, {"materialized", F},
	{"natural", J}, {"no", F}, {"not", R}, {"nothing", R}, {"notnull", R}, {"null", R},
	{"nulls", F}, {"of", F}, {"offset", F}, {"on", R}, {"or", R}, {"order", R},
	{"others", F}, {"outer", J}, {"over", F}, {"partition", F}, {"plan", F}, {"pragma", F},
	{"preceding", F}, {"primary", R}, {"query", F}, {"raise", F}, {"range", F},
	{"recursive", F}, {"references", R}, {"regexp", F}, {"reindex", F}, {"release", F},
	{"rename", F}, {"replace", F}, {"restrict", F}, {"returning", R}, {"right", J},
	{"rollback", F}, {"row", F}, {"rows", F}, {"savepoint", F}, {"select", R}, {"set", R},
	{"table", R}, {"temp", F}, {"temporary", F}, {"then", R}, {"ties", F}, {"to", R},
	{"transaction", R}, {"trigger", F}, {"true", F}, {"unbounded", F}, {"union", R},
	{"unique", R}, {"update", R}, {"using", R}, {"vacuum", F}, {"values", R}, {"view", F},
	{"virtual", F}, {"when", R}, {"where", R}, {"window", F}, {"with", F}, {"without", F},
};
/* clang-format on */

enum { LONGEST = sizeof "current_timestamp" - 1 };

struct key {
	const char *word;
	size_t size;
};

static int compare(const void *a, const void *b)
{
	const struct key *key = a;
	const struct keyword *keyword = b;
	int order = cni_ncasecmp(key->word, keyword->word, key->size);

	return order ? order : key->size < strlen(keyword->word) ? -1 : 0;
}

cni_word_class cni_sql_word_class(const char *word, size_t size)
{
	const struct key key = {word, size};

	if (size == 0 || size > LONGEST)
		return CNI_WORD_PLAIN;
	const struct keyword *found =
		bsearch(&key, keywords, CNI_COUNT(keywords), sizeof *keywords, compare);
	return found ? found->word_class : CNI_WORD_PLAIN;
}

bool cni_sql_keyword(const char *word, size_t size)
{
	return cni_sql_word_class(word, size) != CNI_WORD_PLAIN;
}
