/*
 * upgrade.c - a database handle and migrations, joined: cn_upgrade, cn_downgrade, cn_db_migrator.
 *
 * The handle's connections are not used (its sessions may hold them), but for a database in memory,
 * which is in no other.
 */
#include <cantil/migrate.h>

#include "base/try.h"
#include "manage/db_migrator.h"
#include "orm/database_impl.h"

cn_status cn_db_migrator(cn_db *db, const cn_migrator_desc *desc, cn_migrator **ret, cn_error *err)
{
	cn_migrator_desc full = *desc;
	full.database_uri = cn_db_uri(db);
	return cn_migrator_new(&full, ret, err);
}

typedef cn_status (*run_fn)(
	cn_migrator *migrator, const char *revision, size_t *ret_count, cn_error *err);

/* The one connection of a database in memory, for as long as it takes. */
static cn_status run_in_memory(
	cn_db *db, cn_migrator *migrator, run_fn run, const char *revision, cn_error *err)
{
	cni_conn *conn;
	TRY(cni_pool_take(db->pool, CNI_OPEN_WRITE, &conn, err));
	cni_migrator_set_connection(migrator, conn);
	cn_status status = run(migrator, revision, NULL, err);
	cni_pool_give(db->pool, conn);
	return status;
}

static cn_status run_embedded(
	cn_db *db, const cn_migrations *embedded, run_fn run, const char *revision, cn_error *err)
{
	CLEANUP(cni_migrator_freep) cn_migrator *migrator = NULL;
	if (!db || !embedded)
		return cn_fail(err, CN_EARG, "there is no database, or there are no migrations");
	TRY(cn_db_migrator(db, &(cn_migrator_desc){.embedded = embedded}, &migrator, err));
	return db->single ? run_in_memory(db, migrator, run, revision, err)
			  : run(migrator, revision, NULL, err);
}

cn_status cn_upgrade(cn_db *db, const cn_migrations *embedded, const char *revision, cn_error *err)
{
	return run_embedded(db, embedded, cn_migrator_upgrade, revision, err);
}

cn_status cn_downgrade(
	cn_db *db, const cn_migrations *embedded, const char *revision, cn_error *err)
{
	return run_embedded(db, embedded, cn_migrator_downgrade, revision, err);
}
