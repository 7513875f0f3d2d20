/*
 * db.h - the commands under `APP db`: two tables of one parent. Both end with {0}.
 */
#ifndef CNI_MANAGE_DB_H
#define CNI_MANAGE_DB_H

#include <cantil/command.h>

extern const cn_command_desc
	cni_db_migrate_commands[]; /* db_commands.c: init, migrate, upgrade, … */
extern const cn_command_desc
	cni_db_file_commands[]; /* db_file.c: backup, restore, verify-backup, drop */
extern const cn_command_desc cni_db_seed_command; /* only for an app that has a seed function */

#endif
