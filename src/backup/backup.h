/*
 * backup.h - copies of a database that can be trusted, and putting one back.
 *
 * A backup is two files: the database as it was at one moment, and beside it FILE.manifest.json,
 * which says what must be in it (SHA-256, rows of each table, revision) and holds the migrations
 * folder. The manifest is written first and the database last, so whenever FILE exists it is whole
 * and its manifest is there. Nothing is overwritten, ever: what a restore replaces is kept under
 * another name. Killed at any instruction, every function here leaves the old state or the new one,
 * and at worst a file *.cantil-part-PID, which the next run (or `clean`) removes.
 */
#ifndef CNI_BACKUP_BACKUP_H
#define CNI_BACKUP_BACKUP_H

#include "backup/manifest.h"
#include "driver/driver.h"

typedef void (*cni_backup_progress)(const char *what, int64_t done, int64_t total, void *ctx);

typedef struct cni_backup_options {
	const char *migrations;       /* folder to keep with it; NULL, or not there: none */
	const char *tool;             /* "store 1.0", for the manifest */
	cni_backup_progress progress; /* may be NULL */
	void *ctx;
} cni_backup_options;

/* "/data/store-20261122T071500.db" for "/data/store.db", word "": the name of a copy made now. With
 * a word
 * "/data/store-WORD-20261122T071500.db". A free name: ".2" and so on before the suffix if it is
 * taken. */
char *cni_backup_name(cni_arena *arena, const char *database, const char *word);

/* Copies the database of `conn`, consistent under load, to `path` (absolute). CN_ECONFLICT when
 * it, or its manifest, is there already; CN_ENOTFOUND without its folder. */
cn_status cni_backup_make(cni_conn *conn, cni_arena *arena, const char *path,
	const cni_backup_options *options, cni_manifest *ret, cn_error *err) CN_MUST_CHECK;

/* The manifest beside a backup; *ret_has false: there is none. */
cn_status cni_backup_manifest(cni_arena *arena, const char *path, cni_manifest *ret, bool *ret_has,
	cn_error *err) CN_MUST_CHECK;

/* Checks a backup, or any database file: against its manifest if there is one (size, SHA-256,
 * rows), and by itself (integrity, foreign keys). The file is only read. *ret_manifest is found out
 * or read; *ret_has: was there one? */
cn_status cni_backup_verify(cni_arena *arena, const char *path, const cni_backup_options *options,
	cni_manifest *ret_manifest, bool *ret_has, cn_error *err) CN_MUST_CHECK;

typedef struct cni_restore {
	const char *file;   /* the backup, absolute */
	const char *target; /* the database to replace; it need not be there */
	bool force; /* replace a target that cannot be opened; take a backup with foreign keys
		       broken */
	cni_backup_options options;
} cni_restore;

typedef struct cni_restored {
	cni_manifest manifest;
	bool has_manifest;
	const char *kept; /* what the target was is here now; NULL: there was none */
} cni_restored;

/* Verifies the backup beside the target, keeps the old file, and replaces it in one step.
 * CN_ECONFLICT when another process uses the target, or a journal of it is left over. */
cn_status cni_backup_restore(cni_arena *arena, const cni_restore *restore, cni_restored *ret,
	cn_error *err) CN_MUST_CHECK;

/* Removes a database with its journals, keeping the file under another name unless !keep.
 * CN_ECONFLICT when another process uses it. */
cn_status cni_database_drop(cni_arena *arena, const char *path, bool keep, const char **ret_kept,
	cn_error *err) CN_MUST_CHECK;

/* The rows of every table, by name. */
cn_status cni_count_rows(cni_conn *conn, cni_arena *arena, cni_table_rows **ret_tables,
	size_t *ret_count, cn_error *err) CN_MUST_CHECK;

/* integrity_check; CN_ESCHEMA with the first complaints in the detail. And the number of rows whose
 * foreign key leads nowhere. check.c */
cn_status cni_check_integrity(cni_conn *conn, cn_error *err) CN_MUST_CHECK;
cn_status cni_count_violations(cni_conn *conn, int64_t *ret, cn_error *err) CN_MUST_CHECK;

#endif
