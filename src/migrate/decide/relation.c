/* relation.c - the rows as they will be after the change, without making it: a subquery, or a TEMP
 * table. */
#include <string.h>

#include "base/text.h"
#include "base/try.h"
#include "migrate/decide/decide.h"
#include "sql/lexer.h"

const char *cni_relation_key_name(const cni_copy *copy)
{
	static const char *const names[] = {"cantil_key", "cantil_key_2", "cantil_key_3"};
	for (size_t i = 0; i < CNI_COUNT(names); i++)
		if (cni_table_column(&copy->to->ddl.table, names[i]) < 0)
			return names[i];
	return "cantil_key_4";
}

/* (SELECT key AS cantil_key, rowid AS rowid, old AS new, … FROM the old table): expressions may
 * read the rowid too, unless a column has taken its name. */
static void add_old_rows(const cni_decider *decider, const cni_copy *copy, cni_buffer *out)
{
	const cni_ddl_table *from = &copy->from->ddl.table, *to = &copy->to->ddl.table;
	const char *number = cni_rowid_word(from);
	cni_buffer_puts(out, "(SELECT ");
	decider->words->row_label(out, from);
	cni_buffer_printf(out, " AS %s", cni_relation_key_name(copy));
	if (number && cni_table_column(to, number) < 0)
		cni_buffer_printf(out, ", %s AS %s", number, number);
	for (size_t i = 0; i < to->column_count; i++) {
		if (copy->columns[i].from < 0)
			continue;
		cni_buffer_puts(out, ", ");
		cni_quote_name(out, from->columns[copy->columns[i].from].name);
		cni_buffer_puts(out, " AS ");
		cni_quote_name(out, to->columns[i].name);
	}
	cni_buffer_printf(out, " FROM %s", decider->words->own_schema);
	cni_quote_name(out, copy->from->name);
	cni_buffer_puts(out, ")");
}

void cni_relation_old(const cni_decider *decider, const cni_copy *copy, cni_buffer *out)
{
	add_old_rows(decider, copy, out);
	cni_buffer_puts(out, " AS ");
	cni_quote_name(out, copy->to->name);
}

/* Do all rows come through as they are, compared as before, with nothing new beside them? */
static bool is_identity(const cni_copy *copy)
{
	const cni_ddl_table *from = &copy->from->ddl.table, *to = &copy->to->ddl.table;
	for (size_t i = 0; i < to->column_count; i++) {
		long old = copy->columns[i].from;
		if (to->columns[i].generated_sql) {
			if (old < 0 || !cni_column_equal(&from->columns[old], &to->columns[i]))
				return false;
		} else if (!cni_copy_keeps(copy, i) || !cni_copy_same_collation(copy, i)) {
			return false;
		}
	}
	return true;
}

/* The new table without any of its constraints: types convert and collations compare as they will.
 */
static cn_status make_temporary(cni_decider *decider, size_t index, cn_error *err)
{
	CLEANUP(cni_buffer_done) cni_buffer create = {0};
	CLEANUP(cni_buffer_done) cni_buffer insert = {0};
	CLEANUP(cni_buffer_done) cni_buffer values = {0};
	const cni_copy *copy = &decider->copies[index];
	const cni_ddl_table *to = &copy->to->ddl.table;
	const cni_words *words = decider->words;
	const char *key = cni_relation_key_name(copy);
	const char *name = cni_printf(decider->arena, "cantil_preflight_%zu", index);
	if (!name)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	cni_buffer_printf(&create, "CREATE TEMP TABLE %s (%s", name, key);
	cni_buffer_printf(&insert, "INSERT INTO %s%s (%s", words->temp_schema, name, key);
	for (size_t i = 0; i < to->column_count; i++) {
		cni_buffer_puts(&create, ", ");
		words->temp_column(&create, to, i);
		if (!cni_copy_writes(copy, i))
			continue;
		cni_buffer_puts(&insert, ", ");
		cni_quote_name(&insert, to->columns[i].name);
		cni_buffer_puts(&values, ", ");
		cni_copy_value(&values, copy, i);
	}
	cni_buffer_printf(&insert, ") SELECT %s%s FROM ", key, cni_buffer_text(&values));
	add_old_rows(decider, copy, &insert);
	cni_buffer_puts(&insert, " AS ");
	cni_quote_name(&insert, copy->to->name);
	cni_buffer_puts(&create, ")");
	if (create.failed || insert.failed || values.failed)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	TRY(cni_conn_exec(decider->input->data, cni_buffer_text(&create), err));
	decider->temporary[index] = name;
	return cni_conn_exec(decider->input->data, cni_buffer_text(&insert), err);
}

/* What a new column holds that no value comes to. */
static void add_default(cni_buffer *out, const cni_ddl_column *column)
{
	cni_buffer_printf(out, "CAST((%s) AS %s)",
		column->default_sql ? column->default_sql : "NULL", column->type);
}

/* Every value as a cast; generated columns around them, because they read the others. */
static void add_cast_rows(cni_decider *decider, const cni_copy *copy, cni_buffer *out)
{
	const cni_ddl_table *to = &copy->to->ddl.table;
	CLEANUP(cni_buffer_done) cni_buffer inner = {0};
	cni_buffer_printf(&inner, "(SELECT %s", cni_relation_key_name(copy));
	cni_buffer_puts(out, "(SELECT cantil_cast.*");
	for (size_t i = 0; i < to->column_count; i++) {
		const cni_ddl_column *column = &to->columns[i];
		cni_buffer *at = column->generated_sql ? out : &inner;
		cni_buffer_puts(at, ", ");
		if (column->generated_sql)
			cni_buffer_printf(
				at, "CAST((%s) AS %s)", column->generated_sql, column->type);
		else if (cni_copy_writes(copy, i))
			cni_copy_value(at, copy, i);
		else
			add_default(at, column);
		cni_buffer_puts(at, " AS ");
		cni_quote_name(at, column->name);
	}
	cni_buffer_puts(&inner, " FROM ");
	add_old_rows(decider, copy, &inner);
	cni_buffer_puts(&inner, " AS ");
	cni_quote_name(&inner, copy->to->name);
	cni_buffer_printf(out, " FROM %s) AS cantil_cast) AS ", cni_buffer_text(&inner));
	cni_quote_name(out, copy->to->name);
	out->failed |= inner.failed;
}

cn_status cni_relation(cni_decider *decider, size_t index, cni_buffer *out, cn_error *err)
{
	const cni_copy *copy = &decider->copies[index];
	if (is_identity(copy)) {
		cni_relation_old(decider, copy, out);
		return CN_OK;
	}
	if (decider->words->casts_in_queries) {
		add_cast_rows(decider, copy, out);
		return CN_OK;
	}
	if (!decider->temporary[index]) {
		cn_status status = make_temporary(decider, index, err);
		if (status < 0) {
			cn_error_wrap(err,
				"table \"%s\": its rows cannot be looked at as they will be",
				copy->to->name);
			return status;
		}
	}
	cni_buffer_printf(out, "%s%s AS ", decider->words->temp_schema, decider->temporary[index]);
	cni_quote_name(out, copy->to->name);
	return CN_OK;
}

void cni_relation_done(cni_decider *decider)
{
	cn_error ignored; /* a table that stays is gone with the connection */
	for (size_t i = 0; decider->temporary && i < decider->copy_count; i++)
		if (decider->temporary[i] &&
			cni_conn_execf(decider->input->data, &ignored, "DROP TABLE %s%s",
				decider->words->temp_schema, decider->temporary[i]) < 0)
			continue;
}

long cni_relation_find(const cni_decider *decider, const char *table)
{
	for (size_t i = 0; i < decider->copy_count; i++)
		if (cni_same(decider->copies[i].to->name, table))
			return (long)i;
	return -1;
}
