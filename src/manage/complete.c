/*
 * complete.c - completion scripts for bash, zsh and fish, from the tables.
 *
 * The script holds the tables itself: pressing TAB starts no process and works while the program is
 * being built. A position is a command's path ("db upgrade", "" for the program); words that are
 * values of options are passed over on the way there.
 */
#include <string.h>

#include "base/text.h"
#include "base/try.h"
#include "manage/builtin.h"
#include "manage/parse.h"

typedef void each_fn(cni_buffer *out, const cni_node *node, const char *path);

/* Calls fn for every command that is not hidden, with its path below the program. */
static void each(
	cni_buffer *out, cni_arena *arena, const cni_node *node, const char *path, each_fn *fn)
{
	if (node->desc->hidden)
		return;
	fn(out, node, path);
	for (const cni_node *n = node->first; n; n = n->next) {
		const char *below =
			*path ? cni_printf(arena, "%s %s", path, n->desc->name) : n->desc->name;
		if (below)
			each(out, arena, n, below, fn);
	}
}

/* A name that a shell function may have. */
static const char *identifier(cni_arena *arena, const char *name)
{
	char *id = cni_strdup(arena, name);

	for (char *c = id; c && *c; c++)
		if (!(*c >= 'a' && *c <= 'z') && !(*c >= 'A' && *c <= 'Z') &&
			!(*c >= '0' && *c <= '9'))
			*c = '_';
	return id;
}

/* Single quotes for sh; choices and helps are the program's texts, not the user's, but may hold
 * anything. */
static void quoted(cni_buffer *out, const char *text)
{
	cni_buffer_putc(out, '\'');
	for (; *text; text++) {
		if (*text == '\'')
			cni_buffer_puts(out, "'\\''");
		else
			cni_buffer_putc(out, *text);
	}
	cni_buffer_putc(out, '\'');
}

typedef struct reach { /* the option tables in reach of a command */
	const cni_node *node;
	bool common;
} reach;

static const cn_option *next_table(reach *r)
{
	while (r->node) {
		const cn_option *table = r->node->desc->options;
		r->node = r->node->parent;
		if (table)
			return table;
	}
	if (r->common)
		return NULL;
	r->common = true;
	return cni_common_options;
}

/* Words separated by blanks: nested commands, and options when asked. */
static void words(cni_buffer *out, const cni_node *node, bool options)
{
	CLEANUP(cni_buffer_done) cni_buffer list = {0};

	for (const cni_node *n = options ? NULL : node->first; n; n = n->next)
		if (!n->desc->hidden)
			cni_buffer_printf(&list, " %s", n->desc->name);
	reach r = {.node = options ? node : NULL, .common = !options};
	for (const cn_option *table; (table = next_table(&r));)
		for (const cn_option *o = table; o->kind; o++) {
			if (o->hidden || o->argument ||
				(!node->desc->json && strcmp(o->name, "json") == 0))
				continue;
			cni_buffer_printf(&list, " --%s", o->name);
			if (o->letter)
				cni_buffer_printf(&list, " -%c", o->letter);
		}
	quoted(out, list.size ? list.data + 1 : "");
}

/* ---- bash ---- */

/* What completes a value: "choices a b", "file", "folder", or "none". */
static void bash_value(cni_buffer *out, const cn_option *o)
{
	if (o->choices) {
		CLEANUP(cni_buffer_done) cni_buffer list = {0};
		for (const char *const *c = o->choices; *c; c++)
			cni_buffer_printf(&list, "%s%s", c == o->choices ? "" : " ", *c);
		cni_buffer_puts(out, "offered=");
		quoted(out, cni_buffer_text(&list));
	} else if (o->complete == CN_COMPLETE_FILE) {
		cni_buffer_puts(out, "kind=file");
	} else if (o->complete == CN_COMPLETE_FOLDER) {
		cni_buffer_puts(out, "kind=folder");
	} else {
		cni_buffer_puts(out, "kind=none");
	}
}

/* path: the commands that lead deeper, so that the walk knows where it is. */
static void bash_steps(cni_buffer *out, const cni_node *node, const char *path)
{
	for (const cni_node *n = node->first; n; n = n->next) {
		if (n->desc->hidden)
			continue;
		cni_buffer_printf(
			out, "\t\t'%s%s%s') return 0 ;;\n", path, *path ? " " : "", n->desc->name);
	}
}

static void bash_case(cni_buffer *out, const cni_node *node, const char *path)
{
	reach r = {.node = node};
	bool argument = false;

	cni_buffer_printf(out, "\t'%s')\n\t\tcase $previous in\n", path);
	for (const cn_option *table; (table = next_table(&r));)
		for (const cn_option *o = table; o->kind; o++) {
			if (o->argument || o->kind == CN_OPTION_FLAG)
				continue;
			if (o->letter)
				cni_buffer_printf(out, "\t\t-%c|--%s) ", o->letter, o->name);
			else
				cni_buffer_printf(out, "\t\t--%s) ", o->name);
			bash_value(out, o);
			cni_buffer_puts(out, " ;;\n");
		}
	cni_buffer_puts(out, "\t\t*) case $current in\n\t\t\t-*) offered=");
	words(out, node, true);
	cni_buffer_puts(out, " ;;\n\t\t\t*) ");
	for (const cn_option *o = node->desc->options; o && o->kind && !argument; o++) {
		if (!o->argument)
			continue;
		bash_value(out, o);
		argument = true;
	}
	if (!argument) {
		cni_buffer_puts(out, "offered=");
		words(out, node, false);
	}
	cni_buffer_puts(out, " ;;\n\t\t\tesac ;;\n\t\tesac ;;\n");
}

/* Options whose value is the next word; that word is no command. */
static void bash_valued(cni_buffer *out, const cni_node *node, const char *path)
{
	for (const cn_option *o = node->desc->options; o && o->kind; o++) {
		if (o->argument || o->kind == CN_OPTION_FLAG)
			continue;
		if (o->letter)
			cni_buffer_printf(out, "\t\t'%s -%c') return 0 ;;\n", path, o->letter);
		cni_buffer_printf(out, "\t\t'%s --%s') return 0 ;;\n", path, o->name);
	}
	for (const cn_option *o = cni_common_options; o->kind; o++)
		if (o->kind != CN_OPTION_FLAG)
			cni_buffer_printf(out, "\t\t'%s --%s') return 0 ;;\n", path, o->name);
}

static void bash_functions(cni_buffer *out, cni_arena *arena, const cn_app *app, const char *id)
{
	cni_buffer_printf(out, "_%s_is_command() {\n\tcase $1 in\n", id);
	each(out, arena, app->root, "", bash_steps);
	cni_buffer_puts(out, "\tesac\n\treturn 1\n}\n\n");
	cni_buffer_printf(out, "_%s_takes_value() {\n\tcase $1 in\n", id);
	each(out, arena, app->root, "", bash_valued);
	cni_buffer_puts(out, "\tesac\n\treturn 1\n}\n\n");
}

void cni_complete_bash(cni_buffer *out, const cn_app *app)
{
	CLEANUP(cni_arena_done) cni_arena arena = {0};
	const char *id = identifier(&arena, app->desc.name);

	cni_buffer_printf(out,
		"# bash completion for %s: put it in ~/.local/share/bash-completion/completions/%s,\n"
		"# or: eval \"$(%s completion bash)\"\n\n",
		app->desc.name, app->desc.name, app->desc.name);
	bash_functions(out, &arena, app, id);
	cni_buffer_printf(out,
		"_%s() {\n"
		"\tlocal current=${COMP_WORDS[COMP_CWORD]} previous= at= offered= kind= i=1 word\n"
		"\t((COMP_CWORD > 0)) && previous=${COMP_WORDS[COMP_CWORD-1]}\n"
		"\t# bash splits --name=value into three words\n"
		"\tif [[ $current == '=' ]]; then\n\t\tcurrent=\n"
		"\telif [[ $previous == '=' ]]; then\n\t\tprevious=${COMP_WORDS[COMP_CWORD-2]}\n\tfi\n"
		"\twhile ((i < COMP_CWORD)); do\n"
		"\t\tword=${COMP_WORDS[i]}\n"
		"\t\tif [[ $word == -* ]]; then\n"
		"\t\t\tif [[ ${COMP_WORDS[i+1]-} == '=' ]]; then ((i += 2))\n"
		"\t\t\telif _%s_takes_value \"$at $word\"; then ((i += 1)); fi\n"
		"\t\telif _%s_is_command \"${at:+$at }$word\"; then\n"
		"\t\t\tat=\"${at:+$at }$word\"\n"
		"\t\tfi\n"
		"\t\t((i += 1))\n"
		"\tdone\n"
		"\tcase $at in\n",
		id, id, id);
	each(out, &arena, app->root, "", bash_case);
	cni_buffer_printf(out,
		"\tesac\n"
		"\tcase $kind in\n"
		"\tfile) mapfile -t COMPREPLY < <(compgen -f -- \"$current\"); compopt -o filenames 2>/dev/null ;;\n"
		"\tfolder) mapfile -t COMPREPLY < <(compgen -d -- \"$current\"); compopt -o filenames 2>/dev/null ;;\n"
		"\tnone) COMPREPLY=() ;;\n"
		"\t*) mapfile -t COMPREPLY < <(compgen -W \"$offered\" -- \"$current\") ;;\n"
		"\tesac\n"
		"}\n"
		"complete -F _%s %s\n",
		id, app->desc.name);
}

/* ---- zsh: its own emulation runs the bash function ---- */

void cni_complete_zsh(cni_buffer *out, const cn_app *app)
{
	cni_buffer_printf(out,
		"#compdef %s\n# zsh completion for %s: eval \"$(%s completion zsh)\"\n"
		"autoload -U +X compinit bashcompinit && compinit -i && bashcompinit\n"
		"mapfile() { COMPREPLY=(\"${(@f)$(cat)}\"); }\n\n",
		app->desc.name, app->desc.name, app->desc.name);
	cni_complete_bash(out, app);
}

/* ---- fish ---- */

static void fish_text(cni_buffer *out, const char *text)
{
	cni_buffer_putc(out, '\'');
	for (; *text; text++) {
		if (*text == '\'' || *text == '\\')
			cni_buffer_putc(out, '\\');
		cni_buffer_putc(out, *text);
	}
	cni_buffer_putc(out, '\'');
}

typedef struct fish_writer {
	cni_buffer *out;
	const char *id, *name;
} fish_writer;

static void fish_line(const fish_writer *w, const char *path, const char *help)
{
	cni_buffer_printf(w->out, "complete -c %s -n \"__%s_at '%s'\"", w->name, w->id, path);
	if (help) {
		cni_buffer_puts(w->out, " -d ");
		fish_text(w->out, help);
	}
}

static void fish_options(const fish_writer *w, const cn_option *table, const char *path)
{
	for (const cn_option *o = table; o && o->kind; o++) {
		if (o->hidden)
			continue;
		fish_line(w, path, o->help);
		if (!o->argument)
			cni_buffer_printf(w->out, " -l %s", o->name);
		if (!o->argument && o->letter)
			cni_buffer_printf(w->out, " -s %c", o->letter);
		if (!o->argument && o->kind != CN_OPTION_FLAG)
			cni_buffer_puts(w->out, " -r");
		if (o->choices) {
			CLEANUP(cni_buffer_done) cni_buffer list = {0};
			for (const char *const *c = o->choices; *c; c++)
				cni_buffer_printf(&list, "%s%s", c == o->choices ? "" : " ", *c);
			cni_buffer_puts(w->out, " -f -a ");
			fish_text(w->out, cni_buffer_text(&list));
		} else if (o->complete != CN_COMPLETE_NONE) {
			cni_buffer_puts(w->out, " -F");
		} else {
			cni_buffer_puts(w->out, " -f");
		}
		cni_buffer_putc(w->out, '\n');
	}
}

static void fish_node(
	const fish_writer *w, cni_arena *arena, const cni_node *node, const char *path)
{
	for (const cni_node *n = node->first; n; n = n->next) {
		const char *below =
			*path ? cni_printf(arena, "%s %s", path, n->desc->name) : n->desc->name;
		if (n->desc->hidden || !below)
			continue;
		fish_line(w, path, n->desc->help ? n->desc->help : "");
		cni_buffer_printf(w->out, " -f -a %s\n", n->desc->name);
		fish_node(w, arena, n, below);
	}
	fish_options(w, node->desc->options, path);
}

/* Every command's path as an alternative, longest last, so that the walk can tell commands from
 * arguments. */
static void fish_paths(cni_buffer *out, const cni_node *node, const char *path)
{
	(void)node;
	if (*path)
		cni_buffer_printf(out, " '%s'", path);
}

void cni_complete_fish(cni_buffer *out, const cn_app *app)
{
	CLEANUP(cni_arena_done) cni_arena arena = {0};
	fish_writer w = {out, identifier(&arena, app->desc.name), app->desc.name};

	cni_buffer_printf(out,
		"# fish completion for %s: %s completion fish > ~/.config/fish/completions/%s.fish\n\n"
		"set -g __%s_paths",
		w.name, w.name, w.name, w.id);
	each(out, &arena, app->root, "", fish_paths);
	cni_buffer_printf(out,
		"\n\nfunction __%s_at\n"
		"\tset -l at ''\n"
		"\tfor word in (commandline -opc)[2..-1]\n"
		"\t\tset -l next (string trim -- \"$at $word\")\n"
		"\t\tcontains -- \"$next\" $__%s_paths; and set at $next\n"
		"\tend\n"
		"\ttest \"$at\" = \"$argv[1]\"\n"
		"end\n\n"
		"complete -c %s -f\n",
		w.id, w.id, w.name);
	for (const cn_option *o = cni_common_options; o->kind; o++) {
		cni_buffer_printf(out, "complete -c %s -l %s", w.name, o->name);
		if (o->letter)
			cni_buffer_printf(out, " -s %c", o->letter);
		if (o->kind != CN_OPTION_FLAG)
			cni_buffer_puts(out, " -r -F");
		cni_buffer_puts(out, " -d ");
		fish_text(out, o->help);
		cni_buffer_putc(out, '\n');
	}
	fish_node(&w, &arena, app->root, "");
}
