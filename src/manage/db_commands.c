/* db_commands.c - the table of `db init`, `db migrate` and the others that deal with revisions. */
#include "manage/db.h"
#include "manage/db_migrator.h"
#include "manage/decide.h"

#define FOLDER_OPTION CNI_FOLDER_OPTION
#define YES_OPTION    CN_OPT_FLAG('y', "yes", "ask nothing")

static const cn_option folder_options[] = {FOLDER_OPTION, {0}};

static const cn_option migrate_options[] = {
	CN_OPT_TEXT('m', "message", "TEXT", "what the revision is for"),
	CN_OPT_TEXT(0, "rev-id", "ID", "its id; else 12 random digits"),
	CN_OPT_FLAG(0, "sql", "write the revision to stdout, make no file"),
	CN_OPT_FLAG(0, "dry-run", "the same as --sql"),
	CN_OPT_FLAG('y', "yes", "ask nothing: an open question is exit code 3"),
	FOLDER_OPTION,
	CNI_DECISION_OPTIONS,
	{0},
};

static const cn_option revision_options[] = {
	CN_OPT_TEXT('m', "message", "TEXT", "what the revision is for"),
	CN_OPT_FLAG(0, "autogenerate", "compare with what is wanted, as \"db migrate\" does"),
	CN_OPT_TEXT(0, "rev-id", "ID", "its id; else 12 random digits"),
	CN_OPT_FLAG(0, "sql", "write the revision to stdout, make no file"),
	CN_OPT_FLAG('y', "yes", "ask nothing: an open question is exit code 3"),
	FOLDER_OPTION,
	CNI_DECISION_OPTIONS,
	{0},
};

static const cn_option upgrade_options[] = {
	CN_ARG_OPTIONAL("revision", "an id, its beginning, \"head\" or \"+N\"; none: the head"),
	CN_OPT_FLAG(0, "sql", "write the script that would run, for the sqlite3 shell too"),
	CN_OPT_FLAG(0, "dry-run", "only say which revisions would run"),
	CN_OPT_FLAG(0, "allow-drift", "go on although the database is not what its revisions make"),
	YES_OPTION,
	FOLDER_OPTION,
	{0},
};

static const cn_option downgrade_options[] = {
	CN_ARG_OPTIONAL("revision", "an id, its beginning, \"base\" or \"-N\"; none: one back"),
	CN_OPT_FLAG(0, "sql", "write the script that would run, for the sqlite3 shell too"),
	CN_OPT_FLAG(0, "dry-run", "only say which revisions would be undone"),
	CN_OPT_FLAG(0, "allow-drift", "go on although the database is not what its revisions make"),
	YES_OPTION,
	FOLDER_OPTION,
	{0},
};

static const cn_option stamp_options[] = {
	CN_ARG_OPTIONAL("revision", "an id, its beginning, \"head\" or \"base\"; none: the head"),
	FOLDER_OPTION,
	{0},
};

static const cn_option show_options[] = {
	CN_ARG_OPTIONAL("revision", "an id, its beginning or \"head\"; none: the head"),
	FOLDER_OPTION,
	{0},
};

const cn_command_desc cni_db_migrate_commands[] = {
	{.name = "init",
		.help = "make the migrations folder",
		.example = "APP db init",
		.options = folder_options,
		.run = cni_db_init},
	{.name = "migrate",
		.help = "write a revision: from what the migrations make to what is wanted",
		.description =
			"Compares what the revisions make with the models (or the schema file), plans the cheapest safe\n"
			"way, proves it forward and backward (on a copy of the database too), and writes one SQL file.\n"
			"What it cannot know, it asks; without a terminal it ends with exit code 3, says what to write,\n"
			"and has changed nothing.",
		.example = "APP db migrate -m \"add price\"\n"
			   "APP db migrate -m rename --rename \"column product name title\"\n"
			   "APP db migrate -m stock --fill \"product.stock 0\"",
		.options = migrate_options,
		.json = true,
		.run = cni_db_migrate},
	{.name = "revision",
		.help = "write an empty revision, to be filled by hand",
		.example = "APP db revision -m \"split names\"",
		.options = revision_options,
		.json = true,
		.run = cni_db_revision},
	{.name = "upgrade",
		.help = "run the revisions that the database does not have",
		.description =
			"Each revision is one transaction. Killed at any moment, the database is at one revision or at\n"
			"the next, and the next upgrade goes on. The database's file is made when it is not there.",
		.example = "APP db upgrade\nAPP db upgrade --dry-run",
		.options = upgrade_options,
		.json = true,
		.run = cni_db_upgrade},
	{.name = "downgrade",
		.help = "undo revisions, the last one first",
		.example = "APP db downgrade\nAPP db downgrade base",
		.options = downgrade_options,
		.json = true,
		.run = cni_db_downgrade},
	{.name = "current",
		.help = "say which database, and at which revision it is",
		.example = "APP db current --json",
		.options = folder_options,
		.json = true,
		.run = cni_db_current},
	{.name = "history",
		.help = "list the revisions, the newest first; * marks what the database has",
		.example = "APP db history -v",
		.options = folder_options,
		.json = true,
		.run = cni_db_history},
	{.name = "heads",
		.help = "list the revisions that nothing follows",
		.example = "APP db heads",
		.options = folder_options,
		.json = true,
		.run = cni_db_heads},
	{.name = "show",
		.help = "show a revision's file",
		.example = "APP db show head",
		.options = show_options,
		.run = cni_db_show},
	{.name = "stamp",
		.help = "write that the database is at a revision, without running it",
		.description =
			"For a database that has the tables already. Says so when it does not look like that revision.",
		.example = "APP db stamp head",
		.options = stamp_options,
		.run = cni_db_stamp},
	{.name = "check",
		.help = "exit 1 when what is wanted differs from what the migrations make",
		.description =
			"Needs no database: for continuous integration, so that no change is committed without its "
			"revision.",
		.example = "APP db check",
		.options = folder_options,
		.json = true,
		.run = cni_db_check},
	{.name = "verify",
		.help = "prove all revisions: forward, backward, forward, on a copy of the database too",
		.description =
			"Also finds applied files that were edited, and a database that is not what its revisions make.\n"
			"Changes nothing.",
		.example = "APP db verify",
		.options = folder_options,
		.run = cni_db_verify},
	{0},
};
