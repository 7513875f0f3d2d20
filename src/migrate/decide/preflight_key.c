/* preflight_key.c - rows that a new primary key, UNIQUE or unique index would hold for the same. */
#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "base/try.h"
#include "migrate/decide/decide.h"
#include "sql/lexer.h"

struct key { /* of a table: a constraint or an index */
	const cni_ddl_part *parts;
	size_t part_count;
	const char *where;
	const char *name;
	bool primary;
};

static const char *part_collation(const cni_ddl_table *table, const cni_ddl_part *part)
{
	if (part->collate)
		return part->collate;
	long column = part->name ? cni_table_column(table, part->name) : -1;
	const char *collate = column >= 0 ? table->columns[column].collate : NULL;
	return collate ? collate : "BINARY";
}

static const char *normal(cni_decider *decider, const char *sql)
{
	return sql ? cni_sql_normal(decider->arena, sql, strlen(sql), true) : NULL;
}

/* Does the old part compare the very same values in the very same way? */
static bool same_part(cni_decider *decider, const cni_copy *copy, const cni_ddl_part *old,
	const cni_ddl_part *part)
{
	const cni_ddl_table *from = &copy->from->ddl.table, *to = &copy->to->ddl.table;
	if (!cni_same(part_collation(from, old), part_collation(to, part)))
		return false;
	if (part->name) {
		long column = cni_table_column(to, part->name);
		return old->name && column >= 0 && cni_copy_keeps(copy, (size_t)column) &&
		       cni_table_column(from, old->name) == copy->columns[column].from;
	}
	if (old->name ||
		!cni_equal(normal(decider, old->expr_sql), normal(decider, part->expr_sql)))
		return false;
	for (size_t i = 0; i < to->column_count; i++) /* an expression may read any column */
		if (copy->columns[i].from >= 0 &&
			(!cni_copy_keeps(copy, i) || !cni_copy_same_collation(copy, i)))
			return false;
	return true;
}

static bool same_key(
	cni_decider *decider, const cni_copy *copy, const struct key *old, const struct key *new)
{
	if (old->part_count != new->part_count ||
		!cni_equal(normal(decider, old->where), normal(decider, new->where)))
		return false;
	if (new->where)
		for (size_t i = 0; i < copy->to->ddl.table.column_count; i++)
			if (copy->columns[i].from >= 0 && !cni_copy_keeps(copy, i))
				return false;
	for (size_t i = 0; i < new->part_count; i++) {
		bool found = false;
		for (size_t j = 0; j < old->part_count && !found; j++)
			found = same_part(decider, copy, &old->parts[j], &new->parts[i]);
		if (!found)
			return false;
	}
	return true;
}

static bool was_there(cni_decider *decider, const cni_copy *copy, const struct key *new)
{
	const cni_schema *schema = decider->input->from;
	const cni_ddl_table *from = &copy->from->ddl.table;
	for (size_t i = 0; i < from->constraint_count; i++) {
		const cni_ddl_constraint *constraint = &from->constraints[i];
		const struct key old = {
			.parts = constraint->parts, .part_count = constraint->part_count};
		if ((constraint->kind == CNI_PRIMARY_KEY || constraint->kind == CNI_UNIQUE) &&
			same_key(decider, copy, &old, new))
			return true;
	}
	for (size_t i = 0; i < schema->object_count; i++) {
		const cni_ddl_index *index = &schema->objects[i].ddl.index;
		if (schema->objects[i].ddl.kind != CNI_DDL_INDEX || !index->unique ||
			!cni_same(index->table, from->name))
			continue;
		const struct key old = {.parts = index->parts,
			.part_count = index->part_count,
			.where = index->where_sql};
		if (same_key(decider, copy, &old, new))
			return true;
	}
	return false;
}

static void add_expression(cni_buffer *out, const cni_ddl_part *part)
{
	if (part->name)
		cni_quote_name(out, part->name);
	else
		cni_buffer_printf(out, "(%s)", part->expr_sql);
}

/* SELECT … FROM rows WHERE none is NULL GROUP BY the parts HAVING more than one */
static void add_groups(const cni_words *words, cni_buffer *out, const cni_ddl_table *to,
	const struct key *key, const char *from)
{
	cni_buffer_printf(out, " FROM %s WHERE ", from);
	for (size_t i = 0; i < key->part_count; i++) {
		cni_buffer_puts(out, i ? " AND " : "");
		add_expression(out, &key->parts[i]);
		cni_buffer_puts(out, " IS NOT NULL");
	}
	if (key->where)
		cni_buffer_printf(out, " AND (%s)", key->where);
	cni_buffer_puts(out, " GROUP BY ");
	for (size_t i = 0; i < key->part_count; i++) {
		cni_buffer_puts(out, i ? ", " : "");
		add_expression(out, &key->parts[i]);
		words->compared_as(out, to, &key->parts[i]);
	}
	cni_buffer_puts(out, " HAVING count(*) > 1");
}

static void add_parts(cni_buffer *out, const struct key *key)
{
	for (size_t i = 0; i < key->part_count; i++) {
		cni_buffer_puts(out, i ? ", " : "");
		if (key->parts[i].name)
			cni_quote_name_if(out, key->parts[i].name);
		else
			cni_buffer_puts(out, key->parts[i].expr_sql);
	}
}

static cn_status ask_duplicates(cni_decider *decider, const cni_copy *copy, const struct key *key,
	const char *groups, int64_t rows, cn_error *err)
{
	CLEANUP(cni_buffer_done) cni_buffer sql = {0};
	CLEANUP(cni_buffer_done) cni_buffer text = {0};
	CLEANUP(cni_buffer_done) cni_buffer detail = {0};
	const char *row = cni_relation_key_name(copy);
	cni_buffer_printf(&sql, "SELECT min(%s) || ' and ' || max(%s)", row, row);
	for (size_t i = 0; i < key->part_count; i++) {
		cni_buffer_puts(&sql, ", ");
		add_expression(&sql, &key->parts[i]);
		cni_buffer_puts(&sql, " AS ");
		cni_quote_name(
			&sql, key->parts[i].name ? key->parts[i].name : key->parts[i].expr_sql);
	}
	cni_buffer_printf(&sql, "%s LIMIT %d", groups, CNI_SAMPLES);
	if (sql.failed)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	TRY(cni_sample(decider, &sql, &detail, err));
	cni_rows_text(&text, rows, copy->to->name);
	cni_buffer_puts(&text, " duplicates in ");
	add_parts(&text, key);
	cni_buffer_puts(&text,
		key->primary ? ", which becomes the primary key" : ", which is to be unique");
	if (key->name) {
		cni_buffer_puts(&text, " by ");
		cni_quote_name_if(&text, key->name);
	}
	if (text.failed || detail.failed)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	const cni_question question = {.kind = CNI_ASK_CONFLICT,
		.table = copy->to->name,
		.rows = rows,
		.column = key->part_count == 1 ? key->parts[0].name : NULL,
		.text = cni_buffer_text(&text),
		.detail = cni_buffer_text(&detail),
		.hint = "make these rows different, or delete all but one of each, first"};
	return cni_ask(decider, &question, err);
}

static cn_status check_key(cni_decider *decider, size_t index, const struct key *key, cn_error *err)
{
	CLEANUP(cni_buffer_done) cni_buffer from = {0};
	CLEANUP(cni_buffer_done) cni_buffer groups = {0};
	CLEANUP(cni_buffer_done) cni_buffer sql = {0};
	const cni_copy *copy = &decider->copies[index];
	const cni_ddl_table *to = &copy->to->ddl.table;
	if (was_there(decider, copy, key))
		return CN_OK;
	if (copy->from_rowid && key->part_count == 1 && key->parts[0].name &&
		cni_table_column(to, key->parts[0].name) == cni_table_rowid_alias(to))
		return CN_OK; /* the old rowids are unique */
	TRY(cni_relation(decider, index, &from, err));
	add_groups(decider->words, &groups, to, key, cni_buffer_text(&from));
	cni_buffer_printf(&sql,
		"SELECT coalesce(sum(n), 0) FROM (SELECT count(*) AS n%s) AS cantil_groups",
		cni_buffer_text(&groups));
	if (from.failed || groups.failed || sql.failed)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	int64_t rows;
	if (cni_count(decider, &sql, &rows, err) < 0)
		return cn_error_wrap(err, "table \"%s\", looking for duplicates", copy->to->name);
	return rows ? ask_duplicates(decider, copy, key, cni_buffer_text(&groups), rows, err)
		    : CN_OK;
}

cn_status cni_preflight_keys(cni_decider *decider, size_t index, cn_error *err)
{
	const cni_copy *copy = &decider->copies[index];
	const cni_ddl_table *to = &copy->to->ddl.table;
	const cni_schema *schema = decider->input->to;
	for (size_t i = 0; i < to->constraint_count; i++) {
		const cni_ddl_constraint *constraint = &to->constraints[i];
		const struct key new = {.parts = constraint->parts,
			.part_count = constraint->part_count,
			.name = constraint->name,
			.primary = constraint->kind == CNI_PRIMARY_KEY};
		if (constraint->kind == CNI_PRIMARY_KEY || constraint->kind == CNI_UNIQUE)
			TRY(check_key(decider, index, &new, err));
	}
	for (size_t i = 0; i < schema->object_count; i++) {
		const cni_ddl_index *is = &schema->objects[i].ddl.index;
		if (schema->objects[i].ddl.kind != CNI_DDL_INDEX || !is->unique ||
			!cni_same(is->table, to->name))
			continue;
		const struct key new = {.parts = is->parts,
			.part_count = is->part_count,
			.where = is->where_sql,
			.name = is->name};
		TRY(check_key(decider, index, &new, err));
	}
	return CN_OK;
}
