/* decide.c - tables and columns that go: what they hold, whether they were renamed, whether they
 * may. */
#include "migrate/decide/decide.h"

#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "base/try.h"
#include "sql/lexer.h"

struct loss {                       /* something that goes */
	const char *table, *column; /* as an answer names them: the new name of a surviving table */
	const char *old_table;
	int64_t rows; /* that hold a value; -1: not counted */
	bool is_virtual;
};

static cn_status add_choice(cni_decider *decider, cni_choice **choices, size_t *count,
	const char *text, const cni_answer *answer, cn_error *err)
{
	CLEANUP(cni_buffer_done) cni_buffer line = {0};
	cni_answer_write(&line, answer);
	cni_choice choice = {.text = cni_strdup(decider->arena, text),
		.answer = cni_buffer_dup(&line, decider->arena)};
	if (!choice.text || !choice.answer || !CNI_PUSH(decider->arena, *choices, *count, choice))
		return cn_fail(err, CN_ENOMEM, "out of memory");
	return CN_OK;
}

/* Is the new thing still free, or did another rename give it its rows? */
static bool is_free(const cni_decider *decider, const char *table, const char *to)
{
	for (size_t i = 0; i < decider->rename_count; i++)
		if (cni_same(decider->renames[i].table, table) &&
			cni_same(decider->renames[i].to, to))
			return false;
	return true;
}

static cn_status add_renames(cni_decider *decider, const struct loss *loss, cni_choice **choices,
	size_t *count, cni_buffer *names, cn_error *err)
{
	const cni_diff *diff = &decider->set->diff;
	const char *scope = loss->column ? loss->table : NULL,
		   *old = loss->column ? loss->column : loss->old_table;
	for (size_t i = 0; i < diff->maybe_count; i++) {
		const cni_maybe_rename *maybe = &diff->maybe[i];
		if (!cni_same(maybe->table, scope) || !cni_same(maybe->from, old) ||
			!is_free(decider, scope, maybe->to))
			continue;
		const cni_answer answer = {
			.kind = scope ? CNI_ANSWER_RENAME_COLUMN : CNI_ANSWER_RENAME_TABLE,
			.table = scope ? scope : old,
			.column = scope ? old : NULL,
			.value = maybe->to};
		const char *text =
			cni_printf(decider->arena, "it was renamed: %s is now %s", old, maybe->to);
		TRY(add_choice(decider, choices, count, text, &answer, err));
		cni_buffer_puts(names, names->size ? " or " : "");
		cni_quote_name_if(names, maybe->to);
	}
	return CN_OK;
}

static void add_name(cni_buffer *out, const struct loss *loss)
{
	cni_buffer_puts(out, loss->column       ? "column "
			     : loss->is_virtual ? "virtual table "
						: "table ");
	cni_quote_name_if(out, loss->column ? loss->column : loss->old_table);
}

static cn_status ask_loss(
	cni_decider *decider, const struct loss *loss, const char *detail, cn_error *err)
{
	CLEANUP(cni_buffer_done) cni_buffer text = {0};
	CLEANUP(cni_buffer_done) cni_buffer names = {0};
	CLEANUP(cni_buffer_done) cni_buffer hint = {0};
	cni_question question = {.kind = loss->column ? CNI_ASK_DROP_COLUMN : CNI_ASK_DROP_TABLE,
		.table = loss->table,
		.column = loss->column,
		.rows = loss->rows,
		.detail = detail};
	cni_choice *choices = NULL;
	TRY(add_renames(decider, loss, &choices, &question.choice_count, &names, err));
	if (names.size)
		question.kind = loss->column ? CNI_ASK_RENAME_COLUMN : CNI_ASK_RENAME_TABLE;
	if (loss->column) {
		cni_buffer_puts(&text, "table ");
		cni_quote_name_if(&text, loss->table);
		cni_buffer_puts(&text, ": ");
	}
	add_name(&text, loss);
	cni_buffer_puts(&text, " is gone");
	if (names.size)
		cni_buffer_printf(&text, ", %s is new: was it renamed, or is it to be dropped",
			cni_buffer_text(&names));
	if (loss->rows >= 0)
		cni_buffer_printf(&text, "; dropping it would lose %" PRId64 " %s%s", loss->rows,
			loss->column ? "value" : "row", loss->rows == 1 ? "" : "s");
	else if (!names.size)
		cni_buffer_puts(&text, "; dropping it would lose its data");
	const cni_answer drop = {
		.kind = CNI_ANSWER_ALLOW_DROP, .table = loss->table, .column = loss->column};
	TRY(add_choice(decider, &choices, &question.choice_count, "drop it, with what it holds",
		&drop, err));
	for (size_t i = 0; i < question.choice_count; i++)
		cni_buffer_printf(&hint, "%s%s", i ? "   or   " : "", choices[i].answer);
	question.choices = choices;
	question.text = cni_buffer_text(&text);
	question.hint = cni_buffer_text(&hint);
	if (text.failed || names.failed || hint.failed)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	return cni_ask(decider, &question, err);
}

/* How many rows there are to lose; -1 when it cannot be known and must be asked; 0: nothing. */
static cn_status count_rows(
	cni_decider *decider, const cni_object *table, int64_t *ret, cn_error *err)
{
	CLEANUP(cni_buffer_done) cni_buffer sql = {0};
	bool ask_always = decider->input->every_drop_asked;
	cn_error why;
	int64_t rows = 0;
	if (decider->input->data) {
		cni_buffer_puts(&sql, "SELECT count(*) FROM ");
		cni_buffer_puts(&sql, decider->words->own_schema);
		cni_quote_name(&sql, table->name);
		cn_status status = cni_count(decider, &sql, &rows, &why);
		if (status == CN_ENOMEM || status == CN_ECANCELED) {
			if (err)
				*err = why;
			return status;
		}
		if (status < 0)
			rows = -1; /* a module that cannot count: it may hold anything */
	}
	*ret = rows == 0 && ask_always ? -1 : rows;
	return CN_OK;
}

static cn_status drop_table(cni_decider *decider, const cni_object *table, cn_error *err)
{
	struct loss loss = {.table = table->name,
		.old_table = table->name,
		.is_virtual = table->ddl.kind == CNI_DDL_VIRTUAL};
	if (cni_decided(decider, CNI_ANSWER_ALLOW_DROP, table->name, NULL))
		return CN_OK;
	TRY(count_rows(decider, table, &loss.rows, err));
	return loss.rows ? ask_loss(decider, &loss, NULL, err) : CN_OK;
}

static cn_status count_values(cni_decider *decider, const cni_copy *copy, const char *column,
	int64_t *ret, cni_buffer *detail, cn_error *err)
{
	CLEANUP(cni_buffer_done) cni_buffer from = {0};
	CLEANUP(cni_buffer_done) cni_buffer sql = {0};
	cni_buffer_puts(&from, " FROM ");
	cni_buffer_puts(&from, decider->words->own_schema);
	cni_quote_name(&from, copy->from->name);
	cni_buffer_puts(&from, " WHERE ");
	cni_quote_name(&from, column);
	cni_buffer_puts(&from, " IS NOT NULL");
	cni_buffer_printf(&sql, "SELECT count(*)%s", cni_buffer_text(&from));
	if (from.failed || sql.failed)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	TRY(cni_count(decider, &sql, ret, err));
	if (*ret == 0)
		return CN_OK;
	cni_buffer_clear(&sql);
	cni_buffer_puts(&sql, "SELECT ");
	decider->words->row_label(&sql, &copy->from->ddl.table);
	cni_buffer_puts(&sql, ", ");
	cni_quote_name(&sql, column);
	cni_buffer_printf(&sql, "%s LIMIT %d", cni_buffer_text(&from), CNI_SAMPLES);
	return cni_sample(decider, &sql, detail, err);
}

static cn_status drop_column(
	cni_decider *decider, const cni_copy *copy, size_t column, cn_error *err)
{
	CLEANUP(cni_buffer_done) cni_buffer detail = {0};
	const char *name = copy->from->ddl.table.columns[column].name;
	struct loss loss = {
		.table = copy->to->name, .column = name, .old_table = copy->from->name, .rows = -1};
	if (cni_decided(decider, CNI_ANSWER_ALLOW_DROP, copy->to->name, name) ||
		cni_decided(decider, CNI_ANSWER_ALLOW_DROP, copy->from->name, name))
		return CN_OK;
	if (!decider->input->data && !decider->input->every_drop_asked)
		return CN_OK;
	if (decider->input->data) {
		TRY(count_values(decider, copy, name, &loss.rows, &detail, err));
		if (loss.rows == 0 && !decider->input->every_drop_asked)
			return CN_OK;
		loss.rows = loss.rows ? loss.rows : -1;
	}
	return ask_loss(decider, &loss, detail.size ? cni_buffer_text(&detail) : NULL, err);
}

static cn_status drop_columns(cni_decider *decider, const cni_copy *copy, cn_error *err)
{
	const cni_ddl_table *from = &copy->from->ddl.table, *to = &copy->to->ddl.table;
	for (size_t i = 0; i < from->column_count; i++) {
		long target = cni_copy_target(copy, i);
		bool kept = target >= 0 && !to->columns[target].generated_sql;
		if (!kept && !from->columns[i].generated_sql)
			TRY(drop_column(decider, copy, i, err));
	}
	return CN_OK;
}

/* Is this column of the old one a column of the new one, perhaps under another name? */
static bool keeps_column(
	cni_decider *decider, const cni_object *from, const cni_object *to, size_t argument)
{
	const cni_ddl_virtual *old = &from->ddl.virtual_table, *fresh = &to->ddl.virtual_table;
	const char *name = cni_virtual_column(decider->arena, old, argument);
	name = name ? cni_renamed_column(decider->renames, decider->rename_count, to->name, name)
		    : NULL;
	for (size_t i = 0; name && i < fresh->argument_count; i++)
		if (cni_same(cni_virtual_column(decider->arena, fresh, i), name))
			return true;
	return false;
}

/* Do they differ in their names at most? */
static bool same_definition(cni_decider *decider, const cni_object *from, const cni_object *to)
{
	const cni_ddl_virtual *old = &from->ddl.virtual_table, *fresh = &to->ddl.virtual_table;
	bool same = cni_same(old->module, fresh->module) &&
		    old->argument_count == fresh->argument_count;
	for (size_t i = 0; same && i < old->argument_count; i++) {
		const char *a = old->arguments[i], *b = fresh->arguments[i];
		same = cni_equal(cni_sql_normal(decider->arena, a, strlen(a), false),
			cni_sql_normal(decider->arena, b, strlen(b), false));
	}
	return same;
}

/* Will the planner carry the content over, or fill it again from the table that it is about?
 * (driver/sqlite/plan_virtual.c) What it cannot is a loss. */
static bool loses_content(cni_decider *decider, const cni_object *from, const cni_object *to)
{
	const cni_ddl_virtual *old = &from->ddl.virtual_table, *fresh = &to->ddl.virtual_table;
	cni_virtual_content content = cni_virtual_content_of(decider->arena, old, NULL);
	if (!cni_same(old->module, fresh->module) &&
		!(cni_is_full_text(old) && cni_is_full_text(fresh)))
		return true;
	if (content != cni_virtual_content_of(decider->arena, fresh, NULL))
		return true;
	if (content != CNI_CONTENT_OWN)
		return content == CNI_CONTENT_NONE;
	for (size_t i = 0; i < old->argument_count; i++)
		if ((cni_virtual_column(decider->arena, old, i) ||
			    !strchr(old->arguments[i], '=')) &&
			!keeps_column(decider, from, to, i))
			return true;
	return false;
}

static cn_status change_virtual(
	cni_decider *decider, const cni_object *from, const cni_object *to, cn_error *err)
{
	if (same_definition(decider, from, to) || !loses_content(decider, from, to))
		return CN_OK;
	struct loss loss = {.table = to->name, .old_table = from->name, .is_virtual = true};
	if (cni_decided(decider, CNI_ANSWER_ALLOW_DROP, to->name, NULL) ||
		cni_decided(decider, CNI_ANSWER_ALLOW_DROP, from->name, NULL))
		return CN_OK;
	TRY(count_rows(decider, from, &loss.rows, err));
	if (!loss.rows)
		return CN_OK;
	return ask_loss(
		decider, &loss, "its content cannot be carried over to the new definition", err);
}

cn_status cni_decide_drops(cni_decider *decider, cn_error *err)
{
	const cni_schema *from = decider->input->from, *to = decider->input->to;
	for (size_t i = 0; i < from->object_count; i++) {
		const cni_object *object = &from->objects[i];
		cni_ddl_kind kind = object->ddl.kind;
		if ((kind != CNI_DDL_TABLE && kind != CNI_DDL_VIRTUAL) ||
			cni_ignored(decider->ignore_tables, object->name))
			continue;
		const char *name =
			cni_renamed_table(decider->renames, decider->rename_count, object->name);
		const cni_object *next = cni_schema_find(to, kind, name);
		if (!next || cni_original_table(from, decider->renames, decider->rename_count,
				     next->name) != object)
			TRY(drop_table(decider, object, err));
		else if (kind == CNI_DDL_VIRTUAL)
			TRY(change_virtual(decider, object, next, err));
	}
	for (size_t i = 0; i < decider->copy_count; i++)
		TRY(drop_columns(decider, &decider->copies[i], err));
	return CN_OK;
}
