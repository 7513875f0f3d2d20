/* random_write.c - a schema made by chance, as CREATE statements. */
#include <string.h>

#include "base/text.h"
#include "base/try.h"
#include "random_schema.h"
#include "sql/lexer.h"

static const char *const conflicts[] = {"", "ROLLBACK", "ABORT", "FAIL", "IGNORE", "REPLACE"};
static const char *const collations[] = {"", "NOCASE", "RTRIM", "BINARY"};
static const char *const actions[] = {
	"", "NO ACTION", "RESTRICT", "SET NULL", "SET DEFAULT", "CASCADE"};

void random_write_name(cni_buffer *out, const char *before, const char *name, const char *after)
{
	cni_buffer_puts(out, before);
	cni_quote_name(out, name);
	cni_buffer_puts(out, after);
}

/* ---- columns ---- */

static unsigned type_of(const random_column *column)
{
	return column->generated ? (column->type & 1 ? 3 : 0) : column->type;
}

const char *random_type_words(const random_table *table, const random_column *column)
{
	static const char *const words[RANDOM_TYPES] = {"INTEGER", "INT", "BIGINT", "TEXT",
		"VARCHAR(20)", "REAL", "DOUBLE PRECISION", "NUMERIC", "DECIMAL(10, 2)", "DATETIME",
		"BLOB", "", "UNSIGNED BIG INT", "FLOATING POINT", "CHARACTER VARYING(255)",
		"\"my text\"", "float", "VAR/* int */CHAR", "[a blob]"};
	static const char *const strict[RANDOM_TYPES] = {"INTEGER", "INT", "INT", "TEXT", "TEXT",
		"REAL", "REAL", "ANY", "ANY", "ANY", "BLOB", "ANY", "INT", "INT", "TEXT", "TEXT",
		"real", "int", "[blob]"};
	return table->strict ? strict[type_of(column)] : words[type_of(column)];
}

random_affinity random_type(const random_table *table, const random_column *column)
{
	static const random_affinity list[RANDOM_TYPES] = {IS_INTEGER, IS_INTEGER, IS_INTEGER,
		IS_TEXT, IS_TEXT, IS_REAL, IS_REAL, IS_NUMERIC, IS_NUMERIC, IS_LOOSE, IS_BLOB,
		IS_ANYTHING, IS_INTEGER, IS_INTEGER, IS_TEXT, IS_TEXT, IS_REAL, IS_INTEGER,
		IS_BLOB};
	random_affinity is = list[type_of(column)];
	return table->strict && (is == IS_NUMERIC || is == IS_LOOSE) ? IS_ANYTHING : is;
}

bool random_has_default(const random_column *column)
{
	return column->default_form && !column->generated;
}

static const char *default_words(const random_table *table, const random_column *column)
{
	static const char *const words[][6] = {
		[IS_INTEGER] = {"42", "-1", "+7", "0x10", "(1 + 1)", "TRUE"},
		[IS_TEXT] = {"'it''s'", "\"dq\"", "(lower('AbC'))", "CURRENT_TIMESTAMP", "'5'",
			"''"},
		[IS_REAL] = {"1.5e2", "-0.5", "(1.0 / 4)", "+2.5", "1e3", "0.1"},
		[IS_NUMERIC] = {"42", "'text'", "(1 + 1)", "-1.5", "CURRENT_DATE", "'5'"},
		[IS_LOOSE] = {"42", "'text'", "(1 + 1)", "-1.5", "CURRENT_DATE", "'5'"},
		[IS_BLOB] = {"x'00ff'", "(zeroblob(2))", "x''", "X'ab'", "(x'01')", "x'6162'"},
		[IS_ANYTHING] = {"'any'", "42", "x'01'", "(1.5)", "bare", "-0.5"},
	};
	return words[random_type(table, column)][column->default_form - 1];
}

bool random_is_volatile(const random_column *column)
{
	random_affinity is = random_type(&(random_table){0}, column);
	return random_has_default(column) &&
	       ((is == IS_TEXT && column->default_form == 4) ||
		       ((is == IS_NUMERIC || is == IS_LOOSE) && column->default_form == 5));
}

static void write_constraint_name(cni_buffer *out, bool named, const char *kind, unsigned id)
{
	if (named)
		cni_buffer_printf(out, " CONSTRAINT \"%s %u\"", kind, id);
}

static void write_conflict(cni_buffer *out, unsigned conflict)
{
	if (conflict)
		cni_buffer_printf(out, " ON CONFLICT %s", conflicts[conflict]);
}

static void write_check(cni_buffer *out, const random_column *column)
{
	static const char *const ends[RANDOM_CHECKS] = {") < 1000)", ") = 'none')", ") IS NOT 0)",
		", 1) NOT BETWEEN 200001 AND 200002 END)", ") IS NOT 13 OR FALSE)",
		"), NULL) IS (2, 3))"};
	write_constraint_name(out, column->named, "ck", column->id);
	cni_buffer_puts(out, " CHECK (");
	switch (column->check) {
	case 1: random_write_name(out, "length(", column->name, ") IS NULL OR length("); break;
	case 2: random_write_name(out, "typeof(", column->name, ") <> 'blob' OR hex("); break;
	case 3: random_write_name(out, "", column->name, " IS NOT 13 AND 0 <= length("); break;
	case 4:
		random_write_name(out, "CASE ", column->name, " WHEN 99 THEN 0 ELSE coalesce(");
		break;
	case 5:
		random_write_name(out, "", column->name, " NOT LIKE '%zz!%' ESCAPE '!' AND (");
		break;
	default:
		random_write_name(out, "", column->name, " IN (1, 'two', NULL) IS NOT 2 OR ((");
		break;
	}
	random_write_name(out, "", column->name, ends[column->check - 1]);
}

static void write_generated(cni_buffer *out, const random_table *table, const random_column *column)
{
	const random_column *source = random_column_by_id(table, column->source);
	bool text = random_type(table, column) == IS_TEXT;
	cni_buffer_puts(out, column->id & 1 ? " GENERATED ALWAYS AS (" : " AS (");
	random_write_name(out, text ? "typeof(" : "coalesce(length(",
		source ? source->name : table->columns[0].name, text ? ")" : "), 0)");
	cni_buffer_puts(out, column->generated == 2 ? ") STORED" : ") VIRTUAL");
}

/* Has it a UNIQUE of its own? The key is one already. */
static bool is_unique(const random_table *table, const random_column *column)
{
	return column->unique &&
	       !(column == table->columns && table->key != KEY_NONE && table->key != KEY_PAIR);
}

/* ---- references ---- */

typedef struct reference_text { /* how it can be said; count 0: not at all */
	const random_table *parent;
	const char *children[2], *parents[2];
	size_t count;
	bool to_key; /* which needs no list of columns */
} reference_text;

static reference_text resolve(
	const random_schema *schema, const random_table *table, const random_reference *reference)
{
	reference_text text = {.parent = random_table_by_id(schema, reference->parent)};
	const random_column *child = random_column_by_id(table, reference->child),
			    *child2 = random_column_by_id(table, reference->child2);
	if (!reference->id || !text.parent || !child)
		return text;
	const random_column *unique = random_column_by_id(text.parent, reference->to_unique);
	text.children[0] = child->name;
	text.parents[0] = text.parent->columns[0].name;
	if (unique && is_unique(text.parent, unique)) {
		text.parents[0] = unique->name;
		text.count = 1;
	} else if (text.parent->key == KEY_PAIR && child2 && child2 != child) {
		text.to_key = true;
		text.children[1] = child2->name;
		text.parents[1] = text.parent->columns[1].name;
		text.count = 2;
	} else if (text.parent->key == KEY_ROWID || text.parent->key == KEY_SINGLE) {
		text.to_key = true;
		text.count = 1;
	}
	return text;
}

static void write_references(
	cni_buffer *out, const random_reference *reference, const reference_text *text)
{
	random_write_name(out, " REFERENCES ", text->parent->name, "");
	for (size_t i = 0; i < text->count && (reference->says_columns || !text->to_key); i++) {
		random_write_name(out, i ? ", " : "(", text->parents[i], "");
		cni_buffer_puts(out, i + 1 == text->count ? ")" : "");
	}
	if (reference->on_delete)
		cni_buffer_printf(out, " ON DELETE %s", actions[reference->on_delete]);
	if (reference->on_update)
		cni_buffer_printf(out, " ON UPDATE %s", actions[reference->on_update]);
	if (reference->deferred)
		cni_buffer_puts(out, " DEFERRABLE INITIALLY DEFERRED");
}

static void write_column_references(const random_schema *schema, const random_table *table,
	const random_column *column, cni_buffer *out)
{
	for (size_t i = 0; i < RANDOM_PARTS; i++) {
		const random_reference *reference = &table->references[i];
		reference_text text = resolve(schema, table, reference);
		if (text.count != 1 || reference->at_table || reference->child != column->id)
			continue;
		write_constraint_name(out, reference->named, "fk", reference->id);
		write_references(out, reference, &text);
	}
}

static void write_table_references(
	const random_schema *schema, const random_table *table, cni_buffer *out)
{
	for (size_t i = 0; i < RANDOM_PARTS; i++) {
		const random_reference *reference = &table->references[i];
		reference_text text = resolve(schema, table, reference);
		if (!text.count || (text.count == 1 && !reference->at_table))
			continue;
		cni_buffer_puts(out, ",");
		write_constraint_name(out, reference->named, "fk", reference->id);
		for (size_t j = 0; j < text.count; j++)
			random_write_name(out, j ? ", " : " FOREIGN KEY (", text.children[j], "");
		cni_buffer_puts(out, ")");
		write_references(out, reference, &text);
	}
}

/* ---- tables ---- */

static void write_key(const random_table *table, cni_buffer *out)
{
	write_constraint_name(out, table->key_named, "pk", table->id);
	cni_buffer_printf(out, " PRIMARY KEY%s", table->key_desc ? " DESC" : "");
	write_conflict(out, table->key_conflict);
	cni_buffer_puts(out, table->autoincrement ? " AUTOINCREMENT" : "");
}

static bool key_at_column(const random_table *table)
{
	return (table->key == KEY_ROWID || table->key == KEY_SINGLE) && !table->key_at_table;
}

static void write_column(
	const random_schema *schema, const random_table *table, size_t at, cni_buffer *out)
{
	const random_column *column = &table->columns[at];
	const char *type = random_type_words(table, column);
	cni_quote_name(out, column->name);
	cni_buffer_printf(out, "%s%s", *type ? " " : "", type);
	if (at == 0 && key_at_column(table))
		write_key(table, out);
	if (column->not_null) {
		write_constraint_name(out, column->named, "nn", column->id);
		cni_buffer_puts(out, " NOT NULL");
		write_conflict(out, column->conflict);
	}
	if (is_unique(table, column)) {
		write_constraint_name(out, column->named, "uq", column->id);
		cni_buffer_puts(out, " UNIQUE");
		write_conflict(out, column->conflict);
	}
	if (column->collate)
		cni_buffer_printf(out, " COLLATE %s", collations[column->collate]);
	if (random_has_default(column))
		cni_buffer_printf(out, " DEFAULT %s", default_words(table, column));
	if (column->check)
		write_check(out, column);
	if (column->generated)
		write_generated(out, table, column);
	write_column_references(schema, table, column, out);
}

static void write_pair(const random_table *table, const char *desc, cni_buffer *out)
{
	random_write_name(out, " (", table->columns[0].name, desc);
	random_write_name(out, ", ", table->columns[1].name, ")");
}

/* One that is a constraint. */
static void write_unique(const random_table *table, const random_index *index, cni_buffer *out)
{
	const random_column *a = random_column_by_id(table, index->a),
			    *b = random_column_by_id(table, index->b);
	if (!index->id || !index->constraint || !a)
		return;
	cni_buffer_puts(out, ",");
	write_constraint_name(out, index->desc, "uq", index->id);
	random_write_name(out, " UNIQUE (", a->name, "");
	if (index->collate == 1 || index->collate == 2)
		cni_buffer_printf(out, " COLLATE %s", collations[index->collate]);
	if (b && b != a)
		random_write_name(out, ", ", b->name, " DESC");
	cni_buffer_puts(out, ")");
	/* two on the same columns must say the same */
	if (b && b != a && table->key != KEY_PAIR)
		write_conflict(out, table->id % CNI_COUNT(conflicts));
}

static void write_constraints(
	const random_schema *schema, const random_table *table, cni_buffer *out)
{
	const char *desc = table->key_desc ? " DESC" : "";
	if (table->key != KEY_NONE && !key_at_column(table)) {
		cni_buffer_puts(out, ",");
		write_constraint_name(out, table->key_named, "pk", table->id);
		cni_buffer_puts(out, " PRIMARY KEY");
		if (table->key == KEY_PAIR) {
			write_pair(table, desc, out);
		} else {
			random_write_name(out, " (", table->columns[0].name, desc);
			cni_buffer_puts(out, ")");
		}
		write_conflict(out, table->key_conflict);
	}
	if (table->unique_pair && table->key != KEY_PAIR) {
		cni_buffer_puts(out, ", UNIQUE");
		write_pair(table, "", out);
	}
	if (table->check_pair) {
		random_write_name(out, ", CHECK (length(", table->columns[0].name, ") < 500 OR ");
		random_write_name(out, "", table->columns[1].name, " IS NOT 13)");
	}
	for (size_t i = 0; i < RANDOM_PARTS; i++)
		write_unique(table, &table->indexes[i], out);
	write_table_references(schema, table, out);
}

void random_write_tables(const random_schema *schema, const char *database, cni_buffer *out)
{
	for (size_t i = 0; i < schema->table_count; i++) {
		const random_table *table = &schema->tables[i];
		cni_buffer_printf(out, "CREATE TABLE %s", database);
		cni_quote_name(out, table->name);
		for (size_t j = 0; j < table->column_count; j++) {
			cni_buffer_puts(out, j ? ", " : " (");
			write_column(schema, table, (j + table->turn) % table->column_count, out);
		}
		write_constraints(schema, table, out);
		cni_buffer_printf(out, ")%s%s%s;\n", table->without_rowid ? " WITHOUT ROWID" : "",
			table->without_rowid && table->strict ? "," : "",
			table->strict ? " STRICT" : "");
	}
}

/* ---- what stands on tables ---- */

static void write_index(
	const random_table *table, const random_index *index, const char *database, cni_buffer *out)
{
	static const char *const forms[][2] = {
		{"", ""}, {"", ""}, {"lower(", ")"}, {"(", " || '-')"}};
	const random_column *a = random_column_by_id(table, index->a),
			    *b = random_column_by_id(table, index->b);
	if (!index->id || index->constraint || !a)
		return;
	cni_buffer_printf(out, "CREATE %sINDEX %s", index->unique ? "UNIQUE " : "", database);
	cni_quote_name(out, index->name);
	random_write_name(out, " ON ", table->name, " (");
	random_write_name(out, forms[index->form][0], a->name, forms[index->form][1]);
	if (index->collate == 1 || index->collate == 2)
		cni_buffer_printf(out, " COLLATE %s", collations[index->collate]);
	cni_buffer_puts(out, index->desc ? " DESC" : "");
	if (b && b != a)
		random_write_name(out, ", ", b->name, "");
	cni_buffer_puts(out, ")");
	if (index->where == 2)
		random_write_name(out, " WHERE ", b ? b->name : a->name, " IS NOT NULL");
	else if (index->where == 3)
		random_write_name(out, " WHERE ", a->name, " > 0");
	else if (index->where == 4)
		random_write_name(out, " WHERE typeof(", a->name, ") <> \"none\"");
	cni_buffer_puts(out, ";\n");
}

void random_write_indexes(const random_schema *schema, const char *database, cni_buffer *out)
{
	for (size_t i = 0; i < schema->table_count; i++)
		for (size_t j = 0; j < RANDOM_PARTS; j++)
			write_index(
				&schema->tables[i], &schema->tables[i].indexes[j], database, out);
}

static bool is_simple(const char *name)
{
	return *name && !strpbrk(name, "\"'`[]%") && !cni_same(name, "rowid") &&
	       !cni_same(name, "oid") && !cni_same(name, "_rowid_");
}

bool random_virtual_stands(const random_schema *schema, const random_virtual *is)
{
	const random_table *table = random_table_by_id(schema, is->table);
	if (!is->id)
		return false;
	if (is->module != MODULE_FTS5_OTHER && is->module != MODULE_FTS4_OTHER)
		return true;
	if (!table || table->without_rowid || !random_column_by_id(table, is->column))
		return false;
	for (size_t i = 0; i < table->column_count; i++)
		if (!is_simple(table->columns[i].name))
			return false;
	return is_simple(table->name);
}

static void write_other_content(
	const random_schema *schema, const random_virtual *is, cni_buffer *out)
{
	const random_table *table = random_table_by_id(schema, is->table);
	const random_column *column = random_column_by_id(table, is->column),
			    *rowid = random_rowid(table);
	cni_quote_name(out, column->name);
	if (is->module == MODULE_FTS4_OTHER) {
		random_write_name(out, ", content=", table->name, "");
		return;
	}
	cni_buffer_puts(out, ", content=");
	cni_quote_text(out, table->name);
	if (rowid) {
		cni_buffer_puts(out, ", content_rowid=");
		cni_quote_text(out, rowid->name);
	}
}

static void write_virtual(const random_schema *schema, const random_virtual *is, cni_buffer *out)
{
	static const char *const modules[] = {
		"fts5", "fts4", "fts3", "fts5", "fts4", "fts5", "rtree"};
	bool fts5 = is->module == MODULE_FTS5 || is->module == MODULE_FTS5_OTHER;
	if (!random_virtual_stands(schema, is))
		return;
	random_write_name(out, "CREATE VIRTUAL TABLE ", is->name, " USING ");
	cni_buffer_printf(out, "%s(", modules[is->module]);
	if (is->module == MODULE_RTREE) {
		cni_buffer_printf(out, "id, x0, x1%s);\n", is->option ? ", +label" : "");
		return;
	}
	if (is->module == MODULE_FTS5_OTHER || is->module == MODULE_FTS4_OTHER)
		write_other_content(schema, is, out);
	for (size_t i = 0; i < is->column_count && is->module != MODULE_FTS5_OTHER &&
			   is->module != MODULE_FTS4_OTHER;
		i++)
		random_write_name(out, i ? ", " : "", is->columns[i].name, "");
	if (is->module == MODULE_FTS5_NONE)
		cni_buffer_puts(out, ", content=''");
	else if (is->option)
		cni_buffer_puts(out, fts5 ? ", tokenize='porter'" : ", tokenize=porter");
	cni_buffer_puts(out, ");\n");
}

static const random_view *view_by_id(const random_schema *schema, unsigned id)
{
	for (size_t i = 0; id && i < RANDOM_OBJECTS; i++)
		if (schema->views[i].id == id)
			return &schema->views[i];
	return NULL;
}

/* Does it come down to a table that is there? Views stand on such as were made before them. */
static bool view_stands(const random_schema *schema, const random_view *view)
{
	for (unsigned depth = 0; view && view->id && depth <= RANDOM_OBJECTS; depth++) {
		if (random_table_by_id(schema, view->on))
			return true;
		view = view_by_id(schema, view->on);
	}
	return false;
}

static void write_view(const random_schema *schema, const random_view *view, cni_buffer *out)
{
	const random_table *table = random_table_by_id(schema, view->on);
	if (!view_stands(schema, view))
		return;
	random_write_name(out, "CREATE VIEW ", view->name, "");
	if (!table) {
		random_write_name(out, " (k, v) AS SELECT k, upper(v) FROM ",
			view_by_id(schema, view->on)->name, "");
	} else {
		const char *k = table->columns[0].name, *v = table->columns[1].name;
		cni_buffer_puts(out, view->form == 1 ? " AS WITH x AS (" : " AS ");
		random_write_name(out, "SELECT a.", k, " AS k, ");
		if (view->form == 2) {
			random_write_name(out, "(SELECT count(*) FROM ", table->name, " AS b");
			random_write_name(out, " WHERE b.", v, " IS a.");
			random_write_name(out, "", v, ") AS v");
		} else if (view->form == 3) {
			random_write_name(out, "max(a.", v, ") FILTER (WHERE a.");
			random_write_name(out, "", v, " <> 'none') OVER (ORDER BY a.");
			random_write_name(out, "", k, " DESC) AS v");
		} else {
			random_write_name(out, view->form == 5 ? "max(a." : "a.", v,
				view->form == 5 ? ") AS v" : " AS v");
		}
		random_write_name(out, " FROM ", table->name, " AS a");
		if (view->form == 1)
			cni_buffer_puts(out, ") SELECT k, v FROM x");
		if (view->form == 4)
			random_write_name(out, " UNION ALL SELECT NULL, c.v FROM (SELECT d.", v,
				" AS v FROM ");
		if (view->form == 4)
			random_write_name(out, "", table->name, " AS d) AS c ORDER BY 2 LIMIT 9");
		if (view->form == 5)
			random_write_name(out, " GROUP BY a.", k, " HAVING count(*) > 0");
	}
	cni_buffer_puts(out, ";\n");
	if (!view->instead_of)
		return;
	static const char *const events[] = {"INSERT", "UPDATE OF v", "DELETE"};
	cni_buffer_printf(out, "CREATE TRIGGER \"vg %u\" INSTEAD OF %s ON ", view->id,
		events[view->form % 3]);
	random_write_name(out, "", view->name, "");
	cni_buffer_printf(out, " BEGIN SELECT %s.k; END;\n", view->form % 3 == 2 ? "old" : "new");
}

static void write_trigger(
	const random_schema *schema, const random_trigger *trigger, cni_buffer *out)
{
	const random_table *on = random_table_by_id(schema, trigger->on),
			   *other = random_table_by_id(schema, trigger->other);
	const random_column *column = on ? random_column_by_id(on, trigger->column) : NULL;
	if (!trigger->id || !column || !other)
		return;
	random_write_name(out, "CREATE TRIGGER ", trigger->name, "");
	switch (trigger->form) {
	case 0:
		random_write_name(out, " BEFORE DELETE ON ", on->name,
			" BEGIN SELECT RAISE(ABORT, 'rows were deleted'); END;\n");
		break;
	case 1:
		random_write_name(out, " AFTER INSERT ON ", on->name, "");
		random_write_name(out, " WHEN new.", column->name, " IS NOT NULL BEGIN ");
		random_write_name(out, "INSERT INTO ", other->name, "");
		random_write_name(out, " (", other->columns[1].name, ") VALUES (new.");
		random_write_name(out, "", column->name, ") ON CONFLICT DO NOTHING; END;\n");
		break;
	case 2:
		random_write_name(out, " AFTER UPDATE OF ", column->name, "");
		random_write_name(out, " ON ", on->name, " FOR EACH ROW BEGIN ");
		random_write_name(out, "UPDATE ", other->name, "");
		random_write_name(out, " SET ", other->columns[1].name, " = old.");
		random_write_name(out, "", column->name, " WHERE ");
		random_write_name(out, "", other->columns[0].name, " = new.");
		random_write_name(out, "", column->name, "; DELETE FROM ");
		random_write_name(out, "", other->name, " WHERE 0; END;\n");
		break;
	case 4:
		random_write_name(out, " AFTER DELETE ON ", on->name, " BEGIN INSERT INTO ");
		random_write_name(out, "", other->name, "");
		random_write_name(out, " (", other->columns[1].name, ") SELECT old.");
		random_write_name(out, "", column->name, " WHERE NOT EXISTS (SELECT 1 FROM ");
		random_write_name(out, "", other->name, " AS o WHERE o.");
		random_write_name(out, "", other->columns[1].name, " IS old.");
		random_write_name(out, "", column->name, "); END;\n");
		break;
	case 5:
		random_write_name(out, " AFTER UPDATE OF ", on->columns[1].name, "");
		random_write_name(out, ", ", column->name, " ON ");
		random_write_name(out, "", on->name, " WHEN EXISTS (SELECT 1 FROM ");
		random_write_name(out, "", other->name, " AS n WHERE n.");
		random_write_name(out, "", other->columns[0].name, " = new.");
		random_write_name(out, "", column->name, ") BEGIN UPDATE OR IGNORE ");
		random_write_name(out, "", other->name, " SET ");
		random_write_name(out, "", other->columns[1].name, " = s.x FROM (SELECT ");
		random_write_name(out, "", other->columns[0].name, " AS x FROM ");
		random_write_name(out, "", other->name, ") AS s WHERE s.x IS old.");
		random_write_name(out, "", column->name, "; END;\n");
		break;
	default:
		random_write_name(out, " BEFORE UPDATE ON ", on->name, "");
		random_write_name(out, " WHEN new.", column->name, " IS NOT old.");
		random_write_name(out, "", column->name,
			" BEGIN SELECT CASE WHEN 1 THEN RAISE(IGNORE) END; END;\n");
	}
}

void random_write_others(const random_schema *schema, cni_buffer *out)
{
	for (size_t i = 0; i < RANDOM_OBJECTS; i++)
		write_virtual(schema, &schema->virtuals[i], out);
	for (size_t i = 0; i < RANDOM_OBJECTS; i++)
		write_view(schema, &schema->views[i], out);
	for (size_t i = 0; i < RANDOM_OBJECTS; i++)
		write_trigger(schema, &schema->triggers[i], out);
}
