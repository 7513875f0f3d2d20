/* functions.c - the SQL functions that every connection has: cantil_hash and cantil_row. */
#include <string.h>

#include "base/hash.h"
#include "driver/sqlite/sqlite.h"
#include "driver/tuple.h"

static const uint64_t KEY = UINT64_C(0x9E3779B97F4A7C15);

static uint64_t hash_number(uint64_t bits, int type, uint64_t seed)
{
	return cni_hash_mix(seed ^ bits, KEY + 2 * (uint64_t)type);
}

/* Text is not asked for as text: SQLite would copy it, to put a NUL behind it. The size is asked
 * for first, which makes it UTF-8 in a file of another encoding. */
static uint64_t hash_bytes(sqlite3_value *value, int type, uint64_t seed)
{
	size_t size = (size_t)sqlite3_value_bytes(value);
	const void *data = sqlite3_value_blob(value);

	/* the type and the size keep neighbours apart: ('a', 'bc') and ('ab', 'c') */
	return cni_hash64(data, data ? size : 0, seed + (uint64_t)type * KEY);
}

static uint64_t hash_value(sqlite3_value *value, uint64_t seed)
{
	int type = sqlite3_value_type(value);
	union {
		double d;
		uint64_t bits;
	} number;

	switch (type) {
	case SQLITE_INTEGER: return hash_number((uint64_t)sqlite3_value_int64(value), type, seed);
	case SQLITE_FLOAT:
		number.d = sqlite3_value_double(value);
		if (number.d == 0) /* a stored -0.0 comes back as 0.0 */
			number.d = 0;
		return hash_number(number.bits, type, seed);
	case SQLITE_TEXT:
	case SQLITE_BLOB: return hash_bytes(value, type, seed);
	default: return hash_number(0, type, seed);
	}
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
	*sum += cni_hash_mix(row ^ KEY, KEY);
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

	if (!sink) {
		sqlite3_result_error(context, "cantil_row() is only for cni_stmt_each", -1);
		return;
	}
	cni_tuple row = cni_sqlite_arguments(values, (size_t)count);
	sink->aggregated = true;
	sink->result = sink->fn(&row, sink->ctx, sink->err);
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
