/*
 * designer_type.c - types and defaults of WWW SQL Designer, which writes those of nine engines, in
 * SQLite.
 *
 * A type is kept where SQLite gives it an affinity that fits (VARCHAR(100), DECIMAL(10,2),
 * TIMESTAMP), and replaced where its affinity would spoil values: POINT would hold integers,
 * VARBINARY numbers, JSON too. See designer.h.
 */
#include <string.h>

#include "base/text.h"
#include "base/try.h"
#include "schema/designer.h"
#include "schema/kept.h"
#include "sql/lexer.h"

typedef struct type_rule {
	const char *word; /* the first word of the type */
	const char *type; /* NULL: kept as it is written */
	bool integer, serial, noted;
} type_rule;

static const type_rule rules[] = {
	{"INTEGER", "INTEGER", true, false, false},
	{"INT", "INTEGER", true, false, false},
	{"TINYINT", "INTEGER", true, false, false},
	{"SMALLINT", "INTEGER", true, false, false},
	{"MEDIUMINT", "INTEGER", true, false, false},
	{"BIGINT", "INTEGER", true, false, false},
	{"INT2", "INTEGER", true, false, false},
	{"INT4", "INTEGER", true, false, false},
	{"INT8", "INTEGER", true, false, false},
	{"BIT", "INTEGER", true, false, false},
	{"YEAR", "INTEGER", true, false, false},
	{"SERIAL", "INTEGER", true, true, false},
	{"BIGSERIAL", "INTEGER", true, true, false},
	{"SMALLSERIAL", "INTEGER", true, true, false},
	{"BOOL", "BOOLEAN", false, false, false},
	{"BOOLEAN", "BOOLEAN", false, false, false},
	{"FLOAT", "REAL", false, false, false},
	{"DOUBLE", "REAL", false, false, false},
	{"REAL", "REAL", false, false, false},
	{"FLOAT4", "REAL", false, false, false},
	{"FLOAT8", "REAL", false, false, false},
	{"SINGLE", "REAL", false, false, false},
	{"TEXT", "TEXT", false, false, false},
	{"TINYTEXT", "TEXT", false, false, false},
	{"MEDIUMTEXT", "TEXT", false, false, false},
	{"LONGTEXT", "TEXT", false, false, false},
	{"NTEXT", "TEXT", false, false, false},
	{"CLOB", "TEXT", false, false, false},
	{"JSON", "TEXT", false, false, false},
	{"JSONB", "TEXT", false, false, false},
	{"XML", "TEXT", false, false, false},
	{"UUID", "TEXT", false, false, false},
	{"UNIQUEIDENTIFIER", "TEXT", false, false, false},
	{"INTERVAL", "TEXT", false, false, true},
	{"BLOB", "BLOB", false, false, false},
	{"TINYBLOB", "BLOB", false, false, false},
	{"MEDIUMBLOB", "BLOB", false, false, false},
	{"LONGBLOB", "BLOB", false, false, false},
	{"BINARY", "BLOB", false, false, false},
	{"VARBINARY", "BLOB", false, false, false},
	{"BYTEA", "BLOB", false, false, false},
	{"IMAGE", "BLOB", false, false, false},
	{"RAW", "BLOB", false, false, false},
	{"POINT", "BLOB", false, false, true},
	{"SMALLDATETIME", "DATETIME", false, false, false},
	{"DATETIME2", "DATETIME", false, false, false},
	{"TIMESTAMPTZ", "TIMESTAMP", false, false, false},
	{"TIMESTAMP", NULL, false, false, false},
	{"DATETIME", NULL, false, false, false},
	{"DATE", NULL, false, false, false},
	{"TIME", NULL, false, false, false},
	{"CHAR", NULL, false, false, false},
	{"VARCHAR", NULL, false, false, false},
	{"NCHAR", NULL, false, false, false},
	{"NVARCHAR", NULL, false, false, false},
	{"VARCHAR2", NULL, false, false, false},
	{"CHARACTER", NULL, false, false, false},
	{"DECIMAL", NULL, false, false, false},
	{"DEC", NULL, false, false, false},
	{"NUMERIC", NULL, false, false, false},
	{"NUMBER", NULL, false, false, false},
	{"MONEY", NULL, false, false, false},
};

static const type_rule *find_rule(const char *word)
{
	for (size_t i = 0; i < CNI_COUNT(rules); i++)
		if (cni_same(rules[i].word, word))
			return &rules[i];
	return NULL;
}

static size_t row_line(const cni_designer *d) { return d->row->line; }

/* The part in parentheses: "10,2" of DECIMAL(10,2); NULL if there is none, or it is not closed. */
static const char *in_parens(cni_arena *arena, const char *text)
{
	const char *open = strchr(text, '('), *close = strrchr(text, ')');

	return open && close && close > open
		       ? cni_strndup(arena, open + 1, (size_t)(close - open - 1))
		       : NULL;
}

/* Is it one or two plain numbers? Then it may stand in SQL as it is. */
static bool is_size(const char *text)
{
	return text && *text && strspn(text, "0123456789, ") == strlen(text);
}

/* 'a','b': SQL strings and commas, nothing else. */
static bool is_string_list(const char *text)
{
	bool want_string = true;
	cni_lexer lexer;

	cni_lexer_init(&lexer, text, strlen(text));
	for (;;) {
		cni_token token = cni_lexer_next_solid(&lexer);
		if (token.kind == CNI_TOKEN_END)
			return !want_string;
		bool closed = token.kind == CNI_TOKEN_STRING && token.size > 1 &&
			      token.text[token.size - 1] == '\'';
		if (want_string ? !closed : !cni_token_is_op(&token, ","))
			return false;
		want_string = !want_string;
	}
}

static cni_designer_type read_enum(cni_designer *d, const char *column, const char *values)
{
	cni_designer_type type = {.type = "TEXT"};

	if (values && is_string_list(values))
		type.values = values;
	else
		cni_note(d->notes, row_line(d),
			"%s.%s: the values of the ENUM cannot be read: any text is allowed",
			d->table, column);
	return type;
}

cni_designer_type cni_designer_type_read(cni_designer *d, const char *column, const char *text)
{
	const char *values = in_parens(d->arena, text);
	size_t size =
		strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_");
	char *word = cni_strndup(d->arena, text, size);
	cni_designer_type type = {.type = "TEXT"};

	if (!word)
		return type;
	if (!*text) {
		cni_note(d->notes, row_line(d), "%s.%s has no type: none in SQLite either",
			d->table, column);
		return (cni_designer_type){0};
	}
	if (cni_same(word, "ENUM"))
		return read_enum(d, column, values);
	const type_rule *rule = find_rule(word);
	if (cni_same(word, "TINYINT") && values && strcmp(values, "1") == 0)
		rule = find_rule("BOOLEAN"); /* what MySQL makes of BOOLEAN */
	if (!rule || rule->noted)
		cni_note(d->notes, row_line(d), "%s.%s: SQLite knows no %s: kept as %s", d->table,
			column, text, rule ? rule->type : "TEXT");
	if (!rule)
		return type;
	type.integer = rule->integer;
	type.serial = rule->serial;
	type.type = rule->type;
	if (type.type)
		return type;
	for (char *p = word; *p; p++)
		if (*p >= 'a' && *p <= 'z')
			*p = (char)(*p - ('a' - 'A'));
	type.type = is_size(values) ? cni_printf(d->arena, "%s(%s)", word, values) : word;
	return type;
}

/* ---- defaults ---- */

static const char *quoted_text(cni_designer *d, const char *text)
{
	CLEANUP(cni_buffer_done) cni_buffer out = {0};

	cni_quote_text(&out, text);
	return cni_buffer_keep(&out, d->arena);
}

/* 'it''s', and what the designer writes when somebody types a quote: 'it's', 'it''s. */
static const char *quoted_default(cni_designer *d, const char *column, const char *text)
{
	CLEANUP(cni_buffer_done) cni_buffer value = {0};
	size_t size = strlen(text);
	bool closed = size > 1 && text[size - 1] == '\'', mended = !closed;

	cni_buffer_puts(&value, "");
	for (size_t i = 1; i < size - closed; i++) {
		char next = i + 1 < size - closed ? text[i + 1] : '\0';
		if (text[i] == '\'' || (text[i] == '\\' && (next == '\'' || next == '\\'))) {
			if (text[i] == '\'' && next != '\'')
				mended = true;
			else
				i++;
		}
		cni_buffer_putc(&value, text[i]);
	}
	const char *sql =
		value.failed ? cni_kept(d->arena, NULL) : quoted_text(d, cni_buffer_text(&value));
	if (mended && sql)
		cni_note(d->notes, row_line(d),
			"%s.%s: the default %s is not quoted rightly: taken as %s", d->table,
			column, text, sql);
	return sql;
}

static bool is_number(cni_arena *arena, const char *text)
{
	size_t count = 0;
	const cni_token *tokens = cni_tokens(arena, text, strlen(text), &count);
	bool sign = tokens && count == 2 &&
		    (cni_token_is_op(&tokens[0], "-") || cni_token_is_op(&tokens[0], "+"));

	return tokens && count == 1u + sign && tokens[sign].kind == CNI_TOKEN_NUMBER;
}

const char *cni_designer_default_read(cni_designer *d, const char *column, const char *text)
{
	static const char *const words[] = {
		"CURRENT_TIMESTAMP",
		"CURRENT_DATE",
		"CURRENT_TIME",
		"TRUE",
		"FALSE",
	};

	if (!*text || cni_same(text, "NULL"))
		return NULL;
	if (*text == '\'')
		return quoted_default(d, column, text);
	for (size_t i = 0; i < CNI_COUNT(words); i++)
		if (cni_same(text, words[i]))
			return words[i];
	if (is_number(d->arena, text))
		return text;
	if (cni_ncasecmp(text, "CURRENT_TIMESTAMP", strlen("CURRENT_TIMESTAMP")) == 0 ||
		cni_same(text, "now()") || cni_same(text, "getdate()")) {
		cni_note(d->notes, row_line(d),
			"%s.%s: the default %s is kept as CURRENT_TIMESTAMP", d->table, column,
			text);
		return "CURRENT_TIMESTAMP";
	}
	if (strchr(text, '(')) {
		cni_note(d->notes, row_line(d),
			"%s.%s: the default %s is left out: SQLite has no such function", d->table,
			column, text);
		return NULL;
	}
	cni_note(d->notes, row_line(d), "%s.%s: the default %s is not quoted: taken as text",
		d->table, column, text);
	return quoted_text(d, text);
}
