/* migrator_new.h - what all new revisions have in common, however their statements come about. */
#ifndef CNI_MIGRATE_MIGRATOR_NEW_H
#define CNI_MIGRATE_MIGRATOR_NEW_H

#include "migrate/migrator/migrator.h"

typedef struct cni_new_revision {
	const char *message;      /* NULL: "" */
	const char *id;           /* NULL: 12 random hex digits */
	const char *branch_label; /* NULL: none */
	const char **parents;     /* whole ids */
	size_t parent_count;
	const char **depends;
	size_t depend_count;
} cni_new_revision;

/* The header's fields, without sections; `id` and label are checked against the folder. */
cn_status cni_revision_begin(const cni_folder *folder, cni_arena *arena,
	const cni_new_revision *wanted, cni_revision *ret, cn_error *err) CN_MUST_CHECK;

/* Where its file will be. */
cn_status cni_revision_place(const cni_folder *folder, cni_arena *arena,
	const cni_revision *revision, const char **ret_path, cn_error *err) CN_MUST_CHECK;

/* What `name` says (as cn_make_desc.head): whole ids, none for "base". `splice`: it need not be a
 * head. */
cn_status cni_parents_find(const cni_folder *folder, cni_arena *arena, const char *name,
	bool splice, const char ***ret, size_t *ret_count, cn_error *err) CN_MUST_CHECK;

#endif
