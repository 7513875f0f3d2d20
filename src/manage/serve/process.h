/*
 * process.h - starting builds and workers from the supervisor, which has one thread.
 */
#ifndef CNI_MANAGE_PROCESS_H
#define CNI_MANAGE_PROCESS_H

#include <sys/types.h>

#include "manage/serve/build.h"

/* What tells two builds of a file apart. */
typedef struct cni_identity {
	uint64_t device, inode, size;
	int64_t time_ns;
} cni_identity;

bool cni_identity_read(const char *path, cni_identity *ret);
bool cni_identity_equal(const cni_identity *a, const cni_identity *b);

/* The build command in a process group of its own, without a terminal; what it prints comes from
 * *ret_fd. */
cn_status cni_spawn_build(const cni_build *build, const sigset_t *signals, pid_t *ret_pid,
	int *ret_fd, cn_error *err) CN_MUST_CHECK;

typedef struct cni_spawn {
	const char *program; /* to execute */
	char *const *argv;
	int listen_fd;
	const char *build_id;
	const sigset_t *signals; /* the mask of the new process */
	void (*run)(cni_serve *serve, int control,
		const char *build_id); /* instead of executing: runs in a fork */
	cni_serve *serve;              /* for run */
} cni_spawn;

/* *ret_control: the supervisor's end of the control socket; *ret_errors: what the worker writes to
 * stderr. */
cn_status cni_spawn_worker(const cni_spawn *spawn, pid_t *ret_pid, int *ret_control,
	int *ret_errors, cn_error *err) CN_MUST_CHECK;

/* A copy beside the program, hidden, under a name of its own: a build may then write the program
 * while it runs, and what is found by the program's folder (root, libraries) stays found. NULL:
 * that folder takes no file. */
const char *cni_program_copy(cni_arena *arena, const char *program, unsigned number);

/* This process's own argv, NULL-terminated. */
char **cni_own_arguments(cni_arena *arena);

#endif
