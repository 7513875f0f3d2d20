/*
 * decide_values.c - values that would not come through a change of type.
 *
 * A change of type is harmless when every value can be told back from what becomes of it: 5 to 5.0
 * and 7 to '7' are, '007' to 7, 19.99 to 19, 2^53+1 to a double are not. What is not harmless needs
 * allow-cast, also where SQLite would quietly keep the old value in a column of the new type.
 */
#include "migrate/decide/decide.h"

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
	const cni_choice choice = {.text = "convert them", .answer = cni_buffer_text(&hint)};
	return cni_ask_column(decider, &question, &choice, &text, &detail, &hint, err);
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

cn_status cni_decide_values(cni_decider *decider, cn_error *err)
{
	for (size_t i = 0; i < decider->copy_count; i++) {
		cni_copy *copy = &decider->copies[i];
		if (cni_object_equal(copy->from, copy->to))
			continue;
		for (size_t j = 0; j < copy->to->ddl.table.column_count; j++) {
			TRY(decide_cast(decider, copy, j, err));
			TRY(cni_decide_fill(decider, copy, j, err));
		}
	}
	return CN_OK;
}
