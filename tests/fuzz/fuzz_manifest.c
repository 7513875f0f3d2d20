/*
 * fuzz_manifest.c - any bytes as a backup's manifest.
 *
 * What must hold: what is read is written and read again the same; no kept path leads out of its
 * folder.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "backup/manifest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MUST(condition)           \
	do {                      \
		if (!(condition)) \
			abort();  \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cni_arena arena = {0};
	cni_buffer first = {0}, second = {0};
	cni_manifest manifest, again;

	if (cni_manifest_read(&arena, (const char *)data, size, &manifest, NULL) == CN_OK) {
		for (size_t i = 0; i < manifest.file_count; i++) {
			const char *path = manifest.files[i].path;
			MUST(path[0] != '/' && path[0] != '.' && !strstr(path, "/."));
		}
		cni_manifest_write(&first, &manifest);
		MUST(cni_manifest_read(&arena, first.data, first.size, &again, NULL) == CN_OK);
		cni_manifest_write(&second, &again);
		MUST(first.size == second.size && memcmp(first.data, second.data, first.size) == 0);
	}
	cni_buffer_done(&first);
	cni_buffer_done(&second);
	cni_arena_done(&arena);
	return 0;
}
