/* test_manifest.c - what a backup says about itself, and the migrations in it. */
#include "backup_test.h"

#include "base/hash.h"

static cni_manifest sample(folder *f)
{
	static const char *revisions[] = {"3f2a9c1e77b0"};
	static cni_table_rows tables[] = {{"a", 3}, {"b \"x", 0}};
	static cni_kept_file files[] = {
		{.path = "versions/1.sql", .text = "-- \xC3\xBC\n\ttab", .size = 10},
		{.path = "README.md", .text = "", .size = 0}};

	(void)f;
	cni_manifest m = {.tool = "shop 1",
		.engine = "sqlite",
		.created = "2026-11-22T07:15:00Z",
		.database = "x.db",
		.size_bytes = 4096,
		.violations = 2,
		.revisions = revisions,
		.revision_count = 1,
		.tables = tables,
		.table_count = 2,
		.files = files,
		.file_count = 2};
	memset(m.sha256, 'a', 64);
	for (size_t i = 0; i < 2; i++)
		cni_sha256_text(files[i].text, files[i].size, files[i].sha256);
	return m;
}

static void comes_back(void **state)
{
	folder *f = *state;
	cni_manifest m = sample(f), got;
	cni_buffer text = {0};

	cni_manifest_write(&text, &m);
	assert_ok(cni_manifest_read(&f->arena, text.data, text.size, &got, &f->err), &f->err);
	assert_string_equal(got.tool, m.tool);
	assert_string_equal(got.created, m.created);
	assert_string_equal(got.sha256, m.sha256);
	assert_int_equal(got.size_bytes, 4096);
	assert_int_equal(got.violations, 2);
	assert_int_equal(got.revision_count, 1);
	assert_string_equal(got.revisions[0], "3f2a9c1e77b0");
	assert_int_equal(got.table_count, 2);
	assert_string_equal(got.tables[1].name, "b \"x");
	assert_int_equal(cni_manifest_rows(&got), 3);
	assert_int_equal(got.file_count, 2);
	assert_int_equal(got.files[0].size, 10);
	assert_memory_equal(got.files[0].text, m.files[0].text, 10);
	cni_buffer_done(&text);
}

/* The text with `from` replaced by `to` once. */
static const char *edited(folder *f, const char *text, const char *from, const char *to)
{
	const char *at = strstr(text, from);

	assert_non_null(at);
	return cni_printf(&f->arena, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
}

static void refuses_what_was_changed(void **state)
{
	folder *f = *state;
	cni_manifest m = sample(f), got;
	cni_buffer text = {0};
	static const struct {
		const char *from, *to, *message;
	} rows[] = {
		{"\"format\": 1", "\"format\": 2",
			"a manifest of format 2, made by a newer version"},
		{"\"format\": 1", "\"format\": \"1\"",
			"the member \"format\" is missing or is of the wrong kind"},
		{"\"tool\"", "\"fool\"", "the member \"tool\" is missing or is of the wrong kind"},
		{"\"size_bytes\": 4096", "\"size_bytes\": -1",
			"the member \"size_bytes\" is missing or is of the wrong kind"},
		{"aaaa", "AAAA", "the member \"sha256\" is missing or is of the wrong kind"},
		{"\"rows\": 3", "\"rows\": 3.5",
			"the member \"rows\" is missing or is of the wrong kind"},
		{"\"tables\"", "\"cables\"",
			"the member \"tables\" is missing or is of the wrong kind"},
		{"versions/1.sql", "../1.sql",
			"the path \"../1.sql\" leads out of the migrations folder"},
		{"versions/1.sql", "/etc/1.sql",
			"the path \"/etc/1.sql\" leads out of the migrations folder"},
		{"versions/1.sql", "a/../1.sql",
			"the path \"a/../1.sql\" leads out of the migrations folder"},
		{"versions/1.sql", "a/..", "the path \"a/..\" leads out of the migrations folder"},
		{"versions/1.sql", "", "the path \"\" leads out of the migrations folder"},
		{"\\ttab", "\\tTab", "\"versions/1.sql\" is not what its checksum says"},
	};

	cni_manifest_write(&text, &m);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const char *bad = edited(f, text.data, rows[i].from, rows[i].to);
		assert_true(cni_manifest_read(&f->arena, bad, strlen(bad), &got, &f->err) < 0);
		assert_string_equal(f->err.message, rows[i].message);
	}
	/* cut anywhere but in the last line's end, it is no manifest */
	for (size_t size = 0; size + 2 < text.size; size += 7)
		assert_true(cni_manifest_read(&f->arena, text.data, size, &got, &f->err) < 0);
	cni_buffer_done(&text);
}

static void keeps_the_folder(void **state)
{
	folder *f = *state;
	const char *from = in(f, "m"), *to = in(f, "out");
	cni_manifest m = {0};
	char *text;
	size_t size;

	assert_ok(cni_dir_make(cni_path_join(&f->arena, from, "versions"), &f->err), &f->err);
	assert_ok(cni_file_write(cni_path_join(&f->arena, from, "versions/1.sql"), "one", 3, true,
			  &f->err),
		&f->err);
	assert_ok(cni_file_write(
			  cni_path_join(&f->arena, from, "README.md"), "read", 4, true, &f->err),
		&f->err);
	assert_ok(cni_file_write(cni_path_join(&f->arena, from, ".hidden"), "no", 2, true, &f->err),
		&f->err);
	assert_int_equal(symlink("/etc/passwd", cni_path_join(&f->arena, from, "link.sql")), 0);
	assert_ok(cni_manifest_collect(&f->arena, from, &m, &f->err), &f->err);
	assert_int_equal(m.file_count, 2);

	assert_ok(cni_manifest_extract(&m, to, true, &f->err), &f->err);
	assert_false(cni_dir_exists(to));
	assert_ok(cni_manifest_extract(&m, to, false, &f->err), &f->err);
	assert_ok(cni_file_read(&f->arena, cni_path_join(&f->arena, to, "versions/1.sql"), 100,
			  &text, &size, &f->err),
		&f->err);
	assert_string_equal(text, "one");
	assert_ok(
		cni_manifest_extract(&m, to, false, &f->err), &f->err); /* the same again is fine */

	/* another content is not overwritten, and nothing else is written */
	assert_ok(cni_file_write(
			  cni_path_join(&f->arena, to, "versions/1.sql"), "two", 3, false, &f->err),
		&f->err);
	assert_int_equal(unlink(cni_path_join(&f->arena, to, "README.md")), 0);
	assert_int_equal(cni_manifest_extract(&m, to, false, &f->err), CN_ECONFLICT);
	assert_false(cni_file_exists(cni_path_join(&f->arena, to, "README.md")));

	assert_ok(cni_file_write(cni_path_join(&f->arena, from, "picture.png"), "\x89PNG\0", 5,
			  true, &f->err),
		&f->err);
	assert_int_equal(cni_manifest_collect(&f->arena, from, &m, &f->err), CN_EARG);
	static const char *const gone[] = {"m/versions/1.sql", "m/README.md", "m/.hidden",
		"m/link.sql", "m/picture.png", "out/versions/1.sql"};
	for (size_t i = 0; i < sizeof gone / sizeof *gone; i++)
		unlink(in(f, gone[i]));
	static const char *const folders[] = {"m/versions", "m", "out/versions", "out"};
	for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
		rmdir(in(f, folders[i]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_folder(comes_back),
		in_folder(refuses_what_was_changed),
		in_folder(keeps_the_folder),
	};
	return RUN(tests);
}
