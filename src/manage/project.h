/*
 * project.h - where a project is, and which database it means.
 *
 * The one place of the rule of cantil/app.h. Every path that comes out of here is absolute, made so
 * once; links in the program's path are resolved, others are left alone. Nothing is opened or
 * created but cantil.ini, for reading.
 */
#ifndef CNI_MANAGE_PROJECT_H
#define CNI_MANAGE_PROJECT_H

#include "base/uri.h"

typedef struct cni_project_input { /* each may be NULL: not given */
	const char *root_option;   /* --root: from where the user stands */
	const char *db_option;     /* --db: likewise */
	const char *uri;           /* the program's, from the root */
	const char *migrations;    /* the program's, from the root; NULL: "migrations" */
	const char *name;          /* the program's, for messages */
	bool here;                 /* start looking at the working folder, not at the program's */
} cni_project_input;

typedef struct cni_project {
	const char *root;
	const char *ini;                      /* path of cantil.ini, NULL: there is none */
	const char *migrations;               /* the folder; it need not be there */
	const char *schema;                   /* the .sql file that cantil.ini names; NULL: none */
	const char **engines;                 /* further ones; NULL-terminated; NULL: none */
	const struct cni_ini_entry *settings; /* everything in cantil.ini (ini.h) */
	size_t setting_count;
	cni_uri uri;            /* valid when uri_source is not NULL */
	const char *uri_open;   /* what to open it with: absolute, and with its password */
	const char *uri_source; /* "--db", "CANTIL_DATABASE_URI", "cantil.ini", the program's name;
				   NULL: nobody said */
} cni_project;

/* Finds it; fields live in the arena. CN_EARG for what is wrong in cantil.ini (with the line), a
 * URI that is none (cni_uri_parse) or a root that is no folder. ret_usage (may be NULL): was it the
 * command line? */
cn_status cni_project_find(cni_arena *arena, const cni_project_input *input, cni_project *ret,
	bool *ret_usage, cn_error *err) CN_MUST_CHECK;

/* What cantil.ini says; NULL: nothing. */
const char *cni_project_setting(const cni_project *project, const char *section, const char *key);

/* CN_ENOTFOUND with a hint when nobody said which database. */
cn_status cni_project_need_uri(const cni_project *project, cn_error *err) CN_MUST_CHECK;

/* The path of the running program, links resolved; NULL when the system does not say. */
const char *cni_program_path(cni_arena *arena);

#endif
