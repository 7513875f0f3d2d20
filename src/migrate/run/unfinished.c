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
#include "driver/words.h"
#include "migrate/revision/version.h"

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
	bool there;
	cni_unfinished unfinished = {0};
	*ret = unfinished;
	TRY(cni_version_count(conn, CNI_STEP_TABLE, NULL, &there, err));
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
		cn_int(down), cn_text(revision->checksum)};
	TRY(cni_conn_exec(conn, conn->driver->words->create_step, err));
	return cni_conn_run(conn, "INSERT INTO " CNI_STEP_TABLE " VALUES (0, ?1, ?2, ?3, ?4, ?5)",
		values, CNI_COUNT(values), err);
}

cn_status cni_unfinished_note(cni_conn *conn, size_t number, bool done, cn_error *err)
{
	char now[CNI_TIME_TEXT];
	cni_time_text(cni_clock_us(), false, now);
	const cn_value values[] = {cn_int((int64_t)number), cn_int(done), cn_text(now)};
	return cni_conn_run(conn,
		"INSERT INTO " CNI_STEP_TABLE " (number, done, at) VALUES (?1, ?2, ?3)"
		" ON CONFLICT (number) DO UPDATE SET done = excluded.done, at = excluded.at",
		values, CNI_COUNT(values), err);
}

cn_status cni_unfinished_end(cni_conn *conn, cn_error *err)
{
	return cni_conn_exec(conn, "DROP TABLE IF EXISTS " CNI_STEP_TABLE, err);
}
