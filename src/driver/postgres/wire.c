/* wire.c - waiting for the server: in slices, told to who looks on, ended when it is asked for. */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/try.h"
#include "driver/postgres/postgres.h"

void cni_pg_clearp(PGresult **result) { PQclear(*result); }

/* Only from the connection's own thread, or from the one that interrupts: PQcancel needs nothing
 * but what `cancel` holds, and may be called in a signal handler. */
static void cancel(pg_conn *conn)
{
	char why[256];
	PGcancel *handle = atomic_load(&conn->cancel);

	if (handle)
		PQcancel(handle, why, sizeof why);
}

void cni_pg_interrupt(cni_conn *base)
{
	pg_conn *conn = cni_pg_of(base);

	atomic_store(&conn->interrupted, true);
	if (atomic_load(&conn->running))
		cancel(conn);
}

void cni_pg_watch(cni_conn *base) { (void)base; /* cni_pg_result looks at base->watch itself */ }

/* About every CNI_PG_PULSE_MS. Who says no once is not asked again for this statement. */
static void pulse(pg_conn *conn)
{
	int64_t now = cni_clock_mono_us();

	if (conn->told_to_end || now < conn->next_pulse_us)
		return;
	conn->next_pulse_us = now + CNI_PG_PULSE_MS * INT64_C(1000);
	cni_pulse state = {.sql = conn->sql, .done = conn->rows};
	if (conn->base.watch(&state, conn->base.watch_ctx))
		return;
	conn->told_to_end = true;
	cancel(conn);
}

static cn_status lost(pg_conn *conn, cn_error *err)
{
	atomic_store(&conn->running, false);
	return cni_pg_fail(conn, NULL, NULL, err);
}

cn_status cni_pg_wait(pg_conn *conn, bool writing, cn_error *err)
{
	struct pollfd fd = {
		.fd = PQsocket(conn->pq), .events = (short)(writing ? POLLIN | POLLOUT : POLLIN)};
	int got;

	do
		got = poll(&fd, 1, conn->base.watch ? CNI_PG_PULSE_MS : -1);
	while (got < 0 && errno == EINTR);
	if (got < 0 || (got > 0 && (fd.revents & ~POLLOUT) && !PQconsumeInput(conn->pq)))
		return lost(conn, err);
	return CN_OK;
}

cn_status cni_pg_result(pg_conn *conn, PGresult **ret, cn_error *err)
{
	if (conn->base.watch)
		pulse(conn);
	while (PQisBusy(conn->pq)) {
		TRY(cni_pg_wait(conn, false, err));
		if (conn->base.watch)
			pulse(conn);
	}
	*ret = PQgetResult(conn->pq);
	return CN_OK;
}

void cni_pg_running(pg_conn *conn, const char *sql)
{
	atomic_store(&conn->interrupted, false);
	atomic_store(&conn->running, true);
	conn->told_to_end = false;
	conn->sql = sql;
	conn->rows = 0;
	conn->next_pulse_us =
		conn->base.watch ? cni_clock_mono_us() + CNI_PG_PULSE_MS * INT64_C(1000) : 0;
}

void cni_pg_ran(pg_conn *conn)
{
	atomic_store(&conn->running, false);
	conn->sql = NULL;
	PGTransactionStatusType status = PQtransactionStatus(conn->pq);
	if (status != PQTRANS_UNKNOWN) /* a lost transaction stays open until it is rolled back */
		conn->in_tx = status != PQTRANS_IDLE;
}

/* A script that says COPY … FROM STDIN has nothing behind it; what COPY … TO STDOUT sends is
 * dropped, as rows are. */
void cni_pg_refuse_copy(pg_conn *conn, const PGresult *result)
{
	char *data = NULL;

	if (PQresultStatus(result) == PGRES_COPY_OUT) {
		while (PQgetCopyData(conn->pq, &data, 0) > 0)
			PQfreemem(data);
	} else {
		PQputCopyEnd(conn->pq, "rows of COPY cannot be read here");
	}
}

cn_status cni_pg_query(pg_conn *conn, const char *sql, PGresult **ret, cn_error *err)
{
	CLEANUP(cni_pg_clearp) PGresult *last = NULL;
	cn_status status = CN_OK;

	TRY(cni_pg_free_wire(conn, err));
	cni_pg_running(conn, sql);
	if (!PQsendQuery(conn->pq, sql))
		return lost(conn, err);
	for (;;) {
		PGresult *result;
		TRY(cni_pg_result(conn, &result, err));
		if (!result)
			break;
		ExecStatusType kind = PQresultStatus(result);
		if (kind == PGRES_COPY_IN || kind == PGRES_COPY_OUT)
			cni_pg_refuse_copy(conn, result);
		else if (kind != PGRES_COMMAND_OK && kind != PGRES_TUPLES_OK &&
			 kind != PGRES_EMPTY_QUERY && status == CN_OK)
			status = cni_pg_fail(conn, result, NULL, err);
		PQclear(last);
		last = result;
	}
	cni_pg_ran(conn);
	if (status == CN_OK && ret) {
		*ret = last;
		last = NULL;
	}
	return status;
}
