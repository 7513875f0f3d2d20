/*
 * parse.h - from the words that were typed to a command and its values, by the tables.
 *
 * Pure: no output, no environment. Options are looked for in the command's table, then in those of
 * the commands above it, then among the common ones; so a command may give -v or -h a meaning of
 * its own. Names are never abbreviated. Words: --name VALUE, --name=VALUE, -n VALUE, -nVALUE,
 * clustered flags (-qv),
 * `--` ends the options, `-` and -5 (unless 5 is somebody's letter) are arguments.
 */
#ifndef CNI_MANAGE_PARSE_H
#define CNI_MANAGE_PARSE_H

#include "manage/app.h"

typedef struct cni_given { /* one option or argument of the tables in reach */
	const cn_option *option;
	const char **list; /* the values typed, or the default; NULL-terminated when count > 0 */
	size_t count;      /* of list */
	unsigned times;    /* how often it was typed; 0: only the default */
	int64_t number;    /* CN_OPTION_INT: the last value */
} cni_given;

typedef struct cni_parsed {
	const cni_node *node; /* set as far as it was found, on errors too */
	cni_given *given;
	size_t given_count;
} cni_parsed;

/* argv without the program's name. CN_EARG with a hint for everything that is wrong. With --help or
 * --version nothing that is missing is an error. */
cn_status cni_parse(cni_arena *arena, const cni_node *root, int argc, char **argv, cni_parsed *ret,
	cn_error *err) CN_MUST_CHECK;

/* The option of that long name (or argument) nearest to the command; NULL: none. */
const cni_given *cni_parsed_find(const cni_parsed *parsed, const char *name);
/* The same among the common options only, whatever the command calls its own. */
const cni_given *cni_common_find(const cni_parsed *parsed, const char *name);
bool cni_common_given(const cni_parsed *parsed, const char *name);
const char *cni_common_text(const cni_parsed *parsed, const char *name); /* NULL: not given */

/* CN_EARG, with the name that was meant. */
cn_status cni_unknown_command(
	cni_arena *arena, const cni_node *node, const char *word, cn_error *err);

/* Checks a command's own table when it is added: names, letters, order of arguments. CN_EARG. */
cn_status cni_table_check(const cn_command_desc *desc, cn_error *err) CN_MUST_CHECK;

enum { CNI_COMMAND_DEPTH = 16 }; /* nested commands, at most */

#endif
