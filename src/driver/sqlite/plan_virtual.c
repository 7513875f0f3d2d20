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

typedef enum content { CONTENT_OWN, CONTENT_OTHER, CONTENT_NONE } content;

static bool is_full_text(const cni_object *object)
{
	return cni_same(object->ddl.virtual_table.module, "fts3") ||
	       cni_same(object->ddl.virtual_table.module, "fts4") ||
	       cni_same(object->ddl.virtual_table.module, "fts5");
}

/* Where a full text table's content is: its argument content=… */
static content content_of(cni_arena *arena, const cni_object *object)
{
	const cni_ddl_virtual *table = &object->ddl.virtual_table;
	for (size_t i = 0; is_full_text(object) && i < table->argument_count; i++) {
		const char *text = table->arguments[i];
		size_t count = 0;
		const cni_token *tokens = cni_tokens(arena, text, strlen(text), &count);
		if (!tokens || count < 2 || !cni_token_is(&tokens[0], "content") ||
			!cni_token_is_op(&tokens[1], "="))
			continue;
		const char *name = count > 2 ? cni_token_name(arena, &tokens[2]) : "";
		return name && *name ? CONTENT_OTHER : CONTENT_NONE;
	}
	return CONTENT_OWN;
}

/* The names that both have, quoted, with the rowid where there is one of its own. */
static cn_status common_columns(cni_planner *planner, const char *old, const char *fresh,
	bool with_rowid, cni_buffer *out, cn_error *err)
{
	CLEANUP(cni_stmt_releasep) cni_stmt *stmt = NULL;
	if (with_rowid)
		cni_buffer_puts(out, "rowid");
	TRY(cni_conn_prepare(planner->scratch,
		"SELECT b.name FROM pragma_table_xinfo(?1) AS a, pragma_table_xinfo(?2) AS b"
		" WHERE a.name = b.name COLLATE NOCASE AND a.hidden = 0 AND b.hidden = 0 ORDER BY b.cid",
		&stmt, err));
	TRY(cni_stmt_bind(stmt, 1, cn_text(old), err));
	TRY(cni_stmt_bind(stmt, 2, cn_text(fresh), err));
	int step;
	while ((step = cni_stmt_step(stmt, err)) == CNI_ROW) {
		cni_buffer_puts(out, out->size ? ", " : "");
		cni_quote_name(out, cni_stmt_text(stmt, 0));
	}
	return step < 0 ? (cn_status)step : CN_OK;
}

static cn_status carry_over(
	cni_planner *planner, const cni_object *to, const char *aside, cn_error *err)
{
	CLEANUP(cni_buffer_done) cni_buffer columns = {0};
	bool with_rowid = is_full_text(to);
	TRY(common_columns(planner, aside, to->name, with_rowid, &columns, err));
	const char *name = cni_quoted(planner->arena, to->name),
		   *old = cni_quoted(planner->arena, aside);
	if (!name || !old || columns.failed)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	return cni_planner_runf(planner, NULL, err, "INSERT INTO %s (%s) SELECT %s FROM %s", name,
		cni_buffer_text(&columns), cni_buffer_text(&columns), old);
}

cn_status cni_plan_virtual(
	cni_planner *planner, const cni_object *now, const cni_object *to, cn_error *err)
{
	cni_arena *arena = planner->arena;
	bool same_kind = cni_same(now->ddl.virtual_table.module, to->ddl.virtual_table.module) ||
			 (is_full_text(now) && is_full_text(to));
	content old = content_of(arena, now), fresh = content_of(arena, to);
	bool carry = same_kind && old == CONTENT_OWN && fresh == CONTENT_OWN;
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
	if (content_of(planner->arena, to) != CONTENT_OTHER)
		return CN_OK;
	const char *name = cni_quoted(planner->arena, to->name);
	const char *comment = cni_printf(
		planner->arena, "index %s is filled from the table that it is about", to->name);
	if (!name || !comment)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	return cni_planner_runf(
		planner, comment, err, "INSERT INTO %s (%s) VALUES ('rebuild')", name, name);
}
