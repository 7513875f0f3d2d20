/* progress.c - a bar for what takes longer than a second. */
#include "manage/call.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"

enum { QUIET_US = 1000000, REDRAW_US = 100000, BAR_WIDTH = 30, WHAT_WIDTH = 32 };

void cn_progress(cn_call *call, const char *what, int64_t done, int64_t total)
{
	int64_t now = cni_clock_mono_us();

	if (call->quiet || !isatty(STDERR_FILENO))
		return;
	if (!call->progress_start_us)
		call->progress_start_us = now;
	if (now - call->progress_start_us < QUIET_US || now - call->progress_drawn_us < REDRAW_US)
		return;
	call->progress_drawn_us = now;
	fflush(stdout);
	if (total <= 0) {
		fprintf(stderr, "\r%-*.*s %" PRId64 "\x1b[K", WHAT_WIDTH, WHAT_WIDTH, what, done);
		return;
	}
	if (done > total)
		done = total;
	int filled = (int)((double)done / (double)total * BAR_WIDTH);
	int percent = (int)((double)done / (double)total * 100);
	fprintf(stderr, "\r%-*.*s [%.*s%*s] %3d %%\x1b[K", WHAT_WIDTH, WHAT_WIDTH, what, filled,
		"==============================", BAR_WIDTH - filled, "", percent);
}

void cni_progress_clear(cn_call *call)
{
	if (call->progress_drawn_us)
		fputs("\r\x1b[K", stderr);
	call->progress_drawn_us = 0;
}
