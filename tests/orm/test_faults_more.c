/*
 * test_faults_more.c - every call of SQLite fails once in the works of works.h, and while a session
 * rolls back; and a disk is full. Each time the session says so, the databases are as they were,
 * and after cn_rollback the session works.
 */
#include "orm/works.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "orm/fail_sqlite.h"

typedef struct kind {
	int rc;
	cn_status status;
} kind;

static void reset(works *w)
{
	cn_error err;

	works_remove(w);
	works_make(w);
	assert_ok(works_open(w, &err), &err);
}

/* False: the failure came after the last call. */
static bool try_one(works *w, const works_job *job, const kind *k, long n)
{
	cn_session *s = cn_session_open(w->db);

	failure = k->rc;
	fired = false;
	countdown = n;
	cn_status status = job->run(s);
	countdown = -1;
	if (status < 0) {
		cn_error e = *cn_session_error(s);
		if (!fired || e.status != k->status || !e.message[0])
			fail_msg("%s, call %ld, code %d: %d %s | %s", job->name, n, k->rc, e.status,
				e.message, e.detail);
		cn_rollback(s);
		bool half = strstr(e.detail, "committed already") != NULL;
		if (half ? !works_is_half(s) : !works_is_old(s))
			fail_msg("%s, call %ld, code %d: not as it was: %s | %s", job->name, n,
				k->rc, e.message, e.detail);
	} else if (job->writes && !works_is_new(s)) {
		fail_msg("%s, call %ld, code %d: not as it should be", job->name, n, k->rc);
	}
	assert_clean(s);
	assert_int_equal(cn_commit(s), CN_OK);
	bool changed = !works_is_old(s);
	cn_session_close(s);
	if (changed)
		reset(w);
	return fired;
}

static void every_call(void **state)
{
	static const kind kinds[] = {{SQLITE_BUSY, CN_ECONFLICT}, {SQLITE_FULL, CN_EIO},
		{SQLITE_IOERR_WRITE, CN_EIO}, {SQLITE_CONSTRAINT_CHECK, CN_ECONSTRAINT},
		{SQLITE_INTERRUPT, CN_ECANCELED}, {SQLITE_NOMEM, CN_ENOMEM}};
	works w;

	(void)state;
	works_make(&w);
	reset(&w);
	for (const works_job *job = all_works; job->name; job++) {
		for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
			long n = 0;
			while (try_one(&w, job, &kinds[i], n))
				assert_true(++n < 3000);
			if (n < 10)
				fail_msg("%s: only %ld calls", job->name, n);
		}
	}
	works_remove(&w);
}

/* A rollback has no way to say that it failed: it must not. */
static void rolling_back(void **state)
{
	works w;
	bool more = true;

	(void)state;
	works_make(&w);
	reset(&w);
	for (long n = 0; more; n++) {
		cn_session *s = cn_session_open(w.db);
		(void)cn_execute(s, "update thing set weight = ?", 77.5);
		(void)cn_execute(cn_session_part(s, "logs"), "delete from log");
		assert_clean(s);
		failure = SQLITE_IOERR;
		fired = false;
		countdown = n;
		cn_rollback(s);
		countdown = -1;
		more = fired;
		assert_clean(s);
		assert_true(works_is_old(s));
		assert_int_equal(
			cn_execute(s, "update thing set weight = 1 where weight = 77.5"), 0);
		assert_int_equal(cn_commit(s), CN_OK);
		cn_session_close(s);
		assert_true(n < 50);
	}
	works_remove(&w);
}

/* Files may not grow beyond what they are: what a full disk is to SQLite (it sees a short write).
 * Of many sizes, so that it is full while flushing, while committing, or while the log is copied
 * back. */
static void a_full_disk(void **state)
{
	struct rlimit before, limit;
	works w;
	size_t full = 0, fine = 0;

	(void)state;
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	works_make(&w);
	reset(&w);
	for (rlim_t room = 30000; room < 1000000; room += 25000) {
		cn_session *s = cn_session_open(w.db);
		char *text = calloc(1, 2001);
		memset(text, 'x', 2000);
		const cn_model *wild = cn_db_model(w.db, "wild");
		limit = before;
		limit.rlim_cur = room;
		assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
		for (int i = 0; i < 60; i++) {
			void *row = cn_row_new(s, wild);
			cn_row_set(s, wild, row, "a", (const char *)text);
			if (i % 20 == 0)
				(void)cn_flush(s);
		}
		cn_status status = cn_commit(s);
		assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
		if (status < 0) {
			assert_int_equal(status, CN_EIO);
			assert_true(cn_session_error(s)->message[0] != '\0');
			cn_rollback(s);
			assert_true(works_is_old(s));
			full++;
		} else {
			assert_int_equal(cn_session_count(s, wild, NULL), 63);
			fine++;
		}
		/* there is room again: the same session goes on */
		(void)cn_execute(s, "delete from wild where id > 3");
		assert_int_equal(cn_commit(s), CN_OK);
		assert_true(works_is_old(s));
		cn_session_close(s);
		free(text);
	}
	printf("# %zu sizes too small, %zu large enough\n", full, fine);
	assert_true(full > 3);
	assert_true(fine > 3);
	works_remove(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(every_call),
		cmocka_unit_test(rolling_back), cmocka_unit_test(a_full_disk)};

	return RUN(tests);
}
