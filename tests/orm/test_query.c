/* test_query.c - reading: get, find, one, list, count, exists, paginate, sql, execute, streams; and
 * what is refused. */
#include "orm/store.h"

typedef struct Sales {
	const char *producer;
	int64_t products;
	cn_null_double total;
} Sales;
CN_ROW(Sales, CN_COLUMN(Sales, producer), CN_COLUMN(Sales, products),
	CN_COLUMN(Sales, total, .name = "sum"));

static void a_key_is_one_pointer(void **state)
{
	store *st = *state;
	Product *tea = cn_get(st->s, Product, 1);

	assert_non_null(tea);
	assert_string_equal(tea->name, "Tea");
	assert_true(tea->price.set);
	assert_int_equal(tea->stock, 7);
	assert_int_not_equal(tea->created_at.us, 0);
	store_log_clear(&st->log);
	assert_ptr_equal(cn_get(st->s, Product, 1), tea);
	assert_int_equal(st->log.size, 0); /* without asking the database */
	assert_ptr_equal(cn_find(st->s, Product, "name = ?", "Tea"), tea);
	assert_ptr_equal(cn_list(st->s, Product, .order_by = "id")[0], tea);
	assert_null(cn_get(st->s, Product, 99));
	assert_null(cn_get(st->s, Product, NULL));
	assert_clean(st->s);
}

static void composite_keys(void **state)
{
	store *st = *state;
	cn_session *s = st->s;

	(void)cn_new(s, Tag, .label = "hot", .weight = 2);
	ProductTag *made = cn_new(s, ProductTag, .product_id = 1, .label = "hot");
	assert_int_equal(cn_commit(s), CN_OK);
	assert_ptr_equal(cn_get(s, ProductTag, 1, "hot"), made);
	assert_null(cn_get(s, ProductTag, 2, "hot"));
	assert_string_equal(cn_get(s, Tag, "hot")->label, "hot");
	assert_null(cn_get(s, ProductTag, 1));
	assert_failed(s, CN_EARG, "the key of \"ProductTag\" has 2 columns, not 1");
	cn_rollback(s);
	assert_null(cn_get(s, Product, "one"));
	assert_failed(s, CN_EARG,
		"the key of \"Product\": member \"id\": the text \"one\" does not fit an integer");
}

static void lists(void **state)
{
	store *st = *state;
	Product **p = cn_list(st->s, Product, cn_where("price > ? and name like ?", 2.0, "%e%"),
		.order_by = "price desc");

	assert_int_equal(cn_len(p), 2);
	assert_string_equal(p[0]->name, "Coffee");
	assert_string_equal(p[1]->name, "Tea");
	assert_int_equal(cn_len(cn_list(st->s, Product)), 3);
	assert_int_equal(cn_len(cn_list(st->s, Product, cn_where("price is null"))), 0);
	p = cn_list(st->s, Product, .order_by = "name", .limit = 1, .offset = 1);
	assert_int_equal(cn_len(p), 1);
	assert_string_equal(p[0]->name, "Milk");
	p = cn_list(st->s, Product, .order_by = "name", .offset = 1);
	assert_int_equal(cn_len(p), 2);
	assert_string_equal(cn_first(st->s, Product, .order_by = "price")->name, "Milk");
	assert_int_equal(cn_len(cn_list(st->s, Product, cn_where("name = 'Tea' -- a comment"))), 1);
	assert_int_equal(cn_len(NULL), 0);
	assert_clean(st->s);
}

static void exactly_one(void **state)
{
	store *st = *state;

	assert_string_equal(cn_one(st->s, Producer, "name = ?", "Beta")->name, "Beta");
	assert_null(cn_one(st->s, Producer, "name = ?", "Nobody"));
	assert_failed(st->s, CN_ENOTFOUND, "no \"Producer\" for a condition that should find one");
	assert_null(cn_get(st->s, Producer, 1)); /* the error is kept */
	assert_int_equal(cn_len(cn_list(st->s, Producer)), 0);
	assert_int_equal(cn_count(st->s, Producer), 0);
	assert_int_equal(cn_commit(st->s), CN_ENOTFOUND);
	cn_rollback(st->s);
	assert_non_null(cn_get(st->s, Producer, 1));
	assert_null(cn_one(st->s, Producer, "name > ?", ""));
	assert_failed(st->s, CN_EARG, "more than one \"Producer\"");
}

static void numbers(void **state)
{
	store *st = *state;

	assert_int_equal(cn_count(st->s, Product), 3);
	assert_int_equal(cn_count(st->s, Product, cn_where("price < ?", 4)), 2);
	assert_int_equal(cn_count(st->s, Product, .distinct = true), 3);
	assert_true(cn_exists(st->s, Product));
	assert_true(cn_exists(st->s, Product, cn_where("name = ?", "Tea")));
	assert_false(cn_exists(st->s, Product, cn_where("name = ?", "Beer")));
	assert_clean(st->s);
}

static void pages(void **state)
{
	store *st = *state;
	cn_page page = cn_paginate(st->s, Product, 2, .order_by = "name", .limit = 2);

	assert_int_equal(page.total, 3);
	assert_int_equal(page.pages, 2);
	assert_int_equal(page.page, 2);
	assert_true(page.has_previous);
	assert_false(page.has_next);
	assert_int_equal(cn_len(page.items), 1);
	assert_string_equal(((Product *)page.items[0])->name, "Tea");
	page = cn_paginate(st->s, Product, 9);
	assert_int_equal(cn_len(page.items), 0);
	assert_int_equal(page.per_page, 20);
	page = cn_paginate(st->s, Product, SIZE_MAX);
	assert_int_equal(cn_len(page.items), 0);
	page = cn_paginate(st->s, Product, 1, cn_where("name = ?", "none"));
	assert_int_equal(page.pages, 1);
	assert_false(page.has_next);
	assert_clean(st->s);
}

static void sql_into_structs(void **state)
{
	store *st = *state;
	Sales **sales = cn_sql(st->s, Sales,
		"select m.name as producer, count(*) as products, sum(p.price) as sum from product p "
		"join producer m on m.id = p.producer_id where p.price > ? group by 1 order by 1",
		0.5);

	assert_clean(st->s);
	assert_int_equal(cn_len(sales), 2);
	assert_string_equal(sales[0]->producer, "Acme");
	assert_int_equal(sales[0]->products, 2);
	assert_true(sales[0]->total.set && sales[0]->total.value == 8.5);
	(void)cn_sql(st->s, Sales, "select name as producr from producer");
	assert_failed(st->s, CN_EARG, "did you mean \"producer\"?");
	cn_rollback(st->s);
	(void)cn_sql(st->s, Sales, "delete from product");
	assert_failed(st->s, CN_EARG, "the statement yields no rows: use cn_execute");
	cn_rollback(st->s);
	assert_int_equal(cn_count(st->s, Product), 3);
	(void)cn_list(st->s, Sales);
	assert_failed(st->s, CN_EARG, "model \"Sales\" has no table");
}

static void statements(void **state)
{
	store *st = *state;
	Product *tea = cn_get(st->s, Product, 1);

	assert_int_equal(cn_execute(st->s, "update product set stock = stock + ?", 1), 3);
	assert_int_equal(tea->stock, 7);
	assert_ptr_equal(cn_get(st->s, Product, 1), tea); /* read again, in its place */
	assert_int_equal(tea->stock, 8);
	assert_int_equal(cn_commit(st->s), CN_OK);
	assert_int_equal(cn_execute(st->s, "delete from product where id = ?", 77), 0);
	assert_clean(st->s);
	(void)cn_execute(st->s, "delete from product; delete from producer");
	assert_failed(st->s, CN_EARG, "more than one SQL statement");
}

/* ---- what is refused ---- */

static void wrong_number_of_arguments(void **state)
{
	store *st = *state;

	(void)cn_list(st->s, Product, cn_where("price > ? and name = ?", 1.0));
	assert_failed(st->s, CN_EARG, "1 argument for 2 \"?\"");
	cn_rollback(st->s);
	(void)cn_find(st->s, Product, "price > 1", 3, 4);
	assert_failed(st->s, CN_EARG, "2 arguments for 0 \"?\"");
	cn_rollback(st->s);
	(void)cn_execute(st->s, "update product set stock = ?");
	assert_failed(st->s, CN_EARG, "0 arguments for 1 \"?\"");
	cn_rollback(st->s);
	assert_int_equal(cn_count(st->s, Product, cn_where("stock = ?", UINT64_MAX)), 0);
	assert_failed(st->s, CN_EARG, "beyond 2^63-1");
	cn_rollback(st->s);
	(void)cn_find(st->s, Product, "name = ?", "\xff\xfe");
	assert_failed(st->s, CN_EARG, "not UTF-8");
	cn_rollback(st->s);
	(void)cn_find(st->s, Product, "");
	assert_failed(st->s, CN_EARG, "a condition has no text");
}

static void many_by_key(void **state)
{
	store *st = *state;
	enum { MANY = 1234 };
	int64_t keys[MANY + 3], ids[MANY];

	for (int i = 0; i < MANY; i++)
		(void)cn_new(st->s, Product, .name = "many", .stock = i + 100);
	assert_int_equal(cn_commit(st->s), CN_OK);
	Product **all = cn_list(st->s, Product, cn_where("name = 'many'"), .order_by = "stock");
	assert_int_equal(cn_len(all), MANY);
	for (int i = 0; i < MANY; i++)
		ids[i] = all[i]->id;
	cn_clear(st->s);
	Product *known = cn_get(st->s, Product, ids[7]);
	for (int i = 0; i < MANY;
		i++) /* in another order, two of them twice, one that is not there */
		keys[i] = ids[(i * 7) % MANY];
	keys[MANY] = ids[7];
	keys[MANY + 1] = -5;
	keys[MANY + 2] = ids[0];
	store_log_clear(&st->log);
	Product **got = cn_get_many(st->s, Product, keys, MANY + 3);
	assert_clean(st->s);
	assert_in_range(store_log_lines(&st->log, "SELECT "), 1, 13);
	for (int i = 0; i < MANY; i++)
		assert_int_equal(got[i]->stock, (i * 7) % MANY + 100);
	assert_ptr_equal(got[MANY], known);
	assert_null(got[MANY + 1]);
	assert_ptr_equal(got[MANY + 2], got[0]);
	store_log_clear(&st->log); /* all known by now, but for the one */
	got = cn_get_many(st->s, Product, keys, 5);
	assert_int_equal(store_log_lines(&st->log, "SELECT "), 0);
	assert_int_equal(got[4]->stock, 128);
	cn_delete(st->s, Product, got[4]);
	assert_int_equal(cn_flush(st->s), CN_OK);
	got = cn_get_many(st->s, Product, keys, 5);
	assert_null(got[4]);
	assert_non_null(got[3]);
	assert_non_null(cn_get_many(st->s, Product, keys, 0));
	assert_null(cn_get_many(st->s, Tag, keys, 1));
	assert_failed(st->s, CN_EARG, "no primary key of one integer");
}

static void unknown_names(void **state)
{
	store *st = *state;

	(void)cn_find(st->s, Product, "pric > 3");
	assert_failed(
		st->s, CN_ESQL, store_on_server() ? "product.price" : "did you mean \"price\"?");
	cn_rollback(st->s);
	if (!store_on_server()) {
		const char *hint = "did you mean \"price\"?";
		(void)cn_list(st->s, Product, .order_by = "prise desc");
		assert_failed(st->s, CN_ESQL, hint);
		cn_rollback(st->s);
		(void)cn_count(st->s, Product, cn_where("pric > ?", 1));
		assert_failed(st->s, CN_ESQL, hint);
		cn_rollback(st->s);
		(void)cn_paginate(st->s, Product, 1, .order_by = "prize");
		assert_failed(st->s, CN_ESQL, hint);
		cn_rollback(st->s);
		cn_each (st->s, Product, p, cn_where("pryce > 1"))
			fail_msg("%s", p->name);
		assert_failed(st->s, CN_ESQL, hint);
		cn_rollback(st->s);
		(void)cn_update_where(st->s, Product, "prise = 1", "true");
		assert_failed(st->s, CN_ESQL, hint);
		cn_rollback(st->s);
		(void)cn_delete_where(st->s, Product, "prise = ?", 1);
		assert_failed(st->s, CN_ESQL, hint);
		cn_rollback(st->s);
	}
	(void)cn_list(st->s, Product, .join = "producr");
	assert_failed(st->s, CN_EARG, "did you mean \"producer\"?");
	cn_rollback(st->s);
	(void)cn_list(st->s, Producer, .load = "products.tagz");
	assert_failed(st->s, CN_EARG, "did you mean \"tags\"?");
	cn_rollback(st->s);
	cn_load(st->s, Product, cn_get(st->s, Product, 1), "labls");
	assert_failed(st->s, CN_EARG, "did you mean \"labels\"?");
	cn_rollback(st->s);
	(void)cn_list(st->s, Product, .load = "producr");
	assert_failed(st->s, CN_EARG, "did you mean \"producer\"?");
	cn_rollback(st->s);
	(void)cn_list(st->s, Product, .load = "producer.");
	assert_failed(st->s, CN_EARG, "is no list of relations");
	cn_rollback(st->s);
	cn_error err;
	assert_ok(
		cn_db_exec(st->db, "alter table product rename column price to cost", &err), &err);
	(void)cn_list(st->s, Product);
	assert_failed(st->s, CN_ESQL, "the model has it, the database does not");
}

static void a_model_of_another_database(void **state)
{
	store *st = *state;
	static const cn_model *const few[] = {&Tag_model, NULL};
	cn_error err;
	cn_db *db;

	assert_ok(cn_db_open(st->uri, &(cn_db_options){.models = few}, &db, &err), &err);
	cn_session *s = cn_session_open(db);
	(void)cn_list(s, Product);
	assert_failed(s, CN_EARG, "model \"Product\" is none of the database's");
	cn_session_close(s);
	cn_db_close(db);
}

/* ---- streams ---- */

static void a_stream_reuses_its_row(void **state)
{
	store *st = *state;
	const Product *first = NULL;
	size_t count = 0;
	char names[64] = "";

	cn_each (st->s, Product, p, cn_where("price > ?", 0), .order_by = "name") {
		first = first ? first : p;
		assert_ptr_equal(first, p);
		strcat(names, p->name);
		count++;
	}
	assert_int_equal(count, 3);
	assert_string_equal(names, "CoffeeMilkTea");
	assert_clean(st->s);
}

static size_t left_by_return(cn_session *s)
{
	cn_each (s, Product, p, .order_by = "id") {
		if (p->id == 2)
			return 2;
	}
	return 0;
}

static void a_stream_may_be_left(void **state)
{
	store *st = *state;

	assert_int_equal(left_by_return(st->s), 2);
	cn_each (st->s, Product, p) {
		if (p->id)
			break;
	}
	/* two at once, and writing inside */
	cn_each (st->s, Producer, m, .order_by = "id") {
		cn_each (st->s, Product, p, cn_where("producer_id = ?", m->id)) {
			Product *mine = cn_get(st->s, Product, p->id);
			mine->stock = 100;
		}
		assert_int_equal(cn_flush(st->s), CN_OK);
	}
	assert_int_equal(cn_commit(st->s), CN_OK);
	assert_int_equal(cn_count(st->s, Product, cn_where("stock = 100")), 3);
}

static void a_stream_ends_with_its_transaction(void **state)
{
	store *st = *state;
	size_t turns = 0;

	cn_each (st->s, Product, p) {
		turns++;
		(void)cn_commit(st->s);
		(void)p;
	}
	assert_int_equal(turns, 1);
	assert_failed(st->s, CN_EARG, "commit after the loop");
	cn_rollback(st->s);
	cn_each (st->s, Product, q) {
		cn_rollback(st->s);
		assert_int_equal(q->stock, 7); /* the row itself is still there */
		break;
	}
	cn_each (st->s, Product, r, cn_where("nonsense")) {
		fail_msg("a row for no condition: %s", r->name);
	}
	assert_failed(st->s, CN_ESQL, store_on_server() ? "does not exist" : "no such column");
}

static void distinct_and_views_are_in_models(void **state)
{
	store *st = *state;

	store_log_clear(&st->log);
	(void)cn_list(st->s, Product, .distinct = true, .order_by = "name");
	assert_int_equal(store_log_count(&st->log, "SELECT DISTINCT"), 1);
	assert_clean(st->s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, store_setup, store_teardown)
		TEST(a_key_is_one_pointer),
		TEST(composite_keys),
		TEST(lists),
		TEST(exactly_one),
		TEST(numbers),
		TEST(pages),
		TEST(sql_into_structs),
		TEST(statements),
		TEST(wrong_number_of_arguments),
		TEST(many_by_key),
		TEST(unknown_names),
		TEST(a_model_of_another_database),
		TEST(a_stream_reuses_its_row),
		TEST(a_stream_may_be_left),
		TEST(a_stream_ends_with_its_transaction),
		TEST(distinct_and_views_are_in_models),
	};
	return RUN(tests);
}
