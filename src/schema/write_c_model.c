/* write_c_model.c - one table as a struct and its model. See write_c_model.h. */
#include "schema/write_c_model.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "base/try.h"
#include "schema/compare.h"
#include "sql/lexer.h"

enum { LINE = 100, TAB = 8 };

static bool is_nullable(const cni_c_model *model, size_t column)
{
	return !model->table->columns[column].not_null && model->alias != (long)column;
}

static const char *c_type(const cni_c_model *model, size_t column)
{
	cni_c_type type = cni_c_type_of(model->table->columns[column].type);

	return is_nullable(model, column) && type.null_type ? type.null_type : type.type;
}

static bool is_text(const cni_ddl_column *column)
{
	return strcmp(cni_c_type_of(column->type).type, "const char *") == 0;
}

void cni_c_write_struct(cni_c_writer *w, const cni_c_model *model)
{
	cni_buffer_printf(w->out, "\nstruct %s {\n", model->type);
	for (size_t i = 0; i < model->table->column_count; i++)
		cni_buffer_printf(w->out, "\t%s%s;\n", c_type(model, i), model->members[i]);
	for (size_t i = 0; i < model->relation_count; i++) {
		const cni_c_relation_part *relation = &model->relations[i];
		cni_buffer_printf(w->out, "\t%s %s%s;\n", relation->target->type,
			relation->kind == CNI_C_HAS_MANY || relation->kind == CNI_C_MANY_TO_MANY
				? "**"
				: "*",
			relation->member);
	}
	cni_buffer_puts(w->out, "};\n");
}

/* ---- parts and their options, broken into lines ---- */

static size_t line_width(const cni_buffer *out)
{
	size_t width = 0;

	for (size_t i = out->size; i > 0 && out->data[i - 1] != '\n'; i--)
		width += out->data[i - 1] == '\t' ? TAB : 1;
	return width;
}

/* What was put together on the side; if that failed, the whole has. */
static const char *text_of(cni_c_writer *w, const cni_buffer *text)
{
	w->out->failed = w->out->failed || text->failed;
	return cni_buffer_text(text);
}

static void begin_part(cni_c_writer *w, const char *head)
{
	cni_buffer_printf(w->out, ",\n\t%s", head);
}

static void add_option(cni_c_writer *w, const char *option)
{
	bool first = w->out->size && w->out->data[w->out->size - 1] == '(';
	bool fits = line_width(w->out) + strcspn(option, "\n") + 4 <= LINE;

	cni_buffer_printf(
		w->out, "%s%s%s", first ? "" : ",", fits ? first ? "" : " " : "\n\t\t", option);
}

static void add_text_option(cni_c_writer *w, const char *name, const char *text)
{
	CLEANUP(cni_buffer_done) cni_buffer option = {0};

	cni_buffer_printf(&option, ".%s = ", name);
	cni_c_string(&option, text, "\t\t");
	add_option(w, text_of(w, &option));
}

static void add_number_option(cni_c_writer *w, const char *name, unsigned value)
{
	char option[64];

	snprintf(option, sizeof option, ".%s = %u", name, value);
	add_option(w, option);
}

static void add_flag_option(cni_c_writer *w, const char *name, bool said)
{
	char option[64];

	if (!said)
		return;
	snprintf(option, sizeof option, ".%s = true", name);
	add_option(w, option);
}

static void add_action_option(cni_c_writer *w, const char *name, cni_action action)
{
	static const char *const words[] = {
		[CNI_RESTRICT] = "CN_RESTRICT",
		[CNI_SET_NULL] = "CN_SET_NULL",
		[CNI_SET_DEFAULT] = "CN_SET_DEFAULT",
		[CNI_CASCADE] = "CN_CASCADE",
	};
	char option[64];

	if (action == CNI_NO_ACTION)
		return;
	snprintf(option, sizeof option, ".%s = %s", name, words[action]);
	add_option(w, option);
}

/* ---- which constraints can be said at the column ---- */

/* Does the constraint have the name that the model gives it? "uq_product_name"; none in an unnamed
 * table. */
static bool is_usual_name(const cni_c_model *model, const char *name, const char *prefix,
	const cni_ddl_part *parts, size_t count)
{
	if (model->unnamed || !name)
		return !name;
	for (size_t i = 0; i < count + 2; i++) {
		const char *word = i == 0   ? prefix
				   : i == 1 ? model->table->name
					    : parts[i - 2].name;
		size_t size = word ? strlen(word) : 0;
		if ((i && *name++ != '_') || !word || cni_ncasecmp(name, word, size) != 0)
			return false;
		name += size;
	}
	return !*name;
}

static bool is_plain(const cni_ddl_part *part)
{
	return part->name && !part->collate && !part->desc && !part->nulls;
}

static bool is_for_column(
	const cni_c_model *model, const cni_ddl_constraint *constraint, size_t column)
{
	return constraint->part_count == 1 && is_plain(&constraint->parts[0]) &&
	       cni_same(constraint->parts[0].name, model->table->columns[column].name);
}

static bool key_at_column(const cni_c_model *model, size_t column)
{
	if (!is_for_column(model, model->key, column))
		return false;
	if (model->alias >= 0)
		return !model->key->name;
	return is_usual_name(model, model->key->name, "pk", NULL, 0);
}

static bool unique_at_column(
	const cni_c_model *model, const cni_ddl_constraint *unique, size_t column)
{
	return unique->kind == CNI_UNIQUE && is_for_column(model, unique, column) &&
	       is_usual_name(model, unique->name, "uq", unique->parts, 1);
}

static bool check_at_column(
	const cni_c_model *model, const cni_ddl_constraint *check, size_t column)
{
	cni_ddl_part part = {.name = model->table->columns[column].name};

	return check->kind == CNI_CHECK && check->at_column && check->column == column &&
	       is_usual_name(model, check->name, "ck", &part, 1);
}

static bool foreign_at_column(const cni_c_model *model, const cni_c_foreign *foreign, size_t column)
{
	const cni_ddl_constraint *key = foreign->constraint;

	return !foreign->reason && is_for_column(model, key, column) &&
	       key->parent_column_count <= 1 &&
	       is_usual_name(model, key->name, "fk", key->parts, 1);
}

typedef bool at_column_fn(
	const cni_c_model *model, const cni_ddl_constraint *constraint, size_t column);

/* The first constraint that the column's own options say; the others become parts of their own. */
static const cni_ddl_constraint *said_at_column(
	const cni_c_model *model, size_t column, at_column_fn *fn)
{
	for (size_t i = 0; i < model->table->constraint_count; i++)
		if (fn(model, &model->table->constraints[i], column))
			return &model->table->constraints[i];
	return NULL;
}

static const cni_c_foreign *foreign_said_at_column(const cni_c_model *model, size_t column)
{
	for (size_t i = 0; i < model->foreign_count; i++)
		if (foreign_at_column(model, &model->foreign[i], column))
			return &model->foreign[i];
	return NULL;
}

static bool is_said_at_column(const cni_c_model *model, const cni_ddl_constraint *constraint)
{
	for (size_t i = 0; i < model->table->column_count; i++)
		if (said_at_column(model, i, unique_at_column) == constraint ||
			said_at_column(model, i, check_at_column) == constraint)
			return true;
	return false;
}

static bool is_usual_index(const cni_c_model *model, const cni_ddl_index *index, size_t column)
{
	const char *name = model->table->columns[column].name;
	size_t prefix = strlen("ix_") + strlen(model->table->name) + 1;

	return !index->unique && !index->where_sql && index->part_count == 1 &&
	       is_plain(&index->parts[0]) && cni_same(index->parts[0].name, name) &&
	       strlen(index->name) == prefix + strlen(name) && cni_starts(index->name, "ix_") &&
	       cni_same(index->name + prefix, name) && index->name[prefix - 1] == '_' &&
	       cni_ncasecmp(index->name + 3, model->table->name, strlen(model->table->name)) == 0;
}

static bool has_usual_index(const cni_c_model *model, size_t column)
{
	for (size_t i = 0; i < model->index_count; i++)
		if (is_usual_index(model, model->indexes[i], column))
			return true;
	return false;
}

/* ---- columns ---- */

static void add_type_options(cni_c_writer *w, const cni_ddl_column *column)
{
	cni_c_type type = cni_c_type_of(column->type);

	if (type.inferred && !cni_same(type.inferred, column->type ? column->type : ""))
		add_text_option(w, "type_sql", column->type ? column->type : "");
	if (type.length)
		add_number_option(w, "length", type.length);
	if (type.precision)
		add_number_option(w, "precision", type.precision);
	if (type.scale)
		add_number_option(w, "scale", type.scale);
}

static void add_null_options(cni_c_writer *w, const cni_c_model *model, size_t at)
{
	const cni_ddl_column *column = &model->table->columns[at];
	bool pointer = !cni_c_type_of(column->type).null_type, key = false;

	for (size_t i = 0; i < model->key->part_count; i++)
		key = key || cni_same(model->key->parts[i].name, column->name);
	if (model->alias == (long)at)
		add_flag_option(w, "not_null", column->not_null);
	else if (key)
		add_flag_option(w, "null", !column->not_null);
	else
		add_flag_option(w, "not_null", pointer && column->not_null);
}

/* A bare or "quoted" word is a text to SQLite here, and nowhere else: written as the text it is. */
static void add_default_option(cni_c_writer *w, const cni_ddl_column *column)
{
	static const char *const words[] = {
		"TRUE",
		"FALSE",
		"CURRENT_TIMESTAMP",
		"CURRENT_DATE",
		"CURRENT_TIME",
	};
	CLEANUP(cni_buffer_done) cni_buffer sql = {0};
	size_t count = 0;

	if (!cni_column_normal(w->arena, column).default_value)
		return;
	const cni_token *tokens =
		cni_tokens(w->arena, column->default_sql, strlen(column->default_sql), &count);
	bool text = tokens && count == 1 &&
		    (tokens[0].kind == CNI_TOKEN_QUOTED || tokens[0].kind == CNI_TOKEN_WORD);
	for (size_t i = 0; text && i < CNI_COUNT(words); i++)
		text = !cni_token_is(&tokens[0], words[i]);
	const char *name = text ? cni_token_name(w->arena, &tokens[0]) : NULL;
	if (name)
		cni_quote_text(&sql, name);
	else
		cni_buffer_puts(&sql, column->default_sql);
	add_text_option(w, "default_sql", text_of(w, &sql));
}

static void add_names(cni_buffer *out, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		cni_buffer_puts(out, i ? ", " : "");
		cni_quote_name_if(out, names[i]);
	}
}

static void add_foreign_options(cni_c_writer *w, const cni_ddl_constraint *key)
{
	add_action_option(w, "on_delete", key->on_delete);
	add_action_option(w, "on_update", key->on_update);
	add_flag_option(w, "deferrable", key->initially_deferred);
}

static void add_references(cni_c_writer *w, const cni_ddl_constraint *key)
{
	CLEANUP(cni_buffer_done) cni_buffer text = {0};

	cni_quote_name_if(&text, key->parent);
	cni_buffer_puts(&text, key->parent_column_count ? "." : "");
	add_names(&text, key->parent_columns, key->parent_column_count);
	add_text_option(w, "references", text_of(w, &text));
	add_foreign_options(w, key);
}

static void write_column(cni_c_writer *w, const cni_c_model *model, size_t at)
{
	const cni_ddl_column *column = &model->table->columns[at];
	const cni_ddl_constraint *check = said_at_column(model, at, check_at_column);
	const cni_c_foreign *foreign = foreign_said_at_column(model, at);

	begin_part(w, "CN_COLUMN(");
	cni_buffer_printf(w->out, "%s, %s", model->type, model->members[at]);
	if (strcmp(model->members[at], column->name) != 0)
		add_text_option(w, "name", column->name);
	add_type_options(w, column);
	add_flag_option(w, "primary_key", key_at_column(model, at));
	add_flag_option(w, "autoincrement", model->key->autoincrement && model->alias == (long)at);
	add_flag_option(w, "unique", said_at_column(model, at, unique_at_column) != NULL);
	add_flag_option(w, "index", has_usual_index(model, at));
	add_null_options(w, model, at);
	add_default_option(w, column);
	if (column->collate && is_text(column))
		add_text_option(w, "collate", column->collate);
	if (column->generated_sql)
		add_text_option(w, "generated_sql", column->generated_sql);
	add_flag_option(w, "stored", column->generated_sql && column->generated_stored);
	if (check)
		add_text_option(w, "check_sql", check->check_sql);
	if (foreign)
		add_references(w, foreign->constraint);
	if (column->comment)
		add_text_option(w, "comment", column->comment);
	cni_buffer_putc(w->out, ')');
}

/* ---- relations, constraints, indexes, options ---- */

static void add_part_names(cni_buffer *out, const cni_ddl_part *parts, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		cni_buffer_puts(out, i ? ", " : "");
		cni_quote_name_if(out, parts[i].name);
	}
}

static void write_relation(
	cni_c_writer *w, const cni_c_model *model, const cni_c_relation_part *relation)
{
	static const char *const heads[] = {[CNI_C_BELONGS_TO] = "CN_BELONGS_TO(",
		[CNI_C_HAS_MANY] = "CN_HAS_MANY(",
		[CNI_C_HAS_ONE] = "CN_HAS_ONE(",
		[CNI_C_MANY_TO_MANY] = "CN_MANY_TO_MANY("};
	CLEANUP(cni_buffer_done) cni_buffer via = {0}, to = {0};

	begin_part(w, heads[relation->kind]);
	cni_buffer_printf(
		w->out, "%s, %s, %s", model->type, relation->target->type, relation->member);
	if (relation->through)
		add_text_option(w, "through", relation->through->object->name);
	add_part_names(&via, relation->key->parts, relation->key->part_count);
	add_text_option(w, "via", text_of(w, &via));
	if (relation->to) {
		add_part_names(&to, relation->to->parts, relation->to->part_count);
		add_text_option(w, "to", text_of(w, &to));
	}
	cni_buffer_putc(w->out, ')');
}

static void write_key(cni_c_writer *w, const cni_ddl_constraint *key, const char *macro)
{
	CLEANUP(cni_buffer_done) cni_buffer columns = {0};

	add_part_names(&columns, key->parts, key->part_count);
	begin_part(w, macro);
	cni_c_string(w->out, text_of(w, &columns), "\t\t");
	if (key->name)
		add_text_option(w, "name", key->name);
	cni_buffer_putc(w->out, ')');
}

static void write_check(cni_c_writer *w, const cni_ddl_constraint *check)
{
	begin_part(w, "CN_CHECK(");
	cni_c_string(w->out, check->check_sql, "\t\t");
	if (check->name)
		add_text_option(w, "name", check->name);
	cni_buffer_putc(w->out, ')');
}

static void write_foreign_key(cni_c_writer *w, const cni_ddl_constraint *key)
{
	CLEANUP(cni_buffer_done) cni_buffer text = {0};

	add_part_names(&text, key->parts, key->part_count);
	begin_part(w, "CN_FOREIGN_KEY(");
	cni_c_string(w->out, text_of(w, &text), "\t\t");
	cni_buffer_clear(&text);
	cni_quote_name_if(&text, key->parent);
	if (key->parent_column_count) {
		cni_buffer_putc(&text, '(');
		add_names(&text, key->parent_columns, key->parent_column_count);
		cni_buffer_putc(&text, ')');
	}
	cni_buffer_puts(w->out, ", ");
	cni_c_string(w->out, text_of(w, &text), "\t\t");
	if (key->name)
		add_text_option(w, "name", key->name);
	add_foreign_options(w, key);
	cni_buffer_putc(w->out, ')');
}

static void write_index(cni_c_writer *w, const cni_ddl_index *index)
{
	static const char *const nulls[] = {"", " NULLS FIRST", " NULLS LAST"};
	CLEANUP(cni_buffer_done) cni_buffer columns = {0};

	for (size_t i = 0; i < index->part_count; i++) {
		const cni_ddl_part *part = &index->parts[i];
		cni_buffer_puts(&columns, i ? ", " : "");
		if (part->name)
			cni_quote_name_if(&columns, part->name);
		else
			cni_buffer_puts(&columns, part->expr_sql);
		if (part->collate) {
			cni_buffer_puts(&columns, " COLLATE ");
			cni_quote_name_if(&columns, part->collate);
		}
		cni_buffer_printf(&columns, "%s%s", part->desc ? " DESC" : "", nulls[part->nulls]);
	}
	begin_part(w, "CN_INDEX(");
	cni_c_string(w->out, text_of(w, &columns), "\t\t");
	add_text_option(w, "name", index->name);
	add_flag_option(w, "unique", index->unique);
	if (index->where_sql)
		add_text_option(w, "where_sql", index->where_sql);
	cni_buffer_putc(w->out, ')');
}

static void write_indexes(cni_c_writer *w, const cni_c_model *model)
{
	for (size_t i = 0; i < model->index_count; i++) {
		bool usual = false;
		for (size_t k = 0; k < model->table->column_count && !usual; k++)
			usual = is_usual_index(model, model->indexes[i], k);
		if (!usual)
			write_index(w, model->indexes[i]);
	}
}

static bool is_key_said(const cni_c_model *model)
{
	for (size_t i = 0; i < model->table->column_count; i++)
		if (key_at_column(model, i))
			return true;
	return false;
}

static void write_constraints(cni_c_writer *w, const cni_c_model *model)
{
	for (size_t i = 0; i < model->table->constraint_count; i++) {
		const cni_ddl_constraint *constraint = &model->table->constraints[i];
		if (constraint->kind == CNI_FOREIGN_KEY || is_said_at_column(model, constraint))
			continue;
		if (constraint->kind == CNI_CHECK)
			write_check(w, constraint);
		else if (constraint->kind == CNI_UNIQUE && constraint->part_count <= CNI_C_KEY_MAX)
			write_key(w, constraint, "CN_UNIQUE(");
		else if (constraint->kind == CNI_PRIMARY_KEY && !is_key_said(model))
			write_key(w, constraint, "CN_PRIMARY_KEY(");
	}
	for (size_t i = 0; i < model->foreign_count; i++) {
		const cni_c_foreign *foreign = &model->foreign[i];
		bool said = foreign->reason != NULL;
		for (size_t k = 0; k < model->table->column_count && !said; k++)
			said = foreign_said_at_column(model, k) == foreign;
		if (!said)
			write_foreign_key(w, foreign->constraint);
	}
}

static void write_options(cni_c_writer *w, const cni_c_model *model)
{
	const cni_ddl_table *table = model->table;

	if (!table->strict && !table->without_rowid && !model->unnamed && !table->comment)
		return;
	begin_part(w, "CN_TABLE_OPTIONS(");
	add_flag_option(w, "strict", table->strict);
	add_flag_option(w, "without_rowid", table->without_rowid);
	add_flag_option(w, "unnamed", model->unnamed);
	if (table->comment)
		add_text_option(w, "comment", table->comment);
	cni_buffer_putc(w->out, ')');
}

void cni_c_write_model(cni_c_writer *w, const cni_c_model *model)
{
	cni_buffer_printf(w->out, "CN_MODEL(%s, ", model->type);
	cni_c_string(w->out, model->table->name, "\t");
	for (size_t i = 0; i < model->table->column_count; i++)
		write_column(w, model, i);
	write_constraints(w, model);
	write_indexes(w, model);
	for (size_t i = 0; i < model->relation_count; i++)
		write_relation(w, model, &model->relations[i]);
	write_options(w, model);
	cni_buffer_puts(w->out, ");\n");
}
