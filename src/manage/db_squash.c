/* db_squash.c - `db squash` and `db rebase`: tidying a folder of revisions. */
#include <string.h>

#include "base/buffer.h"
#include "base/json.h"
#include "base/try.h"
#include "manage/call.h"
#include "manage/db_migrator.h"
#include "manage/db_operations.h"
#include "manage/decide.h"

static cn_status print_json(cn_call *call, const cni_buffer *out, cn_error *err)
{
	if (out->failed)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	cn_print(call, "%s", cni_buffer_text(out));
	return CN_OK;
}

/* ---- squash ---- */

/* "A:B", "A:" or ":B"; either may be left out. */
static cn_status read_range(cn_call *call, cn_squash_desc *desc, cn_error *err)
{
	const char *range = cn_call_text(call, "range");
	const char *colon = range ? strchr(range, ':') : NULL;
	if (!range)
		return CN_OK;
	if (!colon || strchr(colon + 1, ':'))
		return cn_usage(call, err,
			"\"%s\" names no run of revisions: write FIRST:LAST, or \":\" for all",
			range);
	if (colon > range)
		desc->from = cni_strndup(cni_call_arena(call), range, (size_t)(colon - range));
	if (colon[1])
		desc->to = colon + 1;
	return colon > range && !desc->from ? cn_fail(err, CN_ENOMEM, "out of memory") : CN_OK;
}

/* The decisions, in the words of an answers file. */
static cn_status read_answers(cn_call *call, cn_squash_desc *desc, cn_error *err)
{
	CLEANUP(cni_buffer_done) cni_buffer text = {0};
	cni_answers answers = {.arena = cni_call_arena(call)};
	cn_status status = cni_call_answers(call, &answers, err);
	if (status < 0)
		return status == CN_EARG ? cn_usage_mark(call, err) : status;
	for (size_t i = 0; i < answers.count; i++) {
		cni_answer_write(&text, &answers.list[i]);
		cni_buffer_putc(&text, '\n');
	}
	desc->answers = answers.count ? cni_buffer_dup(&text, cni_call_arena(call)) : NULL;
	return answers.count && !desc->answers ? cn_fail(err, CN_ENOMEM, "out of memory") : CN_OK;
}

static cn_status squash_json(cn_call *call, const cn_squashed *made, cn_error *err)
{
	CLEANUP(cni_buffer_done) cni_buffer out = {0};
	cni_json json = {.out = &out, .pretty = true};
	cni_json_object(&json, NULL);
	cni_json_text(&json, "revision", made->id);
	cni_json_text(&json, "path", made->path);
	cni_json_int(&json, "replaces", (int64_t)made->count);
	cni_json_bool(&json, "concatenated", made->concatenated);
	cni_json_bool(&json, "tried_on_rows", made->tried_on_rows);
	cni_json_text(&json, "archive", made->archive);
	if (!made->path)
		cni_json_text(&json, "text", made->text);
	cni_json_end(&json);
	return print_json(call, &out, err);
}

int cni_db_squash(cn_call *call, cn_error *err)
{
	CLEANUP(cni_migrator_freep) cn_migrator *migrator = NULL;
	cn_squashed made;
	cn_squash_desc desc = {.message = cn_call_text(call, "message"),
		.revision_id = cn_call_text(call, "rev-id"),
		.concatenate = cn_call_flag(call, "concatenate"),
		.drop_data_steps = cn_call_flag(call, "drop-data-steps"),
		.dry_run = cn_call_flag(call, "sql")};
	TRY(read_range(call, &desc, err));
	TRY(read_answers(call, &desc, err));
	TRY(cni_call_migrator(call, false, &migrator, err));
	TRY(cn_migrator_squash(migrator, &desc, &made, err));
	if (cn_call_json(call))
		return squash_json(call, &made, err);
	if (desc.dry_run) {
		cn_write(call, made.text, strlen(made.text));
		return CN_OK;
	}
	cn_note(call, "%zu revisions are one: %s", made.count, made.path);
	cn_note(call, "%s",
		made.concatenated    ? "every statement of theirs is in it, in order"
		: made.tried_on_rows ? "planned anew; it does the same to sample rows"
				     : "planned anew; it could not be compared on sample rows");
	cn_note(call, "the old files lie in %s", made.archive);
	return CN_OK;
}

/* ---- rebase ---- */

static cn_status rebase_json(cn_call *call, const cn_rebased *moved, cn_error *err)
{
	CLEANUP(cni_buffer_done) cni_buffer out = {0};
	cni_json json = {.out = &out, .pretty = true};
	cni_json_object(&json, NULL);
	cni_json_text(&json, "revision", moved->revision);
	cni_json_text(&json, "onto", moved->onto);
	cni_json_array(&json, "moved");
	for (size_t i = 0; i < moved->count; i++)
		cni_json_text(&json, NULL, moved->ids[i]);
	cni_json_end(&json);
	cni_json_end(&json);
	return print_json(call, &out, err);
}

int cni_db_rebase(cn_call *call, cn_error *err)
{
	CLEANUP(cni_migrator_freep) cn_migrator *migrator = NULL;
	cn_rebased moved;
	const cn_rebase_desc desc = {.revision = cn_call_text(call, "revision"),
		.onto = cn_call_text(call, "onto"),
		.force = cn_call_flag(call, "force"),
		.dry_run = cn_call_flag(call, "dry-run")};
	TRY(cni_call_migrator(call, false, &migrator, err));
	TRY(cn_migrator_rebase(migrator, &desc, &moved, err));
	if (cn_call_json(call))
		return rebase_json(call, &moved, err);
	if (!moved.count) {
		cn_note(call, "nothing to do: %s follows %s already", moved.revision, moved.onto);
		return CN_OK;
	}
	cn_note(call, "%s %s %s; %zu revision%s proved there", moved.revision,
		desc.dry_run ? "could follow" : "follows", moved.onto, moved.count,
		moved.count == 1 ? "" : "s");
	return CN_OK;
}
