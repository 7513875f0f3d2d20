/* diff_table.c - what differs between two tables that are the same one. See diff.h. */
#include <string.h>

#include "base/text.h"
#include "schema/compare.h"
#include "schema/diff_parts.h"

typedef struct table_diff {
	cni_arena *arena;
	const cni_table_pair *pair;
	const cni_ddl_table *from, *to; /* `from` after the renames */
	long *from_of;                  /* for each column of `to` the one it was; -1: new */
	cni_change *change;
} table_diff;

static bool add(table_diff *d, cni_column_change change)
{
	return CNI_PUSH(d->arena, d->change->columns, d->change->column_count, change);
}

static bool is_renamed(const table_diff *d, size_t column)
{
	return d->pair->column_names && d->pair->column_names[column];
}

/* A renamed column takes its new name before one that bears it today and is not renamed. */
static void match_columns(table_diff *d, bool renamed)
{
	for (size_t i = 0; i < d->from->column_count; i++) {
		if (is_renamed(d, i) != renamed)
			continue;
		long to = cni_table_column(d->to, d->from->columns[i].name);
		if (to >= 0 && d->from_of[to] < 0)
			d->from_of[to] = (long)i;
	}
}

static bool compare_columns(table_diff *d, long from, long to)
{
	const cni_ddl_column *a = &d->from->columns[from], *b = &d->to->columns[to];
	const char *old_name = d->pair->from->ddl.table.columns[from].name;
	cni_column_form x = cni_column_normal(d->arena, a), y = cni_column_normal(d->arena, b);
	cni_column_change change = {.kind = CNI_COLUMN_RENAME, .from = from, .to = to};

	if (is_renamed(d, (size_t)from) && !cni_equal(old_name, b->name) && !add(d, change))
		return false;
	if (cni_column_form_equal(&x, &y))
		return true;
	change.kind = CNI_COLUMN_ALTER;
	change.type = !cni_equal(x.type, y.type);
	change.affinity = cni_type_affinity(a->type) != cni_type_affinity(b->type);
	change.not_null = !cni_equal(x.not_null, y.not_null);
	change.default_value = !cni_equal(x.default_value, y.default_value);
	change.collate = !cni_equal(x.collate, y.collate);
	change.generated = !cni_equal(x.generated, y.generated);
	return add(d, change);
}

/* In the order of `from` what happened to its columns, then the new ones in the order of `to`. */
static bool find_changes(table_diff *d)
{
	long *to_of = cni_alloc(d->arena, (d->from->column_count + 1) * sizeof *to_of);

	if (!to_of)
		return false;
	for (size_t i = 0; i < d->from->column_count; i++)
		to_of[i] = -1;
	for (size_t i = 0; i < d->to->column_count; i++)
		if (d->from_of[i] >= 0)
			to_of[d->from_of[i]] = (long)i;
	for (size_t i = 0; i < d->from->column_count; i++) {
		bool ok = to_of[i] >= 0 ? compare_columns(d, (long)i, to_of[i])
					: add(d, (cni_column_change){.kind = CNI_COLUMN_DROP,
							 .from = (long)i,
							 .to = -1});
		if (!ok)
			return false;
	}
	for (size_t i = 0; i < d->to->column_count; i++)
		if (d->from_of[i] < 0 &&
			!add(d, (cni_column_change){
					.kind = CNI_COLUMN_ADD, .from = -1, .to = (long)i}))
			return false;
	return true;
}

/* Is the order anything but: those that stay, as they stood, then the new ones? */
static bool order_differs(const table_diff *d)
{
	long last = -1;
	bool added = false;

	if (d->to->dialect == CNI_DIALECT_POSTGRESQL) /* it cannot change it */
		return false;

	for (size_t i = 0; i < d->to->column_count; i++) {
		long from = d->from_of[i];
		if (from < 0) {
			added = true;
			continue;
		}
		if (added || from < last)
			return true;
		last = from;
	}
	return false;
}

static const char **constraint_forms(cni_arena *arena, const cni_ddl_table *table)
{
	const char **forms = cni_alloc(arena, (table->constraint_count + 1) * sizeof *forms);

	for (size_t i = 0; forms && i < table->constraint_count; i++)
		forms[i] = cni_constraint_normal(arena, table, &table->constraints[i]);
	return arena->failed ? NULL : forms;
}

/* Takes out of both lists what stands in both, one for one. */
static void cancel(const char **a, size_t a_count, const char **b, size_t b_count)
{
	for (size_t i = 0; i < a_count; i++) {
		for (size_t k = 0; k < b_count; k++) {
			if (!b[k] || strcmp(a[i], b[k]) != 0)
				continue;
			a[i] = b[k] = NULL;
			break;
		}
	}
}

static bool compare_constraints(table_diff *d)
{
	const cni_ddl_table *from = &d->pair->from->ddl.table;
	const char **a = constraint_forms(d->arena, d->from),
		   **b = constraint_forms(d->arena, d->to);
	cni_change *change = d->change;

	if (!a || !b)
		return false;
	cancel(a, from->constraint_count, b, d->to->constraint_count);
	for (size_t i = 0; i < from->constraint_count; i++)
		if (a[i] && !CNI_PUSH(d->arena, change->gone, change->gone_count,
				    &from->constraints[i]))
			return false;
	for (size_t i = 0; i < d->to->constraint_count; i++)
		if (b[i] && !CNI_PUSH(d->arena, change->added, change->added_count,
				    &d->to->constraints[i]))
			return false;
	change->constraints = change->gone_count || change->added_count;
	return true;
}

bool cni_diff_table(
	cni_arena *arena, const cni_table_pair *pair, cni_change *ret, bool *ret_differs)
{
	table_diff d = {.arena = arena,
		.pair = pair,
		.from = pair->renamed,
		.to = &pair->to->ddl.table,
		.change = ret};

	d.from_of = cni_alloc(arena, (d.to->column_count + 1) * sizeof *d.from_of);
	if (!d.from_of)
		return false;
	for (size_t i = 0; i < d.to->column_count; i++)
		d.from_of[i] = -1;
	match_columns(&d, true);
	match_columns(&d, false);
	if (!find_changes(&d) || !compare_constraints(&d))
		return false;
	ret->order = order_differs(&d);
	ret->options = !cni_equal(cni_table_options(arena, d.from), cni_table_options(arena, d.to));
	/* comments, grants: what the normal form has beside all these */
	ret->notes = pair->from->ddl.note_count || pair->to->ddl.note_count;
	ret->notes = ret->notes && pair->notes_differ;
	*ret_differs =
		ret->column_count || ret->order || ret->constraints || ret->options || ret->notes;
	return !arena->failed;
}
