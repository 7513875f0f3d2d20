/*
 * fuzz_answers.c - any bytes as a file of decisions. What is read can be written as a line and read
 * again as the same decision; a fill is one SQL expression, so that no other statement can hide in
 * it.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "migrate/decide/answers.h"
#include "sql/lexer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(int holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "fuzz_answers: %s\n", what);
	abort();
}

static void check_fill(cni_arena *arena, const char *sql)
{
	cni_buffer script = {0};
	const char *at, *statement;
	size_t statements = 0, statement_size;
	cni_buffer_printf(&script, "SELECT (%s) FROM t;", sql);
	at = cni_buffer_text(&script);
	while (cni_sql_split(
		&at, cni_buffer_text(&script) + script.size, &statement, &statement_size))
		statements++;
	must(statements == 1, "a fill that is more than one statement");
	must(cni_sql_normal(arena, sql, strlen(sql), true) != NULL, "a fill without a normal form");
	cni_buffer_done(&script);
}

static void check_one(cni_arena *arena, const cni_answer *answer)
{
	cni_answers again = {.arena = arena};
	cni_buffer line = {0};
	cn_error err;
	cni_answer_write(&line, answer);
	must(cni_answers_add_line(&again, cni_buffer_text(&line), "again", &err) == CN_OK,
		"cannot be read back");
	must(again.count == 1 && again.list[0].kind == answer->kind, "another decision");
	must(cni_equal(again.list[0].table, answer->table), "another table");
	must(cni_equal(again.list[0].column, answer->column), "another column");
	must(cni_equal(again.list[0].value, answer->value), "another value");
	if (answer->kind == CNI_ANSWER_FILL)
		check_fill(arena, answer->value);
	cni_buffer_done(&line);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cni_arena arena = {0};
	cni_answers answers = {.arena = &arena};
	cn_error err;
	const char *text = cni_strndup(&arena, (const char *)data, size);
	cn_status status = cni_answers_add_text(&answers, text, "fuzz", &err);
	must(status == CN_OK || status == CN_EARG, "a status that says nothing");
	must(status == CN_OK || *err.message, "an error without a message");
	for (size_t i = 0; i < answers.count; i++)
		check_one(&arena, &answers.list[i]);
	cni_arena_done(&arena);
	return 0;
}
