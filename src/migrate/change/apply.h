/*
 * apply.h - make a database like a target: the whole of `cantil apply`, as one function.
 *
 * Inspects the database, normalises the target, makes and proves the change (change.h), asks, and
 * executes it in one transaction (execute.h). No table of Cantil's own is left behind. When another
 * process changes the database between the look and the lock, everything is looked at again.
 */
#ifndef CNI_MIGRATE_APPLY_H
#define CNI_MIGRATE_APPLY_H

#include "migrate/change/change.h"

typedef struct cni_apply_options {
	bool dry_run; /* everything but the execution */
	/* A table of at least so many rows keeps them where it is enough to edit its stored
	 * definition; 0: CNI_EDIT_FROM; negative: no table. */
	int64_t edit_from;
	/* The target is what a script says, before the engine has seen it (cni_schema_written).
	 * When it does not come out like that, this gives what the engine makes of it, or the
	 * error; NULL: the target is normalised. */
	cn_status (*normalise)(void *ctx, cni_schema **ret, cn_error *err);
	void *normalise_ctx;
	/* What the database held at this content version (cni_conn_content_version), if somebody
	 * has looked: a second look is spared while nobody writes. NULL: nobody has. */
	const cni_schema *seen;
	int64_t seen_version;
	/* Called once with a plan that is proved, before anything is written: CN_OK goes on,
	 * CN_ECANCELED stops. NULL: go on. */
	cn_status (*confirm)(
		const cni_change_set *set, const char *script, void *ctx, cn_error *err);
	/* Called with the open questions; it adds answers and returns CN_OK to try again, or passes
	 * on the CN_EDECISION that is in err. NULL: nobody to ask. */
	cn_status (*ask)(const cni_change_set *set, cni_answers *answers, void *ctx, cn_error *err);
	void (*progress)(const char *what, int64_t done, int64_t total, void *ctx);
	void *ctx;
} cni_apply_options;

typedef struct cni_apply_report {
	bool changed; /* false: database and target are the same already; nothing was written */
	const char *summary; /* the changes, a line each, for people */
	const char *script; /* what was, or with dry_run would be, run: for the sqlite3 shell too */
	cni_change_set set;
} cni_apply_report;

/* `conn` must be fresh (no TEMP objects, no open statements, no transaction); `target` is the text
 * of a SQL script, `target_name` what messages call it. For a dry run it may be opened for reading,
 * unless it is larger than CNI_PROOF_MAX_BYTES. The report lives in the arena. CN_EDECISION
 * when a person must decide first; after any failure the database is as it was.
 *
 *     CLEANUP(cni_arena_done) cni_arena arena = {0};
 *     cni_answers answers = {.arena = &arena};
 *     cni_apply_report report;
 *     TRY(cni_answers_add_text(&answers, text, "answers.txt", err));
 *     TRY(cni_apply(conn, "schema.sql", script, &answers, &(cni_apply_options){0}, &arena, &report,
 * err));
 */
cn_status cni_apply(cni_conn *conn, const char *target_name, const char *target,
	cni_answers *answers, const cni_apply_options *options, cni_arena *arena,
	cni_apply_report *ret, cn_error *err) CN_MUST_CHECK;

/* The same with a target that is a schema already (normalised). */
cn_status cni_apply_schema(cni_conn *conn, const cni_schema *target, cni_answers *answers,
	const cni_apply_options *options, cni_arena *arena, cni_apply_report *ret,
	cn_error *err) CN_MUST_CHECK;

#endif
