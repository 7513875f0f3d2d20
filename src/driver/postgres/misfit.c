/*
 * misfit.c - which values would not come through a change of type, as conditions of SQL.
 *
 * PostgreSQL has a type for every expression, and converts or fails. What fails has to be found by
 * reading: a text is compared with the pattern of what its new type takes, a number with its
 * bounds. What can be converted is told back into the old type, and lost when that is another
 * value.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/try.h"
#include "driver/postgres/words.h"

/* ---- types, as format_type() writes them ---- */

typedef enum pg_family {
	PG_OTHER = 0, /* an enum, a domain, an array, a network address … */
	PG_INTEGER,
	PG_NUMERIC,
	PG_FLOAT,
	PG_TEXT,
	PG_BOOL,
	PG_DATE,
	PG_TIMESTAMP, /* with a zone or without */
	PG_TIME,
	PG_INTERVAL,
	PG_UUID,
	PG_BYTEA,
	PG_JSON,
} pg_family;

typedef struct pg_type {
	pg_family family;
	int bytes; /* of a number: 2, 4, 8 */
	long size; /* varchar(size), numeric(size, scale); -1: not said */
	long scale;
	bool array;
} pg_type;

static bool begins(const char *type, const char *word)
{
	size_t size = strlen(word);

	return cni_ncasecmp(type, word, size) == 0 &&
	       (!type[size] || type[size] == '(' || type[size] == ' ' || type[size] == '[');
}

static pg_type type_of(const char *text)
{
	static const struct {
		const char *word;
		pg_family family;
		int bytes;
	} names[] = {
		{"smallint", PG_INTEGER, 2},
		{"int2", PG_INTEGER, 2},
		{"integer", PG_INTEGER, 4},
		{"int4", PG_INTEGER, 4},
		{"int", PG_INTEGER, 4},
		{"bigint", PG_INTEGER, 8},
		{"int8", PG_INTEGER, 8},
		{"numeric", PG_NUMERIC, 0},
		{"decimal", PG_NUMERIC, 0},
		{"real", PG_FLOAT, 4},
		{"float4", PG_FLOAT, 4},
		{"double precision", PG_FLOAT, 8},
		{"float8", PG_FLOAT, 8},
		{"text", PG_TEXT, 0},
		{"character varying", PG_TEXT, 0},
		{"varchar", PG_TEXT, 0},
		{"character", PG_TEXT, 0},
		{"bpchar", PG_TEXT, 0},
		{"boolean", PG_BOOL, 0},
		{"bool", PG_BOOL, 0},
		{"date", PG_DATE, 0},
		{"timestamp", PG_TIMESTAMP, 0},
		{"timestamptz", PG_TIMESTAMP, 0},
		{"time", PG_TIME, 0},
		{"timetz", PG_TIME, 0},
		{"interval", PG_INTERVAL, 0},
		{"uuid", PG_UUID, 0},
		{"bytea", PG_BYTEA, 0},
		{"json", PG_JSON, 0},
		{"jsonb", PG_JSON, 0},
	};
	pg_type type = {.size = -1};

	for (size_t i = 0; text && i < CNI_COUNT(names) && !type.family; i++)
		if (begins(text, names[i].word))
			type = (pg_type){
				.family = names[i].family, .bytes = names[i].bytes, .size = -1};
	const char *open = text ? strchr(text, '(') : NULL;
	if (open) {
		char *end;
		type.size = strtol(open + 1, &end, 10);
		type.scale = *end == ',' ? strtol(end + 1, NULL, 10) : 0;
	}
	if (text && strchr(text, '[')) {
		type.array = true;
		type.family = PG_OTHER;
	}
	return type;
}

static pg_type type_from(const cni_copy *copy, size_t column)
{
	return type_of(copy->from->ddl.table.columns[copy->columns[column].from].type);
}

static pg_type type_to(const cni_copy *copy, size_t column)
{
	return type_of(copy->to->ddl.table.columns[column].type);
}

/* Does the new type hold every value of the old one as it is? Then no row needs to be read. */
static bool widens(const pg_type *from, const pg_type *to)
{
	if (from->family == PG_OTHER || to->family == PG_OTHER)
		return false;
	if (from->family == PG_INTEGER && to->family == PG_INTEGER)
		return to->bytes >= from->bytes;
	if (from->family == PG_INTEGER && to->family == PG_NUMERIC)
		return to->size < 0;
	if (from->family == PG_INTEGER && to->family == PG_FLOAT)
		return from->bytes * 2 <= to->bytes;
	if (from->family == PG_NUMERIC && to->family == PG_NUMERIC)
		return to->size < 0 || (from->size >= 0 && to->scale >= from->scale &&
					       to->size - to->scale >= from->size - from->scale);
	if (from->family == PG_FLOAT && to->family == PG_FLOAT)
		return to->bytes >= from->bytes;
	if (from->family == PG_TEXT && to->family == PG_TEXT)
		return to->size < 0 || (from->size >= 0 && to->size >= from->size);
	return false;
}

bool cni_pg_converts(const cni_copy *copy, size_t column)
{
	long from = copy->columns[column].from;

	return from >= 0 && !cni_equal(copy->from->ddl.table.columns[from].type,
				    copy->to->ddl.table.columns[column].type);
}

bool cni_pg_may_misfit(const cni_copy *copy, size_t column)
{
	if (!cni_pg_converts(copy, column) || copy->to->ddl.table.columns[column].generated_sql)
		return false;
	pg_type from = type_from(copy, column), to = type_to(copy, column);
	return !widens(&from, &to);
}

const char *cni_pg_zero(const cni_ddl_table *table, size_t column)
{
	pg_type type = type_of(table->columns[column].type);

	if (type.array)
		return "'{}'";
	switch (type.family) {
	case PG_INTEGER:
	case PG_NUMERIC: return "0";
	case PG_FLOAT: return "0.0";
	case PG_BOOL: return "false";
	case PG_DATE: return "'1970-01-01'";
	case PG_TIMESTAMP: return "'1970-01-01 00:00:00'";
	case PG_TIME: return "'00:00:00'";
	case PG_INTERVAL: return "'0'";
	case PG_UUID: return "'00000000-0000-0000-0000-000000000000'";
	case PG_JSON: return "'{}'";
	case PG_TEXT:
	case PG_BYTEA:
	case PG_OTHER: break;
	}
	return "''";
}

/* ---- what fails ---- */

#define NUMBER_PATTERN "^\\s*[+-]?([0-9]+(\\.[0-9]*)?|\\.[0-9]+)([eE][+-]?[0-9]{1,3})?\\s*$"

/* The condition under which a number, an expression of any of the numeric types, is too large. */
static void add_bounds(cni_buffer *out, const char *number, const pg_type *to)
{
	static const char *const lowest[] = {
		[2] = "-32768", [4] = "-2147483648", [8] = "-9223372036854775808"};
	static const char *const highest[] = {
		[2] = "32767", [4] = "2147483647", [8] = "9223372036854775807"};

	if (to->family == PG_INTEGER) {
		cni_buffer_printf(out, "round(%s) NOT BETWEEN %s AND %s", number, lowest[to->bytes],
			highest[to->bytes]);
	} else if (to->family == PG_NUMERIC && to->size >= 0) {
		cni_buffer_printf(out, "(%s <> 'NaN' AND abs(round(%s, %ld)) >= 10::numeric ^ %ld)",
			number, number, to->scale, to->size - to->scale);
	} else if (to->family == PG_FLOAT) {
		const char *least = to->bytes == 4 ? "1.4e-45" : "4.94e-324";
		const char *most = to->bytes == 4 ? "3.4028235e38" : "1.7976931348623157e308";
		cni_buffer_printf(out,
			"(%s NOT IN ('NaN', 'Infinity', '-Infinity', 0) AND"
			" abs(%s) NOT BETWEEN %s::numeric AND %s::numeric)",
			number, number, least, most);
	} else {
		cni_buffer_puts(out, "false");
	}
}

/* "2020-02-30" has the pattern of a date, and is none. Appends the number of days of its month. */
static void add_days(cni_buffer *out, const char *c)
{
	cni_buffer_printf(out,
		"CASE substring(%s from '-([0-9]+)-')::int WHEN 2 THEN 28 +"
		" (substring(%s from '([0-9]+)-')::int %% 4 = 0 AND"
		" (substring(%s from '([0-9]+)-')::int %% 100 <> 0 OR"
		" substring(%s from '([0-9]+)-')::int %% 400 = 0))::int"
		" WHEN 4 THEN 30 WHEN 6 THEN 30 WHEN 9 THEN 30 WHEN 11 THEN 30 ELSE 31 END",
		c, c, c, c);
}

#define DATE_PATTERN  "[0-9]{4}-(0?[1-9]|1[0-2])-(0?[1-9]|[12][0-9]|3[01])"
#define CLOCK_PATTERN "([01]?[0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\\.[0-9]{1,9})?)?"
#define ZONE_PATTERN  "(\\s*(Z|[+-](0?[0-9]|1[0-5])(:?[0-5][0-9])?))?"

static void add_date_misfit(cni_buffer *out, const char *c)
{
	cni_buffer_printf(out,
		"CASE WHEN %s !~ '^\\s*" DATE_PATTERN "([ T]" CLOCK_PATTERN ZONE_PATTERN
		")?\\s*$' THEN true ELSE ",
		c);
	cni_buffer_printf(out,
		"substring(%s from '^\\s*[0-9]+-')::text = '0000-'"
		" OR substring(%s from '[0-9]-[0-9]+-([0-9]{1,2})')::int > ",
		c, c);
	add_days(out, c);
	cni_buffer_puts(out, " END");
}

static void add_bytes_misfit(cni_buffer *out, const char *c)
{
	cni_buffer_printf(out,
		"CASE WHEN %s LIKE '\\\\x%%' THEN %s !~ '^\\\\x([0-9a-fA-F]{2}\\s*)*$' ELSE"
		" %s !~ '^([^\\\\]|\\\\\\\\|\\\\[0-3][0-7]{2})*$' END",
		c, c, c);
}

/* `c` holds text. */
static void add_text_misfit(cni_buffer *out, const char *c, const pg_type *to)
{
	char number[300];

	snprintf(number, sizeof number, "%s::numeric", c);
	switch (to->family) {
	case PG_INTEGER:
		cni_buffer_printf(
			out, "CASE WHEN %s !~ '^\\s*[+-]?[0-9]{1,40}\\s*$' THEN true ELSE ", c);
		add_bounds(out, number, to);
		cni_buffer_puts(out, " END");
		break;
	case PG_NUMERIC:
	case PG_FLOAT:
		cni_buffer_printf(out,
			"CASE WHEN btrim(%s) ~* '^([+-]?inf(inity)?|nan)$' THEN false"
			" WHEN %s !~ '" NUMBER_PATTERN "' THEN true ELSE ",
			c, c);
		add_bounds(out, number, to);
		cni_buffer_puts(out, " END");
		break;
	case PG_BOOL:
		cni_buffer_printf(out,
			"%s !~* '^\\s*(t|tr|tru|true|f|fa|fal|fals|false|y|ye|yes|n|no|on|of|off|1|0)"
			"\\s*$'",
			c);
		break;
	case PG_DATE:
	case PG_TIMESTAMP: add_date_misfit(out, c); break;
	case PG_TIME:
		cni_buffer_printf(out, "%s !~ '^\\s*" CLOCK_PATTERN ZONE_PATTERN "\\s*$'", c);
		break;
	case PG_UUID:
		cni_buffer_printf(out,
			"%s !~ '^(([0-9a-fA-F]{4}-?){7}[0-9a-fA-F]{4}"
			"|[{]([0-9a-fA-F]{4}-?){7}[0-9a-fA-F]{4}[}])$'",
			c);
		break;
	case PG_BYTEA: add_bytes_misfit(out, c); break;
	default: break;
	}
}

/* The words of an enum that is in the new schema. */
static void add_enum_misfit(cni_buffer *out, const char *c, const cni_ddl_opaque *type)
{
	cni_buffer_printf(out, "%s::text NOT IN (", c);
	for (size_t i = 0; i < type->label_count; i++) {
		cni_buffer_puts(out, i ? ", " : "");
		cni_quote_text(out, type->labels[i]);
	}
	cni_buffer_putc(out, ')');
}

static const cni_ddl_opaque *enum_of(const cni_schema *to, const char *type)
{
	const cni_object *object = type ? cni_schema_find(to, CNI_DDL_OPAQUE, type) : NULL;

	return object && object->ddl.opaque.labels ? &object->ddl.opaque : NULL;
}

static void add_failing(cni_buffer *out, const cni_schema *schema, const cni_copy *copy,
	size_t column, const char *c)
{
	pg_type from = type_from(copy, column), to = type_to(copy, column);
	const cni_ddl_opaque *labels = enum_of(schema, copy->to->ddl.table.columns[column].type);
	CLEANUP(cni_buffer_done) cni_buffer condition = {0};
	char number[300];

	if (labels && labels->label_count) {
		add_enum_misfit(&condition, c, labels);
	} else if (from.family == PG_TEXT) {
		add_text_misfit(&condition, c, &to);
	} else if (from.family == PG_INTEGER || from.family == PG_NUMERIC ||
		   from.family == PG_FLOAT) {
		bool number_to =
			to.family == PG_INTEGER || to.family == PG_NUMERIC || to.family == PG_FLOAT;
		snprintf(number, sizeof number, "%s::numeric", c);
		if (number_to)
			add_bounds(&condition, number, &to);
	}
	if (condition.size)
		cni_buffer_printf(out, "%s IS NOT NULL AND %s", c, cni_buffer_text(&condition));
	out->failed |= condition.failed;
}

/* ---- what is lost ---- */

/* Types that have no `=`, or one by which different texts are the same. */
static bool compared_as_text(pg_family family) { return family == PG_OTHER || family == PG_JSON; }

static void add_losing(cni_buffer *out, const cni_copy *copy, size_t column, const char *c)
{
	const char *was = copy->from->ddl.table.columns[copy->columns[column].from].type;
	const char *is = copy->to->ddl.table.columns[column].type;
	pg_type from = type_from(copy, column), to = type_to(copy, column);

	if (to.family == PG_OTHER && !to.array) /* perhaps it is not there yet */
		return;
	const char *text = compared_as_text(from.family) ? "::text" : "";
	cni_buffer_printf(out, "CAST(CAST(%s AS %s) AS %s)%s IS DISTINCT FROM %s%s", c, is, was,
		text, c, text);
}

void cni_pg_misfit(cni_buffer *out, const cni_schema *to, const cni_copy *copy, size_t column,
	cni_misfit_kind misfit)
{
	CLEANUP(cni_arena_done) cni_arena arena = {0};
	const char *name = cni_quoted(&arena, copy->to->ddl.table.columns[column].name);

	if (!name)
		out->failed = true;
	else if (misfit == CNI_MISFIT_FAILS)
		add_failing(out, to, copy, column, name);
	else
		add_losing(out, copy, column, name);
}

/* An array's element type counts, too. */
bool cni_pg_is_new_type(const cni_schema *from, const cni_schema *to, const char *type)
{
	char name[256];
	size_t size = type ? strcspn(type, "[") : 0;

	if (!size || size >= sizeof name)
		return false;
	memcpy(name, type, size);
	name[size] = '\0';
	return cni_schema_find(to, CNI_DDL_OPAQUE, name) &&
	       !cni_schema_find(from, CNI_DDL_OPAQUE, name);
}

/* Values that no other row has: an integer key, turned round or with a word in front. */
const char *cni_pg_distinct_value(cni_arena *arena, const cni_copy *copy, size_t column)
{
	const cni_ddl_table *from = &copy->from->ddl.table, *to = &copy->to->ddl.table;
	const cni_ddl_constraint *key = cni_table_primary_key(from);
	pg_type type = type_to(copy, column);

	if (type.family == PG_UUID)
		return "gen_random_uuid()";
	if (!key || key->part_count != 1 || !key->parts[0].name)
		return NULL;
	long old = cni_table_column(from, key->parts[0].name);
	long now = old >= 0 ? cni_copy_target(copy, (size_t)old) : -1;
	if (now < 0 || type_of(from->columns[old].type).family != PG_INTEGER)
		return NULL;
	const char *name = cni_quoted(arena, to->columns[now].name);
	if (type.family == PG_TEXT)
		return name ? cni_printf(arena, "'row ' || %s", name) : NULL;
	if (type.family == PG_INTEGER || type.family == PG_NUMERIC || type.family == PG_FLOAT)
		return name ? cni_printf(arena, "-%s", name) : NULL;
	return NULL;
}
