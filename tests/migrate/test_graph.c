/*
 * test_graph.c - graphs that fork, join and depend on one another: labels, names, and what an
 * upgrade or a downgrade runs on them.
 */
#include "tap.h"

#include "base/text.h"
#include "base/try.h"
#include "migrate/migrator/migrator.h"

/* A folder in memory, a row each: "id : parents : labels : depends". */
static cn_status link_folder(
	cni_arena *arena, const char *const *rows, cni_folder *ret, cn_error *err)
{
	static const char *const fields[] = {"cantil: revision", "parents:", "labels:", "depends:"};
	cni_folder folder = {.arena = arena, .path = "m"};
	for (; *rows; rows++) {
		CLEANUP(cni_buffer_done) cni_buffer text = {0};
		const char *at = *rows;
		cni_revision revision;
		for (size_t f = 0; f < CNI_COUNT(fields); f++) {
			size_t size = strcspn(at, ":");
			if (size || !f)
				cni_buffer_printf(&text, "-- %s %.*s\n", fields[f], (int)size, at);
			at += size + (at[size] == ':');
		}
		const char *path =
			cni_printf(arena, "m/versions/%.*s.sql", (int)strcspn(*rows, ":"), *rows);
		TRY(cni_revision_parse(
			arena, path, cni_buffer_dup(&text, arena), text.size, &revision, err));
		assert_true(CNI_PUSH(arena, folder.revisions, folder.revision_count, revision));
	}
	TRY(cni_folder_link(&folder, err));
	*ret = folder;
	return CN_OK;
}

/*        a1 shop - a2 --
 *      /        \       \
 *    r            (dep)   m
 *      \          \     /
 *        b1 eu --- b2 -      t1 tools - t2        (a second base)
 */
static const char *const forked[] = {"r:::", "a1:r:shop:", "a2:a1::", "b1:r:eu:", "b2:b1::a1",
	"m:a2,b2::", "t1::tools:", "t2:t1::", NULL};

static size_t place(const cni_folder *folder, const char *id)
{
	const cni_revision *revision = cni_folder_get(folder, id);
	assert_non_null(revision);
	return (size_t)(revision - folder->revisions);
}

/* ---- the folder ---- */

static void refuses_what_cannot_be(void **state)
{
	(void)state;
	static const struct {
		const char *rows[5], *message;
	} cases[] = {
		{{"a::x:", "b:a:x:", NULL}, "two revisions state the label \"x\""},
		{{"a::b:", "b:a::", NULL}, "a label and a revision are both called \"b\""},
		{{"a:::", "b:a::zz", NULL}, "revision \"b\" depends on \"zz\", which is not there"},
		{{"a:::b", "b:a::", NULL}, "in a circle"},
		{{"a:::c", "b:::a", "c:::b", NULL}, "in a circle"},
	};
	for (size_t i = 0; i < CNI_COUNT(cases); i++) {
		CLEANUP(cni_arena_done) cni_arena arena = {0};
		cni_folder folder;
		cn_error err;
		assert_int_equal(link_folder(&arena, cases[i].rows, &folder, &err), CN_ESCHEMA);
		if (!strstr(err.message, cases[i].message) || !*err.hint)
			fail_msg("case %zu: %s", i, err.message);
	}
}

static void refuses_labels_that_are_none(void **state)
{
	(void)state;
	static const char *const bad[] = {
		"a::9x:", "a::x-1:", "a::head:", "a::Current:", "a::x@y:", "a:::a", NULL};
	for (const char *const *row = bad; *row; row++) {
		CLEANUP(cni_arena_done) cni_arena arena = {0};
		cni_folder folder;
		cn_error err;
		const char *const rows[] = {*row, NULL};
		assert_int_equal(link_folder(&arena, rows, &folder, &err), CN_EARG);
	}
}

/* A line of 16 MB is compared with nothing. */
static void names_are_bounded(void **state)
{
	(void)state;
	CLEANUP(cni_arena_done) cni_arena arena = {0};
	CLEANUP(cni_buffer_done) cni_buffer row = {0};
	const char *rows[] = {NULL, NULL};
	cni_folder folder;
	cn_error err;
	cni_buffer_puts(&row, "a:");
	for (int i = 0; i < 300000; i++)
		cni_buffer_printf(&row, "%sp%d", i ? "," : "", i);
	rows[0] = cni_buffer_text(&row);
	assert_int_equal(link_folder(&arena, rows, &folder, &err), CN_EARG);
	assert_non_null(strstr(err.message, "more than 256 names behind \"parents:\""));
}

/* "id id …" of a set, sorted by id; the folder's order is its own business. */
static const char *list_set(cni_arena *arena, const cni_folder *folder, const bool *set)
{
	CLEANUP(cni_buffer_done) cni_buffer out = {0};
	for (size_t i = 0; i < folder->revision_count; i++)
		if (set[folder->by_id[i]])
			cni_buffer_printf(&out, "%s%s", out.size ? " " : "",
				folder->revisions[folder->by_id[i]].id);
	return cni_buffer_dup(&out, arena);
}

static void labels_are_inherited(void **state)
{
	(void)state;
	CLEANUP(cni_arena_done) cni_arena arena = {0};
	static const char *const rows[] = {"r:::", "a1:r::", "a2:a1:shop:", "a3:a2::", "b1:r:eu:",
		"m:a3,b1::", "n:m:late:", NULL};
	static const struct {
		const char *label, *has;
	} cases[] = {{"shop", "a1 a2 a3 m n"}, {"eu", "b1 m n"}, {"late", "n"}};
	cni_folder folder;
	cn_error err;
	assert_ok(link_folder(&arena, rows, &folder, &err), &err);
	assert_int_equal(folder.label_count, CNI_COUNT(cases));
	for (size_t i = 0; i < CNI_COUNT(cases); i++)
		for (size_t k = 0; k < folder.label_count; k++)
			if (strcmp(folder.labels[k].name, cases[i].label) == 0)
				assert_string_equal(
					list_set(&arena, &folder,
						cni_folder_labelled(&folder, &arena, k)),
					cases[i].has);
}

static void heads_are_what_no_child_follows(void **state)
{
	(void)state;
	CLEANUP(cni_arena_done) cni_arena arena = {0};
	cni_folder folder;
	cn_error err;
	/* a is depended on, and a head all the same */
	static const char *const rows[] = {"a:::", "b:::a", "c:::b", NULL};
	assert_ok(link_folder(&arena, rows, &folder, &err), &err);
	assert_int_equal(cni_folder_head_count(&folder), 3);
	assert_string_equal(folder.revisions[0].id, "a");
	assert_string_equal(folder.revisions[2].id, "c");
	assert_string_equal(
		list_set(&arena, &folder,
			cni_folder_ancestors(&folder, &arena, cni_folder_get(&folder, "c"))),
		"a b c");
}

/* ---- names ---- */

static const struct {
	const char *name, *means; /* ids, "" for base, "+2" for steps; or a part of the message */
	cn_status status;
} names[] = {
	{"r", "r", CN_OK},
	{"shop", "a1", CN_OK},
	{"heads", "t2 m", CN_OK},
	{"base", "", CN_OK},
	{"HEADS", "t2 m", CN_OK},
	{"shop@head", "m", CN_OK},
	{"tools@head", "t2", CN_OK},
	{"tools@base", "", CN_OK},
	{"t1@heads", "t2", CN_OK},
	{"shop@a2", "a2", CN_OK},
	{"shop@r", "r", CN_OK},
	{"eu@+1", "+1", CN_OK},
	{"-3", "-3", CN_OK},
	{"r@-1", "-1", CN_OK},
	{"a1+1", "a2", CN_OK},
	{"shop+2", "m", CN_OK},
	{"a2-1", "a1", CN_OK},
	{"a2-2", "r", CN_OK},
	{"a2-3", "", CN_OK},
	{"tools@head-1", "t1", CN_OK},
	{"t2-1", "t1", CN_OK},
	{"head", "there are 2 heads", CN_ESCHEMA},
	{"r+1", "2 revisions follow \"r\"", CN_EARG},
	{"m-1", "2 revisions come before \"m\"", CN_EARG},
	{"a2-4", "there are no 4 revisions before \"a2\"", CN_ENOTFOUND},
	{"t2+1", "there are no 1 revisions after \"t2\"", CN_ENOTFOUND},
	{"tools@a1", "revision \"a1\" is not on branch \"tools\"", CN_ENOTFOUND},
	{"a", "the beginning of 2 revisions", CN_EARG},
	{"shpo", "there is no revision \"shpo\"", CN_ENOTFOUND},
	{"nobody@head", "there is no revision \"nobody\"", CN_ENOTFOUND},
	{"@head", "there is no revision \"\"", CN_ENOTFOUND},
	{"shop@", "there is no revision \"\"", CN_ENOTFOUND},
	{"+0", "is no number of steps", CN_EARG},
	{"-1x", "is no number of steps", CN_EARG},
	{"+9999999", "is no number of steps", CN_EARG},
};

static const char *write_target(cni_arena *arena, const cni_target *target)
{
	CLEANUP(cni_buffer_done) cni_buffer out = {0};
	for (size_t i = 0; i < target->count; i++)
		cni_buffer_printf(&out, "%s%s", i ? " " : "", target->list[i]->id);
	if (target->steps)
		cni_buffer_printf(&out, "%+ld", target->steps);
	return cni_buffer_dup(&out, arena);
}

static void names_mean_what_people_mean(void **state)
{
	(void)state;
	CLEANUP(cni_arena_done) cni_arena arena = {0};
	cni_folder folder;
	cni_target target;
	cn_error err = {0};
	assert_ok(link_folder(&arena, forked, &folder, &err), &err);
	for (size_t i = 0; i < CNI_COUNT(names); i++) {
		cn_status status = cni_folder_target(&folder, &arena, names[i].name, &target, &err);
		if (status != names[i].status)
			fail_msg("%s: %d %s", names[i].name, status, err.message);
		if (status < 0 && !strstr(err.message, names[i].means))
			fail_msg("%s: %s", names[i].name, err.message);
		if (status == CN_OK && strcmp(write_target(&arena, &target), names[i].means) != 0)
			fail_msg("%s: %s", names[i].name, write_target(&arena, &target));
	}
	assert_int_equal(cni_folder_target(&folder, &arena, "shpo", &target, &err), CN_ENOTFOUND);
	assert_non_null(strstr(err.hint, "did you mean \"shop\"?"));
}

/* ids with signs in them: what is there comes before what could be counted */
static void whole_ids_come_first(void **state)
{
	(void)state;
	CLEANUP(cni_arena_done) cni_arena arena = {0};
	static const char *const rows[] = {"add:::", "add-1:add::", "add-12:add-1::", NULL};
	const cni_revision *found;
	cni_folder folder;
	cn_error err;
	assert_ok(link_folder(&arena, rows, &folder, &err), &err);
	assert_ok(cni_folder_find(&folder, "add-1", &found, &err), &err);
	assert_string_equal(found->id, "add-1");
	assert_ok(cni_folder_find(&folder, "add-12-2", &found, &err), &err);
	assert_string_equal(found->id, "add");
	assert_ok(cni_folder_find(&folder, "add-1+1", &found, &err), &err);
	assert_string_equal(found->id, "add-12");
}

/* ---- routes ---- */

static const struct {
	const char *applied, *way, *runs; /* ids in order, or a part of the message */
	cn_status status;
} routes[] = {
	{"", "up heads", "r t1 a1 b1 t2 a2 b2 m", CN_OK},
	{"", "up m", "r a1 b1 a2 b2 m", CN_OK},
	{"", "up b2", "r a1 b1 b2", CN_OK}, /* what it depends on, too */
	{"", "up tools@head", "t1 t2", CN_OK},
	{"", "up shop", "r a1", CN_OK},
	{"r a1", "up eu@+1", "b1", CN_OK},
	{"r a1", "up shop@+2", "b1 a2 b2 m", CN_OK},
	{"r a1 a2 b1 b2", "up +1", "m", CN_OK}, /* two are current, one can follow */
	{"r", "up base", "", CN_OK},
	{"", "up +1", "could run 2 revisions", CN_EARG},
	{"r", "up +1", "could run 2 revisions", CN_EARG},
	{"r", "up -1", "cannot be upgraded to", CN_EARG},
	{"", "up head", "there are 2 heads", CN_ESCHEMA},
	{"r a1 a2 b1 b2 m", "up shop@+1", "there is no revision to upgrade to", CN_ENOTFOUND},
	{"r a1 a2 b1 b2 m", "up tools@+3", "there are no 3 revisions to upgrade to", CN_ENOTFOUND},

	{"r a1 a2 b1 b2 m", "down -1", "m", CN_OK}, /* back to both sides */
	{"r a1 a2 b1 b2 m", "down -2", "could undo 2 revisions", CN_EARG},
	{"r a1 a2 b1 b2", "down -1", "could undo 2 revisions", CN_EARG},
	{"r a1 a2 b1 b2", "down shop@-1", "a2", CN_OK},
	{"r a1 a2 b1 b2", "down shop@-2", "b2 a2 a1", CN_OK}, /* b2 depends on a1 */
	{"r a1 a2 b1 b2", "down b2@-1", "b2", CN_OK},
	{"r a1 a2 b1 b2 m", "down a1", "m a2", CN_OK}, /* b2 depends on a1, which stays */
	{"r a1 a2 b1 b2 m", "down a2", "m", CN_OK},
	{"r a1 a2 b1 b2 m", "down r", "m b2 a2 b1 a1", CN_OK},
	{"r a1 a2 b1 b2", "down eu@r", "b2 b1", CN_OK},
	{"r a1 a2 b1", "down b1-1", "b1", CN_OK},
	{"r a1 t1 t2", "down base", "t2 a1 t1 r", CN_OK},
	{"r a1 t1 t2", "down tools@base", "t2 t1", CN_OK},
	{"r a1 t1 t2", "down a1@base", "a1 r", CN_OK},
	{"t1", "down -1", "t1", CN_OK},
	{"t1", "down -2", "there are no 2 revisions to downgrade from", CN_ENOTFOUND},
	{"r t1", "down shop@-2", "there are no 2 revisions", CN_ENOTFOUND},
	{"r", "down a1", "it was not applied", CN_EARG},
	{"r", "down heads", "cannot be downgraded to", CN_EARG},
	{"r", "down +1", "cannot be downgraded to", CN_EARG},
};

static bool *read_set(cni_arena *arena, const cni_folder *folder, const char *ids)
{
	bool *set = cni_alloc(arena, folder->revision_count + 1);
	while (*ids) {
		size_t size = strcspn(ids, " ");
		set[place(folder, cni_strndup(arena, ids, size))] = true;
		ids += size + (ids[size] != '\0');
	}
	return set;
}

static const char *write_route(cni_arena *arena, const cni_route *route)
{
	CLEANUP(cni_buffer_done) cni_buffer out = {0};
	for (size_t i = 0; i < route->count; i++)
		cni_buffer_printf(&out, "%s%s", i ? " " : "", route->list[i]->id);
	return cni_buffer_dup(&out, arena);
}

static void routes_on_a_forked_graph(void **state)
{
	(void)state;
	for (size_t i = 0; i < CNI_COUNT(routes); i++) {
		CLEANUP(cni_arena_done) cni_arena arena = {0};
		bool down = cni_starts(routes[i].way, "down ");
		const char *name = strchr(routes[i].way, ' ') + 1;
		cni_folder folder;
		cni_route route = {0};
		cn_error err = {0};
		assert_ok(link_folder(&arena, forked, &folder, &err), &err);
		const bool *applied = read_set(&arena, &folder, routes[i].applied);
		cn_status status =
			cni_route_find(&folder, applied, down, name, &arena, &route, &err);
		const char *said = status < 0 ? err.message : write_route(&arena, &route);
		if (status != routes[i].status ||
			(status < 0 ? !strstr(said, routes[i].runs) : strcmp(said, routes[i].runs)))
			fail_msg("%s, %s: %d %s", routes[i].applied, routes[i].way, status, said);
		if (status == CN_EARG && strstr(said, "not clear"))
			assert_non_null(strchr(err.hint, '@'));
	}
}

static void what_came_too_late_is_refused(void **state)
{
	(void)state;
	CLEANUP(cni_arena_done) cni_arena arena = {0};
	static const char *const rows[] = {"a:::", "x:::", "b:a::x", "c:b::", NULL};
	cni_folder folder;
	cni_route route;
	cn_error err;
	assert_ok(link_folder(&arena, rows, &folder, &err), &err);
	const bool *applied = read_set(&arena, &folder, "a b");
	assert_int_equal(
		cni_route_find(&folder, applied, false, "c", &arena, &route, &err), CN_ESCHEMA);
	assert_non_null(strstr(err.message, "\"x\" comes before \"b\", which is applied already"));
}

static void a_merge_of_three(void **state)
{
	(void)state;
	CLEANUP(cni_arena_done) cni_arena arena = {0};
	static const char *const rows[] = {
		"r:::", "a:r::", "b:r::", "c:r::", "m:a,b,c::", "n:m::", NULL};
	cni_folder folder;
	cni_route route;
	cn_error err;
	assert_ok(link_folder(&arena, rows, &folder, &err), &err);
	const bool *applied = read_set(&arena, &folder, "r a b c m n");
	assert_ok(cni_route_find(&folder, applied, true, "b", &arena, &route, &err), &err);
	assert_string_equal(write_route(&arena, &route), "n m");
	applied = read_set(&arena, &folder, "r a b c");
	assert_int_equal(
		cni_route_find(&folder, applied, true, "-1", &arena, &route, &err), CN_EARG);
	assert_string_equal(err.detail, "a, b, c");
	applied = read_set(&arena, &folder, "r b");
	assert_ok(cni_route_find(&folder, applied, false, "head", &arena, &route, &err), &err);
	assert_string_equal(write_route(&arena, &route), "a c m n");
}

/* ---- any graph, any way ---- */

enum { GRAPHS = 400, MOVES = 40, NODES = 14 };

static uint64_t seed;

static size_t roll(size_t below)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (size_t)(seed >> 33) % below;
}

static void random_folder(cni_arena *arena, cni_folder *ret)
{
	const char *rows[NODES + 1] = {0};
	size_t count = 2 + roll(NODES - 2);
	cn_error err;
	for (size_t i = 0; i < count; i++) {
		CLEANUP(cni_buffer_done) cni_buffer parents = {0};
		bool taken[NODES] = {0};
		size_t wanted = i == 0 ? 0 : roll(8) == 0 ? 0 : roll(5) == 0 ? 2 + roll(2) : 1;
		for (size_t p = 0; p < wanted; p++) {
			size_t at = roll(4) ? i - 1 - roll(i < 3 ? i : 3) : roll(i);
			if (!taken[at])
				cni_buffer_printf(
					&parents, "%sn%02zu", parents.size ? "," : "", at);
			taken[at] = true;
		}
		size_t other = i ? roll(i) : 0;
		const char *depends = i && roll(5) == 0 && !taken[other]
					      ? cni_printf(arena, "n%02zu", other)
					      : "";
		rows[i] = cni_printf(arena, "n%02zu:%s:%s:%s", i, cni_buffer_text(&parents),
			roll(4) ? "" : cni_printf(arena, "label%zu", i), depends);
	}
	assert_ok(link_folder(arena, rows, ret, &err), &err);
}

static const char *random_name(cni_arena *arena, const cni_folder *folder)
{
	const char *id = folder->revisions[roll(folder->revision_count)].id;
	switch (roll(10)) {
	case 0: return "heads";
	case 1: return "base";
	case 2: return cni_printf(arena, "+%zu", 1 + roll(3));
	case 3: return cni_printf(arena, "-%zu", 1 + roll(3));
	case 4: return cni_printf(arena, "%s@-%zu", id, 1 + roll(3));
	case 5: return cni_printf(arena, "%s@+%zu", id, 1 + roll(3));
	case 6: return cni_printf(arena, "%s@base", id);
	default: return id;
	}
}

/* One step at a time, as the runner does it; each must be allowed where it comes. */
static void run_route(const cni_folder *folder, const cni_route *route, bool *applied)
{
	for (size_t i = 0; i < route->count; i++) {
		size_t at = (size_t)(route->list[i] - folder->revisions);
		assert_int_equal(applied[at], route->down);
		applied[at] = !route->down;
		for (size_t r = 0; r < folder->revision_count; r++)
			for (size_t n = 0; applied[r] && n < folder->revisions[r].need_count; n++)
				if (!applied[folder->revisions[r].need_at[n]])
					fail_msg("%s is applied without %s",
						folder->revisions[r].id,
						folder->revisions[folder->revisions[r].need_at[n]]
							.id);
	}
}

static void check_up(cni_arena *arena, const cni_folder *folder, const cni_target *target,
	const bool *before, const bool *after)
{
	bool *allowed = cni_alloc(arena, folder->revision_count + 1);
	for (size_t i = 0; i < target->count; i++) {
		allowed[target->list[i] - folder->revisions] = true;
		assert_true(after[target->list[i] - folder->revisions]);
	}
	cni_folder_close_up(folder, allowed);
	for (size_t i = 0; i < folder->revision_count; i++) {
		assert_true(after[i] || !before[i]);
		assert_true(!after[i] || before[i] || allowed[i] || target->steps);
	}
}

static void check_down(cni_arena *arena, const cni_folder *folder, const cni_target *target,
	const bool *before, const bool *after)
{
	const cni_revision *to = target->count ? target->list[0] : NULL;
	const bool *behind = cni_route_behind(folder, arena, to, target->branch);
	for (size_t i = 0; i < folder->revision_count; i++) {
		assert_true(before[i] || !after[i]);
		if (!target->steps)
			assert_int_equal(after[i], before[i] && !behind[i]);
	}
	if (to)
		assert_true(after[to - folder->revisions]);
}

static void any_way_on_any_graph(void **state)
{
	(void)state;
	size_t ran = 0, refused = 0;
	seed = 20261122;
	for (size_t g = 0; g < GRAPHS; g++) {
		CLEANUP(cni_arena_done) cni_arena arena = {0};
		cni_folder folder;
		random_folder(&arena, &folder);
		bool *applied = cni_alloc(&arena, folder.revision_count + 1);
		for (size_t m = 0; m < MOVES; m++) {
			bool down = roll(2) == 0;
			const char *name = random_name(&arena, &folder);
			const bool *before = cni_memdup(&arena, applied, folder.revision_count + 1);
			cni_route route = {0};
			cni_target target;
			cn_error err;
			assert_ok(cni_folder_target(&folder, &arena, name, &target, &err), &err);
			if (cni_route_find(&folder, applied, down, name, &arena, &route, &err) <
				0) {
				assert_true(*err.message && (target.steps || down));
				refused++;
				continue;
			}
			ran += route.count > 0;
			run_route(&folder, &route, applied);
			if (down)
				check_down(&arena, &folder, &target, before, applied);
			else
				check_up(&arena, &folder, &target, before, applied);
			if (target.steps && !target.branch)
				assert_true(route.count >= 1);
		}
	}
	/* both are met often, or the test says nothing */
	assert_true(ran > GRAPHS * MOVES / 5 && refused > GRAPHS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(refuses_what_cannot_be),
		cmocka_unit_test(refuses_labels_that_are_none),
		cmocka_unit_test(names_are_bounded),
		cmocka_unit_test(labels_are_inherited),
		cmocka_unit_test(heads_are_what_no_child_follows),
		cmocka_unit_test(names_mean_what_people_mean),
		cmocka_unit_test(whole_ids_come_first),
		cmocka_unit_test(routes_on_a_forked_graph),
		cmocka_unit_test(what_came_too_late_is_refused),
		cmocka_unit_test(a_merge_of_three),
		cmocka_unit_test(any_way_on_any_graph),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
