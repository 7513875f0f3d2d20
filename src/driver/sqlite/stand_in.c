/*
 * stand_in.c - functions and collations of an application, in a scratch database that does not have
 * them.
 *
 * A schema may call what only its own program registers. To read such a schema it must be built;
 * nothing in it is called for that. A stand-in function can be compiled, and fails when it is
 * called: a wrong value would be worse. A stand-in collation compares bytes.
 */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "driver/sqlite/sqlite.h"

static void unknown(sqlite3_context *context, int count, sqlite3_value **values)
{
	(void)count, (void)values;
	sqlite3_result_error(context, "a function that only the application knows was called", -1);
}

bool cni_sqlite_stand_in(cni_sqlite *conn)
{
	static const char before[] = "no such function: ";
	const char *message = sqlite3_errmsg(conn->db);
	char name[256];

	if (!cni_starts(message, before) || strlen(message) - strlen(before) >= sizeof name)
		return false;
	snprintf(name, sizeof name, "%s", message + strlen(before));
	/* deterministic, or it could not stand in an index or a generated column */
	return sqlite3_create_function_v2(conn->db, name, -1,
		       SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS, NULL, unknown, NULL,
		       NULL, NULL) == SQLITE_OK;
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
