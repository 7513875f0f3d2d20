/* tuple.c - rows straight into structs: what a member usually holds is read from the wire's bytes,
 * the rest goes through boxed values (driver/tuple.h). */
#include "driver/tuple.h"

#include <string.h>

#include "base/try.h"
#include "driver/postgres/postgres.h"
#include "driver/postgres/wire_bytes.h"

static cn_value value(const cni_tuple *row, size_t index)
{
	return cni_pg_column(row->native, index);
}

static bool integer(const cni_tuple *row, size_t index, int64_t *ret)
{
	const pg_stmt *stmt = row->native;

	if (stmt->binary && stmt->result && stmt->column_types[index] == CNI_PG_INT8 &&
		PQgetlength(stmt->result, 0, (int)index) == 8) {
		*ret = (int64_t)cni_pg_get64(PQgetvalue(stmt->result, 0, (int)index));
		return true;
	}
	return cni_tuple_integer_boxed(row, index, ret);
}

static bool is_text(Oid type) { return type == CNI_PG_TEXT || type == CNI_PG_VARCHAR; }

/* False: it is not what the member usually holds, or not told in the usual way. PostgreSQL's texts
 * have no NUL inside. */
static bool put(const pg_stmt *stmt, size_t column, cni_slot_kind kind, char *member,
	cni_texts *texts, bool *ret_failed)
{
	Oid type = stmt->column_types[column];
	int size = PQgetlength(stmt->result, 0, (int)column);
	char *data = PQgetvalue(stmt->result, 0, (int)column);
	bool null = size == 0 && PQgetisnull(stmt->result, 0, (int)column);

	if (kind == CNI_SLOT_INT64 && type == CNI_PG_INT8 && size == 8) {
		*(int64_t *)(void *)member = (int64_t)cni_pg_get64(data);
	} else if (kind == CNI_SLOT_INT32 && type == CNI_PG_INT4 && size == 4) {
		*(int32_t *)(void *)member = (int32_t)cni_pg_get32(data);
	} else if (kind == CNI_SLOT_DOUBLE && type == CNI_PG_FLOAT8 && size == 8) {
		uint64_t bits = cni_pg_get64(data);
		memcpy(member, &bits, sizeof bits);
	} else if (kind == CNI_SLOT_BOOL && type == CNI_PG_BOOL && size == 1) {
		*(bool *)member = data[0] != 0;
	} else if (kind == CNI_SLOT_TEXT && is_text(type)) {
		char *text = null            ? NULL
			     : texts->borrow ? data
					     : cni_texts_copy(texts, data, (size_t)size);
		*ret_failed = !null && !text;
		memcpy(member, &text, sizeof text);
	} else {
		return false;
	}
	return true;
}

static cn_status fill(const cni_tuple *row, size_t first, const cni_shape *shape, void *into,
	cni_texts *texts, cn_error *err)
{
	const pg_stmt *stmt = row->native;

	if (!stmt->binary || !stmt->result || first + shape->count > stmt->column_count)
		return cni_tuple_fill_boxed(row, first, shape, into, texts, err);
	for (size_t i = 0; i < shape->count; i++) {
		const cni_slot *slot = &shape->slots[i];
		bool failed = false;
		if (!put(stmt, first + i, (cni_slot_kind)slot->kind, (char *)into + slot->offset,
			    texts, &failed))
			TRY(cni_tuple_fill_slot(row, first, shape, i, into, texts, err));
		if (failed)
			return cn_fail(err, CN_ENOMEM, "out of memory");
	}
	return CN_OK;
}

cni_tuple cni_pg_here(cni_stmt *base)
{
	static const cni_tuple_ops ops = {value, integer, fill};

	return (cni_tuple){&ops, base, cni_pg_stmt_of(base)->column_count};
}

cn_status cni_pg_tuples(cni_stmt *base, cni_take_fn fn, void *ctx, cn_error *err)
{
	cn_status status = CN_OK;

	cni_pg_reset(base);
	for (int got; (got = cni_pg_step(base, err)) != CNI_DONE;) {
		if (got < 0) {
			status = (cn_status)got;
			break;
		}
		cni_tuple row = cni_pg_here(base);
		int wish = fn(&row, ctx, err);
		if (wish) {
			status = wish < 0 ? (cn_status)wish : CN_OK;
			break;
		}
	}
	cni_pg_reset(base);
	return status;
}
