/*
 * test_kill.c - the real program is killed (SIGKILL) at random moments of an upgrade. What it
 * leaves must be the state of one revision, whole: schema and every value; never something between.
 * The next upgrade must finish, also when it is killed again first.
 *
 * CANTIL_TEST_KILLS says how often (200), half of them with each journal; CANTIL_TEST_SEED makes
 * the moments the same again.
 */
#include "ladder.h"

#include <signal.h>
#include <time.h>

enum { ROWS = 6000 };

static int make_wal(void **state)
{
	static ladder l;
	ladder_make(&l, "wal", ROWS);
	*state = &l;
	return 0;
}

static int make_delete(void **state)
{
	static ladder l;
	ladder_make(&l, "delete", ROWS);
	*state = &l;
	return 0;
}

static int unmake(void **state)
{
	ladder_done(*state);
	return 0;
}

/* Was it killed before it ended? */
static bool kill_after(const ladder *l, int64_t moment_us)
{
	struct timespec wait = {
		.tv_sec = moment_us / 1000000, .tv_nsec = moment_us % 1000000 * 1000};
	pid_t pid = ladder_spawn(l, (const char *const[]){"db", "upgrade", NULL});
	nanosleep(&wait, NULL);
	kill(pid, SIGKILL);
	return ladder_wait(pid) == -SIGKILL;
}

static void old_or_new_never_between(void **state)
{
	const ladder *l = *state;
	long kills = (ladder_setting("CANTIL_TEST_KILLS", 200) + 1) / 2,
	     seed = ladder_setting("CANTIL_TEST_SEED", (long)time(NULL));
	long killed = 0, again = 0, tries = 0, at[STATES + 1] = {0};
	double whole_us = (double)l->whole_us;
	unsigned short random[3] = {(unsigned short)seed, (unsigned short)(seed >> 16), 1};
	for (; killed < kills && tries < 4 * kills; tries++) {
		/* every fourth goes on where a kill has left it */
		if (tries % 4)
			ladder_start(l);
		else
			again++;
		/* the moments are spread evenly, each somewhere in its slice */
		double part = ((double)killed + erand48(random)) / (double)kills;
		/* a kill that came too late is none: the machine is faster now than when it was
		 * measured */
		if (kill_after(l, (int64_t)(part * whole_us)))
			killed++;
		else
			whole_us *= 0.95;
		at[ladder_state(l)]++;
		if (tries % 4 == 3)
			continue;
		assert_int_equal(ladder_upgrade(l), 0);
		assert_int_equal(ladder_state(l), STATES);
	}
	long between = 0;
	print_message(
		"# %s: %ld of %ld were killed before they ended (seed %ld, an upgrade takes %ld ms);"
		" %ld had been killed before; left at state",
		l->journal, killed, tries, seed, (long)(l->whole_us / 1000), again);
	for (int i = 1; i <= STATES; i++) {
		print_message(" %d: %ld%s", i, at[i], i < STATES ? "," : "\n");
		between += i > 1 && i < STATES ? at[i] : 0;
	}
	/* or the test would show nothing */
	assert_int_equal(killed, kills);
	assert_true(between > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		{"killed, write-ahead log", old_or_new_never_between, make_wal, unmake, NULL},
		{"killed, rollback journal", old_or_new_never_between, make_delete, unmake, NULL},
	};
	return RUN(tests);
}
