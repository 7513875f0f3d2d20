/*
 * text.h - small questions about text that the C library answers wrongly for us: SQL folds ASCII
 * letters only, whatever the locale, and a cut must not split a UTF-8 character.
 */
#ifndef CNI_BASE_TEXT_H
#define CNI_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* The largest length <= size at which the text may be cut without splitting a UTF-8 character. */
size_t cni_utf8_cut(const char *text, size_t size);

/* Is it well-formed UTF-8 (no overlong forms, no surrogates)? */
bool cni_utf8_valid(const char *text, size_t size);

/* ASCII-only case folding, as SQLite does it. */
char cni_lower(char c);
int cni_casecmp(const char *a, const char *b);
int cni_ncasecmp(const char *a, const char *b, size_t size);
bool cni_same(const char *a, const char *b); /* equal but for ASCII case; NULL equals only NULL */

/* Both NULL, or both the same text (exact). */
bool cni_equal(const char *a, const char *b);

bool cni_starts(const char *text, const char *prefix);
bool cni_ends(const char *text, const char *suffix);

/* How many single-character edits lead from a to b, ignoring case; for "did you mean". */
size_t cni_distance(const char *a, const char *b);

/* The candidate (NULL-terminated list) nearest to text, NULL if none is near enough to be meant. */
const char *cni_nearest(const char *text, const char *const *candidates);

#endif
