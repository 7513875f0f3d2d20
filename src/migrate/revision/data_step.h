/*
 * data_step.h - what a revision's steps need beside the database: the program's C functions and the
 * arguments of -x.
 *
 * A revision that was read by a migrator points at the migrator's host, so that whoever runs the
 * revision has it. Where there is none (a folder that is only replayed), or the host lacks a
 * function or an argument, a rehearsal leaves such steps out: they move rows, and there are none.
 * On a database that counts nothing is left out: cni_revision_ready refuses before anything is
 * touched.
 */
#ifndef CNI_MIGRATE_DATA_STEP_H
#define CNI_MIGRATE_DATA_STEP_H

#include <cantil/data_step.h>

#include "migrate/revision/revision.h"

enum {
	CNI_ARGUMENT_MAX = 256,            /* of one command */
	CNI_ARGUMENT_KEY_MAX = 64,         /* characters */
	CNI_ARGUMENT_VALUE_MAX = 64 << 10, /* bytes */
};
#define CNI_ARGUMENT_PREFIX ":x_" /* of the parameter that a statement is bound by */

typedef struct cni_argument {
	const char *key, *value;
} cni_argument;

typedef struct cni_host {
	const cn_data_migration *functions; /* ended by {0}; NULL: none */
	cni_argument *arguments;
	size_t argument_count;
	const char *program; /* for hints: "./store" */
	void (*progress)(const char *what, int64_t done, int64_t total, void *ctx); /* or NULL */
	bool (*canceled)(void *ctx);                                                /* or NULL */
	void *ctx;
} cni_host;

/* Reads "KEY=VALUE" texts (NULL-terminated; NULL: none). CN_EARG for what is none, and for a key
 * that is given twice. */
cn_status cni_arguments_parse(cni_arena *arena, const char *const *list, cni_argument **ret,
	size_t *ret_count, cn_error *err) CN_MUST_CHECK;
bool cni_argument_key_valid(const char *key, size_t size);            /* letters, digits, `_` */
const char *cni_argument_find(const cni_host *host, const char *key); /* NULL: not given */

/* Has the host every function and every argument that this half of the revision needs? Else CN_EARG
 * or CN_EUNSUPPORTED, saying what is missing and what to type. */
cn_status cni_revision_ready(
	const cni_revision *revision, const char *engine, bool down, cn_error *err) CN_MUST_CHECK;

/* Runs a step that is a C function, or a statement that takes arguments. */
cn_status cni_data_step_run(cni_conn *conn, const cni_revision *revision, const cni_step *step,
	bool down, bool rehearsal, cn_error *err) CN_MUST_CHECK;

/* The statement with its arguments as quoted texts, for a script. CN_EARG when one is missing. */
cn_status cni_data_step_script(cni_arena *arena, const cni_revision *revision, const cni_step *step,
	const char **ret_sql, cn_error *err) CN_MUST_CHECK;

#endif
