/* backup_test.h - a temporary folder with a database in it, for the tests of backups. */
#ifndef CANTIL_TESTS_BACKUP_TEST_H
#define CANTIL_TESTS_BACKUP_TEST_H

#include "tap.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backup/backup.h"
#include "backup/part.h"
#include "base/file.h"

typedef struct folder {
	cni_arena arena;
	const char *path, *db; /* "…/x.db" */
	cn_error err;
} folder;

static const cni_backup_options no_options = {.tool = "test 1"};

static inline const char *in(folder *f, const char *name)
{
	return cni_path_join(&f->arena, f->path, name);
}

static inline cni_conn *open_at(folder *f, const char *path, cni_open_mode mode)
{
	cni_uri uri = cni_file_uri(path);
	cni_conn *conn;

	assert_ok(cni_conn_open(&uri, &(cni_open_options){.mode = mode, .busy_timeout_ms = 100},
			  &conn, &f->err),
		&f->err);
	return conn;
}

static inline void run_sql(folder *f, const char *path, const char *sql)
{
	cni_conn *conn = open_at(f, path, CNI_OPEN_CREATE);

	assert_ok(cni_conn_exec(conn, sql, &f->err), &f->err);
	cni_conn_close(conn);
}

static inline int64_t ask_int(folder *f, const char *path, const char *sql)
{
	cni_conn *conn = open_at(f, path, CNI_OPEN_READ);
	int64_t value;

	assert_ok(cni_conn_int(conn, sql, &value, &f->err), &f->err);
	cni_conn_close(conn);
	return value;
}

/* How many names in the folder hold this text? */
static inline size_t count_names(folder *f, const char *part)
{
	const char **names;
	size_t count, found = 0;

	assert_ok(cni_dir_list(&f->arena, f->path, &names, &count, &f->err), &f->err);
	for (size_t i = 0; i < count; i++)
		found += strstr(names[i], part) != NULL;
	return found;
}

static inline void make_backup(folder *f, const char *to, cni_manifest *ret)
{
	cni_conn *conn = open_at(f, f->db, CNI_OPEN_READ);

	assert_ok(cni_backup_make(conn, &f->arena, to, &no_options, ret, &f->err), &f->err);
	cni_conn_close(conn);
}

static int folder_setup(void **state)
{
	folder *f = calloc(1, sizeof *f);
	char *path;

	if (!f)
		return -1;
	const char *tmp = getenv("TMPDIR");
	path = cni_printf(&f->arena, "%s/cantil-backup-XXXXXX", tmp && *tmp ? tmp : "/tmp");
	if (!mkdtemp(path))
		return -1;
	f->path = path;
	f->db = in(f, "x.db");
	run_sql(f, f->db,
		"CREATE TABLE a (id INTEGER PRIMARY KEY, t TEXT); CREATE TABLE \"b \"\"x\" (id INTEGER PRIMARY KEY, a_id REFERENCES a);"
		"INSERT INTO a WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)"
		" SELECT i, hex(randomblob(50)) FROM n; INSERT INTO \"b \"\"x\" SELECT id, id FROM a WHERE id <= 10");
	*state = f;
	return 0;
}

static int folder_teardown(void **state)
{
	folder *f = *state;
	const char **names;
	size_t count;

	if (cni_dir_list(&f->arena, f->path, &names, &count, &f->err) == 0)
		for (size_t i = 0; i < count; i++)
			unlink(in(f, names[i]));
	rmdir(f->path);
	cni_arena_done(&f->arena);
	free(f);
	return 0;
}

#define in_folder(test) cmocka_unit_test_setup_teardown(test, folder_setup, folder_teardown)

#endif
