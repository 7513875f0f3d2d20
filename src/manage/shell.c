/*
 * shell.c - an SQL prompt: statements until `;`, dot commands, from a terminal, a pipe, or -c.
 *
 * A statement that fails is reported and the next one is read; from a pipe the command then ends
 * with exit code 1. With -c the first failure ends it.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "base/try.h"
#include "manage/builtin.h"
#include "manage/call.h"
#include "manage/signals.h"
#include "manage/table.h"
#include "schema/schema.h"
#include "sql/lexer.h"

enum { INPUT_BYTES = 16 * 1024 * 1024 }; /* of one statement */

const cn_option cni_shell_options[] = {
	CN_OPT_TEXT('c', "command", "SQL", "run this instead of reading", .repeated = true),
	CN_OPT_FLAG('r', "read-only", "change nothing"),
	{0},
};

typedef struct shell {
	cn_call *call;
	cni_conn *conn;
	bool terminal;
	bool quit;
	bool stop_at_first; /* a failure ends it, and is the command's */
	int64_t failed;     /* statements */
	cni_buffer input;   /* what was read and is not run yet */
	char block[4096];   /* read ahead, from a pipe */
	size_t block_at, block_size;
	cn_error *err;
} shell;

static void report(shell *sh, const cn_error *err)
{
	sh->failed++;
	cni_progress_clear(sh->call);
	cni_print_error(sh->call->app->desc.name, err, sh->call->color_err);
}

/* ---- statements ---- */

static cn_status run_statement(shell *sh, const char *sql, size_t size, cn_error *err)
{
	CLEANUP(cni_stmt_releasep) cni_stmt *stmt = NULL;
	int64_t rows = 0;

	if (cni_interrupted()) /* between two statements */
		return cn_fail(err, CN_ECANCELED, "interrupted");
	TRY(cni_conn_prepare_size(sh->conn, sql, size, &stmt, err));
	if (cni_stmt_columns(stmt) == 0) {
		int64_t before, after;
		TRY(cni_conn_int(sh->conn, "SELECT total_changes()", &before, err));
		TRY(cni_stmt_run(stmt, err));
		TRY(cni_conn_int(sh->conn, "SELECT total_changes()", &after, err));
		if (after > before)
			cn_note(sh->call, "%" PRId64 " %s changed", after - before,
				after - before == 1 ? "row" : "rows");
		return CN_OK;
	}
	if (sh->call->json)
		return cni_table_json(sh->call, stmt, &rows, err);
	TRY(cni_table_print(sh->call, stmt, &rows, err));
	if (sh->terminal)
		cn_note(sh->call, "%s(%" PRId64 " %s)%s", cn_color(sh->call, CN_STYLE_DIM), rows,
			rows == 1 ? "row" : "rows", cn_color(sh->call, CN_STYLE_NONE));
	return CN_OK;
}

/* Ctrl-C while a statement runs ends the statement, not the shell. */
static void run_reported(shell *sh, const char *sql, size_t size)
{
	cn_error err = {0};

	if (run_statement(sh, sql, size, &err) >= 0)
		return;
	if (sh->stop_at_first) {
		*sh->err = err;
		sh->quit = true;
		return;
	}
	report(sh, &err);
	if (!sh->terminal && cni_interrupted())
		sh->quit = true;
	else if (err.status == CN_ECANCELED)
		cni_signals_again();
}

static bool ends_statement(const char *sql, size_t size)
{
	cni_lexer lexer;
	cni_token token, last = {0};

	cni_lexer_init(&lexer, sql, size);
	while ((token = cni_lexer_next_solid(&lexer)).kind != CNI_TOKEN_END)
		last = token;
	return last.kind == CNI_TOKEN_OPERATOR && cni_token_is_op(&last, ";");
}

/* Runs the whole statements of the input and keeps the rest. */
static void run_input(shell *sh, bool last)
{
	const char *at = sh->input.data, *end = at + sh->input.size, *statement, *done = at;
	size_t size;

	if (!at)
		return;
	while (!sh->quit && cni_sql_split(&at, end, &statement, &size)) {
		if (!last && !ends_statement(statement, size))
			break;
		run_reported(sh, statement, size);
		done = at;
	}
	if (sh->quit || last)
		done = end;
	if (done == sh->input.data) /* nothing was whole: a comment alone is dropped with the next
				       statement */
		return;
	size_t rest = (size_t)(end - done);
	memmove(sh->input.data, done, rest);
	sh->input.size = rest;
	sh->input.data[rest] = '\0';
}

/* ---- dot commands ---- */

static cn_status list_tables(shell *sh, const char *unused, cn_error *err)
{
	CLEANUP(cni_arena_done) cni_arena arena = {0};
	cni_schema *schema;

	(void)unused;
	TRY(cni_conn_inspect(sh->conn, &arena, &schema, err));
	for (size_t i = 0; i < schema->object_count; i++) {
		const cni_object *o = &schema->objects[i];
		if (!o->table)
			cn_print(sh->call, "%s", o->name);
	}
	return CN_OK;
}

static cn_status show_schema(shell *sh, const char *name, cn_error *err)
{
	CLEANUP(cni_arena_done) cni_arena arena = {0};
	cni_schema *schema;
	bool any = false;

	TRY(cni_conn_inspect(sh->conn, &arena, &schema, err));
	for (size_t i = 0; i < schema->object_count; i++) {
		const cni_object *o = &schema->objects[i];
		if (*name && !cni_same(o->name, name) && !cni_same(o->table, name))
			continue;
		cn_print(sh->call, "%s;", o->sql);
		any = true;
	}
	if (*name && !any)
		return cn_fail(err, CN_ENOTFOUND, "there is no table \"%s\"", name);
	return CN_OK;
}

static cn_status list_models(shell *sh, const char *unused, cn_error *err)
{
	(void)unused;
	(void)err;
	for (const cn_model *const *m = cn_app_models(sh->call->app); *m; m++) {
		CLEANUP(cni_buffer_done) cni_buffer line = {0};
		const cn_column *column;
		size_t at = 0;
		cni_buffer_puts(&line, (*m)->type_name);
		if ((*m)->table)
			cni_buffer_printf(&line, " (%s):", (*m)->table);
		while ((column = cn_model_columns(*m, &at)))
			cni_buffer_printf(
				&line, "%s %s", at == 1 ? "" : ",", cn_column_name(column));
		cn_print(sh->call, "%s", cni_buffer_text(&line));
	}
	return CN_OK;
}

static cn_status quit(shell *sh, const char *unused, cn_error *err)
{
	(void)unused;
	(void)err;
	sh->quit = true;
	return CN_OK;
}

static cn_status show_help(shell *sh, const char *unused, cn_error *err);

static const struct {
	const char *name, *help;
	cn_status (*run)(shell *sh, const char *argument, cn_error *err);
} dot_commands[] = {
	{".help", "this", show_help},
	{".models", "the program's models and their columns", list_models},
	{".quit", "leave (also Ctrl-D)", quit},
	{".schema", "CREATE statements; .schema TABLE for one table", show_schema},
	{".tables", "tables and views", list_tables},
};

static cn_status show_help(shell *sh, const char *unused, cn_error *err)
{
	(void)unused;
	(void)err;
	for (size_t i = 0; i < CNI_COUNT(dot_commands); i++)
		cn_print(sh->call, "%-10s %s", dot_commands[i].name, dot_commands[i].help);
	return CN_OK;
}

static cn_status unknown_dot(const char *word, cn_error *err)
{
	const char *names[CNI_COUNT(dot_commands) + 1] = {0}, *nearest;

	for (size_t i = 0; i < CNI_COUNT(dot_commands); i++)
		names[i] = dot_commands[i].name;
	(void)cn_fail(err, CN_EARG, "unknown command \"%s\"", word);
	nearest = cni_nearest(word, names);
	cn_error_hint(err, nearest ? "did you mean \"%s\"?" : "%s shows them",
		nearest ? nearest : ".help");
	return CN_EARG;
}

/* A table's name as SQL spells it: "a b", [a b] or bare. */
static const char *argument_name(cni_arena *arena, const char *text)
{
	cni_lexer lexer;
	cni_token token;

	cni_lexer_init(&lexer, text, strlen(text));
	token = cni_lexer_next_solid(&lexer);
	return token.kind == CNI_TOKEN_QUOTED ? cni_token_name(arena, &token) : text;
}

static void dot_command(shell *sh, char *line)
{
	CLEANUP(cni_arena_done) cni_arena arena = {0};
	const char *argument;
	cn_status status = CN_ENOTFOUND;
	cn_error err = {0};
	bool known = false;

	for (size_t n = strlen(line); n && strchr(" \t\r;", line[n - 1]); n--)
		line[n - 1] = '\0';
	size_t size = strcspn(line, " \t");
	argument = argument_name(&arena, line + size + strspn(line + size, " \t"));
	line[size] = '\0';
	if (!argument)
		argument = "";
	for (size_t i = 0; i < CNI_COUNT(dot_commands) && !known; i++) {
		if (strcmp(dot_commands[i].name, line) != 0)
			continue;
		known = true;
		status = dot_commands[i].run(sh, argument, &err);
	}
	if (!known)
		status = unknown_dot(line, &err);
	if (status < 0 && sh->stop_at_first) {
		*sh->err = err;
		sh->quit = true;
	} else if (status < 0) {
		report(sh, &err);
	}
}

/* ---- reading ---- */

/* The next byte of stdin, -1 at the end. */
static int next_byte(shell *sh)
{
	if (sh->block_at == sh->block_size) {
		fflush(stdout); /* who writes to us through a pipe may wait for the answer */
		ssize_t n = cni_wait_input() ? read(STDIN_FILENO, sh->block, sizeof sh->block) : -1;
		if (n <= 0)
			return -1;
		sh->block_at = 0;
		sh->block_size = (size_t)n;
	}
	return (unsigned char)sh->block[sh->block_at++];
}

static cn_status read_line(shell *sh, cni_buffer *line, bool *ret_end, cn_error *err)
{
	int c;

	cni_buffer_clear(line);
	while ((c = next_byte(sh)) >= 0 && c != '\n')
		cni_buffer_putc(line, (char)c);
	*ret_end = c < 0;
	if (line->failed)
		return cn_fail(err, CN_EARG, "a line of more than %d bytes", INPUT_BYTES);
	if (line->size && memchr(line->data, '\0', line->size))
		return cn_fail(err, CN_EARG, "the input is no SQL: it has a NUL byte");
	return CN_OK;
}

static void prompt(shell *sh)
{
	if (!sh->terminal)
		return;
	fflush(stdout);
	fprintf(stderr, "%s", sh->input.size ? "  ...> " : "sql> ");
}

static bool only_space(const cni_buffer *buffer)
{
	return strspn(cni_buffer_text(buffer), " \t\r\n") == buffer->size;
}

static cn_status read_all(shell *sh, cn_error *err)
{
	CLEANUP(cni_buffer_done) cni_buffer line = {.limit = INPUT_BYTES};
	bool end = false;

	while (!end && !sh->quit) {
		prompt(sh);
		TRY(read_line(sh, &line, &end, err));
		if (end && cni_interrupted() && sh->terminal) {
			/* Ctrl-C at the prompt: what was typed is forgotten */
			fputc('\n', stderr);
			cni_signals_again();
			cni_buffer_clear(&sh->input);
			end = false;
			continue;
		}
		if (only_space(&sh->input) && line.size && line.data[0] == '.') {
			cni_buffer_clear(&sh->input);
			dot_command(sh, line.data);
			continue;
		}
		cni_buffer_add(&sh->input, cni_buffer_text(&line), line.size);
		cni_buffer_putc(&sh->input, '\n');
		if (sh->input.failed)
			return cn_fail(
				err, CN_EARG, "a statement of more than %d bytes", INPUT_BYTES);
		if (end || (line.size && memchr(line.data, ';', line.size)))
			run_input(sh, end);
		if (only_space(&sh->input))
			cni_buffer_clear(&sh->input);
	}
	if (end && sh->terminal)
		fputc('\n', stderr);
	return CN_OK;
}

static cn_status run_commands(shell *sh)
{
	sh->stop_at_first = true;
	for (const char *const *sql = cn_call_list(sh->call, "command", NULL); *sql && !sh->quit;
		sql++) {
		cni_buffer_clear(&sh->input);
		cni_buffer_puts(&sh->input, *sql);
		if (sh->input.failed)
			return cn_fail(sh->err, CN_ENOMEM, "out of memory");
		if (sh->input.data && sh->input.data[0] == '.')
			dot_command(sh, sh->input.data);
		else
			run_input(sh, true);
	}
	return sh->err->status;
}

static cn_status finish(shell *sh, cn_status status, cn_error *err)
{
	if (cni_conn_in_transaction(sh->conn)) {
		cni_conn_rollback(sh->conn);
		cn_warn(sh->call, "the open transaction was rolled back");
	}
	if (status < 0)
		return status;
	if (cni_interrupted())
		return cn_fail(err, CN_ECANCELED, "interrupted");
	if (sh->failed && !sh->terminal)
		return cn_fail(err, CN_ESQL, "%" PRId64 " %s failed", sh->failed,
			sh->failed == 1 ? "statement" : "statements");
	return CN_OK;
}

int cni_shell_run(cn_call *call, cn_error *err)
{
	shell sh = {.call = call, .input.limit = INPUT_BYTES, .err = err};
	cni_open_mode mode = cn_call_flag(call, "read-only") ? CNI_OPEN_READ : CNI_OPEN_WRITE;
	cn_status status;

	TRY(cni_call_conn(call, mode, &sh.conn, err));
	if (cn_call_given(call, "command")) {
		status = run_commands(&sh);
	} else {
		sh.terminal = cn_call_terminal(call);
		if (sh.terminal)
			cn_note(call, "%s\n.help shows the commands; a statement ends with ;",
				sh.conn->uri);
		status = read_all(&sh, err);
	}
	cni_buffer_done(&sh.input);
	return finish(&sh, status, err);
}
