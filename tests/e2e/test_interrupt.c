/*
 * test_interrupt.c - SIGINT and SIGTERM at random moments of the real program: it ends soon, with
 * 130 or 143 and a message, the database is byte for byte what it was, and nothing lies beside it.
 * A second signal ends it at once; what is left is put right by the next start.
 *
 * CANTIL_TEST_SEED makes the moments the same again.
 */
#include "tap.h"

#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <spawn.h>
#include <sqlite3.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/try.h"

enum {
	ROWS = 30000,
	ROUNDS = 20,           /* of each command */
	SOON_US = 5 * 1000000, /* with sanitizers, on a machine that does much else */
	FILE_MAX = 64 << 20,
};

extern char **environ;

typedef struct world {
	cni_arena arena;
	char root[64];
	const char *program, *db, *start, *log;
	unsigned short random[3];
	int64_t slowest_us;
} world;

static const char first[] = "CREATE TABLE maker (id INTEGER PRIMARY KEY, name TEXT);"
			    "CREATE TABLE item (id INTEGER PRIMARY KEY, maker_id INTEGER"
			    " REFERENCES maker (id) ON DELETE CASCADE, name TEXT, note TEXT);";
static const char second[] =
	"CREATE TABLE maker (id INTEGER PRIMARY KEY, name TEXT NOT NULL COLLATE NOCASE);"
	"CREATE TABLE item (id INTEGER PRIMARY KEY, maker_id INTEGER"
	" REFERENCES maker (id) ON DELETE CASCADE, name TEXT COLLATE NOCASE, note TEXT DEFAULT '');"
	"CREATE INDEX item_name ON item (name); CREATE INDEX item_note ON item (note);";

static pid_t start_program(const world *w, const char *const *arguments)
{
	const char *argv[16] = {w->program, "--root", w->root};
	posix_spawn_file_actions_t actions;
	size_t count = 3;
	pid_t pid;
	while (*arguments)
		argv[count++] = *arguments++;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
	posix_spawn_file_actions_addopen(
		&actions, STDERR_FILENO, w->log, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	assert_int_equal(posix_spawn(&pid, w->program, &actions, NULL,
				 (char *const *)(uintptr_t)argv, environ),
		0);
	posix_spawn_file_actions_destroy(&actions);
	return pid;
}

/* The exit code; 1000 + n when a signal ended it that it did not catch. */
static int wait_program(pid_t pid)
{
	int status;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

static int run_program(const world *w, const char *const *arguments)
{
	return wait_program(start_program(w, arguments));
}

#define RUN_PROGRAM(w, ...) run_program((w), (const char *const[]){__VA_ARGS__, NULL})

static void write_text(world *w, const char *name, const char *text)
{
	cn_error err;
	assert_ok(cni_file_write(
			  cni_path_join(&w->arena, w->root, name), text, strlen(text), false, &err),
		&err);
}

static const char *read_text(cni_arena *arena, const char *path, size_t *ret_size)
{
	char *text;
	cn_error err;
	assert_ok(cni_file_read(arena, path, FILE_MAX, &text, ret_size, &err), &err);
	return text;
}

static bool has_same_bytes(const world *w)
{
	CLEANUP(cni_arena_done) cni_arena arena = {0};
	size_t size, start_size;
	const char *now = read_text(&arena, w->db, &size),
		   *start = read_text(&arena, w->start, &start_size);
	return size == start_size && memcmp(now, start, size) == 0;
}

static void assert_unchanged(const world *w)
{
	static const char *const ends[] = {"-wal", "-shm", "-journal"};
	CLEANUP(cni_arena_done) cni_arena arena = {0};
	for (size_t i = 0; i < CNI_COUNT(ends); i++) {
		const char *path = cni_printf(&arena, "%s%s", w->db, ends[i]);
		if (cni_file_exists(path))
			fail_msg("%s was left behind", path);
	}
	assert_true(has_same_bytes(w));
}

static void start_again(const world *w)
{
	static const char *const ends[] = {"", "-wal", "-shm", "-journal"};
	cn_error err;
	for (size_t i = 0; i < CNI_COUNT(ends); i++) {
		char path[128];
		snprintf(path, sizeof path, "%s%s", w->db, ends[i]);
		(void)!unlink(path);
	}
	assert_ok(cni_file_copy(w->start, w->db, &err), &err);
}

static int64_t number(const world *w, const char *sql)
{
	sqlite3 *db;
	sqlite3_stmt *stmt;
	assert_int_equal(sqlite3_open_v2(w->db, &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
	int64_t found = sqlite3_column_int64(stmt, 0);
	sqlite3_finalize(stmt);
	sqlite3_close(db);
	return found;
}

static void fill(const world *w)
{
	sqlite3 *db;
	CLEANUP(cni_arena_done) cni_arena arena = {0};
	const char *script = cni_printf(&arena,
		"WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200)"
		" INSERT INTO maker SELECT i, 'maker ' || i FROM n;"
		"WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d)"
		" INSERT INTO item SELECT i * 3, i %% 200 + 1, 'item ' || i, printf('%%.*c', i %% 90, 'x') FROM n;"
		"PRAGMA wal_checkpoint (TRUNCATE)",
		ROWS);
	assert_int_equal(sqlite3_open_v2(w->db, &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, script, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

static int setup(void **state)
{
	world *w = calloc(1, sizeof *w);
	cn_error err;
	const char *build = getenv("CANTIL_TEST_BUILD"), *given = getenv("CANTIL_TEST_SEED");
	long seed = given ? strtol(given, NULL, 10) : (long)time(NULL);
	assert_true(w && build);
	print_message("# seed %ld\n", seed);
	memcpy(w->random, &seed, sizeof w->random);
	snprintf(w->root, sizeof w->root, "/tmp/cantil-interrupt-XXXXXX");
	assert_non_null(mkdtemp(w->root));
	w->program = cni_path_join(&w->arena, build, "cantil");
	w->db = cni_path_join(&w->arena, w->root, "app.db");
	w->start = cni_path_join(&w->arena, w->root, "start.db");
	w->log = cni_path_join(&w->arena, w->root, "log");
	write_text(w, "cantil.ini", "[cantil]\ndatabase = sqlite:///app.db\nschema = schema.sql\n");
	assert_int_equal(RUN_PROGRAM(w, "db", "init"), 0);
	write_text(w, "schema.sql", first);
	assert_int_equal(RUN_PROGRAM(w, "db", "migrate", "--rev-id", "r1", "--yes"), 0);
	assert_int_equal(RUN_PROGRAM(w, "db", "upgrade"), 0);
	fill(w);
	assert_ok(cni_file_copy(w->db, w->start, &err), &err);
	write_text(w, "schema.sql", second);
	assert_int_equal(RUN_PROGRAM(w, "db", "migrate", "--rev-id", "r2", "--yes"), 0);
	*state = w;
	return 0;
}

static int remove_entry(const char *path, const struct stat *info, int kind, struct FTW *walk)
{
	(void)info, (void)kind, (void)walk;
	return remove(path);
}

static int teardown(void **state)
{
	world *w = *state;
	print_message("# the slowest end: %ld ms after the signal\n", (long)w->slowest_us / 1000);
	nftw(w->root, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
	cni_arena_done(&w->arena);
	free(w);
	return 0;
}

/* ---- signals ---- */

static void pause_us(int64_t us)
{
	nanosleep(&(struct timespec){.tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000}, NULL);
}

/* Its exit code. */
static int interrupt(world *w, const char *const *command, int64_t moment_us, int signal, int times)
{
	pid_t pid = start_program(w, command);
	pause_us(moment_us);
	int64_t sent = cni_clock_mono_us();
	for (int i = 0; i < times; i++) {
		if (i)
			pause_us((int64_t)(erand48(w->random) * 3000));
		kill(pid, signal);
	}
	int code = wait_program(pid);
	int64_t took = cni_clock_mono_us() - sent;
	if (code > 128) {
		w->slowest_us = took > w->slowest_us ? took : w->slowest_us;
		assert_in_range(took, 0, SOON_US);
	}
	return code;
}

/* How long the command takes when nobody interrupts it. */
static int64_t time_of(world *w, const char *const *command)
{
	start_again(w);
	int64_t began = cni_clock_mono_us();
	assert_int_equal(run_program(w, command), 0);
	return cni_clock_mono_us() - began;
}

/* Was the work finished? Then the same command finds nothing to do. */
static bool is_done(world *w, const char *const *command)
{
	CLEANUP(cni_arena_done) cni_arena arena = {0};
	size_t before, after;
	const char *was = read_text(&arena, w->db, &before);
	assert_int_equal(run_program(w, command), 0);
	const char *is = read_text(&arena, w->db, &after);
	return before == after && memcmp(was, is, after) == 0;
}

/* Once at a moment of each slice of its life. A signal before main has set its handlers ends it the
 * usual way, and changes nothing either. */
static void interrupt_often(world *w, const char *const *command, bool says_so)
{
	int64_t whole_us = time_of(w, command);
	int stopped = 0;
	for (int i = 0; i < ROUNDS; i++) {
		int signal = i % 2 ? SIGTERM : SIGINT;
		start_again(w);
		double part = ((double)i + erand48(w->random)) / ROUNDS;
		int code = interrupt(w, command, (int64_t)(part * (double)whole_us), signal, 1);
		if (code == 0)
			continue; /* it was done, or could not be stopped any more */
		CLEANUP(cni_arena_done) cni_arena arena = {0};
		size_t size;
		const char *said = read_text(&arena, w->log, &size);
		if (code != 1000 + signal && code != 128 + signal)
			fail_msg("exit code %d: %s", code, said);
		if (code == 1000 + signal && !has_same_bytes(w) && is_done(w, command))
			continue; /* after its work, on the way out */
		assert_unchanged(w);
		stopped++;
		if (says_so && size && !strstr(said, "interrupted"))
			fail_msg("it said: %s", said);
	}
	print_message("# %d of %d were stopped\n", stopped, ROUNDS);
	assert_true(stopped >= ROUNDS / 3); /* or the test would show nothing */
}

static void an_upgrade_is_undone(void **state)
{
	interrupt_often(*state, (const char *const[]){"db", "upgrade", NULL}, true);
}

static void an_apply_is_undone(void **state)
{
	world *w = *state;
	const char *schema = cni_path_join(&w->arena, w->root, "schema.sql");
	interrupt_often(w, (const char *const[]){"apply", w->db, schema, "--yes", NULL}, true);
}

static void a_proof_leaves_nothing(void **state)
{
	interrupt_often(*state, (const char *const[]){"db", "verify", NULL}, false);
}

static void a_backup_leaves_nothing(void **state)
{
	world *w = *state;
	const char *copy = cni_path_join(&w->arena, w->root, "copy.db");
	const char *const command[] = {"db", "backup", copy, NULL};
	int64_t whole_us = time_of(w, command);
	for (int i = 0; i < ROUNDS; i++) {
		(void)!unlink(copy);
		(void)!unlink(cni_printf(&w->arena, "%s.manifest.json", copy));
		double part = ((double)i + erand48(w->random)) / ROUNDS;
		int code = interrupt(w, command, (int64_t)(part * (double)whole_us), SIGINT, 1);
		if (code == 0 || !cni_file_exists(copy))
			continue;
		/* it is whole as soon as it has its name */
		assert_int_equal(RUN_PROGRAM(w, "db", "verify-backup", copy), 0);
	}
	assert_true(has_same_bytes(w)); /* a log of nothing may lie beside it */
}

static void a_second_signal_does_no_harm(void **state)
{
	world *w = *state;
	const char *const command[] = {"db", "upgrade", NULL};
	int64_t whole_us = time_of(w, command);
	int stopped = 0;
	for (int i = 0; i < ROUNDS; i++) {
		start_again(w);
		double part = ((double)i + erand48(w->random)) / ROUNDS;
		int code = interrupt(w, command, (int64_t)(part * (double)whole_us), SIGINT, 3);
		int64_t state_now =
			number(w, "SELECT count(*) FROM cantil_version WHERE revision = 'r2'");
		stopped += code != 0;
		assert_int_equal(number(w, "SELECT count(*) FROM pragma_integrity_check"
					   " WHERE integrity_check <> 'ok'"),
			0);
		assert_int_equal(number(w, "SELECT count(*) FROM item"), ROWS);
		assert_int_equal(
			number(w, "SELECT count(*) FROM sqlite_schema WHERE name = 'item_note'"),
			state_now);
		if (code == 0)
			assert_int_equal(state_now, 1);
		assert_int_equal(run_program(w, command), 0);
	}
	assert_true(stopped >= ROUNDS / 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_upgrade_is_undone),
		cmocka_unit_test(an_apply_is_undone),
		cmocka_unit_test(a_proof_leaves_nothing),
		cmocka_unit_test(a_backup_leaves_nothing),
		cmocka_unit_test(a_second_signal_does_no_harm),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, setup, teardown);
}
