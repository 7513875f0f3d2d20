/*
 * tuple.c - SQLite's values straight into structs (driver/tuple.h).
 *
 * The same loop twice: over the arguments of cantil_row, and over the columns of a statement. A
 * text is asked for before its size: converting it from UTF-16 changes that.
 */
#include <string.h>

#include "base/try.h"
#include "driver/sqlite/sqlite.h"
#include "driver/tuple.h"

static cn_status no_memory(cn_error *err) { return cn_fail(err, CN_ENOMEM, "out of memory"); }

/* 1: done; 0: not the usual value; CN_ENOMEM. */
static inline int put_text(sqlite3_value *value, int type, char **member, cni_texts *texts)
{
	if (type == SQLITE_NULL) {
		*member = NULL;
		return 1;
	}
	if (type != SQLITE_TEXT)
		return 0;
	union { /* what is borrowed is only read */
		const unsigned char *given;
		char *text;
	} u = {.given = sqlite3_value_text(value)};
	size_t size = (size_t)sqlite3_value_bytes(value);
	if (!u.given)
		return CN_ENOMEM;
	if (memchr(u.given, 0, size))
		return 0;
	*member = texts->borrow ? u.text : cni_texts_copy(texts, u.text, size);
	return *member ? 1 : CN_ENOMEM;
}

static inline int put_int32(sqlite3_value *value, int type, int32_t *member)
{
	sqlite3_int64 v = type == SQLITE_INTEGER ? sqlite3_value_int64(value) : INT64_MAX;

	if (v < INT32_MIN || v > INT32_MAX)
		return 0;
	*member = (int32_t)v;
	return 1;
}

static inline int put_bool(sqlite3_value *value, int type, bool *member)
{
	sqlite3_int64 v = type == SQLITE_INTEGER ? sqlite3_value_int64(value) : -1;

	if (v != 0 && v != 1)
		return 0;
	*member = v;
	return 1;
}

static inline int put_null_int64(sqlite3_value *value, int type, cn_null_int64 *member)
{
	if (type != SQLITE_INTEGER && type != SQLITE_NULL)
		return 0;
	*member = type == SQLITE_NULL ? (cn_null_int64){0}
				      : (cn_null_int64){true, sqlite3_value_int64(value)};
	return 1;
}

static inline int put_null_double(sqlite3_value *value, int type, cn_null_double *member)
{
	if (type != SQLITE_FLOAT && type != SQLITE_NULL)
		return 0;
	*member = type == SQLITE_NULL ? (cn_null_double){0}
				      : (cn_null_double){true, sqlite3_value_double(value)};
	return 1;
}

static inline int put(sqlite3_value *value, uint32_t kind, void *member, cni_texts *texts)
{
	int type = sqlite3_value_type(value);

	switch (kind) {
	case CNI_SLOT_INT64:
		if (type != SQLITE_INTEGER)
			return 0;
		*(int64_t *)member = sqlite3_value_int64(value);
		return 1;
	case CNI_SLOT_TEXT: return put_text(value, type, member, texts);
	case CNI_SLOT_DOUBLE:
		if (type != SQLITE_FLOAT)
			return 0;
		*(double *)member = sqlite3_value_double(value);
		return 1;
	case CNI_SLOT_INT32: return put_int32(value, type, member);
	case CNI_SLOT_BOOL: return put_bool(value, type, member);
	case CNI_SLOT_NULL_INT64: return put_null_int64(value, type, member);
	case CNI_SLOT_NULL_DOUBLE: return put_null_double(value, type, member);
	default: return 0;
	}
}

static cn_status put_other(sqlite3_value *value, const cni_shape *shape, size_t index, void *into,
	cni_texts *texts, cn_error *err)
{
	cn_value boxed = cni_sqlite_value(value);

	if (boxed.type == CN_TYPE_NONE)
		return no_memory(err);
	return shape->other(shape, index, into, &boxed, texts, err);
}

static inline cn_status put_slot(sqlite3_value *value, const cni_shape *shape, size_t index,
	void *into, cni_texts *texts, cn_error *err)
{
	const cni_slot *slot = &shape->slots[index];
	int done = put(value, slot->kind, (char *)into + slot->offset, texts);

	if (done > 0)
		return CN_OK;
	return done ? no_memory(err) : put_other(value, shape, index, into, texts, err);
}

static bool integer_of(sqlite3_value *value, int64_t *ret)
{
	if (sqlite3_value_type(value) != SQLITE_INTEGER)
		return false;
	*ret = sqlite3_value_int64(value);
	return true;
}

/* ---- arguments of cantil_row ---- */

static cn_value argument_value(const cni_tuple *row, size_t index)
{
	sqlite3_value **values = row->native;

	return cni_sqlite_value(values[index]);
}

static bool argument_integer(const cni_tuple *row, size_t index, int64_t *ret)
{
	sqlite3_value **values = row->native;

	return integer_of(values[index], ret);
}

static cn_status argument_fill(const cni_tuple *row, size_t first, const cni_shape *shape,
	void *into, cni_texts *texts, cn_error *err)
{
	sqlite3_value **values = (sqlite3_value **)row->native + first;

	for (size_t i = 0; i < shape->count; i++)
		TRY(put_slot(values[i], shape, i, into, texts, err));
	return CN_OK;
}

cni_tuple cni_sqlite_arguments(sqlite3_value **values, size_t count)
{
	static const cni_tuple_ops ops = {argument_value, argument_integer, argument_fill};

	return (cni_tuple){&ops, values, count};
}

/* ---- columns of a statement ---- */

static cn_value column_value(const cni_tuple *row, size_t index)
{
	return cni_sqlite_value(sqlite3_column_value(row->native, (int)index));
}

static bool column_integer(const cni_tuple *row, size_t index, int64_t *ret)
{
	return integer_of(sqlite3_column_value(row->native, (int)index), ret);
}

static cn_status column_fill(const cni_tuple *row, size_t first, const cni_shape *shape, void *into,
	cni_texts *texts, cn_error *err)
{
	sqlite3_stmt *handle = row->native;

	for (size_t i = 0; i < shape->count; i++)
		TRY(put_slot(sqlite3_column_value(handle, (int)(first + i)), shape, i, into, texts,
			err));
	return CN_OK;
}

cni_tuple cni_sqlite_here(cni_stmt *stmt)
{
	static const cni_tuple_ops ops = {column_value, column_integer, column_fill};
	sqlite3_stmt *handle = cni_sqlite_stmt_of(stmt)->handle;

	return (cni_tuple){&ops, handle, (size_t)sqlite3_column_count(handle)};
}
