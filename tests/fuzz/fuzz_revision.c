/*
 * fuzz_revision.c - any bytes as a revision file. What is read can be written, is read again as the
 * same, and from then on does not change any more.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "migrate/revision/revision.h"

static void must(int holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "fuzz_revision: %s\n", what);
	abort();
}

static void same_plan(const cni_plan *a, const cni_plan *b)
{
	must(a->step_count == b->step_count, "statements were lost");
	for (size_t i = 0; i < a->step_count; i++)
		must(strcmp(a->steps[i].sql, b->steps[i].sql) == 0, "a statement has changed");
	must(a->keep_count == b->keep_count, "a keep line was lost");
	for (size_t i = 0; i < a->keep_count; i++)
		must(strcmp(a->keeps[i].from_table, b->keeps[i].from_table) == 0 &&
				a->keeps[i].column_count == b->keeps[i].column_count,
			"a keep line has changed");
	must(a->warning_count == b->warning_count, "a warning was lost");
}

/* A keep line that could stand in no comment (a line's end and a comment's end in its names) is
 * left out. */
static int can_be_written(const cni_revision *revision)
{
	for (size_t i = 0; i < revision->section_count; i++) {
		const cni_plan *plans[] = {
			&revision->sections[i].upgrade, &revision->sections[i].downgrade};
		for (size_t p = 0; p < 2; p++) {
			for (size_t k = 0; k < plans[p]->keep_count; k++) {
				cni_buffer line = {0};
				bool block,
					fits = cni_keep_write(&line, &plans[p]->keeps[k], &block);
				cni_buffer_done(&line);
				if (!fits)
					return 0;
			}
		}
	}
	return 1;
}

static void round_trip(cni_arena *arena, const cni_revision *first)
{
	cni_buffer once = {0}, twice = {0};
	cni_revision second;
	cn_error err;
	cni_revision_write(&once, first);
	cn_status status = cni_revision_parse(
		arena, "x.sql", cni_buffer_text(&once), once.size, &second, &err);
	if (status < 0)
		fprintf(stderr, "%s\n%s\n", err.message, cni_buffer_text(&once));
	must(status >= 0, "what was written cannot be read");
	must(strcmp(first->id, second.id) == 0 && first->parent_count == second.parent_count &&
			first->label_count == second.label_count &&
			first->depend_count == second.depend_count,
		"another revision");
	must(first->section_count == second.section_count, "a section was lost");
	for (size_t i = 0; i < first->section_count; i++) {
		same_plan(&first->sections[i].upgrade, &second.sections[i].upgrade);
		same_plan(&first->sections[i].downgrade, &second.sections[i].downgrade);
	}
	cni_revision_write(&twice, &second);
	must(once.size == twice.size && memcmp(once.data, twice.data, once.size) == 0,
		"the text is not stable");
	cni_buffer_done(&once);
	cni_buffer_done(&twice);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cni_arena arena = {0};
	cni_revision revision;
	cn_error err;
	cn_status status =
		cni_revision_parse(&arena, "x.sql", (const char *)data, size, &revision, &err);
	if (status < 0)
		must(*err.message, "a failure without a message");
	else if (can_be_written(&revision))
		round_trip(&arena, &revision);
	cni_arena_done(&arena);
	return 0;
}
