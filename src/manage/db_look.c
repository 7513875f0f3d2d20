/* db_look.c - `db current`, `db history`, `db heads`, `db show`, `db verify`: looking, changing
 * nothing. */
#include <string.h>

#include "base/buffer.h"
#include "base/file.h"
#include "base/json.h"
#include "base/try.h"
#include "manage/call.h"
#include "manage/db_migrator.h"

static cn_status print_json(cn_call *call, const cni_buffer *out, cn_error *err)
{
	if (out->failed)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	cn_print(call, "%s", cni_buffer_text(out));
	return CN_OK;
}

static void json_ids(cni_json *json, const char *name, const char *const *ids, size_t count)
{
	cni_json_array(json, name);
	for (size_t i = 0; i < count; i++)
		cni_json_text(json, NULL, ids[i]);
	cni_json_end(json);
}

static const cn_migration *find(const cn_migration_state *state, const char *id)
{
	for (size_t i = 0; i < state->count; i++)
		if (strcmp(state->list[i].id, id) == 0)
			return &state->list[i];
	return NULL;
}

/* ---- current ---- */

static cn_status current_json(cn_call *call, const cn_migration_state *state, cn_error *err)
{
	CLEANUP(cni_buffer_done) cni_buffer out = {0};
	cni_json json = {.out = &out, .pretty = true};
	cni_json_object(&json, NULL);
	cni_json_text(&json, "database", state->path ? state->path : state->uri);
	cni_json_text(&json, "uri", state->uri);
	cni_json_bool(&json, "exists", state->exists);
	cni_json_text(&json, "database_id", state->database_id);
	cni_json_text(&json, "migrations", state->folder);
	/* one name where there is one: what nearly every script wants */
	cni_json_text(&json, "revision", state->current_count == 1 ? state->current[0] : NULL);
	json_ids(&json, "revisions", state->current, state->current_count);
	json_ids(&json, "heads", state->heads, state->head_count);
	json_ids(&json, "unknown", state->unknown, state->unknown_count);
	cni_json_int(&json, "pending", (int64_t)state->pending_count);
	cni_json_end(&json);
	return print_json(call, &out, err);
}

static void current_text(cn_call *call, const cn_migration_state *state)
{
	cn_print(call, "database   %s%s", state->path ? state->path : state->uri,
		state->exists ? "" : " (not there yet)");
	for (size_t i = 0; i < state->current_count; i++) {
		const cn_migration *at = find(state, state->current[i]);
		cn_print(call, "revision   %s%s%s%s", at->id, at->head ? " (head)" : "",
			*at->message ? "  " : "", at->message);
		if (cn_call_verbose(call))
			cn_print(call, "applied    %s%s", at->applied_at,
				at->duration_us < 0 ? " (stamped)" : "");
	}
	if (!state->current_count)
		cn_print(call, "revision   none");
	for (size_t i = 0; i < state->unknown_count; i++)
		cn_warn(call, "the database has revision %s, which is not in %s", state->unknown[i],
			state->folder);
	if (cn_call_verbose(call)) {
		cn_print(call, "id         %s",
			state->database_id ? state->database_id : "none yet");
		cn_print(call, "migrations %s", state->folder);
	}
	if (state->pending_count)
		cn_print(call, "pending    %zu: %s db upgrade", state->pending_count,
			cni_call_program(call));
}

int cni_db_current(cn_call *call, cn_error *err)
{
	CLEANUP(cni_migrator_freep) cn_migrator *migrator = NULL;
	cn_migration_state state;
	TRY(cni_call_migrator(call, true, &migrator, err));
	TRY(cn_migrator_state(migrator, &state, err));
	if (cn_call_json(call))
		return current_json(call, &state, err);
	current_text(call, &state);
	return CN_OK;
}

/* ---- history, heads ---- */

static void json_migration(cni_json *json, const cn_migration *row)
{
	cni_json_object(json, NULL);
	cni_json_text(json, "revision", row->id);
	json_ids(json, "parents", row->parents, row->parent_count);
	cni_json_text(json, "message", row->message);
	cni_json_text(json, "created", row->created);
	cni_json_text(json, "path", row->path);
	cni_json_bool(json, "head", row->head);
	cni_json_bool(json, "applied", row->applied);
	cni_json_bool(json, "edited", row->edited);
	cni_json_text(json, "applied_at", row->applied_at);
	if (row->duration_us >= 0)
		cni_json_int(json, "duration_us", row->duration_us);
	cni_json_end(json);
}

static void print_migration(cn_call *call, const cn_migration *row)
{
	cn_print(call, "%s %s%s%s%s%s%s%s", row->applied ? "*" : " ",
		cn_color(call, CN_STYLE_YELLOW), row->id, cn_color(call, CN_STYLE_NONE),
		row->head ? " (head)" : "", row->edited ? " (edited after it was applied)" : "",
		*row->message ? "  " : "", row->message);
	if (!cn_call_verbose(call))
		return;
	for (size_t i = 0; i < row->parent_count; i++)
		cn_print(call, "    follows %s", row->parents[i]);
	if (*row->created)
		cn_print(call, "    created %s", row->created);
	if (row->applied)
		cn_print(call, "    applied %s%s", row->applied_at,
			row->duration_us < 0 ? " (stamped)" : "");
	cn_print(call, "    %s", row->path);
}

/* The newest first; heads only, or all. A project without a database has a history, too. */
static cn_status list(cn_call *call, bool heads, cn_error *err)
{
	CLEANUP(cni_migrator_freep) cn_migrator *migrator = NULL;
	CLEANUP(cni_buffer_done) cni_buffer out = {0};
	cni_json json = {.out = &out, .pretty = true};
	cn_migration_state state;
	TRY(cni_call_migrator(call, false, &migrator, err));
	TRY(cn_migrator_state(migrator, &state, err));
	cni_json_array(&json, NULL);
	for (size_t i = state.count; i-- > 0;) {
		if (heads && !state.list[i].head)
			continue;
		if (cn_call_json(call))
			json_migration(&json, &state.list[i]);
		else
			print_migration(call, &state.list[i]);
	}
	cni_json_end(&json);
	if (cn_call_json(call))
		return print_json(call, &out, err);
	if (!state.count)
		cn_note(call, "there are no revisions yet: %s db migrate -m \"first\"",
			cni_call_program(call));
	return CN_OK;
}

int cni_db_history(cn_call *call, cn_error *err) { return list(call, false, err); }

int cni_db_heads(cn_call *call, cn_error *err) { return list(call, true, err); }

/* ---- show, verify ---- */

int cni_db_show(cn_call *call, cn_error *err)
{
	CLEANUP(cni_migrator_freep) cn_migrator *migrator = NULL;
	const cni_revision *revision;
	const char *name = cn_call_text(call, "revision");
	char *text;
	size_t size;
	TRY(cni_call_migrator(call, false, &migrator, err));
	TRY(cni_migrator_find(migrator, name ? name : "head", &revision, err));
	if (!revision)
		return cn_fail(err, CN_ENOTFOUND, "there is nothing to show: %s is no revision",
			name ? "base" : "the head");
	cn_note(call, "%s", revision->path);
	TRY(cni_file_read(
		cni_call_arena(call), revision->path, CNI_REVISION_MAX_BYTES, &text, &size, err));
	cn_write(call, text, size);
	return CN_OK;
}

int cni_db_verify(cn_call *call, cn_error *err)
{
	CLEANUP(cni_migrator_freep) cn_migrator *migrator = NULL;
	TRY(cni_call_migrator(call, false, &migrator, err));
	TRY(cn_migrator_verify(migrator, err));
	cn_note(call, "the migrations hold: forward, backward and forward again%s",
		cni_migrator_has_database(migrator) ? ", on a copy of the database too" : "");
	return CN_OK;
}
