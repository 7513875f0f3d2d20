/* help.c - a command's help, from its table: one screen. */
#include <string.h>

#include "base/text.h"
#include "base/try.h"
#include "manage/builtin.h"
#include "manage/parse.h"

enum { NAMES_WIDTH = 24 };

typedef struct page {
	cni_buffer *out;
	cni_arena arena;
	const cn_app *app;
	const char *program;
	bool bold;
} page;

static void heading(page *p, const char *text)
{
	if (p->bold)
		cni_buffer_printf(p->out, "\n\x1b[1m%s:\x1b[0m\n", text);
	else
		cni_buffer_printf(p->out, "\n%s:\n", text);
}

static void upper(cni_buffer *out, const char *name)
{
	for (; *name; name++) {
		char c = *name;
		if (c >= 'a' && c <= 'z')
			c = (char)(c - ('a' - 'A'));
		cni_buffer_putc(out, c);
	}
}

/* "FILE", or "a|b|c" for few choices. */
static void value_name(cni_buffer *out, const cn_option *o)
{
	size_t size = 0;

	for (const char *const *c = o->choices; c && *c; c++)
		size += strlen(*c) + 1;
	if (o->value) {
		cni_buffer_puts(out, o->value);
	} else if (size > 0 && size <= 30) {
		for (const char *const *c = o->choices; *c; c++)
			cni_buffer_printf(out, "%s%s", c == o->choices ? "" : "|", *c);
	} else {
		upper(out, o->name);
	}
}

/* "-c, --count N"; "PRODUCT…" */
static void names(cni_buffer *out, const cn_option *o)
{
	if (o->argument) {
		value_name(out, o);
		if (o->repeated)
			cni_buffer_puts(out, " ...");
		return;
	}
	if (o->letter)
		cni_buffer_printf(out, "-%c, ", o->letter);
	else
		cni_buffer_puts(out, "    ");
	cni_buffer_printf(out, "--%s", o->name);
	if (o->kind != CN_OPTION_FLAG) {
		cni_buffer_putc(out, ' ');
		value_name(out, o);
	}
}

/* Two columns: the names, and what they mean; a line of its own when the names are long. */
static void row(page *p, const char *left, const char *right)
{
	size_t width = strlen(left);

	if (width > NAMES_WIDTH)
		cni_buffer_printf(p->out, "  %s\n  %*s  %s\n", left, NAMES_WIDTH, "", right);
	else
		cni_buffer_printf(p->out, "  %-*s  %s\n", NAMES_WIDTH, left, right);
}

static void option_row(page *p, const cn_option *o)
{
	CLEANUP(cni_buffer_done) cni_buffer left = {0}, right = {0};

	names(&left, o);
	cni_buffer_puts(&right, o->help);
	if (o->choices && o->value) {
		cni_buffer_puts(&right, ": ");
		for (const char *const *c = o->choices; *c; c++)
			cni_buffer_printf(&right, "%s%s", c == o->choices ? "" : ", ", *c);
	}
	if (o->default_value)
		cni_buffer_printf(&right, " (default: %s)", o->default_value);
	if (o->required && !o->argument)
		cni_buffer_puts(&right, " (required)");
	if (o->repeated && !o->argument)
		cni_buffer_puts(&right, " (may be repeated)");
	row(p, cni_buffer_text(&left), cni_buffer_text(&right));
}

static const char *group_of(const cn_option *o)
{
	return o->group ? o->group : o->argument ? "arguments" : "options";
}

/* Is there a row of this group in front of it? Then the group was written with that one. */
static bool seen_before(const cn_option *table, const cn_option *o)
{
	for (; table < o; table++)
		if (!table->hidden && strcmp(group_of(table), group_of(o)) == 0)
			return true;
	return false;
}

/* The groups in the order of the table, those of arguments in front. */
static void option_rows(page *p, const cn_option *table, bool arguments)
{
	for (const cn_option *first = table; first && first->kind; first++) {
		if (first->hidden || first->argument != arguments || seen_before(table, first))
			continue;
		heading(p, group_of(first));
		for (const cn_option *o = first; o->kind; o++)
			if (!o->hidden && strcmp(group_of(o), group_of(first)) == 0)
				option_row(p, o);
	}
}

static void command_rows(page *p, const cni_node *node, bool builtin, const char *title)
{
	bool any = false;

	for (const cni_node *n = node->first; n; n = n->next) {
		if (n->desc->hidden || n->builtin != builtin)
			continue;
		if (!any)
			heading(p, title);
		any = true;
		row(p, n->desc->name, n->desc->help ? n->desc->help : "");
	}
}

static void usage_word(cni_buffer *out, const cn_option *o)
{
	cni_buffer_puts(out, o->required ? " " : " [");
	if (o->argument) {
		value_name(out, o);
		if (o->repeated)
			cni_buffer_puts(out, "...");
	} else {
		cni_buffer_printf(out, "--%s", o->name);
		if (o->kind != CN_OPTION_FLAG) {
			cni_buffer_putc(out, ' ');
			value_name(out, o);
		}
	}
	if (!o->required)
		cni_buffer_putc(out, ']');
}

static void usage(page *p, const cni_node *node)
{
	const cn_option *table = node->desc->options;
	bool optional = false;

	cni_buffer_printf(p->out, "usage: %s", cni_node_path(&p->arena, node, p->program));
	for (const cn_option *o = table; o && o->kind; o++) {
		if (!o->argument && o->required)
			usage_word(p->out, o);
		optional |= !o->argument && !o->required && !o->hidden;
	}
	if (optional || !node->parent)
		cni_buffer_puts(p->out, " [OPTIONS]");
	for (const cn_option *o = table; o && o->kind; o++)
		if (o->argument)
			usage_word(p->out, o);
	if (node->first)
		cni_buffer_puts(p->out, node->desc->run ? " [COMMAND ...]" : " COMMAND ...");
	cni_buffer_putc(p->out, '\n');
}

/* An example's lines are written with the program's name in front, as the user types it. */
static void example(page *p, const char *text)
{
	heading(p, "example");
	while (*text) {
		const char *end = strchr(text, '\n');
		size_t size = end ? (size_t)(end - text) : strlen(text);
		const char *rest = text;
		if (cni_starts(text, "APP ")) {
			cni_buffer_printf(p->out, "  %s", p->program);
			rest += 3;
		} else {
			cni_buffer_puts(p->out, "  ");
		}
		cni_buffer_add(p->out, rest, size - (size_t)(rest - text));
		cni_buffer_putc(p->out, '\n');
		text += size + (end != NULL);
	}
}

/* For a command without an example of its own: as it is typed with what it must have. */
static void made_example(page *p, const cni_node *node)
{
	const cni_node *shown = node->first;

	heading(p, "example");
	while (shown && shown->desc->hidden)
		shown = shown->next;
	cni_buffer_printf(p->out, "  %s", cni_node_path(&p->arena, node, p->program));
	if (shown)
		cni_buffer_printf(p->out, " %s --help", shown->desc->name);
	for (const cn_option *o = node->desc->options; o && o->kind; o++)
		if (o->required)
			usage_word(p->out, o);
	cni_buffer_putc(p->out, '\n');
}

static void common_line(page *p, const cni_node *node)
{
	if (!node->parent) {
		heading(p, "common options");
		for (const cn_option *o = cni_common_options; o->kind; o++)
			option_row(p, o);
		return;
	}
	cni_buffer_puts(p->out, "\ncommon options: --db URI, --root FOLDER");
	if (node->desc->json)
		cni_buffer_puts(p->out, ", --json");
	cni_buffer_printf(p->out, ", --quiet, --verbose, --no-color (see %s --help)\n", p->program);
}

void cni_help_write(
	cni_buffer *out, const cn_app *app, const cni_node *node, const char *program, bool bold)
{
	page p = {.out = out, .app = app, .program = program, .bold = bold};
	const cn_command_desc *desc = node->desc;

	usage(&p, node);
	if (desc->help)
		cni_buffer_printf(out, "\n%s\n", desc->help);
	if (desc->description)
		cni_buffer_printf(out, "\n%s\n", desc->description);
	option_rows(&p, desc->options, true);
	option_rows(&p, desc->options, false);
	command_rows(&p, node, node->builtin, "commands");
	if (!node->builtin)
		command_rows(&p, node, true, "database and tools");
	common_line(&p, node);
	if (desc->example)
		example(&p, desc->example);
	else if (!node->parent)
		example(&p, "APP db upgrade\nAPP db current --json");
	else
		made_example(&p, node);
	cni_arena_done(&p.arena);
}
