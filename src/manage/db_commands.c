/* db_commands.c - the table of `db init`, `db migrate` and the others that deal with revisions. */
#include "manage/db.h"

const cn_command_desc cni_db_migrate_commands[] = {
	{0},
};
