/* Opening: what a URI may say, what fails and how it is told, what never is told. */
#include <arpa/inet.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "postgres_test.h"

static const char *port_of(fixture *f) { return strstr(f->server, "port=") + 5; }

static const char *folder_of(fixture *f)
{
	const char *at = strstr(f->server, "host=") + 5;
	return cni_strndup(&f->arena, at, strcspn(at, "&"));
}

static void assert_opens(fixture *f, const char *uri)
{
	cni_conn *conn = open_at(f, uri);
	assert_string_equal(text_of(f, conn, "SELECT current_database()"), f->name);
	cni_conn_close(conn);
}

static void test_every_way_in(void **state)
{
	fixture *f = *state;
	const char *port = port_of(f), *folder = folder_of(f);
	cni_arena *a = &f->arena;
	assert_opens(
		f, cni_printf(a, "postgresql://cantil@/%s?host=%s&port=%s", f->name, folder, port));
	assert_opens(f, cni_printf(a, "postgres://cantil:cantil@127.0.0.1:%s/%s", port, f->name));
	assert_opens(f, cni_printf(a, "postgresql://cantil:cantil@localhost:%s/%s?sslmode=disable",
				port, f->name));
	assert_opens(f, cni_printf(a,
				"postgresql://cantil:cantil@localhost:%s/%s?sslmode=prefer"
				"&connect_timeout=5&application_name=mine&keepalives=0",
				port, f->name));
	/* a host whose server is gone: the next one is taken */
	assert_opens(f, cni_printf(a, "postgresql://cantil:cantil@127.0.0.1:1,127.0.0.1:%s/%s",
				port, f->name));
	assert_opens(f, cni_printf(a, "postgresql://cantil:cantil@/%s?host=/nowhere,%s&port=1,%s",
				f->name, folder, port));
}

static void test_what_the_environment_says(void **state)
{
	fixture *f = *state;
	setenv("PGHOST", folder_of(f), 1);
	setenv("PGPORT", port_of(f), 1);
	setenv("PGUSER", "cantil", 1);
	assert_opens(f, cni_printf(&f->arena, "postgresql:///%s", f->name));
	unsetenv("PGHOST");
	setenv("PGHOSTADDR", "127.0.0.1", 1);
	setenv("PGPASSWORD", "cantil", 1);
	assert_opens(f, cni_printf(&f->arena, "postgresql:///%s", f->name));
	char path[] = "/tmp/cantil-service-XXXXXX";
	FILE *file = fdopen(mkstemp(path), "w");
	fprintf(file, "[here]\nhost=127.0.0.1\nport=%s\nuser=cantil\npassword=cantil\ndbname=%s\n",
		port_of(f), f->name);
	fclose(file);
	unsetenv("PGHOSTADDR");
	unsetenv("PGPORT");
	unsetenv("PGUSER");
	unsetenv("PGPASSWORD");
	setenv("PGSERVICEFILE", path, 1);
	assert_opens(f, "postgresql://?service=here");
	unsetenv("PGSERVICEFILE");
	unlink(path);
}

/* No word of the password anywhere. */
static void assert_cannot(
	fixture *f, const char *uri, cn_status wanted, const char *state, const char *words)
{
	cni_conn *conn = NULL;
	cn_status status = try_open(f, uri, (cni_open_options){.mode = CNI_OPEN_WRITE}, &conn);
	if (status != wanted || strcmp(f->err.sqlstate, state) != 0)
		fail_msg("%s: %d %s %s | %s", uri, status, f->err.sqlstate, f->err.message,
			f->err.detail);
	const char *all =
		cni_printf(&f->arena, "%s\n%s\n%s", f->err.message, f->err.detail, f->err.hint);
	assert_contains(all, words);
	assert_null(strstr(all, "s3cret"));
}

static void test_what_cannot_be_opened(void **state)
{
	fixture *f = *state;
	const char *port = port_of(f);
	cni_arena *a = &f->arena;
	assert_cannot(f, cni_printf(a, "postgresql://cantil:s3cret@127.0.0.1:%s/%s", port, f->name),
		CN_ECONNECT, "28P01", "password authentication failed");
	assert_cannot(f, cni_printf(a, "postgresql://cantil@127.0.0.1:%s/%s", port, f->name),
		CN_ECONNECT, "", "PGPASSWORD");
	assert_cannot(f, cni_printf(a, "postgresql://cantil:cantil@127.0.0.1:%s/nodb", port),
		CN_ENOTFOUND, "3D000", "createdb nodb");
	assert_cannot(f,
		cni_printf(
			a, "postgresql://nobody@/%s?host=%s&port=%s", f->name, folder_of(f), port),
		CN_ECONNECT, "28000", "\"nobody\"");
	assert_cannot(f, "postgresql://cantil:s3cret@127.0.0.1:1/x", CN_ECONNECT, "", "running");
	assert_cannot(f, "postgresql://cantil:s3cret@/x?host=/nowhere/at/all", CN_ECONNECT, "",
		"/nowhere/at/all");
	assert_cannot(f,
		cni_printf(a, "postgresql://cantil:cantil@127.0.0.1:%s/x?sslmode=require", port),
		CN_ECONNECT, "", "SSL");
	assert_cannot(f, "postgresql://a:s3cret@h/x?sslmode=sometimes", CN_ECONNECT, "", "sslmode");
}

static void test_options_are_checked(void **state)
{
	fixture *f = *state;
	assert_cannot(f, "postgresql://h/x?aplication_name=y", CN_EARG, "", "application_name");
	assert_cannot(f, "postgresql://h/x?zzzzzzzz=y", CN_EARG, "", "sslmode");
	assert_cannot(f, "postgresql://h/x?isolation=high", CN_EARG, "", "serializable");
	assert_cannot(f, "postgresql://h/x?lock_timeout_ms=soon", CN_EARG, "", "milliseconds");
	assert_cannot(f, "postgresql://h/x?mode=wo", CN_EARG, "", "ro, rw or rwc");
}

static void test_the_uri_shows_no_password(void **state)
{
	fixture *f = *state;
	cni_conn *conn = open_at(f,
		cni_printf(&f->arena,
			"postgresql://cantil:cantil@127.0.0.1:%s/%s?password=cantil&sslpassword=s3cret",
			port_of(f), f->name));
	assert_contains(conn->uri, "***");
	assert_null(strstr(conn->uri, ":cantil@"));
	assert_null(strstr(conn->uri, "password=cantil"));
	assert_null(strstr(conn->uri, "s3cret"));
	cni_conn_close(conn);
}

static void test_reading_only(void **state)
{
	fixture *f = *state;
	cni_conn *conn = NULL;
	exec(f, f->conn, "CREATE TABLE t(id int)");
	assert_ok(try_open(f, f->uri, (cni_open_options){.mode = CNI_OPEN_READ}, &conn), &f->err);
	assert_int_equal(cni_conn_exec(conn, "INSERT INTO t VALUES (1)", &f->err), CN_EIO);
	assert_int_equal(int_of(f, conn, "SELECT count(*) FROM t"), 0);
	cni_conn_close(conn);
	conn = open_at(f, uri_with(f, f->name, "mode=ro"));
	assert_int_equal(cni_conn_exec(conn, "DROP TABLE t", &f->err), CN_EIO);
	cni_conn_close(conn);
}

/* Only who may create one. */
static void test_a_database_can_be_made(void **state)
{
	fixture *f = *state;
	const char *name = cni_printf(&f->arena, "%s \"new\"", f->name);
	const char *uri = uri_with(f, cni_printf(&f->arena, "%s%%20%%22new%%22", f->name), "");
	cni_conn *conn = NULL;
	assert_int_equal(
		try_open(f, uri, (cni_open_options){.mode = CNI_OPEN_WRITE}, &conn), CN_ENOTFOUND);
	assert_ok(try_open(f, uri, (cni_open_options){.mode = CNI_OPEN_CREATE}, &conn), &f->err);
	assert_string_equal(text_of(f, conn, "SELECT current_database()"), name);
	cni_conn_close(conn);
	exec(f, f->admin, cni_printf(&f->arena, "DROP DATABASE \"%s \"\"new\"\"\"", f->name));
	/* a guest may not */
	uri = cni_printf(&f->arena, "postgresql://guest:guest@127.0.0.1:%s/guests", port_of(f));
	assert_int_equal(
		try_open(f, uri, (cni_open_options){.mode = CNI_OPEN_CREATE}, &conn), CN_ENOTFOUND);
	assert_contains(f->err.detail, "permission denied");
}

static void test_what_it_can(void **state)
{
	fixture *f = *state;
	const cni_capabilities *can = cni_conn_can(f->conn);
	assert_true(can->transactional_ddl && can->concurrent_ddl && can->advisory_locks &&
		    can->savepoints && can->reserves_keys && can->copies_rows);
	assert_false(can->writers_wait || can->failed_goes_on || can->distributes);
}

/* ---- servers that are none ---- */

typedef struct fake {
	int listener;
	pid_t child;
	unsigned port;
} fake;

/* Says `answer` to whatever comes, and closes; NULL: says nothing, and keeps the line open. */
static fake start_fake(const char *answer, size_t size)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t length = sizeof address;
	fake it = {.listener = socket(AF_INET, SOCK_STREAM, 0)};
	assert_int_equal(bind(it.listener, (struct sockaddr *)&address, length), 0);
	assert_int_equal(listen(it.listener, 8), 0);
	assert_int_equal(getsockname(it.listener, (struct sockaddr *)&address, &length), 0);
	it.port = ntohs(address.sin_port);
	it.child = fork();
	if (it.child)
		return it;
	for (;;) {
		char got[1024];
		int peer = accept(it.listener, NULL, NULL);
		if (!answer)
			pause();
		if (read(peer, got, sizeof got) > 0)
			(void)!write(peer, answer, size);
		close(peer);
	}
}

static void stop_fake(fake *it)
{
	kill(it->child, SIGKILL);
	waitpid(it->child, NULL, 0);
	close(it->listener);
}

static void test_servers_that_are_none(void **state)
{
	static const struct {
		const char *answer;
		size_t size;
	} answers[] = {
		{"", 0},
		{"HTTP/1.1 400 Bad Request\r\n\r\n", 28},
		{"R\0\0\0\10\0\0\0\0Z\0\0\0\5I", 15}, /* welcome, and gone */
		{"R\0\0\0\10\0\0\0\0Z\0\0\0\5IX\xff\xff\xff\xff", 20},
		{"R\0\0\0\10\0\0\0\0Z\0\0\0\5IT\0\0\0\6\xff\xff", 22},
		{"E\xff\xff\xff\xff", 5},
		{"E\0\0\0\14SFATAL\0", 13},
		{"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16},
	};
	fixture *f = *state;
	for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
		fake it = start_fake(answers[i].answer, answers[i].size);
		cni_conn *conn = NULL;
		cn_status status = try_open(f,
			cni_printf(&f->arena,
				"postgresql://a:s3cret@127.0.0.1:%u/x?sslmode=disable", it.port),
			(cni_open_options){.mode = CNI_OPEN_WRITE}, &conn);
		stop_fake(&it);
		if (status != CN_ECONNECT && status != CN_ESQL)
			fail_msg("answer %zu: %d %s", i, status, f->err.message);
		assert_true(f->err.message[0] != '\0');
		assert_null(conn);
	}
}

static void test_a_server_that_says_nothing(void **state)
{
	fixture *f = *state;
	fake it = start_fake(NULL, 0);
	cni_conn *conn = NULL;
	cn_status status = try_open(f,
		cni_printf(&f->arena,
			"postgresql://127.0.0.1:%u/x?connect_timeout=2&sslmode=disable", it.port),
		(cni_open_options){.mode = CNI_OPEN_WRITE}, &conn);
	stop_fake(&it);
	assert_int_equal(status, CN_ECONNECT);
	assert_contains(f->err.message, "does not answer");
}

static bool no(const cni_pulse *pulse, void *ctx)
{
	(void)pulse;
	++*(int *)ctx;
	return false;
}

static void test_opening_can_be_ended(void **state)
{
	fixture *f = *state;
	fake it = start_fake(NULL, 0);
	cni_conn *conn = NULL;
	int asked = 0;
	cn_status status = try_open(f,
		cni_printf(&f->arena, "postgresql://127.0.0.1:%u/x?sslmode=disable", it.port),
		(cni_open_options){.mode = CNI_OPEN_WRITE, .watch = no, .watch_ctx = &asked},
		&conn);
	stop_fake(&it);
	assert_int_equal(status, CN_ECANCELED);
	assert_int_equal(asked, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_every_way_in),
		TEST(test_what_the_environment_says),
		TEST(test_what_cannot_be_opened),
		TEST(test_options_are_checked),
		TEST(test_the_uri_shows_no_password),
		TEST(test_reading_only),
		TEST(test_a_database_can_be_made),
		TEST(test_what_it_can),
		TEST(test_servers_that_are_none),
		TEST(test_a_server_that_says_nothing),
		TEST(test_opening_can_be_ended),
	};
	return RUN(tests);
}
