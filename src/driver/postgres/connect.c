/* connect.c - opening, opening again, closing. */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "base/try.h"
#include "driver/postgres/late.h"
#include "driver/postgres/postgres.h"
#include "sql/lexer.h"

static void finish(PGconn **pq) { PQfinish(*pq); }

/* Notices are dropped. A server that ends a session says so first, as an error that nobody asked
 * for, which libpq hands on as a notice. */
static void take_notice(void *ctx, const PGresult *notice)
{
	pg_conn *conn = ctx;
	const char *state = PQresultErrorField(notice, PG_DIAG_SQLSTATE);
	const char *severity = PQresultErrorField(notice, PG_DIAG_SEVERITY_NONLOCALIZED);

	if (state && severity && strcmp(severity, "FATAL") == 0)
		conn->ended = true;
}

/* What libpq has made of keywords, environment and service file. */
static const char *effective(const PQconninfoOption *info, const char *keyword)
{
	for (; info && info->keyword; info++)
		if (strcmp(info->keyword, keyword) == 0)
			return info->val && *info->val ? info->val : NULL;
	return NULL;
}

static bool several(const char *hosts) { return hosts && strchr(hosts, ',') != NULL; }

/* 0 in the environment, or less: as long as it takes. */
static int64_t deadline_of(const PQconninfoOption *info)
{
	const char *text = effective(info, "connect_timeout");
	long seconds = text ? strtol(text, NULL, 10) : CNI_PG_CONNECT_S;

	if (seconds <= 0)
		return INT64_MAX;
	return cni_clock_mono_us() + (seconds < 2 ? 2 : seconds) * INT64_C(1000000);
}

static cn_status too_late(const pg_conn *conn, cn_error *err)
{
	cn_error_set(err, CN_ECONNECT, "cannot connect to %s: it does not answer", conn->base.uri);
	cn_error_hint(err, "connect_timeout in the URI says how many seconds are waited");
	return CN_ECONNECT;
}

/* Polling a connection that has been started, until it stands. */
static cn_status wait_connected(pg_conn *conn, PGconn *pq, int64_t deadline_us, cn_error *err)
{
	PostgresPollingStatusType want = PGRES_POLLING_WRITING;

	while (want != PGRES_POLLING_OK) {
		struct pollfd fd = {.fd = PQsocket(pq),
			.events = want == PGRES_POLLING_READING ? POLLIN : POLLOUT};
		int got = poll(&fd, 1, CNI_PG_PULSE_MS);
		if (got < 0 && errno != EINTR)
			return cn_fail(err, CN_ECONNECT, "cannot wait for the server: %s",
				strerror(errno));
		if (got <= 0) {
			if (cni_clock_mono_us() > deadline_us)
				return too_late(conn, err);
			if (conn->base.watch && !conn->base.watch(&(cni_pulse){.waiting = true},
							conn->base.watch_ctx))
				return cn_fail(err, CN_ECANCELED, "interrupted");
			continue;
		}
		want = PQconnectPoll(pq);
		if (want == PGRES_POLLING_FAILED)
			return cni_pg_connect_failed(conn, pq, err);
	}
	return CN_OK;
}

/* One host is connected to in slices, which lets a wait be ended, and tells an SQLSTATE. With
 * several libpq must do it all by itself: only then does it go on to the next after a time-out. */
static cn_status dial(pg_conn *conn, const char *const *values, PGconn **ret, cn_error *err)
{
	CLEANUP(finish) PGconn *pq = PQconnectStartParams(conn->keywords, values, 0);

	if (!pq)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	PQsetErrorVerbosity(pq, PQERRORS_VERBOSE);
	PQsetNoticeReceiver(pq, take_notice, conn);
	if (PQstatus(pq) == CONNECTION_BAD)
		return cni_pg_connect_failed(conn, pq, err);
	PQconninfoOption *info = PQconninfo(pq);
	bool many = several(effective(info, "host")) || several(effective(info, "hostaddr"));
	int64_t deadline_us = deadline_of(info);
	PQconninfoFree(info);
	if (many) {
		PQfinish(pq);
		pq = PQconnectdbParams(conn->keywords, values, 0);
		if (!pq)
			return cn_fail(err, CN_ENOMEM, "out of memory");
		PQsetNoticeReceiver(pq, take_notice, conn);
		if (PQstatus(pq) != CONNECTION_OK)
			return cni_pg_connect_failed(conn, pq, err);
	} else {
		TRY(wait_connected(conn, pq, deadline_us, err));
	}
	PQsetErrorVerbosity(pq, PQERRORS_DEFAULT);
	*ret = pq;
	pq = NULL;
	return CN_OK;
}

/* The forms in which values travel as text, and what the URI asked for. */
static cn_status set_session(pg_conn *conn, cn_error *err)
{
	CLEANUP(cni_buffer_done) cni_buffer sql = {0};

	cni_buffer_puts(&sql,
		"SET TimeZone = 'UTC'; SET DateStyle = 'ISO, YMD'; SET IntervalStyle = 'iso_8601'; "
		"SET extra_float_digits = 1; SET bytea_output = 'hex'; "
		"SET standard_conforming_strings = on");
	cni_buffer_printf(&sql, "; SET lock_timeout = %u", conn->lock_timeout_ms);
	if (conn->statement_timeout_ms)
		cni_buffer_printf(&sql, "; SET statement_timeout = %u", conn->statement_timeout_ms);
	if (conn->isolation)
		cni_buffer_printf(
			&sql, "; SET default_transaction_isolation = '%s'", conn->isolation);
	if (conn->mode == CNI_OPEN_READ)
		cni_buffer_puts(&sql, "; SET default_transaction_read_only = on");
	if (sql.failed)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	return cni_pg_query(conn, sql.data, NULL, err);
}

/* The old handle may be in use by an interrupt this moment: it is freed when all is closed. */
static cn_status renew_cancel(pg_conn *conn, cn_error *err)
{
	PGcancel *handle = PQgetCancel(conn->pq);

	if (!handle)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	if (!CNI_PUSH(&conn->arena, conn->cancels, conn->cancel_count, handle)) {
		PQfreeCancel(handle);
		return cn_fail(err, CN_ENOMEM, "out of memory");
	}
	atomic_store(&conn->cancel, handle);
	return CN_OK;
}

/* With a database that is always there instead of the one that is not. */
static cn_status create_database(pg_conn *conn, cn_error *err)
{
	CLEANUP(cni_buffer_done) cni_buffer sql = {0};
	CLEANUP(finish) PGconn *pq = NULL;
	const char **values = cni_memdup(
		&conn->arena, conn->values, (conn->keyword_count + 1) * sizeof *conn->values);
	const char *name = NULL;

	if (!values)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	for (size_t i = 0; i < conn->keyword_count; i++)
		if (strcmp(conn->keywords[i], "dbname") == 0) {
			name = conn->values[i];
			values[i] = "postgres";
		}
	if (!name) {
		cn_error_set(err, CN_ENOTFOUND, "%s names no database", conn->base.uri);
		return CN_ENOTFOUND;
	}
	cni_buffer_puts(&sql, "CREATE DATABASE ");
	cni_quote_name(&sql, name);
	if (sql.failed)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	TRY(dial(conn, values, &pq, err));
	CLEANUP(cni_pg_clearp) PGresult *result = PQexec(pq, sql.data);
	const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
	/* somebody else made it in between: it is there, which is what was wanted */
	if (PQresultStatus(result) == PGRES_COMMAND_OK ||
		(state && (strcmp(state, "42P04") == 0 || strcmp(state, "23505") == 0)))
		return CN_OK;
	cn_error_set(
		err, CN_ENOTFOUND, "the database \"%s\" is not there, and cannot be made", name);
	const char *why = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
	cn_error_detail(err, "%s", why ? why : "the connection was lost");
	return CN_ENOTFOUND;
}

static cn_status connect_(pg_conn *conn, cn_error *err)
{
	cn_error failure = {0};
	cn_status status = dial(conn, conn->values, &conn->pq, &failure);

	if (status == CN_ENOTFOUND && conn->mode == CNI_OPEN_CREATE && conn->session == 0) {
		TRY(create_database(conn, err));
		status = dial(conn, conn->values, &conn->pq, &failure);
	}
	if (status != CN_OK) {
		if (err)
			*err = failure;
		return status;
	}
	conn->session++;
	TRY(renew_cancel(conn, err));
	TRY(set_session(conn, err));
	return cni_pg_look_at_server(conn, err);
}

cn_status cni_pg_open(
	const cni_uri *uri, const cni_open_options *options, cni_conn **ret, cn_error *err)
{
	if (cni_libpq_load)
		TRY(cni_libpq_load(err));
	pg_conn *conn = calloc(1, sizeof *conn);

	if (!conn)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	conn->base.driver = &cni_postgres_driver;
	conn->base.uri = cni_strdup(&conn->arena, uri->text);
	conn->base.home = cni_uri_copy(&conn->arena, uri);
	conn->base.watch = options->watch;
	conn->base.watch_ctx = options->watch_ctx;
	conn->trace = options->trace;
	conn->trace_ctx = options->trace_ctx;
	cn_status status = conn->base.uri && conn->base.home
				   ? CN_OK
				   : cn_fail(err, CN_ENOMEM, "out of memory");
	if (status == CN_OK)
		status = cni_pg_options_read(conn, uri, options, err);
	if (status == CN_OK)
		status = connect_(conn, err);
	if (status != CN_OK) {
		cni_pg_close(&conn->base);
		return status;
	}
	*ret = &conn->base;
	return CN_OK;
}

void cni_pg_close(cni_conn *base)
{
	pg_conn *conn = cni_pg_of(base);

	cni_pg_forget_all(conn);
	PQfinish(conn->pq);
	for (size_t i = 0; i < conn->cancel_count; i++)
		PQfreeCancel(conn->cancels[i]);
	cni_buffer_done(&conn->dead);
	cni_arena_done(&conn->arena);
	free(conn);
}

/* A server that has gone has left its word, or the end, in the socket. */
static bool is_broken(pg_conn *conn)
{
	struct pollfd fd = {.fd = PQsocket(conn->pq), .events = POLLIN};

	while (PQstatus(conn->pq) == CONNECTION_OK && !conn->ended && poll(&fd, 1, 0) > 0) {
		PQconsumeInput(conn->pq);
		(void)PQisBusy(conn->pq); /* reads what has come */
	}
	return conn->ended || PQstatus(conn->pq) != CONNECTION_OK;
}

cn_status cni_pg_alive(pg_conn *conn, cn_error *err)
{
	if (conn->active || !is_broken(conn))
		return CN_OK;
	if (conn->in_tx || conn->pinned)
		return cni_pg_fail(conn, NULL, NULL, err);
	PQfinish(conn->pq);
	conn->pq = NULL;
	conn->ended = false;
	return connect_(conn, err);
}
