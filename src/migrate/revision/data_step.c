/* data_step.c - C functions and -x arguments in the steps of a revision: data_step.h. */
#include "migrate/revision/data_step.h"

#include <string.h>

#include "base/text.h"
#include "base/try.h"
#include "sql/lexer.h"

struct cn_step {
	cni_conn *conn;
	const cni_host *host;
	const cn_data_migration *row;
	bool down, rehearsal;
};

/* ---- arguments ---- */

bool cni_argument_key_valid(const char *key, size_t size)
{
	if (!size || size > CNI_ARGUMENT_KEY_MAX)
		return false;
	for (size_t i = 0; i < size; i++)
		if (!((key[i] >= 'a' && key[i] <= 'z') || (key[i] >= 'A' && key[i] <= 'Z') ||
			    (key[i] >= '0' && key[i] <= '9') || key[i] == '_'))
			return false;
	return true;
}

static cn_status fail_argument(const char *text, const char *why, cn_error *err)
{
	size_t shown = cni_utf8_cut(text, strlen(text) < 80 ? strlen(text) : 80);
	cn_error_set(
		err, CN_EARG, "\"%.*s\" is no argument for migrations: %s", (int)shown, text, why);
	cn_error_hint(err, "it is written -x KEY=VALUE; a key is of letters, digits and \"_\"");
	return CN_EARG;
}

cn_status cni_arguments_parse(cni_arena *arena, const char *const *list, cni_argument **ret,
	size_t *ret_count, cn_error *err)
{
	cni_argument *arguments = NULL;
	size_t count = 0;
	for (; list && *list; list++) {
		const char *text = *list, *equals = strchr(text, '=');
		if (!equals || !cni_argument_key_valid(text, (size_t)(equals - text)))
			return fail_argument(text, "no key and \"=\" in front", err);
		if (strlen(equals + 1) > CNI_ARGUMENT_VALUE_MAX)
			return fail_argument(text, "the value is larger than 64 KB", err);
		if (!cni_utf8_valid(equals + 1, strlen(equals + 1)))
			return fail_argument(text, "the value is not UTF-8", err);
		if (count == CNI_ARGUMENT_MAX)
			return cn_fail(err, CN_EARG, "more than %d arguments for migrations",
				CNI_ARGUMENT_MAX);
		cni_argument argument = {
			.key = cni_strndup(arena, text, (size_t)(equals - text)),
			.value = cni_strdup(arena, equals + 1),
		};
		for (size_t i = 0; argument.key && i < count; i++)
			if (strcmp(arguments[i].key, argument.key) == 0)
				return fail_argument(text, "its key was given already", err);
		if (!argument.key || !argument.value ||
			!CNI_PUSH(arena, arguments, count, argument))
			return cn_fail(err, CN_ENOMEM, "out of memory");
	}
	*ret = arguments;
	*ret_count = count;
	return CN_OK;
}

const char *cni_argument_find(const cni_host *host, const char *key)
{
	for (size_t i = 0; host && i < host->argument_count; i++)
		if (strcmp(host->arguments[i].key, key) == 0)
			return host->arguments[i].value;
	return NULL;
}

static cn_status missing_argument(
	const cni_host *host, const char *revision, const char *key, cn_error *err)
{
	cn_error_set(err, CN_EARG, "revision \"%s\" needs the argument \"%s\"", revision, key);
	cn_error_hint(err, "%s: -x %s=VALUE",
		host && host->program ? "give it to the command" : "give it", key);
	return CN_EARG;
}

/* ---- functions ---- */

static const cn_data_migration *find_row(const cni_revision *revision, const char *name)
{
	const cn_data_migration *row = revision->host ? revision->host->functions : NULL;
	for (; row && row->revision; row++)
		if (row->name && strcmp(row->revision, revision->id) == 0 &&
			strcmp(row->name, name) == 0)
			return row;
	return NULL;
}

static cn_step_fn function_of(const cni_revision *revision, const char *name, bool down)
{
	const cn_data_migration *row = find_row(revision, name);
	return !row ? NULL : down ? row->downgrade : row->upgrade;
}

static cn_status missing_function(
	const cni_revision *revision, const char *name, bool down, cn_error *err)
{
	cn_error_set(err, CN_EUNSUPPORTED,
		"revision \"%s\" calls the C function \"%s\", which this program does not have",
		revision->id, name);
	cn_error_detail(err, "%s, its %s", revision->path, down ? "downgrade" : "upgrade");
	cn_error_hint(err,
		"run it with the project's own program (./app db %s); its table of data steps has "
		"{.revision = \"%s\", .name = \"%s\", .%s = …}",
		down ? "downgrade" : "upgrade", revision->id, name, down ? "downgrade" : "upgrade");
	return CN_EUNSUPPORTED;
}

static cn_status step_ready(
	const cni_revision *revision, const cni_step *step, bool down, cn_error *err)
{
	if (step->call && !function_of(revision, step->call, down))
		return missing_function(revision, step->call, down, err);
	for (size_t i = 0; i < step->argument_count; i++) {
		if (cni_argument_find(revision->host, step->arguments[i]))
			continue;
		TRY(missing_argument(revision->host, revision->id, step->arguments[i], err));
	}
	return CN_OK;
}

cn_status cni_revision_ready(
	const cni_revision *revision, const char *engine, bool down, cn_error *err)
{
	const cni_section *section = cni_revision_section(revision, engine);
	if (!section)
		return CN_OK; /* said by who runs it */
	const cni_plan *plan = down ? &section->downgrade : &section->upgrade;
	for (size_t i = 0; i < plan->step_count; i++)
		TRY(step_ready(revision, &plan->steps[i], down, err));
	return CN_OK;
}

static cn_status call(cni_conn *conn, const cni_revision *revision, const cni_step *plan_step,
	bool down, bool rehearsal, cn_error *err)
{
	const cn_data_migration *row = find_row(revision, plan_step->call);
	cn_step_fn fn = function_of(revision, plan_step->call, down);
	cn_step step = {.conn = conn,
		.host = revision->host,
		.row = row,
		.down = down,
		.rehearsal = rehearsal};
	cn_error own; /* a function that gives none must not leave an old one */
	if (!fn)
		return rehearsal ? CN_OK : missing_function(revision, plan_step->call, down, err);
	cn_error_set(&own, CN_ESQL, "it failed without saying why");
	cn_status status = fn(&step, &own);
	if (status >= 0)
		return CN_OK;
	own.status = status;
	if (err)
		*err = own;
	return cn_error_wrap(err, "C function \"%s\"", plan_step->call);
}

/* ---- statements with arguments ---- */

static cn_status run_bound(cni_conn *conn, const cni_revision *revision, const cni_step *step,
	bool rehearsal, cn_error *err)
{
	CLEANUP(cni_stmt_releasep) cni_stmt *stmt = NULL;
	bool whole = true;
	TRY(cni_conn_prepare(conn, step->sql, &stmt, err));
	for (size_t i = 0; i < step->argument_count; i++) {
		const char *value = cni_argument_find(revision->host, step->arguments[i]);
		if (!value && !rehearsal)
			return missing_argument(
				revision->host, revision->id, step->arguments[i], err);
		whole &= value != NULL;
		TRY(cni_stmt_bind(stmt, i + 1, cn_text(value), err));
	}
	return whole ? cni_stmt_run(stmt, err) : CN_OK;
}

cn_status cni_data_step_run(cni_conn *conn, const cni_revision *revision, const cni_step *step,
	bool down, bool rehearsal, cn_error *err)
{
	return step->call ? call(conn, revision, step, down, rehearsal, err)
			  : run_bound(conn, revision, step, rehearsal, err);
}

cn_status cni_data_step_script(cni_arena *arena, const cni_revision *revision, const cni_step *step,
	const char **ret_sql, cn_error *err)
{
	CLEANUP(cni_buffer_done) cni_buffer out = {0};
	cni_lexer lexer;
	if (step->call) {
		cn_error_set(err, CN_EUNSUPPORTED,
			"revision \"%s\" calls the C function \"%s\": a script cannot",
			revision->id, step->call);
		cn_error_hint(err, "run it with the project's own program");
		return CN_EUNSUPPORTED;
	}
	cni_lexer_init(&lexer, step->sql, strlen(step->sql));
	for (;;) {
		cni_token token = cni_lexer_next(&lexer);
		if (token.kind == CNI_TOKEN_END)
			break;
		if (token.kind != CNI_TOKEN_VARIABLE) {
			cni_buffer_add(&out, token.text, token.size);
			continue;
		}
		size_t prefix = strlen(CNI_ARGUMENT_PREFIX);
		const char *key = cni_strndup(arena, token.text + prefix, token.size - prefix);
		const char *value = key ? cni_argument_find(revision->host, key) : NULL;
		if (!key)
			return cn_fail(err, CN_ENOMEM, "out of memory");
		if (!value)
			return missing_argument(revision->host, revision->id, key, err);
		cni_quote_text(&out, value);
	}
	*ret_sql = cni_buffer_dup(&out, arena);
	return *ret_sql ? CN_OK : cn_fail(err, CN_ENOMEM, "out of memory");
}

/* ---- what the function calls ---- */

/* What moves rows can neither change the schema nor end the transaction; all other statements
 * could. */
static cn_status check_statement(const char *sql, cn_error *err)
{
	static const char *const words[] = {
		"select", "insert", "update", "delete", "replace", "with", "values"};
	cni_lexer lexer;
	if (!sql)
		return cn_fail(err, CN_EARG, "there is no statement");
	cni_lexer_init(&lexer, sql, strlen(sql));
	cni_token first = cni_lexer_next_solid(&lexer);
	for (size_t i = 0; i < CNI_COUNT(words); i++)
		if (cni_token_is(&first, words[i]))
			return CN_OK;
	cn_error_set(err, CN_EARG, "a data step moves rows: it cannot run \"%.*s\"",
		(int)(first.size < 40 ? first.size : 40), first.text);
	cn_error_hint(err,
		"what changes the schema stands in the revision's file, before or behind the \"-- call:\" "
		"line");
	return CN_EARG;
}

static cn_status prepare(cn_step *step, const char *sql, const cn_value *values, size_t count,
	cni_stmt **ret, cn_error *err)
{
	cni_stmt *stmt;
	if (cn_step_canceled(step))
		return cn_fail(err, CN_ECANCELED, "interrupted");
	TRY(check_statement(sql, err));
	TRY(cni_conn_prepare(step->conn, sql, &stmt, err));
	cn_status status = CN_OK;
	if (cni_stmt_parameters(stmt) != count) {
		status = cn_fail(err, CN_EARG, "the statement has %zu parameters, %zu were given",
			cni_stmt_parameters(stmt), count);
		cn_error_detail(err, "%.1500s", sql);
	}
	if (status >= 0 && count)
		status = cni_stmt_bind_all(stmt, values, count, err);
	if (status < 0)
		cni_stmt_release(stmt);
	else
		*ret = stmt;
	return status;
}

cn_status cn_step_run(
	cn_step *step, const char *sql, const cn_value *values, size_t count, cn_error *err)
{
	CLEANUP(cni_stmt_releasep) cni_stmt *stmt = NULL;
	TRY(prepare(step, sql, values, count, &stmt, err));
	return cni_stmt_run(stmt, err);
}

cn_status cn_step_each(cn_step *step, const char *sql, const cn_value *values, size_t count,
	cn_step_row_fn fn, void *ctx, cn_error *err)
{
	CLEANUP(cni_stmt_releasep) cni_stmt *stmt = NULL;
	TRY(prepare(step, sql, values, count, &stmt, err));
	return cni_stmt_each(stmt, fn, ctx, err);
}

cn_status cn_step_int(cn_step *step, const char *sql, const cn_value *values, size_t count,
	int64_t *ret, cn_error *err)
{
	CLEANUP(cni_stmt_releasep) cni_stmt *stmt = NULL;
	TRY(prepare(step, sql, values, count, &stmt, err));
	int row = cni_stmt_step(stmt, err);
	if (row < 0)
		return (cn_status)row;
	if (row != CNI_ROW)
		return cn_fail(err, CN_ENOTFOUND, "the statement has no row");
	*ret = cni_stmt_int(stmt, 0);
	return CN_OK;
}

int64_t cn_step_changes(const cn_step *step) { return cni_conn_changes(step->conn); }

int64_t cn_step_last_id(const cn_step *step) { return cni_conn_last_id(step->conn); }

const char *cn_step_revision(const cn_step *step) { return step->row->revision; }

const char *cn_step_name(const cn_step *step) { return step->row->name; }

bool cn_step_downgrade(const cn_step *step) { return step->down; }

void *cn_step_context(const cn_step *step) { return step->row->context; }

bool cn_step_rehearsal(const cn_step *step) { return step->rehearsal; }

const char *cn_step_argument(const cn_step *step, const char *key)
{
	return cni_argument_find(step->host, key);
}

cn_status cn_step_need(const cn_step *step, const char *key, const char **ret, cn_error *err)
{
	const char *value = cni_argument_find(step->host, key);
	if (!value)
		return missing_argument(step->host, step->row->revision, key, err);
	*ret = value;
	return CN_OK;
}

void cn_step_progress(cn_step *step, const char *what, int64_t done, int64_t total)
{
	if (!step->rehearsal && step->host->progress)
		step->host->progress(what, done, total, step->host->ctx);
}

bool cn_step_canceled(const cn_step *step)
{
	return step->host->canceled && step->host->canceled(step->host->ctx);
}
