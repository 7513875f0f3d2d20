/*
 * test_batches.c - many rows in one statement: as one by one, in what is stored, in what is said of
 * a row that is refused, and in what triggers and other sessions do to it.
 *
 * With an echo values are bound one by one, without one the engine reads the structs: both must
 * leave the same.
 */
#include "orm/store.h"

#include <math.h>

#include "orm/session_impl.h" /* what a session holds */

enum { MANY = 1234 };

typedef enum phase { NEW, PAID, SENT } phase;

typedef struct Thing {
	int64_t id;
	bool flag;
	int8_t tiny;
	uint32_t count;
	int64_t number;
	float half;
	double real;
	const char *name;
	char code[8];
	cn_blob data;
	cn_time at;
	cn_date day;
	cn_clock clock;
	cn_decimal price;
	cn_uuid uuid;
	cn_document note;
	phase state;
	cn_null_int64 maybe;
	cn_null_double maybe_real;
	cn_null_time maybe_at;
} Thing;
CN_MODEL(Thing, "thing",
	CN_COLUMN(Thing, id, .primary_key = true),
	CN_COLUMN(Thing, flag),
	CN_COLUMN(Thing, tiny),
	CN_COLUMN(Thing, count),
	CN_COLUMN(Thing, number),
	CN_COLUMN(Thing, half),
	CN_COLUMN(Thing, real),
	CN_COLUMN(Thing, name, .unique = true),
	CN_COLUMN(Thing, code),
	CN_COLUMN(Thing, data),
	CN_COLUMN(Thing, at),
	CN_COLUMN(Thing, day),
	CN_COLUMN(Thing, clock),
	CN_COLUMN(Thing, price, .precision = 12, .scale = 2),
	CN_COLUMN(Thing, uuid),
	CN_COLUMN(Thing, note),
	CN_COLUMN(Thing, state, .enum_names = CN_NAMES("new", "paid", "sent")),
	CN_COLUMN(Thing, maybe),
	CN_COLUMN(Thing, maybe_real),
	CN_COLUMN(Thing, maybe_at));

typedef struct Stock {
	int64_t shop;
	const char *item;
	int64_t amount;
	int32_t version;
} Stock;
CN_MODEL(Stock, "stock",
	CN_COLUMN(Stock, shop),
	CN_COLUMN(Stock, item),
	CN_COLUMN(Stock, amount, .check_sql = "amount >= 0"),
	CN_COLUMN(Stock, version, .version = true),
	CN_PRIMARY_KEY("shop, item"),
	CN_TABLE_OPTIONS(.without_rowid = true));

typedef struct fixture {
	char folder[64], uri[128];
	cn_db *db;
	cn_session *s;
} fixture;

static void quiet(const char *sql, int64_t duration_us, void *ctx)
{
	(void)sql, (void)duration_us;
	++*(int *)ctx;
}

static fixture *make(bool echo)
{
	static int statements;
	fixture *f = calloc(1, sizeof *f);
	cn_error err;

	snprintf(f->folder, sizeof f->folder, "/tmp/cantil-batches-XXXXXX");
	assert_non_null(mkdtemp(f->folder));
	snprintf(f->uri, sizeof f->uri, "sqlite:///%s/batches.db", f->folder);
	assert_ok(cn_db_open(f->uri,
			  &(cn_db_options){.models = CN_MODELS(Thing, Stock),
				  .create = true,
				  .echo = echo ? quiet : NULL,
				  .echo_ctx = &statements},
			  &f->db, &err),
		&err);
	assert_ok(cn_db_create_all(f->db, &err), &err);
	f->s = cn_session_open(f->db);
	return f;
}

static void drop(fixture *f)
{
	static const char *const ends[] = {"", "-wal", "-shm"};
	char path[200];

	cn_session_close(f->s);
	cn_db_close(f->db);
	for (int i = 0; i < 3; i++) {
		snprintf(path, sizeof path, "%s/batches.db%s", f->folder, ends[i]);
		unlink(path);
	}
	rmdir(f->folder);
	free(f);
}

static int setup(void **state)
{
	*state = make(false);
	return 0;
}

static int teardown(void **state)
{
	drop(*state);
	return 0;
}

static void sql(fixture *f, const char *text)
{
	cn_error err;

	assert_ok(cn_db_exec(f->db, text, &err), &err);
}

/* Every seventh has a NULL where there may be one, and extremes stand among the numbers. */
static Thing thing(int i)
{
	static char names[MANY][40];
	bool some = i % 7 != 0;
	Thing t = {.flag = i % 2,
		.tiny = (int8_t)(i % 256 - 128),
		.count = i % 5 ? (uint32_t)i : UINT32_MAX,
		.number = i % 3   ? i * INT64_C(1000000007)
			  : i % 2 ? INT64_MAX
				  : INT64_MIN,
		.half = (float)i / 2,
		.real = i % 11 ? i * 0.1 : -0.0,
		.name = snprintf(names[i], sizeof names[i], "naïve %d — %s", i, i % 2 ? "§" : "") >
					0
				? names[i]
				: NULL,
		.data = some ? (cn_blob){names[i], (size_t)i % 9} : (cn_blob){0},
		.at = {INT64_C(1700000000000000) + i * INT64_C(86400000001)},
		.day = {i * 13 - 5000},
		.clock = {i * INT64_C(60000001)},
		.state = (phase)(i % 3),
		.maybe = {some, i},
		.maybe_real = {some, i * 0.5},
		.maybe_at = {some, {i * INT64_C(1000000)}}};

	snprintf(t.code, sizeof t.code, "%x", (unsigned)i * 7919 % 0xffffff);
	snprintf(t.price.text, sizeof t.price.text, "%d.%02d", i, i % 100);
	if (some)
		snprintf(t.uuid.text, sizeof t.uuid.text, "00000000-0000-4000-8000-%012d", i);
	t.note = (cn_document){some ? "{\"a\": [1, null]}" : NULL};
	return t;
}

typedef struct Content { /* all that is stored, types included, as one number */
	int64_t count, hash;
} Content;
CN_ROW(Content, CN_COLUMN(Content, count), CN_COLUMN(Content, hash));

static Content content(cn_session *s)
{
	Content **all = cn_sql(s, Content,
		"select count(*) as count, cantil_hash(id, flag, tiny, count, number, half, real, "
		"name, code, data, at, day, clock, price, uuid, note, state, maybe, maybe_real, "
		"maybe_at) as hash from thing");

	assert_clean(s);
	assert_non_null(all[0]);
	return *all[0];
}

static void one_by_one(fixture *f)
{
	for (int i = 0; i < MANY; i++) {
		Thing t = thing(i);
		(void)cn_session_new(f->s, &Thing_model, &t);
		assert_int_equal(cn_flush(f->s), CN_OK);
	}
	assert_int_equal(cn_commit(f->s), CN_OK);
}

static void as_objects(fixture *f)
{
	for (int i = 0; i < MANY; i++) {
		Thing t = thing(i);
		(void)cn_session_new(f->s, &Thing_model, &t);
	}
	assert_int_equal(cn_commit(f->s), CN_OK);
}

static void in_bulk(fixture *f)
{
	static Thing things[MANY];

	for (int i = 0; i < MANY; i++) {
		things[i] = thing(i);
		things[i].id = i + 1;
	}
	assert_int_equal(cn_insert_many(f->s, Thing, things, MANY), MANY);
	assert_int_equal(cn_commit(f->s), CN_OK);
}

static Content after(void (*work)(fixture *f), bool echo)
{
	fixture *f = make(echo);

	work(f);
	Content c = content(f->s);
	assert_int_equal(c.count, MANY);
	drop(f);
	return c;
}

static void all_ways_store_the_same(void **state)
{
	(void)state;
	Content expected = after(one_by_one, true);

	assert_true(after(as_objects, true).hash == expected.hash);
	assert_true(after(as_objects, false).hash == expected.hash);
	assert_true(after(in_bulk, true).hash == expected.hash);
	assert_true(after(in_bulk, false).hash == expected.hash);
}

/* Each third row, in other columns than its neighbours; each ninth is left alone. */
static void change(fixture *f, bool singly)
{
	Thing **all;

	as_objects(f);
	cn_clear(f->s);
	all = cn_list(f->s, Thing, .order_by = "id");
	for (int i = 0; all[i]; i++) {
		Thing other = thing((i + 500) % MANY);
		if (i % 9 == 0)
			continue;
		if (i < 700) {
			all[i]->real = other.real;
			all[i]->maybe = other.maybe;
			all[i]->note = other.note;
			all[i]->at = other.at;
		}
		all[i]->price = other.price;
		all[i]->state = other.state;
		all[i]->data = other.data;
		if (singly)
			assert_int_equal(cn_flush(f->s), CN_OK);
	}
	assert_int_equal(cn_commit(f->s), CN_OK);
}

static void change_singly(fixture *f) { change(f, true); }
static void change_many(fixture *f) { change(f, false); }

static void changes_are_the_same(void **state)
{
	(void)state;
	Content expected = after(change_singly, true);

	assert_true(after(change_many, false).hash == expected.hash);
	assert_true(after(change_many, true).hash == expected.hash);
	assert_true(after(as_objects, true).hash != expected.hash);
}

static void keys_come_back(void **state)
{
	fixture *f = *state;
	static Thing *made[MANY];

	for (int i = 0; i < MANY; i++)
		made[i] = cn_new(f->s, Thing, .number = i);
	assert_int_equal(cn_flush(f->s), CN_OK);
	for (int i = 0; i < MANY; i++)
		assert_int_equal(made[i]->id, i + 1);
	cn_rollback(f->s); /* and go again */
	for (int i = 0; i < MANY; i++)
		assert_int_equal(made[i]->id, 0);
	assert_int_equal(cn_count(f->s, Thing), 0);
}

static void a_refused_row_is_named(void **state)
{
	fixture *f = *state;
	static Thing things[MANY];
	static char names[MANY][20];
	cn_session *s = f->s;

	for (int i = 0; i < MANY; i++)
		things[i] = thing(i);
	things[777].name = things[3].name; /* unique */
	assert_int_equal(cn_insert_many(s, Thing, things, MANY), 0);
	assert_failed(s, CN_ECONSTRAINT, "\"Thing\", row 778");
	cn_rollback(s);
	assert_int_equal(cn_count(s, Thing), 0);

	things[777] = thing(777);
	things[778].name = "\xff\xfe";
	assert_int_equal(cn_insert_many(s, Thing, things, MANY), 0);
	assert_failed(s, CN_EARG, "\"Thing\", row 779: member \"name\": the text is not UTF-8");
	cn_rollback(s);
	things[778] = thing(778);
	things[1000].real = (double)NAN;
	assert_int_equal(cn_insert_many(s, Thing, things, MANY), 0);
	assert_failed(s, CN_EARG, "not a number");
	cn_rollback(s);
	things[1000] = thing(1000);
	things[5].clock.us = INT64_MAX;
	assert_int_equal(cn_insert_many(s, Thing, things, MANY), 0);
	assert_failed(s, CN_EARG, "time of day");
	cn_rollback(s);
	things[5] = thing(5);
	assert_int_equal(cn_insert_many(s, Thing, things, MANY), MANY);
	assert_int_equal(cn_commit(s), CN_OK);

	Thing **all = cn_list(s, Thing, .order_by = "id");
	for (int i = 0; i < MANY; i++) {
		snprintf(names[i], sizeof names[i], "other %d", i == 900 ? 400 : i);
		all[i]->count = 1;
		all[i]->name = names[i];
	}
	assert_int_equal(cn_commit(s), CN_ECONSTRAINT);
	assert_failed(s, CN_ECONSTRAINT, "updating \"Thing\" 901");
	cn_rollback(s);
	assert_int_equal(cn_count(s, Thing, cn_where("count = ?", 1)), 1); /* the second */
}

/* What a trigger lets happen to the rest of its transaction is its own affair. */
static void triggers_have_their_way(void **state)
{
	fixture *f = *state;
	cn_session *s = f->s;
	static Thing things[MANY];

	for (int i = 0; i < MANY; i++)
		things[i] = thing(i);
	sql(f, "CREATE TRIGGER t BEFORE INSERT ON thing WHEN new.name LIKE '% 700 %' BEGIN "
	       "SELECT raise(ROLLBACK, 'all over'); END");
	assert_int_equal(cn_insert_many(s, Thing, things, MANY), 0);
	assert_failed(s, CN_ECONSTRAINT, "all over");
	cn_rollback(s);
	assert_int_equal(cn_count(s, Thing), 0); /* none was written outside of the transaction */
	for (int i = 0; i < MANY; i++)
		(void)cn_session_new(s, &Thing_model, &things[i]);
	assert_int_equal(cn_commit(s), CN_ECONSTRAINT);
	cn_rollback(s);
	assert_int_equal(cn_count(s, Thing), 0);
	assert_int_equal(cn_commit(s), CN_OK);

	sql(f, "DROP TRIGGER t; CREATE TRIGGER t BEFORE INSERT ON thing WHEN new.name LIKE '% 700 %' "
	       "BEGIN SELECT raise(FAIL, 'no more'); END");
	assert_int_equal(cn_insert_many(s, Thing, things, MANY), 0);
	assert_failed(s, CN_ECONSTRAINT, "no more");
	cn_rollback(s);
	assert_int_equal(cn_count(s, Thing), 0);
	assert_int_equal(cn_commit(s), CN_OK);

	sql(f, "DROP TRIGGER t; CREATE TABLE log(n); CREATE TRIGGER t AFTER INSERT ON thing BEGIN "
	       "INSERT INTO log VALUES (new.name); END; "
	       "CREATE TRIGGER u AFTER UPDATE ON thing BEGIN DELETE FROM log WHERE n = new.name; END");
	assert_int_equal(cn_insert_many(s, Thing, things, MANY), MANY);
	assert_int_equal(cn_commit(s), CN_OK);
	assert_int_equal(content(s).count, MANY);
	Thing **all = cn_list(s, Thing);
	for (int i = 0; i < MANY; i++)
		all[i]->tiny = (int8_t)(all[i]->tiny + 1);
	assert_int_equal(cn_commit(s), CN_OK);
	assert_int_equal(cn_execute(s, "delete from log"), 0); /* each was told once */
	assert_int_equal(cn_commit(s), CN_OK);

	sql(f, "CREATE TRIGGER v BEFORE UPDATE ON thing WHEN old.id = 600 BEGIN "
	       "SELECT raise(ROLLBACK, 'the end'); END");
	for (int i = 0; i < MANY; i++)
		all[i]->number = 5;
	assert_int_equal(cn_commit(s), CN_ECONSTRAINT);
	assert_failed(s, CN_ECONSTRAINT, "the end");
	cn_rollback(s);
	assert_int_equal(cn_count(s, Thing, cn_where("number = ?", 5)), 0);
}

/* What a table or a trigger says of conflicts holds for many rows as for one. */
static void conflict_clauses_hold(void **state)
{
	fixture *f = *state;
	cn_session *s = f->s;
	static Stock rows[400];

	for (int i = 0; i < 400; i++)
		rows[i] = (Stock){.shop = i % 10, .item = "all", .amount = i, .version = 1};
	sql(f, "DROP TABLE stock; CREATE TABLE stock (shop INTEGER, item TEXT, amount INTEGER, "
	       "version INTEGER, PRIMARY KEY (shop, item) ON CONFLICT REPLACE)");
	assert_int_equal(cn_insert_many(s, Stock, rows, 400), 400);
	assert_int_equal(cn_count(s, Stock), 10);
	assert_int_equal(cn_count(s, Stock, cn_where("amount = 390 + shop")), 10);
	assert_int_equal(cn_commit(s), CN_OK);

	sql(f, "DROP TABLE stock; CREATE TABLE stock (shop INTEGER, item TEXT, amount INTEGER "
	       "PRIMARY KEY, version INTEGER); CREATE TABLE seen (shop PRIMARY KEY); "
	       "CREATE TRIGGER see AFTER INSERT ON stock BEGIN "
	       "INSERT OR IGNORE INTO seen VALUES (new.shop); END");
	assert_int_equal(cn_insert_many(s, Stock, rows, 400), 400);
	assert_int_equal(cn_count(s, Stock), 400);
	assert_int_equal(cn_execute(s, "delete from seen"), 10);
	assert_int_equal(cn_execute(s, "delete from stock"), 400);
	(void)cn_execute(s, "drop trigger see");
	(void)cn_execute(s, "create temp trigger see_too after insert on stock begin "
			    "insert or ignore into seen values (new.shop); end");
	assert_clean(s);
	assert_int_equal(cn_insert_many(s, Stock, rows, 400), 400);
	assert_int_equal(cn_execute(s, "delete from seen"), 10);
	assert_int_equal(cn_commit(s), CN_OK);
}

static void a_refused_object_is_told(void **state)
{
	fixture *f = *state;
	cn_session *s = f->s;

	for (int round = 0; round < 2; round++) { /* the first row of a statement, and another */
		(void)cn_new(s, Stock, .shop = round ? 150 : 0, .item = "x", .amount = 1);
		assert_int_equal(cn_commit(s), CN_OK);
		cn_clear(s);
		for (int i = 0; i < 300; i++)
			(void)cn_new(s, Stock, .shop = i, .item = "x", .amount = 1);
		assert_int_equal(cn_commit(s), CN_ECONSTRAINT);
		assert_failed(s, CN_ECONSTRAINT, "inserting a \"Stock\"");
		cn_rollback(s);
		assert_int_equal(cn_count(s, Stock), 1);
		assert_int_equal(cn_delete_where(s, Stock, "true"), 1);
		assert_int_equal(cn_commit(s), CN_OK);
	}
}

static Stock **stocks(cn_session *s) { return cn_list(s, Stock, .order_by = "shop, item"); }

static void fill_stock(cn_session *s)
{
	char name[20];

	for (int i = 0; i < 600; i++) {
		snprintf(name, sizeof name, "item %03d", i % 30);
		(void)cn_new(s, Stock, .shop = i / 30, .item = name, .amount = i);
	}
	assert_int_equal(cn_commit(s), CN_OK);
}

static void versions_move_on_together(void **state)
{
	fixture *f = *state;
	cn_session *s = f->s;

	fill_stock(s);
	Stock **all = stocks(s);
	assert_int_equal(cn_len(all), 600);
	for (int round = 2; round < 5; round++) {
		for (int i = 0; i < 600; i++)
			all[i]->amount++;
		assert_int_equal(cn_commit(s), CN_OK);
		for (int i = 0; i < 600; i++)
			assert_int_equal(all[i]->version, round);
	}
	assert_int_equal(cn_count(s, Stock, cn_where("version = ?", 4)), 600);
	assert_int_equal(
		cn_count(s, Stock, cn_where("amount = shop * 30 + substr(item, 6) + ?", 3)), 600);
}

static void a_lost_update_is_found_among_many(void **state)
{
	fixture *f = *state;
	cn_session *s = f->s, *other = cn_session_open(f->db);

	fill_stock(s);
	for (int which = 0; which < 2; which++) {
		Stock **all = stocks(s);
		assert_int_equal(cn_commit(s), CN_OK);
		Stock *theirs = cn_get(other, Stock, 17, "item 005");
		if (which)
			cn_delete(other, Stock, theirs);
		else
			theirs->amount = 9999;
		assert_int_equal(cn_commit(other), CN_OK);
		for (int i = 0; i < 600; i++)
			all[i]->amount += 7;
		assert_int_equal(cn_commit(s), CN_ECONFLICT);
		assert_failed(s, CN_ECONFLICT, "\"Stock\" 17, \"item 005\" was changed or deleted");
		cn_rollback(s);
		assert_int_equal(cn_count(s, Stock, cn_where("version = ?", 1)), 599);
		cn_clear(s);
		cn_clear(other);
	}
	cn_session_close(other);
}

static void a_check_refuses_one_of_many(void **state)
{
	fixture *f = *state;
	cn_session *s = f->s;

	fill_stock(s);
	Stock **all = stocks(s);
	for (int i = 0; i < 600; i++)
		all[i]->amount = i == 333 ? -1 : 5;
	assert_int_equal(cn_commit(s), CN_ECONSTRAINT);
	assert_failed(s, CN_ECONSTRAINT, "updating \"Stock\" 11, \"item 003\"");
	cn_rollback(s);
	assert_int_equal(cn_count(s, Stock, cn_where("amount = ?", 5)), 1);
}

static size_t held(const cn_session *s)
{
	return s->rows.size_bytes + s->unit.size_bytes + s->scratch.size_bytes +
	       s->entry_cap * sizeof(*s->entries) + s->identity.cap * 12;
}

/* One transaction, in parts: what the session holds does not grow with the number of rows. */
static void a_great_number_takes_the_memory_of_a_part(void **state)
{
	fixture *f = *state;
	cn_session *s = f->s;
	size_t most = 0;

	for (int i = 1; i <= 150000; i++) {
		Thing *t = cn_new(s, Thing, .number = i, .real = 0.5, .code = "parts");
		assert_non_null(t);
		if (i % 5000)
			continue;
		assert_int_equal(cn_flush(s), CN_OK);
		assert_int_equal(t->id, i);
		most = held(s) > most ? held(s) : most;
		cn_clear(s);
	}
	assert_in_range(most, 1 << 20, 12 << 20);
	assert_in_range(held(s), 0, 12 << 20);
	assert_int_equal(cn_count(s, Thing), 150000);
	cn_session *other = cn_session_open(f->db);
	assert_int_equal(cn_count(other, Thing), 0); /* it is one transaction */
	cn_session_close(other);
	assert_int_equal(cn_commit(s), CN_OK);
	cn_clear(s);
	Thing *last = cn_get(s, Thing, 150000);
	assert_non_null(last);
	assert_int_equal(last->number, 150000);
	cn_clear(s);
	/* and all of it goes, when the last part cannot be written */
	for (int i = 1; i <= 20000; i++) {
		(void)cn_new(s, Thing, .number = -i, .name = i < 20000 ? NULL : "\xff");
		if (i % 5000 == 0 && cn_flush(s) == CN_OK)
			cn_clear(s);
	}
	assert_int_equal(cn_commit(s), CN_EARG);
	assert_failed(s, CN_EARG, "model \"Thing\": member \"name\": the text is not UTF-8");
	cn_rollback(s);
	assert_int_equal(cn_count(s, Thing, cn_where("number < ?", 0)), 0);
}

/* A savepoint within: what was inserted before the mark keeps its keys, what came after is undone.
 */
static void parts_and_savepoints(void **state)
{
	fixture *f = *state;
	cn_session *s = f->s;

	for (int part = 0; part < 3; part++) {
		for (int i = 0; i < 100; i++)
			(void)cn_new(s, Thing, .number = part);
		if (part == 2)
			break;
		assert_int_equal(part ? cn_flush(s) : cn_savepoint(s), CN_OK);
		cn_clear(s);
	}
	assert_int_equal(cn_savepoint_undo(s), CN_OK);
	assert_int_equal(cn_count(s, Thing), 100);
	(void)cn_new(s, Thing, .number = 7);
	assert_int_equal(cn_commit(s), CN_OK);
	assert_int_equal(cn_count(s, Thing, cn_where("number = ?", 0)), 100);
	assert_int_equal(cn_count(s, Thing), 101);
}

static void a_lock_keeps_others_from_writing(void **state)
{
	fixture *f = *state;
	cn_session *s = f->s, *other;

	fill_stock(s);
	cn_clear(s);
	cn_db *impatient;
	cn_error err;
	assert_ok(cn_db_open(f->uri,
			  &(cn_db_options){.models = CN_MODELS(Thing, Stock), .busy_timeout_ms = 1},
			  &impatient, &err),
		&err);
	other = cn_session_open(impatient);
	assert_int_equal(cn_count(other, Stock), 600); /* it reads already */
	assert_int_equal(cn_lock(s), CN_OK);
	assert_int_equal(cn_lock(s), CN_OK);
	Stock **all = stocks(s);
	Stock *theirs = cn_get(other, Stock, 3, "item 003");
	theirs->amount = 1;
	assert_int_equal(cn_commit(other), CN_ECONFLICT);
	cn_rollback(other);
	assert_int_equal(cn_lock(other), CN_ECONFLICT);
	cn_rollback(other);
	for (int i = 0; i < 600; i++)
		all[i]->amount = 1000;
	assert_int_equal(cn_commit(s), CN_OK);
	assert_int_equal(cn_lock(other), CN_OK); /* it is free again */
	assert_int_equal(cn_count(other, Stock, cn_where("amount = ?", 1000)), 600);
	cn_rollback(other);
	cn_session_close(other);
	cn_db_close(impatient);
}

static void a_reader_cannot_lock(void **state)
{
	fixture *f = *state;
	cn_error err;
	cn_db *db;

	assert_ok(cn_db_open(f->uri,
			  &(cn_db_options){.models = CN_MODELS(Thing, Stock), .read_only = true},
			  &db, &err),
		&err);
	cn_session *s = cn_session_open(db);
	assert_true(cn_lock(s) < 0);
	assert_failed(s, CN_EIO, "read only");
	cn_session_close(s);
	cn_db_close(db);
}

/* The table from memory is no way in for somebody's SQL. */
static void memory_is_not_for_strangers(void **state)
{
	fixture *f = *state;
	cn_session *s = f->s;

	assert_int_equal(cn_execute(s,
				 "insert into stock (shop, item, amount, version) "
				 "select c0, c1, c2, 1 from cantil_rows(?)",
				 INT64_C(0x1000)),
		0);
	assert_int_equal(cn_commit(s), CN_OK);
	sql(f, "CREATE VIEW v AS SELECT c0 FROM cantil_rows(1)");
	(void)cn_execute(s, "insert into stock (shop, item) select c0, 'x' from v");
	assert_failed(s, CN_ESQL, "unsafe use of virtual table \"cantil_rows\"");
	cn_rollback(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_ways_store_the_same),
		cmocka_unit_test(changes_are_the_same),
		cmocka_unit_test_setup_teardown(keys_come_back, setup, teardown),
		cmocka_unit_test_setup_teardown(a_refused_row_is_named, setup, teardown),
		cmocka_unit_test_setup_teardown(triggers_have_their_way, setup, teardown),
		cmocka_unit_test_setup_teardown(conflict_clauses_hold, setup, teardown),
		cmocka_unit_test_setup_teardown(a_refused_object_is_told, setup, teardown),
		cmocka_unit_test_setup_teardown(versions_move_on_together, setup, teardown),
		cmocka_unit_test_setup_teardown(a_lost_update_is_found_among_many, setup, teardown),
		cmocka_unit_test_setup_teardown(a_check_refuses_one_of_many, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_great_number_takes_the_memory_of_a_part, setup, teardown),
		cmocka_unit_test_setup_teardown(parts_and_savepoints, setup, teardown),
		cmocka_unit_test_setup_teardown(a_lock_keeps_others_from_writing, setup, teardown),
		cmocka_unit_test_setup_teardown(a_reader_cannot_lock, setup, teardown),
		cmocka_unit_test_setup_teardown(memory_is_not_for_strangers, setup, teardown),
	};

	return RUN(tests);
}
