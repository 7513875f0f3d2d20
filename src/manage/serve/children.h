/*
 * children.h - the supervisor's worker processes: starting, telling, listening to, letting go.
 *
 * Invariant: at most one is STARTING and one SERVING; any number are LEAVING. A place whose role is
 * NOBODY holds nothing that must be freed.
 */
#ifndef CNI_MANAGE_CHILDREN_H
#define CNI_MANAGE_CHILDREN_H

#include "base/buffer.h"
#include "manage/serve/process.h"

enum { CNI_CHILDREN_MAX = 16, CNI_BUILD_ID_DIGITS = 12, CNI_TAIL_BYTES = 16 * 1024 };

typedef enum cni_role {
	CNI_ROLE_NOBODY = 0,
	CNI_ROLE_STARTING,
	CNI_ROLE_SERVING,
	CNI_ROLE_LEAVING,
} cni_role;

typedef struct cni_child {
	cni_role role;
	int64_t since_us;      /* of its role */
	bool fallback, killed; /* the page that says why nothing serves; it was not ready in time */
	pid_t pid;
	int control, errors; /* -1: closed */
	char build_id[CNI_BUILD_ID_DIGITS + 1];
	const char *copy;      /* the file that it runs; NULL: the program itself */
	cni_identity identity; /* of the program that was copied */
	cni_buffer tail;       /* the end of what it wrote to stderr */
} cni_child;

typedef struct cni_children {
	cni_serve *serve;
	const cni_build *build;
	sigset_t signals; /* the mask that they begin with */
	char **argv;
	unsigned number;
	cni_child list[CNI_CHILDREN_MAX];
} cni_children;

cni_child *cni_child_in(cni_children *children, cni_role role); /* the first; NULL: none */
cni_child *cni_child_of(cni_children *children, pid_t pid);     /* NULL: no child of ours */
bool cni_children_any(cni_children *children);

/* Starts the program, or the fallback page. With every place taken, the one that has been leaving
 * for longest is ended. */
cn_status cni_child_start(cni_children *children, bool fallback, cn_error *err) CN_MUST_CHECK;

/* One line of order; a NULL child is told nothing. */
void cni_child_tell(const cni_child *child, const char *word, const char *rest);
void cni_child_set_role(cni_child *child, cni_role role);
void cni_child_dismiss(cni_child *child);     /* it has a successor: finish and go */
void cni_child_forget_copy(cni_child *child); /* it runs: the file's name is not needed any more */

/* Passes what it wrote to our own stderr, and keeps the end of it. */
void cni_child_read_errors(cni_child *child);

/* After it has ended: frees its place. The caller frees the tail of what is returned. */
cni_child cni_child_release(cni_child *child);

#endif
