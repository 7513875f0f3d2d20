/*
 * change.h - from two schemas to a proved script: diff, decisions, preflight, plan, proof.
 *
 * The one pipeline behind `cantil apply`, `db migrate` and `db check`. A cni_change_set is made in memory only:
 * nothing is written by anything in this file. execute.h runs it.
 */
#ifndef CNI_MIGRATE_CHANGE_H
#define CNI_MIGRATE_CHANGE_H

#include "driver/driver.h"
#include "migrate/answers.h"

typedef struct cni_keep { /* rows of `from` must be in `to` afterwards, with these columns unchanged */
	const char *from_table, *to_table;
	const char **from_columns, **to_columns;
	size_t column_count;
} cni_keep;

typedef struct cni_step {
	const char *sql;      /* one statement, without `;` */
	const char *comment;  /* why; one line; NULL: belongs to the step before */
} cni_step;

typedef struct cni_plan {
	cni_step *steps;
	size_t step_count;
	cni_keep *keeps;      /* what is compared before and after */
	size_t keep_count;
	const char **warnings; /* "data cannot come back: product.price" */
	size_t warning_count;
	bool rebuilds;        /* some table is copied whole */
} cni_plan;

typedef struct cni_change_input {
	const cni_schema *from, *to;   /* normalised */
	cni_answers *answers;          /* may be empty, never NULL */
	cni_conn *data;                /* the live database, for counts and conflicts; NULL: there is none */
	bool every_drop_asked;         /* a revision runs on databases nobody sees now: ask even when `data` holds no rows */
} cni_change_input;

typedef struct cni_change_set {
	cni_diff diff;
	cni_question *questions;       /* open; when there are any, up and down are empty */
	size_t question_count;
	cni_plan up, down;
} cni_change_set;

/* Everything lives in the arena. CN_OK also with open questions: look at question_count. CN_EARG for an
 * answer that speaks of what is not there; CN_ESCHEMA when a plan could not be proved (the reason in detail). */
cn_status cni_change_make(cni_arena *arena, const cni_change_input *input, cni_change_set *ret, cn_error *err) CN_MUST_CHECK;

/* Fills err (CN_EDECISION) with the open questions: message, detail, hint with what to write. */
cn_status cni_change_ask(const cni_change_set *set, cn_error *err);

/* The plan as a script that the sqlite3 shell could run too: pragmas, BEGIN, steps with their comments, COMMIT. */
void cni_plan_write(cni_buffer *out, const cni_plan *plan);

#endif
