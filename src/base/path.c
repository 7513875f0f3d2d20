/* path.c - paths as text: joined, cut, made absolute. Nothing here looks at links. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/file.h"

char *cni_path_join(cni_arena *arena, const char *folder, const char *name)
{
	size_t n = strlen(folder);

	if (name[0] == '/' || n == 0)
		return cni_strdup(arena, name);
	return cni_printf(arena, folder[n - 1] == '/' ? "%s%s" : "%s/%s", folder, name);
}

char *cni_path_folder(cni_arena *arena, const char *path)
{
	size_t n = strlen(path);

	while (n > 1 && path[n - 1] == '/')
		n--;
	while (n > 0 && path[n - 1] != '/')
		n--;
	while (n > 1 && path[n - 1] == '/')
		n--;
	return n ? cni_strndup(arena, path, n) : cni_strdup(arena, ".");
}

const char *cni_path_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

char *cni_path_absolute(cni_arena *arena, const char *path, const char *root)
{
	char *whole = cni_path_join(arena, root, path);
	char *out = whole ? cni_alloc(arena, strlen(whole) + 2) : NULL;
	size_t used = 0;

	if (!out)
		return NULL;
	for (const char *at = whole; *at;) {
		at += strspn(at, "/");
		size_t n = strcspn(at, "/");
		if (n == 2 && at[0] == '.' && at[1] == '.') {
			while (used > 0 && out[--used] != '/')
				;
		} else if (n && !(n == 1 && at[0] == '.')) {
			out[used++] = '/';
			memcpy(out + used, at, n);
			used += n;
		}
		at += n;
	}
	if (used == 0)
		out[used++] = '/';
	out[used] = '\0';
	return out;
}

char *cni_path_current(cni_arena *arena)
{
	char *text = getcwd(NULL, 0);
	char *copy = cni_strdup(arena, text);

	free(text);
	return copy;
}
