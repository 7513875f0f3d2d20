/*
 * test_respell.c - a diff without noise and without holes.
 *
 * Noise: a schema made by chance is spelled another way (`respell`), which must be no difference at
 * all, and applying it must leave the file byte for byte. Holes: one clause of it is changed
 * (`mutations`), which must be found. `CANTIL_TEST_PAIRS` sets how many of each (default 600),
 * `CANTIL_TEST_SEED` the first.
 */
#include "tap.h"

#include <sqlite3.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "base/try.h"
#include "migrate/change/apply.h"
#include "random_schema.h"
#include "sql/lexer.h"

static unsigned long setting(const char *name, unsigned long otherwise)
{
	const char *text = getenv(name);
	return text ? strtoul(text, NULL, 10) : otherwise;
}

static const char *write_schema(cni_arena *arena, const random_schema *schema, const char *database)
{
	CLEANUP(cni_buffer_done) cni_buffer text = {0};
	random_write_tables(schema, database, &text);
	random_write_indexes(schema, database, &text);
	random_write_others(schema, &text);
	return cni_buffer_dup(&text, arena);
}

/* ---- spelled another way ---- */

/* White space and comments. */
static void write_gap(chance *dice, cni_buffer *out)
{
	static const char *const odd[] = {
		"\n\t", "  ", " /* a, (b */ ", " -- it's\n", "\r\n", " /**/"};
	cni_buffer_puts(
		out, chance_one_in(dice, 4) ? odd[chance_below(dice, CNI_COUNT(odd))] : " ");
}

/* Upper case for lower and the other way round: of keywords and of names. */
static void write_turned(chance *dice, cni_buffer *out, const char *text, size_t size)
{
	bool turn = chance_one_in(dice, 2);
	for (size_t i = 0; i < size; i++) {
		char c = text[i];
		bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
		cni_buffer_putc(out, turn && letter ? (char)(c ^ 0x20) : c);
	}
}

/* "a" as `a`, [a], or a where that is the same. */
static void write_quoted(chance *dice, cni_buffer *out, const char *name)
{
	CLEANUP(cni_buffer_done) cni_buffer turned = {0};
	write_turned(dice, &turned, name, strlen(name));
	name = cni_buffer_text(&turned);
	unsigned style = chance_below(dice, 4);
	if (style == 0 && *name && !strchr(name, ']'))
		cni_buffer_printf(out, "[%s]", name);
	else if (style == 1 && !strchr(name, '`'))
		cni_buffer_printf(out, "`%s`", name);
	else if (style == 2)
		cni_quote_name_if(out, name);
	else
		cni_quote_name(out, name);
}

static bool is_word(const cni_token *tokens, size_t count, size_t at, const char *word)
{
	return at < count && cni_token_is(&tokens[at], word);
}

/* DEFAULT 5 is DEFAULT (5), with or without a sign. */
static size_t wrap_default(
	chance *dice, const cni_token *tokens, size_t count, size_t at, cni_buffer *out)
{
	size_t end = at + 1;
	if (!is_word(tokens, count, at, "DEFAULT") || chance_one_in(dice, 2) || end >= count)
		return at;
	if (cni_token_is_op(&tokens[end], "-") || cni_token_is_op(&tokens[end], "+"))
		end++;
	if (end >= count ||
		(tokens[end].kind != CNI_TOKEN_NUMBER && tokens[end].kind != CNI_TOKEN_STRING &&
			tokens[end].kind != CNI_TOKEN_BLOB))
		return at;
	cni_buffer_puts(out, "default ((");
	for (size_t i = at + 1; i <= end; i++)
		cni_buffer_printf(out, "%.*s ", (int)tokens[i].size, tokens[i].text);
	cni_buffer_puts(out, "))");
	return end + 1;
}

static void write_token(chance *dice, const cni_token *token, cni_arena *arena, cni_buffer *out)
{
	const char *name = token->kind == CNI_TOKEN_QUOTED ? cni_token_name(arena, token) : NULL;
	if (cni_token_is_op(token, "<>"))
		cni_buffer_puts(out, chance_one_in(dice, 2) ? "!=" : "<>");
	else if (cni_token_is_op(token, "="))
		cni_buffer_puts(out, chance_one_in(dice, 2) ? "==" : "=");
	else if (name && strcmp(name, "none") != 0 && strcmp(name, "dq") != 0) /* those are texts */
		write_quoted(dice, out, name);
	else if (token->kind == CNI_TOKEN_WORD && !cni_token_is(token, "bare")) /* so is this */
		write_turned(dice, out, token->text, token->size);
	else
		cni_buffer_add(out, token->text, token->size);
}

/* CHECK (x) is CHECK ((x)): where the matching parenthesis stands. */
static size_t closing(const cni_token *tokens, size_t count, size_t at)
{
	int depth = 0;
	for (size_t i = at; i < count; i++) {
		depth += cni_token_is_op(&tokens[i], "(") - cni_token_is_op(&tokens[i], ")");
		if (depth == 0)
			return i;
	}
	return count;
}

/* One statement. A virtual table's arguments are its module's: they stay as they are. */
static void respell(chance *dice, const char *sql, size_t size, cni_arena *arena, cni_buffer *out)
{
	size_t count = 0, doubled = 0;
	const cni_token *tokens = cni_tokens(arena, sql, size, &count);
	assert_non_null(tokens);
	if (is_word(tokens, count, 1, "VIRTUAL")) {
		cni_buffer_add(out, sql, size);
		return;
	}
	for (size_t i = 0; i < count; i++) {
		size_t next = wrap_default(dice, tokens, count, i, out);
		if (next != i) {
			i = next - 1;
			continue;
		}
		write_token(dice, &tokens[i], arena, out);
		if (i == 1 && is_word(tokens, count, 1, "TABLE") && chance_one_in(dice, 2))
			cni_buffer_puts(out, " if not exists");
		if (i > 0 && is_word(tokens, count, i - 1, "CHECK") && !doubled &&
			chance_one_in(dice, 2)) {
			doubled = closing(tokens, count, i);
			cni_buffer_puts(out, "(");
		}
		if (doubled && i == doubled) {
			cni_buffer_puts(out, ")");
			doubled = 0;
		}
		/* SQLite takes a comment there for a part of the type */
		if (is_word(tokens, count, i, "GENERATED") ||
			is_word(tokens, count, i + 1, "GENERATED"))
			cni_buffer_putc(out, ' ');
		else
			write_gap(dice, out);
	}
}

static const char *respell_all(chance *dice, cni_arena *arena, const char *script)
{
	CLEANUP(cni_buffer_done) cni_buffer out = {0};
	const char *at = script, *end = script + strlen(script), *sql;
	size_t size;
	while (cni_sql_split(&at, end, &sql, &size)) {
		while (size && (sql[size - 1] == ';' || sql[size - 1] == '\n'))
			size--;
		respell(dice, sql, size, arena, &out);
		cni_buffer_puts(&out, ";\n");
	}
	return cni_buffer_dup(&out, arena);
}

/* What can be said at a column or behind the columns is said in the other place. */
static void move_constraints(random_schema *schema)
{
	for (size_t i = 0; i < schema->table_count; i++) {
		random_table *table = &schema->tables[i];
		bool quirk = table->key_desc && table->columns[0].type == 0; /* the rowid or not */
		if (!table->autoincrement && !quirk)
			table->key_at_table = !table->key_at_table;
		for (size_t j = 0; j < RANDOM_PARTS; j++)
			table->references[j].at_table = !table->references[j].at_table;
	}
}

/* ---- one clause is another ---- */

static random_table *a_table(chance *dice, random_schema *schema)
{
	return &schema->tables[chance_below(dice, (unsigned)schema->table_count)];
}

static random_column *a_column(chance *dice, random_schema *schema)
{
	random_table *table = a_table(dice, schema);
	return &table->columns[chance_below(dice, (unsigned)table->column_count)];
}

static random_reference *a_reference(chance *dice, random_schema *schema)
{
	return &a_table(dice, schema)->references[chance_below(dice, RANDOM_PARTS)];
}

static random_index *an_index(chance *dice, random_schema *schema)
{
	return &a_table(dice, schema)->indexes[chance_below(dice, RANDOM_PARTS)];
}

/* Said or not said; REPLACE or ROLLBACK, for ABORT says nothing. */
static void turn_conflict(unsigned *conflict) { *conflict = *conflict == 5 ? 1 : 5; }
/* CASCADE or SET NULL, for NO ACTION says nothing. */
static void turn_action(unsigned *action) { *action = *action == 5 ? 3 : 5; }

enum { MUTATIONS = 30 };

static void mutate(chance *dice, random_schema *schema, unsigned which)
{
	unsigned object = chance_below(dice, RANDOM_OBJECTS);
	random_column *column = a_column(dice, schema);
	random_table *table = a_table(dice, schema);
	random_reference *reference = a_reference(dice, schema);
	random_index *index = an_index(dice, schema);
	switch (which) {
	case 0: column->not_null = !column->not_null; break;
	case 1: column->unique = !column->unique; break;
	case 2: column->check = column->check ? 0 : 1; break;
	case 3: column->check = column->check == 2 ? 3 : 2; break;
	case 4: column->default_form = column->default_form ? 0 : 1; break;
	case 5: column->default_form = column->default_form == 1 ? 2 : 1; break;
	case 6: column->collate = column->collate == 1 ? 2 : 1; break;
	case 7: column->type = (column->type + 1) % RANDOM_TYPES; break;
	case 8: column->named = !column->named; break;
	case 9: turn_conflict(&column->conflict); break;
	case 10: column->generated = column->generated ? 3 - column->generated : 0; break;
	case 11: table->key_desc = !table->key_desc; break;
	case 12: table->key_named = !table->key_named; break;
	case 13: turn_conflict(&table->key_conflict); break;
	case 14: table->strict = !table->strict; break;
	case 15:
		table->without_rowid = table->key != KEY_NONE && !table->without_rowid;
		table->autoincrement = table->autoincrement && random_rowid(table);
		break;
	case 16:
		table->autoincrement = !table->autoincrement && random_rowid(table) &&
				       !table->key_at_table && !table->key_desc;
		break;
	case 17: table->unique_pair = !table->unique_pair; break;
	case 18: table->check_pair = !table->check_pair; break;
	case 19: turn_action(&reference->on_delete); break;
	case 20: turn_action(&reference->on_update); break;
	case 21: reference->deferred = !reference->deferred; break;
	case 22: reference->says_columns = !reference->says_columns; break;
	case 23: reference->id = 0; break;
	case 24: index->unique = !index->unique; break;
	case 25: index->desc = !index->desc; break;
	case 26: index->where = index->where == 2 ? 3 : 2; break;
	case 27: index->form = index->form == 2 ? 3 : 2; break;
	case 28:
		schema->views[object].form = (schema->views[object].form + 1) % RANDOM_VIEWS;
		break;
	case 29:
		schema->triggers[object].form =
			(schema->triggers[object].form + 1) % RANDOM_TRIGGERS;
		break;
	}
}

/* ---- the tests ---- */

static cni_schema *normalise(cni_arena *arena, const char *sql, cn_error *err)
{
	cni_schema *schema = NULL;
	return cni_normalise_sql("sqlite", sql, arena, &schema, err) < 0 ? NULL : schema;
}

static const char *difference(cni_arena *arena, const cni_schema *a, const cni_schema *b)
{
	CLEANUP(cni_buffer_done) cni_buffer text = {0};
	cni_diff diff;
	cn_error err;
	assert_ok(cni_diff_make(arena, a, b, &(cni_diff_options){0}, &diff, &err), &err);
	assert_int_equal(diff.change_count == 0, cni_schema_equal(a, b));
	cni_diff_describe(&text, &diff);
	return cni_buffer_dup(&text, arena);
}

/* NULL, or what is wrong. */
static const char *apply_nothing(
	cni_arena *arena, const char *path, const char *start, const char *target)
{
	CLEANUP(cni_conn_closep) cni_conn *conn = NULL;
	cni_answers answers = {.arena = arena};
	cni_apply_report report;
	cni_uri uri;
	cn_error err;
	char *before, *after;
	size_t before_size, after_size;
	sqlite3 *db;
	unlink(path);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, start, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	assert_ok(cni_file_read(arena, path, 1 << 26, &before, &before_size, &err), &err);
	assert_ok(cni_uri_parse(arena, path, "/", &uri, &err), &err);
	assert_ok(cni_conn_open(&uri, &(cni_open_options){.mode = CNI_OPEN_WRITE, .foreign = true},
			  &conn, &err),
		&err);
	if (cni_apply(conn, "target", target, &answers, &(cni_apply_options){0}, arena, &report,
		    &err) < 0)
		return cni_printf(arena, "%s | %s", err.message, err.detail);
	assert_ok(cni_file_read(arena, path, 1 << 26, &after, &after_size, &err), &err);
	if (report.changed || before_size != after_size || memcmp(before, after, before_size) != 0)
		return "the file has changed";
	return NULL;
}

static void spelling_is_no_difference(void **state)
{
	(void)state;
	unsigned long pairs = setting("CANTIL_TEST_PAIRS", 600),
		      first = setting("CANTIL_TEST_SEED", 1), wrong = 0;
	char folder[] = "/tmp/cantil-respell-XXXXXX";
	assert_non_null(mkdtemp(folder));
	for (unsigned long seed = first; seed < first + pairs && wrong < 5; seed++) {
		CLEANUP(cni_arena_done) cni_arena arena = {0};
		chance dice = chance_from(seed);
		random_schema schema;
		cn_error err;
		const char *path = cni_path_join(&arena, folder, "a.db");
		random_make(&dice, &schema);
		const char *sql = write_schema(&arena, &schema, "");
		move_constraints(&schema);
		const char *other = respell_all(
			&dice, &arena, write_schema(&arena, &schema, seed % 2 ? "main." : ""));
		cni_schema *a = normalise(&arena, sql, &err), *b = NULL;
		const char *what = a ? NULL : "the test makes nonsense";
		if (a && !(b = normalise(&arena, other, &err)))
			what = cni_printf(&arena, "%s | %s", err.message, err.detail);
		if (a && b && !cni_schema_equal(a, b))
			what = difference(&arena, a, b);
		if (!what && seed % 8 == 0)
			what = apply_nothing(&arena, path, sql, other);
		unlink(path);
		if (!what)
			continue;
		fprintf(stderr, "seed %lu: %s\n%s--\n%s\n", seed, what, sql, other);
		wrong++;
	}
	rmdir(folder);
	assert_int_equal(wrong, 0);
}

static void every_clause_is_a_difference(void **state)
{
	(void)state;
	unsigned long pairs = setting("CANTIL_TEST_PAIRS", 600),
		      first = setting("CANTIL_TEST_SEED", 1), wrong = 0;
	unsigned long tried[MUTATIONS] = {0};
	for (unsigned long seed = first; seed < first + 5 * pairs && wrong < 5; seed++) {
		CLEANUP(cni_arena_done) cni_arena arena = {0};
		chance dice = chance_from(seed);
		random_schema schema;
		cn_error err;
		random_make(&dice, &schema);
		const char *sql = write_schema(&arena, &schema, "");
		mutate(&dice, &schema, (unsigned)(seed % MUTATIONS));
		const char *other = write_schema(&arena, &schema, "");
		cni_schema *a = normalise(&arena, sql, &err), *b = normalise(&arena, other, &err);
		/* some cannot be said where they fell, and some SQLite does not take */
		if (strcmp(sql, other) == 0 || !a || !b)
			continue;
		tried[seed % MUTATIONS]++;
		if (!cni_schema_equal(a, b) && *difference(&arena, a, b))
			continue;
		fprintf(stderr, "seed %lu, mutation %lu is not found\n%s--\n%s\n", seed,
			seed % MUTATIONS, sql, other);
		wrong++;
	}
	assert_int_equal(wrong, 0);
	for (size_t i = 0; i < MUTATIONS; i++)
		if (!tried[i] && pairs >= 600)
			fail_msg("mutation %zu was never tried", i);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(spelling_is_no_difference),
		cmocka_unit_test(every_clause_is_a_difference),
	};
	return RUN(tests);
}
