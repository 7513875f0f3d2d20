/*
 * test_malformed.c - database files that are damaged, or made to do harm: flipped bits, pages cut
 * off, swapped, zeroed, numbers that lead elsewhere, hostile schema text. Inspect, diff, apply,
 * upgrade, backup and its verification each get one: no crash, no hang, an error that says
 * something, and a file that is refused is byte for byte what it was.
 *
 * Each file has a process of its own. CANTIL_TEST_FILES (300) says how many, CANTIL_TEST_SEED makes
 * them the same again, CANTIL_TEST_FIRST begins with that one.
 */
#include "tap.h"

#include <ftw.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "backup/backup.h"
#include "base/buffer.h"
#include "base/file.h"
#include "base/try.h"
#include "disk.h"
#include "driver/driver.h"
#include "migrate/change/apply.h"
#include "migrate/migrator/migrator.h"

enum { BASES = 3, SECONDS = 10, MAX_BYTES = 4 << 20 };

typedef struct text {
	char *data;
	size_t size;
} text;

static struct {
	cni_arena arena;
	char folder[64];
	const char *path; /* of the file under test */
	text bases[BASES];
	const char *target;
	uint64_t random;
} test;

/* What a process found. */
typedef struct findings {
	char what[600]; /* is wrong; "": nothing */
	char said[600]; /* the last refusal */
	bool accepted[5], refused[5];
} findings;

static uint64_t number_below(uint64_t limit) { return disk_random(&test.random) % limit; }

/* ---- the sound files ---- */

#define MANY(n) "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < " #n ")"
#define TABLES                                                                                     \
	"CREATE TABLE parent (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE, size REAL);" \
	"CREATE TABLE child (id INTEGER PRIMARY KEY, parent INTEGER REFERENCES parent (id));"      \
	"CREATE TABLE pair (a TEXT, b INTEGER, c BLOB, PRIMARY KEY (b, a)) WITHOUT ROWID;"
#define AROUND                                                         \
	"CREATE INDEX child_parent ON child (parent);"                 \
	"CREATE VIEW names AS SELECT name FROM parent WHERE size > 1;" \
	"CREATE TRIGGER gone AFTER DELETE ON parent BEGIN DELETE FROM child WHERE parent = old.id; END;"
static const char *const scripts[BASES] = {
	"PRAGMA page_size = 1024;" TABLES AROUND
		MANY(200) " INSERT INTO parent (name, size) SELECT 'name ' || i, i / 3.0 FROM n;" MANY(
			300) " INSERT INTO child SELECT i, i % 200 + 1 FROM n;" MANY(100) " INSERT INTO pair SELECT 'a' || i, i % 10, zeroblob(i) FROM n; ANALYZE;",
	"PRAGMA page_size = 512;" TABLES MANY(
		20) " INSERT INTO parent (name, size) SELECT printf('%.*c', i * 100, 'x'), i FROM n;"
		    "DELETE FROM parent WHERE id % 3 = 0;",
	TABLES AROUND
	"CREATE VIRTUAL TABLE words USING fts5(name, content = 'parent', content_rowid = 'id');" MANY(
		50) " INSERT INTO parent (name, size) SELECT 'name ' || i, i / 3.0 FROM n;"
		    "INSERT INTO words (words) VALUES ('rebuild');",
};

/* What apply and diff are asked for: one rebuild, one column, one index. */
#define TARGET                                                                                                    \
	"CREATE TABLE parent (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT COLLATE NOCASE UNIQUE, size REAL);" \
	"CREATE TABLE child (id INTEGER PRIMARY KEY, parent INTEGER REFERENCES parent (id), more TEXT);"          \
	"CREATE TABLE pair (a TEXT, b INTEGER, c BLOB, PRIMARY KEY (b, a)) WITHOUT ROWID;"                        \
	"CREATE INDEX child_parent ON child (parent DESC);"
static const char *const targets[BASES] = {TARGET, TARGET,
	TARGET
	"CREATE VIRTUAL TABLE words USING fts5(name, content = 'parent', content_rowid = 'id');"};

static const char revision_text[] =
	"-- cantil: revision r1\n-- upgrade sqlite\n"
	"ALTER TABLE child ADD COLUMN more TEXT;\nUPDATE parent SET size = size + 1;\n"
	"CREATE TABLE copy (a TEXT, b INTEGER);\nINSERT INTO copy SELECT a, b FROM pair;\n"
	"-- downgrade sqlite\nDROP TABLE copy;\n";

static text read_file(cni_arena *arena, const char *path)
{
	text t;
	cn_error err;
	assert_ok(cni_file_read(arena, path, MAX_BYTES * 2, &t.data, &t.size, &err), &err);
	return t;
}

static void write_file(const char *path, text t)
{
	FILE *file = fopen(path, "wb");
	assert_non_null(file);
	assert_int_equal(fwrite(t.data, 1, t.size, file), t.size);
	fclose(file);
}

static void make_bases(void)
{
	for (int i = 0; i < BASES; i++) {
		sqlite3 *db;
		char *message = NULL;
		unlink(test.path);
		assert_int_equal(sqlite3_open(test.path, &db), SQLITE_OK);
		if (sqlite3_exec(db, scripts[i], NULL, NULL, &message) != SQLITE_OK)
			fail_msg("%s", message);
		assert_int_equal(sqlite3_close(db), SQLITE_OK);
		test.bases[i] = read_file(&test.arena, test.path);
	}
}

/* ---- damage ---- */

static size_t page_size(text t)
{
	size_t size = (size_t)(unsigned char)t.data[16] << 8 | (unsigned char)t.data[17];
	return size == 1 ? 65536 : size;
}

static char *a_page(text t)
{
	size_t size = page_size(t);
	return t.data + number_below(t.size / size) * size;
}

static void flip_bits(text *t)
{
	for (uint64_t i = 1 + number_below(20); i > 0; i--)
		t->data[number_below(t->size)] ^= (char)(1u << number_below(8));
}

static void spoil_header(text *t)
{
	for (uint64_t i = 1 + number_below(4); i > 0; i--)
		t->data[16 + number_below(84)] = (char)number_below(256);
}

/* The first bytes of a page: its kind, cells, right child. */
static void spoil_page_header(text *t)
{
	char *page = a_page(*t);
	size_t skip = page == t->data ? 100 : 0;
	for (uint64_t i = 1 + number_below(3); i > 0; i--)
		page[skip + number_below(16)] = (char)number_below(256);
}

static void cut_off(text *t) { t->size = number_below(t->size); }

static void cut_pages(text *t)
{
	size_t size = page_size(*t), pages = t->size / size;
	t->size = (1 + number_below(pages - 1)) * size;
}

static void swap_pages(text *t)
{
	size_t size = page_size(*t);
	char *a = a_page(*t), *b = a_page(*t);
	for (size_t i = 0; i < size; i++) {
		char c = a[i];
		a[i] = b[i];
		b[i] = c;
	}
}

static void copy_page(text *t) { memmove(a_page(*t), a_page(*t), page_size(*t)); }

static void zero_page(text *t) { memset(a_page(*t), 0, page_size(*t)); }

static void garbage_page(text *t)
{
	char *page = a_page(*t);
	for (size_t i = 0; i < page_size(*t); i++)
		page[i] = (char)number_below(256);
}

static void garbage_behind(text *t)
{
	size_t more = number_below(5000);
	char *data = cni_alloc(&test.arena, t->size + more);
	memcpy(data, t->data, t->size);
	for (size_t i = 0; i < more; i++)
		data[t->size + i] = (char)number_below(256);
	*t = (text){data, t->size + more};
}

/* What stands in sqlite_schema, written past SQLite's checks. */
static const char *const hostile[] = {
	"UPDATE sqlite_schema SET sql = 'CREATE TABLE parent (' WHERE name = 'parent'",
	"UPDATE sqlite_schema SET sql = 'CREATE TABLE parent (id INTEGER PRIMARY KEY, x CHECK (' || replace(hex(zeroblob(20000)), '00', '((') || '))' WHERE name = 'parent'",
	"UPDATE sqlite_schema SET sql = 'CREATE TABLE parent (a' || replace(hex(zeroblob(1500)), '00', ',b') || ')' WHERE name = 'parent'",
	"UPDATE sqlite_schema SET sql = CAST(x'435245415445205441424c4520fffe2061' AS TEXT) WHERE name = 'child'",
	"UPDATE sqlite_schema SET sql = 'CREATE TABLE child (id, a' || char(0) || 'b)' WHERE name = 'child'",
	"UPDATE sqlite_schema SET sql = 'DROP TABLE parent' WHERE name = 'child'",
	"UPDATE sqlite_schema SET sql = 'CREATE TABLE child (id INTEGER PRIMARY KEY, parent AS (parent))' WHERE name = 'child'",
	"UPDATE sqlite_schema SET sql = 'CREATE TABLE child (id, id)' WHERE name = 'child'",
	"UPDATE sqlite_schema SET sql = NULL WHERE name = 'parent'",
	"UPDATE sqlite_schema SET sql = x'00ff00ff' WHERE name = 'parent'",
	"UPDATE sqlite_schema SET sql = 42, name = 43 WHERE name = 'parent'",
	"UPDATE sqlite_schema SET name = '' WHERE name = 'child'",
	"UPDATE sqlite_schema SET name = 'parent' WHERE name = 'child'",
	"UPDATE sqlite_schema SET name = replace(hex(zeroblob(20000)), '00', 'ab') WHERE name = 'child'",
	"UPDATE sqlite_schema SET type = 'index' WHERE name = 'child'",
	"UPDATE sqlite_schema SET type = 'nothing' WHERE name = 'child'",
	"UPDATE sqlite_schema SET tbl_name = 'nosuch' WHERE name = 'child'",
	"UPDATE sqlite_schema SET rootpage = 1 WHERE name = 'child'",
	"UPDATE sqlite_schema SET rootpage = 100000 WHERE name = 'child'",
	"UPDATE sqlite_schema SET rootpage = -5 WHERE name = 'pair'",
	"UPDATE sqlite_schema SET rootpage = (SELECT rootpage FROM sqlite_schema WHERE name = 'pair') WHERE name = 'parent'",
	"UPDATE sqlite_schema SET rootpage = 0 WHERE name = 'parent'",
	"INSERT INTO sqlite_schema VALUES ('view', 'v1', 'v1', 0, 'CREATE VIEW v1 AS SELECT * FROM v2'), ('view', 'v2', 'v2', 0, 'CREATE VIEW v2 AS SELECT * FROM v1')",
	"INSERT INTO sqlite_schema VALUES ('trigger', 'g', 'parent', 0, 'CREATE TRIGGER g AFTER INSERT ON parent BEGIN INSERT INTO parent (name) SELECT name || new.id FROM parent; END')",
	"INSERT INTO sqlite_schema VALUES ('trigger', 'g', 'nosuch', 0, 'CREATE TRIGGER g AFTER INSERT ON nosuch BEGIN SELECT 1; END')",
	"INSERT INTO sqlite_schema VALUES ('table', 'ghost', 'ghost', 0, 'CREATE VIRTUAL TABLE ghost USING nosuch(a, b)')",
	"INSERT INTO sqlite_schema VALUES ('table', 'sqlite_evil', 'sqlite_evil', 2, 'CREATE TABLE sqlite_evil (a)')",
	"INSERT INTO sqlite_schema VALUES ('view', 'deep', 'deep', 0, 'CREATE VIEW deep AS SELECT ' || replace(hex(zeroblob(3000)), '00', '1+') || '1')",
	"INSERT INTO sqlite_schema VALUES ('view', 'loads', 'loads', 0, 'CREATE VIEW loads AS SELECT load_extension(''x'') AS l')",
	"INSERT INTO sqlite_schema SELECT 'view', 'v' || i, 'v' || i, 0, 'CREATE VIEW v' || i || ' AS SELECT * FROM v' || (i + 1) FROM (WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300) SELECT i FROM n)",
	"CREATE TABLE cantil_version (number INTEGER PRIMARY KEY, revision)",
	"CREATE TABLE cantil_version (number INTEGER PRIMARY KEY, revision TEXT, applied_at TEXT, duration_us, checksum, tool, database_id, tag); INSERT INTO cantil_version VALUES (1, x'00', NULL, 'a', NULL, NULL, NULL, 1)",
	"CREATE VIEW cantil_version AS SELECT 1 AS revision",
	"UPDATE sqlite_sequence SET seq = 'much'; INSERT INTO sqlite_sequence VALUES (NULL, NULL)",
	"PRAGMA user_version = -1; PRAGMA application_id = -1; PRAGMA writable_schema = OFF; PRAGMA schema_version = 2147483647",
};

static void hostile_schema(text *t)
{
	sqlite3 *db;
	write_file(test.path, *t);
	assert_int_equal(sqlite3_open(test.path, &db), SQLITE_OK);
	sqlite3_exec(
		db, "PRAGMA writable_schema = ON; PRAGMA journal_mode = MEMORY", NULL, NULL, NULL);
	sqlite3_exec(db, hostile[number_below(CNI_COUNT(hostile))], NULL, NULL, NULL);
	sqlite3_close(db);
	*t = read_file(&test.arena, test.path);
}

static const struct {
	const char *name;
	void (*spoil)(text *t);
} damages[] = {
	{"bits flipped", flip_bits},
	{"header", spoil_header},
	{"page header", spoil_page_header},
	{"cut off", cut_off},
	{"pages cut off", cut_pages},
	{"pages swapped", swap_pages},
	{"page twice", copy_page},
	{"page zeroed", zero_page},
	{"page of garbage", garbage_page},
	{"garbage behind", garbage_behind},
	{"hostile schema", hostile_schema},
	{"hostile schema", hostile_schema},
};

/* ---- what is done with it ---- */

static cn_status open_file(cni_arena *arena, cni_open_mode mode, cni_conn **ret, cn_error *err)
{
	cni_uri uri;
	TRY(cni_uri_parse(arena, test.path, "/", &uri, err));
	return cni_conn_open(&uri,
		&(cni_open_options){.mode = mode, .foreign = true, .busy_timeout_ms = 100}, ret,
		err);
}

static cn_status inspect(cni_arena *arena, cn_error *err)
{
	CLEANUP(cni_conn_closep) cni_conn *conn = NULL;
	cni_schema *schema, *again;
	TRY(open_file(arena, CNI_OPEN_READ, &conn, err));
	TRY(cni_conn_inspect(conn, arena, &schema, err));
	return cni_normalise(schema, arena, &again, err);
}

static cn_status change(cni_arena *arena, bool dry, cn_error *err)
{
	CLEANUP(cni_conn_closep) cni_conn *conn = NULL;
	cni_answers answers = {.arena = arena};
	cni_apply_report report;
	TRY(open_file(arena, dry ? CNI_OPEN_READ : CNI_OPEN_WRITE, &conn, err));
	return cni_apply(conn, "target", test.target, &answers,
		&(cni_apply_options){.dry_run = dry}, arena, &report, err);
}

static cn_status diff(cni_arena *arena, cn_error *err) { return change(arena, true, err); }

static cn_status apply(cni_arena *arena, cn_error *err) { return change(arena, false, err); }

static cn_status upgrade(cni_arena *arena, cn_error *err)
{
	cn_migrator *migrator = NULL;
	cni_revision revision;
	TRY(cni_revision_parse(
		arena, "r1.sql", revision_text, sizeof revision_text - 1, &revision, err));
	const cn_migration_file file = {.id = "r1",
		.checksum = revision.checksum,
		.name = "r1.sql",
		.text = revision_text,
		.size_bytes = sizeof revision_text - 1};
	const cn_migrations embedded = {
		.format = CN_MIGRATIONS_FORMAT, .name = "test", .files = &file, .count = 1};
	TRY(cn_migrator_new(
		&(cn_migrator_desc){.database_uri = cni_printf(
					    arena, "sqlite:///%s?journal_mode=delete", test.path),
			.embedded = &embedded,
			.lock_timeout_ms = 100},
		&migrator, err));
	cni_migrator_set_allow_drift(migrator, true);
	cn_status status = cn_migrator_upgrade(migrator, "head", NULL, err);
	cn_migrator_free(migrator);
	return status;
}

static cn_status back_up(cni_arena *arena, cn_error *err)
{
	CLEANUP(cni_conn_closep) cni_conn *conn = NULL;
	const char *copy = cni_printf(arena, "%s.copy", test.path);
	cni_manifest manifest;
	bool has;
	TRY(open_file(arena, CNI_OPEN_READ, &conn, err));
	TRY(cni_backup_make(
		conn, arena, copy, &(cni_backup_options){.tool = "test"}, &manifest, err));
	return cni_backup_verify(
		arena, copy, &(cni_backup_options){.tool = "test"}, &manifest, &has, err);
}

static const struct {
	const char *name;
	cn_status (*run)(cni_arena *arena, cn_error *err);
	bool writes;
} commands[] = {
	{"inspect", inspect, false},
	{"diff", diff, false},
	{"apply", apply, true},
	{"upgrade", upgrade, true},
	{"backup", back_up, false},
};

/* By SQLite's own word, about pages and not about values. */
static bool is_damaged(void)
{
	sqlite3 *db;
	sqlite3_stmt *stmt = NULL;
	bool damaged = false;
	assert_int_equal(sqlite3_open(test.path, &db), SQLITE_OK);
	sqlite3_prepare_v2(db,
		"SELECT 1 FROM pragma_quick_check WHERE quick_check LIKE '*** in database%'"
		" AND quick_check NOT LIKE '% is never used'",
		-1, &stmt, NULL);
	damaged = sqlite3_step(stmt) == SQLITE_ROW;
	sqlite3_finalize(stmt);
	sqlite3_close(db);
	return damaged;
}

static void try_command(size_t which, text file, findings *found)
{
	CLEANUP(cni_arena_done) cni_arena arena = {0};
	cn_error err = {0};
	const char *name = commands[which].name;
	write_file(test.path, file);
	cn_status status = commands[which].run(&arena, &err);
	found->accepted[which] = status == CN_OK;
	found->refused[which] = status < 0;
	if (status < 0)
		snprintf(found->said, sizeof found->said, "%s: %d %.250s | %.250s", name, status,
			err.message, err.detail);
	if (status < 0 && (err.status != status || !*err.message || status == CN_ENOMEM))
		snprintf(found->what, sizeof found->what, "%s: %d \"%s\"", name, status,
			err.message);
	if (status == CN_OK && commands[which].writes && is_damaged())
		snprintf(
			found->what, sizeof found->what, "%s has gone on with damaged pages", name);
	text after = read_file(&arena, test.path);
	bool same = after.size == file.size && memcmp(after.data, file.data, file.size) == 0;
	if ((status < 0 || !commands[which].writes) && !same)
		snprintf(found->what, sizeof found->what,
			"%s has changed the file, and said %d \"%s\"", name, status, err.message);
	static const char *const beside[] = {"-journal", "-wal", "-shm"};
	for (size_t i = 0; i < CNI_COUNT(beside); i++)
		if (cni_file_exists(cni_printf(&arena, "%s%s", test.path, beside[i])))
			snprintf(found->what, sizeof found->what, "%s has left a %s file", name,
				beside[i]);
	unlink(cni_printf(&arena, "%s.copy", test.path));
	unlink(cni_printf(&arena, "%s.copy.manifest.json", test.path));
}

static int remove_entry(const char *path, const struct stat *info, int kind, struct FTW *walk)
{
	(void)info, (void)kind, (void)walk;
	return remove(path);
}

/* In a process of its own; what it found comes through a pipe. */
static void try_file(text file, findings *found)
{
	int ends[2], status;
	assert_int_equal(pipe(ends), 0);
	fflush(NULL);
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		findings own = {.what = ""};
		for (size_t i = 0; i < CNI_COUNT(commands) && !*own.what; i++) {
			alarm(SECONDS);
			try_command(i, file, &own);
		}
		(void)!write(ends[1], &own, sizeof own);
		_exit(0);
	}
	close(ends[1]);
	memset(found, 0, sizeof *found);
	ssize_t got = read(ends[0], found, sizeof *found);
	close(ends[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM)
		snprintf(found->what, sizeof found->what, "it hangs");
	else if (!WIFEXITED(status) || WEXITSTATUS(status) != 0 || got != sizeof *found)
		snprintf(found->what, sizeof found->what, "it crashes (status %x)",
			(unsigned)status);
}

static long setting(const char *name, long usual)
{
	const char *value = getenv(name);
	return value ? strtol(value, NULL, 10) : usual;
}

static void damaged_files_are_refused_or_survived(void **state)
{
	long files = setting("CANTIL_TEST_FILES", 300),
	     seed = setting("CANTIL_TEST_SEED", (long)time(NULL)), wrong = 0;
	long accepted[CNI_COUNT(commands)] = {0}, refused[CNI_COUNT(commands)] = {0};
	(void)state;
	print_message("# seed %ld\n", seed);
	for (long i = setting("CANTIL_TEST_FIRST", 0); i < files; i++) {
		findings found;
		size_t kind = (size_t)i % CNI_COUNT(damages);
		test.random = (uint64_t)seed * 1000003 + (uint64_t)i;
		size_t b = number_below(BASES);
		text base = test.bases[b];
		test.target = targets[b];
		text file = {cni_memdup(&test.arena, base.data, base.size), base.size};
		damages[kind].spoil(&file);
		try_file(file, &found);
		for (size_t c = 0; c < CNI_COUNT(commands); c++) {
			accepted[c] += found.accepted[c];
			refused[c] += found.refused[c];
		}
		if (*found.what && ++wrong <= 10)
			print_message("# seed %ld, file %ld (%s): %s\n", seed, i,
				damages[kind].name, found.what);
	}
	for (size_t c = 0; c < CNI_COUNT(commands); c++)
		print_message(
			"# %s: %ld refused, %ld done\n", commands[c].name, refused[c], accepted[c]);
	assert_int_equal(wrong, 0);
	for (size_t c = 0; c < CNI_COUNT(commands); c++)
		assert_true(refused[c] > files / 5 && accepted[c] > 0);
}

static void sound_files_are_taken(void **state)
{
	(void)state;
	for (size_t b = 0; b < BASES; b++) {
		findings found;
		test.target = targets[b];
		try_file(test.bases[b], &found);
		assert_string_equal(found.what, "");
		for (size_t c = 0; c < CNI_COUNT(commands); c++)
			if (!found.accepted[c])
				fail_msg("base %zu: %s: %s", b, commands[c].name, found.said);
	}
}

static int start(void **state)
{
	(void)state;
	snprintf(test.folder, sizeof test.folder, "%s/cantil-malformed-XXXXXX",
		access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	if (!mkdtemp(test.folder))
		return -1;
	test.path = cni_path_join(&test.arena, test.folder, "app.db");
	make_bases();
	return 0;
}

static int end(void **state)
{
	(void)state;
	cni_arena_done(&test.arena);
	return nftw(test.folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(sound_files_are_taken),
		cmocka_unit_test(damaged_files_are_refused_or_survived)};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, start, end);
}
