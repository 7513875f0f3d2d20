/*
 * embed_templates.c - run by the build: turns template files into a C source with their texts.
 *     embed NAME=FILE … > templates.c
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "tool/literal.h"

/* Reads a whole file; NULL when it cannot be. The caller frees it. */
static char *read_file(const char *path, size_t *ret_size)
{
	FILE *in = fopen(path, "rb");
	size_t size = 0, room = 1 << 20; /* a template is some kilobytes */
	char *text = in ? malloc(room) : NULL;
	if (text)
		size = fread(text, 1, room, in);
	bool whole = text && size < room && !ferror(in);
	if (in && fclose(in))
		whole = false;
	if (!whole) {
		perror(path);
		free(text);
		return NULL;
	}
	*ret_size = size;
	return text;
}

static bool embed(const char *name, size_t name_size, const char *file)
{
	size_t size;
	char *text = read_file(file, &size);
	if (!text)
		return false;
	printf("\t{\"%.*s\",\n", (int)name_size, name);
	cni_literal_write(stdout, "\t\t", text, size);
	printf("},\n");
	free(text);
	return true;
}

int main(int argc, char **argv)
{
	puts("/* made by embed_templates.c from templates/ */\n#include \"tool/new.h\"\n\nconst cni_template cni_templates[] = {");
	for (int i = 1; i < argc; i++) {
		const char *equals = strchr(argv[i], '=');
		if (!equals || !embed(argv[i], (size_t)(equals - argv[i]), equals + 1))
			return EXIT_FAILURE;
	}
	puts("\t{0},\n};");
	return fflush(stdout) ? EXIT_FAILURE : EXIT_SUCCESS;
}
