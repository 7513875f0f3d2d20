/* man.c - the man page of a program, from its tables. */
#include <string.h>

#include "base/text.h"
#include "manage/builtin.h"
#include "manage/parse.h"

/* Text in roff: a backslash, a leading dot or quote, and dashes mean something there. */
static void roff(cni_buffer *out, const char *text)
{
	bool start = true;

	for (; text && *text; text++) {
		if (*text == '\\')
			cni_buffer_puts(out, "\\e");
		else if (*text == '-')
			cni_buffer_puts(out, "\\-");
		else if (start && (*text == '.' || *text == '\''))
			cni_buffer_printf(out, "\\&%c", *text);
		else
			cni_buffer_putc(out, *text);
		start = *text == '\n';
	}
}

static void options(cni_buffer *out, const cn_option *table)
{
	for (const cn_option *o = table; o && o->kind; o++) {
		if (o->hidden)
			continue;
		cni_buffer_puts(out, ".TP\n\\fB");
		if (o->letter)
			cni_buffer_printf(out, "\\-%c\\fR, \\fB", o->letter);
		if (!o->argument)
			cni_buffer_puts(out, "\\-\\-");
		roff(out, o->name);
		cni_buffer_puts(out, "\\fR");
		if (!o->argument && o->kind != CN_OPTION_FLAG) {
			cni_buffer_puts(out, " \\fI");
			roff(out, o->value ? o->value : "value");
			cni_buffer_puts(out, "\\fR");
		}
		cni_buffer_putc(out, '\n');
		roff(out, o->help);
		for (const char *const *c = o->choices; c && *c; c++) {
			cni_buffer_puts(out, c == o->choices ? ": " : ", ");
			roff(out, *c);
		}
		if (o->default_value) {
			cni_buffer_puts(out, " (default: ");
			roff(out, o->default_value);
			cni_buffer_putc(out, ')');
		}
		cni_buffer_putc(out, '\n');
	}
}

static void command(cni_buffer *out, cni_arena *arena, const cn_app *app, const cni_node *node)
{
	const cn_command_desc *desc = node->desc;

	if (desc->hidden)
		return;
	if (!node->first || desc->run) {
		cni_buffer_puts(out, ".SS ");
		roff(out, cni_node_path(arena, node, app->desc.name));
		cni_buffer_putc(out, '\n');
		roff(out, desc->help);
		cni_buffer_putc(out, '\n');
		if (desc->description) {
			cni_buffer_puts(out, ".PP\n");
			roff(out, desc->description);
			cni_buffer_putc(out, '\n');
		}
		options(out, desc->options);
	}
	for (const cni_node *n = node->first; n; n = n->next)
		command(out, arena, app, n);
}

void cni_man_write(cni_buffer *out, const cn_app *app)
{
	cni_arena arena = {0};

	cni_buffer_puts(out, ".TH ");
	roff(out, app->desc.name);
	cni_buffer_puts(out, " 1 \"\" \"");
	roff(out, app->desc.name);
	cni_buffer_putc(out, ' ');
	roff(out, app->desc.version);
	cni_buffer_puts(out, "\"\n.SH NAME\n");
	roff(out, app->desc.name);
	if (app->desc.help) {
		cni_buffer_puts(out, " \\- ");
		roff(out, app->desc.help);
	}
	cni_buffer_puts(out, "\n.SH SYNOPSIS\n.B ");
	roff(out, app->desc.name);
	cni_buffer_puts(out, "\n[OPTIONS] COMMAND ...\n");
	if (app->desc.description) {
		cni_buffer_puts(out, ".SH DESCRIPTION\n");
		roff(out, app->desc.description);
		cni_buffer_putc(out, '\n');
	}
	cni_buffer_puts(out, ".SH OPTIONS\n");
	options(out, app->desc.options);
	options(out, cni_common_options);
	cni_buffer_puts(out, ".SH COMMANDS\n");
	for (const cni_node *n = app->root->first; n; n = n->next)
		command(out, &arena, app, n);
	cni_buffer_puts(out,
		".SH ENVIRONMENT\n.TP\n\\fBCANTIL_DATABASE_URI\\fR, \\fBDATABASE_URI\\fR\n"
		"the database, after \\-\\-db; a relative path counts from the working folder\n"
		".TP\n\\fBCANTIL_ROOT\\fR\nthe project's root, after \\-\\-root\n"
		".TP\n\\fBNO_COLOR\\fR\nno colours\n"
		".SH \"EXIT STATUS\"\n0 done, 1 failed, 2 wrong usage, 3 needs a decision (nothing was changed), 130 interrupted\n");
	cni_arena_done(&arena);
}
