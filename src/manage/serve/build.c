/* build.c - see build.h. */
#include "manage/serve/build.h"

#include <string.h>

#include <jansson.h>

#include "base/file.h"
#include "base/text.h"
#include "base/try.h"

enum { WATCH_MAX = 16, INFO_BYTES = 1 << 20 };

static const char **list_of(
	cni_arena *arena, const char *a, const char *b, const char *c, const char *d)
{
	const char *items[] = {a, b, c, d, NULL};

	return cni_memdup(arena, items, sizeof items);
}

static cn_status no_memory(cn_error *err) { return cn_fail(err, CN_ENOMEM, "out of memory"); }

/* A folder list of a setting: separated by blanks or commas, from the project's root. */
static cn_status split_watch(
	cni_serve *serve, const char *text, const char *root, const char **list, cn_error *err)
{
	size_t count = 0;

	while (*(text += strspn(text, " ,\t"))) {
		size_t size = strcspn(text, ",");
		while (size && text[size - 1] == ' ')
			size--;
		const char *item = cni_strndup(&serve->arena, text, size);
		if (count == WATCH_MAX)
			return cn_fail(err, CN_EARG, "more than %d folders to watch", WATCH_MAX);
		if (!item || !(list[count++] = cni_path_absolute(&serve->arena, item, root)))
			return no_memory(err);
		text += strcspn(text, ",");
	}
	return CN_OK;
}

static cn_status stated(cni_serve *serve, cni_build *build, const char **watch, cn_error *err)
{
	const char *root, *command = cn_call_text(serve->call, "build"), *folders = NULL;
	const char *const *typed;
	size_t count;

	TRY(cn_app_root(serve->app, &root, err));
	if (!command)
		TRY(cn_app_setting(serve->app, "runserver", "build", &command, err));
	if (command) {
		build->argv = list_of(&serve->arena, "/bin/sh", "-c", command, NULL);
		build->folder = root;
		build->text = command;
	}
	typed = cn_call_list(serve->call, "watch", &count);
	const char *here = cni_path_current(&serve->arena);
	if (!here)
		return no_memory(err);
	if (count > WATCH_MAX)
		return cn_fail(err, CN_EARG, "more than %d folders to watch", WATCH_MAX);
	for (size_t i = 0; i < count; i++)
		watch[i] = cni_path_absolute(&serve->arena, typed[i], here);
	if (!count)
		TRY(cn_app_setting(serve->app, "runserver", "watch", &folders, err));
	return folders ? split_watch(serve, folders, root, watch, err) : CN_OK;
}

/* The folder of the sources that a build folder is for; NULL: it does not say. */
static const char *sources_of(cni_arena *arena, const char *folder)
{
	char *text, *at;
	size_t size;
	const char *info = cni_path_join(arena, folder, "meson-info/meson-info.json"),
		   *found = NULL;

	if (info && cni_file_read(arena, info, INFO_BYTES, &text, &size, NULL) == CN_OK) {
		json_t *json = json_loadb(text, size, 0, NULL);
		const json_t *folders = json_object_get(json, "directories");
		found = cni_strdup(arena, json_string_value(json_object_get(folders, "source")));
		json_decref(json);
		return found;
	}
	info = cni_path_join(arena, folder, "CMakeCache.txt");
	if (!info || cni_file_read(arena, info, INFO_BYTES, &text, &size, NULL) < 0)
		return NULL;
	at = strstr(text, "CMAKE_HOME_DIRECTORY:INTERNAL=");
	if (at) {
		at += strlen("CMAKE_HOME_DIRECTORY:INTERNAL=");
		found = cni_strndup(arena, at, strcspn(at, "\r\n"));
	}
	return found;
}

/* build/examples/store/store was built from examples/store, if there is such a folder; else from
 * everything. */
static const char *part_of(
	cni_arena *arena, const char *sources, const char *folder, const char *program)
{
	const char *home = cni_path_folder(arena, program), *part;
	size_t size = strlen(folder);

	if (!sources || !home)
		return sources;
	if (strncmp(home, folder, size) != 0 || home[size] != '/')
		return sources;
	part = cni_path_join(arena, sources, home + size + 1);
	return part && cni_dir_exists(part) ? part : sources;
}

static bool has(cni_arena *arena, const char *folder, const char *name)
{
	const char *path = cni_path_join(arena, folder, name);

	return path && cni_file_exists(path);
}

static void found_ninja(cni_serve *serve, cni_build *build, const char *folder, const char **watch)
{
	cni_arena *arena = &serve->arena;
	const char *target = build->program + strlen(folder) + (strcmp(folder, "/") != 0);
	const char *sources = sources_of(arena, folder);

	build->argv = list_of(arena, "ninja", "-C", folder, target);
	build->folder = folder;
	build->text = cni_printf(arena, "ninja -C %s %s", folder, target);
	watch[0] = part_of(
		arena, sources ? sources : cni_path_folder(arena, folder), folder, build->program);
}

static void found_make(cni_serve *serve, cni_build *build, const char *folder, const char **watch)
{
	build->argv = list_of(&serve->arena, "make", "-C", folder, NULL);
	build->folder = folder;
	build->text = cni_printf(&serve->arena, "make -C %s", folder);
	watch[0] = folder;
}

static void search(cni_serve *serve, cni_build *build, const char **watch)
{
	static const char *const makefiles[] = {"GNUmakefile", "makefile", "Makefile"};
	cni_arena *arena = &serve->arena;
	const char *folder = cni_path_folder(arena, build->program);

	while (folder && !build->argv) {
		if (has(arena, folder, "build.ninja")) {
			found_ninja(serve, build, folder, watch);
			return;
		}
		for (size_t i = 0; i < CNI_COUNT(makefiles) && !build->argv; i++) {
			if (has(arena, folder, makefiles[i]))
				found_make(serve, build, folder, watch);
		}
		if (strcmp(folder, "/") == 0)
			return;
		folder = cni_path_folder(arena, folder);
	}
}

cn_status cni_build_find(cni_serve *serve, cni_build *ret, cn_error *err)
{
	const char **stated_watch =
		cni_alloc(&serve->arena, (WATCH_MAX + 1) * sizeof *stated_watch);
	const char **found_watch = cni_alloc(&serve->arena, (WATCH_MAX + 1) * sizeof *found_watch);
	cni_build build = {.program = cn_app_program(serve->app)};

	if (!stated_watch || !found_watch)
		return no_memory(err);
	if (!build.program) {
		cn_error_set(err, CN_EUNSUPPORTED, "cannot tell where the running program is");
		cn_error_hint(err, "use --no-reload");
		return CN_EUNSUPPORTED;
	}
	TRY(stated(serve, &build, stated_watch, err));
	if (!build.argv || !stated_watch[0]) {
		cni_build other = {.program = build.program};
		search(serve, &other, found_watch);
		if (!build.argv)
			build = other;
	}
	build.watch = stated_watch[0] ? stated_watch : found_watch;
	*ret = build;
	return serve->arena.failed ? no_memory(err) : CN_OK;
}
