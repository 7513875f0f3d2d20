/*
 * pipeline.c - many commands on the way at once: a round trip is paid once for all of them.
 *
 * A batch is sent in parts of PART runs, each ended by a sync. Sending does not block: while it
 * cannot go on, what the server has answered is taken in, so neither side waits for the other with
 * both buffers full.
 */
#include <string.h>

#include "base/clock.h"
#include "base/try.h"
#include "driver/postgres/postgres.h"

enum { PART = 500 };

static cn_status lost(pg_conn *conn, cn_error *err) { return cni_pg_fail(conn, NULL, NULL, err); }

cn_status cni_pg_flush(pg_conn *conn, cn_error *err)
{
	for (;;) {
		int left = PQflush(conn->pq);
		if (left == 0)
			return CN_OK;
		if (left < 0)
			return lost(conn, err);
		TRY(cni_pg_wait(conn, true, err));
	}
}

cn_status cni_pg_pipeline_begin(pg_conn *conn, cn_error *err)
{
	TRY(cni_pg_free_wire(conn, err));
	if (!PQenterPipelineMode(conn->pq))
		return lost(conn, err);
	PQsetnonblocking(conn->pq, 1);
	return CN_OK;
}

cn_status cni_pg_pipeline_sync(pg_conn *conn, cn_error *err)
{
	if (!PQpipelineSync(conn->pq))
		return lost(conn, err);
	return cni_pg_flush(conn, err);
}

/* Each command's results end with a NULL, the whole with the sync. */
cn_status cni_pg_pipeline_next(pg_conn *conn, PGresult **ret, cn_error *err)
{
	PGresult *result = NULL;

	TRY(cni_pg_result(conn, &result, err));
	if (!result)
		TRY(cni_pg_result(conn, &result, err));
	if (!result) /* the server has gone in the middle */
		return lost(conn, err);
	*ret = result;
	return CN_OK;
}

void cni_pg_pipeline_end(pg_conn *conn)
{
	CLEANUP(cni_pg_clearp) PGresult *result = NULL;

	/* after a failure there may be answers that nobody has read */
	while (PQpipelineStatus(conn->pq) != PQ_PIPELINE_OFF && !PQexitPipelineMode(conn->pq)) {
		cn_error ignored;
		if (PQstatus(conn->pq) != CONNECTION_OK)
			break;
		PQclear(result);
		result = NULL;
		if (cni_pg_result(conn, &result, &ignored) != CN_OK)
			break;
	}
	PQsetnonblocking(conn->pq, 0);
	cni_pg_ran(conn);
}

/* ---- batches ---- */

typedef struct batch_run {
	pg_stmt *stmt;
	pg_conn *conn;
	cni_batch *batch;
	size_t sent, answered;
	PGresult *row; /* that came by itself: libpq gives the first command of a pipeline the
			  single-row mode of the query before it */
} batch_run;

static cn_status send_one(batch_run *run, cn_error *err)
{
	run->batch->failed = run->sent;
	TRY(run->batch->bind(&run->stmt->base, run->sent, run->batch->ctx, err));
	TRY(cni_pg_send(run->stmt, err));
	run->sent++;
	return CN_OK;
}

/* The row of a RETURNING is the statement's current one while `done` looks at it. */
static cn_status take_one(batch_run *run, PGresult *result, cn_error *err)
{
	pg_stmt *stmt = run->stmt;
	cni_batch *batch = run->batch;
	ExecStatusType kind = PQresultStatus(result);
	cn_status status = CN_OK;

	batch->failed = run->answered;
	if (kind == PGRES_FATAL_ERROR)
		return cni_pg_fail(
			run->conn, result, &(pg_place){stmt->wire, strlen(stmt->wire), 0}, err);
	if (kind == PGRES_COPY_IN || kind == PGRES_COPY_OUT)
		return cn_fail(err, CN_EUNSUPPORTED, "COPY cannot be run in a batch");
	cni_pg_count(run->conn, result);
	if (batch->done) {
		stmt->result = run->row ? run->row : PQntuples(result) ? result : NULL;
		stmt->started = true;
		status = batch->done(
			&stmt->base, run->answered, run->conn->changes, batch->ctx, err);
		stmt->started = false;
		stmt->result = NULL;
	}
	PQclear(run->row);
	run->row = NULL;
	run->answered++;
	return status;
}

static cn_status take_part(batch_run *run, cn_error *err)
{
	cn_status status = CN_OK;

	for (;;) {
		CLEANUP(cni_pg_clearp) PGresult *result = NULL;
		TRY(cni_pg_pipeline_next(run->conn, &result, err));
		if (PQresultStatus(result) == PGRES_PIPELINE_SYNC)
			return status;
		if (PQresultStatus(result) == PGRES_SINGLE_TUPLE) {
			if (!run->row) {
				run->row = result;
				result = NULL;
			}
			continue;
		}
		if (status == CN_OK && PQresultStatus(result) != PGRES_PIPELINE_ABORTED)
			status = take_one(run, result, err);
	}
}

/* Of one run each, when somebody wants to see them with their times. */
static size_t part_size(const batch_run *run) { return run->conn->trace ? 1 : PART; }

static cn_status send_part(batch_run *run, cn_error *err)
{
	for (size_t i = 0; i < part_size(run) && run->sent < run->batch->count; i++) {
		TRY(send_one(run, err));
		if (i % 64 == 63)
			TRY(cni_pg_flush(run->conn, err));
	}
	return CN_OK;
}

static cn_status run_parts(batch_run *run, cn_error *err)
{
	while (run->sent < run->batch->count) {
		int64_t began_us = run->conn->trace ? cni_clock_mono_us() : 0;
		cn_status bound = send_part(run, err);
		cn_error failure = {0};
		size_t failed = run->batch->failed;
		if (bound != CN_OK && err)
			failure = *err;
		TRY(cni_pg_pipeline_sync(run->conn, err));
		/* a run that was sent comes before the one that could not be bound */
		TRY(take_part(run, err));
		if (bound != CN_OK) {
			run->batch->failed = failed;
			if (err)
				*err = failure;
			return bound;
		}
		cni_pg_told(run->stmt, began_us);
	}
	return CN_OK;
}

cn_status cni_pg_batch(cni_stmt *base, cni_batch *batch, cn_error *err)
{
	pg_stmt *stmt = cni_pg_stmt_of(base);
	pg_conn *conn = cni_pg_of(base->conn);
	batch_run run = {.stmt = stmt, .conn = conn, .batch = batch};

	batch->failed = 0;
	if (!batch->count)
		return CN_OK;
	cni_pg_reset(base);
	TRY(cni_pg_free_wire(conn, err));
	TRY(cni_pg_alive(conn, err));
	TRY(cni_pg_prepared(stmt, err));
	TRY(cni_pg_pipeline_begin(conn, err));
	cni_pg_running(conn, stmt->sql);
	cn_status status = run_parts(&run, err);
	PQclear(run.row);
	cni_pg_pipeline_end(conn);
	return status;
}
