/* test_revision.c - revision files: what is read, what is written, and what is refused with file
 * and line. */
#include "tap.h"

#include "base/arena.h"
#include "base/try.h"
#include "migrate/revision/revision.h"

static const char whole[] =
	"-- cantil: revision 3f2a9c1e77b0\n"
	"-- parents: 8d1e02aa41c9\n"
	"-- message: add price\n"
	"-- created: 2026-11-22T07:15:00Z\n"
	"-- answer: fill product.stock 0\n"
	"\n"
	"-- upgrade sqlite\n"
	"-- keep \"product\" (\"id\", \"name\") as \"product\" (\"id\", \"title\")\n"
	"-- warning: takes long\n"
	"\n"
	"-- the price\n"
	"ALTER TABLE product ADD COLUMN price REAL;\n"
	"UPDATE product SET price = 1;\n"
	"\n"
	"-- a trigger stays whole\n"
	"CREATE TRIGGER t AFTER INSERT ON product BEGIN\n"
	"\t-- upgrade sqlite\n"
	"\tUPDATE product SET name = '\n"
	"-- downgrade sqlite\n"
	"';\n"
	"\tSELECT CASE WHEN 1 THEN 2 END;\n"
	"END;\n"
	"\n"
	"-- downgrade sqlite\n"
	"\n"
	"-- no price\n"
	"ALTER TABLE product DROP COLUMN price;\n";

static cn_status parse(cni_arena *arena, const char *text, cni_revision *ret, cn_error *err)
{
	return cni_revision_parse(arena, "v/x.sql", text, strlen(text), ret, err);
}

static void reads_a_whole_file(void **state)
{
	(void)state;
	CLEANUP(cni_arena_done) cni_arena arena = {0};
	cni_revision revision;
	cn_error err;
	assert_ok(parse(&arena, whole, &revision, &err), &err);
	assert_string_equal(revision.id, "3f2a9c1e77b0");
	assert_int_equal(revision.parent_count, 1);
	assert_string_equal(revision.parents[0], "8d1e02aa41c9");
	assert_string_equal(revision.message, "add price");
	assert_string_equal(revision.answers[0], "fill product.stock 0");
	assert_int_equal(revision.section_count, 1);
	const cni_section *section = cni_revision_section(&revision, "sqlite");
	assert_non_null(section);
	assert_null(cni_revision_section(&revision, "postgresql"));
	assert_true(section->has_downgrade);
	const cni_plan *up = &section->upgrade;
	assert_int_equal(up->step_count, 3);
	assert_string_equal(up->steps[0].comment, "the price");
	assert_string_equal(up->steps[0].sql, "ALTER TABLE product ADD COLUMN price REAL");
	assert_null(up->steps[1].comment);
	assert_non_null(strstr(up->steps[2].sql, "-- downgrade sqlite\n'"));
	assert_non_null(strstr(up->steps[2].sql, "END;\nEND"));
	assert_int_equal(up->warning_count, 1);
	assert_int_equal(up->keep_count, 1);
	assert_string_equal(up->keeps[0].from_columns[1], "name");
	assert_string_equal(up->keeps[0].to_columns[1], "title");
	assert_int_equal(section->downgrade.step_count, 1);
}

static void check_stable(const char *text)
{
	CLEANUP(cni_arena_done) cni_arena arena = {0};
	CLEANUP(cni_buffer_done) cni_buffer once = {0};
	CLEANUP(cni_buffer_done) cni_buffer twice = {0};
	cni_revision first, second;
	cn_error err;
	assert_ok(parse(&arena, text, &first, &err), &err);
	cni_revision_write(&once, &first);
	assert_ok(parse(&arena, cni_buffer_text(&once), &second, &err), &err);
	cni_revision_write(&twice, &second);
	assert_string_equal(cni_buffer_text(&once), cni_buffer_text(&twice));
	assert_int_equal(first.section_count, second.section_count);
	for (size_t i = 0; i < first.section_count; i++) {
		const cni_plan *a = &first.sections[i].upgrade, *b = &second.sections[i].upgrade;
		assert_int_equal(a->step_count, b->step_count);
		assert_int_equal(a->keep_count, b->keep_count);
		for (size_t s = 0; s < a->step_count; s++)
			assert_string_equal(a->steps[s].sql, b->steps[s].sql);
	}
}

static void writes_what_it_reads(void **state)
{
	(void)state;
	check_stable(whole);
	check_stable(
		"-- cantil: revision a1\r\n-- upgrade sqlite\r\nSELECT 1;\r\n-- downgrade sqlite\r\n");
	check_stable("-- cantil: revision a1\n-- upgrade sqlite\n-- downgrade sqlite\n");
	check_stable("-- cantil: revision a1\n-- upgrade sqlite\nSELECT 1 -- no semicolon");
	check_stable(
		"-- cantil: revision a1\n-- upgrade sqlite\n;;;SELECT 1;;/* x\ny */SELECT 2\n-- end\n;");
	check_stable(
		"-- cantil: revision a1\n-- upgrade sqlite\n/* two\n lines */\nSELECT 1; -- behind\nSELECT 2;");
	check_stable(
		"-- cantil: revision a1\n-- upgrade sqlite\n-- keep the old rows, please\nSELECT 1;");
	check_stable(
		"-- cantil: revision a1\n-- upgrade sqlite\n-- upgrade of everything\nSELECT 1;");
	check_stable(
		"-- cantil: revision a1\n-- upgrade sqlite\n/* keep \"a\nb\" (\"c\") */\nSELECT 1;");
	check_stable(
		"-- cantil: revision a1\n-- upgrade postgresql\nSELECT 1;\n-- upgrade sqlite\nSELECT 2;");
}

/* What a plan's reason says must not be taken for one of our words when the file is read again. */
static void keeps_reasons_apart_from_words(void **state)
{
	(void)state;
	CLEANUP(cni_arena_done) cni_arena arena = {0};
	CLEANUP(cni_buffer_done) cni_buffer out = {0};
	cni_step steps[] = {
		{.sql = "SELECT 1", .comment = "downgrade sqlite"},
		{.sql = "SELECT 2 -- ends in a comment",
			.comment = "keep a (b)\nwith a second line"},
		{.sql = "SELECT 3", .comment = "no-transaction"},
		{.sql = "SELECT 4", .comment = "why", .data = true},
		{.sql = "SELECT 5", .data = true},
		{.sql = "", .call = "f", .comment = "call: g"},
		{.sql = "", .call = "f2"},
	};
	const char *columns[] = {"i\nd"};
	cni_keep keep = {"t", "u", columns, columns, 1};
	cni_section section = {.engine = "sqlite",
		.has_upgrade = true,
		.upgrade = {.steps = steps, .step_count = 7, .keeps = &keep, .keep_count = 1}};
	cni_revision draft = {.id = "a1",
		.message = "two\nlines",
		.created = "",
		.sections = &section,
		.section_count = 1};
	cni_revision revision;
	cn_error err;
	cni_revision_write(&out, &draft);
	assert_ok(parse(&arena, cni_buffer_text(&out), &revision, &err), &err);
	assert_string_equal(revision.message, "two lines");
	assert_int_equal(revision.section_count, 1);
	assert_false(revision.sections[0].has_downgrade);
	const cni_plan *up = &revision.sections[0].upgrade;
	assert_int_equal(up->step_count, 7);
	for (size_t i = 0; i < 7; i++) {
		assert_string_equal(up->steps[i].sql, i == 1 ? "SELECT 2" : steps[i].sql);
		assert_int_equal(up->steps[i].data, steps[i].data);
		assert_int_equal(up->steps[i].call != NULL, steps[i].call != NULL);
	}
	assert_false(up->no_transaction);
	assert_string_equal(up->steps[5].call, "f");
	assert_string_equal(up->steps[3].comment, "why");
	assert_int_equal(up->keep_count, 1);
	assert_string_equal(up->keeps[0].from_columns[0], "i\nd");
	assert_string_equal(up->keeps[0].to_table, "u");
}

static const cni_step *step_of(const cni_revision *revision, size_t at)
{
	assert_true(at < revision->sections[0].upgrade.step_count);
	return &revision->sections[0].upgrade.steps[at];
}

static void reads_steps_that_sql_cannot_say(void **state)
{
	static const char text[] =
		"-- cantil: revision a\n-- upgrade sqlite\n"
		"-- data: the old ones go\n-- (all of them)\nDELETE FROM t WHERE b < :x_day\n"
		" AND c <> :x_name AND d < :x_day;\n"
		"CREATE TABLE u (a -- call: this is a comment\n);\n"
		"/* why */\n  -- call: split_names\n"
		"UPDATE t SET a = 1\n-- call: last"; /* a `;` was forgotten */
	CLEANUP(cni_arena_done) cni_arena arena = {0};
	cni_revision revision;
	cn_error err;
	(void)state;
	assert_ok(cni_revision_parse(&arena, "x", text, sizeof text - 1, &revision, &err), &err);
	assert_int_equal(revision.sections[0].upgrade.step_count, 5);
	const cni_step *step = step_of(&revision, 0);
	assert_true(step->data);
	assert_int_equal(step->line, 5);
	assert_string_equal(step->comment, "the old ones go (all of them)");
	assert_int_equal(step->argument_count, 2);
	assert_string_equal(step->arguments[0], "day");
	assert_string_equal(step->arguments[1], "name");
	assert_false(step_of(&revision, 1)->data);
	assert_null(step_of(&revision, 1)->call);
	assert_string_equal(step_of(&revision, 2)->call, "split_names");
	assert_string_equal(step_of(&revision, 2)->comment, "why");
	assert_string_equal(step_of(&revision, 3)->sql, "UPDATE t SET a = 1");
	assert_string_equal(step_of(&revision, 4)->call, "last");
}

static void reads_sections_without_a_transaction(void **state)
{
	static const char text[] = "-- cantil: revision a\n-- upgrade sqlite\n-- no-transaction\n"
				   "PRAGMA page_size = 8192;\nVACUUM;\nUPDATE t SET a = 1;\n"
				   "-- downgrade sqlite\nUPDATE t SET a = 2;\n";
	CLEANUP(cni_arena_done) cni_arena arena = {0};
	CLEANUP(cni_buffer_done) cni_buffer out = {0};
	cni_revision revision;
	cn_error err;
	(void)state;
	assert_ok(cni_revision_parse(&arena, "x", text, sizeof text - 1, &revision, &err), &err);
	for (int round = 0; round < 2; round++) { /* as it is, and as it is written */
		assert_true(revision.sections[0].upgrade.no_transaction);
		assert_false(revision.sections[0].downgrade.no_transaction);
		assert_true(step_of(&revision, 0)->outside);
		assert_true(step_of(&revision, 1)->outside);
		assert_false(step_of(&revision, 2)->outside);
		cni_buffer_clear(&out);
		cni_revision_write(&out, &revision);
		assert_ok(
			cni_revision_parse(&arena, "x", out.data, out.size, &revision, &err), &err);
	}
}

static void refuses_with_file_and_line(void **state)
{
	(void)state;
	static const struct {
		const char *text, *message;
	} rows[] = {
		{"", "v/x.sql:1: this is no revision file"},
		{"SELECT 1;", "v/x.sql:1: a statement before the first section"},
		{"-- cantil: revision\n", "v/x.sql:1: \"revision\" and its id"},
		{"-- cantil: revision a b\n", "v/x.sql:1: \"a b\" is no revision id"},
		{"-- cantil: revision head\n", "v/x.sql:1: \"head\" is no revision id"},
		{"-- cantil: revision a\n-- cantil: revision b\n", "v/x.sql:2: a second"},
		{"-- cantil: revision a\n-- parents: b b\n",
			"v/x.sql:2: \"b\" is named twice behind \"parents:\""},
		{"-- cantil: revision a\n-- parents: a\n", "names itself as its parent"},
		{"-- cantil: revision a\n\n-- upgrade sqlite\n\n\nCOMMIT;\n",
			"v/x.sql:6: \"commit\" cannot stand"},
		{"-- cantil: revision a\n-- upgrade sqlite\n/* x */ begin immediate;",
			"v/x.sql:3: \"begin\""},
		{"-- cantil: revision a\n-- upgrade sqlite\nPRAGMA foreign_keys = ON;",
			"pragma foreign_keys"},
		{"-- cantil: revision a\n-- upgrade sqlite\nVACUUM", "v/x.sql:3: \"vacuum\""},
		{"-- cantil: revision a\n-- upgrade sqlite\nSELECT 1;\n-- no-transaction\n",
			"v/x.sql:4: \"no-transaction\" does not stand first"},
		{"-- cantil: revision a\n-- upgrade sqlite\n-- no-transaction\n-- keep t (a)\n",
			"v/x.sql:4: what is kept cannot be compared"},
		{"-- cantil: revision a\n-- upgrade sqlite\n-- keep t (a)\n-- no-transaction\n",
			"v/x.sql:4: \"no-transaction\" does not"},
		{"-- cantil: revision a\n-- upgrade sqlite\n-- no-transaction\nVACUUM INTO 'x';",
			"v/x.sql:4: \"vacuum into\""},
		{"-- cantil: revision a\n-- upgrade sqlite\n-- no-transaction\nBEGIN;",
			"v/x.sql:4: \"begin\""},
		{"-- cantil: revision a\n-- upgrade sqlite\nSELECT 1;\nPRAGMA main . Page_Size = 1;",
			"v/x.sql:4: \"pragma page_size\""},
		{"-- cantil: revision a\n-- upgrade sqlite\nSELECT 1;\nPRAGMA [foreign_keys]=1;"
		 "PRAGMA main.foreign_keys(1);",
			"v/x.sql:4: \"pragma foreign_keys\""},
		{"-- cantil: revision a\n-- call: f\n", "v/x.sql:2: a \"call:\" line before"},
		{"-- cantil: revision a\n-- upgrade sqlite\n-- call: a function\n",
			"v/x.sql:3: \"call:\" is followed by"},
		{"-- cantil: revision a\n-- upgrade sqlite\n-- call:\n",
			"v/x.sql:3: \"call:\" is followed by"},
		{"-- cantil: revision a\n-- upgrade sqlite\nSELECT 1; -- call: f\n",
			"v/x.sql:3: a \"call:\" line must stand alone"},
		{"-- cantil: revision a\n-- upgrade sqlite\nSELECT\n ?;",
			"v/x.sql:4: nobody gives"},
		{"-- cantil: revision a\n-- upgrade sqlite\nSELECT :a;", "v/x.sql:3: nobody gives"},
		{"-- cantil: revision a\n-- upgrade sqlite\nSELECT :x_;",
			"v/x.sql:3: nobody gives"},
		{"-- cantil: revision a\n-- upgrade sqlite\nCREATE TABLE t AS SELECT\n:x_a;",
			"v/x.sql:4: a parameter can stand only"},
		{"-- cantil: revision a\n-- upgrade sqlite\n-- keep t (a)\nDROP TABLE t;\n"
		 "-- data: x\nSELECT 1;\nDROP TABLE u;",
			"v/x.sql:6: a data step stands between"},
		{"-- cantil: revision a\n-- upgrade sqlite\n-- keep t (a)\nDROP TABLE t;\n"
		 "-- call: x\nDROP TABLE u;",
			"v/x.sql:5: a data step stands between"},
		{"-- cantil: revision a\n-- upgrade sqlite\n-- upgrade sqlite\n",
			"v/x.sql:3: a second"},
		{"-- cantil: revision a\n-- downgrade sqlite\n", "no \"upgrade sqlite\""},
		{"-- cantil: revision a\n-- upgrade sqlite\n-- keep a (b) as c\n",
			"v/x.sql:3: this \"keep\""},
		{"-- cantil: revision a\n-- upgrade sqlite\n-- keep a (b) as c (d, e)\n",
			"1 and 2 columns"},
		{"-- cantil: revision a\n-- upgrade sqlite\nSELECT 'x;\n",
			"v/x.sql:3: this is no SQL"},
		{"-- cantil: revision a\n-- message: \xff\n", "v/x.sql:2: this line is not UTF-8"},
	};
	for (size_t i = 0; i < CNI_COUNT(rows); i++) {
		CLEANUP(cni_arena_done) cni_arena arena = {0};
		cni_revision revision = {.id = "untouched"};
		cn_error err;
		if (parse(&arena, rows[i].text, &revision, &err) != CN_EARG)
			fail_msg("was taken: %s", rows[i].text);
		if (!strstr(err.message, rows[i].message))
			fail_msg("\"%s\" does not say \"%s\"", err.message, rows[i].message);
		assert_string_equal(revision.id, "untouched");
	}
}

static void bounds_what_it_reads(void **state)
{
	(void)state;
	CLEANUP(cni_arena_done) cni_arena arena = {0};
	cni_revision revision;
	cn_error err;
	size_t size = CNI_REVISION_MAX_BYTES + 1;
	char *text = test_malloc(size);
	memset(text, ' ', size);
	assert_int_equal(
		cni_revision_parse(&arena, "v/x.sql", text, size, &revision, &err), CN_EARG);
	assert_non_null(strstr(err.message, "larger than 16 MB"));
	test_free(text);
	assert_int_equal(
		cni_revision_parse(&arena, "v/x.sql", "a\0b", 3, &revision, &err), CN_EARG);
	assert_non_null(strstr(err.message, "NUL"));
}

static void names_files_safely(void **state)
{
	(void)state;
	static const struct {
		const char *message, *name;
	} rows[] = {
		{"add price", "20261122T0715_3f2a9c1e77b0_add_price.sql"},
		{"", "20261122T0715_3f2a9c1e77b0.sql"},
		{"../../etc/passwd", "20261122T0715_3f2a9c1e77b0_etc_passwd.sql"},
		{"\xC3\xBC", "20261122T0715_3f2a9c1e77b0.sql"},
		{"A/B: what? \"x\"\n", "20261122T0715_3f2a9c1e77b0_a_b_what_x.sql"},
		{"a message that is much longer than a name should ever be",
			"20261122T0715_3f2a9c1e77b0_a_message_that_is_much_longer_than_a_nam.sql"},
	};
	for (size_t i = 0; i < CNI_COUNT(rows); i++) {
		CLEANUP(cni_arena_done) cni_arena arena = {0};
		cni_revision revision = {.id = "3f2a9c1e77b0",
			.message = rows[i].message,
			.created = "2026-11-22T07:15:00Z"};
		assert_string_equal(cni_revision_file_name(&arena, &revision), rows[i].name);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_a_whole_file),
		cmocka_unit_test(writes_what_it_reads),
		cmocka_unit_test(keeps_reasons_apart_from_words),
		cmocka_unit_test(reads_steps_that_sql_cannot_say),
		cmocka_unit_test(reads_sections_without_a_transaction),
		cmocka_unit_test(refuses_with_file_and_line),
		cmocka_unit_test(bounds_what_it_reads),
		cmocka_unit_test(names_files_safely),
	};
	return RUN(tests);
}
