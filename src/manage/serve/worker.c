/* worker.c - the program under a supervisor: serves, tells the browsers, goes when it is asked. See
 * serve.h. */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/text.h"
#include "base/try.h"
#include "manage/serve/state.h"
#include "web/request.h"
#include "web/url.h"

enum {
	LOOK_MS = 700,
	LEAVE_IDLE_MS = 5000,
	LEAVE_MS = 30000,
	FINISH_MS = 10000,
	ORDER_BYTES = 128 * 1024
};

typedef struct worker {
	cni_serve *serve;
	cni_server *server;
	int control; /* -1: no supervisor (debug without reload) */
	bool fallback;
	cni_buffer order;   /* what has come of the next line */
	cni_buffer problem; /* JSON */
	cni_drift_watch drift;
	cni_dev_state state;
	bool leave, orphan, told_restart, told_drift;
} worker;

static void publish(worker *w)
{
	CLEANUP(cni_buffer_done) cni_buffer line = {0};

	if (!w->serve->debug)
		return;
	w->state.problem = w->problem.size ? cni_buffer_text(&w->problem) : "null";
	w->state.drift = w->drift.json.size ? cni_buffer_text(&w->drift.json) : "null";
	cni_dev_state_write(&line, &w->state);
	if (!line.failed)
		cni_server_publish(w->server, cni_buffer_text(&line));
}

static void tell(const worker *w, const char *text)
{
	if (w->control >= 0) {
		ssize_t ignored = send(w->control, text, strlen(text), MSG_NOSIGNAL);
		(void)ignored; /* a supervisor that is gone is noticed by reading */
	}
}

static void look_at_drift(worker *w)
{
	bool replaced;

	if (w->fallback || !w->serve->debug)
		return;
	if (cni_drift_look(&w->drift, w->serve, &replaced)) {
		if (w->drift.text.size)
			dprintf(STDERR_FILENO, "%s: %s", cn_app_name(w->serve->app),
				cni_buffer_text(&w->drift.text));
		else if (w->told_drift)
			dprintf(STDERR_FILENO, "%s: models, migrations and database agree\n",
				cn_app_name(w->serve->app));
		w->told_drift = w->drift.text.size > 0;
		publish(w);
	}
	if (replaced && !w->told_restart) {
		/* open connections still read the file that was there before */
		w->told_restart = true;
		tell(w, "restart\n");
	}
}

static void obey(worker *w, const char *line)
{
	if (strcmp(line, "quit") == 0) {
		w->leave = true;
	} else if (cni_starts(line, "assets ")) {
		(void)cni_parse_int(line + strlen("assets "), &w->state.assets);
		publish(w);
	} else if (cni_starts(line, "problem ")) {
		cni_buffer_clear(&w->problem);
		cni_buffer_puts(&w->problem, line + strlen("problem "));
		publish(w);
	}
}

static void read_orders(worker *w)
{
	char part[4096];
	ssize_t n = read(w->control, part, sizeof part);

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (n <= 0) {
		w->leave = w->orphan = true;
		return;
	}
	for (ssize_t i = 0; i < n; i++) {
		if (part[i] != '\n' && w->order.size < ORDER_BYTES) {
			cni_buffer_putc(&w->order, part[i]);
			continue;
		}
		obey(w, cni_buffer_text(&w->order));
		cni_buffer_clear(&w->order);
	}
}

/* Ctrl-C reaches every process of the terminal; under a supervisor, the supervisor's order counts.
 */
static void read_signal(worker *w)
{
	struct signalfd_siginfo info;

	if (read(w->serve->signal_fd, &info, sizeof info) != sizeof info)
		return;
	if (info.ssi_signo == SIGTERM || (w->control < 0 && info.ssi_signo != SIGCHLD))
		w->leave = w->orphan = true;
}

static void loop(worker *w)
{
	while (!w->leave) {
		struct pollfd fds[] = {{w->serve->signal_fd, POLLIN, 0}, {w->control, POLLIN, 0}};
		int n = poll(fds, w->control >= 0 ? 2 : 1, LOOK_MS);
		if (n > 0 && fds[0].revents)
			read_signal(w);
		if (n > 0 && w->control >= 0 && fds[1].revents)
			read_orders(w);
		if (!w->leave)
			look_at_drift(w);
	}
}

static cn_status run(worker *w, cni_web *web, cn_error *err)
{
	cni_serve *serve = w->serve;
	cni_server_options options = cni_serve_options(serve);

	if (serve->debug) {
		options.dev_script = cni_dev_script;
		web->inject = cni_printf(&serve->arena,
			"<script src=\"" CNI_DEV_SCRIPT "\" data-build=\"%s\"></script>",
			w->state.build_id);
	}
	TRY(cni_server_start(web, &options, &w->server, err));
	publish(w);
	tell(w, "ready\n");
	if (w->control < 0)
		cni_serve_introduce(serve);
	loop(w);
	/* the next version accepts already: clients that keep a connection get time to use it once
	 * more */
	cni_server_stop(w->server, w->orphan ? 0 : LEAVE_IDLE_MS, w->orphan ? FINISH_MS : LEAVE_MS);
	cni_drift_done(&w->drift);
	cni_buffer_done(&w->order);
	cni_buffer_done(&w->problem);
	return CN_OK;
}

cn_status cni_worker_run(cni_serve *serve, int control, const char *build_id, cn_error *err)
{
	worker w = {.serve = serve, .control = control, .state = {.build_id = build_id}};

	return run(&w, serve->web, err);
}

/* ---- when nothing can serve ---- */

static void say_broken(cn_request *req, cn_reply *reply)
{
	(void)req;
	cn_reply_error(reply, 503, "the program is not running");
	cn_error_hint(&reply->error,
		"the terminal of runserver says why; it starts again after the next good build");
	cn_reply_header(reply, "Retry-After", "1");
	cn_reply_header(reply, "Cache-Control", "no-store");
}

void cni_fallback_run(cni_serve *serve, int control, const char *build_id)
{
	static const char *const methods = "GET POST PUT PATCH DELETE";
	worker w = {.serve = serve,
		.control = control,
		.fallback = true,
		.state = {.build_id = build_id}};
	cni_web *web = cni_web_new(serve->app);
	cn_error err;

	if (!web)
		return;
	web->debug = serve->debug;
	cni_web_route(web, methods, "/", say_broken, "");
	cni_web_route(web, methods, "/<path:rest>", say_broken, "");
	if (run(&w, web, &err) < 0)
		cni_serve_log_error(err.message, serve->app);
	cni_web_free(web);
}
