/*
 * spend.c - `bench_spend RUNS COMMAND…`: runs a command and prints what it took, a line a run:
 * wall seconds, CPU seconds (its children's too), peak memory in KB. Its output is thrown away, its
 * errors are shown; a command that fails ends the benchmark.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double seconds(struct timeval t) { return (double)t.tv_sec + (double)t.tv_usec / 1e6; }

static double now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void become(char **argv)
{
	int sink = open("/dev/null", O_WRONLY | O_CLOEXEC);
	if (sink < 0 || dup2(sink, STDOUT_FILENO) < 0)
		_exit(126);
	execvp(argv[0], argv);
	perror(argv[0]);
	_exit(127);
}

static int run_once(char **argv)
{
	struct rusage usage;
	int status;
	double start = now();
	pid_t child = fork();
	if (child == 0)
		become(argv);
	if (child < 0 || wait4(child, &status, 0, &usage) < 0) {
		perror("bench_spend");
		return 1;
	}
	double wall = now() - start;
	if (!WIFEXITED(status) || WEXITSTATUS(status)) {
		fprintf(stderr, "%s ended with %d\n", argv[0],
			WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
		return 1;
	}
	printf("%.6f %.6f %ld\n", wall, seconds(usage.ru_utime) + seconds(usage.ru_stime),
		usage.ru_maxrss);
	return 0;
}

int main(int argc, char **argv)
{
	long runs = argc > 2 ? strtol(argv[1], NULL, 10) : 0;
	if (runs < 1) {
		fprintf(stderr, "usage: bench_spend RUNS COMMAND…\n");
		return 2;
	}
	for (long i = 0; i < runs; i++)
		if (run_once(argv + 2))
			return 1;
	return 0;
}
