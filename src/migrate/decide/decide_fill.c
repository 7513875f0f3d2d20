/*
 * decide_fill.c - NULLs where none may be: which rows have them, what to fill them with, and
 * whether that can be computed at all.
 */
#include "migrate/decide/decide.h"

#include <string.h>

#include "base/text.h"
#include "base/try.h"
#include "sql/lexer.h"

/* ---- the value that comes to mind first ---- */

static bool is_only_part(const cni_ddl_part *parts, size_t count, const char *name)
{
	return count == 1 && cni_same(parts[0].name, name);
}

/* Must every row have another value here? */
static bool is_unique(const cni_schema *schema, const cni_object *table, size_t column)
{
	const cni_ddl_table *is = &table->ddl.table;
	const char *name = is->columns[column].name;
	for (size_t i = 0; i < is->constraint_count; i++) {
		const cni_ddl_constraint *key = &is->constraints[i];
		if ((key->kind == CNI_UNIQUE || key->kind == CNI_PRIMARY_KEY) &&
			is_only_part(key->parts, key->part_count, name))
			return true;
	}
	for (size_t i = 0; i < schema->object_count; i++) {
		const cni_object *object = &schema->objects[i];
		const cni_ddl_index *index = &object->ddl.index;
		if (object->ddl.kind == CNI_DDL_INDEX && index->unique &&
			cni_same(object->table, table->name) &&
			is_only_part(index->parts, index->part_count, name))
			return true;
	}
	return false;
}

static const char *likely_fill(const cni_decider *decider, const cni_copy *copy, size_t column)
{
	const cni_ddl_table *table = &copy->to->ddl.table;
	const cni_ddl_column *is = &table->columns[column];
	if (is_unique(decider->input->to, copy->to, column)) {
		const char *distinct = decider->words->distinct_value(decider->arena, copy, column);
		if (distinct)
			return distinct;
	}
	if (is->default_sql && cni_column_has_default(is) && !is->default_is_expression)
		return is->default_sql;
	return decider->words->zero(table, column);
}

/* ---- the question ---- */

static void say(cni_buffer *text, const cni_copy *copy, size_t column, int64_t rows)
{
	bool is_new = copy->columns[column].from < 0;
	if (rows >= 0) {
		cni_rows_text(text, rows, copy->to->name);
	} else {
		cni_buffer_puts(text, "rows of ");
		cni_quote_name_if(text, copy->to->name);
		cni_buffer_puts(text, " may have");
	}
	cni_buffer_puts(text, is_new ? " nothing to put into the new column " : " NULL in ");
	cni_quote_name_if(text, copy->to->ddl.table.columns[column].name);
	cni_buffer_puts(text, is_new ? ", which is NOT NULL and has no default"
				     : ", which must not be NULL any longer");
}

/* `where`: the rows, for samples; NULL: none can be seen. `why`: what was wrong with the last
 * answer; NULL: there was none. */
static cn_status ask_fill(cni_decider *decider, const cni_copy *copy, size_t column, int64_t rows,
	const char *where, const char *why, cn_error *err)
{
	CLEANUP(cni_buffer_done) cni_buffer text = {0};
	CLEANUP(cni_buffer_done) cni_buffer detail = {0};
	CLEANUP(cni_buffer_done) cni_buffer hint = {0};
	CLEANUP(cni_buffer_done) cni_buffer sql = {0};
	CLEANUP(cni_buffer_done) cni_buffer prefix = {0};
	const char *name = copy->to->ddl.table.columns[column].name;
	cni_question question = {
		.kind = CNI_ASK_FILL, .table = copy->to->name, .column = name, .rows = rows};
	cni_answer answer = {.kind = CNI_ANSWER_FILL, .table = copy->to->name, .column = name};
	say(&text, copy, column, rows);
	if (why)
		cni_buffer_printf(&detail, "that cannot be used: %s", why);
	if (where && !why) {
		cni_buffer_printf(&sql, "SELECT %s FROM %s LIMIT %d", cni_relation_key_name(copy),
			where, CNI_SAMPLES);
		TRY(cni_sample(decider, &sql, &detail, err));
	}
	cni_answer_write(&prefix, &answer);
	cni_buffer_putc(&prefix, ' ');
	answer.value = likely_fill(decider, copy, column);
	cni_answer_write(&hint, &answer);
	if (prefix.failed)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	const cni_choice choice = {.text = "fill them with a value",
		.answer_prefix = cni_buffer_text(&prefix),
		.likely_value = answer.value};
	return cni_ask_column(decider, &question, &choice, &text, &detail, &hint, err);
}

/* ---- an answer ---- */

/* Without rows to look at, the table alone, empty, tells what the columns are called. */
static cn_status scratch_of(
	const cni_copy *copy, const cni_schema *schema, cni_conn **ret, cn_error *err)
{
	cni_conn *conn;
	TRY(cni_schema_scratch(schema, &conn, err));
	if (conn->driver->build(conn, copy->from->sql, strlen(copy->from->sql), err) < 0) {
		cni_conn_close(conn);
		return err ? err->status : CN_ESQL;
	}
	*ret = conn;
	return CN_OK;
}

/* Does the expression compile, for one row (no aggregate)? *ret_why: what the engine says; NULL: it
 * does, or that cannot be told here. */
static cn_status try_fill(cni_decider *decider, const cni_copy *copy, const char *expression,
	const char **ret_why, cn_error *err)
{
	CLEANUP(cni_buffer_done) cni_buffer sql = {0};
	CLEANUP(cni_conn_closep) cni_conn *scratch = NULL;
	cni_conn *conn = decider->input->data;
	cni_stmt *stmt = NULL;
	cn_error why;
	*ret_why = NULL;
	if (!conn && scratch_of(copy, decider->input->from, &scratch, &why) < 0)
		return CN_OK; /* the proof will tell */
	conn = conn ? conn : scratch;
	cni_buffer_puts(&sql, "SELECT 1 FROM ");
	cni_relation_old(decider, copy, &sql);
	/* in WHERE no aggregate may stand, which would fold all rows into one */
	cni_buffer_printf(&sql, " WHERE (%s) IS NULL", expression);
	if (sql.failed)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	cn_status status = cni_conn_prepare(conn, cni_buffer_text(&sql), &stmt, &why);
	cni_stmt_release(status < 0 ? NULL : stmt);
	if (status == CN_ENOMEM || status == CN_ECANCELED)
		return cn_fail(err, status, "%s", why.message);
	if (status < 0 && !(scratch && cni_starts(why.message, "no such table")))
		*ret_why = cni_strdup(decider->arena, why.message);
	return CN_OK;
}

/* What was typed is taken back and asked again; what stands in a file or an option is told. */
static cn_status refuse_fill(
	cni_decider *decider, const cni_answer *answer, const char *why, cn_error *err)
{
	cni_answers *answers = decider->input->answers;
	size_t at = (size_t)(answer - answers->list);
	if (answer->typed) {
		answers->count--;
		memmove(&answers->list[at], &answers->list[at + 1],
			(answers->count - at) * sizeof *answers->list);
		return CN_OK;
	}
	CLEANUP(cni_buffer_done) cni_buffer line = {0};
	cni_answer_write(&line, answer);
	cn_error_set(err, CN_EARG, "%s: this fill cannot be used: %s", answer->source, why);
	cn_error_detail(err, "%s", cni_buffer_text(&line));
	cn_error_hint(err,
		"a fill is an SQL expression of one row: 0, 'text in single quotes', upper(name)");
	return CN_EARG;
}

/* Rows that have no value for a column that needs one; -1: unknown, and worth asking. */
static cn_status count_missing(cni_decider *decider, const cni_copy *copy, size_t column,
	cni_buffer *where, int64_t *ret, cn_error *err)
{
	CLEANUP(cni_buffer_done) cni_buffer sql = {0};
	bool is_new = copy->columns[column].from < 0;
	*ret = 0;
	if (!decider->input->data) {
		*ret = is_new && decider->input->every_drop_asked ? -1 : 0;
		return CN_OK;
	}
	cni_relation_old(decider, copy, where);
	if (!is_new) {
		cni_buffer_puts(where, " WHERE ");
		cni_quote_name(where, copy->to->ddl.table.columns[column].name);
		cni_buffer_puts(where, " IS NULL");
	}
	cni_buffer_printf(&sql, "SELECT count(*) FROM %s", cni_buffer_text(where));
	if (sql.failed || where->failed)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	return cni_count(decider, &sql, ret, err);
}

static bool needs_fill(const cni_words *words, const cni_copy *copy, size_t column)
{
	const cni_ddl_table *from = &copy->from->ddl.table, *to = &copy->to->ddl.table;
	const cni_ddl_column *is = &to->columns[column];
	long old = copy->columns[column].from;
	if (!words->forbids_null(to, column) || is->generated_sql)
		return false;
	if (old < 0) /* rowids are given out, or the default is there */
		return cni_table_rowid_alias(to) != (long)column && !cni_column_has_default(is);
	return !words->forbids_null(from, (size_t)old);
}

cn_status cni_decide_fill(cni_decider *decider, cni_copy *copy, size_t column, cn_error *err)
{
	CLEANUP(cni_buffer_done) cni_buffer where = {0};
	const char *why = NULL, *name = copy->to->ddl.table.columns[column].name;
	const cni_answer *answer = cni_decided(decider, CNI_ANSWER_FILL, copy->to->name, name);
	if (!needs_fill(decider->words, copy, column))
		return CN_OK;
	if (answer) {
		TRY(try_fill(decider, copy, answer->value, &why, err));
		if (!why) {
			copy->columns[column].fill = answer->value;
			return CN_OK;
		}
		TRY(refuse_fill(decider, answer, why, err));
	}
	int64_t missing;
	TRY(count_missing(decider, copy, column, &where, &missing, err));
	if (missing == 0)
		return CN_OK;
	return ask_fill(decider, copy, column, missing, where.size ? cni_buffer_text(&where) : NULL,
		why, err);
}
