/* restore.c - putting a backup in a database's place, and taking a database away. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backup/backup.h"
#include "backup/part.h"
#include "base/file.h"
#include "base/try.h"
#include "driver/words.h"

enum { HOLD_MS = 1000 }; /* how long to wait for somebody who is about to go */

/* A database that nobody else uses, held until released. */
typedef struct hold {
	cni_conn *conn; /* NULL: there is no database, or it cannot be opened */
	bool was_wal;
} hold;

static cn_status in_use(const char *path, cn_error *err)
{
	(void)cn_fail(err, CN_ECONFLICT, "the database \"%s\" is in use", path);
	cn_error_detail(err, "another process has it open");
	cn_error_hint(err, "stop the programs that use it, then try again");
	return CN_ECONFLICT;
}

/* The first journal of the database that lies about; NULL: none does. */
static const char *journal_of(cni_arena *arena, const char *path)
{
	static const char *const tails[] = {"-wal", "-journal"};

	for (size_t i = 0; i < CNI_COUNT(tails); i++) {
		const char *journal = cni_printf(arena, "%s%s", path, tails[i]);
		if (journal && cni_file_size(journal) > 0)
			return journal;
	}
	return NULL;
}

static cn_status no_journal(cni_arena *arena, const char *path, cn_error *err)
{
	const char *journal = journal_of(arena, path);

	if (!journal)
		return CN_OK;
	(void)cn_fail(err, CN_ECONFLICT, "a journal is left over: \"%s\"", journal);
	cn_error_hint(
		err, "it may hold rows that no database file has: move it away, and look into it");
	return CN_ECONFLICT;
}

static void release(hold *held)
{
	cn_error ignored;

	if (held->conn && held->was_wal) {
		cni_conn_rollback(held->conn);
		if (cni_conn_exec(held->conn, held->conn->driver->words->journal_again, &ignored) <
			0)
			(void)0; /* whoever opens it next sets it */
	}
	cni_conn_close(held->conn);
	held->conn = NULL;
}

/* Leaving WAL needs to be alone, brings everything into the one file, and removes the journals; the
 * exclusive transaction then keeps others out. */
static cn_status lock(cni_arena *arena, const char *path, hold *held, cn_error *err)
{
	const cni_words *words = held->conn->driver->words;
	const char *mode;

	if (!words->journal)
		return cn_fail(err, CN_EUNSUPPORTED, "\"%s\" is no database in a file", path);
	TRY(cni_conn_text(held->conn, arena, words->journal, &mode, err));
	held->was_wal = mode && strcmp(mode, "wal") == 0;
	if (held->was_wal) {
		cn_status status =
			cni_conn_text(held->conn, arena, words->journal_leave, &mode, err);
		if (status == CN_ECONFLICT || (status == CN_OK && strcmp(mode, "delete") != 0)) {
			held->was_wal = false; /* it still is */
			return in_use(path, err);
		}
		TRY(status);
	}
	cn_status status = cni_conn_exec(held->conn, held->conn->driver->words->begin_alone, err);
	return status == CN_ECONFLICT ? in_use(path, err) : status;
}

static cn_status take(cni_arena *arena, const char *path, bool force, hold *ret, cn_error *err)
{
	cni_uri uri = cni_file_uri(path);
	hold held = {0};
	cn_status status;

	*ret = held;
	if (!cni_file_exists(path))
		return no_journal(arena, path, err);
	status = cni_conn_open(&uri,
		&(cni_open_options){
			.mode = CNI_OPEN_WRITE, .foreign = true, .busy_timeout_ms = HOLD_MS},
		&held.conn, err);
	if (status == CN_OK)
		status = lock(arena, path, &held, err);
	if (status == CN_OK) {
		*ret = held;
		return CN_OK;
	}
	release(&held);
	if (status == CN_ECONFLICT)
		return in_use(path, err);
	if (status != CN_ECONNECT && status != CN_ESCHEMA && status != CN_ESQL)
		return status;
	if (force)
		return no_journal(arena, path, err);
	cn_error_hint(err,
		"\"%s\" cannot be opened as a database: --force replaces it all the same, and keeps it",
		path);
	return status;
}

/* The old content under a second name, before the first one changes its meaning. */
static cn_status keep_file(const hold *held, const char *path, const char *kept, cn_error *err)
{
	if (link(path, kept) == 0)
		return CN_OK;
	if (errno == EEXIST)
		return cn_fail(err, CN_ECONFLICT, "\"%s\" exists already", kept);
	/* a file system without links. The copy goes through the connection that holds the lock:
	 * opening and closing the file beside it would take the lock away */
	if (held->conn) {
		cni_conn_rollback(held->conn);
		TRY(cni_conn_backup(held->conn, kept, err));
		return cni_conn_exec(held->conn, held->conn->driver->words->begin_alone, err);
	}
	return cni_file_copy(path, kept, err);
}

static cn_status sync_folder(cni_arena *arena, const char *path, cn_error *err)
{
	const char *folder = cni_path_folder(arena, path);

	return folder ? cni_dir_sync(folder, err) : cn_fail(err, CN_ENOMEM, "out of memory");
}

static cn_status verify_part(cni_arena *arena, const cni_restore *restore, const char *part,
	cni_restored *ret, cn_error *err)
{
	const char *manifest = cni_manifest_path(arena, restore->file);
	char sha256[65];
	int64_t size;

	if (!manifest)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	TRY(cni_backup_verify(
		arena, restore->file, &restore->options, &ret->manifest, &ret->has_manifest, err));
	/* the copy that will be used is the file that was verified */
	TRY(cni_file_sha256(part, &restore->options, sha256, &size, err));
	if (strcmp(sha256, ret->manifest.sha256) != 0)
		return cn_fail(err, CN_EIO, "\"%s\" changed while it was copied", restore->file);
	if (!restore->force && !ret->has_manifest && ret->manifest.violations > 0) {
		(void)cn_fail(err, CN_ESCHEMA,
			"\"%s\" has %" PRId64 " rows whose foreign key leads nowhere",
			restore->file, ret->manifest.violations);
		cn_error_hint(err, "--force restores it as it is");
		return CN_ESCHEMA;
	}
	return CN_OK;
}

static cn_status replace(cni_arena *arena, const cni_restore *restore, const char *part,
	const hold *held, cni_restored *ret, cn_error *err)
{
	bool there = cni_file_exists(restore->target);
	const char *kept = NULL;
	struct stat st;

	if (!there) {
		TRY(cni_part_publish(part, restore->target, err));
		ret->kept = NULL;
		return CN_OK;
	}
	kept = cni_backup_name(arena, restore->target, "before-restore");
	if (!kept)
		return cn_fail(err, CN_ENOMEM, "no free name for the old file");
	if (stat(restore->target, &st) == 0)
		(void)!chmod(part, st.st_mode & 07777);
	TRY(keep_file(held, restore->target, kept, err));
	if (rename(part, restore->target) < 0) {
		(void)cn_fail(
			err, CN_EIO, "cannot replace \"%s\": %s", restore->target, strerror(errno));
		unlink(kept);
		return CN_EIO;
	}
	ret->kept = kept;
	return sync_folder(arena, restore->target, err);
}

cn_status cni_backup_restore(
	cni_arena *arena, const cni_restore *restore, cni_restored *ret, cn_error *err)
{
	cni_restored restored = {0};
	hold held = {0};
	const char *part;
	cn_status status;

	if (!cni_file_exists(restore->file))
		return cn_fail(err, CN_ENOTFOUND, "no such file: \"%s\"", restore->file);
	if (strcmp(restore->file, restore->target) == 0)
		return cn_fail(err, CN_EARG, "\"%s\" is the database itself", restore->file);
	TRY(cni_part_new(arena, restore->target, &part, err));
	status = cni_file_copy(restore->file, part, err);
	if (status == CN_OK)
		status = verify_part(arena, restore, part, &restored, err);
	if (status == CN_OK)
		status = take(arena, restore->target, restore->force, &held, err);
	if (status == CN_OK)
		status = replace(arena, restore, part, &held, &restored, err);
	/* once the name means the new file, the old one stays as it was left: out of WAL, whole in
	 * one file */
	if (status == CN_OK)
		held.was_wal = false;
	release(&held);
	cni_part_remove(part);
	if (status == CN_OK)
		*ret = restored;
	return status;
}

cn_status cni_database_drop(
	cni_arena *arena, const char *path, bool keep, const char **ret_kept, cn_error *err)
{
	const char *kept = keep ? cni_backup_name(arena, path, "dropped") : NULL;
	hold held;
	int failed;

	if (keep && !kept)
		return cn_fail(err, CN_ENOMEM, "no free name for the copy");
	TRY(take(arena, path, false, &held, err));
	failed = keep ? rename(path, kept) : unlink(path);
	if (failed)
		(void)cn_fail(err, CN_EIO, "cannot remove \"%s\": %s", path, strerror(errno));
	else
		held.was_wal = false;
	release(&held);
	if (failed)
		return CN_EIO;
	TRY(sync_folder(arena, path, err));
	*ret_kept = kept;
	return CN_OK;
}
