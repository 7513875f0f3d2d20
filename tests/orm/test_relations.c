/* test_relations.c - one-to-one, many-to-many, what is taken out of a relation, plain rows. */
#include "orm/store.h"

typedef struct Post Post;
typedef struct Label Label;
typedef struct PostLabel PostLabel;
typedef struct Person Person;
typedef struct Passport Passport;
typedef struct Pet Pet;

struct Post {
	int64_t id;
	const char *title;
	Label **labels;
};
struct Label {
	int64_t id;
	const char *name;
	Post **posts;
};
struct PostLabel { /* with a column of its own */
	int64_t post_id, label_id, weight;
};
struct Person {
	int64_t id;
	const char *name;
	Passport *passport;
	Pet **pets;
	Person **friends;
};
struct Friendship {
	int64_t a, b;
};
struct Passport {
	int64_t id;
	int64_t person_id;
	const char *number;
	Person *person;
};
struct Pet {
	int64_t id;
	cn_null_int64 person_id;
	const char *name;
};
typedef struct Friendship Friendship;

CN_MODEL(Post, "post",
	CN_COLUMN(Post, id, .primary_key = true),
	CN_COLUMN(Post, title),
	CN_MANY_TO_MANY(Post, Label, labels, .through = "post_label"));
CN_MODEL(Label, "label",
	CN_COLUMN(Label, id, .primary_key = true),
	CN_COLUMN(Label, name, .unique = true),
	CN_MANY_TO_MANY(Label, Post, posts, .through = "PostLabel", .via = "label_id", .to = "post_id",
		.order_by = "title desc"));
CN_MODEL(PostLabel, "post_label",
	CN_COLUMN(PostLabel, post_id, .references = "post"),
	CN_COLUMN(PostLabel, label_id, .references = "label"),
	CN_COLUMN(PostLabel, weight, .default_value = CN_INT(5)),
	CN_PRIMARY_KEY("post_id, label_id"));
CN_MODEL(Person, "person",
	CN_COLUMN(Person, id, .primary_key = true),
	CN_COLUMN(Person, name),
	CN_HAS_ONE(Person, Passport, passport, .cascade = CN_CASCADE_DELETE | CN_CASCADE_ORPHANS),
	CN_HAS_MANY(Person, Pet, pets, .cascade = CN_CASCADE_NULLIFY | CN_CASCADE_SAVE),
	CN_MANY_TO_MANY(Person, Person, friends, .through = "friendship", .via = "a", .to = "b"));
CN_MODEL(Friendship, "friendship",
	CN_COLUMN(Friendship, a, .references = "person"),
	CN_COLUMN(Friendship, b, .references = "person"),
	CN_PRIMARY_KEY("a, b"));
CN_MODEL(Passport, "passport",
	CN_COLUMN(Passport, id, .primary_key = true),
	CN_COLUMN(Passport, person_id, .references = "person", .unique = true),
	CN_COLUMN(Passport, number),
	CN_BELONGS_TO(Passport, Person, person));
CN_MODEL(Pet, "pet",
	CN_COLUMN(Pet, id, .primary_key = true),
	CN_COLUMN(Pet, person_id, .references = "person"),
	CN_COLUMN(Pet, name));

typedef struct fixture {
	cn_db *db;
	cn_session *s;
	store_log log;
} fixture;

static int setup(void **state)
{
	fixture *f = calloc(1, sizeof *f);
	cn_error err;

	assert_ok(cn_db_open("sqlite://",
			  &(cn_db_options){.models = CN_MODELS(Post, Label, PostLabel, Person,
						   Friendship, Passport, Pet),
				  .echo = store_echo,
				  .echo_ctx = &f->log},
			  &f->db, &err),
		&err);
	assert_ok(cn_db_create_all(f->db, &err), &err);
	f->s = cn_session_open(f->db);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	fixture *f = *state;

	cn_session_close(f->s);
	cn_db_close(f->db);
	store_log_clear(&f->log);
	free(f);
	return 0;
}

static size_t selects(const store_log *log)
{
	return store_log_count(log, "\nSELECT") + !strncmp(log->text, "SELECT", 6);
}

static void fill_posts(cn_session *s)
{
	Label *red = cn_new(s, Label, .name = "red"), *blue = cn_new(s, Label, .name = "blue");
	Post *one = cn_new(s, Post, .title = "one"), *two = cn_new(s, Post, .title = "two");

	(void)cn_new(s, Post, .title = "none");
	cn_append(s, one->labels, blue);
	cn_append(s, one->labels, red);
	cn_append(s, two->labels, red);
	assert_int_equal(cn_commit(s), CN_OK);
	cn_clear(s);
}

static void many_to_many(void **state)
{
	fixture *f = *state;
	cn_session *s = f->s;

	fill_posts(s);
	assert_int_equal(cn_count(s, PostLabel, cn_where("weight = 5")), 3); /* its default */
	store_log_clear(&f->log);
	Post **posts = cn_list(s, Post, .order_by = "id", .load = "labels.posts");
	assert_clean(s);
	assert_int_equal(cn_len(posts), 3);
	assert_int_equal(selects(&f->log), 4); /* posts are there already */
	assert_int_equal(cn_len(posts[0]->labels), 2);
	assert_string_equal(posts[0]->labels[0]->name, "red"); /* by its key */
	assert_string_equal(posts[0]->labels[1]->name, "blue");
	assert_int_equal(cn_len(posts[1]->labels), 1);
	assert_ptr_equal(posts[1]->labels[0], posts[0]->labels[0]);
	assert_non_null(posts[2]->labels);
	assert_null(posts[2]->labels[0]);
	Label *red = posts[1]->labels[0];
	assert_int_equal(cn_len(red->posts), 2);
	assert_string_equal(red->posts[0]->title, "two"); /* .order_by = "title desc" */
	assert_ptr_equal(red->posts[1], posts[0]);

	store_log_clear(&f->log);
	assert_int_equal(cn_commit(s), CN_OK); /* loading is no change */
	assert_int_equal(
		store_log_count(&f->log, "INSERT") + store_log_count(&f->log, "DELETE"), 0);
	cn_remove(s, posts[0]->labels, red);
	cn_append(s, posts[2]->labels, red);
	assert_int_equal(cn_commit(s), CN_OK);
	assert_int_equal(cn_count(s, PostLabel), 3);
	assert_false(cn_exists(
		s, PostLabel, cn_where("post_id = ? and label_id = ?", posts[0]->id, red->id)));
	assert_true(cn_exists(
		s, PostLabel, cn_where("post_id = ? and label_id = ?", posts[2]->id, red->id)));
	cn_clear(s);
	posts = cn_list(s, Post, .order_by = "id", .load = "labels");
	assert_int_equal(cn_len(posts[0]->labels), 1);
	assert_int_equal(cn_len(posts[2]->labels), 1);
}

static void rows_between_go_with_what_they_join(void **state)
{
	fixture *f = *state;
	cn_session *s = f->s;

	fill_posts(s);
	PostLabel *between = cn_get(s, PostLabel, 1, 1);
	Post *one = cn_get(s, Post, 1);
	cn_delete(s, Post, one); /* the foreign key would refuse it */
	assert_int_equal(cn_commit(s), CN_OK);
	assert_int_equal(cn_count(s, PostLabel), 1);
	assert_non_null(between); /* forgotten: a change of it is no conflict */
	between->weight = 9;
	assert_int_equal(cn_commit(s), CN_OK);
	assert_int_equal(cn_count(s, PostLabel, cn_where("weight = 9")), 0);
}

static void many_to_many_of_the_same_table(void **state)
{
	fixture *f = *state;
	cn_session *s = f->s;
	Person *ann = cn_new(s, Person, .name = "Ann"), *bob = cn_new(s, Person, .name = "Bob");

	cn_append(s, ann->friends, bob);
	cn_append(s, bob->friends, ann);
	cn_append(s, ann->friends, ann);
	assert_int_equal(cn_commit(s), CN_OK);
	cn_clear(s);
	Person **all = cn_list(s, Person, .order_by = "id", .load = "friends.friends");
	assert_int_equal(cn_len(all[0]->friends), 2);
	assert_ptr_equal(all[0]->friends[0], all[0]);
	assert_ptr_equal(all[0]->friends[1], all[1]);
	assert_ptr_equal(all[1]->friends[0], all[0]);
	assert_null(all[1]->friends[1]);
}

static void one_to_one(void **state)
{
	fixture *f = *state;
	cn_session *s = f->s;
	Person *ann = cn_new(s, Person, .name = "Ann");

	(void)cn_new(s, Person, .name = "Bob");
	ann->passport = cn_new(s, Passport, .number = "A1");
	assert_int_equal(cn_commit(s), CN_OK);
	cn_clear(s);
	Person **all = cn_list(s, Person, .order_by = "id", .load = "passport");
	assert_clean(s);
	assert_string_equal(all[0]->passport->number, "A1");
	assert_ptr_equal(all[0]->passport->person, all[0]);
	assert_null(all[1]->passport);
	/* another takes its place: the first is deleted, before the unique key is met */
	int64_t first = all[0]->passport->id;
	all[0]->passport = NULL;
	assert_int_equal(cn_flush(s), CN_OK);
	assert_null(cn_get(s, Passport, first));
	all[0]->passport = cn_new(s, Passport, .number = "A2");
	assert_int_equal(cn_commit(s), CN_OK);
	assert_int_equal(cn_count(s, Passport), 1);
	cn_delete(s, Person, all[0]);
	assert_int_equal(cn_commit(s), CN_OK);
	assert_int_equal(cn_count(s, Passport), 0);
}

static void children_that_are_let_go(void **state)
{
	fixture *f = *state;
	cn_session *s = f->s;
	Pet mine = {.name = "Rex"}; /* CN_CASCADE_SAVE: no cn_add */
	Person *ann = cn_new(s, Person, .name = "Ann"), *bob = cn_new(s, Person, .name = "Bob");

	cn_append(s, ann->pets, &mine);
	cn_append(s, ann->pets, cn_new(s, Pet, .name = "Tom"));
	cn_append(s, ann->pets, cn_new(s, Pet, .name = "Kit"));
	assert_int_equal(cn_commit(s), CN_OK);
	assert_int_not_equal(mine.id, 0);
	assert_int_equal(mine.person_id.value, ann->id);
	cn_clear(s);
	ann = cn_get(s, Person, 1);
	bob = cn_get(s, Person, 2);
	cn_load(s, Person, ann, "pets");
	cn_load(s, Person, bob, "pets");
	assert_int_equal(cn_len(ann->pets), 3);
	Pet *rex = ann->pets[0], *tom = ann->pets[1], *kit = ann->pets[2];
	cn_remove(s, ann->pets, rex); /* nobody's */
	cn_remove(s, ann->pets, tom); /* Bob's */
	cn_append(s, bob->pets, tom);
	assert_int_equal(cn_commit(s), CN_OK);
	assert_false(rex->person_id.set);
	assert_int_equal(tom->person_id.value, bob->id);
	assert_int_equal(cn_count(s, Pet, cn_where("person_id is null")), 1);
	cn_delete(s, Person, ann); /* CN_CASCADE_NULLIFY */
	assert_int_equal(cn_commit(s), CN_OK);
	assert_false(kit->person_id.set);
	assert_int_equal(cn_count(s, Pet), 3);
	assert_int_equal(cn_count(s, Pet, cn_where("person_id is null")), 2);
	cn_remove(s, bob->pets, kit);
	assert_failed(s, CN_EARG, "not in the list");
	cn_rollback(s);
	bob = cn_get(s, Person, 2);
	bob->pets = NULL;
	cn_remove(s, bob->pets, kit);
	assert_failed(s, CN_EARG, "load it with");
}

static void joined(void **state)
{
	fixture *f = *state;
	cn_session *s = f->s;
	Person *ann = cn_new(s, Person, .name = "Ann");

	(void)cn_new(s, Person, .name = "Bob");
	ann->passport = cn_new(s, Passport, .number = "A1");
	assert_int_equal(cn_commit(s), CN_OK);
	for (int plain = 0; plain < 2; plain++) {
		cn_clear(s);
		store_log_clear(&f->log);
		/* "id" and "name" are the person's, though the passport has an id as well */
		Person **all =
			cn_list(s, Person, cn_where("id > ? and name like '%b'  or id = ?", 0, 1),
				.order_by = "name desc", .limit = 5, .join = "passport",
				.read_only = plain);
		assert_clean(s);
		assert_int_equal(store_log_count(&f->log, " JOIN "), 1);
		assert_int_equal(cn_len(all), 2);
		assert_string_equal(all[0]->name, "Bob");
		assert_null(all[0]->passport);
		assert_string_equal(all[1]->passport->number, "A1");
		assert_ptr_equal(all[1]->passport->person, all[1]);
		if (!plain)
			assert_ptr_equal(cn_get(s, Passport, 1), all[1]->passport);
		store_log_clear(&f->log);
		assert_int_equal(cn_commit(s), CN_OK); /* nothing was changed */
		assert_int_equal(store_log_count(&f->log, "UPDATE"), 0);
	}
	Passport **passports = cn_list(s, Passport, .join = "person");
	assert_string_equal(passports[0]->person->name, "Ann");
	(void)cn_list(s, Person, .join = "pets");
	assert_failed(s, CN_EARG, "it is a list");
	cn_rollback(s);
	(void)cn_list(s, Passport, .join = "person.friends");
	assert_failed(s, CN_EARG, "one level deep");
	cn_rollback(s);
	(void)cn_list(s, Passport, .join = "persn");
	assert_failed(s, CN_EARG, "did you mean \"person\"");
	cn_rollback(s);
	assert_null(cn_one_or_none(s, Person, "name = ?", "Cid"));
	assert_clean(s);
	assert_string_equal(cn_one_or_none(s, Person, "name = ?", "Bob")->name, "Bob");
	assert_null(cn_one_or_none(s, Person, "id > ?", 0));
	assert_failed(s, CN_EARG, "more than one");
}

static void plain_rows(void **state)
{
	fixture *f = *state;
	cn_session *s = f->s;

	fill_posts(s);
	Post **posts = cn_list(s, Post, .order_by = "id", .read_only = true, .load = "labels");
	assert_clean(s);
	assert_int_equal(cn_len(posts), 3);
	assert_string_equal(posts[0]->labels[1]->name, "blue");
	posts[0]->title = "changed";
	posts[0]->labels[0]->name = "changed";
	store_log_clear(&f->log);
	assert_int_equal(cn_commit(s), CN_OK);
	assert_int_equal(store_log_count(&f->log, "UPDATE"), 0);
	assert_string_equal(cn_get(s, Post, posts[0]->id)->title, "one");
	assert_ptr_not_equal(cn_get(s, Post, posts[0]->id), posts[0]);
	cn_delete(s, Post, posts[0]);
	assert_failed(s, CN_EARG, "no row of this session");
}

/* ---- models that contradict themselves ---- */

typedef struct Wheel {
	int64_t id, car_id;
} Wheel;
typedef struct Car {
	int64_t id;
	Wheel *wheel;
	Wheel **wheels;
} Car;
CN_MODEL(Wheel, "wheel",
	CN_COLUMN(Wheel, id, .primary_key = true),
	CN_COLUMN(Wheel, car_id, .references = "car"));

static void refused(const cn_model *car, const char *message)
{
	cn_error err = {0};
	const cn_model *const models[] = {car, &Wheel_model, NULL};

	assert_int_equal(cn_models_check(models, &err), CN_ESCHEMA);
	if (!strstr(err.message, message))
		fail_msg("%s", err.message);
}

static void contradictions(void **state)
{
	(void)state;
#define CAR(...)                                   \
	(&(const cn_model){.kind = CN_MODEL_TABLE, \
		.type_name = "Car",                \
		.table = "car",                    \
		.size = sizeof(Car),               \
		.parts = (const cn_part *const[]){ \
			CN_COLUMN(Car, id, .primary_key = true), __VA_ARGS__, NULL}})
	refused(CAR(CN_HAS_ONE(Car, Wheel, wheel)),
		"several \"Wheel\" may have the same \"car_id\"");
	refused(CAR(CN_MANY_TO_MANY(Car, Wheel, wheels)), "wants .through");
	refused(CAR(CN_HAS_MANY(Car, Wheel, wheels, .through = "wheel")), ".through is for");
	refused(CAR(CN_HAS_MANY(
			Car, Wheel, wheels, .cascade = CN_CASCADE_DELETE | CN_CASCADE_NULLIFY)),
		"not both");
#undef CAR
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(many_to_many, setup, teardown),
		cmocka_unit_test_setup_teardown(
			rows_between_go_with_what_they_join, setup, teardown),
		cmocka_unit_test_setup_teardown(many_to_many_of_the_same_table, setup, teardown),
		cmocka_unit_test_setup_teardown(one_to_one, setup, teardown),
		cmocka_unit_test_setup_teardown(children_that_are_let_go, setup, teardown),
		cmocka_unit_test_setup_teardown(joined, setup, teardown),
		cmocka_unit_test_setup_teardown(plain_rows, setup, teardown),
		cmocka_unit_test(contradictions),
	};
	return RUN(tests);
}
