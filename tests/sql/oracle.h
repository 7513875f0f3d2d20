/*
 * oracle.h - SQLite itself as the judge of what the parser reads and the writer prints.
 *
 * A schema is built in an empty database; every object of it must be read; tables and indexes are
 * written by ddl_write.c and put into a second database; both must answer the PRAGMAs alike.
 */
#ifndef CANTIL_TESTS_SQL_ORACLE_H
#define CANTIL_TESTS_SQL_ORACLE_H

#include "tap.h"

#include <sqlite3.h>

#include "sql/ddl.h"
#include "sql/lexer.h"

typedef struct oracle_count {
	int schemas, objects, written, failed;
	int refused; /* statements that SQLite did not take: nothing is said of them */
} oracle_count;

/* Checks the schema that the script makes; statements that SQLite refuses are passed over. Failures
 * are printed as TAP comments under `name` and counted. */
void oracle_check(const char *name, const char *script, size_t size, oracle_count *count);

#endif
