/* test_answers.c - decisions read from lines, written back, and what is none. */
#include "tap.h"

#include "base/try.h"
#include "migrate/decide/answers.h"

static void reads_and_writes_every_decision(void **state)
{
	(void)state;
	static const char *const lines[] = {
		"rename table a b",
		"rename table \"a b\" \"c\"\"d\"",
		"rename column t a b",
		"rename column \"order\" a \"b.c\"",
		"fill t.c 'it''s; -- x'",
		"fill t.c -3",
		"fill t.c coalesce((SELECT max(x), 1 FROM y), ')')",
		"allow-drop t",
		"allow-drop t.c",
		"allow-drop \"a.b\".\"c d\"",
		"allow-cast t.c",
		"ignore-table t",
	};
	for (size_t i = 0; i < CNI_COUNT(lines); i++) {
		CLEANUP(cni_arena_done) cni_arena arena = {0};
		CLEANUP(cni_buffer_done) cni_buffer out = {0};
		cni_answers answers = {.arena = &arena};
		cn_error err;
		assert_ok(cni_answers_add_line(&answers, lines[i], "test", &err), &err);
		assert_int_equal(answers.count, 1);
		cni_answer_write(&out, &answers.list[0]);
		cni_answers again = {.arena = &arena};
		assert_ok(cni_answers_add_line(&again, cni_buffer_text(&out), "test", &err), &err);
		assert_int_equal(again.list[0].kind, answers.list[0].kind);
		assert_string_equal(again.list[0].table, answers.list[0].table);
		if (answers.list[0].column)
			assert_string_equal(again.list[0].column, answers.list[0].column);
		if (answers.list[0].value)
			assert_string_equal(again.list[0].value, answers.list[0].value);
	}
}

static void refuses_what_is_none(void **state)
{
	(void)state;
	static const struct {
		const char *line, *says;
	} rows[] = {
		{"rename", "table"},
		{"rename table a", "new name"},
		{"rename table a b c", "follows"},
		{"rename view a b", "must follow"},
		{"fill t 1", "TABLE.COLUMN"},
		{"fill t.c", "missing"},
		{"fill t.c 1, 2", "one SQL expression"},
		{"fill t.c 1); DROP TABLE t; --", "one SQL expression"},
		{"fill t.c (1", "not closed"},
		{"fill t.c ?1", "one SQL expression"},
		{"allow-cast t", "TABLE.COLUMN"},
		{"ignore-table t.c", "whole table"},
		{"allow-drop", "name of a table"},
		{"allow-drop t.c.d", "follows"},
		{"drop t", "not a decision"},
		{"allow drop t", "not a decision"},
		{"fill t.c 'open", "expression"},
	};
	for (size_t i = 0; i < CNI_COUNT(rows); i++) {
		CLEANUP(cni_arena_done) cni_arena arena = {0};
		cni_answers answers = {.arena = &arena};
		cn_error err;
		assert_int_equal(
			cni_answers_add_line(&answers, rows[i].line, "answers.txt:7", &err),
			CN_EARG);
		if (!strstr(err.message, rows[i].says))
			fail_msg("%s: %s", rows[i].line, err.message);
		assert_non_null(strstr(err.message, "answers.txt:7"));
		assert_int_equal(answers.count, 0);
	}
}

static void reads_a_file(void **state)
{
	(void)state;
	CLEANUP(cni_arena_done) cni_arena arena = {0};
	cni_answers answers = {.arena = &arena};
	cn_error err;
	assert_ok(
		cni_answers_add_text(&answers,
			"# it's a comment\r\n\n  -- another \"one\n\tallow-drop t.c  \r\nfill t.d 'two\nlines'\n"
			"allow-drop t.c\nrename table a b",
			"f", &err),
		&err);
	assert_int_equal(answers.count, 3); /* said twice is said once */
	assert_string_equal(answers.list[0].source, "f:4");
	assert_string_equal(answers.list[1].value, "'two\nlines'");
	assert_string_equal(answers.list[2].source, "f:8");
	assert_non_null(cni_answers_find(&answers, CNI_ANSWER_ALLOW_DROP, "T", "C"));
	assert_null(cni_answers_find(&answers, CNI_ANSWER_ALLOW_DROP, "t", NULL));
	assert_null(cni_answers_find(&answers, CNI_ANSWER_ALLOW_CAST, "t", "c"));
}

static void finds_contradictions(void **state)
{
	(void)state;
	CLEANUP(cni_arena_done) cni_arena arena = {0};
	cni_answers answers = {.arena = &arena};
	cn_error err;
	assert_int_equal(
		cni_answers_add_text(&answers, "rename table a b\nrename table A c\n", "f", &err),
		CN_EARG);
	assert_non_null(strstr(err.message, "contradicts"));
	assert_string_equal(err.hint, "f:1");
}

static void guesses_the_word(void **state)
{
	(void)state;
	CLEANUP(cni_arena_done) cni_arena arena = {0};
	cni_answers answers = {.arena = &arena};
	cn_error err;
	assert_int_equal(cni_answers_add_line(&answers, "alow-drop t", "--answers", &err), CN_EARG);
	assert_string_equal(err.hint, "did you mean \"allow-drop\"?");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_and_writes_every_decision),
		cmocka_unit_test(refuses_what_is_none),
		cmocka_unit_test(reads_a_file),
		cmocka_unit_test(finds_contradictions),
		cmocka_unit_test(guesses_the_word),
	};
	return RUN(tests);
}
