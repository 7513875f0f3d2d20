/*
 * random_sql.h - CREATE statements made by chance from SQLite's grammar, odd forms included: words
 * that are names by fallback, every way to quote, constraints in any order and without commas,
 * names of nothing, comments anywhere.
 */
#ifndef CANTIL_TESTS_SQL_RANDOM_SQL_H
#define CANTIL_TESTS_SQL_RANDOM_SQL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"

typedef struct random_sql {
	uint64_t state;
	cni_buffer *out;
	unsigned columns; /* of the table that is being written */
	bool may_be_temporary, no_comments;
} random_sql;

random_sql random_sql_from(uint64_t seed, cni_buffer *out);
unsigned random_sql_below(random_sql *r, unsigned limit);
/* Appends one statement, without a semicolon. */
void random_sql_table(random_sql *r);
void random_sql_index(random_sql *r);
void random_sql_view(random_sql *r);
void random_sql_trigger(random_sql *r);
/* Takes a token out, doubles one, or puts another in its place: what comes out is mostly nonsense.
 */
void random_sql_spoil(random_sql *r, const char *sql);

#endif
