/*
 * sqlite.h - inside the SQLite driver: its connection, its statements, and what its files share.
 *
 * Invariants: a handle is opened with NOMUTEX, so nothing here may touch one connection from two
 * threads, except cni_sqlite_interrupt. Every result code becomes a cn_status in error.c only.
 */
#ifndef CNI_DRIVER_SQLITE_SQLITE_H
#define CNI_DRIVER_SQLITE_SQLITE_H

#include <stdatomic.h>

#include <sqlite3.h>

#include "base/clock.h"
#include "driver/driver.h"

enum {
	CNI_SQLITE_BUSY_MS = 5000,
	CNI_SQLITE_CACHED = 128,     /* idle statements that are kept */
	CNI_SQLITE_BUCKETS = 256,    /* of the statement cache; a power of two */
	CNI_SQLITE_GUARD_MS = 10000, /* how long a stranger's script may run */
};

typedef struct cni_sqlite cni_sqlite;
typedef struct cni_sqlite_stmt cni_sqlite_stmt;

typedef struct cni_sqlite_wanted { /* what a lookup looks for; see lookup.c */
	int64_t key;
	bool pending; /* it has not been looked for yet */
} cni_sqlite_wanted;

struct cni_sqlite_stmt {
	cni_stmt base;
	sqlite3_stmt *handle;
	bool taken;   /* by a caller; else it is in the list of idle ones */
	bool started; /* stepped since the last reset */
	bool ended;   /* yielded CNI_DONE or an error since the last reset */
	bool bound;
	cni_sqlite_wanted wanted;
	cni_sqlite_stmt *chain;         /* the next in its bucket */
	cni_sqlite_stmt *newer, *older; /* in the list of idle ones */
	uint64_t hash;
	size_t size;
	char sql[]; /* the key: the text as it was given */
};

/* What cni_stmt_tuples hands to the SQL function cantil_row. */
typedef struct cni_sqlite_sink {
	cni_take_fn fn;
	void *ctx;
	cn_error *err;
	int result;
	bool aggregated; /* the statement did call cantil_row */
} cni_sqlite_sink;

typedef struct cni_sqlite_watch { /* of the statement that runs */
	int64_t next_us;          /* not before this is anybody told */
	const sqlite3_stmt *stmt; /* whose rows are counted; compared, never used */
	int64_t rows, total;
	bool asking;
} cni_sqlite_watch;

struct cni_sqlite {
	cni_conn base;
	sqlite3 *db;
	cni_arena arena; /* of the names in base */
	cni_open_mode mode;
	bool foreign;
	bool private;    /* in memory, or a temporary file: nobody else sees it */
	bool scratch;    /* private, and only its schema counts */
	bool read_guard; /* a READ connection on a handle that could write: see locate.c */
	const char *journal_asked; /* by the URI; NULL: it said nothing */
	bool read_asked;           /* the URI says mode=ro */
	bool zeros_asked;          /* the URI says secure_delete=on */
	unsigned busy_timeout_ms;
	int synchronous; /* as open chose it: 0 OFF … 3 EXTRA */
	int64_t busy_since_us;
	uint64_t random;
	atomic_bool interrupted;
	void (*trace)(const char *sql, int64_t duration_us, void *ctx);
	void *trace_ctx;

	cni_sqlite_stmt *buckets[CNI_SQLITE_BUCKETS];
	cni_sqlite_stmt *newest, *oldest; /* idle */
	size_t idle_count;
	uint64_t prepare_count; /* texts that SQLite had to compile; for tests and reports */

	bool looks_up;         /* the table of lookup.c is there */
	cni_sqlite_sink *sink; /* of the innermost cni_stmt_tuples */
	cni_sqlite_watch watching;

	sqlite3_stmt *rollback; /* ready, since it must work when memory is short */

	bool guarded;
	unsigned guard_ms;   /* how long one statement, or one script that is built, may run */
	bool building;       /* the deadline is the script's */
	int64_t deadline_us; /* of the running statement, when guarded */
	bool timed_out;
	char denied[64]; /* what the guard refused last, for the message; "" */
};

/* CN_EARG for what is longer than SQLite takes, or has a NUL in it. Source: statement.c */
cn_status cni_sqlite_check_text(cni_sqlite *conn, const char *sql, size_t size, cn_error *err);
/* sql[size] must be readable: a NUL there saves a copy. sqlite3_prepare, counted, tried again when
 * the failure could be mended. Source: statement.c */
int cni_sqlite_compile(
	cni_sqlite *conn, const char *sql, size_t size, sqlite3_stmt **ret, const char **ret_tail);

/* Where a statement stands, for messages. line 0: not in a script. */
typedef struct cni_sqlite_place {
	const char *sql;
	size_t size;
	unsigned line;
} cni_sqlite_place;

/* Fills err from the handle's last error. `place` may be NULL. Never returns CN_OK. Source: error.c
 */
cn_status cni_sqlite_fail(cni_sqlite *conn, int rc, const cni_sqlite_place *place, cn_error *err);
/* The line (from 1) of a place in a script. */
unsigned cni_sqlite_line(const char *script, const char *at);

/* Opening. Source: connect.c */
void cni_sqlite_own_process(void);
cn_status cni_sqlite_open(
	const cni_uri *uri, const cni_open_options *options, cni_conn **ret, cn_error *err);
void cni_sqlite_close(cni_conn *base);
/* A database that nobody else sees: ":memory:", "" (a file that is deleted as soon as it is open),
 * or a new file's path. Never synced to disk. `name` is for messages. */
cn_status cni_sqlite_open_private(
	const char *file, const char *name, cni_sqlite **ret, cn_error *err);
cn_status cni_sqlite_handle(cni_sqlite *conn, const char *name, int flags, cn_error *err);
void cni_sqlite_trace(
	cni_conn *base, void (*fn)(const char *sql, int64_t duration_us, void *ctx), void *ctx);
void cni_sqlite_interrupt(cni_conn *base);

/* Finds the file, opens the handle in the way that the mode demands, looks at its header.
 * Source: locate.c */
cn_status cni_sqlite_locate(cni_sqlite *conn, bool *ret_wal, cn_error *err);

/* What the URI's options ask for; -1, NULL: not said. Source: options.c */
typedef struct cni_sqlite_options {
	int mode; /* a cni_open_mode */
	int64_t busy_timeout_ms, cache_size, mmap_size, foreign_keys, secure_delete;
	const char *journal_mode; /* lower case, as SQLite prints it */
	int synchronous;
} cni_sqlite_options;
cn_status cni_sqlite_options_read(const cni_uri *uri, cni_sqlite_options *ret, cn_error *err);

/* The cache. Source: statement.c */
cn_status cni_sqlite_prepare(
	cni_conn *base, const char *sql, size_t size, cni_stmt **ret, cn_error *err);
void cni_sqlite_release(cni_stmt *base);
void cni_sqlite_finalize_all(cni_sqlite *conn);

/* Values in and out. Source: value.c */
size_t cni_sqlite_parameters(const cni_stmt *stmt);
cn_status cni_sqlite_bind(cni_stmt *base, size_t index, const cn_value *value, cn_error *err);
size_t cni_sqlite_columns(const cni_stmt *stmt);
const char *cni_sqlite_name(const cni_stmt *stmt, size_t index);
cn_value cni_sqlite_column(cni_stmt *base, size_t index);
const char *cni_sqlite_text(cni_stmt *stmt, size_t index);
cn_status cni_sqlite_row(cni_stmt *base, cn_value *row, size_t count, cn_error *err);
/* The text that a time, a date or a time of day is stored as. */
typedef struct cni_sqlite_moment_text {
	char room[CNI_TIME_TEXT];
	const char *at; /* in room */
	size_t size;
} cni_sqlite_moment_text;
/* `index` is the parameter's, for the message. */
cn_status cni_sqlite_moment(
	const cn_value *value, size_t index, cni_sqlite_moment_text *ret, cn_error *err);
/* CN_TYPE_NONE: out of memory while it was converted. */
cn_value cni_sqlite_value(sqlite3_value *value);
/* Rows as SQLite holds them. Source: tuple.c */
cni_tuple cni_sqlite_arguments(sqlite3_value **values, size_t count);
cni_tuple cni_sqlite_here(cni_stmt *stmt);

/* Running. Source: run.c */
int cni_sqlite_step(cni_stmt *base, cn_error *err);
void cni_sqlite_reset(cni_stmt *base);
cn_status cni_sqlite_each(cni_stmt *base, cni_row_fn fn, void *ctx, cn_error *err);
cn_status cni_sqlite_tuples(cni_stmt *base, cni_take_fn fn, void *ctx, cn_error *err);
cn_status cni_sqlite_exec(cni_conn *base, const char *script, size_t size, cn_error *err);
cn_status cni_sqlite_begin(cni_conn *conn, cni_transaction kind, cn_error *err);
cn_status cni_sqlite_commit(cni_conn *conn, cn_error *err);
void cni_sqlite_rollback(cni_conn *base);
bool cni_sqlite_in_transaction(const cni_conn *conn);
int64_t cni_sqlite_changes(const cni_conn *conn);
int64_t cni_sqlite_last_id(const cni_conn *conn);
cn_status cni_sqlite_content_version(cni_conn *conn, int64_t *ret, cn_error *err);

/* Compiles and runs one statement; *ret_tail is what follows it. Functions that a scratch database
 * does not know get a stand-in. `check_only`: compiles it only. */
cn_status cni_sqlite_run_text(cni_sqlite *conn, const cni_sqlite_place *place, bool check_only,
	const char **ret_tail, cn_error *err);
/* Marks the begin of a run: forgets an old interrupt, sets the guard's deadline. */
void cni_sqlite_started(cni_sqlite *conn);
/* A PRAGMA's value as text, "" when it has none. */
cn_status cni_sqlite_pragma(
	cni_sqlite *conn, const char *sql, char *out, size_t size, cn_error *err);

/* Source: settings.c */
cn_status cni_sqlite_set(cni_conn *base, cni_setting setting, int64_t value, cn_error *err);
cn_status cni_sqlite_get(cni_conn *base, cni_setting setting, int64_t *ret, cn_error *err);

/* Switches SQLite's progress handler on where somebody looks on, or the guard does. Source: watch.c
 */
void cni_sqlite_watch_set(cni_conn *base);
/* Before a statement is compiled: about how many rows it will go through. */
void cni_sqlite_watch_begin(cni_sqlite *conn, const char *sql, size_t size);
/* The same before a statement is run that was compiled earlier. */
void cni_sqlite_watch_again(cni_sqlite_stmt *stmt);
/* While another process is waited for; false: it is to end. */
bool cni_sqlite_watch_waiting(cni_sqlite *conn);
/* Within a copy, often; false: it is to end. */
bool cni_sqlite_watch_pages(cni_sqlite *conn, int64_t done, int64_t total);

/* cantil_hash and cantil_row. Source: functions.c */
cn_status cni_sqlite_functions(cni_sqlite *conn, cn_error *err);

/* Rows from memory as the table CNI_SQLITE_ROWS. Source: rows.c */
#define CNI_SQLITE_ROWS "cantil_rows"
cn_status cni_sqlite_rows(cni_sqlite *conn, cn_error *err);
const char *cni_sqlite_rows_table(const cni_conn *base);
/* Source: partial.c */
cn_status cni_sqlite_partial_insert(
	cni_conn *base, const char *table, const char **ret, cn_error *err);
cn_status cni_sqlite_bind_rows(cni_stmt *base, size_t index, const cni_rows *rows, cn_error *err);

/* Rows by key from a statement that does not end. Source: lookup.c */
cn_status cni_sqlite_lookup(cni_conn *base, const cni_lookup *what, cni_stmt **ret, cn_error *err);
int cni_sqlite_look(cni_stmt *base, int64_t key, cn_error *err);

/* After a statement did not compile: takes the reason away if it can, so that trying again makes
 * sense. Source: mend.c */
bool cni_sqlite_mend(cni_sqlite *conn);
cn_status cni_sqlite_stand_in_collations(cni_sqlite *conn, cn_error *err);

/* A guarded, empty database. Source: scratch.c, guard.c */
cn_status cni_sqlite_scratch(const cni_uri *home, cni_conn **ret, cn_error *err);
cn_status cni_sqlite_build(cni_conn *base, const char *script, size_t size, cn_error *err);
void cni_sqlite_guard(cni_sqlite *conn, bool on);
/* Has the running statement of a guarded connection had its time? */
bool cni_sqlite_late(cni_sqlite *conn);
void cni_sqlite_guard_reads(cni_sqlite *conn);

/* Source: inspect.c, copy.c */
cn_status cni_sqlite_inspect(cni_conn *base, cni_schema *schema, cn_error *err);
cn_status cni_sqlite_sizes(
	cni_conn *conn, bool exact, cni_arena *arena, cni_sizes *ret, cn_error *err);
cn_status cni_sqlite_snapshot(cni_conn *base, cni_conn **ret, cn_error *err);
cn_status cni_sqlite_backup(cni_conn *base, const char *path, cn_error *err);

extern const cni_driver cni_sqlite_driver;

static inline cni_sqlite *cni_sqlite_of(cni_conn *conn) { return (cni_sqlite *)conn; }

static inline const cni_sqlite *cni_sqlite_of_const(const cni_conn *conn)
{
	return (const cni_sqlite *)conn;
}

static inline cni_sqlite_stmt *cni_sqlite_stmt_of(cni_stmt *stmt)
{
	return (cni_sqlite_stmt *)stmt;
}

static inline const cni_sqlite_stmt *cni_sqlite_stmt_of_const(const cni_stmt *stmt)
{
	return (const cni_sqlite_stmt *)stmt;
}

#endif
