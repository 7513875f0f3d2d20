/* decide.c - see decide.h. */
#include "manage/decide.h"

#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "base/try.h"
#include "manage/call.h"

enum { ANSWERS_MAX = 1 << 20 };

/* A revision remembers the answers that it rests on: what was answered once can be given again. */
static cn_status read_revision(
	cn_call *call, cni_answers *answers, const char *text, const char *name, cn_error *err)
{
	static const char mark[] = "-- answer: ";
	cni_arena *arena = cni_call_arena(call);
	for (unsigned line = 1; *text; line++) {
		size_t size = strcspn(text, "\n");
		if (cni_starts(text, mark)) {
			const char *answer =
				cni_strndup(arena, text + strlen(mark), size - strlen(mark));
			const char *source = cni_printf(arena, "%s:%u", name, line);
			if (!answer || !source)
				return cn_fail(err, CN_ENOMEM, "out of memory");
			TRY(cni_answers_add_line(answers, answer, source, err));
		}
		text += size + (text[size] == '\n');
	}
	return CN_OK;
}

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
	if (cni_starts(text, "-- cantil: revision"))
		return read_revision(call, answers, text, name, err);
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

/* Typed until it is one SQL expression. Whether it means something is seen when it is used. */
static cn_status ask_value(
	cn_call *call, const cni_choice *choice, const char **ret_line, cn_error *err)
{
	cni_arena *arena = cni_call_arena(call);
	for (;;) {
		cni_answers tried = {.arena = arena};
		const char *value;
		cn_error why;
		TRY(cn_ask_text(call, "value, as an SQL expression (text in single quotes):",
			choice->likely_value, &value, err));
		const char *line = cni_printf(arena, "%s%s", choice->answer_prefix, value);
		if (!line)
			return cn_fail(err, CN_ENOMEM, "out of memory");
		cn_status status = cni_answers_add_line(&tried, line, "your answer", &why);
		if (status == CN_ENOMEM)
			return cn_fail(err, CN_ENOMEM, "out of memory");
		if (status >= 0) {
			*ret_line = line;
			return CN_OK;
		}
		cn_warn(call, "%s", why.message);
	}
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
	return ask_value(call, choice, ret_line, err);
}

void cni_call_tell_answers(cn_call *call, const cni_answers *answers)
{
	CLEANUP(cni_buffer_done) cni_buffer lines = {0};
	for (size_t i = 0; i < answers->count; i++) {
		if (!answers->list[i].typed)
			continue;
		cni_answer_write(&lines, &answers->list[i]);
		cni_buffer_putc(&lines, '\n');
	}
	if (lines.size && !lines.failed) {
		cn_note(call, "what you answered, for --answers FILE another time:");
		cn_write(call, cni_buffer_text(&lines), lines.size);
	}
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
		if (set->questions[i].choice_count == 0) {
			cni_call_tell_answers(call, answers);
			return say_where(set, err);
		}
	/* one answer can settle the questions after it, so what is left is worked out anew after
	 * each */
	const char *line;
	TRY(ask_one(call, &set->questions[0], &line, err));
	TRY(cni_answers_add_line(answers, line, "your answer", err));
	answers->list[answers->count - 1].typed = true;
	cn_note(call, "  %s", line);
	return CN_OK;
}
