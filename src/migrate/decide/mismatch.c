/*
 * mismatch.c - foreign keys whose parent has no unique key for them (any longer).
 *
 * SQLite accepts such a schema, and then refuses every write to either table ("foreign key
 * mismatch"). That is no reason to refuse a change, somebody may be half-way; but it must be said.
 */
#include <string.h>

#include "base/text.h"
#include "base/try.h"
#include "migrate/change/change.h"
#include "migrate/decide/decide.h"
#include "sql/lexer.h"

/* Does this key consist of exactly these columns, compared as the parent's columns are? */
static bool is_key_of(const cni_ddl_table *parent, const cni_ddl_part *parts, size_t count,
	const char *const *columns, size_t column_count)
{
	if (count != column_count)
		return false;
	for (size_t i = 0; i < column_count; i++) {
		long column = cni_table_column(parent, columns[i]);
		bool found = false;
		for (size_t j = 0; column >= 0 && j < count && !found; j++) {
			const char *collate = parent->columns[column].collate;
			found = parts[j].name && cni_same(parts[j].name, columns[i]) &&
				(!parts[j].collate ||
					cni_same(parts[j].collate, collate ? collate : "BINARY"));
		}
		if (!found)
			return false;
	}
	return true;
}

static bool has_unique_key(const cni_schema *schema, const cni_ddl_table *parent,
	const char *const *columns, size_t count)
{
	for (size_t i = 0; i < parent->constraint_count; i++) {
		const cni_ddl_constraint *key = &parent->constraints[i];
		if ((key->kind == CNI_PRIMARY_KEY || key->kind == CNI_UNIQUE) &&
			is_key_of(parent, key->parts, key->part_count, columns, count))
			return true;
	}
	for (size_t i = 0; i < schema->object_count; i++) {
		const cni_ddl_index *index = &schema->objects[i].ddl.index;
		if (schema->objects[i].ddl.kind == CNI_DDL_INDEX && index->unique &&
			!index->where_sql && cni_same(index->table, parent->name) &&
			is_key_of(parent, index->parts, index->part_count, columns, count))
			return true;
	}
	return false;
}

/* A parent that is not there at all is another matter: it may come later. */
static bool is_mismatch(const cni_schema *schema, const cni_ddl_constraint *key)
{
	const cni_object *parent = cni_schema_table(schema, key->parent);
	if (!parent)
		return false;
	if (key->parent_column_count)
		return !has_unique_key(
			schema, &parent->ddl.table, key->parent_columns, key->parent_column_count);
	const cni_ddl_constraint *primary = cni_table_primary_key(&parent->ddl.table);
	return !primary || primary->part_count != key->part_count;
}

static bool was_mismatch(
	const cni_schema *from, const cni_object *table, const cni_ddl_constraint *key)
{
	const cni_object *then = cni_schema_table(from, table->name);
	for (size_t i = 0; then && i < then->ddl.table.constraint_count; i++) {
		const cni_ddl_constraint *old = &then->ddl.table.constraints[i];
		if (old->kind == CNI_FOREIGN_KEY && cni_same(old->parent, key->parent) &&
			is_mismatch(from, old))
			return true;
	}
	return false;
}

static cn_status warn(cni_arena *arena, const cni_object *table, const cni_ddl_constraint *key,
	cni_plan *plan, cn_error *err)
{
	CLEANUP(cni_buffer_done) cni_buffer text = {0};
	cni_buffer_puts(&text, "table ");
	cni_quote_name_if(&text, table->name);
	cni_buffer_puts(&text, " refers to columns of ");
	cni_quote_name_if(&text, key->parent);
	cni_buffer_puts(&text,
		" that are no unique key there: the database will refuse to write to either table");
	const char *line = cni_buffer_dup(&text, arena);
	if (!line || !CNI_PUSH(arena, plan->warnings, plan->warning_count, line))
		return cn_fail(err, CN_ENOMEM, "out of memory");
	return CN_OK;
}

cn_status cni_warn_mismatches(cni_arena *arena, const cni_schema *from, const cni_schema *to,
	cni_plan *plan, cn_error *err)
{
	for (size_t i = 0; i < to->object_count; i++) {
		const cni_object *table = &to->objects[i];
		for (size_t j = 0;
			table->ddl.kind == CNI_DDL_TABLE && j < table->ddl.table.constraint_count;
			j++) {
			const cni_ddl_constraint *key = &table->ddl.table.constraints[j];
			if (key->kind == CNI_FOREIGN_KEY && is_mismatch(to, key) &&
				!was_mismatch(from, table, key))
				TRY(warn(arena, table, key, plan, err));
		}
	}
	return CN_OK;
}
