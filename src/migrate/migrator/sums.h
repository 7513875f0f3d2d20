/*
 * sums.h - revisions.sha256: what every revision's file was when it was made.
 *
 * A text that `sha256sum -c` checks, run in the migrations folder: one line a file, sorted by name,
 * so that two people's branches meet in neighbouring lines. It is written by whatever writes
 * revisions, after the revision's file: a kill in between leaves a file without a line, which the
 * next writer adds and tells.
 */
#ifndef CNI_MIGRATE_SUMS_H
#define CNI_MIGRATE_SUMS_H

#include "migrate/migrator/migrator.h"

#define CNI_SUMS_FILE "revisions.sha256"

typedef struct cni_sum {
	const char *name; /* "versions/20261122T0715_3f2a9c1e77b0_first.sql" */
	char sum[65];
	size_t line; /* where it was read */
} cni_sum;

typedef struct cni_sums {
	cni_arena *arena;
	const char *path; /* of the file */
	bool exists;
	cni_sum *list; /* sorted by name */
	size_t count;
} cni_sums;

/* A folder without the file has no lines. CN_ESCHEMA with the line when it is none of ours: one of
 * version control's marks, for instance. */
cn_status cni_sums_read(
	cni_arena *arena, const char *folder, cni_sums *ret, cn_error *err) CN_MUST_CHECK;
/* The same from a text; `path` is for messages. And the text again. */
cn_status cni_sums_parse(cni_arena *arena, const char *path, const char *text, size_t size,
	cni_sums *ret, cn_error *err) CN_MUST_CHECK;
void cni_sums_print(cni_buffer *out, const cni_sums *sums);
/* NULL: no line. `path` is the revision file's. */
const cni_sum *cni_sums_find(const cni_sums *sums, const char *path);
/* In memory: adds a line, or replaces it; takes it out. */
cn_status cni_sums_put(
	cni_sums *sums, const char *path, const char *checksum, cn_error *err) CN_MUST_CHECK;
void cni_sums_remove(cni_sums *sums, const char *path);
/* Writes the file whole or not at all. */
cn_status cni_sums_write(cni_sums *sums, cn_error *err) CN_MUST_CHECK;

typedef enum cni_sum_kind {
	CNI_SUM_CHANGED = 1, /* the file is not what its line says */
	CNI_SUM_UNLISTED,    /* a file without a line */
	CNI_SUM_MISSING,     /* a line without a file */
} cni_sum_kind;

typedef struct cni_sum_finding {
	cni_sum_kind kind;
	const cni_revision *revision; /* NULL: missing */
	const char *name;
} cni_sum_finding;

/* Compares; nothing is found where there is no file of sums yet. */
cn_status cni_sums_check(const cni_sums *sums, const cni_folder *folder, cni_arena *arena,
	cni_sum_finding **ret, size_t *ret_count, cn_error *err) CN_MUST_CHECK;

/* For what is about to write a revision: reads them, and mends them in memory (not in the file)
 * with a notice for each line: files without a line are added, lines without a file taken out.
 * Edited files are left as they are: only `db edit` takes them. */
cn_status cni_migrator_sums(cn_migrator *migrator, const cni_folder *folder, cni_arena *arena,
	cni_sums *ret, cn_error *err) CN_MUST_CHECK;

/* A new revision's file and its line: when the second cannot be written, the first is removed. */
cn_status cni_migrator_put_file(cn_migrator *migrator, const cni_folder *folder, const char *path,
	const char *text, const char *checksum, cn_error *err) CN_MUST_CHECK;

#endif
