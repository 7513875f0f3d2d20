/*
 * space.c - is there room for a rebuild?
 *
 * A table that is copied needs its size again in the file, and the journal or the write-ahead log
 * as much once or twice more. Measured: 2.5 times the size with a rollback journal, 3.5 times in
 * WAL mode. A full disk would be survived too, but after minutes of work.
 */
#include "driver/sqlite/plan.h"

#include <inttypes.h>
#include <sys/statvfs.h>

#include "base/file.h"
#include "base/text.h"
#include "base/try.h"

enum { SMALL = 8 << 20 }; /* bytes: not worth a refusal by estimate */

/* The bytes of all tables that are copied, indexes included; the whole database when SQLite was
 * built without the table that knows. */
static int64_t size_of_rebuilt(cni_conn *conn, const cni_plan *plan)
{
	CLEANUP(cni_stmt_releasep) cni_stmt *stmt = NULL;
	cn_error ignored;
	int64_t size = 0;
	if (cni_conn_prepare(conn,
		    "SELECT coalesce(sum(pgsize), 0) FROM dbstat WHERE aggregate AND name IN"
		    " (SELECT name FROM sqlite_schema WHERE tbl_name = ?1 COLLATE NOCASE)",
		    &stmt, &ignored) < 0)
		return cni_file_size(conn->path);
	for (size_t i = 0; i < plan->rebuilt_count; i++) {
		cni_stmt_reset(stmt);
		if (cni_stmt_bind(stmt, 1, cn_text(plan->rebuilt[i]), &ignored) < 0 ||
			cni_stmt_step(stmt, &ignored) != CNI_ROW)
			return cni_file_size(conn->path);
		size += cni_stmt_int(stmt, 0);
	}
	return size;
}

cn_status cni_sqlite_space(cni_conn *conn, const cni_plan *plan, cn_error *err)
{
	CLEANUP(cni_arena_done) cni_arena arena = {0};
	struct statvfs disk;
	const char *journal = NULL;
	if (!plan->rebuilds || !conn->path || cni_file_size(conn->path) < SMALL)
		return CN_OK;
	char *folder = cni_path_folder(&arena, conn->path);
	if (!folder || statvfs(folder, &disk) != 0)
		return CN_OK; /* an estimate that cannot be made refuses nothing */
	TRY(cni_conn_text(conn, &arena, "PRAGMA main.journal_mode", &journal, err));
	int64_t size = size_of_rebuilt(conn, plan);
	int64_t needed = size / 2 * (cni_same(journal, "wal") ? 7 : 5);
	int64_t free = (int64_t)disk.f_bavail * (int64_t)disk.f_frsize;
	if (size < SMALL || free >= needed)
		return CN_OK;
	cn_error_set(err, CN_EIO, "not enough room on the disk to write the changed tables anew");
	cn_error_detail(err,
		"about %" PRId64 " MB are needed beside \"%s\", %" PRId64 " MB are free",
		needed >> 20, conn->path, free >> 20);
	cn_error_hint(err, "nothing was changed; make room, and run it again");
	return CN_EIO;
}
