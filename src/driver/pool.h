/*
 * pool.h - connections for threads: taken, used by one thread, given back.
 *
 * Thread-safe. Connections are opened when they are first needed, up to a bound for each of the two
 * kinds: those that read, and those that write. Who finds none free waits in a queue, served in the
 * order of arrival, no longer than `wait_ms`. With one writer (as usual for SQLite, which lets only
 * one write at a time) writers queue here, fairly, and not at the file's lock. A thread gets the
 * connection back that it had before when that is free: its statements are compiled already.
 *
 * A database in memory is its connection's own, so a pool of it has one connection for everything.
 *
 *     cni_conn *conn;
 *     TRY(cni_pool_take(pool, CNI_OPEN_READ, &conn, err));
 *     …
 *     cni_pool_give(pool, conn);
 *
 * Source: src/driver/pool.c
 */
#ifndef CNI_DRIVER_POOL_H
#define CNI_DRIVER_POOL_H

#include "driver/driver.h"

typedef struct cni_pool cni_pool;

typedef struct cni_pool_options {
	cni_open_options open; /* of a connection that writes: mode WRITE or CREATE; READ: the pool
				  has none */
	unsigned readers;      /* how many at most; 0: 8 */
	unsigned writers;      /* 0: 1 where only one can write at a time (SQLite), else 8 */
	unsigned wait_ms;      /* for a free connection; 0: 5000 */
} cni_pool_options;

enum { CNI_POOL_MAX = 256 }; /* connections of one kind */

/* Opens nothing yet. `uri` is copied. */
cn_status cni_pool_new(const cni_uri *uri, const cni_pool_options *options, cni_pool **ret,
	cn_error *err) CN_MUST_CHECK;

/* A connection for this thread alone until it is given back. `mode` READ: one that reads; else one
 * that writes. CN_ECONFLICT: none became free in time; what cni_conn_open fails with; CN_EARG: this
 * pool only reads. */
cn_status cni_pool_take(
	cni_pool *pool, cni_open_mode mode, cni_conn **ret, cn_error *err) CN_MUST_CHECK;

/* From any thread that has done with it. A transaction that is still open is rolled back. NULL is
 * allowed. */
void cni_pool_give(cni_pool *pool, cni_conn *conn);

/* How many threads stand in the two queues at this moment: for reports, and to see that the bounds
 * are too low. */
int cni_pool_waiting(cni_pool *pool);

/* Every connection must have been given back. NULL is allowed. */
void cni_pool_free(cni_pool *pool);

#endif
