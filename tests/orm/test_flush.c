/* test_flush.c - writing: what is written, in which order, what comes back, what a failure leaves.
 */
#include "orm/store.h"

static void new_rows_get_keys_and_defaults(void **state)
{
	store *st = *state;
	cn_session *s = st->s;
	char name[8] = "Juice";
	Product *p = cn_new(s, Product, .name = name, .producer_id = cn_some(1));

	memset(name, 'x', 5); /* it was copied */
	assert_int_equal(p->stock, 7);
	assert_int_equal(p->id, 0);
	assert_int_equal(cn_flush(s), CN_OK);
	assert_int_equal(p->id, 4);
	assert_int_not_equal(p->created_at.us, 0); /* computed by the database */
	assert_string_equal(p->name, "Juice");
	assert_int_equal(cn_commit(s), CN_OK);
	assert_ptr_equal(cn_get(s, Product, 4), p);
	assert_false(p->price.set);
	Producer mine = {.name = "Mine"};
	cn_add(s, Producer, &mine);
	assert_int_equal(cn_commit(s), CN_OK);
	assert_int_equal(mine.id, 3);
	assert_ptr_not_equal(cn_get(s, Producer, 3), &mine); /* it is the program's again */
	Product zero = {.name = "Zero", .stock = 0};
	cn_add(s, Product, &zero);
	assert_int_equal(zero.stock, 7);
	zero.stock = 0; /* said after the defaults: 0 is 0 */
	assert_int_equal(cn_commit(s), CN_OK);
	assert_int_equal(cn_get(s, Product, zero.id)->stock, 0);
}

static void only_changed_columns_are_written(void **state)
{
	store *st = *state;
	cn_session *s = st->s;
	Product *tea = cn_get(s, Product, 1), *coffee = cn_get(s, Product, 2);

	store_log_clear(&st->log);
	tea->stock = 1;
	coffee->stock = 2;
	assert_int_equal(cn_flush(s), CN_OK);
	assert_int_equal(store_log_count(&st->log, "UPDATE"), 2);
	assert_int_equal(
		store_log_count(&st->log, "UPDATE \"product\" SET \"stock\" = 1 WHERE \"id\" = 1"),
		1);
	store_log_clear(&st->log);
	assert_int_equal(cn_flush(s), CN_OK); /* nothing is left to write */
	assert_int_equal(st->log.size, 0);
	char text[4] = "Tea";
	tea->name = text; /* the same text elsewhere is no change */
	assert_int_equal(cn_flush(s), CN_OK);
	assert_int_equal(store_log_count(&st->log, "UPDATE"), 0);
	tea->name = "Green tea";
	tea->price = (cn_null_double){0};
	assert_int_equal(cn_commit(s), CN_OK);
	assert_int_equal(
		store_log_count(&st->log, "SET \"name\" = 'Green tea', \"price\" = NULL WHERE"), 1);
	cn_clear(s);
	assert_string_equal(cn_get(s, Product, 1)->name, "Green tea");
}

static void text_becomes_the_sessions(void **state)
{
	store *st = *state;
	cn_session *s = st->s;
	Product *tea = cn_get(s, Product, 1);
	char *buffer = strdup("Borrowed");

	tea->name = buffer;
	assert_int_equal(cn_flush(s), CN_OK);
	assert_ptr_not_equal(tea->name, buffer);
	free(buffer);
	assert_string_equal(tea->name, "Borrowed");
	assert_int_equal(cn_commit(s), CN_OK);
}

static void equal_rows_share_statements(void **state)
{
	store *st = *state;
	cn_session *s = st->s;
	Producer *made[120];
	char name[16];

	for (int i = 0; i < 120; i++) {
		snprintf(name, sizeof name, "P%03d", i);
		made[i] = cn_new(s, Producer, .name = name);
	}
	store_log_clear(&st->log);
	assert_int_equal(cn_commit(s), CN_OK);
	if (store_on_server())
		assert_int_equal(store_log_lines(&st->log, "COPY \"producer\""), 1);
	else
		assert_int_equal(store_log_count(&st->log, "INSERT INTO"), 2); /* 100, 20 */
	for (int i = 0; i < 120; i++) {
		snprintf(name, sizeof name, "P%03d", i);
		assert_int_equal(made[i]->id, i + 3);
		assert_string_equal(made[i]->name, name);
	}
	cn_clear(s);
	assert_string_equal(cn_get(s, Producer, 3)->name, "P000");
	assert_string_equal(cn_get(s, Producer, 122)->name, "P119");
}

static void a_refused_row_of_many_is_named(void **state)
{
	store *st = *state;
	cn_session *s = st->s;
	char name[16];

	for (int i = 0; i < 10; i++) {
		snprintf(name, sizeof name, i == 5 ? "Acme" : "P%03d", i);
		(void)cn_new(s, Producer, .name = name);
	}
	assert_int_equal(cn_commit(s), CN_ECONSTRAINT);
	assert_failed(s, CN_ECONSTRAINT, "inserting a \"Producer\"");
	assert_non_null(strstr(cn_session_error(s)->detail,
		store_on_server() ? "Key (name)=(Acme)" : "producer.name"));
	cn_rollback(s);
	assert_int_equal(cn_count(s, Producer), 2); /* nothing of it is there */
}

static void keys_that_collide_with_a_triggers_rows(void **state)
{
	store *st = *state;
	cn_session *s = st->s;
	cn_error err;
	Producer *made[6];
	char name[16];

	/* each insertion makes another row, and takes the next number */
	assert_ok(
		cn_db_exec(st->db,
			store_on_server()
				? "create function echo() returns trigger language plpgsql as $$ begin "
				  "insert into producer(name) values ('echo of ' || new.name); return null; "
				  "end $$; create trigger echo after insert on producer for each row "
				  "when (new.name not like 'echo%') execute function echo()"
				: "create trigger echo after insert on producer when new.name not like "
				  "'echo%' begin "
				  "insert into producer(name) values ('echo of ' || new.name); end",
			&err),
		&err);
	for (int i = 0; i < 6; i++) {
		snprintf(name, sizeof name, "P%03d", i);
		made[i] = cn_new(s, Producer, .name = name);
	}
	assert_int_equal(cn_commit(s), CN_OK);
	cn_clear(s);
	assert_int_equal(cn_count(s, Producer), 14);
	(void)made;
	assert_int_equal(cn_count(s, Producer, cn_where("name like 'P%'")), 6);
	assert_int_equal(cn_count(s, Producer, cn_where("name like 'echo of P%'")), 6);
}

static void parents_come_first(void **state)
{
	store *st = *state;
	cn_session *s = st->s;
	/* children are made before their parents */
	Product *p = cn_new(s, Product, .name = "Soap");
	ProductTag *link = cn_new(s, ProductTag, .product = p);
	link->tag = cn_new(s, Tag, .label = "clean");
	p->producer = cn_new(s, Producer, .name = "Late");

	assert_int_equal(cn_commit(s), CN_OK);
	assert_int_equal(p->producer_id.value, p->producer->id);
	assert_int_equal(link->product_id, p->id);
	assert_string_equal(link->label, "clean");
	assert_true(
		cn_exists(s, ProductTag, cn_where("product_id = ? and label = ?", p->id, "clean")));
}

static void lists_set_keys(void **state)
{
	store *st = *state;
	cn_session *s = st->s;
	Producer *acme = cn_get(s, Producer, 1);
	Product *milk = cn_get(s, Product, 3), *fresh = cn_new(s, Product, .name = "Fresh");

	cn_load(s, Producer, acme, "products");
	assert_int_equal(cn_len(acme->products), 2);
	cn_append(s, acme->products, milk);
	cn_append(s, acme->products, fresh);
	assert_int_equal(cn_commit(s), CN_OK);
	assert_int_equal(milk->producer_id.value, 1);
	assert_int_equal(fresh->producer_id.value, 1);
	/* moved by key afterwards: the list that it once was put into has no say any more */
	milk->producer_id.value = 2;
	acme->city = "Pisa";
	assert_int_equal(cn_commit(s), CN_OK);
	assert_int_equal(milk->producer_id.value, 2);
	/* a new parent with a list */
	Producer *gamma = cn_new(s, Producer, .name = "Gamma");
	cn_append(s, gamma->products, milk);
	assert_int_equal(cn_commit(s), CN_OK);
	assert_int_equal(milk->producer_id.value, gamma->id);
	cn_clear(s);
	assert_int_equal(cn_get(s, Product, 3)->producer_id.value, 3);
}

static void parents_are_changed_and_taken_away(void **state)
{
	store *st = *state;
	cn_session *s = st->s;
	Product *tea = cn_get(s, Product, 1);

	tea->producer = cn_get(s, Producer, 2);
	assert_int_equal(cn_flush(s), CN_OK);
	assert_int_equal(tea->producer_id.value, 2);
	tea->producer = NULL;
	assert_int_equal(cn_commit(s), CN_OK);
	assert_false(tea->producer_id.set);
	assert_int_equal(cn_count(s, Product, cn_where("producer_id is null")), 1);
	Producer stranger = {.id = 1, .name = "x"};
	tea->producer = &stranger;
	assert_int_equal(cn_flush(s), CN_EARG);
	assert_failed(s, CN_EARG,
		"\"Product\".\"producer\" holds a \"Producer\" that is no row of this session");
}

static void self_references(void **state)
{
	store *st = *state;
	cn_session *s = st->s;
	enum { DEPTH = 3000 };
	Node *leaf = cn_new(s, Node, .name = "leaf"), *at = leaf;

	for (int i = 0; i < DEPTH; i++) /* the deepest first */
		at = at->parent = cn_new(s, Node, .name = "up");
	at->parent = at; /* the root is its own parent */
	assert_int_equal(cn_commit(s), CN_OK);
	assert_int_equal(at->parent_id.value, at->id);
	assert_int_equal(leaf->parent_id.value, leaf->parent->id);
	assert_int_equal(cn_count(s, Node), DEPTH + 1);
	/* by keys that the program gives, children first */
	(void)cn_new(s, Node, .id = 10002, .parent_id = cn_some(10001), .name = "child");
	(void)cn_new(s, Node, .id = 10001, .parent_id = cn_some(10000), .name = "middle");
	(void)cn_new(s, Node, .id = 10000, .name = "top");
	assert_int_equal(cn_commit(s), CN_OK);
	/* two that need each other */
	Node *a = cn_new(s, Node, .name = "a"), *b = cn_new(s, Node, .name = "b", .parent = a);
	a->parent = b;
	assert_int_equal(cn_commit(s), CN_OK);
	assert_int_equal(a->parent_id.value, b->id);
	assert_int_equal(b->parent_id.value, a->id);
	/* everything goes, parents named first, once the cycles are open */
	(void)cn_execute(s, "update node set parent_id = null where id in (?, ?) or parent_id = id",
		a->id, b->id);
	cn_clear(s);
	Node **nodes = cn_list(s, Node, .order_by = "id");
	for (size_t i = 0; nodes[i]; i++)
		cn_delete(s, Node, nodes[i]);
	assert_int_equal(cn_commit(s), CN_OK);
	assert_int_equal(cn_count(s, Node), 0);
}

static void deletions_cascade(void **state)
{
	store *st = *state;
	cn_session *s = st->s;
	Producer *acme = cn_get(s, Producer, 1);
	Product *tea = cn_get(s, Product, 1);

	tea->stock = 55;
	cn_delete(s, Producer, acme);
	assert_int_equal(cn_commit(s), CN_OK);
	assert_int_equal(cn_count(s, Producer), 1);
	assert_int_equal(cn_count(s, Product), 1);
	assert_null(cn_get(s, Product, 1));
	/* without a cascade the database says no */
	Tag *tag = cn_new(s, Tag, .label = "used");
	(void)cn_new(s, ProductTag, .product_id = 3, .tag = tag);
	assert_int_equal(cn_commit(s), CN_OK);
	cn_delete(s, Tag, tag);
	assert_int_equal(cn_commit(s), CN_ECONSTRAINT);
	assert_failed(s, CN_ECONSTRAINT, "deleting \"Tag\" \"used\"");
	cn_rollback(s);
	assert_int_equal(cn_count(s, Tag), 1);
	/* one that was never inserted is simply forgotten */
	Tag *never = cn_new(s, Tag, .label = "never");
	cn_delete(s, Tag, never);
	assert_int_equal(cn_commit(s), CN_OK);
	assert_int_equal(cn_count(s, Tag), 1);
	Tag unknown = {.label = "unknown"};
	cn_delete(s, Tag, &unknown);
	assert_failed(s, CN_EARG, "is no row of this session");
}

static void rollback_leaves_structs_usable(void **state)
{
	store *st = *state;
	cn_session *s = st->s;
	Product *tea = cn_get(s, Product, 1);
	Producer *fresh = cn_new(s, Producer, .name = "Fresh");
	Producer mine = {.name = "Mine"};

	tea->name = "Changed";
	cn_add(s, Producer, &mine);
	assert_int_equal(cn_flush(s), CN_OK);
	assert_int_equal(fresh->id, 3);
	assert_int_equal(mine.id, 4);
	cn_rollback(s);
	assert_int_equal(fresh->id, 0); /* the key is free again */
	assert_int_equal(mine.id, 0);
	assert_string_equal(fresh->name, "Fresh");
	assert_string_equal(tea->name, "Changed"); /* what the program put in */
	assert_string_equal(cn_get(s, Product, 1)->name, "Tea");
	assert_int_equal(cn_count(s, Producer), 2);
	cn_add(s, Producer, fresh);
	cn_add(s, Producer, &mine);
	assert_int_equal(cn_commit(s), CN_OK);
	if (!store_on_server())
		assert_int_equal(fresh->id, 3);
	assert_int_equal(mine.id, fresh->id + 1);
	assert_int_equal(cn_count(s, Producer), 4);
}

static void errors_are_kept_until_rollback(void **state)
{
	store *st = *state;
	cn_session *s = st->s;

	(void)cn_new(s, Product, .name = "Minus", .price = cn_some(-1));
	assert_int_equal(cn_flush(s), CN_ECONSTRAINT);
	assert_string_equal(cn_session_error(s)->sqlstate, "23514");
	assert_null(cn_new(s, Product, .name = "x"));
	assert_int_equal(cn_len(cn_list(s, Product)), 0);
	assert_int_equal(cn_execute(s, "delete from product"), 0);
	assert_int_equal(cn_flush(s), CN_ECONSTRAINT);
	cn_rollback(s);
	assert_clean(s);
	assert_int_equal(cn_count(s, Product), 3);
}

static void what_does_not_fit_is_refused(void **state)
{
	store *st = *state;
	cn_session *s = st->s;
	Product *tea = cn_get(s, Product, 1);

	tea->name = "a name of more than twenty letters";
	assert_int_equal(cn_flush(s), CN_EARG);
	assert_failed(s, CN_EARG,
		"model \"Product\": member \"name\": a text of 34 characters is longer than .length = 20");
	cn_rollback(s);
	(void)cn_new(s, Product, .name = "\xc3\x28");
	assert_int_equal(cn_flush(s), CN_EARG);
	assert_failed(s, CN_EARG, "the text is not UTF-8");
	cn_rollback(s);
	(void)cn_new(s, Product, .name = NULL);
	assert_int_equal(cn_flush(s), CN_ECONSTRAINT);
	cn_rollback(s);
	tea = cn_get(s, Product, 1);
	tea->id = 9;
	assert_int_equal(cn_flush(s), CN_EARG);
	assert_failed(s, CN_EARG, "the primary key of \"Product\" 1 was changed (member \"id\")");
	cn_rollback(s);
	assert_int_equal(cn_count(s, Product), 3);
	(void)cn_new(s, Product,
		.name = "twenty \xc3\xa9\xc3\xa9\xc3\xa9 letters 1"); /* 20 characters, 23 bytes */
	assert_int_equal(cn_flush(s), CN_OK);
}

/* ---- two sessions ---- */

static void a_row_that_somebody_changed(void **state)
{
	store *st = *state;
	cn_session *s = st->s, *other = cn_session_open(st->db);
	Product *tea = cn_get(s, Product, 1), *coffee = cn_get(s, Product, 2);

	cn_get(other, Product, 1)->price = (cn_null_double)cn_some(9);
	assert_int_equal(cn_commit(other), CN_OK);
	coffee->stock = 1; /* another row: no conflict */
	assert_int_equal(cn_flush(s), CN_OK);
	tea->stock = 2;
	assert_int_equal(cn_flush(s), CN_ECONFLICT);
	assert_failed(
		s, CN_ECONFLICT, "\"Product\" 1 was changed by somebody else since it was read");
	assert_string_equal(cn_session_error(s)->detail, "column \"price\" is not what it was");
	cn_rollback(s);
	tea = cn_get(s, Product, 1);
	tea->stock = 2;
	assert_int_equal(cn_commit(s), CN_OK);
	/* after a commit too: rows of an older unit of work are checked */
	cn_get(other, Product, 1)->stock = 3;
	assert_int_equal(cn_commit(other), CN_OK);
	tea->stock = 4;
	assert_int_equal(cn_commit(s), CN_ECONFLICT);
	cn_rollback(s);
	tea = cn_get(s, Product, 1);
	cn_delete(other, Product, cn_get(other, Product, 1));
	assert_int_equal(cn_commit(other), CN_OK);
	tea->stock = 5;
	assert_int_equal(cn_commit(s), CN_ECONFLICT);
	assert_failed(s, CN_ECONFLICT, "\"Product\" 1 was deleted by somebody else");
	cn_session_close(other);
}

static void what_is_read_again_is_up_to_date(void **state)
{
	store *st = *state;
	cn_session *s = st->s, *other = cn_session_open(st->db);
	Product *tea = cn_get(s, Product, 1), *coffee = cn_get(s, Product, 2);

	cn_execute(other, "update product set stock = 50, name = 'New ' || name");
	assert_int_equal(cn_commit(other), CN_OK);
	assert_ptr_equal(cn_find(s, Product, "id = 1"), tea);
	assert_int_equal(tea->stock, 7); /* one transaction sees one state */
	assert_int_equal(cn_commit(s), CN_OK);
	coffee->stock = 51; /* unwritten: reading does not take it away */
	(void)cn_list(s, Product);
	assert_int_equal(tea->stock, 50);
	assert_string_equal(tea->name, "New Tea");
	assert_int_equal(coffee->stock, 51);
	assert_string_equal(coffee->name, "Coffee");
	cn_session_close(other);
}

static void a_second_writer_waits_its_time(void **state)
{
	store *st = *state;
	cn_session *other = cn_session_open(st->db);

	(void)cn_new(st->s, Tag, .label = "one");
	assert_int_equal(cn_flush(st->s), CN_OK);
	(void)cn_new(other, Tag, .label = "two");
	/* several write at the same time on a server */
	assert_int_equal(cn_flush(other), store_on_server() ? CN_OK : CN_ECONFLICT);
	cn_rollback(other);
	assert_int_equal(cn_commit(st->s), CN_OK);
	(void)cn_new(other, Tag, .label = "two");
	assert_int_equal(cn_commit(other), CN_OK);
	cn_session_close(other);
}

static void a_database_that_is_only_read(void **state)
{
	store *st = *state;
	cn_error err;
	cn_db *db;

	assert_ok(cn_db_open(st->uri, &(cn_db_options){.models = store_models, .read_only = true},
			  &db, &err),
		&err);
	cn_session *s = cn_session_open(db);
	assert_int_equal(cn_count(s, Product), 3);
	(void)cn_new(s, Tag, .label = "x");
	assert_int_equal(cn_commit(s), CN_EIO);
	assert_failed(s, CN_EIO, "opened to be read only");
	cn_session_close(s);
	cn_db_close(db);
}

static void memory_is_one_connection(void **state)
{
	cn_error err;
	cn_db *db;

	(void)state;
	assert_ok(
		cn_db_open("sqlite://", &(cn_db_options){.models = store_models}, &db, &err), &err);
	assert_ok(cn_db_create_all(db, &err), &err);
	assert_ok(cn_db_create_all(db, &err), &err); /* what is there stays */
	cn_session *s = cn_session_open(db);
	assert_int_equal(cn_count(s, Tag), 0);
	(void)cn_new(s, Tag, .label = "x");
	assert_int_equal(cn_flush(s), CN_OK);
	assert_int_equal(cn_count(s, Tag), 1);
	cn_rollback(s);
	assert_int_equal(cn_count(s, Tag), 0);
	(void)cn_new(s, Tag, .label = "y");
	assert_int_equal(cn_commit(s), CN_OK);
	assert_int_equal(cn_count(s, Tag), 1);
	cn_session_close(s);
	cn_db_close(db);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, store_setup, store_teardown)
		TEST(new_rows_get_keys_and_defaults),
		TEST(only_changed_columns_are_written),
		TEST(text_becomes_the_sessions),
		TEST(equal_rows_share_statements),
		TEST(a_refused_row_of_many_is_named),
		TEST(keys_that_collide_with_a_triggers_rows),
		TEST(parents_come_first),
		TEST(lists_set_keys),
		TEST(parents_are_changed_and_taken_away),
		TEST(self_references),
		TEST(deletions_cascade),
		TEST(rollback_leaves_structs_usable),
		TEST(errors_are_kept_until_rollback),
		TEST(what_does_not_fit_is_refused),
		TEST(a_row_that_somebody_changed),
		TEST(what_is_read_again_is_up_to_date),
		TEST(a_second_writer_waits_its_time),
		TEST(a_database_that_is_only_read),
		cmocka_unit_test(memory_is_one_connection),
	};
	return RUN(tests);
}
