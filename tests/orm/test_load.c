/* test_load.c - relations: loaded with one statement a level, kept consistent, refused when
 * unknown. */
#include "orm/store.h"

#define LIST_SQL (store_on_server() ? "SELECT " : "SELECT cantil_row")

static void to_one(void **state)
{
	store *st = *state;
	cn_session *s = st->s;
	Product **p = cn_list(s, Product, .order_by = "id", .load = "producer");

	assert_clean(s);
	assert_string_equal(p[0]->producer->name, "Acme");
	assert_ptr_equal(p[0]->producer, p[1]->producer);
	assert_string_equal(p[2]->producer->name, "Beta");
	assert_ptr_equal(cn_get(s, Producer, 1), p[0]->producer);
	assert_int_equal(store_log_count(&st->log, "FROM \"producer\""), 1);
	assert_int_equal(cn_flush(s), CN_OK);
	assert_int_equal(store_log_count(&st->log, "UPDATE"), 0); /* loading is no change */
	store_log_clear(&st->log);
	cn_load(s, Product, p, "producer"); /* all are there already */
	assert_int_equal(store_log_count(&st->log, "FROM \"producer\""), 0);
	assert_clean(s);
}

static void to_many_with_order_and_back_reference(void **state)
{
	store *st = *state;
	cn_session *s = st->s;
	(void)cn_new(s, Producer, .name = "Empty");
	assert_int_equal(cn_commit(s), CN_OK);
	Producer **m = cn_list(s, Producer, .order_by = "id", .load = "products");

	assert_int_equal(cn_len(m[0]->products), 2);
	assert_string_equal(m[0]->products[0]->name, "Coffee"); /* .order_by of the relation */
	assert_string_equal(m[0]->products[1]->name, "Tea");
	assert_ptr_equal(m[0]->products[1]->producer, m[0]);
	assert_non_null(m[2]->products);
	assert_null(m[2]->products[0]);
	assert_null(cn_get(s, Product, 1)->tags); /* not loaded */
	store_log_clear(&st->log);
	assert_int_equal(cn_commit(s), CN_OK);
	assert_int_equal(store_log_count(&st->log, "UPDATE"), 0);
}

static void nested_paths_are_one_statement_a_level(void **state)
{
	store *st = *state;
	cn_session *s = st->s;
	Tag *hot = cn_new(s, Tag, .label = "hot", .weight = 2),
	    *cold = cn_new(s, Tag, .label = "cold");

	(void)cn_new(s, ProductTag, .product_id = 1, .tag = hot);
	(void)cn_new(s, ProductTag, .product_id = 2, .tag = hot);
	(void)cn_new(s, ProductTag, .product_id = 3, .tag = cold);
	assert_int_equal(cn_commit(s), CN_OK);
	cn_clear(s);
	store_log_clear(&st->log);
	Producer **m = cn_list(s, Producer, .order_by = "id",
		.load = "products.tags.tag, products.producer, products");
	assert_clean(s);
	assert_int_equal(store_log_lines(&st->log, LIST_SQL), 4);
	assert_string_equal(m[0]->products[0]->tags[0]->tag->label, "hot");
	assert_ptr_equal(m[0]->products[0]->tags[0]->tag, m[0]->products[1]->tags[0]->tag);
	assert_ptr_equal(m[0]->products[0]->tags[0]->product, m[0]->products[0]);
	assert_string_equal(m[1]->products[0]->tags[0]->tag->label, "cold");
	Product *tea = cn_get(s, Product, 1);
	cn_load(s, Product, tea, "tags"); /* a single row */
	assert_int_equal(cn_len(tea->tags), 1);
	assert_clean(s);
}

static void many_rows_are_few_statements(void **state)
{
	store *st = *state;
	cn_session *s = st->s;
	enum { PARENTS = 1203 };
	char name[20];

	for (int i = 0; i < PARENTS; i++) {
		snprintf(name, sizeof name, "M%d", i);
		Producer *m = cn_new(s, Producer, .name = name);
		for (int k = 0; k < i % 3; k++)
			(void)cn_new(s, Product, .name = name, .producer = m);
	}
	assert_int_equal(cn_commit(s), CN_OK);
	cn_clear(s);
	store_log_clear(&st->log);
	Producer **m = cn_list(
		s, Producer, cn_where("name like 'M%'"), .order_by = "id", .load = "products");
	assert_clean(s);
	/* they are most of the producers there are: the products are read from begin to end */
	assert_int_equal(store_log_lines(&st->log, LIST_SQL), 2);
	(void)cn_new(s, Producer, .id = 1000000, .name = "far");
	assert_int_equal(cn_commit(s), CN_OK);
	cn_clear(s);
	store_log_clear(&st->log);
	m = cn_list(s, Producer, cn_where("name like 'M%'"), .order_by = "id", .load = "products");
	assert_clean(s);
	assert_int_equal(cn_len(m), PARENTS);
	assert_in_range(store_log_lines(&st->log, LIST_SQL), 4, 6);
	for (int i = 0; i < PARENTS; i++) {
		assert_int_equal(cn_len(m[i]->products), i % 3);
		for (int k = 0; k < i % 3; k++)
			assert_string_equal(m[i]->products[k]->name, m[i]->name);
	}
	Product **p = cn_list(s, Product, .load = "producer");
	for (size_t i = 0; p[i]; i++)
		assert_int_equal(p[i]->producer->id, p[i]->producer_id.value);
	assert_clean(s);
}

static void self_reference(void **state)
{
	store *st = *state;
	cn_session *s = st->s;
	Node *root = cn_new(s, Node, .name = "root");

	(void)cn_new(s, Node, .name = "a", .parent = root);
	Node *b = cn_new(s, Node, .name = "b", .parent = root);
	(void)cn_new(s, Node, .name = "c", .parent = b);
	assert_int_equal(cn_commit(s), CN_OK);
	cn_clear(s);
	root = cn_find(s, Node, "parent_id is null");
	cn_load(s, Node, root, "children.children");
	assert_clean(s);
	assert_int_equal(cn_len(root->children), 2);
	assert_string_equal(root->children[1]->children[0]->name, "c");
	assert_ptr_equal(root->children[1]->children[0]->parent->parent, root);
	assert_int_equal(cn_len(root->children[0]->children), 0);
	assert_null(root->parent);
}

static void a_pending_change_is_not_overwritten(void **state)
{
	store *st = *state;
	cn_session *s = st->s;
	Product *tea = cn_get(s, Product, 1);
	Producer *beta = cn_get(s, Producer, 2);

	tea->producer = beta;
	cn_load(s, Product, tea, "producer");
	assert_ptr_equal(tea->producer, beta);
	assert_int_equal(cn_commit(s), CN_OK);
	assert_int_equal(tea->producer_id.value, 2);
}

static void plain_rows_can_be_loaded(void **state)
{
	store *st = *state;
	cn_session *s = st->s;
	Product **p = cn_sql(s, Product, "select id, producer_id, name from product order by id");

	assert_int_equal(cn_len(p), 3);
	cn_load(s, Product, p, "producer");
	assert_clean(s);
	assert_string_equal(p[0]->producer->name, "Acme");
	p[0]->name = "not saved";
	assert_int_equal(cn_commit(s), CN_OK);
	assert_int_equal(cn_count(s, Product, cn_where("name = 'not saved'")), 0);
}

static void too_deep_is_refused(void **state)
{
	store *st = *state;

	(void)cn_list(st->s, Node,
		.load = "parent.parent.parent.parent.parent.parent.parent.parent.parent.parent."
			"parent.parent.parent.parent.parent.parent.parent");
	assert_failed(st->s, CN_EARG, "at most 16 levels deep");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, store_setup, store_teardown)
		TEST(to_one),
		TEST(to_many_with_order_and_back_reference),
		TEST(nested_paths_are_one_statement_a_level),
		TEST(many_rows_are_few_statements),
		TEST(self_reference),
		TEST(a_pending_change_is_not_overwritten),
		TEST(plain_rows_can_be_loaded),
		TEST(too_deep_is_refused),
	};
	return RUN(tests);
}
