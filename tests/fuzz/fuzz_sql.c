/*
 * fuzz_sql.c - any bytes as SQL.
 *
 * What must hold: the tokens put together are the text; the statements of a script stand in it in
 * order; the normal form of legal text is a fixed point; what the parser reads and the writer
 * prints is read again and printed the same; offsets point into the text.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "sql/ddl.h"
#include "sql/lexer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MUST(condition)           \
	do {                      \
		if (!(condition)) \
			abort();  \
	} while (0)

/* Returns whether SQLite could read all of it. */
static bool lex(const char *sql, size_t size)
{
	const char *at = sql;
	bool legal = true;
	cni_lexer lexer;

	cni_lexer_init(&lexer, sql, size);
	for (cni_token token; (token = cni_lexer_next(&lexer)).kind != CNI_TOKEN_END;) {
		MUST(token.text == at && token.size > 0);
		at += token.size;
		legal = legal && token.kind != CNI_TOKEN_ILLEGAL;
	}
	MUST(at == sql + size);
	return legal;
}

static void split(const char *sql, size_t size)
{
	const char *at = sql, *end = sql + size, *statement, *last_end = sql;
	size_t statement_size;

	while (cni_sql_split(&at, end, &statement, &statement_size)) {
		MUST(statement >= last_end && statement_size > 0);
		last_end = statement + statement_size;
		MUST(last_end <= at && at <= end);
	}
	MUST(at == end);
}

static void normalise(cni_arena *arena, const char *sql, size_t size)
{
	char *once = cni_sql_normal(arena, sql, size, true);

	MUST(once);
	char *twice = cni_sql_normal(arena, once, strlen(once), false);
	MUST(twice && strcmp(once, twice) == 0);
}

static void check_offsets(const cni_ddl *ddl, size_t size)
{
	const cni_ddl_table *table = &ddl->table;

	if (ddl->kind != CNI_DDL_TABLE)
		return;
	MUST(table->name_start + table->name_size <= size && table->body_start <= size);
	for (size_t i = 0; i < table->column_count; i++) {
		const cni_ddl_column *column = &table->columns[i];
		MUST(column->text_start > table->body_start && column->text_size > 0);
		MUST(column->text_start + column->text_size <= size);
	}
}

/* The first writing may move comments; from then on nothing moves. */
static void write_back(cni_arena *arena, const char *sql, size_t size)
{
	cni_buffer texts[3] = {0};
	cni_ddl ddl;

	for (size_t i = 0; i < 3; i++) {
		cn_status status =
			i ? cni_ddl_parse(arena, texts[i - 1].data, texts[i - 1].size, &ddl, NULL)
			  : cni_ddl_parse(arena, sql, size, &ddl, NULL);
		if (i == 0 && (status != CN_OK || ddl.kind == CNI_DDL_OTHER))
			break;
		MUST(status == CN_OK);
		check_offsets(&ddl, i ? texts[i - 1].size : size);
		cni_ddl_write(&texts[i], &ddl);
		MUST(!texts[i].failed);
	}
	if (texts[2].size) {
		MUST(texts[1].size == texts[2].size);
		MUST(memcmp(texts[1].data, texts[2].data, texts[1].size) == 0);
	}
	for (size_t i = 0; i < 3; i++)
		cni_buffer_done(&texts[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *sql = (const char *)data;
	cni_arena arena = {0};

	if (lex(sql, size))
		normalise(&arena, sql, size);
	split(sql, size);
	write_back(&arena, sql, size);
	cni_arena_done(&arena);
	return 0;
}
