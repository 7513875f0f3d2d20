/*
 * manifest.h - what a backup says about itself: FILE.manifest.json.
 */
#ifndef CNI_BACKUP_MANIFEST_H
#define CNI_BACKUP_MANIFEST_H

#include <stdint.h>

#include "base/json.h"

typedef struct cni_table_rows {
	const char *name;
	int64_t rows;
} cni_table_rows;

typedef struct cni_kept_file { /* one of the migrations folder */
	const char *path;      /* from the folder: "versions/2026….sql" */
	const char *text;
	size_t size;
	char sha256[65];
} cni_kept_file;

typedef struct cni_manifest {
	const char *tool, *engine, *created; /* "store 1.0", "sqlite", ISO 8601 */
	const char *database;                /* name of the file that was copied */
	int64_t size_bytes;
	char sha256[65];
	int64_t violations;     /* rows with a foreign key that leads nowhere, as it was */
	const char **revisions; /* applied, in that order; none: no version table */
	size_t revision_count;
	cni_table_rows *tables;
	size_t table_count;
	cni_kept_file *files;
	size_t file_count;
} cni_manifest;

enum {
	CNI_MANIFEST_BYTES = 64 * 1024 * 1024,
	CNI_MANIFEST_FILES = 10000,
	CNI_MANIFEST_FILE_BYTES = 4 * 1024 * 1024,
};

char *cni_manifest_path(cni_arena *arena, const char *backup); /* "x.db.manifest.json" */
int64_t cni_manifest_rows(const cni_manifest *manifest);       /* of all tables */

void cni_manifest_write(cni_buffer *out, const cni_manifest *manifest);
/* Its members "revisions" and "tables", inside an object of somebody else. */
void cni_manifest_write_rows(cni_json *json, const cni_manifest *manifest);
/* CN_EARG, naming the member, for what is no manifest of ours; a kept file that is not what its
 * hash says, or whose path leads out of the folder, is CN_EARG too. */
cn_status cni_manifest_read(cni_arena *arena, const char *text, size_t size, cni_manifest *ret,
	cn_error *err) CN_MUST_CHECK;

/* Reads the migrations folder into manifest->files: regular files there and one folder below,
 * hidden ones left out. CN_EARG for one that is no text or too large. */
cn_status cni_manifest_collect(
	cni_arena *arena, const char *folder, cni_manifest *manifest, cn_error *err) CN_MUST_CHECK;

/* Writes the kept files into a folder, which is made. Files that are there with the same content
 * stay; CN_ECONFLICT if one is there with another (then nothing is written). dry_run: only looks.
 */
cn_status cni_manifest_extract(const cni_manifest *manifest, const char *folder, bool dry_run,
	cn_error *err) CN_MUST_CHECK;

#endif
