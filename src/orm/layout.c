/* layout.c - one model by itself: its fields, its key, the SQL that follows from them. */
#include "orm/layout.h"

#include <stdalign.h>
#include <string.h>

#include "base/buffer.h"
#include "base/text.h"
#include "base/try.h"
#include "orm/convert.h"
#include "orm/layout_check.h"
#include "sql/lexer.h"

static const cn_table_options no_options = {.part.kind = CN_PART_OPTIONS};

static size_t count_columns(const cn_model *model)
{
	size_t at = 0, count = 0;

	while (cn_model_columns(model, &at))
		count++;
	return count;
}

static cn_status add_field(
	cni_layout *layout, const cn_column *column, cni_arena *arena, cn_error *err)
{
	const char *name = cn_column_name(column);

	TRY(cni_column_check(layout, column, err));
	for (size_t i = 0; i < layout->field_count; i++) {
		if (cni_same(layout->fields[i].name, name))
			return cni_member_fail(layout, column->member, err,
				"a column \"%s\" is declared already", name);
	}
	cni_field field = {.column = column,
		.name = name,
		.quoted = cni_quoted(arena, name),
		.offset = column->offset,
		.storage = column->enum_names ? CN_STORE_NONE : column->storage,
		.nullable = cn_column_nullable(column),
		.key = column->primary_key,
		.written = !column->generated_sql};
	if (!field.quoted)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	if (column->version)
		layout->version = (long)layout->field_count;
	layout->touched = layout->touched || column->on_update_sql;
	layout->has_chars = layout->has_chars || column->storage == CN_STORE_CHARS;
	layout->has_defaults = layout->has_defaults || column->default_value.type ||
			       column->default_fn || column->version;
	if (field.key) {
		if (layout->key_count == CNI_KEY_MAX)
			return cni_model_fail(layout->model, err,
				"a primary key of more than %d columns", CNI_KEY_MAX);
		layout->key[layout->key_count++] = layout->field_count;
	}
	layout->fields[layout->field_count++] = field;
	return CN_OK;
}

static cn_status take_key(cni_layout *layout, const cn_key *key, cni_arena *arena, cn_error *err)
{
	if (layout->key_count)
		return cni_model_fail(layout->model, err, "the primary key is declared twice");
	layout->key_name = key->name;
	TRY(cni_layout_fields(layout, key->columns, "the primary key", layout->key,
		&layout->key_count, arena, err));
	for (size_t i = 0; i < layout->key_count; i++) {
		cni_field *field = &layout->fields[layout->key[i]];
		field->key = true;
		field->nullable = field->nullable && field->column->null;
		if (!field->written)
			return cni_member_fail(layout, field->column->member, err,
				"a generated column cannot be the primary key");
	}
	return CN_OK;
}

static cn_status take_parts(cni_layout *layout, cni_arena *arena, cn_error *err)
{
	for (const cn_part *const *part = layout->model->parts; *part; part++) {
		if ((*part)->kind == CN_PART_KEY && ((const cn_key *)*part)->primary)
			TRY(take_key(layout, (const cn_key *)*part, arena, err));
		if ((*part)->kind != CN_PART_OPTIONS)
			continue;
		if (layout->options != &no_options)
			return cni_model_fail(
				layout->model, err, "CN_TABLE_OPTIONS is there twice");
		layout->options = (const cn_table_options *)*part;
	}
	return CN_OK;
}

/* SQLite makes a lone INTEGER PRIMARY KEY the row's own number, and fills it in. */
static void find_row_number(cni_layout *layout)
{
	layout->row_number = -1;
	if (layout->model->kind != CN_MODEL_TABLE || layout->key_count != 1 ||
		layout->options->without_rowid)
		return;
	const cn_column *column = layout->fields[layout->key[0]].column;
	cn_type type = cn_column_type(column);
	if (cni_storage_integer(column->storage) &&
		(column->type_sql ? cni_same(column->type_sql, "INTEGER")
				  : type == CN_TYPE_INT32 || type == CN_TYPE_INT64))
		layout->row_number = (long)layout->key[0];
}

static cn_status find_fillable(cni_layout *layout, cni_arena *arena, cn_error *err)
{
	for (size_t i = 0; i < layout->field_count; i++) {
		const cn_column *column = layout->fields[i].column;
		if (!column->generated_sql && !column->default_sql && layout->row_number != (long)i)
			continue;
		if (!CNI_PUSH(arena, layout->fillable, layout->fillable_count, i))
			return cn_fail(err, CN_ENOMEM, "out of memory");
	}
	return CN_OK;
}

static cni_slot_kind slot_kind(const cn_column *column)
{
	if (column->enum_names)
		return CNI_SLOT_OTHER;
	switch (column->storage) {
	case CN_STORE_I64: return CNI_SLOT_INT64;
	case CN_STORE_I32: return CNI_SLOT_INT32;
	case CN_STORE_BOOL: return CNI_SLOT_BOOL;
	case CN_STORE_DOUBLE: return CNI_SLOT_DOUBLE;
	case CN_STORE_TEXT: return CNI_SLOT_TEXT;
	case CN_STORE_NULL_I64: return CNI_SLOT_NULL_INT64;
	case CN_STORE_NULL_DOUBLE: return CNI_SLOT_NULL_DOUBLE;
	default: return CNI_SLOT_OTHER;
	}
}

static cn_status decode_other(const cni_shape *shape, size_t index, void *into,
	const cn_value *value, cni_texts *texts, cn_error *err)
{
	const cni_layout *layout = shape->owner;

	return cni_decode(layout->fields[index].column, into, value, texts, err);
}

cni_slot cni_layout_slot(const cn_column *column)
{
	return (cni_slot){(uint32_t)column->offset, slot_kind(column)};
}

static cn_status make_shape(cni_layout *layout, cni_arena *arena, cn_error *err)
{
	size_t size = layout->model->size, align = size & -size;
	cni_slot *slots = cni_alloc(arena, layout->field_count * sizeof *slots);

	if (!slots)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	if (size > UINT32_MAX)
		return cni_model_fail(layout->model, err, "the struct is too large");
	for (size_t i = 0; i < layout->field_count; i++)
		slots[i] = cni_layout_slot(layout->fields[i].column);
	layout->shape = (cni_shape){slots, layout->field_count, decode_other, layout};
	/* a struct's size is a multiple of what its members must be aligned to */
	layout->align = align < alignof(max_align_t) ? align : alignof(max_align_t);
	return CN_OK;
}

static void key_condition(cni_buffer *out, const cni_layout *layout)
{
	cni_buffer_puts(out, " WHERE ");
	for (size_t i = 0; i < layout->key_count; i++)
		cni_buffer_printf(
			out, "%s%s = ?", i ? " AND " : "", layout->fields[layout->key[i]].quoted);
}

static cn_status write_sql(cni_layout *layout, cni_arena *arena, cn_error *err)
{
	CLEANUP(cni_buffer_done) cni_buffer sql = {0};

	for (size_t i = 0; i < layout->field_count; i++)
		cni_buffer_printf(&sql, "%s%s", i ? ", " : "", layout->fields[i].quoted);
	layout->columns_sql = cni_buffer_dup(&sql, arena);
	layout->quoted =
		cni_quoted(arena, layout->model->table ? layout->model->table : layout->name);
	if (!layout->columns_sql || !layout->quoted)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	if (!layout->key_count)
		return CN_OK;
	cni_buffer_clear(&sql);
	cni_buffer_printf(&sql, "SELECT %s FROM %s", layout->columns_sql, layout->quoted);
	key_condition(&sql, layout);
	layout->get_sql = cni_buffer_dup(&sql, arena);
	cni_buffer_clear(&sql);
	cni_buffer_printf(&sql, "DELETE FROM %s", layout->quoted);
	key_condition(&sql, layout);
	if (layout->version >= 0)
		cni_buffer_printf(&sql, " AND %s = ?", layout->fields[layout->version].quoted);
	layout->delete_sql = cni_buffer_dup(&sql, arena);
	return layout->get_sql && layout->delete_sql ? CN_OK
						     : cn_fail(err, CN_ENOMEM, "out of memory");
}

cn_status cni_layout_init(
	cni_layout *layout, const cn_model *model, cni_arena *arena, cn_error *err)
{
	size_t count = count_columns(model), at = 0;

	*layout = (cni_layout){.model = model,
		.name = model->type_name,
		.options = &no_options,
		.row_number = -1,
		.version = -1,
		.kept = model->kind == CN_MODEL_TABLE};
	if (!count)
		return cni_model_fail(model, err, "there is no CN_COLUMN");
	layout->fields = cni_alloc(arena, count * sizeof *layout->fields);
	if (!layout->fields)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	for (const cn_column *column; (column = cn_model_columns(model, &at));)
		TRY(add_field(layout, column, arena, err));
	TRY(make_shape(layout, arena, err));
	TRY(take_parts(layout, arena, err));
	find_row_number(layout);
	TRY(find_fillable(layout, arena, err));
	if (layout->key_count == 1) {
		const cn_column *key = layout->fields[layout->key[0]].column;
		layout->int_key = layout->fields[layout->key[0]].storage == CN_STORE_I64;
		layout->key_offset = key->offset;
	}
	if (layout->kept && !layout->key_count) {
		cni_model_fail(model, err, "there is no primary key");
		cn_error_hint(err,
			"mark a column with .primary_key = true, or add CN_PRIMARY_KEY(\"a, b\")");
		return CN_ESCHEMA;
	}
	return write_sql(layout, arena, err);
}

long cni_layout_field(const cni_layout *layout, const char *name)
{
	long by_member = -1;

	for (size_t i = 0; i < layout->field_count; i++) {
		if (cni_same(layout->fields[i].name, name))
			return (long)i;
		if (by_member < 0 && !strcmp(layout->fields[i].column->member, name))
			by_member = (long)i;
	}
	return by_member;
}

/* One name of a list, and the comma after it. */
static cn_status next_name(cni_lexer *lexer, bool *ret_more, char **ret_name, const char *columns,
	const char *what, const cni_layout *layout, cni_arena *arena, cn_error *err)
{
	cni_token name = cni_lexer_next_solid(lexer);
	cni_token after = cni_lexer_next_solid(lexer);

	if ((name.kind != CNI_TOKEN_WORD && name.kind != CNI_TOKEN_QUOTED) ||
		(after.kind != CNI_TOKEN_END && !cni_token_is_op(&after, ",")))
		return cni_model_fail(
			layout->model, err, "%s: \"%s\" is no list of columns", what, columns);
	*ret_name = cni_token_name(arena, &name);
	*ret_more = after.kind != CNI_TOKEN_END;
	return *ret_name ? CN_OK : cn_fail(err, CN_ENOMEM, "out of memory");
}

cn_status cni_layout_fields(const cni_layout *layout, const char *columns, const char *what,
	size_t *ret_fields, size_t *ret_count, cni_arena *arena, cn_error *err)
{
	size_t fields[CNI_KEY_MAX], count = 0;
	cni_lexer lexer;
	bool more = true;

	if (!columns)
		return cni_model_fail(layout->model, err, "%s has no columns", what);
	cni_lexer_init(&lexer, columns, strlen(columns));
	while (more) {
		char *name = NULL;
		TRY(next_name(&lexer, &more, &name, columns, what, layout, arena, err));
		long field = cni_layout_field(layout, name);
		if (field < 0) {
			cni_model_fail(layout->model, err, "%s%sthere is no column \"%s\"", what,
				*what ? ": " : "", name);
			cni_hint_column(layout, name, arena, err);
			return CN_ESCHEMA;
		}
		for (size_t i = 0; i < count; i++) {
			if (fields[i] == (size_t)field)
				return cni_model_fail(layout->model, err,
					"%s: column \"%s\" is there twice", what, name);
		}
		if (count == CNI_KEY_MAX)
			return cni_model_fail(layout->model, err, "%s has more than %d columns",
				what, CNI_KEY_MAX);
		fields[count++] = (size_t)field;
	}
	memcpy(ret_fields, fields, count * sizeof *fields);
	*ret_count = count;
	return CN_OK;
}
