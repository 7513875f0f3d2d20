/*
 * written.c - a schema as its script says it, before any engine has built it.
 *
 * Most scripts that make a database say what the engine will keep, word for word. Where that is all
 * there is to a script, building it twice, once to learn what it means and once for good, teaches
 * nothing: it is built once, in the database, and what is there then must be what was read here.
 */
#include <string.h>

#include "base/text.h"
#include "base/try.h"
#include "driver/driver.h"
#include "schema/names.h"
#include "sql/lexer.h"

enum { WORTH_IT = 300 }; /* objects; fewer are built in no time */

/* CREATE [UNIQUE] KIND name: neither TEMP nor IF NOT EXISTS nor a schema's name, which SQLite would
 * leave out of the text that it keeps. */
static bool is_kept_as_is(const char *sql, size_t size)
{
	static const char *const kinds[] = {"TABLE", "INDEX", "VIEW", "TRIGGER"};
	cni_lexer lexer;

	cni_lexer_init(&lexer, sql, size);
	cni_token token = cni_lexer_next_solid(&lexer);
	if (!cni_token_is(&token, "CREATE"))
		return false;
	token = cni_lexer_next_solid(&lexer);
	if (cni_token_is(&token, "UNIQUE"))
		token = cni_lexer_next_solid(&lexer);
	bool known = false;
	for (size_t i = 0; i < CNI_COUNT(kinds); i++)
		known |= cni_token_is(&token, kinds[i]);
	token = cni_lexer_next_solid(&lexer);
	if (!known || cni_token_is(&token, "IF"))
		return false;
	token = cni_lexer_next_solid(&lexer);
	return !cni_token_is_op(&token, ".");
}

/* Does it come out under a name of its own, on what stands before it? */
static bool is_in_order(const cni_schema *schema, const cni_object *object)
{
	if (object->ddl.kind == CNI_DDL_TABLE && object->ddl.table.as_select_sql)
		return false;
	if (cni_own_table(object->name) || cni_ncasecmp(object->name, "sqlite_", 7) == 0 ||
		cni_schema_find(schema, object->ddl.kind, object->name) != object)
		return false;
	return !object->table || cni_schema_table(schema, object->table) ||
	       cni_schema_find(schema, CNI_DDL_VIEW, object->table);
}

static bool read_all(cni_schema *schema, const char *script)
{
	const char *at = script, *end = script + strlen(script), *statement;
	size_t size;

	while (cni_sql_split(&at, end, &statement, &size)) {
		cni_lexer lexer;
		cni_lexer_init(&lexer, statement, size);
		cni_token first = cni_lexer_next_solid(&lexer);
		if (cni_token_is(&first, "BEGIN") || cni_token_is(&first, "COMMIT"))
			continue;
		size = (size_t)(statement + size - first.text);
		if (!is_kept_as_is(first.text, size) ||
			cni_schema_add_sql(schema, first.text, size, NULL) != CN_OK ||
			!is_in_order(schema, &schema->objects[schema->object_count - 1]))
			return false;
	}
	return schema->object_count > WORTH_IT;
}

cn_status cni_schema_written(
	const char *engine, const char *script, cni_arena *arena, cni_schema **ret, cn_error *err)
{
	cni_schema *schema = cni_schema_new(arena, engine);

	if (!schema)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	*ret = cni_dialect_of(engine) == CNI_DIALECT_SQLITE && read_all(schema, script) ? schema
											: NULL;
	return arena->failed ? cn_fail(err, CN_ENOMEM, "out of memory") : CN_OK;
}
