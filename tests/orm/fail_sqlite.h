/*
 * fail_sqlite.h - the calls of SQLite that a session makes, wrapped by the linker (--wrap): the
 * n-th one fails. Included by one file of a test program.
 */
#ifndef CANTIL_TESTS_ORM_FAIL_SQLITE_H
#define CANTIL_TESTS_ORM_FAIL_SQLITE_H

#include <sqlite3.h>
#include <stdbool.h>

static long countdown = -1; /* < 0: none fails; 0: the next one does */
static int failure;
static bool fired;

static bool fails(void)
{
	if (countdown < 0 || countdown-- > 0)
		return false;
	fired = true;
	return true;
}

int __real_sqlite3_step(sqlite3_stmt *stmt);
int __wrap_sqlite3_step(sqlite3_stmt *stmt);
int __wrap_sqlite3_step(sqlite3_stmt *stmt)
{
	return fails() ? failure : __real_sqlite3_step(stmt);
}

int __real_sqlite3_prepare_v3(sqlite3 *db, const char *sql, int size, unsigned flags,
	sqlite3_stmt **ret, const char **tail);
int __wrap_sqlite3_prepare_v3(sqlite3 *db, const char *sql, int size, unsigned flags,
	sqlite3_stmt **ret, const char **tail);
int __wrap_sqlite3_prepare_v3(sqlite3 *db, const char *sql, int size, unsigned flags,
	sqlite3_stmt **ret, const char **tail)
{
	if (!fails())
		return __real_sqlite3_prepare_v3(db, sql, size, flags, ret, tail);
	*ret = NULL;
	return failure;
}

#define FAIL_BIND(name, parameters, arguments)               \
	int __real_sqlite3_bind_##name parameters;           \
	int __wrap_sqlite3_bind_##name parameters;           \
	int __wrap_sqlite3_bind_##name parameters            \
	{                                                    \
		if (fails())                                 \
			return failure;                      \
		return __real_sqlite3_bind_##name arguments; \
	}
FAIL_BIND(int64, (sqlite3_stmt * stmt, int at, sqlite3_int64 value), (stmt, at, value))
FAIL_BIND(double, (sqlite3_stmt * stmt, int at, double value), (stmt, at, value))
FAIL_BIND(null, (sqlite3_stmt * stmt, int at), (stmt, at))
FAIL_BIND(text64,
	(sqlite3_stmt * stmt, int at, const char *text, sqlite3_uint64 size, void (*done)(void *),
		unsigned char encoding),
	(stmt, at, text, size, done, encoding))
FAIL_BIND(blob64,
	(sqlite3_stmt * stmt, int at, const void *data, sqlite3_uint64 size, void (*done)(void *)),
	(stmt, at, data, size, done))

int __real_sqlite3_exec(sqlite3 *db, const char *sql, int (*row)(void *, int, char **, char **),
	void *ctx, char **message);
int __wrap_sqlite3_exec(sqlite3 *db, const char *sql, int (*row)(void *, int, char **, char **),
	void *ctx, char **message);
int __wrap_sqlite3_exec(sqlite3 *db, const char *sql, int (*row)(void *, int, char **, char **),
	void *ctx, char **message)
{
	return fails() ? failure : __real_sqlite3_exec(db, sql, row, ctx, message);
}

#endif
