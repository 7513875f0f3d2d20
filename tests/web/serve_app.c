/* serve_app.c - the program that test_runserver.c starts: a model, a table made by migrations, two
 * pages. */
#include <unistd.h>

#include <cantil/cantil.h>
#include <cantil/web.h>

typedef struct Note {
	int64_t id;
	const char *text;
} Note;
CN_MODEL(Note, "note",
	CN_COLUMN(Note, id, .primary_key = true),
	CN_COLUMN(Note, text, .not_null = true));

static void count(cn_request *req, cn_reply *reply)
{
	cn_reply_text(reply, 200, "%lld notes", (long long)cn_count(cn_request_session(req), Note));
}

static void slow(cn_request *req, cn_reply *reply)
{
	(void)req;
	usleep(500 * 1000);
	cn_reply_text(reply, 200, "slow but whole");
}

int main(int argc, char **argv)
{
	cn_app *app = cn_app_new(&(cn_app_desc){
		.name = "notes", .database_uri = "sqlite:///notes.db", .models = CN_MODELS(Note)});

	cn_get_route(app, "/", count);
	cn_get_route(app, "/slow", slow);
	return cn_main(app, argc, argv);
}
