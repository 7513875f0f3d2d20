/*
 * server.h - an app on a listening socket.
 *
 * Everything about sockets and the HTTP library is behind this header, in http_mhd.c, connection.c
 * and events.c. The socket is the caller's: it is never closed nor shut down here, so that another
 * process that shares it (the next version of the program) goes on accepting.
 */
#ifndef CNI_WEB_SERVER_H
#define CNI_WEB_SERVER_H

#include "web/app.h"

typedef struct cni_server cni_server;

typedef struct cni_server_options {
	int listen_fd;            /* bound and listening */
	unsigned threads;         /* 0: twice the cores */
	const char *const *hosts; /* see guard.h; borrowed; NULL: any */
	uint16_t any_ip_port;
	/* one line a request: method, path, status, bytes, microseconds; from any thread; NULL:
	 * none */
	void (*log)(const char *line, void *ctx);
	void *log_ctx;
	const char *dev_script; /* debug mode: served as CNI_DEV_SCRIPT, with CNI_DEV_EVENTS;
				   borrowed; NULL: off */
} cni_server_options;

#define CNI_DEV_SCRIPT "/_cantil/dev.js"
#define CNI_DEV_EVENTS "/_cantil/events"

cn_status cni_server_start(cni_web *web, const cni_server_options *options, cni_server **ret,
	cn_error *err) CN_MUST_CHECK;

/* Sends one line of JSON to every browser that listens, and to those that come, until the next one.
 */
void cni_server_publish(cni_server *server, const char *json);

/* Stops accepting, answers what is open with "Connection: close", ends event streams, and returns
 * when no connection is left: what is idle for longer than idle_ms is closed; after total_ms
 * everything is. Frees the server. */
void cni_server_stop(cni_server *server, unsigned idle_ms, unsigned total_ms);

#endif
