/*
 * touch.c - which tables the steps of a plan can touch, read from their first words.
 *
 * It narrows what is asked before and after: a table that no step names keeps its rows and its
 * references. Steps may come from a file that people edited. Whatever is not one of the few forms
 * known here may write anywhere (an UPDATE has triggers, a function of the program does what it
 * likes): then every table counts as touched. Names that were not touched in truth do no harm.
 */
#include "driver/sqlite/plan.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/try.h"
#include "sql/lexer.h"

typedef struct reader {
	cni_touched *out;
	cni_arena *arena;
	const cni_plan *plan;
	cni_conn *conn;
	cni_lexer lexer;
	cni_token token;
	bool triggers; /* a step made one: a row that is written may fire it */
	bool failed;   /* out of memory */
} reader;

static void move_on(reader *in) { in->token = cni_lexer_next_solid(&in->lexer); }

static bool take(reader *in, const char *word)
{
	if (!cni_token_is(&in->token, word))
		return false;
	move_on(in);
	return true;
}

/* IF [NOT] EXISTS, then a name with or without its schema; "" when there is none. */
static const char *take_name(reader *in)
{
	const char *name = "";
	if (take(in, "IF")) {
		take(in, "NOT");
		take(in, "EXISTS");
	}
	for (int i = 0; i < 2; i++) {
		if (in->token.kind != CNI_TOKEN_WORD && in->token.kind != CNI_TOKEN_QUOTED &&
			in->token.kind != CNI_TOKEN_STRING)
			break;
		name = cni_token_name(in->arena, &in->token);
		move_on(in);
		if (!name || !cni_token_is_op(&in->token, "."))
			break;
		move_on(in);
	}
	in->failed |= !name;
	return name ? name : "";
}

static void touch(reader *in, const char *name)
{
	if (!CNI_PUSH(in->arena, in->out->names, in->out->count, name))
		in->failed = true;
}

/* A table that is made here, and not older than the plan. */
static void make(reader *in, const char *name)
{
	cni_made made = {.name = name};
	if (!CNI_PUSH(in->arena, in->out->made, in->out->made_count, made))
		in->failed = true;
}

static cni_made *find_made(reader *in, const char *name)
{
	for (size_t i = in->out->made_count; i-- > 0;)
		if (cni_same(in->out->made[i].name, name))
			return &in->out->made[i];
	return NULL;
}

static bool keeps_column(const cni_keep *keep, const char *name)
{
	for (size_t i = 0; i < keep->column_count; i++)
		if (cni_same(keep->from_columns[i], name))
			return true;
	return false;
}

/* Do all values of the table stand in the one that takes its place? */
static bool is_kept_whole(reader *in, const char *name)
{
	CLEANUP(cni_stmt_releasep) cni_stmt *stmt = NULL;
	const cni_keep *keep = NULL;
	cn_error ignored;
	for (size_t i = 0; i < in->plan->keep_count; i++)
		if (cni_same(in->plan->keeps[i].from_table, name))
			keep = &in->plan->keeps[i];
	if (!keep)
		return false;
	cn_status status = cni_conn_prepare(in->conn,
		"SELECT name FROM pragma_table_xinfo(?1) WHERE hidden = 0", &stmt, &ignored);
	if (status >= 0)
		status = cni_stmt_bind(stmt, 1, cn_text(name), &ignored);
	int step = status < 0 ? (int)status : CNI_ROW;
	while (step == CNI_ROW && (step = cni_stmt_step(stmt, &ignored)) == CNI_ROW)
		if (!keeps_column(keep, cni_stmt_text(stmt, 0)))
			return false;
	/* SQLite ends the transaction with that: it must not be taken for an answer */
	in->failed |= step == CN_ENOMEM;
	return step == CNI_DONE;
}

static void read_create(reader *in)
{
	while (take(in, "TEMP") || take(in, "TEMPORARY") || take(in, "UNIQUE") ||
		take(in, "VIRTUAL"))
		;
	if (take(in, "TABLE")) {
		const char *name = take_name(in);
		touch(in, name);
		make(in, name);
	} else if (take(in, "INDEX")) {
		take_name(in);
		take(in, "ON");
		touch(in, take_name(in));
	} else if (take(in, "TRIGGER")) {
		in->triggers = true;
	}
}

static void read_drop(reader *in)
{
	if (!take(in, "TABLE"))
		return;
	const char *name = take_name(in);
	cni_made *made = find_made(in, name);
	touch(in, name);
	if (made)
		made->name = "";
	else if (!is_kept_whole(in, name))
		in->out->loses = true;
}

static void read_alter(reader *in)
{
	take(in, "TABLE");
	const char *name = take_name(in);
	touch(in, name);
	if (cni_token_is(&in->token, "DROP"))
		in->out->loses = true;
	if (!take(in, "RENAME") || !take(in, "TO"))
		return;
	const char *to = take_name(in);
	cni_made *made = find_made(in, name);
	touch(in, to);
	if (made)
		made->name = to;
}

/* Into a table that the plan has made, or the counters of AUTOINCREMENT: nothing else changes. */
static bool read_insert(reader *in)
{
	if (take(in, "OR"))
		move_on(in);
	take(in, "INTO");
	const char *name = take_name(in);
	cni_made *made = find_made(in, name);
	if (made)
		made->filled = true;
	return cni_same(name, "sqlite_sequence") || (made && !in->triggers);
}

static bool read_step(reader *in, const char *sql)
{
	if (!sql)
		return false;
	cni_lexer_init(&in->lexer, sql, strlen(sql));
	move_on(in);
	if (take(in, "CREATE"))
		read_create(in);
	else if (take(in, "DROP"))
		read_drop(in);
	else if (take(in, "ALTER"))
		read_alter(in);
	else if (take(in, "INSERT"))
		return read_insert(in);
	else if (take(in, "DELETE"))
		return take(in, "FROM") && cni_same(take_name(in), "sqlite_sequence");
	else if (take(in, "UPDATE")) /* only an edit of the stored text can do that */
		return cni_same(take_name(in), "sqlite_schema");
	else
		return take(in, "PRAGMA");
	return true;
}

static int by_name(const void *a, const void *b)
{
	return cni_casecmp(*(const char *const *)a, *(const char *const *)b);
}

static int by_made_name(const void *a, const void *b)
{
	return cni_casecmp(((const cni_made *)a)->name, ((const cni_made *)b)->name);
}

cn_status cni_plan_touched(
	cni_conn *conn, const cni_plan *plan, cni_arena *arena, cni_touched *ret, cn_error *err)
{
	cni_touched out = {0};
	reader in = {.out = &out, .arena = arena, .plan = plan, .conn = conn};
	for (size_t i = 0; i < plan->step_count && !out.all; i++)
		out.all = !read_step(&in, plan->steps[i].sql);
	out.loses |= out.all;
	if (in.failed)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	if (out.count)
		qsort(out.names, out.count, sizeof *out.names, by_name);
	if (out.made_count)
		qsort(out.made, out.made_count, sizeof *out.made, by_made_name);
	*ret = out;
	return CN_OK;
}

bool cni_is_touched(const cni_touched *touched, const char *name)
{
	return touched->all || (touched->count && bsearch(&name, touched->names, touched->count,
							  sizeof *touched->names, by_name));
}

bool cni_is_empty(const cni_touched *touched, const char *name)
{
	const cni_made key = {.name = name};
	const cni_made *made = touched->all || !touched->made_count
				       ? NULL
				       : bsearch(&key, touched->made, touched->made_count,
						 sizeof key, by_made_name);
	return made && !made->filled;
}
