/* case_file.c - see case_file.h. Builds and checks with SQLite itself, not with the code under
 * test. */
#include "case_file.h"

#include <ctype.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/file.h"
#include "base/text.h"
#include "base/try.h"

static void give_up(const char *what, const char *name)
{
	fprintf(stderr, "Bail out! %s: %s\n", name, what);
	exit(1);
}

static const char *section(cni_arena *arena, const char *text, const char *name)
{
	const char *mark = cni_printf(arena, "-- %s --\n", name);
	const char *at = strstr(text, mark);
	if (!at)
		return "";
	at += strlen(mark);
	const char *end = at;
	while ((end = strstr(end, "\n-- ")) &&
		strncmp(end + 4 + strcspn(end + 4, " \n"), " --\n", 4) != 0)
		end++;
	if (strncmp(at, "-- ", 3) == 0 && strncmp(at + 3 + strcspn(at + 3, " \n"), " --\n", 4) == 0)
		return "";
	return end ? cni_strndup(arena, at, (size_t)(end + 1 - at)) : at;
}

case_file *case_files_read(cni_arena *arena, const char *folder, size_t *ret_count)
{
	const char **names;
	size_t count, found = 0;
	case_file *list = NULL;
	cn_error err;
	if (cni_dir_list(arena, folder, &names, &count, &err) < 0)
		give_up(err.message, folder);
	for (size_t i = 0; i < count; i++) {
		char *text;
		size_t size;
		if (!cni_ends(names[i], ".case"))
			continue;
		if (cni_file_read(arena, cni_path_join(arena, folder, names[i]), 1 << 20, &text,
			    &size, &err) < 0)
			give_up(err.message, names[i]);
		case_file file = {.name = names[i],
			.start = section(arena, text, "start"),
			.data = section(arena, text, "data"),
			.target = section(arena, text, "target"),
			.hints = section(arena, text, "hints"),
			.expect = section(arena, text, "expect")};
		file.refuse = cni_starts(file.expect, "refuse");
		file.unchanged = cni_starts(file.expect, "unchanged");
		if (!CNI_PUSH(arena, list, found, file))
			give_up("out of memory", names[i]);
	}
	*ret_count = found;
	return list;
}

static sqlite3 *open_db(const char *path)
{
	sqlite3 *db;
	if (sqlite3_open(path, &db) != SQLITE_OK)
		give_up("cannot be opened", path);
	return db;
}

static void run(sqlite3 *db, const char *sql, const char *name)
{
	char *message = NULL;
	if (sqlite3_exec(db, sql, NULL, NULL, &message) != SQLITE_OK)
		give_up(message ? message : "SQL failed", name);
}

void case_build(const case_file *file, const char *path)
{
	sqlite3 *db = open_db(path);
	run(db, "PRAGMA foreign_keys = OFF; PRAGMA synchronous = OFF", file->name);
	run(db, file->start, file->name);
	run(db, file->data, file->name);
	sqlite3_close(db);
}

/* 'a|b' and 1 are told apart by the quotes: a bar inside them is no border. */
static const char *as_select(cni_arena *arena, const char *row)
{
	CLEANUP(cni_buffer_done) cni_buffer sql = {0};
	bool quoted = false;
	cni_buffer_puts(&sql, "SELECT ");
	for (; *row; row++) {
		quoted ^= *row == '\'';
		if (*row == '|' && !quoted)
			cni_buffer_puts(&sql, ", ");
		else
			cni_buffer_putc(&sql, *row);
	}
	return cni_buffer_dup(&sql, arena);
}

static bool same_value(sqlite3_stmt *a, sqlite3_stmt *b, int i)
{
	int type = sqlite3_column_type(a, i);
	if (type != sqlite3_column_type(b, i))
		return false;
	if (type == SQLITE_INTEGER)
		return sqlite3_column_int64(a, i) == sqlite3_column_int64(b, i);
	if (type == SQLITE_FLOAT) {
		double x = sqlite3_column_double(a, i), y = sqlite3_column_double(b, i);
		return memcmp(&x, &y, sizeof x) == 0 || x == y;
	}
	int size = sqlite3_column_bytes(a, i);
	return size == sqlite3_column_bytes(b, i) &&
	       (size == 0 || memcmp(sqlite3_column_blob(a, i), sqlite3_column_blob(b, i),
				     (size_t)size) == 0);
}

static bool same_row(sqlite3 *db, sqlite3_stmt *got, const char *wanted_sql)
{
	sqlite3_stmt *wanted = NULL;
	bool same = sqlite3_prepare_v2(db, wanted_sql, -1, &wanted, NULL) == SQLITE_OK &&
		    sqlite3_step(wanted) == SQLITE_ROW &&
		    sqlite3_column_count(wanted) == sqlite3_column_count(got);
	for (int i = 0; same && i < sqlite3_column_count(got); i++)
		same = same_value(got, wanted, i);
	sqlite3_finalize(wanted);
	return same;
}

/* One statement and the lines that say what it must yield. */
static const char *check_statement(cni_arena *arena, sqlite3 *db, const char *sql,
	const char **rows, size_t row_count, const char *failure)
{
	sqlite3_stmt *stmt = NULL;
	const char *wrong = NULL;
	size_t seen = 0;
	int rc = sqlite3_prepare_v2(db, sql, -1, &stmt, NULL);
	bool none = row_count == 1 && strcmp(rows[0], "(none)") == 0;
	while (rc == SQLITE_OK && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
		bool wanted =
			!row_count || (!none && seen < row_count &&
					      same_row(db, stmt, as_select(arena, rows[seen])));
		if (!wanted && !wrong)
			wrong = cni_printf(arena,
				"%s: row %zu is not the one expected (first value: %s)", sql,
				seen + 1, (const char *)sqlite3_column_text(stmt, 0));
		seen++;
		rc = SQLITE_OK;
	}
	if (!wrong && failure && (rc == SQLITE_DONE || !strstr(sqlite3_errmsg(db), failure)))
		wrong = cni_printf(arena, "%s: must fail with \"%s\"", sql, failure);
	if (!wrong && !failure && rc != SQLITE_DONE)
		wrong = cni_printf(arena, "%s: %s", sql, sqlite3_errmsg(db));
	if (!wrong && row_count && seen != (none ? 0 : row_count))
		wrong = cni_printf(arena, "%s: %zu rows, %zu expected", sql, seen,
			none ? (size_t)0 : row_count);
	sqlite3_finalize(stmt);
	return wrong;
}

static const char *next_line(cni_arena *arena, const char **at)
{
	size_t size = strcspn(*at, "\n");
	const char *line = **at ? cni_strndup(arena, *at, size) : NULL;
	*at += size + ((*at)[size] == '\n');
	return line;
}

static const char *check_expected(cni_arena *arena, const case_file *file, sqlite3 *db)
{
	const char *at = file->expect, *line;
	while (*at) {
		CLEANUP(cni_buffer_done) cni_buffer sql = {0};
		const char **rows = NULL, *failure = NULL;
		size_t row_count = 0;
		do {
			line = next_line(arena, &at);
			cni_buffer_printf(&sql, "%s\n", line ? line : "");
		} while (line && !sqlite3_complete(cni_buffer_text(&sql)));
		while (strncmp(at, "=> ", 3) == 0 || strncmp(at, "!! ", 3) == 0) {
			bool is_row = *at == '=';
			line = next_line(arena, &at) + 3;
			if (!is_row)
				failure = line;
			else if (!CNI_PUSH(arena, rows, row_count, line))
				return "out of memory";
		}
		const char *text = cni_buffer_text(&sql);
		if (text[strspn(text, " \n")] == '\0')
			continue;
		const char *wrong = check_statement(
			arena, db, cni_strdup(arena, text), rows, row_count, failure);
		if (wrong)
			return wrong;
	}
	return NULL;
}

const char *case_check(cni_arena *arena, const case_file *file, const char *path)
{
	static const char *const ok[] = {"'ok'"};
	const char *rows[] = {ok[0]};
	sqlite3 *db = open_db(path);
	const char *wrong = check_statement(arena, db, "PRAGMA integrity_check", rows, 1, NULL);
	if (!wrong)
		wrong = check_expected(arena, file, db);
	sqlite3_close(db);
	return wrong;
}

const char *case_missing_word(cni_arena *arena, const case_file *file, const char *text)
{
	char *words = cni_strndup(arena, file->expect + 6, strcspn(file->expect + 6, "\n"));
	char *save = NULL;
	for (char *word = strtok_r(words, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
		bool found = false;
		char *inner = NULL, *copy = cni_strdup(arena, word);
		for (char *either = strtok_r(copy, "/", &inner); either;
			either = strtok_r(NULL, "/", &inner))
			found |= strcasestr(text, either) != NULL;
		if (!found)
			return word;
	}
	return NULL;
}
