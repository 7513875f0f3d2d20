/* app.c - @NAME@: its pages and its commands. */
#include "app.h"

#include <cantil/web.h>

#include "models.h"

/* GET /notes?page=N: the newest first, as JSON */
static void list_notes(cn_request *req, cn_reply *reply)
{
	cn_session *session = cn_request_session(req);
	cn_page page =
		cn_paginate(session, Note, (size_t)cn_request_page(req), .order_by = "id desc");

	cn_reply_json(reply, 200, &page);
}

/* POST /notes {"text": "…"} */
static void add_note(cn_request *req, cn_reply *reply)
{
	cn_session *session = cn_request_session(req);
	const char *text = cn_request_json_text(req, "text");

	if (!text) {
		cn_reply_error(reply, 400, "the note's text is missing");
		return;
	}
	Note *note = cn_new(session, Note, .text = text);
	if (cn_commit(session) == CN_OK) /* the session's error makes the reply, if there is one */
		cn_reply_row(reply, 201, Note, note);
}

/* GET /: a page; what a %s prints is escaped */
static void index_page(cn_request *req, cn_reply *reply)
{
	Note **notes = cn_list(cn_request_session(req), Note, .order_by = "id desc", .limit = 20);

	cn_reply_html(reply, 200,
		"<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>%s</title></head><body>"
		"<h1>%s</h1><p>%zu notes, <a href=\"/notes\">as JSON</a></p><ul>",
		"@NAME@", "@NAME@", cn_len(notes));
	for (size_t i = 0; notes[i]; i++)
		cn_reply_print(reply, "<li>%s</li>", notes[i]->text);
	cn_reply_raw(reply, "</ul></body></html>");
}

/* ./@NAME@ add "Buy tea" */
static int add(cn_call *call, cn_error *err)
{
	cn_session *session;

	if (cn_call_session(call, &session, err) < 0)
		return err->status;
	Note *note = cn_new(session, Note, .text = cn_call_text(call, "text"));
	if (cn_commit(session) < 0) {
		*err = *cn_session_error(session);
		return err->status;
	}
	cn_note(call, "note %lld added", (long long)note->id);
	return CN_OK;
}

static const cn_option add_options[] = {
	CN_ARG("text", "what to note"),
	{0},
};

static const cn_command_desc commands[] = {
	{.name = "add",
		.help = "add a note",
		.example = "./@NAME@ add \"Buy tea\"",
		.options = add_options,
		.run = add},
	{0},
};

/* ./@NAME@ db seed */
static cn_status seed(cn_session *session, cn_call *call, cn_error *err)
{
	static const char *const texts[] = {"Buy tea", "Water the plants", "Call the producer"};

	(void)err;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		(void)cn_new(session, Note, .text = texts[i]);
	cn_note(call, "3 notes");
	return CN_OK;
}

cn_app *app_new(void)
{
	cn_app *app = cn_app_new(&(cn_app_desc){
		.name = "@NAME@",
		.version = "0.1",
		.help = "notes in a database",
		.database_uri = "sqlite:///@NAME@.db",
		.models = models,
		.commands = commands,
		.seed = seed,
	});

	cn_get_route(app, "/", index_page);
	cn_get_route(app, "/notes", list_notes);
	cn_post_route(app, "/notes", add_note);
	return app;
}
