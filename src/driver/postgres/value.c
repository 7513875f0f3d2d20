/*
 * value.c - values out of rows.
 *
 * A column yields what the contract knows: INT64, DOUBLE, TEXT, BLOB or NULL. What PostgreSQL has
 * beyond that comes as the text that the other engines keep for it: times "YYYY-MM-DD HH:MM:SS" in
 * UTC, dates, uuids, exact numbers. A row comes in binary when every column's type is in
 * cni_pg_binary_known, else all of it as text, which says the same.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "base/try.h"
#include "driver/postgres/postgres.h"
#include "driver/postgres/wire_bytes.h"

#define DAY_US   INT64_C(86400000000)
#define DATE_MIN (-719528) /* the years 0 to 9999 */
#define DATE_MAX 2932896

enum {
	NUMERIC_NEGATIVE = 0x4000,
	NUMERIC_NAN = 0xC000,
	NUMERIC_INF = 0xD000,
	NUMERIC_NEG_INF = 0xF000
};

bool cni_pg_binary_known(Oid type)
{
	switch (type) {
	case CNI_PG_BOOL:
	case CNI_PG_BYTEA:
	case CNI_PG_CHAR:
	case CNI_PG_NAME:
	case CNI_PG_INT8:
	case CNI_PG_INT2:
	case CNI_PG_INT4:
	case CNI_PG_TEXT:
	case CNI_PG_OID:
	case CNI_PG_JSON:
	case CNI_PG_XML:
	case CNI_PG_FLOAT4:
	case CNI_PG_FLOAT8:
	case CNI_PG_UNKNOWN:
	case CNI_PG_BPCHAR:
	case CNI_PG_VARCHAR:
	case CNI_PG_DATE:
	case CNI_PG_TIME:
	case CNI_PG_TIMESTAMP:
	case CNI_PG_TIMESTAMPTZ:
	case CNI_PG_NUMERIC:
	case CNI_PG_UUID:
	case CNI_PG_JSONB: return true;
	default: return false;
	}
}

static pg_cell cell_of(const pg_stmt *stmt, size_t i)
{
	if (!stmt->result)
		return stmt->cells[i];
	if (PQgetisnull(stmt->result, 0, (int)i))
		return (pg_cell){NULL, -1};
	return (pg_cell){PQgetvalue(stmt->result, 0, (int)i), PQgetlength(stmt->result, 0, (int)i)};
}

static cn_value text_value(const char *text, size_t size)
{
	return (cn_value){.type = CN_TYPE_TEXT, .size = size, .as.p = text};
}

/* What was written into the column's own buffer. */
static cn_value made(const cni_buffer *out)
{
	if (out->failed)
		return (cn_value){.type = CN_TYPE_NONE};
	return text_value(cni_buffer_text(out), out->size);
}

/* ---- from binary ---- */

static cn_value from_time(cni_buffer *out, int64_t us)
{
	char text[CNI_TIME_TEXT];

	if (us == INT64_MAX || us == INT64_MIN) {
		cni_buffer_puts(out, us > 0 ? "infinity" : "-infinity");
		return made(out);
	}
	if (us > INT64_MAX - CNI_PG_EPOCH_US || !cni_pg_time_fits(us + CNI_PG_EPOCH_US)) {
		cni_pg_far_time(out, us);
		return made(out);
	}
	cni_time_text(us + CNI_PG_EPOCH_US, true, text);
	text[10] = ' ';
	cni_buffer_add(out, text, strcspn(text, "Z"));
	return made(out);
}

static cn_value from_date(cni_buffer *out, int32_t days)
{
	char text[CNI_TIME_TEXT];
	int64_t since_1970 = (int64_t)days + CNI_PG_EPOCH_DAYS;

	if (days == INT32_MAX || days == INT32_MIN) {
		cni_buffer_puts(out, days > 0 ? "infinity" : "-infinity");
	} else if (since_1970 < DATE_MIN || since_1970 > DATE_MAX) {
		cni_pg_far_date(out, days);
	} else {
		cni_date_text((int32_t)since_1970, text);
		cni_buffer_puts(out, text);
	}
	return made(out);
}

static cn_value from_clock(cni_buffer *out, int64_t us)
{
	char text[CNI_TIME_TEXT];

	if (us == DAY_US) { /* PostgreSQL knows 24:00:00 */
		cni_buffer_puts(out, "24:00:00");
		return made(out);
	}
	cni_time_text(us, true, text);
	cni_buffer_add(out, text + 11, strcspn(text + 11, "Z"));
	return made(out);
}

static cn_value from_uuid(cni_buffer *out, const char *bytes)
{
	static const char digits[] = "0123456789abcdef";

	for (int i = 0; i < 16; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			cni_buffer_putc(out, '-');
		cni_buffer_putc(out, digits[(unsigned char)bytes[i] >> 4]);
		cni_buffer_putc(out, digits[bytes[i] & 15]);
	}
	return made(out);
}

/* Groups of four digits: `weight` says how many thousands of ten the first one counts, `scale` how
 * many digits stand behind the point. */
static void write_numeric(cni_buffer *out, const char *p, int count, int weight, int scale)
{
	char group[8];

	if (weight < 0)
		cni_buffer_putc(out, '0');
	for (int i = 0; i <= weight; i++) {
		unsigned digit = i < count ? cni_pg_get16(p + i * 2) : 0;
		cni_buffer_printf(out, i == 0 ? "%u" : "%04u", digit);
	}
	if (scale > 0)
		cni_buffer_putc(out, '.');
	for (int i = weight + 1; scale > 0; i++, scale -= 4) {
		unsigned digit = i >= 0 && i < count ? cni_pg_get16(p + i * 2) : 0;
		snprintf(group, sizeof group, "%04u", digit % 10000);
		cni_buffer_add(out, group, scale < 4 ? (size_t)scale : 4);
	}
}

static cn_value from_numeric(cni_buffer *out, const char *p, int32_t size)
{
	if (size < 8)
		return (cn_value){.type = CN_TYPE_NULL};
	int count = cni_pg_get16(p), weight = (int16_t)cni_pg_get16(p + 2);
	unsigned sign = cni_pg_get16(p + 4), scale = cni_pg_get16(p + 6);

	if (count * 2 + 8 > size)
		return (cn_value){.type = CN_TYPE_NULL};
	if (sign == NUMERIC_NAN || sign == NUMERIC_INF || sign == NUMERIC_NEG_INF) {
		cni_buffer_puts(out, sign == NUMERIC_NAN   ? "NaN"
				     : sign == NUMERIC_INF ? "Infinity"
							   : "-Infinity");
		return made(out);
	}
	if (sign == NUMERIC_NEGATIVE)
		cni_buffer_putc(out, '-');
	write_numeric(out, p + 8, count, weight, (int)scale);
	return cni_pg_exact(cni_buffer_text(out), made(out));
}

/* A count or a sum that is numeric to the server is an integer to who reads it. */
cn_value cni_pg_exact(const char *text, cn_value otherwise)
{
	char *end;

	if (otherwise.type != CN_TYPE_TEXT || strchr(text, '.') || otherwise.size > 20)
		return otherwise;
	errno = 0;
	long long v = strtoll(text, &end, 10);
	return errno || *end || end == text ? otherwise : cn_int(v);
}

static cn_value from_float(const char *p, int32_t size)
{
	uint64_t bits;
	uint32_t few;
	double d;
	float f;

	if (size == 4) {
		few = cni_pg_get32(p);
		memcpy(&f, &few, sizeof f);
		return cn_double((double)f);
	}
	bits = cni_pg_get64(p);
	memcpy(&d, &bits, sizeof d);
	return cn_double(d);
}

/* How many bytes a type must have; a server that sends others is not believed. */
static int32_t fixed_size(Oid type)
{
	switch (type) {
	case CNI_PG_BOOL:
	case CNI_PG_CHAR: return 1;
	case CNI_PG_INT2: return 2;
	case CNI_PG_INT4:
	case CNI_PG_OID:
	case CNI_PG_FLOAT4:
	case CNI_PG_DATE: return 4;
	case CNI_PG_INT8:
	case CNI_PG_FLOAT8:
	case CNI_PG_TIME:
	case CNI_PG_TIMESTAMP:
	case CNI_PG_TIMESTAMPTZ: return 8;
	case CNI_PG_UUID: return 16;
	default: return -1;
	}
}

static cn_value from_binary(cni_buffer *out, Oid type, pg_cell cell)
{
	int32_t want = fixed_size(type);

	if (want >= 0 && want != cell.size)
		return (cn_value){.type = CN_TYPE_NULL};
	switch (type) {
	case CNI_PG_BOOL: return cn_int(cell.data[0] != 0);
	case CNI_PG_INT2: return cn_int((int16_t)cni_pg_get16(cell.data));
	case CNI_PG_INT4: return cn_int((int32_t)cni_pg_get32(cell.data));
	case CNI_PG_OID: return cn_int(cni_pg_get32(cell.data));
	case CNI_PG_INT8: return cn_int((int64_t)cni_pg_get64(cell.data));
	case CNI_PG_FLOAT4:
	case CNI_PG_FLOAT8: return from_float(cell.data, cell.size);
	case CNI_PG_BYTEA:
		return (cn_value){
			.type = CN_TYPE_BLOB, .size = (size_t)cell.size, .as.p = cell.data};
	case CNI_PG_JSONB: /* a version, then the text */
		return cell.size ? text_value(cell.data + 1, (size_t)cell.size - 1)
				 : text_value("", 0);
	default: break;
	}
	cni_buffer_clear(out);
	switch (type) {
	case CNI_PG_TIMESTAMP:
	case CNI_PG_TIMESTAMPTZ: return from_time(out, (int64_t)cni_pg_get64(cell.data));
	case CNI_PG_DATE: return from_date(out, (int32_t)cni_pg_get32(cell.data));
	case CNI_PG_TIME: return from_clock(out, (int64_t)cni_pg_get64(cell.data));
	case CNI_PG_UUID: return from_uuid(out, cell.data);
	case CNI_PG_NUMERIC: return from_numeric(out, cell.data, cell.size);
	default: return text_value(cell.data, (size_t)cell.size);
	}
}

/* ---- from text ---- */

static int hex(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : 0;
}

/* "\x00ff": bytea_output is set so. */
static cn_value bytes_from_text(cni_buffer *out, pg_cell cell)
{
	cni_buffer_clear(out);
	for (int32_t i = 2; i + 1 < cell.size; i += 2)
		cni_buffer_putc(out, (char)(hex(cell.data[i]) << 4 | hex(cell.data[i + 1])));
	cn_value v = made(out);
	if (v.type == CN_TYPE_TEXT)
		v.type = CN_TYPE_BLOB;
	return v;
}

/* A fraction always has six digits: as in binary, and as the other engines keep it. */
static void add_moment(cni_buffer *out, const char *text, size_t size)
{
	const char *point = memchr(text, '.', size);

	cni_buffer_add(out, text, size);
	for (size_t n = point ? size - (size_t)(point - text) : 7; n < 7; n++)
		cni_buffer_putc(out, '0');
}

/* "2026-01-01 12:00:00+00", "0001-02-03 BC": the zone is always UTC and goes; the year before 1 is
 * 0. Years of more than four digits stay as they are. */
static cn_value time_from_text(cni_buffer *out, pg_cell cell)
{
	size_t size = (size_t)cell.size;
	bool before_christ = size > 3 && memcmp(cell.data + size - 3, " BC", 3) == 0;

	cni_buffer_clear(out);
	if (before_christ)
		size -= 3;
	if (size > 3 && memcmp(cell.data + size - 3, "+00", 3) == 0)
		size -= 3;
	if (before_christ && size > 4 && memcmp(cell.data, "0001-", 5) == 0) {
		cni_buffer_puts(out, "0000");
		add_moment(out, cell.data + 4, size - 4);
	} else {
		add_moment(out, cell.data, size);
		cni_buffer_puts(out, before_christ ? " BC" : "");
	}
	return made(out);
}

static cn_value from_text(cni_buffer *out, Oid type, pg_cell cell)
{
	cn_value text = text_value(cell.data, (size_t)cell.size);

	switch (type) {
	case CNI_PG_BOOL: return cn_int(cell.data[0] == 't');
	case CNI_PG_INT2:
	case CNI_PG_INT4:
	case CNI_PG_INT8:
	case CNI_PG_OID: return cn_int(strtoll(cell.data, NULL, 10));
	case CNI_PG_FLOAT4: return cn_double((double)strtof(cell.data, NULL));
	case CNI_PG_FLOAT8: return cn_double(strtod(cell.data, NULL));
	case CNI_PG_NUMERIC: return cni_pg_exact(cell.data, text);
	case CNI_PG_BYTEA: return bytes_from_text(out, cell);
	case CNI_PG_DATE:
	case CNI_PG_TIME:
	case CNI_PG_TIMESTAMP:
	case CNI_PG_TIMESTAMPTZ: return time_from_text(out, cell);
	default: return text;
	}
}

/* ---- the contract ---- */

static cn_value value_at(pg_stmt *stmt, size_t i)
{
	pg_cell cell = cell_of(stmt, i);

	if (!cell.data)
		return (cn_value){.type = CN_TYPE_NULL};
	if (stmt->binary)
		return from_binary(&stmt->texts[i], stmt->column_types[i], cell);
	return from_text(&stmt->texts[i], stmt->column_types[i], cell);
}

static bool has_row(const pg_stmt *stmt)
{
	return stmt->started && !stmt->ended && (stmt->result || stmt->spool);
}

cn_value cni_pg_column(cni_stmt *base, size_t index)
{
	pg_stmt *stmt = cni_pg_stmt_of(base);

	if (index >= stmt->column_count || !has_row(stmt))
		return (cn_value){.type = CN_TYPE_NULL};
	return value_at(stmt, index);
}

cn_status cni_pg_row(cni_stmt *base, cn_value *row, size_t count, cn_error *err)
{
	pg_stmt *stmt = cni_pg_stmt_of(base);

	for (size_t i = 0; i < count; i++) {
		row[i] = cni_pg_column(base, i);
		if (row[i].type == CN_TYPE_NONE)
			return cn_fail(err, CN_ENOMEM, "out of memory");
	}
	return has_row(stmt) ? CN_OK : cn_fail(err, CN_EARG, "the statement stands on no row");
}

/* The shortest text that means this number, and that says that it is none of the integers. */
static void write_double(cni_buffer *out, double d)
{
	char text[40];

	if (isnan(d) || isinf(d)) {
		cni_buffer_puts(out, isnan(d) ? "NaN" : d > 0 ? "Infinity" : "-Infinity");
		return;
	}
	for (int digits = 15; digits <= 17; digits++) {
		snprintf(text, sizeof text, "%.*g", digits, d);
		if (strtod(text, NULL) == d)
			break;
	}
	cni_buffer_puts(out, text);
	if (!strpbrk(text, ".e"))
		cni_buffer_puts(out, ".0");
}

const char *cni_pg_text(cni_stmt *base, size_t index)
{
	pg_stmt *stmt = cni_pg_stmt_of(base);
	cn_value v = cni_pg_column(base, index);

	if (v.type == CN_TYPE_TEXT || v.type == CN_TYPE_BLOB)
		return v.as.p;
	if (v.type != CN_TYPE_INT64 && v.type != CN_TYPE_DOUBLE)
		return NULL;
	cni_buffer *out = &stmt->texts[index];
	cni_buffer_clear(out);
	if (v.type == CN_TYPE_INT64)
		cni_buffer_printf(out, "%lld", (long long)v.as.i);
	else
		write_double(out, v.as.d);
	return out->failed ? NULL : cni_buffer_text(out);
}
