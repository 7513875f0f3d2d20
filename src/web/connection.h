/*
 * connection.h - what we know about each open connection, and the clock that looks after them.
 *
 * The HTTP library's time-out is for inactivity only. The clock closes what takes too long as a
 * whole: a request that trickles in, a reply that is taken a byte at a time.
 *
 * Invariant: a connection is in the list from the library's "started" until its "closed", and its
 * socket is open that long; both ends and every use of the list hold the lock. A request takes no
 * lock: its thread writes what the clock reads as atomics.
 */
#ifndef CNI_WEB_CONNECTION_H
#define CNI_WEB_CONNECTION_H

#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>

#include "web/request.h"

typedef enum cni_phase {
	CNI_PHASE_HEAD = 0, /* waiting for a request, or reading its head */
	CNI_PHASE_BODY,
	CNI_PHASE_REPLY,
	CNI_PHASE_STREAM, /* an event stream: no deadline */
} cni_phase;

typedef struct cni_connection {
	cn_request req;
	struct cni_connections *owner;
	struct cni_connection *next, **at;
	int fd;
	bool oversized;              /* the body went over the limit: read on, answer 413 */
	bool closing;                /* the clock has shut it down already */
	_Atomic int64_t deadline_us; /* when the clock shuts it down */
	_Atomic int64_t waiting_us;  /* since when it waits for a request; 0: it has one */
	int64_t request_us;          /* when the request's head was complete; for the log */
	uint64_t reply_bytes, body_bytes;
} cni_connection;

typedef struct cni_connections {
	pthread_mutex_t lock;
	pthread_cond_t changed; /* signalled when one goes */
	cni_connection *first;
	size_t count;
	const cn_web_limits *limits;
} cni_connections;

cn_status cni_connections_init(
	cni_connections *all, const cn_web_limits *limits, cn_error *err) CN_MUST_CHECK;
void cni_connections_done(cni_connections *all);

/* May one more from this address come in? */
bool cni_connections_allow(cni_connections *all, const struct sockaddr *address);
cni_connection *cni_connection_open(
	cni_connections *all, cni_web *web, int fd, const struct sockaddr *address);
void cni_connection_close(cni_connection *connection);
/* `reply_bytes` must be set before CNI_PHASE_REPLY. */
void cni_connection_phase(cni_connection *connection, cni_phase phase);

/* Shuts down what is over its deadline. */
void cni_connections_check(cni_connections *all);
/* Waits until none is left. What waits for a request for longer than idle_ms is closed for reading
 * (a request that has arrived is still answered); after total_ms all are closed. */
void cni_connections_drain(cni_connections *all, unsigned idle_ms, unsigned total_ms);

#endif
