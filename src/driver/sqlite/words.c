/* words.c - how SQLite spells what is above the driver; see driver/words.h. */
#include "driver/words.h"

#include <string.h>

#include "base/text.h"
#include "base/try.h"
#include "driver/sqlite/words.h"

/* ---- values that would not come through a change of type ----
 *
 * A change is harmless when every value can be told back from what becomes of it: 5 to 5.0 and 7 to
 * '7' are, '007' to 7, 19.99 to 19, 2^53+1 to a double are not. What is not harmless needs
 * allow-cast, also where SQLite would quietly keep the old value in a column of the new type.
 */

/* Types such as DATETIME and JSON have NUMERIC affinity by SQLite's rules and hold text by
 * everybody's habit: text that is no number stays as it is there. */
static bool means_number(const char *type)
{
	static const char *const words[] = {
		"NUM", "DEC", "BOOL", "MONEY", "CURRENCY", "BIT", "FIXED"};
	for (size_t i = 0; type && i < CNI_COUNT(words); i++)
		for (const char *p = type; *p; p++)
			if (cni_ncasecmp(p, words[i], strlen(words[i])) == 0)
				return true;
	return false;
}

/* `c`: the column, quoted. */
static void add_misfit(
	cni_buffer *out, const char *c, cni_affinity affinity, const char *type, bool strict)
{
	switch (affinity) {
	case CNI_AFF_TEXT:
		cni_buffer_printf(out,
			"typeof(%s) = 'blob' OR (typeof(%s) = 'real' AND CAST(CAST(%s AS TEXT) AS REAL) <> %s)",
			c, c, c, c);
		break;
	case CNI_AFF_INTEGER:
		cni_buffer_printf(out,
			"typeof(%s) = 'blob' OR (typeof(%s) = 'real' AND CAST(%s AS INTEGER) <> %s)"
			" OR (typeof(%s) = 'text' AND CAST(CAST(%s AS INTEGER) AS TEXT) <> %s COLLATE BINARY)",
			c, c, c, c, c, c, c);
		break;
	case CNI_AFF_REAL:
		cni_buffer_printf(out,
			"typeof(%s) = 'blob' OR (typeof(%s) = 'integer' AND (CAST(CAST(%s AS REAL) AS INTEGER) <> %s"
			" OR %s NOT BETWEEN -9223372036854774784 AND 9223372036854774784))"
			" OR (typeof(%s) = 'text' AND CAST(CAST(%s AS REAL) AS TEXT) <> %s COLLATE BINARY"
			" AND (CAST(CAST(%s AS INTEGER) AS TEXT) <> %s COLLATE BINARY"
			" OR CAST(%s AS INTEGER) NOT BETWEEN -9007199254740992 AND 9007199254740992))",
			c, c, c, c, c, c, c, c, c, c, c);
		break;
	case CNI_AFF_NUMERIC:
		cni_buffer_printf(out,
			"(typeof(%s) = 'text' AND CAST(CAST(%s AS NUMERIC) AS TEXT) <> %s COLLATE BINARY%s%s%s%s)",
			c, c, c, means_number(type) ? "" : " AND CAST(",
			means_number(type) ? "" : c,
			means_number(type) ? "" : " AS NUMERIC) = ", means_number(type) ? "" : c);
		if (means_number(type))
			cni_buffer_printf(out, " OR typeof(%s) = 'blob'", c);
		break;
	case CNI_AFF_BLOB:
		if (strict && cni_same(type, "BLOB"))
			cni_buffer_printf(out, "typeof(%s) NOT IN ('blob', 'null')", c);
		break;
	}
}

static bool converts(const cni_copy *copy, size_t column)
{
	return cni_column_affinity(&copy->from->ddl.table, (size_t)copy->columns[column].from) !=
	       cni_column_affinity(&copy->to->ddl.table, column);
}

/* Another affinity, or a table that takes no others now. */
static bool may_misfit(const cni_copy *copy, size_t column)
{
	const cni_ddl_table *from = &copy->from->ddl.table, *to = &copy->to->ddl.table;
	long old = copy->columns[column].from;

	if (old < 0 || to->columns[column].generated_sql)
		return false;
	if (converts(copy, column))
		return true;
	if (to->strict &&
		(!from->strict || !cni_same(from->columns[old].type, to->columns[column].type)))
		return true;
	return cni_table_rowid_alias(to) == (long)column && cni_table_rowid_alias(from) != old;
}

/* CAST takes any value: nothing fails. */
static void misfit(cni_buffer *out, const cni_schema *schema, const cni_copy *copy, size_t column,
	cni_misfit_kind why)
{
	CLEANUP(cni_arena_done) cni_arena arena = {0};
	const cni_ddl_table *to = &copy->to->ddl.table;
	const cni_ddl_column *is = &to->columns[column];

	(void)schema;
	if (why == CNI_MISFIT_FAILS)
		return;
	const char *name = cni_quoted(&arena, is->name);
	if (name)
		add_misfit(out, name, cni_column_affinity(to, column), is->type, to->strict);
	out->failed |= !name;
}

/* Only where text is at home in a type that SQLite takes for numeric it is left alone. */
static bool casts(const cni_copy *copy, size_t column)
{
	const cni_ddl_table *to = &copy->to->ddl.table;
	const char *type = to->columns[column].type;
	cni_affinity affinity = cni_column_affinity(to, column);

	if (affinity == CNI_AFF_NUMERIC && !means_number(type))
		return false;
	if (affinity == CNI_AFF_BLOB)
		/* LONGBLOB means it, too; no type at all, and ANY, mean nothing */
		return type && cni_type_affinity(type) == CNI_AFF_BLOB &&
		       (to->strict || cni_column_affinity(&copy->from->ddl.table,
					      (size_t)copy->columns[column].from) != CNI_AFF_BLOB);
	return true;
}

/* ---- rows ---- */

static void row_label(cni_buffer *out, const cni_ddl_table *from)
{
	long alias = cni_table_rowid_alias(from);
	const char *rowid = cni_rowid_word(from);
	const cni_ddl_constraint *key = cni_table_primary_key(from);

	if (rowid) {
		CLEANUP(cni_buffer_done) cni_buffer label = {0};
		cni_quote_name_if(&label, alias >= 0 ? from->columns[alias].name : "rowid");
		cni_buffer_putc(&label, ' ');
		cni_quote_text(out, cni_buffer_text(&label));
		out->failed |= label.failed;
		cni_buffer_printf(out, " || %s", rowid);
		return;
	}
	cni_buffer_puts(out, "'row '");
	for (size_t i = 0; key && i < key->part_count; i++) {
		cni_buffer_puts(out, i ? " || ', ' || quote(" : " || quote(");
		cni_quote_name(
			out, key->parts[i].name ? key->parts[i].name : key->parts[i].expr_sql);
		cni_buffer_putc(out, ')');
	}
}

/* Values that no other row has, as long as nobody has used negative numbers, or texts like these.
 */
static const char *distinct_value(cni_arena *arena, const cni_copy *copy, size_t column)
{
	const char *rowid = cni_rowid_word(&copy->from->ddl.table);
	cni_affinity affinity = cni_column_affinity(&copy->to->ddl.table, column);

	if (!rowid || affinity == CNI_AFF_BLOB)
		return NULL;
	return cni_printf(arena, affinity == CNI_AFF_TEXT ? "'row ' || %s" : "-%s", rowid);
}

static const char *zero(const cni_ddl_table *table, size_t column)
{
	switch (cni_column_affinity(table, column)) {
	case CNI_AFF_TEXT: return "''";
	case CNI_AFF_REAL: return "0.0";
	case CNI_AFF_BLOB:
		return table->strict && !cni_same(table->columns[column].type, "BLOB") ? "0"
										       : "x''";
	default: return "0";
	}
}

static const char *part_collation(const cni_ddl_table *table, const cni_ddl_part *part)
{
	if (part->collate)
		return part->collate;
	long column = part->name ? cni_table_column(table, part->name) : -1;
	const char *collate = column >= 0 ? table->columns[column].collate : NULL;
	return collate ? collate : "BINARY";
}

static void compared_as(cni_buffer *out, const cni_ddl_table *table, const cni_ddl_part *part)
{
	cni_buffer_puts(out, " COLLATE ");
	cni_quote_name(out, part_collation(table, part));
}

static void temp_column(cni_buffer *out, const cni_ddl_table *table, size_t at)
{
	const cni_ddl_column *column = &table->columns[at];

	cni_quote_name(out, column->name);
	if (column->type && !(table->strict && cni_same(column->type, "ANY")))
		cni_buffer_printf(out, " %s", column->type);
	if (column->generated_sql) {
		cni_buffer_printf(out, " AS (%s)", column->generated_sql);
	} else if (column->default_sql) {
		cni_buffer_printf(out,
			column->default_is_expression ? " DEFAULT (%s)" : " DEFAULT %s",
			column->default_sql);
	}
	if (column->collate) {
		cni_buffer_puts(out, " COLLATE ");
		cni_quote_name(out, column->collate);
	}
}

static bool forbids_null(const cni_ddl_table *table, size_t column)
{
	const cni_ddl_constraint *key = cni_table_primary_key(table);

	if (table->columns[column].not_null || cni_table_rowid_alias(table) == (long)column)
		return true;
	for (size_t i = 0; key && (table->without_rowid || table->strict) && i < key->part_count;
		i++)
		if (cni_same(key->parts[i].name, table->columns[column].name))
			return true;
	return false;
}

/* The function is this library's own: functions.c. */
static void content_hash(cni_buffer *out, const char *const *columns, size_t count)
{
	cni_buffer_puts(out, CNI_HASH_FUNCTION "(");
	for (size_t i = 0; i < count; i++) {
		cni_buffer_puts(out, i ? ", " : "");
		cni_quote_name(out, columns[i]);
	}
	cni_buffer_putc(out, ')');
}

/* ---- scripts for the sqlite3 shell ---- */

static void script_begin(cni_buffer *out, const cni_plan *plan)
{
	cni_buffer_puts(out, ".bail on\n");
	if (plan->edits_schema) /* newer shells protect the schema unless told otherwise */
		cni_buffer_puts(out, ".dbconfig defensive off\n");
	cni_buffer_puts(out, "PRAGMA foreign_keys = OFF;\n");
	if (!plan->no_transaction)
		cni_buffer_puts(out, "BEGIN IMMEDIATE;\n");
}

static void script_end(cni_buffer *out, const cni_plan *plan)
{
	if (!plan->no_transaction)
		cni_buffer_puts(out, "COMMIT;\n");
}

/* ---- models ---- */

/* A STRICT table knows six types only; what the others mean is kept by the session. */
static const char *strict_type(cn_type type)
{
	switch (type) {
	case CN_TYPE_BOOL:
	case CN_TYPE_INT32:
	case CN_TYPE_INT64: return "INTEGER";
	case CN_TYPE_DOUBLE: return "REAL";
	case CN_TYPE_BLOB: return "BLOB";
	default: return "TEXT";
	}
}

static const char *member_type(cni_arena *arena, const cni_column_kind *member)
{
	if (member->strict)
		return strict_type(member->type);
	if (member->type == CN_TYPE_DECIMAL && member->precision > 15)
		return cni_printf(arena, "DECIMAL_TEXT(%u, %u)", member->precision, member->scale);
	if (member->precision)
		return cni_printf(arena, "NUMERIC(%u, %u)", member->precision, member->scale);
	switch (member->type) {
	case CN_TYPE_BOOL: return "BOOLEAN";
	case CN_TYPE_INT32:
	case CN_TYPE_INT64: return "INTEGER";
	case CN_TYPE_DOUBLE: return "REAL";
	case CN_TYPE_BLOB: return "BLOB";
	case CN_TYPE_TIME: return "TIMESTAMP";
	case CN_TYPE_DATE: return "DATE";
	case CN_TYPE_CLOCK: return "TIME";
	case CN_TYPE_DECIMAL: return "NUMERIC";
	case CN_TYPE_UUID: return "CHAR(36)";
	default: return member->length ? cni_printf(arena, "VARCHAR(%u)", member->length) : "TEXT";
	}
}

/* ---- the table ---- */

const cni_words cni_sqlite_words = {
	.title = "SQLite",
	.table_count = "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = ?1",
	.column_count = "SELECT count(*) FROM pragma_table_info(?1) WHERE name = ?2",
	.create_version = "CREATE TABLE IF NOT EXISTS " CNI_VERSION_TABLE " (\n"
			  "\tnumber INTEGER PRIMARY KEY, -- the order in which they were applied\n"
			  "\trevision TEXT NOT NULL UNIQUE,\n"
			  "\tapplied_at TEXT NOT NULL,\n"
			  "\tduration_us INTEGER, -- NULL: stamped, nothing was run\n"
			  "\tchecksum TEXT NOT NULL, -- SHA-256 of the revision's file\n"
			  "\ttool TEXT NOT NULL,\n"
			  "\tdatabase_id TEXT, -- of the row 'base' only\n"
			  "\ttag TEXT -- what --tag said\n"
			  ")",
	.create_step = "CREATE TABLE " CNI_STEP_TABLE " (\n"
		       "\tnumber INTEGER PRIMARY KEY, -- 0: the revision itself\n"
		       "\tdone INTEGER NOT NULL, -- 0: begun. Of row 0: how many steps it has\n"
		       "\tat TEXT NOT NULL,\n"
		       "\trevision TEXT, -- of row 0 only, as what follows\n"
		       "\tdown INTEGER,\n"
		       "\tchecksum TEXT -- SHA-256 of the revision's file\n"
		       ")",
	.now = "strftime('%Y-%m-%dT%H:%M:%SZ', 'now')",
	.schema_number = "PRAGMA main.user_version",
	.schema_number_title = "PRAGMA user_version",
	.list_texts = "group_concat",
	.script_begin = script_begin,
	.script_end = script_end,
	.step_rule = cni_sqlite_step_rule,
	.steps_done = cni_sqlite_steps_done,
	.step_sets = cni_sqlite_step_sets,
	.own_schema = "main.",
	.temp_schema = "temp.",
	.plain = "+",
	.converts = converts,
	.may_misfit = may_misfit,
	.misfit = misfit,
	.casts = casts,
	.row_label = row_label,
	.distinct_value = distinct_value,
	.zero = zero,
	.compared_as = compared_as,
	.temp_column = temp_column,
	.forbids_null = forbids_null,
	.insert_or_pass = {"INSERT OR IGNORE INTO ", ""},
	.content_hash = content_hash,
	.check_all = "PRAGMA integrity_check",
	.broken_references = "SELECT count(*) FROM pragma_foreign_key_check",
	.journal = "PRAGMA journal_mode",
	.journal_leave = "PRAGMA journal_mode=DELETE",
	.journal_again = "PRAGMA journal_mode=WAL",
	.begin_alone = "BEGIN EXCLUSIVE",
	.keeps_texts = true,
	.member_type = member_type,
	.bool_words = {"0", "1"},
	.blob_quotes = {"x'", "'"},
	.defer_keys = "PRAGMA defer_foreign_keys = 1",
};
