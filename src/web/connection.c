/* connection.c - see connection.h. */
#include "web/connection.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"

enum { SECOND = 1000000, SLOWEST_BYTES_PER_S = 16 * 1024 };

cn_status cni_connections_init(cni_connections *all, const cn_web_limits *limits, cn_error *err)
{
	pthread_condattr_t attr;

	*all = (cni_connections){.limits = limits};
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	int failed =
		pthread_mutex_init(&all->lock, NULL) || pthread_cond_init(&all->changed, &attr);
	pthread_condattr_destroy(&attr);
	return failed ? cn_fail(err, CN_ENOMEM, "cannot make a lock") : CN_OK;
}

void cni_connections_done(cni_connections *all)
{
	pthread_cond_destroy(&all->changed);
	pthread_mutex_destroy(&all->lock);
}

/* The address as text; an IPv4 one that came through an IPv6 socket as IPv4. "" when it has none.
 */
static void address_text(const struct sockaddr *address, char *out, size_t size)
{
	out[0] = '\0';
	if (address && address->sa_family == AF_INET) {
		struct sockaddr_in in;
		memcpy(&in, address, sizeof in);
		inet_ntop(AF_INET, &in.sin_addr, out, (socklen_t)size);
	} else if (address && address->sa_family == AF_INET6) {
		struct sockaddr_in6 in;
		memcpy(&in, address, sizeof in);
		if (IN6_IS_ADDR_V4MAPPED(&in.sin6_addr))
			inet_ntop(AF_INET, (char *)&in.sin6_addr + 12, out, (socklen_t)size);
		else
			inet_ntop(AF_INET6, &in.sin6_addr, out, (socklen_t)size);
	}
}

static bool is_local(const char *client)
{
	return strncmp(client, "127.", 4) == 0 || strcmp(client, "::1") == 0 || !*client;
}

static int64_t seconds_for(const cni_connection *c, cni_phase phase)
{
	const cn_web_limits *limits = c->owner->limits;

	switch (phase) {
	case CNI_PHASE_HEAD: /* the first byte may come just before the idle time-out */
		return (int64_t)limits->request_deadline_s + limits->idle_timeout_s;
	case CNI_PHASE_REPLY:
		return (int64_t)limits->request_deadline_s +
		       (int64_t)(c->reply_bytes / SLOWEST_BYTES_PER_S);
	default: return limits->request_deadline_s;
	}
}

void cni_connection_phase(cni_connection *c, cni_phase phase)
{
	int64_t now = cni_clock_mono_us();
	bool stream = phase == CNI_PHASE_STREAM;

	atomic_store(&c->deadline_us, stream ? INT64_MAX : now + seconds_for(c, phase) * SECOND);
	atomic_store(&c->waiting_us, phase == CNI_PHASE_HEAD ? now : 0);
}

bool cni_connections_allow(cni_connections *all, const struct sockaddr *address)
{
	char client[48];
	size_t same = 0;

	address_text(address, client, sizeof client);
	if (is_local(client)) /* browsers and proxies of this machine share one address */
		return true;
	pthread_mutex_lock(&all->lock);
	for (const cni_connection *c = all->first; c; c = c->next)
		same += strcmp(c->req.client, client) == 0;
	pthread_mutex_unlock(&all->lock);
	return same < all->limits->connections_per_address;
}

cni_connection *cni_connection_open(
	cni_connections *all, cni_web *web, int fd, const struct sockaddr *address)
{
	cni_connection *c = calloc(1, sizeof *c);

	if (!c)
		return NULL;
	cni_request_init(&c->req, web);
	address_text(address, c->req.client, sizeof c->req.client);
	c->owner = all;
	c->fd = fd;
	cni_connection_phase(c, CNI_PHASE_HEAD);
	pthread_mutex_lock(&all->lock);
	c->at = &all->first;
	c->next = all->first;
	if (c->next)
		c->next->at = &c->next;
	all->first = c;
	all->count++;
	pthread_mutex_unlock(&all->lock);
	return c;
}

void cni_connection_close(cni_connection *c)
{
	cni_connections *all = c->owner;

	pthread_mutex_lock(&all->lock);
	*c->at = c->next;
	if (c->next)
		c->next->at = c->at;
	all->count--;
	pthread_cond_broadcast(&all->changed);
	pthread_mutex_unlock(&all->lock);
	cni_request_done(&c->req);
	free(c);
}

static void shut(cni_connection *c, int how)
{
	if (!c->closing)
		shutdown(c->fd, how);
	c->closing = how == SHUT_RDWR;
}

void cni_connections_check(cni_connections *all)
{
	int64_t now = cni_clock_mono_us();

	pthread_mutex_lock(&all->lock);
	for (cni_connection *c = all->first; c; c = c->next) {
		if (now > atomic_load(&c->deadline_us))
			shut(c, SHUT_RDWR);
	}
	pthread_mutex_unlock(&all->lock);
}

static bool waits_longer(const cni_connection *c, int64_t before_us)
{
	int64_t since = atomic_load(&c->waiting_us);

	return since && since <= before_us;
}

void cni_connections_drain(cni_connections *all, unsigned idle_ms, unsigned total_ms)
{
	int64_t start = cni_clock_mono_us();

	pthread_mutex_lock(&all->lock);
	while (all->count) {
		int64_t now = cni_clock_mono_us();
		bool over = now - start >= (int64_t)total_ms * 1000;
		for (cni_connection *c = all->first; c; c = c->next) {
			if (over)
				shut(c, SHUT_RDWR);
			else if (waits_longer(c, now - (int64_t)idle_ms * 1000))
				shut(c, SHUT_RD);
		}
		struct timespec until;
		clock_gettime(CLOCK_MONOTONIC, &until);
		until.tv_nsec += 20000000;
		if (until.tv_nsec >= 1000000000) {
			until.tv_sec++;
			until.tv_nsec -= 1000000000;
		}
		pthread_cond_timedwait(&all->changed, &all->lock, &until);
	}
	pthread_mutex_unlock(&all->lock);
}
