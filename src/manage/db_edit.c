/* db_edit.c - `db edit`: a revision's file in the editor, and what comes of it. */
#include <string.h>

#include "base/file.h"
#include "base/try.h"
#include "manage/call.h"
#include "manage/db_migrator.h"
#include "manage/editor.h"

typedef struct edited { /* the revision, before */
	const char *id, *path;
	char *text;
	size_t size;
	bool applied;
	const char *applied_at;
} edited;

static const cn_migration *find(const cn_migration_state *state, const char *id)
{
	for (size_t i = 0; i < state->count; i++)
		if (strcmp(state->list[i].id, id) == 0)
			return &state->list[i];
	return NULL;
}

static cn_status find_edited(cn_call *call, cn_migrator *migrator, edited *ret, cn_error *err)
{
	cni_arena *arena = cni_call_arena(call);
	const char *name = cn_call_text(call, "revision");
	const cni_revision *revision;
	cn_migration_state state;
	TRY(cni_migrator_find(migrator, name ? name : "head", &revision, err));
	if (!revision)
		return cn_fail(err, CN_ENOTFOUND, "there is nothing to edit: %s is no revision",
			name ? name : "the head");
	*ret = (edited){
		.id = cni_strdup(arena, revision->id), .path = cni_strdup(arena, revision->path)};
	if (!ret->id || !ret->path)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	TRY(cn_migrator_state(migrator, &state, err));
	const cn_migration *row = find(&state, ret->id);
	ret->applied = row && row->applied;
	ret->applied_at = ret->applied ? cni_strdup(arena, row->applied_at) : NULL;
	return cni_file_read(arena, ret->path, CNI_REVISION_MAX_BYTES, &ret->text, &ret->size, err);
}

/* An applied revision is history: other databases have run what stands there now. */
static cn_status check_applied(cn_call *call, const edited *file, cn_error *err)
{
	bool yes = false;
	if (!file->applied || cn_call_flag(call, "force"))
		return CN_OK;
	if (cn_call_terminal(call)) {
		cn_warn(call,
			"revision %s is applied already (%s): every database that has it keeps what the "
			"old text made",
			file->id, file->applied_at);
		TRY(cn_ask_yes(call, "Edit it all the same?", false, &yes, err));
	}
	if (yes)
		return CN_OK;
	cn_error_set(err, CN_ECONFLICT,
		"revision \"%s\" is applied already: an edit comes too late", file->id);
	cn_error_detail(err, "applied on %s", file->applied_at);
	cn_error_hint(err,
		"make a new revision (%s db migrate, %s db revision); or, when the edit changes nothing "
		"of what it does, --force",
		cni_call_program(call), cni_call_program(call));
	return CN_ECONFLICT;
}

static cn_status is_changed(cn_call *call, const edited *file, bool *ret, cn_error *err)
{
	char *text;
	size_t size;
	TRY(cni_file_read(
		cni_call_arena(call), file->path, CNI_REVISION_MAX_BYTES, &text, &size, err));
	*ret = size != file->size || memcmp(text, file->text, size) != 0;
	return CN_OK;
}

/* The first line must go on saying which revision it is. */
static cn_status accept(cn_migrator *migrator, const edited *file, cn_error *err)
{
	cn_status status = cn_migrator_accept(migrator, file->id, true, NULL, err);
	if (status == CN_ENOTFOUND)
		cn_error_hint(
			err, "the file's first line must be: -- cantil: revision %s", file->id);
	return status;
}

/* In the editor again and again, until it holds or the user has had enough: the text is never
 * thrown away. */
static cn_status edit(cn_call *call, cn_migrator *migrator, const edited *file, cn_error *err)
{
	for (;;) {
		bool changed, again = false;
		cn_error why = {0};
		TRY(cni_editor_run(call, file->path, err));
		TRY(is_changed(call, file, &changed, err));
		cn_status status = accept(migrator, file, &why);
		if (status >= 0) {
			cn_note(call,
				changed ? "%s holds; its checksum is noted" : "%s is as it was",
				file->path);
			return CN_OK;
		}
		if (cn_call_terminal(call)) {
			cn_warn(call, "%s", why.message);
			if (why.detail[0])
				cn_warn(call, "%s", why.detail);
			TRY(cn_ask_yes(call, "Edit it again?", true, &again, err));
		}
		if (again)
			continue;
		if (!why.hint[0])
			cn_error_hint(&why, "the file is as you left it: \"%s db edit %s\" goes on",
				cni_call_program(call), file->id);
		if (err)
			*err = why;
		return status;
	}
}

static cn_status accept_only(cn_call *call, cn_migrator *migrator, cn_error *err)
{
	size_t count;
	TRY(cn_migrator_accept(migrator, cn_call_text(call, "revision"),
		cn_call_flag(call, "force"), &count, err));
	cn_note(call,
		count ? "the revisions hold; %zu checksum%s noted in %s"
		      : "the revisions hold; %zu checksum%s to be noted in %s",
		count, count == 1 ? "" : "s", migrator->folder);
	return CN_OK;
}

int cni_db_edit(cn_call *call, cn_error *err)
{
	CLEANUP(cni_migrator_freep) cn_migrator *migrator = NULL;
	edited file;
	TRY(cni_call_migrator(call, false, &migrator, err));
	TRY(cni_migrator_on_disk(migrator, err));
	if (cn_call_flag(call, "accept"))
		return accept_only(call, migrator, err);
	TRY(find_edited(call, migrator, &file, err));
	TRY(check_applied(call, &file, err));
	return edit(call, migrator, &file, err);
}
