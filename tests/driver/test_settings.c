/* test_settings.c - what migrations set and put back, and the hash they compare contents with. */
#include "driver_test.h"

static int64_t get(fixture *f, cni_conn *conn, cni_setting setting)
{
	int64_t value = -1;
	assert_ok(cni_conn_get(conn, setting, &value, &f->err), &f->err);
	return value;
}

static void sets_and_reads_back(void **state)
{
	fixture *f = *state;
	cni_conn *conn = open_db(f, "a.db", CNI_OPEN_CREATE);
	static const struct {
		cni_setting setting;
		int64_t usual;
	} rows[] = {
		{CNI_SETTING_FOREIGN_KEYS, 1},
		{CNI_SETTING_LEGACY_ALTER, 0},
		{CNI_SETTING_TRIGGERS, 1},
		{CNI_SETTING_DEFENSIVE, 1},
		{CNI_SETTING_WRITABLE_SCHEMA, 0},
		{CNI_SETTING_QUOTED_STRINGS, 0},
		{CNI_SETTING_DURABLE, 0},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		assert_int_equal(get(f, conn, rows[i].setting), rows[i].usual);
		assert_ok(cni_conn_set(conn, rows[i].setting, !rows[i].usual, &f->err), &f->err);
		assert_int_equal(get(f, conn, rows[i].setting), !rows[i].usual);
		assert_ok(cni_conn_set(conn, rows[i].setting, rows[i].usual, &f->err), &f->err);
		assert_int_equal(get(f, conn, rows[i].setting), rows[i].usual);
		assert_int_equal(cni_conn_set(conn, rows[i].setting, 2, &f->err), CN_EARG);
		assert_int_equal(cni_conn_set(conn, rows[i].setting, -1, &f->err), CN_EARG);
	}
	assert_ok(cni_conn_set(conn, CNI_SETTING_BUSY_TIMEOUT_MS, 17, &f->err), &f->err);
	assert_int_equal(get(f, conn, CNI_SETTING_BUSY_TIMEOUT_MS), 17);
	assert_int_equal(get(f, conn, CNI_SETTING_GUARD), 0);
	assert_int_equal(cni_conn_set(conn, CNI_SETTING_GUARD, 1, &f->err), CN_EARG);
	int64_t value;
	assert_int_equal(cni_conn_set(conn, (cni_setting)99, 1, &f->err), CN_EARG);
	assert_int_equal(cni_conn_get(conn, (cni_setting)0, &value, &f->err), CN_EARG);
	cni_conn_close(conn);
}

static void does_what_it_says(void **state)
{
	fixture *f = *state;
	cni_conn *conn = open_db(f, "a.db", CNI_OPEN_CREATE);
	exec(f, conn,
		"CREATE TABLE p(id INTEGER PRIMARY KEY); CREATE TABLE c(p REFERENCES p);"
		"CREATE TRIGGER g AFTER INSERT ON p BEGIN INSERT INTO c VALUES(new.id); END");
	assert_int_equal(cni_conn_exec(conn, "INSERT INTO c VALUES(9)", &f->err), CN_ECONSTRAINT);
	assert_ok(cni_conn_set(conn, CNI_SETTING_FOREIGN_KEYS, 0, &f->err), &f->err);
	exec(f, conn, "INSERT INTO c VALUES(9)");
	assert_ok(cni_conn_set(conn, CNI_SETTING_TRIGGERS, 0, &f->err), &f->err);
	exec(f, conn, "INSERT INTO p VALUES(1)");
	assert_int_equal(int_of(f, conn, "SELECT count(*) FROM c"), 1);
	assert_int_equal(
		cni_conn_exec(conn, "UPDATE sqlite_schema SET sql = sql", &f->err), CN_ESQL);
	assert_ok(cni_conn_set(conn, CNI_SETTING_DEFENSIVE, 0, &f->err), &f->err);
	assert_ok(cni_conn_set(conn, CNI_SETTING_WRITABLE_SCHEMA, 1, &f->err), &f->err);
	exec(f, conn, "UPDATE sqlite_schema SET sql = sql");
	/* in the middle of a transaction these are refused, not silently passed over */
	exec(f, conn, "BEGIN");
	assert_int_equal(cni_conn_set(conn, CNI_SETTING_FOREIGN_KEYS, 1, &f->err), CN_EARG);
	assert_contains(f->err.message, "foreign_keys cannot change inside a transaction");
	assert_int_equal(cni_conn_set(conn, CNI_SETTING_DURABLE, 1, &f->err), CN_EARG);
	assert_int_equal(get(f, conn, CNI_SETTING_FOREIGN_KEYS), 0);
	cni_conn_rollback(conn);
	cni_conn_close(conn);
}

static void durable_whatever_the_journal(void **state)
{
	fixture *f = *state;
	static const struct {
		const char *uri;
		int64_t usual, durable;
	} rows[] = {
		{"sqlite:///a.db", 1, 3},
		{"sqlite:///b.db?journal_mode=delete", 2, 3},
		{"sqlite:///c.db?synchronous=off", 0, 3},
		{"sqlite:///d.db?journal_mode=truncate&synchronous=extra", 3, 3},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		cni_conn *conn = open_db(f, rows[i].uri, CNI_OPEN_CREATE);
		assert_int_equal(int_of(f, conn, "PRAGMA synchronous"), rows[i].usual);
		assert_ok(cni_conn_set(conn, CNI_SETTING_DURABLE, 1, &f->err), &f->err);
		assert_int_equal(int_of(f, conn, "PRAGMA synchronous"), rows[i].durable);
		assert_int_equal(get(f, conn, CNI_SETTING_DURABLE), 1);
		assert_ok(cni_conn_set(conn, CNI_SETTING_DURABLE, 0, &f->err), &f->err);
		assert_int_equal(int_of(f, conn, "PRAGMA synchronous"), rows[i].usual);
		cni_conn_close(conn);
	}
	/* the guard of a scratch database is in nobody's way here */
	cni_conn *conn = NULL;
	assert_ok(cni_conn_scratch("sqlite", &conn, &f->err), &f->err);
	assert_ok(cni_conn_set(conn, CNI_SETTING_DURABLE, 1, &f->err), &f->err);
	assert_int_equal(get(f, conn, CNI_SETTING_GUARD), 1);
	assert_int_equal(get(f, conn, CNI_SETTING_FOREIGN_KEYS), 0);
	assert_int_equal(cni_conn_exec(conn, "ATTACH 'x' AS y", &f->err), CN_EUNSUPPORTED);
	cni_conn_close(conn);
}

static int64_t hash(fixture *f, cni_conn *conn, const char *values)
{
	int64_t value = 0;
	assert_ok(cni_conn_execf(conn, &f->err, "DELETE FROM h; INSERT INTO h VALUES %s", values),
		&f->err);
	assert_ok(cni_conn_int(conn, "SELECT cantil_hash(a, b) FROM h", &value, &f->err), &f->err);
	return value;
}

static void hashes_contents_and_not_their_order(void **state)
{
	fixture *f = *state;
	cni_conn *conn = memory_db(f);
	exec(f, conn, "CREATE TABLE h(a, b)");
	assert_true(hash(f, conn, "(1,2),(3,4),(5,6)") == hash(f, conn, "(5,6),(1,2),(3,4)"));
	/* all of these are different contents */
	static const char *const rows[] = {"(1,2)", "(2,1)", "(1,2.0)", "(1.0,2)", "('1',2)",
		"(x'31',2)", "(1,NULL)", "(NULL,1)", "(NULL,NULL)", "(0,NULL)", "('','')",
		"('',x'')", "(x'','')", "(0,0)", "(0.0,0)", "('a','bc')", "('ab','c')",
		"('abc','')", "('','abc')", "('a' || char(0),'b')", "('a',char(0) || 'b')",
		"(1,2),(1,2)", "(1,2),(1,2),(1,2)", "(1,1),(2,2)", "(1,2),(2,1)",
		"(9223372036854775807,0)", "(-9223372036854775808,0)", "(9.2233720368547758e18,0)",
		"(-1,0)", "('A','b')", "('a','b')", "('a ','b')", "('\xC3\xBC',1)", "('u',1)",
		"(zeroblob(1),0)", "(zeroblob(2),0)", "(9e999,0)", "(-9e999,0)"};
	int64_t seen[sizeof rows / sizeof *rows];
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		seen[i] = hash(f, conn, rows[i]);
		for (size_t k = 0; k < i; k++)
			if (seen[k] == seen[i])
				fail_msg("%s and %s have one hash", rows[k], rows[i]);
	}
	assert_true(hash(f, conn, "(0.0,1)") == hash(f, conn, "(-0.0,1)"));
	exec(f, conn, "DELETE FROM h");
	assert_int_equal(int_of(f, conn, "SELECT cantil_hash(a, b) FROM h"), 0);
	/* the same in every encoding, in every process: what is written down today can be compared
	 * later */
	cni_conn *wide = memory_db(f);
	exec(f, wide, "PRAGMA encoding = 'UTF-16'; CREATE TABLE h(a, b)");
	assert_true(hash(f, conn, "('Z\xC3\xBCrich', 1)") == hash(f, wide, "('Z\xC3\xBCrich', 1)"));
	/* no view or trigger of a foreign file can call it */
	exec(f, conn, "CREATE VIEW v AS SELECT cantil_hash(a) FROM h");
	assert_int_equal(cni_conn_exec(conn, "SELECT * FROM v", &f->err), CN_ESQL);
	cni_conn_close(wide);
	cni_conn_close(conn);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(sets_and_reads_back),
		TEST(does_what_it_says),
		TEST(durable_whatever_the_journal),
		TEST(hashes_contents_and_not_their_order),
	};
	return RUN(tests);
}
