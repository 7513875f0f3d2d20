/* editor.c - see editor.h. */
#include "manage/editor.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/try.h"
#include "manage/call.h"

static const char *choose(cn_call *call, cn_error *err)
{
	const char *visual = getenv("VISUAL"), *editor = getenv("EDITOR");
	if (visual && *visual)
		return visual;
	if (editor && *editor)
		return editor;
	if (cn_call_terminal(call))
		return "vi";
	cn_error_set(err, CN_ENOTFOUND, "there is no terminal, and no editor is named");
	cn_error_hint(err, "set $EDITOR, or edit the file and say --accept");
	return NULL;
}

/* The terminal's Ctrl-C is for the editor while it runs; it gets the signals as they are by
 * default, whatever this program does with them. */
static int spawn(const char *const *argv, pid_t *ret_pid)
{
	posix_spawnattr_t attributes;
	sigset_t usual;
	int error = posix_spawnattr_init(&attributes);
	if (error)
		return error;
	sigemptyset(&usual);
	sigaddset(&usual, SIGINT);
	sigaddset(&usual, SIGQUIT);
	(void)posix_spawnattr_setsigdefault(&attributes, &usual);
	(void)posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
	/* posix_spawn changes no argument; its type comes from before const */
	char *const *words;
	memcpy(&words, &argv, sizeof words);
	error = posix_spawnp(ret_pid, argv[0], NULL, &attributes, words, environ);
	posix_spawnattr_destroy(&attributes);
	return error;
}

static int run(const char *const *argv, int *ret_status)
{
	struct sigaction ignore = {.sa_handler = SIG_IGN}, interrupt, quit;
	pid_t pid;
	sigemptyset(&ignore.sa_mask);
	sigaction(SIGINT, &ignore, &interrupt);
	sigaction(SIGQUIT, &ignore, &quit);
	int error = spawn(argv, &pid);
	while (!error && waitpid(pid, ret_status, 0) < 0)
		if (errno != EINTR)
			error = errno;
	sigaction(SIGINT, &interrupt, NULL);
	sigaction(SIGQUIT, &quit, NULL);
	return error;
}

cn_status cni_editor_run(cn_call *call, const char *path, cn_error *err)
{
	int status = 0;
	const char *editor = choose(call, err);
	if (!editor)
		return CN_ENOTFOUND;
	bool words = strpbrk(editor, " \t'\"\\$`&|;<>(){}*?~#") != NULL;
	const char *command =
		words ? cni_printf(cni_call_arena(call), "%s \"$@\"", editor) : editor;
	if (!command)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	const char *const plain[] = {editor, path, NULL};
	const char *const shell[] = {"/bin/sh", "-c", command, editor, path, NULL};
	int error = run(words ? shell : plain, &status);
	bool missing =
		error == ENOENT || (!error && WIFEXITED(status) && WEXITSTATUS(status) == 127);
	if (error || missing) {
		cn_error_set(err, CN_ENOTFOUND, "the editor \"%.200s\" cannot be started: %s",
			editor, strerror(error ? error : ENOENT));
		cn_error_hint(err, "set $VISUAL or $EDITOR to one that there is");
		return CN_ENOTFOUND;
	}
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return CN_OK;
	cn_error_set(err, CN_EIO, "the editor \"%.200s\" ended with %s %d", editor,
		WIFEXITED(status) ? "status" : "signal",
		WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
	cn_error_hint(err, "the file is as the editor left it: %s", path);
	return CN_EIO;
}
