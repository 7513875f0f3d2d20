/*
 * fuzz_sums.c - any bytes as revisions.sha256. What is read can be written, is read again as the
 * same, and from then on does not change any more.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "migrate/migrator/sums.h"

static void must(int holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "fuzz_sums: %s\n", what);
	abort();
}

static void round_trip(cni_arena *arena, const cni_sums *first)
{
	cni_buffer once = {0}, twice = {0};
	cni_sums second;
	cn_error err;
	cni_sums_print(&once, first);
	cn_status status = cni_sums_parse(
		arena, "m/" CNI_SUMS_FILE, cni_buffer_text(&once), once.size, &second, &err);
	must(status >= 0, "what was written cannot be read");
	must(first->count == second.count, "a line was lost");
	for (size_t i = 0; i < first->count; i++)
		must(strcmp(first->list[i].name, second.list[i].name) == 0 &&
				strcmp(first->list[i].sum, second.list[i].sum) == 0,
			"a line has changed");
	cni_sums_print(&twice, &second);
	must(once.size == twice.size &&
			memcmp(cni_buffer_text(&once), cni_buffer_text(&twice), once.size) == 0,
		"the text is not stable");
	cni_buffer_done(&once);
	cni_buffer_done(&twice);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cni_arena arena = {0};
	cni_sums sums;
	cn_error err;
	cn_status status =
		cni_sums_parse(&arena, "m/" CNI_SUMS_FILE, (const char *)data, size, &sums, &err);
	if (status < 0)
		must(*err.message, "a failure without a message");
	else
		round_trip(&arena, &sums);
	cni_arena_done(&arena);
	return 0;
}
