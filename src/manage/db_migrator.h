/* db_migrator.h - a migrator for the app of a command, that tells, asks and can be interrupted at
 * its terminal. */
#ifndef CNI_MANAGE_DB_MIGRATOR_H
#define CNI_MANAGE_DB_MIGRATOR_H

#include <cantil/command.h>

#include "migrate/migrator/migrator.h"

/* The options of every command that looks at revisions. */
#define CNI_FOLDER_OPTION                                                                          \
	CN_OPT_TEXT(                                                                               \
		'd', "directory", "DIR", "the migrations folder", .complete = CN_COMPLETE_FOLDER), \
		CN_OPT_TEXT('x', "argument", "KEY=VALUE", "a value that a revision asks for",      \
			.repeated = true)

/* The caller frees it. `need_database`: CN_ENOTFOUND when nobody said which one. */
cn_status cni_call_migrator(
	cn_call *call, bool need_database, cn_migrator **ret, cn_error *err) CN_MUST_CHECK;
void cni_migrator_freep(cn_migrator **migrator); /* for CLEANUP */

/* "3f2a9c1e77b0  add price" */
void cni_print_revision(cn_call *call, const char *before, const char *id, const char *message);

/* The commands: db_make.c, db_run.c, db_look.c, db_edit.c. Their options: beside them. */
int cni_db_init(cn_call *call, cn_error *err);
int cni_db_migrate(cn_call *call, cn_error *err);
int cni_db_revision(cn_call *call, cn_error *err);
int cni_db_merge(cn_call *call, cn_error *err);
int cni_db_edit(cn_call *call, cn_error *err);
int cni_db_list_templates(cn_call *call, cn_error *err);
int cni_db_upgrade(cn_call *call, cn_error *err);
int cni_db_downgrade(cn_call *call, cn_error *err);
int cni_db_stamp(cn_call *call, cn_error *err);
int cni_db_current(cn_call *call, cn_error *err);
int cni_db_history(cn_call *call, cn_error *err);
int cni_db_heads(cn_call *call, cn_error *err);
int cni_db_branches(cn_call *call, cn_error *err);
int cni_db_show(cn_call *call, cn_error *err);
int cni_db_check(cn_call *call, cn_error *err);
int cni_db_verify(cn_call *call, cn_error *err);

#endif
