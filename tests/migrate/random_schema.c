/* random_schema.c - see random_schema.h. */
#include "random_schema.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "base/try.h"

unsigned chance_below(chance *dice, unsigned limit)
{
	dice->state ^= dice->state << 13;
	dice->state ^= dice->state >> 7;
	dice->state ^= dice->state << 17;
	return (unsigned)((dice->state >> 20) % limit);
}

bool chance_one_in(chance *dice, unsigned limit) { return chance_below(dice, limit) == 0; }

chance chance_from(uint64_t seed)
{
	chance dice = {.state = seed * 2654435761u + 88172645463325252u, .next_id = 1};
	for (int i = 0; i < 8; i++)
		chance_below(&dice, 2);
	return dice;
}

/* ---- names ---- */

/* Names that need quotes, that are keywords, that Cantil makes itself, that mean the rowid. All get
 * a number, but for the last few, which are what they are. */
static void make_name(chance *dice, char out[RANDOM_NAME])
{
	static const char *const forms[] = {"n", "N", "a b", "sel\"", "\xC3\xA4", "order-", "it's",
		"[x]", "`", "cantil_new_", "cantil_", "%s", "1", "select ", "\xE6\xBC\xA2"};
	snprintf(out, RANDOM_NAME, "%s%u", forms[chance_below(dice, CNI_COUNT(forms))],
		dice->next_id++);
}

static bool has_name(const random_table *table, const char *name)
{
	for (size_t i = 0; i < table->column_count; i++)
		if (cni_same(table->columns[i].name, name))
			return true;
	return false;
}

static void make_column_name(chance *dice, const random_table *table, char out[RANDOM_NAME])
{
	static const char *const odd[] = {"rowid", "oid", "_rowid_", "select", "cantil_key", "",
		"values", "Key", "cast", "new", "old", "excluded", "main"};
	unsigned at = chance_below(dice, CNI_COUNT(odd));
	bool is_odd =
		chance_one_in(dice, 12) && !(dice->used >> at & 1) && !has_name(table, odd[at]);
	if (!is_odd) {
		make_name(dice, out);
		return;
	}
	dice->used |= 1u << at;
	snprintf(out, RANDOM_NAME, "%s", odd[at]);
}

static void swap_names(char a[RANDOM_NAME], char b[RANDOM_NAME])
{
	char keep[RANDOM_NAME];
	memcpy(keep, a, RANDOM_NAME);
	memcpy(a, b, RANDOM_NAME);
	memcpy(b, keep, RANDOM_NAME);
}

static void turn_case(char name[RANDOM_NAME])
{
	for (char *p = name; *p; p++)
		if ((*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z'))
			*p ^= 0x20;
}

/* ---- looking ---- */

const random_table *random_table_by_id(const random_schema *schema, unsigned id)
{
	for (size_t i = 0; id && i < schema->table_count; i++)
		if (schema->tables[i].id == id)
			return &schema->tables[i];
	return NULL;
}

const random_column *random_column_by_id(const random_table *table, unsigned id)
{
	for (size_t i = 0; id && i < table->column_count; i++)
		if (table->columns[i].id == id)
			return &table->columns[i];
	return NULL;
}

const random_virtual *random_virtual_by_id(const random_schema *schema, unsigned id)
{
	for (size_t i = 0; id && i < RANDOM_OBJECTS; i++)
		if (schema->virtuals[i].id == id)
			return &schema->virtuals[i];
	return NULL;
}

const random_column *random_rowid(const random_table *table)
{
	bool is = (table->key == KEY_ROWID || table->key == KEY_SINGLE) && !table->without_rowid &&
		  table->columns[0].type == 0 && (!table->key_desc || table->key_at_table);
	return is ? &table->columns[0] : NULL;
}

bool random_needs_value(const random_table *table, const random_column *column)
{
	size_t at = (size_t)(column - table->columns);
	bool in_key = (table->key != KEY_NONE && at == 0) || (table->key == KEY_PAIR && at == 1);
	return column->not_null || random_rowid(table) == column ||
	       (in_key && (table->without_rowid || table->strict));
}

/* ---- making ---- */

static unsigned any_column(chance *dice, const random_table *table)
{
	return table->columns[chance_below(dice, (unsigned)table->column_count)].id;
}

static unsigned any_table(chance *dice, const random_schema *schema)
{
	return schema->tables[chance_below(dice, (unsigned)schema->table_count)].id;
}

static void make_column(chance *dice, random_table *table, bool may_be_generated)
{
	random_column *column = &table->columns[table->column_count];
	*column = (random_column){.id = dice->next_id++,
		.type = chance_below(dice, RANDOM_TYPES),
		.not_null = chance_one_in(dice, 4),
		.named = chance_one_in(dice, 4),
		.conflict = chance_one_in(dice, 5) ? 1 + chance_below(dice, 5) : 0,
		.check = chance_one_in(dice, 5) ? 1 + chance_below(dice, RANDOM_CHECKS) : 0,
		.default_form = chance_one_in(dice, 3) ? 1 + chance_below(dice, 6) : 0,
		.collate = chance_one_in(dice, 6) ? 1 + chance_below(dice, 3) : 0};
	column->unique = !column->default_form && chance_one_in(dice, 6);
	if (may_be_generated && chance_one_in(dice, 6)) {
		column->generated = 1 + chance_below(dice, 2);
		column->source = table->columns[chance_below(dice, 2)].id;
		column->default_form = 0;
	}
	make_column_name(dice, table, column->name);
	table->column_count++;
}

static void make_key(chance *dice, random_table *table)
{
	table->key = (random_key)chance_below(dice, KEY_COUNT);
	if (chance_one_in(dice, 3))
		table->key = KEY_ROWID;
	table->key_desc = chance_one_in(dice, 6);
	table->key_at_table = chance_one_in(dice, 3);
	table->key_named = chance_one_in(dice, 4);
	table->key_conflict = chance_one_in(dice, 6) ? 1 + chance_below(dice, 5) : 0;
	table->without_rowid = table->key != KEY_NONE && chance_one_in(dice, 4);
	if (table->key == KEY_ROWID)
		table->columns[0].type = 0;
	table->autoincrement = random_rowid(table) && !table->key_at_table && !table->key_desc &&
			       chance_one_in(dice, 3);
	if (random_rowid(table)) /* a rowid needs no UNIQUE and no default */
		table->columns[0].unique = false;
	table->columns[0].default_form = 0;
}

static void make_reference(chance *dice, const random_schema *schema, random_table *table)
{
	for (size_t i = 0; i < RANDOM_PARTS; i++) {
		random_reference *reference = &table->references[i];
		if (reference->id)
			continue;
		*reference = (random_reference){.id = dice->next_id++,
			.child = any_column(dice, table),
			.child2 = any_column(dice, table),
			.parent = chance_one_in(dice, 4) ? table->id : any_table(dice, schema),
			.says_columns = chance_one_in(dice, 2),
			.deferred = chance_one_in(dice, 4),
			.named = chance_one_in(dice, 4),
			.at_table = chance_one_in(dice, 2),
			.on_delete = chance_below(dice, 6),
			.on_update = chance_below(dice, 6)};
		const random_table *parent = random_table_by_id(schema, reference->parent);
		for (size_t j = 0; parent && j < parent->column_count; j++)
			if (parent->columns[j].unique && chance_one_in(dice, 2))
				reference->to_unique = parent->columns[j].id;
		return;
	}
}

static void make_index(chance *dice, random_table *table)
{
	random_index *index = &table->indexes[chance_below(dice, RANDOM_PARTS)];
	*index = (random_index){.id = dice->next_id++,
		.a = any_column(dice, table),
		.b = chance_one_in(dice, 2) ? any_column(dice, table) : 0,
		.unique = chance_one_in(dice, 5),
		.constraint = chance_one_in(dice, 6),
		.desc = chance_one_in(dice, 4),
		.form = chance_below(dice, 4),
		.where = chance_below(dice, 5),
		.collate = chance_below(dice, 6)};
	make_name(dice, index->name);
}

static void make_table(chance *dice, random_schema *schema)
{
	random_table *table = &schema->tables[schema->table_count];
	*table = (random_table){.id = dice->next_id++,
		.strict = chance_one_in(dice, 5),
		.turn = chance_one_in(dice, 4) ? chance_below(dice, RANDOM_COLUMNS) : 0};
	make_name(dice, table->name);
	size_t count = 2 + chance_below(dice, RANDOM_COLUMNS - 3);
	for (size_t i = 0; i < count; i++)
		make_column(dice, table, i > 1);
	make_key(dice, table);
	table->unique_pair = chance_one_in(dice, 8);
	table->check_pair = chance_one_in(dice, 6);
	schema->table_count++;
	while (chance_one_in(dice, 2))
		make_reference(dice, schema, table);
	while (chance_one_in(dice, 2))
		make_index(dice, table);
}

static void make_view(chance *dice, random_schema *schema)
{
	random_view *view = &schema->views[chance_below(dice, RANDOM_OBJECTS)];
	unsigned on = any_table(dice, schema);
	const random_view *below = &schema->views[chance_below(dice, RANDOM_OBJECTS)];
	if (below < view && below->id && chance_one_in(dice, 2))
		on = below->id;
	*view = (random_view){.id = dice->next_id++,
		.on = on,
		.form = chance_below(dice, RANDOM_VIEWS),
		.instead_of = chance_one_in(dice, 3)};
	make_name(dice, view->name);
}

static void make_trigger(chance *dice, random_schema *schema)
{
	random_trigger *trigger = &schema->triggers[chance_below(dice, RANDOM_OBJECTS)];
	unsigned on = any_table(dice, schema);
	*trigger = (random_trigger){.id = dice->next_id++,
		.on = on,
		.other = any_table(dice, schema),
		.form = chance_below(dice, RANDOM_TRIGGERS),
		.column = any_column(dice, random_table_by_id(schema, on))};
	make_name(dice, trigger->name);
}

static void make_virtual(chance *dice, random_schema *schema)
{
	random_virtual *is = &schema->virtuals[chance_below(dice, RANDOM_OBJECTS)];
	unsigned table = any_table(dice, schema);
	*is = (random_virtual){.id = dice->next_id++,
		.module = (random_module)chance_below(dice, MODULE_COUNT),
		.table = table,
		.column = any_column(dice, random_table_by_id(schema, table)),
		.column_count = 1 + chance_below(dice, 2),
		.option = chance_one_in(dice, 3)};
	snprintf(is->name, sizeof is->name, "%s%u", chance_one_in(dice, 3) ? "f t" : "ft",
		dice->next_id++);
	for (size_t i = 0; i < CNI_COUNT(is->columns); i++) {
		is->columns[i].id = dice->next_id++;
		snprintf(is->columns[i].name, RANDOM_NAME, "w%u", dice->next_id++);
	}
}

void random_make(chance *dice, random_schema *ret)
{
	*ret = (random_schema){0};
	size_t count = 1 + chance_below(dice, RANDOM_TABLES - 2);
	for (size_t i = 0; i < count; i++)
		make_table(dice, ret);
	while (chance_one_in(dice, 2))
		make_view(dice, ret);
	while (chance_one_in(dice, 2))
		make_trigger(dice, ret);
	while (chance_one_in(dice, 3))
		make_virtual(dice, ret);
	/* a table that was made first may refer to one that came later */
	for (size_t i = 0; i < count; i++)
		if (chance_one_in(dice, 4))
			make_reference(dice, ret, &ret->tables[i]);
}

/* ---- changing ---- */

static void drop_column(random_table *table, size_t at)
{
	memmove(&table->columns[at], &table->columns[at + 1],
		(table->column_count - at - 1) * sizeof *table->columns);
	table->column_count--;
}

static void change_type(chance *dice, random_table *table, random_column *column)
{
	column->type = chance_below(dice, RANDOM_TYPES);
	if (column == table->columns && table->key == KEY_ROWID)
		column->type = 0;
	table->autoincrement = table->autoincrement && random_rowid(table);
}

static void change_generated(chance *dice, random_table *table, random_column *column)
{
	if (column < &table->columns[2])
		return;
	column->generated = (column->generated + 1 + chance_below(dice, 2)) % 3;
	column->source = table->columns[chance_below(dice, 2)].id;
	column->default_form = 0;
}

static void rename_columns(chance *dice, random_table *table, size_t at)
{
	unsigned count = (unsigned)table->column_count;
	char *other = table->columns[chance_below(dice, count)].name,
	     *third = table->columns[chance_below(dice, count)].name,
	     *name = table->columns[at].name;
	switch (chance_below(dice, 5)) {
	case 0: turn_case(name); break;
	case 1: swap_names(name, other); break;
	case 2: /* a rotation */
		swap_names(name, other);
		swap_names(other, third);
		break;
	case 3: /* takes the name of one that goes */
		if (count > 2) {
			size_t gone = 2 + chance_below(dice, count - 2);
			if (gone == at)
				break;
			memcpy(name, table->columns[gone].name, RANDOM_NAME);
			drop_column(table, gone);
		}
		break;
	default: make_column_name(dice, table, name); break;
	}
}

static void change_column(chance *dice, random_table *table, bool small)
{
	static const unsigned smalls[] = {3, 4, 5, 9, 11};
	size_t at = chance_below(dice, (unsigned)table->column_count);
	random_column *column = &table->columns[at];
	switch (small ? smalls[chance_below(dice, CNI_COUNT(smalls))] : chance_below(dice, 12)) {
	case 0:
	case 1: rename_columns(dice, table, at); break;
	case 2:
		if (at > 1)
			drop_column(table, at);
		break;
	case 3: column->not_null = !column->not_null; break;
	case 4: column->check = column->check ? 0 : 1 + chance_below(dice, RANDOM_CHECKS); break;
	case 5:
		if (!column->generated && at > 0)
			column->default_form = column->default_form ? 0 : 1 + chance_below(dice, 6);
		break;
	case 6: change_type(dice, table, column); break;
	case 7: column->unique = random_rowid(table) != column && !column->unique; break;
	case 8: column->collate = chance_below(dice, 4); break;
	case 9: column->conflict = chance_below(dice, 6); break;
	case 10: change_generated(dice, table, column); break;
	case 11: column->named = !column->named; break;
	}
}

static void change_key(chance *dice, random_table *table)
{
	switch (chance_below(dice, 4)) {
	case 0: make_key(dice, table); break;
	case 1: table->without_rowid = table->key != KEY_NONE && !table->without_rowid; break;
	case 2: table->key_desc = !table->key_desc; break;
	case 3: table->autoincrement = !table->autoincrement; break;
	}
	table->autoincrement = table->autoincrement && random_rowid(table) &&
			       !table->key_at_table && !table->key_desc;
}

static void move_column(chance *dice, random_table *table)
{
	if (table->column_count < 4 || chance_one_in(dice, 4)) {
		table->turn = chance_below(dice, RANDOM_COLUMNS);
		return;
	}
	unsigned span = (unsigned)table->column_count - 2;
	random_column *a = &table->columns[2 + chance_below(dice, span)],
		      *b = &table->columns[2 + chance_below(dice, span)], keep = *a;
	*a = *b;
	*b = keep;
}

static void rename_tables(chance *dice, random_schema *schema, random_table *table)
{
	random_table *other = &schema->tables[chance_below(dice, (unsigned)schema->table_count)];
	random_table *third = &schema->tables[chance_below(dice, (unsigned)schema->table_count)];
	switch (chance_below(dice, 4)) {
	case 0: turn_case(table->name); break;
	case 1: swap_names(table->name, other->name); break;
	case 2:
		swap_names(table->name, other->name);
		swap_names(other->name, third->name);
		break;
	default: make_name(dice, table->name); break;
	}
}

static void change_table(chance *dice, random_schema *schema, random_table *table)
{
	switch (chance_below(dice, 10)) {
	case 0:
	case 1: rename_tables(dice, schema, table); break;
	case 2:
		if (table->column_count < RANDOM_COLUMNS)
			make_column(dice, table, true);
		break;
	case 3: change_key(dice, table); break;
	case 4: table->strict = !table->strict; break;
	case 5: make_index(dice, table); break;
	case 6: table->indexes[chance_below(dice, RANDOM_PARTS)].id = 0; break;
	case 7: make_reference(dice, schema, table); break;
	case 8: table->references[chance_below(dice, RANDOM_PARTS)].id = 0; break;
	case 9: move_column(dice, table); break;
	}
}

static void change_virtual(chance *dice, random_virtual *is)
{
	if (!is->id)
		return;
	switch (chance_below(dice, 5)) {
	case 0: snprintf(is->name, sizeof is->name, "ft%u", dice->next_id++); break;
	case 1:
		if (is->module != MODULE_FTS5_NONE)
			is->option = !is->option;
		break;
	case 2:
		if (is->module <= MODULE_FTS3)
			snprintf(is->columns[0].name, RANDOM_NAME, "w%u", dice->next_id++);
		break;
	case 3:
		if (is->module <= MODULE_FTS3)
			is->column_count = 1 + is->column_count % 3;
		break;
	case 4:
		if (is->module <= MODULE_FTS3)
			swap_names(is->columns[0].name, is->columns[1].name);
		break;
	}
}

static void change_other(chance *dice, random_schema *schema)
{
	unsigned at = chance_below(dice, RANDOM_OBJECTS);
	switch (chance_below(dice, 6)) {
	case 0: make_view(dice, schema); break;
	case 1: make_trigger(dice, schema); break;
	case 2: schema->views[at].id = 0; break;
	case 3: schema->triggers[at].id = 0; break;
	case 4: change_virtual(dice, &schema->virtuals[at]); break;
	case 5:
		if (!schema->virtuals[at].id)
			make_virtual(dice, schema);
		break;
	}
}

/* What is new must not have the name of what goes: nobody could tell the two apart. */
static void settle_names(chance *dice, const random_schema *from, random_schema *to)
{
	for (size_t i = 0; i < to->table_count; i++) {
		random_table *table = &to->tables[i];
		const random_table *old = random_table_by_id(from, table->id);
		for (size_t j = 0; !old && j < from->table_count; j++)
			if (cni_same(from->tables[j].name, table->name))
				make_name(dice, table->name);
		for (size_t j = 0; old && j < table->column_count; j++)
			if (!random_column_by_id(old, table->columns[j].id) &&
				has_name(old, table->columns[j].name))
				make_name(dice, table->columns[j].name);
	}
}

void random_change(chance *dice, random_schema *schema, unsigned most, bool small)
{
	const random_schema from = *schema;
	unsigned changes = 1 + chance_below(dice, most);
	for (unsigned i = 0; i < changes; i++) {
		unsigned at = chance_below(dice, (unsigned)schema->table_count);
		random_table *table = &schema->tables[at];
		if (small) {
			change_column(dice, table, true);
		} else if (chance_one_in(dice, 15) && schema->table_count < RANDOM_TABLES) {
			make_table(dice, schema);
		} else if (chance_one_in(dice, 25) && schema->table_count > 1) {
			*table = schema->tables[--schema->table_count];
		} else if (chance_one_in(dice, 8)) {
			change_other(dice, schema);
		} else if (chance_one_in(dice, 2)) {
			change_column(dice, table, false);
		} else {
			change_table(dice, schema, table);
		}
	}
	settle_names(dice, &from, schema);
}

/* ---- forgetting ---- */

static unsigned table_id_by_name(const random_schema *schema, const char *name)
{
	for (size_t i = 0; i < schema->table_count; i++)
		if (cni_same(schema->tables[i].name, name))
			return schema->tables[i].id;
	return 0;
}

static unsigned column_id_by_name(const random_table *table, const char *name)
{
	for (size_t i = 0; table && i < table->column_count; i++)
		if (cni_same(table->columns[i].name, name))
			return table->columns[i].id;
	return 0;
}

/* Everything that is said by number now is said by the new numbers then. */
static void forget_columns(
	chance *dice, const random_table *old, random_schema *to, random_table *table)
{
	unsigned were[RANDOM_COLUMNS], are[RANDOM_COLUMNS];
	for (size_t i = 0; i < table->column_count; i++) {
		unsigned id = column_id_by_name(old, table->columns[i].name);
		were[i] = table->columns[i].id;
		are[i] = id ? id : dice->next_id++;
	}
#define RENUMBER(field)                                                     \
	for (size_t n = 0, done = 0; n < table->column_count && !done; n++) \
		if ((field) == were[n]) {                                   \
			(field) = are[n];                                   \
			done = 1;                                           \
		}
	for (size_t i = 0; i < table->column_count; i++) {
		RENUMBER(table->columns[i].id)
		RENUMBER(table->columns[i].source)
	}
	for (size_t i = 0; i < RANDOM_PARTS; i++) {
		RENUMBER(table->indexes[i].a)
		RENUMBER(table->indexes[i].b)
		RENUMBER(table->references[i].child)
		RENUMBER(table->references[i].child2)
	}
	for (size_t i = 0; i < to->table_count; i++)
		for (size_t j = 0; j < RANDOM_PARTS; j++)
			if (to->tables[i].references[j].parent == table->id)
				RENUMBER(to->tables[i].references[j].to_unique)
	for (size_t i = 0; i < RANDOM_OBJECTS; i++) {
		if (to->triggers[i].on == table->id)
			RENUMBER(to->triggers[i].column)
		if (to->virtuals[i].table == table->id)
			RENUMBER(to->virtuals[i].column)
	}
#undef RENUMBER
}

/* New numbers of tables are out of the way of all old ones until each has its own. */
enum { ASIDE = 1 << 24 };

static void renumber_table(random_schema *to, unsigned was, unsigned is)
{
	for (size_t i = 0; i < to->table_count; i++) {
		if (to->tables[i].id == was)
			to->tables[i].id = is;
		for (size_t j = 0; j < RANDOM_PARTS; j++)
			if (to->tables[i].references[j].parent == was)
				to->tables[i].references[j].parent = is;
	}
	for (size_t i = 0; i < RANDOM_OBJECTS; i++) {
		if (to->views[i].on == was)
			to->views[i].on = is;
		if (to->triggers[i].on == was)
			to->triggers[i].on = is;
		if (to->triggers[i].other == was)
			to->triggers[i].other = is;
		if (to->virtuals[i].table == was)
			to->virtuals[i].table = is;
	}
}

/* What speaks of something that has gone must not come to life when its number is given out again.
 */
static void drop_dangling(random_schema *to)
{
	for (size_t i = 0; i < to->table_count; i++) {
		random_table *table = &to->tables[i];
		for (size_t j = 0; j < RANDOM_PARTS; j++) {
			random_reference *reference = &table->references[j];
			random_index *index = &table->indexes[j];
			const random_table *parent = random_table_by_id(to, reference->parent);
			if (!parent || !random_column_by_id(table, reference->child))
				reference->id = 0;
			if (!parent || !random_column_by_id(parent, reference->to_unique))
				reference->to_unique = 0;
			if (!random_column_by_id(table, reference->child2))
				reference->child2 = 0;
			if (!random_column_by_id(table, index->a))
				index->id = 0;
			if (!random_column_by_id(table, index->b))
				index->b = 0;
		}
	}
	for (size_t i = 0; i < RANDOM_OBJECTS; i++) {
		random_trigger *trigger = &to->triggers[i];
		const random_table *on = random_table_by_id(to, trigger->on);
		if (!on || !random_column_by_id(on, trigger->column) ||
			!random_table_by_id(to, trigger->other))
			trigger->id = 0;
		if (!random_virtual_stands(to, &to->virtuals[i]))
			to->virtuals[i].id = 0;
		bool on_view = false;
		for (size_t j = 0; j < RANDOM_OBJECTS; j++)
			on_view |= to->views[j].id && to->views[j].id == to->views[i].on;
		if (!on_view && !random_table_by_id(to, to->views[i].on))
			to->views[i].id = 0;
	}
}

void random_forget(chance *dice, const random_schema *from, random_schema *to)
{
	drop_dangling(to);
	for (size_t i = 0; i < to->table_count; i++) {
		random_table *table = &to->tables[i];
		const random_table *old =
			random_table_by_id(from, table_id_by_name(from, table->name));
		forget_columns(dice, old, to, table);
		renumber_table(to, table->id, ASIDE + (old ? old->id : dice->next_id++));
	}
	for (size_t i = 0; i < to->table_count; i++)
		renumber_table(to, to->tables[i].id, to->tables[i].id - ASIDE);
	for (size_t i = 0; i < RANDOM_OBJECTS; i++) {
		random_virtual *is = &to->virtuals[i];
		if (!is->id)
			continue;
		const random_virtual *old = NULL;
		for (size_t j = 0; j < RANDOM_OBJECTS; j++)
			if (from->virtuals[j].id && cni_same(from->virtuals[j].name, is->name))
				old = &from->virtuals[j];
		is->id = old ? old->id : dice->next_id++;
		for (size_t j = 0; j < CNI_COUNT(is->columns); j++) {
			unsigned id = dice->next_id++;
			for (size_t k = 0; old && k < CNI_COUNT(old->columns); k++)
				if (cni_same(old->columns[k].name, is->columns[j].name))
					id = old->columns[k].id;
			is->columns[j].id = id;
		}
	}
}
