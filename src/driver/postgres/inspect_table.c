/* inspect_table.c - tables with their columns and constraints, and indexes. See inspect.h. */
#include <string.h>

#include "base/text.h"
#include "base/try.h"
#include "driver/postgres/inspect.h"
#include "sql/lexer.h"

static cn_status no_memory(cn_error *err) { return cn_fail(err, CN_ENOMEM, "out of memory"); }

/* ---- tables ---- */

#define NOT_OF_EXTENSION(catalog, oid)                                           \
	" AND NOT EXISTS (SELECT 1 FROM pg_depend x WHERE x.classid = '" catalog \
	"'::regclass AND x.objid = " oid " AND x.deptype = 'e')"

static cn_status take_table(pg_inspection *in, cni_stmt *row, cn_error *err)
{
	if (cni_own_table(cni_stmt_text(row, 1)))
		return CN_OK;
	pg_node *node = cni_pg_node_new(in, PG_CLASS, cni_stmt_int(row, 0), CNI_DDL_TABLE);
	if (!node)
		return no_memory(err);
	cni_ddl_table *table = &node->ddl.table;
	const char *key = cni_stmt_text(row, 2);
	table->name = cni_pg_kept(in, row, 1);
	table->rest_sql = key ? cni_printf(in->arena, "PARTITION BY %s", key) : NULL;
	table->partition_of = cni_pg_kept(in, row, 3);
	table->bound_sql = cni_pg_kept(in, row, 4);
	return CN_OK;
}

cn_status cni_pg_find_tables(pg_inspection *in, cn_error *err)
{
	return cni_pg_look(in,
		"SELECT c.oid::int8, c.relname::text, pg_get_partkeydef(c.oid), p.relname::text, "
		"CASE WHEN c.relispartition THEN pg_get_expr(c.relpartbound, c.oid, true) END "
		"FROM pg_class c LEFT JOIN pg_inherits i ON i.inhrelid = c.oid AND c.relispartition "
		"LEFT JOIN pg_class p ON p.oid = i.inhparent "
		"WHERE c.relnamespace = @s AND c.relkind IN ('r', 'p')" NOT_OF_EXTENSION(
			"pg_class", "c.oid") " ORDER BY c.relname COLLATE \"C\"",
		take_table, err);
}

/* ---- columns ---- */

static cn_status take_column(pg_inspection *in, cni_stmt *row, cn_error *err)
{
	pg_node *node = cni_pg_node(in, PG_CLASS, cni_stmt_int(row, 0));
	cni_ddl_column column = {0};

	if (!node || node->ddl.kind != CNI_DDL_TABLE)
		return CN_OK;
	column.name = cni_pg_kept(in, row, 1);
	column.type = cni_pg_kept(in, row, 2);
	column.not_null = cni_stmt_int(row, 3) != 0;
	column.generated_stored = cni_stmt_int(row, 5) != 0;
	if (column.generated_stored)
		column.generated_sql = cni_pg_kept(in, row, 4);
	else
		column.default_sql = cni_pg_kept(in, row, 4);
	column.identity = (cni_ddl_identity)cni_stmt_int(row, 6);
	column.collate = cni_pg_kept(in, row, 7);
	column.identity_sql = cni_pg_kept(in, row, 8);
	column.comment = cni_pg_kept(in, row, 9);
	if (!CNI_PUSH(in->arena, node->ddl.table.columns, node->ddl.table.column_count, column))
		return no_memory(err);
	return CN_OK;
}

/* What ADD … AS IDENTITY says by itself for an ascending sequence of that type is not said. */
#define IDENTITY_OPTIONS                                                                           \
	"(SELECT nullif(concat_ws(' ', CASE WHEN q.seqstart <> 1 THEN 'START ' || q.seqstart END," \
	" CASE WHEN q.seqincrement <> 1 THEN 'INCREMENT ' || q.seqincrement END,"                  \
	" CASE WHEN q.seqmin <> 1 THEN 'MINVALUE ' || q.seqmin END,"                               \
	" CASE WHEN q.seqmax <> CASE q.seqtypid::int WHEN 21 THEN 32767 WHEN 23 THEN 2147483647"   \
	" ELSE 9223372036854775807 END THEN 'MAXVALUE ' || q.seqmax END,"                          \
	" CASE WHEN q.seqcache <> 1 THEN 'CACHE ' || q.seqcache END,"                              \
	" CASE WHEN q.seqcycle THEN 'CYCLE' END), '')"                                             \
	" FROM pg_depend d JOIN pg_sequence q ON q.seqrelid = d.objid"                             \
	" WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass"          \
	" AND d.refobjid = a.attrelid AND d.refobjsubid = a.attnum AND d.deptype = 'i')"

static cn_status read_columns(pg_inspection *in, cn_error *err)
{
	return cni_pg_look(in,
		"SELECT a.attrelid::int8, a.attname::text, format_type(a.atttypid, a.atttypmod), "
		"a.attnotnull::int, pg_get_expr(f.adbin, f.adrelid), (a.attgenerated = 's')::int, "
		"CASE a.attidentity WHEN 'd' THEN 1 WHEN 'a' THEN 2 ELSE 0 END, "
		"CASE WHEN a.attcollation <> t.typcollation THEN l.collname::text END, "
		"CASE WHEN a.attidentity <> '' THEN " IDENTITY_OPTIONS " END, "
		"col_description(a.attrelid, a.attnum) "
		"FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid "
		"JOIN pg_type t ON t.oid = a.atttypid "
		"LEFT JOIN pg_attrdef f ON f.adrelid = a.attrelid AND f.adnum = a.attnum "
		"LEFT JOIN pg_collation l ON l.oid = a.attcollation "
		"WHERE c.relnamespace = @s AND c.relkind IN ('r', 'p') AND a.attnum > 0 "
		"AND NOT a.attisdropped ORDER BY a.attrelid, a.attnum",
		take_column, err);
}

/* ---- constraints ---- */

static cni_action action_of(const char *letter)
{
	switch (letter ? *letter : 'a') {
	case 'r': return CNI_RESTRICT;
	case 'c': return CNI_CASCADE;
	case 'n': return CNI_SET_NULL;
	case 'd': return CNI_SET_DEFAULT;
	default: return CNI_NO_ACTION;
	}
}

static cni_constraint_kind kind_of(const char *letter)
{
	switch (*letter) {
	case 'p': return CNI_PRIMARY_KEY;
	case 'u': return CNI_UNIQUE;
	case 'f': return CNI_FOREIGN_KEY;
	case 'x': return CNI_EXCLUDE;
	default: return CNI_CHECK;
	}
}

/* "UNIQUE (a, b) INCLUDE (c) DEFERRABLE": what stands behind the columns, but for what the fields
 * tell. */
static const char *rest_of(pg_inspection *in, const char *definition)
{
	static const char *const ends[] = {
		" INITIALLY DEFERRED", " DEFERRABLE", " NOT VALID", " NO INHERIT"};
	cni_lexer lexer;
	size_t depth = 0;

	cni_lexer_init(&lexer, definition, strlen(definition));
	for (cni_token token; (token = cni_lexer_next(&lexer)).kind != CNI_TOKEN_END;) {
		depth += cni_token_is_op(&token, "(");
		if (!cni_token_is_op(&token, ")") || --depth)
			continue;
		const char *rest = token.text + token.size + strspn(token.text + token.size, " ");
		char *copy = cni_printf(in->arena, " %s", rest);
		for (size_t i = 0; copy && i < CNI_COUNT(ends); i++)
			if (cni_ends(copy, ends[i]))
				copy[strlen(copy) - strlen(ends[i])] = '\0';
		return copy && copy[strspn(copy, " ")] ? copy + 1 : NULL;
	}
	return NULL;
}

static cn_status take_constraint(pg_inspection *in, cni_stmt *row, cn_error *err)
{
	pg_node *node = cni_pg_node(in, PG_CLASS, cni_stmt_int(row, 0));
	cni_ddl_constraint c = {0};

	if (!node || node->ddl.kind != CNI_DDL_TABLE)
		return CN_OK;
	c.kind = kind_of(cni_stmt_text(row, 2));
	c.name = cni_pg_kept(in, row, 1);
	c.deferrable = cni_stmt_int(row, 3) != 0;
	c.initially_deferred = cni_stmt_int(row, 4) != 0;
	c.not_valid = cni_stmt_int(row, 5) != 0;
	c.no_inherit = c.kind == CNI_CHECK && cni_stmt_int(row, 6) != 0;
	const char *definition = cni_pg_kept(in, row, 7);
	if (c.kind == CNI_CHECK)
		c.check_sql = cni_pg_kept(in, row, 8);
	else if (c.kind == CNI_EXCLUDE)
		c.check_sql = definition + strlen("EXCLUDE ");
	else if (c.kind != CNI_FOREIGN_KEY)
		c.rest_sql = rest_of(in, definition);
	if (c.kind == CNI_EXCLUDE && c.deferrable) { /* the fields tell it */
		char *cut = cni_strdup(in->arena, c.check_sql);
		char *at = cut ? strstr(cut, " DEFERRABLE") : NULL;
		if (at)
			*at = '\0';
		c.check_sql = cut;
	}
	c.nulls_equal = cni_stmt_int(row, 9) != 0;
	c.parent = cni_pg_kept(in, row, 10);
	c.parent_schema = cni_pg_kept(in, row, 11);
	c.on_update = action_of(cni_stmt_text(row, 12));
	c.on_delete = action_of(cni_stmt_text(row, 13));
	c.match = cni_stmt_int(row, 14) ? "FULL" : NULL;
	c.set_columns_sql = cni_pg_kept(in, row, 15);
	if (!CNI_PUSH(in->arena, node->ddl.table.constraints, node->ddl.table.constraint_count, c))
		return no_memory(err);
	return CN_OK;
}

/* Of a partition only what is its own; of a NOT NULL (version 18) its column tells. */
#define OWN_CONSTRAINT                                                                       \
	"k.connamespace = @s AND k.conrelid <> 0 AND k.contype IN ('p', 'u', 'c', 'f', 'x')" \
	" AND k.conparentid = 0 AND k.conislocal"

static cn_status read_constraints(pg_inspection *in, cn_error *err)
{
	return cni_pg_look(in,
		"SELECT k.conrelid::int8, k.conname::text, k.contype::text, k.condeferrable::int, "
		"k.condeferred::int, (NOT k.convalidated)::int, k.connoinherit::int, "
		"pg_get_constraintdef(k.oid, true), "
		"CASE WHEN k.contype = 'c' THEN pg_get_expr(k.conbin, k.conrelid, true) END, "
		"coalesce((to_jsonb(x)->>'indnullsnotdistinct')::bool, false)::int, "
		"r.relname::text, CASE WHEN r.relnamespace NOT IN (@s, @h) THEN "
		"(SELECT nspname::text FROM pg_namespace WHERE oid = r.relnamespace) END, "
		"k.confupdtype::text, k.confdeltype::text, (k.confmatchtype = 'f')::int, "
		"(SELECT '(' || string_agg(quote_ident(a.attname), ', ' ORDER BY s.n) || ')' "
		"FROM jsonb_array_elements_text(CASE WHEN jsonb_typeof(to_jsonb(k)->'confdelsetcols') "
		"= 'array' THEN to_jsonb(k)->'confdelsetcols' ELSE '[]' END) WITH ORDINALITY s(k, n) "
		"JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = s.k::int) "
		"FROM pg_constraint k LEFT JOIN pg_class r ON r.oid = k.confrelid "
		"LEFT JOIN pg_index x ON x.indexrelid = k.conindid AND k.contype IN ('p', 'u') "
		"WHERE " OWN_CONSTRAINT
		" ORDER BY k.conrelid, array_position('{p,u,x,c,f}'::text[], k.contype::text), "
		"k.conname COLLATE \"C\"",
		take_constraint, err);
}

static cni_ddl_constraint *constraint_of(pg_node *node, const char *name)
{
	for (size_t i = 0; i < node->ddl.table.constraint_count; i++)
		if (strcmp(node->ddl.table.constraints[i].name, name) == 0)
			return &node->ddl.table.constraints[i];
	return NULL;
}

static cn_status take_key_part(pg_inspection *in, cni_stmt *row, cn_error *err)
{
	pg_node *node = cni_pg_node(in, PG_CLASS, cni_stmt_int(row, 0));
	cni_ddl_constraint *c = node && node->ddl.kind == CNI_DDL_TABLE
					? constraint_of(node, cni_stmt_text(row, 1))
					: NULL;
	cni_ddl_part part = {0};
	const char *parent;

	if (!c || c->kind == CNI_CHECK || c->kind == CNI_EXCLUDE)
		return CN_OK;
	part.name = cni_pg_kept(in, row, 2);
	part.expr_sql = part.name;
	if (!CNI_PUSH(in->arena, c->parts, c->part_count, part))
		return no_memory(err);
	parent = cni_pg_kept(in, row, 3);
	if (c->kind == CNI_FOREIGN_KEY &&
		!CNI_PUSH(in->arena, c->parent_columns, c->parent_column_count, parent))
		return no_memory(err);
	return CN_OK;
}

static cn_status read_key_parts(pg_inspection *in, cn_error *err)
{
	return cni_pg_look(in,
		"SELECT k.conrelid::int8, k.conname::text, a.attname::text, b.attname::text "
		"FROM pg_constraint k CROSS JOIN LATERAL unnest(k.conkey, k.confkey) "
		"WITH ORDINALITY s(own, parent, n) "
		"JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = s.own "
		"LEFT JOIN pg_attribute b ON b.attrelid = k.confrelid AND b.attnum = s.parent "
		"WHERE " OWN_CONSTRAINT " ORDER BY k.conrelid, k.conname, s.n",
		take_key_part, err);
}

/* ---- indexes ---- */

/* "CREATE INDEX i ON t USING btree (a)": from USING on. Names are quoted there as quote_ident
 * quotes them, so the first USING that is a word of its own is the one. */
static const char *definition_of(pg_inspection *in, const char *create)
{
	cni_lexer lexer;

	cni_lexer_init(&lexer, create, strlen(create));
	for (cni_token token; (token = cni_lexer_next_solid(&lexer)).kind != CNI_TOKEN_END;)
		if (cni_token_is(&token, "USING"))
			return cni_strdup(in->arena, token.text);
	return NULL;
}

static cn_status take_index(pg_inspection *in, cni_stmt *row, cn_error *err)
{
	if (cni_own_table(cni_stmt_text(row, 2)))
		return CN_OK;
	pg_node *node = cni_pg_node_new(in, PG_CLASS, cni_stmt_int(row, 0), CNI_DDL_INDEX);
	if (!node)
		return no_memory(err);
	cni_ddl_index *index = &node->ddl.index;
	index->name = cni_pg_kept(in, row, 1);
	index->table = cni_pg_kept(in, row, 2);
	index->unique = cni_stmt_int(row, 3) != 0;
	index->definition_sql = definition_of(in, cni_stmt_text(row, 4));
	index->where_sql = cni_pg_kept(in, row, 5);
	index->invalid = cni_stmt_int(row, 6) != 0;
	return CN_OK;
}

static cn_status take_index_part(pg_inspection *in, cni_stmt *row, cn_error *err)
{
	pg_node *node = cni_pg_node(in, PG_CLASS, cni_stmt_int(row, 0));
	cni_ddl_part part = {0};

	if (!node || node->ddl.kind != CNI_DDL_INDEX)
		return CN_OK;
	part.name = cni_pg_kept(in, row, 1);
	part.expr_sql = cni_pg_kept(in, row, 2);
	part.desc = cni_stmt_int(row, 3) != 0;
	if (!CNI_PUSH(in->arena, node->ddl.index.parts, node->ddl.index.part_count, part))
		return no_memory(err);
	return CN_OK;
}

#define OWN_INDEX                                                                                \
	"c.relnamespace = @s AND c.relkind IN ('i', 'I') AND NOT c.relispartition"               \
	" AND NOT EXISTS (SELECT 1 FROM pg_depend x WHERE x.classid = 'pg_class'::regclass AND " \
	"x.objid = c.oid AND x.deptype IN ('i', 'e'))"                                           \
	" AND NOT EXISTS (SELECT 1 FROM pg_depend x WHERE x.classid = 'pg_class'::regclass AND " \
	"x.objid = t.oid AND x.deptype = 'e')"

cn_status cni_pg_find_indexes(pg_inspection *in, cn_error *err)
{
	return cni_pg_look(in,
		"SELECT c.oid::int8, c.relname::text, t.relname::text, x.indisunique::int, "
		"pg_get_indexdef(c.oid, 0, true), pg_get_expr(x.indpred, x.indrelid, true), "
		"(NOT x.indisvalid)::int FROM pg_class c JOIN pg_index x ON x.indexrelid = c.oid "
		"JOIN pg_class t ON t.oid = x.indrelid WHERE " OWN_INDEX
		" ORDER BY t.relname COLLATE \"C\", c.relname COLLATE \"C\"",
		take_index, err);
}

static cn_status read_index_parts(pg_inspection *in, cn_error *err)
{
	return cni_pg_look(in,
		"SELECT c.oid::int8, a.attname::text, pg_get_indexdef(c.oid, n, true), "
		"(x.indoption[n - 1] & 1)::int FROM pg_class c JOIN pg_index x ON x.indexrelid = c.oid "
		"JOIN pg_class t ON t.oid = x.indrelid "
		"CROSS JOIN LATERAL generate_series(1, x.indnkeyatts::int) n "
		"LEFT JOIN pg_attribute a ON a.attrelid = x.indrelid AND a.attnum = x.indkey[n - 1] "
		"AND a.attnum > 0 WHERE " OWN_INDEX " ORDER BY c.oid, n",
		take_index_part, err);
}

cn_status cni_pg_fill_tables(pg_inspection *in, cn_error *err)
{
	TRY(read_columns(in, err));
	TRY(read_constraints(in, err));
	TRY(read_key_parts(in, err));
	return read_index_parts(in, err);
}
