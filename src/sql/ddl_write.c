/*
 * ddl_write.c - a CREATE statement for people to read.
 *
 * One column a line, its properties in one order, its comment behind it. An INTEGER PRIMARY KEY
 * stands at its column, where it is read as what it is; every other constraint stays where it was
 * said, because SQLite numbers the indexes it makes for them in the order of the text.
 */
#include <string.h>

#include "base/text.h"
#include "base/try.h"
#include "sql/ddl.h"
#include "sql/lexer.h"

static const char INDENT[] = "    ";

const char *cni_action_sql(cni_action action)
{
	static const char *const words[] = {
		[CNI_NO_ACTION] = "NO ACTION",
		[CNI_RESTRICT] = "RESTRICT",
		[CNI_SET_NULL] = "SET NULL",
		[CNI_SET_DEFAULT] = "SET DEFAULT",
		[CNI_CASCADE] = "CASCADE",
	};

	return words[action];
}

const char *cni_conflict_sql(cni_conflict conflict)
{
	static const char *const words[] = {
		[CNI_CONFLICT_NONE] = "ABORT",
		[CNI_CONFLICT_ROLLBACK] = "ROLLBACK",
		[CNI_CONFLICT_FAIL] = "FAIL",
		[CNI_CONFLICT_IGNORE] = "IGNORE",
		[CNI_CONFLICT_REPLACE] = "REPLACE",
	};

	return words[conflict];
}

static void add_conflict(cni_buffer *out, cni_conflict conflict)
{
	if (conflict != CNI_CONFLICT_NONE)
		cni_buffer_printf(out, " ON CONFLICT %s", cni_conflict_sql(conflict));
}

static void add_constraint_name(cni_buffer *out, const char *name)
{
	if (!name)
		return;
	cni_buffer_puts(out, "CONSTRAINT ");
	cni_quote_name_if(out, name);
	cni_buffer_putc(out, ' ');
}

static void add_names(cni_buffer *out, const char *const *names, size_t count)
{
	cni_buffer_putc(out, '(');
	for (size_t i = 0; i < count; i++) {
		if (i)
			cni_buffer_puts(out, ", ");
		cni_quote_name_if(out, names[i]);
	}
	cni_buffer_putc(out, ')');
}

/* A name in double quotes that is no column is a text to SQLite, in an index: its quotes stay. */
static void add_part(cni_buffer *out, const cni_ddl_part *part, bool of_index)
{
	if (!part->name)
		cni_buffer_puts(out, part->expr_sql);
	else if (of_index && part->expr_sql && part->expr_sql[0] == '"')
		cni_quote_name(out, part->name);
	else
		cni_quote_name_if(out, part->name);
	if (part->collate) {
		cni_buffer_puts(out, " COLLATE ");
		cni_quote_name_if(out, part->collate);
	}
	if (part->desc)
		cni_buffer_puts(out, " DESC");
	if (part->nulls)
		cni_buffer_puts(out, part->nulls == 1 ? " NULLS FIRST" : " NULLS LAST");
}

static void add_parts(cni_buffer *out, const cni_ddl_part *parts, size_t count, bool of_index)
{
	for (size_t i = 0; i < count; i++) {
		if (i)
			cni_buffer_puts(out, ", ");
		add_part(out, &parts[i], of_index);
	}
}

static void add_references(cni_buffer *out, const cni_ddl_constraint *key)
{
	cni_buffer_puts(out, "REFERENCES ");
	cni_quote_name_if(out, key->parent);
	if (key->parent_column_count) {
		cni_buffer_putc(out, ' ');
		add_names(out, key->parent_columns, key->parent_column_count);
	}
	if (key->on_delete != CNI_NO_ACTION)
		cni_buffer_printf(out, " ON DELETE %s", cni_action_sql(key->on_delete));
	if (key->on_update != CNI_NO_ACTION)
		cni_buffer_printf(out, " ON UPDATE %s", cni_action_sql(key->on_update));
	if (key->match) {
		cni_buffer_puts(out, " MATCH ");
		cni_quote_name_if(out, key->match);
	}
	if (key->deferrable)
		cni_buffer_printf(
			out, " DEFERRABLE%s", key->initially_deferred ? " INITIALLY DEFERRED" : "");
}

static void add_own_constraint(cni_buffer *out, const cni_ddl_constraint *constraint)
{
	add_constraint_name(out, constraint->name);
	switch (constraint->kind) {
	case CNI_PRIMARY_KEY:
		cni_buffer_puts(
			out, constraint->parts[0].desc ? "PRIMARY KEY DESC" : "PRIMARY KEY");
		add_conflict(out, constraint->conflict);
		if (constraint->autoincrement)
			cni_buffer_puts(out, " AUTOINCREMENT");
		break;
	case CNI_UNIQUE:
		cni_buffer_puts(out, "UNIQUE");
		add_conflict(out, constraint->conflict);
		break;
	case CNI_CHECK: cni_buffer_printf(out, "CHECK (%s)", constraint->check_sql); break;
	case CNI_FOREIGN_KEY: add_references(out, constraint); break;
	case CNI_EXCLUDE: break; /* there is none in this dialect */
	}
}

static void add_table_constraint(cni_buffer *out, const cni_ddl_constraint *constraint)
{
	add_constraint_name(out, constraint->name);
	switch (constraint->kind) {
	case CNI_PRIMARY_KEY:
	case CNI_UNIQUE:
		cni_buffer_puts(out, constraint->kind == CNI_UNIQUE ? "UNIQUE (" : "PRIMARY KEY (");
		add_parts(out, constraint->parts, constraint->part_count, false);
		cni_buffer_puts(out, constraint->autoincrement ? " AUTOINCREMENT)" : ")");
		add_conflict(out, constraint->conflict);
		break;
	case CNI_CHECK: cni_buffer_printf(out, "CHECK (%s)", constraint->check_sql); break;
	case CNI_FOREIGN_KEY:
		cni_buffer_puts(out, "FOREIGN KEY (");
		add_parts(out, constraint->parts, constraint->part_count, false);
		cni_buffer_puts(out, ") ");
		add_references(out, constraint);
		break;
	case CNI_EXCLUDE: break; /* there is none in this dialect */
	}
}

/*
 * The table-level PRIMARY KEY that is written at its column: the one that makes an INTEGER column
 * the rowid. Not with DESC: INTEGER PRIMARY KEY DESC at a column is another thing.
 */
static const cni_ddl_constraint *moved_key(const cni_ddl_table *table, size_t *ret_column)
{
	for (size_t i = 0; i < table->constraint_count; i++) {
		const cni_ddl_constraint *key = &table->constraints[i];
		if (key->kind != CNI_PRIMARY_KEY)
			continue;
		if (key->at_column || key->part_count != 1 || !key->parts[0].name ||
			key->parts[0].desc || key->parts[0].collate || key->parts[0].nulls ||
			table->without_rowid)
			return NULL;
		for (size_t c = 0; c < table->column_count; c++) {
			if (!cni_same(table->columns[c].name, key->parts[0].name))
				continue;
			*ret_column = c;
			return cni_same(table->columns[c].type, "INTEGER") ? key : NULL;
		}
		return NULL;
	}
	return NULL;
}

/* What is the column's own, without the constraints of the table. */
static void add_properties(cni_buffer *out, const cni_ddl_column *column)
{
	cni_quote_name_if(out, column->name);
	if (column->type)
		cni_buffer_printf(out, " %s", column->type);
	if (column->not_null) {
		cni_buffer_putc(out, ' ');
		add_constraint_name(out, column->not_null_name);
		cni_buffer_puts(out, "NOT NULL");
		add_conflict(out, column->not_null_conflict);
	}
	if (column->default_sql)
		cni_buffer_printf(out,
			column->default_is_expression ? " DEFAULT (%s)" : " DEFAULT %s",
			column->default_sql);
	if (column->collate) {
		cni_buffer_puts(out, " COLLATE ");
		cni_quote_name_if(out, column->collate);
	}
	if (column->generated_sql)
		cni_buffer_printf(out, " GENERATED ALWAYS AS (%s) %s", column->generated_sql,
			column->generated_stored ? "STORED" : "VIRTUAL");
}

void cni_ddl_write_column(cni_buffer *out, const cni_ddl_table *table, size_t column)
{
	size_t moved_column = 0;
	const cni_ddl_constraint *moved = moved_key(table, &moved_column);

	add_properties(out, &table->columns[column]);
	for (size_t i = 0; i < table->constraint_count; i++) {
		const cni_ddl_constraint *constraint = &table->constraints[i];
		if (constraint == moved ? moved_column != column
					: !constraint->at_column || constraint->column != column)
			continue;
		cni_buffer_putc(out, ' ');
		add_own_constraint(out, constraint);
	}
}

/* A comment of one line stands behind its column, a longer one before it. */
static bool is_one_line(const char *comment) { return !strchr(comment, '\n'); }

static void add_comment_lines(cni_buffer *out, const char *comment)
{
	while (*comment) {
		size_t size = strcspn(comment, "\n");
		cni_buffer_printf(out, "%s-- ", INDENT);
		cni_buffer_add(out, comment, size);
		cni_buffer_putc(out, '\n');
		comment += size + (comment[size] == '\n');
	}
}

/* Behind the opening parenthesis: what stands before CREATE is not kept by SQLite. */
static void add_table_comment(cni_buffer *out, const char *comment)
{
	if (is_one_line(comment)) {
		cni_buffer_printf(out, " -- %s\n", comment);
		return;
	}
	bool block = !strstr(comment, "*/");
	cni_buffer_puts(out, block ? " /* " : " -- ");
	for (; *comment; comment++) {
		if (*comment != '\n')
			cni_buffer_putc(out, *comment);
		else
			cni_buffer_puts(out, block ? "\n   " : " ");
	}
	cni_buffer_puts(out, block ? " */\n" : "\n");
}

/* Ends the line of a column or a constraint. */
static void end_line(cni_buffer *out, bool more, const char *comment)
{
	if (more)
		cni_buffer_putc(out, ',');
	if (comment && *comment && is_one_line(comment))
		cni_buffer_printf(out, " -- %s", comment);
	cni_buffer_putc(out, '\n');
}

static void write_body(cni_buffer *out, const cni_ddl_table *table)
{
	size_t left = table->column_count, moved_column;
	const cni_ddl_constraint *moved = moved_key(table, &moved_column);

	for (size_t i = 0; i < table->constraint_count; i++)
		left += !table->constraints[i].at_column && &table->constraints[i] != moved;
	for (size_t i = 0; i < table->column_count; i++) {
		const char *comment = table->columns[i].comment;
		if (comment && !is_one_line(comment))
			add_comment_lines(out, comment);
		cni_buffer_puts(out, INDENT);
		cni_ddl_write_column(out, table, i);
		end_line(out, --left > 0, comment);
	}
	for (size_t i = 0; i < table->constraint_count; i++) {
		const cni_ddl_constraint *constraint = &table->constraints[i];
		if (constraint->at_column || constraint == moved)
			continue;
		cni_buffer_puts(out, INDENT);
		add_table_constraint(out, constraint);
		end_line(out, --left > 0, NULL);
	}
}

static void write_table(cni_buffer *out, const cni_ddl_table *table)
{
	cni_buffer_printf(out, "CREATE %sTABLE %s", table->temporary ? "TEMP " : "",
		table->if_not_exists ? "IF NOT EXISTS " : "");
	cni_quote_name_if(out, table->name);
	if (table->as_select_sql) {
		cni_buffer_printf(out, " AS %s", table->as_select_sql);
		return;
	}
	cni_buffer_puts(out, " (");
	if (table->comment && *table->comment)
		add_table_comment(out, table->comment);
	else
		cni_buffer_putc(out, '\n');
	write_body(out, table);
	cni_buffer_putc(out, ')');
	if (table->strict)
		cni_buffer_puts(out, " STRICT");
	if (table->without_rowid)
		cni_buffer_puts(out, table->strict ? ", WITHOUT ROWID" : " WITHOUT ROWID");
}

static void write_index(cni_buffer *out, const cni_ddl_index *index)
{
	cni_buffer_printf(out, "CREATE %sINDEX %s", index->unique ? "UNIQUE " : "",
		index->if_not_exists ? "IF NOT EXISTS " : "");
	cni_quote_name_if(out, index->name);
	cni_buffer_puts(out, " ON ");
	cni_quote_name_if(out, index->table);
	cni_buffer_puts(out, " (");
	add_parts(out, index->parts, index->part_count, true);
	cni_buffer_putc(out, ')');
	if (index->where_sql)
		cni_buffer_printf(out, " WHERE %s", index->where_sql);
}

static void write_view(cni_buffer *out, const cni_ddl_view *view)
{
	cni_buffer_printf(out, "CREATE %sVIEW ", view->temporary ? "TEMP " : "");
	cni_quote_name_if(out, view->name);
	if (view->column_count) {
		cni_buffer_putc(out, ' ');
		add_names(out, view->columns, view->column_count);
	}
	cni_buffer_printf(out, " AS\n%s", view->select_sql);
}

static void write_trigger(cni_buffer *out, const cni_ddl_trigger *trigger)
{
	cni_buffer_printf(out, "CREATE %sTRIGGER ", trigger->temporary ? "TEMP " : "");
	cni_quote_name_if(out, trigger->name);
	cni_buffer_printf(out, " %s ON ", trigger->head_sql);
	cni_quote_name_if(out, trigger->table);
	cni_buffer_printf(out, "\n%s", trigger->body_sql);
}

static void write_virtual(cni_buffer *out, const cni_ddl_virtual *table)
{
	cni_buffer_puts(out, "CREATE VIRTUAL TABLE ");
	cni_quote_name_if(out, table->name);
	cni_buffer_puts(out, " USING ");
	cni_quote_name_if(out, table->module);
	for (size_t i = 0; i < table->argument_count; i++)
		cni_buffer_printf(out, "%s%s", i ? ", " : "(", table->arguments[i]);
	if (table->argument_count)
		cni_buffer_putc(out, ')');
}

void cni_ddl_write(cni_buffer *out, const cni_ddl *ddl)
{
	if (ddl->dialect == CNI_DIALECT_POSTGRESQL) {
		cni_ddl_write_postgres(out, ddl);
		return;
	}
	switch (ddl->kind) {
	case CNI_DDL_TABLE: write_table(out, &ddl->table); break;
	case CNI_DDL_INDEX: write_index(out, &ddl->index); break;
	case CNI_DDL_VIEW: write_view(out, &ddl->view); break;
	case CNI_DDL_TRIGGER: write_trigger(out, &ddl->trigger); break;
	case CNI_DDL_VIRTUAL: write_virtual(out, &ddl->virtual_table); break;
	case CNI_DDL_OPAQUE:
	case CNI_DDL_OTHER: break;
	}
}
