/* folder_find.c - which revisions a person means. */
#include <assert.h>
#include <string.h>

#include "base/text.h"
#include "base/try.h"
#include "migrate/revision/replaced.h"
#include "migrate/revision/revision.h"

enum { NAME_MAX_SIZE = 2 * CNI_REVISION_ID_MAX + 16, STEPS_DIGITS = 6 };

size_t cni_folder_head_count(const cni_folder *folder)
{
	size_t heads = 0;
	for (size_t i = 0; i < folder->revision_count; i++)
		heads += folder->revisions[i].head;
	return heads;
}

static void list_revision(cni_buffer *names, const cni_revision *revision)
{
	cni_buffer_printf(names, "%s%s%s%s%s", names->size ? ", " : "", revision->id,
		*revision->message ? " (" : "", revision->message, *revision->message ? ")" : "");
}

/* The heads of a branch; NULL: of all. */
static cn_status add_heads(const cni_folder *folder, cni_arena *arena, cni_target *target,
	const bool *branch, cn_error *err)
{
	for (size_t i = 0; i < folder->revision_count; i++) {
		const cni_revision *revision = &folder->revisions[i];
		if (!revision->head || (branch && !branch[i]))
			continue;
		/* a list of pointers is meant: NOLINTNEXTLINE(bugprone-sizeof-expression) */
		if (!CNI_PUSH(arena, target->list, target->count, revision))
			return cn_fail(err, CN_ENOMEM, "out of memory");
	}
	return CN_OK;
}

static cn_status fail_heads(const cni_target *target, const char *branch, cn_error *err)
{
	CLEANUP(cni_buffer_done) cni_buffer names = {.limit = 1500};
	for (size_t i = 0; i < target->count; i++)
		list_revision(&names, target->list[i]);
	if (branch)
		cn_error_set(err, CN_ESCHEMA, "branch \"%s\" has %zu heads", branch, target->count);
	else
		cn_error_set(err, CN_ESCHEMA, "there are %zu heads", target->count);
	cn_error_detail(err, "%s", cni_buffer_text(&names));
	cn_error_hint(err,
		"\"heads\" means all of them; \"db merge heads\" joins them into one; \"--head ID\" makes a "
		"revision after one of them");
	return CN_ESCHEMA;
}

cn_status cni_folder_head(const cni_folder *folder, const cni_revision **ret, cn_error *err)
{
	CLEANUP(cni_arena_done) cni_arena scratch = {0};
	cni_target heads = {0};
	TRY(add_heads(folder, &scratch, &heads, NULL, err));
	if (heads.count > 1)
		return fail_heads(&heads, NULL, err);
	*ret = heads.count ? heads.list[0] : NULL;
	return CN_OK;
}

/* ---- one name ---- */

static cn_status fail_unknown(const cni_folder *folder, const char *name, cn_error *err)
{
	CLEANUP(cni_arena_done) cni_arena scratch = {0};
	static const char *const words[] = {"head", "heads", "base", NULL};
	size_t count = 0;
	const char **known = cni_alloc(&scratch,
		(folder->revision_count + folder->label_count + CNI_COUNT(words)) * sizeof *known);
	const cni_revision *squashed = cni_folder_replacement(folder, name, NULL);
	cn_error_set(err, CN_ENOTFOUND, "there is no revision \"%.80s\"", name);
	if (squashed) {
		cn_error_detail(
			err, "it was squashed into \"%s\"\n%s", squashed->id, squashed->path);
		return CN_ENOTFOUND;
	}
	if (!known)
		return CN_ENOTFOUND;
	for (size_t i = 0; i < folder->revision_count; i++)
		known[count++] = folder->revisions[i].id;
	for (size_t i = 0; i < folder->label_count; i++)
		known[count++] = folder->labels[i].name;
	for (size_t i = 0; words[i]; i++)
		known[count++] = words[i];
	const char *near = cni_nearest(name, known);
	if (near)
		cn_error_hint(err, "did you mean \"%s\"?", near);
	else
		cn_error_hint(err, "\"db history\" lists the revisions");
	return CN_ENOTFOUND;
}

static const cni_revision *find_exact(const cni_folder *folder, const char *name)
{
	const cni_revision *found = cni_folder_get(folder, name);
	return found ? found : cni_folder_label(folder, name);
}

/* *ret: NULL when none begins like that. */
static cn_status find_prefix(
	const cni_folder *folder, const char *name, const cni_revision **ret, cn_error *err)
{
	CLEANUP(cni_buffer_done) cni_buffer names = {.limit = 1500};
	const cni_revision *found = NULL;
	size_t matches = 0;
	for (size_t i = 0; *name && i < folder->revision_count; i++) {
		const cni_revision *revision = &folder->revisions[i];
		if (!cni_starts(revision->id, name))
			continue;
		cni_buffer_printf(&names, "%s%s", names.size ? ", " : "", revision->id);
		found = revision;
		matches++;
	}
	*ret = found;
	if (matches <= 1)
		return CN_OK;
	cn_error_set(err, CN_EARG, "\"%.80s\" is the beginning of %zu revisions", name, matches);
	cn_error_detail(err, "%s", cni_buffer_text(&names));
	cn_error_hint(err, "write more of the id");
	return CN_EARG;
}

static cn_status find_name(
	const cni_folder *folder, const char *name, const cni_revision **ret, cn_error *err)
{
	const cni_revision *found = find_exact(folder, name);
	if (!found)
		TRY(find_prefix(folder, name, &found, err));
	bool end;
	const cni_revision *squashed = found ? NULL : cni_folder_replacement(folder, name, &end);
	if (squashed && end) /* who is at the last of those that were squashed is at it */
		found = squashed;
	if (!found)
		return fail_unknown(folder, name, err);
	*ret = found;
	return CN_OK;
}

/* ---- steps ---- */

/* "+2", "-1" at the end of a name: where it begins; NULL: nowhere. A number with too many digits is
 * none. */
static const char *find_steps(const char *name, long *ret_steps)
{
	const char *end = name + strlen(name), *c = end;
	long steps = 0;
	while (c > name && c[-1] >= '0' && c[-1] <= '9')
		c--;
	if (c == end || end - c > STEPS_DIGITS || c == name || (c[-1] != '+' && c[-1] != '-'))
		return NULL;
	for (const char *digit = c; *digit; digit++)
		steps = steps * 10 + (*digit - '0');
	*ret_steps = c[-1] == '-' ? -steps : steps;
	return steps ? c - 1 : NULL;
}

static cn_status fail_walk(const cni_folder *folder, const cni_revision *at, const size_t *next,
	size_t count, bool down, cn_error *err)
{
	CLEANUP(cni_buffer_done) cni_buffer names = {.limit = 1500};
	for (size_t i = 0; i < count; i++)
		list_revision(&names, &folder->revisions[next[i]]);
	cn_error_set(err, CN_EARG, "%zu revisions %s \"%s\": it is not clear which one is meant",
		count, down ? "come before" : "follow", at->id);
	cn_error_detail(err, "%s", cni_buffer_text(&names));
	cn_error_hint(err, "name the revision");
	return CN_EARG;
}

cn_status cni_folder_walk(const cni_folder *folder, const cni_revision *from, long steps,
	const bool *branch, const cni_revision **ret, cn_error *err)
{
	CLEANUP(cni_arena_done) cni_arena scratch = {0};
	const cni_revision *at = from;
	cni_children children;
	size_t *next = cni_alloc(&scratch, (folder->revision_count + 1) * sizeof *next);
	if (!next || !cni_folder_children(folder, &scratch, &children))
		return cn_fail(err, CN_ENOMEM, "out of memory");
	long wanted = steps < 0 ? -steps : steps, made = 0;
	for (; at && made < wanted; made++) {
		size_t i = (size_t)(at - folder->revisions), count = 0;
		size_t begin = steps < 0 ? 0 : children.first[i];
		size_t end = steps < 0 ? at->parent_count : children.first[i + 1];
		for (size_t n = begin; n < end; n++) {
			size_t to = steps < 0 ? at->parent_at[n] : children.list[n];
			if (!branch || branch[to])
				next[count++] = to;
		}
		if (count > 1)
			return fail_walk(folder, at, next, count, steps < 0, err);
		if (!count && steps > 0)
			break;
		at = count ? &folder->revisions[next[0]] : NULL;
	}
	*ret = at;
	if (made == wanted)
		return CN_OK;
	cn_error_set(err, CN_ENOTFOUND, "there are no %ld revisions %s \"%s\"", wanted,
		steps < 0 ? "before" : "after", from->id);
	cn_error_detail(err, "there %s %ld", made == 1 ? "is" : "are", made);
	return CN_ENOTFOUND;
}

/* ---- a target ---- */

static cn_status set_one(
	cni_arena *arena, cni_target *target, const cni_revision *revision, cn_error *err)
{
	/* a list of pointers is meant: NOLINTNEXTLINE(bugprone-sizeof-expression) */
	bool pushed = !revision || CNI_PUSH(arena, target->list, target->count, revision);
	return pushed ? CN_OK : cn_fail(err, CN_ENOMEM, "out of memory");
}

/* "ID+2", "head-1": *ret_found is false when it is none, because no revision is called like the
 * part before the sign. */
static cn_status find_walk(const cni_folder *folder, cni_arena *arena, const char *name,
	const char *branch, cni_target *target, bool *ret_found, cn_error *err)
{
	long steps;
	const char *sign = find_steps(name, &steps);
	const cni_revision *from = NULL;
	cn_error ignored;
	*ret_found = false;
	if (!sign || sign == name)
		return CN_OK;
	const char *before = cni_strndup(arena, name, (size_t)(sign - name));
	if (!before)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	if (cni_same(before, "head")) {
		cni_target heads = {0};
		TRY(add_heads(folder, arena, &heads, target->branch, err));
		if (heads.count > 1)
			return fail_heads(&heads, branch, err);
		from = heads.count ? heads.list[0] : NULL;
	} else {
		from = find_exact(folder, before);
		if (!from && (find_prefix(folder, before, &from, &ignored) < 0 || !from))
			return CN_OK;
	}
	if (!from)
		return CN_OK;
	*ret_found = true;
	if (!target->branch) /* what lies beside the way is not meant */
		target->branch = cni_folder_lineage(folder, arena, from);
	if (!target->branch)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	TRY(cni_folder_walk(folder, from, steps, target->branch, &from, err));
	return set_one(arena, target, from, err);
}

static cn_status check_branch(const cni_folder *folder, const cni_target *target,
	const cni_revision *revision, const char *branch, cn_error *err)
{
	if (!target->branch || target->branch[revision - folder->revisions])
		return CN_OK;
	cn_error_set(
		err, CN_ENOTFOUND, "revision \"%s\" is not on branch \"%s\"", revision->id, branch);
	cn_error_hint(err, "\"db history -r %s\" lists what is on it", branch);
	return CN_ENOTFOUND;
}

/* What stands behind the "@", or all of it; branch: its name, NULL: none was named. */
static cn_status find_symbol(const cni_folder *folder, cni_arena *arena, const char *name,
	const char *branch, cni_target *target, cn_error *err)
{
	const cni_revision *found = NULL;
	bool walked = false;
	if (cni_same(name, "base"))
		return CN_OK;
	if (cni_same(name, "head") || cni_same(name, "heads")) {
		TRY(add_heads(folder, arena, target, target->branch, err));
		return target->count > 1 && cni_same(name, "head") ? fail_heads(target, branch, err)
								   : CN_OK;
	}
	if (find_steps(name, &target->steps) == name)
		return CN_OK;
	target->steps = 0;
	if (*name == '+' || *name == '-')
		return cn_fail(err, CN_EARG, "\"%.40s\" is no number of steps: 1 to 999999", name);
	if (!find_exact(folder, name)) {
		TRY(find_walk(folder, arena, name, branch, target, &walked, err));
		if (walked)
			return CN_OK;
	}
	TRY(find_name(folder, name, &found, err));
	assert(found);
	TRY(check_branch(folder, target, found, branch, err));
	return set_one(arena, target, found, err);
}

cn_status cni_folder_target(const cni_folder *folder, cni_arena *arena, const char *name,
	cni_target *ret, cn_error *err)
{
	cni_target target = {0};
	const char *at = strchr(name, '@'), *branch = NULL;
	const cni_revision *named = NULL;
	if (strlen(name) > NAME_MAX_SIZE)
		return cn_fail(err, CN_ENOTFOUND, "there is no revision \"%.80s\"", name);
	if (at) {
		branch = cni_strndup(arena, name, (size_t)(at - name));
		if (!branch)
			return cn_fail(err, CN_ENOMEM, "out of memory");
		TRY(find_name(folder, branch, &named, err));
		target.branch = cni_folder_lineage(folder, arena, named);
		if (!target.branch)
			return cn_fail(err, CN_ENOMEM, "out of memory");
	}
	TRY(find_symbol(folder, arena, at ? at + 1 : name, branch, &target, err));
	*ret = target;
	return CN_OK;
}

cn_status cni_folder_find(
	const cni_folder *folder, const char *name, const cni_revision **ret, cn_error *err)
{
	CLEANUP(cni_arena_done) cni_arena scratch = {0};
	cni_target target;
	TRY(cni_folder_target(folder, &scratch, name, &target, err));
	if (target.steps || target.count > 1) {
		cn_error_set(err, CN_EARG, "one revision is meant here; \"%.80s\" is %s", name,
			target.steps ? "a number of steps" : "several");
		cn_error_hint(err, "write an id, its beginning, a label, \"head\" or ID-1");
		return CN_EARG;
	}
	*ret = target.count ? target.list[0] : NULL;
	return CN_OK;
}
