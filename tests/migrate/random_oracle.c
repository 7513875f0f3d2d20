/* random_oracle.c - see random_oracle.h. */
#include "random_oracle.h"

#include <string.h>

#include "base/text.h"
#include "base/try.h"
#include "sql/lexer.h"

/* ---- asking SQLite ---- */

static const char *exec(cni_arena *arena, sqlite3 *db, const char *sql)
{
	char *message = NULL;
	if (sqlite3_exec(db, sql, NULL, NULL, &message) == SQLITE_OK)
		return NULL;
	const char *copy = cni_printf(arena, "%s", message ? message : "?");
	sqlite3_free(message);
	return copy;
}

static const char *exec_buffer(cni_arena *arena, sqlite3 *db, cni_buffer *sql)
{
	const char *why = exec(arena, db, cni_buffer_text(sql));
	cni_buffer_clear(sql);
	return why;
}

/* The first column of all rows, a line each; "error: …" when it cannot be read. */
static const char *lines(cni_arena *arena, sqlite3 *db, const char *sql)
{
	CLEANUP(cni_buffer_done) cni_buffer out = {0};
	sqlite3_stmt *stmt = NULL;
	int rc = sqlite3_prepare_v2(db, sql, -1, &stmt, NULL);
	while (rc == SQLITE_OK || rc == SQLITE_ROW) {
		rc = sqlite3_step(stmt);
		if (rc != SQLITE_ROW)
			break;
		const char *text = (const char *)sqlite3_column_text(stmt, 0);
		cni_buffer_printf(&out, "%s\n", text ? text : "NULL");
	}
	if (rc != SQLITE_DONE)
		cni_buffer_printf(&out, "error: %s: %s\n", sqlite3_errmsg(db), sql);
	sqlite3_finalize(stmt);
	return cni_buffer_dup(&out, arena);
}

static long count_lines(const char *text)
{
	long count = 0;
	for (; *text; text++)
		count += *text == '\n';
	return count;
}

sqlite3 *oracle_build(const char *script, cni_arena *arena, const char **ret_why)
{
	sqlite3 *db;
	*ret_why = NULL;
	if (sqlite3_open(":memory:", &db) != SQLITE_OK)
		*ret_why = "out of memory";
	else
		*ret_why = exec(arena, db, script);
	return db;
}

/* ---- what is expected ---- */

static const random_column *original(
	const random_table *from, const random_column *column, bool *ret_new)
{
	const random_column *old = random_column_by_id(from, column->id);
	*ret_new = !old;
	return old;
}

/* Where the rowid is compared: neither table shows it otherwise, and it was there. */
static bool keeps_rowid(const random_table *from, const random_table *to)
{
	return !from->without_rowid && !to->without_rowid && !random_rowid(to) &&
	       random_rowid_word(to) && (random_rowid(from) || random_rowid_word(from));
}

static void write_rowid(cni_buffer *out, const random_table *table)
{
	const random_column *rowid = random_rowid(table);
	if (rowid)
		cni_quote_name(out, rowid->name);
	else
		cni_buffer_puts(out, random_rowid_word(table));
}

/* One column's expression; false: it is left to its default. */
static bool write_source(const random_oracle *oracle, const random_table *from,
	const random_table *to, const random_column *column, cni_buffer *out)
{
	static const char *const affinities[] = {
		"INTEGER", "TEXT", "REAL", "NUMERIC", "NUMERIC", "BLOB", "BLOB"};
	CLEANUP(cni_buffer_done) cni_buffer value = {0};
	const random_column *old = random_column_by_id(from, column->id);
	bool needs = oracle->told && random_needs_value(to, column);
	if (!old) {
		bool rowid = random_rowid(to) == column;
		if (rowid && !from->without_rowid &&
			(random_rowid(from) || random_rowid_word(from)))
			write_rowid(out, from);
		else if (needs && !rowid && !random_has_default(column))
			cni_buffer_puts(out, random_filling(to, column));
		else
			return false;
		return true;
	}
	cni_quote_name(&value, old->name);
	if (oracle->told && random_casts(from, old, to, column)) {
		cni_buffer_clear(&value);
		random_write_name(&value, "CAST(", old->name, " AS ");
		cni_buffer_printf(&value, "%s)", affinities[random_type(to, column)]);
	}
	if (needs)
		cni_buffer_printf(out, "CASE WHEN %s IS NULL THEN %s ELSE %s END",
			cni_buffer_text(&value), random_filling(to, column),
			cni_buffer_text(&value));
	else
		cni_buffer_puts(out, cni_buffer_text(&value));
	return true;
}

static const char *insert_rows(
	const random_oracle *oracle, const random_table *from, const random_table *to)
{
	CLEANUP(cni_buffer_done) cni_buffer sql = {0};
	CLEANUP(cni_buffer_done) cni_buffer values = {0};
	random_write_name(&sql, "INSERT OR ABORT INTO e.", to->name, " (");
	const char *sep = "";
	if (keeps_rowid(from, to)) {
		cni_buffer_puts(&sql, random_rowid_word(to));
		write_rowid(&values, from);
		sep = ", ";
	}
	for (size_t i = 0; i < to->column_count; i++) {
		size_t size = values.size;
		if (to->columns[i].generated)
			continue;
		cni_buffer_puts(&values, sep);
		if (!write_source(oracle, from, to, &to->columns[i], &values)) {
			values.size = size;
			continue;
		}
		random_write_name(&sql, sep, to->columns[i].name, "");
		sep = ", ";
	}
	if (!values.size) /* nothing comes through but the number of rows */
		return NULL;
	cni_buffer_puts(&sql, ") SELECT ");
	cni_buffer_add(&sql, values.data, values.size);
	random_write_name(&sql, " FROM main.", from->name, "");
	return exec_buffer(oracle->arena, oracle->before, &sql);
}

static long orphans(const random_oracle *oracle, const char *database)
{
	return count_lines(lines(oracle->arena, oracle->before,
		cni_printf(oracle->arena, "PRAGMA %s.foreign_key_check", database)));
}

void oracle_expect(random_oracle *oracle)
{
	CLEANUP(cni_buffer_done) cni_buffer sql = {0};
	cni_arena *arena = oracle->arena;
	cni_buffer_puts(&sql, "ATTACH ':memory:' AS e;\n");
	random_write_tables(oracle->to, "e.", &sql);
	random_write_indexes(oracle->to, "e.", &sql);
	oracle->refusal = exec_buffer(arena, oracle->before, &sql);
	if (oracle->refusal) { /* the target itself is nonsense */
		oracle->unclear = true;
		return;
	}
	for (size_t i = 0; i < oracle->to->table_count && !oracle->refusal; i++) {
		const random_table *to = &oracle->to->tables[i],
				   *from = random_table_by_id(oracle->from, to->id);
		if (from)
			oracle->refusal = insert_rows(oracle, from, to);
	}
	if (oracle->refusal)
		return;
	long before = orphans(oracle, "main"), after = orphans(oracle, "e");
	if (after > before)
		oracle->refusal = "orphans";
	oracle->unclear = after > 0 && after <= before;
}

/* ---- comparing ---- */

/* Can nobody know what it holds: the time, or a number that SQLite gave out? */
static bool is_unknown(
	const random_table *from, const random_table *to, const random_column *column)
{
	bool is_new;
	original(from, column, &is_new);
	if (!is_new)
		return false;
	return random_is_volatile(column) ||
	       (random_rowid(to) == column &&
		       (from->without_rowid || (!random_rowid(from) && !random_rowid_word(from))));
}

/* All rows of a table, columns in an order of their own, sorted. `wanted` says for each column of
 * the table whether it counts. */
static const char *dump(cni_arena *arena, sqlite3 *db, const char *database,
	const random_table *table, const unsigned *columns, size_t count, bool with_rowid)
{
	CLEANUP(cni_buffer_done) cni_buffer sql = {0};
	cni_buffer_puts(&sql, "SELECT ''");
	if (with_rowid) {
		cni_buffer_puts(&sql, " || ");
		write_rowid(&sql, table);
	}
	for (size_t i = 0; i < count; i++)
		random_write_name(&sql, " || ' ' || quote(",
			random_column_by_id(table, columns[i])->name, ")");
	random_write_name(
		&sql, cni_printf(arena, " FROM %s.", database), table->name, " ORDER BY 1");
	return lines(arena, db, cni_buffer_text(&sql));
}

static const char *compare_table(const random_oracle *oracle, sqlite3 *after,
	const random_table *from, const random_table *to)
{
	unsigned columns[RANDOM_COLUMNS];
	size_t count = 0;
	for (size_t i = 0; i < to->column_count; i++)
		if (!is_unknown(from, to, &to->columns[i]))
			columns[count++] = to->columns[i].id;
	bool with_rowid = keeps_rowid(from, to);
	const char *wanted =
		dump(oracle->arena, oracle->before, "e", to, columns, count, with_rowid);
	const char *is = dump(oracle->arena, after, "main", to, columns, count, with_rowid);
	if (strcmp(wanted, is) == 0)
		return NULL;
	return cni_printf(
		oracle->arena, "table %s holds\n%sand should hold\n%s", to->name, is, wanted);
}

/* What SQLite says of tables, their columns, keys and indexes; the case of names aside. */
static const char *shape(cni_arena *arena, sqlite3 *db, const char *database)
{
	return lines(arena, db,
		cni_printf(arena,
			"SELECT lower(t.name || ' ' || t.wr || t.strict || ' ' ||"
			" (SELECT group_concat(quote(name) || type || \"notnull\" || quote(dflt_value) || pk || hidden, ';')"
			"  FROM pragma_table_xinfo(t.name, '%s')) || ' ' ||"
			" coalesce((SELECT group_concat(x, ';') FROM (SELECT \"table\" || \"from\" || coalesce(\"to\", '-') || on_update || on_delete AS x"
			"  FROM pragma_foreign_key_list(t.name, '%s') ORDER BY lower(x))), '') || ' ' ||"
			" coalesce((SELECT group_concat(x, ';') FROM (SELECT \"unique\" || origin || partial ||"
			"  (SELECT group_concat(coalesce(name, '-') || desc || coll) FROM pragma_index_xinfo(i.name, '%s')) AS x"
			"  FROM pragma_index_list(t.name, '%s') AS i ORDER BY lower(x))), ''))"
			" FROM pragma_table_list AS t WHERE t.schema = '%s' AND t.type = 'table' AND t.name <> 'cantil_version' AND t.name NOT LIKE 'sqlite\\_%%' ESCAPE '\\' ORDER BY 1",
			database, database, database, database, database));
}

static const char *compare_sequence(const random_oracle *oracle, sqlite3 *after,
	const random_table *from, const random_table *to)
{
	static const char query[] =
		"SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = %s COLLATE NOCASE";
	CLEANUP(cni_buffer_done) cni_buffer old = {0};
	CLEANUP(cni_buffer_done) cni_buffer new = {0};
	if (!from->autoincrement || !to->autoincrement)
		return NULL;
	cni_quote_text(&old, from->name);
	cni_quote_text(&new, to->name);
	const char *was = lines(oracle->arena, oracle->before,
		cni_printf(oracle->arena, query, cni_buffer_text(&old)));
	const char *is = lines(
		oracle->arena, after, cni_printf(oracle->arena, query, cni_buffer_text(&new)));
	if (strcmp(was, is) == 0)
		return NULL;
	return cni_printf(oracle->arena, "the counter of %s was %sand is %s", to->name, was, is);
}

static const char *virtual_rows(const random_oracle *oracle, sqlite3 *db, const random_virtual *is,
	const unsigned *columns, size_t count)
{
	CLEANUP(cni_buffer_done) cni_buffer sql = {0};
	cni_buffer_puts(&sql, is->module == MODULE_RTREE ? "SELECT id || ' ' || x0 || ' ' || x1"
							 : "SELECT rowid");
	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < is->column_count; j++)
			if (is->columns[j].id == columns[i])
				random_write_name(
					&sql, " || ' ' || quote(", is->columns[j].name, ")");
	random_write_name(&sql, " FROM ", is->name, " ORDER BY 1");
	return lines(oracle->arena, db, cni_buffer_text(&sql));
}

/* Is the index what its content says? The modules can tell. */
static const char *virtual_sound(const random_oracle *oracle, sqlite3 *db, const random_virtual *is)
{
	CLEANUP(cni_buffer_done) cni_buffer sql = {0};
	if (is->module == MODULE_RTREE) {
		cni_buffer_puts(&sql, "SELECT rtreecheck('main', ");
		cni_quote_text(&sql, is->name);
		cni_buffer_puts(&sql, ")");
		const char *found = lines(oracle->arena, db, cni_buffer_text(&sql));
		return strcmp(found, "ok\n") == 0 ? NULL : found;
	}
	bool fts4 = is->module == MODULE_FTS4 || is->module == MODULE_FTS3 ||
		    is->module == MODULE_FTS4_OTHER;
	random_write_name(&sql, "INSERT INTO ", is->name, " (");
	random_write_name(&sql, "", is->name,
		fts4 ? ") VALUES ('integrity-check')" : ", rank) VALUES ('integrity-check', 1)");
	return exec_buffer(oracle->arena, db, &sql);
}

/* All that can be asked of an index without content is what it finds. */
static const char *contentless_rows(
	const random_oracle *oracle, sqlite3 *db, const random_virtual *is)
{
	CLEANUP(cni_buffer_done) cni_buffer sql = {0};
	random_write_name(&sql, "SELECT rowid FROM ", is->name, " WHERE ");
	random_write_name(&sql, "", is->name, " MATCH 'fox0' ORDER BY 1");
	return lines(oracle->arena, db, cni_buffer_text(&sql));
}

static const char *compare_virtual(const random_oracle *oracle, sqlite3 *after,
	const random_virtual *old, const random_virtual *new)
{
	unsigned columns[3];
	size_t count = 0;
	for (size_t i = 0; i < old->column_count; i++)
		for (size_t j = 0; j < new->column_count; j++)
			if (old->columns[i].id == new->columns[j].id)
				columns[count++] = old->columns[i].id;
	if (old->module <= MODULE_FTS3 || old->module == MODULE_RTREE) {
		const char *was = virtual_rows(oracle, oracle->before, old, columns,
			old->module == MODULE_RTREE ? 0 : count);
		const char *is = virtual_rows(
			oracle, after, new, columns, old->module == MODULE_RTREE ? 0 : count);
		if (strcmp(was, is) != 0)
			return cni_printf(oracle->arena, "virtual table %s holds\n%sand held\n%s",
				new->name, is, was);
	}
	if (new->module == MODULE_FTS5_NONE) {
		const char *was = contentless_rows(oracle, oracle->before, old),
			   *is = contentless_rows(oracle, after, new);
		return strcmp(was, is) == 0
			       ? NULL
			       : cni_printf(oracle->arena, "index %s finds\n%s", new->name, is);
	}
	const char *unsound = virtual_sound(oracle, after, new);
	return unsound ? cni_printf(oracle->arena, "virtual table %s: %s", new->name, unsound)
		       : NULL;
}

static const char *compare_virtuals(const random_oracle *oracle, sqlite3 *after)
{
	const char *wrong = NULL;
	for (size_t i = 0; i < RANDOM_OBJECTS && !wrong; i++) {
		const random_virtual *new = &oracle->to->virtuals[i],
				     *old = random_virtual_by_id(oracle->from, new->id);
		if (old && random_virtual_stands(oracle->from, old) &&
			random_virtual_stands(oracle->to, new) && old->module == new->module)
			wrong = compare_virtual(oracle, after, old, new);
	}
	return wrong;
}

/* SQLite 3.40 reads the wrong columns of a WITHOUT ROWID table whose key does not come first: what
 * it says of values is not believed there. The rows themselves are compared. */
static const char *sound(const random_oracle *oracle, sqlite3 *after)
{
	return lines(oracle->arena, after,
		"SELECT integrity_check FROM pragma_integrity_check WHERE integrity_check <> 'ok'"
		" AND integrity_check NOT LIKE '% value in %'");
}

const char *oracle_compare(const random_oracle *oracle, sqlite3 *after)
{
	cni_arena *arena = oracle->arena;
	const char *wanted = shape(arena, oracle->before, "e"), *is = shape(arena, after, "main");
	if (strcmp(wanted, is) != 0)
		return cni_printf(arena, "the schema is\n%sand should be\n%s", is, wanted);
	for (size_t i = 0; i < oracle->to->table_count; i++) {
		const random_table *to = &oracle->to->tables[i],
				   *from = random_table_by_id(oracle->from, to->id);
		const char *wrong = from ? compare_table(oracle, after, from, to) : NULL;
		if (!wrong && from)
			wrong = compare_sequence(oracle, after, from, to);
		if (wrong)
			return wrong;
	}
	const char *broken = sound(oracle, after);
	if (*broken)
		return cni_printf(arena, "the file is not sound: %s", broken);
	return compare_virtuals(oracle, after);
}

static bool same_both_ways(const random_table *old_table, const random_column *old,
	const random_table *table, const random_column *column)
{
	return !old->generated && !column->generated &&
	       random_type(old_table, old) == random_type(table, column) &&
	       old_table->strict == table->strict &&
	       random_needs_value(old_table, old) == random_needs_value(table, column) &&
	       (random_rowid(old_table) == old) == (random_rowid(table) == column);
}

const char *oracle_compare_back(const random_oracle *oracle, sqlite3 *after)
{
	cni_arena *arena = oracle->arena;
	const char *was = shape(arena, oracle->before, "main"), *is = shape(arena, after, "main");
	if (strcmp(was, is) != 0)
		return cni_printf(arena, "down: the schema is\n%sand was\n%s", is, was);
	for (size_t i = 0; i < oracle->from->table_count; i++) {
		const random_table *from = &oracle->from->tables[i],
				   *to = random_table_by_id(oracle->to, from->id);
		unsigned columns[RANDOM_COLUMNS];
		size_t count = 0;
		for (size_t j = 0; to && j < from->column_count; j++) {
			const random_column *new = random_column_by_id(to, from->columns[j].id);
			if (new &&same_both_ways(from, &from->columns[j], to, new))
				columns[count++] = from->columns[j].id;
		}
		if (!to)
			continue;
		bool with_rowid = keeps_rowid(from, to) && keeps_rowid(to, from);
		was = dump(arena, oracle->before, "main", from, columns, count, with_rowid);
		is = dump(arena, after, "main", from, columns, count, with_rowid);
		if (strcmp(was, is) != 0)
			return cni_printf(
				arena, "down: table %s holds\n%sand held\n%s", from->name, is, was);
	}
	const char *broken = sound(oracle, after);
	return *broken ? cni_printf(arena, "down: the file is not sound: %s", broken) : NULL;
}

/* ---- nobody was asked ---- */

/* Values as people would write them, so that 5, 5.0 and '5' are one; text that a REAL would give
 * back is one too. */
static const char *written(
	const random_oracle *oracle, sqlite3 *db, const char *table, const char *column)
{
	CLEANUP(cni_buffer_done) cni_buffer sql = {0};
	random_write_name(&sql,
		"SELECT CASE WHEN typeof(v) = 'real' OR (typeof(v) = 'text' AND CAST(CAST(v AS REAL) AS TEXT) = v)"
		" THEN CASE WHEN CAST(CAST(v AS REAL) AS INTEGER) = CAST(v AS REAL) THEN CAST(CAST(CAST(v AS REAL) AS INTEGER) AS TEXT)"
		" ELSE CAST(CAST(v AS REAL) AS TEXT) END ELSE CAST(v AS TEXT) END FROM (SELECT ",
		column, " AS v FROM ");
	random_write_name(&sql, "", table, ") ORDER BY 1");
	return lines(oracle->arena, db, cni_buffer_text(&sql));
}

static bool has_values(const random_oracle *oracle, const char *table, const char *column)
{
	CLEANUP(cni_buffer_done) cni_buffer sql = {0};
	random_write_name(&sql, "SELECT 1 FROM ", table, "");
	if (column)
		random_write_name(&sql, " WHERE ", column, " IS NOT NULL");
	return *lines(oracle->arena, oracle->before, cni_buffer_text(&sql));
}

const char *oracle_losses(const random_oracle *oracle, sqlite3 *after)
{
	for (size_t i = 0; i < oracle->from->table_count; i++) {
		const random_table *from = &oracle->from->tables[i],
				   *to = random_table_by_id(oracle->to, from->id);
		if (!to && has_values(oracle, from->name, NULL))
			return cni_printf(oracle->arena, "table %s was dropped", from->name);
		for (size_t j = 0; to && j < from->column_count; j++) {
			const random_column *old = &from->columns[j],
					    *new = random_column_by_id(to, old->id);
			if (old->generated)
				continue;
			if ((!new || new->generated) && has_values(oracle, from->name, old->name))
				return cni_printf(oracle->arena, "column %s.%s was dropped",
					from->name, old->name);
			if (!new || new->generated)
				continue;
			const char *was = written(oracle, oracle->before, from->name, old->name),
				   *is = written(oracle, after, to->name, new->name);
			if (strcmp(was, is) != 0)
				return cni_printf(oracle->arena,
					"column %s.%s held\n%sand holds\n%s", from->name, old->name,
					was, is);
		}
	}
	return NULL;
}
