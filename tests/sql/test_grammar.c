/*
 * test_grammar.c - statements made by chance from SQLite's grammar: what SQLite takes is read, and
 * means what SQLite says.
 *
 * `CANTIL_TEST_SCHEMAS` sets how many schemas (default 2000), `CANTIL_TEST_SEED` the first.
 */
#include "oracle.h"

#include "base/try.h"
#include "random_sql.h"

static unsigned long setting(const char *name, unsigned long otherwise)
{
	const char *text = getenv(name);
	return text ? strtoul(text, NULL, 10) : otherwise;
}

/* A table, another, and what may stand on the first. */
static void write_schema(random_sql *r)
{
	cni_buffer_puts(r->out, "CREATE TABLE t1 (c0 INTEGER PRIMARY KEY, c1 TEXT);\n");
	random_sql_table(r);
	cni_buffer_puts(
		r->out, ";\nCREATE TABLE IF NOT EXISTS t0 (c0 UNIQUE, c1, c2, c3, c4, c5);\n");
	for (int i = 0; i < 3; i++) {
		random_sql_index(r);
		cni_buffer_puts(r->out, ";\n");
	}
	random_sql_view(r);
	cni_buffer_puts(r->out, ";\n");
	random_sql_trigger(r);
	cni_buffer_puts(r->out, ";\n");
}

static void means_what_sqlite_says(void **state)
{
	(void)state;
	unsigned long schemas = setting("CANTIL_TEST_SCHEMAS", 2000),
		      first = setting("CANTIL_TEST_SEED", 1);
	oracle_count count = {0};
	for (unsigned long seed = first; seed < first + schemas; seed++) {
		CLEANUP(cni_buffer_done) cni_buffer script = {0};
		char label[32];
		random_sql r = random_sql_from(seed, &script);
		write_schema(&r);
		snprintf(label, sizeof label, "seed %lu", seed);
		oracle_check(label, script.data, script.size, &count);
	}
	print_message("# %d schemas, %d objects read, %d statements refused by SQLite\n",
		count.schemas, count.objects, count.refused);
	assert_int_equal(count.failed, 0);
	assert_true((unsigned long)count.objects > schemas * 3);
}

typedef enum verdict { TAKEN, SENSELESS, NO_SQL } verdict;

/* NO_SQL: the text is wrong as such, whatever there is in the database. */
static verdict ask_sqlite(sqlite3 *db, const char *sql)
{
	static const char *const faults[] = {
		"syntax error", "unrecognized token", "incomplete input"};
	sqlite3_stmt *stmt = NULL;
	const char *tail = NULL;
	verdict is = SENSELESS;
	if (sqlite3_prepare_v2(db, sql, -1, &stmt, &tail) == SQLITE_OK)
		is = stmt && !*tail ? TAKEN : SENSELESS;
	for (size_t i = 0; i < CNI_COUNT(faults); i++)
		if (strstr(sqlite3_errmsg(db), faults[i]))
			is = NO_SQL;
	sqlite3_finalize(stmt);
	return is;
}

static bool reads(const char *sql)
{
	CLEANUP(cni_arena_done) cni_arena arena = {0};
	cni_ddl ddl;
	cn_error err;
	return cni_ddl_parse(&arena, sql, strlen(sql), &ddl, &err) == CN_OK &&
	       ddl.kind != CNI_DDL_OTHER;
}

static sqlite3 *open_with(const char *script)
{
	sqlite3 *db;
	assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, script, NULL, NULL, NULL), SQLITE_OK);
	return db;
}

/* Every second statement has one token too many, too few, or another. The other way round nothing
 * is claimed: expressions and bodies are passed over, for what is stored has been through SQLite.
 */
static void reads_what_sqlite_takes(void **state)
{
	(void)state;
	static void (*const kinds[])(random_sql * r) = {random_sql_table, random_sql_table,
		random_sql_table, random_sql_index, random_sql_view, random_sql_trigger};
	unsigned long statements = 10 * setting("CANTIL_TEST_SCHEMAS", 2000),
		      first = setting("CANTIL_TEST_SEED", 1);
	unsigned long seen[3] = {0}, missed = 0;
	/* what is there already, a statement with IF NOT EXISTS is not looked at closely */
	sqlite3 *empty = open_with(""),
		*db = open_with("CREATE TABLE t0 (c0 UNIQUE, c1, c2, c3, c4, c5);"
				"CREATE TABLE t1 (c0)");
	for (unsigned long seed = first; seed < first + statements; seed++) {
		CLEANUP(cni_buffer_done) cni_buffer whole = {0};
		CLEANUP(cni_buffer_done) cni_buffer spoiled = {0};
		random_sql r = random_sql_from(seed, &whole);
		unsigned kind = random_sql_below(&r, CNI_COUNT(kinds));
		r.may_be_temporary = true;
		r.columns = 3;
		kinds[kind](&r);
		r.out = &spoiled;
		random_sql_spoil(&r, cni_buffer_text(&whole));
		const char *sql = seed % 2 ? cni_buffer_text(&spoiled) : cni_buffer_text(&whole);
		verdict is = ask_sqlite(kind < 3 ? empty : db, sql);
		seen[is]++;
		if (is == TAKEN && !reads(sql) && ++missed <= 10)
			print_message("# seed %lu not read: %s\n", seed, sql);
	}
	sqlite3_close(empty);
	sqlite3_close(db);
	print_message("# %lu taken (%lu not read), %lu senseless, %lu no SQL\n", seen[TAKEN],
		missed, seen[SENSELESS], seen[NO_SQL]);
	assert_int_equal(missed, 0);
	assert_true(seen[TAKEN] * 5 > statements && seen[NO_SQL] * 10 > statements);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(means_what_sqlite_says),
		cmocka_unit_test(reads_what_sqlite_takes),
	};
	return RUN(tests);
}
