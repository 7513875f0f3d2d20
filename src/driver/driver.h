/*
 * driver.h - the contract between Cantil and a database engine.
 *
 * A driver is a table of functions (struct cni_driver) that one folder below this one fills; the rest
 * of Cantil calls the cni_conn_* and cni_stmt_* wrappers, which check the arguments and dispatch. An engine's
 * own header is included in its folder only.
 *
 * Invariants: a connection belongs to one thread at a time. Statements belong to their connection and are
 * kept in its cache: take one with cni_conn_prepare, give it back with cni_stmt_release (never freed by
 * hand). Text and blobs that a column yields are borrowed until the next step, reset or release.
 * Values reach SQL by binding only.
 */
#ifndef CNI_DRIVER_DRIVER_H
#define CNI_DRIVER_DRIVER_H

#include <stdbool.h>
#include <stdint.h>

#include <cantil/types.h>

#include "base/arena.h"
#include "base/uri.h"
#include "schema/schema.h"

typedef struct cni_driver cni_driver;
typedef struct cni_conn cni_conn;
typedef struct cni_stmt cni_stmt;

typedef enum cni_open_mode {
	CNI_OPEN_READ = 0, /* never writes, never creates */
	CNI_OPEN_WRITE,    /* must exist */
	CNI_OPEN_CREATE,   /* may create the file (not its folder) */
} cni_open_mode;

typedef struct cni_open_options {
	cni_open_mode mode;
	bool foreign;          /* somebody else's file: leave its journal mode and settings as they are */
	unsigned busy_timeout_ms; /* 0: 5000 */
	/* every statement with its bound values and its time, for echo; NULL: none */
	void (*trace)(const char *sql, int64_t duration_us, void *ctx);
	void *trace_ctx;
} cni_open_options;

typedef enum cni_transaction { CNI_TX_READ, CNI_TX_WRITE } cni_transaction; /* WRITE: BEGIN IMMEDIATE */

enum { CNI_ROW = 1, CNI_DONE = 0 }; /* what a step yields, when it is not a (negative) cn_status */

struct cni_driver {
	const char *name;              /* "sqlite"; also the section name in revision files */
	cn_status (*open)(const cni_uri *uri, const cni_open_options *options, cni_conn **ret, cn_error *err);
	void (*close)(cni_conn *conn);

	cn_status (*prepare)(cni_conn *conn, const char *sql, size_t size, cni_stmt **ret, cn_error *err);
	void (*release)(cni_stmt *stmt);
	size_t (*parameter_count)(const cni_stmt *stmt);
	cn_status (*bind)(cni_stmt *stmt, size_t index, const cn_value *value, cn_error *err); /* index from 1 */
	int (*step)(cni_stmt *stmt, cn_error *err);                /* CNI_ROW, CNI_DONE or a cn_status */
	void (*reset)(cni_stmt *stmt);
	size_t (*column_count)(const cni_stmt *stmt);
	const char *(*column_name)(const cni_stmt *stmt, size_t index); /* index from 0 */
	cn_value (*column)(cni_stmt *stmt, size_t index);          /* INT64, DOUBLE, TEXT, BLOB or NULL */

	cn_status (*exec)(cni_conn *conn, const char *script, size_t size, cn_error *err); /* rows are dropped */
	cn_status (*begin)(cni_conn *conn, cni_transaction kind, cn_error *err);
	cn_status (*commit)(cni_conn *conn, cn_error *err);
	void (*rollback)(cni_conn *conn);                          /* always leaves no transaction open */
	bool (*in_transaction)(const cni_conn *conn);
	int64_t (*changes)(const cni_conn *conn);                  /* rows of the last statement */
	int64_t (*last_id)(const cni_conn *conn);
	void (*interrupt)(cni_conn *conn);                         /* from any thread or signal handler */

	cn_status (*inspect)(cni_conn *conn, cni_schema *schema, cn_error *err);
	/* An empty database of the same engine, private, gone when closed. */
	cn_status (*scratch)(cni_conn **ret, cn_error *err);
	/* A private copy of the database as it is now (its rows too), gone when closed. */
	cn_status (*snapshot)(cni_conn *conn, cni_conn **ret, cn_error *err);
	/* Copies the database as it is now into a new file: consistent under load. */
	cn_status (*backup)(cni_conn *conn, const char *path, cn_error *err);
};

struct cni_conn { /* every driver's own struct begins with this */
	const cni_driver *driver;
	const char *uri;  /* for messages: absolute, without a password */
	const char *path; /* of an engine that keeps a file: its absolute path; else NULL */
};

struct cni_stmt { /* every driver's own struct begins with this */
	cni_conn *conn;
};

/* ---- wrappers: driver.c ---- */

cn_status cni_conn_open(const cni_uri *uri, const cni_open_options *options, cni_conn **ret, cn_error *err) CN_MUST_CHECK;
void cni_conn_close(cni_conn *conn); /* NULL is allowed */
void cni_conn_closep(cni_conn **conn); /* for CLEANUP */
cn_status cni_conn_prepare(cni_conn *conn, const char *sql, cni_stmt **ret, cn_error *err) CN_MUST_CHECK;
void cni_stmt_release(cni_stmt *stmt); /* NULL is allowed */
void cni_stmt_releasep(cni_stmt **stmt);
cn_status cni_stmt_bind(cni_stmt *stmt, size_t index, cn_value value, cn_error *err) CN_MUST_CHECK;
int cni_stmt_step(cni_stmt *stmt, cn_error *err);
void cni_stmt_reset(cni_stmt *stmt);
size_t cni_stmt_columns(const cni_stmt *stmt);
const char *cni_stmt_name(const cni_stmt *stmt, size_t index);
cn_value cni_stmt_value(cni_stmt *stmt, size_t index);
int64_t cni_stmt_int(cni_stmt *stmt, size_t index);       /* 0 for NULL */
double cni_stmt_double(cni_stmt *stmt, size_t index);
const char *cni_stmt_text(cni_stmt *stmt, size_t index);  /* NULL for NULL; borrowed */
cn_status cni_conn_exec(cni_conn *conn, const char *script, cn_error *err) CN_MUST_CHECK;
cn_status cni_conn_execf(cni_conn *conn, cn_error *err, const char *fmt, ...) CN_PRINTF(3, 4) CN_MUST_CHECK;
cn_status cni_conn_begin(cni_conn *conn, cni_transaction kind, cn_error *err) CN_MUST_CHECK;
cn_status cni_conn_commit(cni_conn *conn, cn_error *err) CN_MUST_CHECK;
void cni_conn_rollback(cni_conn *conn);

/* One value of one row: the first column of the first row; CN_ENOTFOUND when there is no row. */
cn_status cni_conn_int(cni_conn *conn, const char *sql, int64_t *ret, cn_error *err) CN_MUST_CHECK;
cn_status cni_conn_text(cni_conn *conn, cni_arena *arena, const char *sql, const char **ret, cn_error *err) CN_MUST_CHECK;

cn_status cni_conn_inspect(cni_conn *conn, cni_arena *arena, cni_schema **ret, cn_error *err) CN_MUST_CHECK;
cn_status cni_conn_snapshot(cni_conn *conn, cni_conn **ret, cn_error *err) CN_MUST_CHECK;
cn_status cni_conn_backup(cni_conn *conn, const char *path, cn_error *err) CN_MUST_CHECK;

/* Builds SQL text, or a schema, in an empty scratch database of the named engine ("sqlite") and inspects that. */
cn_status cni_normalise_sql(const char *engine, const char *script, cni_arena *arena, cni_schema **ret, cn_error *err) CN_MUST_CHECK;
cn_status cni_normalise(const cni_schema *schema, cni_arena *arena, cni_schema **ret, cn_error *err) CN_MUST_CHECK;

const cni_driver *cni_driver_find(const char *name); /* NULL: this build has none of that name */

#endif
