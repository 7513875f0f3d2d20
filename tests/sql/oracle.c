/* oracle.c - see oracle.h. */
#include "oracle.h"

#include <stdarg.h>

__attribute__((format(printf, 3, 4))) static void fail_with(
	const char *name, oracle_count *count, const char *fmt, ...)
{
	va_list ap;

	count->failed++;
	printf("# %s: ", name);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf("\n");
}

/* Functions and collations that schemas in the wild use; they need to exist, not to work. */
static int collate(void *ctx, int a_size, const void *a, int b_size, const void *b)
{
	(void)ctx;
	int order = memcmp(a, b, (size_t)(a_size < b_size ? a_size : b_size));
	return order ? order : a_size - b_size;
}

static void need_collation(void *ctx, sqlite3 *db, int encoding, const char *name)
{
	(void)ctx, (void)encoding;
	sqlite3_create_collation(db, name, SQLITE_UTF8, NULL, collate);
}

/* folded(x): runs of white space as one blank */
static void fold(sqlite3_context *ctx, int count, sqlite3_value **values)
{
	const char *text = (const char *)sqlite3_value_text(values[0]);
	char *out = sqlite3_mprintf("%s", text ? text : "");
	size_t n = 0;

	(void)count;
	for (const char *p = out; *p; p++) {
		bool space = *p == ' ' || (*p >= '\t' && *p <= '\r');
		if (!space || (n && out[n - 1] != ' '))
			out[n++] = space ? ' ' : *p;
	}
	out[n] = '\0';
	sqlite3_result_text(ctx, out, -1, sqlite3_free);
}

static sqlite3 *open_empty(void)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
	sqlite3_create_function(db, "folded", 1, SQLITE_UTF8, NULL, fold, NULL, NULL);
	sqlite3_collation_needed(db, NULL, need_collation);
	return db;
}

/* Everything SQLite says about a table and its indexes, as one text. Names of indexes that it made
 * itself are left out. */
static void describe(sqlite3 *db, const char *table, cni_buffer *out)
{
	static const char *const queries[] = {
		"SELECT lower(name), folded(lower(type)), \"notnull\", dflt_value, pk, hidden FROM pragma_table_xinfo(?)",
		"SELECT seq, lower(\"table\"), lower(\"from\"), lower(\"to\"), on_update, on_delete, match"
		" FROM pragma_foreign_key_list(?) ORDER BY id, seq",
		"SELECT i.\"unique\", i.origin, i.partial, x.seqno, x.cid, lower(x.name), x.desc, x.coll, x.key"
		" FROM pragma_index_list(?) i, pragma_index_xinfo(i.name) x ORDER BY i.origin, i.seq, x.seqno",
		"SELECT wr, strict, ncol FROM pragma_table_list(?) WHERE schema = 'main'",
	};
	for (size_t i = 0; i < sizeof queries / sizeof *queries; i++) {
		sqlite3_stmt *stmt;
		assert_int_equal(sqlite3_prepare_v2(db, queries[i], -1, &stmt, NULL), SQLITE_OK);
		sqlite3_bind_text(stmt, 1, table, -1, SQLITE_STATIC);
		while (sqlite3_step(stmt) == SQLITE_ROW) {
			for (int c = 0; c < sqlite3_column_count(stmt); c++) {
				const unsigned char *text = sqlite3_column_text(stmt, c);
				cni_buffer_printf(out, "%s|", text ? (const char *)text : "NULL");
			}
			cni_buffer_putc(out, '\n');
		}
		sqlite3_finalize(stmt);
	}
}

/* Reads, writes, and reads again: what is written must be read as the same text. */
static void check_stable(const char *name, const char *written, oracle_count *count)
{
	cni_arena arena = {0};
	cni_buffer again = {0};
	cni_ddl ddl;
	cn_error err = {0};

	if (cni_ddl_parse(&arena, written, strlen(written), &ddl, &err) < 0) {
		fail_with(name, count, "not read again: %s | %s | %s", err.message, err.detail,
			written);
	} else {
		cni_ddl_write(&again, &ddl);
		if (strcmp(cni_buffer_text(&again), written))
			fail_with(name, count, "written differently again: %s | %s", written,
				cni_buffer_text(&again));
	}
	cni_buffer_done(&again);
	cni_arena_done(&arena);
}

static void check_offsets(
	const char *name, const char *sql, const cni_ddl_table *table, oracle_count *count)
{
	cni_arena arena = {0};
	cni_token token = {CNI_TOKEN_QUOTED, sql + table->name_start, table->name_size};

	if (sql[table->name_start] != '"' && !strchr("[`'", sql[table->name_start]))
		token.kind = CNI_TOKEN_WORD;
	if (strcmp(cni_token_name(&arena, &token), table->name) || sql[table->body_start] != '(')
		fail_with(name, count, "wrong offsets of the table: %s", sql);
	for (size_t i = 0; i < table->column_count; i++) {
		const cni_ddl_column *column = &table->columns[i];
		cni_lexer lexer;
		cni_lexer_init(&lexer, sql + column->text_start, column->text_size);
		token = cni_lexer_next(&lexer);
		if (strcmp(cni_token_name(&arena, &token), column->name))
			fail_with(name, count, "wrong start of column %s: %s", column->name, sql);
		cni_lexer_init(&lexer, sql + column->text_start + column->text_size,
			strlen(sql) - column->text_start - column->text_size);
		token = cni_lexer_next_solid(&lexer);
		if (!cni_token_is_op(&token, ",") && !cni_token_is_op(&token, ")"))
			fail_with(name, count, "wrong end of column %s: %s", column->name, sql);
	}
	cni_arena_done(&arena);
}

static void write_into(
	const char *name, sqlite3 *to, const char *sql, const cni_ddl *ddl, oracle_count *count)
{
	cni_buffer written = {0};
	char *message = NULL;

	cni_ddl_write(&written, ddl);
	assert_false(written.failed);
	count->written++;
	if (sqlite3_exec(to, cni_buffer_text(&written), NULL, NULL, &message) != SQLITE_OK)
		fail_with(name, count, "%s: %s <- %s", message, cni_buffer_text(&written), sql);
	sqlite3_free(message);
	check_stable(name, cni_buffer_text(&written), count);
	cni_buffer_done(&written);
}

static void check_object(
	const char *name, sqlite3 *to, const char *type, const char *sql, oracle_count *count)
{
	cni_arena arena = {0};
	cni_ddl ddl;
	cn_error err = {0};
	bool ordinary = !strcmp(type, "table") || !strcmp(type, "index");

	count->objects++;
	if (cni_ddl_parse(&arena, sql, strlen(sql), &ddl, &err) < 0)
		fail_with(name, count, "%s | %s: %s", err.message, err.detail, sql);
	else if (ddl.kind == CNI_DDL_OTHER)
		fail_with(name, count, "not read as a CREATE: %s", sql);
	else if (ddl.kind == CNI_DDL_TABLE)
		check_offsets(name, sql, &ddl.table, count);
	if (!err.status && (ordinary || ddl.kind == CNI_DDL_VIEW) && ddl.kind != CNI_DDL_VIRTUAL)
		write_into(name, to, sql, &ddl, count);
	else if (!err.status) {
		cni_buffer written = {0};
		cni_ddl_write(&written, &ddl);
		check_stable(name, cni_buffer_text(&written), count);
		cni_buffer_done(&written);
	}
	cni_arena_done(&arena);
}

static void compare(const char *name, sqlite3 *from, sqlite3 *to, oracle_count *count)
{
	sqlite3_stmt *stmt;

	assert_int_equal(
		sqlite3_prepare_v2(from,
			"SELECT name FROM sqlite_schema WHERE type = 'table'"
			" AND sql NOT LIKE 'CREATE VIRTUAL%' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'",
			-1, &stmt, NULL),
		SQLITE_OK);
	while (sqlite3_step(stmt) == SQLITE_ROW) {
		const char *table = (const char *)sqlite3_column_text(stmt, 0);
		cni_buffer had = {0}, has = {0};
		describe(from, table, &had);
		describe(to, table, &has);
		if (strcmp(cni_buffer_text(&had), cni_buffer_text(&has)))
			fail_with(name, count, "table %s was\n%s\nis\n%s", table,
				cni_buffer_text(&had), cni_buffer_text(&has));
		cni_buffer_done(&had);
		cni_buffer_done(&has);
	}
	sqlite3_finalize(stmt);
}

void oracle_check(const char *name, const char *script, size_t size, oracle_count *count)
{
	sqlite3 *from = open_empty(), *to = open_empty();
	const char *at = script, *sql;
	sqlite3_stmt *stmt;
	cni_arena arena = {0};
	size_t sql_size;

	while (cni_sql_split(&at, script + size, &sql, &sql_size)) {
		char *copy = cni_strndup(&arena, sql, sql_size);
		const char *tail = NULL;
		/* SQLite must see one statement where the splitter does */
		if (sqlite3_prepare_v2(from, copy, -1, &stmt, &tail) == SQLITE_OK) {
			if (tail && *tail)
				fail_with(name, count, "not split: %s", tail);
			sqlite3_step(stmt);
		} else {
			count->refused++;
		}
		sqlite3_finalize(stmt);
	}
	count->schemas++;
	assert_int_equal(sqlite3_prepare_v2(from,
				 "SELECT type, sql FROM sqlite_schema WHERE sql IS NOT NULL"
				 " AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY rowid",
				 -1, &stmt, NULL),
		SQLITE_OK);
	while (sqlite3_step(stmt) == SQLITE_ROW)
		check_object(name, to, (const char *)sqlite3_column_text(stmt, 0),
			(const char *)sqlite3_column_text(stmt, 1), count);
	sqlite3_finalize(stmt);
	compare(name, from, to, count);
	sqlite3_close(from);
	sqlite3_close(to);
	cni_arena_done(&arena);
}
