/* migrator_look.c - where a database stands, and whether the schema wanted has moved on. Changes
 * nothing. */
#include <string.h>

#include "base/text.h"
#include "base/try.h"
#include "migrate/migrator/migrator.h"
#include "migrate/revision/replaced.h"

/* ---- state ---- */

static void fill_migration(
	cn_migration *row, const cni_revision *revision, const cni_version *version)
{
	const cni_applied *applied = cni_version_find(version, revision->id);
	*row = (cn_migration){
		.id = revision->id,
		.message = revision->message,
		.created = revision->created,
		.path = revision->path,
		.parents = revision->parents,
		.parent_count = revision->parent_count,
		.depends = revision->depends,
		.depend_count = revision->depend_count,
		.head = revision->head,
		.applied = applied != NULL,
		.edited = applied && strcmp(applied->checksum, revision->checksum) != 0,
		.applied_at = applied ? applied->applied_at : NULL,
		.duration_us = applied ? applied->duration_us : -1,
		.tag = applied ? applied->tag : NULL,
	};
}

static bool fill_children(cni_arena *arena, const cni_folder *folder, cn_migration *list)
{
	CLEANUP(cni_arena_done) cni_arena scratch = {0};
	cni_children children;
	if (!cni_folder_children(folder, &scratch, &children))
		return false;
	for (size_t i = 0; i < folder->revision_count; i++) {
		size_t count = children.first[i + 1] - children.first[i];
		const char **names = cni_alloc(arena, (count + 1) * sizeof *names);
		for (size_t c = 0; names && c < count; c++)
			names[c] = folder->revisions[children.list[children.first[i] + c]].id;
		list[i].children = names;
		list[i].child_count = count;
	}
	return !arena->failed;
}

/* One label after the other: a folder has few. */
static bool fill_labels(cni_arena *arena, const cni_folder *folder, cn_migration *list)
{
	CLEANUP(cni_arena_done) cni_arena scratch = {0};
	const char ***names =
		cni_alloc(&scratch, (folder->revision_count + 1) * sizeof(const char **));
	for (size_t k = 0; names && k < folder->label_count; k++) {
		CLEANUP(cni_arena_done) cni_arena round = {0};
		const char *label = folder->labels[k].name;
		const bool *set = cni_folder_labelled(folder, &round, k);
		if (!set)
			return false;
		for (size_t i = 0; i < folder->revision_count; i++) {
			/* a list of pointers: NOLINTNEXTLINE(bugprone-sizeof-expression) */
			if (set[i] && !CNI_PUSH(arena, names[i], list[i].label_count, label))
				return false;
			list[i].labels = names[i];
		}
	}
	return names != NULL;
}

/* What the database is at: what is applied, and has no applied revision behind it. */
static bool fill_current(cni_arena *arena, const cni_folder *folder, const cni_version *version,
	const char **current, size_t *ret_count)
{
	bool *followed = cni_alloc(arena, folder->revision_count + 1);
	size_t count = 0;
	for (size_t i = 0; followed && i < folder->revision_count; i++) {
		const cni_revision *revision = &folder->revisions[i];
		for (size_t p = 0;
			cni_version_find(version, revision->id) && p < revision->parent_count; p++)
			followed[revision->parent_at[p]] = true;
	}
	for (size_t i = 0; followed && i < version->count; i++) {
		const cni_revision *revision = cni_folder_get(folder, version->list[i].revision);
		if (revision && !followed[revision - folder->revisions])
			current[count++] = revision->id;
	}
	*ret_count = count;
	return followed != NULL;
}

static cn_status fill_state(cn_migrator *migrator, const cni_folder *folder,
	const cni_version *version, cn_migration_state *state, cn_error *err)
{
	cni_arena *arena = &migrator->result;
	cn_migration *list = cni_alloc(arena, (folder->revision_count + 1) * sizeof *list);
	const char **heads = cni_alloc(arena, (folder->revision_count + 1) * sizeof *heads);
	const char **current = cni_alloc(arena, (version->count + 1) * sizeof *current);
	const char **unknown = cni_alloc(arena, (version->count + 1) * sizeof *unknown);
	if (!list || !heads || !current || !unknown ||
		!fill_current(arena, folder, version, current, &state->current_count) ||
		arena->failed)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	for (size_t i = 0; i < folder->revision_count; i++) {
		fill_migration(&list[i], &folder->revisions[i], version);
		state->pending_count += !list[i].applied;
		if (list[i].head)
			heads[state->head_count++] = list[i].id;
	}
	state->unfinished = version->unfinished.revision;
	state->unfinished_down = version->unfinished.down;
	state->unfinished_done = version->unfinished.done;
	state->unfinished_steps = version->unfinished.count;
	for (size_t i = 0; i < state->current_count; i++)
		list[cni_folder_get(folder, current[i]) - folder->revisions].current = true;
	if (!fill_children(arena, folder, list) || !fill_labels(arena, folder, list))
		return cn_fail(err, CN_ENOMEM, "out of memory");
	for (size_t i = 0; i < version->count; i++)
		if (!cni_folder_get(folder, version->list[i].revision))
			unknown[state->unknown_count++] = version->list[i].revision;
	state->list = list;
	state->count = folder->revision_count;
	state->heads = heads;
	state->current = current;
	state->unknown = unknown;
	return CN_OK;
}

cn_status cn_migrator_history(
	cn_migrator *migrator, const char *range, cn_migration_state *ret, cn_error *err)
{
	cni_folder folder;
	cni_version version = {0};
	cn_migration_state state = {.folder = migrator->folder};
	cni_migrator_begin(migrator);
	TRY(cni_migrator_graph(migrator, &migrator->result, &folder, err));
	if (migrator->desc.database_uri) {
		TRY(cni_migrator_version(migrator, &migrator->result, &version, err));
		(void)cni_version_resolve(&folder, &version);
		state.uri = migrator->uri.text;
		state.path = migrator->uri.path;
		state.exists = cni_migrator_has_database(migrator);
		state.database_id = version.database_id;
	}
	TRY(fill_state(migrator, &folder, &version, &state, err));
	if (range)
		TRY(cni_range_cut(&folder, &migrator->result, range, &state, err));
	*ret = state;
	return CN_OK;
}

cn_status cn_migrator_state(cn_migrator *migrator, cn_migration_state *ret, cn_error *err)
{
	return cn_migrator_history(migrator, NULL, ret, err);
}

cn_status cni_migrator_find(
	cn_migrator *migrator, const char *name, const cni_revision **ret, cn_error *err)
{
	cni_folder folder;
	cni_migrator_begin(migrator);
	TRY(cni_migrator_graph(migrator, &migrator->result, &folder, err));
	return cni_folder_find(&folder, name, ret, err);
}

cn_status cni_migrator_heads(cn_migrator *migrator, size_t *ret, cn_error *err)
{
	cni_folder folder;
	cni_migrator_begin(migrator);
	TRY(cni_migrator_graph(migrator, &migrator->result, &folder, err));
	*ret = cni_folder_head_count(&folder);
	return CN_OK;
}

/* ---- recorded against wanted ---- */

/* Renames that the models say; those that only a person knows are no matter here: they differ
 * either way. */
static cn_status diff_with_renames(cni_arena *arena, const cni_schema *recorded,
	const cni_schema *target, const cni_answers *answers, cni_diff *ret, cn_error *err)
{
	cni_rename *renames = cni_alloc(arena, (answers->count + 1) * sizeof *renames);
	cni_diff_options options = {.renames = renames};
	if (!renames)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	for (size_t i = 0; i < answers->count; i++) {
		const cni_answer *answer = &answers->list[i];
		bool column = answer->kind == CNI_ANSWER_RENAME_COLUMN;
		renames[options.rename_count++] =
			(cni_rename){.table = column ? answer->table : NULL,
				.from = column ? answer->column : answer->table,
				.to = answer->value};
	}
	return cni_diff_make(arena, recorded, target, &options, ret, err);
}

static cn_status diff_folder(cn_migrator *migrator, const cni_folder *folder, cni_arena *arena,
	cni_diff *ret, cn_error *err)
{
	cni_answers answers = {.arena = arena};
	cni_schema *recorded, *target;
	bool same;
	TRY(cni_migrator_is_same(migrator, folder, arena, &same, err));
	if (same) {
		*ret = (cni_diff){0};
		return CN_OK;
	}
	TRY(cni_folder_replay(folder, &migrator->home, NULL, arena, &recorded, err));
	TRY(cni_migrator_target(migrator, arena, recorded, &answers, &target, err));
	return diff_with_renames(arena, recorded, target, &answers, ret, err);
}

cn_status cni_migrator_diff(cn_migrator *migrator, cni_arena *arena, cni_diff *ret, cn_error *err)
{
	cni_folder folder;
	TRY(cni_migrator_folder(migrator, arena, &folder, err));
	return diff_folder(migrator, &folder, arena, ret, err);
}

/* ---- drift ---- */

typedef struct drift_lines {
	cni_arena *arena;
	const char **list;
	size_t count;
} drift_lines;

static bool add_lines(drift_lines *lines, const char *text)
{
	while (*text) {
		size_t size = strcspn(text, "\n");
		const char *line = cni_strndup(lines->arena, text, size);
		if (!line || (size && !CNI_PUSH(lines->arena, lines->list, lines->count, line)))
			return false;
		text += size + (text[size] != '\0');
	}
	return true;
}

/* No folder yet is not a failure here: it is the first thing to be told. */
static cn_status read_or_none(
	cn_migrator *migrator, cni_folder *folder, bool *ret_none, cn_error *err)
{
	cn_error local;
	cn_status status = cni_migrator_folder(migrator, &migrator->result, folder, &local);
	*ret_none = status == CN_ENOTFOUND;
	if (*ret_none)
		return cni_folder_link(folder, err);
	if (status < 0 && err)
		*err = local;
	return status;
}

static cn_status count_pending(
	cn_migrator *migrator, const cni_folder *folder, size_t *ret_count, cn_error *err)
{
	cni_version version;
	TRY(cni_migrator_version(migrator, &migrator->result, &version, err));
	(void)cni_version_resolve(folder, &version);
	*ret_count = 0;
	for (size_t i = 0; i < folder->revision_count; i++)
		*ret_count += !cni_version_find(&version, folder->revisions[i].id);
	return CN_OK;
}

static const char *drift_command(
	cn_migrator *migrator, const cn_drift *drift, bool init, size_t heads)
{
	const char *program = migrator->desc.program;
	if (drift->models_differ)
		return cni_printf(&migrator->result,
			"%s%s%s db migrate -m \"what changed\" && %s db upgrade",
			init ? program : "", init ? " db init && " : "", program, program);
	return drift->database_behind ? cni_printf(&migrator->result, "%s db upgrade%s", program,
						heads > 1 ? " heads" : "")
				      : NULL;
}

cn_status cn_migrator_drift(cn_migrator *migrator, cn_drift *ret, cn_error *err)
{
	cn_drift drift = {0};
	cni_folder folder = {.arena = &migrator->result};
	cni_diff diff;
	bool none;
	size_t pending = 0;
	CLEANUP(cni_buffer_done) cni_buffer text = {0};
	cni_migrator_begin(migrator);
	drift_lines lines = {.arena = &migrator->result};
	TRY(read_or_none(migrator, &folder, &none, err));
	if (migrator->target || migrator->desc.target_sql) {
		TRY(diff_folder(migrator, &folder, &migrator->result, &diff, err));
		drift.models_differ = diff.change_count > 0;
		cni_diff_describe(&text, &diff);
	}
	if (migrator->desc.database_uri)
		TRY(count_pending(migrator, &folder, &pending, err));
	drift.database_behind = pending > 0;
	if (pending)
		cni_buffer_printf(&text, "%zu revision%s not applied to the database\n", pending,
			pending == 1 ? " is" : "s are");
	if (text.failed || !add_lines(&lines, cni_buffer_text(&text)))
		return cn_fail(err, CN_ENOMEM, "out of memory");
	drift.lines = lines.list;
	drift.line_count = lines.count;
	drift.command = drift_command(migrator, &drift, none, cni_folder_head_count(&folder));
	if (migrator->result.failed)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	*ret = drift;
	return CN_OK;
}
