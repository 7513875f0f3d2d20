/* test_lexer.c - tokens stand where SQLite puts them, and nothing of the text is lost. */
#include "tap.h"

#include <sqlite3.h>

#include "base/text.h"
#include "sql/lexer.h"

/* The kinds of all tokens, a letter each. */
static void kinds(const char *sql, size_t size, char *out, size_t room)
{
	static const char letters[] = {'E', ' ', 'C', 'w', 'q', 's', 'b', 'n', 'v', 'o', '!'};
	cni_lexer lexer;
	size_t n = 0;

	cni_lexer_init(&lexer, sql, size);
	for (cni_token token; (token = cni_lexer_next(&lexer)).kind != CNI_TOKEN_END;) {
		assert_true(token.size > 0);
		assert_true(n + 1 < room);
		out[n++] = letters[token.kind];
	}
	out[n] = '\0';
}

static void splits_as_sqlite(void **state)
{
	static const struct {
		const char *sql, *kinds;
	} rows[] = {
		{"", ""},
		{"SELECT a$b, _c1", "w wo w"},
		{"\"x\"\"y\" `a``b` [x y] 'it''s'", "q q q s"},
		{"x'00ff' X'' x'0' x'0g' x", "b b ! ! w"},
		{"1 1.5 .5 5. 1e5 1E+5 1e-5 0x1F 0X0", "n n n n n n n n n"},
		{"1e 1e+ 12ab 0xg 1_000", "! !o ! ! !"},
		{"0x1Fg", "nw"}, /* a hexadecimal number ends where its digits end */
		{"1..2", "nn"},
		{"a.b .5", "wow n"},
		{"? ?12 :a @b $c #d $a::b $a::b(c d) ?a", "v v v v v v v ! wo vw"},
		{"$a(b) : @ $a(", "v ! ! !"},
		{"- -> ->> -", "o o o o"},
		{"a--b\nc", "wC w"},
		{"--", "C"},
		{"/* a */b/*/ c */ /*", "CwC oo"},
		{"/* never closed", "C"},
		{"a||b|c<<d>>e<=f>=g==h!=i<>j=k<l>m", "wowowowowowowowowowowowow"},
		{"(,);+*%&~", "ooooooooo"},
		{"! ^ { } \\ \x01", "! ! ! ! ! !"},
		{"'open", "!"},
		{"\"open", "!"},
		{"[open", "!"},
		{"'a'''", "s"},
		{"'a''", "!"},
		{"\xC3\xBC\xFF\x80"
		 "a 1\xC3\xBC",
			"w !"},
		{"\xEF\xBB\xBF"
		 "a\xEF\xBB\xBF",
			" w"}, /* a byte order mark, at the start of a token only */
		{"\t\v\n\f\r \v", " "},
		{"\v", "!"},
	};
	char got[64];

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		kinds(rows[i].sql, strlen(rows[i].sql), got, sizeof got);
		if (strcmp(got, rows[i].kinds))
			fail_msg("%s: %s, wanted %s", rows[i].sql, got, rows[i].kinds);
	}
	kinds("a\0'b\0'--\0", 9, got, sizeof got);
	assert_string_equal(got, "w!sC");
}

/* Whatever the bytes, the tokens put together are the text. */
static void loses_nothing(void **state)
{
	uint32_t seed = 1;
	static const char bytes[] = "aA0x'\"`[]()-/*\n $:@?.e|<>=!,;\xC3\xBC\xEF\xBB\xBF\0";
	char text[200];

	(void)state;
	for (int round = 0; round < 20000; round++) {
		size_t size = 0;
		for (; size < sizeof text; size++) {
			seed = seed * 1103515245 + 12345;
			text[size] = bytes[(seed >> 16) % (sizeof bytes - 1)];
		}
		cni_lexer lexer;
		cni_lexer_init(&lexer, text, size);
		const char *at = text;
		for (cni_token token; (token = cni_lexer_next(&lexer)).kind != CNI_TOKEN_END;) {
			assert_ptr_equal(token.text, at);
			assert_true(token.size > 0);
			at += token.size;
		}
		assert_ptr_equal(at, text + size);
	}
}

/* Would SQLite accept it? */
static bool compiles(sqlite3 *db, const char *fmt, const char *word)
{
	char *sql = sqlite3_mprintf(fmt, word);
	sqlite3_stmt *stmt;
	int rc = sqlite3_prepare_v2(db, sql, -1, &stmt, NULL);

	sqlite3_finalize(stmt);
	sqlite3_free(sql);
	return rc == SQLITE_OK;
}

static void knows_keywords(void **state)
{
	(void)state;
	sqlite3 *db;
	assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
	for (int i = 0; i < sqlite3_keyword_count(); i++) {
		const char *word;
		char lower[32];
		int size;
		sqlite3_keyword_name(i, &word, &size);
		for (int c = 0; c <= size; c++)
			lower[c] = c < size ? cni_lower(word[c]) : '\0';
		assert_true(cni_sql_keyword(word, (size_t)size));
		assert_true(cni_sql_keyword(lower, (size_t)size));
		assert_false(cni_sql_keyword(lower, (size_t)size - 1) &&
			     !sqlite3_keyword_check(lower, size - 1));
		/* what may be the name of a column, and what may be a word of a type */
		bool is_name = compiles(db, "CREATE TABLE temp.x(a, %s)", lower);
		bool is_type = compiles(db, "CREATE TABLE temp.x(a %s z)", lower);
		cni_word_class got = cni_sql_word_class(lower, (size_t)size);
		cni_word_class want = !is_name  ? CNI_WORD_RESERVED
				      : is_type ? CNI_WORD_FALLBACK
						: CNI_WORD_JOIN;
		if (got != want)
			fail_msg("%s: %d, wanted %d", lower, got, want);
	}
	assert_true(cni_sql_keyword("True", 4)); /* a value, bare */
	assert_false(cni_sql_keyword("", 0));
	assert_false(cni_sql_keyword("selects", 7));
	assert_false(cni_sql_keyword("strict", 6));
	sqlite3_close(db);
}

static void takes_quotes_off(void **state)
{
	static const struct {
		const char *sql, *name;
	} rows[] = {
		{"plain", "plain"},
		{"\"a\"\"b\"", "a\"b"},
		{"`a``b`", "a`b"},
		{"[a\"b]", "a\"b"},
		{"'it''s'", "it's"},
		{"\"\"", ""},
		{"\"\"\"\"", "\""},
		{"\"'\"", "'"},
	};
	cni_arena arena = {0};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		cni_lexer lexer;
		cni_lexer_init(&lexer, rows[i].sql, strlen(rows[i].sql));
		cni_token token = cni_lexer_next(&lexer);
		assert_string_equal(cni_token_name(&arena, &token), rows[i].name);
	}
	cni_arena_done(&arena);
}

static void quotes_names_and_texts(void **state)
{
	static const struct {
		const char *name, *always, *where_needed;
	} rows[] = {
		{"plain", "\"plain\"", "plain"},
		{"a\"b", "\"a\"\"b\"", "\"a\"\"b\""},
		{"", "\"\"", "\"\""},
		{"order", "\"order\"", "\"order\""},
		{"Key", "\"Key\"", "\"Key\""},
		{"a b", "\"a b\"", "\"a b\""},
		{"1a", "\"1a\"", "\"1a\""},
		{"a$", "\"a$\"", "a$"},
		{"Z\xC3\xBCrich", "\"Z\xC3\xBCrich\"", "Z\xC3\xBCrich"},
		{"\xEF\xBB\xBFx", "\"\xEF\xBB\xBFx\"", "\"\xEF\xBB\xBFx\""},
		{"true", "\"true\"", "\"true\""},
		{"a; DROP TABLE b --", "\"a; DROP TABLE b --\"", "\"a; DROP TABLE b --\""},
	};
	cni_arena arena = {0};
	cni_buffer out = {0};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		cni_buffer_clear(&out);
		cni_quote_name(&out, rows[i].name);
		assert_string_equal(cni_buffer_text(&out), rows[i].always);
		assert_string_equal(cni_quoted(&arena, rows[i].name), rows[i].always);
		cni_buffer_clear(&out);
		cni_quote_name_if(&out, rows[i].name);
		assert_string_equal(cni_buffer_text(&out), rows[i].where_needed);
	}
	cni_buffer_clear(&out);
	cni_quote_text(&out, "it's 'so'");
	assert_string_equal(cni_buffer_text(&out), "'it''s ''so'''");
	cni_buffer_done(&out);
	cni_arena_done(&arena);
}

static void lists_solid_tokens(void **state)
{
	static const char sql[] = " a /* b */ ( -- c\n'd' ";
	cni_arena arena = {0};
	size_t count;

	(void)state;
	cni_token *tokens = cni_tokens(&arena, sql, sizeof sql - 1, &count);
	assert_int_equal(count, 3);
	assert_true(cni_token_is(&tokens[0], "A"));
	assert_true(cni_token_is_op(&tokens[1], "("));
	assert_int_equal(tokens[2].kind, CNI_TOKEN_STRING);
	assert_int_equal(tokens[3].kind, CNI_TOKEN_END);
	cni_arena_done(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(splits_as_sqlite),
		cmocka_unit_test(loses_nothing),
		cmocka_unit_test(knows_keywords),
		cmocka_unit_test(takes_quotes_off),
		cmocka_unit_test(quotes_names_and_texts),
		cmocka_unit_test(lists_solid_tokens),
	};
	return RUN(tests);
}
