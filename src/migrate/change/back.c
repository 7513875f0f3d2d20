/* back.c - the plan for the way back: the same planner, all renames turned round, every decision
 * permissive. */
#include "migrate/change/proof.h"
#include "migrate/decide/decide.h"

#include "base/text.h"
#include "base/try.h"

static cn_status turn_renames(
	cni_arena *arena, const cni_plan_request *forth, cni_rename **ret, cn_error *err)
{
	cni_rename *list = cni_alloc(arena, (forth->rename_count + 1) * sizeof *list);
	if (!list)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	for (size_t i = 0; i < forth->rename_count; i++) {
		const cni_rename *rename = &forth->renames[i];
		const cni_object *table = rename->table
						  ? cni_original_table(forth->from, forth->renames,
							    forth->rename_count, rename->table)
						  : NULL;
		list[i] = (cni_rename){.table = table ? table->name : NULL,
			.from = rename->to,
			.to = rename->from};
	}
	*ret = list;
	return CN_OK;
}

static cn_status warn(cni_arena *arena, cni_plan *plan, const char *text, cn_error *err)
{
	if (!text || !CNI_PUSH(arena, plan->warnings, plan->warning_count, text))
		return cn_fail(err, CN_ENOMEM, "out of memory");
	return CN_OK;
}

/* One column of the old table: where its values come from on the way back. */
static cn_status decide_column(const cni_words *words, cni_arena *arena, cni_copy *copy,
	size_t column, cni_plan *plan, cn_error *err)
{
	const cni_ddl_table *now = &copy->from->ddl.table, *old = &copy->to->ddl.table;
	const cni_ddl_column *is = &old->columns[column];
	cni_copy_column *how = &copy->columns[column];
	bool alias = cni_table_rowid_alias(old) == (long)column;
	if (is->generated_sql)
		return CN_OK;
	bool needs = words->forbids_null(old, column);
	if (how->from < 0 || now->columns[how->from].generated_sql) {
		if (how->from < 0 && needs && !alias && !cni_column_has_default(is))
			how->fill = words->zero(old, column);
		return warn(arena, plan,
			cni_printf(arena, "data cannot come back: %s.%s", copy->to->name, is->name),
			err);
	}
	if (words->converts(copy, column)) {
		how->cast = words->casts_in_queries || old->strict || alias;
		TRY(warn(arena, plan,
			cni_printf(arena, "values stay as they were converted: %s.%s",
				copy->to->name, is->name),
			err));
	}
	if (!needs || words->forbids_null(now, (size_t)how->from))
		return CN_OK;
	how->fill = words->zero(old, column);
	return warn(arena, plan,
		cni_printf(arena, "rows that have NULL in %s.%s by then get %s", copy->to->name,
			is->name, how->fill),
		err);
}

static cn_status warn_of_tables(
	cni_arena *arena, const cni_plan_request *back, cni_plan *plan, cn_error *err)
{
	for (size_t i = 0; i < back->to->object_count; i++) {
		const cni_object *table = &back->to->objects[i];
		if ((table->ddl.kind != CNI_DDL_TABLE && table->ddl.kind != CNI_DDL_VIRTUAL) ||
			cni_ignored(back->ignore_tables, table->name) ||
			cni_original_table(
				back->from, back->renames, back->rename_count, table->name))
			continue;
		TRY(warn(arena, plan,
			cni_printf(arena, "data cannot come back: table %s", table->name), err));
	}
	return CN_OK;
}

/* What the way forth makes has been filled by the time somebody goes back. */
static cn_status warn_of_new_columns(
	cni_arena *arena, const cni_copy *copy, cni_plan *plan, cn_error *err)
{
	const cni_ddl_table *now = &copy->from->ddl.table;
	for (size_t i = 0; i < now->column_count; i++) {
		bool stays = now->columns[i].generated_sql != NULL;
		for (size_t j = 0; !stays && j < copy->to->ddl.table.column_count; j++)
			stays = copy->columns[j].from == (long)i;
		if (!stays)
			TRY(warn(arena, plan,
				cni_printf(arena, "values are lost: %s.%s", copy->from->name,
					now->columns[i].name),
				err));
	}
	return CN_OK;
}

static cn_status warn_of_new_tables(
	cni_arena *arena, const cni_plan_request *back, cni_plan *plan, cn_error *err)
{
	for (size_t i = 0; i < back->from->object_count; i++) {
		const cni_object *table = &back->from->objects[i];
		bool stays =
			(table->ddl.kind != CNI_DDL_TABLE && table->ddl.kind != CNI_DDL_VIRTUAL) ||
			cni_ignored(back->ignore_tables, table->name);
		const char *then =
			cni_renamed_table(back->renames, back->rename_count, table->name);
		if (!stays && !cni_schema_find(back->to, CNI_DDL_TABLE, then) &&
			!cni_schema_find(back->to, CNI_DDL_VIRTUAL, then))
			TRY(warn(arena, plan,
				cni_printf(arena, "rows are lost: table %s", table->name), err));
	}
	return CN_OK;
}

cn_status cni_plan_back(
	cni_arena *arena, const cni_plan_request *forth, cni_plan *ret, cn_error *err)
{
	const cni_words *words = cni_words_of(forth->from->engine);
	cni_rename *renames;
	cni_copy *copies;
	cni_plan said = {0}, plan;
	TRY(turn_renames(arena, forth, &renames, err));
	cni_plan_request back = {.from = forth->to,
		.to = forth->from,
		.renames = renames,
		.rename_count = forth->rename_count,
		.ignore_tables = forth->ignore_tables};
	TRY(cni_copies_make(arena, back.from, back.to, renames, back.rename_count,
		back.ignore_tables, &copies, &back.copy_count, err));
	back.copies = copies;
	TRY(warn_of_tables(arena, &back, &said, err));
	TRY(warn_of_new_tables(arena, &back, &said, err));
	for (size_t i = 0; i < back.copy_count; i++) {
		TRY(warn_of_new_columns(arena, &copies[i], &said, err));
		for (size_t j = 0; j < copies[i].to->ddl.table.column_count; j++)
			TRY(decide_column(words, arena, &copies[i], j, &said, err));
	}
	if (cni_plan_make(back.from->engine, &back, arena, &plan, err) < 0)
		return cn_error_wrap(err, "no way back was found");
	plan.warnings = said.warnings;
	plan.warning_count = said.warning_count;
	*ret = plan;
	return CN_OK;
}
