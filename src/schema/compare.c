/* compare.c - see compare.h. */
#include "schema/compare.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/try.h"
#include "schema/kept.h"
#include "sql/lexer.h"

static char *folded(cni_arena *arena, const char *name)
{
	char *copy = cni_strdup(arena, name);

	for (char *p = copy; p && *p; p++)
		*p = cni_lower(*p);
	return copy;
}

static char *normal(cni_arena *arena, const char *sql, bool strip_parens)
{
	return sql ? cni_kept(arena, cni_sql_normal(arena, sql, strlen(sql), strip_parens)) : NULL;
}

static const char *or_none(const char *text) { return text ? text : ""; }

/* Names are always quoted in a normal form: none can be mistaken for what stands around it. */
static const char *quoted(cni_arena *arena, const char *name)
{
	const char *lower = folded(arena, name);

	return lower ? or_none(cni_kept(arena, cni_quoted(arena, lower))) : "";
}

/* Lower case, quotes taken off, blanks only between words: "DECIMAL ( 10, 5 )" is decimal(10,5). */
static char *type_normal(cni_arena *arena, const char *type)
{
	CLEANUP(cni_buffer_done) cni_buffer out = {0};
	cni_lexer lexer;
	bool glued = true; /* no blank wanted before the next token */

	if (!type || !*type)
		return NULL;
	cni_lexer_init(&lexer, type, strlen(type));
	for (;;) {
		cni_token token = cni_lexer_next_solid(&lexer);
		if (token.kind == CNI_TOKEN_END)
			break;
		bool mark = cni_token_is_op(&token, "(") || cni_token_is_op(&token, ")") ||
			    cni_token_is_op(&token, ",");
		if (!glued && !mark)
			cni_buffer_putc(&out, ' ');
		char *word = token.kind == CNI_TOKEN_QUOTED || token.kind == CNI_TOKEN_STRING
				     ? cni_token_name(arena, &token)
				     : cni_strndup(arena, token.text, token.size);
		if (!word)
			return NULL;
		cni_buffer_puts(&out, word);
		glued = mark || cni_token_is_op(&token, "-") || cni_token_is_op(&token, "+");
	}
	char *text = cni_buffer_keep(&out, arena);
	for (char *p = text; p && *p; p++)
		*p = cni_lower(*p);
	return text;
}

static bool is_constant_word(const cni_token *token)
{
	static const char *const words[] = {
		"current_timestamp",
		"current_date",
		"current_time",
		"true",
		"false",
	};

	for (size_t i = 0; i < CNI_COUNT(words); i++)
		if (cni_token_is(token, words[i]))
			return true;
	return false;
}

/* SQLite refuses expressions that nest deeper; each level costs a pass over the tokens. */
#define MAX_NESTING 1000

/* The tokens of a default without the parentheses and the plus signs around it. */
static const cni_token *default_core(const cni_token *tokens, size_t *count)
{
	for (int level = 0; level < MAX_NESTING; level++) {
		if (*count > 1 && cni_token_is_op(&tokens[0], "+")) {
			tokens++;
			--*count;
			continue;
		}
		if (*count < 2 || !cni_token_is_op(&tokens[0], "(") ||
			!cni_token_is_op(&tokens[*count - 1], ")"))
			return tokens;
		int depth = 0;
		for (size_t i = 0; i + 1 < *count; i++) {
			depth +=
				cni_token_is_op(&tokens[i], "(") - cni_token_is_op(&tokens[i], ")");
			if (depth == 0) /* the first one closes before the end */
				return tokens;
		}
		tokens++;
		*count -= 2;
	}
	return tokens;
}

/* DEFAULT NULL is no default; DEFAULT "x" and DEFAULT x (a bare word) are the string 'x' to SQLite.
 */
static char *default_normal(cni_arena *arena, const char *sql)
{
	size_t count = 0;
	const cni_token *tokens = sql ? cni_tokens(arena, sql, strlen(sql), &count) : NULL;

	if (!tokens || !count)
		return NULL;
	tokens = default_core(tokens, &count);
	if (!count)
		return NULL;
	const cni_token *first = &tokens[0], *last = &tokens[count - 1];
	if (count == 1 && first->kind == CNI_TOKEN_WORD) {
		if (cni_token_is(first, "null"))
			return NULL;
		if (is_constant_word(first))
			return folded(arena, cni_strndup(arena, first->text, first->size));
	}
	if (count == 1 && (first->kind == CNI_TOKEN_WORD || first->kind == CNI_TOKEN_QUOTED ||
				  first->kind == CNI_TOKEN_STRING)) {
		CLEANUP(cni_buffer_done) cni_buffer text = {0};
		char *name = cni_token_name(arena, first);
		if (!name)
			return NULL;
		cni_quote_text(&text, name);
		return cni_buffer_keep(&text, arena);
	}
	return cni_kept(arena, cni_sql_normal(arena, first->text,
				       (size_t)(last->text + last->size - first->text), false));
}

cni_column_form cni_column_normal(cni_arena *arena, const cni_ddl_column *column)
{
	cni_column_form form = {
		.type = type_normal(arena, column->type),
		.default_value = default_normal(arena, column->default_sql),
	};

	if (column->not_null)
		form.not_null =
			cni_printf(arena, "not null %s on %s", quoted(arena, column->not_null_name),
				cni_conflict_sql(column->not_null_conflict));
	if (column->identity)
		form.generated = cni_printf(arena, "identity %s (%s)",
			column->identity == CNI_IDENTITY_ALWAYS ? "always" : "by default",
			or_none(column->identity_sql));
	if (column->collate && !cni_same(column->collate, "BINARY"))
		form.collate = quoted(arena, column->collate);
	if (column->generated_sql)
		form.generated =
			cni_printf(arena, "%s %s", column->generated_stored ? "stored" : "virtual",
				or_none(normal(arena, column->generated_sql, true)));
	return form;
}

bool cni_column_form_equal(const cni_column_form *a, const cni_column_form *b)
{
	return cni_equal(a->type, b->type) && cni_equal(a->not_null, b->not_null) &&
	       cni_equal(a->default_value, b->default_value) && cni_equal(a->collate, b->collate) &&
	       cni_equal(a->generated, b->generated);
}

bool cni_column_has_default(const cni_ddl_column *column)
{
	CLEANUP(cni_arena_done) cni_arena arena = {0};

	return default_normal(&arena, column->default_sql) != NULL;
}

bool cni_column_equal(const cni_ddl_column *a, const cni_ddl_column *b)
{
	CLEANUP(cni_arena_done) cni_arena arena = {0};
	cni_column_form x = cni_column_normal(&arena, a), y = cni_column_normal(&arena, b);

	return !arena.failed && cni_column_form_equal(&x, &y);
}

/* `(a)`, `"a"`, 'a' and a are one name, also inside parentheses; COLLATE counts as said. */
static void add_part(cni_arena *arena, cni_buffer *out, const cni_ddl_part *part)
{
	static const char *const nulls[] = {"", " nulls first", " nulls last"};
	const char *expr =
		part->name ? quoted(arena, part->name) : normal(arena, part->expr_sql, true);

	if (!part->name && expr) {
		size_t count = 0;
		cni_token *tokens = cni_tokens(arena, expr, strlen(expr), &count);
		if (tokens && count == 1 &&
			(tokens[0].kind == CNI_TOKEN_QUOTED || tokens[0].kind == CNI_TOKEN_STRING ||
				tokens[0].kind == CNI_TOKEN_WORD))
			expr = quoted(arena, cni_token_name(arena, &tokens[0]));
	}
	cni_buffer_puts(out, or_none(expr));
	if (part->collate)
		cni_buffer_printf(out, " collate %s", quoted(arena, part->collate));
	cni_buffer_puts(out, part->desc ? " desc" : " asc");
	cni_buffer_puts(out, nulls[part->nulls]);
}

static void add_parts(cni_arena *arena, cni_buffer *out, const cni_ddl_part *parts, size_t count)
{
	cni_buffer_puts(out, " (");
	for (size_t i = 0; i < count; i++) {
		cni_buffer_puts(out, i ? ", " : "");
		add_part(arena, out, &parts[i]);
	}
	cni_buffer_putc(out, ')');
}

static void add_names(cni_arena *arena, cni_buffer *out, const char *const *names, size_t count)
{
	cni_buffer_puts(out, " (");
	for (size_t i = 0; i < count; i++)
		cni_buffer_printf(out, "%s%s", i ? ", " : "", quoted(arena, names[i]));
	cni_buffer_putc(out, ')');
}

static void add_foreign_key(cni_arena *arena, cni_buffer *out, const cni_ddl_constraint *key)
{
	cni_buffer_puts(out, "foreign key (");
	for (size_t i = 0; i < key->part_count; i++)
		cni_buffer_printf(out, "%s%s", i ? ", " : "",
			quoted(arena,
				key->parts[i].name ? key->parts[i].name : key->parts[i].expr_sql));
	cni_buffer_printf(out, ") references %s", quoted(arena, key->parent));
	if (key->parent_column_count)
		add_names(arena, out, key->parent_columns, key->parent_column_count);
	cni_buffer_printf(out, " on delete %s on update %s", cni_action_sql(key->on_delete),
		cni_action_sql(key->on_update));
	if (key->match && !cni_same(key->match, "SIMPLE"))
		cni_buffer_printf(out, " match %s", quoted(arena, key->match));
	if (key->initially_deferred)
		cni_buffer_puts(out, " deferred");
}

/* INTEGER PRIMARY KEY DESC is an ordinary key when it stands at its column, and the rowid when it
 * stands behind the columns. */
static bool hides_rowid(const cni_ddl_table *table, const cni_ddl_constraint *key)
{
	return key->at_column && key->part_count == 1 && key->parts[0].desc &&
	       cni_same(table->columns[key->column].type, "INTEGER");
}

char *cni_constraint_normal(
	cni_arena *arena, const cni_ddl_table *table, const cni_ddl_constraint *constraint)
{
	CLEANUP(cni_buffer_done) cni_buffer out = {0};

	if (table->dialect == CNI_DIALECT_POSTGRESQL) {
		cni_ddl_write_postgres_constraint(&out, constraint);
		return cni_buffer_keep(&out, arena);
	}
	if (constraint->name)
		cni_buffer_printf(&out, "constraint %s ", quoted(arena, constraint->name));
	switch (constraint->kind) {
	case CNI_PRIMARY_KEY:
		cni_buffer_puts(&out, hides_rowid(table, constraint)
					      ? "primary key beside the rowid"
					      : "primary key");
		add_parts(arena, &out, constraint->parts, constraint->part_count);
		break;
	case CNI_UNIQUE:
		cni_buffer_puts(&out, "unique");
		add_parts(arena, &out, constraint->parts, constraint->part_count);
		break;
	case CNI_CHECK:
		/* SQLite reads ON CONFLICT after a CHECK and forgets it */
		cni_buffer_printf(
			&out, "check %s", or_none(normal(arena, constraint->check_sql, true)));
		return cni_buffer_keep(&out, arena);
	case CNI_FOREIGN_KEY: add_foreign_key(arena, &out, constraint); break;
	case CNI_EXCLUDE: break; /* there is none in this dialect */
	}
	cni_buffer_printf(&out, " on conflict %s", cni_conflict_sql(constraint->conflict));
	return cni_buffer_keep(&out, arena);
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Their order says nothing. */
static const char **sorted_constraints(cni_arena *arena, const cni_ddl_table *table)
{
	const char **list = cni_alloc(arena, (table->constraint_count + 1) * sizeof *list);

	if (!list)
		return NULL;
	for (size_t i = 0; i < table->constraint_count; i++)
		if (!(list[i] = cni_constraint_normal(arena, table, &table->constraints[i])))
			return NULL;
	if (table->constraint_count)
		qsort(list, table->constraint_count, sizeof *list, by_text);
	return list;
}

char *cni_table_options(cni_arena *arena, const cni_ddl_table *table)
{
	const cni_ddl_constraint *key = cni_table_primary_key(table);

	if (table->dialect == CNI_DIALECT_POSTGRESQL)
		return cni_printf(arena, "%s%s%s %s", or_none(table->partition_of),
			table->partition_of ? " " : "", or_none(table->bound_sql),
			or_none(table->rest_sql));
	return cni_printf(arena, "%s%s%s", key && key->autoincrement ? " autoincrement" : "",
		table->strict ? " strict" : "", table->without_rowid ? " without rowid" : "");
}

static void add_table(cni_arena *arena, cni_buffer *out, const cni_ddl_table *table)
{
	const char **constraints = sorted_constraints(arena, table);

	cni_buffer_printf(out, "table %s%s", quoted(arena, table->name),
		or_none(cni_table_options(arena, table)));
	for (size_t i = 0; i < table->column_count; i++) {
		cni_column_form form = cni_column_normal(arena, &table->columns[i]);
		cni_buffer_printf(out, "\n%s", quoted(arena, table->columns[i].name));
		if (form.type) {
			cni_buffer_puts(out, "\ttype ");
			cni_quote_text(out, form.type);
		}
		if (form.not_null)
			cni_buffer_printf(out, "\t%s", form.not_null);
		if (form.default_value)
			cni_buffer_printf(out, "\tdefault %s", form.default_value);
		if (form.collate)
			cni_buffer_printf(out, "\tcollate %s", form.collate);
		if (form.generated)
			cni_buffer_printf(out, "\tas %s", form.generated);
	}
	for (size_t i = 0; constraints && i < table->constraint_count; i++)
		cni_buffer_printf(out, "\n%s", constraints[i]);
	if (table->as_select_sql)
		cni_buffer_printf(
			out, "\nselect %s", or_none(normal(arena, table->as_select_sql, false)));
}

static void add_index(cni_arena *arena, cni_buffer *out, const cni_ddl_index *index)
{
	cni_buffer_printf(out, "%s %s on %s", index->unique ? "unique index" : "index",
		quoted(arena, index->name), quoted(arena, index->table));
	add_parts(arena, out, index->parts, index->part_count);
	if (index->where_sql)
		cni_buffer_printf(out, " where %s", or_none(normal(arena, index->where_sql, true)));
}

static void add_view(cni_arena *arena, cni_buffer *out, const cni_ddl_view *view)
{
	cni_buffer_printf(out, "view %s", quoted(arena, view->name));
	if (view->column_count)
		add_names(arena, out, view->columns, view->column_count);
	cni_buffer_printf(out, " as %s", or_none(normal(arena, view->select_sql, false)));
}

/* FOR EACH ROW is the only kind of trigger that SQLite has, so saying it says nothing. */
static void add_trigger(cni_arena *arena, cni_buffer *out, const cni_ddl_trigger *trigger)
{
	static const char row[] = "for each row ";
	const char *head = or_none(normal(arena, trigger->head_sql, false));
	const char *body = or_none(normal(arena, trigger->body_sql, false));

	if (cni_starts(body, row))
		body += strlen(row);
	cni_buffer_printf(out, "trigger %s %s on %s %s", quoted(arena, trigger->name), head,
		quoted(arena, trigger->table), body);
}

static void add_virtual(cni_arena *arena, cni_buffer *out, const cni_ddl_virtual *table)
{
	cni_buffer_printf(out, "virtual table %s using %s", quoted(arena, table->name),
		quoted(arena, table->module));
	for (size_t i = 0; i < table->argument_count; i++)
		cni_buffer_printf(out, "%s%s", i ? ", " : " ",
			or_none(normal(arena, table->arguments[i], false)));
}

static int by_column_name(const void *a, const void *b)
{
	return strcmp(((const cni_ddl_column *)a)->name, ((const cni_ddl_column *)b)->name);
}

static int by_note(const void *a, const void *b)
{
	const cni_ddl_note *x = a, *y = b;
	int order = strcmp(x->sql, y->sql);

	return order ? order : strcmp(or_none(x->column), or_none(y->column));
}

/* PostgreSQL writes its expressions anew, from what it understood, and folds no letters: the text
 * itself is the normal form. Columns cannot be put into another order there, so theirs says
 * nothing. */
static char *text_normal(cni_arena *arena, const cni_ddl *ddl)
{
	CLEANUP(cni_buffer_done) cni_buffer out = {0};
	cni_ddl sorted = *ddl;

	if (ddl->kind == CNI_DDL_TABLE) {
		cni_ddl_table *table = &sorted.table;
		table->columns = cni_memdup(
			arena, table->columns, table->column_count * sizeof *table->columns);
		if (table->columns && table->column_count)
			qsort(table->columns, table->column_count, sizeof *table->columns,
				by_column_name);
		const char **constraints = sorted_constraints(arena, table);
		for (size_t i = 0; constraints && i < table->constraint_count; i++)
			cni_buffer_printf(&out, "%s\n", constraints[i]);
		table->constraint_count = 0;
	}
	sorted.notes = cni_memdup(arena, sorted.notes, sorted.note_count * sizeof *sorted.notes);
	if (sorted.notes && sorted.note_count)
		qsort(sorted.notes, sorted.note_count, sizeof *sorted.notes, by_note);
	if (arena->failed)
		return NULL;
	cni_ddl_write_postgres(&out, &sorted);
	cni_buffer_puts(&out, "\n");
	cni_ddl_write_late(&out, &sorted);
	return cni_buffer_keep(&out, arena);
}

char *cni_object_normal(cni_arena *arena, const cni_ddl *ddl)
{
	CLEANUP(cni_buffer_done) cni_buffer out = {0};

	if (ddl->dialect == CNI_DIALECT_POSTGRESQL)
		return text_normal(arena, ddl);
	switch (ddl->kind) {
	case CNI_DDL_TABLE: add_table(arena, &out, &ddl->table); break;
	case CNI_DDL_INDEX: add_index(arena, &out, &ddl->index); break;
	case CNI_DDL_VIEW: add_view(arena, &out, &ddl->view); break;
	case CNI_DDL_TRIGGER: add_trigger(arena, &out, &ddl->trigger); break;
	case CNI_DDL_VIRTUAL: add_virtual(arena, &out, &ddl->virtual_table); break;
	case CNI_DDL_OPAQUE:
	case CNI_DDL_OTHER: break;
	}
	return arena->failed ? NULL : cni_buffer_keep(&out, arena);
}

bool cni_object_equal(const cni_object *a, const cni_object *b)
{
	return a->ddl.kind == b->ddl.kind && a->normal && b->normal &&
	       strcmp(a->normal, b->normal) == 0;
}

bool cni_schema_equal(const cni_schema *a, const cni_schema *b)
{
	if (a->object_count != b->object_count)
		return false;
	for (size_t i = 0; i < a->object_count; i++) {
		const cni_object *other =
			cni_schema_find(b, a->objects[i].ddl.kind, a->objects[i].name);
		if (!other || !cni_object_equal(&a->objects[i], other))
			return false;
	}
	return true;
}
