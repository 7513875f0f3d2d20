/* test_runserver.c - the command: what it refuses to start with, ports, signals, systemd's sockets,
 * drift told. */
#include "tap.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <ftw.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"

enum { WORDS = 12, PATIENCE_MS = 20000 };

static char folder[] = "/tmp/cantil-serve-XXXXXX", program[300];

typedef struct run {
	pid_t pid;
	char out[64], err[64]; /* files */
	uint16_t port;
} run;

static const char *text_of(const char *file)
{
	static char text[2][16384];
	static unsigned turn;
	char *out = text[turn++ % 2];
	int fd = open(file, O_RDONLY);
	ssize_t n = fd < 0 ? 0 : read(fd, out, sizeof text[0] - 1);

	out[n < 0 ? 0 : n] = '\0';
	if (fd >= 0)
		close(fd);
	return out;
}

/* Starts "notes WORDS…"; `listening` becomes descriptor 3, as systemd hands it over (-1: none). */
static run start(int listening, const char *const *words)
{
	static unsigned number;
	run r = {0};
	char *argv[WORDS + 2] = {program}, pid[16];

	snprintf(r.out, sizeof r.out, "%s/out%u", folder, ++number);
	snprintf(r.err, sizeof r.err, "%s/err%u", folder, number);
	for (size_t i = 0; words[i]; i++)
		memcpy(&argv[i + 1], &words[i], sizeof argv[0]);
	int out = open(r.out, O_WRONLY | O_CREAT, 0600),
	    err = open(r.err, O_WRONLY | O_CREAT, 0600);
	r.pid = fork();
	assert_true(r.pid >= 0 && out >= 0 && err >= 0);
	if (r.pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL); /* a test that fails leaves nothing behind */
		dup2(out, STDOUT_FILENO);
		dup2(err, STDERR_FILENO);
		if (listening >= 0) {
			dup2(listening, 3);
			fcntl(3, F_SETFD, 0); /* it may have been 3 already */
			snprintf(pid, sizeof pid, "%d", (int)getpid());
			setenv("LISTEN_PID", pid, 1);
			setenv("LISTEN_FDS", "1", 1);
		}
		execv(program, argv);
		_exit(127);
	}
	close(out);
	close(err);
	return r;
}
#define START(listening, ...) start((listening), (const char *const[]){__VA_ARGS__, NULL})

/* Its exit code; -1: a signal, or it did not end. */
static int end_of(run *r)
{
	int status = 0;
	int64_t since = cni_clock_mono_us();

	while (waitpid(r->pid, &status, WNOHANG) == 0) {
		if (cni_clock_mono_us() - since > (int64_t)PATIENCE_MS * 1000) {
			kill(r->pid, SIGKILL);
			waitpid(r->pid, &status, 0);
			return -1;
		}
		usleep(2000);
	}
	r->pid = 0;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* Waits for the address that it prints. */
static void wait_address(run *r)
{
	int64_t since = cni_clock_mono_us();

	while (!r->port) {
		const char *at = strstr(text_of(r->out), "http://127.0.0.1:");
		if (at && strchr(at + 17, '/'))
			r->port = (uint16_t)strtoul(at + 17, NULL, 10);
		if (cni_clock_mono_us() - since > (int64_t)PATIENCE_MS * 1000 ||
			waitpid(r->pid, NULL, WNOHANG) == r->pid)
			fail_msg("no address: %s %s", text_of(r->out), text_of(r->err));
		usleep(2000);
	}
}

static int dial(uint16_t port)
{
	struct sockaddr_in at = {.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct timeval patience = {20, 0};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	assert_int_equal(connect(fd, (struct sockaddr *)&at, sizeof at), 0);
	return fd;
}

static void ask(int fd, uint16_t port, const char *target)
{
	dprintf(fd, "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nConnection: close\r\n\r\n", target,
		port);
}

static const char *answer(int fd)
{
	static char out[16384];
	size_t have = 0;
	ssize_t n;

	while (have < sizeof out - 1 && (n = recv(fd, out + have, sizeof out - 1 - have, 0)) > 0)
		have += (size_t)n;
	out[have] = '\0';
	close(fd);
	return out;
}

static const char *get(uint16_t port, const char *target)
{
	int fd = dial(port);

	ask(fd, port, target);
	return answer(fd);
}

static void must_do(const char *a, const char *b, const char *c, const char *d)
{
	run r = start(-1, (const char *const[]){a, b, c, d, NULL});
	int code = end_of(&r);

	if (code != 0)
		fail_msg("%s %s: %d %s", a, b, code, text_of(r.err));
}

static int listen_on(uint16_t *ret_port)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof at;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof at), 0);
	assert_int_equal(listen(fd, 16), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &size), 0);
	*ret_port = ntohs(at.sin_port);
	return fd;
}

static bool there(const char *name)
{
	char path[300];

	snprintf(path, sizeof path, "%s/%s", folder, name);
	return access(path, F_OK) == 0;
}

/* ---- */

static void needs_its_database(void **state)
{
	(void)state;
	run r = START(-1, "runserver", "-p", "0");
	assert_int_equal(end_of(&r), 1);
	assert_non_null(strstr(text_of(r.err), "hint: "));
	assert_false(there("notes.db"));
	must_do("db", "init", NULL, NULL);
	must_do("db", "migrate", "-m", "first");
	r = START(-1, "runserver", "-p", "0");
	assert_int_equal(end_of(&r), 1);
	assert_non_null(strstr(text_of(r.err), "db upgrade"));
	assert_false(there("notes.db"));
	/* -d serves, and says what is missing, but makes nothing either */
	r = START(-1, "runserver", "-d", "--no-reload", "-p", "0");
	wait_address(&r);
	const char *page = get(r.port, "/");
	assert_non_null(strstr(page, "HTTP/1.1 500 "));
	assert_non_null(strstr(page, "db upgrade"));
	assert_non_null(strstr(page, "/_cantil/dev.js"));
	assert_false(there("notes.db"));
	must_do("db", "upgrade", NULL, NULL); /* while it runs */
	assert_non_null(strstr(get(r.port, "/"), "0 notes"));
	kill(r.pid, SIGTERM);
	assert_int_equal(end_of(&r), 0);
	assert_string_equal(strstr(text_of(r.err), "ERROR: ") ? text_of(r.err) : "", "");
}

static void tells_and_forgets_drift(void **state)
{
	(void)state;
	char out[16384], up[300], down[300];
	size_t have = 0;
	run r = START(-1, "runserver", "-d", "--no-reload", "-p", "0");

	wait_address(&r);
	int fd = dial(r.port);
	ask(fd, r.port, "/_cantil/events");
	snprintf(down, sizeof down, "%s/migrations", folder);
	snprintf(up, sizeof up, "%s/away", folder);
	static const char *const wanted[] = {"\"drift\":null", "db init && ", "\"drift\":null"};
	for (size_t i = 0; i < 3; i++) {
		for (out[have = 0] = '\0'; !strstr(out, wanted[i]);) {
			ssize_t n = recv(fd, out + have, sizeof out - 1 - have, 0);
			if (n <= 0)
				fail_msg("\"%s\" was not told: %s", wanted[i], out);
			have += (size_t)n;
			out[have] = '\0';
		}
		if (i == 0)
			assert_int_equal(rename(down, up), 0); /* models without migrations */
		if (i == 1)
			assert_int_equal(rename(up, down), 0);
	}
	close(fd);
	assert_non_null(strstr(text_of(r.err), "The models differ from the migrations"));
	kill(r.pid, SIGINT);
	assert_int_equal(end_of(&r), 0);
}

static void ports_that_are_taken(void **state)
{
	(void)state;
	char text[8];
	uint16_t taken;
	int fd = listen_on(&taken);

	snprintf(text, sizeof text, "%u", taken);
	run r = START(-1, "runserver", "-p", text);
	assert_int_equal(end_of(&r), 1);
	assert_non_null(strstr(text_of(r.err), "is taken"));
	assert_non_null(strstr(text_of(r.err), "hint: "));
	close(fd);
	r = START(-1, "runserver", "-p", "70000");
	assert_int_equal(end_of(&r), 2);
	r = START(-1, "runserver", "-h", "no.such.host.invalid", "-p", "0");
	assert_int_equal(end_of(&r), 1);
	run a = START(-1, "runserver"), b = START(-1, "runserver"); /* without -p: each its own */
	wait_address(&a);
	wait_address(&b);
	assert_int_not_equal(a.port, b.port);
	kill(a.pid, SIGINT);
	kill(b.pid, SIGINT);
	assert_int_equal(end_of(&a), 0);
	assert_int_equal(end_of(&b), 0);
}

static void finishes_what_is_open(void **state)
{
	(void)state;
	run r = START(-1, "runserver", "-p", "0", "--threads", "2");

	wait_address(&r);
	int idle = dial(r.port), busy = dial(r.port);
	ask(busy, r.port, "/slow");
	usleep(150 * 1000);
	int64_t since = cni_clock_mono_us();
	kill(r.pid, SIGTERM);
	assert_non_null(strstr(answer(busy), "slow but whole"));
	assert_int_equal(end_of(&r), 0);
	assert_true(cni_clock_mono_us() - since < 3000000); /* the idle one is not waited for */
	close(idle);
	assert_non_null(strstr(text_of(r.err), "GET /slow 200 14 "));
}

static void takes_a_socket_over(void **state)
{
	(void)state;
	uint16_t port;
	int fd = listen_on(&port);
	run r = START(fd, "runserver", "-q");

	assert_non_null(strstr(get(port, "/"), "0 notes")); /* queued until it is up */
	kill(r.pid, SIGTERM);
	assert_int_equal(end_of(&r), 0);
	assert_string_equal(text_of(r.out), "");
	assert_string_equal(text_of(r.err), "");
	r = START(fd, "runserver", "-q"); /* the socket still listens */
	assert_non_null(strstr(get(port, "/"), "0 notes"));
	kill(r.pid, SIGTERM);
	assert_int_equal(end_of(&r), 0);
	close(fd);
}

static void lists_routes(void **state)
{
	(void)state;
	run r = START(-1, "routes", "--json");

	assert_int_equal(end_of(&r), 0);
	assert_non_null(strstr(text_of(r.out), "\"handler\": \"count\""));
}

static int set_up(void **state)
{
	(void)state;
	if (!mkdtemp(folder))
		return -1;
	snprintf(program, sizeof program, "%s/tests/web/serve_app", getenv("CANTIL_TEST_BUILD"));
	return setenv("CANTIL_ROOT", folder, 1);
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *at)
{
	(void)st;
	(void)kind;
	(void)at;
	return remove(path);
}

static int tear_down(void **state)
{
	(void)state;
	return nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(needs_its_database),
		cmocka_unit_test(tells_and_forgets_drift),
		cmocka_unit_test(ports_that_are_taken),
		cmocka_unit_test(finishes_what_is_open),
		cmocka_unit_test(takes_a_socket_over),
		cmocka_unit_test(lists_routes),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
