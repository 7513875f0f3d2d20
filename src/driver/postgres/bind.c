/*
 * bind.c - values as parameters: by the type that the server told for each, in binary where that
 * says exactly the same.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "base/try.h"
#include "driver/postgres/postgres.h"
#include "driver/postgres/wire_bytes.h"

/* the years 0 to 9999: what ISO 8601 text can say so that it sorts */
#define TIME_MIN INT64_C(-62167219200000000)
#define TIME_MAX INT64_C(253402300799999999)
#define DAY_US   INT64_C(86400000000)
#define DATE_MIN (-719528)
#define DATE_MAX 2932896

static const struct {
	Oid oid;
	const char *name;
} names[] = {{CNI_PG_BOOL, "boolean"}, {CNI_PG_BYTEA, "bytea"}, {CNI_PG_INT8, "bigint"},
	{CNI_PG_INT2, "smallint"}, {CNI_PG_INT4, "integer"}, {CNI_PG_TEXT, "text"},
	{CNI_PG_OID, "oid"}, {CNI_PG_JSON, "json"}, {CNI_PG_JSONB, "jsonb"}, {CNI_PG_XML, "xml"},
	{CNI_PG_FLOAT4, "real"}, {CNI_PG_FLOAT8, "double precision"}, {CNI_PG_BPCHAR, "character"},
	{CNI_PG_VARCHAR, "character varying"}, {CNI_PG_DATE, "date"}, {CNI_PG_TIME, "time"},
	{CNI_PG_TIMESTAMP, "timestamp"}, {CNI_PG_TIMESTAMPTZ, "timestamp with time zone"},
	{CNI_PG_NUMERIC, "numeric"}, {CNI_PG_UUID, "uuid"}, {CNI_PG_NAME, "name"},
	{CNI_PG_CHAR, "\"char\""}};

static const char *type_name(Oid oid)
{
	for (size_t i = 0; i < CNI_COUNT(names); i++)
		if (names[i].oid == oid)
			return names[i].name;
	return "another type";
}

/* `what` was bound where the server expects something else. */
static cn_status mismatch(size_t index, Oid type, const char *what, cn_error *err)
{
	cn_error_set(err, CN_EARG, "parameter %zu is of type %s to the database, and %s was bound",
		index, type_name(type), what);
	if (type == CNI_PG_TEXT)
		cn_error_hint(
			err, "bind a text, or say the type in the statement: CAST(? AS bigint)");
	else
		cn_error_hint(err, "bind a value of that type, or write a CAST around the ?");
	return CN_EARG;
}

static cn_status own_text(pg_param *param, int size)
{
	param->data = param->own;
	param->size = size;
	param->binary = false;
	return CN_OK;
}

static cn_status own_binary(pg_param *param, int size)
{
	param->data = param->own;
	param->size = size;
	param->binary = true;
	return CN_OK;
}

static cn_status out_of_range(size_t index, Oid type, int64_t v, cn_error *err)
{
	return cn_fail(err, CN_EARG, "parameter %zu: %lld does not fit into %s", index,
		(long long)v, type_name(type));
}

static cn_status encode_double(pg_param *param, Oid type, size_t index, double v, cn_error *err)
{
	uint64_t bits;
	uint32_t few;
	float f = (float)v;

	switch (type) {
	case CNI_PG_FLOAT8:
		memcpy(&bits, &v, sizeof bits);
		cni_pg_put64(param->own, bits);
		return own_binary(param, 8);
	case CNI_PG_FLOAT4: /* rounded, as the server rounds; but not to infinity */
		if (isinf(f) && !isinf(v))
			return cn_fail(
				err, CN_EARG, "parameter %zu: %g does not fit into real", index, v);
		memcpy(&few, &f, sizeof few);
		cni_pg_put32(param->own, few);
		return own_binary(param, 4);
	case CNI_PG_NUMERIC: /* the shortest text that means this number */
		for (int digits = 15; digits <= 17; digits++) {
			snprintf(param->own, sizeof param->own, "%.*g", digits, v);
			if (strtod(param->own, NULL) == v)
				break;
		}
		if (isinf(v) || isnan(v))
			snprintf(param->own, sizeof param->own, "%s",
				isnan(v) ? "NaN"
				: v > 0  ? "Infinity"
					 : "-Infinity");
		return own_text(param, (int)strlen(param->own));
	case CNI_PG_INT2:
	case CNI_PG_INT4:
	case CNI_PG_INT8:
		if (v == trunc(v) && v >= -9223372036854775808.0 && v < 9223372036854775808.0) {
			cn_value whole = cn_int((int64_t)v);
			return cni_pg_encode(param, type, index, &whole, err);
		}
		return cn_fail(err, CN_EARG,
			"parameter %zu: %g is no whole number that fits into %s", index, v,
			type_name(type));
	default: return mismatch(index, type, "a floating point number", err);
	}
}

static cn_status encode_int(pg_param *param, Oid type, size_t index, int64_t v, cn_error *err)
{
	switch (type) {
	case CNI_PG_INT8: cni_pg_put64(param->own, (uint64_t)v); return own_binary(param, 8);
	case CNI_PG_INT4:
		if (v < INT32_MIN || v > INT32_MAX)
			return out_of_range(index, type, v, err);
		cni_pg_put32(param->own, (uint32_t)v);
		return own_binary(param, 4);
	case CNI_PG_INT2:
		if (v < INT16_MIN || v > INT16_MAX)
			return out_of_range(index, type, v, err);
		cni_pg_put16(param->own, (uint16_t)v);
		return own_binary(param, 2);
	case CNI_PG_OID:
		if (v < 0 || v > UINT32_MAX)
			return out_of_range(index, type, v, err);
		cni_pg_put32(param->own, (uint32_t)v);
		return own_binary(param, 4);
	case CNI_PG_BOOL:
		if (v != 0 && v != 1)
			return out_of_range(index, type, v, err);
		param->own[0] = (char)v;
		return own_binary(param, 1);
	case CNI_PG_FLOAT4:
	case CNI_PG_FLOAT8:
		/* 2^53: beyond it neighbours are one number to a double */
		if (v < -(INT64_C(1) << 53) || v > INT64_C(1) << 53)
			return out_of_range(index, type, v, err);
		return encode_double(param, type, index, (double)v, err);
	case CNI_PG_NUMERIC:
		snprintf(param->own, sizeof param->own, "%lld", (long long)v);
		return own_text(param, (int)strlen(param->own));
	default: return mismatch(index, type, "an integer", err);
	}
}

static cn_status encode_time(pg_param *param, Oid type, size_t index, int64_t us, cn_error *err)
{
	char text[CNI_TIME_TEXT];

	if (us < TIME_MIN || us > TIME_MAX) {
		cn_error_set(err, CN_EARG, "parameter %zu: a time outside of the years 0 to 9999",
			index);
		cn_error_detail(err, "%lld microseconds since 1970", (long long)us);
		return CN_EARG;
	}
	switch (type) {
	case CNI_PG_TIMESTAMP:
	case CNI_PG_TIMESTAMPTZ:
		cni_pg_put64(param->own, (uint64_t)(us - CNI_PG_EPOCH_US));
		return own_binary(param, 8);
	case CNI_PG_TEXT:
	case CNI_PG_VARCHAR:
	case CNI_PG_BPCHAR: /* as the other engines keep it, so that it sorts */
		cni_time_text(us, true, text);
		text[10] = ' ';
		snprintf(param->own, sizeof param->own, "%.*s", (int)strcspn(text, "Z"), text);
		return own_text(param, (int)strlen(param->own));
	default: return mismatch(index, type, "a time", err);
	}
}

static cn_status encode_date(pg_param *param, Oid type, size_t index, int64_t days, cn_error *err)
{
	if (days < DATE_MIN || days > DATE_MAX) {
		cn_error_set(err, CN_EARG, "parameter %zu: a date outside of the years 0 to 9999",
			index);
		cn_error_detail(err, "%lld days since 1970", (long long)days);
		return CN_EARG;
	}
	switch (type) {
	case CNI_PG_DATE:
		cni_pg_put32(param->own, (uint32_t)(days - CNI_PG_EPOCH_DAYS));
		return own_binary(param, 4);
	case CNI_PG_TIMESTAMP:
	case CNI_PG_TIMESTAMPTZ: return encode_time(param, type, index, days * DAY_US, err);
	case CNI_PG_TEXT:
	case CNI_PG_VARCHAR:
	case CNI_PG_BPCHAR: cni_date_text((int32_t)days, param->own); return own_text(param, 10);
	default: return mismatch(index, type, "a date", err);
	}
}

static cn_status encode_clock(pg_param *param, Oid type, size_t index, int64_t us, cn_error *err)
{
	char text[CNI_TIME_TEXT];

	if (us < 0 || us >= DAY_US)
		return cn_fail(
			err, CN_EARG, "parameter %zu: a time of day outside of 24 hours", index);
	switch (type) {
	case CNI_PG_TIME: cni_pg_put64(param->own, (uint64_t)us); return own_binary(param, 8);
	case CNI_PG_TEXT:
	case CNI_PG_VARCHAR:
	case CNI_PG_BPCHAR:
		cni_time_text(us, true, text); /* of the first day: "1970-01-01T12:30:00Z" */
		snprintf(param->own, sizeof param->own, "%.*s", (int)strcspn(text + 11, "Z"),
			text + 11);
		return own_text(param, (int)strlen(param->own));
	default: return mismatch(index, type, "a time of day", err);
	}
}

/* Text is any type's own notation to the server. It has to be ended by a NUL where it travels as
 * text, which not every caller's is: so it travels in binary where both are the same bytes. */
static cn_status encode_text(
	pg_param *param, Oid type, size_t index, const cn_value *v, cn_error *err)
{
	const char *nul = memchr(v->as.p, '\0', v->size);

	if (v->size > INT32_MAX / 2)
		return cn_fail(err, CN_EARG, "parameter %zu: a text of %zu bytes is too long",
			index, v->size);
	if (nul && type != CNI_PG_BYTEA) {
		cn_error_set(err, CN_EARG, "parameter %zu: the text has a NUL byte in it, at %zu",
			index, (size_t)(nul - (const char *)v->as.p));
		cn_error_hint(err, "this engine's texts cannot hold one; bytea columns can");
		return CN_EARG;
	}
	param->data = v->as.p;
	param->size = (int)v->size;
	switch (type) {
	case CNI_PG_TEXT:
	case CNI_PG_VARCHAR:
	case CNI_PG_BPCHAR:
	case CNI_PG_JSON:
	case CNI_PG_XML:
	case CNI_PG_UNKNOWN:
	case CNI_PG_BYTEA: param->binary = true; return CN_OK;
	default: param->binary = false; break;
	}
	if (v->size < sizeof param->own) {
		memcpy(param->own, v->as.p, v->size);
		param->own[v->size] = '\0';
		param->data = param->own;
		return CN_OK;
	}
	char *copy = realloc(param->copy, v->size + 1);
	if (!copy)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	memcpy(copy, v->as.p, v->size);
	copy[v->size] = '\0';
	param->data = param->copy = copy;
	return CN_OK;
}

static cn_status encode_blob(
	pg_param *param, Oid type, size_t index, const cn_value *v, cn_error *err)
{
	if (type != CNI_PG_BYTEA)
		return mismatch(index, type, "bytes", err);
	if (v->size > INT32_MAX / 2)
		return cn_fail(
			err, CN_EARG, "parameter %zu: %zu bytes are too many", index, v->size);
	param->data = v->size ? v->as.p : ""; /* NULL would be SQL NULL */
	param->size = (int)v->size;
	param->binary = true;
	return CN_OK;
}

cn_status cni_pg_encode(
	pg_param *param, Oid type, size_t index, const cn_value *value, cn_error *err)
{
	param->value = *value;
	switch (value->type) {
	case CN_TYPE_INT64: return encode_int(param, type, index, value->as.i, err);
	case CN_TYPE_BOOL:
		if (type == CNI_PG_TEXT || type == CNI_PG_VARCHAR)
			return mismatch(index, type, "a boolean", err);
		return encode_int(param, type, index, value->as.b, err);
	case CN_TYPE_DOUBLE: return encode_double(param, type, index, value->as.d, err);
	case CN_TYPE_TEXT:
		if (value->as.p)
			return encode_text(param, type, index, value, err);
		break;
	case CN_TYPE_BLOB:
		if (value->as.p)
			return encode_blob(param, type, index, value, err);
		break;
	case CN_TYPE_TIME: return encode_time(param, type, index, value->as.i, err);
	case CN_TYPE_DATE: return encode_date(param, type, index, value->as.i, err);
	case CN_TYPE_CLOCK: return encode_clock(param, type, index, value->as.i, err);
	case CN_TYPE_NULL: break;
	default:
		cn_error_set(
			err, CN_EARG, "parameter %zu is no value that a database can hold", index);
		cn_error_hint(err,
			"an unsigned number above 9223372036854775807 has no place in a column");
		return CN_EARG;
	}
	param->value.type = CN_TYPE_NULL;
	param->data = NULL;
	param->size = 0;
	param->binary = false;
	return CN_OK;
}

cn_status cni_pg_bind(cni_stmt *base, size_t index, const cn_value *value, cn_error *err)
{
	pg_stmt *stmt = cni_pg_stmt_of(base);

	if (stmt->started)
		cni_pg_reset(base);
	if (index < 1 || index > stmt->param_count) {
		cn_error_set(err, CN_EARG, "the statement has no parameter %zu", index);
		cn_error_detail(err, "it has %zu: %.300s", stmt->param_count, stmt->sql);
		return CN_EARG;
	}
	return cni_pg_encode(
		&stmt->params[index - 1], stmt->param_types[index - 1], index, value, err);
}
