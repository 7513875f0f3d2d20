/* value.c - boxing C values for binding (cantil/types.h). */
#include <cantil/types.h>

#include <string.h>

cn_value cn_bool(bool v) { return (cn_value){.type = CN_TYPE_BOOL, .as.b = v}; }

cn_value cn_int(int64_t v) { return (cn_value){.type = CN_TYPE_INT64, .as.i = v}; }

cn_value cn_uint(uint64_t v)
{
	/* the size tells it from a cn_value that nobody has set */
	return v > INT64_MAX ? (cn_value){.type = CN_TYPE_NONE, .size = sizeof v}
			     : cn_int((int64_t)v);
}

cn_value cn_double(double v) { return (cn_value){.type = CN_TYPE_DOUBLE, .as.d = v}; }

cn_value cn_null(const void *ignored)
{
	(void)ignored;
	return (cn_value){.type = CN_TYPE_NULL};
}

cn_value cn_text(const char *v)
{
	return v ? (cn_value){.type = CN_TYPE_TEXT, .size = strlen(v), .as.p = v} : cn_null(NULL);
}

cn_value cn_bytes(cn_blob v)
{
	return v.data ? (cn_value){.type = CN_TYPE_BLOB, .size = v.size, .as.p = v.data}
		      : cn_null(NULL);
}

cn_value cn_timestamp(cn_time v) { return (cn_value){.type = CN_TYPE_TIME, .as.i = v.us}; }

cn_value cn_day(cn_date v) { return (cn_value){.type = CN_TYPE_DATE, .as.i = v.days}; }

cn_value cn_time_of_day(cn_clock v) { return (cn_value){.type = CN_TYPE_CLOCK, .as.i = v.us}; }

cn_value cn_nclock(cn_null_clock v) { return v.set ? cn_time_of_day(v.value) : cn_null(NULL); }

cn_value cn_nbool(cn_null_bool v) { return v.set ? cn_bool(v.value) : cn_null(NULL); }

cn_value cn_nint32(cn_null_int32 v) { return v.set ? cn_int(v.value) : cn_null(NULL); }

cn_value cn_nint64(cn_null_int64 v) { return v.set ? cn_int(v.value) : cn_null(NULL); }

cn_value cn_ndouble(cn_null_double v) { return v.set ? cn_double(v.value) : cn_null(NULL); }

cn_value cn_ntime(cn_null_time v) { return v.set ? cn_timestamp(v.value) : cn_null(NULL); }

cn_value cn_ndate(cn_null_date v) { return v.set ? cn_day(v.value) : cn_null(NULL); }
