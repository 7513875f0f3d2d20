/*
 * types.h - the values that travel between C and a database.
 *
 * Nullable scalars are {set, value}: {0} is SQL NULL, so a zeroed struct reads as all NULL.
 * A cn_value is one boxed value: what is bound to a statement, what a column yields.
 *
 * Source: src/base/value.c, src/base/exact.c
 */
#ifndef CANTIL_TYPES_H
#define CANTIL_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cantil/error.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum cn_type {
	CN_TYPE_NONE = 0, /* not given: inferred from the C member */
	CN_TYPE_BOOL,
	CN_TYPE_INT32,
	CN_TYPE_INT64,
	CN_TYPE_DOUBLE,
	CN_TYPE_TEXT,       /* char *, NUL-terminated UTF-8; NULL is SQL NULL */
	CN_TYPE_TEXT_ARRAY, /* char[N] held in the struct itself */
	CN_TYPE_BLOB,
	CN_TYPE_TIME, /* date and time, microseconds since 1970, UTC */
	CN_TYPE_DATE, /* days since 1970-01-01 */
	CN_TYPE_NULL,
	CN_TYPE_CLOCK, /* time of day, microseconds since midnight */
	/* of columns only; their values travel as TEXT: */
	CN_TYPE_DECIMAL,
	CN_TYPE_UUID,
	CN_TYPE_JSON,
} cn_type;

typedef struct {
	const void *data;
	size_t size;
} cn_blob; /* data == NULL: SQL NULL; size in bytes */
typedef struct {
	int64_t us;
} cn_time;
typedef struct {
	int32_t days;
} cn_date;
typedef struct {
	int64_t us; /* 0 … 86399999999 */
} cn_clock;
typedef struct {
	char text[40]; /* "-12.50"; "": SQL NULL. At most 30 digits; see cn_decimal_parse */
} cn_decimal;
typedef struct {
	char text[37]; /* "0192f0c1-…", lower case; "": SQL NULL */
} cn_uuid;
typedef struct {
	const char *text; /* a JSON text; NULL: SQL NULL */
} cn_document;
typedef struct {
	bool set;
	bool value;
} cn_null_bool;
typedef struct {
	bool set;
	int32_t value;
} cn_null_int32;
typedef struct {
	bool set;
	int64_t value;
} cn_null_int64;
typedef struct {
	bool set;
	double value;
} cn_null_double;
typedef struct {
	bool set;
	cn_time value;
} cn_null_time;
typedef struct {
	bool set;
	cn_date value;
} cn_null_date;

typedef struct {
	bool set;
	cn_clock value;
} cn_null_clock;

/* `.price = cn_some(3.5)`: a nullable that is set. */
#define cn_some(...)              \
	{                         \
		true, __VA_ARGS__ \
	}

typedef struct cn_value {
	cn_type type; /* BOOL, INT64, DOUBLE, TEXT, BLOB, TIME, DATE, NULL; NONE: could not be boxed
		       */
	size_t size;  /* bytes of TEXT and BLOB */
	union {
		bool b;
		int64_t i; /* INT64, TIME (us), DATE (days), CLOCK (us) */
		double d;
		const void *p;
	} as;
} cn_value;

CN_API cn_value cn_bool(bool v);
CN_API cn_value cn_int(int64_t v);
CN_API cn_value cn_uint(
	uint64_t v); /* > INT64_MAX boxes as CN_TYPE_NONE, which the query reports */
CN_API cn_value cn_double(double v);
CN_API cn_value cn_text(const char *v); /* borrowed; NULL is SQL NULL */
CN_API cn_value cn_bytes(cn_blob v);
CN_API cn_value cn_timestamp(cn_time v);
CN_API cn_value cn_day(cn_date v);
CN_API cn_value cn_null(const void *ignored);
CN_API cn_value cn_nbool(cn_null_bool v);
CN_API cn_value cn_nint32(cn_null_int32 v);
CN_API cn_value cn_nint64(cn_null_int64 v);
CN_API cn_value cn_ndouble(cn_null_double v);
CN_API cn_value cn_ntime(cn_null_time v);
CN_API cn_value cn_ndate(cn_null_date v);
CN_API cn_value cn_time_of_day(cn_clock v);
CN_API cn_value cn_nclock(cn_null_clock v);
/* Decimals, uuids and documents are given as their text: `cn_where("price = ?", price.text)`. */

/* ---- exact decimals ---- */

/* Reads "[-]digits[.digits]", at most 30 digits, into its usual form: no plus, no zero in front,
 * the digits behind the point as they are. False (and *ret as it was) if it is none. */
CN_API bool cn_decimal_parse(const char *text, cn_decimal *ret) CN_MUST_CHECK;
/* units / 10^scale: cn_decimal_of(1250, 2) is 12.50. scale: 0 to 18. */
CN_API cn_decimal cn_decimal_of(int64_t units, unsigned scale);
/* The number times 10^scale, if it is a whole number that fits; false if not. NULL is 0. */
CN_API bool cn_decimal_units(const cn_decimal *value, unsigned scale, int64_t *ret) CN_MUST_CHECK;

/* ---- uuids ---- */

/* Reads 32 hexadecimal digits with or without hyphens (and braces). False if it is none. */
CN_API bool cn_uuid_parse(const char *text, cn_uuid *ret) CN_MUST_CHECK;
/* A new one, random (version 4). CN_EIO: the system has no random numbers. */
CN_API cn_status cn_uuid_new(cn_uuid *ret, cn_error *err) CN_MUST_CHECK;

#ifdef __cplusplus
}
#endif
#endif
