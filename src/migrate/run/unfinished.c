/*
 * unfinished.c - the table that says which steps of a revision without a transaction are done.
 *
 * It is there from the first step to the version row: a database without it has no such revision
 * under way. Row 0 is the revision, the others are its steps.
 */
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "base/try.h"
#include "migrate/revision/version.h"

static const char create[] =
	"CREATE TABLE " CNI_STEP_TABLE " (\n"
	"\tnumber INTEGER PRIMARY KEY, -- 0: the revision itself\n"
	"\tdone INTEGER NOT NULL, -- 0: begun. Of row 0: how many steps it has\n"
	"\tat TEXT NOT NULL,\n"
	"\trevision TEXT, -- of row 0 only, as what follows\n"
	"\tdown INTEGER,\n"
	"\tchecksum TEXT -- SHA-256 of the revision's file\n"
	")";

static cn_status read_row(cni_unfinished *ret, cni_arena *arena, cni_stmt *stmt, cn_error *err)
{
	int64_t number = cni_stmt_int(stmt, 0), done = cni_stmt_int(stmt, 1);
	if (number == 0) {
		ret->count = (size_t)done;
		ret->started_at = cni_strdup(arena, cni_stmt_text(stmt, 2));
		ret->revision = cni_strdup(arena, cni_stmt_text(stmt, 3));
		ret->down = cni_stmt_int(stmt, 4) != 0;
		ret->checksum = cni_strdup(arena, cni_stmt_text(stmt, 5));
		if (arena->failed)
			return cn_fail(err, CN_ENOMEM, "out of memory");
		return ret->started_at && ret->revision && ret->checksum
			       ? CN_OK
			       : cn_fail(err, CN_ESCHEMA,
					 "the table " CNI_STEP_TABLE " is not one of ours");
	}
	ret->started = !done;
	ret->done += done != 0;
	return CN_OK;
}

cn_status cni_unfinished_read(cni_conn *conn, cni_arena *arena, cni_unfinished *ret, cn_error *err)
{
	int64_t there;
	cni_unfinished unfinished = {0};
	*ret = unfinished;
	TRY(cni_conn_int(conn,
		"SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = '" CNI_STEP_TABLE
		"'",
		&there, err));
	if (!there)
		return CN_OK;
	CLEANUP(cni_stmt_releasep) cni_stmt *stmt = NULL;
	TRY(cni_conn_prepare(conn,
		"SELECT number, done, at, revision, down, checksum FROM " CNI_STEP_TABLE
		" ORDER BY number",
		&stmt, err));
	int row;
	while ((row = cni_stmt_step(stmt, err)) == CNI_ROW)
		TRY(read_row(&unfinished, arena, stmt, err));
	if (row < 0)
		return (cn_status)row;
	*ret = unfinished;
	return CN_OK;
}

cn_status cni_unfinished_begin(
	cni_conn *conn, const cni_revision *revision, bool down, size_t count, cn_error *err)
{
	char now[CNI_TIME_TEXT];
	cni_time_text(cni_clock_us(), false, now);
	const cn_value values[] = {cn_int((int64_t)count), cn_text(now), cn_text(revision->id),
		cn_bool(down), cn_text(revision->checksum)};
	TRY(cni_conn_exec(conn, create, err));
	return cni_conn_run(conn, "INSERT INTO " CNI_STEP_TABLE " VALUES (0, ?1, ?2, ?3, ?4, ?5)",
		values, CNI_COUNT(values), err);
}

cn_status cni_unfinished_note(cni_conn *conn, size_t number, bool done, cn_error *err)
{
	char now[CNI_TIME_TEXT];
	cni_time_text(cni_clock_us(), false, now);
	const cn_value values[] = {cn_int((int64_t)number), cn_bool(done), cn_text(now)};
	return cni_conn_run(conn,
		"INSERT OR REPLACE INTO " CNI_STEP_TABLE " (number, done, at) VALUES (?1, ?2, ?3)",
		values, CNI_COUNT(values), err);
}

cn_status cni_unfinished_end(cni_conn *conn, cn_error *err)
{
	return cni_conn_exec(conn, "DROP TABLE IF EXISTS " CNI_STEP_TABLE, err);
}
