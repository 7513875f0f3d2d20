/*
 * migrator_merge.c - one revision after several.
 *
 * Databases have run the branches in one order or in the other. So what they are merged into must
 * not depend on it: every two branches are replayed in both orders, and all of them forward and
 * backward. Only the columns of a table that two branches extend may stand in another order: SQL
 * names them.
 */
#include <string.h>

#include "base/file.h"
#include "base/try.h"
#include "migrate/migrator/migrator_new.h"
#include "migrate/migrator/sums.h"

enum { PARENTS_MAX = 16 };

typedef struct merge_job {
	cn_migrator *migrator;
	cni_arena *arena;
	const cn_merge_desc *desc;
	cni_folder folder;
	const cni_revision *sides[PARENTS_MAX];
	const bool *sets[PARENTS_MAX];  /* a side and all that it needs */
	const bool *lines[PARENTS_MAX]; /* what stands before or behind it */
	size_t side_count;
} merge_job;

static cn_status no_memory(cn_error *err) { return cn_fail(err, CN_ENOMEM, "out of memory"); }

/* ---- which ---- */

static cn_status add_side(merge_job *job, const cni_revision *revision, cn_error *err)
{
	for (size_t i = 0; i < job->side_count; i++)
		if (job->sides[i] == revision)
			return CN_OK;
	if (job->side_count == PARENTS_MAX)
		return cn_fail(err, CN_EARG,
			"more than %d revisions cannot be merged at once: merge some of them first",
			PARENTS_MAX);
	bool *set = cni_folder_ancestors(&job->folder, job->arena, revision);
	bool *line = cni_folder_lineage(&job->folder, job->arena, revision);
	if (!set || !line)
		return no_memory(err);
	job->lines[job->side_count] = line;
	job->sets[job->side_count] = set;
	job->sides[job->side_count++] = revision;
	return CN_OK;
}

static cn_status check_sides(const merge_job *job, cn_error *err)
{
	if (job->side_count < 2) {
		cn_error_set(err, CN_EARG, "a merge takes two revisions or more");
		cn_error_detail(err, "%s%s",
			job->side_count ? "it would follow only " : "there are no revisions",
			job->side_count ? job->sides[0]->id : "");
		cn_error_hint(err, "\"db heads\" lists what can be merged");
		return CN_EARG;
	}
	/* that one depends on the other is no reason against it */
	for (size_t i = 0; i < job->side_count; i++) {
		for (size_t j = 0; j < job->side_count; j++) {
			size_t before = (size_t)(job->sides[j] - job->folder.revisions);
			if (i == j || job->sides[j] > job->sides[i] || !job->lines[i][before])
				continue;
			cn_error_set(err, CN_EARG,
				"revision \"%s\" comes before \"%s\" already: there is nothing to merge",
				job->sides[j]->id, job->sides[i]->id);
			cn_error_hint(err, "\"db history -v\" shows what follows what");
			return CN_EARG;
		}
	}
	return CN_OK;
}

static cn_status find_sides(merge_job *job, cn_error *err)
{
	static const char *const heads[] = {"heads", NULL};
	const char *const *name = job->desc->revisions ? job->desc->revisions : heads;
	for (; *name; name++) {
		cni_target target;
		TRY(cni_folder_target(&job->folder, job->arena, *name, &target, err));
		if (target.steps || (!target.count && strcmp(*name, "heads") != 0))
			return cn_fail(err, CN_EARG, "\"%.80s\" names no revision to merge", *name);
		for (size_t i = 0; i < target.count; i++)
			TRY(add_side(job, target.list[i], err));
	}
	return check_sides(job, err);
}

/* ---- do they get along ---- */

static cn_status replay(const merge_job *job, const size_t *sides, size_t count, cni_arena *arena,
	cni_schema **ret, cn_error *err)
{
	const cni_folder *folder = &job->folder;
	cni_order order = {.list = cni_alloc(arena, (folder->revision_count + 1) * sizeof(size_t))};
	bool *seen = cni_alloc(arena, folder->revision_count + 1);
	if (!order.list || !seen)
		return no_memory(err);
	for (size_t s = 0; s < count; s++) {
		for (size_t i = 0; i < folder->revision_count; i++) {
			if (!job->sets[sides[s]][i] || seen[i])
				continue;
			seen[i] = true;
			order.list[order.count++] = i;
		}
	}
	cn_status status = cni_folder_replay_order(
		folder, &job->migrator->home, &order, arena, ret, NULL, err);
	if (status >= 0 || status == CN_ENOMEM)
		return status;
	cn_error_hint(err,
		"both branches change the same thing; let one follow the other (\"db rebase\"), or mend "
		"the revision");
	return cn_error_wrap(err, "the branches cannot be merged: with \"%s\" run before \"%s\"",
		job->sides[sides[0]]->id, job->sides[sides[1]]->id);
}

static bool only_order(const cni_diff *diff)
{
	for (size_t i = 0; i < diff->change_count; i++) {
		const cni_change *change = &diff->changes[i];
		if (change->kind != CNI_ALTER || !change->order || change->column_count ||
			change->constraints || change->options)
			return false;
	}
	return true;
}

/* The same sides, in two orders. */
static cn_status compare_orders(
	const merge_job *job, const size_t *one, const size_t *other, size_t count, cn_error *err)
{
	CLEANUP(cni_arena_done) cni_arena arena = {0};
	CLEANUP(cni_buffer_done) cni_buffer lines = {.limit = 1800};
	cni_schema *first, *second;
	cni_diff diff;
	TRY(replay(job, one, count, &arena, &first, err));
	TRY(replay(job, other, count, &arena, &second, err));
	TRY(cni_diff_make(&arena, first, second, &(cni_diff_options){0}, &diff, err));
	if (!diff.change_count)
		return CN_OK;
	cni_diff_describe(&lines, &diff);
	if (only_order(&diff)) {
		cni_migrator_notice(job->migrator,
			"where \"%s\" was run before \"%s\", columns stand in another order than "
			"elsewhere: %s",
			job->sides[one[0]]->id, job->sides[one[1]]->id, cni_buffer_text(&lines));
		return CN_OK;
	}
	cn_error_set(err, CN_ESCHEMA,
		"the branches cannot be merged: what they make depends on which is run first, \"%s\" or "
		"\"%s\"",
		job->sides[one[0]]->id, job->sides[one[1]]->id);
	cn_error_detail(err, "%s", cni_buffer_text(&lines));
	cn_error_hint(err,
		"both branches change the same thing; let one follow the other (\"db rebase\"), or mend "
		"one of the revisions");
	return CN_ESCHEMA;
}

static cn_status prove(const merge_job *job, cn_error *err)
{
	size_t forward[PARENTS_MAX] = {0}, backward[PARENTS_MAX] = {0}, count = job->side_count;
	for (size_t i = 0; i < count; i++)
		for (size_t j = i + 1; j < count; j++)
			TRY(compare_orders(
				job, (const size_t[]){i, j}, (const size_t[]){j, i}, 2, err));
	if (count == 2)
		return CN_OK;
	for (size_t i = 0; i < count; i++) {
		forward[i] = i;
		backward[i] = count - 1 - i;
	}
	return compare_orders(job, forward, backward, count, err);
}

/* ---- write it down ---- */

static cn_status describe(merge_job *job, cni_new_revision *wanted, cn_error *err)
{
	CLEANUP(cni_buffer_done) cni_buffer message = {.limit = 400};
	*wanted = (cni_new_revision){.message = job->desc->message,
		.id = job->desc->revision_id,
		.branch_label = job->desc->branch_label};
	for (size_t i = 0; i < job->side_count; i++) {
		cni_buffer_printf(&message, "%s%s", i ? " and " : "merge ", job->sides[i]->id);
		/* a list of pointers is meant: NOLINTNEXTLINE(bugprone-sizeof-expression) */
		if (!CNI_PUSH(job->arena, wanted->parents, wanted->parent_count, job->sides[i]->id))
			return no_memory(err);
	}
	if (!wanted->message)
		wanted->message = message.failed ? "merge" : cni_buffer_dup(&message, job->arena);
	return wanted->message ? CN_OK : no_memory(err);
}

static cn_status put(merge_job *job, cn_made *made, cn_error *err)
{
	CLEANUP(cni_buffer_done) cni_buffer out = {0};
	cni_new_revision wanted;
	cni_revision revision, read;
	const cn_migrator *migrator = job->migrator;
	size_t count = migrator->other_count + 1;
	cni_section *sections = cni_alloc(job->arena, count * sizeof *sections);
	const char *path;
	if (!sections)
		return no_memory(err);
	for (size_t i = 0; i < count; i++)
		sections[i] = (cni_section){
			.engine = i ? migrator->others[i - 1].engine : migrator->engine,
			.has_upgrade = true,
			.has_downgrade = true};
	TRY(describe(job, &wanted, err));
	TRY(cni_revision_begin(&job->folder, job->arena, &wanted, &revision, err));
	TRY(cni_revision_place(&job->folder, job->arena, &revision, &path, err));
	revision.sections = sections;
	revision.section_count = count;
	cni_revision_write(&out, &revision);
	const char *text = cni_buffer_dup(&out, job->arena);
	if (!text)
		return no_memory(err);
	TRY(cni_revision_parse(job->arena, path, text, strlen(text), &read, err));
	if (!job->desc->dry_run) {
		TRY(cni_migrator_put_file(
			job->migrator, &job->folder, path, text, read.checksum, err));
		made->path = path;
	}
	made->changed = true;
	made->id = revision.id;
	made->text = text;
	return CN_OK;
}

cn_status cn_migrator_merge(
	cn_migrator *migrator, const cn_merge_desc *desc, cn_made *ret, cn_error *err)
{
	merge_job job = {.migrator = migrator, .arena = &migrator->result, .desc = desc};
	cn_made made = {.summary = ""};
	cni_migrator_begin(migrator);
	TRY(cni_migrator_on_disk(migrator, err));
	TRY(cni_migrator_folder(migrator, job.arena, &job.folder, err));
	TRY(find_sides(&job, err));
	TRY(prove(&job, err));
	TRY(put(&job, &made, err));
	*ret = made;
	return CN_OK;
}
