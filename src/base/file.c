/* file.c - see file.h. Paths are in path.c. */
#include "base/file.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/try.h"

static void close_fd(const int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

/* errno as a status: what is not there, and all else. */
static cn_status io_error(cn_error *err, const char *what, const char *path)
{
	int code = errno;

	cn_error_set(err, code == ENOENT ? CN_ENOTFOUND : CN_EIO, "cannot %s \"%s\": %s", what,
		path, strerror(code));
	if (code == ENOSPC)
		cn_error_hint(err, "make room on the disk, then try again; nothing was changed");
	else if (code == EACCES || code == EPERM || code == EROFS)
		cn_error_hint(err, "check the permissions of the file and of its folder");
	return code == ENOENT ? CN_ENOTFOUND : CN_EIO;
}

static cn_status read_all(
	int fd, const char *path, char *data, size_t size, size_t *ret_size, cn_error *err)
{
	size_t have = 0;

	while (have < size) {
		ssize_t n = read(fd, data + have, size - have);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return io_error(err, "read", path);
		if (n == 0)
			break; /* it was cut while we read it */
		have += (size_t)n;
	}
	*ret_size = have;
	return CN_OK;
}

cn_status cni_file_read(cni_arena *arena, const char *path, size_t max_bytes, char **ret_data,
	size_t *ret_size, cn_error *err)
{
	struct stat info;
	CLEANUP(close_fd) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0 || fstat(fd, &info) < 0)
		return io_error(err, "read", path);
	if (!S_ISREG(info.st_mode))
		return cn_fail(err, CN_EARG, "\"%s\" is %s", path,
			S_ISDIR(info.st_mode) ? "a folder, not a file" : "not a regular file");
	if ((uintmax_t)info.st_size > max_bytes)
		return cn_fail(err, CN_EARG, "\"%s\" is larger than the limit of %zu bytes", path,
			max_bytes);
	char *data = cni_alloc(arena, (size_t)info.st_size + 1);
	if (!data)
		return cn_fail(err, CN_ENOMEM, "out of memory reading \"%s\"", path);
	size_t size;
	TRY(read_all(fd, path, data, (size_t)info.st_size, &size, err));
	data[size] = '\0';
	*ret_data = data;
	if (ret_size)
		*ret_size = size;
	return CN_OK;
}

static cn_status write_all(int fd, const char *path, const void *data, size_t size, cn_error *err)
{
	const char *at = data;

	while (size) {
		ssize_t n = write(fd, at, size);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return io_error(err, "write", path);
		at += n;
		size -= (size_t)n;
	}
	return CN_OK;
}

/* Gives the finished temporary file its name. `exclusive` must not replace what somebody else made
 * meanwhile: link() is atomic where rename() would overwrite. */
static cn_status publish(const char *temporary, const char *path, bool exclusive, cn_error *err)
{
	int failed = exclusive ? link(temporary, path) : rename(temporary, path);

	if (failed && exclusive && errno == EEXIST) {
		unlink(temporary);
		return cn_fail(err, CN_ECONFLICT, "\"%s\" exists already", path);
	}
	if (failed) {
		cn_status status = io_error(err, "write", path);
		unlink(temporary);
		return status;
	}
	if (exclusive)
		unlink(temporary);
	return CN_OK;
}

/* A new file beside `path`, open for writing, with a name that nobody else has. */
static cn_status temporary_beside(cni_arena *arena, const char *path, mode_t mode, char **ret_name,
	int *ret_fd, cn_error *err)
{
	char unique[9];

	cni_random_hex(unique, 8);
	char *name = cni_printf(arena, "%s.%s.tmp", path, unique);
	if (!name)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	int fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	if (fd < 0)
		return io_error(err, "write", path);
	*ret_name = name;
	*ret_fd = fd;
	return CN_OK;
}

static cn_status sync_and_publish(
	int fd, const char *temporary, const char *path, bool exclusive, cn_error *err)
{
	assert(temporary);
	CLEANUP(cni_arena_done) cni_arena arena = {0};
	cn_status status = CN_OK;
	/* before the name is there: afterwards nothing may fail that need not */
	const char *folder = cni_path_folder(&arena, path);

	if (!folder)
		status = cn_fail(err, CN_ENOMEM, "out of memory");
	else if (fsync(fd) < 0)
		status = io_error(err, "write", path);
	if (status < 0) {
		unlink(temporary);
		return status;
	}
	TRY(publish(temporary, path, exclusive, err));
	return cni_dir_sync(folder, err);
}

cn_status cni_file_write(
	const char *path, const void *data, size_t size, bool exclusive, cn_error *err)
{
	CLEANUP(cni_arena_done) cni_arena arena = {0};
	CLEANUP(close_fd) int fd = -1;
	char *temporary = NULL;

	TRY(temporary_beside(&arena, path, 0666, &temporary, &fd, err));
	assert(temporary);
	cn_status status = write_all(fd, path, data, size, err);
	if (status < 0) {
		unlink(temporary);
		return status;
	}
	return sync_and_publish(fd, temporary, path, exclusive, err);
}

static cn_status copy_bytes(int in, int out, const char *from, const char *to, cn_error *err)
{
	char *chunk = malloc(1 << 16);
	cn_status status = chunk ? CN_OK : cn_fail(err, CN_ENOMEM, "out of memory");
	size_t n = 1;

	while (status == CN_OK && n) {
		status = read_all(in, from, chunk, 1 << 16, &n, err);
		if (status == CN_OK && n)
			status = write_all(out, to, chunk, n, err);
	}
	free(chunk);
	return status;
}

cn_status cni_file_copy(const char *from, const char *to, cn_error *err)
{
	CLEANUP(cni_arena_done) cni_arena arena = {0};
	struct stat info;
	CLEANUP(close_fd) int in = open(from, O_RDONLY | O_CLOEXEC);
	CLEANUP(close_fd) int out = -1;
	char *temporary;

	if (in < 0 || fstat(in, &info) < 0)
		return io_error(err, "read", from);
	TRY(temporary_beside(&arena, to, info.st_mode & 0777, &temporary, &out, err));
	cn_status status = copy_bytes(in, out, from, to, err);
	if (status < 0) {
		unlink(temporary);
		return status;
	}
	return sync_and_publish(out, temporary, to, true, err);
}

bool cni_file_exists(const char *path)
{
	struct stat info;

	return stat(path, &info) == 0 && !S_ISDIR(info.st_mode);
}

bool cni_dir_exists(const char *path)
{
	struct stat info;

	return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

int64_t cni_file_size(const char *path)
{
	struct stat info;

	return stat(path, &info) == 0 ? (int64_t)info.st_size : -1;
}

cn_status cni_dir_make(const char *path, cn_error *err)
{
	CLEANUP(cni_arena_done) cni_arena arena = {0};

	if (cni_dir_exists(path))
		return CN_OK;
	char *parent = cni_path_folder(&arena, path);
	if (!parent)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	if (!cni_dir_exists(parent))
		TRY(cni_dir_make(parent, err));
	if (mkdir(path, 0777) < 0 && errno != EEXIST)
		return io_error(err, "make the folder", path);
	if (!cni_dir_exists(path))
		return cn_fail(err, CN_EIO,
			"cannot make the folder \"%s\": a file of that name is there", path);
	return CN_OK;
}

cn_status cni_dir_sync(const char *path, cn_error *err)
{
	CLEANUP(close_fd) int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	/* some file systems cannot sync a folder and say EINVAL: then there is nothing more to be
	 * had */
	if (fd < 0 || (fsync(fd) < 0 && errno != EINVAL))
		return io_error(err, "sync the folder", path);
	return CN_OK;
}

static int by_bytes(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

cn_status cni_dir_list(cni_arena *arena, const char *path, const char ***ret_names,
	size_t *ret_count, cn_error *err)
{
	const char **names = NULL;
	size_t count = 0;
	DIR *dir = opendir(path);

	if (!dir)
		return io_error(err, "read the folder", path);
	for (struct dirent *entry; (entry = readdir(dir));) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		if (!CNI_PUSH(arena, names, count, cni_strdup(arena, entry->d_name)))
			break;
	}
	closedir(dir);
	if (!CNI_PUSH(arena, names, count, NULL) || arena->failed)
		return cn_fail(err, CN_ENOMEM, "out of memory reading the folder \"%s\"", path);
	qsort(names, count - 1, sizeof *names, by_bytes);
	*ret_names = names;
	if (ret_count)
		*ret_count = count - 1;
	return CN_OK;
}

bool cni_file_is_of(const char *name, const char *file)
{
	static const char temporary[] = ".tmp";
	size_t size = strlen(file), whole = strlen(name);

	if (strncmp(name, file, size) != 0)
		return false;
	if (whole == size)
		return true;
	return name[size] == '.' && whole > size + sizeof temporary &&
	       strcmp(name + whole - (sizeof temporary - 1), temporary) == 0 &&
	       !memchr(name + size + 1, '.', whole - size - sizeof temporary);
}
