/* test_open.c - opening: what is created and what is not, every refusal's words, settings, URI
 * options. */
#include "driver_test.h"

#include <sys/wait.h>

#include "base/hash.h"

static void creates_only_in_mode_create(void **state)
{
	fixture *f = *state;
	cni_conn *conn = NULL;
	assert_int_equal(try_open(f, "a.db", (cni_open_options){.mode = CNI_OPEN_WRITE}, &conn),
		CN_ENOTFOUND);
	assert_contains(f->err.message, "the database does not exist: \"/tmp/cantil-driver-");
	assert_contains(f->err.hint, "db upgrade");
	assert_int_equal(try_open(f, "a.db", (cni_open_options){0}, &conn), CN_ENOTFOUND);
	assert_false(is_there(f, "a.db"));
	assert_null(conn);
	conn = open_db(f, "a.db", CNI_OPEN_CREATE);
	assert_true(is_there(f, "a.db"));
	assert_string_equal(conn->path, path_of(f, "a.db"));
	assert_contains(conn->uri, "sqlite:////tmp/cantil-driver-");
	cni_conn_close(conn);
	conn = open_db(f, "a.db", CNI_OPEN_WRITE);
	cni_conn_close(conn);
}

static void says_what_is_wrong_with_the_place(void **state)
{
	fixture *f = *state;
	cni_open_options create = {.mode = CNI_OPEN_CREATE};
	cni_conn *conn = NULL;
	assert_int_equal(try_open(f, "no/such/a.db", create, &conn), CN_ENOTFOUND);
	assert_contains(f->err.message, "folder does not exist");
	assert_contains(f->err.message, "/no/such\"");
	assert_false(is_there(f, "no"));
	mkdir(path_of(f, "folder"), 0700);
	assert_int_equal(try_open(f, "folder", create, &conn), CN_ECONNECT);
	assert_contains(f->err.message, "a folder, not a database");
	assert_ok(cni_file_write(path_of(f, "file"), "x", 1, true, &f->err), &f->err);
	assert_int_equal(try_open(f, "file/a.db", create, &conn), CN_ENOTFOUND);
	/* a FIFO would block for ever */
	assert_int_equal(mkfifo(path_of(f, "fifo"), 0600), 0);
	assert_int_equal(try_open(f, "fifo", create, &conn), CN_ECONNECT);
	char name[1024];
	memset(name, 'n', sizeof name - 1);
	name[sizeof name - 1] = '\0';
	assert_int_equal(try_open(f, name, create, &conn), CN_EARG);
	assert_contains(f->err.message, "too long");
	assert_null(conn);
}

static void knows_what_is_no_database(void **state)
{
	fixture *f = *state;
	static const struct {
		const char *name, *bytes;
		size_t size;
	} rows[] = {
		{"text", "CREATE TABLE t(a);\n", 19},
		{"short", "SQLite format 3", 16},
		{"long",
			"SQLite format 4\0 and much more, more than a hundred bytes of it, so that "
			"there is a whole header to be looked at by the one who opens it",
			120},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		for (cni_open_mode mode = CNI_OPEN_READ; mode <= CNI_OPEN_CREATE; mode++) {
			cni_conn *conn = NULL;
			char *data;
			size_t size;
			assert_ok(cni_file_write(path_of(f, rows[i].name), rows[i].bytes,
					  rows[i].size, false, &f->err),
				&f->err);
			assert_int_equal(
				try_open(f, rows[i].name, (cni_open_options){.mode = mode}, &conn),
				CN_ECONNECT);
			assert_contains(f->err.message, "not a SQLite database: \"/tmp/");
			assert_contains(f->err.hint, "encrypted");
			assert_ok(cni_file_read(&f->arena, path_of(f, rows[i].name), 1000, &data,
					  &size, &f->err),
				&f->err);
			assert_int_equal(size, rows[i].size);
			assert_memory_equal(data, rows[i].bytes, size);
		}
	}
	/* an empty file is an empty database */
	assert_ok(cni_file_write(path_of(f, "empty"), "", 0, true, &f->err), &f->err);
	cni_conn *conn = open_db(f, "empty", CNI_OPEN_READ);
	assert_int_equal(int_of(f, conn, "SELECT count(*) FROM sqlite_schema"), 0);
	cni_conn_close(conn);
	assert_int_equal(cni_file_size(path_of(f, "empty")), 0);
}

static void names_the_damaged_object(void **state)
{
	fixture *f = *state;
	cni_conn *conn = open_db(f, "sqlite:///a.db?journal_mode=delete", CNI_OPEN_CREATE);
	exec(f, conn, "CREATE TABLE good(a); CREATE TABLE broken(a)");
	assert_ok(cni_conn_set(conn, CNI_SETTING_DEFENSIVE, 0, &f->err), &f->err);
	assert_ok(cni_conn_set(conn, CNI_SETTING_WRITABLE_SCHEMA, 1, &f->err), &f->err);
	exec(f, conn,
		"UPDATE sqlite_schema SET sql = 'CREATE TABLE broken(a,,)' WHERE name = 'broken'");
	cni_conn_close(conn);
	assert_int_equal(try_open(f, "a.db", (cni_open_options){0}, &conn), CN_ESCHEMA);
	assert_contains(f->err.message, "malformed database schema (broken)");
	assert_contains(f->err.message, "a.db\" cannot be opened");
}

static void is_set_to_be_safe(void **state)
{
	fixture *f = *state;
	cni_conn *conn = open_db(f, "a.db", CNI_OPEN_CREATE);
	assert_string_equal(text_of(f, conn, "PRAGMA journal_mode"), "wal");
	static const struct {
		const char *sql;
		int64_t value;
	} rows[] = {
		{"PRAGMA synchronous", 1},
		{"PRAGMA foreign_keys", 1},
		{"PRAGMA trusted_schema", 0},
		{"PRAGMA cell_size_check", 1},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		assert_int_equal(int_of(f, conn, rows[i].sql), rows[i].value);
	int64_t value;
	assert_ok(cni_conn_get(conn, CNI_SETTING_DEFENSIVE, &value, &f->err), &f->err);
	assert_int_equal(value, 1);
	assert_ok(cni_conn_get(conn, CNI_SETTING_BUSY_TIMEOUT_MS, &value, &f->err), &f->err);
	assert_int_equal(value, 5000);
	/* a name in double quotes that is none is a mistake, not a string */
	exec(f, conn, "CREATE TABLE t(a)");
	assert_int_equal(cni_conn_exec(conn, "SELECT \"tpyo\" FROM t", &f->err), CN_ESQL);
	assert_int_equal(cni_conn_exec(conn, "CREATE INDEX i ON t(\"tpyo\")", &f->err), CN_ESQL);
	assert_int_equal(cni_conn_exec(conn, "SELECT load_extension('x')", &f->err), CN_ESQL);
	cni_conn_close(conn);
	assert_false(is_there(f, "a.db-wal"));
}

/* SQLite 3.40 does not mark its own JSON functions as harmless; a schema may use them all the same.
 */
static void takes_json_in_a_schema(void **state)
{
	fixture *f = *state;
	cni_conn *conn = open_db(f, "a.db", CNI_OPEN_CREATE),
		 *other = open_db(f, "a.db", CNI_OPEN_WRITE);
	exec(f, other, "CREATE TABLE u(a)");
	exec(f, other, "SELECT * FROM u"); /* whose schema is in memory by now */
	exec(f, conn,
		"CREATE TABLE t(a CHECK(json_valid(a)), b AS (json_extract(a, '$.b')));"
		"CREATE INDEX i ON t(a->>'b'); CREATE VIEW v AS SELECT json_type(a) AS k FROM t;"
		"CREATE TRIGGER g AFTER INSERT ON t BEGIN INSERT INTO u VALUES(json(new.a)); END;");
	exec(f, conn, "INSERT INTO t VALUES('{\"b\": 5}')");
	assert_true(cni_conn_exec(conn, "INSERT INTO t VALUES('{')", &f->err) < 0);
	cni_stmt *stmt;
	assert_ok(cni_conn_prepare(other, "SELECT a FROM u", &stmt, &f->err), &f->err);
	assert_int_equal(cni_stmt_step(stmt, &f->err), CNI_ROW);
	assert_string_equal(cni_stmt_text(stmt, 0), "{\"b\":5}");
	cni_stmt_release(stmt);
	cni_conn_close(other);
	cni_conn_close(conn);
	conn = open_db(f, "a.db", CNI_OPEN_READ);
	assert_int_equal(int_of(f, conn, "SELECT b FROM t WHERE a->>'b' = 5"), 5);
	assert_string_equal(text_of(f, conn, "SELECT k FROM v"), "object");
	cni_schema *schema;
	assert_ok(cni_conn_inspect(conn, &f->arena, &schema, &f->err), &f->err);
	assert_int_equal(schema->object_count, 5);
	assert_ok(cni_normalise(schema, &f->arena, &schema, &f->err), &f->err);
	cni_conn_close(conn);
}

static void leaves_foreign_files_as_they_are(void **state)
{
	fixture *f = *state;
	cni_conn *conn = NULL;
	cni_open_options foreign = {.mode = CNI_OPEN_CREATE, .foreign = true};
	assert_ok(try_open(f, "a.db", foreign, &conn), &f->err);
	assert_string_equal(text_of(f, conn, "PRAGMA journal_mode"), "delete");
	assert_int_equal(int_of(f, conn, "PRAGMA synchronous"), 2);
	/* old habits of theirs go on working */
	exec(f, conn,
		"CREATE TABLE t(a); CREATE VIEW v AS SELECT a, \"text\" AS b FROM t; INSERT INTO t VALUES(1)");
	assert_string_equal(text_of(f, conn, "SELECT b FROM v"), "text");
	cni_conn_close(conn);
	assert_ok(try_open(f, "a.db", foreign, &conn), &f->err);
	assert_string_equal(text_of(f, conn, "SELECT b FROM v"), "text");
	cni_conn_close(conn);
	/* and a schema with such strings still loads where the habit is refused */
	foreign.mode = CNI_OPEN_WRITE;
	assert_ok(try_open(f, "a.db", foreign, &conn), &f->err);
	exec(f, conn,
		"CREATE TABLE u(a, CHECK(a <> \"bad\")); CREATE INDEX u_a ON u(a) WHERE a <> \"none\"");
	cni_conn_close(conn);
	conn = open_db(f, "a.db", CNI_OPEN_WRITE);
	exec(f, conn, "INSERT INTO u VALUES('good')");
	assert_int_equal(
		cni_conn_exec(conn, "INSERT INTO u VALUES('bad')", &f->err), CN_ECONSTRAINT);
	cni_conn_close(conn);
}

static void takes_options_of_the_uri(void **state)
{
	fixture *f = *state;
	cni_conn *conn = open_db(f,
		"sqlite:///a.db?journal_mode=Truncate&synchronous=extra&foreign_keys=off&cache_size=-1234"
		"&busy_timeout_ms=77&mmap_size=1048576",
		CNI_OPEN_CREATE);
	int64_t value;
	assert_string_equal(text_of(f, conn, "PRAGMA journal_mode"), "truncate");
	assert_int_equal(int_of(f, conn, "PRAGMA synchronous"), 3);
	assert_int_equal(int_of(f, conn, "PRAGMA foreign_keys"), 0);
	assert_int_equal(int_of(f, conn, "PRAGMA cache_size"), -1234);
	assert_int_equal(int_of(f, conn, "PRAGMA mmap_size"), 1048576);
	assert_ok(cni_conn_get(conn, CNI_SETTING_BUSY_TIMEOUT_MS, &value, &f->err), &f->err);
	assert_int_equal(value, 77);
	cni_conn_close(conn);
	static const struct {
		const char *uri, *message, *hint;
	} rows[] = {
		{"sqlite:///a.db?jurnal_mode=wal", "unknown option \"jurnal_mode\"",
			"did you mean journal_mode?"},
		{"sqlite:///a.db?xyzzy=1", "unknown option \"xyzzy\"",
			"the options are mode, cache_size"},
		{"sqlite:///a.db?mode=write", "mode=write is not possible", "ro, rw or rwc"},
		{"sqlite:///a.db?busy_timeout_ms=5s", "busy_timeout_ms=5s", "milliseconds"},
		{"sqlite:///a.db?busy_timeout_ms=-1", "busy_timeout_ms=-1", "milliseconds"},
		{"sqlite:///a.db?cache_size=99999999999999999999", "cache_size=9999", "KiB"},
		{"sqlite:///a.db?foreign_keys=maybe", "foreign_keys=maybe", "on or off"},
		{"sqlite:///a.db?synchronous=2", "synchronous=2", "normal"},
		{"sqlite:///a.db?journal_mode=", "journal_mode=", "truncate"},
		{"sqlite:///a.db?journal_mode=off", "journal_mode=off", "persist or memory"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		conn = NULL;
		assert_int_equal(
			try_open(f, rows[i].uri, (cni_open_options){.mode = CNI_OPEN_WRITE}, &conn),
			CN_EARG);
		assert_contains(f->err.message, rows[i].message);
		assert_contains(f->err.hint, rows[i].hint);
		assert_null(conn);
	}
	assert_int_equal(try_open(f, "sqlite://?journal_mode=wal",
				 (cni_open_options){.mode = CNI_OPEN_CREATE}, &conn),
		CN_EUNSUPPORTED);
	assert_contains(f->err.message, "journal_mode=wal was not taken: it is memory");
}

static void mode_of_the_uri_only_takes_away(void **state)
{
	fixture *f = *state;
	cni_conn *conn = NULL;
	assert_int_equal(try_open(f, "sqlite:///a.db?mode=rwc",
				 (cni_open_options){.mode = CNI_OPEN_WRITE}, &conn),
		CN_ENOTFOUND);
	assert_int_equal(try_open(f, "sqlite:///a.db?mode=rw",
				 (cni_open_options){.mode = CNI_OPEN_CREATE}, &conn),
		CN_ENOTFOUND);
	cni_conn_close(open_db(f, "sqlite:///a.db?mode=rwc", CNI_OPEN_CREATE));
	conn = open_db(f, "sqlite:///a.db?mode=ro", CNI_OPEN_WRITE);
	assert_int_equal(cni_conn_exec(conn, "CREATE TABLE t(a)", &f->err), CN_EIO);
	assert_contains(f->err.message, "readonly");
	assert_contains(f->err.hint, "for reading only");
	cni_conn_close(conn);
}

static char *hash_of(fixture *f, const char *name)
{
	char *data, *hex = cni_alloc(&f->arena, 65);
	size_t size;
	assert_ok(cni_file_read(&f->arena, path_of(f, name), 1 << 24, &data, &size, &f->err),
		&f->err);
	cni_sha256_text(data, size, hex);
	return hex;
}

static void assert_folder(fixture *f, const char *const *expected)
{
	const char **names;
	size_t count, n = 0;
	assert_ok(cni_dir_list(&f->arena, f->folder, &names, &count, &f->err), &f->err);
	for (; expected[n]; n++) {
		assert_true(n < count);
		assert_string_equal(names[n], expected[n]);
	}
	assert_int_equal(count, n);
}

static void reading_leaves_no_trace(void **state)
{
	fixture *f = *state;
	static const char *const journals[] = {"delete", "wal"};
	for (size_t i = 0; i < 2; i++) {
		char uri[64];
		snprintf(uri, sizeof uri, "sqlite:///a.db?journal_mode=%s", journals[i]);
		cni_conn *conn = open_db(f, uri, CNI_OPEN_CREATE);
		exec(f, conn, "CREATE TABLE IF NOT EXISTS t(a); INSERT INTO t VALUES(1)");
		cni_conn_close(conn);
		const char *before = hash_of(f, "a.db");
		struct stat was, is;
		stat(path_of(f, "a.db"), &was);
		conn = open_db(f, "a.db", CNI_OPEN_READ);
		assert_int_equal(int_of(f, conn, "SELECT count(*) FROM t"), (int64_t)i + 1);
		assert_int_equal(cni_conn_exec(conn, "INSERT INTO t VALUES(2)", &f->err), CN_EIO);
		assert_true(
			cni_conn_exec(conn,
				"PRAGMA journal_mode=delete; PRAGMA query_only=off; INSERT INTO t VALUES(3)",
				&f->err) < 0);
		cni_schema *schema;
		assert_ok(cni_conn_inspect(conn, &f->arena, &schema, &f->err), &f->err);
		assert_int_equal(schema->object_count, 1);
		cni_conn_close(conn);
		assert_folder(f, (const char *const[]){"a.db", NULL});
		assert_string_equal(hash_of(f, "a.db"), before);
		stat(path_of(f, "a.db"), &is);
		assert_int_equal(was.st_mtim.tv_nsec, is.st_mtim.tv_nsec);
		assert_int_equal(was.st_mtim.tv_sec, is.st_mtim.tv_sec);
	}
}

/* A log that a crash has left: the rows in it are seen, and both files stay as they are. */
static void reads_a_log_that_was_left(void **state)
{
	fixture *f = *state;
	cni_conn *conn = open_db(f, "a.db", CNI_OPEN_CREATE);
	exec(f, conn, "CREATE TABLE t(a); INSERT INTO t VALUES(1)");
	assert_ok(cni_file_copy(path_of(f, "a.db"), path_of(f, "b.db"), &f->err), &f->err);
	assert_ok(cni_file_copy(path_of(f, "a.db-wal"), path_of(f, "b.db-wal"), &f->err), &f->err);
	cni_conn_close(conn);
	unlink(path_of(f, "a.db"));
	const char *file = hash_of(f, "b.db"), *log = hash_of(f, "b.db-wal");
	conn = open_db(f, "b.db", CNI_OPEN_READ);
	assert_int_equal(int_of(f, conn, "SELECT a FROM t"), 1);
	cni_conn_close(conn);
	assert_folder(f, (const char *const[]){"b.db", "b.db-wal", NULL});
	assert_string_equal(hash_of(f, "b.db"), file);
	assert_string_equal(hash_of(f, "b.db-wal"), log);
	/* while somebody writes, reading sees what is committed and takes nothing away */
	cni_conn *writer = open_db(f, "b.db", CNI_OPEN_WRITE);
	exec(f, writer, "INSERT INTO t VALUES(2)");
	conn = open_db(f, "b.db", CNI_OPEN_READ);
	assert_int_equal(int_of(f, conn, "SELECT sum(a) FROM t"), 3);
	exec(f, writer, "INSERT INTO t VALUES(3)");
	assert_int_equal(int_of(f, conn, "SELECT sum(a) FROM t"), 6);
	cni_conn_close(conn);
	exec(f, writer, "INSERT INTO t VALUES(4)");
	cni_conn_close(writer);
}

static void a_hot_journal_is_rolled_back_unless_only_reading_was_asked(void **state)
{
	fixture *f = *state;
	cni_conn *conn = open_db(f, "sqlite:///a.db?journal_mode=delete", CNI_OPEN_CREATE);
	exec(f, conn,
		"CREATE TABLE t(a); INSERT INTO t VALUES(1); PRAGMA cache_size=1; BEGIN;"
		"WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM c WHERE i < 500) "
		"INSERT INTO t SELECT hex(zeroblob(500)) FROM c");
	assert_ok(cni_file_copy(path_of(f, "a.db"), path_of(f, "b.db"), &f->err), &f->err);
	assert_ok(cni_file_copy(path_of(f, "a.db-journal"), path_of(f, "b.db-journal"), &f->err),
		&f->err);
	cni_conn_rollback(conn);
	cni_conn_close(conn);
	const char *before = hash_of(f, "b.db");
	assert_int_equal(
		try_open(f, "sqlite:///b.db?mode=ro", (cni_open_options){0}, &conn), CN_EIO);
	assert_contains(f->err.hint, "open it once for writing");
	assert_string_equal(hash_of(f, "b.db"), before);
	conn = open_db(f, "b.db", CNI_OPEN_READ);
	assert_int_equal(int_of(f, conn, "SELECT count(*) FROM t"), 1);
	cni_conn_close(conn);
}

/* What root may always do must be tried as somebody else. The child's exit code is the number of
 * the check that failed. */
static int as_nobody(fixture *f, int (*check)(fixture *f))
{
	pid_t pid = fork();
	int status = -1;
	if (pid == 0) {
		if (getuid() == 0 && (setgid(65534) < 0 || setuid(65534) < 0))
			_exit(99);
		_exit(check(f));
	}
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int check_permissions(fixture *f)
{
	cni_conn *conn = NULL;
	/* a.db: readable; b.db: nothing; the folder: not writable; w.db: readable, made for WAL */
	if (try_open(f, "a.db", (cni_open_options){.mode = CNI_OPEN_WRITE}, &conn) != CN_EIO ||
		!strstr(f->err.message, "cannot be written") || !strstr(f->err.hint, "?mode=ro"))
		return 1;
	if (try_open(f, "b.db", (cni_open_options){0}, &conn) != CN_EIO ||
		!strstr(f->err.message, "no permission to read"))
		return 2;
	if (try_open(f, "new.db", (cni_open_options){.mode = CNI_OPEN_CREATE}, &conn) != CN_EIO ||
		!strstr(f->err.message, "new.db\" cannot be opened"))
		return 3;
	int64_t rows = 0;
	if (try_open(f, "a.db", (cni_open_options){0}, &conn) != CN_OK ||
		cni_conn_int(conn, "SELECT count(*) FROM t", &rows, NULL) != CN_OK || rows != 1)
		return 4;
	cni_conn_close(conn);
	if (try_open(f, "w.db", (cni_open_options){0}, &conn) != CN_OK ||
		cni_conn_int(conn, "SELECT count(*) FROM t", &rows, NULL) != CN_OK || rows != 1)
		return 5;
	cni_conn_close(conn);
	if (try_open(f, "left.db", (cni_open_options){0}, &conn) != CN_EIO ||
		!strstr(f->err.message, "cannot be read without writing") ||
		!strstr(f->err.hint, "copy the file"))
		return 6;
	return 0;
}

static void respects_permissions(void **state)
{
	fixture *f = *state;
	static const char *const uris[] = {"sqlite:///a.db?journal_mode=delete", "b.db", "w.db"};
	cni_conn *conn;
	for (size_t i = 0; i < 3; i++) {
		conn = open_db(f, uris[i], CNI_OPEN_CREATE);
		exec(f, conn, "CREATE TABLE t(a); INSERT INTO t VALUES(1)");
		if (i == 2) {
			assert_ok(cni_file_copy(path_of(f, "w.db"), path_of(f, "left.db"), &f->err),
				&f->err);
			assert_ok(cni_file_copy(path_of(f, "w.db-wal"), path_of(f, "left.db-wal"),
					  &f->err),
				&f->err);
		}
		cni_conn_close(conn);
	}
	chmod(path_of(f, "a.db"), 0444);
	chmod(path_of(f, "b.db"), 0);
	chmod(path_of(f, "w.db"), 0444);
	chmod(path_of(f, "left.db"), 0444);
	chmod(path_of(f, "left.db-wal"), 0444);
	chmod(f->folder, 0555);
	assert_int_equal(as_nobody(f, check_permissions), 0);
}

typedef struct traced {
	char text[1024];
	int count;
} traced;

static void take_trace(const char *sql, int64_t duration_us, void *ctx)
{
	traced *t = ctx;
	assert_true(duration_us >= 0);
	snprintf(t->text, sizeof t->text, "%s", sql);
	t->count++;
}

static void traces_with_bound_values(void **state)
{
	fixture *f = *state;
	traced t = {0};
	cni_conn *conn = NULL;
	assert_ok(try_open(f, "sqlite://",
			  (cni_open_options){
				  .mode = CNI_OPEN_CREATE, .trace = take_trace, .trace_ctx = &t},
			  &conn),
		&f->err);
	cn_value values[] = {cn_int(5), cn_text("it's")};
	assert_ok(cni_conn_run(conn, "SELECT ?, ?", values, 2, &f->err), &f->err);
	assert_string_equal(t.text, "SELECT 5, 'it''s'");
	cni_conn_close(conn);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(creates_only_in_mode_create),
		TEST(says_what_is_wrong_with_the_place),
		TEST(knows_what_is_no_database),
		TEST(names_the_damaged_object),
		TEST(is_set_to_be_safe),
		TEST(takes_json_in_a_schema),
		TEST(leaves_foreign_files_as_they_are),
		TEST(takes_options_of_the_uri),
		TEST(mode_of_the_uri_only_takes_away),
		TEST(reading_leaves_no_trace),
		TEST(reads_a_log_that_was_left),
		TEST(a_hot_journal_is_rolled_back_unless_only_reading_was_asked),
		TEST(respects_permissions),
		TEST(traces_with_bound_values),
	};
	return RUN(tests);
}
