/*
 * test_random.c - schemas and changes made by chance, with rows, forward and backward: no value and
 * no row may be lost, what can be done is done, and what is refused has a reason.
 *
 * `CANTIL_TEST_PAIRS` sets how many (default 1000), `CANTIL_TEST_SEED` the first;
 * `CANTIL_TEST_SHOW=1` prints each. The seed also chooses the way in: `cni_change_make` and
 * `cni_execute` (what a revision does), `cni_apply` with answers and without, the script that
 * `--sql` prints, and a folder of revisions by `cn_migrator_make`, `cn_migrator_upgrade` and
 * `cn_migrator_downgrade`; and whether a stored CREATE text may be edited where that is enough.
 */
#include "project.h"

#include <inttypes.h>
#include <unistd.h>

#include "base/file.h"
#include "base/hash.h"
#include "base/try.h"
#include "migrate/change/apply.h"
#include "migrate/change/execute.h"
#include "random_oracle.h"
#include "random_schema.h"

typedef enum way_in { WAY_CHANGE, WAY_APPLY, WAY_UNTOLD, WAY_MIGRATOR, WAY_SCRIPT } way_in;

typedef struct random_pair {
	cni_arena *arena;
	way_in way;
	bool edits; /* the stored text of a table may be edited however few rows it has */
	random_schema from, to;
	const char *script, *target, *answers, *path;
	random_oracle oracle;
	bool refused, refused_back, edited;
} random_pair;

static way_in way_of(uint64_t seed)
{
	switch (seed % 16) {
	case 3:
	case 11: return WAY_APPLY;
	case 7:
	case 15: return WAY_UNTOLD;
	case 5: return WAY_MIGRATOR;
	case 9: return WAY_SCRIPT;
	default: return WAY_CHANGE;
	}
}

static const char *kept(random_pair *pair, cni_buffer *text)
{
	const char *copy = cni_buffer_dup(text, pair->arena);
	cni_buffer_clear(text);
	return copy;
}

static void make_pair(random_pair *pair, uint64_t seed)
{
	CLEANUP(cni_buffer_done) cni_buffer text = {0};
	chance dice = chance_from(seed);
	pair->way = way_of(seed);
	pair->edits = seed / 16 % 2;
	bool small = seed / 32 % 2; /* what an edit can do */
	random_make(&dice, &pair->from);
	pair->to = pair->from;
	random_change(&dice, &pair->to, pair->edits ? 2 : 7, pair->edits && small);
	if (chance_one_in(&dice, 12))
		cni_buffer_puts(&text, "PRAGMA encoding = 'UTF-16';\n");
	cni_buffer_puts(&text, "PRAGMA foreign_keys = OFF;\nBEGIN;\n");
	random_write_tables(&pair->from, "", &text);
	random_write_indexes(&pair->from, "", &text);
	random_fill(&dice, &pair->from, &text);
	random_write_others(&pair->from, &text);
	random_fill_virtual(&pair->from, &text);
	cni_buffer_puts(&text, "COMMIT;\n");
	if (chance_one_in(&dice, 6))
		cni_buffer_puts(&text, "ANALYZE;\n");
	pair->script = kept(pair, &text);
	random_write_tables(&pair->to, "", &text);
	random_write_indexes(&pair->to, "", &text);
	random_write_others(&pair->to, &text);
	pair->target = kept(pair, &text);
	if (pair->way == WAY_UNTOLD)
		random_forget(&dice, &pair->from, &pair->to);
	else
		random_answers(&pair->from, &pair->to, &text);
	pair->answers = kept(pair, &text);
}

/* ---- databases ---- */

static void remove_db(const random_pair *pair)
{
	static const char *const ends[] = {"", "-journal", "-wal", "-shm"};
	for (size_t i = 0; i < CNI_COUNT(ends); i++)
		unlink(cni_printf(pair->arena, "%s%s", pair->path, ends[i]));
}

static void write_db(const random_pair *pair)
{
	sqlite3 *db;
	remove_db(pair);
	assert_int_equal(sqlite3_open(pair->path, &db), SQLITE_OK);
	sqlite3_exec(db, "PRAGMA synchronous = OFF", NULL, NULL, NULL);
	sqlite3_backup *backup = sqlite3_backup_init(db, "main", pair->oracle.before, "main");
	assert_non_null(backup);
	assert_int_equal(sqlite3_backup_step(backup, -1), SQLITE_DONE);
	sqlite3_backup_finish(backup);
	sqlite3_close(db);
}

static cni_conn *open_conn(const random_pair *pair)
{
	cni_conn *conn;
	cni_uri uri;
	cn_error err;
	assert_ok(cni_uri_parse(pair->arena, pair->path, "/", &uri, &err), &err);
	assert_ok(cni_conn_open(&uri, &(cni_open_options){.mode = CNI_OPEN_WRITE, .foreign = true},
			  &conn, &err),
		&err);
	return conn;
}

static const char *sum_of(const random_pair *pair)
{
	char *data, sum[65];
	size_t size;
	cn_error err;
	assert_ok(cni_file_read(pair->arena, pair->path, 1 << 26, &data, &size, &err), &err);
	cni_sha256_text(data, size, sum);
	return cni_strdup(pair->arena, sum);
}

static const char *look(
	const random_pair *pair, const char *(*check)(const random_oracle *oracle, sqlite3 *after))
{
	sqlite3 *after;
	assert_int_equal(sqlite3_open(pair->path, &after), SQLITE_OK);
	const char *wrong = check(&pair->oracle, after);
	sqlite3_close(after);
	return wrong;
}

/* ---- the ways ---- */

static const char *say(const random_pair *pair, const char *what, const cn_error *err)
{
	return cni_printf(
		pair->arena, "%s: %s | %s | %s", what, err->message, err->detail, err->hint);
}

/* A refusal that nothing in the rows explains is as wrong as a loss. */
static const char *judge_refusal(random_pair *pair, const cn_error *err)
{
	pair->refused = true;
	if (err->status != CN_EDECISION && err->status != CN_ECONSTRAINT && !pair->oracle.refusal)
		return say(pair, "failed", err);
	if (!pair->oracle.refusal && !pair->oracle.unclear && pair->way != WAY_UNTOLD)
		return say(pair, "refused without a reason", err);
	return NULL;
}

static const char *judge_success(const random_pair *pair)
{
	if (pair->oracle.refusal)
		return cni_printf(pair->arena, "not refused: %s", pair->oracle.refusal);
	return look(pair, oracle_compare);
}

static const char *apply(random_pair *pair)
{
	cni_answers answers = {.arena = pair->arena};
	cni_apply_report report;
	cn_error err = {0};
	const char *before = sum_of(pair);
	cni_conn *conn = open_conn(pair);
	cn_status status = cni_answers_add_text(&answers, pair->answers, "answers", &err);
	if (status == CN_OK)
		status = cni_apply(conn, "target", pair->target, &answers,
			&(cni_apply_options){.edit_from = pair->edits}, pair->arena, &report, &err);
	cni_conn_close(conn);
	if (status < 0 && strcmp(before, sum_of(pair)) != 0)
		return say(pair, "refused, but the file has changed", &err);
	if (status < 0)
		return judge_refusal(pair, &err);
	const char *wrong = judge_success(pair);
	if (!wrong && pair->way == WAY_UNTOLD)
		wrong = look(pair, oracle_losses);
	return wrong;
}

/* What --sql prints, run by SQLite itself. */
static const char *run_script(random_pair *pair)
{
	cni_answers answers = {.arena = pair->arena};
	cni_apply_report report;
	cn_error err = {0};
	cni_conn *conn = open_conn(pair);
	cn_status status = cni_answers_add_text(&answers, pair->answers, "answers", &err);
	if (status == CN_OK)
		status = cni_apply(conn, "target", pair->target, &answers,
			&(cni_apply_options){.dry_run = true, .edit_from = pair->edits},
			pair->arena, &report, &err);
	cni_conn_close(conn);
	if (status < 0)
		return judge_refusal(pair, &err);
	sqlite3 *db;
	char *message = NULL;
	const char *script = report.script;
	while (*script == '.') /* for the shell */
		script = strchr(script, '\n') + 1;
	assert_int_equal(sqlite3_open(pair->path, &db), SQLITE_OK);
	int rc = sqlite3_exec(db, script, NULL, NULL, &message);
	const char *why = cni_printf(pair->arena, "the script: %s\n%s", message, report.script);
	sqlite3_free(message);
	sqlite3_close(db);
	return rc == SQLITE_OK ? judge_success(pair) : why;
}

static bool fails_on_rows(const cni_plan *plan)
{
	for (size_t i = 0; i < plan->warning_count; i++)
		if (strncmp(plan->warnings[i], "the way back fails", 18) == 0)
			return true;
	return false;
}

static const char *change(random_pair *pair)
{
	CLEANUP(cni_conn_closep) cni_conn *conn = open_conn(pair);
	cni_answers answers = {.arena = pair->arena};
	cni_schema *from, *to;
	cni_change_set set;
	cn_error err = {0};
	assert_ok(cni_conn_inspect(conn, pair->arena, &from, &err), &err);
	if (cni_normalise_sql("sqlite", pair->target, pair->arena, &to, &err) < 0)
		return say(pair, "the target was not read", &err);
	assert_ok(cni_answers_add_text(&answers, pair->answers, "answers", &err), &err);
	const cni_change_input input = {.from = from,
		.to = to,
		.answers = &answers,
		.data = conn,
		.edit_from = pair->edits};
	if (cni_change_make(pair->arena, &input, &set, &err) < 0)
		return judge_refusal(pair, &err);
	if (set.question_count) {
		if (cni_change_ask(&set, &err) < 0)
			return judge_refusal(pair, &err);
	}
	pair->edited = set.up.edits_schema;
	const cni_execution up = {.plan = &set.up, .expect = set.up.result};
	const cni_execution down = {.plan = &set.down, .expect = set.down.result};
	if (cni_execute(conn, &up, &err) < 0)
		return judge_refusal(pair, &err);
	const char *wrong = judge_success(pair);
	if (wrong)
		return wrong;
	pair->refused_back = fails_on_rows(&set.down);
	if (pair->refused_back || !set.down.step_count)
		return NULL;
	if (cni_execute(conn, &down, &err) < 0)
		return say(pair, "down", &err);
	return look(pair, oracle_compare_back);
}

static const char *migrate(random_pair *pair, project *p)
{
	cn_made made;
	cn_error err = {0};
	want(p, pair->target);
	cn_status status = cn_migrator_make(p->migrator,
		&(cn_make_desc){.revision_id = "second", .answers = pair->answers}, &made, &err);
	if (status < 0)
		return judge_refusal(pair, &err);
	if (!made.changed)
		return judge_success(pair);
	/* the way back may rest on rows that only people can judge: it says so in the file */
	pair->refused_back = strstr(made.text, "the way back fails") != NULL;
	if (cn_migrator_upgrade(p->migrator, NULL, NULL, &err) < 0)
		return judge_refusal(pair, &err);
	const char *wrong = judge_success(pair);
	if (wrong)
		return wrong;
	if (pair->refused_back)
		return NULL;
	if (cn_migrator_downgrade(p->migrator, NULL, NULL, &err) < 0)
		return say(pair, "down", &err);
	return look(pair, oracle_compare_back);
}

/* A project at the first state, with its rows: that state is its base revision. */
static const char *migrate_in_project(random_pair *pair)
{
	void *state;
	cn_error err;
	project_setup(&state);
	project *p = state;
	pair->path = p->db;
	CLEANUP(cni_buffer_done) cni_buffer text = {0};
	random_write_tables(&pair->from, "", &text);
	random_write_indexes(&pair->from, "", &text);
	random_write_others(&pair->from, &text);
	want(p, cni_buffer_text(&text));
	const char *wrong = NULL;
	if (cn_migrator_make(
		    p->migrator, &(cn_make_desc){.revision_id = "first"}, &(cn_made){0}, &err) < 0)
		wrong = say(pair, "the base revision was not made", &err);
	write_db(pair);
	if (!wrong && cn_migrator_stamp(p->migrator, "first", &err) < 0)
		wrong = say(pair, "the base revision was not stamped", &err);
	if (!wrong)
		wrong = migrate(pair, p);
	project_teardown(&state);
	return wrong;
}

static const char *run_pair(random_pair *pair)
{
	const char *why;
	pair->oracle = (random_oracle){.arena = pair->arena,
		.from = &pair->from,
		.to = &pair->to,
		.told = pair->way != WAY_UNTOLD};
	pair->oracle.before = oracle_build(pair->script, pair->arena, &why);
	if (why) {
		sqlite3_close(pair->oracle.before);
		return cni_printf(pair->arena, "the test makes nonsense: %s", why);
	}
	if (pair->way != WAY_MIGRATOR)
		write_db(pair);
	oracle_expect(&pair->oracle);
	const char *wrong = pair->way == WAY_MIGRATOR ? migrate_in_project(pair)
			    : pair->way == WAY_CHANGE ? change(pair)
			    : pair->way == WAY_SCRIPT ? run_script(pair)
						      : apply(pair);
	if (pair->way != WAY_MIGRATOR)
		remove_db(pair);
	sqlite3_close(pair->oracle.before);
	return wrong;
}

static unsigned long setting(const char *name, unsigned long otherwise)
{
	const char *text = getenv(name);
	return text ? strtoul(text, NULL, 10) : otherwise;
}

static void loses_nothing(void **state)
{
	(void)state;
	char folder[] = "/tmp/cantil-random-XXXXXX", shm[] = "/dev/shm/cantil-random-XXXXXX";
	const char *root = mkdtemp(shm);
	root = root ? root : mkdtemp(folder);
	unsigned long pairs = setting("CANTIL_TEST_PAIRS", 1000),
		      first = setting("CANTIL_TEST_SEED", 1),
		      most = setting("CANTIL_TEST_WRONG", 5);
	unsigned long wrong = 0, refused = 0, refused_back = 0, edited = 0;
	for (unsigned long seed = first; seed < first + pairs && wrong < most; seed++) {
		CLEANUP(cni_arena_done) cni_arena arena = {0};
		random_pair pair = {
			.arena = &arena, .path = cni_path_join(&arena, root, "random.db")};
		make_pair(&pair, seed);
		const char *what = run_pair(&pair);
		refused += pair.refused;
		edited += pair.edited;
		refused_back += pair.refused_back;
		if (!what && !setting("CANTIL_TEST_SHOW", 0))
			continue;
		fprintf(stderr, /* whole, which cmocka's own functions do not print */
			"seed %lu, way %d: %s\n-- start --\n%s-- target --\n%s-- hints --\n%s\n",
			seed, (int)pair.way, what ? what : "right", pair.script, pair.target,
			pair.answers);
		wrong += what != NULL;
	}
	print_message(
		"# %lu pairs from %lu: %lu refused, %lu without a way back, %lu by edited text, %lu wrong\n",
		pairs, first, refused, refused_back, edited, wrong);
	rmdir(root);
	assert_int_equal(wrong, 0);
	/* a test that is refused everywhere tests nothing */
	assert_true((refused * 2 < pairs && edited) || pairs < 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(loses_nothing)};
	return RUN(tests);
}
