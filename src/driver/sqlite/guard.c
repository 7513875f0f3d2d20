/*
 * guard.c - what SQL may not do on a connection that runs a stranger's script, or that must not
 * write.
 *
 * A .sql file from anywhere is built in a scratch database to see its schema. That must not reach a
 * file (ATTACH, VACUUM INTO), load code, change the process (heap limits, folders), or run for
 * ever.
 */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "driver/sqlite/sqlite.h"

/* They report something, or touch nothing but this private connection. */
static const char *const allowed[] = {"table_info", "table_xinfo", "table_list", "index_list",
	"index_info", "index_xinfo", "foreign_key_list", "foreign_key_check", "integrity_check",
	"quick_check", "foreign_keys", "defer_foreign_keys", "legacy_alter_table",
	"recursive_triggers", "ignore_check_constraints", "user_version", "application_id",
	"encoding", "page_size", NULL};

/* They stand in dumps and set-up scripts and mean nothing here: passed over in silence. */
static const char *const ignored[] = {"journal_mode", "synchronous", "cache_size", "temp_store",
	"locking_mode", "auto_vacuum", "busy_timeout", "wal_autocheckpoint", "wal_checkpoint",
	"secure_delete", "mmap_size", "case_sensitive_like", "automatic_index", "query_only",
	"reverse_unordered_selects", "journal_size_limit", "optimize", "analysis_limit",
	"legacy_file_format", "cache_spill", "cell_size_check", "checkpoint_fullfsync", "fullfsync",
	"incremental_vacuum", "shrink_memory", "writable_schema", "trusted_schema", "count_changes",
	"full_column_names", "short_column_names", "empty_result_callbacks", NULL};

static bool listed(const char *const *list, const char *name)
{
	while (*list && !cni_same(*list, name))
		list++;
	return *list != NULL;
}

static int deny(cni_sqlite *conn, const char *what, const char *name)
{
	snprintf(conn->denied, sizeof conn->denied, "%s%s", what, name);
	return SQLITE_DENY;
}

static int authorize(void *ctx, int action, const char *first, const char *second,
	const char *database, const char *trigger)
{
	cni_sqlite *conn = ctx;

	(void)database, (void)trigger;
	switch (action) {
	case SQLITE_ATTACH: return deny(conn, "ATTACH", "");
	case SQLITE_DETACH: return deny(conn, "DETACH", "");
	case SQLITE_FUNCTION:
		if (cni_same(second, "load_extension") || cni_same(second, "fts3_tokenizer"))
			return deny(conn, "the function ", second);
		return SQLITE_OK;
	case SQLITE_PRAGMA:
		if (!second || listed(allowed, first))
			return SQLITE_OK;
		return listed(ignored, first) ? SQLITE_IGNORE : deny(conn, "PRAGMA ", first);
	default: return SQLITE_OK;
	}
}

bool cni_sqlite_late(cni_sqlite *conn)
{
	conn->timed_out = cni_clock_mono_us() > conn->deadline_us;
	return conn->timed_out;
}

void cni_sqlite_guard(cni_sqlite *conn, bool on)
{
	conn->guarded = on;
	sqlite3_set_authorizer(conn->db, on ? authorize : NULL, conn);
	cni_sqlite_watch_set(&conn->base);
	if (on)
		cni_sqlite_started(conn);
}

/* query_only stops every write but these: they reach the file by other ways, or take query_only
 * away. */
static int authorize_reading(void *ctx, int action, const char *first, const char *second,
	const char *database, const char *trigger)
{
	cni_sqlite *conn = ctx;

	(void)database, (void)trigger;
	if (action == SQLITE_PRAGMA &&
		((second && (cni_same(first, "journal_mode") || cni_same(first, "query_only") ||
				    cni_same(first, "locking_mode"))) ||
			cni_same(first, "wal_checkpoint")))
		return deny(conn, "on a connection that only reads, PRAGMA ", first);
	return SQLITE_OK;
}

void cni_sqlite_guard_reads(cni_sqlite *conn)
{
	sqlite3_set_authorizer(conn->db, authorize_reading, conn);
}
