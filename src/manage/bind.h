/*
 * bind.h - several databases: the main one, and those that have a name.
 *
 * A named database is stated by the program (cn_app_database), by a section [database NAME] of
 * cantil.ini, or by both: the section counts. While one is selected, everything in the app that
 * says "the database", its models, its schema file, its migrations, means that one. Only main.c
 * selects, for the time of one command.
 */
#ifndef CNI_MANAGE_BIND_H
#define CNI_MANAGE_BIND_H

#include <cantil/app.h>
#include <cantil/database.h>

#include "manage/project.h"

#define CNI_BIND_MAIN "main"

typedef struct cni_bind {
	const char *name;
	cn_database_desc desc;         /* of the program; all NULL: it states none */
	const cn_model *const *models; /* those, and the app's that say .database = name */
	const cni_project *project;    /* of this call; NULL: not looked for yet */
	struct cni_bind *next;
} cni_bind;

/* Letters, digits, "_" and "-", none of the names that mean something in a migrations folder. */
bool cni_bind_name_valid(const char *name);

/* Those that the program or cantil.ini states, in that order; the main one is none of them. */
cn_status cni_binds(cn_app *app, cni_bind **ret_first, cn_error *err) CN_MUST_CHECK;
/* By its name; "main" gives NULL. CN_ENOTFOUND with "did you mean". */
cn_status cni_bind_find(cn_app *app, const char *name, cni_bind **ret, cn_error *err) CN_MUST_CHECK;
/* Those that models of the app live in, as cn_db_options.binds wants them. CN_ESCHEMA: a model says
 * a name that there is not. */
cn_status cni_bind_routed(cn_app *app, const cn_bind **ret, cn_error *err) CN_MUST_CHECK;
/* Every model of the app says a database that there is. */
cn_status cni_bind_check(cn_app *app, cn_error *err) CN_MUST_CHECK;
/* Where it is: as the main project, but for database, schema and migrations. */
cn_status cni_bind_project(
	cn_app *app, cni_bind *bind, const cni_project **ret, cn_error *err) CN_MUST_CHECK;

/* Runs the command: on the database that --database names, or on each (desc->every_database).
 * As a command's function: 0, an exit code, or a cn_status. */
int cni_bind_run(cn_call *call, cn_error *err);

#endif
