/* test_file.c - bounded reads, whole or not at all writes, paths, checksums. */
#include "tap.h"

#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/hash.h"

typedef struct fixture {
	cni_arena arena;
	char folder[64];
} fixture;

static int setup(void **state)
{
	fixture *f = calloc(1, sizeof *f);
	strcpy(f->folder, "/tmp/cantil-file-XXXXXX");
	*state = f;
	return mkdtemp(f->folder) ? 0 : -1;
}

static int teardown(void **state)
{
	fixture *f = *state;
	const char **names;
	size_t count;
	cn_error err;
	if (cni_dir_list(&f->arena, f->folder, &names, &count, &err) == CN_OK)
		for (size_t i = 0; i < count; i++)
			unlink(cni_path_join(&f->arena, f->folder, names[i]));
	rmdir(f->folder);
	cni_arena_done(&f->arena);
	free(f);
	return 0;
}

static void writes_whole_files(void **state)
{
	fixture *f = *state;
	cn_error err = {0};
	char *path = cni_path_join(&f->arena, f->folder, "it's a \"file\"");
	char *data;
	size_t size, count;
	const char **names;
	assert_ok(cni_file_write(path, "one\0two", 7, true, &err), &err);
	assert_int_equal(cni_file_write(path, "x", 1, true, &err), CN_ECONFLICT);
	assert_ok(cni_file_read(&f->arena, path, 100, &data, &size, &err), &err);
	assert_int_equal(size, 7);
	assert_memory_equal(data, "one\0two", 8);
	assert_ok(cni_file_write(path, "new", 3, false, &err), &err);
	assert_int_equal(cni_file_size(path), 3);
	/* nothing temporary stays behind, whatever happened */
	assert_ok(cni_dir_list(&f->arena, f->folder, &names, &count, &err), &err);
	assert_int_equal(count, 1);
}

static void copies_and_never_overwrites(void **state)
{
	fixture *f = *state;
	cn_error err = {0};
	char *a = cni_path_join(&f->arena, f->folder, "a"),
	     *b = cni_path_join(&f->arena, f->folder, "b");
	static char big[200000];
	memset(big, 'x', sizeof big);
	assert_ok(cni_file_write(a, big, sizeof big, true, &err), &err);
	assert_ok(cni_file_copy(a, b, &err), &err);
	assert_int_equal(cni_file_size(b), (int64_t)sizeof big);
	assert_int_equal(cni_file_copy(a, b, &err), CN_ECONFLICT);
}

static void refuses_with_a_reason(void **state)
{
	fixture *f = *state;
	cn_error err = {0};
	char *data;
	char *missing = cni_path_join(&f->arena, f->folder, "none/x");
	assert_int_equal(cni_file_read(&f->arena, missing, 10, &data, NULL, &err), CN_ENOTFOUND);
	assert_non_null(strstr(err.message, "none/x"));
	assert_int_equal(cni_file_read(&f->arena, f->folder, 10, &data, NULL, &err), CN_EARG);
	assert_non_null(strstr(err.message, "folder"));
	assert_int_equal(cni_file_read(&f->arena, "/dev/zero", 10, &data, NULL, &err), CN_EARG);
	assert_int_equal(cni_file_write(missing, "", 0, false, &err), CN_ENOTFOUND);
	char *path = cni_path_join(&f->arena, f->folder, "long");
	assert_ok(cni_file_write(path, "12345678901", 11, false, &err), &err);
	assert_int_equal(cni_file_read(&f->arena, path, 10, &data, NULL, &err), CN_EARG);
	assert_non_null(strstr(err.message, "limit of 10 bytes"));
	assert_int_equal(cni_dir_make(cni_path_join(&f->arena, path, "sub"), &err), CN_EIO);
}

static void folds_paths(void **state)
{
	fixture *f = *state;
	static const struct {
		const char *path, *root, *want;
	} rows[] = {
		{"a/b", "/r", "/r/a/b"},
		{"../a", "/r/s", "/r/a"},
		{"./a//b/./c/..", "/r", "/r/a/b"},
		{"/x/../..", "/r", "/"},
		{"..", "/", "/"},
		{"a", "/", "/a"},
		{".", "/r/", "/r"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		assert_string_equal(
			cni_path_absolute(&f->arena, rows[i].path, rows[i].root), rows[i].want);
	assert_string_equal(cni_path_folder(&f->arena, "/a/b/"), "/a");
	assert_string_equal(cni_path_folder(&f->arena, "/a"), "/");
	assert_string_equal(cni_path_folder(&f->arena, "a"), ".");
	assert_string_equal(cni_path_name("/a/b.c"), "b.c");
}

static void hashes(void **state)
{
	(void)state;
	char hex[65], text[1000];
	cni_sha256_text("abc", 3, hex); /* the standard's own examples */
	assert_string_equal(
		hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	cni_sha256_text("", 0, hex);
	assert_string_equal(
		hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	cni_sha256_text("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 56, hex);
	assert_string_equal(
		hex, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
	/* in pieces or at once is the same */
	memset(text, 'q', sizeof text);
	for (size_t cut = 0; cut <= sizeof text; cut += 37) {
		char again[65];
		cni_sha256 sha;
		cni_sha256_init(&sha);
		cni_sha256_add(&sha, text, cut);
		cni_sha256_add(&sha, text + cut, sizeof text - cut);
		cni_sha256_hex(&sha, again);
		cni_sha256_text(text, sizeof text, hex);
		assert_string_equal(again, hex);
	}
	/* one bit more or less gives another hash, and the length counts */
	for (size_t n = 0; n < 40; n++) {
		uint64_t all = cni_hash64(text, n, 1);
		assert_true(all != cni_hash64(text, n + 1, 1));
		assert_true(all != cni_hash64(text, n, 2));
		if (n) {
			text[n - 1] ^= 1;
			assert_true(all != cni_hash64(text, n, 1));
			text[n - 1] ^= 1;
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(writes_whole_files, setup, teardown),
		cmocka_unit_test_setup_teardown(copies_and_never_overwrites, setup, teardown),
		cmocka_unit_test_setup_teardown(refuses_with_a_reason, setup, teardown),
		cmocka_unit_test_setup_teardown(folds_paths, setup, teardown),
		cmocka_unit_test(hashes),
	};
	return RUN(tests);
}
