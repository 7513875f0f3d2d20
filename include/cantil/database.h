/*
 * database.h - a database handle: where it is, its models, its connections.
 *
 *     cn_db *db;
 *     cn_error err;
 *     cn_db_options options = {.models = CN_MODELS(Producer, Product)};
 *     if (cn_db_open("sqlite:///store.db", &options, &db, &err) < 0)
 *             …
 *
 * A handle may be used by several threads; the sessions that are opened on it are one thread's
 * each.
 *
 * Source: src/orm/database.c
 */
#ifndef CANTIL_DATABASE_H
#define CANTIL_DATABASE_H

#include <cantil/error.h>
#include <cantil/model.h>
#include <cantil/types.h>

// clang-format off

#ifdef __cplusplus
extern "C" {
#endif

typedef struct cn_db cn_db;
typedef struct cn_session cn_session; /* session.h */

/* What a hook is told. The events of a row come in the flush that writes it, inside of the
 * transaction; what the hook changes in a row before it is written is written. */
typedef enum cn_event {
	CN_BEFORE_INSERT = 1,
	CN_AFTER_INSERT,
	CN_BEFORE_UPDATE,
	CN_AFTER_UPDATE,
	CN_BEFORE_DELETE,
	CN_AFTER_DELETE,
	CN_BEFORE_COMMIT, /* before the flush of cn_commit: here the session may be used as usual */
	CN_AFTER_COMMIT,  /* the transaction is over */
	CN_AFTER_ROLLBACK,
} cn_event;

/* `model` and `row` are NULL for commit and rollback. Around a row's events the hook may call
 * cn_new, cn_add and cn_delete (written by the same cn_commit), but not read, flush or end the
 * transaction. A failure (< 0, with err set) becomes the session's error; after commit and rollback
 * it is passed over. */
typedef cn_status (*cn_hook_fn)(
	cn_session *s, cn_event event, const cn_model *model, void *row, void *ctx, cn_error *err);

/* A further database of the same handle. Models say that they live there with
 * CN_TABLE_OPTIONS(.database = "archive"), or stand in its list; the session takes each row to its
 * database, by its model. */
typedef struct cn_bind {
	const char *name, *uri;
	const cn_model *const *models; /* that live there without saying so; NULL: none */
} cn_bind;

typedef struct cn_db_options {
	const cn_model *const *models; /* NULL-terminated (CN_MODELS); the list is copied, the models are borrowed */
	const char *root;         /* folder from which a relative path counts; NULL: the working folder */
	bool create;              /* make the file if it is not there; without it, a missing file is an error */
	bool read_only;
	unsigned busy_timeout_ms; /* how long to wait for another writer; 0: 5000 */
	unsigned max_readers;     /* sessions that read at the same time; 0: 8; more wait their turn. One writes. */
	/* every statement with its bound values and its time in microseconds; called in the
	 * session's thread */
	void (*echo)(const char *sql, int64_t duration_us, void *ctx);
	void *echo_ctx;
	const cn_bind *binds; /* further databases, ended by {0}; NULL: none. All options hold for each */
	/* also the tables and views that are in the database and no model declares: each gets a model, by its table's name
	 * (cn_db_model), with keys and relations as far as foreign keys tell them, and members of type cn_value. See the rows
	 * by name in session.h. Without: virtual tables */
	bool reflect;
	const char *name;     /* of this one, as models say it in .database; NULL: "main" */
	cn_hook_fn hook; /* called in the session's thread; NULL: none */
	void *hook_ctx;
} cn_db_options;

/* Opens a database and checks the models. `options` may be NULL. CN_EARG: the URI is none;
 * CN_ENOTFOUND, CN_ECONNECT, CN_EIO: the file cannot be opened; CN_ESCHEMA: the models contradict
 * themselves. */
CN_API cn_status cn_db_open(const char *uri, const cn_db_options *options, cn_db **ret_db, cn_error *err) CN_MUST_CHECK;

/* NULL is allowed. All its sessions must be closed before. */
CN_API void cn_db_close(cn_db *db);

/* The database's address, absolute, for messages; without a password. */
CN_API const char *cn_db_uri(const cn_db *db);

/* The models that it was opened with, and those found in the database (.reflect), NULL-terminated
 * (never NULL); and one by its type's name, or else its table's; or NULL. */
CN_API const cn_model *const *cn_db_models(const cn_db *db);
CN_API const cn_model *cn_db_model(const cn_db *db, const char *name);

/* One database of a handle that has several, by its name; "main" is the handle itself. NULL: there is none. For
 * cn_db_exec, cn_db_uri, and sessions that work on that one alone; closed with the handle. */
CN_API cn_db *cn_db_part(cn_db *db, const char *name);

/* Runs a script of SQL statements in one transaction (it must not begin one itself); rows are
 * dropped. When a statement fails, nothing of the script is done. */
CN_API cn_status cn_db_exec(cn_db *db, const char *script, cn_error *err) CN_MUST_CHECK;

/* Creates what the models declare and the database does not have yet, in one transaction (for each
 * database): tables, indexes, views, triggers. For tests and throw-away databases; a program with data uses
 * migrations. */
CN_API cn_status cn_db_create_all(cn_db *db, cn_error *err) CN_MUST_CHECK;

/* Drops what the models declare, children first, in one transaction; what they do not know stays.
 * For tests and throw-away databases. */
CN_API cn_status cn_db_drop_all(cn_db *db, cn_error *err) CN_MUST_CHECK;

#ifdef __cplusplus
}
#endif
#endif
