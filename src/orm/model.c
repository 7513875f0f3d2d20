/* model.c - asking a model table (cantil/model.h). */
#include <cantil/model.h>

#include <string.h>

#include "base/text.h"
#include "orm/convert.h"

static const cn_part *next_part(const cn_model *model, cn_part_kind kind, size_t *at)
{
	for (const cn_part *part; (part = model->parts[*at]);) {
		++*at;
		if (part->kind == kind)
			return part;
	}
	return NULL;
}

/* Each part's struct begins with its head, so the head's address is the part's. */
const cn_column *cn_model_columns(const cn_model *model, size_t *at)
{
	return (const cn_column *)next_part(model, CN_PART_COLUMN, at);
}

const cn_relation *cn_model_relations(const cn_model *model, size_t *at)
{
	return (const cn_relation *)next_part(model, CN_PART_RELATION, at);
}

const cn_column *cn_model_column(const cn_model *model, const char *name)
{
	const cn_column *by_member = NULL;
	size_t at = 0;

	for (const cn_column *column; (column = cn_model_columns(model, &at));) {
		if (cni_same(cn_column_name(column), name))
			return column;
		if (!by_member && !strcmp(column->member, name))
			by_member = column;
	}
	return by_member;
}

cn_value cn_row_get(const cn_model *model, const void *row, const char *column)
{
	const cn_column *found = cn_model_column(model, column);

	return found ? cn_column_get(found, row) : (cn_value){.type = CN_TYPE_NONE};
}

static void *related(const cn_model *model, const void *row, const char *relation, bool many)
{
	size_t at = 0;

	for (const cn_relation *r; (r = cn_model_relations(model, &at));) {
		if (r->many == many && !strcmp(r->member, relation))
			return *(void *const *)(const void *)((const char *)row + r->offset);
	}
	return NULL;
}

void *cn_row_related(const cn_model *model, const void *row, const char *relation)
{
	return related(model, row, relation, false);
}

void **cn_row_list(const cn_model *model, const void *row, const char *relation)
{
	static void *none[1]; /* nobody writes into a list */
	void **list = related(model, row, relation, true);

	return list ? list : none;
}

const char *cn_column_name(const cn_column *column)
{
	return column->name ? column->name : column->member;
}

cn_type cn_column_type(const cn_column *column)
{
	if (column->type)
		return column->type == CN_TYPE_TEXT_ARRAY ? CN_TYPE_TEXT : column->type;
	if (column->enum_names)
		return CN_TYPE_TEXT;
	switch (column->storage) {
	case CN_STORE_BOOL:
	case CN_STORE_NULL_BOOL: return CN_TYPE_BOOL;
	case CN_STORE_I8:
	case CN_STORE_U8:
	case CN_STORE_I16:
	case CN_STORE_U16:
	case CN_STORE_I32:
	case CN_STORE_NULL_I32: return CN_TYPE_INT32;
	case CN_STORE_U32:
	case CN_STORE_I64:
	case CN_STORE_U64:
	case CN_STORE_NULL_I64: return CN_TYPE_INT64;
	case CN_STORE_FLOAT:
	case CN_STORE_DOUBLE:
	case CN_STORE_NULL_DOUBLE: return CN_TYPE_DOUBLE;
	case CN_STORE_VALUE:
	case CN_STORE_BLOB: return CN_TYPE_BLOB;
	case CN_STORE_TIME:
	case CN_STORE_NULL_TIME: return CN_TYPE_TIME;
	case CN_STORE_DATE:
	case CN_STORE_NULL_DATE: return CN_TYPE_DATE;
	case CN_STORE_CLOCK:
	case CN_STORE_NULL_CLOCK: return CN_TYPE_CLOCK;
	case CN_STORE_DECIMAL: return CN_TYPE_DECIMAL;
	case CN_STORE_UUID: return CN_TYPE_UUID;
	case CN_STORE_DOCUMENT: return CN_TYPE_JSON;
	default: return CN_TYPE_TEXT;
	}
}

bool cn_column_nullable(const cn_column *column)
{
	/* SQLite lets a key be NULL that is not the row's number; `.null` says so, for a table that
	 * is there already */
	return cni_storage_nullable(column->storage) && !column->not_null &&
	       (!column->primary_key || column->null);
}
