/*
 * squash.h - the parts of `db squash`: which revisions, the one they become, the proof, the files.
 *
 * Order of the files, so that a kill at any moment leaves a folder that reads as before or as
 * after: the old ones are copied into the archive; the new one appears, whole, and from then on
 * stands for the old ones whether they are there or not (replaced.c); the old ones are removed.
 */
#ifndef CNI_MIGRATE_SQUASH_H
#define CNI_MIGRATE_SQUASH_H

#include <cantil/operations.h>

#include "migrate/migrator/migrator.h"

#define CNI_SQUASHED_FOLDER "squashed" /* in the migrations folder: one archive for each squash */

typedef struct cni_squash {
	cn_migrator *migrator;
	cni_arena *arena;
	const cn_squash_desc *desc;
	cni_folder folder;
	const cni_revision **run; /* each the only parent, and the only child, of its neighbour */
	size_t run_count;
	bool *before_set;           /* what must be applied before the first of them */
	bool *after_set;            /* that, and the run */
	cni_schema *before, *after; /* what these make */
	cni_answers answers;        /* for planning anew */
	cni_revision revision;      /* as it is read from its text */
	const char *text, *path;
	bool tried_on_rows;
} cni_squash;

/* squash_run.c: finds the run and refuses what is none. */
cn_status cni_squash_find(cni_squash *squash, cn_error *err) CN_MUST_CHECK;
/* Does anything in it move rows? CN_EDECISION, naming the revisions. */
cn_status cni_squash_data_steps(cni_squash *squash, cn_error *err) CN_MUST_CHECK;

/* squash_names.c: the decisions of the run as those of one change, added to squash->answers. */
cn_status cni_squash_answers(cni_squash *squash, cn_error *err) CN_MUST_CHECK;

/* squash_rows.c: do both ways do the same to sample rows? CN_ESCHEMA, naming the table, if not. */
cn_status cni_squash_try_rows(cni_squash *squash, cn_error *err) CN_MUST_CHECK;

/* squash_files.c: the archive, the new file, the end of the old ones. */
cn_status cni_squash_sweep(cni_squash *squash, cn_error *err) CN_MUST_CHECK; /* after a kill */
cn_status cni_squash_write(
	cni_squash *squash, const char **ret_archive, cn_error *err) CN_MUST_CHECK;

#endif
