/*
 * migrate.h - migrations from C: what `app db …` does, as functions.
 *
 * A cn_migrator joins three things: a folder of revision files, a database, and (when revisions are
 * made or checked) the schema that is wanted. Nothing is opened before a function needs it, and
 * closed again when it returns: a migrator holds no connection and no lock between calls.
 *
 * Ownership: everything that a call hands out (texts, lists) belongs to the migrator and lives
 * until the next call with the same migrator. A migrator is used by one thread at a time.
 *
 * Safety: every revision runs in a transaction of its own, under the database's write lock, and its
 * row in the version table is written in the same transaction. Whatever happens (an error, a kill,
 * a full disk), the database is at one revision or at the next, never between; the next upgrade
 * goes on.
 *
 *     cn_migrator *migrator;
 *     cn_error err;
 *     if (cn_migrator_new(&(cn_migrator_desc){.database_uri = "sqlite:////var/lib/app/app.db",
 *             .folder = "/usr/share/app/migrations"}, &migrator, &err) < 0)
 *             …
 *     if (cn_migrator_upgrade(migrator, "head", NULL, &err) < 0)
 *             fprintf(stderr, "%s\n", err.message);
 *     cn_migrator_free(migrator);
 *
 * Source: src/migrate/migrator/migrator.c
 */
#ifndef CANTIL_MIGRATE_H
#define CANTIL_MIGRATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cantil/data_step.h>
#include <cantil/error.h>
#include <cantil/operations.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct cn_app cn_app;
typedef struct cn_db cn_db;
typedef struct cn_migrator cn_migrator;

/* Revisions that were compiled into the program: docs/embedding.md. The source with them is written
 * by `cantil embed`, not by hand; it is constant, so it is borrowed, never copied. */
typedef struct cn_migration_file {
	const char *id;       /* the revision's */
	const char *checksum; /* SHA-256 of the text, in hex */
	const char *name;     /* of the file in versions/ */
	const char *text;
	size_t size_bytes;
} cn_migration_file;

enum { CN_MIGRATIONS_FORMAT = 1 };

typedef struct cn_migrations {
	unsigned format;                /* CN_MIGRATIONS_FORMAT of the program that wrote it */
	const char *name;               /* for messages */
	const cn_migration_file *files; /* parents before children */
	size_t count;
} cn_migrations;

typedef struct cn_migrator_desc {
	const char *database_uri;      /* or a plain path; NULL: there is no database (making and
					  checking revisions) */
	const char *folder;            /* the migrations folder; NULL: "migrations" */
	const cn_migrations *embedded; /* instead of a folder; borrowed. NULL: the folder */
	const char *root;       /* relative paths count from here; NULL: from the working folder */
	const char *program;    /* what hints tell people to type: "./store"; NULL: "cantil" */
	const char *target_sql; /* the schema wanted, as CREATE statements; NULL: none is known */
	/* Further engines that revisions are made for, beside the database's own: each revision
	 * gets a section for every one of them, planned and proved there. A URI, of a server on
	 * which scratch schemas can be made, or the name of an engine that needs none ("sqlite").
	 * NULL-terminated; copied. NULL: none */
	const char *const *engines;
	/* the C functions that revisions call (data_step.h), ended by {0}; borrowed. NULL: none */
	const cn_data_migration *data_steps;
	/* "KEY=VALUE" texts for revisions that ask for them, NULL-terminated; copied. NULL: none */
	const char *const *arguments;
	/* The database is copied into this folder, which must exist, before the first revision of
	 * an upgrade or downgrade runs, under the same lock: FILE.REVISION.bak, where REVISION is
	 * the one it is at. A copy of that name that is there is replaced. NULL: no copy */
	const char *backup_folder;
	unsigned lock_timeout_ms; /* how long to wait for another migrator or writer; 0: 60000 */
	/* What people should know, a line each ("revision 3f2a was edited after it was applied").
	 * NULL: nobody is told. */
	void (*notice)(const char *line, void *ctx);
	/* Called while revisions run: what is being done, how many steps are done, of how many.
	 * NULL: none. */
	void (*progress)(const char *what, int64_t done, int64_t total, void *ctx);
	/* Asked before each step: true ends with CN_ECANCELED, and the revision is rolled back.
	 * NULL: never. */
	bool (*canceled)(void *ctx);
	void *ctx; /* for notice, progress and canceled */
} cn_migrator_desc;

/* Checks and copies the description; opens nothing. CN_EARG for a URI that is none. */
CN_API cn_status cn_migrator_new(
	const cn_migrator_desc *desc, cn_migrator **ret, cn_error *err) CN_MUST_CHECK;
CN_API void cn_migrator_free(cn_migrator *migrator); /* NULL is allowed */

/* The migrator of an app: its database, its migrations folder, its models (or the schema file of
 * its cantil.ini). Free it before the app. Source: src/manage/db_migrator.c */
CN_API cn_status cn_app_migrator(cn_app *app, cn_migrator **ret, cn_error *err) CN_MUST_CHECK;

/* ---- for a program that brings its migrations along: docs/embedding.md ---- */

/* Brings the database of an open handle to a revision of the program's own (NULL: "head"), at its
 * start, before any session is opened:
 *
 *     cn_db_options options = {.models = CN_MODELS(Reading), .create = true};
 *     if (cn_db_open("sqlite:///log.db", &options, &db, &err) < 0 ||
 *             cn_upgrade(db, &migrations, "head", &err) < 0)
 *             …
 *
 * When there is nothing to do, nothing is written. Of several processes that start at once, one
 * runs the revisions, the others wait for it and go on. CN_ESCHEMA when the database belongs to a
 * newer program: nothing was touched. CN_ECONFLICT when somebody else held it for longer than a
 * minute. For data steps, a copy beforehand, progress or another time-out: cn_db_migrator.
 * Source: src/manage/upgrade.c */
CN_API cn_status cn_upgrade(cn_db *db, const cn_migrations *embedded, const char *revision,
	cn_error *err) CN_MUST_CHECK;
/* The way back; NULL: one revision. */
CN_API cn_status cn_downgrade(cn_db *db, const cn_migrations *embedded, const char *revision,
	cn_error *err) CN_MUST_CHECK;
/* A migrator for the database of an open handle; desc->database_uri is not looked at. The handle
 * may be closed before the migrator is freed. Not for a database in memory. */
CN_API cn_status cn_db_migrator(
	cn_db *db, const cn_migrator_desc *desc, cn_migrator **ret, cn_error *err) CN_MUST_CHECK;

/* Makes the folder (versions/, README.md, settings, a skeleton for revisions that are written by
 * hand). *ret_made (may be NULL): false when it was one already, which is fine. CN_ECONFLICT,
 * saying what there is, when it holds something else. */
CN_API cn_status cn_migrator_init(
	cn_migrator *migrator, bool *ret_made, cn_error *err) CN_MUST_CHECK;

typedef struct cn_template { /* what a migrations folder begins with */
	const char *name, *help;
} cn_template;

/* Those that are compiled in, ended by a NULL name; the first one is the default. */
CN_API const cn_template *cn_migration_templates(void);

/* cn_migrator_init with a template: one of those names, or the path (from the working folder) of
 * a folder of one's own, whose files are copied. NULL: the default. CN_ENOTFOUND for a name that
 * there is not. Source: src/migrate/migrator/template.c */
CN_API cn_status cn_migrator_init_from(cn_migrator *migrator, const char *template_name,
	bool *ret_made, cn_error *err) CN_MUST_CHECK;

/* ---- making a revision ---- */

typedef struct cn_make_desc {
	const char *message;     /* what it is for; NULL: "" */
	const char *revision_id; /* letters, digits, "_" and "-"; NULL: 12 random hex digits */
	const char *answers;     /* decisions, one a line (docs/revision-files.md); NULL: none */
	bool empty;   /* do not compare: a revision without statements, to be written by hand */
	bool dry_run; /* everything but the writing */
	/* The revision that it follows: an id, "LABEL@head", …; "base": none, a branch of its own.
	 * NULL: the only head; CN_ESCHEMA when there are several. */
	const char *head;
	bool splice;                   /* `head` may have a follower already: a branch begins */
	const char *branch_label;      /* a name for the branch that begins here; NULL: none */
	const char *const *depends_on; /* revisions that must be applied before this one, without
					  being followed by it; NULL-terminated; NULL: none */
} cn_make_desc;

typedef struct cn_made {
	bool changed;          /* false: the schemas are the same, there is no revision */
	const char *id, *path; /* path: absolute; NULL with dry_run */
	const char *text;      /* the file's */
	const char *summary;   /* the changes, a line each, for people */
} cn_made;

/* Compares what the revisions make with the schema wanted, plans the change, proves it forward and
 * backward (on a copy of the database too when that is at the head), and writes the file.
 * CN_EDECISION when a person must decide first: nothing was written, hint says what to answer. */
CN_API cn_status cn_migrator_make(
	cn_migrator *migrator, const cn_make_desc *desc, cn_made *ret, cn_error *err) CN_MUST_CHECK;

typedef struct cn_merge_desc {
	const char *const *revisions; /* two or more, NULL-terminated; NULL: all heads */
	const char *message;          /* NULL: "merge A and B" */
	const char *revision_id;      /* as for cn_make_desc */
	const char *branch_label;
	bool dry_run;
} cn_merge_desc;

/* Writes a revision that follows several: after it there is one head again. It has no statements of
 * its own, so the branches must get along: they are replayed in either order, and it must work and
 * end in the same schema (columns in another order are no matter). CN_ESCHEMA, naming the revision
 * or the table in conflict, when not. Source: src/migrate/migrator/migrator_merge.c */
CN_API cn_status cn_migrator_merge(cn_migrator *migrator, const cn_merge_desc *desc, cn_made *ret,
	cn_error *err) CN_MUST_CHECK;

/* Takes a revision's file as it is now, after it was edited: parsed, replayed forward, backward and
 * forward again with all the others, and its line in revisions.sha256 written. NULL: every file
 * that was edited and is not applied. CN_ESCHEMA when it does not hold; CN_ECONFLICT when the
 * database has it already and not `force`. *ret_count (may be NULL): how many were taken. Source:
 * src/migrate/migrator/migrator_edit.c */
CN_API cn_status cn_migrator_accept(cn_migrator *migrator, const char *revision, bool force,
	size_t *ret_count, cn_error *err) CN_MUST_CHECK;

/* ---- running revisions ---- */

/* What names revisions, everywhere:
 *     ID, its beginning, LABEL    one revision; LABEL: the one that begins the branch
 *     head, heads, base           the only one that nothing follows; all of them; none
 *     ID+2, head-1                so many after or before it
 *     +2, -1                      so many from where the database is
 *     NAME@head, NAME@base, NAME@-1, NAME@ID
 *                                 the same on one branch; NAME: its label, or a revision on it
 * CN_ENOTFOUND with "did you mean", CN_EARG when it could be several. */

/* Runs what leads to `revision`, with all that it needs; NULL: "head" (CN_ESCHEMA when there are
 * several heads), or "-1". A downgrade undoes what stands behind `revision`. *ret_count (may be
 * NULL): how many this call ran; 0 when another process was first. Upgrade may create the
 * database's file. When it fails, the database is at the last revision that was run whole. */
CN_API cn_status cn_migrator_upgrade(cn_migrator *migrator, const char *revision, size_t *ret_count,
	cn_error *err) CN_MUST_CHECK;
CN_API cn_status cn_migrator_downgrade(cn_migrator *migrator, const char *revision,
	size_t *ret_count, cn_error *err) CN_MUST_CHECK;

/* A word that the rows of the version table keep for what is run or stamped from now on: a release,
 * a ticket. NULL: none, which is the usual. Up to 200 bytes. */
CN_API cn_status cn_migrator_set_tag(
	cn_migrator *migrator, const char *tag, cn_error *err) CN_MUST_CHECK;

/* The script that upgrade (or downgrade) would run now, version rows included, for the sqlite3
 * shell. "FROM:TO" needs no database: FROM is where one is that will run it ("base", or nothing
 * before the colon, is none). */
CN_API cn_status cn_migrator_script(cn_migrator *migrator, bool downgrade, const char *revision,
	const char **ret_sql, cn_error *err) CN_MUST_CHECK;

/* Writes that the database is at this revision ("head", "base", …) without running anything: with
 * all that it needs, without what stands behind it. Other branches stay as they are. CN_ESCHEMA
 * when the database has revisions that the folder does not. */
CN_API cn_status cn_migrator_stamp(
	cn_migrator *migrator, const char *revision, cn_error *err) CN_MUST_CHECK;

/* The same for several revisions (NULL-terminated; NULL: "head"). `purge`: what the version table
 * has is forgotten first, whatever it is. */
CN_API cn_status cn_migrator_stamp_all(cn_migrator *migrator, const char *const *revisions,
	bool purge, cn_error *err) CN_MUST_CHECK;

/* ---- looking ---- */

typedef struct cn_migration {
	const char *id, *message, *created, *path;
	const char *const *parents; /* none: a base */
	size_t parent_count;
	bool head;              /* nothing follows it */
	bool applied;           /* the database has it */
	bool edited;            /* applied, and its file is not what it was then */
	const char *applied_at; /* ISO 8601, UTC; NULL: not applied */
	int64_t duration_us;    /* of applying it; -1: stamped, or not applied */
	bool current;           /* applied, and no applied one follows it */
	const char *tag; /* what cn_migrator_set_tag said when it was applied; NULL: nothing */
	const char *const *children; /* more than one: branches begin here */
	size_t child_count;
	const char *const *depends; /* what else must be applied before it */
	size_t depend_count;
	const char *const *labels; /* of its branch, its own included */
	size_t label_count;
} cn_migration;

typedef struct cn_migration_state {
	const char *uri;          /* absolute, without a password; NULL: there is no database */
	const char *path;         /* the database's file, absolute; NULL: it has none */
	const char *folder;       /* absolute */
	bool exists;              /* the database is there */
	const char *database_id;  /* random, given by the first upgrade or stamp; NULL: none yet */
	const cn_migration *list; /* parents before children */
	size_t count;
	const char *const *heads; /* of the folder */
	size_t head_count;
	const char *const *current; /* what the database is at; more than one with branches */
	size_t current_count;
	const char *const *unknown; /* applied, but not in this folder */
	size_t unknown_count;
	/* A revision without a transaction that was not brought to its end; NULL: there is none */
	const char *unfinished;
	bool unfinished_down;                     /* its downgrade */
	size_t unfinished_done, unfinished_steps; /* how many are done, of how many */
	size_t pending_count;                     /* what upgrade to the heads would run */
} cn_migration_state;

/* Reads the folder and the version table, nothing else. The database is opened read-only, and never
 * made. */
CN_API cn_status cn_migrator_state(
	cn_migrator *migrator, cn_migration_state *ret, cn_error *err) CN_MUST_CHECK;

/* The same with only a part of the list: "A:B", both included, and what lies between. A: where it
 * begins ("base" or nothing: at the very beginning), B: where it ends ("heads" or nothing: at the
 * heads); "current" is a name, too; "-3:current": the three before it as well; "A:+2": the two that
 * follow as well. A single name is its whole branch. NULL: all. Source:
 * src/migrate/migrator/migrator_look.c
 */
CN_API cn_status cn_migrator_history(cn_migrator *migrator, const char *range,
	cn_migration_state *ret, cn_error *err) CN_MUST_CHECK;

/* For continuous integration, without a database: CN_ESCHEMA, saying which, when there is more than
 * one head, a file was edited since it was made, or one is missing. (Whether the schema wanted
 * differs is cn_migrator_drift.) */
CN_API cn_status cn_migrator_check(cn_migrator *migrator, cn_error *err) CN_MUST_CHECK;

typedef struct cn_drift {
	bool models_differ;       /* the schema wanted is not what the revisions make */
	bool database_behind;     /* revisions are pending */
	const char *const *lines; /* for people, what differs, one change a line */
	size_t line_count;
	const char *command; /* what to type, "./store db migrate -m \"…\" && ./store db upgrade";
				NULL: nothing to do */
} cn_drift;

/* For a development server: do the models differ from the migrations, is the database behind? Some
 * milliseconds; changes nothing. */
CN_API cn_status cn_migrator_drift(
	cn_migrator *migrator, cn_drift *ret, cn_error *err) CN_MUST_CHECK;

/* Runs all revisions forward, backward and forward again in an empty scratch database, and what is
 * pending, and the last one backward and forward, on a copy of the real one; looks for applied
 * files that were edited and for a database that is not what its revision says. CN_ESCHEMA with the
 * first thing that is wrong. */
CN_API cn_status cn_migrator_verify(cn_migrator *migrator, cn_error *err) CN_MUST_CHECK;

#ifdef __cplusplus
}
#endif
#endif
