/*
 * state.h - all that a database holds, as text that can be compared: the schema's text, every row
 * of every table with its rowid, counters, statistics, which revisions it says it has. Read with
 * SQLite alone, nothing of Cantil's between.
 */
#ifndef TESTS_FAULT_STATE_H
#define TESTS_FAULT_STATE_H

#include <sqlite3.h>
#include <stdbool.h>

#include "base/buffer.h"

/* Appends it. `queries` (may be NULL): more to ask, separated by `;`. When the database cannot be
 * read, or integrity_check or foreign_key_check has something to say, that is part of the text, on
 * lines that begin with "BROKEN". A file that is not there is an empty database. */
void state_read(const char *path, const char *queries, cni_buffer *out);

/* The same, however names are quoted: a table that was written anew says "t" where another way to
 * the same schema says t. */
bool state_alike(const char *a, const char *b);

/* The first line in which they differ, for messages: "want …, have …". */
void state_differs(const char *want, const char *have, cni_buffer *out);

#endif
