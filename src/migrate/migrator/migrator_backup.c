/*
 * migrator_backup.c - a copy of the database before the first revision runs.
 *
 * It is made under the write lock, by whoever runs the revision: it is the state that the upgrade
 * found, and of several processes that start together one makes it. A second connection reads it:
 * SQLite copies from none that has a write transaction open.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/try.h"
#include "migrate/migrator/migrator.h"

/* Nothing in it: it was made a moment ago, by the upgrade itself. */
static cn_status is_empty(
	cni_conn *conn, const cni_version *version, cni_arena *arena, bool *ret, cn_error *err)
{
	cni_schema *schema;
	*ret = false;
	if (version->exists)
		return CN_OK;
	TRY(cni_conn_inspect(conn, arena, &schema, err));
	*ret = schema->object_count == 0;
	return CN_OK;
}

static cn_status put(const cn_migrator *migrator, const char *path, const char *part, cn_error *err)
{
	CLEANUP(cni_conn_closep) cni_conn *reader = NULL;
	cni_open_options options = {.mode = CNI_OPEN_READ,
		.foreign = true,
		.busy_timeout_ms = migrator->desc.lock_timeout_ms};
	if (unlink(part) < 0 && errno != ENOENT) /* of a run that was killed */
		return cn_fail(err, CN_EIO, "\"%s\" cannot be removed: %s", part, strerror(errno));
	TRY(cni_conn_open(&migrator->uri, &options, &reader, err));
	TRY(cni_conn_backup(reader, part, err));
	if (rename(part, path) < 0)
		return cn_fail(err, CN_EIO, "\"%s\" cannot be renamed to \"%s\": %s", part, path,
			strerror(errno));
	return CN_OK;
}

cn_status cni_migrator_backup(
	cn_migrator *migrator, cni_conn *conn, const cni_version *version, cn_error *err)
{
	CLEANUP(cni_arena_done) cni_arena arena = {0};
	bool empty;
	if (!migrator->backup_folder || !conn->path)
		return CN_OK;
	TRY(is_empty(conn, version, &arena, &empty, err));
	if (empty)
		return CN_OK;
	const char *at = version->count ? version->list[version->count - 1].revision : "base";
	const char *path = cni_printf(
		&arena, "%s/%s.%s.bak", migrator->backup_folder, cni_path_name(conn->path), at);
	const char *part = path ? cni_printf(&arena, "%s.part", path) : NULL;
	if (!part)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	if (put(migrator, path, part, err) < 0) {
		(void)!unlink(part);
		cn_error_wrap(err, "the copy before the migration");
		if (err && !*err->hint)
			cn_error_hint(err, "nothing was changed: without the copy nothing is run");
		return err ? err->status : CN_EIO;
	}
	TRY(cni_dir_sync(migrator->backup_folder, err));
	cni_migrator_notice(migrator, "the database as it was is kept in %s", path);
	return CN_OK;
}
