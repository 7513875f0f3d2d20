/*
 * squash_rows.c - do the old revisions and the new one do the same to rows?
 *
 * Schemas tell nothing about values: a rename that was missed, a fill that is lost, a statement
 * that moves rows. So every table that is there before the run gets some rows, the run is gone both
 * ways, and all contents are compared.
 */
#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "base/try.h"
#include "driver/words.h"
#include "migrate/migrator/squash.h"
#include "sql/lexer.h"

enum { SAMPLE_ROWS = 6, VARIANTS = 4, HASH_COLUMNS = 100 };

/* ---- sample rows ---- */

/* Different in every row and column, as far as the variant lets them: a CHECK may want something
 * small, or something like a date. */
static cn_value sample(cni_arena *arena, const cni_ddl_table *table, size_t column, int row,
	int variant, bool nulls)
{
	const cni_ddl_column *c = &table->columns[column];
	cni_affinity affinity = cni_column_affinity(table, column);
	bool key = cni_table_rowid_alias(table) == (long)column;
	if (key)
		return cn_int(row);
	if (nulls && !c->not_null && (row + (int)column) % 3 == 0)
		return cn_null(NULL);
	if (affinity == CNI_AFF_TEXT && variant == 3)
		return cn_text(cni_printf(arena, "2020-01-%02d", row));
	if (affinity == CNI_AFF_TEXT && variant == 2)
		return cn_text(cni_printf(arena, "%c", 'a' + row));
	if (affinity == CNI_AFF_TEXT)
		return cn_text(cni_printf(arena, "text %d of %zu", row, column));
	if (variant == 2)
		return cn_int(row % 2);
	if (variant == 0 && affinity == CNI_AFF_REAL)
		return cn_double(row + 0.25 + (double)column * 10);
	if (variant == 0 && affinity == CNI_AFF_BLOB && table->strict)
		return cn_text(cni_printf(arena, "blob %d of %zu", row, column));
	return cn_int(variant == 0 ? row + (int)column * 100 : row);
}

static cn_status insert_row(cni_conn *conn, const cni_object *object, int row, bool nulls,
	bool *ret_done, cn_error *err)
{
	CLEANUP(cni_arena_done) cni_arena arena = {0};
	CLEANUP(cni_buffer_done) cni_buffer sql = {0}, marks = {0};
	const cni_ddl_table *table = &object->ddl.table;
	cn_value *values = cni_alloc(&arena, (table->column_count + 1) * sizeof *values);
	size_t count = 0;
	const char *const *insert = conn->driver->words->insert_or_pass;
	cni_buffer_puts(&sql, insert[0]);
	cni_quote_name(&sql, object->name);
	for (size_t c = 0; c < table->column_count; c++) {
		if (table->columns[c].generated_sql)
			continue;
		cni_buffer_puts(&sql, count ? ", " : " (");
		cni_quote_name(&sql, table->columns[c].name);
		cni_buffer_puts(&marks, count++ ? ", ?" : "?");
	}
	cni_buffer_printf(&sql, ") VALUES (%s)%s", cni_buffer_text(&marks), insert[1]);
	if (!values || sql.failed || marks.failed)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	*ret_done = false;
	for (int variant = 0; variant < VARIANTS && !*ret_done; variant++) {
		cn_error ignored;
		count = 0;
		for (size_t c = 0; c < table->column_count; c++)
			if (!table->columns[c].generated_sql)
				values[count++] = sample(&arena, table, c, row, variant, nulls);
		if (arena.failed)
			return cn_fail(err, CN_ENOMEM, "out of memory");
		/* a value that this table does not take: the next variant */
		*ret_done =
			cni_conn_run(conn, cni_buffer_text(&sql), values, count, &ignored) >= 0 &&
			cni_conn_changes(conn) > 0;
	}
	return CN_OK;
}

/* The revisions before the run have been run in it already, with what rows they make. */
static cn_status fill(
	cni_squash *squash, bool nulls, cni_conn **ret, size_t *ret_rows, cn_error *err)
{
	CLEANUP(cni_conn_closep) cni_conn *conn = NULL;
	const cni_schema *before = squash->before;
	TRY(cni_folder_replay_set(&squash->folder, &squash->migrator->home, squash->before_set,
		squash->arena, NULL, &conn, err));
	TRY(cni_conn_set(conn, CNI_SETTING_TRIGGERS, 0, err));
	*ret_rows = 0;
	for (size_t i = 0; i < before->object_count; i++) {
		bool done;
		if (before->objects[i].ddl.kind != CNI_DDL_TABLE)
			continue;
		for (int row = 1; row <= SAMPLE_ROWS; row++) {
			TRY(insert_row(conn, &before->objects[i], row, nulls, &done, err));
			*ret_rows += done;
		}
	}
	TRY(cni_conn_set(conn, CNI_SETTING_TRIGGERS, 1, err));
	*ret = conn;
	conn = NULL;
	return CN_OK;
}

/* ---- comparing ---- */

static cn_status measure(cni_conn *conn, const cni_object *object, const char *from_column,
	size_t at, int64_t *ret_rows, int64_t *ret_hash, cn_error *err)
{
	CLEANUP(cni_stmt_releasep) cni_stmt *stmt = NULL;
	CLEANUP(cni_buffer_done) cni_buffer sql = {0};
	const cni_ddl_table *table = &object->ddl.table;
	const char *columns[HASH_COLUMNS + 1] = {from_column};
	size_t count = 1;
	for (size_t c = at; c < table->column_count && c < at + HASH_COLUMNS; c++)
		columns[count++] = table->columns[c].name;
	cni_buffer_puts(&sql, "SELECT count(*), ");
	conn->driver->words->content_hash(&sql, columns, count);
	cni_buffer_puts(&sql, " FROM ");
	cni_quote_name(&sql, object->name);
	if (sql.failed)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	TRY(cni_conn_prepare(conn, cni_buffer_text(&sql), &stmt, err));
	int step = cni_stmt_step(stmt, err);
	if (step < 0)
		return (cn_status)step;
	*ret_rows = cni_stmt_int(stmt, 0);
	*ret_hash = cni_stmt_int(stmt, 1);
	return CN_OK;
}

static cn_status compare(const cni_squash *squash, cni_conn *old, cni_conn *now, cn_error *err)
{
	for (size_t i = 0; i < squash->after->object_count; i++) {
		const cni_object *object = &squash->after->objects[i];
		const cni_ddl_table *table = &object->ddl.table;
		if (object->ddl.kind != CNI_DDL_TABLE)
			continue;
		for (size_t c = 0; c < table->column_count; c += HASH_COLUMNS) {
			int64_t rows[2], hash[2];
			const char *first = table->columns[0].name;
			TRY(measure(old, object, first, c, &rows[0], &hash[0], err));
			TRY(measure(now, object, first, c, &rows[1], &hash[1], err));
			if (rows[0] == rows[1] && hash[0] == hash[1])
				continue;
			cn_error_set(err, CN_ESCHEMA,
				"planned anew, it does not do the same to the rows of table \"%s\"; "
				"nothing was changed",
				object->name);
			cn_error_detail(err,
				"%" PRId64 " sample rows behind the old revisions, %" PRId64
				" behind the new one%s",
				rows[0], rows[1], rows[0] == rows[1] ? ", other values" : "");
			cn_error_hint(err,
				"--concatenate keeps every statement, in order; or say what is missing "
				"(--rename, --fill)");
			return CN_ESCHEMA;
		}
	}
	return CN_OK;
}

static cn_status run_old(const cni_squash *squash, cni_conn *conn)
{
	cn_error ignored;
	for (size_t i = 0; i < squash->run_count; i++) {
		cn_status status =
			cni_revision_execute(conn, squash->run[i], false, NULL, &ignored);
		if (status < 0)
			return status;
	}
	return CN_OK;
}

cn_status cni_squash_try_rows(cni_squash *squash, cn_error *err)
{
	for (int nulls = 1; nulls >= 0; nulls--) {
		CLEANUP(cni_conn_closep) cni_conn *old = NULL, *now = NULL;
		size_t rows;
		TRY(fill(squash, nulls, &old, &rows, err));
		cn_status status = run_old(squash, old);
		if (status == CN_ENOMEM)
			return cn_fail(err, CN_ENOMEM, "out of memory");
		if (status < 0)
			continue; /* a NULL where the run wants none: once more without any */
		TRY(fill(squash, nulls, &now, &rows, err));
		if (cni_revision_execute(now, &squash->revision, false, NULL, err) < 0)
			return cn_error_wrap(
				err, "planned anew, it fails on rows that the old revisions take");
		TRY(compare(squash, old, now, err));
		squash->tried_on_rows = true;
		return CN_OK;
	}
	return CN_OK;
}
