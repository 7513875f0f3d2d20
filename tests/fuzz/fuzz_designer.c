/*
 * fuzz_designer.c - any bytes as a WWW SQL Designer file. What is read can be written in every
 * notation; as SQL it is read again as the same schema, and the notes hold nothing that steers a
 * terminal.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "schema/diff.h"
#include "sql/lexer.h"

static void must(int holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "fuzz_designer: %s\n", what);
	abort();
}

static void check_notes(const cni_buffer *notes)
{
	for (size_t i = 0; i < notes->size; i++) {
		unsigned char c = (unsigned char)notes->data[i];
		must((c >= ' ' && c != 127) || c == '\n', "a control character in the notes");
	}
}

static cni_schema *read_back(cni_arena *arena, const cni_buffer *sql)
{
	cni_schema *schema = cni_schema_new(arena, "sqlite");
	const char *at = cni_buffer_text(sql), *end = at + sql->size, *statement;
	size_t size;
	cn_error err;

	while (cni_sql_split(&at, end, &statement, &size))
		must(cni_schema_add_sql(schema, statement, size, &err) == CN_OK,
			"what was written is not read again");
	return schema;
}

static void check_schema(cni_arena *arena, const cni_schema *schema)
{
	cni_buffer sql = {0}, other = {0};
	cni_diff diff;
	cn_error err;

	cni_schema_write_sql(&sql, schema);
	cni_schema *again = read_back(arena, &sql);
	must(cni_schema_equal(schema, again), "what was written is another schema");
	must(cni_diff_make(arena, schema, again, NULL, &diff, &err) == CN_OK && !diff.change_count,
		"a difference where there is none");
	cni_schema_write_c(&other, schema);
	cni_schema_write_json(&other, schema);
	cni_schema_write_dot(&other, schema);
	must(!sql.failed && !other.failed, "a writer has failed");
	cni_buffer_done(&sql);
	cni_buffer_done(&other);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cni_arena arena = {0};
	cni_buffer notes = {0};
	cni_schema *schema = cni_schema_new(&arena, "sqlite");
	cn_error err = {0};
	cn_status status = cni_schema_read_designer(schema, (const char *)data, size, &notes, &err);

	check_notes(&notes);
	if (status == CN_OK)
		check_schema(&arena, schema);
	else
		must(err.message[0] != '\0', "a failure without a message");
	cni_buffer_done(&notes);
	cni_arena_done(&arena);
	return 0;
}
