/*
 * test_terminal.c - what happens only where somebody sits: questions, hidden passwords, progress,
 * Ctrl-C, the prompt of the SQL shell. Each test runs the program on a pseudo terminal and waits
 * for what it says before it types.
 */
#include "tap.h"

#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/try.h"

enum { PATIENCE_US = 20 * 1000000 };

typedef struct terminal {
	char folder[64], program[4096];
	int fd;
	pid_t child;
	cni_buffer seen; /* everything since the start */
	size_t read_to;  /* how far `wait_for` has gone */
} terminal;

static int setup(void **state)
{
	terminal *t = calloc(1, sizeof *t);

	if (!t)
		return -1;
	snprintf(t->folder, sizeof t->folder, "/tmp/cantil-terminal-XXXXXX");
	snprintf(
		t->program, sizeof t->program, "%s/tests/manage/shop", getenv("CANTIL_TEST_BUILD"));
	if (!mkdtemp(t->folder))
		return -1;
	*state = t;
	return 0;
}

static int teardown(void **state)
{
	terminal *t = *state;
	char command[128];

	snprintf(command, sizeof command, "rm -rf '%s'", t->folder);
	int failed = system(command);
	cni_buffer_done(&t->seen);
	free(t);
	return failed;
}

/* Runs a line of sh on a terminal; $SHOP is the program with its project. */
static void start_line(terminal *t, const char *line)
{
	struct winsize size = {.ws_row = 25, .ws_col = 80};
	char shop[8192];

	cni_buffer_clear(&t->seen);
	t->read_to = 0;
	snprintf(shop, sizeof shop, "%s --root %s", t->program, t->folder);
	t->child = forkpty(&t->fd, NULL, NULL, &size);
	assert_true(t->child >= 0);
	if (t->child == 0) {
		setenv("SHOP", shop, 1);
		setenv("TERM", "xterm", 1);
		unsetenv("NO_COLOR");
		unsetenv("CANTIL_DATABASE_URI");
		unsetenv("DATABASE_URI");
		execl("/bin/sh", "sh", "-c", line, (char *)NULL);
		_exit(99);
	}
}

static void start(terminal *t, const char *words)
{
	char line[256];

	snprintf(line, sizeof line, "exec $SHOP %s", words);
	start_line(t, line);
}

/* Reads what there is; false when the program has closed the terminal. */
static bool read_some(terminal *t, int64_t until)
{
	struct pollfd poll_fd = {.fd = t->fd, .events = POLLIN};
	char block[1024];

	if (poll(&poll_fd, 1, 100) == 0)
		return cni_clock_mono_us() < until;
	ssize_t n = read(t->fd, block, sizeof block);
	if (n <= 0)
		return false;
	cni_buffer_add(&t->seen, block, (size_t)n);
	return true;
}

static void wait_for(terminal *t, const char *text)
{
	int64_t until = cni_clock_mono_us() + PATIENCE_US;

	for (;;) {
		const char *at = strstr(cni_buffer_text(&t->seen) + t->read_to, text);
		if (at) {
			t->read_to = (size_t)(at - t->seen.data) + strlen(text);
			return;
		}
		if (!read_some(t, until))
			fail_msg("no \"%s\" in: %s", text, cni_buffer_text(&t->seen));
	}
}

static void type(terminal *t, const char *text)
{
	assert_int_equal(write(t->fd, text, strlen(text)), strlen(text));
}

static void type_when(terminal *t, const char *text, const char *answer)
{
	wait_for(t, text);
	type(t, answer);
}

/* The exit code, when everything has been read; 1000 + n for signal n. */
static int finish(terminal *t)
{
	int64_t until = cni_clock_mono_us() + PATIENCE_US;
	int status;

	while (read_some(t, until))
		;
	if (cni_clock_mono_us() >= until)
		kill(t->child, SIGKILL);
	close(t->fd);
	assert_int_equal(waitpid(t->child, &status, 0), t->child);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

static bool saw(const terminal *t, const char *text)
{
	return strstr(cni_buffer_text(&t->seen), text) != NULL;
}

static void asks_for_text(void **state)
{
	terminal *t = *state;

	start(t, "ask text");
	type_when(t, "Name? [nobody] ", "Anna\n");
	assert_int_equal(finish(t), 0);
	assert_true(saw(t, "text <Anna>"));
	start(t, "ask text");
	type_when(t, "Name? [nobody] ", "\n");
	assert_int_equal(finish(t), 0);
	assert_true(saw(t, "text <nobody>"));
}

static void hides_a_password(void **state)
{
	terminal *t = *state;

	start(t, "ask password");
	type_when(t, "Password? ", "hunter2\n");
	assert_int_equal(finish(t), 0);
	assert_true(saw(t, "7 characters"));
	assert_false(saw(t, "hunter2"));
}

static void brings_the_echo_back(void **state)
{
	terminal *t = *state;
	struct termios now;

	/* a shell keeps the terminal, so that it can be looked at after the program was interrupted
	 */
	start_line(t, "trap : INT; $SHOP ask password; echo code $?; read wait");
	wait_for(t, "Password? ");
	assert_int_equal(tcgetattr(t->fd, &now), 0);
	assert_int_equal(now.c_lflag & ECHO, 0);
	type(t, "\x03");
	wait_for(t, "code 130");
	assert_int_equal(tcgetattr(t->fd, &now), 0);
	assert_int_equal(now.c_lflag & ECHO, ECHO);
	type(t, "\n");
	assert_int_equal(finish(t), 0);
}

static void asks_yes_or_no(void **state)
{
	terminal *t = *state;
	static const struct {
		const char *answer, *result;
	} rows[] = {
		{"y\n", "yes it is"},
		{"YES\n", "yes it is"},
		{"n\n", "no it is"},
		{"\n", "no it is"},
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		start(t, "ask yes");
		type_when(t, "Really? [y/N] ", rows[i].answer);
		assert_int_equal(finish(t), 0);
		assert_true(saw(t, rows[i].result));
	}
	start(t, "ask yes");
	type_when(t, "Really? [y/N] ", "perhaps\n");
	wait_for(t, "please answer yes or no");
	type_when(t, "Really? [y/N] ", "y\n");
	assert_int_equal(finish(t), 0);
}

static void asks_for_a_choice(void **state)
{
	terminal *t = *state;
	static const struct {
		const char *answer, *result;
	} rows[] = {
		{"3\n", "colour <blue>"},
		{"red\n", "colour <red>"},
		{"\n", "colour <green>"},
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		start(t, "ask choice");
		type_when(t, "which? [2] ", rows[i].answer);
		assert_int_equal(finish(t), 0);
		assert_true(saw(t, "  3  blue"));
		assert_true(saw(t, rows[i].result));
	}
	start(t, "ask choice");
	type_when(t, "which? [2] ", "4\n");
	wait_for(t, "please give one of the numbers");
	type_when(t, "which? [2] ", "1\n");
	assert_int_equal(finish(t), 0);
	assert_true(saw(t, "colour <red>"));
}

static void stops_at_ctrl_c_and_ctrl_d(void **state)
{
	terminal *t = *state;

	start(t, "ask text");
	type_when(t, "Name?", "\x03");
	assert_int_equal(finish(t), 130);
	start(t, "ask password");
	type_when(t, "Password?", "\x03");
	assert_int_equal(finish(t), 130);
	start(t, "ask yes");
	type_when(t, "Really?", "\x04");
	assert_int_equal(finish(t), 130);
	assert_true(saw(t, "shop: "));
	assert_true(saw(t, "no answer was given"));
}

static void shows_progress(void **state)
{
	terminal *t = *state;

	start(t, "work");
	wait_for(t, "working");
	wait_for(t, "%");
	assert_int_equal(finish(t), 0);
	assert_true(saw(t, "\r\x1b[Kdone")); /* the bar is gone before the result is written */
	start(t, "-q work");
	assert_int_equal(finish(t), 0);
	assert_false(saw(t, "working"));
}

static void uses_colour(void **state)
{
	terminal *t = *state;

	start(t, "say");
	assert_int_equal(finish(t), 0);
	assert_true(saw(t, "\x1b[1ma result\x1b[0m"));
	start(t, "--no-color say");
	assert_int_equal(finish(t), 0);
	assert_false(saw(t, "\x1b["));
	start_line(t, "NO_COLOR=1 $SHOP say");
	assert_int_equal(finish(t), 0);
	assert_false(saw(t, "\x1b["));
}

static void drops_what_was_agreed_to(void **state)
{
	terminal *t = *state;

	start(t, "make");
	assert_int_equal(finish(t), 0);
	start(t, "db drop");
	wait_for(t, "Delete ");
	wait_for(t, "shop.db (2 tables, 0 rows, 16384 bytes) and keep a copy? [y/N] ");
	type(t, "n\n");
	assert_int_equal(finish(t), 130);
	assert_true(saw(t, "nothing was changed"));
	start(t, "db drop --no-backup");
	type_when(t, "FOR EVER, without a copy? [y/N] ", "yes\n");
	assert_int_equal(finish(t), 0);
	start(t, "db drop");
	assert_int_equal(finish(t), 1); /* it is gone */
}

static void has_a_prompt(void **state)
{
	terminal *t = *state;

	start(t, "make");
	assert_int_equal(finish(t), 0);
	start(t, "shell");
	type_when(t, "sql> ", "insert into producer (name)\n");
	type_when(t, "  ...> ", "values ('a'), ('b');\n");
	wait_for(t, "2 rows changed");
	type_when(t, "sql> ", "select nme from producer;\n");
	wait_for(t, "no such column: nme");
	/* Ctrl-C forgets what was typed, and ends a statement that runs, not the shell */
	type_when(t, "sql> ", "select 1 as gone,\n");
	type_when(t, "  ...> ", "\x03");
	/* the first rows are written when 500 are there; then it looks for more for ever */
	type_when(t, "sql> ",
		"with recursive n(i) as (select 1 union all select i + 1 from n) select i from n where i <= 600;\n");
	wait_for(t, "\n499\r\n");
	type(t, "\x03");
	wait_for(t, "interrupted");
	type_when(t, "sql> ", "select count(*) as rows from producer;\n");
	wait_for(t, "(1 row)");
	type_when(t, "sql> ", ".quit\n");
	assert_int_equal(finish(t), 0);
}

/* ---- decisions ---- */

/* A database with rows, and a schema that they do not fit yet; then `cantil WORDS`. */
static void start_cantil(terminal *t, const char *before, const char *after, const char *words)
{
	CLEANUP(cni_buffer_done) cni_buffer line = {0};

	cni_buffer_printf(&line,
		"cd '%s' && sqlite3 app.db \"%s\" && echo \"%s\" > schema.sql && exec '%s/cantil' %s",
		t->folder, before, after, getenv("CANTIL_TEST_BUILD"), words);
	start_line(t, cni_buffer_text(&line));
}

static const char three_rows[] = "create table t (id integer primary key, a text);"
				 "insert into t values (1, 'x'), (2, null), (3, null)";

static void asks_again_for_a_fill(void **state)
{
	terminal *t = *state;

	start_cantil(t, three_rows,
		"create table t (id integer primary key, a text not null, b integer not null);",
		"apply app.db schema.sql");
	type_when(t, "which? [1] ", "\n");
	type_when(t, "(text in single quotes): [''] ", "none\n");
	wait_for(t, "that cannot be used: no such column: none");
	type_when(t, "which? [1] ", "\n");
	type_when(t, "(text in single quotes): [''] ", "'a'); drop table t\n");
	wait_for(t, "not one SQL expression");
	type_when(t, "(text in single quotes): [''] ", "upper('none')\n");
	wait_for(t, "new column b");
	type_when(t, "which? [1] ", "\n");
	type_when(t, "(text in single quotes): [0] ", "max(id)\n");
	wait_for(t, "that cannot be used: misuse of aggregate");
	type_when(t, "which? [1] ", "\n");
	type_when(t, "(text in single quotes): [0] ", "\n");
	type_when(t, "make these changes? [Y/n] ", "y\n");
	wait_for(t, "done");
	wait_for(t, "what you answered, for --answers FILE another time:");
	wait_for(t, "fill t.a upper('none')");
	wait_for(t, "fill t.b 0");
	assert_int_equal(finish(t), 0);
}

static void offers_distinct_values_for_a_key(void **state)
{
	terminal *t = *state;

	start_cantil(t,
		"create table t (n integer, a text); insert into t values (7, 'x'), (null, 'y'), (null, 'z')",
		"create table t (n integer primary key, a text);", "apply app.db schema.sql --yes");
	type_when(t, "which? [1] ", "\n");
	type_when(t, "(text in single quotes): [-rowid] ", "\n");
	assert_int_equal(finish(t), 0);
	start_cantil(t, "select 'sum ' || sum(n) from t", "", "inspect app.db");
	wait_for(t, "sum 2"); /* 7 - 2 - 3 */
	assert_int_equal(finish(t), 0);
}

static void tells_the_answers_when_the_rows_do_not_fit(void **state)
{
	terminal *t = *state;

	start_cantil(t, three_rows,
		"create table t (id integer primary key, a text not null check (length(a) > 0));",
		"apply app.db schema.sql --yes");
	type_when(t, "which? [1] ", "\n");
	type_when(t, "(text in single quotes): [''] ", "\n");
	wait_for(t, "for --answers FILE another time:");
	wait_for(t, "fill t.a ''");
	wait_for(t, "forbids");
	assert_int_equal(finish(t), 3);
}

static void stops_at_ctrl_c_within_a_question(void **state)
{
	terminal *t = *state;

	start_cantil(t, three_rows, "create table t (id integer primary key, a text not null);",
		"apply app.db schema.sql");
	type_when(t, "which? [1] ", "\x03");
	assert_int_equal(finish(t), 130);
	start_cantil(t, "", "create table t (id integer primary key, a text, b text);",
		"apply app.db schema.sql");
	type_when(t, "make these changes? [Y/n] ", "\x03");
	assert_int_equal(finish(t), 130);
	start_cantil(
		t, "select 'still ' || count(*) from pragma_table_info('t')", "", "inspect app.db");
	wait_for(t, "still 2");
	assert_int_equal(finish(t), 0);
}

/* An editor that spoils the file when it is sound, and mends it when it is spoilt. */
static const char prepare_edit[] =
	"cd $FOLDER && $SHOP db init -q && $SHOP db migrate -q -m first --rev-id r1 -y && "
	"printf '#!/bin/sh\\nif grep -q nonsense \"$1\"; then sed -i /nonsense/d \"$1\"; echo \"-- seen\" >> \"$1\"; "
	"else echo \"SELECT nonsense;\" >> \"$1\"; fi\\n' > ed && chmod +x ed && "
	"printf '#!/bin/sh\\ntrap \"echo caught; exit 0\" INT\\necho editing\\nread line\\n' > wait && "
	"chmod +x wait && echo prepared";

static void edits_until_it_holds(void **state)
{
	terminal *t = *state;
	setenv("FOLDER", t->folder, 1);
	start_line(t, prepare_edit);
	wait_for(t, "prepared");
	assert_int_equal(finish(t), 0);
	start_line(t, "EDITOR=$FOLDER/ed exec $SHOP db edit");
	wait_for(t, "no such column: nonsense");
	type_when(t, "Edit it again? [Y/n] ", "\n");
	wait_for(t, "holds; its checksum is noted");
	assert_int_equal(finish(t), 0);
	start_line(t, "EDITOR=$FOLDER/ed exec $SHOP db edit");
	type_when(t, "Edit it again? [Y/n] ", "n\n");
	wait_for(t, "the file is as you left it");
	assert_int_equal(finish(t), 1);
	start_line(t, "EDITOR=$FOLDER/ed $SHOP db edit && $SHOP db upgrade");
	wait_for(t, "holds; its checksum is noted");
	wait_for(t, "applied");
	assert_int_equal(finish(t), 0);
	start_line(t, "EDITOR=$FOLDER/ed exec $SHOP db edit");
	wait_for(t, "is applied already");
	type_when(t, "Edit it all the same? [y/N] ", "\n");
	assert_int_equal(finish(t), 1);
}

static void leaves_control_c_to_the_editor(void **state)
{
	terminal *t = *state;
	setenv("FOLDER", t->folder, 1);
	start_line(t, prepare_edit);
	wait_for(t, "prepared");
	assert_int_equal(finish(t), 0);
	start_line(t, "EDITOR=$FOLDER/wait exec $SHOP db edit");
	type_when(t, "editing", "\x03");
	wait_for(t, "caught");
	wait_for(t, "is as it was");
	assert_int_equal(finish(t), 0);
}

#define on_terminal(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		on_terminal(asks_for_text),
		on_terminal(hides_a_password),
		on_terminal(brings_the_echo_back),
		on_terminal(asks_yes_or_no),
		on_terminal(asks_for_a_choice),
		on_terminal(stops_at_ctrl_c_and_ctrl_d),
		on_terminal(shows_progress),
		on_terminal(uses_colour),
		on_terminal(drops_what_was_agreed_to),
		on_terminal(has_a_prompt),
		on_terminal(asks_again_for_a_fill),
		on_terminal(offers_distinct_values_for_a_key),
		on_terminal(tells_the_answers_when_the_rows_do_not_fit),
		on_terminal(stops_at_ctrl_c_within_a_question),
		on_terminal(edits_until_it_holds),
		on_terminal(leaves_control_c_to_the_editor),
	};
	return RUN(tests);
}
