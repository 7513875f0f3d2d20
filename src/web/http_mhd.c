/*
 * http_mhd.c - the one file that knows libmicrohttpd.
 *
 * One epoll thread pool; a handler runs in the pool's thread. What the library (0.9.75) gets wrong
 * for us, and what is done about it here:
 *   - its stop shuts the shared listening socket down, unless it was quiesced before and has an
 * ITC: both;
 *   - it lets ambiguous requests through: guard.c, before anything else is looked at;
 *   - it ends a line at a bare LF, a value at a NUL, a head at a header without a name: see
 * ragged();
 *   - it has no deadline for a whole request: connection.c;
 *   - it decodes the path before we can split it: its decoder is replaced by one that does nothing.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <microhttpd.h>

#include "base/clock.h"
#include "base/try.h"
#include "web/connection.h"
#include "web/events.h"
#include "web/server.h"

enum {
	HEADERS_MAX = 100,
	QUERY_FIELDS_MAX = 250,
	TICK_MS = 250,
	STREAM_BLOCK = 4096,
	OVERSIZE_READ_ON = 1 << 20,
	STRICT_VERSION = 0x00097701
};

struct cni_server {
	cni_web *web;
	cni_server_options options;
	struct MHD_Daemon *daemon;
	cni_connections connections;
	cni_events events;
	pthread_t clock;
	pthread_mutex_t lock; /* of stopping */
	pthread_cond_t wake;
	bool stopping;         /* the clock ends */
	bool lenient;          /* the library is of a version that must be looked after: ragged() */
	_Atomic bool draining; /* every reply closes its connection */
};

/* ---- reading ---- */

static enum MHD_Result take_header(void *cls, enum MHD_ValueKind kind, const char *name,
	size_t name_size, const char *value, size_t value_size)
{
	cn_request *req = cls;
	cni_header header = {name, value ? value : "", name_size, value_size};

	(void)kind;
	if (req->header_count == HEADERS_MAX + 1) /* one too many is enough for refuse() */
		return MHD_NO;
	return CNI_PUSH(&req->arena, req->headers, req->header_count, header) ? MHD_YES : MHD_NO;
}

/* A line ends with CR LF. The library also takes a bare LF, ends a value at a NUL, folds lines
 * together, and takes a line without a name for the end of the head, so that what follows would be
 * a request of its own. Another server may see something else in each of them. The library leaves
 * the head where it was received and says how many bytes it took for it: so each header must begin
 * two bytes after the end of the one before (or of the request line), and the head must end four
 * bytes after the last. */
static bool ragged(
	const cn_request *req, const char *method, const char *version, struct MHD_Connection *http)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(http, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
	uintptr_t end = (uintptr_t)version + strlen(version);

	for (size_t i = 0; i < req->header_count; i++) {
		if ((uintptr_t)req->headers[i].name - end != 2)
			return true;
		end = (uintptr_t)req->headers[i].value + req->headers[i].value_size;
	}
	return !info || end + 4 - (uintptr_t)method != info->header_size;
}

/* 0, or the status that the request is refused with before anything of the app sees it. */
static int refuse(
	const cni_server *server, const cn_request *req, const char *version, cn_error *err)
{
	const cni_web *web = server->web;
	cni_guard_input input = {
		.method = req->method,
		.target = req->target,
		.version = version,
		.headers = req->headers,
		.count = req->header_count,
		.header_bytes = web->limits.header_bytes,
		.body_bytes = web->limits.body_bytes,
		.hosts = server->options.hosts,
		.any_ip_port = server->options.any_ip_port,
	};

	if (req->header_count > HEADERS_MAX) {
		cn_error_set(err, CN_EARG, "there are more than %d headers", HEADERS_MAX);
		return 431;
	}
	int status = cni_guard_check(&input, err);
	return status;
}

/* ---- answering ---- */

static struct MHD_Response *response_of(cn_reply *reply)
{
	if (reply->kind == CNI_REPLY_FILE) {
		struct MHD_Response *response =
			MHD_create_response_from_fd64(reply->file_size, reply->file);
		if (response)
			reply->file = -1; /* the library's now */
		return response;
	}
	/* the body lives in the connection until the reply is out */
	return MHD_create_response_from_buffer(
		reply->body.size, reply->body.data, MHD_RESPMEM_PERSISTENT);
}

static enum MHD_Result send_reply(
	cni_server *server, cni_connection *c, struct MHD_Connection *http, bool close)
{
	cn_reply *reply = &c->req.reply;
	struct MHD_Response *response = response_of(reply);

	if (!response)
		return MHD_NO;
	if (reply->content_type)
		MHD_add_response_header(
			response, MHD_HTTP_HEADER_CONTENT_TYPE, reply->content_type);
	for (size_t i = 0; i < reply->header_count; i++)
		MHD_add_response_header(response, reply->headers[i].name, reply->headers[i].value);
	if (close || atomic_load(&server->draining))
		MHD_add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close");
	c->reply_bytes = reply->kind == CNI_REPLY_FILE ? reply->file_size : reply->body.size;
	cni_connection_phase(c, CNI_PHASE_REPLY);
	enum MHD_Result result = MHD_queue_response(http, (unsigned)reply->status, response);
	MHD_destroy_response(response);
	return result;
}

static enum MHD_Result send_refusal(cni_server *server, cni_connection *c,
	struct MHD_Connection *http, int status, const cn_error *err)
{
	cn_reply_error(&c->req.reply, status, "%s", err->message);
	if (*err->hint)
		cn_error_hint(&c->req.reply.error, "%s", err->hint);
	cni_error_page(&c->req.reply);
	return send_reply(server, c, http, true);
}

/* ---- event streams ---- */

static ssize_t read_stream(void *cls, uint64_t at, char *out, size_t size)
{
	ssize_t n = cni_stream_read(cls, out, size);

	(void)at;
	return n < 0 ? MHD_CONTENT_READER_END_OF_STREAM : n;
}

static void free_stream(void *cls) { cni_stream_free(cls); }
static void park(void *connection) { MHD_suspend_connection(connection); }
static void wake(void *connection) { MHD_resume_connection(connection); }

static enum MHD_Result send_stream(
	cni_server *server, cni_connection *c, struct MHD_Connection *http)
{
	cni_stream *stream = cni_stream_new(&server->events, http);

	if (!stream) {
		cn_error why = {.message = "too many event streams are open"};
		return send_refusal(server, c, http, 503, &why);
	}
	struct MHD_Response *response = MHD_create_response_from_callback(
		MHD_SIZE_UNKNOWN, STREAM_BLOCK, read_stream, stream, free_stream);
	if (!response) {
		cni_stream_free(stream);
		return MHD_NO;
	}
	MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, "text/event-stream");
	MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
	MHD_add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close");
	cni_connection_phase(c, CNI_PHASE_STREAM);
	c->req.reply.status = 200;
	enum MHD_Result result = MHD_queue_response(http, 200, response);
	MHD_destroy_response(response);
	return result;
}

static bool is_dev(const cni_server *server, const cn_request *req, const char *path)
{
	return server->options.dev_script && strcmp(req->target, path) == 0 &&
	       strcmp(req->method, "GET") == 0;
}

static enum MHD_Result answer(cni_server *server, cni_connection *c, struct MHD_Connection *http)
{
	cn_request *req = &c->req;

	if (c->oversized) {
		cn_error why = {.message = "the body is too large"};
		return send_refusal(server, c, http, 413, &why);
	}
	if (is_dev(server, req, CNI_DEV_EVENTS))
		return send_stream(server, c, http);
	if (is_dev(server, req, CNI_DEV_SCRIPT)) {
		const char *script = server->options.dev_script;
		cn_reply_bytes(
			&req->reply, 200, "text/javascript; charset=utf-8", script, strlen(script));
		cn_reply_header(&req->reply, "Cache-Control", "no-store");
	} else {
		cni_dispatch(req);
	}
	return send_reply(server, c, http, false);
}

/* ---- what the library calls ---- */

static cni_connection *context_of(struct MHD_Connection *http)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(http, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

	return info ? info->socket_context : NULL;
}

/* The library takes the query apart before it asks us, in the same small memory that the head and
 * the reply need; when that is full, it neither answers nor closes. So a query of very many fields
 * is refused while there is nothing but the socket to do it with. */
static bool crowded(const char *target)
{
	size_t fields = 0;

	for (const char *at = strchr(target, '?'); at; at = strchr(at + 1, '&'))
		fields++;
	return fields > QUERY_FIELDS_MAX;
}

static void refuse_crowded(int fd)
{
	static const char reply[] = "HTTP/1.1 414 URI Too Long\r\n"
				    "Connection: close\r\nContent-Length: 0\r\n\r\n";

	(void)!send(fd, reply, sizeof reply - 1, MSG_NOSIGNAL | MSG_DONTWAIT);
	shutdown(fd, SHUT_RDWR);
}

/* The target comes here before anything is taken apart. Without one, on_head goes no further. */
static void *on_target(void *cls, const char *target, struct MHD_Connection *http)
{
	cni_connection *c = context_of(http);

	(void)cls;
	if (c && crowded(target))
		refuse_crowded(c->fd);
	else if (c)
		c->req.target = cni_strdup(&c->req.arena, target);
	return NULL;
}

static size_t keep_escapes(void *cls, struct MHD_Connection *http, char *text)
{
	(void)cls;
	(void)http;
	return strlen(text);
}

static enum MHD_Result on_head(cni_server *server, cni_connection *c, struct MHD_Connection *http,
	const char *method, const char *version)
{
	cn_request *req = &c->req;
	cn_error err;

	c->request_us = cni_clock_mono_us();
	req->method = cni_strdup(&req->arena, method);
	MHD_get_connection_values_n(http, MHD_HEADER_KIND, take_header, req);
	if (!req->method || !req->target || req->arena.failed)
		return MHD_NO;
	int status = refuse(server, req, version, &err);
	if (!status && server->lenient && ragged(req, method, version, http)) {
		cn_error_set(&err, CN_EARG, "the lines of the headers are malformed");
		status = 400;
	}
	if (status)
		return send_refusal(server, c, http, status, &err);
	cni_connection_phase(c, CNI_PHASE_BODY);
	return MHD_YES;
}

static enum MHD_Result on_body(
	const cni_server *server, cni_connection *c, const char *data, size_t *size)
{
	size_t limit = server->web->limits.body_bytes;

	if (c->req.body.size + *size > limit)
		c->oversized = true;
	if (!c->oversized)
		cni_buffer_add(&c->req.body, data, *size);
	c->body_bytes += *size;
	*size = 0;
	/* a body without a length said in advance: it is read on for a while, so that the answer
	 * arrives */
	return c->body_bytes > limit + OVERSIZE_READ_ON || c->req.body.failed ? MHD_NO : MHD_YES;
}

static enum MHD_Result on_request(void *cls, struct MHD_Connection *http, const char *url,
	const char *method, const char *version, const char *data, size_t *size, void **context)
{
	cni_server *server = cls;
	cni_connection *c = context_of(http);

	(void)url;
	if (!c)
		return MHD_NO;
	if (!*context) {
		*context = c;
		return on_head(server, c, http, method, version);
	}
	return *size ? on_body(server, c, data, size) : answer(server, c, http);
}

static void log_request(const cni_server *server, const cni_connection *c)
{
	char line[512];
	size_t shown = strcspn(c->req.target, "?"); /* a query can hold secrets */

	if (!server->options.log || strncmp(c->req.target, "/_cantil/", 9) == 0)
		return;
	snprintf(line, sizeof line, "%s %.*s %d %" PRIu64 " %" PRId64, c->req.method,
		(int)(shown < 300 ? shown : 300), c->req.target, c->req.reply.status,
		c->reply_bytes, cni_clock_mono_us() - c->request_us);
	server->options.log(line, server->options.log_ctx);
}

static void on_completed(
	void *cls, struct MHD_Connection *http, void **context, enum MHD_RequestTerminationCode how)
{
	cni_connection *c = context_of(http);

	(void)how;
	if (!c)
		return;
	if (*context && c->req.target && c->req.reply.status)
		log_request(cls, c);
	*context = NULL;
	char client[sizeof c->req.client];
	memcpy(client, c->req.client, sizeof client);
	cni_request_reset(&c->req);
	memcpy(c->req.client, client, sizeof client);
	c->oversized = false;
	c->reply_bytes = c->body_bytes = 0;
	cni_connection_phase(c, CNI_PHASE_HEAD);
}

static void on_connection(void *cls, struct MHD_Connection *http, void **context,
	enum MHD_ConnectionNotificationCode what)
{
	cni_server *server = cls;

	if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
		if (*context)
			cni_connection_close(*context);
		*context = NULL;
		return;
	}
	int fd = MHD_get_connection_info(http, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
	const struct sockaddr *address =
		MHD_get_connection_info(http, MHD_CONNECTION_INFO_CLIENT_ADDRESS)->client_addr;
	*context = cni_connection_open(&server->connections, server->web, fd, address);
}

static enum MHD_Result on_accept(void *cls, const struct sockaddr *address, socklen_t size)
{
	cni_server *server = cls;

	(void)size;
	return cni_connections_allow(&server->connections, address) ? MHD_YES : MHD_NO;
}

static void ignore_log(void *cls, const char *fmt, va_list ap)
{
	(void)cls;
	(void)fmt;
	(void)ap;
}

/* ---- starting and stopping ---- */

static void *run_clock(void *arg)
{
	cni_server *server = arg;

	pthread_mutex_lock(&server->lock);
	while (!server->stopping) {
		struct timespec until;
		clock_gettime(CLOCK_REALTIME, &until);
		until.tv_nsec += TICK_MS * 1000000L;
		until.tv_sec += until.tv_nsec / 1000000000;
		until.tv_nsec %= 1000000000;
		pthread_cond_timedwait(&server->wake, &server->lock, &until);
		pthread_mutex_unlock(&server->lock);
		cni_connections_check(&server->connections);
		cni_events_ping(&server->events);
		pthread_mutex_lock(&server->lock);
	}
	pthread_mutex_unlock(&server->lock);
	return NULL;
}

/* Up to 0.9.76 the library is lenient; after that it can be told to be strict. Its ABI is the same,
 * so the one that is there when the program runs counts. */
static bool is_lenient(void)
{
	static const unsigned long strict[] = {0, 9, 77};
	const char *at = MHD_get_version();

	for (size_t i = 0; i < CNI_COUNT(strict); i++) {
		char *end;
		unsigned long number = strtoul(at, &end, 10);
		if (end == at || number != strict[i])
			return end == at || number < strict[i];
		at = end + (*end == '.');
	}
	return false;
}

static struct MHD_Daemon *start_daemon(cni_server *server)
{
	const cn_web_limits *limits = &server->web->limits;
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	unsigned threads = server->options.threads ? server->options.threads
						   : (unsigned)(cores > 0 ? cores : 1) * 2;
	unsigned flags = MHD_USE_EPOLL | MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_ITC |
			 MHD_USE_SUSPEND_RESUME | MHD_USE_ERROR_LOG;

	if (threads > limits->connections)
		threads = limits->connections;
	/* a pool of one is refused by the library: 0 is the single thread */
	return MHD_start_daemon(flags, 0, on_accept, server, on_request, server,
		MHD_OPTION_EXTERNAL_LOGGER, ignore_log, NULL, MHD_OPTION_LISTEN_SOCKET,
		server->options.listen_fd, MHD_OPTION_THREAD_POOL_SIZE, threads == 1 ? 0u : threads,
		MHD_OPTION_CONNECTION_LIMIT, limits->connections, MHD_OPTION_CONNECTION_TIMEOUT,
		limits->idle_timeout_s,
		/* the head, its parsed form, and the reply's head */
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, limits->header_bytes * 2 + 8192,
		MHD_OPTION_NOTIFY_COMPLETED, on_completed, server, MHD_OPTION_NOTIFY_CONNECTION,
		on_connection, server, MHD_OPTION_URI_LOG_CALLBACK, on_target, server,
		MHD_OPTION_UNESCAPE_CALLBACK, keep_escapes, NULL,
#if MHD_VERSION >= 0x00097701
		MHD_OPTION_CLIENT_DISCIPLINE_LVL, 1,
#endif
		MHD_OPTION_END);
}

static void server_free(cni_server *server)
{
	cni_events_done(&server->events);
	cni_connections_done(&server->connections);
	pthread_cond_destroy(&server->wake);
	pthread_mutex_destroy(&server->lock);
	free(server);
}

static void stop_clock(cni_server *server)
{
	pthread_mutex_lock(&server->lock);
	server->stopping = true;
	pthread_cond_signal(&server->wake);
	pthread_mutex_unlock(&server->lock);
	pthread_join(server->clock, NULL);
}

cn_status cni_server_start(
	cni_web *web, const cni_server_options *options, cni_server **ret, cn_error *err)
{
	cni_server *server;

	TRY(cni_web_prepare(web, err));
	server = calloc(1, sizeof *server);
	if (!server)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	server->web = web;
	server->options = *options;
	server->lenient = is_lenient();
	if (cni_connections_init(&server->connections, &web->limits, err) < 0) {
		free(server);
		return err ? err->status : CN_ENOMEM;
	}
	if (!cni_events_init(&server->events, park, wake) ||
		pthread_mutex_init(&server->lock, NULL) || pthread_cond_init(&server->wake, NULL) ||
		pthread_create(&server->clock, NULL, run_clock, server)) {
		server_free(server);
		return cn_fail(err, CN_EIO, "cannot start a thread");
	}
	server->daemon = start_daemon(server);
	if (!server->daemon) {
		stop_clock(server);
		server_free(server);
		cn_error_set(err, CN_EIO, "the HTTP server cannot be started");
		cn_error_detail(err, "%s", strerror(errno));
		return CN_EIO;
	}
	*ret = server;
	return CN_OK;
}

void cni_server_publish(cni_server *server, const char *json)
{
	cni_events_publish(&server->events, json);
}

void cni_server_stop(cni_server *server, unsigned idle_ms, unsigned total_ms)
{
	if (!server)
		return;
	MHD_quiesce_daemon(server->daemon);
	atomic_store(&server->draining, true);
	cni_events_end(&server->events);
	cni_connections_drain(&server->connections, idle_ms, total_ms);
	stop_clock(server);
	MHD_stop_daemon(server->daemon);
	server_free(server);
}
