/* test_error.c - what SQLite refuses, as status, SQLSTATE, message, detail and hint. */
#include "driver_test.h"

#include <pthread.h>
#include <time.h>

#include "base/clock.h"

static void names_the_constraint(void **state)
{
	fixture *f = *state;
	cni_conn *conn = memory_db(f);
	exec(f, conn,
		"CREATE TABLE author(id INTEGER PRIMARY KEY, email TEXT UNIQUE NOT NULL, age INT, CHECK(age > 0),"
		"CONSTRAINT grown_up CHECK(age < 200));"
		"CREATE TABLE post(author_id NOT NULL REFERENCES author, a, b, PRIMARY KEY(a, b)) WITHOUT ROWID;"
		"CREATE TABLE strict_one(n INT) STRICT; CREATE TABLE low(e); CREATE UNIQUE INDEX lower_e ON low(lower(e)); INSERT INTO low VALUES('a');"
		"CREATE TRIGGER guard BEFORE DELETE ON author BEGIN SELECT RAISE(ABORT, 'authors stay'); END;"
		"INSERT INTO author VALUES(1, 'a@b', 5); INSERT INTO post VALUES(1, 1, 1)");
	static const struct {
		const char *sql, *sqlstate, *message, *detail;
	} rows[] = {
		{"INSERT INTO author VALUES(2, 'a@b', 5)", "23505",
			"UNIQUE constraint failed: author.email",
			"unique constraint on author.email; "},
		{"INSERT INTO low VALUES('A')", "23505",
			"UNIQUE constraint failed: index 'lower_e'",
			"unique constraint on index 'lower_e'"},
		{"INSERT INTO author VALUES(1, 'c@d', 5)", "23505",
			"UNIQUE constraint failed: author.id", "primary key on author.id"},
		{"INSERT INTO post VALUES(1, 1, 1)", "23505",
			"UNIQUE constraint failed: post.a, post.b",
			"primary key on post.a, post.b"},
		{"INSERT INTO author VALUES(2, NULL, 5)", "23502",
			"NOT NULL constraint failed: author.email",
			"not null constraint on author.email"},
		{"INSERT INTO author VALUES(2, 'x', -5)", "23514",
			"CHECK constraint failed: age > 0",
			"check constraint on age > 0; INSERT INTO author VALUES(2, 'x', -5)"},
		{"INSERT INTO author VALUES(2, 'x', 500)", "23514",
			"CHECK constraint failed: grown_up", "check constraint on grown_up"},
		{"INSERT INTO post VALUES(9, 2, 2)", "23503", "FOREIGN KEY constraint failed",
			"foreign key; INSERT INTO post"},
		{"INSERT INTO strict_one VALUES('text')", "22018",
			"cannot store TEXT value in INT column strict_one.n",
			"type of a STRICT table"},
		{"INSERT INTO author(id) VALUES('text')", "22018", "datatype mismatch",
			"INSERT INTO author"},
		{"DELETE FROM author", "23000", "authors stay", "trigger; DELETE FROM author"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		assert_int_equal(cni_conn_run(conn, rows[i].sql, NULL, 0, &f->err), CN_ECONSTRAINT);
		assert_string_equal(f->err.message, rows[i].message);
		assert_string_equal(f->err.sqlstate, rows[i].sqlstate);
		assert_contains(f->err.detail, rows[i].detail);
		assert_int_equal(f->err.status, CN_ECONSTRAINT);
	}
	cni_conn_close(conn);
}

static void shows_the_place_in_the_statement(void **state)
{
	fixture *f = *state;
	cni_conn *conn = memory_db(f);
	cni_stmt *stmt;
	assert_int_equal(cni_conn_prepare(conn, "SELEC 1", &stmt, &f->err), CN_ESQL);
	assert_string_equal(f->err.message, "near \"SELEC\": syntax error");
	assert_string_equal(f->err.detail, "SELEC 1");
	assert_string_equal(f->err.sqlstate, "");
	exec(f, conn, "CREATE TABLE t(a)");
	/* long, and the mistake near its end; no character is cut in two */
	char sql[4000] = "SELECT a";
	while (strlen(sql) < 3000)
		strcat(sql, ", '\xC3\xBC\xE2\x82\xAC\xF0\x9F\x99\x82'  \n\t || a");
	strcat(sql, ", mistke, 1, 2 FROM t");
	assert_int_equal(cni_conn_prepare(conn, sql, &stmt, &f->err), CN_ESQL);
	assert_string_equal(f->err.message, "no such column: mistke");
	assert_contains(f->err.detail, "mistke, 1, 2 FROM t");
	assert_true(strlen(f->err.detail) < 300);
	assert_true(strncmp(f->err.detail, "\xE2\x80\xA6", 3) == 0);
	assert_null(strchr(f->err.detail, '\n'));
	for (const char *p = f->err.detail + 3; *p;
		p++) /* whole characters: the first is none's tail */
		if (p == f->err.detail + 3)
			assert_true(((unsigned char)*p & 0xC0) != 0x80);
	assert_int_equal(
		cni_conn_run(conn, "SELECT zeroblob(2000000000)", NULL, 0, &f->err), CN_EARG);
	assert_contains(f->err.message, "too big");
	assert_int_equal(
		cni_conn_run(conn, "SELECT abs(-9223372036854775807 - 1)", NULL, 0, &f->err),
		CN_ESQL);
	assert_string_equal(f->err.message, "integer overflow");
	/* nobody wants the text */
	assert_int_equal(cni_conn_run(conn, "SELEC 1", NULL, 0, NULL), CN_ESQL);
	cni_conn_close(conn);
}

static void tells_that_the_disk_is_full(void **state)
{
	fixture *f = *state;
	cni_conn *conn = memory_db(f);
	exec(f, conn, "CREATE TABLE t(a); PRAGMA max_page_count = 10; BEGIN");
	assert_int_equal(
		cni_conn_exec(conn, "INSERT INTO t VALUES(zeroblob(1000000))", &f->err), CN_EIO);
	assert_string_equal(f->err.message, "database or disk is full");
	assert_contains(f->err.hint, "make room");
	cni_conn_rollback(conn);
	assert_false(cni_conn_in_transaction(conn));
	assert_int_equal(int_of(f, conn, "SELECT count(*) FROM t"), 0);
	cni_conn_close(conn);
}

static void tells_that_the_file_is_damaged(void **state)
{
	fixture *f = *state;
	cni_conn *conn = open_db(f, "sqlite:///a.db?journal_mode=delete", CNI_OPEN_CREATE);
	exec(f, conn, "CREATE TABLE t(a); INSERT INTO t VALUES('row')");
	cni_conn_close(conn);
	FILE *file = fopen(path_of(f, "a.db"), "r+b");
	fseek(file, 4096, SEEK_SET); /* the second page: the table */
	for (int i = 0; i < 4096; i++)
		fputc(0xA5, file);
	fclose(file);
	conn = open_db(f, "a.db", CNI_OPEN_READ);
	assert_int_equal(cni_conn_exec(conn, "SELECT * FROM t", &f->err), CN_EIO);
	assert_string_equal(f->err.message, "database disk image is malformed");
	assert_contains(f->err.hint, "restore the last backup");
	cni_conn_close(conn);
}

static cni_conn *impatient(fixture *f, unsigned timeout_ms)
{
	cni_conn *conn = NULL;
	assert_ok(try_open(f, "a.db",
			  (cni_open_options){.mode = CNI_OPEN_WRITE, .busy_timeout_ms = timeout_ms},
			  &conn),
		&f->err);
	return conn;
}

static void waits_no_longer_than_asked(void **state)
{
	fixture *f = *state;
	cni_conn *holder = open_db(f, "a.db", CNI_OPEN_CREATE), *conn;
	exec(f, holder, "CREATE TABLE t(a)");
	assert_ok(cni_conn_begin(holder, CNI_TX_WRITE, &f->err), &f->err);
	conn = impatient(f, 120);
	int64_t start = cni_clock_mono_us();
	assert_int_equal(cni_conn_begin(conn, CNI_TX_WRITE, &f->err), CN_ECONFLICT);
	int64_t waited = cni_clock_mono_us() - start;
	assert_true(waited >= 119000 && waited < 3000000);
	assert_string_equal(f->err.message, "database is locked");
	assert_string_equal(f->err.sqlstate, "55P03");
	assert_contains(f->err.detail, "another connection holds its lock; BEGIN IMMEDIATE");
	assert_contains(f->err.hint, "waits up to 120 ms");
	assert_false(cni_conn_in_transaction(conn));
	/* reading goes on meanwhile */
	assert_int_equal(int_of(f, conn, "SELECT count(*) FROM t"), 0);
	/* a snapshot that is too old is told at once, and what to do */
	assert_ok(cni_conn_begin(conn, CNI_TX_READ, &f->err), &f->err);
	assert_int_equal(int_of(f, conn, "SELECT count(*) FROM t"), 0);
	exec(f, holder, "INSERT INTO t VALUES(1); COMMIT");
	assert_int_equal(cni_conn_exec(conn, "INSERT INTO t VALUES(2)", &f->err), CN_ECONFLICT);
	assert_string_equal(f->err.sqlstate, "40001");
	assert_contains(f->err.detail, "has written since");
	assert_contains(f->err.hint, "roll back and run the transaction again");
	cni_conn_rollback(conn);
	exec(f, conn, "INSERT INTO t VALUES(2)");
	cni_conn_close(conn);
	cni_conn_close(holder);
}

static void tells_that_it_is_locked_when_it_opens(void **state)
{
	fixture *f = *state;
	cni_conn *holder = open_db(f, "sqlite:///a.db?journal_mode=delete", CNI_OPEN_CREATE),
		 *conn = NULL;
	exec(f, holder, "CREATE TABLE t(a); BEGIN EXCLUSIVE");
	assert_int_equal(
		try_open(f, "sqlite:///a.db?busy_timeout_ms=30", (cni_open_options){0}, &conn),
		CN_ECONFLICT);
	assert_contains(f->err.message, "a.db\" cannot be opened: database is locked");
	/* in use, but not locked for readers: it is opened, only its journal mode stays */
	exec(f, holder, "COMMIT; BEGIN IMMEDIATE");
	conn = impatient(f, 30);
	assert_string_equal(text_of(f, conn, "PRAGMA journal_mode"), "delete");
	assert_int_equal(int_of(f, conn, "PRAGMA synchronous"), 2);
	cni_conn_close(conn);
	cni_conn_close(holder);
}

typedef struct helper {
	cni_conn *conn;
	fixture *f;
	cn_status status;
	cn_error err;
} helper;

static void *begin_and_commit(void *ctx)
{
	helper *h = ctx;
	h->status = cni_conn_begin(h->conn, CNI_TX_WRITE, &h->err);
	if (h->status == CN_OK)
		h->status = cni_conn_commit(h->conn, &h->err);
	return NULL;
}

static void gets_the_lock_when_it_is_free(void **state)
{
	fixture *f = *state;
	cni_conn *holder = open_db(f, "a.db", CNI_OPEN_CREATE);
	exec(f, holder, "CREATE TABLE t(a); BEGIN IMMEDIATE");
	helper h = {.conn = impatient(f, 60000), .f = f};
	pthread_t thread;
	pthread_create(&thread, NULL, begin_and_commit, &h);
	exec(f, holder, "INSERT INTO t VALUES(1); COMMIT");
	pthread_join(thread, NULL);
	assert_int_equal(h.status, CN_OK);
	cni_conn_close(h.conn);
	cni_conn_close(holder);
}

static void is_interrupted_while_it_waits(void **state)
{
	fixture *f = *state;
	cni_conn *holder = open_db(f, "a.db", CNI_OPEN_CREATE);
	exec(f, holder, "CREATE TABLE t(a); BEGIN IMMEDIATE");
	helper h = {.conn = impatient(f, 3600000), .f = f, .status = CN_OK};
	pthread_t thread;
	struct timespec soon = {.tv_nsec = 1000000};
	pthread_create(&thread, NULL, begin_and_commit, &h);
	/* the thread may not have come so far yet, and an interrupt of nothing is nothing: so again
	 * and again */
	while (pthread_tryjoin_np(thread, NULL) != 0) {
		cni_conn_interrupt(h.conn);
		nanosleep(&soon, NULL);
	}
	assert_int_equal(h.status, CN_ECANCELED);
	assert_string_equal(h.err.message, "interrupted");
	cni_conn_close(h.conn);
	cni_conn_close(holder);
}

static void *endless(void *ctx)
{
	helper *h = ctx;
	h->status = cni_conn_exec(h->conn,
		"WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM c) SELECT count(*) FROM c",
		&h->err);
	return NULL;
}

static void is_interrupted_while_it_works(void **state)
{
	fixture *f = *state;
	helper h = {.conn = memory_db(f), .f = f};
	pthread_t thread;
	struct timespec soon = {.tv_nsec = 1000000};
	pthread_create(&thread, NULL, endless, &h);
	while (pthread_tryjoin_np(thread, NULL) != 0) {
		cni_conn_interrupt(h.conn);
		nanosleep(&soon, NULL);
	}
	assert_int_equal(h.status, CN_ECANCELED);
	assert_string_equal(h.err.sqlstate, "57014");
	/* the next is not concerned */
	assert_int_equal(int_of(f, h.conn, "SELECT 5"), 5);
	cni_conn_close(h.conn);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(names_the_constraint),
		TEST(shows_the_place_in_the_statement),
		TEST(tells_that_the_disk_is_full),
		TEST(tells_that_the_file_is_damaged),
		TEST(waits_no_longer_than_asked),
		TEST(tells_that_it_is_locked_when_it_opens),
		TEST(gets_the_lock_when_it_is_free),
		TEST(is_interrupted_while_it_waits),
		TEST(is_interrupted_while_it_works),
	};
	return RUN(tests);
}
