/* test_notes.c - `make test`: the models and the pages, on a database of their own. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cantil/web.h>

#include "../app.h"
#include "../models.h"

static char folder[] = "/tmp/@NAME@-test-XXXXXX";
static char path[sizeof folder + 16];

/* A note that is added is there, with the time that the database gave it. */
static void adds_a_note(void)
{
	cn_db *db;
	cn_error err = {0};

	if (cn_db_open(path, &(cn_db_options){.models = models, .create = true}, &db, &err) < 0 ||
		cn_db_create_all(db, &err) < 0) {
		fprintf(stderr, "%s\n%s\n", err.message, err.detail);
		exit(1);
	}
	cn_session *session = cn_session_open(db);
	Note *note = cn_new(session, Note, .text = "it's \"quoted\"");
	assert(cn_commit(session) == CN_OK);
	assert(note->id == 1);
	assert(cn_find(session, Note, "text like ?", "it's%")->created_at.us > 0);
	cn_session_close(session);
	cn_db_close(db);
}

/* The page shows it, escaped; an empty request is refused. */
static void shows_it(void)
{
	cn_app *app = app_new();
	cn_response *page = cn_test_get(app, "/");

	assert(cn_response_status(page) == 200);
	assert(strstr(cn_response_body(page, NULL), "it&#39;s &quot;quoted&quot;"));
	cn_response_free(page);

	cn_response *refused = cn_test_post_json(app, "/notes", "{}");
	assert(cn_response_status(refused) == 400);
	cn_response_free(refused);

	cn_response *added = cn_test_post_json(app, "/notes", "{\"text\": \"Buy tea\"}");
	assert(cn_response_status(added) == 201);
	cn_response_free(added);
	cn_app_free(app);
}

int main(void)
{
	assert(mkdtemp(folder));
	snprintf(path, sizeof path, "%s/test.db", folder);
	setenv("CANTIL_DATABASE_URI", path, 1);
	adds_a_note();
	shows_it();
	for (const char *const *ending = (const char *const[]){"", "-wal", "-shm", NULL}; *ending;
		ending++) {
		char file[sizeof path + 8];
		snprintf(file, sizeof file, "%s%s", path, *ending);
		unlink(file);
	}
	rmdir(folder);
	puts("2 passed, 0 failed");
	return 0;
}
