/* signals.c - see signals.h. */
#include "manage/signals.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <termios.h>
#include <unistd.h>

#include "base/try.h"

enum { WATCHED = 4 };

static cni_conn *_Atomic watched[WATCHED];
static atomic_int held;
static volatile sig_atomic_t interrupted, echo_is_off, line_is_shown;
static struct termios echo_terminal; /* as it was; valid while echo_is_off */
static const int handled[] = {SIGINT, SIGTERM, SIGHUP};
static struct sigaction before[CNI_COUNT(handled)];

static void on_signal(int signal)
{
	static const char clear[] = "\r\x1b[K";
	bool busy = atomic_load(&held) > 0;

	for (size_t i = 0; i < WATCHED; i++) {
		cni_conn *conn = atomic_load(&watched[i]);
		if (!conn)
			continue;
		busy = true;
		cni_conn_interrupt(conn);
	}
	if (busy && !interrupted) {
		interrupted = signal;
		return;
	}
	if (echo_is_off)
		tcsetattr(STDIN_FILENO, TCSANOW, &echo_terminal);
	if (line_is_shown)
		(void)!write(STDERR_FILENO, clear, sizeof clear - 1);
	_exit(128 + signal);
}

void cni_signals_install(void)
{
	/* restart: output that is being written stays whole; waiting for input is ended by ppoll */
	struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};

	interrupted = line_is_shown = 0;
	sigemptyset(&action.sa_mask);
	for (size_t i = 0; i < CNI_COUNT(handled); i++) {
		sigaction(handled[i], NULL, &before[i]);
		/* nohup and background shells ignore them on purpose */
		if (before[i].sa_handler != SIG_IGN)
			sigaction(handled[i], &action, NULL);
	}
}

void cni_signals_restore(void)
{
	for (size_t i = 0; i < CNI_COUNT(handled); i++)
		sigaction(handled[i], &before[i], NULL);
}

void cni_signals_watch(cni_conn *conn)
{
	for (size_t i = 0; i < WATCHED; i++) {
		cni_conn *none = NULL;
		if (atomic_compare_exchange_strong(&watched[i], &none, conn))
			return;
	}
}

void cni_signals_forget(cni_conn *conn)
{
	for (size_t i = 0; i < WATCHED; i++) {
		cni_conn *expected = conn;
		(void)atomic_compare_exchange_strong(&watched[i], &expected, NULL);
	}
}

void cni_signals_hold(int change) { atomic_fetch_add(&held, change); }

bool cni_interrupted(void) { return interrupted; }

int cni_signal_exit_code(void) { return 128 + (interrupted ? interrupted : SIGINT); }

void cni_signals_line(bool shown) { line_is_shown = shown; }

void cni_signals_again(void) { interrupted = 0; }

bool cni_wait_input(void)
{
	struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
	sigset_t blocked, usual;
	int n;

	sigemptyset(&blocked);
	for (size_t i = 0; i < CNI_COUNT(handled); i++)
		sigaddset(&blocked, handled[i]);
	pthread_sigmask(SIG_BLOCK, &blocked, &usual);
	do
		n = interrupted ? 0 : ppoll(&input, 1, NULL, &usual);
	while (n < 0 && errno == EINTR && !interrupted); /* a window was resized */
	pthread_sigmask(SIG_SETMASK, &usual, NULL);
	return !interrupted;
}

bool cni_echo_off(void)
{
	struct termios silent;

	if (tcgetattr(STDIN_FILENO, &echo_terminal) < 0)
		return false;
	silent = echo_terminal;
	silent.c_lflag &= ~(tcflag_t)ECHO;
	echo_is_off = 1;
	if (tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent) == 0)
		return true;
	echo_is_off = 0;
	return false;
}

void cni_echo_on(void)
{
	if (!echo_is_off)
		return;
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &echo_terminal);
	echo_is_off = 0;
}
