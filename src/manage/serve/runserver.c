/* runserver.c - `runserver`, the plain role; which role it is. See serve.h. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cantil/database.h>
#include <cantil/migrate.h>

#include "base/try.h"
#include "manage/serve/state.h"
#include "web/url.h"

enum { FINISH_MS = 10000 };

static void migrator_free(cn_migrator **migrator) { cn_migrator_free(*migrator); }

/* A line of the log is one write, so that lines of several threads and processes do not mix. */
static void print_line(const char *line, void *ctx)
{
	char text[1200];
	int n = snprintf(text, sizeof text, "%s\n", line);

	(void)ctx;
	if (n >= (int)sizeof text) {
		n = sizeof text - 1;
		text[n - 1] = '\n';
	}
	ssize_t ignored = write(STDERR_FILENO, text, (size_t)n);
	(void)ignored;
}

void cni_serve_log_error(const char *line, void *ctx)
{
	char text[1100];

	snprintf(text, sizeof text, "%s: error: %s", cn_app_name(ctx), line);
	print_line(text, NULL);
}

cni_server_options cni_serve_options(cni_serve *serve)
{
	return (cni_server_options){
		.listen_fd = serve->listen_fd,
		.threads = serve->threads,
		.hosts = serve->debug ? serve->hosts : NULL,
		.any_ip_port = serve->any_ip_port,
		.log = serve->quiet ? NULL : print_line,
	};
}

/* A program without migrations still may have a database of its own making: then it must be there.
 */
static cn_status check_without_migrations(cni_serve *serve, const cn_error *why, cn_error *err)
{
	cn_db *db;

	if (!cn_app_models(serve->app)[0])
		return CN_OK;
	if (cn_app_open(serve->app, &db, err) < 0) {
		*err = *why;
		return err->status;
	}
	cn_db_close(db);
	return CN_OK;
}

cn_status cni_serve_check_database(cni_serve *serve, cn_error *err)
{
	CLEANUP(migrator_free) cn_migrator *migrator = NULL;
	cn_migration_state state;
	cn_error why;

	TRY(cn_app_migrator(serve->app, &migrator, err));
	if (cn_migrator_state(migrator, &state, &why) < 0)
		return check_without_migrations(serve, &why, err);
	if (!state.uri || (!state.path && state.exists))
		return CN_OK; /* none, or one in memory */
	if (!state.exists) {
		cn_error_set(err, CN_ENOTFOUND, "there is no database at %s",
			state.path ? state.path : state.uri);
		cn_error_hint(err, "make it with \"%s db upgrade\"; a server never creates one",
			serve->program);
		return CN_ENOTFOUND;
	}
	if (state.pending_count) {
		cn_error_set(err, CN_ESCHEMA, "the database is behind the migrations");
		cn_error_detail(err, "%s: %zu to be applied", state.path ? state.path : state.uri,
			state.pending_count);
		cn_error_hint(err, "apply them with \"%s db upgrade\"", serve->program);
		return CN_ESCHEMA;
	}
	return CN_OK;
}

static cn_status wait_for_signal(const cni_serve *serve, cn_error *err)
{
	struct signalfd_siginfo info;

	while (read(serve->signal_fd, &info, sizeof info) != sizeof info) {
		if (errno != EINTR)
			return cn_fail(
				err, CN_EIO, "cannot wait for a signal: %s", strerror(errno));
	}
	return CN_OK;
}

void cni_serve_introduce(const cni_serve *serve)
{
	cn_note(serve->call, "%s serves on %s%s (Ctrl-C stops it)", cn_app_name(serve->app),
		serve->address, serve->debug ? " in debug mode" : "");
	if (serve->debug && !serve->local)
		cn_warn(serve->call, "debug mode shows errors to everybody who reaches %s port %u",
			serve->host, serve->port);
	fflush(stdout);
}

static cn_status serve_plain(cni_serve *serve, cn_error *err)
{
	cni_server_options options = cni_serve_options(serve);
	cni_server *server;

	TRY(cni_serve_check_database(serve, err));
	TRY(cni_server_start(serve->web, &options, &server, err));
	cni_serve_introduce(serve);
	cn_status status = wait_for_signal(serve, err);
	cn_note(serve->call, "finishing what is open");
	cni_server_stop(server, 0, FINISH_MS);
	return status;
}

/* The signals that end us are read from a descriptor; a second one, while we finish, ends us at
 * once. */
static cn_status take_signals(cni_serve *serve, sigset_t *before, cn_error *err)
{
	sigemptyset(&serve->signals);
	sigaddset(&serve->signals, SIGINT);
	sigaddset(&serve->signals, SIGTERM);
	sigaddset(&serve->signals, SIGHUP);
	sigaddset(&serve->signals, SIGCHLD);
	pthread_sigmask(SIG_BLOCK, &serve->signals, before);
	serve->signal_fd = signalfd(-1, &serve->signals, SFD_CLOEXEC);
	if (serve->signal_fd < 0)
		return cn_fail(err, CN_EIO, "cannot receive signals: %s", strerror(errno));
	return CN_OK;
}

static cn_status read_options(cni_serve *serve, cn_error *err)
{
	cn_call *call = serve->call;

	serve->host = cn_call_text(call, "host");
	serve->debug = cn_call_flag(call, "debug");
	serve->reload =
		(serve->debug || cn_call_flag(call, "reload")) && !cn_call_flag(call, "no-reload");
	serve->quiet = cn_call_quiet(call);
	serve->threads = (unsigned)cn_call_int(call, "threads");
	serve->web->debug = serve->debug;
	serve->web->log = cni_serve_log_error;
	serve->web->log_ctx = serve->app;
	uint16_t port =
		cn_call_given(call, "port") ? (uint16_t)cn_call_int(call, "port") : CNI_PORT;
	return cni_serve_listen(serve, cn_call_given(call, "port"), port, err);
}

/* "4 3f2a9c1e77b0": the control socket and the build's name, from a supervisor; -1: there is none.
 */
static int take_control(cni_serve *serve, const char **ret_build)
{
	const char *text = cni_strdup(&serve->arena, getenv(CNI_CONTROL_VARIABLE));
	char *space = text ? strchr(text, ' ') : NULL;
	int64_t fd;
	struct stat st;

	*ret_build = "0";
	unsetenv(CNI_CONTROL_VARIABLE); /* not for the programs that this one starts */
	if (!space)
		return -1;
	*space = '\0';
	if (!cni_parse_int(text, &fd) || fd < 3 || fd > 1024 || fstat((int)fd, &st) != 0 ||
		!S_ISSOCK(st.st_mode))
		return -1;
	fcntl((int)fd, F_SETFD, FD_CLOEXEC);
	*ret_build = space + 1;
	return (int)fd;
}

/* Which role: see serve.h. */
static cn_status serve_in_role(cni_serve *serve, cn_error *err)
{
	const char *build;
	int control = take_control(serve, &build);
	cn_status status;

	if (control < 0 && serve->reload)
		return cni_supervise(serve, err);
	if (control < 0 && !serve->debug)
		return serve_plain(serve, err);
	status = cni_worker_run(serve, control, build, err);
	if (control >= 0)
		close(control);
	return status;
}

int cni_runserver(cn_call *call, cn_error *err)
{
	cni_serve serve = {
		.call = call, .app = cn_call_app(call), .listen_fd = -1, .signal_fd = -1};
	sigset_t before;

	serve.web = cni_web_of(serve.app);
	if (!serve.web)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	serve.program = cn_app_name(serve.app);
	cn_status status = take_signals(&serve, &before, err);
	if (status == CN_OK)
		status = read_options(&serve, err);
	if (status == CN_OK)
		status = serve_in_role(&serve, err);
	if (serve.listen_fd >= 0)
		close(serve.listen_fd);
	if (serve.signal_fd >= 0)
		close(serve.signal_fd);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	cni_arena_done(&serve.arena);
	return status;
}
