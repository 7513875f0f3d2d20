/* prompt.c - questions on the terminal. */
#include "manage/call.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "base/try.h"
#include "manage/signals.h"

enum { LINE_BYTES = 4096 };

static cn_status need_terminal(cn_call *call, const char *question, cn_error *err)
{
	if (cn_call_terminal(call))
		return CN_OK;
	(void)cn_fail(err, CN_EDECISION, "a question must be answered, and there is no terminal");
	cn_error_detail(err, "%s", question);
	cn_error_hint(err, "run it on a terminal, or give the answer as an option (see --help)");
	return CN_EDECISION;
}

/* One line from stdin, read by the byte so that nothing behind it is taken. */
static cn_status read_line(char line[LINE_BYTES], cn_error *err)
{
	size_t size = 0;

	for (;;) {
		char c;
		ssize_t n = cni_wait_input() ? read(STDIN_FILENO, &c, 1) : -1;
		if (n <= 0 && (size == 0 || cni_interrupted())) {
			fputc('\n', stderr);
			return cn_fail(err, CN_ECANCELED, "no answer was given");
		}
		if (n <= 0 || c == '\n')
			break;
		if (size == LINE_BYTES - 1)
			return cn_fail(
				err, CN_EARG, "the answer is longer than %d bytes", LINE_BYTES - 1);
		line[size++] = c;
	}
	if (size && line[size - 1] == '\r')
		size--;
	line[size] = '\0';
	return CN_OK;
}

static cn_status ask(cn_call *call, const char *question, const char *choice, char line[LINE_BYTES],
	cn_error *err)
{
	cni_progress_clear(call);
	fflush(stdout);
	if (choice)
		fprintf(stderr, "%s [%s] ", question, choice);
	else
		fprintf(stderr, "%s ", question);
	return read_line(line, err);
}

cn_status cn_ask_text(cn_call *call, const char *question, const char *default_text,
	const char **ret_text, cn_error *err)
{
	char line[LINE_BYTES];

	TRY(need_terminal(call, question, err));
	do
		TRY(ask(call, question, default_text, line, err));
	while (!line[0] && !default_text);
	*ret_text = line[0] ? cni_strdup(&call->arena, line) : default_text;
	return *ret_text ? CN_OK : cn_fail(err, CN_ENOMEM, "out of memory");
}

cn_status cn_ask_password(cn_call *call, const char *question, const char **ret_text, cn_error *err)
{
	char line[LINE_BYTES];
	cn_status status;

	TRY(need_terminal(call, question, err));
	if (!cni_echo_off())
		return cn_fail(err, CN_EIO, "cannot switch the terminal's echo off");
	status = ask(call, question, NULL, line, err);
	cni_echo_on();
	fputc('\n', stderr);
	if (status == CN_OK) {
		cni_secret *secret = cni_alloc(&call->arena, sizeof *secret);
		char *text = cni_strdup(&call->arena, line);
		if (secret && text) {
			*secret = (cni_secret){text, strlen(text), call->secrets};
			call->secrets = secret;
			*ret_text = text;
		} else {
			status = cn_fail(err, CN_ENOMEM, "out of memory");
		}
	}
	explicit_bzero(line, sizeof line);
	return status;
}

cn_status cn_ask_yes(
	cn_call *call, const char *question, bool default_yes, bool *ret_yes, cn_error *err)
{
	char line[LINE_BYTES];

	TRY(need_terminal(call, question, err));
	for (;;) {
		TRY(ask(call, question, default_yes ? "Y/n" : "y/N", line, err));
		if (!line[0]) {
			*ret_yes = default_yes;
			return CN_OK;
		}
		if (cni_same(line, "y") || cni_same(line, "yes") || cni_same(line, "n") ||
			cni_same(line, "no")) {
			*ret_yes = cni_lower(line[0]) == 'y';
			return CN_OK;
		}
		fputs("please answer yes or no\n", stderr);
	}
}

/* The index that the line names by number (from 1) or text; -1: none. */
static int chosen(const char *line, const char *const *choices)
{
	char *end;
	long number = strtol(line, &end, 10);

	for (int i = 0; choices[i]; i++)
		if (cni_same(line, choices[i]) || (end != line && !*end && number == i + 1))
			return i;
	return -1;
}

cn_status cn_ask_choice(cn_call *call, const char *question, const char *const *choices,
	int default_choice, size_t *ret_choice, cn_error *err)
{
	char line[LINE_BYTES], preset[16];
	int choice = -1;

	TRY(need_terminal(call, question, err));
	fprintf(stderr, "%s\n", question);
	for (int i = 0; choices[i]; i++)
		fprintf(stderr, "  %d  %s\n", i + 1, choices[i]);
	snprintf(preset, sizeof preset, "%d", default_choice + 1);
	while (choice < 0) {
		TRY(ask(call, "which?", default_choice < 0 ? NULL : preset, line, err));
		choice = line[0] ? chosen(line, choices) : default_choice;
		if (choice < 0)
			fputs("please give one of the numbers\n", stderr);
	}
	*ret_choice = (size_t)choice;
	return CN_OK;
}
