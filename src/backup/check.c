/* check.c - is a database sound by itself, and how many rows are in it? */
#include <string.h>

#include "backup/backup.h"
#include "base/text.h"
#include "base/try.h"
#include "driver/words.h"
#include "schema/schema.h"
#include "sql/lexer.h"

enum { COMPLAINTS = 5 }; /* shown; the first are enough to know what is wrong */

typedef struct checker {
	cni_conn *conn;
	cni_arena arena;
	cni_schema *schema; /* inspected when it is needed */
	cni_buffer complaints;
	size_t count;
} checker;

static void checker_done(checker *c)
{
	cni_buffer_done(&c->complaints);
	cni_arena_done(&c->arena);
}

/* Does `complaint` read "NULL value in TABLE.COLUMN" for this column? */
static bool speaks_of(const char *complaint, const char *table, const char *column)
{
	size_t size = strlen(table);

	return strncmp(complaint, table, size) == 0 && complaint[size] == '.' &&
	       strcmp(complaint + size + 1, column) == 0;
}

/*
 * SQLite 3.40 reports a NULL where there is none, in a NOT NULL column of a WITHOUT ROWID table
 * whose key columns do not come first. The table itself is asked before the complaint is believed.
 */
static cn_status is_false_null(checker *c, const char *complaint, bool *ret, cn_error *err)
{
	static const char head[] = "NULL value in ";

	*ret = false;
	if (!cni_starts(complaint, head))
		return CN_OK;
	if (!c->schema)
		TRY(cni_conn_inspect(c->conn, &c->arena, &c->schema, err));
	for (size_t i = 0; i < c->schema->object_count; i++) {
		const cni_object *o = &c->schema->objects[i];
		if (o->ddl.kind != CNI_DDL_TABLE)
			continue;
		for (size_t k = 0; k < o->ddl.table.column_count; k++) {
			const char *column = o->ddl.table.columns[k].name;
			int64_t nulls;
			if (!speaks_of(complaint + sizeof head - 1, o->name, column))
				continue;
			const char *sql = cni_printf(&c->arena,
				"SELECT count(*) FROM %s WHERE +%s IS NULL",
				cni_quoted(&c->arena, o->name), cni_quoted(&c->arena, column));
			if (!sql)
				return cn_fail(err, CN_ENOMEM, "out of memory");
			TRY(cni_conn_int(c->conn, sql, &nulls, err));
			*ret = nulls == 0;
			return CN_OK;
		}
	}
	return CN_OK;
}

static int take_complaint(const cn_value *row, size_t count, void *ctx, cn_error *err)
{
	checker *c = ctx;
	const char *text = count && row[0].type == CN_TYPE_TEXT ? row[0].as.p : "";
	bool no_fault;

	if (strcmp(text, "ok") == 0)
		return 0;
	TRY(is_false_null(c, text, &no_fault, err));
	if (no_fault)
		return 0;
	if (c->count++ < COMPLAINTS)
		cni_buffer_printf(&c->complaints, "%s%s", c->complaints.size ? "\n" : "", text);
	return 0;
}

cn_status cni_check_integrity(cni_conn *conn, cn_error *err)
{
	CLEANUP(checker_done) checker c = {.conn = conn};
	CLEANUP(cni_stmt_releasep) cni_stmt *stmt = NULL;

	const cni_words *words = conn->driver->words;

	if (!words->check_all)
		return cn_fail(
			err, CN_EUNSUPPORTED, "%s looks after its files itself", words->title);
	TRY(cni_conn_prepare(conn, words->check_all, &stmt, err));
	TRY(cni_stmt_each(stmt, take_complaint, &c, err));
	if (c.count == 0)
		return CN_OK;
	(void)cn_fail(err, CN_ESCHEMA, "the database \"%s\" is damaged",
		conn->path ? conn->path : conn->uri);
	cn_error_detail(err, "%s", cni_buffer_text(&c.complaints));
	return CN_ESCHEMA;
}

cn_status cni_count_violations(cni_conn *conn, int64_t *ret, cn_error *err)
{
	*ret = 0; /* an engine without the question lets none come to be */
	return conn->driver->words->broken_references
		       ? cni_conn_int(conn, conn->driver->words->broken_references, ret, err)
		       : CN_OK;
}

cn_status cni_count_rows(cni_conn *conn, cni_arena *arena, cni_table_rows **ret_tables,
	size_t *ret_count, cn_error *err)
{
	cni_table_rows *tables = NULL;
	cni_schema *schema;
	size_t count = 0;

	TRY(cni_conn_inspect(conn, arena, &schema, err));
	for (size_t i = 0; i < schema->object_count; i++) {
		const cni_object *o = &schema->objects[i];
		cni_table_rows table = {.name = o->name};
		if (o->ddl.kind != CNI_DDL_TABLE)
			continue;
		const char *sql =
			cni_printf(arena, "SELECT count(*) FROM %s", cni_quoted(arena, o->name));
		if (!sql)
			return cn_fail(err, CN_ENOMEM, "out of memory");
		TRY(cni_conn_int(conn, sql, &table.rows, err));
		if (!CNI_PUSH(arena, tables, count, table))
			return cn_fail(err, CN_ENOMEM, "out of memory");
	}
	*ret_tables = tables;
	*ret_count = count;
	return CN_OK;
}
