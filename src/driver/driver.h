/*
 * driver.h - the contract between Cantil and a database engine.
 *
 * A driver is a table of functions (struct cni_driver) that one folder below this one fills; the
 * rest of Cantil calls the cni_conn_* and cni_stmt_* wrappers, which check the arguments and
 * dispatch. An engine's own header is included in its folder only.
 *
 * Invariants:
 *   - A connection belongs to one thread at a time (pool.h hands them out to threads).
 *   - Statements belong to their connection and are kept in its cache: take one with
 *     cni_conn_prepare, give it back with cni_stmt_release (never freed by hand). The same text
 * taken twice gives two statements. Closing the connection ends those that were not given back.
 *   - Text and blobs that a column yields are borrowed until the next step, reset or release, and
 *     until the same column is read as another type.
 *   - Text and blobs that are bound are borrowed too: they must stay as they are until the
 *     statement has been stepped for the last time before reset, another bind of that index, or
 * release.
 *   - Values reach SQL by binding only.
 *
 *     cni_stmt *stmt;
 *     TRY(cni_conn_prepare(conn, "SELECT id, name FROM author WHERE id > ?", &stmt, err));
 *     status = cni_stmt_bind(stmt, 1, cn_int(7), err);
 *     if (status == CN_OK)
 *             status = cni_stmt_each(stmt, take_row, ctx, err);
 *     cni_stmt_release(stmt);
 *
 * Source: src/driver/driver.c
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
typedef struct cni_tuple cni_tuple; /* tuple.h */
struct cni_plan_request;            /* plan.h */
struct cni_plan;
struct cni_step;
struct cni_words; /* words.h */

typedef enum cni_open_mode {
	/* never writes, never creates; the file stays byte for byte the same, unless a killed
	 * process has left a transaction to be rolled back (with mode=ro in the URI: an error) */
	CNI_OPEN_READ = 0,
	CNI_OPEN_WRITE,  /* must exist */
	CNI_OPEN_CREATE, /* may create the file (not its folder) */
} cni_open_mode;

/* How far the statement that runs is, or a copy of the database. */
typedef struct cni_pulse {
	const char *sql; /* of the statement; NULL: none. Borrowed */
	bool waiting;    /* for another process's lock; else, without sql, it is a copy */
	int64_t done;    /* rows that it has read one after the other; pages of a copy */
	int64_t total;   /* about so many there are; 0: not known */
} cni_pulse;

/* Returns false to end what runs with CN_ECANCELED. It must not use the connection. */
typedef bool (*cni_pulse_fn)(const cni_pulse *pulse, void *ctx);

typedef struct cni_open_options {
	cni_open_mode mode;
	bool foreign; /* somebody else's file: leave its journal mode and settings as they are */
	unsigned busy_timeout_ms; /* how long to wait for another process's lock; 0: 5000 */
	cni_pulse_fn watch;       /* as cni_conn_watch, and while it is opened */
	void *watch_ctx;
	/* every statement with its bound values and its time, for echo; NULL: none */
	void (*trace)(const char *sql, int64_t duration_us, void *ctx);
	void *trace_ctx;
} cni_open_options;

typedef enum cni_transaction {
	CNI_TX_READ,
	CNI_TX_WRITE
} cni_transaction; /* WRITE: BEGIN IMMEDIATE */

enum { CNI_ROW = 1, CNI_DONE = 0 }; /* what a step yields, when it is not a (negative) cn_status */

/* What a migration must change on a connection, and put back. Set by cni_conn_set, which reads the
 * setting back and fails when the engine did not take it: SQLite ignores some of them silently. */
typedef enum cni_setting {
	CNI_SETTING_FOREIGN_KEYS = 1, /* 0, 1: enforce them. Not inside a transaction (CN_EARG) */
	CNI_SETTING_LEGACY_ALTER,     /* 0, 1: RENAME leaves views, triggers and references alone */
	CNI_SETTING_TRIGGERS,         /* 0, 1: triggers fire */
	CNI_SETTING_DEFENSIVE, /* 0, 1: refuse SQL that could damage the file; must be 0 for the
				  next */
	CNI_SETTING_WRITABLE_SCHEMA, /* 0, 1: UPDATE sqlite_schema is allowed */
	/* 0, 1: double quotes around what is no name make a string. Views and triggers of old files
	 * hold such; 1 in files of others, in scratch databases and snapshots, 0 in the
	 * application's own */
	CNI_SETTING_QUOTED_STRINGS,
	/* 1: a COMMIT that returned survives a power loss (synchronous EXTRA); 0: what open chose.
	   Not inside a transaction (CN_EARG) */
	CNI_SETTING_DURABLE,
	CNI_SETTING_BUSY_TIMEOUT_MS,
	/* Of a scratch connection: 1 (as opened): SQL comes from a stranger; ATTACH, unknown
	 * PRAGMAs and long runs are refused. 0: the SQL is our own. Of any other connection always
	 * 0. */
	CNI_SETTING_GUARD,
} cni_setting;

/* How large a table is. Indexes count with their table. */
typedef struct cni_table_size {
	const char *name;
	int64_t rows; /* -1: nothing tells */
	bool counted; /* the rows are exact */
	int64_t table_bytes, index_bytes;
	int64_t largest_index_bytes;
	size_t index_count; /* those of keys and UNIQUE included */
} cni_table_size;

typedef struct cni_sizes {
	cni_table_size *tables; /* ordinary tables, and those in which virtual ones keep data */
	size_t table_count;
	bool exact;             /* bytes and rows were read; else estimated from a sample */
	const char *how;        /* for people: "every page", "a sample of the pages", "the rows" */
	int64_t database_bytes; /* of the file, or of its pages */
	int64_t free_bytes;     /* on the disk it lies on; -1: not known */
	int64_t cache_bytes;    /* what a transaction keeps in memory before it writes */
	const char *journal;    /* what a writer will use: "wal", "delete", "memory" … */
	bool readers_go_on;     /* while a transaction writes */
} cni_sizes;

/* Receives one row; the values are borrowed until it returns. 0 goes on; > 0 stops, and that is no
 * failure; < 0 (a cn_status, err set) stops and is passed on. It may run other statements of the
 * connection, but must not close it or end the transaction. */
typedef int (*cni_row_fn)(const cn_value *row, size_t count, void *ctx, cn_error *err);
/* The same for a row as the engine holds it (tuple.h). */
typedef int (*cni_take_fn)(const cni_tuple *row, void *ctx, cn_error *err);

/* What a server can do, told by itself when the connection was made: never by a name or a port. */
typedef struct cni_capabilities {
	bool writers_wait;   /* one transaction writes, the others wait: a key behind the largest is
				free */
	bool failed_goes_on; /* a statement that failed leaves the rest of its transaction alone */
	bool reserves_keys;  /* cni_conn_reserve_keys */
	bool copies_rows;    /* cni_conn_copy_rows: faster than any INSERT */
	bool transactional_ddl; /* what defines is undone by a rollback, too */
	bool concurrent_ddl; /* indexes can be built while others write, outside of transactions */
	bool advisory_locks; /* locks that only mean what programs agree on */
	bool savepoints;
	bool distributes; /* tables can be spread over servers by a column (Citus) */
} cni_capabilities;

/* One statement run many times with other values: all on the way at once where the engine can do
 * that (a pipeline), one after the other where it cannot. */
typedef struct cni_batch {
	size_t count;
	/* binds all values of run `at` (from 0) */
	cn_status (*bind)(cni_stmt *stmt, size_t at, void *ctx, cn_error *err);
	/* after run `at`: how many rows it changed; in their order. It may read the row of a
	 * RETURNING (cni_stmt_value), but run nothing on the connection. NULL: nobody asks */
	cn_status (*done)(cni_stmt *stmt, size_t at, int64_t changes, void *ctx, cn_error *err);
	void *ctx;
	size_t failed; /* out: the run that a failure is about */
} cni_batch;

/* Rows on their way into a table. */
typedef struct cni_copy_rows {
	const char *table; /* not quoted; in the connection's usual schema */
	const char *const *columns;
	size_t column_count;
	/* Fills in the next row: CNI_ROW, CNI_DONE, or a cn_status. Texts and blobs must stay as
	 * they are until the next call. It must not use the connection. */
	int (*next)(cn_value *row, void *ctx, cn_error *err);
	void *ctx;
	int64_t count; /* out: so many rows were written */
} cni_copy_rows;

/* Rows of the caller's memory, as a table that one statement reads: no value is bound by itself,
 * and the statement is the same for any number of rows. Columns are called c0, c1, … */
typedef enum cni_cell_kind {
	CNI_CELL_ASK = 0, /* value() tells it */
	CNI_CELL_INT64,   /* lies in the row, at the column's offset */
	CNI_CELL_DOUBLE,
} cni_cell_kind;

typedef struct cni_rows_column {
	cni_cell_kind kind;
	size_t offset;
} cni_rows_column;

enum { CNI_ROWS_COLUMNS = 64 }; /* no table from memory has more */

typedef struct cni_rows {
	const void *const *rows; /* `count` of them */
	size_t count;
	const cni_rows_column *columns;
	size_t column_count;
	/* What the row has in a column of kind ASK; text is borrowed until the statement is reset.
	 * A failure ends the statement, and is what it fails with. */
	cn_status (*value)(const struct cni_rows *rows, size_t row, size_t column, cn_value *ret,
		cn_error *err);
	cn_error *err; /* where that failure is kept: what the engine says of it is of no use */
} cni_rows;

typedef cn_status (*cni_nth_fn)(size_t n, void *ctx, cn_error *err);

/* Rows of a table by a unique column of integers; all quoted. */
typedef struct cni_lookup {
	const char *columns, *table, *key;
} cni_lookup;

struct cni_driver {
	const char *name;          /* "sqlite"; also the section name in revision files */
	void (*own_process)(void); /* cni_drivers_own_process; NULL: there is nothing to set */
	cn_status (*open)(
		const cni_uri *uri, const cni_open_options *options, cni_conn **ret, cn_error *err);
	void (*close)(cni_conn *conn);

	cn_status (*prepare)(
		cni_conn *conn, const char *sql, size_t size, cni_stmt **ret, cn_error *err);
	void (*release)(cni_stmt *stmt);
	size_t (*parameter_count)(const cni_stmt *stmt);
	cn_status (*bind)(cni_stmt *stmt, size_t index, const cn_value *value,
		cn_error *err); /* index from 1 */
	/* The table's name for `FROM name(?)`; NULL: statements cannot read rows from memory, or
	 * not now, since somebody wants to see the values (trace). Both NULL: this engine cannot */
	const char *(*rows_table)(const cni_conn *conn);
	cn_status (*bind_rows)(cni_stmt *stmt, size_t index, const cni_rows *rows, cn_error *err);
	cn_status (*partial_insert)(
		cni_conn *conn, const char *table, const char **ret, cn_error *err); /* or NULL */
	int (*step)(cni_stmt *stmt, cn_error *err); /* CNI_ROW, CNI_DONE or a cn_status */
	void (*reset)(cni_stmt *stmt);
	size_t (*column_count)(const cni_stmt *stmt);
	const char *(*column_name)(const cni_stmt *stmt, size_t index); /* index from 0 */
	cn_value (*column)(cni_stmt *stmt, size_t index);  /* INT64, DOUBLE, TEXT, BLOB or NULL */
	const char *(*text)(cni_stmt *stmt, size_t index); /* of any type but NULL, converted */
	cn_status (*row)(cni_stmt *stmt, cn_value *row, size_t count, cn_error *err);
	cn_status (*each)(cni_stmt *stmt, cni_row_fn fn, void *ctx, cn_error *err);
	/* rows without boxing their values; both may be NULL */
	cn_status (*tuples)(cni_stmt *stmt, cni_take_fn fn, void *ctx, cn_error *err);
	cni_tuple (*here)(cni_stmt *stmt);
	/* both NULL: there is no better way than a statement run again and again */
	cn_status (*lookup)(cni_conn *conn, const cni_lookup *what, cni_stmt **ret, cn_error *err);
	int (*look)(cni_stmt *stmt, int64_t key, cn_error *err);

	cn_status (*exec)(cni_conn *conn, const char *script, size_t size,
		cn_error *err); /* rows are dropped */
	cn_status (*begin)(cni_conn *conn, cni_transaction kind, cn_error *err);
	cn_status (*commit)(cni_conn *conn, cn_error *err);
	void (*rollback)(cni_conn *conn); /* always leaves no transaction open */
	bool (*in_transaction)(const cni_conn *conn);
	int64_t (*changes)(const cni_conn *conn); /* rows of the last statement */
	int64_t (*last_id)(const cni_conn *conn);
	/* from now on every statement goes to `fn`, as cni_open_options.trace; NULL: no more */
	void (*trace)(cni_conn *conn, void (*fn)(const char *sql, int64_t duration_us, void *ctx),
		void *ctx);
	void (*interrupt)(cni_conn *conn); /* from any thread or signal handler */
	void (*watch)(cni_conn *conn);     /* conn->watch was set or taken away; NULL: it cannot */
	/* a number that changes whenever another connection has committed */
	cn_status (*content_version)(cni_conn *conn, int64_t *ret, cn_error *err);
	cn_status (*set)(cni_conn *conn, cni_setting setting, int64_t value, cn_error *err);
	cn_status (*get)(cni_conn *conn, cni_setting setting, int64_t *ret, cn_error *err);

	cn_status (*inspect)(cni_conn *conn, cni_schema *schema, cn_error *err);
	/* An empty database of the same engine, private, gone when closed. `home`: the server on
	 * which it is made; an engine that needs none may be given NULL. */
	cn_status (*scratch)(const cni_uri *home, cni_conn **ret, cn_error *err);
	/* Runs what builds a schema in a scratch database; rows are neither written nor read. A NUL
	 * follows the script. */
	cn_status (*build)(cni_conn *scratch, const char *script, size_t size, cn_error *err);
	/* A private copy of the database as it is now (its rows too), gone when closed. */
	cn_status (*snapshot)(cni_conn *conn, cni_conn **ret, cn_error *err);
	/* Copies the database as it is now into a new file: consistent under load. */
	cn_status (*backup)(cni_conn *conn, const char *path, cn_error *err);
	/* How large things are, without reading much of a large file unless `exact`; NULL: this
	 * engine does not tell. */
	cn_status (*sizes)(
		cni_conn *conn, bool exact, cni_arena *arena, cni_sizes *ret, cn_error *err);
	/* The steps from one schema to another (plan.h); NULL: this engine has no migrations. */
	cn_status (*plan)(const struct cni_plan_request *request, cni_arena *arena,
		struct cni_plan *ret, cn_error *err);
	/* Calls `run` for each of the plan's steps from `from` up to `to`, in their order, inside
	 * the transaction; after a failure it must be rolled back. NULL: nothing is gained by
	 * knowing what comes next. */
	cn_status (*run_steps)(cni_conn *conn, const struct cni_plan *plan, size_t from, size_t to,
		cni_nth_fn run, void *ctx, cn_error *err);
	/* Around a plan's steps, inside their transaction: `before` refuses what cannot work (no
	 * room on the disk) and remembers what `after` puts back (statistics) or compares (broken
	 * references). */
	cn_status (*plan_before)(cni_conn *conn, const struct cni_plan *plan, cni_arena *arena,
		void **ret_state, cn_error *err);
	cn_status (*plan_after)(cni_conn *conn, const struct cni_plan *plan, cni_arena *arena,
		void *state, cn_error *err);
	/* A step of the plan broke a constraint, inside the transaction: says in `err` of which
	 * table of the user's, and which rows. NULL: the engine's own words do. */
	void (*step_failed)(cni_conn *conn, const struct cni_plan *plan,
		const struct cni_step *step, cn_error *err);
	unsigned writers; /* so many connections of a pool write, unless it is told; 0: 1 */
	/* of a connection; it stays the same as long as that is open */
	const cni_capabilities *(*capabilities)(const cni_conn *conn);
	/* Is it of no use any more? The pool throws it away. NULL: that does not happen. */
	bool (*broken)(const cni_conn *conn);
	/* NULL: runs of a batch are stepped one after the other. */
	cn_status (*batch)(cni_stmt *stmt, cni_batch *batch, cn_error *err);
	/* NULL: not capabilities.copies_rows, not capabilities.reserves_keys */
	cn_status (*copy_rows)(cni_conn *conn, cni_copy_rows *copy, cn_error *err);
	cn_status (*reserve_keys)(cni_conn *conn, const char *table, const char *column,
		size_t count, int64_t *ret, cn_error *err);
	/* what this engine spells in its own way (words.h); never NULL */
	const struct cni_words *words;
};

struct cni_conn { /* every driver's own struct begins with this */
	const cni_driver *driver;
	const char *uri;  /* for messages: absolute, without a password */
	const char *path; /* of an engine that keeps a file: its absolute path; else NULL */
	/* of an engine that is a server: what it was opened by, password and all, so that scratch
	 * databases can be made beside it; lives as long as the connection; else NULL */
	const cni_uri *home;
	cni_pulse_fn watch; /* NULL: nobody looks on */
	void *watch_ctx;
};

struct cni_stmt { /* every driver's own struct begins with this */
	cni_conn *conn;
};

/* ---- connections ---- */

/* Opens what `uri` names (cni_uri_parse). Nothing is created but in mode CREATE, and never a
 * folder. Options of the URI: mode=ro|rw|rwc (can only take away from options->mode), cache_size,
 * busy_timeout_ms, journal_mode, synchronous, foreign_keys, mmap_size, secure_delete; an unknown
 * one is CN_EARG. CN_ENOTFOUND: no such file or folder. CN_ECONNECT: it is there, but no database,
 * or is a folder. CN_EIO: permission, read-only. CN_ECONFLICT: locked for longer than the busy
 * time-out. CN_ESCHEMA: its schema is damaged. CN_EUNSUPPORTED: no driver of that name in this
 * build. */
cn_status cni_conn_open(const cni_uri *uri, const cni_open_options *options, cni_conn **ret,
	cn_error *err) CN_MUST_CHECK;
void cni_conn_close(cni_conn *conn);   /* NULL is allowed; an open transaction is rolled back */
void cni_conn_closep(cni_conn **conn); /* for CLEANUP */

/* Opens an empty scratch database of the named engine: private, in memory, guarded
 * (CNI_SETTING_GUARD), foreign keys not enforced. Gone when closed. */
cn_status cni_conn_scratch(const char *engine, cni_conn **ret, cn_error *err) CN_MUST_CHECK;

/* The same on the server that `home` names (its engine alone where there is no server). */
cn_status cni_conn_scratch_at(const cni_uri *home, cni_conn **ret, cn_error *err) CN_MUST_CHECK;
/* The same where a schema comes from (cni_schema.home). */
cn_status cni_schema_scratch(const cni_schema *schema, cni_conn **ret, cn_error *err) CN_MUST_CHECK;

const cni_driver *cni_driver_find(const char *name); /* NULL: this build has none of that name */
/* The one that every build has, and that keeps its databases in files: what is meant where no URI
 * says it. */
const cni_driver *cni_driver_default(void);

/* For a program whose process is Cantil's from its first line on: sets what engines keep per
 * process. Before anything else, one thread. */
void cni_drivers_own_process(void);

/* ---- statements ---- */

/* One statement; CN_EARG when the text holds none, or several. The text need not outlive the call.
 */
cn_status cni_conn_prepare(
	cni_conn *conn, const char *sql, cni_stmt **ret, cn_error *err) CN_MUST_CHECK;
cn_status cni_conn_prepare_size(
	cni_conn *conn, const char *sql, size_t size, cni_stmt **ret, cn_error *err) CN_MUST_CHECK;
void cni_stmt_release(cni_stmt *stmt); /* NULL is allowed */
void cni_stmt_releasep(cni_stmt **stmt);
size_t cni_stmt_parameters(const cni_stmt *stmt);
/* BOOL becomes 0 or 1, TIME "YYYY-MM-DD HH:MM:SS[.ffffff]" (UTC, as CURRENT_TIMESTAMP writes), DATE
 * "YYYY-MM-DD". CN_EARG for NONE, NaN, a time out of the years 0-9999, no such index. Parameters
 * that were not bound since the statement was taken are NULL. */
cn_status cni_stmt_bind(cni_stmt *stmt, size_t index, cn_value value, cn_error *err) CN_MUST_CHECK;
cn_status cni_stmt_bind_all(
	cni_stmt *stmt, const cn_value *values, size_t count, cn_error *err) CN_MUST_CHECK;
/* The name of the table that reads what cni_stmt_bind_rows binds:
 *     INSERT INTO t (a, b) SELECT c0, c1 FROM <table>(?)
 * NULL: not on this connection, or not now; bind the values one by one. */
const char *cni_conn_rows_table(const cni_conn *conn);
/* How an INSERT of many rows into a table may begin when all is rolled back anyway after one is
 * refused: "INSERT OR FAIL" leaves those before it (cni_conn_changes tells how many), so that the
 * engine need not keep what it takes to undo the statement alone. "INSERT" where the words would
 * mean something else: to a trigger, or a constraint that says itself what happens. */
cn_status cni_conn_partial_insert(
	cni_conn *conn, const char *table, const char **ret, cn_error *err) CN_MUST_CHECK;
/* `rows` and what it points to must stay until the statement is reset. */
cn_status cni_stmt_bind_rows(
	cni_stmt *stmt, size_t index, const cni_rows *rows, cn_error *err) CN_MUST_CHECK;
/* CNI_ROW, CNI_DONE, or a negative cn_status. After CNI_DONE or an error: CNI_DONE until reset. */
int cni_stmt_step(cni_stmt *stmt, cn_error *err) CN_MUST_CHECK;
cn_status cni_stmt_run(
	cni_stmt *stmt, cn_error *err) CN_MUST_CHECK; /* steps to the end, drops rows, resets */
void cni_stmt_reset(cni_stmt *stmt);                  /* to the start; what is bound stays bound */
size_t cni_stmt_columns(const cni_stmt *stmt);
const char *cni_stmt_name(const cni_stmt *stmt, size_t index);
cn_value cni_stmt_value(cni_stmt *stmt, size_t index); /* NULL for a column that is not there */
int64_t cni_stmt_int(cni_stmt *stmt, size_t index);    /* 0 for NULL */
double cni_stmt_double(cni_stmt *stmt, size_t index);  /* 0 for NULL */
const char *cni_stmt_text(
	cni_stmt *stmt, size_t index); /* NULL for NULL; a number as text; borrowed */

/* The current row at once, the first `count` columns: much cheaper than column by column. */
cn_status cni_stmt_row(cni_stmt *stmt, cn_value *row, size_t count, cn_error *err) CN_MUST_CHECK;

/* A statement that looks up rows one after the other; *ret is NULL where that is no faster than
 * running another one each time, or a trace would not show the key. It reads on until it is
 * released: which must be before the connection writes. */
cn_status cni_conn_lookup(
	cni_conn *conn, const cni_lookup *what, cni_stmt **ret, cn_error *err) CN_MUST_CHECK;
/* CNI_ROW: cni_stmt_here has it; CNI_DONE: there is no row with this key; or a cn_status. */
int cni_stmt_look(cni_stmt *stmt, int64_t key, cn_error *err) CN_MUST_CHECK;

/* Calls fn for every row, then resets. The fastest way to read many rows. If the statement is
 * `SELECT cantil_row(a, b, …) FROM …` (CNI_ROW_FUNCTION; at most 100 arguments; for an order or a
 * limit: FROM (SELECT … ORDER BY …)), all rows arrive within one step of the engine, which saves
 * about a third; then `count` is the number of arguments. */
cn_status cni_stmt_each(cni_stmt *stmt, cni_row_fn fn, void *ctx, cn_error *err) CN_MUST_CHECK;
#define CNI_ROW_FUNCTION "cantil_row"

/* Runs it batch->count times. The first failure ends it (batch->failed tells which); then, and when
 * `done` fails, what the earlier runs have done is the transaction's to keep or undo. */
cn_status cni_stmt_batch(cni_stmt *stmt, cni_batch *batch, cn_error *err) CN_MUST_CHECK;

/* ---- running SQL ---- */

/* Every statement of a script, one after the other, up to the first that fails (its line in the
 * detail). Not a transaction of its own. */
cn_status cni_conn_exec(cni_conn *conn, const char *script, cn_error *err) CN_MUST_CHECK;
cn_status cni_conn_exec_size(
	cni_conn *conn, const char *script, size_t size, cn_error *err) CN_MUST_CHECK;
cn_status cni_conn_execf(cni_conn *conn, cn_error *err, const char *fmt, ...)
	CN_PRINTF(3, 4) CN_MUST_CHECK;
/* One statement through the cache with values bound; rows are dropped. */
cn_status cni_conn_run(cni_conn *conn, const char *sql, const cn_value *values, size_t count,
	cn_error *err) CN_MUST_CHECK;

/* CN_EARG when one is open. After a commit that failed the transaction may still be open: retry or
 * roll back. */
cn_status cni_conn_begin(cni_conn *conn, cni_transaction kind, cn_error *err) CN_MUST_CHECK;
cn_status cni_conn_commit(cni_conn *conn, cn_error *err) CN_MUST_CHECK;
void cni_conn_rollback(cni_conn *conn); /* fine when none is open; running statements are reset */
bool cni_conn_in_transaction(const cni_conn *conn);
int64_t cni_conn_changes(const cni_conn *conn);
int64_t cni_conn_last_id(const cni_conn *conn);
/* Never NULL; borrowed from the connection. */
const cni_capabilities *cni_conn_can(const cni_conn *conn);
/* Writes rows as they come, all or none of them. CN_EUNSUPPORTED unless cni_conn_can says
 * copies_rows. */
cn_status cni_conn_copy_rows(cni_conn *conn, cni_copy_rows *copy, cn_error *err) CN_MUST_CHECK;
/* `count` numbers for new rows of the table that nobody else will get; gaps are possible. They come
 * from whatever fills the column in (an identity, a sequence). CN_EUNSUPPORTED unless cni_conn_can
 * says reserves_keys; CN_ENOTFOUND: nothing fills this column in. */
cn_status cni_conn_reserve_keys(cni_conn *conn, const char *table, const char *column, size_t count,
	int64_t *ret, cn_error *err) CN_MUST_CHECK;
void cni_conn_trace(
	cni_conn *conn, void (*fn)(const char *sql, int64_t duration_us, void *ctx), void *ctx);
/* Ends what the connection is running, or waiting for, with CN_ECANCELED. From any thread or a
 * signal handler. */
void cni_conn_interrupt(cni_conn *conn);
/* Lets fn look on: it is called about every 50 ms while something runs, and before a transaction
 * begins (done and total 0). A snapshot of this connection is watched by the same. fn NULL: nobody.
 */
void cni_conn_watch(cni_conn *conn, cni_pulse_fn fn, void *ctx);
cn_status cni_conn_content_version(cni_conn *conn, int64_t *ret, cn_error *err) CN_MUST_CHECK;
cn_status cni_conn_set(
	cni_conn *conn, cni_setting setting, int64_t value, cn_error *err) CN_MUST_CHECK;
cn_status cni_conn_get(
	cni_conn *conn, cni_setting setting, int64_t *ret, cn_error *err) CN_MUST_CHECK;

/* One value of one row: the first column of the first row; CN_ENOTFOUND when there is no row. */
cn_status cni_conn_int(cni_conn *conn, const char *sql, int64_t *ret, cn_error *err) CN_MUST_CHECK;
/* The text is copied into the arena; NULL for SQL NULL. */
cn_status cni_conn_text(cni_conn *conn, cni_arena *arena, const char *sql, const char **ret,
	cn_error *err) CN_MUST_CHECK;

/* Every connection has the SQL aggregate cantil_hash(a, b, …): a 64-bit hash of the values (types
 * count, and the number of equal rows; the order of rows does not), as an integer; 0 of no rows. */
#define CNI_HASH_FUNCTION "cantil_hash"

/* ---- schemas ---- */

/* What is in the database, in the order in which it can be created, without the engine's own
 * objects, shadow tables and Cantil's own tables; TEMP objects are not seen. CN_ESCHEMA naming the
 * object that cannot be read. */
cn_status cni_conn_inspect(
	cni_conn *conn, cni_arena *arena, cni_schema **ret, cn_error *err) CN_MUST_CHECK;

/* The same of a database that is probably like `known`, which must live as long as *ret: what has
 * the same text is not read again. */
cn_status cni_conn_inspect_like(cni_conn *conn, const cni_schema *known, cni_arena *arena,
	cni_schema **ret, cn_error *err) CN_MUST_CHECK;

/* How large the tables are, and what a transaction that writes means to others. Of a large database
 * only a sample is read, unless `exact`: milliseconds. CN_EUNSUPPORTED when the engine cannot tell.
 */
cn_status cni_conn_sizes(
	cni_conn *conn, bool exact, cni_arena *arena, cni_sizes *ret, cn_error *err) CN_MUST_CHECK;

/* Is it a table that Cantil keeps for itself (the version table and the one of steps)? The one
 * place that knows. */
bool cni_own_table(const char *name);
#define CNI_VERSION_TABLE "cantil_version"
#define CNI_STEP_TABLE    "cantil_step" /* while a revision without a transaction is unfinished */

/* A private copy of the database as it is now, rows and all; the source is only read. In memory,
 * above 64 MB in a temporary file that has no name. CN_ECONFLICT when the connection has written in
 * an open transaction. */
cn_status cni_conn_snapshot(cni_conn *conn, cni_conn **ret, cn_error *err) CN_MUST_CHECK;
/* The same into a new file, whole or not at all, synced to disk. CN_ECONFLICT if the file exists.
 */
cn_status cni_conn_backup(cni_conn *conn, const char *path, cn_error *err) CN_MUST_CHECK;

/* Builds SQL text, or a schema, in an empty scratch database of the named engine ("sqlite") and
 * inspects that. In a script, CREATE, ALTER and DROP are run; statements that only move rows are
 * checked for syntax and passed over. Source: src/driver/normalise.c */
cn_status cni_normalise_sql(const char *engine, const char *script, cni_arena *arena,
	cni_schema **ret, cn_error *err) CN_MUST_CHECK;
/* The same on the server that `home` names; `known` as below. */
cn_status cni_normalise_sql_at(const cni_uri *home, const char *script, const cni_schema *known,
	cni_arena *arena, cni_schema **ret, cn_error *err) CN_MUST_CHECK;
cn_status cni_normalise(
	const cni_schema *schema, cni_arena *arena, cni_schema **ret, cn_error *err) CN_MUST_CHECK;
/* What a script of many CREATE statements says, where the engine would keep them word for word and
 * nobody has built it yet: for an empty database in which it is built next, and then compared. What
 * is wrong with it is told by building it. *ret stays NULL when it is not that simple: normalise
 * it. Source: src/driver/written.c */
cn_status cni_schema_written(const char *engine, const char *script, cni_arena *arena,
	cni_schema **ret, cn_error *err) CN_MUST_CHECK;
/* The same for what will be compared with `known`, a normalised or inspected schema: of a large
 * schema, what means the same as there is not built again. *ret may share texts with `known`, which
 * must live as long. NULL: nothing is known. */
cn_status cni_normalise_sql_like(const char *engine, const char *script, const cni_schema *known,
	cni_arena *arena, cni_schema **ret, cn_error *err) CN_MUST_CHECK;
cn_status cni_normalise_like(const cni_schema *schema, const cni_schema *known, cni_arena *arena,
	cni_schema **ret, cn_error *err) CN_MUST_CHECK;

#endif
