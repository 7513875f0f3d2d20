/*
 * ladder.h - a project whose database climbs nine revisions, and the real program that lets it:
 * what an upgrade that was killed, or had no room, has left is one of nine states, whole.
 */
#ifndef TESTS_E2E_LADDER_H
#define TESTS_E2E_LADDER_H

#include "tap.h"

#include <sqlite3.h>
#include <sys/types.h>

#include "base/arena.h"

enum { STATES = 9 };

typedef struct ladder {
	cni_arena arena;
	char root[64];
	const char *program, *journal;
	const char *folder;          /* of the database */
	const char *start, *db;      /* a copy of the first state, with rows; the database itself */
	char prints[STATES + 1][65]; /* of every state; [n]: n revisions applied */
	int64_t whole_us;            /* an upgrade from the first state to the last */
	int64_t size;                /* bytes of the first state */
} ladder;

/* Makes the revisions with the program itself, and every state once. `rows`: of the larger table.
 */
void ladder_make(ladder *l, const char *journal, int rows);
void ladder_done(ladder *l);

/* The database is at the first state, nothing beside it. */
void ladder_start(const ladder *l);

/* The program, its arguments NULL-terminated, its errors into a file of the root. */
pid_t ladder_spawn(const ladder *l, const char *const *arguments);
int ladder_wait(pid_t pid); /* the exit code; -signal */
int ladder_upgrade(const ladder *l);
const char *ladder_errors(ladder *l); /* what the last run wrote to stderr */

/* The state the database is in by its version table; what it holds must be that state's. */
int64_t ladder_state(const ladder *l);

/* A number from the environment. */
long ladder_setting(const char *name, long usual);

#endif
