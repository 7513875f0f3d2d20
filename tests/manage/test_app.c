/* test_app.c - setting an app up: tables that contradict each other, extensions, running twice. */
#include "tap.h"

#include <fcntl.h>
#include <unistd.h>

#include <cantil/app.h>

#include "manage/app.h"

static int ran(cn_call *call, cn_error *err)
{
	(void)err;
	*(int *)cn_call_context(call) += 1;
	return 0;
}

/* Runs with stdout and stderr silenced. */
static int run_quietly(cn_app *app, int argc, char **argv)
{
	int null = open("/dev/null", O_WRONLY), out = dup(1), err = dup(2);

	fflush(stdout);
	fflush(stderr);
	assert_true(null >= 0 && out >= 0 && err >= 0);
	dup2(null, 1);
	dup2(null, 2);
	int code = cn_app_run(app, argc, argv);
	fflush(stdout);
	fflush(stderr);
	dup2(out, 1);
	dup2(err, 2);
	close(null);
	close(out);
	close(err);
	return code;
}

static char x[] = "x", go[] = "go", shell[] = "shell";
static char *words[] = {x, go, NULL};
static char *shell_words[] = {x, shell, NULL};

static void replaces_a_builtin_but_not_db(void **state)
{
	(void)state;
	int count = 0;
	cn_app *app = cn_app_new(&(cn_app_desc){.context = &count});

	cn_command(app, &(cn_command_desc){.name = "shell", .help = "mine", .run = ran});
	assert_int_equal(app->failed.status, CN_OK);
	assert_int_equal(run_quietly(app, 2, shell_words), 0);
	assert_int_equal(count, 1);
	cn_command(app, &(cn_command_desc){.name = "db", .help = "mine", .run = ran});
	assert_string_equal(app->failed.message, "there are two commands \"db\"");
	assert_int_equal(run_quietly(app, 2, shell_words), 1);
	cn_app_free(app);
}

static void refuses_two_of_one_name(void **state)
{
	(void)state;
	static const cn_command_desc twice[] = {{.name = "one", .help = "h", .run = ran},
		{.name = "one", .help = "h", .run = ran}, {0}};
	const cn_command_desc rows[] = {
		{.name = "go", .help = "h", .run = ran},
		{.name = "help", .help = "h", .run = ran},
		{.name = "nest", .help = "h", .commands = twice},
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		cn_app *app = cn_app_new(&(cn_app_desc){.name = "x"});
		cn_command(app, &(cn_command_desc){.name = "go", .help = "h", .run = ran});
		assert_int_equal(app->failed.status, CN_OK);
		cn_command(app, &rows[i]);
		assert_int_equal(app->failed.status, CN_EARG);
		assert_non_null(strstr(app->failed.message, "there are two commands"));
		cn_app_free(app);
	}
}

static void keeps_the_first_error(void **state)
{
	(void)state;
	cn_app *app = cn_app_new(&(cn_app_desc){.name = "x"});
	cn_error later;

	cn_command(app, &(cn_command_desc){.name = "BAD", .run = ran});
	cn_error_set(&later, CN_EIO, "later");
	cn_app_fail(app, &later);
	assert_string_equal(app->failed.message, "bad command name \"BAD\"");
	cn_app_free(app);
}

static void bounds_the_depth(void **state)
{
	(void)state;
	cn_command_desc levels[40][2] = {{{0}}};
	cn_app *app = cn_app_new(&(cn_app_desc){.name = "x"});

	for (size_t i = 0; i < 40; i++)
		levels[i][0] = (cn_command_desc){.name = "n",
			.help = "h",
			.run = ran,
			.commands = i + 1 < 40 ? levels[i + 1] : NULL};
	cn_command(app, &levels[0][0]);
	assert_string_equal(app->failed.message, "command \"n\": nested too deep");
	cn_app_free(app);
}

static void free_data(void *data) { *(int *)data += 100; }

static const cn_command_desc extension_commands[] = {{.name = "go", .help = "h", .run = ran}, {0}};
static const cn_extension extension = {"test", extension_commands, free_data},
			  other = {"other", NULL, NULL};

static void takes_extensions(void **state)
{
	(void)state;
	int count = 0, first = 0, second = 0;
	cn_app *app = cn_app_new(&(cn_app_desc){.name = "x", .context = &count});

	assert_null(cn_app_extension(app, &extension));
	cn_app_extend(app, &extension, &first);
	cn_app_extend(app, &other, &second);
	assert_ptr_equal(cn_app_extension(app, &extension), &first);
	assert_ptr_equal(cn_app_extension(app, &other), &second);
	assert_int_equal(run_quietly(app, 2, words), 0);
	assert_int_equal(count, 1);
	cn_app_extend(app, &extension, &second);
	assert_int_equal(second, 100); /* what is refused is freed */
	assert_string_equal(app->failed.message, "the extension \"test\" was added twice");
	cn_app_free(app);
	assert_int_equal(first, 100);
}

static void lives_without_an_app(void **state)
{
	(void)state;
	int data = 0;
	cn_error err;
	const char *text;

	cn_command(NULL, &extension_commands[0]);
	cn_app_extend(NULL, &extension, &data);
	assert_int_equal(data, 100);
	assert_null(cn_app_extension(NULL, &extension));
	assert_null(cn_app_context(NULL));
	assert_null(cn_app_program(NULL));
	assert_null(cn_app_models(NULL)[0]);
	assert_int_equal(cn_app_root(NULL, &text, &err), CN_ENOMEM);
	cn_app_fail(NULL, &err);
	cn_app_free(NULL);
	assert_int_equal(run_quietly(NULL, 2, words), 1);
}

static void runs_again(void **state)
{
	(void)state;
	int count = 0;
	cn_app *app = cn_app_new(&(cn_app_desc){.name = "x", .context = &count, .run = ran});

	cn_command(app, &(cn_command_desc){.name = "go", .help = "h", .run = ran});
	assert_int_equal(run_quietly(app, 2, words), 0);
	assert_int_equal(run_quietly(app, 2, words), 0);
	assert_int_equal(run_quietly(app, 1, words), 0); /* the default command */
	assert_int_equal(run_quietly(app, 0, words), 0);
	assert_int_equal(count, 4);
	cn_app_free(app);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(replaces_a_builtin_but_not_db),
		cmocka_unit_test(refuses_two_of_one_name),
		cmocka_unit_test(keeps_the_first_error),
		cmocka_unit_test(bounds_the_depth),
		cmocka_unit_test(takes_extensions),
		cmocka_unit_test(lives_without_an_app),
		cmocka_unit_test(runs_again),
	};
	return RUN(tests);
}
