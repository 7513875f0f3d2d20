/* db_look.c - `db current`, `db history`, `db heads`, `db branches`, `db show`, `db verify`:
 * looking, changing nothing. */
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
	cni_json_text(&json, "unfinished", state->unfinished);
	cni_json_int(&json, "pending", (int64_t)state->pending_count);
	cni_json_end(&json);
	return print_json(call, &out, err);
}

/* " (shop, eu)" */
static void print_labels(cni_buffer *out, const cn_migration *row)
{
	for (size_t i = 0; i < row->label_count; i++)
		cni_buffer_printf(out, "%s%s", i ? ", " : " (", row->labels[i]);
	if (row->label_count)
		cni_buffer_putc(out, ')');
}

/* "3f2a9c1e77b0 (shop) (head)  add price", coloured */
static void print_name(
	cn_call *call, const char *before, const cn_migration *row, bool mark_current)
{
	CLEANUP(cni_buffer_done) cni_buffer labels = {0};
	print_labels(&labels, row);
	cn_print(call, "%s%s%s%s%s%s%s%s%s%s", before, cn_color(call, CN_STYLE_YELLOW), row->id,
		cn_color(call, CN_STYLE_NONE), cni_buffer_text(&labels),
		mark_current && row->current ? " (current)" : "", row->head ? " (head)" : "",
		row->edited ? " (edited after it was applied)" : "", *row->message ? "  " : "",
		row->message);
}

static void current_text(cn_call *call, const cn_migration_state *state)
{
	cn_print(call, "database   %s%s", state->path ? state->path : state->uri,
		state->exists ? "" : " (not there yet)");
	for (size_t i = 0; i < state->current_count; i++) {
		const cn_migration *at = find(state, state->current[i]);
		print_name(call, "revision   ", at, false);
		if (cn_call_verbose(call))
			cn_print(call, "applied    %s%s%s%s", at->applied_at,
				at->duration_us < 0 ? " (stamped)" : "", at->tag ? ", tag " : "",
				at->tag ? at->tag : "");
	}
	if (!state->current_count)
		cn_print(call, "revision   none");
	for (size_t i = 0; i < state->unknown_count; i++)
		cn_warn(call, "the database has revision %s, which is not in %s", state->unknown[i],
			state->folder);
	if (state->unfinished)
		cn_warn(call,
			"the %s of %s is not finished, %zu of %zu steps are done: %s db %s %s",
			state->unfinished_down ? "downgrade" : "upgrade", state->unfinished,
			state->unfinished_done, state->unfinished_steps, cni_call_program(call),
			state->unfinished_down ? "downgrade" : "upgrade", state->unfinished);
	if (cn_call_verbose(call)) {
		cn_print(call, "id         %s",
			state->database_id ? state->database_id : "none yet");
		cn_print(call, "migrations %s", state->folder);
	}
	if (state->pending_count)
		cn_print(call, "pending    %zu: %s db upgrade%s", state->pending_count,
			cni_call_program(call), state->head_count > 1 ? " heads" : "");
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

/* ---- history, heads, branches ---- */

static void json_migration(cni_json *json, const cn_migration *row)
{
	cni_json_object(json, NULL);
	cni_json_text(json, "revision", row->id);
	json_ids(json, "parents", row->parents, row->parent_count);
	json_ids(json, "children", row->children, row->child_count);
	json_ids(json, "depends", row->depends, row->depend_count);
	json_ids(json, "labels", row->labels, row->label_count);
	cni_json_text(json, "message", row->message);
	cni_json_text(json, "created", row->created);
	cni_json_text(json, "path", row->path);
	cni_json_bool(json, "head", row->head);
	cni_json_bool(json, "applied", row->applied);
	cni_json_bool(json, "current", row->current);
	cni_json_bool(json, "edited", row->edited);
	cni_json_text(json, "applied_at", row->applied_at);
	cni_json_text(json, "tag", row->tag);
	if (row->duration_us >= 0)
		cni_json_int(json, "duration_us", row->duration_us);
	cni_json_end(json);
}

static void print_list(cn_call *call, const char *what, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		cn_print(call, "    %s %s", what, names[i]);
}

static void print_migration(cn_call *call, const cn_migration *row, bool mark_current)
{
	print_name(call, row->applied ? "* " : "  ", row, mark_current);
	if (!cn_call_verbose(call))
		return;
	print_list(call, row->parent_count > 1 ? "merges " : "follows", row->parents,
		row->parent_count);
	print_list(call, "depends", row->depends, row->depend_count);
	if (row->child_count > 1)
		print_list(call, "branch ", row->children, row->child_count);
	if (*row->created)
		cn_print(call, "    created %s", row->created);
	if (row->applied)
		cn_print(call, "    applied %s%s%s%s", row->applied_at,
			row->duration_us < 0 ? " (stamped)" : "", row->tag ? ", tag " : "",
			row->tag ? row->tag : "");
	cn_print(call, "    %s", row->path);
}

static bool every_one(const cn_migration *row)
{
	(void)row;
	return true;
}

static bool is_head(const cn_migration *row) { return row->head; }

/* The newest first. A project without a database has a history, too. */
static cn_status list(cn_call *call, const char *range, bool (*wanted)(const cn_migration *row),
	bool mark_current, cn_error *err)
{
	CLEANUP(cni_migrator_freep) cn_migrator *migrator = NULL;
	CLEANUP(cni_buffer_done) cni_buffer out = {0};
	cni_json json = {.out = &out, .pretty = true};
	cn_migration_state state;
	TRY(cni_call_migrator(call, mark_current, &migrator, err));
	TRY(cn_migrator_history(migrator, range, &state, err));
	cni_json_array(&json, NULL);
	for (size_t i = state.count; i-- > 0;) {
		if (!wanted(&state.list[i]))
			continue;
		if (cn_call_json(call))
			json_migration(&json, &state.list[i]);
		else
			print_migration(call, &state.list[i], mark_current);
	}
	cni_json_end(&json);
	if (cn_call_json(call))
		return print_json(call, &out, err);
	if (!state.count && range)
		cn_note(call, "there is nothing in this range");
	else if (!state.count)
		cn_note(call, "there are no revisions yet: %s db migrate -m \"first\"",
			cni_call_program(call));
	return CN_OK;
}

int cni_db_history(cn_call *call, cn_error *err)
{
	return list(call, cn_call_text(call, "rev-range"), every_one,
		cn_call_flag(call, "indicate-current"), err);
}

int cni_db_heads(cn_call *call, cn_error *err) { return list(call, NULL, is_head, false, err); }

static void print_branches(cn_call *call, const cn_migration_state *state)
{
	for (size_t i = state->count; i-- > 0;) {
		const cn_migration *row = &state->list[i];
		if (row->child_count < 2)
			continue;
		print_name(call, "", row, false);
		for (size_t c = 0; c < row->child_count; c++) {
			const cn_migration *child = find(state, row->children[c]);
			print_name(call, "  -> ", child, false);
			if (cn_call_verbose(call))
				cn_print(call, "     %s", child->path);
		}
	}
}

int cni_db_branches(cn_call *call, cn_error *err)
{
	CLEANUP(cni_migrator_freep) cn_migrator *migrator = NULL;
	CLEANUP(cni_buffer_done) cni_buffer out = {0};
	cni_json json = {.out = &out, .pretty = true};
	cn_migration_state state;
	size_t points = 0;
	TRY(cni_call_migrator(call, false, &migrator, err));
	TRY(cn_migrator_state(migrator, &state, err));
	cni_json_array(&json, NULL);
	for (size_t i = state.count; i-- > 0;) {
		points += state.list[i].child_count > 1;
		if (state.list[i].child_count > 1 && cn_call_json(call))
			json_migration(&json, &state.list[i]);
	}
	cni_json_end(&json);
	if (cn_call_json(call))
		return print_json(call, &out, err);
	print_branches(call, &state);
	if (!points)
		cn_note(call, "no revision is followed by more than one");
	return CN_OK;
}

/* ---- show, verify ---- */

/* The revisions that are shown: one, or all that the database is at, or all heads. */
static cn_status find_shown(cn_call *call, cn_migrator *migrator, const cn_migration_state *state,
	const char ***ret_ids, size_t *ret_count, cn_error *err)
{
	const char *name = cn_call_text(call, "revision");
	bool current = name && strcmp(name, "current") == 0;
	const char *const *ids = current ? state->current : state->heads;
	size_t count = current ? state->current_count : state->head_count;
	const cni_revision *revision;
	if (!current && !(name && strcmp(name, "heads") == 0)) {
		TRY(cni_migrator_find(migrator, name ? name : "head", &revision, err));
		ids = revision ? &revision->id : NULL;
		count = revision != NULL;
	}
	if (!count)
		return cn_fail(err, CN_ENOTFOUND, "there is nothing to show: %s is no revision",
			name ? name : "the head");
	const char **list = cni_alloc(cni_call_arena(call), count * sizeof *list);
	for (size_t i = 0; list && i < count; i++)
		list[i] = cni_strdup(cni_call_arena(call), ids[i]);
	*ret_ids = list;
	*ret_count = count;
	return list ? CN_OK : cn_fail(err, CN_ENOMEM, "out of memory");
}

static cn_status show_text(cn_call *call, const cn_migration *row, cn_error *err)
{
	char *text;
	size_t size;
	cn_note(call, "%s", row->path);
	TRY(cni_file_read(
		cni_call_arena(call), row->path, CNI_REVISION_MAX_BYTES, &text, &size, err));
	cn_write(call, text, size);
	return CN_OK;
}

int cni_db_show(cn_call *call, cn_error *err)
{
	CLEANUP(cni_migrator_freep) cn_migrator *migrator = NULL;
	CLEANUP(cni_buffer_done) cni_buffer out = {0};
	cni_json json = {.out = &out, .pretty = true};
	cn_migration_state state;
	const char **ids;
	size_t count;
	TRY(cni_call_migrator(call, false, &migrator, err));
	TRY(cn_migrator_state(migrator, &state, err));
	TRY(find_shown(call, migrator, &state, &ids, &count, err));
	TRY(cn_migrator_state(migrator, &state, err)); /* finding has taken the first one */
	cni_json_array(&json, NULL);
	for (size_t i = 0; i < count; i++) {
		const cn_migration *row = find(&state, ids[i]);
		if (cn_call_json(call))
			json_migration(&json, row);
		else
			TRY(show_text(call, row, err));
	}
	cni_json_end(&json);
	return cn_call_json(call) ? print_json(call, &out, err) : CN_OK;
}

int cni_db_verify(cn_call *call, cn_error *err)
{
	CLEANUP(cni_migrator_freep) cn_migrator *migrator = NULL;
	TRY(cni_call_migrator(call, false, &migrator, err));
	TRY(cn_migrator_verify(migrator, err));
	cn_note(call, "the migrations hold: forward, backward and forward again%s",
		migrator->tried_on_rows ? ", on a copy of the database too" : "");
	return CN_OK;
}
