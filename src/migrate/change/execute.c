/* execute.c - see execute.h. */
#include "migrate/change/execute.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/text.h"
#include "base/try.h"
#include "driver/words.h"
#include "migrate/revision/data_step.h"
#include "sql/lexer.h"

struct measure { /* of a table's rows */
	int64_t rows;
	uint64_t hash;
};

enum { HASH_COLUMNS = 100 }; /* what every engine's content_hash takes, and one more */

/* SELECT count(*), hash(…): several hashes for a very wide table, the first column (the
 * rowid or a key, as a rule) in each of them, so that no value can change places with another
 * row's. */
static void write_measure(const cni_words *words, cni_buffer *sql, const char *table,
	const char *const *columns, size_t count)
{
	cni_buffer_puts(sql, "SELECT count(*)");
	for (size_t i = 0; i < count; i += HASH_COLUMNS) {
		const char *part[HASH_COLUMNS + 1] = {columns[0]};
		size_t size = i ? 1 : 0;
		for (size_t j = i; j < count && j < i + HASH_COLUMNS; j++)
			part[size++] = columns[j];
		cni_buffer_puts(sql, ", ");
		words->content_hash(sql, part, size);
	}
	cni_buffer_puts(sql, " FROM ");
	cni_quote_name(sql, table);
}

static cn_status measure_rows(cni_conn *conn, const char *table, const char *const *columns,
	size_t count, struct measure *ret, cn_error *err)
{
	CLEANUP(cni_stmt_releasep) cni_stmt *stmt = NULL;
	CLEANUP(cni_buffer_done) cni_buffer sql = {0};
	struct measure measure = {0};
	write_measure(conn->driver->words, &sql, table, columns, count);
	if (sql.failed)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	TRY(cni_conn_prepare(conn, cni_buffer_text(&sql), &stmt, err));
	int step = cni_stmt_step(stmt, err);
	if (step < 0)
		return (cn_status)step;
	measure.rows = cni_stmt_int(stmt, 0);
	for (size_t i = 1; i < cni_stmt_columns(stmt); i++) {
		int64_t part = cni_stmt_int(stmt, i);
		measure.hash = cni_hash64(&part, sizeof part, measure.hash);
	}
	*ret = measure;
	return CN_OK;
}

static cn_status measure_all(
	cni_conn *conn, const cni_plan *plan, cni_arena *arena, struct measure **ret, cn_error *err)
{
	struct measure *list = cni_alloc(arena, (plan->keep_count + 1) * sizeof *list);
	if (!list)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	for (size_t i = 0; i < plan->keep_count; i++)
		TRY(measure_rows(conn, plan->keeps[i].from_table, plan->keeps[i].from_columns,
			plan->keeps[i].column_count, &list[i], err));
	*ret = list;
	return CN_OK;
}

static cn_status compare_all(
	cni_conn *conn, const cni_plan *plan, const struct measure *before, cn_error *err)
{
	for (size_t i = 0; i < plan->keep_count; i++) {
		const cni_keep *keep = &plan->keeps[i];
		struct measure after;
		TRY(measure_rows(
			conn, keep->to_table, keep->to_columns, keep->column_count, &after, err));
		if (after.rows == before[i].rows && after.hash == before[i].hash)
			continue;
		cn_error_set(err, CN_ESCHEMA,
			"the rows of table \"%s\" did not come through unchanged",
			keep->from_table);
		cn_error_detail(err, "%" PRId64 " rows before, %" PRId64 " after%s", before[i].rows,
			after.rows, after.rows == before[i].rows ? ", other values" : "");
		cn_error_hint(err,
			"everything was rolled back; the statement that copies the table is at fault; a "
			"statement that changes rows on purpose has a line \"-- data: why\" above it");
		return CN_ESCHEMA;
	}
	return CN_OK;
}

/* Some failures make an engine end the transaction by itself. What ran after that would stand
 * alone. */
static cn_status must_be_open(cni_conn *conn, cn_error *err)
{
	if (cni_conn_in_transaction(conn))
		return CN_OK;
	return cn_fail(err, CN_ESQL, "the database ended the transaction; nothing was changed");
}

static cn_status run_step(
	cni_conn *conn, const cni_execution *execution, const cni_step *step, cn_error *err)
{
	const cni_revision *revision = execution->revision;
	bool special = revision && (step->call || step->argument_count);
	cn_status status = special ? cni_data_step_run(conn, revision, step, execution->down,
					     execution->rehearsal, err)
				   : cni_conn_exec(conn, step->sql, err);
	if (status >= 0)
		return CN_OK;
	if (status == CN_ECONSTRAINT && conn->driver->step_failed)
		conn->driver->step_failed(conn, execution->plan, step, err);
	if (err && !*err->detail && *step->sql)
		cn_error_detail(err, "%.1500s", step->sql);
	if (revision && step->line)
		cni_error_more(err, "%s:%u", revision->path, step->line);
	return status;
}

struct stepping {
	cni_conn *conn;
	const cni_execution *execution;
	const char *what; /* the last comment: it speaks of the steps behind it, too */
};

static cn_status run_nth(size_t i, void *ctx, cn_error *err)
{
	struct stepping *stepping = ctx;
	const cni_execution *execution = stepping->execution;
	const cni_step *step = &execution->plan->steps[i];
	const char *what = step->comment ? step->comment : stepping->what;
	stepping->what = what;
	if (execution->canceled && execution->canceled(execution->ctx))
		return cn_fail(err, CN_ECANCELED, "interrupted; nothing was changed");
	if (execution->progress)
		execution->progress(
			what, (int64_t)i, (int64_t)execution->plan->step_count, execution->ctx);
	TRY(must_be_open(stepping->conn, err));
	cn_status status = run_step(stepping->conn, execution, step, err);
	return status < 0 && *what ? cn_error_wrap(err, "%.200s", what) : status;
}

static cn_status run_steps(
	cni_conn *conn, const cni_execution *execution, size_t from, size_t to, cn_error *err)
{
	const cni_plan *plan = execution->plan;
	struct stepping stepping = {conn, execution, ""};
	if (conn->driver->run_steps)
		TRY(conn->driver->run_steps(conn, plan, from, to, run_nth, &stepping, err));
	for (size_t i = from; !conn->driver->run_steps && i < to; i++)
		TRY(run_nth(i, &stepping, err));
	if (execution->progress && to == plan->step_count)
		execution->progress("", (int64_t)to, (int64_t)to, execution->ctx);
	return CN_OK;
}

/* What `keeps` speak of is what stands between the data steps at both ends. */
static void kept_part(const cni_plan *plan, size_t *ret_from, size_t *ret_to)
{
	size_t from = 0, to = plan->step_count;
	while (from < to && (plan->steps[from].data || plan->steps[from].call))
		from++;
	while (to > from && (plan->steps[to - 1].data || plan->steps[to - 1].call))
		to--;
	*ret_from = from;
	*ret_to = to;
}

static cn_status compare_schema(cni_conn *conn, const cni_schema *expect, cn_error *err)
{
	CLEANUP(cni_arena_done) cni_arena arena = {0};
	CLEANUP(cni_buffer_done) cni_buffer text = {0};
	cni_schema *now;
	cni_diff diff;
	TRY(cni_conn_inspect_like(conn, expect, &arena, &now, err));
	if (cni_schema_equal(now, expect))
		return CN_OK;
	TRY(cni_diff_make(&arena, now, expect, &(cni_diff_options){0}, &diff, err));
	cni_diff_describe(&text, &diff);
	cn_error_set(err, CN_ESCHEMA, "the schema afterwards is not the one that was planned");
	cn_error_detail(err, "%s", cni_buffer_text(&text));
	return CN_ESCHEMA;
}

/* Inside the transaction; *ret_skip: there was nothing to do. */
static cn_status run_locked(
	cni_conn *conn, const cni_execution *execution, bool *ret_skip, cn_error *err)
{
	CLEANUP(cni_arena_done) cni_arena arena = {0};
	const cni_driver *driver = conn->driver;
	struct measure *before;
	void *state = NULL;
	size_t from, to;
	if (execution->locked)
		TRY(execution->locked(conn, ret_skip, execution->ctx, err));
	if (*ret_skip)
		return CN_OK;
	if (driver->plan_before && !execution->schema_only)
		TRY(driver->plan_before(conn, execution->plan, &arena, &state, err));
	kept_part(execution->plan, &from, &to);
	TRY(run_steps(conn, execution, 0, from, err));
	if (execution->schema_only) {
		TRY(run_steps(conn, execution, from, execution->plan->step_count, err));
		return must_be_open(conn, err);
	}
	TRY(measure_all(conn, execution->plan, &arena, &before, err));
	TRY(run_steps(conn, execution, from, to, err));
	TRY(compare_all(conn, execution->plan, before, err));
	TRY(run_steps(conn, execution, to, execution->plan->step_count, err));
	if (driver->plan_after && !execution->schema_only)
		TRY(driver->plan_after(conn, execution->plan, &arena, state, err));
	if (execution->expect)
		TRY(compare_schema(conn, execution->expect, err));
	TRY(must_be_open(conn, err));
	if (execution->finish)
		TRY(execution->finish(conn, execution->ctx, err));
	return must_be_open(conn, err);
}

static cn_status run_transaction(cni_conn *conn, const cni_execution *execution, cn_error *err)
{
	bool skip = false;
	const cni_words *words = conn->driver->words;
	TRY(cni_conn_begin(conn, CNI_TX_WRITE, err));
	cn_status status = words->hold_migrations && !execution->rehearsal
				   ? words->hold_migrations(conn, false, err)
				   : CN_OK;
	if (status == CN_OK)
		status = run_locked(conn, execution, &skip, err);
	if (status == CN_OK && !skip)
		status = cni_conn_commit(conn, err);
	if (status < 0 || skip)
		cni_conn_rollback(conn);
	return status;
}

static bool is_canceled(cni_conn *conn, const cni_execution *execution)
{
	const cni_pulse pulse = {.sql = "BEGIN", .waiting = true};
	return (conn->watch && !conn->watch(&pulse, conn->watch_ctx)) ||
	       (execution->canceled && execution->canceled(execution->ctx));
}

/* Where transactions can stand in each other's way, one that had to give way is run again, whole,
 * for as long as this connection waits for locks. */
static cn_status run_until(cni_conn *conn, const cni_execution *execution, cn_error *err)
{
	const cni_words *words = conn->driver->words;
	cn_error why = {0};
	int64_t wait_ms = 0;
	if (words->try_again)
		TRY(cni_conn_get(conn, CNI_SETTING_BUSY_TIMEOUT_MS, &wait_ms, err));
	int64_t until_us = cni_clock_mono_us() + wait_ms * 1000;
	for (long pause_ms = 10;; pause_ms = pause_ms < 500 ? pause_ms * 2 : 500) {
		cn_status status = run_transaction(conn, execution, &why);
		bool again = status < 0 && words->try_again && words->try_again(&why) &&
			     cni_clock_mono_us() < until_us;
		if (again && is_canceled(conn, execution))
			return cn_fail(err, CN_ECANCELED, "interrupted; nothing was changed");
		if (!again) {
			if (status < 0 && err)
				*err = why;
			return status;
		}
		struct timespec pause = {.tv_sec = 0, .tv_nsec = pause_ms * 1000000L};
		(void)nanosleep(&pause, NULL);
	}
}

typedef struct settings { /* what a migration changes on a connection */
	int64_t foreign_keys, durable, defensive, quoted_strings;
} settings;

/* Of a setting that an engine does not have there is nothing to fear: no string stands in double
 * quotes, and no table that is dropped takes the rows of others along. */
static cn_status set_if_any(cni_conn *conn, cni_setting setting, int64_t value, cn_error *err)
{
	cn_error why;
	cn_status status = cni_conn_set(conn, setting, value, &why);
	if (status == CN_EUNSUPPORTED)
		return CN_OK;
	if (status < 0 && err)
		*err = why;
	return status;
}

static cn_status prepare(cni_conn *conn, const cni_plan *plan, settings *before, cn_error *err)
{
	TRY(cni_conn_get(conn, CNI_SETTING_DEFENSIVE, &before->defensive, err));
	TRY(cni_conn_get(conn, CNI_SETTING_FOREIGN_KEYS, &before->foreign_keys, err));
	TRY(cni_conn_get(conn, CNI_SETTING_DURABLE, &before->durable, err));
	TRY(cni_conn_get(conn, CNI_SETTING_QUOTED_STRINGS, &before->quoted_strings, err));
	TRY(cni_conn_set(conn, CNI_SETTING_LEGACY_ALTER, 0, err));
	TRY(cni_conn_set(conn, CNI_SETTING_DURABLE, 1, err));
	/* the scratch database that the plan was tried on took them, and the schema may rest on it
	 */
	TRY(set_if_any(conn, CNI_SETTING_QUOTED_STRINGS, 1, err));
	/* with foreign keys enforced, DROP TABLE would delete the children's rows, without an error
	 */
	TRY(set_if_any(conn, CNI_SETTING_FOREIGN_KEYS, 0, err));
	return plan->edits_schema ? cni_conn_set(conn, CNI_SETTING_DEFENSIVE, 0, err) : CN_OK;
}

/* All of them, whatever fails; the first failure is told. A step that failed may have left the
 * schema open to writing. */
static cn_status restore(
	cni_conn *conn, const cni_plan *plan, const settings *before, cn_error *err)
{
	const struct {
		cni_setting setting;
		int64_t value;
		bool always;
	} rows[] = {
		{CNI_SETTING_WRITABLE_SCHEMA, 0, false},
		{CNI_SETTING_DEFENSIVE, before->defensive, false},
		{CNI_SETTING_LEGACY_ALTER, 0, true},
		{CNI_SETTING_QUOTED_STRINGS, before->quoted_strings, true},
		{CNI_SETTING_DURABLE, before->durable, true},
		{CNI_SETTING_FOREIGN_KEYS, before->foreign_keys, true},
	};
	cn_status first = CN_OK;
	for (size_t i = 0; i < CNI_COUNT(rows); i++) {
		if (!rows[i].always && !plan->edits_schema)
			continue;
		/* a connection that stays more careful than it was is no failure of what is done */
		bool matters = rows[i].setting != CNI_SETTING_DURABLE;
		cn_status status = cni_conn_set(
			conn, rows[i].setting, rows[i].value, first < 0 || !matters ? NULL : err);
		if (matters && first == CN_OK)
			first = status;
	}
	return first;
}

/* What was committed stays so, whoever interrupts now: the settings come back all the same. */
static cn_status restore_in_peace(
	cni_conn *conn, const cni_plan *plan, const settings *before, cn_error *err)
{
	cni_pulse_fn watch = conn->watch;
	cn_status status = CN_ECANCELED;
	cni_conn_watch(conn, NULL, conn->watch_ctx);
	for (int tries = 0; tries < 3 && status == CN_ECANCELED; tries++)
		status = restore(conn, plan, before, err);
	cni_conn_watch(conn, watch, conn->watch_ctx);
	return status;
}

cn_status cni_execute(cni_conn *conn, const cni_execution *execution, cn_error *err)
{
	settings before = {0};
	if (cni_conn_in_transaction(conn))
		return cn_fail(err, CN_EARG, "a migration cannot run inside another transaction");
	TRY(prepare(conn, execution->plan, &before, err));
	cn_status status = run_until(conn, execution, err);
	cn_status restored =
		restore_in_peace(conn, execution->plan, &before, status < 0 ? NULL : err);
	return status < 0 ? status : restored;
}
