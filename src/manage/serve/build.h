/*
 * build.h - how the program is built again, and from where.
 *
 * What was said (--build, --watch, [runserver] in cantil.ini) goes first. Else the nearest folder
 * at or above the program's that holds build.ninja or a Makefile; the sources are then what that
 * build knows as theirs, narrowed to the program's own part of them.
 */
#ifndef CNI_MANAGE_BUILD_H
#define CNI_MANAGE_BUILD_H

#include "manage/serve/serve.h"

typedef struct cni_build {
	const char *program;      /* its path: what is built, and started */
	const char *const *argv;  /* the command; NULL: there is none, somebody builds by hand */
	const char *folder;       /* where the command runs */
	const char *const *watch; /* folders; NULL-terminated; may be empty */
	const char *text;         /* the command, for people */
} cni_build;

cn_status cni_build_find(cni_serve *serve, cni_build *ret, cn_error *err) CN_MUST_CHECK;

#endif
