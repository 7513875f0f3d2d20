/*
 * preflight.c - what the new schema forbids and the rows that are there do: NULLs and CHECKs here,
 * keys in preflight_key.c, references in preflight_reference.c.
 *
 * Only what is new, or rests on values that change, is looked for: rows that broke a rule before
 * are no reason to refuse an unrelated change.
 */
#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "base/try.h"
#include "migrate/decide/decide.h"
#include "sql/lexer.h"

static cn_status ask_conflict(cni_decider *decider, const char *table, const char *column,
	int64_t rows, cni_buffer *text, cni_buffer *detail, const char *hint, cn_error *err)
{
	if (text->failed || detail->failed)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	const cni_question question = {.kind = CNI_ASK_CONFLICT,
		.table = table,
		.column = column,
		.rows = rows,
		.text = cni_buffer_text(text),
		.detail = detail->size ? cni_buffer_text(detail) : NULL,
		.hint = hint};
	return cni_ask(decider, &question, err);
}

/* A fill that yields NULL, a generated column that does. */
static cn_status check_null(cni_decider *decider, size_t index, size_t column, cn_error *err)
{
	CLEANUP(cni_buffer_done) cni_buffer from = {0};
	CLEANUP(cni_buffer_done) cni_buffer sql = {0};
	CLEANUP(cni_buffer_done) cni_buffer text = {0};
	CLEANUP(cni_buffer_done) cni_buffer detail = {0};
	const cni_copy *copy = &decider->copies[index];
	const char *name = copy->to->ddl.table.columns[column].name;
	int64_t rows;
	TRY(cni_relation(decider, index, &from, err));
	cni_buffer_puts(&from, " WHERE ");
	cni_quote_name(&from, name);
	cni_buffer_puts(&from, " IS NULL");
	cni_buffer_printf(&sql, "SELECT count(*) FROM %s", cni_buffer_text(&from));
	sql.failed |= from.failed;
	TRY(cni_count(decider, &sql, &rows, err));
	if (!rows)
		return CN_OK;
	cni_buffer_clear(&sql);
	cni_buffer_printf(&sql, "SELECT %s FROM %s LIMIT %d", cni_relation_key_name(copy),
		cni_buffer_text(&from), CNI_SAMPLES);
	TRY(cni_sample(decider, &sql, &detail, err));
	cni_buffer_puts(&text, "after the change ");
	cni_rows_text(&text, rows, copy->to->name);
	cni_buffer_puts(&text, " would have NULL in ");
	cni_quote_name_if(&text, name);
	return ask_conflict(decider, copy->to->name, name, rows, &text, &detail,
		copy->columns[column].fill ? "the fill must not yield NULL"
					   : "mend the rows, or let the column be NULL",
		err);
}

static cn_status check_nulls(cni_decider *decider, size_t index, cn_error *err)
{
	const cni_copy *copy = &decider->copies[index];
	const cni_ddl_table *from = &copy->from->ddl.table, *to = &copy->to->ddl.table;
	for (size_t i = 0; i < to->column_count; i++) {
		long old = copy->columns[i].from;
		bool generated =
			to->columns[i].generated_sql && to->columns[i].not_null &&
			!(old >= 0 && cni_column_equal(&from->columns[old], &to->columns[i]) &&
				cni_object_equal(copy->from, copy->to));
		if (generated || (copy->columns[i].fill && decider->words->forbids_null(to, i)))
			TRY(check_null(decider, index, i, err));
	}
	return CN_OK;
}

bool cni_same_values(cni_decider *decider, const cni_copy *copy, size_t column)
{
	const cni_ddl_table *from = &copy->from->ddl.table, *to = &copy->to->ddl.table;
	const cni_ddl_column *is = &to->columns[column];
	long old = copy->columns[column].from;
	if (cni_copy_keeps(copy, column))
		return true;
	if (old < 0 || !is->generated_sql || !from->columns[old].generated_sql ||
		!cni_column_equal(&from->columns[old], is))
		return false;
	bool *columns = cni_alloc(decider->arena, to->column_count + 1);
	if (!columns)
		return false;
	cni_mentioned(decider->arena, to, is->generated_sql, columns);
	for (size_t i = 0; i < to->column_count; i++)
		if (columns[i] && (i == column || copy->columns[i].from < 0 ||
					  !cni_same(from->columns[copy->columns[i].from].name,
						  to->columns[i].name) ||
					  !cni_same_values(decider, copy, i)))
			return false;
	return true;
}

/* The same condition before, on values that do not change, holds already. */
static bool is_old_check(
	cni_decider *decider, const cni_copy *copy, const cni_ddl_constraint *check)
{
	const cni_ddl_table *from = &copy->from->ddl.table, *to = &copy->to->ddl.table;
	const char *normal =
		cni_sql_normal(decider->arena, check->check_sql, strlen(check->check_sql), true);
	bool found = false;
	for (size_t i = 0; i < from->constraint_count && !found; i++) {
		const char *old = from->constraints[i].kind == CNI_CHECK
					  ? from->constraints[i].check_sql
					  : NULL;
		old = old ? cni_sql_normal(decider->arena, old, strlen(old), true) : NULL;
		found = old && normal && strcmp(old, normal) == 0;
	}
	bool *columns = cni_alloc(decider->arena, to->column_count + 1);
	if (!found || !columns)
		return false;
	cni_mentioned(decider->arena, to, check->check_sql, columns);
	for (size_t i = 0; i < to->column_count; i++)
		if (columns[i] &&
			(!cni_same_values(decider, copy, i) || !cni_copy_same_collation(copy, i) ||
				!cni_same(from->columns[copy->columns[i].from].name,
					to->columns[i].name)))
			return false;
	return true;
}

static void add_check_columns(
	cni_decider *decider, const cni_ddl_table *table, const char *sql, cni_buffer *out)
{
	bool *columns = cni_alloc(decider->arena, table->column_count + 1);
	if (columns)
		cni_mentioned(decider->arena, table, sql, columns);
	for (size_t i = 0; columns && i < table->column_count; i++)
		if (columns[i]) {
			cni_buffer_puts(out, ", ");
			cni_quote_name(out, table->columns[i].name);
		}
}

static cn_status check_check(
	cni_decider *decider, size_t index, const cni_ddl_constraint *check, cn_error *err)
{
	CLEANUP(cni_buffer_done) cni_buffer from = {0};
	CLEANUP(cni_buffer_done) cni_buffer sql = {0};
	CLEANUP(cni_buffer_done) cni_buffer text = {0};
	CLEANUP(cni_buffer_done) cni_buffer detail = {0};
	const cni_copy *copy = &decider->copies[index];
	int64_t rows;
	TRY(cni_relation(decider, index, &from, err));
	cni_buffer_printf(&from, " WHERE NOT (%s)", check->check_sql);
	cni_buffer_printf(&sql, "SELECT count(*) FROM %s", cni_buffer_text(&from));
	if (from.failed || sql.failed)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	if (cni_count(decider, &sql, &rows, err) < 0)
		return cn_error_wrap(
			err, "table \"%s\", CHECK (%s)", copy->to->name, check->check_sql);
	if (!rows)
		return CN_OK;
	cni_buffer_clear(&sql);
	cni_buffer_printf(&sql, "SELECT %s", cni_relation_key_name(copy));
	add_check_columns(decider, &copy->to->ddl.table, check->check_sql, &sql);
	cni_buffer_printf(&sql, " FROM %s LIMIT %d", cni_buffer_text(&from), CNI_SAMPLES);
	TRY(cni_sample(decider, &sql, &detail, err));
	cni_rows_text(&text, rows, copy->to->name);
	cni_buffer_puts(&text, " values that the new CHECK ");
	if (check->name) {
		cni_quote_name_if(&text, check->name);
		cni_buffer_putc(&text, ' ');
	}
	cni_buffer_printf(&text, "(%s) forbids", check->check_sql);
	return ask_conflict(decider, copy->to->name, NULL, rows, &text, &detail,
		"mend or delete these rows first, or change the CHECK", err);
}

static cn_status check_table(cni_decider *decider, size_t index, cn_error *err)
{
	const cni_copy *copy = &decider->copies[index];
	const cni_ddl_table *to = &copy->to->ddl.table;
	if (!cni_object_equal(copy->from, copy->to)) {
		TRY(check_nulls(decider, index, err));
		for (size_t i = 0; i < to->constraint_count; i++)
			if (to->constraints[i].kind == CNI_CHECK &&
				!is_old_check(decider, copy, &to->constraints[i]))
				TRY(check_check(decider, index, &to->constraints[i], err));
	}
	TRY(cni_preflight_keys(decider, index, err));
	return cni_preflight_references(decider, index, err);
}

cn_status cni_preflight(cni_decider *decider, cn_error *err)
{
	cn_status status = CN_OK;
	decider->temporary =
		cni_alloc(decider->arena, (decider->copy_count + 1) * sizeof *decider->temporary);
	if (!decider->temporary)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	for (size_t i = 0; i < decider->copy_count && status == CN_OK; i++)
		status = decider->unseen[i] ? CN_OK : check_table(decider, i, err);
	cni_relation_done(decider);
	return status;
}
