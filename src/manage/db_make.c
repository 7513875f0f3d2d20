/* db_make.c - `db init`, `db migrate`, `db revision`, `db merge`, `db check`: where revisions come
 * from. */
#include <string.h>

#include "base/buffer.h"
#include "base/json.h"
#include "base/text.h"
#include "base/try.h"
#include "manage/call.h"
#include "manage/db_migrator.h"
#include "manage/decide.h"

/* A list of lines as a JSON array. */
static void json_lines(cni_json *json, const char *name, const char *text)
{
	cni_json_array(json, name);
	while (*text) {
		size_t size = strcspn(text, "\n");
		if (size)
			cni_json_text_size(json, NULL, text, size);
		text += size + (text[size] != '\0');
	}
	cni_json_end(json);
}

static cn_status print_json(cn_call *call, const cni_buffer *out, cn_error *err)
{
	if (out->failed)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	cn_print(call, "%s", cni_buffer_text(out));
	return CN_OK;
}

int cni_db_init(cn_call *call, cn_error *err)
{
	CLEANUP(cni_migrator_freep) cn_migrator *migrator = NULL;
	TRY(cni_call_migrator(call, false, &migrator, err));
	bool made;
	TRY(cn_migrator_init_from(migrator, cn_call_text(call, "template"), &made, err));
	cn_note(call, made ? "made %s" : "%s is there already", migrator->folder);
	cn_note(call, "next: %s db migrate -m \"first\"", cni_call_program(call));
	return CN_OK;
}

int cni_db_list_templates(cn_call *call, cn_error *err)
{
	CLEANUP(cni_buffer_done) cni_buffer out = {0};
	cni_json json = {.out = &out, .pretty = true};
	cni_json_array(&json, NULL);
	for (const cn_template *t = cn_migration_templates(); t->name; t++) {
		cni_json_object(&json, NULL);
		cni_json_text(&json, "name", t->name);
		cni_json_text(&json, "help", t->help);
		cni_json_end(&json);
		if (!cn_call_json(call))
			cn_print(call, "%-10s %s", t->name, t->help);
	}
	cni_json_end(&json);
	if (cn_call_json(call))
		return print_json(call, &out, err);
	cn_note(call, "the path of a folder is a template, too: %s db init -t FOLDER",
		cni_call_program(call));
	return CN_OK;
}

static cn_status report_made(cn_call *call, const cn_made *made, bool script, cn_error *err)
{
	if (cn_call_json(call)) {
		CLEANUP(cni_buffer_done) cni_buffer out = {0};
		cni_json json = {.out = &out, .pretty = true};
		cni_json_object(&json, NULL);
		cni_json_bool(&json, "changed", made->changed);
		cni_json_text(&json, "revision", made->id);
		cni_json_text(&json, "path", made->path);
		json_lines(&json, "changes", made->summary);
		if (script)
			cni_json_text(&json, "text", made->text);
		cni_json_end(&json);
		return print_json(call, &out, err);
	}
	if (!made->changed) {
		cn_note(call, "no changes: the migrations make what is wanted");
		return CN_OK;
	}
	if (script) {
		cn_write(call, made->text, strlen(made->text));
		return CN_OK;
	}
	size_t size = strlen(made->summary);
	if (size)
		cn_note(call, "%.*s", (int)(size - (made->summary[size - 1] == '\n')),
			made->summary);
	cn_note(call, "wrote %s", made->path);
	cn_note(call, "next: %s db upgrade", cni_call_program(call));
	return CN_OK;
}

static cn_status make(cn_call *call, cn_make_desc *desc, bool ask, cn_error *err)
{
	CLEANUP(cni_migrator_freep) cn_migrator *migrator = NULL;
	CLEANUP(cni_arena_done) cni_arena arena = {0};
	cni_answers answers = {.arena = &arena};
	cn_made made;
	desc->message = cn_call_text(call, "message");
	desc->revision_id = cn_call_text(call, "rev-id");
	desc->head = cn_call_text(call, "head");
	desc->splice = cn_call_flag(call, "splice");
	desc->branch_label = cn_call_text(call, "branch-label");
	desc->depends_on = cn_call_list(call, "depends-on", NULL);
	TRY(cni_call_migrator(call, false, &migrator, err));
	if (!desc->empty) {
		cn_status status = cni_call_answers(call, &answers, err);
		if (status < 0)
			return status == CN_EARG ? cn_usage_mark(call, err) : status;
	}
	if (!ask)
		cni_migrator_set_ask(migrator, NULL, NULL);
	TRY(cni_migrator_make(migrator, desc, &answers, &made, err));
	return report_made(call, &made, desc->dry_run, err);
}

int cni_db_migrate(cn_call *call, cn_error *err)
{
	cn_make_desc desc = {.dry_run = cn_call_flag(call, "sql") || cn_call_flag(call, "dry-run")};
	return make(call, &desc, !cn_call_flag(call, "yes"), err);
}

int cni_db_revision(cn_call *call, cn_error *err)
{
	cn_make_desc desc = {
		.empty = !cn_call_flag(call, "autogenerate"), .dry_run = cn_call_flag(call, "sql")};
	return make(call, &desc, !cn_call_flag(call, "yes"), err);
}

int cni_db_merge(cn_call *call, cn_error *err)
{
	CLEANUP(cni_migrator_freep) cn_migrator *migrator = NULL;
	size_t count;
	const char *const *names = cn_call_list(call, "revision", &count);
	const cn_merge_desc desc = {.revisions = count ? names : NULL,
		.message = cn_call_text(call, "message"),
		.revision_id = cn_call_text(call, "rev-id"),
		.branch_label = cn_call_text(call, "branch-label"),
		.dry_run = cn_call_flag(call, "sql")};
	cn_made made;
	TRY(cni_call_migrator(call, false, &migrator, err));
	TRY(cn_migrator_merge(migrator, &desc, &made, err));
	return report_made(call, &made, desc.dry_run, err);
}

/* ---- check ---- */

typedef struct check_report {
	cni_buffer files, changes; /* a line each; empty: nothing is wrong */
	size_t heads;
	bool differ;
} check_report;

static void report_done(check_report *report)
{
	cni_buffer_done(&report->files);
	cni_buffer_done(&report->changes);
}

static cn_status check_json(cn_call *call, const check_report *report, cn_error *err)
{
	CLEANUP(cni_buffer_done) cni_buffer out = {0};
	cni_json json = {.out = &out, .pretty = true};
	cni_json_object(&json, NULL);
	cni_json_bool(&json, "differ", report->differ);
	json_lines(&json, "changes", cni_buffer_text(&report->changes));
	cni_json_int(&json, "heads", (int64_t)report->heads);
	json_lines(&json, "files", cni_buffer_text(&report->files));
	cni_json_end(&json);
	TRY(print_json(call, &out, err));
	return CN_OK;
}

static cn_status fail_differ(cn_call *call, const check_report *report, cn_error *err)
{
	cn_error_set(err, CN_ESCHEMA, "what is wanted differs from what the migrations make");
	cn_error_detail(err, "%s", cni_buffer_text(&report->changes));
	cn_error_hint(err, "%s db migrate -m \"what changed\"", cni_call_program(call));
	return CN_ESCHEMA;
}

/* Files first: what they make says little when they are not what they were. */
int cni_db_check(cn_call *call, cn_error *err)
{
	CLEANUP(cni_migrator_freep) cn_migrator *migrator = NULL;
	CLEANUP(cni_arena_done) cni_arena arena = {0};
	CLEANUP(report_done) check_report report = {0};
	cni_diff diff;
	cn_error files;
	TRY(cni_call_migrator(call, false, &migrator, err));
	cn_status status = cn_migrator_check(migrator, &files);
	if (status < 0 && (status != CN_ESCHEMA || !cn_call_json(call))) {
		if (err)
			*err = files;
		return status;
	}
	if (status < 0)
		cni_buffer_printf(&report.files, "%s%s%s", files.message, *files.detail ? "\n" : "",
			files.detail);
	TRY(cni_migrator_heads(migrator, &report.heads, err));
	TRY(cni_migrator_diff(migrator, &arena, &diff, err));
	report.differ = diff.change_count > 0;
	cni_diff_describe(&report.changes, &diff);
	if (report.changes.failed || report.files.failed)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	if (cn_call_json(call)) {
		TRY(check_json(call, &report, err));
		return report.differ || status < 0 ? 1 : CN_OK;
	}
	if (report.differ)
		return fail_differ(call, &report, err);
	cn_note(call, "the migrations make what is wanted");
	return CN_OK;
}
