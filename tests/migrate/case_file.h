/*
 * case_file.h - one elementary change in a text file (tests/cases/): start, data, target, hints,
 * and what must hold.
 *
 * A file is `# [topic] title`, then `-- start --`, `-- data --`, `-- target --`, `-- hints --`, `--
 * expect --` sections. Expected is `refuse WORD…` (a/b: either word), `unchanged` (the
 * file stays byte for byte), or SQL statements; `=> v|v`
 * after one is a row, compared with its types, `=> (none)` is no row, `!! text` says that it must
 * fail with that text.
 */
#ifndef CANTIL_TESTS_CASE_FILE_H
#define CANTIL_TESTS_CASE_FILE_H

#include <stdbool.h>

#include "base/arena.h"

typedef struct case_file {
	const char *name, *start, *data, *target, *hints, *expect;
	bool refuse, unchanged;
} case_file;

/* Reads every *.case of a folder, sorted. Ends the program with a message when one cannot be read.
 */
case_file *case_files_read(cni_arena *arena, const char *folder, size_t *ret_count);

/* Makes the database of a case as a new file. */
void case_build(const case_file *file, const char *path);

/* What is wrong with the database afterwards; NULL: nothing. In the arena. */
const char *case_check(cni_arena *arena, const case_file *file, const char *path);
/* Is every word of the refusal in the text? NULL, or the word that is missing. */
const char *case_missing_word(cni_arena *arena, const case_file *file, const char *text);

#endif
