/*
 * template.h - what a migrations folder begins with, and what a revision that is written by hand
 * begins with.
 *
 * A template is a few files: README.md, migrations.ini, and revision.sql, the skeleton, in which
 * ${header} and its like stand for what is known. Some are compiled in; any folder is one.
 */
#ifndef CNI_MIGRATE_TEMPLATE_H
#define CNI_MIGRATE_TEMPLATE_H

#include "migrate/migrator/migrator.h"

#define CNI_SKELETON_FILE "revision.sql"

enum {
	CNI_TEMPLATE_FILES = 64,      /* of a folder of one's own */
	CNI_TEMPLATE_BYTES = 1 << 20, /* of one file */
};

typedef struct cni_template_file {
	const char *name, *text;
	size_t size;
} cni_template_file;

typedef struct cni_template_files {
	cni_template_file *list;
	size_t count;
} cni_template_files;

/* By name, or the path of a folder (from `root`); NULL: the default. There is always a
 * migrations.ini among the files. CN_ENOTFOUND with "did you mean". */
cn_status cni_template_read(cni_arena *arena, const char *name, const char *root,
	cni_template_files *ret, cn_error *err) CN_MUST_CHECK;

/* The folder's skeleton, filled in for a revision (its header and the engine of its first section);
 * *ret stays as it is when the folder has none. CN_EARG, naming the skeleton and the line, when
 * what comes out is not that revision. */
cn_status cni_skeleton_fill(cni_arena *arena, const cni_folder *folder,
	const cni_revision *revision, const char **ret, cn_error *err) CN_MUST_CHECK;

#endif
