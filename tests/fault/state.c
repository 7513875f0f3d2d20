/* state.c - see state.h. */
#include "state.h"

#include <stdio.h>
#include <string.h>

static void broken(sqlite3 *db, const char *what, cni_buffer *out)
{
	cni_buffer_printf(out, "BROKEN %s: %s\n", what, sqlite3_errmsg(db));
}

static void add_value(sqlite3_stmt *stmt, int column, cni_buffer *out)
{
	static const char kinds[] = "?ifsbn"; /* by SQLite's numbers for types */
	const char *text = (const char *)sqlite3_column_text(stmt, column);
	int size = sqlite3_column_bytes(stmt, column);
	cni_buffer_putc(out, kinds[sqlite3_column_type(stmt, column)]);
	for (int i = 0; i < size; i++) /* blobs too: one line each, whatever is in it */
		if ((unsigned char)text[i] >= ' ' && text[i] != '|')
			cni_buffer_putc(out, text[i]);
		else
			cni_buffer_printf(out, "\\%02x", (unsigned char)text[i]);
	cni_buffer_putc(out, '|');
}

static int add_rows(sqlite3 *db, const char *sql, cni_buffer *out)
{
	sqlite3_stmt *stmt = NULL;
	int rc = sqlite3_prepare_v2(db, sql, -1, &stmt, NULL);
	while (rc == SQLITE_OK && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
		for (int i = 0; i < sqlite3_column_count(stmt); i++)
			add_value(stmt, i, out);
		cni_buffer_putc(out, '\n');
		rc = SQLITE_OK;
	}
	if (rc != SQLITE_DONE)
		broken(db, sql, out);
	sqlite3_finalize(stmt);
	return rc;
}

/* Times and random numbers are not the same twice; everything else of it is. */
static const char version_rows[] =
	"SELECT revision, checksum, tool, applied_at > '2020', duration_us IS NULL,"
	" length(database_id) FROM cantil_version ORDER BY number";

/* How to read one table whole: NOT INDEXED, so that its own rows are read and no index's. */
static const char tables[] =
	"SELECT name, CASE name WHEN 'sqlite_sequence' THEN 'SELECT * FROM sqlite_sequence ORDER BY name'"
	" WHEN 'sqlite_stat1' THEN 'SELECT * FROM sqlite_stat1 ORDER BY tbl, idx'"
	" WHEN 'sqlite_stat4' THEN 'SELECT * FROM sqlite_stat4 ORDER BY tbl, idx, sample'"
	/* when its steps were run is not the same twice */
	" WHEN 'cantil_step' THEN 'SELECT number, done, revision, down, checksum FROM cantil_step'"
	" ELSE format('SELECT %s* FROM \"%w\" NOT INDEXED', iif(wr, '', 'rowid, '), name) END"
	" FROM pragma_table_list WHERE schema = 'main' AND type IN ('table', 'shadow')"
	" AND name NOT IN ('sqlite_schema', 'cantil_version') ORDER BY name";

static void add_tables(sqlite3 *db, cni_buffer *out)
{
	sqlite3_stmt *stmt = NULL;
	int rc = sqlite3_prepare_v2(db, tables, -1, &stmt, NULL);
	while (rc == SQLITE_OK && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
		cni_buffer_printf(out, "[%s]\n", (const char *)sqlite3_column_text(stmt, 0));
		rc = add_rows(db, (const char *)sqlite3_column_text(stmt, 1), out);
		if (rc == SQLITE_DONE)
			rc = SQLITE_OK;
	}
	if (rc != SQLITE_DONE)
		broken(db, "tables", out);
	sqlite3_finalize(stmt);
}

static void add_checks(sqlite3 *db, cni_buffer *out)
{
	static const char *const checks[] = {
		"SELECT integrity_check FROM pragma_integrity_check WHERE integrity_check <> 'ok'",
		"SELECT * FROM pragma_foreign_key_check"};
	for (size_t i = 0; i < sizeof checks / sizeof *checks; i++) {
		size_t before = out->size;
		add_rows(db, checks[i], out);
		if (out->size != before)
			cni_buffer_printf(out, "BROKEN by the lines above\n");
	}
}

static void add_all(sqlite3 *db, const char *queries, cni_buffer *out)
{
	sqlite3_stmt *stmt;
	/* what the file says of itself */
	add_rows(db,
		"SELECT (SELECT user_version FROM pragma_user_version),"
		" (SELECT application_id FROM pragma_application_id),"
		" (SELECT encoding FROM pragma_encoding)",
		out);
	add_rows(db, "SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY 1, 2", out);
	bool versions = sqlite3_prepare_v2(db, version_rows, -1, &stmt, NULL) == SQLITE_OK;
	sqlite3_finalize(stmt);
	if (versions)
		add_rows(db, version_rows, out);
	add_tables(db, out);
	add_checks(db, out);
	while (queries && *queries) {
		const char *end = strchr(queries, ';');
		char one[512];
		snprintf(one, sizeof one, "%.*s",
			(int)(end ? (size_t)(end - queries) : strlen(queries)), queries);
		add_rows(db, one, out);
		queries = end ? end + 1 : NULL;
	}
}

void state_read(const char *path, const char *queries, cni_buffer *out)
{
	sqlite3 *db = NULL;
	/* CREATE: the end of a hot journal may be that the file was never made */
	int rc = sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL);
	sqlite3_extended_result_codes(db, 1);
	if (rc == SQLITE_OK)
		add_all(db, queries, out);
	else
		broken(db, "open", out);
	sqlite3_close(db);
}

bool state_alike(const char *a, const char *b)
{
	for (;;) {
		a += strspn(a, "\"");
		b += strspn(b, "\"");
		if (*a != *b)
			return false;
		if (!*a)
			return true;
		a++;
		b++;
	}
}

void state_differs(const char *want, const char *have, cni_buffer *out)
{
	size_t at = 0, line = 0;
	for (; want[at] && want[at] == have[at]; at++)
		if (want[at] == '\n')
			line = at + 1;
	cni_buffer_printf(out, "want %.*s | have %.*s\n", (int)strcspn(want + line, "\n"),
		want + line, (int)strcspn(have + line, "\n"), have + line);
}
