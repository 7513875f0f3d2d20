/*
 * watcher.h - which source was saved? Folders and all below them, by inotify.
 *
 * A save is a file closed after writing, or moved into place (most editors write a new file and
 * rename it), or removed. What a build makes is no source: object files, the program itself,
 * folders that a build system marked as its own; nor are hidden files, editors' copies and
 * databases.
 */
#ifndef CNI_MANAGE_WATCHER_H
#define CNI_MANAGE_WATCHER_H

#include "base/arena.h"

enum { CNI_WATCH_FOLDERS_MAX = 4096 };

typedef struct cni_watched {
	int id;
	const char *path;
} cni_watched;

typedef struct cni_watcher {
	cni_arena *arena;
	int fd;
	cni_watched *list;
	size_t count;
	const char *program;          /* its path: told apart from sources */
	char last[4096];              /* the path that changed last; "": none yet */
	bool source, program_changed; /* what cni_watcher_read has seen; the reader clears them */
	bool full;                    /* more folders than can be watched */
} cni_watcher;

/* CN_ENOTFOUND for a folder that is not there, CN_EIO when the system watches no more. */
cn_status cni_watcher_open(cni_watcher *watcher, cni_arena *arena, const char *const *folders,
	const char *program, cn_error *err) CN_MUST_CHECK;
void cni_watcher_close(cni_watcher *watcher);

/* Takes what has happened off the descriptor, without waiting. */
void cni_watcher_read(cni_watcher *watcher);

/* Is it a source by its name? */
bool cni_is_source(const char *name);

#endif
