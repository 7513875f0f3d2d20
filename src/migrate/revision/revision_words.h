/* revision_words.h - the words with which a comment line of a revision file speaks to us. */
#ifndef CNI_MIGRATE_REVISION_WORDS_H
#define CNI_MIGRATE_REVISION_WORDS_H

#include <stddef.h>

typedef enum cni_word {
	CNI_WORD_NONE = 0, /* an ordinary comment */
	/* before the first section */
	CNI_WORD_CANTIL,
	CNI_WORD_PARENTS,
	CNI_WORD_MESSAGE,
	CNI_WORD_CREATED,
	CNI_WORD_LABELS,
	CNI_WORD_DEPENDS,
	CNI_WORD_ANSWER,
	CNI_WORD_REPLACES,
	/* anywhere */
	CNI_WORD_UPGRADE,
	CNI_WORD_DOWNGRADE,
	/* in a section */
	CNI_WORD_KEEP,
	CNI_WORD_WARNING,
	CNI_WORD_NO_TRANSACTION,
	CNI_WORD_CALL,
	CNI_WORD_DATA,
} cni_word;

/* Which word a comment's text (without its `--` and outer white space) begins with; *ret_rest (may
 * be NULL) is where what belongs to it starts. An ordinary sentence that happens to begin with
 * "upgrade" or "keep" is none. */
cni_word cni_revision_word(const char *text, size_t size, const char **ret_rest);

#endif
