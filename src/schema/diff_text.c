/* diff_text.c - a diff for people, a line each change, and as JSON. See diff.h. */
#include <assert.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "base/try.h"
#include "schema/compare.h"
#include "schema/diff.h"
#include "sql/lexer.h"

static const char *kind_name(const cni_object *object)
{
	switch (object->ddl.kind) {
	case CNI_DDL_TABLE: return "table";
	case CNI_DDL_INDEX: return "index";
	case CNI_DDL_VIEW: return "view";
	case CNI_DDL_TRIGGER: return "trigger";
	case CNI_DDL_VIRTUAL: return "virtual table";
	case CNI_DDL_OPAQUE: return object->ddl.opaque.word;
	case CNI_DDL_OTHER: break;
	}
	return "object";
}

/* Is it said at a column that is itself dropped or new? Then the column tells it all. */
static bool comes_with_column(
	const cni_change *change, const cni_ddl_constraint *constraint, bool added)
{
	for (size_t i = 0; constraint->at_column && i < change->column_count; i++) {
		const cni_column_change *column = &change->columns[i];
		if (added ? column->kind == CNI_COLUMN_ADD && column->to == (long)constraint->column
			  : column->kind == CNI_COLUMN_DROP &&
					column->from == (long)constraint->column)
			return true;
	}
	return false;
}

static void write_columns(cni_buffer *out, const cni_ddl_constraint *constraint)
{
	cni_buffer_puts(out, " (");
	for (size_t i = 0; i < constraint->part_count; i++) {
		const cni_ddl_part *part = &constraint->parts[i];
		cni_buffer_puts(out, i ? ", " : "");
		if (part->name)
			cni_quote_name_if(out, part->name);
		else
			cni_buffer_puts(out, part->expr_sql);
	}
	cni_buffer_putc(out, ')');
}

static void write_constraint(cni_buffer *out, const cni_ddl_constraint *constraint)
{
	static const char *const words[] = {
		[CNI_PRIMARY_KEY] = "PRIMARY KEY",
		[CNI_UNIQUE] = "UNIQUE",
		[CNI_CHECK] = "CHECK",
		[CNI_FOREIGN_KEY] = "FOREIGN KEY",
		[CNI_EXCLUDE] = "EXCLUDE",
	};

	if (constraint->name) {
		cni_quote_name_if(out, constraint->name);
		cni_buffer_putc(out, ' ');
	}
	cni_buffer_puts(out, words[constraint->kind]);
	if (constraint->kind == CNI_CHECK) {
		cni_buffer_printf(out, " (%s)", constraint->check_sql);
		return;
	}
	if (constraint->kind == CNI_EXCLUDE) {
		cni_buffer_printf(out, " %s", constraint->check_sql);
		return;
	}
	write_columns(out, constraint);
	if (constraint->kind != CNI_FOREIGN_KEY)
		return;
	cni_buffer_puts(out, " REFERENCES ");
	cni_quote_name_if(out, constraint->parent);
	if (constraint->on_delete)
		cni_buffer_printf(out, " ON DELETE %s", cni_action_sql(constraint->on_delete));
	if (constraint->on_update)
		cni_buffer_printf(out, " ON UPDATE %s", cni_action_sql(constraint->on_update));
}

/* ---- for people ---- */

typedef struct line { /* items parted by commas after the head's colon */
	cni_buffer *out;
	bool filled;
} line;

static cni_buffer *item(line *l)
{
	cni_buffer_puts(l->out, l->filled ? ", " : ": ");
	l->filled = true;
	return l->out;
}

static void write_type(cni_buffer *out, const char *type)
{
	cni_buffer_puts(out, type && *type ? type : "no type");
}

static void write_not_null(cni_buffer *out, const cni_ddl_column *column)
{
	if (column->not_null && column->not_null_name) {
		cni_buffer_puts(out, "CONSTRAINT ");
		cni_quote_name_if(out, column->not_null_name);
		cni_buffer_putc(out, ' ');
	}
	cni_buffer_puts(out, column->not_null ? "NOT NULL" : "nullable");
	if (column->not_null && column->not_null_conflict)
		cni_buffer_printf(
			out, " ON CONFLICT %s", cni_conflict_sql(column->not_null_conflict));
}

static void describe_alter(line *l, const cni_column_change *change, const cni_ddl_column *from,
	const cni_ddl_column *to)
{
	cni_buffer *out = item(l);
	const char *next = " ";

	cni_buffer_puts(out, "column ");
	cni_quote_name_if(out, to->name);
	if (change->type) {
		cni_buffer_puts(out, next);
		write_type(out, from->type);
		cni_buffer_puts(out, " to ");
		write_type(out, to->type);
		next = " and ";
	}
	if (change->not_null) {
		cni_buffer_puts(out, next);
		write_not_null(out, to);
		next = " and ";
	}
	if (change->default_value) {
		if (cni_column_has_default(to))
			cni_buffer_printf(out, "%sDEFAULT %s", next, to->default_sql);
		else
			cni_buffer_printf(out, "%swithout default", next);
		next = " and ";
	}
	if (change->collate) {
		cni_buffer_printf(out, "%sCOLLATE %s", next, to->collate ? to->collate : "BINARY");
		next = " and ";
	}
	if (change->generated && to->identity) {
		cni_buffer_printf(out, "%sgenerated %s as identity", next,
			to->identity == CNI_IDENTITY_ALWAYS ? "always" : "by default");
		return;
	}
	if (change->generated && to->generated_sql)
		cni_buffer_printf(out, "%sgenerated AS (%s)%s", next, to->generated_sql,
			to->generated_stored ? " STORED" : "");
	else if (change->generated)
		cni_buffer_printf(out, "%sno longer generated", next);
}

static void describe_column(line *l, const cni_change *change, const cni_column_change *column)
{
	const cni_ddl_column *from =
		column->from < 0 ? NULL : &change->from->ddl.table.columns[column->from];
	const cni_ddl_column *to =
		column->to < 0 ? NULL : &change->to->ddl.table.columns[column->to];
	cni_buffer *out;

	assert(from || column->kind == CNI_COLUMN_ADD);
	assert(to || column->kind == CNI_COLUMN_DROP);
	switch (column->kind) {
	case CNI_COLUMN_ADD:
		out = item(l);
		cni_buffer_puts(out, "add column ");
		cni_quote_name_if(out, to->name);
		if (to->type && *to->type)
			cni_buffer_printf(out, " %s", to->type);
		cni_buffer_puts(out, to->not_null ? " NOT NULL" : "");
		break;
	case CNI_COLUMN_DROP:
		cni_buffer_puts(item(l), "drop column ");
		cni_quote_name_if(l->out, from->name);
		break;
	case CNI_COLUMN_RENAME:
		cni_buffer_puts(item(l), "rename column ");
		cni_quote_name_if(l->out, from->name);
		cni_buffer_puts(l->out, " to ");
		cni_quote_name_if(l->out, to->name);
		break;
	case CNI_COLUMN_ALTER: describe_alter(l, column, from, to); break;
	}
}

static void describe_constraints(line *l, const cni_change *change)
{
	for (size_t i = 0; i < change->gone_count; i++) {
		if (comes_with_column(change, change->gone[i], false))
			continue;
		cni_buffer_puts(item(l), "drop ");
		write_constraint(l->out, change->gone[i]);
	}
	for (size_t i = 0; i < change->added_count; i++) {
		if (comes_with_column(change, change->added[i], true))
			continue;
		cni_buffer_puts(item(l), "add ");
		write_constraint(l->out, change->added[i]);
	}
}

static bool has_autoincrement(const cni_object *object)
{
	const cni_ddl_constraint *key = cni_table_primary_key(&object->ddl.table);

	return key && key->autoincrement;
}

static void describe_option(line *l, bool was, bool is, const char *name)
{
	if (was != is)
		cni_buffer_printf(item(l), "%s%s", is ? "" : "no longer ", name);
}

static void describe_table(cni_buffer *out, const cni_change *change)
{
	const cni_ddl_table *from = &change->from->ddl.table, *to = &change->to->ddl.table;
	line l = {.out = out};

	for (size_t i = 0; i < change->column_count; i++)
		describe_column(&l, change, &change->columns[i]);
	describe_constraints(&l, change);
	if (change->options) {
		describe_option(&l, has_autoincrement(change->from), has_autoincrement(change->to),
			"AUTOINCREMENT");
		describe_option(&l, from->strict, to->strict, "STRICT");
		describe_option(&l, from->without_rowid, to->without_rowid, "WITHOUT ROWID");
	}
	if (change->options && to->dialect != CNI_DIALECT_SQLITE)
		cni_buffer_puts(item(&l), "definition");
	if (change->notes)
		cni_buffer_puts(item(&l), "comments, grants or settings");
	if (change->order)
		cni_buffer_puts(item(&l), "order of columns");
}

void cni_diff_describe(cni_buffer *out, const cni_diff *diff)
{
	static const char signs[] = {
		[CNI_CREATE] = '+', [CNI_DROP] = '-', [CNI_RENAME_TABLE] = '~', [CNI_ALTER] = '~'};

	for (size_t i = 0; i < diff->change_count; i++) {
		const cni_change *change = &diff->changes[i];
		const cni_object *object =
			change->kind == CNI_DROP || change->kind == CNI_RENAME_TABLE ? change->from
										     : change->to;
		assert(object && (change->kind != CNI_RENAME_TABLE || change->to));
		cni_buffer_printf(out, "%c %s ", signs[change->kind], kind_name(object));
		cni_quote_name_if(out, object->name);
		if (object->table) {
			cni_buffer_puts(out, " on ");
			cni_quote_name_if(out, object->table);
		}
		if (change->kind == CNI_RENAME_TABLE) {
			cni_buffer_puts(out, ": renamed to ");
			cni_quote_name_if(out, change->to->name);
		} else if (change->kind == CNI_ALTER && object->ddl.kind == CNI_DDL_TABLE) {
			describe_table(out, change);
		}
		cni_buffer_putc(out, '\n');
	}
}

/* ---- JSON ---- */

static void json_constraints(
	cni_json *json, const char *name, const cni_ddl_constraint *const *list, size_t count)
{
	CLEANUP(cni_buffer_done) cni_buffer text = {0};

	cni_json_array(json, name);
	for (size_t i = 0; i < count; i++) {
		cni_buffer_clear(&text);
		write_constraint(&text, list[i]);
		cni_json_text(json, NULL, cni_buffer_text(&text));
	}
	cni_json_end(json);
}

static void json_flag(cni_json *json, bool flag, const char *name)
{
	if (flag)
		cni_json_text(json, NULL, name);
}

static void json_column(cni_json *json, const cni_change *change, const cni_column_change *column)
{
	static const char *const kinds[] = {
		[CNI_COLUMN_ADD] = "add",
		[CNI_COLUMN_DROP] = "drop",
		[CNI_COLUMN_RENAME] = "rename",
		[CNI_COLUMN_ALTER] = "alter",
	};

	assert(change->from && change->to);
	cni_json_object(json, NULL);
	cni_json_text(json, "change", kinds[column->kind]);
	if (column->from >= 0)
		cni_json_text(json, "from", change->from->ddl.table.columns[column->from].name);
	if (column->to >= 0)
		cni_json_text(json, "to", change->to->ddl.table.columns[column->to].name);
	if (column->kind == CNI_COLUMN_ALTER) {
		cni_json_array(json, "differs");
		json_flag(json, column->type, "type");
		json_flag(json, column->affinity, "affinity");
		json_flag(json, column->not_null, "not_null");
		json_flag(json, column->default_value, "default");
		json_flag(json, column->collate, "collate");
		json_flag(json, column->generated, "generated");
		cni_json_end(json);
	}
	cni_json_end(json);
}

static void json_change(cni_json *json, const cni_change *change)
{
	static const char *const kinds[] = {
		[CNI_CREATE] = "create",
		[CNI_DROP] = "drop",
		[CNI_RENAME_TABLE] = "rename",
		[CNI_ALTER] = "alter",
	};

	assert(change->from || change->kind == CNI_CREATE);
	assert(change->to || change->kind == CNI_DROP);
	cni_json_object(json, NULL);
	cni_json_text(json, "change", kinds[change->kind]);
	cni_json_text(json, "kind", kind_name(change->to ? change->to : change->from));
	cni_json_text(json, "from", change->from ? change->from->name : NULL);
	cni_json_text(json, "to", change->to ? change->to->name : NULL);
	if (change->kind == CNI_ALTER && change->to->ddl.kind == CNI_DDL_TABLE) {
		cni_json_array(json, "columns");
		for (size_t i = 0; i < change->column_count; i++)
			json_column(json, change, &change->columns[i]);
		cni_json_end(json);
		json_constraints(json, "dropped_constraints", change->gone, change->gone_count);
		json_constraints(json, "added_constraints", change->added, change->added_count);
		cni_json_bool(json, "order", change->order);
		cni_json_bool(json, "options", change->options);
		if (change->notes)
			cni_json_bool(json, "notes", true);
	}
	cni_json_end(json);
}

void cni_diff_json(cni_buffer *out, const cni_diff *diff)
{
	cni_json json = {.out = out, .pretty = true};

	cni_json_object(&json, NULL);
	cni_json_array(&json, "changes");
	for (size_t i = 0; i < diff->change_count; i++)
		json_change(&json, &diff->changes[i]);
	cni_json_end(&json);
	cni_json_array(&json, "maybe_renames");
	for (size_t i = 0; i < diff->maybe_count; i++) {
		const cni_maybe_rename *maybe = &diff->maybe[i];
		cni_json_object(&json, NULL);
		cni_json_text(&json, "table", maybe->table);
		cni_json_text(&json, "from", maybe->from);
		cni_json_text(&json, "to", maybe->to);
		cni_json_int(&json, "likeness", maybe->likeness);
		cni_json_end(&json);
	}
	cni_json_end(&json);
	cni_json_end(&json);
	cni_buffer_putc(out, '\n');
}
