/* test_unit.c - versions, on-update values, hooks, savepoints, rows read again or merged, bulk
 * work, transactions that are tried again, recorded statements, several databases. */
#include "orm/store.h"

typedef struct Item {
	int64_t id;
	const char *name;
	int64_t stock;
	int32_t version;
	const char *changed;
} Item;
CN_MODEL(Item, "item",
	CN_COLUMN(Item, id, .primary_key = true),
	CN_COLUMN(Item, name, .not_null = true, .unique = true),
	CN_COLUMN(Item, stock, .default_value = CN_INT(3), .check_sql = "stock >= 0"),
	CN_COLUMN(Item, version, .version = true),
	CN_COLUMN(Item, changed, .default_sql = "'never'", .on_update_sql = "'stock was ' || stock"));

typedef struct Audit {
	int64_t id;
	const char *what;
} Audit;
CN_MODEL(Audit, "audit",
	CN_COLUMN(Audit, id, .primary_key = true),
	CN_COLUMN(Audit, what));

typedef struct fixture {
	char folder[64], uri[128];
	cn_db *db;
	cn_session *s, *other;
	char events[4000];
	cn_status refuse; /* by the hook, of the event */
	cn_event refuse_event;
	bool audits, reads;
} fixture;

static const char *const words[] = {"", "before insert", "after insert", "before update",
	"after update", "before delete", "after delete", "before commit", "after commit",
	"after rollback"};

static cn_status hook(
	cn_session *s, cn_event event, const cn_model *model, void *row, void *ctx, cn_error *err)
{
	fixture *f = ctx;
	size_t used = strlen(f->events);

	if (model == &Audit_model)
		return CN_OK;
	snprintf(f->events + used, sizeof f->events - used, "%s%s%s\n", words[event],
		row ? " " : "", row ? ((const Item *)row)->name : "");
	if (event == f->refuse_event)
		return cn_fail(err, f->refuse, "not on a Sunday");
	if (f->audits && event == CN_AFTER_INSERT)
		(void)cn_new(s, Audit, .what = ((const Item *)row)->name);
	if (f->audits && event == CN_BEFORE_UPDATE)
		((Item *)row)->name = "set by the hook";
	if (f->reads && event == CN_BEFORE_INSERT)
		(void)cn_count(s, Item);
	return CN_OK;
}

static int setup(void **state)
{
	fixture *f = calloc(1, sizeof *f);
	cn_error err;

	snprintf(f->folder, sizeof f->folder, "/tmp/cantil-unit-XXXXXX");
	assert_non_null(mkdtemp(f->folder));
	snprintf(f->uri, sizeof f->uri, "sqlite:///%s/unit.db", f->folder);
	assert_ok(cn_db_open(f->uri,
			  &(cn_db_options){.models = CN_MODELS(Item, Audit),
				  .create = true,
				  .busy_timeout_ms = 300,
				  .hook = hook,
				  .hook_ctx = f},
			  &f->db, &err),
		&err);
	assert_ok(cn_db_create_all(f->db, &err), &err);
	f->s = cn_session_open(f->db);
	f->other = cn_session_open(f->db);
	(void)cn_new(f->s, Item, .name = "tea");
	(void)cn_new(f->s, Item, .name = "milk");
	assert_int_equal(cn_commit(f->s), CN_OK);
	cn_clear(f->s);
	f->events[0] = '\0';
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	fixture *f = *state;
	char path[200];

	cn_session_close(f->s);
	cn_session_close(f->other);
	cn_db_close(f->db);
	for (int i = 0; i < 3; i++) {
		snprintf(path, sizeof path, "%s/unit.db%s", f->folder,
			i == 0   ? ""
			: i == 1 ? "-wal"
				 : "-shm");
		unlink(path);
	}
	rmdir(f->folder);
	free(f);
	return 0;
}

static void no_update_is_lost(void **state)
{
	fixture *f = *state;
	cn_session *s = f->s, *other = f->other;
	Item *mine = cn_get(s, Item, 1);

	assert_int_equal(mine->version, 1);
	assert_int_equal(cn_commit(s), CN_OK); /* the row stays, the transaction does not */
	Item *theirs = cn_get(other, Item, 1);
	theirs->stock = 10;
	assert_int_equal(cn_commit(other), CN_OK);
	assert_int_equal(theirs->version, 2);
	mine->stock = 5;
	assert_int_equal(cn_commit(s), CN_ECONFLICT);
	assert_failed(s, CN_ECONFLICT, "changed or deleted by somebody else");
	cn_rollback(s);
	mine = cn_get(s, Item, 1);
	assert_int_equal(mine->stock, 10);
	assert_int_equal(mine->version, 2);
	mine->version = 77; /* it is not the program's to set */
	mine->stock = 11;
	assert_int_equal(cn_commit(s), CN_OK);
	assert_int_equal(mine->version, 3);
	assert_int_equal(cn_commit(other), CN_OK);
	cn_delete(other, Item, theirs); /* of version 2 */
	assert_int_equal(cn_commit(other), CN_ECONFLICT);
	cn_rollback(other);
	assert_int_equal(cn_count(other, Item), 2);
	assert_int_equal(
		cn_update_where(other, Item, "stock = stock + ?", "name = ?", 1, "tea"), 1);
	assert_int_equal(cn_commit(other), CN_OK);
	mine->stock = 0; /* a bulk update counts, too */
	assert_int_equal(cn_commit(s), CN_ECONFLICT);
}

static void values_on_update(void **state)
{
	fixture *f = *state;
	cn_session *s = f->s;
	Item *tea = cn_get(s, Item, 1);

	assert_string_equal(tea->changed, "never");
	tea->stock = 8;
	assert_int_equal(cn_flush(s), CN_OK);
	assert_string_equal(tea->changed, "stock was 3"); /* read back */
	assert_int_equal(cn_flush(s), CN_OK);
	assert_int_equal(tea->version, 2); /* nothing was changed */
	tea->stock = 9;
	tea->changed = "by hand";
	assert_int_equal(cn_commit(s), CN_OK);
	cn_clear(s);
	assert_string_equal(cn_get(s, Item, 1)->changed, "by hand");
	assert_int_equal(cn_update_where(s, Item, "stock = 1 -- one", "true -- all"), 2);
	cn_clear(s);
	assert_string_equal(cn_get(s, Item, 1)->changed, "stock was 9");
	assert_int_equal(cn_get(s, Item, 1)->version, 4);
}

static void hooks_are_told(void **state)
{
	fixture *f = *state;
	cn_session *s = f->s;
	Item *tea = cn_get(s, Item, 1);

	tea->stock = 1;
	(void)cn_new(s, Item, .name = "new");
	cn_delete(s, Item, cn_get(s, Item, 2));
	assert_int_equal(cn_commit(s), CN_OK);
	cn_rollback(s);
	assert_string_equal(f->events,
		"before commit\nbefore insert new\nafter insert new\nbefore update tea\n"
		"after update tea\nbefore delete milk\nafter delete milk\nafter commit\n"
		"after rollback\n");
	f->audits = true;
	(void)cn_new(s, Item, .name = "more");
	cn_get(s, Item, 1)->stock = 2;
	assert_int_equal(cn_commit(s), CN_OK);
	assert_int_equal(cn_count(s, Audit, cn_where("what = 'more'")), 1);
	assert_string_equal(cn_get(s, Item, 1)->name, "set by the hook");
	f->audits = false;
	static const cn_event events[] = {CN_BEFORE_INSERT, CN_AFTER_INSERT, CN_BEFORE_UPDATE,
		CN_AFTER_UPDATE, CN_BEFORE_DELETE, CN_AFTER_DELETE, CN_BEFORE_COMMIT};
	for (size_t i = 0; i < sizeof events / sizeof *events; i++) {
		f->refuse_event = events[i];
		f->refuse = CN_EARG;
		(void)cn_new(s, Item, .name = "refused");
		cn_get(s, Item, 1)->stock = 77;
		cn_delete(s, Item, cn_first(s, Item, cn_where("name = 'more'")));
		assert_int_equal(cn_commit(s), CN_EARG);
		assert_failed(s, CN_EARG, "not on a Sunday");
		cn_rollback(s);
		assert_int_equal(cn_count(s, Item), 3);
		assert_int_equal(cn_count(s, Item, cn_where("stock = 77")), 0);
	}
	f->refuse_event = CN_AFTER_COMMIT; /* too late */
	(void)cn_new(s, Item, .name = "late");
	assert_int_equal(cn_commit(s), CN_OK);
	f->refuse_event = 0;
	f->reads = true;
	(void)cn_new(s, Item, .name = "reads");
	assert_int_equal(cn_commit(s), CN_EARG);
	assert_failed(s, CN_EARG, "a hook of a row may not read");
}

static void savepoints(void **state)
{
	fixture *f = *state;
	cn_session *s = f->s;
	Item *one = cn_new(s, Item, .name = "one");
	Item mine = {.name = "mine"};

	assert_int_equal(cn_savepoint(s), CN_OK);
	assert_int_not_equal(one->id, 0); /* it was flushed */
	cn_add(s, Item, &mine);
	assert_int_equal(cn_savepoint(s), CN_OK);
	assert_int_not_equal(mine.id, 0);
	(void)cn_new(s, Item, .name = "two");
	(void)cn_new(s, Item, .name = "two");
	assert_int_equal(cn_flush(s), CN_ECONSTRAINT);
	assert_int_equal(cn_savepoint_undo(s), CN_OK); /* also clears the error */
	assert_clean(s);
	assert_int_equal(cn_count(s, Item), 4);
	assert_int_not_equal(mine.id, 0); /* that was before the inner one */
	cn_get(s, Item, 1)->stock = 50;
	assert_int_equal(cn_flush(s), CN_OK);
	assert_int_equal(cn_savepoint_undo(s), CN_OK);
	assert_int_equal(cn_get(s, Item, 1)->stock, 3);
	assert_int_equal(cn_count(s, Item), 3);
	assert_int_equal(cn_savepoint(s), CN_OK);
	cn_get(s, Item, 1)->stock = 60;
	assert_int_equal(cn_savepoint_release(s), CN_OK);
	assert_int_equal(cn_commit(s), CN_OK);
	assert_int_equal(cn_get(f->other, Item, 1)->stock, 60);
	assert_int_equal(cn_count(f->other, Item, cn_where("name = 'one'")), 1);
	assert_int_equal(cn_count(f->other, Item, cn_where("name = 'mine'")), 0);
	assert_int_equal(cn_savepoint_undo(s), CN_EARG);
	assert_failed(s, CN_EARG, "there is no savepoint");
}

static void rows_read_again(void **state)
{
	fixture *f = *state;
	cn_session *s = f->s;
	Item *tea = cn_get(s, Item, 1);

	tea->stock = 44;
	tea->name = "changed";
	cn_expire(s, Item, tea);
	assert_int_equal(tea->stock, 3);
	assert_int_equal(cn_commit(s), CN_OK);
	cn_get(f->other, Item, 1)->stock = 20;
	assert_int_equal(cn_commit(f->other), CN_OK);
	tea->stock = 1;
	cn_refresh(s, Item, tea);
	assert_clean(s);
	assert_int_equal(tea->stock, 20);
	assert_int_equal(tea->version, 2);
	assert_int_equal(cn_commit(s), CN_OK);
	assert_int_equal(cn_delete_where(f->other, Item, "id = ?", 1), 1);
	assert_int_equal(cn_commit(f->other), CN_OK);
	cn_refresh(s, Item, tea);
	assert_failed(s, CN_ENOTFOUND, "in the database no more");
	cn_rollback(s);
	assert_null(cn_get_needed(s, Item, 99));
	assert_failed(s, CN_ENOTFOUND, "there is no such \"Item\"");
	cn_rollback(s);
	assert_string_equal(cn_first_needed(s, Item, cn_where("stock = 3"))->name, "milk");
	assert_null(cn_first_needed(s, Item, cn_where("stock = 4")));
	assert_failed(s, CN_ENOTFOUND, "no such");
}

static void merging(void **state)
{
	fixture *f = *state;
	cn_session *s = f->s;
	Item mine = {.id = 1, .name = "merged", .stock = 12, .changed = "x"};
	Item *tea = cn_merge(s, Item, &mine);

	assert_clean(s);
	assert_ptr_not_equal(tea, &mine);
	assert_ptr_equal(cn_get(s, Item, 1), tea);
	mine.id = 0;
	mine.name = "fresh";
	Item *fresh = cn_merge(s, Item, &mine);
	mine.id = 70;
	mine.name = "seventy";
	(void)cn_merge(s, Item, &mine);
	assert_int_equal(cn_commit(s), CN_OK);
	assert_int_equal(mine.id, 70); /* it stays the program's */
	assert_int_equal(fresh->id, 3);
	cn_clear(s);
	assert_string_equal(cn_get(s, Item, 1)->name, "merged");
	assert_int_equal(cn_get(s, Item, 1)->stock, 12);
	assert_string_equal(cn_get(s, Item, 70)->name, "seventy");
	assert_int_equal(cn_count(s, Item), 4);
}

static void bulk(void **state)
{
	fixture *f = *state;
	cn_session *s = f->s;
	enum { COUNT = 1234 };
	Item *rows = calloc(COUNT, sizeof *rows);
	char(*names)[16] = calloc(COUNT, sizeof *names);

	for (int i = 0; i < COUNT; i++) {
		snprintf(names[i], sizeof names[i], "n%d", i);
		rows[i] =
			(Item){.name = names[i], .id = i % 7 == 0 ? 10000 + i : 0, .stock = i % 5};
	}
	Item *tea = cn_get(s, Item, 1);
	assert_int_equal(cn_insert_many(s, Item, rows, COUNT), COUNT);
	assert_clean(s);
	assert_int_equal(rows[1].id, 0); /* not written back */
	assert_int_equal(cn_count(s, Item), COUNT + 2);
	assert_int_equal(cn_count(s, Item, cn_where("stock = 3")),
		2 * (COUNT / 5 + 1) + 2); /* 0: the default */
	assert_int_equal(
		cn_count(s, Item, cn_where("version = 1 and changed = 'never'")), COUNT + 2);
	assert_string_equal(cn_get(s, Item, 10700)->name, "n700");
	assert_int_equal(
		cn_update_where(s, Item, "stock = ?, name = name || ?", "id = ?", 9, "!", 1), 1);
	assert_ptr_equal(cn_get(s, Item, 1), tea); /* read again when it is met */
	assert_string_equal(tea->name, "tea!");
	assert_int_equal(cn_delete_where(s, Item, "name like ?", "n%"), COUNT);
	assert_int_equal(cn_commit(s), CN_OK);
	assert_int_equal(cn_count(s, Item), 2);

	rows[700].name = "milk"; /* is there already */
	assert_int_equal(cn_insert_many(s, Item, rows, COUNT), 0);
	assert_failed(s, CN_ECONSTRAINT, "row 701");
	cn_rollback(s);
	assert_int_equal(cn_count(s, Item), 2);
	assert_int_equal(cn_update_where(s, Item, "stock = 1", ""), 0);
	assert_failed(s, CN_EARG, "\"true\"");
	cn_rollback(s);
	assert_int_equal(cn_delete_where(s, Item, "stok = ?", 1), 0);
	assert_failed(s, CN_ESQL, "did you mean \"stock\"");
	cn_rollback(s);
	assert_int_equal(cn_delete_where(s, Item, "stock = ?"), 0);
	assert_failed(s, CN_EARG, "0 arguments for 1");
	free(rows);
	free(names);
}

typedef struct work {
	fixture *f;
	int runs, disturb;
} work;

static cn_status take_one(cn_session *s, void *ctx)
{
	work *w = ctx;
	Item *tea = cn_get(s, Item, 1);

	w->runs++;
	if (!tea)
		return cn_session_error(s)->status;
	tea->stock--;
	if (w->disturb-- > 0) { /* somebody else is faster */
		cn_get(w->f->other, Item, 1)->stock += 100;
		assert_int_equal(cn_commit(w->f->other), CN_OK);
	}
	return CN_OK;
}

static cn_status give_up(cn_session *s, void *ctx)
{
	cn_get(s, Item, 1)->stock = 0;
	(void)ctx;
	return CN_EUNSUPPORTED;
}

static void tried_again(void **state)
{
	fixture *f = *state;
	work w = {f, 0, 2};
	cn_error err;

	assert_ok(cn_transaction(f->db, take_one, &w, &err), &err);
	assert_int_equal(w.runs, 3);
	assert_int_equal(cn_get(f->s, Item, 1)->stock, 3 + 200 - 1);
	assert_int_equal(cn_commit(f->s), CN_OK);
	w = (work){f, 0, 1000};
	assert_int_equal(cn_transaction(f->db, take_one, &w, &err), CN_ECONFLICT);
	assert_int_equal(w.runs, 10);
	assert_non_null(strstr(err.message, "by somebody else"));
	assert_int_equal(cn_transaction(f->db, give_up, NULL, &err), CN_EUNSUPPORTED);
	assert_int_equal(cn_count(f->s, Item, cn_where("stock = 0")), 0);
}

static void recorded(void **state)
{
	fixture *f = *state;
	const cn_recorded *log;

	assert_int_equal(cn_session_recorded(f->s, &log), 0);
	cn_session_record(f->s, true);
	(void)cn_count(f->s, Item, cn_where("name = ?", "tea"));
	(void)cn_count(f->other, Item); /* not of this session */
	cn_get(f->s, Item, 1)->stock = 1;
	assert_int_equal(cn_commit(f->s), CN_OK);
	size_t count = cn_session_recorded(f->s, &log), found = 0;
	for (size_t i = 0; i < count; i++) {
		assert_true(log[i].duration_us >= 0);
		found += strstr(log[i].sql, "count(*) FROM \"item\" WHERE (name = 'tea'") != NULL;
		found += !strncmp(log[i].sql, "UPDATE", 6);
	}
	assert_int_equal(found, 2);
	assert_in_range(count, 5, 12);
	cn_session_record(f->s, false);
	(void)cn_count(f->s, Item);
	assert_int_equal(cn_session_recorded(f->s, &log), 0);
}

static void several_databases(void **state)
{
	fixture *f = *state;
	cn_db *second;
	cn_error err;

	assert_ok(cn_db_open(
			  "sqlite://", &(cn_db_options){.models = CN_MODELS(Audit)}, &second, &err),
		&err);
	assert_ok(cn_db_create_all(second, &err), &err);
	cn_session *s = cn_session_open(second);
	(void)cn_new(s, Audit, .what = "only here");
	assert_int_equal(cn_commit(s), CN_OK);
	assert_int_equal(cn_count(s, Audit), 1);
	assert_int_equal(cn_count(f->s, Audit), 0);
	(void)cn_count(s, Item);
	assert_failed(s, CN_EARG, "none of the database's");
	cn_rollback(s);
	cn_session_close(s);
	assert_ok(cn_db_drop_all(second, &err), &err);
	assert_ok(cn_db_exec(second, "create table audit (x)", &err), &err); /* it was gone */
	cn_db_close(second);
	assert_ok(cn_db_exec(f->db, "create table mine (x)", &err), &err);
	assert_int_equal(cn_commit(f->s), CN_OK);
	assert_ok(cn_db_drop_all(f->db, &err), &err);
	assert_ok(cn_db_drop_all(f->db, &err), &err);
	assert_int_equal(cn_execute(f->s, "insert into mine values (1)"), 1); /* not the models' */
	(void)cn_count(f->s, Item);
	assert_failed(f->s, CN_ESQL, "no such table");
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(no_update_is_lost),
		T(values_on_update),
		T(hooks_are_told),
		T(savepoints),
		T(rows_read_again),
		T(merging),
		T(bulk),
		T(tried_again),
		T(recorded),
		T(several_databases),
	};
	return RUN(tests);
}
