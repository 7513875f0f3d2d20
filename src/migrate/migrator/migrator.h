/*
 * migrator.h - inside a cn_migrator: what the manager adds to it, and what its files share.
 */
#ifndef CNI_MIGRATE_MIGRATOR_H
#define CNI_MIGRATE_MIGRATOR_H

#include <cantil/migrate.h>

#include "migrate/revision/revision.h"
#include "migrate/revision/version.h"

/* The schema wanted, of the engine that `home` names, not normalised: renamed_from of its tables
 * and columns is looked at. `known`: what it will be compared with (driver.h,
 * cni_normalise_sql_like). */
typedef cn_status (*cni_target_fn)(const cni_uri *home, const cni_schema *known, cni_arena *arena,
	cni_schema **ret, void *ctx, cn_error *err);
/* Called with open questions: adds answers and returns CN_OK to try again, or passes on the
 * CN_EDECISION that is in err. */
typedef cn_status (*cni_ask_fn)(
	const cni_change_set *set, cni_answers *answers, void *ctx, cn_error *err);
/* Called when the live database was opened, and before it is closed: so that somebody can interrupt
 * it. */
typedef void (*cni_opened_fn)(cni_conn *conn, bool opened, void *ctx);
/* Called after each revision of an upgrade or downgrade. done: false when another process was
 * first. */
typedef void (*cni_ran_fn)(const cni_revision *revision, bool down, bool done, void *ctx);

struct cn_migrator {
	cni_arena arena;       /* the description */
	cni_arena result;      /* what the last call handed out */
	cn_migrator_desc desc; /* its texts live in the arena */
	cni_uri uri;           /* valid when desc.database_uri is not NULL */
	const char *folder;    /* absolute; "embedded:NAME" when they are embedded */
	const char *engine;    /* "sqlite" */
	cni_uri home;          /* where scratch databases are made: engine and server */
	cni_uri *others;       /* the same of the further engines that revisions are made for */
	size_t other_count;
	const char *tag;    /* for rows of the version table; NULL: none */
	bool tried_on_rows; /* the last verify ran on a copy of the database, too */
	bool allow_drift;   /* take a database as it is, whatever its revisions make */
	cni_target_fn target;
	void *target_ctx;
	cni_ask_fn ask;
	void *ask_ctx;
	cni_opened_fn watch;
	void *watch_ctx;
	cni_ran_fn ran;
	void *ran_ctx;
	struct cni_host *host;     /* what the steps of revisions need: data_step.h */
	const char *backup_folder; /* absolute; NULL: no copy is made */
	cni_conn *borrowed; /* a database in memory, which is only in this connection; else NULL */
};

/* ---- set by the manager before the calls; NULL: none ---- */
void cni_migrator_set_target(cn_migrator *migrator, cni_target_fn fn, void *ctx);
void cni_migrator_set_ask(cn_migrator *migrator, cni_ask_fn fn, void *ctx);
void cni_migrator_set_watch(cn_migrator *migrator, cni_opened_fn fn, void *ctx);
void cni_migrator_set_ran(cn_migrator *migrator, cni_ran_fn fn, void *ctx);
void cni_migrator_set_allow_drift(cn_migrator *migrator, bool allow);
/* Works on this connection, of a database in memory, and does not close it. */
void cni_migrator_set_connection(cn_migrator *migrator, cni_conn *conn);

/* ---- more than the public functions, for the commands ---- */

/* Answers with their places for messages; the public function makes them from text. */
cn_status cni_migrator_make(cn_migrator *migrator, const cn_make_desc *desc, cni_answers *answers,
	cn_made *ret, cn_error *err) CN_MUST_CHECK;

/* How the schema wanted differs from what the revisions make; needs no database. Lives in the
 * arena. */
cn_status cni_migrator_diff(
	cn_migrator *migrator, cni_arena *arena, cni_diff *ret, cn_error *err) CN_MUST_CHECK;

/* How many heads the folder has. */
cn_status cni_migrator_heads(cn_migrator *migrator, size_t *ret, cn_error *err) CN_MUST_CHECK;

/* One revision of the folder; NULL for "base". */
cn_status cni_migrator_find(cn_migrator *migrator, const char *name, const cni_revision **ret,
	cn_error *err) CN_MUST_CHECK;

/* What an upgrade or downgrade would run, in that order. */
typedef struct cni_route {
	const cni_revision **list;
	size_t count;
	bool down;
	bool untagged; /* the database's version table has no column for tags */
} cni_route;
/* `revision` as for cn_migrator_upgrade, or "FROM:TO", which asks no database. */
cn_status cni_migrator_route(cn_migrator *migrator, bool down, const char *revision, cni_route *ret,
	cn_error *err) CN_MUST_CHECK;

/* ---- shared by migrator*.c ---- */

/* The revisions: of its folder, or of the program itself when they were embedded. Every call reads
 * them anew. embedded.c */
cn_status cni_migrator_folder(
	cn_migrator *migrator, cni_arena *arena, cni_folder *ret, cn_error *err) CN_MUST_CHECK;
/* The same of their headers only: what follows what, and their checksums. cni_folder_load reads the
 * rest. */
cn_status cni_migrator_graph(
	cn_migrator *migrator, cni_arena *arena, cni_folder *ret, cn_error *err) CN_MUST_CHECK;
/* CN_EUNSUPPORTED when the revisions are embedded, so that no file can be made or changed. */
cn_status cni_migrator_on_disk(const cn_migrator *migrator, cn_error *err) CN_MUST_CHECK;
/* The copy that backup_folder asks for; inside the transaction, before anything is written. */
cn_status cni_migrator_backup(cn_migrator *migrator, cni_conn *conn, const cni_version *version,
	cn_error *err) CN_MUST_CHECK;
/* Are all embedded revisions applied, as they are, and nothing else? Answered without parsing them.
 */
bool cni_embedded_current(const cn_migrations *embedded, const cni_version *version);
/* Begins a public call: what the last one handed out is forgotten. */
void cni_migrator_begin(cn_migrator *migrator);
bool cni_migrator_has_database(const cn_migrator *migrator); /* is it there? */
/* Waits while it is locked, up to the lock time-out. `foreign`: leave its journal mode and settings
 * alone. */
cn_status cni_migrator_open(cn_migrator *migrator, cni_open_mode mode, bool foreign, cni_conn **ret,
	cn_error *err) CN_MUST_CHECK;
void cni_migrator_close(cn_migrator *migrator, cni_conn **conn);
void cni_migrator_notice(cn_migrator *migrator, const char *fmt, ...) CN_PRINTF(2, 3);
/* Opens read-only, reads the version table, closes. Nothing is applied in a database that is not
 * there. */
cn_status cni_migrator_version(
	cn_migrator *migrator, cni_arena *arena, cni_version *ret, cn_error *err) CN_MUST_CHECK;
/* set[i]: revisions[i] is applied. CN_ESCHEMA when the database has a revision that the folder does
 * not. */
cn_status cni_applied_set(const cni_folder *folder, const cni_version *version, cni_arena *arena,
	bool **ret, cn_error *err) CN_MUST_CHECK;
/* The same in the order in which they were applied, which is that in which this database's tables
 * got their columns; in the folder's order when the table says something that cannot be. */
cn_status cni_applied_order(const cni_folder *folder, const cni_version *version, cni_arena *arena,
	cni_order *ret, cn_error *err) CN_MUST_CHECK;
/* The schema wanted, normalised; its renames are added to `answers` (may be NULL) as far as they
 * say something about `from`. */
cn_status cni_migrator_target(cn_migrator *migrator, cni_arena *arena, const cni_schema *from,
	cni_answers *answers, cni_schema **ret, cn_error *err) CN_MUST_CHECK;
/* Do the revisions say what is wanted in the same words, so that no engine need be asked? false
 * when it is not that simple. */
cn_status cni_migrator_is_same(cn_migrator *migrator, const cni_folder *folder, cni_arena *arena,
	bool *ret, cn_error *err) CN_MUST_CHECK;
/* The renames that a model's renamed_from says: migrator_renames.c. */
cn_status cni_model_renames(const cni_schema *target, const cni_schema *from, cni_answers *answers,
	cn_error *err) CN_MUST_CHECK;
/* Tells (notice) which of these revisions' files are not what they were when they were made. */
cn_status cni_migrator_tell_changed(cn_migrator *migrator, const cni_folder *folder,
	const cni_route *route, cn_error *err) CN_MUST_CHECK;
/* Tells (notice) which applied revisions' files are not what they were then; returns how many. */
size_t cni_migrator_edited(
	cn_migrator *migrator, const cni_folder *folder, const cni_version *version);
/* Leaves in the state's list what lies in a range (cn_migrator_history): migrator_range.c. */
cn_status cni_range_cut(const cni_folder *folder, cni_arena *arena, const char *text,
	cn_migration_state *state, cn_error *err) CN_MUST_CHECK;
/* All revisions forward, backward and forward again, in a scratch database: migrator_verify.c. */
cn_status cni_migrator_prove(
	cn_migrator *migrator, const cni_folder *folder, cn_error *err) CN_MUST_CHECK;
/* CN_ESCHEMA when files are not what revisions.sha256 says, or are missing; files without a line
 * are only told: migrator_edit.c. */
cn_status cni_migrator_check_files(
	cn_migrator *migrator, const cni_folder *folder, cn_error *err) CN_MUST_CHECK;
/* set[i]: revisions[i] stands behind `to` (NULL: behind nothing), on a branch when one is named, or
 * needs one that does. What only depends on `to` itself does not. NULL when out of memory. */
bool *cni_route_behind(
	const cni_folder *folder, cni_arena *arena, const cni_revision *to, const bool *branch);
/* What an upgrade (from what is applied) has to run, and in which order. */
cn_status cni_route_find(const cni_folder *folder, const bool *applied, bool down,
	const char *revision, cni_arena *arena, cni_route *ret, cn_error *err) CN_MUST_CHECK;

#endif
