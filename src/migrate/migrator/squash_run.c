/* squash_run.c - which revisions are squashed, and whether they may be. */
#include <string.h>

#include "base/try.h"
#include "migrate/migrator/squash.h"
#include "migrate/revision/statement.h"

static cn_status no_memory(cn_error *err) { return cn_fail(err, CN_ENOMEM, "out of memory"); }

static cn_status not_linear(const char *why, const cni_revision *revision, cn_error *err)
{
	cn_error_set(err, CN_EARG, "these revisions cannot be squashed into one");
	cn_error_detail(err, "\"%s\" %s\n%s", revision->id, why, revision->path);
	cn_error_hint(err, "squash up to it and behind it, one after the other");
	return CN_EARG;
}

/* The first revision there is: of several bases none is. */
static cn_status find_base(const cni_folder *folder, const cni_revision **ret, cn_error *err)
{
	*ret = NULL;
	for (size_t i = 0; i < folder->revision_count; i++) {
		if (folder->revisions[i].parent_count)
			continue;
		if (*ret) {
			cn_error_set(err, CN_EARG, "there is more than one first revision");
			cn_error_detail(err, "%s\n%s", (*ret)->path, folder->revisions[i].path);
			cn_error_hint(err, "say where to begin: \"db squash A:B\"");
			return CN_EARG;
		}
		*ret = &folder->revisions[i];
	}
	return CN_OK;
}

static cn_status find_ends(cni_squash *squash, const cni_revision **ret_from,
	const cni_revision **ret_to, cn_error *err)
{
	const cn_squash_desc *desc = squash->desc;
	if (desc->from)
		TRY(cni_folder_find(&squash->folder, desc->from, ret_from, err));
	else
		TRY(find_base(&squash->folder, ret_from, err));
	TRY(cni_folder_find(&squash->folder, desc->to ? desc->to : "head", ret_to, err));
	if (*ret_from && *ret_to)
		return CN_OK;
	cn_error_set(err, CN_EARG, "\"base\" is no revision: there is nothing to squash");
	cn_error_hint(err, "\"db history\" lists the revisions");
	return CN_EARG;
}

/* From the last one back to the first: each must have one parent. */
static cn_status walk_back(
	cni_squash *squash, const cni_revision *from, const cni_revision *to, cn_error *err)
{
	const cni_folder *folder = &squash->folder;
	size_t count = 1;
	for (const cni_revision *at = to; at != from; count++) {
		if (!at->parent_count) {
			cn_error_set(err, CN_EARG, "revision \"%s\" does not come before \"%s\"",
				from->id, to->id);
			cn_error_hint(err, "the first one stands before the colon: \"db squash "
					   "FIRST:LAST\"");
			return CN_EARG;
		}
		if (at->parent_count > 1)
			return not_linear("is a merge", at, err);
		at = &folder->revisions[at->parent_at[0]];
	}
	if (count < 2) {
		cn_error_set(err, CN_EARG, "a single revision is squashed already");
		cn_error_hint(err, "name the first and the last: \"db squash FIRST:LAST\"");
		return CN_EARG;
	}
	squash->run = cni_alloc(squash->arena, count * sizeof *squash->run);
	if (!squash->run)
		return no_memory(err);
	squash->run_count = count;
	for (const cni_revision *at = to; count--;) {
		squash->run[count] = at;
		if (count)
			at = &folder->revisions[at->parent_at[0]];
	}
	return CN_OK;
}

static bool in_run(const cni_squash *squash, const cni_revision *revision)
{
	for (size_t i = 0; i < squash->run_count; i++)
		if (squash->run[i] == revision)
			return true;
	return false;
}

/* Nothing outside may need one in the middle: it would have nothing to stand on. */
static cn_status check_needs(const cni_squash *squash, cn_error *err)
{
	const cni_folder *folder = &squash->folder;
	const cni_revision *last = squash->run[squash->run_count - 1];
	for (size_t i = 0; i < folder->revision_count; i++) {
		const cni_revision *revision = &folder->revisions[i];
		for (size_t n = 0; !in_run(squash, revision) && n < revision->need_count; n++) {
			const cni_revision *needed = &folder->revisions[revision->need_at[n]];
			if (needed != last && in_run(squash, needed))
				return not_linear("is followed by another branch, or needed by one",
					needed, err);
		}
	}
	return CN_OK;
}

static const char *unsquashable(const cni_plan *plan, bool dropped)
{
	if (plan->no_transaction)
		return "runs outside of a transaction";
	for (size_t i = 0; i < plan->step_count && !dropped; i++)
		if (plan->steps[i].call)
			return "calls a C function, which is registered under its id";
	return NULL;
}

static cn_status check_steps(const cni_squash *squash, cn_error *err)
{
	for (size_t i = 0; i < squash->run_count; i++) {
		const cni_revision *revision = squash->run[i];
		for (size_t s = 0; s < revision->section_count; s++) {
			const cni_section *section = &revision->sections[s];
			bool dropped = !squash->desc->concatenate;
			const char *why = unsquashable(&section->upgrade, dropped);
			if (!why)
				why = unsquashable(&section->downgrade, dropped);
			if (why)
				return not_linear(why, revision, err);
		}
	}
	return CN_OK;
}

cn_status cni_squash_find(cni_squash *squash, cn_error *err)
{
	const cni_folder *folder = &squash->folder;
	const cni_revision *from, *to;
	TRY(find_ends(squash, &from, &to, err));
	TRY(walk_back(squash, from, to, err));
	TRY(check_needs(squash, err));
	TRY(check_steps(squash, err));
	squash->after_set = cni_folder_ancestors(folder, squash->arena, to);
	squash->before_set = squash->after_set ? cni_memdup(squash->arena, squash->after_set,
							 folder->revision_count + 1)
					       : NULL;
	if (!squash->before_set)
		return no_memory(err);
	for (size_t i = 0; i < squash->run_count; i++)
		squash->before_set[squash->run[i] - folder->revisions] = false;
	const cni_uri *home = &squash->migrator->home;
	TRY(cni_folder_replay_set(
		folder, home, squash->before_set, squash->arena, &squash->before, NULL, err));
	return cni_folder_replay_set(
		folder, home, squash->after_set, squash->arena, &squash->after, NULL, err);
}

cn_status cni_squash_data_steps(cni_squash *squash, cn_error *err)
{
	CLEANUP(cni_buffer_done) cni_buffer lines = {.limit = 1800};
	size_t count = 0;
	for (size_t i = 0; i < squash->run_count; i++) {
		const cni_section *section =
			cni_revision_section(squash->run[i], squash->migrator->engine);
		const char *up = NULL, *down = NULL;
		if (section) {
			TRY(cni_steps_data(squash->arena, &section->upgrade, &up, err));
			TRY(cni_steps_data(squash->arena, &section->downgrade, &down, err));
		}
		if (up || down)
			cni_buffer_printf(&lines, "%s%s: %.*s", count++ ? "\n" : "",
				squash->run[i]->id, (int)strcspn(up ? up : down, "\n"),
				up ? up : down);
	}
	if (!count)
		return CN_OK;
	cn_error_set(err, CN_EDECISION,
		"%zu revision%s statements that move rows; nothing was changed", count,
		count == 1 ? " holds" : "s hold");
	cn_error_detail(err, "%s", cni_buffer_text(&lines));
	cn_error_hint(err,
		"--concatenate keeps every statement, in order; --drop-data-steps leaves these out and plans "
		"anew");
	return CN_EDECISION;
}
