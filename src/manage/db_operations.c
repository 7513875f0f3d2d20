/* db_operations.c - the table of `db plan`, `db drift` and the others that look after migrations.
 */
#include "manage/db_operations.h"

#include "manage/db_migrator.h"
#include "manage/decide.h"

static const cn_option plan_options[] = {
	CN_ARG_OPTIONAL("revision", "as for \"db upgrade\"; none: the head"),
	CN_OPT_FLAG(0, "exact", "count rows and pages, however long that takes"),
	CNI_FOLDER_OPTION,
	{0},
};

static const cn_option drift_options[] = {
	CN_OPT_FLAG(0, "sql", "write the script that brings the database back"),
	CN_OPT_FLAG('y', "yes", "ask nothing: an open question is exit code 3"),
	CNI_FOLDER_OPTION,
	CNI_DECISION_OPTIONS,
	{0},
};

const cn_command_desc cni_db_operation_commands[] = {
	{.name = "plan",
		.help = "say what an upgrade would do: method, rows, room, locks, what cannot come back",
		.description =
			"Statement by statement, for each pending revision. Of a large database a sample is read, and what\n"
			"rests on it is marked \"about\". Times are rough. Changes nothing.",
		.example = "APP db plan\nAPP db plan +1 --exact --json",
		.options = plan_options,
		.json = true,
		.run = cni_db_plan},
	{.name = "drift",
		.help = "exit 1 when the database is not what its applied revisions make",
		.description =
			"One change a line: + the database has it and no revision makes it, - a revision makes it and the\n"
			"database lacks it, ~ both have it, otherwise. --sql writes the way back and changes nothing.\n"
			"(\"db check\" compares the models with the revisions.)",
		.example = "APP db drift\nAPP db drift --sql | sqlite3 app.db",
		.options = drift_options,
		.json = true,
		.run = cni_db_drift},
	{0},
};
