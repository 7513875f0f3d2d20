/*
 * rename_sql.c - renames inside a piece of SQL, token by token. See rename.h.
 *
 * A table's own expressions have one table's columns in sight, so a bare word that is one of them
 * is one. In a view or trigger several tables are in sight: a qualified name follows its qualifier
 * (a table, an alias, NEW, OLD); a bare word is taken for a column only if exactly one table in
 * sight has it, and for a table only if no table in sight has a column of that name. Anything else
 * stays as it is.
 */
#include <string.h>

#include "base/text.h"
#include "base/try.h"
#include "schema/kept.h"
#include "schema/names.h"
#include "schema/rename.h"
#include "sql/lexer.h"

enum { NOT_THERE = -1, UNCLEAR = -2 };

typedef struct alias {
	const char *name;
	long table;
} alias;

typedef struct scope {
	cni_arena *arena;
	const cni_renaming *renaming;
	const cni_token *tokens;
	const char **names; /* of the tokens that can be names; else NULL */
	size_t count;
	long own;     /* whose rows NEW and OLD are */
	long *tables; /* in sight */
	size_t table_count;
	alias *aliases;
	size_t alias_count;
} scope;

static bool scope_read(scope *s, const char *sql)
{
	s->tokens = cni_tokens(s->arena, sql, strlen(sql), &s->count);
	s->names = cni_alloc(s->arena, (s->count + 1) * sizeof *s->names);
	if (!s->tokens || !s->names)
		return false;
	for (size_t i = 0; i < s->count; i++) {
		cni_token_kind kind = s->tokens[i].kind;
		if (kind != CNI_TOKEN_WORD && kind != CNI_TOKEN_QUOTED)
			continue;
		s->names[i] = cni_token_name(s->arena, &s->tokens[i]);
		if (!s->names[i])
			return false;
	}
	return true;
}

static bool is_op(const scope *s, size_t i, const char *op)
{
	return i < s->count && cni_token_is_op(&s->tokens[i], op);
}

static bool is_word(const scope *s, size_t i, const char *word)
{
	return i < s->count && cni_token_is(&s->tokens[i], word);
}

static const cni_ddl_table *table_of(const scope *s, long at)
{
	return &s->renaming->schema->objects[at].ddl.table;
}

static long find_table(const scope *s, const char *name)
{
	const cni_schema *schema = s->renaming->schema;

	return cni_names_find(
		schema->names, schema->objects, schema->object_count, CNI_DDL_TABLE, name);
}

static const char *new_table_name(const scope *s, long table)
{
	return table >= 0 ? s->renaming->tables[table] : NULL;
}

static const char *new_column_name(const scope *s, long table, const char *name)
{
	if (table < 0 || !s->renaming->columns[table])
		return NULL;
	long at = cni_table_column(table_of(s, table), name);
	return at < 0 ? NULL : s->renaming->columns[table][at];
}

/* The tokens again, joined by blanks, each with its new name where it has one. */
static const char *scope_write(const scope *s, const char *(*new_name)(const scope *s, size_t i))
{
	CLEANUP(cni_buffer_done) cni_buffer out = {0};

	for (size_t i = 0; i < s->count; i++) {
		const char *name = s->names[i] ? new_name(s, i) : NULL;
		if (i)
			cni_buffer_putc(&out, ' ');
		if (name)
			cni_quote_name(&out, name);
		else
			cni_buffer_add(&out, s->tokens[i].text, s->tokens[i].size);
	}
	return cni_buffer_keep(&out, s->arena);
}

/* ---- one table in sight ---- */

static const char *name_in_expr(const scope *s, size_t i)
{
	if (is_op(s, i + 1, "."))
		return cni_same(s->names[i], table_of(s, s->own)->name) ? new_table_name(s, s->own)
									: NULL;
	if (is_op(s, i + 1, "(")) /* a function */
		return NULL;
	return new_column_name(s, s->own, s->names[i]);
}

const char *cni_rename_expr(
	cni_arena *arena, const cni_renaming *renaming, size_t table, const char *sql)
{
	scope s = {.arena = arena, .renaming = renaming, .own = (long)table};

	if (!sql || (!renaming->tables[table] && !renaming->columns[table]))
		return sql;
	return scope_read(&s, sql) ? scope_write(&s, name_in_expr) : NULL;
}

/* ---- many tables in sight ---- */

static bool see_table(scope *s, long table)
{
	for (size_t i = 0; i < s->table_count; i++)
		if (s->tables[i] == table)
			return true;
	return CNI_PUSH(s->arena, s->tables, s->table_count, table);
}

/* Notes the tables that are named anywhere, and the words that stand for them: `client c`, `client
 * AS c`. (A trigger's own table is in sight only if it is named: its row is reached by NEW and
 * OLD.) */
static bool look_around(scope *s)
{
	for (size_t i = 0; i < s->count; i++) {
		long table = s->names[i] ? find_table(s, s->names[i]) : NOT_THERE;
		if (table < 0)
			continue;
		if (!see_table(s, table))
			return false;
		size_t at = is_word(s, i + 1, "AS") ? i + 2 : i + 1;
		if (at >= s->count || !s->names[at])
			continue;
		alias found = {s->names[at], table};
		if (!CNI_PUSH(s->arena, s->aliases, s->alias_count, found))
			return false;
	}
	return true;
}

/* The table that a qualifier stands for. */
static long qualified_table(const scope *s, const char *qualifier)
{
	long found = NOT_THERE;

	if (s->own >= 0 && (cni_same(qualifier, "NEW") || cni_same(qualifier, "OLD")))
		return s->own;
	for (size_t i = 0; i < s->alias_count; i++) {
		if (!cni_same(s->aliases[i].name, qualifier))
			continue;
		found = found == NOT_THERE || found == s->aliases[i].table ? s->aliases[i].table
									   : UNCLEAR;
	}
	return found == NOT_THERE ? find_table(s, qualifier) : found;
}

static bool is_alias(const scope *s, const char *name)
{
	for (size_t i = 0; i < s->alias_count; i++)
		if (cni_same(s->aliases[i].name, name))
			return true;
	return false;
}

/* The only table in sight that has a column of this name. */
static long column_owner(const scope *s, const char *name)
{
	long found = NOT_THERE;

	for (size_t i = 0; i < s->table_count; i++) {
		if (cni_table_column(table_of(s, s->tables[i]), name) < 0)
			continue;
		if (found != NOT_THERE)
			return UNCLEAR;
		found = s->tables[i];
	}
	return found;
}

static bool stands_for_table(const scope *s, size_t i)
{
	static const char *const before[] = {"FROM", "JOIN", "INTO", "UPDATE"};

	for (size_t k = 0; i > 0 && k < CNI_COUNT(before); k++)
		if (is_word(s, i - 1, before[k]))
			return true;
	return false;
}

static const char *name_in_body(const scope *s, size_t i)
{
	const char *name = s->names[i];

	if (i >= 2 && is_op(s, i - 1, ".") && s->names[i - 2]) {
		if (cni_same(s->names[i - 2], "main"))
			return new_table_name(s, find_table(s, name));
		return new_column_name(s, qualified_table(s, s->names[i - 2]), name);
	}
	if (stands_for_table(s, i))
		return new_table_name(s, find_table(s, name));
	if (is_op(s, i + 1, "."))
		return is_alias(s, name) ? NULL : new_table_name(s, find_table(s, name));
	if (is_op(s, i + 1, "(") || (i > 0 && is_word(s, i - 1, "AS")))
		return NULL;
	long owner = column_owner(s, name);
	return owner == NOT_THERE ? new_table_name(s, find_table(s, name))
				  : new_column_name(s, owner, name);
}

const char *cni_rename_body(
	cni_arena *arena, const cni_renaming *renaming, long own, const char *sql)
{
	scope s = {.arena = arena, .renaming = renaming, .own = own};

	if (!sql)
		return NULL;
	return scope_read(&s, sql) && look_around(&s) ? scope_write(&s, name_in_body) : NULL;
}
