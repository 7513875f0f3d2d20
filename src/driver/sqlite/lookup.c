/*
 * lookup.c - one row after the other by its integer key, from one statement that does not end.
 *
 * Beginning and ending a statement is a fifth of what it costs to look a row up: cursors and the
 * memory of texts are made and given back each time. Here the statement joins the table to another
 * one that has the key that is wanted next, for as long as there is a next one. It goes on reading
 * until it is reset, so it belongs into a transaction that only reads.
 */
#include <stdlib.h>

#include "base/buffer.h"
#include "base/try.h"
#include "driver/sqlite/sqlite.h"

#define TABLE "cantil_lookup"

enum { KEY, SOURCE, COST = 1000 }; /* the columns; of reading it: a join should begin with it */

typedef struct lookup_cursor {
	sqlite3_vtab_cursor base;
	cni_sqlite_wanted *wanted; /* NULL: the parameter was not ours */
	bool end;
} lookup_cursor;

static lookup_cursor *cursor_of(sqlite3_vtab_cursor *base) { return (lookup_cursor *)base; }

static int lookup_connect(sqlite3 *db, void *ctx, int count, const char *const *args,
	sqlite3_vtab **ret, char **ret_message)
{
	(void)ctx, (void)count, (void)args, (void)ret_message;
	int rc = sqlite3_declare_vtab(
		db, "CREATE TABLE x (cantil_key INTEGER, cantil_source HIDDEN)");
	if (rc != SQLITE_OK)
		return rc;
	sqlite3_vtab_config(db, SQLITE_VTAB_DIRECTONLY);
	*ret = calloc(1, sizeof(sqlite3_vtab));
	return *ret ? SQLITE_OK : SQLITE_NOMEM;
}

static int lookup_disconnect(sqlite3_vtab *table)
{
	free(table);
	return SQLITE_OK;
}

static int lookup_plan(sqlite3_vtab *table, sqlite3_index_info *info)
{
	(void)table;
	for (int i = 0; i < info->nConstraint; i++) {
		if (info->aConstraint[i].iColumn != SOURCE ||
			info->aConstraint[i].op != SQLITE_INDEX_CONSTRAINT_EQ)
			continue;
		if (!info->aConstraint[i].usable)
			return SQLITE_CONSTRAINT;
		info->aConstraintUsage[i].argvIndex = 1;
		info->aConstraintUsage[i].omit = 1;
	}
	info->estimatedCost = COST;
	info->estimatedRows = COST;
	return SQLITE_OK;
}

static int lookup_open(sqlite3_vtab *table, sqlite3_vtab_cursor **ret)
{
	(void)table;
	lookup_cursor *cursor = calloc(1, sizeof *cursor);
	if (!cursor)
		return SQLITE_NOMEM;
	*ret = &cursor->base;
	return SQLITE_OK;
}

static int lookup_close(sqlite3_vtab_cursor *base)
{
	free(cursor_of(base));
	return SQLITE_OK;
}

/* Each key is wanted once: when nothing was found for it, this is the end. */
static int lookup_next(sqlite3_vtab_cursor *base)
{
	lookup_cursor *cursor = cursor_of(base);

	cursor->end = !cursor->wanted || !cursor->wanted->pending;
	if (!cursor->end)
		cursor->wanted->pending = false;
	return SQLITE_OK;
}

static int lookup_filter(
	sqlite3_vtab_cursor *base, int plan, const char *name, int count, sqlite3_value **args)
{
	(void)plan, (void)name;
	cursor_of(base)->wanted = count ? sqlite3_value_pointer(args[0], TABLE) : NULL;
	return lookup_next(base);
}

static int lookup_eof(sqlite3_vtab_cursor *base) { return cursor_of(base)->end; }

static int lookup_column(sqlite3_vtab_cursor *base, sqlite3_context *context, int column)
{
	if (column == KEY)
		sqlite3_result_int64(context, cursor_of(base)->wanted->key);
	return SQLITE_OK;
}

static int lookup_rowid(sqlite3_vtab_cursor *base, sqlite3_int64 *ret)
{
	*ret = cursor_of(base)->wanted->key;
	return SQLITE_OK;
}

static const sqlite3_module module = {
	.xConnect = lookup_connect, /* without xCreate: it is there in every database */
	.xBestIndex = lookup_plan,
	.xDisconnect = lookup_disconnect,
	.xOpen = lookup_open,
	.xClose = lookup_close,
	.xFilter = lookup_filter,
	.xNext = lookup_next,
	.xEof = lookup_eof,
	.xColumn = lookup_column,
	.xRowid = lookup_rowid,
};

static cn_status prepare_text(cni_conn *base, const cni_lookup *what, cni_stmt **ret, cn_error *err)
{
	CLEANUP(cni_buffer_done) cni_buffer sql = {0};

	cni_buffer_printf(&sql, "SELECT %s FROM " TABLE "(?) CROSS JOIN %s ON %s = cantil_key",
		what->columns, what->table, what->key);
	if (sql.failed)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	return cni_sqlite_prepare(base, sql.data, sql.size, ret, err);
}

/* Who traces wants to see the key: that of this statement would not be in its text. */
cn_status cni_sqlite_lookup(cni_conn *base, const cni_lookup *what, cni_stmt **ret, cn_error *err)
{
	cni_sqlite *conn = cni_sqlite_of(base);
	CLEANUP(cni_stmt_releasep) cni_stmt *stmt = NULL;

	*ret = NULL;
	if (conn->trace)
		return CN_OK;
	if (!conn->looks_up) {
		int rc = sqlite3_create_module(conn->db, TABLE, &module, NULL);
		if (rc != SQLITE_OK)
			return cni_sqlite_fail(conn, rc, NULL, err);
		conn->looks_up = true;
	}
	TRY(prepare_text(base, what, &stmt, err));
	cni_sqlite_stmt *own = cni_sqlite_stmt_of(stmt);
	own->bound = true;
	int rc = sqlite3_bind_pointer(own->handle, 1, &own->wanted, TABLE, NULL);
	if (rc != SQLITE_OK)
		return cni_sqlite_fail(conn, rc, NULL, err);
	*ret = stmt;
	stmt = NULL;
	return CN_OK;
}

int cni_sqlite_look(cni_stmt *base, int64_t key, cn_error *err)
{
	cni_sqlite_stmt *stmt = cni_sqlite_stmt_of(base);

	if (stmt->ended)
		cni_sqlite_reset(base);
	stmt->wanted = (cni_sqlite_wanted){key, true};
	int got = cni_sqlite_step(base, err);
	if (got != CNI_ROW)
		cni_sqlite_reset(base);
	return got;
}
