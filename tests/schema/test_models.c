/* test_models.c - the C that is written for a schema compiles, and its models are that schema
 * again. */
#include "make.h"

#include "orm/model_schema.h"

/* snapshots/everything.c and odd.c, compiled with the name of their list changed */
extern const cn_model *const everything_models[], *const odd_models[], *const relations_models[];

static void are_the_schema_again(const char *name, const cn_model *const *models)
{
	CLEANUP(cni_arena_done) cni_arena arena = {0};
	size_t size;
	cni_schema *want = make_schema(&arena, read_beside(&arena, name, &size)), *found;
	cn_error err;

	assert_ok(cni_models_schema(&arena, models, "sqlite", &found, &err), &err);
	assert_int_equal(found->object_count, want->object_count);
	for (size_t i = 0; i < want->object_count; i++) {
		const cni_object *a = &want->objects[i],
				 *b = cni_schema_find(found, a->ddl.kind, a->name);
		if (!b || !cni_object_equal(a, b))
			fail_msg("%s\n--- came back as\n%s", a->sql, b ? b->sql : "nothing");
	}
}

static void models_are_the_schema_again(void **state)
{
	(void)state;
	are_the_schema_again("snapshots/everything.sql", everything_models);
}

static const cn_relation *relation_of(const char *type, const char *member)
{
	for (const cn_model *const *model = relations_models; *model; model++) {
		size_t at = 0;
		for (const cn_relation *r; (r = cn_model_relations(*model, &at));)
			if (!strcmp((*model)->type_name, type) && !strcmp(r->member, member))
				return r;
	}
	return NULL;
}

static void relations_are_what_keys_tell(void **state)
{
	static const struct {
		const char *type, *member, *target;
		cn_relation_kind kind;
	} wanted[] = {{"Passport", "person", "Person", CN_RELATION_BELONGS_TO},
		{"Person", "passport", "Passport", CN_RELATION_HAS_ONE},
		{"Person", "account", "Account", CN_RELATION_HAS_ONE},
		{"Person", "locker", "Locker", CN_RELATION_HAS_ONE},
		{"Person", "desks", "Desk", CN_RELATION_HAS_MANY},
		{"Person", "courses", "Course", CN_RELATION_MANY_TO_MANY},
		{"Course", "persons", "Person", CN_RELATION_MANY_TO_MANY},
		{"Person", "buddies", "Person", CN_RELATION_MANY_TO_MANY},
		{"Person", "marks", "Mark", CN_RELATION_HAS_MANY},
		{"Topic", "children", "Topic", CN_RELATION_HAS_MANY},
		{"Person", "likes", "Likes", CN_RELATION_HAS_MANY}};

	(void)state;
	are_the_schema_again("snapshots/relations.sql", relations_models);
	for (size_t i = 0; i < CNI_COUNT(wanted); i++) {
		const cn_relation *r = relation_of(wanted[i].type, wanted[i].member);
		if (!r)
			fail_msg("%s.%s", wanted[i].type, wanted[i].member);
		assert_int_equal(r->kind, wanted[i].kind);
		assert_string_equal(r->model, wanted[i].target);
	}
	assert_null(relation_of("Person", "topics")); /* liked, or disliked? */
	assert_null(relation_of("Person", "transfers"));
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
		cmocka_unit_test(relations_are_what_keys_tell),
		cmocka_unit_test(odd_models_are_accepted),
	};
	return RUN(tests);
}
