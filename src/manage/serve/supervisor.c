/*
 * supervisor.c - owns the socket, watches, builds, changes over. See serve.h.
 *
 * Invariants: one thread. The listening socket is open as long as the supervisor lives, and is
 * never read from here. At most one worker is starting, one is serving; any number are leaving. The
 * serving one is asked to leave only after the next one has said that it is ready.
 */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/try.h"
#include "manage/serve/children.h"
#include "manage/serve/state.h"
#include "manage/serve/watcher.h"

enum {
	QUIET_MS = 20,
	QUIET_AT_MOST_MS = 400,
	READY_MS = 20000,
	FINISH_MS = 12000,
	BUILD_BYTES = 256 * 1024,
	CHAINED_MAX = 3,
	CRASH_SOON_MS = 2000,
	CRASHES_MAX = 3,
};

typedef struct supervisor {
	cni_serve *serve;
	cni_build build;
	cni_watcher watcher;
	cni_children children;
	pid_t building; /* 0: not */
	int build_fd;
	cni_buffer output;                            /* of the build */
	int64_t build_us, change_us, first_change_us; /* 0: nothing has changed */
	bool change_in_build;
	unsigned chained; /* builds in a row that were started by what changed during a build */
	int64_t assets;
	unsigned crashes;
	cni_buffer problem; /* JSON; empty: none */
	bool problem_is_build, stop, fallback_failed;
} supervisor;

static void say(const supervisor *s, const char *fmt, ...) CN_PRINTF(2, 3);
static void say(const supervisor *s, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	if (s->serve->quiet)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	dprintf(STDERR_FILENO, "%s: %s\n", cn_app_name(s->serve->app), text);
}

static cni_child *in_role(supervisor *s, cni_role role) { return cni_child_in(&s->children, role); }

/* ---- what browsers are told ---- */

static void tell_problem(supervisor *s)
{
	cni_child_tell(in_role(s, CNI_ROLE_SERVING), "problem",
		s->problem.size ? cni_buffer_text(&s->problem) : "null");
}

static void set_problem(
	supervisor *s, const char *title, const char *text, size_t size, bool of_build)
{
	cni_buffer_clear(&s->problem);
	cni_problem_write(&s->problem, title, text, size);
	s->problem_is_build = of_build;
	tell_problem(s);
}

static void clear_problem(supervisor *s)
{
	cni_buffer_clear(&s->problem);
	tell_problem(s);
}

/* ---- starting ---- */

/* One is enough: what was starting is not wanted any more. */
static void start_program(supervisor *s)
{
	cni_child *starting = in_role(s, CNI_ROLE_STARTING);
	cn_error err;

	if (starting) {
		kill(starting->pid, SIGKILL);
		starting->killed = true;
		cni_child_set_role(starting, CNI_ROLE_LEAVING);
	}
	if (cni_child_start(&s->children, false, &err) < 0) {
		say(s, "error: %s", err.message);
		set_problem(s, err.message, err.detail, strlen(err.detail), false);
	}
}

/* Somebody must answer, if only to say that nothing works. */
static void need_somebody(supervisor *s)
{
	cn_error err;

	if (s->stop || in_role(s, CNI_ROLE_SERVING) || in_role(s, CNI_ROLE_STARTING) ||
		s->fallback_failed)
		return;
	if (cni_child_start(&s->children, true, &err) < 0) {
		s->fallback_failed = true;
		say(s, "error: %s", err.message);
	}
}

static void is_ready(supervisor *s, cni_child *w)
{
	cni_child *old = in_role(s, CNI_ROLE_SERVING);

	if (w->role != CNI_ROLE_STARTING)
		return;
	cni_child_forget_copy(w);
	if (old)
		cni_child_dismiss(old);
	cni_child_set_role(w, CNI_ROLE_SERVING);
	s->fallback_failed = false;
	char assets[24];
	snprintf(assets, sizeof assets, "%lld", (long long)s->assets);
	cni_child_tell(w, "assets", assets);
	/* an old program was started again, or it has just crashed: what broke is still broken */
	if (w->fallback || s->problem_is_build || s->crashes)
		tell_problem(s);
	else
		clear_problem(s);
	if (old && !w->fallback)
		say(s, "reloaded (%lld ms after the save)",
			(long long)(s->first_change_us
					    ? (cni_clock_mono_us() - s->first_change_us) / 1000
					    : 0));
	s->first_change_us = 0;
}

/* ---- building ---- */

static bool must_start(supervisor *s)
{
	cni_identity now;
	const cni_child *w = in_role(s, CNI_ROLE_STARTING);

	if (!w)
		w = in_role(s, CNI_ROLE_SERVING);
	return cni_identity_read(s->build.program, &now) &&
	       (!w || w->fallback || !cni_identity_equal(&now, &w->identity));
}

static void start_build(supervisor *s)
{
	cn_error err;

	s->change_us = 0;
	if (!s->build.argv) {
		if (must_start(s))
			start_program(s);
		return;
	}
	cni_buffer_clear(&s->output);
	s->build_us = cni_clock_mono_us();
	s->change_in_build = false;
	if (cni_spawn_build(&s->build, &s->children.signals, &s->building, &s->build_fd, &err) <
		0) {
		s->building = 0;
		say(s, "error: %s", err.message);
		set_problem(s, err.message, err.detail, strlen(err.detail), true);
	}
}

static void read_build(supervisor *s)
{
	char part[4096];
	ssize_t n;

	while ((n = read(s->build_fd, part, sizeof part)) > 0) {
		if (s->output.size < BUILD_BYTES)
			cni_buffer_add(&s->output, part, (size_t)n);
	}
	if (n == 0) {
		close(s->build_fd);
		s->build_fd = -1;
	}
}

static void build_worked(supervisor *s)
{
	bool was_broken = s->problem_is_build && s->problem.size;

	s->problem_is_build = false;
	if (must_start(s)) {
		s->crashes = 0;
		start_program(s);
		return;
	}
	if (was_broken)
		clear_problem(s);
	if (s->first_change_us) { /* a style sheet, a picture: the program is the same, the pages
				     are not */
		char text[24];
		snprintf(text, sizeof text, "%lld", (long long)++s->assets);
		cni_child_tell(in_role(s, CNI_ROLE_SERVING), "assets", text);
		say(s, "built, the program is the same (%s)", cni_path_name(s->watcher.last));
	}
	s->first_change_us = 0;
}

static void build_ended(supervisor *s, int status)
{
	if (s->build_fd >= 0)
		read_build(s);
	if (s->build_fd >= 0)
		close(s->build_fd); /* a child of the build keeps it open */
	s->build_fd = -1;
	s->building = 0;
	s->chained = s->change_in_build ? s->chained + 1 : 0;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
		build_worked(s);
	} else {
		ssize_t ignored = write(STDERR_FILENO, cni_buffer_text(&s->output), s->output.size);
		(void)ignored;
		say(s, "error: the build failed: %s; the old version serves on", s->build.text);
		set_problem(
			s, "The build failed", cni_buffer_text(&s->output), s->output.size, true);
		s->first_change_us = 0;
	}
	if (s->change_in_build && s->chained > CHAINED_MAX) {
		say(s, "the build itself changes %s: that is not taken for a save",
			s->watcher.last);
		s->change_us = 0;
		s->chained = 0;
	}
}

static void something_changed(supervisor *s)
{
	int64_t now = cni_clock_mono_us();

	cni_watcher_read(&s->watcher);
	if (s->watcher.source) {
		s->change_us = now;
		if (!s->first_change_us)
			s->first_change_us = now;
		s->change_in_build |= s->building != 0;
	} else if (s->watcher.program_changed && !s->building && !s->build.argv) {
		s->change_us = now;
		if (!s->first_change_us)
			s->first_change_us = now;
	} else if (s->watcher.program_changed && !s->building && must_start(s)) {
		s->change_us =
			now; /* built by hand in another window: the build has nothing left to do */
	}
	s->watcher.source = s->watcher.program_changed = false;
}

/* After a moment of quiet. A build that runs is let run: what it writes can look like a save, and a
 * build that is stopped by its own files would never end. */
static void maybe_build(supervisor *s)
{
	int64_t now = cni_clock_mono_us();
	bool quiet = now - s->change_us >= QUIET_MS * INT64_C(1000);
	bool waited =
		s->first_change_us && now - s->first_change_us >= QUIET_AT_MOST_MS * INT64_C(1000);

	if (s->change_us && !s->building && (quiet || waited))
		start_build(s);
}

/* ---- workers' ends ---- */

static void read_control(supervisor *s, cni_child *w)
{
	char text[256];
	ssize_t n = read(w->control, text, sizeof text - 1);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		close(w->control);
		w->control = -1;
		return;
	}
	text[n] = '\0';
	if (strstr(text, "ready\n"))
		is_ready(s, w);
	if (strstr(text, "restart\n") && w->role == CNI_ROLE_SERVING &&
		!in_role(s, CNI_ROLE_STARTING)) {
		say(s, "the database's file was replaced or removed: starting again");
		start_program(s);
	}
}

static void crashed(supervisor *s, const cni_child *w, int status)
{
	char title[160];
	bool starting = w->role == CNI_ROLE_STARTING;
	bool soon = cni_clock_mono_us() - w->since_us < (int64_t)CRASH_SOON_MS * 1000;

	if (WIFSIGNALED(status))
		snprintf(title, sizeof title, "The program crashed%s: %s",
			starting ? " at start" : "", strsignal(WTERMSIG(status)));
	else
		snprintf(title, sizeof title, "The program ended%s with exit code %d",
			starting ? " at start" : "", WEXITSTATUS(status));
	say(s, "error: %s", title);
	s->crashes++;
	set_problem(s, title, cni_buffer_text(&w->tail), w->tail.size, false);
	/* while it served it worked: try again, but not for ever */
	if (!starting && (!soon || s->crashes < CRASHES_MAX))
		start_program(s);
}

static void ended(supervisor *s, cni_child *child, int status)
{
	cni_child gone = cni_child_release(child);

	if (gone.fallback)
		s->fallback_failed = gone.role != CNI_ROLE_LEAVING;
	else if (gone.role != CNI_ROLE_LEAVING && !s->stop)
		crashed(s, &gone, status);
	cni_buffer_done(&gone.tail);
}

static void reap(supervisor *s)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		cni_child *child = cni_child_of(&s->children, pid);
		if (pid == s->building)
			build_ended(s, status);
		else if (child)
			ended(s, child, status);
	}
}

static void check_starting(supervisor *s)
{
	cni_child *w = in_role(s, CNI_ROLE_STARTING);

	if (!w || w->killed || cni_clock_mono_us() - w->since_us < (int64_t)READY_MS * 1000)
		return;
	say(s, "error: the new program was not ready within %d s", READY_MS / 1000);
	w->killed = true;
	kill(w->pid, SIGKILL);
}

static void read_signal(supervisor *s)
{
	struct signalfd_siginfo info;

	if (read(s->serve->signal_fd, &info, sizeof info) != sizeof info)
		return;
	if (info.ssi_signo == SIGCHLD)
		reap(s);
	else
		s->stop = true;
}

/* ---- the loop ---- */

static void turn(supervisor *s, int timeout_ms)
{
	struct pollfd fds[3 + 2 * CNI_CHILDREN_MAX];
	nfds_t n = 0;

	fds[n++] = (struct pollfd){s->serve->signal_fd, POLLIN, 0};
	fds[n++] = (struct pollfd){s->watcher.fd, POLLIN, 0};
	fds[n++] = (struct pollfd){s->build_fd, POLLIN, 0};
	for (size_t i = 0; i < CNI_CHILDREN_MAX; i++) {
		const cni_child *w = &s->children.list[i];
		fds[n++] = (struct pollfd){w->role == CNI_ROLE_NOBODY ? -1 : w->control, POLLIN, 0};
		fds[n++] = (struct pollfd){w->role == CNI_ROLE_NOBODY ? -1 : w->errors, POLLIN, 0};
	}
	if (poll(fds, n, timeout_ms) <= 0)
		return;
	for (size_t i = 0; i < CNI_CHILDREN_MAX; i++) {
		cni_child *child =
			&s->children.list[i]; /* its place may have become free on the way */
		if (child->role != CNI_ROLE_NOBODY && fds[3 + 2 * i + 1].revents)
			cni_child_read_errors(child);
		if (child->role != CNI_ROLE_NOBODY && fds[3 + 2 * i].revents)
			read_control(s, child);
	}
	if (fds[2].revents)
		read_build(s);
	if (fds[1].revents)
		something_changed(s);
	if (fds[0].revents)
		read_signal(s);
}

static void finish(supervisor *s)
{
	int64_t start_us = cni_clock_mono_us();
	bool hard = false;

	say(s, "finishing what is open");
	s->stop = false; /* set again by a second signal: then at once */
	if (s->building)
		kill(-s->building, SIGTERM);
	for (size_t i = 0; i < CNI_CHILDREN_MAX; i++) {
		cni_child *w = &s->children.list[i];
		if (w->role == CNI_ROLE_NOBODY)
			continue;
		cni_child_set_role(w, CNI_ROLE_LEAVING);
		if (w->control >= 0)
			close(w->control); /* no successor: it does not wait for idle clients */
		w->control = -1;
	}
	while ((cni_children_any(&s->children) || s->building)) {
		turn(s, 100);
		bool over = s->stop || cni_clock_mono_us() - start_us > (int64_t)FINISH_MS * 1000;
		for (size_t i = 0; over && !hard && i < CNI_CHILDREN_MAX; i++) {
			if (s->children.list[i].role != CNI_ROLE_NOBODY)
				kill(s->children.list[i].pid, SIGKILL);
		}
		if (over && !hard && s->building)
			kill(-s->building, SIGKILL);
		hard |= over;
	}
}

static cn_status set_up(supervisor *s, cn_error *err)
{
	TRY(cni_build_find(s->serve, &s->build, err));
	TRY(cni_watcher_open(&s->watcher, &s->serve->arena, s->build.watch, s->build.program, err));
	s->children.argv = cni_own_arguments(&s->serve->arena);
	if (!s->children.argv)
		return cn_fail(err, CN_EIO, "cannot tell how this program was started");
	return cni_child_start(&s->children, false, err);
}

static void introduce(const supervisor *s)
{
	cn_call *call = s->serve->call;

	cni_serve_introduce(s->serve);
	for (const char *const *folder = s->build.watch; *folder; folder++)
		cn_note(call, "watching %s", *folder);
	if (s->build.text)
		cn_note(call, "building with %s", s->build.text);
	else
		cn_note(call,
			"no build was found: the program is reloaded when it changes (see --build)");
	if (s->watcher.full)
		cn_warn(call, "not everything is watched: there are too many folders");
	fflush(stdout);
}

cn_status cni_supervise(cni_serve *serve, cn_error *err)
{
	supervisor s = {.serve = serve, .build_fd = -1, .watcher = {.fd = -1}};

	s.children.serve = serve;
	s.children.build = &s.build;

	pthread_sigmask(SIG_SETMASK, NULL, &s.children.signals);
	for (int i = 1; i < NSIG; i++) {
		if (sigismember(&serve->signals, i) == 1)
			sigdelset(&s.children.signals, i);
	}
	cn_status status = set_up(&s, err);
	if (status == CN_OK) {
		introduce(&s);
		if (s.build.argv)
			start_build(&s); /* the sources may be newer than the program */
		while (!s.stop) {
			bool soon = s.change_us && !s.building;
			turn(&s, soon ? QUIET_MS / 2 : s.change_us ? QUIET_MS : 500);
			maybe_build(&s);
			check_starting(&s);
			need_somebody(&s);
		}
		finish(&s);
	}
	cni_watcher_close(&s.watcher);
	cni_buffer_done(&s.output);
	cni_buffer_done(&s.problem);
	return status;
}
