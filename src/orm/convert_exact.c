/* convert_exact.c - times of day, decimals, uuids, documents, and integers that have names. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/exact.h"
#include "base/text.h"
#include "base/try.h"
#include "orm/convert.h"

#define DAY_US INT64_C(86400000000)
enum { NUMBER_DIGITS = 15 }; /* what a double holds, and SQLite with it, of any decimal */

/* ---- time of day ---- */

static bool clock_of(const cn_value *value, int64_t *ret)
{
	char text[CNI_TIME_TEXT] = "1970-01-01 ";
	size_t ahead = strlen(text);

	if (value->type == CN_TYPE_CLOCK) {
		*ret = value->as.i;
	} else if (value->type == CN_TYPE_TEXT && value->size < sizeof text - ahead &&
		   !memchr(value->as.p, 0, value->size)) {
		memcpy(text + ahead, value->as.p, value->size);
		if (!cni_time_parse(text, ret))
			return false;
	} else {
		return false;
	}
	return *ret >= 0 && *ret < DAY_US;
}

cn_status cni_clock_set(const cn_column *column, void *member, const cn_value *value, cn_error *err)
{
	int64_t us;

	if (!clock_of(value, &us))
		return cni_misfit(column, value, "a time of day (HH:MM:SS)", err);
	if (column->storage == CN_STORE_CLOCK)
		*(cn_clock *)member = (cn_clock){us};
	else
		*(cn_null_clock *)member = (cn_null_clock){true, {us}};
	return CN_OK;
}

/* ---- decimals ---- */

static size_t most_digits(const cn_column *column)
{
	return column->precision ? column->precision : NUMBER_DIGITS;
}

static bool decimal_of(const cn_value *value, cn_decimal *ret)
{
	char text[400];

	switch (value->type) {
	case CN_TYPE_TEXT: return cni_decimal_read(value->as.p, value->size, ret);
	case CN_TYPE_INT64: *ret = cn_decimal_of(value->as.i, 0); return true;
	case CN_TYPE_DOUBLE: /* of 15 digits: that is what was put in */
		snprintf(text, sizeof text, "%.15g", value->as.d);
		if (strchr(text, 'e')) {
			if (!(value->as.d > -1e30 && value->as.d < 1e30))
				return false;
			snprintf(text, sizeof text, "%.29f", value->as.d);
			text[31] = '\0';
		}
		return cni_decimal_read(text, strlen(text), ret);
	default: return false;
	}
}

cn_status cni_decimal_set(
	const cn_column *column, void *member, const cn_value *value, cn_error *err)
{
	cn_decimal decimal;

	if (!decimal_of(value, &decimal))
		return cni_misfit(column, value, "a decimal", err);
	if (column->precision && !cni_decimal_rescale(&decimal, column->scale))
		return cni_misfit(column, value, "its .precision and .scale", err);
	*(cn_decimal *)member = decimal;
	return CN_OK;
}

static cn_status check_decimal(const cn_column *column, const cn_value *value, cn_error *err)
{
	cn_decimal decimal;

	if (!cni_decimal_read(value->as.p, value->size, &decimal))
		return cni_misfit(column, value, "a decimal (digits, a point, digits)", err);
	if (column->precision && !cni_decimal_rescale(&decimal, column->scale))
		return cni_misfit(column, value, "its .scale", err);
	if (cni_decimal_digits(&decimal) > most_digits(column)) {
		cn_error_set(err, CN_EARG,
			"member \"%s\": a decimal of %zu digits, %zu are possible", column->member,
			cni_decimal_digits(&decimal), most_digits(column));
		cn_error_hint(err, "declare more with .precision: above %d they are kept as text",
			NUMBER_DIGITS);
		return CN_EARG;
	}
	return CN_OK;
}

/* ---- uuids ---- */

cn_status cni_uuid_set(const cn_column *column, void *member, const cn_value *value, cn_error *err)
{
	char hex[33];
	const unsigned char *bytes = value->as.p;
	cn_uuid uuid;
	bool fine = false;

	if (value->type == CN_TYPE_TEXT) {
		fine = cni_uuid_read(value->as.p, value->size, &uuid);
	} else if (value->type == CN_TYPE_BLOB && value->size == 16) { /* as others store it */
		for (size_t i = 0; i < 16; i++)
			snprintf(hex + 2 * i, 3, "%02x", bytes[i]);
		fine = cni_uuid_read(hex, 32, &uuid);
	}
	if (!fine)
		return cni_misfit(column, value, "a uuid", err);
	*(cn_uuid *)member = uuid;
	return CN_OK;
}

cn_status cn_uuid_fill(void *member, cn_error *err) { return cn_uuid_new(member, err); }

static cn_status check_uuid(const cn_column *column, const cn_value *value, cn_error *err)
{
	cn_uuid uuid;

	if (!cni_uuid_read(value->as.p, value->size, &uuid) ||
		memcmp(uuid.text, value->as.p, value->size) != 0)
		return cni_misfit(column, value, "a uuid (36 characters, lower case)", err);
	return CN_OK;
}

cn_status cni_exact_check(const cn_column *column, const cn_value *value, cn_error *err)
{
	switch (column->storage) {
	case CN_STORE_DECIMAL: return check_decimal(column, value, err);
	case CN_STORE_UUID: return check_uuid(column, value, err);
	case CN_STORE_DOCUMENT:
		if (!cni_json_valid(value->as.p, value->size))
			return cni_misfit(column, value, "JSON", err);
		return CN_OK;
	default: return CN_OK;
	}
}

/* ---- integers that have names ---- */

size_t cni_enum_count(const cn_column *column)
{
	size_t count = 0;

	while (column->enum_names[count])
		count++;
	return count;
}

int64_t cni_enum_index(const cn_column *column, const void *member)
{
	cn_column plain = *column;

	plain.enum_names = NULL;
	plain.offset = 0;
	cn_value value = cn_column_get(&plain, member);
	return value.type == CN_TYPE_INT64 ? value.as.i : -1;
}

cn_value cni_enum_get(const cn_column *column, const void *member)
{
	bool null =
		(column->storage == CN_STORE_NULL_I32 && !((const cn_null_int32 *)member)->set) ||
		(column->storage == CN_STORE_NULL_I64 && !((const cn_null_int64 *)member)->set);
	int64_t index = cni_enum_index(column, member);

	if (null)
		return cn_null(NULL);
	if (index < 0 || (uint64_t)index >= cni_enum_count(column))
		return (cn_value){.type = CN_TYPE_NONE};
	return cn_text(column->enum_names[index]);
}

cn_status cni_enum_set(const cn_column *column, void *member, const cn_value *value, cn_error *err)
{
	size_t count = cni_enum_count(column);
	cn_value index = *value;

	if (value->type == CN_TYPE_TEXT) {
		index = cn_int(-1);
		for (size_t i = 0; i < count; i++) {
			const char *name = column->enum_names[i];
			if (strlen(name) == value->size && !memcmp(name, value->as.p, value->size))
				index.as.i = (int64_t)i;
		}
	}
	if (index.type == CN_TYPE_INT64 && index.as.i >= 0 && (uint64_t)index.as.i < count)
		return cni_integer_set(column, member, &index, err);
	cni_misfit(column, value, "its .enum_names", err);
	const char *near = value->type == CN_TYPE_TEXT && value->size < 100 &&
					   !memchr(value->as.p, 0, value->size)
				   ? cni_nearest(value->as.p, column->enum_names)
				   : NULL;
	if (near)
		cn_error_hint(err, "did you mean \"%s\"?", near);
	return CN_EARG;
}
