/*
 * whole.c - is the file whole? Asked before a plan touches it.
 *
 * What is damaged can be carried from one table into the next without anybody noticing, and the
 * copy then looks sound. SQLite refuses by itself a file that is shorter than its header says;
 * pages that were swapped, zeroed or overwritten it meets when it reads them, if it does. So the
 * pages of a file are looked at as long as that takes no time; of a larger one those that are read
 * anyway must do. `verify-backup` looks at all of them, of any database.
 */
#include "driver/sqlite/plan.h"

#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/try.h"

enum { LOOKED_AT_BYTES = 16 << 20 }; /* about 30 ms */

typedef struct complaint {
	char line[200]; /* the first that counts; "": none */
} complaint;

/* SQLite's text about the pages has a line for each; a page that nothing uses harms nobody. What it
 * says about values is the rows' affair. */
static int take_text(const cn_value *row, size_t count, void *ctx, cn_error *err)
{
	static const char begin[] = "*** in database main ***", unused[] = " is never used";
	complaint *found = ctx;
	const char *text = row[0].type == CN_TYPE_TEXT ? row[0].as.p : "";
	(void)count, (void)err;
	if (strncmp(text, begin, strlen(begin)) != 0)
		return 0;
	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		size_t size = strcspn(line, "\n");
		bool harmless = size >= strlen(unused) &&
				strncmp(line + size - strlen(unused), unused, strlen(unused)) == 0;
		if (line == text || harmless || !size)
			continue;
		snprintf(found->line, sizeof found->line, "%.*s", (int)size, line);
		return 1;
	}
	return 0;
}

cn_status cni_sqlite_whole(cni_conn *conn, cn_error *err)
{
	CLEANUP(cni_stmt_releasep) cni_stmt *stmt = NULL;
	complaint found = {.line = ""};
	cn_error why;
	if (!conn->path || cni_file_size(conn->path) > LOOKED_AT_BYTES)
		return CN_OK;
	cn_status status = cni_conn_prepare(conn, "PRAGMA main.quick_check", &stmt, &why);
	if (status >= 0)
		status = cni_stmt_each(stmt, take_text, &found, &why);
	/* it also evaluates CHECKs, and this program may lack a function of theirs */
	if (status < 0 && status != CN_ESQL) {
		if (err)
			*err = why;
		return status;
	}
	if (!*found.line)
		return CN_OK;
	cn_error_set(err, CN_ESCHEMA, "the database \"%s\" is damaged", conn->path);
	cn_error_detail(err, "%s", found.line);
	cn_error_hint(err,
		"nothing was changed; restore a backup, or rescue what is left with the sqlite3 "
		"shell's \".recover\"");
	return CN_ESCHEMA;
}
