/*
 * test_threads.c - 16 threads read and write the same database: no error that the API does not
 * promise, no update lost, the file whole. CANTIL_STRESS_MS says how long (else a moment); it is
 * meant to be built with the thread sanitizer, too.
 */
#include "orm/store.h"

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

enum { THREADS = 16, COUNTERS = 4, USUAL_MS = 700 };

typedef struct Counter {
	int64_t id, value, version;
} Counter;
CN_MODEL(Counter, "counter",
	CN_COLUMN(Counter, id, .primary_key = true),
	CN_COLUMN(Counter, value),
	CN_COLUMN(Counter, version, .version = true));
typedef struct Entry {
	int64_t id, counter_id;
	const char *who;
	Counter *counter;
} Entry;
CN_MODEL(Entry, "entry",
	CN_COLUMN(Entry, id, .primary_key = true),
	CN_COLUMN(Entry, counter_id, .references = "counter", .index = true),
	CN_COLUMN(Entry, who, .not_null = true),
	CN_BELONGS_TO(Entry, Counter, counter));

typedef struct Note { /* in a database of its own */
	int64_t id, counter_id;
} Note;
CN_MODEL(Note, "note",
	CN_COLUMN(Note, id, .primary_key = true),
	CN_COLUMN(Note, counter_id),
	CN_TABLE_OPTIONS(.database = "notes"));

typedef struct shared {
	cn_db *db;
	atomic_bool stop;
	atomic_long done, conflicts, reads;
	atomic_int wrong;
	cn_error first;
	pthread_mutex_t mutex;
} shared;

typedef struct worker {
	shared *sh;
	pthread_t thread;
	int number;
	uint64_t random;
} worker;

static unsigned roll(worker *w, unsigned below)
{
	w->random ^= w->random << 13;
	w->random ^= w->random >> 7;
	w->random ^= w->random << 17;
	return (unsigned)(w->random % below);
}

static void complain(shared *sh, const cn_error *err)
{
	pthread_mutex_lock(&sh->mutex);
	if (!atomic_fetch_add(&sh->wrong, 1))
		sh->first = *err;
	pthread_mutex_unlock(&sh->mutex);
}

/* One more, and an entry that says who: by a transaction that is tried again. */
static cn_status count_one(cn_session *s, void *ctx)
{
	worker *w = ctx;
	char who[16];
	Counter *c = cn_get(s, Counter, roll(w, COUNTERS) + 1);

	if (!c)
		return cn_session_error(s)->status;
	c->value++;
	snprintf(who, sizeof who, "thread %d", w->number);
	(void)cn_new(s, Entry, .who = who, .counter = c);
	(void)cn_new(s, Note, .counter_id = c->id);
	return CN_OK;
}

static void write_one(worker *w)
{
	cn_error err = {0};
	cn_status status = cn_transaction(w->sh->db, count_one, w, &err);

	if (status == CN_OK)
		atomic_fetch_add(&w->sh->done, 1);
	else if (status == CN_ECONFLICT)
		atomic_fetch_add(&w->sh->conflicts, 1);
	else
		complain(w->sh, &err);
}

/* Counters and entries of one read transaction belong together. */
static void read_all(worker *w)
{
	cn_session *s = cn_session_open(w->sh->db);
	int64_t sum = 0;
	Counter **counters = cn_list(s, Counter);
	Entry **some = cn_list(
		s, Entry, cn_where("id % 7 = ?", roll(w, 7)), .limit = 20, .load = "counter");

	for (size_t i = 0; counters[i]; i++)
		sum += counters[i]->value;
	for (size_t i = 0; some[i]; i++)
		sum += some[i]->counter->id - some[i]->counter_id;
	int64_t entries = cn_count(s, Entry);
	/* a table that no struct describes, beside those that one does */
	const cn_model *wild = cn_db_model(w->sh->db, "wild");
	void **rows = cn_rows(s, wild, cn_where("id <= ?", 10));
	for (size_t i = 0; rows[i]; i++)
		sum += cn_row_get(wild, rows[i], "zero").as.i;
	(void)cn_exists(s, Note, cn_where("counter_id = ?", roll(w, COUNTERS)));
	const cn_error *err = cn_session_error(s);
	if (err->status == CN_ECONFLICT) {
		atomic_fetch_add(&w->sh->conflicts, 1);
	} else if (err->status < 0) {
		complain(w->sh, err);
	} else if (sum != entries) {
		cn_error mismatch = {0};
		cn_error_set(&mismatch, CN_ESCHEMA, "%lld counted, %lld entries", (long long)sum,
			(long long)entries);
		complain(w->sh, &mismatch);
	}
	atomic_fetch_add(&w->sh->reads, 1);
	cn_session_close(s);
}

static void *work(void *ctx)
{
	worker *w = ctx;

	while (!atomic_load(&w->sh->stop)) {
		if (roll(w, 3) == 0)
			write_one(w);
		else
			read_all(w);
	}
	return NULL;
}

static long wanted_ms(void)
{
	const char *text = getenv("CANTIL_STRESS_MS");

	return text && *text ? strtol(text, NULL, 10) : USUAL_MS;
}

static void sixteen_threads(void **state)
{
	static const char *const names[] = {"t.db", "n.db"};
	char folder[] = "/tmp/cantil-threads-XXXXXX", uri[100], notes[100], path[120];
	worker workers[THREADS];
	shared sh = {.mutex = PTHREAD_MUTEX_INITIALIZER};
	long ms = wanted_ms();
	cn_error err;

	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(uri, sizeof uri, "sqlite:///%s/t.db", folder);
	snprintf(notes, sizeof notes, "sqlite:///%s/n.db", folder);
	assert_ok(cn_db_open(uri, &(cn_db_options){.create = true}, &sh.db, &err), &err);
	assert_ok(cn_db_exec(sh.db,
			  "create table wild (id integer primary key, zero);"
			  "insert into wild (zero) values (0), (0), (0)",
			  &err),
		&err);
	cn_db_close(sh.db);
	assert_ok(cn_db_open(uri,
			  &(cn_db_options){.models = CN_MODELS(Counter, Entry, Note),
				  .binds = (const cn_bind[]){{"notes", notes, NULL}, {0}},
				  .reflect = true,
				  .create = true,
				  .max_readers = 4, /* fewer than threads: some wait */
				  .busy_timeout_ms = 20000},
			  &sh.db, &err),
		&err);
	assert_ok(cn_db_create_all(sh.db, &err), &err);
	cn_session *s = cn_session_open(sh.db);
	for (int i = 0; i < COUNTERS; i++)
		(void)cn_new(s, Counter, .value = 0);
	assert_int_equal(cn_commit(s), CN_OK);
	for (int i = 0; i < THREADS; i++) {
		workers[i] = (worker){.sh = &sh, .number = i, .random = (uint64_t)i * 7919 + 1};
		assert_int_equal(pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
	}
	nanosleep(&(struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000}, NULL);
	atomic_store(&sh.stop, true);
	for (int i = 0; i < THREADS; i++)
		pthread_join(workers[i].thread, NULL);
	if (sh.wrong)
		fail_msg("%d wrong, the first: %s | %s", sh.wrong, sh.first.message,
			sh.first.detail);
	cn_clear(s);
	int64_t sum = 0, versions = 0;
	Counter **counters = cn_list(s, Counter);
	for (size_t i = 0; counters[i]; i++) {
		sum += counters[i]->value;
		versions += counters[i]->version - 1;
	}
	assert_int_equal(sum, sh.done); /* none is lost */
	assert_int_equal(versions, sh.done);
	assert_int_equal(cn_count(s, Entry), sh.done);
	assert_int_equal(cn_count(s, Note), sh.done);
	assert_true(sh.done > THREADS && sh.reads > THREADS);
	cn_session_close(s);
	/* the statement fails if a check does not say "ok" */
	assert_ok(cn_db_exec(sh.db,
			  "create table verdict (v check (v = 'ok')); insert into verdict "
			  "select integrity_check from pragma_integrity_check",
			  &err),
		&err);
	cn_db_close(sh.db);
	print_message("# %ld written, %ld read, %ld conflicts\n", sh.done, sh.reads, sh.conflicts);
	for (int i = 0; i < 6; i++) {
		snprintf(path, sizeof path, "%s/%s%s", folder, names[i / 3],
			i % 3 == 0   ? ""
			: i % 3 == 1 ? "-wal"
				     : "-shm");
		unlink(path);
	}
	rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(sixteen_threads)};

	return RUN(tests);
}
