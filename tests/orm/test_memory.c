/*
 * test_memory.c - every allocation fails once: nothing crashes, nothing leaks, the session says so,
 * and is usable after cn_rollback. The allocator is wrapped by the linker (--wrap); SQLite's own is
 * not.
 */
#include "orm/works.h"

static long countdown = -1; /* < 0: none fails; 0: the next one does */

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *data, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *data, size_t size);

static bool fails(void)
{
	if (countdown < 0)
		return false;
	return countdown-- == 0;
}

void *__wrap_malloc(size_t size) { return fails() ? NULL : __real_malloc(size); }
void *__wrap_calloc(size_t count, size_t size)
{
	return fails() ? NULL : __real_calloc(count, size);
}
void *__wrap_realloc(void *data, size_t size)
{
	return fails() ? NULL : __real_realloc(data, size);
}

typedef cn_status (*work_fn)(cn_session *s);

/* Runs the work with the n-th allocation failing, for every n, until it gets through; each time the
 * database is as it was, and after the last as the work leaves it. */
static void try_all(work_fn work, int64_t products_after)
{
	store *st = store_open(false);
	long n = 0;

	store_fill(st);
	cn_session_close(st->s);
	st->s = NULL;
	for (;; n++) {
		assert_true(n < 20000);
		countdown = n;
		cn_session *s = cn_session_open(st->db);
		cn_status status = s ? work(s) : CN_ENOMEM;
		bool done = countdown >= 0;
		countdown = -1;
		if (s && status < 0) {
			if (status != CN_ENOMEM)
				fail_msg("allocation %ld: %d %s", n, status,
					cn_session_error(s)->message);
			cn_rollback(s);
			if (cn_count(s, Product) != 3 || cn_session_error(s)->status < 0)
				fail_msg("allocation %ld: the session is not usable: %s", n,
					cn_session_error(s)->message);
		}
		if (status == CN_OK) {
			assert_int_equal(cn_count(s, Product), products_after);
			cn_session_close(s);
			if (done)
				break;
			fail_msg("allocation %ld failed, and nobody noticed", n);
		}
		cn_session_close(s);
	}
	assert_true(n > 5);
	store_close(st);
}

static cn_status reading(cn_session *s)
{
	Producer **m = cn_list(s, Producer, cn_where("id > ?", 0), .order_by = "id",
		.load = "products.tags, products.producer");
	size_t count = 0;

	(void)cn_get(s, Product, 1);
	(void)cn_count(s, Product, cn_where("name like ?", "T%"));
	(void)cn_paginate(s, Product, 1);
	(void)cn_sql(s, Product, "select id, name from product");
	cn_each (s, Product, p, cn_where("name <> ?", "none"), .order_by = "id") {
		count += p->id > 0;
	}
	cn_status status = cn_commit(s);
	if (status == CN_OK) {
		assert_int_equal(cn_len(m[0]->products), 2);
		assert_int_equal(count, 3);
	}
	return status;
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

static cn_status relating(cn_session *s)
{
	Product *tea = cn_get(s, Product, 1);
	Tag *hot = cn_new(s, Tag, .label = "hot"), *cold = cn_new(s, Tag, .label = "cold");

	if (tea) {
		cn_append(s, tea->labels, hot);
		cn_append(s, tea->labels, cold);
	}
	if (cn_flush(s) < 0)
		return cn_session_error(s)->status;
	cn_clear(s);
	Product **all = cn_list(s, Product, .order_by = "id", .load = "labels", .join = "producer");
	Product **plain = cn_list(s, Product, .read_only = true, .load = "labels");
	if (all[0])
		cn_remove(s, all[0]->labels, all[0]->labels ? all[0]->labels[0] : NULL);
	(void)cn_flush(s);
	int64_t left = cn_count(s, ProductTag);
	(void)cn_delete_where(s, ProductTag, "true"); /* the next round finds it as it was */
	(void)cn_delete_where(s, Tag, "true");
	cn_status status = cn_commit(s);
	if (status == CN_OK) {
		assert_int_equal(cn_len(plain[0]->labels), 2);
		assert_int_equal(left, 1);
	}
	return status;
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
	return cn_commit(s);
}

static cn_status in_bulk(cn_session *s)
{
	Product rows[3] = {{.name = "A"}, {.name = "B", .id = 50}, {.name = "C"}};
	Product mine = {.id = 1, .name = "Merged", .created_at = {1}};

	(void)cn_insert_many(s, Product, rows, 3);
	(void)cn_update_where(s, Product, "stock = ?", "name = ?", 1, "Tea");
	if (cn_savepoint(s) < 0)
		return cn_session_error(s)->status;
	(void)cn_delete_where(s, Product, "name = ?", "C");
	(void)cn_merge(s, Product, &mine);
	mine.id = 0;
	(void)cn_merge(s, Product, &mine);
	if (cn_flush(s) < 0)
		return cn_session_error(s)->status;
	cn_refresh(s, Product, cn_get(s, Product, 1));
	if (cn_session_error(s)->status == CN_OK && cn_savepoint_undo(s) < 0)
		return cn_session_error(s)->status;
	return cn_commit(s);
}

static void relations_without_memory(void **state)
{
	(void)state;
	try_all(relating, 3);
}

static void bulk_without_memory(void **state)
{
	(void)state;
	try_all(in_bulk, 6);
}

static void reading_without_memory(void **state)
{
	(void)state;
	try_all(reading, 3);
}

static void writing_without_memory(void **state)
{
	(void)state;
	try_all(writing, 8);
}

static void changing_without_memory(void **state)
{
	(void)state;
	try_all(changing, 8);
}

static void opening_without_memory(void **state)
{
	store *st = store_open(false);
	cn_error err;

	(void)state;
	for (long n = 0;; n++) {
		cn_db *db = NULL;
		countdown = n;
		cn_status status =
			cn_db_open(st->uri, &(cn_db_options){.models = store_models}, &db, &err);
		if (status == CN_OK)
			status = cn_db_create_all(db, &err);
		bool done = countdown >= 0;
		countdown = -1;
		cn_db_close(db);
		if (done) {
			assert_ok(status, &err);
			break;
		}
		if (status != CN_ENOMEM)
			fail_msg("allocation %ld: %d %s", n, status, err.message);
	}
	store_close(st);
}

/* What works.h knows: opened with reflection and a second database, read, written. */
static void everything_else_without_memory(void **state)
{
	works w;
	cn_error err = {0};

	(void)state;
	for (const works_job *job = all_works; job->name; job++) {
		works_make(&w);
		for (long n = 0;; n++) {
			assert_true(n < 30000);
			countdown = n;
			cn_status status = works_open(&w, &err);
			cn_session *s = status == CN_OK ? cn_session_open(w.db) : NULL;
			if (status == CN_OK)
				status = s ? job->run(s) : CN_ENOMEM;
			bool done = countdown >= 0;
			countdown = -1;
			if (status < 0 && status != CN_ENOMEM)
				fail_msg("%s, allocation %ld: %d %s", job->name, n, status,
					s ? cn_session_error(s)->message : err.message);
			bool half = false; /* between two commits: it says so */
			if (s && status < 0) {
				half = strstr(cn_session_error(s)->detail, "committed already");
				cn_rollback(s);
				if (half ? !works_is_half(s) : !works_is_old(s))
					fail_msg("%s, allocation %ld: not as it was: %s", job->name,
						n, cn_session_error(s)->message);
			}
			if (done)
				assert_true(job->writes ? works_is_new(s) : works_is_old(s));
			cn_session_close(s);
			works_close(&w);
			if (half) {
				works_remove(&w);
				works_make(&w);
			}
			if (done)
				break;
			if (status == CN_OK)
				fail_msg("%s: allocation %ld failed, and nobody noticed", job->name,
					n);
		}
		works_remove(&w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reading_without_memory),
		cmocka_unit_test(writing_without_memory),
		cmocka_unit_test(changing_without_memory),
		cmocka_unit_test(relations_without_memory),
		cmocka_unit_test(bulk_without_memory),
		cmocka_unit_test(opening_without_memory),
		cmocka_unit_test(everything_else_without_memory),
	};
	return RUN(tests);
}
