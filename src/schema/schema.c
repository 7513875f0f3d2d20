/* schema.c - a schema's objects: adding them, finding them. */
#include "schema/schema.h"

#include <string.h>

#include "base/text.h"
#include "base/try.h"
#include "schema/compare.h"
#include "schema/known.h"
#include "schema/names.h"
#include "sql/lexer.h"

cni_schema *cni_schema_new(cni_arena *arena, const char *engine)
{
	cni_schema *schema = cni_alloc(arena, sizeof *schema);
	cni_names *names = cni_alloc(arena, sizeof *names);

	if (!schema || !names)
		return NULL;
	names->arena = arena;
	*schema = (cni_schema){.arena = arena, .engine = cni_strdup(arena, engine), .names = names};
	return schema->engine ? schema : NULL;
}

/* The statement alone: no `;`, nor what stands around it, so that a writer can put its own. A
 * comment before it stays: it tells what the object is for. */
static size_t statement_size(const char *sql, size_t size)
{
	cni_lexer lexer;
	size_t end = 0;

	cni_lexer_init(&lexer, sql, size);
	for (;;) {
		cni_token token = cni_lexer_next(&lexer);
		if (token.kind == CNI_TOKEN_END)
			return end;
		if (token.kind == CNI_TOKEN_SPACE)
			continue;
		if (!cni_token_is_op(&token, ";"))
			end = (size_t)(token.text + token.size - sql);
	}
}

static void name_object(cni_object *object)
{
	const cni_ddl *ddl = &object->ddl;

	switch (ddl->kind) {
	case CNI_DDL_TABLE: object->name = ddl->table.name; break;
	case CNI_DDL_VIEW: object->name = ddl->view.name; break;
	case CNI_DDL_VIRTUAL: object->name = ddl->virtual_table.name; break;
	case CNI_DDL_INDEX:
		object->name = ddl->index.name;
		object->table = ddl->index.table;
		break;
	case CNI_DDL_TRIGGER:
		object->name = ddl->trigger.name;
		object->table = ddl->trigger.table;
		break;
	case CNI_DDL_OPAQUE:
		object->name = ddl->opaque.name;
		object->table = ddl->opaque.table;
		break;
	case CNI_DDL_OTHER: break;
	}
}

/* A statement of another engine that our parser does not read: the engine will, when the schema is
 * normalised. It is called by its own first words until then. */
static void unread(cni_arena *arena, const char *sql, cni_ddl *ret)
{
	enum { NAME = 60 };
	size_t size = strlen(sql);
	cni_ddl ddl = {.kind = CNI_DDL_OPAQUE, .opaque = {.word = "statement", .create_sql = sql}};

	ddl.opaque.name = cni_strndup(arena, sql, size < NAME ? size : cni_utf8_cut(sql, NAME));
	*ret = ddl;
}

cn_status cni_schema_add_sql(cni_schema *schema, const char *sql, size_t size, cn_error *err)
{
	const cni_object *known = cni_known_find(schema->known, sql, size);
	cni_object object = {0};

	if (known)
		return cni_schema_add_object(schema, known, err);
	size = statement_size(sql, size);
	object.sql = cni_strndup(schema->arena, sql, size);
	if (!object.sql)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	cni_dialect dialect = cni_dialect_of(schema->engine);
	cn_status status = cni_ddl_parse(schema->arena, object.sql, size, &object.ddl, err);
	if (dialect != CNI_DIALECT_SQLITE && (status == CN_ESQL || !object.ddl.kind))
		unread(schema->arena, object.sql, &object.ddl);
	else
		TRY(status);
	if (object.ddl.kind == CNI_DDL_OTHER) {
		cn_error_set(err, CN_ESQL, "not a CREATE statement");
		cn_error_detail(
			err, "%.*s", (int)cni_utf8_cut(sql, size < 200 ? size : 200), object.sql);
		return CN_ESQL;
	}
	name_object(&object);
	object.ddl.dialect = dialect;
	if (object.ddl.kind == CNI_DDL_TABLE)
		object.ddl.table.dialect = dialect;
	object.normal = cni_object_normal(schema->arena, &object.ddl);
	if (!object.normal ||
		!CNI_PUSH(schema->arena, schema->objects, schema->object_count, object) ||
		!cni_names_cover(schema->names, schema->objects, schema->object_count))
		return cn_fail(err, CN_ENOMEM, "out of memory");
	return CN_OK;
}

cn_status cni_schema_add_object(cni_schema *schema, const cni_object *object, cn_error *err)
{
	if (!CNI_PUSH(schema->arena, schema->objects, schema->object_count, *object) ||
		!cni_names_cover(schema->names, schema->objects, schema->object_count))
		return cn_fail(err, CN_ENOMEM, "out of memory");
	return CN_OK;
}

/* What a CREATE statement cannot say, and a comment that the text may lack. */
static void keep_unsaid(cni_arena *arena, cni_ddl_table *to, const cni_ddl_table *from)
{
	to->renamed_from = cni_strdup(arena, from->renamed_from);
	if (!to->comment)
		to->comment = cni_strdup(arena, from->comment);
	for (size_t i = 0; i < to->column_count && i < from->column_count; i++) {
		to->columns[i].renamed_from = cni_strdup(arena, from->columns[i].renamed_from);
		if (!to->columns[i].comment)
			to->columns[i].comment = cni_strdup(arena, from->columns[i].comment);
	}
}

cn_status cni_schema_take(cni_schema *schema, const cni_ddl *ddl, cn_error *err)
{
	CLEANUP(cni_buffer_done) cni_buffer sql = {0}, late = {0};
	cni_object object = {.ddl = *ddl};

	object.ddl.dialect = cni_dialect_of(schema->engine);
	if (object.ddl.kind == CNI_DDL_TABLE)
		object.ddl.table.dialect = object.ddl.dialect;
	cni_ddl_write(&sql, &object.ddl);
	cni_ddl_write_late(&late, &object.ddl);
	name_object(&object);
	object.sql = cni_buffer_dup(&sql, schema->arena);
	object.late_sql = late.size ? cni_buffer_dup(&late, schema->arena) : NULL;
	object.normal = cni_object_normal(schema->arena, &object.ddl);
	if (!object.sql || (late.size && !object.late_sql) || !object.normal || late.failed)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	return cni_schema_add_object(schema, &object, err);
}

static bool note_comment(cni_arena *arena, cni_ddl *ddl, const char *column, const char *comment)
{
	CLEANUP(cni_buffer_done) cni_buffer sql = {0};
	const char *what = column ? "COLUMN \1.\2" : "TABLE \1";

	if (!comment || !*comment)
		return true;
	cni_buffer_printf(&sql, "COMMENT ON %s IS ", what);
	cni_quote_text(&sql, comment);
	cni_ddl_note note = {.column = column,
		.sql = cni_buffer_dup(&sql, arena),
		.undo_sql = cni_printf(arena, "COMMENT ON %s IS NULL", what)};
	return note.sql && note.undo_sql && CNI_PUSH(arena, ddl->notes, ddl->note_count, note);
}

/* Where they are no part of the CREATE text. */
static bool note_comments(cni_arena *arena, cni_ddl *ddl)
{
	bool ok = note_comment(arena, ddl, NULL, ddl->table.comment);

	for (size_t i = 0; ok && i < ddl->table.column_count; i++)
		ok = note_comment(
			arena, ddl, ddl->table.columns[i].name, ddl->table.columns[i].comment);
	return ok;
}

cn_status cni_schema_add(cni_schema *schema, const cni_ddl *ddl, cn_error *err)
{
	CLEANUP(cni_buffer_done) cni_buffer sql = {0};

	if (ddl->kind == CNI_DDL_OTHER)
		return cn_fail(err, CN_EARG, "not a schema object");
	if (cni_dialect_of(schema->engine) != CNI_DIALECT_SQLITE) {
		cni_ddl copy;
		if (!cni_ddl_copy(schema->arena, ddl, &copy) ||
			(copy.kind == CNI_DDL_TABLE && !note_comments(schema->arena, &copy)))
			return cn_fail(err, CN_ENOMEM, "out of memory");
		return cni_schema_take(schema, &copy, err);
	}
	cni_ddl_write(&sql, ddl);
	if (sql.failed)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	TRY(cni_schema_add_sql(schema, sql.data, sql.size, err));
	if (ddl->kind == CNI_DDL_TABLE)
		keep_unsaid(schema->arena, &schema->objects[schema->object_count - 1].ddl.table,
			&ddl->table);
	return schema->arena->failed ? cn_fail(err, CN_ENOMEM, "out of memory") : CN_OK;
}

const cni_object *cni_schema_find(const cni_schema *schema, cni_ddl_kind kind, const char *name)
{
	long at = cni_names_find(schema->names, schema->objects, schema->object_count, kind, name);

	return at < 0 ? NULL : &schema->objects[at];
}

const cni_object *cni_schema_table(const cni_schema *schema, const char *name)
{
	return cni_schema_find(schema, CNI_DDL_TABLE, name);
}

long cni_table_column(const cni_ddl_table *table, const char *name)
{
	for (size_t i = 0; i < table->column_count; i++)
		if (cni_same(table->columns[i].name, name))
			return (long)i;
	return -1;
}

const cni_ddl_constraint *cni_table_primary_key(const cni_ddl_table *table)
{
	for (size_t i = 0; i < table->constraint_count; i++)
		if (table->constraints[i].kind == CNI_PRIMARY_KEY)
			return &table->constraints[i];
	return NULL;
}

long cni_table_rowid_alias(const cni_ddl_table *table)
{
	const cni_ddl_constraint *key = cni_table_primary_key(table);

	if (table->dialect != CNI_DIALECT_SQLITE || table->without_rowid || !key ||
		key->part_count != 1 || !key->parts[0].name)
		return -1;
	/* SQLite's oldest quirk: PRIMARY KEY DESC at the column makes an ordinary key; at the table
	 * it does not */
	if (key->at_column && key->parts[0].desc)
		return -1;
	long at = cni_table_column(table, key->parts[0].name);
	return at >= 0 && cni_same(table->columns[at].type, "INTEGER") ? at : -1;
}

bool cni_is_full_text(const cni_ddl_virtual *table)
{
	return cni_same(table->module, "fts3") || cni_same(table->module, "fts4") ||
	       cni_same(table->module, "fts5");
}

const char *cni_virtual_column(cni_arena *arena, const cni_ddl_virtual *table, size_t argument)
{
	const char *text = table->arguments[argument];
	bool rtree = cni_same(table->module, "rtree") || cni_same(table->module, "rtree_i32");
	cni_lexer lexer;

	if (!rtree && !cni_is_full_text(table))
		return NULL;
	cni_lexer_init(&lexer, text, strlen(text));
	cni_token name = cni_lexer_next_solid(&lexer), next = cni_lexer_next_solid(&lexer);
	if (rtree && cni_token_is_op(&name, "+")) /* stored beside the coordinates */
		name = next;
	else if (!rtree && cni_token_is_op(&next, "="))
		return NULL;
	return name.kind == CNI_TOKEN_END ? NULL : cni_token_name(arena, &name);
}

cni_virtual_content cni_virtual_content_of(
	cni_arena *arena, const cni_ddl_virtual *table, const char **ret_table)
{
	for (size_t i = 0; cni_is_full_text(table) && i < table->argument_count; i++) {
		const char *text = table->arguments[i];
		size_t count = 0;
		const cni_token *tokens = cni_tokens(arena, text, strlen(text), &count);
		if (!tokens || count < 2 || !cni_token_is(&tokens[0], "content") ||
			!cni_token_is_op(&tokens[1], "="))
			continue;
		const char *name = count > 2 ? cni_token_name(arena, &tokens[2]) : "";
		if (ret_table)
			*ret_table = name;
		return name && *name ? CNI_CONTENT_OTHER : CNI_CONTENT_NONE;
	}
	return CNI_CONTENT_OWN;
}
