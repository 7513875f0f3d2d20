/* preflight_reference.c - rows that a new foreign key would leave without a parent. */
#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "base/try.h"
#include "migrate/decide/decide.h"
#include "sql/lexer.h"

struct reference { /* one foreign key, its columns found */
	const cni_ddl_constraint *key;
	const char **parent_columns;
	size_t count;
};

/* The parent's columns: those said, or its primary key; false when they are not there, or not as
 * many. */
static bool resolve(cni_decider *decider, const cni_schema *schema, const cni_ddl_constraint *key,
	struct reference *ret)
{
	const cni_object *parent = cni_schema_table(schema, key->parent);
	struct reference is = {.key = key,
		.parent_columns = key->parent_columns,
		.count = key->parent_column_count};
	if (!parent)
		is.count =
			key->part_count; /* every child is an orphan, whatever it would refer to */
	if (!is.count && parent) {
		const cni_ddl_constraint *primary = cni_table_primary_key(&parent->ddl.table);
		for (size_t i = 0; primary && i < primary->part_count; i++)
			if (!CNI_PUSH(decider->arena, is.parent_columns, is.count,
				    primary->parts[i].name))
				return false;
	}
	for (size_t i = 0; parent && i < is.count; i++)
		if (!is.parent_columns[i] ||
			cni_table_column(&parent->ddl.table, is.parent_columns[i]) < 0)
			return false;
	*ret = is;
	return is.count == key->part_count;
}

static const char *child_column(const cni_ddl_constraint *key, size_t i)
{
	return key->parts[i].name ? key->parts[i].name : key->parts[i].expr_sql;
}

/* Does a column of the new table read, under its old name, the values of this old column,
 * unchanged? */
static bool same_column(
	cni_decider *decider, const cni_copy *copy, const char *old, const char *new)
{
	long column = cni_table_column(&copy->to->ddl.table, new);
	if (column < 0 || !cni_same_values(decider, copy, (size_t)column))
		return false;
	return cni_table_column(&copy->from->ddl.table, old) == copy->columns[column].from;
}

/* The parent's collation is the one that a child is looked up by. */
static bool same_parent(
	cni_decider *decider, const cni_copy *copy, const char *old, const char *new)
{
	long column = cni_table_column(&copy->to->ddl.table, new);
	return same_column(decider, copy, old, new) &&
	       cni_copy_same_collation(copy, (size_t)column);
}

/* The same reference before, between values that come through: what is an orphan was one. */
static bool was_there(cni_decider *decider, const cni_copy *copy, const struct reference *new)
{
	const cni_ddl_table *from = &copy->from->ddl.table;
	long parent = cni_relation_find(decider, new->key->parent);
	for (size_t i = 0; i < from->constraint_count; i++) {
		const cni_ddl_constraint *key = &from->constraints[i];
		struct reference old;
		if (key->kind != CNI_FOREIGN_KEY ||
			!resolve(decider, decider->input->from, key, &old) ||
			old.count != new->count)
			continue;
		const char *name =
			cni_renamed_table(decider->renames, decider->rename_count, key->parent);
		bool same = cni_same(name, new->key->parent);
		if (parent < 0) /* still dangling, or gone now? */
			same = same && !cni_schema_table(decider->input->from, key->parent) &&
			       !cni_schema_table(decider->input->to, new->key->parent);
		for (size_t j = 0; same && j < new->count; j++)
			same = same_column(decider, copy, child_column(key, j),
				       child_column(new->key, j)) &&
			       (parent < 0 ||
				       same_parent(decider, &decider->copies[parent],
					       old.parent_columns[j], new->parent_columns[j]));
		if (same)
			return true;
	}
	return false;
}

/* FROM the child WHERE every column is set AND there is no such parent */
static cn_status add_orphans(cni_decider *decider, size_t index, const struct reference *reference,
	cni_buffer *out, cn_error *err)
{
	CLEANUP(cni_buffer_done) cni_buffer rows = {0};
	long parent = cni_relation_find(decider, reference->key->parent);
	TRY(cni_relation(decider, index, &rows, err));
	cni_buffer_printf(
		out, " FROM (SELECT * FROM %s) AS cantil_child WHERE ", cni_buffer_text(&rows));
	for (size_t i = 0; i < reference->count; i++) {
		cni_buffer_puts(out, i ? " AND cantil_child." : "cantil_child.");
		cni_quote_name(out, child_column(reference->key, i));
		cni_buffer_puts(out, " IS NOT NULL");
	}
	out->failed |= rows.failed;
	if (parent < 0)
		return CN_OK; /* a new parent has no rows yet */
	cni_buffer_clear(&rows);
	TRY(cni_relation(decider, (size_t)parent, &rows, err));
	cni_buffer_printf(out,
		" AND NOT EXISTS (SELECT 1 FROM (SELECT * FROM %s) AS cantil_parent WHERE ",
		cni_buffer_text(&rows));
	for (size_t i = 0; i < reference->count; i++) {
		cni_buffer_puts(out, i ? " AND cantil_parent." : "cantil_parent.");
		cni_quote_name(out, reference->parent_columns[i]);
		/* as a foreign key compares: with the affinity and the collation of the parent */
		cni_buffer_printf(out, " = %scantil_child.", decider->words->plain);
		cni_quote_name(out, child_column(reference->key, i));
	}
	cni_buffer_puts(out, ")");
	out->failed |= rows.failed;
	return CN_OK;
}

static cn_status check_reference(
	cni_decider *decider, size_t index, const struct reference *reference, cn_error *err)
{
	CLEANUP(cni_buffer_done) cni_buffer from = {0};
	CLEANUP(cni_buffer_done) cni_buffer sql = {0};
	CLEANUP(cni_buffer_done) cni_buffer text = {0};
	CLEANUP(cni_buffer_done) cni_buffer detail = {0};
	const cni_copy *copy = &decider->copies[index];
	int64_t rows;
	TRY(add_orphans(decider, index, reference, &from, err));
	cni_buffer_printf(&sql, "SELECT count(*)%s", cni_buffer_text(&from));
	if (from.failed || sql.failed)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	TRY(cni_count(decider, &sql, &rows, err));
	if (!rows)
		return CN_OK;
	cni_buffer_clear(&sql);
	cni_buffer_printf(&sql, "SELECT %s", cni_relation_key_name(copy));
	cni_rows_text(&text, rows, copy->to->name);
	cni_buffer_puts(&text, rows == 1 ? " a value in " : " values in ");
	for (size_t i = 0; i < reference->count; i++) {
		const char *name = child_column(reference->key, i);
		cni_buffer_puts(&sql, ", ");
		cni_quote_name(&sql, name);
		cni_buffer_puts(&text, i ? ", " : "");
		cni_quote_name_if(&text, name);
	}
	cni_buffer_printf(&sql, "%s LIMIT %d", cni_buffer_text(&from), CNI_SAMPLES);
	TRY(cni_sample(decider, &sql, &detail, err));
	cni_buffer_puts(&text, " without a parent row in ");
	cni_quote_name_if(&text, reference->key->parent);
	cni_buffer_puts(&text, ": orphans break the foreign key");
	if (text.failed || detail.failed)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	const cni_question question = {.kind = CNI_ASK_CONFLICT,
		.table = copy->to->name,
		.rows = rows,
		.column = reference->count == 1 ? child_column(reference->key, 0) : NULL,
		.text = cni_buffer_text(&text),
		.detail = cni_buffer_text(&detail),
		.hint = "add the parents, delete these rows, or set the columns to NULL, first"};
	return cni_ask(decider, &question, err);
}

cn_status cni_preflight_references(cni_decider *decider, size_t index, cn_error *err)
{
	const cni_copy *copy = &decider->copies[index];
	const cni_ddl_table *to = &copy->to->ddl.table;
	for (size_t i = 0; i < to->constraint_count; i++) {
		struct reference reference;
		/* one that does not fit its parent is an error of the schema, which SQLite reports
		 * when it is used */
		if (to->constraints[i].kind != CNI_FOREIGN_KEY ||
			!resolve(decider, decider->input->to, &to->constraints[i], &reference))
			continue;
		long parent = cni_relation_find(decider, reference.key->parent);
		if (parent >= 0 && decider->unseen[parent])
			continue;
		if (!was_there(decider, copy, &reference))
			TRY(check_reference(decider, index, &reference, err));
	}
	return CN_OK;
}
