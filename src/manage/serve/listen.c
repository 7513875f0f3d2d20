/* listen.c - the socket: bound here, or handed over by systemd or a supervisor; and the addresses
 * it answers to. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/try.h"
#include "manage/serve/serve.h"
#include "web/url.h"

enum { BACKLOG = 511, HANDED_OVER = 3 };

/* -1 with errno */
static int bind_one(const struct addrinfo *address)
{
	int fd = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), on = 1;

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (bind(fd, address->ai_addr, address->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0)
		return fd;
	int why = errno;
	close(fd);
	errno = why;
	return -1;
}

static cn_status resolve(const char *host, uint16_t port, struct addrinfo **ret, cn_error *err)
{
	struct addrinfo hints = {
		.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
	char service[8];

	snprintf(service, sizeof service, "%u", port);
	int failed = getaddrinfo(host, service, &hints, ret);
	if (!failed)
		return CN_OK;
	cn_error_set(err, CN_EARG, "\"%s\" is no address of this machine", host);
	cn_error_detail(err, "%s", gai_strerror(failed));
	cn_error_hint(err, "-h 127.0.0.1 serves this machine, -h 0.0.0.0 its network");
	return CN_EARG;
}

static cn_status bind_failed(const cni_serve *serve, uint16_t port, int why, cn_error *err)
{
	if (why == EADDRINUSE) {
		cn_error_set(err, CN_EIO, "port %u is taken", port);
		cn_error_hint(err,
			"another program listens there; choose one with -p, or leave -p out for the next free one");
	} else if (why == EACCES) {
		cn_error_set(err, CN_EIO, "port %u may not be used", port);
		cn_error_hint(err, "ports below 1024 are for the system; choose one with -p");
	} else {
		cn_error_set(err, CN_EIO, "cannot listen on %s port %u", serve->host, port);
		cn_error_detail(err, "%s", strerror(why));
	}
	return CN_EIO;
}

static cn_status bind_port(cni_serve *serve, uint16_t port, int *ret_errno, cn_error *err)
{
	struct addrinfo *list;

	TRY(resolve(serve->host, port, &list, err));
	serve->listen_fd = bind_one(list);
	*ret_errno = errno;
	freeaddrinfo(list);
	return serve->listen_fd >= 0 ? CN_OK : bind_failed(serve, port, *ret_errno, err);
}

static cn_status bind_any(cni_serve *serve, bool port_given, uint16_t port, cn_error *err)
{
	int why = 0;
	cn_status status = bind_port(serve, port, &why, err);

	for (unsigned i = 1; !port_given && status < 0 && why == EADDRINUSE && i < CNI_PORTS_TRIED;
		i++)
		status = bind_port(serve, (uint16_t)(port + i), &why, err);
	return status;
}

/* The socket of LISTEN_FDS, if it is meant for this process; -1: there is none. */
static int handed_over(void)
{
	const char *pid = getenv("LISTEN_PID"), *count = getenv("LISTEN_FDS");
	int64_t number;
	int type = 0, listening = 0;
	socklen_t size = sizeof type;

	if (!pid || !count || !cni_parse_int(pid, &number) || number != getpid() ||
		!cni_parse_int(count, &number) || number < 1)
		return -1;
	unsetenv("LISTEN_PID"); /* not for the programs that this one starts */
	unsetenv("LISTEN_FDS");
	if (getsockopt(HANDED_OVER, SOL_SOCKET, SO_TYPE, &type, &size) != 0 ||
		type != SOCK_STREAM ||
		getsockopt(HANDED_OVER, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) != 0 ||
		!listening)
		return -1;
	fcntl(HANDED_OVER, F_SETFD, FD_CLOEXEC);
	fcntl(HANDED_OVER, F_SETFL, fcntl(HANDED_OVER, F_GETFL) | O_NONBLOCK);
	return HANDED_OVER;
}

static bool add_host(cni_serve *serve, const char *name)
{
	size_t n = 0;

	while (serve->hosts[n])
		n++;
	if (n + 2 > CNI_HOSTS_MAX)
		return true;
	serve->hosts[n++] = cni_printf(&serve->arena, "%s:%u", name, serve->port);
	if (serve->port == 80)
		serve->hosts[n++] = cni_strdup(&serve->arena, name);
	return !serve->arena.failed;
}

static const char *bracketed(cni_serve *serve, const char *host)
{
	return strchr(host, ':') ? cni_printf(&serve->arena, "[%s]", host) : host;
}

/* What the socket is bound to, and by which names a browser may call it. */
static cn_status describe(cni_serve *serve, cn_error *err)
{
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
		struct sockaddr_storage room;
	} at;
	socklen_t size = sizeof at;
	char ip[INET6_ADDRSTRLEN] = "";
	bool all = false;

	memset(&at, 0, sizeof at);
	if (getsockname(serve->listen_fd, &at.any, &size) != 0)
		return cn_fail(err, CN_EIO, "cannot tell the address of the socket");
	if (at.any.sa_family == AF_INET) {
		inet_ntop(AF_INET, &at.v4.sin_addr, ip, sizeof ip);
		serve->port = ntohs(at.v4.sin_port);
		all = at.v4.sin_addr.s_addr == htonl(INADDR_ANY);
		serve->local = ntohl(at.v4.sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
	} else if (at.any.sa_family == AF_INET6) {
		inet_ntop(AF_INET6, &at.v6.sin6_addr, ip, sizeof ip);
		serve->port = ntohs(at.v6.sin6_port);
		all = IN6_IS_ADDR_UNSPECIFIED(&at.v6.sin6_addr);
		serve->local = IN6_IS_ADDR_LOOPBACK(&at.v6.sin6_addr);
	}
	const char *open = all || !*ip ? "127.0.0.1" : bracketed(serve, ip);
	serve->address =
		open ? cni_printf(&serve->arena, "http://%s:%u/", open, serve->port) : NULL;
	const char *typed = bracketed(serve, serve->host);
	serve->any_ip_port = all ? serve->port : 0;
	if (!serve->address || !typed || !add_host(serve, "127.0.0.1") ||
		!add_host(serve, "localhost") || !add_host(serve, "[::1]") ||
		!add_host(serve, typed))
		return cn_fail(err, CN_ENOMEM, "out of memory");
	return CN_OK;
}

cn_status cni_serve_listen(cni_serve *serve, bool port_given, uint16_t port, cn_error *err)
{
	serve->listen_fd = handed_over();
	if (serve->listen_fd < 0)
		TRY(bind_any(serve, port_given, port, err));
	return describe(serve, err);
}
