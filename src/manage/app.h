/*
 * app.h - inside an app: the tree of its commands, made from the tables; and how one is run.
 *
 * A node is a command with its place: tables are the users' and constant, nodes are ours.
 * Everything lives in the app's arena.
 */
#ifndef CNI_MANAGE_APP_H
#define CNI_MANAGE_APP_H

#include <cantil/app.h>

#include "base/arena.h"
#include "manage/project.h"

typedef struct cni_node cni_node;
struct cni_node {
	const cn_command_desc *desc;
	cni_node *parent;       /* NULL: the program itself */
	cni_node *first, *last; /* nested commands, in the order in which help shows them */
	cni_node *next;
	bool builtin; /* ours: shown after the program's own */
};

typedef struct cni_extended {
	const cn_extension *extension;
	void *data;
	struct cni_extended *next;
} cni_extended;

struct cn_app {
	cni_arena arena;
	cn_app_desc desc;
	const cn_model *const *models; /* of the main database: desc.models, but those of others */
	cn_command_desc root_desc; /* the program as a command: its options, its default command */
	cni_node *root;
	cni_extended *extensions;
	cn_error failed;        /* of setting up; status 0: none */
	const char *program;    /* its path, looked for once */
	cni_project *project;   /* NULL: not looked for yet */
	struct cni_bind *binds; /* further databases: bind.h */
	struct cni_bind *bind;  /* the one that "the database" means now; NULL: the main one */
	cn_call *call;          /* the running one, for --db and --root; NULL: none */
};

/* The options that every command knows: --db, --root, -q, -v, --json, --no-color, --help,
 * --version. */
extern const cn_option cni_common_options[];

/* The project, looked for at the first call; the second one whatever database is selected. */
cn_status cni_app_project(cn_app *app, const cni_project **ret, cn_error *err) CN_MUST_CHECK;
cn_status cni_app_main_project(cn_app *app, const cni_project **ret, cn_error *err) CN_MUST_CHECK;

/* The schema that the database should have, normalised for its engine, in the arena: of the models,
 * or of the .sql file that cantil.ini names. CN_ENOTFOUND with a hint when there is neither. */
struct cni_schema;
cn_status cni_app_target(
	cn_app *app, cni_arena *arena, struct cni_schema **ret, cn_error *err) CN_MUST_CHECK;
/* The same as it is declared, not normalised: with what models say of old names (renamed_from).
 * `home`: for another engine than the project's database has (NULL). `known` (may be NULL): what it
 * will be compared with. */
struct cni_uri;
cn_status cni_app_declared(cn_app *app, const struct cni_uri *home, const struct cni_schema *known,
	cni_arena *arena, struct cni_schema **ret, cn_error *err) CN_MUST_CHECK;

/* "store db upgrade": a command as it is typed. */
const char *cni_node_path(cni_arena *arena, const cni_node *node, const char *program);
cni_node *cni_node_find(const cni_node *node, const char *name); /* nested, by name; NULL: none */

#endif
