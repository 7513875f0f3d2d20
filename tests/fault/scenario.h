/*
 * scenario.h - the kinds of migration steps that faults are let loose on: a database to begin with,
 * and how it is brought to its next state, by the functions that a program would call.
 */
#ifndef TESTS_FAULT_SCENARIO_H
#define TESTS_FAULT_SCENARIO_H

#include <stdbool.h>
#include <stddef.h>

#include <cantil/data_step.h>

#include "base/arena.h"
#include "disk.h"
#include "migrate/revision/revision.h"

enum { STATES_MAX = 24 };

typedef struct world world;

typedef struct scenario {
	const char *name;
	/* The revisions, one after the other; the first makes the tables. `up` NULL ends them. */
	struct {
		const char *up, *down;
		const char *parents; /* NULL: the one before */
	} revisions[STATES_MAX];
	/* Or the second one is planned: from what the first one makes to this schema. */
	const char *target, *answers;
	const char *rows;    /* of the start, run after the first revision */
	const char *queries; /* what must be answered as before, too: state.h */
	bool small_cache;    /* pages are written before the commit */
	bool from_nothing;   /* there is no file at the start */
	bool edits;          /* every table counts as large: its stored definition is edited */
	bool commits;        /* every commit is a state of its own, not every revision */
	const cn_data_migration *data_steps;
	/* Runs it on the database at w->uri, from wherever it is to the end. *ret_reported: how
	 * many states further than the start it has been told to be, success or not. */
	cn_status (*run)(world *w, size_t *ret_reported, cn_error *err);
} scenario;

extern const scenario scenarios[];
extern const size_t scenario_count;

struct world { /* a scenario that is set up, on the disk that is in memory */
	const scenario *scenario;
	cni_arena arena;
	const char *path, *journal;
	const char *uri_text;
	cni_uri uri;
	cni_folder folder;
	cn_migration_file *files; /* the same, for a migrator */
	cn_migrations embedded;
	cni_schema *before, *after; /* of the second revision, where it is planned */
	disk_image *start;
	const char *states[STATES_MAX]; /* as state_read tells them, in the order they come */
	size_t state_count;
	bool edited;  /* the last cni_apply did it so */
	size_t begin; /* how many revisions the start has */
	long changes; /* of the disk, in a run without faults */
};

/* Makes the start and learns the states from a run without faults. `path`: of the database; its
 * folder is there. Ends the program's test when anything fails. */
void world_make(world *w, const scenario *s, const char *path, const char *journal);
void world_done(world *w);

#endif
