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

static cn_status out_of_range(
	size_t index, const char *what, int64_t value, const char *unit, cn_error *err)
{
	cn_error_set(err, CN_EARG, "parameter %zu: %s", index, what);
	cn_error_detail(err, "%lld %s", (long long)value, unit);
	return CN_EARG;
}

/* A time as CURRENT_TIMESTAMP writes it, so that both sort together: a blank for the T, no Z. */
cn_status cni_sqlite_moment(
	const cn_value *value, size_t index, cni_sqlite_moment_text *ret, cn_error *err)
{
	int64_t v = value->as.i;

	ret->at = ret->room;
	if (value->type == CN_TYPE_DATE) {
		if (v < DATE_MIN || v > DATE_MAX)
			return out_of_range(index, "a date outside of the years 0 to 9999", v,
				"days since 1970", err);
		cni_date_text((int32_t)v, ret->room);
	} else if (value->type == CN_TYPE_CLOCK) {
		if (v < 0 || v >= DAY_US)
			return out_of_range(
				index, "a time of day outside of 24 hours", v, "microseconds", err);
		cni_time_text(v, true, ret->room); /* of the first day: "1970-01-01T12:30:00Z" */
		ret->at += 11;
	} else {
		if (v < TIME_MIN || v > TIME_MAX)
			return out_of_range(index, "a time outside of the years 0 to 9999", v,
				"microseconds since 1970", err);
		cni_time_text(v, true, ret->room);
		ret->room[10] = ' ';
	}
	ret->size = strcspn(ret->at, "Z");
	return CN_OK;
}

static cn_status bind_moment(
	cni_sqlite_stmt *stmt, size_t index, const cn_value *value, int *ret_rc, cn_error *err)
{
	cni_sqlite_moment_text text;

	TRY(cni_sqlite_moment(value, index, &text, err));
	*ret_rc = sqlite3_bind_text(
		stmt->handle, (int)index, text.at, (int)text.size, SQLITE_TRANSIENT);
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
	case CN_TYPE_TIME:
	case CN_TYPE_DATE:
	case CN_TYPE_CLOCK: TRY(bind_moment(stmt, (size_t)at, value, &rc, err)); break;
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
