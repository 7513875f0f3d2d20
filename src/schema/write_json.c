/*
 * write_json.c - a schema as JSON: every property, in the order of the schema, so that two outputs
 * can be compared line by line. Absent texts are null; lists are always there.
 */
#include "base/json.h"
#include "base/text.h"
#include "schema/schema.h"

static const char *affinity_name(const char *type)
{
	static const char *const names[] = {
		[CNI_AFF_BLOB] = "BLOB",
		[CNI_AFF_TEXT] = "TEXT",
		[CNI_AFF_NUMERIC] = "NUMERIC",
		[CNI_AFF_INTEGER] = "INTEGER",
		[CNI_AFF_REAL] = "REAL",
	};

	return names[cni_type_affinity(type)];
}

static const char *conflict_or_null(cni_conflict conflict)
{
	return conflict ? cni_conflict_sql(conflict) : NULL;
}

static void write_column(cni_json *json, const cni_ddl_column *column)
{
	cni_json_object(json, NULL);
	cni_json_text(json, "name", column->name);
	cni_json_text(json, "type", column->type);
	cni_json_text(json, "affinity", affinity_name(column->type));
	cni_json_bool(json, "not_null", column->not_null);
	cni_json_text(json, "not_null_name", column->not_null_name);
	cni_json_text(json, "not_null_conflict", conflict_or_null(column->not_null_conflict));
	cni_json_text(json, "default", column->default_sql);
	cni_json_bool(json, "default_is_expression", column->default_is_expression);
	cni_json_text(json, "collate", column->collate);
	cni_json_text(json, "generated", column->generated_sql);
	cni_json_text(json, "generated_kind",
		column->generated_sql ? column->generated_stored ? "STORED" : "VIRTUAL" : NULL);
	cni_json_text(json, "comment", column->comment);
	cni_json_end(json);
}

static void write_names(cni_json *json, const char *name, const char *const *names, size_t count)
{
	cni_json_array(json, name);
	for (size_t i = 0; i < count; i++)
		cni_json_text(json, NULL, names[i]);
	cni_json_end(json);
}

static void write_parts(cni_json *json, const cni_ddl_part *parts, size_t count)
{
	static const char *const nulls[] = {NULL, "FIRST", "LAST"};

	cni_json_array(json, "columns");
	for (size_t i = 0; i < count; i++) {
		cni_json_object(json, NULL);
		cni_json_text(json, "name", parts[i].name);
		cni_json_text(json, "expression", parts[i].name ? NULL : parts[i].expr_sql);
		cni_json_text(json, "collate", parts[i].collate);
		cni_json_bool(json, "desc", parts[i].desc);
		cni_json_text(json, "nulls", nulls[parts[i].nulls]);
		cni_json_end(json);
	}
	cni_json_end(json);
}

static void write_foreign_key(cni_json *json, const cni_ddl_constraint *key)
{
	cni_json_array(json, "columns");
	for (size_t i = 0; i < key->part_count; i++)
		cni_json_text(json, NULL,
			key->parts[i].name ? key->parts[i].name : key->parts[i].expr_sql);
	cni_json_end(json);
	cni_json_text(json, "parent", key->parent);
	write_names(json, "parent_columns", key->parent_columns, key->parent_column_count);
	cni_json_text(json, "on_delete", cni_action_sql(key->on_delete));
	cni_json_text(json, "on_update", cni_action_sql(key->on_update));
	cni_json_text(json, "match", key->match);
	cni_json_bool(json, "deferrable", key->deferrable);
	cni_json_bool(json, "initially_deferred", key->initially_deferred);
}

static void write_constraint(cni_json *json, const cni_ddl_constraint *constraint)
{
	static const char *const kinds[] = {
		[CNI_PRIMARY_KEY] = "primary key",
		[CNI_UNIQUE] = "unique",
		[CNI_CHECK] = "check",
		[CNI_FOREIGN_KEY] = "foreign key",
		[CNI_EXCLUDE] = "exclude",
	};

	cni_json_object(json, NULL);
	cni_json_text(json, "kind", kinds[constraint->kind]);
	cni_json_text(json, "name", constraint->name);
	switch (constraint->kind) {
	case CNI_EXCLUDE:
	case CNI_CHECK: cni_json_text(json, "check", constraint->check_sql); break;
	case CNI_FOREIGN_KEY: write_foreign_key(json, constraint); break;
	case CNI_PRIMARY_KEY:
		cni_json_bool(json, "autoincrement", constraint->autoincrement);
		write_parts(json, constraint->parts, constraint->part_count);
		cni_json_text(json, "conflict", conflict_or_null(constraint->conflict));
		break;
	case CNI_UNIQUE:
		write_parts(json, constraint->parts, constraint->part_count);
		cni_json_text(json, "conflict", conflict_or_null(constraint->conflict));
		break;
	}
	cni_json_end(json);
}

static void write_table(cni_json *json, const cni_ddl_table *table)
{
	cni_json_text(json, "comment", table->comment);
	cni_json_bool(json, "strict", table->strict);
	cni_json_bool(json, "without_rowid", table->without_rowid);
	cni_json_array(json, "columns");
	for (size_t i = 0; i < table->column_count; i++)
		write_column(json, &table->columns[i]);
	cni_json_end(json);
	cni_json_array(json, "constraints");
	for (size_t i = 0; i < table->constraint_count; i++)
		write_constraint(json, &table->constraints[i]);
	cni_json_end(json);
}

static void write_object(cni_json *json, const cni_object *object)
{
	const cni_ddl *ddl = &object->ddl;

	cni_json_object(json, NULL);
	cni_json_text(json, "name", object->name);
	if (object->table)
		cni_json_text(json, "table", object->table);
	switch (ddl->kind) {
	case CNI_DDL_TABLE: write_table(json, &ddl->table); break;
	case CNI_DDL_INDEX:
		cni_json_bool(json, "unique", ddl->index.unique);
		write_parts(json, ddl->index.parts, ddl->index.part_count);
		cni_json_text(json, "where", ddl->index.where_sql);
		break;
	case CNI_DDL_VIEW:
		write_names(json, "columns", ddl->view.columns, ddl->view.column_count);
		cni_json_text(json, "select", ddl->view.select_sql);
		break;
	case CNI_DDL_TRIGGER:
		cni_json_text(json, "event", ddl->trigger.head_sql);
		cni_json_text(json, "body", ddl->trigger.body_sql);
		break;
	case CNI_DDL_VIRTUAL:
		cni_json_text(json, "module", ddl->virtual_table.module);
		write_names(json, "arguments", ddl->virtual_table.arguments,
			ddl->virtual_table.argument_count);
		break;
	case CNI_DDL_OPAQUE: cni_json_text(json, "kind", ddl->opaque.word); break;
	case CNI_DDL_OTHER: break;
	}
	cni_json_text(json, "sql", object->sql);
	if (object->late_sql)
		cni_json_text(json, "late_sql", object->late_sql);
	cni_json_end(json);
}

void cni_schema_write_json(cni_buffer *out, const cni_schema *schema)
{
	static const struct {
		const char *name;
		cni_ddl_kind kind;
	} lists[] = {
		{"tables", CNI_DDL_TABLE},
		{"virtual_tables", CNI_DDL_VIRTUAL},
		{"indexes", CNI_DDL_INDEX},
		{"views", CNI_DDL_VIEW},
		{"triggers", CNI_DDL_TRIGGER},
		{"others", CNI_DDL_OPAQUE},
	};
	cni_json json = {.out = out, .pretty = true};

	cni_json_object(&json, NULL);
	cni_json_text(&json, "engine", schema->engine);
	size_t count = sizeof lists / sizeof *lists;
	count -= cni_dialect_of(schema->engine) == CNI_DIALECT_SQLITE; /* it has no others */
	for (size_t list = 0; list < count; list++) {
		cni_json_array(&json, lists[list].name);
		for (size_t i = 0; i < schema->object_count; i++)
			if (schema->objects[i].ddl.kind == lists[list].kind)
				write_object(&json, &schema->objects[i]);
		cni_json_end(&json);
	}
	cni_json_end(&json);
	cni_buffer_putc(out, '\n');
}
