/*
 * write_sql.c - a schema as a script that makes it again.
 *
 * Each object's text goes out as it came in, comments and all. Tables first, for everything stands
 * on them; then indexes, views, triggers (a trigger may stand on a view). What a view or a
 * trigger's body reads need not be there: SQLite looks when it runs. What a trigger or index stands
 * on must.
 */
#include <string.h>

#include "base/text.h"
#include "schema/schema.h"
#include "sql/lexer.h"

/* A comment at the very end would swallow the `;` that follows it. */
static void close_comment(cni_buffer *out, const char *sql)
{
	cni_lexer lexer;
	cni_token last = {0};

	cni_lexer_init(&lexer, sql, strlen(sql));
	for (cni_token token; (token = cni_lexer_next(&lexer)).kind != CNI_TOKEN_END;)
		last = token;
	if (last.kind != CNI_TOKEN_COMMENT)
		return;
	if (last.text[0] == '-')
		cni_buffer_puts(out, last.text[last.size - 1] == '\n' ? "" : "\n");
	else if (last.size < 4 || memcmp(last.text + last.size - 2, "*/", 2) != 0)
		cni_buffer_puts(out, "*/");
}

/* Quoted by `-- ` line by line: it stays readable, and is not run. */
static void write_left_out(cni_buffer *out, const cni_object *object)
{
	cni_buffer_printf(out,
		"-- left out: \"%s\" stands on \"%s\", which is not in this schema\n-- ",
		object->name, object->table);
	for (const char *p = object->sql; *p; p++) {
		cni_buffer_putc(out, *p);
		if (*p == '\n')
			cni_buffer_puts(out, "-- ");
	}
	cni_buffer_putc(out, '\n');
}

static bool stands(const cni_schema *schema, const cni_object *object)
{
	return !object->table || cni_schema_find(schema, CNI_DDL_TABLE, object->table) ||
	       cni_schema_find(schema, CNI_DDL_VIEW, object->table) ||
	       cni_schema_find(schema, CNI_DDL_VIRTUAL, object->table);
}

static void write_object(cni_buffer *out, const cni_schema *schema, const cni_object *object)
{
	if (!stands(schema, object)) {
		write_left_out(out, object);
		return;
	}
	cni_buffer_puts(out, object->sql);
	close_comment(out, object->sql);
	cni_buffer_puts(out, ";\n");
}

/* Of an engine that looks for what a statement names: in the order in which it was found. */
static void write_in_order(cni_buffer *out, const cni_schema *schema)
{
	for (size_t i = 0; i < schema->object_count; i++)
		cni_buffer_printf(out, "%s;\n", schema->objects[i].sql);
	for (size_t i = 0; i < schema->object_count; i++)
		if (schema->objects[i].late_sql)
			cni_buffer_puts(out, schema->objects[i].late_sql);
}

void cni_schema_write_sql(cni_buffer *out, const cni_schema *schema)
{
	/* one pass each; virtual tables go with the tables, in the order in which they were made */
	static const cni_ddl_kind passes[][2] = {
		{CNI_DDL_TABLE, CNI_DDL_VIRTUAL},
		{CNI_DDL_INDEX},
		{CNI_DDL_VIEW},
		{CNI_DDL_TRIGGER},
	};

	if (cni_dialect_of(schema->engine) != CNI_DIALECT_SQLITE) {
		write_in_order(out, schema);
		return;
	}
	for (size_t pass = 0; pass < sizeof passes / sizeof *passes; pass++) {
		for (size_t i = 0; i < schema->object_count; i++) {
			const cni_object *object = &schema->objects[i];
			if (object->ddl.kind == passes[pass][0] ||
				(passes[pass][1] && object->ddl.kind == passes[pass][1]))
				write_object(out, schema, object);
		}
	}
}
