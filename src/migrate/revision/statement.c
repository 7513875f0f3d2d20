/* statement.c - see statement.h. */
#include "migrate/revision/statement.h"

#include <string.h>

#include "base/text.h"
#include "base/try.h"
#include "driver/words.h"
#include "sql/lexer.h"

/* A statement that ends too early ("ALTER;", by hand) is looked at like any other: so many ends
 * stand behind it. */
enum { PADDING = 8 };

static const cni_token *padded_tokens(cni_arena *arena, const char *sql)
{
	size_t count;
	const cni_token *tokens = cni_tokens(arena, sql, strlen(sql), &count);
	cni_token *padded = cni_alloc(arena, (count + PADDING) * sizeof *padded);
	if (!tokens || !padded)
		return NULL;
	if (count)
		memcpy(padded, tokens, count * sizeof *padded);
	return padded;
}

static const char *name_at(cni_arena *arena, const cni_token *tokens, size_t at)
{
	for (size_t i = 0; i <= at; i++)
		if (tokens[i].kind == CNI_TOKEN_END)
			return "";
	if (tokens[at + 1].kind != CNI_TOKEN_END && cni_token_is_op(&tokens[at + 1], "."))
		at += 2;
	if (tokens[at].kind == CNI_TOKEN_END)
		return "";
	const char *name = cni_token_name(arena, &tokens[at]);
	return name ? name : "";
}

/* Skips IF [NOT] EXISTS. */
static size_t past_if(const cni_token *tokens, size_t at)
{
	if (!cni_token_is(&tokens[at], "IF"))
		return at;
	at++;
	if (cni_token_is(&tokens[at], "NOT"))
		at++;
	return cni_token_is(&tokens[at], "EXISTS") ? at + 1 : at;
}

static void read_create(cni_arena *arena, const cni_token *t, cni_statement *s)
{
	size_t at = 1;
	if (cni_token_is(&t[at], "UNIQUE") || cni_token_is(&t[at], "VIRTUAL") ||
		cni_token_is(&t[at], "TEMP") || cni_token_is(&t[at], "TEMPORARY"))
		at++;
	bool index = cni_token_is(&t[at], "INDEX");
	s->method = index                             ? "create index"
		    : cni_token_is(&t[1], "VIRTUAL")  ? "create virtual table"
		    : cni_token_is(&t[at], "TABLE")   ? "create table"
		    : cni_token_is(&t[at], "VIEW")    ? "create view"
		    : cni_token_is(&t[at], "TRIGGER") ? "create trigger"
						      : "other";
	at = past_if(t, at + 1);
	s->table = name_at(arena, t, at);
	for (size_t i = at; index && t[i].kind != CNI_TOKEN_END; i++) {
		if (!cni_token_is(&t[i], "ON"))
			continue;
		s->table = name_at(arena, t, i + 1);
		break;
	}
}

static void read_alter(cni_arena *arena, const cni_token *t, cni_statement *s)
{
	size_t at = 2;
	s->table = name_at(arena, t, at);
	at += t[at].kind != CNI_TOKEN_END && cni_token_is_op(&t[at + 1], ".") ? 3 : 1;
	s->method = "other";
	if (t[at - 1].kind == CNI_TOKEN_END)
		return;
	if (cni_token_is(&t[at], "ADD"))
		s->method = "add column";
	else if (cni_token_is(&t[at], "DROP"))
		s->method = "drop column";
	else if (cni_token_is(&t[at], "RENAME"))
		s->method = cni_token_is(&t[at + 1], "TO") ? "rename table" : "rename column";
	if (strcmp(s->method, "rename table") == 0)
		s->to = name_at(arena, t, at + 2);
	if (strcmp(s->method, "rename column") != 0)
		return;
	at += cni_token_is(&t[at + 1], "COLUMN") && !cni_token_is(&t[at + 2], "TO") ? 2 : 1;
	s->from = name_at(arena, t, at);
	if (t[at].kind != CNI_TOKEN_END && t[at + 1].kind != CNI_TOKEN_END)
		s->to = name_at(arena, t, at + 2);
}

/* INSERT INTO t, REPLACE INTO t, UPDATE t, DELETE FROM t, behind OR ABORT and the like; WITH … */
static void read_rows(cni_arena *arena, const cni_token *t, cni_statement *s)
{
	size_t at = 0;
	while (t[at].kind != CNI_TOKEN_END && !cni_token_is(&t[at], "INSERT") &&
		!cni_token_is(&t[at], "REPLACE") && !cni_token_is(&t[at], "UPDATE") &&
		!cni_token_is(&t[at], "DELETE"))
		at++;
	if (t[at].kind == CNI_TOKEN_END) {
		s->method = "query";
		return;
	}
	at++;
	if (cni_token_is(&t[at], "OR") && t[at + 1].kind != CNI_TOKEN_END)
		at += 2;
	if (cni_token_is(&t[at], "INTO") || cni_token_is(&t[at], "FROM"))
		at++;
	s->table = name_at(arena, t, at);
	s->method = cni_catalog_table(s->table) ? "stored text" : "rows";
	/* … WHERE type = 'table' AND name = 'item' */
	for (; cni_catalog_table(s->table) && t[at].kind != CNI_TOKEN_END; at++) {
		if (!cni_token_is(&t[at], "name") || !cni_token_is_op(&t[at + 1], "=") ||
			t[at + 2].kind != CNI_TOKEN_STRING)
			continue;
		s->table = name_at(arena, t, at + 2);
		break;
	}
}

cn_status cni_statement_read(cni_arena *arena, const char *sql, cni_statement *ret, cn_error *err)
{
	cni_statement s = {.method = "other", .table = "", .from = "", .to = ""};
	const cni_token *t = padded_tokens(arena, sql);
	if (!t)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	if (cni_token_is(&t[0], "CREATE")) {
		read_create(arena, t, &s);
	} else if (cni_token_is(&t[0], "ALTER")) {
		read_alter(arena, t, &s);
	} else if (cni_token_is(&t[0], "DROP")) {
		s.method = cni_token_is(&t[1], "TABLE")     ? "drop table"
			   : cni_token_is(&t[1], "INDEX")   ? "drop index"
			   : cni_token_is(&t[1], "VIEW")    ? "drop view"
			   : cni_token_is(&t[1], "TRIGGER") ? "drop trigger"
							    : "other";
		if (t[1].kind != CNI_TOKEN_END)
			s.table = name_at(arena, t, past_if(t, 2));
	} else if (cni_is_setting(&t[0])) {
		s.method = "setting";
	} else {
		read_rows(arena, t, &s);
	}
	*ret = s;
	return CN_OK;
}

bool cni_statement_is_ours(const cni_statement *s) { return cni_starts(s->table, "cantil_new_"); }

/* ---- a plan ---- */

cn_status cni_steps_rebuild(cni_arena *arena, const cni_plan *plan, size_t at,
	const cni_statement *create, size_t *ret_end, const char **ret_old, const char **ret_now,
	cn_error *err)
{
	*ret_end = 0;
	*ret_old = *ret_now = "";
	for (size_t i = at + 1; i < plan->step_count; i++) {
		cni_statement s;
		TRY(cni_statement_read(arena, plan->steps[i].sql, &s, err));
		if (strcmp(s.method, "create table") == 0)
			return CN_OK;
		if (strcmp(s.method, "drop table") == 0)
			*ret_old = s.table;
		if (strcmp(s.method, "rename table") != 0 || !cni_same(s.table, create->table))
			continue;
		*ret_end = **ret_old ? i : 0;
		*ret_now = s.to;
		return CN_OK;
	}
	return CN_OK;
}

/* What the planner writes beside copies: a full text index is told to fill itself, the engine's own
 * counters and statistics are put back. */
static bool is_upkeep(cni_arena *arena, const cni_statement *s, const char *sql)
{
	if (cni_table_owner(s->table) || cni_statement_is_ours(s))
		return true;
	const cni_token *t = cni_tokens(arena, sql, strlen(sql), NULL);
	size_t at = 0;
	while (t && t[at].kind != CNI_TOKEN_END && !cni_token_is_op(&t[at], "("))
		at++;
	const char *column =
		t && at && t[at].kind != CNI_TOKEN_END ? name_at(arena, t, at + 1) : "";
	return cni_same(column, s->table) && cni_token_is(&t[0], "INSERT");
}

cn_status cni_steps_data(cni_arena *arena, const cni_plan *plan, const char **ret, cn_error *err)
{
	*ret = NULL;
	for (size_t i = 0; i < plan->step_count; i++) {
		cni_statement s;
		const char *old, *now, *sql = plan->steps[i].sql;
		size_t end = 0;
		if (plan->steps[i].call) {
			*ret = cni_printf(arena, "call %s", plan->steps[i].call);
			return *ret ? CN_OK : cn_fail(err, CN_ENOMEM, "out of memory");
		}
		TRY(cni_statement_read(arena, sql, &s, err));
		if (strcmp(s.method, "create table") == 0)
			TRY(cni_steps_rebuild(arena, plan, i, &s, &end, &old, &now, err));
		if (end)
			i = end;
		bool moves = strcmp(s.method, "rows") == 0 || strcmp(s.method, "query") == 0 ||
			     strcmp(s.method, "other") == 0;
		if (!moves || is_upkeep(arena, &s, sql))
			continue;
		*ret = sql;
		return CN_OK;
	}
	return CN_OK;
}

cn_status cni_steps_renames(
	cni_arena *arena, const cni_plan *plan, cni_rename **list, size_t *count, cn_error *err)
{
	for (size_t i = 0; i < plan->step_count; i++) {
		cni_statement s;
		const char *old, *now;
		size_t end = 0;
		TRY(cni_statement_read(arena, plan->steps[i].sql, &s, err));
		if (strcmp(s.method, "create table") == 0)
			TRY(cni_steps_rebuild(arena, plan, i, &s, &end, &old, &now, err));
		if (end)
			i = end;
		bool column = strcmp(s.method, "rename column") == 0;
		if (!column && strcmp(s.method, "rename table") != 0)
			continue;
		cni_rename rename = {.table = column ? s.table : NULL,
			.from = column ? s.from : s.table,
			.to = s.to};
		if (!CNI_PUSH(arena, *list, *count, rename))
			return cn_fail(err, CN_ENOMEM, "out of memory");
	}
	return CN_OK;
}
