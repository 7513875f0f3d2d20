/*
 * decide_values.c - values that would not come through a change of type.
 *
 * A change of type is harmless when every value can be told back from what becomes of it: 5 to 5.0
 * and 7 to '7' are, '007' to 7, 19.99 to 19, 2^53+1 to a double are not. What is not harmless needs
 * allow-cast; what the engine refuses to convert at all must be mended first. Which values these
 * are is the engine's to say (driver/words.h).
 */
#include "migrate/decide/decide.h"

#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "base/try.h"
#include "sql/lexer.h"

/* The rows for which the condition holds, counted; `where` becomes what stands behind FROM. */
static cn_status count_misfits(cni_decider *decider, const cni_copy *copy, size_t column,
	cni_misfit_kind why, cni_buffer *where, int64_t *ret, cn_error *err)
{
	CLEANUP(cni_buffer_done) cni_buffer sql = {0};
	CLEANUP(cni_buffer_done) cni_buffer misfit = {0};
	*ret = 0;
	decider->words->misfit(&misfit, decider->input->to, copy, column, why);
	if (misfit.failed)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	if (!decider->input->data || !misfit.size)
		return CN_OK;
	cni_relation_old(decider, copy, where);
	cni_buffer_printf(where, " WHERE %s", cni_buffer_text(&misfit));
	cni_buffer_printf(&sql, "SELECT count(*) FROM %s", cni_buffer_text(where));
	if (where->failed || sql.failed)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	return cni_count(decider, &sql, ret, err);
}

static cn_status ask_cast(cni_decider *decider, const cni_copy *copy, size_t column,
	cni_misfit_kind why, const char *where, int64_t rows, cn_error *err)
{
	CLEANUP(cni_buffer_done) cni_buffer text = {0};
	CLEANUP(cni_buffer_done) cni_buffer detail = {0};
	CLEANUP(cni_buffer_done) cni_buffer hint = {0};
	CLEANUP(cni_buffer_done) cni_buffer sql = {0};
	const cni_ddl_column *is = &copy->to->ddl.table.columns[column];
	bool fails = why == CNI_MISFIT_FAILS;
	cni_question question = {.kind = fails ? CNI_ASK_CONFLICT : CNI_ASK_CAST,
		.table = copy->to->name,
		.column = is->name,
		.rows = rows};
	cni_rows_text(&text, rows, copy->to->name);
	cni_buffer_puts(&text, " a value in ");
	cni_quote_name_if(&text, is->name);
	cni_buffer_printf(&text, " that does not fit type %s%s: %s", is->type ? is->type : "BLOB",
		copy->to->ddl.table.strict ? " (STRICT)" : "",
		fails ? "it cannot be converted" : "converting would lose it");
	cni_buffer_printf(&sql, "SELECT %s, ", cni_relation_key_name(copy));
	cni_quote_name(&sql, is->name);
	cni_buffer_printf(&sql, " FROM %s LIMIT %d", where, CNI_SAMPLES);
	TRY(cni_sample(decider, &sql, &detail, err));
	if (fails) {
		question.text = cni_buffer_text(&text);
		question.detail = cni_buffer_text(&detail);
		question.hint = "mend these values first, or set them to NULL";
		return text.failed || detail.failed ? cn_fail(err, CN_ENOMEM, "out of memory")
						    : cni_ask(decider, &question, err);
	}
	const cni_answer answer = {
		.kind = CNI_ANSWER_ALLOW_CAST, .table = copy->to->name, .column = is->name};
	cni_answer_write(&hint, &answer);
	const cni_choice choice = {.text = "convert them", .answer = cni_buffer_text(&hint)};
	return cni_ask_column(decider, &question, &choice, &text, &detail, &hint, err);
}

/* What cannot be converted cannot be looked at as it will be, either. */
static cn_status decide_failing(
	cni_decider *decider, cni_copy *copy, size_t column, int64_t *ret, cn_error *err)
{
	CLEANUP(cni_buffer_done) cni_buffer where = {0};
	TRY(count_misfits(decider, copy, column, CNI_MISFIT_FAILS, &where, ret, err));
	if (!*ret)
		return CN_OK;
	decider->unseen[copy - decider->copies] = true;
	return ask_cast(
		decider, copy, column, CNI_MISFIT_FAILS, cni_buffer_text(&where), *ret, err);
}

static cn_status decide_cast(cni_decider *decider, cni_copy *copy, size_t column, cn_error *err)
{
	CLEANUP(cni_buffer_done) cni_buffer where = {0};
	const cni_ddl_column *is = &copy->to->ddl.table.columns[column];
	int64_t rows;
	if (!decider->words->may_misfit(copy, column))
		return CN_OK;
	TRY(decide_failing(decider, copy, column, &rows, err));
	if (rows)
		return CN_OK;
	if (cni_decided(decider, CNI_ANSWER_ALLOW_CAST, copy->to->name, is->name)) {
		copy->columns[column].cast = decider->words->casts(copy, column);
		return CN_OK;
	}
	TRY(count_misfits(decider, copy, column, CNI_MISFIT_LOSES, &where, &rows, err));
	return rows ? ask_cast(decider, copy, column, CNI_MISFIT_LOSES, cni_buffer_text(&where),
			      rows, err)
		    : CN_OK;
}

/* Nothing can be looked at as something that is not there yet. */
static bool has_new_type(const cni_decider *decider, const cni_copy *copy)
{
	const cni_words *words = decider->words;
	const cni_change_input *input = decider->input;
	for (size_t i = 0; words->is_new_type && i < copy->to->ddl.table.column_count; i++)
		if (words->is_new_type(input->from, input->to, copy->to->ddl.table.columns[i].type))
			return true;
	return false;
}

cn_status cni_decide_values(cni_decider *decider, cn_error *err)
{
	for (size_t i = 0; i < decider->copy_count; i++) {
		cni_copy *copy = &decider->copies[i];
		if (cni_object_equal(copy->from, copy->to))
			continue;
		decider->unseen[i] = has_new_type(decider, copy);
		for (size_t j = 0; j < copy->to->ddl.table.column_count; j++) {
			TRY(decide_cast(decider, copy, j, err));
			TRY(cni_decide_fill(decider, copy, j, err));
		}
	}
	return CN_OK;
}
