/* random_schema.c - see random_schema.h. */
#include "random_schema.h"

#include <stdio.h>
#include <string.h>

#include "base/try.h"
#include "sql/lexer.h"

unsigned chance_below(chance *dice, unsigned limit)
{
	dice->state ^= dice->state << 13;
	dice->state ^= dice->state >> 7;
	dice->state ^= dice->state << 17;
	return (unsigned)((dice->state >> 20) % limit);
}

static bool one_in(chance *dice, unsigned limit) { return chance_below(dice, limit) == 0; }

/* Every name is new, some need quotes. */
static void make_name(chance *dice, char out[16])
{
	static const char *const forms[] = {"n", "N", "a b", "sel\"", "\xC3\xA4", "order-"};
	snprintf(out, 16, "%s%u", forms[chance_below(dice, CNI_COUNT(forms))], dice->next_name++);
}

static void make_column(chance *dice, random_column *ret)
{
	*ret = (random_column){.id = dice->next_id++,
		.type = (random_type)chance_below(dice, TYPE_COUNT),
		.not_null = one_in(dice, 4),
		.check = one_in(dice, 5),
		.has_default = one_in(dice, 3),
		.nocase = one_in(dice, 6)};
	ret->unique = !ret->has_default && one_in(dice, 5);
	make_name(dice, ret->name);
}

static void make_table(chance *dice, const random_schema *schema, random_table *ret)
{
	*ret = (random_table){.id = dice->next_id++,
		.column_count = 2 + chance_below(dice, RANDOM_COLUMNS - 3),
		.primary = !one_in(dice, 4),
		.strict = one_in(dice, 5)};
	make_name(dice, ret->name);
	for (size_t i = 0; i < ret->column_count; i++)
		make_column(dice, &ret->columns[i]);
	random_column *key = &ret->columns[0], *child = &ret->columns[1];
	*key = (random_column){.id = key->id, .type = TYPE_INTEGER, .not_null = one_in(dice, 2)};
	make_name(dice, key->name);
	ret->without_rowid = ret->primary && one_in(dice, 4);
	ret->autoincrement = ret->primary && !ret->without_rowid && one_in(dice, 4);
	if (schema->table_count && one_in(dice, 2)) {
		const random_table *parent =
			&schema->tables[chance_below(dice, (unsigned)schema->table_count)];
		ret->parent = parent->primary ? parent->id : 0;
	}
	if (ret->parent)
		*child = (random_column){.id = child->id, .type = TYPE_INTEGER};
	if (ret->parent)
		make_name(dice, child->name);
	ret->view = one_in(dice, 3);
	ret->trigger = one_in(dice, 3);
	for (size_t i = 0; i < RANDOM_INDEXES; i++)
		if (one_in(dice, 3))
			ret->index_on[i] =
				ret->columns[chance_below(dice, (unsigned)ret->column_count)].id;
}

void random_make(chance *dice, random_schema *ret)
{
	*ret = (random_schema){0};
	size_t count = 1 + chance_below(dice, RANDOM_TABLES - 1);
	for (size_t i = 0; i < count; i++) {
		make_table(dice, ret, &ret->tables[i]);
		ret->table_count++;
	}
}

const random_table *random_table_by_id(const random_schema *schema, unsigned id)
{
	for (size_t i = 0; i < schema->table_count; i++)
		if (schema->tables[i].id == id)
			return &schema->tables[i];
	return NULL;
}

const random_column *random_column_by_id(const random_table *table, unsigned id)
{
	for (size_t i = 0; i < table->column_count; i++)
		if (table->columns[i].id == id)
			return &table->columns[i];
	return NULL;
}

static void drop_column(random_table *table, size_t at)
{
	for (size_t i = 0; i < RANDOM_INDEXES; i++)
		if (table->index_on[i] == table->columns[at].id)
			table->index_on[i] = 0;
	memmove(&table->columns[at], &table->columns[at + 1],
		(table->column_count - at - 1) * sizeof *table->columns);
	table->column_count--;
}

static void swap_names(char a[16], char b[16])
{
	char keep[16];
	memcpy(keep, a, 16);
	memcpy(a, b, 16);
	memcpy(b, keep, 16);
}

static void change_column(chance *dice, random_table *table)
{
	size_t first = table->parent ? 2 : 1;
	if (table->column_count <= first)
		return;
	size_t at = first + chance_below(dice, (unsigned)(table->column_count - first));
	random_column *column = &table->columns[at];
	switch (chance_below(dice, 7)) {
	case 0: make_name(dice, column->name); break;
	case 1: drop_column(table, at); break;
	case 2: column->not_null = !column->not_null; break;
	case 3: column->check = !column->check; break;
	case 4: column->has_default = !column->has_default && !column->unique; break;
	case 5:
		if (!column->unique) /* what is cast may be the same as another */
			column->type = (random_type)chance_below(dice, TYPE_COUNT);
		break;
	case 6: swap_names(column->name, table->columns[0].name); break;
	}
}

static void change_table(chance *dice, random_schema *schema, random_table *table)
{
	switch (chance_below(dice, 8)) {
	case 0: make_name(dice, table->name); break;
	case 1:
		swap_names(table->name,
			schema->tables[chance_below(dice, (unsigned)schema->table_count)].name);
		break;
	case 2:
		if (table->column_count < RANDOM_COLUMNS)
			make_column(dice, &table->columns[table->column_count++]);
		table->columns[table->column_count - 1].unique = false; /* one fill for all rows */
		break;
	case 3:
		table->without_rowid =
			table->primary && !table->autoincrement && !table->without_rowid;
		break;
	case 4: table->strict = !table->strict; break;
	case 5:
		table->autoincrement =
			table->primary && !table->without_rowid && !table->autoincrement;
		break;
	case 6: table->view = !table->view; break;
	case 7:
		table->index_on[0] =
			table->columns[chance_below(dice, (unsigned)table->column_count)].id;
		break;
	}
}

void random_change(chance *dice, random_schema *schema)
{
	unsigned changes = 1 + chance_below(dice, 6);
	for (unsigned i = 0; i < changes; i++) {
		random_table *table =
			&schema->tables[chance_below(dice, (unsigned)schema->table_count)];
		if (one_in(dice, 12) && schema->table_count < RANDOM_TABLES) {
			make_table(dice, schema, &schema->tables[schema->table_count]);
			schema->table_count++;
		} else if (one_in(dice, 2)) {
			change_column(dice, table);
		} else {
			change_table(dice, schema, table);
		}
	}
}

static const char *type_word(const random_table *table, random_type type)
{
	static const char *const words[] = {"INTEGER", "TEXT", "REAL", "BLOB", ""};
	return table->strict && type == TYPE_NONE ? "ANY" : words[type];
}

static const char *default_word(random_type type)
{
	static const char *const words[] = {"42", "'it''s'", "1.5", "x'00ff'", "'any'"};
	return words[type];
}

const char *random_filling(const random_column *column)
{
	static const char *const words[] = {"7", "'filled'", "2.5", "x'07'", "'filled'"};
	return words[column->type];
}

static void write_column(
	const random_schema *schema, const random_table *table, size_t at, cni_buffer *out)
{
	const random_column *column = &table->columns[at];
	const random_table *parent = at == 1 ? random_table_by_id(schema, table->parent) : NULL;
	cni_quote_name(out, column->name);
	cni_buffer_printf(out, " %s", type_word(table, column->type));
	if (at == 0 && table->primary)
		cni_buffer_printf(
			out, " PRIMARY KEY%s", table->autoincrement ? " AUTOINCREMENT" : "");
	if (column->not_null)
		cni_buffer_puts(out, " NOT NULL");
	if (column->unique)
		cni_buffer_puts(out, " UNIQUE");
	if (column->nocase)
		cni_buffer_puts(out, " COLLATE NOCASE");
	if (column->has_default)
		cni_buffer_printf(out, " DEFAULT %s", default_word(column->type));
	if (column->check) {
		cni_buffer_puts(out, " CHECK (");
		cni_quote_name(out, column->name);
		cni_buffer_puts(out, " IS NULL OR length(");
		cni_quote_name(out, column->name);
		cni_buffer_puts(out, ") < 1000)");
	}
	if (parent) {
		cni_buffer_puts(out, " REFERENCES ");
		cni_quote_name(out, parent->name);
		cni_buffer_puts(out, "(");
		cni_quote_name(out, parent->columns[0].name);
		cni_buffer_puts(out, ") ON DELETE CASCADE");
	}
}

static void write_others(const random_table *table, cni_buffer *out)
{
	for (size_t i = 0; i < RANDOM_INDEXES; i++) {
		const random_column *column = random_column_by_id(table, table->index_on[i]);
		if (!column)
			continue;
		cni_buffer_printf(out, "CREATE INDEX ix_%u_%zu ON ", table->id, i);
		cni_quote_name(out, table->name);
		cni_buffer_puts(out, i == 1 ? " (lower(" : " (");
		cni_quote_name(out, column->name);
		cni_buffer_puts(out, i == 1 ? "));\n" : i == 2 ? " DESC);\n" : ");\n");
	}
	if (table->view) {
		cni_buffer_printf(out, "CREATE VIEW v_%u AS SELECT ", table->id);
		cni_quote_name(out, table->columns[0].name);
		cni_buffer_puts(out, " AS k FROM ");
		cni_quote_name(out, table->name);
		cni_buffer_puts(out, ";\n");
	}
	if (table->trigger) {
		cni_buffer_printf(out, "CREATE TRIGGER g_%u BEFORE DELETE ON ", table->id);
		cni_quote_name(out, table->name);
		cni_buffer_puts(out, " BEGIN SELECT RAISE(ABORT, 'rows were deleted'); END;\n");
	}
}

void random_write(const random_schema *schema, cni_buffer *out)
{
	for (size_t i = 0; i < schema->table_count; i++) {
		const random_table *table = &schema->tables[i];
		cni_buffer_puts(out, "CREATE TABLE ");
		cni_quote_name(out, table->name);
		for (size_t j = 0; j < table->column_count; j++) {
			cni_buffer_puts(out, j ? ", " : " (");
			write_column(schema, table, j, out);
		}
		cni_buffer_printf(out, ")%s%s%s;\n", table->without_rowid ? " WITHOUT ROWID" : "",
			table->without_rowid && table->strict ? "," : "",
			table->strict ? " STRICT" : "");
		write_others(table, out);
	}
}

/* Values are all different, and look like numbers now and then where they are not. */
static void write_value(chance *dice, const random_column *column, unsigned row, cni_buffer *out)
{
	if (!column->not_null && one_in(dice, 4)) {
		cni_buffer_puts(out, "NULL");
		return;
	}
	random_type type = column->type == TYPE_NONE ? (random_type)chance_below(dice, TYPE_NONE)
						     : column->type;
	switch (type) {
	case TYPE_INTEGER: cni_buffer_printf(out, "%u", row * 7 + 1); break;
	case TYPE_TEXT:
		cni_buffer_printf(out, one_in(dice, 2) ? "'%u'" : "'t''%u'", row * 7 + 2);
		break;
	case TYPE_REAL: cni_buffer_printf(out, "%u.25", row * 7 + 3); break;
	default: cni_buffer_printf(out, "x'%08x'", row * 7 + 4); break;
	}
}

void random_fill(chance *dice, const random_schema *schema, cni_buffer *out)
{
	unsigned row = 0;
	for (size_t i = 0; i < schema->table_count; i++) {
		const random_table *table = &schema->tables[i];
		unsigned rows = chance_below(dice, 8);
		for (unsigned j = 1; j <= rows; j++) {
			row++;
			cni_buffer_puts(out, "INSERT INTO ");
			cni_quote_name(out, table->name);
			cni_buffer_printf(
				out, " VALUES (%u", j * 3); /* children find parents among these */
			for (size_t k = 1; k < table->column_count; k++) {
				cni_buffer_puts(out, ", ");
				if (k == 1 && table->parent)
					cni_buffer_puts(out, "NULL");
				else
					write_value(dice, &table->columns[k], row, out);
			}
			cni_buffer_puts(out, ");\n");
		}
	}
}

static void answer_columns(const random_table *from, const random_table *to, cni_buffer *out)
{
	for (size_t i = 0; i < from->column_count; i++) {
		const random_column *old = &from->columns[i],
				    *new = random_column_by_id(to, old->id);
		if (new &&strcmp(old->name, new->name) == 0)
			continue;
		cni_buffer_puts(out, new ? "rename column " : "allow-drop ");
		cni_quote_name(out, to->name);
		cni_buffer_puts(out, new ? " " : ".");
		cni_quote_name(out, old->name);
		cni_buffer_puts(out, " ");
		if (new)
			cni_quote_name(out, new->name);
		cni_buffer_puts(out, "\n");
	}
	for (size_t i = 1; i < to->column_count; i++) {
		const random_column *new = &to->columns[i],
				    *old = random_column_by_id(from, new->id);
		if (old) {
			cni_buffer_puts(out, "allow-cast ");
			cni_quote_name(out, to->name);
			cni_buffer_puts(out, ".");
			cni_quote_name(out, new->name);
			cni_buffer_puts(out, "\n");
		}
		if (new->not_null && !new->unique) {
			cni_buffer_puts(out, "fill ");
			cni_quote_name(out, to->name);
			cni_buffer_puts(out, ".");
			cni_quote_name(out, new->name);
			cni_buffer_printf(out, " %s\n", random_filling(new));
		}
	}
}

void random_answers(const random_schema *from, const random_schema *to, cni_buffer *out)
{
	for (size_t i = 0; i < from->table_count; i++) {
		const random_table *old = &from->tables[i], *new = random_table_by_id(to, old->id);
		if (!new) {
			cni_buffer_puts(out, "allow-drop ");
			cni_quote_name(out, old->name);
			cni_buffer_puts(out, "\n");
			continue;
		}
		if (strcmp(old->name, new->name) != 0) {
			cni_buffer_puts(out, "rename table ");
			cni_quote_name(out, old->name);
			cni_buffer_puts(out, " ");
			cni_quote_name(out, new->name);
			cni_buffer_puts(out, "\n");
		}
		answer_columns(old, new, out);
	}
}
