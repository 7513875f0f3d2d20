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

static const cn_option squash_options[] = {
	CN_ARG_OPTIONAL("range", "FIRST:LAST, both included; none: all of them"),
	CN_OPT_TEXT('m', "message", "TEXT", "what the revision is for"),
	CN_OPT_TEXT(0, "rev-id", "ID", "its id; else 12 random digits"),
	CN_OPT_FLAG(0, "concatenate", "keep every statement, in order", .exclusive = 1),
	CN_OPT_FLAG(0, "drop-data-steps", "leave out statements that move rows", .exclusive = 1),
	CN_OPT_FLAG(0, "sql", "write the revision to stdout, change nothing"),
	CNI_FOLDER_OPTION,
	CNI_DECISION_OPTIONS,
	{0},
};

static const cn_option rebase_options[] = {
	CN_ARG_OPTIONAL("revision", "one of the branch that moves; none: the only other one"),
	CN_OPT_TEXT(0, "onto", "REV", "what it shall follow", .required = true),
	CN_OPT_FLAG(0, "force", "although this database has some of it"),
	CN_OPT_FLAG(0, "dry-run", "only prove that it holds there"),
	CNI_FOLDER_OPTION,
	{0},
};

const char *const cni_adopt_formats[] = {"sql", "c", NULL};

static const cn_option adopt_options[] = {CNI_ADOPT_OPTIONS, {0}};

const cn_command_desc cni_db_operation_commands[] = {
	{.name = "plan",
		.help = "say what an upgrade would do: method, rows, room, locks, what cannot come back",
		.description =
			"Statement by statement, for each pending revision. Of a large database a sample is read, and what\n"
			"rests on it is marked \"about\". Times are rough. Changes nothing.",
		.example = "APP db plan\nAPP db plan +1 --exact --json",
		.options = plan_options,
		.json = true,
		.every_database = true,
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
		.every_database = true,
		.run = cni_db_drift},
	{.name = "adopt",
		.help = "let migrations look after a database that is there already",
		.description =
			"Makes the migrations folder with a base revision of what the database has, and writes into it that\n"
			"it is at it: no other byte changes. Tables of Alembic, Django and other tools are recognised, left\n"
			"alone, and stay outside. Nothing is overwritten; run again, it finishes.",
		.example = "APP db adopt",
		.options = adopt_options,
		.json = true,
		.run = cni_db_adopt},
	{.name = "squash",
		.help = "make one revision of several that stand in a row",
		.description =
			"Plans the whole difference anew, proves it forward and backward, and compares what both do to\n"
			"sample rows. A database that has the last of them is at the new one. The old files go into\n"
			"MIGRATIONS/squashed/ID, for databases that stopped in between.",
		.example =
			"APP db squash -m \"everything up to 2.0\"\nAPP db squash 3f2a:8d1e --concatenate",
		.options = squash_options,
		.json = true,
		.run = cni_db_squash},
	{.name = "rebase",
		.help = "let a branch follow another head",
		.description =
			"For two revisions that two people made behind the same one. Those that move are run forward and\n"
			"backward in their new place, and must do there what they did; then one line of one file changes.",
		.example = "APP db rebase 8d1e --onto 3f2a",
		.options = rebase_options,
		.json = true,
		.run = cni_db_rebase},
	{0},
};
