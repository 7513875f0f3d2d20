/* settings.c - what migrations change on a connection: set, read back, put back. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/try.h"
#include "driver/sqlite/sqlite.h"

static const struct {
	const char *name;
	int option; /* of sqlite3_db_config; 0: not one of those */
} settings[] = {
	[CNI_SETTING_FOREIGN_KEYS] = {"foreign_keys", SQLITE_DBCONFIG_ENABLE_FKEY},
	[CNI_SETTING_LEGACY_ALTER] = {"legacy_alter_table", SQLITE_DBCONFIG_LEGACY_ALTER_TABLE},
	[CNI_SETTING_TRIGGERS] = {"triggers", SQLITE_DBCONFIG_ENABLE_TRIGGER},
	[CNI_SETTING_DEFENSIVE] = {"defensive", SQLITE_DBCONFIG_DEFENSIVE},
	[CNI_SETTING_WRITABLE_SCHEMA] = {"writable_schema", SQLITE_DBCONFIG_WRITABLE_SCHEMA},
	[CNI_SETTING_QUOTED_STRINGS] = {"quoted_strings", SQLITE_DBCONFIG_DQS_DML},
	[CNI_SETTING_DURABLE] = {"synchronous", 0},
	[CNI_SETTING_BUSY_TIMEOUT_MS] = {"busy_timeout", 0},
	[CNI_SETTING_GUARD] = {"guard", 0},
};

static cn_status check(cni_setting setting, cn_error *err)
{
	if ((size_t)setting >= CNI_COUNT(settings) || !settings[setting].name)
		return cn_fail(err, CN_EARG, "no such setting: %d", (int)setting);
	return CN_OK;
}

/* EXTRA: a commit that returned is on the disk. With a rollback journal that takes a sync of the
 * folder after the journal is deleted, or a power loss brings the journal back. With a write-ahead
 * log it is the same as FULL; which of them it is cannot be asked for certain, since a switch that
 * failed at its commit leaves SQLite with the wrong answer. */
enum { DURABLE_LEVEL = 3 };

static cn_status get_level(cni_sqlite *conn, int *ret, cn_error *err)
{
	char text[16];

	TRY(cni_sqlite_pragma(conn, "PRAGMA main.synchronous", text, sizeof text, err));
	*ret = (int)strtol(text, NULL, 10);
	return CN_OK;
}

static cn_status set_durable(cni_sqlite *conn, bool on, cn_error *err)
{
	char sql[64];
	int level = on ? DURABLE_LEVEL : conn->synchronous, got = -1;

	bool guarded = conn->guarded;
	cni_sqlite_guard(conn, false);
	snprintf(sql, sizeof sql, "PRAGMA main.synchronous=%d", level);
	cn_status status = cni_sqlite_pragma(conn, sql, NULL, 0, err);
	if (status == CN_OK)
		status = get_level(conn, &got, err);
	if (guarded)
		cni_sqlite_guard(conn, true);
	if (status == CN_OK && got != level)
		return cn_fail(
			err, CN_EUNSUPPORTED, "synchronous=%d was not taken: it is %d", level, got);
	return status;
}

static cn_status set_switch(cni_sqlite *conn, cni_setting setting, bool on, cn_error *err)
{
	int got = -1;
	int rc = sqlite3_db_config(conn->db, settings[setting].option, (int)on, &got);

	if (rc == SQLITE_OK && setting == CNI_SETTING_QUOTED_STRINGS)
		rc = sqlite3_db_config(conn->db, SQLITE_DBCONFIG_DQS_DDL, (int)on, &got);
	if (rc == SQLITE_OK && got == (int)on)
		return CN_OK;
	return cn_fail(err, CN_EUNSUPPORTED, "%s=%d was not taken", settings[setting].name, on);
}

cn_status cni_sqlite_set(cni_conn *base, cni_setting setting, int64_t value, cn_error *err)
{
	cni_sqlite *conn = cni_sqlite_of(base);

	TRY(check(setting, err));
	if (value < 0 || (value > 1 && setting != CNI_SETTING_BUSY_TIMEOUT_MS) ||
		value > UINT32_MAX)
		return cn_fail(err, CN_EARG, "%s=%lld is not possible", settings[setting].name,
			(long long)value);
	/* half a transaction under each: SQLite ignores it, or worse, takes it */
	if ((setting == CNI_SETTING_FOREIGN_KEYS || setting == CNI_SETTING_DURABLE) &&
		cni_sqlite_in_transaction(base))
		return cn_fail(err, CN_EARG, "%s cannot change inside a transaction",
			settings[setting].name);
	switch (setting) {
	case CNI_SETTING_DURABLE: return set_durable(conn, value == 1, err);
	case CNI_SETTING_BUSY_TIMEOUT_MS: conn->busy_timeout_ms = (unsigned)value; return CN_OK;
	case CNI_SETTING_GUARD:
		if (!conn->scratch && value)
			return cn_fail(err, CN_EARG, "only a scratch database has a guard");
		if (conn->scratch)
			cni_sqlite_guard(conn, value == 1);
		return CN_OK;
	default: return set_switch(conn, setting, value == 1, err);
	}
}

cn_status cni_sqlite_get(cni_conn *base, cni_setting setting, int64_t *ret, cn_error *err)
{
	cni_sqlite *conn = cni_sqlite_of(base);
	int got = 0;

	TRY(check(setting, err));
	switch (setting) {
	case CNI_SETTING_DURABLE:
		TRY(get_level(conn, &got, err));
		*ret = got >= DURABLE_LEVEL;
		return CN_OK;
	case CNI_SETTING_BUSY_TIMEOUT_MS: *ret = conn->busy_timeout_ms; return CN_OK;
	case CNI_SETTING_GUARD: *ret = conn->guarded; return CN_OK;
	default:
		/* -1 asks and changes nothing */
		if (sqlite3_db_config(conn->db, settings[setting].option, -1, &got) != SQLITE_OK)
			return cn_fail(
				err, CN_EUNSUPPORTED, "%s cannot be read", settings[setting].name);
		*ret = got;
		return CN_OK;
	}
}
