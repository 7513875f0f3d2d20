/*
 * signals.h - Ctrl-C: what is running in the database is interrupted and the command ends with
 * CN_ECANCELED; when nothing is running there (or at the second time) the program ends at once with
 * exit code 130. SIGTERM and SIGHUP likewise, with 143 and 129. The terminal's echo comes back in
 * any case.
 *
 * A handler has no argument but the signal's number, so this is the one place of the core with
 * state of the process: which connection to interrupt. One command runs at a time.
 */
#ifndef CNI_MANAGE_SIGNALS_H
#define CNI_MANAGE_SIGNALS_H

#include <stdbool.h>

#include "driver/driver.h"

void cni_signals_install(void);
void cni_signals_restore(void);          /* what was there before */
void cni_signals_watch(cni_conn *conn);  /* interrupt this one too; at most 4 */
void cni_signals_forget(cni_conn *conn); /* before it is closed */
/* Ctrl-C is noticed by cni_interrupted alone, and does not end the program at once, while this is >
 * 0. */
void cni_signals_hold(int change);
bool cni_interrupted(void);
int cni_signal_exit_code(
	void); /* 130 after Ctrl-C, or when there was no signal; 143 after SIGTERM */
/* There is a half line on the terminal, which is taken off it when a signal ends the program. */
void cni_signals_line(bool shown);
void cni_signals_again(void); /* it was dealt with: the next Ctrl-C is the first one again */

/* Waits until stdin can be read (or has ended); false: Ctrl-C came first. It cannot slip in between
 * the look and the wait. */
bool cni_wait_input(void);

/* Switches the echo of the terminal on stdin; it is switched on again when a signal ends the
 * program. */
bool cni_echo_off(void);
void cni_echo_on(void);

#endif
