/*
 * plan_rename.c - all renames hold at once: a to b and b to a is a swap, not a loss.
 *
 * SQLite's own ALTER does each: it carries the new name into foreign keys, indexes, CHECKs, views
 * and triggers. One whose new name is still taken waits; when all wait it is a ring, and one of
 * them steps aside under a temporary name. A change of case only steps aside too, since SQLite
 * holds both names for the same.
 */
#include "driver/sqlite/plan.h"

#include "base/text.h"
#include "base/try.h"
#include "sql/lexer.h"

typedef struct pending {
	const char *table; /* of a column; NULL: tables are renamed */
	const char *now, *to;
	bool done;
} pending;

struct batch {
	cni_planner *planner;
	pending *list;
	size_t count;
	const char **taken; /* names in use that no rename of this batch gives away */
	size_t taken_count;
};

static bool is_taken(const struct batch *batch, const pending *self)
{
	for (size_t i = 0; i < batch->taken_count; i++)
		if (cni_same(batch->taken[i], self->to))
			return true;
	for (size_t i = 0; i < batch->count; i++)
		if (&batch->list[i] != self && cni_same(batch->list[i].now, self->to))
			return true;
	return cni_same(self->now, self->to);
}

static cn_status rename_one(
	struct batch *batch, pending *item, const char *to, const char *comment, cn_error *err)
{
	cni_arena *arena = batch->planner->arena;
	const char *now = cni_quoted(arena, item->now), *name = cni_quoted(arena, to);
	if (!now || !name)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	if (item->table) {
		const char *table = cni_quoted(arena, item->table);
		if (!table)
			return cn_fail(err, CN_ENOMEM, "out of memory");
		TRY(cni_planner_runf(batch->planner, comment, err,
			"ALTER TABLE %s RENAME COLUMN %s TO %s", table, now, name));
	} else {
		TRY(cni_planner_runf(
			batch->planner, comment, err, "ALTER TABLE %s RENAME TO %s", now, name));
	}
	item->now = to;
	return CN_OK;
}

static const char *comment_of(struct batch *batch, const pending *item, const char *to)
{
	CLEANUP(cni_buffer_done) cni_buffer text = {0};
	cni_buffer_puts(&text, item->table ? "column " : "table ");
	if (item->table) {
		cni_quote_name_if(&text, item->table);
		cni_buffer_putc(&text, '.');
	}
	cni_quote_name_if(&text, item->now);
	cni_buffer_puts(&text, to ? " is renamed to " : " steps aside for another");
	if (to)
		cni_quote_name_if(&text, to);
	return cni_buffer_dup(&text, batch->planner->arena);
}

static const char *aside_name(struct batch *batch, const pending *item)
{
	cni_arena *arena = batch->planner->arena;
	if (!item->table)
		return cni_planner_free_name(batch->planner, item->now);
	for (unsigned i = 1;; i++) {
		const char *name = cni_printf(arena, "cantil_%u_%s", i, item->now);
		bool taken = false;
		for (size_t j = 0; name && j < batch->count; j++)
			taken |= cni_same(batch->list[j].now, name) ||
				 cni_same(batch->list[j].to, name);
		for (size_t j = 0; name && j < batch->taken_count; j++)
			taken |= cni_same(batch->taken[j], name);
		if (!name || !taken)
			return name;
	}
}

static cn_status rename_all(struct batch *batch, cn_error *err)
{
	for (;;) {
		pending *waiting = NULL;
		bool moved = false;
		for (size_t i = 0; i < batch->count; i++) {
			pending *item = &batch->list[i];
			if (item->done)
				continue;
			if (is_taken(batch, item)) {
				waiting = waiting ? waiting : item;
				continue;
			}
			const char *comment = comment_of(batch, item, item->to);
			TRY(rename_one(batch, item, item->to, comment, err));
			item->done = moved = true;
		}
		if (!waiting)
			return CN_OK;
		if (moved)
			continue;
		const char *aside = aside_name(batch, waiting);
		if (!aside)
			return cn_fail(err, CN_ENOMEM, "out of memory");
		TRY(rename_one(batch, waiting, aside, comment_of(batch, waiting, NULL), err));
	}
}

static cn_status rename_tables(cni_planner *planner, cn_error *err)
{
	const cni_plan_request *request = planner->request;
	struct batch batch = {.planner = planner};
	for (size_t i = 0; i < request->rename_count; i++) {
		pending item = {.now = request->renames[i].from, .to = request->renames[i].to};
		if (!request->renames[i].table &&
			!CNI_PUSH(planner->arena, batch.list, batch.count, item))
			return cn_fail(err, CN_ENOMEM, "out of memory");
	}
	return rename_all(&batch, err);
}

/* The columns of one table. One that goes, but whose name another one takes, steps aside first. */
static cn_status rename_columns(cni_planner *planner, const cni_copy *copy, cn_error *err)
{
	const cni_plan_request *request = planner->request;
	const cni_ddl_table *from = &copy->from->ddl.table;
	struct batch batch = {.planner = planner};
	for (size_t i = 0; i < request->rename_count; i++) {
		const cni_rename *rename = &request->renames[i];
		pending item = {.table = copy->to->name, .now = rename->from, .to = rename->to};
		if (cni_same(rename->table, copy->to->name) &&
			!CNI_PUSH(planner->arena, batch.list, batch.count, item))
			return cn_fail(err, CN_ENOMEM, "out of memory");
	}
	size_t renames = batch.count;
	for (size_t i = 0; i < from->column_count && renames; i++) {
		const char *name = from->columns[i].name;
		bool listed = false, given = false;
		for (size_t j = 0; j < renames; j++) {
			listed |= cni_same(batch.list[j].now, name);
			given |= cni_same(batch.list[j].to, name);
		}
		if (listed)
			continue;
		if (!given) {
			if (!CNI_PUSH(planner->arena, batch.taken, batch.taken_count, name))
				return cn_fail(err, CN_ENOMEM, "out of memory");
			continue;
		}
		pending item = {.table = copy->to->name, .now = name};
		const char *aside = aside_name(&batch, &item);
		if (!aside)
			return cn_fail(err, CN_ENOMEM, "out of memory");
		TRY(rename_one(&batch, &item, aside, comment_of(&batch, &item, NULL), err));
	}
	return rename_all(&batch, err);
}

cn_status cni_plan_renames(cni_planner *planner, cn_error *err)
{
	TRY(rename_tables(planner, err));
	for (size_t i = 0; planner->level < CNI_LEVEL_COPY && i < planner->request->copy_count; i++)
		TRY(rename_columns(planner, &planner->request->copies[i], err));
	return CN_OK;
}
