/* postgres_test.h - a database of its own for each test, on the server of CANTIL_TEST_POSTGRES. */
#ifndef CANTIL_TESTS_POSTGRES_TEST_H
#define CANTIL_TESTS_POSTGRES_TEST_H

#include "tap.h"

#include <unistd.h>

#include "base/text.h"
#include "driver/driver.h"
#include "driver/postgres/postgres.h"

typedef struct fixture {
	cni_arena arena;
	cn_error err;
	const char *server; /* the URI of the server's own database */
	char name[64];      /* of this test's */
	const char *uri;
	cni_conn *admin, *conn;
} fixture;

/* The server's URI with another database, and more options behind it. */
static inline const char *uri_with(fixture *f, const char *database, const char *options)
{
	const char *query = strchr(f->server, '?'), *slash = query;
	while (*slash != '/')
		slash--;
	return cni_printf(&f->arena, "%.*s/%s%s%s%s", (int)(slash - f->server), f->server, database,
		query, *options ? "&" : "", options);
}

static inline cn_status try_open(
	fixture *f, const char *text, cni_open_options options, cni_conn **ret)
{
	cni_uri uri;
	memset(&f->err, 0, sizeof f->err);
	assert_ok(cni_uri_parse(&f->arena, text, "/", &uri, &f->err), &f->err);
	return cni_conn_open(&uri, &options, ret, &f->err);
}

static inline cni_conn *open_at(fixture *f, const char *text)
{
	cni_conn *conn = NULL;
	assert_ok(try_open(f, text, (cni_open_options){.mode = CNI_OPEN_WRITE}, &conn), &f->err);
	return conn;
}

static inline void exec(fixture *f, cni_conn *conn, const char *sql)
{
	assert_ok(cni_conn_exec(conn, sql, &f->err), &f->err);
}

static inline int setup(void **state)
{
	fixture *f = calloc(1, sizeof *f);
	static int count;
	f->server = getenv("CANTIL_TEST_POSTGRES");
	if (!f->server)
		fail_msg(
			"CANTIL_TEST_POSTGRES names no server; run by tests/postgres/server.sh run");
	snprintf(f->name, sizeof f->name, "test_%d_%d", (int)getpid(), ++count);
	f->admin = open_at(f, f->server);
	assert_ok(cni_conn_execf(f->admin, &f->err, "CREATE DATABASE %s", f->name), &f->err);
	f->uri = uri_with(f, f->name, "");
	f->conn = open_at(f, f->uri);
	*state = f;
	return 0;
}

static inline int teardown(void **state)
{
	fixture *f = *state;
	cni_conn_close(f->conn);
	assert_ok(cni_conn_execf(f->admin, &f->err, "DROP DATABASE %s WITH (FORCE)", f->name),
		&f->err);
	cni_conn_close(f->admin);
	cni_arena_done(&f->arena);
	free(f);
	return 0;
}

static inline int64_t int_of(fixture *f, cni_conn *conn, const char *sql)
{
	int64_t value = -1;
	assert_ok(cni_conn_int(conn, sql, &value, &f->err), &f->err);
	return value;
}

static inline const char *text_of(fixture *f, cni_conn *conn, const char *sql)
{
	const char *value = NULL;
	assert_ok(cni_conn_text(conn, &f->arena, sql, &value, &f->err), &f->err);
	return value;
}

static inline cni_stmt *prepare(fixture *f, const char *sql)
{
	cni_stmt *stmt = NULL;
	assert_ok(cni_conn_prepare(f->conn, sql, &stmt, &f->err), &f->err);
	return stmt;
}

static inline void assert_contains(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("\"%s\" does not contain \"%s\"", text, part);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

#endif
