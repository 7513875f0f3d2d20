/* test_ini.c - small settings files. */
#include "tap.h"

#include "manage/ini.h"

static void reads(void **state)
{
	(void)state;
	static const char text[] = "\xEF\xBB\xBF; a comment\n"
				   "[cantil]\r\n"
				   "database = sqlite:///app.db       ; relative\n"
				   "  schema=schema.sql# no comment: no blank in front\n"
				   "\n"
				   "[ other ]  # another\n"
				   "empty =\n"
				   "database = a = b\n"
				   "last = x"; /* no line's end */
	__attribute__((cleanup(cni_arena_done))) cni_arena arena = {0};
	cni_ini_entry *e;
	size_t count;
	cn_error err;

	assert_ok(cni_ini_parse(&arena, "x.ini", text, sizeof text - 1, &e, &count, &err), &err);
	assert_int_equal(count, 5);
	static const cni_ini_entry want[] = {
		{"cantil", "database", "sqlite:///app.db", 3},
		{"cantil", "schema", "schema.sql# no comment: no blank in front", 4},
		{"other", "empty", "", 7},
		{"other", "database", "a = b", 8},
		{"other", "last", "x", 9},
	};
	for (size_t i = 0; i < count; i++) {
		assert_string_equal(e[i].section, want[i].section);
		assert_string_equal(e[i].key, want[i].key);
		assert_string_equal(e[i].value, want[i].value);
		assert_int_equal(e[i].line, want[i].line);
	}
}

static void complains_with_the_line(void **state)
{
	(void)state;
	static const struct {
		const char *text, *message;
	} rows[] = {
		{"a = b", "x.ini:1: a key before the first [section]"},
		{"[s]\nnonsense\n",
			"x.ini:2: a line is \"key = value\", \"[section]\" or a comment"},
		{"[s\n", "x.ini:1: a section is written [name]"},
		{"[s] x\n", "x.ini:1: a section is written [name]"},
		{"[a[b]\n", "x.ini:1: a section is written [name]"},
		{"[]\n", "x.ini:1: a section needs a name"},
		{"[ ]\n", "x.ini:1: a section needs a name"},
		{"[s]\n = b\n", "x.ini:2: a key needs a name"},
		{"[s]\na=1\n[S]\nA=2\n", "x.ini:4: \"A\" was given in line 2 already"},
		{"[s]\na=\xff\n", "x.ini: not a text file (UTF-8)"},
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		__attribute__((cleanup(cni_arena_done))) cni_arena arena = {0};
		cni_ini_entry *e;
		size_t count;
		cn_error err = {0};
		assert_int_equal(cni_ini_parse(&arena, "x.ini", rows[i].text, strlen(rows[i].text),
					 &e, &count, &err),
			CN_EARG);
		assert_string_equal(err.message, rows[i].message);
	}
}

static void is_bounded(void **state)
{
	(void)state;
	__attribute__((cleanup(cni_arena_done))) cni_arena arena = {0};
	char *text = malloc(CNI_INI_BYTES + 1);
	cni_ini_entry *e;
	size_t count;
	cn_error err = {0};

	assert_non_null(text);
	memset(text, '\n', CNI_INI_BYTES + 1);
	assert_ok(cni_ini_parse(&arena, "x.ini", text, CNI_INI_BYTES, &e, &count, &err), &err);
	assert_int_equal(
		cni_ini_parse(&arena, "x.ini", text, CNI_INI_BYTES + 1, &e, &count, &err), CN_EARG);
	text[3] = '\0';
	assert_int_equal(cni_ini_parse(&arena, "x.ini", text, 10, &e, &count, &err), CN_EARG);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads),
		cmocka_unit_test(complains_with_the_line),
		cmocka_unit_test(is_bounded),
	};
	return RUN(tests);
}
