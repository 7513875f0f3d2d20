/*
 * call.h - inside a call: what was typed, what was opened for it, and the terminal.
 */
#ifndef CNI_MANAGE_CALL_H
#define CNI_MANAGE_CALL_H

#include <cantil/database.h>
#include <cantil/session.h>

#include "driver/driver.h"
#include "manage/app.h"
#include "manage/parse.h"
#include "manage/progress.h"

typedef struct cni_secret { /* a password that was typed: wiped at the end */
	char *text;
	size_t size;
	struct cni_secret *next;
} cni_secret;

struct cn_call {
	cn_app *app;
	cni_arena arena;
	cni_parsed parsed;
	const char *program; /* as hints tell people to type it: "./store" */
	bool usage;          /* the error is the user's: exit code 2 */
	bool json, quiet, verbose;
	bool written; /* something went to stdout */
	bool color_out, color_err;
	cni_conn *conn[3]; /* by cni_open_mode */
	cn_db *db;
	cn_session *session;
	cni_secret *secrets;
	cni_progress progress;
	bool held; /* signals are */
};

/* Reads the common options out of call->parsed. */
void cni_call_init(cn_call *call, cn_app *app);
void cni_call_done(cn_call *call); /* closes what it opened, wipes passwords */

/* The app's project; an error in --db or --root is marked as one of usage. */
cn_status cni_call_project(cn_call *call, const cni_project **ret, cn_error *err) CN_MUST_CHECK;

/* A connection to the app's database, kept for the call (one for each mode), closed after it,
 * interrupted by Ctrl-C. Borrowed. With CNI_OPEN_READ and CNI_OPEN_WRITE a database that is not
 * there is CN_ENOTFOUND. */
cn_status cni_call_conn(
	cn_call *call, cni_open_mode mode, cni_conn **ret, cn_error *err) CN_MUST_CHECK;
/* Closes them now: after a failed cni_execute, before a file is replaced. */
void cni_call_close(cn_call *call);
/* The same, with the session and the models' database: another one follows. */
void cni_call_switch(cn_call *call);
/* Prints a failure (a negative status) and returns its exit code: main.c. */
int cni_call_report(cn_call *call, int status, cn_error *err);

/* Memory that lives as long as the call. */
cni_arena *cni_call_arena(cn_call *call);

/* What people type to run this program: "./store" as they did, for hints. */
const char *cni_call_program(const cn_call *call);

/* ---- print.c ---- */

/* "APP: error: …", "detail: …", "hint: …" on stderr. The one place that prints errors. */
void cni_print_error(const char *app, const cn_error *err, bool color);

#endif
