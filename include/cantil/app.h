/*
 * app.h - the program as its own manager.
 *
 *     int main(int argc, char **argv)
 *     {
 *             cn_app *app = cn_app_new(&(cn_app_desc){.name = "store", .version = "1.0",
 *                     .database_uri = "sqlite:///store.db", .models = CN_MODELS(Producer,
 * Product)}); return cn_main(app, argc, argv);
 *     }
 *
 * gives ./store db migrate, db upgrade, db backup, shell, completion … (see ./store --help).
 *
 * The project's root is the nearest folder at or above the program's (links resolved) that holds
 * cantil.ini or migrations/; else the program's folder; --root or CANTIL_ROOT override it. A
 * relative path that the program or cantil.ini states counts from the root; one from the command
 * line (--db) or the environment (CANTIL_DATABASE_URI, then DATABASE_URI) from where the user
 * stands. So every command, started anywhere, means the same file. First of: --db, environment,
 * cantil.ini, the program.
 *
 * Errors of building the app (a duplicate command, out of memory) are kept in it and reported by
 * cn_main, so that setting up needs no checks; every function takes a NULL app. An app belongs to
 * one thread while it is set up.
 *
 * Source: src/manage/app.c, src/manage/main.c, src/manage/project.c
 */
#ifndef CANTIL_APP_H
#define CANTIL_APP_H

#include <cantil/command.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct cn_model cn_model;
typedef struct cn_migrations cn_migrations;
typedef struct cn_data_migration cn_data_migration;

/* Fills a database with sample data in one transaction that `db seed` commits: it must not commit
 * itself. */
typedef cn_status (*cn_seed_fn)(cn_session *session, cn_call *call, cn_error *err);

typedef struct cn_app_desc {
	const char *name;        /* in help and errors; NULL: "app" */
	const char *version;     /* --version; NULL: "0" */
	const char *help;        /* one line: what the program is */
	const char *description; /* a paragraph for --help */
	const char *example;     /* lines that could be typed; NULL: some for the db commands */

	const char *database_uri; /* "sqlite:///store.db"; NULL: cantil.ini or the user must say */
	const cn_model *const *models; /* CN_MODELS(…): NULL-terminated; NULL: none */
	const char *migrations;        /* their folder; NULL: "migrations" */
	/* Revisions that are compiled in, for where the folder is not there; NULL: none */
	const cn_migrations *embedded;
	const cn_data_migration *data_steps; /* C functions of revisions (data_step.h), ended by
						{0}; NULL: none */
	cn_seed_fn seed;                     /* NULL: there is no `db seed` */

	const cn_option *options;        /* the program's own global options (before the command) */
	const cn_command_desc *commands; /* the program's own commands; more with cn_command() */
	cn_run_fn run;                   /* what it does without a command; NULL: shows the help */
	void *context;     /* the program's own; cn_call_context(), cn_app_context() */
	bool project_here; /* the project is the one around the working folder, not around the
			      program */
} cn_app_desc;

/* A new app. Texts and tables of desc are borrowed, desc itself and the list of models are not.
 * NULL when out of memory, which cn_main reports. */
CN_API cn_app *cn_app_new(const cn_app_desc *desc);
CN_API void cn_app_free(cn_app *app);

/* Another database than .database_uri, which is called "main". Commands like `db upgrade` run on
 * all, the main one first; with --database NAME on that one, and so does every other command, which
 * without it means the main one. Its version table and its migrations are its own. A section
 * [database NAME] of cantil.ini (database, schema, migrations) overrides what is said here, or
 * states a database that the program does not know; CANTIL_DATABASE_URI_NAME in the environment
 * overrides both.
 *
 *     cn_app_database(app, &(cn_database_desc){.name = "users", .uri = "sqlite:///users.db",
 *             .models = CN_MODELS(User, Group)});
 *     …
 *     cn_app_open_database(app, "users", &db, &err);
 *
 * A model of cn_app_desc.models that says CN_TABLE_OPTIONS(.database = "users") lives there, too:
 * its migrations are that database's, and sessions of the app take its rows there. cn_app_open (and
 * what opens the app's database elsewhere: commands, the web) opens every database that some model
 * of the app lives in.
 *
 * Texts are borrowed, desc itself and the list of models are not. Source: src/manage/bind.c */
typedef struct cn_database_desc {
	const char *name;              /* letters, digits, "_" and "-"; not "main" */
	const char *uri;               /* relative: from the root; NULL: cantil.ini must say */
	const cn_model *const *models; /* NULL: none */
	const char *migrations;        /* their folder; NULL: NAME in the main one's */
	const cn_migrations *embedded; /* as in cn_app_desc */
} cn_database_desc;
CN_API void cn_app_database(cn_app *app, const cn_database_desc *desc);

/* Adds a command of the program's own (nested ones in its .commands table). *desc is copied, what
 * it points to is borrowed. A name that is taken is an error, except that the program's command may
 * replace a built-in one at the top level (but not `db` and `help`). */
CN_API void cn_command(cn_app *app, const cn_command_desc *desc);

/* Runs the command that was typed and frees the app: `return cn_main(app, argc, argv);`. Returns
 * the exit code: 0 done, 1 failed, 2 wrong usage, 3 needs a decision (nothing was changed), 130
 * interrupted. Prints the errors; never calls exit. The process is taken as the program's own:
 * SQLite's count of memory (sqlite3_memory_used, heap limits) is switched off, because it costs a
 * tenth; who wants it calls sqlite3_initialize() first, or cn_app_run. */
CN_API int cn_main(cn_app *app, int argc, char **argv);

/* The same without freeing the app, which can run again. */
CN_API int cn_app_run(cn_app *app, int argc, char **argv);

/* ---- what the app knows; borrowed, valid while the app lives ---- */

CN_API const char *cn_app_name(const cn_app *app);
CN_API void *cn_app_context(const cn_app *app);
/* Of the main database; while a command runs with --database, of that. Never NULL; NULL-terminated.
 */
CN_API const cn_model *const *cn_app_models(const cn_app *app);
CN_API const char *cn_app_program(
	cn_app *app); /* absolute path of the running program; NULL if unknown */

/* Root, database URI (absolute, without password), and migrations folder, by the rule above; looked
 * for at the first call. Outside a command the command line's --db and --root are not known yet. */
CN_API cn_status cn_app_root(cn_app *app, const char **ret_folder, cn_error *err) CN_MUST_CHECK;
CN_API cn_status cn_app_uri(cn_app *app, const char **ret_uri, cn_error *err) CN_MUST_CHECK;
CN_API cn_status cn_app_migrations(
	cn_app *app, const char **ret_folder, cn_error *err) CN_MUST_CHECK;
/* What cantil.ini says: the value of a key in a section; *ret_value NULL: nothing. */
CN_API cn_status cn_app_setting(cn_app *app, const char *section, const char *key,
	const char **ret_value, cn_error *err) CN_MUST_CHECK;

/* Opens the app's database, which must exist; the caller closes it. For servers and programs that
 * do not live in a command (in one, cn_call_db is shorter). */
CN_API cn_status cn_app_open(cn_app *app, cn_db **ret_db, cn_error *err) CN_MUST_CHECK;

/* The same with one of several, by its name; "main" is the app's. CN_ENOTFOUND: there is none of
 * that name. */
CN_API cn_status cn_app_open_database(
	cn_app *app, const char *name, cn_db **ret_db, cn_error *err) CN_MUST_CHECK;

/* ---- for libraries that build on the core (libcantil-web is one) ---- */

typedef struct cn_extension {
	const char *name;
	const cn_command_desc *commands; /* added at the top level, ended by {0}; NULL: none */
	void (*free)(void *data);        /* with the app; NULL: nothing to free */
} cn_extension;

/* Gives the app commands and a place for data. `extension` is static: its address is the key. Twice
 * is an error. Takes `data`: freed by .free even when this fails. */
CN_API void cn_app_extend(cn_app *app, const cn_extension *extension, void *data);
CN_API void *cn_app_extension(
	const cn_app *app, const cn_extension *extension); /* its data; NULL: none */
/* Keeps an error of setting up for cn_main to report; the first one stays. */
CN_API void cn_app_fail(cn_app *app, const cn_error *err);

#ifdef __cplusplus
}
#endif
#endif
