/* call.c - one run of one command: its values, and what is opened for it. */
#include "manage/call.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "base/try.h"
#include "manage/signals.h"

static bool wants_color(int fd)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	return isatty(fd) && !(no && *no) && term && *term && strcmp(term, "dumb") != 0;
}

void cni_call_init(cn_call *call, cn_app *app)
{
	bool color = !cni_common_given(&call->parsed, "no-color");

	call->app = app;
	call->json = cni_common_given(&call->parsed, "json");
	call->quiet = cni_common_given(&call->parsed, "quiet");
	call->verbose = cni_common_given(&call->parsed, "verbose");
	call->color_out = color && wants_color(STDOUT_FILENO);
	call->color_err = color && wants_color(STDERR_FILENO);
}

void cni_call_close(cn_call *call)
{
	for (int i = CNI_OPEN_READ; i <= CNI_OPEN_CREATE; i++) {
		if (call->conn[i])
			cni_call_forget(call, call->conn[i]);
		cni_conn_close(call->conn[i]);
		call->conn[i] = NULL;
	}
}

void cni_call_switch(cn_call *call)
{
	cn_session_close(call->session);
	cn_db_close(call->db);
	call->session = NULL;
	call->db = NULL;
	cni_call_close(call);
}

void cni_call_done(cn_call *call)
{
	cni_call_switch(call);
	if (call->held)
		cni_signals_hold(-1);
	for (const cni_secret *s = call->secrets; s; s = s->next)
		explicit_bzero(s->text, s->size);
	cni_arena_done(&call->arena);
	*call = (cn_call){0};
}

/* ---- values ---- */

static const cni_given *given(const cn_call *call, const char *name)
{
	const cni_given *found = cni_parsed_find(&call->parsed, name);

	assert(found && "the name is not in the command's table");
	return found;
}

bool cn_call_flag(const cn_call *call, const char *name) { return cn_call_count(call, name) > 0; }

unsigned cn_call_count(const cn_call *call, const char *name)
{
	const cni_given *g = given(call, name);

	return g ? g->times : 0;
}

bool cn_call_given(const cn_call *call, const char *name) { return cn_call_count(call, name) > 0; }

const char *cn_call_text(const cn_call *call, const char *name)
{
	const cni_given *g = given(call, name);

	return g && g->count ? g->list[g->count - 1] : NULL;
}

int64_t cn_call_int(const cn_call *call, const char *name)
{
	const cni_given *g = given(call, name);

	return g ? g->number : 0;
}

const char *const *cn_call_list(const cn_call *call, const char *name, size_t *ret_count)
{
	static const char *const none[] = {NULL};
	const cni_given *g = given(call, name);

	if (ret_count)
		*ret_count = g ? g->count : 0;
	return g && g->count ? g->list : none;
}

/* ---- what it works on ---- */

cn_app *cn_call_app(const cn_call *call) { return call->app; }

void *cn_call_context(const cn_call *call) { return call->app->desc.context; }

cni_arena *cni_call_arena(cn_call *call) { return &call->arena; }

const char *cni_call_program(const cn_call *call) { return call->program; }

cn_status cni_call_project(cn_call *call, const cni_project **ret, cn_error *err)
{
	return cni_app_project(call->app, ret, err);
}

/* The driver says that the file, or its folder, is not there; who meant it, and what to do, is
 * known here. */
static void explain(cn_call *call, const cni_project *project, cn_error *err)
{
	const char *folder =
		project->uri.path ? cni_path_folder(&call->arena, project->uri.path) : NULL;

	if (err->status != CN_ENOTFOUND)
		return;
	cn_error_detail(err, "%s, stated by %s", project->uri.text, project->uri_source);
	if (folder && cni_dir_exists(folder))
		cn_error_hint(err, "\"%s db upgrade\" makes it, by the migrations", call->program);
}

/* A process that was killed may have left a journal that must be rolled back; a connection for
 * reading cannot do that. */
static bool recover(const cni_uri *uri)
{
	CLEANUP(cni_arena_done) cni_arena arena = {0};
	const char *journal = uri->path ? cni_printf(&arena, "%s-journal", uri->path) : NULL;
	cni_conn *conn;
	cn_error ignored;

	if (!journal || cni_file_size(journal) <= 0 ||
		cni_conn_open(uri, &(cni_open_options){.mode = CNI_OPEN_WRITE}, &conn, &ignored) <
			0)
		return false;
	cni_conn_close(conn);
	return true;
}

static cn_status open_conn(const cni_uri *uri, cni_open_mode mode, cni_conn **ret, cn_error *err)
{
	cni_open_options options = {.mode = mode};
	cn_status status = cni_conn_open(uri, &options, ret, err);

	if (status == CN_EIO && mode == CNI_OPEN_READ && recover(uri))
		status = cni_conn_open(uri, &options, ret, err);
	return status;
}

cn_status cni_call_conn(cn_call *call, cni_open_mode mode, cni_conn **ret, cn_error *err)
{
	const cni_project *project;
	cn_error local;

	err = err ? err : &local;
	if (!call->conn[mode]) {
		TRY(cni_call_project(call, &project, err));
		TRY(cni_project_need_uri(project, err));
		cn_status status = open_conn(&project->uri, mode, &call->conn[mode], err);
		if (status < 0) {
			explain(call, project, err);
			return status;
		}
		cni_call_watch(call, call->conn[mode]);
	}
	*ret = call->conn[mode];
	return CN_OK;
}

cn_status cn_call_db(cn_call *call, cn_db **ret_db, cn_error *err)
{
	const cni_project *project;
	cn_error local;

	err = err ? err : &local;
	if (!call->db) {
		TRY(cni_call_project(call, &project, err));
		cn_status status = cn_app_open(call->app, &call->db, err);
		if (status < 0) {
			explain(call, project, err);
			return status;
		}
	}
	*ret_db = call->db;
	return CN_OK;
}

cn_status cn_call_session(cn_call *call, cn_session **ret_session, cn_error *err)
{
	cn_db *db;

	if (!call->session) {
		TRY(cn_call_db(call, &db, err));
		call->session = cn_session_open(db);
		if (!call->session)
			return cn_fail(err, CN_ENOMEM, "out of memory");
	}
	*ret_session = call->session;
	return CN_OK;
}

/* ---- errors ---- */

cn_status cn_usage(cn_call *call, cn_error *err, const char *fmt, ...)
{
	char text[sizeof err->message];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	text[cni_utf8_cut(text, strlen(text))] = '\0';
	call->usage = true;
	return cn_fail(err, CN_EARG, "%s", text);
}

cn_status cn_usage_mark(cn_call *call, cn_error *err)
{
	call->usage = true;
	return err && err->status < 0 ? err->status : CN_EARG;
}

bool cn_call_interrupted(const cn_call *call)
{
	(void)call;
	return cni_interrupted();
}
