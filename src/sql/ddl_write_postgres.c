/*
 * ddl_write_postgres.c - the same data as ddl_write.c prints, in the words of PostgreSQL.
 *
 * A table is created without its foreign keys: PostgreSQL looks for the parent at once, and two
 * tables may refer to each other. They come late (cni_ddl_write_late), as do comments, grants and
 * what else is said beside the CREATE statement.
 */
#include <string.h>

#include "base/try.h"
#include "sql/ddl.h"
#include "sql/lexer.h"

static const char INDENT[] = "    ";

static void add_names(cni_buffer *out, const char *const *names, size_t count)
{
	cni_buffer_putc(out, '(');
	for (size_t i = 0; i < count; i++) {
		cni_buffer_puts(out, i ? ", " : "");
		cni_quote_name_postgres(out, names[i]);
	}
	cni_buffer_putc(out, ')');
}

static void add_parts(cni_buffer *out, const cni_ddl_part *parts, size_t count, bool of_index)
{
	cni_buffer_putc(out, '(');
	for (size_t i = 0; i < count; i++) {
		const cni_ddl_part *part = &parts[i];
		cni_buffer_puts(out, i ? ", " : "");
		if (part->name)
			cni_quote_name_postgres(out, part->name);
		else /* what is no call of a function must stand in parentheses */
			cni_buffer_printf(out, "(%s)", part->expr_sql);
		if (!of_index)
			continue;
		if (part->collate) {
			cni_buffer_puts(out, " COLLATE ");
			cni_quote_name_postgres(out, part->collate);
		}
		cni_buffer_puts(out, part->desc ? " DESC" : "");
		if (part->nulls)
			cni_buffer_puts(out, part->nulls == 1 ? " NULLS FIRST" : " NULLS LAST");
	}
	cni_buffer_putc(out, ')');
}

void cni_ddl_write_postgres_column(cni_buffer *out, const cni_ddl_column *column)
{
	cni_quote_name_postgres(out, column->name);
	cni_buffer_printf(out, " %s", column->type ? column->type : "text");
	if (column->collate) {
		cni_buffer_puts(out, " COLLATE ");
		cni_quote_name_postgres(out, column->collate);
	}
	if (column->default_sql)
		cni_buffer_printf(out,
			column->default_is_expression ? " DEFAULT (%s)" : " DEFAULT %s",
			column->default_sql);
	if (column->generated_sql) /* there are no others before version 18 */
		cni_buffer_printf(out, " GENERATED ALWAYS AS (%s) STORED", column->generated_sql);
	if (column->identity)
		cni_buffer_printf(out, " GENERATED %s AS IDENTITY",
			column->identity == CNI_IDENTITY_ALWAYS ? "ALWAYS" : "BY DEFAULT");
	if (column->identity && column->identity_sql)
		cni_buffer_printf(out, " (%s)", column->identity_sql);
	if (column->not_null)
		cni_buffer_puts(out, " NOT NULL");
}

static void add_foreign_key(cni_buffer *out, const cni_ddl_constraint *key)
{
	cni_buffer_puts(out, "FOREIGN KEY ");
	add_parts(out, key->parts, key->part_count, false);
	cni_buffer_puts(out, " REFERENCES ");
	if (key->parent_schema) {
		cni_quote_name_postgres(out, key->parent_schema);
		cni_buffer_putc(out, '.');
	}
	cni_quote_name_postgres(out, key->parent);
	if (key->parent_column_count)
		add_names(out, key->parent_columns, key->parent_column_count);
	if (key->match)
		cni_buffer_printf(out, " MATCH %s", key->match);
	if (key->on_update != CNI_NO_ACTION)
		cni_buffer_printf(out, " ON UPDATE %s", cni_action_sql(key->on_update));
	if (key->on_delete != CNI_NO_ACTION)
		cni_buffer_printf(out, " ON DELETE %s", cni_action_sql(key->on_delete));
	if (key->set_columns_sql)
		cni_buffer_printf(out, " %s", key->set_columns_sql);
}

void cni_ddl_write_postgres_constraint(cni_buffer *out, const cni_ddl_constraint *constraint)
{
	if (constraint->name) {
		cni_buffer_puts(out, "CONSTRAINT ");
		cni_quote_name_postgres(out, constraint->name);
		cni_buffer_putc(out, ' ');
	}
	switch (constraint->kind) {
	case CNI_PRIMARY_KEY:
	case CNI_UNIQUE:
		cni_buffer_puts(out, constraint->kind == CNI_UNIQUE ? "UNIQUE " : "PRIMARY KEY ");
		cni_buffer_puts(out, constraint->nulls_equal ? "NULLS NOT DISTINCT " : "");
		add_parts(out, constraint->parts, constraint->part_count, false);
		break;
	case CNI_CHECK: cni_buffer_printf(out, "CHECK (%s)", constraint->check_sql); break;
	case CNI_FOREIGN_KEY: add_foreign_key(out, constraint); break;
	case CNI_EXCLUDE: cni_buffer_printf(out, "EXCLUDE %s", constraint->check_sql); break;
	}
	if (constraint->rest_sql)
		cni_buffer_printf(out, " %s", constraint->rest_sql);
	cni_buffer_puts(out, constraint->no_inherit ? " NO INHERIT" : "");
	if (constraint->deferrable)
		cni_buffer_printf(out, " DEFERRABLE%s",
			constraint->initially_deferred ? " INITIALLY DEFERRED" : "");
	cni_buffer_puts(out, constraint->not_valid ? " NOT VALID" : "");
}

/* Foreign keys look for their parents, and CREATE TABLE takes no NOT VALID. */
static bool is_late(const cni_ddl_constraint *constraint)
{
	return constraint->kind == CNI_FOREIGN_KEY || constraint->not_valid;
}

static void write_table(cni_buffer *out, const cni_ddl_table *table)
{
	bool more = false;

	cni_buffer_puts(out, "CREATE TABLE ");
	cni_quote_name_postgres(out, table->name);
	if (table->partition_of) {
		cni_buffer_puts(out, " PARTITION OF ");
		cni_quote_name_postgres(out, table->partition_of);
		cni_buffer_printf(out, " %s", table->bound_sql);
	} else {
		cni_buffer_puts(out, " (");
		for (size_t i = 0; i < table->column_count; i++, more = true) {
			cni_buffer_printf(out, "%s\n%s", more ? "," : "", INDENT);
			cni_ddl_write_postgres_column(out, &table->columns[i]);
		}
		for (size_t i = 0; i < table->constraint_count; i++) {
			if (is_late(&table->constraints[i]))
				continue;
			cni_buffer_printf(out, "%s\n%s", more ? "," : "", INDENT);
			cni_ddl_write_postgres_constraint(out, &table->constraints[i]);
			more = true;
		}
		cni_buffer_puts(out, "\n)");
	}
	if (table->rest_sql)
		cni_buffer_printf(out, " %s", table->rest_sql);
}

static void write_index(cni_buffer *out, const cni_ddl_index *index)
{
	cni_buffer_printf(out, "CREATE %sINDEX ", index->unique ? "UNIQUE " : "");
	cni_quote_name_postgres(out, index->name);
	cni_buffer_puts(out, " ON ");
	cni_quote_name_postgres(out, index->table);
	cni_buffer_putc(out, ' ');
	if (index->definition_sql) {
		cni_buffer_puts(out, index->definition_sql);
		return;
	}
	add_parts(out, index->parts, index->part_count, true);
	if (index->where_sql)
		cni_buffer_printf(out, " WHERE %s", index->where_sql);
}

static void write_view(cni_buffer *out, const cni_ddl_view *view)
{
	cni_buffer_printf(out, "CREATE %sVIEW ", view->materialized ? "MATERIALIZED " : "");
	cni_quote_name_postgres(out, view->name);
	if (view->column_count) {
		cni_buffer_putc(out, ' ');
		add_names(out, view->columns, view->column_count);
	}
	if (view->options_sql)
		cni_buffer_printf(out, " WITH (%s)", view->options_sql);
	cni_buffer_printf(out, " AS\n%s", view->select_sql);
}

static void write_trigger(cni_buffer *out, const cni_ddl_trigger *trigger)
{
	cni_buffer_printf(out, "CREATE %sTRIGGER ", trigger->constraint ? "CONSTRAINT " : "");
	cni_quote_name_postgres(out, trigger->name);
	cni_buffer_printf(out, " %s ON ", trigger->head_sql);
	cni_quote_name_postgres(out, trigger->table);
	cni_buffer_printf(out, " %s", trigger->body_sql);
}

void cni_ddl_write_postgres(cni_buffer *out, const cni_ddl *ddl)
{
	switch (ddl->kind) {
	case CNI_DDL_TABLE: write_table(out, &ddl->table); break;
	case CNI_DDL_INDEX: write_index(out, &ddl->index); break;
	case CNI_DDL_VIEW: write_view(out, &ddl->view); break;
	case CNI_DDL_TRIGGER: write_trigger(out, &ddl->trigger); break;
	case CNI_DDL_OPAQUE: cni_buffer_puts(out, ddl->opaque.create_sql); break;
	case CNI_DDL_VIRTUAL:
	case CNI_DDL_OTHER: break;
	}
}

/* ---- what is late ---- */

static void add_object_name(cni_buffer *out, const cni_ddl *ddl, bool of_table)
{
	switch (ddl->kind) {
	case CNI_DDL_TABLE: cni_quote_name_postgres(out, ddl->table.name); break;
	case CNI_DDL_INDEX:
		cni_quote_name_postgres(out, of_table ? ddl->index.table : ddl->index.name);
		break;
	case CNI_DDL_VIEW: cni_quote_name_postgres(out, ddl->view.name); break;
	case CNI_DDL_TRIGGER:
		cni_quote_name_postgres(out, of_table ? ddl->trigger.table : ddl->trigger.name);
		break;
	case CNI_DDL_OPAQUE:
		if (of_table && ddl->opaque.table)
			cni_quote_name_postgres(out, ddl->opaque.table);
		else
			cni_buffer_puts(out, ddl->opaque.name);
		break;
	case CNI_DDL_VIRTUAL:
	case CNI_DDL_OTHER: break;
	}
}

void cni_ddl_write_note(cni_buffer *out, const cni_ddl *ddl, const cni_ddl_note *note, bool undo)
{
	for (const char *p = undo ? note->undo_sql : note->sql; *p; p++) {
		if (*p == '\1' || *p == '\3')
			add_object_name(out, ddl, *p == '\3');
		else if (*p == '\2' && note->column)
			cni_quote_name_postgres(out, note->column);
		else
			cni_buffer_putc(out, *p);
	}
}

void cni_ddl_write_late(cni_buffer *out, const cni_ddl *ddl)
{
	if (ddl->dialect != CNI_DIALECT_POSTGRESQL)
		return;
	for (size_t i = 0; ddl->kind == CNI_DDL_TABLE && i < ddl->table.constraint_count; i++) {
		const cni_ddl_constraint *constraint = &ddl->table.constraints[i];
		if (!is_late(constraint))
			continue;
		cni_buffer_puts(out, "ALTER TABLE ");
		cni_quote_name_postgres(out, ddl->table.name);
		cni_buffer_puts(out, " ADD ");
		cni_ddl_write_postgres_constraint(out, constraint);
		cni_buffer_puts(out, ";\n");
	}
	for (size_t i = 0; i < ddl->note_count; i++) {
		if (ddl->notes[i].kept)
			continue;
		cni_ddl_write_note(out, ddl, &ddl->notes[i], false);
		cni_buffer_puts(out, ";\n");
	}
}
