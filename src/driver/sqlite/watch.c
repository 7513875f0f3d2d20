/*
 * watch.c - how far the statement is that is running, for somebody who looks on.
 *
 * SQLite calls the progress handler every few thousand instructions of its machine; it looks at the
 * clock, and every 50 ms at the statement. A statement that goes through a table from end to end
 * counts its rows by itself (SQLITE_STMTSTATUS_FULLSCAN_STEP). How many there will be is asked
 * before the statement begins, and only where it costs nothing: the distance of the first and the
 * last rowid.
 */
#include <stdlib.h>

#include "base/clock.h"
#include "base/try.h"
#include "driver/sqlite/sqlite.h"
#include "sql/about.h"

enum {
	TICK = 5000,       /* instructions between two looks at the clock: less than 1 ms */
	PULSE_US = 50000,  /* between two calls of the one who looks on */
	ROW_MIN_BYTES = 4, /* a smaller row there is not: a larger distance of rowids has holes */
};

/* The statement that runs; a statement of a trigger or of a function's own is not it. */
static sqlite3_stmt *running(sqlite3 *db)
{
	sqlite3_stmt *found = NULL;
	for (sqlite3_stmt *s = sqlite3_next_stmt(db, NULL); s; s = sqlite3_next_stmt(db, s))
		if (sqlite3_stmt_busy(s) && (!found || !sqlite3_stmt_readonly(s)))
			found = s;
	return found;
}

static bool pulse(cni_sqlite *conn)
{
	cni_sqlite_watch *watch = &conn->watching;
	int64_t now = cni_clock_mono_us();
	if (now < watch->next_us)
		return true;
	watch->next_us = now + PULSE_US;
	sqlite3_stmt *stmt = running(conn->db);
	if (!stmt)
		return true;
	if (stmt != watch->stmt)
		watch->rows = 0;
	watch->stmt = stmt;
	/* taken, not only looked at: an int is soon full */
	watch->rows += sqlite3_stmt_status(stmt, SQLITE_STMTSTATUS_FULLSCAN_STEP, 1);
	const cni_pulse seen = {
		.sql = sqlite3_sql(stmt), .done = watch->rows, .total = watch->total};
	return conn->base.watch(&seen, conn->base.watch_ctx);
}

static int tick(void *ctx)
{
	cni_sqlite *conn = ctx;
	if (conn->guarded && cni_sqlite_late(conn))
		return 1;
	if (!conn->base.watch || pulse(conn))
		return 0;
	atomic_store_explicit(&conn->interrupted, true, memory_order_relaxed);
	return 1;
}

void cni_sqlite_watch_set(cni_conn *base)
{
	cni_sqlite *conn = cni_sqlite_of(base);
	bool on = conn->guarded || base->watch;
	sqlite3_progress_handler(conn->db, on ? TICK : 0, on ? tick : NULL, conn);
}

bool cni_sqlite_watch_waiting(cni_sqlite *conn)
{
	static const cni_pulse waiting = {.waiting = true};
	int64_t now = cni_clock_mono_us();
	if (!conn->base.watch || now < conn->watching.next_us)
		return true;
	conn->watching.next_us = now + PULSE_US;
	return conn->base.watch(&waiting, conn->base.watch_ctx);
}

bool cni_sqlite_watch_pages(cni_sqlite *conn, int64_t done, int64_t total)
{
	int64_t now = cni_clock_mono_us();
	if (!conn->base.watch || now < conn->watching.next_us)
		return true;
	conn->watching.next_us = now + PULSE_US;
	return conn->base.watch(&(cni_pulse){.done = done, .total = total}, conn->base.watch_ctx);
}

/* One number of the table; false: it has none, or it is WITHOUT ROWID. */
static bool ask(cni_sqlite *conn, const cni_token *name, const char *order, int64_t *ret)
{
	CLEANUP(cni_buffer_done) cni_buffer sql = {0};
	sqlite3_stmt *stmt = NULL;
	cni_buffer_puts(&sql, "SELECT rowid FROM ");
	cni_buffer_add(&sql, name->text, name->size);
	cni_buffer_printf(&sql, " ORDER BY rowid%s LIMIT 1", order);
	if (sql.failed)
		return false;
	bool found =
		sqlite3_prepare_v2(conn->db, cni_buffer_text(&sql), -1, &stmt, NULL) == SQLITE_OK &&
		sqlite3_step(stmt) == SQLITE_ROW;
	if (found)
		*ret = sqlite3_column_int64(stmt, 0);
	sqlite3_finalize(stmt);
	return found;
}

static int64_t about_rows(cni_sqlite *conn, const cni_token *name)
{
	int64_t first, last, span;
	char pages[32], bytes[32];
	if (!ask(conn, name, "", &first) || !ask(conn, name, " DESC", &last) ||
		__builtin_sub_overflow(last, first, &span) ||
		cni_sqlite_pragma(conn, "PRAGMA main.page_count", pages, sizeof pages, NULL) < 0 ||
		cni_sqlite_pragma(conn, "PRAGMA main.page_size", bytes, sizeof bytes, NULL) < 0)
		return 0;
	int64_t size;
	if (__builtin_mul_overflow(strtoll(pages, NULL, 10), strtoll(bytes, NULL, 10), &size))
		return 0;
	return span < size / ROW_MIN_BYTES ? span + 1 : 0;
}

/* Counting takes a look at every row; other reading may end anywhere. */
static bool reads_all(const cni_sql_about *about, const char *sql, size_t size)
{
	return about->act == CNI_SQL_COPY || about->act == CNI_SQL_INDEX ||
	       (about->act == CNI_SQL_READ && (memmem(sql, size, "count(", 6) ||
						      memmem(sql, size, CNI_HASH_FUNCTION, 11)));
}

void cni_sqlite_watch_begin(cni_sqlite *conn, const char *sql, size_t size)
{
	cni_sqlite_watch *watch = &conn->watching;
	if (!conn->base.watch || watch->asking)
		return;
	watch->stmt = NULL;
	watch->total = 0;
	if (sqlite3_get_autocommit(conn->db))
		return; /* another process might have to be waited for */
	cni_sql_about about = cni_sql_about_of(sql, size);
	if (!reads_all(&about, sql, size))
		return;
	watch->asking = true; /* what it asks is compiled, too */
	watch->total = about_rows(conn, &about.name);
	watch->asking = false;
}

void cni_sqlite_watch_again(cni_sqlite_stmt *stmt)
{
	cni_sqlite *conn = cni_sqlite_of(stmt->base.conn);
	if (!conn->base.watch)
		return;
	cni_sqlite_watch_begin(conn, stmt->sql, stmt->size);
	sqlite3_stmt_status(stmt->handle, SQLITE_STMTSTATUS_FULLSCAN_STEP, 1);
}
