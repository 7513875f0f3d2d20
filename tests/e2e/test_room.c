/*
 * test_room.c - the real program upgrades on disks that are too small for it, of many sizes: it
 * says so, and what it leaves is the state of one revision, whole. With more room the next upgrade
 * finishes.
 *
 * The disk is a tmpfs that only this process sees; as root, or with a user namespace. Where neither
 * is allowed, files are not allowed to grow (RLIMIT_FSIZE).
 *
 * CANTIL_TEST_SIZES (40): how many sizes, half of them with each journal. CANTIL_TEST_NO_MOUNT:
 * limit files.
 */
#include "ladder.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/file.h"

enum { ROWS = 3000, PAGE = 4096 };

static bool mounts; /* else files are limited */

static void write_map(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");
	if (file) {
		fputs(text, file);
		fclose(file);
	}
}

/* From here on what this process mounts is its own affair, and gone with it. */
static bool own_mounts(void)
{
	char map[64];
	unsigned user = geteuid(), group = getegid();
	if (unshare(CLONE_NEWNS) != 0) {
		if (unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0)
			return false;
		write_map("/proc/self/setgroups", "deny");
		snprintf(map, sizeof map, "%u %u 1", user, user);
		write_map("/proc/self/uid_map", map);
		snprintf(map, sizeof map, "%u %u 1", group, group);
		write_map("/proc/self/gid_map", map);
	}
	return mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0;
}

static bool try_mount(const char *folder)
{
	return mount("none", folder, "tmpfs", 0, "size=1m") == 0 && umount(folder) == 0;
}

static int make_wal(void **state)
{
	static ladder l;
	ladder_make(&l, "wal", ROWS);
	mounts = mounts && try_mount(l.folder);
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

static void set_room(const ladder *l, int64_t bytes, unsigned long flags)
{
	char options[64];
	if (!mounts) {
		struct rlimit limit;
		getrlimit(RLIMIT_FSIZE, &limit);
		limit.rlim_cur = bytes < 0 ? limit.rlim_max : (rlim_t)bytes;
		assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
		return;
	}
	snprintf(options, sizeof options, "size=%lld", bytes < 0 ? 64LL << 20 : (long long)bytes);
	if (mount("none", l->folder, "tmpfs", flags, options) != 0)
		fail_msg("mount %s: %s", options, strerror(errno));
}

static void take_away(const ladder *l)
{
	if (mounts)
		assert_int_equal(umount(l->folder), 0);
	else
		set_room(l, -1, 0);
}

static void whole_or_as_it_was(void **state)
{
	ladder *l = *state;
	long sizes = (ladder_setting("CANTIL_TEST_SIZES", 40) + 1) / 2;
	long full = 0, ended = 0, at[STATES + 1] = {0};
	for (long i = 0; i < sizes; i++) {
		/* from just enough for what is there to seven times as much, in whole pages */
		int64_t room = (l->size + l->size * 6 * i / sizes) / PAGE * PAGE + 8 * PAGE;
		if (mounts)
			set_room(l, room, 0);
		ladder_start(l);
		if (!mounts)
			set_room(l, room, 0);
		int code = ladder_upgrade(l);
		set_room(l, -1, MS_REMOUNT);
		int64_t left = ladder_state(l);
		at[left]++;
		if (code == 0) {
			ended++;
			assert_int_equal(left, STATES);
		} else {
			full++;
			assert_int_equal(code, 1);
			const char *errors = ladder_errors(l);
			if (!strstr(errors, "error: ") || (mounts && !strstr(errors, "full")))
				fail_msg("size %lld: %s", (long long)room, errors);
		}
		assert_int_equal(ladder_upgrade(l), 0);
		assert_int_equal(ladder_state(l), STATES);
		take_away(l);
	}
	print_message("# %s, %s: of %ld sizes from %lld bytes up, %ld were too small, %ld were not;"
		      " left at state",
		l->journal, mounts ? "tmpfs" : "limited files", sizes, (long long)l->size, full,
		ended);
	for (int i = 1; i <= STATES; i++)
		print_message(" %d: %ld%s", i, at[i], i < STATES ? "," : "\n");
	assert_true(full > 0);
	assert_true(ended > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		{"no room, write-ahead log", whole_or_as_it_was, make_wal, unmake, NULL},
		{"no room, rollback journal", whole_or_as_it_was, make_delete, unmake, NULL},
	};
	signal(SIGXFSZ, SIG_IGN);
	mounts = !getenv("CANTIL_TEST_NO_MOUNT") && own_mounts();
	return RUN(tests);
}
