/* pool.c - see pool.h. */
#include "driver/pool.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "base/try.h"

enum { READERS = 8, WAIT_MS = 5000 };

/* Somebody who waits. It lives on the waiter's stack while it is in the queue. */
typedef struct pool_waiter {
	struct pool_waiter *next;
	pthread_cond_t cond;
	struct pool_slot *slot; /* what was handed over; NULL: nothing yet */
} pool_waiter;

typedef struct pool_slot {
	cni_conn *conn; /* NULL: not open */
	bool taken;
	pthread_t thread; /* who had it last */
	uint64_t given;   /* when it came back: a counter */
} pool_slot;

typedef struct pool_lane { /* of readers, or of writers */
	cni_open_options open;
	pool_slot *slots;
	size_t limit;
	pool_waiter *first, **last;
} pool_lane;

struct cni_pool {
	pthread_mutex_t mutex; /* guards everything below that changes */
	pool_lane readers, writers;
	bool only_reads, one_lane;
	unsigned wait_ms;
	uint64_t gives;
	cni_arena arena;
	cni_uri uri;
};

static cn_status copy_uri(cni_arena *arena, const cni_uri *from, cni_uri *to, cn_error *err)
{
	*to = (cni_uri){
		.engine = cni_strdup(arena, from->engine),
		.path = cni_strdup(arena, from->path),
		.memory = from->memory,
		.user = cni_strdup(arena, from->user),
		.password = cni_strdup(arena, from->password),
		.host = cni_strdup(arena, from->host),
		.port = cni_strdup(arena, from->port),
		.database = cni_strdup(arena, from->database),
		.text = cni_strdup(arena, from->text),
	};
	for (size_t i = 0; i < from->option_count; i++) {
		cni_uri_option option = {cni_strdup(arena, from->options[i].name),
			cni_strdup(arena, from->options[i].value)};
		if (!CNI_PUSH(arena, to->options, to->option_count, option))
			break;
	}
	return arena->failed ? cn_fail(err, CN_ENOMEM, "out of memory") : CN_OK;
}

static void init_lane(cni_pool *pool, pool_lane *lane, unsigned limit, const cni_open_options *open)
{
	lane->open = *open;
	lane->limit = limit;
	lane->slots = cni_alloc(&pool->arena, limit * sizeof *lane->slots);
	lane->last = &lane->first;
}

/* One, where the engine lets only one write: the others then queue here, and not at its lock. */
static unsigned usual_writers(const cni_uri *uri)
{
	const cni_driver *driver = cni_driver_find(uri->engine);

	return driver && driver->writers ? driver->writers : 1;
}

static cn_status init(
	cni_pool *pool, const cni_uri *uri, const cni_pool_options *options, cn_error *err)
{
	cni_open_options reading = options->open;

	reading.mode = CNI_OPEN_READ;
	pool->only_reads = options->open.mode == CNI_OPEN_READ;
	pool->one_lane = uri->memory;
	pool->wait_ms = options->wait_ms ? options->wait_ms : WAIT_MS;
	init_lane(pool, &pool->readers, options->readers ? options->readers : READERS, &reading);
	unsigned writers = options->writers ? options->writers : usual_writers(uri);
	init_lane(pool, &pool->writers, pool->one_lane ? 1 : writers, &options->open);
	return copy_uri(&pool->arena, uri, &pool->uri, err);
}

cn_status cni_pool_new(
	const cni_uri *uri, const cni_pool_options *options, cni_pool **ret, cn_error *err)
{
	if (options->readers > CNI_POOL_MAX || options->writers > CNI_POOL_MAX)
		return cn_fail(
			err, CN_EARG, "a pool has at most %d connections of a kind", CNI_POOL_MAX);
	cni_pool *pool = calloc(1, sizeof *pool);
	if (!pool)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	cn_status status = init(pool, uri, options, err);
	if (status != CN_OK) {
		cni_arena_done(&pool->arena);
		free(pool);
		return status;
	}
	pthread_mutex_init(&pool->mutex, NULL);
	*ret = pool;
	return CN_OK;
}

/* The best free slot: open and this thread's, else open and the one used last (its memory is warm),
 * else one that is not open yet. NULL: none is free. */
static pool_slot *find_free(pool_lane *lane)
{
	pthread_t self = pthread_self();
	pool_slot *best = NULL;

	for (size_t i = 0; i < lane->limit; i++) {
		pool_slot *s = &lane->slots[i];
		if (s->taken)
			continue;
		if (s->conn && pthread_equal(s->thread, self))
			return s;
		if (!best || (s->conn && (!best->conn || s->given > best->given)))
			best = s;
	}
	return best;
}

/* A slot that is free now, or the first in the queue gets it. The mutex is held. */
static void hand_over(pool_lane *lane, pool_slot *slot)
{
	pool_waiter *next = lane->first;

	slot->taken = next != NULL;
	if (!next)
		return;
	lane->first = next->next;
	if (!lane->first)
		lane->last = &lane->first;
	next->slot = slot;
	pthread_cond_signal(&next->cond);
}

static void leave_queue(pool_lane *lane, pool_waiter *me)
{
	pool_waiter **at = &lane->first;

	while (*at && *at != me)
		at = &(*at)->next;
	if (*at)
		*at = me->next;
	if (lane->last == &me->next)
		lane->last = at;
}

static struct timespec deadline_after(unsigned wait_ms)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	t.tv_sec += wait_ms / 1000;
	t.tv_nsec += (long)(wait_ms % 1000) * 1000000;
	if (t.tv_nsec >= 1000000000) {
		t.tv_sec++;
		t.tv_nsec -= 1000000000;
	}
	return t;
}

/* The mutex is held. NULL: the time is over. */
static pool_slot *wait_for_slot(cni_pool *pool, pool_lane *lane)
{
	struct timespec deadline = deadline_after(pool->wait_ms);
	pthread_condattr_t attributes;
	pool_waiter me = {0};
	int rc = 0;

	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&me.cond, &attributes);
	pthread_condattr_destroy(&attributes);
	*lane->last = &me;
	lane->last = &me.next;
	while (!me.slot && rc == 0)
		rc = pthread_cond_timedwait(&me.cond, &pool->mutex, &deadline);
	if (!me.slot)
		leave_queue(lane, &me);
	pthread_cond_destroy(&me.cond);
	return me.slot;
}

/* Opens the connection of a slot that this thread has taken. The mutex is not held meanwhile:
 * others must not wait for a disk. */
static cn_status fill_slot(cni_pool *pool, pool_lane *lane, pool_slot *slot, cn_error *err)
{
	cni_conn *conn = NULL;
	cn_status status = cni_conn_open(&pool->uri, &lane->open, &conn, err);

	pthread_mutex_lock(&pool->mutex);
	slot->conn = conn;
	if (status != CN_OK) /* who waits may try: what failed may be over */
		hand_over(lane, slot);
	pthread_mutex_unlock(&pool->mutex);
	return status;
}

cn_status cni_pool_take(cni_pool *pool, cni_open_mode mode, cni_conn **ret, cn_error *err)
{
	bool reads = mode == CNI_OPEN_READ;
	pool_lane *lane = reads && !pool->one_lane ? &pool->readers : &pool->writers;

	if (!reads && pool->only_reads)
		return cn_fail(err, CN_EARG, "the pool of %s only reads", pool->uri.text);
	pthread_mutex_lock(&pool->mutex);
	/* who comes now does not overtake those who wait */
	pool_slot *slot = lane->first ? NULL : find_free(lane);
	if (slot)
		slot->taken = true;
	else
		slot = wait_for_slot(pool, lane);
	if (slot)
		slot->thread = pthread_self();
	pthread_mutex_unlock(&pool->mutex);
	if (!slot) {
		cn_error_set(
			err, CN_ECONFLICT, "no connection became free within %u ms", pool->wait_ms);
		cn_error_detail(err, "all %zu that %s %s are in use", lane->limit,
			reads ? "read" : "write", pool->uri.text);
		cn_error_hint(
			err, "try again; give connections back sooner, or allow more of them");
		return CN_ECONFLICT;
	}
	if (!slot->conn)
		TRY(fill_slot(pool, lane, slot, err));
	*ret = slot->conn;
	return CN_OK;
}

static pool_slot *slot_of(pool_lane *lane, const cni_conn *conn)
{
	for (size_t i = 0; i < lane->limit; i++)
		if (lane->slots[i].taken && lane->slots[i].conn == conn)
			return &lane->slots[i];
	return NULL;
}

void cni_pool_give(cni_pool *pool, cni_conn *conn)
{
	pool_lane *lane = &pool->readers;

	if (!conn)
		return;
	cni_conn_rollback(conn);
	bool broken = conn->driver->broken && conn->driver->broken(conn);
	pthread_mutex_lock(&pool->mutex);
	pool_slot *slot = slot_of(lane, conn);
	if (!slot) {
		lane = &pool->writers;
		slot = slot_of(lane, conn);
	}
	assert(slot); /* it is not of this pool, or was given back before */
	if (slot) {
		if (broken) /* whoever takes the slot opens another */
			slot->conn = NULL;
		slot->given = ++pool->gives;
		hand_over(lane, slot);
	}
	pthread_mutex_unlock(&pool->mutex);
	if (broken)
		cni_conn_close(conn);
}

static int queue_length(const pool_lane *lane)
{
	int n = 0;

	for (const pool_waiter *w = lane->first; w; w = w->next)
		n++;
	return n;
}

int cni_pool_waiting(cni_pool *pool)
{
	pthread_mutex_lock(&pool->mutex);
	int n = queue_length(&pool->readers) + queue_length(&pool->writers);
	pthread_mutex_unlock(&pool->mutex);
	return n;
}

static void close_lane(pool_lane *lane)
{
	for (size_t i = 0; i < lane->limit; i++) {
		assert(!lane->slots[i].taken);
		cni_conn_close(lane->slots[i].conn);
	}
}

void cni_pool_free(cni_pool *pool)
{
	if (!pool)
		return;
	close_lane(&pool->readers);
	close_lane(&pool->writers);
	pthread_mutex_destroy(&pool->mutex);
	cni_arena_done(&pool->arena);
	free(pool);
}
