/* change.c - the pipeline: answers, difference, decisions, preflight, plans, proof. */
#include "migrate/change/change.h"

#include <string.h>

#include "base/text.h"
#include "base/try.h"
#include "migrate/change/proof.h"
#include "migrate/decide/decide.h"

/* Is there nothing to do, so that answers of an earlier run need not make sense any more? A rename
 * that can still be made counts, be it of letter case only. */
static bool is_done(const cni_change_input *input)
{
	if (!cni_schema_equal(input->from, input->to))
		return false;
	for (size_t i = 0; i < input->answers->count; i++) {
		const cni_answer *answer = &input->answers->list[i];
		const cni_object *table = cni_schema_table(input->from, answer->table);
		if (answer->kind == CNI_ANSWER_RENAME_TABLE && table &&
			strcmp(table->name, answer->value) != 0)
			return false;
		if (answer->kind != CNI_ANSWER_RENAME_COLUMN || !table)
			continue;
		long column = cni_table_column(&table->ddl.table, answer->column);
		if (column >= 0 &&
			strcmp(table->ddl.table.columns[column].name, answer->value) != 0)
			return false;
	}
	return true;
}

static cn_status decide(cni_decider *decider, cn_error *err)
{
	const cni_change_input *input = decider->input;
	TRY(cni_decide_renames(decider, err));
	TRY(cni_decide_check_answers(decider, err));
	const cni_diff_options options = {.renames = decider->renames,
		.rename_count = decider->rename_count,
		.ignore_tables = decider->ignore_tables};
	TRY(cni_diff_make(
		decider->arena, input->from, input->to, &options, &decider->set->diff, err));
	TRY(cni_copies_make(decider->arena, input->from, input->to, decider->renames,
		decider->rename_count, decider->ignore_tables, &decider->copies,
		&decider->copy_count, err));
	decider->unseen =
		cni_alloc(decider->arena, (decider->copy_count + 1) * sizeof *decider->unseen);
	if (!decider->unseen)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	TRY(cni_decide_drops(decider, err));
	TRY(cni_decide_values(decider, err));
	return input->data ? cni_preflight(decider, err) : CN_OK;
}

cn_status cni_change_make(
	cni_arena *arena, const cni_change_input *input, cni_change_set *ret, cn_error *err)
{
	cni_change_set set = {0};
	cni_decider decider = {.arena = arena,
		.input = input,
		.words = cni_words_of(input->from->engine),
		.set = &set};
	if (is_done(input)) {
		*ret = set;
		return CN_OK;
	}
	if (!decider.words)
		return cn_fail(err, CN_EUNSUPPORTED, "this build has no driver for \"%s\"",
			input->from->engine);
	TRY(decide(&decider, err));
	if (set.question_count) {
		*ret = set;
		return CN_OK;
	}
	const cni_plan_request request = {.from = input->from,
		.to = input->to,
		.renames = decider.renames,
		.rename_count = decider.rename_count,
		.copies = decider.copies,
		.copy_count = decider.copy_count,
		.ignore_tables = decider.ignore_tables,
		.edit_from = input->edit_from,
		.data = input->data};
	TRY(cni_plan_make(input->from->engine, &request, arena, &set.up, err));
	if (set.up.step_count)
		TRY(cni_warn_mismatches(arena, input->from, input->to, &set.up, err));
	if (!input->up_only && set.up.step_count)
		TRY(cni_plan_back(arena, &request, &set.down, err));
	if (set.up.step_count)
		TRY(cni_prove(arena, input, &set, err));
	*ret = set;
	return CN_OK;
}
