/*
 * revision_parse.c - a revision file's text as data.
 *
 * Only comments that stand alone on their line, between statements, are looked at: a line of a
 * trigger's body or of a string that reads like one of our words is what it is, a part of a
 * statement.
 */
#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "base/text.h"
#include "base/try.h"
#include "migrate/revision/data_step.h"
#include "migrate/revision/revision_words.h"
#include "sql/lexer.h"

typedef struct revision_reader {
	cni_arena *arena;
	const char *path, *text, *end;
	const char *counted; /* up to here there are `line` lines */
	size_t line;
	cni_revision *revision;
	cni_section *section; /* NULL: before the first one */
	cni_plan *plan;
	cni_buffer comment; /* of the statement that follows */
	bool commented;
	bool data;     /* and it moves rows on purpose */
	bool trailing; /* comments between a statement and its `;`: only words of ours count */
	bool header_only, at_end; /* the first section is the end */
	cni_dialect dialect;      /* of the section */
	cn_error *err;
} revision_reader;

/* Counted on from the last place that was asked for, which is never far. */
static size_t line_of(revision_reader *parser, const char *at)
{
	if (!parser->counted || at < parser->counted) {
		parser->counted = parser->text;
		parser->line = 1;
	}
	for (; parser->counted < at; parser->counted++)
		parser->line += *parser->counted == '\n';
	return parser->line;
}

static cn_status fail_at(revision_reader *parser, const char *at, const char *fmt, ...)
	CN_PRINTF(3, 4);
static cn_status fail_at(revision_reader *parser, const char *at, const char *fmt, ...)
{
	char message[400];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(message, sizeof message, fmt, ap);
	va_end(ap);
	return cn_fail(
		parser->err, CN_EARG, "%s:%zu: %s", parser->path, line_of(parser, at), message);
}

static cn_status no_memory(revision_reader *parser)
{
	return cn_fail(parser->err, CN_ENOMEM, "%s: out of memory", parser->path);
}

static cn_status put_text(
	revision_reader *parser, const char **field, const char *text, const char *end)
{
	*field = cni_strndup(parser->arena, text, (size_t)(end - text));
	return *field ? CN_OK : no_memory(parser);
}

/* One line: runs of white space and control characters become one blank, none at the ends. */
static void fold(cni_buffer *out, const char *text, const char *end)
{
	bool blank = false;
	for (; text < end; text++) {
		bool space = (unsigned char)*text <= ' ' || *text == 127;
		if (!space) {
			if (blank && out->size)
				cni_buffer_putc(out, ' ');
			cni_buffer_putc(out, *text);
		}
		blank = space;
	}
}

static cn_status put_line(
	revision_reader *parser, const char **field, const char *text, const char *end)
{
	CLEANUP(cni_buffer_done) cni_buffer line = {0};
	fold(&line, text, end);
	*field = cni_buffer_dup(&line, parser->arena);
	return *field ? CN_OK : no_memory(parser);
}

/* ---- the header ---- */

static cn_status take_id(revision_reader *parser, const char *text, const char *end)
{
	static const char word[] = "revision";
	size_t size = (size_t)(end - text);
	if (size <= sizeof word || cni_ncasecmp(text, word, sizeof word - 1) != 0)
		return fail_at(parser, text, "\"revision\" and its id must follow \"cantil:\"");
	if (parser->revision->id)
		return fail_at(parser, text, "a second \"cantil: revision\" line");
	text += sizeof word - 1;
	while (text < end && (*text == ' ' || *text == '\t'))
		text++;
	TRY(put_text(parser, &parser->revision->id, text, end));
	if (!cni_revision_id_valid(parser->revision->id)) {
		cn_status status =
			fail_at(parser, text, "\"%.80s\" is no revision id", parser->revision->id);
		cn_error_hint(parser->err, "up to %d letters, digits, \"_\" and \"-\"",
			CNI_REVISION_ID_MAX);
		return status;
	}
	return CN_OK;
}

/* Names by blanks or commas. */
typedef struct name_list {
	const char *field;
	const char ***list;
	size_t *count;
	bool (*valid)(const char *name);
	const char *rule; /* for the hint */
	size_t max;
} name_list;

enum { NAMES_MAX = 256 }; /* parents, labels, dependences: each is compared with the others */

static cn_status take_name(
	revision_reader *parser, const name_list *names, const char *from, const char *end)
{
	const char *name;
	TRY(put_text(parser, &name, from, end));
	if (!names->valid(name)) {
		cn_status status = fail_at(
			parser, from, "\"%.80s\" cannot stand behind \"%s:\"", name, names->field);
		cn_error_hint(parser->err, "%s", names->rule);
		return status;
	}
	if (*names->count == names->max)
		return fail_at(parser, from, "more than %zu names behind \"%s:\"", names->max,
			names->field);
	for (size_t i = 0; i < *names->count && *names->count <= NAMES_MAX; i++)
		if (strcmp((*names->list)[i], name) == 0)
			return fail_at(parser, from, "\"%s\" is named twice behind \"%s:\"", name,
				names->field);
	return CNI_PUSH(parser->arena, *names->list, *names->count, name) ? CN_OK
									  : no_memory(parser);
}

static cn_status take_names(
	revision_reader *parser, const name_list *names, const char *text, const char *end)
{
	if (*names->count)
		return fail_at(parser, text, "a second \"%s:\" line", names->field);
	while (text < end) {
		const char *from = text;
		while (text < end && *text != ' ' && *text != '\t' && *text != ',')
			text++;
		TRY(take_name(parser, names, from, text));
		while (text < end && (*text == ' ' || *text == '\t' || *text == ','))
			text++;
	}
	return CN_OK;
}

#define ID_RULE "an id is up to 64 letters, digits, \"_\" and \"-\""

static cn_status take_replaces(revision_reader *parser, const char *text, const char *end)
{
	cni_revision *revision = parser->revision;
	cni_replaced list = {0};
	TRY(take_names(parser,
		&(name_list){"replaces", &list.ids, &list.count, cni_revision_id_valid, ID_RULE,
			CNI_FOLDER_MAX},
		text, end));
	if (!list.count)
		return fail_at(parser, text, "\"replaces:\" names no revision");
	return CNI_PUSH(parser->arena, revision->replaced, revision->replaced_count, list)
		       ? CN_OK
		       : no_memory(parser);
}

static cn_status take_header(
	revision_reader *parser, cni_word word, const char *text, const char *end)
{
	cni_revision *revision = parser->revision;
	switch (word) {
	case CNI_WORD_CANTIL: return take_id(parser, text, end);
	case CNI_WORD_PARENTS:
		return take_names(parser,
			&(name_list){"parents", &revision->parents, &revision->parent_count,
				cni_revision_id_valid, ID_RULE, NAMES_MAX},
			text, end);
	case CNI_WORD_MESSAGE: return put_line(parser, &revision->message, text, end);
	case CNI_WORD_CREATED: return put_line(parser, &revision->created, text, end);
	case CNI_WORD_LABELS:
		return take_names(parser,
			&(name_list){"labels", &revision->labels, &revision->label_count,
				cni_label_valid,
				"a label is up to 64 letters, digits and \"_\", a letter first",
				NAMES_MAX},
			text, end);
	case CNI_WORD_DEPENDS:
		return take_names(parser,
			&(name_list){"depends", &revision->depends, &revision->depend_count,
				cni_revision_id_valid, ID_RULE, NAMES_MAX},
			text, end);
	case CNI_WORD_ANSWER: {
		const char *answer;
		TRY(put_line(parser, &answer, text, end));
		return CNI_PUSH(parser->arena, revision->answers, revision->answer_count, answer)
			       ? CN_OK
			       : no_memory(parser);
	}
	case CNI_WORD_REPLACES: return take_replaces(parser, text, end);
	default: return CN_OK; /* a comment for people */
	}
}

/* ---- sections ---- */

static cn_status open_section(revision_reader *parser, bool down, const char *text, const char *end)
{
	cni_revision *revision = parser->revision;
	const char *engine;
	TRY(put_text(parser, &engine, text, end));
	cni_section *section = cni_revision_section(revision, engine);
	if (!section) {
		cni_section fresh = {.engine = engine};
		if (!CNI_PUSH(parser->arena, revision->sections, revision->section_count, fresh))
			return no_memory(parser);
		section = &revision->sections[revision->section_count - 1];
	}
	bool *has = down ? &section->has_downgrade : &section->has_upgrade;
	if (*has)
		return fail_at(parser, text, "a second \"%s %s\" section",
			down ? "downgrade" : "upgrade", engine);
	*has = true;
	parser->section = section;
	parser->dialect = cni_dialect_of(engine);
	parser->plan = down ? &section->downgrade : &section->upgrade;
	return CN_OK;
}

static cn_status take_keep(revision_reader *parser, const char *text, const char *end)
{
	cni_keep keep;
	cn_error reason;
	cn_status status =
		cni_keep_parse(parser->arena, text, (size_t)(end - text), &keep, &reason);
	if (status < 0) {
		status = fail_at(
			parser, text, "this \"keep\" line cannot be read: %s", reason.message);
		cn_error_hint(parser->err,
			"it is written: keep \"table\" (\"column\", …) as \"table\" (\"column\", …)");
		return status;
	}
	if (parser->plan->no_transaction)
		return fail_at(parser, text,
			"what is kept cannot be compared outside of a transaction: leave out \"keep\"");
	/* the tables whose rows are compared are those that are written anew */
	cni_plan *plan = parser->plan;
	plan->rebuilds = true;
	if (!CNI_PUSH(parser->arena, plan->keeps, plan->keep_count, keep) ||
		!CNI_PUSH(parser->arena, plan->rebuilt, plan->rebuilt_count, keep.from_table))
		return no_memory(parser);
	return CN_OK;
}

/* A reason of several comments, or of a block of several lines, is one line. */
static cn_status take_reason(revision_reader *parser, const char *text, const char *end)
{
	CLEANUP(cni_buffer_done) cni_buffer line = {0};
	cni_buffer *comment = &parser->comment;
	fold(&line, text, end);
	if (line.size)
		cni_buffer_printf(
			comment, "%s%s", comment->size ? " " : "", cni_buffer_text(&line));
	parser->commented = comment->size > 0;
	return comment->failed || line.failed ? no_memory(parser) : CN_OK;
}

/* A step with the comments that stand in front of it. */
static cn_status push_step(revision_reader *parser, const char *at, cni_step step)
{
	step.line = (unsigned)line_of(parser, at);
	step.data = parser->data;
	if (parser->commented)
		step.comment = cni_buffer_dup(&parser->comment, parser->arena);
	if (parser->commented && !step.comment)
		return no_memory(parser);
	cni_buffer_clear(&parser->comment);
	parser->commented = parser->data = false;
	return CNI_PUSH(parser->arena, parser->plan->steps, parser->plan->step_count, step)
		       ? CN_OK
		       : no_memory(parser);
}

/* `call: NAME` is a step, wherever it stands between two statements. */
static cn_status take_call(revision_reader *parser, const char *text, const char *end)
{
	cni_step step = {.sql = ""};
	if (!parser->section)
		return fail_at(parser, text, "a \"call:\" line before the first section");
	if (!cni_argument_key_valid(text, (size_t)(end - text)))
		return fail_at(parser, text,
			"\"call:\" is followed by a name of up to %d letters, digits and \"_\"",
			CNI_ARGUMENT_KEY_MAX);
	TRY(put_text(parser, &step.call, text, end));
	return push_step(parser, text, step);
}

static cn_status take_no_transaction(revision_reader *parser, const char *text)
{
	if (!parser->section)
		return CN_OK;
	if (parser->plan->step_count || parser->plan->keep_count) {
		cn_status status = fail_at(
			parser, text, "\"no-transaction\" does not stand first in its section");
		cn_error_hint(parser->err,
			"it speaks of the whole section: put it below the line \"-- %s %s\"",
			parser->plan == &parser->section->upgrade ? "upgrade" : "downgrade",
			parser->section->engine);
		return status;
	}
	parser->plan->no_transaction = true;
	return CN_OK;
}

static cn_status take_word(
	revision_reader *parser, cni_word word, const char *rest, const char *text, const char *end)
{
	switch (word) {
	case CNI_WORD_UPGRADE:
	case CNI_WORD_DOWNGRADE:
		cni_buffer_clear(&parser->comment);
		parser->commented = parser->data = false;
		parser->at_end = parser->header_only;
		return parser->at_end ? CN_OK
				      : open_section(parser, word == CNI_WORD_DOWNGRADE, rest, end);
	case CNI_WORD_KEEP: return parser->section ? take_keep(parser, rest, end) : CN_OK;
	case CNI_WORD_WARNING: {
		const char *warning;
		if (!parser->section)
			return CN_OK;
		TRY(put_line(parser, &warning, rest, end));
		return CNI_PUSH(parser->arena, parser->plan->warnings, parser->plan->warning_count,
			       warning)
			       ? CN_OK
			       : no_memory(parser);
	}
	case CNI_WORD_NO_TRANSACTION: return take_no_transaction(parser, text);
	case CNI_WORD_CALL: return take_call(parser, rest, end);
	case CNI_WORD_DATA:
		parser->data = parser->section != NULL;
		return parser->section ? take_reason(parser, rest, end) : CN_OK;
	default:
		return parser->section ? take_reason(parser, text, end)
				       : take_header(parser, word, rest, end);
	}
}

/* Does the comment stand alone on its line, but for white space? */
static bool stands_alone(const revision_reader *parser, const char *at)
{
	while (at > parser->text && (at[-1] == ' ' || at[-1] == '\t'))
		at--;
	return at == parser->text || at[-1] == '\n';
}

static cn_status take_comment(revision_reader *parser, const cni_token *token)
{
	const char *text = token->text, *end = text + token->size;
	bool block = *text == '/', alone = stands_alone(parser, text);
	text += 2;
	if (block && end - text >= 2 && end[-1] == '/')
		end -= 2;
	while (text < end && (unsigned char)*text <= ' ')
		text++;
	while (text < end && (unsigned char)end[-1] <= ' ')
		end--;
	const char *rest = text;
	cni_word word = cni_revision_word(text, (size_t)(end - text), &rest);
	if (!alone && word == CNI_WORD_CALL) /* else a step would be left out silently */
		return fail_at(parser, text, "a \"call:\" line must stand alone on its line");
	if (!alone || (parser->trailing && word == CNI_WORD_NONE))
		return CN_OK;
	return take_word(parser, word, rest, text, end);
}

/* ---- statements ---- */

static cn_status check_statement(revision_reader *parser, const char *sql, cni_step *step)
{
	const char *at;
	cn_error reason;
	cn_status status = cni_revision_statement(parser->arena, parser->section->engine,
		parser->plan->no_transaction, step, &at, &reason);
	if (status >= 0)
		return CN_OK;
	if (status == CN_ENOMEM)
		return no_memory(parser);
	fail_at(parser, sql + (at - step->sql), "%s", reason.message);
	cn_error_hint(parser->err, "%s", reason.hint);
	return status;
}

/* Where the statement ends: without its `;`, and what is white space or comment to the lexer. */
static const char *last_solid(cni_dialect dialect, const char *sql, const char *end)
{
	cni_lexer lexer;
	const char *last = sql;
	cni_lexer_init_in(&lexer, dialect, sql, (size_t)(end - sql));
	for (;;) {
		cni_token token = cni_lexer_next_solid(&lexer);
		if (token.kind == CNI_TOKEN_END)
			return last;
		if (token.text + token.size != end || !cni_token_is_op(&token, ";"))
			last = token.text + token.size;
	}
}

static cn_status add_statement(revision_reader *parser, const char *sql, const char *end)
{
	/* to SQLite the text's last two characters are no comment yet; with a `;` behind them they
	 * would be */
	if (end - sql >= 2 && end[-2] == '/' && end[-1] == '*')
		return fail_at(parser, end - 2, "a comment that is not closed");
	if (!parser->section) {
		cn_status status = fail_at(parser, sql, "a statement before the first section");
		cn_error_hint(parser->err,
			"statements follow a line \"-- upgrade ENGINE\" or \"-- downgrade ENGINE\"");
		return status;
	}
	cni_step step = {.sql = cni_strndup(parser->arena, sql, (size_t)(end - sql))};
	if (!step.sql)
		return no_memory(parser);
	TRY(check_statement(parser, sql, &step));
	return push_step(parser, sql, step);
}

/* Comments from `at` on; *ret_sql is the first thing that is neither comment, white space nor an
 * empty statement's `;`, NULL when nothing is left. */
static cn_status read_between(
	revision_reader *parser, const char *at, const char *end, const char **ret_sql)
{
	cni_lexer lexer;
	cni_lexer_init_in(&lexer, parser->dialect, at, (size_t)(end - at));
	*ret_sql = NULL;
	for (;;) {
		cni_token token = cni_lexer_next(&lexer);
		if (token.kind == CNI_TOKEN_END)
			return CN_OK;
		if (token.kind == CNI_TOKEN_COMMENT) {
			TRY(take_comment(parser, &token));
			if (parser->at_end)
				return CN_OK;
			lexer.dialect = parser->dialect;
		} else if (token.kind != CNI_TOKEN_SPACE && !cni_token_is_op(&token, ";")) {
			*ret_sql = token.text;
			return CN_OK;
		}
	}
}

/* A statement whose `;` was forgotten must not swallow the words behind it. */
static cn_status take_statement(revision_reader *parser, const char *sql, const char *end)
{
	const char *solid = last_solid(parser->dialect, sql, end), *rest;
	if (solid == sql)
		return CN_OK;
	TRY(add_statement(parser, sql, solid));
	parser->trailing = true;
	cn_status status = read_between(parser, solid, end, &rest);
	parser->trailing = false;
	return status;
}

/* What stands between two statements is read first: a section's line says how the next one is to be
 * split. */
static cn_status read_all(revision_reader *parser)
{
	const char *cursor = parser->text, *statement, *sql;
	size_t size;
	for (;;) {
		TRY(read_between(parser, cursor, parser->end, &sql));
		if (!sql || parser->at_end)
			return CN_OK;
		const char *at = sql;
		if (!cni_sql_split_in(parser->dialect, &at, parser->end, &statement, &size))
			return take_statement(parser, sql, parser->end);
		cursor = statement + size;
		TRY(take_statement(parser, sql, cursor));
		if (parser->at_end)
			return CN_OK;
	}
}

static cn_status check_bytes(revision_reader *parser, size_t size)
{
	if (size > CNI_REVISION_MAX_BYTES)
		return cn_fail(parser->err, CN_EARG, "%s: larger than %d MB", parser->path,
			CNI_REVISION_MAX_BYTES >> 20);
	const char *nul = memchr(parser->text, '\0', size);
	if (nul)
		return fail_at(parser, nul, "a NUL byte: this is no text");
	if (cni_utf8_valid(parser->text, size))
		return CN_OK;
	const char *line = parser->text; /* find the line for the message */
	while (line < parser->end) {
		const char *next = memchr(line, '\n', (size_t)(parser->end - line));
		size_t length = (size_t)((next ? next : parser->end) - line);
		if (!cni_utf8_valid(line, length))
			break;
		line += length + 1;
	}
	return fail_at(parser, line < parser->end ? line : parser->end, "this line is not UTF-8");
}

static cn_status check_plan(revision_reader *parser, const cni_plan *plan)
{
	cn_error reason;
	unsigned line;
	cn_status status = cni_revision_plan_check(plan, &line, &reason);
	if (status >= 0)
		return CN_OK;
	cn_error_set(parser->err, status, "%s:%u: %s", parser->path, line, reason.message);
	cn_error_hint(parser->err, "%s", reason.hint);
	return status;
}

static cn_status check_revision(revision_reader *parser)
{
	cni_revision *revision = parser->revision;
	if (!revision->id) {
		cn_status status = fail_at(parser, parser->text, "this is no revision file");
		cn_error_hint(parser->err,
			"it begins with a line \"-- cantil: revision ID\"; a file that is none does not "
			"belong into versions/ with a name that ends in .sql");
		return status;
	}
	for (size_t i = 0; i < revision->section_count; i++)
		if (!revision->sections[i].has_upgrade)
			return fail_at(parser, parser->end,
				"there is a \"downgrade %s\" section, but no \"upgrade %s\"",
				revision->sections[i].engine, revision->sections[i].engine);
	for (size_t i = 0; i < revision->section_count; i++) {
		TRY(check_plan(parser, &revision->sections[i].upgrade));
		TRY(check_plan(parser, &revision->sections[i].downgrade));
	}
	for (size_t i = 0; i < revision->parent_count; i++)
		if (strcmp(revision->parents[i], revision->id) == 0)
			return fail_at(parser, parser->text,
				"revision \"%s\" names itself as its parent", revision->id);
	for (size_t i = 0; i < revision->depend_count; i++)
		if (strcmp(revision->depends[i], revision->id) == 0)
			return fail_at(parser, parser->text, "revision \"%s\" depends on itself",
				revision->id);
	return CN_OK;
}

static cn_status parse(cni_arena *arena, const char *path, const char *text, size_t size,
	bool header_only, cni_revision *ret, cn_error *err)
{
	cni_revision revision = {.message = "", .created = "", .path = cni_strdup(arena, path)};
	revision_reader parser = {.arena = arena,
		.path = path,
		.text = text,
		.end = text + size,
		.revision = &revision,
		.header_only = header_only,
		.err = err};
	if (!revision.path)
		return no_memory(&parser);
	TRY(check_bytes(&parser, size));
	cni_sha256_text(text, size, revision.checksum);
	if (size >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0)
		parser.text += 3; /* some editors put a mark in front */
	cn_status status = read_all(&parser);
	if (status >= 0)
		status = check_revision(&parser);
	cni_buffer_done(&parser.comment);
	if (status >= 0)
		*ret = revision;
	return status;
}

cn_status cni_revision_parse(cni_arena *arena, const char *path, const char *text, size_t size,
	cni_revision *ret, cn_error *err)
{
	return parse(arena, path, text, size, false, ret, err);
}

cn_status cni_revision_parse_header(cni_arena *arena, const char *path, const char *text,
	size_t size, cni_revision *ret, cn_error *err)
{
	TRY(parse(arena, path, text, size, true, ret, err));
	ret->unread = text;
	ret->unread_size = size;
	return CN_OK;
}
