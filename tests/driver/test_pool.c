/* test_pool.c - connections handed to threads: bounded, fair, the thread's own again; clean under
 * TSan. */
#include "driver_test.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#include "driver/pool.h"

static cni_pool *new_pool(fixture *f, const char *text, cni_pool_options options)
{
	cni_uri uri = uri_of(f, text);
	cni_pool *pool = NULL;
	if (options.open.mode == CNI_OPEN_READ)
		options.open.mode = CNI_OPEN_CREATE;
	assert_ok(cni_pool_new(&uri, &options, &pool, &f->err), &f->err);
	return pool;
}

static cni_conn *take(fixture *f, cni_pool *pool, cni_open_mode mode)
{
	cni_conn *conn = NULL;
	assert_ok(cni_pool_take(pool, mode, &conn, &f->err), &f->err);
	return conn;
}

static void opens_when_needed_and_reuses(void **state)
{
	fixture *f = *state;
	cni_pool *pool = new_pool(f, "a.db", (cni_pool_options){0});
	assert_false(is_there(f, "a.db"));
	cni_conn *writer = take(f, pool, CNI_OPEN_WRITE);
	assert_true(is_there(f, "a.db"));
	exec(f, writer, "CREATE TABLE t(a)");
	cni_conn *reader = take(f, pool, CNI_OPEN_READ), *second = take(f, pool, CNI_OPEN_READ);
	assert_ptr_not_equal(reader, writer);
	assert_ptr_not_equal(reader, second);
	assert_int_equal(int_of(f, reader, "SELECT count(*) FROM t"), 0);
	assert_int_equal(cni_conn_exec(reader, "DELETE FROM t", &f->err), CN_EIO);
	cni_pool_give(pool, second);
	cni_pool_give(pool, reader);
	cni_pool_give(pool, writer);
	cni_pool_give(pool, NULL);
	assert_ptr_equal(take(f, pool, CNI_OPEN_WRITE), writer);
	cni_pool_give(pool, writer);
	cni_pool_free(pool);
	cni_pool_free(NULL);
	assert_false(is_there(f, "a.db-wal"));
}

static void gives_back_clean_connections(void **state)
{
	fixture *f = *state;
	cni_pool *pool = new_pool(f, "a.db", (cni_pool_options){0});
	cni_conn *conn = take(f, pool, CNI_OPEN_WRITE);
	exec(f, conn, "CREATE TABLE t(a); BEGIN; INSERT INTO t VALUES(1)");
	cni_pool_give(pool, conn);
	conn = take(f, pool, CNI_OPEN_WRITE);
	assert_false(cni_conn_in_transaction(conn));
	assert_int_equal(int_of(f, conn, "SELECT count(*) FROM t"), 0);
	cni_pool_give(pool, conn);
	cni_pool_free(pool);
}

static void bounds_the_wait(void **state)
{
	fixture *f = *state;
	cni_pool *pool = new_pool(f, "a.db", (cni_pool_options){.readers = 2, .wait_ms = 30});
	cni_conn *writer = take(f, pool, CNI_OPEN_WRITE), *conn = NULL;
	assert_int_equal(cni_pool_take(pool, CNI_OPEN_WRITE, &conn, &f->err), CN_ECONFLICT);
	assert_contains(f->err.message, "no connection became free within 30 ms");
	assert_contains(f->err.detail, "all 1 that write");
	cni_conn *a = take(f, pool, CNI_OPEN_READ), *b = take(f, pool, CNI_OPEN_READ);
	assert_int_equal(cni_pool_take(pool, CNI_OPEN_READ, &conn, &f->err), CN_ECONFLICT);
	assert_contains(f->err.detail, "all 2 that read");
	assert_null(conn);
	cni_pool_give(pool, a);
	assert_ptr_equal(take(f, pool, CNI_OPEN_READ), a);
	cni_pool_give(pool, a);
	cni_pool_give(pool, b);
	cni_pool_give(pool, writer);
	cni_pool_free(pool);
	cni_uri uri = uri_of(f, "a.db");
	assert_int_equal(cni_pool_new(&uri, &(cni_pool_options){.readers = 100000}, &pool, &f->err),
		CN_EARG);
}

static void passes_on_why_it_cannot_open(void **state)
{
	fixture *f = *state;
	cni_pool *pool = new_pool(
		f, "a.db", (cni_pool_options){.open.mode = CNI_OPEN_WRITE, .wait_ms = 1000});
	cni_conn *conn = NULL;
	for (int i = 0; i < 3; i++) { /* a failure does not use up the pool */
		assert_int_equal(cni_pool_take(pool, CNI_OPEN_WRITE, &conn, &f->err), CN_ENOTFOUND);
		assert_int_equal(cni_pool_take(pool, CNI_OPEN_READ, &conn, &f->err), CN_ENOTFOUND);
	}
	cni_conn_close(open_db(f, "a.db", CNI_OPEN_CREATE));
	cni_pool_give(pool, take(f, pool, CNI_OPEN_WRITE));
	cni_pool_free(pool);
	cni_uri uri = uri_of(f, "a.db");
	assert_ok(cni_pool_new(&uri, &(cni_pool_options){0}, &pool, &f->err), &f->err);
	assert_int_equal(cni_pool_take(pool, CNI_OPEN_WRITE, &conn, &f->err), CN_EARG);
	assert_contains(f->err.message, "only reads");
	cni_pool_give(pool, take(f, pool, CNI_OPEN_READ));
	cni_pool_free(pool);
}

static void has_one_database_in_memory(void **state)
{
	fixture *f = *state;
	cni_pool *pool = new_pool(f, "sqlite://", (cni_pool_options){.writers = 5, .wait_ms = 20});
	cni_conn *conn = take(f, pool, CNI_OPEN_WRITE), *other = NULL;
	exec(f, conn, "CREATE TABLE t(a); INSERT INTO t VALUES(7)");
	assert_int_equal(cni_pool_take(pool, CNI_OPEN_READ, &other, &f->err), CN_ECONFLICT);
	cni_pool_give(pool, conn);
	other = take(f, pool, CNI_OPEN_READ);
	assert_int_equal(int_of(f, other, "SELECT a FROM t"), 7);
	cni_pool_give(pool, other);
	cni_pool_free(pool);
}

enum { THREADS = 8, ROUNDS = 60 };

typedef struct work {
	cni_pool *pool;
	atomic_int readers, writers, most_readers, most_writers, failures;
	atomic_int turn; /* the order in which waiters are served */
} work;

static void enter(atomic_int *now, atomic_int *most)
{
	int n = atomic_fetch_add(now, 1) + 1, seen = atomic_load(most);
	while (seen < n && !atomic_compare_exchange_weak(most, &seen, n))
		continue;
}

static void *read_and_write(void *ctx)
{
	work *w = ctx;
	for (int i = 0; i < ROUNDS; i++) {
		bool writes = i % 3 == 0;
		cni_conn *conn = NULL;
		cn_error err;
		if (cni_pool_take(w->pool, writes ? CNI_OPEN_WRITE : CNI_OPEN_READ, &conn, &err) !=
			CN_OK) {
			atomic_fetch_add(&w->failures, 1);
			continue;
		}
		enter(writes ? &w->writers : &w->readers,
			writes ? &w->most_writers : &w->most_readers);
		int64_t value = 0;
		cn_status status =
			writes ? cni_conn_run(conn, "UPDATE t SET a = a + 1", NULL, 0, &err)
			       : cni_conn_int(conn, "SELECT a FROM t", &value, &err);
		if (status != CN_OK)
			atomic_fetch_add(&w->failures, 1);
		atomic_fetch_sub(writes ? &w->writers : &w->readers, 1);
		cni_pool_give(w->pool, conn);
	}
	return NULL;
}

static void serves_many_threads(void **state)
{
	fixture *f = *state;
	work w = {.pool = new_pool(f, "a.db", (cni_pool_options){.readers = 3, .wait_ms = 60000})};
	cni_conn *conn = take(f, w.pool, CNI_OPEN_WRITE);
	exec(f, conn, "CREATE TABLE t(a); INSERT INTO t VALUES(0)");
	cni_pool_give(w.pool, conn);
	pthread_t threads[THREADS];
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, read_and_write, &w), 0);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(w.failures, 0);
	assert_int_equal(w.most_writers, 1);
	assert_in_range(w.most_readers, 1, 3);
	conn = take(f, w.pool, CNI_OPEN_READ);
	assert_int_equal(int_of(f, conn, "SELECT a FROM t"), THREADS * ROUNDS / 3);
	cni_pool_give(w.pool, conn);
	cni_pool_free(w.pool);
}

typedef struct queued {
	work *w;
	int served;
} queued;

static void *queue_up(void *ctx)
{
	queued *q = ctx;
	cni_conn *conn = NULL;
	if (cni_pool_take(q->w->pool, CNI_OPEN_WRITE, &conn, NULL) == CN_OK) {
		q->served = atomic_fetch_add(&q->w->turn, 1);
		cni_pool_give(q->w->pool, conn);
	} else {
		q->served = -1;
	}
	return NULL;
}

static void serves_in_the_order_of_arrival(void **state)
{
	fixture *f = *state;
	work w = {.pool = new_pool(f, "a.db", (cni_pool_options){.wait_ms = 60000})};
	cni_conn *conn = take(f, w.pool, CNI_OPEN_WRITE);
	queued queue[THREADS] = {0};
	pthread_t threads[THREADS];
	for (int i = 0; i < THREADS; i++) {
		queue[i].w = &w;
		assert_int_equal(pthread_create(&threads[i], NULL, queue_up, &queue[i]), 0);
		while (cni_pool_waiting(w.pool) <=
			i) /* the next comes when this one stands in the queue */
			sched_yield();
	}
	cni_pool_give(w.pool, conn);
	for (int i = 0; i < THREADS; i++) {
		pthread_join(threads[i], NULL);
		assert_int_equal(queue[i].served, i);
	}
	cni_pool_free(w.pool);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(opens_when_needed_and_reuses),
		TEST(gives_back_clean_connections),
		TEST(bounds_the_wait),
		TEST(passes_on_why_it_cannot_open),
		TEST(has_one_database_in_memory),
		TEST(serves_many_threads),
		TEST(serves_in_the_order_of_arrival),
	};
	return RUN(tests);
}
