/*
 * statistics.c - what ANALYZE wrote (sqlite_stat1, sqlite_stat4) about tables that are written anew
 * or renamed.
 *
 * DROP TABLE takes it away, RENAME leaves it under the old name; without it queries would be
 * planned differently after a migration. It is put back for tables, and for indexes that are what
 * they were.
 */
#include "driver/sqlite/plan.h"

#include <string.h>

#include "base/text.h"
#include "base/try.h"
#include "sql/lexer.h"

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

typedef struct table_move { /* a table and what it is called afterwards; NULL: it goes */
	const char *from, *to;
} table_move;

typedef struct table_moves {
	cni_arena *arena;
	table_move *list;
	size_t count;
} table_moves;

/* The name at this place of a statement's tokens; NULL: there is none. */
static const char *name_at(cni_arena *arena, const cni_token *tokens, size_t count, size_t at)
{
	if (at >= count ||
		(tokens[at].kind != CNI_TOKEN_WORD && tokens[at].kind != CNI_TOKEN_QUOTED))
		return NULL;
	return cni_token_name(arena, &tokens[at]);
}

static bool add_move(table_moves *moves, const char *from, const char *to)
{
	for (size_t i = 0; i < moves->count; i++)
		if (cni_same(moves->list[i].to, from)) {
			moves->list[i].to = to;
			return true;
		}
	return CNI_PUSH(moves->arena, moves->list, moves->count, ((table_move){from, to}));
}

/* Plays ALTER TABLE … RENAME TO and DROP TABLE, whose steps may be a plan's or a file's. */
static bool follow_step(table_moves *moves, const char *sql)
{
	size_t count = 0;
	if (cni_ncasecmp(sql, "ALTER", 5) != 0 && cni_ncasecmp(sql, "DROP", 4) != 0)
		return true;
	const cni_token *tokens = cni_tokens(moves->arena, sql, strlen(sql), &count);
	if (!tokens)
		return false;
	if (count < 3 || !cni_token_is(&tokens[1], "TABLE"))
		return true;
	const char *name = name_at(moves->arena, tokens, count, 2);
	if (name && cni_token_is(&tokens[0], "DROP"))
		return add_move(moves, name, NULL);
	const char *to =
		count > 5 && cni_token_is(&tokens[3], "RENAME") && cni_token_is(&tokens[4], "TO")
			? name_at(moves->arena, tokens, count, 5)
			: NULL;
	return !name || !to || add_move(moves, name, to);
}

/* The tables whose rows are compared, which say what became of a rebuilt one, and those that are
 * just renamed. */
static cn_status find_moves(const cni_plan *plan, table_moves *moves, cn_error *err)
{
	table_moves followed = {.arena = moves->arena};
	for (size_t i = 0; i < plan->keep_count; i++)
		if (!CNI_PUSH(moves->arena, moves->list, moves->count,
			    ((table_move){plan->keeps[i].from_table, plan->keeps[i].to_table})))
			return cn_fail(err, CN_ENOMEM, "out of memory");
	for (size_t i = 0; i < plan->step_count; i++)
		if (!follow_step(&followed, plan->steps[i].sql))
			return cn_fail(err, CN_ENOMEM, "out of memory");
	for (size_t i = 0; i < followed.count; i++) {
		bool known = !followed.list[i].to;
		for (size_t j = 0; j < plan->keep_count; j++)
			known |= cni_same(plan->keeps[j].from_table, followed.list[i].from);
		if (!known && !CNI_PUSH(moves->arena, moves->list, moves->count, followed.list[i]))
			return cn_fail(err, CN_ENOMEM, "out of memory");
	}
	return CN_OK;
}

static cn_status read_rows(cni_conn *conn, const char *store, const table_move *move,
	cni_arena *arena, cni_statistics *list, cn_error *err)
{
	CLEANUP(cni_stmt_releasep) cni_stmt *stmt = NULL;
	const char *sql = cni_printf(
		arena, "SELECT * FROM main.%s WHERE tbl = ?1 COLLATE NOCASE ORDER BY rowid", store);
	if (!sql)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	TRY(cni_conn_prepare(conn, sql, &stmt, err));
	TRY(cni_stmt_bind(stmt, 1, cn_text(move->from), err));
	int step;
	while ((step = cni_stmt_step(stmt, err)) == CNI_ROW) {
		cni_statistic row = {.store = store, .new_table = move->to};
		TRY(remember(arena, stmt, &row, err));
		if (row.index)
			TRY(meaning_of(conn, arena, row.index, &row.meaning, err));
		if (!CNI_PUSH(arena, list->list, list->count, row))
			return cn_fail(err, CN_ENOMEM, "out of memory");
	}
	return step < 0 ? (cn_status)step : CN_OK;
}

/* A name that is given away must not keep what was known of its bearer. */
static cn_status forget(
	cni_conn *conn, const char *store, const table_move *move, cni_arena *arena, cn_error *err)
{
	if (cni_same(move->from, move->to))
		return CN_OK;
	const char *sql =
		cni_printf(arena, "DELETE FROM main.%s WHERE tbl = ?1 COLLATE NOCASE", store);
	if (!sql)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	const cn_value name = cn_text(move->from);
	return cni_conn_run(conn, sql, &name, 1, err);
}

cn_status cni_statistics_read(
	cni_conn *conn, const cni_plan *plan, cni_arena *arena, cni_statistics *ret, cn_error *err)
{
	table_moves moves = {.arena = arena};
	cni_statistics list = {0};
	TRY(find_moves(plan, &moves, err));
	for (size_t i = 0; i < CNI_COUNT(stores); i++) {
		bool there = false;
		if (moves.count)
			TRY(exists(conn, stores[i], &there, err));
		for (size_t j = 0; there && j < moves.count; j++)
			TRY(read_rows(conn, stores[i], &moves.list[j], arena, &list, err));
		for (size_t j = 0; there && j < moves.count; j++)
			TRY(forget(conn, stores[i], &moves.list[j], arena, err));
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
