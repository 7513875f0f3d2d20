/*
 * serve.h - `runserver` and `routes`, inside.
 *
 * One program, three roles of runserver:
 *   - plain: it binds the socket, checks the database, serves until a signal, finishes what is
 * open;
 *   - supervisor (-d, -r): it binds the socket, owns it as long as it lives, never serves from it,
 * and has workers: it watches the sources, builds, starts the new program, and when that is ready
 * asks the old one to go. So there is always somebody who accepts, and no connection is refused or
 * lost;
 *   - worker: started by a supervisor with the socket as descriptor 3 (LISTEN_FDS, as systemd does
 * it) and a control socket (CANTIL_SERVE_CONTROL).
 */
#ifndef CNI_MANAGE_SERVE_H
#define CNI_MANAGE_SERVE_H

#include <signal.h>

#include <cantil/command.h>

#include "base/arena.h"
#include "web/server.h"

enum { CNI_PORT = 5000, CNI_PORTS_TRIED = 20, CNI_HOSTS_MAX = 8 };

#define CNI_CONTROL_VARIABLE "CANTIL_SERVE_CONTROL"

typedef struct cni_serve {
	cn_call *call;
	cn_app *app;
	cni_web *web;
	cni_arena arena;
	const char *program; /* how it is typed, for hints */
	const char *host;    /* as it was typed */
	uint16_t port;       /* the one that was bound */
	bool debug, reload, quiet;
	unsigned threads;
	int listen_fd;
	const char *address; /* to open in a browser: "http://127.0.0.1:5000/" */
	const char *hosts[CNI_HOSTS_MAX + 1];
	uint16_t any_ip_port; /* bound to every address: see guard.h */
	bool local;           /* nobody but this machine reaches it */
	sigset_t signals;     /* blocked, and read from signal_fd: the ones that end us */
	int signal_fd;
} cni_serve;

/* listen.c: binds (or takes over what systemd bound), and fills port, address, hosts. CN_EIO with a
 * hint. */
cn_status cni_serve_listen(
	cni_serve *serve, bool port_given, uint16_t port, cn_error *err) CN_MUST_CHECK;

/* runserver.c: is the database there and up to date? */
cn_status cni_serve_check_database(cni_serve *serve, cn_error *err) CN_MUST_CHECK;
cni_server_options cni_serve_options(cni_serve *serve);
void cni_serve_introduce(
	const cni_serve *serve); /* the address, and a warning if others can see errors */
void cni_serve_log_error(const char *line, void *ctx);

int cni_runserver(cn_call *call, cn_error *err);
int cni_routes(cn_call *call, cn_error *err);

#endif
