/* test_upgrade.c - cn_upgrade and cn_downgrade: revisions that are in the program. */
#include "tap.h"

#include <cantil/cantil.h>

#include <unistd.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/try.h"

#define HEAD(id, parent) "-- cantil: revision " id "\n-- parents: " parent "\n-- upgrade sqlite\n"

static const char *const texts[] = {
	HEAD("a",
		"") "CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER);\n-- downgrade sqlite\nDROP TABLE t;\n",
	HEAD("b",
		"a") "ALTER TABLE t ADD COLUMN m INTEGER;\n-- data: twice\nUPDATE t SET m = n * 2;\n"
		     "-- downgrade sqlite\nALTER TABLE t DROP COLUMN m;\n",
};

typedef struct embedded { /* what `cantil embed` would have written */
	char sums[2][65], path[64], uri[80];
	cn_migration_file files[2];
	cn_migrations first, both;
} embedded;

static int setup(void **state)
{
	embedded *e = calloc(1, sizeof *e);
	static const char *const ids[] = {"a", "b"};
	for (size_t i = 0; i < 2; i++) {
		cni_sha256_text(texts[i], strlen(texts[i]), e->sums[i]);
		e->files[i] =
			(cn_migration_file){ids[i], e->sums[i], ids[i], texts[i], strlen(texts[i])};
	}
	e->first = (cn_migrations){CN_MIGRATIONS_FORMAT, "m", e->files, 1};
	e->both = (cn_migrations){CN_MIGRATIONS_FORMAT, "m", e->files, 2};
	snprintf(e->path, sizeof e->path, "/tmp/cantil-upgrade-%ld.db", (long)getpid());
	snprintf(e->uri, sizeof e->uri, "sqlite:///%s", e->path);
	(void)!unlink(e->path);
	*state = e;
	return 0;
}

static int teardown(void **state)
{
	embedded *e = *state;
	static const char *const ends[] = {"", "-wal", "-shm"};
	for (size_t i = 0; i < CNI_COUNT(ends); i++) {
		char path[80];
		snprintf(path, sizeof path, "%s%s", e->path, ends[i]);
		(void)!unlink(path);
	}
	free(e);
	return 0;
}

static cn_db *open_db(const char *uri)
{
	cn_error err;
	cn_db *db;
	assert_ok(cn_db_open(uri, &(cn_db_options){.create = true}, &db, &err), &err);
	return db;
}

static void works(cn_db *db, const char *sql)
{
	cn_error err;
	assert_ok(cn_db_exec(db, sql, &err), &err);
}

static void fails(cn_db *db, const char *sql)
{
	cn_error err;
	assert_int_equal(cn_db_exec(db, sql, &err), CN_ESQL);
}

static void life(cn_db *db, const embedded *e)
{
	cn_error err;
	assert_ok(cn_upgrade(db, &e->first, "head", &err), &err);
	works(db, "INSERT INTO t (n) VALUES (4)");
	fails(db, "UPDATE t SET m = 1");
	assert_ok(cn_upgrade(db, &e->both, NULL, &err), &err);
	/* a row of which that is not so breaks the key */
	works(db, "INSERT INTO t (id) SELECT 1 FROM t WHERE m IS NOT 8");
	assert_ok(cn_upgrade(db, &e->both, "head", &err), &err);
	assert_int_equal(cn_upgrade(db, &e->first, "head", &err), CN_ESCHEMA);
	assert_non_null(strstr(err.message, "newer than this program: it has revision \"b\""));
	works(db, "UPDATE t SET m = 1");
	assert_ok(cn_downgrade(db, &e->both, NULL, &err), &err);
	fails(db, "UPDATE t SET m = 1");
	assert_ok(cn_downgrade(db, &e->both, "base", &err), &err);
	fails(db, "SELECT n FROM t");
}

static void a_file(void **state)
{
	const embedded *e = *state;
	cn_db *db = open_db(e->uri);
	life(db, e);
	cn_db_close(db);
}

static void a_database_in_memory(void **state)
{
	cn_db *db = open_db("sqlite://");
	life(db, *state);
	cn_db_close(db);
}

static void refuses_what_was_edited(void **state)
{
	embedded *e = *state;
	cn_error err;
	cn_db *db = open_db(e->uri);
	e->both.format = 99;
	assert_int_equal(cn_upgrade(db, &e->both, "head", &err), CN_EUNSUPPORTED);
	e->both.format = CN_MIGRATIONS_FORMAT;
	e->sums[1][0] ^= 1;
	assert_int_equal(cn_upgrade(db, &e->both, "head", &err), CN_ESCHEMA);
	assert_non_null(strstr(err.message, "is not what was embedded"));
	assert_int_equal(cn_upgrade(db, NULL, "head", &err), CN_EARG);
	fails(db, "SELECT n FROM t");
	cn_db_close(db);
}

/* The best of several runs: the machine may be busy. */
static void nothing_to_do_takes_no_time(void **state)
{
	const embedded *e = *state;
	int64_t best_us = INT64_MAX;
	cn_error err;
	cn_db *db = open_db(e->uri);
	assert_ok(cn_upgrade(db, &e->both, "head", &err), &err);
	for (int i = 0; i < 20; i++) {
		int64_t began_us = cni_clock_mono_us();
		assert_ok(cn_upgrade(db, &e->both, "head", &err), &err);
		int64_t took_us = cni_clock_mono_us() - began_us;
		best_us = took_us < best_us ? took_us : best_us;
	}
	print_message("# %ld us\n", (long)best_us);
	assert_true(best_us < 10000);
	cn_db_close(db);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_file),
		TEST(a_database_in_memory),
		TEST(refuses_what_was_edited),
		TEST(nothing_to_do_takes_no_time),
	};
	return RUN(tests);
}
