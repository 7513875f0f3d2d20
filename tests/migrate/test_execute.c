/* test_execute.c - whatever goes wrong between BEGIN and COMMIT, the old state is there afterwards.
 */
#include "tap.h"

#include <unistd.h>

#include "base/file.h"
#include "base/try.h"
#include "migrate/change/execute.h"

static char folder[256];

static const char start_sql[] =
	"CREATE TABLE p (id INTEGER PRIMARY KEY, name TEXT);"
	"CREATE TABLE c (id INTEGER PRIMARY KEY, p INTEGER REFERENCES p(id) ON DELETE CASCADE);"
	"INSERT INTO p VALUES (1, 'one'), (2, 'two'); INSERT INTO c VALUES (7, 1), (8, 2);";

static cni_conn *start(cni_arena *arena)
{
	cni_conn *conn;
	cni_uri uri;
	cn_error err;
	const char *path = cni_path_join(arena, folder, "test.db");
	unlink(path);
	unlink(cni_printf(arena, "%s-wal", path));
	unlink(cni_printf(arena, "%s-shm", path));
	assert_ok(cni_uri_parse(arena, path, "/", &uri, &err), &err);
	assert_ok(cni_conn_open(&uri, &(cni_open_options){.mode = CNI_OPEN_CREATE}, &conn, &err),
		&err);
	assert_ok(cni_conn_exec(conn, start_sql, &err), &err);
	return conn;
}

static int64_t number(cni_conn *conn, const char *sql)
{
	int64_t value = -1;
	cn_error err;
	assert_ok(cni_conn_int(conn, sql, &value, &err), &err);
	return value;
}

static void assert_old_state(cni_conn *conn)
{
	assert_false(cni_conn_in_transaction(conn));
	assert_int_equal(
		number(conn,
			"SELECT count(*) FROM p JOIN c ON c.p = p.id WHERE name IN ('one', 'two')"),
		2);
	assert_int_equal(
		number(conn, "SELECT count(*) FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%'"),
		2);
	assert_int_equal(number(conn, "SELECT count(*) FROM pragma_table_info('p')"), 2);
	assert_int_equal(number(conn, "PRAGMA foreign_keys"), 1); /* as it was opened */
	assert_int_equal(number(conn, "PRAGMA legacy_alter_table"), 0);
}

/* p is written anew: the usual plan, by hand. */
static const cni_step rebuild_steps[] = {
	{.sql = "CREATE TABLE n (id INTEGER PRIMARY KEY, name TEXT NOT NULL)",
		.comment = "table p is written anew"},
	{.sql = "INSERT INTO n SELECT id, name FROM p"},
	{.sql = "DROP TABLE p"},
	{.sql = "PRAGMA legacy_alter_table = ON"},
	{.sql = "ALTER TABLE n RENAME TO p"},
	{.sql = "PRAGMA legacy_alter_table = OFF"},
};

static const char *columns[] = {"id", "name"};

static cni_plan plan_of(const cni_step *steps, size_t count, cni_keep *keep)
{
	*keep = (cni_keep){.from_table = "p",
		.to_table = "p",
		.from_columns = columns,
		.to_columns = columns,
		.column_count = 2};
	return (cni_plan){.steps = (cni_step *)(uintptr_t)steps,
		.step_count = count,
		.keeps = keep,
		.keep_count = 1};
}

static void runs_a_rebuild(void **state)
{
	(void)state;
	CLEANUP(cni_arena_done) cni_arena arena = {0};
	CLEANUP(cni_conn_closep) cni_conn *conn = start(&arena);
	cni_keep keep;
	const cni_plan plan = plan_of(rebuild_steps, CNI_COUNT(rebuild_steps), &keep);
	cn_error err;
	assert_ok(cni_execute(conn, &(cni_execution){.plan = &plan}, &err), &err);
	assert_int_equal(
		number(conn, "SELECT count(*) FROM c JOIN p ON p.id = c.p"), 2); /* no cascade */
	assert_int_equal(
		number(conn, "SELECT \"notnull\" FROM pragma_table_info('p') WHERE name = 'name'"),
		1);
	assert_int_equal(number(conn, "PRAGMA foreign_keys"), 1);
}

/* Each of these ends a plan that was fine until then. */
static void puts_back_after_any_failure(void **state)
{
	(void)state;
	static const struct {
		const char *sql;
		cn_status status;
		const char *says;
	} rows[] = {
		{"SELECT * FROM nowhere", CN_ESQL, "nowhere"},
		{"DELETE FROM p WHERE id = 2", CN_ESCHEMA, "\"p\" did not come through"},
		{"UPDATE p SET name = 'One' WHERE id = 1", CN_ESCHEMA,
			"\"p\" did not come through"},
		{"UPDATE c SET p = 99", CN_ECONSTRAINT, "foreign keys would be broken"},
		{"INSERT INTO p VALUES (1, 'again')", CN_ECONSTRAINT, "UNIQUE"},
		{"INSERT INTO p VALUES (3, NULL)", CN_ECONSTRAINT, "NOT NULL"},
	};
	for (size_t i = 0; i < CNI_COUNT(rows); i++) {
		CLEANUP(cni_arena_done) cni_arena arena = {0};
		CLEANUP(cni_conn_closep) cni_conn *conn = start(&arena);
		cni_step steps[CNI_COUNT(rebuild_steps) + 1];
		cni_keep keep;
		cn_error err = {0};
		memcpy(steps, rebuild_steps, sizeof rebuild_steps);
		steps[CNI_COUNT(rebuild_steps)] = (cni_step){.sql = rows[i].sql};
		const cni_plan plan = plan_of(steps, CNI_COUNT(steps), &keep);
		cn_status status = cni_execute(conn, &(cni_execution){.plan = &plan}, &err);
		if (status != rows[i].status ||
			(!strstr(err.message, rows[i].says) && !strstr(err.detail, rows[i].says)))
			fail_msg("%s: %d %s | %s", rows[i].sql, status, err.message, err.detail);
		assert_old_state(conn);
	}
}

static void notices_another_schema_than_planned(void **state)
{
	(void)state;
	CLEANUP(cni_arena_done) cni_arena arena = {0};
	CLEANUP(cni_conn_closep) cni_conn *conn = start(&arena);
	cni_schema *expect;
	cni_keep keep;
	const cni_plan plan = plan_of(rebuild_steps, CNI_COUNT(rebuild_steps), &keep);
	cn_error err;
	assert_ok(cni_conn_inspect(conn, &arena, &expect, &err), &err);
	assert_int_equal(cni_execute(conn, &(cni_execution){.plan = &plan, .expect = expect}, &err),
		CN_ESCHEMA);
	assert_old_state(conn);
}

/* Room for n more pages only: a full disk, one page further each time. It must end in success. */
static void survives_a_full_disk(void **state)
{
	(void)state;
	int failed = 0;
	for (int pages = 0; pages < 200; pages++) {
		CLEANUP(cni_arena_done) cni_arena arena = {0};
		CLEANUP(cni_conn_closep) cni_conn *conn = start(&arena);
		cni_keep keep;
		const cni_plan plan = plan_of(rebuild_steps, CNI_COUNT(rebuild_steps), &keep);
		cn_error err = {0};
		assert_ok(
			cni_conn_exec(conn,
				"INSERT INTO p WITH RECURSIVE s(i) AS (SELECT 10 UNION ALL SELECT i + 1 FROM s WHERE i < 2000)"
				" SELECT i, hex(zeroblob(100)) FROM s",
				&err),
			&err);
		assert_ok(cni_conn_execf(conn, &err, "PRAGMA max_page_count = %d",
				  (int)number(conn, "PRAGMA page_count") + pages),
			&err);
		cn_status status = cni_execute(conn, &(cni_execution){.plan = &plan}, &err);
		if (status == CN_OK) {
			assert_int_equal(number(conn, "SELECT count(*) FROM p"), 1993);
			assert_true(failed > 20);
			return;
		}
		failed++;
		assert_int_equal(status, CN_EIO);
		assert_int_equal(number(conn, "SELECT count(*) FROM p"), 1993);
		assert_old_state(conn);
		assert_int_equal(
			number(conn,
				"SELECT count(*) FROM pragma_integrity_check WHERE integrity_check <> 'ok'"),
			0);
	}
	fail_msg("200 pages more were not enough");
}

struct hooks {
	int stop_at, steps, finished, locked;
	bool skip;
};

static void count_step(const char *what, int64_t done, int64_t total, void *ctx)
{
	struct hooks *hooks = ctx;
	assert_non_null(what);
	assert_true(done <= total);
	hooks->steps++;
}

static bool stop_in_the_middle(void *ctx)
{
	const struct hooks *hooks = ctx;
	return hooks->steps == hooks->stop_at;
}

static cn_status look(cni_conn *conn, bool *ret_skip, void *ctx, cn_error *err)
{
	struct hooks *hooks = ctx;
	(void)err;
	assert_true(cni_conn_in_transaction(conn));
	hooks->locked++;
	*ret_skip = hooks->skip;
	return CN_OK;
}

static cn_status end(cni_conn *conn, void *ctx, cn_error *err)
{
	struct hooks *hooks = ctx;
	hooks->finished++;
	return hooks->stop_at < -1 ? cn_fail(err, CN_ECONFLICT, "not now")
				   : cni_conn_exec(conn, "CREATE TABLE v (x)", err);
}

static void can_be_canceled(void **state)
{
	(void)state;
	for (int i = 0; i < (int)CNI_COUNT(rebuild_steps); i++) {
		CLEANUP(cni_arena_done) cni_arena arena = {0};
		CLEANUP(cni_conn_closep) cni_conn *conn = start(&arena);
		struct hooks hooks = {.stop_at = i};
		cni_keep keep;
		const cni_plan plan = plan_of(rebuild_steps, CNI_COUNT(rebuild_steps), &keep);
		cn_error err;
		const cni_execution execution = {.plan = &plan,
			.progress = count_step,
			.canceled = stop_in_the_middle,
			.ctx = &hooks};
		assert_int_equal(cni_execute(conn, &execution, &err), CN_ECANCELED);
		assert_int_equal(hooks.steps, i);
		assert_old_state(conn);
	}
}

static void calls_back_under_the_lock(void **state)
{
	(void)state;
	CLEANUP(cni_arena_done) cni_arena arena = {0};
	CLEANUP(cni_conn_closep) cni_conn *conn = start(&arena);
	struct hooks hooks = {.stop_at = -2};
	cni_keep keep;
	const cni_plan plan = plan_of(rebuild_steps, CNI_COUNT(rebuild_steps), &keep);
	cn_error err;
	const cni_execution execution = {
		.plan = &plan, .locked = look, .finish = end, .ctx = &hooks};
	assert_int_equal(
		cni_execute(conn, &execution, &err), CN_ECONFLICT); /* what finish says counts */
	assert_old_state(conn);
	hooks.skip = true;
	assert_ok(cni_execute(conn, &execution, &err), &err); /* somebody else was first */
	assert_old_state(conn);
	hooks.skip = false;
	hooks.stop_at = -1;
	assert_ok(cni_execute(conn, &execution, &err), &err);
	assert_int_equal(number(conn, "SELECT count(*) FROM v"), 0);
	assert_int_equal(hooks.locked, 3);
	assert_int_equal(hooks.finished, 2);
}

static void refuses_inside_a_transaction(void **state)
{
	(void)state;
	CLEANUP(cni_arena_done) cni_arena arena = {0};
	CLEANUP(cni_conn_closep) cni_conn *conn = start(&arena);
	cni_keep keep;
	const cni_plan plan = plan_of(rebuild_steps, CNI_COUNT(rebuild_steps), &keep);
	cn_error err;
	assert_ok(cni_conn_begin(conn, CNI_TX_WRITE, &err), &err);
	assert_int_equal(cni_execute(conn, &(cni_execution){.plan = &plan}, &err), CN_EARG);
	assert_true(cni_conn_in_transaction(conn));
	cni_conn_rollback(conn);
	assert_old_state(conn);
}

static int make_folder(void **state)
{
	(void)state;
	snprintf(folder, sizeof folder, "%s/cantil-execute-XXXXXX",
		getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
	return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
	CLEANUP(cni_arena_done) cni_arena arena = {0};
	(void)state;
	unlink(cni_path_join(&arena, folder, "test.db"));
	return rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(runs_a_rebuild),
		cmocka_unit_test(puts_back_after_any_failure),
		cmocka_unit_test(notices_another_schema_than_planned),
		cmocka_unit_test(survives_a_full_disk),
		cmocka_unit_test(can_be_canceled),
		cmocka_unit_test(calls_back_under_the_lock),
		cmocka_unit_test(refuses_inside_a_transaction),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
