/*
 * ini.h - small settings files: [section], key = value, comments from ; or # to the line's end
 * (inside a line only after white space). No quoting, no continuation, no nesting. Pure.
 */
#ifndef CNI_MANAGE_INI_H
#define CNI_MANAGE_INI_H

#include "base/arena.h"

enum { CNI_INI_BYTES = 64 * 1024 };

typedef struct cni_ini_entry {
	const char *section, *key, *value;
	unsigned line; /* from 1 */
} cni_ini_entry;

/* Parses a whole file's text. `name` stands in messages: "cantil.ini:3: …". CN_EARG for a line that
 * is none, a key outside a section, a key given twice, text that is not UTF-8 or has a NUL. */
cn_status cni_ini_parse(cni_arena *arena, const char *name, const char *text, size_t size,
	cni_ini_entry **ret_entries, size_t *ret_count, cn_error *err) CN_MUST_CHECK;

#endif
