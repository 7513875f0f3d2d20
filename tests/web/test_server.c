/* test_server.c - the server on a real socket: what is refused, limits, deadlines, streams,
 * leaving. Raw bytes. */
#include "tap.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cantil/cantil.h>

#include "base/clock.h"
#include "web/connection.h"
#include "web/server.h"

static cn_app *app;
static cni_web *web;
static cni_server *server;
static int listen_fd;
static uint16_t port;
static char last_log[512];
static pthread_mutex_t log_lock = PTHREAD_MUTEX_INITIALIZER;

static void hello(cn_request *req, cn_reply *reply)
{
	cn_reply_text(reply, 200, "hello %s", cn_request_query(req, "n"));
}
static void echo(cn_request *req, cn_reply *reply)
{
	size_t size;
	const char *body = cn_request_body(req, &size);

	cn_reply_bytes(reply, 200, "text/plain", body, size);
}
static void slow(cn_request *req, cn_reply *reply)
{
	(void)req;
	usleep(300 * 1000);
	cn_reply_html(reply, 200, "<body>slow</body>");
}

static void keep_log(const char *line, void *ctx)
{
	(void)ctx;
	pthread_mutex_lock(&log_lock);
	snprintf(last_log, sizeof last_log, "%s", line);
	pthread_mutex_unlock(&log_lock);
}

static cni_server *start(const char *const *hosts)
{
	cni_server *started;
	cn_error err;
	cni_server_options options = {.listen_fd = listen_fd,
		.threads = 4,
		.hosts = hosts,
		.log = keep_log,
		.dev_script = "/* script */"};

	assert_ok(cni_server_start(web, &options, &started, &err), &err);
	return started;
}

static int set_up(void **state)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof at;

	(void)state;
	listen_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	assert_int_equal(bind(listen_fd, (struct sockaddr *)&at, sizeof at), 0);
	assert_int_equal(listen(listen_fd, 64), 0);
	assert_int_equal(getsockname(listen_fd, (struct sockaddr *)&at, &size), 0);
	port = ntohs(at.sin_port);
	app = cn_app_new(&(cn_app_desc){.name = "test"});
	cn_get_route(app, "/", hello);
	cn_post_route(app, "/echo", echo);
	cn_get_route(app, "/slow", slow);
	cn_web_set_limits(app,
		&(cn_web_limits){.body_bytes = 1000, .idle_timeout_s = 1, .request_deadline_s = 1});
	web = cni_web_of(app);
	server = start(NULL);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	cni_server_stop(server, 0, 2000);
	cn_app_free(app);
	close(listen_fd);
	return 0;
}

static int dial(void)
{
	struct sockaddr_in at = {.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct timeval patience = {10, 0};
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_int_equal(connect(fd, (struct sockaddr *)&at, sizeof at), 0);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	return fd;
}

static void put(int fd, const char *bytes, size_t size)
{
	ssize_t ignored =
		send(fd, bytes, size, MSG_NOSIGNAL); /* the server may have hung up already */
	(void)ignored;
}

/* Everything until the server hangs up. */
static const char *all(int fd, char *out, size_t size)
{
	size_t have = 0;
	ssize_t n;

	while (have < size - 1 && (n = recv(fd, out + have, size - 1 - have, 0)) > 0)
		have += (size_t)n;
	out[have] = '\0';
	close(fd);
	return out;
}

/* One reply with a Content-Length; the connection stays. */
static const char *one(int fd, char *out, size_t size)
{
	size_t have = 0, want = 0;
	ssize_t n;

	while (!want || have < want) {
		n = recv(fd, out + have, want ? want - have : 1, 0);
		if (n <= 0)
			break;
		have += (size_t)n;
		out[have] = '\0';
		const char *end = want ? NULL : strstr(out, "\r\n\r\n"),
			   *length = end ? strstr(out, "Content-Length: ") : NULL;
		if (end)
			want = have + (length ? strtoul(length + 16, NULL, 10) : 0);
		assert_true(want < size - 1 && have < size - 1);
	}
	out[have] = '\0';
	return out;
}

typedef struct row {
	int status;
	const char *bytes;
	size_t size;
} row;
#define ROW(status, text)                      \
	{                                      \
		status, text, sizeof(text) - 1 \
	}
#define H             "Host: x\r\n"
#define PUT(fd, text) put((fd), text, sizeof(text) - 1)

static void refuses_and_hangs_up(void **state)
{
	(void)state;
	char out[8192];
	static const row rows[] = {
		ROW(400, "POST /echo HTTP/1.1\r\n" H
			 "Content-Length: 3\r\nContent-Length: 5\r\n\r\nabcde"),
		ROW(400,
			"POST /echo HTTP/1.1\r\n" H
			"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"),
		ROW(400,
			"POST /echo HTTP/1.1\r\n" H
			"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n"),
		ROW(501, "POST /echo HTTP/1.1\r\n" H
			 "Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n"),
		ROW(400, "POST /echo HTTP/1.1\r\n" H "Content-Length : 3\r\n\r\nabc"),
		ROW(400, "GET / HTTP/1.1\r\nHost : x\r\n\r\n"),
		ROW(400, "GET / HTTP/1.1\r\n Host: x\r\n\r\n"),
		ROW(400, "GET / HTTP/1.1\r\n" H "A: 1\rB: 2\r\n\r\n"),
		ROW(400, "GET / HTTP/1.1\r\n" H "A: 1\r\r\n\r\n"),
		ROW(400, "GET / HTTP/1.1\r\n" H "A: 1\nB: 2\r\n\r\n"),
		ROW(400, "GET / HTTP/1.1\n" H "A: 1\r\n\r\n"),
		ROW(400, "GET / HTTP/1.1\r\n" H "A: 1\r\n folded\r\nB: 2\r\n\r\n"),
		ROW(400, "GET / HTTP/1.1\r\n" H "A: 1\0x\r\nB: 2\r\n\r\n"),
		ROW(400, "GET / HTTP/1.1\r\n" H ": no name\r\nB: 2\r\n\r\n"),
		ROW(400,
			"GET / HTTP/1.1\r\n" H ": no name\r\nGET /?n=second HTTP/1.1\r\n" H "\r\n"),
		ROW(400, "GET / HTTP/1.1\r\n" H ":\r\nGET /?n=second HTTP/1.1\r\n" H "\r\n"),
		ROW(400, "GET / HTTP/1.0\r\n:\r\nGET /?n=second HTTP/1.1\r\n" H "\r\n"),
		ROW(400, "GET / HTTP/1.1\r\n" H "\n"),
		ROW(400, "GET / HTTP/1.0\r\n: no name\r\nGET /?n=second HTTP/1.1\r\n" H "\r\n"),
		ROW(400, "GET / HTTP/1.1\r\n" H "A: 1\n\r\n"),
		ROW(400, "GET / HTTP/1.1\r\n" H "A: 1\0x\r\n\r\n"),
		ROW(400, "GET / HTTP/1.1\r\n\r\n"),
		ROW(400, "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"),
		ROW(400, "GET / HTTP/1.1\r\nHost: a b\r\n\r\n"),
		ROW(400, "GET http://x/ HTTP/1.1\r\n" H "\r\n"),
		ROW(413, "POST /echo HTTP/1.1\r\n" H "Content-Length: 1001\r\n\r\n"),
		ROW(413,
			"POST /echo HTTP/1.1\r\n" H "Content-Length: 18446744073709551617\r\n\r\n"),
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char want[32];
		int fd = dial();
		put(fd, rows[i].bytes, rows[i].size);
		/* a second request, smuggled behind the first, must not be answered */
		PUT(fd, "GET /?n=second HTTP/1.1\r\n" H "\r\n");
		all(fd, out, sizeof out);
		snprintf(want, sizeof want, "HTTP/1.1 %d ", rows[i].status);
		if (strncmp(out, want, strlen(want)) != 0 || strstr(out, "second") ||
			!strstr(out, "Connection: close"))
			fail_msg("row %zu: wanted %d: %.200s", i, rows[i].status, out);
	}
}

/* The library's memory for a request is small, and it takes the query apart on its own. */
static void bounds_the_query(void **state)
{
	static const struct {
		size_t fields;
		int status;
	} rows[] = {{250, 200}, {251, 414}, {1000, 414}, {4000, 414}};
	char out[8192], want[32];

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		int fd = dial();
		PUT(fd, "GET /?n=1");
		for (size_t n = 1; n < rows[i].fields; n++)
			PUT(fd, "&a=");
		PUT(fd, " HTTP/1.1\r\n" H "Connection: close\r\n\r\n");
		all(fd, out, sizeof out);
		snprintf(want, sizeof want, "HTTP/1.1 %d ", rows[i].status);
		if (strncmp(out, want, strlen(want)) != 0)
			fail_msg("%zu fields: wanted %d: %.200s", rows[i].fields, rows[i].status,
				out);
	}
}

static void answers_good_ones(void **state)
{
	(void)state;
	char out[32768];
	static const row rows[] = {
		ROW(200, "GET /?n=1 HTTP/1.1\r\n" H "Connection: close\r\n\r\n"),
		ROW(200, "GET /?n=1 HTTP/1.0\r\n\r\n"),
		ROW(200, "GET /?n=1 HTTP/1.1\r\n" H "A:\r\nB:   x  \r\nConnection: close\r\n\r\n"),
		ROW(200, "POST /echo HTTP/1.1\r\n" H
			 "Connection: close\r\nContent-Length: 3\r\n\r\nabc"),
		ROW(200,
			"POST /echo HTTP/1.1\r\n" H
			"Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"),
		ROW(200, "HEAD /?n=1 HTTP/1.1\r\n" H "Connection: close\r\n\r\n"),
		ROW(405, "BREW / HTTP/1.1\r\n" H "Connection: close\r\n\r\n"),
		ROW(404, "GET /nowhere HTTP/1.1\r\n" H "Connection: close\r\n\r\n"),
		ROW(400, "GET /%zz HTTP/1.1\r\n" H "Connection: close\r\n\r\n"),
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char want[32];
		int fd = dial();
		put(fd, rows[i].bytes, rows[i].size);
		all(fd, out, sizeof out);
		snprintf(want, sizeof want, "HTTP/1.1 %d ", rows[i].status);
		if (strncmp(out, want, strlen(want)) != 0)
			fail_msg("row %zu: wanted %d: %.200s", i, rows[i].status, out);
		if (strncmp(rows[i].bytes, "POST", 4) == 0)
			assert_non_null(strstr(out, "\r\n\r\nabc"));
	}
	assert_non_null(strstr(out, "broken percent escape"));
}

static void answers_in_order(void **state)
{
	(void)state;
	char out[4096];
	int fd = dial();
	static const char two[] =
		"GET /?n=one HTTP/1.1\r\n" H "\r\nGET /?n=two HTTP/1.1\r\n" H "\r\n";

	put(fd, two, sizeof two - 1);
	assert_non_null(strstr(one(fd, out, sizeof out), "hello one"));
	assert_non_null(strstr(one(fd, out, sizeof out), "hello two"));
	close(fd);
}

static void limits_heads_and_bodies(void **state)
{
	(void)state;
	char out[8192], head[20000];
	int fd = dial();

	/* a large head that is allowed, in small pieces: the library moves its buffer about */
	int n = snprintf(head, sizeof head, "GET /?n=big HTTP/1.1\r\n" H "Connection: close\r\n");
	for (int i = 0; i < 60; i++)
		n += snprintf(head + n, sizeof head - (size_t)n, "X-Header-%02d: %0200d\r\n", i, i);
	n += snprintf(head + n, sizeof head - (size_t)n, "\r\n");
	for (int i = 0; i < n; i += 1000) {
		put(fd, head + i, (size_t)(n - i > 1000 ? 1000 : n - i));
		usleep(2000);
	}
	assert_non_null(strstr(all(fd, out, sizeof out), "hello big"));
	fd = dial();
	n = snprintf(head, sizeof head, "GET /?n=%018000d HTTP/1.1\r\n" H "\r\n", 1);
	put(fd, head, (size_t)n);
	all(fd, out, sizeof out);
	assert_true(strncmp(out, "HTTP/1.1 4", 10) == 0 && !strstr(out, "hello"));
	fd = dial();
	n = snprintf(head, sizeof head, "GET / HTTP/1.1\r\n" H);
	for (int i = 0; i < 101; i++)
		n += snprintf(head + n, sizeof head - (size_t)n, "A%d: b\r\n", i);
	n += snprintf(head + n, sizeof head - (size_t)n, "\r\n");
	put(fd, head, (size_t)n);
	assert_true(strncmp(all(fd, out, sizeof out), "HTTP/1.1 431 ", 13) == 0);
	fd = dial(); /* the length of a chunked body is known at its end only */
	n = snprintf(head, sizeof head,
		"POST /echo HTTP/1.1\r\n" H
		"Transfer-Encoding: chunked\r\n\r\n5dc\r\n%01500d\r\n0\r\n\r\n",
		7);
	put(fd, head, (size_t)n);
	assert_true(strncmp(all(fd, out, sizeof out), "HTTP/1.1 413 ", 13) == 0);
}

/* Sends a byte each 100 ms until the server hangs up; how long that took. */
static int64_t trickle(const char *head)
{
	int64_t start_us = cni_clock_mono_us();
	int fd = dial();
	char out[64];

	put(fd, head, strlen(head));
	for (int i = 0; i < 80; i++) {
		usleep(100 * 1000);
		if (send(fd, "a", 1, MSG_NOSIGNAL) < 0 ||
			recv(fd, out, sizeof out, MSG_DONTWAIT) == 0)
			break;
	}
	close(fd);
	return (cni_clock_mono_us() - start_us) / 1000;
}

static void ends_what_trickles(void **state)
{
	(void)state;
	/* never silent for the idle second; over after it and the deadline's */
	int64_t head_ms = trickle("GET /?n=");
	int64_t body_ms = trickle("POST /echo HTTP/1.1\r\n" H "Content-Length: 900\r\n\r\n");

	if (head_ms < 1500 || head_ms > 4500 || body_ms < 800 || body_ms > 3500)
		fail_msg("%lld ms, %lld ms", (long long)head_ms, (long long)body_ms);
}

static void counts_addresses(void **state)
{
	(void)state;
	cn_web_limits limits = {.connections_per_address = 2};
	cni_connections all_of;
	cn_error err;
	struct sockaddr_in far = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0x0A000001)};
	struct sockaddr_in other = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0x0A000002)};
	struct sockaddr_in near = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	cni_connection *open[4];

	assert_ok(cni_connections_init(&all_of, &limits, &err), &err);
	for (int i = 0; i < 2; i++) {
		assert_true(cni_connections_allow(&all_of, (struct sockaddr *)&far));
		open[i] = cni_connection_open(&all_of, web, -1, (struct sockaddr *)&far);
	}
	assert_false(cni_connections_allow(&all_of, (struct sockaddr *)&far));
	assert_true(cni_connections_allow(&all_of, (struct sockaddr *)&other));
	for (int i = 2; i < 4; i++)
		open[i] = cni_connection_open(&all_of, web, -1, (struct sockaddr *)&near);
	assert_true(cni_connections_allow(&all_of, (struct sockaddr *)&near));
	cni_connection_close(open[0]);
	assert_true(cni_connections_allow(&all_of, (struct sockaddr *)&far));
	for (int i = 1; i < 4; i++)
		cni_connection_close(open[i]);
	assert_int_equal(all_of.count, 0);
	cni_connections_done(&all_of);
}

static void streams_events(void **state)
{
	(void)state;
	char out[4096];
	int fd = dial();
	size_t have = 0;

	PUT(fd, "GET /_cantil/events HTTP/1.1\r\n" H "\r\n");
	cni_server_publish(server, "{\"n\":1}");
	cni_server_publish(server, "{\"n\":2}");
	for (out[0] = '\0'; !strstr(out, "{\"n\":2}");) {
		ssize_t n = recv(fd, out + have, sizeof out - 1 - have, 0);
		assert_true(n > 0);
		have += (size_t)n;
		out[have] = '\0';
	}
	assert_non_null(strstr(out, "text/event-stream"));
	usleep(2300 *
		1000); /* longer than the idle time-out and the deadline: a stream has neither */
	cni_server_publish(server, "{\"n\":3}");
	while (!strstr(out, "{\"n\":3}")) {
		ssize_t n = recv(fd, out + have, sizeof out - 1 - have, 0);
		assert_true(n > 0);
		have += (size_t)n;
		out[have] = '\0';
	}
	close(fd);
}

static void *stop_it(void *arg)
{
	cni_server_stop(arg, 3000, 5000);
	return NULL;
}

static void leaves_without_losing(void **state)
{
	(void)state;
	char out[4096];
	pthread_t stopper;
	int kept = dial(), busy = dial(), stream = dial();
	static const char slow_one[] = "GET /slow HTTP/1.1\r\n" H "\r\n",
			  quick[] = "GET /?n=kept HTTP/1.1\r\n" H "\r\n";

	PUT(stream, "GET /_cantil/events HTTP/1.1\r\n" H "\r\n");
	put(kept, quick, sizeof quick - 1);
	one(kept, out, sizeof out);
	assert_null(strstr(out, "Connection: close"));
	put(busy, slow_one, sizeof slow_one - 1);
	usleep(100 * 1000);
	cni_server *next = start(
		NULL); /* the next version accepts on the same socket before the old one goes */
	pthread_create(&stopper, NULL, stop_it, server);
	usleep(100 * 1000);
	put(kept, quick, sizeof quick - 1);
	assert_non_null(strstr(one(kept, out, sizeof out), "Connection: close"));
	assert_non_null(strstr(out, "hello kept"));
	assert_int_equal(recv(kept, out, 1, 0), 0);
	assert_non_null(strstr(all(busy, out, sizeof out), "slow"));
	all(stream, out, sizeof out); /* it ends */
	pthread_join(stopper, NULL);
	close(kept);
	server = next;
	int fd = dial();
	put(fd, quick, sizeof quick - 1);
	assert_non_null(strstr(one(fd, out, sizeof out), "hello kept"));
	close(fd);
}

static void answers_to_its_names_only(void **state)
{
	(void)state;
	char out[4096], mine[32];
	const char *hosts[] = {mine, NULL};
	int64_t start_us;

	snprintf(mine, sizeof mine, "127.0.0.1:%u", port);
	cni_server_stop(server, 0, 2000);
	server = start(hosts);
	int fd = dial();
	PUT(fd, "GET /_cantil/dev.js HTTP/1.1\r\nHost: evil.test\r\n\r\n");
	assert_true(strncmp(all(fd, out, sizeof out), "HTTP/1.1 400 ", 13) == 0);
	fd = dial();
	dprintf(fd, "GET /_cantil/dev.js HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n", mine);
	assert_non_null(strstr(all(fd, out, sizeof out), "/* script */"));
	fd = dial();
	dprintf(fd, "GET /?n=secret HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n", mine);
	all(fd, out, sizeof out);
	/* the log line is written when the reply is out */
	for (start_us = cni_clock_mono_us(); cni_clock_mono_us() - start_us < 2000000;) {
		pthread_mutex_lock(&log_lock);
		bool there = strncmp(last_log, "GET / 200 12 ", 13) == 0;
		pthread_mutex_unlock(&log_lock);
		if (there)
			return;
	}
	fail_msg("%s", last_log);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(refuses_and_hangs_up),
		cmocka_unit_test(bounds_the_query),
		cmocka_unit_test(answers_good_ones),
		cmocka_unit_test(answers_in_order),
		cmocka_unit_test(limits_heads_and_bodies),
		cmocka_unit_test(ends_what_trickles),
		cmocka_unit_test(counts_addresses),
		cmocka_unit_test(streams_events),
		cmocka_unit_test(leaves_without_losing),
		cmocka_unit_test(answers_to_its_names_only),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
