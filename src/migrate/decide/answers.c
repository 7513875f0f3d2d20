/* answers.c - the decisions a person has taken, read from lines and written back as lines. */
#include "migrate/decide/answers.h"

#include <string.h>

#include "base/text.h"
#include "base/try.h"
#include "sql/lexer.h"

enum { MAX_LINE = 64 * 1024, MAX_ANSWERS = 100000 };

struct reader { /* of one line */
	cni_arena *arena;
	const char *line, *source;
	const cni_token *tokens;
	size_t count, at;
};

static cn_status wrong(
	const struct reader *reader, cn_error *err, const char *what, const char *hint)
{
	cn_error_set(err, CN_EARG, "%s: %s", reader->source, what);
	cn_error_detail(err, "%.200s", reader->line);
	if (hint)
		cn_error_hint(err, "%s", hint);
	return CN_EARG;
}

static const cni_token *peek(const struct reader *reader) { return &reader->tokens[reader->at]; }

/* A name: quoted in any of SQL's ways, or one bare word. '-' may stand in a bare one only when
 * quoted. */
static cn_status read_name(struct reader *reader, const char **ret, const char *what, cn_error *err)
{
	const cni_token *token = peek(reader);
	if (token->kind != CNI_TOKEN_WORD && token->kind != CNI_TOKEN_QUOTED &&
		token->kind != CNI_TOKEN_STRING)
		return wrong(reader, err, what,
			"names with other characters than letters, digits and _ must be quoted: \"a b\"");
	const char *name = cni_token_name(reader->arena, token);
	if (!name)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	reader->at++;
	*ret = name;
	return CN_OK;
}

/* TABLE or TABLE.COLUMN */
static cn_status read_path(struct reader *reader, bool need_column, cni_answer *ret, cn_error *err)
{
	TRY(read_name(reader, &ret->table, "the name of a table is missing", err));
	if (cni_token_is_op(peek(reader), ".")) {
		reader->at++;
		return read_name(
			reader, &ret->column, "the name of a column must follow the dot", err);
	}
	return need_column ? wrong(reader, err, "a column is needed: TABLE.COLUMN", NULL) : CN_OK;
}

static cn_status read_end(const struct reader *reader, cn_error *err)
{
	if (peek(reader)->kind == CNI_TOKEN_END)
		return CN_OK;
	return wrong(reader, err, "something follows the end of the decision", NULL);
}

static cn_status read_rename(struct reader *reader, cni_answer *ret, cn_error *err)
{
	if (cni_token_is(peek(reader), "table")) {
		reader->at++;
		ret->kind = CNI_ANSWER_RENAME_TABLE;
		TRY(read_name(reader, &ret->table, "the old name of the table is missing", err));
	} else if (cni_token_is(peek(reader), "column")) {
		reader->at++;
		ret->kind = CNI_ANSWER_RENAME_COLUMN;
		TRY(read_name(reader, &ret->table, "the name of the table is missing", err));
		TRY(read_name(reader, &ret->column, "the old name of the column is missing", err));
	} else {
		return wrong(reader, err, "\"table\" or \"column\" must follow \"rename\"",
			"rename table OLD NEW, or rename column TABLE OLD NEW");
	}
	TRY(read_name(reader, &ret->value, "the new name is missing", err));
	return read_end(reader, err);
}

/* Is it a part of `::type`, as PostgreSQL writes a cast? Which engine it is for is not known here.
 */
static bool is_cast(const cni_token *first, const cni_token *token)
{
	return token->text[0] == ':' && token > first &&
	       (token->text[1] == ':' || token->text[-1] == ':');
}

/* The rest of the line is the expression: one, with its parentheses closed, so that it cannot be
 * anything but a value where it is put into a statement. */
static cn_status read_fill(struct reader *reader, cni_answer *ret, cn_error *err)
{
	ret->kind = CNI_ANSWER_FILL;
	TRY(read_path(reader, true, ret, err));
	const cni_token *first = peek(reader);
	const cni_token *last = &reader->tokens[reader->count ? reader->count - 1 : 0];
	int depth = 0;
	if (first->kind == CNI_TOKEN_END)
		return wrong(reader, err, "the value to fill in is missing",
			"fill TABLE.COLUMN 'value', or any SQL expression");
	for (const cni_token *token = first; token->kind != CNI_TOKEN_END; token++) {
		depth += cni_token_is_op(token, "(") - cni_token_is_op(token, ")");
		bool strange =
			token->kind == CNI_TOKEN_ILLEGAL || token->kind == CNI_TOKEN_VARIABLE;
		if (depth < 0 || (strange && !is_cast(first, token)) ||
			cni_token_is_op(token, ";") || (depth == 0 && cni_token_is_op(token, ",")))
			return wrong(reader, err, "the value to fill in is not one SQL expression",
				NULL);
	}
	if (depth != 0)
		return wrong(
			reader, err, "a parenthesis is not closed in the value to fill in", NULL);
	ret->value = cni_strndup(
		reader->arena, first->text, (size_t)(last->text + last->size - first->text));
	return ret->value ? CN_OK : cn_fail(err, CN_ENOMEM, "out of memory");
}

/* "allow-drop" is three tokens to SQL: the words that stand before the first name, joined. */
static bool read_verb(struct reader *reader, const char *first, const char *second)
{
	if (!cni_token_is(peek(reader), first) || reader->at + 2 >= reader->count ||
		!cni_token_is_op(&reader->tokens[reader->at + 1], "-") ||
		!cni_token_is(&reader->tokens[reader->at + 2], second))
		return false;
	reader->at += 3;
	return true;
}

static cn_status unknown(struct reader *reader, cn_error *err)
{
	static const char *const verbs[] = {
		"rename", "fill", "allow-drop", "allow-cast", "ignore-table", NULL};
	const char *blank = reader->line + strcspn(reader->line, " \t");
	const char *word = cni_strndup(reader->arena, reader->line, (size_t)(blank - reader->line));
	const char *near = word ? cni_nearest(word, verbs) : NULL;
	const char *hint =
		near ? cni_printf(reader->arena, "did you mean \"%s\"?", near)
		     : "a decision is rename, fill, allow-drop, allow-cast or ignore-table";
	return wrong(reader, err, "not a decision", hint);
}

static cn_status read_decision(struct reader *reader, cni_answer *ret, cn_error *err)
{
	if (cni_token_is(peek(reader), "rename")) {
		reader->at++;
		return read_rename(reader, ret, err);
	}
	if (cni_token_is(peek(reader), "fill")) {
		reader->at++;
		return read_fill(reader, ret, err);
	}
	if (read_verb(reader, "allow", "drop"))
		ret->kind = CNI_ANSWER_ALLOW_DROP;
	else if (read_verb(reader, "allow", "cast"))
		ret->kind = CNI_ANSWER_ALLOW_CAST;
	else if (read_verb(reader, "ignore", "table"))
		ret->kind = CNI_ANSWER_IGNORE_TABLE;
	else
		return unknown(reader, err);
	TRY(read_path(reader, ret->kind == CNI_ANSWER_ALLOW_CAST, ret, err));
	if (ret->kind == CNI_ANSWER_IGNORE_TABLE && ret->column)
		return wrong(reader, err, "only a whole table can be ignored", NULL);
	return read_end(reader, err);
}

/* Said twice is said once; two that contradict each other are an error. */
static cn_status add(
	cni_answers *answers, const struct reader *reader, const cni_answer *answer, cn_error *err)
{
	const cni_answer *other =
		cni_answers_find(answers, answer->kind, answer->table, answer->column);
	if (other && (!answer->value || strcmp(answer->value, other->value) == 0))
		return CN_OK;
	if (other)
		return wrong(reader, err, "contradicts an earlier decision", other->source);
	if (answers->count >= MAX_ANSWERS)
		return wrong(reader, err, "too many decisions", NULL);
	if (!CNI_PUSH(answers->arena, answers->list, answers->count, *answer))
		return cn_fail(err, CN_ENOMEM, "out of memory");
	return CN_OK;
}

static cn_status add_line(
	cni_answers *answers, const char *line, size_t size, const char *source, cn_error *err)
{
	while (size && strchr(" \t\r\n\f", line[size - 1]))
		size--;
	while (size && strchr(" \t\r\n\f", *line)) {
		line++;
		size--;
	}
	if (!size || *line == '#' || (size > 1 && line[0] == '-' && line[1] == '-'))
		return CN_OK;
	if (size > MAX_LINE)
		return cn_fail(
			err, CN_EARG, "%s: the line is longer than %d bytes", source, MAX_LINE);
	struct reader reader = {
		.arena = answers->arena, .source = cni_strdup(answers->arena, source)};
	reader.line = cni_strndup(answers->arena, line, size);
	if (!reader.line || !reader.source)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	if (strlen(reader.line) != size)
		return wrong(&reader, err, "the line holds a NUL byte", NULL);
	reader.tokens = cni_tokens(answers->arena, reader.line, size, &reader.count);
	if (!reader.tokens)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	cni_answer answer = {.source = reader.source};
	TRY(read_decision(&reader, &answer, err));
	return add(answers, &reader, &answer, err);
}

cn_status cni_answers_add_line(
	cni_answers *answers, const char *line, const char *source, cn_error *err)
{
	return add_line(answers, line, strlen(line), source, err);
}

/* The length of a line: a line break inside quotes belongs to the name or value in them. */
static size_t line_size(const char *text)
{
	char quote = 0;
	size_t i = 0;
	bool comment = false, start = true;
	for (; text[i] && (text[i] != '\n' || quote); i++) {
		char c = text[i];
		if (start && !quote && c != ' ' && c != '\t') {
			comment = c == '#' || (c == '-' && text[i + 1] == '-');
			start = false;
		}
		if (comment)
			continue;
		if (quote)
			quote = c == quote ? 0 : quote;
		else if (c == '\'' || c == '"' || c == '`')
			quote = c;
		else if (c == '[')
			quote = ']';
	}
	return i;
}

cn_status cni_answers_add_text(
	cni_answers *answers, const char *text, const char *name, cn_error *err)
{
	for (size_t line = 1; *text; line++) {
		size_t size = line_size(text);
		CLEANUP(cni_arena_done) cni_arena arena = {0};
		const char *source = cni_printf(&arena, "%s:%zu", name, line);
		if (!source)
			return cn_fail(err, CN_ENOMEM, "out of memory");
		TRY(add_line(answers, text, size, source, err));
		for (size_t i = 0; i < size; i++)
			line += text[i] == '\n';
		text += size + (text[size] == '\n');
	}
	return CN_OK;
}

void cni_answer_write(cni_buffer *out, const cni_answer *answer)
{
	static const char *const verbs[] = {
		[CNI_ANSWER_RENAME_TABLE] = "rename table ",
		[CNI_ANSWER_RENAME_COLUMN] = "rename column ",
		[CNI_ANSWER_FILL] = "fill ",
		[CNI_ANSWER_ALLOW_DROP] = "allow-drop ",
		[CNI_ANSWER_ALLOW_CAST] = "allow-cast ",
		[CNI_ANSWER_IGNORE_TABLE] = "ignore-table ",
	};
	cni_buffer_puts(out, verbs[answer->kind]);
	cni_quote_name_if(out, answer->table);
	if (answer->column) {
		cni_buffer_putc(out, answer->kind == CNI_ANSWER_RENAME_COLUMN ? ' ' : '.');
		cni_quote_name_if(out, answer->column);
	}
	if (!answer->value)
		return;
	cni_buffer_putc(out, ' ');
	if (answer->kind == CNI_ANSWER_FILL)
		cni_buffer_puts(out, answer->value);
	else
		cni_quote_name_if(out, answer->value);
}

const cni_answer *cni_answers_find(
	const cni_answers *answers, cni_answer_kind kind, const char *table, const char *column)
{
	for (size_t i = 0; i < answers->count; i++) {
		const cni_answer *answer = &answers->list[i];
		if (answer->kind == kind && cni_same(answer->table, table) &&
			cni_same(answer->column, column))
			return answer;
	}
	return NULL;
}
