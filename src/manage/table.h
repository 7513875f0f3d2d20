/*
 * table.h - rows for people: columns aligned by what the first rows hold, NULL shown, nothing that
 * would upset a terminal.
 */
#ifndef CNI_MANAGE_TABLE_H
#define CNI_MANAGE_TABLE_H

#include <cantil/command.h>

#include "driver/driver.h"

enum {
	CNI_TABLE_AHEAD = 500,
	CNI_TABLE_CELL = 200
}; /* rows looked at for the widths; characters shown of a cell */

/* Runs a statement and writes its rows with cn_write. Returns how many there were. */
cn_status cni_table_print(
	cn_call *call, cni_stmt *stmt, int64_t *ret_rows, cn_error *err) CN_MUST_CHECK;

/* The same as a JSON array of objects. Text that is not UTF-8 and blobs as in json.h and x'…'. */
cn_status cni_table_json(
	cn_call *call, cni_stmt *stmt, int64_t *ret_rows, cn_error *err) CN_MUST_CHECK;

#endif
