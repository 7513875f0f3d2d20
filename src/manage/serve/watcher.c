/* watcher.c - see watcher.h. */
#include "manage/serve/watcher.h"

#include <errno.h>
#include <stdalign.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "base/try.h"

enum {
	MASK = IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_CREATE | IN_DELETE | IN_ONLYDIR,
	DEPTH_MAX = 32
};

bool cni_is_source(const char *name)
{
	static const char *const not_sources[] = {"~", ".o", ".lo", ".a", ".la", ".so", ".d",
		".gch", ".pch", ".gcda", ".gcno", ".tmp", ".swp", ".bak", ".orig", ".rej", ".log",
		".db", ".sqlite", ".sqlite3", "-wal", "-shm", "-journal", ".lock"};

	if (name[0] == '.' || name[0] == '#')
		return false;
	for (size_t i = 0; i < CNI_COUNT(not_sources); i++) {
		if (cni_ends(name, not_sources[i]))
			return false;
	}
	return !strstr(name, ".so.");
}

/* A program that a build made: executable, without an ending to its name. */
static bool is_program(const char *path)
{
	struct stat st;

	return !strchr(cni_path_name(path), '.') && stat(path, &st) == 0 && S_ISREG(st.st_mode) &&
	       (st.st_mode & S_IXUSR);
}

/* A folder that a build system, or a package manager, fills. */
static bool is_built(cni_arena *arena, const char *folder)
{
	static const char *const marks[] = {
		"build.ninja", "CMakeCache.txt", "meson-info", "CACHEDIR.TAG"};
	const char *name = cni_path_name(folder);
	struct stat st;

	if (name[0] == '.' || strcmp(name, "node_modules") == 0 || strcmp(name, "__pycache__") == 0)
		return true;
	for (size_t i = 0; i < CNI_COUNT(marks); i++) {
		const char *path = cni_path_join(arena, folder, marks[i]);
		if (path && stat(path, &st) == 0)
			return true;
	}
	return false;
}

static void watch(cni_watcher *w, const char *folder,
	unsigned depth) /* NOLINT(misc-no-recursion): DEPTH_MAX */
{
	const char **names;
	size_t count;
	struct stat st;

	if (depth > DEPTH_MAX)
		return;
	if (w->count >= CNI_WATCH_FOLDERS_MAX) {
		w->full = true;
		return;
	}
	int id = inotify_add_watch(w->fd, folder, MASK);
	if (id < 0) {
		w->full |= errno == ENOSPC;
		return;
	}
	for (size_t i = 0; i < w->count; i++) {
		if (w->list[i].id == id) /* two ways to one folder */
			return;
	}
	if (!CNI_PUSH(w->arena, w->list, w->count, ((cni_watched){id, folder})) ||
		cni_dir_list(w->arena, folder, &names, &count, NULL) < 0)
		return;
	for (size_t i = 0; i < count; i++) {
		const char *path = cni_path_join(w->arena, folder, names[i]);
		if (path && lstat(path, &st) == 0 && S_ISDIR(st.st_mode) &&
			!is_built(w->arena, path))
			watch(w, path, depth + 1);
	}
}

cn_status cni_watcher_open(cni_watcher *w, cni_arena *arena, const char *const *folders,
	const char *program, cn_error *err)
{
	*w = (cni_watcher){.arena = arena, .program = program};
	w->fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (w->fd < 0) {
		cn_error_set(err, CN_EIO, "cannot watch the sources");
		cn_error_detail(err, "%s", strerror(errno));
		cn_error_hint(err, "raise fs.inotify.max_user_instances, or use --no-reload");
		return CN_EIO;
	}
	for (; *folders; folders++) {
		if (!cni_dir_exists(*folders)) {
			cn_error_set(
				err, CN_ENOTFOUND, "no such folder to watch: \"%s\"", *folders);
			return CN_ENOTFOUND;
		}
		watch(w, *folders, 0);
	}
	/* the program may be built by hand, too; "": a folder whose sources are not watched */
	const char *home = program ? cni_path_folder(arena, program) : NULL;
	int id = home ? inotify_add_watch(w->fd, home, MASK) : -1;
	bool known = id < 0;
	for (size_t i = 0; i < w->count; i++)
		known |= w->list[i].id == id;
	if (!known)
		(void)CNI_PUSH(arena, w->list, w->count, ((cni_watched){id, ""}));
	return arena->failed ? cn_fail(err, CN_ENOMEM, "out of memory") : CN_OK;
}

void cni_watcher_close(cni_watcher *w)
{
	if (w->fd >= 0)
		close(w->fd);
	w->fd = -1;
}

static void forget(cni_watcher *w, int id)
{
	for (size_t i = 0; i < w->count; i++) {
		if (w->list[i].id == id) {
			w->list[i] = w->list[w->count - 1];
			w->list[w->count - 1] = (cni_watched){
				-1, ""}; /* the list's length says how large its room is */
			return;
		}
	}
}

static const char *folder_of(const cni_watcher *w, int id)
{
	for (size_t i = 0; i < w->count; i++) {
		if (w->list[i].id == id)
			return w->list[i].path;
	}
	return "";
}

static void take_folder(cni_watcher *w, const char *name, uint32_t what)
{
	const char *path = cni_strdup(w->arena, name);

	if (!(what & (IN_CREATE | IN_MOVED_TO)) || !path || is_built(w->arena, path))
		return;
	watch(w, path, 0);
	w->source = true; /* files may have been in it before it was watched */
}

static void take(cni_watcher *w, const struct inotify_event *event)
{
	const char *folder = folder_of(w, event->wd), *name = event->len ? event->name : "";
	char path[sizeof w->last];

	if (event->mask & IN_Q_OVERFLOW) { /* too much at a time to say what */
		w->source = true;
		return;
	}
	if (event->mask & IN_IGNORED) {
		forget(w, event->wd);
		return;
	}
	if (w->program && strcmp(name, cni_path_name(w->program)) == 0) {
		w->program_changed = true;
		return;
	}
	if (!*folder || !cni_is_source(name))
		return;
	int n = snprintf(path, sizeof path, "%s/%s", folder, name);
	if (n < 0 || (size_t)n >= sizeof path)
		return;
	if (event->mask & IN_ISDIR) {
		take_folder(w, path, event->mask);
	} else if (!(event->mask & IN_CREATE) &&
		   !is_program(path)) { /* created: its content comes later */
		memcpy(w->last, path, (size_t)n + 1);
		w->source = true;
	}
}

void cni_watcher_read(cni_watcher *w)
{
	alignas(struct inotify_event) char room[8192];
	ssize_t n;

	while ((n = read(w->fd, room, sizeof room)) > 0) {
		for (char *at = room; at < room + n;) {
			const struct inotify_event *event =
				(const struct inotify_event *)(const void *)at;
			take(w, event);
			at += sizeof *event + event->len;
		}
	}
}
