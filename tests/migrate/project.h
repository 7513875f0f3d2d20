/* project.h - a project in a temporary folder for tests of migrations: a database, a folder of
 * revisions, a target. */
#ifndef TESTS_MIGRATE_PROJECT_H
#define TESTS_MIGRATE_PROJECT_H

#include "tap.h"

#include <cantil/migrate.h>

#include "base/arena.h"
#include "driver/driver.h"
#include "migrate/revision/revision.h"

typedef struct project {
	cni_arena arena;
	char root[64];
	const char *uri, *db, *versions;
	cni_buffer notices; /* what was told, a line each */
	cn_migrator *migrator;
} project;

int project_setup(void **state);
int project_teardown(void **state);

/* The schema that is wanted from now on. */
void want(project *project, const char *target_sql);
/* Compares with it and writes a revision, which must succeed; returns its id. */
const char *make(project *project, const char *id, const char *answers);
/* A revision written by hand; parents "" or ids. */
void write_revision(
	project *project, const char *id, const char *parents, const char *up, const char *down);
void upgrade(project *project);

/* On the database, as its program would. */
void sql(project *project, const char *script);
int64_t number(project *project, const char *query);
const char *text(project *project, const char *query);
/* SHA-256 of the database's file. */
const char *file_sum(project *project);
size_t file_count(project *project);   /* revisions in versions/ */
const char *current(project *project); /* "", or the revision it is at */

#endif
