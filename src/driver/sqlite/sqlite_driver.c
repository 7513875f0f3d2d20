/* sqlite_driver.c - the table of the SQLite driver. */
#include "driver/sqlite/plan.h"
#include "driver/sqlite/sqlite.h"
#include "driver/sqlite/words.h"

static const cni_capabilities *capabilities(const cni_conn *conn)
{
	static const cni_capabilities all = {
		.writers_wait = true,
		.failed_goes_on = true,
		.transactional_ddl = true,
		.savepoints = true,
	};

	(void)conn;
	return &all;
}

const cni_driver cni_sqlite_driver = {
	.name = "sqlite",
	.own_process = cni_sqlite_own_process,
	.open = cni_sqlite_open,
	.close = cni_sqlite_close,
	.prepare = cni_sqlite_prepare,
	.release = cni_sqlite_release,
	.parameter_count = cni_sqlite_parameters,
	.bind = cni_sqlite_bind,
	.rows_table = cni_sqlite_rows_table,
	.bind_rows = cni_sqlite_bind_rows,
	.partial_insert = cni_sqlite_partial_insert,
	.step = cni_sqlite_step,
	.reset = cni_sqlite_reset,
	.column_count = cni_sqlite_columns,
	.column_name = cni_sqlite_name,
	.column = cni_sqlite_column,
	.text = cni_sqlite_text,
	.row = cni_sqlite_row,
	.each = cni_sqlite_each,
	.tuples = cni_sqlite_tuples,
	.here = cni_sqlite_here,
	.lookup = cni_sqlite_lookup,
	.look = cni_sqlite_look,
	.exec = cni_sqlite_exec,
	.begin = cni_sqlite_begin,
	.commit = cni_sqlite_commit,
	.rollback = cni_sqlite_rollback,
	.in_transaction = cni_sqlite_in_transaction,
	.changes = cni_sqlite_changes,
	.last_id = cni_sqlite_last_id,
	.trace = cni_sqlite_trace,
	.interrupt = cni_sqlite_interrupt,
	.watch = cni_sqlite_watch_set,
	.content_version = cni_sqlite_content_version,
	.set = cni_sqlite_set,
	.get = cni_sqlite_get,
	.inspect = cni_sqlite_inspect,
	.scratch = cni_sqlite_scratch,
	.build = cni_sqlite_build,
	.snapshot = cni_sqlite_snapshot,
	.backup = cni_sqlite_backup,
	.sizes = cni_sqlite_sizes,
	.plan = cni_sqlite_plan,
	.run_steps = cni_sqlite_run_steps,
	.plan_before = cni_sqlite_plan_before,
	.step_failed = cni_sqlite_step_failed,
	.plan_after = cni_sqlite_plan_after,
	.capabilities = capabilities,
	.words = &cni_sqlite_words,
};
