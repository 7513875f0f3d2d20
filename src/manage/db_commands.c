/* db_commands.c - the table of `db init`, `db migrate` and the others that deal with revisions. */
#include "manage/db.h"
#include "manage/db_migrator.h"
#include "manage/decide.h"

#define FOLDER_OPTION CNI_FOLDER_OPTION
#define BACKUP_OPTION                                                     \
	CN_OPT_TEXT(0, "backup", "FOLDER",                                \
		"keep a copy of the database there before anything runs", \
		.complete = CN_COMPLETE_FILE)
#define YES_OPTION CN_OPT_FLAG('y', "yes", "ask nothing")

#define BRANCH_LABEL_OPTION                                                               \
	CN_OPT_TEXT(0, "branch-label", "LABEL", "a name for the branch that begins here", \
		.group = "branches")
#define TAG_OPTION CN_OPT_TEXT(0, "tag", "TEXT", "kept with the database's version: a release, say")

static const cn_option folder_options[] = {FOLDER_OPTION, {0}};

static const cn_option init_options[] = {
	CN_OPT_TEXT('t', "template", "NAME", "one of \"db list-templates\", or a folder of yours",
		.complete = CN_COMPLETE_FOLDER),
	FOLDER_OPTION,
	{0},
};

/* Where a new revision stands in the graph. */
#define PLACE_OPTIONS                                                                             \
	CN_OPT_TEXT(0, "head", "REV", "what it follows: an id, LABEL@head, base; none: the head", \
		.group = "branches"),                                                             \
		CN_OPT_FLAG(0, "splice", "--head may have a follower: a branch begins",           \
			.group = "branches"),                                                     \
		BRANCH_LABEL_OPTION,                                                              \
		CN_OPT_TEXT(0, "depends-on", "REV",                                               \
			"must be applied before it, on another branch", .group = "branches",      \
			.repeated = true)

static const cn_option migrate_options[] = {
	CN_OPT_TEXT('m', "message", "TEXT", "what the revision is for"),
	CN_OPT_TEXT(0, "rev-id", "ID", "its id; else 12 random digits"),
	CN_OPT_FLAG(0, "sql", "write the revision to stdout, make no file"),
	CN_OPT_FLAG(0, "dry-run", "the same as --sql"),
	CN_OPT_FLAG('y', "yes", "ask nothing: an open question is exit code 3"),
	FOLDER_OPTION,
	PLACE_OPTIONS,
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
	PLACE_OPTIONS,
	CNI_DECISION_OPTIONS,
	{0},
};

static const cn_option merge_options[] = {
	CN_ARG_REST("revision", "two or more: ids, LABEL@head, heads; none: all heads"),
	CN_OPT_TEXT('m', "message", "TEXT", "what it is for; else \"merge A and B\""),
	CN_OPT_TEXT(0, "rev-id", "ID", "its id; else 12 random digits"),
	CN_OPT_FLAG(0, "sql", "write the revision to stdout, make no file"),
	FOLDER_OPTION,
	BRANCH_LABEL_OPTION,
	{0},
};

static const cn_option edit_options[] = {
	CN_ARG_OPTIONAL("revision", "an id, its beginning or a label; none: the head"),
	CN_OPT_FLAG(
		0, "accept", "no editor: prove and note what is edited already; none named: all"),
	CN_OPT_FLAG(0, "force", "although the database has it already"),
	FOLDER_OPTION,
	{0},
};

static const cn_option upgrade_options[] = {
	CN_ARG_OPTIONAL("revision", "an id, its beginning, LABEL@head, heads, +N; none: the head"),
	CN_OPT_FLAG(
		0, "sql", "write the script, for the database's own shell; FROM:TO: no database"),
	CN_OPT_FLAG(0, "dry-run", "only say which revisions would run"),
	CN_OPT_FLAG(0, "allow-drift", "go on although the database is not what its revisions make"),
	BACKUP_OPTION,
	TAG_OPTION,
	YES_OPTION,
	FOLDER_OPTION,
	{0},
};

static const cn_option downgrade_options[] = {
	CN_ARG_OPTIONAL("revision", "an id, its beginning, base, -N, LABEL@-1; none: one back"),
	CN_OPT_FLAG(
		0, "sql", "write the script, for the database's own shell; FROM:TO: no database"),
	CN_OPT_FLAG(0, "dry-run", "only say which revisions would be undone"),
	CN_OPT_FLAG(0, "allow-drift", "go on although the database is not what its revisions make"),
	BACKUP_OPTION,
	TAG_OPTION,
	YES_OPTION,
	FOLDER_OPTION,
	{0},
};

static const cn_option stamp_options[] = {
	CN_ARG_REST("revision", "ids, LABEL@head, heads or base; none: the head"),
	CN_OPT_FLAG(0, "purge", "forget first what the version table says, whatever it is"),
	TAG_OPTION,
	FOLDER_OPTION,
	{0},
};

static const cn_option history_options[] = {
	CN_OPT_TEXT('r', "rev-range", "A:B", "a part: A:B, :B, A:, -3:current; a name: its branch"),
	CN_OPT_FLAG('i', "indicate-current", "mark what the database is at"),
	FOLDER_OPTION,
	{0},
};

static const cn_option show_options[] = {
	CN_ARG_OPTIONAL("revision", "an id, its beginning, head, heads, current; none: the head"),
	FOLDER_OPTION,
	{0},
};

const cn_command_desc cni_db_migrate_commands[] = {
	{.name = "init",
		.help = "make the migrations folder",
		.example = "APP db init\nAPP db init -t review",
		.options = init_options,
		.every_database = true,
		.run = cni_db_init},
	{.name = "list-templates",
		.help = "list what a migrations folder can begin with",
		.description =
			"A template is README.md, migrations.ini and revision.sql: the skeleton of revisions that are\n"
			"written by hand, in which ${header}, ${id}, ${parents}, ${message}, ${created} and ${engine}\n"
			"stand for what is known.",
		.example = "APP db list-templates",
		.json = true,
		.run = cni_db_list_templates},
	{.name = "migrate",
		.help = "write a revision: from what the migrations make to what is wanted",
		.description =
			"Compares what the revisions make with the models (or the schema file), plans the cheapest safe\n"
			"way, proves it forward and backward (on a copy of the database too), and writes one SQL file.\n"
			"What it cannot know, it asks; without a terminal it ends with exit code 3, says what to write,\n"
			"and has changed nothing.",
		.example = "APP db migrate -m \"add price\"\n"
			   "APP db migrate -m rename --rename \"column product name title\"\n"
			   "APP db migrate -m stock --fill \"product.stock 0\"\n"
			   "APP db migrate -m eu --head shop@head",
		.options = migrate_options,
		.json = true,
		.every_database = true,
		.run = cni_db_migrate},
	{.name = "revision",
		.help = "write an empty revision, to be filled by hand",
		.description =
			"It begins with the folder's skeleton, revision.sql. With --autogenerate it is \"db migrate\".",
		.example = "APP db revision -m \"split names\"\n"
			   "APP db revision -m billing --head base --branch-label billing",
		.options = revision_options,
		.json = true,
		.run = cni_db_revision},
	{.name = "merge",
		.help = "write a revision that follows several, so that there is one head again",
		.description =
			"It has no statements: the branches are replayed in either order, and must end in the same schema.\n"
			"What is in conflict is named, and nothing written.",
		.example = "APP db merge heads\nAPP db merge 3f2a 8d1e -m \"eu and prices\"",
		.options = merge_options,
		.json = true,
		.run = cni_db_merge},
	{.name = "edit",
		.help = "open a revision's file in the editor, prove it, note its checksum",
		.description =
			"The editor is $VISUAL, $EDITOR or vi. Afterwards all revisions are run forward, backward and\n"
			"forward again in an empty database; revisions.sha256 then has the new checksum.",
		.example = "APP db edit\nAPP db edit 3f2a\nAPP db edit --accept",
		.options = edit_options,
		.run = cni_db_edit},
	{.name = "upgrade",
		.help = "run the revisions that the database does not have",
		.description =
			"Each revision is one transaction. Killed at any moment, the database is at one revision or at\n"
			"the next, and the next upgrade goes on. The database's file is made when it is not there.",
		.example =
			"APP db upgrade\nAPP db upgrade --dry-run\nAPP db upgrade --sql base:head > all.sql",
		.options = upgrade_options,
		.json = true,
		.every_database = true,
		.run = cni_db_upgrade},
	{.name = "downgrade",
		.help = "undo revisions, the last one first",
		.description =
			"Undoes what stands behind the revision; other branches stay. Where branches are applied, -1 needs\n"
			"one of them: LABEL@-1, or ID@-1 with any revision on it.",
		.example = "APP db downgrade\nAPP db downgrade base\nAPP db downgrade shop@-1",
		.options = downgrade_options,
		.json = true,
		.every_database = true,
		.run = cni_db_downgrade},
	{.name = "current",
		.help = "say which database, and at which revision it is",
		.example = "APP db current --json",
		.options = folder_options,
		.json = true,
		.every_database = true,
		.run = cni_db_current},
	{.name = "history",
		.help = "list the revisions, the newest first; * marks what the database has",
		.example = "APP db history -v\nAPP db history -r -3:current -i",
		.options = history_options,
		.json = true,
		.run = cni_db_history},
	{.name = "heads",
		.help = "list the revisions that nothing follows",
		.example = "APP db heads",
		.options = folder_options,
		.json = true,
		.run = cni_db_heads},
	{.name = "branches",
		.help = "list the revisions at which branches begin, and those that follow them",
		.example = "APP db branches -v",
		.options = folder_options,
		.json = true,
		.run = cni_db_branches},
	{.name = "show",
		.help = "show a revision's file",
		.example = "APP db show head\nAPP db show current --json",
		.options = show_options,
		.json = true,
		.run = cni_db_show},
	{.name = "stamp",
		.help = "write that the database is at a revision, without running it",
		.description =
			"For a database that has the tables already. Says so when it does not look like that revision.\n"
			"Moves the branch of each revision that is named; others stay.",
		.example = "APP db stamp head\nAPP db stamp --purge heads",
		.options = stamp_options,
		.json = true,
		.run = cni_db_stamp},
	{.name = "check",
		.help = "exit 1 when what is wanted differs from what the migrations make",
		.description =
			"Needs no database: for continuous integration, so that no change is committed without its\n"
			"revision. Also finds several heads, and files that are not what revisions.sha256 says.",
		.example = "APP db check",
		.options = folder_options,
		.json = true,
		.every_database = true,
		.run = cni_db_check},
	{.name = "verify",
		.help = "prove all revisions: forward, backward, forward, on a copy of the database too",
		.description =
			"Also finds applied files that were edited, and a database that is not what its revisions make.\n"
			"Changes nothing.",
		.example = "APP db verify",
		.options = folder_options,
		.every_database = true,
		.run = cni_db_verify},
	{0},
};
