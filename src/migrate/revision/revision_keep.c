/* revision_keep.c - the comment by which a revision file says which rows must come through
 * unchanged. */
#include <string.h>

#include "base/text.h"
#include "base/try.h"
#include "migrate/revision/revision.h"
#include "sql/lexer.h"

static void write_half(cni_buffer *out, const char *table, const char *const *columns, size_t count)
{
	cni_quote_name(out, table);
	cni_buffer_puts(out, " (");
	for (size_t i = 0; i < count; i++) {
		if (i)
			cni_buffer_puts(out, ", ");
		cni_quote_name(out, columns[i]);
	}
	cni_buffer_puts(out, ")");
}

bool cni_keep_write(cni_buffer *out, const cni_keep *keep, bool *ret_block)
{
	CLEANUP(cni_buffer_done) cni_buffer text = {0};
	cni_buffer_puts(&text, "keep ");
	write_half(&text, keep->from_table, (const char *const *)keep->from_columns,
		keep->column_count);
	cni_buffer_puts(&text, " as ");
	write_half(
		&text, keep->to_table, (const char *const *)keep->to_columns, keep->column_count);
	const char *line = cni_buffer_text(&text);
	if (text.failed) {
		out->failed = true;
		return false;
	}
	bool block = strpbrk(line, "\r\n") != NULL;
	if (block && strstr(line, "*/"))
		return false;
	cni_buffer_puts(out, line);
	*ret_block = block;
	return true;
}

typedef struct keep_reader {
	cni_arena *arena;
	const cni_token *at;
} keep_reader;

static cn_status read_name(keep_reader *reader, const char **ret, cn_error *err)
{
	const cni_token *token = reader->at;
	if (token->kind != CNI_TOKEN_WORD && token->kind != CNI_TOKEN_QUOTED)
		return cn_fail(err, CN_EARG, "a name must stand before \"%.*s\"",
			(int)(token->size < 40 ? token->size : 40),
			token->kind == CNI_TOKEN_END ? "" : token->text);
	const char *name = cni_token_name(reader->arena, token);
	if (!name)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	reader->at++;
	*ret = name;
	return CN_OK;
}

static cn_status read_half(keep_reader *reader, const char **ret_table, const char ***ret_columns,
	size_t *ret_count, cn_error *err)
{
	TRY(read_name(reader, ret_table, err));
	if (!cni_token_is_op(reader->at, "("))
		return cn_fail(err, CN_EARG, "a list of columns in parentheses must follow \"%s\"",
			*ret_table);
	reader->at++;
	const char **columns = NULL;
	size_t count = 0;
	while (!cni_token_is_op(reader->at, ")")) {
		const char *name;
		if (count) {
			if (!cni_token_is_op(reader->at, ","))
				return cn_fail(err, CN_EARG,
					"a comma or a closing parenthesis is missing after \"%s\"",
					columns[count - 1]);
			reader->at++;
		}
		TRY(read_name(reader, &name, err));
		if (!CNI_PUSH(reader->arena, columns, count, name))
			return cn_fail(err, CN_ENOMEM, "out of memory");
	}
	reader->at++;
	*ret_columns = columns;
	*ret_count = count;
	return CN_OK;
}

cn_status cni_keep_parse(
	cni_arena *arena, const char *text, size_t size, cni_keep *ret, cn_error *err)
{
	size_t count;
	const cni_token *tokens = cni_tokens(arena, text, size, &count);
	if (!tokens)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	keep_reader reader = {.arena = arena, .at = tokens};
	cni_keep keep = {0};
	size_t to_count;
	TRY(read_half(&reader, &keep.from_table, &keep.from_columns, &keep.column_count, err));
	if (reader.at->kind == CNI_TOKEN_END) { /* nothing is renamed */
		keep.to_table = keep.from_table;
		keep.to_columns = keep.from_columns;
		*ret = keep;
		return CN_OK;
	}
	if (!cni_token_is(reader.at, "as"))
		return cn_fail(err, CN_EARG, "\"as\" must stand between the two halves");
	reader.at++;
	TRY(read_half(&reader, &keep.to_table, &keep.to_columns, &to_count, err));
	if (reader.at->kind != CNI_TOKEN_END)
		return cn_fail(err, CN_EARG, "something follows the second list of columns");
	if (to_count != keep.column_count)
		return cn_fail(err, CN_EARG, "the two lists have %zu and %zu columns",
			keep.column_count, to_count);
	*ret = keep;
	return CN_OK;
}
