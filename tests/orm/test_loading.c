/* test_loading.c - relations over integer keys, close together and far apart, loaded in each way,
 * against one query for each row. */
#include <stdlib.h>
#include <unistd.h>

#include <cantil/session.h>

#include "tap.h"

typedef struct Box Box;
typedef struct Item Item;
typedef struct Mark Mark;
typedef struct ItemMark ItemMark;

struct Box {
	int64_t id;
	Item **items;
};
struct Item {
	int64_t id;
	cn_null_int64 box_id;
	const char *name;
	Box *box;
	Mark **marks;
};
struct Mark {
	int64_t id;
	int64_t weight;
};
struct ItemMark {
	int64_t id; /* the rows between have more than the two keys */
	const char *why;
	int64_t mark_id, item_id;
};

CN_MODEL(Box, "box",
	CN_COLUMN(Box, id, .primary_key = true),
	CN_HAS_MANY(Box, Item, items));
CN_MODEL(Item, "item",
	CN_COLUMN(Item, id, .primary_key = true),
	CN_COLUMN(Item, box_id, .references = "box.id", .index = true),
	CN_COLUMN(Item, name, .not_null = true),
	CN_BELONGS_TO(Item, Box, box),
	CN_MANY_TO_MANY(Item, Mark, marks, .through = "item_mark"));
CN_MODEL(Mark, "mark",
	CN_COLUMN(Mark, id, .primary_key = true),
	CN_COLUMN(Mark, weight));
CN_MODEL(ItemMark, "item_mark",
	CN_COLUMN(ItemMark, id, .primary_key = true),
	CN_COLUMN(ItemMark, why),
	CN_COLUMN(ItemMark, mark_id, .references = "mark.id"),
	CN_COLUMN(ItemMark, item_id, .references = "item.id"));

enum { BOXES = 700, ITEMS = 3000, MARKS = 40, PAIRS = 5000 };

typedef struct world {
	char folder[64];
	cn_db *db;
	int64_t step; /* between two keys */
	unsigned seed;
} world;

static unsigned any(world *w)
{
	w->seed = w->seed * 1103515245u + 12345u;
	return w->seed >> 8;
}

static int64_t key(const world *w, unsigned i) { return w->step * ((int64_t)i - 5); }

static void fill(world *w)
{
	cn_session *s = cn_session_open(w->db);
	char name[32];

	for (unsigned i = 0; i < BOXES; i++)
		(void)cn_new(s, Box, .id = key(w, i + 6));
	for (unsigned i = 0; i < MARKS; i++)
		(void)cn_new(s, Mark, .id = key(w, i + 6), .weight = i);
	for (unsigned i = 0; i < ITEMS; i++) {
		snprintf(name, sizeof name, "item %u", i);
		cn_null_int64 box = {any(w) % 10 != 0, 0};
		if (box.set)
			box.value = key(w, any(w) % BOXES + 6);
		(void)cn_new(s, Item, .id = key(w, i + 6), .box_id = box, .name = name);
	}
	for (unsigned i = 0; i < PAIRS; i++)
		(void)cn_new(s, ItemMark, .item_id = key(w, any(w) % ITEMS + 6),
			.mark_id = key(w, any(w) % MARKS + 6), .why = "because");
	if (cn_commit(s) < 0)
		fail_msg("%s", cn_session_error(s)->message);
	cn_session_close(s);
}

static void open_world(world *w, int64_t step)
{
	cn_error err = {0};
	char uri[128];

	*w = (world){.folder = "/tmp/cantil-loading-XXXXXX", .step = step, .seed = 7};
	assert_non_null(mkdtemp(w->folder));
	snprintf(uri, sizeof uri, "sqlite:///%s/l.db", w->folder);
	if (cn_db_open(uri,
		    &(cn_db_options){
			    .models = CN_MODELS(Box, Item, Mark, ItemMark), .create = true},
		    &w->db, &err) < 0 ||
		cn_db_create_all(w->db, &err) < 0)
		fail_msg("%s", err.message);
	fill(w);
}

static void close_world(world *w)
{
	char path[128];

	cn_db_close(w->db);
	snprintf(path, sizeof path, "%s/l.db", w->folder);
	unlink(path);
	assert_int_equal(rmdir(w->folder), 0);
}

static void same_marks(cn_session *s, const Item *item)
{
	Mark **wanted = cn_list(s, Mark,
		cn_where("id in (select mark_id from item_mark where item_id = ?)", item->id),
		.order_by = "id");
	int64_t last = INT64_MIN;
	size_t distinct = 0;

	for (size_t i = 0; item->marks[i]; i++) { /* a pair that is there twice is there twice */
		assert_true(item->marks[i]->id >= last);
		if (item->marks[i]->id == last)
			continue;
		assert_non_null(wanted[distinct]);
		assert_true(wanted[distinct]->id == item->marks[i]->id);
		last = item->marks[i]->id;
		distinct++;
	}
	assert_null(wanted[distinct]);
	assert_int_equal(
		cn_len(item->marks), cn_count(s, ItemMark, cn_where("item_id = ?", item->id)));
}

static void same_items(cn_session *s, Box *const *boxes, size_t every)
{
	for (size_t i = 0; boxes[i]; i++) {
		assert_non_null(boxes[i]->items);
		if (i % every)
			continue;
		Item **wanted =
			cn_list(s, Item, cn_where("box_id = ?", boxes[i]->id), .order_by = "id");
		assert_int_equal(cn_len(wanted), cn_len(boxes[i]->items));
		for (size_t k = 0; wanted[k]; k++) {
			const Item *item = boxes[i]->items[k];
			assert_true(item->id == wanted[k]->id);
			assert_string_equal(item->name, wanted[k]->name);
			assert_ptr_equal(item->box, boxes[i]);
			same_marks(s, item);
		}
	}
}

static void check(world *w, bool read_only)
{
	cn_session *s = cn_session_open(w->db), *other = cn_session_open(w->db);

	/* most of them: the other table is read from end to end */
	same_items(other, cn_list(s, Box, .load = "items.marks", .read_only = read_only), 9);
	cn_clear(s);
	/* some: by lists of keys; in an order that is not that of the keys */
	same_items(other,
		cn_list(s, Box, cn_where("id % 7 = 0"), .order_by = "abs(id % 11), -id",
			.load = "items.marks", .read_only = read_only),
		3);
	cn_clear(s);
	same_items(other,
		cn_list(s, Box, .limit = 1, .load = "items.marks", .read_only = read_only), 1);
	/* to one, where some have none */
	Item **items = cn_list(s, Item, .load = "box", .read_only = read_only);
	for (size_t i = 0; items[i]; i++) {
		assert_int_equal(items[i]->box_id.set, items[i]->box != NULL);
		assert_true(!items[i]->box || items[i]->box->id == items[i]->box_id.value);
	}
	assert_int_equal(cn_len(items), ITEMS);
	if (cn_session_error(s)->status < 0)
		fail_msg("%s", cn_session_error(s)->message);
	cn_session_close(s);
	cn_session_close(other);
}

static void in_each_way(int64_t step)
{
	world w;

	open_world(&w, step);
	check(&w, false);
	check(&w, true);
	close_world(&w);
}

static void keys_that_are_close(void **state)
{
	(void)state;
	in_each_way(1);
}

static void keys_that_are_far_apart(void **state)
{
	(void)state;
	in_each_way(INT64_C(1) << 50);
}

static void negative_keys(void **state)
{
	(void)state;
	in_each_way(-3);
}

/* The program's list may hold a row twice, and plain rows of the same key. */
static void the_same_row_twice(void **state)
{
	world w;

	(void)state;
	open_world(&w, 1);
	cn_session *s = cn_session_open(w.db), *other = cn_session_open(w.db);
	Box *a = cn_get(s, Box, 5), *b = cn_get(s, Box, 3);
	Box *list[] = {a, b, a, NULL};
	cn_load(s, Box, list, "items.marks");
	same_items(other, list, 1);
	Box *plain[] = {cn_list(s, Box, cn_where("id = 7"), .read_only = true)[0],
		cn_list(s, Box, cn_where("id = 7"), .read_only = true)[0], NULL};
	cn_load(s, Box, plain, "items");
	assert_ptr_equal(plain[0]->items, plain[1]->items);
	assert_int_equal(cn_len(plain[0]->items), cn_count(other, Item, cn_where("box_id = 7")));
	cn_session_close(s);
	cn_session_close(other);
	close_world(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_that_are_close),
		cmocka_unit_test(keys_that_are_far_apart),
		cmocka_unit_test(negative_keys),
		cmocka_unit_test(the_same_row_twice),
	};
	return RUN(tests);
}
