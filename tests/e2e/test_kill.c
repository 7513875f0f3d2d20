/*
 * test_kill.c - the real program is killed (SIGKILL) at random moments of an upgrade. What it
 * leaves must be the state of one revision, whole: schema and every value; never something between.
 * The next upgrade must finish.
 *
 * CANTIL_TEST_KILLS says how often (50); CANTIL_TEST_SEED makes the moments the same again.
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
#include "base/buffer.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/try.h"

enum { STATES = 9, ROWS = 4000 };

extern char **environ;

typedef struct world {
	cni_arena arena;
	char root[64];
	const char *program, *start, *db;
	char prints[STATES + 1][65]; /* of every state; [n]: n revisions applied */
	int64_t whole_us;            /* an upgrade from the first state to the last */
} world;

/* ---- the program ---- */

static pid_t start_program(const world *w, const char *const *arguments)
{
	const char *argv[16] = {w->program, "--root", w->root};
	posix_spawn_file_actions_t actions;
	size_t count = 3;
	pid_t pid;
	while (*arguments)
		argv[count++] = *arguments++;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
	const char *log = "/dev/null";
	posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, log, O_WRONLY, 0);
	assert_int_equal(posix_spawn(&pid, w->program, &actions, NULL,
				 (char *const *)(uintptr_t)argv, environ),
		0);
	posix_spawn_file_actions_destroy(&actions);
	return pid;
}

static int wait_program(pid_t pid)
{
	int status;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

#define RUN_PROGRAM(w, ...) \
	wait_program(start_program((w), (const char *const[]){__VA_ARGS__, NULL}))

/* ---- the database, looked at without Cantil ---- */

static sqlite3 *open_db(const char *path)
{
	sqlite3 *db;
	assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
	return db;
}

static void add_rows(sqlite3 *db, cni_sha256 *sha, const char *sql)
{
	sqlite3_stmt *stmt;
	int rc;
	assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK);
	while ((rc = sqlite3_step(stmt)) == SQLITE_ROW) {
		for (int i = 0; i < sqlite3_column_count(stmt); i++) {
			int type = sqlite3_column_type(stmt, i);
			const char *text = (const char *)sqlite3_column_text(stmt, i);
			cni_sha256_add(sha, &type, sizeof type);
			cni_sha256_add(sha, text ? text : "", text ? strlen(text) + 1 : 1);
		}
	}
	assert_int_equal(rc, SQLITE_DONE);
	sqlite3_finalize(stmt);
}

/* Everything but the version table: names and texts of all objects, all values of all tables. */
static void take_print(sqlite3 *db, char print[65])
{
	static const char objects[] =
		"SELECT type, name, tbl_name, sql FROM sqlite_schema "
		"WHERE tbl_name <> 'cantil_version' AND name NOT LIKE 'sqlite_%' ORDER BY name";
	cni_sha256 sha;
	sqlite3_stmt *stmt;
	cni_sha256_init(&sha);
	add_rows(db, &sha, objects);
	assert_int_equal(
		sqlite3_prepare_v2(db,
			"SELECT format('SELECT rowid, * FROM \"%w\" ORDER BY rowid', name) FROM sqlite_schema "
			"WHERE type = 'table' AND name NOT IN ('cantil_version', 'sqlite_sequence', 'sqlite_stat1') "
			"ORDER BY name",
			-1, &stmt, NULL),
		SQLITE_OK);
	while (sqlite3_step(stmt) == SQLITE_ROW)
		add_rows(db, &sha, (const char *)sqlite3_column_text(stmt, 0));
	sqlite3_finalize(stmt);
	cni_sha256_hex(&sha, print);
}

static int64_t number(sqlite3 *db, const char *sql)
{
	sqlite3_stmt *stmt;
	assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
	int64_t n = sqlite3_column_int64(stmt, 0);
	sqlite3_finalize(stmt);
	return n;
}

/* The state the database is in, by its version table; what it holds must be that state's. */
static int64_t check_state(const world *w)
{
	char print[65];
	sqlite3 *db = open_db(w->db);
	assert_int_equal(
		number(db,
			"SELECT count(*) FROM pragma_integrity_check WHERE integrity_check <> 'ok'"),
		0);
	assert_int_equal(number(db, "SELECT count(*) FROM pragma_foreign_key_check"), 0);
	int64_t state = number(db, "SELECT count(*) FROM cantil_version WHERE revision <> 'base'");
	assert_in_range(state, 1, STATES);
	take_print(db, print);
	if (strcmp(print, w->prints[state]) != 0)
		fail_msg("the version table says state %d, but the data are not", (int)state);
	sqlite3_close(db);
	return state;
}

/* ---- the project ---- */

/* Revisions of every kind, made by the program itself from one schema after the other. */
static const char *const schemas[STATES] = {
	"CREATE TABLE maker (id INTEGER PRIMARY KEY, name TEXT NOT NULL);"
	"CREATE TABLE item (id INTEGER PRIMARY KEY, maker_id INTEGER REFERENCES maker (id) ON DELETE CASCADE,"
	" name TEXT, size INTEGER, note TEXT);",
	"+CREATE INDEX item_name ON item (name);",
	/* columns at the end */
	"=CREATE TABLE maker (id INTEGER PRIMARY KEY, name TEXT NOT NULL, born TEXT DEFAULT '1970');"
	"CREATE TABLE item (id INTEGER PRIMARY KEY, maker_id INTEGER REFERENCES maker (id) ON DELETE CASCADE,"
	" name TEXT, size INTEGER, note TEXT, price REAL);CREATE INDEX item_name ON item (name);",
	/* a rebuild of the parent: the children must not be touched */
	"=CREATE TABLE maker (id INTEGER PRIMARY KEY, name TEXT NOT NULL COLLATE NOCASE, born TEXT DEFAULT '1970');"
	"CREATE TABLE item (id INTEGER PRIMARY KEY, maker_id INTEGER REFERENCES maker (id) ON DELETE CASCADE,"
	" name TEXT, size INTEGER, note TEXT, price REAL);CREATE INDEX item_name ON item (name);",
	/* a rebuild of the child, with everything that stands on it */
	"=CREATE TABLE maker (id INTEGER PRIMARY KEY, name TEXT NOT NULL COLLATE NOCASE, born TEXT DEFAULT '1970');"
	"CREATE TABLE item (id INTEGER PRIMARY KEY, maker_id INTEGER REFERENCES maker (id) ON DELETE SET NULL,"
	" name TEXT COLLATE NOCASE, size INTEGER CHECK (size >= 0), note TEXT, price REAL);"
	"CREATE INDEX item_name ON item (name);"
	"CREATE TRIGGER item_touch AFTER UPDATE ON item BEGIN UPDATE maker SET born = 'never' WHERE id = -1; END;"
	"CREATE VIEW cheap AS SELECT id, name FROM item WHERE price < 1;",
	"+CREATE TABLE log (id INTEGER PRIMARY KEY AUTOINCREMENT, text TEXT);",
	"+CREATE UNIQUE INDEX item_all ON item (id, name, size);",
	/* a column's place: both are rebuilt */
	"=CREATE TABLE maker (id INTEGER PRIMARY KEY, born TEXT DEFAULT '1970', name TEXT NOT NULL COLLATE NOCASE);"
	"CREATE TABLE item (id INTEGER PRIMARY KEY, size INTEGER CHECK (size >= 0), name TEXT COLLATE NOCASE,"
	" maker_id INTEGER REFERENCES maker (id) ON DELETE SET NULL, note TEXT, price REAL);"
	"CREATE INDEX item_name ON item (name);CREATE UNIQUE INDEX item_all ON item (id, name, size);"
	"CREATE TRIGGER item_touch AFTER UPDATE ON item BEGIN UPDATE maker SET born = 'never' WHERE id = -1; END;"
	"CREATE VIEW cheap AS SELECT id, name FROM item WHERE price < 1;"
	"CREATE TABLE log (id INTEGER PRIMARY KEY AUTOINCREMENT, text TEXT);",
	"+CREATE INDEX item_size ON item (size DESC) WHERE size > 10;",
};

static const char fill[] =
	"WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200)"
	" INSERT INTO maker SELECT i, 'maker ' || i FROM n;"
	"WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d)"
	" INSERT INTO item SELECT i * 3, i %% 200 + 1, 'item ' || i, i %% 50, printf('%%.*c', i %% 120, 'x') FROM n;";

static void write_text(world *w, const char *name, const char *text)
{
	cn_error err;
	assert_ok(cni_file_write(
			  cni_path_join(&w->arena, w->root, name), text, strlen(text), false, &err),
		&err);
}

static void make_revisions(world *w)
{
	CLEANUP(cni_buffer_done) cni_buffer schema = {0};
	assert_int_equal(RUN_PROGRAM(w, "db", "init"), 0);
	for (int i = 0; i < STATES; i++) {
		const char *text = schemas[i];
		if (*text == '=')
			cni_buffer_clear(&schema);
		cni_buffer_puts(&schema, *text == '=' || *text == '+' ? text + 1 : text);
		write_text(w, "schema.sql", cni_buffer_text(&schema));
		const char *id = cni_printf(&w->arena, "r%d", i + 1);
		assert_int_equal(
			RUN_PROGRAM(w, "db", "migrate", "--rev-id", id, "-m", "step", "--yes"), 0);
	}
}

/* The database with its rows at the first state, and what each later state must hold. */
static void make_states(world *w)
{
	cn_error err;
	char *message = NULL;
	assert_int_equal(RUN_PROGRAM(w, "db", "upgrade", "r1"), 0);
	sqlite3 *db = open_db(w->db);
	const char *script = cni_printf(&w->arena, fill, ROWS);
	if (sqlite3_exec(db, script, NULL, NULL, &message) != SQLITE_OK)
		fail_msg("%s", message);
	assert_int_equal(
		sqlite3_wal_checkpoint_v2(db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL),
		SQLITE_OK);
	take_print(db, w->prints[1]);
	sqlite3_close(db);
	w->start = cni_path_join(&w->arena, w->root, "start.db");
	assert_ok(cni_file_copy(w->db, w->start, &err), &err);
	for (int i = 2; i <= STATES; i++) {
		assert_int_equal(RUN_PROGRAM(w, "db", "upgrade", "+1"), 0);
		db = open_db(w->db);
		take_print(db, w->prints[i]);
		sqlite3_close(db);
		assert_string_not_equal(w->prints[i], w->prints[i - 1]);
	}
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

static int setup(void **state)
{
	world *w = calloc(1, sizeof *w);
	snprintf(w->root, sizeof w->root, "/tmp/cantil-kill-XXXXXX");
	assert_non_null(mkdtemp(w->root));
	const char *build = getenv("CANTIL_TEST_BUILD");
	assert_non_null(build);
	w->program = cni_path_join(&w->arena, build, "cantil");
	w->db = cni_path_join(&w->arena, w->root, "app.db");
	write_text(w, "cantil.ini", "[cantil]\ndatabase = sqlite:///app.db\nschema = schema.sql\n");
	make_revisions(w);
	make_states(w);
	start_again(w);
	int64_t began = cni_clock_mono_us();
	assert_int_equal(RUN_PROGRAM(w, "db", "upgrade"), 0);
	w->whole_us = cni_clock_mono_us() - began;
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
	nftw(w->root, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
	cni_arena_done(&w->arena);
	free(w);
	return 0;
}

static long setting(const char *name, long usual)
{
	const char *text = getenv(name);
	return text ? strtol(text, NULL, 10) : usual;
}

static void old_or_new_never_between(void **state)
{
	const world *w = *state;
	long kills = setting("CANTIL_TEST_KILLS", 50),
	     seed = setting("CANTIL_TEST_SEED", (long)time(NULL));
	long killed = 0, tries = 0, at[STATES + 1] = {0};
	double whole_us = (double)w->whole_us;
	unsigned short random[3] = {(unsigned short)seed, (unsigned short)(seed >> 16), 1};
	print_message("# seed %ld, %ld kills within %ld us\n", seed, kills, (long)w->whole_us);
	for (; killed < kills && tries < 4 * kills; tries++) {
		start_again(w);
		/* the moments are spread evenly, each somewhere in its slice */
		double part = ((double)killed + erand48(random)) / (double)kills;
		int64_t moment_us = (int64_t)(part * whole_us);
		struct timespec wait = {
			.tv_sec = moment_us / 1000000, .tv_nsec = moment_us % 1000000 * 1000};
		pid_t pid = start_program(w, (const char *const[]){"db", "upgrade", NULL});
		nanosleep(&wait, NULL);
		kill(pid, SIGKILL);
		/* a kill that came too late is none: the machine is faster now than when it was
		 * measured */
		if (wait_program(pid) == -SIGKILL)
			killed++;
		else
			whole_us *= 0.95;
		at[check_state(w)]++;
		assert_int_equal(RUN_PROGRAM(w, "db", "upgrade"), 0);
		assert_int_equal(check_state(w), STATES);
	}
	long between = 0;
	for (int i = 1; i <= STATES; i++) {
		print_message("# left at state %d: %ld\n", i, at[i]);
		between += i > 1 && i < STATES ? at[i] : 0;
	}
	print_message("# %ld of %ld were killed before they ended\n", killed, tries);
	/* or the test would show nothing */
	assert_int_equal(killed, kills);
	assert_true(between > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(old_or_new_never_between)};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, setup, teardown);
}
