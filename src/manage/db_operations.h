/* db_operations.h - the commands that look after migrations: one file each, their table in
 * db_operations.c. */
#ifndef CNI_MANAGE_DB_OPERATIONS_H
#define CNI_MANAGE_DB_OPERATIONS_H

#include <cantil/command.h>

extern const cn_command_desc cni_db_operation_commands[]; /* ended by {0} */

int cni_db_plan(cn_call *call, cn_error *err);
int cni_db_drift(cn_call *call, cn_error *err);
int cni_db_squash(cn_call *call, cn_error *err);
int cni_db_rebase(cn_call *call, cn_error *err);

#endif
