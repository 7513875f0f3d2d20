/*
 * update_many.c - rows of which the same columns were changed, in one statement: UPDATE … FROM a
 * table that reads the structs (cni_conn_rows_table).
 *
 * A savepoint stands around it: when a row is refused, or is not there any more, nothing has been
 * done, and writing them one by one finds it and names it.
 */
#include "base/try.h"
#include "orm/flush_impl.h"

enum { MANY_MIN = 4 }; /* fewer rows are written one by one */

#define ROWS      "cantil_r"
#define SAVEPOINT "cantil_many"

typedef struct cni_update_rows {
	cni_rows rows; /* first: the engine knows only this */
	cni_update *run;
} cni_update_rows;

/* The key, the version as it was, the columns that changed, the version as it will be. */
static cn_status describe(cni_update *run)
{
	const cni_layout *layout = run->layout;
	cni_arena *arena = &run->flush->s->scratch;
	size_t most = layout->key_count + layout->field_count + 2;

	run->fields = cni_alloc(arena, most * sizeof *run->fields);
	run->columns = cni_alloc(arena, most * sizeof *run->columns);
	run->column_count = 0;
	if (!run->fields || !run->columns)
		return cni_session_oom(run->flush->s);
	for (size_t i = 0; i < layout->key_count; i++)
		run->fields[run->column_count++] = layout->key[i];
	if (layout->version >= 0)
		run->fields[run->column_count++] = (size_t)layout->version;
	run->first_changed = run->column_count;
	for (size_t i = 0; i < layout->field_count; i++) {
		if (run->changed[i] || (long)i == layout->version)
			run->fields[run->column_count++] = i;
	}
	for (size_t i = 0; i < run->column_count; i++) {
		const cni_field *field = &layout->fields[run->fields[i]];
		if ((long)run->fields[i] != layout->version)
			run->columns[i] = (cni_rows_column){cni_feed_kind(field), field->offset};
	}
	return CN_OK;
}

static cn_status prepare(cni_update *run, const char *table)
{
	CLEANUP(cni_buffer_done) cni_buffer sql = {0};
	const cni_layout *layout = run->layout;

	cni_buffer_printf(&sql, "UPDATE %s", layout->quoted);
	for (size_t i = run->first_changed; i < run->column_count; i++)
		cni_buffer_printf(&sql, "%s%s = " ROWS ".c%zu",
			i == run->first_changed ? " SET " : ", ",
			layout->fields[run->fields[i]].quoted, i);
	cni_buffer_printf(&sql, " FROM %s(?) AS " ROWS, table);
	for (size_t i = 0; i < run->first_changed; i++)
		cni_buffer_printf(&sql, "%s%s.%s = " ROWS ".c%zu", i ? " AND " : " WHERE ",
			layout->quoted, layout->fields[run->fields[i]].quoted, i);
	if (sql.failed)
		return cni_session_oom(run->flush->s);
	return cni_session_prepare(run->flush->s, run->flush->conn, sql.data, layout, &run->many);
}

static cn_status value_of(
	const cni_rows *rows, size_t row, size_t column, cn_value *ret, cn_error *err)
{
	cni_update *run = ((const cni_update_rows *)(const void *)rows)->run;
	const cni_entry *entry = run->entries[row];
	size_t field = run->fields[column];

	if ((long)field != run->layout->version)
		return cni_encode(run->layout->fields[field].column, rows->rows[row], ret, err);
	if (column >= run->first_changed)
		return cni_next_version(run->flush, entry, ret);
	*ret = cn_column_get(run->layout->fields[field].column, cni_old(entry));
	return CN_OK;
}

static cn_status run_many(cni_update *run, bool *ret_done)
{
	cn_session *s = run->flush->s;
	cn_error refusal = {0};
	const void *rows[CNI_UPDATE_ROWS];
	cni_update_rows source = {{.rows = rows,
					  .count = run->count,
					  .columns = run->columns,
					  .column_count = run->column_count,
					  .value = value_of,
					  .err = &refusal},
		run};

	for (size_t i = 0; i < run->count; i++)
		rows[i] = cni_row(run->entries[i]);
	TRY(cni_stmt_bind_rows(run->many, 1, &source.rows, &s->error));
	cn_status status = cni_stmt_run(run->many, &s->error);
	*ret_done = status == CN_OK && cni_conn_changes(run->flush->conn) == (int64_t)run->count;
	return status;
}

/* Back to where it was; the row is found by writing them one by one. */
static cn_status take_back(cni_update *run)
{
	cn_session *s = run->flush->s;
	cni_conn *conn = run->flush->conn;

	if (!cni_conn_in_transaction(conn)) /* a trigger's RAISE(ROLLBACK) */
		return s->error.status;
	s->error = (cn_error){0};
	TRY(cni_conn_run(conn, "ROLLBACK TO " SAVEPOINT, NULL, 0, &s->error));
	return cni_conn_run(conn, "RELEASE " SAVEPOINT, NULL, 0, &s->error);
}

cn_status cni_update_many(cni_update *run, bool *ret_done)
{
	cn_session *s = run->flush->s;
	cni_conn *conn = run->flush->conn;
	const char *table = cni_conn_rows_table(conn);

	if (run->count < MANY_MIN || run->filled || !table)
		return CN_OK;
	if (!run->many) {
		TRY(describe(run));
		if (run->column_count > CNI_ROWS_COLUMNS)
			return CN_OK;
		TRY(prepare(run, table));
	}
	TRY(cni_conn_run(conn, "SAVEPOINT " SAVEPOINT, NULL, 0, &s->error));
	cn_status status = run_many(run, ret_done);
	if (*ret_done)
		return cni_conn_run(conn, "RELEASE " SAVEPOINT, NULL, 0, &s->error);
	if (status < 0 && status != CN_ECONSTRAINT && status != CN_EARG)
		return cn_error_wrap(
			&s->error, "updating %zu \"%s\"", run->count, run->layout->name);
	return take_back(run);
}
