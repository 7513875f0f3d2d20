/* world.c - sets a scenario up, and runs it as programs would. */
#include "tap.h"

#include <sqlite3.h>

#include "base/try.h"
#include "control.h"
#include "fault_vfs.h"
#include "migrate/change/apply.h"
#include "migrate/change/cheaper.h"
#include "migrate/run/runner.h"
#include "state.h"
#include "ways.h"

enum { BUSY_MS = 4 }; /* nobody else is there; a fault that lasts must not last long */

/* ---- how it is run ---- */

static cn_status open_world(world *w, cni_open_mode mode, cni_conn **ret, cn_error *err)
{
	return cni_conn_open(
		&w->uri, &(cni_open_options){.mode = mode, .busy_timeout_ms = BUSY_MS}, ret, err);
}

cn_status run_up(world *w, size_t *ret_reported, cn_error *err)
{
	CLEANUP(cni_conn_closep) cni_conn *conn = NULL;
	bool done;
	TRY(open_world(w, CNI_OPEN_CREATE, &conn, err));
	for (size_t i = w->begin; i < w->folder.revision_count; i++) {
		cni_run run = {.folder = &w->folder, .revision = &w->folder.revisions[i]};
		if (w->scenario->edits && i == 1) {
			run.before = w->before;
			run.after = w->after;
			run.edit_from = 1;
		}
		TRY(cni_run_revision(conn, &run, &done, err));
		++*ret_reported;
	}
	return CN_OK;
}

cn_status run_down(world *w, size_t *ret_reported, cn_error *err)
{
	CLEANUP(cni_conn_closep) cni_conn *conn = NULL;
	bool done;
	TRY(open_world(w, CNI_OPEN_WRITE, &conn, err));
	for (size_t i = w->folder.revision_count; i-- > 1;) {
		cni_run run = {
			.folder = &w->folder, .revision = &w->folder.revisions[i], .down = true};
		TRY(cni_run_revision(conn, &run, &done, err));
		++*ret_reported;
	}
	return CN_OK;
}

cn_status run_apply(world *w, size_t *ret_reported, cn_error *err)
{
	CLEANUP(cni_arena_done) cni_arena arena = {0};
	CLEANUP(cni_conn_closep) cni_conn *conn = NULL;
	cni_answers answers = {.arena = &arena};
	cni_apply_report report;
	if (w->scenario->answers)
		TRY(cni_answers_add_text(&answers, w->scenario->answers, "answers", err));
	TRY(open_world(w, CNI_OPEN_WRITE, &conn, err));
	const cni_apply_options options = {.edit_from = w->scenario->edits ? 1 : -1};
	TRY(cni_apply(
		conn, "target", w->scenario->target, &answers, &options, &arena, &report, err));
	w->edited = report.set.up.edits_schema;
	++*ret_reported;
	return CN_OK;
}

static cn_status new_migrator(world *w, cn_migrator **ret, cn_error *err)
{
	return cn_migrator_new(&(cn_migrator_desc){.database_uri = w->uri_text,
				       .embedded = &w->embedded,
				       .data_steps = w->scenario->data_steps,
				       .lock_timeout_ms = BUSY_MS},
		ret, err);
}

static cn_status use_migrator(world *w, bool down, const char *to, size_t *ret_count, cn_error *err)
{
	cn_migrator *migrator = NULL;
	TRY(new_migrator(w, &migrator, err));
	cn_status status = down ? cn_migrator_downgrade(migrator, to, ret_count, err)
				: cn_migrator_upgrade(migrator, to, ret_count, err);
	cn_migrator_free(migrator);
	return status;
}

cn_status run_upgrade(world *w, size_t *ret_reported, cn_error *err)
{
	TRY(use_migrator(w, false, "head", NULL, err));
	*ret_reported = w->state_count - 1;
	return CN_OK;
}

cn_status run_downgrade(world *w, size_t *ret_reported, cn_error *err)
{
	TRY(use_migrator(w, true, w->folder.revisions[0].id, NULL, err));
	*ret_reported = w->state_count - 1;
	return CN_OK;
}

cn_status run_stamp(world *w, size_t *ret_reported, cn_error *err)
{
	cn_migrator *migrator = NULL;
	TRY(new_migrator(w, &migrator, err));
	cn_status status = cn_migrator_stamp(migrator, "head", err);
	cn_migrator_free(migrator);
	*ret_reported = status == CN_OK;
	return status;
}

/* ---- setting it up ---- */

static void plan_second(world *w, cni_revision *second)
{
	const scenario *s = w->scenario;
	cni_answers answers = {.arena = &w->arena};
	cni_change_set set;
	cn_error err;
	assert_ok(
		cni_normalise_sql("sqlite", s->revisions[0].up, &w->arena, &w->before, &err), &err);
	assert_ok(cni_normalise_sql("sqlite", s->target, &w->arena, &w->after, &err), &err);
	if (s->answers)
		assert_ok(cni_answers_add_text(&answers, s->answers, "answers", &err), &err);
	const cni_change_input input = {.from = w->before, .to = w->after, .answers = &answers};
	assert_ok(cni_change_make(&w->arena, &input, &set, &err), &err);
	assert_int_equal(set.question_count, 0);
	second->sections = cni_alloc(&w->arena, sizeof *second->sections);
	second->section_count = 1;
	*second->sections = (cni_section){.engine = "sqlite",
		.upgrade = set.up,
		.downgrade = set.down,
		.has_upgrade = true,
		.has_downgrade = true};
}

static const char *text_of(world *w, size_t number)
{
	const scenario *s = w->scenario;
	const char *before = s->revisions[number].parents;
	if (!before)
		before = number ? cni_printf(&w->arena, "r%zu", number - 1) : "";
	if (s->revisions[number].up)
		return cni_printf(&w->arena,
			"-- cantil: revision r%zu\n-- parents: %s\n-- message: by hand\n\n"
			"-- upgrade sqlite\n%s\n\n-- downgrade sqlite\n%s\n",
			number, before, s->revisions[number].up,
			s->revisions[number].down ? s->revisions[number].down : "SELECT 1;");
	static const char *parents[] = {"r0"};
	CLEANUP(cni_buffer_done) cni_buffer out = {0};
	cni_revision planned = {.id = "r1",
		.parents = parents,
		.parent_count = 1,
		.message = "planned",
		.created = ""};
	plan_second(w, &planned);
	cni_revision_write(&out, &planned);
	return cni_buffer_dup(&out, &w->arena);
}

static void make_revisions(world *w)
{
	const scenario *s = w->scenario;
	size_t count = 0;
	cn_error err;
	while (count < STATES_MAX && s->revisions[count].up)
		count++;
	count += s->target && s->run != run_apply;
	w->files = cni_alloc(&w->arena, (count + 1) * sizeof *w->files);
	w->folder = (cni_folder){.arena = &w->arena, .path = "memory"};
	for (size_t i = 0; i < count; i++) {
		cni_revision revision;
		const char *text = text_of(w, i);
		assert_ok(cni_revision_parse(
				  &w->arena, "memory", text, strlen(text), &revision, &err),
			&err);
		w->files[i] = (cn_migration_file){.id = revision.id,
			.checksum = cni_strdup(&w->arena, revision.checksum),
			.name = revision.id,
			.text = text,
			.size_bytes = strlen(text)};
		assert_true(CNI_PUSH(
			&w->arena, w->folder.revisions, w->folder.revision_count, revision));
	}
	assert_ok(cni_folder_link(&w->folder, &err), &err);
	w->embedded = (cn_migrations){.format = CN_MIGRATIONS_FORMAT,
		.name = "memory",
		.files = w->files,
		.count = count};
}

/* As a program without Cantil would, with small pages, so that there are many of them. */
static void run_sqlite(const world *w, const char *sql)
{
	sqlite3 *db;
	char *message = NULL;
	assert_int_equal(sqlite3_open(w->path, &db), SQLITE_OK);
	if (sqlite3_exec(db, sql, NULL, NULL, &message) != SQLITE_OK)
		fail_msg("%s: %s: %s", w->scenario->name, sql, message);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void make_start(world *w)
{
	const scenario *s = w->scenario;
	size_t all = w->folder.revision_count, reported = 0;
	cn_error err;
	if (s->from_nothing) {
		w->start = fault_save();
		return;
	}
	run_sqlite(w, cni_printf(&w->arena,
			      "PRAGMA page_size = 1024; PRAGMA journal_mode = %s;"
			      " CREATE TABLE first (x); DROP TABLE first",
			      w->journal));
	if (s->run == run_apply || s->run == run_stamp) {
		run_sqlite(w, s->revisions[0].up);
	} else {
		w->folder.revision_count = 1;
		assert_ok(run_up(w, &reported, &err), &err);
		w->folder.revision_count = all;
		w->begin = 1;
	}
	if (s->rows)
		run_sqlite(w, s->rows);
	if (s->run == run_down || s->run == run_downgrade)
		assert_ok(run_up(w, &reported, &err), &err);
	w->start = fault_save();
}

static void learn_state(world *w)
{
	CLEANUP(cni_buffer_done) cni_buffer text = {0};
	state_read(w->path, w->scenario->queries, &text);
	const char *state = cni_buffer_dup(&text, &w->arena);
	if (strstr(state, "BROKEN"))
		fail_msg("%s: %s", w->scenario->name, state);
	if (w->state_count && strcmp(state, w->states[w->state_count - 1]) == 0)
		fail_msg("%s: does nothing", w->scenario->name);
	assert_true(w->state_count < STATES_MAX);
	w->states[w->state_count++] = state;
}

/* What a commit leaves, unless nothing is seen of it. */
static void learn_commit(void *ctx)
{
	CLEANUP(cni_buffer_done) cni_buffer text = {0};
	const world *w = ctx;
	state_read(w->path, w->scenario->queries, &text);
	if (strcmp(cni_buffer_text(&text), w->states[w->state_count - 1]) != 0)
		learn_state(ctx);
}

/* Is the planned revision really done by the other method? */
static bool is_edited(world *w)
{
	cni_conn *conn = NULL;
	const cni_plan *plan;
	cn_error err;
	if (w->scenario->run == run_apply)
		return w->edited;
	if (!w->scenario->edits)
		return false;
	assert_ok(open_world(w, CNI_OPEN_WRITE, &conn, &err), &err);
	assert_ok(cni_plan_cheaper(conn, w->before, w->after,
			  &w->folder.revisions[1].sections[0].upgrade, 1, &w->arena, &plan, &err),
		&err);
	cni_conn_close(conn);
	fault_load(w->start);
	return plan->edits_schema;
}

static void learn_states(world *w)
{
	const scenario *s = w->scenario;
	size_t all = w->folder.revision_count, reported = 0;
	cn_error err;
	learn_state(w);
	if (s->commits) {
		control_watch(learn_commit, w);
		assert_ok(s->run(w, &reported, &err), &err);
		control_watch(NULL, NULL);
		/* for one that is done or not */
		assert_true(w->state_count > 2);
	} else if (s->run == run_up) {
		for (size_t i = w->begin; i < all; i++) {
			w->folder.revision_count = i + 1;
			reported = 0;
			assert_ok(run_up(w, &reported, &err), &err);
			learn_state(w);
		}
		w->folder.revision_count = all;
	} else if (s->run == run_upgrade) {
		for (size_t i = w->begin; i < all; i++) {
			assert_ok(use_migrator(w, false, "+1", NULL, &err), &err);
			learn_state(w);
		}
	} else if (s->run == run_downgrade) {
		for (size_t i = 1; i < all; i++) {
			assert_ok(use_migrator(w, true, "-1", NULL, &err), &err);
			learn_state(w);
		}
	} else {
		assert_ok(s->run(w, &reported, &err), &err);
		learn_state(w);
	}
	fault_load(w->start);
	assert_int_equal(is_edited(w), s->edits);
	fault_arm(&(fault_order){.at = 0});
	assert_ok(s->run(w, &reported, &err), &err);
	w->changes = fault_counted()->changes;
	assert_true(w->changes > 0);
	fault_load(w->start);
}

void world_make(world *w, const scenario *s, const char *path, const char *journal)
{
	cn_error err;
	*w = (world){.scenario = s, .path = path, .journal = journal};
	disk_clear(fault_disk());
	w->uri_text = cni_printf(&w->arena, "sqlite:///%s?journal_mode=%s&busy_timeout_ms=%d%s",
		path, journal, BUSY_MS, s->small_cache ? "&cache_size=5" : "");
	assert_ok(cni_uri_parse(&w->arena, w->uri_text, "/", &w->uri, &err), &err);
	make_revisions(w);
	make_start(w);
	learn_states(w);
}

void world_done(world *w)
{
	disk_image_free(w->start);
	cni_arena_done(&w->arena);
}
