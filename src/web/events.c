/* events.c - see events.h. */
#include "web/events.h"

#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/try.h"

bool cni_events_init(cni_events *events, void (*park)(void *), void (*wake)(void *))
{
	*events = (cni_events){.park = park, .wake = wake};
	return pthread_mutex_init(&events->lock, NULL) == 0;
}

void cni_events_done(cni_events *events)
{
	free(events->state);
	pthread_mutex_destroy(&events->lock);
}

cni_stream *cni_stream_new(cni_events *events, void *connection)
{
	cni_stream *stream = calloc(1, sizeof *stream);

	if (!stream)
		return NULL;
	*stream = (cni_stream){
		.events = events, .connection = connection, .last_us = cni_clock_mono_us()};
	pthread_mutex_lock(&events->lock);
	bool full = events->ended || events->count >= CNI_STREAMS_MAX;
	if (!full) {
		stream->at = &events->first;
		stream->next = events->first;
		if (stream->next)
			stream->next->at = &stream->next;
		events->first = stream;
		events->count++;
	}
	pthread_mutex_unlock(&events->lock);
	if (full) {
		free(stream);
		return NULL;
	}
	return stream;
}

void cni_stream_free(cni_stream *stream)
{
	cni_events *events = stream->events;

	pthread_mutex_lock(&events->lock);
	*stream->at = stream->next;
	if (stream->next)
		stream->next->at = stream->at;
	events->count--;
	pthread_mutex_unlock(&events->lock);
	free(stream->pending);
	free(stream);
}

/* What comes next into stream->pending, if there is anything. */
static void fill(cni_stream *stream)
{
	const cni_events *events = stream->events;
	CLEANUP(cni_buffer_done) cni_buffer text = {0};
	int64_t now = cni_clock_mono_us();

	if (events->state && stream->seen != events->version)
		cni_buffer_printf(&text, "data: %s\n\n", events->state);
	else if (now - stream->last_us >= (int64_t)CNI_PING_S * 1000000)
		cni_buffer_puts(&text, ": ping\n\n");
	if (!text.size || text.failed)
		return;
	free(stream->pending);
	stream->pending = text.data;
	stream->pending_size = text.size;
	stream->pending_at = 0;
	stream->seen = events->version;
	stream->last_us = now;
	text = (cni_buffer){0};
}

ssize_t cni_stream_read(cni_stream *stream, char *out, size_t size)
{
	cni_events *events = stream->events;
	ssize_t n = 0;

	pthread_mutex_lock(&events->lock);
	if (stream->pending_at == stream->pending_size)
		fill(stream);
	size_t left = stream->pending_size - stream->pending_at;
	if (left) {
		n = (ssize_t)(left < size ? left : size);
		memcpy(out, stream->pending + stream->pending_at, (size_t)n);
		stream->pending_at += (size_t)n;
	} else if (events->ended) {
		n = -1;
	} else {
		stream->parked = true;
		events->park(stream->connection); /* under the lock: nobody can wake it before */
	}
	pthread_mutex_unlock(&events->lock);
	return n;
}

/* A parked stream does not run, so its connection stays valid until it is woken here; that happens
 * outside the lock, because waking takes the HTTP library's own locks. */
static void wake(cni_events *events, int64_t silent_before_us)
{
	void *connections[CNI_STREAMS_MAX];
	size_t count = 0;

	pthread_mutex_lock(&events->lock);
	for (cni_stream *stream = events->first; stream; stream = stream->next) {
		if (!stream->parked || stream->last_us > silent_before_us)
			continue;
		stream->parked = false;
		connections[count++] = stream->connection;
	}
	pthread_mutex_unlock(&events->lock);
	for (size_t i = 0; i < count; i++)
		events->wake(connections[i]);
}

void cni_events_publish(cni_events *events, const char *line)
{
	char *copy = strdup(line);

	if (!copy)
		return;
	pthread_mutex_lock(&events->lock);
	free(events->state);
	events->state = copy;
	events->version++;
	pthread_mutex_unlock(&events->lock);
	wake(events, INT64_MAX);
}

void cni_events_ping(cni_events *events)
{
	wake(events, cni_clock_mono_us() - (int64_t)CNI_PING_S * 1000000);
}

void cni_events_end(cni_events *events)
{
	pthread_mutex_lock(&events->lock);
	events->ended = true;
	pthread_mutex_unlock(&events->lock);
	wake(events, INT64_MAX);
}
