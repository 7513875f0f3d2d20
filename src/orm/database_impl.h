/* database_impl.h - what stands behind a cn_db; for the session. */
#ifndef CNI_ORM_DATABASE_IMPL_H
#define CNI_ORM_DATABASE_IMPL_H

#include <cantil/database.h>

#include "driver/pool.h"
#include "orm/layout.h"

struct cn_db {
	cni_arena arena;
	const char *name; /* as models say it in .database */
	/* all databases of the handle, this one first; of a part: itself alone */
	cn_db **parts, *alone[1];
	size_t part_count;
	const cn_model *const *models;   /* of all parts, those found in the database too */
	const cn_model *const *declared; /* of this one, without those */
	cni_uri uri;
	cni_pool *pool; /* thread-safe; all else is constant once the handle is open */
	cni_registry registry;
	cn_hook_fn hook;
	void *hook_ctx;
	void (*echo)(const char *sql, int64_t duration_us, void *ctx);
	void *echo_ctx;
	bool read_only;
	bool single; /* in memory: one connection reads and writes */
};

/* A handle on one database, with the models that live there. database.c */
cn_status cni_db_open_one(const char *uri, const char *name, const cn_model *const *models,
	const cn_db_options *options, cn_db **ret, cn_error *err) CN_MUST_CHECK;

/* Adds models of what is in the database and no model declares. reflect.c */
cn_status cni_db_reflect(cn_db *db, cni_conn *conn, cn_error *err) CN_MUST_CHECK;
/* part.c: opens the further databases of a handle. */
cn_status cni_db_open_parts(cn_db *db, const cn_db_options *options, cn_error *err) CN_MUST_CHECK;
/* Every model has its database; no relation and no reference leads from one to another. */
cn_status cni_parts_check(
	const cn_db_options *options, const char *name, cn_error *err) CN_MUST_CHECK;

#endif
