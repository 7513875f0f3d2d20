/* test_guard.c - what is refused before anything is done with a request, rule by rule. */
#include "tap.h"

#include "web/guard.h"

enum { HEADERS_MAX = 8 };

typedef struct row {
	int status;
	const char *method, *target, *version;
	const char *headers[HEADERS_MAX]; /* "Name: value" */
} row;

static const char *const local[] = {"127.0.0.1:5000", "localhost:5000", "[::1]:5000", NULL};

static int check(const row *r, const char *const *hosts, uint16_t any_ip_port)
{
	cni_header headers[HEADERS_MAX];
	static char names[HEADERS_MAX][64];
	cn_error err = {0};
	cni_guard_input in = {.method = r->method,
		.target = r->target,
		.version = r->version,
		.headers = headers,
		.header_bytes = 1024,
		.body_bytes = 1000,
		.hosts = hosts,
		.any_ip_port = any_ip_port};

	for (; in.count < HEADERS_MAX && r->headers[in.count]; in.count++) {
		const char *line = r->headers[in.count], *value = strstr(line, ": ");
		size_t size = (size_t)(value - line);
		memcpy(names[in.count], line, size);
		names[in.count][size] = '\0';
		headers[in.count] =
			(cni_header){names[in.count], value + 2, size, strlen(value + 2)};
	}
	int status = cni_guard_check(&in, &err);
	assert_int_equal(status != 0, err.message[0] != '\0');
	return status;
}

static void refuses_what_reads_two_ways(void **state)
{
	(void)state;
	static const row rows[] = {
		{0, "GET", "/", "HTTP/1.1", {"Host: x"}},
		{0, "GET", "/", "HTTP/1.0", {NULL}},
		{0, "POST", "/", "HTTP/1.1", {"Host: x", "Content-Length: 1000"}},
		{0, "POST", "/", "HTTP/1.1", {"Host: x", "Transfer-Encoding: chunked"}},
		{413, "POST", "/", "HTTP/1.1", {"Host: x", "Content-Length: 1001"}},
		{413, "POST", "/", "HTTP/1.1", {"Host: x", "Content-Length: 99999999999999999999"}},
		{400, "POST", "/", "HTTP/1.1",
			{"Host: x", "Content-Length: 3", "Content-Length: 5"}},
		{400, "POST", "/", "HTTP/1.1",
			{"Host: x", "Content-Length: 3", "content-length: 3"}},
		{400, "POST", "/", "HTTP/1.1",
			{"Host: x", "Content-Length: 3", "Transfer-Encoding: chunked"}},
		{400, "POST", "/", "HTTP/1.1",
			{"Host: x", "Transfer-Encoding: chunked", "Transfer-Encoding: chunked"}},
		{501, "POST", "/", "HTTP/1.1", {"Host: x", "Transfer-Encoding: gzip, chunked"}},
		{501, "POST", "/", "HTTP/1.1", {"Host: x", "Transfer-Encoding: xchunked"}},
		{400, "POST", "/", "HTTP/1.0", {"Transfer-Encoding: chunked"}},
		{400, "POST", "/", "HTTP/1.1", {"Host: x", "Content-Length: +3"}},
		{400, "POST", "/", "HTTP/1.1", {"Host: x", "Content-Length: 0x3"}},
		{400, "POST", "/", "HTTP/1.1", {"Host: x", "Content-Length: 3, 3"}},
		{400, "POST", "/", "HTTP/1.1", {"Host: x", "Content-Length: -1"}},
		{400, "POST", "/", "HTTP/1.1", {"Host: x", "Content-Length: "}},
		{400, "GET", "/", "HTTP/1.1", {"Host : x"}},
		{400, "GET", "/", "HTTP/1.1", {"Host: x", "A\tb: 1"}},
		{400, "GET", "/", "HTTP/1.1", {"Host: x", "A(b: 1"}},
		{400, "GET", "/", "HTTP/1.1", {"Host: x", "A: 1\rB: 2"}},
		{400, "GET", "/", "HTTP/1.1", {"Host: x", "A: 1\x01"}},
		{400, "GET", "/a b", "HTTP/1.1", {"Host: x"}},
		{400, "GET", "/\x7f", "HTTP/1.1", {"Host: x"}},
		{400, "GET", "http://evil/", "HTTP/1.1", {"Host: x"}},
		{400, "G ET", "/", "HTTP/1.1", {"Host: x"}},
		{505, "GET", "/", "HTTP/2.0", {"Host: x"}},
		{505, "GET", "/", "http/1.1", {"Host: x"}},
		{400, "GET", "/", "HTTP/1.1", {NULL}},
		{400, "GET", "/", "HTTP/1.1", {"Host: a", "Host: a"}},
		{400, "GET", "/", "HTTP/1.1", {"Host: "}},
		{400, "GET", "/", "HTTP/1.1", {"Host: a/b"}},
		{400, "GET", "/", "HTTP/1.1", {"Host: a@b"}},
		{400, "GET", "/", "HTTP/1.1", {"Host: a:b"}},
		{400, "GET", "/", "HTTP/1.1", {"Host: a:123456"}},
		{400, "GET", "/", "HTTP/1.1", {"Host: [::1"}},
		{400, "GET", "/", "HTTP/1.1", {"Host: []"}},
		{0, "GET", "/", "HTTP/1.1", {"Host: [::1]:80"}},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		int status = check(&rows[i], NULL, 0);
		if (status != rows[i].status)
			fail_msg("row %zu: %d, not %d", i, status, rows[i].status);
	}
}

static void limits_the_head(void **state)
{
	(void)state;
	static char value[1200];
	row r = {0, "GET", "/", "HTTP/1.1", {"Host: x", value}};

	memset(value, 'a', sizeof value - 1);
	memcpy(value, "A: ", 3);
	assert_int_equal(check(&r, NULL, 0), 431);
	value[900] = '\0';
	assert_int_equal(check(&r, NULL, 0), 0);
}

static void knows_its_own_names_only(void **state)
{
	(void)state;
	static const struct {
		const char *host;
		bool listed, any_ip;
	} rows[] = {
		{"Host: 127.0.0.1:5000", true, true},
		{"Host: localhost:5000", true, true},
		{"Host: LOCALHOST:5000", true, true},
		{"Host: [::1]:5000", true, true},
		{"Host: evil.test:5000", false, false},
		{"Host: localhost", false, false},
		{"Host: localhost:5001", false, false},
		{"Host: 127.0.0.1:5000.evil.test", false, false},
		{"Host: xlocalhost:5000", false, false},
		{"Host: 192.168.1.7:5000", false, true},
		{"Host: [fe80::1]:5000", false, true},
		{"Host: 192.168.1.7:5001", false, false},
		{"Host: 192.168.1:5000", false, false},
		{"Host: 192.168.1.7.evil.test:5000", false, false},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		row r = {0, "GET", "/", "HTTP/1.1", {rows[i].host}};
		if ((check(&r, local, 0) == 0) != rows[i].listed ||
			(check(&r, local, 5000) == 0) != rows[i].any_ip)
			fail_msg("%s", rows[i].host);
	}
	row none = {0, "GET", "/", "HTTP/1.0", {NULL}};
	assert_int_equal(check(&none, local, 5000), 400);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(refuses_what_reads_two_ways),
		cmocka_unit_test(limits_the_head),
		cmocka_unit_test(knows_its_own_names_only),
	};
	return RUN(tests);
}
