/* part.c - see part.h. */
#include "backup/part.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/hash.h"
#include "base/text.h"
#include "base/try.h"

static const char part_mark[] = ".cantil-part-";

bool cni_part_is_dead(const char *name)
{
	const char *mark = NULL;
	char *end;

	for (const char *c = name; (c = strstr(c, part_mark)); c++)
		mark = c;
	if (!mark || mark == name)
		return false;
	mark += sizeof part_mark - 1;
	if (*mark < '1' || *mark > '9')
		return false;
	long pid = strtol(mark, &end, 10);
	/* what made the part has journals and temporary files of its own beside it */
	if (*end && *end != '-' && *end != '.')
		return false;
	return pid > 0 && pid <= INT32_MAX && kill((pid_t)pid, 0) < 0 && errno == ESRCH;
}

static cn_status remove_dead(cni_arena *arena, const char *path, cn_error *err)
{
	const char *folder = cni_path_folder(arena, path), *name = cni_path_name(path);
	const char **names;
	size_t count;

	if (!folder)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	TRY(cni_dir_list(arena, folder, &names, &count, err));
	for (size_t i = 0; i < count; i++) {
		if (!cni_starts(names[i], name) ||
			!cni_starts(names[i] + strlen(name), part_mark) ||
			!cni_part_is_dead(names[i]))
			continue;
		const char *dead = cni_path_join(arena, folder, names[i]);
		if (dead)
			unlink(dead);
	}
	return CN_OK;
}

cn_status cni_part_new(cni_arena *arena, const char *path, const char **ret_part, cn_error *err)
{
	const char *folder = cni_path_folder(arena, path);
	const char *part = cni_printf(arena, "%s%s%ld", path, part_mark, (long)getpid());

	if (!folder || !part)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	if (!cni_dir_exists(folder))
		return cn_fail(err, CN_ENOTFOUND, "no such folder: \"%s\"", folder);
	TRY(remove_dead(arena, path, err));
	cni_part_remove(part);
	*ret_part = part;
	return CN_OK;
}

void cni_part_remove(const char *part)
{
	static const char *const tails[] = {"", "-journal", "-wal", "-shm", CNI_PART_MANIFEST};
	CLEANUP(cni_arena_done) cni_arena arena = {0};

	for (size_t i = 0; part && i < CNI_COUNT(tails); i++) {
		const char *path = cni_printf(&arena, "%s%s", part, tails[i]);
		if (path)
			unlink(path);
	}
}

cn_status cni_part_publish(const char *part, const char *path, cn_error *err)
{
	CLEANUP(cni_arena_done) cni_arena arena = {0};
	const char *folder = cni_path_folder(&arena, path);

	if (!folder)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	/* a link refuses a name that is taken, which rename does not */
	if (link(part, path) == 0) {
		unlink(part);
		return cni_dir_sync(folder, err);
	}
	if (errno == EEXIST)
		return cn_fail(err, CN_ECONFLICT, "\"%s\" exists already", path);
	/* a file system without links: the name was free a moment ago */
	if (!cni_file_exists(path) && rename(part, path) == 0)
		return cni_dir_sync(folder, err);
	return cn_fail(err, CN_EIO, "cannot write \"%s\": %s", path, strerror(errno));
}

cn_status cni_file_sha256(const char *path, const cni_backup_options *options, char out[65],
	int64_t *ret_size, cn_error *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int64_t total = cni_file_size(path), done = 0;
	char buffer[64 * 1024];
	cni_sha256 sha;
	ssize_t n;

	if (fd < 0)
		return cn_fail(err, errno == ENOENT ? CN_ENOTFOUND : CN_EIO,
			"cannot read \"%s\": %s", path, strerror(errno));
	cni_sha256_init(&sha);
	while ((n = read(fd, buffer, sizeof buffer)) > 0) {
		cni_sha256_add(&sha, buffer, (size_t)n);
		done += n;
		if (options->progress)
			options->progress("checksum", done, total, options->ctx);
	}
	close(fd);
	if (n < 0)
		return cn_fail(err, CN_EIO, "cannot read \"%s\": %s", path, strerror(errno));
	cni_sha256_hex(&sha, out);
	*ret_size = done;
	return CN_OK;
}

cni_uri cni_file_uri(const char *path)
{
	return (cni_uri){.engine = cni_driver_default()->name, .path = path, .text = path};
}
