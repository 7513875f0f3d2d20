/* works.c - see works.h. */
#include "orm/works.h"

typedef struct Thing Thing;
typedef struct Word Word;

struct Thing {
	int64_t id;
	double weight;
	cn_null_double height;
	cn_blob bytes;
	cn_value any;
	cn_decimal price;
	cn_uuid code;
	cn_document note;
	cn_time at;
	char short_name[8];
	char *text;
	int64_t version;
	Word **words;
};
struct Word {
	const char *name;
	Thing **things;
};
typedef struct Log { /* in the second database */
	int64_t id;
	const char *what;
	double took;
} Log;
typedef struct LogCount {
	int64_t n;
} LogCount;

CN_MODEL(Thing, "thing",
	CN_COLUMN(Thing, id, .primary_key = true),
	CN_COLUMN(Thing, weight),
	CN_COLUMN(Thing, height, .default_sql = "1.5"),
	CN_COLUMN(Thing, bytes),
	CN_COLUMN(Thing, any),
	CN_COLUMN(Thing, price, .precision = 20, .scale = 2),
	CN_COLUMN(Thing, code, .default_fn = cn_uuid_fill),
	CN_COLUMN(Thing, note),
	CN_COLUMN(Thing, at),
	CN_COLUMN(Thing, short_name),
	CN_COLUMN(Thing, text, .on_update_sql = "'updated'"),
	CN_COLUMN(Thing, version, .version = true),
	CN_MANY_TO_MANY(Thing, Word, words, .through = "thing_word"));
CN_MODEL(Word, "word",
	CN_COLUMN(Word, name, .primary_key = true),
	CN_MANY_TO_MANY(Word, Thing, things, .through = "thing_word"));
CN_MODEL(Log, "log",
	CN_COLUMN(Log, id, .primary_key = true),
	CN_COLUMN(Log, what),
	CN_COLUMN(Log, took),
	CN_TABLE_OPTIONS(.database = "logs"));
CN_ROW(LogCount, CN_COLUMN(LogCount, n), CN_TABLE_OPTIONS(.database = "logs"));

static const cn_model *const models[] = {&Thing_model, &Word_model, &Log_model, NULL};

/* Every new thing is noted in the other database. */
static cn_status hook(
	cn_session *s, cn_event event, const cn_model *model, void *row, void *ctx, cn_error *err)
{
	(void)row, (void)ctx, (void)err;
	if (event == CN_AFTER_INSERT && model == &Thing_model)
		(void)cn_new(s, Log, .what = "made", .took = 0.5);
	return CN_OK;
}

cn_status works_open(works *w, cn_error *err)
{
	const cn_bind binds[] = {{"logs", w->uris[1], NULL}, {0}};

	w->db = NULL;
	return cn_db_open(w->uris[0],
		&(cn_db_options){.models = models,
			.binds = binds,
			.reflect = true,
			.hook = hook,
			.busy_timeout_ms = 100},
		&w->db, err);
}

void works_make(works *w)
{
	static const char *const names[] = {"a", "b"};
	cn_error err;

	*w = (works){0};
	snprintf(w->folder, sizeof w->folder, "/tmp/cantil-works-XXXXXX");
	assert_non_null(mkdtemp(w->folder));
	for (size_t i = 0; i < 2; i++)
		snprintf(w->uris[i], sizeof w->uris[i], "sqlite:///%s/%s.db", w->folder, names[i]);
	const cn_bind binds[] = {{"logs", w->uris[1], NULL}, {0}};
	assert_ok(cn_db_open(w->uris[0],
			  &(cn_db_options){.models = models, .binds = binds, .create = true},
			  &w->db, &err),
		&err);
	assert_ok(cn_db_create_all(w->db, &err), &err);
	assert_ok(cn_db_exec(w->db,
			  "create table wild (id integer primary key, a, b double default 2.5,"
			  " thing_id integer references thing (id));"
			  "insert into wild (a) values (1), ('x'), (x'00');"
			  "create view heavy as select id, weight from thing where weight > 1;",
			  &err),
		&err);
	cn_session *s = cn_session_open(w->db);
	Thing *one = cn_new(s, Thing, .weight = 1, .bytes = {"x", 1}, .any = cn_double(2));
	Thing *two = cn_new(s, Thing, .weight = 2, .text = (char[]){"two"}, .note = {"[1]"});
	Word *a = cn_new(s, Word, .name = "a"), *b = cn_new(s, Word, .name = "b");
	cn_append(s, one->words, a);
	cn_append(s, one->words, b);
	cn_append(s, two->words, b);
	(void)cn_new(s, Log, .what = "start", .took = 0.25);
	assert_int_equal(cn_commit(s), CN_OK);
	cn_session_close(s);
	works_close(w);
}

void works_close(works *w)
{
	cn_db_close(w->db);
	w->db = NULL;
}

void works_remove(works *w)
{
	char path[160];

	works_close(w);
	for (size_t i = 0; i < 2; i++) {
		for (const char *const *end =
				(const char *const[]){"", "-wal", "-shm", "-journal", NULL};
			*end; end++) {
			snprintf(
				path, sizeof path, "%s%s", w->uris[i] + strlen("sqlite:///"), *end);
			unlink(path);
		}
	}
	rmdir(w->folder);
}

static bool counts(cn_session *s, int64_t things, int64_t pairs, int64_t wild, int64_t logs)
{
	const cn_model *pair = cn_db_model(cn_session_db(s), "thing_word");
	const cn_model *table = cn_db_model(cn_session_db(s), "wild");

	return cn_count(s, Thing) == things && cn_session_count(s, pair, NULL) == pairs &&
	       cn_session_count(s, table, NULL) == wild && cn_count(s, Log) == logs &&
	       cn_session_error(s)->status == CN_OK;
}

bool works_is_old(cn_session *s) { return counts(s, 2, 3, 3, 1); }
bool works_is_new(cn_session *s) { return counts(s, 4, 5, 3, 4); }
bool works_is_half(cn_session *s) { return counts(s, 4, 5, 3, 1); }

/* ---- works ---- */

static cn_status read_all(cn_session *s)
{
	const cn_model *wild = cn_db_model(cn_session_db(s), "wild"), *columns;
	const cn_model *heavy = cn_db_model(cn_session_db(s), "heavy");
	double took = 0;

	Thing **things = cn_list(s, Thing, .order_by = "id", .load = "words.things");
	Thing **plain = cn_list(s, Thing, .read_only = true, .load = "words");
	void **rows = cn_rows(s, wild, cn_where("a is not ?", 1.5), .order_by = "id");
	void **dear = cn_rows(s, heavy, cn_where("weight > ?", 1.5));
	void **sums = cn_query(s, &columns, "select a, count(*) as n from wild group by a");
	LogCount **n = cn_sql(s, LogCount, "select count(*) as n from log where took > ?", 0.1);
	cn_each (s, Log, log, cn_where("took < ?", 9.5))
		took += log->took;
	cn_refresh(s, Log, cn_get(s, Log, 1));
	cn_refresh(s, Thing, cn_get(s, Thing, 1));
	cn_load(s, Thing, cn_get(s, Thing, 2), "words");
	(void)cn_paginate(s, Log, 1);
	(void)cn_execute(cn_session_part(s, "logs"), "update log set what = ? where 0", "x");
	cn_status status = cn_commit(s);
	if (status == CN_OK) {
		assert_int_equal(cn_len(things[0]->words), 2);
		assert_int_equal(cn_len(plain[1]->words), 1);
		assert_int_equal(cn_len(rows), 3);
		assert_int_equal(cn_len(dear), 1);
		assert_int_equal(cn_row_get(columns, sums[0], "n").as.i, 1);
		assert_int_equal(n[0]->n, 1);
		assert_true(took == 0.25);
	}
	return status;
}

static cn_status write_all(cn_session *s)
{
	const cn_model *wild = cn_db_model(cn_session_db(s), "wild");
	Thing *one = cn_get(s, Thing, 1);
	Word *a = cn_get(s, Word, "a");
	char text[] = "text";
	static const char raw[] = {0, 1, 2};

	cn_load(s, Thing, one, "words");
	Thing *three = cn_new(s, Thing, .weight = 3.5, .height = cn_some(2), .bytes = {raw, 3},
		.any = cn_bytes((cn_blob){raw, 2}), .price = cn_decimal_of(1250, 2), .note = {"{}"},
		.at = {5}, .short_name = "abc", .text = text);
	Thing *four = cn_new(s, Thing, .any = cn_text("t"));
	if (three && four && a && one && one->words) {
		cn_append(s, three->words, a);
		cn_append(s, a->things, three); /* the same pair */
		cn_append(s, four->words, a);
		cn_append(s, one->words, cn_new(s, Word, .name = "c"));
		cn_remove(s, one->words, one->words[0]);
		one->weight = 9.5;
		one->bytes = (cn_blob){raw, 3};
	}
	void *row = cn_row_new(s, wild);
	cn_row_set(s, wild, row, "a", 3.5);
	cn_row_set(s, wild, cn_row_by_key(s, wild, 1), "a", "changed");
	if (cn_savepoint(s) < 0)
		return cn_session_error(s)->status;
	cn_session_delete(s, wild, cn_row_by_key(s, wild, 2));
	(void)cn_new(s, Log, .what = "w", .took = 1.5);
	if (cn_savepoint_release(s) < 0)
		return cn_session_error(s)->status;
	return cn_commit(s);
}

static cn_status write_bulk(cn_session *s)
{
	Thing things[2] = {{.weight = 1.5, .bytes = {"abc", 3}}, {.any = cn_double(7)}};
	Log logs[3] = {{.what = "a", .took = 0.5}, {.what = "b"}, {.took = 2.5}};
	const cn_model *pair = cn_db_model(cn_session_db(s), "thing_word");

	(void)cn_insert_many(s, Thing, things, 2);
	(void)cn_insert_many(s, Log, logs, 3);
	(void)cn_update_where(
		s, Thing, "weight = ?, bytes = ?", "id = ?", 4.5, ((cn_blob){"z", 1}), 2);
	for (int i = 3; i < 5; i++) {
		void *row = cn_row_new(s, pair);
		cn_row_set(s, pair, row, "thing_id", i);
		cn_row_set(s, pair, row, "word_name", "a");
	}
	return cn_commit(s);
}

const works_job all_works[] = {
	{"read", read_all, false}, {"write", write_all, true}, {"bulk", write_bulk, true}, {0}};
