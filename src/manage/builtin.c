/* builtin.c - the commands that every app has besides `db`. */
#include "manage/builtin.h"

#include <string.h>

#include "base/try.h"
#include "manage/call.h"

static const char *const shells[] = {"bash", "zsh", "fish", NULL};

static const cn_option completion_options[] = {
	{.kind = CN_OPTION_CHOICE,
		.argument = true,
		.required = true,
		.name = "shell",
		.value = "SHELL",
		.choices = shells,
		.help = "which one"},
	{0},
};

static int write_out(cn_call *call, const cni_buffer *out, cn_error *err)
{
	if (out->failed)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	cn_write(call, cni_buffer_text(out), out->size);
	return CN_OK;
}

static int completion(cn_call *call, cn_error *err)
{
	CLEANUP(cni_buffer_done) cni_buffer out = {0};
	const char *shell = cn_call_text(call, "shell");

	if (strcmp(shell, "bash") == 0)
		cni_complete_bash(&out, call->app);
	else if (strcmp(shell, "zsh") == 0)
		cni_complete_zsh(&out, call->app);
	else
		cni_complete_fish(&out, call->app);
	return write_out(call, &out, err);
}

static const cn_option help_options[] = {
	CN_OPT_FLAG(0, "man", "write the program's man page"),
	CN_ARG_REST("command", "the command, with those above it; none: the program"),
	{0},
};

static int help(cn_call *call, cn_error *err)
{
	CLEANUP(cni_buffer_done) cni_buffer out = {0};
	const cni_node *node = call->app->root;

	if (cn_call_flag(call, "man")) {
		cni_man_write(&out, call->app);
		return write_out(call, &out, err);
	}
	for (const char *const *word = cn_call_list(call, "command", NULL); *word; word++) {
		const cni_node *below = cni_node_find(node, *word);
		if (!below) {
			(void)cni_unknown_command(&call->arena, node, *word, err);
			return cn_usage_mark(call, err);
		}
		node = below;
	}
	cni_help_write(&out, call->app, node, call->program, call->color_out);
	return write_out(call, &out, err);
}

const cn_command_desc cni_builtin_commands[] = {
	{.name = "shell",
		.help = "an SQL prompt on the database",
		.options = cni_shell_options,
		.description =
			"Statements end with `;` and may take several lines. Lines that start with a dot are\n"
			"commands: .help shows them. Reads from a pipe as well.",
		.example = "APP shell\nAPP shell -c \"select count(*) from product\"",
		.json = true,
		.run = cni_shell_run},
	{.name = "clean",
		.help = "remove what builds left behind in the project",
		.description =
			"Removes object files (*.o), coverage files (*.gcda, *.gcno) and unfinished backups\n"
			"(*.cantil-part-PID) at and below the project's root; hidden folders and links are left alone.",
		.example = "APP clean --dry-run",
		.options = cni_clean_options,
		.run = cni_clean_run},
	{.name = "completion",
		.help = "write a completion script for a shell",
		.options = completion_options,
		.example = "eval \"$(APP completion bash)\"",
		.run = completion},
	{.name = "help",
		.help = "show the help of a command",
		.options = help_options,
		.example = "APP help db upgrade",
		.run = help},
	{0},
};
