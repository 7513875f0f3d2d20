/* foreign.c - see foreign.h. */
#include "migrate/migrator/foreign.h"

#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "base/try.h"
#include "driver/words.h"
#include "sql/lexer.h"

static const struct {
	const char *tool, *table;
	const char *column; /* it must have it */
	const char *latest; /* SELECT … FROM the table: where it stands (%s: the aggregate that
			       makes a list); NULL: the rows are counted */
} tools[] = {
	{"Alembic", "alembic_version", "version_num", "SELECT %s(version_num, ', ') FROM "},
	{"Django", "django_migrations", "applied", NULL},
	{"Rails", "schema_migrations", "version", "SELECT max(version) FROM "},
	{"Rails", "ar_internal_metadata", "key", NULL},
	{"Flyway", "flyway_schema_history", "installed_rank", NULL},
	{"Flyway", "schema_version", "installed_rank", NULL},
	{"Liquibase", "DATABASECHANGELOG", "ORDEREXECUTED", NULL},
	{"Liquibase", "DATABASECHANGELOGLOCK", "LOCKED", NULL},
	{"goose", "goose_db_version", "is_applied", "SELECT max(version_id) FROM "},
	{"Diesel", "__diesel_schema_migrations", "run_on", "SELECT max(version) FROM "},
	{"sqlx", "_sqlx_migrations", "checksum", "SELECT max(version) FROM "},
	{"refinery", "refinery_schema_history", "checksum", "SELECT max(version) FROM "},
	{"Prisma", "_prisma_migrations", "migration_name", NULL},
	{"Drizzle", "__drizzle_migrations", "hash", NULL},
	{"Knex", "knex_migrations", "batch", NULL},
	{"Knex", "knex_migrations_lock", "is_locked", NULL},
	{"Sequelize", "SequelizeMeta", "name", NULL},
	{"Laravel", "migrations", "batch", NULL},
	{"Doctrine", "doctrine_migration_versions", "version", NULL},
	{"Phinx", "phinxlog", "breakpoint", NULL},
	{"Entity Framework", "__EFMigrationsHistory", "MigrationId",
		"SELECT max(MigrationId) FROM "},
	{"Entity Framework", "__EFMigrationsLock", "Timestamp", NULL},
	{"yoyo", "_yoyo_migration", "migration_hash", NULL},
	{"yoyo", "_yoyo_log", "migration_hash", NULL},
	{"yoyo", "_yoyo_version", "version", NULL},
	{"yoyo", "yoyo_lock", "locked", NULL},
	{"Atlas", "atlas_schema_revisions", "executed_at", NULL},
	{"peewee", "migratehistory", "migrated_at", NULL},
};

static long tool_of(const cni_object *object)
{
	for (size_t i = 0; object->ddl.kind == CNI_DDL_TABLE && i < CNI_COUNT(tools); i++)
		if (cni_same(object->name, tools[i].table) &&
			cni_table_column(&object->ddl.table, tools[i].column) >= 0)
			return (long)i;
	return -1;
}

const char *cni_foreign_tool(const cni_object *object)
{
	long at = tool_of(object);
	return at < 0 ? NULL : tools[at].tool;
}

const char *const *cni_foreign_tables(
	cni_arena *arena, const cni_schema *actual, const cni_schema *recorded)
{
	const char **list = cni_alloc(arena, (actual->object_count + 1) * sizeof *list);
	size_t count = 0;
	for (size_t i = 0; list && i < actual->object_count; i++) {
		const cni_object *object = &actual->objects[i];
		if (cni_foreign_tool(object) &&
			(!recorded || !cni_schema_table(recorded, object->name)))
			list[count++] = object->name;
	}
	return list;
}

static cn_status where_it_stands(cni_conn *conn, const cni_object *object, size_t tool,
	cni_arena *arena, const char **ret, cn_error *err)
{
	CLEANUP(cni_buffer_done) cni_buffer sql = {0};
	const char *latest = tools[tool].latest;
	const char *list = latest ? strstr(latest, "%s") : NULL;
	if (list)
		cni_buffer_printf(&sql, "%.*s%s%s", (int)(list - latest), latest,
			conn->driver->words->list_texts, list + 2);
	else
		cni_buffer_puts(&sql, latest ? latest : "SELECT count(*) || ' migrations' FROM ");
	cni_quote_name(&sql, object->name);
	if (sql.failed)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	return cni_conn_text(conn, arena, cni_buffer_text(&sql), ret, err);
}

cn_status cni_foreign_find(cni_conn *conn, const cni_schema *schema, cni_arena *arena,
	cni_foreign **ret, size_t *ret_count, cn_error *err)
{
	cni_foreign *list = NULL;
	size_t count = 0;
	int64_t number = 0;
	const cni_words *words = conn->driver->words;
	for (size_t i = 0; i < schema->object_count; i++) {
		const cni_object *object = &schema->objects[i];
		long tool = tool_of(object);
		if (tool < 0)
			continue;
		cni_foreign found = {.tool = tools[tool].tool, .table = object->name};
		TRY(where_it_stands(conn, object, (size_t)tool, arena, &found.at, err));
		if (!CNI_PUSH(arena, list, count, found))
			return cn_fail(err, CN_ENOMEM, "out of memory");
	}
	if (words->schema_number)
		TRY(cni_conn_int(conn, words->schema_number, &number, err));
	if (number) {
		cni_foreign found = {.tool = words->schema_number_title,
			.at = cni_printf(arena, "%" PRId64, number)};
		if (!found.at || !CNI_PUSH(arena, list, count, found))
			return cn_fail(err, CN_ENOMEM, "out of memory");
	}
	*ret = list;
	*ret_count = count;
	return CN_OK;
}
