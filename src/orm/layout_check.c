/* layout_check.c - see layout_check.h; and what the errors of models have in common. */
#include "orm/layout_check.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "base/text.h"
#include "base/try.h"
#include "orm/convert.h"
#include "sql/ddl.h"
#include "sql/lexer.h"

cn_status cni_member_fail(
	const cni_layout *layout, const char *member, cn_error *err, const char *fmt, ...)
{
	char text[400];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	return cn_fail(
		err, CN_ESCHEMA, "model \"%s\", member \"%s\": %s", layout->name, member, text);
}

cn_status cni_model_fail(const cn_model *model, cn_error *err, const char *fmt, ...)
{
	char text[400];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	return cn_fail(err, CN_ESCHEMA, "model \"%s\": %s",
		model->type_name ? model->type_name : "?", text);
}

void cni_hint_column(const cni_layout *layout, const char *name, cni_arena *arena, cn_error *err)
{
	const char **names = cni_alloc(arena, (layout->field_count + 1) * sizeof *names);
	CLEANUP(cni_buffer_done) cni_buffer list = {.limit = 900};

	if (!names)
		return;
	for (size_t i = 0; i < layout->field_count; i++) {
		names[i] = layout->fields[i].name;
		cni_buffer_printf(&list, "%s%s", i ? ", " : "", names[i]);
	}
	const char *near = cni_nearest(name, names);
	if (near)
		cn_error_hint(err, "did you mean \"%s\"?", near);
	else if (!list.failed)
		cn_error_hint(
			err, "\"%s\" has the columns %s", layout->name, cni_buffer_text(&list));
}

char cni_type_class(cn_type type)
{
	switch (type) {
	case CN_TYPE_BOOL:
	case CN_TYPE_INT32:
	case CN_TYPE_INT64: return 'i';
	case CN_TYPE_DOUBLE: return 'r';
	case CN_TYPE_BLOB: return 'b';
	case CN_TYPE_TIME: return 'T';
	case CN_TYPE_DATE: return 'D';
	case CN_TYPE_CLOCK: return 'C';
	case CN_TYPE_DECIMAL: return 'n';
	case CN_TYPE_UUID: return 'u';
	default: return 't';
	}
}

/* May the C member be declared as this type in SQL? Texts may be dates, integers may be booleans.
 */
static bool neighbours(const cn_column *column, cn_type type)
{
	char said = cni_type_class(type);

	if (type == CN_TYPE_NULL)
		return false;
	if (column->storage == CN_STORE_VALUE) /* it holds any */
		return true;
	if (cni_storage_text(column->storage))
		return said == 't' || said == 'T' || said == 'D';
	if (cni_storage_integer(column->storage))
		return said == 'i' || said == 'r';
	cn_column plain = *column;
	plain.type = CN_TYPE_NONE;
	return cni_type_class(cn_column_type(&plain)) == said;
}

static cn_status check_type(const cni_layout *layout, const cn_column *c, cn_error *err)
{
	bool text = cni_storage_text(c->storage);
	char class = cni_type_class(cn_column_type(c));
	bool real = class == 'r' || class == 'n';

	if (c->type && !neighbours(c, c->type))
		return cni_member_fail(
			layout, c->member, err, ".type does not go with the C type of the member");
	if (c->length && !text)
		return cni_member_fail(layout, c->member, err, ".length is for texts");
	if (c->length && c->storage == CN_STORE_ARRAY && c->length >= c->size)
		return cni_member_fail(layout, c->member, err,
			".length = %u does not fit char[%zu]", c->length, c->size);
	if (c->precision && !real)
		return cni_member_fail(
			layout, c->member, err, ".precision is for numbers with a fraction");
	if (class == 'n' && c->precision > 30)
		return cni_member_fail(layout, c->member, err, "a decimal has at most 30 digits");
	if (c->enum_names && (!cni_storage_integer(c->storage) || c->type || c->type_sql))
		return cni_member_fail(
			layout, c->member, err, ".enum_names is for integers, and says the type");
	if (c->enum_names && !c->enum_names[0])
		return cni_member_fail(layout, c->member, err, ".enum_names is empty");
	if (c->scale > c->precision)
		return cni_member_fail(layout, c->member, err, ".scale is larger than .precision");
	if (c->type_sql && (c->type || c->length || c->precision))
		return cni_member_fail(layout, c->member, err,
			".type_sql says the whole type: .type, .length and .precision go without it");
	if (c->collate && !text)
		return cni_member_fail(layout, c->member, err, ".collate is for texts");
	return CN_OK;
}

static cn_status check_null(const cni_layout *layout, const cn_column *c, cn_error *err)
{
	if (c->null && c->not_null)
		return cni_member_fail(layout, c->member, err, ".null contradicts .not_null");
	if (c->null && !cni_storage_nullable(c->storage)) {
		cni_member_fail(
			layout, c->member, err, ".null, but the C type has no room for a NULL");
		cn_error_hint(err, "use a cn_null_ type");
		return CN_ESCHEMA;
	}
	return CN_OK;
}

static cn_status check_update(const cni_layout *layout, const cn_column *c, cn_error *err)
{
	if (c->on_update_sql && (c->generated_sql || c->primary_key || c->version))
		return cni_member_fail(layout, c->member, err,
			".on_update_sql is not for keys, versions and generated columns");
	if (!c->version)
		return CN_OK;
	if (!cni_storage_integer(c->storage) || cni_storage_nullable(c->storage) || c->enum_names ||
		c->generated_sql || c->primary_key)
		return cni_member_fail(layout, c->member, err,
			".version is for a plain integer that cannot be NULL");
	for (size_t i = 0; i < layout->field_count; i++) {
		if (layout->fields[i].column->version)
			return cni_member_fail(
				layout, c->member, err, "a second column with .version");
	}
	return CN_OK;
}

static cn_status check_default(const cni_layout *layout, const cn_column *c, cn_error *err)
{
	cn_type type = c->default_value.type;
	union {
		max_align_t align;
		char bytes[64];
	} scratch = {0};

	if (c->generated_sql && (type || c->default_sql))
		return cni_member_fail(layout, c->member, err, "a generated column has no default");
	if (c->generated_sql && c->primary_key)
		return cni_member_fail(
			layout, c->member, err, "a generated column cannot be the primary key");
	if (c->stored && !c->generated_sql)
		return cni_member_fail(
			layout, c->member, err, ".stored is for columns with .generated_sql");
	if (c->default_fn && (c->generated_sql || c->default_sql || type))
		return cni_member_fail(
			layout, c->member, err, ".default_fn goes without another default");
	if (type && c->default_sql)
		return cni_member_fail(
			layout, c->member, err, ".default_value and .default_sql are both there");
	if (!type)
		return CN_OK;
	if (type == CN_TYPE_NULL)
		return cni_member_fail(
			layout, c->member, err, ".default_value is NULL: leave it away");
	if (c->storage == CN_STORE_ARRAY) {
		if (type != CN_TYPE_TEXT || c->default_value.size >= c->size)
			return cni_member_fail(
				layout, c->member, err, ".default_value does not fit the member");
		return CN_OK;
	}
	cn_column moved = *c;
	moved.offset = 0;
	cn_error why;
	if (cni_decode(&moved, scratch.bytes, &c->default_value, NULL, &why) < 0) {
		cni_member_fail(layout, c->member, err, ".default_value does not fit the member");
		cn_error_detail(err, "%s", why.message);
		return CN_ESCHEMA;
	}
	return CN_OK;
}

static cn_status check_reference(const cni_layout *layout, const cn_column *c, cn_error *err)
{
	if (!c->references && (c->on_delete || c->on_update || c->deferrable))
		return cni_member_fail(layout, c->member, err, "%s without .references",
			c->on_delete   ? ".on_delete"
			: c->on_update ? ".on_update"
				       : ".deferrable");
	if (c->on_delete == CN_SET_NULL && !cn_column_nullable(c))
		return cni_member_fail(layout, c->member, err,
			".on_delete = CN_SET_NULL, but the column cannot be NULL");
	if (c->on_delete == CN_SET_DEFAULT && !c->default_sql && !c->default_value.type &&
		!cn_column_nullable(c))
		return cni_member_fail(layout, c->member, err,
			".on_delete = CN_SET_DEFAULT, but the column has no default");
	return CN_OK;
}

cn_status cni_column_check(const cni_layout *layout, const cn_column *c, cn_error *err)
{
	const char *name = cn_column_name(c);

	if (!*name || strlen(name) > 200 || !cni_utf8_valid(name, strlen(name)))
		return cni_member_fail(
			layout, c->member, err, "\"%s\" is no name for a column", name);
	TRY(check_type(layout, c, err));
	TRY(check_null(layout, c, err));
	TRY(check_default(layout, c, err));
	TRY(check_update(layout, c, err));
	return check_reference(layout, c, err);
}

/* ---- the whole model: what needs its key and all its columns ---- */

static cn_status check_autoincrement(const cni_layout *layout, cn_error *err)
{
	for (size_t i = 0; i < layout->field_count; i++) {
		const cn_column *c = layout->fields[i].column;
		if (!c->autoincrement)
			continue;
		if (layout->row_number != (long)i)
			return cni_member_fail(layout, c->member, err,
				".autoincrement is for the one integer column that is the primary key");
		if (c->unique)
			return cni_member_fail(
				layout, c->member, err, "a primary key is unique without .unique");
	}
	return CN_OK;
}

static cn_status check_renames(const cni_layout *layout, cn_error *err)
{
	for (size_t i = 0; i < layout->field_count; i++) {
		const cn_column *c = layout->fields[i].column;
		if (!c->renamed_from)
			continue;
		for (size_t k = 0; k < layout->field_count; k++) {
			if (k != i && cni_same(layout->fields[k].name, c->renamed_from))
				return cni_member_fail(layout, c->member, err,
					".renamed_from \"%s\", which is still a column",
					c->renamed_from);
		}
	}
	return CN_OK;
}

static cn_status check_index(
	const cni_layout *layout, const cn_index *index, cni_arena *arena, cn_error *err)
{
	CLEANUP(cni_buffer_done) cni_buffer sql = {0};
	cni_ddl ddl = {0};

	if (!index->columns)
		return cni_model_fail(layout->model, err, "CN_INDEX has no columns");
	cni_buffer_printf(&sql, "CREATE INDEX x ON x (%s)", index->columns);
	if (sql.failed)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	if (cni_ddl_parse(arena, sql.data, sql.size, &ddl, err) < 0 || ddl.kind != CNI_DDL_INDEX ||
		ddl.index.where_sql)
		return cni_model_fail(layout->model, err, "CN_INDEX: \"%s\" is no list of columns",
			index->columns);
	for (size_t i = 0; i < ddl.index.part_count; i++) {
		const char *name = ddl.index.parts[i].name;
		if (!name || cni_layout_field(layout, name) >= 0)
			continue;
		cni_model_fail(layout->model, err, "CN_INDEX: there is no column \"%s\"", name);
		cni_hint_column(layout, name, arena, err);
		return CN_ESCHEMA;
	}
	return CN_OK;
}

cn_status cni_layout_check(const cni_layout *layout, cni_arena *arena, cn_error *err)
{
	size_t fields[CNI_KEY_MAX], count;

	TRY(check_autoincrement(layout, err));
	TRY(check_renames(layout, err));
	for (const cn_part *const *part = layout->model->parts; *part; part++) {
		if ((*part)->kind == CN_PART_INDEX)
			TRY(check_index(layout, (const cn_index *)*part, arena, err));
		if ((*part)->kind == CN_PART_KEY)
			TRY(cni_layout_fields(layout, ((const cn_key *)*part)->columns,
				((const cn_key *)*part)->primary ? "the primary key" : "CN_UNIQUE",
				fields, &count, arena, err));
		if ((*part)->kind == CN_PART_CHECK && !((const cn_check *)*part)->sql)
			return cni_model_fail(layout->model, err, "CN_CHECK has no expression");
	}
	return CN_OK;
}
