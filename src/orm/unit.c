/* unit.c - around a session's work: hooks, savepoints, transactions that are tried again, recorded
 * statements. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/try.h"
#include "orm/session_impl.h"

enum { TRIES = 10, PAUSE_US = 500, RECORDS_MAX = 10000 };

/* ---- hooks ---- */

static cn_status call_hook(cn_session *s, cn_event event, cni_entry *entry)
{
	cn_db *db = s->db;
	cn_error err = {0};

	s->parts[0]->in_hook = entry != NULL;
	cn_status status = db->hook(s->parts[0], event, entry ? entry->layout->model : NULL,
		entry ? cni_row(entry) : NULL, db->hook_ctx, &err);
	s->parts[0]->in_hook = false;
	if (cni_session_failed(s)) /* what it called has failed */
		return s->error.status;
	if (status >= 0)
		return CN_OK;
	s->error = err;
	if (s->error.status >= 0)
		cn_error_set(&s->error, status, "a hook has refused it");
	return entry ? cn_error_wrap(&s->error, "model \"%s\"", entry->layout->name)
		     : s->error.status;
}

cn_status cni_session_hook(cn_session *s, cn_event event, cni_entry *entry)
{
	return s->db->hook ? call_hook(s, event, entry) : CN_OK;
}

bool cni_session_ready(cn_session *s)
{
	if (cni_session_failed(s))
		return false;
	if (!s->parts[0]->in_hook)
		return true;
	cn_error_set(
		&s->error, CN_EARG, "a hook of a row may not read, flush or end the transaction");
	cn_error_hint(&s->error, "it may change the row, and call cn_new, cn_add and cn_delete");
	return false;
}

/* ---- the write lock ---- */

cn_status cn_lock(cn_session *s)
{
	cni_conn *conn;

	if (!cni_session_ready(s))
		return s->error.status;
	for (size_t i = 0; i < s->part_count; i++) {
		if (s->part_count == 1 || !s->parts[i]->db->read_only)
			TRY(cni_session_writer(s->parts[i], &conn));
	}
	return CN_OK;
}

/* ---- savepoints ---- */

static cn_status run(cn_session *s, const char *sql)
{
	return cni_conn_execf(s->writer, &s->error, "%s cantil_%zu", sql, s->savepoint_count);
}

static cn_status set_mark(cn_session *s)
{
	cni_conn *conn;

	TRY(cni_session_writer(s, &conn));
	s->savepoint_count++;
	cn_status status = run(s, "SAVEPOINT");
	if (status == CN_OK && !CNI_PUSH(&s->unit, s->savepoints, s->savepoint_marks, s->inserted))
		status = cni_session_oom(s);
	if (status < 0)
		s->savepoint_count--;
	return status;
}

static cn_status none_open(cn_session *s)
{
	return cn_fail(&s->error, CN_EARG, "there is no savepoint");
}

static cn_status release_mark(cn_session *s)
{
	TRY(run(s, "RELEASE"));
	s->savepoint_count--;
	s->savepoint_marks--;
	return CN_OK;
}

/* A database that is only read has nothing to mark. */
cn_status cn_savepoint(cn_session *s)
{
	TRY(cn_flush(s));
	for (size_t i = 0; i < s->part_count; i++) {
		if (s->parts[i]->db->read_only && s->part_count > 1)
			continue;
		if (set_mark(s->parts[i]) == CN_OK)
			continue;
		while (i-- > 0) { /* the same depth in all: the failure stays the error */
			if (s->parts[i]->savepoint_count)
				(void)!release_mark(s->parts[i]);
		}
		return cni_session_failed(s) ? s->error.status : CN_EIO;
	}
	return CN_OK;
}

cn_status cn_savepoint_release(cn_session *s)
{
	bool any = false;

	for (size_t i = 0; i < s->part_count; i++)
		any = any || s->parts[i]->savepoint_count;
	if (!any && !cni_session_failed(s))
		return none_open(s);
	TRY(cn_flush(s));
	for (size_t i = 0; i < s->part_count; i++) {
		if (s->parts[i]->savepoint_count)
			TRY(release_mark(s->parts[i]));
	}
	return CN_OK;
}

static cn_status undo_part(cn_session *s)
{
	if (!cni_conn_in_transaction(s->writer)) /* the engine has given it up as a whole */
		return cni_session_failed(s)
			       ? s->error.status
			       : cn_fail(&s->error, CN_ECONFLICT, "the transaction is over");
	cn_error before = s->error;
	cni_streams_stop(s);
	cni_session_drop_get(s);
	s->error = (cn_error){0};
	if (run(s, "ROLLBACK TO") < 0 || run(s, "RELEASE") < 0) {
		if (before.status < 0)
			s->error = before;
		return s->error.status;
	}
	s->savepoint_count--;
	cni_session_undo(s, s->savepoints[--s->savepoint_marks]);
	return CN_OK;
}

cn_status cn_savepoint_undo(cn_session *s)
{
	bool failed = cni_session_failed(s), any = false;

	for (size_t i = 0; i < s->part_count; i++) {
		if (!s->parts[i]->savepoint_count)
			continue;
		any = true;
		TRY(undo_part(s->parts[i]));
	}
	if (!any)
		return failed ? s->error.status : none_open(s);
	for (size_t i = 0; i < s->part_count; i++)
		s->parts[i]->error = (cn_error){0};
	return CN_OK;
}

/* ---- transactions that are tried again ---- */

static void pause(unsigned attempt)
{
	uint64_t random = (uint64_t)cni_clock_us() * UINT64_C(0x9E3779B97F4A7C15) >> 33;
	long us = (long)PAUSE_US << (attempt < 7 ? attempt : 7);

	us += (long)(random % (uint64_t)us);
	nanosleep(&(struct timespec){.tv_nsec = us * 1000}, NULL);
}

static cn_status attempt(cn_db *db, cn_work_fn fn, void *ctx, cn_error *err)
{
	cn_session *s = cn_session_open(db);

	if (!s)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	cn_status status = fn(s, ctx);
	if (status >= 0 || cni_session_failed(s))
		status = cn_commit(s);
	if (status < 0 && cni_session_failed(s)) {
		status = s->error.status;
		if (err)
			*err = s->error;
	} else if (status < 0) {
		cn_error_set(err, status, "the transaction was given up by the program");
	}
	cn_session_close(s);
	return status;
}

cn_status cn_transaction(cn_db *db, cn_work_fn fn, void *ctx, cn_error *err)
{
	cn_status status = attempt(db, fn, ctx, err);

	for (unsigned i = 1; i < TRIES && status == CN_ECONFLICT; i++) {
		pause(i);
		status = attempt(db, fn, ctx, err);
	}
	return status;
}

/* ---- recorded statements ---- */

static void record(const char *sql, int64_t duration_us, void *ctx)
{
	cn_session *s = ((cn_session *)ctx)->parts[0];

	if (s->db->echo)
		s->db->echo(sql, duration_us, s->db->echo_ctx);
	if (s->recorded_count == RECORDS_MAX)
		return;
	const char *copy = cni_strdup(&s->records, sql);
	cn_recorded entry = {copy, duration_us};
	if (copy) /* a statement that is missing for want of memory is no failure of the session */
		(void)!CNI_PUSH(&s->records, s->recorded, s->recorded_count, entry);
}

void cni_session_trace(cn_session *s, cni_conn *conn, bool on)
{
	if (on)
		cni_conn_trace(conn, record, s);
	else
		cni_conn_trace(conn, s->db->echo, s->db->echo_ctx);
}

void cn_session_record(cn_session *s, bool on)
{
	for (size_t i = 0; i < s->part_count; i++) {
		cn_session *part = s->parts[i];
		cni_arena_done(&part->records);
		part->recorded = NULL;
		part->recorded_count = 0;
		part->recording = on;
		if (part->reader)
			cni_session_trace(part, part->reader, on);
		if (part->writer && part->writer != part->reader)
			cni_session_trace(part, part->writer, on);
	}
}

size_t cn_session_recorded(const cn_session *s, const cn_recorded **ret)
{
	*ret = s->parts[0]->recorded;
	return s->parts[0]->recorded_count;
}
