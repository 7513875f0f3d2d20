/*
 * random_oracle.h - what a change must do to the rows, worked out without the code that is tested.
 *
 * SQLite itself is asked: the tables wanted are made in an empty database, and every row is
 * inserted into them as the schemas' numbers say it goes. If SQLite refuses, the change had to be
 * refused; if not, it had to lead to these very rows.
 */
#ifndef CANTIL_TESTS_RANDOM_ORACLE_H
#define CANTIL_TESTS_RANDOM_ORACLE_H

#include <sqlite3.h>

#include "base/arena.h"
#include "random_schema.h"

typedef struct random_oracle {
	cni_arena *arena;
	const random_schema *from, *to;
	bool told;           /* answers were given */
	sqlite3 *before;     /* the rows before, and in "e" those that are expected */
	const char *refusal; /* why the change must be refused; NULL: it must not */
	bool unclear;        /* refusing would do as well */
} random_oracle;

/* Makes a database in memory from `from` with its rows. NULL in *ret_why, or what is wrong with the
 * test itself. */
sqlite3 *oracle_build(const char *script, cni_arena *arena, const char **ret_why);
void oracle_expect(random_oracle *oracle);
/* What is wrong with the database after the change; NULL: nothing. */
const char *oracle_compare(const random_oracle *oracle, sqlite3 *after);
/* The same after the way back: what came through both ways is what it was. */
const char *oracle_compare_back(const random_oracle *oracle, sqlite3 *after);
/* What was lost though nobody was asked; NULL: nothing. */
const char *oracle_losses(const random_oracle *oracle, sqlite3 *after);

#endif
