/* process.c - see process.h. Between fork and exec only what is safe there: the supervisor has one
 * thread. */
#include "manage/serve/process.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/hash.h"
#include "base/try.h"

enum { LISTEN_AT = 3, CONTROL_AT = 4, FREE_FROM = 10, ARGUMENT_BYTES = 1 << 20, CANNOT_RUN = 127 };

bool cni_identity_read(const char *path, cni_identity *ret)
{
	struct stat st;

	if (stat(path, &st) != 0)
		return false;
	*ret = (cni_identity){(uint64_t)st.st_dev, (uint64_t)st.st_ino, (uint64_t)st.st_size,
		(int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec};
	return true;
}

bool cni_identity_equal(const cni_identity *a, const cni_identity *b)
{
	return a->device == b->device && a->inode == b->inode && a->size == b->size &&
	       a->time_ns == b->time_ns;
}

static void fresh_signals(const sigset_t *mask)
{
	signal(SIGPIPE, SIG_DFL);
	sigprocmask(SIG_SETMASK, mask, NULL);
}

static void no_input(void)
{
	int null = open("/dev/null", O_RDONLY);

	if (null >= 0)
		dup2(null, STDIN_FILENO);
}

static cn_status failed(cn_error *err, const char *what)
{
	cn_error_set(err, CN_EIO, "cannot start %s", what);
	cn_error_detail(err, "%s", strerror(errno));
	return CN_EIO;
}

static void close_pair(const int pair[2])
{
	close(pair[0]);
	close(pair[1]);
}

static void execute(const cni_build *build)
{
	/* exec takes its words as not constant, and does not change them */
	char *words[8];
	size_t n = 0;

	for (; build->argv[n] && n < CNI_COUNT(words) - 1; n++)
		memcpy(&words[n], &build->argv[n], sizeof words[n]);
	words[n] = NULL;
	assert(words[0]);
	if (chdir(build->folder) == 0)
		execvp(words[0], words);
	dprintf(STDERR_FILENO, "%s: %s\n", words[0], strerror(errno));
	_exit(CANNOT_RUN);
}

cn_status cni_spawn_build(
	const cni_build *build, const sigset_t *signals, pid_t *ret_pid, int *ret_fd, cn_error *err)
{
	int out[2];

	if (pipe2(out, O_CLOEXEC) != 0)
		return failed(err, "the build");
	pid_t pid = fork();
	if (pid < 0) {
		close_pair(out);
		return failed(err, "the build");
	}
	if (pid == 0) {
		setpgid(0, 0);
		fresh_signals(signals);
		no_input();
		dup2(out[1], STDOUT_FILENO);
		dup2(out[1], STDERR_FILENO);
		execute(build);
	}
	setpgid(pid, pid);
	close(out[1]);
	fcntl(out[0], F_SETFL, O_NONBLOCK);
	*ret_pid = pid;
	*ret_fd = out[0];
	return CN_OK;
}

/* The child: descriptors to their places, then the program, or a function in its stead. */
static void become_worker(const cni_spawn *spawn, int control, int errors)
{
	char text[64];

	no_input();
	dup2(errors, STDERR_FILENO);
	if (spawn->run) {
		spawn->run(spawn->serve, control, spawn->build_id);
		_exit(0);
	}
	/* out of the way first: one may stand where another has to go */
	int listening = fcntl(spawn->listen_fd, F_DUPFD_CLOEXEC, FREE_FROM),
	    order = fcntl(control, F_DUPFD_CLOEXEC, FREE_FROM);
	if (listening < 0 || order < 0 || dup2(listening, LISTEN_AT) < 0 ||
		dup2(order, CONTROL_AT) < 0)
		_exit(CANNOT_RUN);
	snprintf(text, sizeof text, "%d", (int)getpid());
	setenv("LISTEN_PID", text, 1);
	setenv("LISTEN_FDS", "1", 1);
	snprintf(text, sizeof text, "%d %s", CONTROL_AT, spawn->build_id);
	setenv(CNI_CONTROL_VARIABLE, text, 1);
	fresh_signals(spawn->signals);
	execv(spawn->program, spawn->argv);
	dprintf(STDERR_FILENO, "%s: %s\n", spawn->program, strerror(errno));
	_exit(CANNOT_RUN);
}

cn_status cni_spawn_worker(
	const cni_spawn *spawn, pid_t *ret_pid, int *ret_control, int *ret_errors, cn_error *err)
{
	int control[2], errors[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, control) != 0)
		return failed(err, "the program");
	if (pipe2(errors, O_CLOEXEC) != 0) {
		close_pair(control);
		return failed(err, "the program");
	}
	pid_t pid = fork();
	if (pid < 0) {
		close_pair(control);
		close_pair(errors);
		return failed(err, "the program");
	}
	if (pid == 0) {
		close(control[0]); /* its end is how a worker learns that the supervisor is gone */
		close(errors[0]);
		become_worker(spawn, control[1], errors[1]);
	}
	close(control[1]);
	close(errors[1]);
	fcntl(control[0], F_SETFL, O_NONBLOCK);
	fcntl(errors[0], F_SETFL, O_NONBLOCK);
	*ret_pid = pid;
	*ret_control = control[0];
	*ret_errors = errors[0];
	return CN_OK;
}

const char *cni_program_copy(cni_arena *arena, const char *program, unsigned number)
{
	char random[9];
	cn_error err;

	cni_random_hex(random, 8);
	const char *folder = cni_path_folder(arena, program);
	const char *name = cni_printf(arena, ".%s.%s-%u", cni_path_name(program), random, number);
	const char *copy = folder && name ? cni_path_join(arena, folder, name) : NULL;
	if (!copy || cni_file_copy(program, copy, &err) < 0)
		return NULL;
	if (chmod(copy, 0700) == 0)
		return copy;
	unlink(copy);
	return NULL;
}

char **cni_own_arguments(cni_arena *arena)
{
	int fd = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
	char *text = cni_alloc(arena, ARGUMENT_BYTES), **words = NULL;
	size_t size = 0, count = 0;
	ssize_t n;

	if (fd < 0)
		return NULL;
	while (text && size < ARGUMENT_BYTES - 1 &&
		(n = read(fd, text + size, ARGUMENT_BYTES - 1 - size)) > 0)
		size += (size_t)n;
	close(fd);
	for (size_t at = 0; text && at < size; at += strlen(text + at) + 1) {
		if (!CNI_PUSH(arena, words, count, text + at))
			return NULL;
	}
	return text && CNI_PUSH(arena, words, count, NULL) ? words : NULL;
}
