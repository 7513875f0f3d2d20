/* parse.c - see parse.h. */
#include "manage/parse.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/text.h"
#include "base/try.h"

const cn_option cni_common_options[] = {
	CN_OPT_TEXT(0, "db", "URI", "the database: a URI or a path", .complete = CN_COMPLETE_FILE),
	CN_OPT_TEXT(0, "database", "NAME", "one of several, by its name"),
	CN_OPT_TEXT(0, "root", "FOLDER", "the project's root", .complete = CN_COMPLETE_FOLDER),
	CN_OPT_FLAG(0, "json", "write JSON, where a script would read it"),
	CN_OPT_FLAG('q', "quiet", "say only what was asked for", .exclusive = 1),
	CN_OPT_FLAG('v', "verbose", "say more", .exclusive = 1),
	CN_OPT_FLAG(0, "no-color", "no colours (also with NO_COLOR set)"),
	CN_OPT_FLAG('h', "help", "show this"),
	CN_OPT_FLAG(0, "version", "show the version"),
	{0},
};

typedef struct parser {
	cni_arena *arena;
	cni_parsed *parsed;
	int argc, at;
	char **argv;
	bool options_ended;
	size_t arguments; /* words that were no option, so far */
	cn_error *err;
} parser;

/* Does the table take a value for it? */
static bool takes_value(const cn_option *option) { return option->kind != CN_OPTION_FLAG; }

/* As help writes it. */
static const char *spelled(parser *p, const cn_option *option)
{
	char *name;

	if (!option->argument)
		return cni_printf(p->arena, "option --%s", option->name);
	name = cni_printf(p->arena, "argument %s", option->value ? option->value : option->name);
	for (char *c = name ? name + sizeof "argument" : NULL; c && *c; c++)
		if (*c >= 'a' && *c <= 'z')
			*c = (char)(*c - ('a' - 'A'));
	return name;
}

/* Walks the tables in the order of their right to a name: the command's, its parents', the common
 * ones. */
typedef struct table_walk {
	const cni_node *node;
	bool common;
	const cn_option *at;
} table_walk;

static const cn_option *walk_next(table_walk *walk)
{
	for (;;) {
		if (walk->at && walk->at->kind)
			return walk->at++;
		if (walk->common)
			return NULL;
		if (!walk->node) {
			walk->common = true;
			walk->at = cni_common_options;
		} else {
			walk->at = walk->node->desc->options;
			walk->node = walk->node->parent;
		}
	}
}

static const cn_option *find_long(const cni_node *node, const char *name, size_t size)
{
	table_walk walk = {.node = node};

	for (const cn_option *o; (o = walk_next(&walk));)
		if (!o->argument && strlen(o->name) == size && memcmp(o->name, name, size) == 0)
			return o;
	return NULL;
}

static const cn_option *find_letter(const cni_node *node, char letter)
{
	table_walk walk = {.node = node};

	for (const cn_option *o; (o = walk_next(&walk));)
		if (!o->argument && o->letter && o->letter == letter)
			return o;
	return NULL;
}

static cn_status unknown_option(parser *p, const char *word)
{
	table_walk walk = {.node = p->parsed->node};
	const char **names = NULL, *nearest = NULL;
	size_t count = 0;

	(void)cn_fail(p->err, CN_EARG, "unknown option \"%s\"", word);
	for (const cn_option *o; (o = walk_next(&walk));)
		if (!o->argument && !o->hidden)
			(void)CNI_PUSH(p->arena, names, count, o->name);
	if (!CNI_PUSH(p->arena, names, count, NULL))
		return CN_EARG;
	if (word[1] == '-')
		nearest = cni_nearest(word + 2, names);
	if (nearest)
		cn_error_hint(p->err, "did you mean \"--%s\"?", nearest);
	return CN_EARG;
}

cn_status cni_unknown_command(
	cni_arena *arena, const cni_node *node, const char *word, cn_error *err)
{
	const char **names = NULL, *nearest;
	size_t count = 0;

	(void)cn_fail(err, CN_EARG, "unknown command \"%s\"", word);
	for (const cni_node *n = node->first; n; n = n->next)
		if (!n->desc->hidden)
			(void)CNI_PUSH(arena, names, count, n->desc->name);
	if (!CNI_PUSH(arena, names, count, NULL))
		return CN_EARG;
	nearest = cni_nearest(word, names);
	if (nearest)
		cn_error_hint(err, "did you mean \"%s\"?", nearest);
	return CN_EARG;
}

static cn_status check_int(parser *p, cni_given *given, const char *value)
{
	const cn_option *o = given->option;
	char *end;

	errno = 0;
	long long number = strtoll(value, &end, 10);
	bool bounded = o->min || o->max;
	if (end == value || *end || strchr(" \t\n\v\f\r", *value))
		return cn_fail(p->err, CN_EARG, "%s: \"%s\" is not a number", spelled(p, o), value);
	if (errno == ERANGE || (bounded && number < o->min) ||
		(bounded && o->max && number > o->max)) {
		(void)cn_fail(p->err, CN_EARG, "%s: %s is out of range", spelled(p, o), value);
		if (bounded && o->max)
			cn_error_hint(p->err, "from %" PRId64 " to %" PRId64, o->min, o->max);
		else if (bounded)
			cn_error_hint(p->err, "at least %" PRId64, o->min);
		return CN_EARG;
	}
	given->number = number;
	return CN_OK;
}

static cn_status check_choice(parser *p, const cn_option *o, const char *value)
{
	CLEANUP(cni_buffer_done) cni_buffer list = {0};

	for (const char *const *c = o->choices; *c; c++) {
		if (strcmp(*c, value) == 0)
			return CN_OK;
		cni_buffer_printf(&list, "%s%s", list.size ? ", " : "", *c);
	}
	(void)cn_fail(p->err, CN_EARG, "%s: unknown value \"%s\"", spelled(p, o), value);
	cn_error_hint(p->err, "one of: %s", cni_buffer_text(&list));
	return CN_EARG;
}

static cn_status add_value(parser *p, cni_given *given, const char *value)
{
	const cn_option *o = given->option;

	if (o->kind == CN_OPTION_INT)
		TRY(check_int(p, given, value));
	else if (o->kind == CN_OPTION_CHOICE)
		TRY(check_choice(p, o, value));
	if (!CNI_PUSH(p->arena, given->list, given->count, value))
		return cn_fail(p->err, CN_ENOMEM, "out of memory");
	return CN_OK;
}

static cni_given *given_of(parser *p, const cn_option *option)
{
	cni_parsed *parsed = p->parsed;

	for (size_t i = 0; i < parsed->given_count; i++)
		if (parsed->given[i].option == option)
			return &parsed->given[i];
	if (!CNI_PUSH(p->arena, parsed->given, parsed->given_count, (cni_given){.option = option}))
		return NULL;
	return &parsed->given[parsed->given_count - 1];
}

static cn_status give(parser *p, const cn_option *option, const char *value)
{
	cni_given *given = given_of(p, option);

	if (!given)
		return cn_fail(p->err, CN_ENOMEM, "out of memory");
	if (given->times && takes_value(option) && !option->repeated)
		return cn_fail(p->err, CN_EARG, "%s is given twice", spelled(p, option));
	given->times++;
	return takes_value(option) ? add_value(p, given, value) : CN_OK;
}

/* The value of an option: what stands behind `=` or in the same word, else the next word. */
static cn_status give_option(parser *p, const cn_option *option, const char *attached)
{
	if (!takes_value(option))
		return give(p, option, NULL);
	if (!attached) {
		if (p->at + 1 >= p->argc)
			return cn_fail(p->err, CN_EARG, "%s needs a value", spelled(p, option));
		attached = p->argv[++p->at];
	}
	return give(p, option, attached);
}

static cn_status long_option(parser *p, const char *word)
{
	const char *name = word + 2, *equals = strchr(name, '=');
	size_t size = equals ? (size_t)(equals - name) : strlen(name);
	const cn_option *option = find_long(p->parsed->node, name, size);

	if (!option)
		return unknown_option(p, cni_strndup(p->arena, word, size + 2));
	if (equals && !takes_value(option))
		return cn_fail(p->err, CN_EARG, "%s takes no value", spelled(p, option));
	return give_option(p, option, equals ? equals + 1 : NULL);
}

static cn_status short_options(parser *p, const char *word)
{
	for (const char *c = word + 1; *c; c++) {
		const cn_option *option = find_letter(p->parsed->node, *c);
		if (!option) {
			/* a character of several bytes is shown whole */
			size_t size = 1;
			while (((unsigned char)c[size] & 0xC0) == 0x80)
				size++;
			return unknown_option(p, cni_printf(p->arena, "-%.*s", (int)size, c));
		}
		if (takes_value(option))
			return give_option(p, option, c[1] ? c + 1 : NULL);
		TRY(give(p, option, NULL));
	}
	return CN_OK;
}

/* The argument of the table that the next word belongs to; NULL: there is no room for one. */
static const cn_option *next_argument(const parser *p)
{
	size_t place = p->arguments;

	for (const cn_option *o = p->parsed->node->desc->options; o && o->kind; o++) {
		if (!o->argument)
			continue;
		if (o->repeated || place == 0)
			return o;
		place--;
	}
	return NULL;
}

static cn_status plain_word(parser *p, const char *word)
{
	const cni_node *node = p->parsed->node;
	const cn_option *argument;

	if (node->first) {
		const cni_node *next = cni_node_find(node, word);
		if (!next)
			return cni_unknown_command(p->arena, node, word, p->err);
		p->parsed->node = next;
		return CN_OK;
	}
	argument = next_argument(p);
	if (!argument)
		return cn_fail(p->err, CN_EARG, "unexpected argument \"%s\"", word);
	p->arguments++;
	return give(p, argument, word);
}

static bool is_option(const parser *p, const char *word)
{
	if (p->options_ended || word[0] != '-' || !word[1])
		return false;
	/* "-1": how many steps down; "-.5": a number; unless somebody's letter is a digit */
	if ((word[1] >= '0' && word[1] <= '9') || word[1] == '.')
		return find_letter(p->parsed->node, word[1]);
	return true;
}

static cn_status words(parser *p)
{
	for (; p->at < p->argc; p->at++) {
		const char *word = p->argv[p->at];
		if (!is_option(p, word))
			TRY(plain_word(p, word));
		else if (strcmp(word, "--") == 0)
			p->options_ended = true;
		else if (word[1] == '-')
			TRY(long_option(p, word));
		else
			TRY(short_options(p, word));
	}
	return CN_OK;
}

static bool table_has(const cn_option *table, const cn_option *option)
{
	for (; table && table->kind; table++)
		if (table == option)
			return true;
	return false;
}

/* Numbers of exclusive groups mean something within one table only. */
static bool one_table(const cni_node *node, const cn_option *a, const cn_option *b)
{
	for (; node; node = node->parent)
		if (table_has(node->desc->options, a))
			return table_has(node->desc->options, b);
	return table_has(cni_common_options, a) && table_has(cni_common_options, b);
}

static cn_status check_exclusive(parser *p)
{
	const cni_parsed *parsed = p->parsed;

	for (size_t i = 0; i < parsed->given_count; i++) {
		const cni_given *a = &parsed->given[i];
		if (!a->times || !a->option->exclusive)
			continue;
		for (size_t k = i + 1; k < parsed->given_count; k++) {
			const cni_given *b = &parsed->given[k];
			if (b->times && b->option->exclusive == a->option->exclusive &&
				one_table(parsed->node, a->option, b->option))
				return cn_fail(p->err, CN_EARG,
					"options --%s and --%s exclude each other", a->option->name,
					b->option->name);
		}
	}
	return CN_OK;
}

/* Defaults for what was not typed, and complaints about what had to be. */
static cn_status complete(parser *p)
{
	table_walk walk = {.node = p->parsed->node};

	for (const cn_option *o; (o = walk_next(&walk));) {
		cni_given *given = given_of(p, o);
		if (!given)
			return cn_fail(p->err, CN_ENOMEM, "out of memory");
		if (!given->times && o->required)
			return cn_fail(p->err, CN_EARG, "%s is missing", spelled(p, o));
		if (!given->times && o->default_value)
			TRY(add_value(p, given, o->default_value));
	}
	for (size_t i = 0; i < p->parsed->given_count; i++) {
		cni_given *given = &p->parsed->given[i];
		size_t count = given->count; /* the NULL behind the list is not one of it */
		if (!CNI_PUSH(p->arena, given->list, count, NULL))
			return cn_fail(p->err, CN_ENOMEM, "out of memory");
	}
	return check_exclusive(p);
}

cn_status cni_parse(cni_arena *arena, const cni_node *root, int argc, char **argv, cni_parsed *ret,
	cn_error *err)
{
	parser p = {.arena = arena, .parsed = ret, .argc = argc, .argv = argv, .err = err};

	*ret = (cni_parsed){.node = root};
	TRY(words(&p));
	if (cni_common_given(ret, "help") || cni_common_given(ret, "version"))
		return CN_OK;
	return complete(&p);
}

static const cni_given *find_given(const cni_parsed *parsed, const cn_option *option)
{
	for (size_t i = 0; i < parsed->given_count; i++)
		if (parsed->given[i].option == option)
			return &parsed->given[i];
	return NULL;
}

const cni_given *cni_common_find(const cni_parsed *parsed, const char *name)
{
	return find_given(parsed, find_long(NULL, name, strlen(name)));
}

bool cni_common_given(const cni_parsed *parsed, const char *name)
{
	const cni_given *given = cni_common_find(parsed, name);

	return given && given->times;
}

const char *cni_common_text(const cni_parsed *parsed, const char *name)
{
	const cni_given *given = cni_common_find(parsed, name);

	return given && given->count ? given->list[0] : NULL;
}

const cni_given *cni_parsed_find(const cni_parsed *parsed, const char *name)
{
	table_walk walk = {.node = parsed->node};

	for (const cn_option *o; (o = walk_next(&walk));)
		if (strcmp(o->name, name) == 0)
			return find_given(parsed, o);
	return NULL;
}

/* ---- the tables themselves ---- */

static bool good_name(const char *name)
{
	if (!name || !*name || *name == '-' || strlen(name) > 64)
		return false;
	for (; *name; name++)
		if (!(*name >= 'a' && *name <= 'z') && !(*name >= '0' && *name <= '9') &&
			*name != '-' && *name != '_')
			return false;
	return true;
}

static cn_status check_option(const cn_command_desc *desc, const cn_option *o, cn_error *err)
{
	const char *command = desc->name;

	if (!good_name(o->name))
		return cn_fail(err, CN_EARG, "command \"%s\": bad option name \"%s\"", command,
			o->name ? o->name : "");
	if (!o->help)
		return cn_fail(err, CN_EARG, "command \"%s\": option \"%s\" has no help", command,
			o->name);
	if ((o->kind == CN_OPTION_CHOICE) != (o->choices != NULL))
		return cn_fail(err, CN_EARG,
			"command \"%s\": choices of option \"%s\" do not fit its kind", command,
			o->name);
	if (o->argument && (o->letter || o->kind == CN_OPTION_FLAG))
		return cn_fail(err, CN_EARG, "command \"%s\": argument \"%s\" is told by its place",
			command, o->name);
	for (const cn_option *other = desc->options; other < o; other++) {
		if (strcmp(other->name, o->name) == 0 || (o->letter && other->letter == o->letter))
			return cn_fail(err, CN_EARG,
				"command \"%s\": options \"%s\" and \"%s\" have one name", command,
				other->name, o->name);
		if (o->argument && other->argument && other->repeated)
			return cn_fail(err, CN_EARG,
				"command \"%s\": argument \"%s\" follows one that takes the rest",
				command, o->name);
		if (o->argument && o->required && other->argument && !other->required)
			return cn_fail(err, CN_EARG,
				"command \"%s\": argument \"%s\" follows one that may be missing",
				command, o->name);
	}
	return CN_OK;
}

cn_status cni_table_check(const cn_command_desc *desc, cn_error *err)
{
	bool arguments = false;

	if (!good_name(desc->name))
		return cn_fail(
			err, CN_EARG, "bad command name \"%s\"", desc->name ? desc->name : "");
	for (const cn_option *o = desc->options; o && o->kind; o++) {
		TRY(check_option(desc, o, err));
		arguments |= o->argument;
	}
	if (arguments && desc->commands)
		return cn_fail(err, CN_EARG, "command \"%s\" has arguments and nested commands",
			desc->name);
	if (!desc->run && !desc->commands)
		return cn_fail(err, CN_EARG, "command \"%s\" does nothing: it has no function",
			desc->name);
	return CN_OK;
}
