/* test_parts.c - models that live in different databases, and one session over all of them. */
#include "orm/store.h"

typedef struct Shop Shop;
typedef struct Item Item;
typedef struct Visit Visit;
typedef struct Level Level;

struct Shop {
	int64_t id;
	const char *name;
	Item **items;
};
struct Item {
	int64_t id, shop_id;
	const char *name;
	int64_t version;
	Shop *shop;
};
struct Visit { /* in "logs" */
	int64_t id, shop_id;
	const char *who;
};
struct Level { /* in "stock", by the list of the bind */
	int64_t item_id, count;
};

CN_MODEL(Shop, "shop",
	CN_COLUMN(Shop, id, .primary_key = true),
	CN_COLUMN(Shop, name, .unique = true),
	CN_HAS_MANY(Shop, Item, items, .cascade = CN_CASCADE_DELETE));
CN_MODEL(Item, "item",
	CN_COLUMN(Item, id, .primary_key = true),
	CN_COLUMN(Item, shop_id, .references = "shop.id"),
	CN_COLUMN(Item, name, .check_sql = "name <> 'bad'"),
	CN_COLUMN(Item, version, .version = true),
	CN_BELONGS_TO(Item, Shop, shop));
CN_MODEL(Visit, "visit",
	CN_COLUMN(Visit, id, .primary_key = true),
	CN_COLUMN(Visit, shop_id, .index = true),
	CN_COLUMN(Visit, who, .check_sql = "who <> 'bad'"),
	CN_TABLE_OPTIONS(.database = "logs"));
CN_MODEL(Level, "level",
	CN_COLUMN(Level, item_id, .primary_key = true),
	CN_COLUMN(Level, count));

typedef struct Row {
	int64_t n;
} Row;
CN_ROW(Row, CN_COLUMN(Row, n));
typedef struct LogRow {
	int64_t n;
} LogRow;
CN_ROW(LogRow, CN_COLUMN(LogRow, n), CN_TABLE_OPTIONS(.database = "logs"));

typedef struct fixture {
	char folder[64], uris[3][128];
	cn_db *db;
	cn_session *s;
	store_log log;
	char events[400];
} fixture;

static cn_status hook(
	cn_session *s, cn_event event, const cn_model *model, void *row, void *ctx, cn_error *err)
{
	fixture *f = ctx;

	(void)row, (void)err;
	snprintf(f->events + strlen(f->events), sizeof f->events - strlen(f->events), "%d%s ",
		(int)event, model ? model->type_name : "");
	/* what happens in one database may be noted in another */
	if (event == CN_AFTER_INSERT && model == &Shop_model)
		(void)cn_new(s, Visit, .who = "hook");
	return CN_OK;
}

static void open_db(fixture *f, bool create)
{
	cn_error err;
	cn_db_options options = {.models = CN_MODELS(Shop, Visit, Item),
		.binds = (const cn_bind[]){{"logs", f->uris[1], NULL},
			{"stock", f->uris[2], CN_MODELS(Level)}, {0}},
		.create = create,
		.echo = store_echo,
		.echo_ctx = &f->log,
		.hook = hook,
		.hook_ctx = f,
		.busy_timeout_ms = 200};

	assert_ok(cn_db_open(f->uris[0], &options, &f->db, &err), &err);
}

static int setup(void **state)
{
	static const char *const names[] = {"main", "logs", "stock"};
	fixture *f = calloc(1, sizeof *f);
	cn_error err;

	snprintf(f->folder, sizeof f->folder, "/tmp/cantil-parts-XXXXXX");
	assert_non_null(mkdtemp(f->folder));
	for (size_t i = 0; i < 3; i++)
		snprintf(f->uris[i], sizeof f->uris[i], "sqlite:///%s/%s.db", f->folder, names[i]);
	open_db(f, true);
	assert_ok(cn_db_create_all(f->db, &err), &err);
	f->s = cn_session_open(f->db);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	fixture *f = *state;
	char path[200];

	cn_session_close(f->s);
	cn_db_close(f->db);
	for (size_t i = 0; i < 3; i++) {
		for (const char *const *end =
				(const char *const[]){"", "-wal", "-shm", "-journal", NULL};
			*end; end++) {
			snprintf(
				path, sizeof path, "%s%s", f->uris[i] + strlen("sqlite:///"), *end);
			unlink(path);
		}
	}
	rmdir(f->folder);
	store_log_clear(&f->log);
	free(f);
	return 0;
}

/* Rows of a table, counted on another connection: what is committed. */
static int64_t committed(fixture *f, size_t database, const char *table)
{
	cn_db *db;
	cn_error err;
	char sql[80];

	assert_ok(cn_db_open(f->uris[database], NULL, &db, &err), &err);
	cn_session *s = cn_session_open(db);
	snprintf(sql, sizeof sql, "select count(*) as n from %s", table);
	Row **rows = cn_sql(s, Row, sql);
	assert_clean(s);
	int64_t n = rows[0]->n;
	cn_session_close(s);
	cn_db_close(db);
	return n;
}

static void fill(cn_session *s)
{
	Shop *shop = cn_new(s, Shop, .name = "Acme");

	(void)cn_new(s, Item, .name = "tea", .shop = shop);
	assert_int_equal(cn_flush(s), CN_OK);
	(void)cn_new(s, Visit, .shop_id = shop->id, .who = "Ann");
	(void)cn_new(s, Level, .item_id = 1, .count = 5);
	assert_int_equal(cn_commit(s), CN_OK);
}

static void each_row_in_its_database(void **state)
{
	fixture *f = *state;
	cn_session *s = f->s;

	fill(s);
	assert_clean(s);
	assert_int_equal(committed(f, 0, "shop"), 1);
	assert_int_equal(committed(f, 0, "item"), 1);
	assert_int_equal(committed(f, 1, "visit"), 2); /* one is the hook's */
	assert_int_equal(committed(f, 2, "level"), 1);
	assert_int_equal(
		committed(f, 1, "sqlite_schema where name in ('shop', 'item', 'level')"), 0);
	assert_int_equal(committed(f, 0, "sqlite_schema where name in ('visit', 'level')"), 0);
	cn_clear(s);

	/* everything that names a model finds its rows */
	Visit *ann = cn_find(s, Visit, "who = ?", "Ann");
	assert_non_null(ann);
	assert_ptr_equal(cn_get(s, Visit, ann->id), ann);
	assert_int_equal(cn_count(s, Level), 1);
	assert_true(cn_exists(s, Level, cn_where("count > ?", 4)));
	assert_int_equal(cn_one(s, Level, "item_id = ?", 1)->count, 5);
	assert_null(cn_one_or_none(s, Level, "item_id = ?", 2));
	assert_int_equal(cn_paginate(s, Visit, 1).total, 2);
	Shop **shops = cn_list(s, Shop, .load = "items.shop");
	assert_ptr_equal(shops[0]->items[0]->shop, shops[0]);
	size_t seen = 0;
	cn_each (s, Visit, v)
		seen += v->id > 0;
	assert_int_equal(seen, 2);
	ann->who = "Anna";
	shops[0]->name = "Beta";
	assert_int_equal(cn_commit(s), CN_OK);
	assert_int_equal(committed(f, 1, "visit where who = 'Anna'"), 1);
	assert_int_equal(committed(f, 0, "shop where name = 'Beta'"), 1);
	cn_refresh(s, Visit, ann);
	cn_expire(s, Visit, ann);
	Level mine = {.item_id = 1, .count = 8};
	assert_int_equal(cn_merge(s, Level, &mine)->count, 8);
	Level more[] = {{2, 1}, {3, 1}};
	assert_int_equal(cn_insert_many(s, Level, more, 2), 2);
	assert_int_equal(cn_update_where(s, Level, "count = ?", "item_id = ?", 9, 2), 1);
	assert_int_equal(cn_delete_where(s, Level, "item_id = ?", 3), 1);
	Visit own = {.who = "own"};
	cn_add(s, Visit, &own);
	cn_delete(s, Visit, ann);
	assert_int_equal(cn_commit(s), CN_OK);
	assert_clean(s);
	assert_true(own.id > 0);
	assert_int_equal(committed(f, 2, "level"), 2);
	assert_int_equal(committed(f, 1, "visit where who = 'Anna'"), 0);
}

static void raw_sql_says_where(void **state)
{
	fixture *f = *state;
	cn_session *s = f->s;

	fill(s);
	assert_int_equal(cn_sql(s, Row, "select count(*) as n from shop")[0]->n, 1);
	assert_int_equal(cn_sql(s, LogRow, "select count(*) as n from visit")[0]->n, 2);
	cn_session *logs = cn_session_part(s, "logs");
	assert_int_equal(cn_execute(logs, "delete from visit where who = ?", "Ann"), 1);
	assert_int_equal(cn_sql(logs, Row, "select count(*) as n from visit")[0]->n, 1);
	assert_ptr_equal(cn_session_part(s, "main"), s);
	assert_string_equal(cn_db_uri(cn_db_part(f->db, "logs")), f->uris[1]);
	assert_null(cn_db_part(f->db, "nowhere"));
	assert_int_equal(cn_commit(s), CN_OK);
	(void)cn_session_part(s, "log");
	assert_failed(s, CN_EARG, "did you mean \"logs\"?");
}

/* A failure anywhere is the session's, and nothing is committed anywhere. */
static void a_failure_is_everybodys(void **state)
{
	fixture *f = *state;
	cn_session *s = f->s;

	fill(s);
	(void)cn_new(s, Shop, .name = "two");
	(void)cn_new(s, Level, .item_id = 7);
	(void)cn_new(s, Visit, .who = "bad");
	assert_int_equal(cn_commit(s), CN_ECONSTRAINT);
	assert_failed(s, CN_ECONSTRAINT, "who");
	assert_int_equal(cn_count(s, Shop), 0); /* nothing is done until rollback */
	assert_null(cn_new(s, Level, .item_id = 8));
	assert_int_equal(cn_commit(s), CN_ECONSTRAINT);
	assert_int_equal(committed(f, 0, "shop"), 1);
	cn_rollback(s);
	assert_clean(s);
	assert_int_equal(cn_count(s, Shop), 1);
	assert_int_equal(cn_count(s, Level), 1);
	(void)cn_new(s, Item, .name = "bad", .shop_id = 1); /* in the main one */
	(void)cn_new(s, Visit, .who = "fine");
	assert_int_equal(cn_flush(s), CN_ECONSTRAINT);
	assert_null(cn_get(s, Visit, 1));
	cn_rollback(s);
	assert_non_null(cn_get(s, Visit, 1));
	assert_int_equal(committed(f, 1, "visit"), 2);
}

static void savepoints_are_everybodys(void **state)
{
	fixture *f = *state;
	cn_session *s = f->s;

	fill(s);
	assert_int_equal(cn_savepoint(s), CN_OK);
	(void)cn_new(s, Item, .name = "gone", .shop_id = 1);
	(void)cn_new(s, Visit, .who = "gone");
	assert_int_equal(cn_flush(s), CN_OK);
	(void)cn_new(s, Level, .item_id = 1, .count = 5); /* it is there already */
	assert_int_equal(cn_flush(s), CN_ECONSTRAINT);
	assert_int_equal(cn_savepoint_undo(s), CN_OK);
	assert_clean(s);
	assert_int_equal(cn_savepoint(s), CN_OK);
	(void)cn_new(s, Visit, .who = "stays");
	assert_int_equal(cn_savepoint_release(s), CN_OK);
	assert_int_equal(cn_savepoint_release(s), CN_EARG);
	cn_rollback(s);
	assert_int_equal(committed(f, 1, "visit where who in ('gone', 'stays')"), 0);
	assert_int_equal(cn_savepoint(s), CN_OK);
	(void)cn_new(s, Visit, .who = "stays");
	(void)cn_new(s, Item, .name = "stays", .shop_id = 1);
	assert_int_equal(cn_savepoint_release(s), CN_OK);
	assert_int_equal(cn_commit(s), CN_OK);
	assert_int_equal(committed(f, 1, "visit where who = 'stays'"), 1);
	assert_int_equal(committed(f, 0, "item where name = 'stays'"), 1);
}

static void hooks_and_records(void **state)
{
	fixture *f = *state;
	cn_session *s = f->s;
	const cn_recorded *recorded;

	cn_session_record(s, true);
	(void)cn_new(s, Shop, .name = "one");
	assert_int_equal(cn_commit(s), CN_OK);
	cn_rollback(s);
	char wanted[100]; /* one commit and one rollback for all databases */
	snprintf(wanted, sizeof wanted, "%d %dShop %dShop %dVisit %dVisit %d %d ", CN_BEFORE_COMMIT,
		CN_BEFORE_INSERT, CN_AFTER_INSERT, CN_BEFORE_INSERT, CN_AFTER_INSERT,
		CN_AFTER_COMMIT, CN_AFTER_ROLLBACK);
	assert_string_equal(f->events, wanted);
	size_t shops = 0, visits = 0, count = cn_session_recorded(s, &recorded);
	for (size_t i = 0; i < count; i++) {
		shops += strstr(recorded[i].sql, "INSERT INTO \"shop\"") != NULL;
		visits += strstr(recorded[i].sql, "INSERT INTO \"visit\"") != NULL;
	}
	assert_int_equal(shops, 1);
	assert_int_equal(visits, 1);
}

static cn_status sell(cn_session *s, void *ctx)
{
	int *times = ctx;
	Level *level = cn_get(s, Level, 1);

	if (level)
		level->count--;
	(void)cn_new(s, Visit, .who = "buyer");
	if (++*times == 1) { /* somebody else was faster, in another database than the first */
		cn_error err;
		cn_db *db;
		assert_ok(cn_db_open(cn_db_uri(cn_db_part(cn_session_db(s), "stock")), NULL, &db,
				  &err),
			&err);
		assert_ok(cn_db_exec(db, "update level set count = 100", &err), &err);
		cn_db_close(db);
	}
	return cn_session_error(s)->status;
}

static void conflicts_are_tried_again(void **state)
{
	fixture *f = *state;
	int times = 0;
	cn_error err;

	fill(f->s);
	assert_ok(cn_transaction(f->db, sell, &times, &err), &err);
	assert_int_equal(times, 2);
	assert_int_equal(committed(f, 2, "level where count = 99"), 1);
	assert_int_equal(committed(f, 1, "visit where who = 'buyer'"), 1);
}

/* The disk of the second database fails at commit: the first is committed, and the error says so.
 */
static void what_is_done_is_said(void **state)
{
	fixture *f = *state;
	cn_session *s = f->s;
	cn_error err;

	fill(s);
	assert_ok(
		cn_db_exec(cn_db_part(f->db, "logs"),
			"create table a (id integer primary key);"
			"create table b (a integer references a (id) deferrable initially deferred)",
			&err),
		&err);
	(void)cn_new(s, Shop, .name = "kept");
	assert_int_equal(cn_flush(s), CN_OK);
	(void)cn_execute(
		cn_session_part(s, "logs"), "insert into b values (9)"); /* seen at commit */
	assert_int_equal(cn_commit(s), CN_ECONSTRAINT);
	const cn_error *e = cn_session_error(s);
	assert_non_null(strstr(e->message, "the database \"logs\""));
	assert_non_null(strstr(e->detail, "1 other database is committed already"));
	cn_rollback(s);
	assert_int_equal(committed(f, 0, "shop where name = 'kept'"), 1);
	assert_int_equal(committed(f, 1, "b"), 0);
}

static void drop_and_models(void **state)
{
	fixture *f = *state;
	cn_error err;
	size_t count = 0;

	for (const cn_model *const *m = cn_db_models(f->db); *m; m++)
		count++;
	assert_int_equal(count, 4);
	assert_ptr_equal(cn_db_model(f->db, "Visit"), &Visit_model);
	assert_ptr_equal(cn_db_model(f->db, "Level"), &Level_model);
	assert_ok(cn_db_drop_all(f->db, &err), &err);
	assert_int_equal(committed(f, 1, "sqlite_schema where type = 'table'"), 0);
	assert_int_equal(committed(f, 2, "sqlite_schema where type = 'table'"), 0);
}

/* ---- what is refused ---- */

typedef struct Far {
	int64_t id, shop_id;
	Shop *shop;
} Far;
static const cn_part *const far_key[] = {
	CN_COLUMN(Far, id, .primary_key = true), CN_COLUMN(Far, shop_id), NULL};

static void refused_to_open(
	const cn_part *extra, const char *database, const cn_bind *binds, const char *words)
{
	const cn_part *const parts[] = {
		far_key[0], far_key[1], CN_TABLE_OPTIONS(.database = database), extra, NULL};
	const cn_model far = {
		.type_name = "Far", .table = "far", .size = sizeof(Far), .parts = parts};
	const cn_model *const models[] = {&Shop_model, &Item_model, &far, NULL};
	cn_error err = {0};
	cn_db *db = NULL;

	assert_true(cn_db_open("sqlite://", &(cn_db_options){.models = models, .binds = binds}, &db,
			    &err) < 0);
	if (!strstr(err.message, words) && !strstr(err.hint, words))
		fail_msg("%s | %s", err.message, err.hint);
}

static void refused(void **state)
{
	const cn_bind logs[] = {{"logs", "sqlite://", NULL}, {0}};
	const cn_bind twice[] = {{"logs", "sqlite://", NULL}, {"logs", "sqlite://", NULL}, {0}};
	const cn_bind bare[] = {{"logs", NULL, NULL}, {0}};
	const cn_bind missing[] = {{"logs", "sqlite:////nowhere/at/all.db", NULL}, {0}};

	(void)state;
	refused_to_open(NULL, "log", logs, "did you mean \"logs\"?");
	refused_to_open(NULL, "archive", NULL, "\"archive\", but there is no such database");
	refused_to_open(CN_BELONGS_TO(Far, Shop, shop), "logs", logs,
		"leads to \"Shop\", which lives in the database \"main\"");
	refused_to_open(CN_COLUMN(Far, shop_id, .name = "s", .references = "shop.id"), "logs", logs,
		"keep its key as a plain column");
	refused_to_open(NULL, "logs", twice, "two databases \"logs\"");
	refused_to_open(NULL, "logs", bare, "has no URI");
	refused_to_open(NULL, "logs", missing, "the database \"logs\"");
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(each_row_in_its_database),
		T(raw_sql_says_where),
		T(a_failure_is_everybodys),
		T(savepoints_are_everybodys),
		T(hooks_and_records),
		T(conflicts_are_tried_again),
		T(what_is_done_is_said),
		T(drop_and_models),
		cmocka_unit_test(refused),
	};
	return RUN(tests);
}
