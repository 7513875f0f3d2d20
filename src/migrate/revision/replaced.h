/* replaced.h - revisions that were squashed into one (a file's "replaces:" lines): replaced.c. */
#ifndef CNI_MIGRATE_REPLACED_H
#define CNI_MIGRATE_REPLACED_H

#include "migrate/revision/version.h"

/* The revision that was squashed from `id` (among others); NULL: none. *ret_end (may be NULL):
 * `id` was the last of them, so who is at it is at the revision. */
const cni_revision *cni_folder_replacement(const cni_folder *folder, const char *id, bool *ret_end);
/* Forgets revisions that another one of the folder was squashed from: a squash that was killed has
 * left their files. Called by cni_folder_link, which has indexed the ids. */
cn_status cni_folder_drop_replaced(cni_folder *folder, cn_error *err) CN_MUST_CHECK;

/* Reads the list as if what was squashed into a revision of the folder had been applied as that.
 * Was there such? */
bool cni_version_resolve(const cni_folder *folder, cni_version *version);
/* The same in the table itself, inside a transaction; reads it first. */
cn_status cni_version_settle(cni_conn *conn, const cni_folder *folder, cni_arena *arena,
	cni_version *ret, cn_error *err) CN_MUST_CHECK;

#endif
