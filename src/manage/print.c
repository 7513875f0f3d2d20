/* print.c - what a call says: results, notes, errors. */
#include "manage/call.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"

static const char *const styles[] = {
	[CN_STYLE_NONE] = "\x1b[0m",
	[CN_STYLE_BOLD] = "\x1b[1m",
	[CN_STYLE_DIM] = "\x1b[2m",
	[CN_STYLE_RED] = "\x1b[31m",
	[CN_STYLE_GREEN] = "\x1b[32m",
	[CN_STYLE_YELLOW] = "\x1b[33m",
};

bool cn_call_json(const cn_call *call) { return call->json; }

bool cn_call_quiet(const cn_call *call) { return call->quiet; }

bool cn_call_verbose(const cn_call *call) { return call->verbose; }

bool cn_call_terminal(const cn_call *call)
{
	(void)call;
	return isatty(STDIN_FILENO) && isatty(STDERR_FILENO);
}

const char *cn_color(const cn_call *call, cn_style style)
{
	return call->color_out && style <= CN_STYLE_YELLOW ? styles[style] : "";
}

/* Errors of writing are kept by stdio and reported once, at the end (main.c). */
static void line(FILE *out, const char *fmt, va_list ap) CN_PRINTF(2, 0) __attribute__((nonnull));

static void line(FILE *out, const char *fmt, va_list ap)
{
	vfprintf(out, fmt, ap);
	putc('\n', out);
}

void cn_print(cn_call *call, const char *fmt, ...)
{
	va_list ap;

	cni_progress_clear(call);
	call->written = true;
	va_start(ap, fmt);
	line(stdout, fmt, ap);
	va_end(ap);
}

void cn_write(cn_call *call, const char *text, size_t size)
{
	cni_progress_clear(call);
	call->written = true;
	fwrite(text, 1, size, stdout);
}

void cn_note(cn_call *call, const char *fmt, ...)
{
	va_list ap;

	if (call->quiet || call->json)
		return;
	cni_progress_clear(call);
	va_start(ap, fmt);
	line(stdout, fmt, ap);
	va_end(ap);
}

void cn_detail(cn_call *call, const char *fmt, ...)
{
	va_list ap;

	if (!call->verbose)
		return;
	cni_progress_clear(call);
	fflush(stdout);
	va_start(ap, fmt);
	line(stderr, fmt, ap);
	va_end(ap);
}

/* Names and values from a database stand in messages: no escape sequence of theirs reaches the
 * terminal, and each line keeps its head. */
static void safe_lines(const char *head, const char *text)
{
	fputs(head, stderr);
	for (const char *c = text; *c; c++) {
		if (*c == '\n' && c[1])
			fprintf(stderr, "\n%s", head);
		else if (*c == '\t' || ((unsigned char)*c >= 0x20 && *c != 0x7f))
			putc(*c, stderr);
		else if (*c != '\n')
			putc('?', stderr);
	}
	putc('\n', stderr);
}

static void labelled(const char *app, const char *label, cn_style style, bool color)
{
	fflush(stdout); /* in the order in which they were written, when both go to one place */
	if (color)
		fprintf(stderr, "%s: %s%s:%s ", app, styles[style], label, styles[CN_STYLE_NONE]);
	else
		fprintf(stderr, "%s: %s: ", app, label);
}

void cn_warn(cn_call *call, const char *fmt, ...)
{
	char text[2048];
	va_list ap;

	cni_progress_clear(call);
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	text[cni_utf8_cut(text, strlen(text))] = '\0';
	labelled(call->app->desc.name, "warning", CN_STYLE_YELLOW, call->color_err);
	safe_lines("", text);
}

void cni_print_error(const char *app, const cn_error *err, bool color)
{
	labelled(app, "error", CN_STYLE_RED, color);
	safe_lines("", err->message);
	if (err->detail[0])
		safe_lines("detail: ", err->detail);
	if (err->hint[0])
		safe_lines("hint: ", err->hint);
}
