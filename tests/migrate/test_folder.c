/* test_folder.c - the graph of a folder's revisions: order, heads, names, and what is wrong with
 * it. */
#include "tap.h"

#include <unistd.h>

#include "base/file.h"
#include "base/try.h"
#include "migrate/revision/revision.h"

/* A folder in memory: "id:parent,parent" each. */
static cn_status link_folder(
	cni_arena *arena, const char *const *rows, cni_folder *ret, cn_error *err)
{
	cni_folder folder = {.arena = arena, .path = "m"};
	for (; *rows; rows++) {
		CLEANUP(cni_buffer_done) cni_buffer text = {0};
		const char *colon = strchr(*rows, ':');
		cni_revision revision;
		cni_buffer_printf(&text,
			"-- cantil: revision %.*s\n-- parents: %s\n-- message: m\n",
			(int)(colon - *rows), *rows, colon + 1);
		const char *path =
			cni_printf(arena, "m/versions/%.*s.sql", (int)(colon - *rows), *rows);
		TRY(cni_revision_parse(
			arena, path, cni_buffer_dup(&text, arena), text.size, &revision, err));
		assert_true(CNI_PUSH(arena, folder.revisions, folder.revision_count, revision));
	}
	TRY(cni_folder_link(&folder, err));
	*ret = folder;
	return CN_OK;
}

static size_t place(const cni_folder *folder, const char *id)
{
	const cni_revision *revision = cni_folder_get(folder, id);
	assert_non_null(revision);
	return (size_t)(revision - folder->revisions);
}

static void puts_parents_first(void **state)
{
	(void)state;
	CLEANUP(cni_arena_done) cni_arena arena = {0};
	cni_folder folder;
	cn_error err;
	static const char *const rows[] = {"d:b,c", "c:a", "b:a", "a:", "e:d", NULL};
	assert_ok(link_folder(&arena, rows, &folder, &err), &err);
	assert_int_equal(folder.revision_count, 5);
	for (size_t i = 0; i < folder.revision_count; i++)
		for (size_t p = 0; p < folder.revisions[i].parent_count; p++) {
			assert_true(folder.revisions[i].parent_at[p] < i);
			assert_string_equal(folder.revisions[folder.revisions[i].parent_at[p]].id,
				folder.revisions[i].parents[p]);
		}
	assert_int_equal(cni_folder_head_count(&folder), 1);
	const cni_revision *head;
	assert_ok(cni_folder_head(&folder, &head, &err), &err);
	assert_string_equal(head->id, "e");
	const bool *set = cni_folder_ancestors(&folder, &arena, cni_folder_get(&folder, "b"));
	assert_true(set[place(&folder, "a")] && set[place(&folder, "b")]);
	assert_false(
		set[place(&folder, "c")] || set[place(&folder, "d")] || set[place(&folder, "e")]);
	set = cni_folder_descendants(&folder, &arena, cni_folder_get(&folder, "c"));
	assert_true(
		set[place(&folder, "c")] && set[place(&folder, "d")] && set[place(&folder, "e")]);
	assert_false(set[place(&folder, "a")] || set[place(&folder, "b")]);
}

static void a_long_chain_in_any_order(void **state)
{
	(void)state;
	enum { N = 5000 };
	CLEANUP(cni_arena_done) cni_arena arena = {0};
	const char **rows = cni_alloc(&arena, (N + 1) * sizeof *rows);
	cni_folder folder;
	cn_error err;
	for (size_t i = 0; i < N; i++) { /* newest first */
		size_t n = N - 1 - i;
		rows[i] = n ? cni_printf(&arena, "r%zu:r%zu", n, n - 1) : "r0:";
	}
	assert_ok(link_folder(&arena, rows, &folder, &err), &err);
	for (size_t i = 0; i < N; i++)
		assert_string_equal(folder.revisions[i].id,
			rows[N - 1 - i][0] ? cni_printf(&arena, "r%zu", i) : "");
}

static void refuses_a_broken_graph(void **state)
{
	(void)state;
	static const struct {
		const char *rows[5], *message, *detail;
	} cases[] = {
		{{"a:b", "b:a", NULL}, "in a circle", "a, b"},
		{{"a:", "b:a,d", "c:b", "d:c", NULL}, "in a circle", "b, c, d"},
		{{"a:", "b:x", NULL}, "follows \"x\", which is not there", "m/versions/b.sql"},
		{{"a:", "b:a", "a:", NULL}, "two files are revision \"a\"", "m/versions/a.sql"},
	};
	for (size_t i = 0; i < CNI_COUNT(cases); i++) {
		CLEANUP(cni_arena_done) cni_arena arena = {0};
		cni_folder folder;
		cn_error err;
		assert_int_equal(link_folder(&arena, cases[i].rows, &folder, &err), CN_ESCHEMA);
		if (!strstr(err.message, cases[i].message) || !strstr(err.detail, cases[i].detail))
			fail_msg("case %zu: %s | %s", i, err.message, err.detail);
		assert_true(*err.hint);
	}
}

static void finds_what_is_meant(void **state)
{
	(void)state;
	CLEANUP(cni_arena_done) cni_arena arena = {0};
	cni_folder folder;
	const cni_revision *found;
	cn_error err;
	static const char *const rows[] = {"abc1:", "abd2:abc1", "abd:abd2", NULL};
	assert_ok(link_folder(&arena, rows, &folder, &err), &err);
	assert_ok(cni_folder_find(&folder, "base", &found, &err), &err);
	assert_null(found);
	assert_ok(cni_folder_find(&folder, "head", &found, &err), &err);
	assert_string_equal(found->id, "abd");
	assert_ok(cni_folder_find(&folder, "abd", &found, &err), &err); /* whole id before prefix */
	assert_string_equal(found->id, "abd");
	assert_ok(cni_folder_find(&folder, "abc", &found, &err), &err);
	assert_string_equal(found->id, "abc1");
	assert_int_equal(cni_folder_find(&folder, "ab", &found, &err), CN_EARG);
	assert_non_null(strstr(err.detail, "abc1"));
	assert_int_equal(cni_folder_find(&folder, "abd3", &found, &err), CN_ENOTFOUND);
	assert_non_null(strstr(err.hint, "did you mean \"abd"));
	assert_int_equal(cni_folder_find(&folder, "", &found, &err), CN_ENOTFOUND);
	assert_int_equal(cni_folder_find(&folder, "zzz", &found, &err), CN_ENOTFOUND);
}

static void several_heads_are_said(void **state)
{
	(void)state;
	CLEANUP(cni_arena_done) cni_arena arena = {0};
	cni_folder folder;
	const cni_revision *head;
	cn_error err;
	static const char *const rows[] = {"a:", "b:a", "c:a", NULL};
	assert_ok(link_folder(&arena, rows, &folder, &err), &err);
	assert_int_equal(cni_folder_head(&folder, &head, &err), CN_ESCHEMA);
	assert_non_null(strstr(err.detail, "b (m), c (m)"));
	assert_non_null(strstr(err.hint, "db merge heads"));
}

static void write_text(cni_arena *arena, const char *folder, const char *name, const char *text)
{
	cn_error err;
	assert_ok(
		cni_file_write(cni_path_join(arena, folder, name), text, strlen(text), false, &err),
		&err);
}

static void reads_a_folder_of_files(void **state)
{
	(void)state;
	CLEANUP(cni_arena_done) cni_arena arena = {0};
	char root[] = "/tmp/cantil-folder-XXXXXX";
	cni_folder folder;
	cn_error err;
	assert_non_null(mkdtemp(root));
	const char *versions = cni_path_join(&arena, root, "versions");
	assert_int_equal(
		cni_folder_read(&arena, cni_path_join(&arena, root, "none"), &folder, &err),
		CN_ENOTFOUND);
	assert_non_null(strstr(err.hint, "db init"));
	assert_int_equal(cni_folder_read(&arena, root, &folder, &err), CN_ENOTFOUND);
	assert_ok(cni_dir_make(versions, &err), &err);
	assert_ok(cni_folder_read(&arena, root, &folder, &err), &err);
	assert_int_equal(folder.revision_count, 0);
	write_text(&arena, versions, "2.sql",
		"-- cantil: revision b\n-- parents: a\n-- upgrade sqlite\n");
	write_text(&arena, versions, "1.sql", "-- cantil: revision a\n-- upgrade sqlite\n");
	write_text(&arena, versions, ".hidden.sql", "no revision");
	write_text(&arena, versions, "notes.txt", "no revision");
	assert_ok(cni_folder_read(&arena, root, &folder, &err), &err);
	assert_int_equal(folder.revision_count, 2);
	assert_string_equal(folder.revisions[1].id, "b");
	assert_int_equal(strlen(folder.revisions[0].checksum), 64);
	write_text(&arena, root, CNI_FOLDER_SETTINGS, "[migrations]\nformat = 2\n");
	assert_int_equal(cni_folder_read(&arena, root, &folder, &err), CN_EUNSUPPORTED);
	write_text(&arena, root, CNI_FOLDER_SETTINGS, "[migrations]\nformat = 1 ; this one\n");
	assert_ok(cni_folder_read(&arena, root, &folder, &err), &err);
	write_text(&arena, versions, "3.sql", "-- cantil: revision c\nDROP TABLE x;\n");
	assert_int_equal(cni_folder_read(&arena, root, &folder, &err), CN_EARG);
	assert_non_null(strstr(err.message, "versions/3.sql:2:"));
	const char *names[] = {"1.sql", "2.sql", "3.sql", ".hidden.sql", "notes.txt"};
	for (size_t i = 0; i < CNI_COUNT(names); i++)
		assert_int_equal(unlink(cni_path_join(&arena, versions, names[i])), 0);
	assert_int_equal(unlink(cni_path_join(&arena, root, CNI_FOLDER_SETTINGS)), 0);
	assert_int_equal(rmdir(versions), 0);
	assert_int_equal(rmdir(root), 0);
}

/* What words mean depends on where they stand: none of these in a statement ends a header. */
static const char *const tricky[] = {
	"\xEF\xBB\xBF-- cantil: revision a\n-- labels: shop, eu\n-- message: it's -- upgrade sqlite\n"
	"-- answer: rename table x y\n/* a block for people; -- upgrade sqlite */\n-- upgrade sqlite\n"
	"-- why\nCREATE TABLE t (a TEXT DEFAULT '\n-- downgrade sqlite\n');\n"
	"-- downgrade sqlite\nDROP TABLE t;\n",
	"-- cantil: revision b\n-- parents: a\n-- replaces: p q\n-- created: 2026-11-22T07:15:00Z\n"
	"-- upgrade sqlite\n-- keep \"t\" (\"a\") as \"t\" (\"a\")\nDELETE FROM t;\n"
	"-- upgrade other\n-- downgrade other\n",
	"-- cantil: revision c\n-- parents: q\n-- depends: eu\n;;\n-- upgrade sqlite\n-- call: f\n",
	"-- cantil: revision d\n-- parents: c",
	NULL,
};

static cn_status link_texts(cni_arena *arena, bool headers, cni_folder *ret, cn_error *err)
{
	cni_folder folder = {.arena = arena, .path = "m"};
	for (size_t i = 0; tricky[i]; i++) {
		cni_revision revision;
		TRY((headers ? cni_revision_parse_header : cni_revision_parse)(
			arena, "m/x.sql", tricky[i], strlen(tricky[i]), &revision, err));
		assert_true(!headers == !revision.unread);
		assert_true(!headers || !revision.section_count);
		assert_true(CNI_PUSH(arena, folder.revisions, folder.revision_count, revision));
	}
	TRY(cni_folder_link(&folder, err));
	*ret = folder;
	return CN_OK;
}

static void headers_and_then_the_rest(void **state)
{
	(void)state;
	CLEANUP(cni_arena_done) cni_arena arena = {0};
	CLEANUP(cni_buffer_done) cni_buffer one = {0};
	CLEANUP(cni_buffer_done) cni_buffer two = {0};
	cni_folder whole = {0}, later = {0};
	cn_error err;
	assert_ok(link_texts(&arena, false, &whole, &err), &err);
	assert_ok(link_texts(&arena, true, &later, &err), &err);
	for (int round = 0; round < 2; round++) {
		assert_int_equal(later.revision_count, whole.revision_count);
		for (size_t i = 0; i < whole.revision_count; i++) {
			assert_string_equal(later.revisions[i].id, whole.revisions[i].id);
			assert_string_equal(
				later.revisions[i].checksum, whole.revisions[i].checksum);
			assert_int_equal(
				later.revisions[i].need_count, whole.revisions[i].need_count);
			assert_true(later.revisions[i].head == whole.revisions[i].head);
			cni_buffer_clear(&one);
			cni_buffer_clear(&two);
			cni_revision_write(&one, &whole.revisions[i]);
			cni_revision_write(&two, &later.revisions[i]);
			if (round == 0) /* what was read is how the whole begins */
				assert_true(two.size <= one.size &&
					    memcmp(one.data, two.data, two.size) == 0);
			else
				assert_string_equal(cni_buffer_text(&two), cni_buffer_text(&one));
		}
		assert_ok(cni_folder_load(&later, &err), &err);
	}
	assert_int_equal(later.revisions[0].section_count, 1);
	assert_int_equal(later.revisions[0].sections[0].upgrade.step_count, 1);
}

/* A mistake in the header is told at once, one behind it when that is read. */
static void a_header_has_its_errors(void **state)
{
	(void)state;
	CLEANUP(cni_arena_done) cni_arena arena = {0};
	static const char early[] = "-- cantil: revision a\nDROP TABLE x;\n-- upgrade sqlite\n";
	static const char late[] = "-- cantil: revision a\n-- upgrade sqlite\nBEGIN;\n";
	static const char none[] = "-- upgrade sqlite\n-- cantil: revision a\n";
	cni_folder folder = {.arena = &arena, .path = "m"};
	cni_revision revision;
	cn_error err;
	assert_int_equal(
		cni_revision_parse_header(&arena, "m/x.sql", early, strlen(early), &revision, &err),
		CN_EARG);
	assert_non_null(strstr(err.message, "m/x.sql:2:"));
	assert_int_equal(
		cni_revision_parse_header(&arena, "m/x.sql", none, strlen(none), &revision, &err),
		CN_EARG);
	assert_ok(cni_revision_parse_header(&arena, "m/x.sql", late, strlen(late), &revision, &err),
		&err);
	assert_true(CNI_PUSH(&arena, folder.revisions, folder.revision_count, revision));
	assert_ok(cni_folder_link(&folder, &err), &err);
	assert_int_equal(cni_folder_load(&folder, &err), CN_EARG);
	assert_non_null(strstr(err.message, "m/x.sql:3:"));
	assert_non_null(folder.revisions[0].unread);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(puts_parents_first),
		cmocka_unit_test(a_long_chain_in_any_order),
		cmocka_unit_test(refuses_a_broken_graph),
		cmocka_unit_test(finds_what_is_meant),
		cmocka_unit_test(several_heads_are_said),
		cmocka_unit_test(reads_a_folder_of_files),
		cmocka_unit_test(headers_and_then_the_rest),
		cmocka_unit_test(a_header_has_its_errors),
	};
	return RUN(tests);
}
