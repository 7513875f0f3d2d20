/* random_rows.c - rows for a schema made by chance, and the answers that a person would give. */
#include <string.h>

#include "base/text.h"
#include "base/try.h"
#include "random_schema.h"
#include "sql/lexer.h"

/* ---- rows ---- */

/* Values of every storage class; the same ones now and then; numbers that look like text and text
 * that looks like numbers. */
static void write_value_of(chance *dice, random_affinity type, unsigned row, cni_buffer *out)
{
	static const char *const edges[] = {
		"9223372036854775807", "-9223372036854775808", "9007199254740993", "0", "-1", "5"};
	static const char *const words[] = {"'007'", "'12'", "'x''y'", "''", "'\xC3\xA4 '", "'ABC'",
		"'abc'", "'1.50'", "'1e3'", "CAST(x'610062' AS TEXT)", "'\n'"};
	static const char *const reals[] = {"1e300", "-0.0", "0.1", "5.0", "1e999", "2.5"};
	switch (type) {
	case IS_INTEGER:
		if (chance_one_in(dice, 4))
			cni_buffer_puts(out, edges[chance_below(dice, CNI_COUNT(edges))]);
		else
			cni_buffer_printf(out, "%u", row * 7 + 1);
		break;
	case IS_TEXT:
		if (chance_one_in(dice, 3))
			cni_buffer_puts(out, words[chance_below(dice, CNI_COUNT(words))]);
		else
			cni_buffer_printf(out, "'t%u'", row * 7 + 2);
		break;
	case IS_REAL:
		if (chance_one_in(dice, 4))
			cni_buffer_puts(out, reals[chance_below(dice, CNI_COUNT(reals))]);
		else
			cni_buffer_printf(out, "%u.25", row * 7 + 3);
		break;
	case IS_BLOB: cni_buffer_printf(out, "x'%08x'", row * 7 + 4); break;
	case IS_NUMERIC:
		write_value_of(dice, chance_one_in(dice, 3) ? IS_REAL : IS_INTEGER, row, out);
		break;
	case IS_LOOSE:
		if (chance_one_in(dice, 2))
			cni_buffer_printf(out, "'2024-01-%02u 00:00:00'", row % 28 + 1);
		else
			write_value_of(dice, IS_INTEGER, row, out);
		break;
	case IS_ANYTHING: {
		static const random_affinity any[] = {IS_INTEGER, IS_TEXT, IS_REAL, IS_BLOB};
		write_value_of(dice, any[chance_below(dice, CNI_COUNT(any))], row, out);
		break;
	}
	}
}

static void write_value(
	chance *dice, const random_table *table, size_t at, unsigned row, cni_buffer *out)
{
	const random_column *column = &table->columns[at];
	random_affinity type = random_type(table, column);
	bool unlike = !table->strict && random_rowid(table) != column && chance_one_in(dice, 14);
	if (random_rowid(table) == column)
		cni_buffer_printf(out, "%d", (int)row * 3 - 5);
	else if (!random_needs_value(table, column) && chance_one_in(dice, 4))
		cni_buffer_puts(out, "NULL");
	else
		write_value_of(dice, unlike ? IS_ANYTHING : type, row, out);
}

/* The row of the parent that a child takes its value from; an orphan once in a while. */
static bool write_parent(chance *dice, const random_schema *schema, const random_table *table,
	size_t at, cni_buffer *out)
{
	for (size_t i = 0; i < RANDOM_PARTS; i++) {
		const random_reference *reference = &table->references[i];
		const random_table *parent = random_table_by_id(schema, reference->parent);
		if (!reference->id || reference->child != table->columns[at].id || !parent ||
			chance_one_in(dice, 12))
			continue;
		const random_column *to = random_column_by_id(parent, reference->to_unique);
		to = to ? to : &parent->columns[0];
		if (random_type(parent, to) != random_type(table, &table->columns[at]) ||
			table->strict != parent->strict)
			continue;
		random_write_name(out, "(SELECT ", to->name, " FROM ");
		random_write_name(out, "", parent->name, "");
		cni_buffer_printf(out, " LIMIT 1 OFFSET %u)", chance_below(dice, 3));
		return true;
	}
	return false;
}

const char *random_rowid_word(const random_table *table)
{
	static const char *const words[] = {"rowid", "_rowid_", "oid"};
	for (size_t i = 0; i < CNI_COUNT(words); i++) {
		bool taken = false;
		for (size_t j = 0; j < table->column_count; j++)
			taken |= cni_same(table->columns[j].name, words[i]);
		if (!taken)
			return words[i];
	}
	return NULL;
}

/* INSERT OR IGNORE: what a constraint forbids is simply not there. */
static void write_row(chance *dice, const random_schema *schema, const random_table *table,
	unsigned row, cni_buffer *out)
{
	const char *rowid = random_rowid_word(table), *sep = "";
	bool with_rowid = rowid && !table->without_rowid && !random_rowid(table);
	random_write_name(out, "INSERT OR IGNORE INTO ", table->name, " (");
	if (with_rowid)
		cni_buffer_printf(out, "%s", rowid);
	sep = with_rowid ? ", " : "";
	for (size_t i = 0; i < table->column_count; i++) {
		if (table->columns[i].generated)
			continue;
		random_write_name(out, sep, table->columns[i].name, "");
		sep = ", ";
	}
	cni_buffer_puts(out, ") VALUES (");
	if (with_rowid)
		cni_buffer_printf(out, "%d", (int)row * 11 - 20);
	sep = with_rowid ? ", " : "";
	for (size_t i = 0; i < table->column_count; i++) {
		if (table->columns[i].generated)
			continue;
		cni_buffer_puts(out, sep);
		sep = ", ";
		if (i == 0 || !write_parent(dice, schema, table, i, out))
			write_value(dice, table, i, row, out);
	}
	cni_buffer_puts(out, ");\n");
}

void random_fill(chance *dice, const random_schema *schema, cni_buffer *out)
{
	unsigned row = 0;
	for (size_t i = 0; i < schema->table_count; i++) {
		const random_table *table = &schema->tables[i];
		/* now and then more than a page holds */
		unsigned rows = chance_one_in(dice, 40) ? 150 : chance_below(dice, 8);
		for (unsigned j = 0; j < rows; j++)
			write_row(dice, schema, table, ++row, out);
		if (!table->autoincrement || !chance_one_in(dice, 2))
			continue;
		/* a counter above all rows */
		cni_buffer_puts(out, "UPDATE sqlite_sequence SET seq = 1000 WHERE name = ");
		cni_quote_text(out, table->name);
		cni_buffer_puts(out, ";\n");
	}
}

void random_fill_virtual(const random_schema *schema, cni_buffer *out)
{
	for (size_t i = 0; i < RANDOM_OBJECTS; i++) {
		const random_virtual *is = &schema->virtuals[i];
		if (!random_virtual_stands(schema, is))
			continue;
		random_write_name(out, "INSERT INTO ", is->name, " (");
		if (is->module == MODULE_FTS5_OTHER || is->module == MODULE_FTS4_OTHER) {
			random_write_name(out, "", is->name, ") VALUES ('rebuild');\n");
			continue;
		}
		if (is->module == MODULE_RTREE) {
			cni_buffer_printf(out, "id, x0, x1%s) VALUES (4, 1, 2%s), (9, 5, 6%s);\n",
				is->option ? ", label" : "", is->option ? ", 'l'" : "",
				is->option ? ", NULL" : "");
			continue;
		}
		cni_buffer_puts(out, "rowid");
		for (size_t j = 0; j < is->column_count; j++)
			random_write_name(out, ", ", is->columns[j].name, "");
		for (unsigned row = 0; row < 2; row++) {
			cni_buffer_printf(out, row ? ", (%u" : ") VALUES (%u", row * 5 + 4);
			for (size_t j = 0; j < is->column_count; j++)
				cni_buffer_printf(out, ", 'red fox%u of %zu'", row, j);
			cni_buffer_puts(out, ")");
		}
		cni_buffer_puts(out, ";\n");
	}
}

/* ---- answers ---- */

const char *random_filling(const random_table *table, const random_column *column)
{
	static const char *const words[] = {
		"7", "'filled'", "2.5", "7", "'filled'", "x'07'", "'filled'"};
	return words[random_type(table, column)];
}

static bool gives_cast(const random_table *old_table, const random_column *old,
	const random_table *table, const random_column *column)
{
	bool rowid = random_rowid(table) == column && random_rowid(old_table) != old;
	return !column->generated &&
	       (strcmp(random_type_words(old_table, old), random_type_words(table, column)) != 0 ||
		       (table->strict && !old_table->strict) || rowid);
}

static random_affinity plain(random_affinity type)
{
	return type == IS_LOOSE ? IS_NUMERIC : type == IS_ANYTHING ? IS_BLOB : type;
}

/* As docs/revision-files.md has it: values become CAST(value AS the new affinity), where there is
 * another affinity or STRICT comes; what means text by habit, or nothing, is left alone. */
bool random_casts(const random_table *old_table, const random_column *old,
	const random_table *table, const random_column *column)
{
	random_affinity was = random_type(old_table, old), is = random_type(table, column);
	bool rowid = random_rowid(table) == column && random_rowid(old_table) != old;
	bool strict =
		table->strict && (!old_table->strict || strcmp(random_type_words(old_table, old),
								random_type_words(table, column)));
	if (!gives_cast(old_table, old, table, column) || is == IS_LOOSE || is == IS_ANYTHING)
		return false;
	return plain(was) != plain(is) || strict || rowid;
}

static void write_answer(cni_buffer *out, const char *what, const char *table, const char *column)
{
	random_write_name(out, what, table, column ? "." : "");
	if (column)
		cni_quote_name(out, column);
}

static void answer_old_column(const random_table *to, const random_column *old, cni_buffer *out)
{
	const random_column *new = random_column_by_id(to, old->id);
	if (!new || (new->generated && !old->generated)) {
		write_answer(out, "allow-drop ", to->name, old->name);
		cni_buffer_puts(out, "\n");
	}
	if (!new || strcmp(old->name, new->name) == 0)
		return;
	if (cni_same(old->name, new->name) && old->id % 2) /* a change of case needs no word */
		return;
	random_write_name(out, "rename column ", to->name, " ");
	random_write_name(out, "", old->name, " ");
	random_write_name(out, "", new->name, "\n");
}

static void answer_columns(const random_table *from, const random_table *to, cni_buffer *out)
{
	for (size_t i = 0; i < from->column_count; i++)
		answer_old_column(to, &from->columns[i], out);
	for (size_t i = 0; i < to->column_count; i++) {
		const random_column *new = &to->columns[i],
				    *old = random_column_by_id(from, new->id);
		if (new->generated)
			continue;
		if (old && gives_cast(from, old, to, new)) {
			write_answer(out, "allow-cast ", to->name, new->name);
			cni_buffer_puts(out, "\n");
		}
		bool missing = old ? !random_needs_value(from, old)
				   : !random_has_default(new) && random_rowid(to) != new;
		if (missing && random_needs_value(to, new)) {
			write_answer(out, "fill ", to->name, new->name);
			cni_buffer_printf(out, " %s\n", random_filling(to, new));
		}
	}
}

static void answer_rename(const char *old, const char *new, unsigned id, cni_buffer *out)
{
	if (strcmp(old, new) == 0 || (cni_same(old, new) && id % 2))
		return;
	random_write_name(out, "rename table ", old, " ");
	random_write_name(out, "", new, "\n");
}

static void answer_virtual(const random_schema *from, const random_schema *to,
	const random_virtual *old, cni_buffer *out)
{
	const random_virtual *new = random_virtual_by_id(to, old->id);
	if (!random_virtual_stands(from, old))
		return;
	if (!new || !random_virtual_stands(to, new)) {
		random_write_name(out, "allow-drop ", old->name, "\n");
		return;
	}
	answer_rename(old->name, new->name, old->id, out);
	if (old->module > MODULE_FTS3) {
		if (old->module == MODULE_RTREE && old->option && !new->option)
			random_write_name(out, "allow-drop ", new->name, "\n");
		return;
	}
	bool loses = false;
	for (size_t i = 0; i < old->column_count; i++) {
		const random_column *is = NULL;
		for (size_t j = 0; j < new->column_count; j++)
			if (new->columns[j].id == old->columns[i].id)
				is = &new->columns[j];
		loses |= !is;
		if (!is || strcmp(is->name, old->columns[i].name) == 0)
			continue;
		random_write_name(out, "rename column ", new->name, " ");
		random_write_name(out, "", old->columns[i].name, " ");
		random_write_name(out, "", is->name, "\n");
	}
	if (loses)
		random_write_name(out, "allow-drop ", new->name, "\n");
}

void random_answers(const random_schema *from, const random_schema *to, cni_buffer *out)
{
	for (size_t i = 0; i < from->table_count; i++) {
		const random_table *old = &from->tables[i], *new = random_table_by_id(to, old->id);
		if (!new) {
			random_write_name(out, "allow-drop ", old->name, "\n");
			continue;
		}
		answer_rename(old->name, new->name, old->id, out);
		answer_columns(old, new, out);
	}
	for (size_t i = 0; i < RANDOM_OBJECTS; i++)
		if (from->virtuals[i].id)
			answer_virtual(from, to, &from->virtuals[i], out);
}
