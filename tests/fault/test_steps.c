/*
 * test_steps.c - every kind of migration step, under every fault: afterwards the database is the
 * old one or the new one, whole; the new one if it had been said to be; and the next run ends.
 *
 *     test_steps JOURNAL [quick | no-sync | no-transaction]
 *
 * JOURNAL: wal, delete, truncate, persist. `quick`: a sample.
 *
 * For each scenario (scenarios.c): the power goes at each call that changes the disk, with several
 * seeds (what was not synced is there, lost, torn or garbage), and in half of them once more while
 * SQLite recovers, in the others once more in the run after it; each other call fails in each way
 * it can, once or from then on, in half of them with a power loss when all is closed.
 *
 * `no-sync` and `no-transaction` are controls: the same with that protection taken away. It must
 * break, or the test shows nothing.
 *
 * CANTIL_FAULT_SEEDS (5): power losses at each point. CANTIL_FAULT_STRIDE (1): every how many'th
 * point is tried. CANTIL_FAULT_ONLY: the scenario with this in its name.
 */
#include "tap.h"

#include <malloc.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/try.h"
#include "control.h"
#include "fault_vfs.h"
#include "migrate/revision/version.h"
#include "scenario.h"
#include "state.h"

static struct {
	char folder[64], path[96];
	const char *journal;
	bool control; /* it is to break */
	long seeds, stride;
} test;

typedef struct tally {
	long runs, old, between, new;
	long broken, lost, stuck; /* what must not be */
	long error_but_done;      /* allowed: an error does not mean "not applied" */
	long second;              /* power losses during recovery */
	long again;               /* power losses in the run that should bring it to its end */
	long points;
} tally;

static tally total;

typedef struct attempt { /* one run */
	world *w;
	fault_order order;
	disk_cruelty cruelty;
	uint64_t seed;
	bool loss_after; /* of the power, when all is closed */
	size_t reported; /* states that were said to be reached */
} attempt;

/* From kill -9 (all that was written is seen afterwards) to nothing at all. */
static const disk_cruelty cruelties[] = {
	{.lost = 50, .torn = 10, .garbage = 10},
	{.lost = 0},
	{.lost = 100},
	{.lost = 20, .torn = 20, .garbage = 20},
	{.lost = 80, .torn = 5, .garbage = 5},
};

/* ---- recovery, and a power loss in it ---- */

/* What the next program does: SQLite's recovery runs in it. */
static void reopen(const world *w)
{
	CLEANUP(cni_arena_done) cni_arena arena = {0};
	cni_conn *conn = NULL;
	cni_version version;
	cn_error err;
	if (access(w->path, F_OK) != 0)
		return;
	for (int mode = CNI_OPEN_READ; mode <= CNI_OPEN_WRITE; mode++) {
		if (cni_conn_open(&w->uri, &(cni_open_options){.mode = (cni_open_mode)mode}, &conn,
			    &err) < 0)
			continue;
		(void)!cni_version_read(conn, &arena, &version, &err);
		cni_conn_close(conn);
	}
}

static void crash_recovery(attempt *a, tally *t)
{
	uint64_t seed = a->seed ^ (uint64_t)a->order.at << 20;
	disk_image *before = fault_save();
	fault_arm(&(fault_order){.at = 0});
	reopen(a->w);
	long changes = fault_counted()->changes;
	fault_load(before);
	disk_image_free(before);
	if (!changes)
		return;
	t->second++;
	fault_arm(&(fault_order){.kind = FAULT_POWER,
		.at = 1 + (long)(disk_random(&seed) % (uint64_t)changes),
		.changes_only = true});
	reopen(a->w);
	fault_recover(&a->cruelty, seed);
}

/* ---- one run ---- */

static void complain(const attempt *a, const char *what, const char *text)
{
	const fault_order *o = &a->order;
	const fault_count *count = fault_counted();
	print_message("# %s: %s (%s): %s at %ld%s (%s) seed %llu%s: %s\n", what,
		a->w->scenario->name, test.journal, fault_kind_name(o->kind), o->at,
		o->lasting ? " and on" : "", fault_call_name(count->at),
		(unsigned long long)a->seed, a->loss_after ? ", power lost afterwards" : "", text);
}

/* Which state it is in; -1: none. */
static long find_state(const world *w, cni_buffer *text)
{
	state_read(w->path, w->scenario->queries, text);
	for (size_t i = 0; i < w->state_count; i++)
		if (strcmp(cni_buffer_text(text), w->states[i]) == 0)
			return (long)i;
	/* where counting the rows failed, the other method was taken */
	if (w->scenario->edits && state_alike(cni_buffer_text(text), w->states[w->state_count - 1]))
		return (long)w->state_count - 1;
	return -1;
}

static long judge(attempt *a, tally *t, cn_status status)
{
	CLEANUP(cni_buffer_done) cni_buffer text = {0};
	CLEANUP(cni_buffer_done) cni_buffer why = {0};
	const world *w = a->w;
	long state = find_state(w, &text);
	t->runs++;
	if (state < 0) {
		t->broken++;
		const char *line = strstr(cni_buffer_text(&text), "BROKEN");
		state_differs(w->states[a->reported], cni_buffer_text(&text), &why);
		if (t->broken <= 3 && !test.control)
			complain(a, "broken", line ? line : cni_buffer_text(&why));
		return state;
	}
	t->old += state == 0;
	t->new += state == (long)w->state_count - 1;
	t->between += state > 0 && state < (long)w->state_count - 1;
	t->error_but_done += status < 0 && state > (long)a->reported;
	if (state < (long)a->reported && ++t->lost <= 3 && !test.control)
		complain(a, "a commit that was reported is lost", "");
	return state;
}

/* The power goes once more, in the next run: it goes on from where it was, and never back. */
static void crash_again(attempt *a, tally *t, size_t reached)
{
	world *w = a->w;
	cn_error err = {0};
	uint64_t seed = a->seed * 31 ^ (uint64_t)a->order.at << 20;
	a->order.at = 1 + (long)(disk_random(&seed) % (uint64_t)w->changes);
	fault_arm(&a->order);
	a->reported = 0;
	cn_status status = w->scenario->run(w, &a->reported, &err);
	bool fired = fault_counted()->fired;
	fault_recover(&a->cruelty, seed);
	t->again += fired;
	if (fired)
		a->reported = a->reported > reached ? a->reported : reached;
	judge(a, t, status);
}

/* Whatever it was, the next run ends. */
static void finish(attempt *a, tally *t)
{
	CLEANUP(cni_buffer_done) cni_buffer text = {0};
	world *w = a->w;
	cn_error err = {0};
	size_t reported = 0;
	cn_status status = w->scenario->run(w, &reported, &err);
	if (status == CN_OK && find_state(w, &text) == (long)w->state_count - 1)
		return;
	if (++t->stuck <= 3 && !test.control)
		complain(a, "the next run does not end",
			status < 0 ? err.message : cni_buffer_text(&text));
}

/* false: it ended before the fault. */
static bool run_once(attempt *a, tally *t)
{
	cn_error err = {0};
	fault_load(a->w->start);
	fault_set_sector(a->seed % 2 ? 4096 : 512);
	fault_arm(&a->order);
	a->reported = 0;
	control_arm(true);
	cn_status status = a->w->scenario->run(a->w, &a->reported, &err);
	control_arm(false);
	bool fired = fault_counted()->fired;
	if (a->order.kind == FAULT_POWER || a->loss_after)
		fault_recover(&a->cruelty, a->seed * 1000003 + (uint64_t)a->order.at);
	else
		fault_arm(&(fault_order){.at = 0});
	if (a->order.kind == FAULT_POWER && a->seed % 2 == 0)
		crash_recovery(a, t);
	long bad = t->broken, state = judge(a, t, status);
	if (state >= 0 && a->order.kind == FAULT_POWER && a->seed % 2 == 1 && !test.control)
		crash_again(a, t, (size_t)state);
	if (t->broken == bad)
		finish(a, t);
	return fired;
}

/* ---- all of a scenario ---- */

static void lose_power(world *w, tally *t)
{
	for (long seed = 0; seed < test.seeds; seed++) {
		bool more = true;
		for (long at = 1 + seed % test.stride; more; at += test.stride) {
			attempt a = {.w = w, .seed = (uint64_t)seed};
			a.order =
				(fault_order){.kind = FAULT_POWER, .at = at, .changes_only = true};
			a.cruelty = cruelties[(size_t)seed % CNI_COUNT(cruelties)];
			more = run_once(&a, t);
			t->points += more && seed == 0;
		}
	}
}

static void fail_calls(world *w, tally *t)
{
	for (int kind = FAULT_ERROR; kind < FAULT_POWER; kind++) {
		for (int lasting = 0; lasting < 2; lasting++) {
			bool more = true;
			long step = test.stride;
			for (long at = 1 + (lasting + kind) % step; more; at += step) {
				attempt a = {.w = w, .seed = (uint64_t)(at + lasting)};
				a.order = (fault_order){.kind = (fault_kind)kind,
					.at = at,
					.lasting = lasting,
					.seed = (uint64_t)at};
				a.cruelty = cruelties[(size_t)at % CNI_COUNT(cruelties)];
				a.loss_after = (at + lasting) % 2;
				more = run_once(&a, t);
				t->points += more && !lasting;
			}
		}
	}
}

static void add_tally(const tally *t)
{
	const long *from = (const long *)t;
	long *to = (long *)&total;
	for (size_t i = 0; i < sizeof *t / sizeof *from; i++)
		to[i] += from[i];
}

static void print_tally(const char *name, const tally *t)
{
	print_message(
		"# %s (%s): %ld runs, %ld fault points, %ld losses in recovery, %ld in the next run:"
		" %ld old, %ld between, %ld new;"
		" %ld said failed and are done; %ld broken, %ld commits lost, %ld stuck\n",
		name, test.journal, t->runs, t->points, t->second, t->again, t->old, t->between,
		t->new, t->error_but_done, t->broken, t->lost, t->stuck);
}

static void scenario_survives(void **state)
{
	const scenario *s = *state;
	int64_t began = cni_clock_mono_us();
	tally t = {0};
	world w;
	world_make(&w, s, test.path, test.journal);
	lose_power(&w, &t);
	if (!test.control)
		fail_calls(&w, &t);
	world_done(&w);
	print_tally(s->name, &t);
	print_message("# %.1f s\n", (double)(cni_clock_mono_us() - began) / 1e6);
	add_tally(&t);
	if (test.control)
		return;
	assert_int_equal(t.broken, 0);
	assert_int_equal(t.lost, 0);
	assert_int_equal(t.stuck, 0);
	assert_true(t.old > 0 && t.new > 0);
}

static void control_breaks(void **state)
{
	(void)state;
	assert_true(total.broken + total.lost > 100);
}

/* ---- the program ---- */

static int start(void **state)
{
	(void)state;
	snprintf(test.folder, sizeof test.folder, "%s/cantil-fault-XXXXXX",
		access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	if (!mkdtemp(test.folder))
		return -1;
	snprintf(test.path, sizeof test.path, "%s/app.db", test.folder);
	return fault_vfs_install() ? 0 : -1;
}

static int end(void **state)
{
	(void)state;
	print_tally("all", &total);
	disk_clear(fault_disk());
	fault_vfs_remove();
	return rmdir(test.folder);
}

static long setting(const char *name, long usual)
{
	const char *text = getenv(name);
	long value = text ? strtol(text, NULL, 10) : usual;
	return value > 0 ? value : usual;
}

int main(int argc, char **argv)
{
	struct CMUnitTest tests[64] = {0};
	/* a hundred thousand runs: the heap's end need not go back and forth */
	(void)mallopt(M_TRIM_THRESHOLD, 64 << 20);
	size_t count = 0;
	const char *only = getenv("CANTIL_FAULT_ONLY");
	test.journal = argc > 1 ? argv[1] : "wal";
	const char *how = argc > 2 ? argv[2] : "";
	bool quick = strcmp(how, "quick") == 0;
	test.control = *how && !quick;
	if (test.control && !control_choose(how))
		return 2;
	test.seeds = setting("CANTIL_FAULT_SEEDS", quick ? 1 : 5);
	test.stride = setting("CANTIL_FAULT_STRIDE", quick || strcmp(how, "no-transaction") == 0 ? 9
						     : test.control                              ? 3
								    : 1);
	for (size_t i = 0; i < scenario_count; i++)
		if (!only || strstr(scenarios[i].name, only))
			tests[count++] = (struct CMUnitTest){.name = scenarios[i].name,
				.test_func = scenario_survives,
				.initial_state = (void *)(uintptr_t)&scenarios[i]};
	if (test.control)
		tests[count++] = (struct CMUnitTest)cmocka_unit_test(control_breaks);
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return _cmocka_run_group_tests("faults", tests, count, start, end);
}
