/* migrator_differences.c - how the live database differs from what its applied revisions make, and
 * the way back. */
#include <string.h>

#include "base/file.h"
#include "base/try.h"
#include "migrate/change/apply.h"
#include "migrate/change/proof.h"
#include "migrate/migrator/foreign.h"
#include "migrate/migrator/operations.h"
#include "migrate/revision/replaced.h"

typedef struct live_job {
	cni_conn *conn;
	cni_schema *recorded, *actual;
} live_job;

static cn_status need_database(const cn_migrator *migrator, cn_error *err)
{
	if (!migrator->desc.database_uri || migrator->uri.memory ||
		cni_migrator_has_database(migrator))
		return CN_OK;
	cn_error_set(err, CN_ENOTFOUND, "there is no database \"%s\"", migrator->uri.text);
	cn_error_hint(err, "\"%s db upgrade\" makes it", migrator->desc.program);
	return CN_ENOTFOUND;
}

static cn_status read_both(cn_migrator *migrator, cni_arena *arena, live_job *job, cn_error *err)
{
	cni_folder folder;
	cni_version version;
	cni_order order;
	bool *applied; /* looked at for what the folder lacks */
	TRY(cni_migrator_folder(migrator, arena, &folder, err));
	TRY(cni_version_read(job->conn, arena, &version, err));
	(void)cni_version_resolve(&folder, &version);
	TRY(cni_applied_set(&folder, &version, arena, &applied, err));
	TRY(cni_applied_order(&folder, &version, arena, &order, err));
	TRY(cni_folder_replay_order(
		&folder, &migrator->home, &order, arena, &job->recorded, NULL, err));
	return cni_conn_inspect_like(job->conn, job->recorded, arena, &job->actual, err);
}

typedef struct line_list {
	const char **list;
	size_t count;
} line_list;

static cn_status add_line(
	cn_migrator *migrator, line_list *lines, const char *text, size_t size, cn_error *err)
{
	const char *line = cni_strndup(&migrator->result, text, size);
	/* a list of pointers is meant: NOLINTNEXTLINE(bugprone-sizeof-expression) */
	if (!line || !CNI_PUSH(&migrator->result, lines->list, lines->count, line))
		return cn_fail(err, CN_ENOMEM, "out of memory");
	return CN_OK;
}

static cn_status describe(
	cn_migrator *migrator, const live_job *job, cn_differences *ret, cn_error *err)
{
	line_list lines = {0};
	CLEANUP(cni_buffer_done) cni_buffer text = {0};
	cni_diff diff;
	const cni_diff_options options = {
		.ignore_tables = cni_foreign_tables(&migrator->result, job->actual, job->recorded)};
	if (!options.ignore_tables)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	TRY(cni_diff_make(&migrator->result, job->recorded, job->actual, &options, &diff, err));
	cni_diff_describe(&text, &diff);
	if (text.failed)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	for (const char *at = cni_buffer_text(&text); *at;) {
		size_t size = strcspn(at, "\n");
		if (size)
			TRY(add_line(migrator, &lines, at, size, err));
		at += size + (at[size] != '\0');
	}
	ret->lines = lines.list;
	ret->line_count = lines.count;
	return CN_OK;
}

cn_status cn_migrator_differences(cn_migrator *migrator, cn_differences *ret, cn_error *err)
{
	live_job job = {0};
	cn_differences found = {0};
	cni_migrator_begin(migrator);
	TRY(need_database(migrator, err));
	TRY(cni_migrator_open(migrator, CNI_OPEN_READ, true, &job.conn, err));
	cn_status status = read_both(migrator, &migrator->result, &job, err);
	if (status >= 0)
		status = describe(migrator, &job, &found, err);
	cni_migrator_close(migrator, &job.conn);
	if (status >= 0)
		*ret = found;
	return status;
}

/* ---- the way back ---- */

static cn_status ask(const cni_change_set *set, cni_answers *answers, void *ctx, cn_error *err)
{
	cn_migrator *migrator = ctx;
	return migrator->ask ? migrator->ask(set, answers, migrator->ask_ctx, err)
			     : cni_change_ask(set, err);
}

/* Another tool's books are not ours to drop. */
static cn_status ignore_foreign(
	cn_migrator *migrator, const live_job *job, cni_answers *answers, cn_error *err)
{
	const char *const *table =
		cni_foreign_tables(&migrator->result, job->actual, job->recorded);
	if (!table)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	for (; *table; table++) {
		CLEANUP(cni_buffer_done) cni_buffer line = {0};
		cni_answer_write(
			&line, &(cni_answer){.kind = CNI_ANSWER_IGNORE_TABLE, .table = *table});
		TRY(cni_answers_add_line(
			answers, cni_buffer_text(&line), "another tool's table", err));
	}
	return CN_OK;
}

cn_status cni_migrator_mend(
	cn_migrator *migrator, cni_answers *answers, const char **ret_sql, cn_error *err)
{
	live_job job = {0};
	cni_apply_report report;
	const cni_apply_options options = {.dry_run = true, .ask = ask, .ctx = migrator};
	TRY(need_database(migrator, err));
	/* looking at the rows takes temporary tables: of a large database in the file itself */
	const char *path = migrator->uri.path;
	bool large = path && cni_file_size(path) > CNI_PROOF_MAX_BYTES;
	TRY(cni_migrator_open(
		migrator, large ? CNI_OPEN_WRITE : CNI_OPEN_READ, true, &job.conn, err));
	cn_status status = read_both(migrator, &migrator->result, &job, err);
	if (status >= 0)
		status = ignore_foreign(migrator, &job, answers, err);
	if (status >= 0)
		status = cni_apply_schema(
			job.conn, job.recorded, answers, &options, &migrator->result, &report, err);
	cni_migrator_close(migrator, &job.conn);
	if (status >= 0)
		*ret_sql = report.script;
	return status;
}

cn_status cn_migrator_differences_script(
	cn_migrator *migrator, const char *answers, const char **ret_sql, cn_error *err)
{
	cni_migrator_begin(migrator);
	cni_answers list = {.arena = &migrator->result};
	if (answers)
		TRY(cni_answers_add_text(&list, answers, "answers", err));
	return cni_migrator_mend(migrator, &list, ret_sql, err);
}
