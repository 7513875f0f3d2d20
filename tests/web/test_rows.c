/* test_rows.c - handlers with a database: sessions, rows as JSON, what becomes of their errors. */
#include "tap.h"

#include <pthread.h>
#include <unistd.h>

#include <cantil/cantil.h>
#include <cantil/web.h>

typedef struct Maker Maker;
typedef struct Thing Thing;

struct Maker {
	int64_t id;
	const char *name;
	Thing **things;
};
CN_MODEL(Maker, "maker",
	CN_COLUMN(Maker, id, .primary_key = true),
	CN_COLUMN(Maker, name, .not_null = true, .unique = true),
	CN_HAS_MANY(Maker, Thing, things, .via = "maker_id"));

struct Thing {
	int64_t id, maker_id;
	const char *name;
	cn_null_double price;
	bool used;
	cn_blob data;
	cn_null_date made;
	Maker *maker;
};
CN_MODEL(Thing, "thing",
	CN_COLUMN(Thing, id, .primary_key = true),
	CN_COLUMN(Thing, maker_id, .references = "maker.id"),
	CN_COLUMN(Thing, name, .not_null = true),
	CN_COLUMN(Thing, price, .check_sql = "price >= 0"),
	CN_COLUMN(Thing, used),
	CN_COLUMN(Thing, data),
	CN_COLUMN(Thing, made),
	CN_BELONGS_TO(Thing, Maker, maker, .via = "maker_id"));

static char path[] = "/tmp/cantil-rows-XXXXXX";
static cn_app *app;

static void list_things(cn_request *req, cn_reply *reply)
{
	cn_page page = cn_paginate(cn_request_session(req), Thing, (size_t)cn_request_page(req),
		.order_by = "id", .limit = 2, .load = "maker");
	cn_reply_json(reply, 200, &page);
}
static void show_maker(cn_request *req, cn_reply *reply)
{
	cn_session *s = cn_request_session(req);
	Maker *maker = cn_get(s, Maker, cn_request_param_int(req, "id"));

	if (!maker) {
		cn_reply_error(reply, 404, "there is no such maker");
		return;
	}
	cn_load(s, Maker, maker, "things.maker");
	cn_reply_row(reply, 200, Maker, maker);
}
/* its 404 says that nothing was found, where nothing could be looked for */
static void hides_the_reason(cn_request *req, cn_reply *reply)
{
	if (cn_execute(cn_request_session(req), "delete from nowhere") < 1)
		cn_reply_error(reply, 404, "there is no such thing");
}
static void add_thing(cn_request *req, cn_reply *reply)
{
	cn_session *s = cn_request_session(req);
	Thing *thing = cn_new(s, Thing, .name = cn_request_json_text(req, "name"),
		.maker_id = cn_request_json_int(req, "maker").value,
		.price = cn_request_json_double(req, "price"));

	if (cn_commit(s) == CN_OK)
		cn_reply_row(reply, 201, Thing, thing);
}
static void add_and_forget(cn_request *req, cn_reply *reply)
{
	cn_session *s = cn_request_session(req);

	(void)cn_new(s, Maker, .name = "never committed");
	if (cn_flush(s) == CN_OK)
		cn_reply_text(reply, 200, "flushed %lld", (long long)cn_count(s, Maker));
}
static void count_makers(cn_request *req, cn_reply *reply)
{
	cn_reply_text(reply, 200, "%lld", (long long)cn_count(cn_request_session(req), Maker));
}
static void broken_sql(cn_request *req, cn_reply *reply)
{
	cn_execute(cn_request_session(req), "delete from nowhere");
	cn_reply_text(
		reply, 200, "all is well"); /* it is not, and the client must not be told so */
}
static void one_missing(cn_request *req, cn_reply *reply)
{
	(void)cn_one(cn_request_session(req), Maker, "name = ?", "nobody");
	cn_reply_text(reply, 200, "found");
}

static cn_app *make_app(void)
{
	cn_app *made =
		cn_app_new(&(cn_app_desc){.name = "test", .models = CN_MODELS(Maker, Thing)});

	cn_get_route(made, "/things", list_things);
	cn_post_route(made, "/things", add_thing);
	cn_get_route(made, "/makers/<int:id>", show_maker);
	cn_get_route(made, "/forget", add_and_forget);
	cn_get_route(made, "/count", count_makers);
	cn_get_route(made, "/broken", broken_sql);
	cn_get_route(made, "/hidden", hides_the_reason);
	cn_get_route(made, "/one", one_missing);
	return made;
}

static int set_up(void **state)
{
	char uri[96], file[64];
	cn_db *db;
	cn_error err;

	(void)state;
	if (!mkdtemp(path))
		return -1;
	snprintf(file, sizeof file, "%s/test.db", path);
	snprintf(uri, sizeof uri, "sqlite:///%s", file);
	setenv("CANTIL_DATABASE_URI", uri, 1);
	app = make_app();
	cn_response *res =
		cn_test_get(app, "/count"); /* before there is a database: told, and none is made */
	assert_int_equal(cn_response_status(res), 500);
	cn_response_free(res);
	assert_int_equal(access(file, F_OK), -1);
	assert_ok(
		cn_db_open(uri, &(cn_db_options){.models = CN_MODELS(Maker, Thing), .create = true},
			&db, &err),
		&err);
	assert_ok(cn_db_create_all(db, &err), &err);
	assert_ok(
		cn_db_exec(db,
			"insert into maker values (1, 'Ann & \"Co\"'), (2, 'Bob');"
			"insert into thing values (1, 1, 'tea', 3.5, 1, x'00ff', '2026-11-22'), (2, 1, 'cup', null, 0, null, null),"
			"(3, 2, 'pot', 7, 0, null, null)",
			&err),
		&err);
	cn_db_close(db);
	return 0;
}

static int tear_down(void **state)
{
	static const char *const names[] = {"/test.db", "/test.db-wal", "/test.db-shm", ""};

	(void)state;
	cn_app_free(app);
	for (size_t i = 0; i < 4; i++) {
		char file[64];
		snprintf(file, sizeof file, "%s%s", path, names[i]);
		remove(file);
	}
	return access(path, F_OK) == 0;
}

static void expect(cn_response *res, int status, const char *body)
{
	if (cn_response_status(res) != status || strcmp(cn_response_body(res, NULL), body) != 0)
		fail_msg("%d %s", cn_response_status(res), cn_response_body(res, NULL));
	cn_response_free(res);
}

static void pages_of_rows(void **state)
{
	(void)state;
	expect(cn_test_get(app, "/things"), 200,
		"{\"items\":[{\"id\":1,\"maker_id\":1,\"name\":\"tea\",\"price\":3.5,\"used\":true,\"data\":\"AP8=\","
		"\"made\":\"2026-11-22\",\"maker\":{\"id\":1,\"name\":\"Ann & \\\"Co\\\"\"}},"
		"{\"id\":2,\"maker_id\":1,\"name\":\"cup\",\"price\":null,\"used\":false,\"data\":null,\"made\":null,"
		"\"maker\":{\"id\":1,\"name\":\"Ann & \\\"Co\\\"\"}}],"
		"\"total\":3,\"page\":1,\"pages\":2,\"per_page\":2,\"has_previous\":false,\"has_next\":true}");
	expect(cn_test_get(app, "/things?page=9"), 200,
		"{\"items\":[],\"total\":3,\"page\":9,\"pages\":2,\"per_page\":2,\"has_previous\":true,\"has_next\":false}");
}

/* A maker's things lead back to it: shown once. */
static void relations_end(void **state)
{
	(void)state;
	expect(cn_test_get(app, "/makers/2"), 200,
		"{\"id\":2,\"name\":\"Bob\",\"things\":[{\"id\":3,\"maker_id\":2,\"name\":\"pot\",\"price\":7.0,\"used\":false,"
		"\"data\":null,\"made\":null}]}");
}

static void errors_become_replies(void **state)
{
	(void)state;
	static const struct {
		const char *target, *json;
		int status;
	} rows[] = {
		{"/things", "{\"name\":\"mug\",\"maker\":1,\"price\":2}", 201},
		{"/things", "{\"name\":\"mug\",\"maker\":1,\"price\":-2}", 409},
		{"/things", "{\"name\":\"mug\",\"maker\":99}", 409},
		{"/things", "{\"maker\":1}", 409},
		{"/broken", NULL, 500},
		{"/hidden", NULL, 500},
		{"/one", NULL, 404},
		{"/makers/7", NULL, 404},
		{"/makers/1", NULL, 200},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		cn_response *res = cn_test_request(app,
			&(cn_test_request_desc){.target = rows[i].target, .json = rows[i].json});
		if (cn_response_status(res) != rows[i].status)
			fail_msg("row %zu: %d %s", i, cn_response_status(res),
				cn_response_body(res, NULL));
		/* what the database says is for the log, not for the client */
		assert_null(strstr(cn_response_body(res, NULL), "nowhere"));
		cn_response_free(res);
	}
}

static void what_is_not_committed_is_gone(void **state)
{
	(void)state;
	expect(cn_test_get(app, "/forget"), 200, "flushed 3");
	expect(cn_test_get(app, "/count"), 200, "2");
}

static void *call_many(void *failed)
{
	for (int i = 0; i < 50; i++) {
		cn_response *res = cn_test_get(app, i % 2 ? "/things" : "/makers/1");
		if (cn_response_status(res) != 200)
			*(int *)failed = cn_response_status(res);
		cn_response_free(res);
	}
	return NULL;
}

static void threads_have_sessions_of_their_own(void **state)
{
	(void)state;
	pthread_t threads[6];
	int failed[6] = {0};

	for (int i = 0; i < 6; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, call_many, &failed[i]), 0);
	for (int i = 0; i < 6; i++) {
		pthread_join(threads[i], NULL);
		assert_int_equal(failed[i], 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pages_of_rows),
		cmocka_unit_test(relations_end),
		cmocka_unit_test(errors_become_replies),
		cmocka_unit_test(what_is_not_committed_is_gone),
		cmocka_unit_test(threads_have_sessions_of_their_own),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
