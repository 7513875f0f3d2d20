/*
 * flush_impl.h - one flush: what is to be written, and in which order.
 *
 * A wish is a key that a child takes from a parent. When the parent is inserted in the same flush,
 * its key may not be known before; so wishes are also what orders the insertions.
 */
#ifndef CNI_ORM_FLUSH_IMPL_H
#define CNI_ORM_FLUSH_IMPL_H

#include "orm/feed.h"
#include "orm/session_impl.h"

typedef struct cni_wish {
	struct cni_wish *next;
	const cni_link *link; /* for messages */
	const size_t *child_fields, *parent_fields;
	size_t count;
	cni_entry *parent;
	bool late; /* a cycle: inserted as NULL, set by an update afterwards */
} cni_wish;

typedef struct cni_list {
	cni_entry **entries;
	size_t count;
} cni_list;

typedef struct cni_parting { /* a row that was taken out of a relation */
	const cni_link *link;
	cni_entry *parent, *child;
} cni_parting;

typedef struct cni_pair_of { /* two rows that a table between is to join */
	const cni_layout *between;
	const cni_entry *first, *second;
	size_t field;
} cni_pair_of;

typedef struct cni_pairs {
	cni_pair_of *slots;
	size_t cap, count; /* cap is 0 or a power of two */
} cni_pairs;

typedef struct cni_flush {
	cn_session *s;
	cni_conn *conn;
	cni_list inserts, updates, deletes;
	cni_list related; /* rows whose relations the program has set */
	cni_parting *partings;
	size_t parting_count;
	cni_parting *unlinked; /* many to many: their row between goes */
	size_t unlinked_count;
	cni_pairs pairs;
	cni_feed feed;
} cni_flush;

/* wishes.c: what relations' members ask for. */
cn_status cni_wishes_gather(cni_flush *flush) CN_MUST_CHECK;
cn_status cni_wish_grant(cni_flush *flush, cni_entry *child, const cni_wish *wish) CN_MUST_CHECK;
void cni_wishes_settle(cni_flush *flush);  /* granted: they are no change any more */
bool cni_wish_known(const cni_wish *wish); /* has the parent its key? */

/* pairs.c: notes a pair that a many-to-many asks for; not new when the other end has asked already.
 */
cn_status cni_pair_note(cni_flush *flush, const cni_link *link, const cni_entry *owner,
	const cni_entry *target, bool *ret_new) CN_MUST_CHECK;

/* flush.c: the child's key becomes NULL, unless it leads elsewhere by now. */
cn_status cni_let_go(cni_flush *flush, const cni_link *link, const cni_node *child) CN_MUST_CHECK;

/* unlink.c: rows between that were taken out of a many-to-many; and those of rows that go. */
cn_status cni_unlink_pairs(cni_flush *flush) CN_MUST_CHECK;
cn_status cni_unlink_deleted(cni_flush *flush) CN_MUST_CHECK;

/* order.c: parents before children. Deletions are ordered the same way, and run backwards. */
cn_status cni_order_inserts(cni_flush *flush) CN_MUST_CHECK;
cn_status cni_order_deletes(cni_flush *flush) CN_MUST_CHECK;

/* insert.c, update.c */
cn_status cni_flush_inserts(cni_flush *flush) CN_MUST_CHECK;
cn_status cni_flush_updates(cni_flush *flush) CN_MUST_CHECK;
cn_status cni_flush_deletes(cni_flush *flush) CN_MUST_CHECK;

/* insert.c: reads what the database filled in (RETURNING), for the fields with fill[i]. */
cn_status cni_returning_take(
	cni_flush *flush, cni_stmt *stmt, cni_entry *entry, const bool *fill) CN_MUST_CHECK;
void cni_returning_sql(cni_buffer *sql, const cni_layout *layout, const bool *fill);

/* insert_far.c: rows of one model that write the same columns, for an engine that copies_rows. What
 * is `filled` comes back into them. */
cn_status cni_insert_far(cni_flush *flush, const cni_layout *layout, const bool *given,
	const bool *filled, cni_entry *const *entries, const void *const *rows,
	size_t count) CN_MUST_CHECK;

/* update.c: a row of an older state of the database is as it was read, or CN_ECONFLICT. `ret_gone`
 * (may be NULL: then that is a conflict too): it is there no more. */
cn_status cni_entry_verify(cni_flush *flush, const cni_entry *entry, bool *ret_gone) CN_MUST_CHECK;

enum { CNI_UPDATE_ROWS = 250 }; /* of one statement; more gained nothing */

typedef struct cni_update { /* rows of which the same columns are written */
	cni_flush *flush;
	const cni_layout *layout;
	bool *changed;
	bool *fill;  /* what the database writes, and is read back */
	bool filled; /* there is such */
	cni_entry **entries;
	size_t count;
	cni_stmt *stmt;           /* for one row */
	cni_stmt *many;           /* for all of them */
	size_t *fields;           /* of `many`: column to field */
	cni_rows_column *columns; /* the same for the engine */
	size_t column_count, first_changed;
} cni_update;

/* update_many.c: all rows of a run in one statement. *ret_done stays false where that is not
 * possible, or one of them was refused or is not as it was: nothing has changed then. */
cn_status cni_update_many(cni_update *run, bool *ret_done) CN_MUST_CHECK;
/* The version that a row gets when it is written now. */
cn_status cni_next_version(cni_flush *flush, const cni_entry *entry, cn_value *ret) CN_MUST_CHECK;

/* update.c: WHERE key = ? [AND version = ?] */
void cni_row_condition(cni_buffer *sql, const cni_layout *layout);

/* insert.c */
/* A value that the database fills in, when the program left it 0. */
bool cni_is_filled(const cni_layout *layout, size_t field, const void *row);
void cni_start_version(const cni_layout *layout, void *row); /* 1, if it is 0 */

/* `"Product" 7`, for messages. */
const char *cni_entry_word(cni_flush *flush, const cni_entry *entry);

#endif
