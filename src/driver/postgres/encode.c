/* encode.c - values of a column in binary, for COPY: there is no server in between that could tell
 * a text from a number, so what comes as text is read here. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "base/try.h"
#include "driver/postgres/postgres.h"
#include "driver/postgres/wire_bytes.h"

enum {
	NUMERIC_NEGATIVE = 0x4000,
	NUMERIC_NAN = 0xC000,
	NUMERIC_INF = 0xD000,
	NUMERIC_NEG_INF = 0xF000
};

static void add16(cni_buffer *out, unsigned v)
{
	char bytes[2];

	cni_pg_put16(bytes, (uint16_t)v);
	cni_buffer_add(out, bytes, sizeof bytes);
}

static void add32(cni_buffer *out, uint32_t v)
{
	char bytes[4];

	cni_pg_put32(bytes, v);
	cni_buffer_add(out, bytes, sizeof bytes);
}

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

static void numeric_special(cni_buffer *out, unsigned sign)
{
	add32(out, 8);
	add16(out, 0);
	add16(out, 0);
	add16(out, sign);
	add16(out, 0);
}

/* A number in decimal notation: its digits without the point, and where that stands. */
typedef struct decimal {
	const char *digits; /* of the whole part; the point may be in between */
	size_t whole, fraction;
	long exponent;
	bool negative;
} decimal;

static bool read_decimal(const char *text, decimal *ret)
{
	decimal d = {.negative = *text == '-'};
	const char *p = text + (*text == '-' || *text == '+');

	d.digits = p;
	for (; is_digit(*p); p++)
		d.whole++;
	if (*p == '.')
		for (p++; is_digit(*p); p++)
			d.fraction++;
	if (!d.whole && !d.fraction)
		return false;
	if (*p == 'e' || *p == 'E') {
		char *end;
		d.exponent = strtol(p + 1, &end, 10);
		if (end == p + 1 || d.exponent > 1000 || d.exponent < -1000)
			return false;
		p = end;
	}
	*ret = d;
	return !*p && d.whole + d.fraction <= 16000;
}

/* The digit that counts 10^place; 0 where there is none. */
static unsigned digit_at(const decimal *d, long place)
{
	long at = (long)d->whole - 1 - (place - d->exponent);

	if (at < 0 || at >= (long)(d->whole + d->fraction))
		return 0;
	return (unsigned)(d->digits[at + (at >= (long)d->whole)] - '0');
}

/* As the server itself writes it: groups of four digits from the point on, no zero groups at either
 * end, as many decimals shown as were given. */
static void write_decimal(cni_buffer *out, const decimal *d)
{
	long high = (long)d->whole - 1 + d->exponent, low = -(long)d->fraction + d->exponent;
	long scale = low < 0 ? -low : 0;
	long first = high >= 0 ? high / 4 : -((3 - high) / 4);
	long last = low >= 0 ? low / 4 : -((3 - low) / 4);
	unsigned groups[4300];
	size_t count = 0;

	for (long group = first; group >= last && count < CNI_COUNT(groups); group--) {
		unsigned v = 0;
		for (long place = group * 4 + 3; place >= group * 4; place--)
			v = v * 10 + digit_at(d, place);
		if (v || count)
			groups[count++] = v;
		else
			first = group - 1;
	}
	while (count && !groups[count - 1])
		count--;
	add32(out, (uint32_t)(8 + count * 2));
	add16(out, (unsigned)count);
	add16(out, (uint16_t)(count ? first : 0));
	add16(out, d->negative && count ? NUMERIC_NEGATIVE : 0);
	add16(out, (unsigned)scale);
	for (size_t i = 0; i < count; i++)
		add16(out, groups[i]);
}

bool cni_pg_write_numeric(cni_buffer *out, const char *text)
{
	decimal d;

	if (cni_same(text, "nan"))
		numeric_special(out, NUMERIC_NAN);
	else if (cni_same(text, "infinity") || cni_same(text, "inf"))
		numeric_special(out, NUMERIC_INF);
	else if (cni_same(text, "-infinity") || cni_same(text, "-inf"))
		numeric_special(out, NUMERIC_NEG_INF);
	else if (read_decimal(text, &d))
		write_decimal(out, &d);
	else
		return false;
	return true;
}

static int hex(char c)
{
	if (is_digit(c))
		return c - '0';
	c = cni_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* 32 hexadecimal digits, hyphens and braces anywhere. */
static bool write_uuid(cni_buffer *out, const char *text)
{
	char bytes[16];
	size_t digits = 0;

	for (; *text; text++) {
		if (*text == '-' || *text == '{' || *text == '}')
			continue;
		int v = hex(*text);
		if (v < 0 || digits == 32)
			return false;
		bytes[digits / 2] = (char)(digits % 2 ? bytes[digits / 2] | v : v << 4);
		digits++;
	}
	if (digits != 32)
		return false;
	add32(out, 16);
	cni_buffer_add(out, bytes, sizeof bytes);
	return true;
}

static cn_status not_of_type(const char *text, size_t index, const char *what, cn_error *err)
{
	return cn_fail(err, CN_EARG, "column %zu: \"%.60s\" is no %s", index, text, what);
}

/* A text for a column that is none: as the value that it says. */
static cn_status write_said(
	cni_buffer *out, Oid type, size_t index, const char *text, cn_error *err)
{
	cn_value v = {.type = CN_TYPE_NONE};
	int32_t days;
	int64_t us;
	char *end;

	switch (type) {
	case CNI_PG_UUID:
		return write_uuid(out, text) ? CN_OK : not_of_type(text, index, "uuid", err);
	case CNI_PG_NUMERIC:
		return cni_pg_write_numeric(out, text) ? CN_OK
						       : not_of_type(text, index, "number", err);
	case CNI_PG_DATE:
		if (!cni_date_parse(text, &days))
			return not_of_type(text, index, "date (YYYY-MM-DD)", err);
		v = cn_day((cn_date){days});
		break;
	case CNI_PG_TIMESTAMP:
	case CNI_PG_TIMESTAMPTZ:
		if (!cni_time_parse(text, &us))
			return not_of_type(text, index, "time (YYYY-MM-DD HH:MM:SS)", err);
		v = cn_timestamp((cn_time){us});
		break;
	case CNI_PG_TIME: {
		char whole[64];
		snprintf(whole, sizeof whole, "1970-01-01 %.40s", text);
		if (!cni_time_parse(whole, &us) || us < 0)
			return not_of_type(text, index, "time of day (HH:MM:SS)", err);
		v = cn_time_of_day((cn_clock){us});
		break;
	}
	case CNI_PG_FLOAT4:
	case CNI_PG_FLOAT8:
		v = cn_double(strtod(text, &end));
		if (end == text || *end)
			return not_of_type(text, index, "number", err);
		break;
	case CNI_PG_BOOL:
		v = cn_bool(cni_same(text, "true") || cni_same(text, "t") || cni_same(text, "1"));
		if (!v.as.b && !cni_same(text, "false") && !cni_same(text, "f") &&
			!cni_same(text, "0"))
			return not_of_type(text, index, "boolean", err);
		break;
	default:
		v = cn_int(strtoll(text, &end, 10));
		if (end == text || *end)
			return not_of_type(text, index, "integer", err);
		break;
	}
	return cni_pg_write(out, type, index, &v, err);
}

static bool is_text(Oid type)
{
	return type == CNI_PG_TEXT || type == CNI_PG_VARCHAR || type == CNI_PG_BPCHAR ||
	       type == CNI_PG_JSON || type == CNI_PG_XML || type == CNI_PG_NAME ||
	       type == CNI_PG_BYTEA;
}

static void add_number(cni_buffer *out, uint64_t bits)
{
	char bytes[12];

	cni_pg_put32(bytes, 8);
	cni_pg_put64(bytes + 4, bits);
	cni_buffer_add(out, bytes, sizeof bytes);
}

/* What nearly every value is, without the detours. */
static bool write_usual(cni_buffer *out, Oid type, const cn_value *value)
{
	uint64_t bits;

	if (value->type == CN_TYPE_INT64 && type == CNI_PG_INT8) {
		add_number(out, (uint64_t)value->as.i);
	} else if (value->type == CN_TYPE_DOUBLE && type == CNI_PG_FLOAT8) {
		memcpy(&bits, &value->as.d, sizeof bits);
		add_number(out, bits);
	} else if (value->type == CN_TYPE_TEXT && type == CNI_PG_TEXT && value->as.p &&
		   value->size < INT32_MAX / 2 && !memchr(value->as.p, '\0', value->size)) {
		add32(out, (uint32_t)value->size);
		cni_buffer_add(out, value->as.p, value->size);
	} else {
		return false;
	}
	return true;
}

cn_status cni_pg_write(
	cni_buffer *out, Oid type, size_t index, const cn_value *value, cn_error *err)
{
	pg_param param = {.data = NULL};

	if (write_usual(out, type, value))
		return out->failed ? cn_fail(err, CN_ENOMEM, "out of memory") : CN_OK;
	cn_status status = cni_pg_encode(&param, type, index, value, err);
	if (status == CN_OK && !param.data) {
		add32(out, (uint32_t)-1);
	} else if (status == CN_OK && type == CNI_PG_JSONB) {
		add32(out, (uint32_t)param.size + 1);
		cni_buffer_putc(out, 1);
		cni_buffer_add(out, param.data, (size_t)param.size);
	} else if (status == CN_OK && (param.binary || is_text(type))) {
		add32(out, (uint32_t)param.size);
		cni_buffer_add(out, param.data, (size_t)param.size);
	} else if (status == CN_OK) {
		status = write_said(out, type, index, param.data, err);
	}
	free(param.copy);
	if (status == CN_OK && out->failed)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	return status;
}
