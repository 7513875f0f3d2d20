/*
 * test_transcripts.c - commands as they are typed, and all that they answer: one text file per
 * behaviour.
 *
 *     # what it shows
 *     $ shop restock -c 5         a line for sh; the program lies in $ROOT/project, which is the
 * working folder | a line of stdout          {*} stands for anything ! a line of stderr = 2 the
 * exit code, when it is not 0
 *
 * Lines that are not of one of these kinds are an error. In what the program says, the temporary
 * folder reads ROOT.
 */
#include "tap.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/file.h"

enum { OUTPUT_BYTES = 1024 * 1024 };

typedef struct transcript {
	cni_arena arena;
	const char *name, *text;
	char *root;
	cni_buffer said; /* the transcript as it is, for the message of a failure */
} transcript;

static const char *folder_of_transcripts(cni_arena *arena)
{
	return cni_path_join(arena, getenv("CANTIL_TEST_SOURCE"), "tests/manage/transcripts");
}

static void run(const char *command)
{
	int status = system(command);

	if (status != 0)
		fail_msg("%s: %d", command, status);
}

static void prepare(transcript *t)
{
	const char *tmp = getenv("TMPDIR");
	char *real;

	t->root = cni_printf(&t->arena, "%s/cantil-transcript-XXXXXX", tmp && *tmp ? tmp : "/tmp");
	assert_non_null(mkdtemp(t->root));
	real = realpath(t->root, NULL);
	t->root = cni_strdup(&t->arena, real);
	free(real);
	run(cni_printf(&t->arena,
		"mkdir '%s/project' && cp '%s/tests/manage/shop' '%s/project/shop'", t->root,
		getenv("CANTIL_TEST_BUILD"), t->root));
}

/* "{*}" in the pattern stands for anything. */
static bool matches(const char *pattern, const char *line)
{
	while (*pattern) {
		if (strncmp(pattern, "{*}", 3) == 0) {
			pattern += 3;
			for (;; line++) {
				if (matches(pattern, line))
					return true;
				if (!*line)
					return false;
			}
		}
		if (*pattern++ != *line++)
			return false;
	}
	return !*line;
}

/* Every line of the output with its mark in front, the temporary folder as ROOT. */
static void add_output(transcript *t, const char *file, char mark)
{
	const char *path = cni_path_join(&t->arena, t->root, file);
	char *text;
	size_t size;
	cn_error err;

	assert_ok(cni_file_read(&t->arena, path, OUTPUT_BYTES, &text, &size, &err), &err);
	for (char *line = text; *line;) {
		char *end = strchr(line, '\n');
		if (end)
			*end = '\0';
		cni_buffer_printf(&t->said, "%c%s", mark, *line ? " " : "");
		for (const char *c = line; *c;) {
			size_t n = strlen(t->root);
			if (strncmp(c, t->root, n) == 0) {
				cni_buffer_puts(&t->said, "ROOT");
				c += n;
			} else {
				cni_buffer_putc(&t->said, *c++);
			}
		}
		cni_buffer_puts(&t->said, end ? "\n" : "\\\n");
		line = end ? end + 1 : line + strlen(line);
	}
}

static void play(transcript *t, const char *command)
{
	pid_t child = fork();
	int status;

	assert_true(child >= 0);
	if (child == 0) {
		int in = open("/dev/null", O_RDONLY);
		if (chdir(t->root) < 0 || !freopen("out", "w", stdout) ||
			!freopen("err", "w", stderr) || in < 0 || dup2(in, STDIN_FILENO) < 0 ||
			chdir("project") < 0)
			_exit(99);
		setenv("ROOT", t->root, 1);
		setenv("PATH", cni_printf(&t->arena, "%s/project:%s", t->root, getenv("PATH")), 1);
		unsetenv("CANTIL_DATABASE_URI");
		unsetenv("DATABASE_URI");
		unsetenv("CANTIL_ROOT");
		unsetenv("NO_COLOR");
		execl("/bin/sh", "sh", "-c", command, (char *)NULL);
		_exit(98);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	cni_buffer_printf(&t->said, "$ %s\n", command);
	add_output(t, "out", '|');
	add_output(t, "err", '!');
	if (!WIFEXITED(status))
		cni_buffer_printf(&t->said, "= signal %d\n", WTERMSIG(status));
	else if (WEXITSTATUS(status))
		cni_buffer_printf(&t->said, "= %d\n", WEXITSTATUS(status));
}

/* Expected against said, line by line; comments and blank lines are not compared. */
static void compare(transcript *t)
{
	char *want = cni_strdup(&t->arena, t->text), *got = cni_buffer_dup(&t->said, &t->arena);
	char *save_want = NULL, *save_got = NULL;
	char *w = strtok_r(want, "\n", &save_want), *g = strtok_r(got, "\n", &save_got);

	for (; w; w = strtok_r(NULL, "\n", &save_want)) {
		if (*w == '#')
			continue;
		if (!g || !matches(w, g))
			fail_msg("%s: expected\n%s\nin\n%s", t->name, w, cni_buffer_text(&t->said));
		g = strtok_r(NULL, "\n", &save_got);
	}
	if (g)
		fail_msg("%s: not expected\n%s\nin\n%s", t->name, g, cni_buffer_text(&t->said));
}

static void plays(void **state)
{
	transcript t = {.name = *state};
	const char *path = cni_path_join(&t.arena, folder_of_transcripts(&t.arena), t.name);
	char *text, *copy, *save = NULL;
	size_t size, commands = 0;
	cn_error err;

	assert_ok(cni_file_read(&t.arena, path, OUTPUT_BYTES, &text, &size, &err), &err);
	t.text = text;
	prepare(&t);
	copy = cni_strdup(&t.arena, text);
	for (char *line = strtok_r(copy, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		if (strncmp(line, "$ ", 2) == 0) {
			play(&t, line + 2);
			commands++;
		} else if (!strchr("#|!=", *line)) {
			fail_msg("%s: what is \"%s\"?", t.name, line);
		}
	}
	assert_true(commands > 0);
	run(cni_printf(&t.arena, "rm -rf '%s'", t.root));
	compare(&t);
	cni_buffer_done(&t.said);
	cni_arena_done(&t.arena);
}

int main(void)
{
	cni_arena arena = {0};
	struct CMUnitTest tests[256] = {{0}};
	const char **names;
	size_t count;
	cn_error err;

	if (cni_dir_list(&arena, folder_of_transcripts(&arena), &names, &count, &err) < 0 ||
		count == 0 || count > 256)
		return fprintf(stderr, "no transcripts: %s\n", err.message), 1;
	for (size_t i = 0; i < count; i++)
		tests[i] = (struct CMUnitTest){.name = names[i],
			.test_func = plays,
			.initial_state = (void *)(uintptr_t)names[i]};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	int failed = _cmocka_run_group_tests("transcripts", tests, count, NULL, NULL);
	cni_arena_done(&arena);
	return failed;
}
