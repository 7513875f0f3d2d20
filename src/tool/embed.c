/*
 * embed.c - run by the build: turns template files into a C source with their texts.
 *     embed NAME=FILE … > templates.c
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A byte at a time would be slow to compile; a string literal with octal escapes is not. */
static int embed(const char *name, size_t size, const char *file)
{
	FILE *in = fopen(file, "rb");
	int c;

	if (!in) {
		perror(file);
		return 1;
	}
	printf("\t{\"%.*s\",\n\t\t\"", (int)size, name);
	while ((c = getc(in)) != EOF) {
		if (c == '\n')
			printf("\\n\"\n\t\t\"");
		else if (c == '"' || c == '\\' || c < ' ' || c > '~' || c == '?')
			printf("\\%03o", (unsigned)c);
		else
			putchar(c);
	}
	printf("\"},\n");
	return fclose(in) ? 1 : 0;
}

int main(int argc, char **argv)
{
	puts("/* made by embed.c from templates/ */\n#include \"tool/new.h\"\n\nconst cni_template cni_templates[] = {");
	for (int i = 1; i < argc; i++) {
		const char *equals = strchr(argv[i], '=');
		if (!equals || embed(argv[i], (size_t)(equals - argv[i]), equals + 1))
			return EXIT_FAILURE;
	}
	puts("\t{0},\n};");
	return fflush(stdout) ? EXIT_FAILURE : EXIT_SUCCESS;
}
