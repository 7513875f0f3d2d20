/* operations.h - what the manager's commands need beyond <cantil/operations.h>. */
#ifndef CNI_MIGRATE_OPERATIONS_H
#define CNI_MIGRATE_OPERATIONS_H

#include "migrate/migrator/migrator.h"

/* cn_migrator_differences_script with answers that know their places; open questions go to the
 * migrator's cni_ask_fn. The script lives until the next call. migrator_differences.c */
cn_status cni_migrator_mend(cn_migrator *migrator, cni_answers *answers, const char **ret_sql,
	cn_error *err) CN_MUST_CHECK;

#endif
