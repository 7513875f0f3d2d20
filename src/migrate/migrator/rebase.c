/*
 * rebase.c - a branch that no database has yet follows another head.
 *
 * Only the first file of the branch changes, and of it only the "parents:" line. Every revision
 * that comes along is run in its new place, and must do there what it did before: a table that it
 * writes anew by the old list of columns would lose those that the other branch has added.
 *
 * The line of checksums is written before the file: killed in between, the file is told to be
 * edited, and the same command finishes.
 */
#include <string.h>

#include "base/file.h"
#include "base/hash.h"
#include "base/text.h"
#include "base/try.h"
#include "migrate/migrator/migrator.h"
#include "migrate/migrator/sums.h"
#include "migrate/revision/replaced.h"
#include "migrate/revision/revision_words.h"

typedef struct rebase_job {
	cn_migrator *migrator;
	cni_arena *arena;
	const cn_rebase_desc *desc;
	cni_folder folder;
	const cni_revision *onto, *first;
	bool *moved;      /* first, and all that needs it */
	cni_folder after; /* the folder as it will be */
	const char *text; /* of the first one's file then */
} rebase_job;

static cn_status no_memory(cn_error *err) { return cn_fail(err, CN_ENOMEM, "out of memory"); }

/* ---- what moves ---- */

/* The only head beside `onto`. */
static cn_status other_head(rebase_job *job, const cni_revision **ret, cn_error *err)
{
	bool *below = cni_folder_ancestors(&job->folder, job->arena, job->onto);
	*ret = NULL;
	if (!below)
		return no_memory(err);
	for (size_t i = 0; i < job->folder.revision_count; i++) {
		const cni_revision *revision = &job->folder.revisions[i];
		if (!revision->head || below[i])
			continue;
		if (*ret) {
			cn_error_set(err, CN_EARG, "it is not said which branch shall move");
			cn_error_detail(err, "\"%s\", or \"%s\"", (*ret)->id, revision->id);
			cn_error_hint(err, "name a revision of it");
			return CN_EARG;
		}
		*ret = revision;
	}
	if (*ret)
		return CN_OK;
	cn_error_set(err, CN_EARG, "there is no other branch than that of \"%s\"", job->onto->id);
	cn_error_hint(err, "\"db heads\" lists the branches' ends");
	return CN_EARG;
}

static cn_status find_both(rebase_job *job, const cni_revision **ret_named, cn_error *err)
{
	if (!job->desc->onto)
		return cn_fail(err, CN_EARG, "it is not said onto which revision");
	TRY(cni_folder_find(&job->folder, job->desc->onto, &job->onto, err));
	if (!job->onto)
		return cn_fail(err, CN_EARG, "\"base\" is no revision that could be followed");
	if (!job->desc->revision)
		return other_head(job, ret_named, err);
	TRY(cni_folder_find(&job->folder, job->desc->revision, ret_named, err));
	return *ret_named ? CN_OK
			  : cn_fail(err, CN_EARG, "\"base\" is no revision: it cannot move");
}

/* The branch begins with the one whose parents are below `onto` already. */
static cn_status find_first(rebase_job *job, const cni_revision *named, cn_error *err)
{
	const cni_folder *folder = &job->folder;
	bool *below = cni_folder_ancestors(folder, job->arena, job->onto);
	bool *branch = cni_folder_ancestors(folder, job->arena, named);
	if (!below || !branch)
		return no_memory(err);
	if (below[named - folder->revisions]) {
		cn_error_set(err, CN_EARG, "revision \"%s\" comes before \"%s\" already", named->id,
			job->onto->id);
		cn_error_hint(err, "\"db history -v\" shows what follows what");
		return CN_EARG;
	}
	for (size_t i = 0; i < folder->revision_count; i++) {
		const cni_revision *revision = &folder->revisions[i];
		bool begins = branch[i] && !below[i];
		for (size_t p = 0; begins && p < revision->parent_count; p++)
			begins = below[revision->parent_at[p]];
		if (!begins)
			continue;
		if (job->first || revision->parent_count > 1) {
			cn_error_set(err, CN_EARG,
				"the branch of \"%s\" does not begin with one revision", named->id);
			cn_error_detail(err, "%s%s%s", job->first ? job->first->path : "",
				job->first ? "\n" : "", revision->path);
			cn_error_hint(err, "merge the branches instead: \"db merge\"");
			return CN_EARG;
		}
		job->first = revision;
	}
	job->moved = cni_folder_descendants(folder, job->arena, job->first);
	return job->moved ? CN_OK : no_memory(err);
}

static cn_status check_moved(rebase_job *job, cn_error *err)
{
	const cni_folder *folder = &job->folder;
	if (job->moved[job->onto - folder->revisions]) {
		cn_error_set(err, CN_EARG, "revision \"%s\" follows \"%s\"", job->onto->id,
			job->first->id);
		cn_error_hint(err, "a branch cannot follow itself");
		return CN_EARG;
	}
	bool *below = cni_folder_ancestors(folder, job->arena, job->onto);
	bool *shared = cni_folder_ancestors(folder, job->arena,
		job->first->parent_count ? &folder->revisions[job->first->parent_at[0]] : NULL);
	if (!below || !shared)
		return no_memory(err);
	for (size_t i = 0; i < folder->revision_count; i++) {
		const cni_revision *revision = &folder->revisions[i];
		for (size_t p = 0; job->moved[i] && p < revision->parent_count; p++) {
			size_t parent = revision->parent_at[p];
			if (revision == job->first || job->moved[parent] || !below[parent] ||
				shared[parent])
				continue;
			cn_error_set(err, CN_EARG, "the branches are merged already, by \"%s\"",
				revision->id);
			cn_error_detail(err, "%s", revision->path);
			cn_error_hint(err, "remove the merge first, if no database has it");
			return CN_EARG;
		}
	}
	return CN_OK;
}

static cn_status check_applied(rebase_job *job, cn_error *err)
{
	cni_version version;
	if (job->desc->force || !cni_migrator_has_database(job->migrator))
		return CN_OK;
	TRY(cni_migrator_version(job->migrator, job->arena, &version, err));
	(void)cni_version_resolve(&job->folder, &version);
	for (size_t i = 0; i < job->folder.revision_count; i++) {
		const cni_revision *revision = &job->folder.revisions[i];
		const cni_applied *row =
			job->moved[i] ? cni_version_find(&version, revision->id) : NULL;
		if (!row)
			continue;
		cn_error_set(err, CN_ECONFLICT, "the database has revision \"%s\" already",
			revision->id);
		cn_error_detail(err, "applied %s; %s", row->applied_at, job->migrator->uri.text);
		cn_error_hint(err,
			"move the other branch, or undo this one first (\"db downgrade\"), or go on with "
			"--force");
		return CN_ECONFLICT;
	}
	return CN_OK;
}

/* ---- the file ---- */

/* The text of a line's comment, if the line is `-- something`. */
static bool line_is(const char *line, size_t size, cni_word word)
{
	size_t at = strspn(line, " \t");
	if (at + 2 > size || line[at] != '-' || line[at + 1] != '-')
		return false;
	at += 2;
	while (at < size && (line[at] == ' ' || line[at] == '\t'))
		at++;
	return at < size && cni_revision_word(line + at, size - at, NULL) == word;
}

/* The same text with another "parents:" line; without one, it comes behind the first line of ours.
 */
static bool with_parent(cni_buffer *out, const char *text, const char *parent)
{
	bool has = false, done = false;
	for (const char *line = text; *line && !has;) {
		size_t size = strcspn(line, "\n");
		has = line_is(line, size, CNI_WORD_PARENTS);
		line += size + (line[size] == '\n');
	}
	for (const char *line = text; *line;) {
		size_t size = strcspn(line, "\n"), whole = size + (line[size] == '\n');
		bool here = !done && line_is(line, size, has ? CNI_WORD_PARENTS : CNI_WORD_CANTIL);
		if (!here || !has)
			cni_buffer_add(out, line, whole);
		if (here)
			cni_buffer_printf(out, "%s-- parents: %s\n",
				!has && whole == size ? "\n" : "", parent);
		done |= here;
		line += whole;
	}
	return done;
}

static cn_status change_file(rebase_job *job, cni_revision *ret, cn_error *err)
{
	CLEANUP(cni_buffer_done) cni_buffer out = {0};
	char *text;
	size_t size;
	TRY(cni_file_read(job->arena, job->first->path, CNI_REVISION_MAX_BYTES, &text, &size, err));
	bool found = with_parent(&out, text, job->onto->id);
	job->text = cni_buffer_dup(&out, job->arena);
	if (!job->text)
		return no_memory(err);
	TRY(cni_revision_parse(
		job->arena, job->first->path, job->text, strlen(job->text), ret, err));
	if (found && ret->parent_count == 1 && strcmp(ret->parents[0], job->onto->id) == 0 &&
		strcmp(ret->id, job->first->id) == 0)
		return CN_OK;
	cn_error_set(err, CN_EUNSUPPORTED, "the \"parents:\" line of \"%s\" cannot be changed",
		job->first->path);
	cn_error_hint(err, "write it as a line of its own: \"-- parents: %s\"", job->onto->id);
	return CN_EUNSUPPORTED;
}

/* The folder with the changed file, linked anew. */
static cn_status change_folder(rebase_job *job, cn_error *err)
{
	cni_revision changed;
	job->after = job->folder;
	job->after.revisions = cni_memdup(job->arena, job->folder.revisions,
		(job->folder.revision_count + 1) * sizeof *job->folder.revisions);
	if (!job->after.revisions)
		return no_memory(err);
	TRY(change_file(job, &changed, err));
	job->after.revisions[job->first - job->folder.revisions] = changed;
	return cni_folder_link(&job->after, err);
}

/* ---- the proof ---- */

/* What a revision does to the schema, a line each. */
static cn_status effect(const cni_folder *folder, const cni_uri *home, const char *id,
	cni_arena *arena, cni_buffer *ret, cn_error *err)
{
	CLEANUP(cni_conn_closep) cni_conn *conn = NULL;
	const cni_revision *revision = cni_folder_get(folder, id);
	bool *set = cni_folder_ancestors(folder, arena, revision);
	cni_schema *before, *after;
	cni_diff diff;
	if (!set)
		return no_memory(err);
	set[revision - folder->revisions] = false;
	TRY(cni_folder_replay_set(folder, home, set, arena, &before, &conn, err));
	TRY(cni_revision_execute(conn, revision, false, NULL, err));
	TRY(cni_conn_inspect(conn, arena, &after, err));
	TRY(cni_diff_make(arena, before, after, &(cni_diff_options){0}, &diff, err));
	cni_diff_describe(ret, &diff);
	const cni_section *section = cni_revision_section(revision, home->engine);
	if (section->has_downgrade) {
		TRY(cni_revision_execute(conn, revision, true, before, err));
		TRY(cni_revision_execute(conn, revision, false, after, err));
	}
	return ret->failed ? no_memory(err) : CN_OK;
}

static cn_status prove_one(rebase_job *job, const char *id, cn_error *err)
{
	CLEANUP(cni_arena_done) cni_arena arena = {0};
	CLEANUP(cni_buffer_done) cni_buffer was = {0}, is = {0};
	const cni_uri *home = &job->migrator->home;
	TRY(effect(&job->folder, home, id, &arena, &was, err));
	if (effect(&job->after, home, id, &arena, &is, err) < 0) {
		if (err && !*err->hint)
			cn_error_hint(err,
				"both branches change the same thing: mend the revision, or remove it and "
				"run \"db migrate\" again behind \"%s\"",
				job->onto->id);
		return cn_error_wrap(
			err, "revision \"%s\" does not hold behind \"%s\"", id, job->onto->id);
	}
	if (strcmp(cni_buffer_text(&was), cni_buffer_text(&is)) == 0)
		return CN_OK;
	cn_error_set(err, CN_ESCHEMA, "revision \"%s\" would do something else behind \"%s\"", id,
		job->onto->id);
	cn_error_detail(
		err, "now:\n%.700sthere:\n%.700s", cni_buffer_text(&was), cni_buffer_text(&is));
	cn_error_hint(err,
		"it was planned against other tables: remove it and run \"db migrate\" again behind "
		"\"%s\"",
		job->onto->id);
	return CN_ESCHEMA;
}

static cn_status prove(rebase_job *job, cn_rebased *ret, cn_error *err)
{
	const char **ids = NULL;
	for (size_t i = 0; i < job->after.revision_count; i++) {
		const char *id = job->after.revisions[i].id;
		if (!job->moved[cni_folder_get(&job->folder, id) - job->folder.revisions])
			continue;
		TRY(prove_one(job, id, err));
		/* a list of pointers is meant: NOLINTNEXTLINE(bugprone-sizeof-expression) */
		if (!CNI_PUSH(job->arena, ids, ret->count, id))
			return no_memory(err);
	}
	ret->ids = ids;
	return CN_OK;
}

static cn_status write(rebase_job *job, cn_error *err)
{
	cni_sums sums;
	char sum[65];
	cni_sha256_text(job->text, strlen(job->text), sum);
	TRY(cni_sums_read(job->arena, job->folder.path, &sums, err));
	if (sums.exists) {
		TRY(cni_sums_put(&sums, job->first->path, sum, err));
		TRY(cni_sums_write(&sums, err));
	}
	return cni_file_write(job->first->path, job->text, strlen(job->text), false, err);
}

/* The folder as it would be, proved before the file is written. */
static cn_status move(rebase_job *job, cn_rebased *result, cn_error *err)
{
	TRY(check_applied(job, err));
	TRY(change_folder(job, err));
	TRY(prove(job, result, err));
	return job->desc->dry_run ? CN_OK : write(job, err);
}

cn_status cn_migrator_rebase(
	cn_migrator *migrator, const cn_rebase_desc *desc, cn_rebased *ret, cn_error *err)
{
	cni_migrator_begin(migrator);
	rebase_job job = {.migrator = migrator, .arena = &migrator->result, .desc = desc};
	cn_rebased result = {0};
	const cni_revision *named;
	TRY(cni_migrator_on_disk(migrator, err));
	TRY(cni_migrator_folder(migrator, job.arena, &job.folder, err));
	TRY(find_both(&job, &named, err));
	TRY(find_first(&job, named, err));
	TRY(check_moved(&job, err));
	result.revision = job.first->id;
	result.onto = job.onto->id;
	if (job.first->parent_count != 1 || strcmp(job.first->parents[0], job.onto->id) != 0)
		TRY(move(&job, &result, err));
	*ret = result;
	return CN_OK;
}
