/* convert.c - see convert.h. */
#include "orm/convert.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "base/try.h"

bool cni_storage_nullable(cn_storage storage)
{
	return storage == CN_STORE_TEXT || storage == CN_STORE_CHARS || storage == CN_STORE_BLOB ||
	       storage >= CN_STORE_NULL_BOOL;
}

bool cni_storage_text(cn_storage storage)
{
	return storage == CN_STORE_TEXT || storage == CN_STORE_CHARS || storage == CN_STORE_ARRAY;
}

bool cni_storage_integer(cn_storage storage)
{
	return (storage >= CN_STORE_I8 && storage <= CN_STORE_U64) ||
	       storage == CN_STORE_NULL_I32 || storage == CN_STORE_NULL_I64;
}

bool cni_storage_pointer(cn_storage storage)
{
	return storage == CN_STORE_TEXT || storage == CN_STORE_CHARS || storage == CN_STORE_BLOB ||
	       storage == CN_STORE_DOCUMENT || storage == CN_STORE_VALUE;
}

/* ---- value to member ---- */

static const char *value_word(const cn_value *value, char *out, size_t size)
{
	switch (value->type) {
	case CN_TYPE_BOOL:
		snprintf(out, size, "the boolean %s", value->as.b ? "true" : "false");
		break;
	case CN_TYPE_INT32:
	case CN_TYPE_INT64: snprintf(out, size, "the integer %" PRId64, value->as.i); break;
	case CN_TYPE_DOUBLE: snprintf(out, size, "the number %.17g", value->as.d); break;
	case CN_TYPE_TEXT:
	case CN_TYPE_TEXT_ARRAY: {
		size_t cut = cni_utf8_cut(value->as.p, value->size < 60 ? value->size : 60);
		snprintf(out, size, "the text \"%.*s\"%s", (int)cut, (const char *)value->as.p,
			cut < value->size ? " …" : "");
		break;
	}
	case CN_TYPE_BLOB: snprintf(out, size, "a blob of %zu bytes", value->size); break;
	case CN_TYPE_TIME:
	case CN_TYPE_DATE:
	case CN_TYPE_CLOCK: snprintf(out, size, "a time"); break;
	case CN_TYPE_DECIMAL: /* columns' types: their values are texts */
	case CN_TYPE_UUID:
	case CN_TYPE_JSON:
	case CN_TYPE_NULL: snprintf(out, size, "NULL"); break;
	case CN_TYPE_NONE: snprintf(out, size, "an unsigned integer beyond 2^63-1"); break;
	}
	return out;
}

cn_status cni_misfit(
	const cn_column *column, const cn_value *value, const char *what, cn_error *err)
{
	char word[160];

	cn_error_set(err, CN_EARG, "member \"%s\": %s does not fit %s", column->member,
		value_word(value, word, sizeof word), what);
	if (value->type == CN_TYPE_NULL)
		cn_error_hint(
			err, "declare the member with a cn_null_ type, or the column NOT NULL");
	return CN_EARG;
}

typedef struct cni_range {
	int64_t min, max;
	const char *word;
} cni_range;

static cni_range range_of(cn_storage storage)
{
	switch (storage) {
	case CN_STORE_I8: return (cni_range){INT8_MIN, INT8_MAX, "an 8-bit integer"};
	case CN_STORE_U8: return (cni_range){0, UINT8_MAX, "an unsigned 8-bit integer"};
	case CN_STORE_I16: return (cni_range){INT16_MIN, INT16_MAX, "a 16-bit integer"};
	case CN_STORE_U16: return (cni_range){0, UINT16_MAX, "an unsigned 16-bit integer"};
	case CN_STORE_I32:
	case CN_STORE_NULL_I32: return (cni_range){INT32_MIN, INT32_MAX, "a 32-bit integer"};
	case CN_STORE_U32: return (cni_range){0, UINT32_MAX, "an unsigned 32-bit integer"};
	case CN_STORE_U64: return (cni_range){0, INT64_MAX, "an unsigned 64-bit integer"};
	default: return (cni_range){INT64_MIN, INT64_MAX, "an integer"};
	}
}

static bool whole_number(const cn_value *value, int64_t *ret)
{
	if (value->type == CN_TYPE_INT64 || value->type == CN_TYPE_INT32)
		*ret = value->as.i;
	else if (value->type == CN_TYPE_BOOL)
		*ret = value->as.b;
	else if (value->type == CN_TYPE_DOUBLE && value->as.d >= -9007199254740992.0 &&
		 value->as.d <= 9007199254740992.0 && value->as.d == (double)(int64_t)value->as.d)
		*ret = (int64_t)value->as.d;
	else
		return false;
	return true;
}

cn_status cni_integer_set(
	const cn_column *column, void *member, const cn_value *value, cn_error *err)
{
	cni_range range = range_of(column->storage);
	int64_t v;

	if (!whole_number(value, &v) || v < range.min || v > range.max)
		return cni_misfit(column, value, range.word, err);
	switch (column->storage) {
	case CN_STORE_I8: *(int8_t *)member = (int8_t)v; break;
	case CN_STORE_U8: *(uint8_t *)member = (uint8_t)v; break;
	case CN_STORE_I16: *(int16_t *)member = (int16_t)v; break;
	case CN_STORE_U16: *(uint16_t *)member = (uint16_t)v; break;
	case CN_STORE_I32: *(int32_t *)member = (int32_t)v; break;
	case CN_STORE_U32: *(uint32_t *)member = (uint32_t)v; break;
	case CN_STORE_U64: *(uint64_t *)member = (uint64_t)v; break;
	case CN_STORE_NULL_I32: *(cn_null_int32 *)member = (cn_null_int32){true, (int32_t)v}; break;
	case CN_STORE_NULL_I64: *(cn_null_int64 *)member = (cn_null_int64){true, v}; break;
	default: *(int64_t *)member = v; break;
	}
	return CN_OK;
}

static cn_status set_bool(
	const cn_column *column, void *member, const cn_value *value, cn_error *err)
{
	int64_t v;

	if (!whole_number(value, &v) || (v != 0 && v != 1))
		return cni_misfit(column, value, "a boolean (0 or 1)", err);
	if (column->storage == CN_STORE_BOOL)
		*(bool *)member = v;
	else
		*(cn_null_bool *)member = (cn_null_bool){true, v};
	return CN_OK;
}

static cn_status set_double(
	const cn_column *column, void *member, const cn_value *value, cn_error *err)
{
	double v;

	if (value->type == CN_TYPE_DOUBLE)
		v = value->as.d;
	else if ((value->type == CN_TYPE_INT64 || value->type == CN_TYPE_INT32) &&
		 value->as.i >= -(INT64_C(1) << 53) && value->as.i <= INT64_C(1) << 53)
		v = (double)value->as.i;
	else
		return cni_misfit(column, value, "a double without loss", err);
	if (column->storage == CN_STORE_FLOAT) {
		if (isfinite(v) && !isfinite((float)v))
			return cni_misfit(column, value, "a float", err);
		*(float *)member = (float)v;
	} else if (column->storage == CN_STORE_DOUBLE) {
		*(double *)member = v;
	} else {
		*(cn_null_double *)member = (cn_null_double){true, v};
	}
	return CN_OK;
}

static cn_status set_array(
	const cn_column *column, void *member, const char *text, size_t size, cn_error *err)
{
	if (size >= column->size) {
		cn_error_set(err, CN_EARG,
			"member \"%s\": a text of %zu bytes does not fit char[%zu]", column->member,
			size, column->size);
		cn_error_hint(err, "give the array more room, or use const char *");
		return CN_EARG;
	}
	memcpy(member, text, size);
	memset((char *)member + size, 0,
		column->size - size); /* rows are compared bytewise first */
	return CN_OK;
}

static cn_status set_text(const cn_column *column, void *member, const cn_value *value,
	cni_texts *texts, cn_error *err)
{
	char number[40];
	const char *text = value->as.p;
	size_t size = value->size;

	if (value->type == CN_TYPE_INT64 ||
		value->type == CN_TYPE_DOUBLE) { /* SQLite's columns hold anything */
		size = (size_t)(value->type == CN_TYPE_INT64
					? snprintf(number, sizeof number, "%" PRId64, value->as.i)
					: snprintf(number, sizeof number, "%.17g", value->as.d));
		text = number;
		if (!texts && column->storage != CN_STORE_ARRAY)
			return cni_misfit(column, value, "a text", err);
	} else if (value->type != CN_TYPE_TEXT) {
		return cni_misfit(column, value, "a text", err);
	}
	if (memchr(text, 0, size))
		return cn_fail(err, CN_EARG,
			"member \"%s\": a text with a NUL inside does not fit a C string",
			column->member);
	if (column->storage == CN_STORE_ARRAY)
		return set_array(column, member, text, size, err);
	/* what the program may write into is never another's */
	if (texts && (!texts->borrow || column->storage == CN_STORE_CHARS)) {
		text = cni_texts_copy(texts, text, size);
		if (!text)
			return cn_fail(err, CN_ENOMEM, "out of memory");
	}
	*(const char **)member = text;
	return CN_OK;
}

static cn_status set_blob(const cn_column *column, void *member, const cn_value *value,
	cni_texts *texts, cn_error *err)
{
	if (value->type != CN_TYPE_BLOB && value->type != CN_TYPE_TEXT)
		return cni_misfit(column, value, "a blob", err);
	const void *data = value->size ? value->as.p : ""; /* an empty blob is not NULL */
	if (texts && !texts->borrow) {
		data = cni_texts_copy(texts, data, value->size);
		if (!data)
			return cn_fail(err, CN_ENOMEM, "out of memory");
	}
	*(cn_blob *)member = (cn_blob){data, value->size};
	return CN_OK;
}

static cn_status set_any(const cn_column *column, void *member, const cn_value *value,
	cni_texts *texts, cn_error *err)
{
	cn_value kept = *value;

	if (value->type == CN_TYPE_NONE)
		return cni_misfit(column, value, "a database integer", err);
	if (value->type == CN_TYPE_TEXT || value->type == CN_TYPE_BLOB) {
		kept.as.p = value->size ? value->as.p : "";
		if (texts)
			kept.as.p = cni_texts_copy(texts, kept.as.p, value->size);
		if (!kept.as.p)
			return cn_fail(err, CN_ENOMEM, "out of memory");
	}
	memcpy(member, &kept, sizeof kept);
	return CN_OK;
}

/* The parsers want a NUL; a time is short. */
static bool short_text(const cn_value *value, char out[CNI_TIME_TEXT])
{
	if (value->type != CN_TYPE_TEXT || value->size >= CNI_TIME_TEXT)
		return false;
	memcpy(out, value->as.p, value->size);
	out[value->size] = '\0';
	return strlen(out) == value->size;
}

static bool time_of(const cn_value *value, int64_t *ret_us)
{
	char text[CNI_TIME_TEXT];

	switch (value->type) {
	case CN_TYPE_TIME: *ret_us = value->as.i; return true;
	case CN_TYPE_DATE:
		return !__builtin_mul_overflow(value->as.i, INT64_C(86400000000), ret_us);
	case CN_TYPE_INT64: return !__builtin_mul_overflow(value->as.i, INT64_C(1000000), ret_us);
	case CN_TYPE_DOUBLE:
		if (!(value->as.d > -9.2e12 && value->as.d < 9.2e12))
			return false;
		*ret_us = (int64_t)(value->as.d * 1e6 +
				    (value->as.d < 0 ? -0.5 : 0.5)); /* without libm */
		return true;
	default: return short_text(value, text) && cni_time_parse(text, ret_us);
	}
}

static cn_status set_time(
	const cn_column *column, void *member, const cn_value *value, cn_error *err)
{
	int64_t us;

	if (!time_of(value, &us))
		return cni_misfit(
			column, value, "a time (YYYY-MM-DD HH:MM:SS, or seconds since 1970)", err);
	if (column->storage == CN_STORE_TIME)
		*(cn_time *)member = (cn_time){us};
	else
		*(cn_null_time *)member = (cn_null_time){true, {us}};
	return CN_OK;
}

static cn_status set_date(
	const cn_column *column, void *member, const cn_value *value, cn_error *err)
{
	char text[CNI_TIME_TEXT];
	int32_t days = 0;

	if (value->type == CN_TYPE_DATE)
		days = (int32_t)value->as.i;
	else if (!short_text(value, text) || !cni_date_parse(text, &days))
		return cni_misfit(column, value, "a date (YYYY-MM-DD)", err);
	if (column->storage == CN_STORE_DATE)
		*(cn_date *)member = (cn_date){days};
	else
		*(cn_null_date *)member = (cn_null_date){true, {days}};
	return CN_OK;
}

static cn_status set_null(
	const cn_column *column, void *member, const cn_value *value, cn_error *err)
{
	if (!cni_storage_nullable(column->storage))
		return cni_misfit(column, value, "a member that has no NULL", err);
	memset(member, 0, column->size);
	return CN_OK;
}

static cn_status decode_any(const cn_column *column, void *member, const cn_value *value,
	cni_texts *texts, cn_error *err)
{
	if (value->type == CN_TYPE_NULL)
		return set_null(column, member, value, err);
	if (column->enum_names)
		return cni_enum_set(column, member, value, err);
	switch (column->storage) {
	case CN_STORE_BOOL:
	case CN_STORE_NULL_BOOL: return set_bool(column, member, value, err);
	case CN_STORE_FLOAT:
	case CN_STORE_DOUBLE:
	case CN_STORE_NULL_DOUBLE: return set_double(column, member, value, err);
	case CN_STORE_CLOCK:
	case CN_STORE_NULL_CLOCK: return cni_clock_set(column, member, value, err);
	case CN_STORE_DECIMAL: return cni_decimal_set(column, member, value, err);
	case CN_STORE_UUID: return cni_uuid_set(column, member, value, err);
	case CN_STORE_DOCUMENT:
	case CN_STORE_TEXT:
	case CN_STORE_CHARS:
	case CN_STORE_ARRAY: return set_text(column, member, value, texts, err);
	case CN_STORE_BLOB: return set_blob(column, member, value, texts, err);
	case CN_STORE_VALUE: return set_any(column, member, value, texts, err);
	case CN_STORE_TIME:
	case CN_STORE_NULL_TIME: return set_time(column, member, value, err);
	case CN_STORE_DATE:
	case CN_STORE_NULL_DATE: return set_date(column, member, value, err);
	default: return cni_integer_set(column, member, value, err);
	}
}

cn_status cni_decode(
	const cn_column *column, void *row, const cn_value *value, cni_texts *texts, cn_error *err)
{
	void *member = cni_member_at(column, row);

	/* what nearly every value is, without the detours */
	if (value->type == CN_TYPE_INT64 && column->storage == CN_STORE_I64 &&
		!column->enum_names) {
		*(int64_t *)member = value->as.i;
		return CN_OK;
	}
	if (value->type == CN_TYPE_DOUBLE && column->storage == CN_STORE_DOUBLE) {
		*(double *)member = value->as.d;
		return CN_OK;
	}
	return decode_any(column, member, value, texts, err);
}

/* ---- member to value ---- */

static cn_value text_value(const char *text) { return cn_text(text); }

cn_value cn_column_get(const cn_column *column, const void *row)
{
	const void *m = cni_member(column, row);

	if (column->enum_names)
		return cni_enum_get(column, m);
	switch (column->storage) {
	case CN_STORE_BOOL: return cn_bool(*(const bool *)m);
	case CN_STORE_I8: return cn_int(*(const int8_t *)m);
	case CN_STORE_U8: return cn_int(*(const uint8_t *)m);
	case CN_STORE_I16: return cn_int(*(const int16_t *)m);
	case CN_STORE_U16: return cn_int(*(const uint16_t *)m);
	case CN_STORE_I32: return cn_int(*(const int32_t *)m);
	case CN_STORE_U32: return cn_int(*(const uint32_t *)m);
	case CN_STORE_I64: return cn_int(*(const int64_t *)m);
	case CN_STORE_U64: return cn_uint(*(const uint64_t *)m);
	case CN_STORE_FLOAT: return cn_double((double)*(const float *)m);
	case CN_STORE_DOUBLE: return cn_double(*(const double *)m);
	case CN_STORE_TEXT:
	case CN_STORE_CHARS: return text_value(*(const char *const *)m);
	case CN_STORE_ARRAY:
		return (cn_value){
			.type = CN_TYPE_TEXT, .size = strnlen(m, column->size), .as = {.p = m}};
	case CN_STORE_BLOB: return cn_bytes(*(const cn_blob *)m);
	case CN_STORE_TIME: return cn_timestamp(*(const cn_time *)m);
	case CN_STORE_DATE: return cn_day(*(const cn_date *)m);
	case CN_STORE_NULL_BOOL: return cn_nbool(*(const cn_null_bool *)m);
	case CN_STORE_NULL_I32: return cn_nint32(*(const cn_null_int32 *)m);
	case CN_STORE_NULL_I64: return cn_nint64(*(const cn_null_int64 *)m);
	case CN_STORE_NULL_DOUBLE: return cn_ndouble(*(const cn_null_double *)m);
	case CN_STORE_NULL_TIME: return cn_ntime(*(const cn_null_time *)m);
	case CN_STORE_NULL_DATE: return cn_ndate(*(const cn_null_date *)m);
	case CN_STORE_CLOCK: return cn_time_of_day(*(const cn_clock *)m);
	case CN_STORE_NULL_CLOCK: return cn_nclock(*(const cn_null_clock *)m);
	case CN_STORE_DECIMAL:
	case CN_STORE_UUID: return *(const char *)m ? cn_text(m) : cn_null(NULL);
	case CN_STORE_DOCUMENT: return text_value(*(const char *const *)m);
	case CN_STORE_VALUE: {
		cn_value value = *(const cn_value *)m;
		return value.type || value.size ? value : cn_null(NULL);
	}
	case CN_STORE_NONE: break;
	}
	return cn_null(NULL);
}

cn_status cn_column_set(const cn_column *column, void *row, cn_value value, cn_error *err)
{
	return cni_decode(column, row, &value, NULL, err);
}

static size_t characters(const char *text, size_t size)
{
	size_t count = 0;

	for (size_t i = 0; i < size; i++)
		count += ((unsigned char)text[i] & 0xc0) != 0x80;
	return count;
}

static cn_status check_text(const cn_column *column, const cn_value *value, cn_error *err)
{
	if (column->storage == CN_STORE_ARRAY && value->size == column->size)
		return cn_fail(err, CN_EARG,
			"member \"%s\": char[%zu] holds a text without its NUL", column->member,
			column->size);
	if (!cni_utf8_valid(value->as.p, value->size))
		return cn_fail(
			err, CN_EARG, "member \"%s\": the text is not UTF-8", column->member);
	if (column->length && value->size > column->length) {
		size_t count = characters(value->as.p, value->size);
		if (count > column->length)
			return cn_fail(err, CN_EARG,
				"member \"%s\": a text of %zu characters is longer than .length = %u",
				column->member, count, column->length);
	}
	return CN_OK;
}

cn_status cni_encode(const cn_column *column, const void *row, cn_value *ret, cn_error *err)
{
	cn_value value = cn_column_get(column, row);

	if (value.type == CN_TYPE_NONE && column->enum_names)
		return cn_fail(err, CN_EARG, "member \"%s\": no name for the number %lld",
			column->member, (long long)cni_enum_index(column, cni_member(column, row)));
	if (value.type == CN_TYPE_NONE)
		return cni_misfit(column, &value, "a database integer", err);
	if (value.type == CN_TYPE_TEXT && !column->enum_names) {
		TRY(check_text(column, &value, err));
		TRY(cni_exact_check(column, &value, err));
	}
	*ret = value;
	return CN_OK;
}

/* ---- members of two rows ---- */

bool cni_member_is_zero(const cn_column *column, const void *row)
{
	const unsigned char *m = cni_member(column, row);

	switch (column->storage) {
	case CN_STORE_ARRAY: return !*m;
	case CN_STORE_FLOAT: return *(const float *)(const void *)m == 0.0f;
	case CN_STORE_DOUBLE: return *(const double *)(const void *)m == 0.0;
	case CN_STORE_BLOB: return !((const cn_blob *)(const void *)m)->data;
	default: break;
	}
	if (column->enum_names && !cni_storage_nullable(column->storage))
		return cni_enum_index(column, m) == 0;
	cn_value value = cn_column_get(column, row);
	switch (value.type) {
	case CN_TYPE_NULL: return true;
	case CN_TYPE_BOOL: return column->storage == CN_STORE_BOOL && !value.as.b;
	case CN_TYPE_INT64:
	case CN_TYPE_TIME:
	case CN_TYPE_CLOCK:
	case CN_TYPE_DATE: return !cni_storage_nullable(column->storage) && !value.as.i;
	default: return false;
	}
}

bool cni_member_equal(const cn_column *column, const void *a, const void *b)
{
	const void *x = cni_member(column, a), *y = cni_member(column, b);

	if (!memcmp(x, y, column->size))
		return true;
	cn_value v = cn_column_get(column, a), w = cn_column_get(column, b);
	if (v.type != w.type)
		return false;
	switch (v.type) {
	case CN_TYPE_NULL: return true;
	case CN_TYPE_BOOL: return v.as.b == w.as.b;
	case CN_TYPE_DOUBLE: return v.as.d == w.as.d && signbit(v.as.d) == signbit(w.as.d);
	case CN_TYPE_TEXT:
	case CN_TYPE_BLOB: return v.size == w.size && (!v.size || !memcmp(v.as.p, w.as.p, v.size));
	case CN_TYPE_NONE: return false;
	default: return v.as.i == w.as.i;
	}
}

bool cni_member_copy(const cn_column *column, void *to, const void *from, cni_texts *texts)
{
	const void *source = cni_member(column, from);
	void *target = cni_member_at(column, to);

	if (column->storage == CN_STORE_TEXT || column->storage == CN_STORE_CHARS ||
		column->storage == CN_STORE_DOCUMENT) {
		const char *text = *(const char *const *)source;
		char *copy = text ? cni_texts_copy(texts, text, strlen(text)) : NULL;
		if (text && !copy)
			return false;
		*(char **)target = copy;
	} else if (column->storage == CN_STORE_BLOB) {
		cn_blob blob = *(const cn_blob *)source;
		char *copy = blob.data ? cni_texts_copy(texts, blob.data, blob.size) : NULL;
		if (blob.data && !copy)
			return false;
		*(cn_blob *)target = (cn_blob){copy, blob.size};
	} else if (column->storage == CN_STORE_VALUE) {
		cn_value value = *(const cn_value *)source;
		if (value.type == CN_TYPE_TEXT || value.type == CN_TYPE_BLOB)
			value.as.p = cni_texts_copy(texts, value.as.p, value.size);
		if ((value.type == CN_TYPE_TEXT || value.type == CN_TYPE_BLOB) && !value.as.p)
			return false;
		*(cn_value *)target = value;
	} else {
		memmove(target, source, column->size);
	}
	return true;
}
