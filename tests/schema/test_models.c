/* test_models.c - the C that is written for a schema compiles, and its models are that schema
 * again. */
#include "make.h"

#include "orm/model_schema.h"

/* snapshots/everything.c and odd.c, compiled with the name of their list changed */
extern const cn_model *const everything_models[], *const odd_models[];

static void models_are_the_schema_again(void **state)
{
	(void)state;
	CLEANUP(cni_arena_done) cni_arena arena = {0};
	size_t size;
	cni_schema *want = make_schema(
			   &arena, read_beside(&arena, "snapshots/everything.sql", &size)),
		   *found;
	cn_error err;

	assert_ok(cni_models_schema(&arena, everything_models, "sqlite", &found, &err), &err);
	assert_int_equal(found->object_count, want->object_count);
	for (size_t i = 0; i < want->object_count; i++) {
		const cni_object *a = &want->objects[i],
				 *b = cni_schema_find(found, a->ddl.kind, a->name);
		if (!b || !cni_object_equal(a, b))
			fail_msg("%s\n--- came back as\n%s", a->sql, b ? b->sql : "nothing");
	}
}

/* What a model cannot hold is left out and said, so that the rest is accepted. */
static void odd_models_are_accepted(void **state)
{
	(void)state;
	CLEANUP(cni_arena_done) cni_arena arena = {0};
	size_t size;
	cni_schema *want = make_schema(&arena, read_beside(&arena, "snapshots/odd.sql", &size)),
		   *found;
	cn_error err;
	static const char *const same[] = {
		"int", "order items", "<b>&\"x\"", "日本", "key_can_be_null", "loop_a"};

	assert_ok(cni_models_schema(&arena, odd_models, "sqlite", &found, &err), &err);
	for (size_t i = 0; i < CNI_COUNT(same); i++) {
		const cni_object *a = cni_schema_table(want, same[i]),
				 *b = cni_schema_table(found, same[i]);
		assert_non_null(a);
		if (!b || !cni_object_equal(a, b))
			fail_msg("%s\n--- came back as\n%s", a->sql, b ? b->sql : "nothing");
	}
	assert_null(cni_schema_table(found, "no_key"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(models_are_the_schema_again),
		cmocka_unit_test(odd_models_are_accepted),
	};
	return RUN(tests);
}
