/*
 * statistics.c - what ANALYZE wrote (sqlite_stat1, sqlite_stat4) about tables that are written
 * anew.
 *
 * DROP TABLE takes it away; without it queries would be planned differently after a migration. It
 * is put back for tables, and for indexes that are what they were.
 */
#include "driver/sqlite/plan.h"

#include <string.h>

#include "base/text.h"
#include "base/try.h"

enum { MAX_VALUES = 6 }; /* columns of sqlite_stat4 */

typedef struct cni_statistic {
	const char *store; /* "sqlite_stat1" */
	const char *table, *index;
	const char *meaning; /* of the index; NULL: about the table, or the index is gone */
	const char *new_table;
	cn_value values[MAX_VALUES];
	size_t value_count;
} cni_statistic;

static const char *const stores[] = {"sqlite_stat1", "sqlite_stat4"};

/* What an index is, name apart: two that mean the same have the same statistics. */
static cn_status meaning_of(
	cni_conn *conn, cni_arena *arena, const char *index, const char **ret, cn_error *err)
{
	CLEANUP(cni_stmt_releasep) cni_stmt *stmt = NULL;
	*ret = NULL;
	TRY(cni_conn_prepare(conn,
		"SELECT group_concat(coalesce(x.name, '-') || ' ' || x.desc || ' ' || x.coll) || "
		"coalesce((SELECT substr(s.sql, instr(s.sql, '(')) FROM sqlite_schema AS s WHERE s.type = 'index' AND s.name = ?1), '')"
		" FROM pragma_index_xinfo(?1) AS x",
		&stmt, err));
	TRY(cni_stmt_bind(stmt, 1, cn_text(index), err));
	int step = cni_stmt_step(stmt, err);
	if (step < 0)
		return (cn_status)step;
	const char *text = step == CNI_ROW ? cni_stmt_text(stmt, 0) : NULL;
	*ret = cni_strdup(arena, text);
	return text && !*ret ? cn_fail(err, CN_ENOMEM, "out of memory") : CN_OK;
}

static cn_status exists(cni_conn *conn, const char *name, bool *ret, cn_error *err)
{
	CLEANUP(cni_stmt_releasep) cni_stmt *stmt = NULL;
	TRY(cni_conn_prepare(conn, "SELECT 1 FROM sqlite_schema WHERE name = ?1", &stmt, err));
	TRY(cni_stmt_bind(stmt, 1, cn_text(name), err));
	int step = cni_stmt_step(stmt, err);
	*ret = step == CNI_ROW;
	return step < 0 ? (cn_status)step : CN_OK;
}

static cn_status remember(cni_arena *arena, cni_stmt *stmt, cni_statistic *row, cn_error *err)
{
	row->value_count = cni_stmt_columns(stmt);
	if (row->value_count > MAX_VALUES)
		row->value_count = MAX_VALUES;
	for (size_t i = 0; i < row->value_count; i++) {
		cn_value value = cni_stmt_value(stmt, i);
		if (value.type == CN_TYPE_TEXT || value.type == CN_TYPE_BLOB) {
			value.as.p = value.size ? cni_memdup(arena, value.as.p, value.size) : "";
			if (!value.as.p)
				return cn_fail(err, CN_ENOMEM, "out of memory");
		}
		row->values[i] = value;
	}
	row->table = cni_strdup(arena, cni_stmt_text(stmt, 0));
	row->index = cni_strdup(arena, cni_stmt_text(stmt, 1));
	return arena->failed ? cn_fail(err, CN_ENOMEM, "out of memory") : CN_OK;
}

static cn_status read_store(cni_conn *conn, const char *store, const cni_keep *keep,
	cni_arena *arena, cni_statistics *list, cn_error *err)
{
	CLEANUP(cni_stmt_releasep) cni_stmt *stmt = NULL;
	const char *sql = cni_printf(
		arena, "SELECT * FROM main.%s WHERE tbl = ?1 COLLATE NOCASE ORDER BY rowid", store);
	if (!sql)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	TRY(cni_conn_prepare(conn, sql, &stmt, err));
	TRY(cni_stmt_bind(stmt, 1, cn_text(keep->from_table), err));
	int step;
	while ((step = cni_stmt_step(stmt, err)) == CNI_ROW) {
		cni_statistic row = {.store = store, .new_table = keep->to_table};
		TRY(remember(arena, stmt, &row, err));
		if (row.index)
			TRY(meaning_of(conn, arena, row.index, &row.meaning, err));
		if (!CNI_PUSH(arena, list->list, list->count, row))
			return cn_fail(err, CN_ENOMEM, "out of memory");
	}
	return step < 0 ? (cn_status)step : CN_OK;
}

cn_status cni_statistics_read(
	cni_conn *conn, const cni_plan *plan, cni_arena *arena, cni_statistics *ret, cn_error *err)
{
	cni_statistics list = {0};
	for (size_t i = 0; i < CNI_COUNT(stores); i++) {
		bool there = false;
		if (plan->keep_count)
			TRY(exists(conn, stores[i], &there, err));
		if (!there)
			continue;
		for (size_t j = 0; j < plan->keep_count; j++)
			TRY(read_store(conn, stores[i], &plan->keeps[j], arena, &list, err));
	}
	*ret = list;
	return CN_OK;
}

static cn_status is_there(cni_conn *conn, const cni_statistic *row, bool *ret, cn_error *err)
{
	CLEANUP(cni_stmt_releasep) cni_stmt *stmt = NULL;
	CLEANUP(cni_arena_done) cni_arena arena = {0};
	const char *sql = cni_printf(&arena,
		"SELECT 1 FROM main.%s WHERE tbl = ?1 COLLATE NOCASE AND idx IS ?2", row->store);
	if (!sql)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	TRY(cni_conn_prepare(conn, sql, &stmt, err));
	TRY(cni_stmt_bind(stmt, 1, cn_text(row->new_table), err));
	TRY(cni_stmt_bind(stmt, 2, cn_text(row->index), err));
	int step = cni_stmt_step(stmt, err);
	*ret = step == CNI_ROW;
	return step < 0 ? (cn_status)step : CN_OK;
}

static cn_status put_back(cni_conn *conn, cni_statistic *row, cn_error *err)
{
	CLEANUP(cni_buffer_done) cni_buffer sql = {0};
	cni_buffer_printf(&sql, "INSERT INTO main.%s VALUES (?1", row->store);
	for (size_t i = 1; i < row->value_count; i++)
		cni_buffer_printf(&sql, ", ?%zu", i + 1);
	cni_buffer_puts(&sql, ")");
	row->values[0] = cn_text(row->new_table);
	if (sql.failed)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	return cni_conn_run(conn, cni_buffer_text(&sql), row->values, row->value_count, err);
}

cn_status cni_statistics_restore(
	cni_conn *conn, const cni_statistics *statistics, cni_arena *arena, cn_error *err)
{
	bool *skip = cni_alloc(arena, statistics->count + 1);
	if (!skip)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	for (size_t i = 0; i < statistics->count;
		i++) { /* all questions before the first answer is written */
		const cni_statistic *row = &statistics->list[i];
		const char *meaning = NULL;
		TRY(is_there(conn, row, &skip[i], err));
		if (row->index)
			TRY(meaning_of(conn, arena, row->index, &meaning, err));
		bool there;
		TRY(exists(conn, row->new_table, &there, err));
		skip[i] |=
			!there || (row->index && (!meaning || !cni_equal(meaning, row->meaning)));
	}
	for (size_t i = 0; i < statistics->count; i++)
		if (!skip[i])
			TRY(put_back(conn, &statistics->list[i], err));
	return CN_OK;
}
