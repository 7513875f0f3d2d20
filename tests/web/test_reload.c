/*
 * test_reload.c - runserver -d for real: a program whose source is changed, built and changed over
 * while clients ask without pause. What the test says about lost requests is the promise of docs:
 * none.
 */
#include "tap.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"

enum { RELOADS = 20, CLIENTS = 4, PATIENCE_MS = 30000 };

static char folder[] = "/tmp/cantil-reload-XXXXXX";
static char template[8192];
static pid_t server;
static uint16_t port;

static const char *path(const char *name)
{
	static char text[4][300];
	static unsigned turn;
	char *out = text[turn++ % 4];

	snprintf(out, sizeof text[0], "%s/%s", folder, name);
	return out;
}

static void read_all(const char *from, char *out, size_t size)
{
	FILE *file = fopen(from, "r");

	assert_non_null(file);
	size_t n = fread(out, 1, size - 1, file);
	out[n] = '\0';
	fclose(file);
}

/* As most editors do it: a new file is written and moved into place. */
static void save(const char *version, const char *start, const char *more)
{
	FILE *file = fopen(path("app.c.new"), "w");

	assert_non_null(file);
	for (const char *c = template; *c; c++) {
		if (strncmp(c, "@VERSION@", 9) == 0) {
			fputs(version, file);
			c += 8;
		} else if (strncmp(c, "@START@", 7) == 0) {
			fputs(start, file);
			c += 6;
		} else {
			fputc(*c, file);
		}
	}
	fputs(more, file);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(rename(path("app.c.new"), path("app.c")), 0);
}

static void run_build(void)
{
	char command[400];

	snprintf(command, sizeof command, "make -s -C %s", folder);
	assert_int_equal(system(command), 0);
}

static void write_makefile(void)
{
	FILE *file = fopen(path("Makefile"), "w");
	const char *build = getenv("CANTIL_TEST_BUILD"), *source = getenv("CANTIL_TEST_SOURCE"),
		   *cc = getenv("CANTIL_TEST_CC");

	assert_non_null(file);
	assert_non_null(build);
	fprintf(file,
		"app: app.c\n\t%s -I%s/include app.c -o app -L%s/src/web -lcantil-web -L%s/src -lcantil "
		"-Wl,-rpath,%s/src/web:%s/src\n",
		cc ? cc : "cc", source, build, build, build, build);
	fclose(file);
}

/* ---- a small client ---- */

static int dial(void)
{
	struct sockaddr_in at = {.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct timeval patience = {30, 0};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	if (connect(fd, (struct sockaddr *)&at, sizeof at) == 0)
		return fd;
	close(fd);
	return -1;
}

/* One request and its whole reply; false when anything of it is missing. */
static bool ask(int fd, const char *target, bool keep, char *out, size_t size)
{
	char request[300];
	size_t have = 0, want = 0;
	int n = snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%u\r\n%s\r\n",
		target, port, keep ? "" : "Connection: close\r\n");

	if (send(fd, request, (size_t)n, MSG_NOSIGNAL) != n)
		return false;
	while (!want || have < want) {
		ssize_t got = recv(fd, out + have, size - 1 - have, 0);
		if (got <= 0)
			return false;
		have += (size_t)got;
		out[have] = '\0';
		const char *end = strstr(out, "\r\n\r\n"),
			   *length = end ? strstr(out, "Content-Length: ") : NULL;
		if (end && !length)
			return false;
		if (end)
			want = (size_t)(end + 4 - out) + strtoul(length + 16, NULL, 10);
	}
	return true;
}

static const char *get(const char *target)
{
	static char out[65536];
	int fd = dial();

	out[0] = '\0';
	if (fd >= 0) {
		if (!ask(fd, target, false, out, sizeof out))
			out[0] = '\0';
		close(fd);
	}
	return out;
}

/* Asks until the answer holds `part`; how long that took, in milliseconds. */
static int64_t wait_for(const char *part)
{
	int64_t start = cni_clock_mono_us();

	while (!strstr(get("/"), part)) {
		if (cni_clock_mono_us() - start > (int64_t)PATIENCE_MS * 1000)
			fail_msg("\"%s\" did not come; last: %s", part, get("/"));
		usleep(5000);
	}
	return (cni_clock_mono_us() - start) / 1000;
}

/* What the event stream tells a new browser until it holds `part`. */
static void wait_for_event(const char *part)
{
	static char out[65536];
	char request[200];
	size_t have = 0;
	int64_t start = cni_clock_mono_us();
	int fd = dial();
	int n = snprintf(request, sizeof request,
		"GET /_cantil/events HTTP/1.1\r\nHost: 127.0.0.1:%u\r\n\r\n", port);

	assert_true(fd >= 0 && send(fd, request, (size_t)n, MSG_NOSIGNAL) == n);
	for (out[0] = '\0'; !strstr(out, part);) {
		ssize_t got = recv(fd, out + have, sizeof out - 1 - have, 0);
		if (got <= 0 || cni_clock_mono_us() - start > (int64_t)PATIENCE_MS * 1000)
			fail_msg("\"%s\" was not told: %s", part, out);
		have += (size_t)got;
		out[have] = '\0';
	}
	close(fd);
}

/* ---- starting ---- */

static void start_server(void)
{
	int64_t start = cni_clock_mono_us();
	static char out[4096];

	int fd = open(path("out"), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	server = fork();
	assert_true(fd >= 0 && server >= 0);
	if (server == 0) {
		prctl(PR_SET_PDEATHSIG, SIGTERM); /* a test that fails leaves nothing behind */
		dup2(fd, STDOUT_FILENO);
		dup2(fd, STDERR_FILENO);
		execl(path("app"), path("app"), "runserver", "-d", (char *)NULL);
		_exit(127);
	}
	close(fd);
	for (const char *at = NULL; !at; usleep(5000)) {
		read_all(path("out"), out, sizeof out);
		at = strstr(out, "http://127.0.0.1:");
		if (at && strchr(at + 17, '/'))
			port = (uint16_t)strtoul(at + 17, NULL, 10);
		else
			at = NULL;
		if (cni_clock_mono_us() - start > (int64_t)PATIENCE_MS * 1000)
			fail_msg("it did not start: %s", out);
	}
}

static int set_up(void **state)
{
	char source[600];

	(void)state;
	if (!mkdtemp(folder))
		return -1;
	snprintf(source, sizeof source, "%s/tests/web/reload_app.c.in",
		getenv("CANTIL_TEST_SOURCE"));
	read_all(source, template, sizeof template);
	write_makefile();
	save("0", "", "");
	run_build();
	start_server();
	wait_for("version 0");
	return 0;
}

static int tear_down(void **state)
{
	static const char *const names[] = {"app", "app.c", "Makefile", "out", ""};
	int status;

	(void)state;
	if (server <= 0)
		return -1;
	kill(server, SIGINT);
	if (waitpid(server, &status, 0) != server || !WIFEXITED(status) ||
		WEXITSTATUS(status) != 0) {
		static char out[65536];
		read_all(path("out"), out, sizeof out);
		print_message("# it ended with %#x: %s\n", status, out);
		return -1;
	}
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		remove(path(names[i]));
	return access(folder, F_OK) == 0; /* copies of the program that were left behind */
}

/* ---- the promise ---- */

typedef struct client {
	pthread_t thread;
	bool keep;
	long asked, failed;
} client;

static atomic_bool stop;

static void *ask_without_pause(void *arg)
{
	client *c = arg;
	char out[4096];
	int fd = -1;

	while (!atomic_load(&stop)) {
		if (fd < 0)
			fd = dial();
		bool good = fd >= 0 && ask(fd, "/", c->keep, out, sizeof out) &&
			    strstr(out, "200 OK") && strstr(out, "version ");
		c->asked++;
		c->failed += !good;
		if (good && c->keep && !strstr(out, "Connection: close"))
			continue;
		if (fd >= 0)
			close(fd);
		fd = -1;
	}
	if (fd >= 0)
		close(fd);
	return NULL;
}

static void no_request_is_lost(void **state)
{
	(void)state;
	client clients[CLIENTS] = {{0}};
	long asked = 0, failed = 0;
	int64_t slowest = 0;

	atomic_store(&stop, false);
	for (size_t i = 0; i < CLIENTS; i++) {
		clients[i].keep = i % 2 == 0;
		assert_int_equal(
			pthread_create(&clients[i].thread, NULL, ask_without_pause, &clients[i]),
			0);
	}
	for (int i = 1; i <= RELOADS; i++) {
		char version[16], want[32];
		snprintf(version, sizeof version, "%d.", i);
		snprintf(want, sizeof want, "version %d.", i);
		save(version, "", "");
		int64_t ms = wait_for(want);
		slowest = ms > slowest ? ms : slowest;
	}
	atomic_store(&stop, true);
	for (size_t i = 0; i < CLIENTS; i++) {
		pthread_join(clients[i].thread, NULL);
		asked += clients[i].asked;
		failed += clients[i].failed;
	}
	print_message(
		"# %d reloads, %ld requests, %ld failed; the slowest reload %lld ms after its save\n",
		RELOADS, asked, failed, (long long)slowest);
	assert_true(asked > RELOADS);
	assert_int_equal(failed, 0);
}

static void a_broken_save_serves_on(void **state)
{
	(void)state;
	save("good", "", "");
	wait_for("version good");
	save("bad", "", "\nint broken( = \"<b>\";\n");
	wait_for_event("The build failed");
	wait_for_event("broken(");
	assert_non_null(strstr(get("/"), "version good"));
	save("mended", "", "");
	wait_for("version mended");
	wait_for_event("\"problem\":null");
}

static void a_crash_at_start_serves_on(void **state)
{
	(void)state;
	save("dies", "if (argc > 1) { fputs(\"no settings here\\n\", stderr); abort(); }", "");
	wait_for_event("The program crashed at start");
	wait_for_event("no settings here");
	assert_non_null(strstr(get("/"), "version mended"));
	save("leaves", "if (argc > 1) exit(7);", "");
	wait_for_event("exit code 7");
	assert_non_null(strstr(get("/"), "version mended"));
	save("alive", "", "");
	wait_for("version alive");
	wait_for_event("\"problem\":null");
}

static void a_crash_while_serving_is_told(void **state)
{
	(void)state;
	assert_string_equal(get("/?crash=1"), ""); /* this one is lost with the process */
	wait_for("version alive");                 /* it was started again */
	wait_for_event("The program crashed: ");
	for (int i = 0; i < 6;
		i++) /* it does nothing but crash: a page says so, in the place of the program */
		(void)get("/?crash=1");
	wait_for("503 ");
	assert_non_null(strstr(get("/"), "/_cantil/dev.js"));
	save("again", "", "");
	wait_for("version again");
	wait_for_event("\"problem\":null");
}

static void pages_get_the_script(void **state)
{
	(void)state;
	assert_non_null(strstr(get("/"), "<script src=\"/_cantil/dev.js\" data-build=\""));
	assert_non_null(strstr(get("/_cantil/dev.js"), "EventSource"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_request_is_lost),
		cmocka_unit_test(pages_get_the_script),
		cmocka_unit_test(a_broken_save_serves_on),
		cmocka_unit_test(a_crash_at_start_serves_on),
		cmocka_unit_test(a_crash_while_serving_is_told),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
