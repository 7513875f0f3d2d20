/* cost.c - see cost.h. */
#include "migrate/migrator/cost.h"

#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "base/try.h"
#include "migrate/revision/statement.h"

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

static cn_status push(cni_coster *coster, const cni_statement *s, const char *reason,
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
	cni_coster *coster, const cni_statement *s, const char *reason, totals *sum, cn_error *err)
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
	cni_coster *coster, const cni_statement *s, const char *reason, totals *sum, cn_error *err)
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
		table->name = s->to;
	return CN_OK;
}

static cn_status cost_rebuild(cni_coster *coster, const char *old, const char *now,
	const char *reason, totals *sum, cn_error *err)
{
	cni_cost_table *table = find(coster, old);
	const cni_statement s = {.method = "rebuild", .table = old, .from = "", .to = ""};
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
static bool comes_back(const cn_cost_step *steps, size_t count, const cni_statement *s)
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
		cni_statement s;
		const char *old, *now;
		size_t end = 0;
		if (plan->steps[i].comment)
			reason = plan->steps[i].comment;
		TRY(cni_statement_read(coster->arena, plan->steps[i].sql, &s, err));
		if (strcmp(s.method, "create table") == 0)
			TRY(cni_steps_rebuild(coster->arena, plan, i, &s, &end, &old, &now, err));
		if (end) {
			TRY(cost_rebuild(coster, old, now, reason, sum, err));
			i = end;
		} else if (comes_back(coster->steps, coster->step_count, &s)) {
			TRY(push(coster, &s, reason, find(coster, s.table), 0, 0, sum, err));
		} else if (strcmp(s.method, "create index") == 0) {
			TRY(cost_index(coster, &s, reason, sum, err));
		} else if (strcmp(s.method, "setting") != 0 && !cni_statement_is_ours(&s)) {
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
