/* ladder.c - see ladder.h. */
#include "ladder.h"

#include <fcntl.h>
#include <ftw.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/try.h"

extern char **environ;

/* ---- the program ---- */

pid_t ladder_spawn(const ladder *l, const char *const *arguments)
{
	const char *argv[16] = {l->program, "--root", l->root};
	char errors[128];
	posix_spawn_file_actions_t actions;
	size_t count = 3;
	pid_t pid;
	while (*arguments)
		argv[count++] = *arguments++;
	snprintf(errors, sizeof errors, "%s/errors", l->root);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
	posix_spawn_file_actions_addopen(
		&actions, STDERR_FILENO, errors, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	assert_int_equal(posix_spawn(&pid, l->program, &actions, NULL,
				 (char *const *)(uintptr_t)argv, environ),
		0);
	posix_spawn_file_actions_destroy(&actions);
	return pid;
}

int ladder_wait(pid_t pid)
{
	int status;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

#define RUN_PROGRAM(l, ...) ladder_wait(ladder_spawn((l), (const char *const[]){__VA_ARGS__, NULL}))

int ladder_upgrade(const ladder *l) { return RUN_PROGRAM(l, "db", "upgrade"); }

const char *ladder_errors(ladder *l)
{
	char *text;
	size_t size;
	cn_error err;
	assert_ok(cni_file_read(&l->arena, cni_path_join(&l->arena, l->root, "errors"), 1 << 20,
			  &text, &size, &err),
		&err);
	return text;
}

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
int64_t ladder_state(const ladder *l)
{
	char print[65];
	sqlite3 *db = open_db(l->db);
	assert_int_equal(
		number(db,
			"SELECT count(*) FROM pragma_integrity_check WHERE integrity_check <> 'ok'"),
		0);
	assert_int_equal(number(db, "SELECT count(*) FROM pragma_foreign_key_check"), 0);
	int64_t state = number(db, "SELECT count(*) FROM cantil_version WHERE revision <> 'base'");
	assert_in_range(state, 1, STATES);
	take_print(db, print);
	if (strcmp(print, l->prints[state]) != 0)
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

static void write_text(ladder *l, const char *name, const char *text)
{
	cn_error err;
	assert_ok(cni_file_write(
			  cni_path_join(&l->arena, l->root, name), text, strlen(text), false, &err),
		&err);
}

static void make_revisions(ladder *l)
{
	CLEANUP(cni_buffer_done) cni_buffer schema = {0};
	assert_int_equal(RUN_PROGRAM(l, "db", "init"), 0);
	for (int i = 0; i < STATES; i++) {
		const char *text = schemas[i];
		if (*text == '=')
			cni_buffer_clear(&schema);
		cni_buffer_puts(&schema, *text == '=' || *text == '+' ? text + 1 : text);
		write_text(l, "schema.sql", cni_buffer_text(&schema));
		const char *id = cni_printf(&l->arena, "r%d", i + 1);
		assert_int_equal(
			RUN_PROGRAM(l, "db", "migrate", "--rev-id", id, "-m", "step", "--yes"), 0);
	}
}

/* The database with its rows at the first state, and what each later state must hold. */
static void make_states(ladder *l, int rows)
{
	cn_error err;
	char *message = NULL;
	assert_int_equal(RUN_PROGRAM(l, "db", "upgrade", "r1"), 0);
	sqlite3 *db = open_db(l->db);
	const char *script = cni_printf(&l->arena, fill, rows);
	if (sqlite3_exec(db, script, NULL, NULL, &message) != SQLITE_OK)
		fail_msg("%s", message);
	assert_int_equal(
		sqlite3_wal_checkpoint_v2(db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL),
		SQLITE_OK);
	take_print(db, l->prints[1]);
	sqlite3_close(db);
	l->size = cni_file_size(l->db);
	l->start = cni_path_join(&l->arena, l->root, "start.db");
	assert_ok(cni_file_copy(l->db, l->start, &err), &err);
	for (int i = 2; i <= STATES; i++) {
		assert_int_equal(RUN_PROGRAM(l, "db", "upgrade", "+1"), 0);
		db = open_db(l->db);
		take_print(db, l->prints[i]);
		sqlite3_close(db);
		assert_string_not_equal(l->prints[i], l->prints[i - 1]);
	}
}

void ladder_start(const ladder *l)
{
	static const char *const ends[] = {"", "-wal", "-shm", "-journal"};
	cn_error err;
	for (size_t i = 0; i < CNI_COUNT(ends); i++) {
		char path[128];
		snprintf(path, sizeof path, "%s%s", l->db, ends[i]);
		(void)!unlink(path);
	}
	assert_ok(cni_file_copy(l->start, l->db, &err), &err);
}

void ladder_make(ladder *l, const char *journal, int rows)
{
	/* a disk in memory where there is one: what is tested does not depend on a slow one */
	*l = (ladder){.journal = journal};
	snprintf(l->root, sizeof l->root, "%s/cantil-ladder-XXXXXX",
		access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	assert_non_null(mkdtemp(l->root));
	const char *build = getenv("CANTIL_TEST_BUILD");
	assert_non_null(build);
	l->program = cni_path_join(&l->arena, build, "cantil");
	l->folder = cni_path_join(&l->arena, l->root, "data");
	assert_int_equal(mkdir(l->folder, 0700), 0);
	l->db = cni_path_join(&l->arena, l->folder, "app.db");
	write_text(l, "cantil.ini",
		cni_printf(&l->arena,
			"[cantil]\ndatabase = sqlite:///data/app.db?journal_mode=%s\n"
			"schema = schema.sql\n",
			journal));
	make_revisions(l);
	make_states(l, rows);
	ladder_start(l);
	int64_t began = cni_clock_mono_us();
	assert_int_equal(ladder_upgrade(l), 0);
	l->whole_us = cni_clock_mono_us() - began;
}

static int remove_entry(const char *path, const struct stat *info, int kind, struct FTW *walk)
{
	(void)info, (void)kind, (void)walk;
	return remove(path);
}

void ladder_done(ladder *l)
{
	nftw(l->root, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
	cni_arena_done(&l->arena);
}

long ladder_setting(const char *name, long usual)
{
	const char *text = getenv(name);
	return text ? strtol(text, NULL, 10) : usual;
}
