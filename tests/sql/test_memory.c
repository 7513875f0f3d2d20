/*
 * test_memory.c - the n-th allocation fails, for every n: the call says CN_ENOMEM (or NULL, or a
 * failed buffer), and nothing is lost or read through a null pointer. Linked with --wrap.
 */
#include "tap.h"

#include "sql/ddl.h"
#include "sql/lexer.h"

void *__real_malloc(size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_realloc(void *old, size_t size);

static long left = -1; /* allocations that still succeed; < 0: all */

static bool fails(void)
{
	if (left < 0)
		return false;
	return left == 0 || left-- == 0;
}

void *__wrap_malloc(size_t size) { return fails() ? NULL : __real_malloc(size); }

void *__wrap_realloc(void *old, size_t size) { return fails() ? NULL : __real_realloc(old, size); }

/* Enough columns and text for lists to grow and blocks to fill. */
static char *statement(cni_arena *arena)
{
	cni_buffer sql = {0};

	cni_buffer_puts(&sql, "-- the table\nCREATE TABLE t (id INTEGER PRIMARY KEY");
	for (int i = 0; i < 60; i++)
		cni_buffer_printf(&sql,
			", -- a comment\n column_%d DECIMAL (%d, 2) DEFAULT (%d) COLLATE \"x\""
			" CONSTRAINT \"c%d\" CHECK (column_%d > 0) REFERENCES p (a, b) MATCH x AS (1)",
			i, i, i, i, i);
	cni_buffer_puts(&sql,
		", UNIQUE (id COLLATE y, (lower(id))), FOREIGN KEY (id, id) REFERENCES p (a, b)) STRICT");
	char *text = cni_buffer_dup(&sql, arena);
	cni_buffer_done(&sql);
	return text;
}

/* Tries with 0, 1, 2 … allocations until it succeeds; returns how often it failed. */
static long every_failure(cn_status (*attempt)(const char *sql), const char *sql)
{
	long n = 0;

	for (;; n++) {
		left = n;
		cn_status status = attempt(sql);
		left = -1;
		if (status == CN_OK)
			return n;
		assert_int_equal(status, CN_ENOMEM);
		assert_true(n < 100000);
	}
}

static cn_status parse(const char *sql)
{
	cni_arena arena = {0};
	cni_ddl ddl;
	cn_error err = {0};
	cn_status status = cni_ddl_parse(&arena, sql, strlen(sql), &ddl, &err);

	if (status != CN_OK && err.status != status)
		status = CN_EARG; /* it must say so */
	cni_arena_done(&arena);
	return status;
}

static cn_status normalise(const char *sql)
{
	cni_arena arena = {0};
	bool failed = !cni_sql_normal(&arena, sql, strlen(sql), true);

	cni_arena_done(&arena);
	return failed ? CN_ENOMEM : CN_OK;
}

static cn_status list(const char *sql)
{
	cni_arena arena = {0};
	bool failed = !cni_tokens(&arena, sql, strlen(sql), NULL) || !cni_quoted(&arena, sql);

	cni_arena_done(&arena);
	return failed ? CN_ENOMEM : CN_OK;
}

static cni_ddl parsed; /* what write() writes */

static cn_status write_text(const char *sql)
{
	cni_buffer out = {0};

	(void)sql;
	cni_ddl_write(&out, &parsed);
	bool failed = out.failed;
	cni_buffer_done(&out);
	return failed ? CN_ENOMEM : CN_OK;
}

static void survives_every_failed_allocation(void **state)
{
	static const char *const others[] = {
		"CREATE INDEX \"i\" ON [t] (\"a\" COLLATE \"b\", c, d, e, f, g) WHERE a > 0",
		"CREATE TEMP VIEW v (a, b, c, d, e) AS SELECT 1",
		"CREATE TRIGGER r AFTER UPDATE OF \"a\" ON t BEGIN SELECT 1; END",
		"CREATE VIRTUAL TABLE f USING m (a, b, c, d, e)",
	};
	cni_arena arena = {0};
	char *sql = statement(&arena);

	(void)state;
	assert_true(every_failure(parse, sql) > 10);
	assert_true(every_failure(normalise, sql) > 10);
	assert_true(every_failure(list, sql) > 3);
	assert_int_equal(cni_ddl_parse(&arena, sql, strlen(sql), &parsed, NULL), CN_OK);
	assert_true(every_failure(write_text, sql) > 3);
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		assert_true(every_failure(parse, others[i]) > 0);
	cni_arena_done(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(survives_every_failed_allocation),
	};
	return RUN(tests);
}
