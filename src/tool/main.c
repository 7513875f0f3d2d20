/* main.c - `cantil`: migrations, comparison, backup for anybody with a SQLite file. */
#include <cantil/app.h>

#include "tool/tool.h"

int main(int argc, char **argv)
{
	cn_app *app = cn_app_new(&(cn_app_desc){
		.name = "cantil",
		.version = CANTIL_VERSION,
		.help = "a database toolkit: inspect, compare, migrate, back up",
		.description =
			"With a cantil.ini that names a database, a schema and a migrations folder,\n"
			"`cantil db …` manages that project; the other commands need no project.",
		.example = "cantil new shop\n"
			   "cantil inspect shop.db --format c\n"
			   "cantil diff shop.db schema.sql\n"
			   "cantil apply shop.db schema.sql",
		.project_here = true,
	});

	cn_command(app, &cni_tool_new);
	cn_command(app, &cni_tool_inspect);
	cn_command(app, &cni_tool_adopt);
	cn_command(app, &cni_tool_diff);
	cn_command(app, &cni_tool_apply);
	cn_command(app, &cni_tool_embed);
	return cn_main(app, argc, argv);
}
