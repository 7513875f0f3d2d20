/* diff.c - pairs the objects of two schemas and says what became of each. See diff.h. */
#include "schema/diff.h"

#include <assert.h>
#include <string.h>

#include "base/text.h"
#include "base/try.h"
#include "schema/diff_parts.h"
#include "schema/names.h"
#include "schema/rename.h"

typedef struct differ {
	cni_arena *arena;
	const cni_schema *from, *to;
	const cni_diff_options *options;
	cni_renaming renaming;
	const cni_object *renamed; /* from's objects after the renames */
	long *pair;                /* for each of them its counterpart in `to`; -1: none */
	bool *taken;               /* of `to`: it is somebody's counterpart */
	cni_diff diff;
} differ;

static bool is_ignored(const differ *d, const cni_object *object)
{
	return cni_is_ignored(d->options, object->name) ||
	       cni_is_ignored(d->options, object->table);
}

static bool pair_up(differ *d, size_t at)
{
	assert(d->renamed && d->pair && d->taken);
	const cni_object *object = &d->renamed[at];
	long to = cni_names_find(
		d->to->names, d->to->objects, d->to->object_count, object->ddl.kind, object->name);

	if (to < 0 || d->taken[to] || is_ignored(d, &d->from->objects[at]))
		return false;
	d->pair[at] = to;
	d->taken[to] = true;
	return true;
}

/* Renamed tables take their new names first: who holds such a name today and is not renamed goes.
 */
static cn_status pair_all(differ *d, cn_error *err)
{
	size_t count = d->from->object_count;

	d->pair = cni_alloc(d->arena, (count + 1) * sizeof *d->pair);
	d->taken = cni_alloc(d->arena, (d->to->object_count + 1) * sizeof *d->taken);
	if (!d->pair || !d->taken)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	for (size_t i = 0; i < count; i++) {
		d->pair[i] = -1;
		if (d->renaming.tables[i])
			pair_up(d, i);
	}
	for (size_t i = 0; i < count; i++)
		if (!d->renaming.tables[i])
			pair_up(d, i);
	return CN_OK;
}

static bool add(differ *d, cni_change change)
{
	return CNI_PUSH(d->arena, d->diff.changes, d->diff.change_count, change);
}

/* In any order; none stands twice. */
static bool notes_differ(const cni_ddl *a, const cni_ddl *b)
{
	size_t same = 0, of_a = 0, of_b = 0;

	for (size_t k = 0; k < b->note_count; k++)
		of_b += !b->notes[k].kept;
	for (size_t i = 0; i < a->note_count; i++) {
		of_a += !a->notes[i].kept;
		for (size_t k = 0; k < b->note_count && !a->notes[i].kept; k++)
			same += strcmp(a->notes[i].sql, b->notes[k].sql) == 0 &&
				cni_equal(a->notes[i].column, b->notes[k].column);
	}
	return same != of_a || same != of_b;
}

static bool compare_pair(differ *d, size_t at)
{
	const cni_object *from = &d->from->objects[at], *renamed = &d->renamed[at];
	const cni_object *to = &d->to->objects[d->pair[at]];
	cni_change change = {.kind = CNI_ALTER, .from = from, .to = to};
	bool differs = false;

	if (d->renaming.tables[at] && !cni_equal(from->name, to->name) &&
		!add(d, (cni_change){.kind = CNI_RENAME_TABLE, .from = from, .to = to}))
		return false;
	if (cni_object_equal(renamed, to) && !d->renaming.columns[at])
		return true;
	if (from->ddl.kind != CNI_DDL_TABLE)
		return add(d, change);
	cni_table_pair pair = {from, to, &renamed->ddl.table, d->renaming.columns[at],
		notes_differ(&renamed->ddl, &to->ddl)};
	if (!cni_diff_table(d->arena, &pair, &change, &differs))
		return false;
	return !differs || add(d, change);
}

static bool find_changes(differ *d)
{
	for (size_t i = 0; i < d->from->object_count; i++) {
		const cni_object *from = &d->from->objects[i];
		bool ok = true;
		if (d->pair[i] >= 0)
			ok = compare_pair(d, i);
		else if (!is_ignored(d, from))
			ok = add(d, (cni_change){.kind = CNI_DROP, .from = from});
		if (!ok)
			return false;
	}
	for (size_t i = 0; i < d->to->object_count; i++) {
		const cni_object *to = &d->to->objects[i];
		if (!d->taken[i] && !is_ignored(d, to) &&
			!add(d, (cni_change){.kind = CNI_CREATE, .to = to}))
			return false;
	}
	return true;
}

cn_status cni_diff_make(cni_arena *arena, const cni_schema *from, const cni_schema *to,
	const cni_diff_options *options, cni_diff *ret, cn_error *err)
{
	differ d = {.arena = arena, .from = from, .to = to, .options = options};

	TRY(cni_renaming_make(arena, from, to, options, &d.renaming, err));
	d.renamed = cni_renaming_apply(arena, &d.renaming);
	if (!d.renamed && from->object_count)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	TRY(pair_all(&d, err));
	if (!find_changes(&d) || !cni_diff_maybe(arena, &d.diff) || arena->failed)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	*ret = d.diff;
	return CN_OK;
}
