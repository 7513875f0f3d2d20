/*
 * inspect.c - the schema of a live database: the CREATE texts that SQLite keeps, parsed.
 *
 * Left out: sqlite_* objects, the tables in which virtual tables keep their data, Cantil's own
 * tables, and the indexes and triggers of all these.
 */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/try.h"
#include "driver/sqlite/sqlite.h"

typedef struct names {
	cni_arena arena;
	const char **list;
	size_t count;
} names;

static void names_done(names *set) { cni_arena_done(&set->arena); }

static int by_name(const void *a, const void *b)
{
	return cni_casecmp(*(const char *const *)a, *(const char *const *)b);
}

static bool names_has(const names *set, const char *name)
{
	return set->count && bsearch(&name, set->list, set->count, sizeof *set->list, by_name);
}

static int take_shadow(const cn_value *row, size_t count, void *ctx, cn_error *err)
{
	names *set = ctx;

	(void)count;
	if (row[0].type != CN_TYPE_TEXT)
		return 0;
	const char *name = cni_strndup(&set->arena, row[0].as.p, row[0].size);
	if (!name || !CNI_PUSH(&set->arena, set->list, set->count, name))
		return cn_fail(err, CN_ENOMEM, "out of memory");
	return 0;
}

static cn_status each(cni_sqlite *conn, const char *sql, cni_row_fn fn, void *ctx, cn_error *err)
{
	cni_stmt *stmt = NULL;

	TRY(cni_sqlite_prepare(&conn->base, sql, strlen(sql), &stmt, err));
	cn_status status = cni_sqlite_each(stmt, fn, ctx, err);
	cni_sqlite_release(stmt);
	return status;
}

static int say_yes(const cn_value *row, size_t count, void *ctx, cn_error *err)
{
	(void)row, (void)count, (void)err;
	*(bool *)ctx = true;
	return 1;
}

/* table_list compiles every view to count its columns, so it is asked only when there is something
 * to hide. */
static cn_status find_shadows(cni_sqlite *conn, names *set, cn_error *err)
{
	bool any = false;

	TRY(each(conn,
		"SELECT 1 FROM main.sqlite_schema WHERE type = 'table' AND rootpage = 0 LIMIT 1",
		say_yes, &any, err));
	if (!any)
		return CN_OK;
	TRY(each(conn,
		"SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'shadow'",
		take_shadow, set, err));
	if (set->count)
		qsort(set->list, set->count, sizeof *set->list, by_name);
	return CN_OK;
}

static bool is_hidden(const names *shadows, const char *name)
{
	return cni_ncasecmp(name, "sqlite_", 7) == 0 || cni_own_table(name) ||
	       names_has(shadows, name);
}

typedef struct inspection {
	cni_schema *schema;
	names shadows;
} inspection;

/* type, name, tbl_name, sql */
static int take_object(const cn_value *row, size_t count, void *ctx, cn_error *err)
{
	inspection *in = ctx;
	cn_error failure = {0};

	(void)count;
	for (size_t i = 0; i < 4; i++) /* an index that a constraint made has no text */
		if (row[i].type != CN_TYPE_TEXT)
			return 0;
	const char *type = row[0].as.p, *name = row[1].as.p, *table = row[2].as.p;
	if (is_hidden(&in->shadows, table) || is_hidden(&in->shadows, name))
		return 0;
	if (cni_schema_add_sql(in->schema, row[3].as.p, row[3].size, &failure) == CN_OK)
		return 0;
	if (failure.status == CN_ENOMEM)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	cn_error_set(err, CN_ESCHEMA, "the definition of %s \"%s\" cannot be read: %s", type, name,
		failure.message);
	cn_error_detail(err, "%s; %.1000s", failure.detail, (const char *)row[3].as.p);
	return CN_ESCHEMA;
}

static cn_status inspect(cni_sqlite *conn, cni_schema *schema, cn_error *err)
{
	CLEANUP(names_done) names shadows = {0};

	TRY(find_shadows(conn, &shadows, err));
	inspection in = {schema, shadows};
	return each(conn, "SELECT type, name, tbl_name, sql FROM main.sqlite_schema ORDER BY rowid",
		take_object, &in, err);
}

cn_status cni_sqlite_inspect(cni_conn *base, cni_schema *schema, cn_error *err)
{
	cni_sqlite *conn = cni_sqlite_of(base);
	bool own = !cni_sqlite_in_transaction(base); /* so that both queries see one state */

	if (own)
		TRY(cni_sqlite_begin(base, CNI_TX_READ, err));
	cn_status status = inspect(conn, schema, err);
	if (own)
		cni_sqlite_rollback(base);
	if (status == CN_OK && own && cni_sqlite_in_transaction(base))
		return cn_fail(err, CN_ENOMEM, "out of memory"); /* it needs some to end it */
	return status;
}
