/* control.c - see control.h. Linked with --wrap for each of these functions. */
#include "control.h"

#include <string.h>

#include "base/try.h"
#include "driver/driver.h"
#include "migrate/revision/version.h"

cn_status __real_cni_conn_set(cni_conn *conn, cni_setting setting, int64_t value, cn_error *err);
cn_status __wrap_cni_conn_set(cni_conn *conn, cni_setting setting, int64_t value, cn_error *err);
cn_status __real_cni_conn_begin(cni_conn *conn, cni_transaction kind, cn_error *err);
cn_status __wrap_cni_conn_begin(cni_conn *conn, cni_transaction kind, cn_error *err);
cn_status __real_cni_conn_commit(cni_conn *conn, cn_error *err);
cn_status __wrap_cni_conn_commit(cni_conn *conn, cn_error *err);
bool __real_cni_conn_in_transaction(const cni_conn *conn);
bool __wrap_cni_conn_in_transaction(const cni_conn *conn);
cn_status __real_cni_conn_exec(cni_conn *conn, const char *sql, cn_error *err);
cn_status __wrap_cni_conn_exec(cni_conn *conn, const char *sql, cn_error *err);
cn_status __real_cni_unfinished_note(cni_conn *conn, size_t number, bool done, cn_error *err);
cn_status __wrap_cni_unfinished_note(cni_conn *conn, size_t number, bool done, cn_error *err);

static struct {
	bool no_sync, no_transaction; /* chosen */
	bool on;
	bool pretended; /* a transaction */
	void (*watch)(void *ctx);
	void *ctx;
} control;

void control_watch(void (*fn)(void *ctx), void *ctx)
{
	control.watch = fn;
	control.ctx = ctx;
}

static cn_status watched(cni_conn *conn, cn_status status)
{
	if (control.watch && status >= 0 && !cni_conn_in_transaction(conn))
		control.watch(control.ctx);
	return status;
}

bool control_choose(const char *what)
{
	control.no_sync = strcmp(what, "no-sync") == 0;
	control.no_transaction = strcmp(what, "no-transaction") == 0;
	return control.no_sync || control.no_transaction;
}

void control_arm(bool on)
{
	control.on = on;
	control.pretended = false;
}

cn_status __wrap_cni_conn_set(cni_conn *conn, cni_setting setting, int64_t value, cn_error *err)
{
	if (control.on && control.no_sync && setting == CNI_SETTING_DURABLE)
		return cni_conn_exec(conn, "PRAGMA main.synchronous = OFF", err);
	return __real_cni_conn_set(conn, setting, value, err);
}

cn_status __wrap_cni_conn_begin(cni_conn *conn, cni_transaction kind, cn_error *err)
{
	if (!control.on || !control.no_transaction || kind != CNI_TX_WRITE)
		return __real_cni_conn_begin(conn, kind, err);
	control.pretended = true;
	return CN_OK;
}

cn_status __wrap_cni_conn_commit(cni_conn *conn, cn_error *err)
{
	if (!control.pretended)
		return watched(conn, __real_cni_conn_commit(conn, err));
	control.pretended = false;
	return CN_OK;
}

bool __wrap_cni_conn_in_transaction(const cni_conn *conn)
{
	return control.pretended || __real_cni_conn_in_transaction(conn);
}

cn_status __wrap_cni_conn_exec(cni_conn *conn, const char *sql, cn_error *err)
{
	return watched(conn, __real_cni_conn_exec(conn, sql, err));
}

cn_status __wrap_cni_unfinished_note(cni_conn *conn, size_t number, bool done, cn_error *err)
{
	return watched(conn, __real_cni_unfinished_note(conn, number, done, err));
}
