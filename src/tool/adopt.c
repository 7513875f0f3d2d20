/* adopt.c - `cantil adopt FILE`: any SQLite file becomes one that migrations look after. */
#include "manage/call.h"
#include "manage/db_operations.h"
#include "tool/tool.h"

static int adopt(cn_call *call, cn_error *err)
{
	return cni_adopt(call, cn_call_text(call, "database"), err);
}

static const cn_option adopt_options[] = {
	CN_ARG("database", "an existing database", .complete = CN_COMPLETE_FILE),
	CNI_ADOPT_OPTIONS,
	{0},
};

const cn_command_desc cni_tool_adopt = {
	.name = "adopt",
	.help = "let migrations look after a database that is there already",
	.description =
		"Writes schema.sql, cantil.ini and a migrations folder with a base revision, and into the database\n"
		"that it is at it: no other byte of it changes. Tables of Alembic, Django and other tools are\n"
		"recognised, left alone, and stay outside. Nothing is overwritten; run again, it finishes.",
	.example = "cantil adopt app.db\ncantil adopt app.db --format c -d db/migrations",
	.options = adopt_options,
	.run = adopt,
	.json = true,
};
