/*
 * shop.c - a program with everything that the manager offers, for the transcripts and the terminal
 * tests: models, nested commands, every kind of option, questions, failures.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cantil/cantil.h>

typedef struct Producer Producer;
typedef struct Product Product;

struct Producer {
	int64_t id;
	const char *name;
};
CN_MODEL(Producer, "producer",
	CN_COLUMN(Producer, id, .primary_key = true),
	CN_COLUMN(Producer, name, .length = 100, .not_null = true, .unique = true));

struct Product {
	int64_t id, producer_id;
	const char *name;
	cn_null_double price;
};
CN_MODEL(Product, "product",
	CN_COLUMN(Product, id, .primary_key = true),
	CN_COLUMN(Product, producer_id, .references = "producer.id", .on_delete = CN_CASCADE),
	CN_COLUMN(Product, name, .length = 100, .not_null = true),
	CN_COLUMN(Product, price));

/* ---- commands ---- */

/* A database without migrations, which are tested elsewhere. */
static int make(cn_call *call, cn_error *err)
{
	cn_app *app = cn_call_app(call);
	const char *uri;
	cn_db *db;

	if (cn_app_uri(app, &uri, err) < 0 ||
		cn_db_open(uri, &(cn_db_options){.models = cn_app_models(app), .create = true}, &db,
			err) < 0)
		return err->status;
	cn_status status = cn_db_create_all(db, err);
	cn_db_close(db);
	return status;
}

static int where(cn_call *call, cn_error *err)
{
	const char *root, *uri, *migrations;

	if (cn_app_root(cn_call_app(call), &root, err) < 0 ||
		cn_app_uri(cn_call_app(call), &uri, err) < 0 ||
		cn_app_migrations(cn_call_app(call), &migrations, err) < 0)
		return err->status;
	cn_print(call, "root %s\nuri %s\nmigrations %s", root, uri, migrations);
	return 0;
}

static const char *const colours[] = {"red", "green", "blue", NULL};

static const cn_option every_options[] = {
	CN_OPT_FLAG('f', "flag", "a flag"),
	CN_OPT_FLAG('g', "more", "counted", .repeated = true),
	CN_OPT_TEXT('t', "text", "TEXT", "a text"),
	CN_OPT_TEXT('l', "label", "TEXT", "several texts", .repeated = true),
	CN_OPT_INT('n', "number", "N", "a number", .default_value = "7", .min = 1, .max = 99),
	CN_OPT_INT(0, "offset", "N", "any number"),
	CN_OPT_CHOICE(
		'c', "colour", colours, "a colour", .default_value = "green", .group = "looks"),
	CN_OPT_FLAG(0, "day", "by day", .exclusive = 1, .group = "looks"),
	CN_OPT_FLAG(0, "night", "by night", .exclusive = 1, .group = "looks"),
	CN_OPT_TEXT(0, "file", "FILE", "a file", .complete = CN_COMPLETE_FILE),
	CN_OPT_FLAG(0, "secret", "not shown", .hidden = true),
	CN_ARG("first", "must be there"),
	CN_ARG_OPTIONAL("second", "may be there", .default_value = "two"),
	CN_ARG_REST("rest", "all the others"),
	{0},
};

static int every(cn_call *call, cn_error *err)
{
	(void)err;
	const char *text = cn_call_text(call, "text");

	cn_print(call, "flag=%d more=%u text=%s number=%lld offset=%lld colour=%s given=%d",
		cn_call_flag(call, "flag"), cn_call_count(call, "more"), text ? text : "NULL",
		(long long)cn_call_int(call, "number"), (long long)cn_call_int(call, "offset"),
		cn_call_text(call, "colour"), cn_call_given(call, "colour"));
	cn_print(call, "day=%d night=%d first=%s second=%s", cn_call_flag(call, "day"),
		cn_call_flag(call, "night"), cn_call_text(call, "first"),
		cn_call_text(call, "second"));
	size_t count;
	const char *const *list = cn_call_list(call, "label", &count);
	for (size_t i = 0; i < count; i++)
		cn_print(call, "label %s", list[i]);
	for (list = cn_call_list(call, "rest", NULL); *list; list++)
		cn_print(call, "rest %s", *list);
	return 0;
}

static const char *const statuses[] = {
	"failed", "decision", "interrupted", "usage", "code", "silent", NULL};

static const cn_option fail_options[] = {
	{.kind = CN_OPTION_CHOICE,
		.argument = true,
		.required = true,
		.name = "how",
		.choices = statuses,
		.help = "how"},
	{0},
};

static int fail(cn_call *call, cn_error *err)
{
	const char *how = cn_call_text(call, "how");

	if (strcmp(how, "code") == 0)
		return 42;
	if (strcmp(how, "silent") == 0)
		return CN_EIO;
	if (strcmp(how, "usage") == 0)
		return cn_usage(call, err, "that cannot be meant");
	cn_status status = strcmp(how, "decision") == 0      ? CN_EDECISION
			   : strcmp(how, "interrupted") == 0 ? CN_ECANCELED
							     : CN_EIO;
	cn_error_set(err, status, "it \x1b[31mfailed");
	cn_error_detail(err, "first fact\nsecond fact");
	cn_error_hint(err, "do better");
	return status;
}

static int say(cn_call *call, cn_error *err)
{
	(void)err;
	cn_note(call, "a note");
	cn_detail(call, "a detail");
	cn_warn(call, "a warning");
	cn_print(call, cn_call_json(call) ? "{\"said\": true}" : "%sa result%s",
		cn_color(call, CN_STYLE_BOLD), cn_color(call, CN_STYLE_NONE));
	return 0;
}

static int ask_text(cn_call *call, cn_error *err)
{
	const char *text;

	if (cn_ask_text(call, "Name?", "nobody", &text, err) < 0)
		return err->status;
	cn_print(call, "text <%s>", text);
	return 0;
}

static int ask_password(cn_call *call, cn_error *err)
{
	const char *text;

	if (cn_ask_password(call, "Password?", &text, err) < 0)
		return err->status;
	cn_print(call, "%zu characters", strlen(text));
	return 0;
}

static int ask_yes(cn_call *call, cn_error *err)
{
	bool yes;

	if (cn_ask_yes(call, "Really?", false, &yes, err) < 0)
		return err->status;
	cn_print(call, yes ? "yes it is" : "no it is");
	return 0;
}

static int ask_choice(cn_call *call, cn_error *err)
{
	size_t choice;

	if (cn_ask_choice(call, "Which colour?", colours, 1, &choice, err) < 0)
		return err->status;
	cn_print(call, "colour <%s>", colours[choice]);
	return 0;
}

static int work(cn_call *call, cn_error *err)
{
	(void)err;
	for (int i = 0; i <= 60; i++) {
		cn_progress(call, "working", i, 60);
		usleep(25000); /* this command is what takes time */
	}
	cn_print(call, "done");
	return 0;
}

static int add(cn_call *call, cn_error *err)
{
	cn_session *s;

	if (cn_call_session(call, &s, err) < 0)
		return err->status;
	cn_new(s, Producer, .name = cn_call_text(call, "name"));
	if (cn_commit(s) < 0) {
		*err = *cn_session_error(s);
		return err->status;
	}
	cn_note(call, "%s is there", cn_call_text(call, "name"));
	return 0;
}

static const cn_option add_options[] = {CN_ARG("name", "of the producer"), {0}};
static const cn_command_desc deep[] = {
	{.name = "deeper", .help = "the deepest", .run = where, .example = "APP stock deep deeper"},
	{0},
};
static const cn_command_desc stock[] = {
	{.name = "add", .help = "add a producer", .options = add_options, .run = add},
	{.name = "deep", .help = "a command with commands", .commands = deep},
	{0},
};
static const cn_command_desc ask[] = {
	{.name = "text", .help = "a text", .run = ask_text},
	{.name = "password", .help = "a password", .run = ask_password},
	{.name = "yes", .help = "yes or no", .run = ask_yes},
	{.name = "choice", .help = "one of some", .run = ask_choice},
	{0},
};
static const cn_command_desc commands[] = {
	{.name = "make", .help = "make the database", .run = make},
	{.name = "where", .help = "show what is meant", .run = where},
	{.name = "every",
		.help = "every kind of option",
		.options = every_options,
		.run = every,
		.description = "A longer text\nin two lines.",
		.example = "APP every -fgg one\nAPP every one two three"},
	{.name = "fail", .help = "fail", .options = fail_options, .run = fail},
	{.name = "say", .help = "say something", .json = true, .run = say},
	{.name = "ask", .help = "ask something", .commands = ask},
	{.name = "work", .help = "take a while", .run = work},
	{.name = "stock", .help = "the stock", .commands = stock},
	{.name = "hidden", .help = "not shown", .hidden = true, .run = say},
	{0},
};

/* A second run breaks the unique name at the first flush. */
static cn_status seed(cn_session *s, cn_call *call, cn_error *err)
{
	(void)err;
	for (int i = 0; i < 200; i++) {
		char name[32];
		snprintf(name, sizeof name, "producer %d", i);
		Producer *p = cn_new(s, Producer, .name = name);
		if (cn_flush(s) < 0)
			break; /* the session keeps the error; the commit reports it */
		if (i % 2)
			cn_new(s, Product, .producer_id = p->id, .name = "product");
		cn_progress(call, "seeding", i, 200);
	}
	return CN_OK;
}

int main(int argc, char **argv)
{
	cn_app *app = cn_app_new(&(cn_app_desc){.name = "shop",
		.version = "1.2",
		.help = "a shop for tests",
		.database_uri = "sqlite:///shop.db",
		.models = CN_MODELS(Producer, Product),
		.seed = seed,
		.commands = commands});

	return cn_main(app, argc, argv);
}
