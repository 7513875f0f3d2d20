/* ask.c - open questions as an error that says what to write. */
#include "migrate/change/change.h"

#include <string.h>

#include "base/text.h"
#include "base/try.h"

static bool has_answer(const cni_question *question) { return question->kind != CNI_ASK_CONFLICT; }

cn_status cni_change_ask(const cni_change_set *set, cn_error *err)
{
	CLEANUP(cni_buffer_done) cni_buffer detail = {0};
	CLEANUP(cni_buffer_done) cni_buffer hint = {0};
	size_t conflicts = 0;
	for (size_t i = 0; i < set->question_count; i++) {
		const cni_question *question = &set->questions[i];
		conflicts += !has_answer(question);
		cni_buffer_printf(&detail, "%s%s", i ? "\n" : "", question->text);
		if (question->detail)
			cni_buffer_printf(&detail, " (%s)", question->detail);
		if (question->hint &&
			(!hint.size || !strstr(cni_buffer_text(&hint), question->hint)))
			cni_buffer_printf(&hint, "%s%s", hint.size ? "\n" : "", question->hint);
	}
	if (detail.failed || hint.failed)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	if (conflicts == set->question_count)
		cn_error_set(err, CN_EDECISION,
			"the rows that are there do not fit the new schema; nothing was changed");
	else if (set->question_count == 1)
		cn_error_set(err, CN_EDECISION, "a decision is needed; nothing was changed");
	else
		cn_error_set(err, CN_EDECISION, "%zu decisions are needed; nothing was changed",
			set->question_count);
	cn_error_detail(err, "%s", cni_buffer_text(&detail));
	cn_error_hint(err, "%s", cni_buffer_text(&hint));
	return CN_EDECISION;
}
