/*
 * space.c - is there room for a rebuild?
 *
 * A table that is copied needs its size again: in the file, or in the write-ahead log before it.
 * The journal needs more, how much depends on the pages that are free: measured peaks were 1.15
 * times the size with a rollback journal, 1.3 times in WAL mode. Only what cannot succeed is
 * refused: a disk that fills up later is survived, it just takes longer to be told.
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
		    "SELECT coalesce(sum(pgsize), 0) FROM dbstat('main', TRUE) WHERE name IN"
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

int64_t cni_sqlite_space_needed(cni_conn *conn, const cni_plan *plan)
{
	int64_t size = size_of_rebuilt(conn, plan);
	return size < SMALL ? 0 : size;
}

static int64_t whole_size(cni_arena *arena, const cni_conn *conn)
{
	const char *log = cni_printf(arena, "%s-wal", conn->path);
	int64_t pages = cni_file_size(conn->path), logged = log ? cni_file_size(log) : 0;
	return pages + (logged > 0 ? logged : 0);
}

cn_status cni_sqlite_space(cni_conn *conn, const cni_plan *plan, cn_error *err)
{
	CLEANUP(cni_arena_done) cni_arena arena = {0};
	struct statvfs disk;
	if (!plan->rebuilds || !conn->path || cni_file_size(conn->path) < SMALL)
		return CN_OK;
	char *folder = cni_path_folder(&arena, conn->path);
	if (!folder || statvfs(folder, &disk) != 0)
		return CN_OK; /* an estimate that cannot be made refuses nothing */
	int64_t free = (int64_t)disk.f_bavail * (int64_t)disk.f_frsize;
	/* no part of it is larger than the whole, which needs no look at every page */
	if (free >= whole_size(&arena, conn))
		return CN_OK;
	int64_t needed = cni_sqlite_space_needed(conn, plan);
	if (free >= needed)
		return CN_OK;
	cn_error_set(err, CN_EIO, "not enough room on the disk to write the changed tables anew");
	cn_error_detail(err,
		"at least %" PRId64 " MB are needed beside \"%s\", %" PRId64 " MB are free",
		needed >> 20, conn->path, free >> 20);
	cn_error_hint(err, "nothing was changed; make room, and run it again");
	return CN_EIO;
}
