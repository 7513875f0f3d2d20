/*
 * test_memory.c - the n-th allocation fails, for every n: adding, comparing, reading and writing
 * say CN_ENOMEM (or leave a failed buffer), and read nothing through a null pointer. Linked with
 * --wrap.
 */
#include "make.h"

#include "schema/diff.h"

void *__real_malloc(size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_realloc(void *old, size_t size);

static long left = -1; /* allocations that still succeed; < 0: all */

static bool fails(void) { return left >= 0 && (left == 0 || left-- == 0); }

void *__wrap_malloc(size_t size) { return fails() ? NULL : __real_malloc(size); }

void *__wrap_realloc(void *old, size_t size) { return fails() ? NULL : __real_realloc(old, size); }

static cni_arena inputs;
static cni_schema *everything, *odd;
static const char *script, *design;
static size_t script_size, design_size;

/* Each attempt leaves what it made in `ret`, once it says that it succeeded. */
typedef cn_status attempt_fn(cni_buffer *ret);

static cn_status succeeded(cni_buffer *ret, const cni_schema *schema)
{
	left = -1; /* to look at it, there is memory enough */
	for (size_t i = 0; i < schema->object_count; i++)
		cni_buffer_printf(
			ret, "%s\n%s\n", schema->objects[i].sql, schema->objects[i].normal);
	return CN_OK;
}

static cn_status add_all(cni_buffer *ret)
{
	CLEANUP(cni_arena_done) cni_arena arena = {0};
	cni_schema *schema = cni_schema_new(&arena, "sqlite");
	const char *at = script, *statement;
	size_t size;
	cn_error err;

	if (!schema)
		return CN_ENOMEM;
	while (cni_sql_split(&at, script + script_size, &statement, &size))
		TRY(cni_schema_add_sql(schema, statement, size, &err));
	for (size_t i = 0; i < everything->object_count; i++)
		TRY(cni_schema_add(schema, &everything->objects[i].ddl, &err));
	return succeeded(ret, schema);
}

static cn_status make_diff(cni_buffer *ret)
{
	static const cni_rename renames[] = {
		{NULL, "product", "child"},
		{"child", "producer_id", "id"},
		{"child", "name", "d"},
	};
	CLEANUP(cni_arena_done) cni_arena arena = {0};
	cni_diff_options options = {.renames = renames, .rename_count = CNI_COUNT(renames)};
	cni_diff diff;
	cn_error err;

	TRY(cni_diff_make(&arena, everything, odd, &options, &diff, &err));
	left = -1;
	cni_diff_json(ret, &diff);
	return CN_OK;
}

static cn_status read_design(cni_buffer *ret)
{
	CLEANUP(cni_arena_done) cni_arena arena = {0};
	cni_schema *schema = cni_schema_new(&arena, "sqlite");
	cn_error err;

	if (!schema)
		return CN_ENOMEM;
	TRY(cni_schema_read_designer(schema, design, design_size, NULL, &err));
	return succeeded(ret, schema);
}

static cn_status write_with(void (*fn)(cni_buffer *out, const cni_schema *schema),
	const cni_schema *schema, cni_buffer *ret)
{
	fn(ret, schema);
	return ret->failed ? CN_ENOMEM : CN_OK;
}

static cn_status write_c(cni_buffer *ret) { return write_with(cni_schema_write_c, odd, ret); }
static cn_status write_c_again(cni_buffer *ret)
{
	return write_with(cni_schema_write_c, everything, ret);
}
static cn_status write_sql(cni_buffer *ret) { return write_with(cni_schema_write_sql, odd, ret); }
static cn_status write_json(cni_buffer *ret)
{
	return write_with(cni_schema_write_json, everything, ret);
}
static cn_status write_dot(cni_buffer *ret)
{
	return write_with(cni_schema_write_dot, everything, ret);
}

/* Tries with 0, 1, 2 … allocations until it succeeds; then what it made is what is made with memory
 * enough. */
static void every_failure(void **state)
{
	attempt_fn *attempt = *(attempt_fn **)*state;
	CLEANUP(cni_buffer_done) cni_buffer want = {0}, found = {0};
	cn_status status = CN_ENOMEM;
	long n = 0;

	assert_int_equal(attempt(&want), CN_OK);
	for (; status != CN_OK; n++) {
		assert_true(n < 100000);
		cni_buffer_done(&found);
		left = n;
		status = attempt(&found);
		left = -1;
		assert_true(status == CN_OK || status == CN_ENOMEM);
	}
	assert_string_equal(cni_buffer_text(&found), cni_buffer_text(&want));
	assert_true(n > 3); /* it did need memory */
}

static int prepare(void **state)
{
	(void)state;
	size_t size;

	script = read_beside(&inputs, "snapshots/everything.sql", &script_size);
	design = read_beside(&inputs, "designs/shop.xml", &design_size);
	everything = make_schema(&inputs, script);
	odd = make_schema(&inputs, read_beside(&inputs, "snapshots/odd.sql", &size));
	return 0;
}

static int finish(void **state)
{
	(void)state;
	cni_arena_done(&inputs);
	return 0;
}

int main(void)
{
	static attempt_fn *attempts[] = {
		add_all,
		make_diff,
		read_design,
		write_c,
		write_c_again,
		write_sql,
		write_json,
		write_dot,
	};
	static const char *const names[] = {
		"adding",
		"diff",
		"designer",
		"writing C",
		"writing C again",
		"writing SQL",
		"writing JSON",
		"writing Graphviz",
	};
	struct CMUnitTest tests[CNI_COUNT(attempts)];

	for (size_t i = 0; i < CNI_COUNT(attempts); i++)
		tests[i] = (struct CMUnitTest){names[i], every_failure, NULL, NULL, &attempts[i]};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, prepare, finish);
}
