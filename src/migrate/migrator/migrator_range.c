/* migrator_range.c - a part of the history: "A:B". */
#include <string.h>

#include "base/text.h"
#include "base/try.h"
#include "migrate/migrator/migrator.h"

typedef struct range_end { /* one side of the colon, resolved */
	const cni_revision **list;
	size_t count;
	long steps; /* from the other end; then the list is empty */
	bool open;  /* nothing was written, or "base": no bound */
} range_end;

typedef struct range {
	const cni_folder *folder;
	cni_arena *arena;
	const cn_migration_state *state;
} range;

static cn_status no_memory(cn_error *err) { return cn_fail(err, CN_ENOMEM, "out of memory"); }

static cn_status push(const range *r, range_end *end, const cni_revision *revision, cn_error *err)
{
	/* a list of pointers is meant: NOLINTNEXTLINE(bugprone-sizeof-expression) */
	return CNI_PUSH(r->arena, end->list, end->count, revision) ? CN_OK : no_memory(err);
}

static cn_status find_current(const range *r, range_end *end, cn_error *err)
{
	const cn_migration_state *state = r->state;
	for (size_t i = 0; i < state->current_count; i++)
		TRY(push(r, end, cni_folder_get(r->folder, state->current[i]), err));
	if (end->count)
		return CN_OK;
	cn_error_set(err, CN_ENOTFOUND, "the database is at no revision: there is no \"current\"");
	cn_error_hint(err, "\"db upgrade\" runs the revisions");
	return CN_ENOTFOUND;
}

static cn_status find_end(const range *r, const char *name, range_end *ret, cn_error *err)
{
	cni_target target;
	range_end end = {.open = !*name};
	if (cni_same(name, "current")) {
		TRY(find_current(r, &end, err));
	} else if (*name) {
		TRY(cni_folder_target(r->folder, r->arena, name, &target, err));
		end.steps = target.steps;
		end.list = target.list;
		end.count = target.count;
		end.open = !target.count && !target.steps;
	}
	*ret = end;
	return CN_OK;
}

/* "-3:B", "A:+2": from the other end, or as far as it goes. */
static cn_status walk(const range *r, range_end *end, const range_end *from, cn_error *err)
{
	const cni_revision *at;
	cn_error why;
	if (!end->steps)
		return CN_OK;
	if (from->count != 1) {
		cn_error_set(err, CN_EARG,
			"\"%+ld\" counts from the other end of the range, which %s", end->steps,
			from->count ? "is several revisions" : "is open");
		cn_error_hint(err, "name a revision there");
		return CN_EARG;
	}
	cn_status status = cni_folder_walk(r->folder, from->list[0], end->steps, NULL, &at, &why);
	end->open = status == CN_ENOTFOUND || (status == CN_OK && !at);
	if (status == CN_OK && at)
		return push(r, end, at, err);
	if (status < 0 && status != CN_ENOTFOUND && err)
		*err = why;
	return status == CN_ENOTFOUND ? CN_OK : status;
}

/* What comes after (or before) one of the list, by parenthood, and they themselves. */
static bool *reach(const range *r, const range_end *end, bool after)
{
	const cni_folder *folder = r->folder;
	size_t count = folder->revision_count;
	bool *set = cni_alloc(r->arena, count + 1);
	for (size_t i = 0; set && i < count; i++)
		set[i] = end->open;
	for (size_t i = 0; set && i < end->count; i++)
		set[end->list[i] - folder->revisions] = true;
	for (size_t i = 0; set && after && i < count; i++)
		for (size_t p = 0; !set[i] && p < folder->revisions[i].parent_count; p++)
			set[i] = set[folder->revisions[i].parent_at[p]];
	for (size_t i = count; set && !after && i-- > 0;)
		for (size_t p = 0; set[i] && p < folder->revisions[i].parent_count; p++)
			set[folder->revisions[i].parent_at[p]] = true;
	return set;
}

static cn_status between(
	const range *r, const char *lower, const char *upper, const bool **ret, cn_error *err)
{
	range_end low, high;
	bool everything = !*upper;
	TRY(find_end(r, lower, &low, err));
	TRY(find_end(r, everything ? "heads" : upper, &high, err));
	if (low.steps > 0 || high.steps < 0)
		return cn_fail(err, CN_EARG,
			"a range begins with \"-N\" or ends with \"+N\", not the other way round");
	TRY(walk(r, &low, &high, err));
	TRY(walk(r, &high, &low, err));
	bool *after = reach(r, &low, true), *before = reach(r, &high, false);
	if (!after || !before)
		return no_memory(err);
	/* "A:base" holds nothing: nothing comes before the beginning */
	bool nothing = high.open && !high.steps && !everything && cni_same(upper, "base");
	for (size_t i = 0; i < r->folder->revision_count; i++)
		after[i] = after[i] && before[i] && !nothing;
	*ret = after;
	return CN_OK;
}

/* One name: the branch that it is on, or belongs to. */
static cn_status whole_branch(const range *r, const char *name, const bool **ret, cn_error *err)
{
	range_end end;
	TRY(find_end(r, name, &end, err));
	if (end.steps)
		return cn_fail(
			err, CN_EARG, "\"%.40s\" is no range: write \"%.40s:current\"", name, name);
	bool *all = cni_alloc(r->arena, r->folder->revision_count + 1);
	if (!all)
		return no_memory(err);
	for (size_t i = 0; i < r->folder->revision_count; i++)
		all[i] = end.open;
	for (size_t k = 0; k < end.count; k++) {
		const bool *set = cni_folder_lineage(r->folder, r->arena, end.list[k]);
		if (!set)
			return no_memory(err);
		for (size_t i = 0; i < r->folder->revision_count; i++)
			all[i] |= set[i];
	}
	*ret = all;
	return CN_OK;
}

cn_status cni_range_cut(const cni_folder *folder, cni_arena *arena, const char *text,
	cn_migration_state *state, cn_error *err)
{
	const range r = {.folder = folder, .arena = arena, .state = state};
	const char *colon = strchr(text, ':');
	const bool *set;
	cn_migration *list = cni_alloc(arena, (state->count + 1) * sizeof *list);
	size_t count = 0;
	if (!list)
		return no_memory(err);
	if (colon) {
		const char *lower = cni_strndup(arena, text, (size_t)(colon - text));
		if (!lower)
			return no_memory(err);
		TRY(between(&r, lower, colon + 1, &set, err));
	} else {
		TRY(whole_branch(&r, text, &set, err));
	}
	for (size_t i = 0; i < state->count; i++)
		if (set[i])
			list[count++] = state->list[i];
	state->list = list;
	state->count = count;
	return CN_OK;
}
