/*
 * test_random.c - schemas and changes made by chance, with rows, forward and backward: no value and
 * no row may be lost. `CANTIL_TEST_PAIRS` sets how many (default 300), `CANTIL_TEST_SEED` the
 * first.
 */
#include "tap.h"

#include <inttypes.h>

#include "base/try.h"
#include "migrate/execute.h"
#include "random_schema.h"
#include "sql/lexer.h"

/* The rows of a table by its first column: what one column holds, with types. */
static const char *values_of(cni_arena *arena, cni_conn *conn, const random_table *table,
	const random_column *column, const char *instead_of_null)
{
	CLEANUP(cni_buffer_done) cni_buffer sql = {0};
	const char *text = NULL;
	cn_error err;
	cni_buffer_puts(&sql, "SELECT group_concat(k || '=' || v, ' ') FROM (SELECT ");
	cni_quote_name(&sql, table->columns[0].name);
	cni_buffer_puts(&sql, " AS k, coalesce(quote(CASE WHEN ");
	cni_quote_name(&sql, column->name);
	cni_buffer_printf(
		&sql, " IS NULL THEN %s ELSE ", instead_of_null ? instead_of_null : "NULL");
	cni_quote_name(&sql, column->name);
	cni_buffer_puts(&sql, " END), '?') AS v FROM ");
	cni_quote_name(&sql, table->name);
	cni_buffer_puts(&sql, " ORDER BY 1)");
	assert_ok(cni_conn_text(conn, arena, cni_buffer_text(&sql), &text, &err), &err);
	return text ? text : "";
}

struct pair {
	random_schema from, to;
	const char *from_sql, *to_sql, *rows, *answers;
};

static void make_pair(cni_arena *arena, uint64_t seed, struct pair *ret)
{
	CLEANUP(cni_buffer_done) cni_buffer text = {0};
	chance dice = {
		.state = seed * 2654435761u + 88172645463325252u, .next_id = 1, .next_name = 1};
	for (int i = 0; i < 8; i++)
		chance_below(&dice, 2);
	random_make(&dice, &ret->from);
	ret->to = ret->from;
	random_change(&dice, &ret->to);
	random_write(&ret->from, &text);
	ret->from_sql = cni_buffer_dup(&text, arena);
	cni_buffer_clear(&text);
	random_write(&ret->to, &text);
	ret->to_sql = cni_buffer_dup(&text, arena);
	cni_buffer_clear(&text);
	random_fill(&dice, &ret->from, &text);
	ret->rows = cni_buffer_dup(&text, arena);
	cni_buffer_clear(&text);
	random_answers(&ret->from, &ret->to, &text);
	ret->answers = cni_buffer_dup(&text, arena);
}

static bool same_kind(const random_table *old_table, const random_column *old,
	const random_table *new_table, const random_column *new)
{
	bool any_then = old->type == TYPE_NONE, any_now = new->type == TYPE_NONE;
	return old->type == new->type &&
	       (old_table->strict || !new_table->strict || any_then || any_now);
}

/* Every column that is in both and of the same type holds what it held; filled NULLs apart. */
static const char *compare(cni_arena *arena, cni_conn *before, const random_schema *from,
	cni_conn *after, const random_schema *to, bool fills)
{
	for (size_t i = 0; i < from->table_count; i++) {
		const random_table *old = &from->tables[i], *new = random_table_by_id(to, old->id);
		for (size_t j = 0; new &&j < old->column_count; j++) {
			const random_column *a = &old->columns[j],
					    *b = random_column_by_id(new, a->id);
			if (!b || !same_kind(old, a, new, b))
				continue;
			bool filled = b->not_null && !a->not_null;
			if (filled && !fills)
				continue;
			const char *x =
				values_of(arena, before, old, a, filled ? random_filling(b) : NULL);
			const char *y = values_of(arena, after, new, b, NULL);
			if (strcmp(x, y) != 0)
				return cni_printf(arena, "%s.%s held %s and holds %s", old->name,
					a->name, x, y);
		}
	}
	return NULL;
}

static bool fails_on_rows(const cni_plan *plan)
{
	for (size_t i = 0; i < plan->warning_count; i++)
		if (strncmp(plan->warnings[i], "the way back fails", 18) == 0)
			return true;
	return false;
}

/* A column that NULLs were filled into stays filled on the way back; a type that was cast stays
 * cast. */
static void forget_converted(random_schema *from, const random_schema *to)
{
	for (size_t i = 0; i < from->table_count; i++) {
		random_table *old = &from->tables[i];
		const random_table *new = random_table_by_id(to, old->id);
		for (size_t j = 0; j < old->column_count; j++) {
			const random_column *b =
				new ? random_column_by_id(new, old->columns[j].id) : NULL;
			if (!b || !same_kind(old, &old->columns[j], new, b) ||
				(b->not_null && !old->columns[j].not_null))
				old->columns[j].id = 0;
		}
	}
}

static const char *run_pair(cni_arena *arena, struct pair *pair, unsigned *refused)
{
	CLEANUP(cni_conn_closep) cni_conn *conn = NULL;
	CLEANUP(cni_conn_closep) cni_conn *before = NULL;
	cni_answers answers = {.arena = arena};
	cni_schema *from, *to, *back;
	cni_change_set set;
	cn_error err;
	assert_ok(cni_conn_scratch("sqlite", &conn, &err), &err);
	assert_ok(cni_conn_set(conn, CNI_SETTING_GUARD, 0, &err), &err);
	if (cni_conn_exec(conn, pair->from_sql, &err) < 0 ||
		cni_conn_exec(conn, pair->rows, &err) < 0)
		return cni_printf(
			arena, "the test makes nonsense: %s | %s", err.message, err.detail);
	assert_ok(cni_conn_inspect(conn, arena, &from, &err), &err);
	if (cni_normalise_sql("sqlite", pair->to_sql, arena, &to, &err) < 0)
		return cni_printf(
			arena, "the test makes nonsense: %s | %s", err.message, err.detail);
	assert_ok(cni_answers_add_text(&answers, pair->answers, "answers", &err), &err);
	assert_ok(cni_conn_snapshot(conn, &before, &err), &err);
	const cni_change_input input = {.from = from, .to = to, .answers = &answers, .data = conn};
	if (cni_change_make(arena, &input, &set, &err) < 0)
		return cni_printf(arena, "no plan: %s | %s", err.message, err.detail);
	if (set.question_count) {
		++*refused;
		return NULL;
	}
	if (cni_execute(conn, &(cni_execution){.plan = &set.up, .expect = set.up.result}, &err) < 0)
		return cni_printf(arena, "up: %s | %s", err.message, err.detail);
	const char *wrong = compare(arena, before, &pair->from, conn, &pair->to, true);
	if (wrong || !set.down.step_count || fails_on_rows(&set.down))
		return wrong;
	if (cni_execute(
		    conn, &(cni_execution){.plan = &set.down, .expect = set.down.result}, &err) < 0)
		return cni_printf(arena, "down: %s | %s", err.message, err.detail);
	assert_ok(cni_conn_inspect(conn, arena, &back, &err), &err);
	if (!cni_schema_equal(from, back))
		return "down: the schema is not what it was";
	random_schema same = pair->from;
	forget_converted(&same, &pair->to);
	wrong = compare(arena, before, &pair->from, conn, &same, false);
	return wrong ? cni_printf(arena, "down: %s", wrong) : NULL;
}

static unsigned long setting(const char *name, unsigned long otherwise)
{
	const char *text = getenv(name);
	return text ? strtoul(text, NULL, 10) : otherwise;
}

static void loses_nothing(void **state)
{
	(void)state;
	unsigned long pairs = setting("CANTIL_TEST_PAIRS", 300),
		      first = setting("CANTIL_TEST_SEED", 1);
	unsigned wrong = 0, refused = 0;
	for (unsigned long seed = first; seed < first + pairs; seed++) {
		CLEANUP(cni_arena_done) cni_arena arena = {0};
		struct pair pair;
		make_pair(&arena, seed, &pair);
		const char *what = run_pair(&arena, &pair, &refused);
		if (!what)
			continue;
		print_error("seed %lu: %s\n%s--- rows\n%s--- becomes\n%s--- answers\n%s", seed,
			what, pair.from_sql, pair.rows, pair.to_sql, pair.answers);
		if (++wrong == 5)
			break;
	}
	assert_int_equal(wrong, 0);
	/* a person's answer is there for everything but NULLs in a UNIQUE column */
	assert_true(refused * 10 <= pairs);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(loses_nothing)};
	return RUN(tests);
}
