/*
 * postgres.h - inside the PostgreSQL driver: its connection, its statements, what its files share.
 *
 * A connection does one thing at a time on the wire. While a statement streams its rows it is the
 * connection's `active` one; whatever else has to be sent first puts the rest of those rows by
 * (spool.c), so that statements interleave as the contract wants.
 *
 * Invariants:
 *   - Nothing here touches one connection from two threads, except cni_pg_interrupt.
 *   - Every answer of the server becomes a cn_status in error.c only.
 *   - No password ever enters an error, a log or base.uri.
 *
 * Source: src/driver/postgres/
 */
#ifndef CNI_DRIVER_POSTGRES_POSTGRES_H
#define CNI_DRIVER_POSTGRES_POSTGRES_H

#include <stdatomic.h>

#include <libpq-fe.h>

#include "base/buffer.h"
#include "driver/driver.h"

enum {
	CNI_PG_LOCK_MS = 5000,    /* how long a lock is waited for, unless the URI says */
	CNI_PG_CONNECT_S = 10,    /* for one host, unless somebody says */
	CNI_PG_CACHED = 128,      /* idle statements that are kept */
	CNI_PG_BUCKETS = 256,     /* of the statement cache; a power of two */
	CNI_PG_PULSE_MS = 50,     /* how often who looks on is told */
	CNI_PG_PARAMETERS = 65535 /* of one statement: the protocol's bound */
};

/* The types whose binary form is read and written here; pg_type.dat says so for every server. */
enum {
	CNI_PG_BOOL = 16,
	CNI_PG_BYTEA = 17,
	CNI_PG_CHAR = 18, /* "char", one byte */
	CNI_PG_NAME = 19,
	CNI_PG_INT8 = 20,
	CNI_PG_INT2 = 21,
	CNI_PG_INT4 = 23,
	CNI_PG_TEXT = 25,
	CNI_PG_OID = 26,
	CNI_PG_JSON = 114,
	CNI_PG_XML = 142,
	CNI_PG_FLOAT4 = 700,
	CNI_PG_FLOAT8 = 701,
	CNI_PG_UNKNOWN = 705,
	CNI_PG_BPCHAR = 1042,
	CNI_PG_VARCHAR = 1043,
	CNI_PG_DATE = 1082,
	CNI_PG_TIME = 1083,
	CNI_PG_TIMESTAMP = 1114,
	CNI_PG_TIMESTAMPTZ = 1184,
	CNI_PG_NUMERIC = 1700,
	CNI_PG_UUID = 2950,
	CNI_PG_JSONB = 3802,
};

typedef struct pg_conn pg_conn;
typedef struct pg_stmt pg_stmt;
typedef struct pg_spool pg_spool; /* rows put by; spool.c */

/* One parameter as it goes over the wire. */
typedef struct pg_param {
	cn_value value;   /* as it was bound */
	const char *data; /* NULL: SQL NULL; the caller's memory, or `own` */
	int size;
	bool binary;
	char own[48];
	char *copy; /* malloc'd, for longer text that needs a NUL; NULL: none */
} pg_param;

typedef struct pg_cell {
	const char *data; /* NULL: SQL NULL */
	int32_t size;
} pg_cell;

struct pg_stmt {
	cni_stmt base;
	char name[24];    /* on the server; "" as long as it is not prepared there */
	uint64_t session; /* of the connection, when it was prepared: another means gone */
	uint64_t ddl;     /* of the connection, when it was prepared: another means look again */
	bool taken;       /* by a caller; else it is in the list of idle ones */
	bool started;     /* stepped since the last reset */
	bool ended;       /* yielded CNI_DONE or an error since the last reset */
	bool returns_rows;
	bool binary; /* the rows come in binary: every column's type is known here */
	size_t param_count, column_count;
	Oid *param_types, *column_types; /* as the server told */
	PGresult *description;           /* for the names of the columns */
	pg_param *params;
	/* what libpq wants beside each other */
	const char **values;
	int *sizes, *formats;

	PGresult *result;  /* the current row; NULL: none, or it is in the spool */
	pg_spool *spool;   /* the rest of the rows, when the connection had to do something else */
	pg_cell *cells;    /* of the current row, when it comes from the spool */
	cni_buffer *texts; /* one for each column whose text had to be made */
	bool again;        /* it was prepared anew, and started once more */
	int64_t began_us;

	pg_stmt *chain;         /* the next in its bucket */
	pg_stmt *newer, *older; /* in the list of idle ones */
	uint64_t hash;
	size_t size;
	char *wire; /* the text with $1 for ?; what the server gets */
	char sql[]; /* the key: the text as it was given */
};

/* What this server can do, asked once when the connection is made. */
typedef enum pg_kind {
	PG_KIND_POSTGRES = 0,
	PG_KIND_CITUS,
	PG_KIND_COCKROACH,
	PG_KIND_YUGABYTE,
} pg_kind;

/* A schema in a transaction that is never committed; scratch.c. */
typedef struct pg_scratch {
	const char *name, *home; /* home: the schema that it stands for */
	bool home_visible;       /* it is in the search path */
	const char **members;    /* what extensions have there: public.citext stays that */
	size_t member_count;
	bool saved; /* a transaction is open, as far as the caller is concerned */
} pg_scratch;

struct pg_conn {
	cni_conn base;
	PGconn *pq;
	cni_arena arena;                 /* of the names in base and the keywords */
	const char **keywords, **values; /* what it was opened with, to connect again; NULL ends */
	size_t keyword_count;
	const char *isolation; /* NULL: the server's usual */
	cni_open_mode mode;
	pg_kind kind;
	cni_capabilities can;
	int version;         /* 150018, as PQserverVersion tells */
	uint64_t session;    /* how often it has been connected */
	uint64_t ddl;        /* how often something that defines has run on it */
	uint64_t ddl_before; /* the same when the transaction began */
	bool in_tx;  /* a transaction is open, as far as the caller is concerned: also a lost one */
	bool ended;  /* the server has said that it ends the session */
	bool pinned; /* it has state on the server (locks, temporary tables): never reconnect */
	pg_scratch *scratch; /* NULL: it is none */
	unsigned lock_timeout_ms, statement_timeout_ms;
	int64_t changes, last_id, versions;

	pg_stmt *active; /* whose rows are on the wire; NULL: the wire is free */
	bool committing; /* whether a lost connection leaves the outcome unknown */
	_Atomic(PGcancel *) cancel;
	PGcancel **cancels; /* of all sessions: an old one may be in use by another thread */
	size_t cancel_count;
	atomic_bool running, interrupted;
	bool told_to_end; /* by who looks on */
	const char *sql;  /* what runs, for who looks on */
	int64_t rows;     /* that it has yielded */
	int64_t next_pulse_us;
	void (*trace)(const char *sql, int64_t duration_us, void *ctx);
	void *trace_ctx;

	pg_stmt *buckets[CNI_PG_BUCKETS];
	pg_stmt *newest, *oldest; /* idle */
	size_t idle_count;
	uint64_t prepare_count; /* also names the statements */
	cni_buffer dead;        /* DEALLOCATE …; for those that left the cache */
};

static inline pg_conn *cni_pg_of(cni_conn *conn) { return (pg_conn *)conn; }

static inline const pg_conn *cni_pg_of_const(const cni_conn *conn) { return (const pg_conn *)conn; }

static inline pg_stmt *cni_pg_stmt_of(cni_stmt *stmt) { return (pg_stmt *)stmt; }

static inline const pg_stmt *cni_pg_stmt_of_const(const cni_stmt *stmt)
{
	return (const pg_stmt *)stmt;
}

/* ---- text: scan.c ---- */

typedef enum pg_piece {
	PG_PIECE_SPACE,
	PG_PIECE_COMMENT, /* they nest */
	PG_PIECE_WORD,
	PG_PIECE_NAME,   /* "x", U&"x" */
	PG_PIECE_STRING, /* '…', E'…', $tag$…$tag$ */
	PG_PIECE_NUMBER,
	PG_PIECE_OTHER, /* one byte */
} pg_piece;

/* The size of the piece at `p`, split where PostgreSQL splits it. What is not ended runs to the
 * end. size > 0. */
size_t cni_pg_piece(const char *p, size_t size, pg_piece *ret);
/* The next statement of a script, without its `;`; false at the end. Statements inside BEGIN ATOMIC
 * … END of a function's body belong to it. */
bool cni_pg_split(const char **at, const char *end, const char **ret_statement, size_t *ret_size);
/* ?, ?3 become $1, $3; ?? becomes the operator's ?. CN_EARG: over CNI_PG_PARAMETERS. */
/* `SELECT cantil_row(a, b) FROM …` is `SELECT a, b FROM …` here: the rows come by themselves. */
cn_status cni_pg_placeholders(
	const char *sql, size_t size, cni_buffer *out, cn_error *err) CN_MUST_CHECK;

/* ---- opening: connect.c, options.c ---- */

cn_status cni_pg_open(
	const cni_uri *uri, const cni_open_options *options, cni_conn **ret, cn_error *err);
void cni_pg_close(cni_conn *base);
/* Connects again if the connection is found broken and nothing would be lost by it. */
cn_status cni_pg_alive(pg_conn *conn, cn_error *err) CN_MUST_CHECK;
cn_status cni_pg_options_read(pg_conn *conn, const cni_uri *uri, const cni_open_options *options,
	cn_error *err) CN_MUST_CHECK;

/* ---- the wire: wire.c ---- */

/* The next result of what was sent; *ret NULL: there is no more. It waits in slices, tells who
 * looks on, cancels when told to. CN_ECONNECT: the connection is gone. */
cn_status cni_pg_result(pg_conn *conn, PGresult **ret, cn_error *err) CN_MUST_CHECK;
/* Waits until there is something to read (or, `writing`, until more can be sent), once. */
cn_status cni_pg_wait(pg_conn *conn, bool writing, cn_error *err) CN_MUST_CHECK;
/* Around everything that is sent: `sql` is what who looks on is told. */
void cni_pg_running(pg_conn *conn, const char *sql);
void cni_pg_ran(pg_conn *conn);
/* Ends a COPY that nobody asked this driver for. */
void cni_pg_refuse_copy(pg_conn *conn, const PGresult *result);
/* Makes the wire free: the rows of the active statement are put by. Every function that sends
 * begins with it. */
cn_status cni_pg_free_wire(pg_conn *conn, cn_error *err) CN_MUST_CHECK;
/* One statement or several by the simple protocol, no values; the last result that was a success,
 * or NULL. For the driver's own SQL. `sql` is NUL-terminated. */
cn_status cni_pg_query(pg_conn *conn, const char *sql, PGresult **ret, cn_error *err) CN_MUST_CHECK;
void cni_pg_interrupt(cni_conn *base);
void cni_pg_watch(cni_conn *base);
void cni_pg_clearp(PGresult **result); /* for CLEANUP */

/* ---- statements: statement.c, run.c, spool.c ---- */

cn_status cni_pg_prepare(
	cni_conn *base, const char *sql, size_t size, cni_stmt **ret, cn_error *err);
void cni_pg_release(cni_stmt *base);
/* Prepares it on the server if it is not, or no longer. */
cn_status cni_pg_prepared(pg_stmt *stmt, cn_error *err) CN_MUST_CHECK;
void cni_pg_forget_all(pg_conn *conn);
size_t cni_pg_parameters(const cni_stmt *stmt);
size_t cni_pg_columns(const cni_stmt *stmt);
const char *cni_pg_name(const cni_stmt *stmt, size_t index);

/* What a statement that ran to its end has done. */
void cni_pg_count(pg_conn *conn, PGresult *result);
/* Sends it with what is bound; it is prepared. */
cn_status cni_pg_send(pg_stmt *stmt, cn_error *err) CN_MUST_CHECK;
/* Reads what is left on the wire, and drops it. */
void cni_pg_drain(pg_conn *conn);
/* Tells who traces that the statement has run. Source: trace.c */
void cni_pg_told(const pg_stmt *stmt, int64_t began_us);
int cni_pg_spool_next(pg_stmt *stmt, cn_error *err); /* as a step */
void cni_pg_spool_free(pg_spool *spool);             /* NULL is allowed */

int cni_pg_step(cni_stmt *base, cn_error *err);
void cni_pg_reset(cni_stmt *base);
cn_status cni_pg_each(cni_stmt *base, cni_row_fn fn, void *ctx, cn_error *err);
/* Source: tuple.c */
cn_status cni_pg_tuples(cni_stmt *base, cni_take_fn fn, void *ctx, cn_error *err);
cni_tuple cni_pg_here(cni_stmt *base);
cn_status cni_pg_exec(cni_conn *base, const char *script, size_t size, cn_error *err);

cn_status cni_pg_begin(cni_conn *base, cni_transaction kind, cn_error *err);
cn_status cni_pg_commit(cni_conn *base, cn_error *err);
void cni_pg_rollback(cni_conn *base);
bool cni_pg_in_transaction(const cni_conn *base);
int64_t cni_pg_changes(const cni_conn *base);
int64_t cni_pg_last_id(const cni_conn *base);
void cni_pg_trace(
	cni_conn *base, void (*fn)(const char *sql, int64_t duration_us, void *ctx), void *ctx);

/* ---- values: bind.c, value.c ---- */

cn_status cni_pg_bind(cni_stmt *base, size_t index, const cn_value *value, cn_error *err);
cn_value cni_pg_column(cni_stmt *base, size_t index);
const char *cni_pg_text(cni_stmt *base, size_t index);
cn_status cni_pg_row(cni_stmt *base, cn_value *row, size_t count, cn_error *err);
/* A value as the server wants it for a parameter of this type. Text and blobs stay the caller's. */
cn_status cni_pg_encode(pg_param *param, Oid type, size_t index, const cn_value *value,
	cn_error *err) CN_MUST_CHECK;
bool cni_pg_binary_known(Oid type); /* is its binary form read here? */
/* An integer, if the exact number in `text` is one that fits; else `otherwise`. */
cn_value cni_pg_exact(const char *text, cn_value otherwise);
/* Times beyond ISO's years. Source: far_time.c */
bool cni_pg_time_fits(int64_t us_of_1970);
void cni_pg_far_date(cni_buffer *out, int64_t days_of_2000);
void cni_pg_far_time(cni_buffer *out, int64_t us_of_2000);

/* ---- failures: error.c ---- */

/* What the caller does next about an SQLSTATE. */
cn_status cni_pg_status(const char *state);
/* After connecting failed; pq's errors are verbose. */
cn_status cni_pg_connect_failed(const pg_conn *conn, PGconn *pq, cn_error *err);

/* Where a statement stands, for messages. line 0: not in a script. */
typedef struct pg_place {
	const char *sql;
	size_t size;
	unsigned line;
} pg_place;

/* Fills err from what the server answered, or (result NULL) from the connection. `place` may be
 * NULL. Never returns CN_OK. */
cn_status cni_pg_fail(pg_conn *conn, const PGresult *result, const pg_place *place, cn_error *err);

/* ---- many at once: pipeline.c, copy_rows.c, encode.c ---- */

/* Sends what libpq has gathered, all of it. */
cn_status cni_pg_flush(pg_conn *conn, cn_error *err) CN_MUST_CHECK;
cn_status cni_pg_pipeline_begin(pg_conn *conn, cn_error *err) CN_MUST_CHECK;
cn_status cni_pg_pipeline_sync(pg_conn *conn, cn_error *err) CN_MUST_CHECK;
/* The next result, never NULL: of a command, or PGRES_PIPELINE_SYNC. */
cn_status cni_pg_pipeline_next(pg_conn *conn, PGresult **ret, cn_error *err) CN_MUST_CHECK;
void cni_pg_pipeline_end(pg_conn *conn);
cn_status cni_pg_batch(cni_stmt *base, cni_batch *batch, cn_error *err);
cn_status cni_pg_copy_rows(cni_conn *base, cni_copy_rows *copy, cn_error *err);
/* A value with its size in front, in binary, as COPY has it; the type is one that is known here. */
cn_status cni_pg_write(cni_buffer *out, Oid type, size_t index, const cn_value *value,
	cn_error *err) CN_MUST_CHECK;
bool cni_pg_write_numeric(cni_buffer *out, const char *text); /* false: it is no number */

/* ---- the server: capabilities.c ---- */

cn_status cni_pg_look_at_server(pg_conn *conn, cn_error *err) CN_MUST_CHECK;
const cni_capabilities *cni_pg_capabilities(const cni_conn *base);
bool cni_pg_broken(const cni_conn *base);
cn_status cni_pg_reserve_keys(cni_conn *base, const char *table, const char *column, size_t count,
	int64_t *ret, cn_error *err);

/* ---- settings: settings.c ---- */

cn_status cni_pg_set(cni_conn *base, cni_setting setting, int64_t value, cn_error *err);
cn_status cni_pg_get(cni_conn *base, cni_setting setting, int64_t *ret, cn_error *err);
cn_status cni_pg_content_version(cni_conn *base, int64_t *ret, cn_error *err);

/* ---- schemas: inspect.c, scratch.c, plan.c ---- */

cn_status cni_pg_inspect(cni_conn *base, cni_schema *schema, cn_error *err);
cn_status cni_pg_scratch(const cni_uri *home, cni_conn **ret, cn_error *err);
cn_status cni_pg_build(cni_conn *base, const char *script, size_t size, cn_error *err);
cn_status cni_pg_snapshot(cni_conn *base, cni_conn **ret, cn_error *err);
cn_status cni_pg_backup(cni_conn *base, const char *path, cn_error *err);
cn_status cni_pg_sizes(cni_conn *base, bool exact, cni_arena *arena, cni_sizes *ret, cn_error *err);
cn_status cni_pg_plan(const struct cni_plan_request *request, cni_arena *arena,
	struct cni_plan *ret, cn_error *err);
cn_status cni_pg_plan_before(cni_conn *base, const struct cni_plan *plan, cni_arena *arena,
	void **ret_state, cn_error *err);
cn_status cni_pg_plan_after(
	cni_conn *base, const struct cni_plan *plan, cni_arena *arena, void *state, cn_error *err);

/* Seen from libcantil: the one name that this library shows. */
extern CN_API const cni_driver cni_postgres_driver;

#endif
