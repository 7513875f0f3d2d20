/*
 * test_faults.c - every call of SQLite fails once: busy, full, I/O, constraint, interrupted, out of
 * memory; while reading, flushing, committing, in savepoints and bulk work. Each time the session
 * says so, the database is as it was, and after cn_rollback the session works. The calls are
 * wrapped by the linker (--wrap).
 */
#include "orm/store.h"

#include "orm/fail_sqlite.h"

typedef cn_status (*work_fn)(cn_session *s);

typedef struct kind {
	int rc;
	cn_status status;
} kind;

static bool store_is_old(cn_session *s)
{
	return cn_count(s, Product) == 3 && cn_count(s, Producer) == 2 && cn_count(s, Tag) == 0 &&
	       cn_count(s, Product, cn_where("name in ('Tea', 'Coffee', 'Milk') and stock = 7")) ==
		       3;
}

static void try_one(store **st, work_fn work, bool writes, const kind *k, long n, bool *ret_end)
{
	cn_session *s = (*st)->s;

	failure = k->rc;
	fired = false;
	countdown = n;
	cn_status status = work(s);
	countdown = -1;
	*ret_end = !fired;
	if (status < 0) {
		if (!fired || status != k->status)
			fail_msg("call %ld, code %d: %d %s | %s", n, k->rc, status,
				cn_session_error(s)->message, cn_session_error(s)->detail);
		assert_true(cn_session_error(s)->message[0] != '\0');
		cn_rollback(s);
		if (!store_is_old(s))
			fail_msg("call %ld, code %d: not as it was: %s", n, k->rc,
				cn_session_error(s)->message);
	}
	assert_clean(s);
	assert_int_equal(cn_commit(s), CN_OK);
	cn_clear(s);
	/* it got through: what failed was tried again, or was no part of it */
	if (status == CN_OK && writes) {
		assert_int_equal(cn_count(s, Product), 8);
		store_close(*st);
		*st = store_open(false);
		store_fill(*st);
	}
}

static void try_all(work_fn work, bool writes)
{
	static const kind kinds[] = {{SQLITE_BUSY, CN_ECONFLICT}, {SQLITE_FULL, CN_EIO},
		{SQLITE_IOERR_WRITE, CN_EIO}, {SQLITE_CONSTRAINT_CHECK, CN_ECONSTRAINT},
		{SQLITE_INTERRUPT, CN_ECANCELED}, {SQLITE_NOMEM, CN_ENOMEM}};
	store *st = store_open(false);

	store_fill(st);
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		bool end = false;
		long n = 0;
		for (; !end; n++) {
			assert_true(n < 3000);
			try_one(&st, work, writes, &kinds[i], n, &end);
		}
		assert_true(n > 10);
	}
	store_close(st);
}

static cn_status reading(cn_session *s)
{
	size_t count = 0;

	(void)cn_list(s, Producer, cn_where("id > ?", 0), .order_by = "id",
		.load = "products.tags, products.producer");
	(void)cn_get(s, Product, 1);
	(void)cn_count(s, Product, cn_where("name like ?", "T%"));
	(void)cn_paginate(s, Product, 1);
	(void)cn_sql(s, Product, "select id, name from product");
	cn_each (s, Product, p, cn_where("name <> ?", "none"), .order_by = "id") {
		count += p->id > 0;
	}
	cn_refresh(s, Product, cn_get(s, Product, 1));
	assert_true(count == 3 || cn_session_error(s)->status < 0);
	return cn_commit(s);
}

static cn_status writing(cn_session *s)
{
	Producer *acme = cn_get(s, Producer, 1);
	Tag *tag = cn_new(s, Tag, .label = "new", .weight = 1);

	cn_load(s, Producer, acme, "products");
	for (int i = 0; i < 6; i++) {
		Product *p = cn_new(s, Product, .name = "Made", .created_at = {5});
		if (p && acme)
			cn_append(s, acme->products, p);
		(void)cn_new(s, ProductTag, .product = p, .tag = tag);
	}
	Node *node = cn_new(s, Node, .name = "n");
	if (node)
		node->parent = node;
	Product *tea = cn_get(s, Product, 1);
	if (tea)
		tea->name = "Changed tea";
	if (cn_flush(s) < 0)
		return cn_session_error(s)->status;
	cn_delete(s, Producer, cn_get(s, Producer, 2)); /* Milk goes with it */
	(void)cn_execute(s, "update product set stock = ? where id = ?", 3, 2);
	return cn_commit(s);
}

/* Rows that are inserted together, and updated together. */
static cn_status changing(cn_session *s)
{
	for (int i = 0; i < 5; i++)
		(void)cn_new(s, Product, .name = "Made", .created_at = {5});
	if (cn_flush(s) < 0)
		return cn_session_error(s)->status;
	Product **all = cn_list(s, Product);
	for (size_t i = 0; all[i]; i++) {
		all[i]->stock += 1;
		all[i]->name = "Changed";
	}
	if (cn_flush(s) < 0)
		return cn_session_error(s)->status;
	for (size_t i = 0; all[i]; i++)
		all[i]->stock += 1;
	return cn_commit(s);
}

static cn_status in_bulk(cn_session *s)
{
	Product rows[5] = {{.name = "A"}, {.name = "B"}, {.name = "C", .id = 50}, {.name = "D"},
		{.name = "E"}};

	if (cn_savepoint(s) < 0)
		return cn_session_error(s)->status;
	(void)cn_insert_many(s, Product, rows, 5);
	(void)cn_update_where(s, Product, "stock = ?", "name = ?", 1, "Tea");
	if (cn_savepoint_release(s) < 0 || cn_savepoint(s) < 0)
		return cn_session_error(s)->status;
	(void)cn_delete_where(s, Product, "name = ?", "Tea");
	if (cn_session_error(s)->status == CN_OK && cn_savepoint_undo(s) < 0)
		return cn_session_error(s)->status;
	return cn_commit(s);
}

static void while_reading(void **state)
{
	(void)state;
	try_all(reading, false);
}

static void while_writing(void **state)
{
	(void)state;
	try_all(writing, true);
}

static void while_changing_many(void **state)
{
	(void)state;
	try_all(changing, true);
}

static void in_bulk_and_savepoints(void **state)
{
	(void)state;
	try_all(in_bulk, true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(while_reading),
		cmocka_unit_test(while_writing), cmocka_unit_test(while_changing_many),
		cmocka_unit_test(in_bulk_and_savepoints)};

	return RUN(tests);
}
