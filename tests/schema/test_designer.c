/* test_designer.c - designs of WWW SQL Designer: sound ones, broken ones, hostile ones. */
#include "make.h"

#include "schema/xml.h"

static cn_status read_text(cni_arena *arena, const char *xml, size_t size, cni_schema **ret,
	cni_buffer *notes, cn_error *err)
{
	*ret = cni_schema_new(arena, "sqlite");
	return cni_schema_read_designer(*ret, xml, size, notes, err);
}

static void check(const char *name)
{
	CLEANUP(cni_arena_done) cni_arena arena = {0};
	CLEANUP(cni_buffer_done) cni_buffer text = {0}, notes = {0};
	size_t size;
	char *xml = read_beside(&arena, cni_printf(&arena, "designs/%s.xml", name), &size);
	cni_schema *schema;
	cn_error err;

	assert_ok(read_text(&arena, xml, size, &schema, &notes, &err), &err);
	cni_schema_write_sql(&text, schema);
	assert_sqlite_takes(cni_buffer_text(&text));
	assert_snapshot(cni_printf(&arena, "designs/%s.sql", name), cni_buffer_text(&text));
	assert_snapshot(cni_printf(&arena, "designs/%s.notes", name), cni_buffer_text(&notes));
}

static void reads_a_sound_design(void **state)
{
	(void)state;
	check("shop");
}

static void mends_a_broken_design(void **state)
{
	(void)state;
	check("broken");
}

static void refuses_what_is_no_design(void **state)
{
	(void)state;
	static const struct {
		const char *xml, *message;
	} rows[] = {
		{"", "the XML holds no element"},
		{"just text", "the XML holds no element"},
		{"<html></html>", "not a WWW SQL Designer file"},
		{"<sql><table name=\"t\">", "the XML stops in the middle"},
		{"<sql><table name=\"t></table></sql>",
			"the XML cannot be read: an attribute's value does not end"},
		{"<sql><table ", "the XML cannot be read: it ends inside a tag"},
		{"<sql><!-- ",
			"the XML cannot be read: a comment, CDATA section or declaration does not end"},
		{"<!DOCTYPE sql [<!ENTITY a \"b\">]><sql/>",
			"the XML cannot be read: it defines entities or elements of its own (DOCTYPE with [ ])"},
		{"\xFF\xFE<\0s", "the XML is UTF-16"},
	};

	for (size_t i = 0; i < CNI_COUNT(rows); i++) {
		CLEANUP(cni_arena_done) cni_arena arena = {0};
		cni_schema *schema;
		cn_error err = {0};
		assert_int_equal(
			read_text(&arena, rows[i].xml, strlen(rows[i].xml), &schema, NULL, &err),
			CN_EARG);
		assert_string_equal(err.message, rows[i].message);
		assert_int_equal(schema->object_count, 0);
	}
}

static void repeat(cni_buffer *out, const char *text, size_t times)
{
	while (times-- > 0)
		cni_buffer_puts(out, text);
}

static void assert_refused(const char *xml, size_t size, const char *part)
{
	CLEANUP(cni_arena_done) cni_arena arena = {0};
	cni_schema *schema;
	cn_error err = {0};

	assert_int_equal(read_text(&arena, xml, size, &schema, NULL, &err), CN_EARG);
	if (!strstr(err.message, part))
		fail_msg("\"%s\" is not in: %s", part, err.message);
}

static void bounds_hold(void **state)
{
	(void)state;
	CLEANUP(cni_buffer_done) cni_buffer xml = {0};

	repeat(&xml, "<sql>", CNI_XML_DEPTH);
	repeat(&xml, "</sql>", CNI_XML_DEPTH);
	CLEANUP(cni_arena_done) cni_arena arena = {0};
	cni_schema *schema;
	cn_error err;
	assert_ok(read_text(&arena, xml.data, xml.size, &schema, NULL, &err), &err);

	cni_buffer_clear(&xml);
	repeat(&xml, "<sql>", CNI_XML_DEPTH + 1);
	assert_refused(xml.data, xml.size, "more than 64 deep");

	cni_buffer_clear(&xml);
	cni_buffer_puts(&xml, "<sql>");
	repeat(&xml, "<a/>", CNI_XML_NODES);
	assert_refused(xml.data, xml.size, "500,000");

	cni_buffer_clear(&xml);
	cni_buffer_puts(&xml, "<sql");
	for (int i = 0; i < 70; i++)
		cni_buffer_printf(&xml, " a%d='x'", i);
	cni_buffer_puts(&xml, "/>");
	assert_refused(xml.data, xml.size, "64 attributes");

	cni_buffer_clear(&xml);
	cni_buffer_puts(&xml, "<sql><table name='t'>");
	for (int i = 0; i < 2001; i++)
		cni_buffer_printf(
			&xml, "<row name='c%d' null='1'><datatype>INT</datatype></row>", i);
	cni_buffer_puts(&xml, "</table></sql>");
	assert_refused(xml.data, xml.size, "more than 2000 columns");

	cni_buffer_clear(&xml);
	repeat(&xml, "0123456789ABCDEF", (CNI_XML_BYTES >> 4) + 1);
	assert_refused(xml.data, xml.size, "16 MiB");
	assert_refused("<sql>\0</sql>", 12, "NUL");
}

/* Notes go to a terminal: nothing that steers it may be in them, and they end somewhere. */
static void notes_are_harmless(void **state)
{
	(void)state;
	CLEANUP(cni_arena_done) cni_arena arena = {0};
	CLEANUP(cni_buffer_done) cni_buffer notes = {0}, xml = {0};
	cni_schema *schema;
	cn_error err;

	cni_buffer_puts(&xml, "<sql><table name=\"\x1b[2J\x07\"/>");
	repeat(&xml, "<table>& </table>", 1000);
	cni_buffer_puts(&xml, "</sql>");
	assert_ok(read_text(&arena, xml.data, xml.size, &schema, &notes, &err), &err);
	assert_null(strchr(cni_buffer_text(&notes), '\x1b'));
	assert_null(strchr(cni_buffer_text(&notes), '\x07'));
	assert_non_null(strstr(cni_buffer_text(&notes), "and more of the kind\n"));
	assert_true(notes.size < 100000);
}

static void reads_old_encodings(void **state)
{
	(void)state;
	static const char *const files[] = {
		"<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><sql><table name=\"Pre\xE7o\"><row name=\"a\" null=\"1\">"
		"<datatype>INT</datatype></row></table></sql>",
		"\xEF\xBB\xBF<sql><table name=\"Pre\xC3\xA7o\"><row name=\"a\" null=\"1\"><datatype>INT</datatype></row></table></sql>",
	};

	for (size_t i = 0; i < CNI_COUNT(files); i++) {
		CLEANUP(cni_arena_done) cni_arena arena = {0};
		cni_schema *schema;
		cn_error err;
		assert_ok(read_text(&arena, files[i], strlen(files[i]), &schema, NULL, &err), &err);
		assert_string_equal(schema->objects[0].name, "Pre\xC3\xA7o");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_a_sound_design),
		cmocka_unit_test(mends_a_broken_design),
		cmocka_unit_test(refuses_what_is_no_design),
		cmocka_unit_test(bounds_hold),
		cmocka_unit_test(notes_are_harmless),
		cmocka_unit_test(reads_old_encodings),
	};
	return RUN(tests);
}
