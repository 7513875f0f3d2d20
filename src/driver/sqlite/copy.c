/* copy.c - a consistent copy of a live database: a private one to try things on, or a backup file.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/hash.h"
#include "base/try.h"
#include "driver/sqlite/sqlite.h"

enum {
	SNAPSHOT_MEMORY = 64 << 20, /* bytes; what is larger goes to a temporary file */
	STEP_PAGES = 256,           /* of a copy, between two looks at whoever looks on */
};

static cn_status size_of(cni_sqlite *conn, int64_t *ret, cn_error *err)
{
	char pages[32], bytes[32];

	TRY(cni_sqlite_pragma(conn, "PRAGMA main.page_count", pages, sizeof pages, err));
	TRY(cni_sqlite_pragma(conn, "PRAGMA main.page_size", bytes, sizeof bytes, err));
	*ret = strtoll(pages, NULL, 10) * strtoll(bytes, NULL, 10);
	return CN_OK;
}

/* SQLITE_DONE, SQLITE_INTERRUPT, or what went wrong. */
static int copy_pages(cni_sqlite *from, sqlite3_backup *backup)
{
	int rc;

	/* fewer at a time only where somebody looks on: nobody could stop it anyway */
	while ((rc = sqlite3_backup_step(backup, from->base.watch ? STEP_PAGES : -1)) ==
		SQLITE_OK) {
		int64_t total = sqlite3_backup_pagecount(backup);
		if (!cni_sqlite_watch_pages(from, total - sqlite3_backup_remaining(backup), total))
			return SQLITE_INTERRUPT;
	}
	return rc;
}

static cn_status copy_all(cni_sqlite *from, cni_sqlite *to, cn_error *err)
{
	sqlite3_backup *backup = sqlite3_backup_init(to->db, "main", from->db, "main");

	if (!backup)
		return cni_sqlite_fail(to, sqlite3_errcode(to->db), NULL, err);
	int rc = copy_pages(from, backup);
	int end = sqlite3_backup_finish(backup);
	if (rc == SQLITE_INTERRUPT)
		return cn_fail(err, CN_ECANCELED, "interrupted");
	if (rc == SQLITE_DONE)
		rc = end;
	if (rc == SQLITE_OK)
		return CN_OK;
	cn_status status = cni_sqlite_fail(to, rc, NULL, err);
	if (status == CN_ECONFLICT && sqlite3_txn_state(from->db, "main") == SQLITE_TXN_WRITE)
		cn_error_hint(err, "commit or roll back this connection's own transaction first");
	return status;
}

/* All of it in one read transaction of the source: between two, every write of another process
 * would begin the copy anew. */
static cn_status copy(cni_sqlite *from, cni_sqlite *to, cn_error *err)
{
	bool began = sqlite3_get_autocommit(from->db) != 0;

	if (began)
		TRY(cni_sqlite_begin(&from->base, CNI_TX_READ, err));
	/* BEGIN alone takes no lock: the first read does */
	cn_status status =
		cni_sqlite_pragma(from, "SELECT 1 FROM main.sqlite_schema LIMIT 1", NULL, 0, err);
	if (status == CN_OK)
		status = copy_all(from, to, err);
	if (began)
		cni_sqlite_rollback(&from->base);
	return status;
}

cn_status cni_sqlite_snapshot(cni_conn *base, cni_conn **ret, cn_error *err)
{
	cni_sqlite *from = cni_sqlite_of(base), *to = NULL;
	int64_t size;

	TRY(size_of(from, &size, err));
	TRY(cni_sqlite_open_private(size > SNAPSHOT_MEMORY ? "" : ":memory:", base->uri, &to, err));
	cn_status status = copy(from, to, err);
	if (status != CN_OK) {
		cni_sqlite_close(&to->base);
		cn_error_wrap(err, "copying the database");
		if (status == CN_EIO && size > SNAPSHOT_MEMORY)
			cn_error_hint(err,
				"the copy needs %lld MB in the folder for temporary files: TMPDIR says which",
				(long long)(size >> 20) + 1);
		return status;
	}
	cni_conn_watch(&to->base, base->watch, base->watch_ctx);
	*ret = &to->base;
	return CN_OK;
}

static cn_status system_failed(const char *what, const char *path, cn_error *err)
{
	int number = errno;

	cn_error_set(err, number == EEXIST ? CN_ECONFLICT : CN_EIO, "cannot %s \"%s\"", what, path);
	cn_error_detail(err, "%s", strerror(number));
	return number == EEXIST ? CN_ECONFLICT : CN_EIO;
}

/* Who may not read the database may not read its copy. */
static mode_t mode_of(const char *path)
{
	struct stat st;

	return path && stat(path, &st) == 0 ? st.st_mode & 0777 : 0600;
}

static cn_status reserve(const char *path, cn_error *err)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd < 0)
		return system_failed("create", path, err);
	close(fd);
	return CN_OK;
}

static cn_status sync_file(const char *path, mode_t mode, cn_error *err)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);
	bool good = fd >= 0 && fchmod(fd, mode) == 0 && fsync(fd) == 0;
	cn_status status = good ? CN_OK : system_failed("sync", path, err);

	if (fd >= 0)
		close(fd);
	return status;
}

/* The new name, unless it is taken: link does not overwrite, rename would. */
static cn_status publish(const char *from, const char *to, cn_error *err)
{
	if (link(from, to) == 0) {
		unlink(from);
		return CN_OK;
	}
	if (errno == EEXIST)
		return system_failed("create", to, err);
	/* a file system without hard links */
	if (cni_file_exists(to)) {
		errno = EEXIST;
		return system_failed("create", to, err);
	}
	return rename(from, to) == 0 ? CN_OK : system_failed("create", to, err);
}

static cn_status write_copy(cni_sqlite *from, const char *path, cn_error *err)
{
	cni_sqlite *to = NULL;

	TRY(cni_sqlite_open_private(path, path, &to, err));
	/* it is not there before it is whole, so it needs no journal on the disk */
	cn_status status = cni_sqlite_pragma(to, "PRAGMA main.journal_mode=MEMORY", NULL, 0, err);
	if (status == CN_OK)
		status = copy(from, to, err);
	cni_sqlite_close(&to->base);
	return status;
}

cn_status cni_sqlite_backup(cni_conn *base, const char *path, cn_error *err)
{
	CLEANUP(cni_arena_done) cni_arena arena = {0};
	char random[13];

	if (cni_file_exists(path)) {
		errno = EEXIST;
		return system_failed("create", path, err);
	}
	cni_random_hex(random, sizeof random - 1);
	char *part = cni_printf(&arena, "%s.%s.part", path, random);
	char *folder = cni_path_folder(&arena, path);
	if (!part || !folder)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	TRY(reserve(part, err));
	cn_status status = write_copy(cni_sqlite_of(base), part, err);
	if (status == CN_OK)
		status = sync_file(part, mode_of(base->path), err);
	if (status == CN_OK)
		status = publish(part, path, err);
	if (status != CN_OK) {
		unlink(part);
		return status;
	}
	return cni_dir_sync(folder, err);
}
