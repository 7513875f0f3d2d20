/* model_table.c - one model as a CREATE TABLE statement: types, and the names of what nobody named.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/text.h"
#include "base/try.h"
#include "driver/words.h"
#include "orm/convert.h"
#include "orm/model_schema.h"
#include "sql/lexer.h"

static cn_status out_of_memory(cn_error *err) { return cn_fail(err, CN_ENOMEM, "out of memory"); }

/* ---- types ---- */

static const char *declared_type(
	cni_arena *arena, const cni_words *words, const cni_layout *layout, const cn_column *column)
{
	cni_column_kind member = {.type = cn_column_type(column),
		.length = column->length,
		.precision = column->precision,
		.scale = column->scale,
		.strict = layout->options->strict};

	if (column->type_sql)
		return column->type_sql;
	for (size_t i = 0; column->enum_names && column->enum_names[i]; i++) {
		size_t size = strlen(column->enum_names[i]);
		member.length = size > member.length ? (unsigned)size : member.length;
	}
	if (!member.length && column->storage == CN_STORE_ARRAY)
		member.length = (unsigned)column->size - 1;
	return words->member_type(arena, &member);
}

/* ---- defaults ---- */

static void blob_literal(const cni_words *words, cni_buffer *out, const cn_value *value)
{
	const unsigned char *bytes = value->as.p;

	cni_buffer_puts(out, words->blob_quotes[0]);
	for (size_t i = 0; i < value->size; i++)
		cni_buffer_printf(out, "%02x", bytes[i]);
	cni_buffer_puts(out, words->blob_quotes[1]);
}

static void double_literal(cni_buffer *out, double v)
{
	char text[40];

	snprintf(text, sizeof text, "%.15g", v);
	if (strtod(text, NULL) != v) /* the shortest that comes back the same */
		snprintf(text, sizeof text, "%.17g", v);
	cni_buffer_puts(out, text);
	if (!strpbrk(text, ".en"))
		cni_buffer_puts(out, ".0");
}

static const char *literal(cni_arena *arena, const cni_words *words, const cn_column *column)
{
	const cn_value *value = &column->default_value;
	CLEANUP(cni_buffer_done) cni_buffer out = {0};
	char text[CNI_TIME_TEXT];

	if (column->enum_names && value->type == CN_TYPE_INT64) {
		cni_quote_text(&out, column->enum_names[value->as.i]); /* it was checked */
		return cni_buffer_dup(&out, arena);
	}
	switch (value->type) {
	case CN_TYPE_BOOL: cni_buffer_puts(&out, words->bool_words[value->as.b]); break;
	case CN_TYPE_INT32:
	case CN_TYPE_INT64:
		if (cn_column_type(column) == CN_TYPE_BOOL)
			cni_buffer_puts(&out, words->bool_words[value->as.i != 0]);
		else if (cni_type_class(cn_column_type(column)) == 'r')
			double_literal(&out, (double)value->as.i);
		else
			cni_buffer_printf(&out, "%" PRId64, value->as.i);
		break;
	case CN_TYPE_DOUBLE: double_literal(&out, value->as.d); break;
	case CN_TYPE_BLOB: blob_literal(words, &out, value); break;
	case CN_TYPE_TIME:
		cni_time_text(value->as.i, true, text);
		text[10] = ' ';
		text[strcspn(text, "Z")] = '\0';
		cni_quote_text(&out, text);
		break;
	case CN_TYPE_CLOCK:
		cni_time_text(value->as.i, true, text);
		text[strcspn(text, "Z")] = '\0';
		cni_quote_text(&out, text + 11);
		break;
	case CN_TYPE_DATE:
		cni_date_text((int32_t)value->as.i, text);
		cni_quote_text(&out, text);
		break;
	default: cni_quote_text(&out, value->as.p); break;
	}
	return cni_buffer_dup(&out, arena);
}

/* What SQLite takes as DEFAULT without parentheses: a literal, or one of its three words. */
static bool is_plain_default(const char *sql)
{
	cni_lexer lexer;

	cni_lexer_init(&lexer, sql, strlen(sql));
	cni_token token = cni_lexer_next_solid(&lexer);
	if (cni_token_is_op(&token, "-") || cni_token_is_op(&token, "+")) {
		token = cni_lexer_next_solid(&lexer);
		if (token.kind != CNI_TOKEN_NUMBER)
			return false;
	}
	bool plain = token.kind == CNI_TOKEN_NUMBER || token.kind == CNI_TOKEN_STRING ||
		     token.kind == CNI_TOKEN_BLOB || cni_token_is(&token, "NULL") ||
		     cni_token_is(&token, "TRUE") || cni_token_is(&token, "FALSE") ||
		     cni_token_is(&token, "CURRENT_TIMESTAMP") ||
		     cni_token_is(&token, "CURRENT_DATE") || cni_token_is(&token, "CURRENT_TIME");
	return plain && cni_lexer_next_solid(&lexer).kind == CNI_TOKEN_END;
}

static cn_status add_column(cni_arena *arena, const cni_words *words, const cni_layout *layout,
	const cni_field *field, cni_ddl_table *table, cn_error *err)
{
	const cn_column *c = field->column;
	bool row_number = layout->row_number >= 0 && field == &layout->fields[layout->row_number];
	cni_ddl_column column = {
		.name = field->name,
		.type = declared_type(arena, words, layout, c),
		.not_null = row_number ? c->not_null : !field->nullable,
		.default_sql = c->default_value.type ? literal(arena, words, c) : c->default_sql,
		.collate = c->collate,
		.generated_sql = c->generated_sql,
		.generated_stored = c->stored,
		.comment = c->comment,
		.renamed_from = c->renamed_from,
	};

	if (c->default_sql)
		column.default_is_expression = !is_plain_default(c->default_sql);
	if (row_number && words->counts_by_identity)
		column.identity = CNI_IDENTITY_BY_DEFAULT;
	if (!column.type || (c->default_value.type && !column.default_sql) ||
		!CNI_PUSH(arena, table->columns, table->column_count, column))
		return out_of_memory(err);
	return CN_OK;
}

/* ---- constraints ---- */

/* <prefix>_<table>_<column>_<column> */
static const char *usual_name(cni_arena *arena, const char *prefix, const cni_layout *layout,
	const size_t *fields, size_t count)
{
	CLEANUP(cni_buffer_done) cni_buffer name = {0};

	cni_buffer_printf(&name, "%s_%s", prefix, layout->model->table);
	for (size_t i = 0; i < count; i++)
		cni_buffer_printf(&name, "_%s", layout->fields[fields[i]].name);
	return cni_buffer_dup(&name, arena);
}

/* The usual name, or none where constraints have none. false: out of memory. */
static bool name_constraint(cni_arena *arena, const char *prefix, const cni_layout *layout,
	const size_t *fields, size_t count, cni_ddl_constraint *constraint)
{
	if (constraint->name || layout->options->unnamed)
		return true;
	constraint->name = usual_name(arena, prefix, layout, fields, count);
	return constraint->name != NULL;
}

static bool set_parts(cni_arena *arena, const cni_layout *layout, const size_t *fields,
	size_t count, cni_ddl_constraint *constraint)
{
	for (size_t i = 0; i < count; i++) {
		const cni_field *field = &layout->fields[fields[i]];
		cni_ddl_part part = {.expr_sql = field->quoted, .name = field->name};
		if (!CNI_PUSH(arena, constraint->parts, constraint->part_count, part))
			return false;
	}
	return true;
}

static cn_status push(
	cni_arena *arena, cni_ddl_table *table, cni_ddl_constraint constraint, cn_error *err)
{
	return CNI_PUSH(arena, table->constraints, table->constraint_count, constraint)
		       ? CN_OK
		       : out_of_memory(err);
}

static cn_status add_primary_key(
	cni_arena *arena, const cni_layout *layout, cni_ddl_table *table, cn_error *err)
{
	cni_ddl_constraint key = {.kind = CNI_PRIMARY_KEY, .name = layout->key_name};

	if (layout->row_number >= 0) {
		key.at_column = true;
		key.column = (size_t)layout->row_number;
		key.autoincrement = layout->fields[layout->row_number].column->autoincrement;
	} else if (!name_constraint(arena, "pk", layout, NULL, 0, &key)) {
		return out_of_memory(err);
	}
	if (!set_parts(arena, layout, layout->key, layout->key_count, &key))
		return out_of_memory(err);
	return push(arena, table, key, err);
}

static cn_status add_unique(cni_arena *arena, const cni_layout *layout, const char *name,
	const size_t *fields, size_t count, bool at_column, cni_ddl_table *table, cn_error *err)
{
	cni_ddl_constraint unique = {
		.kind = CNI_UNIQUE, .name = name, .at_column = at_column, .column = fields[0]};

	if (!name_constraint(arena, "uq", layout, fields, count, &unique) ||
		!set_parts(arena, layout, fields, count, &unique))
		return out_of_memory(err);
	return push(arena, table, unique, err);
}

static cni_action action_of(cn_action action)
{
	switch (action) {
	case CN_RESTRICT: return CNI_RESTRICT;
	case CN_SET_NULL: return CNI_SET_NULL;
	case CN_SET_DEFAULT: return CNI_SET_DEFAULT;
	case CN_CASCADE: return CNI_CASCADE;
	default: return CNI_NO_ACTION;
	}
}

static cn_status add_foreign(cni_arena *arena, const cni_layout *layout, const cni_foreign *foreign,
	cni_ddl_table *table, cn_error *err)
{
	cni_ddl_constraint key = {
		.kind = CNI_FOREIGN_KEY,
		.name = foreign->name,
		.at_column = foreign->at_column,
		.column = foreign->fields[0],
		.parent = foreign->parent->model->table,
		.on_delete = action_of(foreign->on_delete),
		.on_update = action_of(foreign->on_update),
		.deferrable = foreign->deferrable,
		.initially_deferred = foreign->deferrable,
	};

	if (!name_constraint(arena, "fk", layout, foreign->fields, foreign->count, &key) ||
		!set_parts(arena, layout, foreign->fields, foreign->count, &key))
		return out_of_memory(err);
	for (size_t i = 0; i < foreign->count && !foreign->bare; i++) {
		const char *name = foreign->parent->fields[foreign->parent_fields[i]].name;
		if (!CNI_PUSH(arena, key.parent_columns, key.parent_column_count, name))
			return out_of_memory(err);
	}
	return push(arena, table, key, err);
}

static bool is_taken(const cni_ddl_table *table, const char *name)
{
	for (size_t i = 0; i < table->constraint_count; i++) {
		if (cni_same(table->constraints[i].name, name))
			return true;
	}
	return false;
}

/* An unnamed CN_CHECK is called after the columns that it mentions, so that its name does not
 * depend on its place; a second one over the same columns gets a number. */
static const char *check_name(
	cni_arena *arena, const cni_layout *layout, const char *sql, const cni_ddl_table *table)
{
	CLEANUP(cni_buffer_done) cni_buffer name = {0};
	cni_lexer lexer;
	bool *seen = cni_alloc(arena, layout->field_count * sizeof *seen);

	if (!seen)
		return NULL;
	cni_buffer_printf(&name, "ck_%s", layout->model->table);
	cni_lexer_init(&lexer, sql, strlen(sql));
	for (cni_token token; (token = cni_lexer_next_solid(&lexer)).kind != CNI_TOKEN_END;) {
		if (token.kind != CNI_TOKEN_WORD && token.kind != CNI_TOKEN_QUOTED)
			continue;
		const char *word = cni_token_name(arena, &token);
		for (size_t i = 0; word && i < layout->field_count; i++) {
			if (seen[i] || !cni_same(layout->fields[i].name, word))
				continue;
			seen[i] = true;
			cni_buffer_printf(&name, "_%s", layout->fields[i].name);
		}
	}
	size_t size = name.size;
	for (unsigned n = 2; !name.failed && is_taken(table, name.data); n++) {
		name.size = size;
		cni_buffer_printf(&name, "_%u", n);
	}
	return cni_buffer_dup(&name, arena);
}

static cn_status add_check(cni_arena *arena, const cn_check *part, const cni_layout *layout,
	cni_ddl_table *table, cn_error *err)
{
	cni_ddl_constraint check = {.kind = CNI_CHECK, .check_sql = part->sql, .name = part->name};

	if (!check.name && !layout->options->unnamed) {
		check.name = check_name(arena, layout, part->sql, table);
		if (!check.name)
			return out_of_memory(err);
	}
	return push(arena, table, check, err);
}

/* One of the names, and what else the column asks for. NULL: out of memory. */
static const char *enum_check(cni_arena *arena, const cni_field *field)
{
	const cn_column *c = field->column;
	CLEANUP(cni_buffer_done) cni_buffer sql = {0};

	cni_quote_name_if(&sql, field->name);
	for (size_t i = 0; c->enum_names[i]; i++) {
		cni_buffer_puts(&sql, i ? ", " : " IN (");
		cni_quote_text(&sql, c->enum_names[i]);
	}
	cni_buffer_putc(&sql, ')');
	if (c->check_sql)
		cni_buffer_printf(&sql, " AND (%s)", c->check_sql);
	return cni_buffer_dup(&sql, arena);
}

static cn_status add_column_constraints(
	cni_arena *arena, const cni_layout *layout, size_t i, cni_ddl_table *table, cn_error *err)
{
	const cn_column *c = layout->fields[i].column;

	if (c->unique)
		TRY(add_unique(arena, layout, NULL, &i, 1, true, table, err));
	if (!c->check_sql && !c->enum_names)
		return CN_OK;
	cni_ddl_constraint check = {
		.kind = CNI_CHECK, .check_sql = c->check_sql, .at_column = true, .column = i};
	if (c->enum_names)
		check.check_sql = enum_check(arena, &layout->fields[i]);
	if (!check.check_sql)
		return out_of_memory(err);
	if (!name_constraint(arena, "ck", layout, &i, 1, &check))
		return out_of_memory(err);
	return push(arena, table, check, err);
}

static cn_status add_part(cni_arena *arena, const cni_layout *layout, const cn_part *part,
	cni_ddl_table *table, cn_error *err)
{
	size_t fields[CNI_KEY_MAX], count;

	if (part->kind == CN_PART_CHECK)
		return add_check(arena, (const cn_check *)part, layout, table, err);
	if (part->kind != CN_PART_KEY || ((const cn_key *)part)->primary)
		return CN_OK;
	const cn_key *key = (const cn_key *)part;
	TRY(cni_layout_fields(layout, key->columns, "CN_UNIQUE", fields, &count, arena, err));
	return add_unique(arena, layout, key->name, fields, count, false, table, err);
}

cn_status cni_model_table(cni_arena *arena, const cni_words *words, const cni_layout *layout,
	cni_ddl_table *ret, cn_error *err)
{
	const cn_table_options *options = layout->options;
	cni_ddl_table table = {.name = layout->model->table,
		.strict = options->strict,
		.without_rowid = options->without_rowid,
		.comment = options->comment,
		.renamed_from = options->renamed_from};

	for (size_t i = 0; i < layout->field_count; i++)
		TRY(add_column(arena, words, layout, &layout->fields[i], &table, err));
	TRY(add_primary_key(arena, layout, &table, err));
	for (size_t i = 0; i < layout->field_count; i++)
		TRY(add_column_constraints(arena, layout, i, &table, err));
	for (const cn_part *const *part = layout->model->parts; *part; part++)
		TRY(add_part(arena, layout, *part, &table, err));
	for (size_t i = 0; i < layout->foreign_count; i++)
		TRY(add_foreign(arena, layout, &layout->foreign[i], &table, err));
	*ret = table;
	return CN_OK;
}
