/*
 * operations.h - looking after migrations: what an upgrade costs, whether a live database has
 * drifted, taking over an existing one, and tidying a folder of revisions.
 *
 * Part of <cantil/migrate.h>; what that says of a migrator, of ownership and of errors holds here.
 * docs/operations.md shows the commands.
 *
 * Source: src/migrate/migrator/cost.c, differences.c, adopt.c, squash.c, rebase.c
 */
#ifndef CANTIL_OPERATIONS_H
#define CANTIL_OPERATIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cantil/error.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct cn_migrator cn_migrator;

/* ---- db plan: what an upgrade would do, and what it costs ---- */

typedef struct cn_cost_step {
	const char *method; /* "add column", "rebuild", "create index", "stored text", "rows" … */
	const char *table;  /* by its name at that moment; NULL: none */
	const char *reason; /* as the revision's file says it; "" */
	int64_t rows;       /* of the table then; -1: not known */
	bool counted;       /* the rows are exact, not estimated */
	int64_t written_bytes;
	int64_t duration_ms; /* roughly */
} cn_cost_step;

typedef struct cn_cost_revision { /* one transaction */
	const char *id, *message, *path;
	const cn_cost_step *steps;
	size_t step_count;
	int64_t written_bytes;
	int64_t needed_bytes; /* free on the disk, until it is done */
	int64_t duration_ms;  /* roughly; other writers wait so long */
	bool readers_wait;    /* so long, too; else at most for the moment of the commit */
	bool undoable;
	const char *const *losses; /* what a downgrade cannot bring back, a line each */
	size_t loss_count;
} cn_cost_revision;

typedef struct cn_cost {
	const char *database; /* its path or URI */
	bool exists;
	int64_t database_bytes;
	int64_t free_bytes;     /* on its disk; -1: not known */
	const char *journal;    /* what a writer uses: "wal", "delete" … */
	const char *sizes_from; /* "every page", "a sample of the pages", "the number of rows" */
	bool exact;
	const cn_cost_revision *list; /* in the order in which they would run */
	size_t count;
	int64_t written_bytes, duration_ms; /* of all */
	int64_t needed_bytes;               /* of the one that needs most: they run one by one */
} cn_cost;

/* What cn_migrator_upgrade(migrator, revision) would do now. Reads a sample of a large database
 * only, unless `exact`, which counts rows and pages. Times are what such work took on the machine
 * where it was measured (docs/operations.md). Changes nothing, and makes no database. */
CN_API cn_status cn_migrator_cost(cn_migrator *migrator, const char *revision, bool exact,
	cn_cost *ret, cn_error *err) CN_MUST_CHECK;

/* ---- db drift: the live database against what its applied revisions make ---- */

typedef struct cn_differences {
	const char *const *lines; /* what somebody did to the database, one change a line: "+ index
				     by_name on product": it has it, no revision makes it */
	size_t line_count;        /* 0: it is what its revisions make */
} cn_differences;

/* (cn_migrator_drift compares models with revisions instead.) CN_ENOTFOUND when there is no
 * database. */
CN_API cn_status cn_migrator_differences(
	cn_migrator *migrator, cn_differences *ret, cn_error *err) CN_MUST_CHECK;

/* The script that would bring the database back to what its revisions make, for the sqlite3 shell;
 * "" when there is nothing to do. CN_EDECISION when that would lose something: `answers` says yes
 * (one decision a line, NULL: none). */
CN_API cn_status cn_migrator_differences_script(cn_migrator *migrator, const char *answers,
	const char **ret_sql, cn_error *err) CN_MUST_CHECK;

/* ---- adopt: a database that is there already ---- */

typedef struct cn_adopt_desc {
	const char *message;     /* of the base revision; NULL: "adopted" */
	const char *revision_id; /* as for cn_make_desc */
} cn_adopt_desc;

typedef struct cn_adopted_tool {
	const char *tool;  /* "Alembic", "Django" …; "PRAGMA user_version" */
	const char *table; /* in which it keeps its books; NULL: in none */
	const char *at;    /* where it stands */
} cn_adopted_tool;

typedef struct cn_adopted {
	const char *revision, *path; /* the last one that it is at; NULL: the database is empty */
	bool already;                /* it was looked after before: nothing was changed */
	const char *schema_sql;      /* what was adopted, as CREATE statements */
	size_t table_count;          /* in it */
	const cn_adopted_tool *tools;
	size_t tool_count;
	size_t view_count; /* in it, too */
} cn_adopted;

/* Makes the migrations folder when there is none and a base revision that makes what the database
 * has, and writes into the database that it is at it. No other byte of it changes. Tables of other
 * tools are left alone and stay outside. Called again, it finishes what was interrupted.
 * CN_ENOTFOUND: no database; CN_ECONFLICT: the folder holds something else. */
CN_API cn_status cn_migrator_adopt(cn_migrator *migrator, const cn_adopt_desc *desc,
	cn_adopted *ret, cn_error *err) CN_MUST_CHECK;

/* ---- several databases ---- */

typedef struct cn_app cn_app;

/* cn_app_migrator for one of several, by its name; "main" is the app's. Source:
 * src/manage/db_migrator.c */
CN_API cn_status cn_app_database_migrator(
	cn_app *app, const char *name, cn_migrator **ret, cn_error *err) CN_MUST_CHECK;

/* ---- db squash: a run of revisions becomes one ---- */

typedef struct cn_squash_desc {
	const char *from, *to;   /* the first and the last, both included; names as for upgrade.
				    NULL: the first of all; the head */
	const char *message;     /* NULL: "squashed: A to B" */
	const char *revision_id; /* as for cn_make_desc */
	const char *answers;     /* decisions for planning anew; NULL: those of the revisions */
	bool concatenate;        /* every statement is kept, in order */
	bool drop_data_steps;    /* plan anew although that leaves out statements that move rows */
	bool dry_run;            /* everything but the writing */
} cn_squash_desc;

typedef struct cn_squashed {
	const char *id, *path, *text; /* path: NULL with dry_run */
	size_t count;                 /* of revisions that it stands for */
	bool concatenated;
	bool tried_on_rows;  /* both ways did the same to sample rows */
	const char *archive; /* the folder in which the old files lie; NULL with dry_run */
} cn_squashed;

/* Replaces a run of revisions, each the only one to follow the one before, by one that does the
 * same. It is planned anew from the difference of the schemas, proved forward, backward and
 * forward, and compared with what the old ones do to rows; or, with .concatenate, made of their
 * statements. A database that has the last of them is at the new one; what has only a part of them
 * is told to go through the old files first, which lie in the archive, a migrations folder of its
 * own. CN_EDECISION, naming the revisions, when there are statements that move rows and neither
 * .concatenate nor .drop_data_steps is said; CN_EARG when the run is not linear; CN_ESCHEMA when
 * the result does not hold. Killed at any moment, the folder reads as before or as after. Source:
 * src/migrate/migrator/squash.c */
CN_API cn_status cn_migrator_squash(cn_migrator *migrator, const cn_squash_desc *desc,
	cn_squashed *ret, cn_error *err) CN_MUST_CHECK;

/* ---- db rebase: a branch follows another head ---- */

typedef struct cn_rebase_desc {
	const char *revision; /* the first that moves; NULL: the first that is not below `onto`,
				 on the only other branch */
	const char *onto;     /* what it shall follow */
	bool force;           /* although the database has some of them */
	bool dry_run;
} cn_rebase_desc;

typedef struct cn_rebased {
	const char *const *ids; /* of the revisions that were proved in their new place */
	size_t count;
	const char *revision, *onto;
} cn_rebased;

/* Two people made revisions behind the same one: the first of a branch that no database has yet
 * gets another parent, the head of the other branch, and those behind it come along. Each is run
 * forward, backward and forward in its new place before the one file that changes is written.
 * CN_ECONFLICT when this database has one of them and not .force; CN_EARG when `onto` is behind
 * `revision`; CN_ESCHEMA, naming it, when one does not hold there. Source:
 * src/migrate/migrator/rebase.c */
CN_API cn_status cn_migrator_rebase(cn_migrator *migrator, const cn_rebase_desc *desc,
	cn_rebased *ret, cn_error *err) CN_MUST_CHECK;

#ifdef __cplusplus
}
#endif
#endif
