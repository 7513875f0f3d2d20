/*
 * test_corpus.c - every schema of a corpus of .sql files through SQLite and back.
 *
 * The corpora lie beside the repository and are not part of it; without them there is nothing to do
 * here. CANTIL_TEST_SQL names a folder of one's own; with CANTIL_TEST_ALL no file is passed over.
 */
#include "oracle.h"

#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

/* Opening thousands of databases takes ten times as long when a sanitizer watches each allocation.
 */
#if defined(__SANITIZE_ADDRESS__)
#define SLOW_BUILD true
#else
#define SLOW_BUILD false
#endif

/* nftw has no context */
static oracle_count *counting;
static int every, seen; /* one file in so many is looked at */

static int visit(const char *path, const struct stat *st, int flag, struct FTW *at)
{
	size_t length = strlen(path);

	(void)at;
	if (flag != FTW_F || length < 4 || strcmp(path + length - 4, ".sql") != 0 || seen++ % every)
		return 0;
	FILE *file = fopen(path, "rb");
	assert_non_null(file);
	char *text = malloc((size_t)st->st_size + 1);
	assert_non_null(text);
	size_t size = fread(text, 1, (size_t)st->st_size, file);
	fclose(file);
	oracle_check(path, text, size, counting);
	free(text);
	return 0;
}

static oracle_count walk(const char *folder, int one_in)
{
	oracle_count count = {0};

	counting = &count;
	every = getenv("CANTIL_TEST_ALL") ? 1 : one_in;
	seen = 0;
	assert_int_equal(nftw(folder, visit, 16, FTW_PHYS), 0);
	printf("# %s: %d schemas, %d objects read, %d written, %d failed\n", folder, count.schemas,
		count.objects, count.written, count.failed);
	assert_true(count.objects > 0);
	assert_int_equal(count.failed, 0);
	return count;
}

static void walk_beside(const char *folder, int one_in)
{
	char path[4096];
	const char *source = getenv("CANTIL_TEST_SOURCE");

	snprintf(path, sizeof path, "%s/../shared/%s", source ? source : ".", folder);
	walk(path, one_in);
}

static void reads_our_own_schemas(void **state)
{
	char path[4096];
	const char *source = getenv("CANTIL_TEST_SOURCE");

	(void)state;
	snprintf(path, sizeof path, "%s/tests/sql/schemas", source ? source : ".");
	assert_int_equal(walk(path, 1).refused, 0);
}

static void reads_schemas_of_sqlites_tests(void **state)
{
	(void)state;
	walk_beside("creates/schemas", SLOW_BUILD ? 4 : 1);
}

static void reads_histories_of_programs(void **state)
{
	(void)state;
	walk_beside("corpus/histories", SLOW_BUILD ? 64 : 16); /* neighbours are nearly alike */
}

static void reads_a_folder_of_ones_own(void **state)
{
	(void)state;
	walk(getenv("CANTIL_TEST_SQL"), 1);
}

/* What is not there is left out: cmocka's way to skip is a failure in TAP. */
int main(void)
{
	const char *source = getenv("CANTIL_TEST_SOURCE");
	struct CMUnitTest tests[4] = {cmocka_unit_test(reads_our_own_schemas)};
	size_t count = 1;
	char shared[4096];

	snprintf(shared, sizeof shared, "%s/../shared", source ? source : ".");
	if (access(shared, R_OK) == 0) {
		tests[count++] =
			(struct CMUnitTest)cmocka_unit_test(reads_schemas_of_sqlites_tests);
		tests[count++] = (struct CMUnitTest)cmocka_unit_test(reads_histories_of_programs);
	}
	if (getenv("CANTIL_TEST_SQL"))
		tests[count++] = (struct CMUnitTest)cmocka_unit_test(reads_a_folder_of_ones_own);
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return _cmocka_run_group_tests("corpus", tests, count, NULL, NULL);
}
