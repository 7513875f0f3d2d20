/* test_get.c - rows by key, so many that the session looks them up with one statement that goes on
 * and on: what is not there, what is written between, what others write. */
#include "orm/store.h"

enum { ROWS = 300, FIRST = 1000 };

static cn_db *open_at(const char *uri)
{
	cn_error err = {0};
	cn_db *db = NULL;

	if (cn_db_open(uri, &(cn_db_options){.models = store_models, .create = true}, &db, &err) <
			0 ||
		cn_db_create_all(db, &err) < 0)
		fail_msg("%s | %s", err.message, err.detail);
	return db;
}

/* Every second number has a row. */
static void fill(cn_session *s)
{
	char name[20];

	for (int i = 0; i < ROWS; i++) {
		snprintf(name, sizeof name, "node %d", i);
		(void)cn_new(s, Node, .id = FIRST + 2 * i, .name = name);
		(void)cn_new(s, Producer, .id = FIRST + 2 * i, .name = name);
	}
	assert_int_equal(cn_commit(s), CN_OK);
	cn_clear(s);
}

static bool is_node(const Node *node, int i)
{
	char name[20];

	snprintf(name, sizeof name, "node %d", i);
	return node && node->id == FIRST + 2 * i && !strcmp(node->name, name);
}

static void get_all(cn_session *s)
{
	for (int k = 0; k < ROWS; k++) {
		int i = k * 7 % ROWS;
		assert_true(is_node(cn_get(s, Node, FIRST + 2 * i), i));
		if (k % 3 == 0)
			assert_null(cn_get(s, Node, FIRST + 2 * i + 1));
	}
	assert_clean(s);
}

static void rows_and_gaps(void **state)
{
	(void)state;
	cn_db *db = open_at("sqlite://");
	cn_session *s = cn_session_open(db);
	fill(s);
	get_all(s);
	Node *again = cn_get(s, Node, FIRST);
	assert_ptr_equal(again, cn_get(s, Node, FIRST));
	get_all(s); /* they are known now */
	assert_null(cn_get(s, Node, INT64_MIN));
	assert_null(cn_get(s, Node, INT64_MAX));
	/* of two tables in turn */
	cn_clear(s);
	for (int i = 0; i < ROWS; i++) {
		assert_true(is_node(cn_get(s, Node, FIRST + 2 * i), i));
		assert_true(cn_get(s, Producer, FIRST + 2 * i)->id == FIRST + 2 * i);
	}
	assert_clean(s);
	cn_session_close(s);
	cn_db_close(db);
}

/* In memory one connection does everything. */
static void what_is_written_between_is_seen(void **state)
{
	(void)state;
	cn_db *db = open_at("sqlite://");
	cn_session *s = cn_session_open(db);
	fill(s);
	get_all(s);
	Node *node = cn_get(s, Node, FIRST);
	node->name = "changed";
	(void)cn_new(s, Node, .id = 1, .name = "new");
	cn_delete(s, Node, cn_get(s, Node, FIRST + 2));
	assert_int_equal(cn_flush(s), CN_OK);
	cn_clear(s);
	for (int i = 2; i < ROWS; i++)
		assert_true(is_node(cn_get(s, Node, FIRST + 2 * i), i));
	assert_string_equal(cn_get(s, Node, FIRST)->name, "changed");
	assert_string_equal(cn_get(s, Node, 1)->name, "new");
	assert_null(cn_get(s, Node, FIRST + 2));
	cn_rollback(s);
	cn_clear(s);
	get_all(s);
	assert_null(cn_get(s, Node, 1));
	/* a table can be changed, once its reading is over */
	(void)cn_execute(s, "alter table node add column extra");
	(void)cn_execute(s, "drop table product_tag");
	assert_int_equal(cn_commit(s), CN_OK);
	cn_clear(s);
	get_all(s);
	cn_session_close(s);
	cn_db_close(db);
}

static void what_others_write_is_seen_after_the_unit(void **state)
{
	store *st = *state;
	cn_db *db = open_at(st->uri);
	cn_session *s = cn_session_open(db), *other = cn_session_open(db);
	fill(other);
	get_all(s);
	cn_get(other, Node, FIRST)->name = "theirs";
	(void)cn_new(other, Node, .id = 7, .name = "seven");
	assert_int_equal(cn_commit(other), CN_OK);
	assert_null(cn_get(s, Node, 7)); /* the unit sees one state */
	Node *mine = cn_get(s, Node, FIRST);
	assert_true(is_node(mine, 0));
	assert_int_equal(cn_commit(s), CN_OK);
	for (int i = 1; i < ROWS; i++)
		assert_true(is_node(cn_get(s, Node, FIRST + 2 * i), i));
	assert_string_equal(cn_get(s, Node, 7)->name, "seven");
	assert_ptr_equal(cn_get(s, Node, FIRST), mine);
	assert_string_equal(mine->name, "theirs"); /* brought up to date in its place */
	/* writing ends the reading; a row that was read before is not lost */
	mine->name = "mine";
	assert_int_equal(cn_commit(s), CN_OK);
	assert_string_equal(
		cn_first(other, Node, cn_where("id = ?", FIRST), .read_only = true)->name, "mine");
	/* a file can be emptied of its log: nothing goes on reading */
	cn_commit(other);
	(void)cn_execute(s, "update node set name = name || '!'");
	assert_int_equal(cn_commit(s), CN_OK);
	assert_string_equal(cn_get(s, Node, FIRST)->name, "mine!");
	assert_clean(s);
	cn_session_close(s);
	cn_session_close(other);
	cn_db_close(db);
}

static void plain_rows_are_nobodys(void **state)
{
	(void)state;
	cn_db *db = open_at("sqlite://");
	cn_session *s = cn_session_open(db);
	fill(s);
	for (int i = 0; i < ROWS; i++) {
		Node *a = cn_get_plain(s, Node, FIRST + 2 * i);
		assert_true(is_node(a, i));
		assert_null(cn_get_plain(s, Node, FIRST + 2 * i + 1));
		a->name = "not written";
	}
	assert_ptr_not_equal(cn_get_plain(s, Node, FIRST), cn_get_plain(s, Node, FIRST));
	Node *kept = cn_get(s, Node, FIRST);
	assert_true(is_node(kept, 0));
	kept->name = "kept";
	assert_int_equal(cn_flush(s), CN_OK);
	assert_string_equal(cn_get_plain(s, Node, FIRST)->name, "kept");
	assert_int_equal(cn_commit(s), CN_OK);
	assert_int_equal(cn_count(s, Node, cn_where("name = 'not written'")), 0);
	(void)cn_new(s, Tag, .label = "a", .weight = 3);
	assert_int_equal(cn_commit(s), CN_OK);
	assert_int_equal(cn_get_plain(s, Tag, "a")->weight, 3);
	assert_null(cn_get_plain(s, Tag, "b"));
	assert_clean(s);
	cn_delete(s, Node, cn_get_plain(s, Node, FIRST + 2));
	assert_failed(s, CN_EARG, "no row of this session");
	cn_session_close(s);
	cn_db_close(db);
}

/* What a model and its table do not agree about is told as ever, and the session can go on. */
static void failures_in_the_midst(void **state)
{
	(void)state;
	cn_db *db = open_at("sqlite://");
	cn_session *s = cn_session_open(db);
	fill(s);
	(void)cn_execute(s, "update node set name = x'00' where id = ?", FIRST + 400);
	assert_int_equal(cn_commit(s), CN_OK);
	for (int i = 0; i < 200; i++)
		assert_true(is_node(cn_get(s, Node, FIRST + 2 * i), i));
	assert_null(cn_get(s, Node, FIRST + 400));
	assert_failed(s, CN_ESCHEMA, "name");
	cn_rollback(s);
	cn_clear(s);
	for (int i = 0; i < 200; i++)
		assert_true(is_node(cn_get(s, Node, FIRST + 2 * i), i));
	assert_clean(s);
	cn_session_close(s);
	cn_db_close(db);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_and_gaps),
		cmocka_unit_test(what_is_written_between_is_seen),
		cmocka_unit_test_setup_teardown(
			what_others_write_is_seen_after_the_unit, store_setup, store_teardown),
		cmocka_unit_test(plain_rows_are_nobodys),
		cmocka_unit_test(failures_in_the_midst),
	};
	return RUN(tests);
}
