/* tuple.c - rows as boxed values, for engines and callers that have nothing else (see tuple.h). */
#include "driver/tuple.h"

#include <string.h>

#include "base/try.h"

static bool fits_int(const cn_value *value, int64_t min, int64_t max)
{
	return value->type == CN_TYPE_INT64 && value->as.i >= min && value->as.i <= max;
}

static cn_status put_text(char **member, const cn_value *value, cni_texts *texts, cn_error *err)
{
	union { /* what is borrowed is only read */
		const void *given;
		char *text;
	} u = {.given = value->as.p};

	*member = texts->borrow ? u.text : cni_texts_copy(texts, value->as.p, value->size);
	return *member ? CN_OK : cn_fail(err, CN_ENOMEM, "out of memory");
}

/* False: it is not the usual one. */
static bool is_usual(cni_slot_kind kind, const cn_value *value)
{
	bool null = value->type == CN_TYPE_NULL;

	switch (kind) {
	case CNI_SLOT_INT64: return value->type == CN_TYPE_INT64;
	case CNI_SLOT_INT32: return fits_int(value, INT32_MIN, INT32_MAX);
	case CNI_SLOT_BOOL: return fits_int(value, 0, 1);
	case CNI_SLOT_DOUBLE: return value->type == CN_TYPE_DOUBLE;
	case CNI_SLOT_TEXT:
		return null ||
		       (value->type == CN_TYPE_TEXT && !memchr(value->as.p, 0, value->size));
	case CNI_SLOT_NULL_INT64: return null || value->type == CN_TYPE_INT64;
	case CNI_SLOT_NULL_DOUBLE: return null || value->type == CN_TYPE_DOUBLE;
	case CNI_SLOT_OTHER: break;
	}
	return false;
}

static cn_status put(
	cni_slot_kind kind, void *member, const cn_value *value, cni_texts *texts, cn_error *err)
{
	bool set = value->type != CN_TYPE_NULL;

	switch (kind) {
	case CNI_SLOT_INT64: *(int64_t *)member = value->as.i; break;
	case CNI_SLOT_INT32: *(int32_t *)member = (int32_t)value->as.i; break;
	case CNI_SLOT_BOOL: *(bool *)member = value->as.i; break;
	case CNI_SLOT_DOUBLE: *(double *)member = value->as.d; break;
	case CNI_SLOT_NULL_INT64:
		*(cn_null_int64 *)member = (cn_null_int64){set, set ? value->as.i : 0};
		break;
	case CNI_SLOT_NULL_DOUBLE:
		*(cn_null_double *)member = (cn_null_double){set, set ? value->as.d : 0};
		break;
	default:
		if (set)
			return put_text(member, value, texts, err);
		*(char **)member = NULL;
		break;
	}
	return CN_OK;
}

bool cni_tuple_integer_boxed(const cni_tuple *row, size_t index, int64_t *ret)
{
	cn_value value = cni_tuple_value(row, index);

	if (value.type != CN_TYPE_INT64)
		return false;
	*ret = value.as.i;
	return true;
}

cn_status cni_tuple_fill_slot(const cni_tuple *row, size_t first, const cni_shape *shape, size_t i,
	void *into, cni_texts *texts, cn_error *err)
{
	cni_slot_kind kind = (cni_slot_kind)shape->slots[i].kind;
	cn_value value = cni_tuple_value(row, first + i);

	if (value.type == CN_TYPE_NONE)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	if (!is_usual(kind, &value))
		return shape->other(shape, i, into, &value, texts, err);
	return put(kind, (char *)into + shape->slots[i].offset, &value, texts, err);
}

cn_status cni_tuple_fill_boxed(const cni_tuple *row, size_t first, const cni_shape *shape,
	void *into, cni_texts *texts, cn_error *err)
{
	for (size_t i = 0; i < shape->count; i++)
		TRY(cni_tuple_fill_slot(row, first, shape, i, into, texts, err));
	return CN_OK;
}

/* ---- a row of values ---- */

static cn_value value_of(const cni_tuple *row, size_t index)
{
	const cn_value *values = row->native;

	return values[index];
}

cni_tuple cni_tuple_of(const cn_value *values, size_t count)
{
	static const cni_tuple_ops ops = {value_of, cni_tuple_integer_boxed, cni_tuple_fill_boxed};
	union { /* nothing writes to it */
		const cn_value *values;
		void *native;
	} u = {.values = values};

	return (cni_tuple){&ops, u.native, count};
}

/* ---- the row of a statement ---- */

static cn_value value_here(const cni_tuple *row, size_t index)
{
	return cni_stmt_value(row->native, index);
}

cni_tuple cni_stmt_here(cni_stmt *stmt)
{
	static const cni_tuple_ops ops = {
		value_here, cni_tuple_integer_boxed, cni_tuple_fill_boxed};
	const cni_driver *driver = stmt->conn->driver;

	if (driver->here)
		return driver->here(stmt);
	return (cni_tuple){&ops, stmt, cni_stmt_columns(stmt)};
}

typedef struct taker {
	cni_take_fn fn;
	void *ctx;
} taker;

static int take_values(const cn_value *values, size_t count, void *ctx, cn_error *err)
{
	const taker *t = ctx;
	cni_tuple row = cni_tuple_of(values, count);

	return t->fn(&row, t->ctx, err);
}

cn_status cni_stmt_tuples(cni_stmt *stmt, cni_take_fn fn, void *ctx, cn_error *err)
{
	taker t = {fn, ctx};

	if (stmt->conn->driver->tuples)
		return stmt->conn->driver->tuples(stmt, fn, ctx, err);
	return cni_stmt_each(stmt, take_values, &t, err);
}
