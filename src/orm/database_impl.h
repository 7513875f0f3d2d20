/* database_impl.h - what stands behind a cn_db; for the session. */
#ifndef CNI_ORM_DATABASE_IMPL_H
#define CNI_ORM_DATABASE_IMPL_H

#include <cantil/database.h>

#include "driver/pool.h"
#include "orm/layout.h"

struct cn_db {
	cni_arena arena;
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

#endif
