/*
 * statement.c - the statement cache.
 *
 * All statements of a connection hang in buckets by the hash of their text; those that nobody has
 * taken are also in a list by age, of which the oldest goes when there are more than
 * CNI_SQLITE_CACHED. SQLITE_PREPARE_PERSISTENT is not used: it is 1.4 times slower for a statement
 * that is not taken again and gains nothing for one that is.
 */
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/try.h"
#include "driver/sqlite/sqlite.h"

static cni_sqlite_stmt **bucket_of(cni_sqlite *conn, uint64_t hash)
{
	return &conn->buckets[hash & (CNI_SQLITE_BUCKETS - 1)];
}

static void leave_idle(cni_sqlite *conn, cni_sqlite_stmt *stmt)
{
	*(stmt->newer ? &stmt->newer->older : &conn->newest) = stmt->older;
	*(stmt->older ? &stmt->older->newer : &conn->oldest) = stmt->newer;
	stmt->newer = stmt->older = NULL;
	conn->idle_count--;
}

static void join_idle(cni_sqlite *conn, cni_sqlite_stmt *stmt)
{
	stmt->newer = NULL;
	stmt->older = conn->newest;
	*(conn->newest ? &conn->newest->newer : &conn->oldest) = stmt;
	conn->newest = stmt;
	conn->idle_count++;
}

static void destroy(cni_sqlite *conn, cni_sqlite_stmt *stmt)
{
	cni_sqlite_stmt **at = bucket_of(conn, stmt->hash);

	while (*at != stmt)
		at = &(*at)->chain;
	*at = stmt->chain;
	sqlite3_finalize(stmt->handle);
	free(stmt);
}

static cni_sqlite_stmt *find_idle(cni_sqlite *conn, uint64_t hash, const char *sql, size_t size)
{
	cni_sqlite_stmt *stmt = *bucket_of(conn, hash);

	while (stmt && (stmt->taken || stmt->hash != hash || stmt->size != size ||
			       memcmp(stmt->sql, sql, size) != 0))
		stmt = stmt->chain;
	return stmt;
}

/* Is there nothing but white space, comments and semicolons? */
static bool is_blank(cni_sqlite *conn, const char *sql, const char *end)
{
	while (sql < end) {
		sqlite3_stmt *handle = NULL;
		const char *tail = NULL;
		int rc = sqlite3_prepare_v3(conn->db, sql, (int)(end - sql), 0, &handle, &tail);

		sqlite3_finalize(handle);
		if (rc != SQLITE_OK || handle)
			return false;
		if (tail <= sql)
			break;
		sql = tail;
	}
	return true;
}

cn_status cni_sqlite_check_text(cni_sqlite *conn, const char *sql, size_t size, cn_error *err)
{
	size_t limit = (size_t)sqlite3_limit(conn->db, SQLITE_LIMIT_SQL_LENGTH, -1);

	if (size > limit)
		return cn_fail(err, CN_EARG,
			"the SQL text is too long (%zu bytes, %zu are possible)", size, limit);
	const char *nul = memchr(sql, '\0', size);
	if (nul) /* SQLite would take it as the end and pass over the rest in silence */
		return cn_fail(err, CN_EARG, "the SQL text has a NUL byte in it, at %zu of %zu",
			(size_t)(nul - sql), size);
	return CN_OK;
}

int cni_sqlite_compile(
	cni_sqlite *conn, const char *sql, size_t size, sqlite3_stmt **ret, const char **ret_tail)
{
	int rc, count = (int)size + (sql[size] == '\0'); /* with its NUL it is not copied first */

	cni_sqlite_started(conn);
	cni_sqlite_watch_begin(conn, sql, size);
	conn->prepare_count++;
	do
		rc = sqlite3_prepare_v3(conn->db, sql, count, 0, ret, ret_tail);
	while (rc != SQLITE_OK && cni_sqlite_mend(conn));
	return rc;
}

static cn_status compile(
	cni_sqlite *conn, const char *sql, size_t size, sqlite3_stmt **ret, cn_error *err)
{
	const char *tail = NULL;
	sqlite3_stmt *handle = NULL;

	int rc = cni_sqlite_compile(conn, sql, size, &handle, &tail);
	if (rc != SQLITE_OK)
		return cni_sqlite_fail(conn, rc, &(cni_sqlite_place){sql, size, 0}, err);
	if (!handle)
		return cn_fail(err, CN_EARG, "the text holds no SQL statement");
	if (tail < sql + size && !is_blank(conn, tail, sql + size)) {
		sqlite3_finalize(handle);
		cn_error_set(err, CN_EARG, "the text holds more than one SQL statement");
		cn_error_detail(err, "after the first: %.80s", tail);
		return CN_EARG;
	}
	*ret = handle;
	return CN_OK;
}

cn_status cni_sqlite_prepare(
	cni_conn *base, const char *sql, size_t size, cni_stmt **ret, cn_error *err)
{
	cni_sqlite *conn = cni_sqlite_of(base);
	uint64_t hash = cni_hash64(sql, size, 0);
	cni_sqlite_stmt *stmt = find_idle(conn, hash, sql, size);

	if (stmt) {
		leave_idle(conn, stmt);
	} else {
		sqlite3_stmt *handle = NULL;

		TRY(cni_sqlite_check_text(conn, sql, size, err));
		stmt = calloc(1, sizeof *stmt + size + 1);
		if (!stmt)
			return cn_fail(err, CN_ENOMEM, "out of memory");
		memcpy(stmt->sql, sql, size);
		cn_status status = compile(conn, stmt->sql, size, &handle, err);
		if (status != CN_OK) {
			free(stmt);
			return status;
		}
		stmt->base.conn = base;
		stmt->handle = handle;
		stmt->hash = hash;
		stmt->size = size;
		stmt->chain = *bucket_of(conn, hash);
		*bucket_of(conn, hash) = stmt;
	}
	stmt->taken = true;
	*ret = &stmt->base;
	return CN_OK;
}

void cni_sqlite_release(cni_stmt *base)
{
	cni_sqlite_stmt *stmt = cni_sqlite_stmt_of(base);
	cni_sqlite *conn = cni_sqlite_of(base->conn);

	cni_sqlite_reset(base);
	if (stmt->bound) { /* they are borrowed: the next taker must not read what is gone by then
			    */
		sqlite3_clear_bindings(stmt->handle);
		stmt->bound = false;
	}
	stmt->taken = false;
	join_idle(conn, stmt);
	if (conn->idle_count > CNI_SQLITE_CACHED) {
		cni_sqlite_stmt *oldest = conn->oldest;

		leave_idle(conn, oldest);
		destroy(conn, oldest);
	}
}

void cni_sqlite_finalize_all(cni_sqlite *conn)
{
	for (size_t i = 0; i < CNI_SQLITE_BUCKETS; i++) {
		cni_sqlite_stmt *next, *stmt = conn->buckets[i];

		conn->buckets[i] = NULL;
		for (; stmt; stmt = next) {
			next = stmt->chain;
			sqlite3_finalize(stmt->handle);
			free(stmt);
		}
	}
	sqlite3_finalize(conn->rollback);
	conn->rollback = NULL;
	conn->newest = conn->oldest = NULL;
	conn->idle_count = 0;
}
