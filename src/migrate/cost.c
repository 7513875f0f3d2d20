/* cost.c - see cost.h. */
#include "migrate/cost.h"

#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "base/try.h"
#include "sql/lexer.h"

/* What such work took on a table of 120 MB with indexes of 40 MB: docs/operations.md. */
enum {
	REBUILD_BYTES_MS = 43 << 10, /* written in a millisecond */
	INDEX_BYTES_MS = 350 << 10,  /* of the table, read */
	REWRITE_BYTES_MS = 100 << 10,
	CHECK_BYTES_MS = 400 << 10, /* of the file, read */
	INDEX_ENTRY_BYTES = 24,     /* where no other index tells */
};
static const double rebuild_need_wal = 2.6, rebuild_need = 1.8, index_need_wal = 2.0;

cn_status cni_coster_init(
	cni_coster *coster, cni_arena *arena, const cni_sizes *sizes, cn_error *err)
{
	*coster = (cni_coster){.arena = arena, .sizes = sizes};
	for (size_t i = 0; i < sizes->table_count; i++) {
		const cni_table_size *size = &sizes->tables[i];
		cni_cost_table table = {.name = size->name,
			.rows = size->rows,
			.counted = size->counted,
			.table_bytes = size->table_bytes,
			.index_bytes = size->index_bytes,
			.index_count = size->index_count};
		if (!CNI_PUSH(arena, coster->tables, coster->table_count, table))
			return cn_fail(err, CN_ENOMEM, "out of memory");
	}
	return CN_OK;
}

/* ---- one statement ---- */

typedef struct statement {
	const cni_token *tokens; /* solid ones, ended by CNI_TOKEN_END */
	const char *table;       /* what it is about, without quotes; "" */
	const char *other;       /* RENAME TO: the new name; "" */
	const char *method;
} statement;

static const char *name_at(cni_coster *coster, const cni_token *tokens, size_t at)
{
	for (size_t i = 0; i <= at; i++)
		if (tokens[i].kind == CNI_TOKEN_END)
			return "";
	if (tokens[at + 1].kind != CNI_TOKEN_END && cni_token_is_op(&tokens[at + 1], "."))
		at += 2;
	if (tokens[at].kind == CNI_TOKEN_END)
		return "";
	const char *name = cni_token_name(coster->arena, &tokens[at]);
	return name ? name : "";
}

/* Skips IF [NOT] EXISTS. */
static size_t past_if(const cni_token *tokens, size_t at)
{
	if (!cni_token_is(&tokens[at], "IF"))
		return at;
	at++;
	if (cni_token_is(&tokens[at], "NOT"))
		at++;
	return cni_token_is(&tokens[at], "EXISTS") ? at + 1 : at;
}

static void read_create(cni_coster *coster, statement *s)
{
	const cni_token *t = s->tokens;
	size_t at = 1;
	if (cni_token_is(&t[at], "UNIQUE") || cni_token_is(&t[at], "VIRTUAL") ||
		cni_token_is(&t[at], "TEMP") || cni_token_is(&t[at], "TEMPORARY"))
		at++;
	bool index = cni_token_is(&t[at], "INDEX");
	s->method = index                             ? "create index"
		    : cni_token_is(&t[1], "VIRTUAL")  ? "create virtual table"
		    : cni_token_is(&t[at], "TABLE")   ? "create table"
		    : cni_token_is(&t[at], "VIEW")    ? "create view"
		    : cni_token_is(&t[at], "TRIGGER") ? "create trigger"
						      : "other";
	at = past_if(t, at + 1);
	s->table = name_at(coster, t, at);
	for (size_t i = at; index && t[i].kind != CNI_TOKEN_END; i++) {
		if (!cni_token_is(&t[i], "ON"))
			continue;
		s->table = name_at(coster, t, i + 1);
		break;
	}
}

static void read_alter(cni_coster *coster, statement *s)
{
	const cni_token *t = s->tokens;
	size_t at = 2;
	s->table = name_at(coster, t, at);
	at += t[at].kind != CNI_TOKEN_END && cni_token_is_op(&t[at + 1], ".") ? 3 : 1;
	s->method = "other";
	if (t[at - 1].kind == CNI_TOKEN_END)
		return;
	if (cni_token_is(&t[at], "ADD"))
		s->method = "add column";
	else if (cni_token_is(&t[at], "DROP"))
		s->method = "drop column";
	else if (cni_token_is(&t[at], "RENAME"))
		s->method = cni_token_is(&t[at + 1], "TO") ? "rename table" : "rename column";
	if (strcmp(s->method, "rename table") == 0)
		s->other = name_at(coster, t, at + 2);
}

static bool is_schema_table(const char *name)
{
	return cni_same(name, "sqlite_schema") || cni_same(name, "sqlite_master");
}

/* INSERT INTO t, REPLACE INTO t, UPDATE t, DELETE FROM t, behind OR ABORT and the like; WITH … */
static void read_rows(cni_coster *coster, statement *s)
{
	const cni_token *t = s->tokens;
	size_t at = 0;
	while (t[at].kind != CNI_TOKEN_END && !cni_token_is(&t[at], "INSERT") &&
		!cni_token_is(&t[at], "REPLACE") && !cni_token_is(&t[at], "UPDATE") &&
		!cni_token_is(&t[at], "DELETE"))
		at++;
	if (t[at].kind == CNI_TOKEN_END) {
		s->method = "query";
		return;
	}
	at++;
	if (cni_token_is(&t[at], "OR") && t[at + 1].kind != CNI_TOKEN_END)
		at += 2;
	if (cni_token_is(&t[at], "INTO") || cni_token_is(&t[at], "FROM"))
		at++;
	s->table = name_at(coster, t, at);
	s->method = is_schema_table(s->table) ? "stored text" : "rows";
}

static cn_status read_statement(cni_coster *coster, const char *sql, statement *ret, cn_error *err)
{
	statement s = {.table = "", .other = "", .method = "other"};
	s.tokens = cni_tokens(coster->arena, sql, strlen(sql), NULL);
	if (!s.tokens)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	const cni_token *t = s.tokens;
	if (cni_token_is(&t[0], "CREATE")) {
		read_create(coster, &s);
	} else if (cni_token_is(&t[0], "ALTER")) {
		read_alter(coster, &s);
	} else if (cni_token_is(&t[0], "DROP")) {
		s.method = cni_token_is(&t[1], "TABLE")     ? "drop table"
			   : cni_token_is(&t[1], "INDEX")   ? "drop index"
			   : cni_token_is(&t[1], "VIEW")    ? "drop view"
			   : cni_token_is(&t[1], "TRIGGER") ? "drop trigger"
							    : "other";
		if (t[1].kind != CNI_TOKEN_END)
			s.table = name_at(coster, t, past_if(t, 2));
	} else if (cni_token_is(&t[0], "PRAGMA")) {
		s.method = "setting";
	} else {
		read_rows(coster, &s);
	}
	*ret = s;
	return CN_OK;
}

/* ---- the tables, as the statements leave them ---- */

static cni_cost_table *find(cni_coster *coster, const char *name)
{
	for (size_t i = 0; i < coster->table_count; i++)
		if (coster->tables[i].name && cni_same(coster->tables[i].name, name))
			return &coster->tables[i];
	return NULL;
}

static cn_status add_table(cni_coster *coster, const char *name, cn_error *err)
{
	cni_cost_table fresh = {.name = name, .counted = true};
	if (find(coster, name))
		return CN_OK;
	return CNI_PUSH(coster->arena, coster->tables, coster->table_count, fresh)
		       ? CN_OK
		       : cn_fail(err, CN_ENOMEM, "out of memory");
}

/* A full-text index and the like keep their data in tables of their own, NAME_something. */
static int64_t virtual_bytes(const cni_coster *coster, const char *name)
{
	int64_t bytes = 0;
	size_t size = strlen(name);
	for (size_t i = 0; i < coster->table_count; i++) {
		const cni_cost_table *table = &coster->tables[i];
		if (table->name && strlen(table->name) > size + 1 && table->name[size] == '_' &&
			cni_ncasecmp(table->name, name, size) == 0)
			bytes += table->table_bytes + table->index_bytes;
	}
	return bytes;
}

typedef struct totals { /* of the transaction */
	double needed_bytes;
	int64_t written_bytes, duration_ms;
} totals;

static cn_status push(cni_coster *coster, const statement *s, const char *reason,
	const cni_cost_table *table, int64_t written, int64_t ms, totals *sum, cn_error *err)
{
	cn_cost_step step = {.method = s->method,
		.table = *s->table ? s->table : NULL,
		.reason = reason,
		.rows = table ? table->rows : -1,
		.counted = table && table->counted,
		.written_bytes = written,
		.duration_ms = ms};
	sum->written_bytes += written;
	sum->duration_ms += ms;
	return CNI_PUSH(coster->arena, coster->steps, coster->step_count, step)
		       ? CN_OK
		       : cn_fail(err, CN_ENOMEM, "out of memory");
}

static bool in_wal(const cni_coster *coster)
{
	return coster->sizes->journal && cni_same(coster->sizes->journal, "wal");
}

static cn_status cost_index(
	cni_coster *coster, const statement *s, const char *reason, totals *sum, cn_error *err)
{
	cni_cost_table *table = find(coster, s->table);
	int64_t written = 0, ms = 0;
	if (table) {
		int64_t rows = table->rows >= 0 ? table->rows : 0;
		written = table->index_count ? table->index_bytes / (int64_t)table->index_count
					     : rows * INDEX_ENTRY_BYTES;
		ms = (table->table_bytes + written) / INDEX_BYTES_MS;
		sum->needed_bytes += (double)written * (in_wal(coster) ? index_need_wal : 1);
	}
	TRY(push(coster, s, reason, table, written, ms, sum, err));
	if (table) {
		table->index_count++;
		table->index_bytes += written;
	}
	return CN_OK;
}

/* What changes only the schema, or rewrites the rows in place. */
static cn_status cost_simple(
	cni_coster *coster, const statement *s, const char *reason, totals *sum, cn_error *err)
{
	cni_cost_table *table = find(coster, s->table);
	int64_t written = 0, ms = 0;
	if (strcmp(s->method, "drop column") == 0 || strcmp(s->method, "rows") == 0) {
		written = table ? table->table_bytes : virtual_bytes(coster, s->table);
		ms = written / REWRITE_BYTES_MS;
		sum->needed_bytes += (double)written;
	} else if (strcmp(s->method, "stored text") == 0) {
		ms = coster->sizes->database_bytes / CHECK_BYTES_MS;
	}
	TRY(push(coster, s, reason, table, written, ms, sum, err));
	if (strcmp(s->method, "create table") == 0)
		return add_table(coster, s->table, err);
	if (table && strcmp(s->method, "drop table") == 0)
		table->name = NULL;
	if (table && strcmp(s->method, "rename table") == 0)
		table->name = s->other;
	return CN_OK;
}

/* Where CREATE TABLE new … INSERT … DROP TABLE old … RENAME new TO old ends; 0: it is none. */
static cn_status find_rebuild(cni_coster *coster, const cni_plan *plan, size_t at,
	const statement *create, size_t *ret_end, const char **ret_old, const char **ret_now,
	cn_error *err)
{
	*ret_end = 0;
	*ret_old = "";
	for (size_t i = at + 1; i < plan->step_count; i++) {
		statement s;
		TRY(read_statement(coster, plan->steps[i].sql, &s, err));
		if (strcmp(s.method, "create table") == 0)
			return CN_OK;
		if (strcmp(s.method, "drop table") == 0)
			*ret_old = s.table;
		if (strcmp(s.method, "rename table") != 0 || !cni_same(s.table, create->table))
			continue;
		*ret_end = **ret_old ? i : 0;
		*ret_now = s.other;
		return CN_OK;
	}
	return CN_OK;
}

static cn_status cost_rebuild(cni_coster *coster, const char *old, const char *now,
	const char *reason, totals *sum, cn_error *err)
{
	cni_cost_table *table = find(coster, old);
	const statement s = {.method = "rebuild", .table = old};
	int64_t bytes = table ? table->table_bytes + table->index_bytes : 0;
	sum->needed_bytes += (double)bytes * (in_wal(coster) ? rebuild_need_wal : rebuild_need);
	TRY(push(coster, &s, reason, table, bytes, bytes / REBUILD_BYTES_MS, sum, err));
	if (!table)
		return add_table(coster, now, err);
	/* its indexes are made again by the steps that follow, and are counted here */
	table->name = now;
	return CN_OK;
}

/* The indexes of a table that was written anew belong to that. */
static bool comes_back(const cn_cost_step *steps, size_t count, const statement *s)
{
	if (strcmp(s->method, "create index") != 0)
		return false;
	for (size_t i = 0; i < count; i++)
		if (strcmp(steps[i].method, "rebuild") == 0 && steps[i].table &&
			cni_same(steps[i].table, s->table))
			return true;
	return false;
}

static cn_status cost_steps(cni_coster *coster, const cni_plan *plan, totals *sum, cn_error *err)
{
	const char *reason = "";
	for (size_t i = 0; i < plan->step_count; i++) {
		statement s;
		const char *old, *now;
		size_t end = 0;
		if (plan->steps[i].comment)
			reason = plan->steps[i].comment;
		TRY(read_statement(coster, plan->steps[i].sql, &s, err));
		if (strcmp(s.method, "create table") == 0)
			TRY(find_rebuild(coster, plan, i, &s, &end, &old, &now, err));
		if (end) {
			TRY(cost_rebuild(coster, old, now, reason, sum, err));
			i = end;
		} else if (comes_back(coster->steps, coster->step_count, &s)) {
			TRY(push(coster, &s, reason, find(coster, s.table), 0, 0, sum, err));
		} else if (strcmp(s.method, "create index") == 0) {
			TRY(cost_index(coster, &s, reason, sum, err));
		} else if (strcmp(s.method, "setting") != 0) {
			TRY(cost_simple(coster, &s, reason, sum, err));
		}
	}
	return CN_OK;
}

cn_status cni_cost_plan(cni_coster *coster, const cni_plan *plan, const cni_plan *down,
	cn_cost_revision *ret, cn_error *err)
{
	totals sum = {0};
	coster->steps = NULL;
	coster->step_count = 0;
	TRY(cost_steps(coster, plan, &sum, err));
	*ret = (cn_cost_revision){.id = "",
		.message = "",
		.path = "",
		.steps = coster->steps,
		.step_count = coster->step_count,
		.written_bytes = sum.written_bytes,
		.needed_bytes = (int64_t)sum.needed_bytes,
		.duration_ms = sum.duration_ms,
		/* what does not fit into memory is written before the end, which takes the lock
		 * that keeps readers out */
		.readers_wait = !coster->sizes->readers_go_on &&
				sum.written_bytes > coster->sizes->cache_bytes,
		.undoable = down != NULL,
		.losses = down ? down->warnings : NULL,
		.loss_count = down ? down->warning_count : 0};
	return CN_OK;
}

/* ---- for people ---- */

const char *cni_cost_duration(cni_arena *arena, int64_t ms)
{
	const char *text =
		ms < 1000      ? "under a second"
		: ms < 90000   ? cni_printf(arena, "about %" PRId64 " s", (ms + 500) / 1000)
		: ms < 5400000 ? cni_printf(arena, "about %" PRId64 " min", (ms + 30000) / 60000)
			       : cni_printf(arena, "about %" PRId64 " h", (ms + 1800000) / 3600000);
	return text ? text : "";
}

const char *cni_cost_bytes(cni_arena *arena, int64_t bytes)
{
	static const char *const units[] = {"bytes", "KB", "MB", "GB", "TB"};
	double size = (double)bytes;
	size_t unit = 0;
	for (; size >= 1000 && unit + 1 < CNI_COUNT(units); unit++)
		size /= 1000;
	const char *text = unit && size < 10 ? cni_printf(arena, "%.1f %s", size, units[unit])
					     : cni_printf(arena, "%.0f %s", size, units[unit]);
	return text ? text : "";
}
