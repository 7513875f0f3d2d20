/*
 * locate.c - finding the file, and opening it so that the mode's promise holds.
 *
 * Nothing but SQLite may open the file itself: closing any descriptor of a file drops all the locks
 * that this process holds on it. So the header is read through SQLite's own descriptor, and the
 * rest is asked with stat and access.
 *
 * A connection that only reads must leave nothing behind. With a rollback journal SQLite's
 * read-only open does that. With a write-ahead log it does not: it makes -wal and -shm and cannot
 * remove them. So:
 *   - -wal and -shm are there: read-only, nothing new is needed;
 *   - no -wal, and we may write: an ordinary handle with query_only, which tidies up when it
 * closes;
 *   - no -wal, and we may not: `immutable`, the file is complete in itself;
 *   - -wal without -shm (a crash, a copied pair), and we may write: an ordinary handle in exclusive
 *     mode (it keeps the index in memory) that does not move the log into the file when it closes;
 *   - the same, and we may not: it cannot be read without writing, an error that says so.
 * A transaction that a killed process left in its journal must be rolled back before anything can
 * be read. That is done unless the URI says mode=ro: whoever asks where a database stands after a
 * kill wants the answer.
 */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"
#include "base/try.h"
#include "driver/sqlite/sqlite.h"

enum { HEADER = 100, PATH_MAX_SQLITE = 512 - 16 }; /* SQLite's limit, with room for "-journal" */

static bool beside_exists(cni_sqlite *conn, const char *suffix)
{
	char *path = cni_printf(&conn->arena, "%s%s", conn->base.path, suffix);

	return path && access(path, F_OK) == 0;
}

static bool may_write(cni_sqlite *conn)
{
	char *folder = cni_path_folder(&conn->arena, conn->base.path);

	return folder && access(conn->base.path, W_OK) == 0 && access(folder, W_OK) == 0;
}

static cn_status missing(cni_sqlite *conn, cn_error *err)
{
	const char *path = conn->base.path;
	char *folder = cni_path_folder(&conn->arena, path);

	if (!folder)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	if (!cni_dir_exists(folder)) {
		cn_error_set(
			err, CN_ENOTFOUND, "the database's folder does not exist: \"%s\"", folder);
		cn_error_detail(err, "for the database \"%s\"", path);
		cn_error_hint(err, "make the folder first, or correct the path");
		return CN_ENOTFOUND;
	}
	if (conn->mode == CNI_OPEN_CREATE)
		return CN_OK;
	cn_error_set(err, CN_ENOTFOUND, "the database does not exist: \"%s\"", path);
	cn_error_hint(err, "opening it does not create it: a migration does (db upgrade)");
	return CN_ENOTFOUND;
}

/* What stands at the path, before SQLite is asked: its own answer is "unable to open database
 * file". */
static cn_status look(cni_sqlite *conn, cn_error *err)
{
	const char *path = conn->base.path;
	struct stat st;

	if (strlen(path) > PATH_MAX_SQLITE)
		return cn_fail(err, CN_EARG,
			"the path of the database is too long (%zu bytes, %d are possible)",
			strlen(path), PATH_MAX_SQLITE);
	if (stat(path, &st) < 0) {
		if (errno == ENOENT || errno == ENOTDIR)
			return missing(conn, err);
		cn_error_set(err, CN_EIO, "the database cannot be reached: \"%s\"", path);
		cn_error_detail(err, "%s", strerror(errno));
		return CN_EIO;
	}
	if (S_ISDIR(st.st_mode)) {
		cn_error_set(err, CN_ECONNECT, "a folder, not a database: \"%s\"", path);
		cn_error_hint(err, "name the file in it");
		return CN_ECONNECT;
	}
	if (!S_ISREG(st.st_mode))
		return cn_fail(err, CN_ECONNECT, "neither a file nor a database: \"%s\"", path);
	if (access(path, R_OK) < 0) {
		cn_error_set(err, CN_EIO, "no permission to read the database \"%s\"", path);
		cn_error_hint(err, "its permissions are %03o, its owner is user %u",
			st.st_mode & 0777, (unsigned)st.st_uid);
		return CN_EIO;
	}
	return CN_OK;
}

static cn_status not_writable(cni_sqlite *conn, cn_error *err)
{
	cn_error_set(err, CN_EIO, "the database cannot be written: \"%s\"", conn->base.path);
	cn_error_detail(err, "%s",
		access(conn->base.path, W_OK) < 0 ? strerror(errno) : "opened read-only");
	cn_error_hint(err,
		"check the permissions of the file and its folder; to read it only, add ?mode=ro");
	return CN_EIO;
}

/* The first bytes of the file, through SQLite's descriptor, without a lock. */
static cn_status read_header(cni_sqlite *conn, bool *ret_wal, cn_error *err)
{
	static const char magic[16] = "SQLite format 3";
	unsigned char header[HEADER];
	sqlite3_file *file = NULL;
	sqlite3_int64 size = 0;

	*ret_wal = false;
	sqlite3_file_control(conn->db, "main", SQLITE_FCNTL_FILE_POINTER, &file);
	if (!file || !file->pMethods || file->pMethods->xFileSize(file, &size) != SQLITE_OK)
		return cn_fail(err, CN_EIO, "the database cannot be read: \"%s\"", conn->base.path);
	if (size == 0)
		return CN_OK; /* an empty file is an empty database */
	int rc = file->pMethods->xRead(file, header, HEADER, 0);
	if (rc != SQLITE_OK && rc != SQLITE_IOERR_SHORT_READ) {
		cn_error_set(err, CN_EIO, "the database cannot be read: \"%s\"", conn->base.path);
		return CN_EIO;
	}
	if (size < HEADER || memcmp(header, magic, sizeof magic) != 0) {
		/* a power loss while the first page was written: the journal knows what it was */
		if (beside_exists(conn, "-journal"))
			return CN_OK;
		cn_error_set(err, CN_ECONNECT, "not a SQLite database: \"%s\"", conn->base.path);
		cn_error_detail(err, "%lld bytes that do not begin as one does", (long long)size);
		cn_error_hint(err, "is it the right file? one that is encrypted cannot be read");
		return CN_ECONNECT;
	}
	if (header[19] > 2) {
		cn_error_set(err, CN_ECONNECT,
			"the database \"%s\" has a newer format than this SQLite (%s) can read",
			conn->base.path, sqlite3_libversion());
		return CN_ECONNECT;
	}
	*ret_wal = header[18] == 2 || header[19] == 2;
	return CN_OK;
}

static cn_status reopen(cni_sqlite *conn, const char *name, int flags, cn_error *err)
{
	sqlite3_close(conn->db);
	conn->db = NULL;
	return cni_sqlite_handle(conn, name, flags, err);
}

/* file:…?immutable=1: the one thing that only a URI can say to SQLite. */
static cn_status reopen_immutable(cni_sqlite *conn, cn_error *err)
{
	CLEANUP(cni_buffer_done) cni_buffer name = {0};

	cni_buffer_puts(&name, "file:");
	for (const char *p = conn->base.path; *p; p++)
		if (strchr("%?#", *p))
			cni_buffer_printf(&name, "%%%02X", (unsigned char)*p);
		else
			cni_buffer_putc(&name, *p);
	cni_buffer_puts(&name, "?immutable=1");
	if (name.failed)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	return reopen(conn, name.data, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, err);
}

/* The first read, which opens the log and takes the locks. *ret_again: the files are not what they
 * were a moment ago, because another process is just opening or closing them. */
static cn_status first_read(cni_sqlite *conn, int moved, bool *ret_again, cn_error *err)
{
	cn_status status =
		cni_sqlite_pragma(conn, "SELECT 1 FROM main.sqlite_schema LIMIT 0", NULL, 0, err);

	*ret_again = status != CN_OK && (sqlite3_errcode(conn->db) & 0xff) == moved;
	return status;
}

/* Waiting for the exclusive lock would be for ever, if others who hold a shared one wait for it
 * too. A log without an index that somebody else has open is no left-over: then it is looked at
 * again. */
static cn_status read_exclusively(cni_sqlite *conn, bool *ret_again, cn_error *err)
{
	unsigned timeout_ms = conn->busy_timeout_ms;

	sqlite3_db_config(conn->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	TRY(cni_sqlite_pragma(conn, "PRAGMA main.locking_mode=EXCLUSIVE", NULL, 0, err));
	conn->busy_timeout_ms = 0;
	cn_status status = first_read(conn, SQLITE_BUSY, ret_again, err);
	conn->busy_timeout_ms = timeout_ms;
	return status;
}

static cn_status reopen_to_read(cni_sqlite *conn, bool log, bool *ret_again, cn_error *err)
{
	TRY(reopen(conn, conn->base.path, SQLITE_OPEN_READWRITE, err));
	if (log)
		TRY(read_exclusively(conn, ret_again, err));
	TRY(cni_sqlite_pragma(conn, "PRAGMA query_only=ON", NULL, 0, err));
	conn->read_guard = true;
	return CN_OK;
}

/* Is there a journal whose process is no more? Only SQLite can tell. */
static bool is_hot(cni_sqlite *conn)
{
	return beside_exists(conn, "-journal") &&
	       cni_sqlite_pragma(conn, "SELECT 1 FROM main.sqlite_schema LIMIT 0", NULL, 0, NULL) !=
		       CN_OK &&
	       sqlite3_extended_errcode(conn->db) == SQLITE_READONLY_ROLLBACK;
}

static cn_status try_to_read(cni_sqlite *conn, bool *ret_wal, bool *ret_again, cn_error *err)
{
	TRY(cni_sqlite_handle(conn, conn->base.path, SQLITE_OPEN_READONLY, err));
	TRY(read_header(conn, ret_wal, err));
	if (!*ret_wal)
		return is_hot(conn) && !conn->read_asked && may_write(conn)
			       ? reopen_to_read(conn, false, ret_again, err)
			       : CN_OK;
	bool log = beside_exists(conn, "-wal");
	if (log && beside_exists(conn, "-shm"))
		return first_read(conn, SQLITE_CANTOPEN, ret_again, err);
	if (may_write(conn))
		return reopen_to_read(conn, log, ret_again, err);
	if (!log)
		return reopen_immutable(conn, err);
	cn_error_set(err, CN_EIO, "the database \"%s\" cannot be read without writing beside it",
		conn->base.path);
	cn_error_detail(
		err, "its write-ahead log (-wal) has to be recovered, and its folder is read-only");
	cn_error_hint(err,
		"copy the file and its -wal into a folder that can be written, and open it there");
	return CN_EIO;
}

static cn_status locate_to_read(cni_sqlite *conn, bool *ret_wal, cn_error *err)
{
	int64_t until_us = cni_clock_mono_us() + conn->busy_timeout_ms * INT64_C(1000);

	for (int pause_ms = 1;; pause_ms = pause_ms < 16 ? pause_ms * 2 : 16) {
		bool again = false;
		cn_status status = try_to_read(conn, ret_wal, &again, err);
		if (!again || cni_clock_mono_us() > until_us)
			return status;
		sqlite3_close(conn->db);
		conn->db = NULL;
		sqlite3_sleep(pause_ms);
	}
}

cn_status cni_sqlite_locate(cni_sqlite *conn, bool *ret_wal, cn_error *err)
{
	int flags = SQLITE_OPEN_READWRITE;

	TRY(look(conn, err));
	if (conn->mode == CNI_OPEN_READ)
		return locate_to_read(conn, ret_wal, err);
	if (conn->mode == CNI_OPEN_CREATE)
		flags |= SQLITE_OPEN_CREATE;
	TRY(cni_sqlite_handle(conn, conn->base.path, flags, err));
	if (sqlite3_db_readonly(conn->db, "main"))
		return not_writable(conn, err);
	return read_header(conn, ret_wal, err);
}
