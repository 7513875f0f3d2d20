/*
 * events.h - server-sent events: one line of JSON, the latest, to every browser that listens.
 *
 * The stream of a browser is a pull: the server's thread asks for bytes. When there are none the
 * stream is parked, and woken by the next publish, the next ping, or the end. What parking and
 * waking mean is the caller's (http_mhd.c): it is told in which order by the lock here.
 */
#ifndef CNI_WEB_EVENTS_H
#define CNI_WEB_EVENTS_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum { CNI_STREAMS_MAX = 64, CNI_PING_S = 15 };

typedef struct cni_stream {
	struct cni_events *events;
	struct cni_stream *next, **at;
	void *connection; /* the caller's */
	bool parked;
	uint64_t seen;   /* version that was sent last */
	int64_t last_us; /* when something was sent last */
	char *pending;   /* what is being sent */
	size_t pending_size, pending_at;
} cni_stream;

typedef struct cni_events {
	pthread_mutex_t lock;
	cni_stream *first;
	size_t count;
	char *state; /* the latest line; NULL: none yet */
	uint64_t version;
	bool ended;
	void (*park)(void *connection);
	void (*wake)(void *connection);
} cni_events;

bool cni_events_init(cni_events *events, void (*park)(void *), void (*wake)(void *));
void cni_events_done(cni_events *events);

cni_stream *cni_stream_new(
	cni_events *events, void *connection); /* NULL: too many, or out of memory */
void cni_stream_free(cni_stream *stream);
/* Bytes put into out; 0: parked; -1: the stream is over. */
ssize_t cni_stream_read(cni_stream *stream, char *out, size_t size);

void cni_events_publish(cni_events *events, const char *line);
void cni_events_ping(
	cni_events *events); /* call now and then: wakes those that were silent for CNI_PING_S */
void cni_events_end(cni_events *events);

#endif
