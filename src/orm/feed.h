/*
 * feed.h - structs as the rows of one INSERT: as a table in memory, where the engine can read one,
 * else as parameters, as many rows as a statement takes.
 *
 *     cni_feed feed = {.s = s, .conn = conn};
 *     size_t most = cni_feed_most(&feed, columns);
 *     status = cni_feed_insert(&feed, layout, given, rows, count);
 *     cni_feed_done(&feed);
 *
 * The statement is kept while the next rows fit it. What the feed needs besides lies in the
 * session's scratch arena.
 */
#ifndef CNI_ORM_FEED_H
#define CNI_ORM_FEED_H

#include "orm/session_impl.h"

typedef struct cni_feed {
	cn_session *s;
	cni_conn *conn;
	size_t failed; /* after a failure: the row that it is about, or SIZE_MAX: not known */
	/* the statement, and what it is for */
	cni_stmt *stmt;
	const cni_layout *layout;
	bool *given;
	bool partial;             /* it leaves the rows before a refused one */
	size_t row_count;         /* 0: any number, from memory */
	size_t *fields;           /* column to field */
	cni_rows_column *columns; /* the same, for the engine */
	size_t column_count;
} cni_feed;

/* How many rows may go into one statement with so many columns. */
size_t cni_feed_most(const cni_feed *feed, size_t columns);

/* Inserts rows (at least one, at most that many), of which the fields with given[i] are written.
 * After a failure some of them may be there: what the session has written must be rolled back. */
cn_status cni_feed_insert(cni_feed *feed, const cni_layout *layout, const bool *given,
	const void *const *rows, size_t count) CN_MUST_CHECK;

/* Rows that are worth being copied where the engine can (cni_conn_can). */
enum { CNI_FEED_COPY_MIN = 64 };
/* The same for any number of rows, of an engine that copies_rows. Source: feed_copy.c */
cn_status cni_feed_copy(cni_feed *feed, const cni_layout *layout, const bool *given,
	const void *const *rows, size_t count) CN_MUST_CHECK;

/* After CN_ECONSTRAINT, when it is not known which one was refused: may they be tried again, one by
 * one? Not when some are there (a trigger's RAISE(FAIL)), and not when the transaction is over
 * (RAISE(ROLLBACK)) or can only be rolled back. */
bool cni_feed_again(const cni_feed *feed);

/* Binds the given fields of a row from parameter *at on, and moves it on. */
cn_status cni_feed_bind(cn_session *s, cni_stmt *stmt, const cni_layout *layout, const bool *given,
	const void *row, size_t *at) CN_MUST_CHECK;

/* INSERT INTO t (the fields given) VALUES `rows` times; without fields: DEFAULT VALUES. */
void cni_insert_sql(cni_buffer *sql, const cni_layout *layout, const bool *given, size_t rows);

/* Where the engine finds the member in the struct, if it may look there itself. */
cni_cell_kind cni_feed_kind(const cni_field *field);

void cni_feed_done(cni_feed *feed); /* gives the statement back */

#endif
