/*
 * decide_values.c - values that would not come through a change of type, and NULLs where none may
 * be.
 *
 * A change of type is harmless when every value can be told back from what becomes of it: 5 to 5.0
 * and 7 to '7' are, '007' to 7, 19.99 to 19, 2^53+1 to a double are not. What is not harmless needs
 * allow-cast, also where SQLite would quietly keep the old value in a column of the new type.
 */
#include "migrate/decide.h"

#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "base/try.h"
#include "sql/lexer.h"

/* Types such as DATETIME and JSON have NUMERIC affinity by SQLite's rules and hold text by
 * everybody's habit: text that is no number stays as it is there. */
static bool means_number(const char *type)
{
	static const char *const words[] = {
		"NUM", "DEC", "BOOL", "MONEY", "CURRENCY", "BIT", "FIXED"};
	for (size_t i = 0; type && i < CNI_COUNT(words); i++)
		for (const char *p = type; *p; p++)
			if (cni_ncasecmp(p, words[i], strlen(words[i])) == 0)
				return true;
	return false;
}

/* Appends the condition under which the value of column `c` (quoted) would not come through. */
static void add_misfit(
	cni_buffer *out, const char *c, cni_affinity affinity, const char *type, bool strict)
{
	switch (affinity) {
	case CNI_AFF_TEXT:
		cni_buffer_printf(out,
			"typeof(%s) = 'blob' OR (typeof(%s) = 'real' AND CAST(CAST(%s AS TEXT) AS REAL) <> %s)",
			c, c, c, c);
		break;
	case CNI_AFF_INTEGER:
		cni_buffer_printf(out,
			"typeof(%s) = 'blob' OR (typeof(%s) = 'real' AND CAST(%s AS INTEGER) <> %s)"
			" OR (typeof(%s) = 'text' AND CAST(CAST(%s AS INTEGER) AS TEXT) <> %s COLLATE BINARY)",
			c, c, c, c, c, c, c);
		break;
	case CNI_AFF_REAL:
		cni_buffer_printf(out,
			"typeof(%s) = 'blob' OR (typeof(%s) = 'integer' AND (CAST(CAST(%s AS REAL) AS INTEGER) <> %s"
			" OR %s NOT BETWEEN -9223372036854774784 AND 9223372036854774784))"
			" OR (typeof(%s) = 'text' AND CAST(CAST(%s AS REAL) AS TEXT) <> %s COLLATE BINARY"
			" AND (CAST(CAST(%s AS INTEGER) AS TEXT) <> %s COLLATE BINARY"
			" OR CAST(%s AS INTEGER) NOT BETWEEN -9007199254740992 AND 9007199254740992))",
			c, c, c, c, c, c, c, c, c, c, c);
		break;
	case CNI_AFF_NUMERIC:
		cni_buffer_printf(out,
			"(typeof(%s) = 'text' AND CAST(CAST(%s AS NUMERIC) AS TEXT) <> %s COLLATE BINARY%s%s%s%s)",
			c, c, c, means_number(type) ? "" : " AND CAST(",
			means_number(type) ? "" : c,
			means_number(type) ? "" : " AS NUMERIC) = ", means_number(type) ? "" : c);
		if (means_number(type))
			cni_buffer_printf(out, " OR typeof(%s) = 'blob'", c);
		break;
	case CNI_AFF_BLOB:
		if (strict && cni_same(type, "BLOB"))
			cni_buffer_printf(out, "typeof(%s) NOT IN ('blob', 'null')", c);
		break;
	}
}

/* Why must the values of a column be looked at? Another affinity, or a table that takes no others
 * now. */
static bool may_misfit(const cni_copy *copy, size_t column)
{
	const cni_ddl_table *from = &copy->from->ddl.table, *to = &copy->to->ddl.table;
	long old = copy->columns[column].from;
	if (old < 0 || to->columns[column].generated_sql)
		return false;
	if (cni_column_affinity(from, (size_t)old) != cni_column_affinity(to, column))
		return true;
	if (to->strict &&
		(!from->strict || !cni_same(from->columns[old].type, to->columns[column].type)))
		return true;
	return cni_table_rowid_alias(to) == (long)column && cni_table_rowid_alias(from) != old;
}

/* With allow-cast every value becomes CAST(value AS the affinity), as the answers file says; only
 * where text is at home in a type that SQLite takes for numeric it is left alone. */
static bool casts(const cni_copy *copy, size_t column)
{
	const cni_ddl_table *to = &copy->to->ddl.table;
	const char *type = to->columns[column].type;
	cni_affinity affinity = cni_column_affinity(to, column);
	if (affinity == CNI_AFF_NUMERIC && !means_number(type))
		return false;
	if (affinity == CNI_AFF_BLOB)
		return cni_same(type, "BLOB") &&
		       (to->strict || cni_column_affinity(&copy->from->ddl.table,
					      (size_t)copy->columns[column].from) != CNI_AFF_BLOB);
	return true;
}

/* One line that says it, one that shows it, one that says what to write. */
static cn_status ask_column(cni_decider *decider, cni_question *question, cni_buffer *text,
	cni_buffer *detail, cni_buffer *hint, cn_error *err)
{
	if (text->failed || detail->failed || hint->failed)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	question->text = cni_buffer_text(text);
	question->detail = detail->size ? cni_buffer_text(detail) : NULL;
	question->hint = cni_buffer_text(hint);
	cni_choice *choice = cni_alloc(decider->arena, sizeof *choice);
	const char *line = cni_strdup(decider->arena, question->hint);
	if (!choice || !line)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	if (question->kind == CNI_ASK_CAST) {
		choice->text = "convert them";
		choice->answer = line;
	} else {
		CLEANUP(cni_buffer_done) cni_buffer prefix = {0};
		cni_buffer_puts(&prefix, "fill ");
		cni_quote_name_if(&prefix, question->table);
		cni_buffer_putc(&prefix, '.');
		cni_quote_name_if(&prefix, question->column);
		cni_buffer_putc(&prefix, ' ');
		choice->text = "fill them with a value";
		choice->answer_prefix = cni_buffer_dup(&prefix, decider->arena);
		if (!choice->answer_prefix)
			return cn_fail(err, CN_ENOMEM, "out of memory");
	}
	question->choices = choice;
	question->choice_count = 1;
	return cni_ask(decider, question, err);
}

static cn_status ask_cast(cni_decider *decider, const cni_copy *copy, size_t column,
	const char *where, int64_t rows, cn_error *err)
{
	CLEANUP(cni_buffer_done) cni_buffer text = {0};
	CLEANUP(cni_buffer_done) cni_buffer detail = {0};
	CLEANUP(cni_buffer_done) cni_buffer hint = {0};
	CLEANUP(cni_buffer_done) cni_buffer sql = {0};
	const cni_ddl_column *is = &copy->to->ddl.table.columns[column];
	cni_question question = {
		.kind = CNI_ASK_CAST, .table = copy->to->name, .column = is->name, .rows = rows};
	cni_rows_text(&text, rows, copy->to->name);
	cni_buffer_puts(&text, " a value in ");
	cni_quote_name_if(&text, is->name);
	cni_buffer_printf(&text, " that does not fit type %s%s: converting would lose it",
		is->type ? is->type : "BLOB", copy->to->ddl.table.strict ? " (STRICT)" : "");
	cni_buffer_printf(&sql, "SELECT %s, ", cni_relation_key_name(copy));
	cni_quote_name(&sql, is->name);
	cni_buffer_printf(&sql, " FROM %s LIMIT %d", where, CNI_SAMPLES);
	TRY(cni_sample(decider, &sql, &detail, err));
	const cni_answer answer = {
		.kind = CNI_ANSWER_ALLOW_CAST, .table = copy->to->name, .column = is->name};
	cni_answer_write(&hint, &answer);
	return ask_column(decider, &question, &text, &detail, &hint, err);
}

static cn_status decide_cast(cni_decider *decider, cni_copy *copy, size_t column, cn_error *err)
{
	CLEANUP(cni_buffer_done) cni_buffer where = {0};
	CLEANUP(cni_buffer_done) cni_buffer sql = {0};
	CLEANUP(cni_buffer_done) cni_buffer misfit = {0};
	const cni_ddl_table *to = &copy->to->ddl.table;
	const cni_ddl_column *is = &to->columns[column];
	if (!may_misfit(copy, column))
		return CN_OK;
	if (cni_decided(decider, CNI_ANSWER_ALLOW_CAST, copy->to->name, is->name)) {
		copy->columns[column].cast = casts(copy, column);
		return CN_OK;
	}
	const char *name = cni_quoted(decider->arena, is->name);
	if (!name)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	add_misfit(&misfit, name, cni_column_affinity(to, column), is->type, to->strict);
	if (!decider->input->data || !misfit.size)
		return CN_OK;
	cni_relation_old(copy, &where);
	cni_buffer_printf(&where, " WHERE %s", cni_buffer_text(&misfit));
	cni_buffer_printf(&sql, "SELECT count(*) FROM %s", cni_buffer_text(&where));
	if (where.failed || sql.failed || misfit.failed)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	int64_t rows;
	TRY(cni_count(decider, &sql, &rows, err));
	return rows ? ask_cast(decider, copy, column, cni_buffer_text(&where), rows, err) : CN_OK;
}

/* The value that comes to mind first: what people see in the hint. */
static const char *likely_fill(const cni_ddl_table *table, size_t column)
{
	const cni_ddl_column *is = &table->columns[column];
	if (is->default_sql && cni_column_has_default(is) && !is->default_is_expression)
		return is->default_sql;
	switch (cni_column_affinity(table, column)) {
	case CNI_AFF_TEXT: return "''";
	case CNI_AFF_REAL: return "0.0";
	case CNI_AFF_BLOB: return "x''";
	default: return "0";
	}
}

static cn_status ask_fill(cni_decider *decider, const cni_copy *copy, size_t column, int64_t rows,
	const char *where, cn_error *err)
{
	CLEANUP(cni_buffer_done) cni_buffer text = {0};
	CLEANUP(cni_buffer_done) cni_buffer detail = {0};
	CLEANUP(cni_buffer_done) cni_buffer hint = {0};
	CLEANUP(cni_buffer_done) cni_buffer sql = {0};
	const cni_ddl_column *is = &copy->to->ddl.table.columns[column];
	bool is_new = copy->columns[column].from < 0;
	cni_question question = {
		.kind = CNI_ASK_FILL, .table = copy->to->name, .column = is->name, .rows = rows};
	if (rows >= 0) {
		cni_rows_text(&text, rows, copy->to->name);
	} else {
		cni_buffer_puts(&text, "rows of ");
		cni_quote_name_if(&text, copy->to->name);
		cni_buffer_puts(&text, " may have");
	}
	cni_buffer_puts(&text, is_new ? " nothing to put into the new column " : " NULL in ");
	cni_quote_name_if(&text, is->name);
	cni_buffer_puts(&text, is_new ? ", which is NOT NULL and has no default"
				      : ", which must not be NULL any longer");
	if (where) {
		cni_buffer_printf(&sql, "SELECT %s FROM %s LIMIT %d", cni_relation_key_name(copy),
			where, CNI_SAMPLES);
		TRY(cni_sample(decider, &sql, &detail, err));
	}
	const cni_answer answer = {.kind = CNI_ANSWER_FILL,
		.table = copy->to->name,
		.column = is->name,
		.value = likely_fill(&copy->to->ddl.table, column)};
	cni_answer_write(&hint, &answer);
	return ask_column(decider, &question, &text, &detail, &hint, err);
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
	cni_relation_old(copy, where);
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

static cn_status decide_fill(cni_decider *decider, cni_copy *copy, size_t column, cn_error *err)
{
	CLEANUP(cni_buffer_done) cni_buffer where = {0};
	const cni_ddl_table *from = &copy->from->ddl.table, *to = &copy->to->ddl.table;
	const cni_ddl_column *is = &to->columns[column];
	cni_copy_column *how = &copy->columns[column];
	const cni_answer *answer = cni_decided(decider, CNI_ANSWER_FILL, copy->to->name, is->name);
	bool alias = cni_table_rowid_alias(to) == (long)column;
	if (!cni_needs_value(to, column) || is->generated_sql)
		return CN_OK;
	if (how->from < 0 && (alias || cni_column_has_default(is)))
		return CN_OK; /* rowids are given out, or the default is there */
	if (how->from >= 0 && cni_needs_value(from, (size_t)how->from))
		return CN_OK;
	if (answer) {
		how->fill = answer->value;
		return CN_OK;
	}
	int64_t missing;
	TRY(count_missing(decider, copy, column, &where, &missing, err));
	if (missing == 0)
		return CN_OK;
	return ask_fill(
		decider, copy, column, missing, where.size ? cni_buffer_text(&where) : NULL, err);
}

cn_status cni_decide_values(cni_decider *decider, cn_error *err)
{
	for (size_t i = 0; i < decider->copy_count; i++) {
		cni_copy *copy = &decider->copies[i];
		if (cni_object_equal(copy->from, copy->to))
			continue;
		for (size_t j = 0; j < copy->to->ddl.table.column_count; j++) {
			TRY(decide_cast(decider, copy, j, err));
			TRY(decide_fill(decider, copy, j, err));
		}
	}
	return CN_OK;
}
