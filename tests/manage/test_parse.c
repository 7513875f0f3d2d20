/* test_parse.c - words to values by the tables, and the checks of the tables themselves. */
#include "tap.h"

#include "manage/parse.h"

static int nothing(cn_call *call, cn_error *err)
{
	(void)call;
	(void)err;
	return 0;
}

static const char *const colours[] = {"red", "green", NULL};
static const cn_option leaf_options[] = {
	CN_OPT_FLAG('f', "flag", "a flag"),
	CN_OPT_TEXT('t', "text", "TEXT", "a text"),
	CN_OPT_TEXT('l', "label", "TEXT", "texts", .repeated = true),
	CN_OPT_INT('n', "number", "N", "a number", .min = -5, .max = 9),
	CN_OPT_CHOICE('c', "colour", colours, "a colour", .default_value = "red"),
	CN_OPT_FLAG('v', "verbose", "a verbose of its own"),
	CN_OPT_TEXT(0, "must", "TEXT", "required", .required = true),
	CN_OPT_FLAG('a', "one", "the one", .exclusive = 1),
	CN_OPT_FLAG('b', "other", "the other", .exclusive = 1),
	CN_ARG("first", "first"),
	CN_ARG_OPTIONAL("second", "second"),
	CN_ARG_REST("rest", "rest"),
	{0},
};
static const cn_option middle_options[] = {
	CN_OPT_TEXT('m', "middle", "TEXT", "of the parent"), {0}};
static const cn_command_desc leaf = {
	.name = "leaf", .help = "h", .options = leaf_options, .run = nothing};
static const cn_command_desc middle = {
	.name = "middle", .help = "h", .options = middle_options, .run = nothing};
static const cn_command_desc program = {.name = "program"};

typedef struct fixture {
	cni_arena arena;
	cni_node root, middle, leaf;
	cni_parsed parsed;
	cn_error err;
} fixture;

static void setup(fixture *f)
{
	*f = (fixture){0};
	f->root.desc = &program;
	f->middle.desc = &middle;
	f->leaf.desc = &leaf;
	f->root.first = f->root.last = &f->middle;
	f->middle.parent = &f->root;
	f->middle.first = f->middle.last = &f->leaf;
	f->leaf.parent = &f->middle;
}

/* Parses a line of words that have no blanks; "%s" in none of them. */
static cn_status parse(fixture *f, const char *line)
{
	char *copy = strdup(line), *words[32], *save = NULL;
	int count = 0;

	for (char *w = strtok_r(copy, " ", &save); w; w = strtok_r(NULL, " ", &save)) {
		assert_true(count < 32);
		words[count++] = cni_strdup(&f->arena, w);
	}
	free(copy);
	memset(&f->err, 0, sizeof f->err);
	return cni_parse(&f->arena, &f->root, count, words, &f->parsed, &f->err);
}

static const char *text(fixture *f, const char *name, size_t index)
{
	const cni_given *g = cni_parsed_find(&f->parsed, name);

	assert_non_null(g);
	return index < g->count ? g->list[index] : NULL;
}

static unsigned times(fixture *f, const char *name)
{
	const cni_given *g = cni_parsed_find(&f->parsed, name);

	assert_non_null(g);
	return g->times;
}

static void reads_every_form(void **state)
{
	(void)state;
	static const char *const lines[] = {
		"middle leaf --must x --text=abc --number 5 -f one",
		"middle leaf --must=x -tabc -n5 -f one",
		"middle leaf --must x -ftabc -n 5 one",
		"middle leaf one --must x -t abc -fn5",
		"middle leaf --must x --text abc --flag --number=5 -- one",
	};

	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
		fixture f;
		setup(&f);
		assert_ok(parse(&f, lines[i]), &f.err);
		assert_ptr_equal(f.parsed.node, &f.leaf);
		assert_string_equal(text(&f, "text", 0), "abc");
		assert_int_equal(cni_parsed_find(&f.parsed, "number")->number, 5);
		assert_int_equal(times(&f, "flag"), 1);
		assert_string_equal(text(&f, "first", 0), "one");
		assert_string_equal(text(&f, "colour", 0), "red");
		assert_int_equal(times(&f, "colour"), 0);
		assert_null(text(&f, "second", 0));
		cni_arena_done(&f.arena);
	}
}

static void fills_arguments_in_order(void **state)
{
	(void)state;
	fixture f;

	setup(&f);
	assert_ok(parse(&f, "middle leaf --must x a b c -f d -- -e"), &f.err);
	assert_string_equal(text(&f, "first", 0), "a");
	assert_string_equal(text(&f, "second", 0), "b");
	assert_string_equal(text(&f, "rest", 0), "c");
	assert_string_equal(text(&f, "rest", 1), "d");
	assert_string_equal(text(&f, "rest", 2), "-e");
	assert_null(text(&f, "rest", 3));
	cni_arena_done(&f.arena);
}

static void takes_numbers_with_a_dash_as_arguments(void **state)
{
	(void)state;
	fixture f;

	setup(&f);
	assert_ok(parse(&f, "middle leaf --must x -1 -"), &f.err);
	assert_string_equal(text(&f, "first", 0), "-1");
	assert_string_equal(text(&f, "second", 0), "-");
	assert_ok(parse(&f, "middle leaf --must x -n -5 y"), &f.err);
	assert_int_equal(cni_parsed_find(&f.parsed, "number")->number, -5);
	cni_arena_done(&f.arena);
}

static void repeats(void **state)
{
	(void)state;
	fixture f;

	setup(&f);
	assert_ok(parse(&f, "middle leaf --must x -l a --label=b -lc y"), &f.err);
	assert_string_equal(text(&f, "label", 0), "a");
	assert_string_equal(text(&f, "label", 1), "b");
	assert_string_equal(text(&f, "label", 2), "c");
	assert_null(text(&f, "label", 3));
	cni_arena_done(&f.arena);
}

static void prefers_the_nearest_table(void **state)
{
	(void)state;
	fixture f;

	setup(&f);
	/* behind the command -v is the command's own, in front of it the common one */
	assert_ok(parse(&f, "middle leaf --must x -v y"), &f.err);
	assert_false(cni_common_given(&f.parsed, "verbose"));
	assert_int_equal(times(&f, "verbose"), 1);
	assert_ok(parse(&f, "-v middle -m up leaf --must x y --db=a.db"), &f.err);
	assert_true(cni_common_given(&f.parsed, "verbose"));
	assert_int_equal(times(&f, "verbose"), 0);
	assert_ok(parse(&f, "-q middle -m up leaf --must x y -v --db=a.db"), &f.err);
	assert_true(cni_common_given(&f.parsed, "quiet"));
	assert_string_equal(text(&f, "middle", 0), "up");
	assert_string_equal(cni_common_text(&f.parsed, "db"), "a.db");
	cni_arena_done(&f.arena);
}

static void asks_for_nothing_with_help(void **state)
{
	(void)state;
	fixture f;

	setup(&f);
	assert_ok(parse(&f, "middle leaf --help"), &f.err);
	assert_true(cni_common_given(&f.parsed, "help"));
	assert_ok(parse(&f, "-h"), &f.err);
	assert_ptr_equal(f.parsed.node, &f.root);
	cni_arena_done(&f.arena);
}

static void complains(void **state)
{
	(void)state;
	static const struct {
		const char *line, *message, *hint;
	} rows[] = {
		{"midle", "unknown command \"midle\"", "did you mean \"middle\"?"},
		{"zzzzzz", "unknown command \"zzzzzz\"", ""},
		{"middle leave", "unknown command \"leave\"", "did you mean \"leaf\"?"},
		{"middle leaf --txet x", "unknown option \"--txet\"", "did you mean \"--text\"?"},
		{"middle leaf --tex x", "unknown option \"--tex\"", "did you mean \"--text\"?"},
		{"middle leaf --txet=x", "unknown option \"--txet\"", "did you mean \"--text\"?"},
		{"middle leaf -z", "unknown option \"-z\"", ""},
		{"middle leaf -fz", "unknown option \"-z\"", ""},
		{"middle leaf -\xC3\xBC", "unknown option \"-\xC3\xBC\"", ""},
		{"middle --text x leaf", "unknown option \"--text\"", ""},
		{"middle leaf a --must", "option --must needs a value", ""},
		{"middle leaf a -t", "option --text needs a value", ""},
		{"middle leaf a --flag=yes", "option --flag takes no value", ""},
		{"middle leaf a", "option --must is missing", ""},
		{"middle leaf --must x", "argument FIRST is missing", ""},
		{"middle leaf --must x a -t b -t c", "option --text is given twice", ""},
		{"middle leaf --must x a -n ten", "option --number: \"ten\" is not a number", ""},
		{"middle leaf --must x a -n 5x", "option --number: \"5x\" is not a number", ""},
		{"middle leaf --must x a --number=", "option --number: \"\" is not a number", ""},
		{"middle leaf --must x a -n 10", "option --number: 10 is out of range",
			"from -5 to 9"},
		{"middle leaf --must x a -n -6", "option --number: -6 is out of range",
			"from -5 to 9"},
		{"middle leaf --must x a -n 99999999999999999999",
			"option --number: 99999999999999999999 is out of range", "from -5 to 9"},
		{"middle leaf --must x a -c pink", "option --colour: unknown value \"pink\"",
			"one of: red, green"},
		{"middle leaf --must x a -ab", "options --one and --other exclude each other", ""},
		{"middle leaf --must x a -q -v", NULL, ""}, /* the command's -v is another one */
		{"-q -v middle leaf --must x a", "options --quiet and --verbose exclude each other",
			""},
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		fixture f;
		setup(&f);
		cn_status status = parse(&f, rows[i].line);
		if (!rows[i].message) {
			assert_ok(status, &f.err);
		} else {
			assert_int_equal(status, CN_EARG);
			assert_string_equal(f.err.message, rows[i].message);
			assert_string_equal(f.err.hint, rows[i].hint);
		}
		cni_arena_done(&f.arena);
	}
}

static void refuses_too_many_arguments(void **state)
{
	(void)state;
	static const cn_option one[] = {CN_ARG_OPTIONAL("only", "h"), {0}};
	static const cn_command_desc small = {
		.name = "leaf", .help = "h", .options = one, .run = nothing};
	fixture f;

	setup(&f);
	f.leaf.desc = &small;
	assert_int_equal(parse(&f, "middle leaf a b"), CN_EARG);
	assert_string_equal(f.err.message, "unexpected argument \"b\"");
	cni_arena_done(&f.arena);
}

static void checks_tables(void **state)
{
	(void)state;
	static const cn_option twice[] = {
		CN_OPT_FLAG('a', "one", "h"), CN_OPT_FLAG('a', "two", "h"), {0}};
	static const cn_option same[] = {CN_OPT_FLAG(0, "one", "h"), CN_ARG("one", "h"), {0}};
	static const cn_option bad[] = {CN_OPT_FLAG(0, "--one", "h"), {0}};
	static const cn_option order[] = {CN_ARG_OPTIONAL("a", "h"), CN_ARG("b", "h"), {0}};
	static const cn_option rest[] = {CN_ARG_REST("a", "h"), CN_ARG_OPTIONAL("b", "h"), {0}};
	static const cn_option helpless[] = {CN_OPT_FLAG('a', "one", NULL), {0}};
	static const cn_option choiceless[] = {CN_OPT_CHOICE('a', "one", NULL, "h"), {0}};
	static const cn_option argument[] = {CN_ARG("a", "h"), {0}};
	static const cn_command_desc nested[] = {{.name = "x", .help = "h", .run = nothing}, {0}};
	const struct {
		cn_command_desc desc;
		const char *message;
	} rows[] = {
		{{.name = "c", .options = twice, .run = nothing},
			"command \"c\": options \"one\" and \"two\" have one name"},
		{{.name = "c", .options = same, .run = nothing},
			"command \"c\": options \"one\" and \"one\" have one name"},
		{{.name = "c", .options = bad, .run = nothing},
			"command \"c\": bad option name \"--one\""},
		{{.name = "c", .options = order, .run = nothing},
			"command \"c\": argument \"b\" follows one that may be missing"},
		{{.name = "c", .options = rest, .run = nothing},
			"command \"c\": argument \"b\" follows one that takes the rest"},
		{{.name = "c", .options = helpless, .run = nothing},
			"command \"c\": option \"one\" has no help"},
		{{.name = "c", .options = choiceless, .run = nothing},
			"command \"c\": choices of option \"one\" do not fit its kind"},
		{{.name = "c", .options = argument, .commands = nested},
			"command \"c\" has arguments and nested commands"},
		{{.name = "c"}, "command \"c\" does nothing: it has no function"},
		{{.name = "Big", .run = nothing}, "bad command name \"Big\""},
		{{.name = "-c", .run = nothing}, "bad command name \"-c\""},
		{{.name = "a b", .run = nothing}, "bad command name \"a b\""},
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		cn_error err = {0};
		assert_int_equal(cni_table_check(&rows[i].desc, &err), CN_EARG);
		assert_string_equal(err.message, rows[i].message);
	}
	cn_error err = {0};
	assert_ok(cni_table_check(&leaf, &err), &err);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_every_form),
		cmocka_unit_test(fills_arguments_in_order),
		cmocka_unit_test(takes_numbers_with_a_dash_as_arguments),
		cmocka_unit_test(repeats),
		cmocka_unit_test(prefers_the_nearest_table),
		cmocka_unit_test(asks_for_nothing_with_help),
		cmocka_unit_test(complains),
		cmocka_unit_test(refuses_too_many_arguments),
		cmocka_unit_test(checks_tables),
	};
	return RUN(tests);
}
