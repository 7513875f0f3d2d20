/*
 * part.h - files that are being made: FILE.cantil-part-PID, until they are whole and get their
 * name.
 */
#ifndef CNI_BACKUP_PART_H
#define CNI_BACKUP_PART_H

#include "backup/backup.h"

#define CNI_PART_MANIFEST ".manifest" /* of the part of a backup */

/* A name for the part of `path`, free. Parts of processes that are gone are removed first. */
cn_status cni_part_new(
	cni_arena *arena, const char *path, const char **ret_part, cn_error *err) CN_MUST_CHECK;
/* Removes it and what a database engine left beside it. NULL is allowed. */
void cni_part_remove(const char *part);
/* Gives a whole, synced part its name, which must be free (CN_ECONFLICT). */
cn_status cni_part_publish(const char *part, const char *path, cn_error *err) CN_MUST_CHECK;

/* Is the name that of a part whose process is gone? */
bool cni_part_is_dead(const char *name);

cn_status cni_file_sha256(const char *path, const cni_backup_options *options, char out[65],
	int64_t *ret_size, cn_error *err) CN_MUST_CHECK;

/* The database in a file that nobody knows the name of, as a URI to open it with. */
cni_uri cni_file_uri(const char *path);

#endif
