/* db.c - the parent of the database's commands. */
#include "manage/builtin.h"

const cn_command_desc cni_db_command = {
	.name = "db",
	.help = "the database: migrations, backups, sample data",
	.description =
		"A relative path of the program or of cantil.ini counts from the project's root, one of --db or of\n"
		"the environment from the working folder; \"current\" shows which file is meant.",
	.example = "APP db init\nAPP db migrate -m \"first\"\nAPP db upgrade\nAPP db backup",
};
