/*
 * state.h - what the developer's browser is told: which build serves, what is broken, what differs.
 * One line of JSON.
 */
#ifndef CNI_MANAGE_STATE_H
#define CNI_MANAGE_STATE_H

#include "base/buffer.h"
#include "manage/serve/serve.h"

enum { CNI_PROBLEM_BYTES = 32 * 1024 }; /* of a build's output; the first lines say what is wrong */

/* {"title": …, "text": …}; NULL texts are left out. */
void cni_problem_write(cni_buffer *out, const char *title, const char *text, size_t size);

typedef struct cni_dev_state {
	const char *build_id;
	int64_t assets;      /* counts what changed without a new program */
	const char *problem; /* JSON of cni_problem_write, "null" */
	const char *drift;   /* JSON of cni_drift_write, "null" */
} cni_dev_state;
void cni_dev_state_write(cni_buffer *out, const cni_dev_state *state);

/* Looks whether the models differ from the migrations and the database from both; cheap when
 * nothing changed since the last look. */
typedef struct cni_drift_watch {
	uint64_t seen;         /* of folder and database: names, sizes, times */
	uint64_t database;     /* which file it is: device and inode; 0: none */
	char path[4096];       /* of the database's file; "": not known yet */
	cni_buffer json, text; /* the last finding: for browsers ("null": nothing), for the terminal
				  ("": nothing) */
} cni_drift_watch;

/* True when the finding changed. *ret_replaced: another database file stands where the one in use
 * was. */
bool cni_drift_look(cni_drift_watch *watch, cni_serve *serve, bool *ret_replaced);
void cni_drift_done(cni_drift_watch *watch);

extern const char cni_dev_script[]; /* dev_script.c */

/* worker.c: serves with the socket of `serve` until told to go. */
cn_status cni_worker_run(
	cni_serve *serve, int control, const char *build_id, cn_error *err) CN_MUST_CHECK;
/* In a fork of the supervisor, when there is no program that serves: a page that says why. */
void cni_fallback_run(cni_serve *serve, int control, const char *build_id);

/* supervisor.c */
cn_status cni_supervise(cni_serve *serve, cn_error *err) CN_MUST_CHECK;

#endif
