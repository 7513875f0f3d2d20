/*
 * plan_virtual.c - a virtual table whose definition changed. Its shadow tables are the module's
 * own: nothing here touches them. The old one steps aside by RENAME, the new one is created, the
 * content is carried over through both (rowids too), the old one is dropped.
 *
 * A full text index over another table (content=…) has no content of its own: it is made anew by
 * 'rebuild', also when it is new, for the triggers that keep it would damage an index that does not
 * know a row yet. One without content (content='') cannot be read: what it holds is lost, which the
 * caller has asked about.
 */
#include "driver/sqlite/plan.h"

#include <string.h>

#include "base/text.h"
#include "base/try.h"
#include "sql/lexer.h"

/* The columns that come through, quoted, with the rowid where there is one of its own: their old
 * names and, in the same order, their new ones. */
static cn_status common_columns(cni_planner *planner, const cni_object *to, const char *aside,
	cni_buffer *old, cni_buffer *fresh, cn_error *err)
{
	CLEANUP(cni_stmt_releasep) cni_stmt *stmt = NULL;
	CLEANUP(cni_arena_done) cni_arena arena = {0};
	const cni_plan_request *request = planner->request;
	const char **names = NULL;
	size_t count = 0;
	int step;
	TRY(cni_conn_prepare(planner->scratch,
		"SELECT name FROM pragma_table_xinfo(?1) WHERE hidden = 0 ORDER BY cid", &stmt,
		err));
	TRY(cni_stmt_bind(stmt, 1, cn_text(aside), err));
	while ((step = cni_stmt_step(stmt, err)) == CNI_ROW) {
		const char *name = cni_strdup(&arena, cni_stmt_text(stmt, 0));
		if (!name || !CNI_PUSH(&arena, names, count, name))
			return cn_fail(err, CN_ENOMEM, "out of memory");
	}
	if (step < 0)
		return (cn_status)step;
	cni_stmt_reset(stmt);
	if (cni_is_full_text(&to->ddl.virtual_table)) {
		cni_buffer_puts(old, "rowid");
		cni_buffer_puts(fresh, "rowid");
	}
	TRY(cni_stmt_bind(stmt, 1, cn_text(to->name), err));
	while ((step = cni_stmt_step(stmt, err)) == CNI_ROW) {
		const char *name = cni_stmt_text(stmt, 0);
		const char *was = cni_original_column(
			request->renames, request->rename_count, to->name, name);
		for (size_t i = 0; i < count; i++) {
			if (!cni_same(names[i], was))
				continue;
			cni_buffer_puts(old, old->size ? ", " : "");
			cni_quote_name(old, was);
			cni_buffer_puts(fresh, fresh->size ? ", " : "");
			cni_quote_name(fresh, name);
		}
	}
	return step < 0 ? (cn_status)step : CN_OK;
}

static cn_status carry_over(
	cni_planner *planner, const cni_object *to, const char *aside, cn_error *err)
{
	CLEANUP(cni_buffer_done) cni_buffer old_columns = {0};
	CLEANUP(cni_buffer_done) cni_buffer columns = {0};
	TRY(common_columns(planner, to, aside, &old_columns, &columns, err));
	const char *name = cni_quoted(planner->arena, to->name),
		   *old = cni_quoted(planner->arena, aside);
	if (!name || !old || old_columns.failed || columns.failed)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	return cni_planner_runf(planner, NULL, err, "INSERT INTO %s (%s) SELECT %s FROM %s", name,
		cni_buffer_text(&columns), cni_buffer_text(&old_columns), old);
}

cn_status cni_plan_virtual(
	cni_planner *planner, const cni_object *now, const cni_object *to, cn_error *err)
{
	cni_arena *arena = planner->arena;
	bool same_kind = cni_same(now->ddl.virtual_table.module, to->ddl.virtual_table.module) ||
			 (cni_is_full_text(&now->ddl.virtual_table) &&
				 cni_is_full_text(&to->ddl.virtual_table));
	bool carry =
		same_kind &&
		cni_virtual_content_of(arena, &now->ddl.virtual_table, NULL) == CNI_CONTENT_OWN &&
		cni_virtual_content_of(arena, &to->ddl.virtual_table, NULL) == CNI_CONTENT_OWN;
	const char *aside = cni_planner_free_name(planner, to->name);
	const char *comment = cni_printf(arena, "virtual table %s changes", to->name);
	const char *name = cni_quoted(arena, now->name),
		   *aside_name = aside ? cni_quoted(arena, aside) : NULL;
	if (!aside || !comment || !name || !aside_name)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	if (carry)
		TRY(cni_planner_runf(
			planner, comment, err, "ALTER TABLE %s RENAME TO %s", name, aside_name));
	else
		TRY(cni_planner_runf(planner, comment, err, "DROP TABLE %s", name));
	TRY(cni_planner_run(planner, NULL, to->sql, err));
	if (carry) {
		TRY(carry_over(planner, to, aside, err));
		return cni_planner_runf(planner, NULL, err, "DROP TABLE %s", aside_name);
	}
	return CN_OK;
}

cn_status cni_plan_fill_index(cni_planner *planner, const cni_object *to, cn_error *err)
{
	if (cni_virtual_content_of(planner->arena, &to->ddl.virtual_table, NULL) !=
		CNI_CONTENT_OTHER)
		return CN_OK;
	const char *name = cni_quoted(planner->arena, to->name);
	const char *comment = cni_printf(
		planner->arena, "index %s is filled from the table that it is about", to->name);
	if (!name || !comment)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	return cni_planner_runf(
		planner, comment, err, "INSERT INTO %s (%s) VALUES ('rebuild')", name, name);
}

/* Do rows get another rowid? */
static bool moves_rowids(const cni_copy *copy)
{
	const cni_ddl_table *from = &copy->from->ddl.table, *to = &copy->to->ddl.table;
	long alias = cni_table_rowid_alias(to);
	return alias >= 0 && !copy->from_rowid &&
	       (copy->columns[alias].from < 0 ||
		       copy->columns[alias].from != cni_table_rowid_alias(from));
}

bool cni_plan_index_is_stale(cni_planner *planner, const cni_object *index)
{
	const cni_plan_request *request = planner->request;
	const cni_ddl_virtual *table = &index->ddl.virtual_table;
	const char *content = NULL;
	if (cni_virtual_content_of(planner->arena, table, &content) != CNI_CONTENT_OTHER)
		return false;
	for (size_t i = 0; i < request->copy_count; i++) {
		const cni_copy *copy = &request->copies[i];
		if (!cni_same(copy->to->name, content) || cni_object_equal(copy->from, copy->to))
			continue;
		bool generated = false, changes = moves_rowids(copy), any = false;
		for (size_t j = 0; j < table->argument_count; j++) {
			const char *name = cni_virtual_column(planner->arena, table, j);
			long at = name ? cni_table_column(&copy->to->ddl.table, name) : -1;
			if (at < 0)
				continue;
			bool made = copy->to->ddl.table.columns[at].generated_sql != NULL;
			generated |= made;
			changes |= !made && !cni_copy_keeps(copy, (size_t)at);
		}
		for (size_t j = 0; generated && j < copy->to->ddl.table.column_count; j++)
			any |= !cni_copy_keeps(copy, j);
		return changes || any;
	}
	return false;
}
