/* db_run.c - `db upgrade`, `db downgrade`, `db stamp`: what changes a database. */
#include <string.h>

#include "base/buffer.h"
#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "base/try.h"
#include "manage/call.h"
#include "manage/db_migrator.h"

typedef struct ran_list { /* for --json */
	cn_call *call;
	const char **ids;
	size_t count;
} ran_list;

static void note_ran(const cni_revision *revision, bool down, bool done, void *ctx)
{
	ran_list *ran = ctx;
	const char *before = !done ? "done by another process: " : down ? "undone  " : "applied ";
	cni_print_revision(ran->call, before, revision->id, revision->message);
	const char *id = done ? cni_strdup(cni_call_arena(ran->call), revision->id) : NULL;
	if (id)
		(void)!CNI_PUSH(cni_call_arena(ran->call), ran->ids, ran->count, id);
}

static cn_status print_ran(cn_call *call, const ran_list *ran, bool down, cn_error *err)
{
	CLEANUP(cni_buffer_done) cni_buffer out = {0};
	cni_json json = {.out = &out, .pretty = true};
	cni_json_object(&json, NULL);
	cni_json_array(&json, down ? "undone" : "applied");
	for (size_t i = 0; i < ran->count; i++)
		cni_json_text(&json, NULL, ran->ids[i]);
	cni_json_end(&json);
	cni_json_end(&json);
	if (out.failed)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	cn_print(call, "%s", cni_buffer_text(&out));
	return CN_OK;
}

/* --dry-run: which revisions, --sql: the script; neither touches the database. */
static cn_status preview(
	cn_call *call, cn_migrator *migrator, bool down, const char *name, cn_error *err)
{
	if (cn_call_flag(call, "sql")) {
		const char *sql;
		TRY(cn_migrator_script(migrator, down, name, &sql, err));
		cn_write(call, sql, strlen(sql));
		return CN_OK;
	}
	cni_route route;
	TRY(cni_migrator_route(migrator, down, name, &route, err));
	for (size_t i = 0; i < route.count; i++)
		cni_print_revision(call, down ? "would undo  " : "would apply ", route.list[i]->id,
			route.list[i]->message);
	if (!route.count)
		cn_note(call, "nothing to do");
	return CN_OK;
}

/* What a downgrade takes with it is asked about where somebody sits; a script has said what it
 * wants. */
static cn_status confirm_losses(
	cn_call *call, cn_migrator *migrator, const char *name, cn_error *err)
{
	cni_route route;
	size_t warnings = 0;
	bool yes;
	TRY(cni_migrator_route(migrator, true, name, &route, err));
	for (size_t i = 0; i < route.count; i++) {
		const cni_section *section = cni_revision_section(route.list[i], migrator->engine);
		for (size_t w = 0; section && w < section->downgrade.warning_count; w++, warnings++)
			cn_warn(call, "%s: %s", route.list[i]->id, section->downgrade.warnings[w]);
	}
	if (!warnings || cn_call_flag(call, "yes") || !cn_call_terminal(call) || cn_call_json(call))
		return CN_OK;
	TRY(cn_ask_yes(call, "Downgrade all the same?", false, &yes, err));
	return yes ? CN_OK : cn_fail(err, CN_ECANCELED, "nothing was changed");
}

/* "A:B" is for a script, and for a database that is somewhere else. */
static cn_status check_range(cn_call *call, const char *name, bool *ret_range, cn_error *err)
{
	*ret_range = name && strchr(name, ':');
	if (*ret_range && !cn_call_flag(call, "sql"))
		return cn_usage(call, err, "a range (%s) goes with --sql only", name);
	return CN_OK;
}

/* Typed: it counts from where the user stands. */
static cn_status set_backup(cn_call *call, cn_migrator *migrator, cn_error *err)
{
	cni_arena *arena = cni_call_arena(call);
	const char *folder = cn_call_text(call, "backup");
	if (!folder)
		return CN_OK;
	const char *here = cni_path_current(arena);
	migrator->backup_folder = here ? cni_path_absolute(arena, folder, here) : NULL;
	if (!migrator->backup_folder)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	if (!cni_dir_exists(migrator->backup_folder))
		return cn_usage(call, err, "option --backup: there is no folder \"%s\"", folder);
	return CN_OK;
}

static cn_status run(cn_call *call, bool down, cn_error *err)
{
	CLEANUP(cni_migrator_freep) cn_migrator *migrator = NULL;
	const char *name = cn_call_text(call, "revision");
	ran_list ran = {.call = call};
	bool range;
	TRY(check_range(call, name, &range, err));
	TRY(cni_call_migrator(call, !range, &migrator, err));
	TRY(cn_migrator_set_tag(migrator, cn_call_text(call, "tag"), err));
	if (cn_call_flag(call, "sql") || cn_call_flag(call, "dry-run"))
		return preview(call, migrator, down, name, err);
	TRY(set_backup(call, migrator, err));
	if (down)
		TRY(confirm_losses(call, migrator, name, err));
	cni_migrator_set_allow_drift(migrator, cn_call_flag(call, "allow-drift"));
	cni_migrator_set_ran(migrator, note_ran, &ran);
	TRY(down ? cn_migrator_downgrade(migrator, name, NULL, err)
		 : cn_migrator_upgrade(migrator, name, NULL, err));
	if (cn_call_json(call))
		return print_ran(call, &ran, down, err);
	if (!ran.count)
		cn_note(call, "nothing to do: %s", migrator->uri.text);
	return CN_OK;
}

int cni_db_upgrade(cn_call *call, cn_error *err) { return run(call, false, err); }

int cni_db_downgrade(cn_call *call, cn_error *err) { return run(call, true, err); }

static cn_status print_stamped(cn_call *call, cn_migrator *migrator, cn_error *err)
{
	CLEANUP(cni_buffer_done) cni_buffer out = {0};
	cni_json json = {.out = &out, .pretty = true};
	cn_migration_state state;
	TRY(cn_migrator_state(migrator, &state, err));
	cni_json_object(&json, NULL);
	cni_json_array(&json, "revisions");
	for (size_t i = 0; i < state.current_count; i++)
		cni_json_text(&json, NULL, state.current[i]);
	cni_json_end(&json);
	cni_json_end(&json);
	if (out.failed)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	if (cn_call_json(call)) {
		cn_print(call, "%s", cni_buffer_text(&out));
		return CN_OK;
	}
	for (size_t i = 0; i < state.current_count; i++)
		cn_note(call, "stamped %s as %s", migrator->uri.text, state.current[i]);
	if (!state.current_count)
		cn_note(call, "stamped %s as base", migrator->uri.text);
	return CN_OK;
}

int cni_db_stamp(cn_call *call, cn_error *err)
{
	CLEANUP(cni_migrator_freep) cn_migrator *migrator = NULL;
	size_t count;
	const char *const *names = cn_call_list(call, "revision", &count);
	TRY(cni_call_migrator(call, true, &migrator, err));
	TRY(cn_migrator_set_tag(migrator, cn_call_text(call, "tag"), err));
	TRY(cn_migrator_stamp_all(
		migrator, count ? names : NULL, cn_call_flag(call, "purge"), err));
	return print_stamped(call, migrator, err);
}
