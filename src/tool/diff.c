/* diff.c - `cantil diff FROM TO`: what leads from one schema to another. */
#include "schema/diff.h"

#include "base/try.h"
#include "manage/call.h"
#include "tool/source.h"
#include "tool/tool.h"

static cn_status read_source(cn_call *call, const char *argument, const cni_schema *known,
	cni_schema **ret, cn_error *err)
{
	cni_arena *arena = cni_call_arena(call);
	CLEANUP(cni_buffer_done) cni_buffer notes = {0};
	cni_source source;

	TRY(cni_source_find(arena, cn_call_text(call, argument), &source, err));
	TRY(cni_source_schema(&source, known, arena, ret, &notes, err));
	cni_source_warn(call, &source, &notes);
	return CN_OK;
}

static cn_status is_database(cn_call *call, const char *argument, bool *ret, cn_error *err)
{
	cni_source source;

	TRY(cni_source_find(cni_call_arena(call), cn_call_text(call, argument), &source, err));
	*ret = source.kind == CNI_SOURCE_DATABASE;
	return CN_OK;
}

static int diff(cn_call *call, cn_error *err)
{
	cni_arena *arena = cni_call_arena(call);
	CLEANUP(cni_buffer_done) cni_buffer out = {0};
	cni_schema *from, *to;
	cni_diff found;
	bool of_to;

	TRY(is_database(call, "to", &of_to, err));
	if (of_to) { /* it says for which engine the other one is to be read */
		TRY(read_source(call, "to", NULL, &to, err));
		TRY(read_source(call, "from", to, &from, err));
	} else {
		TRY(read_source(call, "from", NULL, &from, err));
		TRY(read_source(call, "to", from, &to, err));
	}
	TRY(cni_diff_make(arena, from, to, &(cni_diff_options){0}, &found, err));
	if (cn_call_json(call))
		cni_diff_json(&out, &found);
	else
		cni_diff_describe(&out, &found);
	if (out.failed)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	if (found.change_count == 0 && !cn_call_json(call))
		cn_note(call, "no differences");
	else
		cn_write(call, cni_buffer_text(&out), out.size);
	return found.change_count && cn_call_flag(call, "exit-code") ? 1 : CN_OK;
}

static const cn_option diff_options[] = {
	CN_ARG("from", "a database, a .sql file, a designer's .xml file or a migrations folder",
		.complete = CN_COMPLETE_FILE),
	CN_ARG("to", "another of them", .complete = CN_COMPLETE_FILE),
	CN_OPT_FLAG(0, "exit-code", "exit with 1 when there are differences"),
	{0},
};

const cn_command_desc cni_tool_diff = {
	.name = "diff",
	.help = "compare two schemas",
	.description =
		"Lists what must change for FROM to become TO, one change a line: + added, - dropped, ~ altered.\n"
		"Both are compared by meaning: spelling, quoting, case and comments are no difference.\n"
		"`cantil apply` makes the changes.",
	.example = "cantil diff app.db schema.sql\n"
		   "cantil diff production.db staging.db --json",
	.options = diff_options,
	.run = diff,
	.json = true,
};
