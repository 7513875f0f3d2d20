/* lock.c - see lock.h. */
#include "base/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/try.h"

enum { PAUSE_MS = 10 };

/* Is what was locked still what the name stands for? Who had it before may have removed it. */
static bool is_current(int fd, const char *path)
{
	struct stat held, named;
	return fstat(fd, &held) == 0 && stat(path, &named) == 0 && held.st_dev == named.st_dev &&
	       held.st_ino == named.st_ino;
}

/* *ret_fd is -1 when somebody else has it. */
static cn_status try_once(const char *path, int *ret_fd, cn_error *err)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
	*ret_fd = -1;
	if (fd < 0)
		return cn_fail(
			err, CN_EIO, "the lock \"%s\" cannot be made: %s", path, strerror(errno));
	if (flock(fd, LOCK_EX | LOCK_NB) == 0 && is_current(fd, path)) {
		*ret_fd = fd;
		return CN_OK;
	}
	int reason = errno;
	close(fd);
	if (reason == EWOULDBLOCK || reason == EINTR || reason == ENOENT || reason == 0)
		return CN_OK;
	return cn_fail(err, CN_EIO, "\"%s\" cannot be locked: %s", path, strerror(reason));
}

cn_status cni_lock_take(cni_lock *lock, const char *path, unsigned timeout_ms,
	bool (*canceled)(void *ctx), void *ctx, cn_error *err)
{
	int64_t until_us = cni_clock_mono_us() + (int64_t)timeout_ms * 1000;
	for (;;) {
		int fd;
		errno = 0;
		TRY(try_once(path, &fd, err));
		if (fd >= 0) {
			*lock = (cni_lock){.held = true, .fd = fd, .path = path};
			return CN_OK;
		}
		if (canceled && canceled(ctx))
			return cn_fail(err, CN_ECANCELED, "interrupted");
		if (cni_clock_mono_us() > until_us)
			return cn_fail(
				err, CN_ECONFLICT, "another process has the lock \"%s\"", path);
		struct timespec pause = {.tv_nsec = PAUSE_MS * 1000000L};
		(void)nanosleep(&pause, NULL);
	}
}

void cni_lock_drop(cni_lock *lock)
{
	if (!lock->held)
		return;
	(void)!unlink(lock->path); /* while it is held: nobody else's can go by mistake */
	close(lock->fd);
	lock->held = false;
}
