/*
 * call.h - inside a call: what was typed, what was opened for it, and the terminal.
 */
#ifndef CNI_MANAGE_CALL_H
#define CNI_MANAGE_CALL_H

#include "driver/driver.h"
#include "manage/app.h"

/* The app's project; an error in --db or --root is marked as one of usage. */
cn_status cni_call_project(cn_call *call, const cni_project **ret, cn_error *err) CN_MUST_CHECK;

/* A connection to the app's database, kept for the call (one for each mode), closed after it, interrupted by
 * Ctrl-C. Borrowed. With CNI_OPEN_READ and CNI_OPEN_WRITE a database that is not there is CN_ENOTFOUND. */
cn_status cni_call_conn(cn_call *call, cni_open_mode mode, cni_conn **ret, cn_error *err) CN_MUST_CHECK;
/* Closes them now: after a failed cni_execute, before a file is replaced. */
void cni_call_close(cn_call *call);

/* Memory that lives as long as the call. */
cni_arena *cni_call_arena(cn_call *call);

#endif
