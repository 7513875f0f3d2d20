/*
 * mend.c - statements that do not compile for a reason that is ours to take away.
 *
 * In a scratch database: functions and collations of an application. A schema may call what only
 * its own program registers; to read it, it must be built, and nothing in it is called for that. A
 * stand-in function can be compiled, and fails when it is called: a wrong value would be worse. A
 * stand-in collation compares bytes.
 *
 * Anywhere: JSON in a schema. With trusted_schema off, only functions that are marked as harmless
 * may stand in indexes, checks and views, and some versions of SQLite (3.40) forgot to mark their
 * own JSON functions. A connection that meets one trusts its schema from then on. That gives
 * nothing away: no function that does anything outside of its result is registered without
 * SQLITE_DIRECTONLY.
 */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "driver/sqlite/sqlite.h"

static bool trust_json(cni_sqlite *conn, const char *message)
{
	static const char before[] = "unsafe use of ";
	const char *name = strstr(message, before);
	int trusted = 0;

	if (!name)
		return false;
	name += strlen(before);
	if (!cni_starts(name, "json") && !cni_starts(name, "->"))
		return false;
	/* -1 asks: if it was trusted already, trying again would not help */
	sqlite3_db_config(conn->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, -1, &trusted);
	return !trusted &&
	       sqlite3_db_config(conn->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 1, NULL) == SQLITE_OK;
}

static void unknown(sqlite3_context *context, int count, sqlite3_value **values)
{
	(void)count, (void)values;
	sqlite3_result_error(context, "a function that only the application knows was called", -1);
}

static bool stand_in(cni_sqlite *conn, const char *message)
{
	static const char before[] = "no such function: ";
	char name[256];

	if (!cni_starts(message, before) || strlen(message) - strlen(before) >= sizeof name)
		return false;
	snprintf(name, sizeof name, "%s", message + strlen(before));
	/* deterministic, or it could not stand in an index or a generated column */
	return sqlite3_create_function_v2(conn->db, name, -1,
		       SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS, NULL, unknown, NULL,
		       NULL, NULL) == SQLITE_OK;
}

bool cni_sqlite_mend(cni_sqlite *conn)
{
	const char *message = sqlite3_errmsg(conn->db);

	return trust_json(conn, message) || (conn->scratch && stand_in(conn, message));
}

static int compare(void *ctx, int size_a, const void *a, int size_b, const void *b)
{
	int order = memcmp(a, b, (size_t)(size_a < size_b ? size_a : size_b));

	(void)ctx;
	return order ? order : (size_a > size_b) - (size_a < size_b);
}

static void needed(void *ctx, sqlite3 *db, int encoding, const char *name)
{
	(void)ctx, (void)encoding;
	/* if it fails, SQLite says that there is no such collation, which is then true */
	sqlite3_create_collation_v2(db, name, SQLITE_UTF8, NULL, compare, NULL);
}

cn_status cni_sqlite_stand_in_collations(cni_sqlite *conn, cn_error *err)
{
	int rc = sqlite3_collation_needed(conn->db, NULL, needed);

	return rc == SQLITE_OK ? CN_OK : cni_sqlite_fail(conn, rc, NULL, err);
}
