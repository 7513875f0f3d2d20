/*
 * diff_maybe.c - renames that look likely. See diff.h.
 *
 * A guess is never acted on: it becomes a question. So a pair that could be one is rather reported
 * with a low likeness than left out; only the number of pairs looked at is bounded, since a schema
 * that was replaced whole would otherwise be compared a million times.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "schema/compare.h"
#include "schema/diff_parts.h"

enum {
	PAIRS_MAX = 1 << 16, /* looked at in full; beyond it only what lies near */
	WINDOW = 16,         /* how far apart, among the dropped and among the new, is near */
	NAME_ALIKE = 60,     /* names from here on tell more than types */
	TABLE_ALIKE = 40,    /* tables below it have nothing to do with each other */
};

/* 0-100: how alike two names are; one inside the other (phone, telephone) is a good sign. */
static int name_likeness(const char *a, const char *b)
{
	size_t n = strlen(a), m = strlen(b), longest = n > m ? n : m, distance = cni_distance(a, b);
	const char *inner = n < m ? a : b, *outer = n < m ? b : a;
	int likeness = distance < longest ? (int)(100 - 100 * distance / longest) : 0;

	if (cni_same(a, b))
		return 100;
	for (size_t size = strlen(inner); size >= 3 && *outer && likeness < 70; outer++)
		if (cni_ncasecmp(outer, inner, size) == 0)
			likeness = 70;
	return likeness;
}

static bool add(cni_arena *arena, cni_diff *diff, cni_maybe_rename maybe)
{
	return CNI_PUSH(arena, diff->maybe, diff->maybe_count, maybe);
}

/* ---- columns ---- */

/* 0: the one cannot be the other. */
static int column_likeness(cni_arena *arena, const cni_change *change, long from, long to)
{
	const cni_ddl_column *a = &change->from->ddl.table.columns[from];
	const cni_ddl_column *b = &change->to->ddl.table.columns[to];
	bool affinity = cni_type_affinity(a->type) == cni_type_affinity(b->type);
	int names = name_likeness(a->name, b->name);

	if (a->generated_sql || b->generated_sql) /* it holds nothing of its own */
		return 0;
	if (!affinity && names < NAME_ALIKE)
		return 0;
	cni_column_form x = cni_column_normal(arena, a), y = cni_column_normal(arena, b);
	return 1 + (affinity ? 24 : 0) + (cni_equal(x.type, y.type) ? 10 : 0) + names * 45 / 100 +
	       (from == to ? 10 : 0) + (cni_equal(x.not_null, y.not_null) ? 4 : 0) +
	       (cni_equal(x.default_value, y.default_value) ? 3 : 0) +
	       (cni_equal(x.collate, y.collate) ? 3 : 0);
}

/* Dropped columns come before new ones in a change's list. */
static bool guess_columns(cni_arena *arena, cni_diff *diff, const cni_change *change)
{
	const cni_ddl_table *from = &change->from->ddl.table, *to = &change->to->ddl.table;
	size_t first_add = change->column_count, drops = 0;

	for (size_t i = change->column_count; i-- > 0;) {
		first_add -= change->columns[i].kind == CNI_COLUMN_ADD;
		drops += change->columns[i].kind == CNI_COLUMN_DROP;
	}
	size_t adds = change->column_count - first_add;
	bool near_only = drops * adds > PAIRS_MAX;
	for (size_t i = 0, rank = 0; i < first_add && adds; i++) {
		if (change->columns[i].kind != CNI_COLUMN_DROP)
			continue;
		size_t start = near_only && rank > WINDOW ? rank - WINDOW : 0;
		size_t end = near_only && rank + WINDOW < adds ? rank + WINDOW : adds;
		rank++;
		for (size_t j = start; j < end; j++) {
			long a = change->columns[i].from, b = change->columns[first_add + j].to;
			int likeness = column_likeness(arena, change, a, b);
			cni_maybe_rename maybe = {change->to->name, from->columns[a].name,
				to->columns[b].name, likeness};
			if (likeness && !add(arena, diff, maybe))
				return false;
		}
	}
	return true;
}

/* ---- tables ---- */

static int column_match(const cni_ddl_table *a, size_t at, const cni_ddl_table *b)
{
	const cni_ddl_column *column = &a->columns[at];
	long other = cni_table_column(b, column->name);

	if (other < 0) {
		/* perhaps renamed with the table: the same kind of column in the same place */
		bool same =
			at < b->column_count && cni_table_column(a, b->columns[at].name) < 0 &&
			cni_type_affinity(column->type) == cni_type_affinity(b->columns[at].type);
		return same ? 30 : 0;
	}
	if (cni_same(column->type, b->columns[other].type))
		return 100;
	return cni_type_affinity(column->type) == cni_type_affinity(b->columns[other].type) ? 85
											    : 60;
}

static int table_likeness(const cni_ddl_table *a, const cni_ddl_table *b)
{
	size_t sum = 0, columns = a->column_count + b->column_count;

	for (size_t i = 0; i < a->column_count; i++)
		sum += (size_t)column_match(a, i, b);
	int shape = columns ? (int)(2 * sum / columns) : 0;
	return shape * 80 / 100 + name_likeness(a->name, b->name) * 20 / 100;
}

typedef struct owner { /* a column's name, and the new table that has it */
	const char *name;
	size_t table;
} owner;

typedef struct guesser {
	cni_arena *arena;
	cni_diff *diff;
	const cni_object **dropped, **created;
	size_t dropped_count, created_count;
	owner *owners; /* of all columns of the new tables, by name; NULL: every pair is looked at
			*/
	size_t owner_count;
	size_t *common; /* for each new table: columns that the dropped one has too */
	bool crowded;   /* that number is high for too many of them */
} guesser;

static int by_name(const void *a, const void *b)
{
	return cni_casecmp(((const owner *)a)->name, ((const owner *)b)->name);
}

static bool collect(guesser *g)
{
	for (size_t i = 0; i < g->diff->change_count; i++) {
		const cni_change *change = &g->diff->changes[i];
		bool ok = true;
		if (change->kind == CNI_DROP && change->from->ddl.kind == CNI_DDL_TABLE)
			ok = CNI_PUSH(g->arena, g->dropped, g->dropped_count, change->from);
		else if (change->kind == CNI_CREATE && change->to->ddl.kind == CNI_DDL_TABLE)
			ok = CNI_PUSH(g->arena, g->created, g->created_count, change->to);
		if (!ok)
			return false;
	}
	return true;
}

static bool index_columns(guesser *g)
{
	for (size_t i = 0; i < g->created_count; i++) {
		const cni_ddl_table *table = &g->created[i]->ddl.table;
		for (size_t k = 0; k < table->column_count; k++) {
			owner item = {table->columns[k].name, i};
			if (!CNI_PUSH(g->arena, g->owners, g->owner_count, item))
				return false;
		}
	}
	if (g->owner_count)
		qsort(g->owners, g->owner_count, sizeof *g->owners, by_name);
	g->common = cni_alloc(g->arena, g->created_count * sizeof *g->common);
	return g->common != NULL;
}

static size_t first_owner(const guesser *g, const char *name)
{
	size_t low = 0, high = g->owner_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (cni_casecmp(g->owners[middle].name, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void count_common(guesser *g, const cni_ddl_table *table)
{
	size_t alike = 0;

	memset(g->common, 0, g->created_count * sizeof *g->common);
	for (size_t i = 0; i < table->column_count; i++) {
		size_t at = first_owner(g, table->columns[i].name);
		for (; at < g->owner_count && cni_same(g->owners[at].name, table->columns[i].name);
			at++)
			g->common[g->owners[at].table]++;
	}
	for (size_t i = 0; i < g->created_count; i++)
		alike += g->common[i] * 2 >= table->column_count;
	g->crowded = alike > (size_t)4 * WINDOW;
}

/* Of too many pairs only those with at least half the columns in common; where that is still
 * everybody, those that stand near it in the order of the schemas. */
static bool is_candidate(const guesser *g, size_t dropped, size_t created)
{
	size_t columns = g->dropped[dropped]->ddl.table.column_count;
	size_t apart = dropped > created ? dropped - created : created - dropped;

	return !g->owners ||
	       (g->common[created] * 2 >= columns && (!g->crowded || apart <= WINDOW));
}

static bool guess_table(guesser *g, size_t dropped)
{
	const cni_object *from = g->dropped[dropped];

	if (g->owners)
		count_common(g, &from->ddl.table);
	for (size_t i = 0; i < g->created_count; i++) {
		if (!is_candidate(g, dropped, i))
			continue;
		int likeness = table_likeness(&from->ddl.table, &g->created[i]->ddl.table);
		cni_maybe_rename maybe = {NULL, from->name, g->created[i]->name, likeness};
		if (likeness >= TABLE_ALIKE && !add(g->arena, g->diff, maybe))
			return false;
	}
	return true;
}

static bool guess_tables(cni_arena *arena, cni_diff *diff)
{
	guesser g = {.arena = arena, .diff = diff};

	if (!collect(&g))
		return false;
	if (g.dropped_count * g.created_count > PAIRS_MAX && !index_columns(&g))
		return false;
	for (size_t i = 0; i < g.dropped_count; i++)
		if (!guess_table(&g, i))
			return false;
	return true;
}

static int by_likeness(const void *left, const void *right)
{
	const cni_maybe_rename *a = left, *b = right;

	if (a->likeness != b->likeness)
		return a->likeness > b->likeness ? -1 : 1;
	if (!a->table != !b->table)
		return a->table ? 1 : -1;
	int order = a->table ? strcmp(a->table, b->table) : 0;
	if (!order)
		order = strcmp(a->from, b->from);
	return order ? order : strcmp(a->to, b->to);
}

bool cni_diff_maybe(cni_arena *arena, cni_diff *diff)
{
	if (!guess_tables(arena, diff))
		return false;
	for (size_t i = 0; i < diff->change_count; i++) {
		const cni_change *change = &diff->changes[i];
		if (change->kind == CNI_ALTER && change->column_count &&
			!guess_columns(arena, diff, change))
			return false;
	}
	if (diff->maybe_count)
		qsort(diff->maybe, diff->maybe_count, sizeof *diff->maybe, by_likeness);
	return true;
}
