/* test_text.c - scripts as statements, and the spelling in which SQL is compared. */
#include "tap.h"

#include "sql/lexer.h"

/* The statements, joined by " | ". */
static char *split(cni_arena *arena, const char *script)
{
	cni_buffer out = {0};
	const char *at = script, *end = script + strlen(script), *statement;
	size_t size;

	while (cni_sql_split(&at, end, &statement, &size)) {
		if (out.size)
			cni_buffer_puts(&out, " | ");
		cni_buffer_add(&out, statement, size);
	}
	assert_ptr_equal(at, end);
	char *text = cni_buffer_dup(&out, arena);
	cni_buffer_done(&out);
	return text;
}

#define TRIGGER                                                                                \
	"CREATE TRIGGER begin AFTER UPDATE OF end ON t WHEN new.a > CASE 1 WHEN 1 THEN 2 END " \
	"BEGIN SELECT CASE WHEN 1 THEN 2 END; UPDATE t SET end = begin; END"

static void splits_scripts(void **state)
{
	static const struct {
		const char *script, *statements;
	} rows[] = {
		{"", ""},
		{"  -- nothing\n /* at all */ ;; ; ", ""},
		{"a;b", "a; | b"},
		{"a", "a"},
		{" a ; b ;", "a ; | b ;"},
		{"SELECT ';' , \";\" , [;] , `;` -- ;\n /* ; */;b",
			"SELECT ';' , \";\" , [;] , `;` -- ;\n /* ; */; | b"},
		{"-- why\na; -- after\n", "-- why\na;"},
		{"-- lost\n; -- kept\nb;", "-- kept\nb;"},
		{TRIGGER ";x;", TRIGGER "; | x;"},
		{"CREATE TEMP TRIGGER t AFTER INSERT ON a BEGIN SELECT 1; END; b",
			"CREATE TEMP TRIGGER t AFTER INSERT ON a BEGIN SELECT 1; END; | b"},
		{"create /* */ trigger t after insert on a begin select 1; /* ; */ end\n;b",
			"create /* */ trigger t after insert on a begin select 1; /* ; */ end\n; | b"},
		{"CREATE TABLE trigger(begin); b", "CREATE TABLE trigger(begin); | b"},
		{"CREATE TRIGGER nonsense; b", "CREATE TRIGGER nonsense; | b"},
		{"BEGIN; a; END; b", "BEGIN; | a; | END; | b"},
		{"CREATE TRIGGER t AFTER INSERT ON a BEGIN SELECT 1; ",
			"CREATE TRIGGER t AFTER INSERT ON a BEGIN SELECT 1;"},
		{"a 'open; b", "a 'open; b"},
		{"a /* open; b", "a"},
	};
	cni_arena arena = {0};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		assert_string_equal(split(&arena, rows[i].script), rows[i].statements);
	cni_arena_done(&arena);
}

/* Linear: a quadratic splitter would need hours for these. */
static void splits_huge_scripts(void **state)
{
	enum { SIZE = 2 << 20 };
	static const struct {
		const char *piece;
		size_t one_in; /* pieces make a statement; 0: none */
	} rows[] = {
		{"a;", 1},
		{";", 0},
		{"/**/", 0},
		{"--\n", 0},
		{"(", SIZE},
		{"'a'", SIZE},
		{"[", SIZE},
		{"CREATE TRIGGER ", SIZE},
		{"x;end\n", 1},
		{"CREATE TRIGGER BEGIN;case end;", SIZE},
	};
	char *script = malloc(SIZE);

	(void)state;
	assert_non_null(script);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		size_t length = strlen(rows[i].piece), used = 0, count = 0, size;
		for (; used + length <= SIZE; used += length)
			memcpy(script + used, rows[i].piece, length);
		const char *at = script, *statement;
		while (cni_sql_split(&at, script + used, &statement, &size))
			count++;
		assert_ptr_equal(at, script + used);
		size_t pieces = used / length,
		       rest = rows[i].piece[length - 1] == '\n' && rows[i].one_in;
		assert_int_equal(count, rows[i].one_in == 0   ? 0
					: rows[i].one_in == 1 ? pieces + rest
							      : 1);
	}
	free(script);
}

static char *normal(cni_arena *arena, const char *sql, bool strip)
{
	return cni_sql_normal(arena, sql, strlen(sql), strip);
}

static void finds_one_spelling(void **state)
{
	static const struct {
		const char *a, *b;
	} same[] = {
		{"a>0", " A  >\n0 -- positive\n"},
		{"\"Name\" = 1", "name == 1"},
		{"[a] <> `b`", "a != B"},
		{"X'0A' + 0XFF + 1E5", "x'0a' + 0xff + 1e5"},
		{"\"a$b\"", "A$B"},
		{"\"Z\xC3\xBC\"", "z\xC3\xBC"},
		{"/* x */ f ( a,b )", "F(a, b)"},
		{"\"ORDER\"", "[order]"},
		{"\"a b\"", "`A B`"},
		{"\"a\"\"b\"", "[a\"b]"},
		{"a->>'$.x'", "a ->> '$.x'"},
		{"\"\"", "[]"},
	};
	static const struct {
		const char *a, *b;
	} different[] = {
		{"'a'", "'A'"},
		{"'a'", "a"},
		{"\"order\"", "order"},
		{"\"true\"", "true"},
		{"1.0", "1"},
		{"a - -1", "a--1"},
		{"Z\xC3\xBC", "Z\xC3\x9C"},
		{"(a)", "a"},
		{":a", ":A"},
		{"a < = b", "a <= b"},
		{"\"a b\"", "a b"},
		{"x'00'", "'00'"},
	};
	cni_arena arena = {0};

	(void)state;
	for (size_t i = 0; i < sizeof same / sizeof *same; i++)
		assert_string_equal(
			normal(&arena, same[i].a, false), normal(&arena, same[i].b, false));
	for (size_t i = 0; i < sizeof different / sizeof *different; i++)
		assert_string_not_equal(normal(&arena, different[i].a, false),
			normal(&arena, different[i].b, false));
	assert_string_equal(normal(&arena, "Select \"A\" , \"Select\" From [t u]", false),
		"select a , \"select\" from \"t u\"");
	assert_string_equal(cni_sql_normal(&arena, "a\0b", 3, true), "a");
	cni_arena_done(&arena);
}

static void takes_outer_parentheses_off(void **state)
{
	static const struct {
		const char *sql, *normal;
	} rows[] = {
		{"(a)", "a"},
		{" ( ( a ) ) ", "a"},
		{"(a) + (b)", "( a ) + ( b )"},
		{"((a) + (b))", "( a ) + ( b )"},
		{"((a))+b", "( ( a ) ) + b"},
		{"(((a)+b))", "( a ) + b"},
		{"(a", "( a"},
		{"a)", "a )"},
		{"(a))", "( a ) )"},
		{"((a)", "( ( a )"},
		{")(", ") ("},
		{"()", ""},
		{"", ""},
		{"((')'))", "')'"},
		{"((a)(b))", "( a ) ( b )"},
		{"(a)-- (\n", "a"},
		{"(())()", "( ( ) ) ( )"},
		{"())(()", "( ) ) ( ( )"},
	};
	cni_arena arena = {0};
	enum { DEEP = 1 << 20 };

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		assert_string_equal(normal(&arena, rows[i].sql, true), rows[i].normal);
	char *deep = malloc(2 * DEEP + 1);
	assert_non_null(deep);
	memset(deep, '(', DEEP);
	deep[DEEP] = 'a';
	memset(deep + DEEP + 1, ')', DEEP);
	assert_string_equal(cni_sql_normal(&arena, deep, 2 * DEEP + 1, true), "a");
	free(deep);
	cni_arena_done(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(splits_scripts),
		cmocka_unit_test(splits_huge_scripts),
		cmocka_unit_test(finds_one_spelling),
		cmocka_unit_test(takes_outer_parentheses_off),
	};
	return RUN(tests);
}
