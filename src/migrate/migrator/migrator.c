/* migrator.c - a migrator's description, and how it gets at its database. */
#include "migrate/migrator/migrator.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"
#include "base/try.h"
#include "migrate/revision/data_step.h"
#include "migrate/revision/replaced.h"

enum { LOCK_TIMEOUT_MS = 60000 };

static bool copy_desc(cn_migrator *migrator, const cn_migrator_desc *desc)
{
	cni_arena *arena = &migrator->arena;
	migrator->desc = *desc;
	migrator->desc.database_uri = cni_strdup(arena, desc->database_uri);
	migrator->desc.program = cni_strdup(arena, desc->program ? desc->program : "cantil");
	migrator->desc.target_sql = cni_strdup(arena, desc->target_sql);
	migrator->desc.folder = migrator->desc.root = NULL; /* made absolute: migrator->folder */
	if (!desc->lock_timeout_ms)
		migrator->desc.lock_timeout_ms = LOCK_TIMEOUT_MS;
	migrator->desc.backup_folder = NULL; /* made absolute: migrator->backup_folder */
	migrator->desc.arguments = NULL;     /* taken apart: migrator->host */
	migrator->host = cni_alloc(arena, sizeof *migrator->host);
	if (!migrator->host)
		return false;
	*migrator->host = (cni_host){.functions = desc->data_steps,
		.program = migrator->desc.program,
		.progress = desc->progress,
		.canceled = desc->canceled,
		.ctx = desc->ctx};
	return !arena->failed;
}

/* Each engine once; the database's own needs not be said, and may. */
static cn_status take_engines(
	cn_migrator *migrator, const char *const *engines, const char *root, cn_error *err)
{
	cni_arena *arena = &migrator->arena;
	for (; engines && *engines; engines++) {
		const cni_driver *driver = cni_driver_find(*engines);
		cni_uri home = {.engine = driver ? driver->name : NULL};
		if (!driver)
			TRY(cni_uri_parse(arena, *engines, root, &home, err));
		bool known = strcmp(home.engine, migrator->engine) == 0;
		for (size_t i = 0; i < migrator->other_count; i++)
			known |= strcmp(home.engine, migrator->others[i].engine) == 0;
		if (!known && !CNI_PUSH(arena, migrator->others, migrator->other_count, home))
			return cn_fail(err, CN_ENOMEM, "out of memory");
	}
	migrator->desc.engines = NULL; /* taken apart: migrator->others */
	return CN_OK;
}

static cn_status fill(cn_migrator *migrator, const cn_migrator_desc *desc, cn_error *err)
{
	cni_arena *arena = &migrator->arena;
	const char *here = cni_path_current(arena);
	const char *root =
		desc->root ? cni_path_absolute(arena, desc->root, here ? here : "/") : here;
	if (!here || !root || !copy_desc(migrator, desc))
		return cn_fail(err, CN_ENOMEM, "out of memory");
	migrator->folder = desc->embedded
				   ? cni_printf(arena, "embedded:%s", desc->embedded->name)
				   : cni_path_absolute(arena,
					     desc->folder ? desc->folder : "migrations", root);
	if (!migrator->folder)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	if (desc->backup_folder) {
		migrator->backup_folder = cni_path_absolute(arena, desc->backup_folder, root);
		if (!migrator->backup_folder)
			return cn_fail(err, CN_ENOMEM, "out of memory");
	}
	TRY(cni_arguments_parse(arena, desc->arguments, &migrator->host->arguments,
		&migrator->host->argument_count, err));
	migrator->engine = cni_driver_default()->name;
	migrator->home = (cni_uri){.engine = migrator->engine};
	if (desc->database_uri) {
		TRY(cni_uri_parse(arena, desc->database_uri, root, &migrator->uri, err));
		migrator->engine = migrator->uri.engine;
		migrator->home = migrator->uri;
	}
	return take_engines(migrator, desc->engines, root, err);
}

cn_status cn_migrator_new(const cn_migrator_desc *desc, cn_migrator **ret, cn_error *err)
{
	cn_migrator *migrator = calloc(1, sizeof *migrator);
	if (!migrator)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	cn_status status = fill(migrator, desc, err);
	if (status < 0) {
		cn_migrator_free(migrator);
		return status;
	}
	*ret = migrator;
	return CN_OK;
}

void cn_migrator_free(cn_migrator *migrator)
{
	if (!migrator)
		return;
	cni_arena_done(&migrator->result);
	cni_arena_done(&migrator->arena);
	free(migrator);
}

void cni_migrator_set_target(cn_migrator *migrator, cni_target_fn fn, void *ctx)
{
	migrator->target = fn;
	migrator->target_ctx = ctx;
}

void cni_migrator_set_ask(cn_migrator *migrator, cni_ask_fn fn, void *ctx)
{
	migrator->ask = fn;
	migrator->ask_ctx = ctx;
}

void cni_migrator_set_watch(cn_migrator *migrator, cni_opened_fn fn, void *ctx)
{
	migrator->watch = fn;
	migrator->watch_ctx = ctx;
}

void cni_migrator_set_ran(cn_migrator *migrator, cni_ran_fn fn, void *ctx)
{
	migrator->ran = fn;
	migrator->ran_ctx = ctx;
}

void cni_migrator_set_allow_drift(cn_migrator *migrator, bool allow)
{
	migrator->allow_drift = allow;
}

cn_status cn_migrator_set_tag(cn_migrator *migrator, const char *tag, cn_error *err)
{
	enum { TAG_MAX = 200 };
	size_t size = tag ? strlen(tag) : 0;
	if (size > TAG_MAX || (tag && !cni_utf8_valid(tag, size)))
		return cn_fail(err, CN_EARG, "a tag is up to %d bytes of UTF-8", TAG_MAX);
	const char *copy = size ? cni_strdup(&migrator->arena, tag) : NULL;
	if (size && !copy)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	migrator->tag = copy;
	return CN_OK;
}

void cni_migrator_set_connection(cn_migrator *migrator, cni_conn *conn)
{
	migrator->borrowed = conn;
}

void cni_migrator_begin(cn_migrator *migrator) { cni_arena_done(&migrator->result); }

void cni_migrator_notice(cn_migrator *migrator, const char *fmt, ...)
{
	char line[1024];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(line, sizeof line, fmt, ap);
	va_end(ap);
	if (migrator->desc.notice)
		migrator->desc.notice(line, migrator->desc.ctx);
}

/* ---- the database ---- */

bool cni_migrator_has_database(const cn_migrator *migrator)
{
	if (migrator->borrowed)
		return true;
	if (!migrator->desc.database_uri || migrator->uri.memory)
		return false;
	return !migrator->uri.path || cni_file_exists(migrator->uri.path);
}

static cn_status check_uri(const cn_migrator *migrator, cn_error *err)
{
	if (!migrator->desc.database_uri) {
		cn_error_set(err, CN_EARG, "it is not said which database");
		cn_error_hint(err, "name it in the program, in cantil.ini, or with --db");
		return CN_EARG;
	}
	if (migrator->uri.memory) {
		cn_error_set(err, CN_EARG,
			"a database in memory is gone as soon as it is closed: it cannot be migrated");
		cn_error_hint(err, "name a file: sqlite:///app.db");
		return CN_EARG;
	}
	return CN_OK;
}

static void wait_ms(unsigned ms)
{
	struct timespec left = {.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000};
	while (nanosleep(&left, &left) < 0 && errno == EINTR)
		;
}

static bool go_on(const cni_pulse *pulse, void *ctx)
{
	const cn_migrator *migrator = ctx;
	(void)pulse;
	return !migrator->desc.canceled(migrator->desc.ctx);
}

cn_status cni_migrator_open(
	cn_migrator *migrator, cni_open_mode mode, bool foreign, cni_conn **ret, cn_error *err)
{
	cni_open_options options = {.mode = mode,
		.foreign = foreign,
		.watch = migrator->desc.canceled ? go_on : NULL,
		.watch_ctx = migrator,
		.busy_timeout_ms = migrator->desc.lock_timeout_ms};
	int64_t until_us = cni_clock_mono_us() + (int64_t)migrator->desc.lock_timeout_ms * 1000;
	cni_conn *conn;
	if (migrator->borrowed) {
		*ret = migrator->borrowed;
		return CN_OK;
	}
	TRY(check_uri(migrator, err));
	/* Several processes that make the same file want it exclusively for a moment, to change its
	 * journal mode; SQLite does not wait for that by itself. */
	for (unsigned pause_ms = 1;; pause_ms = pause_ms < 50 ? pause_ms * 2 : 50) {
		cn_status status = cni_conn_open(&migrator->uri, &options, &conn, err);
		if (status >= 0)
			break;
		if (status != CN_ECONFLICT || cni_clock_mono_us() > until_us)
			return status;
		if (migrator->desc.canceled && migrator->desc.canceled(migrator->desc.ctx))
			return cn_fail(err, CN_ECANCELED, "interrupted");
		wait_ms(pause_ms);
	}
	if (migrator->watch)
		migrator->watch(conn, true, migrator->watch_ctx);
	*ret = conn;
	return CN_OK;
}

void cni_migrator_close(cn_migrator *migrator, cni_conn **conn)
{
	if (migrator->borrowed) {
		cni_conn_rollback(migrator->borrowed);
		*conn = NULL;
		return;
	}
	if (*conn && migrator->watch)
		migrator->watch(*conn, false, migrator->watch_ctx);
	cni_conn_close(*conn);
	*conn = NULL;
}

cn_status cni_migrator_version(
	cn_migrator *migrator, cni_arena *arena, cni_version *ret, cn_error *err)
{
	cni_conn *conn = NULL;
	*ret = (cni_version){0};
	if (migrator->desc.database_uri && !cni_migrator_has_database(migrator))
		return CN_OK;
	TRY(cni_migrator_open(migrator, CNI_OPEN_READ, true, &conn, err));
	cn_status status = cni_version_read(conn, arena, ret, err);
	cni_migrator_close(migrator, &conn);
	return status;
}

/* It stopped in the middle of what is one revision now. */
static cn_status fail_squashed(const cni_folder *folder, const cni_version *version, size_t at,
	const cni_revision *squashed, cn_error *err)
{
	const cni_replaced *list = &squashed->replaced[0];
	cn_error_set(err, CN_ESCHEMA,
		"the database has only a part of what was squashed into revision \"%s\"",
		squashed->id);
	cn_error_detail(err, "it has \"%s\", but not \"%s\", the last one\n%s",
		version->list[at].revision, list->ids[list->count - 1], squashed->path);
	cn_error_hint(err,
		"the revisions as they were lie in an archive: \"db upgrade %s -d %s/squashed/%s\" brings "
		"it to their end; then go on as usual",
		list->ids[list->count - 1], folder->path, squashed->id);
	return CN_ESCHEMA;
}

/* A program brings all its revisions along: one that it does not know came after it. */
static cn_status fail_newer(
	const cni_folder *folder, const cni_version *version, size_t at, cn_error *err)
{
	const cni_applied *row = &version->list[at];
	cn_error_set(err, CN_ESCHEMA,
		"the database is newer than this program: it has revision \"%s\"", row->revision);
	cn_error_detail(err,
		"applied %s by version %s of the library; this program has %zu revisions",
		row->applied_at, row->tool, folder->revision_count);
	cn_error_hint(err,
		"nothing was changed: start the newer program, or put back the copy from before its "
		"upgrade");
	return CN_ESCHEMA;
}

cn_status cni_applied_set(const cni_folder *folder, const cni_version *version, cni_arena *arena,
	bool **ret, cn_error *err)
{
	bool *set = cni_alloc(arena, folder->revision_count + 1);
	if (!set)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	for (size_t i = 0; i < version->count; i++) {
		const cni_revision *revision = cni_folder_get(folder, version->list[i].revision);
		if (!revision) {
			const cni_revision *squashed =
				cni_folder_replacement(folder, version->list[i].revision, NULL);
			if (squashed)
				return fail_squashed(folder, version, i, squashed, err);
			if (folder->embedded)
				return fail_newer(folder, version, i, err);
			cn_error_set(err, CN_ESCHEMA,
				"the database has revision \"%s\", which is not in the folder",
				version->list[i].revision);
			cn_error_detail(err, "applied %s; folder %s", version->list[i].applied_at,
				folder->path);
			cn_error_hint(err,
				"its file is missing (version control has it), or the database belongs to a newer "
				"program");
			return CN_ESCHEMA;
		}
		set[revision - folder->revisions] = true;
	}
	*ret = set;
	return CN_OK;
}

cn_status cni_applied_order(const cni_folder *folder, const cni_version *version, cni_arena *arena,
	cni_order *ret, cn_error *err)
{
	bool *seen = cni_alloc(arena, folder->revision_count + 1), possible = true;
	cni_order order = {.list = cni_alloc(arena, (version->count + 1) * sizeof(size_t))};
	if (!seen || !order.list)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	for (size_t i = 0; i < version->count; i++) {
		const cni_revision *revision = cni_folder_get(folder, version->list[i].revision);
		if (!revision || seen[revision - folder->revisions])
			continue;
		for (size_t n = 0; n < revision->need_count; n++)
			possible &= seen[revision->need_at[n]];
		order.list[order.count] = (size_t)(revision - folder->revisions);
		seen[order.list[order.count++]] = true;
	}
	if (!possible)
		order.count = 0;
	for (size_t i = 0; !possible && i < folder->revision_count; i++)
		if (seen[i])
			order.list[order.count++] = i;
	*ret = order;
	return CN_OK;
}

/* ---- the schema wanted ---- */

cn_status cni_migrator_target(cn_migrator *migrator, cni_arena *arena, const cni_schema *from,
	cni_answers *answers, cni_schema **ret, cn_error *err)
{
	cni_schema *wanted;
	if (!migrator->target) {
		if (migrator->desc.target_sql)
			return cni_normalise_sql_at(
				&migrator->home, migrator->desc.target_sql, from, arena, ret, err);
		cn_error_set(err, CN_EARG, "it is not said which schema is wanted");
		cn_error_hint(err,
			"give the program models, or cantil.ini a line \"schema = schema.sql\"");
		return CN_EARG;
	}
	TRY(migrator->target(&migrator->home, from, arena, &wanted, migrator->target_ctx, err));
	if (answers)
		TRY(cni_model_renames(wanted, from, answers, err));
	return cni_normalise_like(wanted, from, arena, ret, err);
}

cn_status cni_migrator_is_same(
	cn_migrator *migrator, const cni_folder *folder, cni_arena *arena, bool *ret, cn_error *err)
{
	cni_answers renames = {.arena = arena};
	cni_schema *written, *target;
	cn_error why;
	*ret = false;
	TRY(cni_folder_written(folder, migrator->engine, arena, &written, err));
	/* what is wrong with the schema wanted is told by comparing it in earnest */
	if (written && cni_migrator_target(migrator, arena, written, &renames, &target, &why) >= 0)
		*ret = !renames.count && cni_schema_equal(written, target);
	return CN_OK;
}
