/*
 * test_programs.c - three small programs as people would write them: a to-do list on a device, a
 * report over several tables, and a bank that must not lose an update. They are here for the API to
 * be read, and to keep it working.
 */
#include "tap.h"

#include <unistd.h>

#include <cantil/session.h>

/* ---- a to-do list ---- */

typedef enum Priority { LOW, NORMAL, HIGH } Priority;
typedef struct Todo {
	int64_t id;
	char title[40];
	Priority priority;
	bool done;
	cn_null_date due;
	cn_time created_at;
} Todo;
CN_MODEL(Todo, "todo",
	CN_COLUMN(Todo, id, .primary_key = true, .autoincrement = true),
	CN_COLUMN(Todo, title, .check_sql = "title <> ''"),
	CN_COLUMN(Todo, priority, .default_value = CN_INT(NORMAL), .check_sql = "priority between 0 and 2"),
	CN_COLUMN(Todo, done, .default_value = CN_BOOL(false)),
	CN_COLUMN(Todo, due),
	CN_COLUMN(Todo, created_at, .default_sql = "CURRENT_TIMESTAMP"),
	CN_INDEX("due", .where_sql = "not done"));

static cn_status todo_add(cn_session *s, const char *title, cn_null_date due)
{
	Todo *todo = cn_new(s, Todo, .due = due);

	if (todo)
		snprintf(todo->title, sizeof todo->title, "%s", title);
	return cn_commit(s);
}

static cn_status todo_finish(cn_session *s, int64_t id)
{
	Todo *todo = cn_one(s, Todo, "id = ? and not done", id);

	if (todo)
		todo->done = true;
	return cn_commit(s);
}

static size_t todo_show(cn_session *s, char *out, size_t size)
{
	size_t at = 0;

	out[0] = '\0';
	cn_each (s, Todo, todo, cn_where("not done"), .order_by = "due is null, due, id") {
		at += (size_t)snprintf(
			out + at, size - at, "%lld:%s;", (long long)todo->id, todo->title);
	}
	return at;
}

static void a_todo_list(void **state)
{
	char folder[] = "/tmp/cantil-todo-XXXXXX", uri[80], text[200];
	cn_error err;
	cn_db *db;

	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(uri, sizeof uri, "sqlite:///todo.db");
	assert_int_equal(
		cn_db_open(uri, &(cn_db_options){.models = CN_MODELS(Todo), .root = folder}, &db,
			&err),
		CN_ENOTFOUND); /* nothing is created by opening it */
	assert_ok(
		cn_db_open(uri,
			&(cn_db_options){.models = CN_MODELS(Todo), .root = folder, .create = true},
			&db, &err),
		&err);
	assert_ok(cn_db_create_all(db, &err), &err);
	cn_session *s = cn_session_open(db);
	assert_int_equal(todo_add(s, "Water the plants", (cn_null_date)cn_some({20000})), CN_OK);
	assert_int_equal(todo_add(s, "Read", (cn_null_date){0}), CN_OK);
	assert_int_equal(todo_add(s, "Pay", (cn_null_date)cn_some({19999})), CN_OK);
	assert_int_equal(todo_add(s, "", (cn_null_date){0}), CN_ECONSTRAINT);
	cn_rollback(s);
	todo_show(s, text, sizeof text);
	assert_string_equal(text, "3:Pay;1:Water the plants;2:Read;");
	assert_int_equal(todo_finish(s, 1), CN_OK);
	assert_int_equal(todo_finish(s, 1), CN_ENOTFOUND);
	cn_rollback(s);
	todo_show(s, text, sizeof text);
	assert_string_equal(text, "3:Pay;2:Read;");
	assert_int_equal(cn_count(s, Todo, cn_where("priority = ?", NORMAL)), 3);
	cn_session_close(s);
	assert_non_null(strstr(cn_db_uri(db), folder));
	cn_db_close(db);
	snprintf(text, sizeof text, "%s/todo.db", folder);
	assert_int_equal(unlink(text), 0);
	rmdir(folder);
}

/* ---- a report over several tables ---- */

typedef struct Region Region;
typedef struct Shop Shop;
typedef struct Sale Sale;
struct Region {
	const char *code;
	const char *name;
	Shop **shops;
};
struct Shop {
	const char *region;
	int32_t number;
	const char *street;
	Region *in;
	Sale **sales;
};
struct Sale {
	int64_t id;
	const char *region;
	int32_t shop;
	cn_date day;
	double amount;
	Shop *at;
};
CN_MODEL(Region, "region",
	CN_COLUMN(Region, code, .length = 2, .primary_key = true),
	CN_COLUMN(Region, name, .not_null = true),
	CN_HAS_MANY(Region, Shop, shops, .order_by = "number desc"));
CN_MODEL(Shop, "shop",
	CN_COLUMN(Shop, region, .references = "region.code"),
	CN_COLUMN(Shop, number),
	CN_COLUMN(Shop, street),
	CN_PRIMARY_KEY("region, number"),
	CN_BELONGS_TO(Shop, Region, in, .via = "region"),
	CN_HAS_MANY(Shop, Sale, sales, .via = "region, shop", .cascade = CN_CASCADE_DELETE));
CN_MODEL(Sale, "sale",
	CN_COLUMN(Sale, id, .primary_key = true),
	CN_COLUMN(Sale, region, .not_null = true),
	CN_COLUMN(Sale, shop),
	CN_COLUMN(Sale, day),
	CN_COLUMN(Sale, amount, .precision = 10, .scale = 2),
	CN_FOREIGN_KEY("region, shop", "shop(region, number)", .on_update = CN_CASCADE),
	CN_BELONGS_TO(Sale, Shop, at, .via = "region, shop"));
typedef struct Best {
	const char *shop;
	double amount;
} Best;
CN_VIEW(Best, "best_shop",
	"CREATE VIEW best_shop AS SELECT r.name || ' ' || s.number AS shop, sum(a.amount) AS amount FROM region r "
	"JOIN shop s ON s.region = r.code JOIN sale a ON a.region = s.region AND a.shop = s.number GROUP BY s.region, s.number",
	CN_COLUMN(Best, shop), CN_COLUMN(Best, amount));
typedef struct Line {
	const char *region;
	int32_t shops;
	cn_null_double total;
	cn_null_date last;
} Line;
CN_ROW(Line, CN_COLUMN(Line, region), CN_COLUMN(Line, shops), CN_COLUMN(Line, total),
	CN_COLUMN(Line, last));

static void a_report(void **state)
{
	cn_error err;
	cn_db *db;

	(void)state;
	assert_ok(
		cn_db_open("sqlite://",
			&(cn_db_options){.models = CN_MODELS(Best, Sale, Shop, Region)}, &db, &err),
		&err);
	assert_ok(cn_db_create_all(db, &err), &err);
	cn_session *s = cn_session_open(db);
	Region *north = cn_new(s, Region, .code = "NO", .name = "North");
	(void)cn_new(s, Region, .code = "SO", .name = "South");
	for (int32_t i = 1; i <= 3; i++) {
		Shop *shop = cn_new(s, Shop, .number = i, .in = north);
		for (int k = 0; k < i; k++)
			cn_append(s, shop->sales,
				cn_new(s, Sale, .day = {19000 + k}, .amount = 10 * i));
	}
	if (cn_commit(s) < 0)
		fail_msg("%s", cn_session_error(s)->message);
	cn_clear(s);

	Line **lines = cn_sql(s, Line,
		"select r.name as region, count(distinct s.number) as shops, sum(a.amount) as total, max(a.day) as last "
		"from region r left join shop s on s.region = r.code left join sale a on a.region = s.region and "
		"a.shop = s.number group by r.code order by r.name");
	assert_int_equal(cn_len(lines), 2);
	assert_int_equal(lines[0]->shops, 3);
	assert_true(lines[0]->total.value == 140);
	assert_int_equal(lines[0]->last.value.days, 19002);
	assert_false(lines[1]->total.set || lines[1]->last.set);

	Region **regions = cn_list(s, Region, .order_by = "code", .load = "shops.sales");
	assert_int_equal(cn_len(regions[0]->shops), 3);
	assert_int_equal(regions[0]->shops[0]->number, 3);
	assert_int_equal(cn_len(regions[0]->shops[0]->sales), 3);
	assert_ptr_equal(regions[0]->shops[0]->sales[1]->at, regions[0]->shops[0]);
	assert_ptr_equal(cn_get(s, Shop, "NO", 3), regions[0]->shops[0]);
	Sale **sales = cn_list(s, Sale, cn_where("amount > ?", 10), .load = "at.in");
	assert_string_equal(sales[0]->at->in->name, "North");

	Best **best = cn_list(s, Best, .order_by = "amount desc", .limit = 1);
	assert_string_equal(best[0]->shop, "North 3");
	assert_true(best[0]->amount == 90);
	assert_null(cn_new(s, Best, .shop = "x"));
	assert_int_equal(cn_session_error(s)->status, CN_EARG);
	cn_rollback(s);

	cn_delete(s, Shop, cn_get(s, Shop, "NO", 3));
	assert_int_equal(cn_commit(s), CN_OK);
	assert_int_equal(cn_count(s, Sale), 3);
	cn_session_close(s);
	cn_db_close(db);
}

/* ---- a bank: two clerks, one account ---- */

typedef struct Account {
	int64_t id;
	const char *owner;
	int64_t cents;
} Account;
CN_MODEL(Account, "account",
	CN_COLUMN(Account, id, .primary_key = true),
	CN_COLUMN(Account, owner, .not_null = true, .unique = true),
	CN_COLUMN(Account, cents, .check_sql = "cents >= 0"));

static cn_status move(cn_session *s, const char *from, const char *to, int64_t cents)
{
	Account *a = cn_one(s, Account, "owner = ?", from),
		*b = cn_one(s, Account, "owner = ?", to);

	if (a && b) {
		a->cents -= cents;
		b->cents += cents;
	}
	return cn_commit(s);
}

static void a_bank(void **state)
{
	char folder[] = "/tmp/cantil-bank-XXXXXX", path[80];
	static const char *const names[] = {"bank.db", "bank.db-wal", "bank.db-shm"};
	cn_error err;
	cn_db *db;

	(void)state;
	assert_non_null(mkdtemp(folder));
	assert_ok(cn_db_open("bank.db",
			  &(cn_db_options){
				  .models = CN_MODELS(Account), .root = folder, .create = true},
			  &db, &err),
		&err);
	assert_ok(cn_db_create_all(db, &err), &err);
	cn_session *one = cn_session_open(db), *two = cn_session_open(db);
	(void)cn_new(one, Account, .owner = "Ann", .cents = 1000);
	(void)cn_new(one, Account, .owner = "Bob", .cents = 0);
	assert_int_equal(cn_commit(one), CN_OK);
	/* two has read before one writes, and must not overwrite */
	Account *ann = cn_find(two, Account, "owner = ?", "Ann");
	assert_int_equal(move(one, "Ann", "Bob", 300), CN_OK);
	ann->cents -= 900;
	assert_int_equal(cn_commit(two), CN_ECONFLICT);
	cn_rollback(two);
	assert_int_equal(move(two, "Ann", "Bob", 900), CN_ECONSTRAINT);
	cn_rollback(two);
	assert_int_equal(move(two, "Ann", "Zoe", 1), CN_ENOTFOUND);
	cn_rollback(two);
	assert_int_equal(move(two, "Ann", "Bob", 700), CN_OK);
	assert_int_equal(cn_find(one, Account, "owner = 'Bob'")->cents, 1000);
	cn_session_close(one);
	cn_session_close(two);
	cn_db_close(db);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		snprintf(path, sizeof path, "%s/%s", folder, names[i]);
		unlink(path);
	}
	assert_int_equal(rmdir(folder), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_todo_list),
		cmocka_unit_test(a_report),
		cmocka_unit_test(a_bank),
	};
	return RUN(tests);
}
