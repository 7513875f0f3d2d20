/* progress.c - see progress.h. */
#include "manage/progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"
#include "base/try.h"
#include "manage/call.h"
#include "manage/signals.h"

enum {
	QUIET_US = 1000000, /* what is over by then is not worth a line */
	REDRAW_US = 100000,
	RATE_US = 500000, /* a rate of less time than this says nothing */
	BAR_MIN = 10,
	BAR_MAX = 30,
	COLUMNS = 80,
	COLUMNS_MIN = 20,
	SECOND_US = 1000000,
};

/* ---- the line ---- */

/* 1234567: "1 234 567" */
static void add_number(cni_buffer *out, int64_t number)
{
	char digits[24];
	int size = snprintf(digits, sizeof digits, "%" PRId64, number);
	for (int i = 0; i < size; i++) {
		if (i && (size - i) % 3 == 0 && digits[i - 1] != '-')
			cni_buffer_putc(out, ' ');
		cni_buffer_putc(out, digits[i]);
	}
}

/* Two units at most: "9 s", "3 min 20 s", "2 h 10 min". */
static void add_time(cni_buffer *out, int64_t seconds)
{
	if (seconds < 60)
		cni_buffer_printf(out, "%d s", (int)seconds);
	else if (seconds < 3600)
		cni_buffer_printf(out, "%d min %d s", (int)(seconds / 60), (int)(seconds % 60));
	else
		cni_buffer_printf(
			out, "%" PRId64 " h %d min", seconds / 3600, (int)(seconds / 60 % 60));
}

/* Columns on the screen. The letters of East Asia and the pictures take two: what stands behind
 * U+1100 is taken for such, for a line that is too short does no harm. */
static size_t width_of(const char *text)
{
	size_t width = 0;
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;
		width += (c & 0xC0) != 0x80;
		width += c >= 0xE1;
	}
	return width;
}

typedef struct parts {
	cni_buffer count, rate, time;
	int percent; /* -1: not known */
} parts;

/* A second, rounded: more than two digits of it only flicker. */
static int64_t rate_of(const cni_progress_at *at)
{
	int64_t moved = at->done - at->done_before, unit = 1;
	if (at->elapsed_us < RATE_US || moved <= 0)
		return 0;
	int64_t rate = (int64_t)((double)moved / (double)at->elapsed_us * SECOND_US);
	while (rate / unit >= 100)
		unit *= 10;
	return rate / unit * unit;
}

static void make_parts(const cni_progress_at *at, parts *p)
{
	const char *blank = *at->unit ? " " : "";
	int64_t rate = rate_of(at);
	bool known = at->total > 0 && at->done > 0 && at->done <= at->total;
	p->percent = known ? (int)((double)at->done / (double)at->total * 100) : -1;
	if (at->done > 0 || at->total > 0) {
		if (at->done > 0)
			add_number(&p->count, at->done);
		if (known)
			cni_buffer_puts(&p->count, " of ");
		if (known || at->done <= 0)
			add_number(&p->count, at->total);
		cni_buffer_printf(&p->count, "%s%s", blank, at->unit);
	}
	if (rate) {
		add_number(&p->rate, rate);
		cni_buffer_printf(&p->rate, "%s%s/s", blank, at->unit);
	}
	if (known && rate) {
		add_time(&p->time, (at->total - at->done + rate - 1) / rate);
		cni_buffer_puts(&p->time, " left");
	} else if (at->elapsed_us >= SECOND_US) {
		add_time(&p->time, at->elapsed_us / SECOND_US);
		cni_buffer_puts(&p->time, " so far");
	}
}

static size_t room_for(const cni_buffer *part)
{
	return part->size ? width_of(cni_buffer_text(part)) + 2 : 0;
}

static void add_part(cni_buffer *out, const cni_buffer *part)
{
	if (part->size)
		cni_buffer_printf(out, "  %s", cni_buffer_text(part));
}

static void add_bar(cni_buffer *out, int percent, size_t width)
{
	size_t filled = width * (size_t)percent / 100;
	cni_buffer_puts(out, " [");
	for (size_t i = 0; i < width; i++)
		cni_buffer_putc(out, i < filled ? '=' : i == filled ? '>' : ' ');
	cni_buffer_putc(out, ']');
}

/* `what`, as far as there is room; names come from a database: nothing of theirs moves the cursor.
 */
static void add_what(cni_buffer *out, const char *what, size_t room)
{
	for (size_t used = 0; *what;) {
		char one[5] = {*what++};
		for (size_t i = 1; i < 4 && ((unsigned char)*what & 0xC0) == 0x80; i++)
			one[i] = *what++;
		used += width_of(one);
		if (used > room)
			return;
		bool control = (unsigned char)one[0] < 0x20 || one[0] == 0x7f;
		cni_buffer_puts(out, control ? "?" : one);
	}
}

void cni_progress_line(cni_buffer *out, const cni_progress_at *at, size_t columns)
{
	parts p = {0};
	make_parts(at, &p);
	size_t percent = p.percent >= 0 ? 7 : 0, what = width_of(at->what);
	size_t least = what < COLUMNS_MIN ? what : COLUMNS_MIN;
	cni_buffer *give_up[] = {&p.rate, &p.time, &p.count};
	size_t rest = percent + room_for(&p.count) + room_for(&p.rate) + room_for(&p.time);
	columns -= columns > 0; /* the last column of a line makes some terminals wrap */
	for (size_t i = 0; i < 3 && least + rest > columns; i++) {
		rest -= room_for(give_up[i]);
		cni_buffer_clear(give_up[i]);
	}
	what = rest < columns && what > columns - rest ? columns - rest : what;
	add_what(out, at->what, what);
	size_t room = what + rest < columns ? columns - what - rest : 0;
	if (p.percent >= 0 && room >= BAR_MIN + 3)
		add_bar(out, p.percent, room - 3 < BAR_MAX ? room - 3 : BAR_MAX);
	add_part(out, &p.count);
	if (p.percent >= 0)
		cni_buffer_printf(out, "  %3d %%", p.percent);
	add_part(out, &p.rate);
	add_part(out, &p.time);
	cni_buffer_done(&p.count);
	cni_buffer_done(&p.rate);
	cni_buffer_done(&p.time);
}

/* ---- on the screen ---- */

static size_t columns_of_terminal(void)
{
	struct winsize size;
	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
		return size.ws_col;
	return COLUMNS;
}

static bool can_draw(void)
{
	const char *term = getenv("TERM");
	return isatty(STDERR_FILENO) && !(term && strcmp(term, "dumb") == 0);
}

static void begin(cni_progress *progress, const char *what, int64_t done, int64_t now)
{
	snprintf(progress->what, sizeof progress->what, "%s", what);
	progress->what[cni_utf8_cut(progress->what, strlen(progress->what))] = '\0';
	progress->what_us = now;
	progress->done_before = done;
}

static void draw(cn_call *call, const char *unit, int64_t done, int64_t total, int64_t now)
{
	CLEANUP(cni_buffer_done) cni_buffer line = {0};
	cni_progress *progress = &call->progress;
	const cni_progress_at at = {.what = progress->what,
		.unit = unit,
		.done = done,
		.total = total,
		.elapsed_us = now - progress->what_us,
		.done_before = progress->done_before};
	cni_progress_line(&line, &at, columns_of_terminal());
	if (line.failed)
		return;
	fflush(stdout);
	fprintf(stderr, "\r%s\x1b[K", cni_buffer_text(&line));
	progress->shown = true;
	cni_signals_line(true);
}

void cni_progress_show(
	cn_call *call, const char *what, const char *unit, int64_t done, int64_t total)
{
	cni_progress *progress = &call->progress;
	int64_t now = cni_clock_mono_us();
	if (call->quiet)
		return;
	if (!progress->start_us)
		progress->start_us = now;
	if (!progress->what_us || strncmp(what, progress->what, sizeof progress->what - 5) != 0 ||
		done < progress->done_before)
		begin(progress, what, done, now);
	if (now - progress->start_us < QUIET_US || now - progress->drawn_us < REDRAW_US)
		return;
	progress->drawn_us = now;
	if (can_draw())
		draw(call, unit, done, total, now);
}

void cn_progress(cn_call *call, const char *what, int64_t done, int64_t total)
{
	cni_progress_show(call, what, "", done, total);
}

void cni_progress_clear(cn_call *call)
{
	if (call->progress.shown)
		fputs("\r\x1b[K", stderr);
	call->progress.shown = false;
	cni_signals_line(false);
}
