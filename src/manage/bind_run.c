/*
 * bind_run.c - one command, on one database or on each.
 *
 * With --json the documents of all become one array: each command writes one document, and what
 * stands around it is written here. A database on which it fails does not keep the others from
 * their turn; the worst result counts.
 */
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/json.h"
#include "base/text.h"
#include "base/try.h"
#include "manage/bind.h"
#include "manage/call.h"
#include "manage/parse.h"

/* Which of two exit codes says more: interrupted, wrong usage, failed, undecided, done. */
static int worse(int a, int b)
{
	static const int order[] = {130, 143, 2, 1, 3};
	for (size_t i = 0; i < CNI_COUNT(order); i++)
		if (a == order[i] || b == order[i])
			return order[i];
	return a ? a : b;
}

static void select_bind(cn_call *call, cni_bind *bind)
{
	cni_call_switch(call);
	call->app->bind = bind;
}

static void heading(cn_call *call, const char *name, bool first)
{
	if (!call->json) {
		cn_note(call, "%s%s%s:%s", first ? "" : "\n", cn_color(call, CN_STYLE_BOLD), name,
			cn_color(call, CN_STYLE_NONE));
		return;
	}
	CLEANUP(cni_buffer_done) cni_buffer out = {0};
	cni_json json = {.out = &out};
	cni_json_text(&json, NULL, name);
	cn_print(call, "%s{\"name\": %s, \"result\":", first ? "" : ", ", cni_buffer_text(&out));
}

static int run_one(cn_call *call, cni_bind *bind, const char *name, bool first)
{
	cn_error err = {0};
	heading(call, name, first);
	select_bind(call, bind);
	call->written = false;
	int code = call->parsed.node->desc->run(call, &err);
	cni_progress_clear(call);
	if (code < 0)
		code = cni_call_report(call, code, &err);
	if (call->json)
		cn_print(call, "%s, \"exit_code\": %d}", call->written ? "" : "null", code);
	return code;
}

static int run_each(cn_call *call, cni_bind *first)
{
	if (call->json)
		cn_print(call, "[");
	int code = run_one(call, NULL, CNI_BIND_MAIN, true);
	for (cni_bind *bind = first; bind && code < 130; bind = bind->next)
		code = worse(code, run_one(call, bind, bind->name, false));
	select_bind(call, NULL);
	if (call->json)
		cn_print(call, "]");
	return code;
}

/* An id belongs to one database; "head", "base" and "-1" mean something in each. */
static bool for_all(const cn_call *call)
{
	static const char *const words[] = {"head", "heads", "base", NULL};
	const cni_given *given = cni_parsed_find(&call->parsed, "revision");
	if (!given || !given->count)
		return true;
	const char *text = given->list[given->count - 1];
	for (size_t i = 0; words[i]; i++)
		if (cni_same(text, words[i]))
			return true;
	return *text == '+' || *text == '-';
}

static cn_status which(cn_call *call, const cni_bind *first, cn_error *err)
{
	CLEANUP(cni_buffer_done) cni_buffer names = {.limit = 1000};
	cni_buffer_puts(&names, CNI_BIND_MAIN);
	for (; first; first = first->next)
		cni_buffer_printf(&names, ", %s", first->name);
	(void)cn_usage(call, err, "which database? there are several, and a revision is of one");
	cn_error_detail(err, "there are: %s", cni_buffer_text(&names));
	cn_error_hint(err, "say it with --database NAME");
	return CN_EARG;
}

int cni_bind_run(cn_call *call, cn_error *err)
{
	const cn_command_desc *desc = call->parsed.node->desc;
	const char *name = cni_common_text(&call->parsed, "database");
	cni_bind *bind = NULL;
	if (name) {
		cn_status status = cni_bind_find(call->app, name, &bind, err);
		if (status < 0)
			return status == CN_ENOTFOUND ? cn_usage_mark(call, err) : status;
		call->app->bind = bind;
		return desc->run(call, err);
	}
	/* --db and -d mean one */
	bool one = !desc->every_database || cni_common_given(&call->parsed, "db");
	const cni_given *folder = cni_parsed_find(&call->parsed, "directory");
	if (one || (folder && folder->count))
		return desc->run(call, err);
	TRY(cni_binds(call->app, &bind, err));
	if (!bind)
		return desc->run(call, err);
	return for_all(call) ? run_each(call, bind) : which(call, bind, err);
}
