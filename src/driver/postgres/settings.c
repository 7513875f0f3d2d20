/* settings.c - what a migration changes on a connection, as far as this engine has it. */
#include <stdio.h>
#include <stdlib.h>

#include "base/try.h"
#include "driver/postgres/postgres.h"

static const char *const names[] = {
	[CNI_SETTING_FOREIGN_KEYS] = "whether foreign keys are enforced",
	[CNI_SETTING_LEGACY_ALTER] = "how RENAME treats views",
	[CNI_SETTING_TRIGGERS] = "whether triggers fire",
	[CNI_SETTING_DEFENSIVE] = "defensive mode",
	[CNI_SETTING_WRITABLE_SCHEMA] = "writing the catalog",
	[CNI_SETTING_QUOTED_STRINGS] = "strings in double quotes",
	[CNI_SETTING_DURABLE] = "durable commits",
	[CNI_SETTING_BUSY_TIMEOUT_MS] = "the lock time-out",
	[CNI_SETTING_GUARD] = "the guard",
};

static cn_status query_int(pg_conn *conn, const char *sql, int64_t *ret, cn_error *err)
{
	CLEANUP(cni_pg_clearp) PGresult *result = NULL;

	TRY(cni_pg_alive(conn, err));
	TRY(cni_pg_query(conn, sql, &result, err));
	if (PQntuples(result) != 1)
		return cn_fail(err, CN_ESQL, "no answer to: %s", sql);
	*ret = strtoll(PQgetvalue(result, 0, 0), NULL, 10);
	return CN_OK;
}

cn_status cni_pg_get(cni_conn *base, cni_setting setting, int64_t *ret, cn_error *err)
{
	pg_conn *conn = cni_pg_of(base);

	switch (setting) {
	case CNI_SETTING_FOREIGN_KEYS: *ret = 1; return CN_OK;
	case CNI_SETTING_TRIGGERS:
		return query_int(conn,
			"SELECT (current_setting('session_replication_role') <> 'replica')::int",
			ret, err);
	case CNI_SETTING_DURABLE:
		return query_int(conn,
			"SELECT (current_setting('synchronous_commit') NOT IN ('off', 'local'))::int",
			ret, err);
	case CNI_SETTING_BUSY_TIMEOUT_MS: *ret = conn->lock_timeout_ms; return CN_OK;
	case CNI_SETTING_LEGACY_ALTER:
	case CNI_SETTING_DEFENSIVE:
	case CNI_SETTING_WRITABLE_SCHEMA:
	case CNI_SETTING_QUOTED_STRINGS:
	case CNI_SETTING_GUARD: *ret = 0; return CN_OK;
	}
	return cn_fail(err, CN_EARG, "there is no setting %d", (int)setting);
}

static cn_status run(pg_conn *conn, const char *sql, cn_error *err)
{
	TRY(cni_pg_alive(conn, err));
	return cni_pg_query(conn, sql, NULL, err);
}

/* A setting that this engine does not have can be asked to be what it always is. */
cn_status cni_pg_set(cni_conn *base, cni_setting setting, int64_t value, cn_error *err)
{
	pg_conn *conn = cni_pg_of(base);
	int64_t now;

	if (setting == CNI_SETTING_BUSY_TIMEOUT_MS) {
		if (value < 0 || value > INT32_MAX)
			return cn_fail(err, CN_EARG, "a lock time-out of %lld ms is not possible",
				(long long)value);
		char sql[64];
		snprintf(sql, sizeof sql, "SET lock_timeout = %lld", (long long)value);
		TRY(run(conn, sql, err));
		conn->lock_timeout_ms = (unsigned)value;
		return CN_OK;
	}
	TRY(cni_pg_get(base, setting, &now, err));
	if (now == value)
		return CN_OK;
	if (setting == CNI_SETTING_DURABLE) /* 0: what the server is set to */
		return run(conn,
			value ? "SET synchronous_commit = on" : "SET synchronous_commit = DEFAULT",
			err);
	if (setting == CNI_SETTING_TRIGGERS)
		return run(conn,
			value ? "SET session_replication_role = origin"
			      : "SET session_replication_role = replica",
			err);
	cn_error_set(err, CN_EUNSUPPORTED, "%s cannot be set for %s", names[setting], base->uri);
	return CN_EUNSUPPORTED;
}

/* Which transactions are over, as a number: another one when somebody has committed meanwhile.
 * Where a server does not tell, it is another one each time. */
cn_status cni_pg_content_version(cni_conn *base, int64_t *ret, cn_error *err)
{
	pg_conn *conn = cni_pg_of(base);

	if (!conn->can.advisory_locks) {
		*ret = ++conn->versions;
		return CN_OK;
	}
	return query_int(conn, "SELECT hashtextextended(pg_current_snapshot()::text, 0)", ret, err);
}
