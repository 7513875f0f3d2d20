/* test_between.c - a many-to-many whose table between has no model: made, written, read, migrated.
 */
#include "orm/store.h"

#include "base/try.h"
#include "orm/model_schema.h"

typedef struct Post Post;
typedef struct Word Word;
typedef struct Member Member;
typedef struct Room Room;
typedef struct Guest Guest;

struct Post {
	int64_t id;
	const char *title;
	Word **words;
};
struct Word {
	const char *text;
	Post **posts;
};
struct Member {
	int64_t id;
	const char *name;
	Member **follows, **followers;
};
struct Room {
	int64_t house, number;
	Guest **guests;
};
struct Guest {
	cn_uuid id;
	Room **rooms;
};

CN_MODEL(Post, "post",
	CN_COLUMN(Post, id, .primary_key = true),
	CN_COLUMN(Post, title),
	CN_MANY_TO_MANY(Post, Word, words, .through = "post_word", .order_by = "text desc"));
CN_MODEL(Word, "word",
	CN_COLUMN(Word, text, .length = 20, .primary_key = true, .collate = "NOCASE"),
	CN_MANY_TO_MANY(Word, Post, posts, .through = "post_word"));
CN_MODEL(Member, "member",
	CN_COLUMN(Member, id, .primary_key = true),
	CN_COLUMN(Member, name),
	CN_MANY_TO_MANY(Member, Member, follows, .through = "follow", .via = "who", .to = "whom"),
	CN_MANY_TO_MANY(Member, Member, followers, .through = "follow", .via = "whom", .to = "who"));
CN_MODEL(Room, "room",
	CN_COLUMN(Room, house),
	CN_COLUMN(Room, number),
	CN_PRIMARY_KEY("house, number"),
	CN_MANY_TO_MANY(Room, Guest, guests, .through = "stay"));
CN_MODEL(Guest, "guest",
	CN_COLUMN(Guest, id, .primary_key = true, .default_fn = cn_uuid_fill),
	CN_MANY_TO_MANY(Guest, Room, rooms, .through = "stay", .to = "in_house, in_room"));

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
			  &(cn_db_options){.models = CN_MODELS(Post, Word, Member, Room, Guest),
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

typedef struct Number {
	int64_t n;
} Number;
CN_ROW(Number, CN_COLUMN(Number, n));

static int64_t number(cn_session *s, const char *sql)
{
	Number **rows = cn_sql(s, Number, sql);

	assert_clean(s);
	return rows[0] ? rows[0]->n : -1;
}

static const char *table_sql(cni_arena *arena, const cn_model *const *models, const char *name)
{
	cni_schema *schema;
	cn_error err;

	assert_ok(cni_models_schema(arena, models, "sqlite", &schema, &err), &err);
	const cni_object *object = cni_schema_find(schema, CNI_DDL_TABLE, name);
	return object ? object->sql : "";
}

/* What create_all and migrations make; whichever end stands first in the list. */
static void the_table(void **state)
{
	CLEANUP(cni_arena_done) cni_arena arena = {0};
	const cn_model *const one[] = {&Post_model, &Word_model, NULL};
	const cn_model *const two[] = {&Word_model, &Post_model, NULL};
	const cn_model *const rooms[] = {&Room_model, &Guest_model, NULL};
	const char *sql = table_sql(&arena, one, "post_word");

	(void)state;
	for (const char *const *p = (const char *const[]){"post_id INTEGER NOT NULL",
		     "word_text VARCHAR(20) NOT NULL COLLATE NOCASE",
		     "PRIMARY KEY (post_id, word_text)", "REFERENCES post", "REFERENCES word",
		     "ON DELETE CASCADE", NULL};
		*p; p++) {
		if (!strstr(sql, *p))
			fail_msg("no \"%s\" in: %s", *p, sql);
	}
	assert_string_equal(table_sql(&arena, two, "post_word"), sql);
	sql = table_sql(&arena, rooms, "stay"); /* the other end says .to */
	if (!strstr(sql, "PRIMARY KEY (guest_id, in_house, in_room)") ||
		!strstr(sql, "FOREIGN KEY (in_house, in_room) REFERENCES room (house, number)") ||
		!strstr(sql, "guest_id CHAR(36)"))
		fail_msg("%s", sql);
}

static void from_one_side(void **state)
{
	fixture *f = *state;
	cn_session *s = f->s;
	Post *one = cn_new(s, Post, .title = "one"), *two = cn_new(s, Post, .title = "two");
	Word *a = cn_new(s, Word, .text = "a"), *b = cn_new(s, Word, .text = "b");

	cn_append(s, one->words, a);
	cn_append(s, one->words, b);
	cn_append(s, two->words, b);
	assert_int_equal(cn_commit(s), CN_OK);
	assert_clean(s);
	cn_clear(s);
	Post **posts = cn_list(s, Post, .order_by = "id", .load = "words.posts");
	assert_clean(s);
	assert_int_equal(cn_len(posts[0]->words), 2);
	assert_string_equal(posts[0]->words[0]->text, "b"); /* .order_by = "text desc" */
	assert_int_equal(cn_len(posts[0]->words[0]->posts), 2);
	assert_ptr_equal(posts[0]->words[0]->posts[1], posts[1]);
	assert_int_equal(cn_len(posts[1]->words), 1);

	cn_remove(s, posts[0]->words, posts[0]->words[0]);
	assert_int_equal(cn_commit(s), CN_OK);
	assert_int_equal(number(s, "select count(*) as n from post_word"), 2);
	cn_delete(s, Word, cn_get(s, Word, "a"));
	assert_int_equal(cn_commit(s), CN_OK);
	assert_int_equal(number(s, "select count(*) as n from post_word"), 1);
	assert_int_equal(number(s, "select post_id as n from post_word where word_text = 'b'"), 2);
}

/* Both lists ask for the same pair, as back_populates would have it: it is one row. */
static void from_both_sides(void **state)
{
	fixture *f = *state;
	cn_session *s = f->s;
	Post *one = cn_new(s, Post, .title = "one");
	Word *a = cn_new(s, Word, .text = "a"), *b = cn_new(s, Word, .text = "b");

	cn_append(s, one->words, a);
	cn_append(s, one->words, b);
	cn_append(s, a->posts, one);
	cn_append(s, b->posts, one);
	cn_append(s, one->words, a); /* twice is once */
	assert_int_equal(cn_commit(s), CN_OK);
	assert_clean(s);
	assert_int_equal(number(s, "select count(*) as n from post_word"), 2);
}

/* a follows b and b follows a are two pairs, not one. */
static void of_the_same_table(void **state)
{
	fixture *f = *state;
	cn_session *s = f->s;
	Member *ann = cn_new(s, Member, .name = "Ann"), *bob = cn_new(s, Member, .name = "Bob");

	cn_append(s, ann->follows, bob);
	cn_append(s, bob->followers, ann);
	cn_append(s, bob->follows, ann);
	assert_int_equal(cn_commit(s), CN_OK);
	assert_int_equal(number(s, "select count(*) as n from follow"), 2);
	cn_remove(s, bob->follows, ann);
	assert_int_equal(cn_commit(s), CN_OK);
	cn_clear(s);
	Member **all = cn_list(s, Member, .order_by = "id", .load = "follows, followers");
	assert_int_equal(cn_len(all[0]->follows), 1);
	assert_ptr_equal(all[0]->follows[0], all[1]);
	assert_int_equal(cn_len(all[0]->followers), 0);
	assert_int_equal(cn_len(all[1]->followers), 1);
}

static void composite_keys(void **state)
{
	fixture *f = *state;
	cn_session *s = f->s;
	Room *room = cn_new(s, Room, .house = 1, .number = 12);
	Room *other = cn_new(s, Room, .house = 2, .number = 12);

	for (int i = 0; i < 200; i++) { /* more than the first size of the set of pairs */
		Guest *guest = cn_new(s, Guest);
		cn_append(s, room->guests, guest);
		if (i % 2)
			cn_append(s, guest->rooms, other);
	}
	assert_int_equal(cn_commit(s), CN_OK);
	assert_clean(s);
	cn_clear(s);
	Room **rooms = cn_list(s, Room, .order_by = "house", .load = "guests.rooms");
	assert_clean(s);
	assert_int_equal(cn_len(rooms[0]->guests), 200);
	assert_int_equal(cn_len(rooms[1]->guests), 100);
	assert_int_equal(cn_len(rooms[1]->guests[0]->rooms), 2);
	cn_delete(s, Room, rooms[0]);
	assert_int_equal(cn_commit(s), CN_OK);
	assert_int_equal(number(s, "select count(*) as n from stay"), 100);
}

/* As a model by its table's name: pairs can be read like any rows. */
static void as_a_model(void **state)
{
	fixture *f = *state;
	cn_session *s = f->s;
	const cn_model *pairs = cn_db_model(f->db, "post_word");
	Post *one = cn_new(s, Post, .title = "one");

	cn_append(s, one->words, cn_new(s, Word, .text = "a"));
	assert_int_equal(cn_commit(s), CN_OK);
	assert_non_null(pairs);
	void **rows = cn_session_list(s, pairs, CN_QUERY(cn_where("word_text = ?", "A")));
	assert_clean(s);
	assert_int_equal(cn_len(rows), 1);
	assert_int_equal(cn_column_get(cn_model_column(pairs, "post_id"), rows[0]).as.i, one->id);
	cn_session_delete(s, pairs, rows[0]);
	assert_int_equal(cn_commit(s), CN_OK);
	assert_int_equal(number(s, "select count(*) as n from post_word"), 0);
}

/* A pair that is there already is refused by its key, and the session is usable after rollback. */
static void a_pair_twice(void **state)
{
	fixture *f = *state;
	cn_session *s = f->s;
	Post *one = cn_new(s, Post, .title = "one");

	cn_append(s, one->words, cn_new(s, Word, .text = "a"));
	assert_int_equal(cn_commit(s), CN_OK);
	cn_clear(s);
	one = cn_get(s, Post, 1); /* its words are not loaded */
	cn_append(s, one->words, cn_get(s, Word, "a"));
	assert_int_equal(cn_commit(s), CN_ECONSTRAINT);
	cn_rollback(s);
	assert_int_equal(number(s, "select count(*) as n from post_word"), 1);
}

/* ---- what is refused ---- */

typedef struct Wheel {
	int64_t id;
} Wheel;
typedef struct Car {
	int64_t id;
	Wheel **wheels;
	struct Car **cars;
} Car;
typedef struct CarWheel {
	int64_t car_id, wheel_id;
} CarWheel;
CN_MODEL(Wheel, "wheel", CN_COLUMN(Wheel, id, .primary_key = true));
CN_MODEL(CarWheel, "car_wheel",
	CN_COLUMN(CarWheel, car_id, .references = "car.id"),
	CN_COLUMN(CarWheel, wheel_id, .references = "wheel"),
	CN_PRIMARY_KEY("car_id, wheel_id"));

static void refused(const cn_model *car, const char *message, const char *hint)
{
	cn_error err = {0};
	const cn_model *const models[] = {car, &Wheel_model, &CarWheel_model, NULL};

	assert_int_equal(cn_models_check(models, &err), CN_ESCHEMA);
	if (!strstr(err.message, message) || !strstr(err.hint, hint))
		fail_msg("%s | %s", err.message, err.hint);
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
	refused(CAR(CN_MANY_TO_MANY(Car, Wheel, wheels, .through = "car_whel")), "no such table",
		"did you mean \"car_wheel\"?");
	refused(CAR(CN_MANY_TO_MANY(Car, Wheel, wheels, .through = "CarWeel")), "no such table",
		"did you mean \"CarWheel\"?");
	refused(CAR(CN_MANY_TO_MANY(Car, Wheel, wheels, .through = "axle", .via = "a, b")),
		"the key of \"Car\" has 1 columns", "");
	refused(CAR(CN_MANY_TO_MANY(Car, Wheel, wheels, .through = "axle", .to = "lower(a)")),
		"no list of columns", "");
	refused(CAR(CN_MANY_TO_MANY(Car, Car, cars, .through = "train")), "say both", "");
	refused(CAR(CN_MANY_TO_MANY(Car, Car, cars, .through = "train", .via = "a", .to = "A")),
		"declared already", "");
	refused(CAR(CN_MANY_TO_MANY(Car, Wheel, wheels, .through = "sqlite_x")), "belong to SQLite",
		"");
#undef CAR
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_table),
		cmocka_unit_test_setup_teardown(from_one_side, setup, teardown),
		cmocka_unit_test_setup_teardown(from_both_sides, setup, teardown),
		cmocka_unit_test_setup_teardown(of_the_same_table, setup, teardown),
		cmocka_unit_test_setup_teardown(composite_keys, setup, teardown),
		cmocka_unit_test_setup_teardown(as_a_model, setup, teardown),
		cmocka_unit_test_setup_teardown(a_pair_twice, setup, teardown),
		cmocka_unit_test(contradictions),
	};
	return RUN(tests);
}
