/* main.c - from the words that were typed to an exit code. The one place that prints a failure. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "base/try.h"
#include "driver/driver.h"
#include "manage/bind.h"
#include "manage/builtin.h"
#include "manage/call.h"
#include "manage/signals.h"

enum { EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_DECISION = 3 };

static int exit_code(const cn_call *call, cn_status status)
{
	if (call->usage)
		return EXIT_USAGE;
	switch (status) {
	case CN_EDECISION: return EXIT_DECISION;
	case CN_ECANCELED: return cni_signal_exit_code();
	default: return EXIT_FAILED;
	}
}

static int print_help(cn_call *call, const cni_node *node)
{
	CLEANUP(cni_buffer_done) cni_buffer out = {0};

	cni_help_write(&out, call->app, node, call->program, call->color_out);
	cn_write(call, cni_buffer_text(&out), out.size);
	return 0;
}

/* Where to read on, for what was typed wrongly and has no better advice. */
static void hint_help(cn_call *call, cn_error *err)
{
	const char *path = cni_node_path(&call->arena, call->parsed.node, call->program);

	if (!err->hint[0] && path)
		cn_error_hint(err, "see \"%s --help\"", path);
}

static int run(cn_call *call, cn_error *err)
{
	const cn_command_desc *desc = call->parsed.node->desc;

	if (call->json && !desc->json)
		return cn_usage(call, err, "option --json: \"%s\" writes no JSON", desc->name);
	return cni_bind_run(call, err);
}

/* 0, an exit code, or a cn_status. */
static int dispatch(cn_call *call, int argc, char **argv, cn_error *err)
{
	cn_app *app = call->app;
	cn_status status;

	if (app->failed.status < 0) {
		*err = app->failed;
		return err->status;
	}
	status = cni_parse(
		&call->arena, app->root, argc > 0 ? argc - 1 : 0, argv + 1, &call->parsed, err);
	cni_call_init(call, app);
	if (status < 0) {
		call->usage = status == CN_EARG;
		return status;
	}
	if (cni_common_given(&call->parsed, "help"))
		return print_help(call, call->parsed.node);
	if (cni_common_given(&call->parsed, "version")) {
		cn_print(call, "%s %s", app->desc.name, app->desc.version);
		return 0;
	}
	if (!call->parsed.node->desc->run)
		return print_help(call, call->parsed.node);
	return run(call, err);
}

/* What was written may still be in a buffer, and the disk may be full. */
static int flush_output(int code, const char *app)
{
	if ((fflush(stdout) == 0 && !ferror(stdout)) || code != 0)
		return code;
	cn_error err;
	cn_error_set(&err, CN_EIO, "cannot write the output");
	cni_print_error(app, &err, false);
	return EXIT_FAILED;
}

int cni_call_report(cn_call *call, int status, cn_error *err)
{
	if (err->status == CN_OK) /* a command of the program's that did not say why */
		cn_error_set(err, (cn_status)status, "\"%s\" failed: %s",
			call->parsed.node->desc->name, cn_status_name((cn_status)status));
	if (call->usage)
		hint_help(call, err);
	cni_print_error(call->app->desc.name, err, call->color_err);
	return exit_code(call, (cn_status)status);
}

static void forget_projects(cn_app *app)
{
	app->project = NULL; /* --db and --root are of one call */
	app->bind = NULL;
	for (cni_bind *bind = app->binds; bind; bind = bind->next)
		bind->project = NULL;
}

int cn_app_run(cn_app *app, int argc, char **argv)
{
	cn_error err = {0};
	cn_call call = {0};
	int code;

	if (!app) {
		cn_error_set(&err, CN_ENOMEM, "out of memory");
		cni_print_error("app", &err, false);
		return EXIT_FAILED;
	}
	call.app = app;
	call.program = argc > 0 && argv[0][0] ? argv[0] : app->desc.name;
	call.parsed.node = app->root;
	app->call = &call;
	forget_projects(app);
	cni_signals_install();
	code = dispatch(&call, argc, argv, &err);
	cni_progress_clear(&call);
	if (code < 0)
		code = cni_call_report(&call, code, &err);
	code = flush_output(code, app->desc.name);
	cni_call_done(&call);
	cni_signals_restore();
	app->call = NULL;
	forget_projects(app);
	return code;
}

int cn_main(cn_app *app, int argc, char **argv)
{
	cni_drivers_own_process();
	int code = cn_app_run(app, argc, argv);

	cn_app_free(app);
	return code;
}
