/*
 * lock.h - one process at a time, for as long as it lives.
 *
 * An advisory lock on a file of its own. The system lets go of it when the process ends, however it
 * ends; whoever lets go of it removes the file, so that nothing is left behind.
 */
#ifndef CNI_BASE_LOCK_H
#define CNI_BASE_LOCK_H

#include <stdbool.h>

#include <cantil/error.h>

typedef struct cni_lock { /* {0}: not held */
	bool held;
	int fd;
	const char *path; /* borrowed from the caller */
} cni_lock;

/* Waits up to timeout_ms for whoever has it. CN_ECONFLICT when they keep it, CN_ECANCELED when
 * `canceled` (may be NULL) says so, CN_EIO when the file cannot be made. */
cn_status cni_lock_take(cni_lock *lock, const char *path, unsigned timeout_ms,
	bool (*canceled)(void *ctx), void *ctx, cn_error *err) CN_MUST_CHECK;
void cni_lock_drop(cni_lock *lock); /* fine when it is not held */

#endif
