/* value.c - values into statements, and out of rows. */
#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "base/try.h"
#include "driver/sqlite/sqlite.h"

/* the years 0 to 9999: what ISO 8601 text can say so that it sorts */
#define TIME_MIN INT64_C(-62167219200000000)
#define TIME_MAX INT64_C(253402300799999999)
#define DAY_US   INT64_C(86400000000)
#define DATE_MIN (-719528)
#define DATE_MAX 2932896

size_t cni_sqlite_parameters(const cni_stmt *stmt)
{
	return (size_t)sqlite3_bind_parameter_count(cni_sqlite_stmt_of_const(stmt)->handle);
}

/* As CURRENT_TIMESTAMP writes it, so that both sort together: a blank for the T, no Z. */
static cn_status bind_time(cni_sqlite_stmt *stmt, int index, int64_t us, int *ret_rc, cn_error *err)
{
	char text[CNI_TIME_TEXT];

	if (us < TIME_MIN || us > TIME_MAX) {
		cn_error_set(
			err, CN_EARG, "parameter %d: a time outside of the years 0 to 9999", index);
		cn_error_detail(err, "%lld microseconds since 1970", (long long)us);
		return CN_EARG;
	}
	cni_time_text(us, true, text);
	text[10] = ' ';
	*ret_rc = sqlite3_bind_text(
		stmt->handle, index, text, (int)strcspn(text, "Z"), SQLITE_TRANSIENT);
	return CN_OK;
}

static cn_status bind_date(
	cni_sqlite_stmt *stmt, int index, int64_t days, int *ret_rc, cn_error *err)
{
	char text[CNI_TIME_TEXT];

	if (days < DATE_MIN || days > DATE_MAX) {
		cn_error_set(
			err, CN_EARG, "parameter %d: a date outside of the years 0 to 9999", index);
		cn_error_detail(err, "%lld days since 1970", (long long)days);
		return CN_EARG;
	}
	cni_date_text((int32_t)days, text);
	*ret_rc = sqlite3_bind_text(stmt->handle, index, text, -1, SQLITE_TRANSIENT);
	return CN_OK;
}

static cn_status bind_clock(
	cni_sqlite_stmt *stmt, int index, int64_t us, int *ret_rc, cn_error *err)
{
	char text[CNI_TIME_TEXT];

	if (us < 0 || us >= DAY_US)
		return cn_fail(
			err, CN_EARG, "parameter %d: a time of day outside of 24 hours", index);
	cni_time_text(us, true, text); /* of the first day: "1970-01-01T12:30:00Z" */
	*ret_rc = sqlite3_bind_text(
		stmt->handle, index, text + 11, (int)strcspn(text + 11, "Z"), SQLITE_TRANSIENT);
	return CN_OK;
}

static cn_status bind_failed(cni_sqlite_stmt *stmt, int rc, size_t index, cn_error *err)
{
	if (rc == SQLITE_RANGE) {
		cn_error_set(err, CN_EARG, "the statement has no parameter %zu", index);
		cn_error_detail(
			err, "it has %zu: %.300s", cni_sqlite_parameters(&stmt->base), stmt->sql);
		return CN_EARG;
	}
	return cni_sqlite_fail(cni_sqlite_of(stmt->base.conn), rc,
		&(cni_sqlite_place){stmt->sql, stmt->size, 0}, err);
}

cn_status cni_sqlite_bind(cni_stmt *base, size_t index, const cn_value *value, cn_error *err)
{
	cni_sqlite_stmt *stmt = cni_sqlite_stmt_of(base);
	int rc = SQLITE_OK, at = index > INT32_MAX ? 0 : (int)index;

	if (stmt->started)
		cni_sqlite_reset(base);
	stmt->bound = true;
	switch (value->type) {
	case CN_TYPE_INT64: rc = sqlite3_bind_int64(stmt->handle, at, value->as.i); break;
	case CN_TYPE_BOOL: rc = sqlite3_bind_int(stmt->handle, at, value->as.b); break;
	case CN_TYPE_DOUBLE:
		if (isnan(value->as.d))
			return cn_fail(err, CN_EARG, "parameter %zu is not a number (NaN)", index);
		rc = sqlite3_bind_double(stmt->handle, at, value->as.d);
		break;
	case CN_TYPE_TEXT: /* a NULL pointer binds NULL, here and below */
		rc = sqlite3_bind_text64(
			stmt->handle, at, value->as.p, value->size, SQLITE_STATIC, SQLITE_UTF8);
		break;
	case CN_TYPE_BLOB:
		rc = sqlite3_bind_blob64(stmt->handle, at, value->as.p, value->size, SQLITE_STATIC);
		break;
	case CN_TYPE_TIME: TRY(bind_time(stmt, at, value->as.i, &rc, err)); break;
	case CN_TYPE_DATE: TRY(bind_date(stmt, at, value->as.i, &rc, err)); break;
	case CN_TYPE_CLOCK: TRY(bind_clock(stmt, at, value->as.i, &rc, err)); break;
	case CN_TYPE_NULL: rc = sqlite3_bind_null(stmt->handle, at); break;
	default:
		cn_error_set(
			err, CN_EARG, "parameter %zu is no value that a database can hold", index);
		cn_error_hint(err,
			"an unsigned number above 9223372036854775807 has no place in a column");
		return CN_EARG;
	}
	return rc == SQLITE_OK ? CN_OK : bind_failed(stmt, rc, index, err);
}

size_t cni_sqlite_columns(const cni_stmt *stmt)
{
	return (size_t)sqlite3_column_count(cni_sqlite_stmt_of_const(stmt)->handle);
}

const char *cni_sqlite_name(const cni_stmt *stmt, size_t index)
{
	return sqlite3_column_name(cni_sqlite_stmt_of_const(stmt)->handle, (int)index);
}

/* Text before its size: converting from UTF-16 changes it. */
cn_value cni_sqlite_value(sqlite3_value *value)
{
	cn_value v = {.type = CN_TYPE_NULL};

	switch (sqlite3_value_type(value)) {
	case SQLITE_INTEGER:
		v.type = CN_TYPE_INT64;
		v.as.i = sqlite3_value_int64(value);
		break;
	case SQLITE_FLOAT:
		v.type = CN_TYPE_DOUBLE;
		v.as.d = sqlite3_value_double(value);
		break;
	case SQLITE_TEXT:
		v.as.p = sqlite3_value_text(value);
		v.size = (size_t)sqlite3_value_bytes(value);
		v.type = v.as.p ? CN_TYPE_TEXT : CN_TYPE_NONE;
		break;
	case SQLITE_BLOB:
		v.as.p = sqlite3_value_blob(value);
		v.size = (size_t)sqlite3_value_bytes(value);
		v.type = v.as.p || !v.size ? CN_TYPE_BLOB : CN_TYPE_NONE;
		if (!v.as.p) /* of no bytes; NULL would mean SQL NULL */
			v.as.p = "";
		break;
	default: break;
	}
	return v;
}

cn_value cni_sqlite_column(cni_stmt *base, size_t index)
{
	cni_sqlite_stmt *stmt = cni_sqlite_stmt_of(base);

	if (index > INT32_MAX)
		return (cn_value){.type = CN_TYPE_NULL};
	return cni_sqlite_value(sqlite3_column_value(stmt->handle, (int)index));
}

const char *cni_sqlite_text(cni_stmt *stmt, size_t index)
{
	if (index > INT32_MAX)
		return NULL;
	return (const char *)sqlite3_column_text(cni_sqlite_stmt_of(stmt)->handle, (int)index);
}

cn_status cni_sqlite_row(cni_stmt *base, cn_value *row, size_t count, cn_error *err)
{
	cni_sqlite_stmt *stmt = cni_sqlite_stmt_of(base);

	for (size_t i = 0; i < count; i++) {
		row[i] = cni_sqlite_value(sqlite3_column_value(stmt->handle, (int)i));
		if (row[i].type == CN_TYPE_NONE)
			return cn_fail(err, CN_ENOMEM, "out of memory");
	}
	return CN_OK;
}
