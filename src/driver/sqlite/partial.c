/*
 * partial.c - may an INSERT of many rows leave those behind that came before a refused one?
 *
 * A statement that may fail halfway keeps a copy of every page that it changes, in a temporary file
 * as soon as there are sixteen: a tenth of the time of a large INSERT. With OR FAIL it need not.
 * But the words reach further than that: they override the ON CONFLICT of the table's constraints
 * and of the statements in its triggers. So they are only for tables that have neither.
 */
#include "base/try.h"
#include "driver/sqlite/sqlite.h"

/* A trigger of another process counts from the next transaction on, one of this connection at once:
 * so it is asked each time. */
static const char question[] =
	"SELECT sum(type = 'trigger' OR instr(lower(sql), 'conflict')),"
	" sum(type = 'table' AND rootpage > 0) FROM" /* a virtual table has none */
	" (SELECT * FROM sqlite_schema UNION ALL SELECT * FROM sqlite_temp_schema)"
	" WHERE tbl_name = ? COLLATE NOCASE";

cn_status cni_sqlite_partial_insert(
	cni_conn *base, const char *table, const char **ret, cn_error *err)
{
	CLEANUP(cni_stmt_releasep) cni_stmt *stmt = NULL;

	TRY(cni_conn_prepare(base, question, &stmt, err));
	TRY(cni_stmt_bind(stmt, 1, cn_text(table), err));
	int step = cni_stmt_step(stmt, err);
	if (step < 0)
		return (cn_status)step;
	bool plain = step == CNI_ROW && !cni_stmt_int(stmt, 0) && cni_stmt_int(stmt, 1) == 1;
	*ret = plain ? "INSERT OR FAIL" : "INSERT";
	return CN_OK;
}
