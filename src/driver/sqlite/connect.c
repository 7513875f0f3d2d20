/* connect.c - opening and closing, and what every connection is set to. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/text.h"
#include "base/try.h"
#include "driver/sqlite/sqlite.h"

/*
 * Waits for another connection's lock. SQLite's own handler waits longer and longer, so that who
 * has waited longest looks least often and may never get it; this one gives all who wait the same
 * chance: about one look a millisecond, at a random moment.
 */
static int wait_for_lock(void *ctx, int count)
{
	cni_sqlite *conn = ctx;
	int64_t now = cni_clock_mono_us();

	if (count == 0)
		conn->busy_since_us = now;
	if (now - conn->busy_since_us >= conn->busy_timeout_ms * INT64_C(1000) ||
		atomic_load_explicit(&conn->interrupted, memory_order_relaxed))
		return 0;
	if (!cni_sqlite_watch_waiting(conn)) { /* makes it "interrupted", not "locked" */
		cni_sqlite_interrupt(&conn->base);
		return 0;
	}
	conn->random ^= conn->random << 13;
	conn->random ^= conn->random >> 7;
	conn->random ^= conn->random << 17;
	long us = (count < 4 ? 50 : 500) + (long)(conn->random % (count < 4 ? 100 : 1000));
	nanosleep(&(struct timespec){.tv_nsec = us * 1000}, NULL);
	return 1;
}

/* SQLite counts each piece of memory under one mutex of the whole process: a tenth of what it takes
 * to read a large schema, and threads wait for one another. Nothing here asks for the sum. Without
 * effect when somebody has initialised SQLite before. */
void cni_sqlite_own_process(void) { sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0); }

static int traced(unsigned type, void *ctx, void *handle, void *duration_ns)
{
	cni_sqlite *conn = ctx;
	char *expanded = sqlite3_expanded_sql(handle);
	const char *sql = expanded ? expanded : sqlite3_sql(handle);

	(void)type;
	conn->trace(sql ? sql : "", *(const sqlite3_int64 *)duration_ns / 1000, conn->trace_ctx);
	sqlite3_free(expanded);
	return 0;
}

void cni_sqlite_trace(
	cni_conn *base, void (*fn)(const char *sql, int64_t duration_us, void *ctx), void *ctx)
{
	cni_sqlite *conn = cni_sqlite_of(base);

	conn->trace = fn;
	conn->trace_ctx = ctx;
	sqlite3_trace_v2(conn->db, fn ? SQLITE_TRACE_PROFILE : 0, fn ? traced : NULL, conn);
}

static cn_status switches(cni_sqlite *conn, cn_error *err)
{
	/* Double quotes around what is no name: a string, in files older than this habit is bad.
	 * What is somebody else's keeps working: its views and triggers may hold some. Loading a
	 * schema takes them always. */
	int strings = conn->foreign || conn->private;
	const struct {
		int option, value;
	} rows[] = {
		{SQLITE_DBCONFIG_DEFENSIVE, 1},
		{SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0},
		{SQLITE_DBCONFIG_ENABLE_FKEY, 1},
		{SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0},
		{SQLITE_DBCONFIG_ENABLE_FTS3_TOKENIZER, 0},
		{SQLITE_DBCONFIG_DQS_DDL, strings},
		{SQLITE_DBCONFIG_DQS_DML, strings},
	};

	for (size_t i = 0; i < CNI_COUNT(rows); i++)
		if (sqlite3_db_config(conn->db, rows[i].option, rows[i].value, NULL) != SQLITE_OK)
			return cn_fail(err, CN_EUNSUPPORTED,
				"this SQLite (%s) lacks a safety switch (%d)", sqlite3_libversion(),
				rows[i].option);
	return CN_OK;
}

cn_status cni_sqlite_handle(cni_sqlite *conn, const char *name, int flags, cn_error *err)
{
	int rc = sqlite3_open_v2(name, &conn->db, flags | SQLITE_OPEN_NOMUTEX, NULL);

	if (!conn->db)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	if (rc != SQLITE_OK) {
		cni_sqlite_fail(conn, rc, NULL, err);
		cn_status status = cn_error_wrap(err, "the database \"%s\" cannot be opened", name);
		return status;
	}
	sqlite3_extended_result_codes(conn->db, 1);
	sqlite3_busy_handler(conn->db, wait_for_lock, conn);
	TRY(switches(conn, err));
	if (conn->trace)
		sqlite3_trace_v2(conn->db, SQLITE_TRACE_PROFILE, traced, conn);
	TRY(cni_sqlite_functions(conn, err));
	return cni_sqlite_rows(conn, err);
}

static cni_sqlite *allocate(const char *uri, const char *path)
{
	cni_sqlite *conn = calloc(1, sizeof *conn);

	if (!conn)
		return NULL;
	conn->base.driver = &cni_sqlite_driver;
	conn->base.uri = cni_strdup(&conn->arena, uri);
	conn->base.path = cni_strdup(&conn->arena, path);
	conn->busy_timeout_ms = CNI_SQLITE_BUSY_MS;
	conn->guard_ms = CNI_SQLITE_GUARD_MS;
	conn->random = (uint64_t)cni_clock_us() * UINT64_C(0x9E3779B97F4A7C15) ^ (uintptr_t)conn;
	conn->random |= 1;
	if (!conn->arena.failed)
		return conn;
	cni_arena_done(&conn->arena);
	free(conn);
	return NULL;
}

/* The application's own file gets a write-ahead log. When somebody is using the file it cannot be
 * switched now: then it stays as it is, and works. What the URI asked for must be had. */
static cn_status set_journal(cni_sqlite *conn, const char *asked, bool *wal, cn_error *err)
{
	const char *want = asked ? asked : "wal";
	char sql[64], got[16];

	if (conn->mode == CNI_OPEN_READ || conn->private || (!asked && (conn->foreign || *wal)))
		return CN_OK;
	snprintf(sql, sizeof sql, "PRAGMA main.journal_mode=%s", want);
	cn_error failure = {0};
	cn_status status = cni_sqlite_pragma(conn, sql, got, sizeof got, &failure);
	if (status == CN_ECONFLICT && !asked)
		return CN_OK;
	if (status != CN_OK) {
		if (err)
			*err = failure;
		return status;
	}
	*wal = cni_same(got, "wal");
	if (asked && !cni_same(got, want))
		return cn_fail(
			err, CN_EUNSUPPORTED, "journal_mode=%s was not taken: it is %s", want, got);
	return CN_OK;
}

static cn_status set_number(cni_sqlite *conn, const char *pragma, int64_t value, cn_error *err)
{
	char sql[96];

	snprintf(sql, sizeof sql, "PRAGMA %s=%lld", pragma, (long long)value);
	return cni_sqlite_pragma(conn, sql, NULL, 0, err);
}

/* NORMAL loses nothing but the last commits in a power loss, and only in WAL; elsewhere it could
 * break the file. */
static cn_status set_synchronous(cni_sqlite *conn, int asked, bool wal, cn_error *err)
{
	char got[16];

	if (asked < 0 && wal && !conn->foreign)
		asked = 1;
	if (asked >= 0)
		TRY(set_number(conn, "main.synchronous", asked, err));
	TRY(cni_sqlite_pragma(conn, "PRAGMA main.synchronous", got, sizeof got, err));
	conn->synchronous = (int)strtol(got, NULL, 10);
	return CN_OK;
}

static cn_status configure(
	cni_sqlite *conn, const cni_sqlite_options *options, bool wal, cn_error *err)
{
	if (options->foreign_keys == 0)
		sqlite3_db_config(conn->db, SQLITE_DBCONFIG_ENABLE_FKEY, 0, NULL);
	TRY(set_number(conn, "cell_size_check", 1, err));
	/* reads the schema: what is locked, damaged or no database is told here and not by the
	 * first query */
	TRY(cni_sqlite_pragma(conn, "SELECT 1 FROM main.sqlite_schema LIMIT 0", NULL, 0, err));
	if (options->cache_size != INT64_MIN)
		TRY(set_number(conn, "main.cache_size", options->cache_size, err));
	if (options->secure_delete >= 0)
		TRY(set_number(conn, "main.secure_delete", options->secure_delete, err));
	if (options->mmap_size >= 0)
		TRY(set_number(conn, "main.mmap_size", options->mmap_size, err));
	TRY(set_journal(conn, options->journal_mode, &wal, err));
	TRY(set_synchronous(conn, options->synchronous, wal, err));
	if (conn->read_guard)
		cni_sqlite_guard_reads(conn);
	return CN_OK;
}

static cn_status open_here(cni_sqlite *conn, const cni_uri *uri, cn_error *err)
{
	cni_sqlite_options options;
	bool wal = false;

	TRY(cni_sqlite_options_read(uri, &options, err));
	if (options.mode >= 0 && options.mode < (int)conn->mode)
		conn->mode = (cni_open_mode)options.mode;
	conn->journal_asked = options.journal_mode;
	conn->read_asked = options.mode == CNI_OPEN_READ;
	conn->zeros_asked = options.secure_delete == 1;
	if (options.busy_timeout_ms >= 0)
		conn->busy_timeout_ms = (unsigned)options.busy_timeout_ms;
	if (conn->base.path)
		TRY(cni_sqlite_locate(conn, &wal, err));
	else
		TRY(cni_sqlite_handle(
			conn, ":memory:", SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, err));
	cn_status status = configure(conn, &options, wal, err);
	if (status != CN_OK && conn->base.path)
		cn_error_wrap(err, "the database \"%s\" cannot be opened", conn->base.path);
	return status;
}

cn_status cni_sqlite_open(
	const cni_uri *uri, const cni_open_options *options, cni_conn **ret, cn_error *err)
{
	if (!uri->memory && !uri->path)
		return cn_fail(err, CN_EARG, "a sqlite URI without a file");
	cni_sqlite *conn = allocate(uri->text, uri->memory ? NULL : uri->path);

	if (!conn)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	conn->mode = options->mode;
	conn->foreign = options->foreign;
	if (options->busy_timeout_ms)
		conn->busy_timeout_ms = options->busy_timeout_ms;
	conn->base.watch = options->watch;
	conn->base.watch_ctx = options->watch_ctx;
	conn->trace = options->trace;
	conn->trace_ctx = options->trace_ctx;
	cn_status status = open_here(conn, uri, err);
	if (status == CN_OK && conn->base.watch)
		cni_sqlite_watch_set(&conn->base);
	if (status != CN_OK) {
		cni_sqlite_close(&conn->base);
		return status;
	}
	*ret = &conn->base;
	return CN_OK;
}

cn_status cni_sqlite_open_private(
	const char *file, const char *name, cni_sqlite **ret, cn_error *err)
{
	cni_sqlite *conn = allocate(name, NULL);

	if (!conn)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	conn->mode = CNI_OPEN_CREATE;
	conn->private = true;
	cn_status status =
		cni_sqlite_handle(conn, file, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, err);
	if (status == CN_OK)
		status = set_number(conn, "main.synchronous", 0, err);
	if (status == CN_OK)
		status = set_number(conn, "cell_size_check", 1, err);
	if (status != CN_OK) {
		cni_sqlite_close(&conn->base);
		return status;
	}
	*ret = conn;
	return CN_OK;
}

void cni_sqlite_close(cni_conn *base)
{
	cni_sqlite *conn = cni_sqlite_of(base);

	if (conn->db) {
		cni_sqlite_finalize_all(conn);
		sqlite3_set_authorizer(conn->db, NULL, NULL);
		sqlite3_close_v2(conn->db); /* rolls back what is open */
	}
	cni_arena_done(&conn->arena);
	free(conn);
}

void cni_sqlite_interrupt(cni_conn *base)
{
	cni_sqlite *conn = cni_sqlite_of(base);

	atomic_store_explicit(&conn->interrupted, true, memory_order_relaxed);
	sqlite3_interrupt(conn->db);
}
