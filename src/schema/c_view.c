/*
 * c_view.c - which columns a view yields, read from its SELECT. See write_c.h.
 *
 * Only what the text alone tells: plain columns, `t.*`, expressions with a name. A view that says
 * less (a subquery in FROM, an expression without a name, WITH) has no columns here.
 */
#include <string.h>

#include "base/text.h"
#include "base/try.h"
#include "schema/write_c.h"
#include "sql/lexer.h"

typedef struct source { /* a table in FROM */
	const char *alias;
	const cni_ddl_table *table;
} source;

typedef struct view_reader {
	cni_arena *arena;
	const cni_schema *schema;
	const cni_token *tokens;
	size_t count;
	size_t from; /* where FROM stands, or the SELECT list's end */
	source *sources;
	size_t source_count;
	cni_c_view_column *columns;
	size_t column_count;
} view_reader;

static bool is_name(const cni_token *token)
{
	return token->kind == CNI_TOKEN_QUOTED ||
	       (token->kind == CNI_TOKEN_WORD && !cni_sql_keyword(token->text, token->size));
}

static bool is_any(const cni_token *token, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (cni_token_is(token, words[i]))
			return true;
	return false;
}

/* The next token of that depth at which the SELECT list, or FROM, is over. */
static size_t find_end(const view_reader *r, size_t at, bool of_from)
{
	static const char *const after_list[] = {
		"FROM",
		"WHERE",
		"GROUP",
		"HAVING",
		"WINDOW",
		"UNION",
		"EXCEPT",
		"INTERSECT",
		"ORDER",
		"LIMIT",
	};
	int depth = 0;

	for (; at < r->count; at++) {
		const cni_token *token = &r->tokens[at];
		if (depth == 0 &&
			is_any(token, after_list + of_from, CNI_COUNT(after_list) - of_from))
			break;
		depth += cni_token_is_op(token, "(") - cni_token_is_op(token, ")");
	}
	return at;
}

static const cni_ddl_table *find_table(const view_reader *r, const char *name)
{
	const cni_object *object = cni_schema_table(r->schema, name);

	return object ? &object->ddl.table : NULL;
}

/* `FROM a, b AS c JOIN d ON …`: each name that follows FROM, a comma or JOIN. */
static bool read_sources(view_reader *r)
{
	size_t end = find_end(r, r->from + 1, true);
	bool wanted = true;
	int depth = 0;

	for (size_t i = r->from + 1; i < end; i++) {
		const cni_token *token = &r->tokens[i];
		depth += cni_token_is_op(token, "(") - cni_token_is_op(token, ")");
		if (depth == 0 && (cni_token_is(token, "JOIN") || cni_token_is_op(token, ","))) {
			wanted = true;
			continue;
		}
		if (!wanted)
			continue;
		wanted = false;
		if (i + 2 < end && cni_token_is_op(&r->tokens[i + 1], "."))
			i += 2;
		if (depth || !is_name(&r->tokens[i]))
			return false;
		source found = {.alias = cni_token_name(r->arena, &r->tokens[i])};
		found.table = found.alias ? find_table(r, found.alias) : NULL;
		size_t next = i + 1 < end && cni_token_is(&r->tokens[i + 1], "AS") ? i + 2 : i + 1;
		if (next < end && is_name(&r->tokens[next]))
			found.alias = cni_token_name(r->arena, &r->tokens[next]);
		if (!found.table || !CNI_PUSH(r->arena, r->sources, r->source_count, found))
			return false;
	}
	return r->source_count > 0;
}

static bool add_column(
	view_reader *r, const char *name, const cni_ddl_column *column, cni_c_type type)
{
	cni_c_view_column item = {name, column, type};

	return name && CNI_PUSH(r->arena, r->columns, r->column_count, item);
}

static bool add_all(view_reader *r, const char *alias)
{
	bool found = false;

	for (size_t i = 0; i < r->source_count; i++) {
		const cni_ddl_table *table = r->sources[i].table;
		if (alias && !cni_same(alias, r->sources[i].alias))
			continue;
		found = true;
		for (size_t k = 0; k < table->column_count; k++)
			if (!add_column(r, table->columns[k].name, &table->columns[k],
				    cni_c_type_of(table->columns[k].type)))
				return false;
	}
	return found;
}

static const cni_ddl_column *find_column(const view_reader *r, const char *alias, const char *name)
{
	const cni_ddl_column *found = NULL;

	for (size_t i = 0; i < r->source_count; i++) {
		long at = cni_table_column(r->sources[i].table, name);
		if (at < 0 || (alias && !cni_same(alias, r->sources[i].alias)))
			continue;
		if (found)
			return NULL;
		found = &r->sources[i].table->columns[at];
	}
	return found;
}

static cni_c_type expression_type(const view_reader *r, size_t start, size_t end)
{
	static const char *const reals[] = {"sum", "avg", "total", "round"};

	if (start + 1 < end && cni_token_is_op(&r->tokens[start + 1], "(")) {
		if (cni_token_is(&r->tokens[start], "count") ||
			cni_token_is(&r->tokens[start], "length"))
			return cni_c_type_of("INTEGER");
		if (is_any(&r->tokens[start], reals, CNI_COUNT(reals)))
			return cni_c_type_of("REAL");
	}
	return cni_c_type_of("TEXT");
}

/* One item of the SELECT list: *, t.*, column, t.column, expression AS name, expression name. */
static bool read_item(view_reader *r, size_t start, size_t end)
{
	const cni_token *first = &r->tokens[start], *last = &r->tokens[end - 1];
	size_t size = end - start;
	bool dotted = size >= 3 && is_name(first) && cni_token_is_op(&r->tokens[start + 1], ".");

	if (size == 1 && cni_token_is_op(first, "*"))
		return add_all(r, NULL);
	if (size == 3 && dotted && cni_token_is_op(last, "*"))
		return add_all(r, cni_token_name(r->arena, first));
	if (!is_name(last))
		return false;
	const char *name = cni_token_name(r->arena, last);
	size_t core = dotted ? 3 : 1; /* tokens of a plain column */
	bool plain = size == core ||
		     (size == core + 1 && !cni_token_is_op(&r->tokens[end - 2], ".")) ||
		     (size == core + 2 && cni_token_is(&r->tokens[end - 2], "AS"));
	if (plain && is_name(&r->tokens[start + core - 1])) {
		const char *alias = dotted ? cni_token_name(r->arena, first) : NULL;
		const char *shown = cni_token_name(r->arena, &r->tokens[start + core - 1]);
		const cni_ddl_column *column = shown ? find_column(r, alias, shown) : NULL;
		return add_column(r, name, column,
			column ? cni_c_type_of(column->type) : cni_c_type_of("TEXT"));
	}
	/* the last word is the expression's name only if something complete stands before it */
	const cni_token *before = &r->tokens[end - 2];
	bool named = cni_token_is(before, "AS") || cni_token_is(before, "END") ||
		     cni_token_is_op(before, ")") || before->kind == CNI_TOKEN_NUMBER ||
		     before->kind == CNI_TOKEN_STRING || is_name(before);
	return named && add_column(r, name, NULL, expression_type(r, start, end));
}

static bool read_list(view_reader *r, size_t start)
{
	int depth = 0;

	for (size_t i = start; i <= r->from; i++) {
		bool over = i == r->from || (depth == 0 && cni_token_is_op(&r->tokens[i], ","));
		if (!over) {
			depth += cni_token_is_op(&r->tokens[i], "(") -
				 cni_token_is_op(&r->tokens[i], ")");
			continue;
		}
		if (i == start || !read_item(r, start, i))
			return false;
		start = i + 1;
	}
	return true;
}

static bool names_differ(const view_reader *r)
{
	for (size_t i = 0; i < r->column_count; i++)
		for (size_t k = 0; k < i; k++)
			if (cni_same(r->columns[i].name, r->columns[k].name))
				return false;
	return true;
}

size_t cni_c_view_columns(cni_arena *arena, const cni_schema *schema, const cni_ddl_view *view,
	cni_c_view_column **ret)
{
	view_reader r = {.arena = arena, .schema = schema};
	size_t start = 1;

	r.tokens = cni_tokens(arena, view->select_sql, strlen(view->select_sql), &r.count);
	if (!r.tokens || !r.count || !cni_token_is(&r.tokens[0], "SELECT"))
		return 0;
	if (r.count > 1 &&
		(cni_token_is(&r.tokens[1], "DISTINCT") || cni_token_is(&r.tokens[1], "ALL")))
		start++;
	r.from = find_end(&r, start, false);
	bool has_from = r.from < r.count && cni_token_is(&r.tokens[r.from], "FROM");
	if ((has_from && !read_sources(&r)) || !read_list(&r, start))
		return 0;
	if (view->column_count) {
		if (view->column_count != r.column_count)
			return 0;
		for (size_t i = 0; i < r.column_count; i++)
			r.columns[i].name = view->columns[i];
	}
	if (!names_differ(&r))
		return 0;
	for (size_t i = 0; r.source_count != 1 && i < r.column_count; i++)
		r.columns[i].column = NULL; /* a join can make NULL of what is not */
	*ret = r.columns;
	return r.column_count;
}
