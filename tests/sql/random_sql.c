/* random_sql.c - see random_sql.h. The productions stand in the order of SQLite's own grammar. */
#include "random_sql.h"

#include <stdio.h>
#include <string.h>

#include "base/try.h"
#include "sql/lexer.h"

random_sql random_sql_from(uint64_t seed, cni_buffer *out)
{
	random_sql r = {.state = seed * 2654435761u + 88172645463325252u, .out = out};
	for (int i = 0; i < 8; i++)
		random_sql_below(&r, 2);
	return r;
}

unsigned random_sql_below(random_sql *r, unsigned limit)
{
	r->state ^= r->state << 13;
	r->state ^= r->state >> 7;
	r->state ^= r->state << 17;
	return (unsigned)((r->state >> 20) % limit);
}

static bool one_in(random_sql *r, unsigned limit) { return random_sql_below(r, limit) == 0; }

#define PICK(r, list) ((list)[random_sql_below(r, CNI_COUNT(list))])

/* Between any two tokens there may be white space and comments of every kind. */
static void gap(random_sql *r)
{
	static const char *const odd[] = {
		"\n", "\t", "  ", " -- c, ( ' \"\n", "/* ) ; */", "\f ", " /**/ ", "\r\n"};
	cni_buffer_puts(r->out, !r->no_comments && one_in(r, 12) ? PICK(r, odd) : " ");
}

/* Words, letters in any case. */
static void words(random_sql *r, const char *text)
{
	bool turn = one_in(r, 6);
	for (; *text; text++) {
		if (*text == ' ')
			gap(r);
		else
			cni_buffer_putc(r->out, turn && *text >= 'A' && *text <= 'Z' && one_in(r, 2)
							? (char)(*text + 32)
							: *text);
	}
	gap(r);
}

static void mark(random_sql *r, const char *text)
{
	cni_buffer_puts(r->out, text);
	if (one_in(r, 3))
		gap(r);
}

static void quoted(random_sql *r, const char *name)
{
	static const char pairs[][3] = {"\"\"", "``", "[]", "''"};
	const char *marks = PICK(r, pairs);
	cni_buffer_putc(r->out, marks[0]);
	for (; *name; name++) {
		if (*name == marks[1] && marks[0] != '[')
			cni_buffer_putc(r->out, *name);
		if (*name != ']' || marks[0] != '[')
			cni_buffer_putc(r->out, *name);
	}
	cni_buffer_putc(r->out, marks[1]);
	gap(r);
}

/* A name; `base` and a number so that there are not too many that are the same. */
static void name(random_sql *r, char base, unsigned number)
{
	static const char *const fallback[] = {"abort", "key", "action", "Desc", "view", "replace",
		"end", "cast", "always", "generated", "without", "partition", "row", "temp",
		"match", "conflict", "rename", "current", "FILTER", "offset", "trigger",
		"materialized", "glob", "full", "left", "cross"};
	static const char *const odd[] = {
		"select", "a b", "it's", "q\"q", "\xC3\xA4", "", "x`y", "-- no", "1", "primary"};
	char plain[16];
	snprintf(plain, sizeof plain, "%c%u", base, number);
	switch (random_sql_below(r, 12)) {
	case 0: words(r, PICK(r, fallback)); break;
	case 1: quoted(r, PICK(r, odd)); break;
	case 2:
	case 3: quoted(r, plain); break;
	default: words(r, plain); break;
	}
}

static void column_name(random_sql *r) { name(r, 'c', random_sql_below(r, r->columns + 1)); }

static void column_plain(random_sql *r)
{
	cni_buffer_printf(r->out, "c%u", random_sql_below(r, r->columns ? r->columns : 1));
	gap(r);
}

/* ---- expressions ---- */

static void literal(random_sql *r)
{
	static const char *const list[] = {"1", "0", "1.5", ".5", "1.", "2e10", "3E-4", "0x1F",
		"'text'", "'it''s'", "x'00fF'", "X''", "NULL", "TRUE", "false", "CURRENT_TIMESTAMP",
		"current_date", "''"};
	cni_buffer_puts(r->out, PICK(r, list));
	gap(r);
}

static void expr(random_sql *r, unsigned depth);

static void list_of(random_sql *r, void (*one)(random_sql *r), unsigned most)
{
	unsigned count = 1 + random_sql_below(r, most);
	for (unsigned i = 0; i < count; i++) {
		if (i)
			mark(r, ",");
		one(r);
	}
}

static void small_expr(random_sql *r) { expr(r, 1); }

static void operation(random_sql *r, unsigned depth)
{
	static const char *const signs[] = {"+", "-", "*", "/", "%", "||", "<<", ">>", "&", "|",
		"<", "<=", ">", ">=", "=", "==", "!=", "<>", "->", "->>"};
	static const char *const spoken[] = {"AND", "OR", "IS", "IS NOT", "LIKE", "NOT LIKE",
		"GLOB", "IS DISTINCT FROM", "IS NOT DISTINCT FROM"};
	expr(r, depth - 1);
	if (one_in(r, 2))
		words(r, PICK(r, spoken));
	else
		mark(r, PICK(r, signs));
	expr(r, depth - 1);
}

static void function(random_sql *r, unsigned depth)
{
	static const char *const names[] = {"abs", "lower", "length", "coalesce", "max", "min",
		"substr", "typeof", "printf", "replace", "like", "hex", "ifnull", "iif"};
	cni_buffer_puts(r->out, PICK(r, names));
	mark(r, "(");
	unsigned count = 1 + random_sql_below(r, 3);
	for (unsigned i = 0; i < count; i++) {
		if (i)
			mark(r, ",");
		expr(r, depth - 1);
	}
	mark(r, ")");
}

static void special(random_sql *r, unsigned depth)
{
	switch (random_sql_below(r, 6)) {
	case 0:
		words(r, "CASE WHEN");
		expr(r, depth - 1);
		words(r, "THEN");
		expr(r, depth - 1);
		words(r, one_in(r, 2) ? "ELSE 0 END" : "END");
		break;
	case 1:
		expr(r, depth - 1);
		words(r, one_in(r, 2) ? "NOT IN" : "IN");
		mark(r, "(");
		list_of(r, small_expr, 3);
		mark(r, ")");
		break;
	case 2:
		expr(r, 0);
		words(r, "BETWEEN");
		expr(r, 0);
		words(r, "AND");
		expr(r, 0);
		break;
	case 3:
		words(r, "CAST");
		mark(r, "(");
		expr(r, depth - 1);
		words(r, "AS VARCHAR(10, 2)");
		mark(r, ")");
		break;
	case 4:
		expr(r, depth - 1);
		words(r, one_in(r, 2) ? "NOTNULL" : "ISNULL");
		break;
	default:
		expr(r, depth - 1);
		words(r, "COLLATE NOCASE");
		break;
	}
}

static void expr(random_sql *r, unsigned depth)
{
	switch (depth ? random_sql_below(r, 8) : random_sql_below(r, 2)) {
	case 0: literal(r); break;
	case 1: column_plain(r); break;
	case 2:
	case 3: operation(r, depth); break;
	case 4: function(r, depth); break;
	case 5:
		mark(r, "(");
		expr(r, depth - 1);
		mark(r, ")");
		break;
	case 6:
		words(r, one_in(r, 2) ? "NOT" : "-");
		expr(r, depth - 1);
		break;
	default: special(r, depth); break;
	}
}

/* ---- columns and constraints ---- */

static void type(random_sql *r)
{
	static const char *const list[] = {"INTEGER", "INT", "TEXT", "REAL", "BLOB", "ANY",
		"UNSIGNED BIG INT", "\"quoted type\"", "[br]", "'str'", "`tick` word", "key desc",
		"long long long", "generated", "int always", "DOUBLE PRECISION"};
	static const char *const sizes[] = {
		"(10)", "(10,2)", "( -1 , +2.5 )", "(+ 3)", "(1e3)", "( max )", "(10 , 'x')"};
	if (one_in(r, 5))
		return;
	r->no_comments = true; /* SQLite takes them for a part of the type */
	words(r, PICK(r, list));
	r->no_comments = false;
	if (one_in(r, 5)) {
		cni_buffer_puts(r->out, sizes[random_sql_below(r, one_in(r, 6) ? 7 : 5)]);
		gap(r);
	}
}

static void on_conflict(random_sql *r)
{
	static const char *const list[] = {"ROLLBACK", "ABORT", "FAIL", "IGNORE", "REPLACE"};
	if (!one_in(r, 4))
		return;
	words(r, "ON CONFLICT");
	words(r, PICK(r, list));
}

static void constraint_name(random_sql *r)
{
	if (!one_in(r, 4))
		return;
	words(r, "CONSTRAINT");
	name(r, 'k', random_sql_below(r, 9));
}

static void deferral(random_sql *r)
{
	static const char *const list[] = {"DEFERRABLE", "NOT DEFERRABLE",
		"DEFERRABLE INITIALLY DEFERRED", "DEFERRABLE INITIALLY IMMEDIATE",
		"NOT DEFERRABLE INITIALLY DEFERRED"};
	if (one_in(r, 3))
		words(r, PICK(r, list));
}

static void references(random_sql *r, unsigned columns)
{
	static const char *const arguments[] = {"ON DELETE CASCADE", "ON UPDATE SET NULL",
		"ON DELETE NO ACTION", "ON DELETE RESTRICT", "ON UPDATE SET DEFAULT", "MATCH FULL",
		"MATCH simple", "ON INSERT CASCADE"};
	words(r, "REFERENCES");
	name(r, 't', random_sql_below(r, 3));
	if (one_in(r, 2)) {
		mark(r, "(");
		for (unsigned i = 0; i < columns; i++) {
			if (i)
				mark(r, ",");
			column_name(r);
		}
		mark(r, ")");
	}
	while (one_in(r, 3))
		words(r, PICK(r, arguments));
	deferral(r);
}

static void default_value(random_sql *r)
{
	static const char *const list[] = {"5", "-5", "+ 5", "- 1.5", "'x'", "\"dq\"", "[br]",
		"bare", "NULL", "TRUE", "CURRENT_TIME", "x'01'", "0x10", "-0x1", "+'text'", "key",
		"- - 5"};
	words(r, "DEFAULT");
	r->no_comments = true; /* SQLite shows them as part of the value */
	if (one_in(r, 3)) {
		mark(r, "(");
		unsigned columns = r->columns;
		r->columns = 0;
		literal(r);
		r->columns = columns;
		if (one_in(r, 3))
			words(r, "+ 1");
		mark(r, ")");
	} else {
		cni_buffer_puts(r->out, list[random_sql_below(r, one_in(r, 20) ? 17 : 16)]);
		gap(r);
	}
	r->no_comments = false;
}

static void generated(random_sql *r)
{
	static const char *const ends[] = {"", "STORED", "VIRTUAL"};
	words(r, one_in(r, 2) ? "GENERATED ALWAYS AS" : "AS");
	mark(r, "(");
	expr(r, 2);
	mark(r, ")");
	words(r, PICK(r, ends));
}

static void column_constraint(random_sql *r)
{
	constraint_name(r);
	switch (random_sql_below(r, 14)) {
	case 0:
		words(r, "PRIMARY KEY");
		words(r, one_in(r, 4) ? "DESC" : "");
		on_conflict(r);
		words(r, one_in(r, 5) ? "AUTOINCREMENT" : "");
		break;
	case 1:
	case 2:
		words(r, "NOT NULL");
		on_conflict(r);
		break;
	case 3:
		words(r, "NULL");
		on_conflict(r);
		break;
	case 4:
		words(r, "UNIQUE");
		on_conflict(r);
		break;
	case 5:
	case 6:
		words(r, "CHECK");
		mark(r, "(");
		expr(r, 2);
		mark(r, ")");
		break;
	case 7:
	case 8:
	case 9: default_value(r); break;
	case 10: words(r, one_in(r, 2) ? "COLLATE NOCASE" : "COLLATE \"rtrim\""); break;
	case 11: references(r, 1); break;
	case 12: generated(r); break;
	default: /* a name of nothing; a deferral of nothing */
		if (one_in(r, 2))
			deferral(r);
		break;
	}
}

static void column(random_sql *r, unsigned at)
{
	unsigned count = random_sql_below(r, 5);
	name(r, 'c', at);
	type(r);
	for (unsigned i = 0; i < count; i++)
		column_constraint(r);
}

static void sorted_column(random_sql *r)
{
	static const char *const ends[] = {
		"", "", "", "ASC", "DESC", "COLLATE NOCASE", "COLLATE 'binary' DESC"};
	if (one_in(r, 8)) {
		mark(r, "(");
		column_plain(r);
		mark(r, ")");
	} else if (one_in(r, 3)) {
		column_name(r);
	} else {
		column_plain(r);
	}
	words(r, PICK(r, ends));
}

static void table_constraint(random_sql *r)
{
	constraint_name(r);
	switch (random_sql_below(r, 5)) {
	case 0:
		words(r, "PRIMARY KEY");
		mark(r, "(");
		list_of(r, sorted_column, 3);
		mark(r, ")");
		on_conflict(r);
		break;
	case 1:
		words(r, "UNIQUE");
		mark(r, "(");
		list_of(r, sorted_column, 3);
		mark(r, ")");
		on_conflict(r);
		break;
	case 2:
		words(r, "CHECK");
		mark(r, "(");
		expr(r, 3);
		mark(r, ")");
		on_conflict(r);
		break;
	case 3: {
		unsigned count = 1 + random_sql_below(r, 2);
		words(r, "FOREIGN KEY");
		mark(r, "(");
		for (unsigned i = 0; i < count; i++) {
			if (i)
				mark(r, ",");
			column_plain(r);
		}
		mark(r, ")");
		references(r, count);
		break;
	}
	default: break; /* a name of nothing */
	}
}

static void select_body(random_sql *r)
{
	static const char *const list[] = {"SELECT 1 AS a, 'x' b, NULL", "VALUES (1, 2), (3, 4)",
		"SELECT * FROM (SELECT 1 AS c0 UNION ALL SELECT 2) ORDER BY 1 LIMIT 3 OFFSET 1",
		"WITH RECURSIVE n(i) AS (SELECT 1 UNION SELECT i + 1 FROM n WHERE i < 5) SELECT i FROM n",
		"SELECT c0, row_number() OVER (PARTITION BY c0 ORDER BY c0 ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) FROM t0",
		"SELECT t0.*, count(*) FILTER (WHERE c0 > 1) FROM t0 LEFT JOIN t1 USING (c0) GROUP BY c0 HAVING max(c0) IS NOT NULL",
		"SELECT CASE c0 WHEN 1 THEN ';' ELSE '--' END FROM t0 WHERE EXISTS (SELECT 1 FROM t1 WHERE t1.c0 = t0.c0)",
		"SELECT sum(c0) OVER w FROM t0 WINDOW w AS (ORDER BY c0)"};
	words(r, PICK(r, list));
}

void random_sql_table(random_sql *r)
{
	static const char *const heads[] = {"CREATE TABLE", "CREATE TABLE IF NOT EXISTS",
		"CREATE TABLE", "CREATE TABLE main .", "CREATE TABLE", "CREATE TABLE \"main\".",
		"CREATE TABLE IF NOT EXISTS [main] ."};
	static const char *const ends[] = {"", "", "", "", "STRICT", "WITHOUT ROWID",
		"STRICT, WITHOUT ROWID", "without rowid , strict", ", WITHOUT ROWID"};
	words(r, r->may_be_temporary && one_in(r, 12) ? "CREATE TEMP TABLE" : PICK(r, heads));
	name(r, 't', random_sql_below(r, 3));
	if (one_in(r, 15)) {
		words(r, "AS");
		select_body(r);
		return;
	}
	r->columns = 1 + random_sql_below(r, 5);
	unsigned constraints = random_sql_below(r, 4);
	mark(r, "(");
	for (unsigned i = 0; i < r->columns; i++) {
		if (i)
			mark(r, ",");
		column(r, i);
	}
	for (unsigned i = 0; i < constraints; i++) {
		if (i == 0 || !one_in(r, 4)) /* between table constraints commas may be left out */
			mark(r, ",");
		table_constraint(r);
	}
	mark(r, ")");
	words(r, PICK(r, ends));
}

void random_sql_index(random_sql *r)
{
	static const char *const ends[] = {
		"", "", "ASC", "DESC", "COLLATE nocase", "NULLS FIRST", "DESC NULLS LAST"};
	words(r, one_in(r, 3) ? "CREATE UNIQUE INDEX" : "CREATE INDEX");
	words(r, one_in(r, 6) ? "IF NOT EXISTS" : "");
	if (one_in(r, 8))
		mark(r, "main.");
	name(r, 'i', random_sql_below(r, 20));
	words(r, "ON");
	words(r, "t0");
	mark(r, "(");
	unsigned count = 1 + random_sql_below(r, 3);
	for (unsigned i = 0; i < count; i++) {
		if (i)
			mark(r, ",");
		if (one_in(r, 3))
			expr(r, 2);
		else
			sorted_column(r);
		if (one_in(r, 4))
			words(r, PICK(r, ends));
	}
	mark(r, ")");
	if (one_in(r, 3)) {
		words(r, "WHERE");
		expr(r, 3);
	}
}

void random_sql_view(random_sql *r)
{
	words(r, one_in(r, 8) ? "CREATE VIEW IF NOT EXISTS" : "CREATE VIEW");
	name(r, 'v', random_sql_below(r, 9));
	if (one_in(r, 4)) {
		mark(r, "(");
		name(r, 'x', 1);
		mark(r, ",");
		name(r, 'x', 2);
		mark(r, ")");
	}
	words(r, "AS");
	select_body(r);
}

static void trigger_step(random_sql *r)
{
	static const char *const list[] = {"UPDATE t0 SET c0 = new.c0 WHERE c0 IS old.c0",
		"INSERT INTO t0 (c0) VALUES (new.c0) ON CONFLICT DO NOTHING",
		"INSERT OR REPLACE INTO t0 (c0) SELECT 1 WHERE new.c0 = ';'",
		"DELETE FROM t0 WHERE c0 = 'END;'", "SELECT RAISE(ABORT, 'no; BEGIN END')",
		"SELECT CASE WHEN new.c0 THEN RAISE(IGNORE) END",
		"UPDATE OR IGNORE t0 SET (c0) = (SELECT 1) FROM t1 AS x WHERE x.c0 = t0.c0",
		"WITH a AS (SELECT 1 AS b) INSERT INTO t0 (c0) SELECT b FROM a",
		"INSERT INTO t0 (c0) VALUES (1) ON CONFLICT (c0) WHERE c0 > 0 DO UPDATE SET c0 = excluded.c0 WHERE 1"};
	words(r, PICK(r, list));
	mark(r, ";");
}

void random_sql_trigger(random_sql *r)
{
	static const char *const times[] = {"", "BEFORE", "AFTER"};
	static const char *const events[] = {
		"UPDATE", "INSERT", "UPDATE OF c0", "UPDATE OF \"c0\" , c1"};
	words(r, one_in(r, 8) ? "CREATE TRIGGER IF NOT EXISTS" : "CREATE TRIGGER");
	name(r, 'g', random_sql_below(r, 9));
	words(r, PICK(r, times));
	words(r, PICK(r, events));
	words(r, one_in(r, 2) ? "ON t0" : "ON \"t0\"");
	words(r, one_in(r, 3) ? "FOR EACH ROW" : "");
	if (one_in(r, 3))
		words(r, "WHEN new.c0 IS NOT NULL AND CASE WHEN 1 THEN 2 END");
	words(r, "BEGIN");
	unsigned count = 1 + random_sql_below(r, 3);
	for (unsigned i = 0; i < count; i++)
		trigger_step(r);
	words(r, "END");
}

void random_sql_spoil(random_sql *r, const char *sql)
{
	static const char *const others[] = {"(", ")", ",", "PRIMARY", "KEY", "'s'", "1", "x", "AS",
		"NOT", "NULL", "ON", "CONFLICT", ".", "CONSTRAINT", "DEFAULT", "REFERENCES", "-",
		";", "CHECK", "UNIQUE", "COLLATE", "GENERATED", "FOREIGN", "DEFERRABLE", "DESC"};
	CLEANUP(cni_arena_done) cni_arena arena = {0};
	size_t count = 0;
	const cni_token *tokens = cni_tokens(&arena, sql, strlen(sql), &count);
	size_t at = count ? random_sql_below(r, (unsigned)count) : 0;
	unsigned how = random_sql_below(r, 4);
	for (size_t i = 0; tokens && i < count; i++) {
		if (i == at && how == 0)
			continue;
		if (i == at && how == 1)
			cni_buffer_printf(r->out, "%s ", PICK(r, others));
		else
			cni_buffer_printf(r->out, "%.*s ", (int)tokens[i].size, tokens[i].text);
		if (i == at && how == 2)
			cni_buffer_printf(r->out, "%.*s ", (int)tokens[i].size, tokens[i].text);
		if (i == at && how == 3)
			cni_buffer_printf(r->out, "%s ", PICK(r, others));
	}
}
