/* driver_test.h - a folder of its own for each test, and databases in it. */
#ifndef CANTIL_TESTS_DRIVER_TEST_H
#define CANTIL_TESTS_DRIVER_TEST_H

#include "tap.h"

#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "driver/driver.h"

typedef struct fixture {
	cni_arena arena;
	char folder[64];
	cn_error err;
} fixture;

static inline int setup(void **state)
{
	fixture *f = calloc(1, sizeof *f);
	strcpy(f->folder, "/tmp/cantil-driver-XXXXXX");
	*state = f;
	return mkdtemp(f->folder) ? 0 : -1;
}

static inline int teardown(void **state)
{
	fixture *f = *state;
	const char **names;
	size_t count;
	chmod(f->folder, 0700);
	if (cni_dir_list(&f->arena, f->folder, &names, &count, NULL) == CN_OK)
		for (size_t i = 0; i < count; i++) {
			char *path = cni_path_join(&f->arena, f->folder, names[i]);
			if (unlink(path) < 0)
				rmdir(path);
		}
	int rc = rmdir(f->folder);
	cni_arena_done(&f->arena);
	free(f);
	return rc;
}

static inline cni_uri uri_of(fixture *f, const char *text)
{
	cni_uri uri;
	assert_ok(cni_uri_parse(&f->arena, text, f->folder, &uri, &f->err), &f->err);
	return uri;
}

static inline cn_status try_open(
	fixture *f, const char *text, cni_open_options options, cni_conn **ret)
{
	cni_uri uri = uri_of(f, text);
	memset(&f->err, 0, sizeof f->err);
	return cni_conn_open(&uri, &options, ret, &f->err);
}

/* "x.db" in the fixture's folder, or a URI. */
static inline cni_conn *open_db(fixture *f, const char *text, cni_open_mode mode)
{
	cni_conn *conn = NULL;
	assert_ok(try_open(f, text, (cni_open_options){.mode = mode}, &conn), &f->err);
	return conn;
}

static inline cni_conn *memory_db(fixture *f) { return open_db(f, "sqlite://", CNI_OPEN_CREATE); }

static inline void exec(fixture *f, cni_conn *conn, const char *sql)
{
	assert_ok(cni_conn_exec(conn, sql, &f->err), &f->err);
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

static inline const char *path_of(fixture *f, const char *name)
{
	return cni_path_join(&f->arena, f->folder, name);
}

static inline bool is_there(fixture *f, const char *name)
{
	return access(path_of(f, name), F_OK) == 0;
}

static inline void assert_contains(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("\"%s\" does not contain \"%s\"", text, part);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

#endif
