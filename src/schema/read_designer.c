/*
 * read_designer.c - a design drawn in WWW SQL Designer as a schema for SQLite.
 *
 * Elements stand in any order, unknown ones are passed over. What is missing or wrong is mended
 * where one meaning is likely, and always said in the notes; what is left out is said too. Names
 * that the design does not give are made: fk_, uq_, ck_, ix_ + table + columns.
 */
#include <string.h>

#include "base/text.h"
#include "base/try.h"
#include "schema/designer.h"
#include "schema/kept.h"
#include "sql/lexer.h"

enum { COLUMNS_MAX = 2000 /* SQLite's own bound */ };

typedef struct design_table {
	const cni_xml_node *node;
	const cni_xml_node **rows; /* the row that each column was */
	cni_designer_type *types;
	size_t type_count, row_count;
	cni_ddl_table ddl;
} design_table;

typedef struct design {
	cni_arena *arena;
	cni_notes notes;
	cn_error *err;
	design_table *tables;
	size_t table_count;
	cni_ddl *indexes;
	size_t index_count;
} design;

static cn_status out_of_memory(const design *d)
{
	return cn_fail(d->err, CN_ENOMEM, "out of memory");
}

/* ---- names ---- */

static design_table *find_table(const design *d, const char *name)
{
	for (size_t i = 0; name && i < d->table_count; i++)
		if (cni_same(d->tables[i].ddl.name, name))
			return &d->tables[i];
	return NULL;
}

static bool is_index(const design *d, const char *name)
{
	for (size_t i = 0; i < d->index_count; i++)
		if (cni_same(d->indexes[i].index.name, name))
			return true;
	return false;
}

static bool is_constraint(const design_table *table, const char *name)
{
	for (size_t i = 0; i < table->ddl.constraint_count; i++)
		if (cni_same(table->ddl.constraints[i].name, name))
			return true;
	return false;
}

/* "ix_product_name_price" */
static const char *made_name(design *d, const char *prefix, const design_table *table,
	const cni_ddl_part *parts, size_t count)
{
	CLEANUP(cni_buffer_done) cni_buffer name = {0};

	cni_buffer_printf(&name, "%s_%s", prefix, table->ddl.name);
	for (size_t i = 0; i < count; i++)
		cni_buffer_printf(&name, "_%s", parts[i].name);
	return cni_buffer_keep(&name, d->arena);
}

static const char *free_constraint_name(design *d, const design_table *table, const char *wanted)
{
	const char *name = wanted;

	for (unsigned n = 2; name && is_constraint(table, name); n++)
		name = cni_printf(d->arena, "%s_%u", wanted, n);
	return name;
}

static const char *table_name(design *d, const cni_xml_node *node)
{
	const char *wanted = cni_xml_get(node, "name"), *name;

	if (!wanted || !*wanted) {
		wanted = cni_printf(d->arena, "table_%zu", d->table_count + 1);
		cni_note(&d->notes, node->line, "a table has no name: called %s", wanted);
	}
	if (wanted && cni_ncasecmp(wanted, "sqlite_", strlen("sqlite_")) == 0) {
		cni_note(&d->notes, node->line,
			"table %s: names that begin with sqlite_ are SQLite's own: called t_%s",
			wanted, wanted);
		wanted = cni_printf(d->arena, "t_%s", wanted);
	}
	name = wanted;
	for (unsigned n = 2; name && find_table(d, name); n++)
		name = cni_printf(d->arena, "%s_%u", wanted, n);
	if (name != wanted)
		cni_note(&d->notes, node->line, "table %s is there already: called %s", wanted,
			name);
	return name;
}

static const char *column_name(design *d, const design_table *table, const cni_xml_node *row)
{
	const char *wanted = cni_xml_get(row, "name"), *name;

	if (!wanted || !*wanted) {
		wanted = cni_printf(d->arena, "column_%zu", table->ddl.column_count + 1);
		cni_note(&d->notes, row->line, "a row of table %s has no name: called %s",
			table->ddl.name, wanted);
	}
	name = wanted;
	for (unsigned n = 2; name && cni_table_column(&table->ddl, name) >= 0; n++)
		name = cni_printf(d->arena, "%s_%u", wanted, n);
	if (name != wanted)
		cni_note(&d->notes, row->line, "%s.%s is there already: called %s", table->ddl.name,
			wanted, name);
	return name;
}

/* ---- rows ---- */

static const char *child_text(const cni_xml_node *node, const char *name)
{
	const cni_xml_node *child = cni_xml_find(node->children, name);

	return child ? child->text : "";
}

static const char *comment_of(const cni_xml_node *node)
{
	const char *text = child_text(node, "comment");

	return *text ? text : NULL;
}

/* "0", "1"; what else it says is noted. */
static bool flag(
	design *d, const cni_xml_node *row, const char *attribute, bool missing, const char *column)
{
	const char *value = cni_xml_get(row, attribute);

	if (value && (strcmp(value, "0") == 0 || strcmp(value, "1") == 0))
		return *value == '1';
	if (value)
		cni_note(&d->notes, row->line, "%s: %s is \"%s\", not 0 or 1: taken as %d", column,
			attribute, value, missing);
	else if (strcmp(attribute, "null") == 0)
		cni_note(&d->notes, row->line, "%s: whether it can be NULL is not said: it can",
			column);
	return missing;
}

static bool add_constraint(design *d, design_table *table, cni_ddl_constraint constraint)
{
	return CNI_PUSH(d->arena, table->ddl.constraints, table->ddl.constraint_count, constraint);
}

static cni_ddl_part *one_part(design *d, const char *name)
{
	CLEANUP(cni_buffer_done) cni_buffer sql = {0};
	cni_ddl_part *part = cni_alloc(d->arena, sizeof *part);

	cni_quote_name_if(&sql, name);
	if (part)
		*part = (cni_ddl_part){.name = name, .expr_sql = cni_buffer_keep(&sql, d->arena)};
	return part;
}

/* An ENUM's values become a CHECK. */
static bool add_values(design *d, design_table *table, const char *column, const char *values)
{
	CLEANUP(cni_buffer_done) cni_buffer sql = {0};
	cni_ddl_constraint check = {
		.kind = CNI_CHECK, .at_column = true, .column = table->ddl.column_count - 1};
	cni_ddl_part *part = one_part(d, column);

	cni_quote_name_if(&sql, column);
	cni_buffer_printf(&sql, " IN (%s)", values);
	check.check_sql = cni_buffer_keep(&sql, d->arena);
	if (!part || !check.check_sql)
		return false;
	check.name = made_name(d, "ck", table, part, 1);
	return check.name && add_constraint(d, table, check);
}

static cn_status read_row(design *d, design_table *table, const cni_xml_node *row)
{
	cni_designer reading = {
		.arena = d->arena, .notes = &d->notes, .row = row, .table = table->ddl.name};
	const char *name = column_name(d, table, row);

	if (!name)
		return out_of_memory(d);
	if (table->ddl.column_count == COLUMNS_MAX)
		return cn_fail(d->err, CN_EARG, "table \"%s\" has more than %d columns",
			table->ddl.name, COLUMNS_MAX);
	cni_designer_type type =
		cni_designer_type_read(&reading, name, child_text(row, "datatype"));
	cni_ddl_column column = {
		.name = name,
		.type = type.type,
		.not_null = !flag(d, row, "null", true, name),
		.default_sql =
			cni_designer_default_read(&reading, name, child_text(row, "default")),
		.comment = comment_of(row),
	};
	if (!CNI_PUSH(d->arena, table->ddl.columns, table->ddl.column_count, column) ||
		!CNI_PUSH(d->arena, table->types, table->type_count, type) ||
		!CNI_PUSH(d->arena, table->rows, table->row_count, row) ||
		(type.values && !add_values(d, table, name, type.values)))
		return out_of_memory(d);
	return CN_OK;
}

/* ---- keys ---- */

static cn_status read_parts(design *d, const design_table *table, const cni_xml_node *key,
	cni_ddl_part **ret, size_t *ret_count)
{
	cni_ddl_part *parts = NULL;
	size_t count = 0;

	for (const cni_xml_node *n = cni_xml_find(key->children, "part"); n;
		n = cni_xml_find(n->next, "part")) {
		long at = cni_table_column(&table->ddl, n->text);
		bool twice = false;
		for (size_t i = 0; i < count; i++)
			twice = twice || cni_same(parts[i].name, n->text);
		if (at < 0 || twice) {
			cni_note(&d->notes, n->line,
				"a key of table %s names the column %s, which is %s: left out of the key",
				table->ddl.name, n->text, twice ? "in it already" : "not there");
			continue;
		}
		cni_ddl_part *part = one_part(d, table->ddl.columns[at].name);
		if (!part || !CNI_PUSH(d->arena, parts, count, *part))
			return out_of_memory(d);
	}
	*ret = parts;
	*ret_count = count;
	return CN_OK;
}

static cn_status read_primary(
	design *d, design_table *table, const cni_xml_node *key, cni_ddl_part *parts, size_t count)
{
	if (cni_table_primary_key(&table->ddl)) {
		cni_note(&d->notes, key->line, "table %s has a second PRIMARY KEY: left out",
			table->ddl.name);
		return CN_OK;
	}
	long at = cni_table_column(&table->ddl, parts[0].name);
	bool rowid = count == 1 && table->types[at].integer;
	cni_ddl_constraint primary = {.kind = CNI_PRIMARY_KEY,
		.parts = parts,
		.part_count = count,
		.at_column = count == 1,
		.column = (size_t)at};
	for (size_t i = 0; i < count; i++) /* SQLite would allow NULL in a primary key */
		table->ddl.columns[cni_table_column(&table->ddl, parts[i].name)].not_null = !rowid;
	if (rowid)
		table->ddl.columns[at].default_sql = NULL; /* it would never be used */
	else if (!(primary.name = made_name(d, "pk", table, NULL, 0)))
		return out_of_memory(d);
	return add_constraint(d, table, primary) ? CN_OK : out_of_memory(d);
}

static cn_status read_unique(
	design *d, design_table *table, const cni_xml_node *key, cni_ddl_part *parts, size_t count)
{
	const char *name = cni_xml_get(key, "name");
	cni_ddl_constraint unique = {.kind = CNI_UNIQUE,
		.parts = parts,
		.part_count = count,
		.at_column = count == 1,
		.column = (size_t)cni_table_column(&table->ddl, parts[0].name)};

	if (!name || !*name)
		name = made_name(d, "uq", table, parts, count);
	if (!name || !(unique.name = free_constraint_name(d, table, name)) ||
		!add_constraint(d, table, unique))
		return out_of_memory(d);
	return CN_OK;
}

/* Other engines keep the names of indexes by table, SQLite in one space with the tables. */
static cn_status read_index(design *d, const design_table *table, const cni_xml_node *key,
	cni_ddl_part *parts, size_t count)
{
	const char *wanted = cni_xml_get(key, "name"),
		   *made = made_name(d, "ix", table, parts, count);
	const char *name = wanted && *wanted ? wanted : made;
	cni_ddl index = {.kind = CNI_DDL_INDEX,
		.index = {.table = table->ddl.name, .parts = parts, .part_count = count}};

	if (name && (is_index(d, name) || find_table(d, name) || cni_starts(name, "sqlite_")))
		name = made;
	for (unsigned n = 2; name && (is_index(d, name) || find_table(d, name)); n++)
		name = cni_printf(d->arena, "%s_%u", made, n);
	if (!name)
		return out_of_memory(d);
	if (wanted && *wanted && name != wanted)
		cni_note(&d->notes, key->line,
			"the index %s of table %s is called %s: the name is taken", wanted,
			table->ddl.name, name);
	index.index.name = name;
	return CNI_PUSH(d->arena, d->indexes, d->index_count, index) ? CN_OK : out_of_memory(d);
}

static cn_status read_key(design *d, design_table *table, const cni_xml_node *key)
{
	const char *type = cni_xml_get(key, "type");
	cni_ddl_part *parts;
	size_t count;

	TRY(read_parts(d, table, key, &parts, &count));
	if (!count) {
		cni_note(&d->notes, key->line, "a key of table %s has no columns: left out",
			table->ddl.name);
		return CN_OK;
	}
	if (cni_same(type, "PRIMARY"))
		return read_primary(d, table, key, parts, count);
	if (cni_same(type, "UNIQUE"))
		return read_unique(d, table, key, parts, count);
	if (cni_same(type, "FULLTEXT")) {
		cni_note(&d->notes, key->line,
			"the FULLTEXT key of table %s is left out: in SQLite that is a table of its own (FTS5)",
			table->ddl.name);
		return CN_OK;
	}
	if (!cni_same(type, "INDEX"))
		cni_note(&d->notes, key->line,
			"a key of table %s has the type \"%s\": taken as INDEX", table->ddl.name,
			type ? type : "");
	return read_index(d, table, key, parts, count);
}

static void read_autoincrement(design *d, design_table *table)
{
	long alias = cni_table_rowid_alias(&table->ddl);

	for (size_t i = 0; i < table->ddl.column_count; i++) {
		const char *name = table->ddl.columns[i].name;
		bool serial = flag(d, table->rows[i], "autoincrement", false, name) ||
			      table->types[i].serial;
		if (!serial)
			continue;
		if (alias != (long)i) {
			cni_note(&d->notes, table->rows[i]->line,
				"%s.%s: autoincrement is left out: it belongs to a primary key of one INTEGER column",
				table->ddl.name, name);
			continue;
		}
		for (size_t k = 0; k < table->ddl.constraint_count; k++)
			if (table->ddl.constraints[k].kind == CNI_PRIMARY_KEY)
				table->ddl.constraints[k].autoincrement = true;
	}
}

static cn_status read_table(design *d, const cni_xml_node *node)
{
	design_table table = {.node = node};

	table.ddl.name = table_name(d, node);
	table.ddl.comment = comment_of(node);
	if (!table.ddl.name)
		return out_of_memory(d);
	for (const cni_xml_node *n = cni_xml_find(node->children, "row"); n;
		n = cni_xml_find(n->next, "row"))
		TRY(read_row(d, &table, n));
	if (!table.ddl.column_count) {
		cni_note(
			&d->notes, node->line, "table %s has no columns: left out", table.ddl.name);
		return CN_OK;
	}
	return CNI_PUSH(d->arena, d->tables, d->table_count, table) ? CN_OK : out_of_memory(d);
}

static cn_status read_keys(design *d, design_table *table)
{
	const cni_xml_node *n = cni_xml_find(table->node->children, "key");

	for (; n; n = cni_xml_find(n->next, "key"))
		TRY(read_key(d, table, n));
	read_autoincrement(d, table);
	return CN_OK;
}

/* ---- relations ---- */

/* Only a key of its own can be referred to; otherwise every change of the child fails later. */
static bool is_key(const cni_ddl_table *table, const char *column)
{
	for (size_t i = 0; i < table->constraint_count; i++) {
		const cni_ddl_constraint *key = &table->constraints[i];
		if ((key->kind == CNI_PRIMARY_KEY || key->kind == CNI_UNIQUE) &&
			key->part_count == 1 && cni_same(key->parts[0].name, column))
			return true;
	}
	return false;
}

static cn_status read_relation(
	design *d, design_table *table, size_t column, const cni_xml_node *relation)
{
	const char *parent_name = cni_xml_get(relation, "table"),
		   *row = cni_xml_get(relation, "row");
	const design_table *parent = find_table(d, parent_name);
	long at = parent && row ? cni_table_column(&parent->ddl, row) : -1;
	const char *why = !parent                      ? "there is no such table"
			  : at < 0                     ? "there is no such column"
			  : !is_key(&parent->ddl, row) ? "it is neither the primary key nor unique"
						       : NULL;

	if (why) {
		cni_note(&d->notes, relation->line, "%s.%s: the relation to %s.%s is left out: %s",
			table->ddl.name, table->ddl.columns[column].name,
			parent_name ? parent_name : "?", row ? row : "?", why);
		return CN_OK;
	}
	const char **parent_columns = cni_alloc(d->arena, sizeof *parent_columns);
	cni_ddl_constraint key = {.kind = CNI_FOREIGN_KEY,
		.at_column = true,
		.column = column,
		.parts = one_part(d, table->ddl.columns[column].name),
		.part_count = 1,
		.parent = parent->ddl.name,
		.parent_columns = parent_columns,
		.parent_column_count = 1};
	if (!parent_columns || !key.parts)
		return out_of_memory(d);
	parent_columns[0] = parent->ddl.columns[at].name;
	const char *name = made_name(d, "fk", table, key.parts, 1);
	if (!name || !(key.name = free_constraint_name(d, table, name)) ||
		!add_constraint(d, table, key))
		return out_of_memory(d);
	return CN_OK;
}

static cn_status read_relations(design *d, design_table *table)
{
	for (size_t i = 0; i < table->row_count; i++) {
		const cni_xml_node *n = cni_xml_find(table->rows[i]->children, "relation");
		for (; n; n = cni_xml_find(n->next, "relation"))
			TRY(read_relation(d, table, i, n));
	}
	return CN_OK;
}

/* ---- the whole ---- */

static cn_status read_design(design *d, const cni_xml_node *root)
{
	if (strcmp(root->name, "sql") != 0) {
		cn_error_set(d->err, CN_EARG, "not a WWW SQL Designer file");
		cn_error_detail(d->err, "its first element is <%.100s>, not <sql>", root->name);
		return CN_EARG;
	}
	for (const cni_xml_node *n = cni_xml_find(root->children, "table"); n;
		n = cni_xml_find(n->next, "table"))
		TRY(read_table(d, n));
	/* keys know all tables (an index must not take a table's name), relations all keys */
	for (size_t i = 0; i < d->table_count; i++)
		TRY(read_keys(d, &d->tables[i]));
	for (size_t i = 0; i < d->table_count; i++)
		TRY(read_relations(d, &d->tables[i]));
	return CN_OK;
}

static cn_status add_all(const design *d, cni_schema *schema)
{
	for (size_t i = 0; i < d->table_count; i++) {
		cni_ddl ddl = {.kind = CNI_DDL_TABLE, .table = d->tables[i].ddl};
		TRY(cni_schema_add(schema, &ddl, d->err));
	}
	for (size_t i = 0; i < d->index_count; i++)
		TRY(cni_schema_add(schema, &d->indexes[i], d->err));
	return CN_OK;
}

cn_status cni_schema_read_designer(
	cni_schema *schema, const char *xml, size_t size, cni_buffer *notes, cn_error *err)
{
	CLEANUP(cni_arena_done) cni_arena arena = {0};
	design d = {.arena = &arena, .notes = {.out = notes}, .err = err};
	cni_xml_node *root;

	TRY(cni_xml_read(&arena, xml, size, &d.notes, &root, err));
	TRY(read_design(&d, root));
	if (arena.failed)
		return out_of_memory(&d);
	return add_all(&d, schema);
}
