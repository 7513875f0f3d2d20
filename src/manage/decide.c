/* decide.c - see decide.h. */
#include "manage/decide.h"

#include <string.h>

#include "base/file.h"
#include "base/try.h"
#include "manage/call.h"

enum { ANSWERS_MAX = 1 << 20 };

static cn_status read_file(cn_call *call, cni_answers *answers, cn_error *err)
{
	const char *name = cn_call_text(call, "answers");
	char *text;
	size_t size;

	if (!name)
		return CN_OK;
	TRY(cni_file_read(cni_call_arena(call), name, ANSWERS_MAX, &text, &size, err));
	if (strlen(text) != size)
		return cn_fail(err, CN_EARG, "\"%s\" is no text: it holds a NUL byte", name);
	return cni_answers_add_text(answers, text, name, err);
}

cn_status cni_call_answers(cn_call *call, cni_answers *answers, cn_error *err)
{
	static const char *const words[] = {
		"rename", "fill", "allow-drop", "allow-cast", "ignore-table"};

	TRY(read_file(call, answers, err));
	for (size_t w = 0; w < CNI_COUNT(words); w++) {
		const char *const *values = cn_call_list(call, words[w], NULL);
		const char *source = cni_printf(cni_call_arena(call), "--%s", words[w]);
		for (size_t i = 0; values[i]; i++) {
			const char *line =
				cni_printf(cni_call_arena(call), "%s %s", words[w], values[i]);
			if (!line || !source)
				return cn_fail(err, CN_ENOMEM, "out of memory");
			TRY(cni_answers_add_line(answers, line, source, err));
		}
	}
	return CN_OK;
}

static const char STOP[] = "stop, and change nothing";

static cn_status stopped(cn_error *err)
{
	return cn_fail(err, CN_ECANCELED, "stopped; nothing was changed");
}

/* The answer line of one question, as it is chosen and perhaps typed. */
static cn_status ask_one(
	cn_call *call, const cni_question *question, const char **ret_line, cn_error *err)
{
	cni_arena *arena = cni_call_arena(call);
	const char **texts = cni_alloc(arena, (question->choice_count + 2) * sizeof *texts);
	size_t chosen;

	if (!texts)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	for (size_t i = 0; i < question->choice_count; i++)
		texts[i] = question->choices[i].text;
	texts[question->choice_count] = STOP;
	if (question->detail)
		cn_print(call, "%s", question->detail);
	TRY(cn_ask_choice(call, question->text, texts, 0, &chosen, err));
	if (chosen == question->choice_count)
		return stopped(err);
	const cni_choice *choice = &question->choices[chosen];
	if (choice->answer) {
		*ret_line = choice->answer;
		return CN_OK;
	}
	if (!choice->answer_prefix)
		return stopped(err);
	const char *value;
	TRY(cn_ask_text(
		call, "SQL expression for the value, for example 0 or 'none'", NULL, &value, err));
	*ret_line = cni_printf(arena, "%s%s", choice->answer_prefix, value);
	return *ret_line ? CN_OK : cn_fail(err, CN_ENOMEM, "out of memory");
}

/* The hint has the words of an answer; where they are written only the command line knows. */
static cn_status say_where(const cni_change_set *set, cn_error *err)
{
	for (size_t i = 0; i < set->question_count && err; i++) {
		if (set->questions[i].choice_count == 0)
			continue;
		char hint[sizeof err->hint];
		memcpy(hint, err->hint, sizeof hint);
		cn_error_hint(err,
			"%s   (as an option: --WORD \"THE REST\", or as a line of a file: --answers FILE)",
			hint);
		break;
	}
	return CN_EDECISION;
}

cn_status cni_call_ask(const cni_change_set *set, cni_answers *answers, void *ctx, cn_error *err)
{
	cn_call *call = ctx;

	if (!cn_call_terminal(call) || cn_call_json(call))
		return say_where(set, err);
	for (size_t i = 0; i < set->question_count; i++)
		if (set->questions[i].choice_count == 0)
			return say_where(set, err);
	/* one answer can settle the questions after it, so what is left is worked out anew after
	 * each */
	const char *line;
	TRY(ask_one(call, &set->questions[0], &line, err));
	TRY(cni_answers_add_line(answers, line, "your answer", err));
	cn_note(call, "  %s", line);
	return CN_OK;
}
