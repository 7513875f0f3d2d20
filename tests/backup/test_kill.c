/*
 * test_kill.c - killed at any moment: a backup is whole or not there, a restored database is the
 * old one or the new one, and the old one is never lost.
 */
#include "backup_test.h"

#include <signal.h>
#include <sys/wait.h>

#include "base/clock.h"

enum { KILLS = 30, FREE = 3 }; /* the last ones are left to end */

/* Starts `work` in a child and kills it after a part of the time that a whole run took; turn 0 at
 * once. */
static void kill_within(void (*work)(folder *), folder *f, int64_t whole_us, int turn)
{
	int64_t after_us =
		turn >= KILLS - FREE ? INT64_MAX / 2 : whole_us * turn / (KILLS - FREE - 5);
	pid_t child = fork();
	int status;

	assert_true(child >= 0);
	if (child == 0) {
		work(f);
		_exit(0);
	}
	int64_t end = cni_clock_mono_us() + after_us;
	while (cni_clock_mono_us() < end && waitpid(child, &status, WNOHANG) == 0)
		;
	kill(child, SIGKILL);
	waitpid(child, &status, 0);
}

static int64_t duration_of(void (*work)(folder *), folder *f)
{
	int64_t start = cni_clock_mono_us();
	pid_t child = fork();
	int status;

	if (child == 0) {
		work(f);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	return cni_clock_mono_us() - start;
}

static void back_up(folder *f)
{
	cni_conn *conn = open_at(f, f->db, CNI_OPEN_READ);
	cni_manifest m;

	if (cni_backup_make(conn, &f->arena, in(f, "b.db"), &no_options, &m, &f->err) < 0)
		_exit(1);
	cni_conn_close(conn);
}

static void put_back(folder *f)
{
	cni_restored restored;

	if (cni_backup_restore(&f->arena,
		    &(cni_restore){.file = in(f, "b.db"), .target = f->db, .options = no_options},
		    &restored, &f->err) < 0)
		_exit(1);
}

static void remove_backup(folder *f)
{
	unlink(in(f, "b.db"));
	unlink(in(f, "b.db.manifest.json"));
}

static void a_backup_is_whole_or_not_there(void **state)
{
	folder *f = *state;
	int64_t whole = duration_of(back_up, f);
	int there = 0;

	for (int i = 0; i < KILLS; i++) {
		cni_manifest m;
		bool has;
		remove_backup(f);
		kill_within(back_up, f, whole, i);
		if (!cni_file_exists(in(f, "b.db")))
			continue;
		there++;
		assert_ok(
			cni_backup_verify(&f->arena, in(f, "b.db"), &no_options, &m, &has, &f->err),
			&f->err);
		assert_true(has);
		assert_int_equal(m.tables[0].rows, 1000);
	}
	assert_true(there >= FREE && there < KILLS);
	/* what the killed ones left goes with the next one */
	remove_backup(f);
	back_up(f);
	assert_int_equal(count_names(f, "part"), 0);
}

static void a_restored_database_is_old_or_new(void **state)
{
	folder *f = *state;
	int old = 0, new = 0;

	back_up(f);
	int64_t whole = duration_of(put_back, f);
	for (int i = 0; i < KILLS; i++) {
		run_sql(f, f->db, "DELETE FROM \"b \"\"x\"; DELETE FROM a WHERE id > 5");
		size_t kept = count_names(f, "before-restore");
		kill_within(put_back, f, whole, i);
		/* a journal that was left hot is rolled back by the first who may write */
		cni_conn *conn = open_at(f, f->db, CNI_OPEN_WRITE);
		assert_ok(cni_check_integrity(conn, &f->err), &f->err);
		cni_conn_close(conn);
		int64_t rows = ask_int(f, f->db, "SELECT count(*) FROM a");
		assert_true(rows == 5 || rows == 1000);
		*(rows == 5 ? &old : &new) += 1;
		/* the new one never without the old one beside it */
		if (rows == 1000)
			assert_true(count_names(f, "before-restore") > kept);
	}
	if (!old || !new)
		fail_msg("%d old, %d new", old, new);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_folder(a_backup_is_whole_or_not_there),
		in_folder(a_restored_database_is_old_or_new),
	};
	return RUN(tests);
}
