/* revision_words.c - which comment lines of a revision file are meant for us. */

#include <stdbool.h>
#include <string.h>

#include "base/text.h"
#include "base/try.h"
#include "migrate/revision/revision_words.h"
#include "sql/lexer.h"

static const struct {
	const char *text; /* with a colon: a field; without: a word of its own */
	cni_word word;
} words[] = {
	{"cantil:", CNI_WORD_CANTIL},
	{"parents:", CNI_WORD_PARENTS},
	{"message:", CNI_WORD_MESSAGE},
	{"created:", CNI_WORD_CREATED},
	{"labels:", CNI_WORD_LABELS},
	{"depends:", CNI_WORD_DEPENDS},
	{"answer:", CNI_WORD_ANSWER},
	{"replaces:", CNI_WORD_REPLACES},
	{"upgrade", CNI_WORD_UPGRADE},
	{"downgrade", CNI_WORD_DOWNGRADE},
	{"keep", CNI_WORD_KEEP},
	{"warning:", CNI_WORD_WARNING},
	{"no-transaction", CNI_WORD_NO_TRANSACTION},
	{"call:", CNI_WORD_CALL},
	{"data:", CNI_WORD_DATA},
};

/* "upgrade sqlite" and nothing more: an engine's name is small letters, digits and `_`. */
static bool is_engine(const char *text, const char *end)
{
	if (text == end)
		return false;
	for (; text < end; text++)
		if (!((*text >= 'a' && *text <= 'z') || (*text >= '0' && *text <= '9') ||
			    *text == '_'))
			return false;
	return true;
}

/* `keep name (`: a table and its columns, not a sentence. */
static bool is_keep(const char *text, const char *end)
{
	cni_lexer lexer;
	cni_lexer_init(&lexer, text, (size_t)(end - text));
	cni_token name = cni_lexer_next_solid(&lexer);
	cni_token open = cni_lexer_next_solid(&lexer);
	return (name.kind == CNI_TOKEN_WORD || name.kind == CNI_TOKEN_QUOTED) &&
	       cni_token_is_op(&open, "(");
}

static bool fits(cni_word word, const char *rest, const char *end)
{
	switch (word) {
	case CNI_WORD_UPGRADE:
	case CNI_WORD_DOWNGRADE: return is_engine(rest, end);
	case CNI_WORD_KEEP: return is_keep(rest, end);
	case CNI_WORD_NO_TRANSACTION: return rest == end;
	default: return true;
	}
}

cni_word cni_revision_word(const char *text, size_t size, const char **ret_rest)
{
	const char *end = text + size;
	for (size_t i = 0; i < CNI_COUNT(words); i++) {
		size_t n = strlen(words[i].text);
		if (size < n || cni_ncasecmp(text, words[i].text, n) != 0)
			continue;
		const char *rest = text + n;
		bool colon = rest[-1] == ':';
		if (!colon && rest < end && *rest != ' ' && *rest != '\t')
			continue;
		while (rest < end && (*rest == ' ' || *rest == '\t'))
			rest++;
		if (!fits(words[i].word, rest, end))
			continue;
		if (ret_rest)
			*ret_rest = rest;
		return words[i].word;
	}
	return CNI_WORD_NONE;
}
