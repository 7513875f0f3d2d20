/* test_reflect.c - tables and statements that no struct describes: models made from the live
 * database, rows by column name. */
#include "orm/store.h"

#include <math.h>

static const char *const script =
	"create table author (id integer primary key, name text not null unique, born date);"
	"create table book (id integer primary key autoincrement, author_id integer references author (id),"
	" title text not null, price numeric(10,2) default 9.5, twice as (price * 2), notes);"
	"create table topic (name text primary key, weight real) without rowid;"
	"create table book_topic (book_id integer not null references book (id), topic_name text not null"
	" references topic (name), primary key (book_id, topic_name));"
	"create table profile (author_id integer primary key references author, text text);"
	"create table line (book_id integer, number integer, words text, primary key (book_id, number));"
	"create table log (at text, what);" /* no key */
	"create table twice (a, b, primary key (a, b, a));"
	"create table odd (rowid text, _rowid_ text, oid text);"
	"create view dear as select id, title from book where price > 5;"
	"create virtual table search using fts5(words);"
	"insert into author values (1, 'Ann', '1970-01-01'), (2, 'Bob', null);"
	"insert into book (author_id, title, price, notes) values (1, 'One', 3, 'x'), (1, 'Two', 7, x'00ff'),"
	" (2, 'Three', 'not a price', 2.5);"
	"insert into topic values ('sea', 1), ('war', 2);"
	"insert into book_topic values (1, 'sea'), (1, 'war'), (3, 'sea');"
	"insert into profile values (1, 'likes tea');"
	"insert into line values (1, 1, 'a'), (1, 2, 'b');"
	"insert into log values ('now', 1), ('now', cast(x'c328' as text));";

typedef struct Topic {
	const char *name;
	cn_null_double weight;
} Topic;
CN_MODEL(Topic, "topic",
	CN_COLUMN(Topic, name, .primary_key = true),
	CN_COLUMN(Topic, weight));

typedef struct fixture {
	char folder[64], uri[128];
	cn_db *db;
	cn_session *s;
} fixture;

static void reopen(fixture *f, const cn_model *const *models)
{
	cn_error err;

	cn_session_close(f->s);
	cn_db_close(f->db);
	assert_ok(cn_db_open(f->uri,
			  &(cn_db_options){.models = models, .reflect = true, .create = true},
			  &f->db, &err),
		&err);
	f->s = cn_session_open(f->db);
}

static int setup(void **state)
{
	fixture *f = calloc(1, sizeof *f);
	cn_error err;

	snprintf(f->folder, sizeof f->folder, "/tmp/cantil-reflect-XXXXXX");
	assert_non_null(mkdtemp(f->folder));
	snprintf(f->uri, sizeof f->uri, "sqlite:///%s/a.db", f->folder);
	reopen(f, NULL); /* nothing there yet */
	assert_null(cn_db_models(f->db)[0]);
	assert_ok(cn_db_exec(f->db, script, &err), &err);
	reopen(f, NULL);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	fixture *f = *state;
	char path[128];

	cn_session_close(f->s);
	cn_db_close(f->db);
	for (const char *const *end = (const char *const[]){"", "-wal", "-shm", "-journal", NULL};
		*end; end++) {
		snprintf(path, sizeof path, "%s/a.db%s", f->folder, *end);
		unlink(path);
	}
	rmdir(f->folder);
	free(f);
	return 0;
}

static void assert_text(cn_value value, const char *text)
{
	assert_int_equal(value.type, CN_TYPE_TEXT);
	assert_int_equal(value.size, strlen(text));
	assert_memory_equal(value.as.p, text, value.size);
}

static void rows_by_name(void **state)
{
	fixture *f = *state;
	cn_session *s = f->s;
	const cn_model *book = cn_db_model(f->db, "book");

	assert_non_null(book);
	assert_string_equal(cn_column_name(cn_model_column(book, "TITLE")), "title");
	void **books = cn_rows(s, book, .order_by = "id");
	assert_clean(s);
	assert_int_equal(cn_len(books), 3);
	assert_int_equal(cn_row_get(book, books[0], "id").as.i, 1);
	assert_text(cn_row_get(book, books[0], "title"), "One");
	/* what the column holds, whatever it declares */
	assert_int_equal(cn_row_get(book, books[0], "price").as.i, 3);
	assert_text(cn_row_get(book, books[2], "price"), "not a price");
	assert_text(cn_row_get(book, books[0], "notes"), "x");
	cn_value blob = cn_row_get(book, books[1], "notes");
	assert_int_equal(blob.type, CN_TYPE_BLOB);
	assert_memory_equal(blob.as.p, "\0\xff", 2);
	assert_true(cn_row_get(book, books[2], "notes").as.d == 2.5);
	assert_int_equal(cn_row_get(book, books[1], "twice").as.i, 14);
	assert_int_equal(cn_row_get(book, books[0], "nothing").type, CN_TYPE_NONE);

	assert_ptr_equal(cn_row_by_key(s, book, 2), books[1]);
	assert_ptr_equal(cn_row_find(s, book, "title = ?", "Three"), books[2]);
	assert_int_equal(cn_session_count(s, book, NULL), 3);
	const cn_model *author = cn_db_model(f->db, "author");
	assert_int_equal(
		cn_row_get(author, cn_row_by_key(s, author, 2), "born").type, CN_TYPE_NULL);
	assert_null(cn_db_model(f->db, "search")); /* virtual */
	assert_null(cn_db_model(f->db, "odd"));    /* its row number has no name */
	(void)cn_rows(s, book, cn_where("titel = 'x'"));
	assert_failed(s, CN_ESQL, "did you mean \"title\"?");
}

static void relations_from_keys(void **state)
{
	fixture *f = *state;
	cn_session *s = f->s;
	const cn_model *author = cn_db_model(f->db, "author"), *book = cn_db_model(f->db, "book");
	const cn_model *topic = cn_db_model(f->db, "topic"),
		       *profile = cn_db_model(f->db, "profile");

	void **authors =
		cn_rows(s, author, .order_by = "id", .load = "books.topics.books, profile");
	assert_clean(s);
	void **books = cn_row_list(author, authors[0], "books");
	assert_int_equal(cn_len(books), 2);
	assert_ptr_equal(cn_row_related(book, books[0], "author"), authors[0]);
	void **topics = cn_row_list(book, books[0], "topics");
	assert_int_equal(cn_len(topics), 2);
	assert_text(cn_row_get(topic, topics[0], "name"), "sea");
	assert_int_equal(cn_len(cn_row_list(topic, topics[0], "books")), 2);
	assert_text(cn_row_get(profile, cn_row_related(author, authors[0], "profile"), "text"),
		"likes tea");
	assert_null(cn_row_related(author, authors[1], "profile"));
	assert_int_equal(cn_len(cn_row_list(author, authors[1], "nothing")), 0);
	assert_null(cn_row_related(author, authors[1], "nothing"));
}

static void changes_are_written(void **state)
{
	fixture *f = *state;
	cn_session *s = f->s;
	const cn_model *author = cn_db_model(f->db, "author"), *book = cn_db_model(f->db, "book");
	void *one = cn_row_by_key(s, book, 1);
	char title[] = "Uno";

	cn_row_set(s, book, one, "title", title);
	cn_row_set(s, book, one, "price", 4.25);
	cn_row_set(s, book, one, "notes", (void *)NULL);
	memset(title, 'x', 3); /* the session has its own */
	void *carl = cn_row_new(s, author), *four = cn_row_new(s, book);
	cn_row_set(s, author, carl, "name", "Carl");
	cn_row_set(s, book, four, "title", "Four");
	cn_row_set(s, book, four, "author_id", 2);
	cn_session_delete(s, book, cn_row_by_key(s, book, 2));
	assert_int_equal(cn_commit(s), CN_OK);
	assert_clean(s);
	assert_int_equal(cn_row_get(author, carl, "id").as.i, 3);
	assert_int_equal(cn_row_get(book, four, "id").as.i, 4);
	assert_true(cn_row_get(book, four, "price").as.d == 9.5); /* its default, read back */
	assert_true(cn_row_get(book, four, "twice").as.d == 19.0);
	cn_clear(s);
	one = cn_row_by_key(s, book, 1);
	assert_text(cn_row_get(book, one, "title"), "Uno");
	assert_true(cn_row_get(book, one, "price").as.d == 4.25);
	assert_int_equal(cn_row_get(book, one, "notes").type, CN_TYPE_NULL);
	assert_null(cn_row_by_key(s, book, 2));
	assert_int_equal(cn_commit(s), CN_OK); /* nothing has changed */

	cn_row_set(s, book, one, "titel", "x");
	assert_failed(s, CN_EARG, "did you mean \"title\"?");
	cn_rollback(s);
	one = cn_row_by_key(s, book, 1);
	cn_row_set(s, book, one, "twice", 3);
	assert_failed(s, CN_EARG, "is computed");
	cn_rollback(s);
	one = cn_row_by_key(s, book, 1);
	cn_row_set(s, book, one, "id", "x");
	assert_failed(s, CN_EARG, "does not fit an integer");
	cn_rollback(s);
	cn_row_set(s, book, cn_row_by_key(s, book, 1), "title", (void *)NULL);
	assert_int_equal(cn_commit(s), CN_ECONSTRAINT);
}

/* A child and its parent that are both new: ordered by the foreign key, the key given. */
static void new_families(void **state)
{
	fixture *f = *state;
	cn_session *s = f->s;
	const cn_model *book = cn_db_model(f->db, "book"), *author = cn_db_model(f->db, "author");
	void *child = cn_row_new(s, book), *parent = cn_row_new(s, author);
	size_t at = 0;

	cn_row_set(s, book, child, "title", "Orphan");
	cn_row_set(s, author, parent, "name", "Dora");
	for (const cn_relation *r; (r = cn_model_relations(book, &at));)
		if (!strcmp(r->member, "author"))
			*(void **)(void *)((char *)child + r->offset) = parent;
	assert_int_equal(cn_commit(s), CN_OK);
	assert_int_equal(
		cn_row_get(book, child, "author_id").as.i, cn_row_get(author, parent, "id").as.i);
}

static void keys_of_every_kind(void **state)
{
	fixture *f = *state;
	cn_session *s = f->s;
	const cn_model *line = cn_db_model(f->db, "line"), *topic = cn_db_model(f->db, "topic");
	const cn_model *log = cn_db_model(f->db, "log"), *dear = cn_db_model(f->db, "dear");

	assert_text(cn_row_get(line, cn_row_by_key(s, line, 1, 2), "words"), "b");
	assert_true(cn_row_get(topic, cn_row_by_key(s, topic, "war"), "weight").as.d == 2.0);
	cn_row_set(s, topic, cn_row_by_key(s, topic, "war"), "weight", 5);
	const cn_model *twice = cn_db_model(f->db, "twice");
	cn_row_set(s, twice, cn_row_new(s, twice), "a", 1);
	/* without a key: by the row's number; what is no UTF-8 is read, and stays as it is */
	void **entries = cn_rows(s, log, .order_by = "rowid");
	assert_int_equal(cn_len(entries), 2);
	assert_int_equal(cn_row_get(log, entries[1], "rowid").as.i, 2);
	assert_memory_equal(cn_row_get(log, entries[1], "what").as.p, "\xc3\x28", 3);
	cn_row_set(s, log, entries[1], "at", "later");
	assert_int_equal(cn_commit(s), CN_OK);
	cn_clear(s);
	void *later = cn_row_find(s, log, "at = ? and what = cast(x'c328' as text)", "later");
	assert_non_null(later);
	assert_memory_equal(cn_row_get(log, later, "what").as.p, "\xc3\x28", 3);
	cn_session_delete(s, log, later);
	void *fresh = cn_row_new(s, log);
	cn_row_set(s, log, fresh, "what", -HUGE_VAL);
	assert_int_equal(cn_commit(s), CN_OK);
	cn_clear(s);
	assert_int_equal(cn_session_count(s, log, NULL), 2);
	assert_true(isinf(cn_row_get(log, cn_row_find(s, log, "at is null"), "what").as.d));

	void **some = cn_rows(s, dear, .order_by = "id"); /* a text is more than any number */
	assert_int_equal(cn_len(some), 2);
	assert_text(cn_row_get(dear, some[0], "title"), "Two");
	assert_null(cn_row_new(s, dear));
	assert_failed(s, CN_EARG, "is no table");
}

/* A declared model keeps its table; the rest is found. drop_all and create_all do not touch it. */
static void beside_declared_models(void **state)
{
	fixture *f = *state;
	cn_error err;

	reopen(f, CN_MODELS(Topic));
	cn_session *s = f->s;
	assert_ptr_equal(cn_db_model(f->db, "topic"), &Topic_model);
	assert_true(cn_get(s, Topic, "war")->weight.value == 2.0);
	const cn_model *book = cn_db_model(f->db, "book");
	assert_int_equal(cn_len(cn_rows(s, book, .load = "author")), 3);
	assert_clean(s);
	(void)cn_rows(s, book, .load = "topics"); /* no relations between the two kinds */
	assert_failed(s, CN_EARG, "topics");
	cn_rollback(s);
	assert_ok(cn_db_exec(f->db, "delete from book_topic", &err), &err);
	assert_ok(cn_db_drop_all(f->db, &err), &err);
	assert_int_equal(cn_session_count(s, book, NULL), 3);
	(void)cn_count(s, Topic);
	assert_failed(s, CN_ESQL, "no such table");
}

static void statements_without_a_struct(void **state)
{
	fixture *f = *state;
	cn_session *s = f->s;
	const cn_model *columns;

	void **rows = cn_query(s, &columns,
		"select a.name, count(b.id) as books, max(b.title) as name, 1.5 from author a"
		" left join book b on b.author_id = a.id where a.id < ? group by a.id order by a.id",
		10);
	assert_clean(s);
	assert_int_equal(cn_len(rows), 2);
	assert_text(cn_row_get(columns, rows[0], "name"), "Ann");
	assert_int_equal(cn_row_get(columns, rows[0], "books").as.i, 2);
	assert_text(cn_row_get(columns, rows[0], "name:2"), "Two");
	assert_true(cn_row_get(columns, rows[1], "1.5").as.d == 1.5);
	size_t at = 0, count = 0;
	while (cn_model_columns(columns, &at))
		count++;
	assert_int_equal(count, 4);
	assert_int_equal(cn_len(cn_query(s, &columns, "select 1 where 0")), 0);
	assert_non_null(cn_model_column(columns, "1"));
	(void)cn_query(s, &columns, "delete from line");
	assert_failed(s, CN_EARG, "yields no rows");
	cn_rollback(s);
	(void)cn_query(s, &columns, "select ?, ?", 1);
	assert_failed(s, CN_EARG, "?");
	assert_null(cn_model_column(columns, "x")); /* still a model */
	cn_rollback(s);
}

/* A member of type cn_value in a declared struct: any value, and NULL. */
typedef struct Any {
	int64_t id;
	cn_value value;
} Any;
CN_MODEL(Any, "any_value", CN_COLUMN(Any, id, .primary_key = true), CN_COLUMN(Any, value));

static void any_value(void **state)
{
	cn_db *db;
	cn_error err;
	static const char bytes[] = {'a', 0, 'b'};

	(void)state;
	assert_ok(cn_db_open("sqlite://", &(cn_db_options){.models = CN_MODELS(Any)}, &db, &err),
		&err);
	assert_ok(cn_db_create_all(db, &err), &err);
	cn_session *s = cn_session_open(db);
	const cn_value values[] = {cn_int(INT64_MIN), cn_double(-0.0), cn_text("5"), cn_text(""),
		cn_bytes((cn_blob){bytes, 3}), cn_null(NULL),
		{.type = CN_TYPE_TEXT, .size = 3, .as.p = bytes}};
	for (size_t i = 0; i < sizeof values / sizeof *values; i++)
		(void)cn_new(s, Any, .value = values[i]);
	assert_int_equal(cn_commit(s), CN_OK);
	cn_clear(s);
	Any **all = cn_list(s, Any, .order_by = "id");
	for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
		assert_int_equal(cn_row_get(&Any_model, all[i], "value").type, values[i].type);
		if (values[i].type == CN_TYPE_TEXT || values[i].type == CN_TYPE_BLOB) {
			assert_int_equal(all[i]->value.size, values[i].size);
			assert_memory_equal(all[i]->value.as.p, values[i].as.p, values[i].size);
		} else if (values[i].type == CN_TYPE_DOUBLE) {
			assert_true(signbit(all[i]->value.as.d));
		} else if (values[i].type == CN_TYPE_INT64) {
			assert_int_equal(all[i]->value.as.i, values[i].as.i);
		}
	}
	all[0]->value = cn_text("was a number");
	assert_int_equal(cn_commit(s), CN_OK);
	assert_int_equal(cn_count(s, Any, cn_where("value = 'was a number'")), 1);
	all[0]->value = cn_text("\xff");
	assert_int_equal(cn_commit(s), CN_EARG);
	assert_failed(s, CN_EARG, "not UTF-8");
	cn_rollback(s);
	(void)cn_new(s, Any, .value = cn_uint(UINT64_MAX));
	assert_int_equal(cn_commit(s), CN_EARG);
	cn_session_close(s);
	cn_db_close(db);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(rows_by_name),
		T(relations_from_keys),
		T(changes_are_written),
		T(new_families),
		T(keys_of_every_kind),
		T(beside_declared_models),
		T(statements_without_a_struct),
		cmocka_unit_test(any_value),
	};
	return RUN(tests);
}
