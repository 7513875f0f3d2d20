/* commands.c - what the web layer adds to a program's commands. */
#include "manage/serve/serve.h"

static const cn_option runserver_options[] = {
	CN_OPT_TEXT('h', "host", "HOST", "the address to listen on", .default_value = "127.0.0.1"),
	CN_OPT_INT('p', "port", "PORT", "the port; without it the next free one from 5000",
		.min = 0, .max = 65535),
	CN_OPT_FLAG(
		'd', "debug", "errors in the page; rebuilds and reloads when a source is saved"),
	CN_OPT_FLAG('r', "reload", "rebuilds and reloads, without the errors in the page",
		.exclusive = 1),
	CN_OPT_FLAG(0, "no-reload", "debug without watching the sources", .exclusive = 1),
	CN_OPT_TEXT(0, "build", "COMMAND", "what rebuilds the program (a shell's command line)",
		.group = "reload"),
	CN_OPT_TEXT(0, "watch", "FOLDER", "where the sources are", .repeated = true,
		.group = "reload", .complete = CN_COMPLETE_FOLDER),
	CN_OPT_INT(0, "threads", "N", "how many requests are answered at a time", .min = 1,
		.max = 1024),
	{0},
};

const cn_command_desc cni_serve_commands[] = {
	{.name = "runserver",
		.help = "serve the app over HTTP",
		.description =
			"Serves until Ctrl-C, then finishes what is open. With -d it watches the sources: "
			"after each save it builds, starts the new program beside the old one and changes over "
			"without losing a request; a build that fails, or models that differ from the "
			"migrations, are shown in the browser and here. A server never creates a database.\n"
			"\n"
			"The build command is --build, or build under [runserver] in cantil.ini, or make or ninja "
			"where a Makefile or build.ninja is found at or above the program.",
		.example = "APP runserver -d\nAPP runserver -h 0.0.0.0 -p 8080",
		.options = runserver_options,
		.run = cni_runserver},
	{.name = "routes",
		.help = "list the URLs that the app answers",
		.example = "routes\nroutes --json",
		.run = cni_routes,
		.json = true},
	{0},
};
