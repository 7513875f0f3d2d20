/*
 * progress.h - the line on the terminal for what takes longer than a second:
 *
 *     copying product [=======>                ] 1 234 000 of 5 000 000 rows  25 %  9 s left
 *
 * cn_progress (cantil/command.h) is its public door. Source: src/manage/progress.c, watch.c
 */
#ifndef CNI_MANAGE_PROGRESS_H
#define CNI_MANAGE_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "driver/driver.h"

typedef struct cni_progress_at {
	const char *what;                /* "copying product" */
	const char *unit;                /* "rows"; "" */
	int64_t done;                    /* 0: cannot be told */
	int64_t total;                   /* 0: not known */
	int64_t elapsed_us, done_before; /* since `what` began, and where it began */
} cni_progress_at;

/* Appends the line for a terminal of so many columns; it is shorter than that. What there is no
 * room for goes in this order: the bar, the rate, the time left, the count. */
void cni_progress_line(cni_buffer *out, const cni_progress_at *at, size_t columns);

typedef struct cni_progress {       /* of one call */
	int64_t start_us, drawn_us; /* of the first call; when it was last drawn */
	bool shown;                 /* it is on the screen */
	char what[80];              /* what is going on since what_us */
	int64_t what_us, done_before;
} cni_progress;

struct cn_call;
void cni_progress_show(
	struct cn_call *call, const char *what, const char *unit, int64_t done, int64_t total);
/* Takes it off the screen, if it is there. */
void cni_progress_clear(struct cn_call *call);

/* From now on to the end of the call a signal is noticed by what runs (statements, copies,
 * questions, waiting for a lock) and does not end the program at once: what was done is told. */
void cni_call_hold(struct cn_call *call);

/* Shows how far the connection's statements are, and lets Ctrl-C end them, as long as it is open.
 * Copies made of it (cni_conn_snapshot) are looked at, too. `call` must outlive the connection.
 * Source: src/manage/watch.c */
void cni_call_watch(struct cn_call *call, cni_conn *conn);
void cni_call_forget(struct cn_call *call, cni_conn *conn); /* before it is closed */

#endif
