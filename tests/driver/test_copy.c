/* test_copy.c - snapshots to try things on, and backups: consistent, and the source is only read.
 */
#include "driver_test.h"

#include "base/hash.h"

static const char digest[] = "SELECT cantil_hash(id, a) FROM t";

static cni_conn *filled(fixture *f, const char *uri)
{
	cni_conn *conn = open_db(f, uri, CNI_OPEN_CREATE);
	exec(f, conn,
		"CREATE TABLE t(id INTEGER PRIMARY KEY, a); CREATE INDEX i ON t(a); CREATE VIRTUAL TABLE d USING fts5(x);"
		"WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM c WHERE i < 1000)"
		"INSERT INTO t SELECT i, hex(randomblob(20)) FROM c; INSERT INTO d VALUES('some words')");
	return conn;
}

static void copies_a_live_database_to_try_things_on(void **state)
{
	fixture *f = *state;
	static const char *const uris[] = {
		"sqlite:///a.db", "sqlite:///b.db?journal_mode=delete", "sqlite://"};
	for (size_t i = 0; i < 3; i++) {
		cni_conn *conn = filled(f, uris[i]), *copy = NULL;
		int64_t was = int_of(f, conn, digest);
		assert_ok(cni_conn_snapshot(conn, &copy, &f->err), &f->err);
		assert_null(copy->path);
		assert_true(int_of(f, copy, digest) == was);
		assert_int_equal(
			int_of(f, copy, "SELECT count(*) FROM d WHERE d MATCH 'words'"), 1);
		assert_string_equal(text_of(f, copy, "PRAGMA integrity_check"), "ok");
		/* what happens to one does not happen to the other */
		exec(f, copy, "BEGIN; DROP TABLE t; COMMIT");
		assert_true(int_of(f, conn, digest) == was);
		exec(f, conn, "DELETE FROM d");
		assert_int_equal(int_of(f, copy, "SELECT count(*) FROM d"), 1);
		cni_conn_close(copy);
		cni_conn_close(conn);
	}
}

static void keeps_every_page_size_and_encoding(void **state)
{
	fixture *f = *state;
	static const char *const rows[] = {"PRAGMA page_size = 512", "PRAGMA page_size = 65536",
		"PRAGMA encoding = 'UTF-16be'", "PRAGMA auto_vacuum = 1"};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		cni_conn *conn = memory_db(f), *copy = NULL;
		exec(f, conn, rows[i]);
		exec(f, conn, "CREATE TABLE t(a); INSERT INTO t VALUES('Z\xC3\xBCrich')");
		assert_ok(cni_conn_snapshot(conn, &copy, &f->err), &f->err);
		assert_string_equal(text_of(f, copy, "SELECT a FROM t"), "Z\xC3\xBCrich");
		assert_int_equal(
			int_of(f, copy, "PRAGMA page_size"), int_of(f, conn, "PRAGMA page_size"));
		cni_conn_close(copy);
		char name[16];
		snprintf(name, sizeof name, "%zu.db", i);
		assert_ok(cni_conn_backup(conn, path_of(f, name), &f->err), &f->err);
		copy = open_db(f, name, CNI_OPEN_READ);
		assert_string_equal(text_of(f, copy, "SELECT a FROM t"), "Z\xC3\xBCrich");
		cni_conn_close(copy);
		cni_conn_close(conn);
	}
}

/* Above 64 MB: not in memory, and no file to be seen. */
static void copies_large_databases_to_a_nameless_file(void **state)
{
	fixture *f = *state;
	cni_conn *conn = open_db(
			 f, "sqlite:///a.db?synchronous=off&journal_mode=memory", CNI_OPEN_CREATE),
		 *copy = NULL;
	exec(f, conn,
		"CREATE TABLE t(id INTEGER PRIMARY KEY, a);"
		"WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM c WHERE i < 70)"
		"INSERT INTO t SELECT i, zeroblob(1000000) FROM c");
	assert_true(cni_file_size(path_of(f, "a.db")) > 64 << 20);
	assert_ok(cni_conn_snapshot(conn, &copy, &f->err), &f->err);
	assert_int_equal(int_of(f, copy, "SELECT sum(length(a)) FROM t"), 70000000);
	assert_string_equal(
		text_of(f, copy, "SELECT file FROM pragma_database_list WHERE name = 'main'"), "");
	exec(f, copy, "DELETE FROM t");
	assert_int_equal(int_of(f, conn, "SELECT count(*) FROM t"), 70);
	cni_conn_close(copy);
	cni_conn_close(conn);
}

static void copies_what_is_committed(void **state)
{
	fixture *f = *state;
	cni_conn *conn = filled(f, "a.db"), *writer = open_db(f, "a.db", CNI_OPEN_WRITE),
		 *copy = NULL;
	exec(f, writer, "BEGIN IMMEDIATE; DELETE FROM t");
	assert_ok(cni_conn_snapshot(conn, &copy, &f->err), &f->err);
	assert_int_equal(int_of(f, copy, "SELECT count(*) FROM t"), 1000);
	cni_conn_close(copy);
	assert_ok(cni_conn_backup(conn, path_of(f, "b.db"), &f->err), &f->err);
	/* its own half-written transaction is no state to copy */
	copy = NULL;
	assert_int_equal(cni_conn_snapshot(writer, &copy, &f->err), CN_ECONFLICT);
	assert_contains(f->err.hint, "commit or roll back this connection's own transaction");
	assert_null(copy);
	assert_int_equal(cni_conn_backup(writer, path_of(f, "c.db"), &f->err), CN_ECONFLICT);
	assert_false(is_there(f, "c.db"));
	cni_conn_close(writer);
	cni_conn_close(conn);
	copy = open_db(f, "b.db", CNI_OPEN_READ);
	assert_int_equal(int_of(f, copy, "SELECT count(*) FROM t"), 1000);
	cni_conn_close(copy);
}

static void writes_backups_whole_or_not_at_all(void **state)
{
	fixture *f = *state;
	cni_conn *conn = filled(f, "a.db"), *copy;
	int64_t was = int_of(f, conn, digest);
	chmod(path_of(f, "a.db"), 0640);
	assert_ok(cni_conn_backup(conn, path_of(f, "b.db"), &f->err), &f->err);
	struct stat st;
	assert_int_equal(stat(path_of(f, "b.db"), &st), 0);
	assert_int_equal(
		st.st_mode & 0777, 0640); /* no more people may read it than the original */
	copy = open_db(f, "b.db", CNI_OPEN_READ);
	assert_true(int_of(f, copy, digest) == was);
	assert_string_equal(text_of(f, copy, "PRAGMA integrity_check"), "ok");
	cni_conn_close(copy);
	/* what is there stays, whatever it is */
	assert_ok(cni_file_write(path_of(f, "c.db"), "mine", 4, true, &f->err), &f->err);
	assert_int_equal(cni_conn_backup(conn, path_of(f, "c.db"), &f->err), CN_ECONFLICT);
	assert_contains(f->err.detail, "File exists");
	assert_int_equal(cni_file_size(path_of(f, "c.db")), 4);
	assert_int_equal(cni_conn_backup(conn, path_of(f, "no/such.db"), &f->err), CN_EIO);
	assert_int_equal(cni_conn_backup(conn, "", &f->err), CN_EARG);
	cni_conn_close(conn);
	/* from one that may only read, too, which leaves no trace */
	conn = open_db(f, "a.db", CNI_OPEN_READ);
	assert_ok(cni_conn_backup(conn, path_of(f, "d.db"), &f->err), &f->err);
	cni_conn_close(conn);
	const char **names;
	size_t count;
	assert_ok(cni_dir_list(&f->arena, f->folder, &names, &count, &f->err), &f->err);
	assert_int_equal(count, 4); /* a.db b.db c.db d.db: nothing half-done */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(copies_a_live_database_to_try_things_on),
		TEST(keeps_every_page_size_and_encoding),
		TEST(copies_large_databases_to_a_nameless_file),
		TEST(copies_what_is_committed),
		TEST(writes_backups_whole_or_not_at_all),
	};
	return RUN(tests);
}
