/* squash.c - a run of revisions becomes one that does the same. */
#include "migrate/migrator/squash.h"

#include <string.h>

#include "base/text.h"
#include "base/try.h"
#include "migrate/migrator/migrator_new.h"

static cn_status no_memory(cn_error *err) { return cn_fail(err, CN_ENOMEM, "out of memory"); }

/* ---- what it says of itself ---- */

static bool has_text(const char **list, size_t count, const char *text)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(list[i], text) == 0)
			return true;
	return false;
}

static bool in_run(const cni_squash *squash, const char *id)
{
	for (size_t i = 0; i < squash->run_count; i++)
		if (strcmp(squash->run[i]->id, id) == 0)
			return true;
	return false;
}

static cn_status add_text(
	cni_arena *arena, const char ***list, size_t *count, const char *text, cn_error *err)
{
	/* a list of pointers is meant: NOLINTNEXTLINE(bugprone-sizeof-expression) */
	if (!has_text(*list, *count, text) && !CNI_PUSH(arena, *list, *count, text))
		return no_memory(err);
	return CN_OK;
}

/* Labels and dependences of all of them; what they depend on among themselves is kept by order. */
static cn_status inherit(cni_squash *squash, cni_revision *made, cn_error *err)
{
	for (size_t i = 0; i < squash->run_count; i++) {
		const cni_revision *old = squash->run[i];
		for (size_t l = 0; l < old->label_count; l++)
			TRY(add_text(squash->arena, &made->labels, &made->label_count,
				old->labels[l], err));
		for (size_t d = 0; d < old->depend_count; d++)
			if (!in_run(squash, old->depends[d]))
				TRY(add_text(squash->arena, &made->depends, &made->depend_count,
					old->depends[d], err));
	}
	return CN_OK;
}

/* The ids, with those that were squashed into one of them before it; and, as another list each,
 * what the last one was squashed from: a database may still be called by that. */
static cn_status replace(cni_squash *squash, cni_revision *made, cn_error *err)
{
	cni_arena *arena = squash->arena;
	cni_replaced all = {0};
	const cni_revision *last = squash->run[squash->run_count - 1];
	for (size_t i = 0; i < squash->run_count; i++) {
		const cni_revision *old = squash->run[i];
		for (size_t l = 0; l < old->replaced_count; l++)
			for (size_t j = 0; j < old->replaced[l].count; j++)
				TRY(add_text(
					arena, &all.ids, &all.count, old->replaced[l].ids[j], err));
		TRY(add_text(arena, &all.ids, &all.count, old->id, err));
	}
	if (!CNI_PUSH(arena, made->replaced, made->replaced_count, all))
		return no_memory(err);
	for (size_t l = 0; l < last->replaced_count; l++)
		if (!CNI_PUSH(arena, made->replaced, made->replaced_count, last->replaced[l]))
			return no_memory(err);
	return CN_OK;
}

static cn_status begin(cni_squash *squash, cni_revision *made, cn_error *err)
{
	const cni_revision *first = squash->run[0], *last = squash->run[squash->run_count - 1];
	cni_new_revision wanted = {.message = squash->desc->message,
		.id = squash->desc->revision_id,
		.parents = first->parents,
		.parent_count = first->parent_count};
	if (!wanted.message)
		wanted.message = cni_printf(squash->arena, "squashed: %s to %s",
			*first->message ? first->message : first->id,
			*last->message ? last->message : last->id);
	if (!wanted.message)
		return no_memory(err);
	TRY(cni_revision_begin(&squash->folder, squash->arena, &wanted, made, err));
	TRY(inherit(squash, made, err));
	return replace(squash, made, err);
}

/* ---- what it does ---- */

static cn_status append(cni_squash *squash, cni_plan *to, const cni_plan *from, cn_error *err)
{
	for (size_t i = 0; i < from->step_count; i++)
		if (!CNI_PUSH(squash->arena, to->steps, to->step_count, from->steps[i]))
			return no_memory(err);
	for (size_t i = 0; i < from->warning_count; i++)
		TRY(add_text(
			squash->arena, &to->warnings, &to->warning_count, from->warnings[i], err));
	return CN_OK;
}

/* Every statement, the way back in the other direction. Which rows are kept cannot be said for the
 * whole: statements that move rows may stand in between. */
static cn_status concatenate(
	cni_squash *squash, const char *engine, cni_section *ret, cn_error *err)
{
	cni_section section = {.engine = engine, .has_upgrade = true, .has_downgrade = true};
	for (size_t i = 0; i < squash->run_count; i++) {
		const cni_section *up = cni_revision_section(squash->run[i], engine);
		const cni_section *down =
			cni_revision_section(squash->run[squash->run_count - 1 - i], engine);
		section.has_upgrade &= up && up->has_upgrade;
		section.has_downgrade &= down && down->has_downgrade;
		if (up)
			TRY(append(squash, &section.upgrade, &up->upgrade, err));
		if (down)
			TRY(append(squash, &section.downgrade, &down->downgrade, err));
	}
	if (!section.has_downgrade)
		section.downgrade = (cni_plan){0};
	*ret = section;
	return CN_OK;
}

static cn_status plan_anew(cni_squash *squash, cni_section *ret, cn_error *err)
{
	cni_change_set set;
	const cni_change_input input = {.from = squash->before,
		.to = squash->after,
		.answers = &squash->answers,
		.every_drop_asked = true};
	if (squash->desc->answers)
		TRY(cni_answers_add_text(&squash->answers, squash->desc->answers, "answers", err));
	TRY(cni_squash_answers(squash, err));
	TRY(cni_change_make(squash->arena, &input, &set, err));
	if (set.question_count)
		return cni_change_ask(&set, err);
	bool undoable = true;
	for (size_t i = 0; i < squash->run_count; i++) {
		const cni_section *section =
			cni_revision_section(squash->run[i], squash->migrator->engine);
		undoable &= section && section->has_downgrade;
	}
	*ret = (cni_section){.engine = squash->migrator->engine,
		.upgrade = set.up,
		.downgrade = set.down,
		.has_upgrade = true,
		.has_downgrade = undoable};
	return CN_OK;
}

static cn_status record_answers(cni_squash *squash, cni_revision *made, cn_error *err)
{
	CLEANUP(cni_buffer_done) cni_buffer line = {0};
	for (size_t i = 0; i < squash->answers.count; i++) {
		if (!squash->answers.list[i].used)
			continue;
		cni_buffer_clear(&line);
		cni_answer_write(&line, &squash->answers.list[i]);
		const char *answer = cni_buffer_dup(&line, squash->arena);
		if (!answer)
			return no_memory(err);
		TRY(add_text(squash->arena, &made->answers, &made->answer_count, answer, err));
	}
	return CN_OK;
}

/* Other engines' sections, which cannot be tried here, are kept statement by statement. */
static cn_status add_sections(cni_squash *squash, cni_revision *made, cn_error *err)
{
	const char *engine = squash->migrator->engine;
	cni_section section;
	TRY(squash->desc->concatenate ? concatenate(squash, engine, &section, err)
				      : plan_anew(squash, &section, err));
	if (!CNI_PUSH(squash->arena, made->sections, made->section_count, section))
		return no_memory(err);
	for (size_t i = 0; i < squash->run_count; i++) {
		const cni_revision *old = squash->run[i];
		for (size_t s = 0; s < old->section_count; s++) {
			if (cni_revision_section(made, old->sections[s].engine))
				continue;
			TRY(concatenate(squash, old->sections[s].engine, &section, err));
			if (!CNI_PUSH(squash->arena, made->sections, made->section_count, section))
				return no_memory(err);
		}
	}
	return record_answers(squash, made, err);
}

/* ---- does it hold ---- */

static cn_status prove(cni_squash *squash, cn_error *err)
{
	CLEANUP(cni_conn_closep) cni_conn *conn = NULL;
	const cni_revision *revision = &squash->revision;
	TRY(cni_folder_replay_set(&squash->folder, &squash->migrator->home, squash->before_set,
		squash->arena, NULL, &conn, err));
	TRY(cni_revision_execute(conn, revision, false, squash->after, err));
	if (revision->sections[0].has_downgrade) {
		TRY(cni_revision_execute(conn, revision, true, squash->before, err));
		TRY(cni_revision_execute(conn, revision, false, squash->after, err));
	}
	return squash->desc->concatenate || squash->desc->drop_data_steps
		       ? CN_OK
		       : cni_squash_try_rows(squash, err);
}

/* The text of the one revision, read back as every run will read it. */
static cn_status compose(cni_squash *squash, cn_error *err)
{
	CLEANUP(cni_buffer_done) cni_buffer out = {0};
	cni_revision made;
	TRY(begin(squash, &made, err));
	TRY(add_sections(squash, &made, err));
	cni_revision_write(&out, &made);
	squash->text = cni_buffer_dup(&out, squash->arena);
	TRY(cni_revision_place(&squash->folder, squash->arena, &made, &squash->path, err));
	if (!squash->text)
		return no_memory(err);
	return cni_revision_parse(squash->arena, squash->path, squash->text, strlen(squash->text),
		&squash->revision, err);
}

static cn_status squash_run(cni_squash *squash, cn_squashed *ret, cn_error *err)
{
	const cn_squash_desc *desc = squash->desc;
	TRY(cni_squash_find(squash, err));
	if (!desc->concatenate && !desc->drop_data_steps)
		TRY(cni_squash_data_steps(squash, err));
	TRY(compose(squash, err));
	if (prove(squash, err) < 0)
		return cn_error_wrap(err, "the revisions cannot be squashed");
	cn_squashed result = {.id = squash->revision.id,
		.text = squash->text,
		.count = squash->run_count,
		.concatenated = desc->concatenate,
		.tried_on_rows = squash->tried_on_rows};
	if (!desc->dry_run) {
		TRY(cni_squash_write(squash, &result.archive, err));
		result.path = squash->path;
	}
	*ret = result;
	return CN_OK;
}

cn_status cn_migrator_squash(
	cn_migrator *migrator, const cn_squash_desc *desc, cn_squashed *ret, cn_error *err)
{
	cni_migrator_begin(migrator);
	cni_squash squash = {.migrator = migrator,
		.arena = &migrator->result,
		.desc = desc,
		.answers = {.arena = &migrator->result}};
	if (desc->concatenate && desc->drop_data_steps)
		return cn_fail(err, CN_EARG,
			"statements that move rows are either kept or left out, not both");
	TRY(cni_migrator_on_disk(migrator, err));
	TRY(cni_migrator_folder(migrator, squash.arena, &squash.folder, err));
	if (!desc->dry_run)
		TRY(cni_squash_sweep(&squash, err));
	return squash_run(&squash, ret, err);
}
