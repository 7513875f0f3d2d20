/* functions.c - the SQL functions that every connection has: cantil_hash and cantil_row. */
#include <string.h>

#include "base/hash.h"
#include "driver/sqlite/sqlite.h"

enum { ROW_MAX = 127 }; /* SQLite's limit of arguments */

static uint64_t hash_value(sqlite3_value *value, uint64_t seed)
{
	int type = sqlite3_value_type(value);
	const void *data = NULL;
	union {
		int64_t i;
		double d;
	} number = {0};
	size_t size = 0;

	switch (type) {
	case SQLITE_INTEGER: number.i = sqlite3_value_int64(value); break;
	case SQLITE_FLOAT:
		number.d = sqlite3_value_double(value);
		if (number.d == 0) /* a stored -0.0 comes back as 0.0 */
			number.d = 0;
		break;
	case SQLITE_TEXT:
		data = sqlite3_value_text(value); /* UTF-8 whatever the file's encoding */
		size = (size_t)sqlite3_value_bytes(value);
		break;
	case SQLITE_BLOB:
		data = sqlite3_value_blob(value);
		size = (size_t)sqlite3_value_bytes(value);
		break;
	default: break;
	}
	/* the type, and for text and blobs the size, keep neighbours apart: ('a', 'bc') and ('ab',
	 * 'c') */
	seed += (uint64_t)type * UINT64_C(0x9E3779B97F4A7C15) + size;
	return data ? cni_hash64(data, size, seed) : cni_hash64(&number, sizeof number, seed);
}

/* The sum of the rows' hashes, so that their order does not count but how often each one stands
 * does. */
static void hash_step(sqlite3_context *context, int count, sqlite3_value **values)
{
	uint64_t *sum = sqlite3_aggregate_context(context, sizeof *sum);
	uint64_t row = UINT64_C(0x2545F4914F6CDD1D);

	if (!sum) {
		sqlite3_result_error_nomem(context);
		return;
	}
	for (int i = 0; i < count; i++)
		row = hash_value(values[i], row);
	*sum += row;
}

static void hash_final(sqlite3_context *context)
{
	const uint64_t *sum = sqlite3_aggregate_context(context, 0);

	sqlite3_result_int64(context, sum ? (int64_t)*sum : 0);
}

static void row_step(sqlite3_context *context, int count, sqlite3_value **values)
{
	cni_sqlite *conn = sqlite3_user_data(context);
	cni_sqlite_sink *sink = conn->sink;
	cn_value row[ROW_MAX];

	if (!sink) {
		sqlite3_result_error(context, "cantil_row() is only for cni_stmt_each", -1);
		return;
	}
	for (int i = 0; i < count && i < ROW_MAX; i++) {
		row[i] = cni_sqlite_value(values[i]);
		if (row[i].type == CN_TYPE_NONE) {
			sqlite3_result_error_nomem(context);
			return;
		}
	}
	sink->aggregated = true;
	sink->result = sink->fn(row, (size_t)count, sink->ctx, sink->err);
	if (sink->result)
		sqlite3_result_error(context, "stopped by the receiver of the rows", -1);
}

static void row_final(sqlite3_context *context)
{
	cni_sqlite *conn = sqlite3_user_data(context);

	if (conn->sink)
		conn->sink->aggregated =
			true; /* of no rows: the one it yields is none of the caller's */
	sqlite3_result_null(context);
}

cn_status cni_sqlite_functions(cni_sqlite *conn, cn_error *err)
{
	/* DIRECTONLY: a view or a trigger of somebody's file cannot call them */
	int flags = SQLITE_UTF8 | SQLITE_DIRECTONLY;
	int rc = sqlite3_create_function_v2(conn->db, CNI_HASH_FUNCTION, -1,
		flags | SQLITE_DETERMINISTIC, conn, NULL, hash_step, hash_final, NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_create_function_v2(conn->db, CNI_ROW_FUNCTION, -1, flags, conn, NULL,
			row_step, row_final, NULL);
	return rc == SQLITE_OK ? CN_OK : cni_sqlite_fail(conn, rc, NULL, err);
}
