/* migrator_route.c - which revisions an upgrade or a downgrade has to run, and in which order. */
#include <string.h>

#include "base/text.h"
#include "base/try.h"
#include "migrate/migrator/migrator.h"

/* A revision that would be run now, while one that follows it is applied already, came too late:
 * what it was proved against is gone. */
static cn_status check_order(
	const cni_folder *folder, const bool *applied, const bool *wanted, cn_error *err)
{
	for (size_t i = 0; i < folder->revision_count; i++) {
		const cni_revision *revision = &folder->revisions[i];
		for (size_t n = 0; applied[i] && n < revision->need_count; n++) {
			size_t parent = revision->need_at[n];
			if (applied[parent] || !wanted[parent])
				continue;
			cn_error_set(err, CN_ESCHEMA,
				"revision \"%s\" comes before \"%s\", which is applied already",
				folder->revisions[parent].id, revision->id);
			cn_error_detail(
				err, "%s\n%s", folder->revisions[parent].path, revision->path);
			cn_error_hint(err,
				"let the new revision follow the head (its \"parents:\" line), or downgrade first");
			return CN_ESCHEMA;
		}
	}
	return CN_OK;
}

static cn_status push(
	cni_route *route, cni_arena *arena, const cni_revision *revision, cn_error *err)
{
	/* a list of pointers is meant: NOLINTNEXTLINE(bugprone-sizeof-expression) */
	bool pushed = CNI_PUSH(arena, route->list, route->count, revision);
	return pushed ? CN_OK : cn_fail(err, CN_ENOMEM, "out of memory");
}

static cn_status no_memory(cn_error *err) { return cn_fail(err, CN_ENOMEM, "out of memory"); }

/* Several ways to go: what could be written instead of the number. */
static cn_status fail_ambiguous(const cni_folder *folder, const size_t *list, size_t count,
	const char *name, bool down, cn_error *err)
{
	CLEANUP(cni_buffer_done) cni_buffer names = {.limit = 1500};
	for (size_t i = 0; i < count; i++) {
		const cni_revision *revision = &folder->revisions[list[i]];
		cni_buffer_printf(&names, "%s%s%s%s%s", i ? ", " : "", revision->id,
			*revision->message ? " (" : "", revision->message,
			*revision->message ? ")" : "");
	}
	const char *first = folder->revisions[list[0]].id;
	cn_error_set(err, CN_EARG,
		down ? "\"%.40s\" could undo %zu revisions: it is not clear which one is meant"
		     : "\"%.40s\" could run %zu revisions: it is not clear which one is meant",
		name, count);
	cn_error_detail(err, "%s", cni_buffer_text(&names));
	cn_error_hint(err, "name the branch by a revision on it, or by its label: \"%s@%s\"%s",
		first, strchr(name, '@') ? strchr(name, '@') + 1 : name,
		down ? "" : "; or the revision to go to");
	return CN_EARG;
}

/* ---- up ---- */

/* What "+1" could mean: what follows the revisions that the database is at; where nothing does, the
 * bases. */
static size_t list_next(
	const cni_folder *folder, const bool *applied, const bool *branch, size_t *list)
{
	size_t count = 0;
	for (size_t i = 0; i < folder->revision_count; i++) {
		const cni_revision *revision = &folder->revisions[i];
		bool follows = false;
		for (size_t p = 0; p < revision->parent_count; p++)
			follows |= applied[revision->parent_at[p]];
		if (follows && !applied[i] && (!branch || branch[i]))
			list[count++] = i;
	}
	if (count)
		return count;
	for (size_t i = 0; i < folder->revision_count; i++)
		if (!applied[i] && !folder->revisions[i].parent_count && (!branch || branch[i]))
			list[count++] = i;
	return count;
}

static cn_status fail_steps(size_t steps, size_t there, bool down, cn_error *err)
{
	const char *way = down ? "downgrade from" : "upgrade to";
	if (steps == 1)
		cn_error_set(err, CN_ENOTFOUND, "there is no revision to %s", way);
	else
		cn_error_set(err, CN_ENOTFOUND, "there are no %zu revisions to %s", steps, way);
	cn_error_detail(
		err, "%zu %s %s", there, there == 1 ? "is" : "are", down ? "applied" : "pending");
	return CN_ENOTFOUND;
}

static size_t count_state(const cni_folder *folder, const bool *applied, bool state)
{
	size_t count = 0;
	for (size_t i = 0; i < folder->revision_count; i++)
		count += applied[i] == state;
	return count;
}

/* Where "+N" leads. */
static cn_status step_up(const cni_folder *folder, const bool *applied, const cni_target *target,
	const char *name, const cni_revision **ret, cn_error *err)
{
	CLEANUP(cni_arena_done) cni_arena scratch = {0};
	size_t *list = cni_alloc(&scratch, (folder->revision_count + 1) * sizeof *list);
	if (!list)
		return no_memory(err);
	size_t count = list_next(folder, applied, target->branch, list);
	if (count > 1)
		return fail_ambiguous(folder, list, count, name, false, err);
	cn_status status = CN_ENOTFOUND;
	if (count)
		status = cni_folder_walk(folder, &folder->revisions[list[0]], target->steps - 1,
			target->branch, ret, err);
	return status == CN_ENOTFOUND ? fail_steps((size_t)target->steps,
						count_state(folder, applied, false), false, err)
				      : status;
}

static cn_status find_up(const cni_folder *folder, const bool *applied, const char *name,
	cni_arena *arena, cni_route *route, cn_error *err)
{
	cni_target target;
	const cni_revision *to = NULL;
	bool *wanted = cni_alloc(arena, folder->revision_count + 1);
	TRY(cni_folder_target(folder, arena, name, &target, err));
	if (!wanted)
		return no_memory(err);
	if (target.steps < 0)
		return cn_fail(err, CN_EARG,
			"\"%.40s\" cannot be upgraded to: write a revision, \"head\" or \"+1\"",
			name);
	if (target.steps) {
		TRY(step_up(folder, applied, &target, name, &to, err));
		wanted[to - folder->revisions] = true;
	}
	for (size_t i = 0; i < target.count; i++)
		wanted[target.list[i] - folder->revisions] = true;
	cni_folder_close_up(folder, wanted);
	TRY(check_order(folder, applied, wanted, err));
	for (size_t i = 0; i < folder->revision_count; i++)
		if (wanted[i] && !applied[i])
			TRY(push(route, arena, &folder->revisions[i], err));
	return CN_OK;
}

/* ---- down ---- */

/* The revisions that the database is at: those which no applied one follows. following[i]: how many
 * do. */
static size_t list_current(const cni_folder *folder, const bool *applied, const bool *branch,
	size_t *following, size_t *list)
{
	size_t count = 0;
	for (size_t i = 0; i < folder->revision_count; i++)
		for (size_t p = 0; applied[i] && p < folder->revisions[i].parent_count; p++)
			following[folder->revisions[i].parent_at[p]]++;
	for (size_t i = 0; i < folder->revision_count; i++)
		if (applied[i] && !following[i] && (!branch || branch[i]))
			list[count++] = i;
	return count;
}

/* What "-N" undoes: one after the other, as long as there is only one that is the last. */
static cn_status step_down(const cni_folder *folder, const bool *applied, const cni_target *target,
	const char *name, bool *undone, cn_error *err)
{
	CLEANUP(cni_arena_done) cni_arena scratch = {0};
	size_t *following = cni_alloc(&scratch, (folder->revision_count + 1) * sizeof *following);
	size_t *list = cni_alloc(&scratch, (folder->revision_count + 1) * sizeof *list);
	if (!following || !list)
		return no_memory(err);
	size_t count = list_current(folder, applied, target->branch, following, list);
	for (long step = 0; step < -target->steps; step++) {
		if (!count)
			return fail_steps((size_t)-target->steps,
				count_state(folder, applied, true), true, err);
		if (count > 1)
			return fail_ambiguous(folder, list, count, name, true, err);
		const cni_revision *last = &folder->revisions[list[0]];
		undone[list[0]] = true;
		count = 0;
		for (size_t p = 0; p < last->parent_count; p++) {
			size_t parent = last->parent_at[p];
			if (--following[parent] == 0 && applied[parent] &&
				(!target->branch || target->branch[parent]))
				list[count++] = parent;
		}
	}
	cni_folder_close_down(folder, undone); /* what depends on them, on other branches */
	return CN_OK;
}

bool *cni_route_behind(
	const cni_folder *folder, cni_arena *arena, const cni_revision *to, const bool *branch)
{
	bool *set = cni_alloc(arena, folder->revision_count + 1);
	for (size_t i = 0; set && i < folder->revision_count; i++) {
		const cni_revision *revision = &folder->revisions[i];
		bool first = !to && !revision->parent_count;
		for (size_t p = 0; to && p < revision->parent_count; p++)
			first |= &folder->revisions[revision->parent_at[p]] == to;
		set[i] = first && (!branch || branch[i]);
	}
	if (set)
		cni_folder_close_down(folder, set);
	return set;
}

static cn_status fail_not_past(const cni_revision *to, cn_error *err)
{
	cn_error_set(err, CN_EARG, "the database is not past revision \"%s\": it was not applied",
		to->id);
	cn_error_hint(
		err, "\"db current -v\" says where it is; \"db upgrade %s\" goes there", to->id);
	return CN_EARG;
}

static cn_status find_down(const cni_folder *folder, const bool *applied, const char *name,
	cni_arena *arena, cni_route *route, cn_error *err)
{
	cni_target target;
	TRY(cni_folder_target(folder, arena, name, &target, err));
	if (target.steps > 0 || target.count > 1)
		return cn_fail(err, CN_EARG,
			"\"%.40s\" cannot be downgraded to: write a revision, \"base\" or \"-1\"",
			name);
	const cni_revision *to = target.count ? target.list[0] : NULL;
	if (to && !applied[to - folder->revisions])
		return fail_not_past(to, err);
	bool *undone = target.steps ? cni_alloc(arena, folder->revision_count + 1)
				    : cni_route_behind(folder, arena, to, target.branch);
	if (!undone)
		return no_memory(err);
	if (target.steps)
		TRY(step_down(folder, applied, &target, name, undone, err));
	for (size_t i = folder->revision_count; i-- > 0;)
		if (applied[i] && undone[i])
			TRY(push(route, arena, &folder->revisions[i], err));
	return CN_OK;
}

cn_status cni_route_find(const cni_folder *folder, const bool *applied, bool down,
	const char *revision, cni_arena *arena, cni_route *ret, cn_error *err)
{
	cni_route route = {.down = down};
	TRY(down ? find_down(folder, applied, revision, arena, &route, err)
		 : find_up(folder, applied, revision, arena, &route, err));
	*ret = route;
	return CN_OK;
}
