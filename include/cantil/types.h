/*
 * types.h - the values that travel between C and a database.
 *
 * Nullable scalars are {set, value}: {0} is SQL NULL, so a zeroed struct reads as all NULL.
 * A cn_value is one boxed value: what is bound to a statement, what a column yields.
 *
 * Source: src/base/value.c
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
		int64_t i; /* INT64, TIME (us), DATE (days) */
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

#ifdef __cplusplus
}
#endif
#endif
