/* test_hostile.c - texts made to break a parser: they end in an error, soon, and in bounded memory.
 */
#include "tap.h"

#include <time.h>

#include "sql/ddl.h"
#include "sql/lexer.h"

/* `head`, then `piece` again and again up to `size` bytes, then `tail`; the caller frees it. */
static char *repeat(
	const char *head, const char *piece, size_t size, const char *tail, size_t *ret_size)
{
	size_t length = strlen(piece), used = strlen(head), tail_length = strlen(tail);
	char *text = malloc(size + used + tail_length + length + 1);

	assert_non_null(text);
	memcpy(text, head, used);
	for (; used < size; used += length)
		memcpy(text + used, piece, length);
	memcpy(text + used, tail, tail_length + 1);
	*ret_size = used + tail_length;
	return text;
}

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Parses, and writes what was parsed. Returns the processor time of it. */
static double parse(const char *sql, size_t size, cn_status *ret_status, size_t *ret_bytes)
{
	cni_arena arena = {0};
	cni_buffer out = {0};
	cni_ddl ddl;
	double start = seconds();

	*ret_status = cni_ddl_parse(&arena, sql, size, &ddl, NULL);
	if (*ret_status == CN_OK)
		cni_ddl_write(&out, &ddl);
	*ret_bytes = arena.size_bytes;
	cni_buffer_done(&out);
	cni_arena_done(&arena);
	return seconds() - start;
}

/*
 * Sixteen times the text may take sixteen times as long, not 256 times: 80 is far from both, and
 * the small text is long enough for its time to be measured.
 */
static void takes_linear_time(void **state)
{
	static const struct {
		const char *head, *piece, *tail;
		cn_status status;
	} rows[] = {
		{"CREATE TABLE t(a CHECK (", "(", "", CN_ESQL},
		{"CREATE TABLE t(a CHECK (", "((1)+", "", CN_ESQL},
		{"CREATE TABLE t(a DEFAULT (", "1+", "1))", CN_OK},
		{"CREATE TABLE t(a ", "b ", ")", CN_OK},
		{"CREATE TABLE t(a ", "NOT NULL ", ")", CN_OK},
		{"CREATE TABLE t(a REFERENCES p ", "DEFERRABLE ", ")", CN_OK},
		{"CREATE TABLE t(a ", "/**/", ")", CN_OK},
		{"CREATE TABLE t(a, -- x\n", "-- x\n", "b)", CN_OK},
		{"", "-- x\n\n", "CREATE TABLE t(a)", CN_OK},
		{"CREATE TABLE t(a DEFAULT '", "''", "')", CN_OK},
		{"CREATE TABLE t(a DEFAULT '", "''", ")", CN_ESQL},
		{"CREATE TABLE t([", "a", "", CN_ESQL},
		{"CREATE TABLE t(a)", ";", "", CN_OK},
		{"CREATE TABLE t(a)", "\n", "x", CN_ESQL},
		{"CREATE INDEX i ON t(a ", "COLLATE x ", ")", CN_OK},
		{"CREATE INDEX i ON t(a || ", "(b) || ", "c)", CN_OK},
		{"CREATE TRIGGER t AFTER INSERT ON a BEGIN ", "SELECT 1; ", "END", CN_OK},
		{"CREATE TRIGGER t AFTER INSERT ON a BEGIN ", "; CASE END ", "", CN_ESQL},
		{"CREATE VIEW v AS SELECT ", "1,", "1", CN_OK},
		{"CREATE VIRTUAL TABLE f USING m(", "a ", ")", CN_OK},
		{"CREATE VIRTUAL TABLE f USING m(", ",", ")", CN_OK},
	};
	enum { SMALL = 1 << 16, LARGE = SMALL * 16 };

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		size_t size, bytes;
		cn_status status;
		char *small = repeat(rows[i].head, rows[i].piece, SMALL, rows[i].tail, &size);
		double short_time = parse(small, size, &status, &bytes);
		assert_int_equal(status, rows[i].status);
		char *large = repeat(rows[i].head, rows[i].piece, LARGE, rows[i].tail, &size);
		double long_time = parse(large, size, &status, &bytes);
		assert_int_equal(status, rows[i].status);
		if (long_time > 0.2 && long_time > 80 * short_time)
			fail_msg("%s%s…: %.3f s became %.3f s", rows[i].head, rows[i].piece,
				short_time, long_time);
		assert_true(bytes < 8 * (size_t)LARGE);
		free(small);
		free(large);
	}
}

/* ((((a)))) is the column a, however deep; no stack holds a million calls. */
static void strips_deep_parentheses(void **state)
{
	enum { DEEP = 1 << 20 };
	cni_buffer sql = {0};
	cni_arena arena = {0};
	cni_ddl ddl;

	(void)state;
	cni_buffer_puts(&sql, "CREATE INDEX i ON t(");
	for (size_t i = 0; i < DEEP; i++)
		cni_buffer_putc(&sql, '(');
	cni_buffer_puts(&sql, "a COLLATE x");
	for (size_t i = 0; i < DEEP + 1; i++)
		cni_buffer_putc(&sql, ')');
	assert_int_equal(cni_ddl_parse(&arena, sql.data, sql.size, &ddl, NULL), CN_OK);
	assert_string_equal(ddl.index.parts[0].name, "a");
	assert_string_equal(ddl.index.parts[0].collate, "x");
	assert_int_equal(cni_ddl_parse(&arena, sql.data, sql.size - 1, &ddl, NULL), CN_ESQL);
	cni_buffer_done(&sql);
	cni_arena_done(&arena);
}

static void bounds_what_it_keeps(void **state)
{
	static const struct {
		const char *head, *piece, *tail, *message;
	} rows[] = {
		{"CREATE TABLE t(a", ",a", ")", "too many columns"},
		{"CREATE TABLE t(a ", "UNIQUE ", ")", "too many constraints"},
		{"CREATE TABLE t(a, CHECK(1)", "CHECK(1)", ")", "too many constraints"},
		{"CREATE INDEX i ON t(a", ",a", ")", "too many columns in"},
		{"CREATE TABLE t(a, FOREIGN KEY(a", ",a", ") REFERENCES p)", "too many names"},
		{"CREATE VIEW v(a", ",a", ") AS SELECT 1", "too many names"},
		{"CREATE VIRTUAL TABLE f USING m(a", ",a", ")", "too many arguments"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		size_t size;
		char *sql = repeat(rows[i].head, rows[i].piece, 1 << 21, rows[i].tail, &size);
		cni_arena arena = {0};
		cni_ddl ddl;
		cn_error err = {0};
		assert_int_equal(cni_ddl_parse(&arena, sql, size, &ddl, &err), CN_ESQL);
		if (!strstr(err.message, rows[i].message))
			fail_msg("%s: %s", rows[i].head, err.message);
		assert_true(arena.size_bytes < 64 << 20);
		cni_arena_done(&arena);
		free(sql);
	}
}

static void reads_a_huge_expression(void **state)
{
	size_t size, bytes;
	cn_status status;
	char *sql = repeat("CREATE TABLE t(a CHECK (", "'x' <> a AND ", 32 << 20, "1))", &size);

	(void)state;
	parse(sql, size, &status, &bytes);
	assert_int_equal(status, CN_OK);
	parse(sql, size - 2, &status, &bytes);
	assert_int_equal(status, CN_ESQL);
	free(sql);
}

static void refuses_nul_and_takes_any_other_byte(void **state)
{
	static const char nul[] = "CREATE TABLE t(a DEFAULT 'x\0y')";
	static const char latin[] =
		"CREATE TABLE caf\xE9(\xFF\xC0 TEXT DEFAULT '\xE9' -- \xE9t\xE9\n)";
	cni_arena arena = {0};
	cni_ddl ddl;
	cn_error err = {0};

	(void)state;
	assert_int_equal(cni_ddl_parse(&arena, nul, sizeof nul - 1, &ddl, &err), CN_ESQL);
	assert_non_null(strstr(err.message, "NUL"));
	assert_non_null(strstr(err.detail, "byte 27"));
	/* SQLite takes what is no UTF-8, so a database may hold it */
	assert_ok(cni_ddl_parse(&arena, latin, sizeof latin - 1, &ddl, &err), &err);
	assert_string_equal(ddl.table.name, "caf\xE9");
	assert_string_equal(ddl.table.columns[0].name, "\xFF\xC0");
	cni_arena_done(&arena);
}

/* Cut anywhere, a statement is an error or a statement, never more. */
static void survives_every_cut(void **state)
{
	static const char sql[] =
		"CREATE TABLE IF NOT EXISTS main.\"t\"( -- c\n a INT(1,2) CONSTRAINT n PRIMARY KEY DESC ON CONFLICT FAIL"
		" AUTOINCREMENT /* x */, b AS ((a)) STORED, c DEFAULT -1 REFERENCES p(q) ON DELETE SET NULL MATCH m NOT DEFERRABLE"
		" INITIALLY DEFERRED, UNIQUE(a COLLATE x DESC), FOREIGN KEY(a) REFERENCES p) WITHOUT ROWID, STRICT;";

	(void)state;
	for (size_t cut = 0; cut <= sizeof sql - 1; cut++) {
		char *copy = malloc(cut + 1); /* its own block: reading behind it is seen */
		assert_non_null(copy);
		memcpy(copy, sql, cut);
		cni_arena arena = {0};
		cni_ddl ddl;
		cn_status status = cni_ddl_parse(&arena, copy, cut, &ddl, NULL);
		bool whole = cut >= sizeof sql - 2 || cut < strlen("CREATE");
		const char *behind = strstr(sql, ") WITHOUT") + 1;
		if (sql + cut == behind || sql + cut == behind + 1)
			whole = true;
		if (sql + cut == strstr(sql, ", STRICT") || sql + cut == strstr(sql, ", STRICT;"))
			whole = true;
		assert_int_equal(status, whole ? CN_OK : CN_ESQL);
		cni_arena_done(&arena);
		free(copy);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_linear_time),
		cmocka_unit_test(strips_deep_parentheses),
		cmocka_unit_test(bounds_what_it_keeps),
		cmocka_unit_test(reads_a_huge_expression),
		cmocka_unit_test(refuses_nul_and_takes_any_other_byte),
		cmocka_unit_test(survives_every_cut),
	};
	return RUN(tests);
}
