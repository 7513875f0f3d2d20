/*
 * fuzz_ini.c - any bytes as cantil.ini. What must hold: every entry has a section, a key and a
 * value without white space around them, and a line of the text.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "manage/ini.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must_be_trimmed(const char *text)
{
	size_t n = strlen(text);

	if (n && (strchr(" \t\r\n", text[0]) || strchr(" \t\r\n", text[n - 1])))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cni_arena arena = {0};
	cni_ini_entry *entries;
	size_t count, lines = 1;

	for (size_t i = 0; i < size; i++)
		lines += data[i] == '\n';
	if (cni_ini_parse(&arena, "x.ini", (const char *)data, size, &entries, &count, NULL) ==
		CN_OK) {
		for (size_t i = 0; i < count; i++) {
			must_be_trimmed(entries[i].section);
			must_be_trimmed(entries[i].key);
			must_be_trimmed(entries[i].value);
			if (!entries[i].section[0] || !entries[i].key[0] || !entries[i].line ||
				entries[i].line > lines)
				abort();
		}
	}
	cni_arena_done(&arena);
	return 0;
}
