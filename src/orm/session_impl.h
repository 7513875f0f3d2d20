/*
 * session_impl.h - the inside of a session, for the files that make it.
 *
 * Invariants:
 *   - error.status < 0: nothing is done until cn_rollback.
 *   - A row that the session keeps has one entry; entries stand in `entries` in the order in which
 * they came, and in `identity` by primary key (rows not inserted yet: by their address).
 *   - `cni_old(entry)` is what the database holds as far as this session knows; its texts are the
 * session's.
 *   - `epoch` counts what may have changed the database's rows: an entry of an older one is read
 * again when it is met. Those of `snapshot` and later are of the state that the present transaction
 * sees (the others come from cn_execute); an entry from before it is checked before it is written.
 *   - Rows that nobody has asked for yet need not be in the identity map: see cni_session_known.
 */
#ifndef CNI_ORM_SESSION_IMPL_H
#define CNI_ORM_SESSION_IMPL_H

#include <stdalign.h>
#include <stddef.h>

#include <cantil/session.h>

#include "base/buffer.h"
#include "orm/convert.h"
#include "orm/database_impl.h"

typedef enum cni_state {
	CNI_NEW = 0, /* to be inserted */
	CNI_LOADED,  /* in the database */
	CNI_DELETED, /* to be deleted */
	CNI_GONE,    /* deleted, or never inserted: leaves `entries` at the end of the flush */
} cni_state;

/* There are as many of these as rows: every byte counts. The row, or a pointer to the program's
 * own, follows; then what the database holds. */
typedef struct cni_entry {
	const cni_layout *layout;
	struct cni_wish *wishes; /* during a flush: keys it takes from its parents */
	uint32_t hash;           /* where it stands in the identity map */
	uint32_t epoch;          /* when it was read */
	uint32_t old_offset;
	unsigned char state; /* cni_state */
	unsigned char mark;  /* during a flush: 0 not visited, 1 being visited, 2 in order */
	bool own;            /* the struct is the program's (cn_add) */
	bool mapped;         /* is in the identity map */
} cni_entry;

enum { CNI_ENTRY_HEAD = (sizeof(cni_entry) + 15) & ~15 };
_Static_assert(alignof(max_align_t) <= 16, "rows follow their entry, aligned for anything");

static inline char *cni_entry_at(const cni_entry *entry, size_t offset)
{
	union { /* what follows a constant entry is not constant itself */
		const char *bytes;
		char *room;
	} u = {.bytes = (const char *)entry};
	return u.room + offset;
}

static inline void *cni_row(const cni_entry *entry) /* what the program holds */
{
	void *after = cni_entry_at(entry, CNI_ENTRY_HEAD);
	return entry->own ? *(void **)after : after;
}

static inline void *cni_old(const cni_entry *entry)
{
	return cni_entry_at(entry, entry->old_offset);
}

/* Rows that a flush has inserted, and what the database filled in: 0 again after a rollback. */
typedef struct cni_inserted {
	struct cni_inserted *next;
	const bool *filled;
	size_t count;
	cni_entry *entries[];
} cni_inserted;

typedef struct cni_identity {
	uint32_t *hashes;  /* 0: nothing stands there */
	cni_entry **slots; /* behind the hashes, in the same piece of memory */
	size_t cap, count; /* cap is 0 or a power of two */
} cni_identity;

typedef struct cni_stream cni_stream;

struct cn_session {
	cn_db *db;
	/* one for each database of the handle, the main one first; all of them see the same list */
	cn_session **parts, *alone[1];
	size_t part_count;
	cn_error error;
	cni_conn *reader, *writer; /* NULL: not taken. In a database in memory they are one */
	bool writing;              /* a write transaction is open on `writer` */
	int64_t version;           /* of the database, as the reader sees it */
	uint32_t snapshot, epoch;
	cni_arena rows; /* entries, rows, lists, texts */
	cni_texts texts;
	cni_texts packed;  /* entries and rows */
	cni_arena scratch; /* one call's */
	cni_arena kept;    /* layouts of CN_ROW structs: the session's life long */
	cni_layout **extra;
	size_t extra_count;
	cni_identity identity;
	cni_entry **entries;
	size_t entry_count, entry_cap;
	size_t mapped_count;     /* those before it are in the identity map */
	bool unmapped;           /* rows that have a key stand behind them */
	size_t *counts;          /* of entries, by the rank of their model */
	const cni_layout *fresh; /* a list is read of which no row is known yet */
	cni_inserted *inserted;
	cni_arena unit; /* what lives until the transaction ends */
	void *probe;    /* a zeroed row to look keys up with: kept, `probe_size` bytes */
	size_t probe_size;
	cni_stream *streams;
	struct { /* cn_get's statement, kept between calls of one unit */
		const cni_layout *layout;
		cni_conn *conn;
		cni_stmt *stmt;
		bool looks;     /* it is a lookup, which reads until it is released */
		unsigned count; /* of calls */
	} get;
	struct { /* the text of the last list: a loop asks for the same one again and again */
		const cni_layout *layout;
		cni_buffer key, sql;
		size_t limit, offset;
		bool distinct;
	} last_list;
	void *nothing[1];          /* the list of no rows */
	bool in_hook;              /* of a row; of the first part */
	cni_inserted **savepoints; /* what was inserted when each was set; in `unit` */
	size_t savepoint_count, savepoint_marks;
	bool recording;
	cni_arena records;
	cn_recorded *recorded;
	size_t recorded_count;
};

/* ---- part.c: a session over several databases is one for each of them ---- */

/* Has another part failed? Then its error is this one's, too. */
bool cni_session_part_failed(cn_session *s);
cn_session *cni_session_part_of(cn_session *s, const cn_model *model);
/* The part that a model's rows are in. */
static inline cn_session *cni_session_for(cn_session *s, const cn_model *model)
{
	return s->part_count > 1 ? cni_session_part_of(s, model) : s;
}
/* Part `failed` could not commit, and `done` before it have: the error says so. */
cn_status cni_session_half_done(cn_session *s, size_t failed, size_t done);

/* ---- session.c ---- */

cn_session *cni_session_new_part(cn_db *db); /* NULL: out of memory */

/* The layout of a model; NULL (and the error is kept) when it is none of the database's. */
const cni_layout *cni_session_layout(cn_session *s, const cn_model *model);
cn_status cni_session_reader(cn_session *s, cni_conn **ret) CN_MUST_CHECK; /* in a transaction */
cn_status cni_session_writer(
	cn_session *s, cni_conn **ret) CN_MUST_CHECK; /* in a write transaction */
void cni_session_drop_get(cn_session *s);             /* before its connection is given back */
static inline bool cni_session_failed(cn_session *s)
{
	return s->error.status < 0 || (s->part_count > 1 && cni_session_part_failed(s));
}
cn_status cni_session_oom(cn_session *s);

/* The layout of a model whose rows can be written; NULL, and the error is set. */
const cni_layout *cni_session_writable(cn_session *s, const cn_model *model);
/* Sets what the program left 0, and has a default. */
cn_status cni_session_defaults(cn_session *s, const cni_layout *layout, void *row) CN_MUST_CHECK;
/* Rows inserted after this mark get their keys taken back, and all rows are forgotten. */
void cni_session_undo(cn_session *s, const cni_inserted *mark);

/* ---- unit.c ---- */

/* Tells the hook of a row's event, or (entry NULL) of a transaction's. */
cn_status cni_session_hook(cn_session *s, cn_event event, cni_entry *entry) CN_MUST_CHECK;
/* No error is kept, and this is no row's hook. */
bool cni_session_ready(cn_session *s);
void cni_session_trace(cn_session *s, cni_conn *conn, bool on);

/* ---- entry.c ---- */

/* Everywhere here: the values are those of the layout's columns, from the column `first` on. */

/* The values over the row, whatever it holds. */
cn_status cni_entry_reload(
	cn_session *s, cni_entry *entry, const cni_tuple *values, size_t first) CN_MUST_CHECK;

/* Takes a row: the entry that has it, brought up to date if it is of an older epoch and unchanged,
 * or a new one. */
cn_status cni_session_take(cn_session *s, const cni_layout *layout, const cni_tuple *values,
	size_t first, cni_entry **ret) CN_MUST_CHECK;
/* The same when it is known that there is none yet. */
cn_status cni_session_take_new(cn_session *s, const cni_layout *layout, const cni_tuple *values,
	size_t first, cni_entry **ret) CN_MUST_CHECK;
/* The same for a row that the session does not keep. */
cn_status cni_session_read(cn_session *s, const cni_layout *layout, const cni_tuple *values,
	size_t first, void **ret) CN_MUST_CHECK;
/* Reads values into a row; the model's name goes before an error. */
cn_status cni_session_fill(const cni_layout *layout, const cni_tuple *values, size_t first,
	void *row, cni_texts *texts, cn_error *err) CN_MUST_CHECK;
/* An entry with room for the row and its old copy; not listed, not in the identity map. */
cni_entry *cni_entry_new(cn_session *s, const cni_layout *layout, void *own_row);
cni_entry *cni_session_make(
	cn_session *s, const cni_layout *layout); /* a new row with its defaults; NULL: see error */
bool cni_entry_list(cn_session *s, cni_entry *entry); /* false: out of memory */
void cni_entries_sweep(cn_session *s); /* takes those that are gone out of the list */
/* The entry with the key that a row has, or with this one; NULL if there is none, or no memory to
 * find it with (the error is set). */
cni_entry *cni_session_known(cn_session *s, const cni_layout *layout, const void *row);
cni_entry *cni_session_known_int(cn_session *s, const cni_layout *layout, int64_t key);
/* The entry of a row that the program holds, NULL if the session does not keep it. */
cni_entry *cni_session_entry(cn_session *s, const cni_layout *layout, const void *row);
/* A zeroed row of the layout, to look something up with; the next call takes it away. NULL: out of
 * memory, the error is set. */
void *cni_session_probe(cn_session *s, const cni_layout *layout);
bool cni_entry_changed(const cni_entry *entry); /* in a column; relations do not count */
/* What was written, or read, is what the database holds: old becomes a copy of row, foreign texts
 * the session's own. */
cn_status cni_entry_settle(cn_session *s, cni_entry *entry) CN_MUST_CHECK;

/* ---- identity.c ---- */

uint32_t cni_key_hash(const cni_layout *layout, const void *row);
uint32_t cni_int_hash(const cni_layout *layout, int64_t key); /* of a layout with int_key */
/* The entry with the key that the row has. */
cni_entry *cni_identity_key(
	const cni_identity *map, const cni_layout *layout, const void *row, uint32_t hash);
cni_entry *cni_identity_int(
	const cni_identity *map, const cni_layout *layout, int64_t key, uint32_t hash);
cni_entry *cni_identity_row(const cni_identity *map, const void *row);
bool cni_identity_add(
	cni_identity *map, cni_entry *entry, uint32_t hash);    /* false: out of memory */
bool cni_identity_add_row(cni_identity *map, cni_entry *entry); /* by its address */
bool cni_identity_reserve(cni_identity *map, size_t more);
void cni_identity_remove(cni_identity *map, cni_entry *entry);
void cni_identity_done(cni_identity *map);

/* Hashes and compares columns of rows, which may be of different models. */
uint64_t cni_fields_hash(
	const cni_layout *layout, const size_t *fields, size_t count, const void *row);
bool cni_fields_equal(const cni_layout *a, const size_t *a_fields, const void *a_row,
	const cni_layout *b, const size_t *b_fields, const void *b_row, size_t count);
int cni_fields_compare(const cni_layout *layout, const size_t *fields, size_t count, const void *a,
	const void *b); /* < 0, 0, > 0, as the database orders them */
bool cni_fields_null(const cni_layout *layout, const size_t *fields, size_t count,
	const void *row); /* any is NULL */

/* ---- query.c ---- */

/* What every read begins with: NULL when there is an error already, or the model is unknown. */
const cni_layout *cni_session_begin(cn_session *s, const cn_model *model);
/* "no such column: pric" is answered with the name that was meant. SQLite finds it when a statement
 * is prepared, or, when the table was changed since, when it is run. */
void cni_session_explain(cn_session *s, const cni_layout *layout);
/* Prepares a statement of the session's reader (or writer), adding a hint to an error about a name.
 * `layout` may be NULL. */
cn_status cni_session_prepare(cn_session *s, cni_conn *conn, const char *sql,
	const cni_layout *layout, cni_stmt **ret) CN_MUST_CHECK;
/* As many arguments as the statement has `?`, each of a type that can be bound. `text` is for the
 * message. */
cn_status cni_session_bind(cn_session *s, cni_stmt *stmt, const char *text, const cn_value *args,
	size_t count) CN_MUST_CHECK;
/* SELECT … FROM … WHERE … ORDER BY … LIMIT … of a query. */
void cni_query_select(
	cni_buffer *sql, const cni_layout *layout, const cn_query *query, bool ordered_by_key);
cn_status cni_query_check(cn_session *s, const cn_query *query) CN_MUST_CHECK;

/* ---- stream.c ---- */

/* Ends the streams' statements: their connection is given back. */
void cni_streams_stop(cn_session *s);
void cni_streams_orphan(cn_session *s); /* the session goes; who still holds a row may close it */

/* ---- load_path.c, load_set.c ---- */

typedef struct cni_node { /* a row, and its entry if the session keeps it */
	void *row;
	cni_entry *entry;
} cni_node;

/* Loads the relations of a path. */
cn_status cni_session_load_path(cn_session *s, const cni_layout *layout, const cni_node *owners,
	size_t count, const char *path, bool read_only) CN_MUST_CHECK;
/* Loads one has-many or has-one, and yields the children (in the scratch arena). */
cn_status cni_session_load_children(cn_session *s, const cni_link *link, const cni_node *owners,
	size_t count, cni_node **ret, size_t *ret_count) CN_MUST_CHECK;

#endif
