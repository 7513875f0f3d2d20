/* state.c - see state.h. */
#include "manage/serve/state.h"

#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#include <cantil/migrate.h>

#include "base/file.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/text.h"
#include "base/try.h"

void cni_problem_write(cni_buffer *out, const char *title, const char *text, size_t size)
{
	cni_json json = {.out = out};

	cni_json_object(&json, NULL);
	cni_json_text(&json, "title", title);
	if (size > CNI_PROBLEM_BYTES)
		size = cni_utf8_cut(text, CNI_PROBLEM_BYTES);
	if (size)
		cni_json_text_size(&json, "text", text, size);
	cni_json_end(&json);
}

void cni_dev_state_write(cni_buffer *out, const cni_dev_state *state)
{
	cni_buffer_puts(out, "{\"build\":\"");
	cni_buffer_puts(out, state->build_id); /* hexadecimal */
	cni_buffer_printf(out, "\",\"assets\":%" PRId64 ",\"problem\":%s,\"drift\":%s}",
		state->assets, state->problem, state->drift);
}

static void migrator_free(cn_migrator **migrator) { cn_migrator_free(*migrator); }

static uint64_t mix_file(const char *path, uint64_t seed, uint64_t *ret_file)
{
	struct stat st;

	if (stat(path, &st) != 0)
		return cni_hash64("none", 4, seed);
	uint64_t facts[] = {(uint64_t)st.st_size, (uint64_t)st.st_mtim.tv_sec,
		(uint64_t)st.st_mtim.tv_nsec, (uint64_t)st.st_dev, (uint64_t)st.st_ino};
	if (ret_file)
		*ret_file = cni_hash64(&facts[3], 2 * sizeof facts[3], 0) | 1;
	return cni_hash64(facts, sizeof facts, seed);
}

/* Everything that can change the finding, in one number. */
static uint64_t look_at_files(
	const cni_drift_watch *watch, cni_serve *serve, uint64_t *ret_database)
{
	CLEANUP(cni_arena_done) cni_arena arena = {0};
	const char *folder, **names;
	uint64_t seen = 1;
	size_t count;

	if (cn_app_migrations(serve->app, &folder, NULL) == CN_OK) {
		const char *versions = cni_path_join(&arena, folder, "versions");
		seen = cni_hash64(folder, strlen(folder), seen);
		for (size_t i = 0;
			versions && cni_dir_list(&arena, versions, &names, &count, NULL) == CN_OK &&
			i < count;
			i++) {
			const char *path = cni_path_join(&arena, versions, names[i]);
			if (path)
				seen = mix_file(
					path, cni_hash64(names[i], strlen(names[i]), seen), NULL);
		}
	}
	if (watch->path[0]) {
		const char *wal = cni_printf(&arena, "%s-wal", watch->path);
		seen = mix_file(watch->path, seen, ret_database);
		if (wal)
			seen = mix_file(wal, seen, NULL);
	}
	return seen;
}

static void write_finding(cni_drift_watch *watch, const cn_drift *drift)
{
	cni_json json = {.out = &watch->json};
	const char *title = drift->models_differ ? "The models differ from the migrations"
						 : "The database is behind the migrations";

	cni_json_object(&json, NULL);
	cni_json_text(&json, "title", title);
	cni_json_array(&json, "lines");
	cni_buffer_printf(&watch->text, "%s\n", title);
	for (size_t i = 0; i < drift->line_count; i++) {
		cni_json_text(&json, NULL, drift->lines[i]);
		cni_buffer_printf(&watch->text, "  %s\n", drift->lines[i]);
	}
	cni_json_end(&json);
	cni_json_text(&json, "command", drift->command);
	cni_json_end(&json);
	if (drift->command)
		cni_buffer_printf(&watch->text, "  type: %s\n", drift->command);
}

static void write_failure(cni_drift_watch *watch, const cn_error *err)
{
	cni_json json = {.out = &watch->json};
	static const char title[] = "The migrations cannot be compared";

	cni_json_object(&json, NULL);
	cni_json_text(&json, "title", title);
	cni_json_array(&json, "lines");
	cni_json_text(&json, NULL, err->message);
	if (err->detail[0])
		cni_json_text(&json, NULL, err->detail);
	cni_json_end(&json);
	cni_json_text(&json, "command", err->hint[0] ? err->hint : NULL);
	cni_json_end(&json);
	cni_buffer_printf(&watch->text, "%s\n  %s\n", title, err->message);
	if (err->hint[0])
		cni_buffer_printf(&watch->text, "  hint: %s\n", err->hint);
}

/* Asks the migrator; learns the database's path on the way. */
static void find(cni_drift_watch *watch, cni_serve *serve)
{
	CLEANUP(migrator_free) cn_migrator *migrator = NULL;
	cn_migration_state state;
	cn_drift drift;
	cn_error err = {0};

	cni_buffer_clear(&watch->json);
	cni_buffer_clear(&watch->text);
	if (cn_app_migrator(serve->app, &migrator, &err) == CN_OK) {
		if (!watch->path[0] && cn_migrator_state(migrator, &state, NULL) == CN_OK &&
			state.path)
			snprintf(watch->path, sizeof watch->path, "%s", state.path);
		if (cn_migrator_drift(migrator, &drift, &err) == CN_OK) {
			if (drift.models_differ || drift.database_behind)
				write_finding(watch, &drift);
			else
				cni_buffer_puts(&watch->json, "null");
			return;
		}
	}
	write_failure(watch, &err);
}

bool cni_drift_look(cni_drift_watch *watch, cni_serve *serve, bool *ret_replaced)
{
	uint64_t database = 0, before = watch->database, seen;

	*ret_replaced = false;
	if (!cn_app_models(serve->app)[0]) {
		bool first = !watch->json.size;
		if (first)
			cni_buffer_puts(&watch->json, "null");
		return first;
	}
	seen = look_at_files(watch, serve, &database);
	if (seen == watch->seen && watch->json.size)
		return false;
	CLEANUP(cni_buffer_done) cni_buffer old = watch->json;
	watch->json = (cni_buffer){0};
	find(watch, serve);
	/* taken again: looking opens the database, which can touch its log */
	watch->seen = look_at_files(watch, serve, &database);
	watch->database = database;
	*ret_replaced = before && before != database; /* or it is gone */
	return !cni_equal(cni_buffer_text(&old), cni_buffer_text(&watch->json));
}

void cni_drift_done(cni_drift_watch *watch)
{
	cni_buffer_done(&watch->json);
	cni_buffer_done(&watch->text);
}
