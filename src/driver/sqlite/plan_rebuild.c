/*
 * plan_rebuild.c - a table written anew: create the new one, copy, drop the old one, rename.
 *
 * In this order and under legacy_alter_table, other tables' foreign keys, views and triggers never
 * see another name. Rowids that no column shows are copied too: an index of full text may point at
 * them. INSERT OR ABORT overrides what ON CONFLICT clauses would do to rows during the copy.
 */
#include "driver/sqlite/plan.h"

#include <string.h>

#include "base/text.h"
#include "base/try.h"
#include "sql/lexer.h"

/* Does the table's own text speak of itself, as in CHECK (t.a > 0)? Then the name must be rewritten
 * in it, which only the modern RENAME does. */
static bool speaks_of_itself(cni_arena *arena, const cni_object *to)
{
	const cni_ddl_table *table = &to->ddl.table;
	size_t count = 0;
	const char *body = to->sql + table->body_start;
	const cni_token *tokens = cni_tokens(arena, body, strlen(body), &count);
	for (size_t i = 0; tokens && i + 1 < count; i++)
		if ((tokens[i].kind == CNI_TOKEN_WORD || tokens[i].kind == CNI_TOKEN_QUOTED) &&
			cni_token_is_op(&tokens[i + 1], ".") &&
			cni_same(cni_token_name(arena, &tokens[i]), to->name))
			return true;
	return false;
}

/* The CREATE text under another name; with `qualifiers`, t.a in expressions becomes other.a as
 * well. */
static void write_create(
	cni_buffer *out, cni_arena *arena, const cni_object *to, const char *name, bool qualifiers)
{
	const cni_ddl_table *table = &to->ddl.table;
	size_t after = table->name_start + table->name_size;
	cni_buffer_add(out, to->sql, table->name_start);
	cni_quote_name(out, name);
	if (!qualifiers) {
		cni_buffer_puts(out, to->sql + after);
		return;
	}
	cni_lexer lexer;
	cni_lexer_init(&lexer, to->sql + after, strlen(to->sql + after));
	for (;;) {
		cni_token token = cni_lexer_next(&lexer);
		if (token.kind == CNI_TOKEN_END)
			return;
		cni_lexer ahead = lexer;
		cni_token next = cni_lexer_next_solid(&ahead);
		bool is_name = token.kind == CNI_TOKEN_WORD || token.kind == CNI_TOKEN_QUOTED;
		if (is_name && cni_token_is_op(&next, ".") &&
			cni_same(cni_token_name(arena, &token), to->name))
			cni_quote_name(out, name);
		else
			cni_buffer_add(out, token.text, token.size);
	}
}

static void add_to_list(cni_buffer *names, cni_buffer *values, const char *name, const char *value)
{
	if (names->size) {
		cni_buffer_puts(names, ", ");
		cni_buffer_puts(values, ", ");
	}
	cni_buffer_puts(names, name);
	cni_buffer_puts(values, value);
}

/* Every column is new and no rowid shows: the rows stay, as rows of defaults. One column must be
 * named. */
static cn_status add_anything(cni_planner *planner, const cni_copy *copy, cni_buffer *names,
	cni_buffer *values, cn_error *err)
{
	const cni_ddl_table *to = &copy->to->ddl.table;
	const cni_ddl_column *column = NULL;
	for (size_t i = 0; i < to->column_count; i++)
		if (!to->columns[i].generated_sql &&
			(!column || !cni_column_has_default(&to->columns[i])))
			column = &to->columns[i];
	if (!column)
		return cn_fail(err, CN_EUNSUPPORTED, "no column of table \"%s\" can be written",
			copy->to->name);
	const char *name = cni_quoted(planner->arena, column->name);
	const char *value = "NULL";
	if (cni_column_has_default(column))
		value = cni_printf(planner->arena, "(%s)", column->default_sql);
	if (!name || !value)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	add_to_list(names, values, name, value);
	return CN_OK;
}

/* The table that is read, under the column names that it will have. */
static void add_source(
	cni_buffer *out, const cni_planner *planner, const cni_copy *copy, const cni_object *now)
{
	const cni_ddl_table *from = &copy->from->ddl.table, *to = &copy->to->ddl.table;
	const char *rowid = cni_rowid_word(from), *word = cni_rowid_word(to);
	bool first = true;
	if (planner->level < CNI_LEVEL_COPY) {
		cni_quote_name(out, now->name);
		return;
	}
	cni_buffer_puts(out, "(SELECT ");
	if (rowid && word) {
		cni_buffer_printf(out, "%s AS %s", rowid, word);
		first = false;
	}
	for (size_t i = 0; i < to->column_count; i++) {
		if (copy->columns[i].from < 0)
			continue;
		cni_buffer_puts(out, first ? "" : ", ");
		first = false;
		cni_quote_name(out, from->columns[copy->columns[i].from].name);
		cni_buffer_puts(out, " AS ");
		cni_quote_name(out, to->columns[i].name);
	}
	cni_buffer_puts(out, " FROM ");
	cni_quote_name(out, now->name);
	cni_buffer_puts(out, ") AS ");
	cni_quote_name(out, now->name);
}

static cn_status copy_rows(cni_planner *planner, const cni_copy *copy, const cni_object *now,
	const char *temporary, cn_error *err)
{
	CLEANUP(cni_buffer_done) cni_buffer names = {0};
	CLEANUP(cni_buffer_done) cni_buffer values = {0};
	CLEANUP(cni_buffer_done) cni_buffer value = {0};
	CLEANUP(cni_buffer_done) cni_buffer sql = {0};
	const cni_ddl_table *to = &copy->to->ddl.table;
	const char *old_rowid = cni_rowid_word(&now->ddl.table), *new_rowid = cni_rowid_word(to);
	if (old_rowid && new_rowid && cni_table_rowid_alias(to) < 0)
		add_to_list(&names, &values, new_rowid,
			planner->level < CNI_LEVEL_COPY ? old_rowid : new_rowid);
	for (size_t i = 0; i < to->column_count; i++) {
		if (!cni_copy_writes(copy, i))
			continue;
		const char *name = cni_quoted(planner->arena, to->columns[i].name);
		if (!name)
			return cn_fail(err, CN_ENOMEM, "out of memory");
		cni_buffer_clear(&value);
		cni_copy_value(&value, copy, i);
		add_to_list(&names, &values, name, cni_buffer_text(&value));
	}
	if (!names.size)
		TRY(add_anything(planner, copy, &names, &values, err));
	cni_buffer_puts(&sql, "INSERT OR ABORT INTO ");
	cni_quote_name(&sql, temporary);
	cni_buffer_printf(
		&sql, " (%s)\nSELECT %s\nFROM ", cni_buffer_text(&names), cni_buffer_text(&values));
	add_source(&sql, planner, copy, now);
	sql.failed |= names.failed || values.failed || value.failed;
	return cni_planner_run_buffer(planner, NULL, &sql, err);
}

static bool is_autoincrement(const cni_object *object)
{
	const cni_ddl_constraint *key = cni_table_primary_key(&object->ddl.table);
	return key && key->autoincrement;
}

/* The counter moves to the new table, whatever it was set to by hand. DROP and RENAME do the rest.
 */
static cn_status copy_sequence(
	cni_planner *planner, const cni_object *now, const char *temporary, cn_error *err)
{
	CLEANUP(cni_buffer_done) cni_buffer sql = {0};
	cni_buffer_puts(&sql, "DELETE FROM sqlite_sequence WHERE name = ");
	cni_quote_text(&sql, temporary);
	cni_buffer_puts(&sql, " AND EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = ");
	cni_quote_text(&sql, now->name);
	cni_buffer_puts(&sql, ")");
	TRY(cni_planner_run_buffer(planner, NULL, &sql, err));
	cni_buffer_puts(&sql, "INSERT INTO sqlite_sequence (name, seq) SELECT ");
	cni_quote_text(&sql, temporary);
	cni_buffer_puts(&sql, ", seq FROM sqlite_sequence WHERE name = ");
	cni_quote_text(&sql, now->name);
	return cni_planner_run_buffer(planner, NULL, &sql, err);
}

static cn_status put_in_place(cni_planner *planner, const cni_copy *copy, const cni_object *now,
	const char *temporary, bool legacy, cn_error *err)
{
	const char *old = cni_quoted(planner->arena, now->name),
		   *fresh = cni_quoted(planner->arena, temporary);
	const char *name = cni_quoted(planner->arena, copy->to->name);
	if (!old || !fresh || !name)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	TRY(cni_planner_runf(planner, NULL, err, "DROP TABLE %s", old));
	if (legacy)
		TRY(cni_planner_run(planner, NULL, "PRAGMA legacy_alter_table = ON", err));
	TRY(cni_planner_runf(planner, NULL, err, "ALTER TABLE %s RENAME TO %s", fresh, name));
	if (legacy)
		TRY(cni_planner_run(planner, NULL, "PRAGMA legacy_alter_table = OFF", err));
	return CN_OK;
}

static cn_status note_rebuild(cni_planner *planner, const cni_copy *copy, cn_error *err)
{
	planner->plan.rebuilds = true;
	if (!CNI_PUSH(planner->arena, planner->plan.rebuilt, planner->plan.rebuilt_count,
		    copy->from->name))
		return cn_fail(err, CN_ENOMEM, "out of memory");
	return CN_OK;
}

cn_status cni_plan_rebuild(
	cni_planner *planner, const cni_copy *copy, const cni_object *now, cn_error *err)
{
	CLEANUP(cni_buffer_done) cni_buffer sql = {0};
	bool rewrite = speaks_of_itself(planner->arena, copy->to);
	if (rewrite && planner->level < CNI_LEVEL_BARE)
		return cn_fail(err, CN_ESCHEMA,
			"views and triggers must go before table \"%s\" is renamed", now->name);
	const char *temporary = cni_planner_free_name(planner, copy->to->name);
	const char *reason = cni_plan_reason(planner, copy, now, "is written anew");
	if (!temporary || !reason)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	TRY(note_rebuild(planner, copy, err));
	write_create(&sql, planner->arena, copy->to, temporary, rewrite);
	TRY(cni_planner_run_buffer(planner, reason, &sql, err));
	TRY(copy_rows(planner, copy, now, temporary, err));
	if (is_autoincrement(now) && is_autoincrement(copy->to))
		TRY(copy_sequence(planner, now, temporary, err));
	return put_in_place(planner, copy, now, temporary, !rewrite, err);
}

static void add_reason(cni_buffer *out, bool *first, const char *what, const char *column)
{
	cni_buffer_puts(out, *first ? ": " : ", ");
	*first = false;
	if (column) {
		cni_quote_name_if(out, column);
		cni_buffer_putc(out, ' ');
	}
	cni_buffer_puts(out, what);
}

const char *cni_plan_reason(
	cni_planner *planner, const cni_copy *copy, const cni_object *now, const char *what)
{
	CLEANUP(cni_buffer_done) cni_buffer out = {0};
	const cni_ddl_table *is = &now->ddl.table, *to = &copy->to->ddl.table;
	bool first = true;
	cni_buffer_puts(&out, "table ");
	cni_quote_name_if(&out, copy->to->name);
	cni_buffer_printf(&out, " %s", what);
	for (size_t i = 0; i < is->column_count; i++) {
		long target = cni_table_column(to, is->columns[i].name);
		if (target < 0 || copy->columns[target].from < 0)
			add_reason(&out, &first, "goes", is->columns[i].name);
		else if (!cni_column_equal(&is->columns[i], &to->columns[target]))
			add_reason(&out, &first, "changes", is->columns[i].name);
	}
	for (size_t i = 0; i < to->column_count; i++)
		if (copy->columns[i].from < 0)
			add_reason(&out, &first, "is new", to->columns[i].name);
	if (is->without_rowid != to->without_rowid)
		add_reason(&out, &first,
			to->without_rowid ? "becomes WITHOUT ROWID" : "gets rowids", NULL);
	if (is->strict != to->strict)
		add_reason(
			&out, &first, to->strict ? "becomes STRICT" : "is STRICT no longer", NULL);
	if (first)
		add_reason(&out, &first, "keys, constraints or the order of columns change", NULL);
	return cni_buffer_dup(&out, planner->arena);
}
