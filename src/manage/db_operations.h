/* db_operations.h - the commands that look after migrations: one file each, their table in
 * db_operations.c. */
#ifndef CNI_MANAGE_DB_OPERATIONS_H
#define CNI_MANAGE_DB_OPERATIONS_H

#include <cantil/command.h>

extern const cn_command_desc cni_db_operation_commands[]; /* ended by {0} */

extern const char *const cni_adopt_formats[];
/* The options of `db adopt` and `cantil adopt`. */
#define CNI_ADOPT_OPTIONS                                                                    \
	CN_OPT_CHOICE('f', "format", cni_adopt_formats, "\"c\": write the models as C, too", \
		.default_value = "sql"),                                                     \
		CN_OPT_TEXT('d', "directory", "DIR", "the migrations folder",                \
			.complete = CN_COMPLETE_FOLDER),                                     \
		CN_OPT_TEXT('m', "message", "TEXT", "of the base revision"),                 \
		CN_OPT_TEXT(0, "rev-id", "ID", "of the base revision; else 12 random digits")
/* `database`: as it was typed; NULL: the project's. */
cn_status cni_adopt(cn_call *call, const char *database, cn_error *err) CN_MUST_CHECK;

/* What a plan would do to this database and what it takes, for `cantil apply --dry-run`: db_plan.c
 */
struct cni_plan;
struct cni_conn;
cn_status cni_print_cost(cn_call *call, struct cni_conn *conn, const struct cni_plan *plan,
	cn_error *err) CN_MUST_CHECK;

int cni_db_adopt(cn_call *call, cn_error *err);
int cni_db_plan(cn_call *call, cn_error *err);
int cni_db_drift(cn_call *call, cn_error *err);
int cni_db_squash(cn_call *call, cn_error *err);
int cni_db_rebase(cn_call *call, cn_error *err);

#endif
