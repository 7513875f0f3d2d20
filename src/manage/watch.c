/* watch.c - what a connection is doing, in people's words, on the progress line. */
#include "manage/progress.h"

#include <string.h>

#include "base/text.h"
#include "base/try.h"
#include "manage/call.h"
#include "manage/signals.h"
#include "sql/about.h"

static const char *verb_of(cni_sql_act act)
{
	switch (act) {
	case CNI_SQL_COPY: return "copying";
	case CNI_SQL_INSERT: return "writing";
	case CNI_SQL_READ: return "reading";
	case CNI_SQL_INDEX: return "indexing";
	case CNI_SQL_CHANGE: return "changing";
	case CNI_SQL_DROP: return "dropping";
	case CNI_SQL_CHECK_KEYS: return "checking foreign keys";
	case CNI_SQL_CHECK: return "checking";
	case CNI_SQL_COMMIT: return "writing to the disk";
	default: return "working";
	}
}

/* "copying product". What a plan makes for itself is called after the table that people know. */
static const char *words_of(cni_arena *arena, const cni_sql_about *about)
{
	static const char own[] = "cantil_new_";
	const char *verb = verb_of(about->act);
	const char *name = about->name.text ? cni_token_name(arena, &about->name) : NULL;
	if (!name)
		return verb;
	if (cni_starts(name, own)) {
		name += strlen(own);
		if (about->act == CNI_SQL_INSERT) /* what it finds out about the rows, no more */
			verb = "looking through";
	}
	return cni_printf(arena, "%s %s", verb, name);
}

static void show(cn_call *call, const cni_pulse *pulse)
{
	CLEANUP(cni_arena_done) cni_arena arena = {0};
	if (pulse->waiting) {
		cni_progress_show(call, "waiting for another process", "", 0, 0);
		return;
	}
	if (!pulse->sql) {
		cni_progress_show(call, "copying the database", "pages", pulse->done, pulse->total);
		return;
	}
	cni_sql_about about = cni_sql_about_of(pulse->sql, strlen(pulse->sql));
	const char *what = words_of(&arena, &about);
	if (what)
		cni_progress_show(call, what, "rows", pulse->done, pulse->total);
}

static bool on_pulse(const cni_pulse *pulse, void *ctx)
{
	if (cni_interrupted())
		return false;
	show(ctx, pulse);
	return true;
}

void cni_call_hold(cn_call *call)
{
	if (!call->held)
		cni_signals_hold(1);
	call->held = true;
}

void cni_call_watch(cn_call *call, cni_conn *conn)
{
	cni_signals_watch(conn);
	cni_conn_watch(conn, on_pulse, call);
}

void cni_call_forget(cn_call *call, cni_conn *conn)
{
	(void)call;
	cni_signals_forget(conn);
	cni_conn_watch(conn, NULL, NULL);
}
