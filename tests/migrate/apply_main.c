/* apply_main.c - `apply_main DB TARGET.sql ANSWERS`: cni_apply without the manager around it, for
 * the whole-program scorers and for tests that need a process of its own. Exit codes as the
 * program's. */
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/try.h"
#include "migrate/change/apply.h"

static cn_status apply(
	const char *db, const char *target_path, const char *answers_path, cn_error *err)
{
	CLEANUP(cni_arena_done) cni_arena arena = {0};
	CLEANUP(cni_conn_closep) cni_conn *conn = NULL;
	cni_answers answers = {.arena = &arena};
	cni_apply_report report;
	cni_uri uri;
	char *target, *text;
	size_t size;
	const char *root = cni_path_current(&arena);
	TRY(cni_file_read(&arena, target_path, 64 << 20, &target, &size, err));
	TRY(cni_file_read(&arena, answers_path, 64 << 20, &text, &size, err));
	TRY(cni_answers_add_text(&answers, text, answers_path, err));
	TRY(cni_uri_parse(&arena, db, root, &uri, err));
	TRY(cni_conn_open(
		&uri, &(cni_open_options){.mode = CNI_OPEN_WRITE, .foreign = true}, &conn, err));
	TRY(cni_apply(conn, target_path, target, &answers, &(cni_apply_options){0}, &arena, &report,
		err));
	fputs(report.changed ? report.script : "nothing to do\n", stdout);
	return CN_OK;
}

int main(int argc, char **argv)
{
	cn_error err = {0};
	if (argc != 4)
		return 2;
	if (apply(argv[1], argv[2], argv[3], &err) == CN_OK)
		return 0;
	fprintf(stderr, "error: %s\n", err.message);
	if (*err.detail)
		fprintf(stderr, "detail: %s\n", err.detail);
	if (*err.hint)
		fprintf(stderr, "hint: %s\n", err.hint);
	return err.status == CN_EDECISION ? 3 : 1;
}
