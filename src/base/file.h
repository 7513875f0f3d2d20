/* file.h - files and folders: bounded reads, whole or not at all writes, absolute paths. */
#ifndef CNI_BASE_FILE_H
#define CNI_BASE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

/* Reads a whole regular file, NUL added. CN_ENOTFOUND, CN_EIO, CN_EARG when larger than max_bytes.
 */
cn_status cni_file_read(cni_arena *arena, const char *path, size_t max_bytes, char **ret_data,
	size_t *ret_size, cn_error *err) CN_MUST_CHECK;

/* Writes whole or not at all: temporary name beside it, fsync, rename, fsync of the folder.
 * `exclusive`: CN_ECONFLICT if the file exists already. */
cn_status cni_file_write(const char *path, const void *data, size_t size, bool exclusive,
	cn_error *err) CN_MUST_CHECK;

/* Is `name` that of the file, or of one that cni_file_write was killed over? */
bool cni_file_is_of(const char *name, const char *file);

cn_status cni_file_copy(const char *from, const char *to,
	cn_error *err) CN_MUST_CHECK; /* whole or not at all; refuses to overwrite */
bool cni_file_exists(const char *path);
bool cni_dir_exists(const char *path);
int64_t cni_file_size(const char *path); /* bytes; -1: not there */
cn_status cni_dir_make(
	const char *path, cn_error *err) CN_MUST_CHECK; /* with parents; fine if it is there */
cn_status cni_dir_sync(const char *path, cn_error *err) CN_MUST_CHECK;

/* Names in a folder (no . and ..), sorted bytewise, NULL-terminated. */
cn_status cni_dir_list(cni_arena *arena, const char *path, const char ***ret_names,
	size_t *ret_count, cn_error *err) CN_MUST_CHECK;

char *cni_path_join(cni_arena *arena, const char *folder,
	const char *name);                                 /* an absolute name stays as it is */
char *cni_path_folder(cni_arena *arena, const char *path); /* "/a/b" of "/a/b/c"; "." of "c" */
const char *cni_path_name(const char *path);               /* "c" of "/a/b/c" */
char *cni_path_absolute(cni_arena *arena, const char *path,
	const char *root);                /* `.` and `..` folded, links left alone */
char *cni_path_current(cni_arena *arena); /* the working folder */

#endif
