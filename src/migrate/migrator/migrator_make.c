/*
 * migrator_make.c - making a revision: compare, decide, plan, write it down, prove what was
 * written.
 *
 * The proof runs the text of the file, read back, not the plan in memory: what is proved is what
 * people will run. Only then does the file appear, whole, under its name.
 */
#include <string.h>

#include "base/file.h"
#include "base/try.h"
#include "migrate/change/drift.h"
#include "migrate/change/proof.h"
#include "migrate/migrator/migrator_new.h"
#include "migrate/migrator/sums.h"
#include "migrate/migrator/template.h"
#include "migrate/revision/replaced.h"
#include "migrate/run/runner.h"

enum { MAX_ROUNDS = 1000 };

typedef struct make_job {
	cn_migrator *migrator;
	cni_arena *arena;
	const cn_make_desc *desc;
	cni_folder folder;
	cni_answers *answers;
	cni_schema *recorded, *target;
	cni_conn *scratch; /* in which all revisions were replayed; NULL: it was not needed */
	cni_conn *data;    /* the database's rows, at the head; NULL: there are none that would tell
			      something */
	bool copied;       /* data is a private copy */
	cni_change_set set;
	cni_section *sections; /* one for each engine, the database's own first */
	cni_schema **results;  /* what they lead to */
	size_t section_count;
	cni_new_revision wanted;
	cni_revision revision; /* as it was read back */
} make_job;

/* ---- the live database ---- */

static bool at_head(const cni_folder *folder, const cni_version *version)
{
	for (size_t i = 0; i < folder->revision_count; i++)
		if (!cni_version_find(version, folder->revisions[i].id))
			return false;
	return version->count == folder->revision_count;
}

/* What the revisions make where they were run in this database's order. */
static cn_status made_here(
	make_job *making, const cni_version *version, const cni_schema **ret, cn_error *err)
{
	cni_order order;
	cni_schema *made;
	bool usual = true;
	TRY(cni_applied_order(&making->folder, version, making->arena, &order, err));
	for (size_t i = 0; i < order.count; i++)
		usual &= order.list[i] == i;
	*ret = making->recorded;
	if (usual)
		return CN_OK;
	TRY(cni_folder_replay_order(
		&making->folder, &making->migrator->home, &order, making->arena, &made, NULL, err));
	*ret = made;
	return CN_OK;
}

/* Is it where the new revision starts? Only then its rows say something. */
static cn_status is_usable(make_job *making, cni_conn *live, bool *ret, cn_error *err)
{
	cn_migrator *migrator = making->migrator;
	cni_version version;
	const cni_schema *recorded;
	cni_schema *actual;
	CLEANUP(cni_buffer_done) cni_buffer lines = {.limit = 600};
	TRY(cni_version_read(live, making->arena, &version, err));
	(void)cni_version_resolve(&making->folder, &version);
	*ret = at_head(&making->folder, &version);
	if (!*ret) {
		if (version.exists || making->folder.revision_count)
			cni_migrator_notice(migrator,
				"the database is not at the head, so its rows were not looked at");
		return CN_OK;
	}
	TRY(made_here(making, &version, &recorded, err));
	TRY(cni_conn_inspect(live, making->arena, &actual, err));
	*ret = !cni_drift_tables(&lines, recorded, actual);
	if (!*ret)
		cni_migrator_notice(migrator,
			"the database is not what its revisions make, so its rows were not looked at: %s",
			cni_buffer_text(&lines));
	return CN_OK;
}

/* Counting conflicts takes temporary tables, which a connection for reading cannot have. So a copy
 * is looked at, which takes part in the proof, too; of a large database the file itself, in which
 * nothing is changed. */
static cn_status open_data(make_job *making, cn_error *err)
{
	cn_migrator *migrator = making->migrator;
	CLEANUP(cni_conn_closep) cni_conn *live = NULL;
	bool usable;
	if (!cni_migrator_has_database(migrator))
		return CN_OK;
	TRY(cni_migrator_open(migrator, CNI_OPEN_READ, true, &live, err));
	cn_status status = is_usable(making, live, &usable, err);
	bool copies = live->driver->snapshot != NULL;
	making->copied =
		copies && (!live->path || cni_file_size(live->path) <= CNI_PROOF_MAX_BYTES);
	if (status >= 0 && usable && making->copied)
		status = cni_conn_snapshot(live, &making->data, err);
	cni_migrator_close(migrator, &live);
	if (status < 0 || !usable || making->copied)
		return status;
	/* an engine that makes no copies needs no tables either */
	return cni_migrator_open(
		migrator, copies ? CNI_OPEN_WRITE : CNI_OPEN_READ, true, &making->data, err);
}

/* ---- decide ---- */

static cn_status decide(make_job *making, cn_error *err)
{
	cn_migrator *migrator = making->migrator;
	cni_change_input input = {.from = making->recorded,
		.to = making->target,
		.answers = making->answers,
		.data = making->data,
		.every_drop_asked = true};
	for (int round = 0; round < MAX_ROUNDS;
		round++) { /* an answer may raise the next question */
		TRY(cni_change_make(making->arena, &input, &making->set, err));
		if (!making->set.question_count)
			return CN_OK;
		cn_status status = cni_change_ask(&making->set, err);
		if (!migrator->ask)
			return status;
		TRY(migrator->ask(&making->set, making->answers, migrator->ask_ctx, err));
	}
	return cni_change_ask(&making->set, err);
}

static cn_status compare(make_job *making, bool with_data, cn_error *err)
{
	cn_migrator *migrator = making->migrator;
	bool same = false;
	if (!making->answers->count && !migrator->other_count)
		TRY(cni_migrator_is_same(migrator, &making->folder, making->arena, &same, err));
	if (same)
		return CN_OK;
	TRY(cni_folder_replay_all(&making->folder, &migrator->home, making->arena,
		&making->recorded, &making->scratch, err));
	TRY(cni_migrator_target(
		migrator, making->arena, making->recorded, making->answers, &making->target, err));
	if (with_data)
		TRY(open_data(making, err));
	return decide(making, err);
}

static cn_status keep_section(make_job *making, const make_job *from, cn_error *err)
{
	const cni_change_set *set = &from->set;
	size_t count = making->section_count;
	const cni_section section = {.engine = from->migrator->engine,
		.upgrade = set->up,
		.downgrade = set->down,
		.has_upgrade = true,
		.has_downgrade = set->down.step_count || !set->up.step_count};
	if (!CNI_PUSH(making->arena, making->results, count, from->target) ||
		!CNI_PUSH(making->arena, making->sections, making->section_count, section))
		return cn_fail(err, CN_ENOMEM, "out of memory");
	return CN_OK;
}

/* The same change on another engine: the same answers, its own plan. There are no rows of it to
 * look at. *changed is set when there is something to do. */
static cn_status compare_other(make_job *making, const cni_uri *home, bool *changed, cn_error *err)
{
	cn_migrator *migrator = making->migrator;
	const cni_uri own = migrator->home;
	const char *engine = migrator->engine;
	make_job other = {.migrator = migrator,
		.arena = making->arena,
		.desc = making->desc,
		.folder = making->folder,
		.answers = making->answers};
	migrator->home = *home;
	migrator->engine = home->engine;
	cn_status status = making->desc->empty ? CN_OK : compare(&other, false, err);
	cni_conn_close(other.scratch);
	if (status >= 0)
		status = keep_section(making, &other, err);
	migrator->home = own;
	migrator->engine = engine;
	if (status < 0)
		return cn_error_wrap(err, "the section for %s", home->engine);
	*changed |= other.set.diff.change_count > 0;
	return CN_OK;
}

static cn_status compare_all(make_job *making, bool *changed, cn_error *err)
{
	if (!making->desc->empty)
		TRY(compare(making, true, err));
	*changed = making->set.diff.change_count > 0;
	TRY(keep_section(making, making, err));
	for (size_t i = 0; i < making->migrator->other_count; i++)
		TRY(compare_other(making, &making->migrator->others[i], changed, err));
	return CN_OK;
}

/* ---- write down ---- */

static cn_status record_answers(make_job *making, cni_revision *revision, cn_error *err)
{
	CLEANUP(cni_buffer_done) cni_buffer line = {0};
	for (size_t i = 0; making->answers && i < making->answers->count; i++) {
		if (!making->answers->list[i].used)
			continue;
		cni_buffer_clear(&line);
		cni_answer_write(&line, &making->answers->list[i]);
		const char *answer = cni_buffer_dup(&line, making->arena);
		if (!answer ||
			!CNI_PUSH(making->arena, revision->answers, revision->answer_count, answer))
			return cn_fail(err, CN_ENOMEM, "out of memory");
	}
	return CN_OK;
}

static cn_status find_depends(make_job *making, cni_new_revision *wanted, cn_error *err)
{
	const char *const *names = making->desc->depends_on;
	for (size_t i = 0; names && names[i]; i++) {
		const cni_revision *needed;
		TRY(cni_folder_find(&making->folder, names[i], &needed, err));
		if (!needed)
			return cn_fail(err, CN_EARG, "a revision cannot depend on \"base\"");
		/* a list of pointers is meant: NOLINTNEXTLINE(bugprone-sizeof-expression) */
		if (!CNI_PUSH(making->arena, wanted->depends, wanted->depend_count, needed->id))
			return cn_fail(err, CN_ENOMEM, "out of memory");
	}
	return CN_OK;
}

static cn_status describe(make_job *making, cni_revision *revision, cn_error *err)
{
	TRY(cni_revision_begin(&making->folder, making->arena, &making->wanted, revision, err));
	revision->sections = making->sections;
	revision->section_count = making->section_count;
	return record_answers(making, revision, err);
}

/* ---- prove ---- */

static cn_status wrap_proof(cn_error *err, const char *where)
{
	if (err && !*err->hint)
		cn_error_hint(err,
			"nothing was written; \"db revision\" makes a file to be written by hand");
	return cn_error_wrap(err, "the revision does not hold %s", where);
}

/* Forward, backward, forward, in a scratch database that holds `before`; `after` is what it must
 * lead to, NULL: that is not known. */
static cn_status prove_on(const make_job *making, cni_conn *conn, const cni_schema *before,
	const cni_schema *after, cn_error *err)
{
	const cni_revision *revision = &making->revision;
	const cni_section *section = cni_revision_section(revision, conn->driver->name);
	TRY(cni_revision_execute(conn, revision, false, after, err));
	if (!section || !section->has_downgrade)
		return CN_OK;
	TRY(cni_revision_execute(conn, revision, true, before, err));
	return cni_revision_execute(conn, revision, false, after, err);
}

/* The same after the revisions of a set. */
static cn_status prove_after(make_job *making, const cni_uri *home, const bool *set,
	const cni_schema *after, cn_error *err)
{
	CLEANUP(cni_arena_done) cni_arena scratch = {0};
	CLEANUP(cni_conn_closep) cni_conn *conn = NULL;
	cni_schema *before;
	TRY(cni_folder_replay_set(&making->folder, home, set, &scratch, &before, &conn, err));
	return prove_on(making, conn, before, after, err);
}

/* A database may have its branch without the others. */
static cn_status prove_alone(make_job *making, const cni_uri *home, bool *set, cn_error *err)
{
	const cni_folder *folder = &making->folder;
	size_t others = folder->revision_count;
	memset(set, false, folder->revision_count);
	for (size_t i = 0; i < making->wanted.parent_count; i++)
		set[cni_folder_get(folder, making->wanted.parents[i]) - folder->revisions] = true;
	for (size_t i = 0; i < making->wanted.depend_count; i++)
		set[cni_folder_get(folder, making->wanted.depends[i]) - folder->revisions] = true;
	cni_folder_close_up(folder, set);
	for (size_t i = 0; i < folder->revision_count; i++)
		others -= set[i];
	if (!others || prove_after(making, home, set, NULL, err) >= 0)
		return CN_OK;
	cn_error_hint(err,
		"it touches what another branch makes: say --depends-on and that branch's revision, or "
		"\"db merge\" the branches first");
	return cn_error_wrap(err, "without the other branches");
}

static cn_status prove_in_scratch(make_job *making, cn_error *err)
{
	CLEANUP(cni_arena_done) cni_arena scratch = {0};
	bool *set = cni_alloc(&scratch, making->folder.revision_count + 1);
	if (!set)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	for (size_t i = 0; i < making->section_count; i++) {
		const cn_migrator *migrator = making->migrator;
		const cni_uri *home = i ? &migrator->others[i - 1] : &migrator->home;
		memset(set, true, making->folder.revision_count);
		cn_status status =
			!i && making->scratch
				? prove_on(making, making->scratch, making->recorded,
					  making->results[i], err)
				: prove_after(making, home, set, making->results[i], err);
		if (status >= 0)
			status = prove_alone(making, home, set, err);
		if (status < 0 && i)
			cn_error_wrap(err, "on %s", home->engine);
		TRY(status);
	}
	return CN_OK;
}

/* Forward only: whether the way back holds with these rows was tried when it was planned, and is a
 * warning if not. What somebody added to this one database by hand is no matter for a file that all
 * will run. */
static cn_status prove_on_copy(make_job *making, cn_error *err)
{
	bool done;
	cni_run run = {.folder = &making->folder, .revision = &making->revision};
	return cni_run_revision(making->data, &run, &done, err);
}

static cn_status prove(make_job *making, const char *path, const char *text, cn_error *err)
{
	cn_status status =
		cni_revision_parse(making->arena, path, text, strlen(text), &making->revision, err);
	if (status < 0)
		return wrap_proof(err, "as it would be written");
	if (making->desc->empty)
		return CN_OK;
	if (prove_in_scratch(making, err) < 0)
		return wrap_proof(err, "in an empty database");
	if (making->data && making->copied && prove_on_copy(making, err) < 0)
		return wrap_proof(err, "on a copy of the database");
	return CN_OK;
}

/* What people fill in begins with the folder's own skeleton, where it has one. */
static cn_status write_text(
	make_job *making, const cni_revision *draft, const char **ret, cn_error *err)
{
	CLEANUP(cni_buffer_done) cni_buffer out = {0};
	const char *text = NULL;
	if (making->desc->empty)
		TRY(cni_skeleton_fill(making->arena, &making->folder, draft, &text, err));
	if (!text) {
		cni_revision_write(&out, draft);
		text = cni_buffer_dup(&out, making->arena);
	}
	*ret = text;
	return text ? CN_OK : cn_fail(err, CN_ENOMEM, "out of memory");
}

static cn_status put(make_job *making, cn_made *made, cn_error *err)
{
	cni_revision draft;
	const char *text, *path;
	TRY(describe(making, &draft, err));
	TRY(write_text(making, &draft, &text, err));
	TRY(cni_revision_place(&making->folder, making->arena, &draft, &path, err));
	TRY(prove(making, path, text, err));
	if (!making->desc->dry_run) {
		TRY(cni_migrator_put_file(making->migrator, &making->folder, path, text,
			making->revision.checksum, err));
		made->path = path;
	}
	made->changed = true;
	made->id = draft.id;
	made->text = text;
	return CN_OK;
}

static cn_status make(make_job *making, cn_made *made, cn_error *err)
{
	CLEANUP(cni_buffer_done) cni_buffer summary = {0};
	const cn_make_desc *desc = making->desc;
	cni_new_revision *wanted = &making->wanted;
	TRY(cni_migrator_on_disk(making->migrator, err));
	TRY(cni_migrator_folder(making->migrator, making->arena, &making->folder, err));
	*wanted = (cni_new_revision){.message = desc->message,
		.id = desc->revision_id,
		.branch_label = desc->branch_label};
	TRY(cni_parents_find(&making->folder, making->arena, desc->head, desc->splice,
		&wanted->parents, &wanted->parent_count, err));
	TRY(find_depends(making, wanted, err));
	bool changed;
	TRY(compare_all(making, &changed, err));
	if (!desc->empty && !changed)
		return CN_OK;
	if (!desc->empty)
		cni_diff_describe(&summary, &making->set.diff);
	made->summary = cni_buffer_dup(&summary, making->arena);
	if (!made->summary)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	return put(making, made, err);
}

cn_status cni_migrator_make(cn_migrator *migrator, const cn_make_desc *desc, cni_answers *answers,
	cn_made *ret, cn_error *err)
{
	make_job making = {
		.migrator = migrator, .arena = &migrator->result, .desc = desc, .answers = answers};
	cn_made made = {.summary = ""};
	cn_status status = make(&making, &made, err);
	cni_conn_close(making.scratch);
	if (making.copied)
		cni_conn_close(making.data);
	else
		cni_migrator_close(migrator, &making.data);
	if (status >= 0)
		*ret = made;
	return status;
}

cn_status cn_migrator_make(
	cn_migrator *migrator, const cn_make_desc *desc, cn_made *ret, cn_error *err)
{
	cni_migrator_begin(migrator);
	cni_answers answers = {.arena = &migrator->result};
	if (desc->answers)
		TRY(cni_answers_add_text(&answers, desc->answers, "answers", err));
	return cni_migrator_make(migrator, desc, &answers, ret, err);
}
