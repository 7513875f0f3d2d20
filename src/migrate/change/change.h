/*
 * change.h - from two schemas to a proved script: diff, decisions, preflight, plan, proof.
 *
 * The one pipeline behind `cantil apply`, `db migrate` and `db check`. A cni_change_set is made in
 * memory only: nothing is written by anything in this file. execute.h runs it.
 */
#ifndef CNI_MIGRATE_CHANGE_H
#define CNI_MIGRATE_CHANGE_H

#include "driver/plan.h"
#include "migrate/decide/answers.h"

typedef struct cni_change_input {
	const cni_schema *from, *to; /* normalised */
	cni_answers *answers;        /* may be empty, never NULL */
	cni_conn *data; /* the live database, for counts and conflicts; NULL: there is none */
	bool up_only;   /* no plan for the way back is wanted */
	bool runs_next; /* the way forth is executed on `data` at once: then only a small database
			   is copied to try it before */
	/* A table of at least so many rows may keep them while only its stored definition changes
	 * (plan.h); 0: never, as in a revision, which runs on databases of any size. */
	int64_t edit_from;
	bool every_drop_asked; /* a revision runs on databases nobody sees now: ask even when `data`
				  holds no rows */
} cni_change_input;

typedef struct cni_change_set {
	cni_diff diff;
	cni_question *questions; /* open; when there are any, up and down are empty */
	size_t question_count;
	cni_plan up, down;
	bool tried_on_data; /* both were run on a copy of the data; false: there is none, or it is
			       too large for that */
} cni_change_set;

/* Everything lives in the arena. CN_OK also with open questions: look at question_count. CN_EARG
 * for an answer that speaks of what is not there; CN_ESCHEMA when a plan could not be proved (the
 * reason in detail). */
cn_status cni_change_make(cni_arena *arena, const cni_change_input *input, cni_change_set *ret,
	cn_error *err) CN_MUST_CHECK;

/* Fills err (CN_EDECISION) with the open questions: message, detail, hint with what to write. */
cn_status cni_change_ask(const cni_change_set *set, cn_error *err);

/* The plan as a script that the sqlite3 shell could run too: pragmas, BEGIN, steps with their
 * comments, COMMIT (neither BEGIN nor COMMIT for a plan without a transaction). The same result as
 * cni_execute, but for the checks and for what ANALYZE wrote about tables that are written anew:
 * run ANALYZE afterwards. */
void cni_plan_write(cni_buffer *out, const char *engine, const cni_plan *plan);

#endif
